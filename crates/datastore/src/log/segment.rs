//! Segment files: `log-<number>`, one header, then frames, then zeros.
//!
//! The header: `magic 8 bytes, version u32, unused u32, number u64, salt u64, file bytes u64,
//! checksum u32`; frames start at [`HEADER_BYTES`].

use std::io;

use super::frame::{u32_at, u64_at};
use crate::checksum::crc32c;
use crate::disk::{Disk, DiskFile};

/// Offset of the first frame.
pub(crate) const HEADER_BYTES: u64 = 512;

/// Version of the segments' format.
pub(crate) const VERSION: u32 = 1;

/// Zeros that are written and made durable at a time, so that other writes to the disk get in between.
const ZERO_CHUNK_BYTES: usize = 1 << 20;

const MAGIC: &[u8; 8] = b"CORTENWL";
const NAME_PREFIX: &str = "log-";
const UNFINISHED_NAME: &str = "log.tmp";

/// An open segment.
pub(crate) struct Segment {
    pub number: u64,
    /// What the checksums of its frames start with.
    pub salt: u64,
    pub bytes: u64,
    pub file: Box<dyn DiskFile>,
}

/// Why a segment cannot be opened.
pub(crate) enum HeaderError {
    Io(io::Error),
    Damaged,
    OtherVersion(u32),
}

impl From<io::Error> for HeaderError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// File name of a segment.
pub(crate) fn name(number: u64) -> String {
    format!("{NAME_PREFIX}{number:020}")
}

/// The number in a segment's file name.
pub(crate) fn number_of(name: &str) -> Option<u64> {
    name.strip_prefix(NAME_PREFIX)?.parse().ok()
}

impl Segment {
    /// Makes a durable segment full of zeros.
    pub fn create(disk: &dyn Disk, number: u64, bytes: u64, salt: u64) -> io::Result<Self> {
        let file = disk.create(UNFINISHED_NAME)?;
        if let Err(error) = fill(file.as_ref(), number, bytes, salt) {
            // Gives the space back at once; a failure changes nothing, the next start removes it.
            let _ = disk.remove(UNFINISHED_NAME);
            return Err(error);
        }
        disk.rename(UNFINISHED_NAME, &name(number))?;
        disk.sync_names()?;
        Ok(Self { number, salt, bytes, file })
    }

    /// Opens an existing one.
    pub fn open(disk: &dyn Disk, number: u64) -> Result<Self, HeaderError> {
        let file = disk.open(&name(number))?;
        let mut header = [0; 44];
        if file.size()? < HEADER_BYTES {
            return Err(HeaderError::Damaged);
        }
        file.read_at(0, &mut header)?;
        let (version, salt, bytes) = read_header(&header, number).ok_or(HeaderError::Damaged)?;
        if version != VERSION {
            return Err(HeaderError::OtherVersion(version));
        }
        if file.size()? != bytes {
            return Err(HeaderError::Damaged);
        }
        Ok(Self { number, salt, bytes, file })
    }

    /// The whole file.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; self.bytes as usize];
        self.file.read_at(0, &mut bytes)?;
        Ok(bytes)
    }

    /// Makes `content`, which is the whole file, zero again from `offset` on, durably.
    pub fn clear_from(&self, offset: u64, content: &[u8]) -> io::Result<()> {
        let tail = &content[offset as usize..];
        if let Some(last) = tail.iter().rposition(|&byte| byte != 0) {
            self.file.write_at(offset, &vec![0; last + 1])?;
        }
        self.file.sync()
    }
}

fn fill(file: &dyn DiskFile, number: u64, bytes: u64, salt: u64) -> io::Result<()> {
    file.allocate(bytes)?;
    // Written, not only allocated: else each first write to a block is a change of metadata.
    let zeros = vec![0; ZERO_CHUNK_BYTES.min(bytes as usize)];
    let mut offset = 0;
    while offset < bytes {
        let chunk = zeros.len().min((bytes - offset) as usize);
        file.write_at(offset, &zeros[..chunk])?;
        file.sync()?;
        offset += chunk as u64;
    }
    file.write_at(0, &header(number, salt, bytes))?;
    file.sync()
}

fn header(number: u64, salt: u64, bytes: u64) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend(VERSION.to_le_bytes());
    header.extend([0; 4]);
    header.extend(number.to_le_bytes());
    header.extend(salt.to_le_bytes());
    header.extend(bytes.to_le_bytes());
    header.extend(crc32c(0, &header).to_le_bytes());
    header
}

fn read_header(header: &[u8], number: u64) -> Option<(u32, u64, u64)> {
    let is_whole = header.starts_with(MAGIC) && crc32c(0, &header[..40]) == u32_at(header, 40)?;
    let fields = (u32_at(header, 8)?, u64_at(header, 24)?, u64_at(header, 32)?);
    (is_whole && u64_at(header, 16)? == number).then_some(fields)
}
