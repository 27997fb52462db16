//! `v1 ReplicationController`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::selector::LabelSelector;
use apimachinery::value::{Map, Value};
use jiff::Timestamp;

use super::{pod_spec, pod_template};
use crate::cells;
use crate::defaults::{FieldDefault, number};
use crate::resource::Row;
use crate::strategy::{Context, Dependents, KindRules, SPEC, STATUS, SelectableField, Strategy, Subresource};

/// A number of equal Pods, as ReplicaSets were before they were.
pub struct ReplicationController;

static DEFAULTS: &[FieldDefault] = &[number("spec.replicas", 1)];

static RULES: KindRules = KindRules {
    plural: "replicationcontrollers",
    storage_prefix: "/registry/controllers",
    defaults: DEFAULTS,
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[SPEC])],
    has_scale: true,
    generation: &[SPEC],
    selectable_fields: &[SelectableField::or("status.replicas", &[&["status", "replicas"]], "0")],
    dependents: Dependents::Orphan,
    ..KindRules::NEW
};

const COUNTS: &[&str] =
    &["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"];

impl Strategy for ReplicationController {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        if !object.at(&["spec", "template"]).is_null() {
            pod_template::default_template(object);
        }
        let labels = object.at(&["spec", "template", "metadata", "labels"]).clone();
        if labels.as_object().is_none_or(Map::is_empty) {
            return;
        }
        for path in [&["spec", "selector"][..], &["metadata", "labels"]] {
            if object.at(path).as_object().is_none_or(Map::is_empty) {
                object.set(path, labels.clone());
            }
        }
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        pod_template::prepare(object);
    }

    fn prepare_update(&self, object: &mut Value, _: &Value, _: &Context<'_>) {
        pod_template::prepare(object);
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        pod_template::validate_counts(object, "spec", &["minReadySeconds"], errors);
        let selector = object.at(&["spec", "selector"]).as_object().filter(|it| !it.is_empty());
        if selector.is_none() {
            errors.push(FieldError::required(&FieldPath::new("spec.selector"), ""));
        }
        pod_template::validate_counts(object, "spec", &["replicas"], errors);
        let (template, path) = (object.at(&["spec", "template"]), FieldPath::new("spec.template"));
        if template.is_null() {
            return errors.push(FieldError::required(&path, ""));
        }
        if let Some(map) = selector {
            let entries = map.iter().map(|(key, value)| (key, value.as_str().unwrap_or("")));
            pod_template::validate_labels(object, Some(LabelSelector::from_map(entries)), errors);
        }
        pod_spec::validate_template(template, &path, errors);
        pod_template::validate_endless(object, "ReplicationController", errors);
    }

    fn validate_subresource(&self, object: &Value, _: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        pod_template::validate_replicas_status(object, COUNTS, errors);
    }

    fn warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        pod_template::warnings(object, old)
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        pod_template::replicas_row(object, cells::labels_text(object.at(&["spec", "selector"])), now)
    }
}
