//! A map under many changes: found by hash when there are many, in order as it was.

use std::collections::HashMap;

use crate::value::{Key, Map, Value};

/// Changes from which a hash table pays.
const INDEXED_CHANGES_MIN: usize = 16;

/// The entries of a map that is being changed. Looking one up takes constant time also in large maps.
pub(super) struct Entries {
    slots: Vec<Option<(Key, Value)>>,
    index: Option<HashMap<String, usize>>,
}

impl Entries {
    /// Of `map`, for about `changes` changes.
    pub(super) fn new(map: Map, changes: usize) -> Self {
        let slots: Vec<_> = map.into_entries().into_iter().map(Some).collect();
        let index = (changes >= INDEXED_CHANGES_MIN).then(|| {
            let keyed = slots.iter().enumerate().filter_map(|(at, slot)| Some((slot.as_ref()?.0.to_string(), at)));
            keyed.collect()
        });
        Entries { slots, index }
    }

    fn position(&self, key: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(key).copied().filter(|at| self.slots[*at].is_some()),
            None => self.slots.iter().position(|slot| slot.as_ref().is_some_and(|(k, _)| k == key)),
        }
    }

    /// The value at `key`.
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        let at = self.position(key)?;
        self.slots[at].as_ref().map(|(_, value)| value)
    }

    /// The value at `key`, to change.
    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let at = self.position(key)?;
        self.slots[at].as_mut().map(|(_, value)| value)
    }

    /// Removes `key`.
    pub(super) fn remove(&mut self, key: &str) {
        if let Some(at) = self.position(key) {
            self.slots[at] = None;
        }
    }

    /// Keeps the entries whose key is told so.
    pub(super) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        for slot in &mut self.slots {
            if slot.as_ref().is_some_and(|(key, _)| !keep(key)) {
                *slot = None;
            }
        }
    }

    /// Sets `key`, in place if present, else at the end.
    pub(super) fn set(&mut self, key: Key, value: Value) {
        if let Some(slot) = self.get_mut(&key) {
            *slot = value;
            return;
        }
        if let Some(index) = &mut self.index {
            index.insert(key.to_string(), self.slots.len());
        }
        self.slots.push(Some((key, value)));
    }

    /// The changed map.
    pub(super) fn finish(self) -> Map {
        Map::from_entries(self.slots.into_iter().flatten().collect())
    }
}
