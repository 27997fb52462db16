//! The decision: which node a Pod goes to, or why none takes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cycle::Cycle;
use crate::plugins::{Node, PLUGINS, Rejection};
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
    /// Why the Pod may not preempt.
    pub declined: Option<&'static str>,
    /// A node was found whose Pods make room.
    pub is_under_way: bool,
    /// Nodes that reject the Pod whatever runs on them.
    pub helpless: usize,
    /// Why the others would reject the Pod even then, and how many each.
    pub reasons: BTreeMap<String, usize>,
    /// Nodes on which fewer Pods could help.
    pub resolvable: Vec<Arc<str>>,
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
        let found = format!("0/{nodes} nodes are available: {reasons}.");
        match self.preemption.is_under_way {
            true => found,
            false => format!("{found} no new claims to deallocate, preemption: {}", self.preemption.message(nodes)),
        }
    }
}

impl Preemption {
    fn message(&self, nodes: usize) -> String {
        if let Some(why) = self.declined {
            return why.into();
        }
        let helpless = (self.helpless > 0).then(|| format!("{} {HELPLESS}", self.helpless));
        let others = self.reasons.iter().map(|(reason, count)| format!("{count} {reason}"));
        let mut reasons: Vec<String> = helpless.into_iter().chain(others).collect();
        reasons.sort();
        format!("0/{nodes} nodes are available: {}.", reasons.join(", "))
    }
}

const HELPLESS: &str = "Preemption is not helpful for scheduling";

/// Chooses the node for `pod`.
///
/// Pure: equal arguments give an equal answer. Of equally good nodes the one with the fewest Pods wins, then the
/// first by name.
pub fn schedule(pod: &PodInfo, snapshot: &Snapshot) -> Result<Arc<str>, Box<Diagnosis>> {
    let mut diagnosis = Diagnosis::default();
    let nominated = snapshot.nomination(&pod.key);
    let cycle = Cycle::new(pod, snapshot, None);
    let mut fitting = Vec::new();
    for (info, state) in snapshot.nodes() {
        diagnosis.nodes += 1;
        let with_nominated = snapshot.with_nominated(pod, &info.name, state);
        if is_accepted(pod, Node { info, state: &with_nominated, cycle: &cycle }, &mut diagnosis) {
            if nominated == Some(&info.name) {
                return Ok(Arc::clone(&info.name));
            }
            fitting.push(Node { info, state, cycle: &cycle });
        }
    }
    match fitting.as_slice() {
        [] => Err(Box::new(diagnosis)),
        [only] => Ok(Arc::clone(&only.info.name)),
        several => Ok(best(pod, several)),
    }
}

/// The first rule that rejects the Pod on a node, with its reasons.
pub(crate) fn rejection(pod: &PodInfo, node: Node<'_>) -> Option<(&'static str, Rejection)> {
    PLUGINS.iter().find_map(|plugin| Some((plugin.name(), plugin.filter(pod, node).err()?)))
}

fn is_accepted(pod: &PodInfo, node: Node<'_>, diagnosis: &mut Diagnosis) -> bool {
    let Some((plugin, rejection)) = rejection(pod, node) else { return true };
    for reason in &rejection.reasons {
        match diagnosis.reasons.get_mut(&**reason) {
            Some(count) => *count += 1,
            None => drop(diagnosis.reasons.insert(reason.to_string(), 1)),
        }
    }
    if !diagnosis.plugins.contains(&plugin) {
        diagnosis.plugins.push(plugin);
    }
    match rejection.is_resolvable {
        true => diagnosis.preemption.resolvable.push(Arc::clone(&node.info.name)),
        false => diagnosis.preemption.helpless += 1,
    }
    false
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
