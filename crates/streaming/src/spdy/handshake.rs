//! The upgrade to SPDY and the choice of what is spoken over it (`X-Stream-Protocol-Version`).

use http::header::{CONNECTION, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::PROTOCOL;
use crate::upgrade::is_upgrade_request;

/// Header of the protocols that are offered and the one that is chosen.
pub const VERSION_HEADER: HeaderName = HeaderName::from_static("x-stream-protocol-version");
/// Header of the protocols that would have been accepted.
pub const ACCEPTED_HEADER: HeaderName = HeaderName::from_static("x-accepted-stream-protocol-versions");

/// Whether the request asks for SPDY.
pub fn is_request(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(UPGRADE).and_then(|value| value.to_str().ok()).unwrap_or("");
    is_upgrade_request(headers) && upgrade.to_ascii_lowercase().contains(&PROTOCOL.to_ascii_lowercase())
}

/// What a client offers, in order.
pub fn offered(headers: &HeaderMap) -> Vec<&str> {
    headers.get_all(VERSION_HEADER).into_iter().filter_map(|value| value.to_str().ok()).collect()
}

/// The client's first offer that is spoken here; a client that offers nothing gets the empty name.
///
/// # Errors
/// Upstream's text when nothing fits.
pub fn choose<'a>(headers: &HeaderMap, spoken: &[&'a str]) -> Result<&'a str, String> {
    let offered = offered(headers);
    if offered.is_empty() {
        return Ok("");
    }
    let fitting = offered.iter().find_map(|offer| spoken.iter().find(|name| *name == offer).copied());
    fitting.ok_or_else(|| {
        format!(
            "unable to upgrade: unable to negotiate protocol: client supports [{}], server accepts [{}]",
            offered.join(" "),
            spoken.join(" ")
        )
    })
}

/// Headers of the `101` that accepts it.
pub fn accept_headers(protocol: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static(PROTOCOL));
    if let Some(value) = HeaderValue::from_str(protocol).ok().filter(|_| !protocol.is_empty()) {
        headers.insert(VERSION_HEADER, value);
    }
    headers
}

/// Headers of a request that offers `protocols`.
pub fn request_headers(protocols: &[&str]) -> HeaderMap {
    let mut headers = accept_headers("");
    for protocol in protocols {
        if let Ok(value) = HeaderValue::from_str(protocol) {
            headers.append(VERSION_HEADER, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_first_fitting_offer_is_chosen() {
        let headers = request_headers(&["v9.channel.k8s.io", "v3.channel.k8s.io", "v4.channel.k8s.io"]);
        assert!(is_request(&headers));
        assert_eq!(choose(&headers, &["v4.channel.k8s.io", "v3.channel.k8s.io"]), Ok("v3.channel.k8s.io"));
        assert_eq!(choose(&HeaderMap::new(), &["a"]), Ok(""));
        assert_eq!(
            choose(&request_headers(&["x", "y"]), &["a", "b"]).expect_err("nothing fits"),
            "unable to upgrade: unable to negotiate protocol: client supports [x y], server accepts [a b]"
        );
    }
}
