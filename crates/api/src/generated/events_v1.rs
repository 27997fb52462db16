//! Structs of `k8s.io/api/events/v1`.
//!
//! Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.

use apimachinery::schema::{Field, Struct, Type};

use crate::table::*;

static EVENT_F: [Field; 17] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::OBJECT_META), F { omit: NEVER, number: 1, ..D }),
    field("eventTime", Type::MicroTime, F { omit: NEVER, required: true, number: 2, ..D }),
    field("series", one(&super::events_v1::EVENT_SERIES), F { pointer: true, number: 3, ..D }),
    field("reportingController", Type::String, F { number: 4, ..D }),
    field("reportingInstance", Type::String, F { number: 5, ..D }),
    field("action", Type::String, F { number: 6, ..D }),
    field("reason", Type::String, F { number: 7, ..D }),
    field("regarding", one(&super::core_v1::OBJECT_REFERENCE), F { number: 8, ..D }),
    field("related", one(&super::core_v1::OBJECT_REFERENCE), F { pointer: true, number: 9, ..D }),
    field("note", Type::String, F { number: 10, ..D }),
    field("type", Type::String, F { number: 11, ..D }),
    field("deprecatedSource", one(&super::core_v1::EVENT_SOURCE), F { number: 12, ..D }),
    field("deprecatedFirstTimestamp", Type::Time, F { number: 13, ..D }),
    field("deprecatedLastTimestamp", Type::Time, F { number: 14, ..D }),
    field("deprecatedCount", Type::Int32, F { number: 15, ..D }),
];
pub(crate) static EVENT: Struct =
    object("io.k8s.api.events.v1.Event", "v1.Event", &EVENT_F, false);
pub(crate) static EVENT_T: Type = one(&EVENT);

static EVENT_LIST_F: [Field; 4] = [
    field("kind", Type::String, F { embedded: "TypeMeta", ..D }),
    field("apiVersion", Type::String, F { embedded: "TypeMeta", ..D }),
    field("metadata", one(&super::meta_v1::LIST_META), F { number: 1, ..D }),
    field("items", list(&super::events_v1::EVENT_T), F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static EVENT_LIST: Struct =
    object("io.k8s.api.events.v1.EventList", "v1.EventList", &EVENT_LIST_F, false);

static EVENT_SERIES_F: [Field; 2] = [
    field("count", Type::Int32, F { omit: NEVER, required: true, number: 1, ..D }),
    field("lastObservedTime", Type::MicroTime, F { omit: NEVER, required: true, number: 2, ..D }),
];
pub(crate) static EVENT_SERIES: Struct =
    object("io.k8s.api.events.v1.EventSeries", "v1.EventSeries", &EVENT_SERIES_F, false);
