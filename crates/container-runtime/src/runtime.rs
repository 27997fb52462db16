//! The CRI RuntimeService: sandboxes and containers over shims.
//!
//! Records are the truth about what was asked, shims about what runs; a new daemon reads the one and connects to the
//! other. Nothing here forks.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use container_interfaces::cni::Cni;
use container_interfaces::cri::RuntimeService;
use container_interfaces::cri::v1::*;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tonic::Status;

use crate::capabilities::Capabilities;
use crate::cgroup::{self, CgroupDriver};
use crate::config::Config;
use crate::contract::{CgroupLayout, Exit};
use crate::image_source::ImageSource;

mod adopt;
mod container;
mod create;
mod events;
mod exec;
mod mounts;
mod network;
mod node_status;
mod port_forward;
mod record;
mod sandbox;
pub mod shim_client;
pub mod shim_process;
mod spec;
mod stats;
mod status;
mod stream_server;

use container::Container;
use events::EventHub;
use record::Layout;
use sandbox::Sandbox;
use shim_process::ShimExecutable;
use stream_server::StreamServer;

/// What the runtime works with.
pub struct Dependencies {
    /// Where images come from.
    pub images: Arc<dyn ImageSource>,
    /// The node's network.
    pub cni: Arc<dyn Cni>,
}

