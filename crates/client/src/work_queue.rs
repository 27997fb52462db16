//! The queue of keys that a controller works on: no key twice, none worked on twice at once, retries later.
//!
//! Pure: the present comes in as an argument.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::hash::Hash;
use std::time::Duration;

/// Pause before the first retry of a key; doubles with each further one.
const RETRY_PAUSE_MIN: Duration = Duration::from_millis(5);
/// Longest pause before a retry of a key.
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(1_000);

/// Keys to work on. Its size is bounded by the number of objects that there are keys for.
pub struct WorkQueue<K> {
    ready: VecDeque<K>,
    /// Keys that need work: those in `ready`, and those that changed while they were worked on.
    dirty: HashSet<K>,
    processing: HashSet<K>,
    /// Later keys by due time; the number keeps equal times apart.
    delayed: BTreeMap<(Duration, u64), K>,
    due: HashMap<K, (Duration, u64)>,
    failures: HashMap<K, u32>,
    sequence: u64,
}

impl<K> Default for WorkQueue<K> {
    fn default() -> Self {
        WorkQueue {
            ready: VecDeque::new(),
            dirty: HashSet::new(),
            processing: HashSet::new(),
            delayed: BTreeMap::new(),
            due: HashMap::new(),
            failures: HashMap::new(),
            sequence: 0,
        }
    }
}

impl<K: Clone + Eq + Hash> WorkQueue<K> {
    /// Has `key` worked on; once, however often it is added before that.
    pub fn add(&mut self, key: K) {
        if self.dirty.insert(key.clone()) && !self.processing.contains(&key) {
            self.ready.push_back(key);
        }
    }

    /// Has `key` worked on at `at`; of several times the earliest counts.
    pub fn add_at(&mut self, key: K, at: Duration) {
        if let Some(&earlier) = self.due.get(&key) {
            if earlier.0 <= at {
                return;
            }
            self.delayed.remove(&earlier);
        }
        self.sequence += 1;
        let slot = (at, self.sequence);
        self.due.insert(key.clone(), slot);
        self.delayed.insert(slot, key);
    }

    /// Has `key` tried again after a pause that doubles with each failure in a row.
    pub fn retry(&mut self, key: K, now: Duration) {
        let failures = self.failures.entry(key.clone()).or_insert(0);
        let pause = RETRY_PAUSE_MIN.saturating_mul(1 << (*failures).min(30));
        *failures += 1;
        self.add_at(key, now + pause.min(RETRY_PAUSE_MAX));
    }

    /// `key` went well: its next failure is a first one again.
    pub fn forget(&mut self, key: &K) {
        self.failures.remove(key);
    }

    /// The next key to work on; [`WorkQueue::done`] must follow.
    pub fn pop(&mut self, now: Duration) -> Option<K> {
        while let Some(first) = self.delayed.first_entry() {
            if first.key().0 > now {
                break;
            }
            let key = first.remove();
            self.due.remove(&key);
            self.add(key);
        }
        let key = self.ready.pop_front()?;
        self.dirty.remove(&key);
        self.processing.insert(key.clone());
        Some(key)
    }

    /// Work on `key` has ended; if it was added meanwhile it is ready again.
    pub fn done(&mut self, key: &K) {
        self.processing.remove(key);
        if self.dirty.contains(key) {
            self.ready.push_back(key.clone());
        }
    }

    /// When the next delayed key is due.
    pub fn next_due(&self) -> Option<Duration> {
        self.delayed.first_key_value().map(|((at, _), _)| *at)
    }

    /// Keys that are ready.
    pub fn len(&self) -> usize {
        self.ready.len()
    }

    /// Whether no key is ready.
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_key_is_queued_once_and_not_worked_on_twice_at_once() {
        let mut queue = WorkQueue::default();
        queue.add("a");
        queue.add("a");
        assert_eq!(queue.pop(at(0)), Some("a"));
        queue.add("a");
        assert_eq!(queue.pop(at(0)), None);
        queue.done(&"a");
        assert_eq!(queue.pop(at(0)), Some("a"));
        queue.done(&"a");
        assert_eq!(queue.pop(at(0)), None);
    }

    #[test]
    fn of_several_times_the_earliest_counts() {
        let mut queue = WorkQueue::default();
        queue.add_at("a", at(50));
        queue.add_at("a", at(20));
        queue.add_at("a", at(90));
        assert_eq!(queue.next_due(), Some(at(20)));
        assert_eq!(queue.pop(at(19)), None);
        assert_eq!(queue.pop(at(20)), Some("a"));
        assert_eq!(queue.next_due(), None);
    }

    #[test]
    fn retries_double_until_the_key_is_forgotten() {
        let mut queue = WorkQueue::default();
        let pause = |queue: &mut WorkQueue<&str>| {
            queue.retry("a", at(0));
            let due = queue.next_due().expect("a retry is due");
            queue.pop(due);
            queue.done(&"a");
            due
        };
        assert_eq!([pause(&mut queue), pause(&mut queue), pause(&mut queue)], [at(5), at(10), at(20)]);
        queue.forget(&"a");
        assert_eq!(pause(&mut queue), at(5));
        for _ in 0..40 {
            assert!(pause(&mut queue) <= RETRY_PAUSE_MAX);
        }
    }
}
