//! ConfigMaps and Secrets that Pods refer to: looked up when first needed, then watched one by one (the Node
//! authorizer permits no more) until the last Pod that uses them is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use api::k8s_openapi::api::core::v1::{ConfigMap, Secret};
use client::client::{Client, ClientError, Resource};
use client::informer::{Informer, ObjectKey, Scope};
use client::resources::{CONFIG_MAPS, SECRETS};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::env::{LookUpError, Objects, References};
use crate::spec::PodId;

/// Attempts while the authorizer does not know the Pod yet, and the pause before the first repetition (doubled each
/// time).
const FORBIDDEN_ATTEMPTS_MAX: u32 = 8;
const FORBIDDEN_PAUSE: Duration = Duration::from_millis(5);

/// Which kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    ConfigMap,
    Secret,
}

type Key = (Kind, String, String);

enum Watched {
    ConfigMap(Informer<ConfigMap>),
    Secret(Informer<Secret>),
}

struct Slot {
    watched: Watched,
    users: BTreeSet<String>,
    /// Revision that was looked up last.
    revision: u64,
}

#[derive(Default)]
struct Shared {
    slots: BTreeMap<Key, Slot>,
    /// UIDs of Pods that use what has changed. At most one entry per Pod.
    changed: BTreeSet<String>,
}

/// The objects. Cheap to clone.
#[derive(Clone)]
pub struct ObjectSource {
    client: Client,
    shared: Arc<Mutex<Shared>>,
    wake: Arc<Notify>,
}

impl ObjectSource {
    /// A source that asks with the kubelet's identity.
    pub fn new(client: Client) -> ObjectSource {
        ObjectSource { client, shared: Arc::default(), wake: Arc::default() }
    }

    /// UIDs of the Pods that use something that has changed; waits until there are some.
    pub async fn changed(&self) -> BTreeSet<String> {
        loop {
            let wake = self.wake.notified();
            let changed = std::mem::take(&mut self.shared.lock().changed);
            if !changed.is_empty() {
                return changed;
            }
            wake.await;
        }
    }

    /// Looks everything up that `references` name, at the same time, for a Pod.
    pub async fn gather(&self, pod: &PodId, references: &References) -> Objects {
        let mut objects = Objects::default();
        let mut lookups = Vec::new();
        for name in &references.config_maps {
            lookups.push(self.look_up(pod, Kind::ConfigMap, name));
        }
        for name in &references.secrets {
            lookups.push(self.look_up(pod, Kind::Secret, name));
        }
        let tasks: Vec<_> = lookups.into_iter().map(tokio::spawn).collect();
        for task in tasks {
            match task.await {
                Ok((name, Found::ConfigMap(found))) => drop(objects.config_maps.insert(name, found)),
                Ok((name, Found::Secret(found))) => drop(objects.secrets.insert(name, found)),
                Err(error) => tracing::error!(%error, "look-up task"),
            }
        }
        objects
    }

    fn look_up(&self, pod: &PodId, kind: Kind, name: &str) -> impl Future<Output = (String, Found)> + use<> {
        let source = self.clone();
        let (pod, name) = (pod.clone(), name.to_owned());
        async move {
            let found = match kind {
                Kind::ConfigMap => Found::ConfigMap(source.config_map(&pod, &name).await),
                Kind::Secret => Found::Secret(source.secret(&pod, &name).await),
            };
            (name, found)
        }
    }

    async fn config_map(&self, pod: &PodId, name: &str) -> Result<Arc<ConfigMap>, LookUpError> {
        let key = (Kind::ConfigMap, pod.namespace.clone(), name.to_owned());
        let known = self.with_slot(&key, &pod.uid, |watched| match watched {
            Watched::ConfigMap(informer) => cached(informer, &key),
            Watched::Secret(_) => None,
        });
        match known {
            Some(found) => Ok(found),
            None => {
                let bytes = self.get(CONFIG_MAPS, "configmap", pod, name).await?;
                let object = api::typed::config_map(&bytes).map_err(unreadable)?;
                self.note_revision(&key, object.metadata.resource_version.as_deref());
                Ok(Arc::new(object))
            }
        }
    }

    /// One Secret, for a Pod.
    pub async fn secret(&self, pod: &PodId, name: &str) -> Result<Arc<Secret>, LookUpError> {
        let key = (Kind::Secret, pod.namespace.clone(), name.to_owned());
        let known = self.with_slot(&key, &pod.uid, |watched| match watched {
            Watched::Secret(informer) => cached(informer, &key),
            Watched::ConfigMap(_) => None,
        });
        match known {
            Some(found) => Ok(found),
            None => {
                let bytes = self.get(SECRETS, "secret", pod, name).await?;
                let object = api::typed::secret(&bytes).map_err(unreadable)?;
                self.note_revision(&key, object.metadata.resource_version.as_deref());
                Ok(Arc::new(object))
            }
        }
    }

