//! The one thread that commits: decides, writes, makes durable, publishes, answers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Shared;
use super::queue::{Job, Request};
use super::upkeep::SealedSegment;
use crate::EXPIRIES_PER_BATCH_MAX;
use crate::disk::is_full;
use crate::log::Log;
use crate::log::frame::{Frame, RECORD_OVERHEAD_BYTES_MAX, Record};
use crate::mvcc::{Planned, Planner};
use crate::storage::{CommitError, CommitOutcome, Revision, StorageError, WriteKind};
use crate::versions::{Versions, live_cost};

/// Commits in one batch: bounds how long the first waits for the last.
const COMMITS_PER_BATCH_MAX: usize = 512;

/// How long history may stay over its age in an idle store.
const IDLE_TRIM_SLACK_MS: u64 = 10_000;

/// See the module's text.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    log: Log,
    frame: Frame,
    /// The segment before the active one, until the active one has a durable frame.
    full_segment: Option<SealedSegment>,
}

/// A decided job whose caller is told after the sync.
enum Answer {
    Commit(tokio::sync::oneshot::Sender<Result<CommitOutcome, CommitError>>, Result<Revision, CommitError>),
    Compact(tokio::sync::oneshot::Sender<Result<(), StorageError>>, Result<Revision, StorageError>),
}

impl Writer {
    pub fn new(shared: Arc<Shared>, log: Log) -> Self {
        Self { shared, log, frame: Frame::new(), full_segment: None }
    }

    /// The thread's body.
    pub fn run(mut self) {
        let mut jobs = VecDeque::new();
        loop {
            let patience = if jobs.is_empty() { self.patience() } else { Some(Duration::ZERO) };
            if !self.shared.queue.take(&mut jobs, patience) {
                return;
            }
            self.do_batch(&mut jobs);
        }
    }

    /// Time until a key expires or history gets too old.
    fn patience(&self) -> Option<Duration> {
        let limits = self.shared.config.history_limits();
        let (expiry_ms, oldest_ms) =
            self.shared.mvcc.read(|versions: &Versions| (versions.next_deadline_ms(), versions.oldest_change_ms()));
        let now_ms = self.shared.clock.boot_ms();
        // Never at once: a reader may pin what is too old.
        let trim_ms =
            oldest_ms.map(|ms| ms.saturating_add(limits.age_ms).max(now_ms).saturating_add(IDLE_TRIM_SLACK_MS));
        let next_ms = [expiry_ms, trim_ms].into_iter().flatten().min()?;
        Some(Duration::from_millis(next_ms.saturating_sub(now_ms)))
    }

    fn do_batch(&mut self, jobs: &mut VecDeque<Job>) {
        let shared = self.shared.clone();
        let mut planner = Planner::new(&shared.mvcc, shared.clock.as_ref());
        planner.add_expired(EXPIRIES_PER_BATCH_MAX);
        let answers = self.decide(&mut planner, jobs);
        self.fill_frame(planner.changes(), &answers);
        let limits = shared.config.history_limits();
        if self.frame.is_empty() {
            shared.mvcc.trim(&limits, shared.clock.boot_ms());
            return answers.into_iter().for_each(Answer::send);
        }
        if let Err(error) = self.make_durable() {
            return answers.into_iter().for_each(|answer| answer.fail(&error));
        }
        let changes = planner.into_changes();
        shared.counters.commits.fetch_add(changes.len() as u64, Ordering::Relaxed);
        shared.counters.batches.fetch_add(1, Ordering::Relaxed);
        shared.mvcc.publish(changes, &limits, shared.clock.boot_ms());
        for answer in &answers {
            if let Answer::Compact(_, Ok(revision)) = answer {
                shared.mvcc.compact(*revision, &limits, shared.clock.boot_ms());
                shared.upkeep.wake();
            }
        }
        answers.into_iter().for_each(Answer::send);
    }

