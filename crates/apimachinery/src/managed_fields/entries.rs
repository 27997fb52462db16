//! The list `metadata.managedFields`: reading, writing, and its bound.

use super::path_set::Set;
use super::{UPDATE_ENTRIES_MAX, fields_v1};
use crate::field_error::quoted;
use crate::time;
use crate::value::{Map, Value};

/// Manager of the entries that the oldest updates are merged into.
const ANCIENT_CHANGES: &str = "ancient-changes";

/// How an entry came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    /// Server-side apply.
    Apply,
    /// Every other write.
    Update,
}

/// One entry. Manager, operation, apiVersion (of updates) and subresource identify it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) manager: String,
    pub(super) operation: Operation,
    pub(super) api_version: String,
    pub(super) subresource: String,
    /// RFC 3339 seconds; empty when unknown.
    pub(super) time: String,
    pub(super) fields: Set,
}

impl Entry {
    fn identity(&self) -> (&str, Operation, &str, &str) {
        let api_version = match self.operation {
            Operation::Apply => "",
            Operation::Update => &self.api_version,
        };
        (&self.manager, self.operation, api_version, &self.subresource)
    }

    fn seconds(&self) -> i64 {
        time::parse(&self.time).map_or(0, |time| time.as_second())
    }
}

/// Reads a list; of entries with one identity the last counts.
pub(super) fn decode(list: &[Value]) -> Result<Vec<Entry>, String> {
    let mut entries: Vec<Entry> = Vec::with_capacity(list.len());
    for (at, value) in list.iter().enumerate() {
        let entry = decode_entry(at, value)?;
        match entries.iter_mut().find(|known| known.identity() == entry.identity()) {
            Some(known) => *known = entry,
            None => entries.push(entry),
        }
    }
    Ok(entries)
}

fn decode_entry(at: usize, value: &Value) -> Result<Entry, String> {
    let text = |key: &str| value.str_at(&[key]).to_owned();
    let operation = match value.str_at(&["operation"]) {
        "Apply" => Operation::Apply,
        "Update" => Operation::Update,
        _ => return Err("operation must be `Apply` or `Update`".to_owned()),
    };
    let api_version = text("apiVersion");
    if api_version.is_empty() {
        return Err("apiVersion must not be empty".to_owned());
    }
    match value.str_at(&["fieldsType"]) {
        "FieldsV1" => {}
        "" => return Err(format!("missing fieldsType in managed fields entry {at}")),
        other => return Err(format!("invalid fieldsType {} in managed fields entry {at}", quoted(other))),
    }
    let fields =
        fields_v1::from_value(value.field("fieldsV1")).map_err(|cause| format!("error decoding set: {cause}"))?;
    Ok(Entry {
        manager: text("manager"),
        operation,
        api_version,
        subresource: text("subresource"),
        time: text("time"),
        fields,
    })
}

/// Writes the list in upstream's order; `None` for no entries.
pub(super) fn encode(mut entries: Vec<Entry>) -> Option<Value> {
    entries.sort_by(|a, b| {
        let key = |entry: &Entry| (entry.operation, entry.seconds());
        let names = |entry: &Entry| (entry.manager.clone(), entry.api_version.clone(), entry.subresource.clone());
        key(a).cmp(&key(b)).then_with(|| names(a).cmp(&names(b)))
    });
    (!entries.is_empty()).then(|| entries.iter().map(encode_entry).collect())
}

fn encode_entry(entry: &Entry) -> Value {
    let mut map = Map::with_capacity(7);
    let operation = match entry.operation {
        Operation::Apply => "Apply",
        Operation::Update => "Update",
    };
    for (key, text) in [
        ("manager", entry.manager.as_str()),
        ("operation", operation),
        ("apiVersion", &entry.api_version),
        ("time", &entry.time),
        ("fieldsType", "FieldsV1"),
    ] {
        if !text.is_empty() {
            map.push(key, text);
        }
    }
    map.push("fieldsV1", fields_v1::to_value(&entry.fields));
    if !entry.subresource.is_empty() {
        map.push("subresource", entry.subresource.as_str());
    }
    Value::Object(map)
}

/// Merges the oldest updates of each version into one entry until at most [`UPDATE_ENTRIES_MAX`] are left.
pub(super) fn cap_updates(entries: &mut Vec<Entry>) {
    let mut count = entries.iter().filter(|entry| entry.operation == Operation::Update).count();
    if count <= UPDATE_ENTRIES_MAX {
        return;
    }
    entries.sort_by(|a, b| a.seconds().cmp(&b.seconds()).then_with(|| a.identity().cmp(&b.identity())));
    let mut at = 0;
    while at < entries.len() && count > UPDATE_ENTRIES_MAX {
        match merge_target(entries, at) {
            Some(target) => {
                let merged = entries.remove(at);
                // What comes later is the more recent.
                let bucket = &mut entries[if target > at { target - 1 } else { target }];
                bucket.manager = ANCIENT_CHANGES.to_owned();
                bucket.subresource.clear();
                bucket.fields = bucket.fields.union(&merged.fields);
                bucket.time = merged.time;
                count -= 1;
            }
            None => at += 1,
        }
    }
}

/// The entry that the one at `at` is merged into: an older update of the same version.
fn merge_target(entries: &[Entry], at: usize) -> Option<usize> {
    let entry = &entries[at];
    let is_bucket = |other: &Entry| other.manager == ANCIENT_CHANGES && other.subresource.is_empty();
    let is_kin = |other: &Entry| other.operation == Operation::Update && other.api_version == entry.api_version;
    if entry.operation != Operation::Update || is_bucket(entry) {
        return None;
    }
    let older = entries[..at].iter().position(is_kin)?;
    entries.iter().position(|other| is_kin(other) && is_bucket(other)).or(Some(older))
}
