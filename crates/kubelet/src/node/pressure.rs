//! Whether the node runs out of something.

use std::path::Path;

use super::machine::meminfo;
use crate::config::Config;

/// What is running out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pressure {
    pub has_memory: bool,
    pub has_disk: bool,
    pub has_pid: bool,
}

/// Free inodes below this part of all count as disk pressure, in percent (upstream's).
const INODES_FREE_PERCENT_MIN: u64 = 5;
/// Free process ids below this part of all count as pressure, in percent.
const PIDS_FREE_PERCENT_MIN: u64 = 1;

/// Looks.
pub fn read(config: &Config) -> Pressure {
    Pressure {
        has_memory: u64::try_from(meminfo("MemAvailable")).unwrap_or(0) < config.memory_available_bytes_min,
        has_disk: is_disk_short(&config.root_directory, config.disk_available_percent_min),
        has_pid: is_pid_short(),
    }
}

fn is_disk_short(directory: &Path, percent_min: u64) -> bool {
    let Some(stat) = directory.ancestors().find_map(|path| rustix::fs::statvfs(path).ok()) else { return false };
    let is_short =
        |free: u64, all: u64, percent: u64| all > 0 && u128::from(free) * 100 < u128::from(all) * u128::from(percent);
    is_short(stat.f_bavail, stat.f_blocks, percent_min)
        || is_short(stat.f_favail, stat.f_files, INODES_FREE_PERCENT_MIN)
}

fn is_pid_short() -> bool {
    let number = |text: String| text.trim().parse::<u64>().ok();
    let max = std::fs::read_to_string("/proc/sys/kernel/pid_max").ok().and_then(number);
    // The fourth field of loadavg is running/all.
    let loadavg = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let used = loadavg.split_whitespace().nth(3).and_then(|field| field.split('/').nth(1)?.parse::<u64>().ok());
    matches!((max, used), (Some(max), Some(used)) if max.saturating_sub(used) * 100 < max * PIDS_FREE_PERCENT_MIN)
}
