//! Structs of `k8s.io/api/admissionregistration/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static APPLY_CONFIGURATION_F: [Field; 1] = [
    field("expression", Type::String, F { number: 1, ..D }),
];
pub(crate) static APPLY_CONFIGURATION: Struct =
    object("io.k8s.api.admissionregistration.v1.ApplyConfiguration", "v1.ApplyConfiguration", &APPLY_CONFIGURATION_F, false);

static AUDIT_ANNOTATION_F: [Field; 2] = [
    field("key", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("valueExpression", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static AUDIT_ANNOTATION: Struct =
    object("io.k8s.api.admissionregistration.v1.AuditAnnotation", "v1.AuditAnnotation", &AUDIT_ANNOTATION_F, false);
pub(crate) static AUDIT_ANNOTATION_T: Type = one(&AUDIT_ANNOTATION);

static EXPRESSION_WARNING_F: [Field; 2] = [
    field("fieldRef", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("warning", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
];
pub(crate) static EXPRESSION_WARNING: Struct =
    object("io.k8s.api.admissionregistration.v1.ExpressionWarning", "v1.ExpressionWarning", &EXPRESSION_WARNING_F, false);
pub(crate) static EXPRESSION_WARNING_T: Type = one(&EXPRESSION_WARNING);

static JSON_PATCH_F: [Field; 1] = [
    field("expression", Type::String, F { number: 1, ..D }),
];
pub(crate) static JSON_PATCH: Struct =
    object("io.k8s.api.admissionregistration.v1.JSONPatch", "v1.JSONPatch", &JSON_PATCH_F, false);

static MATCH_CONDITION_F: [Field; 2] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("expression", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static MATCH_CONDITION: Struct =
    object("io.k8s.api.admissionregistration.v1.MatchCondition", "v1.MatchCondition", &MATCH_CONDITION_F, false);
pub(crate) static MATCH_CONDITION_T: Type = one(&MATCH_CONDITION);

static MATCH_RESOURCES_MATCH_POLICY_VALUES: [Text; 2] = [text("Equivalent"), text("Exact")];
static MATCH_RESOURCES_F: [Field; 5] = [
    field("namespaceSelector", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 1, ..D }),
    field("objectSelector", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 2, ..D }),
    field("resourceRules", list(&super::admissionregistration_v1::NAMED_RULE_WITH_OPERATIONS_T), F { number: 3, ..D }),
    field("excludeResourceRules", list(&super::admissionregistration_v1::NAMED_RULE_WITH_OPERATIONS_T), F { number: 4, ..D }),
    field("matchPolicy", Type::String, F { pointer: true, number: 7, values: &MATCH_RESOURCES_MATCH_POLICY_VALUES, go: "v1.MatchPolicyType", ..D }),
];
pub(crate) static MATCH_RESOURCES: Struct =
    object("io.k8s.api.admissionregistration.v1.MatchResources", "v1.MatchResources", &MATCH_RESOURCES_F, true);

static MUTATING_ADMISSION_POLICY_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::admissionregistration_v1::MUTATING_ADMISSION_POLICY_SPEC), F { number: 2, ..D }),
];
pub(crate) static MUTATING_ADMISSION_POLICY: Struct =
    object("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy", "v1.MutatingAdmissionPolicy", &MUTATING_ADMISSION_POLICY_F, false);
pub(crate) static MUTATING_ADMISSION_POLICY_T: Type = one(&MUTATING_ADMISSION_POLICY);

static MUTATING_ADMISSION_POLICY_BINDING_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::admissionregistration_v1::MUTATING_ADMISSION_POLICY_BINDING_SPEC), F { number: 2, ..D }),
];
pub(crate) static MUTATING_ADMISSION_POLICY_BINDING: Struct =
    object("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding", "v1.MutatingAdmissionPolicyBinding", &MUTATING_ADMISSION_POLICY_BINDING_F, false);
pub(crate) static MUTATING_ADMISSION_POLICY_BINDING_T: Type = one(&MUTATING_ADMISSION_POLICY_BINDING);

