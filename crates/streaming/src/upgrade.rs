//! Connections after `101 Switching Protocols`: the WebSocket handshake's headers and piping bytes through.

use std::io;

use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{HeaderMap, HeaderValue};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// Bytes held per direction while piping.
const PIPE_BUFFER_BYTES: usize = 64 * 1024;

/// Copies bytes both ways between two upgraded connections until both sides have ended; returns the byte counts
/// (first to second, second to first).
pub async fn pipe_upgraded(first: Upgraded, second: Upgraded) -> io::Result<(u64, u64)> {
    let (mut first, mut second) = (TokioIo::new(first), TokioIo::new(second));
    tokio::io::copy_bidirectional_with_sizes(&mut first, &mut second, PIPE_BUFFER_BYTES, PIPE_BUFFER_BYTES).await
}

/// Whether the request asks for a protocol change (`Connection: Upgrade`).
pub fn is_upgrade_request(headers: &HeaderMap) -> bool {
    has_token(headers, CONNECTION.as_str(), "upgrade") && headers.contains_key(UPGRADE)
}

/// Whether the request asks for a WebSocket.
pub fn is_websocket_request(headers: &HeaderMap) -> bool {
    has_token(headers, CONNECTION.as_str(), "upgrade") && has_token(headers, UPGRADE.as_str(), "websocket")
}

fn has_token(headers: &HeaderMap, name: &str, token: &str) -> bool {
    tokens(headers, name).any(|found| found.eq_ignore_ascii_case(token))
}

fn tokens<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|token| !token.is_empty())
}

/// The subprotocols that a WebSocket request offers, in order.
pub fn offered_protocols(headers: &HeaderMap) -> Vec<&str> {
    tokens(headers, SEC_WEBSOCKET_PROTOCOL.as_str()).collect()
}

/// Headers of the `101` that accepts a WebSocket request; `None` when the request has no key.
pub fn accept_headers(request: &HeaderMap, protocol: Option<&str>) -> Option<HeaderMap> {
    let key = request.get(SEC_WEBSOCKET_KEY)?;
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()?;
    let mut headers = HeaderMap::new();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    if let Some(protocol) = protocol {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_str(protocol).ok()?);
    }
    Some(headers)
}

/// Headers of a WebSocket request that offers `protocols`.
pub fn request_headers(protocols: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert("sec-websocket-version", HeaderValue::from_static("13"));
    let key = HeaderValue::from_str(&generate_key()).expect("base64 text is a header value");
    headers.insert(SEC_WEBSOCKET_KEY, key);
    if let Ok(offer) = HeaderValue::from_str(&protocols.join(", ")) {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, offer);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_websocket_request_is_told_by_its_tokens() {
        let mut headers = request_headers(&["v5.channel.k8s.io", "v4.channel.k8s.io"]);
        assert!(is_websocket_request(&headers));
        assert_eq!(offered_protocols(&headers), ["v5.channel.k8s.io", "v4.channel.k8s.io"]);
        headers.insert(CONNECTION, HeaderValue::from_static("keep-alive, Upgrade"));
        assert!(is_websocket_request(&headers));
        headers.insert(UPGRADE, HeaderValue::from_static("SPDY/3.1"));
        assert!(!is_websocket_request(&headers));
        assert!(is_upgrade_request(&headers));
    }

    #[test]
    fn the_accept_key_is_that_of_the_rfc() {
        let mut request = HeaderMap::new();
        request.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
        let answer = accept_headers(&request, Some("v5.channel.k8s.io")).expect("there is a key");
        assert_eq!(answer[SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(answer[SEC_WEBSOCKET_PROTOCOL], "v5.channel.k8s.io");
        assert!(accept_headers(&HeaderMap::new(), None).is_none());
    }
}
