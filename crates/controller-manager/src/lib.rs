//! The controllers: each one file with a pure `reconcile` over a view, performed by the client's one runner.
//!
//! Must not know the server, the store, or that other controllers exist: they meet in the objects.

pub mod claim;
pub mod cluster_role_aggregation;
pub mod cron_job;
pub mod daemon_set;
pub mod deployment;
pub mod digest;
pub mod disruption;
pub mod endpoint_slice;
pub mod endpoint_slice_mirroring;
pub mod endpoints;
pub mod garbage_collector;
pub mod job;
pub mod kubernetes_service;
pub mod live_kinds;
pub mod namespace;
pub mod node_fit;
pub mod node_lifecycle;
pub mod pod_gc;
pub mod pod_template;
pub mod replica_set;
pub mod resource_quota;
pub mod revision_history;
pub mod root_ca_publisher;
pub mod scaled;
pub mod service_account;
pub mod service_pods;
pub mod stateful_set;
pub mod table;
pub mod taint_eviction;
pub mod ttl_after_finished;

#[cfg(test)]
mod test_text;

pub use kubernetes_service::LiveAddress;
pub use live_kinds::{LiveKinds, Served};
pub use table::{Config, start};
