//! Container statuses: what the runtime has, what the API last said, and why something does not run. Pure.

use api::k8s_openapi::api::core::v1::{
    Container, ContainerState as ApiState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting,
    ContainerStatus, ContainerUser, LinuxContainerUser, Pod, VolumeMountStatus,
};
use api::k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use api::k8s_openapi::jiff::Timestamp;

use super::actions::has_any_regular;
use super::record::PodRecord;
use super::restart::should_start;
use super::stop::{LOST_EXIT_CODE, LOST_MESSAGE, LOST_REASON};
use super::view::{ContainerState, ContainerView};
use crate::spec;

const LOST_WHILE_RUNNING: &str =
    "The container could not be located when the pod was deleted.  The container used to be Running";
const INIT_ASSUMED: &str = "Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally";

/// Bytes that the termination messages of all containers of a Pod have together (upstream's 12 KiB).
const POD_MESSAGE_BYTES_MAX: usize = 12 * 1_024;

/// Statuses of one list of containers, `old` being the last ones.
pub(super) fn statuses(
    record: &PodRecord,
    pod: &Pod,
    containers: &[Container],
    old: Option<&[ContainerStatus]>,
) -> Vec<ContainerStatus> {
    let old = old.unwrap_or(&[]);
    let list = Statuses { record, pod };
    let mut all: Vec<_> = containers
        .iter()
        .map(|container| list.one(container, old.iter().find(|status| status.name == container.name)))
        .collect();
    limit_messages(pod, &mut all);
    all
}

/// A wall-clock time in nanoseconds as the API's whole seconds.
pub(super) fn api_time(nanos: i64) -> Option<Time> {
    let seconds = nanos.div_euclid(1_000_000_000);
    (nanos > 0).then(|| Timestamp::from_second(seconds).ok().map(Time)).flatten()
}

struct Statuses<'a> {
    record: &'a PodRecord,
    pod: &'a Pod,
}

impl Statuses<'_> {
    fn one(&self, container: &Container, old: Option<&ContainerStatus>) -> ContainerStatus {
        let all = self.record.view.containers.iter().filter(|view| view.name == container.name);
        let mut attempts = all.filter(|view| !self.is_starting(view));
        let mut status = match attempts.next() {
            Some(newest) => {
                let mut status = self.of_view(container, newest, old);
                if let Some(previous) = attempts.next() {
                    status.last_state = Some(state_of(&self.record.facts.runtime_name, previous, None));
                }
                status
            }
            None => self.of_nothing(container, old),
        };
        self.explain(container, &mut status);
        self.judge(container, &mut status);
        status
    }

    /// One whose start is under way shows when its postStart hook is through, and never when that fails.
    fn is_starting(&self, view: &ContainerView) -> bool {
        let has_lane = self.record.lane.as_ref().is_some_and(|lane| lane.container == view.name);
        let is_unsettled = has_lane || self.record.failures.contains_key(&view.name);
        is_unsettled && matches!(view.state, ContainerState::Created | ContainerState::Running)
    }

    fn blank(&self, container: &Container) -> ContainerStatus {
        let has_init = !spec::init_containers(self.pod).is_empty();
        let reason = if has_init { "PodInitializing" } else { "ContainerCreating" };
        ContainerStatus {
            name: container.name.clone(),
            image: container.image.clone().unwrap_or_default(),
            state: Some(waiting(reason, None)),
            last_state: Some(ApiState::default()),
            volume_mounts: volume_mounts(container),
            ..ContainerStatus::default()
        }
    }

    /// The runtime knows none: a known end stays; one that ran is lost.
    fn of_nothing(&self, container: &Container, old: Option<&ContainerStatus>) -> ContainerStatus {
        let mut status = self.blank(container);
        let Some(old) = old else { return status };
        let old_state = old.state.clone().unwrap_or_default();
        if old_state.terminated.is_some() {
            return old.clone();
        }
        status.restart_count = old.restart_count;
        status.last_state = old.last_state.clone().or(status.last_state);
        let has_last = status.last_state.as_ref().is_some_and(|last| last.terminated.is_some());
        if old_state.running.is_some() && !has_last {
            status.last_state = Some(terminated_lost(LOST_WHILE_RUNNING));
            status.restart_count += i32::from(!spec::is_deleted(self.pod));
        }
        status
    }

    fn of_view(&self, container: &Container, view: &ContainerView, old: Option<&ContainerStatus>) -> ContainerStatus {
        let runtime = &self.record.facts.runtime_name;
        let mut status = self.blank(container);
        let id = format!("{runtime}://{}", view.id);
        status.image = if view.image.is_empty() { status.image } else { view.image.clone() };
        status.image_id = view.image_ref.clone();
        status.restart_count = i32::try_from(view.attempt).unwrap_or(i32::MAX);
        if let Some(old) = old {
            status.restart_count = status.restart_count.max(old.restart_count);
            let old_end = old.state.as_ref().and_then(|state| state.terminated.clone());
            let old_last = old.last_state.as_ref().and_then(|state| state.terminated.clone());
            let terminated = match old.container_id.as_deref() == Some(&id) {
                true => old_last,
                false => old_end.or(old_last),
            };
            status.last_state = Some(ApiState { terminated, ..ApiState::default() });
        }
        status.state = Some(state_of(runtime, view, old));
        status.container_id = Some(id);
        status.resources = Some(self.record.resize.shown(container, view));
        status.allocated_resources = container.resources.as_ref().and_then(|resources| resources.requests.clone());
        status.user = view.user.as_ref().map(|user| ContainerUser {
            linux: Some(LinuxContainerUser {
                uid: user.uid,
                gid: user.gid,
                supplemental_groups: (!user.groups.is_empty()).then(|| user.groups.clone()),
            }),
        });
        status
    }

    /// What is to be started and cannot be waits for a reason.
    fn explain(&self, container: &Container, status: &mut ContainerStatus) {
        let is_init = spec::is_init(self.pod, &container.name);
        let newest = self.record.view.newest(&container.name);
        if is_init {
            if newest.is_some_and(|newest| newest.state == ContainerState::Exited && newest.exit_code == 0) {
                return;
            }
            let is_waiting = status.state.as_ref().is_some_and(|state| state.waiting.is_some());
            let is_past = has_any_regular(self.pod, &self.record.view) && !spec::is_sidecar(container);
            if newest.is_none() && is_past && is_waiting {
                let terminated = ContainerStateTerminated {
                    reason: Some("Completed".into()),
                    message: Some(INIT_ASSUMED.into()),
                    ..ContainerStateTerminated::default()
                };
                status.state = Some(ApiState { terminated: Some(terminated), ..ApiState::default() });
                return;
            }
        }
        if !should_start(self.pod, container, &self.record.view) {
            return;
        }
        let Some(failure) = self.record.failures.get(&container.name) else { return };
        if status.state.as_ref().is_some_and(|state| state.terminated.is_some()) {
            status.last_state = status.state.take();
        }
        status.state = Some(waiting(failure.reason, Some(&failure.message)));
    }

    /// `started` and `ready`; nobody asks ephemeral containers.
    fn judge(&self, container: &Container, status: &mut ContainerStatus) {
        if spec::is_ephemeral(self.pod, &container.name) {
            return;
        }
        let newest = self.record.view.newest(&container.name);
        let running = newest.filter(|newest| newest.state == ContainerState::Running && !self.is_starting(newest));
        let started = running.filter(|running| self.record.probes.has_started(container, &running.id));
        status.started = Some(started.is_some());
        let is_one_shot = spec::is_init(self.pod, &container.name) && !spec::is_sidecar(container);
        status.ready = match is_one_shot {
            true => {
                let end = status.state.as_ref().and_then(|state| state.terminated.as_ref());
                end.is_some_and(|end| end.exit_code == 0)
            }
            false => started.is_some_and(|running| self.record.probes.is_ready(container, &running.id)),
        };
    }
}

