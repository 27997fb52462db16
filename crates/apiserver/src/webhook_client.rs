//! Requests to webhooks: JSON by POST over TLS, to a URL or a Service, on connections that are used again.
//!
//! Errors are texts as Go's HTTP client words them, since clients see and match them.

mod service;
mod trust;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use apimachinery::field_error::quoted;
use apimachinery::status::Status;
use apimachinery::value::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use registry::resource::Registry;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use streaming::names::resolve;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::identifiers::random_below;
use crate::kubelet_client::go_text;
use service::{Location, ServicePort};

/// Bytes of a webhook's answer; a longer one is refused.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Open connections to one webhook that are kept for its next requests.
const IDLE_CONNECTIONS_MAX: usize = 16;

/// A connection that was idle for longer is not used again; Go's default.
const IDLE_TIME_MAX: Duration = Duration::from_secs(90);

/// Port where the configuration names none.
const DEFAULT_PORT: u16 = 443;

/// One webhook's server.
pub(crate) struct WebhookClient {
    /// `https://host:port/path`, as errors show it.
    url: String,
    authority: String,
    path: String,
    place: Place,
    server_name: ServerName<'static>,
    tls: Arc<ClientConfig>,
    registry: Weak<Registry>,
    idle: Mutex<Vec<Idle>>,
}

enum Place {
    Address(SocketAddr),
    Name(String, u16),
    Service(ServicePort),
}

struct Idle {
    sender: SendRequest<Full<Bytes>>,
    address: SocketAddr,
    since: Instant,
}

/// Why a request got no answer.
enum Trouble {
    /// The server had closed the connection before: another one may do.
    Stale,
    /// Go's text.
    Failed(String),
}

impl WebhookClient {
    /// From a `clientConfig`; errors are upstream's texts.
    pub fn new(config: &Value, registry: Weak<Registry>) -> Result<WebhookClient, String> {
        let bundle = STANDARD.decode(config.str_at(&["caBundle"])).map_err(|error| error.to_string())?;
        let bundle: &[u8] = if bundle.trim_ascii().is_empty() { &[] } else { &bundle };
        let tls = trust::tls_config(bundle)?;
        let (place, host, authority, path) = match config.field("service") {
            Value::Null => of_url(config.str_at(&["url"]))?,
            service => of_service(service),
        };
        let server_name = ServerName::try_from(host.clone()).map_err(|_| format!("invalid host {}", quoted(&host)))?;
        let path = clean(&path);
        let url = format!("https://{authority}{path}");
        Ok(WebhookClient { url, authority, path, place, server_name, tls, registry, idle: Mutex::default() })
    }

    /// Sends `body` and gives the body of a successful answer. `timed_out` is how an answer that does not come in
    /// time is told.
    pub async fn post(&self, body: Bytes, timeout: Duration, timed_out: &str) -> Result<Bytes, String> {
        let query = format!("?timeout={}s", timeout.as_secs());
        let fail = |cause: &str| format!("Post {}: {cause}", quoted(&format!("{}{query}", self.url)));
        let uri = format!("{}{query}", self.path);
        match tokio::time::timeout(timeout, self.exchange(&uri, body)).await {
            Err(_) => Err(fail(timed_out)),
            Ok(Err(cause)) => Err(fail(&cause)),
            Ok(Ok((status, bytes))) if status.is_success() => Ok(bytes),
            Ok(Ok((status, bytes))) => Err(Status::from_body(status.as_u16(), &bytes).message),
        }
    }

    async fn exchange(&self, uri: &str, body: Bytes) -> Result<(StatusCode, Bytes), String> {
        let addresses = self.addresses().await?;
        while let Some((mut sender, address)) = self.take_idle(&addresses) {
            match self.send(&mut sender, uri, body.clone()).await {
                Ok(answer) => {
                    self.keep(sender, address);
                    return Ok(answer);
                }
                Err(Trouble::Stale) => {}
                Err(Trouble::Failed(cause)) => return Err(cause),
            }
        }
        let (mut sender, address) = self.connect_any(&addresses).await?;
        match self.send(&mut sender, uri, body).await {
            Ok(answer) => {
                self.keep(sender, address);
                Ok(answer)
            }
            Err(Trouble::Stale) => Err("EOF".to_owned()),
            Err(Trouble::Failed(cause)) => Err(cause),
        }
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, String> {
        match &self.place {
            Place::Address(address) => Ok(vec![*address]),
            Place::Name(name, port) => addresses_of(name, *port).await,
            Place::Service(service) => {
                let registry = self.registry.upgrade().ok_or("the server is stopping")?;
                match service.location(&registry)? {
                    Location::Addresses(addresses) => Ok(addresses),
                    Location::Name(name, port) => addresses_of(&name, port).await,
                }
            }
        }
    }

    /// Connects to one of the addresses, beginning anywhere: the next one is tried where nobody listens.
    async fn connect_any(&self, addresses: &[SocketAddr]) -> Result<(SendRequest<Full<Bytes>>, SocketAddr), String> {
        let start = random_below(addresses.len());
        let mut last = "no addresses".to_owned();
        for at in 0..addresses.len() {
            let address = addresses[(start + at) % addresses.len()];
            match self.connect(address).await {
                Ok(sender) => return Ok((sender, address)),
                Err(cause) => last = cause,
            }
        }
        Err(last)
    }

    async fn connect(&self, address: SocketAddr) -> Result<SendRequest<Full<Bytes>>, String> {
        let dialled = TcpStream::connect(address).await;
        let socket = dialled.map_err(|error| format!("dial tcp {address}: {}", go_text(&error)))?;
        socket.set_nodelay(true).map_err(|error| error.to_string())?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        let stream = connector.connect(self.server_name.clone(), socket).await;
        let stream = stream.map_err(|error| self.handshake_text(&error))?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a webhook's connection ended");
            }
        });
        Ok(sender)
    }

    fn handshake_text(&self, error: &io::Error) -> String {
        let of_tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match of_tls {
            Some(error) => trust::go_text(error, &self.server_name.to_str()),
            None if error.kind() == io::ErrorKind::UnexpectedEof => "EOF".to_owned(),
            None => go_text(error),
        }
    }

    async fn send(
        &self,
        sender: &mut SendRequest<Full<Bytes>>,
        uri: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), Trouble> {
        sender.ready().await.map_err(|_| Trouble::Stale)?;
        let request = Request::post(uri)
            .header(HOST, &self.authority)
            .header(ACCEPT, "application/json, */*")
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, "kube-apiserver-admission")
            .body(Full::new(body));
        let request = request.map_err(|error| Trouble::Failed(error.to_string()))?;
        let response = sender.send_request(request).await.map_err(|error| {
            match error.is_canceled() || error.is_incomplete_message() || error.is_closed() {
                true => Trouble::Stale,
                false => Trouble::Failed(error.to_string()),
            }
        })?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body =
            body.map_err(|error| Trouble::Failed(format!("unexpected error when reading response body: {error}")))?;
        Ok((status, body.to_bytes()))
    }

    /// A connection to one of the addresses that is open and not too old.
    fn take_idle(&self, addresses: &[SocketAddr]) -> Option<(SendRequest<Full<Bytes>>, SocketAddr)> {
        let mut idle = self.idle.lock();
        idle.retain(|it| !it.sender.is_closed() && it.since.elapsed() < IDLE_TIME_MAX);
        let at = idle.iter().rposition(|it| addresses.contains(&it.address))?;
        let it = idle.remove(at);
        Some((it.sender, it.address))
    }

    fn keep(&self, sender: SendRequest<Full<Bytes>>, address: SocketAddr) {
        let mut idle = self.idle.lock();
        if idle.len() >= IDLE_CONNECTIONS_MAX {
            idle.remove(0);
        }
        idle.push(Idle { sender, address, since: Instant::now() });
    }
}

