//! The only way a Pod's record changes.

use std::sync::Arc;
use std::time::Duration;

use api::k8s_openapi::api::core::v1::{Pod, PodStatus};
use apimachinery::time::Now;

use super::effect::{Effect, EffectId, EventType, Note, Work};
use super::event::{Outcome, PodEvent};
use super::record::{KillStep, PodRecord, PodStage, SandboxWork, Termination, Verdicts, Volumes};
use crate::spec;

/// Tells the record what happened. Returns what to do; does none of it.
///
/// The status is computed twice: as the event left things, and as the decisions after it did, so that clients see
/// an exit even when the container is at once waiting for its restart.
pub fn step(record: &mut PodRecord, event: PodEvent, now: Now) -> Vec<Effect> {
    let mut turn = Turn { record, now, effects: Vec::new() };
    turn.apply(event);
    turn.publish();
    turn.decide();
    turn.publish();
    turn.effects
}

/// One call of [`step`].
pub(super) struct Turn<'a> {
    pub(super) record: &'a mut PodRecord,
    pub(super) now: Now,
    pub(super) effects: Vec<Effect>,
}

impl Turn<'_> {
    /// Asks for work; returns its id.
    pub(super) fn run(&mut self, work: Work) -> EffectId {
        self.record.next_effect += 1;
        let id = EffectId(self.record.next_effect);
        self.effects.push(Effect::Run { id, work });
        id
    }

    /// Records an event about the Pod.
    pub(super) fn note(&mut self, event_type: EventType, reason: &str, message: impl Into<String>) {
        self.effects.push(Effect::Note(Note {
            event_type,
            reason: reason.to_owned(),
            message: message.into(),
            container: None,
        }));
    }

    /// Records an event about a container.
    pub(super) fn note_container(
        &mut self,
        container: &str,
        event_type: EventType,
        reason: &str,
        message: impl Into<String>,
    ) {
        self.effects.push(Effect::Note(Note {
            event_type,
            reason: reason.to_owned(),
            message: message.into(),
            container: Some(container.to_owned()),
        }));
    }

    /// A time from now, on the boot clock.
    pub(super) fn after(&self, delay: Duration) -> Duration {
        self.now.boot + delay
    }

    /// Whether a time on the boot clock has come.
    pub(super) fn is_due(&self, at: Duration) -> bool {
        self.now.boot >= at
    }

    /// The boot-clock time of a wall-clock time in nanoseconds since the epoch, as far as the clocks agree.
    pub(super) fn boot_of(&self, wall_nanos: i64) -> Duration {
        let age = self.now.wall.as_nanosecond() - i128::from(wall_nanos);
        let age = Duration::from_nanos(u64::try_from(age).unwrap_or(0));
        self.now.boot.saturating_sub(age)
    }

    /// The API's object.
    pub(super) fn pod(&self) -> Option<Arc<Pod>> {
        self.record.pod.clone()
    }

    fn apply(&mut self, event: PodEvent) {
        match event {
            PodEvent::Updated { pod, revision } => self.update(pod, revision),
            PodEvent::Rejected { reason, message } => self.reject(&reason, &message),
            PodEvent::Evicted { message } => self.evict(message),
            PodEvent::ResizeAdmitted => self.resize_admitted(),
            PodEvent::ResizeRefused { reason, message } => self.resize_refused(&reason, &message),
            PodEvent::Mirrored { uid, status, revision } => self.mirrored(uid, *status, revision),
            PodEvent::MirrorGone => self.record.mirror = Some(None),
            PodEvent::MirrorWritten => {}
            PodEvent::Gone => {
                self.record.is_gone = true;
                self.terminate_with(self.grace_seconds());
            }
            PodEvent::Observed(report) => {
                self.record.view.merge(report);
                self.note_ended_kills();
            }
            PodEvent::Done { id, outcome } => self.done(id, outcome),
            PodEvent::Probed { key, verdict } => {
                if self.record.probing.contains(&key) {
                    self.record.probes.set(key, verdict);
                }
            }
            PodEvent::SourceChanged => self.source_changed(),
            PodEvent::Tick => {}
        }
    }

    fn update(&mut self, pod: Arc<Pod>, revision: u64) {
        if revision < self.record.api_revision {
            return;
        }
        let needs_refresh = self.record.pod.as_ref().is_some_and(|old| metadata_changed(old, &pod));
        self.record.api_status = spec::status(&pod).clone();
        self.record.api_revision = revision;
        let shown = self.desire(&pod);
        self.record.pod = Some(shown);
        if needs_refresh {
            self.refresh_volumes();
            self.retry_configurations();
        }
        if spec::is_deleted(&pod) {
            self.terminate_with(self.grace_seconds());
        }
        // Somebody else's write of what is ours is put right.
        let is_settled = self.record.write.in_flight.is_none() && !self.record.write.is_dirty;
        if is_settled && super::status::differs(&self.record.status, &self.record.api_status) {
            self.record.write.is_dirty = true;
        }
    }

    /// The node needs what the Pod has: at once.
    fn evict(&mut self, message: String) {
        if self.record.stage != PodStage::Syncing {
            return;
        }
        self.note(EventType::Warning, crate::eviction::REASON, message.clone());
        self.record.verdict = Some(Verdicts { reason: crate::eviction::REASON.to_owned(), message });
        self.terminate_with(1);
    }

    /// Statuses of a static Pod go to its mirror.
    fn mirrored(&mut self, uid: String, status: PodStatus, revision: u64) {
        let is_new = self.record.mirror.replace(Some(uid.clone())) != Some(Some(uid));
        if revision < self.record.api_revision && !is_new {
            return;
        }
        self.record.api_status = status;
        self.record.api_revision = revision;
        self.record.write.is_deleted &= !is_new;
        if self.record.write.in_flight.is_none() && super::status::differs(&self.record.status, &self.record.api_status)
        {
            self.record.write.is_dirty = true;
        }
    }

    fn reject(&mut self, reason: &str, message: &str) {
        self.note(EventType::Warning, reason, message);
        self.record.is_rejected = true;
        self.record.verdict =
            Some(Verdicts { reason: reason.to_owned(), message: format!("Pod was rejected: {message}") });
        self.terminate_with(self.grace_seconds());
    }

    /// The grace that the API, or else the spec, gives; at least one second.
    pub(super) fn grace_seconds(&self) -> i64 {
        let Some(pod) = &self.record.pod else { return 1 };
        let asked = pod.metadata.deletion_grace_period_seconds;
        asked.or(spec::spec(pod).termination_grace_period_seconds).unwrap_or(30).max(1)
    }

    /// Begins to end the Pod, or shortens the grace of an ending one.
    pub(super) fn terminate_with(&mut self, grace_seconds: i64) {
        match &mut self.record.stage {
            PodStage::Syncing => {
                self.record.stage = PodStage::Terminating(Termination { started: self.now.boot, grace_seconds });
                self.cancel_lane();
            }
            PodStage::Terminating(termination) if grace_seconds < termination.grace_seconds => {
                termination.grace_seconds = grace_seconds;
                let deadline = termination.started + Duration::from_secs(grace_seconds.unsigned_abs());
                self.shorten_kills(deadline.max(self.now.boot));
            }
            _ => {}
        }
    }

    fn source_changed(&mut self) {
        self.refresh_volumes();
        self.retry_configurations();
        self.record.mount_failures = 0;
        if let Volumes::Failed(at) = &mut self.record.volumes {
            *at = self.now.boot;
        }
    }

    /// Containers whose configuration could not be worked out need not wait any longer.
    fn retry_configurations(&mut self) {
        self.record.holds.retain(|name, _| {
            self.record.failures.get(name).is_none_or(|failure| failure.reason != super::start::CONFIG_ERROR)
        });
    }

    pub(super) fn refresh_volumes(&mut self) {
        if let Volumes::Mounted { refresh_at, .. } = &mut self.record.volumes {
            *refresh_at = Some(self.now.boot);
        }
    }

    /// Hands an answer to whoever waits for it; one that nobody waits for is dropped.
    fn done(&mut self, id: EffectId, outcome: Outcome) {
        let record = &self.record;
        if record.lane.as_ref().is_some_and(|lane| lane.effect == id) {
            self.start_done(outcome);
        } else if is_volume_effect(&record.volumes, id) {
            self.volumes_done(outcome);
        } else if matches!(&record.sandbox, SandboxWork::Running(at) | SandboxWork::Stopping(at) if *at == id) {
            self.sandbox_done(outcome);
        } else if record.write.in_flight == Some(id) || record.write.deleting == Some(id) {
            self.write_done(id, outcome);
        } else if record.resize.is_effect(id) {
            self.resize_done(outcome);
        } else if record.closing.contains_key(&id) {
            self.closing_done(id, outcome);
        } else if let Some(removed) = self.record.removals.remove(&id) {
            self.removal_done(&removed, outcome);
        } else if let Some(container_id) = kill_of(self.record, id) {
            self.kill_done(&container_id, outcome);
        } else if let Outcome::Sandbox(sandbox) = outcome {
            // A superseded sandbox still has to be stopped.
            self.record.view.put_sandbox(sandbox);
        }
    }

    /// Forgets waiting times that are over.
    fn clear_due(&mut self) {
        let now = self.now.boot;
        self.record.holds.retain(|_, until| *until > now);
        if self.record.closing_retry_at.is_some_and(|at| at <= now) {
            self.record.closing_retry_at = None;
        }
        if self.record.write.retry_at.is_some_and(|at| at <= now) {
            self.record.write.retry_at = None;
        }
        if self.record.resize.retry_at.is_some_and(|at| at <= now) {
            self.record.resize.retry_at = None;
        }
        if matches!(self.record.sandbox, SandboxWork::Failed(at) if at <= now) {
            self.record.sandbox = SandboxWork::Idle;
        }
    }

    fn decide(&mut self) {
        self.clear_due();
        // Each round ends at a fixed point or goes one stage on; there are five stages.
        for _ in 0..STAGES_MAX {
            let before = std::mem::discriminant(&self.record.stage);
            match &self.record.stage {
                PodStage::Syncing => self.sync(),
                PodStage::Terminating(_) => self.terminate(),
                PodStage::Releasing => self.release(),
                PodStage::Finished => self.finish(),
                PodStage::Removing => self.remove(),
                PodStage::Removed => {}
            }
            if before == std::mem::discriminant(&self.record.stage) {
                break;
            }
            self.publish();
        }
        self.progress_kills();
        self.note_resized();
        self.reconcile_probes();
    }
}

/// Stages that one call can go through.
const STAGES_MAX: usize = 6;

fn is_volume_effect(volumes: &Volumes, id: EffectId) -> bool {
    match volumes {
        Volumes::Mounting(at) => *at == id,
        Volumes::Mounted { refreshing, .. } => *refreshing == Some(id),
        _ => false,
    }
}

fn kill_of(record: &PodRecord, id: EffectId) -> Option<String> {
    let found = record.kills.iter().find(|(_, kill)| match &kill.step {
        KillStep::PreStop(at) | KillStep::Stopping(at) => *at == id,
        _ => false,
    });
    found.map(|(container_id, _)| container_id.clone())
}

/// Whether what a downward API volume may show has changed.
fn metadata_changed(old: &Pod, new: &Pod) -> bool {
    old.metadata.labels != new.metadata.labels || old.metadata.annotations != new.metadata.annotations
}
