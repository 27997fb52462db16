//! Fields that the scheduler reads beside affinity: gates, spread, tolerations.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::selector::validate_label_selector;
use apimachinery::value::Value;

use super::{affinity, optional_one_of};
use crate::rules;

/// `readinessGates` and `schedulingGates`
pub fn gates(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
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
}

/// `topologySpreadConstraints`
pub fn spread(constraints: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
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
            optional_one_of(constraint, field, &["Honor", "Ignore"], &path, errors);
        }
        affinity::label_keys(constraint, &path, errors);
        errors.extend(validate_label_selector(&path.child("labelSelector"), constraint.field("labelSelector")));
    }
}

fn positive(number: i64, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if number <= 0 {
        errors.push(FieldError::invalid(path, number, "must be greater than zero"));
    }
}

/// Checks tolerations (`ValidateTolerations`).
pub(in super::super) fn tolerations(tolerations: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, toleration) in tolerations.iter().enumerate() {
        let path = path.index(at);
        let text = |field: &str| toleration.str_at(&[field]);
        let (key, operator, value, effect) = (text("key"), text("operator"), text("value"), text("effect"));
        let operator_path = path.child("operator");
        if !key.is_empty() {
            rules::invalid_each(&path.child("key"), key, names::qualified_name(key), errors);
        } else if operator != "Exists" {
            let detail = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.push(FieldError::invalid(&operator_path, operator, detail));
        }
        if !toleration.field("tolerationSeconds").is_null() && effect != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.push(FieldError::invalid(&path.child("effect"), effect, detail));
        }
        match operator {
            "" | "Equal" => {
                let messages = names::label_value(value);
                if !messages.is_empty() {
                    errors.push(FieldError::invalid(&operator_path, value, messages.join(";")));
                }
            }
            "Exists" if !value.is_empty() => {
                let detail = "value must be empty when `operator` is 'Exists'";
                errors.push(FieldError::invalid(&operator_path, value, detail));
            }
            "Exists" => {}
            // Known, but behind a feature gate that is off.
            "Lt" | "Gt" => {
                let known = ["Equal", "Exists", "Lt", "Gt"];
                errors.push(FieldError::not_supported(&operator_path, operator, &known));
            }
            other => errors.push(FieldError::not_supported(&operator_path, other, &["Equal", "Exists"])),
        }
        if !matches!(effect, "" | "NoSchedule" | "PreferNoSchedule" | "NoExecute") {
            let known = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
            errors.push(FieldError::not_supported(&path.child("effect"), effect, &known));
        }
    }
}
