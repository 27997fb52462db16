//! Deployments and ReplicaSets.

use apimachinery::json;
use apimachinery::selector::LabelSelector;
use client::informer::ObjectKey;

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

    /// The projection of a ReplicationController, whose selector is a plain map.
    pub fn project_controller(bytes: &[u8]) -> Option<Self> {
        let object = json::parse(bytes).ok()?;
        let labels = object.at(&["spec", "selector"]).as_object().filter(|map| !map.is_empty());
        let selector = labels
            .map(|map| LabelSelector::from_map(map.iter().map(|(key, value)| (key, value.as_str().unwrap_or("")))));
        Some(ReplicaSetDigest { meta: Meta::of(&object), selector })
    }
}

/// A DaemonSet, StatefulSet or Job, as far as it is looked at when something else changes.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkloadDigest {
    /// Metadata.
    pub meta: Meta,
    /// `spec.selector`
    pub selector: Option<LabelSelector>,
}

impl WorkloadDigest {
    /// The projection.
    pub fn project(bytes: &[u8]) -> Option<Self> {
        let object = json::parse(bytes).ok()?;
        let selector = selector_of(object.at(&["spec", "selector"]));
        Some(WorkloadDigest { meta: Meta::of(&object), selector })
    }

    /// The values of the index of objects by the UID of their controller.
    pub fn controller_index(_: &ObjectKey, object: &WorkloadDigest) -> Vec<String> {
        object.meta.controller.iter().map(|owner| owner.uid.clone()).collect()
    }
}
