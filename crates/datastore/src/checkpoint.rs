//! Checkpoint files: `checkpoint-<revision>`, all live keys as of one revision.
//!
//! The header: `magic 8 bytes, version u32, unused u32, revision u64, checksum u32`. Then
//! blocks: `body bytes u32, items u32, checksum u32, body`, the last one empty with the number of all
//! items. Items: `created u64, revision u64, deadline u64 (0: none), key bytes u16, value bytes u32,
//! key, value`.

use std::io;

use bytes::Bytes;

use crate::checksum::crc32c;
use crate::disk::{Disk, DiskFile};
use crate::log::frame::{take, u32_at, u64_at};
use crate::storage::{KeyValue, Revision};

/// Version of the checkpoints' format.
pub(crate) const VERSION: u32 = 1;

/// A block is written once it has this many bytes.
const BLOCK_BYTES: usize = 256 << 10;

/// Bytes that are made durable at a time, so that commits never wait behind more than that.
const SYNC_BYTES: usize = 2 << 20;

/// Largest body of a block: a damaged length must not ask for all memory.
const BLOCK_BYTES_MAX: usize = BLOCK_BYTES + (64 << 20);

const MAGIC: &[u8; 8] = b"CORTENCK";
const NAME_PREFIX: &str = "checkpoint-";
const UNFINISHED_NAME: &str = "checkpoint.tmp";
const HEADER_BYTES: usize = 28;
const BLOCK_HEADER_BYTES: usize = 12;

/// File name of the checkpoint of a revision.
pub(crate) fn name(revision: u64) -> String {
    format!("{NAME_PREFIX}{revision:020}")
}

/// The revision in a checkpoint's file name.
pub(crate) fn revision_of(name: &str) -> Option<u64> {
    name.strip_prefix(NAME_PREFIX)?.parse().ok()
}

/// A checkpoint that is being written.
pub(crate) struct CheckpointWriter<'a> {
    disk: &'a dyn Disk,
    file: Box<dyn DiskFile>,
    revision: u64,
    offset: u64,
    unsynced: usize,
    block: Vec<u8>,
    block_items: u32,
    items: u32,
}

impl<'a> CheckpointWriter<'a> {
    pub fn create(disk: &'a dyn Disk, revision: u64) -> io::Result<Self> {
        let file = disk.create(UNFINISHED_NAME)?;
        let mut header = MAGIC.to_vec();
        header.extend(VERSION.to_le_bytes());
        header.extend([0; 4]);
        header.extend(revision.to_le_bytes());
        header.extend(crc32c(0, &header).to_le_bytes());
        file.write_at(0, &header)?;
        let (offset, block) = (header.len() as u64, Vec::new());
        Ok(Self { disk, file, revision, offset, unsynced: 0, block, block_items: 0, items: 0 })
    }

    pub fn push(&mut self, item: &KeyValue, deadline_wall_ms: Option<u64>) -> io::Result<()> {
        let block = &mut self.block;
        block.extend(item.create_revision.0.to_le_bytes());
        block.extend(item.revision.0.to_le_bytes());
        block.extend(deadline_wall_ms.map_or(0, |deadline| deadline.max(1)).to_le_bytes());
        block.extend((item.key.len() as u16).to_le_bytes());
        block.extend((item.value.len() as u32).to_le_bytes());
        block.extend(item.key.as_bytes());
        block.extend_from_slice(&item.value);
        self.block_items += 1;
        self.items += 1;
        if block.len() >= BLOCK_BYTES { self.write_block(self.block_items) } else { Ok(()) }
    }

