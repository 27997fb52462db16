//! Where cluster state lives: [`Storage`] over keys, bytes and revisions, and its engines.
//!
//! Must not know Kubernetes, JSON or HTTP.

pub mod storage;

pub use storage::{
    CommitError, CommitOutcome, Event, KeyValue, ListPage, Precondition, Revision, Storage, StorageError, WatchStream,
    Write, WriteKind,
};
