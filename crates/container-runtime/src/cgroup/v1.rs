//! cgroup v1: one directory per hierarchy.

use std::io;
use std::path::{Path, PathBuf};

use super::{
    CgroupDriver, DeviceRule, DeviceRules, KILL_ROUNDS_MAX, REMOVE_PAUSE, Usage, keyed_number, kill, processes_below,
    read_number, remove_tree, write, write_number,
};
use crate::contract::{CgroupLayout, Resources};

/// Memory limits from here on mean none (the kernel rounds its maximum down to a page).
const UNLIMITED_FROM: u64 = 1 << 62;

struct Tree {
    controllers: Vec<String>,
    mount_point: PathBuf,
}

impl Tree {
    fn has(&self, controller: &str) -> bool {
        self.controllers.iter().any(|name| name == controller)
    }

    fn directory(&self, path: &str) -> PathBuf {
        self.mount_point.join(path.trim_start_matches('/'))
    }
}

/// The v1 driver.
pub struct Driver {
    trees: Vec<Tree>,
}

impl Driver {
    /// Over the hierarchies of `layout`.
    pub fn new(layout: &CgroupLayout) -> Driver {
        let trees = layout.hierarchies.iter().map(|found| Tree {
            controllers: found.controllers.split(',').map(str::to_owned).collect(),
            mount_point: PathBuf::from(&found.mount_point),
        });
        Driver { trees: trees.collect() }
    }

    fn directory(&self, controller: &str, path: &str) -> Option<PathBuf> {
        let tree = self.trees.iter().find(|tree| tree.has(controller))?;
        Some(tree.directory(path))
    }

    fn set_freezer(&self, path: &str, state: &str) {
        if let Some(directory) = self.directory("freezer", path) {
            let _ = write(&directory.join("freezer.state"), state);
        }
    }
}

impl CgroupDriver for Driver {
    fn create(&self, path: &str, resources: &Resources, devices: &DeviceRules) -> io::Result<()> {
        for tree in &self.trees {
            make_directories(&tree.mount_point, path, tree.has("cpuset"))?;
        }
        if let Some(directory) = self.directory("devices", path) {
            set_devices(&directory, devices)?;
        }
        self.update(path, resources)
    }

    fn update(&self, path: &str, resources: &Resources) -> io::Result<()> {
        if let Some(directory) = self.directory("cpu", path) {
            set_cpu(&directory, resources)?;
        }
        if let Some(directory) = self.directory("memory", path) {
            set_memory(&directory, resources)?;
        }
        if let Some(directory) = self.directory("cpuset", path) {
            if !resources.cpuset_cpus.is_empty() {
                write(&directory.join("cpuset.cpus"), &resources.cpuset_cpus)?;
            }
            if !resources.cpuset_mems.is_empty() {
                write(&directory.join("cpuset.mems"), &resources.cpuset_mems)?;
            }
        }
        if resources.pids > 0
            && let Some(directory) = self.directory("pids", path)
        {
            write_number(&directory.join("pids.max"), resources.pids)?;
        }
        if let Some(directory) = self.directory("hugetlb", path) {
            for limit in &resources.hugepages {
                write(&directory.join(format!("hugetlb.{}.limit_in_bytes", limit.name)), &limit.value)?;
            }
        }
        Ok(())
    }

    fn join(&self, path: &str) -> io::Result<()> {
        for tree in &self.trees {
            // A thread that moves itself through `tasks` needs no lock over all processes, `cgroup.procs` would.
            write(&tree.directory(path).join("tasks"), "0")?;
        }
        Ok(())
    }

    fn processes(&self, path: &str) -> Vec<i32> {
        let existing = self.trees.iter().map(|tree| tree.directory(path)).find(|directory| directory.exists());
        existing.map(|directory| processes_below(&directory)).unwrap_or_default()
    }

    fn kill_all(&self, path: &str) {
        for _ in 0..KILL_ROUNDS_MAX {
            // Frozen processes cannot fork away from the kill.
            self.set_freezer(path, "FROZEN");
            let processes = self.processes(path);
            kill(&processes);
            self.set_freezer(path, "THAWED");
            if processes.is_empty() {
                return;
            }
            std::thread::sleep(REMOVE_PAUSE);
        }
    }

    fn oom_kills(&self, path: &str) -> u64 {
        let file = self.directory("memory", path).map(|directory| directory.join("memory.oom_control"));
        let text = file.and_then(|file| std::fs::read_to_string(file).ok());
        text.and_then(|text| keyed_number(&text, "oom_kill")).unwrap_or(0)
    }