    fn write_block(&mut self, items: u32) -> io::Result<()> {
        let mut bytes = (self.block.len() as u32).to_le_bytes().to_vec();
        bytes.extend(items.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.append(&mut self.block);
        let checksum = block_checksum(self.revision, &bytes);
        bytes[8..12].copy_from_slice(&checksum.to_le_bytes());
        self.file.write_at(self.offset, &bytes)?;
        self.offset += bytes.len() as u64;
        self.block_items = 0;
        self.unsynced += bytes.len();
        if self.unsynced >= SYNC_BYTES {
            self.unsynced = 0;
            self.file.sync()?;
        }
        Ok(())
    }

    /// Makes it durable under its name; returns its size in bytes.
    pub fn finish(mut self) -> io::Result<u64> {
        if !self.block.is_empty() {
            self.write_block(self.block_items)?;
        }
        self.write_block(self.items)?;
        self.file.sync()?;
        self.disk.rename(UNFINISHED_NAME, &name(self.revision))?;
        self.disk.sync_names()?;
        Ok(self.offset)
    }

    /// Throws it away.
    pub fn abandon(disk: &dyn Disk) {
        // The next start removes it too.
        let _ = disk.remove(UNFINISHED_NAME);
    }
}

/// The checksum covers the header but for itself, and the body.
fn block_checksum(revision: u64, block: &[u8]) -> u32 {
    let lengths = u64_at(block, 0).expect("a block has a header");
    crc32c(revision ^ lengths.rotate_left(17), &block[BLOCK_HEADER_BYTES..])
}

/// Why a checkpoint cannot be read.
pub(crate) enum ReadError {
    Io(io::Error),
    Damaged { offset: u64 },
    OtherVersion(u32),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads a checkpoint and gives each item with its deadline to `visit`. Returns its size in bytes.
pub(crate) fn read(
    disk: &dyn Disk,
    revision: u64,
    visit: &mut dyn FnMut(KeyValue, Option<u64>),
) -> Result<u64, ReadError> {
    let file = disk.open(&name(revision))?;
    let file_bytes = file.size()?;
    read_header(&read_part(file.as_ref(), 0, HEADER_BYTES, file_bytes)?, revision)?;
    let mut offset = HEADER_BYTES as u64;
    let mut items_seen = 0;
    loop {
        let damaged = || ReadError::Damaged { offset };
        let header = read_part(file.as_ref(), offset, BLOCK_HEADER_BYTES, file_bytes)?;
        let body_bytes = u32_at(&header, 0).ok_or_else(damaged)? as usize;
        let items = u32_at(&header, 4).ok_or_else(damaged)?;
        if body_bytes > BLOCK_BYTES_MAX {
            return Err(damaged());
        }
        let block = read_part(file.as_ref(), offset, BLOCK_HEADER_BYTES + body_bytes, file_bytes)?;
        if u32_at(&block, 8) != Some(block_checksum(revision, &block)) {
            return Err(damaged());
        }
        if body_bytes == 0 {
            return if items == items_seen { Ok(offset) } else { Err(damaged()) };
        }
        let mut rest = &block[BLOCK_HEADER_BYTES..];
        for _ in 0..items {
            let (item, deadline) = take_item(&mut rest).ok_or_else(damaged)?;
            visit(item, deadline);
        }
        items_seen += items;
        offset += block.len() as u64;
    }
}

fn read_part(file: &dyn DiskFile, offset: u64, length: usize, file_bytes: u64) -> Result<Vec<u8>, ReadError> {
    if offset + length as u64 > file_bytes {
        return Err(ReadError::Damaged { offset });
    }
    let mut part = vec![0; length];
    file.read_at(offset, &mut part)?;
    Ok(part)
}

fn read_header(header: &[u8], revision: u64) -> Result<(), ReadError> {
    let damaged = ReadError::Damaged { offset: 0 };
    let is_whole = header.starts_with(MAGIC) && u32_at(header, 24) == Some(crc32c(0, &header[..24]));
    let (Some(version), Some(stored)) = (u32_at(header, 8), u64_at(header, 16)) else {
        return Err(damaged);
    };
    match version {
        _ if !is_whole => Err(damaged),
        VERSION if stored == revision => Ok(()),
        VERSION => Err(damaged),
        _ => Err(ReadError::OtherVersion(version)),
    }
}

fn take_item(rest: &mut &[u8]) -> Option<(KeyValue, Option<u64>)> {
    let fixed = take(rest, 30)?;
    let (create_revision, revision, deadline) = (u64_at(fixed, 0)?, u64_at(fixed, 8)?, u64_at(fixed, 16)?);
    let key_bytes = u16::from_le_bytes([fixed[24], fixed[25]]);
    let key = std::str::from_utf8(take(rest, usize::from(key_bytes))?).ok()?;
    let value = Bytes::copy_from_slice(take(rest, u32_at(fixed, 26)? as usize)?);
    let (create_revision, revision) = (Revision(create_revision), Revision(revision));
    let item = KeyValue { key: key.into(), value, create_revision, revision };
    Some((item, (deadline != 0).then_some(deadline)))
}
