//! Structs of `k8s.io/api/batch/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static CRON_JOB_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::batch_v1::CRON_JOB_SPEC), F { required: true, number: 2, ..D }),
    field("status", one(&super::batch_v1::CRON_JOB_STATUS), F { number: 3, ..D }),
];
pub(crate) static CRON_JOB: Struct =
    object("io.k8s.api.batch.v1.CronJob", "v1.CronJob", &CRON_JOB_F, false);
pub(crate) static CRON_JOB_T: Type = one(&CRON_JOB);

static CRON_JOB_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::batch_v1::CRON_JOB_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static CRON_JOB_LIST: Struct =
    object("io.k8s.api.batch.v1.CronJobList", "v1.CronJobList", &CRON_JOB_LIST_F, false);

static CRON_JOB_SPEC_CONCURRENCY_POLICY_VALUES: [Text; 3] = [text("Allow"), text("Forbid"), text("Replace")];
static CRON_JOB_SPEC_F: [Field; 8] = [
    field("schedule", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("timeZone", Type::String, F { pointer: true, number: 8, ..D }),
    field("startingDeadlineSeconds", Type::Int64, F { pointer: true, number: 2, ..D }),
    field("concurrencyPolicy", Type::String, F { number: 3, values: &CRON_JOB_SPEC_CONCURRENCY_POLICY_VALUES, go: "v1.ConcurrencyPolicy", ..D }),
    field("suspend", Type::Bool, F { pointer: true, number: 4, ..D }),
    field("jobTemplate", one(&super::batch_v1::JOB_TEMPLATE_SPEC), F { omit: NEVER, required: true, number: 5, ..D }),
    field("successfulJobsHistoryLimit", Type::Int32, F { pointer: true, number: 6, ..D }),
    field("failedJobsHistoryLimit", Type::Int32, F { pointer: true, number: 7, ..D }),
];
pub(crate) static CRON_JOB_SPEC: Struct =
    object("io.k8s.api.batch.v1.CronJobSpec", "v1.CronJobSpec", &CRON_JOB_SPEC_F, false);

static CRON_JOB_STATUS_F: [Field; 3] = [
    field("active", list(&super::core_v1::OBJECT_REFERENCE_T), F { number: 1, ..D }),
    field("lastScheduleTime", Type::Time, F { pointer: true, number: 4, ..D }),
    field("lastSuccessfulTime", Type::Time, F { pointer: true, number: 5, ..D }),
];
pub(crate) static CRON_JOB_STATUS: Struct =
    object("io.k8s.api.batch.v1.CronJobStatus", "v1.CronJobStatus", &CRON_JOB_STATUS_F, false);

static JOB_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::batch_v1::JOB_SPEC), F { number: 2, ..D }),
    field("status", one(&super::batch_v1::JOB_STATUS), F { number: 3, ..D }),
];
pub(crate) static JOB: Struct =
    object("io.k8s.api.batch.v1.Job", "v1.Job", &JOB_F, false);
pub(crate) static JOB_T: Type = one(&JOB);

static JOB_CONDITION_F: [Field; 6] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.JobConditionType", ..D }),
    field("status", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.ConditionStatus", ..D }),
    field("lastProbeTime", Type::Time, F { number: 3, ..D }),
    field("lastTransitionTime", Type::Time, F { number: 4, ..D }),
    field("reason", Type::String, F { number: 5, ..D }),
    field("message", Type::String, F { number: 6, ..D }),
];
pub(crate) static JOB_CONDITION: Struct =
    object("io.k8s.api.batch.v1.JobCondition", "v1.JobCondition", &JOB_CONDITION_F, false);
pub(crate) static JOB_CONDITION_T: Type = one(&JOB_CONDITION);

static JOB_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::batch_v1::JOB_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static JOB_LIST: Struct =
    object("io.k8s.api.batch.v1.JobList", "v1.JobList", &JOB_LIST_F, false);

