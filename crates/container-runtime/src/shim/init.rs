//! A container's first process, from the clone to its program.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use super::child::{self, PidNamespace, Process, Stdio};
use super::namespaces::Namespaces;
use super::root_fs::{self, HostTrees, Outcome, because};
use super::users::{self, Account};
use super::{channel, process};
use crate::cgroup::CgroupDriver;
use crate::contract::{ContainerSpec, ResolvedUser};
use crate::sys;

/// What a container's init process is built with.
pub struct Setting<'a> {
    /// The container.
    pub spec: &'a ContainerSpec,
    /// The Pod's namespaces.
    pub namespaces: &'a Namespaces,
    /// The host's cgroups.
    pub cgroups: &'a dyn CgroupDriver,
}

/// Starts the process, which prepares itself and then waits on its channel.
pub fn start(setting: &Setting<'_>, pid_namespace: PidNamespace<'_>, stdio: Stdio) -> io::Result<Process> {
    let shm = setting.namespaces.clone_shm()?;
    child::start(sys::NEW_MOUNT, pid_namespace, &setting.namespaces.own_pid, stdio, || live(setting, &shm))
}

/// The child's life.
fn live(setting: &Setting<'_>, shm: &OwnedFd) {
    let outcome = because(child::keep_only(Some(shm)), || "close inherited files".into())
        .and_then(|()| prepare(setting))
        .and_then(|account| wait_and_run(setting.spec, &account));
    if let Err(text) = outcome {
        channel::say_failed(child::channel_descriptor(), &text);
    }
}

fn prepare(setting: &Setting<'_>) -> Outcome<Account> {
    let spec = setting.spec;
    because(setting.cgroups.join(&spec.cgroup), || "join the cgroup".into())?;
    if setting.cgroups.has_cgroup_namespace() {
        because(sys::unshare(sys::NEW_CGROUP), || "make a cgroup namespace".into())?;
    }
    process::set_oom_score_adj(spec.process.oom_score_adj)?;
    let trees = HostTrees::open(spec, setting.cgroups)?;
    root_fs::enter_root(&spec.root)?;
    // Before anything is mounted over the image's own files.
    let account = users::resolve_in_root(&spec.process.user)?;
    let shm = sys::adopt_descriptor(child::SHM);
    root_fs::populate(spec, trees, shm, setting.cgroups.has_cgroup_namespace())?;
    let terminal = match spec.process.is_terminal {
        true => Some(open_terminal(spec)?),
        false => None,
    };
    process::enter_working_directory(&spec.process.cwd)?;
    root_fs::seal_root(&spec.root)?;
    process::own_streams(&account);
    report(&account.user, terminal)?;
    Ok(account)
}

/// Opens the container's terminal on the standard streams; returns the master.
fn open_terminal(spec: &ContainerSpec) -> Outcome<OwnedFd> {
    let (master, own) = root_fs::open_terminal(spec.process.terminal_width, spec.process.terminal_height)?;
    root_fs::mount_console(&own)?;
    because(use_terminal(own), || "use the terminal".into())?;
    Ok(master)
}

/// Makes `terminal` the controlling one and the standard streams.
pub fn use_terminal(terminal: OwnedFd) -> io::Result<()> {
    rustix::process::ioctl_tiocsctty(&terminal)?;
    rustix::stdio::dup2_stdin(&terminal)?;
    rustix::stdio::dup2_stdout(&terminal)?;
    rustix::stdio::dup2_stderr(&terminal)?;
    Ok(())
}

fn report(user: &ResolvedUser, terminal: Option<OwnedFd>) -> Outcome<()> {
    let terminal = terminal.as_ref().map(AsFd::as_fd);
    because(channel::say_prepared(child::channel_descriptor(), user, terminal), || "report to the shim".into())
}

fn wait_and_run(spec: &ContainerSpec, account: &Account) -> Outcome<()> {
    if !channel::wait_for_start(child::channel_descriptor()) {
        sys::exit_now(1);
    }
    because(child::close_channel_on_exec(), || "prepare the exec".into())?;
    Err(process::run(&spec.process, account))
}
