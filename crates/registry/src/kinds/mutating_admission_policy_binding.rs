//! `admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBinding`

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::value::Value;
use jiff::Timestamp;

use super::admission_policies::{binding_row, validate_binding};
use super::admission_rules::{GROUP, default_match_resources, name_warnings, validate_mutable};
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, Strategy};

/// Where a mutating policy holds, with which parameters.
pub struct MutatingAdmissionPolicyBinding;

static RULES: KindRules = KindRules {
    group: GROUP,
    plural: "mutatingadmissionpolicybindings",
    storage_prefix: "/registry/mutatingadmissionpolicybindings",
    generation: &[SPEC],
    allows_unconditional_update: false,
    ..KindRules::NEW
};

impl Strategy for MutatingAdmissionPolicyBinding {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        default_match_resources(object, "matchResources");
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
        validate_binding(spec, &path, errors);
        validate_mutable(spec.field("matchResources"), &path.child("matchResources"), errors);
    }

    fn warnings(&self, object: &Value, _: &Value) -> Vec<String> {
        name_warnings(object)
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        binding_row(object, now)
    }
}
