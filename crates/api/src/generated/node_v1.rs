//! Structs of `k8s.io/api/node/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static OVERHEAD_F: [Field; 1] = [
    field("podFixed", map(&T_QUANTITY), F { number: 1, go: "v1.ResourceList", ..D }),
];
pub(crate) static OVERHEAD: Struct =
    object("io.k8s.api.node.v1.Overhead", "v1.Overhead", &OVERHEAD_F, false);

static RUNTIME_CLASS_F: [Field; 6] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("handler", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("overhead", one(&super::node_v1::OVERHEAD), F { pointer: true, number: 3, ..D }),
    field("scheduling", one(&super::node_v1::SCHEDULING), F { pointer: true, number: 4, ..D }),
];
pub(crate) static RUNTIME_CLASS: Struct =
    object("io.k8s.api.node.v1.RuntimeClass", "v1.RuntimeClass", &RUNTIME_CLASS_F, false);
pub(crate) static RUNTIME_CLASS_T: Type = one(&RUNTIME_CLASS);

static RUNTIME_CLASS_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::node_v1::RUNTIME_CLASS_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static RUNTIME_CLASS_LIST: Struct =
    object("io.k8s.api.node.v1.RuntimeClassList", "v1.RuntimeClassList", &RUNTIME_CLASS_LIST_F, false);

static SCHEDULING_F: [Field; 2] = [
    field("nodeSelector", map(&T_STRING), F { number: 1, atomic: true, ..D }),
    field("tolerations", list(&super::core_v1::TOLERATION_T), F { number: 2, ..D }),
];
pub(crate) static SCHEDULING: Struct =
    object("io.k8s.api.node.v1.Scheduling", "v1.Scheduling", &SCHEDULING_F, false);
