//! Nodes and their leases.

use apimachinery::json;
use apimachinery::time;
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

/// One entry of `spec.taints`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taint {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
    /// When it was added; only of `NoExecute` taints.
    pub added: Option<jiff::Timestamp>,
}

impl NodeDigest {
    /// The projection.
    pub fn project(bytes: &[u8]) -> Option<Self> {
        let node = json::parse(bytes).ok()?;
        Some(NodeDigest {
            taints: node.items_at(&["spec", "taints"]).iter().map(taint).collect(),
            is_unschedulable: node.bool_at(&["spec", "unschedulable"]),
            conditions: node.items_at(&["status", "conditions"]).iter().map(type_status).collect(),
            meta: Meta::of(&node),
        })
    }

    /// Status of a condition; `Unknown` when absent.
    pub fn condition(&self, condition_type: &str) -> &str {
        self.conditions.iter().find(|(name, _)| name == condition_type).map_or("Unknown", |(_, status)| status)
    }
}

fn taint(value: &Value) -> Taint {
    Taint {
        key: value.str_at(&["key"]).to_owned(),
        value: value.str_at(&["value"]).to_owned(),
        effect: value.str_at(&["effect"]).to_owned(),
        added: time::parse(value.str_at(&["timeAdded"])),
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
