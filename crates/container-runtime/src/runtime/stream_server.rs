//! Exec, attach and port-forward streams over HTTP upgrades, behind URLs that work once.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use container_interfaces::cri::v1::{AttachRequest, ExecRequest, PortForwardRequest};
use http::{HeaderMap, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use streaming::remote_command::server::{RequestedStreams, Session};
use streaming::remote_command::{ExitStatus, Protocol, TerminalSize, spdy};
use streaming::serve::{Acceptor, Answer, Body, Connection, Handler, ServeLimits, full_body};
use streaming::spdy::handshake;
use streaming::upgrade;
use tokio::net::TcpListener;
use tonic::Status;

use super::Inner;
use super::exec::{DRAIN_TIMEOUT, ExecOrder, pipe};
use pumps::{Pumps, Terminal};

mod pumps;

/// URLs that wait to be used.
const TICKETS_MAX: usize = 1_000;
/// Time that a URL works.
const TICKET_AGE_MAX: Duration = Duration::from_secs(60);

/// What a URL stands for.
#[derive(Clone)]
pub(super) enum Ticket {
    /// Run a process.
    Exec(ExecRequest),
    /// Join a container.
    Attach(AttachRequest),
    /// Reach a port.
    PortForward(PortForwardRequest),
}

impl Ticket {
    fn path(&self) -> &'static str {
        match self {
            Ticket::Exec(_) => "exec",
            Ticket::Attach(_) => "attach",
            Ticket::PortForward(_) => "portforward",
        }
    }
}

/// The listening server and the URLs that it gave out.
pub(super) struct StreamServer {
    address: SocketAddr,
    listener: Mutex<Option<TcpListener>>,
    tickets: Mutex<HashMap<String, (Ticket, Instant)>>,
}

impl StreamServer {
    pub(super) async fn bind(address: SocketAddr) -> std::io::Result<StreamServer> {
        let listener = TcpListener::bind(address).await?;
        Ok(StreamServer {
            address: listener.local_addr()?,
            listener: Mutex::new(Some(listener)),
            tickets: Mutex::default(),
        })
    }

    /// A URL for `ticket`.
    pub(super) fn url(&self, ticket: Ticket) -> Result<String, Status> {
        let token = super::new_id()?;
        let url = format!("http://{}/{}/{token}", self.address, ticket.path());
        let mut tickets = self.tickets.lock();
        tickets.retain(|_, (_, made)| made.elapsed() < TICKET_AGE_MAX);
        if tickets.len() >= TICKETS_MAX {
            return Err(Status::resource_exhausted("maximum number of in-flight requests exceeded"));
        }
        tickets.insert(token, (ticket, Instant::now()));
        Ok(url)
    }

    fn redeem(&self, path: &str) -> Option<Ticket> {
        let (kind, token) = path.strip_prefix('/')?.split_once('/')?;
        let (ticket, made) = self.tickets.lock().remove(token)?;
        (ticket.path() == kind && made.elapsed() < TICKET_AGE_MAX).then_some(ticket)
    }
}

/// Serves until the runtime is dropped.
pub(super) fn serve(inner: &Arc<Inner>) {
    let Some(listener) = inner.streams.listener.lock().take() else { return };
    let acceptor = Arc::new(Streams { inner: Arc::downgrade(inner) });
    tokio::spawn(streaming::serve::serve(listener, None, acceptor, ServeLimits::default(), std::future::pending()));
}

struct Streams {
    inner: Weak<Inner>,
}

impl Acceptor for Streams {
    fn accept(&self, _connection: Connection) -> Arc<dyn Handler> {
        Arc::new(Streams { inner: Weak::clone(&self.inner) })
    }
}

impl Handler for Streams {
    fn handle(&self, request: Request<Incoming>) -> Answer {
        let inner = self.inner.upgrade();
        Box::pin(async move {
            let Some(inner) = inner else { return refusal(StatusCode::SERVICE_UNAVAILABLE, "the runtime has ended") };
            let Some(ticket) = inner.streams.redeem(request.uri().path()) else {
                return refusal(StatusCode::NOT_FOUND, "no such stream");
            };
            match ticket {
                Ticket::PortForward(ticket) => super::port_forward::answer(&inner, &ticket, request),
                other => remote_command(inner, other, request),
            }
        })
    }
}

