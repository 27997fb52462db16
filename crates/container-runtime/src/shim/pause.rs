//! The pause process: init of a PID namespace that the Pod's containers share. It reaps and does nothing else.
//!
//! Containers can see it, so it has nothing: an empty root, no capability, no descriptor, another user.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::mount::{MountAttrFlags, MountPropagationFlags, UnmountFlags, mount_change, move_mount, unmount};
use rustix::process::{DumpableBehavior, Signal, WaitOptions};

use super::root_fs::new_file_system;
use crate::cgroup::CgroupDriver;
use crate::contract::SandboxSpec;
use crate::sys::{self, Cloned};

/// User and group of the pause process.
const NOBODY: u32 = 65_535;

/// Starts it; returns its process id and handle.
pub fn start(spec: &SandboxSpec, cgroups: &dyn CgroupDriver) -> io::Result<(i32, OwnedFd)> {
    match sys::clone_process(sys::NEW_PID | sys::NEW_MOUNT, None)? {
        Cloned::Parent { pid, pidfd } => Ok((pid, pidfd)),
        Cloned::Child => {
            let code = run(spec, cgroups).map_or(1, |()| 0);
            sys::exit_now(code)
        }
    }
}

fn run(spec: &SandboxSpec, cgroups: &dyn CgroupDriver) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    rustix::process::setsid()?;
    sys::reset_signals();
    let signals = sys::signal_descriptor(&[libc::SIGCHLD, libc::SIGTERM, libc::SIGINT])?;
    let number = std::os::fd::AsRawFd::as_raw_fd(&signals);
    std::mem::forget(signals);
    if !spec.pause_cgroup.is_empty() {
        cgroups.join(&spec.pause_cgroup)?;
    }
    enter_empty_root()?;
    sys::duplicate_onto(number, 0)?;
    sys::close_from(1)?;
    let signals = sys::adopt_descriptor(0);
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
    reap(&signals)
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
