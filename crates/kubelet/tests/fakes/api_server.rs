//! An API server that stores, patches, deletes and watches, and lets everybody do everything.

use std::collections::BTreeMap;
use std::sync::Arc;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::patch::{merge_patch, strategic_merge_patch};
use apimachinery::value::Value;
use apimachinery::watch::{WatchEventType, WatchFrame};
use async_trait::async_trait;
use bytes::Bytes;
use client::transport::{Request, Response, ResponseBody, Transport, TransportError};
use http::{Method, StatusCode, header};
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};

/// Plural, namespace, name.
type Key = (String, String, String);

struct Watcher {
    plural: String,
    namespace: String,
    fields: Vec<(String, String)>,
    frames: mpsc::Sender<WatchFrame>,
}

#[derive(Default)]
struct State {
    revision: u64,
    objects: BTreeMap<Key, Value>,
    watchers: Vec<Watcher>,
    requests: Vec<String>,
}

/// The server. Cheap to clone.
#[derive(Clone, Default)]
pub struct ApiServer {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
}

struct Path {
    group: String,
    version: String,
    plural: String,
    namespace: String,
    name: String,
    subresource: String,
}

fn path_of(path: &str) -> Path {
    let parts: Vec<_> = path.trim_matches('/').split('/').collect();
    let (group, version, rest) = match parts[0] {
        "api" => ("", parts[1], &parts[2..]),
        _ => (parts[1], parts[2], &parts[3..]),
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
        rest => ("", rest),
    };
    let part = |at: usize| rest.get(at).map(|text| (*text).to_owned()).unwrap_or_default();
    Path {
        group: group.into(),
        version: version.into(),
        plural: part(0),
        namespace: namespace.into(),
        name: part(1),
        subresource: part(2),
    }
}

fn field<'a>(object: &'a Value, path: &str) -> &'a str {
    let parts: Vec<_> = path.split('.').collect();
    object.str_at(&parts)
}

impl ApiServer {
    pub fn put(&self, plural: &str, mut object: Value) {
        let mut state = self.state.lock();
        state.revision += 1;
        let revision = state.revision.to_string();
        object.set(&["metadata", "resourceVersion"], revision.as_str());
        if object.uid().is_empty() {
            object.set_meta("uid", &format!("uid-{revision}"));
        }
        let key = (plural.to_owned(), object.namespace().to_owned(), object.name().to_owned());
        let old = state.objects.insert(key.clone(), object.clone());
        let kind = if old.is_some() { WatchEventType::Modified } else { WatchEventType::Added };
        self.tell(&mut state, &key, kind, &object, old.as_ref());
    }

    pub fn get(&self, plural: &str, namespace: &str, name: &str) -> Option<Value> {
        self.state.lock().objects.get(&(plural.into(), namespace.into(), name.into())).cloned()
    }

    pub fn remove(&self, plural: &str, namespace: &str, name: &str) -> Option<Value> {
        let mut state = self.state.lock();
        let key = (plural.to_owned(), namespace.to_owned(), name.to_owned());
        let mut object = state.objects.remove(&key)?;
        state.revision += 1;
        let revision = state.revision.to_string();
        object.set(&["metadata", "resourceVersion"], revision.as_str());
        self.tell(&mut state, &key, WatchEventType::Deleted, &object, None);
        Some(object)
    }

    pub fn list(&self, plural: &str) -> Vec<Value> {
        let state = self.state.lock();
        state.objects.iter().filter(|((of, ..), _)| of == plural).map(|(_, object)| object.clone()).collect()
    }

    pub fn requests(&self) -> Vec<String> {
        self.state.lock().requests.clone()
    }

    /// Waits until `holds`.
    pub async fn wait(&self, what: &str, holds: impl Fn(&ApiServer) -> bool) {
        let wait = async {
            loop {
                let changed = self.changed.notified();
                if holds(self) {
                    return;
                }
                changed.await;
            }
        };
        if tokio::time::timeout(std::time::Duration::from_secs(10), wait).await.is_err() {
            let objects: Vec<_> =
                self.list("pods").iter().map(|o| String::from_utf8_lossy(&json::to_vec(o)).into_owned()).collect();
            let events: Vec<_> = self
                .list("events")
                .iter()
                .map(|e| format!("{}: {}", e.str_at(&["reason"]), e.str_at(&["message"])))
                .collect();
            panic!(
                "{what} does not come:\n{}\n{}\n{}",
                objects.join("\n"),
                events.join("\n"),
                self.requests().join("\n")
            );
        }
    }

    fn tell(&self, state: &mut State, key: &Key, kind: WatchEventType, object: &Value, _old: Option<&Value>) {
        let frame = frame(kind, object, state.revision);
        state.watchers.retain(|watcher| {
            let is_wanted = watcher.plural == key.0
                && (watcher.namespace.is_empty() || watcher.namespace == key.1)
                && watcher.fields.iter().all(|(path, value)| field(object, path) == value);
            !watcher.frames.is_closed() && (!is_wanted || watcher.frames.try_send(frame.clone()).is_ok())
        });
        self.changed.notify_waiters();
    }

