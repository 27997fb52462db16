//! Admission policies: CEL expressions that refuse or change requests.
//!
//! Policies and bindings are kept compiled, as the watch cache tells of them; a request that none is about costs a
//! look at their rules.

mod authorize;
mod compiled;
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
use tokio::task::JoinSet;

use super::follow::{News, follow};
use super::request::{Request, Sight};
use compiled::{Binding, Policy};
use hooks::{Hooks, Part};

/// The policies of both kinds.
pub struct Policies {
    validating: Arc<Hooks>,
    mutating: Arc<Hooks>,
    _tasks: JoinSet<()>,
}

impl Policies {
    /// Starts to follow policies and bindings, and to write what their expressions were checked against. Needs a tokio
    /// runtime.
    pub(super) fn start(registry: &Arc<Registry>) -> Policies {
        let (validating, mutating): (Arc<Hooks>, Arc<Hooks>) = Default::default();
        let mut tasks = JoinSet::new();
        for (plural, hooks, part) in [
            ("mutatingadmissionpolicies", &mutating, Part::Policy),
            ("mutatingadmissionpolicybindings", &mutating, Part::Binding),
            ("validatingadmissionpolicies", &validating, Part::Policy),
            ("validatingadmissionpolicybindings", &validating, Part::Binding),
        ] {
            let Some(resource) = registry.resource(status::GROUP, "v1", plural) else { continue };
            let hooks = Arc::clone(hooks);
            tasks.spawn(follow(resource, move |news| match news {
                News::Set(object) => hooks.set(part, object),
                News::Gone(name) => hooks.remove(part, name),
                News::Complete => {}
            }));
        }
        if let Some(policies) = registry.resource(status::GROUP, "v1", status::PLURAL) {
            tasks.spawn(status::run(Arc::downgrade(registry), policies));
        }
        Policies { validating, mutating, _tasks: tasks }
    }
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
