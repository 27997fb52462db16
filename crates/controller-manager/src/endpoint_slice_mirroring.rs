//! EndpointSlices of Endpoints that somebody else than the endpoints controller makes, for Services without selector.
//!
//! A slice per set of ports and family, with the labels and annotations of the Endpoints, and at most 1,000 addresses.

mod subsets;

use std::net::IpAddr;

use apimachinery::meta::ObjectMeta;
use apimachinery::time::Now;
use apimachinery::tree;
use apimachinery::value::{Map, Value};
use client::client::DeleteOptions;
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::events::{ObjectReference, Occurrence};
use client::informer::{Change, Entry, ObjectKey};
use client::plan::{Pace, Plan, Write};
use client::resources::{ENDPOINT_SLICES, ENDPOINTS, SERVICES};
use client::view::View;

use crate::digest::{EndpointSliceDigest, EndpointsDigest, ServiceDigest};
use crate::service_pods::TRIGGER_TIME;
use subsets::{Subset, repacked};

/// Addresses of one subset that are mirrored.
const ADDRESSES_MAX: usize = 1_000;
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const NAME: &str = "endpointslicemirroring-controller.k8s.io";
const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// Label of Endpoints that are to be left alone.
const SKIP: &str = "endpointslice.kubernetes.io/skip-mirror";
/// Annotation of Endpoints that are somebody's lock.
const LEADER: &str = "control-plane.alpha.kubernetes.io/leader";
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Index of slices by `namespace/endpoints`.
const BY_ENDPOINTS: &str = "mirrored";

/// See the module.
pub struct EndpointSliceMirroringController;

impl Controller for EndpointSliceMirroringController {
    fn name(&self) -> &'static str {
        "endpointslice-mirroring-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:endpointslicemirroring-controller"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![
            Watch::new(ENDPOINTS, EndpointsDigest::project).touches_itself().boxed(),
            Watch::new(ENDPOINT_SLICES, EndpointSliceDigest::project)
                .index(BY_ENDPOINTS, by_endpoints)
                .touches(endpoints_of_slice)
                .boxed(),
            Watch::new(SERVICES, ServiceDigest::project).touches(endpoints_of_service).boxed(),
        ]
    }

    fn reconcile(&self, view: &View, key: &Key, _now: Now) -> Plan {
        let (namespace, name) = (key.namespace(), key.name());
        let index = format!("{namespace}/{name}");
        let slices = view.indexed::<EndpointSliceDigest>(ENDPOINT_SLICES, BY_ENDPOINTS, &index);
        let present: Vec<Value> =
            slices.iter().filter(|slice| !slice.digest.meta.is_terminating()).map(Entry::value).collect();
        let endpoints = view.get::<EndpointsDigest>(ENDPOINTS, namespace, name);
        let service = view.get::<ServiceDigest>(SERVICES, namespace, name);
        let is_manual = service.is_some_and(|service| service.digest.selector.is_none());
        match endpoints.map(|endpoints| endpoints.value()).filter(|endpoints| is_manual && is_mirrored(endpoints)) {
            Some(endpoints) => mirror(&endpoints, present),
            None => Plan::none().and_batch(present.iter().map(deletion).collect(), Pace::Full),
        }
    }
}

fn is_mirrored(endpoints: &Value) -> bool {
    endpoints.label(SKIP) != Some("true") && endpoints.annotation(LEADER).is_none()
}

fn by_endpoints(_: &ObjectKey, slice: &EndpointSliceDigest) -> Vec<String> {
    mirrored_name(slice).map(|name| format!("{}/{name}", slice.meta.namespace)).into_iter().collect()
}

/// The Endpoints that a slice of this controller mirrors.
fn mirrored_name(slice: &EndpointSliceDigest) -> Option<&str> {
    let is_ours = slice.meta.label(MANAGED_BY) == Some(NAME);
    slice.meta.label(SERVICE_NAME).filter(|name| is_ours && !name.is_empty())
}

fn endpoints_of_slice(_: &View, change: &Change<EndpointSliceDigest>, keys: &mut Vec<Key>) {
    for slice in change.digests() {
        if let Some(name) = mirrored_name(slice) {
            keys.push(Key::new(ENDPOINTS, &slice.meta.namespace, name));
        }
    }
}

