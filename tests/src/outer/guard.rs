//! The guard: starts process 1, waits for its end, and removes the cgroups that are left.

use std::io::Write;

use anyhow::Context;
use rustix::process::{Pid, WaitOptions};

use super::{Request, init};
use crate::cgroups;
use crate::sys::{self, Fork};

/// The role's body; returns the exit code.
///
/// # Errors
/// Namespaces that cannot be made, or cgroups that stay.
pub fn run(request: &Request) -> anyhow::Result<i32> {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // Whoever ends the test's process group must not end the clean-up with it.
        sys::ignore_signal(signal);
    }
    let pid = match sys::fork_into_namespaces().context("make namespaces")? {
        Fork::Child => init::run(request),
        Fork::Parent(pid) => pid,
    };
    println!("{pid}");
    std::io::stdout().flush()?;
    let waited = rustix::process::waitpid(Pid::from_raw(pid), WaitOptions::empty()).context("wait for process 1")?;
    let code = waited.and_then(|(_, status)| status.exit_status()).unwrap_or(128);
    cgroups::remove(&request.cgroup)?;
    Ok(code)
}
