//! The watch cache: all objects of one resource, their recent changes, and who wants to hear of them.
//!
//! It is fed by one watch of the store. Objects are the store's own bytes, shared with readers and watchers; beside
//! them stands a small [`Projection`] of labels and selectable fields, so that nothing is decoded to be selected.
//! Whoever needs the newest state takes what the store has handed over, without waiting for the feeding task.

mod filter;
mod history;
mod projection;
mod scan;
mod watchers;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;

use apimachinery::encoded::EncodedObject;
use apimachinery::json;
use apimachinery::status::Status;
use apimachinery::watch::{WatchEventType, WatchFrame};
use bytes::Bytes;
use datastore::{Event, Storage, StorageError, WatchStream};
use parking_lot::RwLock;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

pub(crate) use filter::Filter;
use filter::Scope;
use history::{Change, History};
pub(crate) use projection::Projection;
use watchers::{Watcher, Watchers};

use crate::custom_resources::CustomKind;
use crate::strategy::{KindRules, SelectableField};

/// Events a slow watcher may lag before it is cut off. It then lists again, which is always safe.
const WATCH_LAG_EVENTS_MAX: usize = 1_024;

/// Time between bookmarks of a watcher that wants them.
const BOOKMARK_PERIOD: Duration = Duration::from_secs(60);

/// A watcher gets a last bookmark this long before its time is over, so that it resumes from there.
const BOOKMARK_BEFORE_END: Duration = Duration::from_secs(2);

/// Pause before the store is asked again after it failed.
const REOPEN_PAUSE: Duration = Duration::from_secs(1);

/// One object in the cache.
pub(crate) struct Cached {
    /// Its key in the store.
    pub key: Arc<str>,
    /// Its bytes.
    pub object: Arc<EncodedObject>,
    /// Its labels and selectable fields.
    pub projection: Projection,
}

/// Which resource a cache holds.
pub(crate) struct CacheKind {
    /// `/registry/pods/`
    pub key_prefix: String,
    /// Fields that selectors may name.
    pub fields: &'static [SelectableField],
    /// Place in `fields` of the one that is indexed.
    pub indexed: Option<usize>,
    /// `kind` of its objects.
    pub kind: &'static str,
    /// `apiVersion` of its objects.
    pub api_version: String,
    /// How stored custom objects are read.
    pub custom: Option<&'static CustomKind>,
    /// Change history that is kept, in bytes.
    pub history_bytes_max: usize,
}

impl CacheKind {
    /// From a kind's table.
    pub fn new(rules: &'static KindRules, kind: &'static str, api_version: String, history_bytes_max: usize) -> Self {
        let indexed =
            rules.indexed_field.and_then(|name| rules.selectable_fields.iter().position(|it| it.name == name));
        CacheKind {
            key_prefix: format!("{}/", rules.storage_prefix),
            fields: rules.selectable_fields,
            indexed,
            kind,
            api_version,
            custom: None,
            history_bytes_max,
        }
    }
}

/// All objects of one resource, current and observable.
pub(crate) struct WatchCache {
    kind: CacheKind,
    storage: Arc<dyn Storage>,
    state: RwLock<State>,
    /// The time of the next bookmark may have changed.
    bookmarks_changed: Notify,
}

struct State {
    /// Every change up to here is in.
    revision: u64,
    /// Revision of the last change that was applied.
    last_change: u64,
    objects: BTreeMap<Arc<str>, Arc<Cached>>,
    /// Keys by the value of the indexed field.
    by_field: HashMap<Box<str>, BTreeSet<Arc<str>>>,
    history: History,
    watchers: Watchers,
    /// `None` while the cache is being filled anew.
    source: Option<WatchStream>,
}

/// Where a watch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WatchStart {
    /// With an `ADDED` event per object, then what follows.
    State,
    /// With what follows.
    Now,
    /// With what follows this revision.
    After(u64),
}

/// How a watch is served.
pub(crate) struct WatchOptions {
    /// What it sees.
    pub filter: Filter,
    /// Where it begins.
    pub start: WatchStart,
    /// Whether a bookmark tells that the initial events are over.
    pub marks_initial_end: bool,
    /// Whether it wants bookmarks.
    pub wants_bookmarks: bool,
    /// When the caller will end it.
    pub deadline: Option<Instant>,
}

