//! `rbac.authorization.k8s.io/v1 Role`

use apimachinery::field_error::FieldError;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::rbac;
use crate::resource::Row;
use crate::strategy::{Context, KindRules, Strategy};

/// Rights in a namespace.
pub struct Role;

static RULES: KindRules = KindRules {
    group: rbac::GROUP,
    plural: "roles",
    storage_prefix: "/registry/roles",
    name_rule: rbac::name_rule,
    allows_create_on_update: true,
    ..KindRules::NEW
};

impl Strategy for Role {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        rbac::validate_rules(object, true, errors);
    }

    fn row(&self, object: &Value, _: Timestamp) -> Row {
        rbac::role_row(object)
    }
}
