//! Descriptions of types and fields, for `kubectl explain`: from k8s-openapi's schemas at run time, so that no
//! upstream prose is part of this repository.

use std::collections::HashMap;

use api::k8s_openapi::api::{
    apps, authentication, authorization, autoscaling, coordination, core, discovery, events, networking, policy, rbac,
    scheduling,
};
use api::k8s_openapi::apimachinery::pkg::apis::meta;
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

/// The kinds that are served, and bodies that requests to them have. What they contain comes along.
fn add_kinds(all: &mut SchemaGenerator) {
    add!(all:
        apps::v1::Deployment,
        apps::v1::ReplicaSet,
        authentication::v1::SelfSubjectReview,
        authentication::v1::TokenRequest,
        authentication::v1::TokenReview,
        authorization::v1::LocalSubjectAccessReview,
        authorization::v1::SelfSubjectAccessReview,
        authorization::v1::SelfSubjectRulesReview,
        authorization::v1::SubjectAccessReview,
        autoscaling::v1::Scale,
        coordination::v1::Lease,
        core::v1::Binding,
        core::v1::ConfigMap,
        core::v1::Endpoints,
        core::v1::Event,
        core::v1::Namespace,
        core::v1::Node,
        core::v1::Pod,
        core::v1::Secret,
        core::v1::Service,
        core::v1::ServiceAccount,
        discovery::v1::EndpointSlice,
        events::v1::Event,
        meta::v1::DeleteOptions,
        meta::v1::ListMeta,
        meta::v1::Status,
        networking::v1::IPAddress,
        networking::v1::ServiceCIDR,
        policy::v1::Eviction,
        rbac::v1::ClusterRole,
        rbac::v1::ClusterRoleBinding,
        rbac::v1::Role,
        rbac::v1::RoleBinding,
        scheduling::v1::PriorityClass,
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

    /// Puts descriptions into the schemas of a document.
    pub fn describe(&self, schemas: &mut Map<String, Value>) {
        for (name, schema) in schemas.iter_mut() {
            let (Some(text), Some(schema)) = (self.types.get(name), schema.as_object_mut()) else { continue };
            if let Some(description) = &text.description {
                schema.insert("description".into(), description.as_str().into());
            }
            let Some(Value::Object(properties)) = schema.get_mut("properties") else { continue };
            for (field, property) in properties.iter_mut() {
                if let (Some(description), Some(property)) = (text.fields.get(field), property.as_object_mut()) {
                    property.insert("description".into(), description.as_str().into());
                }
            }
        }
    }
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
}
