//! Requests to kubelets, and to what else is proxied to: over TLS or plain, each on a connection of its own.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use apimachinery::status::Status;
use apimachinery::value::Value;
use arc_swap::ArcSwap;
use http::header::HOST;
use http::{HeaderValue, Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use streaming::remote_command::Duplex;
use streaming::serve::Body;
use streaming::tls::{TlsError, client_config, unverified_client_config};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::config::KubeletClientConfig;

/// Time to connect to a backend, handshake included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Port of kubelets that report none.
const DEFAULT_PORT: u16 = 10_250;

/// How backends are reached.
pub(crate) struct Backends {
    kubelets: Option<KubeletBackends>,
    /// For Pods and Services, whose certificates nobody vouches for.
    unverified: Arc<ClientConfig>,
}

/// How kubelets are reached.
pub(crate) struct KubeletBackends {
    current: ArcSwap<KubeletTls>,
}

struct KubeletTls {
    verified: Arc<ClientConfig>,
    unverified: Arc<ClientConfig>,
}

impl KubeletTls {
    fn of(config: &KubeletClientConfig) -> Result<KubeletTls, TlsError> {
        let identity = Some((config.certificate_pem.as_slice(), config.key_pem.as_slice()));
        Ok(KubeletTls {
            verified: client_config(&config.ca_pem, identity, &[b"http/1.1"])?,
            unverified: unverified_client_config(identity)?,
        })
    }
}

/// One server to send requests to.
#[derive(Clone)]
pub(crate) struct Backend {
    address: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
    /// The name that its certificate must have, where that is not its address.
    name: Option<ServerName<'static>>,
}

impl Backends {
    /// With a client certificate and the CA of the kubelets, if there is one.
    pub fn new(kubelets: Option<&KubeletClientConfig>) -> Result<Backends, TlsError> {
        let kubelets = kubelets
            .map(|config| KubeletTls::of(config).map(|tls| KubeletBackends { current: ArcSwap::from_pointee(tls) }));
        Ok(Backends { kubelets: kubelets.transpose()?, unverified: unverified_client_config(None)? })
    }

    /// Uses another certificate for new connections to kubelets; on error the old one stays.
    pub fn renew(&self, config: &KubeletClientConfig) -> Result<(), TlsError> {
        if let Some(kubelets) = &self.kubelets {
            kubelets.current.store(Arc::new(KubeletTls::of(config)?));
        }
        Ok(())
    }

    /// Kubelets, if they can be reached.
    pub fn kubelets(&self) -> Option<&KubeletBackends> {
        self.kubelets.as_ref()
    }

    /// A kubelet whose certificate is not looked at.
    pub fn unverified(&self, kubelet: Backend) -> Backend {
        match &self.kubelets {
            Some(kubelets) => Backend { tls: Some(Arc::clone(&kubelets.current.load().unverified)), ..kubelet },
            None => kubelet,
        }
    }

    /// A Pod's or Service's port.
    pub fn to(&self, is_tls: bool, address: SocketAddr) -> Backend {
        Backend { address, tls: is_tls.then(|| Arc::clone(&self.unverified)), name: None }
    }
}

impl KubeletBackends {
    /// The kubelet at an address.
    pub fn at(&self, address: SocketAddr) -> Backend {
        Backend { address, tls: Some(Arc::clone(&self.current.load().verified)), name: None }
    }
}

impl Backend {
    /// A server that is known by a name.
    pub fn secured(address: SocketAddr, tls: Arc<ClientConfig>, name: ServerName<'static>) -> Backend {
        Backend { address, tls: Some(tls), name: Some(name) }
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends `request` (path and query only); the answer's body and upgrade live as long as needed. The error is Go's
    /// text.
    pub async fn send(&self, mut request: Request<Body>) -> Result<Response<Incoming>, String> {
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, self.connect()).await;
        let stream = match connected {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(format!("dial tcp {}: {}", self.address, go_text(&error))),
            Err(_) => return Err(format!("dial tcp {}: i/o timeout", self.address)),
        };
        let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream));
        let (mut sender, connection) = handshake.await.map_err(|error| error.to_string())?;
        tokio::spawn(connection.with_upgrades());
        if !request.headers().contains_key(HOST) {
            let host = HeaderValue::from_str(&self.address.to_string()).map_err(|error| error.to_string())?;
            request.headers_mut().insert(HOST, host);
        }
        sender.send_request(request).await.map_err(|error| match error.is_incomplete_message() {
            true => "EOF".to_owned(),
            false => error.to_string(),
        })
    }

    async fn connect(&self) -> io::Result<Box<dyn Duplex>> {
        let socket = TcpStream::connect(self.address).await?;
        socket.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok(Box::new(socket)) };
        let name = self.name.clone().unwrap_or_else(|| ServerName::IpAddress(self.address.ip().into()));
        Ok(Box::new(TlsConnector::from(Arc::clone(tls)).connect(name, socket).await?))
    }
}

/// An error as Go words it.
pub(crate) fn go_text(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connect: connection refused".into(),
        io::ErrorKind::HostUnreachable => "connect: no route to host".into(),
        io::ErrorKind::NetworkUnreachable => "connect: network is unreachable".into(),
        io::ErrorKind::ConnectionReset => "read: connection reset by peer".into(),
        io::ErrorKind::TimedOut => "connect: connection timed out".into(),
        _ => error.to_string(),
    }
}

/// Address of a node's kubelet, from its status.
pub(crate) fn kubelet_address(node: &Value) -> Result<SocketAddr, Status> {
    let addresses = node.items_at(&["status", "addresses"]);
    let of_kind = |kind: &str| {
        let mut found = addresses.iter().filter(|it| it.str_at(&["type"]) == kind);
        found.find_map(|it| it.str_at(&["address"]).parse::<IpAddr>().ok())
    };
    let address = ["InternalIP", "ExternalIP", "Hostname"].into_iter().find_map(of_kind);
    let address = address.ok_or_else(|| {
        let preferred = "[InternalIP ExternalIP Hostname]";
        Status::internal(format!("no preferred addresses found; known addresses: {preferred}"))
    })?;
    let port = node.i64_at(&["status", "daemonEndpoints", "kubeletEndpoint", "Port"]).unwrap_or(0);
    let port = u16::try_from(port).ok().filter(|port| *port != 0).unwrap_or(DEFAULT_PORT);
    Ok(SocketAddr::new(address, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use apimachinery::tree;

    #[test]
    fn a_kubelet_is_reached_at_its_internal_address() {
        let node = tree!({"status": {
            "addresses": [{"type": "Hostname", "address": "n1"}, {"type": "ExternalIP", "address": "1.2.3.4"},
                {"type": "InternalIP", "address": "10.0.0.5"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10251}},
        }});
        assert_eq!(kubelet_address(&node).map(|it| it.to_string()), Ok("10.0.0.5:10251".into()));
        assert!(kubelet_address(&tree!({})).is_err());
    }
}
