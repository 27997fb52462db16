//! The kinds that are served at the moment: definitions and other API servers come and go.

use std::fmt;
use std::sync::Arc;

use client::client::Resource;

/// What is served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// Kinds with the verbs list and delete.
    pub kinds: Vec<Resource>,
    /// Group versions (`GROUP/VERSION`) of which nobody knows what they hold: their server does not answer.
    pub unknown: Vec<String>,
}

/// Tells what is served now; clones tell the same.
#[derive(Clone)]
pub struct LiveKinds(Arc<dyn Fn() -> Served + Send + Sync>);

impl LiveKinds {
    /// Whatever `tell` says.
    pub fn new(tell: impl Fn() -> Served + Send + Sync + 'static) -> LiveKinds {
        LiveKinds(Arc::new(tell))
    }

    /// Always the same kinds.
    pub fn fixed(kinds: &[Resource]) -> LiveKinds {
        let served = Served { kinds: kinds.to_vec(), unknown: Vec::new() };
        LiveKinds::new(move || served.clone())
    }

    /// What is served now.
    pub fn now(&self) -> Served {
        (self.0)()
    }
}

impl fmt::Debug for LiveKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.now().fmt(f)
    }
}
