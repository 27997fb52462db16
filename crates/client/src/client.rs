//! Requests by resource and name.

use std::sync::Arc;

use apimachinery::json;
use apimachinery::status::Status;
use apimachinery::tree;
use apimachinery::value::Value;
use bytes::Bytes;
use http::{Method, header};

use crate::transport::{Request, Response, ResponseBody, Transport, TransportError};

/// Bytes of one answer that is read whole (a LIST of everything at most).
pub const BODY_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Which resource: group, version, plural.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resource {
    /// API group, `""` for core.
    pub group: &'static str,
    /// Version.
    pub version: &'static str,
    /// Plural.
    pub plural: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Whether objects live in namespaces.
    pub is_namespaced: bool,
}

impl Resource {
    /// `apiVersion` of its objects.
    pub fn api_version(&self) -> String {
        match self.group.is_empty() {
            true => self.version.to_owned(),
            false => format!("{}/{}", self.group, self.version),
        }
    }

    /// Path of the collection; `namespace` empty means all namespaces.
    pub fn collection_path(&self, namespace: &str) -> String {
        let mut path = match self.group.is_empty() {
            true => format!("/api/{}", self.version),
            false => format!("/apis/{}/{}", self.group, self.version),
        };
        if self.is_namespaced && !namespace.is_empty() {
            path.push_str("/namespaces/");
            push_segment(&mut path, namespace);
        }
        path.push('/');
        path.push_str(self.plural);
        path
    }

    /// Path of one object, or of its `subresource` if that is not empty.
    pub fn object_path(&self, namespace: &str, name: &str, subresource: &str) -> String {
        let mut path = self.collection_path(namespace);
        path.push('/');
        push_segment(&mut path, name);
        if !subresource.is_empty() {
            path.push('/');
            path.push_str(subresource);
        }
        path
    }
}

/// Appends a path segment, percent-encoding what RFC 3986 does not allow there.
fn push_segment(path: &mut String, segment: &str) {
    for byte in segment.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => path.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b':' | b'@' => path.push(char::from(byte)),
            other => path.push_str(&format!("%{other:02X}")),
        }
    }
}

/// A query value, percent-encoded.
pub fn query_value(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_segment(&mut out, text);
    out
}

/// A request that failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientError {
    /// The server's refusal.
    #[error(transparent)]
    Status(#[from] Status),
    /// No answer.
    #[error(transparent)]
    Transport(#[from] crate::transport::TransportError),
    /// An answer that cannot be read.
    #[error("read answer: {0}")]
    Decode(String),
}

impl ClientError {
    /// Whether the server said `NotFound`.
    pub fn is_not_found(&self) -> bool {
        matches!(self, ClientError::Status(status) if status.reason == "NotFound")
    }
    /// Whether the server said that there is no such object; not that it does not know the kind.
    pub fn is_object_missing(&self) -> bool {
        match self {
            ClientError::Status(status) if status.reason == "NotFound" => {
                status.details.as_ref().is_some_and(|details| !details.name.is_empty())
            }
            _ => false,
        }
    }
    /// Whether the server said `Conflict`.
    pub fn is_conflict(&self) -> bool {
        matches!(self, ClientError::Status(status) if status.reason == "Conflict")
    }
    /// Whether the server said `AlreadyExists`.
    pub fn is_already_exists(&self) -> bool {
        matches!(self, ClientError::Status(status) if status.reason == "AlreadyExists")
    }
}

/// Patch body formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchFormat {
    /// RFC 6902
    Json,
    /// RFC 7386
    Merge,
    /// Strategic merge
    Strategic,
}

impl PatchFormat {
    /// The `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            PatchFormat::Json => "application/json-patch+json",
            PatchFormat::Merge => "application/merge-patch+json",
            PatchFormat::Strategic => "application/strategic-merge-patch+json",
        }
    }
}

/// `DeleteOptions` that control loops use.
#[derive(Clone, Debug, Default)]
pub struct DeleteOptions {
    /// `preconditions.uid`
    pub uid: Option<String>,
    /// `preconditions.resourceVersion`
    pub resource_version: Option<String>,
    /// `gracePeriodSeconds`
    pub grace_period_seconds: Option<i64>,
    /// `propagationPolicy`
    pub propagation_policy: Option<&'static str>,
}

impl DeleteOptions {
    /// The request body.
    pub fn to_value(&self) -> Value {
        let mut body = tree!({"kind": "DeleteOptions", "apiVersion": "v1"});
        if let Some(seconds) = self.grace_period_seconds {
            body.set(&["gracePeriodSeconds"], seconds);
        }
        if let Some(uid) = &self.uid {
            body.set(&["preconditions", "uid"], uid.as_str());
        }
        if let Some(version) = &self.resource_version {
            body.set(&["preconditions", "resourceVersion"], version.as_str());
        }
        if let Some(policy) = self.propagation_policy {
            body.set(&["propagationPolicy"], policy);
        }
        body
    }
}

/// A client with one identity. Cheap to clone. Bodies are JSON.
#[derive(Clone)]
pub struct Client {
    transport: Arc<dyn Transport>,
    user_agent: Arc<str>,
}

