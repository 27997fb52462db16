//! Read and write access to `metadata` of an object tree.

use crate::group_version::GroupVersion;
use crate::tree;
use crate::value::{Map, Value};

/// Finalizer of a delete that leaves the dependents alone.
pub const ORPHAN_FINALIZER: &str = "orphan";

/// Finalizer of a delete that waits for the dependents.
pub const FOREGROUND_FINALIZER: &str = "foregroundDeletion";

/// One `ownerReferences` entry.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct OwnerReference {
    /// `apiVersion`
    pub api_version: String,
    /// `kind`
    pub kind: String,
    /// `name`
    pub name: String,
    /// `uid`
    pub uid: String,
    /// `controller`
    pub is_controller: bool,
    /// `blockOwnerDeletion`
    pub blocks_owner_deletion: bool,
}

/// `metadata` of an object tree, by name. Absent strings read as empty.
pub trait ObjectMeta {
    /// `metadata.name`
    fn name(&self) -> &str;
    /// `metadata.namespace`
    fn namespace(&self) -> &str;
    /// `metadata.uid`
    fn uid(&self) -> &str;
    /// `metadata.generateName`
    fn generate_name(&self) -> &str;
    /// `metadata.resourceVersion`
    fn resource_version(&self) -> &str;
    /// `metadata.generation`; 0 when absent
    fn generation(&self) -> i64;
    /// `metadata.deletionTimestamp`
    fn deletion_timestamp(&self) -> Option<&str>;
    /// `metadata.deletionGracePeriodSeconds`
    fn deletion_grace_period_seconds(&self) -> Option<i64>;
    /// `metadata.finalizers`
    fn finalizers(&self) -> Vec<&str>;
    /// `metadata.labels[key]`
    fn label(&self, key: &str) -> Option<&str>;
    /// `metadata.annotations[key]`
    fn annotation(&self, key: &str) -> Option<&str>;
    /// `metadata.ownerReferences`
    fn owner_references(&self) -> Vec<OwnerReference>;
    /// Sets or removes (empty text) a string field of `metadata`.
    fn set_meta(&mut self, field: &'static str, text: &str);
    /// `metadata.creationTimestamp`
    fn creation_timestamp(&self) -> Option<&str>;
    /// Whether a delete has begun: `metadata.deletionTimestamp` is set.
    fn is_terminating(&self) -> bool;
    /// Whether `metadata.finalizers` names `finalizer`.
    fn has_finalizer(&self, finalizer: &str) -> bool;
    /// The entries of `metadata.labels`, in order.
    fn labels(&self) -> impl Iterator<Item = (&str, &str)>;
    /// The entries of `metadata.annotations`, in order.
    fn annotations(&self) -> impl Iterator<Item = (&str, &str)>;
    /// The owner that is the controller.
    fn controller(&self) -> Option<OwnerReference>;
    /// Whether the owner with this UID is the controller.
    fn is_controlled_by(&self, uid: &str) -> bool;
    /// Sets or removes (empty text) a label. Normalise before encoding.
    fn set_label(&mut self, key: &str, value: &str);
    /// Sets or removes (empty text) an annotation. Normalise before encoding.
    fn set_annotation(&mut self, key: &str, value: &str);
    /// Adds a finalizer, if it is not there yet.
    fn add_finalizer(&mut self, finalizer: &str);
    /// Removes a finalizer; an empty list goes. Returns whether it was there.
    fn remove_finalizer(&mut self, finalizer: &str) -> bool;
}

/// The entries of a map of strings; null and others read as empty.
pub fn string_entries(map: &Value) -> impl Iterator<Item = (&str, &str)> {
    let entries = map.as_object().into_iter().flat_map(Map::iter);
    entries.filter_map(|(key, value)| Some((key, value.as_str()?)))
}

impl OwnerReference {
    /// The reference that makes `owner`, which has its kind and UID, the controller.
    pub fn controller_of(owner: &Value) -> Self {
        OwnerReference {
            api_version: owner.str_at(&["apiVersion"]).to_owned(),
            kind: owner.str_at(&["kind"]).to_owned(),
            name: owner.name().to_owned(),
            uid: owner.uid().to_owned(),
            is_controller: true,
            blocks_owner_deletion: true,
        }
    }

    /// The tree, fields in schema order; false flags are left out.
    pub fn to_value(&self) -> Value {
        let mut value = tree!({
            "apiVersion": (self.api_version.as_str()),
            "kind": (self.kind.as_str()),
            "name": (self.name.as_str()),
            "uid": (self.uid.as_str()),
        });
        for (field, flag) in [("controller", self.is_controller), ("blockOwnerDeletion", self.blocks_owner_deletion)] {
            if flag {
                value.set(&[field], true);
            }
        }
        value
    }

