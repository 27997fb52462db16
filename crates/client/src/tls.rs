//! The transport over a socket: TLS, HTTP/2 (one connection) or HTTP/1.1 (kept alive).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use parking_lot::Mutex;
use rustls::ClientConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::BODY_BYTES_MAX;
use crate::transport::{Request, Response, ResponseBody, Transport, TransportError};

/// How long connecting and the TLS handshake may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// An idle HTTP/2 connection is asked for a sign of life this often, as client-go does.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// How long the sign of life may take.
const PING_TIMEOUT: Duration = Duration::from_secs(15);
/// Idle HTTP/1.1 connections that are kept.
const IDLE_CONNECTIONS_MAX: usize = 8;
/// Pieces of a streamed answer that wait for the reader.
const PIECES_QUEUED_MAX: usize = 16;

/// Where the server is and who asks.
#[derive(Clone, Default)]
pub struct TlsOptions {
    /// `https://host:port`. The host is an address, `localhost` or a name in the hosts file.
    pub server: String,
    /// Certificates (PEM) that may sign the server's.
    pub ca_pem: Vec<u8>,
    /// Name that the server's certificate must have, if not the host.
    pub server_name: Option<String>,
    /// Client certificate chain and key (PEM).
    pub client_pem: Option<(Vec<u8>, Vec<u8>)>,
    /// Bearer token.
    pub token: Option<String>,
}

/// A [`Transport`] over TLS.
pub struct TlsTransport {
    host: String,
    port: u16,
    name: ServerName<'static>,
    connector: TlsConnector,
    authorization: Option<HeaderValue>,
    pool: Mutex<Pool>,
}

#[derive(Default)]
struct Pool {
    multiplexed: Option<http2::SendRequest<Full<Bytes>>>,
    idle: Vec<http1::SendRequest<Full<Bytes>>>,
}

enum Connection {
    Http2(http2::SendRequest<Full<Bytes>>),
    Http1(http1::SendRequest<Full<Bytes>>),
}

fn failed(attempt: impl Into<String>, cause: impl std::fmt::Display) -> TransportError {
    TransportError { attempt: attempt.into(), cause: cause.to_string() }
}

impl TlsTransport {
    /// Reads the options; connects at the first request.
    pub fn new(options: &TlsOptions) -> Result<Self, TransportError> {
        let (host, port) = split_server(&options.server)?;
        let name = options.server_name.clone().unwrap_or_else(|| host.clone());
        let name = ServerName::try_from(name).map_err(|error| failed("read server name", error))?;
        let authorization = match &options.token {
            None => None,
            Some(token) => Some(bearer(token)?),
        };
        Ok(TlsTransport {
            host,
            port,
            name,
            connector: TlsConnector::from(Arc::new(tls_config(options)?)),
            authorization,
            pool: Mutex::default(),
        })
    }

    async fn connection(&self) -> Result<Connection, TransportError> {
        if let Some(pooled) = self.pooled() {
            return Ok(pooled);
        }
        let attempt = format!("connect to {}:{}", self.host, self.port);
        let stream = tokio::time::timeout(CONNECT_TIMEOUT, self.connect())
            .await
            .map_err(|_| failed(attempt.as_str(), "timed out"))?
            .map_err(|cause| failed(attempt.as_str(), cause))?;
        self.handshake(stream).await.map_err(|cause| failed(attempt, cause))
    }

    fn pooled(&self) -> Option<Connection> {
        let mut pool = self.pool.lock();
        if let Some(connection) = pool.multiplexed.as_ref().filter(|it| !it.is_closed()) {
            return Some(Connection::Http2(connection.clone()));
        }
        pool.idle.retain(|connection| connection.is_ready());
        pool.idle.pop().map(Connection::Http1)
    }

    async fn connect(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let address = resolve(&self.host)?;
        let socket = TcpStream::connect(SocketAddr::new(address, self.port)).await?;
        socket.set_nodelay(true)?;
        self.connector.connect(self.name.clone(), socket).await
    }

    async fn handshake(&self, stream: TlsStream<TcpStream>) -> hyper::Result<Connection> {
        let speaks_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let stream = TokioIo::new(stream);
        if speaks_http2 {
            let (sender, connection) = http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .keep_alive_interval(PING_INTERVAL)
                .keep_alive_timeout(PING_TIMEOUT)
                .handshake(stream)
                .await?;
            tokio::spawn(connection);
            self.pool.lock().multiplexed = Some(sender.clone());
            return Ok(Connection::Http2(sender));
        }
        let (sender, connection) = http1::handshake(stream).await?;
        tokio::spawn(connection);
        Ok(Connection::Http1(sender))
    }

