//! What a controller is: which kinds it watches, and a pure function from what it sees to a plan.

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use apimachinery::encoded::EncodedObject;
use apimachinery::time::Now;

use crate::client::Resource;
use crate::informer::{Change, IndexValues, Informer, IsNews, ObjectKey, Project, Scope};
use crate::plan::Plan;
use crate::view::{AnyInformer, View};

/// How long a controller waits for the first list of a live kind; upstream's initial sync timeout.
pub const SYNC_WAIT_MAX: Duration = Duration::from_secs(60);

/// Which object a controller works on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Its kind.
    pub resource: Resource,
    /// Where it is.
    pub object: ObjectKey,
}

impl Key {
    /// From parts; `namespace` is empty for cluster-scoped kinds.
    pub fn new(resource: Resource, namespace: &str, name: &str) -> Self {
        Key { resource, object: ObjectKey::new(namespace, name) }
    }

    /// Namespace, or empty.
    pub fn namespace(&self) -> &str {
        &self.object.namespace
    }

    /// Name.
    pub fn name(&self) -> &str {
        &self.object.name
    }
}

impl std::fmt::Display for Key {
    /// `Pod a/web`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.resource.kind, self.object)
    }
}

/// A control loop. The runner watches, queues keys, asks for plans and performs them.
pub trait Controller: Send + Sync + 'static {
    /// Name as upstream's, such as `deployment-controller`; also the component that its events come from.
    fn name(&self) -> &'static str;

    /// User that its writes are made as.
    fn identity(&self) -> &'static str;

    /// The kinds that [`Controller::reconcile`] reads, and which keys a change of each touches.
    ///
    /// Asked at the start, and again whenever what is served has changed: [`Watch::live`] ones may come and go.
    fn watches(&self) -> Vec<Box<dyn AnyWatch>>;

    /// Decides what to do about `key`.
    ///
    /// Pure: equal arguments give an equal plan. Called when something that `key` depends on has changed, and when
    /// the plan before asked for it. Never called for one key twice at once.
    fn reconcile(&self, view: &View, key: &Key, now: Now) -> Plan;

    /// Which keys to look at because the kind `resource` begins to be watched while the controller runs, its view is
    /// complete (or is waited for no longer), or it is watched no more.
    fn touched_by_kind(&self, _view: &View, _resource: Resource, _keys: &mut Vec<Key>) {}

    /// Keys that may be worked on at once.
    fn workers_max(&self) -> usize {
        5
    }
}

/// Says which keys a change touches. Runs in the informer's task: must be short.
pub type TouchedKeys<D> = Arc<dyn Fn(&View, &Change<D>, &mut Vec<Key>) + Send + Sync>;

/// One kind that a controller watches, in a projection of its choice.
///
/// Controllers that choose the same projection of a kind share one informer.
pub struct Watch<D> {
    resource: Resource,
    project: Project<D>,
    namespace: &'static str,
    name: &'static str,
    delay: Duration,
    is_live: bool,
    is_news: Option<IsNews<D>>,
    touches: Option<TouchedKeys<D>>,
    indexes: Vec<(&'static str, IndexValues<D>)>,
}

impl<D: Send + Sync + 'static> Watch<D> {
    /// Watches `resource`; changes touch no key until one of the methods below says which.
    pub fn new(resource: Resource, project: Project<D>) -> Self {
        Watch {
            resource,
            project,
            namespace: "",
            name: "",
            delay: Duration::ZERO,
            is_live: false,
            is_news: None,
            touches: None,
            indexes: Vec::new(),
        }
    }

    /// Only objects of one namespace.
    pub fn in_namespace(mut self, namespace: &'static str) -> Self {
        self.namespace = namespace;
        self
    }

    /// Only objects of this name.
    pub fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Keys that a change touches are looked at only after this time.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The kind may come and go, and may not answer: the controller works without it after [`SYNC_WAIT_MAX`].
    pub fn live(mut self) -> Self {
        self.is_live = true;
        self
    }

    /// Only these changes move [`View::seen`].
    pub fn seen_when(mut self, is_news: IsNews<D>) -> Self {
        self.is_news = Some(is_news);
        self
    }

