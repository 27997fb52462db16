//! The ServiceAccount `default` in every namespace.

use apimachinery::time::Now;
use apimachinery::tree;
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::informer::Change;
use client::plan::{Plan, Write};
use client::resources::{NAMESPACES, SERVICE_ACCOUNTS};
use client::view::View;

use crate::digest::NamedDigest;

/// See the module.
pub struct ServiceAccountController;

impl Controller for ServiceAccountController {
    fn name(&self) -> &'static str {
        "service-account-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:service-account-controller"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![
            Watch::new(NAMESPACES, NamedDigest::project).touches_itself().boxed(),
            Watch::new(SERVICE_ACCOUNTS, NamedDigest::project).named("default").touches(touched_by_deletion).boxed(),
        ]
    }

    fn reconcile(&self, view: &View, key: &Key, _now: Now) -> Plan {
        let namespace = view.get::<NamedDigest>(NAMESPACES, "", key.name());
        let is_wanted = namespace.is_some_and(|namespace| namespace.digest.is_live_namespace());
        let account = view.get::<NamedDigest>(SERVICE_ACCOUNTS, key.name(), "default");
        if !is_wanted || account.is_some() {
            return Plan::none();
        }
        let account = tree!({"kind": "ServiceAccount", "apiVersion": "v1",
            "metadata": {"name": "default", "namespace": (key.name())}});
        Plan::write(Write::create(SERVICE_ACCOUNTS, account).accept_already_exists())
    }
}

fn touched_by_deletion(_: &View, change: &Change<NamedDigest>, keys: &mut Vec<Key>) {
    if change.new.is_none() {
        keys.push(Key::new(NAMESPACES, "", &change.key.namespace));
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::test_text::plan;

    fn decide(objects: &str) -> String {
        plan(&ServiceAccountController, objects, "Namespace a")
    }

    #[test]
    fn a_namespace_gets_its_default_account() {
        expect![[r#"
            create ServiceAccount a/default {"metadata":{"name":"default"}}
        "#]]
        .assert_eq(&decide("Namespace a status.phase=Active"));
    }

    #[test]
    fn one_that_has_it_or_is_going_away_does_not() {
        assert_eq!(decide("Namespace a status.phase=Active\nServiceAccount a/default"), "");
        assert_eq!(decide("Namespace a status.phase=Terminating"), "");
        assert_eq!(decide(""), "");
    }
}
