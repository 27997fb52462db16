//! The node's own numbers, from the kernel's files.

use std::path::{Path, PathBuf};

use container_interfaces::cri::v1::ImageFsInfoRequest;

use super::{Cpu, FileSystem, Interface, Memory, NodeStats, now};
use crate::effects::Effects;
use crate::node::meminfo;

/// Nanoseconds of one tick in /proc/stat.
const TICK_NANOSECONDS: u64 = 10_000_000;

/// Where the runtime keeps images; the kubelet's own directory if it does not say.
pub async fn image_root(effects: &Effects) -> PathBuf {
    let answer = effects.images.image_fs_info(ImageFsInfoRequest {}).await.unwrap_or_default();
    let mut roots = answer.image_filesystems.into_iter().filter_map(|found| found.fs_id);
    roots.next().map_or_else(|| effects.config.root_directory.clone(), |id| id.mountpoint.into())
}

/// Reads it.
pub fn read(disk: &Path, images: &Path) -> NodeStats {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let time = now();
    NodeStats {
        started: boot_time(&stat),
        cpu: Cpu { time, core_nanoseconds: cpu_nanoseconds(&stat), nano_cores: None },
        memory: memory(time),
        interfaces: interfaces(),
        disk: file_system(disk, time),
        images: file_system(images, time),
        processes: processes(),
    }
}

fn boot_time(stat: &str) -> i64 {
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "));
    line.and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

/// user, nice, system, idle, iowait, irq, softirq, steal: all but idle and iowait.
fn cpu_nanoseconds(stat: &str) -> u64 {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu ")).unwrap_or("");
    let ticks: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let used = ticks.iter().take(8).enumerate().filter(|(index, _)| !matches!(index, 3 | 4));
    used.map(|(_, ticks)| ticks).sum::<u64>() * TICK_NANOSECONDS
}

fn memory(time: i64) -> Memory {
    let bytes = |name: &str| u64::try_from(meminfo(name)).unwrap_or(0);
    let usage = bytes("MemTotal").saturating_sub(bytes("MemFree"));
    let working_set = usage.saturating_sub(bytes("Inactive(file)"));
    let vmstat = std::fs::read_to_string("/proc/vmstat").unwrap_or_default();
    let counter = |name: &str| {
        let line = vmstat.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|text| text.parse().ok()).unwrap_or(0)
    };
    Memory {
        time,
        available: Some(bytes("MemTotal").saturating_sub(working_set)),
        usage,
        working_set,
        rss: bytes("AnonPages"),
        faults: counter("pgfault"),
        major_faults: counter("pgmajfault"),
    }
}

/// Size and use of the file system below a path, or below the nearest parent that exists.
pub fn file_system(path: &Path, time: i64) -> FileSystem {
    let Some(stat) = path.ancestors().find_map(|path| rustix::fs::statvfs(path).ok()) else {
        return FileSystem::default();
    };
    let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
    FileSystem {
        time,
        available: bytes(stat.f_bavail),
        capacity: bytes(stat.f_blocks),
        used: bytes(stat.f_blocks.saturating_sub(stat.f_bfree)),
        inodes_free: stat.f_ffree,
        inodes: stat.f_files,
        inodes_used: stat.f_files.saturating_sub(stat.f_ffree),
    }
}

fn interfaces() -> Vec<Interface> {
    let routes = std::fs::read_to_string("/proc/self/net/route").unwrap_or_default();
    let mut fields = routes.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let default = fields.find(|fields| fields.get(1) == Some(&"00000000")).map(|fields| fields[0].to_owned());
    let devices = std::fs::read_to_string("/proc/self/net/dev").unwrap_or_default();
    let mut all: Vec<_> = devices.lines().filter_map(interface).collect();
    all.sort_by_key(|interface| Some(&interface.name) != default.as_ref());
    all
}

fn interface(line: &str) -> Option<Interface> {
    let (name, counters) = line.split_once(':')?;
    let counters: Vec<u64> = counters.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let at = |index: usize| counters.get(index).copied().unwrap_or(0);
    let name = name.trim();
    (name != "lo").then(|| Interface {
        name: name.to_owned(),
        rx_bytes: at(0),
        rx_errors: at(2),
        tx_bytes: at(8),
        tx_errors: at(10),
    })
}

/// Process ids there can be, and tasks there are.
pub fn processes() -> (u64, u64) {
    let max = std::fs::read_to_string("/proc/sys/kernel/pid_max").ok();
    let loadavg = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let used = loadavg.split_whitespace().nth(3).and_then(|field| field.split('/').nth(1)?.parse().ok());
    (max.and_then(|text| text.trim().parse().ok()).unwrap_or(0), used.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_time_is_not_used_time() {
        let stat = "cpu  1 2 3 1000 1000 4 5 6 7 8\ncpu0 1 1 1 1\nbtime 77\n";
        assert_eq!((cpu_nanoseconds(stat), boot_time(stat)), (21 * TICK_NANOSECONDS, 77));
    }
}
