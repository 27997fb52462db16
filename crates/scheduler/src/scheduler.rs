//! The task that watches, decides and binds.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::tree;
use bytes::Bytes;
use client::client::{Client, ClientError, DeleteOptions, PatchFormat};
use client::clock;
use client::events::{EventRecorder, EventType};
use client::informer::{Informer, ObjectKey, Scope};
use client::resources::{NAMESPACES, NODES, POD_DISRUPTION_BUDGETS, PODS};
use client::transport::Transport;
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

use crate::budget::Budget;
use crate::core::{Core, Decision};
use crate::node::NodeInfo;
use crate::pod::PodInfo;
use crate::preemption::Candidate;

/// The user that the scheduler is.
pub const IDENTITY: &str = "system:kube-scheduler";
/// Pods that are being bound at once; further ones wait in the queue.
const BINDINGS_MAX: usize = 256;
/// Bytes of an event's message.
const MESSAGE_BYTES_MAX: usize = 1_024;
/// How long a stop waits for the task.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// What the scheduler needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Pods with this `spec.schedulerName` are scheduled. Default `default-scheduler`.
    pub name: String,
}

impl Default for Config {
    fn default() -> Self {
        Config { name: "default-scheduler".into() }
    }
}

/// A scheduler at work. Dropping it stops it hard.
pub struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    /// Decides no more. Bindings under way are not waited for: they are single requests.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(STOP_TIMEOUT, &mut self.task).await.is_err() {
            tracing::warn!("the scheduler did not finish in time");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts the scheduler on the current runtime; `transport` acts as [`IDENTITY`].
pub fn start(config: &Config, transport: Arc<dyn Transport>) -> Running {
    let (stop, stopped) = watch::channel(false);
    let client = Client::new(transport, "kube-scheduler");
    let task = Task {
        pods: Informer::idle(PODS, PodInfo::project),
        nodes: Informer::idle(NODES, NodeInfo::project),
        budgets: Informer::idle(POD_DISRUPTION_BUDGETS, Budget::project),
        namespaces: Informer::idle(NAMESPACES, NamespaceInfo::project),
        changed: Arc::default(),
        core: Core::new(&config.name),
        recorder: EventRecorder::start(client.clone(), &config.name, ""),
        client,
    };
    Running { stop, task: tokio::spawn(task.run(stopped)) }
}

/// Names of what changed since the task looked last. The truth is read from the informers.
#[derive(Default)]
struct Changed {
    keys: Mutex<ChangedKeys>,
    wake: Notify,
}

#[derive(Default)]
struct ChangedKeys {
    nodes: BTreeSet<ObjectKey>,
    pods: BTreeSet<ObjectKey>,
    budgets: BTreeSet<ObjectKey>,
    namespaces: BTreeSet<ObjectKey>,
}

/// Labels of a namespace.
struct NamespaceInfo {
    labels: Vec<(String, String)>,
}

impl NamespaceInfo {
    fn project(bytes: &[u8]) -> Option<NamespaceInfo> {
        let namespace = json::parse(bytes).ok()?;
        let labels = namespace.labels().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Some(NamespaceInfo { labels })
    }
}

struct Task {
    client: Client,
    pods: Informer<PodInfo>,
    nodes: Informer<NodeInfo>,
    budgets: Informer<Budget>,
    namespaces: Informer<NamespaceInfo>,
    changed: Arc<Changed>,
    core: Core,
    recorder: EventRecorder,
}

impl Task {
    async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        self.listen();
        self.nodes.run(self.client.clone(), Scope::default());
        self.pods.run(self.client.clone(), Scope::default());
        self.budgets.run(self.client.clone(), Scope::default());
        self.namespaces.run(self.client.clone(), Scope::default());
        self.nodes.wait_synced().await;
        self.pods.wait_synced().await;
        let (failed, mut failures) = mpsc::channel::<Arc<PodInfo>>(BINDINGS_MAX);
        let bindings = Arc::new(tokio::sync::Semaphore::new(BINDINGS_MAX));
        loop {
            self.take_changes();
            while let Ok(pod) = failures.try_recv() {
                self.core.unbind(&pod, clock::boot());
            }
            while let Ok(permit) = Arc::clone(&bindings).try_acquire_owned() {
                match self.core.decide(clock::boot()) {
                    None => break,
                    Some(Decision::Bind(pod, node)) => {
                        let binding = self.binding(pod, node, failed.clone());
                        tokio::spawn(async move {
                            binding.perform().await;
                            drop(permit);
                        });
                    }
                    Some(Decision::Unschedulable(pod, message)) => self.report(&pod, message, None),
                    Some(Decision::Preempt(pod, message, candidate)) => {
                        self.report(&pod, message, Some(Arc::clone(&candidate.node)));
                        self.preempt(&pod, candidate);
                    }
                }
                // What a burst changes must not wait for its end.
                self.take_changes();
            }
            let is_full = bindings.available_permits() == 0;
            let due = self.core.next_due().filter(|_| !is_full);
            tokio::select! {
                () = self.changed.wake.notified() => {}
                Some(pod) = failures.recv() => self.core.unbind(&pod, clock::boot()),
                _ = bindings.acquire(), if is_full => {}
                () = sleep_until(due) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
        }
    }

