//! Owners that were seen to go: their kind may be gone before all their dependents are looked at.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// UIDs that are remembered (about 100 bytes each). Of older ones only a look-up tells that they are gone.
const UIDS_MAX: usize = 4_096;

/// UIDs of objects that had dependents when they went. A UID never comes back.
#[derive(Default)]
pub(super) struct Departed(Mutex<Uids>);

#[derive(Default)]
struct Uids {
    known: HashSet<Arc<str>>,
    oldest_first: VecDeque<Arc<str>>,
}

impl Departed {
    /// Remembers a UID.
    pub fn note(&self, uid: &str) {
        let mut uids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let uid: Arc<str> = uid.into();
        if !uids.known.insert(Arc::clone(&uid)) {
            return;
        }
        uids.oldest_first.push_back(uid);
        if uids.oldest_first.len() > UIDS_MAX
            && let Some(oldest) = uids.oldest_first.pop_front()
        {
            uids.known.remove(&oldest);
        }
    }

    /// Whether the object was seen to go.
    pub fn has(&self, uid: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).known.contains(uid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten_first() {
        let departed = Departed::default();
        for at in 0..=UIDS_MAX {
            departed.note(&at.to_string());
            departed.note(&at.to_string());
        }
        assert!(!departed.has("0") && departed.has("1") && departed.has(&UIDS_MAX.to_string()));
    }
}
