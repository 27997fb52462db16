//! Structs of `k8s.io/api/core/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE_F: [Field; 4] = [
    field("volumeID", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("fsType", Type::String, F { number: 2, ..D }),
    field("partition", Type::Int32, F { number: 3, ..D }),
    field("readOnly", Type::Bool, F { number: 4, ..D }),
];
pub(crate) static AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource", "v1.AWSElasticBlockStoreVolumeSource", &AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE_F, false);

static AFFINITY_F: [Field; 3] = [
    field("nodeAffinity", one(&super::core_v1::NODE_AFFINITY), F { pointer: true, number: 1, ..D }),
    field("podAffinity", one(&super::core_v1::POD_AFFINITY), F { pointer: true, number: 2, ..D }),
    field("podAntiAffinity", one(&super::core_v1::POD_ANTI_AFFINITY), F { pointer: true, number: 3, ..D }),
];
pub(crate) static AFFINITY: Struct =
    object("io.k8s.api.core.v1.Affinity", "v1.Affinity", &AFFINITY_F, false);

static APP_ARMOR_PROFILE_TYPE_VALUES: [Text; 3] = [text("Localhost"), text("RuntimeDefault"), text("Unconfined")];
static APP_ARMOR_PROFILE_F: [Field; 2] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, values: &APP_ARMOR_PROFILE_TYPE_VALUES, go: "v1.AppArmorProfileType", ..D }),
    field("localhostProfile", Type::String, F { pointer: true, number: 2, ..D }),
];
pub(crate) static APP_ARMOR_PROFILE: Struct =
    object("io.k8s.api.core.v1.AppArmorProfile", "v1.AppArmorProfile", &APP_ARMOR_PROFILE_F, false);

