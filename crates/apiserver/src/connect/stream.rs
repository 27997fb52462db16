//! Exec, attach and port-forward: the client's upgrade is handed on to the kubelet, and bytes are piped from then on.
//!
//! A port-forward in a WebSocket carries SPDY: the kubelet is asked for SPDY, and the WebSocket ends here.

use apimachinery::status::Status;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, UPGRADE};
use http::{HeaderMap, HeaderName, Method, Response, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use streaming::spdy::handshake;
use streaming::upgrade::{accept_headers, is_upgrade_request, is_websocket_request, offered_protocols, pipe_upgraded};
use streaming::websocket::{TUNNEL_PREFIX, tunnel};

use super::{container_of, kubelet_path, passed_on, push};
use crate::authorization::Attributes;
use crate::call::Call;
use crate::query::Query;
use crate::reply::{Reply, ReplyBody};
use crate::server::Server;

impl Server {
    pub(super) async fn stream(&self, call: &mut Call) -> Result<Reply, Status> {
        if call.method == Method::GET {
            // As upstream since 1.35: a WebSocket's GET needs the right to create, too.
            let attributes = Attributes { verb: "create", ..Attributes::of_target(&call.user, &call.target) };
            self.authorize(&attributes).await?;
        }
        self.admit_connection(call).await?;
        let (namespace, name) = (&call.target.namespace, &call.target.name);
        let pod = self.pod(namespace, name).await?;
        let path = match call.target.subresource.as_str() {
            "portforward" => kubelet_path(&["portForward", namespace, name], &ports_query(&call.query)?),
            kind => {
                let query = exec_query(&call.query, kind);
                let container = container_of(&pod, call.query.text("container"))?;
                kubelet_path(&[kind, namespace, name, &container], &query)
            }
        };
        let node = pod.str_at(&["spec", "nodeName"]);
        if node.is_empty() {
            return Err(Status::bad_request(format!("pod {name} does not have a host assigned")));
        }
        if !is_upgrade_request(&call.headers) {
            return Err(Status::bad_request("Upgrade request required"));
        }
        let kubelet = self.kubelet(node).await?;
        let is_tunnel = call.target.subresource == "portforward" && is_tunnel_request(&call.headers);
        let (method, headers) = match is_tunnel {
            true => (Method::POST, spdy_headers(&call.headers)),
            false => (call.method.clone(), upgrade_headers(&call.headers)),
        };
        let response = self.ask(&kubelet, method, &path, headers).await?;
        match (response.status(), is_tunnel) {
            (StatusCode::SWITCHING_PROTOCOLS, true) => self.tunnel(call, response),
            (StatusCode::SWITCHING_PROTOCOLS, false) => self.pipe(call, response),
            (status, _) if status.as_u16() < 400 => {
                Err(Status::internal(format!("invalid upgrade response: status code {}", status.as_u16())))
            }
            _ => Ok(echo(response)),
        }
    }

    /// Answers 101 with the backend's headers and copies bytes both ways from then on.
    pub(super) fn pipe(&self, call: &mut Call, mut response: Response<Incoming>) -> Result<Reply, Status> {
        let headers = upgrade_headers(response.headers());
        let backend = hyper::upgrade::on(&mut response);
        self.join(call, backend, headers, |client, backend| async move {
            drop(pipe_upgraded(client, backend).await);
        })
    }

    /// Answers 101 to the WebSocket and carries the kubelet's SPDY in it.
    fn tunnel(&self, call: &mut Call, mut response: Response<Incoming>) -> Result<Reply, Status> {
        let chosen = response.headers().get(handshake::VERSION_HEADER).and_then(|value| value.to_str().ok());
        let protocol = chosen.map(|name| format!("{TUNNEL_PREFIX}{name}"));
        let headers = accept_headers(&call.headers, protocol.as_deref());
        let headers = headers.ok_or_else(|| Status::bad_request("the WebSocket key is missing"))?;
        let backend = hyper::upgrade::on(&mut response);
        self.join(call, backend, headers, |client, backend| async move {
            tunnel(Box::new(TokioIo::new(client)), Box::new(TokioIo::new(backend))).await;
        })
    }

    fn join<F, Fut>(&self, call: &mut Call, backend: OnUpgrade, headers: HeaderMap, run: F) -> Result<Reply, Status>
    where
        F: FnOnce(hyper::upgrade::Upgraded, hyper::upgrade::Upgraded) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send,
    {
        let upgrade = call.upgrade.take().ok_or_else(|| Status::bad_request("the connection cannot be upgraded"))?;
        let running = crate::metrics::InFlight::start(&self.metrics.long_running);
        tokio::spawn(async move {
            let _running = running;
            match tokio::try_join!(upgrade, backend) {
                Ok((client, backend)) => run(client, backend).await,
                Err(error) => tracing::debug!(%error, "a connection was not upgraded"),
            }
        });
        let body = ReplyBody::Full(Bytes::new());
        Ok(Reply { status: StatusCode::SWITCHING_PROTOCOLS, headers, body, unread: None })
    }
}

/// A refusal to upgrade, as the backend words it.
pub(super) fn echo(response: Response<Incoming>) -> Reply {
    let mut headers = HeaderMap::new();
    for name in [CONTENT_TYPE, CONTENT_LENGTH, handshake::ACCEPTED_HEADER] {
        if let Some(value) = response.headers().get(&name) {
            headers.insert(name, value.clone());
        }
    }
    Reply { status: response.status(), headers, body: passed_on(response.into_body()), unread: None }
}

fn is_tunnel_request(headers: &HeaderMap) -> bool {
    is_websocket_request(headers) && offered_protocols(headers).iter().any(|name| name.starts_with(TUNNEL_PREFIX))
}

/// The headers of the SPDY upgrade that a tunnel asks for.
fn spdy_headers(headers: &HeaderMap) -> HeaderMap {
    let offered = offered_protocols(headers);
    let inner: Vec<&str> = offered.iter().filter_map(|name| name.strip_prefix(TUNNEL_PREFIX)).collect();
    handshake::request_headers(&inner)
}

/// The kubelet's query for exec and attach.
fn exec_query(query: &Query, subresource: &str) -> String {
    let mut out = String::new();
    for (key, kubelets) in [("stdin", "input"), ("stdout", "output"), ("stderr", "error"), ("tty", "tty")] {
        if query.flag(key) == Some(true) {
            push(&mut out, kubelets, "1");
        }
    }
    if subresource == "exec" {
        query.all("command").for_each(|command| push(&mut out, "command", command));
    }
    out
}

/// The kubelet's query for port-forward.
fn ports_query(query: &Query) -> Result<String, Status> {
    let ports: Vec<&str> = query.all("ports").flat_map(|list| list.split(',')).filter(|it| !it.is_empty()).collect();
    for port in &ports {
        port.parse::<i32>()
            .map_err(|_| Status::bad_request(format!("strconv.ParseInt: parsing {port:?}: invalid syntax")))?;
    }
    let mut out = String::new();
    if !ports.is_empty() {
        push(&mut out, "port", &ports.join(","));
    }
    Ok(out)
}

/// The headers of a protocol change, on their way through.
fn upgrade_headers(headers: &HeaderMap) -> HeaderMap {
    let passes = |name: &HeaderName| {
        let text = name.as_str();
        *name == CONNECTION || *name == UPGRADE || text.starts_with("sec-websocket-") || text.starts_with("x-stream-")
    };
    let mut out: HeaderMap =
        headers.iter().filter(|(name, _)| passes(name)).map(|(k, v)| (k.clone(), v.clone())).collect();
    if is_websocket_request(headers) {
        drop_bearer_offers(&mut out);
    }
    out
}

/// A browser's token among the subprotocols is for the API server only.
pub(super) fn drop_bearer_offers(headers: &mut HeaderMap) {
    let offers = streaming::upgrade::offered_protocols(headers);
    let kept: Vec<&str> = offers.into_iter().filter(|it| !it.starts_with("base64url.bearer.")).collect();
    if let Ok(value) = http::HeaderValue::from_str(&kept.join(", ")) {
        headers.insert(http::header::SEC_WEBSOCKET_PROTOCOL, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_handed_on_word_by_word() {
        let query = Query::parse("command=sh&command=-c&command=a+b&stdin=true&stdout=true&tty=false");
        assert_eq!(exec_query(&query, "exec"), "input=1&output=1&command=sh&command=-c&command=a%20b");
        assert_eq!(exec_query(&Query::parse("stdout=true&command=x"), "attach"), "output=1");
    }

    #[test]
    fn a_tunnel_asks_the_kubelet_for_what_it_carries() {
        let request = streaming::upgrade::request_headers(&["SPDY/3.1+portforward.k8s.io"]);
        assert!(is_tunnel_request(&request));
        let onward = spdy_headers(&request);
        assert_eq!((onward[UPGRADE].as_bytes(), onward[CONNECTION].as_bytes()), (&b"SPDY/3.1"[..], &b"Upgrade"[..]));
        assert_eq!(handshake::offered(&onward), ["portforward.k8s.io"]);
        assert!(!is_tunnel_request(&streaming::upgrade::request_headers(&["v4.channel.k8s.io"])));
    }

    #[test]
    fn ports_are_handed_on_as_one_list() {
        assert_eq!(ports_query(&Query::parse("ports=80&ports=81,82")), Ok("port=80%2C81%2C82".into()));
        assert_eq!(ports_query(&Query::parse("")), Ok(String::new()));
        assert_eq!(ports_query(&Query::parse("ports=x")).expect_err("no number").code, 400);
    }
}
