//! The kubelet's HTTPS server: logs, exec, attach, port-forward, Pods, health, metrics.
//!
//! Nobody is anonymous: a client certificate or a token that the API server vouches for, then a
//! SubjectAccessReview.

mod auth;
mod configz;
mod containers;
mod logs;
mod metrics;
mod node_logs;
mod pods;
mod resource_metrics;
mod stats;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use streaming::serve::{Acceptor, Answer, Body, Connection, Handler, ServeLimits, full_body};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};

use crate::config::{Config, Dependencies, KubeletError};
use crate::effects::Effects;
use crate::runner::{PodSnapshot, Query};
use crate::stats::Rates;
use auth::{Authority, CertificateUser};

/// Time that the runner may take for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Takes the port, if the server is on.
pub async fn listen(config: &Config, dependencies: &Dependencies) -> Result<Option<TcpListener>, KubeletError> {
    match (config.listen, &dependencies.serving) {
        (Some(address), Some(_)) => {
            let listener = TcpListener::bind(address).await;
            listener.map(Some).map_err(|cause| KubeletError::Listen { address, cause })
        }
        _ => Ok(None),
    }
}

/// Serves until `stopped`; never returns without a listener.
pub async fn serve(
    listener: Option<TcpListener>,
    dependencies: &Dependencies,
    effects: Arc<Effects>,
    queries: mpsc::Sender<Query>,
    mut stopped: watch::Receiver<bool>,
) {
    let Some(listener) = listener else { return std::future::pending().await };
    let authority = Authority::new(dependencies.client.clone(), effects.config.node_name.clone());
    let server = Arc::new(Server { effects, queries, authority, rates: Arc::default() });
    let stop = async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    streaming::serve::serve(listener, dependencies.serving.clone(), server, ServeLimits::default(), stop).await;
}

/// What requests are answered from.
pub struct Server {
    effects: Arc<Effects>,
    queries: mpsc::Sender<Query>,
    authority: Authority,
    rates: Arc<Rates>,
}

/// Accepts connections for a server.
impl Acceptor for Server {
    fn accept(&self, connection: Connection) -> Arc<dyn Handler> {
        let server = Arc::new(Server {
            effects: Arc::clone(&self.effects),
            queries: self.queries.clone(),
            authority: self.authority.clone(),
            rates: Arc::clone(&self.rates),
        });
        let user = CertificateUser::of(&connection.client_certificate);
        Arc::new(ConnectionHandler { server, user: Arc::new(user) })
    }
}

struct ConnectionHandler {
    server: Arc<Server>,
    user: Arc<CertificateUser>,
}

impl Handler for ConnectionHandler {
    fn handle(&self, request: Request<Incoming>) -> Answer {
        let (server, user) = (Arc::clone(&self.server), Arc::clone(&self.user));
        Box::pin(async move { server.answer(request, &user).await })
    }
}

/// The parts of a path behind the first: `/exec/<namespace>/<pod>[/<uid>]/<container>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ContainerPath {
    namespace: String,
    pod: String,
    uid: String,
    container: String,
}

impl ContainerPath {
    fn of(parts: &[&str]) -> Option<ContainerPath> {
        let path = |namespace: &str, pod: &str, uid: &str, container: &str| ContainerPath {
            namespace: namespace.into(),
            pod: pod.into(),
            uid: uid.into(),
            container: container.into(),
        };
        match parts {
            [namespace, pod, container] => Some(path(namespace, pod, "", container)),
            [namespace, pod, uid, container] => Some(path(namespace, pod, uid, container)),
            _ => None,
        }
    }

    /// A Pod without a container: `/portForward/<namespace>/<pod>[/<uid>]`.
    fn of_pod(parts: &[&str]) -> Option<ContainerPath> {
        let path = |namespace: &str, pod: &str, uid: &str| ContainerPath {
            namespace: namespace.into(),
            pod: pod.into(),
            uid: uid.into(),
            container: String::new(),
        };
        match parts {
            [namespace, pod] => Some(path(namespace, pod, "")),
            [namespace, pod, uid] => Some(path(namespace, pod, uid)),
            _ => None,
        }
    }
}

