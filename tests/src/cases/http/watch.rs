//! Watches: events as they come.

use std::sync::mpsc;

use apimachinery::json;
use apimachinery::value::Value;
use bytes::Bytes;
use client::client::{ClientError, read_whole};
use client::transport::{Response, ResponseBody};
use tokio::sync::oneshot;

use super::{show, wire};
use crate::api::Api;
use crate::kubectl::Background;

pub fn start(api: &Api, request: http::Request<Bytes>, is_full: bool) -> Background {
    let (events, received) = mpsc::channel();
    let (hold, released) = oneshot::channel();
    api.stream(request, move |answer| async move {
        tokio::select! {
            () = follow(answer, &events, is_full) => {}
            _ = released => {}
        }
    });
    Background::of(received, hold)
}

async fn follow(answer: Result<Response, ClientError>, events: &mpsc::Sender<String>, is_full: bool) {
    let response = match answer {
        Ok(response) => response,
        Err(error) => return drop(events.send(format!("{error}"))),
    };
    let code = response.status.as_u16();
    let mut pieces = match response.body {
        ResponseBody::Chunks(pieces) if code == 200 => pieces,
        body => {
            let refusal = wire::value(&read_whole(body).await.unwrap_or_default());
            let message = refusal.str_at(&["message"]);
            return drop(events.send(format!("{code} {} {message}", refusal.str_at(&["reason"]))));
        }
    };
    let is_protobuf = response.headers.get("Content-Type").is_some_and(|it| it.as_bytes().starts_with(PROTOBUF));
    let mut bytes = Vec::new();
    while let Some(Ok(piece)) = pieces.recv().await {
        bytes.extend_from_slice(&piece);
        let take = if is_protobuf { wire::take_event } else { take_line };
        while let Some((kind, object)) = take(&mut bytes) {
            if events.send(event(&kind, &object, is_full)).is_err() {
                return;
            }
        }
    }
}

const PROTOBUF: &[u8] = b"application/vnd.kubernetes.protobuf";

fn take_line(bytes: &mut Vec<u8>) -> Option<(String, Value)> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let line: Vec<u8> = bytes.drain(..=end).collect();
    let event = json::parse(&line).unwrap_or_default();
    Some((event.str_at(&["type"]).to_owned(), event.field("object").clone()))
}

fn event(kind: &str, object: &Value, is_full: bool) -> String {
    if is_full {
        let lines = show::tree(object);
        return format!("{kind}\n{}", lines.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"));
    }
    let text = |path: &[&str]| object.str_at(path).to_owned();
    let mut shown = format!("{kind} {} {}", text(&["kind"]), text(&["metadata", "name"]));
    if text(&["kind"]) == "Status" {
        let code = object.i64_at(&["code"]).unwrap_or(0);
        shown = format!("{kind} {code} {} {}", text(&["reason"]), text(&["message"]));
    }
    for field in ["labels", "annotations"] {
        let value = object.at(&["metadata", field]);
        if !value.is_null() {
            shown.push_str(&format!(" {field}={}", String::from_utf8_lossy(&json::to_vec(value))));
        }
    }
    shown.trim_end().to_owned()
}
