//! Rotation of containers' logs: the current file is renamed, the runtime opens a new one, old ones are removed.
//!
//! Rotated files are not compressed.

use std::io;
use std::path::{Path, PathBuf};

/// What is kept.
#[derive(Clone, Copy, Debug)]
pub struct RotationLimits {
    /// A log above this is rotated.
    pub bytes_max: u64,
    /// Logs kept, the current one counted.
    pub files_max: u32,
}

/// Renames a log that has grown too large; whether the runtime has to open a new one.
pub fn rotate(path: &Path, limits: &RotationLimits, now: jiff::Timestamp) -> io::Result<bool> {
    let length = match std::fs::metadata(path) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    if length <= limits.bytes_max {
        return Ok(false);
    }
    let mut old = rotated(path)?;
    let kept = usize::try_from(limits.files_max.saturating_sub(2)).unwrap_or(0);
    while old.len() > kept {
        std::fs::remove_file(old.remove(0))?;
    }
    let stamp = now.strftime("%Y%m%d-%H%M%S");
    std::fs::rename(path, format!("{}.{stamp}", path.display()))?;
    Ok(true)
}

/// The rotated logs of a log, oldest first.
pub fn rotated(path: &Path) -> io::Result<Vec<PathBuf>> {
    let prefix = format!("{}.", path.file_name().unwrap_or_default().to_string_lossy());
    let directory = path.parent().unwrap_or(Path::new("/"));
    let mut found: Vec<PathBuf> = std::fs::read_dir(directory)?
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    Ok(found)
}

/// Removes a log and what was rotated out of it.
pub fn remove(path: &Path) -> io::Result<()> {
    let old = match rotated(path) {
        Ok(old) => old,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for path in old.iter().map(PathBuf::as_path).chain([path]) {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_logs_go_first() {
        let directory = std::env::temp_dir().join(format!("corten-kubelet-rotate-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("make a directory");
        let path = directory.join("0.log");
        let limits = RotationLimits { bytes_max: 3, files_max: 3 };
        for second in 0..4 {
            std::fs::write(&path, "12345").expect("write a file");
            let now = jiff::Timestamp::from_second(second).expect("in range");
            assert!(rotate(&path, &limits, now).expect("rotated"));
        }
        assert!(!rotate(&path, &limits, jiff::Timestamp::UNIX_EPOCH).expect("nothing to rotate"));
        let names: Vec<_> =
            rotated(&path).expect("listed").iter().map(|p| p.extension().map(|e| e.to_owned())).collect();
        assert_eq!(names, ["19700101-000002", "19700101-000003"].map(|name| Some(name.into())));
        remove(&path).expect("removed");
        std::fs::remove_dir(&directory).expect("an empty directory");
    }
}
