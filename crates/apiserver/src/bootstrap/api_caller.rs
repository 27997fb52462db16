//! The few requests that bootstrapping sends, over the in-process transport.

use std::sync::Arc;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::value::Value;
use bytes::Bytes;
use client::transport::{ResponseBody, Transport};
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{Method, Request};

use super::BootstrapError;

/// A resource by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Path of the group version: `/api/v1`.
    pub base: &'static str,
    /// Plural.
    pub plural: &'static str,
    /// `apiVersion` of its objects.
    pub api_version: &'static str,
    /// Kind of its objects.
    pub kind: &'static str,
}

const FLOW_CONTROL: (&str, &str) = ("/apis/flowcontrol.apiserver.k8s.io/v1", "flowcontrol.apiserver.k8s.io/v1");
const RBAC: (&str, &str) = ("/apis/rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1");

impl Collection {
    const fn new((base, api_version): (&'static str, &'static str), plural: &'static str, kind: &'static str) -> Self {
        Collection { base, plural, api_version, kind }
    }

    /// Namespaces.
    pub const NAMESPACES: Collection = Collection::new(("/api/v1", "v1"), "namespaces", "Namespace");
    /// ConfigMaps.
    pub const CONFIG_MAPS: Collection = Collection::new(("/api/v1", "v1"), "configmaps", "ConfigMap");
    /// Services.
    pub const SERVICES: Collection = Collection::new(("/api/v1", "v1"), "services", "Service");
    /// Endpoints.
    pub const ENDPOINTS: Collection = Collection::new(("/api/v1", "v1"), "endpoints", "Endpoints");
    /// EndpointSlices.
    pub const ENDPOINT_SLICES: Collection =
        Collection::new(("/apis/discovery.k8s.io/v1", "discovery.k8s.io/v1"), "endpointslices", "EndpointSlice");
    /// ServiceCIDRs.
    pub const SERVICE_CIDRS: Collection =
        Collection::new(("/apis/networking.k8s.io/v1", "networking.k8s.io/v1"), "servicecidrs", "ServiceCIDR");
    /// PriorityClasses.
    pub const PRIORITY_CLASSES: Collection =
        Collection::new(("/apis/scheduling.k8s.io/v1", "scheduling.k8s.io/v1"), "priorityclasses", "PriorityClass");
    /// FlowSchemas.
    pub const FLOW_SCHEMAS: Collection = Collection::new(FLOW_CONTROL, "flowschemas", "FlowSchema");
    /// PriorityLevelConfigurations.
    pub const PRIORITY_LEVELS: Collection =
        Collection::new(FLOW_CONTROL, "prioritylevelconfigurations", "PriorityLevelConfiguration");
    /// Roles.
    pub const ROLES: Collection = Collection::new(RBAC, "roles", "Role");
    /// ClusterRoles.
    pub const CLUSTER_ROLES: Collection = Collection::new(RBAC, "clusterroles", "ClusterRole");
    /// RoleBindings.
    pub const ROLE_BINDINGS: Collection = Collection::new(RBAC, "rolebindings", "RoleBinding");
    /// ClusterRoleBindings.
    pub const CLUSTER_ROLE_BINDINGS: Collection = Collection::new(RBAC, "clusterrolebindings", "ClusterRoleBinding");

    fn path(&self, object: &Value) -> String {
        match object.namespace() {
            "" => format!("{}/{}", self.base, self.plural),
            namespace => format!("{}/namespaces/{namespace}/{}", self.base, self.plural),
        }
    }
}

/// Sends requests as the server itself.
pub struct ApiCaller {
    transport: Arc<dyn Transport>,
}

enum Answer {
    Good(Value),
    Refused(Status),
}

impl ApiCaller {
    /// Over `transport`.
    pub fn new(transport: Arc<dyn Transport>) -> ApiCaller {
        ApiCaller { transport }
    }

