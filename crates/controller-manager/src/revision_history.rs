//! ControllerRevisions: the templates that a DaemonSet or StatefulSet has had.

use apimachinery::json;
use apimachinery::meta::{ObjectMeta, OwnerReference};
use apimachinery::names;
use apimachinery::selector::LabelSelector;
use apimachinery::tree;
use apimachinery::value::Value;
use client::client::{DeleteOptions, PatchFormat, Resource};
use client::informer::ObjectKey;
use client::plan::{Outcome, Plan, Write};
use client::resources::CONTROLLER_REVISIONS;
use client::view::View;

use crate::claim::{Owner, claim};
use crate::digest::{BY_CONTROLLER, Meta, orphans_in};

/// Label of Pods that names their revision.
pub const POD_REVISION: &str = "controller-revision-hash";

/// Bytes of the owner's part of a revision's name.
const NAME_PREFIX_BYTES_MAX: usize = 223;

/// A ControllerRevision, as far as it is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct RevisionDigest {
    /// Metadata.
    pub meta: Meta,
}

impl RevisionDigest {
    /// The projection.
    pub fn project(bytes: &[u8]) -> Option<Self> {
        Some(RevisionDigest { meta: Meta::of(&json::parse(bytes).ok()?) })
    }

    /// The values of [`BY_CONTROLLER`].
    pub fn controller_index(_: &ObjectKey, revision: &RevisionDigest) -> Vec<String> {
        match &revision.meta.controller {
            Some(owner) => vec![owner.uid.clone()],
            None => vec![orphans_in(&revision.meta.namespace)],
        }
    }
}

/// How a kind keeps its history.
pub struct Keeping {
    /// The kind of the owner.
    pub resource: Resource,
    /// Label of a revision that has its hash.
    pub hash_label: &'static str,
}

/// The revisions of one owner.
#[derive(Debug, PartialEq)]
pub struct History {
    /// The revision of the present template.
    pub current: Value,
    /// All others, the oldest first.
    pub old: Vec<Value>,
}

impl History {
    /// Name of the present one.
    pub fn current_name(&self) -> &str {
        self.current.name()
    }

    /// A revision by name.
    pub fn named(&self, name: &str) -> Option<&Value> {
        self.old.iter().chain([&self.current]).find(|revision| revision.name() == name)
    }

    /// Deletes the oldest revisions beyond `kept` that no Pod has; `is_live` gets a revision.
    pub fn truncate(&self, kept: i64, is_live: impl Fn(&Value) -> bool) -> Vec<Write> {
        let dead: Vec<&Value> = self.old.iter().filter(|revision| !is_live(revision)).collect();
        let kept = usize::try_from(kept).unwrap_or(usize::MAX);
        let surplus = dead.len().saturating_sub(kept);
        let delete = |revision: &&Value| {
            let options = DeleteOptions { uid: Some(revision.uid().to_owned()), ..DeleteOptions::default() };
            Write::delete(CONTROLLER_REVISIONS, revision.namespace(), revision.name(), options)
        };
        dead[..surplus].iter().map(delete).collect()
    }
}

/// The history of `owner`, or what has to be done first.
pub fn history(view: &View, keeping: &Keeping, owner: &Value, selector: &LabelSelector) -> Result<History, Plan> {
    let meta = Meta::of(owner);
    let mut candidates = view.indexed::<RevisionDigest>(CONTROLLER_REVISIONS, BY_CONTROLLER, &meta.uid);
    candidates.extend(view.indexed::<RevisionDigest>(
        CONTROLLER_REVISIONS,
        BY_CONTROLLER,
        &orphans_in(&meta.namespace),
    ));
    let claims = Owner { resource: keeping.resource, meta: &meta, selector, finalizer: None };
    let claimed = claim(view, &claims, CONTROLLER_REVISIONS, candidates, |revision| &revision.meta);
    if let Some(plan) = claimed.plan {
        return Err(plan);
    }
    let mut all: Vec<Value> = claimed.owned.iter().map(|entry| entry.value()).collect();
    all.sort_by_key(revision_number);
    let data = template_patch(owner.at(&["spec", "template"]));
    let last = all.last().map_or(0, revision_number);
    let Some(at) = all.iter().rposition(|revision| is_same(revision.field("data"), &data)) else {
        return Err(create(keeping, owner, data, last + 1));
    };
    let current = all.remove(at);
    if revision_number(&current) < last {
        let patch = tree!({"metadata": {"uid": (current.uid())}, "revision": (last + 1)});
        let (namespace, name) = (current.namespace(), current.name());
        return Err(Plan::write(Write::patch(CONTROLLER_REVISIONS, namespace, name, PatchFormat::Merge, patch)));
    }
    Ok(History { current, old: all })
}

