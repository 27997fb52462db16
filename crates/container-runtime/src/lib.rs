//! The container runtime: a CRI server whose containers hang under one tiny shim per Pod.
//!
//! The daemon decides and serves CRI; the shim (this same executable in another role) holds the Pod's namespaces,
//! prepares and starts processes, writes their logs and keeps their exit records, so that nothing depends on the
//! daemon's life. Must not know Pods as API objects, nor the API server.

pub mod capabilities;
pub mod cgroup;
pub mod config;
pub mod contract;
pub mod cri_server;
pub mod image_source;
pub mod images;
pub mod process_identity;
pub mod runtime;
pub mod seccomp;
pub mod shim;
pub mod sys;
pub mod wire;
