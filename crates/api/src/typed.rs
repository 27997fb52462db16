//! Typed views of the built-in kinds: the only place where serde code of k8s-openapi's types is compiled.
//!
//! A required time that is null reads as Go's zero time (year 1), and is null again after a write.
//!
//! For reading (validation, columns, control loops) and for objects that control loops create. The server
//! never encodes a typed value as an answer: its omit rules differ from upstream's.

use apimachinery::json;
use apimachinery::schema::{Struct, Type};
use apimachinery::value::Value;
use k8s_openapi::Resource;
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenReview};
use k8s_openapi::api::authorization::v1::{
    LocalSubjectAccessReview, SelfSubjectAccessReview, SelfSubjectRulesReview, SubjectAccessReview,
};
use k8s_openapi::api::autoscaling::v1::Scale;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Endpoints, Event, Namespace, Node, Pod, Secret, Service, ServiceAccount};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::networking::v1::{IPAddress, ServiceCIDR};
use k8s_openapi::api::policy::v1::Eviction;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use k8s_openapi::api::scheduling::v1::PriorityClass;
use k8s_openapi::serde::Serialize;
use k8s_openapi::serde::de::DeserializeOwned;

use crate::resources::type_by_gvk;

/// Bytes or a tree that are not an object of the asked kind; a retry cannot help.
#[derive(Debug, thiserror::Error)]
#[error("decode {kind}")]
pub struct TypedDecodeError {
    /// The kind that was asked for.
    pub kind: &'static str,
    /// What is wrong, with line and column.
    #[source]
    pub cause: serde_json::Error,
}

fn decode<T: DeserializeOwned + Resource>(bytes: &[u8]) -> Result<T, TypedDecodeError> {
    let wrong = match serde_json::from_slice(bytes) {
        Ok(object) => return Ok(object),
        Err(cause) => TypedDecodeError { kind: T::KIND, cause },
    };
    match with_zero_times(type_by_gvk(T::GROUP, T::VERSION, T::KIND), bytes) {
        Some(bytes) => serde_json::from_slice(&bytes).map_err(|_| wrong),
        None => Err(wrong),
    }
}

/// Go's zero time, which the server's normal form has as null.
const ZERO_TIME: &str = "0001-01-01T00:00:00Z";

/// The typed kinds refuse null where a time is required: writes the zero time there.
fn with_zero_times(ty: Option<&Struct>, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut value = json::parse(bytes).ok()?;
    write_zero_times(ty?, &mut value);
    Some(json::to_vec(&value))
}

fn write_zero_times(ty: &Struct, value: &mut Value) {
    let Value::Object(map) = value else { return };
    for field in ty.fields.iter() {
        if field.is_required && matches!(field.ty, Type::Time) {
            if map.get(&field.name).is_none_or(Value::is_null) {
                map.insert(field.name.clone(), ZERO_TIME);
            }
        } else if let Some(value) = map.get_mut(&field.name) {
            write_zero_times_in(&field.ty, value);
        }
    }
}

fn write_zero_times_in(ty: &Type, value: &mut Value) {
    match (ty, value) {
        (Type::Struct(ty), value) => write_zero_times(ty, value),
        (Type::List(ty), Value::Array(items)) => items.iter_mut().for_each(|item| write_zero_times_in(ty, item)),
        (Type::Map(ty), Value::Object(map)) => map.iter_mut().for_each(|(_, item)| write_zero_times_in(ty, item)),
        _ => {}
    }
}

fn encode<T: Serialize>(object: &T) -> Vec<u8> {
    serde_json::to_vec(object).expect("the kinds' serialisers fail on no value and a Vec takes any bytes")
}

/// Decodes the JSON of a `Deployment`.
pub fn deployment(bytes: &[u8]) -> Result<Deployment, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `Deployment`.
pub fn deployment_from_value(value: &Value) -> Result<Deployment, TypedDecodeError> {
    deployment(&json::to_vec(value))
}

/// Encodes a `Deployment` as JSON, for a write request.
pub fn deployment_json(object: &Deployment) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `ReplicaSet`.
pub fn replica_set(bytes: &[u8]) -> Result<ReplicaSet, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `ReplicaSet`.
pub fn replica_set_from_value(value: &Value) -> Result<ReplicaSet, TypedDecodeError> {
    replica_set(&json::to_vec(value))
}

/// Encodes a `ReplicaSet` as JSON, for a write request.
pub fn replica_set_json(object: &ReplicaSet) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `TokenRequest`.
pub fn token_request(bytes: &[u8]) -> Result<TokenRequest, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `TokenRequest`.
pub fn token_request_from_value(value: &Value) -> Result<TokenRequest, TypedDecodeError> {
    token_request(&json::to_vec(value))
}

/// Encodes a `TokenRequest` as JSON, for a write request.
pub fn token_request_json(object: &TokenRequest) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `TokenReview`.
pub fn token_review(bytes: &[u8]) -> Result<TokenReview, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `TokenReview`.
pub fn token_review_from_value(value: &Value) -> Result<TokenReview, TypedDecodeError> {
    token_review(&json::to_vec(value))
}

