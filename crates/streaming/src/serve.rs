//! The HTTP serve loop: accept, TLS, HTTP/1.1 and HTTP/2 with limits, drain.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustls::pki_types::CertificateDer;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::tls::{ClientVerifier, ServerTls};

/// Why a body broke off.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// A response body of any kind.
pub type Body = UnsyncBoxBody<Bytes, BodyError>;

/// A body that is all there.
pub fn full_body(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// The answer to come.
pub type Answer = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// Answers the requests of one connection.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request.
    fn handle(&self, request: Request<Incoming>) -> Answer;
}

/// Makes the handler of each new connection: what holds for the whole connection (the client certificate's user)
/// is worked out once here.
pub trait Acceptor: Send + Sync + 'static {
    /// A connection was made and its handshake is done.
    fn accept(&self, connection: Connection) -> Arc<dyn Handler>;
}

/// A new connection.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Who connected.
    pub peer: SocketAddr,
    /// What the peer proved.
    pub client_certificate: ClientCertificate,
}

/// What the peer showed in the handshake.
#[derive(Clone, Debug)]
pub enum ClientCertificate {
    /// Nothing (or a plain connection).
    None,
    /// A chain, leaf first, that the client CA vouches for, with a proven key.
    Trusted(Vec<CertificateDer<'static>>),
    /// A chain with a proven key that the client CA does not vouch for.
    Untrusted {
        /// Leaf first; somebody else may vouch for it.
        chain: Vec<CertificateDer<'static>>,
        /// Why the client CA does not.
        reason: String,
    },
}

/// Limits of a serve loop.
#[derive(Clone, Debug)]
pub struct ServeLimits {
    /// Connections at a time; further ones wait in the kernel's queue. Default 4,096.
    pub connections_max: usize,
    /// Time for a TLS handshake. Default 10 s.
    pub handshake_timeout: Duration,
    /// Bytes of a request's line and headers. Default 256 KiB.
    pub header_bytes_max: usize,
    /// Time for a request's headers, idle time between requests included. Default 90 s.
    pub header_timeout: Duration,
    /// HTTP/2 streams at a time on one connection. Default 250.
    pub streams_max: u32,
    /// Time that open requests get to end after a stop. Default 10 s.
    pub drain_timeout: Duration,
}

impl Default for ServeLimits {
    fn default() -> Self {
        ServeLimits {
            connections_max: 4_096,
            handshake_timeout: Duration::from_secs(10),
            header_bytes_max: 256 * 1024,
            header_timeout: Duration::from_secs(90),
            streams_max: 250,
            drain_timeout: Duration::from_secs(10),
        }
    }
}

/// HTTP/2 receive window per stream and per connection, as upstream's API server has for streams.
const STREAM_WINDOW_BYTES: u32 = 256 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
/// HTTP/2 pings on a quiet connection, so that dead peers are noticed.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// Pause after a failed accept (out of descriptors), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `listener` until `stop` completes, then drains: no new connections, open requests may end within
/// `limits.drain_timeout`, the rest is cut.
pub async fn serve(
    listener: TcpListener,
    tls: Option<ServerTls>,
    acceptor: Arc<dyn Acceptor>,
    limits: ServeLimits,
    stop: impl Future<Output = ()> + Send,
) {
    let shared = Arc::new(Shared { tls, acceptor, http: http_builder(&limits), limits });
    let free = Arc::new(Semaphore::new(shared.limits.connections_max));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        let permit = Arc::clone(&free).acquire_owned();
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = async { (permit.await, listener.accept().await) } => accepted,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            (permit, Ok((socket, peer))) => {
                let (shared, watcher) = (Arc::clone(&shared), graceful.watcher());
                connections.spawn(async move {
                    let _permit = permit;
                    shared.connection(socket, peer, watcher).await;
                });
            }
            (_, Err(error)) => {
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(shared.limits.drain_timeout, graceful.shutdown()).await.is_err() {
        tracing::info!(connections = connections.len(), "drain time is over, connections are cut");
    }
    connections.shutdown().await;
}

fn http_builder(limits: &ServeLimits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(limits.header_bytes_max)
        .half_close(false);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams_max)
        .max_header_list_size(u32::try_from(limits.header_bytes_max).unwrap_or(u32::MAX))
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .keep_alive_interval(PING_INTERVAL);
    builder
}

struct Shared {
    tls: Option<ServerTls>,
    acceptor: Arc<dyn Acceptor>,
    http: auto::Builder<TokioExecutor>,
    limits: ServeLimits,
}

impl Shared {
    async fn connection(&self, socket: TcpStream, peer: SocketAddr, watcher: Watcher) {
        let _ = socket.set_nodelay(true);
        let Some(tls) = &self.tls else {
            let connection = Connection { peer, client_certificate: ClientCertificate::None };
            return self.http(socket, connection, watcher).await;
        };
        let handshake = TlsAcceptor::from(Arc::clone(&tls.config)).accept(socket);
        let stream = match tokio::time::timeout(self.limits.handshake_timeout, handshake).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::debug!(%peer, %error, "TLS handshake error"),
            Err(_) => return tracing::debug!(%peer, "TLS handshake took too long"),
        };
        let client_certificate = judge(tls.clients.as_deref(), stream.get_ref().1.peer_certificates());
        self.http(stream, Connection { peer, client_certificate }, watcher).await;
    }

    async fn http<Io>(&self, io: Io, connection: Connection, watcher: Watcher)
    where
        Io: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let peer = connection.peer;
        let handler = self.acceptor.accept(connection);
        let service = hyper::service::service_fn(move |request| {
            let answer = handler.handle(request);
            async move { Ok::<_, Infallible>(answer.await) }
        });
        let connection = self.http.serve_connection_with_upgrades(TokioIo::new(io), service).into_owned();
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%peer, %error, "connection ended");
        }
    }
}

fn judge(verifier: Option<&ClientVerifier>, chain: Option<&[CertificateDer<'static>]>) -> ClientCertificate {
    let (Some(verifier), Some(chain)) = (verifier, chain) else {
        return ClientCertificate::None;
    };
    match verifier.verify(chain) {
        Ok(()) => ClientCertificate::Trusted(chain.to_vec()),
        Err(error) => ClientCertificate::Untrusted { chain: chain.to_vec(), reason: error.to_string() },
    }
}
