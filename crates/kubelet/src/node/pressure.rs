//! Whether the node runs out of something.

use std::path::Path;
use std::time::Duration;

use parking_lot::Mutex;

use super::machine::meminfo;
use crate::config::Config;

/// What is running out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pressure {
    /// Memory.
    pub has_memory: bool,
    /// Disk space or inodes.
    pub has_disk: bool,
    /// Process ids.
    pub has_pid: bool,
}

/// Pressure that is over is shown for this long, so that nothing is sent back to a node at once (upstream's).
const HELD: Duration = Duration::from_secs(300);

/// Pressure as the Node shows it.
#[derive(Debug, Default)]
pub struct ShownPressure {
    /// When each kind was last there, on the boot clock.
    last: Mutex<[Option<Duration>; 3]>,
}

impl ShownPressure {
    /// Takes in what is now.
    pub fn note(&self, now: Pressure, boot: Duration) -> Pressure {
        let mut last = self.last.lock();
        let kinds = [now.has_memory, now.has_disk, now.has_pid];
        for (slot, _) in last.iter_mut().zip(kinds).filter(|(_, is_there)| *is_there) {
            *slot = Some(boot);
        }
        let shown = last.map(|at| at.is_some_and(|at| boot.saturating_sub(at) < HELD));
        Pressure { has_memory: shown[0], has_disk: shown[1], has_pid: shown[2] }
    }
}

/// Free inodes below this part of all count as disk pressure, in percent (upstream's).
const INODES_FREE_PERCENT_MIN: u128 = 5;
/// Free process ids below this part of all count as pressure, in percent.
const PIDS_FREE_PERCENT_MIN: u64 = 1;

/// Looks.
pub fn read(config: &Config) -> Pressure {
    Pressure {
        has_memory: u64::try_from(meminfo("MemAvailable")).unwrap_or(0) < config.memory_available_bytes_min,
        has_disk: is_disk_short(&config.root_directory, config),
        has_pid: is_pid_short(),
    }
}

fn is_disk_short(directory: &Path, config: &Config) -> bool {
    let Some(stat) = directory.ancestors().find_map(|path| rustix::fs::statvfs(path).ok()) else { return false };
    let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
    let is_short_of_inodes =
        stat.f_files > 0 && u128::from(stat.f_favail) * 100 < u128::from(stat.f_files) * INODES_FREE_PERCENT_MIN;
    bytes(stat.f_bavail) < config.disk_available_min(bytes(stat.f_blocks)) || is_short_of_inodes
}

fn is_pid_short() -> bool {
    let number = |text: String| text.trim().parse::<u64>().ok();
    let max = std::fs::read_to_string("/proc/sys/kernel/pid_max").ok().and_then(number);
    // The fourth field of loadavg is running/all.
    let loadavg = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let used = loadavg.split_whitespace().nth(3).and_then(|field| field.split('/').nth(1)?.parse::<u64>().ok());
    matches!((max, used), (Some(max), Some(used)) if max.saturating_sub(used) * 100 < max * PIDS_FREE_PERCENT_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pressure_that_is_over_shows_a_while_longer() {
        let shown = ShownPressure::default();
        let at = |has_disk: bool, second: u64| {
            shown.note(Pressure { has_disk, ..Pressure::default() }, Duration::from_secs(second)).has_disk
        };
        assert_eq!([at(false, 1), at(true, 2), at(false, 200), at(false, 302)], [false, true, true, false]);
    }
}
