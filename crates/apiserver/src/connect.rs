//! Connect verbs: logs, exec, attach and port-forward, piped to the kubelet of the Pod's node.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::group_version::GroupVersionKind;
use apimachinery::json;
use apimachinery::status::{Status, StatusDetails};
use apimachinery::value::Value;
use bytes::Bytes;
use futures_util::StreamExt;
use http::header::{CONNECTION, UPGRADE};
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode};
use http_body_util::{BodyDataStream, BodyExt, Empty, Limited};
use hyper::body::Incoming;
use streaming::serve::BodyError;
use streaming::upgrade::{is_upgrade_request, is_websocket_request, pipe_upgraded};

use crate::authorization::Attributes;
use crate::call::Call;
use crate::kubelet_client::kubelet_address;
use crate::query::{Query, encode};
use crate::reply::{Reply, ReplyBody};
use crate::resources::method_not_allowed;
use crate::server::Server;

/// Bytes of a kubelet's error text.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// Whether a subresource is answered by the API server itself rather than by the registry.
pub(crate) fn serves(plural: &str, subresource: &str) -> bool {
    matches!((plural, subresource), ("pods", "attach" | "eviction" | "exec" | "log") | ("serviceaccounts", "token"))
}

/// The subresource as a metric label, if it is a known one.
pub(crate) fn known_subresource(name: &str) -> &'static str {
    const KNOWN: [&str; 9] = ["attach", "binding", "eviction", "exec", "finalize", "log", "scale", "status", "token"];
    KNOWN.iter().find(|known| **known == name).copied().unwrap_or("")
}

impl Server {
    /// Answers a connect verb of a Pod.
    pub(crate) async fn connect(&self, call: &mut Call) -> Result<Reply, Status> {
        if call.target.namespace.is_empty() || !call.target.rest.is_empty() {
            return Err(Status::unknown_resource());
        }
        match (call.target.subresource.as_str(), &call.method) {
            ("log", &Method::GET) => self.log(call).await,
            ("exec" | "attach", &Method::GET | &Method::POST) => self.exec(call).await,
            _ => Err(method_not_allowed()),
        }
    }

    async fn log(&self, call: &Call) -> Result<Reply, Status> {
        let query = log_query(&call.query, &call.target.name)?;
        let pod = self.pod(call).await?;
        let container = container_of(&pod, call.query.text("container"))?;
        let node = pod.str_at(&["spec", "nodeName"]);
        if node.is_empty() {
            let headers = HeaderMap::new();
            return Ok(Reply {
                status: StatusCode::NO_CONTENT,
                headers,
                body: ReplyBody::Full(Bytes::new()),
                unread: None,
            });
        }
        let path = kubelet_path("containerLogs", call, &container, &query);
        let response = self.ask_kubelet(node, Method::GET, &path, HeaderMap::new()).await?;
        if !response.status().is_success() {
            return Err(kubelet_refusal(response, "pods/log", &call.target.name).await);
        }
        let stream = BodyDataStream::new(response.into_body());
        let stream = stream.map(|piece| piece.map_err(|error| -> BodyError { Box::new(error) }));
        Ok(Reply::new(StatusCode::OK, "text/plain", ReplyBody::Stream(Box::pin(stream))))
    }

