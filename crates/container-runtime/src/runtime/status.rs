//! Lists and statuses of sandboxes and containers, and the events that carry them.

use std::collections::BTreeMap;
use std::sync::Arc;

use container_interfaces::cri::v1::*;
use tonic::Status;

use super::Inner;
use super::container::{Container, state_of};
use super::record::{ContainerRecord, SandboxPhase, SandboxRecord};
use super::sandbox::Sandbox;

impl Inner {
    pub(super) async fn list_pod_sandbox(
        &self,
        request: ListPodSandboxRequest,
    ) -> Result<ListPodSandboxResponse, Status> {
        let filter = request.filter.unwrap_or_default();
        let items = self.all_sandboxes().into_iter().filter_map(|sandbox| {
            let record = sandbox.record.lock();
            let state = sandbox_state(&record);
            let matches = (filter.id.is_empty() || record.id == filter.id)
                && filter.state.is_none_or(|wanted| wanted.state == state)
                && has_labels(&record.config.labels, &filter.label_selector)
                // A sandbox that is being made belongs to the call that makes it.
                && record.phase != SandboxPhase::Creating;
            matches.then(|| PodSandbox {
                id: record.id.clone(),
                metadata: record.config.metadata.clone(),
                state,
                created_at: record.created_at,
                labels: record.config.labels.clone(),
                annotations: record.config.annotations.clone(),
                runtime_handler: record.runtime_handler.clone(),
            })
        });
        Ok(ListPodSandboxResponse { items: items.collect() })
    }

    pub(super) async fn pod_sandbox_status(
        &self,
        request: PodSandboxStatusRequest,
    ) -> Result<PodSandboxStatusResponse, Status> {
        let sandbox = self.sandbox(&request.pod_sandbox_id)?;
        // In a statement of its own: the lock must be free for what follows.
        let status = sandbox_status(&sandbox.record.lock());
        Ok(PodSandboxStatusResponse {
            status: Some(status),
            info: verbose(request.verbose, || serde_json::json!({ "pid": sandbox.shim_pid() })),
            containers_statuses: self.statuses_of(&sandbox),
            timestamp: super::now(),
        })
    }

    fn statuses_of(&self, sandbox: &Sandbox) -> Vec<ContainerStatus> {
        let containers = self.containers_of(&sandbox.id);
        containers.iter().map(|container| container_status(&container.record.lock())).collect()
    }

    pub(super) async fn list_containers(
        &self,
        request: ListContainersRequest,
    ) -> Result<ListContainersResponse, Status> {
        let filter = request.filter.unwrap_or_default();
        let containers = self.all_containers().into_iter().filter_map(|container| {
            let record = container.record.lock();
            let state = state_of(&record) as i32;
            let matches = (filter.id.is_empty() || record.id == filter.id)
                && (filter.pod_sandbox_id.is_empty() || record.sandbox_id == filter.pod_sandbox_id)
                && filter.state.is_none_or(|wanted| wanted.state == state)
                && has_labels(&record.config.labels, &filter.label_selector);
            matches.then(|| container_item(&record, state))
        });
        Ok(ListContainersResponse { containers: containers.collect() })
    }

    pub(super) async fn container_status(
        &self,
        request: ContainerStatusRequest,
    ) -> Result<ContainerStatusResponse, Status> {
        let container = self.container(&request.container_id)?;
        let record = container.record.lock();
        Ok(ContainerStatusResponse {
            status: Some(container_status(&record)),
            info: verbose(
                request.verbose,
                || serde_json::json!({ "sandboxID": record.sandbox_id, "pid": if record.exit.is_none() { record.pid } else { 0 } }),
            ),
        })
    }

    /// Tells subscribers about a container (or a sandbox, by its own id).
    pub(super) fn publish(&self, sandbox_id: &str, id: &str, kind: ContainerEventType) {
        if !self.events.has_subscribers() {
            return;
        }
        let sandbox = self.sandboxes.lock().get(sandbox_id).cloned();
        self.events.publish(&ContainerEventResponse {
            container_id: id.to_owned(),
            container_event_type: kind as i32,
            created_at: super::now(),
            pod_sandbox_status: sandbox.as_ref().map(|sandbox| sandbox_status(&sandbox.record.lock())),
            containers_statuses: sandbox.as_ref().map(|sandbox| self.statuses_of(sandbox)).unwrap_or_default(),
        });
    }

    /// Tells subscribers that a container was removed.
    pub(super) fn publish_removed(&self, container: &Arc<Container>) {
        self.publish(&container.sandbox_id, &container.id, ContainerEventType::ContainerDeletedEvent);
    }
}