pub(super) fn refusal(code: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(full_body(text.to_owned()));
    *response.status_mut() = code;
    response
}

/// What a client speaks.
#[derive(Clone, Copy)]
enum Dialect {
    WebSocket(Protocol),
    Spdy(spdy::Version),
}

/// Accepts the upgrade and runs the session behind it.
fn remote_command(inner: Arc<Inner>, ticket: Ticket, mut request: Request<Incoming>) -> Response<Body> {
    let (dialect, headers) = match negotiate(request.headers()) {
        Ok(agreed) => agreed,
        Err((code, text)) => return refusal(code, &text),
    };
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        match upgraded.await {
            Ok(io) => run_session(&inner, ticket, Box::new(TokioIo::new(io)), dialect).await,
            Err(error) => tracing::debug!(%error, "a stream was not upgraded"),
        }
    });
    switching(headers)
}

/// The 101 with these headers.
pub(super) fn switching(headers: HeaderMap) -> Response<Body> {
    let mut response = Response::new(full_body(""));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *response.headers_mut() = headers;
    response
}

fn negotiate(headers: &HeaderMap) -> Result<(Dialect, HeaderMap), (StatusCode, String)> {
    if handshake::is_request(headers) {
        let name = handshake::choose(headers, &spdy::PROTOCOLS).map_err(|text| (StatusCode::FORBIDDEN, text))?;
        return Ok((Dialect::Spdy(spdy::Version::from_name(name)), handshake::accept_headers(name)));
    }
    if !upgrade::is_websocket_request(headers) {
        let text = "unable to upgrade: only WebSockets and SPDY/3.1 are served here";
        return Err((StatusCode::BAD_REQUEST, text.to_owned()));
    }
    let offered = upgrade::offered_protocols(headers);
    let Some(protocol) = Protocol::choose(&offered) else {
        return Err((StatusCode::FORBIDDEN, "none of the offered protocols is supported".to_owned()));
    };
    let accepted = upgrade::accept_headers(headers, Some(protocol.name()).filter(|_| !offered.is_empty()));
    let accepted = accepted.ok_or_else(|| (StatusCode::BAD_REQUEST, "the WebSocket key is missing".to_owned()))?;
    Ok((Dialect::WebSocket(protocol), accepted))
}

async fn run_session(
    inner: &Arc<Inner>,
    ticket: Ticket,
    io: Box<dyn streaming::remote_command::Duplex>,
    dialect: Dialect,
) {
    let streams = match &ticket {
        Ticket::Exec(request) => requested(request.tty, request.stdin, request.stdout, request.stderr),
        Ticket::Attach(request) => requested(request.tty, request.stdin, request.stdout, request.stderr),
        Ticket::PortForward(_) => return,
    };
    let session = match dialect {
        Dialect::WebSocket(protocol) => Some(Session::start(io, protocol, streams).await),
        Dialect::Spdy(version) => Session::start_spdy(io, version, streams).await,
    };
    let Some(mut session) = session else {
        return tracing::debug!("a client did not open its streams");
    };
    let outcome = match ticket {
        Ticket::Exec(request) => exec(inner, request, &mut session).await,
        Ticket::Attach(request) => attach(inner, request, &mut session).await,
        Ticket::PortForward(_) => return,
    };
    session.finish(&outcome).await;
}

fn requested(tty: bool, stdin: bool, stdout: bool, stderr: bool) -> RequestedStreams {
    RequestedStreams { stdin, stdout, stderr, tty }
}

async fn exec(inner: &Arc<Inner>, request: ExecRequest, session: &mut Session) -> ExitStatus {
    match try_exec(inner, request, session).await {
        Ok(0) => ExitStatus::Success,
        Ok(code) => ExitStatus::Code(code),
        Err(status) => ExitStatus::Failure(format!("error executing command in container: {}", status.message())),
    }
}