static JOB_SPEC_COMPLETION_MODE_VALUES: [Text; 2] = [text("Indexed"), text("NonIndexed")];
static JOB_SPEC_POD_REPLACEMENT_POLICY_VALUES: [Text; 2] = [text("Failed"), text("TerminatingOrFailed")];
static JOB_SPEC_F: [Field; 16] = [
    field("parallelism", Type::Int32, F { pointer: true, number: 1, ..D }),
    field("completions", Type::Int32, F { pointer: true, number: 2, ..D }),
    field("activeDeadlineSeconds", Type::Int64, F { pointer: true, number: 3, ..D }),
    field("podFailurePolicy", one(&super::batch_v1::POD_FAILURE_POLICY), F { pointer: true, number: 11, ..D }),
    field("successPolicy", one(&super::batch_v1::SUCCESS_POLICY), F { pointer: true, number: 16, ..D }),
    field("backoffLimit", Type::Int32, F { pointer: true, number: 7, ..D }),
    field("backoffLimitPerIndex", Type::Int32, F { pointer: true, number: 12, ..D }),
    field("maxFailedIndexes", Type::Int32, F { pointer: true, number: 13, ..D }),
    field("selector", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 4, ..D }),
    field("manualSelector", Type::Bool, F { pointer: true, number: 5, ..D }),
    field("template", one(&super::core_v1::POD_TEMPLATE_SPEC), F { omit: NEVER, required: true, number: 6, ..D }),
    field("ttlSecondsAfterFinished", Type::Int32, F { pointer: true, number: 8, ..D }),
    field("completionMode", Type::String, F { pointer: true, number: 9, values: &JOB_SPEC_COMPLETION_MODE_VALUES, go: "v1.CompletionMode", ..D }),
    field("suspend", Type::Bool, F { pointer: true, number: 10, ..D }),
    field("podReplacementPolicy", Type::String, F { pointer: true, number: 14, values: &JOB_SPEC_POD_REPLACEMENT_POLICY_VALUES, go: "v1.PodReplacementPolicy", ..D }),
    field("managedBy", Type::String, F { pointer: true, number: 15, ..D }),
];
pub(crate) static JOB_SPEC: Struct =
    object("io.k8s.api.batch.v1.JobSpec", "v1.JobSpec", &JOB_SPEC_F, false);

static JOB_STATUS_F: [Field; 11] = [
    field("conditions", list(&super::batch_v1::JOB_CONDITION_T), F { number: 1, merges: true, key: "type", ..D }),
    field("startTime", Type::Time, F { pointer: true, number: 2, ..D }),
    field("completionTime", Type::Time, F { pointer: true, number: 3, ..D }),
    field("active", Type::Int32, F { number: 4, ..D }),
    field("succeeded", Type::Int32, F { number: 5, ..D }),
    field("failed", Type::Int32, F { number: 6, ..D }),
    field("terminating", Type::Int32, F { pointer: true, number: 11, ..D }),
    field("completedIndexes", Type::String, F { number: 7, ..D }),
    field("failedIndexes", Type::String, F { pointer: true, number: 10, ..D }),
    field("uncountedTerminatedPods", one(&super::batch_v1::UNCOUNTED_TERMINATED_PODS), F { pointer: true, number: 8, ..D }),
    field("ready", Type::Int32, F { pointer: true, number: 9, ..D }),
];
pub(crate) static JOB_STATUS: Struct =
    object("io.k8s.api.batch.v1.JobStatus", "v1.JobStatus", &JOB_STATUS_F, false);

static JOB_TEMPLATE_SPEC_F: [Field; 2] = [
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::batch_v1::JOB_SPEC), F { number: 2, ..D }),
];
pub(crate) static JOB_TEMPLATE_SPEC: Struct =
    object("io.k8s.api.batch.v1.JobTemplateSpec", "v1.JobTemplateSpec", &JOB_TEMPLATE_SPEC_F, false);

