//! The seam between the registry and any store.

use bytes::Bytes;

/// A point in the store's one history; each commit has the next one. The first commit has revision 2
/// (as etcd), an empty store is at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub u64);

/// A key with its value and the revisions of its writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyValue {
    /// Key, such as `/registry/pods/default/web`.
    pub key: std::sync::Arc<str>,
    /// Value; shared with the engine.
    pub value: Bytes,
    /// Revision at which the key was created.
    pub create_revision: Revision,
    /// Revision of the last write.
    pub revision: Revision,
}

/// One page of a listing.
#[derive(Clone, Debug)]
pub struct ListPage {
    /// In key order.
    pub items: Vec<KeyValue>,
    /// The revision that the page shows.
    pub revision: Revision,
    /// Keys behind this page at that revision; 0 on the last page.
    pub remaining: u64,
}

/// What a commit does to its one key.
#[derive(Clone, Debug)]
pub enum WriteKind {
    /// Sets the value. With a time to live the key is deleted by the store after that many seconds.
    Put {
        /// New value.
        value: Bytes,
        /// Seconds, or for ever.
        ttl_seconds: Option<u32>,
    },
    /// Removes the key.
    Delete,
}

/// One commit: one key, one revision.
#[derive(Clone, Debug)]
pub struct Write {
    /// The key.
    pub key: std::sync::Arc<str>,
    /// Put or delete.
    pub kind: WriteKind,
    /// What must hold, checked atomically.
    pub precondition: Precondition,
}

/// What must hold for a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// The key must not exist.
    Absent,
    /// The key's last write must have this revision.
    At(Revision),
}

/// A commit that was made durable.
#[derive(Clone, Debug)]
pub struct CommitOutcome {
    /// Its revision.
    pub revision: Revision,
}

/// Why a commit was not made.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The precondition does not hold; the current state is returned, so that the caller need not read.
    #[error("precondition failed")]
    Precondition {
        /// The key as it is, `None` when absent.
        current: Option<KeyValue>,
    },
    /// The store could not do it. Nothing was written unless the variant says otherwise.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Trouble with the store.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StorageError {
    /// The revision was compacted; list again.
    #[error("revision {asked} is compacted, the oldest is {oldest}")]
    Compacted {
        /// Asked for.
        asked: u64,
        /// Oldest that is still there.
        oldest: u64,
    },
    /// The revision is not reached yet.
    #[error("revision {asked} is in the future, the newest is {newest}")]
    Future {
        /// Asked for.
        asked: u64,
        /// Newest.
        newest: u64,
    },
    /// The value is larger than `VALUE_BYTES_MAX`.
    #[error("value of {bytes} bytes is larger than {bytes_max}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// No space left for puts; deletes still work.
    #[error("the data directory is full")]
    Full,
    /// The store has stopped or cannot be reached; retrying later may help.
    #[error("store unavailable: {reason}")]
    Unavailable {
        /// Why.
        reason: String,
    },
}

/// A change, with what was there before.
#[derive(Clone, Debug)]
pub struct Event {
    /// The key.
    pub key: std::sync::Arc<str>,
    /// The new state; `None` for a deletion.
    pub current: Option<KeyValue>,
    /// The state before; `None` for a creation.
    pub previous: Option<KeyValue>,
    /// Revision of the change.
    pub revision: Revision,
}

/// Ordered changes, batch by batch, without gap or repeat. Dropping it ends the watch.
///
/// `recv` gives `None` when the store stops or the watcher fell `WATCH_LAG_EVENTS_MAX` behind: list again.
pub struct WatchStream {
    /// Batches, oldest first; never empty.
    pub events: tokio::sync::mpsc::Receiver<Vec<Event>>,
}

/// A multi-version key-value store with one global revision.
#[async_trait::async_trait]
pub trait Storage: Send + Sync + 'static {
    /// The newest state of `key`, linearizable.
    async fn get(&self, key: &str) -> Result<Option<KeyValue>, StorageError>;

    /// All keys that start with `prefix`, at the newest revision, in key order.
    async fn list(&self, prefix: &str) -> Result<ListPage, StorageError>;

    /// At most `limit` (0: all) keys that start with `prefix` and are greater than `after`, as of exactly
    /// `revision`.
    async fn list_at(
        &self,
        prefix: &str,
        revision: Revision,
        after: Option<&str>,
        limit: usize,
    ) -> Result<ListPage, StorageError>;

    /// Commits durably: when it returns, the write survives a power cut.
    async fn commit(&self, write: Write) -> Result<CommitOutcome, CommitError>;

    /// Changes of keys that start with `prefix` from after revision `after`.
    async fn watch(&self, prefix: &str, after: Revision) -> Result<WatchStream, StorageError>;

    /// The newest committed revision.
    async fn current_revision(&self) -> Result<Revision, StorageError>;

    /// Waits until every watch has been handed all events up to the newest revision at the call, and returns
    /// that revision (etcd's progress notification).
    async fn progress(&self) -> Result<Revision, StorageError>;

    /// Forgets history before `revision` (states as of it stay readable).
    async fn compact(&self, revision: Revision) -> Result<(), StorageError>;
}
