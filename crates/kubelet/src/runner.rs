//! The one task that owns all Pods' records: it hands them what happens, and has done what they ask for.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use api::k8s_openapi::api::core::v1::{Pod, PodStatus};
use client::clock;
use client::informer::{Change, Informer};
use container_interfaces::cri::v1::ContainerEventResponse;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::AbortHandle;

use crate::admission::{self, NodeFit, Refusal, admit};
use crate::effects::{Effects, Target};
use crate::orphans::Leftovers;
use crate::pod::effect::{Effect, EffectId, Work};
use crate::pod::event::PodEvent;
use crate::pod::record::{NodeFacts, PodRecord, PodStage};
use crate::pod::status::pod_ips;
use crate::pod::step::step;
use crate::pod::view::{Observation, RuntimeView};
use crate::probes::{Inbox, ProbeTask, Probes};
use crate::resources::{self, Qos};
use crate::runtime_list;
use crate::spec::{self, PodId};
use crate::static_pods::{StaticPods, is_mirror};
use crate::{checkpoint, eviction};

mod mirrors;

/// Events of Pods that wait to be handled; senders wait beyond that.
const INBOX_MAX: usize = 4_096;
/// Questions about Pods that wait to be answered.
pub const QUERIES_MAX: usize = 256;
/// How often everything is listed, as a safety net below the runtime's events.
const RELIST_PERIOD: Duration = Duration::from_secs(60);
/// Wait until the runtime's events are asked for again.
const EVENTS_RETRY: Duration = Duration::from_millis(200);

/// A Pod as others may see it.
#[derive(Clone, Debug)]
pub struct PodSnapshot {
    /// Which.
    pub id: PodId,
    /// The API's object.
    pub pod: Arc<Pod>,
    /// Its status as computed last.
    pub status: PodStatus,
    /// It comes from a file of the node.
    pub is_static: bool,
}

/// A question about Pods.
pub enum Query {
    /// The Pod of that namespace and name (and UID, if not empty).
    Find {
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
        /// UID, or empty.
        uid: String,
        /// The answer.
        answer: oneshot::Sender<Option<PodSnapshot>>,
    },
    /// All Pods.
    List {
        /// The answer.
        answer: oneshot::Sender<Vec<PodSnapshot>>,
    },
    /// Makes a Pod go.
    Evict {
        /// UID.
        uid: String,
        /// Why, for people.
        message: String,
    },
    /// Tells when a container no longer runs.
    Follow {
        /// UID of its Pod.
        uid: String,
        /// Runtime's id.
        container_id: String,
        /// The answer: becomes true.
        answer: oneshot::Sender<watch::Receiver<bool>>,
    },
}

/// What a runner is made of.
pub struct RunnerParts {
    /// Does what records ask for.
    pub effects: Arc<Effects>,
    /// Facts about the node.
    pub facts: Arc<NodeFacts>,
    /// The Pods that are bound to this node.
    pub pods: Informer<Pod>,
    /// Pods from the node's files.
    pub statics: watch::Receiver<StaticPods>,
    /// Questions.
    pub queries: mpsc::Receiver<Query>,
}

/// Owns the records.
pub struct Runner {
    effects: Arc<Effects>,
    facts: Arc<NodeFacts>,
    pods: Informer<Pod>,
    statics: watch::Receiver<StaticPods>,
    /// Static Pods whose mirror is being written.
    mirroring: BTreeSet<String>,
    queries: mpsc::Receiver<Query>,
    records: HashMap<String, PodRecord>,
    /// What the runtime had at the start of Pods that have not been seen in the API yet.
    unclaimed: HashMap<String, (PodId, RuntimeView)>,
    running: HashMap<(String, EffectId), AbortHandle>,
    probes: Probes,
    inbox: Inbox,
    events: mpsc::Receiver<(String, PodEvent)>,
    /// When each record wants to be woken, on the boot clock.
    wakes: HashMap<String, Duration>,
    burstable_milli_cpu: i64,
    /// A resize is wanted, or there may be room now for one that waits.
    resizes_due: bool,
    /// Who waits for the end of a container, by the container's id.
    followers: HashMap<String, watch::Sender<bool>>,
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.running.values().for_each(AbortHandle::abort);
        self.records.keys().for_each(|uid| self.probes.forget(uid));
    }
}