impl Server {
    async fn answer(&self, request: Request<Incoming>, user: &CertificateUser) -> Response<Body> {
        if let Err(refusal) = self.authority.check(&request, user).await {
            return text(refusal.status, refusal.message);
        }
        let path = request.uri().path().to_owned();
        let parts: Vec<_> = path.trim_matches('/').split('/').collect();
        let is_get = request.method() == Method::GET;
        match parts.as_slice() {
            ["healthz", ..] if is_get => text(StatusCode::OK, "ok"),
            ["configz"] if is_get => self.configz(),
            ["logs", ..] if is_get => self.node_logs(&path).await,
            ["metrics"] if is_get => self.metrics().await,
            ["metrics", "cadvisor"] if is_get => self.cadvisor_metrics().await,
            ["metrics", "probes"] if is_get => self.probe_metrics(),
            ["metrics", "resource"] if is_get => self.resource_metrics().await,
            ["pods" | "runningpods"] if is_get => self.list_pods().await,
            ["stats", "summary"] => self.summary(request.uri().query().unwrap_or("")).await,
            ["containerLogs", rest @ ..] if is_get => match ContainerPath::of(rest) {
                Some(path) => self.logs(&path, request.uri().query().unwrap_or("")).await,
                None => not_found(),
            },
            ["exec", rest @ ..] => match ContainerPath::of(rest) {
                Some(path) => self.exec(&path, request).await,
                None => not_found(),
            },
            ["attach", rest @ ..] => match ContainerPath::of(rest) {
                Some(path) => self.attach(&path, request).await,
                None => not_found(),
            },
            ["portForward", rest @ ..] => match ContainerPath::of_pod(rest) {
                Some(path) => self.port_forward(&path, request).await,
                None => not_found(),
            },
            ["run", rest @ ..] if request.method() == Method::POST => match ContainerPath::of(rest) {
                Some(path) => self.run(&path, request.uri().query().unwrap_or("")).await,
                None => not_found(),
            },
            _ => not_found(),
        }
    }

    async fn find(&self, path: &ContainerPath) -> Option<PodSnapshot> {
        let (answer, found) = oneshot::channel();
        let (namespace, name, uid) = (path.namespace.clone(), path.pod.clone(), path.uid.clone());
        self.ask(Query::Find { namespace, name, uid, answer }, found).await.flatten()
    }

    async fn all_pods(&self) -> Vec<PodSnapshot> {
        let (answer, found) = oneshot::channel();
        self.ask(Query::List { answer }, found).await.unwrap_or_default()
    }

    async fn ask<T>(&self, query: Query, answer: oneshot::Receiver<T>) -> Option<T> {
        self.queries.send(query).await.ok()?;
        tokio::time::timeout(ANSWER_TIMEOUT, answer).await.ok()?.ok()
    }
}

/// An answer of plain text.
fn text(status: StatusCode, text: impl Into<String>) -> Response<Body> {
    answer(status, "text/plain; charset=utf-8", text.into())
}

fn answer(status: StatusCode, content_type: &str, body: impl Into<bytes::Bytes>) -> Response<Body> {
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, content_type);
    response.body(full_body(body)).expect("status and a fixed header make a response")
}

fn json(value: &serde_json::Value) -> Response<Body> {
    answer(StatusCode::OK, "application/json", value.to_string())
}

fn not_found() -> Response<Body> {
    text(StatusCode::NOT_FOUND, "404 page not found\n")
}

/// The values of a query parameter, decoded, in order.
fn query_values(query: &str, name: &str) -> Vec<String> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let split = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    split.filter(|(key, _)| decoded(key) == name).map(|(_, value)| decoded(value)).collect()
}

/// A part of a query with `+` and `%XX` resolved.
fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let rest = bytes.as_slice_hex();
                match rest {
                    Some(code) => {
                        out.push(code);
                        bytes.nth(1);
                    }
                    None => out.push(b'%'),
                }
            }
            byte => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Looks at the two hex digits that come next.
trait HexAhead {
    fn as_slice_hex(&self) -> Option<u8>;
}

impl HexAhead for std::str::Bytes<'_> {
    fn as_slice_hex(&self) -> Option<u8> {
        let mut ahead = self.clone();
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let high = digit(ahead.next()?)?;
        let low = digit(ahead.next()?)?;
        u8::try_from(high * 16 + low).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded_and_may_repeat_a_name() {
        let query = "command=sh&command=-c&command=echo+a%2Bb%20c&tty=1&bad=%zz";
        assert_eq!(query_values(query, "command"), ["sh", "-c", "echo a+b c"]);
        assert_eq!(query_values(query, "bad"), ["%zz"]);
        assert!(query_values(query, "none").is_empty());
    }

    #[test]
    fn a_container_is_named_with_or_without_uid() {
        assert_eq!(ContainerPath::of(&["ns", "p", "c"]).map(|path| path.uid), Some(String::new()));
        assert_eq!(ContainerPath::of(&["ns", "p", "u", "c"]).map(|path| path.uid), Some("u".into()));
        assert_eq!(ContainerPath::of(&["ns"]), None);
    }
}
