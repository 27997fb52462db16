//! Everything that the runtime has, by Pod.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use client::clock;
use container_interfaces::cri::RuntimeService;
use container_interfaces::cri::v1::{
    ContainerEventResponse, ContainerEventType, ContainerState as CriState, ContainerStatusRequest,
    ListContainersRequest, ListPodSandboxRequest, PodSandboxState, PodSandboxStatusRequest,
};

use crate::container_config::labels;
use crate::cri_view::{container_view, sandbox_pod, sandbox_view};
use crate::paths::Paths;
use crate::pod::view::{ContainerState, Observation};
use crate::spec::PodId;

/// States of containers that are known, by id: those whose state has not changed are not asked for again.
pub type KnownStates = HashMap<String, ContainerState>;

/// Lists sandboxes and containers; the details only of what is new or has changed.
pub async fn list(
    runtime: &Arc<dyn RuntimeService>,
    paths: &Paths,
    known: &KnownStates,
) -> Result<HashMap<PodId, Observation>, tonic::Status> {
    let since = clock::boot();
    let mut pods: HashMap<PodId, Observation> = HashMap::new();
    for sandbox in runtime.list_pod_sandbox(ListPodSandboxRequest { filter: None }).await?.items {
        let request = PodSandboxStatusRequest { pod_sandbox_id: sandbox.id, verbose: false };
        let Some(status) = absent_is_none(runtime.pod_sandbox_status(request).await)?.and_then(|answer| answer.status)
        else {
            continue;
        };
        let report = pods.entry(sandbox_pod(&status)).or_default();
        report.sandboxes.push(sandbox_view(&status, since));
    }
    for container in runtime.list_containers(ListContainersRequest { filter: None }).await?.containers {
        let report = pods.entry(labels::pod_id(&container.labels)).or_default();
        if known.get(&container.id).is_some_and(|state| is_same(*state, container.state)) {
            report.present.push(container.id);
            continue;
        }
        let request = ContainerStatusRequest { container_id: container.id, verbose: false };
        let Some(status) = absent_is_none(runtime.container_status(request).await)?.and_then(|answer| answer.status)
        else {
            continue;
        };
        let mut view = container_view(&status, paths, since);
        view.sandbox_id = container.pod_sandbox_id;
        report.containers.push(view);
    }
    for report in pods.values_mut() {
        report.complete_since = Some(since);
    }
    Ok(pods)
}

fn absent_is_none<T>(answer: Result<T, tonic::Status>) -> Result<Option<T>, tonic::Status> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code() == tonic::Code::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_same(known: ContainerState, state: i32) -> bool {
    let now = match CriState::try_from(state) {
        Ok(CriState::ContainerCreated) => ContainerState::Created,
        Ok(CriState::ContainerRunning) => ContainerState::Running,
        Ok(CriState::ContainerExited) => ContainerState::Exited,
        _ => ContainerState::Unknown,
    };
    known == now
}

/// What an event says about its Pod; `None` if it does not say which.
pub fn of_event(event: &ContainerEventResponse, paths: &Paths, seen: Duration) -> Option<(PodId, Observation)> {
    let sandbox = event.pod_sandbox_status.as_ref()?;
    let mut report = Observation::default();
    let is_removal = event.container_event_type == ContainerEventType::ContainerDeletedEvent as i32;
    if is_removal {
        report.removed.push(event.container_id.clone());
    }
    let is_gone = is_removal && event.container_id == sandbox.id;
    if !is_gone && (sandbox.state == PodSandboxState::SandboxReady as i32 || !sandbox.id.is_empty()) {
        report.sandboxes.push(sandbox_view(sandbox, seen));
    }
    let present = event.containers_statuses.iter().filter(|status| !(is_removal && status.id == event.container_id));
    for status in present {
        let mut view = container_view(status, paths, seen);
        view.sandbox_id.clone_from(&sandbox.id);
        report.containers.push(view);
    }
    Some((sandbox_pod(sandbox), report))
}
