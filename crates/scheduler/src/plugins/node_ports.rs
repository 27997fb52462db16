//! A host port is taken once per node.

use super::{ClusterEvent, Node, Plugin, Rejection};
use crate::pod::PodInfo;

pub(super) struct NodePorts;

impl Plugin for NodePorts {
    fn name(&self) -> &'static str {
        "NodePorts"
    }

    fn filter(&self, pod: &PodInfo, node: Node<'_>) -> Result<(), Rejection> {
        let mut taken = node.state.host_ports.keys();
        match taken.any(|taken| pod.host_ports.iter().any(|wanted| wanted.conflicts(taken))) {
            false => Ok(()),
            true => Err(Rejection {
                reasons: vec!["node(s) didn't have free ports for the requested pod ports".into()],
                is_resolvable: true,
            }),
        }
    }

    fn may_help(&self, pod: &PodInfo, event: &ClusterEvent) -> bool {
        match event {
            ClusterEvent::NodeAdded(_) => true,
            ClusterEvent::PodGone(gone) => {
                gone.host_ports.iter().any(|free| pod.host_ports.iter().any(|it| it.conflicts(free)))
            }
            _ => false,
        }
    }
}