async fn addresses_of(name: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    let found = resolve(name).await.map_err(|cause| format!("dial tcp: {cause}"))?;
    Ok(found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
}

/// Place, host, `host:port` and path of a URL.
fn of_url(url: &str) -> Result<(Place, String, String, String), String> {
    if url.is_empty() {
        return Err("webhook configuration must have either service or URL".to_owned());
    }
    let unparsable = |cause: &dyn std::fmt::Display| format!("Unparsable URL: {cause}");
    let uri: http::Uri = url.parse().map_err(|error| unparsable(&error))?;
    let authority = uri.authority().ok_or_else(|| unparsable(&"no host"))?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = authority.port_u16().unwrap_or(DEFAULT_PORT);
    let place = match host.parse::<IpAddr>() {
        Ok(ip) => Place::Address(SocketAddr::new(ip, port)),
        Err(_) => Place::Name(host.clone(), port),
    };
    Ok((place, host, authority.to_string(), uri.path().to_owned()))
}

fn of_service(service: &Value) -> (Place, String, String, String) {
    let port = service.i64_at(&["port"]).and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0);
    let service_port = ServicePort {
        namespace: service.str_at(&["namespace"]).to_owned(),
        name: service.str_at(&["name"]).to_owned(),
        port: port.unwrap_or(DEFAULT_PORT),
    };
    let host = service_port.host();
    let authority = format!("{host}:{}", service_port.port);
    (Place::Service(service_port), host, authority, service.str_at(&["path"]).to_owned())
}

/// A path in its shortest form, as Go joins them.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use apimachinery::tree;

    fn url(config: Value) -> Result<String, String> {
        WebhookClient::new(&config, Weak::new()).map(|client| format!("{} {}", client.url, client.server_name.to_str()))
    }

    #[test]
    fn a_service_is_known_by_its_name_in_the_cluster() {
        let config = tree!({"service": {"namespace": "n", "name": "s", "path": "/a//b/", "port": 8443}});
        assert_eq!(url(config).as_deref(), Ok("https://s.n.svc:8443/a/b s.n.svc"));
        let config = tree!({"service": {"namespace": "n", "name": "s"}});
        assert_eq!(url(config).as_deref(), Ok("https://s.n.svc:443/ s.n.svc"));
    }

    #[test]
    fn a_url_is_taken_as_it_is() {
        assert_eq!(url(tree!({"url": "https://a.test/x"})).as_deref(), Ok("https://a.test/x a.test"));
        assert_eq!(url(tree!({"url": "https://[::1]:7/x"})).as_deref(), Ok("https://[::1]:7/x ::1"));
        let none = "webhook configuration must have either service or URL";
        assert_eq!(url(tree!({})), Err(none.to_owned()));
    }

    #[test]
    fn a_bundle_that_holds_no_certificate_is_refused() {
        let refused = url(tree!({"url": "https://a.test/x", "caBundle": "bm90aGluZw=="})).expect_err("no PEM");
        assert_eq!(refused, "unable to load root certificates: unable to parse bytes as PEM block");
    }

    #[tokio::test]
    async fn trouble_is_told_in_gos_words() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bind");
        let address = listener.local_addr().expect("address");
        drop(listener);
        let config = tree!({"url": (format!("https://{address}/x"))});
        let client = WebhookClient::new(&config, Weak::new()).expect("good");
        let error = client.post(Bytes::new(), Duration::from_secs(2), "late").await.expect_err("nobody listens");
        let expected =
            format!("Post \"https://{address}/x?timeout=2s\": dial tcp {address}: connect: connection refused");
        assert_eq!(error, expected);
    }
}