    async fn exec(&self, call: &mut Call) -> Result<Reply, Status> {
        if call.method == Method::GET {
            // As upstream since 1.35: a WebSocket's GET needs the right to create, too.
            let attributes = Attributes { verb: "create", ..Attributes::of_target(&call.user, &call.target) };
            self.authorize(&attributes).await?;
        }
        let query = exec_query(&call.query, &call.target.subresource);
        let pod = self.pod(call).await?;
        let container = container_of(&pod, call.query.text("container"))?;
        let node = pod.str_at(&["spec", "nodeName"]);
        if node.is_empty() {
            return Err(Status::bad_request(format!("pod {} does not have a host assigned", call.target.name)));
        }
        if !is_upgrade_request(&call.headers) {
            return Err(Status::bad_request("Upgrade request required"));
        }
        let path = kubelet_path(&call.target.subresource, call, &container, &query);
        let response = self.ask_kubelet(node, call.method.clone(), &path, upgrade_headers(&call.headers)).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let resource = format!("pods/{}", call.target.subresource);
            return Err(kubelet_refusal(response, &resource, &call.target.name).await);
        }
        self.pipe(call, response)
    }

    /// Answers 101 with the kubelet's headers and copies bytes both ways from then on.
    fn pipe(&self, call: &mut Call, mut response: Response<Incoming>) -> Result<Reply, Status> {
        let upgrade = call.upgrade.take().ok_or_else(|| Status::bad_request("the connection cannot be upgraded"))?;
        let headers = upgrade_headers(response.headers());
        let kubelet = hyper::upgrade::on(&mut response);
        let running = crate::metrics::InFlight::start(&self.metrics.long_running);
        tokio::spawn(async move {
            let _running = running;
            match tokio::try_join!(upgrade, kubelet) {
                Ok((client, kubelet)) => drop(pipe_upgraded(client, kubelet).await),
                Err(error) => tracing::debug!(%error, "a connection was not upgraded"),
            }
        });
        let body = ReplyBody::Full(Bytes::new());
        Ok(Reply { status: StatusCode::SWITCHING_PROTOCOLS, headers, body, unread: None })
    }

    async fn pod(&self, call: &Call) -> Result<Value, Status> {
        let pods = self.registry.resource("", "v1", "pods").ok_or_else(Status::unknown_resource)?;
        let pod = pods.get(&call.target.namespace, &call.target.name, "").await?;
        json::parse(&pod.bytes).map_err(Status::internal)
    }

    async fn ask_kubelet(
        &self,
        node: &str,
        method: Method,
        path: &str,
        headers: HeaderMap,
    ) -> Result<Response<Incoming>, Status> {
        let no_kubelets = || Status::service_unavailable("this API server has no client certificate for kubelets");
        let kubelets = self.kubelets.as_ref().ok_or_else(no_kubelets)?;
        let nodes = self.registry.resource("", "v1", "nodes").ok_or_else(Status::unknown_resource)?;
        let object = nodes.get("", node, "0").await?;
        let address = kubelet_address(&json::parse(&object.bytes).map_err(Status::internal)?)?;
        let request = Request::builder().method(method).uri(path).body(Empty::new());
        let mut request = request.map_err(Status::internal)?;
        *request.headers_mut() = headers;
        kubelets.send(address, request).await
    }
}

fn kubelet_path(kind: &str, call: &Call, container: &str, query: &str) -> String {
    let mut path = format!("/{kind}");
    for segment in [&call.target.namespace, &call.target.name, container] {
        path.push('/');
        encode(segment, &mut path);
    }
    if !query.is_empty() {
        path.push('?');
        path.push_str(query);
    }
    path
}

fn push(query: &mut String, key: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(key);
    query.push('=');
    encode(value, query);
}

