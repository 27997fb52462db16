//! subPath: a part of a volume, bound to a place of its own so that nobody can swap it under the runtime.

use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use crate::mounts::{bind, make_dirs_beneath, open_beneath, open_root};

/// Which part, and where it is bound.
pub struct SubPath<'a> {
    /// The volume's content.
    pub volume: &'a Path,
    /// Path in it.
    pub path: &'a str,
    /// Where it is bound.
    pub target: &'a Path,
    /// Volume's name, for messages.
    pub volume_name: &'a str,
    /// Container's name, for messages.
    pub container: &'a str,
}

/// Makes the part if it is missing and binds it. Blocking. The error is upstream's text, which tells nothing about
/// the node.
pub fn prepare(part: &SubPath<'_>) -> Result<PathBuf, String> {
    let path = Path::new(part.path);
    if path.is_absolute() {
        return Err(format!("error SubPath `{}` must not be an absolute path", part.path));
    }
    if path.components().any(|component| component == Component::ParentDir) {
        return Err(format!("unable to provision SubPath `{}`: must not contain '..'", part.path));
    }
    let about = format!("for volumeMount \"{}\" of container \"{}\"", part.volume_name, part.container);
    let fail = |what: &str, error: std::io::Error| {
        tracing::warn!(volume = part.volume_name, container = part.container, %error, "subPath: {what}");
        format!("failed to {what} {about}")
    };
    let root = open_root(part.volume).map_err(|error| fail("prepare subPath", error))?;
    if open_beneath(&root, path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        let mode = std::fs::metadata(part.volume).map_or(0o750, |found| found.mode() & 0o7777);
        make_dirs_beneath(&root, path, mode).map_err(|error| fail("create subPath directory", error))?;
    }
    let found = open_beneath(&root, path).map_err(|error| fail("prepare subPath", error))?;
    bind(&found, part.target).map_err(|error| fail("prepare subPath", error))?;
    Ok(part.target.to_owned())
}
