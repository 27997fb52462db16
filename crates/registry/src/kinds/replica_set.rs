//! `apps/v1 ReplicaSet`

use apimachinery::field_error::FieldError;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::pod_template;
use crate::defaults::{FieldDefault, number};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, STATUS, Strategy, Subresource};
use crate::{cells, rules};

/// A number of equal Pods.
pub struct ReplicaSet;

static DEFAULTS: &[FieldDefault] = &[number("spec.replicas", 1)];

static RULES: KindRules = KindRules {
    group: "apps",
    plural: "replicasets",
    storage_prefix: "/registry/replicasets",
    defaults: DEFAULTS,
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[SPEC])],
    has_scale: true,
    generation: &[SPEC],
    ..KindRules::NEW
};

const COUNTS: &[&str] = &[
    "replicas",
    "fullyLabeledReplicas",
    "readyReplicas",
    "availableReplicas",
    "observedGeneration",
    "terminatingReplicas",
];

impl Strategy for ReplicaSet {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        pod_template::default_template(object);
    }

    fn prepare_create(&self, object: &mut Value, _: &Context<'_>) {
        pod_template::prepare(object);
    }

    fn prepare_update(&self, object: &mut Value, _: &Value, _: &Context<'_>) {
        pod_template::prepare(object);
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        pod_template::validate_counts(object, "spec", &["replicas", "minReadySeconds"], errors);
        pod_template::validate(object, errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate(object, context, errors);
        rules::immutable(object, old, &["spec", "selector"], errors);
    }

    fn validate_subresource(&self, object: &Value, _: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        pod_template::validate_replicas_status(object, COUNTS, errors);
    }

    fn warnings(&self, object: &Value, old: &Value) -> Vec<String> {
        pod_template::warnings(object, old)
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        pod_template::replicas_row(object, cells::selector_text(object.at(&["spec", "selector"])), now)
    }
}
