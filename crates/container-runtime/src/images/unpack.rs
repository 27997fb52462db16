//! Layer tar → directory usable as an overlay lower layer (OCI image-spec, "Layer Filesystem Changeset").
//!
//! Names are resolved inside the layer's directory by the kernel (`openat2` with `RESOLVE_IN_ROOT`), so no
//! entry, also through symbolic links, reaches outside it.

use std::ffi::OsStr;
use std::io::{self, BufReader, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, OFlags, ResolveFlags, Timestamps, Uid, XattrFlags};

use super::digest::{Digest, HashingReader};

/// Uncompressed bytes that one layer may have; a guard against decompression bombs.
const LAYER_BYTES_MAX: u64 = 64 << 30;

/// Entries that one layer may have.
const LAYER_ENTRIES_MAX: usize = 4_000_000;

/// Marks removed names: `.wh.NAME`.
const WHITEOUT: &[u8] = b".wh.";

/// Marks a directory that hides all of the layers below.
const OPAQUE: &[u8] = b".wh..wh..opq";

/// What an unpacked layer turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpacked {
    /// Digest of the uncompressed tar.
    pub diff_id: Digest,
    /// Bytes of the uncompressed tar.
    pub bytes: u64,
}

/// Unpacks a plain, gzip or zstd tar into the existing, empty `directory`.
///
/// # Errors
/// Broken archives, entries that cannot be, disk trouble; the directory is then of no use.
pub fn unpack(blob: impl Read, directory: &Path) -> io::Result<Unpacked> {
    let mut archive = HashingReader::new(decompress(blob)?.take(LAYER_BYTES_MAX));
    let root = rustix::fs::open(directory, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    unpack_entries(&mut archive, &root)?;
    let (diff_id, bytes) = archive.finish()?;
    if bytes >= LAYER_BYTES_MAX {
        return Err(invalid(format!("layer is larger than {LAYER_BYTES_MAX} bytes")));
    }
    Ok(Unpacked { diff_id, bytes })
}

/// A reader of the uncompressed bytes, by the blob's first bytes.
pub fn decompress<'a>(blob: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut blob = BufReader::with_capacity(256 * 1024, blob);
    let start = io::BufRead::fill_buf(&mut blob)?;
    Ok(match start {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(blob)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::Decoder::with_buffer(blob)?),
        _ => Box::new(blob),
    })
}

fn unpack_entries(archive: &mut impl Read, root: &OwnedFd) -> io::Result<()> {
    let mut tar = tar::Archive::new(archive);
    let mut directory_times = Vec::new();
    for (count, entry) in tar.entries()?.enumerate() {
        if count >= LAYER_ENTRIES_MAX {
            return Err(invalid(format!("layer has more than {LAYER_ENTRIES_MAX} entries")));
        }
        let mut entry = entry?;
        let path = clean(&entry.path_bytes());
        let Some(name) = path.file_name().map(OsStr::to_owned) else { continue };
        let parent = open_parent(root.as_fd(), path.parent().unwrap_or(Path::new("")))?;
        if name.as_bytes() == OPAQUE {
            rustix::fs::fsetxattr(&parent, "trusted.overlay.opaque", b"y", XattrFlags::empty())?;
        } else if let Some(hidden) = name.as_bytes().strip_prefix(WHITEOUT) {
            replace(parent.as_fd(), OsStr::from_bytes(hidden), FileType::CharacterDevice)?;
            rustix::fs::mknodat(&parent, OsStr::from_bytes(hidden), FileType::CharacterDevice, Mode::empty(), 0)?;
        } else {
            make_entry(root.as_fd(), parent.as_fd(), &name, &mut entry)?;
            if entry.header().entry_type().is_dir() {
                directory_times.push((path, entry.header().mtime().unwrap_or(0)));
            }
        }
    }
    for (path, modified) in directory_times {
        if let Ok(directory) = open_inside(root.as_fd(), &path, OFlags::DIRECTORY) {
            rustix::fs::futimens(directory, &times(modified))?;
        }
    }
    Ok(())
}

