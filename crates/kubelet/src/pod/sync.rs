//! A Pod that shall run: volumes, sandbox, then the containers one after another.

use std::time::Duration;

use api::k8s_openapi::api::core::v1::Pod;
use apimachinery::time::Now;

use super::actions::{self, Actions};
use super::effect::{EventType, Work};
use super::event::{Outcome, SandboxFailure};
use super::record::{PodRecord, PodStage, SandboxWork, Verdicts, Volumes};
use super::step::Turn;
use super::view::RuntimeView;
use crate::spec;

/// First and longest wait between attempts to mount a Pod's volumes (upstream's); doubled in between.
const MOUNT_RETRY_FIRST: Duration = Duration::from_millis(500);
const MOUNT_RETRY_MAX: Duration = Duration::from_secs(122);
/// Wait between attempts to run a sandbox.
const SANDBOX_RETRY: Duration = Duration::from_secs(2);
/// Wait until a sandbox is tried again when the network was not ready.
const NETWORK_RETRY: Duration = Duration::from_secs(1);

/// Upstream's reason and message of a Pod that ran longer than it may.
const DEADLINE_REASON: &str = "DeadlineExceeded";
const DEADLINE_MESSAGE: &str = "Pod was active on the node longer than the specified deadline";

/// Whether a Pod needs a (new) sandbox, and with which attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SandboxNeed {
    pub(super) is_new_needed: bool,
    pub(super) attempt: u32,
    /// The newest sandbox there is.
    pub(super) previous: Option<String>,
}

/// Looks at the sandboxes there are.
pub(super) fn sandbox_need(pod: &Pod, view: &RuntimeView) -> SandboxNeed {
    let Some(newest) = view.sandbox() else {
        return SandboxNeed { is_new_needed: true, attempt: 0, previous: None };
    };
    let ready = view.sandboxes.iter().filter(|sandbox| sandbox.is_ready).count();
    let has_address = spec::is_host_network(pod) || !newest.ips.is_empty();
    let is_good = newest.is_ready && ready == 1 && newest.is_host_network == spec::is_host_network(pod) && has_address;
    SandboxNeed {
        is_new_needed: !is_good,
        attempt: if is_good { newest.attempt } else { newest.attempt + 1 },
        previous: Some(newest.id.clone()),
    }
}

/// When `activeDeadlineSeconds` ends, on the boot clock.
pub(super) fn deadline(record: &PodRecord, now: Now) -> Option<Duration> {
    let pod = record.pod.as_ref()?;
    let allowed = spec::spec(pod).active_deadline_seconds?;
    let start = record.status.start_time.as_ref()?.0;
    let left = start.as_nanosecond() + i128::from(allowed) * 1_000_000_000 - now.wall.as_nanosecond();
    Some(now.boot + Duration::from_nanos(u64::try_from(left).unwrap_or(0)))
}

