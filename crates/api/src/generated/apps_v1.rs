//! Structs of `k8s.io/api/apps/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static CONTROLLER_REVISION_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("data", Type::RawExtension, F { number: 2, ..D }),
    field("revision", Type::Int64, F { omit: NEVER, required: true, number: 3, ..D }),
];
pub(crate) static CONTROLLER_REVISION: Struct =
    object("io.k8s.api.apps.v1.ControllerRevision", "v1.ControllerRevision", &CONTROLLER_REVISION_F, false);
pub(crate) static CONTROLLER_REVISION_T: Type = one(&CONTROLLER_REVISION);

static CONTROLLER_REVISION_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::apps_v1::CONTROLLER_REVISION_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static CONTROLLER_REVISION_LIST: Struct =
    object("io.k8s.api.apps.v1.ControllerRevisionList", "v1.ControllerRevisionList", &CONTROLLER_REVISION_LIST_F, false);

static DAEMON_SET_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::apps_v1::DAEMON_SET_SPEC), F { number: 2, ..D }),
    field("status", one(&super::apps_v1::DAEMON_SET_STATUS), F { number: 3, ..D }),
];
pub(crate) static DAEMON_SET: Struct =
    object("io.k8s.api.apps.v1.DaemonSet", "v1.DaemonSet", &DAEMON_SET_F, false);
pub(crate) static DAEMON_SET_T: Type = one(&DAEMON_SET);

static DAEMON_SET_CONDITION_F: [Field; 5] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.DaemonSetConditionType", ..D }),
    field("status", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.ConditionStatus", ..D }),
    field("lastTransitionTime", Type::Time, F { number: 3, ..D }),
    field("reason", Type::String, F { number: 4, ..D }),
    field("message", Type::String, F { number: 5, ..D }),
];
pub(crate) static DAEMON_SET_CONDITION: Struct =
    object("io.k8s.api.apps.v1.DaemonSetCondition", "v1.DaemonSetCondition", &DAEMON_SET_CONDITION_F, false);
pub(crate) static DAEMON_SET_CONDITION_T: Type = one(&DAEMON_SET_CONDITION);

static DAEMON_SET_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::apps_v1::DAEMON_SET_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static DAEMON_SET_LIST: Struct =
    object("io.k8s.api.apps.v1.DaemonSetList", "v1.DaemonSetList", &DAEMON_SET_LIST_F, false);

static DAEMON_SET_SPEC_F: [Field; 5] = [
    field("selector", one(&super::meta_v1::LABEL_SELECTOR), F { omit: NEVER, pointer: true, required: true, number: 1, ..D }),
    field("template", one(&super::core_v1::POD_TEMPLATE_SPEC), F { omit: NEVER, required: true, number: 2, ..D }),
    field("updateStrategy", one(&super::apps_v1::DAEMON_SET_UPDATE_STRATEGY), F { number: 3, ..D }),
    field("minReadySeconds", Type::Int32, F { number: 4, ..D }),
    field("revisionHistoryLimit", Type::Int32, F { pointer: true, number: 6, ..D }),
];
pub(crate) static DAEMON_SET_SPEC: Struct =
    object("io.k8s.api.apps.v1.DaemonSetSpec", "v1.DaemonSetSpec", &DAEMON_SET_SPEC_F, false);

static DAEMON_SET_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static DAEMON_SET_STATUS_F: [Field; 10] = [
    field("currentNumberScheduled", Type::Int32, F { omit: NEVER, required: true, number: 1, ..D }),
    field("numberMisscheduled", Type::Int32, F { omit: NEVER, required: true, number: 2, ..D }),
    field("desiredNumberScheduled", Type::Int32, F { omit: NEVER, required: true, number: 3, ..D }),
    field("numberReady", Type::Int32, F { omit: NEVER, required: true, number: 4, ..D }),
    field("observedGeneration", Type::Int64, F { number: 5, ..D }),
    field("updatedNumberScheduled", Type::Int32, F { number: 6, ..D }),
    field("numberAvailable", Type::Int32, F { number: 7, ..D }),
    field("numberUnavailable", Type::Int32, F { number: 8, ..D }),
    field("collisionCount", Type::Int32, F { pointer: true, number: 9, ..D }),
    field("conditions", list(&super::apps_v1::DAEMON_SET_CONDITION_T), F { number: 10, list: Lists::Map(&DAEMON_SET_STATUS_CONDITIONS_KEYS), merges: true, key: "type", ..D }),
];
pub(crate) static DAEMON_SET_STATUS: Struct =
    object("io.k8s.api.apps.v1.DaemonSetStatus", "v1.DaemonSetStatus", &DAEMON_SET_STATUS_F, false);