    /// Notes what changes. A wake-up carries no data.
    fn listen(&self) {
        let changed = Arc::clone(&self.changed);
        self.nodes.listen(move |change| {
            changed.keys.lock().nodes.insert(change.key.clone());
            changed.wake.notify_one();
        });
        let changed = Arc::clone(&self.changed);
        self.budgets.listen(move |change| {
            changed.keys.lock().budgets.insert(change.key.clone());
            changed.wake.notify_one();
        });
        let changed = Arc::clone(&self.changed);
        self.namespaces.listen(move |change| {
            changed.keys.lock().namespaces.insert(change.key.clone());
            changed.wake.notify_one();
        });
        let changed = Arc::clone(&self.changed);
        self.pods.listen(move |change| {
            changed.keys.lock().pods.insert(change.key.clone());
            changed.wake.notify_one();
        });
    }

    fn take_changes(&mut self) {
        let changed = std::mem::take(&mut *self.changed.keys.lock());
        let now = clock::boot();
        for key in changed.nodes {
            let node = self.nodes.get(&key).map(|entry| Arc::clone(&entry.digest));
            self.core.set_node(&key.name, node, now);
        }
        for key in changed.budgets {
            let budget = self.budgets.get(&key).map(|entry| Arc::clone(&entry.digest));
            self.core.set_budget(&key, budget);
        }
        for key in changed.namespaces {
            let labels = self.namespaces.get(&key).map(|entry| entry.digest.labels.clone());
            self.core.set_namespace(&key.name, labels);
        }
        for key in changed.pods {
            let pod = self.pods.get(&key).map(|entry| Arc::clone(&entry.digest));
            self.core.set_pod(&key, pod, now);
        }
    }

    fn binding(&self, pod: Arc<PodInfo>, node: Arc<str>, failed: mpsc::Sender<Arc<PodInfo>>) -> Binding {
        let (client, recorder) = (self.client.clone(), self.recorder.clone());
        Binding { client, recorder, pod, node, failed }
    }

    fn report(&self, pod: &Arc<PodInfo>, message: String, nominated: Option<Arc<str>>) {
        let (about, text) = (pod.reference(), truncated(&message));
        self.recorder.record(&about, EventType::Warning, "FailedScheduling", text);
        let (client, pod) = (self.client.clone(), Arc::clone(pod));
        tokio::spawn(async move {
            write_condition(&client, &pod, ("Unschedulable", &message), nominated.as_deref()).await;
        });
    }

    fn preempt(&self, pod: &Arc<PodInfo>, candidate: Candidate) {
        for victim in candidate.victims.into_iter().filter(|victim| !victim.is_terminating) {
            let message = format!("Preempted by pod {} on node {}", pod.uid, candidate.node);
            let (client, recorder) = (self.client.clone(), self.recorder.clone());
            let scheduler = pod.scheduler_name.clone();
            tokio::spawn(async move {
                match remove_victim(&client, &victim, &scheduler).await {
                    Ok(()) => recorder.record(&victim.reference(), EventType::Normal, "Preempted", message),
                    Err(error) => tracing::warn!(pod = %victim.key, %error, "victim not removed"),
                }
            });
        }
    }
}

