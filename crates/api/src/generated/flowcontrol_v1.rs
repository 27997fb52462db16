//! Structs of `k8s.io/api/flowcontrol/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static EXEMPT_PRIORITY_LEVEL_CONFIGURATION_F: [Field; 2] = [
    field("nominalConcurrencyShares", Type::Int32, F { pointer: true, number: 1, ..D }),
    field("lendablePercent", Type::Int32, F { pointer: true, number: 2, ..D }),
];
pub(crate) static EXEMPT_PRIORITY_LEVEL_CONFIGURATION: Struct =
    object("io.k8s.api.flowcontrol.v1.ExemptPriorityLevelConfiguration", "v1.ExemptPriorityLevelConfiguration", &EXEMPT_PRIORITY_LEVEL_CONFIGURATION_F, false);

static FLOW_DISTINGUISHER_METHOD_F: [Field; 1] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.FlowDistinguisherMethodType", ..D }),
];
pub(crate) static FLOW_DISTINGUISHER_METHOD: Struct =
    object("io.k8s.api.flowcontrol.v1.FlowDistinguisherMethod", "v1.FlowDistinguisherMethod", &FLOW_DISTINGUISHER_METHOD_F, false);

static FLOW_SCHEMA_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::flowcontrol_v1::FLOW_SCHEMA_SPEC), F { number: 2, ..D }),
    field("status", one(&super::flowcontrol_v1::FLOW_SCHEMA_STATUS), F { number: 3, ..D }),
];
pub(crate) static FLOW_SCHEMA: Struct =
    object("io.k8s.api.flowcontrol.v1.FlowSchema", "v1.FlowSchema", &FLOW_SCHEMA_F, false);
pub(crate) static FLOW_SCHEMA_T: Type = one(&FLOW_SCHEMA);

static FLOW_SCHEMA_CONDITION_F: [Field; 5] = [
    field("type", Type::String, F { number: 1, go: "v1.FlowSchemaConditionType", ..D }),
    field("status", Type::String, F { number: 2, go: "v1.ConditionStatus", ..D }),
    field("lastTransitionTime", Type::Time, F { number: 3, ..D }),
    field("reason", Type::String, F { number: 4, ..D }),
    field("message", Type::String, F { number: 5, ..D }),
];
pub(crate) static FLOW_SCHEMA_CONDITION: Struct =
    object("io.k8s.api.flowcontrol.v1.FlowSchemaCondition", "v1.FlowSchemaCondition", &FLOW_SCHEMA_CONDITION_F, false);
pub(crate) static FLOW_SCHEMA_CONDITION_T: Type = one(&FLOW_SCHEMA_CONDITION);

static FLOW_SCHEMA_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::flowcontrol_v1::FLOW_SCHEMA_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static FLOW_SCHEMA_LIST: Struct =
    object("io.k8s.api.flowcontrol.v1.FlowSchemaList", "v1.FlowSchemaList", &FLOW_SCHEMA_LIST_F, false);

static FLOW_SCHEMA_SPEC_F: [Field; 4] = [
    field("priorityLevelConfiguration", one(&super::flowcontrol_v1::PRIORITY_LEVEL_CONFIGURATION_REFERENCE), F { omit: NEVER, required: true, number: 1, ..D }),
    field("matchingPrecedence", Type::Int32, F { omit: NEVER, number: 2, ..D }),
    field("distinguisherMethod", one(&super::flowcontrol_v1::FLOW_DISTINGUISHER_METHOD), F { pointer: true, number: 3, ..D }),
    field("rules", list(&super::flowcontrol_v1::POLICY_RULES_WITH_SUBJECTS_T), F { number: 4, ..D }),
];
pub(crate) static FLOW_SCHEMA_SPEC: Struct =
    object("io.k8s.api.flowcontrol.v1.FlowSchemaSpec", "v1.FlowSchemaSpec", &FLOW_SCHEMA_SPEC_F, false);

static FLOW_SCHEMA_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static FLOW_SCHEMA_STATUS_F: [Field; 1] = [
    field("conditions", list(&super::flowcontrol_v1::FLOW_SCHEMA_CONDITION_T), F { number: 1, list: Lists::Map(&FLOW_SCHEMA_STATUS_CONDITIONS_KEYS), merges: true, key: "type", ..D }),
];
pub(crate) static FLOW_SCHEMA_STATUS: Struct =
    object("io.k8s.api.flowcontrol.v1.FlowSchemaStatus", "v1.FlowSchemaStatus", &FLOW_SCHEMA_STATUS_F, false);

static GROUP_SUBJECT_F: [Field; 1] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static GROUP_SUBJECT: Struct =
    object("io.k8s.api.flowcontrol.v1.GroupSubject", "v1.GroupSubject", &GROUP_SUBJECT_F, false);

