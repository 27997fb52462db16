//! A StatefulSet's status.

use std::sync::Arc;
use std::time::Duration;

use apimachinery::meta::ObjectMeta;
use apimachinery::time::Now;
use apimachinery::tree;
use client::plan::{Plan, Write};
use client::resources::STATEFUL_SETS;

use super::StatefulSet;
use crate::digest::PodDigest;
use crate::pod_template::status_differs;
use crate::revision_history::POD_REVISION;

/// Counts that are written also when they are zero.
const ALWAYS: &[&str] = &["replicas", "availableReplicas", "collisionCount", "observedGeneration"];

impl StatefulSet {
    /// Writes the status if it differs, and plans the next look when a Pod is ready but not yet available.
    pub(super) fn status_plan(&self, now: Now) -> Plan {
        let pods: Vec<&Arc<PodDigest>> = self.replicas.iter().flatten().chain(&self.condemned).collect();
        let count = |of: &dyn Fn(&PodDigest) -> bool| pods.iter().filter(|pod| of(pod)).count() as i64;
        let is_ready = |pod: &PodDigest| pod.phase == "Running" && pod.is_ready;
        let update = self.history.current_name();
        let has =
            |pod: &PodDigest, name: &str| !pod.meta.is_terminating() && pod.meta.label(POD_REVISION) == Some(name);
        let replicas = pods.len() as i64;
        let ready = count(&is_ready);
        let updated = count(&|pod| has(pod, update));
        let wanted = self.replicas.len() as i64;
        let is_rolling = self.object.str_at(&["spec", "updateStrategy", "type"]) == "RollingUpdate";
        let is_complete = is_rolling && updated == wanted && ready == wanted && replicas == wanted;
        let (current, current_count) = match is_complete {
            true => (update, updated),
            false => (self.current.as_str(), count(&|pod| has(pod, &self.current))),
        };
        let status = tree!({
            "observedGeneration": (self.object.generation()),
            "replicas": replicas,
            "readyReplicas": ready,
            "currentReplicas": current_count,
            "updatedReplicas": updated,
            "currentRevision": current,
            "updateRevision": update,
            "collisionCount": (self.object.i64_at(&["status", "collisionCount"]).unwrap_or(0)),
            "availableReplicas": (count(&|pod| is_ready(pod) && self.is_available(pod, now)))
        });
        let mut plan = Plan::none();
        if status_differs(self.object.field("status"), &status, ALWAYS) {
            let mut object = self.object.clone();
            let fields = object.object_at(&["status"]);
            for (field, value) in status.as_object().expect("a tree of an object").iter() {
                fields.insert(field.to_owned(), value.clone());
            }
            plan = Plan::write(Write::update(STATEFUL_SETS, object).to_subresource("status").accept_not_found());
        }
        let waits = pods.iter().filter_map(|pod| pod.available_in(self.min_ready, now.wall));
        match waits.filter(|left: &Duration| !left.is_zero()).min() {
            Some(pause) => plan.and_requeue_after(pause),
            None => plan,
        }
    }
}
