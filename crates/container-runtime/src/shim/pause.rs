//! The pause process: init of a PID namespace that the Pod's containers share. It reaps and does nothing else.
//!
//! Containers can see it, so it has nothing: an empty root, no capability, no descriptor, another user.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::mount::{MountAttrFlags, MountPropagationFlags, UnmountFlags, mount_change, move_mount, unmount};
use rustix::process::{Signal, WaitId, WaitIdOptions, WaitOptions, waitid};

use super::channel::{self, Word};
use super::child::{self, PidNamespace, Stdio};
use super::namespaces::Namespaces;
use super::root_fs::new_file_system;
use crate::cgroup::CgroupDriver;
use crate::contract::{ResolvedUser, SandboxSpec};
use crate::sys;

/// User and group of the pause process.
const NOBODY: u32 = 65_535;

/// Numbers of what the process keeps besides its streams and the channel.
const SIGNALS: RawFd = child::EXTRAS;
const USER_NAMESPACE: RawFd = child::EXTRAS + 1;

/// Starts it; returns its process id and handle when it is ready.
pub fn start(spec: &SandboxSpec, namespaces: &Namespaces, cgroups: &dyn CgroupDriver) -> io::Result<(i32, OwnedFd)> {
    let pid_namespace = match namespaces.user {
        Some(_) => PidNamespace::Host,
        None => PidNamespace::New,
    };
    let live = || {
        if let Err(error) = run(spec, namespaces.user.as_ref(), cgroups) {
            channel::say_failed(child::channel_descriptor(), &error.to_string());
        }
    };
    let process = child::start(sys::NEW_MOUNT, pid_namespace, &namespaces.own_pid, Stdio::default(), live)?;
    let (mut pid, mut pidfd, channel) = (process.pid, process.pidfd, process.channel);
    let channel = channel.ok_or(io::ErrorKind::NotConnected)?;
    loop {
        poll(&mut [PollFd::new(&channel, PollFlags::IN)], None)?;
        match channel::hear(channel.as_fd()) {
            Word::Moved { pid: next, pidfd: handle } => {
                let first = std::mem::replace(&mut pidfd, handle);
                pid = next;
                let _ = waitid(WaitId::PidFd(first.as_fd()), WaitIdOptions::EXITED);
            }
            Word::Prepared { .. } => return Ok((pid, pidfd)),
            Word::Failed(text) => return Err(io::Error::other(text)),
            Word::Closed => return Err(io::Error::other("the pause process ended")),
        }
    }
}

fn run(spec: &SandboxSpec, user_namespace: Option<&OwnedFd>, cgroups: &dyn CgroupDriver) -> io::Result<()> {
    sys::reset_signals();
    let signals = sys::signal_descriptor(&[libc::SIGCHLD, libc::SIGTERM, libc::SIGINT])?;
    let extras: Vec<BorrowedFd<'_>> = std::iter::once(&signals).chain(user_namespace).map(AsFd::as_fd).collect();
    child::keep_only(&extras)?;
    // Its number was closed; another one holds it.
    std::mem::forget(signals);
    if !spec.pause_cgroup.is_empty() {
        cgroups.join(&spec.pause_cgroup)?;
    }
    if user_namespace.is_some() {
        child::move_into_user_namespace(sys::borrow_inherited(USER_NAMESPACE), PidNamespace::New)?;
    }
    enter_empty_root()?;
    let _ = rustix::thread::set_name(c"pause");
    for capability in 0..64 {
        if sys::drop_from_bounding_set(capability).is_err() {
            break;
        }
    }
    let (uid, gid) = (rustix::fs::Uid::from_raw(NOBODY), rustix::fs::Gid::from_raw(NOBODY));
    rustix::thread::set_thread_groups(&[])?;
    rustix::thread::set_thread_res_gid(gid, gid, gid)?;
    rustix::thread::set_thread_res_uid(uid, uid, uid)?;
    rustix::thread::set_no_new_privs(true)?;
    // A change of user clears it.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    channel::say_prepared(child::channel_descriptor(), &ResolvedUser::default(), None)?;
    sys::duplicate_onto(SIGNALS, 0)?;
    sys::close_from(1)?;
    reap(&sys::adopt_descriptor(0))
}

fn enter_empty_root() -> io::Result<()> {
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    let root = new_file_system("tmpfs", &[("mode", "555"), ("size", "4k")], MountAttrFlags::MOUNT_ATTR_RDONLY)?;
    // Any directory of the host will do as the place; nobody else sees this namespace.
    let flags = rustix::mount::MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    move_mount(root.as_fd(), "", rustix::fs::CWD, "/proc", flags)?;
    std::env::set_current_dir("/proc")?;
    rustix::process::pivot_root(".", ".")?;
    unmount(".", UnmountFlags::DETACH)?;
    std::env::set_current_dir("/")
}

fn reap(signals: &OwnedFd) -> io::Result<()> {
    let mut record = [0u8; 128];
    loop {
        rustix::io::read(signals, &mut record)?;
        let signal = i32::from_ne_bytes([record[0], record[1], record[2], record[3]]);
        if signal != libc::SIGCHLD {
            return Ok(());
        }
        while let Ok(Some(_)) = rustix::process::wait(WaitOptions::NOHANG) {}
    }
}
