//! What this machine is, from its files.

use std::collections::BTreeMap;
use std::path::Path;

use api::k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::config::Config;
use crate::resources::{self, ResourceList};

/// The machine.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    pub cpus: i64,
    pub memory_bytes: i64,
    pub machine_id: String,
    pub system_uuid: String,
    pub boot_id: String,
    pub kernel: String,
    pub os_image: String,
}

/// Reads what there is; what cannot be read is empty.
pub fn read() -> Machine {
    let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let machine_id = text("/etc/machine-id");
    let system_uuid = match text("/sys/class/dmi/id/product_uuid") {
        uuid if uuid.is_empty() => machine_id.clone(),
        uuid => uuid,
    };
    Machine {
        cpus: std::thread::available_parallelism().map_or(1, |count| i64::try_from(count.get()).unwrap_or(1)),
        memory_bytes: meminfo("MemTotal"),
        system_uuid,
        machine_id,
        boot_id: text("/proc/sys/kernel/random/boot_id"),
        kernel: text("/proc/sys/kernel/osrelease"),
        os_image: os_image(&text("/etc/os-release")),
    }
}

/// A line of `/proc/meminfo` in bytes.
pub fn meminfo(name: &str) -> i64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<i64>().ok());
    kilobytes.unwrap_or(0) * 1_024
}

fn os_image(os_release: &str) -> String {
    let line = os_release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    line.unwrap_or("Unknown").trim_matches('"').to_owned()
}

/// The name of this architecture in Go.
pub fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

impl Machine {
    /// All that there is.
    pub fn capacity(&self, config: &Config) -> ResourceList {
        let mut list = ResourceList::new();
        let mut put = |name: &str, text: String| drop(list.insert(name.to_owned(), Quantity(text)));
        put("cpu", self.cpus.to_string());
        put("memory", format!("{}Ki", self.memory_bytes / 1_024));
        put("pods", config.pods_max.to_string());
        put("ephemeral-storage", format!("{}Ki", disk_bytes(&config.root_directory) / 1_024));
        for (size, pages) in huge_pages() {
            put(&format!("hugepages-{size}"), pages);
        }
        list
    }

    /// CPU (thousandths) and memory (bytes) that the cgroup of all Pods is held to: what is not kept back.
    pub fn for_pods(&self, config: &Config) -> (i64, i64) {
        let reserved = reserved(config);
        let milli_cpu = self.cpus * 1_000 - resources::milli(Some(&reserved), "cpu");
        (milli_cpu.max(0), self.memory_bytes - resources::whole(Some(&reserved), "memory"))
    }

    /// What Pods can have: all that there is without what is kept back and what eviction would defend.
    pub fn allocatable(&self, config: &Config) -> ResourceList {
        let mut list = self.capacity(config);
        let reserved = reserved(config);
        let kept = |name: &str| resources::whole(Some(&reserved), name);
        let threshold = i64::try_from(config.memory_available_bytes_min).unwrap_or(0);
        let memory = self.memory_bytes - kept("memory") - threshold;
        list.insert("memory".into(), Quantity(format!("{}Ki", memory.max(0) / 1_024)));
        let cpu = self.cpus * 1_000 - resources::milli(Some(&reserved), "cpu");
        if cpu != self.cpus * 1_000 {
            list.insert("cpu".into(), Quantity(format!("{}m", cpu.max(0))));
        }
        let disk = disk_bytes(&config.root_directory);
        let kept_back = config.disk_available_min(u64::try_from(disk).unwrap_or(0));
        let disk = disk - i64::try_from(kept_back).unwrap_or(0) - kept("ephemeral-storage");
        list.insert("ephemeral-storage".into(), Quantity(disk.max(0).to_string()));
        list
    }
}

fn reserved(config: &Config) -> ResourceList {
    config.reserved.iter().map(|(name, text)| (name.clone(), Quantity(text.clone()))).collect()
}

/// Size of the file system below a directory, or below the nearest one that exists.
fn disk_bytes(directory: &Path) -> i64 {
    let found = directory.ancestors().find_map(|path| rustix::fs::statvfs(path).ok());
    found.map_or(0, |stat| i64::try_from(stat.f_blocks.saturating_mul(stat.f_frsize)).unwrap_or(i64::MAX))
}

/// Huge page sizes and the amount of each.
pub fn huge_pages() -> BTreeMap<String, String> {
    let entries = std::fs::read_dir("/sys/kernel/mm/hugepages").into_iter().flatten().flatten();
    let sizes = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let kilobytes: i64 = name.strip_prefix("hugepages-")?.strip_suffix("kB")?.parse().ok()?;
        let pages: i64 = std::fs::read_to_string(entry.path().join("nr_hugepages")).ok()?.trim().parse().ok()?;
        let size = match kilobytes {
            k if k % (1 << 20) == 0 => format!("{}Gi", k >> 20),
            k if k % (1 << 10) == 0 => format!("{}Mi", k >> 10),
            k => format!("{k}Ki"),
        };
        let total = if pages == 0 { "0".to_owned() } else { format!("{}Ki", pages * kilobytes) };
        Some((size, total))
    });
    sizes.collect()
}
