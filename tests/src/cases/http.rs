//! Requests as case commands: `http METHOD PATH [OPTION…]`.
//!
//! | option | what it does |
//! |---|---|
//! | `type=MEDIA` | of the body, JSON unless named; `protobuf` encodes a body in YAML, `hex` sends the bytes it spells as protobuf |
//! | `accept=MEDIA` | also `yaml`, `protobuf`, `table`, `partial` |
//! | `header=NAME:VALUE` | a further header |
//! | `token=TEXT` | another user; empty: nobody |
//! | `size=BYTES` | fills the body with blanks |
//! | `show=PATH` | shows what is at a dotted path of the object, such as `status.containerStatuses.0.ready` |
//! | `items=PATH` | the same for each item of a list, one line each |
//! | `full` | shows the answer whole, with its headers, but without `managedFields` |
//!
//! Else the answer is shown as its code and reason, its message, and one line for each cause.

mod show;
mod watch;
mod wire;

use anyhow::Context;
use bytes::Bytes;
use http::Method;

use crate::api::Api;
use crate::kubectl::{Background, Output};
use show::View;

/// Short names of media types.
const MEDIA: &[(&str, &str)] = &[
    ("json", "application/json"),
    ("yaml", "application/yaml"),
    ("protobuf", "application/vnd.kubernetes.protobuf"),
    ("hex", "application/vnd.kubernetes.protobuf"),
    ("table", "application/json;as=Table;v=v1;g=meta.k8s.io"),
    ("partial", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"),
    ("partials", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"),
    ("merge", "application/merge-patch+json"),
    ("json-patch", "application/json-patch+json"),
    ("strategic", "application/strategic-merge-patch+json"),
    ("apply", "application/apply-patch+yaml"),
];

/// A request in words.
struct Command<'a> {
    method: &'a str,
    path: &'a str,
    options: &'a [String],
}

impl<'a> Command<'a> {
    fn parse(words: &'a [String]) -> anyhow::Result<Self> {
        let [method, path, options @ ..] = words else { anyhow::bail!("want http METHOD PATH") };
        Ok(Command { method, path, options })
    }

    fn option(&self, name: &str) -> Option<&'a str> {
        self.options.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    fn view(&self) -> View<'a> {
        match (self.option("show"), self.option("items")) {
            (Some(path), _) => View::At(path),
            (None, Some(path)) => View::Items(path),
            (None, None) if self.options.iter().any(|word| word == "full") => View::Full,
            (None, None) => View::Short,
        }
    }

    fn request(&self, body: &[u8]) -> anyhow::Result<http::Request<Bytes>> {
        let method = Method::from_bytes(self.method.as_bytes()).with_context(|| format!("{:?}", self.method))?;
        let media = self.option("type").unwrap_or("application/json");
        let mut body = wire::body(media, body)?;
        if let Some(size) = self.option("size") {
            // A huge body is a valid one with blanks behind it.
            body.resize(size.parse::<usize>().context("size of a body")?, b' ');
        }
        let mut request = http::Request::builder().method(method).uri(self.path);
        request = request.header("Accept", long(self.option("accept").unwrap_or("application/json")));
        if !body.is_empty() {
            request = request.header("Content-Type", long(media));
        }
        for header in self.options.iter().filter_map(|word| word.strip_prefix("header=")) {
            let (name, value) = header.split_once(':').context("want header=NAME:VALUE")?;
            request = request.header(name, value.trim_start());
        }
        request.body(Bytes::from(body)).with_context(|| format!("request {:?}", self.path))
    }
}

fn long(media: &str) -> &str {
    MEDIA.iter().find(|(short, _)| *short == media).map_or(media, |(_, long)| long)
}

/// Sends it and shows what is answered.
///
/// # Errors
/// A command of no known form, or no answer at all.
pub fn run(api: &Api, words: &[String], body: &[u8]) -> anyhow::Result<Output> {
    let command = Command::parse(words)?;
    let request = command.request(body)?;
    let answer = match command.option("token") {
        None => api.send(request)?,
        Some(token) => api.with_token(token)?.send(request)?,
    };
    Ok(Output { stdout: show::answer(&answer, command.view()), stderr: show::warnings(&answer), code: 0 })
}

/// Sends a request whose answer goes on; each event of the watch is one line or, with `full`, several.
///
/// # Errors
/// A command of no known form.
pub fn start(api: &Api, words: &[String]) -> anyhow::Result<Background> {
    let command = Command::parse(words)?;
    let is_full = matches!(command.view(), View::Full);
    let request = command.request(b"")?;
    Ok(match command.option("token") {
        None => watch::start(api, request, is_full),
        Some(token) => watch::start(&api.with_token(token)?, request, is_full),
    })
}
