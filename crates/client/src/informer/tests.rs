use std::collections::VecDeque;
use std::sync::Arc;

use apimachinery::json;
use apimachinery::status::Status;
use apimachinery::tree;
use apimachinery::value::Value;
use apimachinery::watch::{WatchEventType, WatchFrame};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::*;
use crate::resources::CONFIG_MAPS;
use crate::transport::{Request, Response, ResponseBody, Transport, TransportError};

/// Answers one request after the other from a script and remembers what was asked.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Response>>,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.asked.lock().push(request.uri().to_string());
        let answer = self.answers.lock().pop_front();
        match answer {
            Some(answer) => Ok(answer),
            // The script is over: hang, as a quiet watch does.
            None => std::future::pending().await,
        }
    }
}

fn response(status: u16, body: ResponseBody) -> Response {
    let status = StatusCode::from_u16(status).expect("tests use real codes");
    Response { status, headers: HeaderMap::new(), body }
}

fn config_map(name: &str, revision: u64, text: &str) -> Value {
    tree!({"kind": "ConfigMap", "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "a", "resourceVersion": (revision.to_string())},
        "data": {"text": text}})
}

fn frame(event_type: WatchEventType, name: &str, revision: u64, text: &str) -> WatchFrame {
    WatchFrame {
        event_type,
        revision,
        ends_initial_events: false,
        object: Arc::new(json::encode_object(&config_map(name, revision, text), revision)),
    }
}

fn end_of_list(revision: u64) -> WatchFrame {
    WatchFrame { ends_initial_events: true, ..frame(WatchEventType::Bookmark, "bookmark", revision, "") }
}

/// A typed watch that sends these frames, and its sender for later ones.
fn typed(frames: Vec<WatchFrame>) -> (Response, mpsc::Sender<WatchFrame>) {
    let (sender, receiver) = mpsc::channel(64);
    for frame in frames {
        sender.try_send(frame).expect("the channel has room");
    }
    (response(200, ResponseBody::Watch(receiver)), sender)
}

fn wire(text: &str) -> (Response, mpsc::Sender<Result<Bytes, TransportError>>) {
    let (sender, receiver) = mpsc::channel(64);
    sender.try_send(Ok(Bytes::from(text.to_owned()))).expect("the channel has room");
    (response(200, ResponseBody::Chunks(receiver)), sender)
}

fn refusal(code: u16, reason: &'static str) -> Response {
    let status = Status { code, reason, message: "no".into(), details: None };
    response(code, ResponseBody::Full(Bytes::from(json::to_vec(&status.to_value()))))
}

fn start(answers: Vec<Response>) -> (Informer<String>, Arc<Script>) {
    let script = Arc::new(Script { answers: Mutex::new(answers.into()), ..Script::default() });
    let client = Client::new(Arc::clone(&script) as Arc<dyn Transport>, "test");
    (Informer::start(client, CONFIG_MAPS, Scope::default(), text_of), script)
}

fn text_of(bytes: &[u8]) -> Option<String> {
    let value = json::parse(bytes).ok()?;
    let text = value.str_at(&["data", "text"]);
    (text != "unreadable").then(|| text.to_owned())
}

fn names(informer: &Informer<String>) -> String {
    let texts: Vec<String> = informer.list().iter().map(|(key, entry)| format!("{key}={}", entry.digest)).collect();
    texts.join(" ")
}

use WatchEventType::{Added, Deleted, Modified};

#[tokio::test]
async fn a_streamed_list_is_followed_by_changes() {
    let (answer, changes) = typed(vec![frame(Added, "x", 3, "1"), frame(Added, "y", 2, "1"), end_of_list(5)]);
    let (informer, script) = start(vec![answer]);
    informer.wait_revision(5).await;
    assert_eq!(names(&informer), "a/x=1 a/y=1");
    assert!(script.asked.lock()[0].contains("sendInitialEvents=true"), "{:?}", script.asked.lock());

    for change in [frame(Modified, "x", 6, "2"), frame(Deleted, "y", 7, "1")] {
        changes.send(change).await.expect("the informer listens");
    }
    informer.wait_revision(7).await;
    assert_eq!(names(&informer), "a/x=2");
}

#[tokio::test]
async fn the_revisions_of_a_list_in_progress_do_not_count() {
    let (answer, changes) = typed(vec![frame(Added, "x", 9, "1")]);
    let (informer, _script) = start(vec![answer]);
    while informer.is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(!informer.is_synced());
    changes.send(end_of_list(9)).await.expect("the informer listens");
    informer.wait_revision(9).await;
}

