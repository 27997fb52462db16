//! ClusterRoles that take their rules from others, chosen by labels.

use apimachinery::json;
use apimachinery::selector::LabelSelector;
use apimachinery::time::Now;
use apimachinery::value::Value;
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::informer::Change;
use client::plan::{Plan, Write};
use client::resources::CLUSTER_ROLES;
use client::view::View;

use crate::digest::{Meta, selector_of};

/// See the module.
pub struct ClusterRoleAggregationController;

/// A ClusterRole, as far as it is looked at when another changes.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterRoleDigest {
    /// Metadata.
    pub meta: Meta,
    /// `aggregationRule.clusterRoleSelectors`
    pub selectors: Vec<LabelSelector>,
}

impl ClusterRoleDigest {
    /// The projection.
    pub fn project(bytes: &[u8]) -> Option<Self> {
        let object = json::parse(bytes).ok()?;
        let selectors = object.items_at(&["aggregationRule", "clusterRoleSelectors"]).iter();
        Some(ClusterRoleDigest { meta: Meta::of(&object), selectors: selectors.filter_map(selector_of).collect() })
    }
}

impl Controller for ClusterRoleAggregationController {
    fn name(&self) -> &'static str {
        "clusterrole-aggregation-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:clusterrole-aggregation-controller"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![Watch::new(CLUSTER_ROLES, ClusterRoleDigest::project).touches(touched_by_role).boxed()]
    }

    fn reconcile(&self, view: &View, key: &Key, _: Now) -> Plan {
        let Some(entry) = view.get::<ClusterRoleDigest>(CLUSTER_ROLES, "", key.name()) else {
            return Plan::none();
        };
        if entry.digest.selectors.is_empty() {
            return Plan::none();
        }
        let mut roles = view.list::<ClusterRoleDigest>(CLUSTER_ROLES);
        roles.sort_by(|a, b| a.digest.meta.name.cmp(&b.digest.meta.name));
        let mut rules: Vec<Value> = Vec::new();
        for selector in &entry.digest.selectors {
            let chosen = roles.iter().filter(|role| role.digest.meta.matches(selector));
            for role in chosen.filter(|role| role.digest.meta.name != entry.digest.meta.name) {
                for rule in role.value().items_at(&["rules"]) {
                    if !rules.contains(rule) {
                        rules.push(rule.clone());
                    }
                }
            }
        }
        let object = entry.value();
        if object.items_at(&["rules"]) == rules {
            return Plan::none();
        }
        let mut object = object;
        object.set(&["rules"], rules);
        Plan::write(Write::update(CLUSTER_ROLES, object).accept_not_found())
    }
}

/// Any role may be part of every one that aggregates.
fn touched_by_role(view: &View, change: &Change<ClusterRoleDigest>, keys: &mut Vec<Key>) {
    for role in view.list::<ClusterRoleDigest>(CLUSTER_ROLES) {
        let is_part =
            |other: &ClusterRoleDigest| role.digest.selectors.iter().any(|selector| other.meta.matches(selector));
        let is_itself = role.digest.meta.name == *change.key.name;
        if !role.digest.selectors.is_empty() && (is_itself || change.digests().any(is_part)) {
            keys.push(Key::new(CLUSTER_ROLES, "", &role.digest.meta.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::test_text::plan;

    #[test]
    fn rules_of_chosen_roles_are_gathered_once() {
        let text = r#"ClusterRole all aggregationRule.clusterRoleSelectors=[{"matchLabels":{"to":"all"}}]
            ClusterRole a labels.to=all rules=[{"verbs":["get"]}]
            ClusterRole b labels.to=all rules=[{"verbs":["get"]},{"verbs":["list"]}]
            ClusterRole c rules=[{"verbs":["watch"]}]"#;
        expect![[r#"
            update ClusterRole all {"metadata":{"name":"all","uid":"all-uid","resourceVersion":"1"},"aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"to":"all"}}]},"rules":[{"verbs":["get"]},{"verbs":["list"]}]}
        "#]].assert_eq(&plan(&ClusterRoleAggregationController, text, "ClusterRole all"));
    }
}