static MUTATING_ADMISSION_POLICY_BINDING_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::admissionregistration_v1::MUTATING_ADMISSION_POLICY_BINDING_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static MUTATING_ADMISSION_POLICY_BINDING_LIST: Struct =
    object("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingList", "v1.MutatingAdmissionPolicyBindingList", &MUTATING_ADMISSION_POLICY_BINDING_LIST_F, false);

static MUTATING_ADMISSION_POLICY_BINDING_SPEC_F: [Field; 3] = [
    field("policyName", Type::String, F { number: 1, ..D }),
    field("paramRef", one(&super::admissionregistration_v1::PARAM_REF), F { pointer: true, number: 2, ..D }),
    field("matchResources", one(&super::admissionregistration_v1::MATCH_RESOURCES), F { pointer: true, number: 3, ..D }),
];
pub(crate) static MUTATING_ADMISSION_POLICY_BINDING_SPEC: Struct =
    object("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec", "v1.MutatingAdmissionPolicyBindingSpec", &MUTATING_ADMISSION_POLICY_BINDING_SPEC_F, false);

static MUTATING_ADMISSION_POLICY_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::admissionregistration_v1::MUTATING_ADMISSION_POLICY_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static MUTATING_ADMISSION_POLICY_LIST: Struct =
    object("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyList", "v1.MutatingAdmissionPolicyList", &MUTATING_ADMISSION_POLICY_LIST_F, false);

static MUTATING_ADMISSION_POLICY_SPEC_FAILURE_POLICY_VALUES: [Text; 2] = [text("Fail"), text("Ignore")];
static MUTATING_ADMISSION_POLICY_SPEC_MATCH_CONDITIONS_KEYS: [Text; 1] = [text("name")];
static MUTATING_ADMISSION_POLICY_SPEC_REINVOCATION_POLICY_VALUES: [Text; 2] = [text("IfNeeded"), text("Never")];
static MUTATING_ADMISSION_POLICY_SPEC_F: [Field; 7] = [
    field("paramKind", one(&super::admissionregistration_v1::PARAM_KIND), F { pointer: true, number: 1, ..D }),
    field("matchConstraints", one(&super::admissionregistration_v1::MATCH_RESOURCES), F { pointer: true, number: 2, ..D }),
    field("variables", list(&super::admissionregistration_v1::VARIABLE_T), F { number: 3, ..D }),
    field("mutations", list(&super::admissionregistration_v1::MUTATION_T), F { number: 4, ..D }),
    field("failurePolicy", Type::String, F { pointer: true, number: 5, values: &MUTATING_ADMISSION_POLICY_SPEC_FAILURE_POLICY_VALUES, go: "v1.FailurePolicyType", ..D }),
    field("matchConditions", list(&super::admissionregistration_v1::MATCH_CONDITION_T), F { number: 6, list: Lists::Map(&MUTATING_ADMISSION_POLICY_SPEC_MATCH_CONDITIONS_KEYS), merges: true, key: "name", ..D }),
    field("reinvocationPolicy", Type::String, F { number: 7, values: &MUTATING_ADMISSION_POLICY_SPEC_REINVOCATION_POLICY_VALUES, go: "v1.ReinvocationPolicyType", ..D }),
];
pub(crate) static MUTATING_ADMISSION_POLICY_SPEC: Struct =
    object("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec", "v1.MutatingAdmissionPolicySpec", &MUTATING_ADMISSION_POLICY_SPEC_F, false);