fn endpoints_of_service(_: &View, change: &Change<ServiceDigest>, keys: &mut Vec<Key>) {
    let is_manual = |entry: &Option<Entry<ServiceDigest>>| {
        entry.as_ref().map(|service| service.digest.selector.is_none()).unwrap_or_default()
    };
    if is_manual(&change.old) != is_manual(&change.new) {
        keys.push(Key { resource: ENDPOINTS, object: change.key.clone() });
    }
}

/// Makes the slices say what the Endpoints say.
fn mirror(endpoints: &Value, present: Vec<Value>) -> Plan {
    let mut skipped = Skipped::default();
    let mut wanted = Vec::new();
    for subset in repacked(endpoints.items_at(&["subsets"])) {
        wanted.extend(wanted_of(subset, &mut skipped));
    }
    let (metadata, mut surplus) = (mirrored_metadata(endpoints), present);
    let (mut creations, mut updates) = (Vec::new(), Vec::new());
    for (address_type, ports, wanted) in wanted {
        let is_same = |slice: &Value| {
            slice.str_at(&["addressType"]) == address_type && sorted(slice.items_at(&["ports"])) == sorted(&ports)
        };
        let old = surplus.iter().position(is_same).map(|at| surplus.remove(at));
        if old.as_ref().is_some_and(|old| is_up_to_date(old, endpoints, &metadata, &wanted)) {
            continue;
        }
        let new = tree!({
            "kind": "EndpointSlice",
            "apiVersion": "discovery.k8s.io/v1",
            "metadata": (metadata.clone()),
            "addressType": address_type,
            "ports": ports,
            "endpoints": wanted
        });
        match old {
            Some(old) => updates.push(replacement(new, &old)),
            None => creations.push(new),
        }
    }
    // A slice that would go becomes a new one instead, where it can.
    creations.retain(|new| {
        let is_same = |old: &Value| old.str_at(&["addressType"]) == new.str_at(&["addressType"]);
        let reused = surplus.iter().position(is_same).map(|at| surplus.remove(at));
        updates.extend(reused.as_ref().map(|old| replacement(new.clone(), old)));
        reused.is_none()
    });
    if endpoints.deletion_timestamp().is_some() {
        creations.clear();
    }
    let writes = creations.into_iter().map(|new| Write::create(ENDPOINT_SLICES, new));
    let writes = writes.chain(updates.into_iter().map(|new| Write::update(ENDPOINT_SLICES, new)));
    let plan = writes.chain(surplus.iter().map(deletion)).fold(Plan::none(), Plan::and_write);
    skipped.events(endpoints).into_iter().fold(plan, Plan::and_event)
}

/// Addresses that are not mirrored.
#[derive(Default)]
struct Skipped {
    invalid: usize,
    surplus: usize,
}

impl Skipped {
    fn events(&self, endpoints: &Value) -> Vec<Occurrence> {
        let about = ObjectReference::to(endpoints);
        let (invalid, all) = (self.invalid, self.invalid + self.surplus);
        let mut events = Vec::new();
        if invalid > 0 {
            let message = format!("Skipped {invalid} invalid IP addresses when mirroring to EndpointSlices");
            events.push(Occurrence::warning(&about, "InvalidIPAddress", message));
        }
        if self.surplus > 0 {
            let message = format!(
                "A max of {ADDRESSES_MAX} addresses can be mirrored to EndpointSlices per Endpoints subset. {all} \
                 addresses were skipped"
            );
            events.push(Occurrence::warning(&about, "TooManyAddressesToMirror", message));
        }
        events
    }
}

/// Address type, ports and endpoints of the slices of a subset; a family without addresses has none.
fn wanted_of(subset: Subset, skipped: &mut Skipped) -> Vec<(&'static str, Vec<Value>, Vec<Value>)> {
    let (mut ipv4, mut ipv6) = (Vec::new(), Vec::new());
    for (address, is_ready) in &subset.addresses {
        if ipv4.len() + ipv6.len() == ADDRESSES_MAX {
            skipped.surplus += 1;
            continue;
        }
        match address.str_at(&["ip"]).parse::<IpAddr>() {
            Ok(ip) => match ip.to_canonical() {
                ip @ IpAddr::V4(_) => ipv4.push(endpoint(address, ip, *is_ready)),
                ip @ IpAddr::V6(_) => ipv6.push(endpoint(address, ip, *is_ready)),
            },
            Err(_) => skipped.invalid += 1,
        }
    }
    let ports: Vec<Value> = subset.ports.iter().map(port).collect();
    let families = [("IPv4", ipv4), ("IPv6", ipv6)].into_iter().filter(|(_, endpoints)| !endpoints.is_empty());
    families.map(|(address_type, endpoints)| (address_type, ports.clone(), endpoints)).collect()
}