    fn watch(&self, path: &Path, query: &str) -> Response {
        let (frames, receiver) = mpsc::channel(10_000);
        let selector = query.split('&').find_map(|pair| pair.strip_prefix("fieldSelector="));
        let selector = selector.unwrap_or("").replace("%3D", "=").replace("%2C", ",");
        let fields: Vec<_> = selector
            .split(',')
            .filter_map(|term| term.split_once('='))
            .map(|(path, value)| (path.to_owned(), value.to_owned()))
            .collect();
        let mut state = self.state.lock();
        let watcher = Watcher { plural: path.plural.clone(), namespace: path.namespace.clone(), fields, frames };
        for ((plural, namespace, _), object) in &state.objects {
            let is_wanted = *plural == watcher.plural
                && (watcher.namespace.is_empty() || watcher.namespace == *namespace)
                && watcher.fields.iter().all(|(path, value)| field(object, path) == value);
            if is_wanted {
                let revision = object.resource_version().parse().unwrap_or(0);
                watcher.frames.try_send(frame(WatchEventType::Added, object, revision)).expect("room");
            }
        }
        let mut end = Value::object();
        end.set(&["kind"], "Bookmark");
        end.set(&["apiVersion"], "v1");
        end.set(&["metadata", "name"], "");
        let mut bookmark = frame(WatchEventType::Bookmark, &end, state.revision);
        bookmark.ends_initial_events = true;
        watcher.frames.try_send(bookmark).expect("room");
        state.watchers.push(watcher);
        Response { status: StatusCode::OK, headers: http::HeaderMap::new(), body: ResponseBody::Watch(receiver) }
    }

    fn handle(&self, request: &Request) -> (StatusCode, Value) {
        let path = path_of(request.uri().path());
        let missing =
            (StatusCode::NOT_FOUND, status(404, "NotFound", &format!("{} \"{}\" not found", path.plural, path.name)));
        match (request.method().as_str(), path.subresource.as_str()) {
            ("POST", "token") => {
                let mut token = json::parse(request.body()).expect("JSON");
                token.set(&["status", "token"], "TOKEN");
                let end = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
                token.set(&["status", "expirationTimestamp"], apimachinery::time::format_seconds(end));
                (StatusCode::CREATED, token)
            }
            ("POST", _) => {
                let mut object = json::parse(request.body()).expect("JSON");
                if !path.namespace.is_empty() {
                    object.set_meta("namespace", &path.namespace);
                }
                if self.get(&path.plural, &path.namespace, object.name()).is_some() {
                    return (StatusCode::CONFLICT, status(409, "AlreadyExists", "already exists"));
                }
                self.put(&path.plural, object.clone());
                let stored = self.get(&path.plural, &path.namespace, object.name());
                (StatusCode::CREATED, stored.unwrap_or(object))
            }
            ("GET", _) => match self.get(&path.plural, &path.namespace, &path.name) {
                Some(object) => (StatusCode::OK, object),
                None => missing,
            },
            ("PATCH", _) => match self.get(&path.plural, &path.namespace, &path.name) {
                Some(object) => self.patch(&path, object, request),
                None => missing,
            },
            ("DELETE", _) => match self.remove(&path.plural, &path.namespace, &path.name) {
                Some(object) => (StatusCode::OK, object),
                None => missing,
            },
            other => panic!("unexpected request {other:?}"),
        }
    }

    fn patch(&self, path: &Path, object: Value, request: &Request) -> (StatusCode, Value) {
        let patch = json::parse(request.body()).expect("JSON");
        let uid = patch.uid();
        if !uid.is_empty() && uid != object.uid() {
            return (StatusCode::CONFLICT, status(409, "Conflict", "another uid"));
        }
        let resource = api::resource(&path.group, &path.version, &path.plural).expect("a known resource");
        let is_merge = request.headers()[header::CONTENT_TYPE] == "application/merge-patch+json";
        let patched = match is_merge {
            true => merge_patch(&object, request.body()),
            false => strategic_merge_patch(resource.schema, &object, request.body()),
        };
        let patched = patched.expect("a good patch");
        if patched != object {
            self.put(&path.plural, patched);
        }
        (StatusCode::OK, self.get(&path.plural, &path.namespace, &path.name).expect("just stored"))
    }
}

fn frame(event_type: WatchEventType, object: &Value, revision: u64) -> WatchFrame {
    WatchFrame {
        event_type,
        revision,
        ends_initial_events: false,
        object: Arc::new(json::encode_object(object, revision)),
    }
}

fn status(code: i64, reason: &str, message: &str) -> Value {
    apimachinery::tree!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": (code), "reason": (reason), "message": (message)})
}

#[async_trait]
impl Transport for ApiServer {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let query = request.uri().query().unwrap_or("").to_owned();
        if request.method() == Method::GET && query.contains("watch=true") {
            return Ok(self.watch(&path_of(request.uri().path()), &query));
        }
        self.state.lock().requests.push(format!(
            "{} {} {}",
            request.method(),
            request.uri().path(),
            String::from_utf8_lossy(request.body())
        ));
        let (status, body) = self.handle(&request);
        let body = ResponseBody::Full(Bytes::from(json::to_vec(&body)));
        Ok(Response { status, headers: http::HeaderMap::new(), body })
    }
}