static MUTATING_WEBHOOK_FAILURE_POLICY_VALUES: [Text; 2] = [text("Fail"), text("Ignore")];
static MUTATING_WEBHOOK_MATCH_POLICY_VALUES: [Text; 2] = [text("Equivalent"), text("Exact")];
static MUTATING_WEBHOOK_SIDE_EFFECTS_VALUES: [Text; 4] = [text("None"), text("NoneOnDryRun"), text("Some"), text("Unknown")];
static MUTATING_WEBHOOK_REINVOCATION_POLICY_VALUES: [Text; 2] = [text("IfNeeded"), text("Never")];
static MUTATING_WEBHOOK_MATCH_CONDITIONS_KEYS: [Text; 1] = [text("name")];
static MUTATING_WEBHOOK_F: [Field; 12] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("clientConfig", one(&super::admissionregistration_v1::WEBHOOK_CLIENT_CONFIG), F { omit: NEVER, required: true, number: 2, ..D }),
    field("rules", list(&super::admissionregistration_v1::RULE_WITH_OPERATIONS_T), F { number: 3, ..D }),
    field("failurePolicy", Type::String, F { pointer: true, number: 4, values: &MUTATING_WEBHOOK_FAILURE_POLICY_VALUES, go: "v1.FailurePolicyType", ..D }),
    field("matchPolicy", Type::String, F { pointer: true, number: 9, values: &MUTATING_WEBHOOK_MATCH_POLICY_VALUES, go: "v1.MatchPolicyType", ..D }),
    field("namespaceSelector", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 5, ..D }),
    field("objectSelector", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 11, ..D }),
    field("sideEffects", Type::String, F { omit: NEVER, pointer: true, required: true, number: 6, values: &MUTATING_WEBHOOK_SIDE_EFFECTS_VALUES, go: "v1.SideEffectClass", ..D }),
    field("timeoutSeconds", Type::Int32, F { pointer: true, number: 7, ..D }),
    field("admissionReviewVersions", list(&T_STRING), F { omit: NEVER, required: true, number: 8, ..D }),
    field("reinvocationPolicy", Type::String, F { pointer: true, number: 10, values: &MUTATING_WEBHOOK_REINVOCATION_POLICY_VALUES, go: "v1.ReinvocationPolicyType", ..D }),
    field("matchConditions", list(&super::admissionregistration_v1::MATCH_CONDITION_T), F { number: 12, list: Lists::Map(&MUTATING_WEBHOOK_MATCH_CONDITIONS_KEYS), merges: true, key: "name", ..D }),
];
pub(crate) static MUTATING_WEBHOOK: Struct =
    object("io.k8s.api.admissionregistration.v1.MutatingWebhook", "v1.MutatingWebhook", &MUTATING_WEBHOOK_F, false);
pub(crate) static MUTATING_WEBHOOK_T: Type = one(&MUTATING_WEBHOOK);

static MUTATING_WEBHOOK_CONFIGURATION_WEBHOOKS_KEYS: [Text; 1] = [text("name")];
static MUTATING_WEBHOOK_CONFIGURATION_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("webhooks", list(&super::admissionregistration_v1::MUTATING_WEBHOOK_T), F { number: 2, list: Lists::Map(&MUTATING_WEBHOOK_CONFIGURATION_WEBHOOKS_KEYS), merges: true, key: "name", ..D }),
];
pub(crate) static MUTATING_WEBHOOK_CONFIGURATION: Struct =
    object("io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration", "v1.MutatingWebhookConfiguration", &MUTATING_WEBHOOK_CONFIGURATION_F, false);
pub(crate) static MUTATING_WEBHOOK_CONFIGURATION_T: Type = one(&MUTATING_WEBHOOK_CONFIGURATION);

static MUTATING_WEBHOOK_CONFIGURATION_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::admissionregistration_v1::MUTATING_WEBHOOK_CONFIGURATION_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static MUTATING_WEBHOOK_CONFIGURATION_LIST: Struct =
    object("io.k8s.api.admissionregistration.v1.MutatingWebhookConfigurationList", "v1.MutatingWebhookConfigurationList", &MUTATING_WEBHOOK_CONFIGURATION_LIST_F, false);

static MUTATION_PATCH_TYPE_VALUES: [Text; 2] = [text("ApplyConfiguration"), text("JSONPatch")];
static MUTATION_F: [Field; 3] = [
    field("patchType", Type::String, F { omit: NEVER, required: true, number: 2, values: &MUTATION_PATCH_TYPE_VALUES, go: "v1.PatchType", ..D }),
    field("applyConfiguration", one(&super::admissionregistration_v1::APPLY_CONFIGURATION), F { pointer: true, number: 3, ..D }),
    field("jsonPatch", one(&super::admissionregistration_v1::JSON_PATCH), F { pointer: true, number: 4, ..D }),
];
pub(crate) static MUTATION: Struct =
    object("io.k8s.api.admissionregistration.v1.Mutation", "v1.Mutation", &MUTATION_F, false);
