//! Files whose whole set changes at once: they are written into a hidden directory, which a symbolic link then
//! names; the visible names are links through it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use crate::mounts::{make_dirs, remove_tree, set_mode};

const DATA: &str = "..data";
const NEW_DATA: &str = "..data_tmp";
const PATH_CHARS_MAX: usize = 4_096;
const NAME_CHARS_MAX: usize = 255;

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Content.
    pub data: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
    /// Owner, if not the kubelet's user.
    pub user: Option<i64>,
}

/// Files by relative path.
pub type Payload = BTreeMap<String, File>;

/// Brings the files below `target` to exactly `payload`. `set_owner` is called for the new hidden directory before
/// anybody can see it. Nothing is written when nothing changed.
pub fn write(target: &Path, payload: &Payload, set_owner: impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
    let payload = cleaned(payload).map_err(io::Error::other)?;
    let data = target.join(DATA);
    let old = match std::fs::read_link(&data) {
        Ok(name) => Some(target.join(name)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let surplus = old.as_deref().map(|old| surplus(old, &payload)).transpose()?.unwrap_or_default();
    let is_current = old.as_deref().is_some_and(|old| surplus.is_empty() && holds(old, &payload));
    if is_current {
        return link_visible(target, &payload);
    }
    let fresh = fresh_directory(target)?;
    let written = write_files(&fresh, &payload).and_then(|()| set_owner(&fresh)).and_then(|()| {
        let temporary = target.join(NEW_DATA);
        let _ = std::fs::remove_file(&temporary);
        symlink(fresh.file_name().unwrap_or_default(), &temporary)?;
        std::fs::rename(&temporary, &data)
    });
    if let Err(error) = written {
        let _ = remove_tree(&fresh);
        return Err(error);
    }
    link_visible(target, &payload)?;
    unlink_visible(target, &surplus, &payload)?;
    old.map_or(Ok(()), |old| remove_tree(&old))
}

/// The payload with its paths checked and in normal form; the error is upstream's text.
fn cleaned(payload: &Payload) -> Result<Payload, String> {
    payload.iter().map(|(path, file)| Ok((clean(path)?, file.clone()))).collect()
}

fn clean(path: &str) -> Result<String, String> {
    if path.is_empty() {
        return Err("invalid path: must not be empty: \"\"".to_owned());
    }
    if path.starts_with('/') {
        return Err(format!("invalid path: must be relative path: {path}"));
    }
    if path.len() > PATH_CHARS_MAX {
        return Err(format!("invalid path: must be less than or equal to {PATH_CHARS_MAX} characters"));
    }
    for item in path.split('/') {
        if item == ".." {
            return Err(format!("invalid path: must not contain '..': {path}"));
        }
        if item.len() > NAME_CHARS_MAX {
            return Err(format!("invalid path: filenames must be less than or equal to {NAME_CHARS_MAX} characters"));
        }
    }
    if path.starts_with("..") {
        return Err(format!("invalid path: must not start with '..': {path}"));
    }
    let parts: Vec<_> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    Ok(parts.join("/"))
}

/// Paths below the old directory that the payload does not have.
fn surplus(old: &Path, payload: &Payload) -> io::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    collect(old, Path::new(""), &mut found)?;
    for path in payload.keys() {
        for ancestor in Path::new(path).ancestors() {
            found.remove(ancestor);
        }
    }
    Ok(found)
}

fn collect(root: &Path, below: &Path, found: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    let entries = match std::fs::read_dir(root.join(below)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(root, &path, found)?;
        }
        found.insert(path);
    }
    Ok(())
}

/// Whether the directory holds exactly these contents for the payload's paths.
fn holds(directory: &Path, payload: &Payload) -> bool {
    payload.iter().all(|(path, file)| std::fs::read(directory.join(path)).is_ok_and(|data| data == file.data))
}

/// A new directory with upstream's kind of name, and a number that makes it unique.
fn fresh_directory(target: &Path) -> io::Result<PathBuf> {
    let stamp = jiff::Timestamp::now().strftime("..%Y_%m_%d_%H_%M_%S.").to_string();
    let mut number = jiff::Timestamp::now().subsec_nanosecond().unsigned_abs();
    loop {
        let path = target.join(format!("{stamp}{number}"));
        match std::fs::create_dir(&path) {
            Ok(()) => return set_mode(&path, 0o755).map(|()| path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number = number.wrapping_add(1),
            Err(error) => return Err(error),
        }
    }
}

fn write_files(directory: &Path, payload: &Payload) -> io::Result<()> {
    for (path, file) in payload {
        let path = directory.join(path);
        if let Some(parent) = path.parent() {
            make_dirs(parent, 0o755)?;
        }
        let mut options = std::fs::OpenOptions::new();
        let mut out = options.write(true).create_new(true).mode(file.mode).open(&path)?;
        io::Write::write_all(&mut out, &file.data)?;
        set_mode(&path, file.mode)?;
        if let Some(user) = file.user.and_then(|user| u32::try_from(user).ok()) {
            std::os::unix::fs::lchown(&path, Some(user), None)?;
        }
    }
    Ok(())
}

/// The first part of each path is a link through the data link.
fn link_visible(target: &Path, payload: &Payload) -> io::Result<()> {
    for first in payload.keys().filter_map(|path| first_part(Path::new(path))) {
        let visible = target.join(&first);
        let wanted = Path::new(DATA).join(&first);
        match std::fs::read_link(&visible) {
            Ok(found) if found == wanted => continue,
            Ok(_) => std::fs::remove_file(&visible)?,
            Err(_) => {}
        }
        symlink(&wanted, &visible)?;
    }
    Ok(())
}

fn first_part(path: &Path) -> Option<PathBuf> {
    match path.components().next()? {
        Component::Normal(part) => Some(PathBuf::from(part)),
        _ => None,
    }
}

fn unlink_visible(target: &Path, surplus: &BTreeSet<PathBuf>, payload: &Payload) -> io::Result<()> {
    let kept: BTreeSet<_> = payload.keys().filter_map(|path| first_part(Path::new(path))).collect();
    for first in surplus.iter().filter_map(|path| first_part(path)).filter(|first| !kept.contains(first)) {
        match std::fs::remove_file(target.join(first)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
