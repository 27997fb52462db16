//! A container's file systems, built inside its own mount namespace so that nothing can be left on the host.
//!
//! Order: what lies on the host is opened first ([`HostTrees::open`]); then the root is mounted and becomes `/`
//! ([`enter_root`]); everything after that happens inside the container's root, where no link can lead out.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags,
    fsconfig_create, fsconfig_set_fd, fsconfig_set_flag, fsconfig_set_string, fsmount, fsopen, mount, mount_change,
    move_mount, open_tree, unmount,
};

use crate::cgroup::CgroupDriver;
use crate::contract::{
    ContainerSpec, DeviceSpec, MOUNT_LAYERS, MountSpec, PROPAGATION_BIDIRECTIONAL, PROPAGATION_HOST_TO_CONTAINER,
    RootSpec,
};
use crate::sys::{self, MountChange};

/// Longest string that fsconfig takes.
const FSCONFIG_TEXT_MAX: usize = 255;
/// Links that are followed to find a mount's target.
const LINKS_MAX: u32 = 40;
/// `nosuid,nodev,noexec`
const PLAIN: MountAttrFlags =
    MountAttrFlags::MOUNT_ATTR_NOSUID.union(MountAttrFlags::MOUNT_ATTR_NODEV).union(MountAttrFlags::MOUNT_ATTR_NOEXEC);

/// What went wrong, in words for the Pod's status.
pub type Outcome<T> = Result<T, String>;

/// Adds what was attempted to an error.
pub fn because<T, E: std::fmt::Display>(result: Result<T, E>, what: impl FnOnce() -> String) -> Outcome<T> {
    result.map_err(|error| format!("{}: {error}", what()))
}

/// Trees of the host that the container gets, cloned and not attached anywhere.
pub struct HostTrees {
    /// None where this kernel can only mount it at its place.
    root: Option<OwnedFd>,
    mounts: Vec<OwnedFd>,
    cgroups: Vec<(String, OwnedFd)>,
    /// Device nodes by path: in a user namespace none can be made.
    devices: Vec<(String, OwnedFd)>,
}

impl HostTrees {
    /// Opens everything while the host's paths can still be seen and the host's rights are there; leaves the host's
    /// mount propagation, and goes to the root's mount point. Ids are mapped by `user_namespace`.
    pub fn open(
        spec: &ContainerSpec,
        cgroups: &dyn CgroupDriver,
        user_namespace: Option<BorrowedFd<'_>>,
    ) -> Outcome<HostTrees> {
        let mut mounts: Vec<Option<OwnedFd>> = Vec::with_capacity(spec.mounts.len());
        for mount in &spec.mounts {
            mounts.push(match mount.kind {
                MOUNT_LAYERS => None,
                _ => Some(bind_tree(mount, user_namespace)?),
            });
        }
        // From here on nothing that happens in this namespace may reach the host's.
        because(mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC), || {
            "leave the host's mount propagation".into()
        })?;
        let mut trees = Vec::with_capacity(mounts.len());
        for (mount, bind) in spec.mounts.iter().zip(mounts) {
            trees.push(match bind {
                Some(tree) => tree,
                None => image_tree(mount, &spec.root.mount_point, user_namespace)?,
            });
        }
        let mut views = Vec::new();
        for (name, directory) in cgroups.container_view(&spec.cgroup) {
            let tree = because(clone_tree(&directory), || format!("open cgroup {}", directory.display()))?;
            views.push((name, tree));
        }
        let devices = match user_namespace {
            Some(_) => device_trees(spec)?,
            None => Vec::new(),
        };
        let root = root_tree(&spec.root, user_namespace)?;
        // In a user namespace the way to this directory may be closed; the current directory is not lost.
        because(std::env::set_current_dir(&spec.root.mount_point), || "go to the place of the root".into())?;
        Ok(HostTrees { root, mounts: trees, cgroups: views, devices })
    }
}

fn device_trees(spec: &ContainerSpec) -> Outcome<Vec<(String, OwnedFd)>> {
    let usual = DEVICES.iter().map(|(name, ..)| (format!("/dev/{name}"), format!("/dev/{name}")));
    let further = spec.devices.iter().map(|device| (device.path.clone(), device.host_path.clone()));
    usual
        .chain(further)
        .map(|(path, host_path)| {
            let tree = because(clone_tree(Path::new(&host_path)), || format!("open device {host_path}"))?;
            Ok((path, tree))
        })
        .collect()
}

