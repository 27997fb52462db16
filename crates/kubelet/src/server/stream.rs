//! exec, attach and port-forward: the runtime says where it streams, and the connection is piped there.

use container_interfaces::cri::v1::{AttachRequest, ExecRequest, ExecSyncRequest, PortForwardRequest};
use http::{Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use streaming::remote_command::server::RequestedStreams;
use streaming::serve::{Body, full_body};
use streaming::upgrade::{is_upgrade_request, pipe_upgraded};
use tokio::net::TcpStream;

use super::{ContainerPath, Server, answer, query_values, text};
use crate::http_get::{address, os_text};
use crate::spec;

/// Ports that one port-forward request may name.
const PORTS_MAX: usize = 64;

impl Server {
    pub(super) async fn exec(&self, path: &ContainerPath, request: Request<Incoming>) -> Response<Body> {
        let query = request.uri().query().unwrap_or("").to_owned();
        let streams = RequestedStreams::from_query(&query);
        let container = match self.running(path).await {
            Ok(container) => container,
            Err(refusal) => return *refusal,
        };
        let asked = self.effects.runtime.exec(ExecRequest {
            container_id: container.container_id,
            cmd: query_values(&query, "command"),
            tty: streams.tty,
            stdin: streams.stdin,
            stdout: streams.stdout,
            stderr: streams.stderr,
        });
        match asked.await {
            Ok(answer) => pipe(request, &answer.url).await,
            Err(error) => refused(&error),
        }
    }

    pub(super) async fn attach(&self, path: &ContainerPath, request: Request<Incoming>) -> Response<Body> {
        let streams = RequestedStreams::from_query(request.uri().query().unwrap_or(""));
        let container = match self.running(path).await {
            Ok(container) => container,
            Err(refusal) => return *refusal,
        };
        let pod = self.find(path).await;
        // The container's own spec says whether it has a terminal.
        let tty = pod.and_then(|pod| spec::any_container(&pod.pod, &path.container)?.tty).unwrap_or(false);
        let asked = self.effects.runtime.attach(AttachRequest {
            container_id: container.container_id,
            stdin: streams.stdin,
            tty,
            stdout: streams.stdout,
            stderr: streams.stderr && !tty,
        });
        match asked.await {
            Ok(answer) => pipe(request, &answer.url).await,
            Err(error) => refused(&error),
        }
    }

    pub(super) async fn port_forward(&self, path: &ContainerPath, request: Request<Incoming>) -> Response<Body> {
        let query = request.uri().query().unwrap_or("");
        let ports: Vec<i32> = query_values(query, "port")
            .iter()
            .chain(&query_values(query, "ports"))
            .flat_map(|list| list.split(',').map(str::to_owned).collect::<Vec<_>>())
            .filter_map(|port| port.parse().ok())
            .take(PORTS_MAX)
            .collect();
        let Some(pod) = self.find(path).await else { return text(StatusCode::NOT_FOUND, "pod does not exist") };
        let Some(pod_sandbox_id) = self.sandbox_id(&pod.id.uid).await else {
            return text(StatusCode::NOT_FOUND, "pod not found");
        };
        match self.effects.runtime.port_forward(PortForwardRequest { pod_sandbox_id, port: ports }).await {
            Ok(answer) => pipe(request, &answer.url).await,
            Err(error) => refused(&error),
        }
    }

    async fn sandbox_id(&self, uid: &str) -> Option<String> {
        use container_interfaces::cri::v1::{
            ListPodSandboxRequest, PodSandboxFilter, PodSandboxState, PodSandboxStateValue,
        };
        let label = crate::container_config::labels::POD_UID.to_owned();
        let filter = PodSandboxFilter {
            state: Some(PodSandboxStateValue { state: PodSandboxState::SandboxReady as i32 }),
            label_selector: [(label, uid.to_owned())].into(),
            ..PodSandboxFilter::default()
        };
        let found = self.effects.runtime.list_pod_sandbox(ListPodSandboxRequest { filter: Some(filter) }).await.ok()?;
        found.items.into_iter().max_by_key(|sandbox| sandbox.created_at).map(|sandbox| sandbox.id)
    }

    /// `/run`: a command to its end, its output as the answer.
    pub(super) async fn run(&self, path: &ContainerPath, query: &str) -> Response<Body> {
        let container = match self.running(path).await {
            Ok(container) => container,
            Err(refusal) => return *refusal,
        };
        let command = query_values(query, "cmd").into_iter().next().unwrap_or_default();
        let cmd = command.split(' ').map(str::to_owned).collect();
        let request = ExecSyncRequest { container_id: container.container_id, cmd, timeout: 0 };
        match self.effects.runtime.exec_sync(request).await {
            Ok(done) => {
                let mut output = done.stdout;
                output.extend_from_slice(&done.stderr);
                answer(StatusCode::OK, "text/plain", output)
            }
            Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, error.message()),
        }
    }
}

