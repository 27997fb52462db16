//! What each node must have: one Pod where Pods may come, none where they may not stay.

use std::sync::Arc;

use apimachinery::meta::ObjectMeta;
use apimachinery::time::Now;
use client::events::Occurrence;

use super::failures::Failures;
use super::{DaemonSet, Work};
use crate::digest::{NodeDigest, PodDigest};

impl DaemonSet {
    pub(super) fn manage(&self, failures: &Failures, now: Now) -> Work {
        let mut work = Work::default();
        for node in &self.nodes {
            self.manage_node(node, failures, now, &mut work);
        }
        // Pods for nodes that are gone will never be bound.
        let is_known = |name: &str| self.nodes.iter().any(|node| node.meta.name == name);
        let lost = self.pods.iter().filter(|(node, _)| !is_known(node)).flat_map(|(_, pods)| pods);
        let unbound = lost.filter(|pod| pod.node_name.is_empty() && !pod.meta.is_terminating());
        work.deletions.extend(unbound.cloned());
        work
    }

    fn manage_node(&self, node: &NodeDigest, failures: &Failures, now: Now, work: &mut Work) {
        let welcome = self.demands.welcome(node);
        let pods = self.pods.get(&node.meta.name).map_or(&[][..], Vec::as_slice);
        let live = pods.iter().filter(|pod| !pod.meta.is_terminating());
        if pods.is_empty() {
            if welcome.may_come {
                work.creations.push(node.meta.name.clone());
            }
            return;
        }
        if !welcome.may_stay {
            work.deletions.extend(live.cloned());
            return;
        }
        let mut running: Vec<&Arc<PodDigest>> = Vec::new();
        for pod in live {
            match pod.phase.as_str() {
                "Failed" => self.replace_failed(pod, node, (failures, now), work),
                "Succeeded" => {
                    work.events.push(self.ended_event("succeeded", "delete", pod, node));
                    work.deletions.push(Arc::clone(pod));
                }
                _ => running.push(pod),
            }
        }
        match self.surges() {
            false => work.deletions.extend(running.into_iter().skip(1).cloned()),
            true => self.manage_surge(&running, (node, welcome.may_come), now, work),
        }
    }

    fn replace_failed(
        &self,
        pod: &Arc<PodDigest>,
        node: &NodeDigest,
        (failures, now): (&Failures, Now),
        work: &mut Work,
    ) {
        let pause = failures.pause(self.object.uid(), &node.meta.name, now.boot);
        if !pause.is_zero() {
            return work.again_in(pause);
        }
        work.events.push(self.ended_event("failed", "kill", pod, node));
        work.deletions.push(Arc::clone(pod));
    }

    fn ended_event(&self, how: &str, what: &str, pod: &PodDigest, node: &NodeDigest) -> Occurrence {
        let (namespace, name, node) = (&pod.meta.namespace, &pod.meta.name, &node.meta.name);
        let message = format!("Found {how} daemon pod {namespace}/{name} on node {node}, will try to {what} it");
        match how {
            "failed" => Occurrence::warning(&self.reference(), "FailedDaemonPod", message),
            _ => Occurrence::normal(&self.reference(), "SucceededDaemonPod", message),
        }
    }

    /// With surge an old and a new Pod may be on a node until the new one is available.
    fn manage_surge(
        &self,
        running: &[&Arc<PodDigest>],
        (node, may_come): (&NodeDigest, bool),
        now: Now,
        work: &mut Work,
    ) {
        if running.is_empty() && may_come {
            work.creations.push(node.meta.name.clone());
        }
        if running.len() <= 1 {
            return;
        }
        let mut new = running.iter().filter(|pod| self.is_updated(pod));
        let mut old = running.iter().filter(|pod| !self.is_updated(pod));
        let (kept_new, kept_old) = (new.next(), old.next());
        work.deletions.extend(new.chain(old).map(|pod| Arc::clone(pod)));
        if let (Some(new), Some(old)) = (kept_new, kept_old)
            && (!old.is_ready || new.is_available(self.min_ready, now.wall))
        {
            work.deletions.push(Arc::clone(old));
        }
    }
}
