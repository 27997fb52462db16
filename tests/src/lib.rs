//! Whole-system tests: a real `corten` inside namespaces of its own, asked by real clients.
//!
//! [`cluster::Cluster`] starts one; [`outer`] makes the namespaces in which it lives, so that the end of their
//! process 1 removes everything. What tests compare is text: [`cases`]. Must not know how Corten works inside: only
//! its command line, its API and what the kernel shows.

pub mod api;
pub mod cases;
pub mod cgroups;
pub mod cluster;
pub mod compare;
pub mod fetch;
pub mod image;
pub mod kubectl;
pub mod leaks;
pub mod measure;
pub mod network_thread;
pub mod outer;
pub mod process;
pub mod programs;
pub mod registry;
pub mod sys;
pub mod workload;

use std::path::PathBuf;

/// The repository: that of the running command, since clones that share a target directory share executables too.
/// Cargo names the folder of a crate in it, also to what its commands start.
pub fn repository() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    own.join("..")
}
