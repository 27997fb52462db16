//! Defaults of Pods and Pod templates.

use apimachinery::quantity::Quantity;
use apimachinery::tree;
use apimachinery::value::{Map, Value};

use super::resources::{self, aggregate_requests};
use super::{CONTAINER_LISTS, is_restartable};
use crate::defaults::{self, FieldDefault, empty_object, number, text};

/// Defaults of a Pod's `spec`, wherever it stands.
static SPEC: &[FieldDefault] = &[
    text("dnsPolicy", "ClusterFirst"),
    text("restartPolicy", "Always"),
    empty_object("securityContext"),
    number("terminationGracePeriodSeconds", 30),
    text("schedulerName", "default-scheduler"),
    text("volumes[].hostPath.type", ""),
    number("volumes[].secret.defaultMode", 420),
    number("volumes[].configMap.defaultMode", 420),
    number("volumes[].downwardAPI.defaultMode", 420),
    text("volumes[].downwardAPI.items[].fieldRef.apiVersion", "v1"),
    number("volumes[].projected.defaultMode", 420),
    text("volumes[].projected.sources[].downwardAPI.items[].fieldRef.apiVersion", "v1"),
    number("volumes[].projected.sources[].serviceAccountToken.expirationSeconds", 3_600),
    text("volumes[].iscsi.iscsiInterface", "default"),
    text("volumes[].rbd.pool", "rbd"),
    text("volumes[].rbd.user", "admin"),
    text("volumes[].rbd.keyring", "/etc/ceph/keyring"),
    text("volumes[].scaleIO.storageMode", "ThinProvisioned"),
    text("volumes[].scaleIO.fsType", "xfs"),
    text("volumes[].ephemeral.volumeClaimTemplate.spec.volumeMode", "Filesystem"),
];

/// Defaults of a container.
static CONTAINER: &[FieldDefault] = &[
    text("terminationMessagePath", "/dev/termination-log"),
    text("terminationMessagePolicy", "File"),
    text("ports[].protocol", "TCP"),
    text("env[].valueFrom.fieldRef.apiVersion", "v1"),
    text("lifecycle.postStart.httpGet.path", "/"),
    text("lifecycle.postStart.httpGet.scheme", "HTTP"),
    text("lifecycle.preStop.httpGet.path", "/"),
    text("lifecycle.preStop.httpGet.scheme", "HTTP"),
];

/// Defaults of a probe.
static PROBE: &[FieldDefault] = &[
    number("timeoutSeconds", 1),
    number("periodSeconds", 10),
    number("successThreshold", 1),
    number("failureThreshold", 3),
    text("httpGet.path", "/"),
    text("httpGet.scheme", "HTTP"),
    text("grpc.service", ""),
];

const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];

/// Sets what is absent in a Pod's `spec`, also below a template.
pub(in super::super) fn default_spec(spec: &mut Value) {
    for volume in spec.at_mut(&["volumes"]).and_then(Value::as_array_mut).into_iter().flatten() {
        default_volume(volume);
    }
    defaults::apply(SPEC, spec);
    for list in CONTAINER_LISTS {
        for container in spec.at_mut(&[list]).and_then(Value::as_array_mut).into_iter().flatten() {
            default_container(container);
        }
    }
    if let Some(spec) = spec.as_object_mut() {
        same_service_account_fields(spec);
    }
}

/// `serviceAccount` is the older name of `serviceAccountName`.
pub(super) fn same_service_account_fields(spec: &mut Map) {
    let text = |spec: &Map, field: &str| spec.get(field).and_then(Value::as_str).unwrap_or("").to_owned();
    let (name, older) = (text(spec, "serviceAccountName"), text(spec, "serviceAccount"));
    match (name.is_empty(), older.is_empty()) {
        (false, _) => drop(spec.insert("serviceAccount", name)),
        (true, false) => drop(spec.insert("serviceAccountName", older)),
        (true, true) => {}
    }
}

fn default_volume(volume: &mut Value) {
    let has_source = volume.as_object().is_some_and(|it| it.keys().any(|key| key != "name"));
    if !has_source {
        volume.set(&["emptyDir"], tree!({}));
    }
    default_pull_policy(volume, &["image", "reference"], &["image", "pullPolicy"]);
}

