//! A live, local view of one kind: list-and-watch into a store of projections that share the bytes.

mod reflector;
mod store;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use apimachinery::encoded::EncodedObject;
use apimachinery::watch::{WatchEventType, WatchFrame};
use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::AbortHandle;

use crate::client::{Client, Resource};
use crate::clock;
use reflector::{Reflector, Sink};
pub use store::IndexValues;
use store::{Slot, Store, key_of};

/// Changes that a slow subscriber may lag before it has to read the store again.
pub const CHANGES_MAX: usize = 1_024;

/// How long an informer that is to end may go on reading what is under way.
const FINISH_TIMEOUT: Duration = Duration::from_secs(1);

/// Namespace (empty for cluster-scoped) and name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    /// Namespace, or empty.
    pub namespace: Arc<str>,
    /// Name.
    pub name: Arc<str>,
}

impl ObjectKey {
    /// From parts.
    pub fn new(namespace: &str, name: &str) -> Self {
        ObjectKey { namespace: namespace.into(), name: name.into() }
    }
}

impl std::fmt::Display for ObjectKey {
    /// `namespace/name`, or `name`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.namespace.is_empty() {
            true => f.write_str(&self.name),
            false => write!(f, "{}/{}", self.namespace, self.name),
        }
    }
}

/// What an informer holds of one object.
#[derive(Debug)]
pub struct Entry<D> {
    /// The projection.
    pub digest: Arc<D>,
    /// The whole object, bytes shared with the server's cache when in process.
    pub object: Arc<EncodedObject>,
}

impl<D> Clone for Entry<D> {
    fn clone(&self) -> Self {
        Entry { digest: Arc::clone(&self.digest), object: Arc::clone(&self.object) }
    }
}

/// A change that an informer has applied. A lagging receiver (`broadcast::error::RecvError::Lagged`) re-reads the
/// store.
#[derive(Debug)]
pub struct Change<D> {
    /// Which object.
    pub key: ObjectKey,
    /// Before; `None` when added.
    pub old: Option<Entry<D>>,
    /// After; `None` when deleted.
    pub new: Option<Entry<D>>,
}

impl<D> Clone for Change<D> {
    fn clone(&self) -> Self {
        Change { key: self.key.clone(), old: self.old.clone(), new: self.new.clone() }
    }
}

impl<D> Change<D> {
    /// The projections before and after, whichever there are.
    pub fn digests(&self) -> impl Iterator<Item = &D> {
        [&self.old, &self.new].into_iter().flatten().map(|entry| &*entry.digest)
    }
}

/// What to watch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// One namespace, or all when empty.
    pub namespace: String,
    /// `labelSelector`
    pub label_selector: String,
    /// `fieldSelector`
    pub field_selector: String,
}

/// Makes the projection of an object from its JSON (with resourceVersion).
///
/// Must not fail: the bytes come from the API server. An object that cannot be read gives `None`, is logged and
/// left out.
pub type Project<D> = fn(&[u8]) -> Option<D>;

/// Called by the informer's own task behind every change; must be short.
type Listener<D> = Box<dyn Fn(&Change<D>) + Send + Sync>;

/// Says whether a change from one projection to another counts as a sign of life.
pub type IsNews<D> = fn(&D, &D) -> bool;

/// A live view of one kind. Cheap to clone; the watch ends when the last clone is dropped.
pub struct Informer<D: Send + Sync + 'static> {
    shared: Arc<Shared<D>>,
    task: Arc<WatchTask>,
}

struct Shared<D> {
    resource: Resource,
    project: Project<D>,
    state: RwLock<State<D>>,
    listeners: RwLock<Vec<Listener<D>>>,
    is_news: RwLock<Option<IsNews<D>>>,
    progress: watch::Sender<Progress>,
    relist: Arc<Notify>,
    is_ending: Arc<AtomicBool>,
    /// Told when the watch is over for good.
    ended: Notify,
}

