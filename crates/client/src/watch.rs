//! A watch as a stream of typed frames, whichever way the transport carries it.

use std::sync::Arc;
use std::time::Duration;

use apimachinery::encoded::EncodedObject;
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::value::Value;
use apimachinery::watch::{WatchEventType, WatchFrame};
use bytes::{Bytes, BytesMut};
use http::Method;
use tokio::sync::mpsc;

use crate::client::{Client, ClientError, json_request, read_whole};
use crate::transport::{ResponseBody, TransportError};

/// Bytes of one watch event on the wire: far above the largest object that a server stores.
pub const FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A socket that is silent this long may be dead without our knowing: the watch counts as closed. A live server sends
/// a bookmark about every minute.
const SILENCE_MAX: Duration = Duration::from_secs(300);

/// Marks the bookmark behind the initial events of a streamed list (KEP-3157).
pub const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

/// An open watch. Dropping it closes it.
pub struct WatchStream {
    source: Source,
}

enum Source {
    Typed(mpsc::Receiver<WatchFrame>),
    Wire { pieces: mpsc::Receiver<Result<Bytes, TransportError>>, splitter: FrameSplitter },
}

impl WatchStream {
    /// Sends the watch request `path` (with its query); a refusal is an error.
    pub async fn open(client: &Client, path: &str) -> Result<Self, ClientError> {
        let response = client.send(json_request(Method::GET, path, None)?).await?;
        if !response.status.is_success() {
            let body = read_whole(response.body).await?;
            return Err(ClientError::Status(Status::from_body(response.status.as_u16(), &body)));
        }
        match response.body {
            ResponseBody::Watch(frames) => Ok(WatchStream { source: Source::Typed(frames) }),
            ResponseBody::Chunks(pieces) => {
                Ok(WatchStream { source: Source::Wire { pieces, splitter: FrameSplitter::new() } })
            }
            ResponseBody::Full(_) => Err(ClientError::Decode("one whole answer where a watch was expected".into())),
        }
    }

    /// The next event; `None` when the server has closed the watch. An `ERROR` event is an `Err`.
    pub async fn next(&mut self) -> Option<Result<WatchFrame, ClientError>> {
        match &mut self.source {
            Source::Typed(frames) => frames.recv().await.map(refuse_error_event),
            Source::Wire { pieces, splitter } => loop {
                match splitter.next_frame() {
                    Err(error) => return Some(Err(error)),
                    Ok(Some(frame)) => {
                        return Some(decode_frame(&frame).and_then(refuse_error_event));
                    }
                    Ok(None) => {}
                }
                match tokio::time::timeout(SILENCE_MAX, pieces.recv()).await {
                    Err(_) | Ok(None) => return None,
                    Ok(Some(Ok(piece))) => splitter.push(&piece),
                    Ok(Some(Err(error))) => return Some(Err(error.into())),
                }
            },
        }
    }
}

fn refuse_error_event(frame: WatchFrame) -> Result<WatchFrame, ClientError> {
    match frame.event_type {
        WatchEventType::Error => Err(ClientError::Status(Status::from_body(500, &frame.object.bytes))),
        _ => Ok(frame),
    }
}

/// Reads `{"type":…,"object":{…}}`.
fn decode_frame(text: &[u8]) -> Result<WatchFrame, ClientError> {
    let event = json::parse(text).map_err(|error| ClientError::Decode(error.to_string()))?;
    let event_type = match event.str_at(&["type"]) {
        "ADDED" => WatchEventType::Added,
        "MODIFIED" => WatchEventType::Modified,
        "DELETED" => WatchEventType::Deleted,
        "BOOKMARK" => WatchEventType::Bookmark,
        "ERROR" => WatchEventType::Error,
        other => {
            return Err(ClientError::Decode(format!("unknown watch event type {other:?}")));
        }
    };
    let object = event.field("object");
    if event_type == WatchEventType::Error {
        return Ok(error_frame(object));
    }
    let encoded = encode_wire_object(object)?;
    let ends = object.annotation(INITIAL_EVENTS_END) == Some("true");
    Ok(WatchFrame {
        event_type,
        revision: encoded.revision,
        ends_initial_events: event_type == WatchEventType::Bookmark && ends,
        object: Arc::new(encoded),
    })
}

