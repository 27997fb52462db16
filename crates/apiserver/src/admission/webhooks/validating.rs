//! Validating webhooks: all that match are called at once.

use std::sync::Arc;
use std::time::Instant;

use apimachinery::status::Status;
use apimachinery::value::Value;
use futures_util::future::join_all;

use super::call::{Phase, call, observe, settle};
use super::configuration::Hook;
use super::selection::select;
use crate::admission::request::Request;

/// Calls the webhooks that match; the first refusal in their order is the answer.
pub(super) async fn admit(request: &Request<'_>, hooks: &[Arc<Hook>], object: &Value) -> Result<(), Status> {
    let mut matching = Vec::new();
    for hook in hooks {
        if let Some(seen) = select(request, hook, object).await? {
            matching.push((hook, seen));
        }
    }
    let calls = matching.iter().enumerate().map(async |(at, (hook, seen))| {
        let started = Instant::now();
        let outcome = call(request, hook, seen, Phase::Validating).await;
        observe(request, hook, Phase::Validating, started, &outcome);
        match outcome {
            Ok(_) => Ok(()),
            Err(failure) => {
                let annotation = format!("validating.webhook.admission.k8s.io/round_0_index_{at}");
                settle(request, hook, failure, &annotation)
            }
        }
    });
    // All of them are heard, also after a refusal.
    join_all(calls).await.into_iter().collect()
}
