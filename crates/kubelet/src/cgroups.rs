//! The cgroup tree of Pods: `<root>/kubepods[/burstable|/besteffort]/pod<uid>`, on v1 hierarchies and on the
//! unified v2 tree.
//!
//! Only directories below the root are made and removed; no hierarchy is ever mounted or unmounted.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::k8s_openapi::api::core::v1::Pod;

use crate::resources::{self, CPU_PERIOD_MICROS, CPU_SHARES_MIN, Qos};
use crate::spec;

/// Top of the tree, below the configured root.
const TOP: &str = "kubepods";
/// v1 hierarchies in which Pods' directories are made; the runtime makes the others' as it needs them.
const V1_CONTROLLERS: [&str; 4] = ["cpu", "memory", "cpuset", "pids"];
/// v2 controllers that are handed down the tree.
const V2_CONTROLLERS: [&str; 5] = ["cpu", "memory", "pids", "cpuset", "io"];
/// Attempts to remove a directory whose last process is just ending, and the pause between them.
const REMOVE_ATTEMPTS_MAX: u32 = 100;
const REMOVE_PAUSE: Duration = Duration::from_millis(2);
/// Levels below a Pod's cgroup.
const DEPTH_MAX: usize = 32;

/// Memory limits from here on mean none (v1 rounds its maximum down to a page).
const UNLIMITED_FROM: i64 = 1 << 62;

/// What a Pod's cgroup is held to; 0 stands for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodLimits {
    /// CPU quota in microseconds per period.
    pub cpu_quota: i64,
    /// Memory in bytes.
    pub memory_bytes: i64,
}

/// The tree.
#[derive(Clone, Debug)]
pub struct Cgroups {
    mount: PathBuf,
    root: String,
    is_v2: bool,
}

impl Cgroups {
    /// Finds out what is mounted at `mount` (`/sys/fs/cgroup`). `root` is the cgroup that all is made below
    /// (`/` or `/corten`).
    pub fn new(mount: &Path, root: &str) -> Cgroups {
        let root = root.trim_matches('/');
        let root = if root.is_empty() { String::new() } else { format!("/{root}") };
        Cgroups { mount: mount.to_owned(), root, is_v2: mount.join("cgroup.controllers").exists() }
    }

    /// Whether this is the unified tree.
    pub fn is_v2(&self) -> bool {
        self.is_v2
    }

    /// A Pod's cgroup, from the top of the hierarchies.
    pub fn pod_path(&self, pod: &Pod) -> String {
        self.path(resources::qos(pod), spec::uid(pod))
    }

    fn path(&self, qos: Qos, uid: &str) -> String {
        format!("{}/pod{uid}", self.class_path(qos))
    }

    fn class_path(&self, qos: Qos) -> String {
        let top = format!("{}/{TOP}", self.root);
        match qos {
            Qos::Guaranteed => top,
            Qos::Burstable => format!("{top}/burstable"),
            Qos::BestEffort => format!("{top}/besteffort"),
        }
    }

    /// Makes the top of the tree, which holds all Pods to what is not kept back for others, and the classes.
    pub fn make_classes(&self, milli_cpu: i64, memory_bytes: i64) -> io::Result<()> {
        let top = self.class_path(Qos::Guaranteed);
        self.make(&top)?;
        self.set_shares(&top, resources::cpu_shares(milli_cpu))?;
        if memory_bytes > 0 {
            self.set_memory(&top, memory_bytes)?;
        }
        for class in [Qos::Burstable, Qos::BestEffort] {
            self.make(&self.class_path(class))?;
            self.set_shares(&self.class_path(class), CPU_SHARES_MIN)?;
        }
        Ok(())
    }

    /// Sets the shares of all burstable Pods together.
    pub fn set_burstable(&self, milli_cpu: i64) -> io::Result<()> {
        self.set_shares(&self.class_path(Qos::Burstable), resources::cpu_shares(milli_cpu))
    }

    /// Makes a Pod's cgroup with its limits.
    pub fn make_pod(&self, pod: &Pod) -> io::Result<()> {
        let path = self.pod_path(pod);
        self.make(&path)?;
        self.set_shares(&path, self.shares_of(pod))?;
        if let Some(quota) = self.quota_of(pod) {
            self.set_quota(&path, quota)?;
        }
        if let Some(bytes) = self.memory_of(pod) {
            self.set_memory(&path, bytes)?;
        }
        Ok(())
    }

    /// The memory limit that a Pod's cgroup is to have; `None` when it is to have none of its own.
    pub fn memory_of(&self, pod: &Pod) -> Option<i64> {
        let is_limited = resources::qos(pod) != Qos::BestEffort && resources::is_limited(pod, "memory");
        is_limited.then(|| resources::whole(Some(&resources::pod_limits(pod)), "memory"))
    }

    /// The CPU quota that a Pod's cgroup is to have; `None` when it is to have none of its own.
    pub fn quota_of(&self, pod: &Pod) -> Option<i64> {
        let is_limited = resources::qos(pod) != Qos::BestEffort && resources::is_limited(pod, "cpu");
        is_limited.then(|| resources::cpu_quota(resources::milli(Some(&resources::pod_limits(pod)), "cpu")))
    }

