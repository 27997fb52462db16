//! The aggregated document: every group with every resource at once.

use api::{ResourceType, Subresource};
use apimachinery::value::Value;
use apimachinery::{json, tree};
use http::HeaderValue;

use super::Served;
use super::groups::{Content, Group, Version};
use super::legacy::{is_own_kind, texts};
use crate::openapi::digest_text;

/// The document with the hash by which clients know it.
pub(super) struct Aggregated {
    pub(super) bytes: Vec<u8>,
    pub(super) etag: HeaderValue,
}

/// The document of these groups.
pub(super) fn document(groups: &[Group]) -> Aggregated {
    let items: Value = groups.iter().map(group_entry).collect();
    let document = tree!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    });
    let mut bytes = json::to_vec(&document);
    let hash = digest_text(std::iter::once(String::from_utf8_lossy(&bytes).into_owned()));
    bytes.push(b'\n');
    let etag = HeaderValue::from_str(&format!("\"{hash}\"")).expect("hexadecimal text");
    Aggregated { bytes, etag }
}

fn group_entry(group: &Group) -> Value {
    let metadata = match group.name.is_empty() {
        true => tree!({}),
        false => tree!({"name": (group.name.clone())}),
    };
    let versions: Value = group.versions.iter().map(version_entry).collect();
    tree!({"metadata": metadata, "versions": versions})
}

fn version_entry(version: &Version) -> Value {
    let (resources, is_current) = match &version.content {
        Content::Own(served) => (served.iter().map(resource_entry).collect(), true),
        Content::Remote(remote) => (remote.resources.clone(), remote.is_current),
    };
    let mut entry = tree!({"version": (version.name.clone())});
    if !resources.is_empty() {
        entry.set(&["resources"], resources);
    }
    entry.set(&["freshness"], if is_current { "Current" } else { "Stale" });
    entry
}

fn resource_entry(it: &Served) -> Value {
    let ty = it.ty;
    let scope = if ty.is_namespaced { "Namespaced" } else { "Cluster" };
    let mut entry = tree!({
        "resource": (ty.plural),
        // Upstream leaves group and version out where they are those of the list.
        "responseKind": {"group": "", "version": "", "kind": (ty.kind)},
        "scope": scope,
        "singularResource": (ty.singular),
        "verbs": (texts(ty.verbs)),
    });
    if !ty.short_names.is_empty() {
        entry.set(&["shortNames"], texts(ty.short_names));
    }
    if !ty.categories.is_empty() {
        entry.set(&["categories"], texts(ty.categories));
    }
    let subresources: Vec<Value> = it.subresources.iter().map(|sub| subresource_entry(ty, sub)).collect();
    if !subresources.is_empty() {
        entry.set(&["subresources"], subresources);
    }
    entry
}

fn subresource_entry(ty: &ResourceType, sub: &'static Subresource) -> Value {
    let (group, version) = if is_own_kind(ty, sub) { ("", "") } else { (sub.group, sub.version) };
    tree!({
        "subresource": (sub.name),
        "responseKind": {"group": group, "version": version, "kind": (sub.kind)},
        "verbs": (texts(sub.verbs)),
    })
}
