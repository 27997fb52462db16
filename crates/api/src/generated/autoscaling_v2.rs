//! Structs of `k8s.io/api/autoscaling/v2`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static CONTAINER_RESOURCE_METRIC_SOURCE_F: [Field; 3] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.ResourceName", ..D }),
    field("target", one(&super::autoscaling_v2::METRIC_TARGET), F { omit: NEVER, required: true, number: 2, ..D }),
    field("container", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
];
pub(crate) static CONTAINER_RESOURCE_METRIC_SOURCE: Struct =
    object("io.k8s.api.autoscaling.v2.ContainerResourceMetricSource", "v2.ContainerResourceMetricSource", &CONTAINER_RESOURCE_METRIC_SOURCE_F, false);

static CONTAINER_RESOURCE_METRIC_STATUS_F: [Field; 3] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.ResourceName", ..D }),
    field("current", one(&super::autoscaling_v2::METRIC_VALUE_STATUS), F { omit: NEVER, required: true, number: 2, ..D }),
    field("container", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
];
pub(crate) static CONTAINER_RESOURCE_METRIC_STATUS: Struct =
    object("io.k8s.api.autoscaling.v2.ContainerResourceMetricStatus", "v2.ContainerResourceMetricStatus", &CONTAINER_RESOURCE_METRIC_STATUS_F, false);