fn error_frame(status: &Value) -> WatchFrame {
    let bytes = Bytes::from(json::to_vec(status));
    let object =
        EncodedObject { bytes, revision: 0, metadata: (0, 0), splice: 0, prefix_end: 0, protobuf: Default::default() };
    WatchFrame { event_type: WatchEventType::Error, revision: 0, ends_initial_events: false, object: Arc::new(object) }
}

/// Canonical bytes of an object that came over the wire; its `resourceVersion` is the revision.
pub(crate) fn encode_wire_object(object: &Value) -> Result<EncodedObject, ClientError> {
    let version = object.resource_version();
    let revision =
        version.parse().map_err(|_| ClientError::Decode(format!("resourceVersion {version:?} is no number")))?;
    Ok(json::encode_object(object, revision))
}

/// Cuts a byte stream of concatenated JSON objects into the single objects.
struct FrameSplitter {
    buffer: BytesMut,
    /// Bytes of `buffer` that were looked at.
    scanned: usize,
    depth: usize,
    is_in_string: bool,
    is_escaped: bool,
}

impl FrameSplitter {
    fn new() -> Self {
        FrameSplitter { buffer: BytesMut::new(), scanned: 0, depth: 0, is_in_string: false, is_escaped: false }
    }

    fn push(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
    }

    fn next_frame(&mut self) -> Result<Option<Bytes>, ClientError> {
        while let Some(&byte) = self.buffer.get(self.scanned) {
            self.scanned += 1;
            if self.ends_frame(byte) {
                let end = std::mem::take(&mut self.scanned);
                return Ok(Some(self.buffer.split_to(end).freeze()));
            }
        }
        match self.buffer.len() > FRAME_BYTES_MAX {
            true => Err(ClientError::Decode(format!("a watch event is longer than {FRAME_BYTES_MAX} bytes"))),
            false => Ok(None),
        }
    }

    fn ends_frame(&mut self, byte: u8) -> bool {
        if self.is_in_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.is_in_string = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => self.is_in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(pieces: &[&str]) -> Vec<String> {
        let mut splitter = FrameSplitter::new();
        let mut frames = Vec::new();
        for piece in pieces {
            splitter.push(piece.as_bytes());
            while let Some(frame) = splitter.next_frame().expect("frames are short") {
                frames.push(String::from_utf8_lossy(&frame).trim().to_owned());
            }
        }
        frames
    }

    #[test]
    fn frames_may_span_pieces_and_share_them() {
        assert_eq!(split(&["{\"a\":", "{}}\n{\"b\":1}", "\n"]), ["{\"a\":{}}", "{\"b\":1}"]);
    }

    #[test]
    fn braces_and_quotes_inside_strings_do_not_end_a_frame() {
        assert_eq!(split(&[r#"{"a":"}\"}{"}"#]), [r#"{"a":"}\"}{"}"#]);
    }

    #[test]
    fn a_frame_above_the_limit_is_refused() {
        let mut splitter = FrameSplitter::new();
        splitter.push(b"{\"a\":\"");
        splitter.push(&vec![b'x'; FRAME_BYTES_MAX]);
        assert!(splitter.next_frame().is_err());
    }

    #[test]
    fn an_error_event_is_an_error() {
        let text = br#"{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too old","reason":"Expired","code":410}}"#;
        let frame = decode_frame(text).expect("the event is well formed");
        let error = refuse_error_event(frame).expect_err("an ERROR event");
        assert!(matches!(error, ClientError::Status(status) if status.code == 410));
    }
}
