//! Pods that wait for a node: ready ones by priority, those in back-off by time (upstream's PopFromBackoffQ included), unschedulable ones until something
//! happens that may help them. Pure: the present comes in as an argument.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use client::informer::ObjectKey;

use crate::plugins::{ClusterEvent, PLUGINS};
use crate::pod::PodInfo;

/// Pause after the first failed attempt; doubles with each further one.
const BACKOFF_MIN: Duration = Duration::from_secs(1);
/// Longest pause.
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// An unschedulable Pod is tried again after this time even if nothing happens.
const UNSCHEDULABLE_MAX: Duration = Duration::from_secs(300);

/// A Pod that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The Pod.
    pub pod: Arc<PodInfo>,
    /// Attempts so far.
    pub attempts: u32,
    /// When it came; earlier goes first among equals.
    arrived: (Duration, u64),
    place: Place,
}

#[derive(Clone, Debug, PartialEq)]
enum Place {
    /// Held back by scheduling gates.
    Gated,
    Ready,
    /// Something may have helped, but the back-off lasts until then. It is cut short when nobody else waits.
    Helped(Duration),
    /// In back-off after an error until then.
    Backoff(Duration),
    /// Rejected by these plugins (by all events when empty); earliest next attempt, and latest.
    Unschedulable {
        rejected_by: Vec<&'static str>,
        not_before: Duration,
        at_latest: Duration,
    },
    /// Taken out to be decided on or bound.
    Taken,
}

/// The order of ready Pods: higher priority, then earlier arrival.
type Rank = (Reverse<i64>, (Duration, u64), ObjectKey);

/// Pods that wait. Bounded by the number of Pods without a node.
#[derive(Default)]
pub struct Queue {
    pods: HashMap<ObjectKey, Waiting>,
    ready: BTreeSet<Rank>,
    /// Pods in [`Place::Helped`].
    helped: BTreeSet<Rank>,
    /// Times at which a Pod becomes ready by itself.
    timers: BTreeSet<(Duration, ObjectKey)>,
    sequence: u64,
}

impl Queue {
    /// Adds a Pod, or takes over its change.
    pub fn set(&mut self, pod: Arc<PodInfo>, now: Duration) {
        let key = pod.key.clone();
        let Some(mut waiting) = self.take_place(&key) else {
            self.sequence += 1;
            let place = if pod.is_gated { Place::Gated } else { Place::Ready };
            let arrived = (now, self.sequence);
            self.put(Waiting { pod, attempts: 0, arrived, place });
            return;
        };
        let old = std::mem::replace(&mut waiting.pod, Arc::clone(&pod));
        waiting.place = match waiting.place {
            Place::Gated if !pod.is_gated => Place::Ready,
            Place::Unschedulable { rejected_by, not_before, at_latest } => {
                let event = ClusterEvent::SelfChanged(old, pod.clone());
                match may_help(&pod, &rejected_by, &event) {
                    true => ready_from(not_before, now),
                    false => Place::Unschedulable { rejected_by, not_before, at_latest },
                }
            }
            place => place,
        };
        self.put(waiting);
    }

    /// Forgets a Pod.
    pub fn remove(&mut self, key: &ObjectKey) {
        self.take_place(key);
    }

    /// The Pod to decide on next.
    pub fn pop(&mut self, now: Duration) -> Option<Arc<PodInfo>> {
        while let Some((at, _)) = self.timers.first()
            && *at <= now
        {
            let (_, key) = self.timers.pop_first().expect("the first timer was just seen");
            if let Some(mut waiting) = self.take_place(&key) {
                waiting.place = Place::Ready;
                self.put(waiting);
            }
        }
        let (_, _, key) = self.ready.first().or_else(|| self.helped.first())?.clone();
        let mut waiting = self.take_place(&key)?;
        waiting.attempts += 1;
        waiting.place = Place::Taken;
        let pod = Arc::clone(&waiting.pod);
        self.put(waiting);
        Some(pod)
    }

    /// A Pod that was taken out fits nowhere.
    pub fn reject(&mut self, key: &ObjectKey, rejected_by: Vec<&'static str>, now: Duration) {
        if let Some(mut waiting) = self.take_place(key) {
            let not_before = now + backoff(waiting.attempts);
            let at_latest = now + UNSCHEDULABLE_MAX;
            waiting.place = Place::Unschedulable { rejected_by, not_before, at_latest };
            self.put(waiting);
        }
    }

