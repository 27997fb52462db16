//! Where cluster state lives: [`Storage`] over keys, bytes and revisions, and its engines.
//!
//! Must not know Kubernetes, JSON or HTTP.

mod checkpoint;
mod checksum;
mod clock;
mod disk;
pub mod engine;
mod hub;
mod log;
pub mod memory;
mod mvcc;
#[cfg(test)]
mod random;
pub mod storage;
#[cfg(test)]
mod test_text;
mod versions;

pub use engine::{Engine, EngineConfig, EngineStats, OpenError};
pub use hub::WATCH_LAG_EVENTS_MAX;
pub use memory::MemoryStorage;
pub use storage::{
    CommitError, CommitOutcome, Event, KeyValue, ListPage, Precondition, Revision, Storage, StorageError, WatchStream,
    Write, WriteKind,
};

/// Largest value, in bytes: etcd's default for a request.
pub const VALUE_BYTES_MAX: usize = 1_572_864;

/// Longest key, in bytes: several times what a group, resource, namespace and name can be.
pub const KEY_BYTES_MAX: usize = 4_096;

/// Keys that expire in one batch; more follow in the next, so that other writers get their turn.
const EXPIRIES_PER_BATCH_MAX: usize = 256;

fn check_size(write: &Write, value_bytes_max: usize) -> Result<(), StorageError> {
    if write.key.len() > KEY_BYTES_MAX {
        return Err(StorageError::TooLarge { bytes: write.key.len(), bytes_max: KEY_BYTES_MAX });
    }
    match &write.kind {
        WriteKind::Put { value, .. } if value.len() > value_bytes_max => {
            Err(StorageError::TooLarge { bytes: value.len(), bytes_max: value_bytes_max })
        }
        _ => Ok(()),
    }
}