fn verbose(is_wanted: bool, info: impl FnOnce() -> serde_json::Value) -> BTreeMap<String, String> {
    match is_wanted {
        true => BTreeMap::from([("info".to_owned(), info().to_string())]),
        false => BTreeMap::new(),
    }
}

pub(super) fn has_labels(labels: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}

fn sandbox_state(record: &SandboxRecord) -> i32 {
    let state = match record.phase {
        SandboxPhase::Ready => PodSandboxState::SandboxReady,
        _ => PodSandboxState::SandboxNotready,
    };
    state as i32
}

fn sandbox_status(record: &SandboxRecord) -> PodSandboxStatus {
    let security = record.config.linux.as_ref().and_then(|linux| linux.security_context.as_ref());
    let options = security.and_then(|security| security.namespace_options.clone()).unwrap_or_default();
    let mut ips = record.ips.iter();
    PodSandboxStatus {
        id: record.id.clone(),
        metadata: record.config.metadata.clone(),
        state: sandbox_state(record),
        created_at: record.created_at,
        network: Some(PodSandboxNetworkStatus {
            ip: ips.next().cloned().unwrap_or_default(),
            additional_ips: ips.map(|ip| PodIp { ip: ip.clone() }).collect(),
        }),
        linux: Some(LinuxPodSandboxStatus { namespaces: Some(Namespace { options: Some(options) }) }),
        labels: record.config.labels.clone(),
        annotations: record.config.annotations.clone(),
        runtime_handler: record.runtime_handler.clone(),
    }
}

fn image_spec(record: &ContainerRecord) -> ImageSpec {
    let given = record.config.image.clone().unwrap_or_default();
    ImageSpec { image: record.image_name.clone(), ..given }
}

fn container_item(record: &ContainerRecord, state: i32) -> container_interfaces::cri::v1::Container {
    container_interfaces::cri::v1::Container {
        id: record.id.clone(),
        pod_sandbox_id: record.sandbox_id.clone(),
        metadata: record.config.metadata.clone(),
        image: record.config.image.clone(),
        image_ref: record.image_id.clone(),
        state,
        created_at: record.created_at,
        labels: record.config.labels.clone(),
        annotations: record.config.annotations.clone(),
        image_id: record.image_id.clone(),
    }
}

fn container_status(record: &ContainerRecord) -> ContainerStatus {
    let exit = record.exit.as_ref();
    let resources = record.config.linux.as_ref().and_then(|linux| linux.resources.clone());
    let user = &record.user;
    let stop_signal = match Signal::try_from(record.config.stop_signal) {
        Ok(signal) if signal != Signal::RuntimeDefault => signal as i32,
        _ => signal_of_number(record.stop_signal),
    };
    ContainerStatus {
        id: record.id.clone(),
        metadata: record.config.metadata.clone(),
        state: state_of(record) as i32,
        created_at: record.created_at,
        started_at: record.started_at,
        finished_at: exit.map_or(0, |exit| exit.finished_at),
        exit_code: exit.map_or(0, |exit| exit.code),
        image: Some(image_spec(record)),
        image_ref: record.image_ref.clone(),
        reason: exit.map(|exit| exit.reason.clone()).unwrap_or_default(),
        message: exit.map(|exit| exit.message.clone()).unwrap_or_default(),
        labels: record.config.labels.clone(),
        annotations: record.config.annotations.clone(),
        mounts: record.config.mounts.clone(),
        log_path: record.log_path.clone(),
        resources: resources.map(|linux| ContainerResources { linux: Some(linux), windows: None }),
        image_id: record.image_id.clone(),
        user: Some(ContainerUser {
            linux: Some(LinuxContainerUser {
                uid: i64::from(user.uid),
                gid: i64::from(user.gid),
                supplemental_groups: user.groups.iter().map(|gid| i64::from(*gid)).collect(),
            }),
        }),
        stop_signal,
    }
}

/// The CRI's value for the signals that images usually name.
fn signal_of_number(number: u32) -> i32 {
    let signal = match number as i32 {
        libc::SIGTERM => Signal::Sigterm,
        libc::SIGQUIT => Signal::Sigquit,
        libc::SIGINT => Signal::Sigint,
        libc::SIGHUP => Signal::Sighup,
        libc::SIGKILL => Signal::Sigkill,
        libc::SIGUSR1 => Signal::Sigusr1,
        libc::SIGUSR2 => Signal::Sigusr2,
        libc::SIGWINCH => Signal::Sigwinch,
        37 => Signal::Sigrtminplus3,
        _ => Signal::RuntimeDefault,
    };
    signal as i32
}
