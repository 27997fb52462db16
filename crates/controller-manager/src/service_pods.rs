//! Which Services a Pod belongs to, and what it offers to them: shared by Endpoints and EndpointSlices.

use std::net::IpAddr;

use apimachinery::tree;
use apimachinery::value::{Map, Value};
use client::controller::Key;
use client::informer::{Change, Entry};
use client::resources::{PODS, SERVICES};
use client::view::View;

use crate::digest::{PodDigest, ServiceDigest, ServicePort};

/// Touches the Services that select the Pod, before or after a change that matters to endpoints.
pub fn services_of_pod(view: &View, change: &Change<PodDigest>, keys: &mut Vec<Key>) {
    if let (Some(old), Some(new)) = (&change.old, &change.new)
        && !is_relevant(&old.digest, &new.digest)
    {
        return;
    }
    for service in view.in_namespace::<ServiceDigest>(SERVICES, &change.key.namespace) {
        let Some(selector) = &service.digest.selector else { continue };
        if change.digests().any(|pod| pod.meta.matches(selector)) {
            keys.push(Key::new(SERVICES, &change.key.namespace, &service.digest.meta.name));
        }
    }
}

fn is_relevant(old: &PodDigest, new: &PodDigest) -> bool {
    old.meta.labels != new.meta.labels
        || old.hostname != new.hostname
        || old.subdomain != new.subdomain
        || old.meta.deletion != new.meta.deletion
        || old.is_terminal() != new.is_terminal()
        || old.is_ready != new.is_ready
        || old.node_name != new.node_name
        || old.ips != new.ips
}

/// The Pods that a Service selects and that have an address, in name order.
pub fn selected_pods(view: &View, service: &ServiceDigest) -> Vec<Entry<PodDigest>> {
    let Some(selector) = &service.selector else { return Vec::new() };
    let mut pods = view.in_namespace::<PodDigest>(PODS, &service.meta.namespace);
    pods.retain(|pod| {
        let pod = &pod.digest;
        pod.meta.matches(selector) && !pod.is_terminal() && !pod.ips.is_empty()
    });
    pods
}

/// The port that a Service's port leads to in a Pod; `None` when the Pod has no port of that name.
pub fn target_port(pod: &PodDigest, port: &ServicePort) -> Option<i64> {
    match &port.target {
        Value::String(name) => pod
            .ports
            .iter()
            .filter(|it| it.name == *name && it.protocol == port.protocol)
            .min_by_key(|it| it.is_sidecar)
            .map(|it| it.number),
        Value::Int(number) => Some(*number),
        _ => Some(port.number),
    }
}

/// A Pod's addresses of one family, in canonical text.
pub fn addresses(pod: &PodDigest, is_ipv6: bool) -> impl Iterator<Item = String> {
    let parsed = pod.ips.iter().filter_map(|ip| ip.parse::<IpAddr>().ok());
    parsed.filter(move |ip| ip.is_ipv6() == is_ipv6).map(|ip| ip.to_string())
}

/// A reference to a Pod as endpoints carry it.
pub fn target_reference(pod: &PodDigest) -> Value {
    tree!({
        "kind": "Pod",
        "namespace": (pod.meta.namespace.as_str()),
        "name": (pod.meta.name.as_str()),
        "uid": (pod.meta.uid.as_str())
    })
}

/// Whether DNS gives the Pod a name of its own below the Service.
pub fn has_hostname(pod: &PodDigest, service: &ServiceDigest) -> bool {
    !pod.hostname.is_empty() && pod.subdomain == service.meta.name
}

/// When what made the present endpoints happened last: the Service was made, or a Pod changed its readiness.
pub fn last_trigger<'a>(service: &ServiceDigest, pods: impl Iterator<Item = &'a PodDigest>) -> Option<jiff::Timestamp> {
    pods.filter_map(|pod| pod.ready_since).chain(service.meta.created).max()
}

/// Annotation with [`last_trigger`].
pub const TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// Label of endpoints of Services without an address of their own.
const HEADLESS: &str = "service.kubernetes.io/headless";

/// Labels of a Service's endpoints: those of the Service, and `own`, which tell whose they are.
pub fn endpoint_labels(service: &ServiceDigest, own: &[(&'static str, &str)]) -> Map {
    let mut labels = Map::new();
    for (key, value) in &service.meta.labels {
        labels.insert(key.clone(), value.as_str());
    }
    match is_without_address(service) {
        true => drop(labels.insert(HEADLESS, "")),
        false => drop(labels.remove(HEADLESS)),
    }
    for (key, value) in own {
        labels.insert(*key, *value);
    }
    labels.sort();
    labels
}

/// Whether a Service has no address of its own.
pub fn is_without_address(service: &ServiceDigest) -> bool {
    service.is_headless || service.cluster_ip.is_empty()
}
