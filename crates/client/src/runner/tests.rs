use std::collections::BTreeMap;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::time::Now;
use apimachinery::tree;
use apimachinery::value::Value;
use apimachinery::watch::{WatchEventType, WatchFrame};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use tokio::sync::mpsc;

use super::*;
use crate::controller::{AnyWatch, Watch};
use crate::informer::Scope;
use crate::plan::{Plan, Write};
use crate::resources::CONFIG_MAPS;
use crate::transport::{Request, Response, ResponseBody, Transport, TransportError};

/// A server for ConfigMaps: creations, watches that lag until they are let go on.
#[derive(Default)]
struct Server {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    revision: u64,
    objects: BTreeMap<String, Value>,
    watchers: Vec<mpsc::Sender<WatchFrame>>,
    creations: Vec<String>,
    refusals: usize,
}

impl State {
    fn put(&mut self, mut object: Value) -> Value {
        self.revision += 1;
        object.set_meta("resourceVersion", &self.revision.to_string());
        self.objects.insert(object.name().to_owned(), object.clone());
        let frame = frame(&object, self.revision, false);
        self.watchers.retain(|watcher| watcher.try_send(frame.clone()).is_ok());
        object
    }

    fn watch(&mut self) -> ResponseBody {
        let (sender, receiver) = mpsc::channel(256);
        for object in self.objects.values() {
            let revision = object.resource_version().parse().expect("put sets it");
            sender.try_send(frame(object, revision, false)).expect("the channel has room");
        }
        let end = config_map("bookmark");
        sender.try_send(frame(&end, self.revision.max(1), true)).expect("the channel has room");
        self.watchers.push(sender);
        ResponseBody::Watch(receiver)
    }
}

fn frame(object: &Value, revision: u64, ends_initial_events: bool) -> WatchFrame {
    let event_type = match ends_initial_events {
        true => WatchEventType::Bookmark,
        false => WatchEventType::Added,
    };
    let object = Arc::new(json::encode_object(object, revision));
    WatchFrame { event_type, revision, ends_initial_events, object }
}

fn config_map(name: &str) -> Value {
    tree!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name, "namespace": "a"}})
}

#[async_trait]
impl Transport for Server {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut state = self.state.lock();
        let (status, body) = match *request.method() {
            Method::GET => (StatusCode::OK, state.watch()),
            _ if state.refusals > 0 => {
                state.refusals -= 1;
                (StatusCode::INTERNAL_SERVER_ERROR, ResponseBody::Full(Bytes::new()))
            }
            _ => {
                let object = json::parse(request.body()).expect("the runner sends JSON");
                state.creations.push(object.name().to_owned());
                let answer = state.put(object);
                (StatusCode::CREATED, ResponseBody::Full(Bytes::from(json::to_vec(&answer))))
            }
        };
        Ok(Response { status, headers: HeaderMap::new(), body })
    }
}

/// Makes `<name>-copy` for every ConfigMap that is no copy itself.
struct Copier;

struct Name(String);

impl Controller for Copier {
    fn name(&self) -> &'static str {
        "copier"
    }
    fn identity(&self) -> &'static str {
        "copier"
    }
    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        let project = |bytes: &[u8]| Some(Name(json::parse(bytes).ok()?.name().to_owned()));
        vec![Watch::<Name>::new(CONFIG_MAPS, project).touches_itself().boxed()]
    }
    fn reconcile(&self, view: &View, key: &Key, _now: Now) -> Plan {
        let copy = format!("{}-copy", key.name());
        let is_done = view.get::<Name>(CONFIG_MAPS, "a", &copy).is_some_and(|it| it.digest.0 == copy);
        match key.name().ends_with("-copy") || is_done {
            true => Plan::none(),
            false => Plan::write(Write::create(CONFIG_MAPS, config_map(&copy))),
        }
    }
}

async fn run_until_copied(server: &Arc<Server>, names: &[&str]) -> Vec<String> {
    let client = Client::new(Arc::clone(server) as Arc<dyn Transport>, "test");
    let mut runner = Runner::new(client.clone());
    runner.add(Arc::new(Copier), client.clone());
    let running = runner.start();
    let view = crate::informer::Informer::start(client, CONFIG_MAPS, Scope::default(), |bytes| {
        Some(json::parse(bytes).ok()?.name().to_owned())
    });
    running.wait_synced().await;
    for name in names {
        server.state.lock().put(config_map(name));
    }
    view.wait_until(|view| view.len() >= 2 * names.len()).await;
    running.stop().await;
    let mut creations = server.state.lock().creations.clone();
    creations.sort();
    creations
}

#[tokio::test]
async fn every_change_is_worked_on_and_every_write_is_made_once() {
    let server = Arc::new(Server::default());
    let creations = run_until_copied(&server, &["x", "y", "z"]).await;
    assert_eq!(creations, ["x-copy", "y-copy", "z-copy"]);
}

#[tokio::test]
async fn a_write_that_fails_is_tried_again() {
    let server = Arc::new(Server::default());
    server.state.lock().refusals = 2;
    assert_eq!(run_until_copied(&server, &["x"]).await, ["x-copy"]);
}
