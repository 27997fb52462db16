//! Structs of `k8s.io/api/discovery/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static ENDPOINT_F: [Field; 8] = [
    field("addresses", list(&T_STRING), F { omit: NEVER, required: true, number: 1, list: Lists::Set, ..D }),
    field("conditions", one(&super::discovery_v1::ENDPOINT_CONDITIONS), F { number: 2, ..D }),
    field("hostname", Type::String, F { pointer: true, number: 3, ..D }),
    field("targetRef", one(&super::core_v1::OBJECT_REFERENCE), F { pointer: true, number: 4, ..D }),
    field("deprecatedTopology", map(&T_STRING), F { number: 5, ..D }),
    field("nodeName", Type::String, F { pointer: true, number: 6, ..D }),
    field("zone", Type::String, F { pointer: true, number: 7, ..D }),
    field("hints", one(&super::discovery_v1::ENDPOINT_HINTS), F { pointer: true, number: 8, ..D }),
];
pub(crate) static ENDPOINT: Struct =
    object("io.k8s.api.discovery.v1.Endpoint", "v1.Endpoint", &ENDPOINT_F, false);
pub(crate) static ENDPOINT_T: Type = one(&ENDPOINT);

static ENDPOINT_CONDITIONS_F: [Field; 3] = [
    field("ready", Type::Bool, F { pointer: true, number: 1, ..D }),
    field("serving", Type::Bool, F { pointer: true, number: 2, ..D }),
    field("terminating", Type::Bool, F { pointer: true, number: 3, ..D }),
];
pub(crate) static ENDPOINT_CONDITIONS: Struct =
    object("io.k8s.api.discovery.v1.EndpointConditions", "v1.EndpointConditions", &ENDPOINT_CONDITIONS_F, false);

static ENDPOINT_HINTS_F: [Field; 2] = [
    field("forZones", list(&super::discovery_v1::FOR_ZONE_T), F { number: 1, ..D }),
    field("forNodes", list(&super::discovery_v1::FOR_NODE_T), F { number: 2, ..D }),
];
pub(crate) static ENDPOINT_HINTS: Struct =
    object("io.k8s.api.discovery.v1.EndpointHints", "v1.EndpointHints", &ENDPOINT_HINTS_F, false);

static ENDPOINT_PORT_PROTOCOL_VALUES: [Text; 3] = [text("SCTP"), text("TCP"), text("UDP")];
static ENDPOINT_PORT_F: [Field; 4] = [
    field("name", Type::String, F { pointer: true, number: 1, ..D }),
    field("protocol", Type::String, F { pointer: true, number: 2, values: &ENDPOINT_PORT_PROTOCOL_VALUES, go: "v1.Protocol", ..D }),
    field("port", Type::Int32, F { pointer: true, number: 3, ..D }),
    field("appProtocol", Type::String, F { pointer: true, number: 4, ..D }),
];
pub(crate) static ENDPOINT_PORT: Struct =
    object("io.k8s.api.discovery.v1.EndpointPort", "v1.EndpointPort", &ENDPOINT_PORT_F, true);
pub(crate) static ENDPOINT_PORT_T: Type = one(&ENDPOINT_PORT);

static ENDPOINT_SLICE_ADDRESS_TYPE_VALUES: [Text; 3] = [text("FQDN"), text("IPv4"), text("IPv6")];
static ENDPOINT_SLICE_F: [Field; 6] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { number: 1, ..D }),
    field("addressType", Type::String, F { omit: NEVER, required: true, number: 4, values: &ENDPOINT_SLICE_ADDRESS_TYPE_VALUES, go: "v1.AddressType", ..D }),
    field("endpoints", list(&super::discovery_v1::ENDPOINT_T), F { omit: NEVER, number: 2, ..D }),
    field("ports", list(&super::discovery_v1::ENDPOINT_PORT_T), F { omit: NEVER, number: 3, ..D }),
];
pub(crate) static ENDPOINT_SLICE: Struct =
    object("io.k8s.api.discovery.v1.EndpointSlice", "v1.EndpointSlice", &ENDPOINT_SLICE_F, false);
pub(crate) static ENDPOINT_SLICE_T: Type = one(&ENDPOINT_SLICE);

static ENDPOINT_SLICE_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::discovery_v1::ENDPOINT_SLICE_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static ENDPOINT_SLICE_LIST: Struct =
    object("io.k8s.api.discovery.v1.EndpointSliceList", "v1.EndpointSliceList", &ENDPOINT_SLICE_LIST_F, false);

static FOR_NODE_F: [Field; 1] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static FOR_NODE: Struct =
    object("io.k8s.api.discovery.v1.ForNode", "v1.ForNode", &FOR_NODE_F, false);
pub(crate) static FOR_NODE_T: Type = one(&FOR_NODE);

static FOR_ZONE_F: [Field; 1] = [
    field("name", Type::String, F { omit: NEVER, required: true, number: 1, ..D }),
];
pub(crate) static FOR_ZONE: Struct =
    object("io.k8s.api.discovery.v1.ForZone", "v1.ForZone", &FOR_ZONE_F, false);
pub(crate) static FOR_ZONE_T: Type = one(&FOR_ZONE);