static LIMIT_RESPONSE_F: [Field; 2] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.LimitResponseType", ..D }),
    field("queuing", one(&super::flowcontrol_v1::QUEUING_CONFIGURATION), F { pointer: true, number: 2, ..D }),
];
pub(crate) static LIMIT_RESPONSE: Struct =
    object("io.k8s.api.flowcontrol.v1.LimitResponse", "v1.LimitResponse", &LIMIT_RESPONSE_F, false);

static LIMITED_PRIORITY_LEVEL_CONFIGURATION_F: [Field; 4] = [
    field("nominalConcurrencyShares", Type::Int32, F { omit: NEVER, pointer: true, number: 1, ..D }),
    field("limitResponse", one(&super::flowcontrol_v1::LIMIT_RESPONSE), F { number: 2, ..D }),
    field("lendablePercent", Type::Int32, F { pointer: true, number: 3, ..D }),
    field("borrowingLimitPercent", Type::Int32, F { pointer: true, number: 4, ..D }),
];
pub(crate) static LIMITED_PRIORITY_LEVEL_CONFIGURATION: Struct =
    object("io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration", "v1.LimitedPriorityLevelConfiguration", &LIMITED_PRIORITY_LEVEL_CONFIGURATION_F, false);

static NON_RESOURCE_POLICY_RULE_F: [Field; 2] = [
    field("verbs", list(&T_STRING), F { omit: NEVER, required: true, number: 1, list: Lists::Set, ..D }),
    field("nonResourceURLs", list(&T_STRING), F { omit: NEVER, required: true, number: 6, list: Lists::Set, ..D }),
];
pub(crate) static NON_RESOURCE_POLICY_RULE: Struct =
    object("io.k8s.api.flowcontrol.v1.NonResourcePolicyRule", "v1.NonResourcePolicyRule", &NON_RESOURCE_POLICY_RULE_F, false);
pub(crate) static NON_RESOURCE_POLICY_RULE_T: Type = one(&NON_RESOURCE_POLICY_RULE);

static POLICY_RULES_WITH_SUBJECTS_F: [Field; 3] = [
    field("subjects", list(&super::flowcontrol_v1::SUBJECT_T), F { omit: NEVER, required: true, number: 1, ..D }),
    field("resourceRules", list(&super::flowcontrol_v1::RESOURCE_POLICY_RULE_T), F { number: 2, ..D }),
    field("nonResourceRules", list(&super::flowcontrol_v1::NON_RESOURCE_POLICY_RULE_T), F { number: 3, ..D }),
];
pub(crate) static POLICY_RULES_WITH_SUBJECTS: Struct =
    object("io.k8s.api.flowcontrol.v1.PolicyRulesWithSubjects", "v1.PolicyRulesWithSubjects", &POLICY_RULES_WITH_SUBJECTS_F, false);
pub(crate) static POLICY_RULES_WITH_SUBJECTS_T: Type = one(&POLICY_RULES_WITH_SUBJECTS);

static PRIORITY_LEVEL_CONFIGURATION_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::flowcontrol_v1::PRIORITY_LEVEL_CONFIGURATION_SPEC), F { number: 2, ..D }),
    field("status", one(&super::flowcontrol_v1::PRIORITY_LEVEL_CONFIGURATION_STATUS), F { number: 3, ..D }),
];
pub(crate) static PRIORITY_LEVEL_CONFIGURATION: Struct =
    object("io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration", "v1.PriorityLevelConfiguration", &PRIORITY_LEVEL_CONFIGURATION_F, false);
pub(crate) static PRIORITY_LEVEL_CONFIGURATION_T: Type = one(&PRIORITY_LEVEL_CONFIGURATION);

static PRIORITY_LEVEL_CONFIGURATION_CONDITION_F: [Field; 5] = [
    field("type", Type::String, F { number: 1, go: "v1.PriorityLevelConfigurationConditionType", ..D }),
    field("status", Type::String, F { number: 2, go: "v1.ConditionStatus", ..D }),
    field("lastTransitionTime", Type::Time, F { number: 3, ..D }),
    field("reason", Type::String, F { number: 4, ..D }),
    field("message", Type::String, F { number: 5, ..D }),
];
pub(crate) static PRIORITY_LEVEL_CONFIGURATION_CONDITION: Struct =
    object("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationCondition", "v1.PriorityLevelConfigurationCondition", &PRIORITY_LEVEL_CONFIGURATION_CONDITION_F, false);
pub(crate) static PRIORITY_LEVEL_CONFIGURATION_CONDITION_T: Type = one(&PRIORITY_LEVEL_CONFIGURATION_CONDITION);

static PRIORITY_LEVEL_CONFIGURATION_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::flowcontrol_v1::PRIORITY_LEVEL_CONFIGURATION_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static PRIORITY_LEVEL_CONFIGURATION_LIST: Struct =
    object("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationList", "v1.PriorityLevelConfigurationList", &PRIORITY_LEVEL_CONFIGURATION_LIST_F, false);

