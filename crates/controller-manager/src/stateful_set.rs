//! StatefulSets: Pods with lasting names and volumes, one after the other or all at once.

mod claims;
mod pods;
mod status;

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::selector::LabelSelector;
use apimachinery::time::Now;
use apimachinery::value::Value;
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::events::ObjectReference;
use client::informer::{Change, Entry};
use client::plan::{Pace, Plan, Step, Write};
use client::resources::{CONTROLLER_REVISIONS, PERSISTENT_VOLUME_CLAIMS, PODS, STATEFUL_SETS};
use client::view::View;

use crate::claim::{Owner, claim};
use crate::digest::{BY_CONTROLLER, Meta, PodDigest, WorkloadDigest, orphans_in};
use crate::revision_history::{self, History, Keeping, POD_REVISION, RevisionDigest};

const KEEPING: Keeping = Keeping { resource: STATEFUL_SETS, hash_label: "controller.kubernetes.io/hash" };

/// See the module.
pub struct StatefulSetController;

/// A PersistentVolumeClaim: whole, since its owners are looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimDigest {
    /// Metadata.
    pub meta: Meta,
}

impl ClaimDigest {
    /// The projection.
    pub fn project(bytes: &[u8]) -> Option<Self> {
        Some(ClaimDigest { meta: Meta::of(&json::parse(bytes).ok()?) })
    }
}

impl Controller for StatefulSetController {
    fn name(&self) -> &'static str {
        "statefulset-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:statefulset-controller"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![
            Watch::new(STATEFUL_SETS, WorkloadDigest::project).touches_itself().boxed(),
            Watch::new(CONTROLLER_REVISIONS, RevisionDigest::project)
                .index(BY_CONTROLLER, RevisionDigest::controller_index)
                .touches(touched_by_revision)
                .boxed(),
            Watch::new(PERSISTENT_VOLUME_CLAIMS, ClaimDigest::project).touches(touched_by_lost_claim).boxed(),
            Watch::new(PODS, PodDigest::project)
                .index(BY_CONTROLLER, PodDigest::controller_index)
                .touches(touched_by_pod)
                .boxed(),
        ]
    }

    fn reconcile(&self, view: &View, key: &Key, now: Now) -> Plan {
        let Some(entry) = view.get::<WorkloadDigest>(STATEFUL_SETS, key.namespace(), key.name()) else {
            return Plan::none();
        };
        let Some(selector) = &entry.digest.selector else { return Plan::none() };
        let object = entry.value();
        let history = match revision_history::history(view, &KEEPING, &object, selector) {
            Ok(history) => history,
            Err(plan) => return plan,
        };
        let pods = match owned_pods(view, &entry.digest, selector) {
            Ok(pods) => pods,
            Err(plan) => return plan,
        };
        StatefulSet::new(object, history, pods).plan(view, now)
    }
}

fn owned_pods(view: &View, set: &WorkloadDigest, selector: &LabelSelector) -> Result<Vec<Entry<PodDigest>>, Plan> {
    let mut pods = view.indexed::<PodDigest>(PODS, BY_CONTROLLER, &set.meta.uid);
    pods.extend(view.indexed::<PodDigest>(PODS, BY_CONTROLLER, &orphans_in(&set.meta.namespace)));
    pods.retain(|pod| ordinal(&set.meta.name, &pod.digest.meta.name).is_some());
    let owner = Owner { resource: STATEFUL_SETS, meta: &set.meta, selector, finalizer: None };
    let claimed = claim(view, &owner, PODS, pods, |pod| &pod.meta);
    match claimed.plan {
        Some(plan) => Err(plan),
        None => Ok(claimed.owned),
    }
}

fn touched_by_revision(_: &View, change: &Change<RevisionDigest>, keys: &mut Vec<Key>) {
    for revision in change.digests() {
        if let Some(name) = revision.meta.controller_named("StatefulSet") {
            keys.push(Key::new(STATEFUL_SETS, &revision.meta.namespace, name));
        }
    }
}

