//! The read side of Corten's own registry (OCI distribution-spec, "Pull"): serves a store's images.

use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::body::Frame;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;

use super::digest::Digest;
use super::manifest::MANIFEST_TYPES;
use super::store::ImageStore;

/// Bytes of one piece of a blob.
const PIECE_BYTES: usize = 256 * 1024;

/// Pieces that wait for a slow client.
const PIECES_MAX: usize = 4;

/// Clients at one time; further ones wait.
const CONNECTIONS_MAX: usize = 256;

/// Pause after a connection could not be accepted, such as for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Body of an answer.
pub type Body = BoxBody<Bytes, std::io::Error>;

/// Answers pulls from a store.
pub struct RegistryServer {
    store: Arc<ImageStore>,
    /// `user:password` that clients must give; none when empty.
    basic_auth: String,
}

impl RegistryServer {
    /// Serves `store`; with a non-empty `basic_auth` (`user:password`) only to those who give it.
    pub fn new(store: Arc<ImageStore>, basic_auth: &str) -> Self {
        RegistryServer { store, basic_auth: basic_auth.to_owned() }
    }

    /// Answers plain HTTP on `listener` until dropped.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) {
        let free = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let permit = Arc::clone(&free).acquire_owned().await;
            let socket = match listener.accept().await {
                Ok((socket, _)) => socket,
                Err(error) => {
                    tracing::warn!(%error, "accept a client of the registry");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let server = Arc::clone(&self);
            tokio::spawn(async move {
                let _permit = permit;
                let service = hyper::service::service_fn(move |request| {
                    let server = Arc::clone(&server);
                    async move { Ok::<_, std::convert::Infallible>(server.answer(request).await) }
                });
                let connection = hyper::server::conn::http1::Builder::new();
                if let Err(error) = connection.serve_connection(TokioIo::new(socket), service).await {
                    tracing::debug!(%error, "serve a client of the registry");
                }
            });
        }
    }

    /// Answers one request.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<Body> {
        if !self.is_authorized(&request) {
            let mut response = refuse(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "authentication required");
            let challenge = header::HeaderValue::from_static("Basic realm=\"corten\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            return response;
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return refuse(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "this registry is read-only");
        }
        let Some(path) = request.uri().path().strip_prefix("/v2/") else {
            return refuse(StatusCode::NOT_FOUND, "NAME_UNKNOWN", "unknown path");
        };
        let is_head = request.method() == Method::HEAD;
        let range = request.headers().get(header::RANGE).and_then(|value| value.to_str().ok()).and_then(range_start);
        if path.is_empty() {
            return document(Bytes::from_static(b"{}"), "application/json", None);
        }
        let pieces: Vec<&str> = path.rsplitn(3, '/').collect();
        match pieces[..] {
            [reference, "manifests", repository] => self.manifest(repository, reference),
            [digest, "blobs", _] => self.blob(digest, range.unwrap_or(0), is_head),
            ["list", "tags", repository] => self.tags(repository),
            _ => refuse(StatusCode::NOT_FOUND, "NAME_UNKNOWN", "unknown path"),
        }
    }

    fn is_authorized<B>(&self, request: &Request<B>) -> bool {
        let wanted = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(&self.basic_auth));
        let given = request.headers().get(header::AUTHORIZATION);
        self.basic_auth.is_empty() || given.is_some_and(|given| given.as_bytes() == wanted.as_bytes())
    }

    fn manifest(&self, repository: &str, reference: &str) -> Response<Body> {
        let suffix = format!("/{repository}");
        let matches = |name: &str, separator: char| {
            let parts = name.rsplit_once(separator);
            parts.is_some_and(|(name, last)| last == reference && name.ends_with(&suffix))
        };
        let found = self.store.list().into_iter().find(|record| match Digest::parse(reference) {
            Some(digest) => record.manifest == digest,
            None => record.tags.iter().any(|tag| matches(tag, ':')),
        });
        let bytes = found.as_ref().and_then(|record| self.store.read_document(&record.manifest).ok());
        match (found, bytes) {
            (Some(record), Some(bytes)) => document(bytes.into(), MANIFEST_TYPES[0], Some(&record.manifest)),
            _ => refuse(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", "manifest unknown"),
        }
    }

    fn blob(&self, digest: &str, start: u64, is_head: bool) -> Response<Body> {
        let unknown = || refuse(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", "blob unknown to registry");
        let Some(digest) = Digest::parse(digest) else { return unknown() };
        let Ok(mut file) = self.store.open_blob(&digest) else { return unknown() };
        let length = file.metadata().map(|metadata| metadata.len()).unwrap_or(0);
        if start > length || file.seek(SeekFrom::Start(start)).is_err() {
            return refuse(StatusCode::RANGE_NOT_SATISFIABLE, "SIZE_INVALID", "range is behind the end");
        }
        let mut response = Response::new(if is_head { empty() } else { stream(file) });
        if start > 0 {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            set(&mut response, header::CONTENT_RANGE, &format!("bytes {start}-{}/{length}", length.saturating_sub(1)));
        }
        set(&mut response, header::CONTENT_LENGTH, &(length - start).to_string());
        set(&mut response, header::CONTENT_TYPE, "application/octet-stream");
        set(&mut response, header::HeaderName::from_static("docker-content-digest"), &digest.to_string());
        response
    }

    fn tags(&self, repository: &str) -> Response<Body> {
        let suffix = format!("/{repository}");
        let records = self.store.list();
        let all = records.iter().flat_map(|record| &record.tags).filter_map(|tag| tag.rsplit_once(':'));
        let tags: Vec<&str> = all.filter(|(name, _)| name.ends_with(&suffix)).map(|(_, tag)| tag).collect();
        let body = serde_json::json!({ "name": repository, "tags": tags });
        document(body.to_string().into(), "application/json", None)
    }
}

fn range_start(text: &str) -> Option<u64> {
    text.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
}

fn stream(mut file: std::fs::File) -> Body {
    let (sender, receiver) = mpsc::channel(PIECES_MAX);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut piece = vec![0; PIECE_BYTES];
            let read = file.read(&mut piece);
            let frame = match read {
                Ok(0) => return,
                Ok(length) => {
                    piece.truncate(length);
                    Ok(Frame::data(Bytes::from(piece)))
                }
                Err(error) => Err(error),
            };
            if sender.blocking_send(frame).is_err() {
                return;
            }
        }
    });
    BodyExt::boxed(StreamBody::new(ReceiverStream::new(receiver)))
}

fn empty() -> Body {
    full(Bytes::new())
}

fn full(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

fn document(bytes: Bytes, media_type: &str, digest: Option<&Digest>) -> Response<Body> {
    let mut response = Response::new(full(bytes));
    set(&mut response, header::CONTENT_TYPE, media_type);
    if let Some(digest) = digest {
        set(&mut response, header::HeaderName::from_static("docker-content-digest"), &digest.to_string());
    }
    response
}

fn refuse(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let body = serde_json::json!({ "errors": [{ "code": code, "message": message }] });
    let mut response = document(body.to_string().into(), "application/json", None);
    *response.status_mut() = status;
    response
}

fn set(response: &mut Response<Body>, name: header::HeaderName, value: &str) {
    if let Ok(value) = header::HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