    /// A change touches the key of the object itself.
    pub fn touches_itself(self) -> Self {
        let resource = self.resource;
        self.touches(move |_, change, keys| keys.push(Key { resource, object: change.key.clone() }))
    }

    /// A change touches the keys that `touched` adds.
    pub fn touches(mut self, touched: impl Fn(&View, &Change<D>, &mut Vec<Key>) + Send + Sync + 'static) -> Self {
        self.touches = Some(Arc::new(touched));
        self
    }

    /// Adds an index that [`View::indexed`] reads. Equal names of one projection must mean equal indexes.
    pub fn index(mut self, name: &'static str, values: IndexValues<D>) -> Self {
        self.indexes.push((name, values));
        self
    }

    /// For the list that [`Controller::watches`] returns.
    pub fn boxed(self) -> Box<dyn AnyWatch> {
        Box::new(self)
    }
}

/// Tells informers of one projection and namespace from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InformerId {
    /// Kind.
    pub resource: Resource,
    /// Type of the projection.
    pub digest: TypeId,
    /// One namespace, or all when empty.
    pub namespace: &'static str,
    /// One name, or all when empty.
    pub name: &'static str,
}

impl InformerId {
    /// What the informer asks the server for.
    pub fn scope(&self) -> Scope {
        let field_selector = match self.name {
            "" => String::new(),
            name => format!("metadata.name={name}"),
        };
        Scope { namespace: self.namespace.to_owned(), field_selector, ..Scope::default() }
    }
}

/// A [`Watch`] of any projection.
pub trait AnyWatch: Send + Sync {
    /// Which informer it needs.
    fn id(&self) -> InformerId;
    /// Whether the controller works without it if it does not answer.
    fn is_live(&self) -> bool;
    /// Makes that informer, idle.
    fn new_informer(&self) -> Arc<dyn AnyInformer>;
    /// Adds the indexes to the informer.
    fn prepare(&self, informer: &dyn AnyInformer);
    /// Puts fixed objects into an idle informer, which is then synced.
    fn fill(&self, informer: &dyn AnyInformer, objects: &[EncodedObject]);
    /// Has the keys that changes touch passed to `enqueue`.
    fn attach(&self, informer: &dyn AnyInformer, enqueue: Enqueue);
}

/// Takes the keys that a change touched; the view is made for the call, `None` once the runner has stopped.
pub struct Enqueue {
    pub(crate) view: Box<dyn Fn() -> Option<View> + Send + Sync>,
    pub(crate) add: Box<dyn Fn(Vec<Key>, Duration) + Send + Sync>,
}

impl<D: Send + Sync + 'static> AnyWatch for Watch<D> {
    fn id(&self) -> InformerId {
        let digest = TypeId::of::<D>();
        InformerId { resource: self.resource, digest, namespace: self.namespace, name: self.name }
    }

    fn is_live(&self) -> bool {
        self.is_live
    }

    fn new_informer(&self) -> Arc<dyn AnyInformer> {
        Arc::new(Informer::idle(self.resource, self.project))
    }

    fn prepare(&self, informer: &dyn AnyInformer) {
        let informer = downcast::<D>(informer);
        if let Some(is_news) = self.is_news {
            informer.seen_when(is_news);
        }
        for (name, values) in &self.indexes {
            informer.add_index(name, *values);
        }
    }

    fn fill(&self, informer: &dyn AnyInformer, objects: &[EncodedObject]) {
        downcast::<D>(informer).fill(objects);
    }

    fn attach(&self, informer: &dyn AnyInformer, enqueue: Enqueue) {
        let Some(touches) = self.touches.clone() else { return };
        let delay = self.delay;
        downcast::<D>(informer).listen(move |change| {
            let Some(view) = (enqueue.view)() else { return };
            let mut keys = Vec::new();
            touches(&view, change, &mut keys);
            if !keys.is_empty() {
                (enqueue.add)(keys, delay);
            }
        });
    }
}

fn downcast<D: Send + Sync + 'static>(informer: &dyn AnyInformer) -> &Informer<D> {
    informer.as_any().downcast_ref().expect("informers are found by the type of their projection")
}
