//! What the node, its Pods and their containers use: measured once, shown by `/stats/summary`, `/metrics/resource` and
//! `/metrics/cadvisor`, and looked at by eviction.

mod node;
mod rates;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use container_interfaces::cri::v1::{
    ContainerStats as CriContainer, FilesystemUsage, ListPodSandboxStatsRequest, NetworkInterfaceUsage,
    PodSandboxStats, UInt64Value,
};

use crate::container_config::labels::{self, CONTAINER_NAME};
use crate::effects::Effects;
use crate::paths::Paths;
use crate::runner::PodSnapshot;
use crate::spec::{self, PodId};
use crate::volumes;

pub use node::image_root;
pub use rates::Rates;

/// Files of a volume that are counted; a bigger one shows this part.
const VOLUME_FILES_MAX: u64 = 500_000;

/// CPU time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cpu {
    /// When it was measured, in nanoseconds since the epoch.
    pub time: i64,
    /// All that was used.
    pub core_nanoseconds: u64,
    /// Use per second, once it was measured twice.
    pub nano_cores: Option<u64>,
}

/// Memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// When it was measured, in nanoseconds since the epoch.
    pub time: i64,
    /// What is left below the limit, if there is one.
    pub available: Option<u64>,
    /// All, page cache included.
    pub usage: u64,
    /// All but page cache that can be dropped.
    pub working_set: u64,
    /// Anonymous memory.
    pub rss: u64,
    /// Page faults.
    pub faults: u64,
    /// Page faults that read from disk.
    pub major_faults: u64,
}

/// A network interface's counters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Name.
    pub name: String,
    /// Bytes received.
    pub rx_bytes: u64,
    /// Errors on reception.
    pub rx_errors: u64,
    /// Bytes sent.
    pub tx_bytes: u64,
    /// Errors on sending.
    pub tx_errors: u64,
}

/// A file system, or a part of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileSystem {
    /// When it was measured, in nanoseconds since the epoch.
    pub time: i64,
    /// Bytes left.
    pub available: u64,
    /// All bytes.
    pub capacity: u64,
    /// Bytes used.
    pub used: u64,
    /// Inodes left.
    pub inodes_free: u64,
    /// All inodes.
    pub inodes: u64,
    /// Inodes used.
    pub inodes_used: u64,
}

/// A container.
#[derive(Clone, Debug, Default)]
pub struct Container {
    /// Name.
    pub name: String,
    /// Runtime's id.
    pub id: String,
    /// Image.
    pub image: String,
    /// When it was started, in seconds since the epoch.
    pub started: i64,
    /// CPU.
    pub cpu: Option<Cpu>,
    /// Memory.
    pub memory: Option<Memory>,
    /// Its own layer.
    pub root: Option<FileSystem>,
    /// Its logs.
    pub logs: Option<FileSystem>,
    /// Swap in bytes.
    pub swap: Option<u64>,
}

/// A Pod.
#[derive(Clone, Debug, Default)]
pub struct PodStats {
    /// Which.
    pub id: PodId,
    /// When it was started, in seconds since the epoch.
    pub started: i64,
    /// Its containers.
    pub containers: Vec<Container>,
    /// CPU of all together.
    pub cpu: Option<Cpu>,
    /// Memory of all together.
    pub memory: Option<Memory>,
    /// Interfaces, the default one first.
    pub interfaces: Vec<Interface>,
    /// Volumes on the node's disk or in its memory, by name.
    pub volumes: BTreeMap<String, FileSystem>,
    /// Disk that it uses in all.
    pub ephemeral: Option<FileSystem>,
    /// Processes.
    pub processes: Option<u64>,
}

/// The node.
#[derive(Clone, Debug, Default)]
pub struct NodeStats {
    /// When the machine was started, in seconds since the epoch.
    pub started: i64,
    /// CPU.
    pub cpu: Cpu,
    /// Memory.
    pub memory: Memory,
    /// The default interface first.
    pub interfaces: Vec<Interface>,
    /// File system of Pods' directories.
    pub disk: FileSystem,
    /// File system of images.
    pub images: FileSystem,
    /// Process ids there can be, and processes there are.
    pub processes: (u64, u64),
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// The node.
    pub node: NodeStats,
    /// Pods with a sandbox.
    pub pods: Vec<PodStats>,
}

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// CPU, memory, network: cheap.
    Usage,
    /// Disk, too: walks volumes and logs.
    Everything,
}

