//! Pods as the scheduler sees them.

mod requests;

use api::node_selection::{NodeSelectorTerm, Toleration};
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::time;
use apimachinery::value::Value;
use client::events::ObjectReference;
use client::informer::ObjectKey;

use crate::affinity::{PodTerms, Spread};
use crate::node::PreferredTerm;
use crate::resources::Resources;

/// What the scheduler keeps of a Pod.
#[derive(Clone, Debug, PartialEq)]
pub struct PodInfo {
    /// Where it is.
    pub key: ObjectKey,
    /// UID.
    pub uid: String,
    /// `metadata.generation`
    pub generation: i64,
    /// When it was created.
    pub created: Option<jiff::Timestamp>,
    /// Whether deletion has begun.
    pub is_terminating: bool,
    /// Whether all its containers have ended for good.
    pub is_terminal: bool,
    /// `spec.schedulerName`
    pub scheduler_name: String,
    /// `spec.nodeName`, or empty.
    pub node_name: String,
    /// `spec.priority`
    pub priority: i64,
    /// Whether `spec.preemptionPolicy` is `Never`.
    pub never_preempts: bool,
    /// Whether `spec.schedulingGates` holds it back.
    pub is_gated: bool,
    /// What it asks for.
    pub requests: Resources,
    /// The same for scoring: containers that ask for nothing count as small ones.
    pub scored_requests: Resources,
    /// Host ports.
    pub host_ports: Vec<HostPort>,
    /// `spec.nodeSelector`, all must match.
    pub node_selector: Vec<(String, String)>,
    /// Required node affinity, one must match; `None` without any.
    pub required_terms: Option<Vec<NodeSelectorTerm>>,
    /// Preferred node affinity.
    pub preferred_terms: Vec<PreferredTerm>,
    /// `spec.tolerations`
    pub tolerations: Vec<Toleration>,
    /// The `PodScheduled` condition: status, reason, message.
    pub scheduled_condition: Option<(String, String, String)>,
    /// Labels.
    pub labels: Vec<(String, String)>,
    /// Pods that it wants to be near.
    pub affinity: PodTerms,
    /// Pods that it wants to be away from.
    pub anti_affinity: PodTerms,
    /// How it wants to be spread.
    pub spreads: Vec<Spread>,
    /// `status.nominatedNodeName`, or empty.
    pub nominated_node: String,
    /// `status.startTime`
    pub started: Option<jiff::Timestamp>,
}

/// A port of the node that a Pod takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// `hostIP`; `0.0.0.0` is all addresses.
    pub address: String,
    /// Protocol.
    pub protocol: String,
    /// Number.
    pub port: i64,
}

impl HostPort {
    /// Whether both cannot be on one node.
    pub fn conflicts(&self, other: &HostPort) -> bool {
        let overlaps = self.address == other.address || self.address == ANY_ADDRESS || other.address == ANY_ADDRESS;
        overlaps && self.protocol == other.protocol && self.port == other.port
    }
}

const ANY_ADDRESS: &str = "0.0.0.0";

impl PodInfo {
    /// The projection.
    pub fn project(bytes: &[u8]) -> Option<PodInfo> {
        Some(PodInfo::of(&json::parse(bytes).ok()?))
    }

