//! Endpoints of Services: the older form of EndpointSlices, at most 1,000 addresses.

use std::collections::BTreeMap;
use std::net::IpAddr;

use apimachinery::meta::ObjectMeta;
use apimachinery::time::{Now, format_seconds};
use apimachinery::tree;
use apimachinery::value::Value;
use client::client::DeleteOptions;
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::events::{ObjectReference, Occurrence};
use client::plan::{Plan, Write};
use client::resources::{ENDPOINTS, PODS, SERVICES};
use client::view::View;

use crate::digest::{BY_CONTROLLER, EndpointsDigest, PodDigest, ServiceDigest, ServicePort};
use crate::service_pods::{
    TRIGGER_TIME, addresses, endpoint_labels, has_hostname, last_trigger, selected_pods, services_of_pod, target_port,
    target_reference,
};

/// Addresses that one Endpoints object holds.
const ADDRESSES_MAX: usize = 1_000;
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";
const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";
const NAME: &str = "endpoint-controller";

/// See the module.
pub struct EndpointsController;

impl Controller for EndpointsController {
    fn name(&self) -> &'static str {
        NAME
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:endpoint-controller"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        let of_endpoints = Watch::new(ENDPOINTS, EndpointsDigest::project).touches(
            |_: &View, change: &client::informer::Change<EndpointsDigest>, keys: &mut Vec<Key>| {
                keys.push(Key { resource: SERVICES, object: change.key.clone() });
            },
        );
        vec![
            of_endpoints.boxed(),
            Watch::new(PODS, PodDigest::project)
                .index(BY_CONTROLLER, PodDigest::controller_index)
                .touches(services_of_pod)
                .boxed(),
            Watch::new(SERVICES, ServiceDigest::project).touches_itself().boxed(),
        ]
    }

    fn reconcile(&self, view: &View, key: &Key, _now: Now) -> Plan {
        let (namespace, name) = (key.namespace(), key.name());
        let present = view.get::<EndpointsDigest>(ENDPOINTS, namespace, name);
        let Some(service) = view.get::<ServiceDigest>(SERVICES, namespace, name) else {
            return match present {
                // Without a Service only ours go: others may have been made by hand for a Service to come.
                Some(endpoints) if endpoints.digest.meta.label(MANAGED_BY) == Some(NAME) => {
                    let uid = Some(endpoints.digest.meta.uid.clone());
                    let options = DeleteOptions { uid, ..DeleteOptions::default() };
                    Plan::write(Write::delete(ENDPOINTS, namespace, name, options))
                }
                _ => Plan::none(),
            };
        };
        let service = &*service.digest;
        if service.service_type == "ExternalName" || service.selector.is_none() {
            return Plan::none();
        }
        let pods = selected_pods(view, service);
        let pods: Vec<&PodDigest> = pods.iter().map(|pod| &*pod.digest).collect();
        sync(service, &pods, present.map(|endpoints| endpoints.value()))
    }
}

fn sync(service: &ServiceDigest, pods: &[&PodDigest], present: Option<Value>) -> Plan {
    let (subsets, is_truncated) = truncated(subsets(service, pods));
    let labels = endpoint_labels(service, &[(MANAGED_BY, NAME)]);
    let is_new = present.is_none();
    let mut object = present.unwrap_or_else(|| {
        tree!({"kind": "Endpoints", "apiVersion": "v1", "metadata": {
            "name": (service.meta.name.as_str()), "namespace": (service.meta.namespace.as_str())
        }})
    });
    let has_mark = object.annotation(OVER_CAPACITY).is_some();
    if !is_new
        && object.items_at(&["subsets"]) == subsets
        && object.at(&["metadata", "labels"]).as_object() == Some(&labels)
        && has_mark == is_truncated
    {
        return Plan::none();
    }
    object.set(&["metadata", "labels"], labels);
    object.set(&["subsets"], subsets);
    let annotations = object.object_at(&["metadata", "annotations"]);
    annotations.remove(TRIGGER_TIME);
    if let Some(time) = last_trigger(service, pods.iter().copied()) {
        annotations.insert(TRIGGER_TIME, format_seconds(time));
    }
    match is_truncated {
        true => drop(annotations.insert(OVER_CAPACITY, "truncated")),
        false => drop(annotations.remove(OVER_CAPACITY)),
    }
    let about = ObjectReference::to(&object);
    let name = format!("{}/{}", service.meta.namespace, service.meta.name);
    let (write, reason, message) = match is_new {
        true => (
            Write::create(ENDPOINTS, object),
            "FailedToCreateEndpoint",
            format!("Failed to create endpoint for service {name}: {{error}}"),
        ),
        false => (
            Write::update(ENDPOINTS, object),
            "FailedToUpdateEndpoint",
            format!("Failed to update endpoint {name}: {{error}}"),
        ),
    };
    Plan::write(write.event_on_failure(Occurrence::warning(&about, reason, message)))
}

