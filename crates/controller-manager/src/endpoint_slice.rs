//! EndpointSlices of Services: at most 100 endpoints each, changed as little as possible.

use std::collections::BTreeMap;

use apimachinery::meta::ObjectMeta;
use apimachinery::time::{Now, format_seconds};
use apimachinery::tree;
use apimachinery::value::{Map, Value};
use client::client::DeleteOptions;
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::informer::{Change, ObjectKey};
use client::plan::{Plan, Write};
use client::resources::{ENDPOINT_SLICES, NODES, PODS, SERVICES};
use client::view::View;

use crate::digest::{BY_CONTROLLER, EndpointSliceDigest, NodeDigest, PodDigest, ServiceDigest};
use crate::service_pods::{
    TRIGGER_TIME, addresses, endpoint_labels, has_hostname, is_without_address, last_trigger, selected_pods,
    services_of_pod, target_port, target_reference,
};

/// Endpoints that one slice holds.
const ENDPOINTS_MAX: usize = 100;
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const NAME: &str = "endpointslice-controller.k8s.io";
const SERVICE_NAME: &str = "kubernetes.io/service-name";
const ZONE: &str = "topology.kubernetes.io/zone";
/// Index of slices by `namespace/service`.
const BY_SERVICE: &str = "service";

/// See the module.
pub struct EndpointSliceController;

impl Controller for EndpointSliceController {
    fn name(&self) -> &'static str {
        "endpoint-slice-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:endpointslice-controller"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![
            Watch::new(ENDPOINT_SLICES, EndpointSliceDigest::project)
                .index(BY_SERVICE, by_service)
                .touches(service_of_slice)
                .boxed(),
            Watch::new(NODES, NodeDigest::project).touches(services_on_node).boxed(),
            Watch::new(PODS, PodDigest::project)
                .index(BY_CONTROLLER, PodDigest::controller_index)
                .touches(services_of_pod)
                .boxed(),
            Watch::new(SERVICES, ServiceDigest::project).touches_itself().boxed(),
        ]
    }

    fn reconcile(&self, view: &View, key: &Key, _now: Now) -> Plan {
        let service = view.get::<ServiceDigest>(SERVICES, key.namespace(), key.name());
        // Slices of a Service that is gone are garbage of their owner.
        let Some(service) = service else { return Plan::none() };
        let service = &*service.digest;
        if service.service_type == "ExternalName" || service.selector.is_none() {
            return Plan::none();
        }
        let index = format!("{}/{}", key.namespace(), key.name());
        let slices = view.indexed::<EndpointSliceDigest>(ENDPOINT_SLICES, BY_SERVICE, &index);
        let present: Vec<Value> =
            slices.iter().filter(|slice| !slice.digest.meta.is_terminating()).map(|slice| slice.value()).collect();
        sync(view, service, present)
    }
}

fn by_service(_: &ObjectKey, slice: &EndpointSliceDigest) -> Vec<String> {
    match slice_service(slice) {
        Some(name) => vec![format!("{}/{name}", slice.meta.namespace)],
        None => Vec::new(),
    }
}

/// The Service of a slice that this controller manages.
fn slice_service(slice: &EndpointSliceDigest) -> Option<&str> {
    let is_ours = slice.meta.label(MANAGED_BY) == Some(NAME);
    slice.meta.label(SERVICE_NAME).filter(|name| is_ours && !name.is_empty())
}

fn service_of_slice(_: &View, change: &Change<EndpointSliceDigest>, keys: &mut Vec<Key>) {
    for slice in change.digests() {
        if let Some(name) = slice_service(slice) {
            keys.push(Key::new(SERVICES, &slice.meta.namespace, name));
        }
    }
}

/// A node that comes, goes or moves to another zone touches every Service: endpoints carry the zone.
fn services_on_node(view: &View, change: &Change<NodeDigest>, keys: &mut Vec<Key>) {
    let zone = |entry: &Option<client::informer::Entry<NodeDigest>>| {
        entry.as_ref().map(|node| node.digest.meta.label(ZONE).unwrap_or("").to_owned())
    };
    if zone(&change.old) == zone(&change.new) {
        return;
    }
    for service in view.list::<ServiceDigest>(SERVICES) {
        keys.push(Key::new(SERVICES, &service.digest.meta.namespace, &service.digest.meta.name));
    }
}