pub(crate) static MUTATION_T: Type = one(&MUTATION);

static NAMED_RULE_WITH_OPERATIONS_SCOPE_VALUES: [Text; 3] = [text("*"), text("Cluster"), text("Namespaced")];
static NAMED_RULE_WITH_OPERATIONS_F: [Field; 6] = [
    field("resourceNames", list(&T_STRING), F { number: 1, ..D }),
    field("operations", list(&T_STRING), F { number: 1, inline: 2, go: "[]v1.OperationType", embedded: "RuleWithOperations", ..D }),
    field("apiGroups", list(&T_STRING), F { number: 1, inline: 2 | 2 << 16, embedded: "RuleWithOperations.Rule", ..D }),
    field("apiVersions", list(&T_STRING), F { number: 2, inline: 2 | 2 << 16, embedded: "RuleWithOperations.Rule", ..D }),
    field("resources", list(&T_STRING), F { number: 3, inline: 2 | 2 << 16, embedded: "RuleWithOperations.Rule", ..D }),
    field("scope", Type::String, F { pointer: true, number: 4, inline: 2 | 2 << 16, values: &NAMED_RULE_WITH_OPERATIONS_SCOPE_VALUES, go: "v1.ScopeType", embedded: "RuleWithOperations.Rule", ..D }),
];
pub(crate) static NAMED_RULE_WITH_OPERATIONS: Struct =
    object("io.k8s.api.admissionregistration.v1.NamedRuleWithOperations", "v1.NamedRuleWithOperations", &NAMED_RULE_WITH_OPERATIONS_F, true);
pub(crate) static NAMED_RULE_WITH_OPERATIONS_T: Type = one(&NAMED_RULE_WITH_OPERATIONS);

static PARAM_KIND_F: [Field; 2] = [
    field("apiVersion", Type::String, F { number: 1, ..D }),
    field("kind", Type::String, F { number: 2, ..D }),
];
pub(crate) static PARAM_KIND: Struct =
    object("io.k8s.api.admissionregistration.v1.ParamKind", "v1.ParamKind", &PARAM_KIND_F, true);

static PARAM_REF_F: [Field; 4] = [
    field("name", Type::String, F { number: 1, ..D }),
    field("namespace", Type::String, F { number: 2, ..D }),
    field("selector", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 3, ..D }),
    field("parameterNotFoundAction", Type::String, F { pointer: true, number: 4, go: "v1.ParameterNotFoundActionType", ..D }),
];
pub(crate) static PARAM_REF: Struct =
    object("io.k8s.api.admissionregistration.v1.ParamRef", "v1.ParamRef", &PARAM_REF_F, true);

static RULE_WITH_OPERATIONS_SCOPE_VALUES: [Text; 3] = [text("*"), text("Cluster"), text("Namespaced")];
static RULE_WITH_OPERATIONS_F: [Field; 5] = [
    field("operations", list(&T_STRING), F { number: 1, go: "[]v1.OperationType", ..D }),
    field("apiGroups", list(&T_STRING), F { number: 1, inline: 2, embedded: "Rule", ..D }),
    field("apiVersions", list(&T_STRING), F { number: 2, inline: 2, embedded: "Rule", ..D }),
    field("resources", list(&T_STRING), F { number: 3, inline: 2, embedded: "Rule", ..D }),
    field("scope", Type::String, F { pointer: true, number: 4, inline: 2, values: &RULE_WITH_OPERATIONS_SCOPE_VALUES, go: "v1.ScopeType", embedded: "Rule", ..D }),
];
pub(crate) static RULE_WITH_OPERATIONS: Struct =
    object("io.k8s.api.admissionregistration.v1.RuleWithOperations", "v1.RuleWithOperations", &RULE_WITH_OPERATIONS_F, false);