static PRIORITY_LEVEL_CONFIGURATION_REFERENCE_F: [Field; 1] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static PRIORITY_LEVEL_CONFIGURATION_REFERENCE: Struct =
    object("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference", "v1.PriorityLevelConfigurationReference", &PRIORITY_LEVEL_CONFIGURATION_REFERENCE_F, false);

static PRIORITY_LEVEL_CONFIGURATION_SPEC_F: [Field; 3] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.PriorityLevelEnablement", ..D }),
    field("limited", one(&super::flowcontrol_v1::LIMITED_PRIORITY_LEVEL_CONFIGURATION), F { pointer: true, number: 2, ..D }),
    field("exempt", one(&super::flowcontrol_v1::EXEMPT_PRIORITY_LEVEL_CONFIGURATION), F { pointer: true, number: 3, ..D }),
];
pub(crate) static PRIORITY_LEVEL_CONFIGURATION_SPEC: Struct =
    object("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec", "v1.PriorityLevelConfigurationSpec", &PRIORITY_LEVEL_CONFIGURATION_SPEC_F, false);

static PRIORITY_LEVEL_CONFIGURATION_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static PRIORITY_LEVEL_CONFIGURATION_STATUS_F: [Field; 1] = [
    field("conditions", list(&super::flowcontrol_v1::PRIORITY_LEVEL_CONFIGURATION_CONDITION_T), F { number: 1, list: Lists::Map(&PRIORITY_LEVEL_CONFIGURATION_STATUS_CONDITIONS_KEYS), merges: true, key: "type", ..D }),
];
pub(crate) static PRIORITY_LEVEL_CONFIGURATION_STATUS: Struct =
    object("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationStatus", "v1.PriorityLevelConfigurationStatus", &PRIORITY_LEVEL_CONFIGURATION_STATUS_F, false);

static QUEUING_CONFIGURATION_F: [Field; 3] = [
    field("queues", Type::Int32, F { omit: NEVER, number: 1, ..D }),
    field("handSize", Type::Int32, F { omit: NEVER, number: 2, ..D }),
    field("queueLengthLimit", Type::Int32, F { omit: NEVER, number: 3, ..D }),
];
pub(crate) static QUEUING_CONFIGURATION: Struct =
    object("io.k8s.api.flowcontrol.v1.QueuingConfiguration", "v1.QueuingConfiguration", &QUEUING_CONFIGURATION_F, false);

static RESOURCE_POLICY_RULE_F: [Field; 5] = [
    field("verbs", list(&T_STRING), F { omit: NEVER, required: true, number: 1, list: Lists::Set, ..D }),
    field("apiGroups", list(&T_STRING), F { omit: NEVER, required: true, number: 2, list: Lists::Set, ..D }),
    field("resources", list(&T_STRING), F { omit: NEVER, required: true, number: 3, list: Lists::Set, ..D }),
    field("clusterScope", Type::Bool, F { number: 4, ..D }),
    field("namespaces", list(&T_STRING), F { omit: NEVER, number: 5, list: Lists::Set, ..D }),
];
pub(crate) static RESOURCE_POLICY_RULE: Struct =
    object("io.k8s.api.flowcontrol.v1.ResourcePolicyRule", "v1.ResourcePolicyRule", &RESOURCE_POLICY_RULE_F, false);
pub(crate) static RESOURCE_POLICY_RULE_T: Type = one(&RESOURCE_POLICY_RULE);

static SERVICE_ACCOUNT_SUBJECT_F: [Field; 2] = [
    field("namespace", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("name", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static SERVICE_ACCOUNT_SUBJECT: Struct =
    object("io.k8s.api.flowcontrol.v1.ServiceAccountSubject", "v1.ServiceAccountSubject", &SERVICE_ACCOUNT_SUBJECT_F, false);

static SUBJECT_F: [Field; 4] = [
    field("kind", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.SubjectKind", ..D }),
    field("user", one(&super::flowcontrol_v1::USER_SUBJECT), F { pointer: true, number: 2, ..D }),
    field("group", one(&super::flowcontrol_v1::GROUP_SUBJECT), F { pointer: true, number: 3, ..D }),
    field("serviceAccount", one(&super::flowcontrol_v1::SERVICE_ACCOUNT_SUBJECT), F { pointer: true, number: 4, ..D }),
];
pub(crate) static SUBJECT: Struct =
    object("io.k8s.api.flowcontrol.v1.Subject", "v1.Subject", &SUBJECT_F, false);
pub(crate) static SUBJECT_T: Type = one(&SUBJECT);

static USER_SUBJECT_F: [Field; 1] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static USER_SUBJECT: Struct =
    object("io.k8s.api.flowcontrol.v1.UserSubject", "v1.UserSubject", &USER_SUBJECT_F, false);