impl Runner {
    /// A runner without records.
    pub fn new(parts: RunnerParts) -> Runner {
        let (inbox, events) = mpsc::channel(INBOX_MAX);
        Runner {
            effects: parts.effects,
            facts: parts.facts,
            pods: parts.pods,
            statics: parts.statics,
            mirroring: BTreeSet::new(),
            queries: parts.queries,
            records: HashMap::new(),
            unclaimed: HashMap::new(),
            running: HashMap::new(),
            probes: Probes::default(),
            inbox,
            events,
            wakes: HashMap::new(),
            burstable_milli_cpu: 0,
            resizes_due: false,
            followers: HashMap::new(),
        }
    }

    /// Takes over what runs, then runs for ever.
    pub async fn run(mut self) {
        let mut container_events = self.subscribe().await;
        self.take_over().await;
        let mut changes = self.pods.subscribe();
        self.pods.wait_synced().await;
        self.start_statics();
        self.read_all_pods();
        self.end_orphans();
        let mut addresses = self.effects.config.node_ips.clone();
        let mut relist = tokio::time::interval_at(tokio::time::Instant::now() + RELIST_PERIOD, RELIST_PERIOD);
        loop {
            tokio::select! {
                Some((uid, event)) = self.events.recv() => match event {
                    PodEvent::MirrorWritten => self.mirror_written(&uid),
                    event => self.happen(&uid, event),
                },
                Ok(()) = self.statics.changed() => self.statics_changed(),
                change = changes.recv() => match change {
                    Ok(change) => self.pod_changed(&change),
                    Err(RecvError::Lagged(_)) => self.read_all_pods(),
                    Err(RecvError::Closed) => return,
                },
                event = container_events.recv() => match event {
                    Some(event) => self.container_event(&event),
                    None => {
                        container_events = self.subscribe().await;
                        self.relist().await;
                    }
                },
                uids = self.effects.objects.changed() => self.sources_changed(uids),
                Some(query) = self.queries.recv() => self.answer(query),
                () = sleep_until(self.wakes.values().min().copied()) => self.wake(),
                () = addresses.changed() => self.addresses_changed(addresses.now()),
                _ = relist.tick() => self.relist().await,
            }
            if std::mem::take(&mut self.resizes_due) {
                self.try_resizes();
            }
        }
    }

    /// The node has other addresses: every Pod's status shows them.
    fn addresses_changed(&mut self, node_ips: Vec<String>) {
        self.facts = Arc::new(NodeFacts { node_ips, ..NodeFacts::clone(&self.facts) });
        for uid in self.records.keys().cloned().collect::<Vec<_>>() {
            if let Some(record) = self.records.get_mut(&uid) {
                record.facts = Arc::clone(&self.facts);
            }
            self.happen(&uid, PodEvent::Tick);
        }
    }

    async fn subscribe(&self) -> mpsc::Receiver<ContainerEventResponse> {
        loop {
            match self.effects.runtime.container_events().await {
                Ok(events) => return events,
                Err(error) => tracing::warn!(error = error.message(), "subscribe to container events"),
            }
            tokio::time::sleep(EVENTS_RETRY).await;
        }
    }

    /// Reads what the runtime has from before.
    async fn take_over(&mut self) {
        loop {
            match runtime_list::list(&self.effects.runtime, &self.effects.paths, &HashMap::new()).await {
                Ok(pods) => {
                    for (id, report) in pods {
                        let mut view = RuntimeView::default();
                        view.merge(report);
                        self.unclaimed.insert(id.uid.clone(), (id, view));
                    }
                    return;
                }
                Err(error) => tracing::warn!(error = error.message(), "list containers"),
            }
            tokio::time::sleep(EVENTS_RETRY).await;
        }
    }

