//! One call of one webhook, and what becomes of the request when it fails.

use std::time::Instant;

use apimachinery::field_error::quoted;
use apimachinery::status::Status;

use super::configuration::Hook;
use super::metrics;
use super::review::{self, Verdict};
use crate::admission::request::{Request, Seen};
use crate::identifiers::random_uuid;

/// How Go tells that an answer did not come in time.
const TIMED_OUT: &str = "context deadline exceeded";

/// Which kind of webhook is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Mutating,
    Validating,
}

/// Why a webhook did not admit a request.
#[derive(Debug)]
pub(super) enum Failure {
    /// It could not be asked, or its answer made no sense: the failure policy decides.
    Unreachable(String),
    /// It said no: this is the answer to the request.
    Denied(Status),
    /// It cannot be obeyed: this is the answer to the request, whatever the policy.
    Internal(Status),
}

/// Asks a webhook. A verdict that comes back admits the request.
pub(super) async fn call(
    request: &Request<'_>,
    hook: &Hook,
    seen: &Seen<'_>,
    phase: Phase,
) -> Result<Verdict, Failure> {
    let info = request.attributes.info;
    if info.is_dry_run && !hook.allows_dry_run {
        let text = format!("admission webhook {} does not support dry run", quoted(&hook.name));
        return Err(Failure::Internal(Status::bad_request(text)));
    }
    let unreachable = |what: &str, cause: &str| Failure::Unreachable(format!("{what}: {cause}"));
    let version = hook.review_version.ok_or_else(|| {
        let cause = "webhook does not accept known AdmissionReview versions (v1, v1beta1)";
        unreachable("could not create admission objects", cause)
    })?;
    let client = hook.client.as_ref().map_err(|cause| unreachable("could not get REST client", cause))?;
    let uid = random_uuid();
    let question = review::question(request, seen, version, &uid);
    let answer = client.post(question.into(), hook.timeout, TIMED_OUT).await;
    let answer = answer.map_err(|cause| unreachable("failed to call webhook", &cause))?;
    let verdict = review::answer(&answer, version, &uid, phase == Phase::Mutating);
    let verdict = verdict.map_err(|cause| unreachable("received invalid webhook response", &cause))?;
    for (key, value) in &verdict.audit_annotations {
        info.audit_annotations.lock().push((format!("{}/{key}", hook.name), value.clone()));
    }
    verdict.warnings.iter().for_each(|text| info.warn(text.as_str()));
    match verdict.is_allowed {
        true => Ok(verdict),
        false => Err(Failure::Denied(review::refusal(&hook.name, &verdict.result))),
    }
}

/// Counts a call with its outcome.
pub(super) fn observe<T>(
    request: &Request<'_>,
    hook: &Hook,
    phase: Phase,
    started: Instant,
    outcome: &Result<T, Failure>,
) {
    request.all.webhooks.metrics.observe(&metrics::Call {
        name: &hook.name,
        phase,
        operation: request.operation(),
        ignores_failures: hook.ignores_failures,
        failure: outcome.as_ref().err(),
        took: started.elapsed(),
    });
}

/// What a failure means for the request: nothing (the webhook's policy ignores it), or this answer.
pub(super) fn settle(request: &Request<'_>, hook: &Hook, failure: Failure, annotation: &str) -> Result<(), Status> {
    match failure {
        Failure::Denied(status) | Failure::Internal(status) => Err(status),
        Failure::Unreachable(cause) => {
            let text = format!("failed calling webhook {}: {cause}", quoted(&hook.name));
            if !hook.ignores_failures {
                return Err(Status::internal(text));
            }
            tracing::warn!(webhook = hook.name, cause, "a webhook failed and is ignored");
            let annotation = format!("failed-open.{annotation}");
            request.attributes.info.audit_annotations.lock().push((annotation, hook.name.clone()));
            Ok(())
        }
    }
}