/// The runtime could not be built; a retry can help when the disk was full.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Its directories cannot be used.
    #[error("open the runtime's directories")]
    Directories(#[source] io::Error),
    /// The shim's executable cannot be opened.
    #[error("open the shim's executable")]
    Executable(#[source] io::Error),
    /// The stream server cannot listen.
    #[error("serve streams")]
    Streams(#[source] io::Error),
}

/// The CRI RuntimeService. Dropping it leaves all containers running.
#[derive(Clone)]
pub struct Runtime {
    inner: Arc<Inner>,
}

type ExecWaits = HashMap<(String, String), oneshot::Sender<Exit>>;

struct Inner {
    config: Config,
    layout: Layout,
    cgroup_layout: CgroupLayout,
    cgroups: Box<dyn CgroupDriver + Send + Sync>,
    host_capabilities: Capabilities,
    has_user_namespaces: bool,
    images: Arc<dyn ImageSource>,
    cni: Arc<dyn Cni>,
    executable: Arc<ShimExecutable>,
    sandboxes: Mutex<HashMap<String, Arc<Sandbox>>>,
    containers: Mutex<HashMap<String, Arc<Container>>>,
    events: EventHub,
    exec_waits: Mutex<ExecWaits>,
    streams: StreamServer,
    layer_usage: stats::LayerUsageCache,
}

impl Runtime {
    /// Reads what is on disk, connects to the shims that still live, and serves streams.
    pub async fn build(config: Config, dependencies: Dependencies) -> Result<Runtime, BuildError> {
        let layout = Layout::new(&config.root_directory, &config.state_directory).map_err(BuildError::Directories)?;
        let mount_info = std::fs::read_to_string("/proc/self/mountinfo").map_err(BuildError::Directories)?;
        let cgroup_layout = cgroup::detect(&mount_info);
        let executable = ShimExecutable::open(&config.shim_executable).map_err(BuildError::Executable)?;
        let streams = StreamServer::bind(config.streaming_address).await.map_err(BuildError::Streams)?;
        let inner = Arc::new(Inner {
            cgroups: cgroup::driver(&cgroup_layout),
            cgroup_layout,
            host_capabilities: Capabilities::of_host(),
            has_user_namespaces: node_status::has_user_namespaces(),
            images: dependencies.images,
            cni: dependencies.cni,
            executable: Arc::new(executable),
            sandboxes: Mutex::default(),
            containers: Mutex::default(),
            events: EventHub::default(),
            exec_waits: Mutex::default(),
            streams,
            layer_usage: stats::LayerUsageCache::default(),
            config,
            layout,
        });
        adopt::adopt_all(&inner).await.map_err(BuildError::Directories)?;
        stream_server::serve(&inner);
        Ok(Runtime { inner })
    }
}

impl Inner {
    fn sandbox(&self, id: &str) -> Result<Arc<Sandbox>, Status> {
        let found = self.sandboxes.lock().get(id).cloned();
        found.ok_or_else(|| Status::not_found(format!("an error occurred when try to find sandbox {id:?}: not found")))
    }

    fn container(&self, id: &str) -> Result<Arc<Container>, Status> {
        let found = self.containers.lock().get(id).cloned();
        found
            .ok_or_else(|| Status::not_found(format!("an error occurred when try to find container {id:?}: not found")))
    }

    fn all_sandboxes(&self) -> Vec<Arc<Sandbox>> {
        self.sandboxes.lock().values().cloned().collect()
    }

    fn all_containers(&self) -> Vec<Arc<Container>> {
        self.containers.lock().values().cloned().collect()
    }

    fn containers_of(&self, sandbox_id: &str) -> Vec<Arc<Container>> {
        let containers = self.containers.lock();
        containers.values().filter(|container| container.sandbox_id == sandbox_id).cloned().collect()
    }
}

/// A new id: 64 hexadecimal digits, as other runtimes have them.
fn new_id() -> Result<String, Status> {
    let mut bytes = [0u8; 32];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()).map_err(internal("make an id"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// An error as upstream's runtime shows it: code Unknown, what was attempted, and every cause.
fn internal<E: std::error::Error>(what: &str) -> impl FnOnce(E) -> Status {
    let what = what.to_owned();
    move |error| {
        let mut text = format!("failed to {what}: {error}");
        let mut cause = error.source();
        while let Some(error) = cause {
            text += &format!(": {error}");
            cause = error.source();
        }
        Status::unknown(text)
    }
}

/// Nanoseconds since the epoch.
fn now() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// Runs something that blocks on a thread of its own kind.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Status> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Status::internal(format!("a task failed: {error}")))
}

/// Methods that are one call of the same name on [`Inner`].
macro_rules! delegate {
    ($($method:ident($request:ident) -> $response:ident;)*) => {
        #[async_trait]
        impl RuntimeService for Runtime {
            $(
                async fn $method(&self, request: $request) -> Result<$response, Status> {
                    self.inner.$method(request).await
                }
            )*
            async fn container_events(&self) -> Result<mpsc::Receiver<ContainerEventResponse>, Status> {
                self.inner.events.subscribe().ok_or_else(|| Status::resource_exhausted("too many event subscribers"))
            }
        }
    };
}

delegate! {
    version(VersionRequest) -> VersionResponse;
    run_pod_sandbox(RunPodSandboxRequest) -> RunPodSandboxResponse;
    stop_pod_sandbox(StopPodSandboxRequest) -> StopPodSandboxResponse;
    remove_pod_sandbox(RemovePodSandboxRequest) -> RemovePodSandboxResponse;
    pod_sandbox_status(PodSandboxStatusRequest) -> PodSandboxStatusResponse;
    list_pod_sandbox(ListPodSandboxRequest) -> ListPodSandboxResponse;
    create_container(CreateContainerRequest) -> CreateContainerResponse;
    start_container(StartContainerRequest) -> StartContainerResponse;
    stop_container(StopContainerRequest) -> StopContainerResponse;
    remove_container(RemoveContainerRequest) -> RemoveContainerResponse;
    list_containers(ListContainersRequest) -> ListContainersResponse;
    container_status(ContainerStatusRequest) -> ContainerStatusResponse;
    update_container_resources(UpdateContainerResourcesRequest) -> UpdateContainerResourcesResponse;
    reopen_container_log(ReopenContainerLogRequest) -> ReopenContainerLogResponse;
    exec_sync(ExecSyncRequest) -> ExecSyncResponse;
    exec(ExecRequest) -> ExecResponse;
    attach(AttachRequest) -> AttachResponse;
    port_forward(PortForwardRequest) -> PortForwardResponse;
    container_stats(ContainerStatsRequest) -> ContainerStatsResponse;
    list_container_stats(ListContainerStatsRequest) -> ListContainerStatsResponse;
    pod_sandbox_stats(PodSandboxStatsRequest) -> PodSandboxStatsResponse;
    list_pod_sandbox_stats(ListPodSandboxStatsRequest) -> ListPodSandboxStatsResponse;
    update_runtime_config(UpdateRuntimeConfigRequest) -> UpdateRuntimeConfigResponse;
    status(StatusRequest) -> StatusResponse;
    checkpoint_container(CheckpointContainerRequest) -> CheckpointContainerResponse;
    list_metric_descriptors(ListMetricDescriptorsRequest) -> ListMetricDescriptorsResponse;
    list_pod_sandbox_metrics(ListPodSandboxMetricsRequest) -> ListPodSandboxMetricsResponse;
    runtime_config(RuntimeConfigRequest) -> RuntimeConfigResponse;
    update_pod_sandbox_resources(UpdatePodSandboxResourcesRequest) -> UpdatePodSandboxResourcesResponse;
}
