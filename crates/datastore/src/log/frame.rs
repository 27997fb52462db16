//! Frames and the records in them, as bytes. Pure.
//!
//! A frame: `magic u32, body bytes u32, sequence u64, first revision u64, body checksum u32, header
//! checksum u32, body`, padded with zeros to [`ALIGN_BYTES`]; numbers are little endian. Puts and
//! deletes have consecutive revisions from the first one on. Records:
//!
//! - put: `1 u8, key bytes u16, value bytes u32, key, value`
//! - put with a time to live: `2 u8, key bytes u16, value bytes u32, deadline u64, key, value`; the
//!   deadline in milliseconds since 1970
//! - delete: `3 u8, key bytes u16, key`
//! - compact: `4 u8, revision u64`

use crate::checksum::crc32c;

/// Frames start at multiples of this: the smallest unit that a disk writes as one.
pub(crate) const ALIGN_BYTES: usize = 512;

const MAGIC: u32 = 0x5246_5443;
const HEADER_BYTES: usize = 32;
const PUT: u8 = 1;
const PUT_WITH_DEADLINE: u8 = 2;
const DELETE: u8 = 3;
const COMPACT: u8 = 4;

/// What a record costs beside key and value, at most.
pub(crate) const RECORD_OVERHEAD_BYTES_MAX: usize = 15;

/// One record of the log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Record<'a> {
    Put { key: &'a str, value: &'a [u8], deadline_wall_ms: Option<u64> },
    Delete { key: &'a str },
    Compact { revision: u64 },
}

/// A frame that is being filled. Its buffer is used again and again.
pub(crate) struct Frame {
    buffer: Vec<u8>,
    first_revision: u64,
}

impl Frame {
    pub fn new() -> Self {
        Self { buffer: vec![0; HEADER_BYTES], first_revision: 0 }
    }

    /// Empties it.
    pub fn start(&mut self, first_revision: u64) {
        self.buffer.truncate(HEADER_BYTES);
        self.first_revision = first_revision;
    }

    pub fn is_empty(&self) -> bool {
        self.buffer.len() == HEADER_BYTES
    }

    /// Bytes that it takes in the log.
    pub fn size(&self) -> u64 {
        self.buffer.len().next_multiple_of(ALIGN_BYTES) as u64
    }

    /// Appends a record. Keys are shorter than 64 KiB and values shorter than 4 GiB.
    pub fn push(&mut self, record: &Record) {
        let buffer = &mut self.buffer;
        match record {
            Record::Put { key, value, deadline_wall_ms } => {
                buffer.push(if deadline_wall_ms.is_some() { PUT_WITH_DEADLINE } else { PUT });
                buffer.extend((key.len() as u16).to_le_bytes());
                buffer.extend((value.len() as u32).to_le_bytes());
                if let Some(deadline) = deadline_wall_ms {
                    buffer.extend(deadline.to_le_bytes());
                }
                buffer.extend(key.as_bytes());
                buffer.extend_from_slice(value);
            }
            Record::Delete { key } => {
                buffer.push(DELETE);
                buffer.extend((key.len() as u16).to_le_bytes());
                buffer.extend(key.as_bytes());
            }
            Record::Compact { revision } => {
                buffer.push(COMPACT);
                buffer.extend(revision.to_le_bytes());
            }
        }
    }

    /// Fills in the header and the padding. Start it anew before the next use.
    pub fn seal(&mut self, salt: u64, sequence: u64) -> &[u8] {
        let body_checksum = crc32c(salt, &self.buffer[HEADER_BYTES..]);
        let body_bytes = (self.buffer.len() - HEADER_BYTES) as u32;
        let header = &mut self.buffer[..HEADER_BYTES];
        header[..4].copy_from_slice(&MAGIC.to_le_bytes());
        header[4..8].copy_from_slice(&body_bytes.to_le_bytes());
        header[8..16].copy_from_slice(&sequence.to_le_bytes());
        header[16..24].copy_from_slice(&self.first_revision.to_le_bytes());
        header[24..28].copy_from_slice(&body_checksum.to_le_bytes());
        let header_checksum = crc32c(salt, &header[..28]);
        header[28..].copy_from_slice(&header_checksum.to_le_bytes());
        let padded = self.buffer.len().next_multiple_of(ALIGN_BYTES);
        self.buffer.resize(padded, 0);
        &self.buffer
    }
}

