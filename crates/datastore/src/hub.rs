//! Hands each change to the watchers of its prefixes.

use std::collections::{HashMap, VecDeque};

use tokio::sync::mpsc;

use crate::storage::{Event, WatchStream};

/// Events a slow watcher may lag before it is cut off. It then lists again, which is always safe.
pub const WATCH_LAG_EVENTS_MAX: usize = 16_384;

struct Watcher {
    batches: mpsc::Sender<Vec<Event>>,
    /// Sizes of the batches that were not yet taken when last looked, oldest first.
    untaken: VecDeque<usize>,
    lag: usize,
}

impl Watcher {
    /// False when the watcher is gone or lags too far.
    fn send(&mut self, events: Vec<Event>) -> bool {
        let queued = self.batches.max_capacity() - self.batches.capacity();
        while self.untaken.len() > queued {
            self.lag -= self.untaken.pop_front().unwrap_or(0);
        }
        self.lag += events.len();
        self.untaken.push_back(events.len());
        self.lag <= WATCH_LAG_EVENTS_MAX && self.batches.try_send(events).is_ok()
    }
}

#[derive(Default)]
struct Group {
    watchers: Vec<Watcher>,
    pending: Vec<Event>,
}

/// The watchers, grouped by prefix: an event costs one look-up per distinct length of prefix.
#[derive(Default)]
pub(crate) struct Hub {
    groups: HashMap<Box<str>, Group>,
    /// Distinct lengths of the prefixes in `groups`.
    lengths: Vec<usize>,
    is_closed: bool,
}

impl Hub {
    /// Adds a watcher that first gets `replay`, then every change published after this call.
    pub fn register(&mut self, prefix: &str, replay: Vec<Event>) -> WatchStream {
        let (batches, events) = mpsc::channel(WATCH_LAG_EVENTS_MAX + 1);
        if !replay.is_empty() {
            // Room was just made, and the replay does not count as lag.
            let _ = batches.try_send(replay);
        }
        if !self.is_closed {
            let group = self.groups.entry(prefix.into()).or_default();
            group.watchers.retain(|watcher| !watcher.batches.is_closed());
            let untaken = VecDeque::from_iter((batches.capacity() < batches.max_capacity()).then_some(0));
            group.watchers.push(Watcher { batches, untaken, lag: 0 });
            if !self.lengths.contains(&prefix.len()) {
                self.lengths.push(prefix.len());
            }
        }
        WatchStream { events }
    }

    /// Hands out one batch of changes, which must follow the batch before.
    pub fn publish<'a>(&mut self, events: impl Iterator<Item = &'a Event>) {
        if self.groups.is_empty() {
            return;
        }
        let mut touched: Vec<Box<str>> = Vec::new();
        for event in events {
            for &length in &self.lengths {
                let Some(prefix) = event.key.get(..length) else {
                    continue;
                };
                let Some(group) = self.groups.get_mut(prefix) else {
                    continue;
                };
                if group.pending.is_empty() {
                    touched.push(prefix.into());
                }
                group.pending.push(event.clone());
            }
        }
        for prefix in touched {
            self.send_pending(&prefix);
        }
    }

    fn send_pending(&mut self, prefix: &str) {
        let Some(group) = self.groups.get_mut(prefix) else {
            return;
        };
        let events = std::mem::take(&mut group.pending);
        group.watchers.retain_mut(|watcher| watcher.send(events.clone()));
        if group.watchers.is_empty() {
            self.groups.remove(prefix);
            let length_is_used = self.groups.keys().any(|other| other.len() == prefix.len());
            if !length_is_used {
                self.lengths.retain(|&length| length != prefix.len());
            }
        }
    }

    /// Ends all watches, and those that are still to come.
    pub fn close(&mut self) {
        self.is_closed = true;
        self.groups.clear();
        self.lengths.clear();
    }
}