fn clone_tree(path: &Path) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE;
    Ok(open_tree(CWD, path, flags)?)
}

fn bind_tree(mount: &MountSpec, user_namespace: Option<BorrowedFd<'_>>) -> Outcome<OwnedFd> {
    let tree = because(clone_tree(Path::new(&mount.source)), || {
        format!("error mounting {:?} to rootfs at {:?}: open the source", mount.source, mount.destination)
    })?;
    let propagation = match mount.propagation {
        PROPAGATION_BIDIRECTIONAL => MountPropagationFlags::SHARED,
        PROPAGATION_HOST_TO_CONTAINER => MountPropagationFlags::DOWNSTREAM,
        _ => MountPropagationFlags::PRIVATE,
    };
    let change =
        MountChange { propagation: u64::from(propagation.bits()), is_recursive: true, ..MountChange::default() };
    because(sys::change_mount(tree.as_fd(), "", change), || format!("set the propagation of {:?}", mount.destination))?;
    if mount.is_id_mapped {
        because(map_ids(&tree, user_namespace), || format!("map the ids of {:?}", mount.destination))?;
    }
    if mount.is_read_only || mount.is_recursive_read_only {
        make_read_only(&tree, mount.is_recursive_read_only)
            .map_err(|error| format!("make {:?} read-only: {error}", mount.destination))?;
    }
    Ok(tree)
}

fn map_ids(tree: &OwnedFd, user_namespace: Option<BorrowedFd<'_>>) -> io::Result<()> {
    match user_namespace {
        None => Ok(()),
        user_namespace => {
            let change = MountChange { user_namespace, ..MountChange::default() };
            sys::change_mount(tree.as_fd(), "", change)
        }
    }
}

fn make_read_only(tree: &OwnedFd, is_recursive: bool) -> io::Result<()> {
    let change = MountChange { set: sys::ATTR_READ_ONLY, is_recursive, ..MountChange::default() };
    sys::change_mount(tree.as_fd(), "", change)
}

/// An image's files, read-only, from `mount.source` on inside the image.
fn image_tree(mount: &MountSpec, scratch: &str, user_namespace: Option<BorrowedFd<'_>>) -> Outcome<OwnedFd> {
    let what = || format!("mount the image at {:?}", mount.destination);
    let tree = match mount.layers.as_slice() {
        [single] => because(mapped_tree(single, user_namespace), what)?,
        layers => because(overlay(layers, None, user_namespace), what)?,
    };
    because(make_read_only(&tree, true), what)?;
    let inside = mount.source.trim_matches('/');
    if inside.is_empty() {
        return Ok(tree);
    }
    // A part of a tree can only be cloned where the tree is attached.
    because(attach_plain(&tree, Path::new(scratch)), what)?;
    let part = because(path_below(Path::new(scratch), inside), what).and_then(|path| because(clone_tree(&path), what));
    because(unmount(scratch, UnmountFlags::DETACH), what)?;
    part
}

/// `inside` below `root`, with no link leading out of it.
fn path_below(root: &Path, inside: &str) -> io::Result<PathBuf> {
    let directory = open(root, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    let flags = rustix::fs::ResolveFlags::IN_ROOT | rustix::fs::ResolveFlags::NO_MAGICLINKS;
    let found = rustix::fs::openat2(&directory, inside, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), flags)?;
    let number = std::os::fd::AsRawFd::as_raw_fd(&found);
    fs::read_link(format!("/proc/self/fd/{number}"))
}

/// Mounts the root on the current directory and makes it `/`. The host's file systems are gone for this process
/// afterwards.
pub fn enter_root(root: &RootSpec, trees: &HostTrees) -> Outcome<()> {
    let what = || "mount the root file system".to_owned();
    match &trees.root {
        Some(tree) => {
            because(attach_plain(tree, Path::new(".")), what)?;
            because(rustix::process::fchdir(tree), what)?;
        }
        None => {
            because(overlay_by_text(root), what)?;
            because(std::env::set_current_dir(&root.mount_point), what)?;
        }
    }
    because(enter_here(), || "change the root".into())
}

fn enter_here() -> io::Result<()> {
    // Old and new root at one place: the old one is on top and is taken away.
    rustix::process::pivot_root(".", ".")?;
    unmount(".", UnmountFlags::DETACH)?;
    std::env::set_current_dir("/")
}

