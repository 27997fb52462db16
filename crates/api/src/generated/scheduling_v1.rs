//! Structs of `k8s.io/api/scheduling/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static PRIORITY_CLASS_PREEMPTION_POLICY_VALUES: [Text; 2] = [text("Never"), text("PreemptLowerPriority")];
static PRIORITY_CLASS_F: [Field; 7] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("value", Type::Int32, F { omit: NEVER, number: 2, ..D }),
    field("globalDefault", Type::Bool, F { number: 3, ..D }),
    field("description", Type::String, F { number: 4, ..D }),
    field("preemptionPolicy", Type::String, F { pointer: true, number: 5, values: &PRIORITY_CLASS_PREEMPTION_POLICY_VALUES, go: "v1.PreemptionPolicy", ..D }),
];
pub(crate) static PRIORITY_CLASS: Struct =
    object("io.k8s.api.scheduling.v1.PriorityClass", "v1.PriorityClass", &PRIORITY_CLASS_F, false);
pub(crate) static PRIORITY_CLASS_T: Type = one(&PRIORITY_CLASS);

static PRIORITY_CLASS_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::scheduling_v1::PRIORITY_CLASS_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static PRIORITY_CLASS_LIST: Struct =
    object("io.k8s.api.scheduling.v1.PriorityClassList", "v1.PriorityClassList", &PRIORITY_CLASS_LIST_F, false);