    fn shares_of(&self, pod: &Pod) -> i64 {
        match resources::qos(pod) {
            Qos::BestEffort => CPU_SHARES_MIN,
            _ => resources::cpu_shares(resources::milli(Some(&resources::pod_requests(pod)), "cpu")),
        }
    }

    /// Holds a Pod's cgroup to other shares.
    pub fn set_pod_shares(&self, pod: &Pod) -> io::Result<()> {
        self.set_shares(&self.pod_path(pod), self.shares_of(pod))
    }

    /// Holds a Pod's cgroup to another CPU quota.
    pub fn set_pod_quota(&self, pod: &Pod, quota: i64) -> io::Result<()> {
        self.set_quota(&self.pod_path(pod), quota)
    }

    /// Holds a Pod's cgroup to another memory limit.
    pub fn set_pod_memory(&self, pod: &Pod, bytes: i64) -> io::Result<()> {
        self.set_memory(&self.pod_path(pod), bytes)
    }

    /// What a Pod's cgroup is held to now; what is not limited is 0.
    pub fn pod_limits(&self, pod: &Pod) -> PodLimits {
        let path = self.pod_path(pod);
        let read = |controller: &str, file: &str| {
            let text = std::fs::read_to_string(self.directory(controller, &path).join(file)).unwrap_or_default();
            let first = text.split_whitespace().next().and_then(|word| word.parse::<i64>().ok());
            first.filter(|value| (1..UNLIMITED_FROM).contains(value)).unwrap_or(0)
        };
        match self.is_v2 {
            true => PodLimits { cpu_quota: read("", "cpu.max"), memory_bytes: read("", "memory.max") },
            false => PodLimits {
                cpu_quota: read("cpu", "cpu.cfs_quota_us"),
                memory_bytes: read("memory", "memory.limit_in_bytes"),
            },
        }
    }

    /// Memory that a Pod uses.
    pub fn pod_memory_usage(&self, pod: &Pod) -> Option<i64> {
        let file = if self.is_v2 { "memory.current" } else { "memory.usage_in_bytes" };
        let path = self.directory("memory", &self.pod_path(pod)).join(file);
        std::fs::read_to_string(path).ok()?.trim().parse().ok()
    }

    fn directory(&self, controller: &str, path: &str) -> PathBuf {
        let below = path.trim_start_matches('/');
        if self.is_v2 { self.mount.join(below) } else { self.mount.join(controller).join(below) }
    }

    fn make(&self, path: &str) -> io::Result<()> {
        if self.is_v2 {
            return self.make_v2(path);
        }
        for controller in V1_CONTROLLERS.into_iter().filter(|name| self.mount.join(name).is_dir()) {
            std::fs::create_dir_all(self.directory(controller, path))?;
            if controller == "cpuset" {
                self.inherit_cpuset(path)?;
            }
        }
        Ok(())
    }

    /// v1: a new cpuset is empty, and nothing can run in it.
    fn inherit_cpuset(&self, path: &str) -> io::Result<()> {
        let mut directory = self.mount.join("cpuset");
        for part in Path::new(path.trim_start_matches('/')) {
            let parent = directory.clone();
            directory.push(part);
            for file in ["cpuset.cpus", "cpuset.mems"] {
                if std::fs::read_to_string(directory.join(file))?.trim().is_empty() {
                    std::fs::write(directory.join(file), std::fs::read_to_string(parent.join(file))?)?;
                }
            }
        }
        Ok(())
    }

