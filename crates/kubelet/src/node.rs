//! The Node: registered, kept up to date, its lease renewed.

mod lease;
mod machine;
mod pressure;
mod register;
mod status;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::k8s_openapi::api::core::v1::Node;
use bytes::Bytes;
use client::client::{Client, PatchFormat};
use client::events::{EventRecorder, EventType, ObjectReference};
use client::informer::{Informer, ObjectKey, Scope};
use client::resources::NODES;
use container_interfaces::cri::v1::{ListImagesRequest, StatusRequest, VersionRequest};
use container_interfaces::cri::{ImageService, RuntimeService};
use serde_json::Value;
use tokio::sync::watch;

use crate::admission::NodeFit;
use crate::config::{Config, Dependencies};
use crate::resources::{self, ResourceList};
use crate::status_patch::status_patch;
pub use pressure::Pressure;
use status::{NODE_CONDITIONS, NodeFacts, RuntimeFacts};

/// How often the runtime is asked whether it is ready: while it is not, and when it is.
const RUNTIME_PERIOD_UNREADY: Duration = Duration::from_millis(100);
const RUNTIME_PERIOD: Duration = Duration::from_secs(5);
/// Wait between attempts to register, at first and at most.
const REGISTER_PAUSE: Duration = Duration::from_millis(50);
const REGISTER_PAUSE_MAX: Duration = Duration::from_secs(7);

/// What others need to know of the node.
#[derive(Clone, Debug, Default)]
pub struct NodeState {
    /// Why the runtime is not ready.
    pub runtime_error: Option<String>,
    /// Why the network is not ready.
    pub network_error: Option<String>,
    /// Whether the runtime makes mounts read-only with all that is mounted below them.
    pub has_recursive_read_only: bool,
    /// The Node's UID; empty until it is registered.
    pub uid: String,
    /// What it runs out of.
    pub pressure: Pressure,
    /// What Pods can have.
    pub allocatable: ResourceList,
    /// What admission looks at.
    pub fit: NodeFit,
}

/// Memory of this machine in bytes.
pub fn memory_capacity() -> i64 {
    machine::read().memory_bytes
}

/// Whether this node runs out of something now.
pub fn read_pressure(config: &Config) -> Pressure {
    pressure::read(config)
}

/// A line of `/proc/meminfo` in bytes.
pub fn meminfo(name: &str) -> i64 {
    machine::meminfo(name)
}

/// Sizes of huge pages: as resources name them (`2Mi`) and as cgroups do (`2MB`).
pub fn huge_page_sizes() -> Vec<(String, String)> {
    let sizes = machine::huge_pages().into_keys();
    sizes.map(|size| (size.clone(), size.replace("Ki", "KB").replace("Mi", "MB").replace("Gi", "GB"))).collect()
}

/// CPUs of this machine.
pub fn cpu_count() -> i64 {
    machine::read().cpus
}

/// CPU (thousandths) and memory (bytes) that the cgroup of all Pods is held to.
pub fn for_pods(config: &Config) -> (i64, i64) {
    machine::read().for_pods(config)
}

/// Keeps the Node.
pub struct NodeReporter {
    config: Config,
    client: Client,
    runtime: Arc<dyn RuntimeService>,
    images: Arc<dyn ImageService>,
    recorder: EventRecorder,
    node: Informer<Node>,
    state: watch::Sender<NodeState>,
    machine: machine::Machine,
    pressure: pressure::ShownPressure,
}

