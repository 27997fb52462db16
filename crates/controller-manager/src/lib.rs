//! The controllers: each one file with a pure `reconcile` over a view, performed by the client's one runner.
//!
//! Must not know the server, the store, or that other controllers exist: they meet in the objects.

pub mod claim;
pub mod deployment;
pub mod digest;
pub mod endpoint_slice;
pub mod endpoints;
pub mod garbage_collector;
pub mod kubernetes_service;
pub mod namespace;
pub mod node_lifecycle;
pub mod pod_gc;
pub mod replica_set;
pub mod root_ca_publisher;
pub mod service_account;
pub mod service_pods;
pub mod table;
pub mod taint_eviction;

#[cfg(test)]
mod test_text;

pub use table::{Config, start};
