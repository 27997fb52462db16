//! The built-in kinds: which resources there are, their schema table, and their typed structs.
//!
//! Knows facts only, and what follows from them by plain arithmetic ([`node_selection`], [`pod_resources`],
//! [`quota`]). Must never know defaults, validation or IO. Typed structs are decoded and encoded here and only here
//! ([`typed`]), so that their serde code is compiled once.

mod generated;
pub mod node_selection;
pub mod pod_resources;
pub mod quota;
pub mod resources;
mod table;
pub mod typed;

pub use k8s_openapi;
pub use resources::{ResourceType, Subresource, kind, resource, resources, type_by_gvk};
