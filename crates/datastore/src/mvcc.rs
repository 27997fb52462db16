//! What every engine in this process shares: versions, readers, watchers, and the planning of commits.
//!
//! Locks are taken in the order hub, state, pins. None is held during input or output, so readers
//! never wait for a disk.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use crate::clock::{Clock, Deadline};
use crate::hub::Hub;
use crate::storage::{Event, KeyValue, ListPage, Precondition, Revision, StorageError, WatchStream, Write, WriteKind};
use crate::versions::{HistoryLimits, Versions, change_event, live_cost};

/// Keys that a listing visits before it lets a waiting writer go first.
const SCAN_CHUNK_KEYS_MAX: usize = 2_048;

/// Changes that a starting watch looks at before it lets a waiting writer go first.
const REPLAY_CHUNK_REVISIONS_MAX: usize = 2_048;

/// See the module's text.
pub(crate) struct Mvcc {
    hub: Mutex<Hub>,
    state: RwLock<Versions>,
    /// Revisions that running readers need, with their number.
    pins: Mutex<BTreeMap<u64, usize>>,
}

/// Keeps the history after a revision in place while it lives.
pub(crate) struct Pin<'a> {
    mvcc: &'a Mvcc,
    revision: u64,
}

impl Pin<'_> {
    pub fn revision(&self) -> u64 {
        self.revision
    }
}

impl Drop for Pin<'_> {
    fn drop(&mut self) {
        let mut pins = self.mvcc.pins.lock();
        if let Some(readers) = pins.get_mut(&self.revision) {
            *readers -= 1;
            if *readers == 0 {
                pins.remove(&self.revision);
            }
        }
    }
}

/// A change that was accepted but not yet made.
#[derive(Debug)]
pub(crate) struct Planned {
    pub event: Event,
    pub deadline: Option<Deadline>,
}

impl Mvcc {
    pub fn new(versions: Versions) -> Self {
        Self { hub: Mutex::new(Hub::default()), state: RwLock::new(versions), pins: Mutex::new(BTreeMap::new()) }
    }

    /// Looks at the published state. Keep it short: the writer waits.
    pub fn read<T>(&self, look: impl FnOnce(&Versions) -> T) -> T {
        look(&self.state.read())
    }

    pub fn get(&self, key: &str) -> Option<KeyValue> {
        self.state.read().get(key)
    }

    pub fn current(&self) -> Revision {
        Revision(self.state.read().current())
    }

    /// Pins `revision`, or the newest.
    pub fn pin(&self, revision: Option<Revision>) -> Result<Pin<'_>, StorageError> {
        let state = self.state.read();
        let revision = revision.map_or(state.current(), |revision| revision.0);
        check_readable(&state, revision)?;
        *self.pins.lock().entry(revision).or_insert(0) += 1;
        Ok(Pin { mvcc: self, revision })
    }

    /// Pins the oldest readable revision.
    pub fn pin_floor(&self) -> Pin<'_> {
        let state = self.state.read();
        let revision = state.floor();
        *self.pins.lock().entry(revision).or_insert(0) += 1;
        Pin { mvcc: self, revision }
    }

    pub fn page(
        &self,
        prefix: &str,
        revision: Option<Revision>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<ListPage, StorageError> {
        let pin = self.pin(revision)?;
        let mut items = Vec::new();
        let mut remaining = 0;
        let mut visit = |item| {
            if limit == 0 || items.len() < limit {
                items.push(item);
            } else {
                remaining += 1;
            }
        };
        let scan = (pin.revision, SCAN_CHUNK_KEYS_MAX);
        let mut last = self.state.read().scan(prefix, after, scan, &mut visit);
        while let Some(key) = last {
            last = self.state.read().scan(prefix, Some(&key), scan, &mut visit);
        }
        Ok(ListPage { items, revision: Revision(pin.revision), remaining })
    }

    pub fn watch(&self, prefix: &str, after: Revision) -> Result<WatchStream, StorageError> {
        let pin = self.pin(Some(after))?;
        let mut replay = Vec::new();
        let mut seen = pin.revision;
        loop {
            let state = self.state.read();
            if state.current() - seen <= REPLAY_CHUNK_REVISIONS_MAX as u64 {
                break;
            }
            seen = state.replay(prefix, seen, REPLAY_CHUNK_REVISIONS_MAX, &mut replay);
        }
        let mut hub = self.hub.lock();
        self.state.read().replay(prefix, seen, usize::MAX, &mut replay);
        Ok(hub.register(prefix, replay))
    }

    /// The newest revision; every watch was handed all events up to it.
    pub fn progress(&self) -> Revision {
        // Changes are made and handed out under one hold of this lock.
        let _hub = self.hub.lock();
        self.current()
    }

    /// Makes the planned changes visible to readers and watchers, in one step.
    pub fn publish(&self, changes: Vec<Planned>, limits: &HistoryLimits, now_ms: u64) {
        let mut hub = self.hub.lock();
        {
            let mut state = self.state.write();
            for change in &changes {
                let deadline_ms = change.deadline.map(|deadline| deadline.boot_ms);
                state.apply(change.event.clone(), deadline_ms, now_ms);
            }
            state.trim(limits, now_ms, self.oldest_pin());
        }
        hub.publish(changes.iter().map(|change| &change.event));
    }

    /// Drops history that is over the limits.
    pub fn trim(&self, limits: &HistoryLimits, now_ms: u64) {
        self.state.write().trim(limits, now_ms, self.oldest_pin());
    }

    /// Raises the floor. The revision must not be in the future.
    pub fn compact(&self, revision: Revision, limits: &HistoryLimits, now_ms: u64) {
        let mut state = self.state.write();
        state.compact(revision.0);
        state.trim(limits, now_ms, self.oldest_pin());
    }

    /// Whether `revision` may be compacted to: neither compacted already nor in the future.
    pub fn check_compactable(&self, revision: Revision) -> Result<(), StorageError> {
        check_readable(&self.state.read(), revision.0)
    }

    fn oldest_pin(&self) -> Option<u64> {
        self.pins.lock().first_key_value().map(|(revision, _)| *revision)
    }

    /// Ends all watches.
    pub fn close_watches(&self) {
        self.hub.lock().close();
    }
}

