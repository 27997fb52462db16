//! Defaults of a `PodSpec`, of a Pod or a template.

use apimachinery::quantity::Quantity;
use apimachinery::tree;
use apimachinery::value::{Map, Value};

use super::{CONTAINER_LISTS, for_each_container, image, resources};
use crate::defaults::{self, FieldDefault, empty_object, number, text, truth};

/// Permissions of the files of a secret, configMap, downwardAPI or projected volume: 0644.
const FILE_MODE: i64 = 420;

static SPEC: &[FieldDefault] = &[
    text("dnsPolicy", "ClusterFirst"),
    text("restartPolicy", "Always"),
    empty_object("securityContext"),
    number("terminationGracePeriodSeconds", 30),
    text("schedulerName", "default-scheduler"),
];

static CONTAINER: &[FieldDefault] = &[
    text("terminationMessagePath", "/dev/termination-log"),
    text("terminationMessagePolicy", "File"),
    text("ports[].protocol", "TCP"),
    text("env[].valueFrom.fieldRef.apiVersion", "v1"),
    truth("env[].valueFrom.fileKeyRef.optional", false),
    text("lifecycle.postStart.httpGet.path", "/"),
    text("lifecycle.postStart.httpGet.scheme", "HTTP"),
    text("lifecycle.preStop.httpGet.path", "/"),
    text("lifecycle.preStop.httpGet.scheme", "HTTP"),
];

static PROBE: &[FieldDefault] = &[
    number("timeoutSeconds", 1),
    number("periodSeconds", 10),
    number("successThreshold", 1),
    number("failureThreshold", 3),
    text("httpGet.path", "/"),
    text("httpGet.scheme", "HTTP"),
    text("grpc.service", ""),
];

static VOLUME: &[FieldDefault] = &[
    text("hostPath.type", ""),
    number("secret.defaultMode", FILE_MODE),
    number("configMap.defaultMode", FILE_MODE),
    number("downwardAPI.defaultMode", FILE_MODE),
    text("downwardAPI.items[].fieldRef.apiVersion", "v1"),
    number("projected.defaultMode", FILE_MODE),
    text("projected.sources[].downwardAPI.items[].fieldRef.apiVersion", "v1"),
    number("projected.sources[].serviceAccountToken.expirationSeconds", 3_600),
    text("iscsi.iscsiInterface", "default"),
    text("rbd.pool", "rbd"),
    text("rbd.user", "admin"),
    text("rbd.keyring", "/etc/ceph/keyring"),
    text("azureDisk.cachingMode", "ReadWrite"),
    text("azureDisk.fsType", "ext4"),
    truth("azureDisk.readOnly", false),
    text("azureDisk.kind", "Shared"),
    text("scaleIO.storageMode", "ThinProvisioned"),
    text("scaleIO.fsType", "xfs"),
    text("ephemeral.volumeClaimTemplate.spec.volumeMode", "Filesystem"),
];

/// Lists of containers that may ask for resources and ports.
const ORDINARY: [&str; 2] = ["containers", "initContainers"];

const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];

/// Annotations by which init containers were once given; they never get through.
const OLD_INIT_CONTAINER_ANNOTATIONS: [&str; 4] = [
    "pod.beta.kubernetes.io/init-containers",
    "pod.alpha.kubernetes.io/init-containers",
    "pod.beta.kubernetes.io/init-container-statuses",
    "pod.alpha.kubernetes.io/init-container-statuses",
];

/// Sets what an absent field of a `PodSpec` means.
pub fn spec(spec: &mut Value) {
    defaults::apply(SPEC, spec);
    for_each_container(spec, &CONTAINER_LISTS, container);
    items_mut(spec, "volumes").for_each(volume);
    round_quantities(spec.at_mut(&["overhead"]));
    round_requirements(spec.at_mut(&["resources"]));
    mirror_service_account(spec);
}

