//! Runs one command inside the namespaces of another process.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use anyhow::Context;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::sys;

/// The role's body: `PID PROGRAM ARGS…`; returns the command's exit code, 128 + N for signal N.
///
/// The command ends when this process does. It starts in the directory that `CORTEN_DIRECTORY` names, else in `/`.
///
/// # Errors
/// A process that is gone, or a program that cannot be started.
pub fn run(arguments: &[String]) -> anyhow::Result<i32> {
    let [pid, program, arguments @ ..] = arguments else { anyhow::bail!("want PID PROGRAM ARGS…") };
    let pid = pid.parse().ok().and_then(Pid::from_raw).with_context(|| format!("{pid:?} is no process"))?;
    let pidfd = pidfd_open(pid, PidfdFlags::empty()).context("open process 1")?;
    sys::enter_namespaces(&pidfd).context("enter its namespaces")?;
    // The directory of the test means nothing inside.
    let directory = std::env::var_os(super::DIRECTORY_VARIABLE).unwrap_or_else(|| "/".into());
    std::env::set_current_dir(&directory).with_context(|| format!("enter {directory:?}"))?;
    let mut command = Command::new(program);
    command.args(arguments);
    let mut child = sys::die_with_parent_in_child(&mut command).spawn().with_context(|| format!("start {program}"))?;
    let status = child.wait()?;
    Ok(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)))
}
