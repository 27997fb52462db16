//! Admission policies: CEL expressions that refuse or change requests.
//!
//! Policies and bindings are kept compiled, as the watch cache tells of them; a request that none is about costs a
//! look at their rules.

mod authorize;
mod compiled;
mod follow;
mod hooks;
mod mutating;
mod params;
mod patching;
mod status;
mod type_checking;
mod validating;
mod variables;

pub(super) use mutating::{Pass, mutate};
pub(super) use validating::validate;
pub(super) use variables::{PolicyVariables, RequestValues};

use std::sync::Arc;

use apimachinery::status::Status;
use apimachinery::value::Value;
use registry::admission::Attributes;
use registry::resource::Registry;

use super::request::{Request, Sight};
use compiled::{Binding, Policy};
use hooks::Hooks;

/// The policies of both kinds.
#[derive(Default)]
pub struct Policies {
    validating: Hooks,
    mutating: Hooks,
}

/// Whether no policy is asked about a request: nobody can lock themselves out.
pub(super) fn is_exempt(attributes: &Attributes<'_>) -> bool {
    let kinds = [
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
    ];
    let info = attributes.info;
    info.group == "admissionregistration.k8s.io" && kinds.contains(&info.resource.as_str())
}

/// Whether a policy and one of its bindings are about a request; the version in which the policy sees it.
async fn matches<'r>(
    request: &'r Request<'_>,
    policy: &Policy,
    binding: &Binding,
    object: &Value,
) -> Result<Option<Sight<'r>>, Status> {
    let Some(sight) = request.matches(&policy.constraints, object).await? else { return Ok(None) };
    Ok(request.matches(&binding.constraints, object).await?.map(|_| sight))
}

/// Follows policies and bindings, and writes what their expressions were checked against.
pub(super) fn start(registry: &Arc<Registry>, policies: &Arc<Policies>) {
    follow::start(registry, policies);
    status::start(registry);
}
