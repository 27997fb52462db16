//! What containers and sandboxes have used: cgroups, their own layers, their network.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use container_interfaces::cri::v1::*;
use parking_lot::Mutex;
use tonic::Status;

use super::container::Container;
use super::sandbox::Sandbox;
use super::status::has_labels;
use super::{Inner, blocking, internal, now};
use crate::cgroup::Usage;

/// How long the measured size of a container's layer is used again: walking it is costly.
const LAYER_USAGE_AGE_MAX: Duration = Duration::from_secs(10);
/// Files of a layer that are counted; a container with more shows this part.
const LAYER_FILES_MAX: u64 = 2_000_000;

/// Size of a container's own layer.
#[derive(Clone, Copy, Debug)]
struct LayerUsage {
    measured: Instant,
    timestamp: i64,
    bytes: u64,
    files: u64,
}

/// Sizes that were measured not long ago.
#[derive(Default)]
pub(super) struct LayerUsageCache(Mutex<HashMap<String, LayerUsage>>);

impl LayerUsageCache {
    pub(super) fn forget(&self, container_id: &str) {
        self.0.lock().remove(container_id);
    }

    fn get(&self, container_id: &str, upper: &Path) -> LayerUsage {
        if let Some(known) = self.0.lock().get(container_id)
            && known.measured.elapsed() < LAYER_USAGE_AGE_MAX
        {
            return *known;
        }
        let mut usage = LayerUsage { measured: Instant::now(), timestamp: now(), bytes: 0, files: 0 };
        measure(upper, &mut usage);
        self.0.lock().insert(container_id.to_owned(), usage);
        usage
    }
}

fn measure(directory: &Path, usage: &mut LayerUsage) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let Ok(metadata) = entry.metadata() else { continue };
        if usage.files >= LAYER_FILES_MAX {
            return;
        }
        usage.files += 1;
        usage.bytes += metadata.blocks() * 512;
        if metadata.is_dir() {
            measure(&entry.path(), usage);
        }
    }
}

impl Inner {
    pub(super) async fn container_stats(
        self: &Arc<Self>,
        request: ContainerStatsRequest,
    ) -> Result<ContainerStatsResponse, Status> {
        let container = self.container(&request.container_id)?;
        let inner = Arc::clone(self);
        let stats = blocking(move || inner.stats_of(&container)).await?;
        Ok(ContainerStatsResponse { stats: Some(stats?) })
    }

    pub(super) async fn list_container_stats(
        self: &Arc<Self>,
        request: ListContainerStatsRequest,
    ) -> Result<ListContainerStatsResponse, Status> {
        let filter = request.filter.unwrap_or_default();
        let inner = Arc::clone(self);
        let stats = blocking(move || {
            let mut wanted = inner.all_containers();
            wanted.retain(|container| {
                (filter.id.is_empty() || container.id == filter.id)
                    && (filter.pod_sandbox_id.is_empty() || container.sandbox_id == filter.pod_sandbox_id)
                    && has_labels(&container.record.lock().config.labels, &filter.label_selector)
                    && container.state() == ContainerState::ContainerRunning
            });
            // One that ends meanwhile is left out.
            wanted.iter().filter_map(|container| inner.stats_of(container).ok()).collect()
        });
        Ok(ListContainerStatsResponse { stats: stats.await? })
    }

    fn stats_of(&self, container: &Container) -> Result<ContainerStats, Status> {
        let record = container.record.lock().clone();
        let usage = match container.state() {
            ContainerState::ContainerRunning => {
                Some(self.cgroups.usage(&record.cgroup).map_err(internal("read the container's cgroup"))?)
            }
            _ => None,
        };
        let timestamp = now();
        let directory = self.layout.container(&record.id);
        let layer = self.layer_usage.get(&record.id, &directory.join("upper"));
        Ok(ContainerStats {
            attributes: Some(ContainerAttributes {
                id: record.id,
                metadata: record.config.metadata,
                labels: record.config.labels,
                annotations: record.config.annotations,
            }),
            cpu: usage.map(|usage| cpu(usage, timestamp)),
            memory: usage.map(|usage| memory(usage, timestamp)),
            writable_layer: Some(FilesystemUsage {
                timestamp: layer.timestamp,
                fs_id: Some(FilesystemIdentifier {
                    mountpoint: self.config.root_directory.to_string_lossy().into_owned(),
                }),
                used_bytes: number(layer.bytes),
                inodes_used: number(layer.files),
            }),
            swap: usage.map(|usage| SwapUsage {
                timestamp,
                swap_available_bytes: None,
                swap_usage_bytes: number(usage.swap_bytes),
            }),
            io: None,
        })
    }

