//! The one runner of all controllers: watches, queues, asks for plans, performs them.

mod perform;
mod pool;

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::client::Client;
use crate::clock;
use crate::controller::{Controller, Enqueue, Key};
use crate::events::EventRecorder;
use crate::view::{AnyInformer, Kinds, View};
use crate::work_queue::WorkQueue;
use perform::{Performed, Performer};
use pool::{Pool, Seat};

/// Rounds of live look-ups for one decision.
const LOOKUP_ROUNDS_MAX: usize = 4;
/// How long a stop waits for plans in progress.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// A suspend shorter than this is no gap.
const GAP_MIN: Duration = Duration::from_secs(1);

/// Controllers before they run.
pub struct Runner {
    reader: Client,
    changes: Option<watch::Receiver<u64>>,
    loops: Vec<Loop>,
}

impl Runner {
    /// `reader` is the identity that lists and watches for all controllers, as upstream's shared informers.
    pub fn new(reader: Client) -> Self {
        Runner { reader, changes: None, loops: Vec::new() }
    }

    /// Asks the controllers again what they watch whenever `changes` has a new value.
    pub fn follow(&mut self, changes: watch::Receiver<u64>) {
        self.changes = Some(changes);
    }

    /// Adds a controller whose writes go through `writer`.
    pub fn add(&mut self, controller: Arc<dyn Controller>, writer: Client) {
        self.loops.push(Loop { controller, kinds: Arc::default(), queue: Arc::default(), writer });
    }

    /// Starts everything on the current runtime.
    pub fn start(self) -> Running {
        let seats = self
            .loops
            .iter()
            .map(|it| Seat::new(Arc::clone(&it.controller), Arc::clone(&it.kinds), Arc::clone(&it.queue)));
        let mut pool = Pool::new(self.reader, seats.collect());
        pool.fill();
        let informers = pool.informers().iter().map(Arc::downgrade).collect();
        let (stop, stopped) = watch::channel(false);
        let mut tasks: Vec<_> = self.loops.into_iter().map(|it| tokio::spawn(it.run(stopped.clone()))).collect();
        if let Some(changes) = self.changes {
            tasks.push(tokio::spawn(pool.follow(changes, stopped)));
        }
        Running { stop, tasks, informers }
    }
}

/// The listener must not keep the informers alive that it belongs to.
fn enqueue(kinds: &Arc<Kinds>, queue: &Arc<Queue>) -> Enqueue {
    let kinds: Weak<Kinds> = Arc::downgrade(kinds);
    let queue = Arc::clone(queue);
    Enqueue {
        view: Box::new(move || kinds.upgrade().map(View::new)),
        add: Box::new(move |keys, delay| queue.add_all(keys, delay)),
    }
}

/// Controllers at work. Dropping it stops them hard.
pub struct Running {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    /// Those of the start; a kind may have gone since.
    informers: Vec<Weak<dyn AnyInformer>>,
}

impl Running {
    /// Completes when every view of the start is complete.
    pub async fn wait_synced(&self) {
        for informer in self.informers.iter().filter_map(Weak::upgrade) {
            informer.synced().await;
        }
    }

    /// Starts no more work, and waits a short while for what is in progress.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let finish = async {
            for task in &mut self.tasks {
                drop(task.await);
            }
        };
        if tokio::time::timeout(STOP_TIMEOUT, finish).await.is_err() {
            tracing::warn!("controllers did not finish in time");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

#[derive(Default)]
struct Queue {
    keys: Mutex<WorkQueue<Key>>,
    wake: Notify,
}

impl Queue {
    fn add_all(&self, keys: Vec<Key>, delay: Duration) {
        let mut queue = self.keys.lock();
        for key in keys {
            match delay.is_zero() {
                true => queue.add(key),
                false => queue.add_at(key, clock::boot() + delay),
            }
        }
        drop(queue);
        self.wake.notify_one();
    }
}

struct Loop {
    controller: Arc<dyn Controller>,
    kinds: Arc<Kinds>,
    queue: Arc<Queue>,
    writer: Client,
}

impl Loop {
    async fn run(self, mut stopped: watch::Receiver<bool>) {
        for watched in self.kinds.all() {
            watched.settled().await;
        }
        let recorder = EventRecorder::start(self.writer.clone(), self.controller.name(), "");
        let worker = Arc::new(Worker {
            performer: Performer { client: self.writer, kinds: Arc::clone(&self.kinds), recorder },
            controller: self.controller,
            queue: Arc::clone(&self.queue),
        });
        let mut suspended = clock::suspended();
        let mut working = JoinSet::new();
        loop {
            if clock::suspended() > suspended + GAP_MIN {
                suspended = clock::suspended();
                self.kinds.note_gap(clock::boot());
            }
            while working.len() < worker.controller.workers_max() {
                let Some(key) = self.queue.keys.lock().pop(clock::boot()) else { break };
                working.spawn(Arc::clone(&worker).work(key));
            }
            // With all workers busy a key that is due has to wait for one of them.
            let is_full = working.len() >= worker.controller.workers_max();
            let due = self.queue.keys.lock().next_due().filter(|_| !is_full);
            tokio::select! {
                () = self.queue.wake.notified() => {}
                Some(_) = working.join_next() => {}
                () = sleep_until(due) => {}
                _ = stopped.wait_for(|stopped| *stopped) => break,
            }
        }
        while working.join_next().await.is_some() {}
    }
}

/// Sleeps until the boot clock reaches `due`; forever without one.
async fn sleep_until(due: Option<Duration>) {
    match due {
        Some(due) => tokio::time::sleep(due.saturating_sub(clock::boot())).await,
        None => std::future::pending().await,
    }
}

struct Worker {
    controller: Arc<dyn Controller>,
    queue: Arc<Queue>,
    performer: Performer,
}

impl Worker {
    async fn work(self: Arc<Self>, key: Key) {
        let performed = self.decide_and_perform(&key).await;
        let mut queue = self.queue.keys.lock();
        match performed.failure {
            None => queue.forget(&key),
            Some(failure) => {
                tracing::debug!(controller = self.controller.name(), %key, failure, "try again later");
                queue.retry(key.clone(), clock::boot());
            }
        }
        if let Some(pause) = performed.requeue_after {
            queue.add_at(key.clone(), clock::boot() + pause);
        }
        for other in performed.enqueue {
            queue.add(other);
        }
        queue.done(&key);
    }

    async fn decide_and_perform(&self, key: &Key) -> Performed {
        let mut view = View::new(Arc::clone(&self.performer.kinds));
        let mut found = HashMap::new();
        for _ in 0..LOOKUP_ROUNDS_MAX {
            let plan = self.controller.reconcile(&view, key, clock::now());
            if plan.lookups.is_empty() {
                return self.performer.perform(plan).await;
            }
            for lookup in plan.lookups {
                match self.performer.look_up(&lookup).await {
                    Ok(answer) => drop(found.insert(lookup, answer)),
                    Err(error) => return Performed::failed(error.to_string()),
                }
            }
            view = view.with_found(found.clone());
        }
        Performed::failed(format!("no decision after {LOOKUP_ROUNDS_MAX} rounds of look-ups"))
    }
}

#[cfg(test)]
mod tests;
