//! Pods that want to be near others, or away from them.

use super::{ClusterEvent, Node, Plugin, Rejection, SCORE_MAX};
use crate::affinity::PodTerm;
use crate::pod::PodInfo;

pub(super) struct InterPodAffinity;

fn domain(node: Node<'_>, key: &str) -> Option<(String, String)> {
    node.info.label(key).map(|value| (key.to_owned(), value.to_owned()))
}

fn is_near(pod: &PodInfo, node: Node<'_>) -> bool {
    let required = &pod.affinity.required;
    let domains: Option<Vec<_>> = required.iter().map(|term| domain(node, &term.topology_key)).collect();
    let Some(domains) = domains else { return false };
    domains.iter().all(|domain| node.cycle.wanted.contains(domain)) || node.cycle.is_first
}

fn is_away(pod: &PodInfo, node: Node<'_>) -> bool {
    let avoided = |term: &PodTerm| domain(node, &term.topology_key).is_some_and(|it| node.cycle.avoided.contains(&it));
    !pod.anti_affinity.required.iter().any(avoided)
}

impl Plugin for InterPodAffinity {
    fn name(&self) -> &'static str {
        "InterPodAffinity"
    }

    fn filter(&self, pod: &PodInfo, node: Node<'_>) -> Result<(), Rejection> {
        let resolvable = |reason: &'static str| Rejection { reasons: vec![reason.into()], is_resolvable: true };
        if !is_near(pod, node) {
            return Err(Rejection::unresolvable("node(s) didn't match pod affinity rules"));
        }
        if !is_away(pod, node) {
            return Err(resolvable("node(s) didn't match pod anti-affinity rules"));
        }
        let has = |(key, value): &(String, String)| node.info.label(key) == Some(value);
        match node.cycle.forbidden.iter().any(has) {
            true => Err(resolvable("node(s) didn't satisfy existing pods anti-affinity rules")),
            false => Ok(()),
        }
    }

    fn weight(&self) -> i64 {
        2
    }

    fn score(&self, _: &PodInfo, node: Node<'_>) -> i64 {
        let liking = node.cycle.liking.iter();
        liking.filter(|((key, value), _)| node.info.label(key) == Some(value)).map(|(_, weight)| weight).sum()
    }

    /// The least liked node gets 0, the most liked one all.
    fn normalize(&self, scores: &mut [i64]) {
        let (low, high) = (scores.iter().copied().min().unwrap_or(0), scores.iter().copied().max().unwrap_or(0));
        for score in scores {
            *score = if high == low { 0 } else { (*score - low) * SCORE_MAX / (high - low) };
        }
    }

    fn may_help(&self, _: &PodInfo, event: &ClusterEvent) -> bool {
        match event {
            ClusterEvent::NodeAdded(_) | ClusterEvent::PodGone(_) | ClusterEvent::PodPlaced(_) => true,
            ClusterEvent::NodeChanged(old, new) => old.labels != new.labels,
            ClusterEvent::PodChanged(old, new) | ClusterEvent::SelfChanged(old, new) => old.labels != new.labels,
        }
    }
}
