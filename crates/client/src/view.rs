//! What a controller sees: the projections that it watches, and what it asked to have looked up.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::time::Now;
use apimachinery::value::Value;
use async_trait::async_trait;
use parking_lot::RwLock;

use crate::client::{Client, Resource};
use crate::clock;
use crate::controller::{AnyWatch, InformerId};
use crate::informer::{Entry, Informer, ObjectKey, Scope};
use crate::watch::encode_wire_object;

/// An [`Informer`] of any projection.
#[async_trait]
pub trait AnyInformer: Send + Sync {
    /// The informer itself.
    fn as_any(&self) -> &dyn Any;
    /// Starts the watch on the current runtime.
    fn start(&self, client: Client, scope: Scope);
    /// Ends the watch, behind what the server has sent already.
    fn finish(&self);
    /// Whether the initial list is in.
    fn has_synced(&self) -> bool;
    /// Completes when the initial list is in.
    async fn synced(&self);
    /// Completes when the view includes `revision`.
    async fn reached(&self, revision: u64);
    /// Completes when the object with `uid` is gone or terminating.
    async fn gone(&self, key: &ObjectKey, uid: &str);
    /// Lists again; completes when that is in.
    async fn refresh(&self);
}

#[async_trait]
impl<D: Send + Sync + 'static> AnyInformer for Informer<D> {
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn start(&self, client: Client, scope: Scope) {
        self.run(client, scope);
    }
    fn finish(&self) {
        Informer::finish(self);
    }
    fn has_synced(&self) -> bool {
        self.is_synced()
    }
    async fn synced(&self) {
        self.wait_synced().await;
    }
    async fn reached(&self, revision: u64) {
        self.wait_revision(revision).await;
    }
    async fn gone(&self, key: &ObjectKey, uid: &str) {
        self.wait_until(|informer| informer.get(key).is_none_or(|entry| is_gone(&entry, uid))).await;
    }
    async fn refresh(&self) {
        self.relist().await;
    }
}

fn is_gone<D>(entry: &Entry<D>, uid: &str) -> bool {
    let object = entry.value();
    object.uid() != uid || object.deletion_timestamp().is_some()
}

/// Something to be read live before a decision, because a view may lag.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Lookup {
    /// GET of one object.
    Get {
        /// Kind.
        resource: Resource,
        /// Where.
        key: ObjectKey,
    },
    /// LIST of one namespace.
    List {
        /// Kind.
        resource: Resource,
        /// Namespace.
        namespace: Arc<str>,
    },
}

/// The answer to a [`Lookup`].
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// There is no such object.
    Nothing,
    /// The object.
    Object(Value),
    /// The items of a list.
    Items(Vec<Value>),
}

/// The informers of one controller, which come and go with the kinds that are served.
#[derive(Default)]
pub struct Kinds {
    present: RwLock<Arc<Informers>>,
    /// Boot time in milliseconds of the last gap: before it nobody may have been able to be heard.
    gap_millis: AtomicU64,
}

/// The informers of a moment.
#[derive(Clone, Default)]
struct Informers {
    by_projection: HashMap<(Resource, TypeId), Watched>,
}

/// One informer of a controller.
#[derive(Clone)]
pub(crate) struct Watched {
    pub informer: Arc<dyn AnyInformer>,
    /// Boot time until which its first list is waited for.
    pub awaited_until: Duration,
}

impl Watched {
    /// Waits for the first list, as long as that is waited for.
    pub async fn settled(&self) {
        let rest = self.awaited_until.saturating_sub(clock::boot());
        drop(tokio::time::timeout(rest, self.informer.synced()).await);
    }
}

impl Kinds {
    pub(crate) fn insert(&self, id: InformerId, watched: Watched) {
        self.change(|informers| {
            informers.by_projection.insert((id.resource, id.digest), watched);
        });
    }

    pub(crate) fn remove(&self, id: InformerId) {
        self.change(|informers| {
            informers.by_projection.remove(&(id.resource, id.digest));
        });
    }

    fn change(&self, change: impl FnOnce(&mut Informers)) {
        let mut present = self.present.write();
        change(Arc::make_mut(&mut present));
    }

    pub(crate) fn of(&self, resource: Resource) -> Vec<Arc<dyn AnyInformer>> {
        let present = self.present();
        let of_resource = present.by_projection.iter().filter(|((kind, _), _)| *kind == resource);
        of_resource.map(|(_, watched)| Arc::clone(&watched.informer)).collect()
    }

    pub(crate) fn all(&self) -> Vec<Watched> {
        self.present().by_projection.values().cloned().collect()
    }

    pub(crate) fn note_gap(&self, boot: Duration) {
        self.gap_millis.store(boot.as_millis() as u64, Ordering::Relaxed);
    }

    fn present(&self) -> Arc<Informers> {
        Arc::clone(&self.present.read())
    }
}

/// What a controller sees. Reads are of the present moment; a digest once read does not change.
#[derive(Clone)]
pub struct View {
    kinds: Arc<Kinds>,
    informers: Arc<Informers>,
    found: Arc<HashMap<Lookup, Found>>,
}

impl View {
    pub(crate) fn new(kinds: Arc<Kinds>) -> Self {
        View { informers: kinds.present(), kinds, found: Arc::default() }
    }

