//! Discovery: which groups, versions and resources are served, in the old documents and the aggregated one.
//!
//! The documents are made once: what is served does not change while the server runs.

use std::collections::{BTreeMap, HashMap};

use api::{ResourceType, Subresource};
use apimachinery::json;
use apimachinery::tree;
use apimachinery::value::Value;
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use registry::resource::Registry;

use crate::bootstrap::documents;
use crate::connect;
use crate::negotiation::{Accepted, Encoding};
use crate::render;
use crate::reply::Reply;
use crate::reviews;

/// Bytes of a hash that `storageVersionHash` keeps.
const STORAGE_VERSION_BYTES: usize = 8;

/// Content type of the aggregated document; clients compare it.
const AGGREGATED_TYPE: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// A served resource with the subresources that are served.
struct Served {
    ty: &'static ResourceType,
    subresources: Vec<&'static Subresource>,
}

/// One group with its versions, best first.
struct Group {
    name: String,
    versions: Vec<(String, Vec<Served>)>,
}

/// The discovery documents.
pub struct Discovery {
    /// Old documents by path without a slash at the end.
    documents: HashMap<String, Value>,
    core: Aggregated,
    groups: Aggregated,
    /// Plurals by group and version.
    served: HashMap<(String, String), Vec<&'static str>>,
}

struct Aggregated {
    bytes: Vec<u8>,
    etag: HeaderValue,
}

impl Discovery {
    /// Of what `registry` serves, and of what the API server answers itself.
    pub fn new(registry: &Registry) -> Discovery {
        let mut served = Vec::new();
        for resource in registry.resources() {
            let ty = resource.resource_type();
            let is_served =
                |it: &&Subresource| resource.serves_subresource(it.name) || connect::serves(ty.plural, it.name);
            served.push(Served { ty, subresources: ty.subresources.iter().filter(is_served).collect() });
        }
        served.extend(reviews::resource_types().map(|ty| Served { ty, subresources: Vec::new() }));
        Discovery::of(served)
    }

    fn of(served: Vec<Served>) -> Discovery {
        let (core, groups): (Vec<Group>, Vec<Group>) = group(served).into_iter().partition(|it| it.name.is_empty());
        let mut out = Discovery {
            documents: HashMap::new(),
            core: aggregated(&core),
            groups: aggregated(&groups),
            served: HashMap::new(),
        };
        out.documents.insert("/api".into(), tree!({"kind": "APIVersions", "versions": ["v1"]}));
        let list: Value = groups.iter().map(group_document).collect();
        out.documents.insert("/apis".into(), tree!({"kind": "APIGroupList", "apiVersion": "v1", "groups": list}));
        for group in core.iter().chain(&groups) {
            out.add_group(group);
        }
        out
    }

    fn add_group(&mut self, group: &Group) {
        let base = if group.name.is_empty() { "/api".to_owned() } else { format!("/apis/{}", group.name) };
        if !group.name.is_empty() {
            let mut document = tree!({"kind": "APIGroup", "apiVersion": "v1"});
            if let (Value::Object(into), Value::Object(from)) = (&mut document, group_document(group)) {
                from.into_entries().into_iter().for_each(|(key, value)| into.push(key, value));
            }
            self.documents.insert(base.clone(), document);
        }
        for (version, resources) in &group.versions {
            self.documents.insert(format!("{base}/{version}"), resource_list(&group.name, version, resources));
            let plurals = resources.iter().map(|it| it.ty.plural).collect();
            self.served.insert((group.name.clone(), version.clone()), plurals);
        }
    }

    /// Whether a group is served, in any version.
    pub fn serves_group(&self, group: &str) -> bool {
        self.served.keys().any(|(it, _)| it == group)
    }

    /// Whether a resource is served.
    pub fn serves(&self, group: &str, version: &str, plural: &str) -> bool {
        let plurals = self.served.get(&(group.to_owned(), version.to_owned()));
        plurals.is_some_and(|plurals| plurals.contains(&plural))
    }

    /// Group, version and plural of everything that is served.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.served.iter().flat_map(|((group, version), plurals)| {
            plurals.iter().map(move |plural| (group.as_str(), version.as_str(), *plural))
        })
    }

    /// The old document at `path` (without a slash at its end); `address` goes into that of `/api`.
    pub fn document(&self, path: &str, accepted: Accepted, address: &str) -> Option<Reply> {
        let document = self.documents.get(path)?;
        if path != "/api" {
            return Some(render::value_reply(accepted, StatusCode::OK, document));
        }
        let mut document = document.clone();
        let addresses = tree!([{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]);
        document.set(&["serverAddressByClientCIDRs"], addresses);
        Some(render::value_reply(accepted, StatusCode::OK, &document))
    }

    /// The aggregated document of `/api` or `/apis`; 304 when the client has it.
    pub fn aggregated(&self, path: &str, accepted: Accepted, headers: &HeaderMap) -> Reply {
        let document = if path == "/api" { &self.core } else { &self.groups };
        let is_known = headers.get(IF_NONE_MATCH) == Some(&document.etag);
        let mut reply = match (is_known, accepted.encoding) {
            (true, _) => Reply::full(StatusCode::NOT_MODIFIED, AGGREGATED_TYPE, Vec::new()),
            (false, Encoding::Json) => Reply::full(StatusCode::OK, AGGREGATED_TYPE, document.bytes.clone()),
            (false, _) => render::json_reply(accepted, StatusCode::OK, document.bytes.clone()),
        };
        reply.headers.insert(ETAG, document.etag.clone());
        reply.headers.insert(VARY, HeaderValue::from_static("Accept"));
        reply.headers.insert(CACHE_CONTROL, HeaderValue::from_static("public"));
        reply
    }
}

