//! From the files of a directory to the state they hold.
//!
//! What a power cut or a killed process may leave: unfinished files under temporary names, a
//! prepared segment, and one frame at the end of the log that is torn, or whole but not yet durable.
//! Anything else is damage and refuses the start.

use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use super::config::{EngineConfig, OpenError};
use super::upkeep::{SealedSegment, State};
use crate::checkpoint::{self, ReadError};
use crate::clock::{Clock, Deadline};
use crate::disk::{Disk, is_full};
use crate::log::Log;
use crate::log::frame::{ALIGN_BYTES, Record, StoredFrame};
use crate::log::segment::{self, HEADER_BYTES, HeaderError, Segment};
use crate::storage::Revision;
use crate::versions::{Versions, change_event};

/// What an engine goes on from.
pub(crate) struct Recovered {
    pub versions: Versions,
    pub log: Log,
    pub upkeep: State,
}

/// Reads everything, repairs the tail of the log, and makes what was read durable.
pub(crate) fn recover(disk: &dyn Disk, clock: &dyn Clock, config: &EngineConfig) -> Result<Recovered, OpenError> {
    let mut recovery = Recovery {
        disk,
        clock,
        config,
        versions: Versions::new(),
        checkpoint: None,
        expected_sequence: None,
        log_revision: 0,
        sealed: Vec::new(),
    };
    let names = recovery.tidy_names()?;
    recovery.read_checkpoint(&names)?;
    let segments = recovery.open_segments(&names)?;
    let (log, spares, next_number) = match segments.is_empty() {
        true => (recovery.start_log()?, Vec::new(), 2),
        false => recovery.read_log(segments)?,
    };
    recovery.remove_obsolete(&names)?;
    let mut versions = recovery.versions;
    versions.trim(&config.history_limits(), clock.boot_ms(), None);
    let upkeep = State {
        spares: spares.into(),
        next_number,
        sealed: recovery.sealed,
        checkpoint: recovery.checkpoint,
        is_full: false,
        next_space_try_ms: 0,
        is_woken: true,
        is_stopped: false,
    };
    Ok(Recovered { versions, log, upkeep })
}

struct Recovery<'a> {
    disk: &'a dyn Disk,
    clock: &'a dyn Clock,
    config: &'a EngineConfig,
    versions: Versions,
    /// Revision and size.
    checkpoint: Option<(u64, u64)>,
    /// Sequence number of the next frame; any for the oldest.
    expected_sequence: Option<u64>,
    /// Newest revision that was seen in the log.
    log_revision: u64,
    sealed: Vec<SealedSegment>,
}

