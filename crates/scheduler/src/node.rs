//! Nodes as the scheduler sees them, and what selects them.

use std::sync::Arc;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::selector::{LabelSelector, Operator, Requirement};
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

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// One entry of `spec.taints`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taint {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

impl Taint {
    fn of(value: &Value) -> Self {
        let text = |field: &str| value.str_at(&[field]).to_owned();
        Taint { key: text("key"), value: text("value"), effect: text("effect") }
    }
}

/// One entry of a Pod's `spec.tolerations`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toleration {
    /// Key; empty for every key.
    pub key: String,
    /// `Exists`, or `Equal` also when empty.
    pub operator: String,
    /// Value.
    pub value: String,
    /// Effect; empty for every effect.
    pub effect: String,
}

impl Toleration {
    /// Reads it from a tree.
    pub fn of(value: &Value) -> Self {
        let text = |field: &str| value.str_at(&[field]).to_owned();
        Toleration { key: text("key"), operator: text("operator"), value: text("value"), effect: text("effect") }
    }

    /// Whether it is for this taint.
    pub fn tolerates(&self, taint: &Taint) -> bool {
        let has_effect = self.effect.is_empty() || self.effect == taint.effect;
        let has_key = self.key.is_empty() || self.key == taint.key;
        let has_value = match self.operator.as_str() {
            "Exists" => true,
            "" | "Equal" => self.value == taint.value,
            _ => false,
        };
        has_effect && has_key && has_value
    }
}

/// One term of a node selector: all of its requirements must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeSelectorTerm {
    labels: LabelSelector,
    /// On `metadata.name`, the only field there is.
    names: LabelSelector,
    /// A term without requirements, or with one that cannot be read, matches nothing.
    matches_nothing: bool,
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

impl NodeSelectorTerm {
    /// Reads it from a tree.
    pub fn of(value: &Value) -> Self {
        let labels = value.items_at(&["matchExpressions"]);
        let names = value.items_at(&["matchFields"]);
        let parse = |items: &[Value]| items.iter().map(requirement).collect::<Option<Vec<_>>>();
        let (parsed_labels, parsed_names) = (parse(labels), parse(names));
        let is_empty = labels.is_empty() && names.is_empty();
        NodeSelectorTerm {
            matches_nothing: is_empty || parsed_labels.is_none() || parsed_names.is_none(),
            labels: LabelSelector { requirements: parsed_labels.unwrap_or_default() },
            names: LabelSelector { requirements: parsed_names.unwrap_or_default() },
        }
    }

    /// Whether a node fulfils it.
    pub fn matches(&self, node: &NodeInfo) -> bool {
        let name = |key: &str| (key == "metadata.name").then_some(&*node.name);
        !self.matches_nothing && self.labels.matches(|key| node.label(key)) && self.names.matches(name)
    }
}

fn requirement(value: &Value) -> Option<Requirement> {
    let operator = match value.str_at(&["operator"]) {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        "Gt" => Operator::GreaterThan,
        "Lt" => Operator::LessThan,
        _ => return None,
    };
    let values = value.items_at(&["values"]).iter().filter_map(Value::as_str).map(str::to_owned);
    let mut values: Vec<String> = values.collect();
    values.sort();
    Some(Requirement { key: value.str_at(&["key"]).to_owned(), operator, values })
}