    /// Reads it from an object.
    pub fn of(pod: &Value) -> Self {
        let text = |path: &[&str]| pod.str_at(path).to_owned();
        let spec = pod.field("spec");
        let affinity = spec.at(&["affinity", "nodeAffinity"]);
        let required = affinity.at(&["requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"]);
        let preferred = affinity.items_at(&["preferredDuringSchedulingIgnoredDuringExecution"]);
        let selector = spec.at(&["nodeSelector"]).as_object();
        let phase = pod.str_at(&["status", "phase"]);
        PodInfo {
            key: ObjectKey::new(pod.namespace(), pod.name()),
            uid: pod.uid().to_owned(),
            generation: pod.generation(),
            created: time::parse(pod.str_at(&["metadata", "creationTimestamp"])),
            is_terminating: pod.deletion_timestamp().is_some(),
            is_terminal: matches!(phase, "Succeeded" | "Failed"),
            scheduler_name: text(&["spec", "schedulerName"]),
            node_name: text(&["spec", "nodeName"]),
            priority: spec.i64_at(&["priority"]).unwrap_or(0),
            never_preempts: spec.str_at(&["preemptionPolicy"]) == "Never",
            is_gated: !spec.items_at(&["schedulingGates"]).is_empty(),
            requests: requests::of_pod(spec, requests::Missing::Nothing),
            scored_requests: requests::of_pod(spec, requests::Missing::Small),
            host_ports: host_ports(spec),
            node_selector: selector.into_iter().flat_map(|map| map.iter()).map(pair).collect(),
            required_terms: required.as_array().map(|terms| terms.iter().map(NodeSelectorTerm::of).collect()),
            preferred_terms: preferred.iter().map(PreferredTerm::of).collect(),
            tolerations: spec.items_at(&["tolerations"]).iter().map(Toleration::of).collect(),
            scheduled_condition: scheduled_condition(pod),
            labels: pod
                .at(&["metadata", "labels"])
                .as_object()
                .into_iter()
                .flat_map(|map| map.iter())
                .map(pair)
                .collect(),
            affinity: PodTerms::of(spec.at(&["affinity", "podAffinity"]), pod.namespace()),
            anti_affinity: PodTerms::of(spec.at(&["affinity", "podAntiAffinity"]), pod.namespace()),
            spreads: spec
                .items_at(&["topologySpreadConstraints"])
                .iter()
                .map(|it| Spread::of(it, |key| pod.label(key)))
                .collect(),
            nominated_node: text(&["status", "nominatedNodeName"]),
            started: time::parse(pod.str_at(&["status", "startTime"])),
        }
    }

    /// Whether other Pods matter to it, or it to them.
    pub fn speaks_of_others(&self) -> bool {
        let says = |terms: &PodTerms| !terms.required.is_empty() || !terms.preferred.is_empty();
        says(&self.affinity) || says(&self.anti_affinity)
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// A reference for events.
    pub fn reference(&self) -> ObjectReference {
        ObjectReference {
            api_version: "v1".into(),
            kind: "Pod".into(),
            namespace: self.key.namespace.to_string(),
            name: self.key.name.to_string(),
            uid: self.uid.clone(),
            ..ObjectReference::default()
        }
    }
}

fn pair((key, value): (&str, &Value)) -> (String, String) {
    (key.to_owned(), value.as_str().unwrap_or("").to_owned())
}

fn host_ports(spec: &Value) -> Vec<HostPort> {
    let sidecars = spec.items_at(&["initContainers"]).iter().filter(|it| requests::is_sidecar(it));
    let ports = spec.items_at(&["containers"]).iter().chain(sidecars);
    let ports = ports.flat_map(|container| container.items_at(&["ports"]));
    let to_host_port = |port: &Value| {
        let address = match port.str_at(&["hostIP"]) {
            "" => ANY_ADDRESS,
            address => address,
        };
        let protocol = match port.str_at(&["protocol"]) {
            "" => "TCP",
            protocol => protocol,
        };
        let number = port.i64_at(&["hostPort"]).filter(|number| *number > 0)?;
        Some(HostPort { address: address.into(), protocol: protocol.into(), port: number })
    };
    ports.filter_map(to_host_port).collect()
}

fn scheduled_condition(pod: &Value) -> Option<(String, String, String)> {
    let mut conditions = pod.items_at(&["status", "conditions"]).iter();
    let condition = conditions.find(|it| it.str_at(&["type"]) == "PodScheduled")?;
    let text = |field: &str| condition.str_at(&[field]).to_owned();
    Some((text("status"), text("reason"), text("message")))
}
