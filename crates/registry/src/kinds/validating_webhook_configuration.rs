//! `admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration`

use apimachinery::field_error::FieldError;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::admission_rules::{GROUP, name_warnings};
use super::webhooks;
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};

/// Webhooks that may refuse requests.
pub struct ValidatingWebhookConfiguration;

static RULES: KindRules = KindRules {
    group: GROUP,
    plural: "validatingwebhookconfigurations",
    storage_prefix: "/registry/validatingwebhookconfigurations",
    defaults: &webhooks::DEFAULTS,
    generation: &[&["webhooks"]],
    allows_unconditional_update: false,
    ..KindRules::NEW
};

impl Strategy for ValidatingWebhookConfiguration {
    fn rules(&self) -> &'static KindRules {
        &RULES
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