static CROSS_VERSION_OBJECT_REFERENCE_F: [Field; 3] = [
    field("kind", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("name", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("apiVersion", Type::String, F { number: 3, ..D }),
];
pub(crate) static CROSS_VERSION_OBJECT_REFERENCE: Struct =
    object("io.k8s.api.autoscaling.v2.CrossVersionObjectReference", "v2.CrossVersionObjectReference", &CROSS_VERSION_OBJECT_REFERENCE_F, false);

static EXTERNAL_METRIC_SOURCE_F: [Field; 2] = [
    field("metric", one(&super::autoscaling_v2::METRIC_IDENTIFIER), F { omit: NEVER, required: true, number: 1, ..D }),
    field("target", one(&super::autoscaling_v2::METRIC_TARGET), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static EXTERNAL_METRIC_SOURCE: Struct =
    object("io.k8s.api.autoscaling.v2.ExternalMetricSource", "v2.ExternalMetricSource", &EXTERNAL_METRIC_SOURCE_F, false);

static EXTERNAL_METRIC_STATUS_F: [Field; 2] = [
    field("metric", one(&super::autoscaling_v2::METRIC_IDENTIFIER), F { omit: NEVER, required: true, number: 1, ..D }),
    field("current", one(&super::autoscaling_v2::METRIC_VALUE_STATUS), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static EXTERNAL_METRIC_STATUS: Struct =
    object("io.k8s.api.autoscaling.v2.ExternalMetricStatus", "v2.ExternalMetricStatus", &EXTERNAL_METRIC_STATUS_F, false);

static HPA_SCALING_POLICY_F: [Field; 3] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v2.HPAScalingPolicyType", ..D }),
    field("value", Type::Int32, F { omit: NEVER, required: true, number: 2, ..D }),
    field("periodSeconds", Type::Int32, F { omit: NEVER, required: true, number: 3, ..D }),
];
pub(crate) static HPA_SCALING_POLICY: Struct =
    object("io.k8s.api.autoscaling.v2.HPAScalingPolicy", "v2.HPAScalingPolicy", &HPA_SCALING_POLICY_F, false);
pub(crate) static HPA_SCALING_POLICY_T: Type = one(&HPA_SCALING_POLICY);

static HPA_SCALING_RULES_F: [Field; 4] = [
    field("stabilizationWindowSeconds", Type::Int32, F { pointer: true, number: 3, ..D }),
    field("selectPolicy", Type::String, F { pointer: true, number: 1, go: "v2.ScalingPolicySelect", ..D }),
    field("policies", list(&super::autoscaling_v2::HPA_SCALING_POLICY_T), F { number: 2, ..D }),
    field("tolerance", Type::Quantity, F { pointer: true, number: 4, ..D }),
];
pub(crate) static HPA_SCALING_RULES: Struct =
    object("io.k8s.api.autoscaling.v2.HPAScalingRules", "v2.HPAScalingRules", &HPA_SCALING_RULES_F, false);

static HORIZONTAL_POD_AUTOSCALER_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::autoscaling_v2::HORIZONTAL_POD_AUTOSCALER_SPEC), F { required: true, number: 2, ..D }),
    field("status", one(&super::autoscaling_v2::HORIZONTAL_POD_AUTOSCALER_STATUS), F { number: 3, ..D }),
];
pub(crate) static HORIZONTAL_POD_AUTOSCALER: Struct =
    object("io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler", "v2.HorizontalPodAutoscaler", &HORIZONTAL_POD_AUTOSCALER_F, false);
pub(crate) static HORIZONTAL_POD_AUTOSCALER_T: Type = one(&HORIZONTAL_POD_AUTOSCALER);

static HORIZONTAL_POD_AUTOSCALER_BEHAVIOR_F: [Field; 2] = [
    field("scaleUp", one(&super::autoscaling_v2::HPA_SCALING_RULES), F { pointer: true, number: 1, ..D }),
    field("scaleDown", one(&super::autoscaling_v2::HPA_SCALING_RULES), F { pointer: true, number: 2, ..D }),
];
pub(crate) static HORIZONTAL_POD_AUTOSCALER_BEHAVIOR: Struct =
    object("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior", "v2.HorizontalPodAutoscalerBehavior", &HORIZONTAL_POD_AUTOSCALER_BEHAVIOR_F, false);

static HORIZONTAL_POD_AUTOSCALER_CONDITION_F: [Field; 5] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v2.HorizontalPodAutoscalerConditionType", ..D }),
    field("status", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.ConditionStatus", ..D }),
    field("lastTransitionTime", Type::Time, F { number: 3, ..D }),
    field("reason", Type::String, F { number: 4, ..D }),
    field("message", Type::String, F { number: 5, ..D }),
];
pub(crate) static HORIZONTAL_POD_AUTOSCALER_CONDITION: Struct =
    object("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerCondition", "v2.HorizontalPodAutoscalerCondition", &HORIZONTAL_POD_AUTOSCALER_CONDITION_F, false);
pub(crate) static HORIZONTAL_POD_AUTOSCALER_CONDITION_T: Type = one(&HORIZONTAL_POD_AUTOSCALER_CONDITION);

static HORIZONTAL_POD_AUTOSCALER_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::autoscaling_v2::HORIZONTAL_POD_AUTOSCALER_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static HORIZONTAL_POD_AUTOSCALER_LIST: Struct =
    object("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerList", "v2.HorizontalPodAutoscalerList", &HORIZONTAL_POD_AUTOSCALER_LIST_F, false);

static HORIZONTAL_POD_AUTOSCALER_SPEC_F: [Field; 5] = [
    field("scaleTargetRef", one(&super::autoscaling_v2::CROSS_VERSION_OBJECT_REFERENCE), F { omit: NEVER, required: true, number: 1, ..D }),
    field("minReplicas", Type::Int32, F { pointer: true, number: 2, ..D }),
    field("maxReplicas", Type::Int32, F { omit: NEVER, required: true, number: 3, ..D }),
    field("metrics", list(&super::autoscaling_v2::METRIC_SPEC_T), F { number: 4, ..D }),
    field("behavior", one(&super::autoscaling_v2::HORIZONTAL_POD_AUTOSCALER_BEHAVIOR), F { pointer: true, number: 5, ..D }),
];
pub(crate) static HORIZONTAL_POD_AUTOSCALER_SPEC: Struct =
    object("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec", "v2.HorizontalPodAutoscalerSpec", &HORIZONTAL_POD_AUTOSCALER_SPEC_F, false);

static HORIZONTAL_POD_AUTOSCALER_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static HORIZONTAL_POD_AUTOSCALER_STATUS_F: [Field; 6] = [
    field("observedGeneration", Type::Int64, F { pointer: true, number: 1, ..D }),
    field("lastScaleTime", Type::Time, F { pointer: true, number: 2, ..D }),
    field("currentReplicas", Type::Int32, F { number: 3, ..D }),
    field("desiredReplicas", Type::Int32, F { omit: NEVER, required: true, number: 4, ..D }),
    field("currentMetrics", list(&super::autoscaling_v2::METRIC_STATUS_T), F { omit: NEVER, number: 5, ..D }),
    field("conditions", list(&super::autoscaling_v2::HORIZONTAL_POD_AUTOSCALER_CONDITION_T), F { number: 6, list: Lists::Map(&HORIZONTAL_POD_AUTOSCALER_STATUS_CONDITIONS_KEYS), merges: true, key: "type", ..D }),
];
pub(crate) static HORIZONTAL_POD_AUTOSCALER_STATUS: Struct =
    object("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus", "v2.HorizontalPodAutoscalerStatus", &HORIZONTAL_POD_AUTOSCALER_STATUS_F, false);

static METRIC_IDENTIFIER_F: [Field; 2] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("selector", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 2, ..D }),
];
pub(crate) static METRIC_IDENTIFIER: Struct =
    object("io.k8s.api.autoscaling.v2.MetricIdentifier", "v2.MetricIdentifier", &METRIC_IDENTIFIER_F, false);

