//! Fields that the scheduler reads: affinity, spread, tolerations, gates.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::selector::validate_label_selector;
use apimachinery::value::Value;

use crate::rules;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// Checks them all.
pub(super) fn validate(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (affinity, affinity_path) = (spec.field("affinity"), path.child("affinity"));
    node_affinity(affinity.field("nodeAffinity"), &affinity_path.child("nodeAffinity"), errors);
    for field in ["podAffinity", "podAntiAffinity"] {
        pod_affinity(affinity.field(field), &affinity_path.child(field), errors);
    }
    tolerations(spec.items_at(&["tolerations"]), &path.child("tolerations"), errors);
    spread(spec.items_at(&["topologySpreadConstraints"]), &path.child("topologySpreadConstraints"), errors);
    for (at, gate) in spec.items_at(&["readinessGates"]).iter().enumerate() {
        let (path, name) = (path.child("readinessGates").index(at), gate.str_at(&["conditionType"]));
        rules::invalid_each(&path.child("conditionType"), name, names::qualified_name(name), errors);
    }
    let gates = spec.items_at(&["schedulingGates"]);
    for (at, gate) in gates.iter().enumerate() {
        let (path, name) = (path.child("schedulingGates").index(at), gate.str_at(&["name"]));
        rules::invalid_each(&path, name, names::qualified_name(name), errors);
        if gates[..at].iter().any(|it| it.str_at(&["name"]) == name) {
            errors.push(FieldError::duplicate(&path, name));
        }
    }
    if let Some(policy) = spec.field("preemptionPolicy").as_str() {
        let path = path.child("preemptionPolicy");
        match policy {
            "PreemptLowerPriority" | "Never" => {}
            "" => errors.push(FieldError::required(&path, "")),
            other => errors.push(FieldError::not_supported(&path, other, &["PreemptLowerPriority", "Never"])),
        }
    }
}

fn node_affinity(affinity: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let required = affinity.field(REQUIRED);
    if !required.is_null() {
        let (terms, path) =
            (required.items_at(&["nodeSelectorTerms"]), path.child(REQUIRED).child("nodeSelectorTerms"));
        if terms.is_empty() {
            errors.push(FieldError::required(&path, "must have at least one node selector term"));
        }
        for (at, term) in terms.iter().enumerate() {
            node_selector_term(term, true, &path.index(at), errors);
        }
    }
    for (at, term) in affinity.items_at(&[PREFERRED]).iter().enumerate() {
        let path = path.child(PREFERRED).index(at);
        weight(term, &path, errors);
        node_selector_term(term.field("preference"), false, &path.child("preference"), errors);
    }
}

fn weight(term: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let weight = term.i64_at(&["weight"]).unwrap_or(0);
    if !(1..=100).contains(&weight) {
        errors.push(FieldError::invalid(&path.child("weight"), weight, "must be in the range 1-100"));
    }
}

fn node_selector_term(term: &Value, checks_values: bool, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, requirement) in term.items_at(&["matchExpressions"]).iter().enumerate() {
        let path = path.child("matchExpressions").index(at);
        node_requirement(requirement, &path, errors);
        let key = requirement.str_at(&["key"]);
        rules::invalid_each(&path.child("key"), key, names::qualified_name(key), errors);
        if checks_values {
            for (nth, value) in requirement.items_at(&["values"]).iter().filter_map(Value::as_str).enumerate() {
                let path = path.child("values").index(nth);
                rules::invalid_each(&path, value, names::label_value(value), errors);
            }
        }
    }
    for (at, requirement) in term.items_at(&["matchFields"]).iter().enumerate() {
        node_field_requirement(requirement, &path.child("matchFields").index(at), errors);
    }
}

fn node_requirement(requirement: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (count, values) = (requirement.items_at(&["values"]).len(), path.child("values"));
    match requirement.str_at(&["operator"]) {
        "In" | "NotIn" if count == 0 => {
            errors.push(FieldError::required(&values, "must be specified when `operator` is 'In' or 'NotIn'"));
        }
        "Exists" | "DoesNotExist" if count > 0 => {
            let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
            errors.push(FieldError::forbidden(&values, detail));
        }
        "Gt" | "Lt" if count != 1 => {
            let detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
            errors.push(FieldError::required(&values, detail));
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
        other => errors.push(FieldError::invalid(&path.child("operator"), other, "not a valid selector operator")),
    }
}

fn node_field_requirement(requirement: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let values = requirement.items_at(&["values"]);
    match requirement.str_at(&["operator"]) {
        "In" | "NotIn" if values.len() != 1 => {
            let detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            errors.push(FieldError::required(&path.child("values"), detail));
        }
        "In" | "NotIn" => {}
        other => errors.push(FieldError::invalid(&path.child("operator"), other, "not a valid selector operator")),
    }
    let key = requirement.str_at(&["key"]);
    if key != "metadata.name" {
        errors.push(FieldError::invalid(&path.child("key"), key, "not a valid field selector key"));
        return;
    }
    for (at, name) in values.iter().filter_map(Value::as_str).enumerate() {
        rules::invalid_each(&path.child("values").index(at), name, names::dns1123_subdomain(name), errors);
    }
}

fn pod_affinity(affinity: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, term) in affinity.items_at(&[REQUIRED]).iter().enumerate() {
        pod_affinity_term(term, &path.child(REQUIRED).index(at), errors);
    }
    for (at, term) in affinity.items_at(&[PREFERRED]).iter().enumerate() {
        let path = path.child(PREFERRED).index(at);
        weight(term, &path, errors);
        pod_affinity_term(term.field("podAffinityTerm"), &path.child("podAffinityTerm"), errors);
    }
}

