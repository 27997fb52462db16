//! The whole state of the scheduler and its transitions. Pure: changes and time come in, decisions go out.

use std::sync::Arc;
use std::time::Duration;

use client::informer::ObjectKey;

use crate::budget::Budget;
use crate::node::NodeInfo;
use crate::plugins::ClusterEvent;
use crate::pod::PodInfo;
use crate::preemption::{self, Candidate};
use crate::queue::Queue;
use crate::schedule::schedule;
use crate::snapshot::Snapshot;

/// What is to be done about one Pod.
#[derive(Clone, Debug)]
pub enum Decision {
    /// It goes to this node.
    Bind(Arc<PodInfo>, Arc<str>),
    /// It fits nowhere, for this reason.
    Unschedulable(Arc<PodInfo>, String),
    /// It fits nowhere, for this reason, until others have left a node for it.
    Preempt(Arc<PodInfo>, String, Candidate),
}

/// Queue and snapshot.
pub struct Core {
    name: String,
    queue: Queue,
    snapshot: Snapshot,
}

impl Core {
    /// Schedules the Pods whose `spec.schedulerName` is `name`.
    pub fn new(name: &str) -> Self {
        Core { name: name.to_owned(), queue: Queue::default(), snapshot: Snapshot::default() }
    }

    /// A Pod is now so; `None` when it is gone.
    pub fn set_pod(&mut self, key: &ObjectKey, pod: Option<Arc<PodInfo>>, now: Duration) {
        if let Some(uid) = pod.as_ref().map(|pod| pod.uid.as_str()) {
            self.forget_another(key, uid, now);
        }
        match pod {
            Some(pod) if pod.is_terminal => self.pod_gone(key, now),
            None => self.pod_gone(key, now),
            Some(pod) if !pod.node_name.is_empty() => self.pod_assigned(pod, now),
            Some(pod) => self.pod_waits(pod, now),
        }
    }

    /// A Pod of the same name but another UID is another Pod.
    fn forget_another(&mut self, key: &ObjectKey, uid: &str, now: Duration) {
        let placed = self.snapshot.placed(key).map(|placed| placed.pod.uid.as_str());
        let known = placed.or(self.queue.uid(key));
        if known.is_some_and(|known| known != uid) {
            self.pod_gone(key, now);
        }
    }

    fn pod_gone(&mut self, key: &ObjectKey, now: Duration) {
        self.queue.remove(key);
        if let Some(placed) = self.snapshot.remove(key) {
            self.queue.happened(&ClusterEvent::PodGone(placed.pod), now);
        }
    }

    fn pod_assigned(&mut self, pod: Arc<PodInfo>, now: Duration) {
        self.queue.remove(&pod.key);
        let was_seen = self.snapshot.placed(&pod.key).is_some_and(|placed| !placed.is_assumed);
        let old = self.snapshot.placed(&pod.key).map(|placed| Arc::clone(&placed.pod));
        let node = pod.node_name.clone();
        self.snapshot.place(Arc::clone(&pod), &node, false);
        if !was_seen {
            self.queue.happened(&ClusterEvent::PodPlaced(Arc::clone(&pod)), now);
        }
        if let Some(old) = old.filter(|old| old.requests != pod.requests || old.labels != pod.labels) {
            self.queue.happened(&ClusterEvent::PodChanged(old, pod), now);
        }
    }

    fn pod_waits(&mut self, pod: Arc<PodInfo>, now: Duration) {
        let is_being_bound = self.queue.is_taken(&pod.key);
        if pod.scheduler_name != self.name || is_being_bound {
            return;
        }
        if pod.is_terminating {
            self.snapshot.nominate(&pod, None);
            return self.queue.remove(&pod.key);
        }
        // From before a restart.
        if !pod.nominated_node.is_empty() && self.snapshot.nomination(&pod.key).is_none() {
            self.snapshot.nominate(&pod, Some(&pod.nominated_node));
        }
        self.queue.set(pod, now);
    }

    /// Labels of a namespace are now so; `None` when it is gone.
    pub fn set_namespace(&mut self, name: &str, labels: Option<Vec<(String, String)>>) {
        self.snapshot.set_namespace(name, labels);
    }

    /// A disruption budget is now so; `None` when it is gone.
    pub fn set_budget(&mut self, key: &ObjectKey, budget: Option<Arc<Budget>>) {
        self.snapshot.set_budget(key, budget);
    }

    /// A node is now so; `None` when it is gone.
    pub fn set_node(&mut self, name: &str, node: Option<Arc<NodeInfo>>, now: Duration) {
        let old = self.snapshot.set_node(name, node.clone());
        let event = match (old, node) {
            (None, Some(new)) => ClusterEvent::NodeAdded(new),
            (Some(old), Some(new)) if old != new => ClusterEvent::NodeChanged(old, new),
            _ => return,
        };
        self.queue.happened(&event, now);
    }

    /// Decides about the next Pod, if one is ready. A Pod that goes to a node counts there from now on.
    pub fn decide(&mut self, now: Duration) -> Option<Decision> {
        let pod = self.queue.pop(now)?;
        match schedule(&pod, &self.snapshot) {
            Ok(node) => {
                self.snapshot.place(Arc::clone(&pod), &node, true);
                Some(Decision::Bind(pod, node))
            }
            Err(mut diagnosis) => {
                let candidate = preemption::find(&pod, &self.snapshot, &mut diagnosis.preemption);
                let message = diagnosis.message();
                self.queue.reject(&pod.key, diagnosis.plugins, now);
                let Some(candidate) = candidate else { return Some(Decision::Unschedulable(pod, message)) };
                self.snapshot.nominate(&pod, Some(&candidate.node));
                Some(Decision::Preempt(pod, message, candidate))
            }
        }
    }

    /// A binding failed: the Pod counts on no node any more, and is tried again later.
    pub fn unbind(&mut self, pod: &PodInfo, now: Duration) {
        let is_assumed =
            self.snapshot.placed(&pod.key).is_some_and(|placed| placed.is_assumed && placed.pod.uid == pod.uid);
        if !is_assumed {
            return;
        }
        if let Some(placed) = self.snapshot.remove(&pod.key) {
            self.queue.retry(&pod.key, now);
            self.queue.happened(&ClusterEvent::PodGone(placed.pod), now);
        }
    }

    /// When there is something to decide.
    pub fn next_due(&self) -> Option<Duration> {
        self.queue.next_due()
    }
}

#[cfg(test)]
mod tests;