/// A frame that was read and whose checksums are right.
#[derive(Clone, Copy)]
pub(crate) struct StoredFrame<'a> {
    pub sequence: u64,
    pub first_revision: u64,
    pub body: &'a [u8],
}

impl<'a> StoredFrame<'a> {
    /// The frame at the start of `bytes`, if a whole one is there.
    pub fn read(bytes: &'a [u8], salt: u64) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>()?;
        if u32_at(header, 0)? != MAGIC || crc32c(salt, &header[..28]) != u32_at(header, 28)? {
            return None;
        }
        let body = rest.get(..u32_at(header, 4)? as usize)?;
        if crc32c(salt, body) != u32_at(header, 24)? {
            return None;
        }
        let (sequence, first_revision) = (u64_at(header, 8)?, u64_at(header, 16)?);
        Some(Self { sequence, first_revision, body })
    }

    /// Bytes that it takes in the log.
    pub fn size(&self) -> usize {
        (HEADER_BYTES + self.body.len()).next_multiple_of(ALIGN_BYTES)
    }

    /// Its records, or `None` in place of one that cannot be understood.
    pub fn records(&self) -> impl Iterator<Item = Option<Record<'a>>> + use<'a> {
        let mut rest = self.body;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let record = take_record(&mut rest);
            if record.is_none() {
                rest = &[];
            }
            Some(record)
        })
    }
}

fn take_record<'a>(rest: &mut &'a [u8]) -> Option<Record<'a>> {
    let kind = take(rest, 1)?[0];
    if kind == COMPACT {
        return Some(Record::Compact { revision: u64_at(take(rest, 8)?, 0)? });
    }
    let key_bytes = usize::from(u16::from_le_bytes(take(rest, 2)?.try_into().ok()?));
    if kind == DELETE {
        return Some(Record::Delete { key: text(take(rest, key_bytes)?)? });
    }
    let value_bytes = u32_at(take(rest, 4)?, 0)? as usize;
    let deadline_wall_ms = match kind {
        PUT => None,
        PUT_WITH_DEADLINE => Some(u64_at(take(rest, 8)?, 0)?),
        _ => return None,
    };
    let key = text(take(rest, key_bytes)?)?;
    Some(Record::Put { key, value: take(rest, value_bytes)?, deadline_wall_ms })
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// Splits `length` bytes off the front.
pub(crate) fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

/// The little-endian number at `offset`.
pub(crate) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    let bytes = bytes.get(offset..offset + 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

/// The little-endian number at `offset`.
pub(crate) fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    let bytes = bytes.get(offset..offset + 8)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDS: [Record; 4] = [
        Record::Put { key: "/registry/pods/a", value: b"{}", deadline_wall_ms: None },
        Record::Put { key: "e", value: b"", deadline_wall_ms: Some(77) },
        Record::Delete { key: "/registry/pods/a" },
        Record::Compact { revision: 12 },
    ];

    fn sealed() -> Vec<u8> {
        let mut frame = Frame::new();
        frame.start(9);
        RECORDS.iter().for_each(|record| frame.push(record));
        frame.seal(5, 3).to_vec()
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = sealed();
        assert_eq!(bytes.len(), ALIGN_BYTES);
        let frame = StoredFrame::read(&bytes, 5).expect("whole");
        assert_eq!((frame.sequence, frame.first_revision, frame.size()), (3, 9, ALIGN_BYTES));
        let records: Vec<_> = frame.records().map(|record| record.expect("known")).collect();
        assert_eq!(records, RECORDS);
    }

    #[test]
    fn a_flipped_bit_anywhere_or_a_cut_makes_it_no_frame() {
        let bytes = sealed();
        let used = HEADER_BYTES + StoredFrame::read(&bytes, 5).expect("whole").body.len();
        for position in 0..used {
            let mut damaged = bytes.clone();
            damaged[position] ^= 0x10;
            assert!(StoredFrame::read(&damaged, 5).is_none(), "flip at {position}");
            assert!(StoredFrame::read(&bytes[..position], 5).is_none(), "cut at {position}");
        }
        assert!(StoredFrame::read(&bytes, 6).is_none(), "salt of another segment");
    }
}
