//! A whole control plane in one process, for tests of how its parts work together: API server over a store in memory,
//! controllers, scheduler, and a hollow node that says of every Pod that it runs.
//!
//! Nothing here touches the kernel or the network. Time comes in as an argument everywhere in pure code, so there is no
//! fake clock.

mod cluster;
mod hollow_node;

pub use cluster::{InProcessCluster, PATIENCE};
