//! Nodes as the scheduler sees them.

use std::sync::Arc;

use api::node_selection::{NodeSelectorTerm, Taint};
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;

use crate::resources::Resources;

/// What the scheduler keeps of a Node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeInfo {
    /// Name.
    pub name: Arc<str>,
    /// Labels.
    pub labels: Vec<(String, String)>,
    /// `spec.taints`
    pub taints: Vec<Taint>,
    /// `spec.unschedulable`
    pub is_unschedulable: bool,
    /// `status.allocatable`
    pub allocatable: Resources,
}

impl NodeInfo {
    /// The projection.
    pub fn project(bytes: &[u8]) -> Option<NodeInfo> {
        Some(NodeInfo::of(&json::parse(bytes).ok()?))
    }

    /// Reads it from an object.
    pub fn of(node: &Value) -> Self {
        let labels = node.at(&["metadata", "labels"]).as_object();
        let label = |(key, value): (&str, &Value)| (key.to_owned(), value.as_str().unwrap_or("").to_owned());
        NodeInfo {
            name: node.name().into(),
            labels: labels.into_iter().flat_map(|map| map.iter()).map(label).collect(),
            taints: node.items_at(&["spec", "taints"]).iter().map(Taint::of).collect(),
            is_unschedulable: node.bool_at(&["spec", "unschedulable"]),
            allocatable: Resources::of(node.at(&["status", "allocatable"])),
        }
    }

    /// Whether it fulfils a term of a node selector.
    pub fn fulfils(&self, term: &NodeSelectorTerm) -> bool {
        term.matches(&self.name, |key| self.label(key))
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// A term with a weight.
#[derive(Clone, Debug, PartialEq)]
pub struct PreferredTerm {
    /// 1 to 100.
    pub weight: i64,
    /// What is preferred.
    pub term: NodeSelectorTerm,
}

impl PreferredTerm {
    /// Reads it from a tree.
    pub fn of(value: &Value) -> Self {
        let weight = value.i64_at(&["weight"]).unwrap_or(0);
        PreferredTerm { weight, term: NodeSelectorTerm::of(value.field("preference")) }
    }
}
