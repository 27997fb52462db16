//! Structs of `k8s.io/api/autoscaling/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static CROSS_VERSION_OBJECT_REFERENCE_F: [Field; 3] = [
    field("kind", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("name", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("apiVersion", Type::String, F { number: 3, ..D }),
];
pub(crate) static CROSS_VERSION_OBJECT_REFERENCE: Struct =
    object("io.k8s.api.autoscaling.v1.CrossVersionObjectReference", "v1.CrossVersionObjectReference", &CROSS_VERSION_OBJECT_REFERENCE_F, true);

static HORIZONTAL_POD_AUTOSCALER_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::autoscaling_v1::HORIZONTAL_POD_AUTOSCALER_SPEC), F { required: true, number: 2, ..D }),
    field("status", one(&super::autoscaling_v1::HORIZONTAL_POD_AUTOSCALER_STATUS), F { number: 3, ..D }),
];
pub(crate) static HORIZONTAL_POD_AUTOSCALER: Struct =
    object("io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler", "v1.HorizontalPodAutoscaler", &HORIZONTAL_POD_AUTOSCALER_F, false);
pub(crate) static HORIZONTAL_POD_AUTOSCALER_T: Type = one(&HORIZONTAL_POD_AUTOSCALER);

static HORIZONTAL_POD_AUTOSCALER_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::autoscaling_v1::HORIZONTAL_POD_AUTOSCALER_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static HORIZONTAL_POD_AUTOSCALER_LIST: Struct =
    object("io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerList", "v1.HorizontalPodAutoscalerList", &HORIZONTAL_POD_AUTOSCALER_LIST_F, false);

static HORIZONTAL_POD_AUTOSCALER_SPEC_F: [Field; 4] = [
    field("scaleTargetRef", one(&super::autoscaling_v1::CROSS_VERSION_OBJECT_REFERENCE), F { omit: NEVER, required: true, number: 1, ..D }),
    field("minReplicas", Type::Int32, F { pointer: true, number: 2, ..D }),
    field("maxReplicas", Type::Int32, F { omit: NEVER, required: true, number: 3, ..D }),
    field("targetCPUUtilizationPercentage", Type::Int32, F { pointer: true, number: 4, ..D }),
];
pub(crate) static HORIZONTAL_POD_AUTOSCALER_SPEC: Struct =
    object("io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec", "v1.HorizontalPodAutoscalerSpec", &HORIZONTAL_POD_AUTOSCALER_SPEC_F, false);

static HORIZONTAL_POD_AUTOSCALER_STATUS_F: [Field; 5] = [
    field("observedGeneration", Type::Int64, F { pointer: true, number: 1, ..D }),
    field("lastScaleTime", Type::Time, F { pointer: true, number: 2, ..D }),
    field("currentReplicas", Type::Int32, F { omit: NEVER, required: true, number: 3, ..D }),
    field("desiredReplicas", Type::Int32, F { omit: NEVER, required: true, number: 4, ..D }),
    field("currentCPUUtilizationPercentage", Type::Int32, F { pointer: true, number: 5, ..D }),
];
pub(crate) static HORIZONTAL_POD_AUTOSCALER_STATUS: Struct =
    object("io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerStatus", "v1.HorizontalPodAutoscalerStatus", &HORIZONTAL_POD_AUTOSCALER_STATUS_F, false);

static SCALE_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::autoscaling_v1::SCALE_SPEC), F { number: 2, ..D }),
    field("status", one(&super::autoscaling_v1::SCALE_STATUS), F { number: 3, ..D }),
];
pub(crate) static SCALE: Struct =
    object("io.k8s.api.autoscaling.v1.Scale", "v1.Scale", &SCALE_F, false);

static SCALE_SPEC_F: [Field; 1] = [
    field("replicas", Type::Int32, F { number: 1, ..D }),
];
pub(crate) static SCALE_SPEC: Struct =
    object("io.k8s.api.autoscaling.v1.ScaleSpec", "v1.ScaleSpec", &SCALE_SPEC_F, false);

static SCALE_STATUS_F: [Field; 2] = [
    field("replicas", Type::Int32, F { omit: NEVER, required: true, number: 1, ..D }),
    field("selector", Type::String, F { number: 2, ..D }),
];
pub(crate) static SCALE_STATUS: Struct =
    object("io.k8s.api.autoscaling.v1.ScaleStatus", "v1.ScaleStatus", &SCALE_STATUS_F, false);