static DAEMON_SET_UPDATE_STRATEGY_TYPE_VALUES: [Text; 2] = [text("OnDelete"), text("RollingUpdate")];
static DAEMON_SET_UPDATE_STRATEGY_F: [Field; 2] = [
    field("type", Type::String, F { number: 1, values: &DAEMON_SET_UPDATE_STRATEGY_TYPE_VALUES, go: "v1.DaemonSetUpdateStrategyType", ..D }),
    field("rollingUpdate", one(&super::apps_v1::ROLLING_UPDATE_DAEMON_SET), F { pointer: true, number: 2, ..D }),
];
pub(crate) static DAEMON_SET_UPDATE_STRATEGY: Struct =
    object("io.k8s.api.apps.v1.DaemonSetUpdateStrategy", "v1.DaemonSetUpdateStrategy", &DAEMON_SET_UPDATE_STRATEGY_F, false);

static DEPLOYMENT_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::apps_v1::DEPLOYMENT_SPEC), F { number: 2, ..D }),
    field("status", one(&super::apps_v1::DEPLOYMENT_STATUS), F { number: 3, ..D }),
];
pub(crate) static DEPLOYMENT: Struct =
    object("io.k8s.api.apps.v1.Deployment", "v1.Deployment", &DEPLOYMENT_F, false);
pub(crate) static DEPLOYMENT_T: Type = one(&DEPLOYMENT);

static DEPLOYMENT_CONDITION_F: [Field; 6] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.DeploymentConditionType", ..D }),
    field("status", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.ConditionStatus", ..D }),
    field("lastUpdateTime", Type::Time, F { number: 6, ..D }),
    field("lastTransitionTime", Type::Time, F { number: 7, ..D }),
    field("reason", Type::String, F { number: 4, ..D }),
    field("message", Type::String, F { number: 5, ..D }),
];
pub(crate) static DEPLOYMENT_CONDITION: Struct =
    object("io.k8s.api.apps.v1.DeploymentCondition", "v1.DeploymentCondition", &DEPLOYMENT_CONDITION_F, false);
pub(crate) static DEPLOYMENT_CONDITION_T: Type = one(&DEPLOYMENT_CONDITION);

static DEPLOYMENT_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::apps_v1::DEPLOYMENT_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static DEPLOYMENT_LIST: Struct =
    object("io.k8s.api.apps.v1.DeploymentList", "v1.DeploymentList", &DEPLOYMENT_LIST_F, false);

static DEPLOYMENT_SPEC_F: [Field; 8] = [
    field("replicas", Type::Int32, F { pointer: true, number: 1, ..D }),
    field("selector", one(&super::meta_v1::LABEL_SELECTOR), F { omit: NEVER, pointer: true, required: true, number: 2, ..D }),
    field("template", one(&super::core_v1::POD_TEMPLATE_SPEC), F { omit: NEVER, required: true, number: 3, ..D }),
    field("strategy", one(&super::apps_v1::DEPLOYMENT_STRATEGY), F { number: 4, retains: true, ..D }),
    field("minReadySeconds", Type::Int32, F { number: 5, ..D }),
    field("revisionHistoryLimit", Type::Int32, F { pointer: true, number: 6, ..D }),
    field("paused", Type::Bool, F { number: 7, ..D }),
    field("progressDeadlineSeconds", Type::Int32, F { pointer: true, number: 9, ..D }),
];
pub(crate) static DEPLOYMENT_SPEC: Struct =
    object("io.k8s.api.apps.v1.DeploymentSpec", "v1.DeploymentSpec", &DEPLOYMENT_SPEC_F, false);

