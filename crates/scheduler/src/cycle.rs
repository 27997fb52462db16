//! What one decision has to know of Pods everywhere: counted once, asked per node.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::affinity::{PodTerm, Spread};
use crate::node::NodeInfo;
use crate::plugins::{admitted_by_affinity, admitted_by_taints};
use crate::pod::PodInfo;
use crate::snapshot::{NodeState, Snapshot};

/// A domain: label of nodes and its value.
type Domain = (String, String);

/// Weight of a required affinity of a present Pod, for scoring.
const HARD_AFFINITY_WEIGHT: i64 = 1;

/// Counts for one Pod. All empty where no Pod speaks of others.
#[derive(Debug, Default)]
pub struct Cycle {
    /// Domains from which anti-affinity of present Pods keeps the Pod.
    pub forbidden: HashSet<Domain>,
    /// Domains with Pods that the Pod wants to be with.
    pub wanted: HashSet<Domain>,
    /// Domains with Pods that the Pod does not want to be with.
    pub avoided: HashSet<Domain>,
    /// Whether the Pod is the first of those that want to be together.
    pub is_first: bool,
    /// How much present Pods and the Pod like to be together.
    pub liking: HashMap<Domain, i64>,
    /// Pods per domain of each spread constraint.
    pub spreads: Vec<SpreadCounts>,
}

/// Pods per domain of one spread constraint.
#[derive(Debug)]
pub struct SpreadCounts {
    /// The constraint.
    pub spread: Spread,
    /// Pods by domain.
    pub counts: BTreeMap<String, i64>,
    /// The emptiest domain's.
    pub least: i64,
    /// 1 if the Pod itself counts.
    pub own: i64,
}

impl Cycle {
    /// Counts for `pod`; `changed` stands for the state that the snapshot has of that node.
    pub fn new(pod: &PodInfo, snapshot: &Snapshot, changed: Option<(&str, &NodeState)>) -> Self {
        let mut cycle = Cycle::default();
        let speaks = pod.speaks_of_others() || snapshot.has_pods_that_speak_of_others();
        if speaks {
            let mut is_any = false;
            for (info, state) in states(snapshot, changed) {
                for other in state.pods.values().filter(|other| other.key != pod.key) {
                    is_any |= cycle.count_affinity(pod, other, info, snapshot);
                }
            }
            let matches_itself = |term: &PodTerm| term.matches(pod, &|name| snapshot.namespace_labels(name));
            cycle.is_first = !is_any && pod.affinity.required.iter().all(matches_itself);
        }
        cycle.spreads = pod.spreads.iter().map(|spread| count_spread(pod, spread, snapshot, changed)).collect();
        cycle
    }

    /// Whether `other` is one that the Pod wants to be with.
    fn count_affinity(&mut self, pod: &PodInfo, other: &PodInfo, node: &NodeInfo, snapshot: &Snapshot) -> bool {
        let labels = |name: &str| snapshot.namespace_labels(name);
        let domain =
            |term: &PodTerm| node.label(&term.topology_key).map(|it| (term.topology_key.clone(), it.to_owned()));
        for term in other.anti_affinity.required.iter().filter(|term| term.matches(pod, &labels)) {
            self.forbidden.extend(domain(term));
        }
        for term in pod.anti_affinity.required.iter().filter(|term| term.matches(other, &labels)) {
            self.avoided.extend(domain(term));
        }
        let required = &pod.affinity.required;
        let is_wanted = !required.is_empty() && required.iter().all(|term| term.matches(other, &labels));
        if is_wanted {
            self.wanted.extend(required.iter().filter_map(domain));
        }
        let mut like = |term: &PodTerm, weight: i64| {
            if let Some(domain) = domain(term) {
                *self.liking.entry(domain).or_insert(0) += weight;
            }
        };
        let sides = [(pod, other), (other, pod)];
        for (from, to) in sides {
            for it in from.affinity.preferred.iter().filter(|it| it.term.matches(to, &labels)) {
                like(&it.term, it.weight);
            }
            for it in from.anti_affinity.preferred.iter().filter(|it| it.term.matches(to, &labels)) {
                like(&it.term, -it.weight);
            }
        }
        for term in other.affinity.required.iter().filter(|term| term.matches(pod, &labels)) {
            like(term, HARD_AFFINITY_WEIGHT);
        }
        is_wanted
    }
}

fn states<'a>(
    snapshot: &'a Snapshot,
    changed: Option<(&'a str, &'a NodeState)>,
) -> impl Iterator<Item = (&'a NodeInfo, &'a NodeState)> {
    snapshot.nodes().map(move |(info, state)| match changed {
        Some((name, changed)) if *info.name == *name => (&**info, changed),
        _ => (&**info, state),
    })
}

fn count_spread(
    pod: &PodInfo,
    spread: &Spread,
    snapshot: &Snapshot,
    changed: Option<(&str, &NodeState)>,
) -> SpreadCounts {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for (info, state) in states(snapshot, changed) {
        let Some(value) = info.label(&spread.topology_key) else { continue };
        let is_in = (!spread.honors_affinity || admitted_by_affinity(pod, info))
            && (!spread.honors_taints || admitted_by_taints(pod, info));
        if !is_in {
            continue;
        }
        let counted = |other: &&std::sync::Arc<PodInfo>| {
            other.key.namespace == pod.key.namespace && !other.is_terminating && spread.counts(other)
        };
        *counts.entry(value.to_owned()).or_insert(0) += state.pods.values().filter(counted).count() as i64;
    }
    let least = match (counts.len() as i64) < spread.domains_min {
        true => 0,
        false => counts.values().copied().min().unwrap_or(0),
    };
    SpreadCounts { own: i64::from(spread.counts(pod)), spread: spread.clone(), counts, least }
}
