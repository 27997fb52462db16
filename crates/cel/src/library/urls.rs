//! URLs, as far as Go's parser takes them from a request line: absolute, or a path.

use std::any::Any;
use std::collections::BTreeMap;

use super::{Cost, Function, costly, function, no_overload};
use crate::value::{Key, Opaque, Outcome, Val};

pub(super) static FUNCTIONS: &[Function] = &[
    costly("url(string) -> kubernetes.URL", Cost::Text, url),
    costly("isURL(string) -> bool", Cost::Text, is_url),
    function("kubernetes.URL.getScheme() -> string", |args| of(args, |it| Val::text(it.scheme.as_str()))),
    function("kubernetes.URL.getHost() -> string", |args| of(args, |it| Val::text(it.host.as_str()))),
    function("kubernetes.URL.getHostname() -> string", |args| of(args, |it| Val::text(host_and_port(&it.host).0))),
    function("kubernetes.URL.getPort() -> string", |args| of(args, |it| Val::text(host_and_port(&it.host).1))),
    function("kubernetes.URL.getEscapedPath() -> string", |args| of(args, |it| Val::text(it.path.as_str()))),
    function("kubernetes.URL.getQuery() -> map(string, list(string))", |args| of(args, |it| query(&it.query))),
];

#[derive(Debug, PartialEq)]
struct Url {
    text: String,
    scheme: String,
    host: String,
    path: String,
    query: String,
}

impl Opaque for Url {
    fn type_name(&self) -> &'static str {
        "kubernetes.URL"
    }

    fn equals(&self, other: &dyn Opaque) -> bool {
        other.as_any().downcast_ref::<Url>().is_some_and(|other| self.text == other.text)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn parse(text: &str) -> Result<Url, String> {
    let fault = |why: &str| Err(format!("parse {text:?}: {why}"));
    if text.is_empty() {
        return fault("empty url");
    }
    if text.bytes().any(|b| b < 0x20 || b == 0x7f) {
        return fault("net/url: invalid control character in URL");
    }
    let (scheme, rest) = match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
        _ => (String::new(), text),
    };
    if scheme.is_empty() && !rest.starts_with('/') {
        return fault("invalid URI for request");
    }
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = match rest.strip_prefix("//") {
        Some(after) if !scheme.is_empty() => after.split_at(after.find('/').unwrap_or(after.len())),
        _ if rest.starts_with('/') => ("", rest),
        _ => return fault("invalid URI for request"),
    };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let (_, port) = host_and_port(host);
    if !port.bytes().all(|b| b.is_ascii_digit()) || host.contains(' ') {
        return fault(&format!("invalid port {:?} after host", format!(":{port}")));
    }
    Ok(Url { text: text.to_owned(), scheme, host: host.to_owned(), path: escape(path), query: query.to_owned() })
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

fn escape(path: &str) -> String {
    let escaped = path.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => char::from(byte).to_string(),
        b'-' | b'_' | b'.' | b'~' | b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'@' | b'%' | b'!'
        | b'\'' | b'(' | b')' | b'*' | b'[' | b']' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    });
    escaped.collect()
}

fn host_and_port(host: &str) -> (&str, &str) {
    if let Some((name, rest)) = host.strip_prefix('[').and_then(|it| it.split_once(']')) {
        return (name, rest.strip_prefix(':').unwrap_or(""));
    }
    host.rsplit_once(':').unwrap_or((host, ""))
}

fn query(text: &str) -> Val {
    let mut all: BTreeMap<Key, Vec<Val>> = BTreeMap::new();
    for pair in text.split('&').filter(|it| !it.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        all.entry(Key::String(unescape(key).into())).or_default().push(Val::text(unescape(value)));
    }
    Val::map(all.into_iter().map(|(key, values)| (key, Val::list(values))).collect())
}

fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let escaped = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], escaped) {
            (b'%', Some(byte)) => {
                plain.push(byte);
                at += 2;
            }
            (b'+', _) => plain.push(b' '),
            (other, _) => plain.push(other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&plain).into_owned()
}

fn url(args: &[Val]) -> Outcome {
    let [Val::String(text)] = args else { return no_overload() };
    parse(text)
        .map(Val::opaque)
        .map_err(|error| format!("URL parse error during conversion from string: {error}").into())
}

fn is_url(args: &[Val]) -> Outcome {
    let [Val::String(text)] = args else { return no_overload() };
    Ok(Val::Bool(parse(text).is_ok()))
}

fn of(args: &[Val], part: impl Fn(&Url) -> Val) -> Outcome {
    match args.first().and_then(Val::downcast) {
        Some(url) => Ok(part(url)),
        None => no_overload(),
    }
}

/// Why a text is no URL.
pub(super) fn fault(text: &str) -> Option<String> {
    parse(text).err()
}
