//! The Pod's namespaces, entered by the shim itself, and what belongs to them.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, open};
use rustix::mount::{MoveMountFlags, OpenTreeFlags, move_mount, open_tree};

use super::channel::{self, Word};
use super::child;
use super::root_fs::{Outcome, because, new_shared_memory};
use crate::contract::{IdRange, Pair, ResolvedUser, SandboxSpec, UserNamespaceSpec};
use crate::sys::{self, Cloned};

/// The id on the host that id 0 of the Pod is; 0 without a user namespace.
pub fn outside_root(ranges: &[IdRange]) -> u32 {
    ranges.iter().find(|range| range.inside == 0).map_or(0, |range| range.outside)
}

/// What the shim keeps to build containers with.
pub struct Namespaces {
    /// The shim's own PID namespace, to come back to.
    pub own_pid: OwnedFd,
    /// The Pod's user namespace, if it has one.
    pub user: Option<OwnedFd>,
    shm: OwnedFd,
}

impl Namespaces {
    /// Enters new namespaces as `spec` asks and sets them up.
    pub fn enter(spec: &SandboxSpec) -> Outcome<Namespaces> {
        let user = match &spec.user_namespace {
            Some(mappings) => Some(enter_owned(spec, mappings)?),
            None => {
                make(spec)?;
                None
            }
        };
        let own_pid = because(open_namespace("self", "pid"), || "open the own PID namespace".into())?;
        let shm = because(shared_memory(spec), || "make the Pod's /dev/shm".into())?;
        Ok(Namespaces { own_pid, user, shm })
    }

    /// The Pod's /dev/shm for one more container.
    pub fn clone_shm(&self) -> io::Result<OwnedFd> {
        clone_here(&self.shm)
    }
}

/// Moves this process into new namespaces and sets them up.
fn make(spec: &SandboxSpec) -> Outcome<()> {
    because(sys::unshare(wanted(spec)), || "make the Pod's namespaces".into())?;
    if !spec.hostname.is_empty() && !spec.is_host_network {
        because(rustix::system::sethostname(spec.hostname.as_bytes()), || "set the host name".into())?;
    }
    if !spec.is_host_network {
        because(sys::bring_up_loopback(), || "bring up the loopback interface".into())?;
    }
    for sysctl in &spec.sysctls {
        because(set_sysctl(sysctl), || format!("set sysctl {:?}", sysctl.name))?;
    }
    Ok(())
}

fn wanted(spec: &SandboxSpec) -> u64 {
    let network = if spec.is_host_network { 0 } else { sys::NEW_NETWORK | sys::NEW_UTS };
    let ipc = if spec.is_host_ipc { 0 } else { sys::NEW_IPC };
    network | ipc
}

/// Makes a user namespace and the others below it, and enters the others. The shim itself stays the host's root.
fn enter_owned(spec: &SandboxSpec, mappings: &UserNamespaceSpec) -> Outcome<OwnedFd> {
    let (near, far) = because(channel::pair(), || "make a channel".into())?;
    let cloned = because(sys::clone_process(sys::NEW_USER, None), || "make the Pod's user namespace".into())?;
    let Cloned::Parent { pid, pidfd } = cloned else {
        drop(near);
        hold(spec, &far);
        sys::exit_now(0);
    };
    drop(far);
    let entered = enter_those_of(spec, mappings, pid, &near);
    // It ends when the channel closes; on an error, too.
    drop(near);
    let status = rustix::process::WaitIdOptions::EXITED;
    let _ = rustix::process::waitid(rustix::process::WaitId::PidFd(pidfd.as_fd()), status);
    entered
}

/// The life of the process that makes the namespaces: until the shim has them.
fn hold(spec: &SandboxSpec, channel: &OwnedFd) {
    if !channel::wait_for_start(channel.as_fd()) {
        return;
    }
    let made = because(child::become_root(), || "become root of the user namespace".into()).and_then(|()| make(spec));
    let told = match made {
        Ok(()) => channel::say_prepared(channel.as_fd(), &ResolvedUser::default(), None).is_ok(),
        Err(text) => {
            channel::say_failed(channel.as_fd(), &text);
            false
        }
    };
    if told {
        channel::wait_for_start(channel.as_fd());
    }
}

fn enter_those_of(spec: &SandboxSpec, mappings: &UserNamespaceSpec, pid: i32, channel: &OwnedFd) -> Outcome<OwnedFd> {
    for (file, ranges) in [("uid_map", &mappings.uids), ("gid_map", &mappings.gids)] {
        let lines = ranges.iter().map(|range| format!("{} {} {}\n", range.inside, range.outside, range.length));
        let text: String = lines.collect();
        because(fs::write(format!("/proc/{pid}/{file}"), text), || format!("write {file}"))?;
    }
    because(channel::say_start(channel.as_fd()), || "make the Pod's namespaces".into())?;
    let mut ready = [rustix::event::PollFd::new(channel, rustix::event::PollFlags::IN)];
    because(rustix::event::poll(&mut ready, None), || "make the Pod's namespaces".into())?;
    match channel::hear(channel.as_fd()) {
        Word::Prepared { .. } => {}
        Word::Failed(text) => return Err(text),
        _ => return Err("the process that makes the Pod's namespaces ended".into()),
    }
    let kinds = [("net", sys::NEW_NETWORK), ("uts", sys::NEW_UTS), ("ipc", sys::NEW_IPC)];
    for (kind, flag) in kinds.into_iter().filter(|(_, flag)| wanted(spec) & flag != 0) {
        let entered =
            open_namespace(&pid.to_string(), kind).and_then(|namespace| sys::set_namespaces(namespace.as_fd(), flag));
        because(entered, || format!("enter the Pod's {kind} namespace"))?;
    }
    because(open_namespace(&pid.to_string(), "user"), || "open the Pod's user namespace".into())
}

fn open_namespace(process: &str, kind: &str) -> io::Result<OwnedFd> {
    Ok(open(format!("/proc/{process}/ns/{kind}"), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
}

fn clone_here(tree: &OwnedFd) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_EMPTY_PATH;
    Ok(open_tree(tree.as_fd(), "", flags)?)
}

fn shared_memory(spec: &SandboxSpec) -> io::Result<OwnedFd> {
    if spec.is_host_ipc {
        return Ok(open("/dev/shm", OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?);
    }
    let root = spec.user_namespace.as_ref().map_or((0, 0), |maps| (outside_root(&maps.uids), outside_root(&maps.gids)));
    let tree = new_shared_memory(spec.shm_bytes, root)?;
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
