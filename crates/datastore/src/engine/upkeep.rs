//! The thread beside the writer: prepares segments, writes checkpoints, removes what they replace.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::{Condvar, Mutex};

use super::Shared;
use crate::checkpoint::{self, CheckpointWriter};
use crate::clock::wall_from_boot_ms;
use crate::disk::is_full;
use crate::log::segment::{self, Segment};
use crate::storage::StorageError;

/// Keys that a checkpoint takes from the map at a time, while the writer may have to wait.
const CHECKPOINT_CHUNK_KEYS: usize = 128;

/// How often puts that find no space make us look for it again, at most.
const SPACE_RETRY_INTERVAL_MS: u64 = 500;

/// A segment that is not written to any more.
#[derive(Debug)]
pub(crate) struct SealedSegment {
    pub number: u64,
    pub bytes: u64,
    /// Newest revision in it.
    pub last_revision: u64,
}

/// What the writer and the upkeep thread tell each other.
pub(crate) struct Upkeep {
    state: Mutex<State>,
    changed: Condvar,
}

/// What upkeep starts from.
pub(crate) struct State {
    /// Prepared segments, next first.
    pub spares: VecDeque<Segment>,
    /// Number of the next segment to prepare.
    pub next_number: u64,
    /// Oldest first.
    pub sealed: Vec<SealedSegment>,
    /// Revision and size of the newest checkpoint.
    pub checkpoint: Option<(u64, u64)>,
    /// There was no space for a spare.
    pub is_full: bool,
    /// When to look for space again, on the boot clock.
    pub next_space_try_ms: u64,
    /// Something came that makes another look worthwhile.
    pub is_woken: bool,
    pub is_stopped: bool,
}

impl Upkeep {
    pub fn new(state: State) -> Self {
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Whether puts can be taken: while a spare is missing for want of space, the rest of the active
    /// segment is for deletes.
    pub fn has_space(&self) -> bool {
        !self.state.lock().is_full
    }

    /// Looks again whether there is space or a checkpoint is due.
    pub fn wake(&self) {
        self.state.lock().is_woken = true;
        self.changed.notify_all();
    }

    /// Looks again whether there is space, if that was not just done.
    pub fn wake_for_space(&self, now_ms: u64) {
        let mut state = self.state.lock();
        if now_ms >= state.next_space_try_ms {
            state.next_space_try_ms = now_ms + SPACE_RETRY_INTERVAL_MS;
            state.is_woken = true;
            self.changed.notify_all();
        }
    }

    /// Waits for a prepared segment; fails when there is no space for one.
    pub fn take_spare(&self) -> Result<Segment, StorageError> {
        let mut state = self.state.lock();
        loop {
            if let Some(spare) = state.spares.pop_front() {
                state.is_woken = true;
                self.changed.notify_all();
                return Ok(spare);
            }
            if state.is_stopped {
                return Err(super::stopped());
            }
            if state.is_full {
                return Err(StorageError::Full);
            }
            self.changed.wait(&mut state);
        }
    }

    /// Notes that a segment is full.
    pub fn seal(&self, segment: SealedSegment) {
        let mut state = self.state.lock();
        state.sealed.push(segment);
        state.is_woken = true;
        self.changed.notify_all();
    }

    /// Ends the thread soon.
    pub fn stop(&self) {
        self.state.lock().is_stopped = true;
        self.changed.notify_all();
    }

    pub fn sealed_count(&self) -> usize {
        self.state.lock().sealed.len()
    }

    fn is_stopped(&self) -> bool {
        self.state.lock().is_stopped
    }
}

/// The thread's body.
pub(crate) fn run(shared: &Arc<Shared>) {
    let _guard = StopOnPanic(shared);
    let upkeep = &shared.upkeep;
    loop {
        let mut state = upkeep.state.lock();
        while !state.is_woken && !state.is_stopped {
            upkeep.changed.wait(&mut state);
        }
        if state.is_stopped {
            return;
        }
        state.is_woken = false;
        drop(state);
        prepare_missing_spare(shared);
        write_due_checkpoint(shared);
    }
}

/// Without this thread the writer would wait for ever.
struct StopOnPanic<'a>(&'a Shared);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop_serving();
        }
    }
}

