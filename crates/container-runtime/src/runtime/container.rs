//! Containers: start, stop, remove, and what happens when one ends.

use std::sync::Arc;
use std::time::Duration;

use container_interfaces::cri::v1::*;
use parking_lot::Mutex;
use tokio::sync::watch;
use tonic::Status;

use super::record::{ContainerRecord, ExitRecord, remove_directory};
use super::shim_client::ShimError;
use super::{Inner, blocking, internal, now};
use crate::contract::{
    CODE_NOT_FOUND, ContainerExit, ContainerId, DELETE, Exit, REOPEN_LOG, SIGNAL, START, SignalRequest, Started,
};

/// Time that a killed container gets to end.
const KILL_TIMEOUT: Duration = Duration::from_secs(120);
/// Exit code of a container that could not be started.
const START_FAILURE_CODE: i32 = 128;
/// Exit code of a container whose shim is gone.
pub(super) const LOST_CODE: i32 = 137;

/// A container.
pub(super) struct Container {
    /// Id.
    pub(super) id: String,
    /// Id of its sandbox.
    pub(super) sandbox_id: String,
    /// What is known about it.
    pub(super) record: Mutex<ContainerRecord>,
    /// Becomes true when it has ended.
    pub(super) ended: watch::Sender<bool>,
    /// Held while it is stopped or removed.
    pub(super) operation: tokio::sync::Mutex<()>,
    /// Held while its record is written, so that the newest one stays.
    saving: Mutex<()>,
    /// Keep its images from being removed.
    pub(super) leases: Mutex<Vec<Box<dyn Send + Sync>>>,
}

impl Container {
    pub(super) fn new(record: ContainerRecord) -> Arc<Container> {
        Arc::new(Container {
            id: record.id.clone(),
            sandbox_id: record.sandbox_id.clone(),
            ended: watch::Sender::new(record.exit.is_some()),
            record: Mutex::new(record),
            operation: tokio::sync::Mutex::default(),
            saving: Mutex::default(),
            leases: Mutex::default(),
        })
    }

    /// Where it is in its life.
    pub(super) fn state(&self) -> ContainerState {
        state_of(&self.record.lock())
    }

    async fn wait_until_ended(&self, timeout: Duration) -> bool {
        let mut ended = self.ended.subscribe();
        tokio::time::timeout(timeout, ended.wait_for(|ended| *ended)).await.is_ok()
    }
}

/// Where a container is in its life.
pub(super) fn state_of(record: &ContainerRecord) -> ContainerState {
    match (&record.exit, record.started_at) {
        (Some(_), _) => ContainerState::ContainerExited,
        (None, 0) => ContainerState::ContainerCreated,
        (None, _) => ContainerState::ContainerRunning,
    }
}

impl Inner {
    pub(super) async fn start_container(
        self: &Arc<Self>,
        request: StartContainerRequest,
    ) -> Result<StartContainerResponse, Status> {
        let container = self.container(&request.container_id)?;
        let state = container.state();
        if state != ContainerState::ContainerCreated {
            return Err(Status::unknown(format!(
                "failed to set starting state for container {:?}: container is in {} state",
                container.id,
                state.as_str_name()
            )));
        }
        let shim = self.sandbox(&container.sandbox_id)?.live_shim()?;
        let id = ContainerId { id: container.id.clone() };
        let started: Started = match shim.call(START, &id).await {
            Ok(reply) => reply.decode().map_err(internal("start container"))?,
            Err(error) => {
                self.save(&container);
                return Err(start_error(error));
            }
        };
        {
            let mut record = container.record.lock();
            record.pid = started.pid;
            // A short program has ended before its start is told.
            if record.started_at == 0 {
                record.started_at = started.started_at;
            }
        }
        self.publish(&container.sandbox_id, &container.id, ContainerEventType::ContainerStartedEvent);
        // Nobody waits for the record: the shim knows the time, too.
        let inner = Arc::clone(self);
        tokio::task::spawn_blocking(move || inner.save(&container));
        Ok(StartContainerResponse {})
    }

