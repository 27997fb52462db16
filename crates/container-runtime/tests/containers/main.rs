//! Real containers, as root: this executable is the test, the shim, and (linked static) the containers' only file.
//!
//! Everything happens below a PID, mount and network namespace of its own; cgroups lie below `/corten-test-<pid>`.

mod cases;
mod program;
mod world;

use std::os::fd::AsFd;
use std::process::ExitCode;

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

fn wait(pidfd: &std::os::fd::OwnedFd) -> u8 {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let status = waitid(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::EXITED).expect("the child can be waited for");
    status.and_then(|status| status.exit_status()).map_or(1, |code| code as u8)
}

/// The first process of the PID namespace: starts the tests, reaps orphans.
fn run_as_init(arguments: &[String], prefix: &str, directory: &std::path::Path) -> i32 {
    use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
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
