//! The multi-version map: the newest state of every key, and the changes since the compaction floor.
//!
//! Pure. A key holds only its newest version; older ones are found by walking back through the
//! history, in which each change knows the state before it. History and watch replay are therefore
//! one structure, and its oldest readable revision is one number.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;

use crate::storage::{Event, KeyValue, Revision};

/// Revision of an empty store.
pub(crate) const EMPTY_REVISION: u64 = 1;

/// What a live key costs beside its key and value: map slot, entry and allocation headers.
const ENTRY_OVERHEAD_BYTES: u64 = 128;

/// What a change in the history costs beside the values that only it keeps alive.
const CHANGE_OVERHEAD_BYTES: u64 = 256;

/// How much history is kept; whatever is hit first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HistoryLimits {
    pub age_ms: u64,
    pub revisions_max: usize,
    pub bytes_max: u64,
}

/// Newest state of a key; a deleted key stays until the deletion leaves the history.
struct Entry {
    changed: u64,
    /// 0 for a deleted key.
    create_revision: u64,
    value: Bytes,
}

impl Entry {
    fn live(&self, key: &Arc<str>) -> Option<KeyValue> {
        (self.create_revision != 0).then(|| KeyValue {
            key: key.clone(),
            value: self.value.clone(),
            create_revision: Revision(self.create_revision),
            revision: Revision(self.changed),
        })
    }
}

struct Change {
    event: Event,
    /// Revision of the change of the same key before this one, 0 when none is known.
    prior: u64,
    at_ms: u64,
}

/// Keys that are to be deleted, by deadline on the boot clock.
#[derive(Default)]
struct Expiry {
    deadlines: HashMap<Arc<str>, u64>,
    order: BTreeSet<(u64, Arc<str>)>,
}

impl Expiry {
    fn set(&mut self, key: &Arc<str>, deadline_ms: Option<u64>) {
        if let Some((key, old)) = self.deadlines.remove_entry(key) {
            self.order.remove(&(old, key));
        }
        if let Some(deadline_ms) = deadline_ms {
            self.deadlines.insert(key.clone(), deadline_ms);
            self.order.insert((deadline_ms, key.clone()));
        }
    }
}

/// See the module's text.
///
/// Invariant: `history` holds exactly the changes with revisions `base + 1 ..= current`, and
/// `base <= floor <= current`.
pub(crate) struct Versions {
    keys: BTreeMap<Arc<str>, Entry>,
    history: VecDeque<Change>,
    /// Oldest revision whose state could be rebuilt; lags behind `floor` while a reader needs it.
    base: u64,
    /// Oldest revision that may be asked for.
    floor: u64,
    current: u64,
    live_keys: u64,
    live_bytes: u64,
    history_bytes: u64,
    expiry: Expiry,
}

impl Versions {
    /// A store without keys.
    pub fn new() -> Self {
        Self::at(EMPTY_REVISION)
    }

    /// A store without keys whose history begins after `revision`; `restore` fills it.
    pub fn at(revision: u64) -> Self {
        Self {
            keys: BTreeMap::new(),
            history: VecDeque::new(),
            base: revision,
            floor: revision,
            current: revision,
            live_keys: 0,
            live_bytes: 0,
            history_bytes: 0,
            expiry: Expiry::default(),
        }
    }

    /// Puts back a key that was live at the revision given to `at`.
    pub fn restore(&mut self, item: KeyValue, deadline_ms: Option<u64>) {
        self.live_keys += 1;
        self.live_bytes += live_cost(&item.key, &item.value);
        self.expiry.set(&item.key, deadline_ms);
        let entry = Entry { changed: item.revision.0, create_revision: item.create_revision.0, value: item.value };
        self.keys.insert(item.key, entry);
    }

    pub fn current(&self) -> u64 {
        self.current
    }

    pub fn floor(&self) -> u64 {
        self.floor
    }

    pub fn live_keys(&self) -> u64 {
        self.live_keys
    }

    pub fn live_bytes(&self) -> u64 {
        self.live_bytes
    }

    pub fn history_len(&self) -> usize {
        self.history.len()
    }

    pub fn get(&self, key: &str) -> Option<KeyValue> {
        let (key, entry) = self.keys.get_key_value(key)?;
        entry.live(key)
    }

    /// Deadline of a key's newest version on the boot clock, if that version is not newer than
    /// `revision`.
    pub fn deadline_at(&self, key: &str, revision: u64) -> Option<u64> {
        let deadline_ms = self.expiry.deadlines.get(key)?;
        (self.keys.get(key)?.changed <= revision).then_some(*deadline_ms)
    }

    /// Makes the next change. `event.revision` must be the successor of `current`.
    pub fn apply(&mut self, event: Event, deadline_ms: Option<u64>, now_ms: u64) {
        assert_eq!(event.revision.0, self.current + 1, "revisions have no holes");
        self.current = event.revision.0;
        let previous = event.previous.as_ref();
        let current = event.current.as_ref();
        if let Some(previous) = previous {
            self.live_keys -= 1;
            self.live_bytes -= live_cost(&previous.key, &previous.value);
        }
        if let Some(current) = current {
            self.live_keys += 1;
            self.live_bytes += live_cost(&current.key, &current.value);
        }
        self.expiry.set(&event.key, deadline_ms);
        let entry = Entry {
            changed: self.current,
            create_revision: current.map_or(0, |current| current.create_revision.0),
            value: current.map_or_else(Bytes::new, |current| current.value.clone()),
        };
        let prior = self.keys.insert(event.key.clone(), entry).map_or(0, |prior| prior.changed);
        self.history_bytes += change_cost(&event);
        self.history.push_back(Change { event, prior, at_ms: now_ms });
    }

