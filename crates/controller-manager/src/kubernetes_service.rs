//! The Service `default/kubernetes` and its endpoints: how Pods reach this API server.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use apimachinery::time::Now;
use apimachinery::tree;
use apimachinery::value::Value;
use client::client::Resource;
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::informer::Change;
use client::plan::{Plan, Write};
use client::resources::{ENDPOINT_SLICES, ENDPOINTS, NAMESPACES, SERVICES};
use client::view::View;

use crate::digest::{EndpointSliceDigest, EndpointsDigest, NamedDigest, ServiceDigest};

const NAMESPACE: &str = "default";
const NAME: &str = "kubernetes";
const PORT_NAME: &str = "https";

/// Where the API server is reached.
#[derive(Clone, Debug)]
pub struct Advertised {
    /// Address that Pods and other nodes reach; whoever changes it writes the endpoints too, which wakes this
    /// controller.
    pub address: LiveAddress,
    /// Port of the API server.
    pub port: u16,
    /// Address of the Service: the first of the Service range.
    pub service_address: IpAddr,
}

/// An address that may change while controllers run; clones share it.
#[derive(Clone, Debug)]
pub struct LiveAddress(Arc<Mutex<IpAddr>>);

impl LiveAddress {
    /// This one for now.
    pub fn new(address: IpAddr) -> LiveAddress {
        LiveAddress(Arc::new(Mutex::new(address)))
    }

    /// The address of now.
    pub fn get(&self) -> IpAddr {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on another one.
    pub fn set(&self, address: IpAddr) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }
}

/// See the module.
pub struct KubernetesServiceController {
    advertised: Advertised,
}

impl KubernetesServiceController {
    /// Publishes one address.
    pub fn new(advertised: Advertised) -> Self {
        KubernetesServiceController { advertised }
    }

    fn family(&self) -> &'static str {
        match self.advertised.address.get().is_ipv6() {
            true => "IPv6",
            false => "IPv4",
        }
    }

    fn port(&self) -> i64 {
        i64::from(self.advertised.port)
    }

    fn service(&self) -> Value {
        tree!({
            "kind": "Service",
            "apiVersion": "v1",
            "metadata": {
                "name": NAME,
                "namespace": NAMESPACE,
                "labels": {"component": "apiserver", "provider": "kubernetes"}
            },
            "spec": {
                "ports": [{"name": PORT_NAME, "protocol": "TCP", "port": 443,
                    "targetPort": (self.port())}],
                "clusterIP": (self.advertised.service_address.to_string()),
                "type": "ClusterIP",
                "sessionAffinity": "None"
            }
        })
    }

    fn subsets(&self) -> Value {
        tree!([{
            "addresses": [{"ip": (self.advertised.address.get().to_string())}],
            "ports": [{"name": PORT_NAME, "port": (self.port()), "protocol": "TCP"}]
        }])
    }

    fn endpoints(&self) -> Value {
        tree!({
            "kind": "Endpoints",
            "apiVersion": "v1",
            "metadata": {
                "name": NAME,
                "namespace": NAMESPACE,
                "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}
            },
            "subsets": (self.subsets())
        })
    }

    fn slice_endpoints(&self) -> Value {
        let address = self.advertised.address.get().to_string();
        tree!([{"addresses": [address], "conditions": {"ready": true}}])
    }

    fn slice_ports(&self) -> Value {
        tree!([{"name": PORT_NAME, "protocol": "TCP", "port": (self.port())}])
    }

    fn slice(&self) -> Value {
        tree!({
            "kind": "EndpointSlice",
            "apiVersion": "discovery.k8s.io/v1",
            "metadata": {
                "name": NAME,
                "namespace": NAMESPACE,
                "labels": {"kubernetes.io/service-name": NAME}
            },
            "addressType": (self.family()),
            "endpoints": (self.slice_endpoints()),
            "ports": (self.slice_ports())
        })
    }
}

