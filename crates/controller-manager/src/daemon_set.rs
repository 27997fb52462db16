//! DaemonSets: a Pod on every node that takes it.

mod failures;
mod nodes;
mod status;
mod update;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::node_selection::Toleration;
use apimachinery::meta::ObjectMeta;
use apimachinery::selector::LabelSelector;
use apimachinery::time::Now;
use apimachinery::tree;
use apimachinery::value::Value;
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::events::{ObjectReference, Occurrence};
use client::informer::Change;
use client::plan::{Pace, Plan, Write};
use client::resources::{CONTROLLER_REVISIONS, DAEMON_SETS, NODES, PODS};
use client::view::View;

use crate::claim::{Owner, claim};
use crate::digest::{BY_CONTROLLER, NodeDigest, PodDigest, WorkloadDigest, orphans_in};
use crate::node_fit::NodeDemands;
use crate::pod_template::{creation, deletion, pod_from_template};
use crate::revision_history::{self, History, Keeping, POD_REVISION, RevisionDigest};
use failures::Failures;

/// Pods that one reconciliation creates or deletes.
const BURST_PODS_MAX: usize = 250;

/// Label of Pods and annotation of the set: how often the template has changed.
const TEMPLATE_GENERATION: &str = "pod-template-generation";
const SET_TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

const KEEPING: Keeping = Keeping { resource: DAEMON_SETS, hash_label: POD_REVISION };

/// See the module.
#[derive(Default)]
pub struct DaemonSetController {
    failures: Failures,
}

impl Controller for DaemonSetController {
    fn name(&self) -> &'static str {
        "daemonset-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:daemon-set-controller"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![
            Watch::new(DAEMON_SETS, WorkloadDigest::project).touches_itself().boxed(),
            Watch::new(CONTROLLER_REVISIONS, RevisionDigest::project)
                .index(BY_CONTROLLER, RevisionDigest::controller_index)
                .touches(touched_by_revision)
                .boxed(),
            Watch::new(NODES, NodeDigest::project).touches(touched_by_node).boxed(),
            Watch::new(PODS, PodDigest::project)
                .index(BY_CONTROLLER, PodDigest::controller_index)
                .touches(touched_by_pod)
                .boxed(),
        ]
    }

    fn reconcile(&self, view: &View, key: &Key, now: Now) -> Plan {
        let Some(entry) = view.get::<WorkloadDigest>(DAEMON_SETS, key.namespace(), key.name()) else {
            return Plan::none();
        };
        let object = entry.value();
        let Some(selector) = entry.digest.selector.as_ref().filter(|it| !it.is_empty()) else {
            let message = "This daemon set is selecting all pods. A non-empty selector is required.";
            return Plan::none().and_event(Occurrence::warning(&ObjectReference::to(&object), "SelectingAll", message));
        };
        if object.is_terminating() {
            return Plan::none();
        }
        let history = match revision_history::history(view, &KEEPING, &object, selector) {
            Ok(history) => history,
            Err(plan) => return plan,
        };
        let pods = match owned_pods(view, &entry.digest, selector) {
            Ok(pods) => pods,
            Err(plan) => return plan,
        };
        DaemonSet::new(view, object, history, &pods).plan(&self.failures, now)
    }
}

fn owned_pods(view: &View, set: &WorkloadDigest, selector: &LabelSelector) -> Result<Vec<Arc<PodDigest>>, Plan> {
    let mut pods = view.indexed::<PodDigest>(PODS, BY_CONTROLLER, &set.meta.uid);
    pods.extend(view.indexed::<PodDigest>(PODS, BY_CONTROLLER, &orphans_in(&set.meta.namespace)));
    let owner = Owner { resource: DAEMON_SETS, meta: &set.meta, selector, finalizer: None };
    let claimed = claim(view, &owner, PODS, pods, |pod| &pod.meta);
    match claimed.plan {
        Some(plan) => Err(plan),
        None => Ok(claimed.owned.into_iter().map(|entry| entry.digest).collect()),
    }
}

fn touched_by_revision(_: &View, change: &Change<RevisionDigest>, keys: &mut Vec<Key>) {
    for revision in change.digests() {
        if let Some(name) = revision.meta.controller_named("DaemonSet") {
            keys.push(Key::new(DAEMON_SETS, &revision.meta.namespace, name));
        }
    }
}

