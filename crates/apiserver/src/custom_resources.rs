//! CustomResourceDefinitions: names are accepted, their resources served, discovery and OpenAPI told, and on deletion
//! the objects removed first.
//!
//! Upstream spreads this over four controllers in the API server; here one task follows the definitions.

mod conditions;
mod conversion;
mod openapi;

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use apimachinery::encoded::EncodedObject;
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::value::Value;
use apimachinery::watch::WatchEventType;
use bytes::Bytes;
use parking_lot::Mutex;
use registry::kinds::custom_resource_definition::CLEANUP_FINALIZER;
use registry::request::{Body, BodyFormat, DeleteOptions, ListOptions, RequestInfo, ResourceVersionMatch};
use registry::resource::Resource;

use crate::changes::Changes;
use crate::discovery::Discovery;
use crate::server::{Server, loopback_user};

/// Group of definitions.
const GROUP: &str = "apiextensions.k8s.io";
/// Their plural.
const PLURAL: &str = "customresourcedefinitions";

/// Pause before a write that failed is tried again.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// Pause before objects of a deleted definition are tried again that could not be read (a webhook must convert them).
const EMPTY_RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Objects of a deleted definition that one list reads.
const PAGE_OBJECTS: usize = 500;

/// Follows the definitions until the server is gone.
pub(crate) fn start(server: &Arc<Server>) {
    let registry = Arc::downgrade(&server.registry);
    server.registry.set_converters(Arc::new(conversion::WebhookConverters { registry }));
    let Some(resource) = server.registry.resource(GROUP, "v1", PLURAL) else { return };
    let mut stopping = server.stopping.clone();
    let follower = Follower { server: Arc::downgrade(server), resource, emptied: Arc::default() };
    tokio::spawn(async move {
        tokio::select! {
            () = follower.run() => {}
            _ = stopping.wait_for(|stops| *stops) => {}
        }
    });
}

/// Reads what is stored and serves it before the first request is answered.
pub(crate) async fn serve_stored(server: &Arc<Server>) {
    let Some(resource) = server.registry.resource(GROUP, "v1", PLURAL) else { return };
    let Ok(list) = resource.list("", &ListOptions::default()).await else { return };
    let mut has_changed = false;
    for object in &list.items {
        let Some(definition) = decode(object) else { continue };
        if conditions::is_true(&definition, "Established") {
            has_changed |= install(server, &definition).await;
        }
    }
    if has_changed {
        server.refresh_served();
    }
}

struct Follower {
    server: Weak<Server>,
    resource: Arc<Resource>,
    /// Definitions whose objects are being deleted.
    emptied: Arc<Mutex<HashSet<String>>>,
}

impl Follower {
    async fn run(&self) {
        let mut changes = Changes::new(Arc::clone(&self.resource));
        loop {
            let frame = changes.next().await;
            let Some(server) = self.server.upgrade() else { return };
            match frame.event_type {
                WatchEventType::Added | WatchEventType::Modified => self.take(&server, &frame.object).await,
                WatchEventType::Deleted => self.forget(&server, &frame.object),
                WatchEventType::Bookmark | WatchEventType::Error => {}
            }
        }
    }

    async fn take(&self, server: &Arc<Server>, object: &EncodedObject) {
        let Some(definition) = decode(object) else { return };
        if definition.deletion_timestamp().is_some() {
            self.empty(server, definition);
            return;
        }
        let others = self.others(definition.name()).await;
        let mut wanted = definition.clone();
        conditions::set(&mut wanted, &others, &jiff::Timestamp::now());
        // Served before it says so: who waits for `Established` may ask at once.
        if conditions::is_true(&wanted, "Established") && install(server, &wanted).await {
            server.refresh_served();
        }
        if wanted.field("status") != definition.field("status")
            && let Err(status) = self.write(&wanted, object.revision, "status").await
            && status.code != 409
        {
            tracing::warn!(name = definition.name(), message = status.message, "cannot write a definition's status");
        }
    }

    fn forget(&self, server: &Arc<Server>, object: &EncodedObject) {
        let Some(definition) = decode(object) else { return };
        if server.registry.remove_custom(definition.name()) {
            server.refresh_served();
        }
    }

    /// The other definitions.
    async fn others(&self, name: &str) -> Vec<Value> {
        let options = ListOptions { resource_version: "0".into(), ..ListOptions::default() };
        let list = self.resource.list("", &options).await;
        let all = list.map(|list| list.items).unwrap_or_default();
        all.iter().filter_map(|object| decode(object)).filter(|other| other.name() != name).collect()
    }

    async fn write(&self, definition: &Value, revision: u64, subresource: &str) -> Result<(), Status> {
        let mut definition = definition.clone();
        definition.set_meta("resourceVersion", &revision.to_string());
        let body = Body { format: BodyFormat::Json, bytes: Bytes::from(json::to_vec(&definition)) };
        let info = request(&self.resource, "update", "", definition.name(), subresource);
        self.resource.update(&info, &body).await.map(drop)
    }

