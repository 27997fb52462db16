//! Read and write access to `metadata` of an object tree.

use crate::value::Value;

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
