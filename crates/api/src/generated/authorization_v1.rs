//! Structs of `k8s.io/api/authorization/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static FIELD_SELECTOR_ATTRIBUTES_F: [Field; 2] = [
    field("rawSelector", Type::String, F { number: 1, ..D }),
    field("requirements", list(&super::meta_v1::FIELD_SELECTOR_REQUIREMENT_T), F { number: 2, ..D }),
];
pub(crate) static FIELD_SELECTOR_ATTRIBUTES: Struct =
    object("io.k8s.api.authorization.v1.FieldSelectorAttributes", "v1.FieldSelectorAttributes", &FIELD_SELECTOR_ATTRIBUTES_F, false);

static LABEL_SELECTOR_ATTRIBUTES_F: [Field; 2] = [
    field("rawSelector", Type::String, F { number: 1, ..D }),
    field("requirements", list(&super::meta_v1::LABEL_SELECTOR_REQUIREMENT_T), F { number: 2, ..D }),
];
pub(crate) static LABEL_SELECTOR_ATTRIBUTES: Struct =
    object("io.k8s.api.authorization.v1.LabelSelectorAttributes", "v1.LabelSelectorAttributes", &LABEL_SELECTOR_ATTRIBUTES_F, false);

static LOCAL_SUBJECT_ACCESS_REVIEW_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::authorization_v1::SUBJECT_ACCESS_REVIEW_SPEC), F { omit: NEVER, required: true, number: 2, ..D }),
    field("status", one(&super::authorization_v1::SUBJECT_ACCESS_REVIEW_STATUS), F { number: 3, ..D }),
];
pub(crate) static LOCAL_SUBJECT_ACCESS_REVIEW: Struct =
    object("io.k8s.api.authorization.v1.LocalSubjectAccessReview", "v1.LocalSubjectAccessReview", &LOCAL_SUBJECT_ACCESS_REVIEW_F, false);

static NON_RESOURCE_ATTRIBUTES_F: [Field; 2] = [
    field("path", Type::String, F { number: 1, ..D }),
    field("verb", Type::String, F { number: 2, ..D }),
];
pub(crate) static NON_RESOURCE_ATTRIBUTES: Struct =
    object("io.k8s.api.authorization.v1.NonResourceAttributes", "v1.NonResourceAttributes", &NON_RESOURCE_ATTRIBUTES_F, false);

static NON_RESOURCE_RULE_F: [Field; 2] = [
    field("verbs", list(&T_STRING), F { omit: NEVER, required: true, number: 1, ..D }),
    field("nonResourceURLs", list(&T_STRING), F { number: 2, ..D }),
];
pub(crate) static NON_RESOURCE_RULE: Struct =
    object("io.k8s.api.authorization.v1.NonResourceRule", "v1.NonResourceRule", &NON_RESOURCE_RULE_F, false);
pub(crate) static NON_RESOURCE_RULE_T: Type = one(&NON_RESOURCE_RULE);

static RESOURCE_ATTRIBUTES_F: [Field; 9] = [
    field("namespace", Type::String, F { number: 1, ..D }),
    field("verb", Type::String, F { number: 2, ..D }),
    field("group", Type::String, F { number: 3, ..D }),
    field("version", Type::String, F { number: 4, ..D }),
    field("resource", Type::String, F { number: 5, ..D }),
    field("subresource", Type::String, F { number: 6, ..D }),
    field("name", Type::String, F { number: 7, ..D }),
    field("fieldSelector", one(&super::authorization_v1::FIELD_SELECTOR_ATTRIBUTES), F { pointer: true, number: 8, ..D }),
    field("labelSelector", one(&super::authorization_v1::LABEL_SELECTOR_ATTRIBUTES), F { pointer: true, number: 9, ..D }),
];
pub(crate) static RESOURCE_ATTRIBUTES: Struct =
    object("io.k8s.api.authorization.v1.ResourceAttributes", "v1.ResourceAttributes", &RESOURCE_ATTRIBUTES_F, false);

static RESOURCE_RULE_F: [Field; 4] = [
    field("verbs", list(&T_STRING), F { omit: NEVER, required: true, number: 1, ..D }),
    field("apiGroups", list(&T_STRING), F { number: 2, ..D }),
    field("resources", list(&T_STRING), F { number: 3, ..D }),
    field("resourceNames", list(&T_STRING), F { number: 4, ..D }),
];
pub(crate) static RESOURCE_RULE: Struct =
    object("io.k8s.api.authorization.v1.ResourceRule", "v1.ResourceRule", &RESOURCE_RULE_F, false);
pub(crate) static RESOURCE_RULE_T: Type = one(&RESOURCE_RULE);

static SELF_SUBJECT_ACCESS_REVIEW_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::authorization_v1::SELF_SUBJECT_ACCESS_REVIEW_SPEC), F { omit: NEVER, required: true, number: 2, ..D }),
    field("status", one(&super::authorization_v1::SUBJECT_ACCESS_REVIEW_STATUS), F { number: 3, ..D }),
];
pub(crate) static SELF_SUBJECT_ACCESS_REVIEW: Struct =
    object("io.k8s.api.authorization.v1.SelfSubjectAccessReview", "v1.SelfSubjectAccessReview", &SELF_SUBJECT_ACCESS_REVIEW_F, false);

