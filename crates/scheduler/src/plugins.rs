//! The family of plugins: one file each, one line in the table, in the order in which upstream asks them.

mod inter_pod_affinity;
mod node_affinity;
mod node_name;
mod node_ports;
mod node_resources_balanced_allocation;
mod node_resources_fit;
mod node_unschedulable;
mod pod_topology_spread;
mod taint_toleration;

use std::borrow::Cow;
use std::sync::Arc;

use crate::cycle::Cycle;
use crate::node::NodeInfo;
use crate::pod::PodInfo;
use crate::snapshot::NodeState;

/// Why a node does not take a Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// As upstream words them.
    pub reasons: Vec<Cow<'static, str>>,
    /// Whether fewer Pods on the node could change it.
    pub is_resolvable: bool,
}

impl Rejection {
    fn unresolvable(reason: &'static str) -> Self {
        Rejection { reasons: vec![Cow::Borrowed(reason)], is_resolvable: false }
    }
}

/// A node as plugins see it.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    /// The node.
    pub info: &'a NodeInfo,
    /// What is taken of it.
    pub state: &'a NodeState,
    /// What is known of Pods everywhere.
    pub cycle: &'a Cycle,
}

/// Something that may make an unschedulable Pod schedulable.
#[derive(Clone, Debug)]
pub enum ClusterEvent {
    /// A node came.
    NodeAdded(Arc<NodeInfo>),
    /// A node changed.
    NodeChanged(Arc<NodeInfo>, Arc<NodeInfo>),
    /// A Pod left its node, or its containers ended.
    PodGone(Arc<PodInfo>),
    /// A Pod came to a node.
    PodPlaced(Arc<PodInfo>),
    /// A Pod on a node asks for something else, or has other labels.
    PodChanged(Arc<PodInfo>, Arc<PodInfo>),
    /// The waiting Pod itself changed.
    SelfChanged(Arc<PodInfo>, Arc<PodInfo>),
}

/// One rule. Pure.
pub trait Plugin: Sync {
    /// Upstream's name.
    fn name(&self) -> &'static str;

    /// Whether the node takes the Pod.
    fn filter(&self, _pod: &PodInfo, _node: Node<'_>) -> Result<(), Rejection> {
        Ok(())
    }

    /// How much of the sum of scores this one makes; 0 for a plugin that only filters.
    fn weight(&self) -> i64 {
        0
    }

    /// How good the node is for the Pod, before [`Plugin::normalize`].
    fn score(&self, _pod: &PodInfo, _node: Node<'_>) -> i64 {
        0
    }

    /// Brings the scores of all nodes to 0..=100.
    fn normalize(&self, _scores: &mut [i64]) {}

    /// Whether a Pod that this plugin rejected may fit after the event.
    fn may_help(&self, pod: &PodInfo, event: &ClusterEvent) -> bool;
}

/// All plugins. The first that rejects a node names the reason.
pub static PLUGINS: &[&dyn Plugin] = &[
    &node_unschedulable::NodeUnschedulable,
    &node_name::NodeName,
    &taint_toleration::TaintToleration,
    &node_affinity::NodeAffinity,
    &node_ports::NodePorts,
    &node_resources_fit::NodeResourcesFit,
    &node_resources_balanced_allocation::NodeResourcesBalancedAllocation,
    &pod_topology_spread::PodTopologySpread,
    &inter_pod_affinity::InterPodAffinity,
];

pub(crate) use node_affinity::admits as admitted_by_affinity;
pub(crate) use taint_toleration::admits as admitted_by_taints;

/// Highest score of a node.
const SCORE_MAX: i64 = 100;

/// Which way higher raw scores go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    HigherIsBetter,
    LowerIsBetter,
}

/// Scales scores so that the highest is [`SCORE_MAX`].
fn scale(scores: &mut [i64], direction: Direction) {
    let highest = scores.iter().copied().max().unwrap_or(0);
    for score in scores {
        let scaled = match highest {
            0 => 0,
            _ => *score * SCORE_MAX / highest,
        };
        *score = match direction {
            Direction::HigherIsBetter => scaled,
            Direction::LowerIsBetter => SCORE_MAX - scaled,
        };
    }
}
