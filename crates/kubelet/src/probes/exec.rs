//! exec: a command in the container; exit code 0 is success.

use api::k8s_openapi::api::core::v1::ExecAction;
use container_interfaces::cri::v1::ExecSyncRequest;

use super::{ProbeInput, ProbeResult};
use crate::env::expand_static;
use crate::spec::{go_duration, quote};

/// Bytes of output that are kept (upstream's).
const OUTPUT_BYTES_MAX: usize = 10 * 1_024;

pub(super) async fn probe(input: &ProbeInput<'_>, action: &ExecAction) -> ProbeResult {
    let command = expand_static(action.command.as_deref(), input.container);
    let shown = command.join(" ");
    let request = ExecSyncRequest {
        container_id: input.container_id.to_owned(),
        cmd: command,
        timeout: i64::try_from(input.timeout.as_secs()).unwrap_or(i64::MAX),
    };
    match input.runtime.exec_sync(request).await {
        Ok(answer) if answer.exit_code == 0 => ProbeResult::Success,
        Ok(answer) => {
            let mut output = answer.stdout;
            output.extend_from_slice(&answer.stderr);
            output.truncate(OUTPUT_BYTES_MAX);
            ProbeResult::Failure(String::from_utf8_lossy(&output).into_owned())
        }
        Err(error) if error.code() == tonic::Code::DeadlineExceeded => ProbeResult::Failure(format!(
            "command timed out: {} timed out after {}",
            quote(&shown),
            go_duration(input.timeout)
        )),
        Err(error) => ProbeResult::Error(error.message().to_owned()),
    }
}