struct State<D> {
    store: Store<D>,
    /// Keys of the new picture while one is being received.
    replacing: Option<HashSet<ObjectKey>>,
    changes: Option<broadcast::Sender<Change<D>>>,
}

/// How far a view has come.
#[derive(Clone, Copy, Default)]
struct Progress {
    is_synced: bool,
    revision: u64,
    /// Grows with each completed list.
    lists: u64,
}

/// Aborts the watch when the last clone of the informer goes.
#[derive(Default)]
struct WatchTask {
    handle: Mutex<Option<AbortHandle>>,
}

impl Drop for WatchTask {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.get_mut() {
            handle.abort();
        }
    }
}

impl<D: Send + Sync + 'static> Clone for Informer<D> {
    fn clone(&self) -> Self {
        Informer { shared: Arc::clone(&self.shared), task: Arc::clone(&self.task) }
    }
}

impl<D: Send + Sync + 'static> Informer<D> {
    /// Starts watching on the current runtime. Reconnects with back-off; after 410 lists again.
    pub fn start(client: Client, resource: Resource, scope: Scope, project: Project<D>) -> Self {
        let informer = Informer::idle(resource, project);
        informer.run(client, scope);
        informer
    }

    /// An informer that watches nothing yet: add indexes and listeners, then [`Informer::run`].
    pub fn idle(resource: Resource, project: Project<D>) -> Self {
        let shared = Shared {
            resource,
            project,
            state: RwLock::new(State { store: Store::new(), replacing: None, changes: None }),
            listeners: RwLock::new(Vec::new()),
            is_news: RwLock::new(None),
            progress: watch::Sender::new(Progress::default()),
            relist: Arc::new(Notify::new()),
            is_ending: Arc::default(),
            ended: Notify::new(),
        };
        Informer { shared: Arc::new(shared), task: Arc::default() }
    }

    /// Starts the watch of an idle informer on the current runtime.
    pub fn run(&self, client: Client, scope: Scope) {
        let reflector = Reflector {
            client,
            resource: self.shared.resource,
            scope,
            sink: Arc::clone(&self.shared) as Arc<dyn Sink>,
            relist: Arc::clone(&self.shared.relist),
            is_ending: Arc::clone(&self.shared.is_ending),
        };
        let shared = Arc::clone(&self.shared);
        let watch = async move {
            reflector.run().await;
            shared.ended.notify_one();
        };
        let handle = tokio::spawn(watch).abort_handle();
        if let Some(previous) = self.task.handle.lock().replace(handle) {
            previous.abort();
        }
    }

    /// Ends the watch: at once if the server closes it (then everything that it sent is applied), else soon.
    ///
    /// So a kind that goes away together with its objects still tells that they are gone.
    pub fn finish(&self) {
        self.shared.is_ending.store(true, Ordering::Relaxed);
        let informer = self.clone();
        tokio::spawn(async move {
            let is_over = tokio::time::timeout(FINISH_TIMEOUT, informer.shared.ended.notified()).await.is_ok();
            tracing::debug!(resource = informer.shared.resource.plural, is_over, "no longer watched");
            if let Some(handle) = informer.task.handle.lock().take() {
                handle.abort();
            }
        });
    }

    /// A view of fixed objects that is synced at once, as tests of pure code need it.
    pub fn fixed(resource: Resource, project: Project<D>, objects: &[EncodedObject]) -> Self {
        let informer = Informer::idle(resource, project);
        informer.fill(objects);
        informer
    }

    /// Replaces the view by fixed objects; then it is synced.
    pub fn fill(&self, objects: &[EncodedObject]) {
        self.shared.begin_replace();
        let mut revision = 0;
        for object in objects {
            revision = revision.max(object.revision);
            self.shared.apply(&WatchFrame {
                event_type: WatchEventType::Added,
                revision: object.revision,
                ends_initial_events: false,
                object: Arc::new(object.clone()),
            });
        }
        self.shared.end_replace(revision);
    }

    /// Which kind this is a view of.
    pub fn resource(&self) -> Resource {
        self.shared.resource
    }

    /// Completes when the initial list is in.
    pub async fn wait_synced(&self) {
        self.wait_progress(|progress| progress.is_synced).await;
    }

    /// Whether the initial list is in.
    pub fn is_synced(&self) -> bool {
        self.shared.progress.borrow().is_synced
    }

    /// The object at `key`.
    pub fn get(&self, key: &ObjectKey) -> Option<Entry<D>> {
        self.shared.state.read().store.get(key).map(|slot| slot.entry.clone())
    }

    /// Only changes that `is_news` says yes to move [`Informer::seen`].
    pub fn seen_when(&self, is_news: IsNews<D>) {
        *self.shared.is_news.write() = Some(is_news);
    }

    /// When the object at `key` was last seen to change, on the boot clock.
    pub fn seen(&self, key: &ObjectKey) -> Option<Duration> {
        self.shared.state.read().store.get(key).map(|slot| slot.seen)
    }

    /// All objects, in key order.
    pub fn list(&self) -> Vec<(ObjectKey, Entry<D>)> {
        cloned(self.shared.state.read().store.iter())
    }

    /// All objects of one namespace, in key order.
    pub fn list_namespace(&self, namespace: &str) -> Vec<(ObjectKey, Entry<D>)> {
        cloned(self.shared.state.read().store.namespace(namespace))
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.shared.state.read().store.len()
    }

    /// Whether there is no object.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an index; a second one of the same name is ignored.
    pub fn add_index(&self, name: &'static str, values: IndexValues<D>) {
        self.shared.state.write().store.add_index(name, values);
    }

    /// The objects that the index `name` has under `value`, in key order.
    pub fn indexed(&self, name: &str, value: &str) -> Vec<(ObjectKey, Entry<D>)> {
        cloned(self.shared.state.read().store.indexed(name, value))
    }

    /// Has `listener` called, by the informer's own task, behind every later change.
    pub fn listen(&self, listener: impl Fn(&Change<D>) + Send + Sync + 'static) {
        self.shared.listeners.write().push(Box::new(listener));
    }

    /// Changes from now on; also those of the initial list when called right after `start`. The first subscriber
    /// gets what is already there as additions.
    pub fn subscribe(&self) -> broadcast::Receiver<Change<D>> {
        let mut state = self.shared.state.write();
        if let Some(changes) = &state.changes {
            return changes.subscribe();
        }
        let capacity = CHANGES_MAX.max(state.store.len());
        let (changes, receiver) = broadcast::channel(capacity);
        for (key, slot) in state.store.iter() {
            let change = Change { key: key.clone(), old: None, new: Some(slot.entry.clone()) };
            drop(changes.send(change));
        }
        state.changes = Some(changes);
        receiver
    }

    /// Completes when the view includes `revision`.
    pub async fn wait_revision(&self, revision: u64) {
        self.wait_progress(|progress| progress.is_synced && progress.revision >= revision).await;
    }

    /// Completes when `is_reached` holds; it is asked again after every change.
    pub async fn wait_until(&self, is_reached: impl Fn(&Self) -> bool) {
        self.wait_progress(|_| is_reached(self)).await;
    }

    /// Drops the watch and lists again; completes when that list is in.
    pub async fn relist(&self) {
        let before = self.shared.progress.borrow().lists;
        self.shared.relist.notify_one();
        self.wait_progress(|progress| progress.lists > before).await;
    }

    async fn wait_progress(&self, is_reached: impl Fn(&Progress) -> bool) {
        let mut progress = self.shared.progress.subscribe();
        let reached = progress.wait_for(|progress| is_reached(progress)).await;
        debug_assert!(reached.is_ok(), "self keeps the sender");
    }
}

