//! Who watches what, found by index rather than by asking everybody.

use std::collections::HashMap;

use apimachinery::watch::WatchFrame;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::filter::{Filter, Scope};
use super::history::Change;
use super::{CacheKind, Cached};

/// One watch.
pub(super) struct Watcher {
    /// Where its frames go; bounded, and never waited for.
    pub sender: mpsc::Sender<WatchFrame>,
    /// What it sees.
    pub filter: Filter,
    /// It gets changes after this revision.
    pub after: u64,
    /// When it gets a bookmark, if it wants any.
    pub next_bookmark: Option<Instant>,
    /// When the caller will end it.
    pub deadline: Option<Instant>,
}

/// Watchers below which the closed ones are not looked for.
const SWEEP_WATCHERS_MIN: usize = 16;

/// All watches of a resource.
#[derive(Default)]
pub(super) struct Watchers {
    all: HashMap<u64, Watcher>,
    next_id: u64,
    /// Number of watchers at which the closed ones are looked for.
    sweep_at: usize,
    by_key: HashMap<Box<str>, Vec<u64>>,
    by_field: HashMap<Box<str>, Vec<u64>>,
    /// Those of a namespace, by its key prefix, and those of everything.
    by_prefix: HashMap<Box<str>, Vec<u64>>,
}

impl Watchers {
    pub fn add(&mut self, watcher: Watcher) {
        self.sweep();
        let id = self.next_id;
        self.next_id += 1;
        let (index, value) = self.index_of(&watcher.filter);
        index.entry(value).or_default().push(id);
        self.all.insert(id, watcher);
    }

    /// Hands a change to everyone who sees it. Who is too slow, or has gone, is cut off.
    pub fn send(&mut self, change: &Change, kind: &CacheKind) {
        if self.all.is_empty() {
            return;
        }
        let mut cut_off = Vec::new();
        for id in self.interested(change, kind) {
            let Some(watcher) = self.all.get(&id) else { continue };
            if change.revision <= watcher.after {
                continue;
            }
            let Some(frame) = change.frame(&watcher.filter) else { continue };
            if watcher.sender.try_send(frame).is_err() {
                cut_off.push(id);
            }
        }
        cut_off.into_iter().for_each(|id| self.remove(id));
    }

    /// When the next bookmark is due.
    pub fn next_bookmark(&self) -> Option<Instant> {
        self.all.values().filter_map(|it| it.next_bookmark).min()
    }

    /// Sends a bookmark to everyone for whom one is due at `now`; `next` tells the time of the one after it.
    pub fn send_bookmarks(&mut self, frame: &WatchFrame, now: Instant, next: impl Fn(Option<Instant>) -> Instant) {
        let mut cut_off = Vec::new();
        for (id, watcher) in &mut self.all {
            if watcher.next_bookmark.is_none_or(|due| due > now) {
                continue;
            }
            watcher.next_bookmark = Some(next(watcher.deadline));
            if watcher.after <= frame.revision && watcher.sender.try_send(frame.clone()).is_err() {
                cut_off.push(*id);
            }
        }
        cut_off.into_iter().for_each(|id| self.remove(id));
    }

    /// Watchers whose index leads to the object before or after the change.
    fn interested(&self, change: &Change, kind: &CacheKind) -> Vec<u64> {
        let mut ids = Vec::new();
        let Some(one) = change.current.as_ref().or(change.previous.as_ref()) else { return ids };
        let key = &*one.key;
        let mut add = |index: &HashMap<Box<str>, Vec<u64>>, value: &str| {
            if let Some(found) = index.get(value) {
                ids.extend_from_slice(found);
            }
        };
        add(&self.by_prefix, &kind.key_prefix);
        if let Some(end) = key.rfind('/')
            && end + 1 > kind.key_prefix.len()
        {
            add(&self.by_prefix, &key[..=end]);
        }
        add(&self.by_key, key);
        if let Some(at) = kind.indexed.filter(|_| !self.by_field.is_empty()) {
            let value = |it: &Cached| it.projection.field(at).to_owned();
            let current = change.current.as_deref().map(value);
            let previous = change.previous.as_deref().map(value);
            if previous != current
                && let Some(previous) = previous
            {
                add(&self.by_field, &previous);
            }
            if let Some(current) = current {
                add(&self.by_field, &current);
            }
        }
        ids
    }

