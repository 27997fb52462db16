//! The embedded store: a write-ahead log, a multi-version map in memory, and checkpoints.
//!
//! One thread commits; it decides on the map in memory, writes a batch as one frame, makes it durable,
//! publishes it to readers and watchers, and answers. A second thread prepares log segments and writes
//! checkpoints. A checkpoint is the state at the history's floor, and the log behind it is the history:
//! so watchers can resume across a restart. `docs/decisions/0003-embedded-datastore.md` tells why.

mod config;
mod queue;
mod recovery;
mod upkeep;
mod writer;

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use parking_lot::Mutex;
use tokio::sync::oneshot;

pub use config::{EngineConfig, OpenError};

use crate::check_size;
use crate::clock::{Clock, SystemClock};
use crate::disk::{Disk, RealDisk};
use crate::mvcc::Mvcc;
use crate::storage::{
    CommitError, CommitOutcome, KeyValue, ListPage, Revision, Storage, StorageError, WatchStream, Write,
};
use queue::{Queue, Request};
use upkeep::Upkeep;
use writer::Writer;

/// The embedded store. Dropping it closes it.
pub struct Engine {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    directory_lock: Mutex<Option<Box<dyn Any + Send>>>,
}

/// What the threads and the callers of an engine share.
pub(crate) struct Shared {
    config: EngineConfig,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    mvcc: Mvcc,
    queue: Queue,
    upkeep: Upkeep,
    counters: Counters,
    is_stopped: AtomicBool,
}

#[derive(Default)]
struct Counters {
    commits: AtomicU64,
    batches: AtomicU64,
    checkpoints: AtomicU64,
}

/// Figures about an engine, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineStats {
    /// Newest revision.
    pub revision: Revision,
    /// Oldest revision that can be read.
    pub oldest_revision: Revision,
    /// Keys that exist.
    pub live_keys: u64,
    /// What they take, about.
    pub live_bytes: u64,
    /// Changes that are kept.
    pub history_revisions: usize,
    /// Commits since the start, expiries included.
    pub commits: u64,
    /// Syncs of the log since the start.
    pub batches: u64,
    /// Checkpoints since the start.
    pub checkpoints: u64,
    /// Log segments that are full and still needed.
    pub sealed_segments: usize,
    /// Whether only deletes are taken, for want of space.
    pub is_full: bool,
}

impl Engine {
    /// Opens or creates the store in a directory. Blocks while the files are read.
    pub fn open(config: EngineConfig) -> Result<Arc<Self>, OpenError> {
        config.check()?;
        let disk = RealDisk::new(&config.directory).map_err(|cause| OpenError::Io {
            directory: config.directory.clone(),
            what: "create the directory".to_owned(),
            cause,
        })?;
        Self::open_on(Arc::new(disk), Arc::new(SystemClock), config)
    }

    pub(crate) fn open_on(
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
        config: EngineConfig,
    ) -> Result<Arc<Self>, OpenError> {
        let directory = config.directory.clone();
        let lock = disk.lock().map_err(|cause| match cause.kind() {
            io::ErrorKind::WouldBlock => OpenError::Locked { directory: directory.clone() },
            _ => OpenError::Io { directory: directory.clone(), what: "lock the directory".to_owned(), cause },
        })?;
        let recovered = recovery::recover(disk.as_ref(), clock.as_ref(), &config)?;
        let shared = Arc::new(Shared {
            config,
            disk,
            clock,
            mvcc: Mvcc::new(recovered.versions),
            queue: Queue::new(),
            upkeep: Upkeep::new(recovered.upkeep),
            counters: Counters::default(),
            is_stopped: AtomicBool::new(false),
        });
        let engine = Arc::new(Self {
            shared: shared.clone(),
            threads: Mutex::default(),
            directory_lock: Mutex::new(Some(lock)),
        });
        let writer = Writer::new(shared.clone(), recovered.log);
        engine.spawn("datastore-log", move || writer.run())?;
        engine.spawn("datastore-keep", move || upkeep::run(&shared))?;
        Ok(engine)
    }

