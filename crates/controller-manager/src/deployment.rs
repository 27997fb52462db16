//! Deployments: roll ReplicaSets, one per revision of the Pod template.

mod revision;
mod rollout;
mod scaling;
mod status;

use apimachinery::meta::ObjectMeta;
use apimachinery::time::Now;
use apimachinery::value::Value;
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::events::{ObjectReference, Occurrence};
use client::informer::{Change, Entry};
use client::plan::{Plan, Step, Write};
use client::resources::{DEPLOYMENTS, PODS, REPLICA_SETS};
use client::view::View;

use crate::claim::{Owner, claim};
use crate::digest::{BY_CONTROLLER, DeploymentDigest, Meta, PodDigest, ReplicaSetDigest};
use status::Status;

/// See the module.
pub struct DeploymentController;

impl Controller for DeploymentController {
    fn name(&self) -> &'static str {
        "deployment-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:deployment-controller"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![
            Watch::new(DEPLOYMENTS, DeploymentDigest::project).touches_itself().boxed(),
            Watch::new(REPLICA_SETS, ReplicaSetDigest::project).touches(touched_by_set).boxed(),
            Watch::new(PODS, PodDigest::project)
                .index(BY_CONTROLLER, PodDigest::controller_index)
                .touches(touched_by_pod)
                .boxed(),
        ]
    }

    fn reconcile(&self, view: &View, key: &Key, now: Now) -> Plan {
        let Some(entry) = view.get::<DeploymentDigest>(DEPLOYMENTS, key.namespace(), key.name()) else {
            return Plan::none();
        };
        let digest = &entry.digest;
        let Some(selector) = &digest.selector else { return Plan::none() };
        if selector.is_empty() {
            return refuse_everything(entry.value());
        }
        let sets = view.in_namespace::<ReplicaSetDigest>(REPLICA_SETS, key.namespace());
        let owner = Owner { resource: DEPLOYMENTS, meta: &digest.meta, selector, finalizer: None };
        let claimed = claim(view, &owner, REPLICA_SETS, sets, |set| &set.meta);
        if let Some(plan) = claimed.plan {
            return plan;
        }
        let sets = claimed.owned.iter().map(|entry| ReplicaSet::of(entry.value())).collect();
        rollout::reconcile(Rollout::new(entry.value(), sets, view, now))
    }
}

/// A ReplicaSet touches its Deployment; one without owner touches those that select it.
fn touched_by_set(view: &View, change: &Change<ReplicaSetDigest>, keys: &mut Vec<Key>) {
    for set in change.digests() {
        if let Some(name) = set.meta.controller_named("Deployment") {
            keys.push(Key::new(DEPLOYMENTS, &set.meta.namespace, name));
        }
    }
    let Some(set) = change.new.as_ref().filter(|set| set.digest.meta.controller.is_none()) else {
        return;
    };
    for deployment in view.in_namespace::<DeploymentDigest>(DEPLOYMENTS, &set.digest.meta.namespace) {
        let selector = deployment.digest.selector.as_ref().filter(|selector| !selector.is_empty());
        if selector.is_some_and(|selector| set.digest.meta.matches(selector)) {
            let Meta { namespace, name, .. } = &deployment.digest.meta;
            keys.push(Key::new(DEPLOYMENTS, namespace, name));
        }
    }
}

/// `Recreate` waits until the old Pods are gone: a Pod that ends touches its Deployment.
fn touched_by_pod(view: &View, change: &Change<PodDigest>, keys: &mut Vec<Key>) {
    let is_over = |pod: &Entry<PodDigest>| pod.digest.is_terminal();
    let (Some(old), None | Some(true)) = (&change.old, change.new.as_ref().map(is_over)) else {
        return;
    };
    let pod = &old.digest.meta;
    let Some(set) = pod.controller_named("ReplicaSet") else { return };
    let set = view.get::<ReplicaSetDigest>(REPLICA_SETS, &pod.namespace, set);
    let Some(set) = set else { return };
    let Some(name) = set.digest.meta.controller_named("Deployment") else { return };
    let deployment = view.get::<DeploymentDigest>(DEPLOYMENTS, &pod.namespace, name);
    if deployment.is_some_and(|deployment| deployment.digest.is_recreate) {
        keys.push(Key::new(DEPLOYMENTS, &pod.namespace, name));
    }
}