/// A set may wait for a claim of an earlier Pod to go.
fn touched_by_lost_claim(view: &View, change: &Change<ClaimDigest>, keys: &mut Vec<Key>) {
    if change.new.is_none() {
        for set in view.in_namespace::<WorkloadDigest>(STATEFUL_SETS, &change.key.namespace) {
            keys.push(Key::new(STATEFUL_SETS, &set.digest.meta.namespace, &set.digest.meta.name));
        }
    }
}

/// A Pod touches its set; one without owner touches those that select it.
fn touched_by_pod(view: &View, change: &Change<PodDigest>, keys: &mut Vec<Key>) {
    for pod in change.digests() {
        if let Some(name) = pod.meta.controller_named("StatefulSet") {
            keys.push(Key::new(STATEFUL_SETS, &pod.meta.namespace, name));
        }
    }
    let Some(pod) = change.new.as_ref().filter(|pod| pod.digest.meta.controller.is_none()) else { return };
    for set in view.in_namespace::<WorkloadDigest>(STATEFUL_SETS, &pod.digest.meta.namespace) {
        let selector = set.digest.selector.as_ref().filter(|selector| !selector.is_empty());
        if selector.is_some_and(|selector| pod.digest.meta.matches(selector)) {
            keys.push(Key::new(STATEFUL_SETS, &set.digest.meta.namespace, &set.digest.meta.name));
        }
    }
}

/// The number behind the set's name, if the Pod's name is of that form.
fn ordinal(set: &str, pod: &str) -> Option<i64> {
    let digits = pod.strip_prefix(set)?.strip_prefix('-')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

/// A StatefulSet as it is worked on.
struct StatefulSet {
    object: Value,
    history: History,
    /// Name of the revision that Pods had before the present update.
    current: String,
    start: i64,
    /// The Pods that there should be, by ordinal from `start` on.
    replicas: Vec<Option<Arc<PodDigest>>>,
    /// Pods beyond that, the highest ordinal first.
    condemned: Vec<Arc<PodDigest>>,
    min_ready: Duration,
}

/// Whether the next Pod may be looked at now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    Stop,
}

/// What is to be done, in order.
struct Work {
    steps: Vec<Step>,
    /// Why the rest has to wait for time only.
    look_again: Option<Duration>,
}

impl Work {
    fn add(&mut self, write: Write) {
        self.steps.push(Step::Write(write));
    }
}

impl StatefulSet {
    fn new(object: Value, history: History, pods: Vec<Entry<PodDigest>>) -> Self {
        let number = |path: &[&str]| object.i64_at(path).unwrap_or(0);
        let start = number(&["spec", "ordinals", "start"]);
        let count = usize::try_from(number(&["spec", "replicas"])).unwrap_or(0);
        let min_ready = u64::try_from(number(&["spec", "minReadySeconds"])).unwrap_or(0);
        let mut replicas: Vec<Option<Arc<PodDigest>>> = vec![None; count];
        let mut condemned = Vec::new();
        for pod in pods {
            let at = ordinal(object.name(), &pod.digest.meta.name).and_then(|it| usize::try_from(it - start).ok());
            match at.and_then(|at| replicas.get_mut(at)) {
                Some(slot) => *slot = Some(pod.digest),
                None => condemned.push(pod.digest),
            }
        }
        condemned.sort_by_key(|pod| Reverse(ordinal(object.name(), &pod.meta.name)));
        let named = object.str_at(&["status", "currentRevision"]);
        let current = history.named(named).map_or(history.current_name(), |revision| revision.name()).to_owned();
        StatefulSet { current, start, replicas, condemned, min_ready: Duration::from_secs(min_ready), history, object }
    }

    fn reference(&self) -> ObjectReference {
        ObjectReference::to(&self.object)
    }

    /// Whether one Pod waits for the other.
    fn is_ordered(&self) -> bool {
        self.object.str_at(&["spec", "podManagementPolicy"]) != "Parallel"
    }