    fn make_v2(&self, path: &str) -> io::Result<()> {
        let mut directory = self.mount.clone();
        for part in Path::new(path.trim_start_matches('/')) {
            let offered = std::fs::read_to_string(directory.join("cgroup.controllers"))?;
            for controller in V2_CONTROLLERS.into_iter().filter(|name| offered.split_whitespace().any(|o| o == *name)) {
                // A controller that cannot be handed down limits nothing below: the runtime will say so.
                let _ = std::fs::write(directory.join("cgroup.subtree_control"), format!("+{controller}"));
            }
            directory.push(part);
            match std::fs::create_dir(&directory) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn set_shares(&self, path: &str, shares: i64) -> io::Result<()> {
        if self.is_v2 {
            return write_if_there(&self.directory("", path).join("cpu.weight"), &cpu_weight(shares).to_string());
        }
        write_if_there(&self.directory("cpu", path).join("cpu.shares"), &shares.to_string())
    }

    fn set_quota(&self, path: &str, quota: i64) -> io::Result<()> {
        if self.is_v2 {
            return write_if_there(&self.directory("", path).join("cpu.max"), &format!("{quota} {CPU_PERIOD_MICROS}"));
        }
        write_if_there(&self.directory("cpu", path).join("cpu.cfs_period_us"), &CPU_PERIOD_MICROS.to_string())?;
        write_if_there(&self.directory("cpu", path).join("cpu.cfs_quota_us"), &quota.to_string())
    }

    fn set_memory(&self, path: &str, bytes: i64) -> io::Result<()> {
        let file = if self.is_v2 { "memory.max" } else { "memory.limit_in_bytes" };
        write_if_there(&self.directory("memory", path).join(file), &bytes.to_string())
    }

    /// Kills what is left in a Pod's cgroup and removes it, whatever its class, in every hierarchy. Blocking.
    pub fn remove_pod(&self, uid: &str) -> io::Result<()> {
        for class in [Qos::Guaranteed, Qos::Burstable, Qos::BestEffort] {
            let path = self.path(class, uid);
            for mount in self.mounts()? {
                remove(&mount.join(path.trim_start_matches('/')))?;
            }
        }
        Ok(())
    }

    /// UIDs of Pods that have a cgroup.
    pub fn pods(&self) -> io::Result<Vec<String>> {
        let mut found = std::collections::BTreeSet::new();
        for class in [Qos::Guaranteed, Qos::Burstable, Qos::BestEffort] {
            for mount in self.mounts()? {
                let Ok(entries) = std::fs::read_dir(mount.join(self.class_path(class).trim_start_matches('/'))) else {
                    continue;
                };
                let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
                found.extend(names.filter_map(|name| name.strip_prefix("pod").map(str::to_owned)));
            }
        }
        Ok(found.into_iter().collect())
    }

    /// Every hierarchy: the unified tree, or all directories of the v1 mount that are not links.
    fn mounts(&self) -> io::Result<Vec<PathBuf>> {
        if self.is_v2 {
            return Ok(vec![self.mount.clone()]);
        }
        let entries = std::fs::read_dir(&self.mount)?.flatten();
        Ok(entries
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .map(|entry| entry.path())
            .collect())
    }
}

/// The v2 weight (1 to 10,000) of v1 shares (2 to 262,144), by the runtimes' common formula.
fn cpu_weight(shares: i64) -> i64 {
    let log = (shares.max(CPU_SHARES_MIN) as f64).log2();
    let exponent = (log * log + 125.0 * log) / 612.0 - 7.0 / 34.0;
    (10f64.powf(exponent).ceil() as i64).clamp(1, 10_000)
}

/// Writes a control file; a controller that is not there limits nothing.
fn write_if_there(path: &Path, value: &str) -> io::Result<()> {
    match std::fs::write(path, value) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io::Error::new(error.kind(), format!("write {value} to {}: {error}", path.display()))),
        Ok(()) => Ok(()),
    }
}

fn remove(directory: &Path) -> io::Result<()> {
    if !directory.is_dir() {
        return Ok(());
    }
    for attempt in 1.. {
        kill_all(directory, DEPTH_MAX);
        match remove_levels(directory, DEPTH_MAX) {
            Err(error) if attempt < REMOVE_ATTEMPTS_MAX && error.kind() == io::ErrorKind::ResourceBusy => {
                std::thread::sleep(REMOVE_PAUSE);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => return other,
        }
    }
    Ok(())
}

fn children(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path())
}

fn kill_all(directory: &Path, depth: usize) {
    if depth == 0 {
        return;
    }
    children(directory).for_each(|child| kill_all(&child, depth - 1));
    let text = std::fs::read_to_string(directory.join("cgroup.procs")).unwrap_or_default();
    for pid in text.lines().filter_map(|line| line.parse().ok()).filter_map(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

fn remove_levels(directory: &Path, depth: usize) -> io::Result<()> {
    if depth > 0 {
        for child in children(directory) {
            remove_levels(&child, depth - 1)?;
        }
    }
    std::fs::remove_dir(directory)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shares_become_weights_as_the_runtimes_have_it() {
        assert_eq!([2, 102, 1_024, 262_144].map(cpu_weight), [1, 17, 100, 10_000]);
    }

    #[test]
    fn a_pods_cgroup_is_made_and_removed_in_the_kernel() {
        let root = format!("corten-kubelet-test-{}", std::process::id());
        let cgroups = Cgroups::new(Path::new("/sys/fs/cgroup"), &root);
        let pod = json!({"metadata": {"uid": "u1"}, "spec": {"containers": [{"name": "c",
            "resources": {"requests": {"cpu": "250m"}, "limits": {"cpu": "500m", "memory": "64Mi"}}}]}});
        let pod = api::typed::pod(pod.to_string().as_bytes()).expect("a Pod");
        let made = cgroups.make_classes(2_000, 1 << 30).and_then(|()| cgroups.make_pod(&pod));
        let listed = cgroups.pods();
        let shares = std::fs::read_to_string(cgroups.directory("cpu", &cgroups.pod_path(&pod)).join("cpu.shares"));
        let removed = cgroups.remove_pod("u1");
        for mount in cgroups.mounts().expect("mounted") {
            let _ = remove(&mount.join(&root));
        }
        made.expect("made");
        assert_eq!(listed.expect("listed"), ["u1"]);
        removed.expect("removed");
        if !cgroups.is_v2() {
            assert_eq!(shares.expect("a file").trim(), "256");
        }
    }
}
