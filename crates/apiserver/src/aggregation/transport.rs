//! Connections to servers behind APIServices.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::{BodyExt, Empty, Limited};
use registry::request::UserInfo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use streaming::tls::{client_config, unverified_client_config};

use super::registration::RemoteService;
use super::{Remote, remote_user};
use crate::config::FrontProxyConfig;
use crate::kubelet_client::Backend;

/// Time for an answer to the aggregator's own questions.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Bytes of a document that a server gives about itself.
const DOCUMENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How connections to a server are secured, or why they cannot be.
#[derive(Clone)]
pub(super) struct RemoteTls(Result<(Arc<ClientConfig>, ServerName<'static>), String>);

impl RemoteTls {
    /// With the front proxy's certificate, if there is one.
    pub(super) fn new(service: &RemoteService, front_proxy: Option<&FrontProxyConfig>) -> RemoteTls {
        let identity = front_proxy.map(|it| (it.certificate_pem.as_slice(), it.key_pem.as_slice()));
        RemoteTls(RemoteTls::make(service, identity))
    }

    fn make(
        service: &RemoteService,
        identity: Option<(&[u8], &[u8])>,
    ) -> Result<(Arc<ClientConfig>, ServerName<'static>), String> {
        let config = match (service.is_unverified, service.ca_pem.is_empty()) {
            (true, _) => unverified_client_config(identity),
            (false, false) => client_config(&service.ca_pem, identity, &[b"http/1.1"]),
            (false, true) => return Err("no caBundle says who signed the server's certificate".into()),
        };
        let name = ServerName::try_from(service.host()).map_err(|error| error.to_string())?;
        Ok((config.map_err(|error| error.to_string())?, name))
    }

    /// A server at one address.
    pub(super) fn backend(&self, address: SocketAddr) -> Result<Backend, String> {
        let (config, name) = self.0.as_ref().map_err(String::clone)?;
        Ok(Backend::secured(address, Arc::clone(config), name.clone()))
    }
}

/// A server's answer to a question of the aggregator.
pub(super) struct Answer {
    pub(super) code: u16,
    pub(super) content_type: String,
    pub(super) body: Bytes,
}

/// GET as the aggregator itself.
pub(super) async fn ask(remote: &Remote, address: SocketAddr, path: &str, accept: &str) -> Result<Answer, String> {
    let backend = remote.tls.backend(address)?;
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_str(accept).map_err(|error| error.to_string())?);
    headers.insert(USER_AGENT, HeaderValue::from_static("kube-aggregator"));
    remote_user::set(&mut headers, &aggregator_user());
    let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
    let mut request = Request::builder().uri(path).body(body).map_err(|error| error.to_string())?;
    *request.headers_mut() = headers;
    let work = async {
        let response = backend.send(request).await?;
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let (code, content_type) = (response.status().as_u16(), content_type.unwrap_or("").to_owned());
        let body = Limited::new(response.into_body(), DOCUMENT_BYTES_MAX).collect().await;
        Ok(Answer { code, content_type, body: body.map_err(|error| error.to_string())?.to_bytes() })
    };
    let timed = tokio::time::timeout(ANSWER_TIMEOUT, work).await;
    timed.unwrap_or_else(|_| Err("context deadline exceeded".into()))
}

fn aggregator_user() -> UserInfo {
    UserInfo { name: "system:kube-aggregator".into(), groups: vec!["system:masters".into()], ..UserInfo::default() }
}
