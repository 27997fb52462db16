//! A further process in a running container.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use super::child::{self, PidNamespace, Process, Stdio};
use super::root_fs::{self, Outcome, because};
use super::{channel, init, process, users};
use crate::cgroup::CgroupDriver;
use crate::contract::ExecSpec;
use crate::sys;

/// Where a process is started.
pub struct Place<'a> {
    /// Handle of the container's first process.
    pub target: &'a OwnedFd,
    /// The host's cgroups.
    pub cgroups: &'a dyn CgroupDriver,
    /// The shim's own PID namespace.
    pub own_pid_namespace: &'a OwnedFd,
    /// Ids on the host of the root user and group of the Pod's user namespace, if it has one.
    pub outside_root: Option<(u32, u32)>,
}

/// Starts it beside the container's first process.
pub fn start(spec: &ExecSpec, place: &Place<'_>, stdio: Stdio) -> io::Result<Process> {
    let pid_namespace = PidNamespace::Of(place.target.as_fd());
    child::start(0, pid_namespace, place.own_pid_namespace, stdio, || live(spec, place))
}

fn live(spec: &ExecSpec, place: &Place<'_>) {
    let text = match run(spec, place) {
        Ok(text) | Err(text) => text,
    };
    channel::say_failed(child::channel_descriptor(), &text);
}

/// Returns only on failure, with the reason.
fn run(spec: &ExecSpec, place: &Place<'_>) -> Outcome<String> {
    because(place.cgroups.join(&spec.cgroup), || "join the cgroup".into())?;
    process::set_oom_score_adj(spec.process.oom_score_adj)?;
    enter(place)?;
    because(child::keep_only(&[]), || "close inherited files".into())?;
    let account = users::resolve_in_root(&spec.process.user)?;
    let mut terminal = None;
    if spec.process.is_terminal {
        let (master, own) = root_fs::open_terminal(spec.process.terminal_width, spec.process.terminal_height)?;
        because(init::use_terminal(own), || "use the terminal".into())?;
        terminal = Some(master);
    }
    process::enter_working_directory(&spec.process.cwd)?;
    process::give_streams(account.user.uid, None);
    let terminal = terminal.as_ref().map(AsFd::as_fd);
    because(channel::say_prepared(child::channel_descriptor(), &account.user, terminal), || {
        "report to the shim".into()
    })?;
    because(child::close_channel_on_exec(), || "prepare the exec".into())?;
    Ok(process::run(&spec.process, &account))
}

fn enter(place: &Place<'_>) -> Outcome<()> {
    let mut flags = sys::NEW_MOUNT;
    if place.cgroups.has_cgroup_namespace() {
        flags |= sys::NEW_CGROUP;
    }
    if let Some((uid, gid)) = place.outside_root {
        // Inside, what belongs to the host's root cannot be given away.
        process::give_streams(uid, Some(gid));
        flags |= sys::NEW_USER;
    }
    let what = || "enter the container".to_owned();
    because(sys::set_namespaces(place.target.as_fd(), flags), what)?;
    match place.outside_root {
        Some(_) => because(child::become_root(), what),
        None => Ok(()),
    }
}