pub(crate) static RULE_WITH_OPERATIONS_T: Type = one(&RULE_WITH_OPERATIONS);

static SERVICE_REFERENCE_F: [Field; 4] = [
    field("namespace", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("name", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("path", Type::String, F { pointer: true, number: 3, ..D }),
    field("port", Type::Int32, F { pointer: true, number: 4, ..D }),
];
pub(crate) static SERVICE_REFERENCE: Struct =
    object("io.k8s.api.admissionregistration.v1.ServiceReference", "v1.ServiceReference", &SERVICE_REFERENCE_F, false);

static TYPE_CHECKING_F: [Field; 1] = [
    field("expressionWarnings", list(&super::admissionregistration_v1::EXPRESSION_WARNING_T), F { number: 1, ..D }),
];
pub(crate) static TYPE_CHECKING: Struct =
    object("io.k8s.api.admissionregistration.v1.TypeChecking", "v1.TypeChecking", &TYPE_CHECKING_F, false);

static VALIDATING_ADMISSION_POLICY_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::admissionregistration_v1::VALIDATING_ADMISSION_POLICY_SPEC), F { number: 2, ..D }),
    field("status", one(&super::admissionregistration_v1::VALIDATING_ADMISSION_POLICY_STATUS), F { number: 3, ..D }),
];
pub(crate) static VALIDATING_ADMISSION_POLICY: Struct =
    object("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy", "v1.ValidatingAdmissionPolicy", &VALIDATING_ADMISSION_POLICY_F, false);
pub(crate) static VALIDATING_ADMISSION_POLICY_T: Type = one(&VALIDATING_ADMISSION_POLICY);

static VALIDATING_ADMISSION_POLICY_BINDING_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::admissionregistration_v1::VALIDATING_ADMISSION_POLICY_BINDING_SPEC), F { required: true, number: 2, ..D }),
];
pub(crate) static VALIDATING_ADMISSION_POLICY_BINDING: Struct =
    object("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding", "v1.ValidatingAdmissionPolicyBinding", &VALIDATING_ADMISSION_POLICY_BINDING_F, false);
pub(crate) static VALIDATING_ADMISSION_POLICY_BINDING_T: Type = one(&VALIDATING_ADMISSION_POLICY_BINDING);

static VALIDATING_ADMISSION_POLICY_BINDING_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::admissionregistration_v1::VALIDATING_ADMISSION_POLICY_BINDING_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static VALIDATING_ADMISSION_POLICY_BINDING_LIST: Struct =
    object("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingList", "v1.ValidatingAdmissionPolicyBindingList", &VALIDATING_ADMISSION_POLICY_BINDING_LIST_F, false);

static VALIDATING_ADMISSION_POLICY_BINDING_SPEC_F: [Field; 4] = [
    field("policyName", Type::String, F { required: true, number: 1, ..D }),
    field("paramRef", one(&super::admissionregistration_v1::PARAM_REF), F { pointer: true, number: 2, ..D }),
    field("matchResources", one(&super::admissionregistration_v1::MATCH_RESOURCES), F { pointer: true, number: 3, ..D }),
    field("validationActions", list(&T_STRING), F { required: true, number: 4, list: Lists::Set, go: "[]v1.ValidationAction", ..D }),
];
pub(crate) static VALIDATING_ADMISSION_POLICY_BINDING_SPEC: Struct =
    object("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec", "v1.ValidatingAdmissionPolicyBindingSpec", &VALIDATING_ADMISSION_POLICY_BINDING_SPEC_F, false);

static VALIDATING_ADMISSION_POLICY_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::admissionregistration_v1::VALIDATING_ADMISSION_POLICY_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static VALIDATING_ADMISSION_POLICY_LIST: Struct =
    object("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyList", "v1.ValidatingAdmissionPolicyList", &VALIDATING_ADMISSION_POLICY_LIST_F, false);

