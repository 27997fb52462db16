//! emptyDir: a directory that lives as long as its Pod, on disk or in memory.

use std::path::Path;

use api::k8s_openapi::api::core::v1::{Pod, Volume};

use super::{MountInput, VolumeKind, fs_group, ownership};
use crate::mounts::{is_mount_point, make_dirs, mount_huge_pages, mount_tmpfs, set_mode};
use crate::resources::{self, ResourceList};

/// The kind.
pub struct EmptyDirVolume;

impl VolumeKind for EmptyDirVolume {
    fn plugin(&self) -> &'static str {
        "kubernetes.io~empty-dir"
    }

    fn claims(&self, volume: &Volume) -> bool {
        volume.empty_dir.is_some()
    }

    fn mount(&self, input: &MountInput<'_>) -> Result<(), String> {
        let source = input.volume.empty_dir.as_ref().ok_or("not an emptyDir")?;
        let is_new = !input.directory.exists();
        match source.medium.as_deref().unwrap_or("") {
            "" => make(input.directory)?,
            "Memory" => {
                let limit =
                    source.size_limit.as_ref().map(|limit| ResourceList::from([("memory".into(), limit.clone())]));
                let limit = resources::whole(limit.as_ref(), "memory");
                memory(input.directory, memory_bytes(input.pod, input.fields.allocatable, limit))?;
            }
            medium if medium.starts_with("HugePages") => huge_pages(input.pod, input.directory, medium)?,
            other => return Err(format!("unknown storage medium \"{other}\"")),
        }
        match fs_group(input.pod) {
            Some(group) if is_new || !ownership::is_given(input.directory, group) => {
                ownership::give_to_group(input.directory, group, false).map_err(|error| error.to_string())
            }
            _ => Ok(()),
        }
    }
}

/// Makes a directory that everybody may use, unless it is there.
fn make(directory: &Path) -> Result<(), String> {
    if directory.exists() {
        return Ok(());
    }
    make_dirs(directory, 0o777).and_then(|()| set_mode(directory, 0o777)).map_err(|error| error.to_string())
}

fn memory(directory: &Path, bytes_max: i64) -> Result<(), String> {
    make_dirs(directory, 0o750).map_err(|error| error.to_string())?;
    if is_mount_point(directory).map_err(|error| error.to_string())? {
        return Ok(());
    }
    mount_tmpfs(directory, bytes_max).map_err(|error| format!("mount tmpfs: {error}"))?;
    set_mode(directory, 0o777).map_err(|error| error.to_string())
}

/// Huge pages: of the size that the medium names, or of the only one that the Pod asks for.
fn huge_pages(pod: &Pod, directory: &Path, medium: &str) -> Result<(), String> {
    let size = match medium.strip_prefix("HugePages-") {
        Some(size) => size.to_owned(),
        None => {
            let requests = resources::pod_requests(pod);
            let mut sizes = requests.keys().filter_map(|name| name.strip_prefix("hugepages-"));
            match (sizes.next(), sizes.next()) {
                (Some(size), None) => size.to_owned(),
                (None, _) => {
                    return Err(
                        "hugePages storage requested, but there is no resource request for huge pages.".to_owned()
                    );
                }
                (Some(_), Some(_)) => {
                    return Err("medium HugePages can only be used if only one page size is requested".to_owned());
                }
            }
        }
    };
    make_dirs(directory, 0o750).map_err(|error| error.to_string())?;
    mount_huge_pages(directory, &size).map_err(|error| format!("mount hugetlbfs: {error}"))
}

/// The smallest of what the node can give, what the Pod may use, and the volume's own limit.
fn memory_bytes(pod: &Pod, allocatable: &ResourceList, size_limit: i64) -> i64 {
    let pod_limit = match resources::is_limited(pod, "memory") {
        true => resources::whole(Some(&resources::pod_limits(pod)), "memory"),
        false => 0,
    };
    let node = resources::whole(Some(allocatable), "memory");
    [node, pod_limit, size_limit].into_iter().filter(|bytes| *bytes > 0).min().unwrap_or(0)
}

/// A memory file system for the content of another kind of volume.
pub(super) fn wrap(directory: &Path) -> Result<(), String> {
    memory(directory, 0)
}

/// A directory for the content of another kind of volume.
pub(super) fn wrap_on_disk(directory: &Path) -> Result<(), String> {
    make(directory)
}
