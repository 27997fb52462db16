use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

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
use crate::client::Resource;
use crate::controller::{AnyWatch, Watch};
use crate::informer::{Informer, Scope};
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

fn config_maps() -> Watch<Name> {
    Watch::new(CONFIG_MAPS, |bytes| Some(Name(json::parse(bytes).ok()?.name().to_owned()))).touches_itself()
}

/// All ConfigMaps as a client sees them.
fn seen(client: Client) -> Informer<String> {
    Informer::start(client, CONFIG_MAPS, Scope::default(), |bytes| Some(json::parse(bytes).ok()?.name().to_owned()))
}

impl Controller for Copier {
    fn name(&self) -> &'static str {
        "copier"
    }
    fn identity(&self) -> &'static str {
        "copier"
    }
    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![config_maps().boxed()]
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
    let view = seen(client);
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

/// Copies ConfigMaps while they are served.
struct LiveCopier {
    is_served: Arc<AtomicBool>,
    told: mpsc::UnboundedSender<usize>,
}

impl Controller for LiveCopier {
    fn name(&self) -> &'static str {
        "copier"
    }
    fn identity(&self) -> &'static str {
        "copier"
    }
    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        self.is_served.load(Ordering::Relaxed).then(|| config_maps().live().boxed()).into_iter().collect()
    }
    fn touched_by_kind(&self, view: &View, resource: Resource, _keys: &mut Vec<Key>) {
        let seen = view.watched::<Name>(resource).filter(|it| it.is_synced());
        let _ = self.told.send(seen.map_or(0, Informer::len));
    }
    fn reconcile(&self, view: &View, key: &Key, now: Now) -> Plan {
        match view.watched::<Name>(CONFIG_MAPS) {
            Some(_) => Copier.reconcile(view, key, now),
            None => Plan::none(),
        }
    }
}

#[tokio::test]
async fn kinds_come_and_go_while_controllers_run() {
    let server = Arc::new(Server::default());
    server.state.lock().put(config_map("x"));
    let client = Client::new(Arc::clone(&server) as Arc<dyn Transport>, "test");
    let (is_served, (told, mut heard)) = (Arc::new(AtomicBool::new(false)), mpsc::unbounded_channel());
    let changes = watch::Sender::new(0);
    let mut runner = Runner::new(client.clone());
    runner.follow(changes.subscribe());
    runner.add(Arc::new(LiveCopier { is_served: Arc::clone(&is_served), told }), client.clone());
    let running = runner.start();
    running.wait_synced().await;
    assert!(server.state.lock().watchers.is_empty());
    is_served.store(true, Ordering::Relaxed);
    changes.send_replace(1);
    assert_eq!(heard.recv().await, Some(0), "told when it comes");
    assert!(heard.recv().await.is_some_and(|seen| seen > 0), "told when it is complete");
    let view = seen(client);
    view.wait_until(|view| view.len() == 2).await;
    let watcher = server.state.lock().watchers[0].clone();
    is_served.store(false, Ordering::Relaxed);
    changes.send_replace(2);
    assert_eq!(heard.recv().await, Some(0), "told when it goes");
    watcher.closed().await;
    running.stop().await;
    assert_eq!(server.state.lock().creations, ["x-copy"]);
}
