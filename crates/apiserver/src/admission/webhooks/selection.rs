//! Whether a webhook is called for a request, and in which version it sees it.

use apimachinery::status::Status;
use apimachinery::value::Value;
use registry::admission::Operation;

use super::configuration::{Hook, Selector};
use super::request::{Request, Sight};
use super::rules::Subject;
use crate::admission::match_conditions;

/// How a webhook that is to be called sees the request.
pub(super) struct Called {
    /// The version.
    pub sight: Sight,
    /// The object.
    pub object: Value,
    /// The object before.
    pub old: Value,
}

/// Decides about one webhook; `None` when it is not called. `object` is the object as it is now.
pub(super) async fn select(request: &Request<'_>, hook: &Hook, object: &Value) -> Result<Option<Called>, Status> {
    let Some(sight) = sight(request, hook) else { return Ok(None) };
    if !is_in_namespaces(request, hook, object).await? || !is_selected(request, hook, object)? {
        return Ok(None);
    }
    match match_conditions::hold(request.all, request.attributes, object, &hook.conditions).await? {
        Ok(true) => Ok(Some(Called {
            object: request.show(&sight, object).await?,
            old: request.show_old(&sight).await?,
            sight,
        })),
        Ok(false) => Ok(None),
        Err(cause) if hook.ignores_failures => {
            tracing::warn!(webhook = hook.name, cause, "match conditions failed, the webhook is not called");
            Ok(None)
        }
        Err(cause) => {
            let info = request.attributes.info;
            let resource = apimachinery::group_version::GroupResource::new(&*info.group, &*info.resource);
            Err(Status::forbidden(&resource, &request.name, &cause))
        }
    }
}

/// The version in which a rule of the webhook wants to see the request: the one that was asked for, or an equivalent.
fn sight(request: &Request<'_>, hook: &Hook) -> Option<Sight> {
    let subject = request.subject();
    if hook.rules.iter().any(|rule| rule.matches(&subject)) {
        return Some(request.own_sight());
    }
    if !hook.matches_equivalents {
        return None;
    }
    let resource = request.resource.as_ref()?;
    for rule in hook.rules.iter().filter(|rule| rule.matches_in_any_version(&subject)) {
        for name in resource.served_names() {
            let other = Subject { group: name.group, version: name.version, plural: name.plural, ..subject };
            if rule.matches(&other)
                && let Some(sight) = request.sight(&name)
            {
                return Some(sight);
            }
        }
    }
    None
}

async fn is_in_namespaces(request: &Request<'_>, hook: &Hook, object: &Value) -> Result<bool, Status> {
    if request.namespace.is_empty() && request.attributes.info.resource != "namespaces" {
        return Ok(true);
    }
    match &hook.namespaces {
        Selector::Everything => Ok(true),
        Selector::Nothing => Ok(false),
        Selector::Broken(cause) => Err(Status::internal(cause)),
        Selector::Some(selector) => {
            let labels = request.namespace_labels(object).await?;
            Ok(selector.matches_map(labels.as_object()))
        }
    }
}

/// Whether the object, or what it was before, has the labels.
fn is_selected(request: &Request<'_>, hook: &Hook, object: &Value) -> Result<bool, Status> {
    match &hook.objects {
        Selector::Everything => Ok(true),
        Selector::Nothing => Ok(false),
        Selector::Broken(cause) => Err(Status::internal(cause)),
        Selector::Some(selector) => {
            // The options of a connection are no object with labels.
            let has_labels = request.attributes.operation != Operation::Connect;
            let matches = |object: &Value| {
                !object.is_null() && selector.matches_map(object.at(&["metadata", "labels"]).as_object())
            };
            Ok(has_labels && (matches(object) || matches(request.attributes.old)))
        }
    }
}