    /// Deletes the objects of a definition in the background, then lets the definition go.
    fn empty(&self, server: &Arc<Server>, definition: Value) {
        let name = definition.name().to_owned();
        let holds = definition.finalizers().contains(&CLEANUP_FINALIZER);
        if !holds || !self.emptied.lock().insert(name.clone()) {
            return;
        }
        let follower = Follower {
            server: Arc::downgrade(server),
            resource: Arc::clone(&self.resource),
            emptied: Arc::clone(&self.emptied),
        };
        let objects = objects_of(server, &definition);
        let mut stopping = server.stopping.clone();
        tokio::spawn(async move {
            let work = async {
                if let Some(objects) = objects {
                    while let Err(status) = delete_all(&objects).await {
                        let message = status.message;
                        tracing::warn!(name, message, "cannot delete the objects of a deleted definition");
                        tokio::time::sleep(EMPTY_RETRY_PAUSE).await;
                    }
                }
                follower.release(&name).await;
            };
            tokio::select! {
                () = work => {}
                _ = stopping.wait_for(|stops| *stops) => {}
            }
            follower.emptied.lock().remove(&name);
        });
    }

    /// Takes the finalizer away; the definition goes with it.
    async fn release(&self, name: &str) {
        loop {
            let Ok(object) = self.resource.get("", name, "").await else { return };
            let Some(mut definition) = decode(&object) else { return };
            let mut finalizers = definition.items_at(&["metadata", "finalizers"]).to_vec();
            finalizers.retain(|it| it.as_str() != Some(CLEANUP_FINALIZER));
            definition.set(&["metadata", "finalizers"], finalizers);
            match self.write(&definition, object.revision, "").await {
                Err(status) if status.code == 409 => {}
                Err(status) => {
                    tracing::warn!(name, message = status.message, "cannot release a deleted definition");
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
                Ok(()) => return,
            }
        }
    }
}

fn decode(object: &EncodedObject) -> Option<Value> {
    json::parse(&object.to_json()).ok()
}

async fn install(server: &Arc<Server>, definition: &Value) -> bool {
    match server.registry.install_custom(definition).await {
        Ok(is_new) => is_new,
        Err(error) => {
            tracing::error!(name = definition.name(), %error, "cannot serve custom resources");
            false
        }
    }
}

/// A definition's resource, if it is served: in the stored version, if possible, which nobody must convert.
fn objects_of(server: &Server, definition: &Value) -> Option<Arc<Resource>> {
    let spec = definition.field("spec");
    let (group, plural) = (spec.str_at(&["group"]), spec.str_at(&["names", "plural"]));
    let served = spec.items_at(&["versions"]).iter().filter(|version| version.bool_at(&["served"]));
    let served = served.filter_map(|version| server.registry.resource(group, version.str_at(&["name"]), plural));
    let resources: Vec<Arc<Resource>> = served.collect();
    resources.iter().find(|it| it.is_stored_version()).or(resources.first()).cloned()
}

/// Deletes all objects and waits until the last is gone; finalizers may hold some.
async fn delete_all(objects: &Resource) -> Result<(), Status> {
    let options = ListOptions {
        send_initial_events: Some(true),
        allow_watch_bookmarks: true,
        resource_version_match: ResourceVersionMatch::NotOlderThan,
        ..ListOptions::default()
    };
    loop {
        // Before the list, so that no deletion after it is missed.
        let mut frames = objects.watch("", &options).await?;
        let list = objects.list("", &ListOptions { limit: PAGE_OBJECTS, ..ListOptions::default() }).await?;
        if list.items.is_empty() {
            return Ok(());
        }
        for object in list.items.iter().filter_map(|object| decode(object)) {
            if object.deletion_timestamp().is_none() {
                // As upstream's, this asks no admission plugin.
                let info = request(objects, "delete", object.namespace(), object.name(), "");
                let info = RequestInfo { is_admitted: true, ..info };
                let _ = objects.delete(&info, &DeleteOptions::default()).await;
            }
        }
        let left = objects.list("", &ListOptions { limit: 1, ..ListOptions::default() }).await?;
        if left.items.is_empty() {
            return Ok(());
        }
        while let Some(frame) = frames.recv().await {
            if matches!(frame.event_type, WatchEventType::Deleted | WatchEventType::Error) {
                break;
            }
        }
    }
}

fn request(resource: &Resource, verb: &'static str, namespace: &str, name: &str, subresource: &str) -> RequestInfo {
    let ty = resource.resource_type();
    RequestInfo {
        user: Arc::new(loopback_user()),
        verb,
        group: ty.group.to_owned(),
        version: ty.version.to_owned(),
        resource: ty.plural.to_owned(),
        subresource: subresource.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        field_manager: "kube-apiserver".to_owned(),
        ..RequestInfo::default()
    }
}

impl Server {
    /// Discovery and OpenAPI say what is served now.
    pub(crate) fn refresh_served(&self) {
        // First, for it takes longer to make the documents.
        self.served.send_modify(|change| *change += 1);
        // One at a time, or an older state could be written last.
        let _one = self.refreshing.lock();
        *self.discovery.write() = Arc::new(Discovery::new(&self.registry, &self.aggregator.registered()));
        let sources = openapi::sources(&self.registry).into_iter().chain(self.aggregator.openapi_sources());
        self.openapi.set_additions(sources.collect());
    }
}
