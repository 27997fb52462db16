//! A further process in a running container.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use super::child::{self, PidNamespace, Process, Stdio};
use super::root_fs::{self, Outcome, because};
use super::{channel, init, process, users};
use crate::cgroup::CgroupDriver;
use crate::contract::ExecSpec;
use crate::sys;

/// Starts it beside the container's first process, whose handle is `target`.
pub fn start(
    spec: &ExecSpec,
    target: &OwnedFd,
    cgroups: &dyn CgroupDriver,
    own_pid_namespace: &OwnedFd,
    stdio: Stdio,
) -> io::Result<Process> {
    let pid_namespace = PidNamespace::Of(target.as_fd());
    child::start(0, pid_namespace, own_pid_namespace, stdio, || live(spec, target, cgroups))
}

fn live(spec: &ExecSpec, target: &OwnedFd, cgroups: &dyn CgroupDriver) {
    let text = match run(spec, target, cgroups) {
        Ok(text) | Err(text) => text,
    };
    channel::say_failed(child::channel_descriptor(), &text);
}

/// Returns only on failure, with the reason.
fn run(spec: &ExecSpec, target: &OwnedFd, cgroups: &dyn CgroupDriver) -> Outcome<String> {
    because(cgroups.join(&spec.cgroup), || "join the cgroup".into())?;
    process::set_oom_score_adj(spec.process.oom_score_adj)?;
    let flags = sys::NEW_MOUNT | if cgroups.has_cgroup_namespace() { sys::NEW_CGROUP } else { 0 };
    because(sys::set_namespaces(target.as_fd(), flags), || "enter the container".into())?;
    because(child::keep_only(None), || "close inherited files".into())?;
    let account = users::resolve_in_root(&spec.process.user)?;
    let mut terminal = None;
    if spec.process.is_terminal {
        let (master, own) = root_fs::open_terminal(spec.process.terminal_width, spec.process.terminal_height)?;
        because(init::use_terminal(own), || "use the terminal".into())?;
        terminal = Some(master);
    }
    process::enter_working_directory(&spec.process.cwd)?;
    process::own_streams(&account);
    let terminal = terminal.as_ref().map(AsFd::as_fd);
    because(channel::say_prepared(child::channel_descriptor(), &account.user, terminal), || {
        "report to the shim".into()
    })?;
    because(child::close_channel_on_exec(), || "prepare the exec".into())?;
    Ok(process::run(&spec.process, &account))
}
