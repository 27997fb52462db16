//! Structs of `k8s.io/apimachinery/pkg/apis/meta/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static API_GROUP_F: [Field; 6] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("versions", list(&super::meta_v1::GROUP_VERSION_FOR_DISCOVERY_T), F { omit: NEVER, required: true, number: 2, ..D }),
    field("preferredVersion", one(&super::meta_v1::GROUP_VERSION_FOR_DISCOVERY), F { number: 3, ..D }),
    field("serverAddressByClientCIDRs", list(&super::meta_v1::SERVER_ADDRESS_BY_CLIENT_CIDR_T), F { number: 4, ..D }),
];
pub(crate) static API_GROUP: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup", "v1.APIGroup", &API_GROUP_F, false);
pub(crate) static API_GROUP_T: Type = one(&API_GROUP);

static API_GROUP_LIST_F: [Field; 3] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("groups", list(&super::meta_v1::API_GROUP_T), F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static API_GROUP_LIST: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.APIGroupList", "v1.APIGroupList", &API_GROUP_LIST_F, false);

static API_RESOURCE_F: [Field; 10] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("singularName", Type::String, F { omit: NEVER, required: true, number: 6, ..D }),
    field("namespaced", Type::Bool, F { omit: NEVER, required: true, number: 2, ..D }),
    field("group", Type::String, F { number: 8, ..D }),
    field("version", Type::String, F { number: 9, ..D }),
    field("kind", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
    field("verbs", list(&T_STRING), F { omit: NEVER, required: true, number: 4, go: "v1.Verbs", ..D }),
    field("shortNames", list(&T_STRING), F { number: 5, ..D }),
    field("categories", list(&T_STRING), F { number: 7, ..D }),
    field("storageVersionHash", Type::String, F { number: 10, ..D }),
];
pub(crate) static API_RESOURCE: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.APIResource", "v1.APIResource", &API_RESOURCE_F, false);
pub(crate) static API_RESOURCE_T: Type = one(&API_RESOURCE);

static API_RESOURCE_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("groupVersion", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("resources", list(&super::meta_v1::API_RESOURCE_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static API_RESOURCE_LIST: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList", "v1.APIResourceList", &API_RESOURCE_LIST_F, false);

static API_VERSIONS_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("versions", list(&T_STRING), F { omit: NEVER, required: true, number: 1, ..D }),
    field("serverAddressByClientCIDRs", list(&super::meta_v1::SERVER_ADDRESS_BY_CLIENT_CIDR_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static API_VERSIONS: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.APIVersions", "v1.APIVersions", &API_VERSIONS_F, false);

static CONDITION_F: [Field; 6] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("status", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.ConditionStatus", ..D }),
    field("observedGeneration", Type::Int64, F { number: 3, ..D }),
    field("lastTransitionTime", Type::Time, F { omit: NEVER, required: true, number: 4, ..D }),
    field("reason", Type::String, F { omit: NEVER, required: true, number: 5, ..D }),
    field("message", Type::String, F { omit: NEVER, required: true, number: 6, ..D }),
];
pub(crate) static CONDITION: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.Condition", "v1.Condition", &CONDITION_F, false);
pub(crate) static CONDITION_T: Type = one(&CONDITION);

static CREATE_OPTIONS_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("dryRun", list(&T_STRING), F { number: 1, ..D }),
    field("fieldManager", Type::String, F { number: 3, ..D }),
    field("fieldValidation", Type::String, F { number: 4, ..D }),
];
pub(crate) static CREATE_OPTIONS: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.CreateOptions", "v1.CreateOptions", &CREATE_OPTIONS_F, false);

static DELETE_OPTIONS_F: [Field; 8] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("gracePeriodSeconds", Type::Int64, F { pointer: true, number: 1, ..D }),
    field("preconditions", one(&super::meta_v1::PRECONDITIONS), F { pointer: true, number: 2, ..D }),
    field("orphanDependents", Type::Bool, F { pointer: true, number: 3, ..D }),
    field("propagationPolicy", Type::String, F { pointer: true, number: 4, go: "v1.DeletionPropagation", ..D }),
    field("dryRun", list(&T_STRING), F { number: 5, ..D }),
    field("ignoreStoreReadErrorWithClusterBreakingPotential", Type::Bool, F { pointer: true, number: 6, ..D }),
];
pub(crate) static DELETE_OPTIONS: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions", "v1.DeleteOptions", &DELETE_OPTIONS_F, false);

static FIELD_SELECTOR_REQUIREMENT_F: [Field; 3] = [
    field("key", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("operator", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.FieldSelectorOperator", ..D }),
    field("values", list(&T_STRING), F { number: 3, ..D }),
];
pub(crate) static FIELD_SELECTOR_REQUIREMENT: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement", "v1.FieldSelectorRequirement", &FIELD_SELECTOR_REQUIREMENT_F, false);
pub(crate) static FIELD_SELECTOR_REQUIREMENT_T: Type = one(&FIELD_SELECTOR_REQUIREMENT);

static GET_OPTIONS_F: [Field; 3] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("resourceVersion", Type::String, F { number: 1, ..D }),
];
pub(crate) static GET_OPTIONS: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.GetOptions", "v1.GetOptions", &GET_OPTIONS_F, false);

static GROUP_VERSION_FOR_DISCOVERY_F: [Field; 2] = [
    field("groupVersion", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("version", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static GROUP_VERSION_FOR_DISCOVERY: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionForDiscovery", "v1.GroupVersionForDiscovery", &GROUP_VERSION_FOR_DISCOVERY_F, false);
pub(crate) static GROUP_VERSION_FOR_DISCOVERY_T: Type = one(&GROUP_VERSION_FOR_DISCOVERY);

static LABEL_SELECTOR_F: [Field; 2] = [
    field("matchLabels", map(&T_STRING), F { number: 1, ..D }),
    field("matchExpressions", list(&super::meta_v1::LABEL_SELECTOR_REQUIREMENT_T), F { number: 2, ..D }),
];
pub(crate) static LABEL_SELECTOR: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", "v1.LabelSelector", &LABEL_SELECTOR_F, true);
pub(crate) static LABEL_SELECTOR_T: Type = one(&LABEL_SELECTOR);

static LABEL_SELECTOR_REQUIREMENT_F: [Field; 3] = [
    field("key", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("operator", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.LabelSelectorOperator", ..D }),
    field("values", list(&T_STRING), F { number: 3, ..D }),
];
pub(crate) static LABEL_SELECTOR_REQUIREMENT: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement", "v1.LabelSelectorRequirement", &LABEL_SELECTOR_REQUIREMENT_F, false);
pub(crate) static LABEL_SELECTOR_REQUIREMENT_T: Type = one(&LABEL_SELECTOR_REQUIREMENT);

static LIST_META_F: [Field; 5] = [
    field("selfLink", Type::String, F { number: 1, ..D }),
    field("resourceVersion", Type::String, F { number: 2, ..D }),
    field("continue", Type::String, F { number: 3, ..D }),
    field("remainingItemCount", Type::Int64, F { pointer: true, number: 4, ..D }),
    field("shardInfo", one(&super::meta_v1::SHARD_INFO), F { pointer: true, number: 5, ..D }),
];
pub(crate) static LIST_META: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta", "v1.ListMeta", &LIST_META_F, false);

static LIST_OPTIONS_F: [Field; 13] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("labelSelector", Type::String, F { number: 1, ..D }),
    field("fieldSelector", Type::String, F { number: 2, ..D }),
    field("watch", Type::Bool, F { number: 3, ..D }),
    field("allowWatchBookmarks", Type::Bool, F { number: 9, ..D }),
    field("resourceVersion", Type::String, F { number: 4, ..D }),
    field("resourceVersionMatch", Type::String, F { number: 10, go: "v1.ResourceVersionMatch", ..D }),
    field("timeoutSeconds", Type::Int64, F { pointer: true, number: 5, ..D }),
    field("limit", Type::Int64, F { number: 7, ..D }),
    field("continue", Type::String, F { number: 8, ..D }),
    field("sendInitialEvents", Type::Bool, F { pointer: true, number: 11, ..D }),
    field("shardSelector", Type::String, F { number: 15, ..D }),
];
pub(crate) static LIST_OPTIONS: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.ListOptions", "v1.ListOptions", &LIST_OPTIONS_F, false);

static MANAGED_FIELDS_ENTRY_F: [Field; 7] = [
    field("manager", Type::String, F { number: 1, ..D }),
    field("operation", Type::String, F { number: 2, go: "v1.ManagedFieldsOperationType", ..D }),
    field("apiVersion", Type::String, F { number: 3, ..D }),
    field("time", Type::Time, F { pointer: true, number: 4, ..D }),
    field("fieldsType", Type::String, F { number: 6, ..D }),
    field("fieldsV1", Type::FieldsV1, F { pointer: true, number: 7, ..D }),
    field("subresource", Type::String, F { number: 8, ..D }),
];
pub(crate) static MANAGED_FIELDS_ENTRY: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry", "v1.ManagedFieldsEntry", &MANAGED_FIELDS_ENTRY_F, false);
pub(crate) static MANAGED_FIELDS_ENTRY_T: Type = one(&MANAGED_FIELDS_ENTRY);

static OBJECT_META_OWNER_REFERENCES_KEYS: [Text; 1] = [text("uid")];
static OBJECT_META_F: [Field; 15] = [
    field("name", Type::String, F { number: 1, ..D }),
    field("generateName", Type::String, F { number: 2, ..D }),
    field("namespace", Type::String, F { number: 3, ..D }),
    field("selfLink", Type::String, F { number: 4, ..D }),
    field("uid", Type::String, F { number: 5, go: "types.UID", ..D }),
    field("resourceVersion", Type::String, F { number: 6, ..D }),
    field("generation", Type::Int64, F { number: 7, ..D }),
    field("creationTimestamp", Type::Time, F { omit: ZERO, number: 8, ..D }),
    field("deletionTimestamp", Type::Time, F { pointer: true, number: 9, ..D }),
    field("deletionGracePeriodSeconds", Type::Int64, F { pointer: true, number: 10, ..D }),
    field("labels", map(&T_STRING), F { number: 11, ..D }),
    field("annotations", map(&T_STRING), F { number: 12, ..D }),
    field("ownerReferences", list(&super::meta_v1::OWNER_REFERENCE_T), F { number: 13, list: Lists::Map(&OBJECT_META_OWNER_REFERENCES_KEYS), merges: true, key: "uid", ..D }),
    field("finalizers", list(&T_STRING), F { number: 14, list: Lists::Set, merges: true, ..D }),
    field("managedFields", list(&super::meta_v1::MANAGED_FIELDS_ENTRY_T), F { number: 17, ..D }),
];
pub(crate) static OBJECT_META: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "v1.ObjectMeta", &OBJECT_META_F, false);

static OWNER_REFERENCE_F: [Field; 6] = [
    field("apiVersion", Type::String, F { omit: NEVER, required: true, number: 5, ..D }),
    field("kind", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("name", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
    field("uid", Type::String, F { omit: NEVER, required: true, number: 4, go: "types.UID", ..D }),
    field("controller", Type::Bool, F { pointer: true, number: 6, ..D }),
    field("blockOwnerDeletion", Type::Bool, F { pointer: true, number: 7, ..D }),
];
pub(crate) static OWNER_REFERENCE: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference", "v1.OwnerReference", &OWNER_REFERENCE_F, true);
pub(crate) static OWNER_REFERENCE_T: Type = one(&OWNER_REFERENCE);

static PARTIAL_OBJECT_METADATA_F: [Field; 3] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
];
pub(crate) static PARTIAL_OBJECT_METADATA: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata", "v1.PartialObjectMetadata", &PARTIAL_OBJECT_METADATA_F, false);
pub(crate) static PARTIAL_OBJECT_METADATA_T: Type = one(&PARTIAL_OBJECT_METADATA);

static PARTIAL_OBJECT_METADATA_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::meta_v1::PARTIAL_OBJECT_METADATA_T), F { omit: NEVER, number: 2, ..D }),
];
pub(crate) static PARTIAL_OBJECT_METADATA_LIST: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadataList", "v1.PartialObjectMetadataList", &PARTIAL_OBJECT_METADATA_LIST_F, false);

static PATCH_OPTIONS_F: [Field; 6] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("dryRun", list(&T_STRING), F { number: 1, ..D }),
    field("force", Type::Bool, F { pointer: true, number: 2, ..D }),
    field("fieldManager", Type::String, F { number: 3, ..D }),
    field("fieldValidation", Type::String, F { number: 4, ..D }),
];
pub(crate) static PATCH_OPTIONS: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.PatchOptions", "v1.PatchOptions", &PATCH_OPTIONS_F, false);

static PRECONDITIONS_F: [Field; 2] = [
    field("uid", Type::String, F { pointer: true, number: 1, go: "types.UID", ..D }),
    field("resourceVersion", Type::String, F { pointer: true, number: 2, ..D }),
];
pub(crate) static PRECONDITIONS: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions", "v1.Preconditions", &PRECONDITIONS_F, false);

static SERVER_ADDRESS_BY_CLIENT_CIDR_F: [Field; 2] = [
    field("clientCIDR", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("serverAddress", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static SERVER_ADDRESS_BY_CLIENT_CIDR: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.ServerAddressByClientCIDR", "v1.ServerAddressByClientCIDR", &SERVER_ADDRESS_BY_CLIENT_CIDR_F, false);
pub(crate) static SERVER_ADDRESS_BY_CLIENT_CIDR_T: Type = one(&SERVER_ADDRESS_BY_CLIENT_CIDR);

static SHARD_INFO_F: [Field; 1] = [
    field("selector", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static SHARD_INFO: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.ShardInfo", "v1.ShardInfo", &SHARD_INFO_F, false);

static STATUS_F: [Field; 8] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("status", Type::String, F { number: 2, ..D }),
    field("message", Type::String, F { number: 3, ..D }),
    field("reason", Type::String, F { number: 4, go: "v1.StatusReason", ..D }),
    field("details", one(&super::meta_v1::STATUS_DETAILS), F { pointer: true, number: 5, ..D }),
    field("code", Type::Int32, F { number: 6, ..D }),
];
pub(crate) static STATUS: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.Status", "v1.Status", &STATUS_F, false);

static STATUS_CAUSE_F: [Field; 3] = [
    field("reason", Type::String, F { number: 1, go: "v1.CauseType", ..D }),
    field("message", Type::String, F { number: 2, ..D }),
    field("field", Type::String, F { number: 3, ..D }),
];
pub(crate) static STATUS_CAUSE: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause", "v1.StatusCause", &STATUS_CAUSE_F, false);
pub(crate) static STATUS_CAUSE_T: Type = one(&STATUS_CAUSE);

static STATUS_DETAILS_F: [Field; 6] = [
    field("name", Type::String, F { number: 1, ..D }),
    field("group", Type::String, F { number: 2, ..D }),
    field("kind", Type::String, F { number: 3, ..D }),
    field("uid", Type::String, F { number: 6, go: "types.UID", ..D }),
    field("causes", list(&super::meta_v1::STATUS_CAUSE_T), F { number: 4, ..D }),
    field("retryAfterSeconds", Type::Int32, F { number: 5, ..D }),
];
pub(crate) static STATUS_DETAILS: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails", "v1.StatusDetails", &STATUS_DETAILS_F, false);

static TABLE_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { ..D }),
    field("columnDefinitions", list(&super::meta_v1::TABLE_COLUMN_DEFINITION_T), F { omit: NEVER, ..D }),
    field("rows", list(&super::meta_v1::TABLE_ROW_T), F { omit: NEVER, ..D }),
];
pub(crate) static TABLE: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.Table", "v1.Table", &TABLE_F, false);

static TABLE_COLUMN_DEFINITION_F: [Field; 5] = [
    field("name", Type::String, F { omit: NEVER, ..D }),
    field("type", Type::String, F { omit: NEVER, ..D }),
    field("format", Type::String, F { omit: NEVER, ..D }),
    field("description", Type::String, F { omit: NEVER, ..D }),
    field("priority", Type::Int32, F { omit: NEVER, ..D }),
];
pub(crate) static TABLE_COLUMN_DEFINITION: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.TableColumnDefinition", "v1.TableColumnDefinition", &TABLE_COLUMN_DEFINITION_F, false);
pub(crate) static TABLE_COLUMN_DEFINITION_T: Type = one(&TABLE_COLUMN_DEFINITION);

static TABLE_ROW_F: [Field; 3] = [
    field("cells", list(&T_JSON), F { omit: NEVER, go: "[]interface", ..D }),
    field("conditions", list(&super::meta_v1::TABLE_ROW_CONDITION_T), F { ..D }),
    field("object", Type::RawExtension, F { ..D }),
];
pub(crate) static TABLE_ROW: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.TableRow", "v1.TableRow", &TABLE_ROW_F, false);
pub(crate) static TABLE_ROW_T: Type = one(&TABLE_ROW);

static TABLE_ROW_CONDITION_F: [Field; 4] = [
    field("type", Type::String, F { omit: NEVER, go: "v1.RowConditionType", ..D }),
    field("status", Type::String, F { omit: NEVER, go: "v1.ConditionStatus", ..D }),
    field("reason", Type::String, F { ..D }),
    field("message", Type::String, F { ..D }),
];
pub(crate) static TABLE_ROW_CONDITION: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.TableRowCondition", "v1.TableRowCondition", &TABLE_ROW_CONDITION_F, false);
pub(crate) static TABLE_ROW_CONDITION_T: Type = one(&TABLE_ROW_CONDITION);

static UPDATE_OPTIONS_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("dryRun", list(&T_STRING), F { number: 1, ..D }),
    field("fieldManager", Type::String, F { number: 2, ..D }),
    field("fieldValidation", Type::String, F { number: 3, ..D }),
];
pub(crate) static UPDATE_OPTIONS: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.UpdateOptions", "v1.UpdateOptions", &UPDATE_OPTIONS_F, false);

static WATCH_EVENT_F: [Field; 2] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("object", Type::RawExtension, F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static WATCH_EVENT: Struct =
    object("io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent", "v1.WatchEvent", &WATCH_EVENT_F, false);
