//! The few system calls that need `unsafe`, each behind a safe function.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

/// Which side of a fork this is.
pub enum Fork {
    /// The new process.
    Child,
    /// The old one, with the new one's id.
    Parent(i32),
}

/// Forks into new pid, mount, network, host name and IPC namespaces; the child is process 1 of its own.
///
/// # Errors
/// No right to do so, or called while the process has more than one thread.
pub fn fork_into_namespaces() -> io::Result<Fork> {
    let threads = std::fs::read_dir("/proc/self/task")?.count();
    if threads != 1 {
        return Err(io::Error::other(format!("{threads} threads; only a process with one may fork")));
    }
    let flags = libc::CLONE_NEWPID
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWNET
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWIPC
        | libc::SIGCHLD;
    // SAFETY: without CLONE_VM and with no stack given, clone is a fork; the process has one thread, so no lock is
    // held by a thread that the child lacks.
    let pid = unsafe { libc::syscall(libc::SYS_clone, libc::c_long::from(flags), 0, 0, 0, 0) };
    match pid {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Fork::Child),
        pid => Ok(Fork::Parent(i32::try_from(pid).expect("process ids fit"))),
    }
}

/// Has the kernel kill this process when the thread that made it ends.
pub fn die_with_parent() -> io::Result<()> {
    // SAFETY: takes a plain number.
    match unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Ignores a signal; as process 1, ignoring SIGCHLD makes the kernel collect all children.
pub fn ignore_signal(signal: c_int) {
    // SAFETY: SIG_IGN is a valid disposition and no handler runs.
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}

/// Has the command start with default dispositions and end when its parent does.
pub fn die_with_parent_in_child(command: &mut Command) -> &mut Command {
    // SAFETY: the closure runs in the forked child and makes only async-signal-safe system calls.
    unsafe {
        command.pre_exec(|| {
            for signal in [libc::SIGCHLD, libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGPIPE] {
                libc::signal(signal, libc::SIG_DFL);
            }
            die_with_parent()
        })
    }
}

/// Has the command take the terminal on its standard input as its controlling one, in a new session.
pub fn own_terminal_in_child(command: &mut Command) -> &mut Command {
    // SAFETY: the closure runs in the forked child and makes only async-signal-safe system calls.
    unsafe {
        command.pre_exec(|| {
            if libc::setsid() == -1 || libc::ioctl(0, libc::TIOCSCTTY, 0) == -1 {
                return Err(io::Error::last_os_error());
            }
            Ok(())
        })
    }
}

/// Moves this process into namespaces of the one behind `pidfd`; its children are born in the pid namespace.
pub fn enter_namespaces(pidfd: impl std::os::fd::AsFd) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let flags = libc::CLONE_NEWPID | libc::CLONE_NEWNS | libc::CLONE_NEWNET | libc::CLONE_NEWUTS | libc::CLONE_NEWIPC;
    // SAFETY: the descriptor is borrowed, so it stays open during the call.
    match unsafe { libc::setns(pidfd.as_fd().as_raw_fd(), flags) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Gives this thread, and what it starts, a network namespace of its own.
pub fn leave_network() -> io::Result<()> {
    // SAFETY: affects only the calling thread's network namespace.
    match unsafe { libc::unshare(libc::CLONE_NEWNET) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Ends this process at once, without running what was registered for its end.
pub fn end_now(code: c_int) -> ! {
    // SAFETY: never returns; nothing of this process is used afterwards.
    unsafe { libc::_exit(code) }
}

/// Has the command start in mount, network, host name, IPC and cgroup namespaces of its own.
pub fn isolate_in_child(command: &mut Command) -> &mut Command {
    let flags =
        libc::CLONE_NEWNS | libc::CLONE_NEWNET | libc::CLONE_NEWUTS | libc::CLONE_NEWIPC | libc::CLONE_NEWCGROUP;
    // SAFETY: the closure runs in the forked child and makes one async-signal-safe system call.
    unsafe {
        command.pre_exec(move || match libc::unshare(flags) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        })
    }
}

/// Binds a thread (0: this one) to some processors.
pub fn bind_to_processors(thread: i32, processors: &[usize]) -> io::Result<()> {
    // SAFETY: the set is zeroed, which is a valid empty set, and outlives the call.
    let outcome = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        processors.iter().for_each(|processor| libc::CPU_SET(*processor, &mut set));
        libc::sched_setaffinity(thread, size_of::<libc::cpu_set_t>(), &set)
    };
    match outcome {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Processor time of a whole process so far.
pub fn process_cpu_time(pid: i32) -> io::Result<Duration> {
    let mut clock = 0;
    // SAFETY: `clock` outlives the call.
    match unsafe { libc::clock_getcpuclockid(pid, &mut clock) } {
        0 => clock_time(clock),
        number => Err(io::Error::from_raw_os_error(number)),
    }
}

/// Processor time of this thread so far.
pub fn thread_cpu_time() -> io::Result<Duration> {
    clock_time(libc::CLOCK_THREAD_CPUTIME_ID)
}

fn clock_time(clock: libc::clockid_t) -> io::Result<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` outlives the call.
    match unsafe { libc::clock_gettime(clock, &mut time) } {
        0 => Ok(Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))),
        _ => Err(io::Error::last_os_error()),
    }
}
