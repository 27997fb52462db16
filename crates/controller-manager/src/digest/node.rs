//! Nodes and their leases.

use api::node_selection::{NodeSelectorTerm, Taint};
use apimachinery::json;
use apimachinery::value::Value;

use super::Meta;

/// A Node, as far as controllers look at it.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeDigest {
    /// Metadata.
    pub meta: Meta,
    /// `spec.taints`
    pub taints: Vec<Taint>,
    /// `spec.unschedulable`
    pub is_unschedulable: bool,
    /// Type and status of each condition.
    pub conditions: Vec<(String, String)>,
}

impl NodeDigest {
    /// The projection.
    pub fn project(bytes: &[u8]) -> Option<Self> {
        let node = json::parse(bytes).ok()?;
        Some(NodeDigest {
            taints: node.items_at(&["spec", "taints"]).iter().map(Taint::of).collect(),
            is_unschedulable: node.bool_at(&["spec", "unschedulable"]),
            conditions: node.items_at(&["status", "conditions"]).iter().map(type_status).collect(),
            meta: Meta::of(&node),
        })
    }

    /// Whether it fulfils a term of a node selector.
    pub fn fulfils(&self, term: &NodeSelectorTerm) -> bool {
        term.matches(&self.meta.name, |key| self.meta.label(key))
    }

    /// Status of a condition; `Unknown` when absent.
    pub fn condition(&self, condition_type: &str) -> &str {
        self.conditions.iter().find(|(name, _)| name == condition_type).map_or("Unknown", |(_, status)| status)
    }
}

fn type_status(condition: &Value) -> (String, String) {
    (condition.str_at(&["type"]).to_owned(), condition.str_at(&["status"]).to_owned())
}

/// A node's lease: only that it changes matters, not what its timestamp says.
#[derive(Clone, Debug, PartialEq)]
pub struct LeaseDigest;

impl LeaseDigest {
    /// The projection.
    pub fn project(_: &[u8]) -> Option<Self> {
        Some(LeaseDigest)
    }
}
