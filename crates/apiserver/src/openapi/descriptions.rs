//! Descriptions of types and fields, for `kubectl explain`: from k8s-openapi's schemas at run time, so that no
//! upstream prose is part of this repository.

use std::collections::HashMap;

use api::k8s_openapi::api::{
    admissionregistration, apps, authentication, authorization, autoscaling, batch, certificates, coordination, core,
    discovery, events, flowcontrol, networking, node, policy, rbac, resource, scheduling, storage,
};
use api::k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions;
use api::k8s_openapi::apimachinery::pkg::apis::meta;
use api::k8s_openapi::kube_aggregator::pkg::apis::apiregistration;
use schemars::SchemaGenerator;
use serde_json::{Map, Value};

/// What is known of one type.
#[derive(Debug, Default)]
struct TypeText {
    description: Option<String>,
    fields: HashMap<String, String>,
}

/// Descriptions by OpenAPI type name. Made anew for each document: they are large and seldom asked for.
pub struct Descriptions {
    types: HashMap<String, TypeText>,
}

macro_rules! add {
    ($generator:ident: $($kind:ty),* $(,)?) => { $( $generator.subschema_for::<$kind>(); )* };
}

/// All kinds, and bodies that requests to them have. What they contain comes along.
fn add_kinds(all: &mut SchemaGenerator) {
    add_core_kinds(all);
    add!(all:
        admissionregistration::v1::MutatingAdmissionPolicy,
        admissionregistration::v1::MutatingAdmissionPolicyBinding,
        admissionregistration::v1::MutatingWebhookConfiguration,
        admissionregistration::v1::ValidatingAdmissionPolicy,
        admissionregistration::v1::ValidatingAdmissionPolicyBinding,
        admissionregistration::v1::ValidatingWebhookConfiguration,
        apiextensions::v1::CustomResourceDefinition,
        apiregistration::v1::APIService,
        apps::v1::ControllerRevision,
        apps::v1::DaemonSet,
        apps::v1::Deployment,
        apps::v1::ReplicaSet,
        apps::v1::StatefulSet,
        authentication::v1::SelfSubjectReview,
        authentication::v1::TokenRequest,
        authentication::v1::TokenReview,
        authorization::v1::LocalSubjectAccessReview,
        authorization::v1::SelfSubjectAccessReview,
        authorization::v1::SelfSubjectRulesReview,
        authorization::v1::SubjectAccessReview,
        autoscaling::v1::HorizontalPodAutoscaler,
        autoscaling::v1::Scale,
        autoscaling::v2::HorizontalPodAutoscaler,
        batch::v1::CronJob,
        batch::v1::Job,
        certificates::v1::CertificateSigningRequest,
        coordination::v1::Lease,
        discovery::v1::EndpointSlice,
        events::v1::Event,
        flowcontrol::v1::FlowSchema,
        flowcontrol::v1::PriorityLevelConfiguration,
        meta::v1::DeleteOptions,
        meta::v1::ListMeta,
        meta::v1::Status,
        networking::v1::IPAddress,
        networking::v1::Ingress,
        networking::v1::IngressClass,
        networking::v1::NetworkPolicy,
        networking::v1::ServiceCIDR,
        node::v1::RuntimeClass,
        policy::v1::Eviction,
        policy::v1::PodDisruptionBudget,
        rbac::v1::ClusterRole,
        rbac::v1::ClusterRoleBinding,
        rbac::v1::Role,
        rbac::v1::RoleBinding,
        resource::v1::DeviceClass,
        resource::v1::ResourceClaim,
        resource::v1::ResourceClaimTemplate,
        resource::v1::ResourceSlice,
        scheduling::v1::PriorityClass,
        storage::v1::CSIDriver,
        storage::v1::CSINode,
        storage::v1::CSIStorageCapacity,
        storage::v1::StorageClass,
        storage::v1::VolumeAttachment,
        storage::v1::VolumeAttributesClass,
    );
}

