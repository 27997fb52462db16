//! `policy/v1 PodDisruptionBudget`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::selector::validate_label_selector;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::int_or_percent::{count_or_percent, not_over_all, text_or};
use super::pod_template;
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, STATUS, Strategy, Subresource};
use crate::{cells, rules};

/// How many of some Pods may be away by choice.
pub struct PodDisruptionBudget;

static RULES: KindRules = KindRules {
    group: "policy",
    plural: "poddisruptionbudgets",
    storage_prefix: "/registry/poddisruptionbudgets",
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[SPEC])],
    generation: &[SPEC],
    allows_unconditional_update: false,
    ..KindRules::NEW
};

const STATUS_COUNTS: &[&str] = &["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"];

/// Bytes of a condition's message.
const MESSAGE_BYTES_MAX: usize = 32 * 1_024;

impl Strategy for PodDisruptionBudget {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
        let limits = ["minAvailable", "maxUnavailable"];
        if limits.iter().all(|field| !spec.field(field).is_null()) {
            let fields = [
                ("MinAvailable", "minAvailable", "null"),
                ("Selector", "selector", "null"),
                ("MaxUnavailable", "maxUnavailable", "null"),
                ("UnhealthyPodEvictionPolicy", "unhealthyPodEvictionPolicy", "null"),
            ];
            let printed = rules::printed_struct(spec, &fields);
            errors.push(FieldError::invalid(&path, printed, "minAvailable and maxUnavailable cannot be both set"));
        }
        for field in limits.into_iter().filter(|field| !spec.field(field).is_null()) {
            count_or_percent(spec.field(field), &path.child(field), errors);
            not_over_all(spec.field(field), &path.child(field), errors);
        }
        errors.extend(validate_label_selector(&path.child("selector"), spec.field("selector")));
        let policies = ["AlwaysAllow", "IfHealthyBudget"];
        if let Some(policy) = spec.field("unhealthyPodEvictionPolicy").as_str().filter(|it| !policies.contains(it)) {
            errors.push(FieldError::not_supported(&path.child("unhealthyPodEvictionPolicy"), policy, &policies));
        }
    }

    fn validate_subresource(&self, object: &Value, _: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        validate_conditions(object.items_at(&["status", "conditions"]), errors);
        pod_template::validate_counts(object, "status", STATUS_COUNTS, errors);
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        cells::row(vec![
            cells::name(object),
            text_or(object.at(&["spec", "minAvailable"]), "N/A"),
            text_or(object.at(&["spec", "maxUnavailable"]), "N/A"),
            cells::number(object, &["status", "disruptionsAllowed"]),
            cells::age(object, now),
        ])
    }
}

/// `metav1.Condition`s (`ValidateConditions`).
fn validate_conditions(conditions: &[Value], errors: &mut Vec<FieldError>) {
    for (at, condition) in conditions.iter().enumerate() {
        let path = FieldPath::new("status.conditions").index(at);
        let kind = condition.str_at(&["type"]);
        if conditions[..at].iter().any(|it| it.str_at(&["type"]) == kind) {
            errors.push(FieldError::duplicate(&path.child("type"), kind));
        }
        validate_condition(condition, &path, errors);
    }
}

fn validate_condition(condition: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let kind = condition.str_at(&["type"]);
    match kind {
        "" => errors.push(FieldError::required(&path.child("type"), "must be set")),
        _ => rules::invalid_each(&path.child("type"), kind, names::qualified_name(kind), errors),
    }
    let status = condition.str_at(&["status"]);
    if !matches!(status, "True" | "False" | "Unknown") {
        errors.push(FieldError::not_supported(&path.child("status"), status, &["False", "True", "Unknown"]));
    }
    if condition.i64_at(&["observedGeneration"]).unwrap_or(0) < 0 {
        let path = path.child("observedGeneration");
        let number = condition.i64_at(&["observedGeneration"]).unwrap_or(0);
        errors.push(FieldError::invalid(&path, number, "must be greater than or equal to zero"));
    }
    if condition.str_at(&["lastTransitionTime"]).is_empty() {
        errors.push(FieldError::required(&path.child("lastTransitionTime"), "must be set"));
    }
    if condition.str_at(&["reason"]).is_empty() {
        errors.push(FieldError::required(&path.child("reason"), "must be set"));
    }
    if condition.str_at(&["message"]).len() > MESSAGE_BYTES_MAX {
        errors.push(FieldError::too_long(&path.child("message"), MESSAGE_BYTES_MAX));
    }
}