impl Turn<'_> {
    pub(super) fn sync(&mut self) {
        let Some(pod) = self.pod() else { return };
        if spec::is_terminal_phase(spec::status(&pod).phase.as_deref()) {
            return self.terminate_with(self.grace_seconds());
        }
        if deadline(self.record, self.now).is_some_and(|at| self.is_due(at)) {
            return self.exceed_deadline();
        }
        self.sync_volumes();
        if !self.sync_sandbox(&pod) || !matches!(self.record.volumes, Volumes::Mounted { .. }) {
            return;
        }
        let record = &self.record;
        let known = actions::Known { view: &record.view, probes: &record.probes, resize: &record.resize };
        let actions = actions::compute(&pod, &known);
        if actions.is_complete {
            return self.terminate_with(self.grace_seconds());
        }
        self.apply_actions(&pod, &actions);
    }

    fn exceed_deadline(&mut self) {
        self.note(EventType::Normal, DEADLINE_REASON, DEADLINE_MESSAGE);
        self.record.verdict = Some(Verdicts { reason: DEADLINE_REASON.into(), message: DEADLINE_MESSAGE.into() });
        self.terminate_with(self.grace_seconds());
    }

    fn sync_volumes(&mut self) {
        match self.record.volumes {
            Volumes::Unmounted => self.mount_volumes(),
            Volumes::Failed(at) if self.is_due(at) => self.mount_volumes(),
            Volumes::Mounted { refresh_at: Some(at), refreshing: None } if self.is_due(at) => {
                let id = self.run(Work::MountVolumes);
                self.record.volumes = Volumes::Mounted { refresh_at: None, refreshing: Some(id) };
            }
            _ => {}
        }
    }

    fn mount_volumes(&mut self) {
        let id = self.run(Work::MountVolumes);
        self.record.volumes = Volumes::Mounting(id);
    }

    pub(super) fn volumes_done(&mut self, outcome: Outcome) {
        let was_mounted = matches!(self.record.volumes, Volumes::Mounted { .. });
        match outcome {
            Outcome::Mounted { refresh_after } => {
                // A change that came while it was going on is looked at again.
                let missed = match self.record.volumes {
                    Volumes::Mounted { refresh_at, .. } => refresh_at,
                    _ => None,
                };
                let refresh_at = missed.or(refresh_after.map(|delay| self.after(delay)));
                self.record.mount_failures = 0;
                self.record.volumes = Volumes::Mounted { refresh_at, refreshing: None };
            }
            Outcome::MountFailed(messages) => {
                for message in messages {
                    self.note(EventType::Warning, "FailedMount", message);
                }
                self.mount_failed(was_mounted);
            }
            Outcome::Failed(message) => {
                self.note(EventType::Warning, "Failed", format!("error making pod data directories: {message}"));
                self.mount_failed(was_mounted);
            }
            _ => self.mount_failed(was_mounted),
        }
    }

    fn mount_failed(&mut self, was_mounted: bool) {
        let doubled = 2_u32.saturating_pow(self.record.mount_failures);
        self.record.mount_failures = self.record.mount_failures.saturating_add(1);
        let retry_at = self.after(MOUNT_RETRY_FIRST.saturating_mul(doubled).min(MOUNT_RETRY_MAX));
        self.record.volumes = match was_mounted {
            true => Volumes::Mounted { refresh_at: Some(retry_at), refreshing: None },
            false => Volumes::Failed(retry_at),
        };
    }

    /// Sees to it that there is a sandbox; whether there is one now.
    fn sync_sandbox(&mut self, pod: &Pod) -> bool {
        let need = sandbox_need(pod, &self.record.view);
        if !need.is_new_needed {
            return true;
        }
        if actions::is_done_without_sandbox(pod, &self.record.view, need.attempt) {
            self.terminate_with(self.grace_seconds());
            return false;
        }
        if let Some(previous) = &need.previous
            && self.record.noted_sandboxes.insert(previous.clone())
        {
            let message = "Pod sandbox changed, it will be killed and re-created.";
            self.note(EventType::Normal, "SandboxChanged", message);
        }
        match self.record.sandbox {
            SandboxWork::Idle => {}
            _ => return false,
        }
        if self.clear_old_sandbox(pod) {
            let id = self.run(Work::RunSandbox { attempt: need.attempt });
            self.record.sandbox = SandboxWork::Running(id);
        }
        false
    }

    /// Ends what is left of earlier sandboxes; whether that is done.
    fn clear_old_sandbox(&mut self, pod: &Pod) -> bool {
        let running: Vec<_> = self.record.view.running().map(|c| (c.id.clone(), c.name.clone())).collect();
        for (id, name) in &running {
            let grace = spec::spec(pod).termination_grace_period_seconds.unwrap_or(30);
            self.kill(id, name, "", grace);
        }
        if !running.is_empty() || self.record.lane.is_some() {
            return false;
        }
        let old = self.record.view.sandboxes.iter().find(|s| !self.record.stopped_sandboxes.contains(&s.id));
        if let Some(id) = old.map(|sandbox| sandbox.id.clone()) {
            let effect = self.run(Work::StopSandbox { sandbox_id: id.clone() });
            self.record.stopped_sandboxes.insert(id);
            self.record.sandbox = SandboxWork::Stopping(effect);
            return false;
        }
        // Init containers run again in the new sandbox.
        let purge = |name: &str| spec::is_init(pod, name);
        self.remove_dead(|_, container| purge(&container.name));
        !self.record.view.containers.iter().any(|container| purge(&container.name))
    }

    pub(super) fn sandbox_done(&mut self, outcome: Outcome) {
        let was = std::mem::replace(&mut self.record.sandbox, SandboxWork::Idle);
        match outcome {
            Outcome::Sandbox(sandbox) => self.record.view.put_sandbox(sandbox),
            Outcome::SandboxFailed(failure) => self.sandbox_failed(failure),
            Outcome::Ok | Outcome::NotFound => {
                for id in self.record.stopped_sandboxes.clone() {
                    self.record.view.mark_stopped(&id);
                }
            }
            Outcome::Failed(message) => {
                if matches!(was, SandboxWork::Stopping(_)) {
                    self.note(EventType::Warning, "FailedKillPod", format!("error killing pod: {message}"));
                    self.record.stopped_sandboxes.clear();
                }
                self.record.sandbox = SandboxWork::Failed(self.after(SANDBOX_RETRY));
            }
            _ => {}
        }
    }

    fn sandbox_failed(&mut self, failure: SandboxFailure) {
        let is_ending = self.record.stage != PodStage::Syncing;
        let (reason, message, wait) = match failure {
            SandboxFailure::NetworkNotReady(text) => {
                ("NetworkNotReady", format!("network is not ready: {text}"), NETWORK_RETRY)
            }
            SandboxFailure::Cgroup(text) => {
                ("FailedCreatePodContainer", format!("unable to ensure pod container exists: {text}"), SANDBOX_RETRY)
            }
            SandboxFailure::Runtime(text) => {
                ("FailedCreatePodSandBox", format!("Failed to create pod sandbox: {text}"), SANDBOX_RETRY)
            }
        };
        if !is_ending {
            self.note(EventType::Warning, reason, message);
        }
        self.record.sandbox = SandboxWork::Failed(self.after(wait));
    }

    fn apply_actions(&mut self, pod: &Pod, actions: &Actions) {
        for kill in &actions.kills {
            let grace = kill.grace_seconds(pod);
            self.kill(&kill.container_id, &kill.container, &kill.message, grace);
            if let Some(restart) = kill.restart {
                self.record.view.restarting.insert(kill.container_id.clone(), restart);
            }
        }
        self.actuate(actions.resizes.clone());
        if !self.record.resize.is_busy() {
            self.start_next(pod, actions);
        }
    }
}
