//! Which Pods go first when there are too many.
//!
//! In this order: not assigned, pending, not ready, cheaper by `pod-deletion-cost`, on a node with more Pods of the
//! same owner, ready for a shorter time, restarted more often, younger. Times count by their order of magnitude
//! (KEP-2185), and Pods that are equal in all that go by UID.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;
use std::sync::Arc;

use apimachinery::time::Now;
use client::resources::PODS;
use client::view::View;

use super::ReplicaSet;
use crate::digest::{BY_CONTROLLER, PodDigest, ReplicaSetDigest};

/// `pods`, the first to be deleted first.
pub(super) fn first_to_go(view: &View, set: &ReplicaSet, pods: &[Arc<PodDigest>], now: Now) -> Vec<Arc<PodDigest>> {
    let neighbours = related_pods_by_node(view, set);
    let mut ranked = pods.to_vec();
    ranked.sort_by(|a, b| compare(a, b, &neighbours, now));
    ranked
}

/// Active Pods per node of all ReplicaSets with the same owner.
fn related_pods_by_node(view: &View, set: &ReplicaSet) -> HashMap<String, usize> {
    let owner = set.meta.controller_uid();
    let mut uids = vec![set.meta.uid.clone()];
    if !owner.is_empty() {
        let siblings = view.in_namespace::<ReplicaSetDigest>(set.resource, &set.meta.namespace);
        let siblings = siblings.iter().map(|sibling| &sibling.digest.meta);
        uids.extend(
            siblings
                .filter(|sibling| sibling.controller_uid() == owner && sibling.uid != set.meta.uid)
                .map(|sibling| sibling.uid.clone()),
        );
    }
    let mut counts = HashMap::new();
    for pod in uids.iter().flat_map(|uid| view.indexed::<PodDigest>(PODS, BY_CONTROLLER, uid)) {
        if pod.digest.is_active() {
            *counts.entry(pod.digest.node_name.clone()).or_insert(0) += 1;
        }
    }
    counts
}

fn compare(a: &PodDigest, b: &PodDigest, neighbours: &HashMap<String, usize>, now: Now) -> Ordering {
    let crowd = |pod: &PodDigest| Reverse(neighbours.get(&pod.node_name).copied().unwrap_or(0));
    let ready_time = || match a.is_ready && b.is_ready {
        true => by_magnitude(a.ready_since, b.ready_since, a, b, now),
        false => Ordering::Equal,
    };
    (!a.node_name.is_empty())
        .cmp(&!b.node_name.is_empty())
        .then_with(|| phase_rank(a).cmp(&phase_rank(b)))
        .then_with(|| a.is_ready.cmp(&b.is_ready))
        .then_with(|| a.deletion_cost.cmp(&b.deletion_cost))
        .then_with(|| crowd(a).cmp(&crowd(b)))
        .then_with(ready_time)
        .then_with(|| b.restarts.cmp(&a.restarts))
        .then_with(|| by_magnitude(a.meta.created, b.meta.created, a, b, now))
}

fn phase_rank(pod: &PodDigest) -> u8 {
    match pod.phase.as_str() {
        "Pending" => 0,
        "Unknown" => 1,
        _ => 2,
    }
}

/// Shorter ago first; equal times leave it open, different ones of the same magnitude go by UID.
fn by_magnitude(
    a_time: Option<jiff::Timestamp>,
    b_time: Option<jiff::Timestamp>,
    a: &PodDigest,
    b: &PodDigest,
    now: Now,
) -> Ordering {
    if a_time == b_time {
        return Ordering::Equal;
    }
    let magnitude = |time: Option<jiff::Timestamp>| {
        let nanos = time.map_or(-1, |time| now.wall.duration_since(time).as_nanos());
        u128::try_from(nanos).ok().filter(|nanos| *nanos > 0).map(u128::ilog2)
    };
    magnitude(a_time).cmp(&magnitude(b_time)).then_with(|| a.meta.uid.cmp(&b.meta.uid))
}
