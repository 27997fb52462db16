//! Admission policies: CEL expressions that refuse or change requests.
//!
//! Policies and bindings are kept compiled, as the watch cache tells of them; a request that none is about costs a
//! look at their rules.

mod authorize;
mod compiled;
mod follow;
mod hooks;
mod matching;
mod mutating;
mod params;
mod patching;
mod request;
mod status;
mod type_checking;
mod validating;
mod variables;

pub(super) use mutating::{Pass, mutate};
pub(super) use validating::validate;
pub(super) use variables::PolicyVariables;

use std::sync::Arc;

use apimachinery::status::Status;
use apimachinery::value::Value;
use registry::admission::Attributes;
use registry::resource::Registry;

use super::Dependencies;
use hooks::Hooks;
use request::Request;
use variables::RequestValues;

/// The policies of both kinds.
#[derive(Default)]
pub struct Policies {
    validating: Hooks,
    mutating: Hooks,
}

/// What expressions see of a request, under the name that it was made with.
pub(super) async fn request_values(
    all: &Dependencies,
    attributes: &Attributes<'_>,
    object: &Value,
) -> Result<RequestValues, Status> {
    Request::new(all, attributes, object).await?.values(0, object)
}

/// Follows policies and bindings, and writes what their expressions were checked against.
pub(super) fn start(registry: &Arc<Registry>, policies: &Arc<Policies>) {
    follow::start(registry, policies);
    status::start(registry);
}