static VALIDATING_ADMISSION_POLICY_SPEC_FAILURE_POLICY_VALUES: [Text; 2] = [text("Fail"), text("Ignore")];
static VALIDATING_ADMISSION_POLICY_SPEC_MATCH_CONDITIONS_KEYS: [Text; 1] = [text("name")];
static VALIDATING_ADMISSION_POLICY_SPEC_VARIABLES_KEYS: [Text; 1] = [text("name")];
static VALIDATING_ADMISSION_POLICY_SPEC_F: [Field; 7] = [
    field("paramKind", one(&super::admissionregistration_v1::PARAM_KIND), F { pointer: true, number: 1, ..D }),
    field("matchConstraints", one(&super::admissionregistration_v1::MATCH_RESOURCES), F { pointer: true, number: 2, ..D }),
    field("validations", list(&super::admissionregistration_v1::VALIDATION_T), F { number: 3, ..D }),
    field("failurePolicy", Type::String, F { pointer: true, number: 4, values: &VALIDATING_ADMISSION_POLICY_SPEC_FAILURE_POLICY_VALUES, go: "v1.FailurePolicyType", ..D }),
    field("auditAnnotations", list(&super::admissionregistration_v1::AUDIT_ANNOTATION_T), F { number: 5, ..D }),
    field("matchConditions", list(&super::admissionregistration_v1::MATCH_CONDITION_T), F { number: 6, list: Lists::Map(&VALIDATING_ADMISSION_POLICY_SPEC_MATCH_CONDITIONS_KEYS), merges: true, key: "name", ..D }),
    field("variables", list(&super::admissionregistration_v1::VARIABLE_T), F { number: 7, list: Lists::Map(&VALIDATING_ADMISSION_POLICY_SPEC_VARIABLES_KEYS), merges: true, key: "name", ..D }),
];
pub(crate) static VALIDATING_ADMISSION_POLICY_SPEC: Struct =
    object("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec", "v1.ValidatingAdmissionPolicySpec", &VALIDATING_ADMISSION_POLICY_SPEC_F, false);

static VALIDATING_ADMISSION_POLICY_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static VALIDATING_ADMISSION_POLICY_STATUS_F: [Field; 3] = [
    field("observedGeneration", Type::Int64, F { number: 1, ..D }),
    field("typeChecking", one(&super::admissionregistration_v1::TYPE_CHECKING), F { pointer: true, number: 2, ..D }),
    field("conditions", list(&super::meta_v1::CONDITION_T), F { number: 3, list: Lists::Map(&VALIDATING_ADMISSION_POLICY_STATUS_CONDITIONS_KEYS), ..D }),
];
pub(crate) static VALIDATING_ADMISSION_POLICY_STATUS: Struct =
    object("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus", "v1.ValidatingAdmissionPolicyStatus", &VALIDATING_ADMISSION_POLICY_STATUS_F, false);

static VALIDATING_WEBHOOK_FAILURE_POLICY_VALUES: [Text; 2] = [text("Fail"), text("Ignore")];
static VALIDATING_WEBHOOK_MATCH_POLICY_VALUES: [Text; 2] = [text("Equivalent"), text("Exact")];
static VALIDATING_WEBHOOK_SIDE_EFFECTS_VALUES: [Text; 4] = [text("None"), text("NoneOnDryRun"), text("Some"), text("Unknown")];
static VALIDATING_WEBHOOK_MATCH_CONDITIONS_KEYS: [Text; 1] = [text("name")];
static VALIDATING_WEBHOOK_F: [Field; 11] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("clientConfig", one(&super::admissionregistration_v1::WEBHOOK_CLIENT_CONFIG), F { omit: NEVER, required: true, number: 2, ..D }),
    field("rules", list(&super::admissionregistration_v1::RULE_WITH_OPERATIONS_T), F { number: 3, ..D }),
    field("failurePolicy", Type::String, F { pointer: true, number: 4, values: &VALIDATING_WEBHOOK_FAILURE_POLICY_VALUES, go: "v1.FailurePolicyType", ..D }),
    field("matchPolicy", Type::String, F { pointer: true, number: 9, values: &VALIDATING_WEBHOOK_MATCH_POLICY_VALUES, go: "v1.MatchPolicyType", ..D }),
    field("namespaceSelector", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 5, ..D }),
    field("objectSelector", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 10, ..D }),
    field("sideEffects", Type::String, F { omit: NEVER, pointer: true, required: true, number: 6, values: &VALIDATING_WEBHOOK_SIDE_EFFECTS_VALUES, go: "v1.SideEffectClass", ..D }),
    field("timeoutSeconds", Type::Int32, F { pointer: true, number: 7, ..D }),
    field("admissionReviewVersions", list(&T_STRING), F { omit: NEVER, required: true, number: 8, ..D }),
    field("matchConditions", list(&super::admissionregistration_v1::MATCH_CONDITION_T), F { number: 11, list: Lists::Map(&VALIDATING_WEBHOOK_MATCH_CONDITIONS_KEYS), merges: true, key: "name", ..D }),
];
pub(crate) static VALIDATING_WEBHOOK: Struct =
    object("io.k8s.api.admissionregistration.v1.ValidatingWebhook", "v1.ValidatingWebhook", &VALIDATING_WEBHOOK_F, false);
