//! MutatingAdmissionWebhook and ValidatingAdmissionWebhook: programs outside may change or refuse writes.
//!
//! Configurations are parsed when they change, not when a request comes: see [`keep`]. A request without a matching
//! webhook costs a look at each webhook's rules.

mod call;
mod configuration;
mod metrics;
mod mutating;
mod reinvocation;
mod review;
mod selection;
mod validating;

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::value::Value;
use arc_swap::ArcSwap;
use registry::admission::Attributes;
use registry::resource::{Registry, Resource};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::follow::{News, follow};
use super::request::Request;
use super::{Dependencies, policies};
use configuration::Hook;
pub(super) use reinvocation::Reinvocation;

/// All webhooks as they are configured now.
pub(crate) struct Webhooks {
    mutating: Arc<ArcSwap<Vec<Arc<Hook>>>>,
    validating: Arc<ArcSwap<Vec<Arc<Hook>>>>,
    /// Turn true once what is stored is known.
    synced: [watch::Receiver<bool>; 2],
    /// What they did so far.
    pub metrics: metrics::Metrics,
    _tasks: JoinSet<()>,
}

impl Webhooks {
    /// Starts to follow the configurations. Needs a tokio runtime.
    pub fn start(registry: &Arc<Registry>) -> Webhooks {
        let (mutating, validating) = (Arc::default(), Arc::default());
        let mut tasks = JoinSet::new();
        let mut start = |plural: &str, hooks: &Arc<ArcSwap<Vec<Arc<Hook>>>>| {
            let (sender, synced) = watch::channel(false);
            match registry.resource("admissionregistration.k8s.io", "v1", plural) {
                Some(resource) => {
                    drop(tasks.spawn(keep(resource, Arc::downgrade(registry), Arc::clone(hooks), sender)));
                }
                None => drop(sender.send_replace(true)),
            }
            synced
        };
        let synced =
            [start("mutatingwebhookconfigurations", &mutating), start("validatingwebhookconfigurations", &validating)];
        Webhooks { mutating, validating, synced, metrics: metrics::Metrics::default(), _tasks: tasks }
    }

    async fn synced(&self) {
        for synced in &self.synced {
            if !*synced.borrow() {
                // An error means that the server is stopping.
                let _ = synced.clone().wait_for(|is_synced| *is_synced).await;
            }
        }
    }
}

/// Keeps `hooks` as one kind of configurations says, for ever, in the order of their names; `synced` turns true when
/// all that is stored is there.
async fn keep(
    resource: Arc<Resource>,
    registry: Weak<Registry>,
    hooks: Arc<ArcSwap<Vec<Arc<Hook>>>>,
    synced: watch::Sender<bool>,
) {
    let mut known: BTreeMap<String, Vec<Arc<Hook>>> = BTreeMap::new();
    let mut is_complete = false;
    follow(resource, move |news| {
        match news {
            News::Set(object) => drop(known.insert(object.name().to_owned(), configuration::parse(object, &registry))),
            News::Gone(name) => drop(known.remove(name)),
            News::Complete => is_complete = true,
        }
        if is_complete {
            hooks.store(Arc::new(known.values().flatten().cloned().collect()));
            synced.send_replace(true);
        }
    })
    .await;
}

/// Lets the mutating webhooks change `object`.
pub(super) async fn mutate(
    all: &Dependencies,
    attributes: &Attributes<'_>,
    object: &mut Value,
    reinvocation: &mut Reinvocation,
) -> Result<(), Status> {
    if is_exempt(attributes) {
        return Ok(());
    }
    all.webhooks.synced().await;
    let hooks = all.webhooks.mutating.load_full();
    if hooks.is_empty() {
        return Ok(());
    }
    let request = Request::new(all, attributes, object);
    mutating::admit(&request, &hooks, object, reinvocation).await
}

/// Asks the validating webhooks, all at once.
pub(super) async fn validate(all: &Dependencies, attributes: &Attributes<'_>, object: &Value) -> Result<(), Status> {
    if is_exempt(attributes) {
        return Ok(());
    }
    all.webhooks.synced().await;
    let hooks = all.webhooks.validating.load_full();
    if hooks.is_empty() {
        return Ok(());
    }
    let request = Request::new(all, attributes, object);
    validating::admit(&request, &hooks, object).await
}

/// Whether the request is about a kind that no webhook sees, so that a bad one can always be taken away.
fn is_exempt(attributes: &Attributes<'_>) -> bool {
    let info = attributes.info;
    let is_configuration = info.group == "admissionregistration.k8s.io"
        && matches!(info.resource.as_str(), "mutatingwebhookconfigurations" | "validatingwebhookconfigurations");
    is_configuration || policies::is_exempt(attributes)
}
