//! Structs of `k8s.io/api/certificates/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static CERTIFICATE_SIGNING_REQUEST_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::certificates_v1::CERTIFICATE_SIGNING_REQUEST_SPEC), F { omit: NEVER, required: true, number: 2, ..D }),
    field("status", one(&super::certificates_v1::CERTIFICATE_SIGNING_REQUEST_STATUS), F { number: 3, ..D }),
];
pub(crate) static CERTIFICATE_SIGNING_REQUEST: Struct =
    object("io.k8s.api.certificates.v1.CertificateSigningRequest", "v1.CertificateSigningRequest", &CERTIFICATE_SIGNING_REQUEST_F, false);
pub(crate) static CERTIFICATE_SIGNING_REQUEST_T: Type = one(&CERTIFICATE_SIGNING_REQUEST);

static CERTIFICATE_SIGNING_REQUEST_CONDITION_F: [Field; 6] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.RequestConditionType", ..D }),
    field("status", Type::String, F { omit: NEVER, required: true, number: 6, go: "v1.ConditionStatus", ..D }),
    field("reason", Type::String, F { number: 2, ..D }),
    field("message", Type::String, F { number: 3, ..D }),
    field("lastUpdateTime", Type::Time, F { number: 4, ..D }),
    field("lastTransitionTime", Type::Time, F { number: 5, ..D }),
];
pub(crate) static CERTIFICATE_SIGNING_REQUEST_CONDITION: Struct =
    object("io.k8s.api.certificates.v1.CertificateSigningRequestCondition", "v1.CertificateSigningRequestCondition", &CERTIFICATE_SIGNING_REQUEST_CONDITION_F, false);
pub(crate) static CERTIFICATE_SIGNING_REQUEST_CONDITION_T: Type = one(&CERTIFICATE_SIGNING_REQUEST_CONDITION);

static CERTIFICATE_SIGNING_REQUEST_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::certificates_v1::CERTIFICATE_SIGNING_REQUEST_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static CERTIFICATE_SIGNING_REQUEST_LIST: Struct =
    object("io.k8s.api.certificates.v1.CertificateSigningRequestList", "v1.CertificateSigningRequestList", &CERTIFICATE_SIGNING_REQUEST_LIST_F, false);

static CERTIFICATE_SIGNING_REQUEST_SPEC_F: [Field; 8] = [
    field("request", Type::Bytes, F { omit: NEVER, required: true, number: 1, ..D }),
    field("signerName", Type::String, F { omit: NEVER, required: true, number: 7, ..D }),
    field("expirationSeconds", Type::Int32, F { pointer: true, number: 8, ..D }),
    field("usages", list(&T_STRING), F { number: 5, go: "[]v1.KeyUsage", ..D }),
    field("username", Type::String, F { number: 2, ..D }),
    field("uid", Type::String, F { number: 3, ..D }),
    field("groups", list(&T_STRING), F { number: 4, ..D }),
    field("extra", map(&T_LIST_OF_STRINGS), F { number: 6, go: "map[string]v1.ExtraValue", ..D }),
];
pub(crate) static CERTIFICATE_SIGNING_REQUEST_SPEC: Struct =
    object("io.k8s.api.certificates.v1.CertificateSigningRequestSpec", "v1.CertificateSigningRequestSpec", &CERTIFICATE_SIGNING_REQUEST_SPEC_F, false);

static CERTIFICATE_SIGNING_REQUEST_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static CERTIFICATE_SIGNING_REQUEST_STATUS_F: [Field; 2] = [
    field("conditions", list(&super::certificates_v1::CERTIFICATE_SIGNING_REQUEST_CONDITION_T), F { number: 1, list: Lists::Map(&CERTIFICATE_SIGNING_REQUEST_STATUS_CONDITIONS_KEYS), ..D }),
    field("certificate", Type::Bytes, F { number: 2, ..D }),
];
pub(crate) static CERTIFICATE_SIGNING_REQUEST_STATUS: Struct =
    object("io.k8s.api.certificates.v1.CertificateSigningRequestStatus", "v1.CertificateSigningRequestStatus", &CERTIFICATE_SIGNING_REQUEST_STATUS_F, false);