    /// Brings the records in line with all Pods that the API has now.
    fn read_all_pods(&mut self) {
        let mut all: Vec<_> = self.pods.list().into_iter().map(|(_, entry)| entry).collect();
        all.sort_by_key(|entry| entry.digest.metadata.creation_timestamp.as_ref().map(|time| time.0));
        let known: BTreeSet<_> = all.iter().map(|entry| spec::uid(&entry.digest).to_owned()).collect();
        for entry in all {
            match is_mirror(&entry.digest) {
                true => self.mirror_changed(&entry.digest),
                false => self.pod_seen(entry.digest, entry.object.revision),
            }
        }
        let ordinary = self.records.iter().filter(|(_, record)| record.mirror.is_none());
        let gone = ordinary.filter(|(uid, record)| !record.is_gone && !known.contains(*uid));
        for uid in gone.map(|(uid, _)| uid.clone()).collect::<Vec<_>>() {
            self.happen(&uid, PodEvent::Gone);
        }
    }

    /// Ends Pods that only the runtime knows, and removes what still earlier ones have left.
    fn end_orphans(&mut self) {
        for (uid, (id, view)) in std::mem::take(&mut self.unclaimed) {
            if uid.is_empty() {
                continue;
            }
            tracing::info!(pod = %id, "pod is gone, its containers are ended");
            let record = PodRecord::orphan(id, view, Arc::clone(&self.facts), clock::boot());
            self.records.insert(uid.clone(), record);
            self.happen(&uid, PodEvent::Tick);
        }
        let known: BTreeSet<String> = self.records.keys().cloned().collect();
        let effects = Arc::clone(&self.effects);
        // Found before this task takes up other Pods.
        let leftovers = Leftovers::find(&effects.paths, &effects.cgroups, &known);
        tokio::task::spawn_blocking(move || leftovers.remove(&effects.paths, &effects.cgroups));
    }

    fn pod_changed(&mut self, change: &Change<Pod>) {
        let mirror = change.new.as_ref().or(change.old.as_ref()).map(|entry| Arc::clone(&entry.digest));
        if let Some(mirror) = mirror.filter(|pod| is_mirror(pod)) {
            return self.mirror_changed(&mirror);
        }
        let uid_of = |entry: &Option<client::informer::Entry<Pod>>| {
            entry.as_ref().map(|entry| spec::uid(&entry.digest).to_owned())
        };
        let (old, new) = (uid_of(&change.old), uid_of(&change.new));
        if let Some(old) = old.filter(|old| Some(old) != new.as_ref()) {
            self.happen(&old, PodEvent::Gone);
        }
        if let Some(entry) = &change.new {
            self.pod_seen(Arc::clone(&entry.digest), entry.object.revision);
        }
    }

    fn pod_seen(&mut self, pod: Arc<Pod>, revision: u64) {
        let uid = spec::uid(&pod).to_owned();
        if self.records.contains_key(&uid) {
            self.happen(&uid, PodEvent::Updated { pod, revision });
            if self.records.get(&uid).is_some_and(|record| record.resize.is_wanted()) {
                self.resizes_due = true;
            }
            return;
        }
        let view = self.unclaimed.remove(&uid).map(|(_, view)| view).unwrap_or_default();
        let is_new = view.is_empty() && is_untouched(&pod);
        let refusal = if is_new { self.admit(&pod).err() } else { None };
        let mut record = PodRecord::new(Arc::clone(&pod), revision, view, Arc::clone(&self.facts));
        record.mirror = self.statics.borrow().contains_key(&uid).then_some(None);
        if !is_new {
            record.resume(checkpoint::read(&self.effects.paths.checkpoint(&uid)));
        }
        self.resizes_due |= record.resize.is_wanted();
        self.records.insert(uid.clone(), record);
        self.update_burstable();
        match refusal {
            None => self.happen(&uid, PodEvent::Updated { pod, revision }),
            Some(Refusal { reason, message }) => self.happen(&uid, PodEvent::Rejected { reason, message }),
        }
    }