fn pod_affinity_term(term: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for field in ["labelSelector", "namespaceSelector"] {
        errors.extend(validate_label_selector(&path.child(field), term.field(field)));
    }
    for name in term.items_at(&["namespaces"]).iter().filter_map(Value::as_str) {
        rules::invalid_each(&path.child("namespace"), name, names::dns1123_label(name), errors);
    }
    let key = term.str_at(&["topologyKey"]);
    if key.is_empty() {
        errors.push(FieldError::required(&path.child("topologyKey"), "can not be empty"));
    }
    rules::invalid_each(&path.child("topologyKey"), key, names::qualified_name(key), errors);
}

fn spread(constraints: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, constraint) in constraints.iter().enumerate() {
        let path = path.index(at);
        positive(constraint.i64_at(&["maxSkew"]).unwrap_or(0), &path.child("maxSkew"), errors);
        let (key, action) = (constraint.str_at(&["topologyKey"]), constraint.str_at(&["whenUnsatisfiable"]));
        if key.is_empty() {
            errors.push(FieldError::required(&path.child("topologyKey"), "can not be empty"));
        }
        if !matches!(action, "DoNotSchedule" | "ScheduleAnyway") {
            let known = ["DoNotSchedule", "ScheduleAnyway"];
            errors.push(FieldError::not_supported(&path.child("whenUnsatisfiable"), action, &known));
        }
        let is_same = |it: &Value| it.str_at(&["topologyKey"]) == key && it.str_at(&["whenUnsatisfiable"]) == action;
        if constraints[at + 1..].iter().any(is_same) {
            let value = format!("{{{key}, {action}}}");
            errors.push(FieldError::duplicate(&path.child("{topologyKey, whenUnsatisfiable}"), value.as_str()));
        }
        if let Some(domains) = constraint.i64_at(&["minDomains"]) {
            let path = path.child("minDomains");
            positive(domains, &path, errors);
            if action != "DoNotSchedule" {
                let detail = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
                errors.push(FieldError::invalid(&path, domains, detail));
            }
        }
        for field in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            if let Some(policy) = constraint.field(field).as_str().filter(|it| !matches!(*it, "Honor" | "Ignore")) {
                errors.push(FieldError::not_supported(&path.child(field), policy, &["Honor", "Ignore"]));
            }
        }
        errors.extend(validate_label_selector(&path.child("labelSelector"), constraint.field("labelSelector")));
    }
}

fn positive(number: i64, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if number <= 0 {
        errors.push(FieldError::invalid(path, number, "must be greater than zero"));
    }
}

/// Checks tolerations (`ValidateTolerations`).
pub(super) fn tolerations(tolerations: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, toleration) in tolerations.iter().enumerate() {
        let path = path.index(at);
        let text = |field: &str| toleration.str_at(&[field]);
        let (key, operator, value, effect) = (text("key"), text("operator"), text("value"), text("effect"));
        if !key.is_empty() {
            rules::invalid_each(&path.child("key"), key, names::qualified_name(key), errors);
        } else if operator != "Exists" {
            let detail = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.push(FieldError::invalid(&path.child("operator"), operator, detail));
        }
        if !toleration.field("tolerationSeconds").is_null() && effect != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.push(FieldError::invalid(&path.child("effect"), effect, detail));
        }
        match operator {
            "" | "Equal" => {
                let messages = names::label_value(value);
                if !messages.is_empty() {
                    errors.push(FieldError::invalid(&path.child("operator"), value, messages.join(";")));
                }
            }
            "Exists" if !value.is_empty() => {
                let detail = "value must be empty when `operator` is 'Exists'";
                errors.push(FieldError::invalid(&path.child("operator"), value, detail));
            }
            "Exists" => {}
            other => errors.push(FieldError::not_supported(&path.child("operator"), other, &["Equal", "Exists"])),
        }
        if !matches!(effect, "" | "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
            let known = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
            errors.push(FieldError::not_supported(&path.child("effect"), effect, &known));
        }
    }
}
