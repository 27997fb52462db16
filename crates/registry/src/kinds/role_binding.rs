//! `rbac.authorization.k8s.io/v1 RoleBinding`

use apimachinery::field_error::FieldError;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::rbac;
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};

/// Who has the rights of a role in a namespace.
pub struct RoleBinding;

static RULES: KindRules = KindRules {
    group: rbac::GROUP,
    plural: "rolebindings",
    storage_prefix: "/registry/rolebindings",
    name_rule: rbac::name_rule,
    defaults: rbac::BINDING_DEFAULTS,
    allows_create_on_update: true,
    ..KindRules::NEW
};

impl Strategy for RoleBinding {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        rbac::default_subjects(object);
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        rbac::validate_binding(object, &["Role", "ClusterRole"], true, errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate(object, context, errors);
        rbac::same_role(object, old, errors);
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        rbac::binding_row(object, now)
    }
}
