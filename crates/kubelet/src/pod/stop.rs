//! Stopping containers: preStop hook, turn, stop signal, kill; and the end of a Pod up to its stopped sandboxes.

use std::time::Duration;

use api::k8s_openapi::api::core::v1::Pod;

use super::effect::{Effect, EventType, Work};
use super::event::Outcome;
use super::probe::{ProbeKey, ProbeKind};
use super::record::{Kill, KillStep, PodStage, SandboxWork};
use super::step::Turn;
use super::view::ContainerState;
use crate::spec;

/// Time between signal and kill that a container gets at least, in seconds (upstream's).
const GRACE_SECONDS_MIN: i64 = 2;
/// Wait until a stop that the runtime refused is tried again.
const STOP_RETRY: Duration = Duration::from_secs(2);

/// Upstream's reason and message of a container that the runtime lost.
pub(super) const LOST_REASON: &str = "ContainerStatusUnknown";
pub(super) const LOST_MESSAGE: &str = "The container could not be located when the pod was terminated";
/// Upstream's exit code of a container that the runtime lost.
pub(super) const LOST_EXIT_CODE: i32 = 137;

impl Turn<'_> {
    /// Begins to stop a container; does nothing if that has begun. An empty message gives upstream's default.
    pub(super) fn kill(&mut self, container_id: &str, name: &str, message: &str, grace_seconds: i64) {
        if self.record.kills.contains_key(container_id) {
            return;
        }
        let message = match message.is_empty() {
            true => format!("Stopping container {name}"),
            false => message.to_owned(),
        };
        self.note_container(name, EventType::Normal, "Killing", message);
        let grace = Duration::from_secs(grace_seconds.max(0).unsigned_abs());
        let has_hook = self.record.pod.as_ref().is_some_and(|pod| has_pre_stop(pod, name));
        let step = match has_hook && !grace.is_zero() {
            true => KillStep::PreStop(self.run(Work::PreStop {
                container: name.to_owned(),
                container_id: container_id.to_owned(),
                timeout: grace,
            })),
            false => KillStep::WaitTurn,
        };
        let kill = Kill { container: name.to_owned(), deadline: self.after(grace), step };
        self.record.kills.insert(container_id.to_owned(), kill);
    }

    /// Moves all stops on that can be.
    pub(super) fn progress_kills(&mut self) {
        let ids: Vec<String> = self.record.kills.keys().cloned().collect();
        for id in ids {
            let Some(kill) = self.record.kills.get(&id).cloned() else { continue };
            let is_next = match &kill.step {
                KillStep::WaitTurn => self.is_due(kill.deadline) || self.is_turn(&kill.container),
                KillStep::Retry(at) => self.is_due(*at),
                _ => false,
            };
            if is_next {
                self.stop(&id, &kill);
            }
        }
    }

    fn stop(&mut self, container_id: &str, kill: &Kill) {
        let left = kill.deadline.saturating_sub(self.now.boot);
        // A part of a second left counts as one, as long as there is grace at all.
        let seconds = i64::try_from(left.as_millis().div_ceil(1_000)).unwrap_or(i64::MAX);
        let effect = self.run(Work::StopContainer {
            container: kill.container.clone(),
            container_id: container_id.to_owned(),
            timeout_seconds: seconds.max(GRACE_SECONDS_MIN),
        });
        if let Some(kill) = self.record.kills.get_mut(container_id) {
            kill.step = KillStep::Stopping(effect);
        }
    }

    /// In an ending Pod sidecars wait for the containers, and for the sidecars behind them.
    fn is_turn(&self, name: &str) -> bool {
        let Some(pod) = &self.record.pod else { return true };
        if !matches!(self.record.stage, PodStage::Terminating(_)) {
            return true;
        }
        let init = spec::init_containers(pod);
        let Some(position) = init.iter().position(|c| c.name == name && spec::is_sidecar(c)) else { return true };
        let runs = |other: &str| self.record.view.running().any(|container| container.name == other);
        let is_held_by_main = spec::containers(pod).iter().any(|container| runs(&container.name));
        let is_held_by_sidecar = init[position + 1..].iter().any(|c| spec::is_sidecar(c) && runs(&c.name));
        !is_held_by_main && !is_held_by_sidecar
    }

    /// Brings the deadlines of all stops forward.
    pub(super) fn shorten_kills(&mut self, deadline: Duration) {
        let ids: Vec<String> = self.record.kills.keys().cloned().collect();
        for id in ids {
            let Some(kill) = self.record.kills.get_mut(&id) else { continue };
            if kill.deadline <= deadline {
                continue;
            }
            kill.deadline = deadline;
            let kill = kill.clone();
            match &kill.step {
                KillStep::PreStop(effect) => {
                    self.effects.push(Effect::Cancel(*effect));
                    let left = deadline.saturating_sub(self.now.boot);
                    let timeout = left.max(Duration::from_millis(1));
                    let work = Work::PreStop { container: kill.container.clone(), container_id: id.clone(), timeout };
                    let effect = self.run(work);
                    self.set_step(&id, KillStep::PreStop(effect));
                }
                KillStep::Stopping(effect) => {
                    self.effects.push(Effect::Cancel(*effect));
                    self.stop(&id, &kill);
                }
                _ => {}
            }
        }
    }

    fn set_step(&mut self, container_id: &str, step: KillStep) {
        if let Some(kill) = self.record.kills.get_mut(container_id) {
            kill.step = step;
        }
    }

    /// An answer to a hook or a stop.
    pub(super) fn kill_done(&mut self, container_id: &str, outcome: Outcome) {
        let Some(kill) = self.record.kills.get(container_id).cloned() else { return };
        match (&kill.step, outcome) {
            (KillStep::PreStop(_), outcome) => {
                if matches!(outcome, Outcome::Failed(_)) {
                    let reason = "FailedPreStopHook";
                    self.note_container(&kill.container, EventType::Warning, reason, "PreStopHook failed");
                }
                self.set_step(container_id, KillStep::WaitTurn);
            }
            (_, Outcome::Stopped(Some(container))) => {
                self.record.view.put_container(*container);
                // Ended by now, or else the stop is tried again.
                let retry = KillStep::Retry(self.after(STOP_RETRY));
                self.set_step(container_id, retry);
                self.note_ended_kills();
            }
            (_, Outcome::Stopped(None) | Outcome::NotFound) => self.lost(container_id),
            (_, Outcome::Failed(error)) => {
                self.note(EventType::Warning, "FailedKillPod", format!("error killing pod: {error}"));
                let retry = KillStep::Retry(self.after(STOP_RETRY));
                self.set_step(container_id, retry);
            }
            _ => {}
        }
    }

    /// The runtime does not know the container any more.
    fn lost(&mut self, container_id: &str) {
        let finished_at = i64::try_from(self.now.wall.as_nanosecond()).unwrap_or(i64::MAX);
        if let Some(container) = self.record.view.containers.iter_mut().find(|c| c.id == container_id)
            && container.may_run()
        {
            container.state = ContainerState::Exited;
            container.exit_code = LOST_EXIT_CODE;
            container.reason = LOST_REASON.to_owned();
            container.message = LOST_MESSAGE.to_owned();
            container.finished_at = finished_at;
        }
        self.note_ended_kills();
    }

    /// Stops whose container has ended are over, whoever ended it.
    pub(super) fn note_ended_kills(&mut self) {
        let view = &self.record.view;
        let has_ended = |id: &str| view.container(id).is_none_or(|container| !container.may_run());
        let ended: Vec<String> = self.record.kills.keys().filter(|id| has_ended(id)).cloned().collect();
        for id in ended {
            if let Some(Kill { step: KillStep::PreStop(effect), .. }) = self.record.kills.remove(&id) {
                self.effects.push(Effect::Cancel(effect));
            }
        }
    }

    /// Stops everything, then the sandboxes.
    pub(super) fn terminate(&mut self) {
        let PodStage::Terminating(termination) = self.record.stage.clone() else { return };
        self.cancel_lane();
        let passed = self.now.boot.saturating_sub(termination.started).as_secs();
        let left = termination.grace_seconds.saturating_sub_unsigned(passed).max(0);
        let running: Vec<_> = self.record.view.running().map(|c| (c.id.clone(), c.name.clone())).collect();
        for (id, name) in &running {
            self.kill(id, name, "", left);
        }
        self.progress_kills();
        let is_making = matches!(self.record.sandbox, SandboxWork::Running(_) | SandboxWork::Stopping(_));
        if !running.is_empty() || self.record.lane.is_some() || is_making || !self.record.closing.is_empty() {
            return;
        }
        if self.record.closing_retry_at.is_some() {
            return;
        }
        let stopped = &self.record.stopped_sandboxes;
        let all = self.record.view.sandboxes.iter().map(|sandbox| sandbox.id.clone());
        let open: Vec<String> = all.filter(|id| !stopped.contains(id)).collect();
        for sandbox_id in open {
            let id = self.run(Work::StopSandbox { sandbox_id: sandbox_id.clone() });
            self.record.closing.insert(id, sandbox_id);
        }
        if self.record.closing.is_empty() {
            self.record.stage = PodStage::Releasing;
        }
    }

    /// Sees to it that exactly the right probes run.
    pub(super) fn reconcile_probes(&mut self) {
        let wanted = self.wanted_probes();
        let surplus: Vec<_> =
            self.record.probing.iter().filter(|key| !wanted.iter().any(|(w, _)| w == *key)).cloned().collect();
        for key in surplus {
            self.record.probing.remove(&key);
            self.effects.push(Effect::StopProbe(key));
        }
        for (key, container) in wanted {
            if self.record.probing.insert(key.clone()) {
                self.effects.push(Effect::StartProbe { key, container });
            }
        }
        let record = &mut *self.record;
        record.probes.retain(|id| record.view.container(id).is_some() || record.view.is_empty());
    }

    fn wanted_probes(&self) -> Vec<(ProbeKey, String)> {
        let mut wanted = Vec::new();
        let is_ending = match self.record.stage {
            PodStage::Syncing => false,
            PodStage::Terminating(_) => true,
            _ => return wanted,
        };
        let Some(pod) = &self.record.pod else { return wanted };
        for view in self.record.view.containers.iter().filter(|c| c.state == ContainerState::Running) {
            let Some(container) = spec::container(pod, &view.name) else { continue };
            let is_stopping = is_ending || self.record.kills.contains_key(&view.id);
            let has_started = self.record.probes.has_started(container, &view.id);
            for kind in ProbeKind::ALL {
                let is_wanted = match kind {
                    ProbeKind::Startup => !has_started && !is_stopping,
                    ProbeKind::Liveness => has_started && !is_stopping,
                    ProbeKind::Readiness => has_started,
                };
                if is_wanted && kind.of(container).is_some() {
                    wanted.push((ProbeKey { container_id: view.id.clone(), kind }, view.name.clone()));
                }
            }
        }
        wanted
    }
}

fn has_pre_stop(pod: &Pod, name: &str) -> bool {
    let container = spec::container(pod, name);
    container.and_then(|container| container.lifecycle.as_ref()?.pre_stop.as_ref()).is_some()
}