static METRIC_SPEC_F: [Field; 6] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v2.MetricSourceType", ..D }),
    field("object", one(&super::autoscaling_v2::OBJECT_METRIC_SOURCE), F { pointer: true, number: 2, ..D }),
    field("pods", one(&super::autoscaling_v2::PODS_METRIC_SOURCE), F { pointer: true, number: 3, ..D }),
    field("resource", one(&super::autoscaling_v2::RESOURCE_METRIC_SOURCE), F { pointer: true, number: 4, ..D }),
    field("containerResource", one(&super::autoscaling_v2::CONTAINER_RESOURCE_METRIC_SOURCE), F { pointer: true, number: 7, ..D }),
    field("external", one(&super::autoscaling_v2::EXTERNAL_METRIC_SOURCE), F { pointer: true, number: 5, ..D }),
];
pub(crate) static METRIC_SPEC: Struct =
    object("io.k8s.api.autoscaling.v2.MetricSpec", "v2.MetricSpec", &METRIC_SPEC_F, false);
pub(crate) static METRIC_SPEC_T: Type = one(&METRIC_SPEC);

static METRIC_STATUS_F: [Field; 6] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v2.MetricSourceType", ..D }),
    field("object", one(&super::autoscaling_v2::OBJECT_METRIC_STATUS), F { pointer: true, number: 2, ..D }),
    field("pods", one(&super::autoscaling_v2::PODS_METRIC_STATUS), F { pointer: true, number: 3, ..D }),
    field("resource", one(&super::autoscaling_v2::RESOURCE_METRIC_STATUS), F { pointer: true, number: 4, ..D }),
    field("containerResource", one(&super::autoscaling_v2::CONTAINER_RESOURCE_METRIC_STATUS), F { pointer: true, number: 7, ..D }),
    field("external", one(&super::autoscaling_v2::EXTERNAL_METRIC_STATUS), F { pointer: true, number: 5, ..D }),
];
pub(crate) static METRIC_STATUS: Struct =
    object("io.k8s.api.autoscaling.v2.MetricStatus", "v2.MetricStatus", &METRIC_STATUS_F, false);
pub(crate) static METRIC_STATUS_T: Type = one(&METRIC_STATUS);

static METRIC_TARGET_F: [Field; 4] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v2.MetricTargetType", ..D }),
    field("value", Type::Quantity, F { pointer: true, number: 2, ..D }),
    field("averageValue", Type::Quantity, F { pointer: true, number: 3, ..D }),
    field("averageUtilization", Type::Int32, F { pointer: true, number: 4, ..D }),
];
pub(crate) static METRIC_TARGET: Struct =
    object("io.k8s.api.autoscaling.v2.MetricTarget", "v2.MetricTarget", &METRIC_TARGET_F, false);