static POD_FAILURE_POLICY_F: [Field; 1] = [
    field("rules", list(&super::batch_v1::POD_FAILURE_POLICY_RULE_T), F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static POD_FAILURE_POLICY: Struct =
    object("io.k8s.api.batch.v1.PodFailurePolicy", "v1.PodFailurePolicy", &POD_FAILURE_POLICY_F, false);

static POD_FAILURE_POLICY_ON_EXIT_CODES_REQUIREMENT_OPERATOR_VALUES: [Text; 2] = [text("In"), text("NotIn")];
static POD_FAILURE_POLICY_ON_EXIT_CODES_REQUIREMENT_F: [Field; 3] = [
    field("containerName", Type::String, F { pointer: true, number: 1, ..D }),
    field("operator", Type::String, F { omit: NEVER, required: true, number: 2, values: &POD_FAILURE_POLICY_ON_EXIT_CODES_REQUIREMENT_OPERATOR_VALUES, go: "v1.PodFailurePolicyOnExitCodesOperator", ..D }),
    field("values", list(&T_INT32), F { omit: NEVER, required: true, number: 3, list: Lists::Set, ..D }),
];
pub(crate) static POD_FAILURE_POLICY_ON_EXIT_CODES_REQUIREMENT: Struct =
    object("io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement", "v1.PodFailurePolicyOnExitCodesRequirement", &POD_FAILURE_POLICY_ON_EXIT_CODES_REQUIREMENT_F, false);

static POD_FAILURE_POLICY_ON_POD_CONDITIONS_PATTERN_F: [Field; 2] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.PodConditionType", ..D }),
    field("status", Type::String, F { omit: NEVER, number: 2, go: "v1.ConditionStatus", ..D }),
];
pub(crate) static POD_FAILURE_POLICY_ON_POD_CONDITIONS_PATTERN: Struct =
    object("io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern", "v1.PodFailurePolicyOnPodConditionsPattern", &POD_FAILURE_POLICY_ON_POD_CONDITIONS_PATTERN_F, false);
pub(crate) static POD_FAILURE_POLICY_ON_POD_CONDITIONS_PATTERN_T: Type = one(&POD_FAILURE_POLICY_ON_POD_CONDITIONS_PATTERN);

static POD_FAILURE_POLICY_RULE_ACTION_VALUES: [Text; 4] = [text("Count"), text("FailIndex"), text("FailJob"), text("Ignore")];
static POD_FAILURE_POLICY_RULE_F: [Field; 3] = [
    field("action", Type::String, F { omit: NEVER, required: true, number: 1, values: &POD_FAILURE_POLICY_RULE_ACTION_VALUES, go: "v1.PodFailurePolicyAction", ..D }),
    field("onExitCodes", one(&super::batch_v1::POD_FAILURE_POLICY_ON_EXIT_CODES_REQUIREMENT), F { pointer: true, number: 2, ..D }),
    field("onPodConditions", list(&super::batch_v1::POD_FAILURE_POLICY_ON_POD_CONDITIONS_PATTERN_T), F { number: 3, ..D }),
];
pub(crate) static POD_FAILURE_POLICY_RULE: Struct =
    object("io.k8s.api.batch.v1.PodFailurePolicyRule", "v1.PodFailurePolicyRule", &POD_FAILURE_POLICY_RULE_F, false);
pub(crate) static POD_FAILURE_POLICY_RULE_T: Type = one(&POD_FAILURE_POLICY_RULE);

static SUCCESS_POLICY_F: [Field; 1] = [
    field("rules", list(&super::batch_v1::SUCCESS_POLICY_RULE_T), F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static SUCCESS_POLICY: Struct =
    object("io.k8s.api.batch.v1.SuccessPolicy", "v1.SuccessPolicy", &SUCCESS_POLICY_F, false);

static SUCCESS_POLICY_RULE_F: [Field; 2] = [
    field("succeededIndexes", Type::String, F { pointer: true, number: 1, ..D }),
    field("succeededCount", Type::Int32, F { pointer: true, number: 2, ..D }),
];
pub(crate) static SUCCESS_POLICY_RULE: Struct =
    object("io.k8s.api.batch.v1.SuccessPolicyRule", "v1.SuccessPolicyRule", &SUCCESS_POLICY_RULE_F, false);
pub(crate) static SUCCESS_POLICY_RULE_T: Type = one(&SUCCESS_POLICY_RULE);

static UNCOUNTED_TERMINATED_PODS_F: [Field; 2] = [
    field("succeeded", list(&T_STRING), F { number: 1, list: Lists::Set, go: "[]types.UID", ..D }),
    field("failed", list(&T_STRING), F { number: 2, list: Lists::Set, go: "[]types.UID", ..D }),
];
pub(crate) static UNCOUNTED_TERMINATED_PODS: Struct =
    object("io.k8s.api.batch.v1.UncountedTerminatedPods", "v1.UncountedTerminatedPods", &UNCOUNTED_TERMINATED_PODS_F, false);
