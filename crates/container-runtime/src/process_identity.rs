//! Telling processes apart for good: boot, process id and start time.

use serde::{Deserialize, Serialize};

/// A process that can be found again after a restart, and is never mistaken for a later one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessIdentity {
    /// The kernel's id of this boot.
    pub boot_id: String,
    /// Process id.
    pub pid: i32,
    /// Start time in clock ticks since boot.
    pub start_ticks: u64,
}

impl ProcessIdentity {
    /// That of a running process; `None` when it is gone.
    pub fn of(pid: i32) -> Option<ProcessIdentity> {
        Some(ProcessIdentity { boot_id: boot_id(), pid, start_ticks: start_ticks(pid)? })
    }

    /// Whether it still runs.
    pub fn is_alive(&self) -> bool {
        self.boot_id == boot_id() && start_ticks(self.pid) == Some(self.start_ticks)
    }
}

/// The kernel's id of this boot.
pub fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

/// Start time of a process in clock ticks since boot; `None` when it is gone or a zombie.
pub fn start_ticks(pid: i32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything: the fields begin behind its end.
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_found_again_and_another_start_time_is_another_process() {
        let own = ProcessIdentity::of(std::process::id() as i32).expect("this process runs");
        assert!(own.is_alive());
        assert!(!ProcessIdentity { start_ticks: own.start_ticks + 1, ..own.clone() }.is_alive());
        assert!(!ProcessIdentity { boot_id: "other".into(), ..own }.is_alive());
    }
}
