//! Performs one plan: writes in order, events, then waits until the views include what was written.

use std::sync::Arc;
use std::time::Duration;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use bytes::Bytes;
use tokio::task::JoinSet;

use crate::client::{Client, ClientError, Resource};
use crate::controller::Key;
use crate::events::EventRecorder;
use crate::informer::ObjectKey;
use crate::plan::{Outcome, Pace, Plan, Step, Verb, Write};
use crate::view::{Found, Kinds, Lookup};

/// Writes of one batch that are in flight at once.
const WRITES_IN_FLIGHT_MAX: usize = 64;
/// How long a view may take to show a write before it is listed again.
const SHOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// Plans that may follow one another for one key (`Plan::then`).
const CONTINUATIONS_MAX: usize = 8;

pub(super) struct Performer {
    pub client: Client,
    pub kinds: Arc<Kinds>,
    pub recorder: EventRecorder,
}

/// How a plan went.
#[derive(Default)]
pub(super) struct Performed {
    pub failure: Option<String>,
    pub requeue_after: Option<Duration>,
    pub enqueue: Vec<Key>,
}

impl Performed {
    pub fn failed(why: String) -> Self {
        Performed { failure: Some(why), ..Performed::default() }
    }
}

/// What a view has to show before the key is looked at again.
enum Shown {
    Revision(Resource, u64),
    Gone(Resource, ObjectKey, String),
}

impl Performer {
    pub async fn perform(&self, plan: Plan) -> Performed {
        let mut performed = Performed::default();
        let mut next = Some(plan);
        for _ in 0..CONTINUATIONS_MAX {
            let Some(plan) = next.take() else { return performed };
            let outcome = self.perform_steps(plan.steps, &mut performed).await;
            let failure = outcome.error.as_ref().map(ClientError::to_string).or(plan.failure);
            performed.failure = performed.failure.or(failure);
            if let Some(pause) = plan.requeue_after {
                let asked = performed.requeue_after.map_or(pause, |asked| asked.min(pause));
                performed.requeue_after = Some(asked);
            }
            next = plan.then.map(|then| then(&outcome));
        }
        if next.is_some() {
            performed.failure.get_or_insert_with(|| "too many plans in a row".into());
        }
        performed
    }

    async fn perform_steps(&self, steps: Vec<Step>, performed: &mut Performed) -> Outcome {
        let mut outcome = Outcome::default();
        let mut shown = Vec::new();
        for step in steps {
            match step {
                Step::Write(write) => self.perform_batch(vec![write], &mut outcome, &mut shown).await,
                Step::Batch(writes, pace) => {
                    self.perform_paced(writes, pace, &mut outcome, &mut shown).await;
                }
                Step::Event(occurrence) => self.recorder.record_occurrence(occurrence),
                Step::Enqueue(key) => performed.enqueue.push(key),
            }
            if outcome.error.is_some() {
                break;
            }
        }
        self.wait_shown(shown).await;
        outcome
    }

    async fn perform_paced(&self, mut writes: Vec<Write>, pace: Pace, outcome: &mut Outcome, shown: &mut Vec<Shown>) {
        let mut size = match pace {
            Pace::Full => WRITES_IN_FLIGHT_MAX,
            Pace::SlowStart => 1,
        };
        while !writes.is_empty() {
            let rest = writes.split_off(size.min(writes.len()));
            self.perform_batch(writes, outcome, shown).await;
            if pace == Pace::SlowStart && outcome.error.is_some() {
                return;
            }
            writes = rest;
            size = (size * 2).min(WRITES_IN_FLIGHT_MAX);
        }
    }

    async fn perform_batch(&self, writes: Vec<Write>, outcome: &mut Outcome, shown: &mut Vec<Shown>) {
        let mut results = Vec::with_capacity(writes.len());
        if writes.len() == 1 {
            results.extend(writes.into_iter().next());
            let result = send(&self.client, &results[0]).await;
            self.settle(&results[0], result, outcome, shown);
            return;
        }
        let mut flights = JoinSet::new();
        for write in writes {
            let client = self.client.clone();
            flights.spawn(async move {
                let result = send(&client, &write).await;
                (write, result)
            });
        }
        while let Some(flight) = flights.join_next().await {
            if let Ok((write, result)) = flight {
                self.settle(&write, result, outcome, shown);
            }
        }
    }

