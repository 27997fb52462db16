//! Structs of `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static CONVERSION_REQUEST_F: [Field; 3] = [
    field("uid", Type::String, F { omit: NEVER, number: 1, go: "types.UID", ..D }),
    field("desiredAPIVersion", Type::String, F { omit: NEVER, number: 2, ..D }),
    field("objects", list(&T_RAW_EXTENSION), F { omit: NEVER, number: 3, ..D }),
];
pub(crate) static CONVERSION_REQUEST: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ConversionRequest", "v1.ConversionRequest", &CONVERSION_REQUEST_F, false);

static CONVERSION_RESPONSE_F: [Field; 3] = [
    field("uid", Type::String, F { omit: NEVER, number: 1, go: "types.UID", ..D }),
    field("convertedObjects", list(&T_RAW_EXTENSION), F { omit: NEVER, number: 2, ..D }),
    field("result", one(&super::meta_v1::STATUS), F { omit: NEVER, number: 3, ..D }),
];
pub(crate) static CONVERSION_RESPONSE: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ConversionResponse", "v1.ConversionResponse", &CONVERSION_RESPONSE_F, false);

static CONVERSION_REVIEW_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("request", one(&super::apiextensions_v1::CONVERSION_REQUEST), F { pointer: true, number: 1, ..D }),
    field("response", one(&super::apiextensions_v1::CONVERSION_RESPONSE), F { pointer: true, number: 2, ..D }),
];
pub(crate) static CONVERSION_REVIEW: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ConversionReview", "v1.ConversionReview", &CONVERSION_REVIEW_F, false);

static CUSTOM_RESOURCE_COLUMN_DEFINITION_F: [Field; 6] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("type", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("format", Type::String, F { number: 3, ..D }),
    field("description", Type::String, F { number: 4, ..D }),
    field("priority", Type::Int32, F { number: 5, ..D }),
    field("jsonPath", Type::String, F { omit: NEVER, required: true, number: 6, ..D }),
];
pub(crate) static CUSTOM_RESOURCE_COLUMN_DEFINITION: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceColumnDefinition", "v1.CustomResourceColumnDefinition", &CUSTOM_RESOURCE_COLUMN_DEFINITION_F, false);
pub(crate) static CUSTOM_RESOURCE_COLUMN_DEFINITION_T: Type = one(&CUSTOM_RESOURCE_COLUMN_DEFINITION);

static CUSTOM_RESOURCE_CONVERSION_F: [Field; 2] = [
    field("strategy", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.ConversionStrategyType", ..D }),
    field("webhook", one(&super::apiextensions_v1::WEBHOOK_CONVERSION), F { pointer: true, number: 2, ..D }),
];
pub(crate) static CUSTOM_RESOURCE_CONVERSION: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion", "v1.CustomResourceConversion", &CUSTOM_RESOURCE_CONVERSION_F, false);

static CUSTOM_RESOURCE_DEFINITION_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::apiextensions_v1::CUSTOM_RESOURCE_DEFINITION_SPEC), F { omit: NEVER, required: true, number: 2, ..D }),
    field("status", one(&super::apiextensions_v1::CUSTOM_RESOURCE_DEFINITION_STATUS), F { number: 3, ..D }),
];
pub(crate) static CUSTOM_RESOURCE_DEFINITION: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition", "v1.CustomResourceDefinition", &CUSTOM_RESOURCE_DEFINITION_F, false);
pub(crate) static CUSTOM_RESOURCE_DEFINITION_T: Type = one(&CUSTOM_RESOURCE_DEFINITION);

static CUSTOM_RESOURCE_DEFINITION_CONDITION_F: [Field; 6] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.CustomResourceDefinitionConditionType", ..D }),
    field("status", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.ConditionStatus", ..D }),
    field("lastTransitionTime", Type::Time, F { number: 3, ..D }),
    field("reason", Type::String, F { number: 4, ..D }),
    field("message", Type::String, F { number: 5, ..D }),
    field("observedGeneration", Type::Int64, F { number: 6, ..D }),
];
pub(crate) static CUSTOM_RESOURCE_DEFINITION_CONDITION: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition", "v1.CustomResourceDefinitionCondition", &CUSTOM_RESOURCE_DEFINITION_CONDITION_F, false);
pub(crate) static CUSTOM_RESOURCE_DEFINITION_CONDITION_T: Type = one(&CUSTOM_RESOURCE_DEFINITION_CONDITION);

static CUSTOM_RESOURCE_DEFINITION_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::apiextensions_v1::CUSTOM_RESOURCE_DEFINITION_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static CUSTOM_RESOURCE_DEFINITION_LIST: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionList", "v1.CustomResourceDefinitionList", &CUSTOM_RESOURCE_DEFINITION_LIST_F, false);

