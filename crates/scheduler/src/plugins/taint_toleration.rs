//! Tainted nodes take only Pods that tolerate the taints; soft taints cost score.

use api::node_selection::Taint;

use super::{ClusterEvent, Direction, Node, Plugin, Rejection, scale};
use crate::node::NodeInfo;
use crate::pod::PodInfo;

pub(super) struct TaintToleration;

fn tolerates(pod: &PodInfo, taint: &Taint) -> bool {
    pod.tolerations.iter().any(|toleration| toleration.tolerates(taint))
}

pub(crate) fn admits(pod: &PodInfo, node: &NodeInfo) -> bool {
    let hard = node.taints.iter().filter(|taint| matches!(&*taint.effect, "NoSchedule" | "NoExecute"));
    hard.into_iter().all(|taint| tolerates(pod, taint))
}

impl Plugin for TaintToleration {
    fn name(&self) -> &'static str {
        "TaintToleration"
    }

    fn filter(&self, pod: &PodInfo, node: Node<'_>) -> Result<(), Rejection> {
        match admits(pod, node.info) {
            true => Ok(()),
            false => Err(Rejection::unresolvable("node(s) had untolerated taint(s)")),
        }
    }

    fn weight(&self) -> i64 {
        3
    }

    fn score(&self, pod: &PodInfo, node: Node<'_>) -> i64 {
        let soft = node.info.taints.iter().filter(|taint| taint.effect == "PreferNoSchedule");
        soft.filter(|taint| !tolerates(pod, taint)).count() as i64
    }

    fn normalize(&self, scores: &mut [i64]) {
        scale(scores, Direction::LowerIsBetter);
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
