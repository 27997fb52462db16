//! One request on its way past webhooks and policies: whether they want to see it, and in which version.

use std::sync::Arc;

use api::ResourceType;
use apimachinery::group_version::{GroupResource, GroupVersionKind};
use apimachinery::meta::ObjectMeta;
use apimachinery::schema;
use apimachinery::status::Status;
use apimachinery::tree;
use apimachinery::value::Value;
use registry::admission::{Attributes, Operation};
use registry::request::UserInfo;
use registry::resource::Resource;
use tokio::sync::OnceCell;

use super::Dependencies;
use super::matching::{Constraints, Subject};

/// A request, with what all webhooks and policies want to know of it.
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
    resource: Option<Arc<Resource>>,
    namespace_object: OnceCell<Result<Value, Status>>,
}

/// In which version somebody sees a request.
#[derive(Clone)]
pub(super) struct Sight<'r> {
    /// The request in that version.
    pub subject: Subject<'r>,
    /// The resource in that version, where the registry has it.
    resource: Option<Arc<Resource>>,
    /// Kind of the objects.
    pub kind: GroupVersionKind,
}

/// What somebody sees of a request.
pub(super) struct Seen<'r> {
    /// In which version.
    pub sight: Sight<'r>,
    /// The object.
    pub object: Value,
    /// The object before.
    pub old: Value,
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
        Request { all, attributes, name, namespace, resource, namespace_object: OnceCell::new() }
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

    /// The request in the version that was asked for.
    fn subject(&self) -> Subject<'_> {
        let info = self.attributes.info;
        Subject {
            operation: self.operation(),
            group: &info.group,
            version: &info.version,
            plural: &info.resource,
            subresource: &info.subresource,
            namespace: &self.namespace,
            name: &self.name,
        }
    }

    /// Whether somebody wants to see the request, and in which version. `object` is the object as it is now.
    pub async fn matches(&self, constraints: &Constraints, object: &Value) -> Result<Option<Sight<'_>>, Status> {
        let asked = self.subject();
        let names = self.resource.iter().flat_map(|resource| resource.served_names());
        let others = names.map(|it| Subject { group: it.group, version: it.version, plural: it.plural, ..asked });
        let Some(subject) = constraints.wanted(asked, others) else { return Ok(None) };
        match self.is_in_namespaces(constraints, object).await? && self.is_selected(constraints, object)? {
            true => Ok(Some(self.sight(subject))),
            false => Ok(None),
        }
    }

    async fn is_in_namespaces(&self, constraints: &Constraints, object: &Value) -> Result<bool, Status> {
        if self.namespace.is_empty() && self.attributes.info.resource != "namespaces" {
            return Ok(true);
        }
        let labels = match constraints.namespaces.needs_labels() {
            true => self.namespace_labels(object).await?,
            false => Value::Null,
        };
        constraints.namespaces.matches(&labels)
    }

    /// Whether the object, or what it was before, has the labels.
    fn is_selected(&self, constraints: &Constraints, object: &Value) -> Result<bool, Status> {
        let selector = &constraints.objects;
        if !selector.needs_labels() {
            return selector.matches(&Value::Null);
        }
        // The options of a connection are no object with labels.
        let has_labels = self.attributes.operation != Operation::Connect;
        let matches = |object: &Value| Ok(!object.is_null() && selector.matches(object.at(&["metadata", "labels"]))?);
        Ok(has_labels && (matches(object)? || matches(self.attributes.old)?))
    }

    /// Labels of the object's namespace. An error is the answer to the request.
    async fn namespace_labels(&self, object: &Value) -> Result<Value, Status> {
        let info = self.attributes.info;
        let is_written = matches!(self.attributes.operation, Operation::Create | Operation::Update);
        let namespace = match info.resource == "namespaces" && info.subresource.is_empty() && is_written {
            true => object,
            false => self.stored_namespace().await?,
        };
        Ok(namespace.at(&["metadata", "labels"]).clone())
    }

    async fn stored_namespace(&self) -> Result<&Value, Status> {
        let namespace = self.namespace_object.get_or_init(async || {
            let namespace = self.all.object("", "namespaces", "", &self.namespace).await?;
            namespace.ok_or_else(|| Status::not_found(&GroupResource::new("", "namespaces"), &self.namespace))
        });
        namespace.await.as_ref().map_err(Clone::clone)
    }

    /// The namespace that the object is in; a Namespace is in none. An error is the answer to the request.
    pub async fn namespace_object(&self) -> Result<Option<&Value>, Status> {
        let info = self.attributes.info;
        let is_in_none = self.namespace.is_empty() || info.group.is_empty() && info.resource == "namespaces";
        if is_in_none { Ok(None) } else { self.stored_namespace().await.map(Some) }
    }

    fn sight<'r>(&'r self, subject: Subject<'r>) -> Sight<'r> {
        let resource = self.all.registry.resource(subject.group, subject.version, subject.plural);
        Sight { subject, kind: self.kind_in(resource.as_deref()), resource }
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

    /// The request as it is seen in a version.
    pub async fn see<'r>(&'r self, sight: Sight<'r>, object: &Value) -> Result<Seen<'r>, Status> {
        let object = self.show(&sight, object).await?;
        let old = self.show(&sight, self.attributes.old).await?;
        Ok(Seen { sight, object, old })
    }

    /// An object as it is seen in a version.
    pub async fn show(&self, sight: &Sight<'_>, object: &Value) -> Result<Value, Status> {
        let attributes = self.attributes;
        match &sight.resource {
            Some(resource) if !self.has_own_body() => {
                resource.show_admitted(&attributes.info.subresource, object, attributes.old_revision).await
            }
            _ => Ok(object.clone()),
        }
    }

    /// Puts what somebody made of the object that was seen back.
    pub async fn take(&self, sight: &Sight<'_>, object: &mut Value, changed: Value) -> Result<(), Status> {
        if let (Some(resource), false) = (&sight.resource, self.has_own_body()) {
            return resource.take_admitted(&self.attributes.info.subresource, object, changed).await;
        }
        let mut changed = changed;
        if let Some(ty) = type_of(&sight.kind) {
            schema::normalise(ty, &mut changed).map_err(Status::internal)?;
        }
        *object = changed;
        Ok(())
    }

    /// The type by which what is seen in a version is applied.
    pub fn ownership(&self, sight: &Sight<'_>) -> Option<&'static schema::Struct> {
        match &sight.resource {
            Some(resource) if is_kind_of(resource.resource_type(), &sight.kind) => Some(resource.ownership()),
            _ => type_of(&sight.kind),
        }
    }

    /// `AdmissionRequest`, but its `uid` and the objects.
    pub fn admission_request(&self, sight: &Sight<'_>) -> Value {
        let (info, seen, asked) = (self.attributes.info, &sight.subject, self.subject());
        let kind = |kind: &GroupVersionKind| tree!({"group": (kind.group.as_str()), "version": (kind.version.as_str()), "kind": (kind.kind.as_str())});
        let resource =
            |of: &Subject<'_>| tree!({"group": (of.group), "version": (of.version), "resource": (of.plural)});
        let mut body = tree!({"kind": (kind(&sight.kind)), "resource": (resource(seen))});
        set_text(&mut body, "subResource", &info.subresource);
        body.set(&["requestKind"], kind(&self.kind_in(self.resource.as_deref())));
        body.set(&["requestResource"], resource(&asked));
        set_text(&mut body, "requestSubResource", &info.subresource);
        set_text(&mut body, "name", &self.name);
        set_text(&mut body, "namespace", &self.namespace);
        body.set(&["operation"], self.operation());
        body.set(&["userInfo"], user(&info.user));
        body.set(&["dryRun"], info.is_dry_run);
        body.set(&["options"], self.options());
        body
    }

    /// The options of the operation: those of a patch are shown as those of what it does.
    fn options(&self) -> Value {
        let mut options = self.attributes.info.options.clone();
        let kind = match (options.is_null(), self.attributes.operation) {
            (false, Operation::Create) => "CreateOptions",
            (false, Operation::Update) => "UpdateOptions",
            _ => return options,
        };
        options.set(&["kind"], kind);
        options.remove_at(&["force"]);
        options
    }
}

fn is_kind_of(ty: &ResourceType, kind: &GroupVersionKind) -> bool {
    (ty.group, ty.version, ty.kind) == (&*kind.group, &*kind.version, &*kind.kind)
}

fn type_of(kind: &GroupVersionKind) -> Option<&'static schema::Struct> {
    api::type_by_gvk(&kind.group, &kind.version, &kind.kind)
}

fn set_text(body: &mut Value, field: &'static str, text: &str) {
    if !text.is_empty() {
        body.set(&[field], text);
    }
}

fn user(user: &UserInfo) -> Value {
    let list = |texts: &[String]| -> Value { texts.iter().map(|it| Value::from(it.as_str())).collect() };
    let mut shown = Value::object();
    set_text(&mut shown, "username", &user.name);
    set_text(&mut shown, "uid", &user.uid);
    if !user.groups.is_empty() {
        shown.set(&["groups"], list(&user.groups));
    }
    for (key, values) in &user.extra {
        shown.object_at(&["extra"]).insert(key.clone(), list(values));
    }
    shown
}