/// Objects that a list found.
pub(crate) struct Found {
    /// In key order.
    pub items: Vec<Arc<Cached>>,
    /// The revision that they show.
    pub revision: u64,
    /// Whether more match behind the last one.
    pub has_more: bool,
    /// Keys behind the last one, whether they match or not.
    pub remaining: u64,
}

impl WatchCache {
    /// Reads the resource and starts to follow it. The future that is returned feeds the cache; it never ends.
    pub async fn open(
        kind: CacheKind,
        storage: Arc<dyn Storage>,
    ) -> Result<(Arc<WatchCache>, impl Future<Output = ()>), StorageError> {
        let mut state = State {
            revision: 0,
            last_change: 0,
            objects: BTreeMap::new(),
            by_field: HashMap::new(),
            history: History::new(kind.history_bytes_max),
            watchers: Watchers::default(),
            source: None,
        };
        fill(&kind, storage.as_ref(), &mut state).await?;
        let cache = WatchCache { kind, storage, state: RwLock::new(state), bookmarks_changed: Notify::new() };
        let cache = Arc::new(cache);
        Ok((cache.clone(), feed(cache)))
    }

    /// The kind that it holds.
    pub fn kind(&self) -> &CacheKind {
        &self.kind
    }

    /// The object at a key.
    pub fn get(&self, key: &str) -> Option<Arc<EncodedObject>> {
        self.state.read().objects.get(key).map(|cached| cached.object.clone())
    }

    /// Makes sure that all that was committed before the call is in; gives the revision reached.
    pub async fn sync(&self) -> Result<u64, StorageError> {
        let reached = self.storage.progress().await?.0;
        if self.state.read().revision >= reached {
            return Ok(reached);
        }
        let mut state = self.state.write();
        if !state.take_pending(&self.kind) {
            return Err(StorageError::Unavailable { reason: "the watch cache is being rebuilt".to_owned() });
        }
        state.revision = state.revision.max(reached);
        Ok(state.revision)
    }

    /// Takes what the store has handed over, without waiting.
    #[cfg(test)]
    pub fn take_pending(&self) {
        self.state.write().take_pending(&self.kind);
    }

    /// The revision that the cache shows.
    pub fn revision(&self) -> u64 {
        self.state.read().revision
    }

    /// Objects that match, at most `limit` (0: all).
    pub fn list(&self, filter: &Filter, limit: usize) -> Found {
        let state = self.state.read();
        let limit = if limit == 0 { usize::MAX } else { limit };
        let mut candidates = state.candidates(filter);
        let mut items = Vec::new();
        for cached in candidates.by_ref() {
            if filter.matches(cached) {
                items.push(cached.clone());
                if items.len() == limit {
                    break;
                }
            }
        }
        let (mut has_more, mut remaining) = (false, 0);
        for cached in candidates {
            remaining += 1;
            has_more = has_more || filter.matches(cached);
            if has_more && filter.is_selective() {
                break;
            }
        }
        Found { items, revision: state.revision, has_more, remaining }
    }

    /// Starts a watch.
    pub fn watch(&self, options: WatchOptions) -> Result<mpsc::Receiver<WatchFrame>, Status> {
        let mut state = self.state.write();
        let mut frames = match options.start {
            WatchStart::State => state.initial_frames(&options.filter),
            WatchStart::Now => Vec::new(),
            WatchStart::After(revision) => state.history.frames_after(revision, &options.filter)?,
        };
        if options.marks_initial_end {
            frames.push(self.bookmark(state.revision, true));
        }
        let (sender, receiver) = mpsc::channel(WATCH_LAG_EVENTS_MAX + frames.len());
        for frame in frames {
            sender.try_send(frame).expect("the channel was made large enough for the initial events");
        }
        let after = match options.start {
            WatchStart::After(revision) => revision.max(state.revision),
            _ => state.revision,
        };
        let next_bookmark = options.wants_bookmarks.then(|| first_bookmark(Instant::now(), options.deadline));
        state.watchers.add(Watcher {
            sender,
            filter: options.filter,
            after,
            next_bookmark,
            deadline: options.deadline,
        });
        drop(state);
        if next_bookmark.is_some() {
            self.bookmarks_changed.notify_one();
        }
        Ok(receiver)
    }

