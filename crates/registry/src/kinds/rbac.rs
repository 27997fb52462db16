//! Rules that the RBAC kinds share. Who may grant what is not checked here but in admission.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::defaults::{FieldDefault, text};
use crate::resource::Row;
use crate::{cells, rules};

/// The API group.
pub(super) const GROUP: &str = "rbac.authorization.k8s.io";

/// Defaults of both kinds of binding.
pub(super) static BINDING_DEFAULTS: &[FieldDefault] = &[text("roleRef.apiGroup", GROUP)];

/// Upstream checks `generateName` as strictly as a name.
pub(super) fn name_rule(name: &str, _: bool) -> Vec<String> {
    names::path_segment(name)
}

/// The group of a subject follows from its kind.
pub(super) fn default_subjects(object: &mut Value) {
    for subject in object.at_mut(&["subjects"]).and_then(Value::as_array_mut).into_iter().flatten() {
        if matches!(subject.str_at(&["kind"]), "User" | "Group") && subject.str_at(&["apiGroup"]).is_empty() {
            subject.set(&["apiGroup"], GROUP);
        }
    }
}

/// `ValidatePolicyRule` of each rule of a role.
pub(super) fn validate_rules(object: &Value, is_namespaced: bool, errors: &mut Vec<FieldError>) {
    for (at, rule) in object.items_at(&["rules"]).iter().enumerate() {
        validate_rule(rule, is_namespaced, &FieldPath::new("rules").index(at), errors);
    }
}

fn validate_rule(rule: &Value, is_namespaced: bool, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let is_empty = |field: &str| rule.items_at(&[field]).is_empty();
    if is_empty("verbs") {
        errors.push(FieldError::required(&path.child("verbs"), "verbs must contain at least one value"));
    }
    if !is_empty("nonResourceURLs") {
        let path = path.child("nonResourceURLs");
        let value = || rules::printed(rule.field("nonResourceURLs"));
        if is_namespaced {
            let detail = "namespaced rules cannot apply to non-resource URLs";
            errors.push(FieldError::invalid(&path, value(), detail));
        }
        if !is_empty("apiGroups") || !is_empty("resources") || !is_empty("resourceNames") {
            let detail = "rules cannot apply to both regular resources and non-resource URLs";
            errors.push(FieldError::invalid(&path, value(), detail));
        }
        return;
    }
    if is_empty("apiGroups") {
        let detail = "resource rules must supply at least one api group";
        errors.push(FieldError::required(&path.child("apiGroups"), detail));
    }
    if is_empty("resources") {
        let detail = "resource rules must supply at least one resource";
        errors.push(FieldError::required(&path.child("resources"), detail));
    }
}

/// Role reference and subjects of a binding; `kinds` are those that it may refer to.
pub(super) fn validate_binding(object: &Value, kinds: &[&str], is_namespaced: bool, errors: &mut Vec<FieldError>) {
    let path = FieldPath::new("roleRef");
    let role = object.field("roleRef");
    let group = role.str_at(&["apiGroup"]);
    if group != GROUP {
        errors.push(FieldError::not_supported(&path.child("apiGroup"), group, &[GROUP]));
    }
    let kind = role.str_at(&["kind"]);
    if !kinds.contains(&kind) {
        errors.push(FieldError::not_supported(&path.child("kind"), kind, kinds));
    }
    match role.str_at(&["name"]) {
        "" => errors.push(FieldError::required(&path.child("name"), "")),
        name => rules::invalid_each(&path.child("name"), name, names::path_segment(name), errors),
    }
    for (at, subject) in object.items_at(&["subjects"]).iter().enumerate() {
        validate_subject(subject, is_namespaced, &FieldPath::new("subjects").index(at), errors);
    }
}

fn validate_subject(subject: &Value, is_namespaced: bool, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (kind, name, group) = (subject.str_at(&["kind"]), subject.str_at(&["name"]), subject.str_at(&["apiGroup"]));
    rules::require(subject, "name", path, errors);
    match kind {
        "ServiceAccount" => {
            if !name.is_empty() {
                rules::invalid_each(&path.child("name"), name, names::dns1123_subdomain(name), errors);
            }
            if !group.is_empty() {
                errors.push(FieldError::not_supported(&path.child("apiGroup"), group, &[""]));
            }
            if !is_namespaced {
                rules::require(subject, "namespace", path, errors);
            }
        }
        "User" | "Group" if group == GROUP => {}
        "User" | "Group" => errors.push(FieldError::not_supported(&path.child("apiGroup"), group, &[GROUP])),
        _ => {
            let kinds = ["ServiceAccount", "User", "Group"];
            errors.push(FieldError::not_supported(&path.child("kind"), kind, &kinds));
        }
    }
}

/// A binding refers to the same role for ever.
pub(super) fn same_role(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let role = object.field("roleRef");
    if role != old.field("roleRef") {
        let fields = [("APIGroup", "apiGroup", "\"\""), ("Kind", "kind", "\"\""), ("Name", "name", "\"\"")];
        let role = rules::printed_struct(role, &fields);
        errors.push(FieldError::invalid(&FieldPath::new("roleRef"), role, "cannot change roleRef"));
    }
}

/// Name and time of creation.
pub(super) fn role_row(object: &Value) -> Row {
    cells::row(vec![cells::name(object), cells::text(object, &["metadata", "creationTimestamp"])])
}

/// Name, role, age and who is bound.
pub(super) fn binding_row(object: &Value, now: Timestamp) -> Row {
    let role = format!("{}/{}", object.str_at(&["roleRef", "kind"]), object.str_at(&["roleRef", "name"]));
    let bound = |kind: &str| {
        let subjects = object.items_at(&["subjects"]).iter().filter(|it| it.str_at(&["kind"]) == kind);
        let names: Vec<String> = subjects.map(subject_text).collect();
        Value::from(names.join(", "))
    };
    let (users, groups, accounts) = (bound("User"), bound("Group"), bound("ServiceAccount"));
    cells::row(vec![cells::name(object), role.into(), cells::age(object, now), users, groups, accounts])
}

fn subject_text(subject: &Value) -> String {
    match (subject.str_at(&["kind"]), subject.str_at(&["namespace"])) {
        ("ServiceAccount", namespace) if !namespace.is_empty() => format!("{namespace}/{}", subject.str_at(&["name"])),
        _ => subject.str_at(&["name"]).to_owned(),
    }
}