impl NodeReporter {
    /// The reporter, and where its findings can be seen.
    pub fn new(
        config: Config,
        dependencies: &Dependencies,
        recorder: EventRecorder,
    ) -> (Self, watch::Receiver<NodeState>) {
        let scope = Scope { field_selector: format!("metadata.name={}", config.node_name), ..Scope::default() };
        let node = Informer::start(dependencies.client.clone(), NODES, scope, |bytes| api::typed::node(bytes).ok());
        let machine = machine::read();
        let allocatable = machine.allocatable(&config);
        let fit = NodeFit {
            name: config.node_name.clone(),
            labels: register::labels(&config),
            taints: config.taints.clone(),
            allocatable: fit_numbers(&allocatable),
            unsafe_sysctls: config.allowed_unsafe_sysctls.clone(),
        };
        let unknown = Some("container runtime status check may not have completed yet".to_owned());
        let state = NodeState {
            runtime_error: unknown.clone(),
            network_error: unknown,
            has_recursive_read_only: false,
            uid: String::new(),
            pressure: Pressure::default(),
            allocatable,
            fit,
        };
        let (state, receiver) = watch::channel(state);
        let reporter = NodeReporter {
            client: dependencies.client.clone(),
            runtime: Arc::clone(&dependencies.runtime),
            images: Arc::clone(&dependencies.images),
            recorder,
            node,
            state,
            machine,
            pressure: pressure::ShownPressure::default(),
            config,
        };
        (reporter, receiver)
    }

    /// Registers the Node and keeps it up to date; never returns.
    pub async fn run(self) {
        self.event(EventType::Normal, "Starting", "Starting kubelet.".into());
        let mut runtime = self.ask_runtime().await;
        let mut uid = self.register(&runtime).await;
        let lease = tokio::spawn(lease::keep(self.client.clone(), self.config.clone(), uid.clone()));
        let _ends_with_us = AbortOnDrop(lease);
        let mut changes = self.node.subscribe();
        let mut addresses = self.config.node_ips.clone();
        let mut reported = tokio::time::Instant::now() - self.config.node_report_period;
        let mut tick = tokio::time::interval(self.config.node_status_period);
        self.event(EventType::Normal, "NodeAllocatableEnforced", "Updated Node Allocatable limit across pods".into());
        loop {
            let is_due = reported.elapsed() >= self.config.node_report_period;
            if self.report(&runtime, is_due).await {
                reported = tokio::time::Instant::now();
            }
            let is_ready = runtime.runtime_error.is_none() && runtime.network_error.is_none();
            let period = if is_ready { RUNTIME_PERIOD } else { RUNTIME_PERIOD_UNREADY };
            tokio::select! {
                _ = tick.tick() => runtime = self.ask_runtime().await,
                () = tokio::time::sleep(period) => runtime = self.ask_runtime().await,
                _ = changes.recv() => self.take_node_in(),
                () = addresses.changed() => {}
            }
            if self.own_node().is_none() && self.node.is_synced() {
                uid = self.register(&runtime).await;
                tracing::debug!(uid, "node registered again");
            }
        }
    }

    fn own_node(&self) -> Option<client::informer::Entry<Node>> {
        self.node.get(&ObjectKey::new("", &self.config.node_name))
    }

    /// Labels and taints that others have changed.
    fn take_node_in(&self) {
        let Some(entry) = self.own_node() else { return };
        let labels = entry.digest.metadata.labels.clone().unwrap_or_default();
        let uid = entry.digest.metadata.uid.clone().unwrap_or_default();
        let taints = entry.digest.spec.as_ref().and_then(|spec| spec.taints.clone()).unwrap_or_default();
        self.state.send_if_modified(|state| {
            let is_new = state.fit.labels != labels || state.fit.taints != taints || state.uid != uid;
            (state.fit.labels, state.fit.taints, state.uid) = (labels, taints, uid);
            is_new
        });
    }

    async fn ask_runtime(&self) -> RuntimeFacts {
        let facts = self.runtime_facts().await;
        self.state.send_if_modified(|state| {
            let is_new = state.runtime_error != facts.runtime_error || state.network_error != facts.network_error;
            state.runtime_error.clone_from(&facts.runtime_error);
            state.network_error.clone_from(&facts.network_error);
            state.has_recursive_read_only = facts.has_recursive_read_only();
            is_new
        });
        facts
    }