    fn is_available(&self, pod: &PodDigest, now: Now) -> bool {
        pod.is_available(self.min_ready, now.wall)
    }

    fn is_unavailable(&self, pod: Option<&Arc<PodDigest>>, now: Now) -> bool {
        pod.is_none_or(|pod| !self.is_available(pod, now) || pod.meta.is_terminating())
    }

    fn is_updated(&self, pod: &PodDigest) -> bool {
        pod.meta.label(POD_REVISION) == Some(self.history.current_name())
    }

    fn plan(self, view: &View, now: Now) -> Plan {
        let mut work = Work { steps: Vec::new(), look_again: None };
        if !self.object.is_terminating() {
            self.work(view, now, &mut work);
        }
        let status = self.status_plan(now);
        let cleanup = self.cleanup();
        let mut plan = Plan { steps: work.steps, ..Plan::none() }.and_batch(cleanup, Pace::Full);
        if let Some(pause) = work.look_again {
            plan = plan.and_requeue_after(pause);
        }
        plan.and_then(move |_| status)
    }

    /// Present ordinals first, then surplus Pods, then updates; each only once the one before is done.
    fn work(&self, view: &View, now: Now, work: &mut Work) {
        let is_ordered = self.is_ordered();
        for at in 0..self.replicas.len() {
            if self.process_replica(view, at, now, work) == Next::Stop && is_ordered {
                return;
            }
        }
        for pod in &self.condemned {
            self.fix_claims(view, pod, work);
        }
        let first_unavailable = self.first_unavailable(now);
        for pod in &self.condemned {
            if self.process_condemned(pod, first_unavailable, now, work) == Next::Stop && is_ordered {
                return;
            }
        }
        if self.object.str_at(&["spec", "updateStrategy", "type"]) != "OnDelete" {
            self.update(now, work);
        }
    }

    fn first_unavailable(&self, now: Now) -> Option<&str> {
        let missing = self.replicas.iter().position(|pod| self.is_unavailable(pod.as_ref(), now));
        match missing {
            Some(at) => Some(self.replicas[at].as_ref().map_or("", |pod| pod.meta.name.as_str())),
            None => {
                let condemned = self.condemned.iter().rev().find(|pod| self.is_unavailable(Some(pod), now));
                condemned.map(|pod| pod.meta.name.as_str())
            }
        }
    }

    fn process_condemned(&self, pod: &Arc<PodDigest>, first: Option<&str>, now: Now, work: &mut Work) -> Next {
        if pod.meta.is_terminating() {
            return Next::Stop;
        }
        let is_first = first == Some(pod.meta.name.as_str());
        if self.is_ordered() && !self.is_available(pod, now) && !is_first {
            return Next::Stop;
        }
        work.add(self.deletion(pod));
        Next::Stop
    }

    /// Replaces the Pod with the highest ordinal that has another revision, once those above it are available.
    fn update(&self, now: Now, work: &mut Work) {
        let partition = self.object.i64_at(&["spec", "updateStrategy", "rollingUpdate", "partition"]).unwrap_or(0);
        let lowest = usize::try_from(partition).unwrap_or(0);
        for at in (lowest..self.replicas.len()).rev() {
            let Some(pod) = &self.replicas[at] else { return };
            if !self.is_updated(pod) && !pod.meta.is_terminating() {
                return work.add(self.deletion(pod));
            }
            if self.is_unavailable(Some(pod), now) {
                return;
            }
        }
    }

    /// Old revisions beyond the limit that neither a Pod nor the status names.
    fn cleanup(&self) -> Vec<Write> {
        let pods: Vec<&Arc<PodDigest>> = self.replicas.iter().flatten().chain(&self.condemned).collect();
        let is_live = |revision: &Value| {
            let name = revision.name();
            name == self.current || pods.iter().any(|pod| pod.meta.label(POD_REVISION) == Some(name))
        };
        match revision_history::limit_of(&self.object) {
            ..0 => Vec::new(),
            limit => self.history.truncate(limit, is_live),
        }
    }
}

#[cfg(test)]
mod tests;
