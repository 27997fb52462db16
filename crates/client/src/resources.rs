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
/// ControllerRevision
pub const CONTROLLER_REVISIONS: Resource = namespaced("apps", "v1", "controllerrevisions", "ControllerRevision");
/// CronJob
pub const CRON_JOBS: Resource = namespaced("batch", "v1", "cronjobs", "CronJob");
/// DaemonSet
pub const DAEMON_SETS: Resource = namespaced("apps", "v1", "daemonsets", "DaemonSet");
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
/// Job
pub const JOBS: Resource = namespaced("batch", "v1", "jobs", "Job");
/// Lease
pub const LEASES: Resource = namespaced("coordination.k8s.io", "v1", "leases", "Lease");
/// Namespace
pub const NAMESPACES: Resource = cluster("", "v1", "namespaces", "Namespace");
/// Node
pub const NODES: Resource = cluster("", "v1", "nodes", "Node");
/// PersistentVolumeClaim
pub const PERSISTENT_VOLUME_CLAIMS: Resource = namespaced("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim");
/// Pod
pub const PODS: Resource = namespaced("", "v1", "pods", "Pod");
/// PodDisruptionBudget
pub const POD_DISRUPTION_BUDGETS: Resource = namespaced("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget");
/// PriorityClass
pub const PRIORITY_CLASSES: Resource = cluster("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass");
/// ReplicationController
pub const REPLICATION_CONTROLLERS: Resource = namespaced("", "v1", "replicationcontrollers", "ReplicationController");
/// ReplicaSet
pub const REPLICA_SETS: Resource = namespaced("apps", "v1", "replicasets", "ReplicaSet");
/// ResourceQuota
pub const RESOURCE_QUOTAS: Resource = namespaced("", "v1", "resourcequotas", "ResourceQuota");
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
/// StatefulSet
pub const STATEFUL_SETS: Resource = namespaced("apps", "v1", "statefulsets", "StatefulSet");
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
    CONTROLLER_REVISIONS,
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    ENDPOINTS,
    ENDPOINT_SLICES,
    EVENTS,
    IP_ADDRESSES,
    JOBS,
    LEASES,
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    POD_DISRUPTION_BUDGETS,
    PRIORITY_CLASSES,
    REPLICATION_CONTROLLERS,
    REPLICA_SETS,
    RESOURCE_QUOTAS,
    ROLES,
    ROLE_BINDINGS,
    SECRETS,
    SERVICES,
    SERVICE_ACCOUNTS,
    SERVICE_CIDRS,
    STATEFUL_SETS,
];