impl Client {
    /// `user_agent` becomes the field manager of writes (up to its first `/`).
    pub fn new(transport: Arc<dyn Transport>, user_agent: &str) -> Self {
        Client { transport, user_agent: user_agent.into() }
    }
    /// GET one object; JSON bytes.
    pub async fn get(&self, resource: Resource, namespace: &str, name: &str) -> Result<Bytes, ClientError> {
        self.call(Method::GET, &resource.object_path(namespace, name, ""), None).await
    }
    /// LIST; JSON bytes. `query` is appended as it is (`labelSelector=...&limit=...`).
    pub async fn list(&self, resource: Resource, namespace: &str, query: &str) -> Result<Bytes, ClientError> {
        let path = with_query(resource.collection_path(namespace), query);
        self.call(Method::GET, &path, None).await
    }
    /// POST; returns the created object.
    pub async fn create(&self, resource: Resource, namespace: &str, body: Bytes) -> Result<Bytes, ClientError> {
        self.call(Method::POST, &resource.collection_path(namespace), Some((JSON, body))).await
    }
    /// POST to a subresource (`binding`, `token`, `eviction`).
    pub async fn create_subresource(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        subresource: &str,
        body: Bytes,
    ) -> Result<Bytes, ClientError> {
        let path = resource.object_path(namespace, name, subresource);
        self.call(Method::POST, &path, Some((JSON, body))).await
    }
    /// PUT; `subresource` may be empty.
    pub async fn update(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        subresource: &str,
        body: Bytes,
    ) -> Result<Bytes, ClientError> {
        let path = resource.object_path(namespace, name, subresource);
        self.call(Method::PUT, &path, Some((JSON, body))).await
    }
    /// PATCH; `subresource` may be empty.
    pub async fn patch(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        subresource: &str,
        format: PatchFormat,
        body: Bytes,
    ) -> Result<Bytes, ClientError> {
        let path = resource.object_path(namespace, name, subresource);
        self.call(Method::PATCH, &path, Some((format.content_type(), body))).await
    }
    /// DELETE one object.
    pub async fn delete(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        options: &DeleteOptions,
    ) -> Result<Bytes, ClientError> {
        let path = resource.object_path(namespace, name, "");
        let body = Bytes::from(json::to_vec(&options.to_value()));
        self.call(Method::DELETE, &path, Some((JSON, body))).await
    }
    /// DELETE of a whole collection (of one namespace, if the kind has namespaces).
    pub async fn delete_collection(
        &self,
        resource: Resource,
        namespace: &str,
        options: &DeleteOptions,
    ) -> Result<Bytes, ClientError> {
        let body = Bytes::from(json::to_vec(&options.to_value()));
        self.call(Method::DELETE, &resource.collection_path(namespace), Some((JSON, body))).await
    }
    /// Any request, answered raw (watches, logs, reviews). Adds the User-Agent if there is none.
    pub async fn send(&self, mut request: Request) -> Result<Response, ClientError> {
        let headers = request.headers_mut();
        if !headers.contains_key(header::USER_AGENT)
            && let Ok(agent) = header::HeaderValue::from_str(&self.user_agent)
        {
            headers.insert(header::USER_AGENT, agent);
        }
        Ok(self.transport.send(request).await?)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<(&'static str, Bytes)>,
    ) -> Result<Bytes, ClientError> {
        let request = json_request(method, path, body)?;
        let response = self.send(request).await?;
        let status = response.status;
        let bytes = read_whole(response.body).await?;
        match status.is_success() {
            true => Ok(bytes),
            false => Err(ClientError::Status(Status::from_body(status.as_u16(), &bytes))),
        }
    }
}

const JSON: &str = "application/json";

fn with_query(mut path: String, query: &str) -> String {
    if !query.is_empty() {
        path.push('?');
        path.push_str(query);
    }
    path
}

/// A request that accepts JSON; `body` is its content type and bytes.
pub fn json_request(method: Method, path: &str, body: Option<(&'static str, Bytes)>) -> Result<Request, ClientError> {
    let mut request = http::Request::builder().method(method).uri(path).header(header::ACCEPT, JSON);
    if let Some((content_type, _)) = &body {
        request = request.header(header::CONTENT_TYPE, *content_type);
    }
    let bytes = body.map(|(_, bytes)| bytes).unwrap_or_default();
    request.body(bytes).map_err(|cause| {
        ClientError::Transport(TransportError { attempt: format!("make request for {path}"), cause: cause.to_string() })
    })
}

/// Reads an answer's body to its end, up to [`BODY_BYTES_MAX`].
pub async fn read_whole(body: ResponseBody) -> Result<Bytes, ClientError> {
    let mut pieces = match body {
        ResponseBody::Full(bytes) => return Ok(bytes),
        ResponseBody::Watch(_) => {
            return Err(ClientError::Decode("a watch where one answer was expected".into()));
        }
        ResponseBody::Chunks(pieces) => pieces,
    };
    let mut whole = Vec::new();
    while let Some(piece) = pieces.recv().await {
        let piece = piece?;
        if whole.len() + piece.len() > BODY_BYTES_MAX {
            return Err(ClientError::Decode(format!("answer is longer than {BODY_BYTES_MAX} bytes")));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(Bytes::from(whole))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::{CLUSTER_ROLES, DEPLOYMENTS, PODS};

    #[test]
    fn paths_follow_group_scope_and_subresource() {
        assert_eq!(PODS.collection_path(""), "/api/v1/pods");
        assert_eq!(PODS.object_path("a", "b", "log"), "/api/v1/namespaces/a/pods/b/log");
        assert_eq!(DEPLOYMENTS.object_path("a", "web", ""), "/apis/apps/v1/namespaces/a/deployments/web");
        assert_eq!(
            CLUSTER_ROLES.object_path("", "system:a/b", ""),
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:a%2Fb"
        );
    }

    #[test]
    fn delete_options_hold_only_what_was_asked() {
        let options = DeleteOptions { uid: Some("u1".into()), ..DeleteOptions::default() };
        assert_eq!(
            options.to_value(),
            tree!({"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": "u1"}})
        );
        assert!(DeleteOptions::default().to_value().at(&["preconditions"]).is_null());
    }
}
