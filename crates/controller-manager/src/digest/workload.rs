//! Deployments and ReplicaSets.

use apimachinery::json;
use apimachinery::selector::LabelSelector;

use super::{Meta, selector_of};

/// A Deployment, as far as it is looked at when something else changes.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentDigest {
    /// Metadata.
    pub meta: Meta,
    /// `spec.selector`
    pub selector: Option<LabelSelector>,
    /// Whether old Pods have to be gone before new ones come.
    pub is_recreate: bool,
}

impl DeploymentDigest {
    /// The projection.
    pub fn project(bytes: &[u8]) -> Option<Self> {
        let object = json::parse(bytes).ok()?;
        Some(DeploymentDigest {
            meta: Meta::of(&object),
            selector: selector_of(object.at(&["spec", "selector"])),
            is_recreate: object.str_at(&["spec", "strategy", "type"]) == "Recreate",
        })
    }
}

/// A ReplicaSet, as far as it is looked at when something else changes.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaSetDigest {
    /// Metadata.
    pub meta: Meta,
    /// `spec.selector`
    pub selector: Option<LabelSelector>,
}

impl ReplicaSetDigest {
    /// The projection.
    pub fn project(bytes: &[u8]) -> Option<Self> {
        let object = json::parse(bytes).ok()?;
        let selector = selector_of(object.at(&["spec", "selector"]));
        Some(ReplicaSetDigest { meta: Meta::of(&object), selector })
    }
}
