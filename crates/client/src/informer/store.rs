//! What an informer holds: objects by key in order, and where asked for an index by other values.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use apimachinery::encoded::EncodedObject;
use apimachinery::json;
use apimachinery::meta::ObjectMeta;

use super::{Entry, ObjectKey};

/// Says under which values an object is found in an index.
pub type IndexValues<D> = fn(&ObjectKey, &D) -> Vec<String>;

pub(super) struct Slot<D> {
    pub entry: Entry<D>,
    /// When this state was seen, on the boot clock.
    pub seen: Duration,
}

struct Index<D> {
    name: &'static str,
    values: IndexValues<D>,
    keys: HashMap<String, BTreeSet<ObjectKey>>,
}

pub(super) struct Store<D> {
    objects: BTreeMap<ObjectKey, Slot<D>>,
    indexes: Vec<Index<D>>,
}

impl<D> Store<D> {
    pub fn new() -> Self {
        Store { objects: BTreeMap::new(), indexes: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.objects.len()
    }

    pub fn get(&self, key: &ObjectKey) -> Option<&Slot<D>> {
        self.objects.get(key)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&ObjectKey, &Slot<D>)> {
        self.objects.iter()
    }

    /// The objects of one namespace in key order.
    pub fn namespace<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = (&'a ObjectKey, &'a Slot<D>)> {
        let first = ObjectKey::new(namespace, "");
        self.objects
            .range((Bound::Included(first), Bound::Unbounded))
            .take_while(move |(key, _)| &*key.namespace == namespace)
    }

    pub fn keys_where(&self, mut keep: impl FnMut(&ObjectKey) -> bool) -> Vec<ObjectKey> {
        self.objects.keys().filter(|key| keep(key)).cloned().collect()
    }

    /// Sets or, with `None`, removes. Returns what was there.
    pub fn put(&mut self, key: &ObjectKey, slot: Option<Slot<D>>) -> Option<Entry<D>> {
        let new = slot.as_ref().map(|slot| Arc::clone(&slot.entry.digest));
        let old = match slot {
            Some(slot) => self.objects.insert(key.clone(), slot),
            None => self.objects.remove(key),
        };
        let old = old.map(|slot| slot.entry);
        for index in &mut self.indexes {
            index.change(key, old.as_ref().map(|entry| &*entry.digest), new.as_deref());
        }
        old
    }

    pub fn add_index(&mut self, name: &'static str, values: IndexValues<D>) {
        if self.indexes.iter().any(|index| index.name == name) {
            return;
        }
        let mut index = Index { name, values, keys: HashMap::new() };
        for (key, slot) in &self.objects {
            index.change(key, None, Some(&slot.entry.digest));
        }
        self.indexes.push(index);
    }

    /// Keys of the objects that the index `name` has under `value`, in order.
    pub fn indexed(&self, name: &str, value: &str) -> impl Iterator<Item = (&ObjectKey, &Slot<D>)> {
        let index = self.indexes.iter().find(|index| index.name == name);
        debug_assert!(index.is_some(), "index {name} was never added");
        index
            .and_then(|index| index.keys.get(value))
            .into_iter()
            .flatten()
            .filter_map(|key| self.objects.get_key_value(key))
    }
}

impl<D> Index<D> {
    fn change(&mut self, key: &ObjectKey, old: Option<&D>, new: Option<&D>) {
        for value in old.map(|digest| (self.values)(key, digest)).unwrap_or_default() {
            if let Some(keys) = self.keys.get_mut(&value) {
                keys.remove(key);
                if keys.is_empty() {
                    self.keys.remove(&value);
                }
            }
        }
        for value in new.map(|digest| (self.values)(key, digest)).unwrap_or_default() {
            self.keys.entry(value).or_default().insert(key.clone());
        }
    }
}

/// Namespace and name of an encoded object, read from its `metadata` without decoding the rest.
pub(super) fn key_of(object: &EncodedObject, is_namespaced: bool) -> Option<ObjectKey> {
    let (start, end) = object.metadata;
    let metadata = object.bytes.get(start as usize..end as usize)?;
    // Other servers may order fields in another way.
    scan_key(metadata).filter(|key| !is_namespaced || !key.namespace.is_empty()).or_else(|| parse_key(&object.bytes))
}

fn parse_key(bytes: &[u8]) -> Option<ObjectKey> {
    let value = json::parse(bytes).ok()?;
    (!value.name().is_empty()).then(|| ObjectKey::new(value.namespace(), value.name()))
}

/// Reads canonical `{"name":"…","generateName":"…","namespace":"…",…`: these three come first, in this order.
fn scan_key(metadata: &[u8]) -> Option<ObjectKey> {
    let mut rest = metadata.strip_prefix(b"{")?;
    let (mut name, mut namespace) = ("", "");
    while let Some((field, value, tail)) = string_entry(rest) {
        match field {
            "name" => name = value,
            "namespace" => namespace = value,
            "generateName" => {}
            _ => break,
        }
        rest = tail;
    }
    (!name.is_empty()).then(|| ObjectKey::new(namespace, name))
}

/// Splits `"field":"value",tail`; `None` for anything else, also for escapes.
fn string_entry(text: &[u8]) -> Option<(&str, &str, &[u8])> {
    let (field, text) = quoted(text)?;
    let (value, text) = quoted(text.strip_prefix(b":")?)?;
    Some((field, value, text.strip_prefix(b",").unwrap_or(text)))
}

fn quoted(text: &[u8]) -> Option<(&str, &[u8])> {
    let text = text.strip_prefix(b"\"")?;
    let end = text.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    if text[end] == b'\\' {
        return None;
    }
    Some((std::str::from_utf8(&text[..end]).ok()?, &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_read_from_the_start_of_the_metadata() {
        let namespaced = br#"{"name":"web","generateName":"w-","namespace":"a","uid":"1"}"#;
        assert_eq!(scan_key(namespaced), Some(ObjectKey::new("a", "web")));
        let cluster = br#"{"name":"node","uid":"1","labels":{"namespace":"x"}}"#;
        assert_eq!(scan_key(cluster), Some(ObjectKey::new("", "node")));
        assert_eq!(scan_key(br#"{"uid":"1"}"#), None);
    }
}
