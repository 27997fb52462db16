//! The kubelet: runs the Pods that are bound to this node and reports about them and the node.
//!
//! [`pod`] decides (pure), everything else does or looks up. Must not know which runtime, network or volume driver
//! is behind the traits.

pub mod admission;
pub mod cgroups;
pub mod checkpoint;
pub mod config;
pub mod container_config;
pub mod cri_view;
pub mod dns;
pub mod effects;
pub mod env;
pub mod eviction;
pub mod hooks;
pub mod hosts;
pub mod http_get;
pub mod image_gc;
pub mod image_name;
pub mod keyring;
pub mod kubelet;
pub mod log_rotation;
pub mod logs;
pub mod mounts;
pub mod node;
pub mod objects;
pub mod orphans;
pub mod paths;
pub mod pod;
pub mod probes;
pub mod pulled_images;
pub mod resources;
pub mod runner;
pub mod runtime_list;
pub mod sandbox_config;
pub mod server;
pub mod spec;
pub mod static_pods;
pub mod stats;
pub mod status_patch;
pub mod tokens;
pub mod volumes;

pub use config::{Config, Dependencies, KubeletError};
pub use kubelet::{Kubelet, build};
