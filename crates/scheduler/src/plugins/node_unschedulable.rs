//! Cordoned nodes take no Pods but those that tolerate it.

use api::node_selection::Taint;

use super::{ClusterEvent, Node, Plugin, Rejection};
use crate::node::NodeInfo;
use crate::pod::PodInfo;

pub(super) struct NodeUnschedulable;

fn admits(pod: &PodInfo, node: &NodeInfo) -> bool {
    if !node.is_unschedulable {
        return true;
    }
    let taint = Taint {
        key: "node.kubernetes.io/unschedulable".into(),
        value: String::new(),
        effect: "NoSchedule".into(),
        added: None,
    };
    pod.tolerations.iter().any(|toleration| toleration.tolerates(&taint))
}

impl Plugin for NodeUnschedulable {
    fn name(&self) -> &'static str {
        "NodeUnschedulable"
    }

    fn filter(&self, pod: &PodInfo, node: Node<'_>) -> Result<(), Rejection> {
        match admits(pod, node.info) {
            true => Ok(()),
            false => Err(Rejection::unresolvable("node(s) were unschedulable")),
        }
    }

    fn may_help(&self, pod: &PodInfo, event: &ClusterEvent) -> bool {
        match event {
            ClusterEvent::NodeAdded(node) => admits(pod, node),
            ClusterEvent::NodeChanged(old, new) => !admits(pod, old) && admits(pod, new),
            ClusterEvent::SelfChanged(old, new) => old.tolerations != new.tolerations,
            ClusterEvent::PodGone(_) | ClusterEvent::PodPlaced(_) | ClusterEvent::PodChanged(..) => false,
        }
    }
}