fn check_readable(state: &Versions, revision: u64) -> Result<(), StorageError> {
    if revision < state.floor() {
        return Err(StorageError::Compacted { asked: revision, oldest: state.floor() });
    }
    if revision > state.current() {
        return Err(StorageError::Future { asked: revision, newest: state.current() });
    }
    Ok(())
}

/// Decides commits one after the other, each against the state that those before it leave.
pub(crate) struct Planner<'a> {
    mvcc: &'a Mvcc,
    clock: &'a dyn Clock,
    newest: u64,
    live_bytes: u64,
    overlay: HashMap<Arc<str>, Option<KeyValue>>,
    changes: Vec<Planned>,
}

impl<'a> Planner<'a> {
    /// Only one planner may be alive at a time, and its changes are published or thrown away.
    pub fn new(mvcc: &'a Mvcc, clock: &'a dyn Clock) -> Self {
        let (newest, live_bytes) = mvcc.read(|state| (state.current(), state.live_bytes()));
        Self { mvcc, clock, newest, live_bytes, overlay: HashMap::new(), changes: Vec::new() }
    }

    /// The key's state after the changes so far.
    pub fn get(&self, key: &str) -> Option<KeyValue> {
        match self.overlay.get(key) {
            Some(planned) => planned.clone(),
            None => self.mvcc.get(key),
        }
    }

    /// Bytes that live keys take after the changes so far, about.
    pub fn live_bytes(&self) -> u64 {
        self.live_bytes
    }

    /// Accepts a commit, or says what is there instead of what the precondition wants.
    ///
    /// A deletion of a key that does not exist is never accepted: it would change nothing.
    pub fn add(&mut self, write: Write) -> Result<Revision, Option<KeyValue>> {
        let previous = self.get(&write.key);
        let holds = match write.precondition {
            Precondition::Absent => previous.is_none() && matches!(write.kind, WriteKind::Put { .. }),
            Precondition::At(revision) => previous.as_ref().is_some_and(|item| item.revision == revision),
        };
        if !holds {
            return Err(previous);
        }
        let (value, ttl_seconds) = match write.kind {
            WriteKind::Put { value, ttl_seconds } => (Some(value), ttl_seconds),
            WriteKind::Delete => (None, None),
        };
        let deadline = ttl_seconds.map(|seconds| Deadline::after_seconds(self.clock, seconds));
        self.newest += 1;
        let event = change_event(write.key, previous, value, Revision(self.newest));
        let cost = |item: &Option<KeyValue>| item.as_ref().map_or(0, |item| live_cost(&item.key, &item.value));
        self.live_bytes = self.live_bytes + cost(&event.current) - cost(&event.previous);
        self.overlay.insert(event.key.clone(), event.current.clone());
        self.changes.push(Planned { event, deadline });
        Ok(Revision(self.newest))
    }

    /// Deletes the keys whose time has come, at most `keys_max`.
    pub fn add_expired(&mut self, keys_max: usize) {
        let now_ms = self.clock.boot_ms();
        for key in self.mvcc.read(|state| state.expired(now_ms, keys_max)) {
            let Some(item) = self.get(&key) else { continue };
            let precondition = Precondition::At(item.revision);
            // Cannot fail: the precondition was just read.
            let _ = self.add(Write { key, kind: WriteKind::Delete, precondition });
        }
    }

    /// The accepted changes, in order.
    pub fn changes(&self) -> &[Planned] {
        &self.changes
    }

    /// The accepted changes, in order, to be published.
    pub fn into_changes(self) -> Vec<Planned> {
        self.changes
    }
}
