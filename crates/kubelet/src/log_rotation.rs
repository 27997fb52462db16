//! Rotates the logs of running containers that have grown too large.

use std::sync::Arc;
use std::time::Duration;

use container_interfaces::cri::v1::{
    ContainerFilter, ContainerState, ContainerStateValue, ContainerStatusRequest, ListContainersRequest,
    ReopenContainerLogRequest,
};

use crate::container_config::labels;
use crate::cri_view::container_view;
use crate::effects::Effects;
use crate::logs::rotate::{RotationLimits, rotate};
use crate::paths::Paths;

/// How often sizes are looked at (upstream's).
const PERIOD: Duration = Duration::from_secs(10);

/// Looks for ever.
pub async fn keep(effects: Arc<Effects>) {
    let limits = RotationLimits {
        bytes_max: effects.config.container_log_bytes_max,
        files_max: effects.config.container_log_files_max,
    };
    loop {
        tokio::time::sleep(PERIOD).await;
        if let Err(error) = look(&effects, &limits).await {
            tracing::debug!(error = error.message(), "list containers for log rotation");
        }
    }
}

async fn look(effects: &Effects, limits: &RotationLimits) -> Result<(), tonic::Status> {
    let state = Some(ContainerStateValue { state: ContainerState::ContainerRunning as i32 });
    let filter = ContainerFilter { state, ..ContainerFilter::default() };
    let running = effects.runtime.list_containers(ListContainersRequest { filter: Some(filter) }).await?.containers;
    for container in running {
        let pod = labels::pod_id(&container.labels);
        let name = container.labels.get(labels::CONTAINER_NAME).cloned().unwrap_or_default();
        let attempt = container.metadata.as_ref().map_or(0, |metadata| metadata.attempt);
        let path = effects.paths.logs(&pod).join(Paths::log_file(&name, attempt));
        match rotate(&path, limits, jiff::Timestamp::now()) {
            Ok(false) => {}
            Ok(true) => reopen(effects, &container.id).await,
            Err(error) => tracing::warn!(path = %path.display(), %error, "rotate log"),
        }
    }
    Ok(())
}

async fn reopen(effects: &Effects, container_id: &str) {
    let request = ReopenContainerLogRequest { container_id: container_id.to_owned() };
    if let Err(error) = effects.runtime.reopen_container_log(request).await {
        tracing::warn!(container_id, error = error.message(), "reopen log");
    }
}

/// The log file of a container, as the runtime says or as it is always named.
pub async fn log_path(effects: &Effects, container_id: &str) -> Result<std::path::PathBuf, tonic::Status> {
    let request = ContainerStatusRequest { container_id: container_id.to_owned(), verbose: false };
    let answer = effects.runtime.container_status(request).await?;
    let status = answer.status.ok_or_else(|| tonic::Status::not_found("container status is nil"))?;
    if !status.log_path.is_empty() && std::path::Path::new(&status.log_path).is_absolute() {
        return Ok(status.log_path.into());
    }
    let view = container_view(&status, &effects.paths, Duration::ZERO);
    let pod = labels::pod_id(&status.labels);
    Ok(effects.paths.logs(&pod).join(Paths::log_file(&view.name, view.attempt)))
}