/// Marks a Pod as disrupted, then deletes it. One that is gone is fine.
async fn remove_victim(client: &Client, victim: &PodInfo, scheduler: &str) -> Result<(), ClientError> {
    let patch = tree!({
        "metadata": {"uid": (victim.uid.as_str())},
        "status": {"conditions": [{
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "PreemptionByScheduler",
            "message": (format!("{scheduler}: preempting to accommodate a higher priority pod")),
            "lastTransitionTime": (clock::now().seconds_text())
        }]}
    });
    let (namespace, name) = (&*victim.key.namespace, &*victim.key.name);
    let gone_is_fine = |result: Result<Bytes, ClientError>| match result {
        Err(error) if error.is_not_found() => Ok(()),
        other => other.map(drop),
    };
    let body = Bytes::from(json::to_vec(&patch));
    gone_is_fine(client.patch(PODS, namespace, name, "status", PatchFormat::Strategic, body).await)?;
    let options = DeleteOptions { uid: Some(victim.uid.clone()), ..DeleteOptions::default() };
    gone_is_fine(client.delete(PODS, namespace, name, &options).await)
}

async fn sleep_until(due: Option<Duration>) {
    match due {
        Some(due) => tokio::time::sleep(due.saturating_sub(clock::boot())).await,
        None => std::future::pending().await,
    }
}

/// One Pod on its way to its node.
struct Binding {
    client: Client,
    recorder: EventRecorder,
    pod: Arc<PodInfo>,
    node: Arc<str>,
    failed: mpsc::Sender<Arc<PodInfo>>,
}

impl Binding {
    async fn perform(self) {
        let Binding { pod, node, .. } = &self;
        let (namespace, name) = (&*pod.key.namespace, &*pod.key.name);
        let body = tree!({
            "kind": "Binding",
            "apiVersion": "v1",
            "metadata": {"name": name, "namespace": namespace, "uid": (pod.uid.as_str())},
            "target": {"kind": "Node", "name": (&**node)}
        });
        let body = Bytes::from(json::to_vec(&body));
        match self.client.create_subresource(PODS, namespace, name, "binding", body).await {
            Ok(_) => {
                let message = format!("Successfully assigned {namespace}/{name} to {node}");
                self.recorder.record(&pod.reference(), EventType::Normal, "Scheduled", message);
            }
            Err(error) => self.fail(&error).await,
        }
    }

    async fn fail(&self, error: &ClientError) {
        if !error.is_not_found() {
            let message = format!("binding rejected: {error}");
            let text = truncated(&message);
            self.recorder.record(&self.pod.reference(), EventType::Warning, "FailedScheduling", text);
            write_condition(&self.client, &self.pod, ("SchedulerError", &message), None).await;
        }
        // Without a scheduler there is nothing to take back.
        drop(self.failed.send(Arc::clone(&self.pod)).await);
    }
}

/// Writes `PodScheduled` as false and the node that the Pod waits for, if the status does not say so already.
async fn write_condition(client: &Client, pod: &PodInfo, (reason, message): (&str, &str), nominated: Option<&str>) {
    let present = pod.scheduled_condition.as_ref();
    let is_false = present.is_some_and(|(status, ..)| status == "False");
    let is_told = nominated.is_none_or(|node| node == pod.nominated_node);
    if is_told && present.is_some_and(|(_, old_reason, old)| is_false && old_reason == reason && old == message) {
        return;
    }
    let mut condition = tree!({
        "type": "PodScheduled", "status": "False", "reason": reason, "message": message
    });
    if pod.generation > 0 {
        condition.set(&["observedGeneration"], pod.generation);
    }
    if !is_false {
        condition.set(&["lastTransitionTime"], clock::now().seconds_text());
    }
    let mut patch = tree!({"metadata": {"uid": (pod.uid.as_str())}, "status": {"conditions": [condition]}});
    if let Some(node) = nominated {
        patch.set(&["status", "nominatedNodeName"], node);
    }
    let body = Bytes::from(json::to_vec(&patch));
    let (namespace, name) = (&*pod.key.namespace, &*pod.key.name);
    let patched = client.patch(PODS, namespace, name, "status", PatchFormat::Strategic, body).await;
    if let Err(error) = patched.map(drop).or_else(|error| error.is_not_found().then_some(()).ok_or(error)) {
        tracing::debug!(pod = %pod.key, %error, "condition not written");
    }
}

fn truncated(message: &str) -> String {
    if message.len() <= MESSAGE_BYTES_MAX {
        return message.to_owned();
    }
    let suffix = " ...";
    let end = message.floor_char_boundary(MESSAGE_BYTES_MAX - suffix.len());
    format!("{}{suffix}", &message[..end])
}

#[cfg(test)]
mod tests;
