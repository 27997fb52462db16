//! A node takes what it has left; the emptier one is better.

use std::borrow::Cow;

use super::{ClusterEvent, Node, Plugin, Rejection, SCORE_MAX};
use crate::node::NodeInfo;
use crate::pod::PodInfo;
use crate::resources::Resources;

pub(super) struct NodeResourcesFit;

/// Whether the Pod would fit on the empty node.
fn fits_empty(pod: &PodInfo, node: &NodeInfo) -> bool {
    let has = |(name, amount): (&str, i64)| amount <= node.allocatable.amount(name);
    node.allocatable.pods > 0 && pod.requests.amounts().all(has)
}

/// Whether anything that the Pod asks for grew.
fn grew(pod: &PodInfo, old: &Resources, new: &Resources) -> bool {
    let is_wanted = |name: &str| pod.requests.amount(name) > 0;
    new.pods > old.pods || new.amounts().any(|(name, amount)| is_wanted(name) && amount > old.amount(name))
}

impl Plugin for NodeResourcesFit {
    fn name(&self) -> &'static str {
        "NodeResourcesFit"
    }

    fn filter(&self, pod: &PodInfo, node: Node<'_>) -> Result<(), Rejection> {
        let (offered, taken) = (&node.info.allocatable, &node.state.requested);
        let mut reasons: Vec<Cow<'static, str>> = Vec::new();
        let mut is_resolvable = true;
        if taken.pods + 1 > offered.pods {
            reasons.push("Too many pods".into());
        }
        for (name, amount) in pod.requests.amounts().filter(|(_, amount)| *amount > 0) {
            let capacity = offered.amount(name);
            if amount > capacity - taken.amount(name) {
                reasons.push(format!("Insufficient {name}").into());
                is_resolvable &= amount <= capacity;
            }
        }
        match reasons.is_empty() {
            true => Ok(()),
            false => Err(Rejection { reasons, is_resolvable }),
        }
    }

    fn weight(&self) -> i64 {
        1
    }

    /// Mean of the free parts of cpu and memory.
    fn score(&self, pod: &PodInfo, node: Node<'_>) -> i64 {
        let (offered, taken) = (&node.info.allocatable, &node.state.scored);
        let wanted = &pod.scored_requests;
        let parts =
            [(offered.milli_cpu, taken.milli_cpu + wanted.milli_cpu), (offered.memory, taken.memory + wanted.memory)];
        let parts = parts.iter().filter(|(capacity, _)| *capacity > 0);
        let (mut sum, mut count) = (0, 0);
        for (capacity, requested) in parts {
            let free = i128::from((capacity - requested).max(0)) * i128::from(SCORE_MAX);
            sum += i64::try_from(free / i128::from(*capacity)).unwrap_or(SCORE_MAX);
            count += 1;
        }
        if count == 0 { 0 } else { sum / count }
    }

    fn may_help(&self, pod: &PodInfo, event: &ClusterEvent) -> bool {
        match event {
            ClusterEvent::NodeAdded(node) => fits_empty(pod, node),
            ClusterEvent::NodeChanged(old, new) => {
                fits_empty(pod, new) && grew(pod, &old.allocatable, &new.allocatable)
            }
            // Its place among the Pods is free, whatever it asked for.
            ClusterEvent::PodGone(_) => true,
            ClusterEvent::PodPlaced(_) => false,
            ClusterEvent::PodChanged(old, new) => grew(pod, &new.requests, &old.requests),
            ClusterEvent::SelfChanged(old, new) => grew(pod, &new.requests, &old.requests),
        }
    }
}