fn default_container(container: &mut Value) {
    defaults::apply(CONTAINER, container);
    default_pull_policy(container, &["image"], &["imagePullPolicy"]);
    for probe in PROBES {
        if let Some(probe) = container.at_mut(&[probe]) {
            defaults::apply(PROBE, probe);
        }
    }
}

/// `Always` for an image without a tag or with the tag `latest`, else `IfNotPresent`.
fn default_pull_policy(object: &mut Value, image: &[&str], policy: &[&'static str]) {
    let (image, is_set) = (object.at(image).as_str(), !object.str_at(policy).is_empty());
    let Some(image) = image.filter(|_| !is_set) else {
        // A container without an image is refused later, but has the policy of one that cannot be read.
        if !is_set && policy.len() == 1 {
            object.set(policy, "IfNotPresent");
        }
        return;
    };
    let chosen = if has_latest_tag(image) { "Always" } else { "IfNotPresent" };
    object.set(policy, chosen);
}

fn has_latest_tag(image: &str) -> bool {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let last = name.rsplit('/').next().unwrap_or(name);
    match (last.split_once(':'), digest) {
        (Some((_, tag)), _) => tag == "latest",
        (None, Some(_)) => false,
        (None, None) => !image.is_empty(),
    }
}

/// Sets what is absent in a Pod, beyond what templates get.
pub(super) fn default_pod(pod: &mut Value) {
    if let Some(spec) = pod.at_mut(&["spec"]) {
        for list in ["containers", "initContainers"] {
            for container in spec.at_mut(&[list]).and_then(Value::as_array_mut).into_iter().flatten() {
                default_requests(container);
            }
        }
        default_pod_requests(spec);
        if spec.field("enableServiceLinks").is_null() {
            spec.set(&["enableServiceLinks"], true);
        }
        if spec.bool_at(&["hostNetwork"]) {
            default_host_ports(spec);
        }
        default_spec(spec);
    }
    same_pod_ips(pod);
}

/// A limit without a request is a request, too.
fn default_requests(container: &mut Value) {
    let Some(limits) = container.at(&["resources", "limits"]).as_object().cloned() else { return };
    let requests = container.object_at(&["resources"]).object_entry("requests");
    for (name, quantity) in limits.into_entries() {
        if !requests.contains_key(&name) {
            requests.push(name, quantity);
        }
    }
}

/// The same for the Pod as a whole: the containers' sum where they ask for something, else the limit.
fn default_pod_requests(spec: &mut Value) {
    let Some(limits) = spec.at(&["resources", "limits"]).as_object().filter(|it| !it.is_empty()).cloned() else {
        return;
    };
    let mut sums: Vec<(String, Quantity)> = aggregate_requests(spec, is_restartable);
    sums.retain(|(name, _)| resources::is_pod_level(name) && resources::allows_overcommit(name));
    let requests = spec.object_at(&["resources"]).object_entry("requests");
    for (name, sum) in sums {
        if !requests.contains_key(&name) {
            requests.push(name, sum.canonical());
        }
    }
    for (name, limit) in limits.into_entries() {
        if !requests.contains_key(&name) && resources::is_pod_level(&name) {
            requests.push(name, limit);
        }
    }
}

/// On the host's network a port is the host's port.
fn default_host_ports(spec: &mut Value) {
    for list in ["containers", "initContainers"] {
        let containers = spec.at_mut(&[list]).and_then(Value::as_array_mut).into_iter().flatten();
        let ports = containers.filter_map(|it| it.at_mut(&["ports"]).and_then(Value::as_array_mut)).flatten();
        for port in ports {
            if port.i64_at(&["hostPort"]).unwrap_or(0) == 0 {
                let number = port.i64_at(&["containerPort"]).unwrap_or(0);
                port.set(&["hostPort"], number);
            }
        }
    }
}

/// `podIP` is the first of `podIPs`; the older field wins.
fn same_pod_ips(pod: &mut Value) {
    let one = pod.str_at(&["status", "podIP"]).to_owned();
    let first = pod.items_at(&["status", "podIPs"]).first().map(|it| it.str_at(&["ip"]).to_owned());
    match first {
        Some(first) if one.is_empty() && !first.is_empty() => pod.set(&["status", "podIP"], first),
        first if !one.is_empty() && first.as_deref() != Some(&one) => {
            pod.set(&["status", "podIPs"], vec![tree!({"ip": one})]);
        }
        _ => {}
    }
}
