//! The table of kinds: one file each, one line here.

use crate::strategy::Strategy;

mod cluster_role;
mod cluster_role_binding;
mod config_map;
mod deployment;
mod endpoint_slice;
mod endpoints;
mod event;
mod ip_address;
mod lease;
mod namespace;
mod node;
mod pod;
mod pod_spec;
mod pod_template;
mod priority_class;
mod rbac;
#[cfg(test)]
mod recorded;
mod replica_set;
mod role;
mod role_binding;
mod secret;
pub(crate) mod service;
mod service_account;
mod service_cidr;

/// Every kind that is stored, by name.
pub static KINDS: &[&dyn Strategy] = &[
    &cluster_role::ClusterRole,
    &cluster_role_binding::ClusterRoleBinding,
    &config_map::ConfigMap,
    &deployment::Deployment,
    &endpoint_slice::EndpointSlice,
    &endpoints::Endpoints,
    &event::Event,
    &ip_address::IpAddress,
    &lease::Lease,
    &namespace::Namespace,
    &node::Node,
    &pod::Pod,
    &priority_class::PriorityClass,
    &replica_set::ReplicaSet,
    &role::Role,
    &role_binding::RoleBinding,
    &secret::Secret,
    &service::Service,
    &service_account::ServiceAccount,
    &service_cidr::ServiceCidr,
];
