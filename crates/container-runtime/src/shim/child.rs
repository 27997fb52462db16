//! Starting prepared processes: the descriptors they get, and the clone itself.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use rustix::fs::{Mode, OFlags, open};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{DumpableBehavior, Signal};

use super::channel;
use crate::sys::{self, Cloned};

/// Number of the private channel in a prepared process.
pub const CHANNEL: RawFd = 3;
/// First of the numbers behind the channel that [`keep_only`] gives out.
pub const EXTRAS: RawFd = 4;
/// Above every number that a prepared process uses.
const ASIDE: RawFd = 16;

/// A process that was started.
pub struct Process {
    /// Its id on the host.
    pub pid: i32,
    /// Its handle.
    pub pidfd: OwnedFd,
    /// The private channel, until the program runs.
    pub channel: Option<OwnedFd>,
}

/// The far ends that a process gets; `None` is /dev/null.
#[derive(Default)]
pub struct Stdio {
    /// Input.
    pub stdin: Option<OwnedFd>,
    /// Output.
    pub stdout: Option<OwnedFd>,
    /// Error output.
    pub stderr: Option<OwnedFd>,
}

/// A pipe whose near end does not block: (reading end, writing end).
pub fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(pipe_with(PipeFlags::CLOEXEC)?)
}

/// Makes reads and writes return at once.
pub fn set_nonblocking(descriptor: &OwnedFd) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(descriptor)?;
    Ok(rustix::fs::fcntl_setfl(descriptor, flags | OFlags::NONBLOCK)?)
}

/// Which PID namespace a process begins in.
pub enum PidNamespace<'a> {
    /// A new one.
    New,
    /// The shim's own, which is the host's.
    Host,
    /// That of this process.
    Of(BorrowedFd<'a>),
}

/// Starts a process with `flags` of new namespaces, which runs `body` and must exec or exit there.
pub fn start(
    flags: u64,
    pid_namespace: PidNamespace<'_>,
    own_pid_namespace: &OwnedFd,
    stdio: Stdio,
    body: impl FnOnce(),
) -> io::Result<Process> {
    let (near, far) = channel::pair()?;
    let flags = match pid_namespace {
        PidNamespace::New => flags | sys::NEW_PID,
        _ => flags,
    };
    if let PidNamespace::Of(target) = pid_namespace {
        sys::set_namespaces(target, sys::NEW_PID)?;
    }
    let cloned = sys::clone_process(flags, None);
    if matches!(cloned, Ok(Cloned::Parent { .. }) | Err(_)) && matches!(pid_namespace, PidNamespace::Of(_)) {
        // Only children were moved; later ones must not be.
        sys::set_namespaces(own_pid_namespace.as_fd(), sys::NEW_PID)?;
    }
    match cloned? {
        Cloned::Parent { pid, pidfd } => Ok(Process { pid, pidfd, channel: Some(near) }),
        Cloned::Child => {
            // If `body` panics, this process must not go on as a second shim.
            let _guard = ExitOnDrop;
            if prepare(&far, &stdio).is_ok() {
                body();
            }
            sys::exit_now(1)
        }
    }
}

struct ExitOnDrop;

impl Drop for ExitOnDrop {
    fn drop(&mut self) {
        sys::exit_now(70);
    }
}

/// The first steps of every child. What is inherited and not meant for it is closed at the caller's next step.
fn prepare(channel: &OwnedFd, stdio: &Stdio) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // Others in the PID namespace must not look into a process that still has the host's files.
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    rustix::process::setsid()?;
    let null = open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    let number = |stream: &Option<OwnedFd>| stream.as_ref().unwrap_or(&null).as_raw_fd();
    let sources = [number(&stdio.stdin), number(&stdio.stdout), number(&stdio.stderr), channel.as_raw_fd()];
    arrange(&sources)
}

/// Puts `sources` on the numbers 0, 1, 2, ...
fn arrange(sources: &[RawFd]) -> io::Result<()> {
    // All are moved out of the way first: one may lie where another one belongs.
    let mut aside = Vec::with_capacity(sources.len());
    for source in sources {
        aside.push(sys::duplicate_above(*source, ASIDE)?);
    }
    for (target, source) in aside.into_iter().enumerate() {
        sys::duplicate_onto(source, target as RawFd)?;
    }
    Ok(())
}

/// Puts `extras` on the numbers behind the channel, closed on exec, and closes everything else.
pub fn keep_only(extras: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut aside = Vec::with_capacity(extras.len());
    for extra in extras {
        aside.push(sys::duplicate_above(extra.as_raw_fd(), ASIDE)?);
    }
    let mut target = EXTRAS;
    for source in aside {
        sys::duplicate_onto(source, target)?;
        rustix::io::fcntl_setfd(sys::borrow_inherited(target), rustix::io::FdFlags::CLOEXEC)?;
        target += 1;
    }
    sys::close_from(target)
}

/// Leaves this process's work to a new one in a user namespace (with a mount namespace, and perhaps a PID namespace,
/// that belong to it). Returns in that process only; the shim is its parent, too.
pub fn move_into_user_namespace(user_namespace: BorrowedFd<'_>, pid_namespace: PidNamespace<'_>) -> io::Result<()> {
    let mut flags = sys::NEW_MOUNT | sys::SIBLING;
    match pid_namespace {
        PidNamespace::New => flags |= sys::NEW_PID,
        PidNamespace::Of(target) => sys::set_namespaces(target, sys::NEW_PID)?,
        PidNamespace::Host => {}
    }
    sys::set_namespaces(user_namespace, sys::NEW_USER)?;
    become_root()?;
    match sys::clone_process(flags, None)? {
        Cloned::Parent { pid, pidfd } => {
            let told = channel::say_moved(channel_descriptor(), pid, pidfd.as_fd());
            sys::exit_now(i32::from(told.is_err()))
        }
        Cloned::Child => {
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            rustix::process::setsid()?;
            Ok(())
        }
    }
}

/// Becomes the root user of the user namespace that was entered.
pub fn become_root() -> io::Result<()> {
    let (uid, gid) = (rustix::fs::Uid::ROOT, rustix::fs::Gid::ROOT);
    rustix::thread::set_thread_groups(&[])?;
    rustix::thread::set_thread_res_gid(gid, gid, gid)?;
    Ok(rustix::thread::set_thread_res_uid(uid, uid, uid)?)
}

/// Lets the program's exec close the channel.
pub fn close_channel_on_exec() -> io::Result<()> {
    Ok(rustix::io::fcntl_setfd(channel_descriptor(), rustix::io::FdFlags::CLOEXEC)?)
}

/// The channel of a prepared process.
pub fn channel_descriptor() -> BorrowedFd<'static> {
    sys::borrow_inherited(CHANNEL)
}
