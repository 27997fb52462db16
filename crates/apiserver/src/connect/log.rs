//! `pods/log`: a plain stream, or one in a WebSocket.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::group_version::GroupVersionKind;
use apimachinery::status::{Status, StatusDetails};
use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use streaming::upgrade::{accept_headers, is_websocket_request, offered_protocols};
use streaming::websocket::{self, Sending};

use super::{container_of, kubelet_path, passed_on, push};
use crate::call::Call;
use crate::query::Query;
use crate::reply::{Reply, ReplyBody};
use crate::server::Server;

/// Bytes of a kubelet's error text.
const ERROR_BYTES_MAX: usize = 64 * 1024;

impl Server {
    pub(super) async fn log(&self, call: &mut Call) -> Result<Reply, Status> {
        let query = log_query(&call.query, &call.target.name)?;
        let pod = self.pod(&call.target.namespace, &call.target.name).await?;
        let container = container_of(&pod, call.query.text("container"))?;
        let node = pod.str_at(&["spec", "nodeName"]);
        if node.is_empty() {
            return Ok(Reply::empty(StatusCode::NO_CONTENT));
        }
        let mut kubelet = self.kubelet(node).await?;
        if call.query.flag("insecureSkipTLSVerifyBackend") == Some(true) {
            kubelet = self.backends.unverified(kubelet);
        }
        let (namespace, name) = (&call.target.namespace, &call.target.name);
        let path = kubelet_path(&["containerLogs", namespace, name, &container], &query);
        let response = self.ask(&kubelet, Method::GET, &path, HeaderMap::new()).await?;
        if !response.status().is_success() {
            return Err(kubelet_refusal(response, "pods/log", &call.target.name).await);
        }
        match is_websocket_request(&call.headers) {
            true => self.log_in_websocket(call, response.into_body()),
            false => Ok(Reply::new(StatusCode::OK, "text/plain", passed_on(response.into_body()))),
        }
    }

    fn log_in_websocket(&self, call: &mut Call, body: Incoming) -> Result<Reply, Status> {
        let chosen = Sending::choose(&offered_protocols(&call.headers));
        let Some((sending, protocol)) = chosen else {
            return Ok(Reply::text(StatusCode::FORBIDDEN, "none of the offered protocols is supported"));
        };
        let unusable = || Status::bad_request("the connection cannot be upgraded");
        let headers = accept_headers(&call.headers, protocol).ok_or_else(unusable)?;
        let upgrade = call.upgrade.take().ok_or_else(unusable)?;
        let running = crate::metrics::InFlight::start(&self.metrics.long_running);
        let ReplyBody::Stream(stream) = passed_on(body) else { return Err(unusable()) };
        tokio::spawn(async move {
            let _running = running;
            match upgrade.await {
                Ok(io) => websocket::send(Box::new(TokioIo::new(io)), sending, stream).await,
                Err(error) => tracing::debug!(%error, "a log was not upgraded"),
            }
        });
        let body = ReplyBody::Full(Bytes::new());
        Ok(Reply { status: StatusCode::SWITCHING_PROTOCOLS, headers, body, unread: None })
    }
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
    if query.get("stream").is_some() {
        errors.push(FieldError::forbidden(&FieldPath::new("stream"), "may not be specified"));
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

    #[test]
    fn log_options_are_checked_and_handed_on() {
        let of = |text: &str| log_query(&Query::parse(text), "x");
        assert_eq!(of("follow=true&tailLines=5&container=a&previous=false"), Ok("follow=true&tailLines=5".into()));
        assert_eq!(of("sinceTime=2026-01-01T00:00:00Z"), Ok("sinceTime=2026-01-01T00%3A00%3A00Z".into()));
        assert_eq!(of("tailLines=-1").expect_err("negative").code, 422);
        assert_eq!(of("sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z").expect_err("both").code, 422);
        assert_eq!(of("stream=Stdout").expect_err("off by default").code, 422);
        assert_eq!(of("sinceTime=yesterday").expect_err("no time").code, 400);
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
