//! Which informers run: those that the controllers want at the moment, each once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use super::{Queue, enqueue};
use crate::client::{Client, Resource};
use crate::clock;
use crate::controller::{AnyWatch, Controller, InformerId, SYNC_WAIT_MAX};
use crate::view::{AnyInformer, Kinds, View, Watched};

/// A controller, and what it watches.
pub(super) struct Seat {
    controller: Arc<dyn Controller>,
    kinds: Arc<Kinds>,
    queue: Arc<Queue>,
    held: HashSet<InformerId>,
}

impl Seat {
    pub fn new(controller: Arc<dyn Controller>, kinds: Arc<Kinds>, queue: Arc<Queue>) -> Seat {
        Seat { controller, kinds, queue, held: HashSet::new() }
    }

    fn tell(&self, resource: Resource) {
        let mut keys = Vec::new();
        self.controller.touched_by_kind(&View::new(Arc::clone(&self.kinds)), resource, &mut keys);
        if !keys.is_empty() {
            self.queue.add_all(keys, Duration::ZERO);
        }
    }
}

/// An informer, and what waits for its first list.
struct Held {
    informer: Arc<dyn AnyInformer>,
    wait: Option<AbortHandle>,
}

/// All informers of a runner.
pub(super) struct Pool {
    reader: Client,
    seats: Vec<Seat>,
    informers: HashMap<InformerId, Held>,
    /// Each ends with the first list of its informer, or when that is waited for no longer.
    waits: JoinSet<InformerId>,
}

/// What has become another with one look at what the controllers want.
#[derive(Default)]
struct Difference {
    fresh: Vec<InformerId>,
    /// Kinds that came or went, by the index of the seat.
    told: Vec<(usize, Resource)>,
}

impl Pool {
    pub fn new(reader: Client, seats: Vec<Seat>) -> Pool {
        Pool { reader, seats, informers: HashMap::new(), waits: JoinSet::new() }
    }

    /// Starts what the controllers want at the start. They wait for it themselves.
    pub fn fill(&mut self) {
        let difference = self.look();
        self.start(&difference.fresh);
    }

    /// All informers.
    pub fn informers(&self) -> Vec<Arc<dyn AnyInformer>> {
        self.informers.values().map(|held| Arc::clone(&held.informer)).collect()
    }

    /// Follows what the controllers want until the runner stops.
    pub async fn follow(mut self, mut changes: watch::Receiver<u64>, mut stopped: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                changed = changes.changed() => match changed {
                    Ok(()) => self.update(),
                    // Nothing will change any more.
                    Err(_) => return,
                },
                Some(filled) = self.waits.join_next() => {
                    // An aborted wait belongs to an informer that is gone.
                    if let Ok(id) = filled {
                        self.filled(id);
                    }
                }
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
        }
    }

    fn update(&mut self) {
        let Difference { fresh, told } = self.look();
        self.start(&fresh);
        for id in fresh {
            self.wait(id, SYNC_WAIT_MAX);
        }
        self.drop_unwanted();
        for (at, resource) in told {
            self.seats[at].tell(resource);
        }
    }

    /// Gives each controller the informers that it wants now, and takes the others from it.
    fn look(&mut self) -> Difference {
        let mut difference = Difference::default();
        for at in 0..self.seats.len() {
            let watches = self.seats[at].controller.watches();
            let wanted: HashSet<InformerId> = watches.iter().map(|watch| watch.id()).collect();
            let held = std::mem::replace(&mut self.seats[at].held, wanted);
            let wanted = &self.seats[at].held;
            for id in held.difference(wanted) {
                self.seats[at].kinds.remove(*id);
                difference.told.push((at, id.resource));
            }
            difference.told.extend(wanted.difference(&held).map(|id| (at, id.resource)));
            let added: Vec<_> = watches.into_iter().filter(|watch| !held.contains(&watch.id())).collect();
            self.join(at, &added, &mut difference.fresh);
        }
        difference
    }

    /// Puts informers into the view of a controller, then has them told their changes to it.
    fn join(&mut self, at: usize, watches: &[Box<dyn AnyWatch>], fresh: &mut Vec<InformerId>) {
        let Pool { seats, informers, .. } = self;
        let seat = &seats[at];
        for watch in watches {
            let held = informers.entry(watch.id()).or_insert_with(|| {
                fresh.push(watch.id());
                Held { informer: watch.new_informer(), wait: None }
            });
            watch.prepare(&*held.informer);
            let awaited_until = match watch.is_live() {
                true => clock::boot() + SYNC_WAIT_MAX,
                false => Duration::MAX,
            };
            seat.kinds.insert(watch.id(), Watched { informer: Arc::clone(&held.informer), awaited_until });
        }
        for watch in watches {
            watch.attach(&*informers[&watch.id()].informer, enqueue(&seat.kinds, &seat.queue));
        }
    }

    fn start(&self, ids: &[InformerId]) {
        for id in ids {
            self.informers[id].informer.start(self.reader.clone(), id.scope());
        }
    }

    /// Waits for the first list, in the background.
    fn wait(&mut self, id: InformerId, limit: Duration) {
        let Some(held) = self.informers.get_mut(&id) else { return };
        let informer = Arc::clone(&held.informer);
        let wait = async move {
            drop(tokio::time::timeout(limit, informer.synced()).await);
            id
        };
        held.wait = Some(self.waits.spawn(wait));
    }

    /// A first list is in, or is waited for no longer.
    fn filled(&mut self, id: InformerId) {
        let Some(held) = self.informers.get_mut(&id) else { return };
        held.wait = None;
        if !held.informer.has_synced() {
            tracing::warn!(resource = id.resource.plural, group = id.resource.group, "a kind cannot be listed");
            self.wait(id, Duration::MAX);
        }
        self.seats.iter().filter(|seat| seat.held.contains(&id)).for_each(|seat| seat.tell(id.resource));
    }

    fn drop_unwanted(&mut self) {
        let Pool { seats, informers, .. } = self;
        informers.retain(|id, held| {
            let is_wanted = seats.iter().any(|seat| seat.held.contains(id));
            if !is_wanted {
                held.wait.take().inspect(AbortHandle::abort);
                held.informer.finish();
            }
            is_wanted
        });
    }
}
