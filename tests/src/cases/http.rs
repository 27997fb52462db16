//! Requests as case commands: `http METHOD PATH [type=MEDIA] [accept=MEDIA] [token=TEXT] [size=BYTES]
//! [show=PATH]`.
//!
//! The answer is shown as its code and reason, its message, and one line for each cause; with `show=` as what is at
//! a dotted path of the object, such as `status.containerStatuses.0.ready`.

use std::fmt::Write;

use anyhow::Context;
use apimachinery::json;
use apimachinery::value::Value;
use bytes::Bytes;
use http::Method;

use crate::api::{Answer, Api};
use crate::kubectl::Output;

/// Bytes of an answer's text that are shown when it is no object.
const TEXT_BYTES_SHOWN: usize = 500;

/// Sends it and shows what is answered.
///
/// # Errors
/// A command of no known form, or no answer at all.
pub fn run(api: &Api, words: &[String], body: &[u8]) -> anyhow::Result<Output> {
    let [method, path, options @ ..] = words else { anyhow::bail!("want http METHOD PATH") };
    let option = |name: &str| options.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let method = Method::from_bytes(method.as_bytes()).with_context(|| format!("{method:?} is no method"))?;
    let mut body = body.to_vec();
    if let Some(size) = option("size") {
        // A huge body is a valid one with blanks behind it.
        body.resize(size.parse::<usize>().context("size of a body")?, b' ');
    }
    let mut request = http::Request::builder().method(method).uri(path.as_str());
    request = request.header("Accept", option("accept").unwrap_or("application/json"));
    if !body.is_empty() {
        request = request.header("Content-Type", option("type").unwrap_or("application/json"));
    }
    let request = request.body(Bytes::from(body)).with_context(|| format!("request {path:?}"))?;
    let answer = match option("token") {
        None => api.send(request)?,
        Some(token) => api.with_token(token)?.send(request)?,
    };
    let stdout = match option("show") {
        Some(path) => show_at(&answer.value(), path),
        None => show(&answer),
    };
    Ok(Output { stdout, stderr: warnings(&answer), code: 0 })
}

fn show(answer: &Answer) -> String {
    let object = answer.value();
    let mut out = String::new();
    let shown = match (object.str_at(&["kind"]), object.str_at(&["reason"])) {
        ("Status", reason) => show_status(answer.code, reason, &object, &mut out),
        ("", _) => writeln!(out, "{}\n{}", answer.code, cut(&answer.text())),
        (kind, _) => writeln!(out, "{} {kind} {}", answer.code, object.str_at(&["metadata", "name"])),
    };
    shown.expect("a string takes all text");
    out
}

/// What is at a dotted path, as text or JSON; numbers are places in lists.
fn show_at(object: &Value, path: &str) -> String {
    let step = |at: &Value, name: &str| match name.parse::<usize>() {
        Ok(place) => at.as_array().and_then(|items| items.get(place)).cloned().unwrap_or_default(),
        Err(_) => at.field(name).clone(),
    };
    let found = path.split('.').fold(object.clone(), |at, name| step(&at, name));
    match found.as_str() {
        Some(text) => format!("{text}\n"),
        None => format!("{}\n", String::from_utf8_lossy(&json::to_vec(&found))),
    }
}

fn show_status(code: u16, reason: &str, status: &Value, out: &mut String) -> std::fmt::Result {
    writeln!(out, "{}", format!("{code} {} {reason}", status.str_at(&["status"])).trim_end())?;
    status.str_at(&["message"]).lines().try_for_each(|line| writeln!(out, "{line}"))?;
    for cause in status.items_at(&["details", "causes"]) {
        let field = |name: &str| cause.str_at(&[name]);
        writeln!(out, "cause {} {}: {}", field("reason"), field("field"), field("message"))?;
    }
    Ok(())
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES_SHOWN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// `Warning` headers, as kubectl shows them.
fn warnings(answer: &Answer) -> String {
    answer.warnings.iter().map(|text| format!("Warning: {text}\n")).collect()
}
