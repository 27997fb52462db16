//! Structs of `k8s.io/api/storage/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static CSI_DRIVER_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::storage_v1::CSI_DRIVER_SPEC), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static CSI_DRIVER: Struct =
    object("io.k8s.api.storage.v1.CSIDriver", "v1.CSIDriver", &CSI_DRIVER_F, false);
pub(crate) static CSI_DRIVER_T: Type = one(&CSI_DRIVER);

static CSI_DRIVER_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::storage_v1::CSI_DRIVER_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static CSI_DRIVER_LIST: Struct =
    object("io.k8s.api.storage.v1.CSIDriverList", "v1.CSIDriverList", &CSI_DRIVER_LIST_F, false);

static CSI_DRIVER_SPEC_F: [Field; 11] = [
    field("attachRequired", Type::Bool, F { pointer: true, number: 1, ..D }),
    field("podInfoOnMount", Type::Bool, F { pointer: true, number: 2, ..D }),
    field("volumeLifecycleModes", list(&T_STRING), F { number: 3, list: Lists::Set, go: "[]v1.VolumeLifecycleMode", ..D }),
    field("storageCapacity", Type::Bool, F { pointer: true, number: 4, ..D }),
    field("fsGroupPolicy", Type::String, F { pointer: true, number: 5, go: "v1.FSGroupPolicy", ..D }),
    field("tokenRequests", list(&super::storage_v1::TOKEN_REQUEST_T), F { number: 6, ..D }),
    field("requiresRepublish", Type::Bool, F { pointer: true, number: 7, ..D }),
    field("seLinuxMount", Type::Bool, F { pointer: true, number: 8, ..D }),
    field("nodeAllocatableUpdatePeriodSeconds", Type::Int64, F { pointer: true, number: 9, ..D }),
    field("serviceAccountTokenInSecrets", Type::Bool, F { pointer: true, number: 10, ..D }),
    field("preventPodSchedulingIfMissing", Type::Bool, F { pointer: true, number: 11, ..D }),
];
pub(crate) static CSI_DRIVER_SPEC: Struct =
    object("io.k8s.api.storage.v1.CSIDriverSpec", "v1.CSIDriverSpec", &CSI_DRIVER_SPEC_F, false);

static CSI_NODE_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::storage_v1::CSI_NODE_SPEC), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static CSI_NODE: Struct =
    object("io.k8s.api.storage.v1.CSINode", "v1.CSINode", &CSI_NODE_F, false);
pub(crate) static CSI_NODE_T: Type = one(&CSI_NODE);

static CSI_NODE_DRIVER_F: [Field; 4] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("nodeID", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("topologyKeys", list(&T_STRING), F { omit: NEVER, number: 3, ..D }),
    field("allocatable", one(&super::storage_v1::VOLUME_NODE_RESOURCES), F { pointer: true, number: 4, ..D }),
];
pub(crate) static CSI_NODE_DRIVER: Struct =
    object("io.k8s.api.storage.v1.CSINodeDriver", "v1.CSINodeDriver", &CSI_NODE_DRIVER_F, false);
pub(crate) static CSI_NODE_DRIVER_T: Type = one(&CSI_NODE_DRIVER);

static CSI_NODE_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::storage_v1::CSI_NODE_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static CSI_NODE_LIST: Struct =
    object("io.k8s.api.storage.v1.CSINodeList", "v1.CSINodeList", &CSI_NODE_LIST_F, false);

static CSI_NODE_SPEC_DRIVERS_KEYS: [Text; 1] = [text("name")];
static CSI_NODE_SPEC_F: [Field; 1] = [
    field("drivers", list(&super::storage_v1::CSI_NODE_DRIVER_T), F { omit: NEVER, required: true, number: 1, list: Lists::Map(&CSI_NODE_SPEC_DRIVERS_KEYS), merges: true, key: "name", ..D }),
];
pub(crate) static CSI_NODE_SPEC: Struct =
    object("io.k8s.api.storage.v1.CSINodeSpec", "v1.CSINodeSpec", &CSI_NODE_SPEC_F, false);