    /// A Pod that was taken out could not be bound: it is tried again after a pause.
    pub fn retry(&mut self, key: &ObjectKey, now: Duration) {
        if let Some(mut waiting) = self.take_place(key) {
            waiting.place = Place::Backoff(now + backoff(waiting.attempts));
            self.put(waiting);
        }
    }

    /// Something happened: Pods that it may help become ready, at the end of their back-off or when nobody else waits.
    pub fn happened(&mut self, event: &ClusterEvent, now: Duration) {
        let helped = |waiting: &Waiting| match &waiting.place {
            Place::Unschedulable { rejected_by, .. } => may_help(&waiting.pod, rejected_by, event),
            _ => false,
        };
        let keys: Vec<ObjectKey> = self.pods.iter().filter(|(_, it)| helped(it)).map(|(key, _)| key.clone()).collect();
        for key in keys {
            let Some(mut waiting) = self.take_place(&key) else { continue };
            if let Place::Unschedulable { not_before, .. } = waiting.place {
                waiting.place = ready_from(not_before, now);
            }
            self.put(waiting);
        }
    }

    /// When a Pod becomes ready by itself; `Some(now or earlier)` when one is ready.
    pub fn next_due(&self) -> Option<Duration> {
        match self.ready.is_empty() && self.helped.is_empty() {
            false => Some(Duration::ZERO),
            true => self.timers.first().map(|(at, _)| *at),
        }
    }

    /// The Pod as it is known here, unless it is taken out.
    pub fn is_taken(&self, key: &ObjectKey) -> bool {
        self.pods.get(key).is_some_and(|waiting| waiting.place == Place::Taken)
    }

    /// UID of the Pod that waits under a name.
    pub fn uid(&self, key: &ObjectKey) -> Option<&str> {
        self.pods.get(key).map(|waiting| waiting.pod.uid.as_str())
    }

    fn put(&mut self, waiting: Waiting) {
        let key = waiting.pod.key.clone();
        match &waiting.place {
            Place::Ready => drop(self.ready.insert(rank(&waiting))),
            Place::Helped(at) => {
                self.timers.insert((*at, key.clone()));
                self.helped.insert(rank(&waiting));
            }
            Place::Backoff(at) | Place::Unschedulable { at_latest: at, .. } => {
                self.timers.insert((*at, key.clone()));
            }
            Place::Gated | Place::Taken => {}
        }
        self.pods.insert(key, waiting);
    }

    /// Takes a Pod out of whatever place it has.
    fn take_place(&mut self, key: &ObjectKey) -> Option<Waiting> {
        let waiting = self.pods.remove(key)?;
        match &waiting.place {
            Place::Ready => drop(self.ready.remove(&rank(&waiting))),
            Place::Helped(at) => {
                self.timers.remove(&(*at, key.clone()));
                self.helped.remove(&rank(&waiting));
            }
            Place::Backoff(at) | Place::Unschedulable { at_latest: at, .. } => {
                self.timers.remove(&(*at, key.clone()));
            }
            Place::Gated | Place::Taken => {}
        }
        Some(waiting)
    }
}

fn rank(waiting: &Waiting) -> Rank {
    (Reverse(waiting.pod.priority), waiting.arrived, waiting.pod.key.clone())
}

fn ready_from(not_before: Duration, now: Duration) -> Place {
    match not_before <= now {
        true => Place::Ready,
        false => Place::Helped(not_before),
    }
}

fn backoff(attempts: u32) -> Duration {
    BACKOFF_MIN.saturating_mul(1 << attempts.saturating_sub(1).min(8)).min(BACKOFF_MAX)
}

/// Without a plugin to blame there was no node at all: then only nodes help.
fn may_help(pod: &PodInfo, rejected_by: &[&'static str], event: &ClusterEvent) -> bool {
    if rejected_by.is_empty() {
        return matches!(event, ClusterEvent::NodeAdded(_));
    }
    let blamed = PLUGINS.iter().filter(|plugin| rejected_by.contains(&plugin.name()));
    blamed.into_iter().any(|plugin| plugin.may_help(pod, event))
}