/// Measures.
pub async fn collect(
    effects: &Arc<Effects>,
    rates: &Rates,
    pods: &[PodSnapshot],
    depth: Depth,
) -> Result<Stats, tonic::Status> {
    let answer = effects.runtime.list_pod_sandbox_stats(ListPodSandboxStatsRequest { filter: None }).await?;
    let image_root = node::image_root(effects).await;
    let (shared, snapshots) = (Arc::clone(effects), pods.to_vec());
    let mut stats = tokio::task::spawn_blocking(move || {
        let node = node::read(&shared.config.root_directory, &image_root);
        let pods = answer.stats.iter().filter_map(|sandbox| {
            let attributes = sandbox.attributes.as_ref()?;
            let id = labels::pod_id(&attributes.labels);
            let snapshot = snapshots.iter().find(|snapshot| snapshot.id == id);
            Some(pod(&shared.paths, id, sandbox, snapshot, (depth, &node)))
        });
        let pods = pods.collect();
        Stats { node, pods }
    })
    .await
    .map_err(|error| tonic::Status::internal(error.to_string()))?;
    rates.note("", &mut stats.node.cpu);
    for pod in &mut stats.pods {
        if let Some(cpu) = &mut pod.cpu {
            rates.note(&pod.id.uid, cpu);
        }
        for container in &mut pod.containers {
            if let Some(cpu) = &mut container.cpu {
                rates.note(&container.id, cpu);
            }
        }
    }
    rates.forget_old();
    Ok(stats)
}

/// Size and use of the file system below a path.
pub fn node_file_system(path: &Path) -> FileSystem {
    node::file_system(path, now())
}

fn value(number: Option<&UInt64Value>) -> u64 {
    number.map_or(0, |number| number.value)
}

fn interface(from: &NetworkInterfaceUsage) -> Interface {
    Interface {
        name: from.name.clone(),
        rx_bytes: value(from.rx_bytes.as_ref()),
        rx_errors: value(from.rx_errors.as_ref()),
        tx_bytes: value(from.tx_bytes.as_ref()),
        tx_errors: value(from.tx_errors.as_ref()),
    }
}

fn cpu(from: &container_interfaces::cri::v1::CpuUsage) -> Cpu {
    let core_nanoseconds = value(from.usage_core_nano_seconds.as_ref());
    Cpu { time: from.timestamp, core_nanoseconds, nano_cores: from.usage_nano_cores.as_ref().map(|cores| cores.value) }
}

fn memory(from: &container_interfaces::cri::v1::MemoryUsage) -> Memory {
    Memory {
        time: from.timestamp,
        available: from.available_bytes.as_ref().map(|bytes| bytes.value),
        usage: value(from.usage_bytes.as_ref()),
        working_set: value(from.working_set_bytes.as_ref()),
        rss: value(from.rss_bytes.as_ref()),
        faults: value(from.page_faults.as_ref()),
        major_faults: value(from.major_page_faults.as_ref()),
    }
}

fn pod(
    paths: &Paths,
    id: PodId,
    from: &PodSandboxStats,
    snapshot: Option<&PodSnapshot>,
    (depth, node): (Depth, &NodeStats),
) -> PodStats {
    let linux = from.linux.clone().unwrap_or_default();
    let network = linux.network.as_ref();
    let default = network.and_then(|network| network.default_interface.as_ref());
    let others = network.into_iter().flat_map(|network| &network.interfaces);
    let others = others.filter(|other| default.is_none_or(|default| default.name != other.name));
    let started =
        snapshot.and_then(|snapshot| snapshot.status.start_time.as_ref()).map_or(0, |time| time.0.as_second());
    let mut pod = PodStats {
        started,
        containers: linux.containers.iter().map(|from| container(from, snapshot)).collect(),
        cpu: linux.cpu.as_ref().map(cpu),
        memory: linux.memory.as_ref().map(memory),
        interfaces: default.into_iter().chain(others).map(interface).collect(),
        processes: linux.process.and_then(|process| process.process_count).map(|count| count.value),
        id,
        ..PodStats::default()
    };
    for (container, from) in pod.containers.iter_mut().zip(&linux.containers) {
        container.root = from.writable_layer.as_ref().map(|layer| layer_of(layer, &node.images));
    }
    if depth == Depth::Everything {
        measure_disk(paths, &mut pod, snapshot, &node.disk);
    }
    pod
}

