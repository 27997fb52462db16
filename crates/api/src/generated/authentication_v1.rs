//! Structs of `k8s.io/api/authentication/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static BOUND_OBJECT_REFERENCE_F: [Field; 4] = [
    field("kind", Type::String, F { number: 1, ..D }),
    field("apiVersion", Type::String, F { number: 2, ..D }),
    field("name", Type::String, F { number: 3, ..D }),
    field("uid", Type::String, F { number: 4, go: "types.UID", ..D }),
];
pub(crate) static BOUND_OBJECT_REFERENCE: Struct =
    object("io.k8s.api.authentication.v1.BoundObjectReference", "v1.BoundObjectReference", &BOUND_OBJECT_REFERENCE_F, false);

static SELF_SUBJECT_REVIEW_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("status", one(&super::authentication_v1::SELF_SUBJECT_REVIEW_STATUS), F { number: 2, ..D }),
];
pub(crate) static SELF_SUBJECT_REVIEW: Struct =
    object("io.k8s.api.authentication.v1.SelfSubjectReview", "v1.SelfSubjectReview", &SELF_SUBJECT_REVIEW_F, false);

static SELF_SUBJECT_REVIEW_STATUS_F: [Field; 1] = [
    field("userInfo", one(&super::authentication_v1::USER_INFO), F { number: 1, ..D }),
];
pub(crate) static SELF_SUBJECT_REVIEW_STATUS: Struct =
    object("io.k8s.api.authentication.v1.SelfSubjectReviewStatus", "v1.SelfSubjectReviewStatus", &SELF_SUBJECT_REVIEW_STATUS_F, false);

static TOKEN_REQUEST_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::authentication_v1::TOKEN_REQUEST_SPEC), F { omit: NEVER, number: 2, ..D }),
    field("status", one(&super::authentication_v1::TOKEN_REQUEST_STATUS), F { number: 3, ..D }),
];
pub(crate) static TOKEN_REQUEST: Struct =
    object("io.k8s.api.authentication.v1.TokenRequest", "v1.TokenRequest", &TOKEN_REQUEST_F, false);

static TOKEN_REQUEST_SPEC_F: [Field; 3] = [
    field("audiences", list(&T_STRING), F { omit: NEVER, number: 1, ..D }),
    field("expirationSeconds", Type::Int64, F { omit: NEVER, pointer: true, number: 4, ..D }),
    field("boundObjectRef", one(&super::authentication_v1::BOUND_OBJECT_REFERENCE), F { omit: NEVER, pointer: true, number: 3, ..D }),
];
pub(crate) static TOKEN_REQUEST_SPEC: Struct =
    object("io.k8s.api.authentication.v1.TokenRequestSpec", "v1.TokenRequestSpec", &TOKEN_REQUEST_SPEC_F, false);

static TOKEN_REQUEST_STATUS_F: [Field; 2] = [
    field("token", Type::String, F { omit: NEVER, number: 1, ..D }),
    field("expirationTimestamp", Type::Time, F { omit: NEVER, number: 2, ..D }),
];
pub(crate) static TOKEN_REQUEST_STATUS: Struct =
    object("io.k8s.api.authentication.v1.TokenRequestStatus", "v1.TokenRequestStatus", &TOKEN_REQUEST_STATUS_F, false);

static TOKEN_REVIEW_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::authentication_v1::TOKEN_REVIEW_SPEC), F { omit: NEVER, required: true, number: 2, ..D }),
    field("status", one(&super::authentication_v1::TOKEN_REVIEW_STATUS), F { number: 3, ..D }),
];
pub(crate) static TOKEN_REVIEW: Struct =
    object("io.k8s.api.authentication.v1.TokenReview", "v1.TokenReview", &TOKEN_REVIEW_F, false);

static TOKEN_REVIEW_SPEC_F: [Field; 2] = [
    field("token", Type::String, F { required: true, number: 1, ..D }),
    field("audiences", list(&T_STRING), F { number: 2, ..D }),
];
pub(crate) static TOKEN_REVIEW_SPEC: Struct =
    object("io.k8s.api.authentication.v1.TokenReviewSpec", "v1.TokenReviewSpec", &TOKEN_REVIEW_SPEC_F, false);

static TOKEN_REVIEW_STATUS_F: [Field; 4] = [
    field("authenticated", Type::Bool, F { number: 1, ..D }),
    field("user", one(&super::authentication_v1::USER_INFO), F { number: 2, ..D }),
    field("audiences", list(&T_STRING), F { number: 4, ..D }),
    field("error", Type::String, F { number: 3, ..D }),
];
pub(crate) static TOKEN_REVIEW_STATUS: Struct =
    object("io.k8s.api.authentication.v1.TokenReviewStatus", "v1.TokenReviewStatus", &TOKEN_REVIEW_STATUS_F, false);

static USER_INFO_F: [Field; 4] = [
    field("username", Type::String, F { number: 1, ..D }),
    field("uid", Type::String, F { number: 2, ..D }),
    field("groups", list(&T_STRING), F { number: 3, ..D }),
    field("extra", map(&T_LIST_OF_STRINGS), F { number: 4, go: "map[string]v1.ExtraValue", ..D }),
];
pub(crate) static USER_INFO: Struct =
    object("io.k8s.api.authentication.v1.UserInfo", "v1.UserInfo", &USER_INFO_F, false);