static DEPLOYMENT_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static DEPLOYMENT_STATUS_F: [Field; 9] = [
    field("observedGeneration", Type::Int64, F { number: 1, ..D }),
    field("replicas", Type::Int32, F { number: 2, ..D }),
    field("updatedReplicas", Type::Int32, F { number: 3, ..D }),
    field("readyReplicas", Type::Int32, F { number: 7, ..D }),
    field("availableReplicas", Type::Int32, F { number: 4, ..D }),
    field("unavailableReplicas", Type::Int32, F { number: 5, ..D }),
    field("terminatingReplicas", Type::Int32, F { pointer: true, number: 9, ..D }),
    field("conditions", list(&super::apps_v1::DEPLOYMENT_CONDITION_T), F { number: 6, list: Lists::Map(&DEPLOYMENT_STATUS_CONDITIONS_KEYS), merges: true, key: "type", ..D }),
    field("collisionCount", Type::Int32, F { pointer: true, number: 8, ..D }),
];
pub(crate) static DEPLOYMENT_STATUS: Struct =
    object("io.k8s.api.apps.v1.DeploymentStatus", "v1.DeploymentStatus", &DEPLOYMENT_STATUS_F, false);

static DEPLOYMENT_STRATEGY_TYPE_VALUES: [Text; 2] = [text("Recreate"), text("RollingUpdate")];
static DEPLOYMENT_STRATEGY_F: [Field; 2] = [
    field("type", Type::String, F { number: 1, values: &DEPLOYMENT_STRATEGY_TYPE_VALUES, go: "v1.DeploymentStrategyType", ..D }),
    field("rollingUpdate", one(&super::apps_v1::ROLLING_UPDATE_DEPLOYMENT), F { pointer: true, number: 2, ..D }),
];
pub(crate) static DEPLOYMENT_STRATEGY: Struct =
    object("io.k8s.api.apps.v1.DeploymentStrategy", "v1.DeploymentStrategy", &DEPLOYMENT_STRATEGY_F, false);

static REPLICA_SET_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::apps_v1::REPLICA_SET_SPEC), F { number: 2, ..D }),
    field("status", one(&super::apps_v1::REPLICA_SET_STATUS), F { number: 3, ..D }),
];
pub(crate) static REPLICA_SET: Struct =
    object("io.k8s.api.apps.v1.ReplicaSet", "v1.ReplicaSet", &REPLICA_SET_F, false);
pub(crate) static REPLICA_SET_T: Type = one(&REPLICA_SET);

static REPLICA_SET_CONDITION_F: [Field; 5] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.ReplicaSetConditionType", ..D }),
    field("status", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.ConditionStatus", ..D }),
    field("lastTransitionTime", Type::Time, F { number: 3, ..D }),
    field("reason", Type::String, F { number: 4, ..D }),
    field("message", Type::String, F { number: 5, ..D }),
];
pub(crate) static REPLICA_SET_CONDITION: Struct =
    object("io.k8s.api.apps.v1.ReplicaSetCondition", "v1.ReplicaSetCondition", &REPLICA_SET_CONDITION_F, false);
pub(crate) static REPLICA_SET_CONDITION_T: Type = one(&REPLICA_SET_CONDITION);

static REPLICA_SET_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::apps_v1::REPLICA_SET_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static REPLICA_SET_LIST: Struct =
    object("io.k8s.api.apps.v1.ReplicaSetList", "v1.ReplicaSetList", &REPLICA_SET_LIST_F, false);

static REPLICA_SET_SPEC_F: [Field; 4] = [
    field("replicas", Type::Int32, F { pointer: true, number: 1, ..D }),
    field("minReadySeconds", Type::Int32, F { number: 4, ..D }),
    field("selector", one(&super::meta_v1::LABEL_SELECTOR), F { omit: NEVER, pointer: true, required: true, number: 2, ..D }),
    field("template", one(&super::core_v1::POD_TEMPLATE_SPEC), F { number: 3, ..D }),
];
pub(crate) static REPLICA_SET_SPEC: Struct =
    object("io.k8s.api.apps.v1.ReplicaSetSpec", "v1.ReplicaSetSpec", &REPLICA_SET_SPEC_F, false);

static REPLICA_SET_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static REPLICA_SET_STATUS_F: [Field; 7] = [
    field("replicas", Type::Int32, F { omit: NEVER, required: true, number: 1, ..D }),
    field("fullyLabeledReplicas", Type::Int32, F { number: 2, ..D }),
    field("readyReplicas", Type::Int32, F { number: 4, ..D }),
    field("availableReplicas", Type::Int32, F { number: 5, ..D }),
    field("terminatingReplicas", Type::Int32, F { pointer: true, number: 7, ..D }),
    field("observedGeneration", Type::Int64, F { number: 3, ..D }),
    field("conditions", list(&super::apps_v1::REPLICA_SET_CONDITION_T), F { number: 6, list: Lists::Map(&REPLICA_SET_STATUS_CONDITIONS_KEYS), merges: true, key: "type", ..D }),
];
pub(crate) static REPLICA_SET_STATUS: Struct =
    object("io.k8s.api.apps.v1.ReplicaSetStatus", "v1.ReplicaSetStatus", &REPLICA_SET_STATUS_F, false);