    fn admit(&self, pod: &Pod) -> Result<(), Refusal> {
        let (fit, pressure): (NodeFit, _) = {
            let node = self.effects.node.borrow();
            (node.fit.clone(), node.pressure)
        };
        let mut others = vec![("DiskPressure", pressure.has_disk), ("PIDPressure", pressure.has_pid)];
        others.retain(|(_, is_there)| *is_there);
        let others: Vec<_> = others.into_iter().map(|(name, _)| name).collect();
        if let Some(message) = eviction::refuses(pod, pressure.has_memory, &others) {
            return Err(Refusal { reason: eviction::REASON.into(), message });
        }
        let others: Vec<_> = self.records.values().filter(|record| takes_room(record)).collect();
        let others = others.iter().filter_map(|record| record.pod.as_deref());
        admit(pod, others, &fit)
    }

    /// Looks whether Pods can have the resources that the API wants for them, those first that ask for no more.
    fn try_resizes(&mut self) {
        let wanting = self.records.iter().filter(|(_, record)| {
            record.stage == PodStage::Syncing && !record.is_rejected && record.resize.is_wanted()
        });
        let mut order: Vec<_> = wanting.map(|(uid, record)| (admission::resize_rank(record), uid.clone())).collect();
        order.sort();
        for (_, uid) in order {
            let Some(record) = self.records.get(&uid) else { continue };
            let Some(desired) = record.resize.desired.clone() else { continue };
            let others = self.records.values().filter(|other| other.id.uid != uid && takes_room(other));
            let others: Vec<_> = others.filter_map(|other| other.pod.clone()).collect();
            let fit = self.effects.node.borrow().fit.clone();
            let event = match admission::admit_resize(&desired, others.iter().map(Arc::as_ref), &fit) {
                Ok(()) => PodEvent::ResizeAdmitted,
                Err(Refusal { reason, message }) => PodEvent::ResizeRefused { reason, message },
            };
            self.happen(&uid, event);
        }
        self.update_burstable();
    }

    /// Gives the burstable class the shares of its Pods together.
    fn update_burstable(&mut self) {
        let pods = self.records.values().filter(|record| takes_room(record)).filter_map(|record| record.pod.as_ref());
        let burstable = pods.filter(|pod| resources::qos(pod) == Qos::Burstable);
        let cpu = |pod: &Arc<Pod>| resources::request_numbers(pod).get("cpu").copied().unwrap_or(0);
        let total = burstable.map(cpu).sum();
        if total == self.burstable_milli_cpu {
            return;
        }
        self.burstable_milli_cpu = total;
        if let Err(error) = self.effects.cgroups.set_burstable(total) {
            tracing::warn!(%error, "set shares of burstable pods");
        }
    }

    fn container_event(&mut self, event: &ContainerEventResponse) {
        let Some((id, report)) = runtime_list::of_event(event, &self.effects.paths, clock::boot()) else {
            return;
        };
        self.happen(&id.uid, PodEvent::Observed(report));
    }

    fn sources_changed(&mut self, uids: BTreeSet<String>) {
        for uid in uids {
            self.happen(&uid, PodEvent::SourceChanged);
        }
    }

    /// Lists everything; the difference goes to the records. What nobody knows is ended.
    async fn relist(&mut self) {
        let containers = self.records.values().flat_map(|record| &record.view.containers);
        let known = containers.map(|container| (container.id.clone(), container.state)).collect();
        let since = clock::boot();
        let mut pods = match runtime_list::list(&self.effects.runtime, &self.effects.paths, &known).await {
            Ok(pods) => pods,
            Err(error) => return tracing::warn!(error = error.message(), "list containers"),
        };
        for (uid, id) in self.records.iter().map(|(uid, record)| (uid.clone(), record.id.clone())).collect::<Vec<_>>() {
            let nothing = Observation { complete_since: Some(since), ..Observation::default() };
            let report = pods.remove(&id).unwrap_or(nothing);
            self.happen(&uid, PodEvent::Observed(report));
        }
        for (id, report) in pods.into_iter().filter(|(id, _)| !id.uid.is_empty()) {
            let mut view = RuntimeView::default();
            view.merge(report);
            let uid = id.uid.clone();
            self.records.insert(uid.clone(), PodRecord::orphan(id, view, Arc::clone(&self.facts), clock::boot()));
            self.happen(&uid, PodEvent::Tick);
        }
    }