pub(crate) static VALIDATING_WEBHOOK_T: Type = one(&VALIDATING_WEBHOOK);

static VALIDATING_WEBHOOK_CONFIGURATION_WEBHOOKS_KEYS: [Text; 1] = [text("name")];
static VALIDATING_WEBHOOK_CONFIGURATION_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("webhooks", list(&super::admissionregistration_v1::VALIDATING_WEBHOOK_T), F { number: 2, list: Lists::Map(&VALIDATING_WEBHOOK_CONFIGURATION_WEBHOOKS_KEYS), merges: true, key: "name", ..D }),
];
pub(crate) static VALIDATING_WEBHOOK_CONFIGURATION: Struct =
    object("io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration", "v1.ValidatingWebhookConfiguration", &VALIDATING_WEBHOOK_CONFIGURATION_F, false);
pub(crate) static VALIDATING_WEBHOOK_CONFIGURATION_T: Type = one(&VALIDATING_WEBHOOK_CONFIGURATION);

static VALIDATING_WEBHOOK_CONFIGURATION_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::admissionregistration_v1::VALIDATING_WEBHOOK_CONFIGURATION_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static VALIDATING_WEBHOOK_CONFIGURATION_LIST: Struct =
    object("io.k8s.api.admissionregistration.v1.ValidatingWebhookConfigurationList", "v1.ValidatingWebhookConfigurationList", &VALIDATING_WEBHOOK_CONFIGURATION_LIST_F, false);

static VALIDATION_F: [Field; 4] = [
    field("expression", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("message", Type::String, F { number: 2, ..D }),
    field("reason", Type::String, F { pointer: true, number: 3, go: "v1.StatusReason", ..D }),
    field("messageExpression", Type::String, F { number: 4, ..D }),
];
pub(crate) static VALIDATION: Struct =
    object("io.k8s.api.admissionregistration.v1.Validation", "v1.Validation", &VALIDATION_F, false);
pub(crate) static VALIDATION_T: Type = one(&VALIDATION);

static VARIABLE_F: [Field; 2] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("expression", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static VARIABLE: Struct =
    object("io.k8s.api.admissionregistration.v1.Variable", "v1.Variable", &VARIABLE_F, true);
pub(crate) static VARIABLE_T: Type = one(&VARIABLE);

static WEBHOOK_CLIENT_CONFIG_F: [Field; 3] = [
    field("url", Type::String, F { pointer: true, number: 3, ..D }),
    field("service", one(&super::admissionregistration_v1::SERVICE_REFERENCE), F { pointer: true, number: 1, ..D }),
    field("caBundle", Type::Bytes, F { number: 2, ..D }),
];
pub(crate) static WEBHOOK_CLIENT_CONFIG: Struct =
    object("io.k8s.api.admissionregistration.v1.WebhookClientConfig", "v1.WebhookClientConfig", &WEBHOOK_CLIENT_CONFIG_F, false);
