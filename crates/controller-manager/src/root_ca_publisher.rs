//! The ConfigMap `kube-root-ca.crt` in every namespace: with it Pods verify the API server.

use std::sync::Arc;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::time::Now;
use apimachinery::tree;
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::informer::Change;
use client::plan::{Plan, Write};
use client::resources::{CONFIG_MAPS, NAMESPACES};
use client::view::View;

use crate::digest::NamedDigest;

const NAME: &str = "kube-root-ca.crt";
const DESCRIPTION: &str = "kubernetes.io/description";
/// Shown by `kubectl describe`; clients compare it.
const DESCRIPTION_TEXT: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using \
    internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed \
    across distributions of Kubernetes clusters.";

/// See the module.
pub struct RootCaPublisher {
    ca_pem: Arc<str>,
}

impl RootCaPublisher {
    /// Publishes these certificates (PEM).
    pub fn new(ca_pem: &str) -> Self {
        RootCaPublisher { ca_pem: ca_pem.into() }
    }
}

/// The published ConfigMap.
struct Published {
    ca_pem: String,
    description: String,
}

impl Published {
    fn project(bytes: &[u8]) -> Option<Self> {
        let object = json::parse(bytes).ok()?;
        Some(Published {
            ca_pem: object.str_at(&["data", "ca.crt"]).to_owned(),
            description: object.annotation(DESCRIPTION).unwrap_or("").to_owned(),
        })
    }
}

impl Controller for RootCaPublisher {
    fn name(&self) -> &'static str {
        "root-ca-certificate-publisher-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:root-ca-cert-publisher"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![
            Watch::new(NAMESPACES, NamedDigest::project).touches_itself().boxed(),
            Watch::new(CONFIG_MAPS, Published::project).named(NAME).touches(touched).boxed(),
        ]
    }

    fn reconcile(&self, view: &View, key: &Key, _now: Now) -> Plan {
        let namespace = view.get::<NamedDigest>(NAMESPACES, "", key.name());
        if !namespace.is_some_and(|namespace| namespace.digest.is_live_namespace()) {
            return Plan::none();
        }
        let Some(present) = view.get::<Published>(CONFIG_MAPS, key.name(), NAME) else {
            let object = tree!({
                "kind": "ConfigMap",
                "apiVersion": "v1",
                "metadata": {
                    "name": NAME,
                    "namespace": (key.name()),
                    "annotations": {"kubernetes.io/description": DESCRIPTION_TEXT}
                },
                "data": {"ca.crt": (&*self.ca_pem)}
            });
            return Plan::write(Write::create(CONFIG_MAPS, object).accept_already_exists());
        };
        if present.digest.ca_pem == *self.ca_pem && present.digest.description == DESCRIPTION_TEXT {
            return Plan::none();
        }
        let mut object = present.value();
        object.set(&["data"], tree!({"ca.crt": (&*self.ca_pem)}));
        object.object_at(&["metadata", "annotations"]).insert(DESCRIPTION, DESCRIPTION_TEXT);
        Plan::write(Write::update(CONFIG_MAPS, object))
    }
}

fn touched(_: &View, change: &Change<Published>, keys: &mut Vec<Key>) {
    keys.push(Key::new(NAMESPACES, "", &change.key.namespace));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_text::plan;

    fn decide(objects: &str) -> String {
        plan(&RootCaPublisher::new("CA"), objects, "Namespace a")
    }

    #[test]
    fn it_is_made_and_repaired() {
        let made = decide("Namespace a");
        assert!(made.starts_with("create ConfigMap a/kube-root-ca.crt "), "{made}");
        let repaired = decide("Namespace a\nConfigMap a/kube-root-ca.crt data.x=y");
        assert!(repaired.starts_with("update ConfigMap a/kube-root-ca.crt "), "{repaired}");
        assert!(repaired.ends_with("\"data\":{\"ca.crt\":\"CA\"}}\n"), "{repaired}");
    }

    #[test]
    fn a_namespace_that_is_going_away_is_left_alone() {
        assert_eq!(decide("Namespace a status.phase=Terminating"), "");
    }
}