    fn wake(&mut self) {
        let now = clock::boot();
        let due = self.wakes.iter().filter(|(_, at)| **at <= now);
        for uid in due.map(|(uid, _)| uid.clone()).collect::<Vec<_>>() {
            self.wakes.remove(&uid);
            self.happen(&uid, PodEvent::Tick);
        }
    }

    /// Tells a record what happened and has done what it asks for.
    fn happen(&mut self, uid: &str, event: PodEvent) {
        let Some(record) = self.records.get_mut(uid) else { return };
        if let PodEvent::Done { id, .. } = &event {
            self.running.remove(&(uid.to_owned(), *id));
        }
        let now = clock::now();
        let took_room = takes_room(record);
        let effects = step(record, event, now);
        self.resizes_due |= took_room && !takes_room(record);
        match record.wake_at(now) {
            Some(at) => drop(self.wakes.insert(uid.to_owned(), at)),
            None => drop(self.wakes.remove(uid)),
        }
        for effect in effects {
            self.perform(uid, effect);
        }
        self.tell_followers(uid);
    }

    /// Tells those who wait for the end of a container of this Pod.
    fn tell_followers(&mut self, uid: &str) {
        if self.followers.is_empty() {
            return;
        }
        let record = self.records.get(uid);
        let runs = |id: &str| record.is_some_and(|record| record.view.container(id).is_some_and(|c| c.may_run()));
        let is_of = |id: &str| record.is_none_or(|record| record.view.container(id).is_some());
        self.followers.retain(|id, over| {
            if over.is_closed() {
                return false;
            }
            let is_over = is_of(id) && !runs(id);
            if is_over {
                over.send_replace(true);
            }
            !is_over
        });
    }

    fn follow(&mut self, uid: &str, container_id: String) -> watch::Receiver<bool> {
        let view = self.records.get(uid).and_then(|record| record.view.container(&container_id));
        if !view.is_some_and(|view| view.may_run()) {
            return watch::channel(true).1;
        }
        self.followers.entry(container_id).or_insert_with(|| watch::channel(false).0).subscribe()
    }

    fn perform(&mut self, uid: &str, effect: Effect) {
        let Some(record) = self.records.get(uid) else { return };
        match effect {
            Effect::Run { id, work } => self.start(uid, id, work),
            Effect::Cancel(id) => {
                if let Some(handle) = self.running.remove(&(uid.to_owned(), id)) {
                    handle.abort();
                }
            }
            Effect::Note(note) => self.effects.note(&target(record), note),
            Effect::StartProbe { key, container } => {
                let Some(pod) = record.pod.clone() else { return };
                let view = record.view.container(&key.container_id);
                let age = view.map_or(Duration::ZERO, |view| age(view.started_at));
                let task = ProbeTask { key, target: target(record), pod, container, age };
                self.probes.start(&self.effects, task, self.inbox.clone());
            }
            Effect::StopProbe(key) => self.probes.stop(uid, &key),
            Effect::Forget => self.forget(uid),
        }
    }

    fn start(&mut self, uid: &str, id: EffectId, work: Work) {
        let Some(record) = self.records.get(uid) else { return };
        let (effects, inbox, target) = (Arc::clone(&self.effects), self.inbox.clone(), target(record));
        let owner = uid.to_owned();
        let task = tokio::spawn(async move {
            let name = work.name();
            let began = clock::boot();
            let outcome = effects.perform(&target, work).await;
            tracing::debug!(pod = %target.id, work = name, micros = (clock::boot() - began).as_micros(), "effect");
            // Without a receiver the kubelet is stopping.
            let _ = inbox.send((owner, PodEvent::Done { id, outcome })).await;
        });
        self.running.insert((uid.to_owned(), id), task.abort_handle());
    }

