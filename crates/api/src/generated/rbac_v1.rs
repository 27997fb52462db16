//! Structs of `k8s.io/api/rbac/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static AGGREGATION_RULE_F: [Field; 1] = [
    field("clusterRoleSelectors", list(&super::meta_v1::LABEL_SELECTOR_T), F { number: 1, ..D }),
];
pub(crate) static AGGREGATION_RULE: Struct =
    object("io.k8s.api.rbac.v1.AggregationRule", "v1.AggregationRule", &AGGREGATION_RULE_F, false);

static CLUSTER_ROLE_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("rules", list(&super::rbac_v1::POLICY_RULE_T), F { omit: NEVER, number: 2, ..D }),
    field("aggregationRule", one(&super::rbac_v1::AGGREGATION_RULE), F { pointer: true, number: 3, ..D }),
];
pub(crate) static CLUSTER_ROLE: Struct =
    object("io.k8s.api.rbac.v1.ClusterRole", "v1.ClusterRole", &CLUSTER_ROLE_F, false);
pub(crate) static CLUSTER_ROLE_T: Type = one(&CLUSTER_ROLE);

static CLUSTER_ROLE_BINDING_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("subjects", list(&super::rbac_v1::SUBJECT_T), F { number: 2, ..D }),
    field("roleRef", one(&super::rbac_v1::ROLE_REF), F { omit: NEVER, required: true, number: 3, ..D }),
];
pub(crate) static CLUSTER_ROLE_BINDING: Struct =
    object("io.k8s.api.rbac.v1.ClusterRoleBinding", "v1.ClusterRoleBinding", &CLUSTER_ROLE_BINDING_F, false);
pub(crate) static CLUSTER_ROLE_BINDING_T: Type = one(&CLUSTER_ROLE_BINDING);

static CLUSTER_ROLE_BINDING_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::rbac_v1::CLUSTER_ROLE_BINDING_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static CLUSTER_ROLE_BINDING_LIST: Struct =
    object("io.k8s.api.rbac.v1.ClusterRoleBindingList", "v1.ClusterRoleBindingList", &CLUSTER_ROLE_BINDING_LIST_F, false);

static CLUSTER_ROLE_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::rbac_v1::CLUSTER_ROLE_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static CLUSTER_ROLE_LIST: Struct =
    object("io.k8s.api.rbac.v1.ClusterRoleList", "v1.ClusterRoleList", &CLUSTER_ROLE_LIST_F, false);

static POLICY_RULE_F: [Field; 5] = [
    field("verbs", list(&T_STRING), F { omit: NEVER, required: true, number: 1, ..D }),
    field("apiGroups", list(&T_STRING), F { number: 2, ..D }),
    field("resources", list(&T_STRING), F { number: 3, ..D }),
    field("resourceNames", list(&T_STRING), F { number: 4, ..D }),
    field("nonResourceURLs", list(&T_STRING), F { number: 5, ..D }),
];
pub(crate) static POLICY_RULE: Struct =
    object("io.k8s.api.rbac.v1.PolicyRule", "v1.PolicyRule", &POLICY_RULE_F, false);
pub(crate) static POLICY_RULE_T: Type = one(&POLICY_RULE);

static ROLE_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("rules", list(&super::rbac_v1::POLICY_RULE_T), F { omit: NEVER, number: 2, ..D }),
];
pub(crate) static ROLE: Struct =
    object("io.k8s.api.rbac.v1.Role", "v1.Role", &ROLE_F, false);
pub(crate) static ROLE_T: Type = one(&ROLE);

static ROLE_BINDING_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("subjects", list(&super::rbac_v1::SUBJECT_T), F { number: 2, ..D }),
    field("roleRef", one(&super::rbac_v1::ROLE_REF), F { omit: NEVER, required: true, number: 3, ..D }),
];
pub(crate) static ROLE_BINDING: Struct =
    object("io.k8s.api.rbac.v1.RoleBinding", "v1.RoleBinding", &ROLE_BINDING_F, false);
pub(crate) static ROLE_BINDING_T: Type = one(&ROLE_BINDING);

static ROLE_BINDING_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::rbac_v1::ROLE_BINDING_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static ROLE_BINDING_LIST: Struct =
    object("io.k8s.api.rbac.v1.RoleBindingList", "v1.RoleBindingList", &ROLE_BINDING_LIST_F, false);

static ROLE_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::rbac_v1::ROLE_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static ROLE_LIST: Struct =
    object("io.k8s.api.rbac.v1.RoleList", "v1.RoleList", &ROLE_LIST_F, false);

static ROLE_REF_F: [Field; 3] = [
    field("apiGroup", Type::String, F { omit: NEVER, number: 1, ..D }),
    field("kind", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("name", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
];
pub(crate) static ROLE_REF: Struct =
    object("io.k8s.api.rbac.v1.RoleRef", "v1.RoleRef", &ROLE_REF_F, true);

static SUBJECT_F: [Field; 4] = [
    field("kind", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("apiGroup", Type::String, F { number: 2, ..D }),
    field("name", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
    field("namespace", Type::String, F { number: 4, ..D }),
];
pub(crate) static SUBJECT: Struct =
    object("io.k8s.api.rbac.v1.Subject", "v1.Subject", &SUBJECT_F, true);
pub(crate) static SUBJECT_T: Type = one(&SUBJECT);