fn make_entry(
    root: BorrowedFd<'_>,
    parent: BorrowedFd<'_>,
    name: &OsStr,
    entry: &mut tar::Entry<'_, impl Read>,
) -> io::Result<()> {
    use tar::EntryType as Kind;
    let header = entry.header().clone();
    let kind = header.entry_type();
    let mode = Mode::from_raw_mode(header.mode()? & 0o7777);
    let device = || -> io::Result<u64> {
        let (major, minor) = (header.device_major()?.unwrap_or(0), header.device_minor()?.unwrap_or(0));
        Ok(rustix::fs::makedev(major, minor))
    };
    match kind {
        Kind::Regular | Kind::Continuous | Kind::GNUSparse => {
            replace(parent, name, FileType::RegularFile)?;
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file = rustix::fs::openat(parent, name, flags, Mode::RUSR | Mode::WUSR)?;
            io::copy(entry, &mut std::fs::File::from(file))?;
        }
        Kind::Directory => {
            replace(parent, name, FileType::Directory)?;
            match rustix::fs::mkdirat(parent, name, Mode::RWXU) {
                Err(rustix::io::Errno::EXIST) => {}
                outcome => outcome?,
            }
        }
        Kind::Symlink => {
            replace(parent, name, FileType::Symlink)?;
            rustix::fs::symlinkat(link_name(entry)?.as_path(), parent, name)?;
        }
        Kind::Link => {
            replace(parent, name, FileType::RegularFile)?;
            let target = clean(link_name(entry)?.as_os_str().as_bytes());
            let target_parent = open_parent(root, target.parent().unwrap_or(Path::new("")))?;
            let target_name = target.file_name().ok_or_else(|| invalid("hard link to nothing".into()))?;
            rustix::fs::linkat(&target_parent, target_name, parent, name, AtFlags::empty())?;
            return Ok(());
        }
        Kind::Char | Kind::Block | Kind::Fifo => {
            let file_type = match kind {
                Kind::Char => FileType::CharacterDevice,
                Kind::Block => FileType::BlockDevice,
                _ => FileType::Fifo,
            };
            replace(parent, name, file_type)?;
            rustix::fs::mknodat(parent, name, file_type, mode, device()?)?;
        }
        Kind::XGlobalHeader => return Ok(()),
        other => return Err(invalid(format!("entry {name:?} has unknown type {other:?}"))),
    }
    set_attributes(parent, name, mode, entry)
}

/// Owner, mode, extended attributes and time, in the order in which the kernel keeps them.
fn set_attributes(
    parent: BorrowedFd<'_>,
    name: &OsStr,
    mode: Mode,
    entry: &mut tar::Entry<'_, impl Read>,
) -> io::Result<()> {
    let header = entry.header();
    let (kind, modified) = (header.entry_type(), header.mtime().unwrap_or(0));
    let id = |number: u64| u32::try_from(number).map_err(|_| invalid(format!("owner {number} is too large")));
    let raw = header.as_old();
    let uid = if is_blank(&raw.uid) { 0 } else { id(header.uid()?)? };
    let gid = if is_blank(&raw.gid) { 0 } else { id(header.gid()?)? };
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    rustix::fs::chownat(parent, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
    if !kind.is_symlink() {
        rustix::fs::chmodat(parent, name, mode, AtFlags::empty())?;
        set_xattrs(parent, name, entry)?;
    }
    if !kind.is_dir() {
        rustix::fs::utimensat(parent, name, &times(modified), AtFlags::SYMLINK_NOFOLLOW)?;
    }
    Ok(())
}

/// A numeric field that was never filled; other readers take it as zero.
fn is_blank(field: &[u8]) -> bool {
    field.iter().all(|byte| matches!(byte, 0 | b' '))
}

/// PAX records `SCHILY.xattr.NAME`; file capabilities come this way.
fn set_xattrs(parent: BorrowedFd<'_>, name: &OsStr, entry: &mut tar::Entry<'_, impl Read>) -> io::Result<()> {
    let Some(extensions) = entry.pax_extensions()? else { return Ok(()) };
    for extension in extensions {
        let extension = extension?;
        let Some(key) = extension.key_bytes().strip_prefix(b"SCHILY.xattr.") else { continue };
        // Overlay's own attributes would let a layer reach into others.
        if key.starts_with(b"trusted.overlay.") {
            continue;
        }
        let file =
            rustix::fs::openat(parent, name, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK, Mode::empty())?;
        match rustix::fs::fsetxattr(&file, key, extension.value_bytes(), XattrFlags::empty()) {
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::PERM) => {}
            outcome => outcome?,
        }
    }
    Ok(())
}

