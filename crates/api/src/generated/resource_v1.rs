//! Structs of `k8s.io/api/resource/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static ALLOCATED_DEVICE_STATUS_CONDITIONS_KEYS: [Text; 1] = [text("type")];
static ALLOCATED_DEVICE_STATUS_F: [Field; 7] = [
    field("driver", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("pool", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("device", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
    field("shareID", Type::String, F { pointer: true, number: 7, ..D }),
    field("conditions", list(&super::meta_v1::CONDITION_T), F { omit: NEVER, number: 4, list: Lists::Map(&ALLOCATED_DEVICE_STATUS_CONDITIONS_KEYS), ..D }),
    field("data", Type::RawExtension, F { pointer: true, number: 5, ..D }),
    field("networkData", one(&super::resource_v1::NETWORK_DEVICE_DATA), F { pointer: true, number: 6, ..D }),
];
pub(crate) static ALLOCATED_DEVICE_STATUS: Struct =
    object("io.k8s.api.resource.v1.AllocatedDeviceStatus", "v1.AllocatedDeviceStatus", &ALLOCATED_DEVICE_STATUS_F, false);
pub(crate) static ALLOCATED_DEVICE_STATUS_T: Type = one(&ALLOCATED_DEVICE_STATUS);

static ALLOCATION_RESULT_F: [Field; 3] = [
    field("devices", one(&super::resource_v1::DEVICE_ALLOCATION_RESULT), F { number: 1, ..D }),
    field("nodeSelector", one(&super::core_v1::NODE_SELECTOR), F { pointer: true, number: 3, ..D }),
    field("allocationTimestamp", Type::Time, F { pointer: true, number: 5, ..D }),
];
pub(crate) static ALLOCATION_RESULT: Struct =
    object("io.k8s.api.resource.v1.AllocationResult", "v1.AllocationResult", &ALLOCATION_RESULT_F, false);

static CEL_DEVICE_SELECTOR_F: [Field; 1] = [
    field("expression", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static CEL_DEVICE_SELECTOR: Struct =
    object("io.k8s.api.resource.v1.CELDeviceSelector", "v1.CELDeviceSelector", &CEL_DEVICE_SELECTOR_F, false);

static CAPACITY_REQUEST_POLICY_F: [Field; 3] = [
    field("default", Type::Quantity, F { omit: NEVER, pointer: true, number: 1, ..D }),
    field("validValues", list(&T_QUANTITY), F { number: 3, ..D }),
    field("validRange", one(&super::resource_v1::CAPACITY_REQUEST_POLICY_RANGE), F { pointer: true, number: 4, ..D }),
];
pub(crate) static CAPACITY_REQUEST_POLICY: Struct =
    object("io.k8s.api.resource.v1.CapacityRequestPolicy", "v1.CapacityRequestPolicy", &CAPACITY_REQUEST_POLICY_F, false);

static CAPACITY_REQUEST_POLICY_RANGE_F: [Field; 3] = [
    field("min", Type::Quantity, F { pointer: true, required: true, number: 1, ..D }),
    field("max", Type::Quantity, F { pointer: true, number: 2, ..D }),
    field("step", Type::Quantity, F { pointer: true, number: 3, ..D }),
];
pub(crate) static CAPACITY_REQUEST_POLICY_RANGE: Struct =
    object("io.k8s.api.resource.v1.CapacityRequestPolicyRange", "v1.CapacityRequestPolicyRange", &CAPACITY_REQUEST_POLICY_RANGE_F, false);

static CAPACITY_REQUIREMENTS_F: [Field; 1] = [
    field("requests", map(&T_QUANTITY), F { number: 1, go: "map[v1.QualifiedName]resource.Quantity", ..D }),
];
pub(crate) static CAPACITY_REQUIREMENTS: Struct =
    object("io.k8s.api.resource.v1.CapacityRequirements", "v1.CapacityRequirements", &CAPACITY_REQUIREMENTS_F, false);

static COUNTER_F: [Field; 1] = [
    field("value", Type::Quantity, F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static COUNTER: Struct =
    object("io.k8s.api.resource.v1.Counter", "v1.Counter", &COUNTER_F, false);
pub(crate) static COUNTER_T: Type = one(&COUNTER);

static COUNTER_SET_F: [Field; 2] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("counters", map(&super::resource_v1::COUNTER_T), F { required: true, number: 2, ..D }),
];
pub(crate) static COUNTER_SET: Struct =
    object("io.k8s.api.resource.v1.CounterSet", "v1.CounterSet", &COUNTER_SET_F, false);
pub(crate) static COUNTER_SET_T: Type = one(&COUNTER_SET);

static DEVICE_F: [Field; 13] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("attributes", map(&super::resource_v1::DEVICE_ATTRIBUTE_T), F { number: 2, go: "map[v1.QualifiedName]v1.DeviceAttribute", ..D }),
    field("capacity", map(&super::resource_v1::DEVICE_CAPACITY_T), F { number: 3, go: "map[v1.QualifiedName]v1.DeviceCapacity", ..D }),
    field("consumesCounters", list(&super::resource_v1::DEVICE_COUNTER_CONSUMPTION_T), F { number: 4, ..D }),
    field("nodeName", Type::String, F { pointer: true, number: 5, ..D }),
    field("nodeSelector", one(&super::core_v1::NODE_SELECTOR), F { pointer: true, number: 6, ..D }),
    field("allNodes", Type::Bool, F { pointer: true, number: 7, ..D }),
    field("taints", list(&super::resource_v1::DEVICE_TAINT_T), F { number: 8, ..D }),
    field("bindsToNode", Type::Bool, F { pointer: true, number: 9, ..D }),
    field("bindingConditions", list(&T_STRING), F { number: 10, ..D }),
    field("bindingFailureConditions", list(&T_STRING), F { number: 11, ..D }),
    field("allowMultipleAllocations", Type::Bool, F { pointer: true, number: 12, ..D }),
    field("nodeAllocatableResourceMappings", map(&super::resource_v1::NODE_ALLOCATABLE_RESOURCE_MAPPING_T), F { number: 13, go: "map[v1.ResourceName]v1.NodeAllocatableResourceMapping", ..D }),
];
pub(crate) static DEVICE: Struct =
    object("io.k8s.api.resource.v1.Device", "v1.Device", &DEVICE_F, false);
pub(crate) static DEVICE_T: Type = one(&DEVICE);

static DEVICE_ALLOCATION_CONFIGURATION_SOURCE_VALUES: [Text; 2] = [text("FromClaim"), text("FromClass")];
static DEVICE_ALLOCATION_CONFIGURATION_F: [Field; 3] = [
    field("source", Type::String, F { omit: NEVER, required: true, number: 1, values: &DEVICE_ALLOCATION_CONFIGURATION_SOURCE_VALUES, go: "v1.AllocationConfigSource", ..D }),
    field("requests", list(&T_STRING), F { number: 2, ..D }),
    field("opaque", one(&super::resource_v1::OPAQUE_DEVICE_CONFIGURATION), F { pointer: true, number: 1, inline: 3, embedded: "DeviceConfiguration", ..D }),
];
pub(crate) static DEVICE_ALLOCATION_CONFIGURATION: Struct =
    object("io.k8s.api.resource.v1.DeviceAllocationConfiguration", "v1.DeviceAllocationConfiguration", &DEVICE_ALLOCATION_CONFIGURATION_F, false);
pub(crate) static DEVICE_ALLOCATION_CONFIGURATION_T: Type = one(&DEVICE_ALLOCATION_CONFIGURATION);

static DEVICE_ALLOCATION_RESULT_F: [Field; 2] = [
    field("results", list(&super::resource_v1::DEVICE_REQUEST_ALLOCATION_RESULT_T), F { number: 1, ..D }),
    field("config", list(&super::resource_v1::DEVICE_ALLOCATION_CONFIGURATION_T), F { number: 2, ..D }),
];
pub(crate) static DEVICE_ALLOCATION_RESULT: Struct =
    object("io.k8s.api.resource.v1.DeviceAllocationResult", "v1.DeviceAllocationResult", &DEVICE_ALLOCATION_RESULT_F, false);

static DEVICE_ATTRIBUTE_F: [Field; 8] = [
    field("int", Type::Int64, F { pointer: true, number: 2, ..D }),
    field("bool", Type::Bool, F { pointer: true, number: 3, ..D }),
    field("string", Type::String, F { pointer: true, number: 4, ..D }),
    field("version", Type::String, F { pointer: true, number: 5, ..D }),
    field("ints", list(&T_INT64), F { number: 6, ..D }),
    field("bools", list(&T_BOOL), F { number: 7, ..D }),
    field("strings", list(&T_STRING), F { number: 8, ..D }),
    field("versions", list(&T_STRING), F { number: 9, ..D }),
];
pub(crate) static DEVICE_ATTRIBUTE: Struct =
    object("io.k8s.api.resource.v1.DeviceAttribute", "v1.DeviceAttribute", &DEVICE_ATTRIBUTE_F, false);
pub(crate) static DEVICE_ATTRIBUTE_T: Type = one(&DEVICE_ATTRIBUTE);

static DEVICE_CAPACITY_F: [Field; 2] = [
    field("value", Type::Quantity, F { omit: NEVER, required: true, number: 1, ..D }),
    field("requestPolicy", one(&super::resource_v1::CAPACITY_REQUEST_POLICY), F { pointer: true, number: 2, ..D }),
];
pub(crate) static DEVICE_CAPACITY: Struct =
    object("io.k8s.api.resource.v1.DeviceCapacity", "v1.DeviceCapacity", &DEVICE_CAPACITY_F, false);
pub(crate) static DEVICE_CAPACITY_T: Type = one(&DEVICE_CAPACITY);

static DEVICE_CLAIM_F: [Field; 3] = [
    field("requests", list(&super::resource_v1::DEVICE_REQUEST_T), F { omit: NEVER, number: 1, ..D }),
    field("constraints", list(&super::resource_v1::DEVICE_CONSTRAINT_T), F { number: 2, ..D }),
    field("config", list(&super::resource_v1::DEVICE_CLAIM_CONFIGURATION_T), F { number: 3, ..D }),
];
pub(crate) static DEVICE_CLAIM: Struct =
    object("io.k8s.api.resource.v1.DeviceClaim", "v1.DeviceClaim", &DEVICE_CLAIM_F, false);

static DEVICE_CLAIM_CONFIGURATION_F: [Field; 2] = [
    field("requests", list(&T_STRING), F { number: 1, ..D }),
    field("opaque", one(&super::resource_v1::OPAQUE_DEVICE_CONFIGURATION), F { pointer: true, number: 1, inline: 2, embedded: "DeviceConfiguration", ..D }),
];
pub(crate) static DEVICE_CLAIM_CONFIGURATION: Struct =
    object("io.k8s.api.resource.v1.DeviceClaimConfiguration", "v1.DeviceClaimConfiguration", &DEVICE_CLAIM_CONFIGURATION_F, false);
pub(crate) static DEVICE_CLAIM_CONFIGURATION_T: Type = one(&DEVICE_CLAIM_CONFIGURATION);

static DEVICE_CLASS_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::resource_v1::DEVICE_CLASS_SPEC), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static DEVICE_CLASS: Struct =
    object("io.k8s.api.resource.v1.DeviceClass", "v1.DeviceClass", &DEVICE_CLASS_F, false);
pub(crate) static DEVICE_CLASS_T: Type = one(&DEVICE_CLASS);

static DEVICE_CLASS_CONFIGURATION_F: [Field; 1] = [
    field("opaque", one(&super::resource_v1::OPAQUE_DEVICE_CONFIGURATION), F { pointer: true, number: 1, inline: 1, embedded: "DeviceConfiguration", ..D }),
];
pub(crate) static DEVICE_CLASS_CONFIGURATION: Struct =
    object("io.k8s.api.resource.v1.DeviceClassConfiguration", "v1.DeviceClassConfiguration", &DEVICE_CLASS_CONFIGURATION_F, false);
pub(crate) static DEVICE_CLASS_CONFIGURATION_T: Type = one(&DEVICE_CLASS_CONFIGURATION);

static DEVICE_CLASS_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::resource_v1::DEVICE_CLASS_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static DEVICE_CLASS_LIST: Struct =
    object("io.k8s.api.resource.v1.DeviceClassList", "v1.DeviceClassList", &DEVICE_CLASS_LIST_F, false);

static DEVICE_CLASS_SPEC_F: [Field; 3] = [
    field("selectors", list(&super::resource_v1::DEVICE_SELECTOR_T), F { number: 1, ..D }),
    field("config", list(&super::resource_v1::DEVICE_CLASS_CONFIGURATION_T), F { number: 2, ..D }),
    field("extendedResourceName", Type::String, F { pointer: true, number: 4, ..D }),
];
pub(crate) static DEVICE_CLASS_SPEC: Struct =
    object("io.k8s.api.resource.v1.DeviceClassSpec", "v1.DeviceClassSpec", &DEVICE_CLASS_SPEC_F, false);

static DEVICE_CONSTRAINT_F: [Field; 3] = [
    field("requests", list(&T_STRING), F { number: 1, ..D }),
    field("matchAttribute", Type::String, F { pointer: true, number: 2, go: "v1.FullyQualifiedName", ..D }),
    field("distinctAttribute", Type::String, F { pointer: true, number: 3, go: "v1.FullyQualifiedName", ..D }),
];
pub(crate) static DEVICE_CONSTRAINT: Struct =
    object("io.k8s.api.resource.v1.DeviceConstraint", "v1.DeviceConstraint", &DEVICE_CONSTRAINT_F, false);
pub(crate) static DEVICE_CONSTRAINT_T: Type = one(&DEVICE_CONSTRAINT);

static DEVICE_COUNTER_CONSUMPTION_F: [Field; 2] = [
    field("counterSet", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("counters", map(&super::resource_v1::COUNTER_T), F { required: true, number: 2, ..D }),
];
pub(crate) static DEVICE_COUNTER_CONSUMPTION: Struct =
    object("io.k8s.api.resource.v1.DeviceCounterConsumption", "v1.DeviceCounterConsumption", &DEVICE_COUNTER_CONSUMPTION_F, false);
pub(crate) static DEVICE_COUNTER_CONSUMPTION_T: Type = one(&DEVICE_COUNTER_CONSUMPTION);

static DEVICE_REQUEST_F: [Field; 3] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("exactly", one(&super::resource_v1::EXACT_DEVICE_REQUEST), F { pointer: true, number: 2, ..D }),
    field("firstAvailable", list(&super::resource_v1::DEVICE_SUB_REQUEST_T), F { number: 3, ..D }),
];
pub(crate) static DEVICE_REQUEST: Struct =
    object("io.k8s.api.resource.v1.DeviceRequest", "v1.DeviceRequest", &DEVICE_REQUEST_F, false);
pub(crate) static DEVICE_REQUEST_T: Type = one(&DEVICE_REQUEST);

static DEVICE_REQUEST_ALLOCATION_RESULT_F: [Field; 10] = [
    field("request", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("driver", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("pool", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
    field("device", Type::String, F { omit: NEVER, required: true, number: 4, ..D }),
    field("adminAccess", Type::Bool, F { pointer: true, number: 5, ..D }),
    field("tolerations", list(&super::resource_v1::DEVICE_TOLERATION_T), F { number: 6, ..D }),
    field("bindingConditions", list(&T_STRING), F { number: 7, ..D }),
    field("bindingFailureConditions", list(&T_STRING), F { number: 8, ..D }),
    field("shareID", Type::String, F { pointer: true, number: 9, go: "types.UID", ..D }),
    field("consumedCapacity", map(&T_QUANTITY), F { number: 10, go: "map[v1.QualifiedName]resource.Quantity", ..D }),
];
pub(crate) static DEVICE_REQUEST_ALLOCATION_RESULT: Struct =
    object("io.k8s.api.resource.v1.DeviceRequestAllocationResult", "v1.DeviceRequestAllocationResult", &DEVICE_REQUEST_ALLOCATION_RESULT_F, false);
pub(crate) static DEVICE_REQUEST_ALLOCATION_RESULT_T: Type = one(&DEVICE_REQUEST_ALLOCATION_RESULT);

static DEVICE_SELECTOR_F: [Field; 1] = [
    field("cel", one(&super::resource_v1::CEL_DEVICE_SELECTOR), F { pointer: true, number: 1, ..D }),
];
pub(crate) static DEVICE_SELECTOR: Struct =
    object("io.k8s.api.resource.v1.DeviceSelector", "v1.DeviceSelector", &DEVICE_SELECTOR_F, false);
pub(crate) static DEVICE_SELECTOR_T: Type = one(&DEVICE_SELECTOR);

static DEVICE_SUB_REQUEST_ALLOCATION_MODE_VALUES: [Text; 2] = [text("All"), text("ExactCount")];
static DEVICE_SUB_REQUEST_F: [Field; 7] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("deviceClassName", Type::String, F { omit: NEVER, required: true, number: 2, ..D }),
    field("selectors", list(&super::resource_v1::DEVICE_SELECTOR_T), F { number: 3, ..D }),
    field("allocationMode", Type::String, F { number: 4, values: &DEVICE_SUB_REQUEST_ALLOCATION_MODE_VALUES, go: "v1.DeviceAllocationMode", ..D }),
    field("count", Type::Int64, F { number: 5, ..D }),
    field("tolerations", list(&super::resource_v1::DEVICE_TOLERATION_T), F { number: 6, ..D }),
    field("capacity", one(&super::resource_v1::CAPACITY_REQUIREMENTS), F { pointer: true, number: 7, ..D }),
];
pub(crate) static DEVICE_SUB_REQUEST: Struct =
    object("io.k8s.api.resource.v1.DeviceSubRequest", "v1.DeviceSubRequest", &DEVICE_SUB_REQUEST_F, false);
pub(crate) static DEVICE_SUB_REQUEST_T: Type = one(&DEVICE_SUB_REQUEST);

static DEVICE_TAINT_EFFECT_VALUES: [Text; 3] = [text("NoExecute"), text("NoSchedule"), text("None")];
static DEVICE_TAINT_F: [Field; 4] = [
    field("key", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("value", Type::String, F { number: 2, ..D }),
    field("effect", Type::String, F { omit: NEVER, required: true, number: 3, values: &DEVICE_TAINT_EFFECT_VALUES, go: "v1.DeviceTaintEffect", ..D }),
    field("timeAdded", Type::Time, F { pointer: true, number: 4, ..D }),
];
pub(crate) static DEVICE_TAINT: Struct =
    object("io.k8s.api.resource.v1.DeviceTaint", "v1.DeviceTaint", &DEVICE_TAINT_F, false);
pub(crate) static DEVICE_TAINT_T: Type = one(&DEVICE_TAINT);

static DEVICE_TOLERATION_OPERATOR_VALUES: [Text; 2] = [text("Equal"), text("Exists")];
static DEVICE_TOLERATION_EFFECT_VALUES: [Text; 3] = [text("NoExecute"), text("NoSchedule"), text("None")];
static DEVICE_TOLERATION_F: [Field; 5] = [
    field("key", Type::String, F { number: 1, ..D }),
    field("operator", Type::String, F { number: 2, default: "\"Equal\"", values: &DEVICE_TOLERATION_OPERATOR_VALUES, go: "v1.DeviceTolerationOperator", ..D }),
    field("value", Type::String, F { number: 3, ..D }),
    field("effect", Type::String, F { number: 4, values: &DEVICE_TOLERATION_EFFECT_VALUES, go: "v1.DeviceTaintEffect", ..D }),
    field("tolerationSeconds", Type::Int64, F { pointer: true, number: 5, ..D }),
];
pub(crate) static DEVICE_TOLERATION: Struct =
    object("io.k8s.api.resource.v1.DeviceToleration", "v1.DeviceToleration", &DEVICE_TOLERATION_F, false);
pub(crate) static DEVICE_TOLERATION_T: Type = one(&DEVICE_TOLERATION);

static EXACT_DEVICE_REQUEST_ALLOCATION_MODE_VALUES: [Text; 2] = [text("All"), text("ExactCount")];
static EXACT_DEVICE_REQUEST_F: [Field; 7] = [
    field("deviceClassName", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("selectors", list(&super::resource_v1::DEVICE_SELECTOR_T), F { number: 2, ..D }),
    field("allocationMode", Type::String, F { number: 3, values: &EXACT_DEVICE_REQUEST_ALLOCATION_MODE_VALUES, go: "v1.DeviceAllocationMode", ..D }),
    field("count", Type::Int64, F { number: 4, ..D }),
    field("adminAccess", Type::Bool, F { pointer: true, number: 5, ..D }),
    field("tolerations", list(&super::resource_v1::DEVICE_TOLERATION_T), F { number: 6, ..D }),
    field("capacity", one(&super::resource_v1::CAPACITY_REQUIREMENTS), F { pointer: true, number: 7, ..D }),
];
pub(crate) static EXACT_DEVICE_REQUEST: Struct =
    object("io.k8s.api.resource.v1.ExactDeviceRequest", "v1.ExactDeviceRequest", &EXACT_DEVICE_REQUEST_F, false);

static NETWORK_DEVICE_DATA_F: [Field; 3] = [
    field("interfaceName", Type::String, F { number: 1, ..D }),
    field("ips", list(&T_STRING), F { number: 2, ..D }),
    field("hardwareAddress", Type::String, F { number: 3, ..D }),
];
pub(crate) static NETWORK_DEVICE_DATA: Struct =
    object("io.k8s.api.resource.v1.NetworkDeviceData", "v1.NetworkDeviceData", &NETWORK_DEVICE_DATA_F, false);

static NODE_ALLOCATABLE_RESOURCE_MAPPING_F: [Field; 2] = [
    field("capacityKey", Type::String, F { pointer: true, number: 1, go: "v1.QualifiedName", ..D }),
    field("allocationMultiplier", Type::Quantity, F { pointer: true, number: 2, ..D }),
];
pub(crate) static NODE_ALLOCATABLE_RESOURCE_MAPPING: Struct =
    object("io.k8s.api.resource.v1.NodeAllocatableResourceMapping", "v1.NodeAllocatableResourceMapping", &NODE_ALLOCATABLE_RESOURCE_MAPPING_F, false);
pub(crate) static NODE_ALLOCATABLE_RESOURCE_MAPPING_T: Type = one(&NODE_ALLOCATABLE_RESOURCE_MAPPING);

static OPAQUE_DEVICE_CONFIGURATION_F: [Field; 2] = [
    field("driver", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("parameters", Type::RawExtension, F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static OPAQUE_DEVICE_CONFIGURATION: Struct =
    object("io.k8s.api.resource.v1.OpaqueDeviceConfiguration", "v1.OpaqueDeviceConfiguration", &OPAQUE_DEVICE_CONFIGURATION_F, false);

static RESOURCE_CLAIM_F: [Field; 5] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::resource_v1::RESOURCE_CLAIM_SPEC), F { omit: NEVER, required: true, number: 2, ..D }),
    field("status", one(&super::resource_v1::RESOURCE_CLAIM_STATUS), F { number: 3, ..D }),
];
pub(crate) static RESOURCE_CLAIM: Struct =
    object("io.k8s.api.resource.v1.ResourceClaim", "v1.ResourceClaim", &RESOURCE_CLAIM_F, false);
pub(crate) static RESOURCE_CLAIM_T: Type = one(&RESOURCE_CLAIM);

static RESOURCE_CLAIM_CONSUMER_REFERENCE_F: [Field; 4] = [
    field("apiGroup", Type::String, F { number: 1, ..D }),
    field("resource", Type::String, F { omit: NEVER, required: true, number: 3, ..D }),
    field("name", Type::String, F { omit: NEVER, required: true, number: 4, ..D }),
    field("uid", Type::String, F { omit: NEVER, required: true, number: 5, go: "types.UID", ..D }),
];
pub(crate) static RESOURCE_CLAIM_CONSUMER_REFERENCE: Struct =
    object("io.k8s.api.resource.v1.ResourceClaimConsumerReference", "v1.ResourceClaimConsumerReference", &RESOURCE_CLAIM_CONSUMER_REFERENCE_F, false);
pub(crate) static RESOURCE_CLAIM_CONSUMER_REFERENCE_T: Type = one(&RESOURCE_CLAIM_CONSUMER_REFERENCE);

static RESOURCE_CLAIM_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::resource_v1::RESOURCE_CLAIM_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static RESOURCE_CLAIM_LIST: Struct =
    object("io.k8s.api.resource.v1.ResourceClaimList", "v1.ResourceClaimList", &RESOURCE_CLAIM_LIST_F, false);

static RESOURCE_CLAIM_SPEC_F: [Field; 1] = [
    field("devices", one(&super::resource_v1::DEVICE_CLAIM), F { omit: NEVER, number: 1, ..D }),
];
pub(crate) static RESOURCE_CLAIM_SPEC: Struct =
    object("io.k8s.api.resource.v1.ResourceClaimSpec", "v1.ResourceClaimSpec", &RESOURCE_CLAIM_SPEC_F, false);

static RESOURCE_CLAIM_STATUS_RESERVED_FOR_KEYS: [Text; 1] = [text("uid")];
static RESOURCE_CLAIM_STATUS_DEVICES_KEYS: [Text; 4] = [text("driver"), text("device"), text("pool"), text("shareID")];
static RESOURCE_CLAIM_STATUS_F: [Field; 3] = [
    field("allocation", one(&super::resource_v1::ALLOCATION_RESULT), F { pointer: true, number: 1, ..D }),
    field("reservedFor", list(&super::resource_v1::RESOURCE_CLAIM_CONSUMER_REFERENCE_T), F { number: 2, list: Lists::Map(&RESOURCE_CLAIM_STATUS_RESERVED_FOR_KEYS), merges: true, key: "uid", ..D }),
    field("devices", list(&super::resource_v1::ALLOCATED_DEVICE_STATUS_T), F { number: 4, list: Lists::Map(&RESOURCE_CLAIM_STATUS_DEVICES_KEYS), ..D }),
];
pub(crate) static RESOURCE_CLAIM_STATUS: Struct =
    object("io.k8s.api.resource.v1.ResourceClaimStatus", "v1.ResourceClaimStatus", &RESOURCE_CLAIM_STATUS_F, false);

static RESOURCE_CLAIM_TEMPLATE_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::resource_v1::RESOURCE_CLAIM_TEMPLATE_SPEC), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static RESOURCE_CLAIM_TEMPLATE: Struct =
    object("io.k8s.api.resource.v1.ResourceClaimTemplate", "v1.ResourceClaimTemplate", &RESOURCE_CLAIM_TEMPLATE_F, false);
pub(crate) static RESOURCE_CLAIM_TEMPLATE_T: Type = one(&RESOURCE_CLAIM_TEMPLATE);

static RESOURCE_CLAIM_TEMPLATE_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::resource_v1::RESOURCE_CLAIM_TEMPLATE_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static RESOURCE_CLAIM_TEMPLATE_LIST: Struct =
    object("io.k8s.api.resource.v1.ResourceClaimTemplateList", "v1.ResourceClaimTemplateList", &RESOURCE_CLAIM_TEMPLATE_LIST_F, false);

static RESOURCE_CLAIM_TEMPLATE_SPEC_F: [Field; 2] = [
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::resource_v1::RESOURCE_CLAIM_SPEC), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static RESOURCE_CLAIM_TEMPLATE_SPEC: Struct =
    object("io.k8s.api.resource.v1.ResourceClaimTemplateSpec", "v1.ResourceClaimTemplateSpec", &RESOURCE_CLAIM_TEMPLATE_SPEC_F, false);

static RESOURCE_POOL_F: [Field; 3] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("generation", Type::Int64, F { omit: NEVER, required: true, number: 2, ..D }),
    field("resourceSliceCount", Type::Int64, F { omit: NEVER, required: true, number: 3, ..D }),
];
pub(crate) static RESOURCE_POOL: Struct =
    object("io.k8s.api.resource.v1.ResourcePool", "v1.ResourcePool", &RESOURCE_POOL_F, false);

static RESOURCE_SLICE_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("spec", one(&super::resource_v1::RESOURCE_SLICE_SPEC), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static RESOURCE_SLICE: Struct =
    object("io.k8s.api.resource.v1.ResourceSlice", "v1.ResourceSlice", &RESOURCE_SLICE_F, false);
pub(crate) static RESOURCE_SLICE_T: Type = one(&RESOURCE_SLICE);

static RESOURCE_SLICE_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::resource_v1::RESOURCE_SLICE_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static RESOURCE_SLICE_LIST: Struct =
    object("io.k8s.api.resource.v1.ResourceSliceList", "v1.ResourceSliceList", &RESOURCE_SLICE_LIST_F, false);

static RESOURCE_SLICE_SPEC_F: [Field; 8] = [
    field("driver", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
    field("pool", one(&super::resource_v1::RESOURCE_POOL), F { omit: NEVER, required: true, number: 2, ..D }),
    field("nodeName", Type::String, F { pointer: true, number: 3, ..D }),
    field("nodeSelector", one(&super::core_v1::NODE_SELECTOR), F { pointer: true, number: 4, ..D }),
    field("allNodes", Type::Bool, F { pointer: true, number: 5, ..D }),
    field("devices", list(&super::resource_v1::DEVICE_T), F { number: 6, ..D }),
    field("perDeviceNodeSelection", Type::Bool, F { pointer: true, number: 7, ..D }),
    field("sharedCounters", list(&super::resource_v1::COUNTER_SET_T), F { number: 8, ..D }),
];
pub(crate) static RESOURCE_SLICE_SPEC: Struct =
    object("io.k8s.api.resource.v1.ResourceSliceSpec", "v1.ResourceSliceSpec", &RESOURCE_SLICE_SPEC_F, false);