    /// Records events and the outcome of one write.
    fn settle(&self, write: &Write, result: Result<Bytes, ClientError>, outcome: &mut Outcome, shown: &mut Vec<Shown>) {
        match result {
            Ok(answer) => {
                let answer = json::parse(&answer).unwrap_or_default();
                outcome.written += 1;
                shown.extend(to_be_shown(write, &answer));
                for occurrence in &write.on_success {
                    let mut occurrence = occurrence.clone();
                    let name = match answer.name() {
                        "" => &write.name,
                        name => name,
                    };
                    occurrence.message = occurrence.message.replace("{name}", name);
                    self.recorder.record_occurrence(occurrence);
                }
            }
            Err(error) if is_accepted(write, &error) => {}
            Err(error) => {
                for occurrence in &write.on_failure {
                    let mut occurrence = occurrence.clone();
                    occurrence.message = occurrence.message.replace("{error}", &error.to_string());
                    self.recorder.record_occurrence(occurrence);
                }
                outcome.error.get_or_insert(error);
            }
        }
    }

    /// Read-your-writes: a decision must not be made again on a view from before the last one.
    async fn wait_shown(&self, shown: Vec<Shown>) {
        for one in shown {
            let resource = match &one {
                Shown::Revision(resource, _) | Shown::Gone(resource, ..) => *resource,
            };
            for informer in self.kinds.of(resource) {
                let wait = async {
                    match &one {
                        Shown::Revision(_, revision) => informer.reached(*revision).await,
                        Shown::Gone(_, key, uid) => informer.gone(key, uid).await,
                    }
                };
                if tokio::time::timeout(SHOWN_TIMEOUT, wait).await.is_err() {
                    tracing::warn!(resource = resource.plural, "view lags behind, listing again");
                    drop(tokio::time::timeout(SHOWN_TIMEOUT, informer.refresh()).await);
                }
            }
        }
    }

    pub async fn look_up(&self, lookup: &Lookup) -> Result<Found, ClientError> {
        let parse = |body: Bytes| json::parse(&body).map_err(|error| ClientError::Decode(error.to_string()));
        match lookup {
            Lookup::Get { resource, key } => match self.client.get(*resource, &key.namespace, &key.name).await {
                Ok(body) => Ok(Found::Object(parse(body)?)),
                // A kind that is not served says nothing about its objects.
                Err(error) if error.is_object_missing() => Ok(Found::Nothing),
                Err(error) => Err(error),
            },
            Lookup::List { resource, namespace } => {
                let list = parse(self.client.list(*resource, namespace, "").await?)?;
                Ok(Found::Items(list.items_at(&["items"]).to_vec()))
            }
        }
    }
}

async fn send(client: &Client, write: &Write) -> Result<Bytes, ClientError> {
    let Write { resource, namespace, name, subresource, .. } = write;
    let body = |value: &Value| Bytes::from(json::to_vec(value));
    match &write.verb {
        Verb::Create(object) if subresource.is_empty() => client.create(*resource, namespace, body(object)).await,
        Verb::Create(object) => client.create_subresource(*resource, namespace, name, subresource, body(object)).await,
        Verb::Update(object) => client.update(*resource, namespace, name, subresource, body(object)).await,
        Verb::Patch(format, patch) => client.patch(*resource, namespace, name, subresource, *format, body(patch)).await,
        Verb::Delete(options) => client.delete(*resource, namespace, name, options).await,
        Verb::DeleteCollection(options) => client.delete_collection(*resource, namespace, options).await,
    }
}

fn to_be_shown(write: &Write, answer: &Value) -> Option<Shown> {
    let key = ObjectKey::new(&write.namespace, &write.name);
    match &write.verb {
        Verb::DeleteCollection(_) => None,
        Verb::Delete(options) => {
            let uid = match (&options.uid, answer.str_at(&["kind"])) {
                (Some(uid), _) => uid.as_str(),
                (None, "Status") => answer.str_at(&["details", "uid"]),
                (None, _) => answer.uid(),
            };
            (!uid.is_empty()).then(|| Shown::Gone(write.resource, key, uid.to_owned()))
        }
        Verb::Create(_) if !write.subresource.is_empty() => None,
        _ => {
            let revision = answer.resource_version().parse().ok()?;
            Some(Shown::Revision(write.resource, revision))
        }
    }
}

/// Refusals that are as good as success. In a namespace that is going away nothing needs to be created.
fn is_accepted(write: &Write, error: &ClientError) -> bool {
    let is_creation = matches!(write.verb, Verb::Create(_));
    (write.accepts.not_found && error.is_not_found())
        || (write.accepts.already_exists && error.is_already_exists())
        || (is_creation && names_terminating_namespace(error))
}

fn names_terminating_namespace(error: &ClientError) -> bool {
    match error {
        ClientError::Status(status) => status
            .details
            .iter()
            .flat_map(|details| &details.causes)
            .any(|cause| cause.reason == "NamespaceTerminating"),
        _ => false,
    }
}