fn link_name(entry: &tar::Entry<'_, impl Read>) -> io::Result<PathBuf> {
    let name = entry.link_name_bytes().ok_or_else(|| invalid("link without a target".into()))?;
    Ok(PathBuf::from(OsStr::from_bytes(&name)))
}

/// Removes what an entry replaces; a directory stays when the new entry is one too.
fn replace(parent: BorrowedFd<'_>, name: &OsStr, new: FileType) -> io::Result<()> {
    let found = match rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(rustix::io::Errno::NOENT) => return Ok(()),
        found => FileType::from_raw_mode(found?.st_mode),
    };
    match (found, new) {
        (FileType::Directory, FileType::Directory) => Ok(()),
        (FileType::Directory, _) => remove_tree(parent, name),
        _ => Ok(rustix::fs::unlinkat(parent, name, AtFlags::empty())?),
    }
}

fn remove_tree(parent: BorrowedFd<'_>, name: &OsStr) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = rustix::fs::openat(parent, name, flags, Mode::empty())?;
    for entry in rustix::fs::Dir::read_from(&directory)? {
        let entry = entry?;
        let child = OsStr::from_bytes(entry.file_name().to_bytes());
        match child.as_bytes() {
            b"." | b".." => {}
            _ if entry.file_type() == FileType::Directory => remove_tree(directory.as_fd(), child)?,
            _ => rustix::fs::unlinkat(&directory, child, AtFlags::empty())?,
        }
    }
    Ok(rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR)?)
}

/// Opens the directory `path` inside `root`, making what is missing.
fn open_parent(root: BorrowedFd<'_>, path: &Path) -> io::Result<OwnedFd> {
    match open_inside(root, path, OFlags::DIRECTORY) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        outcome => return outcome,
    }
    let name = path.file_name().ok_or_else(|| invalid("layer directory is gone".into()))?;
    let parent = open_parent(root, path.parent().unwrap_or(Path::new("")))?;
    match rustix::fs::mkdirat(&parent, name, Mode::from_raw_mode(0o755)) {
        Err(rustix::io::Errno::EXIST) => {}
        outcome => outcome?,
    }
    open_inside(root, path, OFlags::DIRECTORY)
}

fn open_inside(root: BorrowedFd<'_>, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let flags = flags | OFlags::RDONLY | OFlags::CLOEXEC;
    Ok(rustix::fs::openat2(root, path, flags, Mode::empty(), ResolveFlags::IN_ROOT)?)
}

/// The path without root, `.` and `..`.
fn clean(path: &[u8]) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in Path::new(OsStr::from_bytes(path)).components() {
        match component {
            Component::Normal(name) => clean.push(name),
            Component::ParentDir => drop(clean.pop()),
            _ => {}
        }
    }
    clean
}

fn times(modified_seconds: u64) -> Timestamps {
    let time = rustix::fs::Timespec { tv_sec: i64::try_from(modified_seconds).unwrap_or(0), tv_nsec: 0 };
    Timestamps { last_access: time, last_modification: time }
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// Flushes the file system that holds `directory`.
pub fn sync(directory: &Path) -> io::Result<()> {
    let opened = rustix::fs::openat(CWD, directory, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    Ok(rustix::fs::syncfs(opened)?)
}

#[cfg(test)]
mod tests;
