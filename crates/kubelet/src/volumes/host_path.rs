//! hostPath: a file or directory of the node.

use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use api::k8s_openapi::api::core::v1::Volume;

use super::{MountInput, VolumeKind};
use crate::mounts::make_dirs;

/// The kind.
pub struct HostPathVolume;

impl VolumeKind for HostPathVolume {
    fn plugin(&self) -> &'static str {
        "kubernetes.io~host-path"
    }

    fn claims(&self, volume: &Volume) -> bool {
        volume.host_path.is_some()
    }

    fn mount(&self, input: &MountInput<'_>) -> Result<(), String> {
        let source = input.volume.host_path.as_ref().ok_or("not a hostPath")?;
        check_type(Path::new(&source.path), source.type_.as_deref().unwrap_or(""))
    }

    fn content(&self, volume: &Volume, directory: PathBuf) -> PathBuf {
        volume.host_path.as_ref().map_or(directory, |source| PathBuf::from(&source.path))
    }
}

fn check_type(path: &Path, wanted: &str) -> Result<(), String> {
    let found = std::fs::metadata(path);
    let is = |check: fn(&std::fs::Metadata) -> bool| found.as_ref().is_ok_and(check);
    let (is_right, what) = match wanted {
        "" => return Ok(()),
        "DirectoryOrCreate" if found.is_err() => return make_dirs(path, 0o755).map_err(|error| error.to_string()),
        "FileOrCreate" if found.is_err() => return make_file(path),
        "DirectoryOrCreate" | "Directory" => (is(|found| found.is_dir()), "a directory"),
        "FileOrCreate" | "File" => (is(|found| found.is_file()), "a file"),
        "Socket" => (is(|found| found.file_type().is_socket()), "a socket file"),
        "CharDevice" => (is(|found| found.file_type().is_char_device()), "a character device"),
        "BlockDevice" => (is(|found| found.file_type().is_block_device()), "a block device"),
        other => return Err(format!("{other} is an invalid volume type")),
    };
    match is_right {
        true => Ok(()),
        false => Err(format!("hostPath type check failed: {} is not {what}", path.display())),
    }
}

fn make_file(path: &Path) -> Result<(), String> {
    let made = std::fs::OpenOptions::new().create(true).append(true).open(path);
    made.map(drop).map_err(|error| format!("open {}: {error}", path.display()))
}
