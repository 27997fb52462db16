//! Admission: the built-in plugins in upstream's order, one file each.

pub mod default_ingress_class;
pub mod default_toleration_seconds;
mod follow;
pub mod limit_ranger;
pub mod match_conditions;
mod matching;
pub mod namespace_lifecycle;
pub mod node_restriction;
pub mod policies;
pub mod priority;
mod request;
pub mod resource_quota;
pub mod runtime_class;
pub mod service_account;
pub mod taint_nodes_by_condition;
mod webhooks;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use apimachinery::encoded::EncodedObject;
use apimachinery::group_version::{GroupResource, GroupVersionKind};
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::selector::{FieldSelector, FieldTerm};
use apimachinery::status::Status;
use apimachinery::value::Value;
use apimachinery::watch::WatchEventType;
use async_trait::async_trait;
use registry::admission::{Admission, Attributes, Operation};
use registry::request::{ListOptions, RequestInfo};
use registry::resource::Registry;

use crate::authorization::{Authorizer, escalation};

/// The admission chain. It is needed to open the registry, and needs the registry itself: it is bound later.
#[derive(Default)]
pub struct Chain {
    bound: OnceLock<Dependencies>,
}

/// What plugins look things up in.
pub(crate) struct Dependencies {
    registry: Arc<Registry>,
    authorizer: Arc<Authorizer>,
    charges: resource_quota::Charges,
    policies: policies::Policies,
    webhooks: webhooks::Webhooks,
}

/// An admission chain with upstream's default plugins, as far as they are there. Admits everything until
/// [`crate::build`] binds it.
pub fn chain() -> Arc<Chain> {
    Arc::new(Chain::default())
}

impl Chain {
    pub(crate) fn bind(&self, registry: Arc<Registry>, authorizer: Arc<Authorizer>) {
        let policies = policies::Policies::start(&registry);
        let webhooks = webhooks::Webhooks::start(&registry);
        let charges = resource_quota::Charges::default();
        let _ = self.bound.set(Dependencies { registry, authorizer, charges, policies, webhooks });
    }

    /// Admits the creation of something that the server answers itself.
    pub(crate) async fn admit_creation(
        &self,
        info: &RequestInfo,
        kind: GroupVersionKind,
        object: &mut Value,
    ) -> Result<(), Status> {
        let old = Value::Null;
        let attributes = Attributes { info, operation: Operation::Create, kind, old: &old, old_revision: 0 };
        self.mutate(&attributes, object).await?;
        self.validate(&attributes, object).await
    }

    /// Writes the metrics of plugins.
    pub(crate) fn write_metrics(&self, out: &mut String) {
        if let Some(all) = self.bound.get() {
            all.webhooks.metrics.write(out);
        }
    }
}

#[async_trait]
impl Admission for Chain {
    async fn mutate(&self, attributes: &Attributes<'_>, object: &mut Value) -> Result<(), Status> {
        let Some(all) = self.bound.get().filter(|_| !attributes.info.is_admitted) else { return Ok(()) };
        let mut reinvocation = webhooks::Reinvocation::default();
        mutate_in_process(all, attributes, object).await?;
        let mutated = policies::mutate(all, attributes, object, policies::Pass::First).await?;
        if mutated.has_changed {
            reinvocation.want_second_round();
        }
        webhooks::mutate(all, attributes, object, &mut reinvocation).await?;
        if reinvocation.begin_second_round() {
            mutate_in_process(all, attributes, object).await?;
            policies::mutate(all, attributes, object, policies::Pass::Again(&mutated)).await?;
            webhooks::mutate(all, attributes, object, &mut reinvocation).await?;
        }
        // In upstream the storage of roles and bindings asks this, before validation.
        escalation::check(&all.authorizer, attributes, object).await
    }

    async fn validate(&self, attributes: &Attributes<'_>, object: &Value) -> Result<(), Status> {
        let Some(all) = self.bound.get().filter(|_| !attributes.info.is_admitted) else { return Ok(()) };
        limit_ranger::validate(all, attributes, object).await?;
        service_account::validate(all, attributes, object).await?;
        priority::validate(all, attributes, object).await?;
        runtime_class::validate(all, attributes, object).await?;
        policies::validate(all, attributes, object).await?;
        webhooks::validate(all, attributes, object).await?;
        resource_quota::validate(all, attributes, object).await
    }
}

