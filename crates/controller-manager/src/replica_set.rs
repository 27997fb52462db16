//! ReplicaSets: keep `spec.replicas` Pods alive.

use apimachinery::meta::ObjectMeta;
use apimachinery::selector::LabelSelector;
use apimachinery::time::Now;
use apimachinery::tree;
use apimachinery::value::Value;
use client::client::{ClientError, DeleteOptions};
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::events::{ObjectReference, Occurrence};
use client::informer::{Change, Entry};
use client::plan::{Pace, Plan, Write};
use client::resources::{PODS, REPLICA_SETS};
use client::view::View;
use std::sync::Arc;
use std::time::Duration;

use crate::claim::{Owner, claim};
use crate::digest::{BY_CONTROLLER, Meta, PodDigest, ReplicaSetDigest, orphans_in};

mod ranking;

/// Pods that one reconciliation creates or deletes.
const BURST_PODS_MAX: usize = 500;

/// See the module.
pub struct ReplicaSetController;

impl Controller for ReplicaSetController {
    fn name(&self) -> &'static str {
        "replicaset-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:replicaset-controller"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![
            Watch::new(REPLICA_SETS, ReplicaSetDigest::project).touches_itself().boxed(),
            Watch::new(PODS, PodDigest::project)
                .index(BY_CONTROLLER, PodDigest::controller_index)
                .touches(touched_by_pod)
                .boxed(),
        ]
    }

    fn reconcile(&self, view: &View, key: &Key, now: Now) -> Plan {
        let Some(entry) = view.get::<ReplicaSetDigest>(REPLICA_SETS, key.namespace(), key.name()) else {
            return Plan::none();
        };
        let digest = &entry.digest;
        let Some(selector) = &digest.selector else { return Plan::none() };
        let mut pods = view.indexed(PODS, BY_CONTROLLER, &digest.meta.uid);
        let terminating = count_terminating(&pods, selector);
        pods.extend(view.indexed(PODS, BY_CONTROLLER, &orphans_in(key.namespace())));
        pods.retain(|pod: &Entry<PodDigest>| pod.digest.is_active());
        let owner = Owner { resource: REPLICA_SETS, meta: &digest.meta, selector };
        let claimed = claim(view, &owner, PODS, pods, |pod| &pod.meta);
        if let Some(plan) = claimed.plan {
            return plan;
        }
        let pods = claimed.owned.into_iter().map(|entry| entry.digest).collect();
        reconcile(view, &ReplicaSet::of(entry.value()), pods, terminating, now)
    }
}

