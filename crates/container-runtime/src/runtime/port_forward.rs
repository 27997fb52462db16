//! Reaching a port inside a sandbox's network.
//!
//! The URL takes an upgrade to the protocol `tcp`: the connection then is that port's byte stream. Multiplexing
//! several ports over one client connection is the kubelet's matter.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use container_interfaces::cri::v1::{PortForwardRequest, PortForwardResponse};
use http::header::{CONNECTION, UPGRADE};
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use streaming::serve::{Body, full_body};
use streaming::upgrade;
use tonic::Status;

use super::Inner;
use super::stream_server::{Ticket, refusal};
use crate::sys;

/// Name of the protocol to upgrade to.
const PROTOCOL: &str = "tcp";
/// Time that a connection inside the sandbox gets.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl Inner {
    pub(super) async fn port_forward(&self, request: PortForwardRequest) -> Result<PortForwardResponse, Status> {
        self.sandbox(&request.pod_sandbox_id)?.live_shim()?;
        Ok(PortForwardResponse { url: self.streams.url(Ticket::PortForward(request))? })
    }
}

/// Connects, then accepts the upgrade and moves bytes. The port is the request's only one, or `?port=`.
pub(super) async fn answer(
    inner: &Arc<Inner>,
    ticket: &PortForwardRequest,
    mut request: Request<Incoming>,
) -> Response<Body> {
    let asks_for_tcp = request.headers().get(UPGRADE).is_some_and(|value| value == PROTOCOL);
    if !upgrade::is_upgrade_request(request.headers()) || !asks_for_tcp {
        return refusal(StatusCode::BAD_REQUEST, "unable to upgrade: only the protocol tcp is served here");
    }
    let Some(port) = wanted_port(ticket, request.uri().query().unwrap_or_default()) else {
        return refusal(StatusCode::BAD_REQUEST, "name one of the ports that were asked for");
    };
    let stream = match connect(inner, &ticket.pod_sandbox_id, port).await {
        Ok(stream) => stream,
        Err(error) => return refusal(StatusCode::BAD_GATEWAY, &format!("failed to connect to port {port}: {error}")),
    };
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(client) = upgraded.await else { return };
        let (mut client, mut stream) = (TokioIo::new(client), stream);
        if let Err(error) = tokio::io::copy_bidirectional(&mut client, &mut stream).await {
            tracing::debug!(%error, "a forwarded connection broke");
        }
    });
    let mut response = Response::new(full_body(""));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static(PROTOCOL));
    response
}

fn wanted_port(ticket: &PortForwardRequest, query: &str) -> Option<u16> {
    let named = query.split('&').find_map(|pair| pair.strip_prefix("port=")?.parse::<u16>().ok());
    let allowed: Vec<u16> = ticket.port.iter().filter_map(|port| u16::try_from(*port).ok()).collect();
    match (named, allowed.as_slice()) {
        // A request that named no ports leaves them to the stream.
        (Some(port), []) => Some(port),
        (Some(port), allowed) => allowed.contains(&port).then_some(port),
        (None, [only]) => Some(*only),
        (None, _) => None,
    }
}

async fn connect(inner: &Arc<Inner>, sandbox_id: &str, port: u16) -> io::Result<tokio::net::TcpStream> {
    let sandbox = inner.sandbox(sandbox_id).map_err(|status| io::Error::other(status.message().to_owned()))?;
    let pid = sandbox.shim_pid().ok_or(io::ErrorKind::NotConnected)?;
    let namespace = std::fs::File::open(format!("/proc/{pid}/ns/net"))?;
    if sandbox.shim_pid() != Some(pid) {
        return Err(io::ErrorKind::NotConnected.into());
    }
    let (sender, connected) = tokio::sync::oneshot::channel();
    // A thread of its own: it stays in the Pod's namespace until it ends.
    std::thread::Builder::new().name("corten-portfwd".into()).spawn(move || {
        let outcome = sys::set_namespaces(namespace.as_fd(), sys::NEW_NETWORK).and_then(|()| connect_here(port));
        // The caller may have gone.
        let _ = sender.send(outcome);
    })?;
    let stream = connected.await.map_err(io::Error::other)??;
    stream.set_nonblocking(true)?;
    tokio::net::TcpStream::from_std(stream)
}

fn connect_here(port: u16) -> io::Result<TcpStream> {
    let v4 = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&v4, CONNECT_TIMEOUT)
        .or_else(|error| TcpStream::connect_timeout(&v6, CONNECT_TIMEOUT).map_err(|_| error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ports_that_were_asked_for_are_forwarded() {
        let ticket = |ports: &[i32]| PortForwardRequest { pod_sandbox_id: String::new(), port: ports.to_vec() };
        assert_eq!(wanted_port(&ticket(&[80]), ""), Some(80));
        assert_eq!(wanted_port(&ticket(&[80, 443]), "port=443"), Some(443));
        assert_eq!(wanted_port(&ticket(&[80, 443]), ""), None);
        assert_eq!(wanted_port(&ticket(&[80]), "port=22"), None);
        assert_eq!(wanted_port(&ticket(&[]), "port=22"), Some(22));
    }
}
