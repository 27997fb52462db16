//! A runtime whose containers do nothing but exist.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use container_interfaces::cri::v1::*;
use container_interfaces::cri::{ImageService, RuntimeService};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tonic::Status;

struct Sandbox {
    config: PodSandboxConfig,
    is_ready: bool,
    created_at: i64,
    ip: String,
}

struct Made {
    sandbox_id: String,
    config: ContainerConfig,
    state: ContainerState,
    created_at: i64,
    started_at: i64,
    finished_at: i64,
    exit_code: i32,
}

#[derive(Default)]
struct State {
    sandboxes: BTreeMap<String, Sandbox>,
    containers: BTreeMap<String, Made>,
    images: BTreeSet<String>,
    listeners: Vec<mpsc::Sender<ContainerEventResponse>>,
    /// Exit codes of commands run by exec, by their first word.
    execs: BTreeMap<String, i32>,
    calls: Vec<String>,
}

/// The runtime. Cheap to clone.
#[derive(Clone, Default)]
pub struct FakeRuntime {
    state: Arc<Mutex<State>>,
    next: Arc<AtomicU32>,
}

fn now() -> i64 {
    i64::try_from(jiff::Timestamp::now().as_nanosecond()).expect("in range")
}

impl FakeRuntime {
    pub fn with_image(image: &str) -> FakeRuntime {
        let runtime = FakeRuntime::default();
        runtime.state.lock().images.insert(image.into());
        runtime
    }

    fn id(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.next.fetch_add(1, Ordering::Relaxed))
    }

    pub fn calls(&self) -> Vec<String> {
        self.state.lock().calls.clone()
    }

    pub fn set_exec(&self, command: &str, code: i32) {
        self.state.lock().execs.insert(command.into(), code);
    }

    pub fn is_empty(&self) -> bool {
        let state = self.state.lock();
        state.sandboxes.is_empty() && state.containers.is_empty()
    }

    pub fn config(&self, name: &str) -> Option<ContainerConfig> {
        let state = self.state.lock();
        let found =
            state.containers.values().find(|made| made.config.metadata.as_ref().is_some_and(|m| m.name == name));
        found.map(|made| made.config.clone())
    }

    /// Lets the running container of that name end.
    pub fn exit(&self, name: &str, code: i32) {
        let id = {
            let mut state = self.state.lock();
            let running = state.containers.iter_mut().find(|(_, made)| {
                made.state == ContainerState::ContainerRunning
                    && made.config.metadata.as_ref().is_some_and(|metadata| metadata.name == name)
            });
            let (id, made) = running.expect("it runs");
            made.state = ContainerState::ContainerExited;
            made.exit_code = code;
            made.finished_at = now();
            id.clone()
        };
        self.tell(&id, ContainerEventType::ContainerStoppedEvent);
    }

    fn tell(&self, id: &str, kind: ContainerEventType) {
        let mut state = self.state.lock();
        let sandbox_id = match state.containers.get(id) {
            Some(made) => made.sandbox_id.clone(),
            None => id.to_owned(),
        };
        let statuses = state.containers.iter().filter(|(_, made)| made.sandbox_id == sandbox_id);
        let event = ContainerEventResponse {
            container_id: id.to_owned(),
            container_event_type: kind as i32,
            created_at: now(),
            pod_sandbox_status: state.sandboxes.get(&sandbox_id).map(|sandbox| sandbox_status(&sandbox_id, sandbox)),
            containers_statuses: statuses.map(|(id, made)| container_status(id, made)).collect(),
        };
        state.listeners.retain(|listener| listener.try_send(event.clone()).is_ok());
    }
}

fn sandbox_status(id: &str, sandbox: &Sandbox) -> PodSandboxStatus {
    let linux = sandbox.config.linux.clone().unwrap_or_default();
    let state = if sandbox.is_ready { PodSandboxState::SandboxReady } else { PodSandboxState::SandboxNotready };
    PodSandboxStatus {
        id: id.to_owned(),
        metadata: sandbox.config.metadata.clone(),
        state: state as i32,
        created_at: sandbox.created_at,
        network: Some(PodSandboxNetworkStatus { ip: sandbox.ip.clone(), additional_ips: Vec::new() }),
        linux: Some(LinuxPodSandboxStatus {
            namespaces: Some(Namespace {
                options: linux.security_context.and_then(|context| context.namespace_options),
            }),
        }),
        labels: sandbox.config.labels.clone(),
        ..PodSandboxStatus::default()
    }
}

