//! Structs of `k8s.io/api/policy/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static EVICTION_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("deleteOptions", one(&super::meta_v1::DELETE_OPTIONS), F { pointer: true, number: 2, ..D }),
];
pub(crate) static EVICTION: Struct =
    object("io.k8s.api.policy.v1.Eviction", "v1.Eviction", &EVICTION_F, false);

static POD_DISRUPTION_BUDGET_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::policy_v1::POD_DISRUPTION_BUDGET_SPEC), F { number: 2, ..D }),
    field("status", one(&super::policy_v1::POD_DISRUPTION_BUDGET_STATUS), F { number: 3, ..D }),
];
pub(crate) static POD_DISRUPTION_BUDGET: Struct =
    object("io.k8s.api.policy.v1.PodDisruptionBudget", "v1.PodDisruptionBudget", &POD_DISRUPTION_BUDGET_F, false);
pub(crate) static POD_DISRUPTION_BUDGET_T: Type = one(&POD_DISRUPTION_BUDGET);

static POD_DISRUPTION_BUDGET_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::policy_v1::POD_DISRUPTION_BUDGET_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static POD_DISRUPTION_BUDGET_LIST: Struct =
    object("io.k8s.api.policy.v1.PodDisruptionBudgetList", "v1.PodDisruptionBudgetList", &POD_DISRUPTION_BUDGET_LIST_F, false);

static POD_DISRUPTION_BUDGET_SPEC_UNHEALTHY_POD_EVICTION_POLICY_VALUES: [Text; 2] = [text("AlwaysAllow"), text("IfHealthyBudget")];
static POD_DISRUPTION_BUDGET_SPEC_F: [Field; 4] = [
    field("minAvailable", Type::IntOrString, F { pointer: true, number: 1, ..D }),
    field("selector", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 2, replaces: true, ..D }),
    field("maxUnavailable", Type::IntOrString, F { pointer: true, number: 3, ..D }),
    field("unhealthyPodEvictionPolicy", Type::String, F { pointer: true, number: 4, values: &POD_DISRUPTION_BUDGET_SPEC_UNHEALTHY_POD_EVICTION_POLICY_VALUES, go: "v1.UnhealthyPodEvictionPolicyType", ..D }),
];
pub(crate) static POD_DISRUPTION_BUDGET_SPEC: Struct =
    object("io.k8s.api.policy.v1.PodDisruptionBudgetSpec", "v1.PodDisruptionBudgetSpec", &POD_DISRUPTION_BUDGET_SPEC_F, false);

static POD_DISRUPTION_BUDGET_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static POD_DISRUPTION_BUDGET_STATUS_F: [Field; 7] = [
    field("observedGeneration", Type::Int64, F { number: 1, ..D }),
    field("disruptedPods", map(&T_TIME), F { number: 2, ..D }),
    field("disruptionsAllowed", Type::Int32, F { omit: NEVER, number: 3, ..D }),
    field("currentHealthy", Type::Int32, F { omit: NEVER, number: 4, ..D }),
    field("desiredHealthy", Type::Int32, F { omit: NEVER, number: 5, ..D }),
    field("expectedPods", Type::Int32, F { omit: NEVER, number: 6, ..D }),
    field("conditions", list(&super::meta_v1::CONDITION_T), F { number: 7, list: Lists::Map(&POD_DISRUPTION_BUDGET_STATUS_CONDITIONS_KEYS), merges: true, key: "type", ..D }),
];
pub(crate) static POD_DISRUPTION_BUDGET_STATUS: Struct =
    object("io.k8s.api.policy.v1.PodDisruptionBudgetStatus", "v1.PodDisruptionBudgetStatus", &POD_DISRUPTION_BUDGET_STATUS_F, false);
