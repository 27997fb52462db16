//! httpGet: a status from 200 to 399 is success.

use api::k8s_openapi::api::core::v1::HTTPGetAction;

use super::{ProbeInput, ProbeResult};
use crate::http_get::{HttpTarget, get};

pub(super) async fn probe(input: &ProbeInput<'_>, action: &HTTPGetAction) -> ProbeResult {
    let target = match HttpTarget::new(action, input.container, input.pod_ip, "probe") {
        Ok(target) => target,
        Err(error) => return ProbeResult::Error(error),
    };
    match get(&target, input.timeout).await {
        Ok(answer) => match answer.status {
            200..=299 => ProbeResult::Success,
            300..=399 => ProbeResult::Warning(format!("Probe terminated redirects, Response body: {}", answer.body)),
            status => ProbeResult::Failure(format!("HTTP probe failed with statuscode: {status}")),
        },
        Err(error) => ProbeResult::Failure(error),
    }
}