/// A template (`metadata` and `spec`) of a workload.
pub fn template(template: &mut Value) {
    drop_old_annotations(template);
    // There is always a `spec`, as Go's structs are.
    spec(object_field(template, "spec"));
}

/// A Pod's status.
pub fn status(status: &mut Value) {
    round_quantities(status.at_mut(&["allocatedResources"]));
    round_requirements(status.at_mut(&["resources"]));
    for list in ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] {
        for container in items_mut(status, list) {
            round_quantities(container.at_mut(&["allocatedResources"]));
            round_requirements(container.at_mut(&["resources"]));
        }
    }
}

/// What a Pod's spec gets and a template's does not.
pub fn pod(pod: &mut Value) {
    drop_old_annotations(pod);
    let pod_spec = object_field(pod, "spec");
    spec(pod_spec);
    for_each_container(pod_spec, &ORDINARY, requests_from_limits);
    pod_level_resources(pod_spec);
    if pod_spec.field("enableServiceLinks").is_null() {
        pod_spec.set(&["enableServiceLinks"], true);
    }
    if pod_spec.bool_at(&["hostNetwork"]) {
        for_each_container(pod_spec, &ORDINARY, host_ports_from_container_ports);
    }
    if pod_spec.i64_at(&["terminationGracePeriodSeconds"]).is_some_and(|it| it < 0) {
        pod_spec.set(&["terminationGracePeriodSeconds"], 1);
    }
}

/// Drops fields that feature gates of this version leave off.
pub fn drop_disabled(spec: &mut Value) {
    spec.remove_at(&["schedulingGroup"]);
    for volume in items_mut(spec, "volumes") {
        let sources = volume.at_mut(&["projected", "sources"]).and_then(Value::as_array_mut);
        for source in sources.into_iter().flatten() {
            source.remove_at(&["clusterTrustBundle"]);
            source.remove_at(&["podCertificate"]);
        }
    }
    for_each_container(spec, &CONTAINER_LISTS, |container| {
        let had_signal = container.at_mut(&["lifecycle"]).and_then(|it| it.remove_at(&["stopSignal"])).is_some();
        if had_signal && container.field("lifecycle").as_object().is_some_and(Map::is_empty) {
            container.remove_at(&["lifecycle"]);
        }
    });
}

/// `serviceAccount` is the older name of `serviceAccountName`, which wins.
pub fn mirror_service_account(spec: &mut Value) {
    let name = match spec.str_at(&["serviceAccountName"]) {
        "" => spec.str_at(&["serviceAccount"]),
        name => name,
    };
    let name = name.to_owned();
    for field in ["serviceAccountName", "serviceAccount"] {
        match name.as_str() {
            "" => drop(spec.remove_at(&[field])),
            name => spec.set(&[field], name),
        }
    }
}

fn object_field<'a>(object: &'a mut Value, field: &'static str) -> &'a mut Value {
    object.object_at(&[field]);
    object.at_mut(&[field]).expect("the field was just made")
}

fn items_mut<'a>(object: &'a mut Value, list: &str) -> impl Iterator<Item = &'a mut Value> {
    object.at_mut(&[list]).and_then(Value::as_array_mut).into_iter().flatten()
}

fn drop_old_annotations(object: &mut Value) {
    if let Some(annotations) = object.at_mut(&["metadata", "annotations"]).and_then(Value::as_object_mut) {
        annotations.retain(|key, _| !OLD_INIT_CONTAINER_ANNOTATIONS.contains(&key));
    }
}

fn container(container: &mut Value) {
    defaults::apply(CONTAINER, container);
    if container.str_at(&["imagePullPolicy"]).is_empty() {
        let policy = pull_policy(container.str_at(&["image"]));
        container.set(&["imagePullPolicy"], policy);
    }
    for probe in PROBES {
        if let Some(probe) = container.at_mut(&[probe]).filter(|it| !it.is_null()) {
            defaults::apply(PROBE, probe);
        }
    }
    round_requirements(container.at_mut(&["resources"]));
}

