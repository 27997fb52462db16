//! ReplicaSets and ReplicationControllers: keep `spec.replicas` Pods alive.

use apimachinery::meta::ObjectMeta;
use apimachinery::selector::LabelSelector;
use apimachinery::time::Now;
use apimachinery::tree;
use apimachinery::value::Value;
use client::client::{ClientError, Resource};
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::events::ObjectReference;
use client::informer::{Change, Entry, Project};
use client::plan::{Pace, Plan, Write};
use client::resources::{PODS, REPLICA_SETS, REPLICATION_CONTROLLERS};
use client::view::View;
use std::sync::Arc;
use std::time::Duration;

use crate::claim::{Owner, claim};
use crate::digest::{BY_CONTROLLER, Meta, PodDigest, ReplicaSetDigest, orphans_in};
use crate::pod_template::{self, pod_from_template, status_differs};

mod ranking;

/// Pods that one reconciliation creates or deletes.
const BURST_PODS_MAX: usize = 500;

/// See the module.
pub struct ReplicaSetController {
    resource: Resource,
    name: &'static str,
    identity: &'static str,
    project: Project<ReplicaSetDigest>,
    /// Whether `status` counts Pods that are being deleted.
    counts_terminating: bool,
}

impl ReplicaSetController {
    /// The one of ReplicaSets.
    pub const REPLICA_SETS: ReplicaSetController = ReplicaSetController {
        resource: REPLICA_SETS,
        name: "replicaset-controller",
        identity: "system:serviceaccount:kube-system:replicaset-controller",
        project: ReplicaSetDigest::project,
        counts_terminating: true,
    };

    /// The one of ReplicationControllers, which differ in their selector only.
    pub const REPLICATION_CONTROLLERS: ReplicaSetController = ReplicaSetController {
        resource: REPLICATION_CONTROLLERS,
        name: "replication-controller",
        identity: "system:serviceaccount:kube-system:replication-controller",
        project: ReplicaSetDigest::project_controller,
        counts_terminating: false,
    };
}

impl Controller for ReplicaSetController {
    fn name(&self) -> &'static str {
        self.name
    }

    fn identity(&self) -> &'static str {
        self.identity
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        let resource = self.resource;
        vec![
            Watch::new(resource, self.project).touches_itself().boxed(),
            Watch::new(PODS, PodDigest::project)
                .index(BY_CONTROLLER, PodDigest::controller_index)
                .touches(move |view, change, keys| touched_by_pod(resource, view, change, keys))
                .boxed(),
        ]
    }

    fn reconcile(&self, view: &View, key: &Key, now: Now) -> Plan {
        let Some(entry) = view.get::<ReplicaSetDigest>(self.resource, key.namespace(), key.name()) else {
            return Plan::none();
        };
        let digest = &entry.digest;
        let Some(selector) = &digest.selector else { return Plan::none() };
        let mut pods = view.indexed(PODS, BY_CONTROLLER, &digest.meta.uid);
        let terminating = self.counts_terminating.then(|| count_terminating(&pods, selector));
        pods.extend(view.indexed(PODS, BY_CONTROLLER, &orphans_in(key.namespace())));
        pods.retain(|pod: &Entry<PodDigest>| pod.digest.is_active());
        let owner = Owner { resource: self.resource, meta: &digest.meta, selector, finalizer: None };
        let claimed = claim(view, &owner, PODS, pods, |pod| &pod.meta);
        if let Some(plan) = claimed.plan {
            return plan;
        }
        let pods = claimed.owned.into_iter().map(|entry| entry.digest).collect();
        reconcile(view, &ReplicaSet::of(self.resource, terminating, entry.value()), pods, now)
    }
}

/// A Pod touches its ReplicaSet; one without owner touches those that select it.
fn touched_by_pod(resource: Resource, view: &View, change: &Change<PodDigest>, keys: &mut Vec<Key>) {
    for pod in change.digests() {
        if let Some(name) = pod.meta.controller_named(resource.kind) {
            keys.push(Key::new(resource, &pod.meta.namespace, name));
        }
    }
    let Some(pod) = change.new.as_ref().filter(|pod| pod.digest.meta.controller.is_none()) else {
        return;
    };
    for set in view.in_namespace::<ReplicaSetDigest>(resource, &pod.digest.meta.namespace) {
        let selector = set.digest.selector.as_ref().filter(|selector| !selector.is_empty());
        if selector.is_some_and(|selector| pod.digest.meta.matches(selector)) {
            let Meta { namespace, name, .. } = &set.digest.meta;
            keys.push(Key::new(resource, namespace, name));
        }
    }
}

fn count_terminating(pods: &[Entry<PodDigest>], selector: &LabelSelector) -> i64 {
    let is_terminating = |pod: &&Entry<PodDigest>| {
        pod.digest.meta.is_terminating() && !pod.digest.is_terminal() && pod.digest.meta.matches(selector)
    };
    pods.iter().filter(is_terminating).count() as i64
}

/// A ReplicaSet as it is worked on.
struct ReplicaSet {
    resource: Resource,
    object: Value,
    meta: Meta,
    replicas: usize,
    min_ready: Duration,
    /// Pods that are being deleted, where they are counted.
    terminating: Option<i64>,
}

