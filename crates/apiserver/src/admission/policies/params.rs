//! The parameters that a binding gives its policy.

use std::fmt;
use std::sync::Arc;

use apimachinery::group_version::GroupVersion;
use apimachinery::json;
use apimachinery::selector::LabelSelector;
use apimachinery::value::Value;
use cel::{Val, convert};
use registry::request::ListOptions;
use registry::resource::Resource;

use super::compiled::{Binding, Policy};
use crate::admission::Dependencies;

/// Why there are no parameters.
#[derive(Debug)]
pub enum Misconfigured {
    /// The policy names a kind that is not served.
    Policy(String),
    /// The binding names what is not there.
    Binding(String),
}

impl fmt::Display for Misconfigured {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misconfigured::Policy(cause) => write!(out, "failed to configure policy: {cause}"),
            Misconfigured::Binding(cause) => write!(out, "failed to configure binding: {cause}"),
        }
    }
}

/// One evaluation's parameters each; null where the policy has none.
pub async fn collect(
    all: &Dependencies,
    policy: &Policy,
    binding: &Binding,
    namespace: &str,
) -> Result<Vec<Val>, Misconfigured> {
    let Some((api_version, kind)) = &policy.param_kind else { return Ok(vec![Val::Null]) };
    if binding.param_ref.is_null() {
        return Ok(vec![Val::Null]);
    }
    let Some(resource) = resource_of(all, api_version, kind) else {
        let cause = format!("failed to find resource referenced by paramKind: '{api_version}, Kind={kind}'");
        return Err(Misconfigured::Policy(cause));
    };
    of_binding(&resource, binding, namespace).await.map_err(Misconfigured::Binding)
}

async fn of_binding(resource: &Resource, binding: &Binding, namespace: &str) -> Result<Vec<Val>, String> {
    let reference = &binding.param_ref;
    let namespace = param_namespace(resource, reference.str_at(&["namespace"]), namespace)?;
    let found = match reference.str_at(&["name"]) {
        "" => selected(resource, namespace, reference.field("selector")).await?,
        name => named(resource, namespace, name).await?,
    };
    if found.is_empty() && reference.str_at(&["parameterNotFoundAction"]) == "Deny" {
        return Err("no params found for policy binding with `Deny` parameterNotFoundAction".to_owned());
    }
    Ok(found.iter().map(convert::from_tree).collect())
}

/// The resource whose objects have this kind.
fn resource_of(all: &Dependencies, api_version: &str, kind: &str) -> Option<Arc<Resource>> {
    let version = GroupVersion::parse(api_version)?;
    let is_it = |resource: &Arc<Resource>| {
        let ty = resource.resource_type();
        ty.group == version.group && ty.version == version.version && ty.kind == kind
    };
    all.registry.resources().into_iter().find(is_it)
}

fn param_namespace<'a>(resource: &Resource, wanted: &'a str, own: &'a str) -> Result<&'a str, String> {
    match (resource.resource_type().is_namespaced, wanted, own) {
        (true, "", "") => {
            Err("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources".into())
        }
        (true, "", own) => Ok(own),
        (true, wanted, _) => Ok(wanted),
        (false, "", _) => Ok(""),
        (false, ..) => Err("paramRef.namespace must not be provided for a cluster-scoped `paramKind`".into()),
    }
}

async fn named(resource: &Resource, namespace: &str, name: &str) -> Result<Vec<Value>, String> {
    match resource.get(namespace, name, "0").await {
        Ok(object) => Ok(json::parse(&object.bytes).ok().into_iter().collect()),
        Err(status) if status.code == 404 => Ok(Vec::new()),
        Err(status) => Err(status.message),
    }
}

async fn selected(resource: &Resource, namespace: &str, selector: &Value) -> Result<Vec<Value>, String> {
    let selector = LabelSelector::from_value(selector).map_err(|error| error.to_string())?.unwrap_or_default();
    let options = ListOptions { label_selector: selector, resource_version: "0".to_owned(), ..ListOptions::default() };
    let list = resource.list(namespace, &options).await.map_err(|status| status.message)?;
    Ok(list.items.iter().filter_map(|item| json::parse(&item.bytes).ok()).collect())
}
