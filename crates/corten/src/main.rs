//! Corten: a complete Kubernetes in one executable.
//!
//! Nothing is decided here, only connected. Roles that must stay tiny (shim, pause, CNI plugin, supervisor)
//! are dispatched before any thread or runtime exists.

mod config;
mod pki;
mod supervisor;

fn main() {}