#[tokio::test]
async fn a_list_after_410_removes_what_is_gone_and_tells_so() {
    let (first, first_end) = typed(vec![frame(Added, "x", 1, "1"), frame(Added, "y", 2, "1"), end_of_list(2)]);
    let (second, _open) = typed(vec![frame(Added, "y", 2, "1"), frame(Added, "z", 8, "1"), end_of_list(9)]);
    let (informer, script) = start(vec![first, refusal(410, "Expired"), second]);
    let mut changes = informer.subscribe();
    informer.wait_synced().await;
    drop(first_end);
    informer.wait_revision(9).await;
    assert_eq!(names(&informer), "a/y=1 a/z=1");
    let mut told = Vec::new();
    while let Ok(change) = changes.try_recv() {
        told.push(format!("{} {}", change.key, change.new.is_some()));
    }
    assert_eq!(told, ["a/x true", "a/y true", "a/z true", "a/x false"]);
    assert!(script.asked.lock()[1].contains("resourceVersion=2"), "{:?}", script.asked.lock());
}

#[tokio::test]
async fn a_server_without_streamed_lists_is_listed_in_pages() {
    let page = |token: &str, item: &Value| {
        let body = tree!({"kind": "ConfigMapList", "apiVersion": "v1",
            "metadata": {"resourceVersion": "7", "continue": token}, "items": [(item.clone())]});
        response(200, ResponseBody::Full(Bytes::from(json::to_vec(&body))))
    };
    let event = tree!({"type": "MODIFIED", "object": (config_map("x", 8, "2"))});
    let (watch, _open) = wire(&String::from_utf8_lossy(&json::to_vec(&event)));
    let (informer, script) = start(vec![
        refusal(422, "Invalid"),
        page("more", &config_map("x", 3, "1")),
        page("", &config_map("y", 4, "1")),
        watch,
    ]);
    informer.wait_revision(8).await;
    assert_eq!(names(&informer), "a/x=2 a/y=1");
    assert!(script.asked.lock()[2].contains("continue=more"), "{:?}", script.asked.lock());
    assert!(script.asked.lock()[3].contains("resourceVersion=7"), "{:?}", script.asked.lock());
}

#[tokio::test]
async fn an_object_that_cannot_be_read_is_left_out() {
    let (answer, _open) = typed(vec![frame(Added, "x", 1, "unreadable"), frame(Added, "y", 2, "1"), end_of_list(2)]);
    let (informer, _script) = start(vec![answer]);
    informer.wait_synced().await;
    assert_eq!(names(&informer), "a/y=1");
}

#[tokio::test]
async fn the_first_subscriber_gets_what_is_already_there() {
    let (answer, _open) = typed(vec![frame(Added, "x", 1, "1"), end_of_list(1)]);
    let (informer, _script) = start(vec![answer]);
    informer.wait_synced().await;
    let mut changes = informer.subscribe();
    assert_eq!(&*changes.recv().await.expect("one addition").key.name, "x");
}

#[tokio::test]
async fn the_watch_ends_with_the_last_clone() {
    let (answer, changes) = typed(vec![end_of_list(1)]);
    let (informer, _script) = start(vec![answer]);
    informer.wait_synced().await;
    drop(informer.clone());
    assert!(!changes.is_closed());
    drop(informer);
    changes.closed().await;
}

#[tokio::test]
async fn relist_replaces_the_view() {
    let (first, _open) = typed(vec![frame(Added, "x", 1, "1"), end_of_list(1)]);
    let (second, _open2) = typed(vec![frame(Added, "y", 4, "1"), end_of_list(4)]);
    let (informer, _script) = start(vec![first, second]);
    informer.wait_synced().await;
    informer.relist().await;
    assert_eq!(names(&informer), "a/y=1");
}

#[test]
fn an_index_follows_changes() {
    let objects: Vec<EncodedObject> = [("x", 1, "red"), ("y", 2, "blue"), ("z", 3, "red")]
        .map(|(name, revision, text)| json::encode_object(&config_map(name, revision, text), revision))
        .to_vec();
    let informer = Informer::fixed(CONFIG_MAPS, text_of, &objects);
    informer.add_index("text", |_, text: &String| vec![text.clone()]);
    let found = |value: &str| -> Vec<String> {
        informer.indexed("text", value).iter().map(|(key, _)| key.to_string()).collect()
    };
    assert_eq!(found("red"), ["a/x", "a/z"]);
    informer.shared.apply(&frame(Modified, "x", 4, "blue"));
    informer.shared.apply(&frame(Deleted, "z", 5, "red"));
    assert_eq!(found("red"), [""; 0]);
    assert_eq!(found("blue"), ["a/x", "a/y"]);
}

#[test]
fn seen_moves_only_with_news() {
    let object = json::encode_object(&config_map("x", 1, "old"), 1);
    let informer = Informer::idle(CONFIG_MAPS, text_of);
    informer.seen_when(|old, new| old != new);
    informer.fill(&[object]);
    let seen = || informer.seen(&ObjectKey::new("a", "x")).expect("it is there");
    let first = seen();
    informer.shared.apply(&frame(Modified, "x", 2, "old"));
    assert_eq!(seen(), first);
    informer.shared.apply(&frame(Modified, "x", 3, "new"));
    assert!(seen() > first);
}