static ROLLING_UPDATE_DAEMON_SET_F: [Field; 2] = [
    field("maxUnavailable", Type::IntOrString, F { pointer: true, number: 1, ..D }),
    field("maxSurge", Type::IntOrString, F { pointer: true, number: 2, ..D }),
];
pub(crate) static ROLLING_UPDATE_DAEMON_SET: Struct =
    object("io.k8s.api.apps.v1.RollingUpdateDaemonSet", "v1.RollingUpdateDaemonSet", &ROLLING_UPDATE_DAEMON_SET_F, false);

static ROLLING_UPDATE_DEPLOYMENT_F: [Field; 2] = [
    field("maxUnavailable", Type::IntOrString, F { pointer: true, number: 1, ..D }),
    field("maxSurge", Type::IntOrString, F { pointer: true, number: 2, ..D }),
];
pub(crate) static ROLLING_UPDATE_DEPLOYMENT: Struct =
    object("io.k8s.api.apps.v1.RollingUpdateDeployment", "v1.RollingUpdateDeployment", &ROLLING_UPDATE_DEPLOYMENT_F, false);

static ROLLING_UPDATE_STATEFUL_SET_STRATEGY_F: [Field; 2] = [
    field("partition", Type::Int32, F { pointer: true, number: 1, ..D }),
    field("maxUnavailable", Type::IntOrString, F { pointer: true, number: 2, ..D }),
];
pub(crate) static ROLLING_UPDATE_STATEFUL_SET_STRATEGY: Struct =
    object("io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy", "v1.RollingUpdateStatefulSetStrategy", &ROLLING_UPDATE_STATEFUL_SET_STRATEGY_F, false);

static STATEFUL_SET_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::apps_v1::STATEFUL_SET_SPEC), F { number: 2, ..D }),
    field("status", one(&super::apps_v1::STATEFUL_SET_STATUS), F { number: 3, ..D }),
];
pub(crate) static STATEFUL_SET: Struct =
    object("io.k8s.api.apps.v1.StatefulSet", "v1.StatefulSet", &STATEFUL_SET_F, false);
pub(crate) static STATEFUL_SET_T: Type = one(&STATEFUL_SET);

static STATEFUL_SET_CONDITION_F: [Field; 5] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.StatefulSetConditionType", ..D }),
    field("status", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.ConditionStatus", ..D }),
    field("lastTransitionTime", Type::Time, F { number: 3, ..D }),
    field("reason", Type::String, F { number: 4, ..D }),
    field("message", Type::String, F { number: 5, ..D }),
];
pub(crate) static STATEFUL_SET_CONDITION: Struct =
    object("io.k8s.api.apps.v1.StatefulSetCondition", "v1.StatefulSetCondition", &STATEFUL_SET_CONDITION_F, false);
pub(crate) static STATEFUL_SET_CONDITION_T: Type = one(&STATEFUL_SET_CONDITION);

static STATEFUL_SET_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::apps_v1::STATEFUL_SET_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static STATEFUL_SET_LIST: Struct =
    object("io.k8s.api.apps.v1.StatefulSetList", "v1.StatefulSetList", &STATEFUL_SET_LIST_F, false);

static STATEFUL_SET_ORDINALS_F: [Field; 1] = [
    field("start", Type::Int32, F { omit: NEVER, number: 1, ..D }),
];
pub(crate) static STATEFUL_SET_ORDINALS: Struct =
    object("io.k8s.api.apps.v1.StatefulSetOrdinals", "v1.StatefulSetOrdinals", &STATEFUL_SET_ORDINALS_F, false);

static STATEFUL_SET_PERSISTENT_VOLUME_CLAIM_RETENTION_POLICY_F: [Field; 2] = [
    field("whenDeleted", Type::String, F { number: 1, go: "v1.PersistentVolumeClaimRetentionPolicyType", ..D }),
    field("whenScaled", Type::String, F { number: 2, go: "v1.PersistentVolumeClaimRetentionPolicyType", ..D }),
];
pub(crate) static STATEFUL_SET_PERSISTENT_VOLUME_CLAIM_RETENTION_POLICY: Struct =
    object("io.k8s.api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy", "v1.StatefulSetPersistentVolumeClaimRetentionPolicy", &STATEFUL_SET_PERSISTENT_VOLUME_CLAIM_RETENTION_POLICY_F, false);

