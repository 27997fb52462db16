//! The supervisor role: one tiny single-threaded process that keeps `corten server` running.
//!
//! Used where systemd is not. It starts no thread and holds nothing of the cluster: killing it and the
//! server leaves all Pods running.

use std::ffi::CString;
use std::fs::OpenOptions;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::process::{Pid, Signal};

/// Longest pause before a server that keeps dying is started again.
const RESTART_PAUSE_MAX: Duration = Duration::from_secs(5);

/// A server that lived this long starts again at once.
const HEALTHY_AFTER: Duration = Duration::from_secs(2);

/// Who supervises an instance: process id and its start time, so that a reused id is not mistaken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SupervisorId {
    /// Process id.
    pub pid: i32,
    /// Start time in clock ticks since boot (`/proc/PID/stat`, field 22).
    pub start_ticks: u64,
}

/// Path of the pid file in the run directory.
pub fn pid_file(run_dir: &Path) -> PathBuf {
    run_dir.join("supervisor.pid")
}

/// The live supervisor of `run_dir`, if any.
pub fn find(run_dir: &Path) -> Option<SupervisorId> {
    let text = std::fs::read_to_string(pid_file(run_dir)).ok()?;
    let mut words = text.split_whitespace().map(str::parse::<u64>);
    let pid = i32::try_from(words.next()?.ok()?).ok()?;
    let id = SupervisorId { pid, start_ticks: words.next()?.ok()? };
    (start_ticks(pid) == Some(id.start_ticks)).then_some(id)
}

/// Starts a detached supervisor, with the same settings, for `corten server ARGS`, writing to `log`.
pub fn start(executable: &Path, arguments: &[String], log: &Path) -> anyhow::Result<()> {
    use std::os::unix::process::CommandExt;
    let output = open_log(log)?;
    Command::new(executable)
        .arg("supervise")
        .args(arguments)
        .arg("--")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .current_dir("/")
        .process_group(0)
        .spawn()
        .with_context(|| format!("start {}", executable.display()))?;
    Ok(())
}

/// Ends the supervisor, which ends the server; waits at most `patience`.
pub fn stop(id: SupervisorId, patience: Duration) -> anyhow::Result<()> {
    let pid = Pid::from_raw(id.pid).context("no process id")?;
    let handle = match rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) {
        Ok(handle) => handle,
        Err(rustix::io::Errno::SRCH) => return Ok(()),
        Err(error) => return Err(error).context("open the supervisor"),
    };
    if start_ticks(id.pid) != Some(id.start_ticks) {
        return Ok(());
    }
    rustix::process::pidfd_send_signal(handle.as_fd(), Signal::TERM).context("signal the supervisor")?;
    let mut polled = [rustix::event::PollFd::new(&handle, rustix::event::PollFlags::IN)];
    let timeout = rustix::event::Timespec { tv_sec: patience.as_secs() as i64, tv_nsec: 0 };
    let ended = rustix::event::poll(&mut polled, Some(&timeout)).context("wait for the supervisor")?;
    anyhow::ensure!(ended > 0, "the server did not end within {} s", patience.as_secs());
    Ok(())
}

/// The role's body: runs the server again and again until told to stop.
pub fn run(run_dir: &Path, server_arguments: &[String]) -> anyhow::Result<()> {
    detach();
    let signals = signal_wait::Blocked::new();
    std::fs::create_dir_all(run_dir).with_context(|| format!("create {}", run_dir.display()))?;
    let own = std::process::id() as i32;
    let ticks = start_ticks(own).context("read own start time")?;
    std::fs::write(pid_file(run_dir), format!("{own} {ticks}\n")).context("write the pid file")?;
    let outcome = supervise(server_arguments, &signals);
    let _ = std::fs::remove_file(pid_file(run_dir));
    outcome
}

fn supervise(server_arguments: &[String], signals: &signal_wait::Blocked) -> anyhow::Result<()> {
    let mut pause = Duration::from_millis(50);
    loop {
        let started = Instant::now();
        let mut server = start_server(server_arguments)?;
        loop {
            match signals.wait(None) {
                signal_wait::Got::Child => match server.try_wait()? {
                    Some(status) => {
                        eprintln!("corten server ended: {status}; starting it again");
                        break;
                    }
                    None => continue,
                },
                signal_wait::Got::Stop => return end_server(&mut server),
                signal_wait::Got::Timeout => {}
            }
        }
        pause = if started.elapsed() > HEALTHY_AFTER {
            Duration::from_millis(50)
        } else {
            (pause * 2).min(RESTART_PAUSE_MAX)
        };
        if started.elapsed() < HEALTHY_AFTER && matches!(signals.wait(Some(pause)), signal_wait::Got::Stop) {
            return Ok(());
        }
    }
}

