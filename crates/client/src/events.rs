//! Records Events about objects: correlated as client-go does, sent by a task of their own, never blocking.

mod correlator;

use apimachinery::json;
use apimachinery::time::Now;
use apimachinery::tree;
use apimachinery::value::Value;
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

use crate::client::{Client, ClientError, PatchFormat};
use crate::clock;
use crate::resources::EVENTS;
use correlator::{Correlated, Correlator};

/// Events that may wait to be sent; later ones are dropped, as upstream does.
pub const EVENTS_QUEUED_MAX: usize = 1_000;
/// Attempts to send one event while the server does not answer.
const SEND_ATTEMPTS_MAX: u32 = 12;
/// Pause between attempts.
const SEND_PAUSE: Duration = Duration::from_secs(10);

/// What an event is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectReference {
    /// `apiVersion`
    pub api_version: String,
    /// `kind`
    pub kind: String,
    /// `namespace`; empty for cluster-scoped objects, whose events go to `default`
    pub namespace: String,
    /// `name`
    pub name: String,
    /// `uid`
    pub uid: String,
    /// `resourceVersion`; may be empty
    pub resource_version: String,
    /// `fieldPath`, such as `spec.containers{web}`; may be empty
    pub field_path: String,
}

impl ObjectReference {
    /// Refers to a whole object by its tree.
    pub fn to(object: &Value) -> Self {
        let text = |path: &[&str]| object.str_at(path).to_owned();
        ObjectReference {
            api_version: text(&["apiVersion"]),
            kind: text(&["kind"]),
            namespace: text(&["metadata", "namespace"]),
            name: text(&["metadata", "name"]),
            uid: text(&["metadata", "uid"]),
            resource_version: text(&["metadata", "resourceVersion"]),
            field_path: String::new(),
        }
    }

    /// The tree of the reference, empty fields left out.
    pub fn to_value(&self) -> Value {
        let fields = [
            ("kind", &self.kind),
            ("namespace", &self.namespace),
            ("name", &self.name),
            ("uid", &self.uid),
            ("apiVersion", &self.api_version),
            ("resourceVersion", &self.resource_version),
            ("fieldPath", &self.field_path),
        ];
        fields
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| (name, Value::from(text.as_str())))
            .collect()
    }
}

/// `Event.type`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventType {
    /// `Normal`
    Normal,
    /// `Warning`
    Warning,
}

impl EventType {
    /// The text of the field.
    pub fn as_str(self) -> &'static str {
        match self {
            EventType::Normal => "Normal",
            EventType::Warning => "Warning",
        }
    }
}

/// One occurrence, before correlation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// What it is about.
    pub about: ObjectReference,
    /// `Normal` or `Warning`.
    pub event_type: EventType,
    /// UpperCamelCase reason.
    pub reason: String,
    /// Text for people.
    pub message: String,
}

/// Who reports.
#[derive(Clone, Debug, Default)]
struct Source {
    component: String,
    host: String,
}

/// Takes events of one component. Cheap to clone; never blocks.
#[derive(Clone)]
pub struct EventRecorder {
    queue: mpsc::Sender<Occurrence>,
    component: Arc<str>,
}

impl EventRecorder {
    /// Starts sending on the current runtime. `component` and `host` become `source`; `host` may be empty.
    ///
    /// The task ends when the last clone is dropped and the queue is empty.
    pub fn start(client: Client, component: &str, host: &str) -> Self {
        let (queue, occurrences) = mpsc::channel(EVENTS_QUEUED_MAX);
        let source = Source { component: component.to_owned(), host: host.to_owned() };
        tokio::spawn(send_all(client, source, occurrences));
        EventRecorder { queue, component: component.into() }
    }

    /// Records one occurrence; dropped when too many wait.
    pub fn record(&self, about: &ObjectReference, event_type: EventType, reason: &str, message: impl Into<String>) {
        self.record_occurrence(Occurrence {
            about: about.clone(),
            event_type,
            reason: reason.to_owned(),
            message: message.into(),
        });
    }

    /// Records one occurrence; dropped when too many wait.
    pub fn record_occurrence(&self, occurrence: Occurrence) {
        if let Err(error) = self.queue.try_send(occurrence) {
            tracing::warn!(component = &*self.component, %error, "event dropped");
        }
    }
}

async fn send_all(client: Client, source: Source, mut occurrences: mpsc::Receiver<Occurrence>) {
    let mut correlator = Correlator::default();
    while let Some(occurrence) = occurrences.recv().await {
        let now = clock::now();
        match correlator.correlate(&occurrence, &source.component, &source.host, now) {
            Correlated::Dropped => {}
            Correlated::New { event, key } => {
                if !send(|| create(&client, &event)).await {
                    correlator.forget(key);
                }
            }
            Correlated::Repeated { namespace, name, patch, event, key } => {
                let sent = send(|| patch_or_create(&client, &namespace, &name, &patch, &event)).await;
                if !sent {
                    correlator.forget(key);
                }
            }
        }
    }
}

async fn create(client: &Client, event: &Value) -> Result<(), ClientError> {
    let namespace = event.str_at(&["metadata", "namespace"]);
    client.create(EVENTS, namespace, Bytes::from(json::to_vec(event))).await.map(drop)
}

/// The event may have expired since: then it starts anew.
async fn patch_or_create(
    client: &Client,
    namespace: &str,
    name: &str,
    patch: &Value,
    event: &Value,
) -> Result<(), ClientError> {
    let body = Bytes::from(json::to_vec(patch));
    match client.patch(EVENTS, namespace, name, "", PatchFormat::Strategic, body).await {
        Err(error) if error.is_not_found() => create(client, event).await,
        other => other.map(drop),
    }
}

/// Sends until the server has answered; a refusal is final. Whether the server took it.
async fn send<F: Future<Output = Result<(), ClientError>>>(attempt: impl Fn() -> F) -> bool {
    for _ in 0..SEND_ATTEMPTS_MAX {
        match attempt().await {
            Ok(()) => return true,
            Err(ClientError::Transport(error)) => {
                tracing::debug!(%error, "event not sent yet");
                tokio::time::sleep(SEND_PAUSE).await;
            }
            Err(error) => {
                tracing::debug!(%error, "event refused");
                return false;
            }
        }
    }
    tracing::warn!("event given up");
    false
}

/// The Event object of a first occurrence.
fn event_value(occurrence: &Occurrence, message: &str, component: &str, host: &str, now: Now) -> Value {
    let about = &occurrence.about;
    let namespace = match about.namespace.is_empty() {
        true => "default",
        false => &about.namespace,
    };
    let time = now.seconds_text();
    let name = format!("{}.{:x}", about.name, now.wall.as_nanosecond());
    let mut source = tree!({"component": component});
    if !host.is_empty() {
        source.set(&["host"], host);
    }
    tree!({
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": (about.to_value()),
        "reason": (occurrence.reason.as_str()),
        "message": message,
        "source": source,
        "firstTimestamp": (time.as_str()),
        "lastTimestamp": (time.as_str()),
        "count": 1,
        "type": (occurrence.event_type.as_str()),
        "eventTime": null,
        "reportingComponent": component,
        "reportingInstance": host
    })
}
