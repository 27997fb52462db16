//! `nodeSelector` and node affinity.

use super::{ClusterEvent, Direction, Node, Plugin, Rejection, scale};
use crate::node::NodeInfo;
use crate::pod::PodInfo;

pub(super) struct NodeAffinity;

pub(crate) fn admits(pod: &PodInfo, node: &NodeInfo) -> bool {
    let selects = |(key, value): &(String, String)| node.label(key) == Some(value);
    let has_labels = pod.node_selector.iter().all(selects);
    let terms = pod.required_terms.as_ref();
    has_labels && terms.is_none_or(|terms| terms.iter().any(|term| node.fulfils(term)))
}

impl Plugin for NodeAffinity {
    fn name(&self) -> &'static str {
        "NodeAffinity"
    }

    fn filter(&self, pod: &PodInfo, node: Node<'_>) -> Result<(), Rejection> {
        match admits(pod, node.info) {
            true => Ok(()),
            false => Err(Rejection::unresolvable("node(s) didn't match Pod's node affinity/selector")),
        }
    }

    fn weight(&self) -> i64 {
        2
    }

    fn score(&self, pod: &PodInfo, node: Node<'_>) -> i64 {
        let matching = pod.preferred_terms.iter().filter(|it| node.info.fulfils(&it.term));
        matching.map(|it| it.weight).sum()
    }

    fn normalize(&self, scores: &mut [i64]) {
        scale(scores, Direction::HigherIsBetter);
    }

    fn may_help(&self, pod: &PodInfo, event: &ClusterEvent) -> bool {
        match event {
            ClusterEvent::NodeAdded(node) => admits(pod, node),
            ClusterEvent::NodeChanged(old, new) => !admits(pod, old) && admits(pod, new),
            ClusterEvent::SelfChanged(old, new) => {
                old.node_selector != new.node_selector || old.required_terms != new.required_terms
            }
            ClusterEvent::PodGone(_) | ClusterEvent::PodPlaced(_) | ClusterEvent::PodChanged(..) => false,
        }
    }
}
