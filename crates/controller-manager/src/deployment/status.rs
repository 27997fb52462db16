//! Status and conditions of a Deployment.

use std::time::Duration;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::time::{self, Now};
use apimachinery::tree;
use apimachinery::value::Value;
use client::client::ClientError;
use client::plan::{Outcome, Plan, Step, Write};
use client::resources::DEPLOYMENTS;

use super::Rollout;

/// Reasons of conditions, as clients match on them.
pub(super) mod reason {
    pub const SET_UPDATED: &str = "ReplicaSetUpdated";
    pub const CREATE_FAILED: &str = "ReplicaSetCreateError";
    pub const NEW_SET: &str = "NewReplicaSetCreated";
    pub const FOUND_NEW_SET: &str = "FoundNewReplicaSet";
    pub const NEW_SET_AVAILABLE: &str = "NewReplicaSetAvailable";
    pub const TIMED_OUT: &str = "ProgressDeadlineExceeded";
    pub const PAUSED: &str = "DeploymentPaused";
    pub const RESUMED: &str = "DeploymentResumed";
    pub const AVAILABLE: &str = "MinimumReplicasAvailable";
    pub const UNAVAILABLE: &str = "MinimumReplicasUnavailable";
}

/// `status` of a Deployment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Status {
    pub observed_generation: i64,
    pub replicas: i64,
    pub updated: i64,
    pub ready: i64,
    pub available: i64,
    pub unavailable: i64,
    pub terminating: Option<i64>,
    pub collision_count: Option<i64>,
    pub conditions: Vec<Condition>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    pub condition_type: String,
    pub status: String,
    pub reason: String,
    pub message: String,
    pub last_update: String,
    pub last_transition: String,
}

impl Condition {
    pub fn new(condition_type: &str, status: &str, reason: &str, message: impl Into<String>, now: Now) -> Self {
        Condition {
            condition_type: condition_type.to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
            message: message.into(),
            last_update: now.seconds_text(),
            last_transition: now.seconds_text(),
        }
    }

    fn of(value: &Value) -> Self {
        let text = |field: &str| value.str_at(&[field]).to_owned();
        Condition {
            condition_type: text("type"),
            status: text("status"),
            reason: text("reason"),
            message: text("message"),
            last_update: text("lastUpdateTime"),
            last_transition: text("lastTransitionTime"),
        }
    }

    fn to_value(&self) -> Value {
        tree!({
            "type": (self.condition_type.as_str()),
            "status": (self.status.as_str()),
            "lastUpdateTime": (self.last_update.as_str()),
            "lastTransitionTime": (self.last_transition.as_str()),
            "reason": (self.reason.as_str()),
            "message": (self.message.as_str())
        })
    }
}

impl Status {
    pub fn of(object: &Value) -> Self {
        let count = |field: &str| object.i64_at(&["status", field]);
        Status {
            observed_generation: count("observedGeneration").unwrap_or(0),
            replicas: count("replicas").unwrap_or(0),
            updated: count("updatedReplicas").unwrap_or(0),
            ready: count("readyReplicas").unwrap_or(0),
            available: count("availableReplicas").unwrap_or(0),
            unavailable: count("unavailableReplicas").unwrap_or(0),
            terminating: count("terminatingReplicas"),
            collision_count: count("collisionCount"),
            conditions: object.items_at(&["status", "conditions"]).iter().map(Condition::of).collect(),
        }
    }

    fn to_value(&self) -> Value {
        let counts = [
            ("observedGeneration", Some(self.observed_generation).filter(|it| *it != 0)),
            ("replicas", Some(self.replicas).filter(|it| *it != 0)),
            ("updatedReplicas", Some(self.updated).filter(|it| *it != 0)),
            ("readyReplicas", Some(self.ready).filter(|it| *it != 0)),
            ("availableReplicas", Some(self.available).filter(|it| *it != 0)),
            ("unavailableReplicas", Some(self.unavailable).filter(|it| *it != 0)),
            ("terminatingReplicas", self.terminating),
            ("collisionCount", self.collision_count),
        ];
        let counts = counts.into_iter().filter_map(|(name, count)| Some((name, Value::Int(count?))));
        let mut value: Value = counts.collect();
        let conditions: Value = self.conditions.iter().map(Condition::to_value).collect();
        value.set(&["conditions"], conditions);
        value
    }