impl Recovery<'_> {
    fn directory(&self) -> &Path {
        &self.config.directory
    }

    fn io<T>(&self, what: impl Into<String>, result: io::Result<T>) -> Result<T, OpenError> {
        result.map_err(|cause| OpenError::Io { directory: self.directory().into(), what: what.into(), cause })
    }

    fn damaged(&self, file: String, offset: u64, detail: impl Into<String>) -> OpenError {
        let way_back = match self.checkpoint {
            Some((revision, _)) => format!(
                "move all files log-* away to go back to the checkpoint of revision {revision}; everything \
                 written after it is lost"
            ),
            None => "move its files away to start empty".to_owned(),
        };
        OpenError::Damaged { directory: self.directory().into(), file, offset, detail: detail.into(), way_back }
    }

    fn newer_format(&self, file: String, version: u32, known: u32) -> OpenError {
        OpenError::NewerFormat { directory: self.directory().into(), file, version, known }
    }

    /// Removes unfinished files; makes durable what a killed process had only renamed.
    fn tidy_names(&self) -> Result<Vec<String>, OpenError> {
        let mut names = self.io("list the files", self.disk.names())?;
        for name in names.extract_if(.., |name| name.ends_with(".tmp")) {
            self.io(format!("remove {name}"), self.disk.remove(&name))?;
        }
        if let Err(error) = self.disk.sync_names() {
            self.disk.die("sync the directory", &error);
        }
        Ok(names)
    }

    fn read_checkpoint(&mut self, names: &[String]) -> Result<(), OpenError> {
        let revisions = names.iter().filter_map(|name| checkpoint::revision_of(name));
        let Some(revision) = revisions.max() else { return Ok(()) };
        let mut versions = Versions::at(revision);
        let clock = self.clock;
        let read = checkpoint::read(self.disk, revision, &mut |item, deadline_wall_ms| {
            let deadline = deadline_wall_ms.map(|wall_ms| Deadline::from_wall_ms(clock, wall_ms).boot_ms);
            versions.restore(item, deadline);
        });
        let file = checkpoint::name(revision);
        match read {
            Ok(bytes) => {
                self.versions = versions;
                self.checkpoint = Some((revision, bytes));
                Ok(())
            }
            Err(ReadError::Io(cause)) => self.io(format!("read {file}"), Err(cause)),
            Err(ReadError::OtherVersion(version)) => Err(self.newer_format(file, version, checkpoint::VERSION)),
            Err(ReadError::Damaged { offset }) => Err(self.damaged(file, offset, "the checkpoint's checksum is wrong")),
        }
    }

    fn open_segments(&self, names: &[String]) -> Result<Vec<Segment>, OpenError> {
        let mut numbers: Vec<u64> = names.iter().filter_map(|name| segment::number_of(name)).collect();
        numbers.sort_unstable();
        let open = |&number: &u64| {
            let file = segment::name(number);
            Segment::open(self.disk, number).map_err(|error| match error {
                HeaderError::Io(cause) => {
                    OpenError::Io { directory: self.directory().into(), what: format!("open {file}"), cause }
                }
                HeaderError::OtherVersion(version) => self.newer_format(file, version, segment::VERSION),
                HeaderError::Damaged => self.damaged(file, 0, "the segment's header is wrong"),
            })
        };
        numbers.iter().map(open).collect()
    }

    fn start_log(&self) -> Result<Log, OpenError> {
        let (bytes, salt) = (self.config.segment_bytes, super::random_salt());
        let segment = self.io("prepare the log", Segment::create(self.disk, 1, bytes, salt))?;
        Ok(Log::new(segment, HEADER_BYTES, 1))
    }

    /// Replays all segments. Returns the log's end, the segments behind it, and the number to go on with.
    fn read_log(&mut self, segments: Vec<Segment>) -> Result<(Log, Vec<Segment>, u64), OpenError> {
        let next_number = segments.last().map_or(1, |segment| segment.number) + 1;
        let mut end = (0, HEADER_BYTES);
        let mut is_ended = false;
        for (index, segment) in segments.iter().enumerate() {
            let content = self.io(format!("read {}", segment::name(segment.number)), segment.read())?;
            // Of the segments that a checkpoint replaced, any may be gone already.
            let is_behind_hole = index > 0 && segments[index - 1].number + 1 != segment.number;
            let expected = if is_behind_hole { None } else { self.expected_sequence };
            let is_continued = !is_ended && is_continued_in(segment, &content, expected);
            if is_continued {
                if index > end.0 {
                    self.seal(&segments[end.0]);
                }
                self.expected_sequence = expected;
                end = (index, self.replay(segment, &content)?);
                self.versions.trim(&self.config.history_limits(), self.clock.boot_ms(), None);
            }
            is_ended |= index > 0 && !is_continued;
            let unused_from = if end.0 == index { end.1 } else { HEADER_BYTES };
            self.check_unused(segment, &content, unused_from)?;
        }
        self.check_reaches_checkpoint(&segments[end.0])?;
        self.clear_unused(&segments, end)?;
        let mut kept = segments.into_iter().skip(end.0);
        let active = kept.next().expect("the end is in one of the segments");
        let log = Log::new(active, end.1, self.expected_sequence.unwrap_or(1));
        let (spares, next_number) = self.drop_small_spares(kept.collect(), next_number)?;
        Ok((log, spares, next_number))
    }

    /// Segments that were prepared under other settings cannot take the largest batch.
    fn drop_small_spares(
        &self,
        mut spares: Vec<Segment>,
        mut next_number: u64,
    ) -> Result<(Vec<Segment>, u64), OpenError> {
        while spares.iter().any(|spare| spare.bytes < self.config.segment_bytes) {
            let Some(last) = spares.pop() else { break };
            next_number = last.number;
            let name = segment::name(last.number);
            self.io(format!("remove {name}"), self.disk.remove(&name))?;
        }
        Ok((spares, next_number))
    }

    fn seal(&mut self, segment: &Segment) {
        let (number, bytes) = (segment.number, segment.bytes);
        self.sealed.push(SealedSegment { number, bytes, last_revision: self.log_revision });
    }

    /// Applies the frames of a segment; returns the offset behind the last whole one.
    fn replay(&mut self, segment: &Segment, content: &[u8]) -> Result<u64, OpenError> {
        let mut offset = HEADER_BYTES as usize;
        while let Some(frame) = StoredFrame::read(&content[offset..], segment.salt) {
            if self.expected_sequence.is_some_and(|expected| frame.sequence != expected) {
                break;
            }
            self.apply(frame).map_err(|detail| self.damaged(segment::name(segment.number), offset as u64, detail))?;
            self.expected_sequence = Some(frame.sequence + 1);
            offset += frame.size();
        }
        Ok(offset as u64)
    }

    fn apply(&mut self, frame: StoredFrame) -> Result<(), String> {
        let mut revision = frame.first_revision;
        self.log_revision = self.log_revision.max(revision.saturating_sub(1));
        for record in frame.records() {
            let (key, value, deadline_wall_ms) = match record.ok_or("a record cannot be understood")? {
                Record::Compact { revision } => {
                    self.versions.compact(revision);
                    continue;
                }
                Record::Put { key, value, deadline_wall_ms } => (key, Some(value), deadline_wall_ms),
                Record::Delete { key } => (key, None, None),
            };
            let current = self.versions.current();
            if revision > current + 1 {
                return Err(format!("revisions {} to {} are missing", current + 1, revision - 1));
            }
            if revision == current + 1 {
                let previous = self.versions.get(key);
                let value = value.map(Bytes::copy_from_slice);
                let event = change_event(Arc::from(key), previous, value, Revision(revision));
                let deadline = deadline_wall_ms.map(|wall_ms| Deadline::from_wall_ms(self.clock, wall_ms).boot_ms);
                self.versions.apply(event, deadline, self.clock.boot_ms());
            }
            self.log_revision = revision;
            revision += 1;
        }
        Ok(())
    }

    /// Behind the end of the log there must be no whole frame: the one before it was durable then.
    fn check_unused(&self, segment: &Segment, content: &[u8], from: u64) -> Result<(), OpenError> {
        for offset in (from as usize..content.len()).step_by(ALIGN_BYTES) {
            let Some(frame) = StoredFrame::read(&content[offset..], segment.salt) else { continue };
            let is_later = match self.expected_sequence {
                Some(expected) => frame.sequence >= expected,
                // Nothing was read so far: a damaged segment that the checkpoint replaced does not matter.
                None => frame.first_revision > self.versions.current(),
            };
            if is_later {
                let detail = format!("a batch is damaged or missing, but later ones are there, as at byte {offset}");
                return Err(self.damaged(segment::name(segment.number), from, detail));
            }
        }
        Ok(())
    }

    fn check_reaches_checkpoint(&self, last: &Segment) -> Result<(), OpenError> {
        match self.checkpoint {
            Some((revision, _)) if self.log_revision < revision => {
                let detail = format!(
                    "the log ends at revision {}, before its checkpoint of revision {revision}",
                    self.log_revision
                );
                Err(self.damaged(segment::name(last.number), 0, detail))
            }
            _ => Ok(()),
        }
    }

    /// Clears a torn end and syncs: what a killed process wrote may not be durable yet.
    fn clear_unused(&self, segments: &[Segment], (end, offset): (usize, u64)) -> Result<(), OpenError> {
        for (index, segment) in segments.iter().enumerate().skip(end) {
            let from = if index == end { offset } else { HEADER_BYTES };
            let content = self.io("read the log's end", segment.read())?;
            let cleared = segment.clear_from(from, &content);
            match cleared {
                Err(error) if is_full(&error) => self.io("clear the log's end", Err(error))?,
                Err(error) => self.disk.die("sync the log's end", &error),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    fn remove_obsolete(&mut self, names: &[String]) -> Result<(), OpenError> {
        let Some((revision, _)) = self.checkpoint else { return Ok(()) };
        let older = names.iter().filter(|name| checkpoint::revision_of(name).is_some_and(|other| other < revision));
        for name in older {
            self.io(format!("remove {name}"), self.disk.remove(name))?;
        }
        for sealed in self.sealed.extract_if(.., |sealed| sealed.last_revision <= revision) {
            let name = segment::name(sealed.number);
            let removed = self.disk.remove(&name);
            removed.map_err(|cause| OpenError::Io {
                directory: self.config.directory.clone(),
                what: format!("remove {name}"),
                cause,
            })?;
        }
        Ok(())
    }
}

/// Whether the segment begins with the frame of that sequence number (`None`: with any).
fn is_continued_in(segment: &Segment, content: &[u8], expected: Option<u64>) -> bool {
    let first = StoredFrame::read(&content[HEADER_BYTES as usize..], segment.salt);
    first.is_some_and(|frame| expected.is_none_or(|expected| frame.sequence == expected))
}
