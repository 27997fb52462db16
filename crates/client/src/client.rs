//! Requests by resource and name.

use std::sync::Arc;

use apimachinery::status::Status;
use bytes::Bytes;

use crate::transport::{Response, Transport};

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
        let _ = (resource, namespace, name, &self.transport, &self.user_agent);
        todo!("client helper")
    }
    /// LIST; JSON bytes. `query` is appended as it is (`labelSelector=...&limit=...`).
    pub async fn list(&self, resource: Resource, namespace: &str, query: &str) -> Result<Bytes, ClientError> {
        let _ = (resource, namespace, query);
        todo!("client helper")
    }
    /// POST; returns the created object.
    pub async fn create(&self, resource: Resource, namespace: &str, body: Bytes) -> Result<Bytes, ClientError> {
        let _ = (resource, namespace, body);
        todo!("client helper")
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
        let _ = (resource, namespace, name, subresource, body);
        todo!("client helper")
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
        let _ = (resource, namespace, name, subresource, body);
        todo!("client helper")
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
        let _ = (resource, namespace, name, subresource, format, body);
        todo!("client helper")
    }
    /// DELETE one object.
    pub async fn delete(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
        options: &DeleteOptions,
    ) -> Result<Bytes, ClientError> {
        let _ = (resource, namespace, name, options);
        todo!("client helper")
    }
    /// Any request, answered raw (watches, logs, reviews).
    pub async fn send(&self, request: crate::transport::Request) -> Result<Response, ClientError> {
        Ok(self.transport.send(request).await?)
    }
}