/// Encodes a `TokenReview` as JSON, for a write request.
pub fn token_review_json(object: &TokenReview) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `LocalSubjectAccessReview`.
pub fn local_subject_access_review(bytes: &[u8]) -> Result<LocalSubjectAccessReview, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `LocalSubjectAccessReview`.
pub fn local_subject_access_review_from_value(value: &Value) -> Result<LocalSubjectAccessReview, TypedDecodeError> {
    local_subject_access_review(&json::to_vec(value))
}

/// Encodes a `LocalSubjectAccessReview` as JSON, for a write request.
pub fn local_subject_access_review_json(object: &LocalSubjectAccessReview) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `SelfSubjectAccessReview`.
pub fn self_subject_access_review(bytes: &[u8]) -> Result<SelfSubjectAccessReview, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `SelfSubjectAccessReview`.
pub fn self_subject_access_review_from_value(value: &Value) -> Result<SelfSubjectAccessReview, TypedDecodeError> {
    self_subject_access_review(&json::to_vec(value))
}

/// Encodes a `SelfSubjectAccessReview` as JSON, for a write request.
pub fn self_subject_access_review_json(object: &SelfSubjectAccessReview) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `SelfSubjectRulesReview`.
pub fn self_subject_rules_review(bytes: &[u8]) -> Result<SelfSubjectRulesReview, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `SelfSubjectRulesReview`.
pub fn self_subject_rules_review_from_value(value: &Value) -> Result<SelfSubjectRulesReview, TypedDecodeError> {
    self_subject_rules_review(&json::to_vec(value))
}

/// Encodes a `SelfSubjectRulesReview` as JSON, for a write request.
pub fn self_subject_rules_review_json(object: &SelfSubjectRulesReview) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `SubjectAccessReview`.
pub fn subject_access_review(bytes: &[u8]) -> Result<SubjectAccessReview, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `SubjectAccessReview`.
pub fn subject_access_review_from_value(value: &Value) -> Result<SubjectAccessReview, TypedDecodeError> {
    subject_access_review(&json::to_vec(value))
}

/// Encodes a `SubjectAccessReview` as JSON, for a write request.
pub fn subject_access_review_json(object: &SubjectAccessReview) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `Scale`.
pub fn scale(bytes: &[u8]) -> Result<Scale, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `Scale`.
pub fn scale_from_value(value: &Value) -> Result<Scale, TypedDecodeError> {
    scale(&json::to_vec(value))
}

/// Encodes a `Scale` as JSON, for a write request.
pub fn scale_json(object: &Scale) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `Lease`.
pub fn lease(bytes: &[u8]) -> Result<Lease, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `Lease`.
pub fn lease_from_value(value: &Value) -> Result<Lease, TypedDecodeError> {
    lease(&json::to_vec(value))
}

/// Encodes a `Lease` as JSON, for a write request.
pub fn lease_json(object: &Lease) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `ConfigMap`.
pub fn config_map(bytes: &[u8]) -> Result<ConfigMap, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `ConfigMap`.
pub fn config_map_from_value(value: &Value) -> Result<ConfigMap, TypedDecodeError> {
    config_map(&json::to_vec(value))
}

/// Encodes a `ConfigMap` as JSON, for a write request.
pub fn config_map_json(object: &ConfigMap) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `Endpoints`.
pub fn endpoints(bytes: &[u8]) -> Result<Endpoints, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `Endpoints`.
pub fn endpoints_from_value(value: &Value) -> Result<Endpoints, TypedDecodeError> {
    endpoints(&json::to_vec(value))
}

/// Encodes a `Endpoints` as JSON, for a write request.
pub fn endpoints_json(object: &Endpoints) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `Event`.
pub fn event(bytes: &[u8]) -> Result<Event, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `Event`.
pub fn event_from_value(value: &Value) -> Result<Event, TypedDecodeError> {
    event(&json::to_vec(value))
}

/// Encodes a `Event` as JSON, for a write request.
pub fn event_json(object: &Event) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `Namespace`.
pub fn namespace(bytes: &[u8]) -> Result<Namespace, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `Namespace`.
pub fn namespace_from_value(value: &Value) -> Result<Namespace, TypedDecodeError> {
    namespace(&json::to_vec(value))
}

/// Encodes a `Namespace` as JSON, for a write request.
pub fn namespace_json(object: &Namespace) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `Node`.
pub fn node(bytes: &[u8]) -> Result<Node, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `Node`.
pub fn node_from_value(value: &Value) -> Result<Node, TypedDecodeError> {
    node(&json::to_vec(value))
}

/// Encodes a `Node` as JSON, for a write request.
pub fn node_json(object: &Node) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `Pod`.
pub fn pod(bytes: &[u8]) -> Result<Pod, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `Pod`.
pub fn pod_from_value(value: &Value) -> Result<Pod, TypedDecodeError> {
    pod(&json::to_vec(value))
}