    fn usage(&self, path: &str) -> io::Result<Usage> {
        let memory = self.directory("memory", path).ok_or(io::ErrorKind::Unsupported)?;
        let memory_bytes = read_number(&memory.join("memory.usage_in_bytes")).ok_or(io::ErrorKind::NotFound)?;
        let statistics = std::fs::read_to_string(memory.join("memory.stat"))?;
        let number = |key| keyed_number(&statistics, key).unwrap_or(0);
        let cpu = self.directory("cpuacct", path).and_then(|directory| read_number(&directory.join("cpuacct.usage")));
        let pids = self.directory("pids", path).and_then(|directory| read_number(&directory.join("pids.current")));
        let limit = read_number(&memory.join("memory.limit_in_bytes"));
        Ok(Usage {
            cpu_nanoseconds: cpu.unwrap_or(0),
            memory_bytes,
            working_set_bytes: memory_bytes.saturating_sub(number("total_inactive_file")),
            rss_bytes: number("total_rss"),
            page_faults: number("total_pgfault"),
            major_page_faults: number("total_pgmajfault"),
            memory_limit_bytes: limit.filter(|bytes| *bytes < UNLIMITED_FROM),
            swap_bytes: number("total_swap"),
            processes: pids.unwrap_or(0),
        })
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        let outcomes: Vec<io::Result<()>> = self.trees.iter().map(|tree| remove_tree(&tree.directory(path))).collect();
        outcomes.into_iter().collect()
    }

    fn has_cgroup_namespace(&self) -> bool {
        false
    }

    fn container_view(&self, path: &str) -> Vec<(String, PathBuf)> {
        let named = self.trees.iter().filter_map(|tree| {
            let name = tree.mount_point.file_name()?.to_str()?.to_owned();
            Some((name, tree.directory(path)))
        });
        named.collect()
    }
}

/// Makes `path` below `root`. A new cpuset has no CPUs until it gets some: its parent's.
fn make_directories(root: &Path, path: &str, is_cpuset: bool) -> io::Result<()> {
    let full = root.join(path.trim_start_matches('/'));
    if !is_cpuset {
        return std::fs::create_dir_all(&full);
    }
    make_cpuset(root, &full)
}

fn make_cpuset(root: &Path, directory: &Path) -> io::Result<()> {
    let parent = directory.parent().unwrap_or(root);
    match std::fs::create_dir(directory) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound && parent != root => {
            make_cpuset(root, parent)?;
            return make_cpuset(root, directory);
        }
        Err(error) => return Err(error),
    }
    for file in ["cpuset.cpus", "cpuset.mems"] {
        if std::fs::read_to_string(directory.join(file))?.trim().is_empty() {
            // Whoever made the parent may not have given it any.
            if parent != root && std::fs::read_to_string(parent.join(file))?.trim().is_empty() {
                make_cpuset(root, parent)?;
            }
            write(&directory.join(file), std::fs::read_to_string(parent.join(file))?.trim())?;
        }
    }
    Ok(())
}

fn set_cpu(directory: &Path, resources: &Resources) -> io::Result<()> {
    if resources.cpu_shares > 0 {
        write_number(&directory.join("cpu.shares"), resources.cpu_shares)?;
    }
    if resources.cpu_period > 0 {
        write_number(&directory.join("cpu.cfs_period_us"), resources.cpu_period)?;
    }
    if resources.cpu_quota != 0 {
        write_number(&directory.join("cpu.cfs_quota_us"), resources.cpu_quota)?;
    }
    Ok(())
}

/// Memory must not be above memory and swap at any moment: which one comes first depends on the direction.
fn set_memory(directory: &Path, resources: &Resources) -> io::Result<()> {
    let limit_file = directory.join("memory.limit_in_bytes");
    let swap_file = directory.join("memory.memsw.limit_in_bytes");
    let set_limit = || match resources.memory_bytes {
        0 => Ok(()),
        bytes => write_number(&limit_file, bytes),
    };
    let set_swap = || match resources.memory_swap_bytes {
        0 => Ok(()),
        _ if !swap_file.exists() => Ok(()),
        bytes => write_number(&swap_file, bytes),
    };
    if set_limit().is_ok() {
        return set_swap();
    }
    set_swap()?;
    set_limit()
}

fn set_devices(directory: &Path, rules: &DeviceRules) -> io::Result<()> {
    match rules {
        DeviceRules::All => write(&directory.join("devices.allow"), "a"),
        DeviceRules::Only(rules) => {
            write(&directory.join("devices.deny"), "a")?;
            let allow = directory.join("devices.allow");
            rules.iter().try_for_each(|rule| write(&allow, &device_line(rule)))
        }
    }
}

fn device_line(rule: &DeviceRule) -> String {
    let number = |number: Option<u32>| number.map_or("*".to_owned(), |number| number.to_string());
    let kind = if rule.is_block { 'b' } else { 'c' };
    format!("{kind} {}:{} {}", number(rule.major), number(rule.minor), rule.access)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_rules_are_written_as_the_kernel_reads_them() {
        let DeviceRules::Only(rules) = DeviceRules::usual_and(&[]) else { panic!("not all") };
        let lines: Vec<String> = rules.iter().map(device_line).collect();
        assert_eq!(lines[..3], ["c *:* m", "b *:* m", "c 1:3 rwm"]);
        assert_eq!(lines.last().map(String::as_str), Some("c 136:* rwm"));
    }
}