    pub(crate) fn with_found(&self, found: HashMap<Lookup, Found>) -> Self {
        View { found: Arc::new(found), ..self.clone() }
    }

    /// A view of fixed objects (trees with kind, apiVersion and resourceVersion), for tests of pure code.
    pub fn fixed(watches: &[Box<dyn AnyWatch>], objects: &[Value]) -> Self {
        let kinds = Kinds::default();
        let mut informers: HashMap<InformerId, Arc<dyn AnyInformer>> = HashMap::new();
        for watch in watches {
            let informer = informers.entry(watch.id()).or_insert_with(|| watch.new_informer());
            watch.prepare(&**informer);
            kinds.insert(watch.id(), Watched { informer: Arc::clone(informer), awaited_until: Duration::MAX });
        }
        for watch in watches {
            let id = watch.id();
            let encoded: Vec<_> = objects
                .iter()
                .filter(|object| object.str_at(&["kind"]) == id.resource.kind)
                .filter(|object| id.namespace.is_empty() || object.namespace() == id.namespace)
                .filter(|object| id.name.is_empty() || object.name() == id.name)
                .map(|object| encode_wire_object(object).expect("test objects have a revision"))
                .collect();
            watch.fill(&*informers[&id], &encoded);
        }
        View::new(Arc::new(kinds))
    }

    /// The same view with kinds whose first lists are not in, for tests of pure code.
    pub fn and_unfilled(&self, watches: &[Box<dyn AnyWatch>]) -> Self {
        for watch in watches {
            self.kinds.insert(watch.id(), Watched { informer: watch.new_informer(), awaited_until: Duration::MAX });
        }
        View { informers: self.kinds.present(), ..self.clone() }
    }

    /// The same view with the answer to a look-up, for tests of pure code.
    pub fn and_found(&self, lookup: Lookup, found: Found) -> Self {
        let mut all = (*self.found).clone();
        all.insert(lookup, found);
        self.with_found(all)
    }

    /// All of one kind in projection `D`. The controller must watch it.
    pub fn kind<D: Send + Sync + 'static>(&self, resource: Resource) -> &Informer<D> {
        self.watched(resource).expect("a controller reads only the kinds and projections that it watches")
    }

    /// All of one kind in projection `D`, if it is watched at the moment.
    pub fn watched<D: Send + Sync + 'static>(&self, resource: Resource) -> Option<&Informer<D>> {
        let watched = self.informers.by_projection.get(&(resource, TypeId::of::<D>()))?;
        watched.informer.as_any().downcast_ref()
    }

    /// The kinds that are watched in projection `D` at the moment.
    pub fn all_watched<D: Send + Sync + 'static>(&self) -> impl Iterator<Item = (Resource, &Informer<D>)> {
        let of_projection = self.informers.by_projection.iter().filter(|((_, digest), _)| *digest == TypeId::of::<D>());
        of_projection.filter_map(|((resource, _), it)| Some((*resource, it.informer.as_any().downcast_ref()?)))
    }

    /// Whether a kind is watched whose first list is not in, and is waited for.
    pub fn is_filling(&self, now: Now) -> bool {
        self.informers.by_projection.values().any(|it| now.boot < it.awaited_until && !it.informer.has_synced())
    }

    /// One object.
    pub fn get<D: Send + Sync + 'static>(&self, resource: Resource, namespace: &str, name: &str) -> Option<Entry<D>> {
        self.kind::<D>(resource).get(&ObjectKey::new(namespace, name))
    }

    /// The objects of one namespace.
    pub fn in_namespace<D: Send + Sync + 'static>(&self, resource: Resource, namespace: &str) -> Vec<Entry<D>> {
        entries(self.kind::<D>(resource).list_namespace(namespace))
    }

    /// All objects of a kind.
    pub fn list<D: Send + Sync + 'static>(&self, resource: Resource) -> Vec<Entry<D>> {
        entries(self.kind::<D>(resource).list())
    }

    /// The objects that an index of the watch has under `value`.
    pub fn indexed<D: Send + Sync + 'static>(&self, resource: Resource, index: &str, value: &str) -> Vec<Entry<D>> {
        entries(self.kind::<D>(resource).indexed(index, value))
    }

    /// When the present state of an object was seen, on the boot clock; after a suspend of the machine, at the
    /// earliest its end.
    pub fn seen<D: Send + Sync + 'static>(&self, resource: Resource, namespace: &str, name: &str) -> Option<Duration> {
        let seen = self.kind::<D>(resource).seen(&ObjectKey::new(namespace, name))?;
        let gap = Duration::from_millis(self.kinds.gap_millis.load(Ordering::Relaxed));
        Some(seen.max(gap))
    }

    /// The answer to a look-up, if the plan before asked for it.
    pub fn found(&self, lookup: &Lookup) -> Option<&Found> {
        self.found.get(lookup)
    }
}

fn entries<D>(items: Vec<(ObjectKey, Entry<D>)>) -> Vec<Entry<D>> {
    items.into_iter().map(|(_, entry)| entry).collect()
}

impl<D> Entry<D> {
    /// The whole object. Null if its bytes are no JSON, which no API server sends.
    pub fn value(&self) -> Value {
        json::parse(&self.object.to_json()).unwrap_or_default()
    }
}