    pub(super) async fn pod_sandbox_stats(
        self: &Arc<Self>,
        request: PodSandboxStatsRequest,
    ) -> Result<PodSandboxStatsResponse, Status> {
        let sandbox = self.sandbox(&request.pod_sandbox_id)?;
        let inner = Arc::clone(self);
        let stats = blocking(move || inner.sandbox_stats_of(&sandbox)).await?;
        Ok(PodSandboxStatsResponse { stats: Some(stats) })
    }

    pub(super) async fn list_pod_sandbox_stats(
        self: &Arc<Self>,
        request: ListPodSandboxStatsRequest,
    ) -> Result<ListPodSandboxStatsResponse, Status> {
        let filter = request.filter.unwrap_or_default();
        let inner = Arc::clone(self);
        let stats = blocking(move || {
            let mut wanted = inner.all_sandboxes();
            wanted.retain(|sandbox| {
                (filter.id.is_empty() || sandbox.id == filter.id)
                    && has_labels(&sandbox.record.lock().config.labels, &filter.label_selector)
                    && sandbox.shim.lock().is_some()
            });
            wanted.iter().map(|sandbox| inner.sandbox_stats_of(sandbox)).collect()
        });
        Ok(ListPodSandboxStatsResponse { stats: stats.await? })
    }

    fn sandbox_stats_of(&self, sandbox: &Sandbox) -> PodSandboxStats {
        let record = sandbox.record.lock().clone();
        let timestamp = now();
        let containers: Vec<ContainerStats> =
            self.containers_of(&sandbox.id).iter().filter_map(|container| self.stats_of(container).ok()).collect();
        // The Pod's own cgroup, when the kubelet made one.
        let usage = self.cgroups.usage(&self.cgroup_parent(&record.config)).ok();
        let linux = LinuxPodSandboxStats {
            cpu: usage.map(|usage| cpu(usage, timestamp)),
            memory: usage.map(|usage| memory(usage, timestamp)),
            network: sandbox.shim_pid().and_then(|pid| network(pid, timestamp)),
            process: usage.map(|usage| ProcessUsage { timestamp, process_count: number(usage.processes) }),
            containers,
            io: None,
        };
        PodSandboxStats {
            attributes: Some(PodSandboxAttributes {
                id: record.id,
                metadata: record.config.metadata,
                labels: record.config.labels,
                annotations: record.config.annotations,
            }),
            linux: Some(linux),
            windows: None,
        }
    }
}

fn number(value: u64) -> Option<UInt64Value> {
    Some(UInt64Value { value })
}

fn cpu(usage: Usage, timestamp: i64) -> CpuUsage {
    CpuUsage { timestamp, usage_core_nano_seconds: number(usage.cpu_nanoseconds), usage_nano_cores: None, psi: None }
}

fn memory(usage: Usage, timestamp: i64) -> MemoryUsage {
    MemoryUsage {
        timestamp,
        working_set_bytes: number(usage.working_set_bytes),
        available_bytes: usage
            .memory_limit_bytes
            .and_then(|limit| number(limit.saturating_sub(usage.working_set_bytes))),
        usage_bytes: number(usage.memory_bytes),
        rss_bytes: number(usage.rss_bytes),
        page_faults: number(usage.page_faults),
        major_page_faults: number(usage.major_page_faults),
        psi: None,
    }
}

/// Interface counters of the namespace that process `pid` is in.
fn network(pid: i32, timestamp: i64) -> Option<NetworkUsage> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/net/dev")).ok()?;
    let interfaces: Vec<NetworkInterfaceUsage> = text.lines().filter_map(interface).collect();
    Some(NetworkUsage {
        timestamp,
        default_interface: interfaces.iter().find(|interface| interface.name == "eth0").cloned(),
        interfaces,
    })
}

/// `  eth0: 1 2 3 ...`: received bytes, packets, errors, ...; from the ninth on sent bytes, packets, errors.
fn interface(line: &str) -> Option<NetworkInterfaceUsage> {
    let (name, counters) = line.split_once(':')?;
    let name = name.trim();
    let counters: Vec<u64> = counters.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let count = |index: usize| counters.get(index).map(|value| UInt64Value { value: *value });
    (name != "lo").then(|| NetworkInterfaceUsage {
        name: name.to_owned(),
        rx_bytes: count(0),
        rx_errors: count(2),
        tx_bytes: count(8),
        tx_errors: count(10),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interface_counters_are_read_from_the_kernels_table() {
        let line = "  eth0: 1500 10 1 0 0 0 0 0 900 8 2 0 0 0 0 0";
        let found = interface(line).expect("a good line");
        let value = |field: Option<UInt64Value>| field.map(|field| field.value);
        assert_eq!(found.name, "eth0");
        assert_eq!((value(found.rx_bytes), value(found.rx_errors)), (Some(1500), Some(1)));
        assert_eq!((value(found.tx_bytes), value(found.tx_errors)), (Some(900), Some(2)));
        assert!(interface("    lo: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0").is_none());
        assert!(interface("Inter-|   Receive").is_none());
    }
}