    /// Stores a container's record; a full disk must not stop what goes on.
    pub(super) fn save(&self, container: &Container) {
        let _guard = container.saving.lock();
        let record = container.record.lock().clone();
        // A removed container's directory must not come back.
        let is_known = self.containers.lock().contains_key(&container.id);
        if is_known && let Err(error) = self.layout.save_container(&record) {
            tracing::warn!(container = container.id, %error, "a container's record could not be stored");
        }
    }

    /// A shim told that a container ended.
    pub(super) fn container_exited(&self, exit: &ContainerExit) {
        let Ok(container) = self.container(&exit.id) else { return };
        self.settle(&container, exit_record(&exit.exit), exit.started_at);
    }

    /// Records how a container ended, once, and tells everybody.
    pub(super) fn settle(&self, container: &Container, exit: ExitRecord, started_at: i64) {
        {
            let mut record = container.record.lock();
            if record.exit.is_some() {
                return;
            }
            if record.started_at == 0 {
                record.started_at = started_at;
            }
            record.exit = Some(exit);
        }
        container.ended.send_replace(true);
        self.publish(&container.sandbox_id, &container.id, ContainerEventType::ContainerStoppedEvent);
        self.save(container);
    }

    pub(super) async fn stop_container(
        self: &Arc<Self>,
        request: StopContainerRequest,
    ) -> Result<StopContainerResponse, Status> {
        if let Ok(container) = self.container(&request.container_id) {
            self.stop(&container, request.timeout).await?;
        }
        Ok(StopContainerResponse {})
    }

    /// Ends a container: politely for `timeout` seconds, then at once. A second caller may be in more of a hurry.
    pub(super) async fn stop(self: &Arc<Self>, container: &Arc<Container>, timeout: i64) -> Result<(), Status> {
        let state = container.state();
        if state == ContainerState::ContainerExited {
            return Ok(());
        }
        if timeout > 0 && state == ContainerState::ContainerRunning {
            let signal = container.record.lock().stop_signal;
            self.signal(container, signal).await?;
            let patience = Duration::from_secs(timeout.unsigned_abs());
            if container.wait_until_ended(patience).await {
                return Ok(());
            }
        }
        self.signal(container, libc::SIGKILL as u32).await?;
        if container.wait_until_ended(KILL_TIMEOUT).await {
            return Ok(());
        }
        Err(Status::deadline_exceeded(format!(
            "failed to kill container {:?}: an error occurs during waiting for container {:?} to be killed",
            container.id, container.id
        )))
    }

    /// Sends a signal to a container's first process; one that has just ended is fine.
    async fn signal(self: &Arc<Self>, container: &Container, signal: u32) -> Result<(), Status> {
        let Ok(shim) = self.sandbox(&container.sandbox_id).and_then(|sandbox| sandbox.live_shim()) else {
            // Without a shim there is nothing that could tell of its end.
            self.settle_lost(container);
            return Ok(());
        };
        let request = SignalRequest { id: container.id.clone(), signal, ..SignalRequest::default() };
        match shim.call(SIGNAL, &request).await {
            Ok(_) => Ok(()),
            Err(ShimError::Refused { code: CODE_NOT_FOUND, .. }) => {
                self.settle_never_ran(container);
                Ok(())
            }
            // Its end is told when the loss is noticed.
            Err(ShimError::Lost) => Ok(()),
            Err(error) => Err(internal("kill container")(error)),
        }
    }

    /// A container whose preparation failed has no process that could end.
    fn settle_never_ran(&self, container: &Container) {
        if container.state() == ContainerState::ContainerCreated {
            let exit = ExitRecord {
                code: START_FAILURE_CODE,
                finished_at: now(),
                reason: "StartError".into(),
                message: "the container was never started".into(),
            };
            self.settle(container, exit, 0);
        }
    }

