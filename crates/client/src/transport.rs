//! How a request reaches an API server: over TLS, or by a direct call inside one process.

pub use apimachinery::watch::{WatchEventType, WatchFrame};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tokio::sync::mpsc;

/// One request; `uri` holds path and query only.
pub type Request = http::Request<Bytes>;

/// An answer.
pub struct Response {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: ResponseBody,
}

/// The body of an answer.
pub enum ResponseBody {
    /// All of it.
    Full(Bytes),
    /// Pieces as they come (logs; a watch over a socket: one JSON frame may span pieces). Ends with `None`.
    Chunks(mpsc::Receiver<Result<Bytes, TransportError>>),
    /// A watch inside one process: typed frames that share the cache's bytes.
    Watch(mpsc::Receiver<WatchFrame>),
}

/// The request did not get an answer; a retry may help.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{attempt}: {cause}")]
pub struct TransportError {
    /// What was attempted.
    pub attempt: String,
    /// What went wrong.
    pub cause: String,
}

/// Carries requests to an API server under one identity.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends `request` and returns the answer, whatever its status.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;
}