static CUSTOM_RESOURCE_DEFINITION_NAMES_F: [Field; 6] = [
    field("plural", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("singular", Type::String, F { number: 2, ..D }),
    field("shortNames", list(&T_STRING), F { number: 3, ..D }),
    field("kind", Type::String, F { omit: NEVER, required: true, number: 4, ..D }),
    field("listKind", Type::String, F { number: 5, ..D }),
    field("categories", list(&T_STRING), F { number: 6, ..D }),
];
pub(crate) static CUSTOM_RESOURCE_DEFINITION_NAMES: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionNames", "v1.CustomResourceDefinitionNames", &CUSTOM_RESOURCE_DEFINITION_NAMES_F, false);

static CUSTOM_RESOURCE_DEFINITION_SPEC_F: [Field; 6] = [
    field("group", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("names", one(&super::apiextensions_v1::CUSTOM_RESOURCE_DEFINITION_NAMES), F { omit: NEVER, required: true, number: 3, ..D }),
    field("scope", Type::String, F { omit: NEVER, required: true, number: 4, go: "v1.ResourceScope", ..D }),
    field("versions", list(&super::apiextensions_v1::CUSTOM_RESOURCE_DEFINITION_VERSION_T), F { omit: NEVER, required: true, number: 7, ..D }),
    field("conversion", one(&super::apiextensions_v1::CUSTOM_RESOURCE_CONVERSION), F { pointer: true, number: 9, ..D }),
    field("preserveUnknownFields", Type::Bool, F { number: 10, ..D }),
];
pub(crate) static CUSTOM_RESOURCE_DEFINITION_SPEC: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec", "v1.CustomResourceDefinitionSpec", &CUSTOM_RESOURCE_DEFINITION_SPEC_F, false);

static CUSTOM_RESOURCE_DEFINITION_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static CUSTOM_RESOURCE_DEFINITION_STATUS_F: [Field; 4] = [
    field("conditions", list(&super::apiextensions_v1::CUSTOM_RESOURCE_DEFINITION_CONDITION_T), F { omit: NEVER, number: 1, list: Lists::Map(&CUSTOM_RESOURCE_DEFINITION_STATUS_CONDITIONS_KEYS), ..D }),
    field("acceptedNames", one(&super::apiextensions_v1::CUSTOM_RESOURCE_DEFINITION_NAMES), F { omit: NEVER, number: 2, ..D }),
    field("storedVersions", list(&T_STRING), F { omit: NEVER, number: 3, ..D }),
    field("observedGeneration", Type::Int64, F { number: 4, ..D }),
];
pub(crate) static CUSTOM_RESOURCE_DEFINITION_STATUS: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus", "v1.CustomResourceDefinitionStatus", &CUSTOM_RESOURCE_DEFINITION_STATUS_F, false);

static CUSTOM_RESOURCE_DEFINITION_VERSION_F: [Field; 9] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("served", Type::Bool, F { omit: NEVER, required: true, number: 2, ..D }),
    field("storage", Type::Bool, F { omit: NEVER, required: true, number: 3, ..D }),
    field("deprecated", Type::Bool, F { number: 7, ..D }),
    field("deprecationWarning", Type::String, F { pointer: true, number: 8, ..D }),
    field("schema", one(&super::apiextensions_v1::CUSTOM_RESOURCE_VALIDATION), F { pointer: true, number: 4, ..D }),
    field("subresources", one(&super::apiextensions_v1::CUSTOM_RESOURCE_SUBRESOURCES), F { pointer: true, number: 5, ..D }),
    field("additionalPrinterColumns", list(&super::apiextensions_v1::CUSTOM_RESOURCE_COLUMN_DEFINITION_T), F { number: 6, ..D }),
    field("selectableFields", list(&super::apiextensions_v1::SELECTABLE_FIELD_T), F { number: 9, ..D }),
];
pub(crate) static CUSTOM_RESOURCE_DEFINITION_VERSION: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion", "v1.CustomResourceDefinitionVersion", &CUSTOM_RESOURCE_DEFINITION_VERSION_F, false);
pub(crate) static CUSTOM_RESOURCE_DEFINITION_VERSION_T: Type = one(&CUSTOM_RESOURCE_DEFINITION_VERSION);

static CUSTOM_RESOURCE_SUBRESOURCE_SCALE_F: [Field; 3] = [
    field("specReplicasPath", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("statusReplicasPath", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("labelSelectorPath", Type::String, F { pointer: true, number: 3, ..D }),
];
pub(crate) static CUSTOM_RESOURCE_SUBRESOURCE_SCALE: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceScale", "v1.CustomResourceSubresourceScale", &CUSTOM_RESOURCE_SUBRESOURCE_SCALE_F, false);

static CUSTOM_RESOURCE_SUBRESOURCE_STATUS_F: [Field; 0] = [
];
pub(crate) static CUSTOM_RESOURCE_SUBRESOURCE_STATUS: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus", "v1.CustomResourceSubresourceStatus", &CUSTOM_RESOURCE_SUBRESOURCE_STATUS_F, false);

static CUSTOM_RESOURCE_SUBRESOURCES_F: [Field; 2] = [
    field("status", one(&super::apiextensions_v1::CUSTOM_RESOURCE_SUBRESOURCE_STATUS), F { pointer: true, number: 1, ..D }),
    field("scale", one(&super::apiextensions_v1::CUSTOM_RESOURCE_SUBRESOURCE_SCALE), F { pointer: true, number: 2, ..D }),
];
pub(crate) static CUSTOM_RESOURCE_SUBRESOURCES: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresources", "v1.CustomResourceSubresources", &CUSTOM_RESOURCE_SUBRESOURCES_F, false);

static CUSTOM_RESOURCE_VALIDATION_F: [Field; 1] = [
    field("openAPIV3Schema", one(&super::apiextensions_v1::JSON_SCHEMA_PROPS), F { pointer: true, number: 1, ..D }),
];
pub(crate) static CUSTOM_RESOURCE_VALIDATION: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceValidation", "v1.CustomResourceValidation", &CUSTOM_RESOURCE_VALIDATION_F, false);

static EXTERNAL_DOCUMENTATION_F: [Field; 2] = [
    field("description", Type::String, F { number: 1, ..D }),
    field("url", Type::String, F { number: 2, ..D }),
];
pub(crate) static EXTERNAL_DOCUMENTATION: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ExternalDocumentation", "v1.ExternalDocumentation", &EXTERNAL_DOCUMENTATION_F, false);

static JSON_SCHEMA_PROPS_X_KUBERNETES_VALIDATIONS_KEYS: [Text; 1] = [text("rule")];
static JSON_SCHEMA_PROPS_F: [Field; 44] = [
    field("id", Type::String, F { number: 1, ..D }),
    field("$schema", Type::String, F { number: 2, go: "v1.JSONSchemaURL", ..D }),
    field("$ref", Type::String, F { pointer: true, number: 3, ..D }),
    field("description", Type::String, F { number: 4, ..D }),
    field("type", Type::String, F { number: 5, ..D }),
    field("format", Type::String, F { number: 6, ..D }),
    field("title", Type::String, F { number: 7, ..D }),
    field("default", Type::Json, F { pointer: true, number: 8, ..D }),
    field("maximum", Type::Float64, F { pointer: true, number: 9, ..D }),
    field("exclusiveMaximum", Type::Bool, F { number: 10, ..D }),
    field("minimum", Type::Float64, F { pointer: true, number: 11, ..D }),
    field("exclusiveMinimum", Type::Bool, F { number: 12, ..D }),
    field("maxLength", Type::Int64, F { pointer: true, number: 13, ..D }),
    field("minLength", Type::Int64, F { pointer: true, number: 14, ..D }),
    field("pattern", Type::String, F { number: 15, ..D }),
    field("maxItems", Type::Int64, F { pointer: true, number: 16, ..D }),
    field("minItems", Type::Int64, F { pointer: true, number: 17, ..D }),
    field("uniqueItems", Type::Bool, F { number: 18, ..D }),
    field("multipleOf", Type::Float64, F { pointer: true, number: 19, ..D }),
    field("enum", list(&T_JSON), F { number: 20, ..D }),
    field("maxProperties", Type::Int64, F { pointer: true, number: 21, ..D }),
    field("minProperties", Type::Int64, F { pointer: true, number: 22, ..D }),
    field("required", list(&T_STRING), F { number: 23, ..D }),
    field("items", or(LIST, &super::apiextensions_v1::JSON_SCHEMA_PROPS), F { pointer: true, number: 24, ..D }),
    field("allOf", list(&super::apiextensions_v1::JSON_SCHEMA_PROPS_T), F { number: 25, ..D }),
    field("oneOf", list(&super::apiextensions_v1::JSON_SCHEMA_PROPS_T), F { number: 26, ..D }),
    field("anyOf", list(&super::apiextensions_v1::JSON_SCHEMA_PROPS_T), F { number: 27, ..D }),
    field("not", one(&super::apiextensions_v1::JSON_SCHEMA_PROPS), F { pointer: true, number: 28, ..D }),
    field("properties", map(&super::apiextensions_v1::JSON_SCHEMA_PROPS_T), F { number: 29, ..D }),
    field("additionalProperties", or(BOOL, &super::apiextensions_v1::JSON_SCHEMA_PROPS), F { pointer: true, number: 30, ..D }),
    field("patternProperties", map(&super::apiextensions_v1::JSON_SCHEMA_PROPS_T), F { number: 31, ..D }),
    field("dependencies", map(&T_SCHEMA_OR_STRINGS), F { number: 32, go: "v1.JSONSchemaDependencies", ..D }),
    field("additionalItems", or(BOOL, &super::apiextensions_v1::JSON_SCHEMA_PROPS), F { pointer: true, number: 33, ..D }),
    field("definitions", map(&super::apiextensions_v1::JSON_SCHEMA_PROPS_T), F { number: 34, go: "v1.JSONSchemaDefinitions", ..D }),
    field("externalDocs", one(&super::apiextensions_v1::EXTERNAL_DOCUMENTATION), F { pointer: true, number: 35, ..D }),
    field("example", Type::Json, F { pointer: true, number: 36, ..D }),
    field("nullable", Type::Bool, F { number: 37, ..D }),
    field("x-kubernetes-preserve-unknown-fields", Type::Bool, F { pointer: true, number: 38, ..D }),
    field("x-kubernetes-embedded-resource", Type::Bool, F { number: 39, ..D }),
    field("x-kubernetes-int-or-string", Type::Bool, F { number: 40, ..D }),
    field("x-kubernetes-list-map-keys", list(&T_STRING), F { number: 41, ..D }),
    field("x-kubernetes-list-type", Type::String, F { pointer: true, number: 42, ..D }),
    field("x-kubernetes-map-type", Type::String, F { pointer: true, number: 43, ..D }),
    field("x-kubernetes-validations", list(&super::apiextensions_v1::VALIDATION_RULE_T), F { number: 44, list: Lists::Map(&JSON_SCHEMA_PROPS_X_KUBERNETES_VALIDATIONS_KEYS), merges: true, key: "rule", go: "v1.ValidationRules", ..D }),
];
pub(crate) static JSON_SCHEMA_PROPS: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps", "v1.JSONSchemaProps", &JSON_SCHEMA_PROPS_F, false);
pub(crate) static JSON_SCHEMA_PROPS_T: Type = one(&JSON_SCHEMA_PROPS);

static SELECTABLE_FIELD_F: [Field; 1] = [
    field("jsonPath", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static SELECTABLE_FIELD: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.SelectableField", "v1.SelectableField", &SELECTABLE_FIELD_F, false);
pub(crate) static SELECTABLE_FIELD_T: Type = one(&SELECTABLE_FIELD);

static SERVICE_REFERENCE_F: [Field; 4] = [
    field("namespace", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("name", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("path", Type::String, F { pointer: true, number: 3, ..D }),
    field("port", Type::Int32, F { pointer: true, number: 4, ..D }),
];
pub(crate) static SERVICE_REFERENCE: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference", "v1.ServiceReference", &SERVICE_REFERENCE_F, false);

static VALIDATION_RULE_REASON_VALUES: [Text; 4] = [text("FieldValueDuplicate"), text("FieldValueForbidden"), text("FieldValueInvalid"), text("FieldValueRequired")];
static VALIDATION_RULE_F: [Field; 6] = [
    field("rule", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("message", Type::String, F { number: 2, ..D }),
    field("messageExpression", Type::String, F { number: 3, ..D }),
    field("reason", Type::String, F { pointer: true, number: 4, values: &VALIDATION_RULE_REASON_VALUES, go: "v1.FieldValueErrorReason", ..D }),
    field("fieldPath", Type::String, F { number: 5, ..D }),
    field("optionalOldSelf", Type::Bool, F { pointer: true, number: 6, ..D }),
];
pub(crate) static VALIDATION_RULE: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ValidationRule", "v1.ValidationRule", &VALIDATION_RULE_F, false);
pub(crate) static VALIDATION_RULE_T: Type = one(&VALIDATION_RULE);

static WEBHOOK_CLIENT_CONFIG_F: [Field; 3] = [
    field("url", Type::String, F { pointer: true, number: 3, ..D }),
    field("service", one(&super::apiextensions_v1::SERVICE_REFERENCE), F { pointer: true, number: 1, ..D }),
    field("caBundle", Type::Bytes, F { number: 2, ..D }),
];
pub(crate) static WEBHOOK_CLIENT_CONFIG: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookClientConfig", "v1.WebhookClientConfig", &WEBHOOK_CLIENT_CONFIG_F, false);

static WEBHOOK_CONVERSION_F: [Field; 2] = [
    field("clientConfig", one(&super::apiextensions_v1::WEBHOOK_CLIENT_CONFIG), F { pointer: true, number: 2, ..D }),
    field("conversionReviewVersions", list(&T_STRING), F { omit: NEVER, required: true, number: 3, ..D }),
];
pub(crate) static WEBHOOK_CONVERSION: Struct =
    object("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookConversion", "v1.WebhookConversion", &WEBHOOK_CONVERSION_F, false);
