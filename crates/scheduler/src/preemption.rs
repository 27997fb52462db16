//! Which Pods of lower priority have to leave a node so that a Pod fits there. Pure.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use client::informer::ObjectKey;

use crate::cycle::Cycle;
use crate::node::NodeInfo;
use crate::plugins::Node;
use crate::pod::PodInfo;
use crate::schedule::{Preemption, rejection};
use crate::snapshot::{NodeState, Snapshot};

/// A node and the Pods that make room there.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The node.
    pub node: Arc<str>,
    /// Who leaves, the most important first.
    pub victims: Vec<Arc<PodInfo>>,
    /// How many of them a disruption budget wants to keep.
    pub violations: usize,
}

/// The best node among those that fewer Pods would make fit; notes why none is.
pub fn find(pod: &PodInfo, snapshot: &Snapshot, preemption: &mut Preemption) -> Option<Candidate> {
    if pod.never_preempts {
        preemption.declined = Some("not eligible due to preemptionPolicy=Never.");
        return None;
    }
    let resolvable = std::mem::take(&mut preemption.resolvable);
    if is_room_being_made(pod, snapshot, &resolvable) {
        preemption.declined = Some("not eligible due to a terminating pod on the nominated node.");
        return None;
    }
    let mut candidates = Vec::new();
    for name in resolvable {
        let (Some(info), Some(state)) = (snapshot.node(&name), snapshot.state(&name)) else { continue };
        match on_node(pod, snapshot, info, state) {
            Ok(candidate) => candidates.push(candidate),
            Err(reasons) => {
                for reason in reasons {
                    *preemption.reasons.entry(reason).or_insert(0) += 1;
                }
            }
        }
    }
    let best = candidates.into_iter().min_by_key(cost);
    preemption.is_under_way = best.is_some();
    best
}

/// Whether Pods are already leaving the node that this one waits for.
fn is_room_being_made(pod: &PodInfo, snapshot: &Snapshot, resolvable: &[Arc<str>]) -> bool {
    let Some(node) = snapshot.nomination(&pod.key).filter(|node| resolvable.contains(node)) else { return false };
    let mut pods = snapshot.state(node).into_iter().flat_map(|state| state.pods.values());
    pods.any(|other| other.is_terminating && other.priority < pod.priority)
}

/// Who has to leave one node; else why nobody's leaving helps.
fn on_node(pod: &PodInfo, snapshot: &Snapshot, info: &NodeInfo, state: &NodeState) -> Result<Candidate, Vec<String>> {
    let mut state = snapshot.with_nominated(pod, &info.name, state).into_owned();
    let mut lower: Vec<Arc<PodInfo>> =
        state.pods.values().filter(|other| other.priority < pod.priority).cloned().collect();
    if lower.is_empty() {
        return Err(vec!["No preemption victims found for incoming pod".into()]);
    }
    for other in &lower {
        state.remove(other);
    }
    let refusal = |state: &NodeState| {
        let cycle = Cycle::new(pod, snapshot, Some((&info.name, state)));
        rejection(pod, Node { info, state, cycle: &cycle })
    };
    if let Some((_, rejection)) = refusal(&state) {
        return Err(rejection.reasons.iter().map(ToString::to_string).collect());
    }
    lower.sort_by_key(|other| importance(other));
    let (violating, others) = by_budget(snapshot, lower);
    let mut candidate = Candidate { node: Arc::clone(&info.name), victims: Vec::new(), violations: 0 };
    // As many as possible stay, those first that a budget wants to keep.
    for (other, is_violation) in
        violating.into_iter().map(|it| (it, true)).chain(others.into_iter().map(|it| (it, false)))
    {
        state.add(&other);
        if refusal(&state).is_some() {
            state.remove(&other);
            candidate.violations += usize::from(is_violation);
            candidate.victims.push(other);
        }
    }
    candidate.victims.sort_by_key(|victim| importance(victim));
    Ok(candidate)
}

/// The most important first: higher priority, then longer running.
fn importance(pod: &PodInfo) -> (Reverse<i64>, jiff::Timestamp, ObjectKey) {
    (Reverse(pod.priority), pod.started.unwrap_or(jiff::Timestamp::MAX), pod.key.clone())
}

/// Divides Pods into those whose leaving a budget does not allow, and others.
fn by_budget(snapshot: &Snapshot, pods: Vec<Arc<PodInfo>>) -> (Vec<Arc<PodInfo>>, Vec<Arc<PodInfo>>) {
    let mut left: HashMap<&ObjectKey, i64> = snapshot.budgets().map(|(key, budget)| (key, budget.allowed)).collect();
    pods.into_iter().partition(|pod| {
        let covering = snapshot.budgets().filter(|(key, _)| key.namespace == pod.key.namespace);
        let mut is_violation = false;
        for (key, _) in covering.filter(|(_, budget)| budget.covers(pod)) {
            let left = left.entry(key).or_insert(0);
            *left -= 1;
            is_violation |= *left < 0;
        }
        is_violation
    })
}

/// Fewest broken budgets, then least important victims, then fewest, then those that run shortest.
fn cost(candidate: &Candidate) -> (usize, i64, i64, usize, Reverse<jiff::Timestamp>) {
    let highest = candidate.victims.iter().map(|victim| victim.priority).max().unwrap_or(i64::MIN);
    let sum = candidate.victims.iter().map(|victim| victim.priority + (1 << 31)).sum();
    let top = candidate.victims.iter().filter(|victim| victim.priority == highest);
    let earliest = top.filter_map(|victim| victim.started).min().unwrap_or(jiff::Timestamp::MAX);
    (candidate.violations, highest, sum, candidate.victims.len(), Reverse(earliest))
}
