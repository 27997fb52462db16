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