/// A Pod touches its ReplicaSet; one without owner touches those that select it.
fn touched_by_pod(view: &View, change: &Change<PodDigest>, keys: &mut Vec<Key>) {
    for pod in change.digests() {
        if let Some(name) = pod.meta.controller_named("ReplicaSet") {
            keys.push(Key::new(REPLICA_SETS, &pod.meta.namespace, name));
        }
    }
    let Some(pod) = change.new.as_ref().filter(|pod| pod.digest.meta.controller.is_none()) else {
        return;
    };
    for set in view.in_namespace::<ReplicaSetDigest>(REPLICA_SETS, &pod.digest.meta.namespace) {
        let selector = set.digest.selector.as_ref().filter(|selector| !selector.is_empty());
        if selector.is_some_and(|selector| pod.digest.meta.matches(selector)) {
            let Meta { namespace, name, .. } = &set.digest.meta;
            keys.push(Key::new(REPLICA_SETS, namespace, name));
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
    object: Value,
    meta: Meta,
    replicas: usize,
    min_ready: Duration,
}

impl ReplicaSet {
    fn of(object: Value) -> Self {
        let seconds = object.i64_at(&["spec", "minReadySeconds"]).unwrap_or(0);
        let replicas = object.i64_at(&["spec", "replicas"]).unwrap_or(1);
        ReplicaSet {
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
fn reconcile(view: &View, set: &ReplicaSet, pods: Vec<Arc<PodDigest>>, terminating: i64, now: Now) -> Plan {
    if set.meta.is_terminating() || pods.len() == set.replicas {
        return update_status(set, &pods, terminating, None, now);
    }
    let (work, failure_reason) = match pods.len() < set.replicas {
        true => (create_pods(set, set.replicas - pods.len()), "FailedCreate"),
        false => {
            let surplus = pods.len() - set.replicas;
            (delete_pods(set, ranking::first_to_go(view, set, &pods, now), surplus), "FailedDelete")
        }
    };
    let set = ReplicaSet::of(set.object.clone());
    work.and_then(move |outcome| match &outcome.error {
        None => Plan::none(),
        Some(error) => update_status(&set, &pods, terminating, Some((failure_reason, error)), now),
    })
}

fn create_pods(set: &ReplicaSet, missing: usize) -> Plan {
    let about = set.reference();
    let write = Write::create(PODS, pod_from_template(set))
        .event_on_success(Occurrence::normal(&about, "SuccessfulCreate", "Created pod: {name}"))
        .event_on_failure(Occurrence::warning(&about, "FailedCreate", "Error creating: {error}"));
    Plan::none().and_batch(vec![write; missing.min(BURST_PODS_MAX)], Pace::SlowStart)
}

fn delete_pods(set: &ReplicaSet, ranked: Vec<Arc<PodDigest>>, surplus: usize) -> Plan {
    let about = set.reference();
    let delete = |pod: &Arc<PodDigest>| {
        let Meta { namespace, name, uid, .. } = &pod.meta;
        let options = DeleteOptions { uid: Some(uid.clone()), ..DeleteOptions::default() };
        let deleted = format!("Deleted pod: {name}");
        Write::delete(PODS, namespace, name, options)
            .event_on_success(Occurrence::normal(&about, "SuccessfulDelete", deleted))
            .event_on_failure(Occurrence::warning(&about, "FailedDelete", "Error deleting: {error}"))
    };
    let writes = ranked.iter().take(surplus.min(BURST_PODS_MAX)).map(delete).collect();
    Plan::none().and_batch(writes, Pace::Full)
}

/// The template becomes a Pod as a tree, so that no field is lost.
fn pod_from_template(set: &ReplicaSet) -> Value {
    let template = set.object.at(&["spec", "template"]);
    let mut metadata = tree!({
        "generateName": (format!("{}-", set.meta.name)),
        "namespace": (set.meta.namespace.as_str()),
        "ownerReferences": [{
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "name": (set.meta.name.as_str()),
            "uid": (set.meta.uid.as_str()),
            "controller": true,
            "blockOwnerDeletion": true
        }]
    });
    for field in ["labels", "annotations", "finalizers"] {
        let value = template.at(&["metadata", field]);
        if !value.is_null() {
            metadata.set(&[field], value.clone());
        }
    }
    tree!({"kind": "Pod", "apiVersion": "v1", "metadata": metadata,
        "spec": (template.field("spec").clone())})
}

/// Writes the status if it differs, and plans the next look when a Pod is ready but not yet available.
fn update_status(
    set: &ReplicaSet,
    pods: &[Arc<PodDigest>],
    terminating: i64,
    failure: Option<(&str, &ClientError)>,
    now: Now,
) -> Plan {
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
    let status = tree!({
        "replicas": (pods.len() as i64),
        "fullyLabeledReplicas": (pods.iter().filter(|pod| pod.meta.matches(&template)).count() as i64),
        "readyReplicas": (ready.len() as i64),
        "availableReplicas": (ready.iter().filter(is_available).count() as i64),
        "terminatingReplicas": terminating,
        "observedGeneration": (set.object.generation()),
        "conditions": (conditions(set, failure, now))
    });
    let mut plan = Plan::none();
    if differs(set.object.field("status"), &status) {
        let mut object = set.object.clone();
        object.set(&["status"], status);
        plan = Plan::write(Write::update(REPLICA_SETS, object).to_subresource("status"));
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

/// Compares field by field: the server leaves zero counts and empty lists out.
fn differs(old: &Value, new: &Value) -> bool {
    let new = new.as_object().expect("a status is an object");
    new.iter().any(|(field, new)| match (old.field(field), new) {
        // A count that was never written differs from a zero that was.
        (Value::Null, Value::Int(0)) => field == "terminatingReplicas",
        (Value::Null, Value::Array(items)) => !items.is_empty(),
        (old, new) => old != new,
    })
}

#[cfg(test)]
mod tests;