static ATTACHED_VOLUME_F: [Field; 2] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.UniqueVolumeName", ..D }),
    field("devicePath", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static ATTACHED_VOLUME: Struct =
    object("io.k8s.api.core.v1.AttachedVolume", "v1.AttachedVolume", &ATTACHED_VOLUME_F, false);
pub(crate) static ATTACHED_VOLUME_T: Type = one(&ATTACHED_VOLUME);

static AZURE_DISK_VOLUME_SOURCE_CACHING_MODE_VALUES: [Text; 3] = [text("None"), text("ReadOnly"), text("ReadWrite")];
static AZURE_DISK_VOLUME_SOURCE_KIND_VALUES: [Text; 3] = [text("Dedicated"), text("Managed"), text("Shared")];
static AZURE_DISK_VOLUME_SOURCE_F: [Field; 6] = [
    field("diskName", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("diskURI", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("cachingMode", Type::String, F { pointer: true, number: 3, default: "\"ReadWrite\"", values: &AZURE_DISK_VOLUME_SOURCE_CACHING_MODE_VALUES, go: "v1.AzureDataDiskCachingMode", ..D }),
    field("fsType", Type::String, F { pointer: true, number: 4, default: "\"ext4\"", ..D }),
    field("readOnly", Type::Bool, F { pointer: true, number: 5, ..D }),
    field("kind", Type::String, F { pointer: true, number: 6, default: "\"Shared\"", values: &AZURE_DISK_VOLUME_SOURCE_KIND_VALUES, go: "v1.AzureDataDiskKind", ..D }),
];
pub(crate) static AZURE_DISK_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.AzureDiskVolumeSource", "v1.AzureDiskVolumeSource", &AZURE_DISK_VOLUME_SOURCE_F, false);

static AZURE_FILE_PERSISTENT_VOLUME_SOURCE_F: [Field; 4] = [
    field("secretName", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("shareName", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("readOnly", Type::Bool, F { number: 3, ..D }),
    field("secretNamespace", Type::String, F { omit: NEVER, pointer: true, number: 4, ..D }),
];
pub(crate) static AZURE_FILE_PERSISTENT_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.AzureFilePersistentVolumeSource", "v1.AzureFilePersistentVolumeSource", &AZURE_FILE_PERSISTENT_VOLUME_SOURCE_F, false);

static AZURE_FILE_VOLUME_SOURCE_F: [Field; 3] = [
    field("secretName", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("shareName", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("readOnly", Type::Bool, F { number: 3, ..D }),
];
pub(crate) static AZURE_FILE_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.AzureFileVolumeSource", "v1.AzureFileVolumeSource", &AZURE_FILE_VOLUME_SOURCE_F, false);

static BINDING_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("target", one(&super::core_v1::OBJECT_REFERENCE), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static BINDING: Struct =
    object("io.k8s.api.core.v1.Binding", "v1.Binding", &BINDING_F, false);

static CSI_PERSISTENT_VOLUME_SOURCE_F: [Field; 10] = [
    field("driver", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("volumeHandle", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("readOnly", Type::Bool, F { number: 3, ..D }),
    field("fsType", Type::String, F { number: 4, ..D }),
    field("volumeAttributes", map(&T_STRING), F { number: 5, ..D }),
    field("controllerPublishSecretRef", one(&super::core_v1::SECRET_REFERENCE), F { pointer: true, number: 6, ..D }),
    field("nodeStageSecretRef", one(&super::core_v1::SECRET_REFERENCE), F { pointer: true, number: 7, ..D }),
    field("nodePublishSecretRef", one(&super::core_v1::SECRET_REFERENCE), F { pointer: true, number: 8, ..D }),
    field("controllerExpandSecretRef", one(&super::core_v1::SECRET_REFERENCE), F { pointer: true, number: 9, ..D }),
    field("nodeExpandSecretRef", one(&super::core_v1::SECRET_REFERENCE), F { pointer: true, number: 10, ..D }),
];
pub(crate) static CSI_PERSISTENT_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.CSIPersistentVolumeSource", "v1.CSIPersistentVolumeSource", &CSI_PERSISTENT_VOLUME_SOURCE_F, false);

static CSI_VOLUME_SOURCE_F: [Field; 5] = [
    field("driver", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("readOnly", Type::Bool, F { pointer: true, number: 2, ..D }),
    field("fsType", Type::String, F { pointer: true, number: 3, ..D }),
    field("volumeAttributes", map(&T_STRING), F { number: 4, ..D }),
    field("nodePublishSecretRef", one(&super::core_v1::LOCAL_OBJECT_REFERENCE), F { pointer: true, number: 5, ..D }),
];
pub(crate) static CSI_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.CSIVolumeSource", "v1.CSIVolumeSource", &CSI_VOLUME_SOURCE_F, false);

static CAPABILITIES_F: [Field; 2] = [
    field("add", list(&T_STRING), F { number: 1, go: "[]v1.Capability", ..D }),
    field("drop", list(&T_STRING), F { number: 2, go: "[]v1.Capability", ..D }),
];
pub(crate) static CAPABILITIES: Struct =
    object("io.k8s.api.core.v1.Capabilities", "v1.Capabilities", &CAPABILITIES_F, false);

static CEPH_FS_PERSISTENT_VOLUME_SOURCE_F: [Field; 6] = [
    field("monitors", list(&T_STRING), F { omit: NEVER, required: true, number: 1, ..D }),
    field("path", Type::String, F { number: 2, ..D }),
    field("user", Type::String, F { number: 3, ..D }),
    field("secretFile", Type::String, F { number: 4, ..D }),
    field("secretRef", one(&super::core_v1::SECRET_REFERENCE), F { pointer: true, number: 5, ..D }),
    field("readOnly", Type::Bool, F { number: 6, ..D }),
];
pub(crate) static CEPH_FS_PERSISTENT_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.CephFSPersistentVolumeSource", "v1.CephFSPersistentVolumeSource", &CEPH_FS_PERSISTENT_VOLUME_SOURCE_F, false);

static CEPH_FS_VOLUME_SOURCE_F: [Field; 6] = [
    field("monitors", list(&T_STRING), F { omit: NEVER, required: true, number: 1, ..D }),
    field("path", Type::String, F { number: 2, ..D }),
    field("user", Type::String, F { number: 3, ..D }),
    field("secretFile", Type::String, F { number: 4, ..D }),
    field("secretRef", one(&super::core_v1::LOCAL_OBJECT_REFERENCE), F { pointer: true, number: 5, ..D }),
    field("readOnly", Type::Bool, F { number: 6, ..D }),
];
pub(crate) static CEPH_FS_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.CephFSVolumeSource", "v1.CephFSVolumeSource", &CEPH_FS_VOLUME_SOURCE_F, false);

static CINDER_PERSISTENT_VOLUME_SOURCE_F: [Field; 4] = [
    field("volumeID", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("fsType", Type::String, F { number: 2, ..D }),
    field("readOnly", Type::Bool, F { number: 3, ..D }),
    field("secretRef", one(&super::core_v1::SECRET_REFERENCE), F { pointer: true, number: 4, ..D }),
];
pub(crate) static CINDER_PERSISTENT_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.CinderPersistentVolumeSource", "v1.CinderPersistentVolumeSource", &CINDER_PERSISTENT_VOLUME_SOURCE_F, false);

static CINDER_VOLUME_SOURCE_F: [Field; 4] = [
    field("volumeID", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("fsType", Type::String, F { number: 2, ..D }),
    field("readOnly", Type::Bool, F { number: 3, ..D }),
    field("secretRef", one(&super::core_v1::LOCAL_OBJECT_REFERENCE), F { pointer: true, number: 4, ..D }),
];
pub(crate) static CINDER_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.CinderVolumeSource", "v1.CinderVolumeSource", &CINDER_VOLUME_SOURCE_F, false);

static CLIENT_IP_CONFIG_F: [Field; 1] = [
    field("timeoutSeconds", Type::Int32, F { pointer: true, number: 1, ..D }),
];
pub(crate) static CLIENT_IP_CONFIG: Struct =
    object("io.k8s.api.core.v1.ClientIPConfig", "v1.ClientIPConfig", &CLIENT_IP_CONFIG_F, false);

static CLUSTER_TRUST_BUNDLE_PROJECTION_F: [Field; 5] = [
    field("name", Type::String, F { pointer: true, number: 1, ..D }),
    field("signerName", Type::String, F { pointer: true, number: 2, ..D }),
    field("labelSelector", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 3, ..D }),
    field("optional", Type::Bool, F { pointer: true, number: 5, ..D }),
    field("path", Type::String, F { omit: NEVER, required: true, number: 4, ..D }),
];
pub(crate) static CLUSTER_TRUST_BUNDLE_PROJECTION: Struct =
    object("io.k8s.api.core.v1.ClusterTrustBundleProjection", "v1.ClusterTrustBundleProjection", &CLUSTER_TRUST_BUNDLE_PROJECTION_F, false);

static COMPONENT_CONDITION_F: [Field; 4] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.ComponentConditionType", ..D }),
    field("status", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.ConditionStatus", ..D }),
    field("message", Type::String, F { number: 3, ..D }),
    field("error", Type::String, F { number: 4, ..D }),
];
pub(crate) static COMPONENT_CONDITION: Struct =
    object("io.k8s.api.core.v1.ComponentCondition", "v1.ComponentCondition", &COMPONENT_CONDITION_F, false);
pub(crate) static COMPONENT_CONDITION_T: Type = one(&COMPONENT_CONDITION);

static COMPONENT_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static COMPONENT_STATUS_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("conditions", list(&super::core_v1::COMPONENT_CONDITION_T), F { number: 2, list: Lists::Map(&COMPONENT_STATUS_CONDITIONS_KEYS), merges: true, key: "type", ..D }),
];
pub(crate) static COMPONENT_STATUS: Struct =
    object("io.k8s.api.core.v1.ComponentStatus", "v1.ComponentStatus", &COMPONENT_STATUS_F, false);
pub(crate) static COMPONENT_STATUS_T: Type = one(&COMPONENT_STATUS);

static COMPONENT_STATUS_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::core_v1::COMPONENT_STATUS_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static COMPONENT_STATUS_LIST: Struct =
    object("io.k8s.api.core.v1.ComponentStatusList", "v1.ComponentStatusList", &COMPONENT_STATUS_LIST_F, false);

static CONFIG_MAP_F: [Field; 6] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("immutable", Type::Bool, F { pointer: true, number: 4, ..D }),
    field("data", map(&T_STRING), F { number: 2, ..D }),
    field("binaryData", map(&T_BYTES), F { number: 3, ..D }),
];
pub(crate) static CONFIG_MAP: Struct =
    object("io.k8s.api.core.v1.ConfigMap", "v1.ConfigMap", &CONFIG_MAP_F, false);
pub(crate) static CONFIG_MAP_T: Type = one(&CONFIG_MAP);

static CONFIG_MAP_ENV_SOURCE_F: [Field; 2] = [
    field("name", Type::String, F { number: 1, inline: 1, embedded: "LocalObjectReference", ..D }),
    field("optional", Type::Bool, F { pointer: true, number: 2, ..D }),
];
pub(crate) static CONFIG_MAP_ENV_SOURCE: Struct =
    object("io.k8s.api.core.v1.ConfigMapEnvSource", "v1.ConfigMapEnvSource", &CONFIG_MAP_ENV_SOURCE_F, false);

static CONFIG_MAP_KEY_SELECTOR_F: [Field; 3] = [
    field("name", Type::String, F { number: 1, inline: 1, embedded: "LocalObjectReference", ..D }),
    field("key", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("optional", Type::Bool, F { pointer: true, number: 3, ..D }),
];
pub(crate) static CONFIG_MAP_KEY_SELECTOR: Struct =
    object("io.k8s.api.core.v1.ConfigMapKeySelector", "v1.ConfigMapKeySelector", &CONFIG_MAP_KEY_SELECTOR_F, true);

static CONFIG_MAP_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::core_v1::CONFIG_MAP_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static CONFIG_MAP_LIST: Struct =
    object("io.k8s.api.core.v1.ConfigMapList", "v1.ConfigMapList", &CONFIG_MAP_LIST_F, false);

static CONFIG_MAP_NODE_CONFIG_SOURCE_F: [Field; 5] = [
    field("namespace", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("name", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("uid", Type::String, F { number: 3, go: "types.UID", ..D }),
    field("resourceVersion", Type::String, F { number: 4, ..D }),
    field("kubeletConfigKey", Type::String, F { omit: NEVER, required: true, number: 5, ..D }),
];
pub(crate) static CONFIG_MAP_NODE_CONFIG_SOURCE: Struct =
    object("io.k8s.api.core.v1.ConfigMapNodeConfigSource", "v1.ConfigMapNodeConfigSource", &CONFIG_MAP_NODE_CONFIG_SOURCE_F, false);

static CONFIG_MAP_PROJECTION_F: [Field; 3] = [
    field("name", Type::String, F { number: 1, inline: 1, embedded: "LocalObjectReference", ..D }),
    field("items", list(&super::core_v1::KEY_TO_PATH_T), F { number: 2, ..D }),
    field("optional", Type::Bool, F { pointer: true, number: 4, ..D }),
];
pub(crate) static CONFIG_MAP_PROJECTION: Struct =
    object("io.k8s.api.core.v1.ConfigMapProjection", "v1.ConfigMapProjection", &CONFIG_MAP_PROJECTION_F, false);

static CONFIG_MAP_VOLUME_SOURCE_F: [Field; 4] = [
    field("name", Type::String, F { number: 1, inline: 1, embedded: "LocalObjectReference", ..D }),
    field("items", list(&super::core_v1::KEY_TO_PATH_T), F { number: 2, ..D }),
    field("defaultMode", Type::Int32, F { pointer: true, number: 3, ..D }),
    field("optional", Type::Bool, F { pointer: true, number: 4, ..D }),
];
pub(crate) static CONFIG_MAP_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.ConfigMapVolumeSource", "v1.ConfigMapVolumeSource", &CONFIG_MAP_VOLUME_SOURCE_F, false);

static CONTAINER_PORTS_KEYS: [Text; 2] = [text("containerPort"), text("protocol")];
static CONTAINER_ENV_KEYS: [Text; 1] = [text("name")];
static CONTAINER_VOLUME_MOUNTS_KEYS: [Text; 1] = [text("mountPath")];
static CONTAINER_VOLUME_DEVICES_KEYS: [Text; 1] = [text("devicePath")];
static CONTAINER_TERMINATION_MESSAGE_POLICY_VALUES: [Text; 2] = [text("FallbackToLogsOnError"), text("File")];
static CONTAINER_IMAGE_PULL_POLICY_VALUES: [Text; 3] = [text("Always"), text("IfNotPresent"), text("Never")];
static CONTAINER_F: [Field; 25] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("image", Type::String, F { number: 2, ..D }),
    field("command", list(&T_STRING), F { number: 3, ..D }),
    field("args", list(&T_STRING), F { number: 4, ..D }),
    field("workingDir", Type::String, F { number: 5, ..D }),
    field("ports", list(&super::core_v1::CONTAINER_PORT_T), F { number: 6, list: Lists::Map(&CONTAINER_PORTS_KEYS), merges: true, key: "containerPort", ..D }),
    field("envFrom", list(&super::core_v1::ENV_FROM_SOURCE_T), F { number: 19, ..D }),
    field("env", list(&super::core_v1::ENV_VAR_T), F { number: 7, list: Lists::Map(&CONTAINER_ENV_KEYS), merges: true, key: "name", ..D }),
    field("resources", one(&super::core_v1::RESOURCE_REQUIREMENTS), F { number: 8, ..D }),
    field("resizePolicy", list(&super::core_v1::CONTAINER_RESIZE_POLICY_T), F { number: 23, ..D }),
    field("restartPolicy", Type::String, F { pointer: true, number: 24, go: "v1.ContainerRestartPolicy", ..D }),
    field("restartPolicyRules", list(&super::core_v1::CONTAINER_RESTART_RULE_T), F { number: 25, ..D }),
    field("volumeMounts", list(&super::core_v1::VOLUME_MOUNT_T), F { number: 9, list: Lists::Map(&CONTAINER_VOLUME_MOUNTS_KEYS), merges: true, key: "mountPath", ..D }),
    field("volumeDevices", list(&super::core_v1::VOLUME_DEVICE_T), F { number: 21, list: Lists::Map(&CONTAINER_VOLUME_DEVICES_KEYS), merges: true, key: "devicePath", ..D }),
    field("livenessProbe", one(&super::core_v1::PROBE), F { pointer: true, number: 10, ..D }),
    field("readinessProbe", one(&super::core_v1::PROBE), F { pointer: true, number: 11, ..D }),
    field("startupProbe", one(&super::core_v1::PROBE), F { pointer: true, number: 22, ..D }),
    field("lifecycle", one(&super::core_v1::LIFECYCLE), F { pointer: true, number: 12, ..D }),
    field("terminationMessagePath", Type::String, F { number: 13, ..D }),
    field("terminationMessagePolicy", Type::String, F { number: 20, values: &CONTAINER_TERMINATION_MESSAGE_POLICY_VALUES, go: "v1.TerminationMessagePolicy", ..D }),
    field("imagePullPolicy", Type::String, F { number: 14, values: &CONTAINER_IMAGE_PULL_POLICY_VALUES, go: "v1.PullPolicy", ..D }),
    field("securityContext", one(&super::core_v1::SECURITY_CONTEXT), F { pointer: true, number: 15, ..D }),
    field("stdin", Type::Bool, F { number: 16, ..D }),
    field("stdinOnce", Type::Bool, F { number: 17, ..D }),
    field("tty", Type::Bool, F { number: 18, ..D }),
];
pub(crate) static CONTAINER: Struct =
    object("io.k8s.api.core.v1.Container", "v1.Container", &CONTAINER_F, false);
pub(crate) static CONTAINER_T: Type = one(&CONTAINER);

static CONTAINER_EXTENDED_RESOURCE_REQUEST_F: [Field; 3] = [
    field("containerName", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("resourceName", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("requestName", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
];
pub(crate) static CONTAINER_EXTENDED_RESOURCE_REQUEST: Struct =
    object("io.k8s.api.core.v1.ContainerExtendedResourceRequest", "v1.ContainerExtendedResourceRequest", &CONTAINER_EXTENDED_RESOURCE_REQUEST_F, false);
pub(crate) static CONTAINER_EXTENDED_RESOURCE_REQUEST_T: Type = one(&CONTAINER_EXTENDED_RESOURCE_REQUEST);

static CONTAINER_IMAGE_F: [Field; 2] = [
    field("names", list(&T_STRING), F { omit: NEVER, number: 1, ..D }),
    field("sizeBytes", Type::Int64, F { number: 2, ..D }),
];
pub(crate) static CONTAINER_IMAGE: Struct =
    object("io.k8s.api.core.v1.ContainerImage", "v1.ContainerImage", &CONTAINER_IMAGE_F, false);
pub(crate) static CONTAINER_IMAGE_T: Type = one(&CONTAINER_IMAGE);

static CONTAINER_PORT_PROTOCOL_VALUES: [Text; 3] = [text("SCTP"), text("TCP"), text("UDP")];
static CONTAINER_PORT_F: [Field; 5] = [
    field("name", Type::String, F { number: 1, ..D }),
    field("hostPort", Type::Int32, F { number: 2, ..D }),
    field("containerPort", Type::Int32, F { omit: NEVER, required: true, number: 3, ..D }),
    field("protocol", Type::String, F { number: 4, default: "\"TCP\"", values: &CONTAINER_PORT_PROTOCOL_VALUES, go: "v1.Protocol", ..D }),
    field("hostIP", Type::String, F { number: 5, ..D }),
];
pub(crate) static CONTAINER_PORT: Struct =
    object("io.k8s.api.core.v1.ContainerPort", "v1.ContainerPort", &CONTAINER_PORT_F, false);
pub(crate) static CONTAINER_PORT_T: Type = one(&CONTAINER_PORT);

static CONTAINER_RESIZE_POLICY_F: [Field; 2] = [
    field("resourceName", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.ResourceName", ..D }),
    field("restartPolicy", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.ResourceResizeRestartPolicy", ..D }),
];
pub(crate) static CONTAINER_RESIZE_POLICY: Struct =
    object("io.k8s.api.core.v1.ContainerResizePolicy", "v1.ContainerResizePolicy", &CONTAINER_RESIZE_POLICY_F, false);
pub(crate) static CONTAINER_RESIZE_POLICY_T: Type = one(&CONTAINER_RESIZE_POLICY);

static CONTAINER_RESTART_RULE_F: [Field; 2] = [
    field("action", Type::String, F { required: true, number: 1, go: "v1.ContainerRestartRuleAction", ..D }),
    field("exitCodes", one(&super::core_v1::CONTAINER_RESTART_RULE_ON_EXIT_CODES), F { pointer: true, number: 2, ..D }),
];
pub(crate) static CONTAINER_RESTART_RULE: Struct =
    object("io.k8s.api.core.v1.ContainerRestartRule", "v1.ContainerRestartRule", &CONTAINER_RESTART_RULE_F, false);
pub(crate) static CONTAINER_RESTART_RULE_T: Type = one(&CONTAINER_RESTART_RULE);

static CONTAINER_RESTART_RULE_ON_EXIT_CODES_F: [Field; 2] = [
    field("operator", Type::String, F { required: true, number: 1, go: "v1.ContainerRestartRuleOnExitCodesOperator", ..D }),
    field("values", list(&T_INT32), F { number: 2, list: Lists::Set, ..D }),
];
pub(crate) static CONTAINER_RESTART_RULE_ON_EXIT_CODES: Struct =
    object("io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes", "v1.ContainerRestartRuleOnExitCodes", &CONTAINER_RESTART_RULE_ON_EXIT_CODES_F, false);

static CONTAINER_STATE_F: [Field; 3] = [
    field("waiting", one(&super::core_v1::CONTAINER_STATE_WAITING), F { pointer: true, number: 1, ..D }),
    field("running", one(&super::core_v1::CONTAINER_STATE_RUNNING), F { pointer: true, number: 2, ..D }),
    field("terminated", one(&super::core_v1::CONTAINER_STATE_TERMINATED), F { pointer: true, number: 3, ..D }),
];
pub(crate) static CONTAINER_STATE: Struct =
    object("io.k8s.api.core.v1.ContainerState", "v1.ContainerState", &CONTAINER_STATE_F, false);

static CONTAINER_STATE_RUNNING_F: [Field; 1] = [
    field("startedAt", Type::Time, F { number: 1, ..D }),
];
pub(crate) static CONTAINER_STATE_RUNNING: Struct =
    object("io.k8s.api.core.v1.ContainerStateRunning", "v1.ContainerStateRunning", &CONTAINER_STATE_RUNNING_F, false);

static CONTAINER_STATE_TERMINATED_F: [Field; 7] = [
    field("exitCode", Type::Int32, F { omit: NEVER, required: true, number: 1, ..D }),
    field("signal", Type::Int32, F { number: 2, ..D }),
    field("reason", Type::String, F { number: 3, ..D }),
    field("message", Type::String, F { number: 4, ..D }),
    field("startedAt", Type::Time, F { number: 5, ..D }),
    field("finishedAt", Type::Time, F { number: 6, ..D }),
    field("containerID", Type::String, F { number: 7, ..D }),
];
pub(crate) static CONTAINER_STATE_TERMINATED: Struct =
    object("io.k8s.api.core.v1.ContainerStateTerminated", "v1.ContainerStateTerminated", &CONTAINER_STATE_TERMINATED_F, false);

static CONTAINER_STATE_WAITING_F: [Field; 2] = [
    field("reason", Type::String, F { number: 1, ..D }),
    field("message", Type::String, F { number: 2, ..D }),
];
pub(crate) static CONTAINER_STATE_WAITING: Struct =
    object("io.k8s.api.core.v1.ContainerStateWaiting", "v1.ContainerStateWaiting", &CONTAINER_STATE_WAITING_F, false);

static CONTAINER_STATUS_VOLUME_MOUNTS_KEYS: [Text; 1] = [text("mountPath")];
static CONTAINER_STATUS_ALLOCATED_RESOURCES_STATUS_KEYS: [Text; 1] = [text("name")];
static CONTAINER_STATUS_STOP_SIGNAL_VALUES: [Text; 65] = [text("SIGABRT"), text("SIGALRM"), text("SIGBUS"), text("SIGCHLD"), text("SIGCLD"), text("SIGCONT"), text("SIGFPE"), text("SIGHUP"), text("SIGILL"), text("SIGINT"), text("SIGIO"), text("SIGIOT"), text("SIGKILL"), text("SIGPIPE"), text("SIGPOLL"), text("SIGPROF"), text("SIGPWR"), text("SIGQUIT"), text("SIGRTMAX"), text("SIGRTMAX-1"), text("SIGRTMAX-10"), text("SIGRTMAX-11"), text("SIGRTMAX-12"), text("SIGRTMAX-13"), text("SIGRTMAX-14"), text("SIGRTMAX-2"), text("SIGRTMAX-3"), text("SIGRTMAX-4"), text("SIGRTMAX-5"), text("SIGRTMAX-6"), text("SIGRTMAX-7"), text("SIGRTMAX-8"), text("SIGRTMAX-9"), text("SIGRTMIN"), text("SIGRTMIN+1"), text("SIGRTMIN+10"), text("SIGRTMIN+11"), text("SIGRTMIN+12"), text("SIGRTMIN+13"), text("SIGRTMIN+14"), text("SIGRTMIN+15"), text("SIGRTMIN+2"), text("SIGRTMIN+3"), text("SIGRTMIN+4"), text("SIGRTMIN+5"), text("SIGRTMIN+6"), text("SIGRTMIN+7"), text("SIGRTMIN+8"), text("SIGRTMIN+9"), text("SIGSEGV"), text("SIGSTKFLT"), text("SIGSTOP"), text("SIGSYS"), text("SIGTERM"), text("SIGTRAP"), text("SIGTSTP"), text("SIGTTIN"), text("SIGTTOU"), text("SIGURG"), text("SIGUSR1"), text("SIGUSR2"), text("SIGVTALRM"), text("SIGWINCH"), text("SIGXCPU"), text("SIGXFSZ")];
static CONTAINER_STATUS_F: [Field; 15] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("state", one(&super::core_v1::CONTAINER_STATE), F { number: 2, ..D }),
    field("lastState", one(&super::core_v1::CONTAINER_STATE), F { number: 3, ..D }),
    field("ready", Type::Bool, F { omit: NEVER, required: true, number: 4, ..D }),
    field("restartCount", Type::Int32, F { omit: NEVER, required: true, number: 5, ..D }),
    field("image", Type::String, F { omit: NEVER, required: true, number: 6, ..D }),
    field("imageID", Type::String, F { omit: NEVER, required: true, number: 7, ..D }),
    field("containerID", Type::String, F { number: 8, ..D }),
    field("started", Type::Bool, F { pointer: true, number: 9, ..D }),
    field("allocatedResources", map(&T_QUANTITY), F { number: 10, go: "v1.ResourceList", ..D }),
    field("resources", one(&super::core_v1::RESOURCE_REQUIREMENTS), F { pointer: true, number: 11, ..D }),
    field("volumeMounts", list(&super::core_v1::VOLUME_MOUNT_STATUS_T), F { number: 12, list: Lists::Map(&CONTAINER_STATUS_VOLUME_MOUNTS_KEYS), merges: true, key: "mountPath", ..D }),
    field("user", one(&super::core_v1::CONTAINER_USER), F { pointer: true, number: 13, ..D }),
    field("allocatedResourcesStatus", list(&super::core_v1::RESOURCE_STATUS_T), F { number: 14, list: Lists::Map(&CONTAINER_STATUS_ALLOCATED_RESOURCES_STATUS_KEYS), merges: true, key: "name", ..D }),
    field("stopSignal", Type::String, F { pointer: true, number: 15, values: &CONTAINER_STATUS_STOP_SIGNAL_VALUES, go: "v1.Signal", ..D }),
];
pub(crate) static CONTAINER_STATUS: Struct =
    object("io.k8s.api.core.v1.ContainerStatus", "v1.ContainerStatus", &CONTAINER_STATUS_F, false);
pub(crate) static CONTAINER_STATUS_T: Type = one(&CONTAINER_STATUS);

static CONTAINER_USER_F: [Field; 1] = [
    field("linux", one(&super::core_v1::LINUX_CONTAINER_USER), F { pointer: true, number: 1, ..D }),
];
pub(crate) static CONTAINER_USER: Struct =
    object("io.k8s.api.core.v1.ContainerUser", "v1.ContainerUser", &CONTAINER_USER_F, false);

static DAEMON_ENDPOINT_F: [Field; 1] = [
    field("Port", Type::Int32, F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static DAEMON_ENDPOINT: Struct =
    object("io.k8s.api.core.v1.DaemonEndpoint", "v1.DaemonEndpoint", &DAEMON_ENDPOINT_F, false);

static DOWNWARD_API_PROJECTION_F: [Field; 1] = [
    field("items", list(&super::core_v1::DOWNWARD_API_VOLUME_FILE_T), F { number: 1, ..D }),
];
pub(crate) static DOWNWARD_API_PROJECTION: Struct =
    object("io.k8s.api.core.v1.DownwardAPIProjection", "v1.DownwardAPIProjection", &DOWNWARD_API_PROJECTION_F, false);

static DOWNWARD_API_VOLUME_FILE_F: [Field; 4] = [
    field("path", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("fieldRef", one(&super::core_v1::OBJECT_FIELD_SELECTOR), F { pointer: true, number: 2, ..D }),
    field("resourceFieldRef", one(&super::core_v1::RESOURCE_FIELD_SELECTOR), F { pointer: true, number: 3, ..D }),
    field("mode", Type::Int32, F { pointer: true, number: 4, ..D }),
];
pub(crate) static DOWNWARD_API_VOLUME_FILE: Struct =
    object("io.k8s.api.core.v1.DownwardAPIVolumeFile", "v1.DownwardAPIVolumeFile", &DOWNWARD_API_VOLUME_FILE_F, false);
pub(crate) static DOWNWARD_API_VOLUME_FILE_T: Type = one(&DOWNWARD_API_VOLUME_FILE);

static DOWNWARD_API_VOLUME_SOURCE_F: [Field; 2] = [
    field("items", list(&super::core_v1::DOWNWARD_API_VOLUME_FILE_T), F { number: 1, ..D }),
    field("defaultMode", Type::Int32, F { pointer: true, number: 2, ..D }),
];
pub(crate) static DOWNWARD_API_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.DownwardAPIVolumeSource", "v1.DownwardAPIVolumeSource", &DOWNWARD_API_VOLUME_SOURCE_F, false);

static EMPTY_DIR_VOLUME_SOURCE_F: [Field; 2] = [
    field("medium", Type::String, F { number: 1, go: "v1.StorageMedium", ..D }),
    field("sizeLimit", Type::Quantity, F { pointer: true, number: 2, ..D }),
];
pub(crate) static EMPTY_DIR_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.EmptyDirVolumeSource", "v1.EmptyDirVolumeSource", &EMPTY_DIR_VOLUME_SOURCE_F, false);

static ENDPOINT_ADDRESS_F: [Field; 4] = [
    field("ip", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("hostname", Type::String, F { number: 3, ..D }),
    field("nodeName", Type::String, F { pointer: true, number: 4, ..D }),
    field("targetRef", one(&super::core_v1::OBJECT_REFERENCE), F { pointer: true, number: 2, ..D }),
];
pub(crate) static ENDPOINT_ADDRESS: Struct =
    object("io.k8s.api.core.v1.EndpointAddress", "v1.EndpointAddress", &ENDPOINT_ADDRESS_F, true);
pub(crate) static ENDPOINT_ADDRESS_T: Type = one(&ENDPOINT_ADDRESS);

static ENDPOINT_PORT_PROTOCOL_VALUES: [Text; 3] = [text("SCTP"), text("TCP"), text("UDP")];
static ENDPOINT_PORT_F: [Field; 4] = [
    field("name", Type::String, F { number: 1, ..D }),
    field("port", Type::Int32, F { omit: NEVER, required: true, number: 2, ..D }),
    field("protocol", Type::String, F { number: 3, values: &ENDPOINT_PORT_PROTOCOL_VALUES, go: "v1.Protocol", ..D }),
    field("appProtocol", Type::String, F { pointer: true, number: 4, ..D }),
];
pub(crate) static ENDPOINT_PORT: Struct =
    object("io.k8s.api.core.v1.EndpointPort", "v1.EndpointPort", &ENDPOINT_PORT_F, true);
pub(crate) static ENDPOINT_PORT_T: Type = one(&ENDPOINT_PORT);

static ENDPOINT_SUBSET_F: [Field; 3] = [
    field("addresses", list(&super::core_v1::ENDPOINT_ADDRESS_T), F { number: 1, ..D }),
    field("notReadyAddresses", list(&super::core_v1::ENDPOINT_ADDRESS_T), F { number: 2, ..D }),
    field("ports", list(&super::core_v1::ENDPOINT_PORT_T), F { number: 3, ..D }),
];
pub(crate) static ENDPOINT_SUBSET: Struct =
    object("io.k8s.api.core.v1.EndpointSubset", "v1.EndpointSubset", &ENDPOINT_SUBSET_F, false);
pub(crate) static ENDPOINT_SUBSET_T: Type = one(&ENDPOINT_SUBSET);

static ENDPOINTS_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("subsets", list(&super::core_v1::ENDPOINT_SUBSET_T), F { number: 2, ..D }),
];
pub(crate) static ENDPOINTS: Struct =
    object("io.k8s.api.core.v1.Endpoints", "v1.Endpoints", &ENDPOINTS_F, false);
pub(crate) static ENDPOINTS_T: Type = one(&ENDPOINTS);

static ENDPOINTS_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::core_v1::ENDPOINTS_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static ENDPOINTS_LIST: Struct =
    object("io.k8s.api.core.v1.EndpointsList", "v1.EndpointsList", &ENDPOINTS_LIST_F, false);

static ENV_FROM_SOURCE_F: [Field; 3] = [
    field("prefix", Type::String, F { number: 1, ..D }),
    field("configMapRef", one(&super::core_v1::CONFIG_MAP_ENV_SOURCE), F { pointer: true, number: 2, ..D }),
    field("secretRef", one(&super::core_v1::SECRET_ENV_SOURCE), F { pointer: true, number: 3, ..D }),
];
pub(crate) static ENV_FROM_SOURCE: Struct =
    object("io.k8s.api.core.v1.EnvFromSource", "v1.EnvFromSource", &ENV_FROM_SOURCE_F, false);
pub(crate) static ENV_FROM_SOURCE_T: Type = one(&ENV_FROM_SOURCE);

static ENV_VAR_F: [Field; 3] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("value", Type::String, F { number: 2, ..D }),
    field("valueFrom", one(&super::core_v1::ENV_VAR_SOURCE), F { pointer: true, number: 3, ..D }),
];
pub(crate) static ENV_VAR: Struct =
    object("io.k8s.api.core.v1.EnvVar", "v1.EnvVar", &ENV_VAR_F, false);
pub(crate) static ENV_VAR_T: Type = one(&ENV_VAR);

static ENV_VAR_SOURCE_F: [Field; 5] = [
    field("fieldRef", one(&super::core_v1::OBJECT_FIELD_SELECTOR), F { pointer: true, number: 1, ..D }),
    field("resourceFieldRef", one(&super::core_v1::RESOURCE_FIELD_SELECTOR), F { pointer: true, number: 2, ..D }),
    field("configMapKeyRef", one(&super::core_v1::CONFIG_MAP_KEY_SELECTOR), F { pointer: true, number: 3, ..D }),
    field("secretKeyRef", one(&super::core_v1::SECRET_KEY_SELECTOR), F { pointer: true, number: 4, ..D }),
    field("fileKeyRef", one(&super::core_v1::FILE_KEY_SELECTOR), F { pointer: true, number: 5, ..D }),
];
pub(crate) static ENV_VAR_SOURCE: Struct =
    object("io.k8s.api.core.v1.EnvVarSource", "v1.EnvVarSource", &ENV_VAR_SOURCE_F, false);

static EPHEMERAL_CONTAINER_PORTS_KEYS: [Text; 2] = [text("containerPort"), text("protocol")];
static EPHEMERAL_CONTAINER_ENV_KEYS: [Text; 1] = [text("name")];
static EPHEMERAL_CONTAINER_VOLUME_MOUNTS_KEYS: [Text; 1] = [text("mountPath")];
static EPHEMERAL_CONTAINER_VOLUME_DEVICES_KEYS: [Text; 1] = [text("devicePath")];
static EPHEMERAL_CONTAINER_TERMINATION_MESSAGE_POLICY_VALUES: [Text; 2] = [text("FallbackToLogsOnError"), text("File")];
static EPHEMERAL_CONTAINER_IMAGE_PULL_POLICY_VALUES: [Text; 3] = [text("Always"), text("IfNotPresent"), text("Never")];
static EPHEMERAL_CONTAINER_F: [Field; 26] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("image", Type::String, F { number: 2, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("command", list(&T_STRING), F { number: 3, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("args", list(&T_STRING), F { number: 4, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("workingDir", Type::String, F { number: 5, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("ports", list(&super::core_v1::CONTAINER_PORT_T), F { number: 6, inline: 1, list: Lists::Map(&EPHEMERAL_CONTAINER_PORTS_KEYS), merges: true, key: "containerPort", embedded: "EphemeralContainerCommon", ..D }),
    field("envFrom", list(&super::core_v1::ENV_FROM_SOURCE_T), F { number: 19, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("env", list(&super::core_v1::ENV_VAR_T), F { number: 7, inline: 1, list: Lists::Map(&EPHEMERAL_CONTAINER_ENV_KEYS), merges: true, key: "name", embedded: "EphemeralContainerCommon", ..D }),
    field("resources", one(&super::core_v1::RESOURCE_REQUIREMENTS), F { number: 8, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("resizePolicy", list(&super::core_v1::CONTAINER_RESIZE_POLICY_T), F { number: 23, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("restartPolicy", Type::String, F { pointer: true, number: 24, inline: 1, go: "v1.ContainerRestartPolicy", embedded: "EphemeralContainerCommon", ..D }),
    field("restartPolicyRules", list(&super::core_v1::CONTAINER_RESTART_RULE_T), F { number: 25, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("volumeMounts", list(&super::core_v1::VOLUME_MOUNT_T), F { number: 9, inline: 1, list: Lists::Map(&EPHEMERAL_CONTAINER_VOLUME_MOUNTS_KEYS), merges: true, key: "mountPath", embedded: "EphemeralContainerCommon", ..D }),
    field("volumeDevices", list(&super::core_v1::VOLUME_DEVICE_T), F { number: 21, inline: 1, list: Lists::Map(&EPHEMERAL_CONTAINER_VOLUME_DEVICES_KEYS), merges: true, key: "devicePath", embedded: "EphemeralContainerCommon", ..D }),
    field("livenessProbe", one(&super::core_v1::PROBE), F { pointer: true, number: 10, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("readinessProbe", one(&super::core_v1::PROBE), F { pointer: true, number: 11, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("startupProbe", one(&super::core_v1::PROBE), F { pointer: true, number: 22, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("lifecycle", one(&super::core_v1::LIFECYCLE), F { pointer: true, number: 12, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("terminationMessagePath", Type::String, F { number: 13, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("terminationMessagePolicy", Type::String, F { number: 20, inline: 1, values: &EPHEMERAL_CONTAINER_TERMINATION_MESSAGE_POLICY_VALUES, go: "v1.TerminationMessagePolicy", embedded: "EphemeralContainerCommon", ..D }),
    field("imagePullPolicy", Type::String, F { number: 14, inline: 1, values: &EPHEMERAL_CONTAINER_IMAGE_PULL_POLICY_VALUES, go: "v1.PullPolicy", embedded: "EphemeralContainerCommon", ..D }),
    field("securityContext", one(&super::core_v1::SECURITY_CONTEXT), F { pointer: true, number: 15, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("stdin", Type::Bool, F { number: 16, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("stdinOnce", Type::Bool, F { number: 17, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("tty", Type::Bool, F { number: 18, inline: 1, embedded: "EphemeralContainerCommon", ..D }),
    field("targetContainerName", Type::String, F { number: 2, ..D }),
];
pub(crate) static EPHEMERAL_CONTAINER: Struct =
    object("io.k8s.api.core.v1.EphemeralContainer", "v1.EphemeralContainer", &EPHEMERAL_CONTAINER_F, false);
pub(crate) static EPHEMERAL_CONTAINER_T: Type = one(&EPHEMERAL_CONTAINER);

static EPHEMERAL_VOLUME_SOURCE_F: [Field; 1] = [
    field("volumeClaimTemplate", one(&super::core_v1::PERSISTENT_VOLUME_CLAIM_TEMPLATE), F { pointer: true, number: 1, ..D }),
];
pub(crate) static EPHEMERAL_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.EphemeralVolumeSource", "v1.EphemeralVolumeSource", &EPHEMERAL_VOLUME_SOURCE_F, false);

static EVENT_F: [Field; 17] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { omit: NEVER, required: true, number: 1, ..D }),
    field("involvedObject", one(&super::core_v1::OBJECT_REFERENCE), F { omit: NEVER, required: true, number: 2, ..D }),
    field("reason", Type::String, F { number: 3, ..D }),
    field("message", Type::String, F { number: 4, ..D }),
    field("source", one(&super::core_v1::EVENT_SOURCE), F { number: 5, ..D }),
    field("firstTimestamp", Type::Time, F { number: 6, ..D }),
    field("lastTimestamp", Type::Time, F { number: 7, ..D }),
    field("count", Type::Int32, F { number: 8, ..D }),
    field("type", Type::String, F { number: 9, ..D }),
    field("eventTime", Type::MicroTime, F { number: 10, ..D }),
    field("series", one(&super::core_v1::EVENT_SERIES), F { pointer: true, number: 11, ..D }),
    field("action", Type::String, F { number: 12, ..D }),
    field("related", one(&super::core_v1::OBJECT_REFERENCE), F { pointer: true, number: 13, ..D }),
    field("reportingComponent", Type::String, F { omit: NEVER, number: 14, ..D }),
    field("reportingInstance", Type::String, F { omit: NEVER, number: 15, ..D }),
];
pub(crate) static EVENT: Struct =
    object("io.k8s.api.core.v1.Event", "v1.Event", &EVENT_F, false);
pub(crate) static EVENT_T: Type = one(&EVENT);

static EVENT_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::core_v1::EVENT_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static EVENT_LIST: Struct =
    object("io.k8s.api.core.v1.EventList", "v1.EventList", &EVENT_LIST_F, false);

static EVENT_SERIES_F: [Field; 2] = [
    field("count", Type::Int32, F { number: 1, ..D }),
    field("lastObservedTime", Type::MicroTime, F { number: 2, ..D }),
];
pub(crate) static EVENT_SERIES: Struct =
    object("io.k8s.api.core.v1.EventSeries", "v1.EventSeries", &EVENT_SERIES_F, false);

static EVENT_SOURCE_F: [Field; 2] = [
    field("component", Type::String, F { number: 1, ..D }),
    field("host", Type::String, F { number: 2, ..D }),
];
pub(crate) static EVENT_SOURCE: Struct =
    object("io.k8s.api.core.v1.EventSource", "v1.EventSource", &EVENT_SOURCE_F, false);

static EXEC_ACTION_F: [Field; 1] = [
    field("command", list(&T_STRING), F { number: 1, ..D }),
];
pub(crate) static EXEC_ACTION: Struct =
    object("io.k8s.api.core.v1.ExecAction", "v1.ExecAction", &EXEC_ACTION_F, false);

static FC_VOLUME_SOURCE_F: [Field; 5] = [
    field("targetWWNs", list(&T_STRING), F { number: 1, ..D }),
    field("lun", Type::Int32, F { pointer: true, number: 2, ..D }),
    field("fsType", Type::String, F { number: 3, ..D }),
    field("readOnly", Type::Bool, F { number: 4, ..D }),
    field("wwids", list(&T_STRING), F { number: 5, ..D }),
];
pub(crate) static FC_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.FCVolumeSource", "v1.FCVolumeSource", &FC_VOLUME_SOURCE_F, false);

static FILE_KEY_SELECTOR_F: [Field; 4] = [
    field("volumeName", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("path", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("key", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
    field("optional", Type::Bool, F { pointer: true, number: 4, ..D }),
];
pub(crate) static FILE_KEY_SELECTOR: Struct =
    object("io.k8s.api.core.v1.FileKeySelector", "v1.FileKeySelector", &FILE_KEY_SELECTOR_F, true);

static FLEX_PERSISTENT_VOLUME_SOURCE_F: [Field; 5] = [
    field("driver", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("fsType", Type::String, F { number: 2, ..D }),
    field("secretRef", one(&super::core_v1::SECRET_REFERENCE), F { pointer: true, number: 3, ..D }),
    field("readOnly", Type::Bool, F { number: 4, ..D }),
    field("options", map(&T_STRING), F { number: 5, ..D }),
];
pub(crate) static FLEX_PERSISTENT_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.FlexPersistentVolumeSource", "v1.FlexPersistentVolumeSource", &FLEX_PERSISTENT_VOLUME_SOURCE_F, false);

static FLEX_VOLUME_SOURCE_F: [Field; 5] = [
    field("driver", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("fsType", Type::String, F { number: 2, ..D }),
    field("secretRef", one(&super::core_v1::LOCAL_OBJECT_REFERENCE), F { pointer: true, number: 3, ..D }),
    field("readOnly", Type::Bool, F { number: 4, ..D }),
    field("options", map(&T_STRING), F { number: 5, ..D }),
];
pub(crate) static FLEX_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.FlexVolumeSource", "v1.FlexVolumeSource", &FLEX_VOLUME_SOURCE_F, false);

static FLOCKER_VOLUME_SOURCE_F: [Field; 2] = [
    field("datasetName", Type::String, F { number: 1, ..D }),
    field("datasetUUID", Type::String, F { number: 2, ..D }),
];
pub(crate) static FLOCKER_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.FlockerVolumeSource", "v1.FlockerVolumeSource", &FLOCKER_VOLUME_SOURCE_F, false);

static GCE_PERSISTENT_DISK_VOLUME_SOURCE_F: [Field; 4] = [
    field("pdName", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("fsType", Type::String, F { number: 2, ..D }),
    field("partition", Type::Int32, F { number: 3, ..D }),
    field("readOnly", Type::Bool, F { number: 4, ..D }),
];
pub(crate) static GCE_PERSISTENT_DISK_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.GCEPersistentDiskVolumeSource", "v1.GCEPersistentDiskVolumeSource", &GCE_PERSISTENT_DISK_VOLUME_SOURCE_F, false);

static GRPC_ACTION_F: [Field; 2] = [
    field("port", Type::Int32, F { omit: NEVER, required: true, number: 1, ..D }),
    field("service", Type::String, F { omit: NEVER, pointer: true, number: 2, ..D }),
];
pub(crate) static GRPC_ACTION: Struct =
    object("io.k8s.api.core.v1.GRPCAction", "v1.GRPCAction", &GRPC_ACTION_F, false);

static GIT_REPO_VOLUME_SOURCE_F: [Field; 3] = [
    field("repository", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("revision", Type::String, F { number: 2, ..D }),
    field("directory", Type::String, F { number: 3, ..D }),
];
pub(crate) static GIT_REPO_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.GitRepoVolumeSource", "v1.GitRepoVolumeSource", &GIT_REPO_VOLUME_SOURCE_F, false);

static GLUSTERFS_PERSISTENT_VOLUME_SOURCE_F: [Field; 4] = [
    field("endpoints", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("path", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("readOnly", Type::Bool, F { number: 3, ..D }),
    field("endpointsNamespace", Type::String, F { pointer: true, number: 4, ..D }),
];
pub(crate) static GLUSTERFS_PERSISTENT_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.GlusterfsPersistentVolumeSource", "v1.GlusterfsPersistentVolumeSource", &GLUSTERFS_PERSISTENT_VOLUME_SOURCE_F, false);

static GLUSTERFS_VOLUME_SOURCE_F: [Field; 3] = [
    field("endpoints", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("path", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("readOnly", Type::Bool, F { number: 3, ..D }),
];
pub(crate) static GLUSTERFS_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.GlusterfsVolumeSource", "v1.GlusterfsVolumeSource", &GLUSTERFS_VOLUME_SOURCE_F, false);

static HTTP_GET_ACTION_SCHEME_VALUES: [Text; 2] = [text("HTTP"), text("HTTPS")];
static HTTP_GET_ACTION_F: [Field; 5] = [
    field("path", Type::String, F { number: 1, ..D }),
    field("port", Type::IntOrString, F { omit: NEVER, required: true, number: 2, ..D }),
    field("host", Type::String, F { number: 3, ..D }),
    field("scheme", Type::String, F { number: 4, values: &HTTP_GET_ACTION_SCHEME_VALUES, go: "v1.URIScheme", ..D }),
    field("httpHeaders", list(&super::core_v1::HTTP_HEADER_T), F { number: 5, ..D }),
];
pub(crate) static HTTP_GET_ACTION: Struct =
    object("io.k8s.api.core.v1.HTTPGetAction", "v1.HTTPGetAction", &HTTP_GET_ACTION_F, false);

static HTTP_HEADER_F: [Field; 2] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("value", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static HTTP_HEADER: Struct =
    object("io.k8s.api.core.v1.HTTPHeader", "v1.HTTPHeader", &HTTP_HEADER_F, false);
pub(crate) static HTTP_HEADER_T: Type = one(&HTTP_HEADER);

static HOST_ALIAS_F: [Field; 2] = [
    field("ip", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("hostnames", list(&T_STRING), F { number: 2, ..D }),
];
pub(crate) static HOST_ALIAS: Struct =
    object("io.k8s.api.core.v1.HostAlias", "v1.HostAlias", &HOST_ALIAS_F, false);
pub(crate) static HOST_ALIAS_T: Type = one(&HOST_ALIAS);

static HOST_IP_F: [Field; 1] = [
    field("ip", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static HOST_IP: Struct =
    object("io.k8s.api.core.v1.HostIP", "v1.HostIP", &HOST_IP_F, false);
pub(crate) static HOST_IP_T: Type = one(&HOST_IP);

static HOST_PATH_VOLUME_SOURCE_TYPE_VALUES: [Text; 8] = [text(""), text("BlockDevice"), text("CharDevice"), text("Directory"), text("DirectoryOrCreate"), text("File"), text("FileOrCreate"), text("Socket")];
static HOST_PATH_VOLUME_SOURCE_F: [Field; 2] = [
    field("path", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("type", Type::String, F { pointer: true, number: 2, values: &HOST_PATH_VOLUME_SOURCE_TYPE_VALUES, go: "v1.HostPathType", ..D }),
];
pub(crate) static HOST_PATH_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.HostPathVolumeSource", "v1.HostPathVolumeSource", &HOST_PATH_VOLUME_SOURCE_F, false);

static ISCSI_PERSISTENT_VOLUME_SOURCE_F: [Field; 11] = [
    field("targetPortal", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("iqn", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("lun", Type::Int32, F { omit: NEVER, required: true, number: 3, ..D }),
    field("iscsiInterface", Type::String, F { number: 4, default: "\"default\"", ..D }),
    field("fsType", Type::String, F { number: 5, ..D }),
    field("readOnly", Type::Bool, F { number: 6, ..D }),
    field("portals", list(&T_STRING), F { number: 7, ..D }),
    field("chapAuthDiscovery", Type::Bool, F { number: 8, ..D }),
    field("chapAuthSession", Type::Bool, F { number: 11, ..D }),
    field("secretRef", one(&super::core_v1::SECRET_REFERENCE), F { pointer: true, number: 10, ..D }),
    field("initiatorName", Type::String, F { pointer: true, number: 12, ..D }),
];
pub(crate) static ISCSI_PERSISTENT_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.ISCSIPersistentVolumeSource", "v1.ISCSIPersistentVolumeSource", &ISCSI_PERSISTENT_VOLUME_SOURCE_F, false);

static ISCSI_VOLUME_SOURCE_F: [Field; 11] = [
    field("targetPortal", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("iqn", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("lun", Type::Int32, F { omit: NEVER, required: true, number: 3, ..D }),
    field("iscsiInterface", Type::String, F { number: 4, default: "\"default\"", ..D }),
    field("fsType", Type::String, F { number: 5, ..D }),
    field("readOnly", Type::Bool, F { number: 6, ..D }),
    field("portals", list(&T_STRING), F { number: 7, ..D }),
    field("chapAuthDiscovery", Type::Bool, F { number: 8, ..D }),
    field("chapAuthSession", Type::Bool, F { number: 11, ..D }),
    field("secretRef", one(&super::core_v1::LOCAL_OBJECT_REFERENCE), F { pointer: true, number: 10, ..D }),
    field("initiatorName", Type::String, F { pointer: true, number: 12, ..D }),
];
pub(crate) static ISCSI_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.ISCSIVolumeSource", "v1.ISCSIVolumeSource", &ISCSI_VOLUME_SOURCE_F, false);

static IMAGE_VOLUME_SOURCE_PULL_POLICY_VALUES: [Text; 3] = [text("Always"), text("IfNotPresent"), text("Never")];
static IMAGE_VOLUME_SOURCE_F: [Field; 2] = [
    field("reference", Type::String, F { number: 1, ..D }),
    field("pullPolicy", Type::String, F { number: 2, values: &IMAGE_VOLUME_SOURCE_PULL_POLICY_VALUES, go: "v1.PullPolicy", ..D }),
];
pub(crate) static IMAGE_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.ImageVolumeSource", "v1.ImageVolumeSource", &IMAGE_VOLUME_SOURCE_F, false);

static IMAGE_VOLUME_STATUS_F: [Field; 1] = [
    field("imageRef", Type::String, F { required: true, number: 1, ..D }),
];
pub(crate) static IMAGE_VOLUME_STATUS: Struct =
    object("io.k8s.api.core.v1.ImageVolumeStatus", "v1.ImageVolumeStatus", &IMAGE_VOLUME_STATUS_F, false);

static KEY_TO_PATH_F: [Field; 3] = [
    field("key", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("path", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("mode", Type::Int32, F { pointer: true, number: 3, ..D }),
];
pub(crate) static KEY_TO_PATH: Struct =
    object("io.k8s.api.core.v1.KeyToPath", "v1.KeyToPath", &KEY_TO_PATH_F, false);
pub(crate) static KEY_TO_PATH_T: Type = one(&KEY_TO_PATH);

static LIFECYCLE_STOP_SIGNAL_VALUES: [Text; 65] = [text("SIGABRT"), text("SIGALRM"), text("SIGBUS"), text("SIGCHLD"), text("SIGCLD"), text("SIGCONT"), text("SIGFPE"), text("SIGHUP"), text("SIGILL"), text("SIGINT"), text("SIGIO"), text("SIGIOT"), text("SIGKILL"), text("SIGPIPE"), text("SIGPOLL"), text("SIGPROF"), text("SIGPWR"), text("SIGQUIT"), text("SIGRTMAX"), text("SIGRTMAX-1"), text("SIGRTMAX-10"), text("SIGRTMAX-11"), text("SIGRTMAX-12"), text("SIGRTMAX-13"), text("SIGRTMAX-14"), text("SIGRTMAX-2"), text("SIGRTMAX-3"), text("SIGRTMAX-4"), text("SIGRTMAX-5"), text("SIGRTMAX-6"), text("SIGRTMAX-7"), text("SIGRTMAX-8"), text("SIGRTMAX-9"), text("SIGRTMIN"), text("SIGRTMIN+1"), text("SIGRTMIN+10"), text("SIGRTMIN+11"), text("SIGRTMIN+12"), text("SIGRTMIN+13"), text("SIGRTMIN+14"), text("SIGRTMIN+15"), text("SIGRTMIN+2"), text("SIGRTMIN+3"), text("SIGRTMIN+4"), text("SIGRTMIN+5"), text("SIGRTMIN+6"), text("SIGRTMIN+7"), text("SIGRTMIN+8"), text("SIGRTMIN+9"), text("SIGSEGV"), text("SIGSTKFLT"), text("SIGSTOP"), text("SIGSYS"), text("SIGTERM"), text("SIGTRAP"), text("SIGTSTP"), text("SIGTTIN"), text("SIGTTOU"), text("SIGURG"), text("SIGUSR1"), text("SIGUSR2"), text("SIGVTALRM"), text("SIGWINCH"), text("SIGXCPU"), text("SIGXFSZ")];
static LIFECYCLE_F: [Field; 3] = [
    field("postStart", one(&super::core_v1::LIFECYCLE_HANDLER), F { pointer: true, number: 1, ..D }),
    field("preStop", one(&super::core_v1::LIFECYCLE_HANDLER), F { pointer: true, number: 2, ..D }),
    field("stopSignal", Type::String, F { pointer: true, number: 3, values: &LIFECYCLE_STOP_SIGNAL_VALUES, go: "v1.Signal", ..D }),
];
pub(crate) static LIFECYCLE: Struct =
    object("io.k8s.api.core.v1.Lifecycle", "v1.Lifecycle", &LIFECYCLE_F, false);

static LIFECYCLE_HANDLER_F: [Field; 4] = [
    field("exec", one(&super::core_v1::EXEC_ACTION), F { pointer: true, number: 1, ..D }),
    field("httpGet", one(&super::core_v1::HTTP_GET_ACTION), F { pointer: true, number: 2, ..D }),
    field("tcpSocket", one(&super::core_v1::TCP_SOCKET_ACTION), F { pointer: true, number: 3, ..D }),
    field("sleep", one(&super::core_v1::SLEEP_ACTION), F { pointer: true, number: 4, ..D }),
];
pub(crate) static LIFECYCLE_HANDLER: Struct =
    object("io.k8s.api.core.v1.LifecycleHandler", "v1.LifecycleHandler", &LIFECYCLE_HANDLER_F, false);

static LIMIT_RANGE_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::core_v1::LIMIT_RANGE_SPEC), F { number: 2, ..D }),
];
pub(crate) static LIMIT_RANGE: Struct =
    object("io.k8s.api.core.v1.LimitRange", "v1.LimitRange", &LIMIT_RANGE_F, false);
pub(crate) static LIMIT_RANGE_T: Type = one(&LIMIT_RANGE);

static LIMIT_RANGE_ITEM_F: [Field; 6] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.LimitType", ..D }),
    field("max", map(&T_QUANTITY), F { number: 2, go: "v1.ResourceList", ..D }),
    field("min", map(&T_QUANTITY), F { number: 3, go: "v1.ResourceList", ..D }),
    field("default", map(&T_QUANTITY), F { number: 4, go: "v1.ResourceList", ..D }),
    field("defaultRequest", map(&T_QUANTITY), F { number: 5, go: "v1.ResourceList", ..D }),
    field("maxLimitRequestRatio", map(&T_QUANTITY), F { number: 6, go: "v1.ResourceList", ..D }),
];
pub(crate) static LIMIT_RANGE_ITEM: Struct =
    object("io.k8s.api.core.v1.LimitRangeItem", "v1.LimitRangeItem", &LIMIT_RANGE_ITEM_F, false);
pub(crate) static LIMIT_RANGE_ITEM_T: Type = one(&LIMIT_RANGE_ITEM);

static LIMIT_RANGE_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::core_v1::LIMIT_RANGE_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static LIMIT_RANGE_LIST: Struct =
    object("io.k8s.api.core.v1.LimitRangeList", "v1.LimitRangeList", &LIMIT_RANGE_LIST_F, false);

static LIMIT_RANGE_SPEC_F: [Field; 1] = [
    field("limits", list(&super::core_v1::LIMIT_RANGE_ITEM_T), F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static LIMIT_RANGE_SPEC: Struct =
    object("io.k8s.api.core.v1.LimitRangeSpec", "v1.LimitRangeSpec", &LIMIT_RANGE_SPEC_F, false);

static LINUX_CONTAINER_USER_F: [Field; 3] = [
    field("uid", Type::Int64, F { omit: NEVER, required: true, number: 1, ..D }),
    field("gid", Type::Int64, F { omit: NEVER, required: true, number: 2, ..D }),
    field("supplementalGroups", list(&T_INT64), F { number: 3, ..D }),
];
pub(crate) static LINUX_CONTAINER_USER: Struct =
    object("io.k8s.api.core.v1.LinuxContainerUser", "v1.LinuxContainerUser", &LINUX_CONTAINER_USER_F, false);

static LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&T_RAW_EXTENSION), F { omit: NEVER, number: 2, ..D }),
];
pub(crate) static LIST: Struct =
    object("io.k8s.api.core.v1.List", "v1.List", &LIST_F, false);

static LOAD_BALANCER_INGRESS_F: [Field; 4] = [
    field("ip", Type::String, F { number: 1, ..D }),
    field("hostname", Type::String, F { number: 2, ..D }),
    field("ipMode", Type::String, F { pointer: true, number: 3, go: "v1.LoadBalancerIPMode", ..D }),
    field("ports", list(&super::core_v1::PORT_STATUS_T), F { number: 4, ..D }),
];
pub(crate) static LOAD_BALANCER_INGRESS: Struct =
    object("io.k8s.api.core.v1.LoadBalancerIngress", "v1.LoadBalancerIngress", &LOAD_BALANCER_INGRESS_F, false);
pub(crate) static LOAD_BALANCER_INGRESS_T: Type = one(&LOAD_BALANCER_INGRESS);

static LOAD_BALANCER_STATUS_F: [Field; 1] = [
    field("ingress", list(&super::core_v1::LOAD_BALANCER_INGRESS_T), F { number: 1, ..D }),
];
pub(crate) static LOAD_BALANCER_STATUS: Struct =
    object("io.k8s.api.core.v1.LoadBalancerStatus", "v1.LoadBalancerStatus", &LOAD_BALANCER_STATUS_F, false);

static LOCAL_OBJECT_REFERENCE_F: [Field; 1] = [
    field("name", Type::String, F { number: 1, ..D }),
];
pub(crate) static LOCAL_OBJECT_REFERENCE: Struct =
    object("io.k8s.api.core.v1.LocalObjectReference", "v1.LocalObjectReference", &LOCAL_OBJECT_REFERENCE_F, true);
pub(crate) static LOCAL_OBJECT_REFERENCE_T: Type = one(&LOCAL_OBJECT_REFERENCE);

static LOCAL_VOLUME_SOURCE_F: [Field; 2] = [
    field("path", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("fsType", Type::String, F { pointer: true, number: 2, ..D }),
];
pub(crate) static LOCAL_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.LocalVolumeSource", "v1.LocalVolumeSource", &LOCAL_VOLUME_SOURCE_F, false);

static MODIFY_VOLUME_STATUS_STATUS_VALUES: [Text; 3] = [text("InProgress"), text("Infeasible"), text("Pending")];
static MODIFY_VOLUME_STATUS_F: [Field; 2] = [
    field("targetVolumeAttributesClassName", Type::String, F { number: 1, ..D }),
    field("status", Type::String, F { omit: NEVER, required: true, number: 2, values: &MODIFY_VOLUME_STATUS_STATUS_VALUES, go: "v1.PersistentVolumeClaimModifyVolumeStatus", ..D }),
];
pub(crate) static MODIFY_VOLUME_STATUS: Struct =
    object("io.k8s.api.core.v1.ModifyVolumeStatus", "v1.ModifyVolumeStatus", &MODIFY_VOLUME_STATUS_F, false);

static NFS_VOLUME_SOURCE_F: [Field; 3] = [
    field("server", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("path", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("readOnly", Type::Bool, F { number: 3, ..D }),
];
pub(crate) static NFS_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.NFSVolumeSource", "v1.NFSVolumeSource", &NFS_VOLUME_SOURCE_F, false);

static NAMESPACE_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::core_v1::NAMESPACE_SPEC), F { number: 2, ..D }),
    field("status", one(&super::core_v1::NAMESPACE_STATUS), F { number: 3, ..D }),
];
pub(crate) static NAMESPACE: Struct =
    object("io.k8s.api.core.v1.Namespace", "v1.Namespace", &NAMESPACE_F, false);
pub(crate) static NAMESPACE_T: Type = one(&NAMESPACE);

static NAMESPACE_CONDITION_F: [Field; 5] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.NamespaceConditionType", ..D }),
    field("status", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.ConditionStatus", ..D }),
    field("lastTransitionTime", Type::Time, F { number: 4, ..D }),
    field("reason", Type::String, F { number: 5, ..D }),
    field("message", Type::String, F { number: 6, ..D }),
];
pub(crate) static NAMESPACE_CONDITION: Struct =
    object("io.k8s.api.core.v1.NamespaceCondition", "v1.NamespaceCondition", &NAMESPACE_CONDITION_F, false);
pub(crate) static NAMESPACE_CONDITION_T: Type = one(&NAMESPACE_CONDITION);

static NAMESPACE_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::core_v1::NAMESPACE_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static NAMESPACE_LIST: Struct =
    object("io.k8s.api.core.v1.NamespaceList", "v1.NamespaceList", &NAMESPACE_LIST_F, false);

static NAMESPACE_SPEC_F: [Field; 1] = [
    field("finalizers", list(&T_STRING), F { number: 1, go: "[]v1.FinalizerName", ..D }),
];
pub(crate) static NAMESPACE_SPEC: Struct =
    object("io.k8s.api.core.v1.NamespaceSpec", "v1.NamespaceSpec", &NAMESPACE_SPEC_F, false);

static NAMESPACE_STATUS_PHASE_VALUES: [Text; 2] = [text("Active"), text("Terminating")];
static NAMESPACE_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static NAMESPACE_STATUS_F: [Field; 2] = [
    field("phase", Type::String, F { number: 1, values: &NAMESPACE_STATUS_PHASE_VALUES, go: "v1.NamespacePhase", ..D }),
    field("conditions", list(&super::core_v1::NAMESPACE_CONDITION_T), F { number: 2, list: Lists::Map(&NAMESPACE_STATUS_CONDITIONS_KEYS), merges: true, key: "type", ..D }),
];
pub(crate) static NAMESPACE_STATUS: Struct =
    object("io.k8s.api.core.v1.NamespaceStatus", "v1.NamespaceStatus", &NAMESPACE_STATUS_F, false);

static NODE_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::core_v1::NODE_SPEC), F { number: 2, ..D }),
    field("status", one(&super::core_v1::NODE_STATUS), F { number: 3, ..D }),
];
pub(crate) static NODE: Struct =
    object("io.k8s.api.core.v1.Node", "v1.Node", &NODE_F, false);
pub(crate) static NODE_T: Type = one(&NODE);

static NODE_ADDRESS_F: [Field; 2] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.NodeAddressType", ..D }),
    field("address", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static NODE_ADDRESS: Struct =
    object("io.k8s.api.core.v1.NodeAddress", "v1.NodeAddress", &NODE_ADDRESS_F, false);
pub(crate) static NODE_ADDRESS_T: Type = one(&NODE_ADDRESS);

static NODE_AFFINITY_F: [Field; 2] = [
    field("requiredDuringSchedulingIgnoredDuringExecution", one(&super::core_v1::NODE_SELECTOR), F { pointer: true, number: 1, ..D }),
    field("preferredDuringSchedulingIgnoredDuringExecution", list(&super::core_v1::PREFERRED_SCHEDULING_TERM_T), F { number: 2, ..D }),
];
pub(crate) static NODE_AFFINITY: Struct =
    object("io.k8s.api.core.v1.NodeAffinity", "v1.NodeAffinity", &NODE_AFFINITY_F, false);

static NODE_ALLOCATABLE_RESOURCE_CLAIM_STATUS_F: [Field; 3] = [
    field("resourceClaimName", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("containers", list(&T_STRING), F { number: 2, list: Lists::Set, ..D }),
    field("resources", map(&T_QUANTITY), F { omit: NEVER, required: true, number: 3, go: "map[v1.ResourceName]resource.Quantity", ..D }),
];
pub(crate) static NODE_ALLOCATABLE_RESOURCE_CLAIM_STATUS: Struct =
    object("io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus", "v1.NodeAllocatableResourceClaimStatus", &NODE_ALLOCATABLE_RESOURCE_CLAIM_STATUS_F, false);
pub(crate) static NODE_ALLOCATABLE_RESOURCE_CLAIM_STATUS_T: Type = one(&NODE_ALLOCATABLE_RESOURCE_CLAIM_STATUS);

static NODE_CONDITION_F: [Field; 6] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.NodeConditionType", ..D }),
    field("status", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.ConditionStatus", ..D }),
    field("lastHeartbeatTime", Type::Time, F { number: 3, ..D }),
    field("lastTransitionTime", Type::Time, F { number: 4, ..D }),
    field("reason", Type::String, F { number: 5, ..D }),
    field("message", Type::String, F { number: 6, ..D }),
];
pub(crate) static NODE_CONDITION: Struct =
    object("io.k8s.api.core.v1.NodeCondition", "v1.NodeCondition", &NODE_CONDITION_F, false);
pub(crate) static NODE_CONDITION_T: Type = one(&NODE_CONDITION);

static NODE_CONFIG_SOURCE_F: [Field; 1] = [
    field("configMap", one(&super::core_v1::CONFIG_MAP_NODE_CONFIG_SOURCE), F { pointer: true, number: 2, ..D }),
];
pub(crate) static NODE_CONFIG_SOURCE: Struct =
    object("io.k8s.api.core.v1.NodeConfigSource", "v1.NodeConfigSource", &NODE_CONFIG_SOURCE_F, false);

static NODE_CONFIG_STATUS_F: [Field; 4] = [
    field("assigned", one(&super::core_v1::NODE_CONFIG_SOURCE), F { pointer: true, number: 1, ..D }),
    field("active", one(&super::core_v1::NODE_CONFIG_SOURCE), F { pointer: true, number: 2, ..D }),
    field("lastKnownGood", one(&super::core_v1::NODE_CONFIG_SOURCE), F { pointer: true, number: 3, ..D }),
    field("error", Type::String, F { number: 4, ..D }),
];
pub(crate) static NODE_CONFIG_STATUS: Struct =
    object("io.k8s.api.core.v1.NodeConfigStatus", "v1.NodeConfigStatus", &NODE_CONFIG_STATUS_F, false);

static NODE_DAEMON_ENDPOINTS_F: [Field; 1] = [
    field("kubeletEndpoint", one(&super::core_v1::DAEMON_ENDPOINT), F { number: 1, ..D }),
];
pub(crate) static NODE_DAEMON_ENDPOINTS: Struct =
    object("io.k8s.api.core.v1.NodeDaemonEndpoints", "v1.NodeDaemonEndpoints", &NODE_DAEMON_ENDPOINTS_F, false);

static NODE_FEATURES_F: [Field; 1] = [
    field("supplementalGroupsPolicy", Type::Bool, F { pointer: true, number: 1, ..D }),
];
pub(crate) static NODE_FEATURES: Struct =
    object("io.k8s.api.core.v1.NodeFeatures", "v1.NodeFeatures", &NODE_FEATURES_F, false);

static NODE_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::core_v1::NODE_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static NODE_LIST: Struct =
    object("io.k8s.api.core.v1.NodeList", "v1.NodeList", &NODE_LIST_F, false);

static NODE_PROXY_OPTIONS_F: [Field; 3] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("path", Type::String, F { number: 1, ..D }),
];
pub(crate) static NODE_PROXY_OPTIONS: Struct =
    object("io.k8s.api.core.v1.NodeProxyOptions", "v1.NodeProxyOptions", &NODE_PROXY_OPTIONS_F, false);

static NODE_RUNTIME_HANDLER_F: [Field; 2] = [
    field("name", Type::String, F { omit: NEVER, number: 1, ..D }),
    field("features", one(&super::core_v1::NODE_RUNTIME_HANDLER_FEATURES), F { pointer: true, number: 2, ..D }),
];
pub(crate) static NODE_RUNTIME_HANDLER: Struct =
    object("io.k8s.api.core.v1.NodeRuntimeHandler", "v1.NodeRuntimeHandler", &NODE_RUNTIME_HANDLER_F, false);
pub(crate) static NODE_RUNTIME_HANDLER_T: Type = one(&NODE_RUNTIME_HANDLER);

static NODE_RUNTIME_HANDLER_FEATURES_F: [Field; 2] = [
    field("recursiveReadOnlyMounts", Type::Bool, F { pointer: true, number: 1, ..D }),
    field("userNamespaces", Type::Bool, F { pointer: true, number: 2, ..D }),
];
pub(crate) static NODE_RUNTIME_HANDLER_FEATURES: Struct =
    object("io.k8s.api.core.v1.NodeRuntimeHandlerFeatures", "v1.NodeRuntimeHandlerFeatures", &NODE_RUNTIME_HANDLER_FEATURES_F, false);

static NODE_SELECTOR_F: [Field; 1] = [
    field("nodeSelectorTerms", list(&super::core_v1::NODE_SELECTOR_TERM_T), F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static NODE_SELECTOR: Struct =
    object("io.k8s.api.core.v1.NodeSelector", "v1.NodeSelector", &NODE_SELECTOR_F, true);

static NODE_SELECTOR_REQUIREMENT_OPERATOR_VALUES: [Text; 6] = [text("DoesNotExist"), text("Exists"), text("Gt"), text("In"), text("Lt"), text("NotIn")];
static NODE_SELECTOR_REQUIREMENT_F: [Field; 3] = [
    field("key", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("operator", Type::String, F { omit: NEVER, required: true, number: 2, values: &NODE_SELECTOR_REQUIREMENT_OPERATOR_VALUES, go: "v1.NodeSelectorOperator", ..D }),
    field("values", list(&T_STRING), F { number: 3, ..D }),
];
pub(crate) static NODE_SELECTOR_REQUIREMENT: Struct =
    object("io.k8s.api.core.v1.NodeSelectorRequirement", "v1.NodeSelectorRequirement", &NODE_SELECTOR_REQUIREMENT_F, false);
pub(crate) static NODE_SELECTOR_REQUIREMENT_T: Type = one(&NODE_SELECTOR_REQUIREMENT);

static NODE_SELECTOR_TERM_F: [Field; 2] = [
    field("matchExpressions", list(&super::core_v1::NODE_SELECTOR_REQUIREMENT_T), F { number: 1, ..D }),
    field("matchFields", list(&super::core_v1::NODE_SELECTOR_REQUIREMENT_T), F { number: 2, ..D }),
];
pub(crate) static NODE_SELECTOR_TERM: Struct =
    object("io.k8s.api.core.v1.NodeSelectorTerm", "v1.NodeSelectorTerm", &NODE_SELECTOR_TERM_F, true);
pub(crate) static NODE_SELECTOR_TERM_T: Type = one(&NODE_SELECTOR_TERM);

static NODE_SPEC_F: [Field; 7] = [
    field("podCIDR", Type::String, F { number: 1, ..D }),
    field("podCIDRs", list(&T_STRING), F { number: 7, list: Lists::Set, merges: true, ..D }),
    field("providerID", Type::String, F { number: 3, ..D }),
    field("unschedulable", Type::Bool, F { number: 4, ..D }),
    field("taints", list(&super::core_v1::TAINT_T), F { number: 5, ..D }),
    field("configSource", one(&super::core_v1::NODE_CONFIG_SOURCE), F { pointer: true, number: 6, ..D }),
    field("externalID", Type::String, F { number: 2, ..D }),
];
pub(crate) static NODE_SPEC: Struct =
    object("io.k8s.api.core.v1.NodeSpec", "v1.NodeSpec", &NODE_SPEC_F, false);

static NODE_STATUS_PHASE_VALUES: [Text; 3] = [text("Pending"), text("Running"), text("Terminated")];
static NODE_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static NODE_STATUS_ADDRESSES_KEYS: [Text; 1] = [text("type")];
static NODE_STATUS_F: [Field; 14] = [
    field("capacity", map(&T_QUANTITY), F { number: 1, go: "v1.ResourceList", ..D }),
    field("allocatable", map(&T_QUANTITY), F { number: 2, go: "v1.ResourceList", ..D }),
    field("phase", Type::String, F { number: 3, values: &NODE_STATUS_PHASE_VALUES, go: "v1.NodePhase", ..D }),
    field("conditions", list(&super::core_v1::NODE_CONDITION_T), F { number: 4, list: Lists::Map(&NODE_STATUS_CONDITIONS_KEYS), merges: true, key: "type", ..D }),
    field("addresses", list(&super::core_v1::NODE_ADDRESS_T), F { number: 5, list: Lists::Map(&NODE_STATUS_ADDRESSES_KEYS), merges: true, key: "type", ..D }),
    field("daemonEndpoints", one(&super::core_v1::NODE_DAEMON_ENDPOINTS), F { number: 6, ..D }),
    field("nodeInfo", one(&super::core_v1::NODE_SYSTEM_INFO), F { number: 7, ..D }),
    field("images", list(&super::core_v1::CONTAINER_IMAGE_T), F { number: 8, ..D }),
    field("volumesInUse", list(&T_STRING), F { number: 9, go: "[]v1.UniqueVolumeName", ..D }),
    field("volumesAttached", list(&super::core_v1::ATTACHED_VOLUME_T), F { number: 10, ..D }),
    field("config", one(&super::core_v1::NODE_CONFIG_STATUS), F { pointer: true, number: 11, ..D }),
    field("runtimeHandlers", list(&super::core_v1::NODE_RUNTIME_HANDLER_T), F { number: 12, ..D }),
    field("features", one(&super::core_v1::NODE_FEATURES), F { pointer: true, number: 13, ..D }),
    field("declaredFeatures", list(&T_STRING), F { number: 14, ..D }),
];
pub(crate) static NODE_STATUS: Struct =
    object("io.k8s.api.core.v1.NodeStatus", "v1.NodeStatus", &NODE_STATUS_F, false);

static NODE_SWAP_STATUS_F: [Field; 1] = [
    field("capacity", Type::Int64, F { pointer: true, number: 1, ..D }),
];
pub(crate) static NODE_SWAP_STATUS: Struct =
    object("io.k8s.api.core.v1.NodeSwapStatus", "v1.NodeSwapStatus", &NODE_SWAP_STATUS_F, false);

static NODE_SYSTEM_INFO_F: [Field; 11] = [
    field("machineID", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("systemUUID", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("bootID", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
    field("kernelVersion", Type::String, F { omit: NEVER, required: true, number: 4, ..D }),
    field("osImage", Type::String, F { omit: NEVER, required: true, number: 5, ..D }),
    field("containerRuntimeVersion", Type::String, F { omit: NEVER, required: true, number: 6, ..D }),
    field("kubeletVersion", Type::String, F { omit: NEVER, required: true, number: 7, ..D }),
    field("kubeProxyVersion", Type::String, F { omit: NEVER, required: true, number: 8, ..D }),
    field("operatingSystem", Type::String, F { omit: NEVER, required: true, number: 9, ..D }),
    field("architecture", Type::String, F { omit: NEVER, required: true, number: 10, ..D }),
    field("swap", one(&super::core_v1::NODE_SWAP_STATUS), F { pointer: true, number: 11, ..D }),
];
pub(crate) static NODE_SYSTEM_INFO: Struct =
    object("io.k8s.api.core.v1.NodeSystemInfo", "v1.NodeSystemInfo", &NODE_SYSTEM_INFO_F, false);

static OBJECT_FIELD_SELECTOR_F: [Field; 2] = [
    field("apiVersion", Type::String, F { number: 1, ..D }),
    field("fieldPath", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static OBJECT_FIELD_SELECTOR: Struct =
    object("io.k8s.api.core.v1.ObjectFieldSelector", "v1.ObjectFieldSelector", &OBJECT_FIELD_SELECTOR_F, true);

static OBJECT_REFERENCE_F: [Field; 7] = [
    field("kind", Type::String, F { number: 1, ..D }),
    field("namespace", Type::String, F { number: 2, ..D }),
    field("name", Type::String, F { number: 3, ..D }),
    field("uid", Type::String, F { number: 4, go: "types.UID", ..D }),
    field("apiVersion", Type::String, F { number: 5, ..D }),
    field("resourceVersion", Type::String, F { number: 6, ..D }),
    field("fieldPath", Type::String, F { number: 7, ..D }),
];
pub(crate) static OBJECT_REFERENCE: Struct =
    object("io.k8s.api.core.v1.ObjectReference", "v1.ObjectReference", &OBJECT_REFERENCE_F, true);
pub(crate) static OBJECT_REFERENCE_T: Type = one(&OBJECT_REFERENCE);

static PERSISTENT_VOLUME_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::core_v1::PERSISTENT_VOLUME_SPEC), F { number: 2, ..D }),
    field("status", one(&super::core_v1::PERSISTENT_VOLUME_STATUS), F { number: 3, ..D }),
];
pub(crate) static PERSISTENT_VOLUME: Struct =
    object("io.k8s.api.core.v1.PersistentVolume", "v1.PersistentVolume", &PERSISTENT_VOLUME_F, false);
pub(crate) static PERSISTENT_VOLUME_T: Type = one(&PERSISTENT_VOLUME);

static PERSISTENT_VOLUME_CLAIM_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::core_v1::PERSISTENT_VOLUME_CLAIM_SPEC), F { number: 2, ..D }),
    field("status", one(&super::core_v1::PERSISTENT_VOLUME_CLAIM_STATUS), F { number: 3, ..D }),
];
pub(crate) static PERSISTENT_VOLUME_CLAIM: Struct =
    object("io.k8s.api.core.v1.PersistentVolumeClaim", "v1.PersistentVolumeClaim", &PERSISTENT_VOLUME_CLAIM_F, false);
pub(crate) static PERSISTENT_VOLUME_CLAIM_T: Type = one(&PERSISTENT_VOLUME_CLAIM);

static PERSISTENT_VOLUME_CLAIM_CONDITION_F: [Field; 6] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.PersistentVolumeClaimConditionType", ..D }),
    field("status", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.ConditionStatus", ..D }),
    field("lastProbeTime", Type::Time, F { number: 3, ..D }),
    field("lastTransitionTime", Type::Time, F { number: 4, ..D }),
    field("reason", Type::String, F { number: 5, ..D }),
    field("message", Type::String, F { number: 6, ..D }),
];
pub(crate) static PERSISTENT_VOLUME_CLAIM_CONDITION: Struct =
    object("io.k8s.api.core.v1.PersistentVolumeClaimCondition", "v1.PersistentVolumeClaimCondition", &PERSISTENT_VOLUME_CLAIM_CONDITION_F, false);
pub(crate) static PERSISTENT_VOLUME_CLAIM_CONDITION_T: Type = one(&PERSISTENT_VOLUME_CLAIM_CONDITION);

static PERSISTENT_VOLUME_CLAIM_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::core_v1::PERSISTENT_VOLUME_CLAIM_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static PERSISTENT_VOLUME_CLAIM_LIST: Struct =
    object("io.k8s.api.core.v1.PersistentVolumeClaimList", "v1.PersistentVolumeClaimList", &PERSISTENT_VOLUME_CLAIM_LIST_F, false);

static PERSISTENT_VOLUME_CLAIM_SPEC_VOLUME_MODE_VALUES: [Text; 2] = [text("Block"), text("Filesystem")];
static PERSISTENT_VOLUME_CLAIM_SPEC_F: [Field; 9] = [
    field("accessModes", list(&T_STRING), F { number: 1, go: "[]v1.PersistentVolumeAccessMode", ..D }),
    field("selector", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 4, ..D }),
    field("resources", one(&super::core_v1::VOLUME_RESOURCE_REQUIREMENTS), F { number: 2, ..D }),
    field("volumeName", Type::String, F { number: 3, ..D }),
    field("storageClassName", Type::String, F { pointer: true, number: 5, ..D }),
    field("volumeMode", Type::String, F { pointer: true, number: 6, values: &PERSISTENT_VOLUME_CLAIM_SPEC_VOLUME_MODE_VALUES, go: "v1.PersistentVolumeMode", ..D }),
    field("dataSource", one(&super::core_v1::TYPED_LOCAL_OBJECT_REFERENCE), F { pointer: true, number: 7, ..D }),
    field("dataSourceRef", one(&super::core_v1::TYPED_OBJECT_REFERENCE), F { pointer: true, number: 8, ..D }),
    field("volumeAttributesClassName", Type::String, F { pointer: true, number: 9, ..D }),
];
pub(crate) static PERSISTENT_VOLUME_CLAIM_SPEC: Struct =
    object("io.k8s.api.core.v1.PersistentVolumeClaimSpec", "v1.PersistentVolumeClaimSpec", &PERSISTENT_VOLUME_CLAIM_SPEC_F, false);

static PERSISTENT_VOLUME_CLAIM_STATUS_PHASE_VALUES: [Text; 3] = [text("Bound"), text("Lost"), text("Pending")];
static PERSISTENT_VOLUME_CLAIM_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static PERSISTENT_VOLUME_CLAIM_STATUS_F: [Field; 8] = [
    field("phase", Type::String, F { number: 1, values: &PERSISTENT_VOLUME_CLAIM_STATUS_PHASE_VALUES, go: "v1.PersistentVolumeClaimPhase", ..D }),
    field("accessModes", list(&T_STRING), F { number: 2, go: "[]v1.PersistentVolumeAccessMode", ..D }),
    field("capacity", map(&T_QUANTITY), F { number: 3, go: "v1.ResourceList", ..D }),
    field("conditions", list(&super::core_v1::PERSISTENT_VOLUME_CLAIM_CONDITION_T), F { number: 4, list: Lists::Map(&PERSISTENT_VOLUME_CLAIM_STATUS_CONDITIONS_KEYS), merges: true, key: "type", ..D }),
    field("allocatedResources", map(&T_QUANTITY), F { number: 5, go: "v1.ResourceList", ..D }),
    field("allocatedResourceStatuses", map(&T_STRING), F { number: 7, go: "map[v1.ResourceName]v1.ClaimResourceStatus", ..D }),
    field("currentVolumeAttributesClassName", Type::String, F { pointer: true, number: 8, ..D }),
    field("modifyVolumeStatus", one(&super::core_v1::MODIFY_VOLUME_STATUS), F { pointer: true, number: 9, ..D }),
];
pub(crate) static PERSISTENT_VOLUME_CLAIM_STATUS: Struct =
    object("io.k8s.api.core.v1.PersistentVolumeClaimStatus", "v1.PersistentVolumeClaimStatus", &PERSISTENT_VOLUME_CLAIM_STATUS_F, false);

static PERSISTENT_VOLUME_CLAIM_TEMPLATE_F: [Field; 2] = [
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::core_v1::PERSISTENT_VOLUME_CLAIM_SPEC), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static PERSISTENT_VOLUME_CLAIM_TEMPLATE: Struct =
    object("io.k8s.api.core.v1.PersistentVolumeClaimTemplate", "v1.PersistentVolumeClaimTemplate", &PERSISTENT_VOLUME_CLAIM_TEMPLATE_F, false);

static PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE_F: [Field; 2] = [
    field("claimName", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("readOnly", Type::Bool, F { number: 2, ..D }),
];
pub(crate) static PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource", "v1.PersistentVolumeClaimVolumeSource", &PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE_F, false);

static PERSISTENT_VOLUME_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::core_v1::PERSISTENT_VOLUME_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static PERSISTENT_VOLUME_LIST: Struct =
    object("io.k8s.api.core.v1.PersistentVolumeList", "v1.PersistentVolumeList", &PERSISTENT_VOLUME_LIST_F, false);

static PERSISTENT_VOLUME_SPEC_PERSISTENT_VOLUME_RECLAIM_POLICY_VALUES: [Text; 3] = [text("Delete"), text("Recycle"), text("Retain")];
static PERSISTENT_VOLUME_SPEC_VOLUME_MODE_VALUES: [Text; 2] = [text("Block"), text("Filesystem")];
static PERSISTENT_VOLUME_SPEC_F: [Field; 31] = [
    field("capacity", map(&T_QUANTITY), F { number: 1, go: "v1.ResourceList", ..D }),
    field("gcePersistentDisk", one(&super::core_v1::GCE_PERSISTENT_DISK_VOLUME_SOURCE), F { pointer: true, number: 1, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("awsElasticBlockStore", one(&super::core_v1::AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE), F { pointer: true, number: 2, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("hostPath", one(&super::core_v1::HOST_PATH_VOLUME_SOURCE), F { pointer: true, number: 3, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("glusterfs", one(&super::core_v1::GLUSTERFS_PERSISTENT_VOLUME_SOURCE), F { pointer: true, number: 4, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("nfs", one(&super::core_v1::NFS_VOLUME_SOURCE), F { pointer: true, number: 5, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("rbd", one(&super::core_v1::RBD_PERSISTENT_VOLUME_SOURCE), F { pointer: true, number: 6, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("iscsi", one(&super::core_v1::ISCSI_PERSISTENT_VOLUME_SOURCE), F { pointer: true, number: 7, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("cinder", one(&super::core_v1::CINDER_PERSISTENT_VOLUME_SOURCE), F { pointer: true, number: 8, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("cephfs", one(&super::core_v1::CEPH_FS_PERSISTENT_VOLUME_SOURCE), F { pointer: true, number: 9, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("fc", one(&super::core_v1::FC_VOLUME_SOURCE), F { pointer: true, number: 10, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("flocker", one(&super::core_v1::FLOCKER_VOLUME_SOURCE), F { pointer: true, number: 11, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("flexVolume", one(&super::core_v1::FLEX_PERSISTENT_VOLUME_SOURCE), F { pointer: true, number: 12, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("azureFile", one(&super::core_v1::AZURE_FILE_PERSISTENT_VOLUME_SOURCE), F { pointer: true, number: 13, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("vsphereVolume", one(&super::core_v1::VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE), F { pointer: true, number: 14, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("quobyte", one(&super::core_v1::QUOBYTE_VOLUME_SOURCE), F { pointer: true, number: 15, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("azureDisk", one(&super::core_v1::AZURE_DISK_VOLUME_SOURCE), F { pointer: true, number: 16, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("photonPersistentDisk", one(&super::core_v1::PHOTON_PERSISTENT_DISK_VOLUME_SOURCE), F { pointer: true, number: 17, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("portworxVolume", one(&super::core_v1::PORTWORX_VOLUME_SOURCE), F { pointer: true, number: 18, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("scaleIO", one(&super::core_v1::SCALE_IO_PERSISTENT_VOLUME_SOURCE), F { pointer: true, number: 19, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("local", one(&super::core_v1::LOCAL_VOLUME_SOURCE), F { pointer: true, number: 20, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("storageos", one(&super::core_v1::STORAGE_OS_PERSISTENT_VOLUME_SOURCE), F { pointer: true, number: 21, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("csi", one(&super::core_v1::CSI_PERSISTENT_VOLUME_SOURCE), F { pointer: true, number: 22, inline: 2, embedded: "PersistentVolumeSource", ..D }),
    field("accessModes", list(&T_STRING), F { number: 3, go: "[]v1.PersistentVolumeAccessMode", ..D }),
    field("claimRef", one(&super::core_v1::OBJECT_REFERENCE), F { pointer: true, number: 4, ..D }),
    field("persistentVolumeReclaimPolicy", Type::String, F { number: 5, values: &PERSISTENT_VOLUME_SPEC_PERSISTENT_VOLUME_RECLAIM_POLICY_VALUES, go: "v1.PersistentVolumeReclaimPolicy", ..D }),
    field("storageClassName", Type::String, F { number: 6, ..D }),
    field("mountOptions", list(&T_STRING), F { number: 7, ..D }),
    field("volumeMode", Type::String, F { pointer: true, number: 8, values: &PERSISTENT_VOLUME_SPEC_VOLUME_MODE_VALUES, go: "v1.PersistentVolumeMode", ..D }),
    field("nodeAffinity", one(&super::core_v1::VOLUME_NODE_AFFINITY), F { pointer: true, number: 9, ..D }),
    field("volumeAttributesClassName", Type::String, F { pointer: true, number: 10, ..D }),
];
pub(crate) static PERSISTENT_VOLUME_SPEC: Struct =
    object("io.k8s.api.core.v1.PersistentVolumeSpec", "v1.PersistentVolumeSpec", &PERSISTENT_VOLUME_SPEC_F, false);

static PERSISTENT_VOLUME_STATUS_PHASE_VALUES: [Text; 5] = [text("Available"), text("Bound"), text("Failed"), text("Pending"), text("Released")];
static PERSISTENT_VOLUME_STATUS_F: [Field; 4] = [
    field("phase", Type::String, F { number: 1, values: &PERSISTENT_VOLUME_STATUS_PHASE_VALUES, go: "v1.PersistentVolumePhase", ..D }),
    field("message", Type::String, F { number: 2, ..D }),
    field("reason", Type::String, F { number: 3, ..D }),
    field("lastPhaseTransitionTime", Type::Time, F { pointer: true, number: 4, ..D }),
];
pub(crate) static PERSISTENT_VOLUME_STATUS: Struct =
    object("io.k8s.api.core.v1.PersistentVolumeStatus", "v1.PersistentVolumeStatus", &PERSISTENT_VOLUME_STATUS_F, false);

static PHOTON_PERSISTENT_DISK_VOLUME_SOURCE_F: [Field; 2] = [
    field("pdID", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("fsType", Type::String, F { number: 2, ..D }),
];
pub(crate) static PHOTON_PERSISTENT_DISK_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource", "v1.PhotonPersistentDiskVolumeSource", &PHOTON_PERSISTENT_DISK_VOLUME_SOURCE_F, false);

static POD_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::core_v1::POD_SPEC), F { number: 2, ..D }),
    field("status", one(&super::core_v1::POD_STATUS), F { number: 3, ..D }),
];
pub(crate) static POD: Struct =
    object("io.k8s.api.core.v1.Pod", "v1.Pod", &POD_F, false);
pub(crate) static POD_T: Type = one(&POD);

static POD_AFFINITY_F: [Field; 2] = [
    field("requiredDuringSchedulingIgnoredDuringExecution", list(&super::core_v1::POD_AFFINITY_TERM_T), F { number: 1, ..D }),
    field("preferredDuringSchedulingIgnoredDuringExecution", list(&super::core_v1::WEIGHTED_POD_AFFINITY_TERM_T), F { number: 2, ..D }),
];
pub(crate) static POD_AFFINITY: Struct =
    object("io.k8s.api.core.v1.PodAffinity", "v1.PodAffinity", &POD_AFFINITY_F, false);

static POD_AFFINITY_TERM_F: [Field; 6] = [
    field("labelSelector", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 1, ..D }),
    field("namespaces", list(&T_STRING), F { number: 2, ..D }),
    field("topologyKey", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
    field("namespaceSelector", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 4, ..D }),
    field("matchLabelKeys", list(&T_STRING), F { number: 5, ..D }),
    field("mismatchLabelKeys", list(&T_STRING), F { number: 6, ..D }),
];
pub(crate) static POD_AFFINITY_TERM: Struct =
    object("io.k8s.api.core.v1.PodAffinityTerm", "v1.PodAffinityTerm", &POD_AFFINITY_TERM_F, false);
pub(crate) static POD_AFFINITY_TERM_T: Type = one(&POD_AFFINITY_TERM);

static POD_ANTI_AFFINITY_F: [Field; 2] = [
    field("requiredDuringSchedulingIgnoredDuringExecution", list(&super::core_v1::POD_AFFINITY_TERM_T), F { number: 1, ..D }),
    field("preferredDuringSchedulingIgnoredDuringExecution", list(&super::core_v1::WEIGHTED_POD_AFFINITY_TERM_T), F { number: 2, ..D }),
];
pub(crate) static POD_ANTI_AFFINITY: Struct =
    object("io.k8s.api.core.v1.PodAntiAffinity", "v1.PodAntiAffinity", &POD_ANTI_AFFINITY_F, false);

static POD_ATTACH_OPTIONS_F: [Field; 7] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("stdin", Type::Bool, F { number: 1, ..D }),
    field("stdout", Type::Bool, F { number: 2, ..D }),
    field("stderr", Type::Bool, F { number: 3, ..D }),
    field("tty", Type::Bool, F { number: 4, ..D }),
    field("container", Type::String, F { number: 5, ..D }),
];
pub(crate) static POD_ATTACH_OPTIONS: Struct =
    object("io.k8s.api.core.v1.PodAttachOptions", "v1.PodAttachOptions", &POD_ATTACH_OPTIONS_F, false);

static POD_CERTIFICATE_PROJECTION_F: [Field; 7] = [
    field("signerName", Type::String, F { required: true, number: 1, ..D }),
    field("keyType", Type::String, F { required: true, number: 2, ..D }),
    field("maxExpirationSeconds", Type::Int32, F { pointer: true, number: 3, ..D }),
    field("credentialBundlePath", Type::String, F { number: 4, ..D }),
    field("keyPath", Type::String, F { number: 5, ..D }),
    field("certificateChainPath", Type::String, F { number: 6, ..D }),
    field("userAnnotations", map(&T_STRING), F { number: 7, ..D }),
];
pub(crate) static POD_CERTIFICATE_PROJECTION: Struct =
    object("io.k8s.api.core.v1.PodCertificateProjection", "v1.PodCertificateProjection", &POD_CERTIFICATE_PROJECTION_F, false);

static POD_CONDITION_F: [Field; 7] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.PodConditionType", ..D }),
    field("observedGeneration", Type::Int64, F { number: 7, ..D }),
    field("status", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.ConditionStatus", ..D }),
    field("lastProbeTime", Type::Time, F { number: 3, ..D }),
    field("lastTransitionTime", Type::Time, F { number: 4, ..D }),
    field("reason", Type::String, F { number: 5, ..D }),
    field("message", Type::String, F { number: 6, ..D }),
];
pub(crate) static POD_CONDITION: Struct =
    object("io.k8s.api.core.v1.PodCondition", "v1.PodCondition", &POD_CONDITION_F, false);
pub(crate) static POD_CONDITION_T: Type = one(&POD_CONDITION);

static POD_DNS_CONFIG_F: [Field; 3] = [
    field("nameservers", list(&T_STRING), F { number: 1, ..D }),
    field("searches", list(&T_STRING), F { number: 2, ..D }),
    field("options", list(&super::core_v1::POD_DNS_CONFIG_OPTION_T), F { number: 3, ..D }),
];
pub(crate) static POD_DNS_CONFIG: Struct =
    object("io.k8s.api.core.v1.PodDNSConfig", "v1.PodDNSConfig", &POD_DNS_CONFIG_F, false);

static POD_DNS_CONFIG_OPTION_F: [Field; 2] = [
    field("name", Type::String, F { number: 1, ..D }),
    field("value", Type::String, F { pointer: true, number: 2, ..D }),
];
pub(crate) static POD_DNS_CONFIG_OPTION: Struct =
    object("io.k8s.api.core.v1.PodDNSConfigOption", "v1.PodDNSConfigOption", &POD_DNS_CONFIG_OPTION_F, false);
pub(crate) static POD_DNS_CONFIG_OPTION_T: Type = one(&POD_DNS_CONFIG_OPTION);

static POD_EXEC_OPTIONS_F: [Field; 8] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("stdin", Type::Bool, F { number: 1, ..D }),
    field("stdout", Type::Bool, F { number: 2, ..D }),
    field("stderr", Type::Bool, F { number: 3, ..D }),
    field("tty", Type::Bool, F { number: 4, ..D }),
    field("container", Type::String, F { number: 5, ..D }),
    field("command", list(&T_STRING), F { omit: NEVER, number: 6, ..D }),
];
pub(crate) static POD_EXEC_OPTIONS: Struct =
    object("io.k8s.api.core.v1.PodExecOptions", "v1.PodExecOptions", &POD_EXEC_OPTIONS_F, false);

static POD_EXTENDED_RESOURCE_CLAIM_STATUS_F: [Field; 2] = [
    field("requestMappings", list(&super::core_v1::CONTAINER_EXTENDED_RESOURCE_REQUEST_T), F { omit: NEVER, required: true, number: 1, ..D }),
    field("resourceClaimName", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static POD_EXTENDED_RESOURCE_CLAIM_STATUS: Struct =
    object("io.k8s.api.core.v1.PodExtendedResourceClaimStatus", "v1.PodExtendedResourceClaimStatus", &POD_EXTENDED_RESOURCE_CLAIM_STATUS_F, false);

static POD_IP_F: [Field; 1] = [
    field("ip", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static POD_IP: Struct =
    object("io.k8s.api.core.v1.PodIP", "v1.PodIP", &POD_IP_F, false);
pub(crate) static POD_IP_T: Type = one(&POD_IP);

static POD_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::core_v1::POD_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static POD_LIST: Struct =
    object("io.k8s.api.core.v1.PodList", "v1.PodList", &POD_LIST_F, false);

static POD_LOG_OPTIONS_F: [Field; 12] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("container", Type::String, F { number: 1, ..D }),
    field("follow", Type::Bool, F { number: 2, ..D }),
    field("previous", Type::Bool, F { number: 3, ..D }),
    field("sinceSeconds", Type::Int64, F { pointer: true, number: 4, ..D }),
    field("sinceTime", Type::Time, F { pointer: true, number: 5, ..D }),
    field("timestamps", Type::Bool, F { number: 6, ..D }),
    field("tailLines", Type::Int64, F { pointer: true, number: 7, ..D }),
    field("limitBytes", Type::Int64, F { pointer: true, number: 8, ..D }),
    field("insecureSkipTLSVerifyBackend", Type::Bool, F { number: 9, ..D }),
    field("stream", Type::String, F { pointer: true, number: 10, ..D }),
];
pub(crate) static POD_LOG_OPTIONS: Struct =
    object("io.k8s.api.core.v1.PodLogOptions", "v1.PodLogOptions", &POD_LOG_OPTIONS_F, false);

static POD_OS_F: [Field; 1] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.OSName", ..D }),
];
pub(crate) static POD_OS: Struct =
    object("io.k8s.api.core.v1.PodOS", "v1.PodOS", &POD_OS_F, false);

static POD_PORT_FORWARD_OPTIONS_F: [Field; 3] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("ports", list(&T_INT32), F { number: 1, ..D }),
];
pub(crate) static POD_PORT_FORWARD_OPTIONS: Struct =
    object("io.k8s.api.core.v1.PodPortForwardOptions", "v1.PodPortForwardOptions", &POD_PORT_FORWARD_OPTIONS_F, false);

static POD_PROXY_OPTIONS_F: [Field; 3] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("path", Type::String, F { number: 1, ..D }),
];
pub(crate) static POD_PROXY_OPTIONS: Struct =
    object("io.k8s.api.core.v1.PodProxyOptions", "v1.PodProxyOptions", &POD_PROXY_OPTIONS_F, false);

static POD_READINESS_GATE_F: [Field; 1] = [
    field("conditionType", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.PodConditionType", ..D }),
];
pub(crate) static POD_READINESS_GATE: Struct =
    object("io.k8s.api.core.v1.PodReadinessGate", "v1.PodReadinessGate", &POD_READINESS_GATE_F, false);
pub(crate) static POD_READINESS_GATE_T: Type = one(&POD_READINESS_GATE);

static POD_RESOURCE_CLAIM_F: [Field; 3] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("resourceClaimName", Type::String, F { pointer: true, number: 3, ..D }),
    field("resourceClaimTemplateName", Type::String, F { pointer: true, number: 4, ..D }),
];
pub(crate) static POD_RESOURCE_CLAIM: Struct =
    object("io.k8s.api.core.v1.PodResourceClaim", "v1.PodResourceClaim", &POD_RESOURCE_CLAIM_F, false);
pub(crate) static POD_RESOURCE_CLAIM_T: Type = one(&POD_RESOURCE_CLAIM);

static POD_RESOURCE_CLAIM_STATUS_F: [Field; 2] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("resourceClaimName", Type::String, F { pointer: true, number: 2, ..D }),
];
pub(crate) static POD_RESOURCE_CLAIM_STATUS: Struct =
    object("io.k8s.api.core.v1.PodResourceClaimStatus", "v1.PodResourceClaimStatus", &POD_RESOURCE_CLAIM_STATUS_F, false);
pub(crate) static POD_RESOURCE_CLAIM_STATUS_T: Type = one(&POD_RESOURCE_CLAIM_STATUS);

static POD_SCHEDULING_GATE_F: [Field; 1] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static POD_SCHEDULING_GATE: Struct =
    object("io.k8s.api.core.v1.PodSchedulingGate", "v1.PodSchedulingGate", &POD_SCHEDULING_GATE_F, false);
pub(crate) static POD_SCHEDULING_GATE_T: Type = one(&POD_SCHEDULING_GATE);

static POD_SCHEDULING_GROUP_F: [Field; 1] = [
    field("podGroupName", Type::String, F { pointer: true, number: 1, ..D }),
];
pub(crate) static POD_SCHEDULING_GROUP: Struct =
    object("io.k8s.api.core.v1.PodSchedulingGroup", "v1.PodSchedulingGroup", &POD_SCHEDULING_GROUP_F, false);

static POD_SECURITY_CONTEXT_SUPPLEMENTAL_GROUPS_POLICY_VALUES: [Text; 2] = [text("Merge"), text("Strict")];
static POD_SECURITY_CONTEXT_FS_GROUP_CHANGE_POLICY_VALUES: [Text; 2] = [text("Always"), text("OnRootMismatch")];
static POD_SECURITY_CONTEXT_F: [Field; 13] = [
    field("seLinuxOptions", one(&super::core_v1::SE_LINUX_OPTIONS), F { pointer: true, number: 1, ..D }),
    field("windowsOptions", one(&super::core_v1::WINDOWS_SECURITY_CONTEXT_OPTIONS), F { pointer: true, number: 8, ..D }),
    field("runAsUser", Type::Int64, F { pointer: true, number: 2, ..D }),
    field("runAsGroup", Type::Int64, F { pointer: true, number: 6, ..D }),
    field("runAsNonRoot", Type::Bool, F { pointer: true, number: 3, ..D }),
    field("supplementalGroups", list(&T_INT64), F { number: 4, ..D }),
    field("supplementalGroupsPolicy", Type::String, F { pointer: true, number: 12, values: &POD_SECURITY_CONTEXT_SUPPLEMENTAL_GROUPS_POLICY_VALUES, go: "v1.SupplementalGroupsPolicy", ..D }),
    field("fsGroup", Type::Int64, F { pointer: true, number: 5, ..D }),
    field("sysctls", list(&super::core_v1::SYSCTL_T), F { number: 7, ..D }),
    field("fsGroupChangePolicy", Type::String, F { pointer: true, number: 9, values: &POD_SECURITY_CONTEXT_FS_GROUP_CHANGE_POLICY_VALUES, go: "v1.PodFSGroupChangePolicy", ..D }),
    field("seccompProfile", one(&super::core_v1::SECCOMP_PROFILE), F { pointer: true, number: 10, ..D }),
    field("appArmorProfile", one(&super::core_v1::APP_ARMOR_PROFILE), F { pointer: true, number: 11, ..D }),
    field("seLinuxChangePolicy", Type::String, F { pointer: true, number: 13, go: "v1.PodSELinuxChangePolicy", ..D }),
];
pub(crate) static POD_SECURITY_CONTEXT: Struct =
    object("io.k8s.api.core.v1.PodSecurityContext", "v1.PodSecurityContext", &POD_SECURITY_CONTEXT_F, false);

static POD_SPEC_VOLUMES_KEYS: [Text; 1] = [text("name")];
static POD_SPEC_INIT_CONTAINERS_KEYS: [Text; 1] = [text("name")];
static POD_SPEC_CONTAINERS_KEYS: [Text; 1] = [text("name")];
static POD_SPEC_EPHEMERAL_CONTAINERS_KEYS: [Text; 1] = [text("name")];
static POD_SPEC_RESTART_POLICY_VALUES: [Text; 3] = [text("Always"), text("Never"), text("OnFailure")];
static POD_SPEC_DNS_POLICY_VALUES: [Text; 4] = [text("ClusterFirst"), text("ClusterFirstWithHostNet"), text("Default"), text("None")];
static POD_SPEC_IMAGE_PULL_SECRETS_KEYS: [Text; 1] = [text("name")];
static POD_SPEC_HOST_ALIASES_KEYS: [Text; 1] = [text("ip")];
static POD_SPEC_PREEMPTION_POLICY_VALUES: [Text; 2] = [text("Never"), text("PreemptLowerPriority")];
static POD_SPEC_TOPOLOGY_SPREAD_CONSTRAINTS_KEYS: [Text; 2] = [text("topologyKey"), text("whenUnsatisfiable")];
static POD_SPEC_SCHEDULING_GATES_KEYS: [Text; 1] = [text("name")];
static POD_SPEC_RESOURCE_CLAIMS_KEYS: [Text; 1] = [text("name")];
static POD_SPEC_F: [Field; 42] = [
    field("volumes", list(&super::core_v1::VOLUME_T), F { number: 1, list: Lists::Map(&POD_SPEC_VOLUMES_KEYS), merges: true, retains: true, key: "name", ..D }),
    field("initContainers", list(&super::core_v1::CONTAINER_T), F { number: 20, list: Lists::Map(&POD_SPEC_INIT_CONTAINERS_KEYS), merges: true, key: "name", ..D }),
    field("containers", list(&super::core_v1::CONTAINER_T), F { omit: NEVER, required: true, number: 2, list: Lists::Map(&POD_SPEC_CONTAINERS_KEYS), merges: true, key: "name", ..D }),
    field("ephemeralContainers", list(&super::core_v1::EPHEMERAL_CONTAINER_T), F { number: 34, list: Lists::Map(&POD_SPEC_EPHEMERAL_CONTAINERS_KEYS), merges: true, key: "name", ..D }),
    field("restartPolicy", Type::String, F { number: 3, values: &POD_SPEC_RESTART_POLICY_VALUES, go: "v1.RestartPolicy", ..D }),
    field("terminationGracePeriodSeconds", Type::Int64, F { pointer: true, number: 4, ..D }),
    field("activeDeadlineSeconds", Type::Int64, F { pointer: true, number: 5, ..D }),
    field("dnsPolicy", Type::String, F { number: 6, values: &POD_SPEC_DNS_POLICY_VALUES, go: "v1.DNSPolicy", ..D }),
    field("nodeSelector", map(&T_STRING), F { number: 7, atomic: true, ..D }),
    field("serviceAccountName", Type::String, F { number: 8, ..D }),
    field("serviceAccount", Type::String, F { number: 9, ..D }),
    field("automountServiceAccountToken", Type::Bool, F { pointer: true, number: 21, ..D }),
    field("nodeName", Type::String, F { number: 10, ..D }),
    field("hostNetwork", Type::Bool, F { number: 11, ..D }),
    field("hostPID", Type::Bool, F { number: 12, ..D }),
    field("hostIPC", Type::Bool, F { number: 13, ..D }),
    field("shareProcessNamespace", Type::Bool, F { pointer: true, number: 27, ..D }),
    field("securityContext", one(&super::core_v1::POD_SECURITY_CONTEXT), F { pointer: true, number: 14, ..D }),
    field("imagePullSecrets", list(&super::core_v1::LOCAL_OBJECT_REFERENCE_T), F { number: 15, list: Lists::Map(&POD_SPEC_IMAGE_PULL_SECRETS_KEYS), merges: true, key: "name", ..D }),
    field("hostname", Type::String, F { number: 16, ..D }),
    field("subdomain", Type::String, F { number: 17, ..D }),
    field("affinity", one(&super::core_v1::AFFINITY), F { pointer: true, number: 18, ..D }),
    field("schedulerName", Type::String, F { number: 19, ..D }),
    field("tolerations", list(&super::core_v1::TOLERATION_T), F { number: 22, ..D }),
    field("hostAliases", list(&super::core_v1::HOST_ALIAS_T), F { number: 23, list: Lists::Map(&POD_SPEC_HOST_ALIASES_KEYS), merges: true, key: "ip", ..D }),
    field("priorityClassName", Type::String, F { number: 24, ..D }),
    field("priority", Type::Int32, F { pointer: true, number: 25, ..D }),
    field("dnsConfig", one(&super::core_v1::POD_DNS_CONFIG), F { pointer: true, number: 26, ..D }),
    field("readinessGates", list(&super::core_v1::POD_READINESS_GATE_T), F { number: 28, ..D }),
    field("runtimeClassName", Type::String, F { pointer: true, number: 29, ..D }),
    field("enableServiceLinks", Type::Bool, F { pointer: true, number: 30, ..D }),
    field("preemptionPolicy", Type::String, F { pointer: true, number: 31, values: &POD_SPEC_PREEMPTION_POLICY_VALUES, go: "v1.PreemptionPolicy", ..D }),
    field("overhead", map(&T_QUANTITY), F { number: 32, go: "v1.ResourceList", ..D }),
    field("topologySpreadConstraints", list(&super::core_v1::TOPOLOGY_SPREAD_CONSTRAINT_T), F { number: 33, list: Lists::Map(&POD_SPEC_TOPOLOGY_SPREAD_CONSTRAINTS_KEYS), merges: true, key: "topologyKey", ..D }),
    field("setHostnameAsFQDN", Type::Bool, F { pointer: true, number: 35, ..D }),
    field("os", one(&super::core_v1::POD_OS), F { pointer: true, number: 36, ..D }),
    field("hostUsers", Type::Bool, F { pointer: true, number: 37, ..D }),
    field("schedulingGates", list(&super::core_v1::POD_SCHEDULING_GATE_T), F { number: 38, list: Lists::Map(&POD_SPEC_SCHEDULING_GATES_KEYS), merges: true, key: "name", ..D }),
    field("resourceClaims", list(&super::core_v1::POD_RESOURCE_CLAIM_T), F { number: 39, list: Lists::Map(&POD_SPEC_RESOURCE_CLAIMS_KEYS), merges: true, retains: true, key: "name", ..D }),
    field("resources", one(&super::core_v1::RESOURCE_REQUIREMENTS), F { pointer: true, number: 40, ..D }),
    field("hostnameOverride", Type::String, F { pointer: true, number: 41, ..D }),
    field("schedulingGroup", one(&super::core_v1::POD_SCHEDULING_GROUP), F { pointer: true, number: 43, ..D }),
];
pub(crate) static POD_SPEC: Struct =
    object("io.k8s.api.core.v1.PodSpec", "v1.PodSpec", &POD_SPEC_F, false);

static POD_STATUS_PHASE_VALUES: [Text; 5] = [text("Failed"), text("Pending"), text("Running"), text("Succeeded"), text("Unknown")];
static POD_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static POD_STATUS_POD_I_PS_KEYS: [Text; 1] = [text("ip")];
static POD_STATUS_QOS_CLASS_VALUES: [Text; 3] = [text("BestEffort"), text("Burstable"), text("Guaranteed")];
static POD_STATUS_RESOURCE_CLAIM_STATUSES_KEYS: [Text; 1] = [text("name")];
static POD_STATUS_F: [Field; 21] = [
    field("observedGeneration", Type::Int64, F { number: 17, ..D }),
    field("phase", Type::String, F { number: 1, values: &POD_STATUS_PHASE_VALUES, go: "v1.PodPhase", ..D }),
    field("conditions", list(&super::core_v1::POD_CONDITION_T), F { number: 2, list: Lists::Map(&POD_STATUS_CONDITIONS_KEYS), merges: true, key: "type", ..D }),
    field("message", Type::String, F { number: 3, ..D }),
    field("reason", Type::String, F { number: 4, ..D }),
    field("nominatedNodeName", Type::String, F { number: 11, ..D }),
    field("hostIP", Type::String, F { number: 5, ..D }),
    field("hostIPs", list(&super::core_v1::HOST_IP_T), F { number: 16, merges: true, key: "ip", ..D }),
    field("podIP", Type::String, F { number: 6, ..D }),
    field("podIPs", list(&super::core_v1::POD_IP_T), F { number: 12, list: Lists::Map(&POD_STATUS_POD_I_PS_KEYS), merges: true, key: "ip", ..D }),
    field("startTime", Type::Time, F { pointer: true, number: 7, ..D }),
    field("initContainerStatuses", list(&super::core_v1::CONTAINER_STATUS_T), F { number: 10, ..D }),
    field("containerStatuses", list(&super::core_v1::CONTAINER_STATUS_T), F { number: 8, ..D }),
    field("qosClass", Type::String, F { number: 9, values: &POD_STATUS_QOS_CLASS_VALUES, go: "v1.PodQOSClass", ..D }),
    field("ephemeralContainerStatuses", list(&super::core_v1::CONTAINER_STATUS_T), F { number: 13, ..D }),
    field("resize", Type::String, F { number: 14, go: "v1.PodResizeStatus", ..D }),
    field("resourceClaimStatuses", list(&super::core_v1::POD_RESOURCE_CLAIM_STATUS_T), F { number: 15, list: Lists::Map(&POD_STATUS_RESOURCE_CLAIM_STATUSES_KEYS), merges: true, retains: true, key: "name", ..D }),
    field("extendedResourceClaimStatus", one(&super::core_v1::POD_EXTENDED_RESOURCE_CLAIM_STATUS), F { pointer: true, number: 18, ..D }),
    field("allocatedResources", map(&T_QUANTITY), F { number: 19, go: "v1.ResourceList", ..D }),
    field("resources", one(&super::core_v1::RESOURCE_REQUIREMENTS), F { pointer: true, number: 20, ..D }),
    field("nodeAllocatableResourceClaimStatuses", list(&super::core_v1::NODE_ALLOCATABLE_RESOURCE_CLAIM_STATUS_T), F { number: 21, ..D }),
];
pub(crate) static POD_STATUS: Struct =
    object("io.k8s.api.core.v1.PodStatus", "v1.PodStatus", &POD_STATUS_F, false);

static POD_STATUS_RESULT_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("status", one(&super::core_v1::POD_STATUS), F { number: 2, ..D }),
];
pub(crate) static POD_STATUS_RESULT: Struct =
    object("io.k8s.api.core.v1.PodStatusResult", "v1.PodStatusResult", &POD_STATUS_RESULT_F, false);

static POD_TEMPLATE_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("template", one(&super::core_v1::POD_TEMPLATE_SPEC), F { number: 2, ..D }),
];
pub(crate) static POD_TEMPLATE: Struct =
    object("io.k8s.api.core.v1.PodTemplate", "v1.PodTemplate", &POD_TEMPLATE_F, false);
pub(crate) static POD_TEMPLATE_T: Type = one(&POD_TEMPLATE);

static POD_TEMPLATE_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::core_v1::POD_TEMPLATE_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static POD_TEMPLATE_LIST: Struct =
    object("io.k8s.api.core.v1.PodTemplateList", "v1.PodTemplateList", &POD_TEMPLATE_LIST_F, false);

static POD_TEMPLATE_SPEC_F: [Field; 2] = [
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::core_v1::POD_SPEC), F { number: 2, ..D }),
];
pub(crate) static POD_TEMPLATE_SPEC: Struct =
    object("io.k8s.api.core.v1.PodTemplateSpec", "v1.PodTemplateSpec", &POD_TEMPLATE_SPEC_F, false);

static PORT_STATUS_PROTOCOL_VALUES: [Text; 3] = [text("SCTP"), text("TCP"), text("UDP")];
static PORT_STATUS_F: [Field; 3] = [
    field("port", Type::Int32, F { omit: NEVER, required: true, number: 1, ..D }),
    field("protocol", Type::String, F { omit: NEVER, required: true, number: 2, values: &PORT_STATUS_PROTOCOL_VALUES, go: "v1.Protocol", ..D }),
    field("error", Type::String, F { pointer: true, number: 3, ..D }),
];
pub(crate) static PORT_STATUS: Struct =
    object("io.k8s.api.core.v1.PortStatus", "v1.PortStatus", &PORT_STATUS_F, false);
pub(crate) static PORT_STATUS_T: Type = one(&PORT_STATUS);

static PORTWORX_VOLUME_SOURCE_F: [Field; 3] = [
    field("volumeID", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("fsType", Type::String, F { number: 2, ..D }),
    field("readOnly", Type::Bool, F { number: 3, ..D }),
];
pub(crate) static PORTWORX_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.PortworxVolumeSource", "v1.PortworxVolumeSource", &PORTWORX_VOLUME_SOURCE_F, false);

static PREFERRED_SCHEDULING_TERM_F: [Field; 2] = [
    field("weight", Type::Int32, F { omit: NEVER, required: true, number: 1, ..D }),
    field("preference", one(&super::core_v1::NODE_SELECTOR_TERM), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static PREFERRED_SCHEDULING_TERM: Struct =
    object("io.k8s.api.core.v1.PreferredSchedulingTerm", "v1.PreferredSchedulingTerm", &PREFERRED_SCHEDULING_TERM_F, false);
pub(crate) static PREFERRED_SCHEDULING_TERM_T: Type = one(&PREFERRED_SCHEDULING_TERM);

static PROBE_F: [Field; 10] = [
    field("exec", one(&super::core_v1::EXEC_ACTION), F { pointer: true, number: 1, inline: 1, embedded: "ProbeHandler", ..D }),
    field("httpGet", one(&super::core_v1::HTTP_GET_ACTION), F { pointer: true, number: 2, inline: 1, embedded: "ProbeHandler", ..D }),
    field("tcpSocket", one(&super::core_v1::TCP_SOCKET_ACTION), F { pointer: true, number: 3, inline: 1, embedded: "ProbeHandler", ..D }),
    field("grpc", one(&super::core_v1::GRPC_ACTION), F { pointer: true, number: 4, inline: 1, embedded: "ProbeHandler", ..D }),
    field("initialDelaySeconds", Type::Int32, F { number: 2, ..D }),
    field("timeoutSeconds", Type::Int32, F { number: 3, ..D }),
    field("periodSeconds", Type::Int32, F { number: 4, ..D }),
    field("successThreshold", Type::Int32, F { number: 5, ..D }),
    field("failureThreshold", Type::Int32, F { number: 6, ..D }),
    field("terminationGracePeriodSeconds", Type::Int64, F { pointer: true, number: 7, ..D }),
];
pub(crate) static PROBE: Struct =
    object("io.k8s.api.core.v1.Probe", "v1.Probe", &PROBE_F, false);

static PROJECTED_VOLUME_SOURCE_F: [Field; 2] = [
    field("sources", list(&super::core_v1::VOLUME_PROJECTION_T), F { omit: NEVER, number: 1, ..D }),
    field("defaultMode", Type::Int32, F { pointer: true, number: 2, ..D }),
];
pub(crate) static PROJECTED_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.ProjectedVolumeSource", "v1.ProjectedVolumeSource", &PROJECTED_VOLUME_SOURCE_F, false);

static QUOBYTE_VOLUME_SOURCE_F: [Field; 6] = [
    field("registry", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("volume", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("readOnly", Type::Bool, F { number: 3, ..D }),
    field("user", Type::String, F { number: 4, ..D }),
    field("group", Type::String, F { number: 5, ..D }),
    field("tenant", Type::String, F { number: 6, ..D }),
];
pub(crate) static QUOBYTE_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.QuobyteVolumeSource", "v1.QuobyteVolumeSource", &QUOBYTE_VOLUME_SOURCE_F, false);

static RBD_PERSISTENT_VOLUME_SOURCE_F: [Field; 8] = [
    field("monitors", list(&T_STRING), F { omit: NEVER, required: true, number: 1, ..D }),
    field("image", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("fsType", Type::String, F { number: 3, ..D }),
    field("pool", Type::String, F { number: 4, default: "\"rbd\"", ..D }),
    field("user", Type::String, F { number: 5, default: "\"admin\"", ..D }),
    field("keyring", Type::String, F { number: 6, default: "\"/etc/ceph/keyring\"", ..D }),
    field("secretRef", one(&super::core_v1::SECRET_REFERENCE), F { pointer: true, number: 7, ..D }),
    field("readOnly", Type::Bool, F { number: 8, ..D }),
];
pub(crate) static RBD_PERSISTENT_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.RBDPersistentVolumeSource", "v1.RBDPersistentVolumeSource", &RBD_PERSISTENT_VOLUME_SOURCE_F, false);

static RBD_VOLUME_SOURCE_F: [Field; 8] = [
    field("monitors", list(&T_STRING), F { omit: NEVER, required: true, number: 1, ..D }),
    field("image", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("fsType", Type::String, F { number: 3, ..D }),
    field("pool", Type::String, F { number: 4, default: "\"rbd\"", ..D }),
    field("user", Type::String, F { number: 5, default: "\"admin\"", ..D }),
    field("keyring", Type::String, F { number: 6, default: "\"/etc/ceph/keyring\"", ..D }),
    field("secretRef", one(&super::core_v1::LOCAL_OBJECT_REFERENCE), F { pointer: true, number: 7, ..D }),
    field("readOnly", Type::Bool, F { number: 8, ..D }),
];
pub(crate) static RBD_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.RBDVolumeSource", "v1.RBDVolumeSource", &RBD_VOLUME_SOURCE_F, false);

static RANGE_ALLOCATION_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("range", Type::String, F { omit: NEVER, number: 2, ..D }),
    field("data", Type::Bytes, F { omit: NEVER, number: 3, ..D }),
];
pub(crate) static RANGE_ALLOCATION: Struct =
    object("io.k8s.api.core.v1.RangeAllocation", "v1.RangeAllocation", &RANGE_ALLOCATION_F, false);

static REPLICATION_CONTROLLER_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::core_v1::REPLICATION_CONTROLLER_SPEC), F { number: 2, ..D }),
    field("status", one(&super::core_v1::REPLICATION_CONTROLLER_STATUS), F { number: 3, ..D }),
];
pub(crate) static REPLICATION_CONTROLLER: Struct =
    object("io.k8s.api.core.v1.ReplicationController", "v1.ReplicationController", &REPLICATION_CONTROLLER_F, false);
pub(crate) static REPLICATION_CONTROLLER_T: Type = one(&REPLICATION_CONTROLLER);

static REPLICATION_CONTROLLER_CONDITION_F: [Field; 5] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.ReplicationControllerConditionType", ..D }),
    field("status", Type::String, F { omit: NEVER, required: true, number: 2, go: "v1.ConditionStatus", ..D }),
    field("lastTransitionTime", Type::Time, F { number: 3, ..D }),
    field("reason", Type::String, F { number: 4, ..D }),
    field("message", Type::String, F { number: 5, ..D }),
];
pub(crate) static REPLICATION_CONTROLLER_CONDITION: Struct =
    object("io.k8s.api.core.v1.ReplicationControllerCondition", "v1.ReplicationControllerCondition", &REPLICATION_CONTROLLER_CONDITION_F, false);
pub(crate) static REPLICATION_CONTROLLER_CONDITION_T: Type = one(&REPLICATION_CONTROLLER_CONDITION);

static REPLICATION_CONTROLLER_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::core_v1::REPLICATION_CONTROLLER_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static REPLICATION_CONTROLLER_LIST: Struct =
    object("io.k8s.api.core.v1.ReplicationControllerList", "v1.ReplicationControllerList", &REPLICATION_CONTROLLER_LIST_F, false);

static REPLICATION_CONTROLLER_SPEC_F: [Field; 4] = [
    field("replicas", Type::Int32, F { pointer: true, number: 1, ..D }),
    field("minReadySeconds", Type::Int32, F { number: 4, ..D }),
    field("selector", map(&T_STRING), F { number: 2, atomic: true, ..D }),
    field("template", one(&super::core_v1::POD_TEMPLATE_SPEC), F { pointer: true, number: 3, ..D }),
];
pub(crate) static REPLICATION_CONTROLLER_SPEC: Struct =
    object("io.k8s.api.core.v1.ReplicationControllerSpec", "v1.ReplicationControllerSpec", &REPLICATION_CONTROLLER_SPEC_F, false);

static REPLICATION_CONTROLLER_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static REPLICATION_CONTROLLER_STATUS_F: [Field; 6] = [
    field("replicas", Type::Int32, F { omit: NEVER, required: true, number: 1, ..D }),
    field("fullyLabeledReplicas", Type::Int32, F { number: 2, ..D }),
    field("readyReplicas", Type::Int32, F { number: 4, ..D }),
    field("availableReplicas", Type::Int32, F { number: 5, ..D }),
    field("observedGeneration", Type::Int64, F { number: 3, ..D }),
    field("conditions", list(&super::core_v1::REPLICATION_CONTROLLER_CONDITION_T), F { number: 6, list: Lists::Map(&REPLICATION_CONTROLLER_STATUS_CONDITIONS_KEYS), merges: true, key: "type", ..D }),
];
pub(crate) static REPLICATION_CONTROLLER_STATUS: Struct =
    object("io.k8s.api.core.v1.ReplicationControllerStatus", "v1.ReplicationControllerStatus", &REPLICATION_CONTROLLER_STATUS_F, false);

static RESOURCE_CLAIM_F: [Field; 2] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("request", Type::String, F { number: 2, ..D }),
];
pub(crate) static RESOURCE_CLAIM: Struct =
    object("io.k8s.api.core.v1.ResourceClaim", "v1.ResourceClaim", &RESOURCE_CLAIM_F, false);
pub(crate) static RESOURCE_CLAIM_T: Type = one(&RESOURCE_CLAIM);

static RESOURCE_FIELD_SELECTOR_F: [Field; 3] = [
    field("containerName", Type::String, F { number: 1, ..D }),
    field("resource", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("divisor", Type::Quantity, F { number: 3, ..D }),
];
pub(crate) static RESOURCE_FIELD_SELECTOR: Struct =
    object("io.k8s.api.core.v1.ResourceFieldSelector", "v1.ResourceFieldSelector", &RESOURCE_FIELD_SELECTOR_F, true);

static RESOURCE_HEALTH_F: [Field; 3] = [
    field("resourceID", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.ResourceID", ..D }),
    field("health", Type::String, F { number: 2, go: "v1.ResourceHealthStatus", ..D }),
    field("message", Type::String, F { pointer: true, number: 6, ..D }),
];
pub(crate) static RESOURCE_HEALTH: Struct =
    object("io.k8s.api.core.v1.ResourceHealth", "v1.ResourceHealth", &RESOURCE_HEALTH_F, false);
pub(crate) static RESOURCE_HEALTH_T: Type = one(&RESOURCE_HEALTH);

static RESOURCE_QUOTA_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::core_v1::RESOURCE_QUOTA_SPEC), F { number: 2, ..D }),
    field("status", one(&super::core_v1::RESOURCE_QUOTA_STATUS), F { number: 3, ..D }),
];
pub(crate) static RESOURCE_QUOTA: Struct =
    object("io.k8s.api.core.v1.ResourceQuota", "v1.ResourceQuota", &RESOURCE_QUOTA_F, false);
pub(crate) static RESOURCE_QUOTA_T: Type = one(&RESOURCE_QUOTA);

static RESOURCE_QUOTA_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::core_v1::RESOURCE_QUOTA_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static RESOURCE_QUOTA_LIST: Struct =
    object("io.k8s.api.core.v1.ResourceQuotaList", "v1.ResourceQuotaList", &RESOURCE_QUOTA_LIST_F, false);

static RESOURCE_QUOTA_SPEC_F: [Field; 3] = [
    field("hard", map(&T_QUANTITY), F { number: 1, go: "v1.ResourceList", ..D }),
    field("scopes", list(&T_STRING), F { number: 2, go: "[]v1.ResourceQuotaScope", ..D }),
    field("scopeSelector", one(&super::core_v1::SCOPE_SELECTOR), F { pointer: true, number: 3, ..D }),
];
pub(crate) static RESOURCE_QUOTA_SPEC: Struct =
    object("io.k8s.api.core.v1.ResourceQuotaSpec", "v1.ResourceQuotaSpec", &RESOURCE_QUOTA_SPEC_F, false);

static RESOURCE_QUOTA_STATUS_F: [Field; 2] = [
    field("hard", map(&T_QUANTITY), F { number: 1, go: "v1.ResourceList", ..D }),
    field("used", map(&T_QUANTITY), F { number: 2, go: "v1.ResourceList", ..D }),
];
pub(crate) static RESOURCE_QUOTA_STATUS: Struct =
    object("io.k8s.api.core.v1.ResourceQuotaStatus", "v1.ResourceQuotaStatus", &RESOURCE_QUOTA_STATUS_F, false);

static RESOURCE_REQUIREMENTS_CLAIMS_KEYS: [Text; 1] = [text("name")];
static RESOURCE_REQUIREMENTS_F: [Field; 3] = [
    field("limits", map(&T_QUANTITY), F { number: 1, go: "v1.ResourceList", ..D }),
    field("requests", map(&T_QUANTITY), F { number: 2, go: "v1.ResourceList", ..D }),
    field("claims", list(&super::core_v1::RESOURCE_CLAIM_T), F { number: 3, list: Lists::Map(&RESOURCE_REQUIREMENTS_CLAIMS_KEYS), ..D }),
];
pub(crate) static RESOURCE_REQUIREMENTS: Struct =
    object("io.k8s.api.core.v1.ResourceRequirements", "v1.ResourceRequirements", &RESOURCE_REQUIREMENTS_F, false);

static RESOURCE_STATUS_RESOURCES_KEYS: [Text; 1] = [text("resourceID")];
static RESOURCE_STATUS_F: [Field; 2] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, go: "v1.ResourceName", ..D }),
    field("resources", list(&super::core_v1::RESOURCE_HEALTH_T), F { number: 2, list: Lists::Map(&RESOURCE_STATUS_RESOURCES_KEYS), ..D }),
];
pub(crate) static RESOURCE_STATUS: Struct =
    object("io.k8s.api.core.v1.ResourceStatus", "v1.ResourceStatus", &RESOURCE_STATUS_F, false);
pub(crate) static RESOURCE_STATUS_T: Type = one(&RESOURCE_STATUS);

static SE_LINUX_OPTIONS_F: [Field; 4] = [
    field("user", Type::String, F { number: 1, ..D }),
    field("role", Type::String, F { number: 2, ..D }),
    field("type", Type::String, F { number: 3, ..D }),
    field("level", Type::String, F { number: 4, ..D }),
];
pub(crate) static SE_LINUX_OPTIONS: Struct =
    object("io.k8s.api.core.v1.SELinuxOptions", "v1.SELinuxOptions", &SE_LINUX_OPTIONS_F, false);

static SCALE_IO_PERSISTENT_VOLUME_SOURCE_F: [Field; 10] = [
    field("gateway", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("system", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("secretRef", one(&super::core_v1::SECRET_REFERENCE), F { omit: NEVER, pointer: true, required: true, number: 3, ..D }),
    field("sslEnabled", Type::Bool, F { number: 4, ..D }),
    field("protectionDomain", Type::String, F { number: 5, ..D }),
    field("storagePool", Type::String, F { number: 6, ..D }),
    field("storageMode", Type::String, F { number: 7, default: "\"ThinProvisioned\"", ..D }),
    field("volumeName", Type::String, F { number: 8, ..D }),
    field("fsType", Type::String, F { number: 9, default: "\"xfs\"", ..D }),
    field("readOnly", Type::Bool, F { number: 10, ..D }),
];
pub(crate) static SCALE_IO_PERSISTENT_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.ScaleIOPersistentVolumeSource", "v1.ScaleIOPersistentVolumeSource", &SCALE_IO_PERSISTENT_VOLUME_SOURCE_F, false);

static SCALE_IO_VOLUME_SOURCE_F: [Field; 10] = [
    field("gateway", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("system", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("secretRef", one(&super::core_v1::LOCAL_OBJECT_REFERENCE), F { omit: NEVER, pointer: true, required: true, number: 3, ..D }),
    field("sslEnabled", Type::Bool, F { number: 4, ..D }),
    field("protectionDomain", Type::String, F { number: 5, ..D }),
    field("storagePool", Type::String, F { number: 6, ..D }),
    field("storageMode", Type::String, F { number: 7, default: "\"ThinProvisioned\"", ..D }),
    field("volumeName", Type::String, F { number: 8, ..D }),
    field("fsType", Type::String, F { number: 9, default: "\"xfs\"", ..D }),
    field("readOnly", Type::Bool, F { number: 10, ..D }),
];
pub(crate) static SCALE_IO_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.ScaleIOVolumeSource", "v1.ScaleIOVolumeSource", &SCALE_IO_VOLUME_SOURCE_F, false);

static SCOPE_SELECTOR_F: [Field; 1] = [
    field("matchExpressions", list(&super::core_v1::SCOPED_RESOURCE_SELECTOR_REQUIREMENT_T), F { number: 1, ..D }),
];
pub(crate) static SCOPE_SELECTOR: Struct =
    object("io.k8s.api.core.v1.ScopeSelector", "v1.ScopeSelector", &SCOPE_SELECTOR_F, true);

static SCOPED_RESOURCE_SELECTOR_REQUIREMENT_SCOPE_NAME_VALUES: [Text; 7] = [text("BestEffort"), text("CrossNamespacePodAffinity"), text("NotBestEffort"), text("NotTerminating"), text("PriorityClass"), text("Terminating"), text("VolumeAttributesClass")];
static SCOPED_RESOURCE_SELECTOR_REQUIREMENT_OPERATOR_VALUES: [Text; 4] = [text("DoesNotExist"), text("Exists"), text("In"), text("NotIn")];
static SCOPED_RESOURCE_SELECTOR_REQUIREMENT_F: [Field; 3] = [
    field("scopeName", Type::String, F { omit: NEVER, required: true, number: 1, values: &SCOPED_RESOURCE_SELECTOR_REQUIREMENT_SCOPE_NAME_VALUES, go: "v1.ResourceQuotaScope", ..D }),
    field("operator", Type::String, F { omit: NEVER, required: true, number: 2, values: &SCOPED_RESOURCE_SELECTOR_REQUIREMENT_OPERATOR_VALUES, go: "v1.ScopeSelectorOperator", ..D }),
    field("values", list(&T_STRING), F { number: 3, ..D }),
];
pub(crate) static SCOPED_RESOURCE_SELECTOR_REQUIREMENT: Struct =
    object("io.k8s.api.core.v1.ScopedResourceSelectorRequirement", "v1.ScopedResourceSelectorRequirement", &SCOPED_RESOURCE_SELECTOR_REQUIREMENT_F, false);
pub(crate) static SCOPED_RESOURCE_SELECTOR_REQUIREMENT_T: Type = one(&SCOPED_RESOURCE_SELECTOR_REQUIREMENT);

static SECCOMP_PROFILE_TYPE_VALUES: [Text; 3] = [text("Localhost"), text("RuntimeDefault"), text("Unconfined")];
static SECCOMP_PROFILE_F: [Field; 2] = [
    field("type", Type::String, F { omit: NEVER, required: true, number: 1, values: &SECCOMP_PROFILE_TYPE_VALUES, go: "v1.SeccompProfileType", ..D }),
    field("localhostProfile", Type::String, F { pointer: true, number: 2, ..D }),
];
pub(crate) static SECCOMP_PROFILE: Struct =
    object("io.k8s.api.core.v1.SeccompProfile", "v1.SeccompProfile", &SECCOMP_PROFILE_F, false);

static SECRET_F: [Field; 7] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("immutable", Type::Bool, F { pointer: true, number: 5, ..D }),
    field("data", map(&T_BYTES), F { number: 2, ..D }),
    field("stringData", map(&T_STRING), F { number: 4, ..D }),
    field("type", Type::String, F { number: 3, go: "v1.SecretType", ..D }),
];
pub(crate) static SECRET: Struct =
    object("io.k8s.api.core.v1.Secret", "v1.Secret", &SECRET_F, false);
pub(crate) static SECRET_T: Type = one(&SECRET);

static SECRET_ENV_SOURCE_F: [Field; 2] = [
    field("name", Type::String, F { number: 1, inline: 1, embedded: "LocalObjectReference", ..D }),
    field("optional", Type::Bool, F { pointer: true, number: 2, ..D }),
];
pub(crate) static SECRET_ENV_SOURCE: Struct =
    object("io.k8s.api.core.v1.SecretEnvSource", "v1.SecretEnvSource", &SECRET_ENV_SOURCE_F, false);

static SECRET_KEY_SELECTOR_F: [Field; 3] = [
    field("name", Type::String, F { number: 1, inline: 1, embedded: "LocalObjectReference", ..D }),
    field("key", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("optional", Type::Bool, F { pointer: true, number: 3, ..D }),
];
pub(crate) static SECRET_KEY_SELECTOR: Struct =
    object("io.k8s.api.core.v1.SecretKeySelector", "v1.SecretKeySelector", &SECRET_KEY_SELECTOR_F, true);

static SECRET_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::core_v1::SECRET_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static SECRET_LIST: Struct =
    object("io.k8s.api.core.v1.SecretList", "v1.SecretList", &SECRET_LIST_F, false);

static SECRET_PROJECTION_F: [Field; 3] = [
    field("name", Type::String, F { number: 1, inline: 1, embedded: "LocalObjectReference", ..D }),
    field("items", list(&super::core_v1::KEY_TO_PATH_T), F { number: 2, ..D }),
    field("optional", Type::Bool, F { pointer: true, number: 4, ..D }),
];
pub(crate) static SECRET_PROJECTION: Struct =
    object("io.k8s.api.core.v1.SecretProjection", "v1.SecretProjection", &SECRET_PROJECTION_F, false);

static SECRET_REFERENCE_F: [Field; 2] = [
    field("name", Type::String, F { number: 1, ..D }),
    field("namespace", Type::String, F { number: 2, ..D }),
];
pub(crate) static SECRET_REFERENCE: Struct =
    object("io.k8s.api.core.v1.SecretReference", "v1.SecretReference", &SECRET_REFERENCE_F, true);

static SECRET_VOLUME_SOURCE_F: [Field; 4] = [
    field("secretName", Type::String, F { number: 1, ..D }),
    field("items", list(&super::core_v1::KEY_TO_PATH_T), F { number: 2, ..D }),
    field("defaultMode", Type::Int32, F { pointer: true, number: 3, ..D }),
    field("optional", Type::Bool, F { pointer: true, number: 4, ..D }),
];
pub(crate) static SECRET_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.SecretVolumeSource", "v1.SecretVolumeSource", &SECRET_VOLUME_SOURCE_F, false);

static SECURITY_CONTEXT_PROC_MOUNT_VALUES: [Text; 2] = [text("Default"), text("Unmasked")];
static SECURITY_CONTEXT_F: [Field; 12] = [
    field("capabilities", one(&super::core_v1::CAPABILITIES), F { pointer: true, number: 1, ..D }),
    field("privileged", Type::Bool, F { pointer: true, number: 2, ..D }),
    field("seLinuxOptions", one(&super::core_v1::SE_LINUX_OPTIONS), F { pointer: true, number: 3, ..D }),
    field("windowsOptions", one(&super::core_v1::WINDOWS_SECURITY_CONTEXT_OPTIONS), F { pointer: true, number: 10, ..D }),
    field("runAsUser", Type::Int64, F { pointer: true, number: 4, ..D }),
    field("runAsGroup", Type::Int64, F { pointer: true, number: 8, ..D }),
    field("runAsNonRoot", Type::Bool, F { pointer: true, number: 5, ..D }),
    field("readOnlyRootFilesystem", Type::Bool, F { pointer: true, number: 6, ..D }),
    field("allowPrivilegeEscalation", Type::Bool, F { pointer: true, number: 7, ..D }),
    field("procMount", Type::String, F { pointer: true, number: 9, values: &SECURITY_CONTEXT_PROC_MOUNT_VALUES, go: "v1.ProcMountType", ..D }),
    field("seccompProfile", one(&super::core_v1::SECCOMP_PROFILE), F { pointer: true, number: 11, ..D }),
    field("appArmorProfile", one(&super::core_v1::APP_ARMOR_PROFILE), F { pointer: true, number: 12, ..D }),
];
pub(crate) static SECURITY_CONTEXT: Struct =
    object("io.k8s.api.core.v1.SecurityContext", "v1.SecurityContext", &SECURITY_CONTEXT_F, false);

static SERIALIZED_REFERENCE_F: [Field; 3] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("reference", one(&super::core_v1::OBJECT_REFERENCE), F { number: 1, ..D }),
];
pub(crate) static SERIALIZED_REFERENCE: Struct =
    object("io.k8s.api.core.v1.SerializedReference", "v1.SerializedReference", &SERIALIZED_REFERENCE_F, false);

static SERVICE_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::core_v1::SERVICE_SPEC), F { number: 2, ..D }),
    field("status", one(&super::core_v1::SERVICE_STATUS), F { number: 3, ..D }),
];
pub(crate) static SERVICE: Struct =
    object("io.k8s.api.core.v1.Service", "v1.Service", &SERVICE_F, false);
pub(crate) static SERVICE_T: Type = one(&SERVICE);

static SERVICE_ACCOUNT_SECRETS_KEYS: [Text; 1] = [text("name")];
static SERVICE_ACCOUNT_F: [Field; 6] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("secrets", list(&super::core_v1::OBJECT_REFERENCE_T), F { number: 2, list: Lists::Map(&SERVICE_ACCOUNT_SECRETS_KEYS), merges: true, key: "name", ..D }),
    field("imagePullSecrets", list(&super::core_v1::LOCAL_OBJECT_REFERENCE_T), F { number: 3, ..D }),
    field("automountServiceAccountToken", Type::Bool, F { pointer: true, number: 4, ..D }),
];
pub(crate) static SERVICE_ACCOUNT: Struct =
    object("io.k8s.api.core.v1.ServiceAccount", "v1.ServiceAccount", &SERVICE_ACCOUNT_F, false);
pub(crate) static SERVICE_ACCOUNT_T: Type = one(&SERVICE_ACCOUNT);

static SERVICE_ACCOUNT_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::core_v1::SERVICE_ACCOUNT_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static SERVICE_ACCOUNT_LIST: Struct =
    object("io.k8s.api.core.v1.ServiceAccountList", "v1.ServiceAccountList", &SERVICE_ACCOUNT_LIST_F, false);

static SERVICE_ACCOUNT_TOKEN_PROJECTION_F: [Field; 3] = [
    field("audience", Type::String, F { number: 1, ..D }),
    field("expirationSeconds", Type::Int64, F { pointer: true, number: 2, ..D }),
    field("path", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
];
pub(crate) static SERVICE_ACCOUNT_TOKEN_PROJECTION: Struct =
    object("io.k8s.api.core.v1.ServiceAccountTokenProjection", "v1.ServiceAccountTokenProjection", &SERVICE_ACCOUNT_TOKEN_PROJECTION_F, false);

static SERVICE_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::core_v1::SERVICE_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static SERVICE_LIST: Struct =
    object("io.k8s.api.core.v1.ServiceList", "v1.ServiceList", &SERVICE_LIST_F, false);

static SERVICE_PORT_PROTOCOL_VALUES: [Text; 3] = [text("SCTP"), text("TCP"), text("UDP")];
static SERVICE_PORT_F: [Field; 6] = [
    field("name", Type::String, F { number: 1, ..D }),
    field("protocol", Type::String, F { number: 2, default: "\"TCP\"", values: &SERVICE_PORT_PROTOCOL_VALUES, go: "v1.Protocol", ..D }),
    field("appProtocol", Type::String, F { pointer: true, number: 6, ..D }),
    field("port", Type::Int32, F { omit: NEVER, required: true, number: 3, ..D }),
    field("targetPort", Type::IntOrString, F { number: 4, ..D }),
    field("nodePort", Type::Int32, F { number: 5, ..D }),
];
pub(crate) static SERVICE_PORT: Struct =
    object("io.k8s.api.core.v1.ServicePort", "v1.ServicePort", &SERVICE_PORT_F, false);
pub(crate) static SERVICE_PORT_T: Type = one(&SERVICE_PORT);

static SERVICE_PROXY_OPTIONS_F: [Field; 3] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("path", Type::String, F { number: 1, ..D }),
];
pub(crate) static SERVICE_PROXY_OPTIONS: Struct =
    object("io.k8s.api.core.v1.ServiceProxyOptions", "v1.ServiceProxyOptions", &SERVICE_PROXY_OPTIONS_F, false);

static SERVICE_SPEC_PORTS_KEYS: [Text; 2] = [text("port"), text("protocol")];
static SERVICE_SPEC_TYPE_VALUES: [Text; 4] = [text("ClusterIP"), text("ExternalName"), text("LoadBalancer"), text("NodePort")];
static SERVICE_SPEC_SESSION_AFFINITY_VALUES: [Text; 2] = [text("ClientIP"), text("None")];
static SERVICE_SPEC_EXTERNAL_TRAFFIC_POLICY_VALUES: [Text; 2] = [text("Cluster"), text("Local")];
static SERVICE_SPEC_IP_FAMILY_POLICY_VALUES: [Text; 3] = [text("PreferDualStack"), text("RequireDualStack"), text("SingleStack")];
static SERVICE_SPEC_INTERNAL_TRAFFIC_POLICY_VALUES: [Text; 2] = [text("Cluster"), text("Local")];
static SERVICE_SPEC_F: [Field; 20] = [
    field("ports", list(&super::core_v1::SERVICE_PORT_T), F { number: 1, list: Lists::Map(&SERVICE_SPEC_PORTS_KEYS), merges: true, key: "port", ..D }),
    field("selector", map(&T_STRING), F { number: 2, atomic: true, ..D }),
    field("clusterIP", Type::String, F { number: 3, ..D }),
    field("clusterIPs", list(&T_STRING), F { number: 18, ..D }),
    field("type", Type::String, F { number: 4, values: &SERVICE_SPEC_TYPE_VALUES, go: "v1.ServiceType", ..D }),
    field("externalIPs", list(&T_STRING), F { number: 5, ..D }),
    field("sessionAffinity", Type::String, F { number: 7, values: &SERVICE_SPEC_SESSION_AFFINITY_VALUES, go: "v1.ServiceAffinity", ..D }),
    field("loadBalancerIP", Type::String, F { number: 8, ..D }),
    field("loadBalancerSourceRanges", list(&T_STRING), F { number: 9, ..D }),
    field("externalName", Type::String, F { number: 10, ..D }),
    field("externalTrafficPolicy", Type::String, F { number: 11, values: &SERVICE_SPEC_EXTERNAL_TRAFFIC_POLICY_VALUES, go: "v1.ServiceExternalTrafficPolicy", ..D }),
    field("healthCheckNodePort", Type::Int32, F { number: 12, ..D }),
    field("publishNotReadyAddresses", Type::Bool, F { number: 13, ..D }),
    field("sessionAffinityConfig", one(&super::core_v1::SESSION_AFFINITY_CONFIG), F { pointer: true, number: 14, ..D }),
    field("ipFamilies", list(&T_STRING), F { number: 19, go: "[]v1.IPFamily", ..D }),
    field("ipFamilyPolicy", Type::String, F { pointer: true, number: 17, values: &SERVICE_SPEC_IP_FAMILY_POLICY_VALUES, go: "v1.IPFamilyPolicy", ..D }),
    field("allocateLoadBalancerNodePorts", Type::Bool, F { pointer: true, number: 20, ..D }),
    field("loadBalancerClass", Type::String, F { pointer: true, number: 21, ..D }),
    field("internalTrafficPolicy", Type::String, F { pointer: true, number: 22, values: &SERVICE_SPEC_INTERNAL_TRAFFIC_POLICY_VALUES, go: "v1.ServiceInternalTrafficPolicy", ..D }),
    field("trafficDistribution", Type::String, F { pointer: true, number: 23, ..D }),
];
pub(crate) static SERVICE_SPEC: Struct =
    object("io.k8s.api.core.v1.ServiceSpec", "v1.ServiceSpec", &SERVICE_SPEC_F, false);

static SERVICE_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static SERVICE_STATUS_F: [Field; 2] = [
    field("loadBalancer", one(&super::core_v1::LOAD_BALANCER_STATUS), F { number: 1, ..D }),
    field("conditions", list(&super::meta_v1::CONDITION_T), F { number: 2, list: Lists::Map(&SERVICE_STATUS_CONDITIONS_KEYS), merges: true, key: "type", ..D }),
];
pub(crate) static SERVICE_STATUS: Struct =
    object("io.k8s.api.core.v1.ServiceStatus", "v1.ServiceStatus", &SERVICE_STATUS_F, false);

static SESSION_AFFINITY_CONFIG_F: [Field; 1] = [
    field("clientIP", one(&super::core_v1::CLIENT_IP_CONFIG), F { pointer: true, number: 1, ..D }),
];
pub(crate) static SESSION_AFFINITY_CONFIG: Struct =
    object("io.k8s.api.core.v1.SessionAffinityConfig", "v1.SessionAffinityConfig", &SESSION_AFFINITY_CONFIG_F, false);

static SLEEP_ACTION_F: [Field; 1] = [
    field("seconds", Type::Int64, F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static SLEEP_ACTION: Struct =
    object("io.k8s.api.core.v1.SleepAction", "v1.SleepAction", &SLEEP_ACTION_F, false);

static STORAGE_OS_PERSISTENT_VOLUME_SOURCE_F: [Field; 5] = [
    field("volumeName", Type::String, F { number: 1, ..D }),
    field("volumeNamespace", Type::String, F { number: 2, ..D }),
    field("fsType", Type::String, F { number: 3, ..D }),
    field("readOnly", Type::Bool, F { number: 4, ..D }),
    field("secretRef", one(&super::core_v1::OBJECT_REFERENCE), F { pointer: true, number: 5, ..D }),
];
pub(crate) static STORAGE_OS_PERSISTENT_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.StorageOSPersistentVolumeSource", "v1.StorageOSPersistentVolumeSource", &STORAGE_OS_PERSISTENT_VOLUME_SOURCE_F, false);

static STORAGE_OS_VOLUME_SOURCE_F: [Field; 5] = [
    field("volumeName", Type::String, F { number: 1, ..D }),
    field("volumeNamespace", Type::String, F { number: 2, ..D }),
    field("fsType", Type::String, F { number: 3, ..D }),
    field("readOnly", Type::Bool, F { number: 4, ..D }),
    field("secretRef", one(&super::core_v1::LOCAL_OBJECT_REFERENCE), F { pointer: true, number: 5, ..D }),
];
pub(crate) static STORAGE_OS_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.StorageOSVolumeSource", "v1.StorageOSVolumeSource", &STORAGE_OS_VOLUME_SOURCE_F, false);

static SYSCTL_F: [Field; 2] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("value", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static SYSCTL: Struct =
    object("io.k8s.api.core.v1.Sysctl", "v1.Sysctl", &SYSCTL_F, false);
pub(crate) static SYSCTL_T: Type = one(&SYSCTL);

static TCP_SOCKET_ACTION_F: [Field; 2] = [
    field("port", Type::IntOrString, F { omit: NEVER, required: true, number: 1, ..D }),
    field("host", Type::String, F { number: 2, ..D }),
];
pub(crate) static TCP_SOCKET_ACTION: Struct =
    object("io.k8s.api.core.v1.TCPSocketAction", "v1.TCPSocketAction", &TCP_SOCKET_ACTION_F, false);

static TAINT_EFFECT_VALUES: [Text; 3] = [text("NoExecute"), text("NoSchedule"), text("PreferNoSchedule")];
static TAINT_F: [Field; 4] = [
    field("key", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("value", Type::String, F { number: 2, ..D }),
    field("effect", Type::String, F { omit: NEVER, required: true, number: 3, values: &TAINT_EFFECT_VALUES, go: "v1.TaintEffect", ..D }),
    field("timeAdded", Type::Time, F { pointer: true, number: 4, ..D }),
];
pub(crate) static TAINT: Struct =
    object("io.k8s.api.core.v1.Taint", "v1.Taint", &TAINT_F, false);
pub(crate) static TAINT_T: Type = one(&TAINT);

static TOLERATION_OPERATOR_VALUES: [Text; 4] = [text("Equal"), text("Exists"), text("Gt"), text("Lt")];
static TOLERATION_EFFECT_VALUES: [Text; 3] = [text("NoExecute"), text("NoSchedule"), text("PreferNoSchedule")];
static TOLERATION_F: [Field; 5] = [
    field("key", Type::String, F { number: 1, ..D }),
    field("operator", Type::String, F { number: 2, values: &TOLERATION_OPERATOR_VALUES, go: "v1.TolerationOperator", ..D }),
    field("value", Type::String, F { number: 3, ..D }),
    field("effect", Type::String, F { number: 4, values: &TOLERATION_EFFECT_VALUES, go: "v1.TaintEffect", ..D }),
    field("tolerationSeconds", Type::Int64, F { pointer: true, number: 5, ..D }),
];
pub(crate) static TOLERATION: Struct =
    object("io.k8s.api.core.v1.Toleration", "v1.Toleration", &TOLERATION_F, false);
pub(crate) static TOLERATION_T: Type = one(&TOLERATION);

static TOPOLOGY_SELECTOR_LABEL_REQUIREMENT_F: [Field; 2] = [
    field("key", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("values", list(&T_STRING), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static TOPOLOGY_SELECTOR_LABEL_REQUIREMENT: Struct =
    object("io.k8s.api.core.v1.TopologySelectorLabelRequirement", "v1.TopologySelectorLabelRequirement", &TOPOLOGY_SELECTOR_LABEL_REQUIREMENT_F, false);
pub(crate) static TOPOLOGY_SELECTOR_LABEL_REQUIREMENT_T: Type = one(&TOPOLOGY_SELECTOR_LABEL_REQUIREMENT);

static TOPOLOGY_SELECTOR_TERM_F: [Field; 1] = [
    field("matchLabelExpressions", list(&super::core_v1::TOPOLOGY_SELECTOR_LABEL_REQUIREMENT_T), F { number: 1, ..D }),
];
pub(crate) static TOPOLOGY_SELECTOR_TERM: Struct =
    object("io.k8s.api.core.v1.TopologySelectorTerm", "v1.TopologySelectorTerm", &TOPOLOGY_SELECTOR_TERM_F, true);
pub(crate) static TOPOLOGY_SELECTOR_TERM_T: Type = one(&TOPOLOGY_SELECTOR_TERM);

static TOPOLOGY_SPREAD_CONSTRAINT_WHEN_UNSATISFIABLE_VALUES: [Text; 2] = [text("DoNotSchedule"), text("ScheduleAnyway")];
static TOPOLOGY_SPREAD_CONSTRAINT_NODE_AFFINITY_POLICY_VALUES: [Text; 2] = [text("Honor"), text("Ignore")];
static TOPOLOGY_SPREAD_CONSTRAINT_NODE_TAINTS_POLICY_VALUES: [Text; 2] = [text("Honor"), text("Ignore")];
static TOPOLOGY_SPREAD_CONSTRAINT_F: [Field; 8] = [
    field("maxSkew", Type::Int32, F { omit: NEVER, required: true, number: 1, ..D }),
    field("topologyKey", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("whenUnsatisfiable", Type::String, F { omit: NEVER, required: true, number: 3, values: &TOPOLOGY_SPREAD_CONSTRAINT_WHEN_UNSATISFIABLE_VALUES, go: "v1.UnsatisfiableConstraintAction", ..D }),
    field("labelSelector", one(&super::meta_v1::LABEL_SELECTOR), F { pointer: true, number: 4, ..D }),
    field("minDomains", Type::Int32, F { pointer: true, number: 5, ..D }),
    field("nodeAffinityPolicy", Type::String, F { pointer: true, number: 6, values: &TOPOLOGY_SPREAD_CONSTRAINT_NODE_AFFINITY_POLICY_VALUES, go: "v1.NodeInclusionPolicy", ..D }),
    field("nodeTaintsPolicy", Type::String, F { pointer: true, number: 7, values: &TOPOLOGY_SPREAD_CONSTRAINT_NODE_TAINTS_POLICY_VALUES, go: "v1.NodeInclusionPolicy", ..D }),
    field("matchLabelKeys", list(&T_STRING), F { number: 8, ..D }),
];
pub(crate) static TOPOLOGY_SPREAD_CONSTRAINT: Struct =
    object("io.k8s.api.core.v1.TopologySpreadConstraint", "v1.TopologySpreadConstraint", &TOPOLOGY_SPREAD_CONSTRAINT_F, false);
pub(crate) static TOPOLOGY_SPREAD_CONSTRAINT_T: Type = one(&TOPOLOGY_SPREAD_CONSTRAINT);

static TYPED_LOCAL_OBJECT_REFERENCE_F: [Field; 3] = [
    field("apiGroup", Type::String, F { omit: NEVER, pointer: true, number: 1, ..D }),
    field("kind", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("name", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
];
pub(crate) static TYPED_LOCAL_OBJECT_REFERENCE: Struct =
    object("io.k8s.api.core.v1.TypedLocalObjectReference", "v1.TypedLocalObjectReference", &TYPED_LOCAL_OBJECT_REFERENCE_F, true);

static TYPED_OBJECT_REFERENCE_F: [Field; 4] = [
    field("apiGroup", Type::String, F { omit: NEVER, pointer: true, number: 1, ..D }),
    field("kind", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("name", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
    field("namespace", Type::String, F { pointer: true, number: 4, ..D }),
];
pub(crate) static TYPED_OBJECT_REFERENCE: Struct =
    object("io.k8s.api.core.v1.TypedObjectReference", "v1.TypedObjectReference", &TYPED_OBJECT_REFERENCE_F, false);

static VOLUME_F: [Field; 31] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("hostPath", one(&super::core_v1::HOST_PATH_VOLUME_SOURCE), F { pointer: true, number: 1, inline: 2, embedded: "VolumeSource", ..D }),
    field("emptyDir", one(&super::core_v1::EMPTY_DIR_VOLUME_SOURCE), F { pointer: true, number: 2, inline: 2, embedded: "VolumeSource", ..D }),
    field("gcePersistentDisk", one(&super::core_v1::GCE_PERSISTENT_DISK_VOLUME_SOURCE), F { pointer: true, number: 3, inline: 2, embedded: "VolumeSource", ..D }),
    field("awsElasticBlockStore", one(&super::core_v1::AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE), F { pointer: true, number: 4, inline: 2, embedded: "VolumeSource", ..D }),
    field("gitRepo", one(&super::core_v1::GIT_REPO_VOLUME_SOURCE), F { pointer: true, number: 5, inline: 2, embedded: "VolumeSource", ..D }),
    field("secret", one(&super::core_v1::SECRET_VOLUME_SOURCE), F { pointer: true, number: 6, inline: 2, embedded: "VolumeSource", ..D }),
    field("nfs", one(&super::core_v1::NFS_VOLUME_SOURCE), F { pointer: true, number: 7, inline: 2, embedded: "VolumeSource", ..D }),
    field("iscsi", one(&super::core_v1::ISCSI_VOLUME_SOURCE), F { pointer: true, number: 8, inline: 2, embedded: "VolumeSource", ..D }),
    field("glusterfs", one(&super::core_v1::GLUSTERFS_VOLUME_SOURCE), F { pointer: true, number: 9, inline: 2, embedded: "VolumeSource", ..D }),
    field("persistentVolumeClaim", one(&super::core_v1::PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE), F { pointer: true, number: 10, inline: 2, embedded: "VolumeSource", ..D }),
    field("rbd", one(&super::core_v1::RBD_VOLUME_SOURCE), F { pointer: true, number: 11, inline: 2, embedded: "VolumeSource", ..D }),
    field("flexVolume", one(&super::core_v1::FLEX_VOLUME_SOURCE), F { pointer: true, number: 12, inline: 2, embedded: "VolumeSource", ..D }),
    field("cinder", one(&super::core_v1::CINDER_VOLUME_SOURCE), F { pointer: true, number: 13, inline: 2, embedded: "VolumeSource", ..D }),
    field("cephfs", one(&super::core_v1::CEPH_FS_VOLUME_SOURCE), F { pointer: true, number: 14, inline: 2, embedded: "VolumeSource", ..D }),
    field("flocker", one(&super::core_v1::FLOCKER_VOLUME_SOURCE), F { pointer: true, number: 15, inline: 2, embedded: "VolumeSource", ..D }),
    field("downwardAPI", one(&super::core_v1::DOWNWARD_API_VOLUME_SOURCE), F { pointer: true, number: 16, inline: 2, embedded: "VolumeSource", ..D }),
    field("fc", one(&super::core_v1::FC_VOLUME_SOURCE), F { pointer: true, number: 17, inline: 2, embedded: "VolumeSource", ..D }),
    field("azureFile", one(&super::core_v1::AZURE_FILE_VOLUME_SOURCE), F { pointer: true, number: 18, inline: 2, embedded: "VolumeSource", ..D }),
    field("configMap", one(&super::core_v1::CONFIG_MAP_VOLUME_SOURCE), F { pointer: true, number: 19, inline: 2, embedded: "VolumeSource", ..D }),
    field("vsphereVolume", one(&super::core_v1::VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE), F { pointer: true, number: 20, inline: 2, embedded: "VolumeSource", ..D }),
    field("quobyte", one(&super::core_v1::QUOBYTE_VOLUME_SOURCE), F { pointer: true, number: 21, inline: 2, embedded: "VolumeSource", ..D }),
    field("azureDisk", one(&super::core_v1::AZURE_DISK_VOLUME_SOURCE), F { pointer: true, number: 22, inline: 2, embedded: "VolumeSource", ..D }),
    field("photonPersistentDisk", one(&super::core_v1::PHOTON_PERSISTENT_DISK_VOLUME_SOURCE), F { pointer: true, number: 23, inline: 2, embedded: "VolumeSource", ..D }),
    field("projected", one(&super::core_v1::PROJECTED_VOLUME_SOURCE), F { pointer: true, number: 26, inline: 2, embedded: "VolumeSource", ..D }),
    field("portworxVolume", one(&super::core_v1::PORTWORX_VOLUME_SOURCE), F { pointer: true, number: 24, inline: 2, embedded: "VolumeSource", ..D }),
    field("scaleIO", one(&super::core_v1::SCALE_IO_VOLUME_SOURCE), F { pointer: true, number: 25, inline: 2, embedded: "VolumeSource", ..D }),
    field("storageos", one(&super::core_v1::STORAGE_OS_VOLUME_SOURCE), F { pointer: true, number: 27, inline: 2, embedded: "VolumeSource", ..D }),
    field("csi", one(&super::core_v1::CSI_VOLUME_SOURCE), F { pointer: true, number: 28, inline: 2, embedded: "VolumeSource", ..D }),
    field("ephemeral", one(&super::core_v1::EPHEMERAL_VOLUME_SOURCE), F { pointer: true, number: 29, inline: 2, embedded: "VolumeSource", ..D }),
    field("image", one(&super::core_v1::IMAGE_VOLUME_SOURCE), F { pointer: true, number: 30, inline: 2, embedded: "VolumeSource", ..D }),
];
pub(crate) static VOLUME: Struct =
    object("io.k8s.api.core.v1.Volume", "v1.Volume", &VOLUME_F, false);
pub(crate) static VOLUME_T: Type = one(&VOLUME);

static VOLUME_DEVICE_F: [Field; 2] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("devicePath", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static VOLUME_DEVICE: Struct =
    object("io.k8s.api.core.v1.VolumeDevice", "v1.VolumeDevice", &VOLUME_DEVICE_F, false);
pub(crate) static VOLUME_DEVICE_T: Type = one(&VOLUME_DEVICE);

static VOLUME_MOUNT_MOUNT_PROPAGATION_VALUES: [Text; 3] = [text("Bidirectional"), text("HostToContainer"), text("None")];
static VOLUME_MOUNT_F: [Field; 7] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("readOnly", Type::Bool, F { number: 2, ..D }),
    field("recursiveReadOnly", Type::String, F { pointer: true, number: 7, go: "v1.RecursiveReadOnlyMode", ..D }),
    field("mountPath", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
    field("subPath", Type::String, F { number: 4, ..D }),
    field("mountPropagation", Type::String, F { pointer: true, number: 5, values: &VOLUME_MOUNT_MOUNT_PROPAGATION_VALUES, go: "v1.MountPropagationMode", ..D }),
    field("subPathExpr", Type::String, F { number: 6, ..D }),
];
pub(crate) static VOLUME_MOUNT: Struct =
    object("io.k8s.api.core.v1.VolumeMount", "v1.VolumeMount", &VOLUME_MOUNT_F, false);
pub(crate) static VOLUME_MOUNT_T: Type = one(&VOLUME_MOUNT);

static VOLUME_MOUNT_STATUS_F: [Field; 5] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("mountPath", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("readOnly", Type::Bool, F { number: 3, ..D }),
    field("recursiveReadOnly", Type::String, F { pointer: true, number: 4, go: "v1.RecursiveReadOnlyMode", ..D }),
    field("volumeStatus", one(&super::core_v1::VOLUME_STATUS), F { pointer: true, number: 5, ..D }),
];
pub(crate) static VOLUME_MOUNT_STATUS: Struct =
    object("io.k8s.api.core.v1.VolumeMountStatus", "v1.VolumeMountStatus", &VOLUME_MOUNT_STATUS_F, false);
pub(crate) static VOLUME_MOUNT_STATUS_T: Type = one(&VOLUME_MOUNT_STATUS);

static VOLUME_NODE_AFFINITY_F: [Field; 1] = [
    field("required", one(&super::core_v1::NODE_SELECTOR), F { pointer: true, number: 1, ..D }),
];
pub(crate) static VOLUME_NODE_AFFINITY: Struct =
    object("io.k8s.api.core.v1.VolumeNodeAffinity", "v1.VolumeNodeAffinity", &VOLUME_NODE_AFFINITY_F, false);

static VOLUME_PROJECTION_F: [Field; 6] = [
    field("secret", one(&super::core_v1::SECRET_PROJECTION), F { pointer: true, number: 1, ..D }),
    field("downwardAPI", one(&super::core_v1::DOWNWARD_API_PROJECTION), F { pointer: true, number: 2, ..D }),
    field("configMap", one(&super::core_v1::CONFIG_MAP_PROJECTION), F { pointer: true, number: 3, ..D }),
    field("serviceAccountToken", one(&super::core_v1::SERVICE_ACCOUNT_TOKEN_PROJECTION), F { pointer: true, number: 4, ..D }),
    field("clusterTrustBundle", one(&super::core_v1::CLUSTER_TRUST_BUNDLE_PROJECTION), F { pointer: true, number: 5, ..D }),
    field("podCertificate", one(&super::core_v1::POD_CERTIFICATE_PROJECTION), F { pointer: true, number: 6, ..D }),
];
pub(crate) static VOLUME_PROJECTION: Struct =
    object("io.k8s.api.core.v1.VolumeProjection", "v1.VolumeProjection", &VOLUME_PROJECTION_F, false);
pub(crate) static VOLUME_PROJECTION_T: Type = one(&VOLUME_PROJECTION);

static VOLUME_RESOURCE_REQUIREMENTS_F: [Field; 2] = [
    field("limits", map(&T_QUANTITY), F { number: 1, go: "v1.ResourceList", ..D }),
    field("requests", map(&T_QUANTITY), F { number: 2, go: "v1.ResourceList", ..D }),
];
pub(crate) static VOLUME_RESOURCE_REQUIREMENTS: Struct =
    object("io.k8s.api.core.v1.VolumeResourceRequirements", "v1.VolumeResourceRequirements", &VOLUME_RESOURCE_REQUIREMENTS_F, false);

static VOLUME_STATUS_F: [Field; 1] = [
    field("image", one(&super::core_v1::IMAGE_VOLUME_STATUS), F { pointer: true, number: 1, ..D }),
];
pub(crate) static VOLUME_STATUS: Struct =
    object("io.k8s.api.core.v1.VolumeStatus", "v1.VolumeStatus", &VOLUME_STATUS_F, false);

static VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE_F: [Field; 4] = [
    field("volumePath", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("fsType", Type::String, F { number: 2, ..D }),
    field("storagePolicyName", Type::String, F { number: 3, ..D }),
    field("storagePolicyID", Type::String, F { number: 4, ..D }),
];
pub(crate) static VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE: Struct =
    object("io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource", "v1.VsphereVirtualDiskVolumeSource", &VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE_F, false);

static WEIGHTED_POD_AFFINITY_TERM_F: [Field; 2] = [
    field("weight", Type::Int32, F { omit: NEVER, required: true, number: 1, ..D }),
    field("podAffinityTerm", one(&super::core_v1::POD_AFFINITY_TERM), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static WEIGHTED_POD_AFFINITY_TERM: Struct =
    object("io.k8s.api.core.v1.WeightedPodAffinityTerm", "v1.WeightedPodAffinityTerm", &WEIGHTED_POD_AFFINITY_TERM_F, false);
pub(crate) static WEIGHTED_POD_AFFINITY_TERM_T: Type = one(&WEIGHTED_POD_AFFINITY_TERM);

static WINDOWS_SECURITY_CONTEXT_OPTIONS_F: [Field; 4] = [
    field("gmsaCredentialSpecName", Type::String, F { pointer: true, number: 1, ..D }),
    field("gmsaCredentialSpec", Type::String, F { pointer: true, number: 2, ..D }),
    field("runAsUserName", Type::String, F { pointer: true, number: 3, ..D }),
    field("hostProcess", Type::Bool, F { pointer: true, number: 4, ..D }),
];
pub(crate) static WINDOWS_SECURITY_CONTEXT_OPTIONS: Struct =
    object("io.k8s.api.core.v1.WindowsSecurityContextOptions", "v1.WindowsSecurityContextOptions", &WINDOWS_SECURITY_CONTEXT_OPTIONS_F, false);
