//! What kinds share that make Pods from a template at `spec.template`.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::selector::{LabelSelector, validate_label_selector};
use apimachinery::value::{Map, Value};
use jiff::Timestamp;

use super::pod_spec::{self, SpecOf};
use crate::resource::Row;
use crate::{cells, rules};

const TEMPLATE: &[&str] = &["spec", "template"];

/// Sets what is absent in the template.
pub(super) fn default_template(object: &mut Value) {
    if let Some(template) = object.at_mut(TEMPLATE) {
        pod_spec::defaults::template(template);
    }
}

/// Drops what feature gates leave off from the template.
pub(super) fn prepare(object: &mut Value) {
    if let Some(spec) = object.at_mut(&["spec", "template", "spec"]) {
        pod_spec::defaults::drop_disabled(spec);
    }
}

/// Checks `spec.selector` and `spec.template` of a kind whose Pods run until it ends them.
pub(super) fn validate(object: &Value, errors: &mut Vec<FieldError>) {
    let (selector, path) = (object.at(&["spec", "selector"]), FieldPath::new("spec.selector"));
    if selector.is_null() {
        errors.push(FieldError::required(&path, ""));
    } else {
        errors.extend(validate_label_selector(&path, selector));
        if selector.items_at(&["matchExpressions"]).is_empty() && labels_of(selector, "matchLabels").is_none() {
            // Upstream says so for ReplicaSets, too.
            errors.push(FieldError::invalid(
                &path,
                rules::printed(selector),
                "empty selector is invalid for deployment",
            ));
        }
    }
    match LabelSelector::from_value(selector) {
        Err(_) => errors.push(FieldError::invalid(&path, rules::printed(selector), "invalid label selector")),
        Ok(parsed) => {
            validate_labels(object, parsed, errors);
            pod_spec::validate_template(object.at(TEMPLATE), &template_path(), errors);
            validate_endless(object, "ReplicaSet", errors);
        }
    }
}

/// The template's Pods must be those that the selector finds; no selector finds none.
pub(super) fn validate_labels(object: &Value, selector: Option<LabelSelector>, errors: &mut Vec<FieldError>) {
    let labels = object.at(&["spec", "template", "metadata", "labels"]);
    if selector.is_none_or(|it| !it.matches_map(labels.as_object())) {
        let detail = "`selector` does not match template `labels`";
        errors.push(FieldError::invalid(&template_path().child("metadata.labels"), rules::printed(labels), detail));
    }
}

/// The Pods never end by themselves.
pub(super) fn validate_endless(object: &Value, kind: &str, errors: &mut Vec<FieldError>) {
    let (spec, path) = (object.at(&["spec", "template", "spec"]), template_path().child("spec"));
    let policy = spec.str_at(&["restartPolicy"]);
    if policy != "Always" {
        errors.push(FieldError::not_supported(&path.child("restartPolicy"), policy, &["Always"]));
    }
    if !spec.field("activeDeadlineSeconds").is_null() {
        let detail = format!("activeDeadlineSeconds in {kind} is not Supported");
        errors.push(FieldError::forbidden(&path.child("activeDeadlineSeconds"), detail));
    }
}

/// Numbers of `object.<parent>` that must not be negative, where they are there.
pub(super) fn validate_counts(
    object: &Value,
    parent: &'static str,
    fields: &[&'static str],
    errors: &mut Vec<FieldError>,
) {
    for field in fields {
        if let Some(number) = object.i64_at(&[parent, field]) {
            rules::not_negative(number, &FieldPath::new(parent).child(field), errors);
        }
    }
}

/// Counts of Pods in `status`: `parts` are some of all `replicas`, and who is available is ready.
pub(super) fn validate_status_counts(object: &Value, parts: &[&'static str], errors: &mut Vec<FieldError>) {
    let count = |field: &str| object.i64_at(&["status", field]).unwrap_or(0);
    let mut refuse = |field: &'static str, detail: &str| {
        errors.push(FieldError::invalid(&FieldPath::new("status").child(field), count(field), detail));
    };
    for field in parts.iter().filter(|it| count(it) > count("replicas")) {
        refuse(field, "cannot be greater than status.replicas");
    }
    if count("availableReplicas") > count("readyReplicas") {
        refuse("availableReplicas", "cannot be greater than readyReplicas");
    }
}

/// Checks the status of a kind of which all Pods are equal: its `counts`, and those that are parts of its replicas.
pub(super) fn validate_replicas_status(object: &Value, counts: &[&'static str], errors: &mut Vec<FieldError>) {
    validate_counts(object, "status", counts, errors);
    let parts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"];
    validate_status_counts(object, &parts, errors);
}

/// The Table row of such a kind.
pub(super) fn replicas_row(object: &Value, selector: String, now: Timestamp) -> Row {
    let [containers, images] = container_cells(object);
    cells::row(vec![
        cells::name(object),
        cells::number(object, &["spec", "replicas"]),
        cells::number(object, &["status", "replicas"]),
        cells::number(object, &["status", "readyReplicas"]),
        cells::age(object, now),
        containers,
        images,
        selector.into(),
    ])
}

/// A count of collisions only grows.
pub(super) fn validate_collision_count(object: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let collisions = |of: &Value| of.i64_at(&["status", "collisionCount"]);
    if collisions(old).is_some_and(|before| collisions(object).is_none_or(|now| now < before)) {
        let (path, now) = (FieldPath::new("status.collisionCount"), collisions(object).unwrap_or(0));
        errors.push(FieldError::invalid(&path, now, "cannot be decremented"));
    }
}

/// Warnings about the name, which Pods and their hosts get, and about the template; after a change only about a new
/// generation.
pub(super) fn warnings(object: &Value, old: &Value) -> Vec<String> {
    let mut warnings = name_warnings(object, old);
    warnings.extend(template_warnings(object, old));
    warnings
}

/// Warnings about the name of a new object, which Pods and their hosts get.
pub(super) fn name_warnings(object: &Value, old: &Value) -> Vec<String> {
    let messages = match old.is_null() {
        true => names::dns1123_label(object.name()),
        false => Vec::new(),
    };
    if messages.is_empty() {
        return messages;
    }
    vec![format!(
        "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a \
         DNS label is recommended: [{}]",
        messages.join(" ")
    )]
}

/// Warnings about the template; after a change only about a new generation.
pub(super) fn template_warnings(object: &Value, old: &Value) -> Vec<String> {
    match !old.is_null() && object.generation() == old.generation() {
        true => Vec::new(),
        false => pod_spec::warnings::of(object.at(TEMPLATE), SpecOf::Template, &template_path()),
    }
}

/// Names and images of the template's containers, as two cells.
pub(super) fn container_cells(object: &Value) -> [Value; 2] {
    container_cells_of(object.at(&["spec", "template", "spec"]))
}

/// Names and images of the containers of a `PodSpec`, as two cells.
pub(super) fn container_cells_of(spec: &Value) -> [Value; 2] {
    let containers = spec.items_at(&["containers"]);
    ["name", "image"].map(|field| {
        let texts: Vec<&str> = containers.iter().map(|it| it.str_at(&[field])).collect();
        Value::from(texts.join(","))
    })
}

fn labels_of<'a>(selector: &'a Value, field: &str) -> Option<&'a Map> {
    selector.field(field).as_object().filter(|it| !it.is_empty())
}

fn template_path() -> FieldPath {
    FieldPath::new("spec.template")
}