async fn try_exec(inner: &Arc<Inner>, request: ExecRequest, session: &mut Session) -> Result<i32, Status> {
    let container = inner.running_container(&request.container_id)?;
    let mut order =
        ExecOrder { command: request.cmd, is_terminal: request.tty, stdin: None, stdout: None, stderr: None };
    let mut pumps = Pumps::default();
    if !request.tty {
        (order.stdin, pumps.stdin) = input(request.stdin)?;
        (order.stdout, pumps.stdout) = output(request.stdout)?;
        (order.stderr, pumps.stderr) = output(request.stderr)?;
    }
    let mut exec = inner.start_exec(&container, order).await?;
    if let Some(master) = exec.terminal.take() {
        let terminal = Terminal::new(master).map_err(|error| Status::internal(format!("use a terminal: {error}")))?;
        pumps.terminal = Some(Arc::new(terminal));
    }
    let resize = pumps.terminal.clone();
    let pumping = pumps.run(session, move |size| {
        if let Some(terminal) = &resize {
            terminal.resize(size);
        }
    });
    tokio::pin!(pumping);
    let exit = tokio::select! {
        exit = &mut exec.exit => {
            // What the process wrote last is still on its way.
            let _ = tokio::time::timeout(DRAIN_TIMEOUT, pumping).await;
            exit
        }
        // All output has ended, or the client has gone: then the process may live on without us.
        is_client_there = &mut pumping => match is_client_there {
            true => (&mut exec.exit).await,
            false => return Err(Status::cancelled("the client has gone")),
        },
    };
    exit.map(|exit| exit.code).map_err(|_| Status::unknown("the container's shim is gone"))
}

async fn attach(inner: &Arc<Inner>, request: AttachRequest, session: &mut Session) -> ExitStatus {
    match try_attach(inner, request, session).await {
        Ok(()) => ExitStatus::Success,
        Err(status) => ExitStatus::Failure(format!("error attaching to container: {}", status.message())),
    }
}

async fn try_attach(inner: &Arc<Inner>, request: AttachRequest, session: &mut Session) -> Result<(), Status> {
    let container = inner.running_container(&request.container_id)?;
    let shim = inner.sandbox(&container.sandbox_id)?.live_shim()?;
    let mut pumps = Pumps::default();
    let (stdin, stdout, stderr);
    (stdin, pumps.stdin) = input(request.stdin)?;
    (stdout, pumps.stdout) = output(request.stdout)?;
    (stderr, pumps.stderr) = output(request.stderr && !request.tty)?;
    let asked = crate::contract::AttachRequest {
        id: container.id.clone(),
        has_stdin: stdin.is_some(),
        has_stdout: stdout.is_some(),
        has_stderr: stderr.is_some(),
    };
    let descriptors = [stdin, stdout, stderr].into_iter().flatten().collect();
    shim.call_with(crate::contract::ATTACH, &asked, descriptors).await.map_err(super::internal("attach"))?;
    let (sizes, mut wanted) = tokio::sync::mpsc::channel::<TerminalSize>(4);
    let resizing = async {
        while let Some(size) = wanted.recv().await {
            let request = crate::contract::ResizeRequest {
                id: container.id.clone(),
                width: size.width.into(),
                height: size.height.into(),
            };
            if let Err(error) = shim.call(crate::contract::RESIZE, &request).await {
                tracing::debug!(%error, "a terminal was not resized");
            }
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = pumps.run(session, move |size| {
            // While one is under way a newer size may be lost; the next one comes with the next change.
            let _ = sizes.try_send(size);
        }) => {}
        () = resizing => {}
    }
    Ok(())
}

/// The far end for the process, and ours to write to.
fn input(is_wanted: bool) -> Result<(Option<OwnedFd>, Option<tokio::net::unix::pipe::Sender>), Status> {
    if !is_wanted {
        return Ok((None, None));
    }
    let (far, near) = pipe()?;
    let near = tokio::net::unix::pipe::Sender::from_owned_fd(near);
    Ok((Some(far), Some(near.map_err(|error| Status::internal(format!("use a pipe: {error}")))?)))
}

/// The far end for the process, and ours to read from.
fn output(is_wanted: bool) -> Result<(Option<OwnedFd>, Option<tokio::net::unix::pipe::Receiver>), Status> {
    if !is_wanted {
        return Ok((None, None));
    }
    let (near, far) = pipe()?;
    let near = tokio::net::unix::pipe::Receiver::from_owned_fd(near);
    Ok((Some(far), Some(near.map_err(|error| Status::internal(format!("use a pipe: {error}")))?)))
}
