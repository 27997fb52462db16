//! Which ReplicaSet has the present template, its name, its revision number and its annotations.

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::tree;
use apimachinery::value::{Map, Value};
use client::client::PatchFormat;
use client::events::Occurrence;
use client::plan::{Step, Write};
use client::resources::REPLICA_SETS;

use super::status::{Condition, reason};
use super::{ReplicaSet, Rollout};
use crate::digest::ReplicaSetDigest;

/// Label that tells the Pods of one revision from those of others.
const TEMPLATE_HASH: &str = "pod-template-hash";
const REVISION: &str = "deployment.kubernetes.io/revision";
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
pub(super) const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
pub(super) const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";

/// Annotations of a Deployment that its ReplicaSets do not get.
const NOT_COPIED: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    "deprecated.deployment.rollback.to",
    REVISION,
    REVISION_HISTORY,
    DESIRED_REPLICAS,
    MAX_REPLICAS,
];
/// Bytes of the revision history annotation.
const REVISION_HISTORY_BYTES_MAX: usize = 2_000;
/// Bytes of a ReplicaSet's name.
const NAME_BYTES_MAX: usize = 253;
/// Letters and digits that hashes are written in: no vowels, so no words.
const SAFE_ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// Whether a ReplicaSet has the Deployment's template but for the hash label.
pub(super) fn has_template_of(set: &Value, deployment: &Value) -> bool {
    without_hash(set.at(&["spec", "template"])) == without_hash(deployment.at(&["spec", "template"]))
}

fn without_hash(template: &Value) -> Value {
    let mut template = template.clone();
    template.remove_at(&["metadata", "labels", TEMPLATE_HASH]);
    template
}

/// The hash of a template as it stands in labels and names: stable as long as its canonical JSON is.
fn template_hash(template: &Value, collisions: i64) -> String {
    let mut bytes = json::to_vec(template);
    if collisions > 0 {
        bytes.extend_from_slice(&collisions.to_le_bytes());
    }
    let hash = bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    let digits = hash.to_string();
    digits.bytes().map(|digit| char::from(SAFE_ALPHABET[usize::from(digit) % 27])).collect()
}

/// The revision number of a ReplicaSet; 0 without one, `None` when it is no number.
pub(super) fn revision_of(set: &ReplicaSet) -> Option<i64> {
    match set.object.annotation(REVISION) {
        None => Some(0),
        Some(text) => text.parse().ok(),
    }
}