/// The root, not attached yet.
fn root_tree(root: &RootSpec, user_namespace: Option<BorrowedFd<'_>>) -> Outcome<Option<OwnedFd>> {
    let what = || "mount the root file system".to_owned();
    if root.upper.is_empty()
        && let [single] = root.layers.as_slice()
    {
        let tree = because(mapped_tree(single, user_namespace), what)?;
        because(make_read_only(&tree, false), what)?;
        return Ok(Some(tree));
    }
    let writable = (!root.upper.is_empty()).then_some((root.upper.as_str(), root.work.as_str()));
    match overlay(&root.layers, writable, user_namespace) {
        // Kernels before 6.5 do not know `lowerdir+`.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) && user_namespace.is_none() => Ok(None),
        outcome => because(outcome, what).map(Some),
    }
}

fn mapped_tree(directory: &str, user_namespace: Option<BorrowedFd<'_>>) -> io::Result<OwnedFd> {
    let tree = clone_tree(Path::new(directory))?;
    map_ids(&tree, user_namespace)?;
    Ok(tree)
}

/// An overlay of `layers` (lowest first) and, if writable, its upper and work directory.
fn overlay(
    layers: &[String],
    writable: Option<(&str, &str)>,
    user_namespace: Option<BorrowedFd<'_>>,
) -> io::Result<OwnedFd> {
    let context = fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC)?;
    // A detached tree is gone when it is closed: not before the overlay has it.
    let mut trees = Vec::new();
    for layer in layers.iter().rev() {
        match user_namespace {
            // By descriptor: needs Linux 6.13.
            Some(_) => {
                let tree = mapped_tree(layer, user_namespace)?;
                fsconfig_set_fd(context.as_fd(), "lowerdir+", tree.as_fd())?;
                trees.push(tree);
            }
            None => set_directory(&context, "lowerdir+", layer)?,
        }
    }
    if let Some((upper, work)) = writable {
        set_directory(&context, "upperdir", upper)?;
        set_directory(&context, "workdir", work)?;
        // A container's own layer need not survive a crash of the machine; syncing it costs milliseconds.
        fsconfig_set_flag(context.as_fd(), "volatile")?;
    }
    fsconfig_create(context.as_fd())?;
    Ok(fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())?)
}

fn set_directory(context: &OwnedFd, key: &str, directory: &str) -> io::Result<()> {
    if directory.len() <= FSCONFIG_TEXT_MAX {
        return Ok(fsconfig_set_string(context.as_fd(), key, directory)?);
    }
    // The kernel looks the name up at once: the handle may be closed afterwards.
    let handle = open(directory, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    let short = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&handle));
    Ok(fsconfig_set_string(context.as_fd(), key, short)?)
}

fn overlay_by_text(root: &RootSpec) -> io::Result<()> {
    let escape = |path: &str| path.replace('\\', "\\\\").replace(':', "\\:").replace(',', "\\,");
    let layers: Vec<String> = root.layers.iter().rev().map(|layer| escape(layer)).collect();
    let mut options = format!("lowerdir={}", layers.join(":"));
    if !root.upper.is_empty() {
        options += &format!(",upperdir={},workdir={},volatile", escape(&root.upper), escape(&root.work));
    }
    let options = std::ffi::CString::new(options).map_err(io::Error::other)?;
    Ok(mount("overlay", &root.mount_point, "overlay", rustix::mount::MountFlags::empty(), options.as_c_str())?)
}

/// Attaches a tree at an existing path, a last link not followed.
fn attach_plain(tree: &OwnedFd, path: &Path) -> io::Result<()> {
    Ok(move_mount(tree.as_fd(), "", CWD, path, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?)
}

/// Attaches a tree at a path, a last link followed (inside the container's root).
fn attach(tree: &OwnedFd, path: &Path) -> io::Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_SYMLINKS;
    Ok(move_mount(tree.as_fd(), "", CWD, path, flags)?)
}

/// A new file system that is not attached yet.
pub fn new_file_system(kind: &str, options: &[(&str, &str)], attributes: MountAttrFlags) -> io::Result<OwnedFd> {
    let context = fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    for (key, value) in options {
        fsconfig_set_string(context.as_fd(), *key, *value)?;
    }
    fsconfig_create(context.as_fd())?;
    Ok(fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)?)
}