    pub fn condition(&self, condition_type: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.condition_type == condition_type)
    }

    /// Sets a condition; one with the same status and reason stays as it is.
    pub fn set(&mut self, mut condition: Condition) {
        if let Some(present) = self.condition(&condition.condition_type)
            && present.status == condition.status
        {
            if present.reason == condition.reason {
                return;
            }
            condition.last_transition = present.last_transition.clone();
        }
        self.remove(&condition.condition_type.clone());
        self.conditions.push(condition);
    }

    fn remove(&mut self, condition_type: &str) {
        self.conditions.retain(|condition| condition.condition_type != condition_type);
    }
}

impl Rollout<'_> {
    /// A pause and its end are conditions, so that a paused time does not count as lack of progress.
    pub(super) fn note_pause(&mut self) {
        if self.progress_deadline.is_none() {
            return;
        }
        let present = self.status.condition("Progressing").map(|it| it.reason.as_str());
        match (present, self.is_paused) {
            (Some(reason::TIMED_OUT), _) | (Some(reason::PAUSED), true) => {}
            (_, true) => self.progress("Unknown", reason::PAUSED, "Deployment is paused".into()),
            (Some(reason::PAUSED), false) => {
                self.progress("Unknown", reason::RESUMED, "Deployment is resumed".into());
            }
            (_, false) => {}
        }
    }

    /// Whether all replicas are of the present template and available.
    pub(super) fn is_complete(&self, status: &Status) -> bool {
        status.updated == self.replicas
            && status.replicas == self.replicas
            && status.available == self.replicas
            && status.observed_generation >= self.object.generation()
    }

    /// Counts, and whether enough replicas are available.
    fn count(&mut self) {
        let available = self.sum(|set| set.available);
        let wanted = self.sum(|set| set.replicas);
        let new = self.new_set().map_or(0, |set| set.actual);
        self.status.observed_generation = self.object.generation();
        self.status.replicas = self.sum(|set| set.actual);
        self.status.updated = new;
        self.status.ready = self.sum(|set| set.ready);
        self.status.available = available;
        self.status.unavailable = (wanted - available).max(0);
        self.status.terminating = self.count_terminating();
        let condition = match available >= self.replicas - self.max_unavailable {
            true => ("True", reason::AVAILABLE, "Deployment has minimum availability."),
            false => ("False", reason::UNAVAILABLE, "Deployment does not have minimum availability."),
        };
        let (status, reason, message) = condition;
        self.status.set(Condition::new("Available", status, reason, message, self.now));
    }

    /// Unknown as long as a ReplicaSet that was worked on does not tell its own count.
    fn count_terminating(&self) -> Option<i64> {
        let told = |set: &super::ReplicaSet| match (set.terminating, set.observed_generation) {
            (None, 0) => Some(0),
            (count, _) => count,
        };
        self.sets.iter().map(told).sum()
    }

    pub(super) fn finish_without_progress(mut self) -> Plan {
        self.count();
        self.into_plan()
    }

    pub(super) fn finish_collision(self) -> Plan {
        self.into_plan().and_retry("the name of the new ReplicaSet is taken")
    }

    /// Estimates progress, takes over failures of the ReplicaSets.
    pub(super) fn finish(mut self) -> Plan {
        self.count();
        match self.progress_deadline {
            None => self.status.remove("Progressing"),
            Some(deadline) => self.estimate_progress(deadline),
        }
        match self.replica_failure() {
            Some(failure) => self.status.set(failure),
            None => self.status.remove("ReplicaFailure"),
        }
        let pause = match self.status == self.old_status {
            true => self.next_progress_check(),
            false => None,
        };
        let plan = self.into_plan();
        match pause {
            Some(pause) => plan.and_requeue_after(pause),
            None => plan,
        }
    }

    fn estimate_progress(&mut self, deadline: i64) {
        let present = self.status.condition("Progressing").cloned();
        let is_done = present.as_ref().is_some_and(|it| it.reason == reason::NEW_SET_AVAILABLE)
            && self.status.replicas == self.status.updated;
        if is_done {
            return;
        }
        let subject = match self.new_set() {
            Some(set) => format!("ReplicaSet \"{}\"", set.name),
            None => format!("Deployment \"{}\"", self.object.name()),
        };
        if self.is_complete(&self.status) {
            let message = format!("{subject} has successfully progressed.");
            self.progress("True", reason::NEW_SET_AVAILABLE, message);
        } else if self.has_progressed() {
            let message = format!("{subject} is progressing.");
            let mut condition = Condition::new("Progressing", "True", reason::SET_UPDATED, message, self.now);
            if let Some(present) = present.filter(|present| present.status == "True") {
                condition.last_transition = present.last_transition;
            }
            // The update time tells the last progress, also when nothing else changes.
            self.status.remove("Progressing");
            self.status.set(condition);
        } else if present.is_some_and(|present| has_timed_out(&present, deadline, self.now)) {
            let message = format!("{subject} has timed out progressing.");
            self.progress("False", reason::TIMED_OUT, message);
        }
    }

    fn has_progressed(&self) -> bool {
        let (old, new) = (&self.old_status, &self.status);
        new.updated > old.updated
            || new.replicas - new.updated < old.replicas - old.updated
            || new.ready > old.ready
            || new.available > old.available
    }

    /// The failure of the new ReplicaSet, else that of any.
    fn replica_failure(&self) -> Option<Condition> {
        let sets = self.new_set().into_iter().chain(&self.sets);
        let mut conditions = sets.flat_map(|set| set.object.items_at(&["status", "conditions"]).iter());
        let failure = conditions.find(|it| it.str_at(&["type"]) == "ReplicaFailure")?;
        let mut condition = Condition::of(failure);
        condition.last_update = condition.last_transition.clone();
        Some(condition)
    }

    /// When to look whether a rollout without a sign of progress has timed out.
    fn next_progress_check(&self) -> Option<Duration> {
        let deadline = self.progress_deadline?;
        let present = self.old_status.condition("Progressing")?;
        if self.is_complete(&self.status) || present.reason == reason::TIMED_OUT {
            return None;
        }
        let update = time::parse(&present.last_update)?;
        let deadline = update + Duration::from_secs(u64::try_from(deadline).unwrap_or(0));
        let left = Duration::try_from(deadline.duration_since(self.now.wall)).unwrap_or_default();
        // One second more, since times are told in whole seconds.
        Some(left + Duration::from_secs(1))
    }

    /// The steps, and the status if it differs.
    fn into_plan(self) -> Plan {
        let annotation = "deployment.kubernetes.io/revision";
        let revision = self.revision.filter(|it| self.object.annotation(annotation) != Some(it));
        let is_changed = self.status != self.old_status || revision.is_some();
        let mut plan = Plan { steps: self.steps, ..Plan::default() };
        if let Some(on_failure) = on_failed_creation(&plan, &self.object, &self.old_status, self.now) {
            plan = plan.and_then(on_failure);
        }
        if !is_changed {
            return plan;
        }
        let mut object = self.object;
        if let Some(revision) = revision {
            object.object_at(&["metadata", "annotations"]).insert(annotation, revision);
        }
        object.set(&["status"], self.status.to_value());
        plan.and_write(Write::update(DEPLOYMENTS, object).to_subresource("status"))
    }
}