    /// The request as it goes over the wire of this connection.
    fn prepare(&self, request: Request, connection: &Connection) -> Result<http::Request<Full<Bytes>>, TransportError> {
        let authority = format!("{}:{}", bracketed(&self.host), self.port);
        let (mut parts, body) = request.into_parts();
        if let Some(authorization) = &self.authorization {
            parts.headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        match connection {
            Connection::Http1(_) => {
                let host = HeaderValue::from_str(&authority);
                parts.headers.insert(header::HOST, host.map_err(|error| failed("name host", error))?);
            }
            Connection::Http2(_) => {
                let uri = format!("https://{authority}{}", parts.uri);
                parts.uri = uri.parse().map_err(|error| failed(format!("read {uri}"), error))?;
            }
        }
        Ok(http::Request::from_parts(parts, Full::new(body)))
    }
}

#[async_trait]
impl Transport for TlsTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let attempt = format!("{} {}", request.method(), request.uri());
        let is_stream = is_streaming(request.uri().query().unwrap_or(""));
        let connection = self.connection().await?;
        let request = self.prepare(request, &connection)?;
        let error = |cause: hyper::Error| failed(attempt.as_str(), cause);
        let (answer, kept) = match connection {
            Connection::Http2(mut sender) => (sender.send_request(request).await.map_err(error)?, None),
            Connection::Http1(mut sender) => (sender.send_request(request).await.map_err(error)?, Some(sender)),
        };
        let (parts, body) = answer.into_parts();
        let body = match is_stream && parts.status.is_success() {
            true => stream_body(attempt, body, kept),
            false => {
                let whole = collect(&attempt, body).await?;
                self.keep(kept);
                ResponseBody::Full(whole)
            }
        };
        Ok(Response { status: parts.status, headers: parts.headers, body })
    }
}

impl TlsTransport {
    fn keep(&self, connection: Option<http1::SendRequest<Full<Bytes>>>) {
        let mut pool = self.pool.lock();
        if let Some(connection) = connection
            && pool.idle.len() < IDLE_CONNECTIONS_MAX
        {
            pool.idle.push(connection);
        }
    }
}

/// Watches and followed logs come in pieces, everything else is read whole.
fn is_streaming(query: &str) -> bool {
    query.split('&').any(|part| matches!(part, "watch" | "watch=true" | "watch=1" | "follow=true" | "follow=1"))
}

async fn collect(attempt: &str, mut body: Incoming) -> Result<Bytes, TransportError> {
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|cause| failed(attempt, cause))?;
        if let Ok(piece) = frame.into_data() {
            if whole.len() + piece.len() > BODY_BYTES_MAX {
                return Err(failed(attempt, format!("answer is longer than {BODY_BYTES_MAX} bytes")));
            }
            whole.extend_from_slice(&piece);
        }
    }
    Ok(Bytes::from(whole))
}

/// Passes pieces on until either side ends; the connection lives as long.
fn stream_body(attempt: String, mut body: Incoming, kept: Option<http1::SendRequest<Full<Bytes>>>) -> ResponseBody {
    let (sender, receiver) = mpsc::channel(PIECES_QUEUED_MAX);
    tokio::spawn(async move {
        let _kept = kept;
        loop {
            let frame = tokio::select! {
                frame = body.frame() => frame,
                () = sender.closed() => return,
            };
            let piece = match frame {
                None => return,
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(piece) => Ok(piece),
                    Err(_trailers) => continue,
                },
                Some(Err(cause)) => Err(failed(attempt.as_str(), cause)),
            };
            let is_last = piece.is_err();
            if sender.send(piece).await.is_err() || is_last {
                return;
            }
        }
    });
    ResponseBody::Chunks(receiver)
}

fn bearer(token: &str) -> Result<HeaderValue, TransportError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|error| failed("use token", error))?;
    value.set_sensitive(true);
    Ok(value)
}

fn tls_config(options: &TlsOptions) -> Result<ClientConfig, TransportError> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&options.ca_pem) {
        let certificate = certificate.map_err(|error| failed("read CA certificates", error))?;
        roots.add(certificate).map_err(|error| failed("use CA certificate", error))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed("configure TLS", error))?
        .with_root_certificates(roots);
    let mut config = match &options.client_pem {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = CertificateDer::pem_slice_iter(certificate)
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| failed("read client certificate", error))?;
            let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| failed("read client key", error))?;
            builder.with_client_auth_cert(chain, key).map_err(|error| failed("use client certificate", error))?
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Host and port of `https://host[:port][/]`.
fn split_server(server: &str) -> Result<(String, u16), TransportError> {
    let uri: http::Uri = server.parse().map_err(|error| failed(format!("read {server}"), error))?;
    if uri.scheme_str() != Some("https") {
        return Err(failed(format!("read {server}"), "the server must start with https://"));
    }
    let host = uri.host().ok_or_else(|| failed(format!("read {server}"), "no host"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok((host.to_owned(), uri.port_u16().unwrap_or(443)))
}

fn bracketed(host: &str) -> String {
    match host.contains(':') {
        true => format!("[{host}]"),
        false => host.to_owned(),
    }
}

/// Without the system's resolver, which a static executable cannot have.
fn resolve(host: &str) -> std::io::Result<IpAddr> {
    if let Ok(address) = host.parse() {
        return Ok(address);
    }
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    match find_host(&hosts, host) {
        Some(address) => Ok(address),
        None if host == "localhost" => Ok(IpAddr::from([127, 0, 0, 1])),
        None => Err(std::io::Error::new(
            std::io::ErrorKind::NotFound,
            format!("{host} is neither an address nor a name in the hosts file"),
        )),
    }
}

fn find_host(hosts: &str, name: &str) -> Option<IpAddr> {
    hosts.lines().find_map(|line| {
        let mut words = line.split('#').next()?.split_whitespace();
        let address = words.next()?.parse().ok()?;
        words.any(|word| word == name).then_some(address)
    })
}

#[cfg(test)]
mod tests;