/// A slice as it will be.
struct Slice {
    object: Value,
    endpoints: Vec<Value>,
    is_changed: bool,
}

impl Slice {
    fn of(object: Value) -> Self {
        let endpoints = object.items_at(&["endpoints"]).to_vec();
        Slice { object, endpoints, is_changed: false }
    }

    fn is_new(&self) -> bool {
        self.object.name().is_empty()
    }
}

/// The endpoints that one set of ports and one address type shall have.
struct Wanted {
    address_type: &'static str,
    ports: Vec<Value>,
    endpoints: Vec<Value>,
}

fn sync(view: &View, service: &ServiceDigest, present: Vec<Value>) -> Plan {
    let pods = selected_pods(view, service);
    let pods: Vec<&PodDigest> = pods.iter().map(|pod| &*pod.digest).collect();
    let mut missing_node = None;
    let mut wanted = Vec::new();
    for address_type in address_types(service) {
        wanted.extend(wanted_of(view, service, &pods, address_type, &mut missing_node));
    }
    let mut groups: BTreeMap<usize, Vec<Slice>> = BTreeMap::new();
    let mut surplus = Vec::new();
    for slice in present {
        let at = wanted.iter().position(|wanted| {
            slice.str_at(&["addressType"]) == wanted.address_type && slice.items_at(&["ports"]) == wanted.ports
        });
        match at.filter(|_| is_owned_by(&slice, service)) {
            Some(at) => groups.entry(at).or_default().push(Slice::of(slice)),
            None => surplus.push(slice),
        }
    }
    let mut slices = Vec::new();
    for (at, wanted) in wanted.into_iter().enumerate() {
        let present = groups.remove(&at).unwrap_or_default();
        slices.extend(fill(service, wanted, present, &mut surplus));
    }
    let trigger = last_trigger(service, pods.into_iter());
    let plan = write_all(service, slices, surplus, trigger);
    match missing_node {
        Some(why) => plan.and_retry(why),
        None => plan,
    }
}

fn is_owned_by(slice: &Value, service: &ServiceDigest) -> bool {
    slice.owner_references().iter().any(|owner| owner.uid == service.meta.uid)
}

fn address_types(service: &ServiceDigest) -> Vec<&'static str> {
    let types: Vec<&'static str> =
        service.families.iter().map(|family| if family == "IPv6" { "IPv6" } else { "IPv4" }).collect();
    match (types.is_empty(), service.cluster_ip.contains(':')) {
        (false, _) => types,
        (true, true) => vec!["IPv6"],
        (true, false) if !is_without_address(service) => vec!["IPv4"],
        (true, false) => vec!["IPv4", "IPv6"],
    }
}

/// One per set of ports that the Pods have; at least one, without endpoints.
fn wanted_of(
    view: &View,
    service: &ServiceDigest,
    pods: &[&PodDigest],
    address_type: &'static str,
    missing_node: &mut Option<String>,
) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    for pod in pods {
        let node = view.get::<NodeDigest>(NODES, "", &pod.node_name);
        if node.is_none() && !service.publishes_not_ready {
            *missing_node = Some(format!(
                "skipping Pod {} for Service {}/{}: Node {} Not Found",
                pod.meta.name, service.meta.namespace, service.meta.name, pod.node_name
            ));
            continue;
        }
        let zone = node.as_ref().and_then(|node| node.digest.meta.label(ZONE));
        let Some(endpoint) = endpoint(service, pod, zone, address_type) else { continue };
        let ports = ports(service, pod);
        match wanted.iter_mut().find(|wanted| wanted.ports == ports) {
            Some(group) => group.endpoints.push(endpoint),
            None => wanted.push(Wanted { address_type, ports, endpoints: vec![endpoint] }),
        }
    }
    if wanted.is_empty() {
        wanted.push(Wanted { address_type, ports: Vec::new(), endpoints: Vec::new() });
    }
    wanted
}