fn add_core_kinds(all: &mut SchemaGenerator) {
    add!(all:
        core::v1::Binding,
        core::v1::ComponentStatus,
        core::v1::ConfigMap,
        core::v1::Endpoints,
        core::v1::Event,
        core::v1::LimitRange,
        core::v1::Namespace,
        core::v1::Node,
        core::v1::PersistentVolume,
        core::v1::PersistentVolumeClaim,
        core::v1::Pod,
        core::v1::PodTemplate,
        core::v1::ReplicationController,
        core::v1::ResourceQuota,
        core::v1::Secret,
        core::v1::Service,
        core::v1::ServiceAccount,
    );
}

impl Descriptions {
    /// Collects them.
    pub fn collect() -> Descriptions {
        let mut generator = SchemaGenerator::default();
        add_kinds(&mut generator);
        let definitions = generator.take_definitions(false);
        let types = definitions.into_iter().map(|(name, schema)| (name, TypeText::of(&schema)));
        Descriptions { types: types.collect() }
    }

    /// What is said of a field.
    pub fn of_field(&self, kind: &str, field: &str) -> Option<&str> {
        self.types.get(kind)?.fields.get(field).map(String::as_str)
    }

    /// Puts descriptions into the schemas of a document.
    pub fn describe(&self, schemas: &mut Map<String, Value>) {
        for (name, schema) in schemas.iter_mut() {
            let (Some(text), Some(schema)) = (self.types.get(name), schema.as_object_mut()) else { continue };
            if let Some(description) = &text.description {
                schema.insert("description".into(), description.as_str().into());
            }
            let Some(Value::Object(properties)) = schema.get_mut("properties") else { continue };
            for (field, property) in properties.iter_mut() {
                let Some(property) = property.as_object_mut() else { continue };
                let description = text.fields.get(field).map_or("", String::as_str);
                let description = format!("{description}{}", enum_text(property));
                if !description.is_empty() {
                    property.insert("description".into(), description.into());
                }
            }
        }
    }
}

/// The paragraph that ends the description of a field with fixed values. What upstream says about single values is
/// not known here.
fn enum_text(property: &Map<String, Value>) -> String {
    let Some(Value::Array(values)) = property.get("enum") else { return String::new() };
    let mut lines: Vec<String> = values.iter().map(|value| format!("\n - `{value}`")).collect();
    lines.sort();
    format!("\n\nPossible enum values:{}", lines.concat())
}

impl TypeText {
    fn of(schema: &Value) -> TypeText {
        let text = |value: &Value| value.get("description").and_then(Value::as_str).map(str::to_owned);
        let properties = schema.get("properties").and_then(Value::as_object);
        let fields = properties.into_iter().flatten();
        TypeText {
            description: text(schema),
            fields: fields.filter_map(|(field, value)| Some((field.clone(), text(value)?))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn types_and_fields_are_described() {
        let mut schemas = Map::new();
        let property = json!({"allOf": [{"$ref": "#/components/schemas/io.k8s.api.core.v1.PodSpec"}], "default": {}});
        schemas.insert("io.k8s.api.core.v1.Pod".into(), json!({"properties": {"spec": property, "other": {}}}));
        schemas.insert("io.k8s.api.core.v1.Nothing".into(), json!({}));
        Descriptions::collect().describe(&mut schemas);
        let pod = &schemas["io.k8s.api.core.v1.Pod"];
        assert!(pod["description"].as_str().is_some_and(|text| text.contains("containers")));
        assert!(pod["properties"]["spec"]["description"].is_string());
        assert!(pod["properties"]["spec"]["allOf"].is_array());
        assert!(pod["properties"]["other"].get("description").is_none());
    }

    #[test]
    fn fixed_values_are_named_in_the_description() {
        let mut schemas = Map::new();
        let policy = json!({"restartPolicy": {"type": "string", "enum": ["OnFailure", "Always"]}});
        schemas.insert("io.k8s.api.core.v1.PodSpec".into(), json!({ "properties": policy }));
        Descriptions::collect().describe(&mut schemas);
        let text = schemas["io.k8s.api.core.v1.PodSpec"]["properties"]["restartPolicy"]["description"].as_str();
        assert!(
            text.is_some_and(|it| it.ends_with("\n\nPossible enum values:\n - `\"Always\"`\n - `\"OnFailure\"`")),
            "{text:?}"
        );
    }
}
