//! Groups and versions in the order in which clients prefer them.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use super::{CUSTOM_PRIORITY, Priority, REGISTRATION_GROUP, Registered, RemoteVersion, Served, built_in_priorities};

/// Priority of the group of APIServices: before all others.
const REGISTRATION_PRIORITY: Priority = Priority { group: 20_000, version: 0 };

/// One group with its versions, best first.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) versions: Vec<Version>,
    /// The highest priority of its versions.
    rank: i64,
    /// The first name of an APIService with that priority.
    first_registration: String,
}

/// One version of a group.
pub(super) struct Version {
    pub(super) name: String,
    pub(super) content: Content,
}

/// Who serves a version, and what.
pub(super) enum Content {
    /// This server.
    Own(Vec<Served>),
    /// Another one.
    Remote(RemoteVersion),
}

impl Version {
    /// Plurals of its resources.
    pub(super) fn plurals(&self) -> Vec<String> {
        match &self.content {
            Content::Own(served) => served.iter().map(|it| it.ty.plural.to_owned()).collect(),
            Content::Remote(remote) => remote.resources.iter().map(|it| it.str_at(&["resource"]).to_owned()).collect(),
        }
    }
}

impl Group {
    fn new(name: String, mut versions: Vec<Version>, registered: &Registered) -> Group {
        let priority = |version: &str| priority_of(registered, &name, version);
        versions.sort_by(|a, b| {
            let by_priority = priority(&b.name).version.cmp(&priority(&a.name).version);
            by_priority.then_with(|| version_rank(&b.name).cmp(&version_rank(&a.name)))
        });
        let rank = versions.iter().map(|it| priority(&it.name).group).max().unwrap_or(0);
        let best = versions.iter().filter(|it| priority(&it.name).group == rank);
        let first_registration = best.map(|it| format!("{}.{name}", it.name)).min().unwrap_or_default();
        Group { name, versions, rank, first_registration }
    }

    /// Order of the aggregated document.
    pub(super) fn by_name(&self, other: &Group) -> Ordering {
        (Reverse(self.rank), &self.name).cmp(&(Reverse(other.rank), &other.name))
    }

    /// Order of the old documents: that of APIServices; their own group goes first.
    pub(super) fn by_registration(&self, other: &Group) -> Ordering {
        let key = |it: &Group| (Reverse((it.name == REGISTRATION_GROUP, it.rank)), it.first_registration.clone());
        key(self).cmp(&key(other))
    }
}

/// All groups, in no order; their versions are ordered.
pub(super) fn group(served: Vec<Served>, registered: &Registered) -> Vec<Group> {
    let mut groups: BTreeMap<String, BTreeMap<String, Content>> = BTreeMap::new();
    for remote in &registered.remote {
        let versions = groups.entry(remote.group.clone()).or_default();
        versions.insert(remote.version.clone(), Content::Remote(remote.clone()));
    }
    for it in served {
        let versions = groups.entry(it.ty.group.to_owned()).or_default();
        let content = versions.entry(it.ty.version.to_owned()).or_insert_with(|| Content::Own(Vec::new()));
        if let Content::Own(list) = content {
            list.push(it);
        }
    }
    let versions_of = |versions: BTreeMap<String, Content>| versions.into_iter().map(version).collect();
    groups.into_iter().map(|(name, versions)| Group::new(name, versions_of(versions), registered)).collect()
}

fn version((name, mut content): (String, Content)) -> Version {
    match &mut content {
        Content::Own(list) => list.sort_by_key(|it| it.ty.plural),
        Content::Remote(remote) => remote.resources.retain(|it| it.as_object().is_some()),
    }
    Version { name, content }
}

fn priority_of(registered: &Registered, group: &str, version: &str) -> Priority {
    if group == REGISTRATION_GROUP {
        return REGISTRATION_PRIORITY;
    }
    let key = (group.to_owned(), version.to_owned());
    let found = registered.priorities.get(&key).or_else(|| built_in_priorities().get(&key));
    found.copied().unwrap_or(CUSTOM_PRIORITY)
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
