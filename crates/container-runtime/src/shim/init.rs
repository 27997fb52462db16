//! A container's first process, from the clone to its program.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};

use super::child::{self, PidNamespace, Process, Stdio};
use super::namespaces::Namespaces;
use super::root_fs::{self, Filling, HostTrees, KernelFileSystems, Outcome, because};
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
    /// Ids on the host of the Pod's root user and group.
    pub outside_root: (u32, u32),
}

/// Numbers of what the process keeps besides its streams and the channel.
const SHM: RawFd = child::EXTRAS;
const USER_NAMESPACE: RawFd = child::EXTRAS + 1;
const PID_TARGET: RawFd = child::EXTRAS + 2;

/// Starts the process, which prepares itself and then waits on its channel.
pub fn start(setting: &Setting<'_>, pid_namespace: PidNamespace<'_>, stdio: Stdio) -> io::Result<Process> {
    let shm = setting.namespaces.clone_shm()?;
    let own_pid = &setting.namespaces.own_pid;
    let Some(user) = &setting.namespaces.user else {
        let extras = [shm.as_fd()];
        return child::start(sys::NEW_MOUNT, pid_namespace, own_pid, stdio, || live(setting, &extras, None));
    };
    // The PID namespace must belong to the user namespace, which the first process enters only after it has opened
    // what lies on the host: a second one goes on from there.
    let mut extras = vec![shm.as_fd(), user.as_fd()];
    let inner = match pid_namespace {
        PidNamespace::New => PidNamespace::New,
        PidNamespace::Host => PidNamespace::Host,
        PidNamespace::Of(target) => {
            extras.push(target);
            PidNamespace::Of(sys::borrow_inherited(PID_TARGET))
        }
    };
    child::start(sys::NEW_MOUNT, PidNamespace::Host, own_pid, stdio, || live(setting, &extras, Some(inner)))
}

/// The child's life. `inner` is the PID namespace to move to with the user namespace.
fn live(setting: &Setting<'_>, extras: &[BorrowedFd<'_>], inner: Option<PidNamespace<'_>>) {
    let outcome = because(child::keep_only(extras), || "close inherited files".into())
        .and_then(|()| prepare(setting, inner))
        .and_then(|account| wait_and_run(setting.spec, &account));
    if let Err(text) = outcome {
        channel::say_failed(child::channel_descriptor(), &text);
    }
}

fn prepare(setting: &Setting<'_>, inner: Option<PidNamespace<'_>>) -> Outcome<Account> {
    let spec = setting.spec;
    because(setting.cgroups.join(&spec.cgroup), || "join the cgroup".into())?;
    process::set_oom_score_adj(spec.process.oom_score_adj)?;
    let user_namespace = inner.as_ref().map(|_| sys::borrow_inherited(USER_NAMESPACE));
    let trees = HostTrees::open(spec, setting.cgroups, user_namespace)?;
    if let (Some(pid_namespace), Some(user_namespace)) = (inner, user_namespace) {
        process::give_streams(setting.outside_root.0, Some(setting.outside_root.1));
        because(child::move_into_user_namespace(user_namespace, pid_namespace), || {
            "enter the Pod's user namespace".into()
        })?;
    }
    let is_cgroup_v2 = setting.cgroups.has_cgroup_namespace();
    if is_cgroup_v2 {
        because(sys::unshare(sys::NEW_CGROUP), || "make a cgroup namespace".into())?;
    }
    let kernel = KernelFileSystems::make(spec.is_privileged)?;
    root_fs::enter_root(&spec.root, &trees)?;
    // Before anything is mounted over the image's own files.
    let account = users::resolve_in_root(&spec.process.user)?;
    let shm = sys::adopt_descriptor(SHM);
    root_fs::populate(spec, &Filling { trees, kernel, shm, is_cgroup_v2 })?;
    let terminal = match spec.process.is_terminal {
        true => Some(open_terminal(spec)?),
        false => None,
    };
    process::enter_working_directory(&spec.process.cwd)?;
    root_fs::seal_root(&spec.root)?;
    process::give_streams(account.user.uid, None);
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
