//! Jobs: Pods that run to an end, counted exactly once by a finalizer (KEP-2307).

mod backoff;
pub(crate) mod conditions;
mod failure_policy;
mod indexes;
mod pods;
mod state;
mod status;

use std::sync::Arc;

use apimachinery::time::Now;
use apimachinery::tree;
use client::client::PatchFormat;
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::informer::{Change, Entry};
use client::plan::{Pace, Plan, Write};
use client::resources::{JOBS, PODS};
use client::view::View;

use crate::claim::{Owner, claim};
use crate::digest::{BY_CONTROLLER, JOB_TRACKING, Meta, PodDigest, WorkloadDigest, orphans_in};
use state::JobState;

/// `spec.managedBy` of the Jobs that are ours.
const OUR_NAME: &str = "kubernetes.io/job-controller";

/// See the module.
pub struct JobController;

impl Controller for JobController {
    fn name(&self) -> &'static str {
        "job-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:job-controller"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![
            Watch::new(JOBS, WorkloadDigest::project).touches(touched_by_job).boxed(),
            Watch::new(PODS, PodDigest::project)
                .index(BY_CONTROLLER, PodDigest::controller_index)
                .touches(touched_by_pod)
                .boxed(),
        ]
    }

    fn reconcile(&self, view: &View, key: &Key, now: Now) -> Plan {
        if key.resource == PODS {
            return let_go_of_orphan(view, key);
        }
        let Some(entry) = view.get::<WorkloadDigest>(JOBS, key.namespace(), key.name()) else {
            return Plan::none();
        };
        let object = entry.value();
        let manager = object.str_at(&["spec", "managedBy"]);
        if !manager.is_empty() && manager != OUR_NAME {
            return Plan::none();
        }
        if conditions::is_finished(&object) {
            let pods = view.indexed::<PodDigest>(PODS, BY_CONTROLLER, &entry.digest.meta.uid);
            let tracked = pods.iter().filter(|pod| pod.digest.is_tracked);
            return Plan::none().and_batch(tracked.map(|pod| untrack(&pod.digest.meta)).collect(), Pace::Full);
        }
        let Some(selector) = &entry.digest.selector else { return Plan::none() };
        let mut pods = view.indexed::<PodDigest>(PODS, BY_CONTROLLER, &entry.digest.meta.uid);
        pods.extend(view.indexed::<PodDigest>(PODS, BY_CONTROLLER, &orphans_in(key.namespace())));
        let owner = Owner { resource: JOBS, meta: &entry.digest.meta, selector, finalizer: Some(JOB_TRACKING) };
        let claimed = claim(view, &owner, PODS, pods, |pod| &pod.meta);
        match claimed.plan {
            Some(plan) => plan,
            None => reconcile(JobState::new(object, claimed.owned, now)),
        }
    }
}

/// A Job touches itself; when it goes, also the Pods that it leaves.
fn touched_by_job(view: &View, change: &Change<WorkloadDigest>, keys: &mut Vec<Key>) {
    keys.push(Key { resource: JOBS, object: change.key.clone() });
    let is_same = |uid: &str| change.new.as_ref().is_some_and(|new| new.digest.meta.uid == uid);
    let Some(old) = change.old.as_ref().filter(|old| !is_same(&old.digest.meta.uid)) else { return };
    for pod in view.indexed::<PodDigest>(PODS, BY_CONTROLLER, &old.digest.meta.uid) {
        if pod.digest.is_tracked {
            keys.push(Key::new(PODS, &pod.digest.meta.namespace, &pod.digest.meta.name));
        }
    }
}

/// A Pod touches its Job; one without owner touches those that select it, or is let go of.
fn touched_by_pod(view: &View, change: &Change<PodDigest>, keys: &mut Vec<Key>) {
    for pod in change.digests() {
        if let Some(name) = pod.meta.controller_named("Job") {
            keys.push(Key::new(JOBS, &pod.meta.namespace, name));
        }
    }
    let Some(pod) = &change.new else { return };
    let meta = &pod.digest.meta;
    if pod.digest.is_tracked && owner_of(view, meta).is_none() {
        keys.push(Key { resource: PODS, object: change.key.clone() });
    }
    if meta.controller.is_some() {
        return;
    }
    for job in view.in_namespace::<WorkloadDigest>(JOBS, &meta.namespace) {
        let selector = job.digest.selector.as_ref().filter(|selector| !selector.is_empty());
        if selector.is_some_and(|selector| meta.matches(selector)) {
            keys.push(Key::new(JOBS, &job.digest.meta.namespace, &job.digest.meta.name));
        }
    }
}

fn owner_of(view: &View, pod: &Meta) -> Option<Entry<WorkloadDigest>> {
    let name = pod.controller_named("Job")?;
    let job = view.get::<WorkloadDigest>(JOBS, &pod.namespace, name);
    job.filter(|job| job.digest.meta.uid == pod.controller_uid())
}

/// Nobody will count a Pod whose Job is gone.
fn let_go_of_orphan(view: &View, key: &Key) -> Plan {
    let Some(pod) = view.get::<PodDigest>(PODS, key.namespace(), key.name()) else { return Plan::none() };
    match pod.digest.is_tracked && owner_of(view, &pod.digest.meta).is_none() {
        true => Plan::write(untrack(&pod.digest.meta)),
        false => Plan::none(),
    }
}

/// Takes the tracking finalizer from a Pod.
fn untrack(pod: &Meta) -> Write {
    let patch = tree!({"metadata": {
        "uid": (pod.uid.as_str()),
        "$deleteFromPrimitiveList/finalizers": [(JOB_TRACKING)]
    }});
    Write::patch(PODS, &pod.namespace, &pod.name, PatchFormat::Strategic, patch).accept_not_found()
}

/// Decides on an unfinished Job: how it stands, which Pods come and go, what its status tells.
///
/// The order matters: what is to be counted is in the status before its finalizer goes, so that a crash in between
/// counts nothing twice and loses nothing.
fn reconcile(mut job: JobState) -> Plan {
    let verdict = job.verdict();
    let work = match &verdict {
        Some(_) => pods::Work { deletions: job.active.clone(), ..pods::Work::default() },
        None => job.manage(),
    };
    let counted = job.count(verdict.as_ref());
    let mut plan = Plan::none();
    if let Some(write) = job.status_write(verdict, counted.status) {
        plan = plan.and_write(write);
    }
    let untracked: Vec<Write> = counted.done.iter().map(|pod| untrack(&pod.digest.meta)).collect();
    plan = plan.and_batch(untracked, Pace::Full);
    if let Some(pause) = job.deadline_in() {
        plan = plan.and_requeue_after(pause);
    }
    work.add_to(&job, plan)
}

/// A Pod of a Job.
type JobPod = Entry<PodDigest>;

fn same_pod(a: &JobPod, b: &JobPod) -> bool {
    Arc::ptr_eq(&a.digest, &b.digest) || a.digest.meta.uid == b.digest.meta.uid
}

#[cfg(test)]
mod tests;