    fn index_of(&mut self, filter: &Filter) -> (&mut HashMap<Box<str>, Vec<u64>>, Box<str>) {
        match filter.scope() {
            Scope::Key(key) => (&mut self.by_key, key.clone()),
            Scope::Field(value) => (&mut self.by_field, value.clone()),
            Scope::Prefix => (&mut self.by_prefix, filter.key_prefix().into()),
        }
    }

    fn remove(&mut self, id: u64) {
        let Some(watcher) = self.all.remove(&id) else { return };
        let (index, value) = self.index_of(&watcher.filter);
        if let Some(ids) = index.get_mut(&value) {
            ids.retain(|it| *it != id);
            if ids.is_empty() {
                index.remove(&value);
            }
        }
    }

    /// Forgets watchers whose receiver is gone, each time their number has doubled: a resource that never changes
    /// would keep them for ever.
    fn sweep(&mut self) {
        if self.all.len() < self.sweep_at.max(SWEEP_WATCHERS_MIN) {
            return;
        }
        let closed: Vec<u64> = self.all.iter().filter(|(_, it)| it.sender.is_closed()).map(|(id, _)| *id).collect();
        closed.into_iter().for_each(|id| self.remove(id));
        self.sweep_at = self.all.len() * 2;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use apimachinery::json;
    use apimachinery::selector::{FieldSelector, LabelSelector};
    use apimachinery::watch::WatchEventType;

    use super::*;

    fn kind() -> CacheKind {
        CacheKind {
            key_prefix: "/registry/configmaps/".to_owned(),
            fields: &[],
            indexed: None,
            kind: "ConfigMap",
            api_version: "v1".to_owned(),
            custom: None,
            history_bytes_max: 1_000,
        }
    }

    fn watcher(after: u64, next_bookmark: Option<Instant>) -> (Watcher, mpsc::Receiver<WatchFrame>) {
        let (sender, receiver) = mpsc::channel(4);
        let filter = Filter::new(&kind(), true, "", &LabelSelector::default(), &FieldSelector::default());
        let filter = filter.expect("no field is named");
        (Watcher { sender, filter, after, next_bookmark, deadline: None }, receiver)
    }

    fn bookmark(revision: u64) -> WatchFrame {
        let text = r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{}}"#;
        let object = json::scan_object(text.into(), revision).expect("an object");
        WatchFrame {
            event_type: WatchEventType::Bookmark,
            revision,
            ends_initial_events: false,
            object: Arc::new(object),
        }
    }

    #[test]
    fn bookmarks_go_to_those_for_whom_they_are_due() {
        let now = Instant::now();
        let later = now + Duration::from_secs(60);
        let mut watchers = Watchers::default();
        let mut receivers = Vec::new();
        for (after, due) in [(1, Some(now)), (1, Some(later)), (1, None), (9, Some(now))] {
            let (watcher, receiver) = watcher(after, due);
            watchers.add(watcher);
            receivers.push(receiver);
        }
        watchers.send_bookmarks(&bookmark(5), now, |_| later);
        let got: Vec<bool> = receivers.iter_mut().map(|it| it.try_recv().is_ok()).collect();
        assert_eq!(got, [true, false, false, false], "due, not due, not wanted, older than what it has");
        assert_eq!(watchers.next_bookmark(), Some(later));
    }

    #[test]
    fn watchers_that_went_away_are_forgotten() {
        let mut watchers = Watchers::default();
        for _ in 0..100 {
            watchers.add(watcher(0, None).0);
        }
        assert!(watchers.all.len() <= SWEEP_WATCHERS_MIN + 1, "{} are kept", watchers.all.len());
        assert_eq!(watchers.by_prefix["/registry/configmaps/"].len(), watchers.all.len());
    }
}