fn ports(service: &ServiceDigest, pod: &PodDigest) -> Vec<Value> {
    let to_port = |port: &crate::digest::ServicePort| {
        let number = target_port(pod, port)?;
        let mut tree = tree!({"name": (port.name.as_str()), "protocol": (port.protocol.as_str()),
            "port": number});
        if let Some(protocol) = &port.app_protocol {
            tree.set(&["appProtocol"], protocol.as_str());
        }
        Some(tree)
    };
    service.ports.iter().filter_map(to_port).collect()
}

fn endpoint(service: &ServiceDigest, pod: &PodDigest, zone: Option<&str>, address_type: &str) -> Option<Value> {
    let addresses: Vec<Value> = addresses(pod, address_type == "IPv6").map(Value::from).collect();
    if addresses.is_empty() {
        return None;
    }
    let is_terminating = pod.meta.is_terminating();
    let is_ready = service.publishes_not_ready || (pod.is_ready && !is_terminating);
    let mut endpoint = tree!({"addresses": addresses, "conditions": {
        "ready": is_ready, "serving": (pod.is_ready), "terminating": is_terminating
    }});
    if has_hostname(pod, service) {
        endpoint.set(&["hostname"], pod.hostname.as_str());
    }
    endpoint.set(&["targetRef"], target_reference(pod));
    if !pod.node_name.is_empty() {
        endpoint.set(&["nodeName"], pod.node_name.as_str());
    }
    if let Some(zone) = zone.filter(|zone| !zone.is_empty()) {
        endpoint.set(&["zone"], zone);
    }
    Some(endpoint)
}

/// Puts the wanted endpoints into the present slices and as few new ones as it takes.
///
/// An endpoint stays in the slice where it is. New ones go first into slices that change anyway, then into the
/// fullest that has room, then into new slices.
fn fill(service: &ServiceDigest, wanted: Wanted, present: Vec<Slice>, surplus: &mut Vec<Value>) -> Vec<Slice> {
    let Wanted { address_type, ports, mut endpoints } = wanted;
    let is_placeholder = endpoints.is_empty();
    let mut slices = Vec::new();
    for mut slice in present {
        keep_wanted(&mut slice, &mut endpoints);
        if labels_of(&slice.object) != labels(service) {
            slice.is_changed = true;
        }
        slices.push(slice);
    }
    // The fullest first, those that change anyway before the others.
    slices.sort_by_key(|slice| (!slice.is_changed, usize::MAX - slice.endpoints.len()));
    for slice in slices.iter_mut().filter(|slice| slice.is_changed) {
        take(slice, &mut endpoints);
    }
    while endpoints.len() >= ENDPOINTS_MAX {
        slices.push(new_slice(service, address_type, &ports, &mut endpoints));
    }
    if !endpoints.is_empty() {
        let room = |slice: &Slice| ENDPOINTS_MAX.saturating_sub(slice.endpoints.len());
        let fits = |slice: &&mut Slice| room(slice) >= endpoints.len();
        match slices.iter_mut().filter(fits).min_by_key(|slice| room(slice)) {
            Some(slice) => take(slice, &mut endpoints),
            None => slices.push(new_slice(service, address_type, &ports, &mut endpoints)),
        }
    }
    let keeps_one_empty = is_placeholder && slices.iter().all(|slice| slice.endpoints.is_empty());
    let mut kept = Vec::new();
    for slice in slices {
        match slice.endpoints.is_empty() && !(keeps_one_empty && kept.is_empty()) {
            true => surplus.push(slice.object),
            false => kept.push(slice),
        }
    }
    if kept.is_empty() {
        kept.push(new_slice(service, address_type, &ports, &mut endpoints));
    }
    kept
}