/// The number of a revision.
pub fn revision_number(revision: &Value) -> i64 {
    revision.i64_at(&["revision"]).unwrap_or(0)
}

/// The owner with the template that a revision has.
pub fn with_template_of(owner: &Value, revision: &Value) -> Value {
    let mut template = revision.at(&["data", "spec", "template"]).clone();
    template.remove_at(&["$patch"]);
    let mut owner = owner.clone();
    owner.set(&["spec", "template"], template);
    owner
}

/// A revision's data: a strategic merge patch of the owner, as `kubectl rollout undo` applies it. Its keys are sorted,
/// since clients compare bytes.
fn template_patch(template: &Value) -> Value {
    let mut template = template.clone();
    template.set(&["$patch"], "replace");
    canonical(&tree!({"spec": {"template": template}}))
}

/// Whether two trees are the same but for the order of their fields and what is absent.
fn is_same(a: &Value, b: &Value) -> bool {
    canonical(a) == canonical(b)
}

fn canonical(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(canonical).collect(),
        Value::Object(map) => {
            let mut fields: Vec<(&str, &Value)> = map.iter().filter(|(_, value)| !value.is_null()).collect();
            fields.sort_by_key(|(key, _)| *key);
            fields.into_iter().map(|(key, value)| (key.to_owned(), canonical(value))).collect()
        }
        other => other.clone(),
    }
}

fn create(keeping: &Keeping, owner: &Value, data: Value, number: i64) -> Plan {
    let collisions = owner.i64_at(&["status", "collisionCount"]).unwrap_or(0);
    let hash = hash_of(&data, collisions);
    let prefix = owner.name();
    let prefix = &prefix[..prefix.floor_char_boundary(NAME_PREFIX_BYTES_MAX)];
    let mut labels = owner.at(&["spec", "template", "metadata", "labels"]).as_object().cloned().unwrap_or_default();
    labels.insert(keeping.hash_label, hash.as_str());
    let mut object = tree!({
        "kind": "ControllerRevision",
        "apiVersion": "apps/v1",
        "metadata": {
            "name": (format!("{prefix}-{hash}")),
            "namespace": (owner.namespace()),
            "labels": labels,
            "ownerReferences": [(OwnerReference::controller_of(owner).to_value())]
        },
        "data": data,
        "revision": number
    });
    let annotations = owner.at(&["metadata", "annotations"]);
    if !annotations.is_null() {
        object.set(&["metadata", "annotations"], annotations.clone());
    }
    let (resource, owner) = (keeping.resource, owner.clone());
    Plan::write(Write::create(CONTROLLER_REVISIONS, object)).and_then(move |outcome: &Outcome| {
        let is_collision = outcome.error.as_ref().is_some_and(|error| error.is_already_exists());
        match is_collision {
            true => count_collision(resource, owner, collisions),
            false => Plan::none(),
        }
    })
}

/// Another template has the same hash: the next attempt gets another one.
fn count_collision(resource: Resource, mut owner: Value, collisions: i64) -> Plan {
    owner.set(&["status", "collisionCount"], collisions + 1);
    Plan::write(Write::update(resource, owner).to_subresource("status"))
}

fn hash_of(data: &Value, collisions: i64) -> String {
    let mut bytes = json::to_vec(&canonical(data));
    if collisions > 0 {
        bytes.extend_from_slice(&collisions.to_le_bytes());
    }
    let hash = bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| hash.wrapping_mul(0x0100_0193) ^ u32::from(*byte));
    names::safe_encode(&hash.to_string())
}

/// How many old revisions are kept.
pub fn limit_of(owner: &Value) -> i64 {
    owner.i64_at(&["spec", "revisionHistoryLimit"]).unwrap_or(10)
}
