//! Node and Pod affinity.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::selector::validate_label_selector;
use apimachinery::value::{Map, Value};

use crate::rules;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const ONLY_WITH_SELECTOR: &str = "must not be specified when labelSelector is not set";
const TWICE: &str = "exists in both matchLabelKeys and labelSelector";

/// Checks an `affinity`.
pub fn validate(affinity: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    node_affinity(affinity.field("nodeAffinity"), &path.child("nodeAffinity"), errors);
    for field in ["podAffinity", "podAntiAffinity"] {
        pod_affinity(affinity.field(field), &path.child(field), errors);
    }
}

fn node_affinity(affinity: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let required = affinity.field(REQUIRED);
    if !required.is_null() {
        node_selector(required, &path.child(REQUIRED), errors);
    }
    for (at, term) in affinity.items_at(&[PREFERRED]).iter().enumerate() {
        let path = path.child(PREFERRED).index(at);
        weight(term, &path, errors);
        node_selector_term(term.field("preference"), Values::Any, &path.child("preference"), errors);
    }
}

/// Checks a `NodeSelector` (`ValidateNodeSelector`).
pub fn node_selector(selector: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (terms, path) = (selector.items_at(&["nodeSelectorTerms"]), path.child("nodeSelectorTerms"));
    if terms.is_empty() {
        errors.push(FieldError::required(&path, "must have at least one node selector term"));
    }
    for (at, term) in terms.iter().enumerate() {
        node_selector_term(term, Values::Checked, &path.index(at), errors);
    }
}

fn weight(term: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let weight = term.i64_at(&["weight"]).unwrap_or(0);
    if !(1..=100).contains(&weight) {
        errors.push(FieldError::invalid(&path.child("weight"), weight, "must be in the range 1-100"));
    }
}

/// Whether the values of a requirement must be those that labels can have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Values {
    Checked,
    Any,
}

fn node_selector_term(term: &Value, values: Values, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, requirement) in term.items_at(&["matchExpressions"]).iter().enumerate() {
        let path = path.child("matchExpressions").index(at);
        node_requirement(requirement, &path, errors);
        let key = requirement.str_at(&["key"]);
        rules::invalid_each(&path.child("key"), key, names::qualified_name(key), errors);
        if values == Values::Checked {
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
    label_keys(term, path, errors);
    let key = term.str_at(&["topologyKey"]);
    if key.is_empty() {
        errors.push(FieldError::required(&path.child("topologyKey"), "can not be empty"));
    }
    rules::invalid_each(&path.child("topologyKey"), key, names::qualified_name(key), errors);
}

/// `matchLabelKeys` and `mismatchLabelKeys` of an affinity term or spread constraint.
///
/// What they stand for was added to the selector already, as its last expressions.
pub fn label_keys(term: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let selector = term.field("labelSelector");
    let keys = |field: &str| term.items_at(&[field]).iter().filter_map(Value::as_str).collect::<Vec<_>>();
    for field in ["matchLabelKeys", "mismatchLabelKeys"] {
        let path = path.child(field);
        if selector.is_null() && !keys(field).is_empty() {
            errors.push(FieldError::forbidden(&path, ONLY_WITH_SELECTOR));
            continue;
        }
        for (at, key) in keys(field).into_iter().enumerate() {
            rules::invalid_each(&path.index(at), key, names::qualified_name(key), errors);
        }
    }
    let (wanted, unwanted) = (keys("matchLabelKeys"), keys("mismatchLabelKeys"));
    let labels = selector.field("matchLabels").as_object();
    let mut seen: Vec<&str> = labels.into_iter().flat_map(Map::keys).collect();
    for key in selector.items_at(&["matchExpressions"]).iter().map(|it| it.str_at(&["key"])) {
        if let Some(at) = wanted.iter().rposition(|it| *it == key).filter(|_| seen.contains(&key)) {
            errors.push(FieldError::invalid(&path.index(at), key, TWICE));
        }
        seen.push(key);
    }
    for (at, key) in wanted.iter().enumerate().filter(|(_, key)| unwanted.contains(key)) {
        let detail = "exists in both matchLabelKeys and mismatchLabelKeys";
        errors.push(FieldError::invalid(&path.child("matchLabelKeys").index(at), *key, detail));
    }
}
