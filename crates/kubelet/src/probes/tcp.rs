//! tcpSocket: a connection is success.

use api::k8s_openapi::api::core::v1::TCPSocketAction;

use super::{ProbeInput, ProbeResult};
use crate::http_get::{connect, port_number};

pub(super) async fn probe(input: &ProbeInput<'_>, action: &TCPSocketAction) -> ProbeResult {
    let port = match port_number(&action.port, input.container) {
        Ok(port) => port,
        Err(error) => return ProbeResult::Error(error),
    };
    let host = action.host.as_deref().filter(|host| !host.is_empty()).unwrap_or(input.pod_ip);
    match tokio::time::timeout(input.timeout, connect(host, port)).await {
        Ok(Ok(_)) => ProbeResult::Success,
        Ok(Err(error)) => ProbeResult::Failure(error),
        Err(_) => ProbeResult::Failure(format!("dial tcp {host}:{port}: i/o timeout")),
    }
}