/// Whether an address takes traffic.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Readiness {
    Ready,
    NotReady,
}

/// Addresses with the same ports share a subset; an address is ready when it is for any of its Pods.
fn subsets(service: &ServiceDigest, pods: &[&PodDigest]) -> Vec<Value> {
    /// Per address: the tree, its readiness, its ports.
    type Found = BTreeMap<(IpAddr, String), (Value, Readiness, Vec<Value>)>;
    let mut found = Found::new();
    for pod in pods {
        if pod.meta.is_terminating() && !service.publishes_not_ready {
            continue;
        }
        let Some(ip) = address(service, pod) else { continue };
        let readiness = match pod.is_ready || service.publishes_not_ready {
            true => Readiness::Ready,
            false => Readiness::NotReady,
        };
        let ports: Vec<Value> = service.ports.iter().filter_map(|port| port_of(pod, port)).collect();
        if ports.is_empty() && !(service.ports.is_empty() && service.is_headless) {
            continue;
        }
        let key = (ip, pod.meta.uid.clone());
        found.insert(key, (address_tree(service, pod, ip), readiness, ports));
    }
    let mut groups: Vec<(Vec<Value>, Vec<Value>, Vec<Value>)> = Vec::new();
    for (tree, readiness, ports) in found.into_values() {
        let at = groups.iter().position(|group| group.0 == ports).unwrap_or_else(|| {
            groups.push((ports, Vec::new(), Vec::new()));
            groups.len() - 1
        });
        match readiness {
            Readiness::Ready => groups[at].1.push(tree),
            Readiness::NotReady => groups[at].2.push(tree),
        }
    }
    groups.into_iter().map(|(ports, ready, not_ready)| subset(ports, ready, not_ready)).collect()
}

fn subset(ports: Vec<Value>, ready: Vec<Value>, not_ready: Vec<Value>) -> Value {
    let lists = [("addresses", ready), ("notReadyAddresses", not_ready), ("ports", ports)];
    lists.into_iter().filter(|(_, items)| !items.is_empty()).collect()
}

/// The Pod's address of the Service's first family.
fn address(service: &ServiceDigest, pod: &PodDigest) -> Option<IpAddr> {
    let is_ipv6 = match (service.families.first(), service.cluster_ip.parse::<IpAddr>()) {
        (Some(family), _) => family == "IPv6",
        (None, Ok(ip)) => ip.is_ipv6(),
        (None, Err(_)) => pod.ips.first().is_some_and(|ip| ip.contains(':')),
    };
    addresses(pod, is_ipv6).next()?.parse().ok()
}

fn address_tree(service: &ServiceDigest, pod: &PodDigest, ip: IpAddr) -> Value {
    let mut tree = tree!({"ip": (ip.to_string())});
    if has_hostname(pod, service) {
        tree.set(&["hostname"], pod.hostname.as_str());
    }
    tree.set(&["nodeName"], pod.node_name.as_str());
    tree.set(&["targetRef"], target_reference(pod));
    tree
}

fn port_of(pod: &PodDigest, port: &ServicePort) -> Option<Value> {
    let number = target_port(pod, port)?;
    let mut tree = Value::object();
    if !port.name.is_empty() {
        tree.set(&["name"], port.name.as_str());
    }
    tree.set(&["port"], number);
    tree.set(&["protocol"], port.protocol.as_str());
    if let Some(protocol) = &port.app_protocol {
        tree.set(&["appProtocol"], protocol.as_str());
    }
    Some(tree)
}

