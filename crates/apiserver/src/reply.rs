//! An answer before it is put on a wire: status, headers, and a body that is whole, in pieces, or a stream.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use apimachinery::status::{Status, StatusCause};
use apimachinery::value::Value;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming, SizeHint};
use registry::list::CONTINUE_TOKEN_CAUSE;
use streaming::serve::{Body, BodyError, full_body};

use crate::call::CallBody;
use crate::negotiation::Accepted;
use crate::render;
use crate::watch_body::WatchBody;

/// Pieces of a body that is made while it is sent.
pub type Pieces = Box<dyn Iterator<Item = Bytes> + Send>;

/// A body that comes from elsewhere (logs).
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>> + Send>>;

/// An answer.
pub struct Reply {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: ReplyBody,
    /// A request body that nobody read.
    ///
    /// It is kept until the answer is sent: dropping it earlier would reset an HTTP/2 stream before the client has
    /// seen the answer.
    pub unread: Option<CallBody>,
}

/// Its body.
pub enum ReplyBody {
    /// All there.
    Full(Bytes),
    /// Made piece by piece; may be compressed.
    Pieces(Pieces),
    /// Comes from elsewhere.
    Stream(ByteStream),
    /// A watch.
    Watch(Box<WatchBody>),
}

impl Reply {
    /// A whole body.
    pub fn full(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
        Reply::new(status, content_type, ReplyBody::Full(body.into()))
    }

    /// Nothing but a status.
    pub fn empty(status: StatusCode) -> Reply {
        Reply { status, headers: HeaderMap::new(), body: ReplyBody::Full(Bytes::new()), unread: None }
    }

    /// Any body.
    pub fn new(status: StatusCode, content_type: &'static str, body: ReplyBody) -> Reply {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Reply { status, headers, body, unread: None }
    }

    /// Plain text, as Go's `http.Error` sends it.
    pub fn text(status: StatusCode, text: &str) -> Reply {
        let mut reply = Reply::full(status, "text/plain; charset=utf-8", format!("{text}\n"));
        reply.headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
        reply
    }

    /// Plain text without a line feed at its end (health checks).
    pub fn text_line(status: StatusCode, text: &str) -> Reply {
        let mut reply = Reply::full(status, "text/plain; charset=utf-8", text.to_owned());
        reply.headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
        reply
    }

    /// The text that upstream gives for paths that nobody serves.
    pub fn not_found_text() -> Reply {
        Reply::text(StatusCode::NOT_FOUND, "404 page not found")
    }

    /// A refusal.
    pub fn error(status: &Status, accepted: Accepted) -> Reply {
        let code = StatusCode::from_u16(status.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut reply = render::value_reply(accepted, code, &status_document(status));
        let seconds = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
        if seconds > 0 {
            reply.headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        reply
    }

    /// Adds a header whose value is plain text; leaves it out when it cannot be one.
    pub fn header(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(HeaderName::from_static(name), value);
        }
    }

    /// Compresses a long body, as upstream does with more than 128 KiB, when the client takes gzip.
    pub fn compress(&mut self) {
        if self.headers.contains_key(CONTENT_ENCODING) {
            return;
        }
        let body = std::mem::replace(&mut self.body, ReplyBody::Full(Bytes::new()));
        self.body = match body {
            ReplyBody::Full(bytes) if bytes.len() > GZIP_BYTES_MIN => {
                ReplyBody::Pieces(crate::gzip::compress(Box::new(std::iter::once(bytes))))
            }
            ReplyBody::Pieces(pieces) => ReplyBody::Pieces(crate::gzip::compress(pieces)),
            other => {
                self.body = other;
                return;
            }
        };
        self.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        self.headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
    }

    /// Leaves the headers alone, for HEAD.
    pub fn drop_body(&mut self) {
        if let ReplyBody::Full(bytes) = &self.body {
            self.headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        }
        self.body = ReplyBody::Full(Bytes::new());
    }

    /// Reads away a request body that nobody read, so that the client sees the answer and no reset; a body that
    /// does not end soon is left.
    pub async fn drain(&mut self) {
        if let Some(CallBody::Incoming(request)) = &mut self.unread {
            let drained = async {
                let mut bytes = 0;
                while let Some(Ok(frame)) = request.frame().await {
                    bytes += frame.data_ref().map_or(0, Bytes::len);
                    if bytes > DRAIN_BYTES_MAX {
                        return;
                    }
                }
            };
            let _ = tokio::time::timeout(DRAIN_TIME_MAX, drained).await;
        }
    }

    /// As an HTTP response.
    pub fn into_response(self) -> Response<Body> {
        let body = match self.body {
            ReplyBody::Full(bytes) => full_body(bytes),
            ReplyBody::Pieces(pieces) => stream_body(futures_util::stream::iter(pieces.map(Ok))),
            ReplyBody::Stream(stream) => stream_body(stream),
            ReplyBody::Watch(watch) => stream_body(watch.into_stream()),
        };
        let body = match self.unread {
            Some(CallBody::Incoming(request)) => Holding { body, _request: request }.boxed_unsync(),
            _ => body,
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// The document of a refusal. The token with which an expired list goes on stands in its metadata.
fn status_document(status: &Status) -> Value {
    let mut document = status.to_value();
    let causes = status.details.as_ref().map(|details| details.causes.as_slice()).unwrap_or_default();
    if let [StatusCause { reason, message, .. }] = causes
        && reason == CONTINUE_TOKEN_CAUSE
    {
        document.set(&["metadata", "continue"], message.as_str());
        document.remove_at(&["details"]);
    }
    document
}

/// Bytes of an unwanted request body that are read away.
const DRAIN_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Time that this may take.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(2);

/// A body that keeps a request's body until it is sent.
struct Holding {
    body: Body,
    _request: Incoming,
}

impl hyper::body::Body for Holding {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Bodies up to this size are sent as they are, as upstream's.
pub const GZIP_BYTES_MIN: usize = 128 * 1024;

fn stream_body(stream: impl Stream<Item = Result<Bytes, BodyError>> + Send + 'static) -> Body {
    StreamBody::new(stream.map(|piece| piece.map(Frame::data))).boxed_unsync()
}

#[cfg(test)]
mod tests {
    use super::*;
    use apimachinery::json;
    use apimachinery::status::StatusDetails;

    #[test]
    fn an_expired_list_says_in_its_metadata_how_to_go_on() {
        let cause = StatusCause { reason: CONTINUE_TOKEN_CAUSE.into(), message: "abc".into(), field: String::new() };
        let details = Some(Box::new(StatusDetails { causes: vec![cause], ..StatusDetails::default() }));
        let status = Status { details, ..Status::expired("too old") };
        assert_eq!(
            String::from_utf8_lossy(&json::to_vec(&status_document(&status))),
            r#"{"kind":"Status","apiVersion":"v1","metadata":{"continue":"abc"},"status":"Failure","message":"too old","reason":"Expired","code":410}"#
        );
    }
}
