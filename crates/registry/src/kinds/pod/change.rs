//! How a Pod may change: little of its `spec`.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::value::{Map, Value};

use super::super::pod_spec::unified_diff::unified_diff;
use super::super::pod_spec::{self, MIRROR_ANNOTATION, apparmor, go_struct};
use crate::rules;

const UPDATABLE: &str = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,\
                         `spec.tolerations` (only additions to existing tolerations),\
                         `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

const REQUIRED_TERMS: [&str; 2] = ["requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"];

/// Checks an update of a Pod (`ValidatePodUpdate`); the new Pod itself is checked already.
pub fn validate(pod: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    annotations(pod, old, errors);
    let (spec, before, path) = (pod.field("spec"), old.field("spec"), FieldPath::new("spec"));
    for list in ["containers", "initContainers"] {
        if spec.items_at(&[list]).len() != before.items_at(&[list]).len() {
            let detail = "pod updates may not add or remove containers";
            return errors.push(FieldError::forbidden(&path.child(list), detail));
        }
    }
    if !validate_deadline(spec, before, &path.child("activeDeadlineSeconds"), errors) {
        return;
    }
    validate_tolerations(spec, before, &path.child("tolerations"), errors);
    validate_gates(spec, before, &path.child("schedulingGates"), errors);
    if spec == before {
        return;
    }
    let mut rest = spec.clone();
    take_back_updatable(&mut rest, before);
    if !before.items_at(&["schedulingGates"]).is_empty() {
        validate_gated(spec, before, &path, errors);
        take_back(&mut rest, before, &["nodeSelector"]);
        take_back(&mut rest, before, &["affinity", "nodeAffinity"]);
    }
    let (lines_before, lines) = (go_struct::pod_spec_lines(before), go_struct::pod_spec_lines(&rest));
    if lines != lines_before {
        let difference = unified_diff(&lines_before, &lines);
        let detail = format!("pod updates may not change fields other than {UPDATABLE}\n{difference}");
        errors.push(FieldError::forbidden(&path, detail));
    }
}

/// Puts the stored values into the fields that an update may change.
fn take_back_updatable(spec: &mut Value, before: &Value) {
    for list in ["containers", "initContainers"] {
        let containers = spec.at_mut(&[list]).and_then(Value::as_array_mut).into_iter().flatten();
        for (container, old) in containers.zip(before.items_at(&[list])) {
            container.set(&["image"], old.str_at(&["image"]));
        }
    }
    for field in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] {
        take_back(spec, before, &[field]);
    }
    let seconds = |it: &Value| it.i64_at(&["terminationGracePeriodSeconds"]);
    if seconds(before).is_some_and(|it| it < 0) && seconds(spec) == Some(1) {
        take_back(spec, before, &["terminationGracePeriodSeconds"]);
    }
}

fn take_back(spec: &mut Value, before: &Value, path: &[&'static str]) {
    match before.at(path) {
        Value::Null => drop(spec.remove_at(path)),
        value => spec.set(path, value.clone()),
    }
    // A parent that holds nothing now is as good as none.
    if let [parent, _] = path
        && before.field(parent).is_null()
        && spec.field(parent).as_object().is_some_and(Map::is_empty)
    {
        spec.remove_at(&[parent]);
    }
}

/// Annotations that the kubelet trusts cannot change (`ValidatePodSpecificAnnotationUpdates`).
pub fn annotations(pod: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let path = FieldPath::new("metadata.annotations");
    let name_of = |key: &str| match key {
        MIRROR_ANNOTATION => Some("mirror pod annotation"),
        key if key.starts_with(apparmor::ANNOTATION) => Some("AppArmor annotations"),
        _ => None,
    };
    for (key, value) in old.annotations() {
        if let Some(name) = name_of(key).filter(|_| pod.annotation(key) != Some(value)) {
            errors.push(FieldError::forbidden(&path.key(key), format!("may not remove or update {name}")));
        }
    }
    for (key, _) in pod.annotations().filter(|(key, _)| old.annotation(key).is_none()) {
        if let Some(name) = name_of(key) {
            errors.push(FieldError::forbidden(&path.key(key), format!("may not add {name}")));
        }
    }
    pod_spec::validate_annotations(pod, &path, errors);
}

/// The deadline may appear and shrink; whether the rest is to be looked at.
fn validate_deadline(spec: &Value, before: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) -> bool {
    let seconds = |it: &Value| it.i64_at(&["activeDeadlineSeconds"]);
    let most = i64::from(i32::MAX);
    match (seconds(spec), seconds(before)) {
        (Some(new), _) if !(0..=most).contains(&new) => {
            errors.push(FieldError::invalid(path, new, names::range_message(0, most)));
            false
        }
        (Some(new), Some(old)) if new > old => {
            errors.push(FieldError::invalid(path, new, "must be less than or equal to previous value"));
            false
        }
        (None, Some(_)) => {
            let detail = "must not update from a positive integer to nil value";
            errors.push(FieldError::invalid(path, None::<i64>, detail));
            true
        }
        _ => true,
    }
}

fn validate_tolerations(spec: &Value, before: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let without_seconds = |it: &Value| {
        let mut it = it.clone();
        it.remove_at(&["tolerationSeconds"]);
        it
    };
    let new: Vec<Value> = spec.items_at(&["tolerations"]).iter().map(without_seconds).collect();
    if !before.items_at(&["tolerations"]).iter().all(|old| new.contains(&without_seconds(old))) {
        let detail = "existing toleration can not be modified except its tolerationSeconds";
        return errors.push(FieldError::forbidden(path, detail));
    }
    pod_spec::validate_tolerations(spec.items_at(&["tolerations"]), path, errors);
}

fn validate_gates(spec: &Value, before: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (new, old) = (spec.items_at(&["schedulingGates"]), before.items_at(&["schedulingGates"]));
    for (at, gate) in new.iter().enumerate() {
        let name = gate.str_at(&["name"]);
        let has_name = |it: &Value| it.str_at(&["name"]) == name;
        // Of several of one name, the last counts.
        if !old.iter().any(has_name) && !new[at + 1..].iter().any(has_name) {
            let detail = format!("only deletion is allowed, but found new scheduling gate '{name}'");
            errors.push(FieldError::forbidden(&path.index(at).child("name"), detail));
        }
    }
}

/// While gates hold a Pod back, its node selector and required node affinity may become stricter.
fn validate_gated(spec: &Value, before: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (new, old) = (spec.field("nodeSelector"), before.field("nodeSelector").as_object());
    let is_kept = old.into_iter().flat_map(Map::iter).all(|(key, value)| new.field(key) == value);
    if !is_kept {
        let detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        errors.push(FieldError::invalid(&path.child("nodeSelector"), rules::printed(new), detail));
    }
    let [required, terms] = REQUIRED_TERMS;
    let terms_of = |spec: &Value| spec.at(&["affinity", "nodeAffinity", required, terms]).clone();
    let (new, old) = (terms_of(spec), terms_of(before));
    let (new_terms, old_terms) = (new.as_array().unwrap_or(&[]), old.as_array().unwrap_or(&[]));
    let path = path.child("affinity.nodeAffinity").child(required).child(terms);
    if !old_terms.is_empty() && old_terms.len() != new_terms.len() {
        let detail = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        return errors.push(FieldError::invalid(&path, go_struct::printed_list("NodeSelectorTerm", &new), detail));
    }
    for (at, (new, old)) in new_terms.iter().zip(old_terms).enumerate() {
        if !has_only_additions(new, old) {
            let detail = "only additions are allowed (no mutations or deletions)";
            errors.push(FieldError::invalid(&path.index(at), go_struct::printed("NodeSelectorTerm", new), detail));
        }
    }
}

/// Whether a node selector term only gained requirements. One without any matches nothing, and so stays empty.
fn has_only_additions(new: &Value, old: &Value) -> bool {
    let lists = ["matchExpressions", "matchFields"];
    let is_empty = |term: &Value| lists.iter().all(|list| term.items_at(&[list]).is_empty());
    let is_kept = |list: &&str| new.items_at(&[list]).starts_with(old.items_at(&[list]));
    (!is_empty(old) || is_empty(new)) && lists.iter().all(is_kept)
}