static STATEFUL_SET_SPEC_POD_MANAGEMENT_POLICY_VALUES: [Text; 2] = [text("OrderedReady"), text("Parallel")];
static STATEFUL_SET_SPEC_F: [Field; 11] = [
    field("replicas", Type::Int32, F { pointer: true, number: 1, ..D }),
    field("selector", one(&super::meta_v1::LABEL_SELECTOR), F { omit: NEVER, pointer: true, required: true, number: 2, ..D }),
    field("template", one(&super::core_v1::POD_TEMPLATE_SPEC), F { omit: NEVER, required: true, number: 3, ..D }),
    field("volumeClaimTemplates", list(&super::core_v1::PERSISTENT_VOLUME_CLAIM_T), F { number: 4, ..D }),
    field("serviceName", Type::String, F { omit: NEVER, number: 5, ..D }),
    field("podManagementPolicy", Type::String, F { number: 6, values: &STATEFUL_SET_SPEC_POD_MANAGEMENT_POLICY_VALUES, go: "v1.PodManagementPolicyType", ..D }),
    field("updateStrategy", one(&super::apps_v1::STATEFUL_SET_UPDATE_STRATEGY), F { number: 7, ..D }),
    field("revisionHistoryLimit", Type::Int32, F { pointer: true, number: 8, ..D }),
    field("minReadySeconds", Type::Int32, F { number: 9, ..D }),
    field("persistentVolumeClaimRetentionPolicy", one(&super::apps_v1::STATEFUL_SET_PERSISTENT_VOLUME_CLAIM_RETENTION_POLICY), F { pointer: true, number: 10, ..D }),
    field("ordinals", one(&super::apps_v1::STATEFUL_SET_ORDINALS), F { pointer: true, number: 11, ..D }),
];
pub(crate) static STATEFUL_SET_SPEC: Struct =
    object("io.k8s.api.apps.v1.StatefulSetSpec", "v1.StatefulSetSpec", &STATEFUL_SET_SPEC_F, false);

static STATEFUL_SET_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static STATEFUL_SET_STATUS_F: [Field; 10] = [
    field("observedGeneration", Type::Int64, F { number: 1, ..D }),
    field("replicas", Type::Int32, F { omit: NEVER, required: true, number: 2, ..D }),
    field("readyReplicas", Type::Int32, F { number: 3, ..D }),
    field("currentReplicas", Type::Int32, F { number: 4, ..D }),
    field("updatedReplicas", Type::Int32, F { number: 5, ..D }),
    field("currentRevision", Type::String, F { number: 6, ..D }),
    field("updateRevision", Type::String, F { number: 7, ..D }),
    field("collisionCount", Type::Int32, F { pointer: true, number: 9, ..D }),
    field("conditions", list(&super::apps_v1::STATEFUL_SET_CONDITION_T), F { number: 10, list: Lists::Map(&STATEFUL_SET_STATUS_CONDITIONS_KEYS), merges: true, key: "type", ..D }),
    field("availableReplicas", Type::Int32, F { omit: NEVER, number: 11, ..D }),
];
pub(crate) static STATEFUL_SET_STATUS: Struct =
    object("io.k8s.api.apps.v1.StatefulSetStatus", "v1.StatefulSetStatus", &STATEFUL_SET_STATUS_F, false);

static STATEFUL_SET_UPDATE_STRATEGY_TYPE_VALUES: [Text; 2] = [text("OnDelete"), text("RollingUpdate")];
static STATEFUL_SET_UPDATE_STRATEGY_F: [Field; 2] = [
    field("type", Type::String, F { number: 1, values: &STATEFUL_SET_UPDATE_STRATEGY_TYPE_VALUES, go: "v1.StatefulSetUpdateStrategyType", ..D }),
    field("rollingUpdate", one(&super::apps_v1::ROLLING_UPDATE_STATEFUL_SET_STRATEGY), F { pointer: true, number: 2, ..D }),
];
pub(crate) static STATEFUL_SET_UPDATE_STRATEGY: Struct =
    object("io.k8s.api.apps.v1.StatefulSetUpdateStrategy", "v1.StatefulSetUpdateStrategy", &STATEFUL_SET_UPDATE_STRATEGY_F, false);
