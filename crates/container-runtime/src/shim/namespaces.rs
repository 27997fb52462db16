//! The Pod's namespaces, entered by the shim itself, and what belongs to them.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, open};
use rustix::mount::{MoveMountFlags, OpenTreeFlags, move_mount, open_tree};

use super::root_fs::{Outcome, because, new_shared_memory};
use crate::contract::{Pair, SandboxSpec};
use crate::sys;

/// What the shim keeps to build containers with.
pub struct Namespaces {
    /// The shim's own PID namespace, to come back to.
    pub own_pid: OwnedFd,
    shm: OwnedFd,
}

impl Namespaces {
    /// Enters new namespaces as `spec` asks and sets them up.
    pub fn enter(spec: &SandboxSpec) -> Outcome<Namespaces> {
        let mut flags = 0;
        if !spec.is_host_network {
            flags |= sys::NEW_NETWORK | sys::NEW_UTS;
        }
        if !spec.is_host_ipc {
            flags |= sys::NEW_IPC;
        }
        because(sys::unshare(flags), || "make the Pod's namespaces".into())?;
        if !spec.hostname.is_empty() && !spec.is_host_network {
            because(rustix::system::sethostname(spec.hostname.as_bytes()), || "set the host name".into())?;
        }
        if !spec.is_host_network {
            because(sys::bring_up_loopback(), || "bring up the loopback interface".into())?;
        }
        for sysctl in &spec.sysctls {
            because(set_sysctl(sysctl), || format!("set sysctl {:?}", sysctl.name))?;
        }
        let own_pid = because(open("/proc/self/ns/pid", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()), || {
            "open the own PID namespace".into()
        })?;
        let shm = because(shared_memory(spec), || "make the Pod's /dev/shm".into())?;
        Ok(Namespaces { own_pid, shm })
    }

    /// The Pod's /dev/shm for one more container.
    pub fn clone_shm(&self) -> io::Result<OwnedFd> {
        clone_here(&self.shm)
    }
}

fn clone_here(tree: &OwnedFd) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_EMPTY_PATH;
    Ok(open_tree(tree.as_fd(), "", flags)?)
}

fn shared_memory(spec: &SandboxSpec) -> io::Result<OwnedFd> {
    if spec.is_host_ipc {
        return Ok(open("/dev/shm", OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?);
    }
    let tree = new_shared_memory(spec.shm_bytes)?;
    if clone_here(&tree).is_ok() {
        return Ok(tree);
    }
    // Kernels before 6.15 clone attached trees only: then it lies in the state directory, removed with it.
    let path = Path::new(&spec.state_dir).join("shm");
    fs::create_dir_all(&path)?;
    move_mount(tree.as_fd(), "", CWD, &path, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?;
    Ok(open(&path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?)
}

/// `net.ipv4.ip_forward` or `net/ipv4/ip_forward`. The daemon has checked that it belongs to the Pod's namespaces.
fn set_sysctl(sysctl: &Pair) -> io::Result<()> {
    let path = match sysctl.name.contains('/') {
        true => sysctl.name.clone(),
        false => sysctl.name.replace('.', "/"),
    };
    if path.split('/').any(|part| part == "..") {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    fs::write(Path::new("/proc/sys").join(path), &sysctl.value)
}
