//! Discovery: which groups, versions and resources are served, in the old documents and the aggregated one.
//!
//! The documents are made whenever what is served changes: a definition, an APIService, another server's own document.

mod aggregated;
mod groups;
mod legacy;

use std::collections::HashMap;
use std::sync::OnceLock;

use api::{ResourceType, Subresource};
use apimachinery::tree;
use apimachinery::value::Value;
use http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use registry::resource::Registry;

use self::aggregated::Aggregated;
use self::groups::{Group, group};
use crate::bootstrap::documents;
use crate::connect;
use crate::negotiation::{Accepted, Encoding};
use crate::render;
use crate::reply::Reply;
use crate::reviews;

/// The group of APIServices themselves, which no APIService registers.
pub(crate) const REGISTRATION_GROUP: &str = "apiregistration.k8s.io";

/// Priorities of a group version of definitions.
pub(crate) const CUSTOM_PRIORITY: Priority = Priority { group: 1000, version: 100 };

/// Content type of the aggregated document; clients compare it.
pub(crate) const AGGREGATED_TYPE: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// A group and a version of it.
pub type GroupVersionKey = (String, String);

/// What decides the place of a group among groups, and of a version within its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priority {
    /// `groupPriorityMinimum`; the highest of a group's versions counts.
    pub group: i64,
    /// `versionPriority`
    pub version: i64,
}

/// A group version that another server serves.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteVersion {
    /// Group.
    pub group: String,
    /// Version.
    pub version: String,
    /// Its resources, as in the aggregated document; what was last known.
    pub resources: Vec<Value>,
    /// Whether the server could be asked.
    pub is_current: bool,
}

/// What APIServices say beyond what this server serves itself.
#[derive(Clone, Debug, Default)]
pub struct Registered {
    /// Priorities by group and version.
    pub priorities: HashMap<GroupVersionKey, Priority>,
    /// What other servers serve; goes before what is served here.
    pub remote: Vec<RemoteVersion>,
}

/// A resource of this server with the subresources that are served.
struct Served {
    ty: &'static ResourceType,
    subresources: Vec<&'static Subresource>,
}

/// The discovery documents.
pub struct Discovery {
    /// Old documents by path without a slash at the end.
    documents: HashMap<String, Value>,
    core: Aggregated,
    groups: Aggregated,
    /// Plurals by group and version.
    served: HashMap<GroupVersionKey, Vec<String>>,
}

impl Discovery {
    /// Of what `registry` serves, of what the API server answers itself, and of what APIServices add.
    pub fn new(registry: &Registry, registered: &Registered) -> Discovery {
        let mut served = Vec::new();
        for resource in registry.resources() {
            let ty = resource.resource_type();
            let is_served =
                |it: &&Subresource| resource.serves_subresource(it.name) || connect::serves(ty.plural, it.name);
            served.push(Served { ty, subresources: ty.subresources.iter().filter(is_served).collect() });
        }
        served.extend(reviews::resource_types().map(|ty| Served { ty, subresources: Vec::new() }));
        Discovery::of(served, registered)
    }

    fn of(served: Vec<Served>, registered: &Registered) -> Discovery {
        let (core, mut groups): (Vec<Group>, Vec<Group>) =
            group(served, registered).into_iter().partition(|it| it.name.is_empty());
        groups.sort_by(Group::by_name);
        let mut out = Discovery {
            documents: HashMap::new(),
            core: aggregated::document(&core),
            groups: aggregated::document(&groups),
            served: HashMap::new(),
        };
        groups.sort_by(Group::by_registration);
        out.documents.insert("/api".into(), tree!({"kind": "APIVersions", "versions": ["v1"]}));
        let list: Value = groups.iter().map(legacy::group_document).collect();
        out.documents.insert("/apis".into(), tree!({"kind": "APIGroupList", "apiVersion": "v1", "groups": list}));
        for group in core.iter().chain(&groups) {
            out.add_group(group);
        }
        out
    }

    fn add_group(&mut self, group: &Group) {
        let base = if group.name.is_empty() { "/api".to_owned() } else { format!("/apis/{}", group.name) };
        if !group.name.is_empty() {
            self.documents.insert(base.clone(), legacy::whole_group_document(group));
        }
        for version in &group.versions {
            // Of another server's versions that server is asked.
            if let Some(document) = legacy::resource_list(&group.name, version) {
                self.documents.insert(format!("{base}/{}", version.name), document);
            }
            self.served.insert((group.name.clone(), version.name.clone()), version.plurals());
        }
    }

    /// Whether a group is served, in any version.
    pub fn serves_group(&self, group: &str) -> bool {
        self.served.keys().any(|(it, _)| it == group)
    }

    /// Whether a resource is served.
    pub fn serves(&self, group: &str, version: &str, plural: &str) -> bool {
        let plurals = self.served.get(&(group.to_owned(), version.to_owned()));
        plurals.is_some_and(|plurals| plurals.iter().any(|it| it == plural))
    }

    /// Group and version of everything that is served.
    pub fn group_versions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.served.keys().map(|(group, version)| (group.as_str(), version.as_str()))
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

/// Priorities of the group versions that are built in.
pub(crate) fn built_in_priorities() -> &'static HashMap<GroupVersionKey, Priority> {
    static PRIORITIES: OnceLock<HashMap<GroupVersionKey, Priority>> = OnceLock::new();
    PRIORITIES.get_or_init(documents::group_priorities)
}

#[cfg(test)]
mod tests;
