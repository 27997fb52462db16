//! Opening the registry: one store and one cache per kind of [`KINDS`].

use std::sync::Arc;

use api::{ResourceType, resources};
use datastore::{Storage, StorageError};
use tokio::task::JoinHandle;

use crate::admission::Admission;
use crate::config::Config;
use crate::kinds::KINDS;
use crate::reserve::ServiceAddresses;
use crate::resource::Resource;
use crate::store::Store;
use crate::strategy::{Reservation, Strategy};
use crate::watch_cache::{CacheKind, WatchCache};

/// The registry: every served resource over one store. Dropping it ends its caches.
pub struct Registry {
    /// Ordered by group, version and plural.
    resources: Vec<Arc<Resource>>,
    feeds: Vec<JoinHandle<()>>,
}

impl Registry {
    /// Reads every kind and starts to follow it. Needs a tokio runtime.
    pub async fn open(
        storage: Arc<dyn Storage>,
        admission: Arc<dyn Admission>,
        config: Config,
    ) -> Result<Arc<Registry>, StorageError> {
        let config = Arc::new(config);
        let mut opened = Vec::with_capacity(KINDS.len());
        let mut feeds = Vec::with_capacity(KINDS.len());
        for strategy in KINDS {
            let (kind, feed) = open_kind(*strategy, &storage, &config).await?;
            opened.push(kind);
            feeds.push(tokio::spawn(feed));
        }
        let addresses = ServiceAddresses::of(&opened, storage.clone(), config.clone());
        let mut resources = Vec::with_capacity(opened.len());
        for kind in opened {
            let reservations = match kind.strategy.rules().reservation {
                Some(Reservation::ServiceAddresses) => addresses.clone(),
                None => None,
            };
            let store = Arc::new(Store {
                strategy: kind.strategy,
                rules: kind.strategy.rules(),
                resource_type: kind.resource_type,
                storage: storage.clone(),
                cache: kind.cache,
                admission: admission.clone(),
                config: config.clone(),
                reservations,
            });
            resources.extend(served(&store).map(Arc::new));
        }
        resources.sort_by_key(|it| sort_key(it.resource_type()));
        Ok(Arc::new(Registry { resources, feeds }))
    }

    /// The served resource, if any.
    pub fn resource(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Resource>> {
        let found = self.resources.binary_search_by(|it| sort_key(it.resource_type()).cmp(&(group, version, plural)));
        found.ok().map(|at| self.resources[at].clone())
    }

    /// All served resources, ordered by group, version and plural.
    pub fn resources(&self) -> Vec<Arc<Resource>> {
        self.resources.clone()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.feeds.iter().for_each(JoinHandle::abort);
    }
}

/// A kind whose cache is filled.
pub(crate) struct OpenedKind {
    pub strategy: &'static dyn Strategy,
    pub resource_type: &'static ResourceType,
    pub cache: Arc<WatchCache>,
}

async fn open_kind(
    strategy: &'static dyn Strategy,
    storage: &Arc<dyn Storage>,
    config: &Config,
) -> Result<(OpenedKind, impl Future<Output = ()> + use<>), StorageError> {
    let rules = strategy.rules();
    let resource_type = resources::resource(rules.group, rules.version, rules.plural)
        .expect("every kind of the table is a built-in resource; a test looks at all");
    let kind = CacheKind::new(rules, resource_type.kind, resource_type.api_version(), config.history_bytes_max);
    let (cache, feed) = WatchCache::open(kind, storage.clone()).await?;
    Ok((OpenedKind { strategy, resource_type, cache }, feed))
}

/// The resource in its stored version, and in the others that show the same objects.
fn served(store: &Arc<Store>) -> impl Iterator<Item = Resource> {
    let own = Resource::new(store.clone(), store.resource_type, None);
    let views = store.rules.views.iter().map(|view| {
        let resource_type = resources::resource(view.group, view.version, view.plural)
            .expect("every view of the table is a built-in resource; a test looks at all");
        Resource::new(store.clone(), resource_type, Some(view))
    });
    std::iter::once(own).chain(views)
}

fn sort_key(resource: &'static ResourceType) -> (&'static str, &'static str, &'static str) {
    (resource.group, resource.version, resource.plural)
}
