//! What the runtime says about itself.

use container_interfaces::cri::v1::*;
use tonic::Status;

use super::Inner;

/// Name in `nodeInfo.containerRuntimeVersion`.
const RUNTIME_NAME: &str = "corten";

/// Whether overlay takes mapped layers by descriptor (Linux 6.13), without which Pods get no user namespaces.
pub(super) fn has_user_namespaces() -> bool {
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    let mut numbers = release.split(|letter: char| !letter.is_ascii_digit()).map(|part| part.parse::<u32>());
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= (6, 13),
        _ => false,
    }
}

impl Inner {
    pub(super) async fn version(&self, _request: VersionRequest) -> Result<VersionResponse, Status> {
        Ok(VersionResponse {
            version: "0.1.0".into(),
            runtime_name: RUNTIME_NAME.into(),
            runtime_version: env!("CARGO_PKG_VERSION").into(),
            runtime_api_version: "v1".into(),
        })
    }

    pub(super) async fn status(&self, _request: StatusRequest) -> Result<StatusResponse, Status> {
        let condition = |kind: &str| RuntimeCondition { r#type: kind.into(), status: true, ..Default::default() };
        let mut network = condition("NetworkReady");
        if let Err(error) = self.cni.status().await {
            network.status = false;
            network.reason = "NetworkPluginNotReady".into();
            network.message = format!("Network plugin returns error: {error}");
        }
        let features =
            RuntimeHandlerFeatures { recursive_read_only_mounts: true, user_namespaces: self.has_user_namespaces };
        let handler = |name: &str| RuntimeHandler { name: name.to_owned(), features: Some(features) };
        let named = self.config.runtime_handlers.iter().map(|name| handler(name));
        Ok(StatusResponse {
            status: Some(RuntimeStatus { conditions: vec![condition("RuntimeReady"), network] }),
            info: Default::default(),
            runtime_handlers: std::iter::once(handler("")).chain(named).collect(),
            features: Some(RuntimeFeatures { supplemental_groups_policy: true, ..Default::default() }),
        })
    }

    pub(super) async fn runtime_config(&self, _request: RuntimeConfigRequest) -> Result<RuntimeConfigResponse, Status> {
        let linux = LinuxRuntimeConfiguration { cgroup_driver: CgroupDriver::Cgroupfs as i32 };
        Ok(RuntimeConfigResponse { linux: Some(linux) })
    }

    pub(super) async fn update_runtime_config(
        &self,
        _request: UpdateRuntimeConfigRequest,
    ) -> Result<UpdateRuntimeConfigResponse, Status> {
        // The Pod range is the network's own setting.
        Ok(UpdateRuntimeConfigResponse {})
    }

    pub(super) async fn checkpoint_container(
        &self,
        _request: CheckpointContainerRequest,
    ) -> Result<CheckpointContainerResponse, Status> {
        Err(Status::unimplemented("method CheckpointContainer not implemented"))
    }

    pub(super) async fn list_metric_descriptors(
        &self,
        _request: ListMetricDescriptorsRequest,
    ) -> Result<ListMetricDescriptorsResponse, Status> {
        Err(Status::unimplemented("method ListMetricDescriptors not implemented"))
    }

    pub(super) async fn list_pod_sandbox_metrics(
        &self,
        _request: ListPodSandboxMetricsRequest,
    ) -> Result<ListPodSandboxMetricsResponse, Status> {
        Err(Status::unimplemented("method ListPodSandboxMetrics not implemented"))
    }
}
