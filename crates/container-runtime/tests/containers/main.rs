//! Real containers, as root: this executable is the test, the shim, and (linked static) the containers' only file.
//!
//! Everything happens below a PID, mount and network namespace of its own; cgroups lie below `/corten-test-<pid>`.

mod cases;
mod program;
mod world;

use std::os::fd::AsFd;
use std::process::ExitCode;

use corten_container_runtime::process_identity::start_ticks;
use corten_container_runtime::sys::{self, Cloned};
use corten_container_runtime::{cgroup, shim};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let name = arguments.first().map(String::as_str).unwrap_or_default();
    match arguments.get(1).map(String::as_str) {
        _ if name.ends_with("/program") => program::run(&arguments[1..]),
        Some(shim::ROLE) => shim::main(&arguments[2..]),
        Some("daemon") => world::run_daemon(&arguments[2..]),
        _ if !rustix::process::geteuid().is_root() => {
            eprintln!("skipped: containers need root");
            ExitCode::SUCCESS
        }
        _ => run_apart(&arguments[1..]),
    }
}

/// Runs the cases in namespaces of their own, and removes what is left afterwards.
fn run_apart(arguments: &[String]) -> ExitCode {
    remove_leftovers();
    let prefix = format!("/corten-test-{}", std::process::id());
    let directory = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(&prefix[1..]);
    std::fs::create_dir_all(&directory).expect("temporary files can be made");
    let flags = sys::NEW_PID | sys::NEW_MOUNT | sys::NEW_NETWORK | sys::NEW_IPC | sys::NEW_UTS;
    let code = match sys::clone_process(flags, None).expect("root may make namespaces") {
        Cloned::Child => sys::exit_now(run_as_init(arguments, &prefix, &directory)),
        Cloned::Parent { pidfd, .. } => wait(&pidfd),
    };
    let layout = cgroup::detect(&std::fs::read_to_string("/proc/self/mountinfo").expect("proc is there"));
    let driver = cgroup::driver(&layout);
    driver.kill_all(&prefix);
    let removed = driver.remove(&prefix).and_then(|()| std::fs::remove_dir_all(&directory));
    removed.expect("nothing holds the cgroups and files any more");
    ExitCode::from(code)
}

/// Removes what runs left behind that were killed.
fn remove_leftovers() {
    let layout = cgroup::detect(&std::fs::read_to_string("/proc/self/mountinfo").expect("proc is there"));
    let driver = cgroup::driver(&layout);
    let first = layout.hierarchies.first().map(|hierarchy| hierarchy.mount_point.clone()).unwrap_or_default();
    for directory in [first.as_str(), env!("CARGO_TARGET_TMPDIR")] {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let owner = name.strip_prefix("corten-test-").and_then(|pid| pid.parse().ok());
            if owner.is_some_and(|pid| start_ticks(pid).is_none()) {
                let _ = driver.remove(&format!("/{name}"));
                let _ = std::fs::remove_dir_all(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(&name));
            }
        }
    }
}

fn wait(pidfd: &std::os::fd::OwnedFd) -> u8 {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let status = waitid(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::EXITED).expect("the child can be waited for");
    status.and_then(|status| status.exit_status()).map_or(1, |code| code as u8)
}

/// The first process of the PID namespace: starts the tests, reaps orphans.
fn run_as_init(arguments: &[String], prefix: &str, directory: &std::path::Path) -> i32 {
    use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
    let with_parent = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    with_parent.expect("it is allowed");
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).expect("an own namespace");
    mount("proc", "/proc", "proc", MountFlags::empty(), None).expect("an own namespace");
    sys::bring_up_loopback().expect("an own namespace");
    let tests = match sys::clone_process(0, None).expect("processes can be made") {
        Cloned::Child => sys::exit_now(world::run_cases(arguments, prefix, directory)),
        Cloned::Parent { pid, .. } => pid,
    };
    loop {
        let reaped = rustix::process::wait(rustix::process::WaitOptions::empty());
        match reaped {
            Ok(Some((pid, status))) if pid.as_raw_nonzero().get() == tests => return status.exit_status().unwrap_or(1),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return 1,
        }
    }
}
