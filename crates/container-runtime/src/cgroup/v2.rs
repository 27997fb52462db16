//! cgroup v2: one tree, controllers handed down through `cgroup.subtree_control`.

use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use super::{
    CgroupDriver, DeviceRules, KILL_ROUNDS_MAX, REMOVE_PAUSE, Usage, device_program, keyed_number, kill,
    processes_below, read_number, remove_tree, write, write_number,
};
use crate::contract::{CgroupLayout, Resources};
use crate::sys;

/// Controllers that are handed down where the host has them.
const CONTROLLERS: [&str; 6] = ["cpu", "cpuset", "memory", "pids", "io", "hugetlb"];
/// CPU period when only a quota is given, in microseconds.
const CPU_PERIOD_DEFAULT: u64 = 100_000;

/// The v2 driver.
pub struct Driver {
    mount_point: PathBuf,
}

impl Driver {
    /// Over the tree of `layout`.
    pub fn new(layout: &CgroupLayout) -> Driver {
        let mount_point = layout.hierarchies.first().map_or("/sys/fs/cgroup", |found| &found.mount_point);
        Driver { mount_point: mount_point.into() }
    }

    fn directory(&self, path: &str) -> PathBuf {
        self.mount_point.join(path.trim_start_matches('/'))
    }
}

impl CgroupDriver for Driver {
    fn create(&self, path: &str, resources: &Resources, devices: &DeviceRules) -> io::Result<()> {
        let mut directory = self.mount_point.clone();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            hand_down_controllers(&directory)?;
            directory.push(name);
            match std::fs::create_dir(&directory) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        if let DeviceRules::Only(rules) = devices {
            let open = std::fs::File::open(&directory)?;
            sys::attach_device_program(open.as_fd(), &device_program::compile(rules))?;
        }
        self.update(path, resources)
    }

    fn update(&self, path: &str, resources: &Resources) -> io::Result<()> {
        let directory = self.directory(path);
        if resources.cpu_shares > 0 {
            write_number(&directory.join("cpu.weight"), weight_from_shares(resources.cpu_shares))?;
        }
        if resources.cpu_quota != 0 || resources.cpu_period > 0 {
            let quota = if resources.cpu_quota > 0 { resources.cpu_quota.to_string() } else { "max".into() };
            let period = if resources.cpu_period > 0 { resources.cpu_period } else { CPU_PERIOD_DEFAULT };
            write(&directory.join("cpu.max"), &format!("{quota} {period}"))?;
        }
        set_memory(&directory, resources)?;
        if !resources.cpuset_cpus.is_empty() {
            write(&directory.join("cpuset.cpus"), &resources.cpuset_cpus)?;
        }
        if !resources.cpuset_mems.is_empty() {
            write(&directory.join("cpuset.mems"), &resources.cpuset_mems)?;
        }
        if resources.pids > 0 {
            write_number(&directory.join("pids.max"), resources.pids)?;
        }
        for limit in &resources.hugepages {
            let file = directory.join(format!("hugetlb.{}.max", limit.name));
            if file.exists() {
                write(&file, &limit.value)?;
            }
        }
        for setting in &resources.unified {
            if setting.name.contains('/') {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!("unified: no such file {:?}", setting.name),
                ));
            }
            write(&directory.join(&setting.name), &setting.value)?;
        }
        Ok(())
    }

    fn join(&self, path: &str) -> io::Result<()> {
        write(&self.directory(path).join("cgroup.procs"), "0")
    }

    fn processes(&self, path: &str) -> Vec<i32> {
        processes_below(&self.directory(path))
    }

    fn kill_all(&self, path: &str) {
        let directory = self.directory(path);
        for _ in 0..KILL_ROUNDS_MAX {
            let processes = self.processes(path);
            if processes.is_empty() {
                return;
            }
            // Kernels before 5.14 have no cgroup.kill.
            if write(&directory.join("cgroup.kill"), "1").is_err() {
                kill(&processes);
            }
            std::thread::sleep(REMOVE_PAUSE);
        }
    }

    fn oom_kills(&self, path: &str) -> u64 {
        let text = std::fs::read_to_string(self.directory(path).join("memory.events"));
        text.ok().and_then(|text| keyed_number(&text, "oom_kill")).unwrap_or(0)
    }

    fn usage(&self, path: &str) -> io::Result<Usage> {
        let directory = self.directory(path);
        let memory = std::fs::read_to_string(directory.join("memory.stat"))?;
        let number = |key| keyed_number(&memory, key).unwrap_or(0);
        let memory_bytes = read_number(&directory.join("memory.current")).ok_or(io::ErrorKind::NotFound)?;
        let cpu = std::fs::read_to_string(directory.join("cpu.stat"))?;
        Ok(Usage {
            cpu_nanoseconds: keyed_number(&cpu, "usage_usec").unwrap_or(0).saturating_mul(1_000),
            memory_bytes,
            working_set_bytes: memory_bytes.saturating_sub(number("inactive_file")),
            rss_bytes: number("anon"),
            page_faults: number("pgfault"),
            major_page_faults: number("pgmajfault"),
            memory_limit_bytes: read_number(&directory.join("memory.max")),
            swap_bytes: read_number(&directory.join("memory.swap.current")).unwrap_or(0),
            processes: read_number(&directory.join("pids.current")).unwrap_or(0),
        })
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        remove_tree(&self.directory(path))
    }

    fn has_cgroup_namespace(&self) -> bool {
        true
    }

    fn container_view(&self, _path: &str) -> Vec<(String, PathBuf)> {
        Vec::new()
    }
}