static METRIC_VALUE_STATUS_F: [Field; 3] = [
    field("value", Type::Quantity, F { pointer: true, number: 1, ..D }),
    field("averageValue", Type::Quantity, F { pointer: true, number: 2, ..D }),
    field("averageUtilization", Type::Int32, F { pointer: true, number: 3, ..D }),
];
pub(crate) static METRIC_VALUE_STATUS: Struct =
    object("io.k8s.api.autoscaling.v2.MetricValueStatus", "v2.MetricValueStatus", &METRIC_VALUE_STATUS_F, false);

static OBJECT_METRIC_SOURCE_F: [Field; 3] = [
    field("describedObject", one(&super::autoscaling_v2::CROSS_VERSION_OBJECT_REFERENCE), F { omit: NEVER, required: true, number: 1, ..D }),
    field("target", one(&super::autoscaling_v2::METRIC_TARGET), F { omit: NEVER, required: true, number: 2, ..D }),
    field("metric", one(&super::autoscaling_v2::METRIC_IDENTIFIER), F { omit: NEVER, required: true, number: 3, ..D }),
];
pub(crate) static OBJECT_METRIC_SOURCE: Struct =
    object("io.k8s.api.autoscaling.v2.ObjectMetricSource", "v2.ObjectMetricSource", &OBJECT_METRIC_SOURCE_F, false);

static OBJECT_METRIC_STATUS_F: [Field; 3] = [
    field("metric", one(&super::autoscaling_v2::METRIC_IDENTIFIER), F { omit: NEVER, required: true, number: 1, ..D }),
    field("current", one(&super::autoscaling_v2::METRIC_VALUE_STATUS), F { omit: NEVER, required: true, number: 2, ..D }),
    field("describedObject", one(&super::autoscaling_v2::CROSS_VERSION_OBJECT_REFERENCE), F { omit: NEVER, required: true, number: 3, ..D }),
];
pub(crate) static OBJECT_METRIC_STATUS: Struct =
    object("io.k8s.api.autoscaling.v2.ObjectMetricStatus", "v2.ObjectMetricStatus", &OBJECT_METRIC_STATUS_F, false);

static PODS_METRIC_SOURCE_F: [Field; 2] = [
    field("metric", one(&super::autoscaling_v2::METRIC_IDENTIFIER), F { omit: NEVER, required: true, number: 1, ..D }),
    field("target", one(&super::autoscaling_v2::METRIC_TARGET), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static PODS_METRIC_SOURCE: Struct =
    object("io.k8s.api.autoscaling.v2.PodsMetricSource", "v2.PodsMetricSource", &PODS_METRIC_SOURCE_F, false);

static PODS_METRIC_STATUS_F: [Field; 2] = [
    field("metric", one(&super::autoscaling_v2::METRIC_IDENTIFIER), F { omit: NEVER, required: true, number: 1, ..D }),
    field("current", one(&super::autoscaling_v2::METRIC_VALUE_STATUS), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static PODS_METRIC_STATUS: Struct =
    object("io.k8s.api.autoscaling.v2.PodsMetricStatus", "v2.PodsMetricStatus", &PODS_METRIC_STATUS_F, false);

static RESOURCE_METRIC_SOURCE_F: [Field; 2] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.ResourceName", ..D }),
    field("target", one(&super::autoscaling_v2::METRIC_TARGET), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static RESOURCE_METRIC_SOURCE: Struct =
    object("io.k8s.api.autoscaling.v2.ResourceMetricSource", "v2.ResourceMetricSource", &RESOURCE_METRIC_SOURCE_F, false);

static RESOURCE_METRIC_STATUS_F: [Field; 2] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.ResourceName", ..D }),
    field("current", one(&super::autoscaling_v2::METRIC_VALUE_STATUS), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static RESOURCE_METRIC_STATUS: Struct =
    object("io.k8s.api.autoscaling.v2.ResourceMetricStatus", "v2.ResourceMetricStatus", &RESOURCE_METRIC_STATUS_F, false);
