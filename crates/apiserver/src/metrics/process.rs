//! `process_*` metrics, read from `/proc/self`.

use std::fmt::Write;
use std::fs;

use super::family;

/// Clock ticks per second of `/proc/self/stat` on Linux.
const TICKS_PER_SECOND: f64 = 100.0;
/// Bytes per page of `/proc/self/stat`.
const PAGE_BYTES: u64 = 4096;

/// Appends the family of `process_*` metrics; leaves out what cannot be read.
pub fn write(out: &mut String) {
    if let Some(stat) = fs::read_to_string("/proc/self/stat").ok().and_then(|text| parse_stat(&text)) {
        gauge(out, "process_cpu_seconds_total", "counter", stat.cpu_seconds);
        gauge(out, "process_resident_memory_bytes", "gauge", stat.resident_bytes as f64);
        gauge(out, "process_virtual_memory_bytes", "gauge", stat.virtual_bytes as f64);
        if let Some(boot) = boot_time_seconds() {
            gauge(out, "process_start_time_seconds", "gauge", boot + stat.start_seconds);
        }
    }
    if let Ok(entries) = fs::read_dir("/proc/self/fd") {
        gauge(out, "process_open_fds", "gauge", entries.count() as f64);
    }
    if let Some(limit) = fs::read_to_string("/proc/self/limits").ok().and_then(|text| open_files_max(&text)) {
        gauge(out, "process_max_fds", "gauge", limit);
    }
}

fn gauge(out: &mut String, name: &str, kind: &str, value: f64) {
    family(out, name, kind, "Of the server's process.");
    let _ = writeln!(out, "{name} {value}");
}

#[derive(Debug, PartialEq)]
struct Stat {
    cpu_seconds: f64,
    start_seconds: f64,
    virtual_bytes: u64,
    resident_bytes: u64,
}

/// Fields behind the command's closing parenthesis (proc(5)).
fn parse_stat(text: &str) -> Option<Stat> {
    let (_, fields) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let number = |at: usize| fields.get(at)?.trim().parse::<u64>().ok();
    Some(Stat {
        cpu_seconds: (number(11)? + number(12)?) as f64 / TICKS_PER_SECOND,
        start_seconds: number(19)? as f64 / TICKS_PER_SECOND,
        virtual_bytes: number(20)?,
        resident_bytes: number(21)? * PAGE_BYTES,
    })
}

fn boot_time_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok())
}

fn open_files_max(limits: &str) -> Option<f64> {
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_is_read_behind_any_command_name() {
        let text = "7 (a ) b) S 1 1 1 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 3 0 1000 8192 2 18446744073709551615 1";
        let expected = Stat { cpu_seconds: 2.0, start_seconds: 10.0, virtual_bytes: 8192, resident_bytes: 8192 };
        assert_eq!(parse_stat(text), Some(expected));
        assert_eq!(parse_stat("garbage"), None);
    }

    #[test]
    fn the_limit_of_open_files_is_found() {
        assert_eq!(
            open_files_max("Max open files            1024                 4096                 files\n"),
            Some(1024.0)
        );
    }
}