fn endpoint(address: &Value, ip: IpAddr, is_ready: bool) -> Value {
    let mut endpoint = tree!({"addresses": [(ip.to_string())], "conditions": {"ready": is_ready}});
    for field in ["hostname", "targetRef", "nodeName"] {
        let value = address.field(field);
        if !value.is_null() && value.as_str() != Some("") {
            endpoint.set(&[field], value.clone());
        }
    }
    endpoint
}

fn port(port: &Value) -> Value {
    let mut mirrored = tree!({"name": (port.str_at(&["name"])), "port": (port.field("port").clone()),
        "protocol": (port.str_at(&["protocol"]))});
    if let Some(protocol) = port.field("appProtocol").as_str() {
        mirrored.set(&["appProtocol"], protocol);
    }
    mirrored
}

/// `metadata` of all slices of the Endpoints.
fn mirrored_metadata(endpoints: &Value) -> Value {
    let mut labels = map(endpoints, "labels");
    labels.insert(SERVICE_NAME, endpoints.name());
    labels.insert(MANAGED_BY, NAME);
    labels.sort();
    let mut annotations = map(endpoints, "annotations");
    annotations.remove(TRIGGER_TIME);
    annotations.remove(LAST_APPLIED);
    tree!({
        "generateName": (format!("{}-", endpoints.name())),
        "namespace": (endpoints.namespace()),
        "labels": labels,
        "annotations": annotations,
        "ownerReferences": [{
            "apiVersion": "v1",
            "kind": "Endpoints",
            "name": (endpoints.name()),
            "uid": (endpoints.uid()),
            "controller": true,
            "blockOwnerDeletion": true
        }]
    })
}

fn map(object: &Value, name: &str) -> Map {
    object.at(&["metadata", name]).as_object().cloned().unwrap_or_default()
}

fn is_up_to_date(old: &Value, endpoints: &Value, metadata: &Value, wanted: &[Value]) -> bool {
    let same = |name: &str| {
        let (mut present, mut wanted) = (map(old, name), metadata.field(name).as_object().cloned().unwrap_or_default());
        present.sort();
        wanted.sort();
        present == wanted
    };
    let is_strangers = |owner: &apimachinery::meta::OwnerReference| {
        owner.kind == "Endpoints" && owner.name == endpoints.name() && owner.uid != endpoints.uid()
    };
    sorted(old.items_at(&["endpoints"])) == sorted(wanted)
        && same("labels")
        && same("annotations")
        && !old.owner_references().iter().any(is_strangers)
}

/// `new` in the place of `old`.
fn replacement(mut new: Value, old: &Value) -> Value {
    new.remove_at(&["metadata", "generateName"]);
    for field in ["name", "uid", "resourceVersion"] {
        new.set(&["metadata", field], old.str_at(&["metadata", field]));
    }
    new
}

/// As a set: the order of endpoints and ports means nothing, nor that of their fields.
fn sorted(items: &[Value]) -> Vec<Vec<u8>> {
    let mut texts: Vec<Vec<u8>> =
        items.iter().map(|item| apimachinery::json::to_vec(&with_sorted_fields(item))).collect();
    texts.sort();
    texts
}

fn with_sorted_fields(value: &Value) -> Value {
    let Some(object) = value.as_object() else { return value.clone() };
    let mut sorted = Map::new();
    for (name, field) in object.iter() {
        sorted.insert(name.to_owned(), with_sorted_fields(field));
    }
    sorted.sort();
    Value::from(sorted)
}

fn deletion(slice: &Value) -> Write {
    let options = DeleteOptions { uid: Some(slice.uid().to_owned()), ..DeleteOptions::default() };
    Write::delete(ENDPOINT_SLICES, slice.namespace(), slice.name(), options)
}

#[cfg(test)]
mod tests;