/// Removes what is not wanted, replaces what differs; what is found is no longer to be placed.
fn keep_wanted(slice: &mut Slice, endpoints: &mut Vec<Value>) {
    let mut kept = Vec::with_capacity(slice.endpoints.len());
    for present in std::mem::take(&mut slice.endpoints) {
        let at = endpoints.iter().position(|wanted| identity(wanted) == identity(&present));
        match at.map(|at| endpoints.remove(at)) {
            None => slice.is_changed = true,
            Some(wanted) => {
                slice.is_changed |= without_hints(&present) != wanted;
                kept.push(wanted);
            }
        }
    }
    slice.endpoints = kept;
}

/// What makes an endpoint the same one: its addresses and its Pod.
fn identity(endpoint: &Value) -> (&[Value], &str) {
    (endpoint.items_at(&["addresses"]), endpoint.str_at(&["targetRef", "name"]))
}

fn without_hints(endpoint: &Value) -> Value {
    let mut endpoint = endpoint.clone();
    endpoint.remove_at(&["hints"]);
    endpoint
}

fn take(slice: &mut Slice, endpoints: &mut Vec<Value>) {
    let room = ENDPOINTS_MAX.saturating_sub(slice.endpoints.len()).min(endpoints.len());
    if room > 0 {
        slice.endpoints.extend(endpoints.drain(..room));
        slice.is_changed = true;
    }
}

fn new_slice(service: &ServiceDigest, address_type: &str, ports: &[Value], endpoints: &mut Vec<Value>) -> Slice {
    let object = tree!({
        "kind": "EndpointSlice",
        "apiVersion": "discovery.k8s.io/v1",
        "metadata": {
            "generateName": (format!("{}-", service.meta.name)),
            "namespace": (service.meta.namespace.as_str()),
            "ownerReferences": [{
                "apiVersion": "v1",
                "kind": "Service",
                "name": (service.meta.name.as_str()),
                "uid": (service.meta.uid.as_str()),
                "controller": true,
                "blockOwnerDeletion": true
            }]
        },
        "addressType": address_type,
        "ports": (ports.to_vec())
    });
    let mut slice = Slice { object, endpoints: Vec::new(), is_changed: true };
    take(&mut slice, endpoints);
    slice
}

fn labels_of(slice: &Value) -> Map {
    slice.at(&["metadata", "labels"]).as_object().cloned().unwrap_or_default()
}

fn labels(service: &ServiceDigest) -> Map {
    endpoint_labels(service, &[(SERVICE_NAME, &service.meta.name), (MANAGED_BY, NAME)])
}

/// Creations, updates, then deletions. A slice that would go becomes the new one instead, where it can.
fn write_all(
    service: &ServiceDigest,
    slices: Vec<Slice>,
    mut surplus: Vec<Value>,
    trigger: Option<jiff::Timestamp>,
) -> Plan {
    let mut plan = Plan::none();
    for slice in slices.into_iter().filter(|slice| slice.is_changed) {
        let is_new = slice.is_new();
        let mut object = slice.object;
        let reused = surplus
            .iter()
            .position(|old| is_owned_by(old, service) && old.field("addressType") == object.field("addressType"));
        let mut is_creation = is_new;
        if let Some(at) = reused.filter(|_| is_new) {
            let ports = object.field("ports").clone();
            object = surplus.remove(at);
            object.set(&["ports"], ports);
            is_creation = false;
        }
        object.set(&["metadata", "labels"], labels(service));
        object.set(&["endpoints"], slice.endpoints);
        match trigger {
            Some(time) => {
                let annotations = object.object_at(&["metadata", "annotations"]);
                annotations.insert(TRIGGER_TIME, format_seconds(time));
            }
            None => drop(object.remove_at(&["metadata", "annotations", TRIGGER_TIME])),
        }
        if is_creation && service.meta.is_terminating() {
            continue;
        }
        plan = plan.and_write(match is_creation {
            true => Write::create(ENDPOINT_SLICES, object),
            false => Write::update(ENDPOINT_SLICES, object),
        });
    }
    for old in surplus {
        let options = DeleteOptions { uid: Some(old.uid().to_owned()), ..DeleteOptions::default() };
        plan = plan.and_write(Write::delete(ENDPOINT_SLICES, old.namespace(), old.name(), options));
    }
    plan
}

#[cfg(test)]
mod tests;
