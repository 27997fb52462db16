//! One request on its way past the policies: what it matches, and its values in the versions that policies want.

use std::sync::Arc;

use apimachinery::status::Status;
use apimachinery::value::Value;
use cel::library::authorizer::Authorize;
use cel::{Val, convert};
use registry::admission::Attributes;
use registry::resource::Resource;

use super::authorize::RequestAuthorizer;
use super::compiled::{Binding, Policy};
use super::matching::{Constraints, Labelled, Target, name_of};
use super::variables::{self, RequestValues};
use crate::admission::Dependencies;

/// Group whose policies no policy is about: nobody can lock themselves out.
const OWN_GROUP: &str = "admissionregistration.k8s.io";

/// Their plurals.
const OWN_RESOURCES: [&str; 4] = [
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
];

/// Whether policies are asked about a request at all.
pub fn is_subject(attributes: &Attributes<'_>) -> bool {
    let info = attributes.info;
    info.group != OWN_GROUP || !OWN_RESOURCES.contains(&info.resource.as_str())
}

/// The request under the name that it was made with.
pub fn target<'a>(attributes: &'a Attributes<'_>, object: &'a Value) -> Target<'a> {
    let info = attributes.info;
    Target {
        group: &info.group,
        version: &info.version,
        resource: &info.resource,
        subresource: &info.subresource,
        namespace: &info.namespace,
        name: name_of(&info.name, if object.is_null() { attributes.old } else { object }),
        operation: attributes.operation,
    }
}

/// A request with what matching and evaluating needs of the rest of the cluster.
pub struct Request<'a> {
    /// The request.
    pub attributes: &'a Attributes<'a>,
    /// The namespace of the object; null where it is in none.
    namespace: Option<Value>,
    /// The resources that show the object: first the one that was asked for.
    resources: Vec<Arc<Resource>>,
    authorizer: Arc<dyn Authorize>,
}

impl<'a> Request<'a> {
    /// Looks up the namespace and the other names of the resource.
    pub async fn new(
        all: &Dependencies,
        attributes: &'a Attributes<'a>,
        object: &Value,
    ) -> Result<Request<'a>, Status> {
        let info = attributes.info;
        let namespace = match (info.namespace.as_str(), info.group.as_str(), info.resource.as_str()) {
            (_, "", "namespaces") => Some(if object.is_null() { attributes.old } else { object }.clone()),
            ("", ..) => None,
            (name, ..) => all.object("", "namespaces", "", name).await?,
        };
        let own = all.registry.resource(&info.group, &info.version, &info.resource);
        let others = own.as_deref().map(|own| all.registry.equivalents(own)).unwrap_or_default();
        let authorizer =
            Arc::new(RequestAuthorizer { authorizer: Arc::clone(&all.authorizer), user: Arc::clone(&info.user) });
        let resources = own.into_iter().chain(others).collect();
        Ok(Request { attributes, namespace, resources, authorizer })
    }

    /// Under which of its names a policy is about the request.
    pub fn matches(&self, constraints: &Constraints, object: &Value) -> Option<usize> {
        let own = target(self.attributes, object);
        if !constraints.may_match(&own) {
            return None;
        }
        let labelled = Labelled { namespace: self.namespace.as_ref(), object, old: self.attributes.old };
        let mut targets = vec![own];
        if constraints.wants_equivalents() {
            targets.extend(self.resources.iter().skip(1).map(|resource| self.as_target(resource, own)));
        }
        constraints.matches(&targets, &labelled)
    }

    /// Whether the policy and one of its bindings are about the request; the name under which the policy is.
    pub fn matches_both(&self, policy: &Policy, binding: &Binding, object: &Value) -> Option<usize> {
        let place = self.matches(&policy.constraints, object)?;
        self.matches(&binding.constraints, object).map(|_| place)
    }

    fn as_target<'b>(&self, resource: &Resource, own: Target<'b>) -> Target<'b> {
        let ty = resource.resource_type();
        Target { group: ty.group, version: ty.version, resource: ty.plural, ..own }
    }

    /// The resource under a name, if the registry serves it.
    pub fn resource(&self, place: usize) -> Option<&Resource> {
        self.resources.get(place).map(Arc::as_ref)
    }

    /// The request as expressions see it under one of its names.
    pub fn values(&self, place: usize, object: &Value) -> Result<RequestValues, Status> {
        let own = target(self.attributes, object);
        let resource = self.resource(place);
        let kind_of = |resource: Option<&Resource>| match resource {
            Some(resource) if self.attributes.info.subresource.is_empty() => resource.resource_type().kind,
            Some(resource) => resource
                .resource_type()
                .subresources
                .iter()
                .find(|it| it.name == self.attributes.info.subresource)
                .map_or(resource.resource_type().kind, |it| it.kind),
            None => "",
        };
        let requested = (&own, or(kind_of(self.resource(0)), &self.attributes.kind.kind));
        let matched = resource.map_or(own, |resource| self.as_target(resource, own));
        let matched = (&matched, or(kind_of(resource), &self.attributes.kind.kind));
        let is_namespace = own.group.is_empty() && own.resource == "namespaces";
        Ok(RequestValues {
            object: shown(resource, object)?,
            old: shown(resource, self.attributes.old)?,
            request: variables::request_value(self.attributes, object, requested, matched),
            namespace: variables::namespace_value(self.namespace.as_ref().filter(|_| !is_namespace)),
            authorizer: Arc::clone(&self.authorizer),
            question: variables::request_question(self.attributes, object),
        })
    }
}

fn or<'b>(text: &'b str, otherwise: &'b str) -> &'b str {
    if text.is_empty() { otherwise } else { text }
}

fn shown(resource: Option<&Resource>, stored: &Value) -> Result<Val, Status> {
    match resource {
        Some(resource) if !resource.is_stored_version() => resource.shown(stored).map(|tree| convert::from_tree(&tree)),
        _ => Ok(convert::from_tree(stored)),
    }
}