    /// Whether the kind is built in at all.
    pub fn serves(&self, collection: Collection) -> bool {
        let group = collection.api_version.split_once('/').map_or("", |(group, _)| group);
        api::resource(group, "v1", collection.plural).is_some()
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        media_type: &str,
    ) -> Result<Answer, BootstrapError> {
        let failed = |cause: String| BootstrapError { attempt: format!("{method} {path}"), cause };
        let body = body.map(json::to_vec).unwrap_or_default();
        let request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header(CONTENT_TYPE, media_type)
            .header(USER_AGENT, "kube-apiserver/v1.36.3")
            .body(Bytes::from(body))
            .map_err(|error| failed(error.to_string()))?;
        let response = self.transport.send(request).await.map_err(|error| failed(error.to_string()))?;
        let ResponseBody::Full(bytes) = response.body else { return Err(failed("the answer is a stream".into())) };
        match response.status.is_success() {
            true => json::parse(&bytes).map(Answer::Good).map_err(|error| failed(error.to_string())),
            false => Ok(Answer::Refused(Status::from_body(response.status.as_u16(), &bytes))),
        }
    }

    async fn write(&self, method: Method, path: String, body: &Value, media_type: &str) -> Result<u64, BootstrapError> {
        match self.send(method.clone(), &path, Some(body), media_type).await? {
            Answer::Good(object) => Ok(object.resource_version().parse().unwrap_or(0)),
            Answer::Refused(status) => {
                let name = body.name();
                Err(BootstrapError { attempt: format!("{method} {path} {name}"), cause: status.message })
            }
        }
    }

    /// All objects, over all namespaces; none when the kind is not served.
    pub async fn list(&self, collection: Collection) -> Result<Vec<Value>, BootstrapError> {
        let path = format!("{}/{}", collection.base, collection.plural);
        match self.send(Method::GET, &path, None, "application/json").await? {
            Answer::Good(list) => Ok(list.items_at(&["items"]).to_vec()),
            Answer::Refused(status) => Err(BootstrapError { attempt: format!("GET {path}"), cause: status.message }),
        }
    }

    /// One object, if it is there.
    pub async fn get(
        &self,
        collection: Collection,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>, BootstrapError> {
        let holder = apimachinery::tree!({"metadata": {"namespace": namespace}});
        let path = format!("{}/{name}", collection.path(&holder));
        match self.send(Method::GET, &path, None, "application/json").await? {
            Answer::Good(object) => Ok(Some(object)),
            Answer::Refused(status) if status.code == 404 => Ok(None),
            Answer::Refused(status) => Err(BootstrapError { attempt: format!("GET {path}"), cause: status.message }),
        }
    }

    /// Creates an object (kind and apiVersion are added); another one that was quicker is fine.
    pub async fn create(&self, collection: Collection, object: &Value) -> Result<u64, BootstrapError> {
        let mut body = object.clone();
        body.set(&["kind"], collection.kind);
        body.set(&["apiVersion"], collection.api_version);
        let path = collection.path(object);
        match self.send(Method::POST, &path, Some(&body), "application/json").await? {
            Answer::Good(object) => Ok(object.resource_version().parse().unwrap_or(0)),
            Answer::Refused(status) if status.reason == "AlreadyExists" => Ok(0),
            Answer::Refused(status) => {
                let attempt = format!("POST {path} {}", object.name());
                Err(BootstrapError { attempt, cause: status.message })
            }
        }
    }

    /// Replaces an object.
    pub async fn update(&self, collection: Collection, object: &Value) -> Result<u64, BootstrapError> {
        let mut body = object.clone();
        body.set(&["kind"], collection.kind);
        body.set(&["apiVersion"], collection.api_version);
        self.write(Method::PUT, format!("{}/{}", collection.path(object), object.name()), &body, "application/json")
            .await
    }

    /// Merges a patch into the status of a cluster-scoped object.
    pub async fn patch_status(&self, collection: Collection, name: &str, patch: &Value) -> Result<u64, BootstrapError> {
        let path = format!("{}/{}/{name}/status", collection.base, collection.plural);
        self.write(Method::PATCH, path, patch, "application/merge-patch+json").await
    }

    /// Deletes an object; one that is gone is fine.
    pub async fn delete(&self, collection: Collection, object: &Value) -> Result<(), BootstrapError> {
        let path = format!("{}/{}", collection.path(object), object.name());
        match self.send(Method::DELETE, &path, None, "application/json").await? {
            Answer::Refused(status) if status.code != 404 => {
                Err(BootstrapError { attempt: format!("DELETE {path}"), cause: status.message })
            }
            _ => Ok(()),
        }
    }
}
