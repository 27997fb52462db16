//! Keeps the kernel's rules equal to the live Services and EndpointSlices.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use client::client::Client;
use client::informer::{Informer, ObjectKey, Scope};
use client::resources;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::apply::{Kernel, ProxyConfig};
use super::compile::{Front, Fronts, NODE, compile};
use super::conntrack::{Forgotten, forget_udp};
use super::digest::{ServiceDigest, SliceDigest, project_service, project_slice};

/// Pause before rules that the kernel refused are tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Index of EndpointSlices by Service.
const BY_SERVICE: &str = "service";

const UDP: u8 = 17;

/// The Service proxy of a node.
pub struct Proxy {
    services: Informer<ServiceDigest>,
    slices: Informer<SliceDigest>,
    changed: Arc<Changed>,
    node_name: String,
    kernel: Kernel,
    fronts: BTreeMap<ObjectKey, Fronts>,
}

/// Services that changed since the last sync. A wake-up carries no data: the views are read again.
#[derive(Default)]
struct Changed {
    keys: Mutex<BTreeSet<ObjectKey>>,
    wake: Notify,
}

impl Changed {
    fn add(&self, key: ObjectKey) {
        self.keys.lock().insert(key);
        self.wake.notify_one();
    }
}

impl Proxy {
    /// Starts watching; nothing is programmed before [`Proxy::run`].
    pub fn new(config: ProxyConfig, client: &Client) -> Self {
        let services = Informer::idle(resources::SERVICES, project_service);
        let slices = Informer::idle(resources::ENDPOINT_SLICES, project_slice);
        slices.add_index(BY_SERVICE, |key, slice| vec![format!("{}/{}", key.namespace, slice.service)]);
        let changed = Arc::new(Changed::default());
        let sink = Arc::clone(&changed);
        services.listen(move |change| sink.add(change.key.clone()));
        let sink = Arc::clone(&changed);
        slices.listen(move |change| {
            change.digests().for_each(|slice| sink.add(ObjectKey::new(&change.key.namespace, &slice.service)));
        });
        services.run(client.clone(), Scope::default());
        slices.run(client.clone(), Scope::default());
        let node_name = config.node_name.clone();
        Proxy { services, slices, changed, node_name, kernel: Kernel::new(config), fronts: BTreeMap::new() }
    }

    /// Programs every change until dropped.
    pub async fn run(mut self) {
        self.services.wait_synced().await;
        self.slices.wait_synced().await;
        loop {
            // Registered before the keys are taken: a change in between wakes the next turn.
            let changed = Arc::clone(&self.changed);
            let wake = changed.wake.notified();
            let keys = std::mem::take(&mut *self.changed.keys.lock());
            if keys.is_empty() && !self.kernel.needs_everything() {
                wake.await;
                continue;
            }
            self = self.sync_blocking(keys).await;
            if self.kernel.needs_everything() {
                tokio::time::sleep(RETRY_PAUSE).await;
            }
        }
    }

    /// Netlink blocks for as long as the kernel works: off the async threads.
    async fn sync_blocking(mut self, keys: BTreeSet<ObjectKey>) -> Self {
        let joined = tokio::task::spawn_blocking(move || {
            self.sync(keys);
            self
        });
        joined.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }

    fn sync(&mut self, mut keys: BTreeSet<ObjectKey>) {
        let is_anew = self.kernel.needs_everything();
        if is_anew {
            self.fronts.clear();
            keys.extend(self.services.list().into_iter().map(|(key, _)| key));
        }
        let mut changes = Vec::new();
        let mut stale = Forgotten::default();
        for key in keys {
            let before = self.fronts.remove(&key).unwrap_or_default();
            let after = self.compile(&key, &before);
            add_stale_udp(&mut stale, &before, &after);
            if !after.is_empty() {
                self.fronts.insert(key, after.clone());
            }
            if before != after {
                changes.push((before, after));
            }
        }
        if let Err(error) = self.kernel.apply(&changes) {
            tracing::error!(%error, "program Service rules; everything is programmed anew");
        }
        if is_anew {
            // What was there before is not known: flows go on.
            stale = Forgotten::default();
        }
        if let Err(error) = forget_udp(&stale) {
            tracing::warn!(%error, "forget UDP flows whose way has changed");
        }
    }

    fn compile(&self, key: &ObjectKey, before: &Fronts) -> Fronts {
        let Some(service) = self.services.get(key) else { return Fronts::new() };
        let slices = self.slices.indexed(BY_SERVICE, &format!("{}/{}", key.namespace, key.name));
        let slices: Vec<&SliceDigest> = slices.iter().map(|(_, entry)| &*entry.digest).collect();
        compile(&service.digest, &slices, &self.node_name, before)
    }
}

/// UDP flows that a change leaves on a wrong way: to endpoints that are gone, and to fronts that had none before.
fn add_stale_udp(stale: &mut Forgotten, before: &Fronts, after: &Fronts) {
    let slots = |fronts: &Fronts, front: &Front| fronts.get(front).map(|it| it.slots.clone()).unwrap_or_default();
    for front in before.keys().chain(after.keys()).filter(|front| front.protocol == UDP) {
        let (old, new) = (slots(before, front), slots(after, front));
        stale.endpoints.extend(old.iter().filter(|target| !new.contains(target)).map(|target| target.address));
        match (old.is_empty() && !new.is_empty(), front.address == NODE) {
            (true, true) => drop(stale.ports.insert(front.port)),
            (true, false) => drop(stale.fronts.insert((front.address, front.port))),
            _ => {}
        }
    }
}
