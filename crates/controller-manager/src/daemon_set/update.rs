//! Rolling updates: old Pods make room within `maxUnavailable`, or new ones come first within `maxSurge`.

use std::sync::Arc;

use apimachinery::time::Now;
use apimachinery::value::Value;

use super::{DaemonSet, Work};
use crate::digest::PodDigest;
use crate::scaled::scaled_up;

/// The Pods of one node.
enum OnNode {
    /// More than one of a kind: the nodes' part cleans up first.
    Unclear,
    Clear {
        new: Option<Arc<PodDigest>>,
        old: Option<Arc<PodDigest>>,
    },
}

impl DaemonSet {
    fn strategy(&self) -> &Value {
        self.object.at(&["spec", "updateStrategy"])
    }

    pub(super) fn surges(&self) -> bool {
        let is_rolling = self.strategy().str_at(&["type"]) == "RollingUpdate";
        is_rolling && scaled_up(self.strategy().at(&["rollingUpdate", "maxSurge"]), self.nodes.len()) > 0
    }

    pub(super) fn update(&self, now: Now) -> Work {
        if self.strategy().str_at(&["type"]) != "RollingUpdate" {
            return Work::default();
        }
        let wanted = self.nodes.iter().filter(|node| self.demands.welcome(node).may_come).count();
        let rolling = self.strategy().field("rollingUpdate");
        let surge = scaled_up(rolling.field("maxSurge"), wanted);
        let unavailable = scaled_up(rolling.field("maxUnavailable"), wanted);
        match surge {
            0 => self.replace(unavailable.max(1), now),
            surge => self.surge(surge, now),
        }
    }

    fn on_node(&self, pods: &[Arc<PodDigest>]) -> OnNode {
        let live = pods.iter().filter(|pod| !pod.meta.is_terminating());
        let (new, old): (Vec<_>, Vec<_>) = live.cloned().partition(|pod| self.is_updated(pod));
        match new.len() <= 1 && old.len() <= 1 {
            true => OnNode::Clear { new: new.into_iter().next(), old: old.into_iter().next() },
            false => OnNode::Unclear,
        }
    }

    fn replace(&self, unavailable_max: usize, now: Now) -> Work {
        let is_available = |pod: &PodDigest| pod.is_available(self.min_ready, now.wall);
        let (mut unavailable, mut broken, mut candidates) = (0, Vec::new(), Vec::new());
        for pods in self.pods.values() {
            match self.on_node(pods) {
                OnNode::Clear { new: Some(new), old: None } if is_available(&new) => {}
                OnNode::Clear { new: None, old: Some(old) } if is_available(&old) => candidates.push(old),
                OnNode::Clear { new: None, old: Some(old) } => {
                    unavailable += 1;
                    broken.push(old);
                }
                _ => unavailable += 1,
            }
        }
        // What is away already may as well be replaced.
        let allowed = unavailable_max.saturating_sub(unavailable);
        broken.extend(candidates.into_iter().take(allowed));
        Work { deletions: broken, ..Work::default() }
    }

    fn surge(&self, surge_max: usize, now: Now) -> Work {
        let is_available = |pod: &PodDigest| pod.is_available(self.min_ready, now.wall);
        let (mut surging, mut work, mut candidates) = (0, Work::default(), Vec::new());
        for (node, pods) in &self.pods {
            match self.on_node(pods) {
                OnNode::Clear { old: None, .. } => {}
                OnNode::Clear { new: None, old: Some(old) } if is_available(&old) => candidates.push(node.clone()),
                OnNode::Clear { new: None, old: Some(_) } => work.creations.push(node.clone()),
                OnNode::Clear { new: Some(new), old: Some(old) } if is_available(&new) => work.deletions.push(old),
                _ => surging += 1,
            }
        }
        work.creations.extend(candidates.into_iter().take(surge_max.saturating_sub(surging)));
        work
    }
}