    /// Takes jobs until the batch is full. Nothing is visible yet.
    fn decide(&self, planner: &mut Planner, jobs: &mut VecDeque<Job>) -> Vec<Answer> {
        let has_space = self.shared.upkeep.has_space();
        let mut answers = Vec::new();
        let mut batch_bytes = 0;
        while answers.len() < COMMITS_PER_BATCH_MAX && batch_bytes < self.shared.config.batch_bytes_max() {
            let Some(job) = jobs.pop_front() else { break };
            answers.push(match job.request {
                Request::Commit { write, reply } => {
                    let is_refused = match &write.kind {
                        WriteKind::Put { value, .. } => {
                            batch_bytes += RECORD_OVERHEAD_BYTES_MAX + write.key.len() + value.len();
                            !has_space || self.is_over_quota(planner, live_cost(&write.key, value))
                        }
                        WriteKind::Delete => {
                            batch_bytes += RECORD_OVERHEAD_BYTES_MAX + write.key.len();
                            false
                        }
                    };
                    let decision = if is_refused {
                        // Somebody may have made space: the next put will know.
                        self.shared.upkeep.wake_for_space(self.shared.clock.boot_ms());
                        Err(StorageError::Full.into())
                    } else {
                        planner.add(write).map_err(|current| CommitError::Precondition { current })
                    };
                    Answer::Commit(reply, decision)
                }
                Request::Compact { revision, reply } => {
                    let decision = self.shared.mvcc.check_compactable(revision);
                    Answer::Compact(reply, decision.map(|()| revision))
                }
            });
        }
        answers
    }

    fn is_over_quota(&self, planner: &Planner, more_bytes: u64) -> bool {
        planner.live_bytes() + more_bytes > self.shared.config.live_bytes_max
    }

    fn fill_frame(&mut self, changes: &[Planned], answers: &[Answer]) {
        let first = changes.first().map(|change| change.event.revision);
        self.frame.start(first.unwrap_or_else(|| Revision(self.shared.mvcc.current().0 + 1)).0);
        for change in changes {
            self.frame.push(&match &change.event.current {
                Some(current) => Record::Put {
                    key: &current.key,
                    value: &current.value,
                    deadline_wall_ms: change.deadline.map(|deadline| deadline.wall_ms),
                },
                None => Record::Delete { key: &change.event.key },
            });
        }
        for answer in answers {
            if let Answer::Compact(_, Ok(revision)) = answer {
                self.frame.push(&Record::Compact { revision: revision.0 });
            }
        }
    }

    /// Writes and syncs the frame. After an error nothing was written.
    fn make_durable(&mut self) -> Result<(), StorageError> {
        if !self.log.has_room(&self.frame) {
            self.rotate()?;
        }
        match self.log.write(&mut self.frame) {
            Ok(()) => {}
            // On file systems that write elsewhere than was allocated.
            Err(error) if is_full(&error) => return Err(StorageError::Full),
            Err(error) => self.shared.disk.die("write to the log", &error),
        }
        if let Err(error) = self.log.sync() {
            self.shared.disk.die("sync the log", &error);
        }
        if let Some(sealed) = self.full_segment.take() {
            // Only now may it be removed: the log goes on durably behind it.
            self.shared.upkeep.seal(sealed);
        }
        Ok(())
    }

    /// Goes on in the prepared segment.
    fn rotate(&mut self) -> Result<(), StorageError> {
        let spare = self.shared.upkeep.take_spare().inspect_err(|_| {
            self.shared.upkeep.wake_for_space(self.shared.clock.boot_ms());
        })?;
        let (number, bytes) = self.log.rotate(spare);
        let last_revision = self.shared.mvcc.current().0;
        self.full_segment = Some(SealedSegment { number, bytes, last_revision });
        Ok(())
    }
}

impl Drop for Writer {
    /// Whatever ends the thread: no caller and no watcher waits for ever.
    fn drop(&mut self) {
        self.shared.stop_serving();
    }
}

impl Answer {
    fn send(self) {
        // A caller that went away does not mind.
        match self {
            Self::Commit(reply, decision) => {
                let _ = reply.send(decision.map(|revision| CommitOutcome { revision }));
            }
            Self::Compact(reply, decision) => {
                let _ = reply.send(decision.map(|_| ()));
            }
        }
    }

    /// For a batch that was not written: also what failed may have failed only because of it.
    fn fail(self, error: &StorageError) {
        match self {
            Self::Commit(reply, _) => {
                let _ = reply.send(Err(error.clone().into()));
            }
            Self::Compact(reply, _) => {
                let _ = reply.send(Err(error.clone()));
            }
        }
    }
}