static CSI_STORAGE_CAPACITY_F: [Field; 7] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("nodeTopology", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 2, ..D }),
    field("storageClassName", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
    field("capacity", Type::Quantity, F { pointer: true, number: 4, ..D }),
    field("maximumVolumeSize", Type::Quantity, F { pointer: true, number: 5, ..D }),
];
pub(crate) static CSI_STORAGE_CAPACITY: Struct =
    object("io.k8s.api.storage.v1.CSIStorageCapacity", "v1.CSIStorageCapacity", &CSI_STORAGE_CAPACITY_F, false);
pub(crate) static CSI_STORAGE_CAPACITY_T: Type = one(&CSI_STORAGE_CAPACITY);

static CSI_STORAGE_CAPACITY_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::storage_v1::CSI_STORAGE_CAPACITY_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static CSI_STORAGE_CAPACITY_LIST: Struct =
    object("io.k8s.api.storage.v1.CSIStorageCapacityList", "v1.CSIStorageCapacityList", &CSI_STORAGE_CAPACITY_LIST_F, false);

static STORAGE_CLASS_RECLAIM_POLICY_VALUES: [Text; 3] = [text("Delete"), text("Recycle"), text("Retain")];
static STORAGE_CLASS_VOLUME_BINDING_MODE_VALUES: [Text; 2] = [text("Immediate"), text("WaitForFirstConsumer")];
static STORAGE_CLASS_F: [Field; 10] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("provisioner", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("parameters", map(&T_STRING), F { number: 3, ..D }),
    field("reclaimPolicy", Type::String, F { pointer: true, number: 4, values: &STORAGE_CLASS_RECLAIM_POLICY_VALUES, go: "v1.PersistentVolumeReclaimPolicy", ..D }),
    field("mountOptions", list(&T_STRING), F { number: 5, ..D }),
    field("allowVolumeExpansion", Type::Bool, F { pointer: true, number: 6, ..D }),
    field("volumeBindingMode", Type::String, F { pointer: true, number: 7, values: &STORAGE_CLASS_VOLUME_BINDING_MODE_VALUES, go: "v1.VolumeBindingMode", ..D }),
    field("allowedTopologies", list(&super::core_v1::TOPOLOGY_SELECTOR_TERM_T), F { number: 8, ..D }),
];
pub(crate) static STORAGE_CLASS: Struct =
    object("io.k8s.api.storage.v1.StorageClass", "v1.StorageClass", &STORAGE_CLASS_F, false);
pub(crate) static STORAGE_CLASS_T: Type = one(&STORAGE_CLASS);

static STORAGE_CLASS_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::storage_v1::STORAGE_CLASS_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static STORAGE_CLASS_LIST: Struct =
    object("io.k8s.api.storage.v1.StorageClassList", "v1.StorageClassList", &STORAGE_CLASS_LIST_F, false);

static TOKEN_REQUEST_F: [Field; 2] = [
    field("audience", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("expirationSeconds", Type::Int64, F { pointer: true, number: 2, ..D }),
];
pub(crate) static TOKEN_REQUEST: Struct =
    object("io.k8s.api.storage.v1.TokenRequest", "v1.TokenRequest", &TOKEN_REQUEST_F, false);
pub(crate) static TOKEN_REQUEST_T: Type = one(&TOKEN_REQUEST);

static VOLUME_ATTACHMENT_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::storage_v1::VOLUME_ATTACHMENT_SPEC), F { omit: NEVER, required: true, number: 2, ..D }),
    field("status", one(&super::storage_v1::VOLUME_ATTACHMENT_STATUS), F { number: 3, ..D }),
];
pub(crate) static VOLUME_ATTACHMENT: Struct =
    object("io.k8s.api.storage.v1.VolumeAttachment", "v1.VolumeAttachment", &VOLUME_ATTACHMENT_F, false);
pub(crate) static VOLUME_ATTACHMENT_T: Type = one(&VOLUME_ATTACHMENT);