/// The built-in plugins that change objects, in upstream's order. They run again when policies or webhooks have changed
/// the object.
async fn mutate_in_process(all: &Dependencies, attributes: &Attributes<'_>, object: &mut Value) -> Result<(), Status> {
    namespace_lifecycle::admit(all, attributes, object).await?;
    limit_ranger::admit(all, attributes, object).await?;
    service_account::admit(all, attributes, object).await?;
    node_restriction::admit(all, attributes, object).await?;
    taint_nodes_by_condition::admit(attributes, object);
    priority::admit(all, attributes, object).await?;
    default_toleration_seconds::admit(attributes, object);
    runtime_class::admit(all, attributes, object).await?;
    default_ingress_class::admit(all, attributes, object).await
}

/// Whether the write is about this resource of the core group.
fn is_core(attributes: &Attributes<'_>, plural: &str) -> bool {
    attributes.info.group.is_empty() && attributes.info.resource == plural
}

fn is_write(attributes: &Attributes<'_>) -> bool {
    matches!(attributes.operation, Operation::Create | Operation::Update)
}

/// 403 as upstream's plugins word it.
fn forbidden(attributes: &Attributes<'_>, object: &Value, cause: impl Into<String>) -> Status {
    let info = attributes.info;
    let name = match (info.name.as_str(), object.name(), object.generate_name()) {
        ("", "", "") => "Unknown",
        ("", "", generated) => generated,
        ("", name, _) => name,
        (name, _, _) => name,
    };
    Status::forbidden(&GroupResource::new(&*info.group, &*info.resource), name, &cause.into())
}

impl Dependencies {
    /// An object as the cache has it, or (not there) as the store has it.
    async fn object(&self, group: &str, plural: &str, namespace: &str, name: &str) -> Result<Option<Value>, Status> {
        let Some(resource) = self.registry.resource(group, "v1", plural) else { return Ok(None) };
        let object = match resource.get_cached(namespace, name) {
            Some(object) => object,
            None => match resource.get(namespace, name, "").await {
                Ok(object) => object,
                Err(status) if status.code == 404 => return Ok(None),
                Err(status) => return Err(status),
            },
        };
        parse(&object).map(Some)
    }

    /// The objects of a namespace (all, when empty), including what was committed before the call.
    async fn objects(&self, group: &str, plural: &str, namespace: &str) -> Result<Vec<Value>, Status> {
        let Some(resource) = self.registry.resource(group, "v1", plural) else { return Ok(Vec::new()) };
        let list = resource.list(namespace, &ListOptions::default()).await?;
        list.items.iter().map(|item| parse(item)).collect()
    }

    /// The same with their `resourceVersion`, for changes of them.
    async fn live_objects(&self, group: &str, plural: &str, namespace: &str) -> Result<Vec<Value>, Status> {
        let Some(resource) = self.registry.resource(group, "v1", plural) else { return Ok(Vec::new()) };
        let list = resource.list(namespace, &ListOptions::default()).await?;
        list.items.iter().map(|item| json::parse(&item.to_json()).map_err(Status::internal)).collect()
    }

    /// An object as the store has it.
    async fn live_object(&self, plural: &str, namespace: &str, name: &str) -> Result<Value, Status> {
        let not_found = || Status::not_found(&GroupResource::new("", plural), name);
        let resource = self.registry.resource("", "v1", plural).ok_or_else(not_found)?;
        parse(&*resource.get(namespace, name, "").await?)
    }

    /// Waits a while for an object to be created.
    async fn wait_for_object(&self, plural: &str, namespace: &str, name: &str, time: Duration) -> Option<Value> {
        let resource = self.registry.resource("", "v1", plural)?;
        let term = FieldTerm { field: "metadata.name".into(), is_equal: true, value: name.into() };
        let field_selector = FieldSelector { terms: vec![term] };
        let mut frames =
            resource.watch(namespace, &ListOptions { field_selector, ..ListOptions::default() }).await.ok()?;
        let first = async {
            while let Some(frame) = frames.recv().await {
                if matches!(frame.event_type, WatchEventType::Added | WatchEventType::Modified) {
                    return parse(&frame.object).ok();
                }
            }
            None
        };
        tokio::time::timeout(time, first).await.ok().flatten()
    }
}

fn parse(object: &EncodedObject) -> Result<Value, Status> {
    json::parse(&object.bytes).map_err(Status::internal)
}