/// Groups by upstream's priority, then name; versions by priority.
fn group(served: Vec<Served>) -> Vec<Group> {
    let mut groups: BTreeMap<&'static str, BTreeMap<&'static str, Vec<Served>>> = BTreeMap::new();
    for it in served {
        groups.entry(it.ty.group).or_default().entry(it.ty.version).or_default().push(it);
    }
    let priorities = documents::group_priorities();
    let priority = |group: &str, version: &str| {
        priorities.get(&(group.to_owned(), version.to_owned())).copied().unwrap_or((1000, 15))
    };
    let mut out: Vec<(i64, Group)> = Vec::new();
    for (name, versions) in groups {
        let rank = versions.keys().map(|version| priority(name, version).0).max().unwrap_or(0);
        let mut versions: Vec<(String, Vec<Served>)> =
            versions.into_iter().map(|(version, list)| (version.to_owned(), list)).collect();
        versions.sort_by(|(a, _), (b, _)| {
            priority(name, b).1.cmp(&priority(name, a).1).then_with(|| version_rank(b).cmp(&version_rank(a)))
        });
        versions.iter_mut().for_each(|(_, list)| list.sort_by_key(|it| it.ty.plural));
        out.push((rank, Group { name: name.to_owned(), versions }));
    }
    out.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    out.into_iter().map(|(_, group)| group).collect()
}

/// Stable versions before beta and alpha ones, newer before older; what is no version goes last.
fn version_rank(version: &str) -> (u8, u32, u32) {
    let Some(rest) = version.strip_prefix('v') else { return (0, 0, 0) };
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let Ok(major) = rest[..digits].parse() else { return (0, 0, 0) };
    let stage = |prefix: &str| rest[digits..].strip_prefix(prefix).and_then(|minor| minor.parse().ok());
    match (&rest[digits..], stage("beta"), stage("alpha")) {
        ("", ..) => (3, major, 0),
        (_, Some(minor), _) => (2, major, minor),
        (_, _, Some(minor)) => (1, major, minor),
        _ => (0, 0, 0),
    }
}

fn group_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

fn group_document(group: &Group) -> Value {
    let version =
        |version: &String| tree!({"groupVersion": (group_version(&group.name, version)), "version": (version.clone())});
    let versions: Value = group.versions.iter().map(|(it, _)| version(it)).collect();
    let preferred = group.versions.first().map(|(it, _)| version(it)).unwrap_or_default();
    tree!({"name": (group.name.clone()), "versions": versions, "preferredVersion": preferred})
}

/// Names the form in which objects are stored: clients see by it that a resource is the same one in two groups.
fn storage_version_hash(ty: &ResourceType) -> String {
    // Events are stored as those of the core group.
    let group = if ty.kind == "Event" { "" } else { ty.group };
    let stored = format!("{group}/{}/{}", ty.version, ty.kind);
    let hash = digest::digest(&digest::SHA256, stored.as_bytes());
    STANDARD.encode(&hash.as_ref()[..STORAGE_VERSION_BYTES])
}

fn texts(list: &[&'static str]) -> Value {
    list.iter().map(|text| Value::from(*text)).collect()
}

/// An `APIResourceList`; the core group's lacks the apiVersion, as upstream's.
fn resource_list(group: &str, version: &str, resources: &[Served]) -> Value {
    let mut list = tree!({"kind": "APIResourceList"});
    if !group.is_empty() {
        list.set(&["apiVersion"], "v1");
    }
    list.set(&["groupVersion"], group_version(group, version));
    let mut entries = Vec::new();
    for it in resources {
        entries.push(resource_entry(it.ty));
        entries.extend(it.subresources.iter().map(|sub| subresource_entry(it.ty, sub)));
    }
    list.set(&["resources"], entries);
    list
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

fn is_own_kind(ty: &ResourceType, sub: &Subresource) -> bool {
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

fn aggregated(groups: &[Group]) -> Aggregated {
    let items: Value = groups.iter().map(aggregated_group).collect();
    let document = tree!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items});
    let mut bytes = json::to_vec(&document);
    bytes.push(b'\n');
    let hash: String = digest::digest(&digest::SHA512, &bytes).as_ref().iter().map(|it| format!("{it:02X}")).collect();
    let etag = HeaderValue::from_str(&format!("\"{hash}\"")).expect("hexadecimal text");
    Aggregated { bytes, etag }
}

fn aggregated_group(group: &Group) -> Value {
    let metadata = match group.name.is_empty() {
        true => tree!({}),
        false => tree!({"name": (group.name.clone())}),
    };
    let versions: Value = group
        .versions
        .iter()
        .map(|(version, resources)| {
            let resources: Value = resources.iter().map(aggregated_resource).collect();
            tree!({"version": (version.clone()), "resources": resources, "freshness": "Current"})
        })
        .collect();
    tree!({"metadata": metadata, "versions": versions})
}

fn aggregated_resource(it: &Served) -> Value {
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
    let subresources: Vec<Value> = it.subresources.iter().map(|sub| aggregated_subresource(ty, sub)).collect();
    if !subresources.is_empty() {
        entry.set(&["subresources"], subresources);
    }
    entry
}

fn aggregated_subresource(ty: &ResourceType, sub: &'static Subresource) -> Value {
    let (group, version) = if is_own_kind(ty, sub) { ("", "") } else { (sub.group, sub.version) };
    tree!({
        "subresource": (sub.name),
        "responseKind": {"group": group, "version": version, "kind": (sub.kind)},
        "verbs": (texts(sub.verbs)),
    })
}

#[cfg(test)]
mod tests;