static VOLUME_ATTACHMENT_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::storage_v1::VOLUME_ATTACHMENT_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static VOLUME_ATTACHMENT_LIST: Struct =
    object("io.k8s.api.storage.v1.VolumeAttachmentList", "v1.VolumeAttachmentList", &VOLUME_ATTACHMENT_LIST_F, false);

static VOLUME_ATTACHMENT_SOURCE_F: [Field; 2] = [
    field("persistentVolumeName", Type::String, F { pointer: true, number: 1, ..D }),
    field("inlineVolumeSpec", one(&super::core_v1::PERSISTENT_VOLUME_SPEC), F { pointer: true, number: 2, ..D }),
];
pub(crate) static VOLUME_ATTACHMENT_SOURCE: Struct =
    object("io.k8s.api.storage.v1.VolumeAttachmentSource", "v1.VolumeAttachmentSource", &VOLUME_ATTACHMENT_SOURCE_F, false);

static VOLUME_ATTACHMENT_SPEC_F: [Field; 3] = [
    field("attacher", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("source", one(&super::storage_v1::VOLUME_ATTACHMENT_SOURCE), F { omit: NEVER, required: true, number: 2, ..D }),
    field("nodeName", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
];
pub(crate) static VOLUME_ATTACHMENT_SPEC: Struct =
    object("io.k8s.api.storage.v1.VolumeAttachmentSpec", "v1.VolumeAttachmentSpec", &VOLUME_ATTACHMENT_SPEC_F, false);

static VOLUME_ATTACHMENT_STATUS_F: [Field; 4] = [
    field("attached", Type::Bool, F { omit: NEVER, required: true, number: 1, ..D }),
    field("attachmentMetadata", map(&T_STRING), F { number: 2, ..D }),
    field("attachError", one(&super::storage_v1::VOLUME_ERROR), F { pointer: true, number: 3, ..D }),
    field("detachError", one(&super::storage_v1::VOLUME_ERROR), F { pointer: true, number: 4, ..D }),
];
pub(crate) static VOLUME_ATTACHMENT_STATUS: Struct =
    object("io.k8s.api.storage.v1.VolumeAttachmentStatus", "v1.VolumeAttachmentStatus", &VOLUME_ATTACHMENT_STATUS_F, false);

static VOLUME_ATTRIBUTES_CLASS_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("driverName", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("parameters", map(&T_STRING), F { number: 3, ..D }),
];
pub(crate) static VOLUME_ATTRIBUTES_CLASS: Struct =
    object("io.k8s.api.storage.v1.VolumeAttributesClass", "v1.VolumeAttributesClass", &VOLUME_ATTRIBUTES_CLASS_F, false);
pub(crate) static VOLUME_ATTRIBUTES_CLASS_T: Type = one(&VOLUME_ATTRIBUTES_CLASS);

static VOLUME_ATTRIBUTES_CLASS_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::storage_v1::VOLUME_ATTRIBUTES_CLASS_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static VOLUME_ATTRIBUTES_CLASS_LIST: Struct =
    object("io.k8s.api.storage.v1.VolumeAttributesClassList", "v1.VolumeAttributesClassList", &VOLUME_ATTRIBUTES_CLASS_LIST_F, false);

static VOLUME_ERROR_F: [Field; 3] = [
    field("time", Type::Time, F { number: 1, ..D }),
    field("message", Type::String, F { number: 2, ..D }),
    field("errorCode", Type::Int32, F { pointer: true, number: 3, ..D }),
];
pub(crate) static VOLUME_ERROR: Struct =
    object("io.k8s.api.storage.v1.VolumeError", "v1.VolumeError", &VOLUME_ERROR_F, false);

static VOLUME_NODE_RESOURCES_F: [Field; 1] = [
    field("count", Type::Int32, F { pointer: true, number: 1, ..D }),
];
pub(crate) static VOLUME_NODE_RESOURCES: Struct =
    object("io.k8s.api.storage.v1.VolumeNodeResources", "v1.VolumeNodeResources", &VOLUME_NODE_RESOURCES_F, false);
