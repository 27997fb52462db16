//! One request on its way past the webhooks.

use std::sync::Arc;

use apimachinery::group_version::GroupVersionKind;
use apimachinery::meta::ObjectMeta;
use apimachinery::schema;
use apimachinery::status::Status;
use apimachinery::value::Value;
use registry::admission::{Attributes, Operation};
use registry::admitted::ServedName;
use registry::resource::Resource;
use tokio::sync::OnceCell;

use super::rules::Subject;
use crate::admission::Dependencies;

/// A request, with what all webhooks want to know of it.
pub(super) struct Request<'a> {
    /// What the plugins look things up in.
    pub all: &'a Dependencies,
    /// The request.
    pub attributes: &'a Attributes<'a>,
    /// Name of the object, if it has one yet.
    pub name: String,
    /// Its namespace; that of a Namespace is its own name.
    pub namespace: String,
    /// The resource that was asked for, where the registry has it.
    pub resource: Option<Arc<Resource>>,
    namespace_labels: OnceCell<Result<Value, Status>>,
}

/// How a webhook sees a request: in which version.
#[derive(Clone)]
pub(super) struct Sight {
    /// The resource in that version, where the registry has it.
    pub resource: Option<Arc<Resource>>,
    /// Group.
    pub group: String,
    /// Version.
    pub version: String,
    /// Plural name.
    pub plural: String,
    /// Kind of the objects.
    pub kind: GroupVersionKind,
}

impl<'a> Request<'a> {
    /// Of an admission; `object` as it is now.
    pub fn new(all: &'a Dependencies, attributes: &'a Attributes<'a>, object: &Value) -> Request<'a> {
        let info = attributes.info;
        let name = match info.name.as_str() {
            "" if attributes.operation == Operation::Create => object.name().to_owned(),
            name => name.to_owned(),
        };
        let is_namespace = info.group.is_empty() && info.resource == "namespaces";
        let namespace = if is_namespace { name.clone() } else { info.namespace.clone() };
        let resource = all.registry.resource(&info.group, &info.version, &info.resource);
        Request { all, attributes, name, namespace, resource, namespace_labels: OnceCell::new() }
    }

    /// `CREATE`, ...
    pub fn operation(&self) -> &'static str {
        match self.attributes.operation {
            Operation::Create => "CREATE",
            Operation::Update => "UPDATE",
            Operation::Delete => "DELETE",
            Operation::Connect => "CONNECT",
        }
    }

    /// As rules see the request in the version that was asked for.
    pub fn subject(&self) -> Subject<'_> {
        let info = self.attributes.info;
        Subject {
            operation: self.operation(),
            group: &info.group,
            version: &info.version,
            plural: &info.resource,
            subresource: &info.subresource,
            namespace: &self.namespace,
        }
    }

    /// The request in the version that was asked for.
    pub fn own_sight(&self) -> Sight {
        let info = self.attributes.info;
        Sight {
            kind: self.kind_in(self.resource.as_deref()),
            resource: self.resource.clone(),
            group: info.group.clone(),
            version: info.version.clone(),
            plural: info.resource.clone(),
        }
    }

    /// The request in another version, if that is served.
    pub fn sight(&self, name: &ServedName) -> Option<Sight> {
        let resource = self.all.registry.resource(name.group, name.version, name.plural)?;
        Some(Sight {
            kind: self.kind_in(Some(&resource)),
            resource: Some(resource),
            group: name.group.to_owned(),
            version: name.version.to_owned(),
            plural: name.plural.to_owned(),
        })
    }

    fn kind_in(&self, resource: Option<&Resource>) -> GroupVersionKind {
        match resource {
            Some(resource) if !self.has_own_body() => resource.kind_of(&self.attributes.info.subresource),
            _ => None,
        }
        .unwrap_or_else(|| self.attributes.kind.clone())
    }

    /// Whether the body is not the object itself but, say, a Binding: it is the same in all versions.
    fn has_own_body(&self) -> bool {
        let info = self.attributes.info;
        let kind = self.resource.as_ref().and_then(|resource| resource.kind_of(""));
        !info.subresource.is_empty() && kind.is_none_or(|kind| kind.kind != self.attributes.kind.kind)
    }

    /// Labels of the object's namespace. An error is the answer to the request.
    pub async fn namespace_labels(&self, object: &Value) -> Result<Value, Status> {
        let info = self.attributes.info;
        let is_written = matches!(self.attributes.operation, Operation::Create | Operation::Update);
        if info.resource == "namespaces" && info.subresource.is_empty() && is_written {
            return Ok(object.at(&["metadata", "labels"]).clone());
        }
        let labels = self.namespace_labels.get_or_init(async || {
            let namespace = self.all.object("", "namespaces", "", &self.namespace).await?;
            let resource = apimachinery::group_version::GroupResource::new("", "namespaces");
            let namespace = namespace.ok_or_else(|| Status::not_found(&resource, &self.namespace))?;
            Ok(namespace.at(&["metadata", "labels"]).clone())
        });
        labels.await.clone()
    }

    /// The object as a webhook sees it.
    pub async fn show(&self, sight: &Sight, object: &Value) -> Result<Value, Status> {
        self.show_at(sight, object, self.attributes.old_revision).await
    }

    /// The object before, as a webhook sees it.
    pub async fn show_old(&self, sight: &Sight) -> Result<Value, Status> {
        self.show_at(sight, self.attributes.old, self.attributes.old_revision).await
    }

    async fn show_at(&self, sight: &Sight, object: &Value, revision: u64) -> Result<Value, Status> {
        match &sight.resource {
            Some(resource) if !self.has_own_body() => {
                resource.show_admitted(&self.attributes.info.subresource, object, revision).await
            }
            _ => Ok(object.clone()),
        }
    }

    /// Puts what a webhook made of the object back.
    pub async fn take(&self, sight: &Sight, object: &mut Value, changed: Value) -> Result<(), Status> {
        if let (Some(resource), false) = (&sight.resource, self.has_own_body()) {
            return resource.take_admitted(&self.attributes.info.subresource, object, changed).await;
        }
        let kind = &sight.kind;
        let mut changed = changed;
        if let Some(ty) = api::type_by_gvk(&kind.group, &kind.version, &kind.kind) {
            schema::normalise(ty, &mut changed).map_err(Status::internal)?;
        }
        *object = changed;
        Ok(())
    }
}
