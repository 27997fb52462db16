//! Cluster DNS: names of Services and Pods from the API, everything else forwarded.
//!
//! Answers follow the Kubernetes DNS specification 1.1.0. Must not know how endpoints came to be.

pub mod cluster;
mod forward;
pub mod server;
mod upstream;
mod zone;

pub use server::{BindError, Config, Dns};
