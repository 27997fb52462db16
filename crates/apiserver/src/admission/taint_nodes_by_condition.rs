//! TaintNodesByCondition: a new node is not ready until its controller says so.

use apimachinery::tree;
use apimachinery::value::Value;
use registry::admission::{Attributes, Operation};

use super::is_core;

pub(super) fn admit(attributes: &Attributes<'_>, node: &mut Value) {
    let is_new = attributes.operation == Operation::Create && attributes.info.subresource.is_empty();
    if is_new && is_core(attributes, "nodes") {
        add_not_ready_taint(node);
    }
}

fn add_not_ready_taint(node: &mut Value) {
    let (key, effect) = ("node.kubernetes.io/not-ready", "NoSchedule");
    let taints = node.items_at(&["spec", "taints"]);
    if taints.iter().any(|it| it.str_at(&["key"]) == key && it.str_at(&["effect"]) == effect) {
        return;
    }
    let mut taints = taints.to_vec();
    taints.push(tree!({"key": key, "effect": effect}));
    node.set(&["spec", "taints"], taints);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_tainted_once() {
        let mut node = tree!({"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}});
        add_not_ready_taint(&mut node);
        add_not_ready_taint(&mut node);
        assert_eq!(node.items_at(&["spec", "taints"]).len(), 2);
    }
}
