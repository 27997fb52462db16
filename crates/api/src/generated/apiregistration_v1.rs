//! Structs of `k8s.io/kube-aggregator/pkg/apis/apiregistration/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static API_SERVICE_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::apiregistration_v1::API_SERVICE_SPEC), F { number: 2, ..D }),
    field("status", one(&super::apiregistration_v1::API_SERVICE_STATUS), F { number: 3, ..D }),
];
pub(crate) static API_SERVICE: Struct =
    object("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService", "v1.APIService", &API_SERVICE_F, false);
pub(crate) static API_SERVICE_T: Type = one(&API_SERVICE);

static API_SERVICE_CONDITION_F: [Field; 5] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.APIServiceConditionType", ..D }),
    field("status", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.ConditionStatus", ..D }),
    field("lastTransitionTime", Type::Time, F { number: 3, ..D }),
    field("reason", Type::String, F { number: 4, ..D }),
    field("message", Type::String, F { number: 5, ..D }),
];
pub(crate) static API_SERVICE_CONDITION: Struct =
    object("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition", "v1.APIServiceCondition", &API_SERVICE_CONDITION_F, false);
pub(crate) static API_SERVICE_CONDITION_T: Type = one(&API_SERVICE_CONDITION);

static API_SERVICE_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::apiregistration_v1::API_SERVICE_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static API_SERVICE_LIST: Struct =
    object("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceList", "v1.APIServiceList", &API_SERVICE_LIST_F, false);

static API_SERVICE_SPEC_F: [Field; 7] = [
    field("service", one(&super::apiregistration_v1::SERVICE_REFERENCE), F { pointer: true, number: 1, ..D }),
    field("group", Type::String, F { number: 2, ..D }),
    field("version", Type::String, F { number: 3, ..D }),
    field("insecureSkipTLSVerify", Type::Bool, F { number: 4, ..D }),
    field("caBundle", Type::Bytes, F { number: 5, ..D }),
    field("groupPriorityMinimum", Type::Int32, F { omit: NEVER, required: true, number: 7, ..D }),
    field("versionPriority", Type::Int32, F { omit: NEVER, required: true, number: 8, ..D }),
];
pub(crate) static API_SERVICE_SPEC: Struct =
    object("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec", "v1.APIServiceSpec", &API_SERVICE_SPEC_F, false);

static API_SERVICE_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static API_SERVICE_STATUS_F: [Field; 1] = [
    field("conditions", list(&super::apiregistration_v1::API_SERVICE_CONDITION_T), F { number: 1, list: Lists::Map(&API_SERVICE_STATUS_CONDITIONS_KEYS), merges: true, key: "type", ..D }),
];
pub(crate) static API_SERVICE_STATUS: Struct =
    object("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus", "v1.APIServiceStatus", &API_SERVICE_STATUS_F, false);

static SERVICE_REFERENCE_F: [Field; 3] = [
    field("namespace", Type::String, F { number: 1, ..D }),
    field("name", Type::String, F { number: 2, ..D }),
    field("port", Type::Int32, F { pointer: true, number: 3, ..D }),
];
pub(crate) static SERVICE_REFERENCE: Struct =
    object("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference", "v1.ServiceReference", &SERVICE_REFERENCE_F, false);
