//! The old documents: `APIGroup`, `APIGroupList`, `APIResourceList`.

use api::{ResourceType, Subresource};
use apimachinery::tree;
use apimachinery::value::Value;
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::groups::{Content, Group, Version};

/// Bytes of a hash that `storageVersionHash` keeps.
const STORAGE_VERSION_BYTES: usize = 8;

/// An entry of an `APIGroupList`.
pub(super) fn group_document(group: &Group) -> Value {
    let version = |version: &Version| {
        let group_version = group_version(&group.name, &version.name);
        tree!({"groupVersion": group_version, "version": (version.name.clone())})
    };
    let versions: Value = group.versions.iter().map(version).collect();
    let preferred = group.versions.first().map(version).unwrap_or_default();
    tree!({"name": (group.name.clone()), "versions": versions, "preferredVersion": preferred})
}

/// The `APIGroup` at `/apis/GROUP`.
pub(super) fn whole_group_document(group: &Group) -> Value {
    let mut document = tree!({"kind": "APIGroup", "apiVersion": "v1"});
    if let (Value::Object(into), Value::Object(from)) = (&mut document, group_document(group)) {
        from.into_entries().into_iter().for_each(|(key, value)| into.push(key, value));
    }
    document
}

/// The `APIResourceList` of a version that this server serves; the core group's lacks the apiVersion, as upstream's.
pub(super) fn resource_list(group: &str, version: &Version) -> Option<Value> {
    let Content::Own(resources) = &version.content else { return None };
    let mut list = tree!({"kind": "APIResourceList"});
    if !group.is_empty() {
        list.set(&["apiVersion"], "v1");
    }
    list.set(&["groupVersion"], group_version(group, &version.name));
    let mut entries = Vec::new();
    for it in resources {
        entries.push(resource_entry(it.ty));
        entries.extend(it.subresources.iter().map(|sub| subresource_entry(it.ty, sub)));
    }
    list.set(&["resources"], entries);
    Some(list)
}

fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// Names the form in which objects are stored: clients see by it that a resource is the same one in two groups.
fn storage_version_hash(ty: &ResourceType) -> String {
    // Events are stored as those of the core group.
    let group = if ty.kind == "Event" { "" } else { ty.group };
    let stored = format!("{group}/{}/{}", ty.version, ty.kind);
    let hash = digest::digest(&digest::SHA256, stored.as_bytes());
    STANDARD.encode(&hash.as_ref()[..STORAGE_VERSION_BYTES])
}

/// A list of texts.
pub(super) fn texts(list: &[&'static str]) -> Value {
    list.iter().map(|text| Value::from(*text)).collect()
}

fn resource_entry(ty: &'static ResourceType) -> Value {
    let mut entry = tree!({
        "name": (ty.plural), "singularName": (ty.singular), "namespaced": (ty.is_namespaced), "kind": (ty.kind),
        "verbs": (texts(ty.verbs)),
    });
    if !ty.short_names.is_empty() {
        entry.set(&["shortNames"], texts(ty.short_names));
    }
    if !ty.categories.is_empty() {
        entry.set(&["categories"], texts(ty.categories));
    }
    if ty.has_verb("watch") {
        entry.set(&["storageVersionHash"], storage_version_hash(ty));
    }
    entry
}

/// Whether a subresource is of a kind of the resource's own group version.
pub(super) fn is_own_kind(ty: &ResourceType, sub: &Subresource) -> bool {
    (sub.group, sub.version) == (ty.group, ty.version) || sub.version.is_empty()
}

fn subresource_entry(ty: &'static ResourceType, sub: &'static Subresource) -> Value {
    let mut entry = tree!({
        "name": (format!("{}/{}", ty.plural, sub.name)), "singularName": "", "namespaced": (ty.is_namespaced),
    });
    if !is_own_kind(ty, sub) {
        entry.set(&["group"], sub.group);
        entry.set(&["version"], sub.version);
    }
    entry.set(&["kind"], sub.kind);
    entry.set(&["verbs"], texts(sub.verbs));
    entry
}