    /// Visits at most `keys_max` keys that start with `prefix` and are greater than `after`, and
    /// gives `visit` those that were live at `revision` (not before `base`).
    ///
    /// Returns the key to go on after, or `None` at the end.
    pub fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        (revision, keys_max): (u64, usize),
        visit: &mut dyn FnMut(KeyValue),
    ) -> Option<Arc<str>> {
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let range = self.keys.range::<str, _>((start, Bound::Unbounded));
        for (visited, (key, entry)) in range.take_while(|(key, _)| key.starts_with(prefix)).enumerate() {
            if let Some(item) = self.state_at(key, entry, revision) {
                visit(item);
            }
            if visited + 1 >= keys_max {
                return Some(key.clone());
            }
        }
        None
    }

    fn state_at(&self, key: &Arc<str>, entry: &Entry, revision: u64) -> Option<KeyValue> {
        let mut changed = entry.changed;
        if changed <= revision {
            return entry.live(key);
        }
        loop {
            let change = &self.history[self.history_index(changed)];
            if change.prior <= revision {
                return change.event.previous.clone();
            }
            changed = change.prior;
        }
    }

    fn history_index(&self, revision: u64) -> usize {
        (revision - self.base - 1) as usize
    }

    /// Appends the changes of keys that start with `prefix` from among the `revisions_max` changes
    /// after revision `after` (not before `base`). Returns the last revision looked at.
    pub fn replay(&self, prefix: &str, after: u64, revisions_max: usize, events: &mut Vec<Event>) -> u64 {
        let skip = (after - self.base) as usize;
        let changes = self.history.iter().skip(skip).take(revisions_max);
        let matching = changes.filter(|change| change.event.key.starts_with(prefix));
        events.extend(matching.map(|change| change.event.clone()));
        self.current.min(after.saturating_add(revisions_max as u64))
    }

    /// Keys whose deadline has come, at most `keys_max`, the earliest first.
    pub fn expired(&self, now_ms: u64, keys_max: usize) -> Vec<Arc<str>> {
        let due = self.expiry.order.iter().take_while(|(deadline_ms, _)| *deadline_ms <= now_ms);
        due.take(keys_max).map(|(_, key)| key.clone()).collect()
    }

    /// The earliest deadline of a key on the boot clock.
    pub fn next_deadline_ms(&self) -> Option<u64> {
        self.expiry.order.first().map(|(deadline_ms, _)| *deadline_ms)
    }

    /// When the oldest change was made, on the boot clock.
    pub fn oldest_change_ms(&self) -> Option<u64> {
        self.history.front().map(|change| change.at_ms)
    }

    /// Raises the floor to `revision`; `trim` then frees what is below.
    pub fn compact(&mut self, revision: u64) {
        self.floor = self.floor.max(revision.min(self.current));
    }

    /// Drops the history below the floor and over the limits, but nothing that a reader of revision
    /// `pinned` needs.
    pub fn trim(&mut self, limits: &HistoryLimits, now_ms: u64, pinned: Option<u64>) {
        while pinned.is_none_or(|pinned| self.base < pinned) {
            let Some(oldest) = self.history.front() else {
                break;
            };
            let is_surplus = self.base < self.floor
                || self.history.len() > limits.revisions_max
                || self.history_bytes > limits.bytes_max
                || oldest.at_ms.saturating_add(limits.age_ms) < now_ms;
            if !is_surplus {
                break;
            }
            self.drop_oldest_change();
        }
        self.floor = self.floor.max(self.base);
    }

    fn drop_oldest_change(&mut self) {
        let Some(change) = self.history.pop_front() else {
            return;
        };
        self.base += 1;
        self.history_bytes -= change_cost(&change.event);
        if change.event.current.is_none() {
            let is_still_deleted =
                self.keys.get(&change.event.key).is_some_and(|entry| entry.changed == change.event.revision.0);
            if is_still_deleted {
                self.keys.remove(&change.event.key);
            }
        }
    }
}

/// The change that sets `key` to `value`, or removes it, given what was there.
pub(crate) fn change_event(
    key: Arc<str>,
    previous: Option<KeyValue>,
    value: Option<Bytes>,
    revision: Revision,
) -> Event {
    // One allocation per key: the stored one is used again.
    let key = previous.as_ref().map_or(key, |previous| previous.key.clone());
    let current = value.map(|value| KeyValue {
        key: key.clone(),
        value,
        create_revision: previous.as_ref().map_or(revision, |previous| previous.create_revision),
        revision,
    });
    Event { key, current, previous, revision }
}

/// What a live key costs in memory, about.
pub(crate) fn live_cost(key: &str, value: &Bytes) -> u64 {
    ENTRY_OVERHEAD_BYTES + key.len() as u64 + value.len() as u64
}

fn change_cost(event: &Event) -> u64 {
    CHANGE_OVERHEAD_BYTES + event.previous.as_ref().map_or(0, |previous| previous.value.len() as u64)
}
