//! The table of kinds: one file each, one line here.

use crate::strategy::Strategy;

mod admission_policies;
mod admission_rules;
mod api_service;
mod autoscaling_v1;
mod certificate_signing_request;
mod cluster_role;
mod cluster_role_binding;
mod config_map;
mod controller_revision;
mod cron_job;
mod csi_driver;
mod csi_node;
mod csi_storage_capacity;
pub mod custom_resource_definition;
mod daemon_set;
mod deployment;
mod device_class;
mod devices;
mod endpoint_slice;
mod endpoints;
mod event;
mod flow_control;
mod flow_schema;
mod horizontal_pod_autoscaler;
mod ingress;
mod ingress_class;
mod int_or_percent;
mod ip_address;
mod job;
mod lease;
mod limit_range;
mod mutating_admission_policy;
mod mutating_admission_policy_binding;
mod mutating_webhook_configuration;
mod namespace;
mod network_policy;
mod node;
mod persistent_volume;
mod persistent_volume_claim;
mod pod;
mod pod_disruption_budget;
mod pod_spec;
mod pod_template;
mod pod_template_object;
mod priority_class;
mod priority_level_configuration;
mod rbac;
#[cfg(test)]
mod recorded;
mod replica_set;
mod replication_controller;
mod resource_claim;
mod resource_claim_template;
mod resource_quota;
mod resource_slice;
mod role;
mod role_binding;
mod runtime_class;
mod secret;
pub(crate) mod service;
mod service_account;
mod service_cidr;
mod stateful_set;
mod storage;
mod storage_class;
mod validating_admission_policy;
mod validating_admission_policy_binding;
mod validating_webhook_configuration;
mod volume_attachment;
mod volume_attributes_class;
mod webhooks;

/// Every kind that is stored, by name.
pub static KINDS: &[&dyn Strategy] = &[
    &api_service::ApiService,
    &csi_driver::CsiDriver,
    &csi_node::CsiNode,
    &csi_storage_capacity::CsiStorageCapacity,
    &certificate_signing_request::CertificateSigningRequest,
    &cluster_role::ClusterRole,
    &cluster_role_binding::ClusterRoleBinding,
    &config_map::ConfigMap,
    &controller_revision::ControllerRevision,
    &cron_job::CronJob,
    &custom_resource_definition::CustomResourceDefinition,
    &daemon_set::DaemonSet,
    &deployment::Deployment,
    &device_class::DeviceClass,
    &endpoint_slice::EndpointSlice,
    &endpoints::Endpoints,
    &event::Event,
    &flow_schema::FlowSchema,
    &horizontal_pod_autoscaler::HorizontalPodAutoscaler,
    &ip_address::IpAddress,
    &ingress::Ingress,
    &ingress_class::IngressClass,
    &job::Job,
    &lease::Lease,
    &limit_range::LimitRange,
    &mutating_admission_policy::MutatingAdmissionPolicy,
    &mutating_admission_policy_binding::MutatingAdmissionPolicyBinding,
    &mutating_webhook_configuration::MutatingWebhookConfiguration,
    &namespace::Namespace,
    &network_policy::NetworkPolicy,
    &node::Node,
    &persistent_volume::PersistentVolume,
    &persistent_volume_claim::PersistentVolumeClaim,
    &pod::Pod,
    &pod_disruption_budget::PodDisruptionBudget,
    &pod_template_object::PodTemplate,
    &priority_class::PriorityClass,
    &priority_level_configuration::PriorityLevelConfiguration,
    &replica_set::ReplicaSet,
    &replication_controller::ReplicationController,
    &resource_claim::ResourceClaim,
    &resource_claim_template::ResourceClaimTemplate,
    &resource_quota::ResourceQuota,
    &resource_slice::ResourceSlice,
    &role::Role,
    &role_binding::RoleBinding,
    &runtime_class::RuntimeClass,
    &secret::Secret,
    &service::Service,
    &service_account::ServiceAccount,
    &service_cidr::ServiceCidr,
    &stateful_set::StatefulSet,
    &storage_class::StorageClass,
    &validating_admission_policy::ValidatingAdmissionPolicy,
    &validating_admission_policy_binding::ValidatingAdmissionPolicyBinding,
    &validating_webhook_configuration::ValidatingWebhookConfiguration,
    &volume_attachment::VolumeAttachment,
    &volume_attributes_class::VolumeAttributesClass,
];
