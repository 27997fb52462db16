//! The few file operations that the engine needs, so that tests can cut the power.

mod real;
#[cfg(test)]
pub(crate) mod simulated;

use std::any::Any;
use std::io;

pub(crate) use real::RealDisk;

/// One flat directory.
pub(crate) trait Disk: Send + Sync + 'static {
    /// Keeps every other engine out until the result is dropped; `WouldBlock` when one is in.
    fn lock(&self) -> io::Result<Box<dyn Any + Send>>;
    /// Names of all files.
    fn names(&self) -> io::Result<Vec<String>>;
    /// An empty file, in the place of one that may exist.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;
    /// An existing file, to read and write.
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;
    /// Replaces `to` as one step.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file, if it is there.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes all creations, renames and removals durable.
    fn sync_names(&self) -> io::Result<()>;
    /// Ends the process: what is on the disk is not known any more.
    fn die(&self, what: &str, error: &io::Error) -> !;
}

/// An open file.
pub(crate) trait DiskFile: Send {
    /// Size in bytes.
    fn size(&self) -> io::Result<u64>;
    /// Makes sure that there is space for the first `bytes` bytes.
    fn allocate(&self, bytes: u64) -> io::Result<()>;
    /// Fills all of `buffer`.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
    /// Writes all of `bytes`.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Makes what was written durable.
    fn sync(&self) -> io::Result<()>;
}

/// Whether an operation failed for want of space.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