fn container_status(id: &str, made: &Made) -> ContainerStatus {
    let reason = match (made.state, made.exit_code) {
        (ContainerState::ContainerExited, 0) => "Completed",
        (ContainerState::ContainerExited, _) => "Error",
        _ => "",
    };
    ContainerStatus {
        id: id.to_owned(),
        metadata: made.config.metadata.clone(),
        state: made.state as i32,
        created_at: made.created_at,
        started_at: made.started_at,
        finished_at: made.finished_at,
        exit_code: made.exit_code,
        image: made.config.image.clone(),
        image_ref: "sha256:1".into(),
        reason: reason.into(),
        labels: made.config.labels.clone(),
        annotations: made.config.annotations.clone(),
        ..ContainerStatus::default()
    }
}

fn matches(wanted: &BTreeMap<String, String>, labels: &BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(name, value)| labels.get(name) == Some(value))
}

fn missing(id: &str) -> Status {
    Status::not_found(format!("{id} not found"))
}

#[async_trait]
impl RuntimeService for FakeRuntime {
    async fn version(&self, _: VersionRequest) -> Result<VersionResponse, Status> {
        Ok(VersionResponse {
            runtime_name: "corten".into(),
            runtime_version: "0.1".into(),
            ..VersionResponse::default()
        })
    }

