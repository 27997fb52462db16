//! Requests to kubelets, over TLS with the API server's client certificate.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use apimachinery::status::Status;
use apimachinery::value::Value;
use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use streaming::tls::{TlsError, client_config};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::config::KubeletClientConfig;

/// Time to connect to a kubelet, handshake included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Port of kubelets that report none.
const DEFAULT_PORT: u16 = 10_250;

/// Connects to kubelets.
pub(crate) struct KubeletClient {
    tls: Arc<ClientConfig>,
}

impl KubeletClient {
    /// With a client certificate and the CA of the kubelets.
    pub fn new(config: &KubeletClientConfig) -> Result<KubeletClient, TlsError> {
        let identity = (config.certificate_pem.as_slice(), config.key_pem.as_slice());
        let tls = client_config(&config.ca_pem, Some(identity), &[b"http/1.1"])?;
        Ok(KubeletClient { tls })
    }

    /// Sends `request` (path and query only) to a kubelet; the answer's body and upgrade live as long as needed.
    pub async fn send(
        &self,
        kubelet: SocketAddr,
        mut request: Request<Empty<Bytes>>,
    ) -> Result<Response<Incoming>, Status> {
        let failed = |error: String| Status::internal(format!("error dialing backend: {error}"));
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, self.connect(kubelet)).await;
        let stream = match connected {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(failed(format!("dial tcp {kubelet}: {error}"))),
            Err(_) => return Err(failed(format!("dial tcp {kubelet}: i/o timeout"))),
        };
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failed(error.to_string()))?;
        tokio::spawn(connection.with_upgrades());
        let host = HeaderValue::from_str(&kubelet.to_string()).map_err(Status::internal)?;
        request.headers_mut().insert(HOST, host);
        sender.send_request(request).await.map_err(|error| failed(error.to_string()))
    }

    async fn connect(&self, kubelet: SocketAddr) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let socket = TcpStream::connect(kubelet).await?;
        socket.set_nodelay(true)?;
        let name = ServerName::IpAddress(kubelet.ip().into());
        TlsConnector::from(Arc::clone(&self.tls)).connect(name, socket).await
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