fn cloned<'a, D: 'a>(slots: impl Iterator<Item = (&'a ObjectKey, &'a Slot<D>)>) -> Vec<(ObjectKey, Entry<D>)> {
    slots.map(|(key, slot)| (key.clone(), slot.entry.clone())).collect()
}

impl<D: Send + Sync + 'static> Shared<D> {
    /// Puts one object's new state in place and tells everybody.
    fn change(&self, key: ObjectKey, object: Option<&Arc<EncodedObject>>) {
        let entry = object.and_then(|object| self.project(&key, object));
        let change = {
            let mut state = self.state.write();
            let slot = entry.clone().map(|entry| {
                let seen = self.old_seen(&state.store, &key, &entry).unwrap_or_else(clock::boot);
                Slot { entry, seen }
            });
            let change = Change { old: state.store.put(&key, slot), key, new: entry };
            if let Some(changes) = &state.changes {
                // Without a receiver nobody needs it.
                drop(changes.send(change.clone()));
            }
            change
        };
        if change.old.is_some() || change.new.is_some() {
            for listener in self.listeners.read().iter() {
                listener(&change);
            }
        }
    }

    /// When the object was seen before, if the change is no news.
    fn old_seen(&self, store: &Store<D>, key: &ObjectKey, new: &Entry<D>) -> Option<Duration> {
        let is_news = (*self.is_news.read())?;
        let old = store.get(key)?;
        (!is_news(&old.entry.digest, &new.digest)).then_some(old.seen)
    }

    fn project(&self, key: &ObjectKey, object: &Arc<EncodedObject>) -> Option<Entry<D>> {
        match (self.project)(&object.to_json()) {
            Some(digest) => Some(Entry { digest: Arc::new(digest), object: Arc::clone(object) }),
            None => {
                tracing::warn!(resource = self.resource.plural, %key, "object cannot be read, left out");
                None
            }
        }
    }

    /// Notes the key as part of the new picture. Whether the store already has exactly this object.
    fn is_known(&self, key: &ObjectKey, object: &EncodedObject) -> bool {
        let mut state = self.state.write();
        if let Some(replacing) = &mut state.replacing {
            replacing.insert(key.clone());
        }
        state.store.get(key).is_some_and(|slot| slot.entry.object.revision == object.revision)
    }

    fn reach(&self, revision: u64) {
        self.progress.send_modify(|progress| progress.revision = progress.revision.max(revision));
    }
}