static SELF_SUBJECT_ACCESS_REVIEW_SPEC_F: [Field; 2] = [
    field("resourceAttributes", one(&super::authorization_v1::RESOURCE_ATTRIBUTES), F { pointer: true, number: 1, ..D }),
    field("nonResourceAttributes", one(&super::authorization_v1::NON_RESOURCE_ATTRIBUTES), F { pointer: true, number: 2, ..D }),
];
pub(crate) static SELF_SUBJECT_ACCESS_REVIEW_SPEC: Struct =
    object("io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec", "v1.SelfSubjectAccessReviewSpec", &SELF_SUBJECT_ACCESS_REVIEW_SPEC_F, false);

static SELF_SUBJECT_RULES_REVIEW_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::authorization_v1::SELF_SUBJECT_RULES_REVIEW_SPEC), F { omit: NEVER, required: true, number: 2, ..D }),
    field("status", one(&super::authorization_v1::SUBJECT_RULES_REVIEW_STATUS), F { number: 3, ..D }),
];
pub(crate) static SELF_SUBJECT_RULES_REVIEW: Struct =
    object("io.k8s.api.authorization.v1.SelfSubjectRulesReview", "v1.SelfSubjectRulesReview", &SELF_SUBJECT_RULES_REVIEW_F, false);

static SELF_SUBJECT_RULES_REVIEW_SPEC_F: [Field; 1] = [
    field("namespace", Type::String, F { number: 1, ..D }),
];
pub(crate) static SELF_SUBJECT_RULES_REVIEW_SPEC: Struct =
    object("io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec", "v1.SelfSubjectRulesReviewSpec", &SELF_SUBJECT_RULES_REVIEW_SPEC_F, false);

static SUBJECT_ACCESS_REVIEW_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::authorization_v1::SUBJECT_ACCESS_REVIEW_SPEC), F { omit: NEVER, required: true, number: 2, ..D }),
    field("status", one(&super::authorization_v1::SUBJECT_ACCESS_REVIEW_STATUS), F { number: 3, ..D }),
];
pub(crate) static SUBJECT_ACCESS_REVIEW: Struct =
    object("io.k8s.api.authorization.v1.SubjectAccessReview", "v1.SubjectAccessReview", &SUBJECT_ACCESS_REVIEW_F, false);

static SUBJECT_ACCESS_REVIEW_SPEC_F: [Field; 6] = [
    field("resourceAttributes", one(&super::authorization_v1::RESOURCE_ATTRIBUTES), F { pointer: true, number: 1, ..D }),
    field("nonResourceAttributes", one(&super::authorization_v1::NON_RESOURCE_ATTRIBUTES), F { pointer: true, number: 2, ..D }),
    field("user", Type::String, F { number: 3, ..D }),
    field("groups", list(&T_STRING), F { number: 4, ..D }),
    field("extra", map(&T_LIST_OF_STRINGS), F { number: 5, go: "map[string]v1.ExtraValue", ..D }),
    field("uid", Type::String, F { number: 6, ..D }),
];
pub(crate) static SUBJECT_ACCESS_REVIEW_SPEC: Struct =
    object("io.k8s.api.authorization.v1.SubjectAccessReviewSpec", "v1.SubjectAccessReviewSpec", &SUBJECT_ACCESS_REVIEW_SPEC_F, false);

static SUBJECT_ACCESS_REVIEW_STATUS_F: [Field; 4] = [
    field("allowed", Type::Bool, F { omit: NEVER, required: true, number: 1, ..D }),
    field("denied", Type::Bool, F { number: 4, ..D }),
    field("reason", Type::String, F { number: 2, ..D }),
    field("evaluationError", Type::String, F { number: 3, ..D }),
];
pub(crate) static SUBJECT_ACCESS_REVIEW_STATUS: Struct =
    object("io.k8s.api.authorization.v1.SubjectAccessReviewStatus", "v1.SubjectAccessReviewStatus", &SUBJECT_ACCESS_REVIEW_STATUS_F, false);

static SUBJECT_RULES_REVIEW_STATUS_F: [Field; 4] = [
    field("resourceRules", list(&super::authorization_v1::RESOURCE_RULE_T), F { omit: NEVER, required: true, number: 1, ..D }),
    field("nonResourceRules", list(&super::authorization_v1::NON_RESOURCE_RULE_T), F { omit: NEVER, required: true, number: 2, ..D }),
    field("incomplete", Type::Bool, F { omit: NEVER, required: true, number: 3, ..D }),
    field("evaluationError", Type::String, F { number: 4, ..D }),
];
pub(crate) static SUBJECT_RULES_REVIEW_STATUS: Struct =
    object("io.k8s.api.authorization.v1.SubjectRulesReviewStatus", "v1.SubjectRulesReviewStatus", &SUBJECT_RULES_REVIEW_STATUS_F, false);