    /// A container whose shim is gone.
    pub(super) fn settle_lost(&self, container: &Container) {
        let exit = ExitRecord {
            code: LOST_CODE,
            finished_at: now(),
            reason: "ContainerStatusUnknown".into(),
            message: "The container could not be located when the pod was terminated".into(),
        };
        self.settle(container, exit, 0);
    }

    pub(super) async fn remove_container(
        self: &Arc<Self>,
        request: RemoveContainerRequest,
    ) -> Result<RemoveContainerResponse, Status> {
        if let Ok(container) = self.container(&request.container_id) {
            self.remove(&container).await?;
        }
        Ok(RemoveContainerResponse {})
    }

    /// Ends a container if need be and removes all that belongs to it.
    pub(super) async fn remove(self: &Arc<Self>, container: &Arc<Container>) -> Result<(), Status> {
        let _guard = container.operation.lock().await;
        self.stop(container, 0).await?;
        if let Ok(shim) = self.sandbox(&container.sandbox_id).and_then(|sandbox| sandbox.live_shim()) {
            match shim.call(DELETE, &ContainerId { id: container.id.clone() }).await {
                Ok(_) | Err(ShimError::Lost | ShimError::Refused { code: CODE_NOT_FOUND, .. }) => {}
                Err(error) => return Err(internal("delete container")(error)),
            }
        }
        let (inner, removed) = (Arc::clone(self), Arc::clone(container));
        let cgroup = container.record.lock().cgroup.clone();
        let removed = blocking(move || {
            let _ = inner.cgroups.remove(&cgroup);
            let _guard = removed.saving.lock();
            remove_directory(&inner.layout.container_mount_point(&removed.sandbox_id, &removed.id))?;
            remove_directory(&inner.layout.container(&removed.id))
        });
        removed.await?.map_err(internal("remove the container's directories"))?;
        if self.containers.lock().remove(&container.id).is_some() {
            self.layer_usage.forget(&container.id);
            self.publish_removed(container);
        }
        Ok(())
    }

    pub(super) async fn reopen_container_log(
        self: &Arc<Self>,
        request: ReopenContainerLogRequest,
    ) -> Result<ReopenContainerLogResponse, Status> {
        let container = self.container(&request.container_id)?;
        if container.state() != ContainerState::ContainerRunning {
            return Err(Status::unknown("container is not running"));
        }
        let shim = self.sandbox(&container.sandbox_id)?.live_shim()?;
        let id = ContainerId { id: container.id.clone() };
        shim.call(REOPEN_LOG, &id).await.map_err(internal("reopen the container's log"))?;
        Ok(ReopenContainerLogResponse {})
    }

    pub(super) async fn update_container_resources(
        self: &Arc<Self>,
        request: UpdateContainerResourcesRequest,
    ) -> Result<UpdateContainerResourcesResponse, Status> {
        let container = self.container(&request.container_id)?;
        let Some(wanted) = request.linux else { return Ok(UpdateContainerResourcesResponse {}) };
        let state = container.state();
        if state == ContainerState::ContainerExited {
            return Err(Status::unknown(format!(
                "failed to update resources: container {:?} is in {} state",
                container.id,
                state.as_str_name()
            )));
        }
        let merged = {
            let record = container.record.lock();
            let current = record.config.linux.as_ref().and_then(|linux| linux.resources.clone());
            merge(current.unwrap_or_default(), &wanted)
        };
        let (inner, cgroup) = (Arc::clone(self), container.record.lock().cgroup.clone());
        let changes = super::spec::resources(Some(&merged));
        blocking(move || inner.cgroups.update(&cgroup, &changes)).await?.map_err(internal("update resources"))?;
        container.record.lock().config.linux.get_or_insert_default().resources = Some(merged);
        self.save(&container);
        Ok(UpdateContainerResourcesResponse {})
    }