fn waiting(reason: &str, message: Option<&str>) -> ApiState {
    let waiting = ContainerStateWaiting {
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        message: message.filter(|text| !text.is_empty()).map(str::to_owned),
    };
    ApiState { waiting: Some(waiting), ..ApiState::default() }
}

/// The state of a container whose end nobody saw.
pub(super) fn lost() -> ApiState {
    terminated_lost(LOST_MESSAGE)
}

fn terminated_lost(message: &str) -> ApiState {
    let terminated = ContainerStateTerminated {
        reason: Some(LOST_REASON.into()),
        message: Some(message.into()),
        exit_code: LOST_EXIT_CODE,
        ..ContainerStateTerminated::default()
    };
    ApiState { terminated: Some(terminated), ..ApiState::default() }
}

fn state_of(runtime: &str, view: &ContainerView, old: Option<&ContainerStatus>) -> ApiState {
    match view.state {
        ContainerState::Created => waiting("", None),
        ContainerState::Running => ApiState {
            running: Some(ContainerStateRunning { started_at: api_time(view.started_at) }),
            ..ApiState::default()
        },
        ContainerState::Unknown => {
            let ran = old.and_then(|old| old.state.as_ref()).is_some_and(|state| state.running.is_some());
            if ran { terminated_lost(LOST_MESSAGE) } else { waiting("", None) }
        }
        ContainerState::Exited => {
            let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let terminated = ContainerStateTerminated {
                container_id: Some(format!("{runtime}://{}", view.id)),
                exit_code: view.exit_code,
                reason: text(&view.reason),
                message: text(&view.message),
                started_at: api_time(view.started_at),
                finished_at: api_time(view.finished_at),
                signal: None,
            };
            ApiState { terminated: Some(terminated), ..ApiState::default() }
        }
    }
}

fn volume_mounts(container: &Container) -> Option<Vec<VolumeMountStatus>> {
    let mounts = container.volume_mounts.as_ref()?.iter().map(|mount| VolumeMountStatus {
        name: mount.name.clone(),
        mount_path: mount.mount_path.clone(),
        read_only: mount.read_only.filter(|read_only| *read_only),
        recursive_read_only: mount.read_only.filter(|read_only| *read_only).map(|_| {
            let mode = mount.recursive_read_only.as_deref().filter(|mode| *mode != "IfPossible");
            mode.unwrap_or("Disabled").to_owned()
        }),
        volume_status: None,
    });
    Some(mounts.collect())
}

/// Cuts termination messages so that a Pod's status stays small.
fn limit_messages(pod: &Pod, statuses: &mut [ContainerStatus]) {
    let count = spec::all_containers(pod).count().max(1);
    let limit = POD_MESSAGE_BYTES_MAX / count;
    for status in statuses {
        for state in [&mut status.state, &mut status.last_state].into_iter().flatten() {
            let message = state.terminated.as_mut().and_then(|terminated| terminated.message.as_mut());
            if let Some(message) = message.filter(|message| message.len() > limit) {
                let end = (0..=limit).rev().find(|at| message.is_char_boundary(*at)).unwrap_or(0);
                message.truncate(end);
            }
        }
    }
}