    async fn status(&self, _: StatusRequest) -> Result<StatusResponse, Status> {
        let condition =
            |name: &str| RuntimeCondition { r#type: name.into(), status: true, ..RuntimeCondition::default() };
        let conditions = vec![condition("RuntimeReady"), condition("NetworkReady")];
        Ok(StatusResponse { status: Some(RuntimeStatus { conditions }), ..StatusResponse::default() })
    }

    async fn run_pod_sandbox(&self, request: RunPodSandboxRequest) -> Result<RunPodSandboxResponse, Status> {
        let id = self.id("s");
        let config = request.config.unwrap_or_default();
        let sandbox = Sandbox { config, is_ready: true, created_at: now(), ip: format!("10.9.0.{}", 1 + id.len()) };
        self.state.lock().sandboxes.insert(id.clone(), sandbox);
        Ok(RunPodSandboxResponse { pod_sandbox_id: id })
    }

    async fn stop_pod_sandbox(&self, request: StopPodSandboxRequest) -> Result<StopPodSandboxResponse, Status> {
        let mut state = self.state.lock();
        let id = request.pod_sandbox_id;
        state.sandboxes.get_mut(&id).ok_or_else(|| missing(&id))?.is_ready = false;
        Ok(StopPodSandboxResponse {})
    }

    async fn remove_pod_sandbox(&self, request: RemovePodSandboxRequest) -> Result<RemovePodSandboxResponse, Status> {
        self.state.lock().sandboxes.remove(&request.pod_sandbox_id);
        Ok(RemovePodSandboxResponse {})
    }

    async fn pod_sandbox_status(&self, request: PodSandboxStatusRequest) -> Result<PodSandboxStatusResponse, Status> {
        let state = self.state.lock();
        let id = request.pod_sandbox_id;
        let sandbox = state.sandboxes.get(&id).ok_or_else(|| missing(&id))?;
        Ok(PodSandboxStatusResponse {
            status: Some(sandbox_status(&id, sandbox)),
            ..PodSandboxStatusResponse::default()
        })
    }

    async fn list_pod_sandbox(&self, request: ListPodSandboxRequest) -> Result<ListPodSandboxResponse, Status> {
        let state = self.state.lock();
        let wanted = request.filter.unwrap_or_default().label_selector;
        let matching = state.sandboxes.iter().filter(|(_, sandbox)| matches(&wanted, &sandbox.config.labels));
        let items = matching.map(|(id, sandbox)| PodSandbox {
            id: id.clone(),
            metadata: sandbox.config.metadata.clone(),
            labels: sandbox.config.labels.clone(),
            state: if sandbox.is_ready { 0 } else { 1 },
            created_at: sandbox.created_at,
            ..PodSandbox::default()
        });
        Ok(ListPodSandboxResponse { items: items.collect() })
    }

    async fn create_container(&self, request: CreateContainerRequest) -> Result<CreateContainerResponse, Status> {
        let id = self.id("c");
        let made = Made {
            sandbox_id: request.pod_sandbox_id,
            config: request.config.unwrap_or_default(),
            state: ContainerState::ContainerCreated,
            created_at: now(),
            started_at: 0,
            finished_at: 0,
            exit_code: 0,
        };
        self.state.lock().containers.insert(id.clone(), made);
        Ok(CreateContainerResponse { container_id: id })
    }

    async fn start_container(&self, request: StartContainerRequest) -> Result<StartContainerResponse, Status> {
        {
            let mut state = self.state.lock();
            let made = state.containers.get_mut(&request.container_id).ok_or_else(|| missing(&request.container_id))?;
            made.state = ContainerState::ContainerRunning;
            made.started_at = now();
            state.calls.push(format!("start {}", request.container_id));
        }
        self.tell(&request.container_id, ContainerEventType::ContainerStartedEvent);
        Ok(StartContainerResponse {})
    }

    async fn stop_container(&self, request: StopContainerRequest) -> Result<StopContainerResponse, Status> {
        {
            let mut state = self.state.lock();
            state.calls.push(format!("stop {} {}", request.container_id, request.timeout));
            let made = state.containers.get_mut(&request.container_id).ok_or_else(|| missing(&request.container_id))?;
            if made.state == ContainerState::ContainerRunning {
                made.state = ContainerState::ContainerExited;
                made.exit_code = 143;
                made.finished_at = now();
            }
        }
        self.tell(&request.container_id, ContainerEventType::ContainerStoppedEvent);
        Ok(StopContainerResponse {})
    }

    async fn remove_container(&self, request: RemoveContainerRequest) -> Result<RemoveContainerResponse, Status> {
        self.state.lock().containers.remove(&request.container_id);
        Ok(RemoveContainerResponse {})
    }

    async fn list_containers(&self, request: ListContainersRequest) -> Result<ListContainersResponse, Status> {
        let state = self.state.lock();
        let wanted = request.filter.unwrap_or_default().label_selector;
        let matching = state.containers.iter().filter(|(_, made)| matches(&wanted, &made.config.labels));
        let containers = matching.map(|(id, made)| Container {
            id: id.clone(),
            pod_sandbox_id: made.sandbox_id.clone(),
            metadata: made.config.metadata.clone(),
            state: made.state as i32,
            labels: made.config.labels.clone(),
            ..Container::default()
        });
        Ok(ListContainersResponse { containers: containers.collect() })
    }

    async fn container_status(&self, request: ContainerStatusRequest) -> Result<ContainerStatusResponse, Status> {
        let state = self.state.lock();
        let id = request.container_id;
        let made = state.containers.get(&id).ok_or_else(|| missing(&id))?;
        Ok(ContainerStatusResponse { status: Some(container_status(&id, made)), ..ContainerStatusResponse::default() })
    }

    async fn exec_sync(&self, request: ExecSyncRequest) -> Result<ExecSyncResponse, Status> {
        let command = request.cmd.first().cloned().unwrap_or_default();
        let exit_code = self.state.lock().execs.get(&command).copied().unwrap_or(0);
        Ok(ExecSyncResponse { stdout: b"said".to_vec(), stderr: Vec::new(), exit_code })
    }

    async fn container_events(&self) -> Result<mpsc::Receiver<ContainerEventResponse>, Status> {
        let (sender, receiver) = mpsc::channel(1_000);
        self.state.lock().listeners.push(sender);
        Ok(receiver)
    }

    async fn update_container_resources(
        &self,
        _: UpdateContainerResourcesRequest,
    ) -> Result<UpdateContainerResourcesResponse, Status> {
        Err(Status::unimplemented("update_container_resources"))
    }

    async fn reopen_container_log(&self, _: ReopenContainerLogRequest) -> Result<ReopenContainerLogResponse, Status> {
        Err(Status::unimplemented("reopen_container_log"))
    }

    async fn exec(&self, _: ExecRequest) -> Result<ExecResponse, Status> {
        Err(Status::unimplemented("exec"))
    }

    async fn attach(&self, _: AttachRequest) -> Result<AttachResponse, Status> {
        Err(Status::unimplemented("attach"))
    }

    async fn port_forward(&self, _: PortForwardRequest) -> Result<PortForwardResponse, Status> {
        Err(Status::unimplemented("port_forward"))
    }

    async fn container_stats(&self, _: ContainerStatsRequest) -> Result<ContainerStatsResponse, Status> {
        Err(Status::unimplemented("container_stats"))
    }

    async fn list_container_stats(&self, _: ListContainerStatsRequest) -> Result<ListContainerStatsResponse, Status> {
        Err(Status::unimplemented("list_container_stats"))
    }

    async fn pod_sandbox_stats(&self, _: PodSandboxStatsRequest) -> Result<PodSandboxStatsResponse, Status> {
        Err(Status::unimplemented("pod_sandbox_stats"))
    }

    async fn list_pod_sandbox_stats(
        &self,
        _: ListPodSandboxStatsRequest,
    ) -> Result<ListPodSandboxStatsResponse, Status> {
        Err(Status::unimplemented("list_pod_sandbox_stats"))
    }

    async fn update_runtime_config(
        &self,
        _: UpdateRuntimeConfigRequest,
    ) -> Result<UpdateRuntimeConfigResponse, Status> {
        Err(Status::unimplemented("update_runtime_config"))
    }

    async fn checkpoint_container(&self, _: CheckpointContainerRequest) -> Result<CheckpointContainerResponse, Status> {
        Err(Status::unimplemented("checkpoint_container"))
    }

    async fn list_metric_descriptors(
        &self,
        _: ListMetricDescriptorsRequest,
    ) -> Result<ListMetricDescriptorsResponse, Status> {
        Err(Status::unimplemented("list_metric_descriptors"))
    }

    async fn list_pod_sandbox_metrics(
        &self,
        _: ListPodSandboxMetricsRequest,
    ) -> Result<ListPodSandboxMetricsResponse, Status> {
        Err(Status::unimplemented("list_pod_sandbox_metrics"))
    }

    async fn runtime_config(&self, _: RuntimeConfigRequest) -> Result<RuntimeConfigResponse, Status> {
        Err(Status::unimplemented("runtime_config"))
    }

    async fn update_pod_sandbox_resources(
        &self,
        _: UpdatePodSandboxResourcesRequest,
    ) -> Result<UpdatePodSandboxResourcesResponse, Status> {
        Err(Status::unimplemented("update_pod_sandbox_resources"))
    }
}

#[async_trait]
impl ImageService for FakeRuntime {
    async fn list_images(&self, _: ListImagesRequest) -> Result<ListImagesResponse, Status> {
        Ok(ListImagesResponse::default())
    }

    async fn image_status(&self, request: ImageStatusRequest) -> Result<ImageStatusResponse, Status> {
        let name = request.image.unwrap_or_default().image;
        let is_there = name == "sha256:1" || self.state.lock().images.contains(&name);
        let image = is_there.then(|| Image { id: "sha256:1".into(), size: 7, ..Image::default() });
        Ok(ImageStatusResponse { image, ..ImageStatusResponse::default() })
    }

    async fn pull_image(&self, request: PullImageRequest) -> Result<PullImageResponse, Status> {
        Err(Status::unknown(format!("{}: no such host", request.image.unwrap_or_default().image)))
    }

    async fn remove_image(&self, _: RemoveImageRequest) -> Result<RemoveImageResponse, Status> {
        Err(Status::unimplemented("remove_image"))
    }

    async fn image_fs_info(&self, _: ImageFsInfoRequest) -> Result<ImageFsInfoResponse, Status> {
        Ok(ImageFsInfoResponse::default())
    }
}
