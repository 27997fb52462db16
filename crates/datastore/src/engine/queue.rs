//! What waits for the writer thread.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::storage::{CommitError, CommitOutcome, Revision, StorageError, Write};

/// Commits that may wait for the writer; further callers wait for a place.
const JOBS_QUEUED_MAX: usize = 4_096;

/// Something for the writer to do. The permit is given back once it is answered.
pub(crate) struct Job {
    pub request: Request,
    _place: OwnedSemaphorePermit,
}

pub(crate) enum Request {
    Commit { write: Write, reply: oneshot::Sender<Result<CommitOutcome, CommitError>> },
    Compact { revision: Revision, reply: oneshot::Sender<Result<(), StorageError>> },
}

/// A bounded queue with many callers and one writer.
pub(crate) struct Queue {
    places: Arc<Semaphore>,
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    is_closed: bool,
}

impl Queue {
    pub fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(JOBS_QUEUED_MAX)), waiting: Mutex::default(), wake: Condvar::new() }
    }

    /// Waits for a place and takes it. False when the queue is closed.
    pub async fn push(&self, request: Request) -> bool {
        let Ok(place) = self.places.clone().acquire_owned().await else { return false };
        let mut waiting = self.waiting.lock();
        if waiting.is_closed {
            return false;
        }
        waiting.jobs.push_back(Job { request, _place: place });
        drop(waiting);
        self.wake.notify_one();
        true
    }

    /// Moves what waits to `jobs`, after waiting for something at most `patience` (`None`: for
    /// ever). False when the queue is closed and empty.
    pub fn take(&self, jobs: &mut VecDeque<Job>, patience: Option<Duration>) -> bool {
        let mut waiting = self.waiting.lock();
        while waiting.jobs.is_empty() && !waiting.is_closed {
            match patience {
                None => self.wake.wait(&mut waiting),
                Some(patience) => {
                    if self.wake.wait_for(&mut waiting, patience).timed_out() {
                        break;
                    }
                }
            }
        }
        jobs.append(&mut waiting.jobs);
        !jobs.is_empty() || !waiting.is_closed
    }

    /// Takes no more jobs; those that wait are still done.
    pub fn close(&self) {
        self.places.close();
        self.waiting.lock().is_closed = true;
        self.wake.notify_one();
    }

    /// Drops what waits, so that its callers learn that nobody will answer.
    pub fn abandon(&self) {
        self.close();
        self.waiting.lock().jobs.clear();
    }
}
