//! Watch events, shared by the server's cache, the wire and in-process informers.

use std::sync::Arc;

use crate::encoded::EncodedObject;

/// A watch event's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchEventType {
    /// `ADDED`
    Added,
    /// `MODIFIED`
    Modified,
    /// `DELETED`
    Deleted,
    /// `BOOKMARK`
    Bookmark,
    /// `ERROR`: the object is a `Status`, and the stream ends
    Error,
}

impl WatchEventType {
    /// The text on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            WatchEventType::Added => "ADDED",
            WatchEventType::Modified => "MODIFIED",
            WatchEventType::Deleted => "DELETED",
            WatchEventType::Bookmark => "BOOKMARK",
            WatchEventType::Error => "ERROR",
        }
    }
}

/// One watch event.
#[derive(Clone, Debug)]
pub struct WatchFrame {
    /// Type.
    pub event_type: WatchEventType,
    /// Revision of the event (for a bookmark: reached). Equals `object.revision`, except for `Error`.
    pub revision: u64,
    /// Whether this is the bookmark that ends the initial events (`k8s.io/initial-events-end`).
    pub ends_initial_events: bool,
    /// The object (a deleted one carries the deletion's revision); for `Error` a `Status` document in
    /// `object.bytes`; for `Bookmark` an object of the kind with only `metadata`. Shared, never copied.
    pub object: Arc<EncodedObject>,
}