/// A refusal of the runtime as upstream's streaming library answers it.
fn refused(error: &tonic::Status) -> Response<Body> {
    let status = match error.code() {
        tonic::Code::NotFound => StatusCode::NOT_FOUND,
        tonic::Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    text(status, error.message())
}

fn bad_gateway(message: impl std::fmt::Display) -> Response<Body> {
    text(StatusCode::BAD_GATEWAY, message.to_string())
}

/// Sends the request on to `url` and joins both connections once that side has agreed to the upgrade.
async fn pipe(mut request: Request<Incoming>, url: &str) -> Response<Body> {
    if !is_upgrade_request(request.headers()) {
        return text(StatusCode::BAD_REQUEST, "unable to upgrade: missing upgrade headers in request");
    }
    let Ok(url) = url.parse::<Uri>() else { return bad_gateway("the runtime's streaming address cannot be read") };
    let mut answer = match forward(&request, &url).await {
        Ok(answer) => answer,
        Err(error) => return bad_gateway(format!("error dialing backend: {error}")),
    };
    let mut response = Response::builder().status(answer.status());
    if let Some(headers) = response.headers_mut() {
        headers.clone_from(answer.headers());
    }
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        let body = answer.into_body().map_err(Into::into).boxed_unsync();
        return response.body(body).unwrap_or_else(bad_gateway);
    }
    tokio::spawn(async move {
        let joined = tokio::try_join!(hyper::upgrade::on(&mut request), hyper::upgrade::on(&mut answer));
        match joined {
            Ok((client, backend)) => drop(pipe_upgraded(client, backend).await),
            Err(error) => tracing::debug!(%error, "upgrade"),
        }
    });
    response.body(full_body("")).unwrap_or_else(bad_gateway)
}

async fn forward(request: &Request<Incoming>, url: &Uri) -> Result<Response<Incoming>, String> {
    let host = url.host().unwrap_or("");
    let address = address(host.trim_matches(['[', ']']), url.port_u16().unwrap_or(80))?;
    let stream =
        TcpStream::connect(address).await.map_err(|error| format!("dial tcp {address}: {}", os_text(&error)))?;
    let _ = stream.set_nodelay(true);
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.map_err(|error| error.to_string())?;
    tokio::spawn(connection.with_upgrades());
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let mut onward = Request::builder()
        .method(request.method())
        .uri(path)
        .body(Empty::<bytes::Bytes>::new())
        .map_err(|error| error.to_string())?;
    for (name, value) in request.headers() {
        let is_own = name == header::HOST || name == header::AUTHORIZATION || name == header::CONTENT_LENGTH;
        if !is_own {
            onward.headers_mut().append(name, value.clone());
        }
    }
    let authority = http::HeaderValue::from_str(&address.to_string()).map_err(|error| error.to_string())?;
    onward.headers_mut().insert(header::HOST, authority);
    sender.send_request(onward).await.map_err(|error| error.to_string())
}
