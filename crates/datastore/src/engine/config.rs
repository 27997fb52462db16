//! What can be set, and why an engine does not open.

use std::io;
use std::path::PathBuf;

use crate::versions::HistoryLimits;
use crate::{KEY_BYTES_MAX, VALUE_BYTES_MAX};

/// Settings of an engine; [`EngineConfig::new`] gives the defaults.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Where its files are; created with mode 0700 where it is missing.
    pub directory: PathBuf,
    /// Size of a log segment, 8 MiB. Two more than the history needs are kept: the one in use and a
    /// prepared one. From 64 KiB to 1 GiB.
    pub segment_bytes: u64,
    /// Largest value, [`VALUE_BYTES_MAX`]; at most a quarter of a segment.
    pub value_bytes_max: usize,
    /// What live keys and values may take, 2 GiB (etcd's default quota). Beyond it puts fail as on a
    /// full disk and deletes still work.
    pub live_bytes_max: u64,
    /// How long changes are kept for watchers that resume and for old lists, 300 s: upstream
    /// compacts every 5 minutes.
    pub history_seconds: u32,
    /// Changes that are kept at most, 500,000, though younger.
    pub history_revisions_max: usize,
    /// Bytes that kept changes may hold in memory beside the live values, 48 MiB.
    pub history_bytes_max: u64,
    /// A checkpoint is written once it frees this many bytes of log, 16 MiB, and no fewer than the
    /// checkpoint before took: so that at most every second byte on the disk is a checkpoint's.
    pub checkpoint_log_bytes: u64,
}

impl EngineConfig {
    /// The defaults, in `directory`.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            segment_bytes: 8 << 20,
            value_bytes_max: VALUE_BYTES_MAX,
            live_bytes_max: 2 << 30,
            history_seconds: 300,
            history_revisions_max: 500_000,
            history_bytes_max: 48 << 20,
            checkpoint_log_bytes: 16 << 20,
        }
    }

    pub(crate) fn check(&self) -> Result<(), OpenError> {
        if !(64 << 10..=1 << 30).contains(&self.segment_bytes) {
            return Err(OpenError::Config { reason: "segment_bytes is not from 64 KiB to 1 GiB" });
        }
        if self.value_bytes_max.max(KEY_BYTES_MAX) as u64 > self.segment_bytes / 4 {
            return Err(OpenError::Config { reason: "value_bytes_max is over a quarter of segment_bytes" });
        }
        if self.value_bytes_max > 32 << 20 {
            return Err(OpenError::Config { reason: "value_bytes_max is over 32 MiB" });
        }
        Ok(())
    }

    pub(crate) fn history_limits(&self) -> HistoryLimits {
        HistoryLimits {
            age_ms: u64::from(self.history_seconds) * 1_000,
            revisions_max: self.history_revisions_max,
            bytes_max: self.history_bytes_max,
        }
    }

    /// A batch takes no further commit once it has this many bytes.
    pub(crate) fn batch_bytes_max(&self) -> usize {
        (self.segment_bytes / 4) as usize
    }
}

/// Why an engine does not open. Nothing was changed by then, but for the removal of unfinished files.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A setting is out of its range.
    #[error("datastore setting: {reason}")]
    Config {
        /// What is wrong.
        reason: &'static str,
    },
    /// Another engine has the directory; a retry helps when that one ends.
    #[error("the datastore in {} is in use by another process", directory.display())]
    Locked {
        /// The directory.
        directory: PathBuf,
    },
    /// A file operation failed; a retry may help.
    #[error("{what} of the datastore in {}", directory.display())]
    Io {
        /// The directory.
        directory: PathBuf,
        /// What was attempted.
        what: String,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// Written by a version of Corten that is newer than this one.
    #[error("{file} of the datastore in {} has format {version}, this Corten knows up to {known}", directory.display())]
    NewerFormat {
        /// The directory.
        directory: PathBuf,
        /// The file.
        file: String,
        /// Its format.
        version: u32,
        /// The newest format that can be read.
        known: u32,
    },
    /// Committed data is damaged or missing. A start would lose it without a word.
    #[error(
        "the datastore in {dir} is damaged: {file}, byte {offset}: {detail}. Committed writes would be lost, \
         so it is not started. To restore: put back a copy of the whole directory, or {way_back}",
        dir = directory.display()
    )]
    Damaged {
        /// The directory.
        directory: PathBuf,
        /// The damaged file.
        file: String,
        /// Where in it.
        offset: u64,
        /// What is wrong.
        detail: String,
        /// How to go on without a copy, at what price.
        way_back: String,
    },
}
