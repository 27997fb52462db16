//! The kinds that are served at the moment: definitions and other API servers come and go.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use client::client::Resource;
use tokio::sync::watch;

/// What is served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// Kinds with the verbs list and deletecollection: all that a namespace can hold.
    pub kinds: Vec<Resource>,
    /// Kinds with the verbs list, watch and delete, each in one version; also those of `unknown` group versions, as
    /// they were last known.
    pub watchable: Vec<Resource>,
    /// Other versions of the same objects: owner references may name them.
    pub other_versions: Vec<Resource>,
    /// Group versions (`GROUP/VERSION`) of which nobody knows what they hold: their server does not answer.
    pub unknown: Vec<String>,
}

impl Served {
    /// The kind that an owner reference with these words names: as it is watched, if it is.
    pub fn named(&self, api_version: &str, kind: &str) -> Option<Resource> {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let is_named = |it: &&Resource| it.kind == kind && it.version == version && it.group == group;
        let named = self.watchable.iter().chain(&self.other_versions).find(is_named)?;
        let is_same = |it: &&Resource| it.plural == named.plural && it.group == named.group;
        Some(*self.watchable.iter().find(is_same).unwrap_or(named))
    }
}

/// Tells what is served now; clones tell the same.
#[derive(Clone)]
pub struct LiveKinds {
    tell: Arc<dyn Fn() -> Served + Send + Sync>,
    changes: watch::Receiver<u64>,
    last: Arc<Mutex<Option<Told>>>,
}

/// What was told last, and at which change.
struct Told {
    change: u64,
    served: Arc<Served>,
}

impl LiveKinds {
    /// Whatever `tell` says; it is asked again when `changes` has a new value.
    pub fn new(changes: watch::Receiver<u64>, tell: impl Fn() -> Served + Send + Sync + 'static) -> LiveKinds {
        LiveKinds { tell: Arc::new(tell), changes, last: Arc::default() }
    }

    /// Always the same.
    pub fn always(served: Served) -> LiveKinds {
        LiveKinds::new(watch::channel(0).1, move || served.clone())
    }

    /// Always the same kinds.
    pub fn fixed(kinds: &[Resource]) -> LiveKinds {
        LiveKinds::always(Served { kinds: kinds.to_vec(), watchable: kinds.to_vec(), ..Served::default() })
    }

    /// What is served now.
    pub fn now(&self) -> Arc<Served> {
        // Before it is told: what changes meanwhile is told again.
        let change = *self.changes.borrow();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(told) if told.change == change => Arc::clone(&told.served),
            _ => {
                let served = Arc::new((self.tell)());
                *last = Some(Told { change, served: Arc::clone(&served) });
                served
            }
        }
    }

    /// Has a new value whenever something else is served.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }
}

impl fmt::Debug for LiveKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.now().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use client::resources::PODS;

    use super::*;
    use crate::test_text::WIDGETS;

    #[test]
    fn what_is_served_is_asked_for_only_when_it_has_changed() {
        let (sender, changes) = watch::channel(0);
        let asked = Arc::new(Mutex::new(0));
        let count = Arc::clone(&asked);
        let live = LiveKinds::new(changes, move || {
            *count.lock().expect("nobody panics") += 1;
            Served::default()
        });
        let _ = (live.now(), live.clone().now());
        assert_eq!(*asked.lock().expect("nobody panics"), 1);
        sender.send_modify(|change| *change += 1);
        let _ = (live.now(), live.now());
        assert_eq!(*asked.lock().expect("nobody panics"), 2);
    }

    #[test]
    fn an_owner_reference_may_name_any_version() {
        let newer = Resource { version: "v2", ..WIDGETS };
        let served = Served { watchable: vec![PODS, WIDGETS], other_versions: vec![newer], ..Served::default() };
        assert_eq!(served.named("example.com/v2", "Widget"), Some(WIDGETS));
        assert_eq!(served.named("v1", "Pod"), Some(PODS));
        assert_eq!(served.named("example.com/v3", "Widget"), None);
    }
}
