//! The decision: which node a Pod goes to, or why none takes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::plugins::{Node, PLUGINS};
use crate::pod::PodInfo;
use crate::snapshot::Snapshot;

/// Why no node takes a Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// Nodes that there are.
    pub nodes: usize,
    /// How many nodes gave each reason.
    pub reasons: BTreeMap<String, usize>,
    /// Names of the plugins that rejected any node.
    pub plugins: Vec<&'static str>,
    /// What preemption could do.
    pub preemption: Preemption,
}

/// What would be if Pods of lower priority left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preemption {
    /// The Pod does not want to preempt.
    pub is_declined: bool,
    /// Nodes that reject the Pod whatever runs on them.
    pub helpless: usize,
    /// Nodes without Pods of lower priority.
    pub without_victims: usize,
    /// Nodes with Pods of lower priority.
    pub with_victims: usize,
}

impl Diagnosis {
    /// The message of the event and the condition, as upstream's scheduler words it.
    pub fn message(&self) -> String {
        if self.nodes == 0 {
            return "no nodes available to schedule pods".into();
        }
        let mut reasons: Vec<String> = self.reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        reasons.sort();
        let reasons = reasons.join(", ");
        let nodes = self.nodes;
        let preemption = self.preemption.message(nodes);
        format!("0/{nodes} nodes are available: {reasons}. no new claims to deallocate, preemption: {preemption}")
    }
}

impl Preemption {
    fn message(&self, nodes: usize) -> String {
        if self.is_declined {
            return "not eligible due to preemptionPolicy=Never.".into();
        }
        let counts = [
            (self.without_victims, "No preemption victims found for incoming pod"),
            (self.helpless, "Preemption is not helpful for scheduling"),
            (self.with_victims, "Preemption is not supported yet"),
        ];
        let mut reasons: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, reason)| format!("{count} {reason}")).collect();
        reasons.sort();
        format!("0/{nodes} nodes are available: {}.", reasons.join(", "))
    }
}

/// Chooses the node for `pod`.
///
/// Pure: equal arguments give an equal answer. Of equally good nodes the one with the fewest Pods wins, then the
/// first by name.
pub fn schedule(pod: &PodInfo, snapshot: &Snapshot) -> Result<Arc<str>, Diagnosis> {
    let mut diagnosis = Diagnosis::default();
    diagnosis.preemption.is_declined = pod.never_preempts;
    let mut fitting = Vec::new();
    for (info, state) in snapshot.nodes() {
        diagnosis.nodes += 1;
        let node = Node { info, state };
        if is_accepted(pod, node, &mut diagnosis) {
            fitting.push(node);
        }
    }
    match fitting.as_slice() {
        [] => Err(diagnosis),
        [only] => Ok(Arc::clone(&only.info.name)),
        several => Ok(best(pod, several)),
    }
}

fn is_accepted(pod: &PodInfo, node: Node<'_>, diagnosis: &mut Diagnosis) -> bool {
    for plugin in PLUGINS {
        let Err(rejection) = plugin.filter(pod, node) else { continue };
        for reason in &rejection.reasons {
            match diagnosis.reasons.get_mut(&**reason) {
                Some(count) => *count += 1,
                None => drop(diagnosis.reasons.insert(reason.to_string(), 1)),
            }
        }
        if !diagnosis.plugins.contains(&plugin.name()) {
            diagnosis.plugins.push(plugin.name());
        }
        let has_victims = node.state.priorities.range(..pod.priority).next().is_some();
        let preemption = &mut diagnosis.preemption;
        match (rejection.is_resolvable, has_victims) {
            (false, _) => preemption.helpless += 1,
            (true, false) => preemption.without_victims += 1,
            (true, true) => preemption.with_victims += 1,
        }
        return false;
    }
    true
}

fn best(pod: &PodInfo, nodes: &[Node<'_>]) -> Arc<str> {
    let mut totals = vec![0; nodes.len()];
    for plugin in PLUGINS.iter().filter(|plugin| plugin.weight() > 0) {
        let mut scores: Vec<i64> = nodes.iter().map(|node| plugin.score(pod, *node)).collect();
        plugin.normalize(&mut scores);
        for (total, score) in totals.iter_mut().zip(scores) {
            *total += score * plugin.weight();
        }
    }
    let chosen = nodes
        .iter()
        .zip(totals)
        .min_by_key(|(node, total)| (-total, node.state.requested.pods))
        .map(|(node, _)| Arc::clone(&node.info.name));
    chosen.expect("there are several nodes")
}

#[cfg(test)]
mod tests;