/// The kubelet's query for logs, from checked options.
fn log_query(query: &Query, name: &str) -> Result<String, Status> {
    let (tail, limit, since) =
        (query.integer("tailLines")?, query.integer("limitBytes")?, query.integer("sinceSeconds")?);
    let since_time = query.text("sinceTime");
    let mut errors = Vec::new();
    let mut check = |key: &str, value: Option<i64>, min: i64, detail: &str| {
        if let Some(value) = value.filter(|value| *value < min) {
            errors.push(FieldError::invalid(&FieldPath::new(key), value, detail));
        }
    };
    check("tailLines", tail, 0, "must be greater than or equal to 0");
    check("limitBytes", limit, 1, "must be greater than 0");
    match since_time.is_empty() {
        true => check("sinceSeconds", since, 1, "must be greater than 0"),
        false if since.is_some() => {
            let detail = "at most one of `sinceTime` or `sinceSeconds` may be specified";
            errors.push(FieldError::forbidden(&FieldPath::new(""), detail));
        }
        false => {}
    }
    if !errors.is_empty() {
        let kind = GroupVersionKind { group: String::new(), version: "v1".into(), kind: "PodLogOptions".into() };
        return Err(Status::invalid(&kind, name, &errors));
    }
    if !since_time.is_empty() && apimachinery::time::parse(since_time).is_none() {
        return Err(Status::bad_request(format!(
            "parsing time {since_time:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse {since_time:?} as \"2006\""
        )));
    }
    let mut out = String::new();
    for flag in ["follow", "previous", "timestamps"] {
        if query.flag(flag) == Some(true) {
            push(&mut out, flag, "true");
        }
    }
    for (key, value) in [("sinceSeconds", since), ("tailLines", tail), ("limitBytes", limit)] {
        if let Some(value) = value {
            push(&mut out, key, &value.to_string());
        }
    }
    if !since_time.is_empty() {
        push(&mut out, "sinceTime", since_time);
    }
    Ok(out)
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

/// The container that is meant: the named one, or the only one.
fn container_of(pod: &Value, wanted: &str) -> Result<String, Status> {
    let name = pod.str_at(&["metadata", "name"]);
    let of = |list: &'static str| pod.items_at(&["spec", list]).iter().map(|it| it.str_at(&["name"]));
    let all: Vec<&str> = of("initContainers").chain(of("containers")).chain(of("ephemeralContainers")).collect();
    if !wanted.is_empty() {
        return match all.contains(&wanted) {
            true => Ok(wanted.to_owned()),
            false => Err(Status::bad_request(format!("container {wanted} is not valid for pod {name}"))),
        };
    }
    let mut main = of("containers");
    match (main.next(), main.next()) {
        (Some(only), None) => Ok(only.to_owned()),
        (None, _) => Err(Status::bad_request(format!("a container name must be specified for pod {name}"))),
        _ => Err(Status::bad_request(format!(
            "a container name must be specified for pod {name}, choose one of: [{}]",
            all.join(" ")
        ))),
    }
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
fn drop_bearer_offers(headers: &mut HeaderMap) {
    let offers = streaming::upgrade::offered_protocols(headers);
    let kept: Vec<&str> = offers.into_iter().filter(|it| !it.starts_with("base64url.bearer.")).collect();
    if let Ok(value) = http::HeaderValue::from_str(&kept.join(", ")) {
        headers.insert(http::header::SEC_WEBSOCKET_PROTOCOL, value);
    }
}

/// A kubelet's refusal as the API shows it.
async fn kubelet_refusal(response: Response<Incoming>, resource: &str, name: &str) -> Status {
    let code = response.status().as_u16();
    let body = Limited::new(response.into_body(), ERROR_BYTES_MAX).collect().await;
    let text = body.map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned()).unwrap_or_default();
    refusal(code, text.trim_end(), resource, name)
}

fn refusal(code: u16, text: &str, resource: &str, name: &str) -> Status {
    match code {
        400 => Status::bad_request(text),
        404 => Status {
            message: format!("the server could not find the requested resource ( {resource} {name})"),
            details: Some(Box::new(StatusDetails {
                name: name.into(),
                kind: resource.into(),
                ..StatusDetails::default()
            })),
            ..Status::unknown_resource()
        },
        500 => Status::internal(text),
        code => Status { code, reason: "InternalError", message: text.to_owned(), details: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use apimachinery::tree;

    fn pod(names: &[&str]) -> Value {
        let containers: Value = names.iter().map(|name| tree!({"name": (*name)})).collect();
        tree!({"metadata": {"name": "x"}, "spec": {"initContainers": [{"name": "init"}], "containers": containers}})
    }

    #[test]
    fn the_only_container_is_the_default_and_others_must_be_named() {
        assert_eq!(container_of(&pod(&["a"]), ""), Ok("a".into()));
        assert_eq!(container_of(&pod(&["a", "b"]), "b"), Ok("b".into()));
        assert_eq!(container_of(&pod(&["a"]), "init"), Ok("init".into()));
        let text = |result: Result<String, Status>| result.expect_err("refused").message;
        assert_eq!(
            text(container_of(&pod(&["a", "b"]), "")),
            "a container name must be specified for pod x, choose one of: [init a b]"
        );
        assert_eq!(text(container_of(&pod(&["a"]), "z")), "container z is not valid for pod x");
    }

    #[test]
    fn log_options_are_checked_and_handed_on() {
        let of = |text: &str| log_query(&Query::parse(text), "x");
        assert_eq!(of("follow=true&tailLines=5&container=a&previous=false"), Ok("follow=true&tailLines=5".into()));
        assert_eq!(of("sinceTime=2026-01-01T00:00:00Z"), Ok("sinceTime=2026-01-01T00%3A00%3A00Z".into()));
        assert_eq!(of("tailLines=-1").expect_err("negative").code, 422);
        assert_eq!(of("sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z").expect_err("both").code, 422);
        assert_eq!(of("sinceTime=yesterday").expect_err("no time").code, 400);
    }

    #[test]
    fn commands_are_handed_on_word_by_word() {
        let query = Query::parse("command=sh&command=-c&command=a+b&stdin=true&stdout=true&tty=false");
        assert_eq!(exec_query(&query, "exec"), "input=1&output=1&command=sh&command=-c&command=a%20b");
        assert_eq!(exec_query(&Query::parse("stdout=true&command=x"), "attach"), "output=1");
    }

    #[test]
    fn a_kubelets_refusal_keeps_its_text() {
        let waiting = "container \"a\" in pod \"x\" is waiting to start: ContainerCreating";
        let status = refusal(400, waiting, "pods/log", "x");
        assert_eq!((status.code, status.message.as_str()), (400, waiting));
        let gone = refusal(404, "", "pods/log", "x");
        assert_eq!(gone.message, "the server could not find the requested resource ( pods/log x)");
        assert_eq!(refusal(500, "boom", "pods/log", "x").message, "Internal error occurred: boom");
    }
}
