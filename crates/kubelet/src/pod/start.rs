//! The serial lane: one container start at a time: images ([`super::pull`]), create, start, postStart hook.

use std::collections::BTreeMap;
use std::time::Duration;

use api::k8s_openapi::api::core::v1::{Container, Pod};

use super::actions::Actions;
use super::back_off::BackOff;
use super::effect::{Effect, EffectId, EventType, Work};
use super::event::Outcome;
use super::record::{ImageUse, Lane, LaneStep, PodStage, StartFailure};
use super::step::Turn;
use super::view::{ContainerState, ContainerView, Restart};
use crate::spec::{self, go_duration};

/// Reason of a container whose configuration cannot be worked out.
pub(super) const CONFIG_ERROR: &str = "CreateContainerConfigError";
/// Reason of a container that keeps ending.
pub(super) const CRASH_LOOP: &str = "CrashLoopBackOff";

/// Exit code of a container that could not be started (upstream's runtimes').
const START_ERROR_EXIT_CODE: i32 = 128;
/// Wait between attempts to create a container whose configuration or creation failed.
pub(super) const CREATE_RETRY: Duration = Duration::from_secs(10);

impl Turn<'_> {
    /// Begins the next start if none is going on.
    pub(super) fn start_next(&mut self, pod: &Pod, actions: &Actions) {
        for name in &actions.starts {
            if self.record.lane.is_some() {
                return;
            }
            let Some(container) = spec::any_container(pod, name) else { continue };
            let has_begun = self.start(pod, &container);
            let is_one_shot = spec::is_init(pod, name) && !spec::is_sidecar(&container);
            if !has_begun && is_one_shot {
                // What stands behind an init container waits for it.
                return;
            }
        }
    }

    /// Begins a container's start unless it has to wait.
    fn start(&mut self, pod: &Pod, container: &Container) -> bool {
        let name = &container.name;
        let is_held = self.record.holds.contains_key(name);
        if is_held || self.is_stopping(name) || self.is_in_crash_back_off(name) {
            return false;
        }
        self.record.lane = None;
        self.next_image(pod, name)
    }

    fn is_stopping(&self, name: &str) -> bool {
        self.record.view.running().any(|container| container.name == name)
    }

    fn is_in_crash_back_off(&mut self, name: &str) -> bool {
        let newest = self.record.view.newest(name);
        let Some(ended) = newest.filter(|newest| newest.state == ContainerState::Exited) else { return false };
        if self.record.view.restarting.get(&ended.id) == Some(&Restart::AtOnce) {
            return false;
        }
        let failed_at = self.boot_of(ended.finished_at);
        let previous = self.record.crashes.get(name).copied();
        if let Some(until) = previous.and_then(|back_off| back_off.wait_until(failed_at))
            && !self.is_due(until)
        {
            let delay = go_duration(previous.map_or(Duration::ZERO, |back_off| back_off.delay));
            let pod = self.record.id.to_string();
            let message = format!("Back-off restarting failed container {name} in pod {pod}");
            self.note_container(name, EventType::Warning, "BackOff", message);
            let message = format!("back-off {delay} restarting failed container={name} pod={pod}");
            self.record.failures.insert(name.to_owned(), StartFailure { reason: CRASH_LOOP, message });
            self.record.holds.insert(name.to_owned(), until);
            return true;
        }
        let raised = BackOff::raise(previous, failed_at, self.now.boot);
        self.record.crashes.insert(name.to_owned(), raised);
        false
    }

    pub(super) fn enter(&mut self, container: &str, step: LaneStep, work: Work) {
        let effect = self.run(work);
        let lane = self.record.lane.take().filter(|lane| lane.container == container);
        let (pull_started, images) = match lane {
            Some(lane) => (lane.pull_started, lane.images),
            None => (self.now.boot, BTreeMap::new()),
        };
        self.record.lane = Some(Lane { container: container.to_owned(), step, effect, pull_started, images });
    }

    /// Notes why a container cannot start and when to try again.
    pub(super) fn fail(&mut self, name: &str, reason: &'static str, message: String, wait: Duration) {
        self.record.lane = None;
        self.record.failures.insert(name.to_owned(), StartFailure { reason, message });
        let until = self.after(wait);
        self.record.holds.insert(name.to_owned(), until);
    }

    /// Gives up what may be given up of a start, so that an end need not wait for it.
    pub(super) fn cancel_lane(&mut self) {
        let Some(lane) = &self.record.lane else { return };
        if matches!(lane.step, LaneStep::CheckImage(_) | LaneStep::PullImage(_) | LaneStep::PostStart { .. }) {
            let effect: EffectId = lane.effect;
            self.effects.push(Effect::Cancel(effect));
            self.record.lane = None;
        }
    }

    /// An answer in the lane.
    pub(super) fn start_done(&mut self, outcome: Outcome) {
        let Some(lane) = self.record.lane.clone() else { return };
        let Some(pod) = self.pod() else { return };
        if self.record.stage != PodStage::Syncing {
            return self.start_superseded(&lane, outcome);
        }
        let name = lane.container.clone();
        match (&lane.step, outcome) {
            (LaneStep::CheckImage(image_use), outcome) => self.image_checked(&pod, &name, image_use, outcome),
            (LaneStep::PullImage(image_use), outcome) => self.image_pulled(&pod, &lane, image_use, outcome),
            (LaneStep::Create, Outcome::Container(container)) => self.created(&pod, &name, *container),
            (LaneStep::Create, Outcome::ConfigFailed(error)) => self.create_failed(&name, CONFIG_ERROR, error),
            (LaneStep::Create, Outcome::Failed(error)) => self.create_failed(&name, "CreateContainerError", error),
            (LaneStep::Start, Outcome::Container(container)) => self.started(&pod, &name, *container),
            (LaneStep::Start, Outcome::StartFailed { error, container }) => {
                self.start_failed(&name, error, container.map(|boxed| *boxed));
            }
            (LaneStep::PostStart { .. }, Outcome::Ok) => self.settled(&name),
            (LaneStep::PostStart { container_id }, Outcome::Failed(error)) => {
                self.post_start_failed(&pod, &name, container_id, error);
            }
            _ => self.record.lane = None,
        }
    }

    /// The Pod is ending: what has come is taken in and stopped with the rest.
    fn start_superseded(&mut self, lane: &Lane, outcome: Outcome) {
        self.record.lane = None;
        let Outcome::Container(container) = outcome else { return };
        match lane.step {
            LaneStep::Create => {
                self.note_container(&lane.container, EventType::Normal, "Created", "Container created");
            }
            _ => self.note_container(&lane.container, EventType::Normal, "Started", "Container started"),
        }
        self.record.view.put_container(*container);
    }

    /// All images are there.
    pub(super) fn create(&mut self, pod: &Pod, name: &str) {
        let mut images = self.record.lane.as_ref().map(|lane| lane.images.clone()).unwrap_or_default();
        let image_ref = images.remove(&ImageUse::Root).unwrap_or_default();
        let pid_target = match spec::target_container(pod, name) {
            None => None,
            Some(target) => match self.record.view.newest(target) {
                Some(found) => Some(found.id.clone()),
                None => {
                    let error = format!("unable to find target container {target}");
                    return self.create_failed(name, CONFIG_ERROR, error);
                }
            },
        };
        let Some(sandbox) = self.record.view.sandbox().filter(|sandbox| sandbox.is_ready) else {
            self.record.lane = None;
            return;
        };
        let work = Work::CreateContainer {
            container: name.to_owned(),
            attempt: self.next_attempt(name),
            sandbox_id: sandbox.id.clone(),
            sandbox_attempt: sandbox.attempt,
            image_ref,
            image_volumes: images,
            pid_target,
        };
        self.enter(name, LaneStep::Create, work);
    }

    /// The restart count of the next container: one more than the last that the runtime or the API knows.
    fn next_attempt(&self, name: &str) -> u32 {
        if let Some(newest) = self.record.view.newest(name) {
            return newest.attempt + 1;
        }
        let status = &self.record.status;
        let lists = [&status.init_container_statuses, &status.container_statuses, &status.ephemeral_container_statuses];
        let known = lists.into_iter().flatten().flatten().find(|status| status.name == name);
        known.map_or(0, |status| {
            let has_ended = status.state.as_ref().is_some_and(|state| state.terminated.is_some());
            u32::try_from(status.restart_count).unwrap_or(0) + u32::from(has_ended)
        })
    }

    fn created(&mut self, pod: &Pod, name: &str, container: ContainerView) {
        self.note_container(name, EventType::Normal, "Created", "Container created");
        if let Some(spec) = spec::container(pod, name) {
            self.record.resize.note_created(spec, &container.id);
        }
        let container_id = container.id.clone();
        self.record.view.put_container(container);
        let work = Work::StartContainer { container: name.to_owned(), container_id };
        self.enter(name, LaneStep::Start, work);
    }

    fn create_failed(&mut self, name: &str, reason: &'static str, error: String) {
        self.note_container(name, EventType::Warning, "Failed", format!("Error: {error}"));
        self.fail(name, reason, error, CREATE_RETRY);
    }

    /// A container that was created but not started counts as a crash; its back-off decides when it is tried again.
    fn start_failed(&mut self, name: &str, error: String, container: Option<ContainerView>) {
        self.note_container(name, EventType::Warning, "Failed", format!("Error: {error}"));
        if let Some(container) = container {
            self.record.view.put_container(container);
        }
        let now = i64::try_from(self.now.wall.as_nanosecond()).unwrap_or(i64::MAX);
        let left =
            self.record.view.containers.iter_mut().find(|c| c.name == name && c.state == ContainerState::Created);
        if let Some(left) = left {
            left.state = ContainerState::Exited;
            left.exit_code = START_ERROR_EXIT_CODE;
            left.reason = "StartError".to_owned();
            left.message = error.clone();
            left.finished_at = now;
        }
        self.fail(name, "RunContainerError", error, Duration::ZERO);
    }

    fn started(&mut self, pod: &Pod, name: &str, container: ContainerView) {
        self.note_container(name, EventType::Normal, "Started", "Container started");
        let container_id = container.id.clone();
        self.record.view.put_container(container);
        let hook = spec::container(pod, name).and_then(|c| c.lifecycle.as_ref()?.post_start.as_ref());
        match hook {
            Some(_) => {
                let work = Work::PostStart { container: name.to_owned(), container_id: container_id.clone() };
                self.enter(name, LaneStep::PostStart { container_id }, work);
            }
            None => self.settled(name),
        }
    }

    /// The container runs: what was held against it is forgotten, its dead predecessors but one are removed.
    fn settled(&mut self, name: &str) {
        self.record.lane = None;
        self.record.failures.remove(name);
        self.record.holds.remove(name);
        self.remove_dead(|position, container| container.name == name && position > 0);
    }

    fn post_start_failed(&mut self, pod: &Pod, name: &str, container_id: &str, error: String) {
        self.note_container(name, EventType::Warning, "FailedPostStartHook", "PostStartHook failed");
        self.fail(name, "PostStartHookError", error, Duration::ZERO);
        let grace = spec::spec(pod).termination_grace_period_seconds.unwrap_or(2);
        self.kill(container_id, name, "FailedPostStartHook", grace);
    }

    /// Removes the dead containers that `is_surplus` (position among the dead of that name, newest first).
    pub(super) fn remove_dead(&mut self, is_surplus: impl Fn(usize, &ContainerView) -> bool) {
        let mut positions = std::collections::BTreeMap::<String, usize>::new();
        let mut surplus = Vec::new();
        for container in &self.record.view.containers {
            if container.may_run() || self.is_in_lane(container) {
                continue;
            }
            let position = positions.entry(container.name.clone()).or_default();
            if is_surplus(*position, container) {
                surplus.push((container.id.clone(), container.name.clone()));
            }
            *position += 1;
        }
        for (container_id, container) in surplus {
            if !self.record.removals.values().any(|id| *id == container_id) {
                let id = self.run(Work::RemoveContainer { container, container_id: container_id.clone() });
                self.record.removals.insert(id, container_id);
            }
        }
    }

    fn is_in_lane(&self, container: &ContainerView) -> bool {
        let is_same = self.record.lane.as_ref().is_some_and(|lane| lane.container == container.name);
        is_same && container.state == ContainerState::Created
    }

    pub(super) fn removal_done(&mut self, container_id: &str, outcome: Outcome) {
        match outcome {
            Outcome::Ok | Outcome::NotFound => {
                self.record.view.containers.retain(|container| container.id != container_id);
                self.record.kills.remove(container_id);
            }
            Outcome::Failed(error) => tracing::warn!(pod = %self.record.id, container_id, error, "remove container"),
            _ => {}
        }
    }
}