    pub(super) async fn update_pod_sandbox_resources(
        self: &Arc<Self>,
        request: UpdatePodSandboxResourcesRequest,
    ) -> Result<UpdatePodSandboxResourcesResponse, Status> {
        let sandbox = self.sandbox(&request.pod_sandbox_id)?;
        let stored = {
            // The Pod's own cgroup is the kubelet's; this is for whoever asks for the sandbox's settings.
            let mut record = sandbox.record.lock();
            let linux = record.config.linux.get_or_insert_default();
            linux.overhead = request.overhead;
            linux.resources = request.resources;
            record.clone()
        };
        self.layout.save_sandbox(&stored).map_err(internal("store the sandbox"))?;
        Ok(UpdatePodSandboxResourcesResponse {})
    }
}

/// What was there, with what is given in `changes`.
fn merge(mut current: LinuxContainerResources, changes: &LinuxContainerResources) -> LinuxContainerResources {
    let number = |field: &mut i64, change: i64| {
        if change != 0 {
            *field = change;
        }
    };
    number(&mut current.cpu_period, changes.cpu_period);
    number(&mut current.cpu_quota, changes.cpu_quota);
    number(&mut current.cpu_shares, changes.cpu_shares);
    number(&mut current.memory_limit_in_bytes, changes.memory_limit_in_bytes);
    number(&mut current.memory_swap_limit_in_bytes, changes.memory_swap_limit_in_bytes);
    for (field, change) in
        [(&mut current.cpuset_cpus, &changes.cpuset_cpus), (&mut current.cpuset_mems, &changes.cpuset_mems)]
    {
        if !change.is_empty() {
            field.clone_from(change);
        }
    }
    if !changes.hugepage_limits.is_empty() {
        current.hugepage_limits.clone_from(&changes.hugepage_limits);
    }
    current.unified.extend(changes.unified.clone());
    current
}

/// Upstream's words before the reason why a program could not be run, which people search for.
const START_FAILURE_PREFIX: &str =
    "OCI runtime create failed: unable to start container process: error during container init: ";

fn start_error(error: ShimError) -> Status {
    match error {
        ShimError::Refused { message, .. } => {
            Status::unknown(format!("failed to start container: {START_FAILURE_PREFIX}{message}"))
        }
        other => internal("start container")(other),
    }
}

/// How a container ended, in the Pod status' words.
pub(super) fn exit_record(exit: &Exit) -> ExitRecord {
    let reason = match exit {
        Exit { start_failure, .. } if !start_failure.is_empty() => "StartError",
        Exit { oom_kills: 1.., .. } => "OOMKilled",
        Exit { code: 0, .. } => "Completed",
        _ => "Error",
    };
    let mut message = match exit.start_failure.as_str() {
        "" => String::new(),
        failure => format!("failed to start container: {START_FAILURE_PREFIX}{failure}"),
    };
    if exit.log_bytes_lost > 0 {
        message += &format!("{} bytes of its log could not be written", exit.log_bytes_lost);
    }
    ExitRecord { code: exit.code, finished_at: exit.finished_at, reason: reason.into(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits_get_upstreams_reasons() {
        let reason = |exit: Exit| exit_record(&exit).reason;
        assert_eq!(reason(Exit::default()), "Completed");
        assert_eq!(reason(Exit { code: 3, ..Exit::default() }), "Error");
        assert_eq!(reason(Exit { code: 137, oom_kills: 1, ..Exit::default() }), "OOMKilled");
        assert_eq!(reason(Exit { code: 128, start_failure: "no".into(), ..Exit::default() }), "StartError");
    }

    #[test]
    fn an_update_changes_only_what_it_names() {
        let current = LinuxContainerResources { cpu_shares: 512, memory_limit_in_bytes: 100, ..Default::default() };
        let changes = LinuxContainerResources { memory_limit_in_bytes: 200, ..Default::default() };
        let merged = merge(current, &changes);
        assert_eq!((merged.cpu_shares, merged.memory_limit_in_bytes), (512, 200));
    }
}
