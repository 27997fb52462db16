//! Pods spread evenly over domains of nodes.

use super::{ClusterEvent, Direction, Node, Plugin, Rejection, scale};
use crate::pod::PodInfo;

pub(super) struct PodTopologySpread;

impl Plugin for PodTopologySpread {
    fn name(&self) -> &'static str {
        "PodTopologySpread"
    }

    fn filter(&self, _: &PodInfo, node: Node<'_>) -> Result<(), Rejection> {
        for counted in node.cycle.spreads.iter().filter(|counted| counted.spread.is_hard) {
            let Some(value) = node.info.label(&counted.spread.topology_key) else {
                let reason = "node(s) didn't match pod topology spread constraints (missing required label)";
                return Err(Rejection::unresolvable(reason));
            };
            let present = counted.counts.get(value).copied().unwrap_or(0);
            if present + counted.own - counted.least > counted.spread.skew_max {
                let reason = "node(s) didn't match pod topology spread constraints";
                return Err(Rejection { reasons: vec![reason.into()], is_resolvable: true });
            }
        }
        Ok(())
    }

    fn weight(&self) -> i64 {
        2
    }

    /// Pods that are already in the node's domains.
    fn score(&self, _: &PodInfo, node: Node<'_>) -> i64 {
        let soft = node.cycle.spreads.iter().filter(|counted| !counted.spread.is_hard);
        soft.map(|counted| {
            let value = node.info.label(&counted.spread.topology_key);
            let most = counted.counts.values().copied().max().unwrap_or(0);
            value.map_or(most + 1, |value| counted.counts.get(value).copied().unwrap_or(0))
        })
        .sum()
    }

    fn normalize(&self, scores: &mut [i64]) {
        scale(scores, Direction::LowerIsBetter);
    }

    fn may_help(&self, _: &PodInfo, event: &ClusterEvent) -> bool {
        match event {
            ClusterEvent::NodeAdded(_) | ClusterEvent::PodGone(_) | ClusterEvent::PodPlaced(_) => true,
            ClusterEvent::NodeChanged(old, new) => old.labels != new.labels || old.taints != new.taints,
            ClusterEvent::PodChanged(old, new) | ClusterEvent::SelfChanged(old, new) => old.labels != new.labels,
        }
    }
}
