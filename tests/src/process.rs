//! What the kernel says of processes.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// Parents that are looked through for one in the wanted namespace.
const ANCESTORS_MAX: usize = 512;

/// One process, told apart from a later one with the same id by its start time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProcessId {
    /// Id as seen from outside.
    pub pid: i32,
    /// Start in clock ticks since boot.
    pub start_ticks: u64,
}

/// Ids of all processes.
pub fn all() -> Vec<i32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Words of a process's command line; empty for one that is gone or a zombie.
pub fn command_line(pid: i32) -> Vec<String> {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = bytes.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// The live process with this id.
pub fn identify(pid: i32) -> Option<ProcessId> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat[stat.rfind(')')? + 2..].split(' ').collect();
    match fields.first()? {
        &"Z" | &"X" => None,
        _ => Some(ProcessId { pid, start_ticks: fields.get(19)?.parse().ok()? }),
    }
}

/// Proportional set size in bytes.
pub fn proportional_bytes(pid: i32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|number| number.trim().parse().ok());
    kibibytes.map_or(0, |kibibytes: u64| kibibytes * 1024)
}

/// Whether the pid namespace of a process is `wanted` or one made inside it.
pub(crate) fn pid_namespace_is_below(pid: i32, wanted: &Path, namespace: impl Fn(i32) -> Option<PathBuf>) -> bool {
    let mut pid = pid;
    for _ in 0..ANCESTORS_MAX {
        match namespace(pid) {
            Some(found) if found == wanted => return true,
            Some(_) => {}
            None => return false,
        }
        match parent(pid) {
            Some(parent) if parent > 1 => pid = parent,
            _ => return false,
        }
    }
    false
}

fn parent(pid: i32) -> Option<i32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:")).and_then(|text| text.trim().parse().ok())
}

/// Sends a signal to exactly this process and waits until it has ended.
///
/// # Errors
/// It was gone already, or it lives on after `patience`.
pub fn signal_and_wait(id: ProcessId, signal: Signal, patience: Duration) -> anyhow::Result<()> {
    let pid = Pid::from_raw(id.pid).ok_or_else(|| anyhow::anyhow!("no process id"))?;
    let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
    anyhow::ensure!(identify(id.pid) == Some(id), "process {} is another one by now", id.pid);
    pidfd_send_signal(&pidfd, signal)?;
    let mut polled = [PollFd::new(&pidfd, PollFlags::IN)];
    let timeout = Timespec { tv_sec: patience.as_secs() as i64, tv_nsec: i64::from(patience.subsec_nanos()) };
    anyhow::ensure!(poll(&mut polled, Some(&timeout))? > 0, "process {} did not end", id.pid);
    Ok(())
}

/// Waits for a child; `false` when it lives on after `patience`.
pub fn wait_for_end(child: &mut Child, patience: Duration) -> anyhow::Result<bool> {
    let deadline = Instant::now() + patience;
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let pidfd = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    if let Some(pidfd) = &pidfd {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
        if poll(&mut [PollFd::new(pidfd, PollFlags::IN)], Some(&timeout))? == 0 {
            return Ok(false);
        }
    }
    child.wait()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_uses_memory_and_time() {
        let pid = i32::try_from(std::process::id()).expect("ids fit");
        assert!(identify(pid).is_some());
        assert!(proportional_bytes(pid) > 0);
        assert_eq!(identify(i32::MAX), None);
    }

    #[test]
    fn a_child_that_lives_on_is_told() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("sleep is everywhere");
        assert!(!wait_for_end(&mut child, Duration::from_millis(10)).expect("it can be waited for"));
        let id = identify(child.id() as i32).expect("it lives");
        signal_and_wait(id, Signal::KILL, Duration::from_secs(5)).expect("it ends");
        assert!(wait_for_end(&mut child, Duration::from_secs(5)).expect("it can be waited for"));
    }
}
