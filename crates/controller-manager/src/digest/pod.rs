//! Pods.

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::time;
use apimachinery::value::Value;
use client::informer::ObjectKey;

use super::Meta;

/// A Pod, as far as controllers look at it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodDigest {
    /// Metadata.
    pub meta: Meta,
    /// `metadata.resourceVersion`
    pub resource_version: String,
    /// `metadata.deletionGracePeriodSeconds`
    pub deletion_grace_period_seconds: Option<i64>,
    /// `controller.kubernetes.io/pod-deletion-cost`
    pub deletion_cost: i32,
    /// `spec.nodeName`, or empty.
    pub node_name: String,
    /// `spec.hostname`, or empty.
    pub hostname: String,
    /// `spec.subdomain`, or empty.
    pub subdomain: String,
    /// `spec.restartPolicy`
    pub restart_policy: String,
    /// `spec.tolerations`
    pub tolerations: Vec<Toleration>,
    /// Ports of all containers.
    pub ports: Vec<ContainerPort>,
    /// `status.phase`
    pub phase: String,
    /// `status.podIPs`, the primary one first.
    pub ips: Vec<String>,
    /// Since when the Pod is ready, if it is.
    pub ready_since: Option<jiff::Timestamp>,
    /// Whether the `Ready` condition is true.
    pub is_ready: bool,
    /// Restarts of the container that restarted most.
    pub restarts: i64,
}

/// One entry of `spec.tolerations`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Toleration {
    /// Key; empty for every key.
    pub key: String,
    /// `Exists`, or `Equal` also when absent.
    pub operator: String,
    /// Value.
    pub value: String,
    /// Effect; empty for every effect.
    pub effect: String,
    /// How long a `NoExecute` taint is tolerated; `None` is forever.
    pub seconds: Option<i64>,
}

/// A named or numbered port of a container.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerPort {
    /// Name, or empty.
    pub name: String,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
    /// Number.
    pub number: i64,
    /// Whether it belongs to a restartable init container.
    pub is_sidecar: bool,
}

/// Index of Pods by the UID of their controller, and of Pods without one by `orphan/<namespace>`.
pub const BY_CONTROLLER: &str = "controller";

/// Index of Pods by node.
pub const BY_NODE: &str = "node";

/// Index of Pods whose containers have ended for good.
pub const BY_END: &str = "ended";

impl PodDigest {
    /// The projection.
    pub fn project(bytes: &[u8]) -> Option<Self> {
        let pod = json::parse(bytes).ok()?;
        let text = |path: &[&str]| pod.str_at(path).to_owned();
        let ready = condition(&pod, "Ready");
        let is_ready = ready.str_at(&["status"]) == "True";
        let ready_since = time::parse(ready.str_at(&["lastTransitionTime"])).filter(|_| is_ready);
        Some(PodDigest {
            resource_version: text(&["metadata", "resourceVersion"]),
            deletion_grace_period_seconds: pod.deletion_grace_period_seconds(),
            deletion_cost: deletion_cost(&pod),
            node_name: text(&["spec", "nodeName"]),
            hostname: text(&["spec", "hostname"]),
            subdomain: text(&["spec", "subdomain"]),
            restart_policy: text(&["spec", "restartPolicy"]),
            tolerations: pod.items_at(&["spec", "tolerations"]).iter().map(toleration).collect(),
            ports: container_ports(&pod),
            phase: text(&["status", "phase"]),
            ips: ips(&pod),
            ready_since,
            is_ready,
            restarts: restarts(&pod),
            meta: Meta::of(&pod),
        })
    }

    /// Whether all its containers have ended for good.
    pub fn is_terminal(&self) -> bool {
        matches!(self.phase.as_str(), "Succeeded" | "Failed")
    }

    /// Whether it counts as a replica: neither ended nor being deleted.
    pub fn is_active(&self) -> bool {
        !self.is_terminal() && !self.meta.is_terminating()
    }

    /// The values of [`BY_CONTROLLER`].
    pub fn controller_index(_: &ObjectKey, pod: &PodDigest) -> Vec<String> {
        match &pod.meta.controller {
            Some(owner) => vec![owner.uid.clone()],
            None => vec![orphans_in(&pod.meta.namespace)],
        }
    }

    /// The values of [`BY_END`]: the empty text for those that have.
    pub fn end_index(_: &ObjectKey, pod: &PodDigest) -> Vec<String> {
        match pod.is_terminal() {
            true => vec![String::new()],
            false => Vec::new(),
        }
    }

    /// The values of [`BY_NODE`].
    pub fn node_index(_: &ObjectKey, pod: &PodDigest) -> Vec<String> {
        match pod.node_name.is_empty() {
            true => Vec::new(),
            false => vec![pod.node_name.clone()],
        }
    }
}

/// Under which value [`BY_CONTROLLER`] has the Pods of a namespace that nobody manages.
pub fn orphans_in(namespace: &str) -> String {
    format!("orphan/{namespace}")
}

/// The condition of a type in `status.conditions`; null when absent.
pub fn condition<'a>(object: &'a Value, condition_type: &str) -> &'a Value {
    static NULL: Value = Value::Null;
    object
        .items_at(&["status", "conditions"])
        .iter()
        .find(|condition| condition.str_at(&["type"]) == condition_type)
        .unwrap_or(&NULL)
}

fn deletion_cost(pod: &Value) -> i32 {
    pod.annotation("controller.kubernetes.io/pod-deletion-cost").and_then(|cost| cost.parse().ok()).unwrap_or(0)
}

fn toleration(value: &Value) -> Toleration {
    let text = |field: &str| value.str_at(&[field]).to_owned();
    Toleration {
        key: text("key"),
        operator: text("operator"),
        value: text("value"),
        effect: text("effect"),
        seconds: value.i64_at(&["tolerationSeconds"]),
    }
}

fn container_ports(pod: &Value) -> Vec<ContainerPort> {
    let sidecars = pod.items_at(&["spec", "initContainers"]).iter();
    let sidecars = sidecars.filter(|container| container.str_at(&["restartPolicy"]) == "Always");
    let containers = pod.items_at(&["spec", "containers"]).iter().map(|it| (it, false));
    containers
        .chain(sidecars.map(|it| (it, true)))
        .flat_map(|(container, is_sidecar)| {
            let ports = container.items_at(&["ports"]).iter();
            ports.map(move |port| ContainerPort {
                name: port.str_at(&["name"]).to_owned(),
                protocol: port.str_at(&["protocol"]).to_owned(),
                number: port.i64_at(&["containerPort"]).unwrap_or(0),
                is_sidecar,
            })
        })
        .collect()
}

fn ips(pod: &Value) -> Vec<String> {
    let all = pod.items_at(&["status", "podIPs"]);
    match pod.str_at(&["status", "podIP"]) {
        primary if all.is_empty() && !primary.is_empty() => vec![primary.to_owned()],
        _ => all.iter().map(|ip| ip.str_at(&["ip"]).to_owned()).collect(),
    }
}

fn restarts(pod: &Value) -> i64 {
    pod.items_at(&["status", "containerStatuses"])
        .iter()
        .filter_map(|status| status.i64_at(&["restartCount"]))
        .max()
        .unwrap_or(0)
}
