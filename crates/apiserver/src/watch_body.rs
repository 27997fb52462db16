//! A watch as a body: frames of the registry, encoded as the client asked.

use std::sync::Arc;
use std::time::Duration;

use api::ResourceType;
use apimachinery::json;
use apimachinery::watch::{WatchEventType, WatchFrame};
use bytes::Bytes;
use futures_util::Stream;
use registry::resource::Resource;
use streaming::serve::BodyError;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};

use crate::metrics::InFlight;
use crate::negotiation::{Accepted, Encoding, Shape};
use crate::render::table::{IncludeObject, ListMeta, TableFormat};
use crate::render::{Kind, metadata, protobuf, table};

/// Events that wait already are sent together up to this size.
const BATCH_BYTES: usize = 64 * 1024;

/// A watch that runs.
pub struct WatchBody {
    /// Events.
    pub frames: mpsc::Receiver<WatchFrame>,
    /// When the server ends it.
    pub timeout: Duration,
    /// Whether the client asked for that timeout.
    pub is_timeout_asked: bool,
    /// How events are encoded.
    pub encoder: EventEncoder,
    /// Turns true when the server stops.
    pub stopping: watch::Receiver<bool>,
    /// Counts it as running for as long as it is.
    pub _running: InFlight,
}

impl WatchBody {
    /// Encoded events as they come, until the watch, its time or the server ends.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, BodyError>> + Send {
        let deadline = Instant::now() + self.timeout;
        futures_util::stream::unfold(self, move |mut watch| async move {
            let frame = tokio::select! {
                frame = timeout_at(deadline, watch.frames.recv()) => frame.ok().flatten()?,
                _ = watch.stopping.wait_for(|is_stopping| *is_stopping) => return None,
            };
            let mut out = Vec::with_capacity(frame.object.bytes.len() + 128);
            watch.encoder.encode(&frame, &mut out);
            while out.len() < BATCH_BYTES
                && let Ok(frame) = watch.frames.try_recv()
            {
                watch.encoder.encode(&frame, &mut out);
            }
            Some((Ok(Bytes::from(out)), watch))
        })
    }

    /// Whether frames can be handed on as they are: JSON of whole objects.
    pub fn is_plain(&self) -> bool {
        self.encoder.accepted.encoding == Encoding::Json && self.encoder.accepted.shape == Shape::Plain
    }
}

/// Encodes watch events in the negotiated shape.
pub struct EventEncoder {
    accepted: Accepted,
    resource: Arc<Resource>,
    ty: &'static ResourceType,
    include: IncludeObject,
    has_sent_columns: bool,
}

impl EventEncoder {
    /// For events of `resource`; the first table carries the column definitions.
    pub fn new(accepted: Accepted, resource: Arc<Resource>, include: IncludeObject) -> EventEncoder {
        let ty = resource.resource_type();
        EventEncoder { accepted, resource, ty, include, has_sent_columns: false }
    }

    /// Media type of the stream.
    pub fn media_type(&self) -> &'static str {
        match self.accepted.encoding {
            Encoding::Protobuf => "application/vnd.kubernetes.protobuf;stream=watch",
            _ => "application/json",
        }
    }

    /// Appends one event.
    pub fn encode(&mut self, frame: &WatchFrame, out: &mut Vec<u8>) {
        match self.accepted.encoding {
            Encoding::Protobuf => self.encode_protobuf(frame, out),
            _ => {
                out.extend_from_slice(b"{\"type\":\"");
                out.extend_from_slice(frame.event_type.as_str().as_bytes());
                out.extend_from_slice(b"\",\"object\":");
                self.write_object(frame, out);
                out.extend_from_slice(b"}\n");
            }
        }
    }

    fn write_object(&mut self, frame: &WatchFrame, out: &mut Vec<u8>) {
        let bookmark;
        let object = match frame.event_type {
            WatchEventType::Error => return out.extend_from_slice(&frame.object.bytes),
            WatchEventType::Bookmark => {
                bookmark = self.bookmark(frame);
                &bookmark
            }
            _ => &*frame.object,
        };
        match self.accepted.shape {
            Shape::Plain | Shape::AggregatedDiscovery => object.write(out),
            Shape::Metadata(version) | Shape::MetadataList(version) => metadata::write_partial(version, object, out),
            Shape::Table(version) => {
                let kind = Kind { resource: &self.resource, ty: self.ty };
                let rows = std::iter::once(object);
                let meta = ListMeta::of(frame.revision);
                let has_columns = !std::mem::replace(&mut self.has_sent_columns, true);
                table::write(TableFormat { version, include: self.include, has_columns }, kind, rows, &meta, out);
            }
        }
    }

    /// A bookmark's object: type and resourceVersion, and the mark that ends the initial events.
    fn bookmark(&self, frame: &WatchFrame) -> apimachinery::encoded::EncodedObject {
        let mut value = apimachinery::tree!({
            "kind": (self.ty.kind),
            "apiVersion": (self.ty.api_version()),
            "metadata": {},
        });
        if frame.ends_initial_events {
            value.set(&["metadata", "annotations", "k8s.io/initial-events-end"], "true");
        }
        json::encode_object(&value, frame.revision)
    }

    fn encode_protobuf(&mut self, frame: &WatchFrame, out: &mut Vec<u8>) {
        let document = match (frame.event_type, self.accepted.shape) {
            (WatchEventType::Error, _) => protobuf::encode_document(&frame.object.bytes),
            (event, Shape::Metadata(version) | Shape::MetadataList(version)) => match event {
                WatchEventType::Bookmark => protobuf::metadata_document(version, self.ty, &self.bookmark(frame)),
                _ => protobuf::metadata_document(version, self.ty, &frame.object),
            },
            (WatchEventType::Bookmark, _) => protobuf::object_document(self.ty, &self.bookmark(frame)),
            _ => protobuf::object_document(self.ty, &frame.object),
        };
        match document {
            Ok(document) => out.extend_from_slice(&protobuf::watch_frame(frame.event_type.as_str(), &document)),
            Err(error) => tracing::warn!(%error, "watch event left out: no protobuf form"),
        }
    }
}