/// The process and system information file systems, not attached yet.
pub struct KernelFileSystems {
    proc: OwnedFd,
    sys: OwnedFd,
}

impl KernelFileSystems {
    /// Makes them while the host's are still visible: a user namespace may not see more than is visible to it.
    pub fn make(is_privileged: bool) -> Outcome<KernelFileSystems> {
        let proc = because(new_file_system("proc", &[], PLAIN), || "mount proc".into())?;
        let sys =
            because(new_file_system("sysfs", &[], PLAIN | read_only_unless(is_privileged)), || "mount sysfs".into())?;
        Ok(KernelFileSystems { proc, sys })
    }
}

fn read_only_unless(is_privileged: bool) -> MountAttrFlags {
    if is_privileged { MountAttrFlags::empty() } else { MountAttrFlags::MOUNT_ATTR_RDONLY }
}

/// What a root is filled with.
pub struct Filling {
    /// Trees of the host.
    pub trees: HostTrees,
    /// /proc and /sys.
    pub kernel: KernelFileSystems,
    /// The Pod's /dev/shm.
    pub shm: OwnedFd,
    /// Containers get a cgroup2 mount of their own.
    pub is_cgroup_v2: bool,
}

/// Everything inside the root: kernel file systems, devices, the CRI mounts, masked and read-only paths.
pub fn populate(spec: &ContainerSpec, filling: &Filling) -> Outcome<()> {
    for (path, tree) in [("/proc", &filling.kernel.proc), ("/sys", &filling.kernel.sys)] {
        let what = || format!("mount {path}");
        because(real_directory(path), what)?;
        because(attach_plain(tree, Path::new(path)), what)?;
    }
    show_cgroups(spec, filling)?;
    make_devices(spec, filling)?;
    for (mount, tree) in spec.mounts.iter().zip(&filling.trees.mounts) {
        let what = || format!("error mounting {:?} to rootfs at {:?}", mount.source, mount.destination);
        because(attach_at(tree, Path::new(&mount.destination)), what)?;
    }
    for path in &spec.read_only_paths {
        because(protect(path), || format!("make {path} read-only"))?;
    }
    let mut mask = Mask::default();
    for path in &spec.masked_paths {
        because(mask.apply(path), || format!("mask {path}"))?;
    }
    Ok(())
}

/// Makes the root itself read-only, when everything is in place.
pub fn seal_root(root: &RootSpec) -> Outcome<()> {
    if !root.is_read_only {
        return Ok(());
    }
    let change = MountChange { set: sys::ATTR_READ_ONLY, ..MountChange::default() };
    because(sys::change_mount(CWD, "/", change), || "make the root read-only".into())
}

/// A real directory at `path`: the kernel's file systems are not mounted through links that an image brings.
fn real_directory(path: &str) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(io::Error::new(io::ErrorKind::NotADirectory, format!("{path} must be a directory"))),
        Err(_) => fs::create_dir_all(path),
    }
}

fn mount_new(kind: &str, path: &str, options: &[(&str, &str)], attributes: MountAttrFlags) -> Outcome<()> {
    let what = || format!("mount {kind} at {path}");
    because(real_directory(path), what)?;
    let tree = because(new_file_system(kind, options, attributes), what)?;
    because(attach_plain(&tree, Path::new(path)), what)
}

fn show_cgroups(spec: &ContainerSpec, filling: &Filling) -> Outcome<()> {
    let read_only = read_only_unless(spec.is_privileged);
    if filling.is_cgroup_v2 {
        return mount_new("cgroup2", "/sys/fs/cgroup", &[], PLAIN | read_only);
    }
    mount_new("tmpfs", "/sys/fs/cgroup", &[("mode", "755")], PLAIN)?;
    for (name, tree) in &filling.trees.cgroups {
        let what = || format!("mount cgroup {name}");
        let directory = Path::new("/sys/fs/cgroup").join(name);
        because(fs::create_dir(&directory), what)?;
        let change = MountChange { set: u64::from((PLAIN | read_only).bits()), ..MountChange::default() };
        because(sys::change_mount(tree.as_fd(), "", change), what)?;
        because(attach_plain(tree, &directory), what)?;
        for single in name.split(',').filter(|single| *single != name) {
            because(symlink(name, Path::new("/sys/fs/cgroup").join(single)), what)?;
        }
    }
    if !spec.is_privileged {
        let change = MountChange { set: sys::ATTR_READ_ONLY, ..MountChange::default() };
        because(sys::change_mount(CWD, "/sys/fs/cgroup", change), || "make /sys/fs/cgroup read-only".into())?;
    }
    Ok(())
}

