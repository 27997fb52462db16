//! Kubernetes' machinery that holds for every kind: object trees, schemas, quantities, selectors,
//! patches, field ownership, `Status` errors and JSON ↔ protobuf transcoding.
//!
//! Pure: no IO, no clock, no async. Must never know a concrete kind.

pub mod cron;
pub mod encoded;
pub mod field_error;
pub mod group_version;
pub mod json;
pub mod managed_fields;
pub mod meta;
pub mod names;
pub mod patch;
pub mod protobuf;
pub mod quantity;
pub mod schema;
pub mod selector;
pub mod status;
pub mod structural;
pub mod time;
pub mod value;
pub mod watch;
pub mod yaml;