    fn spawn(&self, name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), OpenError> {
        let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(body);
        let thread = spawned.map_err(|cause| OpenError::Io {
            directory: self.shared.config.directory.clone(),
            what: format!("start thread {name}"),
            cause,
        })?;
        self.threads.lock().push(thread);
        Ok(())
    }

    /// Finishes the commits that wait, ends the watches and gives the directory free. Blocks for about
    /// one sync; a second call does nothing.
    pub fn close(&self) {
        self.shared.queue.close();
        // The writer first: it may still need a segment. It ends the upkeep as it goes.
        for thread in self.threads.lock().drain(..) {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
        self.shared.stop_serving();
        self.directory_lock.lock().take();
    }

    /// Figures as of now.
    pub fn stats(&self) -> EngineStats {
        let shared = &self.shared;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        shared.mvcc.read(|versions| EngineStats {
            revision: Revision(versions.current()),
            oldest_revision: Revision(versions.floor()),
            live_keys: versions.live_keys(),
            live_bytes: versions.live_bytes(),
            history_revisions: versions.history_len(),
            commits: count(&shared.counters.commits),
            batches: count(&shared.counters.batches),
            checkpoints: count(&shared.counters.checkpoints),
            sealed_segments: shared.upkeep.sealed_count(),
            is_full: !shared.upkeep.has_space(),
        })
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn check_serving(&self) -> Result<(), StorageError> {
        if self.is_stopped.load(Ordering::Acquire) { Err(stopped()) } else { Ok(()) }
    }

    fn stop_serving(&self) {
        self.is_stopped.store(true, Ordering::Release);
        self.queue.abandon();
        self.upkeep.stop();
        self.mvcc.close_watches();
    }
}

fn stopped() -> StorageError {
    StorageError::Unavailable { reason: "the datastore was closed".to_owned() }
}

/// What the checksums of a new segment start with; nobody who stores values can guess it.
fn random_salt() -> u64 {
    let mut salt = [0; 8];
    let filled = rustix::rand::getrandom(&mut salt, rustix::rand::GetRandomFlags::empty());
    assert_eq!(filled, Ok(salt.len()), "the kernel gives eight random bytes at once");
    u64::from_le_bytes(salt)
}

#[async_trait::async_trait]
impl Storage for Engine {
    async fn get(&self, key: &str) -> Result<Option<KeyValue>, StorageError> {
        self.shared.check_serving()?;
        Ok(self.shared.mvcc.get(key))
    }

    async fn list(&self, prefix: &str) -> Result<ListPage, StorageError> {
        self.shared.check_serving()?;
        self.shared.mvcc.page(prefix, None, None, 0)
    }

    async fn list_at(
        &self,
        prefix: &str,
        revision: Revision,
        after: Option<&str>,
        limit: usize,
    ) -> Result<ListPage, StorageError> {
        self.shared.check_serving()?;
        self.shared.mvcc.page(prefix, Some(revision), after, limit)
    }

    /// A caller that stops waiting does not take the write back.
    async fn commit(&self, write: Write) -> Result<CommitOutcome, CommitError> {
        check_size(&write, self.shared.config.value_bytes_max)?;
        let (reply, answer) = oneshot::channel();
        if !self.shared.queue.push(Request::Commit { write, reply }).await {
            return Err(stopped().into());
        }
        answer.await.unwrap_or_else(|_| Err(stopped().into()))
    }

    async fn watch(&self, prefix: &str, after: Revision) -> Result<WatchStream, StorageError> {
        self.shared.check_serving()?;
        self.shared.mvcc.watch(prefix, after)
    }

    async fn current_revision(&self) -> Result<Revision, StorageError> {
        self.shared.check_serving()?;
        Ok(self.shared.mvcc.current())
    }

    async fn progress(&self) -> Result<Revision, StorageError> {
        self.shared.check_serving()?;
        Ok(self.shared.mvcc.progress())
    }

    async fn compact(&self, revision: Revision) -> Result<(), StorageError> {
        let (reply, answer) = oneshot::channel();
        if !self.shared.queue.push(Request::Compact { revision, reply }).await {
            return Err(stopped());
        }
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }
}

#[cfg(test)]
mod tests;