/// Encodes a `Pod` as JSON, for a write request.
pub fn pod_json(object: &Pod) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `Secret`.
pub fn secret(bytes: &[u8]) -> Result<Secret, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `Secret`.
pub fn secret_from_value(value: &Value) -> Result<Secret, TypedDecodeError> {
    secret(&json::to_vec(value))
}

/// Encodes a `Secret` as JSON, for a write request.
pub fn secret_json(object: &Secret) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `Service`.
pub fn service(bytes: &[u8]) -> Result<Service, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `Service`.
pub fn service_from_value(value: &Value) -> Result<Service, TypedDecodeError> {
    service(&json::to_vec(value))
}

/// Encodes a `Service` as JSON, for a write request.
pub fn service_json(object: &Service) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `ServiceAccount`.
pub fn service_account(bytes: &[u8]) -> Result<ServiceAccount, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `ServiceAccount`.
pub fn service_account_from_value(value: &Value) -> Result<ServiceAccount, TypedDecodeError> {
    service_account(&json::to_vec(value))
}

/// Encodes a `ServiceAccount` as JSON, for a write request.
pub fn service_account_json(object: &ServiceAccount) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `EndpointSlice`.
pub fn endpoint_slice(bytes: &[u8]) -> Result<EndpointSlice, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `EndpointSlice`.
pub fn endpoint_slice_from_value(value: &Value) -> Result<EndpointSlice, TypedDecodeError> {
    endpoint_slice(&json::to_vec(value))
}

/// Encodes a `EndpointSlice` as JSON, for a write request.
pub fn endpoint_slice_json(object: &EndpointSlice) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `IPAddress`.
pub fn ip_address(bytes: &[u8]) -> Result<IPAddress, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `IPAddress`.
pub fn ip_address_from_value(value: &Value) -> Result<IPAddress, TypedDecodeError> {
    ip_address(&json::to_vec(value))
}

/// Encodes a `IPAddress` as JSON, for a write request.
pub fn ip_address_json(object: &IPAddress) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `ServiceCIDR`.
pub fn service_cidr(bytes: &[u8]) -> Result<ServiceCIDR, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `ServiceCIDR`.
pub fn service_cidr_from_value(value: &Value) -> Result<ServiceCIDR, TypedDecodeError> {
    service_cidr(&json::to_vec(value))
}

/// Encodes a `ServiceCIDR` as JSON, for a write request.
pub fn service_cidr_json(object: &ServiceCIDR) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `Eviction`.
pub fn eviction(bytes: &[u8]) -> Result<Eviction, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `Eviction`.
pub fn eviction_from_value(value: &Value) -> Result<Eviction, TypedDecodeError> {
    eviction(&json::to_vec(value))
}

/// Encodes a `Eviction` as JSON, for a write request.
pub fn eviction_json(object: &Eviction) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `ClusterRole`.
pub fn cluster_role(bytes: &[u8]) -> Result<ClusterRole, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `ClusterRole`.
pub fn cluster_role_from_value(value: &Value) -> Result<ClusterRole, TypedDecodeError> {
    cluster_role(&json::to_vec(value))
}

/// Encodes a `ClusterRole` as JSON, for a write request.
pub fn cluster_role_json(object: &ClusterRole) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `ClusterRoleBinding`.
pub fn cluster_role_binding(bytes: &[u8]) -> Result<ClusterRoleBinding, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `ClusterRoleBinding`.
pub fn cluster_role_binding_from_value(value: &Value) -> Result<ClusterRoleBinding, TypedDecodeError> {
    cluster_role_binding(&json::to_vec(value))
}

/// Encodes a `ClusterRoleBinding` as JSON, for a write request.
pub fn cluster_role_binding_json(object: &ClusterRoleBinding) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `Role`.
pub fn role(bytes: &[u8]) -> Result<Role, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `Role`.
pub fn role_from_value(value: &Value) -> Result<Role, TypedDecodeError> {
    role(&json::to_vec(value))
}

/// Encodes a `Role` as JSON, for a write request.
pub fn role_json(object: &Role) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `RoleBinding`.
pub fn role_binding(bytes: &[u8]) -> Result<RoleBinding, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `RoleBinding`.
pub fn role_binding_from_value(value: &Value) -> Result<RoleBinding, TypedDecodeError> {
    role_binding(&json::to_vec(value))
}

/// Encodes a `RoleBinding` as JSON, for a write request.
pub fn role_binding_json(object: &RoleBinding) -> Vec<u8> {
    encode(object)
}

/// Decodes the JSON of a `PriorityClass`.
pub fn priority_class(bytes: &[u8]) -> Result<PriorityClass, TypedDecodeError> {
    decode(bytes)
}

/// Decodes the tree of a `PriorityClass`.
pub fn priority_class_from_value(value: &Value) -> Result<PriorityClass, TypedDecodeError> {
    priority_class(&json::to_vec(value))
}

/// Encodes a `PriorityClass` as JSON, for a write request.
pub fn priority_class_json(object: &PriorityClass) -> Vec<u8> {
    encode(object)
}