impl ReplicaSet {
    fn of(resource: Resource, terminating: Option<i64>, object: Value) -> Self {
        let seconds = object.i64_at(&["spec", "minReadySeconds"]).unwrap_or(0);
        let replicas = object.i64_at(&["spec", "replicas"]).unwrap_or(1);
        ReplicaSet {
            resource,
            terminating,
            meta: Meta::of(&object),
            replicas: usize::try_from(replicas).unwrap_or(0),
            min_ready: Duration::from_secs(u64::try_from(seconds).unwrap_or(0)),
            object,
        }
    }

    fn reference(&self) -> ObjectReference {
        ObjectReference::to(&self.object)
    }
}

/// Decides which Pods to create or delete so that `set` has `spec.replicas` live ones, else what its status is.
///
/// A change of Pods comes back as a change of the view, and the status follows then.
fn reconcile(view: &View, set: &ReplicaSet, pods: Vec<Arc<PodDigest>>, now: Now) -> Plan {
    if set.meta.is_terminating() || pods.len() == set.replicas {
        return update_status(set, &pods, None, now);
    }
    let (work, failure_reason) = match pods.len() < set.replicas {
        true => (create_pods(set, set.replicas - pods.len()), "FailedCreate"),
        false => {
            let surplus = pods.len() - set.replicas;
            (delete_pods(set, ranking::first_to_go(view, set, &pods, now), surplus), "FailedDelete")
        }
    };
    let set = ReplicaSet::of(set.resource, set.terminating, set.object.clone());
    work.and_then(move |outcome| match &outcome.error {
        None => Plan::none(),
        Some(error) => update_status(&set, &pods, Some((failure_reason, error)), now),
    })
}

fn create_pods(set: &ReplicaSet, missing: usize) -> Plan {
    let pod = pod_from_template(&set.object, set.object.at(&["spec", "template"]));
    let write = pod_template::creation(&set.reference(), pod);
    Plan::none().and_batch(vec![write; missing.min(BURST_PODS_MAX)], Pace::SlowStart)
}

fn delete_pods(set: &ReplicaSet, ranked: Vec<Arc<PodDigest>>, surplus: usize) -> Plan {
    let about = set.reference();
    let doomed = ranked.iter().take(surplus.min(BURST_PODS_MAX));
    let writes = doomed.map(|pod| pod_template::deletion(&about, &pod.meta)).collect();
    Plan::none().and_batch(writes, Pace::Full)
}

/// Writes the status if it differs, and plans the next look when a Pod is ready but not yet available.
fn update_status(set: &ReplicaSet, pods: &[Arc<PodDigest>], failure: Option<(&str, &ClientError)>, now: Now) -> Plan {
    let wait = |pod: &Arc<PodDigest>| -> Option<Duration> {
        let available_at = pod.ready_since? + set.min_ready;
        Duration::try_from(available_at.duration_since(now.wall)).ok().filter(|it| !it.is_zero())
    };
    let ready: Vec<_> = pods.iter().filter(|pod| pod.is_ready).cloned().collect();
    let next_available = match set.min_ready.is_zero() {
        true => None,
        false => ready.iter().filter_map(wait).min(),
    };
    let is_available = |pod: &&Arc<PodDigest>| set.min_ready.is_zero() || wait(pod).is_none();
    let template = set.object.at(&["spec", "template", "metadata", "labels"]).as_object();
    let template = template.into_iter().flat_map(|map| map.iter());
    let template = LabelSelector::from_map(template.map(|(key, value)| (key, value.as_str().unwrap_or(""))));
    let mut status = tree!({
        "replicas": (pods.len() as i64),
        "fullyLabeledReplicas": (pods.iter().filter(|pod| pod.meta.matches(&template)).count() as i64),
        "readyReplicas": (ready.len() as i64),
        "availableReplicas": (ready.iter().filter(is_available).count() as i64),
        "observedGeneration": (set.object.generation()),
        "conditions": (conditions(set, failure, now))
    });
    if let Some(terminating) = set.terminating {
        status.set(&["terminatingReplicas"], terminating);
    }
    let mut plan = Plan::none();
    if status_differs(set.object.field("status"), &status, &["terminatingReplicas"]) {
        let mut object = set.object.clone();
        object.set(&["status"], status);
        plan = Plan::write(Write::update(set.resource, object).to_subresource("status"));
    }
    match next_available {
        Some(pause) => plan.and_requeue_after(pause),
        None => plan,
    }
}

fn conditions(set: &ReplicaSet, failure: Option<(&str, &ClientError)>, now: Now) -> Value {
    let present = set.object.items_at(&["status", "conditions"]);
    let is_failure = |condition: &&Value| condition.str_at(&["type"]) == "ReplicaFailure";
    let mut kept: Vec<Value> = present.iter().filter(|it| !is_failure(it)).cloned().collect();
    if let Some((reason, error)) = failure {
        kept.push(present.iter().find(is_failure).cloned().unwrap_or_else(|| {
            tree!({"type": "ReplicaFailure", "status": "True",
                "lastTransitionTime": (now.seconds_text()), "reason": reason,
                "message": (error.to_string())})
        }));
    }
    Value::Array(kept)
}

#[cfg(test)]
mod tests;
