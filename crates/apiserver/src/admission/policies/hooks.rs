//! The policies of one kind with their bindings, kept as the watch cache tells of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use arc_swap::ArcSwap;
use parking_lot::Mutex;

use super::compiled::{Binding, Policy};

/// A policy with its bindings, by name.
#[derive(Clone, Debug)]
pub struct Hook {
    /// The policy.
    pub policy: Arc<Policy>,
    /// Its bindings.
    pub bindings: Vec<Arc<Binding>>,
}

/// What is known of one kind of policies. Requests read a finished list.
#[derive(Default)]
pub struct Hooks {
    known: Mutex<Known>,
    list: ArcSwap<Vec<Hook>>,
}

#[derive(Default)]
struct Known {
    policies: BTreeMap<String, Arc<Policy>>,
    bindings: BTreeMap<String, Arc<Binding>>,
}

/// Which of the two is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A policy.
    Policy,
    /// A binding.
    Binding,
}

impl Hooks {
    /// Policies that have bindings, by name.
    pub fn list(&self) -> Arc<Vec<Hook>> {
        self.list.load_full()
    }

    /// An object was created or changed.
    pub fn set(&self, part: Part, object: &Value) {
        let name = object.name().to_owned();
        let mut known = self.known.lock();
        match part {
            Part::Policy => drop(known.policies.insert(name, Arc::new(Policy::new(object)))),
            Part::Binding => drop(known.bindings.insert(name, Arc::new(Binding::new(object)))),
        }
        self.list.store(Arc::new(known.hooks()));
    }

    /// An object is gone.
    pub fn remove(&self, part: Part, name: &str) {
        let mut known = self.known.lock();
        match part {
            Part::Policy => drop(known.policies.remove(name)),
            Part::Binding => drop(known.bindings.remove(name)),
        }
        self.list.store(Arc::new(known.hooks()));
    }
}

impl Known {
    fn hooks(&self) -> Vec<Hook> {
        let bindings_of = |name: &str| self.bindings.values().filter(|it| it.policy == name).cloned().collect();
        let hooks = self.policies.iter().map(|(name, policy)| {
            let bindings: Vec<Arc<Binding>> = bindings_of(name);
            Hook { policy: Arc::clone(policy), bindings }
        });
        hooks.filter(|hook| !hook.bindings.is_empty()).collect()
    }
}