/// Keeps [`ADDRESSES_MAX`] addresses, ready ones first. Whether any had to go.
fn truncated(mut subsets: Vec<Value>) -> (Vec<Value>, bool) {
    let count =
        |subsets: &[Value], list: &str| -> usize { subsets.iter().map(|subset| subset.items_at(&[list]).len()).sum() };
    let total = count(&subsets, "addresses") + count(&subsets, "notReadyAddresses");
    if total <= ADDRESSES_MAX {
        return (subsets, false);
    }
    let mut room = ADDRESSES_MAX;
    for list in ["addresses", "notReadyAddresses"] {
        for subset in &mut subsets {
            let Some(items) = subset.at_mut(&[list]).and_then(Value::as_array_mut) else { continue };
            items.truncate(room);
            room -= items.len();
            if items.is_empty() {
                subset.remove_at(&[list]);
            }
        }
    }
    subsets.retain(|subset| subset.as_object().is_some_and(|map| map.len() > 1));
    (subsets, true)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_text::plan;

    const SERVICE: &str = r#"Service a/web labels.team=x spec.clusterIP=10.0.0.9 spec.ipFamilies=["IPv4"] spec.selector={"app":"web"} spec.ports=[{"name":"http","port":80,"protocol":"TCP","targetPort":"web"}]"#;
    const PORTS: &str = r#"spec.containers=[{"ports":[{"name":"web","protocol":"TCP","containerPort":8080}]}]"#;

    fn pod(name: &str, ip: &str, more: &str) -> String {
        format!("Pod a/{name} labels.app=web spec.nodeName=n1 status.podIP={ip} {PORTS} {more}")
    }

    #[track_caller]
    fn check(objects: &[String], expected: Expect) {
        expected.assert_eq(&plan(&EndpointsController, &objects.join("\n"), "Service a/web"));
    }

    #[test]
    fn ready_and_unready_addresses_are_kept_apart() {
        let objects = [
            SERVICE.to_owned(),
            pod("x", "10.1.0.2", "ready=5s"),
            pod("y", "10.1.0.1", ""),
            pod("leaving", "10.1.0.3", "ready=5s deleted=1s"),
            pod("ended", "10.1.0.4", "status.phase=Succeeded"),
            pod("without-address", "", ""),
        ];
        check(
            &objects,
            expect![[r#"
            create Endpoints a/web {"metadata":{"name":"web","labels":{"endpoints.kubernetes.io/managed-by":"endpoint-controller","team":"x"},"annotations":{"endpoints.kubernetes.io/last-change-trigger-time":"2026-11-21T11:59:55Z"}},"subsets":[{"addresses":[{"ip":"10.1.0.2","nodeName":"n1","targetRef":{"kind":"Pod","namespace":"a","name":"x","uid":"x-uid"}}],"notReadyAddresses":[{"ip":"10.1.0.1","nodeName":"n1","targetRef":{"kind":"Pod","namespace":"a","name":"y","uid":"y-uid"}}],"ports":[{"name":"http","port":8080,"protocol":"TCP"}]}]}
        "#]],
        );
    }

    #[test]
    fn equal_endpoints_are_not_written() {
        let wanted = r#"subsets=[{"addresses":[{"ip":"10.1.0.2","nodeName":"n1","targetRef":{"kind":"Pod","namespace":"a","name":"x","uid":"x-uid"}}],"ports":[{"name":"http","port":8080,"protocol":"TCP"}]}]"#;
        let present = format!(
            "Endpoints a/web labels.endpoints.kubernetes.io/managed-by=endpoint-controller labels.team=x {wanted}"
        );
        let objects = [SERVICE.to_owned(), pod("x", "10.1.0.2", "ready=5s"), present];
        check(&objects, expect![[""]]);
    }

    #[test]
    fn endpoints_go_with_their_service_unless_made_by_hand() {
        let ours = "Endpoints a/web labels.endpoints.kubernetes.io/managed-by=endpoint-controller";
        check(
            &[ours.to_owned()],
            expect![[r#"
            delete Endpoints a/web {"preconditions":{"uid":"web-uid"}}
        "#]],
        );
        check(&["Endpoints a/web".to_owned()], expect![[""]]);
    }

    #[test]
    fn a_service_without_selector_is_left_alone() {
        check(&["Service a/web spec.clusterIP=10.0.0.9".to_owned()], expect![[""]]);
    }

    #[test]
    fn more_than_a_thousand_addresses_are_cut_unready_ones_first() {
        let many = |count: usize| -> Value { (0..count).map(|_| tree!({"ip": "x"})).collect() };
        let subsets = vec![tree!({"addresses": (many(900)), "notReadyAddresses": (many(200)), "ports": []})];
        let (cut, is_truncated) = truncated(subsets);
        assert!(is_truncated);
        assert_eq!(cut[0].items_at(&["notReadyAddresses"]).len(), 100);
    }
}
