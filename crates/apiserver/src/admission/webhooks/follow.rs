//! Keeps the parsed webhooks up to date with the stored configurations.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use apimachinery::encoded::EncodedObject;
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::watch::{WatchEventType, WatchFrame};
use arc_swap::ArcSwap;
use registry::request::{ListOptions, ResourceVersionMatch};
use registry::resource::{Registry, Resource};
use tokio::sync::watch;

use super::configuration::{self, Hook};

/// Pause before a broken watch is started anew.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// By the name of their configuration, which is also the order of calls.
type Known = BTreeMap<String, Vec<Arc<Hook>>>;

/// Follows one kind of configurations for ever; `synced` turns true when all that is stored is in `hooks`.
pub(super) async fn run(
    resource: Arc<Resource>,
    registry: Weak<Registry>,
    hooks: Arc<ArcSwap<Vec<Arc<Hook>>>>,
    synced: watch::Sender<bool>,
) {
    loop {
        let options = ListOptions {
            send_initial_events: Some(true),
            allow_watch_bookmarks: true,
            resource_version_match: ResourceVersionMatch::NotOlderThan,
            ..ListOptions::default()
        };
        match resource.watch("", &options).await {
            Ok(mut frames) => {
                let mut known = Known::new();
                let mut is_initial = true;
                while let Some(frame) = frames.recv().await {
                    is_initial &= !frame.ends_initial_events;
                    if !take(&mut known, &frame, &registry) {
                        break;
                    }
                    if !is_initial {
                        hooks.store(Arc::new(known.values().flatten().cloned().collect()));
                        synced.send_replace(true);
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "webhook configurations cannot be watched"),
        }
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

/// Takes a change over; false when the watch has ended.
fn take(known: &mut Known, frame: &WatchFrame, registry: &Weak<Registry>) -> bool {
    match frame.event_type {
        WatchEventType::Added | WatchEventType::Modified => {
            if let Some((name, hooks)) = parse(&frame.object, registry) {
                known.insert(name, hooks);
            }
        }
        WatchEventType::Deleted => {
            if let Some((name, _)) = parse(&frame.object, registry) {
                known.remove(&name);
            }
        }
        WatchEventType::Bookmark => {}
        WatchEventType::Error => return false,
    }
    true
}

fn parse(object: &EncodedObject, registry: &Weak<Registry>) -> Option<(String, Vec<Arc<Hook>>)> {
    let object = json::parse(&object.bytes).ok()?;
    Some((object.name().to_owned(), configuration::parse(&object, registry)))
}
