//! `metadata`, as far as controllers look at it.

use apimachinery::json;
use apimachinery::meta::{ObjectMeta, OwnerReference};
use apimachinery::selector::LabelSelector;
use apimachinery::time;
use apimachinery::value::Value;
use client::events::ObjectReference;

/// Metadata of one object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meta {
    /// Namespace, or empty.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// UID.
    pub uid: String,
    /// Labels in key order.
    pub labels: Vec<(String, String)>,
    /// The owner that manages it.
    pub controller: Option<OwnerReference>,
    /// When it was created.
    pub created: Option<jiff::Timestamp>,
    /// When it has to be gone.
    pub deletion: Option<jiff::Timestamp>,
}

impl Meta {
    /// Reads it from an object.
    pub fn of(object: &Value) -> Self {
        let labels = object.at(&["metadata", "labels"]).as_object();
        Meta {
            namespace: object.namespace().to_owned(),
            name: object.name().to_owned(),
            uid: object.uid().to_owned(),
            labels: labels.into_iter().flat_map(|map| map.iter()).map(label_entry).collect(),
            controller: object.owner_references().into_iter().find(|owner| owner.is_controller),
            created: time::parse(object.str_at(&["metadata", "creationTimestamp"])),
            deletion: object.deletion_timestamp().and_then(time::parse),
        }
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Whether `selector` matches the labels.
    pub fn matches(&self, selector: &LabelSelector) -> bool {
        selector.matches(|key| self.label(key))
    }

    /// Whether deletion has begun.
    pub fn is_terminating(&self) -> bool {
        self.deletion.is_some()
    }

    /// UID of the controlling owner, or empty.
    pub fn controller_uid(&self) -> &str {
        self.controller.as_ref().map_or("", |owner| &owner.uid)
    }

    /// Name of the controlling owner if that is of `kind`.
    pub fn controller_named(&self, kind: &str) -> Option<&str> {
        self.controller.as_ref().filter(|owner| owner.kind == kind).map(|owner| owner.name.as_str())
    }

    /// A reference for events.
    pub fn reference(&self, api_version: &str, kind: &str) -> ObjectReference {
        ObjectReference {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            uid: self.uid.clone(),
            ..ObjectReference::default()
        }
    }
}

fn label_entry((key, value): (&str, &Value)) -> (String, String) {
    (key.to_owned(), value.as_str().unwrap_or("").to_owned())
}

/// The label selector at `selector`; `None` when it is null or no selector: then it matches nothing.
pub fn selector_of(selector: &Value) -> Option<LabelSelector> {
    LabelSelector::from_value(selector).ok().flatten()
}

/// Only the metadata.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedDigest {
    /// Metadata.
    pub meta: Meta,
    /// `status.phase`, or empty.
    pub phase: String,
}

impl NamedDigest {
    /// The projection.
    pub fn project(bytes: &[u8]) -> Option<Self> {
        let object = json::parse(bytes).ok()?;
        let phase = object.str_at(&["status", "phase"]).to_owned();
        Some(NamedDigest { meta: Meta::of(&object), phase })
    }
}
