//! The resources that Corten's own loops ask for, one constant each.

use crate::client::Resource;

const fn namespaced(group: &'static str, version: &'static str, plural: &'static str, kind: &'static str) -> Resource {
    Resource { group, version, plural, kind, is_namespaced: true }
}

const fn cluster(group: &'static str, version: &'static str, plural: &'static str, kind: &'static str) -> Resource {
    Resource { group, version, plural, kind, is_namespaced: false }
}

/// ClusterRole
pub const CLUSTER_ROLES: Resource = cluster("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole");
/// ClusterRoleBinding
pub const CLUSTER_ROLE_BINDINGS: Resource =
    cluster("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding");
/// ConfigMap
pub const CONFIG_MAPS: Resource = namespaced("", "v1", "configmaps", "ConfigMap");
/// Deployment
pub const DEPLOYMENTS: Resource = namespaced("apps", "v1", "deployments", "Deployment");
/// Endpoints
pub const ENDPOINTS: Resource = namespaced("", "v1", "endpoints", "Endpoints");
/// EndpointSlice
pub const ENDPOINT_SLICES: Resource = namespaced("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice");
/// Event of the core group; one storage with events.k8s.io
pub const EVENTS: Resource = namespaced("", "v1", "events", "Event");
/// IPAddress
pub const IP_ADDRESSES: Resource = cluster("networking.k8s.io", "v1", "ipaddresses", "IPAddress");
/// Lease
pub const LEASES: Resource = namespaced("coordination.k8s.io", "v1", "leases", "Lease");
/// Namespace
pub const NAMESPACES: Resource = cluster("", "v1", "namespaces", "Namespace");
/// Node
pub const NODES: Resource = cluster("", "v1", "nodes", "Node");
/// Pod
pub const PODS: Resource = namespaced("", "v1", "pods", "Pod");
/// PriorityClass
pub const PRIORITY_CLASSES: Resource = cluster("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass");
/// ReplicaSet
pub const REPLICA_SETS: Resource = namespaced("apps", "v1", "replicasets", "ReplicaSet");
/// Role
pub const ROLES: Resource = namespaced("rbac.authorization.k8s.io", "v1", "roles", "Role");
/// RoleBinding
pub const ROLE_BINDINGS: Resource = namespaced("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding");
/// Secret
pub const SECRETS: Resource = namespaced("", "v1", "secrets", "Secret");
/// Service
pub const SERVICES: Resource = namespaced("", "v1", "services", "Service");
/// ServiceAccount
pub const SERVICE_ACCOUNTS: Resource = namespaced("", "v1", "serviceaccounts", "ServiceAccount");
/// ServiceCIDR
pub const SERVICE_CIDRS: Resource = cluster("networking.k8s.io", "v1", "servicecidrs", "ServiceCIDR");
/// SubjectAccessReview
pub const SUBJECT_ACCESS_REVIEWS: Resource =
    cluster("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview");
/// TokenReview
pub const TOKEN_REVIEWS: Resource = cluster("authentication.k8s.io", "v1", "tokenreviews", "TokenReview");

/// All of the above that are stored objects, in alphabetical order.
pub const STORED: &[Resource] = &[
    CLUSTER_ROLES,
    CLUSTER_ROLE_BINDINGS,
    CONFIG_MAPS,
    DEPLOYMENTS,
    ENDPOINTS,
    ENDPOINT_SLICES,
    EVENTS,
    IP_ADDRESSES,
    LEASES,
    NAMESPACES,
    NODES,
    PODS,
    PRIORITY_CLASSES,
    REPLICA_SETS,
    ROLES,
    ROLE_BINDINGS,
    SECRETS,
    SERVICES,
    SERVICE_ACCOUNTS,
    SERVICE_CIDRS,
];
