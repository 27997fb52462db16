//! Decides what becomes of an occurrence: a new Event, one more count of an old one, or nothing.
//!
//! As client-go: equal events are counted; from the tenth message of one reason within ten minutes they share
//! one Event; a source may send 25 events about an object at once, then one in five minutes.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use apimachinery::time::Now;
use apimachinery::tree;
use apimachinery::value::Value;

use super::{Occurrence, event_value};

/// Entries that each of the three memories keeps.
const REMEMBERED_MAX: usize = 2_048;
/// Different messages of one reason before they are combined.
const MESSAGES_MAX: usize = 10;
/// After this long without a similar event, combining starts anew.
const AGGREGATE_INTERVAL: Duration = Duration::from_secs(600);
/// Events that a source may send about one object at once.
const BURST_MAX: f64 = 25.0;
/// Further events per second.
const REFILL_PER_SECOND: f64 = 1.0 / 300.0;

/// Identifies an Event across occurrences.
pub(super) type EventKey = u64;

pub(super) enum Correlated {
    /// Too many lately.
    Dropped,
    /// Seen for the first time.
    New { event: Value, key: EventKey },
    /// Counted on the Event `name`; `event` is for the case that it has expired.
    Repeated { namespace: String, name: String, patch: Value, event: Value, key: EventKey },
}

#[derive(Default)]
pub(super) struct Correlator {
    hashes: RandomState,
    similar: Memory<Similar>,
    known: Memory<Known>,
    budgets: Memory<Budget>,
}

struct Similar {
    messages: HashSet<u64>,
    last: Duration,
}

struct Known {
    name: String,
    first_timestamp: String,
    count: i64,
}

struct Budget {
    tokens: f64,
    last: Duration,
}

impl Correlator {
    pub fn correlate(&mut self, occurrence: &Occurrence, component: &str, host: &str, now: Now) -> Correlated {
        let (message, key) = self.combine(occurrence, component, host, now.boot);
        let mut event = event_value(occurrence, &message, component, host, now);
        let namespace = event.str_at(&["metadata", "namespace"]).to_owned();
        let known = self.known.get(key).map(|known| {
            known.count += 1;
            (known.name.clone(), known.first_timestamp.clone(), known.count)
        });
        if known.is_none() {
            let first = Known {
                name: event.str_at(&["metadata", "name"]).to_owned(),
                first_timestamp: now.seconds_text(),
                count: 1,
            };
            self.known.put(key, first);
        }
        if !self.spend(occurrence, component, host, now.boot) {
            return Correlated::Dropped;
        }
        let Some((name, first_timestamp, count)) = known else {
            return Correlated::New { event, key };
        };
        event.set(&["firstTimestamp"], first_timestamp);
        event.set(&["count"], count);
        let patch = tree!({"count": count, "lastTimestamp": (now.seconds_text()), "message": message});
        Correlated::Repeated { namespace, name, patch, event, key }
    }

    /// The server did not take it: the next occurrence is a first one again.
    pub fn forget(&mut self, key: EventKey) {
        self.known.entries.remove(&key);
    }

    /// The message to send, and the Event that it belongs to.
    fn combine(&mut self, occurrence: &Occurrence, component: &str, host: &str, now: Duration) -> (String, EventKey) {
        let Occurrence { about, event_type, reason, message } = occurrence;
        let group = self.hashes.hash_one((
            (component, host, &about.kind, &about.namespace, &about.name),
            (&about.uid, &about.api_version, event_type, reason),
        ));
        let alone = self.hashes.hash_one((group, &about.field_path, message));
        let fresh = || Similar { messages: HashSet::new(), last: now };
        let similar = self.similar.get_or(group, fresh);
        if now.saturating_sub(similar.last) > AGGREGATE_INTERVAL {
            similar.messages.clear();
        }
        similar.last = now;
        if similar.messages.len() < MESSAGES_MAX {
            similar.messages.insert(alone);
        }
        match similar.messages.len() < MESSAGES_MAX {
            true => (message.clone(), alone),
            false => (format!("(combined from similar events): {message}"), group),
        }
    }

    /// Takes one from the budget of this source and object.
    fn spend(&mut self, occurrence: &Occurrence, component: &str, host: &str, now: Duration) -> bool {
        let about = &occurrence.about;
        let key = self.hashes.hash_one((
            (component, host, &about.kind, &about.namespace, &about.name),
            (&about.uid, &about.api_version, occurrence.event_type),
        ));
        let budget = self.budgets.get_or(key, || Budget { tokens: BURST_MAX, last: now });
        let refill = now.saturating_sub(budget.last).as_secs_f64() * REFILL_PER_SECOND;
        budget.tokens = (budget.tokens + refill).min(BURST_MAX);
        budget.last = now;
        if budget.tokens < 1.0 {
            return false;
        }
        budget.tokens -= 1.0;
        true
    }
}

