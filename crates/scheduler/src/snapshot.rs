//! The cluster as decisions are made on it: nodes, and the Pods on them, kept up to date step by step.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use client::informer::ObjectKey;

use crate::budget::Budget;
use crate::node::NodeInfo;
use crate::pod::{HostPort, PodInfo};
use crate::resources::Resources;

/// A node with what is taken of it.
#[derive(Clone, Debug, Default)]
pub struct NodeState {
    /// The node; `None` while only Pods on it are known.
    pub info: Option<Arc<NodeInfo>>,
    /// What its Pods ask for; `pods` is how many there are.
    pub requested: Resources,
    /// The same with small amounts for containers that ask for nothing.
    pub scored: Resources,
    /// Ports that its Pods take.
    pub host_ports: HashMap<HostPort, usize>,
    /// Pods by priority: how many.
    pub priorities: BTreeMap<i64, usize>,
    /// The Pods themselves.
    pub pods: BTreeMap<ObjectKey, Arc<PodInfo>>,
}

impl NodeState {
    /// Counts a Pod.
    pub fn add(&mut self, pod: &Arc<PodInfo>) {
        self.pods.insert(pod.key.clone(), Arc::clone(pod));
        self.requested.add(&pod.requests);
        self.requested.pods += 1;
        self.scored.add(&pod.scored_requests);
        for port in &pod.host_ports {
            *self.host_ports.entry(port.clone()).or_insert(0) += 1;
        }
        *self.priorities.entry(pod.priority).or_insert(0) += 1;
    }

    /// Counts a Pod no longer.
    pub fn remove(&mut self, pod: &PodInfo) {
        self.pods.remove(&pod.key);
        self.requested.subtract(&pod.requests);
        self.requested.pods -= 1;
        self.scored.subtract(&pod.scored_requests);
        for port in &pod.host_ports {
            take_one(&mut self.host_ports, port);
        }
        if let Some(count) = self.priorities.get_mut(&pod.priority) {
            *count -= 1;
            if *count == 0 {
                self.priorities.remove(&pod.priority);
            }
        }
    }

    fn is_unused(&self) -> bool {
        self.info.is_none() && self.requested.pods == 0
    }
}

fn take_one(ports: &mut HashMap<HostPort, usize>, port: &HostPort) {
    if let Some(count) = ports.get_mut(port) {
        *count -= 1;
        if *count == 0 {
            ports.remove(port);
        }
    }
}

/// Where a Pod is counted.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The Pod.
    pub pod: Arc<PodInfo>,
    /// The node.
    pub node: Arc<str>,
    /// Decided here, and not yet seen in the API.
    pub is_assumed: bool,
}

/// Nodes and the Pods on them.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    nodes: BTreeMap<Arc<str>, NodeState>,
    pods: HashMap<ObjectKey, Placed>,
    /// Pods that wait for others to leave a node for them.
    nominations: HashMap<ObjectKey, (Arc<str>, Arc<PodInfo>)>,
    budgets: HashMap<ObjectKey, Arc<Budget>>,
    namespaces: HashMap<String, Vec<(String, String)>>,
    /// How many of the Pods speak of others.
    speaking: usize,
}

impl Snapshot {
    /// The nodes in name order.
    pub fn nodes(&self) -> impl Iterator<Item = (&Arc<NodeInfo>, &NodeState)> {
        self.nodes.values().filter_map(|state| Some((state.info.as_ref()?, state)))
    }

    /// One node.
    pub fn node(&self, name: &str) -> Option<&Arc<NodeInfo>> {
        self.nodes.get(name)?.info.as_ref()
    }

    /// A node with what is taken of it.
    pub fn state(&self, name: &str) -> Option<&NodeState> {
        self.nodes.get(name)
    }

    /// Has a Pod wait for a node, or wait no longer.
    pub fn nominate(&mut self, pod: &Arc<PodInfo>, node: Option<&str>) {
        match node {
            Some(node) => drop(self.nominations.insert(pod.key.clone(), (node.into(), Arc::clone(pod)))),
            None => drop(self.nominations.remove(&pod.key)),
        }
    }

    /// The node that a Pod waits for.
    pub fn nomination(&self, key: &ObjectKey) -> Option<&Arc<str>> {
        self.nominations.get(key).map(|(node, _)| node)
    }

    /// A node as `pod` finds it once those have come that wait for it and go first.
    pub fn with_nominated<'a>(&'a self, pod: &PodInfo, node: &str, state: &'a NodeState) -> Cow<'a, NodeState> {
        let mut state = Cow::Borrowed(state);
        for (waits_for, other) in self.nominations.values() {
            if **waits_for == *node && other.key != pod.key && other.priority >= pod.priority {
                state.to_mut().add(other);
            }
        }
        state
    }

    /// Sets or removes a disruption budget.
    pub fn set_budget(&mut self, key: &ObjectKey, budget: Option<Arc<Budget>>) {
        match budget {
            Some(budget) => drop(self.budgets.insert(key.clone(), budget)),
            None => drop(self.budgets.remove(key)),
        }
    }

    /// Whether any placed Pod has affinity or anti-affinity.
    pub fn has_pods_that_speak_of_others(&self) -> bool {
        self.speaking > 0
    }

    /// Sets or removes the labels of a namespace.
    pub fn set_namespace(&mut self, name: &str, labels: Option<Vec<(String, String)>>) {
        match labels {
            Some(labels) => drop(self.namespaces.insert(name.to_owned(), labels)),
            None => drop(self.namespaces.remove(name)),
        }
    }

    /// Labels of a namespace.
    pub fn namespace_labels(&self, name: &str) -> Vec<(String, String)> {
        self.namespaces.get(name).cloned().unwrap_or_default()
    }

    /// All disruption budgets.
    pub fn budgets(&self) -> impl Iterator<Item = (&ObjectKey, &Arc<Budget>)> {
        self.budgets.iter()
    }

    /// Where a Pod is counted.
    pub fn placed(&self, key: &ObjectKey) -> Option<&Placed> {
        self.pods.get(key)
    }

    /// Sets or, with `None`, removes a node. Returns what was there.
    pub fn set_node(&mut self, name: &str, info: Option<Arc<NodeInfo>>) -> Option<Arc<NodeInfo>> {
        if info.is_none() && !self.nodes.contains_key(name) {
            return None;
        }
        let state = self.nodes.entry(name.into()).or_default();
        let old = std::mem::replace(&mut state.info, info);
        if state.is_unused() {
            self.nodes.remove(name);
        }
        old
    }

    /// Counts a Pod on a node, instead of where it was counted before.
    pub fn place(&mut self, pod: Arc<PodInfo>, node: &str, is_assumed: bool) {
        let key = pod.key.clone();
        self.remove(&key);
        let state = self.nodes.entry(node.into()).or_default();
        state.add(&pod);
        self.speaking += usize::from(pod.speaks_of_others());
        self.pods.insert(key, Placed { pod, node: node.into(), is_assumed });
    }

    /// Counts a Pod no longer. Returns where it was.
    pub fn remove(&mut self, key: &ObjectKey) -> Option<Placed> {
        self.nominations.remove(key);
        let placed = self.pods.remove(key)?;
        self.speaking -= usize::from(placed.pod.speaks_of_others());
        if let Some(state) = self.nodes.get_mut(&placed.node) {
            state.remove(&placed.pod);
            if state.is_unused() {
                self.nodes.remove(&placed.node);
            }
        }
        Some(placed)
    }
}
