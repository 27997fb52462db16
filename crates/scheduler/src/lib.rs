//! The scheduler: gives Pods their nodes. A pure core decides; one task watches and binds.
//!
//! Must not know how a Pod is run.

pub mod affinity;
pub mod budget;
pub mod core;
pub mod cycle;
pub mod node;
pub mod plugins;
pub mod pod;
pub mod preemption;
pub mod queue;
pub mod resources;
pub mod schedule;
pub mod scheduler;
pub mod snapshot;

pub use scheduler::{Config, IDENTITY, Running, start};