/// A ReplicaSet that cannot be created is a condition of the Deployment.
fn on_failed_creation(
    plan: &Plan,
    object: &Value,
    status: &Status,
    now: Now,
) -> Option<impl FnOnce(&Outcome) -> Plan + Send + 'static> {
    let name = plan.steps.iter().find_map(|step| match step {
        Step::Write(write) if matches!(write.verb, client::plan::Verb::Create(_)) => Some(write.name.clone()),
        _ => None,
    })?;
    let (mut object, mut status) = (object.clone(), status.clone());
    Some(move |outcome: &Outcome| {
        let error = match &outcome.error {
            Some(error) if outcome.written == 0 && !error.is_already_exists() => error,
            _ => return Plan::none(),
        };
        let message = failed_creation_text(&name, error);
        status.set(Condition::new("Progressing", "False", reason::CREATE_FAILED, message, now));
        object.set(&["status"], status.to_value());
        Plan::write(Write::update(DEPLOYMENTS, object).to_subresource("status"))
    })
}

fn failed_creation_text(name: &str, error: &ClientError) -> String {
    let name = String::from_utf8_lossy(&json::to_vec(&Value::from(name))).into_owned();
    format!("Failed to create new replica set {name}: {error}")
}

/// Whether nothing has happened for the whole deadline.
fn has_timed_out(present: &Condition, deadline: i64, now: Now) -> bool {
    match present.reason.as_str() {
        reason::NEW_SET_AVAILABLE => false,
        reason::TIMED_OUT => true,
        _ => time::parse(&present.last_update)
            .is_some_and(|update| update + Duration::from_secs(u64::try_from(deadline).unwrap_or(0)) < now.wall),
    }
}