    fn forget(&mut self, uid: &str) {
        let was_static = self.records.remove(uid).is_some_and(|record| record.mirror.is_some());
        self.wakes.remove(uid);
        self.probes.forget(uid);
        self.effects.probe_counts.forget(uid);
        self.running.retain(|(of, _), _| of != uid);
        self.update_burstable();
        if was_static {
            self.start_statics();
        }
    }

    fn answer(&mut self, query: Query) {
        match query {
            Query::Find { namespace, name, uid, answer } => {
                let fits = |record: &&PodRecord| {
                    let id = &record.id;
                    id.namespace == namespace && id.name == name && (uid.is_empty() || id.uid == uid)
                };
                let found = self.records.values().filter(fits).filter(|record| record.pod.is_some());
                // Of two Pods of one name the one that the API still has.
                let found = found.min_by_key(|record| record.is_gone).and_then(snapshot);
                let _ = answer.send(found);
            }
            Query::List { answer } => {
                let mut all: Vec<_> = self.records.values().filter_map(snapshot).collect();
                all.sort_by(|a, b| a.id.cmp(&b.id));
                let _ = answer.send(all);
            }
            Query::Evict { uid, message } => self.happen(&uid, PodEvent::Evicted { message }),
            Query::Follow { uid, container_id, answer } => {
                let _ = answer.send(self.follow(&uid, container_id));
            }
        }
    }
}

fn snapshot(record: &PodRecord) -> Option<PodSnapshot> {
    let pod = record.pod.clone()?;
    let is_static = record.mirror.is_some();
    Some(PodSnapshot { id: record.id.clone(), pod, status: record.status.clone(), is_static })
}

/// Whom effects of a record are for.
fn target(record: &PodRecord) -> Target {
    let ips = record.pod.as_ref().map(|pod| effect_ips(record, pod)).unwrap_or_default();
    let sandbox_id = record.view.sandbox().map(|sandbox| sandbox.id.clone());
    let api_uid = record.mirror.clone().flatten().unwrap_or_else(|| record.id.uid.clone());
    Target { id: record.id.clone(), pod: record.pod.clone(), ips, api_uid, sandbox_id }
}

/// The Pod's addresses as containers get them: those of the sandbox, even before the status shows them.
fn effect_ips(record: &PodRecord, pod: &Pod) -> Vec<String> {
    match record.view.sandbox() {
        Some(sandbox) if !spec::is_host_network(pod) && !sandbox.ips.is_empty() => sandbox.ips.clone(),
        _ => pod_ips(record, pod),
    }
}

/// Whether a Pod counts against what the node can give.
fn takes_room(record: &PodRecord) -> bool {
    let is_alive = matches!(record.stage, PodStage::Syncing | PodStage::Terminating(_));
    is_alive && !record.is_rejected && !spec::is_terminal_phase(record.status.phase.as_deref())
}

/// Whether no kubelet has started anything of a Pod yet.
fn is_untouched(pod: &Pod) -> bool {
    let status = spec::status(pod);
    let has_begun = status.container_statuses.iter().chain(&status.init_container_statuses).flatten();
    let mut has_begun = has_begun.filter(|container| container.container_id.is_some());
    matches!(status.phase.as_deref(), None | Some("Pending")) && has_begun.next().is_none() && !spec::is_deleted(pod)
}

/// How long ago a wall-clock time in nanoseconds was.
fn age(started_at: i64) -> Duration {
    let nanos = jiff::Timestamp::now().as_nanosecond() - i128::from(started_at);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}

async fn sleep_until(boot: Option<Duration>) {
    match boot {
        Some(at) => tokio::time::sleep(at.saturating_sub(clock::boot())).await,
        None => std::future::pending().await,
    }
}
