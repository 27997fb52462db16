//! The end of a Pod: giving volumes and cgroup back, the last status, the delete, the removal of what is left.

use std::time::Duration;

use super::effect::{Effect, EffectId, EventType, Work};
use super::event::Outcome;
use super::record::{PodStage, Volumes};
use super::step::Turn;
use crate::spec;

/// Wait until a step of the end that failed is tried again.
const CLOSING_RETRY: Duration = Duration::from_secs(2);
/// Wait until a write that failed is tried again.
const WRITE_RETRY: Duration = Duration::from_millis(500);

/// What [`super::record::PodRecord::closing`] calls the release.
const RELEASE: &str = "";

impl Turn<'_> {
    pub(super) fn release(&mut self) {
        let is_mounting =
            matches!(self.record.volumes, Volumes::Mounting(_) | Volumes::Mounted { refreshing: Some(_), .. });
        if is_mounting || !self.may_close() {
            return;
        }
        let id = self.run(Work::Release);
        self.record.closing.insert(id, RELEASE.to_owned());
    }

    /// Whether no step of the end is going on or waits for its retry.
    fn may_close(&self) -> bool {
        self.record.closing.is_empty() && self.record.closing_retry_at.is_none()
    }

    /// An answer to a step of the end.
    pub(super) fn closing_done(&mut self, id: EffectId, outcome: Outcome) {
        let Some(what) = self.record.closing.remove(&id) else { return };
        if let Outcome::Failed(error) = outcome {
            tracing::warn!(pod = %self.record.id, error, "end of pod");
            if matches!(self.record.stage, PodStage::Terminating(_)) {
                self.note(EventType::Warning, "FailedKillPod", format!("error killing pod: {error}"));
            }
            self.record.closing_retry_at = Some(self.after(CLOSING_RETRY));
            return;
        }
        match self.record.stage {
            PodStage::Terminating(_) => {
                self.record.view.mark_stopped(&what);
                self.record.stopped_sandboxes.insert(what);
            }
            PodStage::Releasing => {
                self.record.volumes = Volumes::Unmounted;
                self.record.stage = PodStage::Finished;
            }
            PodStage::Removing => {
                self.record.stage = PodStage::Removed;
                self.effects.push(Effect::Forget);
            }
            _ => {}
        }
    }

    /// Has the API's object deleted once its status is final, or goes on to the removal once it is gone.
    pub(super) fn finish(&mut self) {
        if self.record.is_gone {
            self.record.stage = PodStage::Removing;
            return;
        }
        let Some(pod) = self.pod() else { return };
        let is_final = spec::is_terminal_phase(self.record.api_status.phase.as_deref());
        let write = &self.record.write;
        let is_quiet = write.in_flight.is_none() && !write.is_dirty && write.deleting.is_none() && !write.is_deleted;
        if spec::is_deleted(&pod) && is_final && is_quiet && write.retry_at.is_none() {
            let id = self.run(Work::DeletePod);
            self.record.write.deleting = Some(id);
        }
    }

    pub(super) fn remove(&mut self) {
        if !self.may_close() {
            return;
        }
        let containers = self.record.view.containers.iter().map(|container| container.id.clone()).collect();
        let sandboxes = self.record.view.sandboxes.iter().map(|sandbox| sandbox.id.clone()).collect();
        let id = self.run(Work::Purge { containers, sandboxes });
        self.record.closing.insert(id, RELEASE.to_owned());
    }

    /// Sends the status if it changed and none is on its way.
    pub(super) fn write_status(&mut self) {
        let write = &self.record.write;
        let is_held = write.in_flight.is_some() || write.is_deleted || write.retry_at.is_some();
        let is_held = is_held || self.record.mirror == Some(None);
        if !write.is_dirty || is_held || self.record.is_gone {
            return;
        }
        let base = Box::new(self.record.api_status.clone());
        let status = Box::new(self.record.status.clone());
        let id = self.run(Work::WriteStatus { base, status });
        self.record.write.is_dirty = false;
        self.record.write.in_flight = Some(id);
    }

    /// An answer to a write or to the delete.
    pub(super) fn write_done(&mut self, id: EffectId, outcome: Outcome) {
        let is_delete = self.record.write.deleting == Some(id);
        match is_delete {
            true => self.record.write.deleting = None,
            false => self.record.write.in_flight = None,
        }
        match outcome {
            Outcome::Written { status, revision } if revision >= self.record.api_revision => {
                self.record.api_revision = revision;
                self.record.api_status = *status;
            }
            Outcome::Ok if is_delete => self.record.write.is_deleted = true,
            // Gone, or another Pod of that name: the watch will say so.
            Outcome::NotFound => self.record.write.is_deleted = true,
            Outcome::Failed(error) => {
                tracing::warn!(pod = %self.record.id, error, "write status");
                self.record.write.is_dirty |= !is_delete;
                self.record.write.retry_at = Some(self.after(WRITE_RETRY));
            }
            _ => {}
        }
    }
}
