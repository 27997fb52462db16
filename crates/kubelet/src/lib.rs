//! The kubelet: runs the Pods that are bound to this node and reports about them and the node.
//!
//! [`pod`] decides (pure), everything else does or looks up. Must not know which runtime, network or volume driver
//! is behind the traits.

pub mod cgroups;
pub mod container_config;
pub mod dns;
pub mod env;
pub mod hosts;
pub mod image_name;
pub mod mounts;
pub mod paths;
pub mod pod;
pub mod resources;
pub mod sandbox_config;
pub mod spec;
pub mod volumes;
