//! Which custom kinds the registry serves at the moment.

use std::collections::HashMap;
use std::sync::Arc;

use datastore::StorageError;
use tokio::task::JoinHandle;

use super::{CustomKind, kind_of};
use crate::open::{Foundation, open_store};
use crate::resource::Resource;
use apimachinery::value::Value;

/// A kind that is served.
pub(crate) struct InstalledKind {
    kind: &'static CustomKind,
    resources: Vec<Arc<Resource>>,
    feed: JoinHandle<()>,
}

impl Drop for InstalledKind {
    /// Ends the cache, and with it all watches.
    fn drop(&mut self) {
        self.feed.abort();
    }
}

/// All of them by the name of their definition.
#[derive(Default)]
pub(crate) struct Installed {
    kinds: HashMap<String, InstalledKind>,
}

/// Why a kind cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The store does not answer.
    #[error("cannot read the custom resources: {0}")]
    Storage(#[from] StorageError),
    /// Too many distinct definitions.
    #[error("{0}")]
    Full(String),
}

impl InstalledKind {
    /// Reads the kind's objects and starts to follow them.
    pub(crate) async fn open(definition: &Value, foundation: &Foundation) -> Result<InstalledKind, InstallError> {
        let kind = kind_of(definition).map_err(InstallError::Full)?;
        let (store, feed) = open_store(kind, &kind.stored().resource_type, foundation).await?;
        let feed = tokio::spawn(feed);
        let served = kind.served().map(|version| {
            let ty = &version.resource_type;
            let view = store.rules.views.iter().find(|view| view.version == ty.version);
            Arc::new(Resource::new(store.clone(), ty, view))
        });
        Ok(InstalledKind { kind, resources: served.collect(), feed })
    }
}

impl Installed {
    /// Whether the definition is served as it is now.
    pub(crate) fn has(&self, name: &str, definition: &Value) -> bool {
        let wanted = kind_of(definition).ok();
        self.kinds.get(name).zip(wanted).is_some_and(|(it, wanted)| std::ptr::eq(it.kind, wanted))
    }

    /// Replaces what the definition served before.
    pub(crate) fn insert(&mut self, name: &str, kind: InstalledKind) {
        self.kinds.insert(name.to_owned(), kind);
    }

    /// Serves the definition no more; whether it was served.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        self.kinds.remove(name).is_some()
    }

    /// All served custom resources.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.kinds.values().flat_map(|it| &it.resources)
    }
}