    /// Registers a user of an object, starts to watch it if nobody did, and reads what is there.
    fn with_slot<T>(&self, key: &Key, uid: &str, read: impl FnOnce(&Watched) -> Option<Arc<T>>) -> Option<Arc<T>> {
        let mut shared = self.shared.lock();
        let slot = shared.slots.entry(key.clone()).or_insert_with(|| Slot {
            watched: self.watch(key),
            users: BTreeSet::new(),
            revision: 0,
        });
        slot.users.insert(uid.to_owned());
        read(&slot.watched)
    }

    fn watch(&self, key: &Key) -> Watched {
        let (kind, namespace, name) = key;
        let scope =
            Scope { namespace: namespace.clone(), field_selector: format!("metadata.name={name}"), ..Scope::default() };
        match kind {
            Kind::ConfigMap => {
                let informer = Informer::idle(CONFIG_MAPS, |bytes| api::typed::config_map(bytes).ok());
                self.listen(&informer, key);
                informer.run(self.client.clone(), scope);
                Watched::ConfigMap(informer)
            }
            Kind::Secret => {
                let informer = Informer::idle(SECRETS, |bytes| api::typed::secret(bytes).ok());
                self.listen(&informer, key);
                informer.run(self.client.clone(), scope);
                Watched::Secret(informer)
            }
        }
    }

    fn listen<D: Send + Sync + 'static>(&self, informer: &Informer<D>, key: &Key) {
        let (shared, wake, key) = (Arc::downgrade(&self.shared), Arc::clone(&self.wake), key.clone());
        informer.listen(move |change| {
            let Some(shared) = shared.upgrade() else { return };
            let mut shared = shared.lock();
            let Some(slot) = shared.slots.get(&key) else { return };
            // What was just looked up is no news.
            if change.new.as_ref().is_some_and(|new| new.object.revision <= slot.revision) {
                return;
            }
            let users: Vec<_> = slot.users.iter().cloned().collect();
            shared.changed.extend(users);
            wake.notify_one();
        });
    }

    fn note_revision(&self, key: &Key, text: Option<&str>) {
        let revision = text.and_then(|text| text.parse().ok()).unwrap_or(0);
        if let Some(slot) = self.shared.lock().slots.get_mut(key) {
            slot.revision = slot.revision.max(revision);
        }
    }

    async fn get(&self, resource: Resource, kind: &str, pod: &PodId, name: &str) -> Result<bytes::Bytes, LookUpError> {
        let answer = while_forbidden(|| self.client.get(resource, &pod.namespace, name)).await;
        answer.map_err(|error| match error.is_not_found() {
            true => LookUpError { is_not_found: true, message: format!("{kind} \"{name}\" not found") },
            false => LookUpError { is_not_found: false, message: error.to_string() },
        })
    }

    /// A Pod uses nothing any more.
    pub fn release(&self, uid: &str) {
        let mut shared = self.shared.lock();
        shared.changed.remove(uid);
        shared.slots.retain(|_, slot| {
            slot.users.remove(uid);
            !slot.users.is_empty()
        });
    }
}

enum Found {
    ConfigMap(Result<Arc<ConfigMap>, LookUpError>),
    Secret(Result<Arc<Secret>, LookUpError>),
}

/// What a watch holds, if it is up to date.
fn cached<D: Send + Sync + 'static>(informer: &Informer<D>, key: &Key) -> Option<Arc<D>> {
    let (_, namespace, name) = key;
    informer.is_synced().then(|| informer.get(&ObjectKey::new(namespace, name))).flatten().map(|entry| entry.digest)
}

fn unreadable(error: api::typed::TypedDecodeError) -> LookUpError {
    LookUpError { is_not_found: false, message: error.to_string() }
}

/// Repeats a request that is forbidden: the authorizer may hear of a new Pod a moment after the kubelet does.
pub async fn while_forbidden<T, F: Future<Output = Result<T, ClientError>>>(
    request: impl Fn() -> F,
) -> Result<T, ClientError> {
    let mut pause = FORBIDDEN_PAUSE;
    for _ in 1..FORBIDDEN_ATTEMPTS_MAX {
        match request().await {
            Err(ClientError::Status(status)) if status.code == 403 => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            other => return other,
        }
    }
    request().await
}
