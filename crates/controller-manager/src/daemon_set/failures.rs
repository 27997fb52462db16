//! How often Pods of a DaemonSet have failed on a node: they come again after a pause that grows.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Pause after the first failure; doubles with each further one.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(15 * 60);
/// Places whose failures are remembered; beyond that all are forgotten, so that Pods come early rather than never.
const PLACES_MAX: usize = 10_000;

/// The only memory of a controller beside its view, since the API keeps no trace of Pods that are gone.
#[derive(Default)]
pub(super) struct Failures {
    places: Mutex<HashMap<(String, String), Failure>>,
}

#[derive(Clone, Copy)]
struct Failure {
    /// When the last one was acted on.
    at: Duration,
    pause: Duration,
}

impl Failures {
    /// A Pod of the set with this UID has failed on this node: how long to leave it there. Zero counts as acted on.
    pub fn pause(&self, set: &str, node: &str, now: Duration) -> Duration {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= PLACES_MAX {
            places.clear();
        }
        let place = (set.to_owned(), node.to_owned());
        let next = match places.get(&place).copied() {
            // Twice the longest pause without a failure: it is a first one again.
            Some(last) if now < last.at + PAUSE_MAX * 2 => {
                let due = last.at + last.pause;
                if now < due {
                    return due - now;
                }
                Failure { at: now, pause: (last.pause * 2).min(PAUSE_MAX) }
            }
            _ => Failure { at: now, pause: PAUSE_MIN },
        };
        places.insert(place, next);
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_with_each_failure() {
        let failures = Failures::default();
        let at = Duration::from_secs;
        assert_eq!(failures.pause("s", "n", at(100)), Duration::ZERO);
        assert_eq!(failures.pause("s", "n", at(100)), at(1));
        assert_eq!(failures.pause("s", "n", at(101)), Duration::ZERO);
        assert_eq!(failures.pause("s", "n", at(102)), at(1));
        assert_eq!(failures.pause("s", "other", at(102)), Duration::ZERO);
        assert_eq!(failures.pause("s", "n", at(10_000)), Duration::ZERO);
        assert_eq!(failures.pause("s", "n", at(10_000)), at(1));
    }
}
