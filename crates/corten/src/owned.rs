//! Directories that an instance owns: marked when made, removed only with their marker, and never across a mount.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags};

use crate::config::Config;

/// File that names the owner.
const MARKER: &str = ".corten-instance";

/// All directories of an instance; the later ones may lie in the earlier ones.
pub fn directories(config: &Config) -> Vec<PathBuf> {
    let directories = [
        &config.data_dir,
        &config.config_dir,
        &config.log_dir,
        &config.kubelet_dir,
        &config.pod_logs_dir,
        &config.container_logs_dir,
        &config.run_dir,
    ];
    directories.into_iter().cloned().collect()
}

/// Makes each directory that is missing, and marks those that are empty as the instance's.
pub fn claim(config: &Config) -> anyhow::Result<()> {
    for directory in directories(config) {
        let attempt = || -> std::io::Result<()> {
            std::fs::create_dir_all(&directory)?;
            let is_empty = std::fs::read_dir(&directory)?.next().is_none();
            if is_empty {
                std::fs::write(directory.join(MARKER), format!("{}\n", config.instance))?;
            }
            Ok(())
        };
        attempt().with_context(|| format!("make {}", directory.display()))?;
    }
    Ok(())
}

/// Removes a directory of the instance with all in it; says what it did not remove.
pub fn remove(directory: &Path, instance: &str) -> anyhow::Result<Option<String>> {
    let marker = std::fs::read_to_string(directory.join(MARKER));
    match marker {
        _ if !directory.exists() => return Ok(None),
        Ok(owner) if owner.trim() == instance => {}
        _ => return Ok(Some(format!("{} is not marked as {instance}'s: left alone", directory.display()))),
    }
    unmount_below(directory)?;
    let parent = directory.parent().unwrap_or(Path::new("/"));
    let name = directory.file_name().context("the root directory is nobody's")?;
    let parent = rustix::fs::openat(CWD, parent, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    remove_tree(parent.as_fd(), name).with_context(|| format!("remove {}", directory.display()))?;
    Ok(None)
}

/// Unmounts what the instance mounted below `directory`, deepest first.
fn unmount_below(directory: &Path) -> anyhow::Result<()> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").context("read the mount table")?;
    let mut points: Vec<PathBuf> =
        table.lines().filter_map(mount_point).filter(|point| point.starts_with(directory)).collect();
    points.sort_by_key(|point| std::cmp::Reverse(point.components().count()));
    for point in points {
        let flags = rustix::mount::UnmountFlags::NOFOLLOW;
        rustix::mount::unmount(&point, flags).with_context(|| format!("unmount {}", point.display()))?;
    }
    Ok(())
}

/// The fifth field of a line, with octal escapes undone.
fn mount_point(line: &str) -> Option<PathBuf> {
    let field = line.split(' ').nth(4)?;
    let mut bytes = Vec::new();
    let mut rest = field.as_bytes();
    while let [first, behind @ ..] = rest {
        let escaped = behind.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match (first, escaped.and_then(|digits| u8::from_str_radix(digits, 8).ok())) {
            (b'\\', Some(byte)) => {
                bytes.push(byte);
                rest = &behind[3..];
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    Some(PathBuf::from(OsStr::from_bytes(&bytes)))
}

/// Removes a directory; refuses to enter another mount, so that what lies behind it survives.
fn remove_tree(parent: BorrowedFd<'_>, name: &OsStr) -> std::io::Result<()> {
    let directory = open_here(parent, name)?;
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

fn open_here(parent: BorrowedFd<'_>, name: &OsStr) -> std::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat2(parent, name, flags, Mode::empty(), ResolveFlags::NO_XDEV)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let directory = std::env::temp_dir().join(format!("corten-owned-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(directory.join("a/b")).expect("make a scratch directory");
        directory
    }

    #[test]
    fn only_the_owner_removes() {
        let directory = scratch("owner");
        assert!(remove(&directory, "x").expect("look").is_some_and(|said| said.ends_with("left alone")));
        std::fs::write(directory.join(MARKER), "y\n").expect("mark");
        assert!(remove(&directory, "x").expect("look").is_some());
        assert!(remove(&directory, "y").expect("remove").is_none());
        assert!(!directory.exists());
    }

    #[test]
    fn escapes_of_the_mount_table_are_undone() {
        let line = r"36 35 98:0 / /mnt/with\040space rw - ext4 /dev/root rw";
        assert_eq!(mount_point(line), Some(PathBuf::from("/mnt/with space")));
    }
}
