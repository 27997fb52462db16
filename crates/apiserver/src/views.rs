//! Live views of registry objects that decisions are made on: list once, then follow the watch.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use apimachinery::watch::WatchEventType;
use registry::request::ListOptions;
use registry::resource::{Registry, Resource};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::authorization::Authorizer;
use crate::authorization::rbac::RbacKind;

/// Pause before a broken watch is started anew.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// Which view a resource feeds.
#[derive(Clone, Copy)]
enum Feed {
    Rbac(RbacKind),
    Pods,
}

const FEEDS: [(&str, &str, Feed); 5] = [
    ("", "pods", Feed::Pods),
    ("rbac.authorization.k8s.io", "clusterrolebindings", Feed::Rbac(RbacKind::ClusterRoleBinding)),
    ("rbac.authorization.k8s.io", "clusterroles", Feed::Rbac(RbacKind::ClusterRole)),
    ("rbac.authorization.k8s.io", "rolebindings", Feed::Rbac(RbacKind::RoleBinding)),
    ("rbac.authorization.k8s.io", "roles", Feed::Rbac(RbacKind::Role)),
];

/// Running views.
pub struct Views {
    /// Reached revision of each feed.
    revisions: Vec<(&'static str, watch::Receiver<Option<u64>>)>,
    _tasks: JoinSet<()>,
}

impl Views {
    /// Starts to follow; `synced` turns true once every view holds what is stored.
    pub fn start(registry: &Registry, authorizer: &Arc<Authorizer>, synced: watch::Sender<bool>) -> Views {
        let mut tasks = JoinSet::new();
        let mut revisions = Vec::new();
        for (group, plural, feed) in FEEDS {
            let Some(resource) = registry.resource(group, "v1", plural) else { continue };
            let (reached, receiver) = watch::channel(None);
            revisions.push((plural, receiver));
            tasks.spawn(follow(resource, feed, Arc::clone(authorizer), reached));
        }
        let mut waiting: Vec<_> = revisions.iter().map(|(_, receiver)| receiver.clone()).collect();
        tasks.spawn(async move {
            for receiver in &mut waiting {
                let _ = receiver.wait_for(Option::is_some).await;
            }
            synced.send_replace(true);
        });
        Views { revisions, _tasks: tasks }
    }

    /// Completes when the view of `plural` holds the write of `revision`.
    pub async fn wait(&self, plural: &str, revision: u64) {
        if let Some((_, receiver)) = self.revisions.iter().find(|(name, _)| *name == plural) {
            let _ = receiver.clone().wait_for(|reached| reached.is_some_and(|it| it >= revision)).await;
        }
    }
}

type Key = (String, String);

async fn follow(resource: Arc<Resource>, feed: Feed, authorizer: Arc<Authorizer>, reached: watch::Sender<Option<u64>>) {
    let mut known: HashSet<Key> = HashSet::new();
    loop {
        let options = ListOptions { resource_version: "0".into(), ..ListOptions::default() };
        match resource.list("", &options).await {
            Ok(list) => {
                let mut gone = std::mem::take(&mut known);
                for object in list.items.iter().filter_map(|item| json::parse(&item.bytes).ok()) {
                    feed.set(&authorizer, &object);
                    gone.remove(&key(&object));
                    known.insert(key(&object));
                }
                gone.iter().for_each(|key| feed.remove(&authorizer, key));
                reached.send_replace(Some(list.revision));
                follow_from(&resource, (feed, &authorizer), &mut known, &reached).await;
            }
            Err(error) => tracing::warn!(%error, "a view cannot list"),
        }
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

fn key(object: &Value) -> Key {
    (object.namespace().to_owned(), object.name().to_owned())
}

async fn follow_from(
    resource: &Resource,
    (feed, authorizer): (Feed, &Authorizer),
    known: &mut HashSet<Key>,
    reached: &watch::Sender<Option<u64>>,
) {
    let resource_version = reached.borrow().unwrap_or(0).to_string();
    let options = ListOptions { resource_version, allow_watch_bookmarks: true, ..ListOptions::default() };
    let mut frames = match resource.watch("", &options).await {
        Ok(frames) => frames,
        Err(error) => return tracing::debug!(%error, "a view cannot watch"),
    };
    while let Some(frame) = frames.recv().await {
        match (frame.event_type, json::parse(&frame.object.bytes)) {
            (WatchEventType::Error, _) => return,
            (WatchEventType::Added | WatchEventType::Modified, Ok(object)) => {
                feed.set(authorizer, &object);
                known.insert(key(&object));
            }
            (WatchEventType::Deleted, Ok(object)) => {
                feed.remove(authorizer, &key(&object));
                known.remove(&key(&object));
            }
            _ => {}
        }
        reached.send_replace(Some(frame.revision));
    }
}

impl Feed {
    fn set(self, authorizer: &Authorizer, object: &Value) {
        match self {
            Feed::Rbac(kind) => authorizer.rbac.set(kind, object),
            Feed::Pods => authorizer.node.set_pod(object),
        }
    }

    fn remove(self, authorizer: &Authorizer, (namespace, name): &Key) {
        match self {
            Feed::Rbac(kind) => authorizer.rbac.remove(kind, namespace, name),
            Feed::Pods => authorizer.node.remove_pod(namespace, name),
        }
    }
}