fn container(from: &CriContainer, snapshot: Option<&PodSnapshot>) -> Container {
    let attributes = from.attributes.clone().unwrap_or_default();
    let name = attributes.labels.get(CONTAINER_NAME).cloned().unwrap_or_default();
    let status = snapshot.and_then(|snapshot| {
        let status = &snapshot.status;
        let lists = [&status.container_statuses, &status.init_container_statuses, &status.ephemeral_container_statuses];
        lists.into_iter().flatten().flatten().find(|status| status.name == name)
    });
    let running = status.and_then(|status| status.state.as_ref()?.running.as_ref()?.started_at.as_ref());
    Container {
        started: running.map_or(0, |time| time.0.as_second()),
        image: status.map(|status| status.image.clone()).unwrap_or_default(),
        cpu: from.cpu.as_ref().map(cpu),
        memory: from.memory.as_ref().map(memory),
        swap: from.swap.as_ref().map(|swap| value(swap.swap_usage_bytes.as_ref())),
        name,
        id: attributes.id,
        ..Container::default()
    }
}

fn layer_of(layer: &FilesystemUsage, whole: &FileSystem) -> FileSystem {
    FileSystem {
        time: layer.timestamp,
        used: value(layer.used_bytes.as_ref()),
        inodes_used: value(layer.inodes_used.as_ref()),
        ..*whole
    }
}

/// Volumes that lie on the node, logs, and all disk use together.
fn measure_disk(paths: &Paths, pod: &mut PodStats, snapshot: Option<&PodSnapshot>, disk: &FileSystem) {
    let now = now();
    let part = |directory: &Path| {
        let (used, inodes_used) = size_of(directory);
        FileSystem { time: now, used, inodes_used, ..*disk }
    };
    for container in &mut pod.containers {
        container.logs = Some(part(&paths.logs(&pod.id).join(&container.name)));
    }
    let mut on_disk = Vec::new();
    let volumes = snapshot.into_iter().flat_map(|snapshot| spec::spec(&snapshot.pod).volumes.iter().flatten());
    for volume in volumes.filter(|volume| volume.host_path.is_none() && volume.image.is_none()) {
        let Some(snapshot) = snapshot else { continue };
        let Some((content, _)) = volumes::content(&snapshot.pod, paths, &volume.name) else { continue };
        let used = part(&content);
        let is_memory = volume.empty_dir.as_ref().is_some_and(|source| source.medium.as_deref() == Some("Memory"));
        if !is_memory && volume.empty_dir.is_some() {
            on_disk.push(used);
        }
        pod.volumes.insert(volume.name.clone(), used);
    }
    let parts = pod.containers.iter().flat_map(|container| [container.root, container.logs]).flatten().chain(on_disk);
    let (used, inodes_used) =
        parts.fold((0, 0), |(bytes, inodes), part| (bytes + part.used, inodes + part.inodes_used));
    pod.ephemeral = Some(FileSystem { time: now, used, inodes_used, ..*disk });
}

/// Bytes and inodes at and below a directory, without what is mounted elsewhere or linked.
fn size_of(directory: &Path) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    let mut sum = (0, 0);
    let mut open = vec![directory.to_owned()];
    while let Some(path) = open.pop() {
        let Ok(metadata) = std::fs::symlink_metadata(&path) else { continue };
        sum.0 += metadata.blocks() * 512;
        sum.1 += 1;
        if sum.1 >= VOLUME_FILES_MAX {
            break;
        }
        if metadata.is_dir() {
            open.extend(std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        }
    }
    sum
}

/// Nanoseconds since the epoch.
fn now() -> i64 {
    i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(0)
}
