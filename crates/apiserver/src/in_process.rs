//! The transport inside the process: the whole path of a request but sockets and authentication.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use client::transport::{Request, Response, ResponseBody, Transport, TransportError};
use futures_util::StreamExt;
use registry::request::UserInfo;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::pipeline::Arrival;
use crate::reply::ReplyBody;
use crate::server::Server;
use crate::watch_body::WatchBody;

/// Pieces of a stream that wait for the reader.
const CHUNKS_MAX: usize = 16;

/// Calls the server as one user.
pub(crate) struct InProcess {
    server: Arc<Server>,
    user: Arc<UserInfo>,
}

impl InProcess {
    /// As `user`.
    pub fn new(server: Arc<Server>, user: UserInfo) -> InProcess {
        InProcess { server, user: Arc::new(user) }
    }
}

#[async_trait]
impl Transport for InProcess {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let reply = self.server.respond(Arrival::from_process(request, Arc::clone(&self.user))).await;
        let body = match reply.body {
            ReplyBody::Full(bytes) => ResponseBody::Full(bytes),
            ReplyBody::Pieces(pieces) => ResponseBody::Full(concatenate(pieces)),
            ReplyBody::Stream(stream) => {
                let failed = |error: streaming::serve::BodyError| TransportError {
                    attempt: "read the body of an answer".into(),
                    cause: error.to_string(),
                };
                ResponseBody::Chunks(pump(stream.map(move |piece| piece.map_err(failed))))
            }
            ReplyBody::Watch(watch) if watch.is_plain() => ResponseBody::Watch(frames(*watch)),
            ReplyBody::Watch(watch) => {
                let failed = |error: streaming::serve::BodyError| TransportError {
                    attempt: "watch".into(),
                    cause: error.to_string(),
                };
                ResponseBody::Chunks(pump(Box::pin(watch.into_stream().map(move |piece| piece.map_err(failed)))))
            }
        };
        Ok(Response { status: reply.status, headers: reply.headers, body })
    }
}

fn concatenate(pieces: crate::reply::Pieces) -> Bytes {
    let mut all = Vec::new();
    pieces.for_each(|piece| all.extend_from_slice(&piece));
    all.into()
}

fn pump<S>(mut stream: S) -> mpsc::Receiver<Result<Bytes, TransportError>>
where
    S: futures_util::Stream<Item = Result<Bytes, TransportError>> + Send + Unpin + 'static,
{
    let (sender, receiver) = mpsc::channel(CHUNKS_MAX);
    tokio::spawn(async move {
        while let Some(piece) = stream.next().await {
            if sender.send(piece).await.is_err() {
                return;
            }
        }
    });
    receiver
}

/// The registry's own frames; a task stands between only when the caller asked for an end.
fn frames(mut watch: WatchBody) -> mpsc::Receiver<apimachinery::watch::WatchFrame> {
    if !watch.is_timeout_asked {
        return watch.frames;
    }
    let (sender, receiver) = mpsc::channel(CHUNKS_MAX);
    let deadline = Instant::now() + watch.timeout;
    tokio::spawn(async move {
        while let Ok(Some(frame)) = timeout_at(deadline, watch.frames.recv()).await {
            if sender.send(frame).await.is_err() {
                return;
            }
        }
    });
    receiver
}
