//! `rbac.authorization.k8s.io/v1 ClusterRole`

use apimachinery::field_error::{FieldError, FieldPath, Verbatim};
use apimachinery::selector::LabelSelector;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::rbac;
use crate::resource::Row;
use crate::rules;
use crate::strategy::{Context, KindRules, Strategy};

/// Rights in the whole cluster.
pub struct ClusterRole;

static RULES: KindRules = KindRules {
    group: rbac::GROUP,
    plural: "clusterroles",
    storage_prefix: "/registry/clusterroles",
    name_rule: rbac::name_rule,
    allows_create_on_update: true,
    ..KindRules::NEW
};

impl Strategy for ClusterRole {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn validate(&self, object: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        rbac::validate_rules(object, false, errors);
        validate_aggregation(object.field("aggregationRule"), errors);
    }

    fn row(&self, object: &Value, _: Timestamp) -> Row {
        rbac::role_row(object)
    }
}

fn validate_aggregation(rule: &Value, errors: &mut Vec<FieldError>) {
    if rule.is_null() {
        return;
    }
    let path = FieldPath::new("aggregationRule.clusterRoleSelectors");
    let selectors = rule.items_at(&["clusterRoleSelectors"]);
    if selectors.is_empty() {
        let detail = "at least one clusterRoleSelector required if aggregationRule is non-nil";
        errors.push(FieldError::required(&path, detail));
    }
    for (at, selector) in selectors.iter().enumerate() {
        let path = path.index(at);
        rules::label_selector(selector, &path, errors);
        if LabelSelector::from_value(selector).is_err() {
            errors.push(FieldError::invalid(&path, Verbatim("null".into()), "invalid label selector."));
        }
    }
}