/// The most recently used [`REMEMBERED_MAX`] entries.
struct Memory<T> {
    entries: HashMap<EventKey, (T, u64)>,
    uses: u64,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Memory { entries: HashMap::new(), uses: 0 }
    }
}

impl<T> Memory<T> {
    fn get(&mut self, key: EventKey) -> Option<&mut T> {
        self.uses += 1;
        let (entry, used) = self.entries.get_mut(&key)?;
        *used = self.uses;
        Some(entry)
    }

    fn put(&mut self, key: EventKey, entry: T) {
        self.get_or(key, || entry);
    }

    fn get_or(&mut self, key: EventKey, fresh: impl FnOnce() -> T) -> &mut T {
        self.uses += 1;
        if self.entries.len() >= REMEMBERED_MAX && !self.entries.contains_key(&key) {
            self.drop_oldest_eighth();
        }
        let (entry, used) = self.entries.entry(key).or_insert_with(|| (fresh(), 0));
        *used = self.uses;
        entry
    }

    fn drop_oldest_eighth(&mut self) {
        let mut uses: Vec<u64> = self.entries.values().map(|(_, used)| *used).collect();
        uses.sort_unstable();
        let limit = uses[uses.len() / 8];
        self.entries.retain(|_, (_, used)| *used > limit);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{EventType, ObjectReference};
    use super::*;

    fn at(seconds: u64) -> Now {
        let start: jiff::Timestamp = "2026-11-21T12:00:00Z".parse().expect("a valid time");
        Now { wall: start + Duration::from_secs(seconds), boot: Duration::from_secs(1_000 + seconds) }
    }

    fn occurrence(message: &str) -> Occurrence {
        Occurrence {
            about: ObjectReference {
                kind: "Pod".into(),
                namespace: "a".into(),
                name: "web".into(),
                ..ObjectReference::default()
            },
            event_type: EventType::Normal,
            reason: "Pulled".into(),
            message: message.into(),
        }
    }

    fn tell(correlator: &mut Correlator, message: &str, seconds: u64) -> String {
        match correlator.correlate(&occurrence(message), "kubelet", "n1", at(seconds)) {
            Correlated::Dropped => "dropped".into(),
            Correlated::New { event, .. } => format!("new {}", event.str_at(&["message"])),
            Correlated::Repeated { patch, .. } => {
                let count = patch.i64_at(&["count"]).unwrap_or(0);
                format!("{count} {}", patch.str_at(&["message"]))
            }
        }
    }

    #[test]
    fn equal_events_are_counted() {
        let mut correlator = Correlator::default();
        assert_eq!(tell(&mut correlator, "a", 0), "new a");
        assert_eq!(tell(&mut correlator, "a", 1), "2 a");
        assert_eq!(tell(&mut correlator, "b", 2), "new b");
    }

    #[test]
    fn the_tenth_message_of_a_reason_is_combined() {
        let mut correlator = Correlator::default();
        for number in 1..10 {
            assert!(tell(&mut correlator, &number.to_string(), 0).starts_with("new"));
        }
        assert_eq!(tell(&mut correlator, "10", 0), "new (combined from similar events): 10");
        assert_eq!(tell(&mut correlator, "11", 0), "2 (combined from similar events): 11");
        assert_eq!(tell(&mut correlator, "12", 700), "new 12");
    }

    #[test]
    fn a_source_may_send_25_about_an_object_then_one_in_five_minutes() {
        let mut correlator = Correlator::default();
        for _ in 0..25 {
            assert_ne!(tell(&mut correlator, "a", 0), "dropped");
        }
        assert_eq!(tell(&mut correlator, "a", 0), "dropped");
        assert_eq!(tell(&mut correlator, "a", 301), "27 a");
    }

    #[test]
    fn an_event_has_upstreams_shape() {
        let mut correlator = Correlator::default();
        let Correlated::New { event, .. } = correlator.correlate(&occurrence("m"), "kubelet", "n1", at(0)) else {
            panic!("the first occurrence is new");
        };
        assert_eq!(event.str_at(&["metadata", "name"]), "web.18ea0da41e9d8000");
        assert_eq!(event.str_at(&["source", "host"]), "n1");
        assert_eq!(event.str_at(&["firstTimestamp"]), "2026-11-21T12:00:00Z");
        assert!(event.at(&["eventTime"]).is_null());
    }

    #[test]
    fn the_memory_keeps_the_latest() {
        let mut memory = Memory::default();
        for number in 0..=REMEMBERED_MAX as u64 {
            memory.put(number, number);
        }
        assert!(memory.get(0).is_none());
        assert!(memory.get(REMEMBERED_MAX as u64).is_some());
        assert!(memory.entries.len() <= REMEMBERED_MAX);
    }
}
