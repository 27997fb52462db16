//! A DaemonSet's status.

use std::time::Duration;

use apimachinery::meta::ObjectMeta;
use apimachinery::time::Now;
use apimachinery::tree;
use client::plan::{Plan, Write};
use client::resources::DAEMON_SETS;

use super::DaemonSet;
use crate::pod_template::status_differs;

/// Counts that are written also when they are zero.
const ALWAYS: &[&str] =
    &["currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady", "observedGeneration"];

impl DaemonSet {
    /// Writes the status if it differs, and plans the next look when a Pod is ready but not yet available.
    pub(super) fn status_plan(&self, now: Now) -> Plan {
        let [mut desired, mut current, mut misplaced, mut ready, mut available, mut updated] = [0_i64; 6];
        let mut next: Option<Duration> = None;
        for node in &self.nodes {
            let first = self.pods.get(&node.meta.name).and_then(|pods| pods.first());
            let may_come = self.demands.welcome(node).may_come;
            desired += i64::from(may_come);
            let Some(pod) = first else { continue };
            if !may_come {
                misplaced += 1;
                continue;
            }
            current += 1;
            updated += i64::from(self.is_updated(pod));
            if let Some(left) = pod.available_in(self.min_ready, now.wall) {
                ready += 1;
                available += i64::from(left.is_zero());
                next = next.into_iter().chain((!left.is_zero()).then_some(left)).min();
            }
        }
        let status = tree!({
            "currentNumberScheduled": current,
            "numberMisscheduled": misplaced,
            "desiredNumberScheduled": desired,
            "numberReady": ready,
            "observedGeneration": (self.object.generation()),
            "updatedNumberScheduled": updated,
            "numberAvailable": available,
            "numberUnavailable": (desired - available)
        });
        let old = self.object.field("status");
        let mut plan = Plan::none();
        if status_differs(old, &status, ALWAYS) {
            let mut object = self.object.clone();
            let fields = object.object_at(&["status"]);
            for (field, value) in status.as_object().expect("a tree of an object").iter() {
                fields.insert(field.to_owned(), value.clone());
            }
            plan = Plan::write(Write::update(DAEMON_SETS, object).to_subresource("status"));
        }
        match next {
            Some(pause) => plan.and_requeue_after(pause),
            None => plan,
        }
    }
}
