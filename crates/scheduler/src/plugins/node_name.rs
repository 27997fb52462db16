//! A Pod that names its node goes nowhere else.

use super::{ClusterEvent, Node, Plugin, Rejection};
use crate::pod::PodInfo;

pub(super) struct NodeName;

impl Plugin for NodeName {
    fn name(&self) -> &'static str {
        "NodeName"
    }

    fn filter(&self, pod: &PodInfo, node: Node<'_>) -> Result<(), Rejection> {
        match pod.node_name.is_empty() || *pod.node_name == *node.info.name {
            true => Ok(()),
            false => Err(Rejection::unresolvable("node(s) didn't match the requested node name")),
        }
    }

    fn may_help(&self, pod: &PodInfo, event: &ClusterEvent) -> bool {
        matches!(event, ClusterEvent::NodeAdded(node) if *node.name == *pod.node_name)
    }
}