fn start_server(arguments: &[String]) -> anyhow::Result<Child> {
    let executable = std::env::current_exe().context("find the own executable")?;
    // The upgraded file is at the same path; a deleted one shows up with this suffix.
    let path = executable.to_string_lossy().trim_end_matches(" (deleted)").to_owned();
    let mut command = Command::new(&path);
    command.arg("server").args(arguments).stdin(Stdio::null());
    signal_wait::unblock_in_child(&mut command).spawn().with_context(|| format!("start {path}"))
}

fn end_server(server: &mut Child) -> anyhow::Result<()> {
    if let Some(pid) = Pid::from_raw(server.id() as i32) {
        let _ = rustix::process::kill_process(pid, Signal::TERM);
    }
    server.wait().context("wait for the server")?;
    Ok(())
}

fn open_log(log: &Path) -> anyhow::Result<std::fs::File> {
    if let Some(parent) = log.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("create {}", parent.display()))?;
    }
    OpenOptions::new().create(true).append(true).open(log).with_context(|| format!("open {}", log.display()))
}

fn detach() {
    // Already a group leader when started by `up`: then a new session is refused, which is fine for `supervise`
    // run by hand.
    let _ = rustix::process::setsid();
    let _ = rustix::thread::set_name(&CString::new("corten-superv").expect("the name has no NUL"));
}

/// Start time of a process in clock ticks since boot; `None` when it is gone or a zombie.
pub fn start_ticks(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let behind_name = &stat[stat.rfind(')')? + 2..];
    let mut fields = behind_name.split(' ');
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// Waiting for signals in a process without threads.
pub mod signal_wait {
    #![allow(unsafe_code)]
    use std::time::Duration;

    /// What arrived.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Got {
        /// A child changed state.
        Child,
        /// SIGTERM or SIGINT.
        Stop,
        /// Nothing in time.
        Timeout,
    }

    /// SIGCHLD, SIGTERM and SIGINT, blocked for this thread.
    pub struct Blocked {
        set: libc::sigset_t,
    }

    impl Blocked {
        /// Blocks them.
        pub fn new() -> Self {
            // SAFETY: the set is initialised by sigemptyset before use, and all pointers are to live locals.
            unsafe {
                let mut set = std::mem::zeroed();
                libc::sigemptyset(&mut set);
                for signal in [libc::SIGCHLD, libc::SIGTERM, libc::SIGINT] {
                    libc::sigaddset(&mut set, signal);
                }
                libc::sigprocmask(libc::SIG_BLOCK, &set, std::ptr::null_mut());
                Blocked { set }
            }
        }

        /// Waits for one of them, for ever or for `timeout`.
        pub fn wait(&self, timeout: Option<Duration>) -> Got {
            let limit = timeout.unwrap_or(Duration::from_secs(3_600));
            let limit = libc::timespec { tv_sec: limit.as_secs() as i64, tv_nsec: i64::from(limit.subsec_nanos()) };
            // SAFETY: both pointers are to live, initialised values; no siginfo is asked for.
            let signal = unsafe { libc::sigtimedwait(&self.set, std::ptr::null_mut(), &limit) };
            match signal {
                libc::SIGCHLD => Got::Child,
                libc::SIGTERM | libc::SIGINT => Got::Stop,
                _ => Got::Timeout,
            }
        }
    }

    /// Lets the child of `command` start with no signal blocked.
    pub fn unblock_in_child(command: &mut std::process::Command) -> &mut std::process::Command {
        use std::os::unix::process::CommandExt;
        // SAFETY: the closure runs in the forked child and calls only async-signal-safe functions.
        unsafe {
            command.pre_exec(|| {
                let mut none = std::mem::zeroed();
                libc::sigemptyset(&mut none);
                libc::sigprocmask(libc::SIG_SETMASK, &none, std::ptr::null_mut());
                Ok(())
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_process_has_a_start_time_and_a_missing_one_has_none() {
        assert!(start_ticks(std::process::id() as i32).is_some());
        assert_eq!(start_ticks(i32::MAX), None);
    }
}
