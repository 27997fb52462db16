//! Reaching ports inside a sandbox's network, over SPDY or a WebSocket.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use container_interfaces::cri::v1::{PortForwardRequest, PortForwardResponse};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use streaming::port_forward::{self, Connecting, Target, websocket};
use streaming::serve::Body;
use streaming::spdy::handshake;
use streaming::upgrade;
use tonic::Status;

use super::Inner;
use super::stream_server::{Ticket, refusal, switching};
use crate::sys;

/// Time that a connection inside the sandbox gets.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl Inner {
    pub(super) async fn port_forward(&self, request: PortForwardRequest) -> Result<PortForwardResponse, Status> {
        self.sandbox(&request.pod_sandbox_id)?.live_shim()?;
        Ok(PortForwardResponse { url: self.streams.url(Ticket::PortForward(request))? })
    }
}

/// Accepts the upgrade and forwards what the client opens.
pub(super) fn answer(
    inner: &Arc<Inner>,
    ticket: &PortForwardRequest,
    mut request: Request<Incoming>,
) -> Response<Body> {
    let target = target(inner, &ticket.pod_sandbox_id);
    let headers = request.headers();
    if handshake::is_request(headers) {
        let protocol = match handshake::choose(headers, &port_forward::PROTOCOLS) {
            Ok(protocol) => protocol,
            Err(text) => return refusal(StatusCode::FORBIDDEN, &text),
        };
        let upgraded = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            if let Ok(io) = upgraded.await {
                port_forward::serve(Box::new(TokioIo::new(io)), target).await;
            }
        });
        return switching(handshake::accept_headers(protocol));
    }
    let ports: Vec<u16> = ticket.port.iter().filter_map(|port| u16::try_from(*port).ok()).collect();
    let offered = upgrade::offered_protocols(headers);
    let protocol = websocket::PROTOCOLS.into_iter().find(|name| offered.contains(name));
    if !upgrade::is_websocket_request(headers) || (protocol.is_none() && !offered.is_empty()) {
        return refusal(
            StatusCode::BAD_REQUEST,
            "unable to upgrade: only SPDY/3.1 and v4.channel.k8s.io are served here",
        );
    }
    if ports.is_empty() || ports.len() > websocket::PORTS_MAX {
        return refusal(StatusCode::BAD_REQUEST, "query parameter \"port\" is required");
    }
    let Some(accepted) = upgrade::accept_headers(headers, protocol) else {
        return refusal(StatusCode::BAD_REQUEST, "the WebSocket key is missing");
    };
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(io) = upgraded.await {
            websocket::serve(Box::new(TokioIo::new(io)), &ports, target).await;
        }
    });
    switching(accepted)
}

/// The ports of a sandbox.
fn target(inner: &Arc<Inner>, sandbox_id: &str) -> Target {
    let (inner, id) = (Arc::downgrade(inner), sandbox_id.to_owned());
    let connect = move |port: u16| -> Connecting {
        let (inner, id) = (inner.clone(), id.clone());
        Box::pin(async move {
            let inner = inner.upgrade().ok_or("the runtime has ended")?;
            connect(&inner, &id, port).await.map_err(|error| {
                let cause = match error.kind() {
                    io::ErrorKind::ConnectionRefused => "connect: connection refused".to_owned(),
                    io::ErrorKind::TimedOut => "i/o timeout".to_owned(),
                    _ => error.to_string(),
                };
                let attempt = format!("failed to connect to localhost:{port} inside the sandbox's network");
                format!("{attempt}: dial tcp 127.0.0.1:{port}: {cause}")
            })
        })
    };
    Target { name: sandbox_id.to_owned(), connect: Arc::new(connect) }
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
