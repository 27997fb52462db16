//! Cgroups of containers behind one trait: v1 hierarchies or the unified v2 tree.
//!
//! Only directories below the given paths are made and removed; a hierarchy is never mounted or unmounted.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::contract::{CgroupLayout, DeviceSpec, Hierarchy, Resources};

pub mod device_program;
pub mod v1;
pub mod v2;

/// Attempts to remove a cgroup whose processes are still ending.
const REMOVE_ATTEMPTS_MAX: u32 = 200;
/// Pause between two attempts.
const REMOVE_PAUSE: Duration = Duration::from_millis(1);
/// Rounds of reading and killing the processes of a cgroup.
const KILL_ROUNDS_MAX: u32 = 50;

/// One rule about device access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRule {
    /// Block device; else character device.
    pub is_block: bool,
    /// Major number; `None` for any.
    pub major: Option<u32>,
    /// Minor number; `None` for any.
    pub minor: Option<u32>,
    /// Letters of `rwm`.
    pub access: String,
}

/// What devices a container may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceRules {
    /// All (privileged containers).
    All,
    /// These only.
    Only(Vec<DeviceRule>),
}

impl DeviceRules {
    /// The usual devices (any node may be made, only these be opened) and `devices`.
    pub fn usual_and(devices: &[DeviceSpec]) -> DeviceRules {
        let rule =
            |is_block, major, minor, access: &str| DeviceRule { is_block, major, minor, access: access.to_owned() };
        let mut rules = vec![rule(false, None, None, "m"), rule(true, None, None, "m")];
        for minor in [3, 5, 7, 8, 9] {
            rules.push(rule(false, Some(1), Some(minor), "rwm"));
        }
        rules.push(rule(false, Some(5), Some(0), "rwm"));
        rules.push(rule(false, Some(5), Some(2), "rwm"));
        rules.push(rule(false, Some(136), None, "rwm"));
        for device in devices {
            rules.push(rule(device.is_block, Some(device.major), Some(device.minor), &device.access));
        }
        DeviceRules::Only(rules)
    }
}

/// What a cgroup has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time in nanoseconds.
    pub cpu_nanoseconds: u64,
    /// Memory in bytes, page cache included.
    pub memory_bytes: u64,
    /// Memory without inactive page cache.
    pub working_set_bytes: u64,
    /// Anonymous memory.
    pub rss_bytes: u64,
    /// Page faults.
    pub page_faults: u64,
    /// Page faults that read from disk.
    pub major_page_faults: u64,
    /// Memory limit; `None` when there is none.
    pub memory_limit_bytes: Option<u64>,
    /// Swap in bytes.
    pub swap_bytes: u64,
    /// Processes.
    pub processes: u64,
}

/// What can be done with cgroups. Paths begin with a slash and are the same in every hierarchy.
pub trait CgroupDriver {
    /// Makes the cgroup (and missing parents) with these limits.
    fn create(&self, path: &str, resources: &Resources, devices: &DeviceRules) -> io::Result<()>;
    /// Changes limits; fields at their default stay as they are.
    fn update(&self, path: &str, resources: &Resources) -> io::Result<()>;
    /// Moves the calling single-threaded process there.
    fn join(&self, path: &str) -> io::Result<()>;
    /// Process ids in the cgroup and below it.
    fn processes(&self, path: &str) -> Vec<i32>;
    /// Kills every process in it; returns when none is left or the rounds are used up.
    fn kill_all(&self, path: &str);
    /// Processes that were killed there for want of memory.
    fn oom_kills(&self, path: &str) -> u64;
    /// What it has used.
    fn usage(&self, path: &str) -> io::Result<Usage>;
    /// Removes the cgroup and what is below it, in every hierarchy; all processes must have been killed.
    fn remove(&self, path: &str) -> io::Result<()>;
    /// Whether containers get a cgroup namespace (v2).
    fn has_cgroup_namespace(&self) -> bool;
    /// v1: names below /sys/fs/cgroup and the directories of `path` they show; v2: empty.
    fn container_view(&self, path: &str) -> Vec<(String, PathBuf)>;
}

/// The driver for a layout.
pub fn driver(layout: &CgroupLayout) -> Box<dyn CgroupDriver + Send + Sync> {
    match layout.version {
        2 => Box::new(v2::Driver::new(layout)),
        _ => Box::new(v1::Driver::new(layout)),
    }
}