/// A Deployment that selects every Pod is left alone.
fn refuse_everything(mut object: Value) -> Plan {
    let plan = Plan::none().and_event(Occurrence::warning(
        &ObjectReference::to(&object),
        "SelectingAll",
        "This deployment is selecting all pods. A non-empty selector is required.",
    ));
    let generation = object.generation();
    if object.i64_at(&["status", "observedGeneration"]).unwrap_or(0) >= generation {
        return plan;
    }
    object.set(&["status", "observedGeneration"], generation);
    plan.and_write(Write::update(DEPLOYMENTS, object).to_subresource("status"))
}

/// One ReplicaSet of the Deployment, with what is decided about it so far.
#[derive(Clone)]
struct ReplicaSet {
    object: Value,
    name: String,
    uid: String,
    created: Option<jiff::Timestamp>,
    /// `spec.replicas`, as it will be.
    replicas: i64,
    /// `status.replicas`
    actual: i64,
    ready: i64,
    available: i64,
    terminating: Option<i64>,
    observed_generation: i64,
}

impl ReplicaSet {
    fn of(object: Value) -> Self {
        let meta = Meta::of(&object);
        let count = |field: &str| object.i64_at(&["status", field]);
        ReplicaSet {
            name: meta.name,
            uid: meta.uid,
            created: meta.created,
            replicas: object.i64_at(&["spec", "replicas"]).unwrap_or(1),
            actual: count("replicas").unwrap_or(0),
            ready: count("readyReplicas").unwrap_or(0),
            available: count("availableReplicas").unwrap_or(0),
            terminating: count("terminatingReplicas"),
            observed_generation: count("observedGeneration").unwrap_or(0),
            object,
        }
    }

    fn is_active(&self) -> bool {
        self.replicas > 0
    }
}

/// A Deployment as it is worked on: what it asks for, its ReplicaSets, and the plan so far.
struct Rollout<'a> {
    object: Value,
    view: &'a View,
    now: Now,
    /// All of its ReplicaSets, the oldest first.
    sets: Vec<ReplicaSet>,
    /// Which of them has the present template.
    new: Option<usize>,
    replicas: i64,
    max_surge: i64,
    max_unavailable: i64,
    is_rolling: bool,
    is_paused: bool,
    /// `spec.progressDeadlineSeconds`, if there is one.
    progress_deadline: Option<i64>,
    /// Status at the beginning.
    old_status: Status,
    status: Status,
    /// Value that the revision annotation gets.
    revision: Option<String>,
    steps: Vec<Step>,
}

impl<'a> Rollout<'a> {
    fn new(object: Value, mut sets: Vec<ReplicaSet>, view: &'a View, now: Now) -> Self {
        sets.sort_by(|a, b| (a.created, &a.name).cmp(&(b.created, &b.name)));
        let replicas = object.i64_at(&["spec", "replicas"]).unwrap_or(1);
        let is_rolling = object.str_at(&["spec", "strategy", "type"]) == "RollingUpdate";
        let (max_surge, max_unavailable) = match is_rolling {
            true => scaling::fenceposts(object.at(&["spec", "strategy", "rollingUpdate"]), replicas),
            false => (0, 0),
        };
        let never = i64::from(i32::MAX);
        let deadline = object.i64_at(&["spec", "progressDeadlineSeconds"]);
        let status = Status::of(&object);
        Rollout {
            view,
            now,
            new: sets.iter().position(|set| revision::has_template_of(&set.object, &object)),
            sets,
            replicas,
            max_surge,
            max_unavailable,
            is_rolling,
            is_paused: object.bool_at(&["spec", "paused"]),
            progress_deadline: deadline.filter(|seconds| *seconds != never),
            old_status: status.clone(),
            status,
            revision: None,
            steps: Vec::new(),
            object,
        }
    }

    fn reference(&self) -> ObjectReference {
        ObjectReference::to(&self.object)
    }

    /// Indexes of the sets that have not the present template.
    fn old_sets(&self) -> Vec<usize> {
        (0..self.sets.len()).filter(|at| Some(*at) != self.new).collect()
    }

    fn active_old_sets(&self) -> Vec<usize> {
        let mut old = self.old_sets();
        old.retain(|at| self.sets[*at].is_active());
        old
    }

    fn sum(&self, count: impl Fn(&ReplicaSet) -> i64) -> i64 {
        self.sets.iter().map(count).sum()
    }

    fn new_set(&self) -> Option<&ReplicaSet> {
        self.new.map(|at| &self.sets[at])
    }
}

#[cfg(test)]
mod tests;
