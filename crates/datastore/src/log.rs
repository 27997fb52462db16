//! The write-ahead log: numbered segments of frames, one frame per batch of commits.
//!
//! A segment is filled with zeros and made durable before its first use, so that a batch costs one
//! write and one `fdatasync` that changes no metadata. Frames start at multiples of
//! [`frame::ALIGN_BYTES`]: no sector that holds an older frame is ever written again.

pub(crate) mod frame;
pub(crate) mod segment;

use std::io;

use frame::Frame;
use segment::{HEADER_BYTES, Segment};

/// The end of the log.
pub(crate) struct Log {
    active: Segment,
    /// Where the next frame goes in `active`.
    offset: u64,
    next_sequence: u64,
}

impl Log {
    /// Goes on in `active` at `offset` with the frame of that sequence number.
    pub fn new(active: Segment, offset: u64, next_sequence: u64) -> Self {
        Self { active, offset, next_sequence }
    }

    /// Whether the active segment has room for `frame`.
    pub fn has_room(&self, frame: &Frame) -> bool {
        self.offset + frame.size() <= self.active.bytes
    }

    /// Goes on in `next`; returns the number and size of the segment before.
    pub fn rotate(&mut self, next: Segment) -> (u64, u64) {
        let full = std::mem::replace(&mut self.active, next);
        self.offset = HEADER_BYTES;
        (full.number, full.bytes)
    }

    /// Writes `frame`. It is durable only after `sync`; after an error it is not in the log.
    pub fn write(&mut self, frame: &mut Frame) -> io::Result<()> {
        let bytes = frame.seal(self.active.salt, self.next_sequence);
        self.active.file.write_at(self.offset, bytes)?;
        self.offset += bytes.len() as u64;
        self.next_sequence += 1;
        Ok(())
    }

    /// Makes what was written durable. After an error nothing is known about it.
    pub fn sync(&self) -> io::Result<()> {
        self.active.file.sync()
    }
}
