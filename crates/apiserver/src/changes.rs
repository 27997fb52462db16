//! A resource's objects and their changes, for ever.

use std::sync::Arc;
use std::time::Duration;

use apimachinery::selector::{FieldSelector, FieldTerm};
use apimachinery::watch::{WatchEventType, WatchFrame};
use registry::request::{ListOptions, ResourceVersionMatch};
use registry::resource::Resource;
use tokio::sync::mpsc;

/// Pause before a broken watch is started anew.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// Follows one resource. It begins with all objects and a bookmark, and so it does again after a broken watch: what
/// was deleted in between is not told.
pub(crate) struct Changes {
    resource: Arc<Resource>,
    namespace: &'static str,
    fields: FieldSelector,
    frames: Option<mpsc::Receiver<WatchFrame>>,
    watches: u64,
}

impl Changes {
    /// Of `resource`.
    pub fn new(resource: Arc<Resource>) -> Changes {
        Changes { resource, namespace: "", fields: FieldSelector::default(), frames: None, watches: 0 }
    }

    /// Of one object.
    pub fn of_one(resource: Arc<Resource>, namespace: &'static str, name: &str) -> Changes {
        let term = FieldTerm { field: "metadata.name".into(), is_equal: true, value: name.into() };
        Changes { namespace, fields: FieldSelector { terms: vec![term] }, ..Changes::new(resource) }
    }

    /// Watches so far: with each new one, all objects are told again.
    pub fn watches(&self) -> u64 {
        self.watches
    }

    /// The next object, change or bookmark. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> WatchFrame {
        loop {
            if let Some(frames) = &mut self.frames {
                match frames.recv().await {
                    Some(frame) if frame.event_type != WatchEventType::Error => return frame,
                    _ => self.frames = None,
                }
                tokio::time::sleep(RETRY_PAUSE).await;
            }
            let options = ListOptions {
                send_initial_events: Some(true),
                allow_watch_bookmarks: true,
                resource_version_match: ResourceVersionMatch::NotOlderThan,
                field_selector: self.fields.clone(),
                ..ListOptions::default()
            };
            match self.resource.watch(self.namespace, &options).await {
                Ok(frames) => {
                    self.frames = Some(frames);
                    self.watches += 1;
                }
                Err(_) => tokio::time::sleep(RETRY_PAUSE).await,
            }
        }
    }
}
