//! `admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::value::Value;
use jiff::Timestamp;

use super::admission_policies::{binding_row, validate_binding};
use super::admission_rules::{GROUP, default_match_resources, name_warnings};
use crate::resource::Row;
use crate::rules;
use crate::strategy::{Context, KindRules, SPEC, Strategy};

/// Where a validating policy holds, with which parameters.
pub struct ValidatingAdmissionPolicyBinding;

const ACTIONS: [&str; 3] = ["Audit", "Deny", "Warn"];

static RULES: KindRules = KindRules {
    group: GROUP,
    plural: "validatingadmissionpolicybindings",
    storage_prefix: "/registry/validatingadmissionpolicybindings",
    generation: &[SPEC],
    allows_unconditional_update: false,
    ..KindRules::NEW
};

impl Strategy for ValidatingAdmissionPolicyBinding {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        default_match_resources(object, "matchResources");
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
        validate_binding(spec, &path, errors);
        validate_actions(spec, &path.child("validationActions"), errors);
    }

    fn warnings(&self, object: &Value, _: &Value) -> Vec<String> {
        name_warnings(object)
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        binding_row(object, now)
    }
}

fn validate_actions(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let actions: Vec<&str> = spec.items_at(&["validationActions"]).iter().filter_map(Value::as_str).collect();
    for (at, action) in actions.iter().enumerate() {
        if !ACTIONS.contains(action) {
            errors.push(FieldError::not_supported(&path.index(at), *action, &ACTIONS));
        }
        if actions[..at].contains(action) {
            errors.push(FieldError::duplicate(&path.index(at), *action));
        }
    }
    if actions.contains(&"Deny") && actions.contains(&"Warn") {
        let detail = "must not contain both Deny and Warn (repeating the same validation failure information in the \
                      API response and headers serves no purpose)";
        errors.push(FieldError::invalid(path, rules::printed(spec.field("validationActions")), detail));
    }
    if actions.is_empty() {
        errors.push(FieldError::required(path, "at least one validation action is required"));
    }
}
