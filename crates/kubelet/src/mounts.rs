//! Mounts on the node: memory file systems, binds of sub paths, and unmounting without ever crossing into data.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags, StatxAttributes, StatxFlags};
use rustix::mount::{MountFlags, UnmountFlags};

/// Directories that a tree that is removed may be deep.
const DEPTH_MAX: usize = 256;

/// Whether something is mounted exactly there.
pub fn is_mount_point(path: &Path) -> io::Result<bool> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
    match rustix::fs::statx(rustix::fs::CWD, path, flags, StatxFlags::TYPE) {
        Ok(stat) => Ok(stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)),
        Err(rustix::io::Errno::NOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Makes a directory and its parents; what exists is left as it is.
pub fn make_dirs(path: &Path, mode: u32) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(mode).create(path)
}

/// Sets a file's mode whatever the umask is.
pub fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

/// Mounts a memory file system unless one is mounted there; `bytes_max` 0 leaves the kernel's limit.
pub fn mount_tmpfs(path: &Path, bytes_max: i64) -> io::Result<()> {
    if is_mount_point(path)? {
        return Ok(());
    }
    let options = match bytes_max {
        0 => String::new(),
        bytes => format!("size={bytes}"),
    };
    let options = CString::new(options)?;
    Ok(rustix::mount::mount("tmpfs", path, "tmpfs", MountFlags::empty(), &*options)?)
}

/// Mounts a file system of huge pages of that size (`2Mi`) unless one is mounted there.
pub fn mount_huge_pages(path: &Path, size: &str) -> io::Result<()> {
    if is_mount_point(path)? {
        return Ok(());
    }
    let options = CString::new(format!("pagesize={size}"))?;
    Ok(rustix::mount::mount("nodev", path, "hugetlbfs", MountFlags::empty(), &*options)?)
}

/// Opens what a relative path leads to inside `root`; symbolic links may not lead out of it.
pub fn open_beneath(root: &OwnedFd, path: &Path) -> io::Result<OwnedFd> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    Ok(rustix::fs::openat2(root, path, flags, Mode::empty(), resolve)?)
}

/// Opens a directory for [`open_beneath`].
pub fn open_root(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

/// Makes the directories of a relative path inside `root` where they are missing, with `mode`.
pub fn make_dirs_beneath(root: &OwnedFd, path: &Path, mode: u32) -> io::Result<()> {
    let mut made = PathBuf::new();
    for part in path.components() {
        let parent = open_beneath(root, &made)?;
        made.push(part);
        match open_beneath(root, &made) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match rustix::fs::mkdirat(&parent, Path::new(&part), Mode::from_raw_mode(mode)) {
                    Ok(()) => set_mode(&proc_path(&open_beneath(root, &made)?), mode)?,
                    Err(rustix::io::Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The path by which an open file is reached.
pub fn proc_path(file: &OwnedFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Binds an open file or directory to `target`, which is made; one that is mounted already is replaced.
pub fn bind(source: &OwnedFd, target: &Path) -> io::Result<()> {
    if is_mount_point(target)? {
        rustix::mount::unmount(target, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW)?;
    }
    let is_directory = std::fs::metadata(proc_path(source))?.is_dir();
    match is_directory {
        true => make_dirs(target, 0o750)?,
        false => {
            if let Some(parent) = target.parent() {
                make_dirs(parent, 0o750)?;
            }
            std::fs::OpenOptions::new().create(true).append(true).open(target)?;
        }
    }
    Ok(rustix::mount::mount_bind_recursive(proc_path(source), target)?)
}

/// Unmounts everything at and below `directory`, deepest first.
pub fn unmount_below(directory: &Path) -> io::Result<()> {
    let mut points: Vec<PathBuf> = mount_points()?.into_iter().filter(|point| point.starts_with(directory)).collect();
    points.sort_by_key(|point| std::cmp::Reverse(point.components().count()));
    let mut failed = None;
    for point in points {
        if let Err(error) = unmount(&point) {
            tracing::warn!(path = %point.display(), %error, "unmount");
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

fn unmount(point: &Path) -> io::Result<()> {
    match rustix::mount::unmount(point, UnmountFlags::NOFOLLOW) {
        // Somebody still has a file of it open: it goes when they close it.
        Err(rustix::io::Errno::BUSY) => {
            Ok(rustix::mount::unmount(point, UnmountFlags::NOFOLLOW | UnmountFlags::DETACH)?)
        }
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOENT) => Ok(()),
        other => Ok(other?),
    }
}

fn mount_points() -> io::Result<Vec<PathBuf>> {
    let text = std::fs::read("/proc/self/mountinfo")?;
    Ok(parse_mount_points(&String::from_utf8_lossy(&text)))
}

/// The fifth field of each line of mountinfo, its octal escapes resolved.
fn parse_mount_points(text: &str) -> Vec<PathBuf> {
    let fields = text.lines().filter_map(|line| line.split(' ').nth(4));
    fields.map(|field| PathBuf::from(unescape(field))).collect()
}

fn unescape(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    let mut rest = field;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 4).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code {
            Some(code) => {
                out.push(char::from(code));
                rest = &rest[at + 4..];
            }
            None => {
                out.push('\\');
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// Removes a directory tree. Symbolic links are removed, not followed; a mount in it is an error, its content is
/// never touched.
pub fn remove_tree(directory: &Path) -> io::Result<()> {
    remove_level(directory, DEPTH_MAX)
}

fn remove_level(directory: &Path, depth: usize) -> io::Result<()> {
    if depth == 0 {
        return Err(io::Error::other(format!("{} is too deep to remove", directory.display())));
    }
    if is_mount_point(directory)? {
        return Err(io::Error::other(format!("{} is a mount point", directory.display())));
    }
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => remove_level(&entry.path(), depth - 1)?,
            false => std::fs::remove_file(entry.path())?,
        }
    }
    std::fs::remove_dir(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_are_read_with_their_escapes() {
        let text = "21 1 0:5 / /a rw - tmpfs t rw\n22 21 0:6 / /a/b\\040c rw shared:1 - tmpfs t rw\n";
        assert_eq!(parse_mount_points(text), [PathBuf::from("/a"), PathBuf::from("/a/b c")]);
    }

    #[test]
    fn a_path_cannot_lead_out_of_its_root() {
        let root = std::env::temp_dir().join(format!("corten-kubelet-beneath-{}", std::process::id()));
        make_dirs(&root.join("in"), 0o755).expect("make a directory");
        std::os::unix::fs::symlink("/etc", root.join("out")).expect("make a link");
        std::os::unix::fs::symlink("in", root.join("good")).expect("make a link");
        let file = open_root(&root).expect("open the root");
        assert!(open_beneath(&file, Path::new("good")).is_ok());
        assert!(open_beneath(&file, Path::new("out")).is_err());
        assert!(open_beneath(&file, Path::new("../..")).is_err());
        make_dirs_beneath(&file, Path::new("good/x/y"), 0o711).expect("make directories");
        assert!(root.join("in/x/y").is_dir());
        assert!(make_dirs_beneath(&file, Path::new("out/x"), 0o711).is_err());
        remove_tree(&root).expect("remove the tree");
        assert!(Path::new("/etc/passwd").exists());
    }
}