impl<D: Send + Sync + 'static> Sink for Shared<D> {
    fn begin_replace(&self) {
        self.state.write().replacing = Some(HashSet::new());
    }

    fn apply(&self, frame: &WatchFrame) {
        if frame.event_type != WatchEventType::Bookmark {
            let Some(key) = key_of(&frame.object, self.resource.is_namespaced) else {
                tracing::warn!(resource = self.resource.plural, "watch event without a name, left out");
                return;
            };
            match frame.event_type {
                WatchEventType::Deleted => self.change(key, None),
                _ if self.is_known(&key, &frame.object) => {}
                _ => self.change(key, Some(&frame.object)),
            }
        }
        // Events of a list in progress come in key order: their revisions say nothing about completeness.
        if self.state.read().replacing.is_none() {
            self.reach(frame.revision);
        }
    }

    fn end_replace(&self, revision: u64) {
        let gone = {
            let mut state = self.state.write();
            let present = state.replacing.take().unwrap_or_default();
            state.store.keys_where(|key| !present.contains(key))
        };
        for key in gone {
            self.change(key, None);
        }
        self.progress.send_modify(|progress| {
            progress.is_synced = true;
            progress.revision = progress.revision.max(revision);
            progress.lists += 1;
        });
    }
}

/// The JSON of an entry's object with its resourceVersion.
pub fn object_json(object: &EncodedObject) -> Bytes {
    Bytes::from(object.to_json())
}

#[cfg(test)]
mod tests;