fn prepare_missing_spare(shared: &Shared) {
    let number = {
        let state = shared.upkeep.state.lock();
        if !state.spares.is_empty() {
            return;
        }
        state.next_number
    };
    let (disk, bytes) = (shared.disk.as_ref(), shared.config.segment_bytes);
    let created = Segment::create(disk, number, bytes, super::random_salt());
    let mut state = shared.upkeep.state.lock();
    match created {
        Ok(segment) => {
            state.spares.push_back(segment);
            state.next_number += 1;
            if state.is_full {
                tracing::info!("the data directory has space again");
            }
            state.is_full = false;
        }
        Err(error) if is_full(&error) => {
            if !state.is_full {
                tracing::error!("the data directory is full: only deletes are taken until there is space");
            }
            state.is_full = true;
        }
        Err(error) => disk.die("prepare a log segment", &error),
    }
    shared.upkeep.changed.notify_all();
}

fn write_due_checkpoint(shared: &Shared) {
    let pin = shared.mvcc.pin_floor();
    let revision = pin.revision();
    {
        let state = shared.upkeep.state.lock();
        let freed = state.sealed.iter().filter(|segment| segment.last_revision <= revision);
        let freed_bytes: u64 = freed.map(|segment| segment.bytes).sum();
        let (last_revision, last_bytes) = state.checkpoint.unwrap_or((0, 0));
        if freed_bytes < shared.config.checkpoint_log_bytes.max(last_bytes) || revision <= last_revision {
            return;
        }
    }
    match write_checkpoint(shared, revision) {
        Ok(Some(bytes)) => {
            drop(pin);
            shared.counters.checkpoints.fetch_add(1, Ordering::Relaxed);
            let replaced = shared.upkeep.state.lock().checkpoint.replace((revision, bytes));
            if let Err(error) = remove_replaced(shared, revision, replaced.map(|(revision, _)| revision)) {
                shared.disk.die("remove old files", &error);
            }
            // Space may be there again.
            shared.upkeep.wake_if_full();
        }
        Ok(None) => CheckpointWriter::abandon(shared.disk.as_ref()),
        Err(error) if is_full(&error) => {
            CheckpointWriter::abandon(shared.disk.as_ref());
            tracing::error!("the data directory is too full for a checkpoint: the log grows on");
        }
        Err(error) => shared.disk.die("write a checkpoint", &error),
    }
}

impl Upkeep {
    fn wake_if_full(&self) {
        let mut state = self.state.lock();
        state.is_woken |= state.is_full;
    }
}

/// Writes all keys as of `revision`, which must be pinned. `None` when told to stop.
fn write_checkpoint(shared: &Shared, revision: u64) -> std::io::Result<Option<u64>> {
    let mut writer = CheckpointWriter::create(shared.disk.as_ref(), revision)?;
    let mut chunk = Vec::new();
    let mut last = None;
    loop {
        last = shared.mvcc.read(|versions| {
            let mut visit = |item| chunk.push((item, None));
            let next = versions.scan("", last.as_deref(), (revision, CHECKPOINT_CHUNK_KEYS), &mut visit);
            for (item, deadline_ms) in &mut chunk {
                *deadline_ms = versions.deadline_at(&item.key, revision);
            }
            next
        });
        for (item, deadline_ms) in chunk.drain(..) {
            let deadline = deadline_ms.map(|ms| wall_from_boot_ms(shared.clock.as_ref(), ms));
            writer.push(&item, deadline)?;
        }
        if last.is_none() {
            return writer.finish().map(Some);
        }
        if shared.upkeep.is_stopped() {
            return Ok(None);
        }
        // The writer must never wait for a whole checkpoint.
        prepare_missing_spare(shared);
    }
}

fn remove_replaced(shared: &Shared, revision: u64, replaced: Option<u64>) -> std::io::Result<()> {
    if let Some(replaced) = replaced {
        shared.disk.remove(&checkpoint::name(replaced))?;
    }
    let mut obsolete = Vec::new();
    shared.upkeep.state.lock().sealed.retain(|sealed| {
        let is_needed = sealed.last_revision > revision;
        if !is_needed {
            obsolete.push(sealed.number);
        }
        is_needed
    });
    // The oldest first: what is left after a crash in between has no hole.
    for number in obsolete {
        shared.disk.remove(&segment::name(number))?;
    }
    Ok(())
}