/// A node touches all sets, if what they look at changes.
fn touched_by_node(view: &View, change: &Change<NodeDigest>, keys: &mut Vec<Key>) {
    if let (Some(old), Some(new)) = (&change.old, &change.new) {
        let (old, new) = (&old.digest, &new.digest);
        if old.meta.labels == new.meta.labels && old.taints == new.taints {
            return;
        }
    }
    for set in view.list::<WorkloadDigest>(DAEMON_SETS) {
        keys.push(Key::new(DAEMON_SETS, &set.digest.meta.namespace, &set.digest.meta.name));
    }
}

/// A Pod touches its set; one without owner touches those that select it.
fn touched_by_pod(view: &View, change: &Change<PodDigest>, keys: &mut Vec<Key>) {
    for pod in change.digests() {
        if let Some(name) = pod.meta.controller_named("DaemonSet") {
            keys.push(Key::new(DAEMON_SETS, &pod.meta.namespace, name));
        }
    }
    let Some(pod) = change.new.as_ref().filter(|pod| pod.digest.meta.controller.is_none()) else { return };
    for set in view.in_namespace::<WorkloadDigest>(DAEMON_SETS, &pod.digest.meta.namespace) {
        let selector = set.digest.selector.as_ref().filter(|selector| !selector.is_empty());
        if selector.is_some_and(|selector| pod.digest.meta.matches(selector)) {
            keys.push(Key::new(DAEMON_SETS, &set.digest.meta.namespace, &set.digest.meta.name));
        }
    }
}

/// A DaemonSet as it is worked on.
struct DaemonSet {
    object: Value,
    history: History,
    /// Hash of the present template.
    hash: String,
    min_ready: Duration,
    nodes: Vec<Arc<NodeDigest>>,
    demands: NodeDemands,
    /// Pods by the node that they are on or go to, oldest first.
    pods: BTreeMap<String, Vec<Arc<PodDigest>>>,
}

/// What to do about Pods.
#[derive(Default)]
struct Work {
    deletions: Vec<Arc<PodDigest>>,
    /// Nodes that get a Pod.
    creations: Vec<String>,
    events: Vec<Occurrence>,
    look_again: Option<Duration>,
}

impl Work {
    fn is_nothing(&self) -> bool {
        self.deletions.is_empty() && self.creations.is_empty()
    }

    fn again_in(&mut self, pause: Duration) {
        self.look_again = Some(self.look_again.map_or(pause, |asked| asked.min(pause)));
    }
}

impl DaemonSet {
    fn new(view: &View, object: Value, history: History, pods: &[Arc<PodDigest>]) -> Self {
        let seconds = object.i64_at(&["spec", "minReadySeconds"]).unwrap_or(0);
        let mut by_node: BTreeMap<String, Vec<Arc<PodDigest>>> = BTreeMap::new();
        for pod in pods.iter().filter(|pod| !(pod.is_terminal() && pod.meta.is_terminating())) {
            by_node.entry(pod.target_node().to_owned()).or_default().push(Arc::clone(pod));
        }
        for pods in by_node.values_mut() {
            pods.sort_by_key(|pod| (pod.node_name.is_empty(), pod.meta.created, pod.meta.name.clone()));
        }
        let mut nodes: Vec<_> = view.list::<NodeDigest>(NODES).into_iter().map(|entry| entry.digest).collect();
        nodes.sort_by(|a, b| a.meta.name.cmp(&b.meta.name));
        let spec = object.at(&["spec", "template", "spec"]);
        let demands = NodeDemands::of(spec, added_tolerations(spec).iter().map(Toleration::of));
        DaemonSet {
            hash: history.current.label(POD_REVISION).unwrap_or("").to_owned(),
            min_ready: Duration::from_secs(u64::try_from(seconds).unwrap_or(0)),
            pods: by_node,
            nodes,
            demands,
            history,
            object,
        }
    }

    fn reference(&self) -> ObjectReference {
        ObjectReference::to(&self.object)
    }

    /// By its revision or, since several revisions may have one template, by how often that has changed.
    fn is_updated(&self, pod: &PodDigest) -> bool {
        let has_revision = !self.hash.is_empty() && pod.meta.label(POD_REVISION) == Some(&self.hash);
        let generation = self.object.annotation(SET_TEMPLATE_GENERATION);
        has_revision || (generation.is_some() && pod.meta.label(TEMPLATE_GENERATION) == generation)
    }

