//! The table of kinds: one file each, one line here.

use crate::strategy::Strategy;

mod cluster_role;
mod cluster_role_binding;
mod config_map;
mod controller_revision;
mod cron_job;
mod daemon_set;
mod deployment;
mod endpoint_slice;
mod endpoints;
mod event;
mod int_or_percent;
mod ip_address;
mod job;
mod lease;
mod namespace;
mod node;
mod pod;
mod pod_disruption_budget;
mod pod_spec;
mod pod_template;
mod priority_class;
mod rbac;
#[cfg(test)]
mod recorded;
mod replica_set;
mod replication_controller;
mod role;
mod role_binding;
mod secret;
pub(crate) mod service;
mod service_account;
mod service_cidr;
mod stateful_set;

/// Every kind that is stored, by name.
pub static KINDS: &[&dyn Strategy] = &[
    &cluster_role::ClusterRole,
    &cluster_role_binding::ClusterRoleBinding,
    &config_map::ConfigMap,
    &controller_revision::ControllerRevision,
    &cron_job::CronJob,
    &daemon_set::DaemonSet,
    &deployment::Deployment,
    &endpoint_slice::EndpointSlice,
    &endpoints::Endpoints,
    &event::Event,
    &ip_address::IpAddress,
    &job::Job,
    &lease::Lease,
    &namespace::Namespace,
    &node::Node,
    &pod::Pod,
    &pod_disruption_budget::PodDisruptionBudget,
    &priority_class::PriorityClass,
    &replica_set::ReplicaSet,
    &replication_controller::ReplicationController,
    &role::Role,
    &role_binding::RoleBinding,
    &secret::Secret,
    &service::Service,
    &service_account::ServiceAccount,
    &service_cidr::ServiceCidr,
    &stateful_set::StatefulSet,
];
