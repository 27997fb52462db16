//! grpc: the health service (`grpc.health.v1.Health/Check`) says `SERVING`.

use api::k8s_openapi::api::core::v1::GRPCAction;
use bytes::{BufMut, Bytes, BytesMut};
use http::Request;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::{ProbeInput, ProbeResult};
use crate::http_get::connect;

/// Bytes of the answer; a health answer has seven.
const ANSWER_BYTES_MAX: usize = 4_096;
/// `HealthCheckResponse.ServingStatus.SERVING`
const SERVING: u8 = 1;

pub(super) async fn probe(input: &ProbeInput<'_>, action: &GRPCAction) -> ProbeResult {
    let Some(port) = u16::try_from(action.port).ok().filter(|port| *port > 0) else {
        return ProbeResult::Error(format!("invalid port number: {}", action.port));
    };
    let service = action.service.as_deref().unwrap_or("");
    match tokio::time::timeout(input.timeout, check(input.pod_ip, port, service)).await {
        Ok(Ok(Some(SERVING))) => ProbeResult::Success,
        Ok(Ok(status)) => {
            let name = match status {
                Some(0) | None => "UNKNOWN".to_owned(),
                Some(2) => "NOT_SERVING".to_owned(),
                Some(3) => "SERVICE_UNKNOWN".to_owned(),
                Some(other) => other.to_string(),
            };
            ProbeResult::Failure(format!("service unhealthy (responded with {})", crate::spec::quote(&name)))
        }
        Ok(Err(error)) => ProbeResult::Failure(error),
        Err(_) => {
            let text = format!(
                "timeout: failed to connect service \"{}:{port}\" within {:?}: context deadline exceeded",
                input.pod_ip, input.timeout
            );
            ProbeResult::Failure(text)
        }
    }
}

/// The serving status in the answer.
async fn check(host: &str, port: u16, service: &str) -> Result<Option<u8>, String> {
    let stream = connect(host, port).await?;
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.map_err(|error| error.to_string())?;
    let task = tokio::spawn(connection);
    let request = Request::post(format!("http://{host}:{port}/grpc.health.v1.Health/Check"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("user-agent", "kube-probe/1.36")
        .body(Full::new(framed(service)))
        .map_err(|error| error.to_string())?;
    let answer = sender.send_request(request).await.map_err(|error| error.to_string());
    let status = match answer {
        Ok(answer) => read(answer).await,
        Err(error) => Err(error),
    };
    task.abort();
    status
}

async fn read(answer: http::Response<hyper::body::Incoming>) -> Result<Option<u8>, String> {
    let early = grpc_status(answer.headers());
    let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await.map_err(|error| error.to_string())?;
    let late = body.trailers().and_then(grpc_status);
    if let Some(status) = early.or(late).filter(|status| status != "0") {
        return Err(format!("error: health rpc failed: rpc error: code = {status}"));
    }
    Ok(serving_status(&body.to_bytes()))
}

fn grpc_status(headers: &http::HeaderMap) -> Option<String> {
    headers.get("grpc-status").and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// `HealthCheckRequest { service }` as a gRPC message.
fn framed(service: &str) -> Bytes {
    let mut message = BytesMut::new();
    if let Ok(length) = u8::try_from(service.len())
        && length > 0
    {
        message.put_slice(&[0x0a, length & 0x7f]);
        message.put_slice(&service.as_bytes()[..usize::from(length & 0x7f)]);
    }
    let mut frame = BytesMut::with_capacity(5 + message.len());
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len()).unwrap_or(0));
    frame.put_slice(&message);
    frame.freeze()
}

/// Field 1 of `HealthCheckResponse`; absent means `UNKNOWN`.
fn serving_status(body: &[u8]) -> Option<u8> {
    match body.get(5..)? {
        [0x08, status, ..] => Some(*status),
        _ => Some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_messages_are_framed_as_grpc_has_them() {
        assert_eq!(&framed("ab")[..], [0, 0, 0, 0, 4, 0x0a, 2, b'a', b'b']);
        assert_eq!(&framed("")[..], [0, 0, 0, 0, 0]);
        assert_eq!(serving_status(&[0, 0, 0, 0, 2, 0x08, 1]), Some(SERVING));
        assert_eq!(serving_status(&[0, 0, 0, 0, 0]), Some(0));
    }
}