/// Name, major and minor number of the devices that every container has.
const DEVICES: [(&str, u32, u32); 6] =
    [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)];
/// Links in /dev.
const DEVICE_LINKS: [(&str, &str); 5] = [
    ("/proc/self/fd", "fd"),
    ("/proc/self/fd/0", "stdin"),
    ("/proc/self/fd/1", "stdout"),
    ("/proc/self/fd/2", "stderr"),
    ("pts/ptmx", "ptmx"),
];

fn make_devices(spec: &ContainerSpec, filling: &Filling) -> Outcome<()> {
    let what = || "make /dev".to_owned();
    mount_new("tmpfs", "/dev", &[("mode", "755"), ("size", "65536k")], MountAttrFlags::MOUNT_ATTR_NOSUID)?;
    let usual = DEVICES.iter().map(|(name, major, minor)| DeviceSpec {
        path: format!("/dev/{name}"),
        major: *major,
        minor: *minor,
        mode: 0o666,
        ..DeviceSpec::default()
    });
    let is_bound = !filling.trees.devices.is_empty();
    for device in usual.chain(spec.devices.iter().cloned()).filter(|_| !is_bound) {
        because(make_node(&device), || format!("make device {}", device.path))?;
    }
    for (path, tree) in &filling.trees.devices {
        because(attach_at(tree, Path::new(path)), || format!("show device {path}"))?;
    }
    for (target, name) in DEVICE_LINKS {
        because(symlink(target, format!("/dev/{name}")), what)?;
    }
    let terminals = [("newinstance", ""), ("ptmxmode", "0666"), ("mode", "0620"), ("gid", "5")];
    mount_terminals(&terminals)?;
    mount_new("mqueue", "/dev/mqueue", &[], PLAIN)?;
    because(real_directory("/dev/shm"), what)?;
    because(attach_plain(&filling.shm, Path::new("/dev/shm")), what)
}

fn mount_terminals(options: &[(&str, &str)]) -> Outcome<()> {
    let what = || "mount devpts".to_owned();
    because(real_directory("/dev/pts"), what)?;
    let context = because(fsopen("devpts", FsOpenFlags::FSOPEN_CLOEXEC), what)?;
    for (key, value) in options {
        let set = match value.is_empty() {
            true => fsconfig_set_flag(context.as_fd(), *key),
            false => fsconfig_set_string(context.as_fd(), *key, *value),
        };
        because(set, what)?;
    }
    because(fsconfig_create(context.as_fd()), what)?;
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let tree = because(fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes), what)?;
    because(attach_plain(&tree, Path::new("/dev/pts")), what)
}

/// A tmpfs for /dev/shm that belongs to `owner` (user, group), not attached yet.
pub fn new_shared_memory(bytes: u64, owner: (u32, u32)) -> io::Result<OwnedFd> {
    let (size, uid, gid) = (bytes.to_string(), owner.0.to_string(), owner.1.to_string());
    new_file_system("tmpfs", &[("mode", "1777"), ("size", &size), ("uid", &uid), ("gid", &gid)], PLAIN)
}

fn make_node(device: &DeviceSpec) -> io::Result<()> {
    let path = Path::new(&device.path);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let kind = if device.is_block { FileType::BlockDevice } else { FileType::CharacterDevice };
    let number = rustix::fs::makedev(device.major, device.minor);
    match mknodat(CWD, path, kind, Mode::from_raw_mode(device.mode), number) {
        Err(rustix::io::Errno::EXIST) => return Ok(()),
        outcome => outcome?,
    }
    if device.uid != 0 || device.gid != 0 {
        std::os::unix::fs::chown(path, Some(device.uid), Some(device.gid))?;
    }
    Ok(())
}

/// Attaches a tree where `destination` leads, which is made when it is not there.
fn attach_at(tree: &OwnedFd, destination: &Path) -> io::Result<()> {
    let is_directory = FileType::from_raw_mode(rustix::fs::fstat(tree)?.st_mode) == FileType::Directory;
    ensure_target(destination, is_directory, LINKS_MAX)?;
    attach(tree, destination)
}