    fn bookmark(&self, revision: u64, ends_initial_events: bool) -> WatchFrame {
        let metadata = match ends_initial_events {
            true => r#"{"annotations":{"k8s.io/initial-events-end":"true"}}"#,
            false => "{}",
        };
        let CacheKind { kind, api_version, .. } = &self.kind;
        let text = format!(r#"{{"kind":"{kind}","apiVersion":"{api_version}","metadata":{metadata}}}"#);
        let object = json::scan_object(Bytes::from(text), revision).expect("the bookmark is an object");
        let event_type = WatchEventType::Bookmark;
        WatchFrame { event_type, revision, ends_initial_events, object: Arc::new(object) }
    }

    /// Sends the bookmarks that are due, at the newest revision of the store.
    async fn send_bookmarks(&self) {
        if let Err(error) = self.sync().await {
            tracing::warn!(kind = self.kind.kind, %error, "bookmarks show an old revision");
        }
        let mut state = self.state.write();
        let frame = self.bookmark(state.revision, false);
        let now = Instant::now();
        state.watchers.send_bookmarks(&frame, now, |deadline| first_bookmark(now, deadline));
    }
}

/// When a watcher gets its next bookmark.
fn first_bookmark(now: Instant, deadline: Option<Instant>) -> Instant {
    let regular = now + BOOKMARK_PERIOD;
    match deadline.and_then(|it| it.checked_sub(BOOKMARK_BEFORE_END)) {
        Some(last) if last > now => regular.min(last),
        _ => regular,
    }
}

/// Feeds a cache for ever: changes, bookmarks, and a new start when the store ends the watch.
async fn feed(cache: Arc<WatchCache>) {
    loop {
        let next_bookmark = cache.state.read().watchers.next_bookmark();
        let ended = std::future::poll_fn(|context| cache.state.write().poll_source(context, &cache.kind));
        tokio::select! {
            () = ended => reopen(&cache).await,
            () = wait_until(next_bookmark) => cache.send_bookmarks().await,
            () = cache.bookmarks_changed.notified() => {}
        }
    }
}

async fn wait_until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// Cuts all watchers off and reads the resource anew.
async fn reopen(cache: &WatchCache) {
    tracing::warn!(kind = cache.kind.kind, "the store ended the watch, reading anew");
    loop {
        let mut fresh = State {
            revision: 0,
            last_change: 0,
            objects: BTreeMap::new(),
            by_field: HashMap::new(),
            history: History::new(cache.kind.history_bytes_max),
            watchers: Watchers::default(),
            source: None,
        };
        {
            let mut state = cache.state.write();
            state.source = None;
            state.watchers = Watchers::default();
        }
        match fill(&cache.kind, cache.storage.as_ref(), &mut fresh).await {
            Ok(()) => {
                *cache.state.write() = fresh;
                return;
            }
            Err(error) => tracing::warn!(kind = cache.kind.kind, %error, "cannot read the resource"),
        }
        tokio::time::sleep(REOPEN_PAUSE).await;
    }
}

async fn fill(kind: &CacheKind, storage: &dyn Storage, state: &mut State) -> Result<(), StorageError> {
    let page = storage.list(&kind.key_prefix).await?;
    for item in page.items {
        if let Some(cached) = cached(kind, item.key, item.value, item.revision.0) {
            state.put(kind, cached);
        }
    }
    state.revision = page.revision.0;
    state.last_change = page.revision.0;
    state.history.start(page.revision.0);
    state.source = Some(storage.watch(&kind.key_prefix, page.revision).await?);
    Ok(())
}

/// `None`, with a log line, for bytes that are no object: one bad object must not hide all others.
fn cached(kind: &CacheKind, key: Arc<str>, value: Bytes, revision: u64) -> Option<Arc<Cached>> {
    match json::scan_object(value, revision) {
        Ok(object) => {
            let object = match kind.custom {
                Some(custom) => custom.read(Arc::new(object)),
                None => Arc::new(object),
            };
            let projection = Projection::of(&object, kind.fields);
            Some(Arc::new(Cached { key, object, projection }))
        }
        Err(error) => {
            tracing::error!(%key, %error, "the store holds something that is no object");
            None
        }
    }
}

impl State {
    /// Takes changes as the store hands them over; ready when it has ended the watch.
    fn poll_source(&mut self, context: &mut task::Context<'_>, kind: &CacheKind) -> Poll<()> {
        loop {
            let Some(source) = &mut self.source else { return Poll::Ready(()) };
            match source.events.poll_recv(context) {
                Poll::Ready(Some(batch)) => self.apply_all(batch, kind),
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Takes the changes that the store has handed over already; false when it has ended the watch.
    fn take_pending(&mut self, kind: &CacheKind) -> bool {
        loop {
            let Some(source) = &mut self.source else { return false };
            match source.events.try_recv() {
                Ok(batch) => self.apply_all(batch, kind),
                Err(mpsc::error::TryRecvError::Empty) => return true,
                Err(mpsc::error::TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn apply_all(&mut self, batch: Vec<Event>, kind: &CacheKind) {
        for event in batch {
            if event.revision.0 > self.last_change {
                self.apply(event, kind);
            }
        }
    }

    fn apply(&mut self, event: Event, kind: &CacheKind) {
        let revision = event.revision.0;
        let current = event.current.and_then(|it| cached(kind, it.key, it.value, it.revision.0));
        let previous = match &current {
            Some(cached) => self.put(kind, cached.clone()),
            None => self.remove(kind, &event.key),
        };
        self.last_change = revision;
        self.revision = self.revision.max(revision);
        if current.is_none() && previous.is_none() {
            return;
        }
        let change = Change::new(revision, previous, current);
        self.watchers.send(&change, kind);
        self.history.push(change);
    }

    fn put(&mut self, kind: &CacheKind, cached: Arc<Cached>) -> Option<Arc<Cached>> {
        let previous = self.objects.insert(cached.key.clone(), cached.clone());
        if let Some(at) = kind.indexed {
            let value = cached.projection.field(at);
            let before = previous.as_ref().map(|it| it.projection.field(at));
            if before != Some(value) {
                if let Some(before) = before {
                    self.unindex(before, &cached.key);
                }
                self.by_field.entry(value.into()).or_default().insert(cached.key.clone());
            }
        }
        previous
    }

    fn remove(&mut self, kind: &CacheKind, key: &str) -> Option<Arc<Cached>> {
        let previous = self.objects.remove(key)?;
        if let Some(at) = kind.indexed {
            self.unindex(previous.projection.field(at), key);
        }
        Some(previous)
    }

    fn unindex(&mut self, value: &str, key: &str) {
        if let Some(keys) = self.by_field.get_mut(value) {
            keys.remove(key);
            if keys.is_empty() {
                self.by_field.remove(value);
            }
        }
    }

    fn initial_frames(&self, filter: &Filter) -> Vec<WatchFrame> {
        let matching = self.candidates(filter).filter(|cached| filter.matches(cached));
        matching.map(|cached| history::frame(WatchEventType::Added, cached.object.clone())).collect()
    }

    /// The smallest set that an index gives, in key order.
    fn candidates<'a>(&'a self, filter: &'a Filter) -> Box<dyn Iterator<Item = &'a Arc<Cached>> + 'a> {
        match filter.scope() {
            Scope::Key(key) => Box::new(self.objects.get(&**key).into_iter()),
            Scope::Field(value) => {
                let keys = self.by_field.get(&**value).into_iter().flatten();
                Box::new(keys.filter_map(|key| self.objects.get(key)))
            }
            Scope::Prefix => {
                let prefix = filter.key_prefix();
                let range = self.objects.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
                Box::new(range.take_while(move |(key, _)| key.starts_with(prefix)).map(|(_, cached)| cached))
            }
        }
    }
}
