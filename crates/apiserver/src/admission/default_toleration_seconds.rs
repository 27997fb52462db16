//! DefaultTolerationSeconds: Pods stay five minutes on a node that is not ready or unreachable.

use apimachinery::tree;
use apimachinery::value::Value;
use registry::admission::Attributes;

use super::{is_core, is_write};

const TAINTS: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
const SECONDS: i64 = 300;

pub(super) fn admit(attributes: &Attributes<'_>, pod: &mut Value) {
    if is_write(attributes) && attributes.info.subresource.is_empty() && is_core(attributes, "pods") {
        add_tolerations(pod);
    }
}

fn add_tolerations(pod: &mut Value) {
    let mut tolerations = pod.items_at(&["spec", "tolerations"]).to_vec();
    let missing = TAINTS.iter().filter(|taint| {
        !tolerations.iter().any(|it| {
            let (key, effect) = (it.str_at(&["key"]), it.str_at(&["effect"]));
            (key.is_empty() || key == **taint) && matches!(effect, "" | "NoExecute")
        })
    });
    let added: Vec<Value> = missing
        .map(
            |taint| tree!({"key": (*taint), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": SECONDS}),
        )
        .collect();
    if !added.is_empty() {
        tolerations.extend(added);
        pod.set(&["spec", "tolerations"], tolerations);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_tolerations_are_added() {
        let mut pod = tree!({"spec": {}});
        add_tolerations(&mut pod);
        assert_eq!(pod.items_at(&["spec", "tolerations"]).len(), 2);
        add_tolerations(&mut pod);
        assert_eq!(pod.items_at(&["spec", "tolerations"]).len(), 2);
    }

    #[test]
    fn a_toleration_of_everything_is_enough() {
        let mut pod = tree!({"spec": {"tolerations": [{"operator": "Exists"}]}});
        add_tolerations(&mut pod);
        assert_eq!(pod.items_at(&["spec", "tolerations"]).len(), 1);
        let mut other =
            tree!({"spec": {"tolerations": [{"key": (TAINTS[0]), "operator": "Exists", "effect": "NoSchedule"}]}});
        add_tolerations(&mut other);
        assert_eq!(other.items_at(&["spec", "tolerations"]).len(), 3);
    }
}
