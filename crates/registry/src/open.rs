//! Opening the registry: one store and one cache per kind of [`KINDS`].

use std::sync::{Arc, OnceLock};

use api::{ResourceType, resources};
use apimachinery::value::Value;
use datastore::{Storage, StorageError};
use parking_lot::RwLock;
use tokio::task::JoinHandle;

use crate::admission::Admission;
use crate::config::Config;
use crate::custom_resources::{Conversion, Converters, CustomKind, InstallError, Installed, InstalledKind};
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
    foundation: Foundation,
    custom: RwLock<Installed>,
}

/// What every kind stands on.
#[derive(Clone)]
pub(crate) struct Foundation {
    storage: Arc<dyn Storage>,
    admission: Arc<dyn Admission>,
    config: Arc<Config>,
    /// Set once the server is built that makes them.
    converters: Arc<OnceLock<Arc<dyn Converters>>>,
}

impl Registry {
    /// Reads every kind and starts to follow it. Needs a tokio runtime.
    pub async fn open(
        storage: Arc<dyn Storage>,
        admission: Arc<dyn Admission>,
        config: Config,
    ) -> Result<Arc<Registry>, StorageError> {
        let config = Arc::new(config);
        let foundation = Foundation { storage, admission, config: config.clone(), converters: Arc::default() };
        let mut opened: Vec<OpenedKind> = Vec::with_capacity(KINDS.len());
        let mut feeds = Vec::with_capacity(KINDS.len());
        for strategy in KINDS {
            let (kind, feed) = open_kind(*strategy, &foundation).await?;
            opened.push(kind);
            feeds.push(tokio::spawn(feed));
        }
        let mut resources: Vec<Arc<Resource>> = Vec::with_capacity(opened.len());
        // Kinds that reserve come last: they need the resources in which they reserve.
        opened.sort_by_key(|kind| kind.strategy.rules().reservation.is_some());
        let mut addresses = None;
        for kind in opened {
            if kind.strategy.rules().reservation == Some(Reservation::ServiceAddresses) {
                addresses = Some(Arc::new(service_addresses(&resources, config.clone())));
            }
            let store = Arc::new(Store {
                strategy: kind.strategy,
                rules: kind.strategy.rules(),
                resource_type: kind.resource_type,
                storage: foundation.storage.clone(),
                cache: kind.cache,
                admission: foundation.admission.clone(),
                config: config.clone(),
                reservations: addresses.clone().filter(|_| kind.strategy.rules().reservation.is_some()),
                conversion: None,
            });
            resources.extend(served(&store).map(Arc::new));
        }
        if let (Some(addresses), Some(services)) = (addresses, find(&resources, "", "services")) {
            addresses.repair(&services).await;
        }
        resources.sort_by_key(|it| sort_key(it.resource_type()));
        Ok(Arc::new(Registry { resources, feeds, foundation, custom: RwLock::default() }))
    }

    /// Who asks conversion webhooks, for kinds that are installed from now on. Set once.
    pub fn set_converters(&self, converters: Arc<dyn Converters>) {
        let _ = self.foundation.converters.set(converters);
    }

    /// Serves the custom resources of a stored, accepted CustomResourceDefinition as it is now; whether that is new.
    /// Watches of what it served before end.
    pub async fn install_custom(&self, definition: &Value) -> Result<bool, InstallError> {
        let name = definition.str_at(&["metadata", "name"]);
        if self.custom.read().has(name, definition) {
            return Ok(false);
        }
        let kind = InstalledKind::open(definition, &self.foundation).await?;
        self.custom.write().insert(name, kind);
        Ok(true)
    }

    /// Serves the custom resources of this definition no more; whether they were served.
    pub fn remove_custom(&self, name: &str) -> bool {
        self.custom.write().remove(name)
    }

    /// Ends following the store, before that is closed: what is there can still be read.
    pub fn stop(&self) {
        self.feeds.iter().for_each(JoinHandle::abort);
    }

    /// The served resource, if any.
    pub fn resource(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Resource>> {
        let found = self.resources.binary_search_by(|it| sort_key(it.resource_type()).cmp(&(group, version, plural)));
        if let Ok(at) = found {
            return Some(self.resources[at].clone());
        }
        let custom = self.custom.read();
        let found = custom.resources().find(|it| sort_key(it.resource_type()) == (group, version, plural));
        found.cloned()
    }

    /// All served resources, ordered by group, version and plural.
    pub fn resources(&self) -> Vec<Arc<Resource>> {
        let mut all = self.resources.clone();
        all.extend(self.custom.read().resources().cloned());
        all.sort_by_key(|it| sort_key(it.resource_type()));
        all
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A kind whose cache is filled.
struct OpenedKind {
    strategy: &'static dyn Strategy,
    resource_type: &'static ResourceType,
    cache: Arc<WatchCache>,
}

/// What Services reserve, over kinds that are opened already.
fn service_addresses(resources: &[Arc<Resource>], config: Arc<Config>) -> ServiceAddresses {
    let needed = |group, plural| find(resources, group, plural).expect("the table of kinds has what Services reserve");
    let addresses = needed("networking.k8s.io", "ipaddresses");
    let ranges = needed("networking.k8s.io", "servicecidrs");
    ServiceAddresses::new(addresses, ranges, needed("", "endpoints"), config)
}

fn find(resources: &[Arc<Resource>], group: &str, plural: &str) -> Option<Arc<Resource>> {
    let is_it = |it: &&Arc<Resource>| it.resource_type().group == group && it.resource_type().plural == plural;
    resources.iter().find(is_it).cloned()
}

/// Opens a custom kind, which reserves nothing.
pub(crate) async fn open_store(
    kind: &'static CustomKind,
    resource_type: &'static ResourceType,
    foundation: &Foundation,
) -> Result<(Arc<Store>, impl Future<Output = ()> + use<>), StorageError> {
    let rules = kind.rules();
    let bytes_max = foundation.config.history_bytes_max;
    let cache = CacheKind {
        custom: Some(kind),
        ..CacheKind::new(rules, resource_type.kind, resource_type.api_version(), bytes_max)
    };
    let (cache, feed) = WatchCache::open(cache, foundation.storage.clone()).await?;
    let store = Store {
        strategy: kind,
        rules,
        resource_type,
        storage: foundation.storage.clone(),
        cache,
        admission: foundation.admission.clone(),
        config: foundation.config.clone(),
        reservations: None,
        conversion: kind
            .conversion()
            .zip(foundation.converters.get())
            .map(|(webhook, converters)| Conversion::new(converters.converter(webhook))),
    };
    Ok((Arc::new(store), feed))
}

async fn open_kind(
    strategy: &'static dyn Strategy,
    foundation: &Foundation,
) -> Result<(OpenedKind, impl Future<Output = ()> + use<>), StorageError> {
    let rules = strategy.rules();
    let resource_type = resources::resource(rules.group, rules.version, rules.plural)
        .expect("every kind of the table is a built-in resource; a test looks at all");
    let kind =
        CacheKind::new(rules, resource_type.kind, resource_type.api_version(), foundation.config.history_bytes_max);
    let (cache, feed) = WatchCache::open(kind, foundation.storage.clone()).await?;
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