impl Rollout<'_> {
    /// Brings annotations and revision of the new ReplicaSet up to date; where there is none yet, creates it if
    /// `creates` says so.
    pub(super) fn sync_new_set(&mut self, creates: Creates) -> Progress {
        let old = self.old_sets();
        let last = old.iter().filter_map(|at| revision_of(&self.sets[*at])).max().unwrap_or(0);
        let next = last.max(0) + 1;
        match self.new {
            Some(at) => {
                self.update_new_set(at, next);
                Progress::GoOn
            }
            None if creates == Creates::No => Progress::GoOn,
            None => self.create_new_set(next),
        }
    }

    fn update_new_set(&mut self, at: usize, next: i64) {
        let min_ready = self.object.i64_at(&["spec", "minReadySeconds"]).unwrap_or(0);
        let set = &self.sets[at];
        let annotations = self.annotations_for(set.object.at(&["metadata", "annotations"]), next);
        let set_min_ready = set.object.i64_at(&["spec", "minReadySeconds"]).unwrap_or(0);
        let revision = annotations.get(REVISION).and_then(Value::as_str).unwrap_or("").to_owned();
        let present = set.object.at(&["metadata", "annotations"]);
        let changed = changed_entries(present, &annotations);
        if !changed.is_empty() || set_min_ready != min_ready {
            let patch = tree!({
                "metadata": {"uid": (set.uid.as_str()), "annotations": changed},
                "spec": {"minReadySeconds": min_ready}
            });
            let (namespace, name) = (self.object.namespace(), set.name.as_str());
            let write = Write::patch(REPLICA_SETS, namespace, name, PatchFormat::Merge, patch);
            self.steps.push(Step::Write(write));
        }
        self.sets[at].object.object_at(&["metadata"]).insert("annotations", annotations);
        if !revision.is_empty() {
            self.revision = Some(revision);
        }
        if self.progress_deadline.is_some() && self.status.condition("Progressing").is_none() {
            let message = format!("Found new replica set \"{}\"", self.sets[at].name);
            self.progress("True", reason::FOUND_NEW_SET, message);
        }
    }

    /// The annotations of the new ReplicaSet, whose revision must be the greatest.
    fn annotations_for(&self, present: &Value, next: i64) -> Map {
        let mut annotations = present.as_object().cloned().unwrap_or_default();
        let own = self.object.at(&["metadata", "annotations"]).as_object();
        for (key, value) in own.into_iter().flat_map(|map| map.iter()) {
            if !NOT_COPIED.contains(&key) {
                annotations.insert(key.to_owned(), value.clone());
            }
        }
        let old = annotations.get(REVISION).and_then(Value::as_str).map(str::to_owned);
        let number = match old.as_deref() {
            None | Some("") => 0,
            Some(text) => match text.parse() {
                Ok(number) => number,
                Err(_) => return annotations,
            },
        };
        if number < next {
            annotations.insert(REVISION, next.to_string());
            if let Some(old) = old {
                let history = annotations.get(REVISION_HISTORY).and_then(Value::as_str);
                let history = extended_history(history.unwrap_or(""), &old);
                annotations.insert(REVISION_HISTORY, history);
            }
        }
        annotations
    }

    fn create_new_set(&mut self, next: i64) -> Progress {
        let template = without_hash(self.object.at(&["spec", "template"]));
        let hash = template_hash(&template, self.status.collision_count.unwrap_or(0));
        let name = set_name(self.object.name(), &hash);
        if self.view.get::<ReplicaSetDigest>(REPLICA_SETS, self.object.namespace(), &name).is_some() {
            // Not ours or of another template, else it would be the new one: the names collide.
            self.status.collision_count = Some(self.status.collision_count.unwrap_or(0) + 1);
            return Progress::NameCollides;
        }
        let mut object = self.new_set_object(&name, &hash);
        let mut set = ReplicaSet::of(object.clone());
        set.replicas = 0;
        self.sets.push(set);
        let at = self.sets.len() - 1;
        self.new = Some(at);
        let replicas = self.replicas_of_new_set();
        object.set(&["spec", "replicas"], replicas);
        let mut annotations = self.annotations_for(&Value::Null, next);
        let (desired, max) = (self.replicas, self.replicas + self.max_surge);
        annotations.insert(DESIRED_REPLICAS, desired.to_string());
        annotations.insert(MAX_REPLICAS, max.to_string());
        object.object_at(&["metadata"]).insert("annotations", annotations);
        self.sets[at] = ReplicaSet::of(object.clone());
        self.push_creation(object, &name, replicas);
        self.revision = Some(next.to_string());
        if self.progress_deadline.is_some() {
            let message = format!("Created new replica set \"{name}\"");
            self.progress("True", reason::NEW_SET, message);
        }
        Progress::GoOn
    }

    fn push_creation(&mut self, object: Value, name: &str, replicas: i64) {
        let about = self.reference();
        let failed = format!("Failed to create new replica set \"{name}\": {{error}}");
        let mut write = Write::create(REPLICA_SETS, object).event_on_failure(Occurrence::warning(
            &about,
            reason::CREATE_FAILED,
            failed,
        ));
        if replicas > 0 {
            let message = format!("Scaled up replica set {name} from 0 to {replicas}");
            write = write.event_on_success(Occurrence::normal(&about, "ScalingReplicaSet", message));
        }
        self.steps.push(Step::Write(write));
    }

    fn new_set_object(&self, name: &str, hash: &str) -> Value {
        let mut template = self.object.at(&["spec", "template"]).clone();
        let labels = template.object_at(&["metadata", "labels"]);
        labels.insert(TEMPLATE_HASH, hash);
        labels.sort();
        let labels = labels.clone();
        let mut selector = self.object.at(&["spec", "selector"]).clone();
        selector.object_at(&["matchLabels"]).insert(TEMPLATE_HASH, hash);
        let mut object = tree!({
            "kind": "ReplicaSet",
            "apiVersion": "apps/v1",
            "metadata": {
                "name": name,
                "namespace": (self.object.namespace()),
                "labels": labels,
                "ownerReferences": [{
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": (self.object.name()),
                    "uid": (self.object.uid()),
                    "controller": true,
                    "blockOwnerDeletion": true
                }]
            },
            "spec": {"replicas": 0, "selector": selector, "template": template}
        });
        if let Some(seconds) = self.object.i64_at(&["spec", "minReadySeconds"]) {
            object.set(&["spec", "minReadySeconds"], seconds);
        }
        object
    }

    /// Sets the `Progressing` condition.
    pub(super) fn progress(&mut self, status: &str, reason: &str, message: String) {
        self.status.set(Condition::new("Progressing", status, reason, message, self.now));
    }
}

/// Whether a missing ReplicaSet is to be created.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Creates {
    Yes,
    No,
}

/// Whether the rollout can go on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    GoOn,
    /// Another ReplicaSet has the name: only the collision count is to be written.
    NameCollides,
}

fn set_name(deployment: &str, hash: &str) -> String {
    let room = NAME_BYTES_MAX - 1 - hash.len();
    let end = deployment.len().min(room);
    format!("{}-{hash}", deployment.get(..end).unwrap_or(deployment))
}

fn extended_history(history: &str, revision: &str) -> String {
    if history.is_empty() {
        return revision.to_owned();
    }
    let mut kept = history;
    while kept.len() + 1 + revision.len() > REVISION_HISTORY_BYTES_MAX {
        match kept.split_once(',') {
            Some((_, rest)) => kept = rest,
            None => return revision.to_owned(),
        }
    }
    format!("{kept},{revision}")
}

/// Entries of `wanted` that `present` does not have so.
fn changed_entries(present: &Value, wanted: &Map) -> Map {
    let mut changed = wanted.clone();
    changed.retain(|key, value| present.field(key) != value);
    changed
}
