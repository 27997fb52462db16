//! A store without a disk, for tests: all of [`Storage`]'s contract but durability.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::clock::{Clock, SystemClock};
use crate::mvcc::{Mvcc, Planner};
use crate::storage::{
    CommitError, CommitOutcome, KeyValue, ListPage, Revision, Storage, StorageError, WatchStream, Write, WriteKind,
};
use crate::versions::{HistoryLimits, Versions};
use crate::{EXPIRIES_PER_BATCH_MAX, check_size};

/// Changes that are kept for watchers and old lists.
const HISTORY_REVISIONS_MAX: usize = 1_000_000;

/// What changes may keep alive in memory.
const HISTORY_BYTES_MAX: u64 = 256 << 20;

/// Keys and values in memory only. Nothing is compacted before it is asked for, up to a million changes.
pub struct MemoryStorage {
    shared: Arc<Shared>,
    alarm: Arc<Alarm>,
}

struct Shared {
    mvcc: Mvcc,
    clock: SystemClock,
    limits: HistoryLimits,
    /// Held from the check of a precondition to the publication of the change.
    commits: Mutex<()>,
    alarm_thread: OnceLock<()>,
}

#[derive(Default)]
struct Alarm {
    /// Something about deadlines may have changed; `true` forever once stopped.
    state: Mutex<AlarmState>,
    wake: Condvar,
}

#[derive(Default)]
struct AlarmState {
    is_changed: bool,
    is_stopped: bool,
}

impl MemoryStorage {
    /// An empty store.
    pub fn new() -> Self {
        let limits =
            HistoryLimits { age_ms: u64::MAX, revisions_max: HISTORY_REVISIONS_MAX, bytes_max: HISTORY_BYTES_MAX };
        let shared = Shared {
            mvcc: Mvcc::new(Versions::new()),
            clock: SystemClock,
            limits,
            commits: Mutex::new(()),
            alarm_thread: OnceLock::new(),
        };
        Self { shared: Arc::new(shared), alarm: Arc::default() }
    }

    fn nudge_alarm(&self) {
        self.shared.alarm_thread.get_or_init(|| {
            let (alarm, shared) = (self.alarm.clone(), Arc::downgrade(&self.shared));
            let thread = std::thread::Builder::new().name("memory-store-expiry".to_owned());
            if let Err(error) = thread.spawn(move || alarm.run(&shared)) {
                tracing::error!(%error, "keys with a time to live will not expire");
            }
        });
        self.alarm.state.lock().is_changed = true;
        self.alarm.wake.notify_one();
    }
}

impl Default for MemoryStorage {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for MemoryStorage {
    fn drop(&mut self) {
        self.alarm.state.lock().is_stopped = true;
        self.alarm.wake.notify_one();
    }
}

impl Alarm {
    fn run(&self, shared: &Weak<Shared>) {
        while let Some(next_ms) = shared.upgrade().map(|shared| shared.expire()) {
            let mut state = self.state.lock();
            while !state.is_changed && !state.is_stopped {
                match next_ms {
                    Some(ms) if self.wake.wait_for(&mut state, Duration::from_millis(ms)).timed_out() => {
                        break;
                    }
                    Some(_) => {}
                    None => self.wake.wait(&mut state),
                }
            }
            state.is_changed = false;
            if state.is_stopped {
                return;
            }
        }
    }
}

impl Shared {
    /// Deletes what is due; returns the milliseconds until more is.
    fn expire(&self) -> Option<u64> {
        let _commits = self.commits.lock();
        let mut planner = Planner::new(&self.mvcc, &self.clock);
        planner.add_expired(EXPIRIES_PER_BATCH_MAX);
        let now_ms = self.clock.boot_ms();
        self.mvcc.publish(planner.into_changes(), &self.limits, now_ms);
        let next_ms = self.mvcc.read(Versions::next_deadline_ms)?;
        Some(next_ms.saturating_sub(now_ms))
    }
}

#[async_trait::async_trait]
impl Storage for MemoryStorage {
    async fn get(&self, key: &str) -> Result<Option<KeyValue>, StorageError> {
        Ok(self.shared.mvcc.get(key))
    }

    async fn list(&self, prefix: &str) -> Result<ListPage, StorageError> {
        self.shared.mvcc.page(prefix, None, None, 0)
    }

    async fn list_at(
        &self,
        prefix: &str,
        revision: Revision,
        after: Option<&str>,
        limit: usize,
    ) -> Result<ListPage, StorageError> {
        self.shared.mvcc.page(prefix, Some(revision), after, limit)
    }

    async fn commit(&self, write: Write) -> Result<CommitOutcome, CommitError> {
        check_size(&write, crate::VALUE_BYTES_MAX)?;
        let has_deadline = matches!(write.kind, WriteKind::Put { ttl_seconds: Some(_), .. });
        let revision = {
            let shared = &self.shared;
            let _commits = shared.commits.lock();
            let mut planner = Planner::new(&shared.mvcc, &shared.clock);
            let added = planner.add(write);
            let revision = added.map_err(|current| CommitError::Precondition { current })?;
            shared.mvcc.publish(planner.into_changes(), &shared.limits, shared.clock.boot_ms());
            revision
        };
        if has_deadline {
            self.nudge_alarm();
        }
        Ok(CommitOutcome { revision })
    }

    async fn watch(&self, prefix: &str, after: Revision) -> Result<WatchStream, StorageError> {
        self.shared.mvcc.watch(prefix, after)
    }

    async fn current_revision(&self) -> Result<Revision, StorageError> {
        Ok(self.shared.mvcc.current())
    }

    async fn progress(&self) -> Result<Revision, StorageError> {
        Ok(self.shared.mvcc.progress())
    }

    async fn compact(&self, revision: Revision) -> Result<(), StorageError> {
        let _commits = self.shared.commits.lock();
        self.shared.mvcc.check_compactable(revision)?;
        self.shared.mvcc.compact(revision, &self.shared.limits, self.shared.clock.boot_ms());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
