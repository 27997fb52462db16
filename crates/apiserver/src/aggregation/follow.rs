//! Follows APIServices, and what their availability depends on.

use std::sync::{Arc, Weak};

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use apimachinery::watch::{WatchEventType, WatchFrame};
use registry::request::ListOptions;
use registry::resource::Resource;
use tokio::sync::{Notify, watch};

use super::auto_register::{self, Moment};
use super::registration::Registration;
use super::resolve::SERVICE_LABEL;
use super::worker::Worker;
use super::{GROUP, PLURAL, front_proxy};
use crate::changes::Changes;
use crate::server::Server;

/// Follows until the server stops or is gone.
pub(crate) fn start(server: &Arc<Server>) {
    let of = |group: &str, plural: &str| server.registry.resource(group, "v1", plural);
    let followed = (
        of(GROUP, PLURAL),
        of("", "services"),
        of("discovery.k8s.io", "endpointslices"),
        of("apiextensions.k8s.io", "customresourcedefinitions"),
    );
    front_proxy::start(server);
    let (Some(registrations), Some(services), Some(slices), Some(definitions)) = followed else { return };
    let due = Arc::new(Notify::new());
    let follower = Follower { server: Arc::downgrade(server), resource: registrations, due: Arc::clone(&due) };
    let registering = register_when_due(Arc::downgrade(server), server.bootstrapped.clone(), due);
    let mut stopping = server.stopping.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = follower.run([services, slices, definitions]) => {}
            () = registering => {}
            _ = stopping.wait_for(|stops| *stops) => {}
        }
        if let Some(server) = follower.server.upgrade() {
            server.aggregator.workers.lock().clear();
        }
    });
}

/// Knows the stored APIServices before the first request is answered.
pub(crate) async fn read_stored(server: &Arc<Server>) {
    let Some(resource) = server.registry.resource(GROUP, "v1", PLURAL) else { return };
    let Ok(list) = resource.list("", &ListOptions::default()).await else { return };
    let mut is_new = false;
    for object in list.items.iter().filter_map(|object| json::parse(&object.bytes).ok()) {
        is_new |= server.aggregator.set(Registration::of(&object));
    }
    if is_new {
        server.refresh_served();
    }
}

/// Keeps the APIServices of definitions; what comes while it works is one more run.
async fn register_when_due(server: Weak<Server>, mut bootstrapped: watch::Receiver<bool>, due: Arc<Notify>) {
    // Before that nobody knows what is to be registered.
    if bootstrapped.wait_for(|is_done| *is_done).await.is_err() {
        return;
    }
    loop {
        due.notified().await;
        let Some(server) = server.upgrade() else { return };
        auto_register::reconcile(&server, Moment::Later).await;
    }
}

struct Follower {
    server: Weak<Server>,
    resource: Arc<Resource>,
    due: Arc<Notify>,
}

impl Follower {
    async fn run(&self, [services, slices, definitions]: [Arc<Resource>; 3]) {
        let mut registrations = Changes::new(Arc::clone(&self.resource));
        let (mut services, mut slices) = (Changes::new(services), Changes::new(slices));
        let mut definitions = Changes::new(definitions);
        loop {
            tokio::select! {
                frame = registrations.next() => self.take(&frame).await,
                frame = services.next() => self.wake(&frame, |service| service.name().to_owned()),
                frame = slices.next() => {
                    self.wake(&frame, |slice| slice.label(SERVICE_LABEL).unwrap_or("").to_owned());
                }
                _ = definitions.next() => self.due.notify_one(),
            }
            if self.server.strong_count() == 0 {
                return;
            }
        }
    }

    async fn take(&self, frame: &WatchFrame) {
        let Some(server) = self.server.upgrade() else { return };
        let is_new = match frame.event_type {
            WatchEventType::Bookmark if frame.ends_initial_events => self.forget_missing(&server).await,
            WatchEventType::Added | WatchEventType::Modified => decode(frame).is_some_and(|it| set(&server, &it)),
            WatchEventType::Deleted => {
                self.due.notify_one();
                decode(frame).is_some_and(|object| forget(&server, object.name()))
            }
            _ => false,
        };
        if is_new {
            server.refresh_served();
        }
    }

    /// What was deleted while nobody watched is gone, too.
    async fn forget_missing(&self, server: &Arc<Server>) -> bool {
        let options = ListOptions { resource_version: "0".into(), ..ListOptions::default() };
        let Ok(list) = self.resource.list("", &options).await else { return false };
        let stored: Vec<Value> = list.items.iter().filter_map(|it| json::parse(&it.bytes).ok()).collect();
        let is_missing = |name: &String| !stored.iter().any(|it| it.name() == name);
        let missing: Vec<String> = server.aggregator.names().into_iter().filter(is_missing).collect();
        for name in &missing {
            forget(server, name);
        }
        !missing.is_empty()
    }

    /// Wakes those that look after APIServices of a Service.
    fn wake(&self, frame: &WatchFrame, name_of: fn(&Value) -> String) {
        let Some(server) = self.server.upgrade() else { return };
        let workers = server.aggregator.workers.lock();
        if workers.is_empty() {
            return;
        }
        let Some(object) = decode(frame) else { return };
        let service = (object.namespace().to_owned(), name_of(&object));
        workers.values().filter(|worker| worker.service == service).for_each(Worker::wake);
    }
}

fn decode(frame: &WatchFrame) -> Option<Value> {
    json::parse(&frame.object.bytes).ok()
}

/// Takes an APIService as it is now; whether discovery must be told.
fn set(server: &Arc<Server>, object: &Value) -> bool {
    let registration = Registration::of(object);
    let name = registration.name.clone();
    let service = registration.service.as_ref().map(|it| (it.namespace.clone(), it.name.clone()));
    let is_new = server.aggregator.set(registration);
    let mut workers = server.aggregator.workers.lock();
    match (service, workers.get(&name)) {
        (None, _) => drop(workers.remove(&name)),
        (Some(service), Some(worker)) if worker.service == service => worker.wake(),
        (Some(service), _) => drop(workers.insert(name.clone(), Worker::start(server, &name, service))),
    }
    is_new
}

fn forget(server: &Server, name: &str) -> bool {
    server.aggregator.workers.lock().remove(name);
    server.aggregator.remove(name)
}
