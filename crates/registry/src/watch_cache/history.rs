//! Recent changes, for watchers that resume.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use apimachinery::encoded::EncodedObject;
use apimachinery::status::Status;
use apimachinery::watch::{WatchEventType, WatchFrame};

use super::{Cached, Filter};

/// What an entry takes beside the object's bytes, about.
const ENTRY_BYTES: usize = 256;

/// One change of one object.
pub(super) struct Change {
    pub revision: u64,
    pub previous: Option<Arc<Cached>>,
    pub current: Option<Arc<Cached>>,
    /// The previous object with the change's revision, made when the first watcher needs it.
    gone: OnceLock<Arc<EncodedObject>>,
}

impl Change {
    pub fn new(revision: u64, previous: Option<Arc<Cached>>, current: Option<Arc<Cached>>) -> Self {
        Change { revision, previous, current, gone: OnceLock::new() }
    }

    /// What a watcher with this filter sees of it. An object that stops matching is deleted for it.
    pub fn frame(&self, filter: &Filter) -> Option<WatchFrame> {
        let current = self.current.as_ref().filter(|it| filter.matches(it));
        let previous = self.previous.as_ref().filter(|it| filter.matches(it));
        match (previous, current) {
            (None, None) => None,
            (None, Some(current)) => Some(frame(WatchEventType::Added, current.object.clone())),
            (Some(_), Some(current)) => Some(frame(WatchEventType::Modified, current.object.clone())),
            (Some(previous), None) => Some(frame(WatchEventType::Deleted, self.gone(previous))),
        }
    }

    fn gone(&self, previous: &Cached) -> Arc<EncodedObject> {
        let make = || Arc::new(EncodedObject { revision: self.revision, ..(*previous.object).clone() });
        self.gone.get_or_init(make).clone()
    }

    fn bytes(&self) -> usize {
        let object = self.current.as_ref().or(self.previous.as_ref());
        ENTRY_BYTES + object.map_or(0, |it| it.object.bytes.len())
    }
}

/// A frame of an object.
pub(super) fn frame(event_type: WatchEventType, object: Arc<EncodedObject>) -> WatchFrame {
    WatchFrame { event_type, revision: object.revision, ends_initial_events: false, object }
}

/// Changes since `floor`, bounded in bytes.
pub(super) struct History {
    changes: VecDeque<Change>,
    bytes: usize,
    bytes_max: usize,
    /// The oldest revision after which every change is still here.
    floor: u64,
}

impl History {
    pub fn new(bytes_max: usize) -> Self {
        History { changes: VecDeque::new(), bytes: 0, bytes_max, floor: 0 }
    }

    /// Begins at the revision of a list.
    pub fn start(&mut self, revision: u64) {
        self.floor = revision;
    }

    pub fn push(&mut self, change: Change) {
        self.bytes += change.bytes();
        self.changes.push_back(change);
        while self.bytes > self.bytes_max {
            let Some(oldest) = self.changes.pop_front() else { break };
            self.bytes -= oldest.bytes();
            self.floor = oldest.revision;
        }
    }

    /// What happened after `revision`, or `410 Expired`.
    pub fn frames_after(&self, revision: u64, filter: &Filter) -> Result<Vec<WatchFrame>, Status> {
        if revision < self.floor {
            return Err(Status::expired(format!("too old resource version: {revision} ({})", self.floor)));
        }
        let first = self.changes.partition_point(|change| change.revision <= revision);
        Ok(self.changes.range(first..).filter_map(|change| change.frame(filter)).collect())
    }
}
