//! Follows the objects that admission is configured by.

use std::collections::HashSet;
use std::sync::Arc;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use apimachinery::watch::WatchEventType;
use registry::resource::Resource;

use crate::changes::Changes;

/// What is told of the objects of a resource.
pub(super) enum News<'a> {
    /// One was created or changed.
    Set(&'a Value),
    /// The one with this name is gone.
    Gone(&'a str),
    /// All that were stored have been told.
    Complete,
}

/// Follows a resource for ever.
pub(super) async fn follow(resource: Arc<Resource>, mut tell: impl FnMut(News<'_>) + Send) {
    let mut changes = Changes::new(resource);
    let mut known: HashSet<String> = HashSet::new();
    let mut missing = HashSet::new();
    let mut watch = 0;
    loop {
        let frame = changes.next().await;
        if watch != changes.watches() {
            // What was there before and is not told of again is gone.
            watch = changes.watches();
            missing.clone_from(&known);
        }
        if frame.ends_initial_events {
            for name in missing.drain() {
                known.remove(&name);
                tell(News::Gone(&name));
            }
            tell(News::Complete);
        }
        let Ok(object) = json::parse(&frame.object.bytes) else { continue };
        match frame.event_type {
            WatchEventType::Added | WatchEventType::Modified => {
                missing.remove(object.name());
                known.insert(object.name().to_owned());
                tell(News::Set(&object));
            }
            WatchEventType::Deleted => {
                known.remove(object.name());
                tell(News::Gone(object.name()));
            }
            WatchEventType::Bookmark | WatchEventType::Error => {}
        }
    }
}