/// Makes a file or directory for a mount; where a link leads to nothing, what it leads to.
fn ensure_target(path: &Path, is_directory: bool, links_left: u32) -> io::Result<()> {
    if fs::metadata(path).is_ok() {
        return Ok(());
    }
    if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()) {
        if links_left == 0 {
            return Err(io::Error::from_raw_os_error(libc::ELOOP));
        }
        let target = path.parent().unwrap_or(Path::new("/")).join(fs::read_link(path)?);
        return ensure_target(&without_dots(&target), is_directory, links_left - 1);
    }
    if let Some(parent) = path.parent() {
        ensure_target(parent, true, links_left)?;
    }
    match is_directory {
        true => fs::create_dir(path),
        false => fs::File::create(path).map(drop),
    }
}

fn without_dots(path: &Path) -> PathBuf {
    let mut clean = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::ParentDir => drop(clean.pop()),
            Component::Normal(name) => clean.push(name),
            _ => {}
        }
    }
    clean
}

/// A clone of what is at `path`; `None` when nothing is there.
fn existing_tree(path: &str) -> io::Result<Option<OwnedFd>> {
    match clone_tree(Path::new(path)) {
        Ok(tree) => Ok(Some(tree)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes what is at `path` read-only.
fn protect(path: &str) -> io::Result<()> {
    let Some(tree) = existing_tree(path)? else { return Ok(()) };
    make_read_only(&tree, true)?;
    attach(&tree, Path::new(path))
}

/// Covers paths: files by /dev/null, directories by an empty file system.
#[derive(Default)]
struct Mask {
    empty_directory: Option<String>,
}

impl Mask {
    fn apply(&mut self, path: &str) -> io::Result<()> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        if !metadata.is_dir() {
            return attach(&null_device()?, Path::new(path));
        }
        let tree = match &self.empty_directory {
            Some(first) => clone_tree(Path::new(first))?,
            None => new_file_system("tmpfs", &[("mode", "755")], PLAIN | MountAttrFlags::MOUNT_ATTR_RDONLY)?,
        };
        attach(&tree, Path::new(path))?;
        self.empty_directory.get_or_insert_with(|| path.to_owned());
        Ok(())
    }
}

/// The container's own /dev/null, and nothing else that a mount may have put there.
fn null_device() -> io::Result<OwnedFd> {
    let metadata = fs::symlink_metadata("/dev/null")?;
    let is_null = metadata.file_type().is_char_device() && metadata.rdev() == rustix::fs::makedev(1, 3);
    match is_null {
        true => clone_tree(Path::new("/dev/null")),
        false => Err(io::Error::other("/dev/null is not the null device")),
    }
}

/// Opens a terminal of the container: its master and its own side.
pub fn open_terminal(width: u32, height: u32) -> Outcome<(OwnedFd, OwnedFd)> {
    let what = || "open a terminal".to_owned();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let master = because(open("/dev/pts/ptmx", flags, Mode::empty()), what)?;
    because(rustix::pty::unlockpt(&master), what)?;
    let open_flags =
        rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::NOCTTY | rustix::pty::OpenptFlags::CLOEXEC;
    let own = because(rustix::pty::ioctl_tiocgptpeer(&master, open_flags), what)?;
    if width > 0 && height > 0 {
        because(set_terminal_size(&master, width, height), what)?;
    }
    Ok((master, own))
}

/// Sets a terminal's size.
pub fn set_terminal_size(master: &OwnedFd, width: u32, height: u32) -> io::Result<()> {
    let clamp = |value: u32| u16::try_from(value).unwrap_or(u16::MAX);
    let size = rustix::termios::Winsize { ws_row: clamp(height), ws_col: clamp(width), ws_xpixel: 0, ws_ypixel: 0 };
    Ok(rustix::termios::tcsetwinsize(master, size)?)
}

/// Shows the terminal as /dev/console.
pub fn mount_console(terminal: &OwnedFd) -> Outcome<()> {
    let what = || "mount /dev/console".to_owned();
    let name = because(rustix::termios::ttyname(terminal, Vec::new()), what)?;
    because(fs::File::create("/dev/console"), what)?;
    let tree = because(clone_tree(Path::new(&*name.to_string_lossy())), what)?;
    because(attach(&tree, Path::new("/dev/console")), what)
}