    async fn runtime_facts(&self) -> RuntimeFacts {
        let mut facts = match self.runtime.status(StatusRequest { verbose: false }).await {
            Ok(answer) => RuntimeFacts::of(&answer),
            Err(error) => RuntimeFacts::failed(&format!("container runtime is down: {}", error.message())),
        };
        if let Ok(version) = self.runtime.version(VersionRequest { version: "0.1.0".into() }).await {
            facts.version = format!("{}://{}", version.runtime_name, version.runtime_version);
        }
        if let Ok(answer) = self.images.list_images(ListImagesRequest::default()).await {
            facts.images = status::images(answer.images, self.config.node_images_max);
        }
        facts
    }

    /// Creates the Node or brings an older one's labels up to date; its UID.
    async fn register(&self, runtime: &RuntimeFacts) -> String {
        let mut pause = REGISTER_PAUSE;
        loop {
            let node = register::node(&self.config, self.wanted(runtime, &Value::Null).0);
            match register::register(&self.client, &self.config.node_name, &node).await {
                Ok(uid) => return uid,
                Err(error) => tracing::warn!(%error, "register node"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(REGISTER_PAUSE_MAX);
        }
    }

    fn wanted(&self, runtime: &RuntimeFacts, old: &Value) -> (serde_json::Map<String, Value>, Vec<&'static str>) {
        let facts = NodeFacts {
            config: &self.config,
            machine: &self.machine,
            runtime,
            pressure: self.note_pressure(),
            now: client::clock::now(),
        };
        status::wanted(&facts, old)
    }

    fn note_pressure(&self) -> Pressure {
        let shown = self.pressure.note(pressure::read(&self.config), client::clock::boot());
        self.state.send_if_modified(|state| {
            let is_new = state.pressure != shown;
            state.pressure = shown;
            is_new
        });
        shown
    }

    /// Sends the status if it changed, or if it is due; whether it was sent.
    async fn report(&self, runtime: &RuntimeFacts, is_due: bool) -> bool {
        let Some(entry) = self.own_node() else { return false };
        let mut tree: Value = serde_json::from_slice(&entry.object.to_json()).unwrap_or_default();
        let old = tree["status"].take();
        let (wanted, events) = self.wanted(runtime, &old);
        if !is_due && !status::differs(&old, &wanted) {
            return false;
        }
        let empty = serde_json::Map::new();
        let base = status::ours(old.as_object().unwrap_or(&empty));
        let Some(patch) = status_patch(&base, &wanted, &NODE_CONDITIONS) else { return false };
        let body = Bytes::from(serde_json::json!({ "status": patch }).to_string());
        let name = &self.config.node_name;
        match self.client.patch(NODES, "", name, "status", PatchFormat::Strategic, body).await {
            Ok(answer) => {
                for event in events {
                    let message = format!("Node {name} status is now: {event}");
                    self.event(EventType::Normal, event, message);
                }
                // The next look is at what was just written.
                let revision = api::typed::node(&answer).ok().and_then(|node| node.metadata.resource_version);
                if let Some(revision) = revision.and_then(|text| text.parse().ok()) {
                    let seen = self.node.wait_revision(revision);
                    let _ = tokio::time::timeout(RUNTIME_PERIOD, seen).await;
                }
                true
            }
            Err(error) => {
                tracing::warn!(%error, "report node status");
                false
            }
        }
    }

    fn event(&self, event_type: EventType, reason: &str, message: String) {
        let about = ObjectReference {
            kind: "Node".into(),
            name: self.config.node_name.clone(),
            uid: self.config.node_name.clone(),
            ..ObjectReference::default()
        };
        self.recorder.record(&about, event_type, reason, message);
    }
}

/// Ends a task when the one that started it ends.
struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Allocatable amounts as admission counts them.
fn fit_numbers(list: &ResourceList) -> BTreeMap<String, i64> {
    let number = |name: &str| match name {
        "cpu" => resources::milli(Some(list), name),
        _ => resources::whole(Some(list), name),
    };
    list.keys().map(|name| (name.clone(), number(name))).collect()
}
