//! `admissionregistration.k8s.io/v1 MutatingWebhookConfiguration`

use apimachinery::field_error::FieldError;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::admission_rules::{GROUP, name_warnings};
use super::webhooks;
use crate::defaults::{self, FieldDefault, text};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};

/// Webhooks that may change and refuse requests.
pub struct MutatingWebhookConfiguration;

static REINVOCATION: &[FieldDefault] = &[text("webhooks[].reinvocationPolicy", "Never")];

static RULES: KindRules = KindRules {
    group: GROUP,
    plural: "mutatingwebhookconfigurations",
    storage_prefix: "/registry/mutatingwebhookconfigurations",
    defaults: &webhooks::DEFAULTS,
    generation: &[&["webhooks"]],
    allows_unconditional_update: false,
    ..KindRules::NEW
};

impl Strategy for MutatingWebhookConfiguration {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        defaults::apply(REINVOCATION, object);
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        webhooks::validate(object, &Value::Null, errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        webhooks::validate(object, old, errors);
    }

    fn warnings(&self, object: &Value, _: &Value) -> Vec<String> {
        name_warnings(object)
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        webhooks::row(object, now)
    }
}
