//! What controllers keep of the objects that they watch. Shared, so that they share informers.

mod endpoint;
mod meta;
mod node;
mod pod;
mod workload;

pub use endpoint::{EndpointSliceDigest, EndpointsDigest, ServiceDigest, ServicePort};
pub use meta::{Meta, NamedDigest, selector_of};
pub use node::{LeaseDigest, NodeDigest};
pub use pod::{
    BY_CONTROLLER, BY_END, BY_NODE, COMPLETION_INDEX, ContainerPort, JOB_TRACKING, PodDigest, condition, orphans_in,
};
pub use workload::{DeploymentDigest, ReplicaSetDigest, WorkloadDigest};
