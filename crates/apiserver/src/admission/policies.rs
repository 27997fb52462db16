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

use std::sync::Arc;

use registry::resource::Registry;

use hooks::Hooks;

/// The policies of both kinds.
#[derive(Default)]
pub struct Policies {
    validating: Hooks,
    mutating: Hooks,
}

/// Follows policies and bindings, and writes what their expressions were checked against.
pub(super) fn start(registry: &Arc<Registry>, policies: &Arc<Policies>) {
    follow::start(registry, policies);
    status::start(registry);
}
