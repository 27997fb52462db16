//! `pods/proxy`, `services/proxy` and `nodes/proxy`: the request is sent on, and the answer comes back with its links
//! pointing through the proxy.

mod html;
mod links;

use apimachinery::status::Status;
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST,
    LOCATION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use streaming::serve::{Body, BodyError};
use streaming::upgrade::{is_upgrade_request, is_websocket_request};

use self::links::Links;
use super::passed_on;
use super::stream::{drop_bearer_offers, echo};
use crate::call::{Call, CallBody};
use crate::kubelet_client::Backend;
use crate::reply::{Reply, ReplyBody};
use crate::server::Server;

/// Methods that are sent on.
pub(super) const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Bytes of an HTML page whose links are rewritten; a longer one is refused.
const PAGE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Headers that are between two neighbours only.
const HOP_BY_HOP: [HeaderName; 7] =
    [CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

impl Server {
    pub(super) async fn proxy(&self, call: &mut Call) -> Result<Reply, Status> {
        let backend = self.destination(call).await?;
        let path = path_behind(call);
        if is_upgrade_request(&call.headers) {
            let headers = onward_headers(call);
            return self.proxy_upgrade(call, &backend, &path, headers).await;
        }
        if path.is_empty() && matches!(call.method.as_str(), "GET" | "HEAD") {
            return Ok(redirect_to_directory(call));
        }
        let links = Links::of(&call.target.path, &path, backend.address(), host(&call.headers));
        let mut headers = onward_headers(call);
        links.forwarded_headers(&path, &mut headers);
        let body = body_of(call);
        let response = send(call, &backend, &path, headers, body).await;
        let response =
            response.map_err(|error| Status::service_unavailable(format!("error trying to reach service: {error}")))?;
        answer(response, &links).await
    }

    /// Asks the backend for the same upgrade; bytes are piped from then on. `headers` lack the upgrade's own.
    pub(crate) async fn proxy_upgrade(
        &self,
        call: &mut Call,
        backend: &Backend,
        path: &str,
        mut headers: HeaderMap,
    ) -> Result<Reply, Status> {
        for name in [CONNECTION, UPGRADE] {
            if let Some(value) = call.headers.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        if is_websocket_request(&headers) {
            drop_bearer_offers(&mut headers);
        }
        let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
        let response = send(call, backend, path, headers, body).await;
        let response = response.map_err(|error| Status::internal(format!("error dialing backend: {error}")))?;
        match response.status().as_u16() {
            101 => self.pipe(call, response),
            status @ ..400 => Err(Status::internal(format!("invalid upgrade response: status code {status}"))),
            _ => Ok(echo(response)),
        }
    }
}

/// The body of a request, to be sent on.
pub(crate) fn body_of(call: &mut Call) -> Body {
    match call.body.take() {
        Some(CallBody::Incoming(incoming)) => incoming.map_err(|error| -> BodyError { Box::new(error) }).boxed_unsync(),
        Some(CallBody::Bytes(bytes)) => Full::new(bytes).map_err(|never| match never {}).boxed_unsync(),
        None => Empty::new().map_err(|never| match never {}).boxed_unsync(),
    }
}

/// Sends a request's method and query on to `path`. The error is Go's text.
pub(crate) async fn send(
    call: &Call,
    backend: &Backend,
    path: &str,
    headers: HeaderMap,
    body: Body,
) -> Result<Response<Incoming>, String> {
    let mut uri = links::escaped(if path.is_empty() { "/" } else { path });
    if !call.raw_query.is_empty() {
        uri.push('?');
        uri.push_str(&call.raw_query);
    }
    let request = Request::builder().method(call.method.clone()).uri(uri).body(body);
    let mut request = request.map_err(|error| error.to_string())?;
    *request.headers_mut() = headers;
    backend.send(request).await
}

/// The path behind `/proxy`, cleaned; empty when there is none.
fn path_behind(call: &Call) -> String {
    let mut path = String::new();
    for segment in &call.target.rest {
        path.push('/');
        path.push_str(segment);
    }
    if call.target.path.ends_with('/') && !path.ends_with('/') {
        path.push('/');
    }
    links::clean(&path)
}

/// A directory's address ends with a slash, so that its relative links work.
fn redirect_to_directory(call: &Call) -> Reply {
    let mut location = format!("{}/", call.target.path);
    if !call.raw_query.is_empty() {
        location.push('?');
        location.push_str(&call.raw_query);
    }
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&location) {
        headers.insert(LOCATION, value);
    }
    Reply { status: StatusCode::MOVED_PERMANENTLY, headers, body: ReplyBody::Full(Bytes::new()), unread: None }
}

fn host(headers: &HeaderMap) -> &str {
    headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// Headers of the request that are sent on: not the caller's credentials, not what is between neighbours.
pub(crate) fn onward_headers(call: &Call) -> HeaderMap {
    let mut headers = call.headers.clone();
    remove_hop_by_hop(&mut headers);
    headers.remove(AUTHORIZATION);
    let names: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("impersonate-")).cloned().collect();
    names.iter().for_each(|name| drop(headers.remove(name)));
    if let Some(peer) = call.peer {
        let name = HeaderName::from_static("x-forwarded-for");
        let before = headers.get_all(&name).iter().filter_map(|value| value.to_str().ok());
        let all: Vec<String> = before.map(str::to_owned).chain([peer.to_string()]).collect();
        if let Ok(value) = HeaderValue::from_str(&all.join(", ")) {
            headers.insert(name, value);
        }
    }
    headers
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    named.iter().for_each(|name| drop(headers.remove(name.as_str())));
    HOP_BY_HOP.iter().for_each(|name| drop(headers.remove(name)));
    ["keep-alive", "proxy-connection"].iter().for_each(|name| drop(headers.remove(*name)));
}

/// Headers of an answer that are not the backend's to say.
const FOREIGN: [HeaderName; 4] = [
    ACCESS_CONTROL_ALLOW_CREDENTIALS,
    ACCESS_CONTROL_ALLOW_HEADERS,
    ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN,
];

/// The backend's answer as it is.
pub(crate) fn plain_answer(response: Response<Incoming>) -> Reply {
    let (mut parts, body) = response.into_parts();
    remove_hop_by_hop(&mut parts.headers);
    FOREIGN.iter().for_each(|name| drop(parts.headers.remove(name)));
    Reply { status: parts.status, headers: parts.headers, body: passed_on(body), unread: None }
}

/// The backend's answer as the client gets it.
async fn answer(response: Response<Incoming>, links: &Links) -> Result<Reply, Status> {
    let (parts, body) = response.into_parts();
    let mut headers = parts.headers;
    remove_hop_by_hop(&mut headers);
    FOREIGN.iter().for_each(|name| drop(headers.remove(name)));
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let (location, content_type, encoding) = (text(&LOCATION), text(&CONTENT_TYPE), text(&CONTENT_ENCODING));
    if !location.is_empty() {
        if let Ok(value) = HeaderValue::from_str(&links.rewrite(&location)) {
            headers.insert(LOCATION, value);
        }
    } else if content_type.split(';').next().unwrap_or("").trim() == "text/html"
        && let Some(encoding) = html::Encoding::from_name(&encoding)
    {
        let page = page(body).await?;
        let page = html::rewrite(&page, encoding, |url| links.rewrite(url))
            .map_err(|error| Status::internal(format!("rewrite links: {error}")))?;
        headers.remove(CONTENT_LENGTH);
        return Ok(Reply { status: parts.status, headers, body: ReplyBody::Full(page.into()), unread: None });
    }
    Ok(Reply { status: parts.status, headers, body: passed_on(body), unread: None })
}

async fn page(body: Incoming) -> Result<Bytes, Status> {
    match Limited::new(body, PAGE_BYTES_MAX).collect().await {
        Ok(page) => Ok(page.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Status::internal(format!("the page is longer than {PAGE_BYTES_MAX} bytes")))
        }
        Err(error) => Err(Status::service_unavailable(format!("error trying to reach service: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_between_neighbours_is_not_sent_on() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, x-secret"),
            ("x-secret", "1"),
            ("keep-alive", "5"),
            ("te", "gzip"),
            ("x-kept", "2"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        remove_hop_by_hop(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-kept"]);
    }
}
