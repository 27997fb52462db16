//! Structs of `k8s.io/api/coordination/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static LEASE_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::coordination_v1::LEASE_SPEC), F { number: 2, ..D }),
];
pub(crate) static LEASE: Struct =
    object("io.k8s.api.coordination.v1.Lease", "v1.Lease", &LEASE_F, false);
pub(crate) static LEASE_T: Type = one(&LEASE);

static LEASE_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::coordination_v1::LEASE_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static LEASE_LIST: Struct =
    object("io.k8s.api.coordination.v1.LeaseList", "v1.LeaseList", &LEASE_LIST_F, false);

static LEASE_SPEC_F: [Field; 7] = [
    field("holderIdentity", Type::String, F { pointer: true, number: 1, ..D }),
    field("leaseDurationSeconds", Type::Int32, F { pointer: true, number: 2, ..D }),
    field("acquireTime", Type::MicroTime, F { pointer: true, number: 3, ..D }),
    field("renewTime", Type::MicroTime, F { pointer: true, number: 4, ..D }),
    field("leaseTransitions", Type::Int32, F { pointer: true, number: 5, ..D }),
    field("strategy", Type::String, F { pointer: true, number: 6, go: "v1.CoordinatedLeaseStrategy", ..D }),
    field("preferredHolder", Type::String, F { pointer: true, number: 7, ..D }),
];
pub(crate) static LEASE_SPEC: Struct =
    object("io.k8s.api.coordination.v1.LeaseSpec", "v1.LeaseSpec", &LEASE_SPEC_F, false);
