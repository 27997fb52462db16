//! Pods.

use api::node_selection::Toleration;
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
    /// The node that `spec.affinity` requires by name, or empty: that of a DaemonSet's Pod.
    pub wanted_node: String,
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
    /// Whether its Job has still to count it.
    pub is_tracked: bool,
    /// `batch.kubernetes.io/job-completion-index`
    pub completion_index: Option<i64>,
    /// Since when somebody is about to delete it; not when that is its kubelet.
    pub disruption_since: Option<jiff::Timestamp>,
}

/// Finalizer of Pods that their Job has still to count.
pub const JOB_TRACKING: &str = "batch.kubernetes.io/job-tracking";
/// Annotation and label of an indexed Job's Pods.
pub const COMPLETION_INDEX: &str = "batch.kubernetes.io/job-completion-index";

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
            wanted_node: wanted_node(&pod),
            hostname: text(&["spec", "hostname"]),
            subdomain: text(&["spec", "subdomain"]),
            restart_policy: text(&["spec", "restartPolicy"]),
            tolerations: pod.items_at(&["spec", "tolerations"]).iter().map(Toleration::of).collect(),
            ports: container_ports(&pod),
            phase: text(&["status", "phase"]),
            ips: ips(&pod),
            ready_since,
            is_ready,
            restarts: restarts(&pod),
            is_tracked: pod.has_finalizer(JOB_TRACKING),
            completion_index: pod.annotation(COMPLETION_INDEX).and_then(|it| it.parse().ok()).filter(|it| *it >= 0),
            disruption_since: disruption_since(&pod),
            meta: Meta::of(&pod),
        })
    }

    /// Whether all its containers have ended for good.
    pub fn is_terminal(&self) -> bool {
        matches!(self.phase.as_str(), "Succeeded" | "Failed")
    }

    /// The node it is on or must go to.
    pub fn target_node(&self) -> &str {
        match self.node_name.is_empty() {
            true => &self.wanted_node,
            false => &self.node_name,
        }
    }

    /// How long until it counts as available, having to be ready for `min_ready`; `None` when it is not ready.
    pub fn available_in(&self, min_ready: std::time::Duration, now: jiff::Timestamp) -> Option<std::time::Duration> {
        if !self.is_ready {
            return None;
        }
        let Some(since) = self.ready_since.filter(|_| !min_ready.is_zero()) else {
            return Some(std::time::Duration::ZERO);
        };
        let left = (since + min_ready).duration_since(now);
        Some(std::time::Duration::try_from(left).unwrap_or_default())
    }

    /// Whether it has been ready for `min_ready`.
    pub fn is_available(&self, min_ready: std::time::Duration, now: jiff::Timestamp) -> bool {
        self.available_in(min_ready, now).is_some_and(|left| left.is_zero())
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

fn disruption_since(pod: &Value) -> Option<jiff::Timestamp> {
    let mark = condition(pod, "DisruptionTarget");
    let is_meant = mark.str_at(&["status"]) == "True" && mark.str_at(&["reason"]) != "TerminationByKubelet";
    time::parse(mark.str_at(&["lastTransitionTime"])).filter(|_| is_meant)
}

fn wanted_node(pod: &Value) -> String {
    const TERMS: &[&str] =
        &["spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"];
    let requirements = pod.items_at(TERMS).iter().flat_map(|term| term.items_at(&["matchFields"]));
    let names = requirements
        .filter(|it| it.str_at(&["key"]) == "metadata.name" && it.str_at(&["operator"]) == "In")
        .filter_map(|it| it.items_at(&["values"]).first()?.as_str());
    names.map(str::to_owned).next().unwrap_or_default()
}

fn deletion_cost(pod: &Value) -> i32 {
    pod.annotation("controller.kubernetes.io/pod-deletion-cost").and_then(|cost| cost.parse().ok()).unwrap_or(0)
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
