//! Addresses in answers, made to point through the proxy.

use std::net::SocketAddr;

use http::{HeaderMap, HeaderName, HeaderValue};

/// What addresses are rewritten with.
pub(super) struct Links {
    /// The path of the proxy itself, without a slash at its end.
    prefix: String,
    /// The backend's host, as it would stand in an address.
    backend: String,
    /// The host that the client asked.
    host: String,
}

impl Links {
    /// Of a request for `request_path` that goes to `path` of the backend.
    pub fn of(request_path: &str, path: &str, backend: SocketAddr, host: &str) -> Links {
        let mut suffix = path.to_owned();
        if request_path.ends_with('/') && !suffix.ends_with('/') {
            suffix.push('/');
        }
        let prefix = request_path.strip_suffix(suffix.as_str()).unwrap_or(request_path).to_owned();
        Links { prefix, backend: backend.to_string(), host: host.to_owned() }
    }

    /// Headers that tell the backend where it is seen.
    pub fn forwarded_headers(&self, path: &str, headers: &mut HeaderMap) {
        let mut uri = clean(&format!("{}/{}", self.prefix, escaped(path)));
        if path.ends_with('/') && !uri.ends_with('/') {
            uri.push('/');
        }
        if let Ok(value) = HeaderValue::from_str(&uri) {
            headers.insert(HeaderName::from_static("x-forwarded-uri"), value);
        }
    }

    /// An address of the same host with an absolute path gets the proxy's prefix; others stay.
    pub fn rewrite(&self, url: &str) -> String {
        let (authority, rest) = split(url);
        let is_other_host = authority.is_some_and(|it| {
            !it.is_empty() && it != self.backend && it != self.host && !is_default_port(it, &self.backend)
        });
        if is_other_host || !rest.starts_with('/') {
            return url.to_owned();
        }
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        let (path, tail) = rest.split_at(end);
        if path.starts_with(&self.prefix) {
            return rest.to_owned();
        }
        format!("{}{tail}", clean(&format!("{}{path}", self.prefix)))
    }
}

/// Whether `backend` is `host` with port 80, which an address leaves out.
fn is_default_port(host: &str, backend: &str) -> bool {
    backend.strip_suffix(":80") == Some(host)
}

/// Authority and the rest, from the path on.
fn split(url: &str) -> (Option<&str>, &str) {
    let after_scheme = match url.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => rest,
        _ => url,
    };
    match after_scheme.strip_prefix("//") {
        None if after_scheme.len() != url.len() && !after_scheme.starts_with('/') => (None, ""),
        None => (None, after_scheme),
        Some(rest) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let (authority, rest) = rest.split_at(end);
            (Some(authority), rest)
        }
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|it: char| it.is_ascii_alphabetic())
        && text.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '+' | '-' | '.'))
}

/// A path without `.`, `..` and double slashes; a slash at its end stays. Go's `path.Join`.
pub(super) fn clean(path: &str) -> String {
    if path.is_empty() {
        return String::new();
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let mut out = format!("/{}", segments.join("/"));
    if path.ends_with('/') && !out.ends_with('/') {
        out.push('/');
    }
    out
}

/// A path as it stands in a request: Go's `EscapedPath`.
pub(super) fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => out.push(char::from(byte)),
            b'-' | b'_' | b'.' | b'~' | b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'@' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> Links {
        let backend = "10.0.0.1:8080".parse().expect("an address");
        Links::of("/api/v1/namespaces/n/pods/p/proxy/some/dir/", "/some/dir/", backend, "localhost:8001")
    }

    #[track_caller]
    fn check(url: &str, expected: &str) {
        assert_eq!(links().rewrite(url), expected.replace('~', "/api/v1/namespaces/n/pods/p/proxy"));
    }

    #[test]
    fn absolute_paths_go_through_the_proxy() {
        check("/rewriteme", "~/rewriteme");
        check("/a/../b/?x=1#y", "~/b/?x=1#y");
        check("http://10.0.0.1:8080/a", "~/a");
        check("http://localhost:8001/a", "~/a");
        check("/api/v1/namespaces/n/pods/p/proxy/there", "~/there");
    }

    #[test]
    fn relative_paths_and_other_hosts_stay() {
        for url in ["a/b", "#top", "?x=1", "https://example.com/a", "//example.com/a", "mailto:me@example.com", ""] {
            check(url, url);
        }
    }

    #[test]
    fn paths_are_cleaned_and_escaped() {
        assert_eq!((clean("").as_str(), clean("/").as_str(), clean("//a/./b/../c/").as_str()), ("", "/", "/a/c/"));
        assert_eq!(escaped("/a b/ü?"), "/a%20b/%C3%BC%3F");
    }

    #[test]
    fn the_backend_is_told_where_it_is_seen() {
        let mut headers = HeaderMap::new();
        links().forwarded_headers("/some/dir/", &mut headers);
        assert_eq!(headers["x-forwarded-uri"], "/api/v1/namespaces/n/pods/p/proxy/some/dir/");
    }
}
