//! Objects as short text for tests, plans as text.
//!
//! One object a line: `Kind namespace/name path=value ...`. Paths are dotted below the object (`spec.replicas=3`);
//! values are JSON, or else strings. Short forms: `labels.app=web`, `annotations.a=b` (below metadata),
//! `owner=ReplicaSet/web` (its controller), `age=9s` and `deleted=5s` (times before now), `ready=5s` (a Pod that has
//! been ready so long). The UID is `<name>-uid` unless given, the revision the number of the line.

use std::time::Duration;

use apimachinery::json;
use apimachinery::time::{Now, format_seconds};
use apimachinery::tree;
use apimachinery::value::{Key, Value};
use client::client::Resource;
use client::controller::{Controller, Key as ObjectKey};
use client::resources::{PODS, STORED};
use client::view::View;

/// A custom kind.
pub const WIDGETS: Resource =
    Resource { group: "example.com", version: "v1", plural: "widgets", kind: "Widget", is_namespaced: true };

fn known(kind: &str) -> Option<Resource> {
    STORED.iter().chain([&WIDGETS]).find(|resource| resource.kind == kind).copied()
}

/// The present of all tests.
pub fn now() -> Now {
    let wall = "2026-11-21T12:00:00Z".parse().expect("a valid time");
    Now { wall, boot: Duration::from_secs(100_000) }
}

/// The objects of a text.
pub fn objects(text: &str) -> Vec<Value> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.enumerate().map(|(number, line)| object(line, number + 1)).collect()
}

fn object(line: &str, revision: usize) -> Value {
    let mut words = line.split_whitespace();
    let kind = words.next().expect("a line starts with a kind");
    let name = words.next().expect("then comes a name");
    let (namespace, name) = name.split_once('/').unwrap_or(("", name));
    let api_version = known(kind).unwrap_or(PODS).api_version();
    let mut value = tree!({"kind": kind, "apiVersion": api_version, "metadata": {
        "name": name, "uid": (format!("{name}-uid")), "resourceVersion": (revision.to_string())
    }});
    if !namespace.is_empty() {
        value.set(&["metadata", "namespace"], namespace);
    }
    for word in words {
        let (path, text) = word.split_once('=').expect("the rest are path=value");
        apply(&mut value, path, text);
    }
    value
}

fn apply(value: &mut Value, path: &str, text: &str) {
    match path.split_once('.') {
        Some((map @ ("labels" | "annotations"), key)) => {
            let map = match map {
                "labels" => value.object_at(&["metadata", "labels"]),
                _ => value.object_at(&["metadata", "annotations"]),
            };
            map.insert(key.to_owned(), text);
        }
        _ if path == "age" => value.set(&["metadata", "creationTimestamp"], ago(text)),
        _ if path == "deleted" => value.set(&["metadata", "deletionTimestamp"], ago(text)),
        _ if path == "ready" => value.set(
            &["status", "conditions"],
            tree!([{"type": "Ready", "status": "True", "lastTransitionTime": (ago(text))}]),
        ),
        _ if path == "owner" => {
            let (kind, name) = text.split_once('/').expect("owner=Kind/name");
            let api_version = if kind == WIDGETS.kind { "example.com/v1" } else { "apps/v1" };
            let owner = tree!([{"apiVersion": api_version, "kind": kind, "name": name,
                "uid": (format!("{name}-uid")), "controller": true, "blockOwnerDeletion": true}]);
            value.set(&["metadata", "ownerReferences"], owner);
        }
        _ => set_dotted(value, path, json::parse(text.as_bytes()).unwrap_or(Value::from(text))),
    }
}

fn set_dotted(value: &mut Value, path: &str, leaf: Value) {
    let (parents, last) = path.rsplit_once('.').unwrap_or(("", path));
    let mut map = value.object_at(&[]);
    for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
        map = map.object_entry(Key::from(parent.to_owned()));
    }
    map.insert(last.to_owned(), leaf);
}

/// The time `text` (`9s`) before now.
pub fn ago(text: &str) -> String {
    let seconds = text.trim_end_matches('s').parse().expect("a number of seconds");
    format_seconds(now().wall - Duration::from_secs(seconds))
}

/// A view of the objects of a text.
pub fn view(controller: &dyn Controller, text: &str) -> View {
    View::fixed(&controller.watches(), &objects(text))
}

/// The plan for `key` (`Kind namespace/name`) as text.
pub fn plan(controller: &dyn Controller, text: &str, key: &str) -> String {
    controller.reconcile(&view(controller, text), &parse_key(key), now()).to_string()
}

/// `Kind namespace/name`
pub fn parse_key(key: &str) -> ObjectKey {
    let (kind, name) = key.split_once(' ').expect("a key is `Kind name`");
    let (namespace, name) = name.split_once('/').unwrap_or(("", name));
    ObjectKey::new(known(kind).expect("a known kind"), namespace, name)
}
