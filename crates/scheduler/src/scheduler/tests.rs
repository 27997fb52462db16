use std::collections::HashMap;
use std::time::Instant;

use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use apimachinery::watch::{WatchEventType, WatchFrame};
use async_trait::async_trait;
use client::transport::{Request, Response, ResponseBody, TransportError};
use http::{HeaderMap, Method, StatusCode};

use super::*;

/// Answers watches, and takes down what is written.
struct Server {
    watchers: Mutex<HashMap<String, mpsc::Sender<WatchFrame>>>,
    written: mpsc::Sender<(String, Value)>,
    /// Bindings that are refused first.
    refusals: Mutex<usize>,
}

fn frame(object: &Value, revision: u64, ends_initial_events: bool) -> WatchFrame {
    let event_type = match ends_initial_events {
        true => WatchEventType::Bookmark,
        false => WatchEventType::Added,
    };
    let object = Arc::new(json::encode_object(object, revision));
    WatchFrame { event_type, revision, ends_initial_events, object }
}

fn named(kind: &str, name: &str, rest: Value) -> Value {
    let namespace = if kind == "Pod" { "a" } else { "" };
    let mut object = tree!({"kind": kind, "apiVersion": "v1",
        "metadata": {"name": name, "namespace": namespace, "uid": name}});
    for (field, value) in rest.as_object().into_iter().flat_map(|map| map.iter()) {
        object.as_object_mut().expect("just made").insert(field.to_owned(), value.clone());
    }
    object
}

#[async_trait]
impl Transport for Server {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let path = request.uri().path().to_owned();
        let (status, body) = if request.method() == Method::GET {
            let (sender, receiver) = mpsc::channel(16);
            let end = frame(&named("Node", "end", Value::object()), 1, true);
            sender.try_send(end).expect("the channel has room");
            self.watchers.lock().insert(path, sender);
            (StatusCode::OK, ResponseBody::Watch(receiver))
        } else {
            let body = json::parse(request.body()).expect("the scheduler sends JSON");
            let is_refused = path.ends_with("/binding") && {
                let mut refusals = self.refusals.lock();
                let is_refused = *refusals > 0;
                *refusals = refusals.saturating_sub(1);
                is_refused
            };
            self.written.send((path, body)).await.expect("the test listens");
            match is_refused {
                true => (StatusCode::INTERNAL_SERVER_ERROR, ResponseBody::Full(Bytes::new())),
                false => (StatusCode::CREATED, ResponseBody::Full(Bytes::from_static(b"{}"))),
            }
        };
        Ok(Response { status, headers: HeaderMap::new(), body })
    }
}

struct Bench {
    server: Arc<Server>,
    written: mpsc::Receiver<(String, Value)>,
    running: Running,
}

impl Bench {
    async fn start(refusals: usize) -> Self {
        let (sender, written) = mpsc::channel(64);
        let refusals = Mutex::new(refusals);
        let server = Arc::new(Server { watchers: Mutex::default(), written: sender, refusals });
        let running = start(&Config::default(), Arc::clone(&server) as Arc<dyn Transport>);
        while server.watchers.lock().len() < 2 {
            tokio::task::yield_now().await;
        }
        let bench = Bench { server, written, running };
        let allocatable = tree!({"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "9"}});
        bench.send("/api/v1/nodes", &named("Node", "n1", tree!({"status": allocatable})), 2).await;
        bench
    }

    async fn send(&self, path: &str, object: &Value, revision: u64) {
        let watcher = self.server.watchers.lock().get(path).expect("it is watched").clone();
        watcher.send(frame(object, revision, false)).await.expect("the scheduler watches");
    }

    async fn pod(&self, name: &str, cpu: &str, revision: u64) {
        let containers = tree!([{"resources": {"requests": {"cpu": cpu}}}]);
        let spec = tree!({"schedulerName": "default-scheduler", "containers": containers});
        self.send("/api/v1/pods", &named("Pod", name, tree!({"spec": spec})), revision).await;
    }

    /// The next write to a path that ends so.
    async fn written(&mut self, suffix: &str) -> Value {
        loop {
            let (path, body) = self.written.recv().await.expect("the scheduler writes");
            if path.ends_with(suffix) {
                return body;
            }
        }
    }
}

#[tokio::test]
async fn a_pod_is_bound_within_a_millisecond_or_so_and_an_event_tells() {
    let mut bench = Bench::start(0).await;
    let mut fastest = Duration::MAX;
    for number in 0..5 {
        let seen = Instant::now();
        bench.pod(&format!("p{number}"), "10m", 3 + number).await;
        let binding = bench.written("/binding").await;
        fastest = fastest.min(seen.elapsed());
        assert_eq!(binding.str_at(&["target", "name"]), "n1");
        assert_eq!(binding.name(), format!("p{number}"));
    }
    println!("from the watch event to the binding request: {fastest:?}");
    // Far above what it takes, far below any polling.
    assert!(fastest < Duration::from_millis(20), "{fastest:?}");
    let event = bench.written("/events").await;
    assert!(event.str_at(&["message"]).starts_with("Successfully assigned a/p"), "{event:?}");
    assert_eq!(event.str_at(&["source", "component"]), "default-scheduler");
    bench.running.stop().await;
}

#[tokio::test]
async fn a_pod_that_fits_nowhere_gets_a_condition_and_an_event() {
    let mut bench = Bench::start(0).await;
    bench.pod("big", "5", 3).await;
    let (mut condition, mut event) = (None, None);
    while condition.is_none() || event.is_none() {
        let (path, body) = bench.written.recv().await.expect("the scheduler writes");
        match path.ends_with("/events") {
            true => event = Some(body.str_at(&["message"]).to_owned()),
            false => condition = body.items_at(&["status", "conditions"]).first().cloned(),
        }
    }
    let (condition, event) = (condition.expect("was seen"), event.expect("was seen"));
    assert_eq!(condition.str_at(&["reason"]), "Unschedulable");
    assert_eq!(condition.str_at(&["message"]), event);
    assert!(event.starts_with("0/1 nodes are available: 1 Insufficient cpu."), "{event}");
}

#[tokio::test]
async fn a_refused_binding_is_told_and_taken_back() {
    let mut bench = Bench::start(1).await;
    bench.pod("x", "10m", 3).await;
    let mut told = Vec::new();
    while told.len() < 3 {
        let (path, body) = bench.written.recv().await.expect("the scheduler writes");
        let conditions = body.items_at(&["status", "conditions"]);
        told.push(match conditions.first() {
            Some(condition) => condition.str_at(&["reason"]).to_owned(),
            None if path.ends_with("/events") => body.str_at(&["message"]).replace(": ", "\n"),
            None => path.rsplit('/').next().unwrap_or("").to_owned(),
        });
    }
    told.sort();
    let firsts: Vec<&str> = told.iter().filter_map(|text| text.lines().next()).collect();
    assert_eq!(firsts, ["SchedulerError", "binding", "binding rejected"]);
}