    /// First each node gets what it must have; then, if nothing was left to do there, old Pods are replaced. The
    /// status follows when the view shows what was done.
    fn plan(self, failures: &Failures, now: Now) -> Plan {
        let mut work = self.manage(failures, now);
        if work.is_nothing() {
            let update = self.update(now);
            work.deletions = update.deletions;
            work.creations = update.creations;
        }
        let cleanup = self.cleanup();
        let status = self.status_plan(now);
        let mut plan = Plan::none();
        let pause = work.look_again;
        for event in std::mem::take(&mut work.events) {
            plan = plan.and_event(event);
        }
        let has_work = !work.is_nothing();
        plan = self.with_writes(plan, work).and_batch(cleanup, Pace::Full);
        if let Some(pause) = pause {
            plan = plan.and_requeue_after(pause);
        }
        match has_work {
            true => plan.and_then(move |outcome| if outcome.error.is_some() { status } else { Plan::none() }),
            false => plan.and_then(move |_| status),
        }
    }

    fn with_writes(&self, plan: Plan, work: Work) -> Plan {
        let about = self.reference();
        let deletions = work.deletions.iter().take(BURST_PODS_MAX).map(|pod| deletion(&about, &pod.meta)).collect();
        let creations: Vec<Write> =
            work.creations.iter().take(BURST_PODS_MAX).map(|node| creation(&about, self.pod_for(node))).collect();
        plan.and_batch(deletions, Pace::Full).and_batch(creations, Pace::SlowStart)
    }

    /// The Pod for a node: the scheduler binds it there, since nothing else fits.
    fn pod_for(&self, node: &str) -> Value {
        let mut pod = pod_from_template(&self.object, self.object.at(&["spec", "template"]));
        if let Some(generation) = self.object.annotation(SET_TEMPLATE_GENERATION) {
            pod.set_label(TEMPLATE_GENERATION, generation);
        }
        pod.set_label(POD_REVISION, &self.hash);
        let added = added_tolerations(pod.field("spec"));
        let spec = pod.object_at(&["spec"]);
        let mut tolerations = spec.get("tolerations").and_then(Value::as_array).unwrap_or(&[]).to_vec();
        tolerations.retain(|present| !added.iter().any(|it| is_same_taint(it, present)));
        tolerations.extend(added);
        spec.insert("tolerations", tolerations);
        let term = tree!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]});
        let path = ["spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"];
        pod.set(&path, tree!({"nodeSelectorTerms": [term]}));
        pod
    }

    /// Old revisions beyond the limit that no Pod has.
    fn cleanup(&self) -> Vec<Write> {
        let is_live = |revision: &Value| {
            let hash = revision.label(POD_REVISION);
            self.pods.values().flatten().any(|pod| hash.is_some() && pod.meta.label(POD_REVISION) == hash)
        };
        self.history.truncate(revision_history::limit_of(&self.object), is_live)
    }
}

/// What Pods of DaemonSets tolerate beside their own: troubles of the node that other Pods flee.
fn added_tolerations(spec: &Value) -> Vec<Value> {
    const TAINTS: [(&str, &str); 7] = [
        ("node.kubernetes.io/not-ready", "NoExecute"),
        ("node.kubernetes.io/unreachable", "NoExecute"),
        ("node.kubernetes.io/disk-pressure", "NoSchedule"),
        ("node.kubernetes.io/memory-pressure", "NoSchedule"),
        ("node.kubernetes.io/pid-pressure", "NoSchedule"),
        ("node.kubernetes.io/unschedulable", "NoSchedule"),
        ("node.kubernetes.io/network-unavailable", "NoSchedule"),
    ];
    let count = if spec.bool_at(&["hostNetwork"]) { TAINTS.len() } else { TAINTS.len() - 1 };
    let toleration = |(key, effect): &(&str, &str)| tree!({"key": (*key), "operator": "Exists", "effect": (*effect)});
    TAINTS[..count].iter().map(toleration).collect()
}

fn is_same_taint(a: &Value, b: &Value) -> bool {
    ["key", "operator", "value", "effect"].iter().all(|field| a.str_at(&[field]) == b.str_at(&[field]))
}

#[cfg(test)]
mod tests;