fn hand_down_controllers(directory: &Path) -> io::Result<()> {
    let available = std::fs::read_to_string(directory.join("cgroup.controllers"))?;
    let enabled = std::fs::read_to_string(directory.join("cgroup.subtree_control"))?;
    let has = |list: &str, name: &str| list.split_whitespace().any(|word| word == name);
    let missing = CONTROLLERS.iter().filter(|name| has(&available, name) && !has(&enabled, name));
    let change: Vec<String> = missing.map(|name| format!("+{name}")).collect();
    match change.is_empty() {
        true => Ok(()),
        false => write(&directory.join("cgroup.subtree_control"), &change.join(" ")),
    }
}

/// v1 shares (2 to 262,144) on v2's scale (1 to 10,000), as the kubelet converts them.
fn weight_from_shares(shares: u64) -> u64 {
    1 + (shares.clamp(2, 262_144) - 2) * 9_999 / 262_142
}

fn set_memory(directory: &Path, resources: &Resources) -> io::Result<()> {
    let text = |bytes: i64| if bytes < 0 { "max".to_owned() } else { bytes.to_string() };
    if resources.memory_bytes != 0 {
        write(&directory.join("memory.max"), &text(resources.memory_bytes))?;
    }
    let swap_file = directory.join("memory.swap.max");
    // v1 limits memory and swap together, v2 swap alone.
    match (resources.memory_swap_bytes, resources.memory_bytes) {
        (0, _) => Ok(()),
        _ if !swap_file.exists() => Ok(()),
        (swap, memory) if swap > 0 && memory > 0 => write_number(&swap_file, swap.saturating_sub(memory).max(0)),
        (swap, _) => write(&swap_file, &text(swap)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Hierarchy, Pair};

    /// A directory that looks like a v2 tree as far as files are written; removed at the end.
    struct Fake(PathBuf);

    impl Fake {
        fn new(name: &str) -> (Fake, Driver) {
            let root = std::env::temp_dir().join(format!("corten-v2-{name}-{}", std::process::id()));
            let _ = std::fs::remove_dir_all(&root);
            for directory in ["", "pods", "pods/one"] {
                std::fs::create_dir_all(root.join(directory)).expect("temporary files can be made");
                for (file, text) in
                    [("cgroup.controllers", "cpu memory pids rdma\n"), ("cgroup.subtree_control", "cpu\n")]
                {
                    std::fs::write(root.join(directory).join(file), text).expect("temporary files can be made");
                }
            }
            for file in ["cpu.weight", "cpu.max", "memory.max", "memory.swap.max", "pids.max", "memory.high"] {
                std::fs::write(root.join("pods/one").join(file), "").expect("temporary files can be made");
            }
            let mount_point = root.to_str().expect("the temporary path is text").to_owned();
            let layout =
                CgroupLayout { version: 2, hierarchies: vec![Hierarchy { mount_point, ..Hierarchy::default() }] };
            (Fake(root), Driver::new(&layout))
        }

        fn read(&self, file: &str) -> String {
            std::fs::read_to_string(self.0.join(file)).expect("the file is there")
        }
    }

    impl Drop for Fake {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn limits_are_written_in_v2_terms_and_controllers_handed_down() {
        let (fake, driver) = Fake::new("limits");
        let resources = Resources {
            cpu_shares: 1024,
            cpu_quota: 50_000,
            memory_bytes: 1000,
            memory_swap_bytes: 1000,
            pids: 7,
            unified: vec![Pair { name: "memory.high".into(), value: "900".into() }],
            ..Resources::default()
        };
        driver.create("/pods/one", &resources, &DeviceRules::All).expect("the fake takes every write");
        assert_eq!(fake.read("cgroup.subtree_control"), "+memory +pids");
        assert_eq!(fake.read("pods/one/cpu.weight"), "39");
        assert_eq!(fake.read("pods/one/cpu.max"), "50000 100000");
        assert_eq!(fake.read("pods/one/memory.max"), "1000");
        assert_eq!(fake.read("pods/one/memory.swap.max"), "0");
        assert_eq!(fake.read("pods/one/pids.max"), "7");
        assert_eq!(fake.read("pods/one/memory.high"), "900");
    }

    #[test]
    fn a_limit_outside_of_the_cgroup_is_refused() {
        let (_fake, driver) = Fake::new("outside");
        let unified = vec![Pair { name: "../memory.max".into(), value: "1".into() }];
        assert!(driver.update("/pods/one", &Resources { unified, ..Resources::default() }).is_err());
    }

    #[test]
    fn usage_is_read_from_the_v2_files() {
        let (fake, driver) = Fake::new("usage");
        let files = [
            ("memory.stat", "anon 10\nfile 90\ninactive_file 30\npgfault 5\npgmajfault 1\n"),
            ("memory.current", "100\n"),
            ("memory.max", "max\n"),
            ("cpu.stat", "usage_usec 12\nuser_usec 3\n"),
            ("memory.events", "low 0\noom 1\noom_kill 2\n"),
        ];
        for (file, text) in files {
            std::fs::write(fake.0.join("pods/one").join(file), text).expect("temporary files can be made");
        }
        let usage = driver.usage("/pods/one").expect("all files are there");
        let expected = Usage {
            cpu_nanoseconds: 12_000,
            memory_bytes: 100,
            working_set_bytes: 70,
            rss_bytes: 10,
            page_faults: 5,
            major_page_faults: 1,
            ..Usage::default()
        };
        assert_eq!(usage, expected);
        assert_eq!(driver.oom_kills("/pods/one"), 2);
    }
}
