//! Connect verbs: logs, exec, attach and port-forward, piped to the kubelet of the Pod's node, and proxies to Pods,
//! Services and nodes.

mod admission;
mod destination;
mod log;
mod proxy;
mod stream;

use apimachinery::json;
use apimachinery::status::Status;
use apimachinery::value::Value;
use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyDataStream, BodyExt, Empty};
use hyper::body::Incoming;
use streaming::serve::BodyError;

use crate::call::Call;
use crate::kubelet_client::{Backend, kubelet_address};
use crate::query::encode;
use crate::reply::{Reply, ReplyBody};
use crate::resources::method_not_allowed;
use crate::server::Server;

pub(crate) use self::proxy::{body_of, onward_headers, plain_answer, send};

/// Subresources that the API server itself answers rather than the registry.
const SERVED: &[(&str, &[&str])] = &[
    ("nodes", &["proxy"]),
    ("pods", &["attach", "eviction", "exec", "log", "portforward", "proxy"]),
    ("serviceaccounts", &["token"]),
    ("services", &["proxy"]),
];

/// Subresources that are metric labels.
const KNOWN: &[&str] = &[
    "approval",
    "attach",
    "binding",
    "ephemeralcontainers",
    "eviction",
    "exec",
    "finalize",
    "log",
    "portforward",
    "proxy",
    "resize",
    "scale",
    "status",
    "token",
];

/// Whether a subresource is answered by the API server itself rather than by the registry.
pub(crate) fn serves(plural: &str, subresource: &str) -> bool {
    SERVED.iter().any(|(resource, names)| *resource == plural && names.contains(&subresource))
}

/// The subresource as a metric label, if it is a known one.
pub(crate) fn known_subresource(name: &str) -> &'static str {
    KNOWN.iter().find(|known| **known == name).copied().unwrap_or("")
}

impl Server {
    /// Answers a connect verb.
    pub(crate) async fn connect(&self, call: &mut Call) -> Result<Reply, Status> {
        let target = &call.target;
        let is_proxy = target.subresource == "proxy";
        if target.namespace.is_empty() != (target.resource == "nodes") || (!target.rest.is_empty() && !is_proxy) {
            return Err(Status::unknown_resource());
        }
        if call.query.get("dryRun").is_some() && target.subresource != "log" {
            return Err(Status::bad_request("dryRun is not supported"));
        }
        match (target.subresource.as_str(), &call.method) {
            ("log", &Method::GET) => self.log(call).await,
            ("exec" | "attach" | "portforward", &Method::GET | &Method::POST) => self.stream(call).await,
            ("proxy", method) if proxy::METHODS.contains(&method.as_str()) => {
                self.admit_connection(call).await?;
                self.proxy(call).await
            }
            _ => Err(method_not_allowed()),
        }
    }

    async fn pod(&self, namespace: &str, name: &str) -> Result<Value, Status> {
        let pods = self.registry.resource("", "v1", "pods").ok_or_else(Status::unknown_resource)?;
        let pod = pods.get(namespace, name, "").await?;
        json::parse(&pod.bytes).map_err(Status::internal)
    }

    /// The kubelet of a node.
    async fn kubelet(&self, node: &str) -> Result<Backend, Status> {
        let no_kubelets = || Status::service_unavailable("this API server has no client certificate for kubelets");
        let backends = self.backends.kubelets().ok_or_else(no_kubelets)?;
        let nodes = self.registry.resource("", "v1", "nodes").ok_or_else(Status::unknown_resource)?;
        let object = nodes.get("", node, "0").await?;
        let address = kubelet_address(&json::parse(&object.bytes).map_err(Status::internal)?)?;
        Ok(backends.at(address))
    }

    /// Sends a request without a body to a kubelet.
    async fn ask(
        &self,
        kubelet: &Backend,
        method: Method,
        path: &str,
        headers: HeaderMap,
    ) -> Result<Response<Incoming>, Status> {
        let body = Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync();
        let request = Request::builder().method(method).uri(path).body(body);
        let mut request = request.map_err(Status::internal)?;
        *request.headers_mut() = headers;
        let sent = kubelet.send(request).await;
        sent.map_err(|error| Status::internal(format!("error dialing backend: {error}")))
    }
}

/// A body that another server sends.
fn passed_on(body: Incoming) -> ReplyBody {
    let stream = BodyDataStream::new(body);
    let stream = stream.map(|piece| piece.map_err(|error| -> BodyError { Box::new(error) }));
    ReplyBody::Stream(Box::pin(stream))
}

/// Path and query of a request to a kubelet.
fn kubelet_path(segments: &[&str], query: &str) -> String {
    let mut path = String::new();
    for segment in segments {
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
    fn proxies_and_streams_are_served_here() {
        assert!(serves("services", "proxy") && serves("pods", "portforward") && !serves("services", "status"));
        assert_eq!((known_subresource("resize"), known_subresource("x")), ("resize", ""));
    }
}