    /// Group and version of the owner.
    pub fn group_version(&self) -> Option<GroupVersion> {
        GroupVersion::parse(&self.api_version)
    }
}

/// Sets or removes (empty text) an entry of a map below `metadata`.
fn set_entry(object: &mut Value, field: &'static str, key: &str, value: &str) {
    let metadata = object.object_at(&["metadata"]);
    if !value.is_empty() {
        metadata.object_entry(field).insert(key.to_owned(), value);
        return;
    }
    if let Some(map) = metadata.get_mut(field).and_then(Value::as_object_mut) {
        map.remove(key);
        if map.is_empty() {
            metadata.remove(field);
        }
    }
}

impl ObjectMeta for Value {
    fn name(&self) -> &str {
        self.str_at(&["metadata", "name"])
    }
    fn namespace(&self) -> &str {
        self.str_at(&["metadata", "namespace"])
    }
    fn uid(&self) -> &str {
        self.str_at(&["metadata", "uid"])
    }
    fn generate_name(&self) -> &str {
        self.str_at(&["metadata", "generateName"])
    }
    fn resource_version(&self) -> &str {
        self.str_at(&["metadata", "resourceVersion"])
    }
    fn generation(&self) -> i64 {
        self.i64_at(&["metadata", "generation"]).unwrap_or(0)
    }
    fn deletion_timestamp(&self) -> Option<&str> {
        self.at(&["metadata", "deletionTimestamp"]).as_str()
    }
    fn deletion_grace_period_seconds(&self) -> Option<i64> {
        self.i64_at(&["metadata", "deletionGracePeriodSeconds"])
    }
    fn finalizers(&self) -> Vec<&str> {
        self.items_at(&["metadata", "finalizers"]).iter().filter_map(Value::as_str).collect()
    }
    fn label(&self, key: &str) -> Option<&str> {
        self.at(&["metadata", "labels", key]).as_str()
    }
    fn annotation(&self, key: &str) -> Option<&str> {
        self.at(&["metadata", "annotations", key]).as_str()
    }
    fn owner_references(&self) -> Vec<OwnerReference> {
        self.items_at(&["metadata", "ownerReferences"]).iter().map(owner_reference).collect()
    }
    fn set_meta(&mut self, field: &'static str, text: &str) {
        let metadata = self.object_at(&["metadata"]);
        match text.is_empty() {
            true => drop(metadata.remove(field)),
            false => drop(metadata.insert(field, text)),
        }
    }
    fn creation_timestamp(&self) -> Option<&str> {
        self.at(&["metadata", "creationTimestamp"]).as_str()
    }
    fn is_terminating(&self) -> bool {
        self.deletion_timestamp().is_some()
    }
    fn has_finalizer(&self, finalizer: &str) -> bool {
        self.items_at(&["metadata", "finalizers"]).iter().any(|item| item.as_str() == Some(finalizer))
    }
    fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        string_entries(self.at(&["metadata", "labels"]))
    }
    fn annotations(&self) -> impl Iterator<Item = (&str, &str)> {
        string_entries(self.at(&["metadata", "annotations"]))
    }
    fn controller(&self) -> Option<OwnerReference> {
        let owners = self.items_at(&["metadata", "ownerReferences"]);
        owners.iter().find(|owner| owner.bool_at(&["controller"])).map(owner_reference)
    }
    fn is_controlled_by(&self, uid: &str) -> bool {
        self.controller().is_some_and(|owner| owner.uid == uid)
    }
    fn set_label(&mut self, key: &str, value: &str) {
        set_entry(self, "labels", key, value);
    }
    fn set_annotation(&mut self, key: &str, value: &str) {
        set_entry(self, "annotations", key, value);
    }
    fn add_finalizer(&mut self, finalizer: &str) {
        if self.has_finalizer(finalizer) {
            return;
        }
        let metadata = self.object_at(&["metadata"]);
        match metadata.get_mut("finalizers").and_then(Value::as_array_mut) {
            Some(items) => items.push(finalizer.into()),
            None => drop(metadata.insert("finalizers", vec![Value::from(finalizer)])),
        }
    }
    fn remove_finalizer(&mut self, finalizer: &str) -> bool {
        let metadata = self.object_at(&["metadata"]);
        let Some(items) = metadata.get_mut("finalizers").and_then(Value::as_array_mut) else { return false };
        let before = items.len();
        items.retain(|item| item.as_str() != Some(finalizer));
        let (was_there, is_empty) = (items.len() < before, items.is_empty());
        if is_empty {
            metadata.remove("finalizers");
        }
        was_there
    }
}

fn owner_reference(value: &Value) -> OwnerReference {
    OwnerReference {
        api_version: value.str_at(&["apiVersion"]).to_owned(),
        kind: value.str_at(&["kind"]).to_owned(),
        name: value.str_at(&["name"]).to_owned(),
        uid: value.str_at(&["uid"]).to_owned(),
        is_controller: value.bool_at(&["controller"]),
        blocks_owner_deletion: value.bool_at(&["blockOwnerDeletion"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod() -> Value {
        tree!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": "p",
                "uid": "1",
                "labels": {"a": "1", "b": "2"},
                "finalizers": ["x", "y"],
                "ownerReferences": [{"kind": "Node", "uid": "7"}, {"kind": "ReplicaSet", "uid": "8", "controller": true}],
            },
        })
    }

    #[test]
    fn the_controller_is_the_flagged_owner() {
        let pod = pod();
        assert_eq!(pod.controller().map(|owner| owner.kind), Some("ReplicaSet".to_owned()));
        assert!(pod.is_controlled_by("8") && !pod.is_controlled_by("7"));
        let owner = OwnerReference::controller_of(&pod);
        assert_eq!(owner_reference(&owner.to_value()), owner);
    }

    #[test]
    fn labels_and_finalizers_come_and_go() {
        let mut pod = pod();
        assert_eq!(pod.labels().collect::<Vec<_>>(), [("a", "1"), ("b", "2")]);
        pod.set_label("a", "");
        pod.set_label("b", "");
        assert!(pod.at(&["metadata", "labels"]).is_null());
        pod.set_annotation("k", "v");
        assert_eq!(pod.annotation("k"), Some("v"));
        pod.add_finalizer("x");
        pod.add_finalizer("z");
        assert_eq!(pod.finalizers(), ["x", "y", "z"]);
        assert!(pod.remove_finalizer("y") && !pod.remove_finalizer("y"));
        assert!(pod.remove_finalizer("x") && pod.remove_finalizer("z"));
        assert!(pod.at(&["metadata", "finalizers"]).is_null());
    }
}