impl Controller for KubernetesServiceController {
    fn name(&self) -> &'static str {
        "kubernetes-service"
    }

    fn identity(&self) -> &'static str {
        "system:apiserver"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![
            Watch::new(ENDPOINTS, EndpointsDigest::project)
                .in_namespace(NAMESPACE)
                .named(NAME)
                .touches(touched::<EndpointsDigest>)
                .boxed(),
            Watch::new(ENDPOINT_SLICES, EndpointSliceDigest::project)
                .in_namespace(NAMESPACE)
                .named(NAME)
                .touches(touched::<EndpointSliceDigest>)
                .boxed(),
            Watch::new(NAMESPACES, NamedDigest::project).named(NAMESPACE).touches(touched::<NamedDigest>).boxed(),
            Watch::new(SERVICES, ServiceDigest::project)
                .in_namespace(NAMESPACE)
                .named(NAME)
                .touches(touched::<ServiceDigest>)
                .boxed(),
        ]
    }

    fn reconcile(&self, view: &View, _key: &Key, _now: Now) -> Plan {
        if view.get::<NamedDigest>(NAMESPACES, "", NAMESPACE).is_none() {
            return Plan::none();
        }
        let mut plan = Plan::none();
        if view.get::<ServiceDigest>(SERVICES, NAMESPACE, NAME).is_none() {
            plan = plan.and_write(Write::create(SERVICES, self.service()).accept_already_exists());
        }
        plan = match view.get::<EndpointsDigest>(ENDPOINTS, NAMESPACE, NAME) {
            None => plan.and_write(create(ENDPOINTS, self.endpoints())),
            Some(entry) => {
                let wanted = [("subsets", self.subsets())];
                plan_update(plan, ENDPOINTS, entry.value(), wanted)
            }
        };
        match view.get::<EndpointSliceDigest>(ENDPOINT_SLICES, NAMESPACE, NAME) {
            None => plan.and_write(create(ENDPOINT_SLICES, self.slice())),
            Some(entry) => {
                let wanted = [("endpoints", self.slice_endpoints()), ("ports", self.slice_ports())];
                plan_update(plan, ENDPOINT_SLICES, entry.value(), wanted)
            }
        }
    }
}

fn touched<D>(_: &View, _: &Change<D>, keys: &mut Vec<Key>) {
    keys.push(Key::new(SERVICES, NAMESPACE, NAME));
}

fn create(resource: Resource, object: Value) -> Write {
    Write::create(resource, object).accept_already_exists()
}

/// Updates an object if any of these fields differs.
fn plan_update<const N: usize>(
    plan: Plan,
    resource: Resource,
    mut object: Value,
    wanted: [(&'static str, Value); N],
) -> Plan {
    if wanted.iter().all(|(field, value)| object.field(field) == value) {
        return plan;
    }
    for (field, value) in wanted {
        object.set(&[field], value);
    }
    plan.and_write(Write::update(resource, object))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::test_text::plan;

    fn decide(objects: &str) -> String {
        let advertised = Advertised {
            address: LiveAddress::new(IpAddr::from([192, 168, 0, 5])),
            port: 6443,
            service_address: IpAddr::from([10, 96, 0, 1]),
        };
        plan(&KubernetesServiceController::new(advertised), objects, "Service default/kubernetes")
    }

    #[test]
    fn service_and_endpoints_are_made_once_the_namespace_is_there() {
        assert_eq!(decide(""), "");
        expect![[r#"
            create Service default/kubernetes {"metadata":{"name":"kubernetes","labels":{"component":"apiserver","provider":"kubernetes"}},"spec":{"ports":[{"name":"https","protocol":"TCP","port":443,"targetPort":6443}],"clusterIP":"10.96.0.1","type":"ClusterIP","sessionAffinity":"None"}}
            create Endpoints default/kubernetes {"metadata":{"name":"kubernetes","labels":{"endpointslice.kubernetes.io/skip-mirror":"true"}},"subsets":[{"addresses":[{"ip":"192.168.0.5"}],"ports":[{"name":"https","port":6443,"protocol":"TCP"}]}]}
            create EndpointSlice default/kubernetes {"metadata":{"name":"kubernetes","labels":{"kubernetes.io/service-name":"kubernetes"}},"addressType":"IPv4","endpoints":[{"addresses":["192.168.0.5"],"conditions":{"ready":true}}],"ports":[{"name":"https","protocol":"TCP","port":6443}]}
        "#]].assert_eq(&decide("Namespace default"));
    }

    #[test]
    fn another_address_is_repaired() {
        let objects = r#"Namespace default
            Service default/kubernetes
            Endpoints default/kubernetes subsets=[]
            EndpointSlice default/kubernetes endpoints=[{"addresses":["192.168.0.5"],"conditions":{"ready":true}}] ports=[{"name":"https","protocol":"TCP","port":6443}]"#;
        expect![[r#"
            update Endpoints default/kubernetes {"metadata":{"name":"kubernetes","uid":"kubernetes-uid","resourceVersion":"3"},"subsets":[{"addresses":[{"ip":"192.168.0.5"}],"ports":[{"name":"https","port":6443,"protocol":"TCP"}]}]}
        "#]].assert_eq(&decide(objects));
    }
}
