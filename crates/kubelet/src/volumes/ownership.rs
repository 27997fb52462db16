//! Gives a volume to a Pod's group (`fsGroup`).

use std::io;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;

use crate::mounts::set_mode;

const READ_WRITE: u32 = 0o660;
const READ_ONLY: u32 = 0o440;
const DIRECTORY: u32 = 0o2110;
/// Directories that a volume may be deep.
const DEPTH_MAX: usize = 256;

/// Gives everything at and below `path` to `group` and lets it read, and write unless `is_read_only`.
pub fn give_to_group(path: &Path, group: i64, is_read_only: bool) -> io::Result<()> {
    let group = u32::try_from(group).map_err(io::Error::other)?;
    give(path, group, if is_read_only { READ_ONLY } else { READ_WRITE }, DEPTH_MAX)
}

/// Whether the root of a volume already is the group's, so that nothing below needs a look.
pub fn is_given(path: &Path, group: i64) -> bool {
    let wanted = READ_WRITE | DIRECTORY;
    std::fs::symlink_metadata(path)
        .is_ok_and(|found| i64::from(found.gid()) == group && found.mode() & wanted == wanted)
}

fn give(path: &Path, group: u32, mask: u32, depth: usize) -> io::Result<()> {
    if depth == 0 {
        return Err(io::Error::other(format!("{} is too deep", path.display())));
    }
    let found = std::fs::symlink_metadata(path)?;
    lchown(path, None, Some(group))?;
    if found.is_symlink() {
        return Ok(());
    }
    let own = if found.is_dir() { mask | DIRECTORY } else { mask };
    if found.is_dir() {
        for entry in std::fs::read_dir(path)? {
            give(&entry?.path(), group, mask, depth - 1)?;
        }
    }
    set_mode(path, found.mode() & 0o7777 | own)
}