/// How this host's cgroups are laid out, from the text of /proc/self/mountinfo.
///
/// v2 only counts where no v1 hierarchy has the memory controller: on hybrid hosts the limits are in v1.
pub fn detect(mount_info: &str) -> CgroupLayout {
    let mut v1 = Vec::new();
    let mut v2 = None;
    for line in mount_info.lines() {
        let Some((mount, file_system)) = line.split_once(" - ") else { continue };
        let mount_point = mount.split(' ').nth(4).unwrap_or_default();
        let mut words = file_system.split(' ');
        let (kind, options) = (words.next().unwrap_or_default(), words.nth(1).unwrap_or_default());
        match kind {
            "cgroup" => v1.push(Hierarchy { controllers: controllers(options), mount_point: mount_point.to_owned() }),
            "cgroup2" if v2.is_none() => {
                v2 = Some(Hierarchy { controllers: String::new(), mount_point: mount_point.to_owned() });
            }
            _ => {}
        }
    }
    v1.retain(|hierarchy| !hierarchy.controllers.is_empty());
    // The same hierarchy may be mounted more than once: the first one counts.
    let mut seen = Vec::new();
    v1.retain(|hierarchy| {
        let is_new = !seen.contains(&hierarchy.controllers);
        seen.push(hierarchy.controllers.clone());
        is_new
    });
    match v2 {
        Some(v2) if !v1.iter().any(|hierarchy| hierarchy.controllers.split(',').any(|name| name == "memory")) => {
            CgroupLayout { version: 2, hierarchies: vec![v2] }
        }
        _ => CgroupLayout { version: 1, hierarchies: v1 },
    }
}

fn controllers(options: &str) -> String {
    const KNOWN: [&str; 13] = [
        "cpu",
        "cpuacct",
        "cpuset",
        "memory",
        "devices",
        "freezer",
        "blkio",
        "pids",
        "net_cls",
        "net_prio",
        "perf_event",
        "hugetlb",
        "rdma",
    ];
    let wanted = options.split(',').filter(|option| KNOWN.contains(option) || option.starts_with("name="));
    wanted.collect::<Vec<_>>().join(",")
}

/// Removes `directory` and the cgroups below it; waits a little for processes that are still ending.
fn remove_tree(directory: &Path) -> io::Result<()> {
    for attempt in 0.. {
        match remove_once(directory) {
            Err(error) if error.raw_os_error() == Some(libc::EBUSY) && attempt < REMOVE_ATTEMPTS_MAX => {
                std::thread::sleep(REMOVE_PAUSE);
            }
            outcome => return outcome,
        }
    }
    Ok(())
}

fn remove_once(directory: &Path) -> io::Result<()> {
    match std::fs::remove_dir(directory) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(_) => {}
    }
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_once(&entry.path())?;
        }
    }
    match std::fs::remove_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

/// Process ids in `directory` and below.
fn processes_below(directory: &Path) -> Vec<i32> {
    let mut found: Vec<i32> = std::fs::read_to_string(directory.join("cgroup.procs"))
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.parse().ok())
        .collect();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(processes_below(&entry.path()));
        }
    }
    found
}

fn kill(processes: &[i32]) {
    for pid in processes.iter().filter_map(|pid| rustix::process::Pid::from_raw(*pid)) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

fn write(file: &Path, value: &str) -> io::Result<()> {
    use std::io::Write;
    let written =
        std::fs::OpenOptions::new().write(true).open(file).and_then(|mut open| open.write_all(value.as_bytes()));
    written.map_err(|error| io::Error::new(error.kind(), format!("write {value:?} to {}: {error}", file.display())))
}

fn write_number(file: &Path, value: impl ToString) -> io::Result<()> {
    write(file, &value.to_string())
}

fn read_number(file: &Path) -> Option<u64> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// The number behind `key` in a file of `key number` lines.
fn keyed_number(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '))?;
    line.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hybrid_host_is_v1_and_a_pure_one_v2() {
        let hybrid = "\
            27 26 0:24 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct\n\
            28 26 0:25 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
            29 26 0:26 / /sys/fs/cgroup/systemd rw shared:3 - cgroup cgroup rw,xattr,name=systemd\n\
            30 26 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n";
        let layout = detect(hybrid);
        let names: Vec<&str> = layout.hierarchies.iter().map(|found| found.controllers.as_str()).collect();
        assert_eq!((layout.version, names), (1, vec!["cpu,cpuacct", "memory", "name=systemd"]));
        let pure = detect("30 26 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n");
        assert_eq!((pure.version, pure.hierarchies[0].mount_point.as_str()), (2, "/sys/fs/cgroup"));
    }

    #[test]
    fn numbers_are_found_by_their_whole_key() {
        let text = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n";
        assert_eq!(keyed_number(text, "oom_kill"), Some(3));
        assert_eq!(keyed_number(text, "oom"), None);
    }
}
