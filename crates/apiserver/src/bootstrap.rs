//! What every cluster has from its first moment on: namespaces, roles and bindings, priority classes, flow schemas and
//! priority levels, the `kubernetes` Service, APIServices. Created and repaired as ordinary requests, at start.

pub mod api_caller;
pub mod documents;
pub mod kubernetes_service;
pub mod roles;

use std::sync::Arc;

use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use client::transport::Transport;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use self::api_caller::{ApiCaller, Collection};
use crate::aggregation::auto_register::{self, Moment};
use crate::aggregation::front_proxy;
use crate::server::Server;

/// Requests at a time. The store commits what comes together with one flush.
const REQUESTS_MAX: usize = 32;

/// What is missing cannot be created; starting again may help.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{attempt}: {cause}")]
pub struct BootstrapError {
    /// What was attempted.
    pub attempt: String,
    /// What went wrong.
    pub cause: String,
}

/// Creates and repairs, and waits until the authorizers see it.
pub(crate) async fn run(server: &Arc<Server>, transport: &Arc<dyn Transport>) -> Result<(), BootstrapError> {
    let api = ApiCaller::new(Arc::clone(transport));
    let all = documents::bootstrap();
    // Namespaces first: what is in them needs them.
    create_missing(&api, Collection::NAMESPACES, &documents::objects(&all, "namespaces")).await?;
    let classes = documents::objects(&all, "priorityclasses");
    let roles = roles::reconcile(&api, &all);
    let priority = create_missing(&api, Collection::PRIORITY_CLASSES, &classes);
    let [flows, levels] = ["flowschemas", "prioritylevelconfigurations"].map(|it| documents::objects(&all, it));
    let flows = create_missing(&api, Collection::FLOW_SCHEMAS, &flows);
    let levels = create_missing(&api, Collection::PRIORITY_LEVELS, &levels);
    let service = kubernetes_service::reconcile(&api, &server.config);
    let authentication = front_proxy::publish(&api, &server.config);
    let registered = async {
        auto_register::reconcile(server, Moment::Start).await;
        Ok(())
    };
    let (written, ..) = tokio::try_join!(roles, priority, service, flows, levels, authentication, registered)?;
    for (plural, revision) in written {
        server.views.wait(plural, revision).await;
    }
    Ok(())
}

/// Creates the objects that are not there; returns the newest revision that was written.
pub(crate) async fn create_missing(
    api: &ApiCaller,
    collection: Collection,
    wanted: &[Value],
) -> Result<u64, BootstrapError> {
    if !api.serves(collection) {
        return Ok(0);
    }
    let existing = api.list(collection).await?;
    let is_missing = |object: &&Value| !existing.iter().any(|it| is_same(it, object));
    let creations = wanted.iter().filter(is_missing).map(|object| api.create(collection, object));
    stream::iter(creations)
        .buffer_unordered(REQUESTS_MAX)
        .try_fold(0, |newest, it| async move { Ok(newest.max(it)) })
        .await
}

fn is_same(one: &Value, other: &Value) -> bool {
    one.name() == other.name() && one.namespace() == other.namespace()
}
