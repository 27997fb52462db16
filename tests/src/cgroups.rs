//! Cgroup directories by prefix, in every mounted hierarchy: namespaces do not hold them.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long the kernel may take to let go of a directory whose last process has just ended.
const REMOVE_PATIENCE: Duration = Duration::from_secs(10);

/// Pause between two tries; the kernel tells nobody when a directory becomes free.
const REMOVE_PAUSE: Duration = Duration::from_millis(5);

/// Directories at the top of each hierarchy whose names start with `prefix`.
pub fn find(prefix: &str) -> Vec<PathBuf> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mut found = Vec::new();
    for hierarchy in hierarchies(&mounts) {
        let Ok(entries) = std::fs::read_dir(hierarchy) else { continue };
        let starts = |path: &PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)) && path.is_dir()
        };
        found.extend(entries.flatten().map(|entry| entry.path()).filter(starts));
    }
    found.sort();
    found
}

/// All directories below those of [`find`], deepest last.
pub fn tree(prefix: &str) -> Vec<PathBuf> {
    let mut found = find(prefix);
    let mut at = 0;
    while let Some(directory) = found.get(at).cloned() {
        found.extend(children(&directory));
        at += 1;
    }
    found
}

/// Removes those directories and all below them.
///
/// # Errors
/// A directory that is still in use after [`REMOVE_PATIENCE`].
pub fn remove(prefix: &str) -> io::Result<()> {
    if prefix.is_empty() {
        return Ok(());
    }
    for directory in find(prefix) {
        remove_tree(&directory, Instant::now() + REMOVE_PATIENCE)?;
    }
    Ok(())
}

fn remove_tree(directory: &Path, deadline: Instant) -> io::Result<()> {
    for child in children(directory) {
        remove_tree(&child, deadline)?;
    }
    loop {
        match std::fs::remove_dir(directory) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) if Instant::now() > deadline => {
                return Err(io::Error::new(error.kind(), format!("remove {}: {error}", directory.display())));
            }
            Err(_) => std::thread::sleep(REMOVE_PAUSE),
        }
    }
}

fn children(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()).collect()
}

fn hierarchies(mounts: &str) -> Vec<&str> {
    let rows = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    rows.filter(|row| row.get(2).is_some_and(|kind| *kind == "cgroup" || *kind == "cgroup2"))
        .map(|row| row[1])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_looked_through() {
        let mounts = "tmpfs /sys/fs/cgroup tmpfs rw 0 0\ncgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\ncgroup2 /u cgroup2 rw 0 0\n";
        assert_eq!(hierarchies(mounts), ["/sys/fs/cgroup/cpu", "/u"]);
    }
}
