//! Prefers nodes whose cpu and memory become more evenly used.

use super::{ClusterEvent, Node, Plugin, SCORE_MAX};
use crate::pod::PodInfo;
use crate::resources::Resources;

pub(super) struct NodeResourcesBalancedAllocation;

/// 100 when the used parts are equal, less by their standard deviation.
fn balance(used: &Resources, offered: &Resources) -> i64 {
    let pairs = [(used.milli_cpu, offered.milli_cpu), (used.memory, offered.memory)];
    let parts: Vec<f64> = pairs
        .iter()
        .filter(|(_, capacity)| *capacity > 0)
        .map(|(used, capacity)| (*used as f64 / *capacity as f64).min(1.0))
        .collect();
    let deviation = match parts.as_slice() {
        [cpu, memory] => ((cpu - memory) / 2.0).abs(),
        _ => 0.0,
    };
    ((1.0 - deviation) * SCORE_MAX as f64) as i64
}

impl Plugin for NodeResourcesBalancedAllocation {
    fn name(&self) -> &'static str {
        "NodeResourcesBalancedAllocation"
    }

    fn weight(&self) -> i64 {
        1
    }

    /// 75 when nothing changes, more when the balance improves.
    fn score(&self, pod: &PodInfo, node: Node<'_>) -> i64 {
        let (offered, before) = (&node.info.allocatable, &node.state.requested);
        let mut after = before.clone();
        after.add(&pod.requests);
        let half = SCORE_MAX / 2;
        half + (half + balance(&after, offered) - balance(before, offered)) / 2
    }

    fn may_help(&self, _: &PodInfo, _: &ClusterEvent) -> bool {
        false
    }
}
