//! Mutating webhooks: called one after the other, each with what the one before left.

use std::sync::Arc;
use std::time::Instant;

use apimachinery::field_error::quoted;
use apimachinery::patch::json_patch;
use apimachinery::status::Status;
use apimachinery::value::Value;
use apimachinery::{json, tree};

use super::call::{Failure, Phase, call, observe, settle};
use super::configuration::Hook;
use super::reinvocation::Reinvocation;
use super::selection::select;
use crate::admission::request::{Request, Seen};

/// Calls the webhooks that match.
pub(super) async fn admit(
    request: &Request<'_>,
    hooks: &[Arc<Hook>],
    object: &mut Value,
    reinvocation: &mut Reinvocation,
) -> Result<(), Status> {
    reinvocation.start(object);
    for (at, hook) in hooks.iter().enumerate() {
        let Some(seen) = select(request, hook, object).await? else { continue };
        if !reinvocation.calls(&hook.uid) {
            continue;
        }
        let place = format!("round_{}_index_{at}", reinvocation.round());
        let started = Instant::now();
        let outcome = run(request, hook, seen, object, &place).await;
        observe(request, hook, Phase::Mutating, started, &outcome);
        let has_changed = *outcome.as_ref().unwrap_or(&false);
        annotate_mutation(request, hook, has_changed, &place);
        reinvocation.called(&hook.uid, has_changed, hook.may_be_reinvoked);
        if let Err(failure) = outcome {
            settle(request, hook, failure, &format!("mutation.webhook.admission.k8s.io/{place}"))?;
        }
    }
    reinvocation.end(object);
    Ok(())
}

/// Calls one webhook and applies its patch; whether that changed the object.
async fn run(
    request: &Request<'_>,
    hook: &Hook,
    seen: Seen<'_>,
    object: &mut Value,
    place: &str,
) -> Result<bool, Failure> {
    let verdict = call(request, hook, &seen, Phase::Mutating).await?;
    if verdict.patch.is_empty() {
        return Ok(false);
    }
    let operations = json::parse(&verdict.patch).map_err(|error| {
        Failure::Unreachable(format!("received undecodable patch in webhook response: {}", error.message))
    })?;
    if operations.as_array().is_none_or(<[Value]>::is_empty) {
        return Ok(false);
    }
    let internal = |cause: String| Failure::Internal(Status::internal(cause));
    if seen.object.is_null() {
        let name = quoted(&hook.name);
        let text = "attempted to modify the object, which is not supported for this operation";
        return Err(internal(format!("admission webhook {name} {text}")));
    }
    let patched = json_patch(&seen.object, &verdict.patch).map_err(|status| internal(status.message))?;
    let has_changed = patched != seen.object;
    annotate_patch(request, hook, operations, place);
    if has_changed {
        request.take(&seen.sight, object, patched).await.map_err(Failure::Internal)?;
    }
    Ok(has_changed)
}

fn annotate_mutation(request: &Request<'_>, hook: &Hook, has_changed: bool, place: &str) {
    let value = tree!({
        "configuration": (hook.configuration.as_str()), "webhook": (hook.name.as_str()), "mutated": has_changed
    });
    annotate(request, &format!("mutation.webhook.admission.k8s.io/{place}"), &value);
}

fn annotate_patch(request: &Request<'_>, hook: &Hook, operations: Value, place: &str) {
    let value = tree!({
        "configuration": (hook.configuration.as_str()), "webhook": (hook.name.as_str()),
        "patch": operations, "patchType": "JSONPatch"
    });
    annotate(request, &format!("patch.webhook.admission.k8s.io/{place}"), &value);
}

fn annotate(request: &Request<'_>, key: &str, value: &Value) {
    let text = String::from_utf8_lossy(&json::to_vec(value)).into_owned();
    request.attributes.info.audit_annotations.lock().push((key.to_owned(), text));
}