fn pull_policy(reference: &str) -> &'static str {
    if image::is_latest(reference) { "Always" } else { "IfNotPresent" }
}

fn volume(volume: &mut Value) {
    let has_source =
        volume.as_object().is_some_and(|it| it.iter().any(|(key, value)| key != "name" && !value.is_null()));
    if !has_source {
        volume.set(&["emptyDir"], tree!({}));
    }
    defaults::apply(VOLUME, volume);
    if !volume.field("image").is_null() && volume.str_at(&["image", "pullPolicy"]).is_empty() {
        let policy = pull_policy(volume.str_at(&["image", "reference"]));
        volume.set(&["image", "pullPolicy"], policy);
    }
    round_requirements(volume.at_mut(&["ephemeral", "volumeClaimTemplate", "spec", "resources"]));
}

/// Amounts finer than a thousandth are rounded up.
fn round_requirements(requirements: Option<&mut Value>) {
    let Some(requirements) = requirements else { return };
    for field in ["limits", "requests"] {
        round_quantities(requirements.at_mut(&[field]));
    }
}

fn round_quantities(list: Option<&mut Value>) {
    for (_, value) in list.and_then(Value::as_object_mut).into_iter().flat_map(Map::iter_mut) {
        let Some(quantity) = value.as_str().and_then(|it| Quantity::parse(it).ok()) else { continue };
        let milli = quantity.milli_value();
        let rounded = Quantity::from_milli(milli, quantity.format());
        let fits = milli != i64::MAX && milli != i64::MIN;
        if fits && rounded.compare(&quantity).is_ne() {
            *value = rounded.canonical().into();
        }
    }
}

fn requests_from_limits(container: &mut Value) {
    let Some(limits) = container.at(&["resources", "limits"]).as_object().cloned() else { return };
    let requests = container.object_at(&["resources", "requests"]);
    for (name, limit) in limits.into_entries() {
        if !requests.contains_key(&name) {
            requests.push(name, limit);
        }
    }
}

/// Where the Pod as a whole has some limits or requests, those that it leaves out follow from its containers and from
/// its limits.
fn pod_level_resources(spec: &mut Value) {
    let count = |spec: &Value, field: &str| spec.at(&["resources", field]).as_object().map_or(0, Map::len);
    if count(spec, "limits") + count(spec, "requests") == 0 {
        return;
    }
    for (name, limit) in resources::aggregate(spec, "limits") {
        let is_asked_for = !spec.at(&["resources", "requests", &name]).is_null();
        if resources::is_huge_pages(&name) && !is_asked_for {
            set_absent(spec, "limits", name, limit.canonical().into());
        }
    }
    if count(spec, "limits") == 0 {
        return;
    }
    for (name, request) in resources::aggregate(spec, "requests") {
        if resources::is_pod_level(&name) && resources::allows_overcommit(&name) {
            set_absent(spec, "requests", name, request.canonical().into());
        }
    }
    let limits = spec.at(&["resources", "limits"]).as_object().cloned().unwrap_or_default();
    for (name, limit) in limits.into_entries().into_iter().filter(|(name, _)| resources::is_pod_level(name)) {
        set_absent(spec, "requests", name.into_owned(), limit);
    }
}

fn set_absent(spec: &mut Value, field: &'static str, name: String, amount: Value) {
    let list = spec.object_at(&["resources", field]);
    if !list.contains_key(&name) {
        list.push(name, amount);
    }
}

fn host_ports_from_container_ports(container: &mut Value) {
    for port in items_mut(container, "ports") {
        if port.i64_at(&["hostPort"]).unwrap_or(0) == 0 {
            let number = port.i64_at(&["containerPort"]).unwrap_or(0);
            port.set(&["hostPort"], number);
        }
    }
}
