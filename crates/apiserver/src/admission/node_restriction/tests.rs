use super::*;
use apimachinery::tree;

fn mirror() -> Value {
    tree!({"metadata": {"name": "x", "annotations": {"kubernetes.io/config.mirror": "1"}, "ownerReferences": [
        {"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": "u", "controller": true}]},
        "spec": {"nodeName": "n1", "containers": [{"name": "a"}]}})
}

#[test]
fn a_node_creates_only_its_own_mirrors() {
    let mut pod = mirror();
    assert_eq!(mirror_pod(&pod, "n1"), Ok(()));
    assert_eq!(mirror_pod(&pod, "n2"), Err("node \"n2\" can only create pods with spec.nodeName set to itself".into()));
    pod.set(&["spec", "volumes"], tree!([{"name": "v", "secret": {"secretName": "s"}}]));
    assert_eq!(mirror_pod(&pod, "n1"), Err("node \"n1\" can not create pods that reference secrets".into()));
    let mut plain = mirror();
    plain.remove_at(&["metadata", "annotations"]);
    assert_eq!(
        mirror_pod(&plain, "n1"),
        Err("pod does not have \"kubernetes.io/config.mirror\" annotation, node \"n1\" can only create mirror pods"
            .into())
    );
    let mut orphan = mirror();
    orphan.remove_at(&["metadata", "ownerReferences"]);
    assert!(mirror_pod(&orphan, "n1").is_err());
}

#[test]
fn a_node_sets_only_the_labels_that_are_its_own() {
    for good in ["kubernetes.io/hostname", "topology.kubernetes.io/zone", "node.kubernetes.io/x", "example.com/x", "x"]
    {
        assert!(!is_forbidden_label(good), "{good}");
    }
    for bad in
        ["node-restriction.kubernetes.io/x", "a.node-restriction.kubernetes.io/x", "kubernetes.io/x", "x.k8s.io/y"]
    {
        assert!(is_forbidden_label(bad), "{bad}");
    }
}

#[test]
fn a_node_does_not_change_its_taints_or_owners() {
    let node = |taints: Value| tree!({"metadata": {"name": "n1", "labels": {"a": "b"}}, "spec": {"taints": taints}});
    let old = node(tree!([{"key": "a"}]));
    assert_eq!(node_update(&old, &old, "n1"), Ok(()));
    assert_eq!(node_update(&old, &node(tree!([])), "n1"), Err("node \"n1\" is not allowed to modify taints".into()));
    let mut labelled = old.clone();
    labelled.set(&["metadata", "labels"], tree!({"a": "b", "kubernetes.io/role": "x"}));
    assert_eq!(node_update(&old, &labelled, "n1"), Err("is not allowed to modify labels: kubernetes.io/role".into()));
}

#[test]
fn tokens_are_for_audiences_that_the_pod_names() {
    let pod = tree!({"spec": {"volumes": [{"projected": {"sources": [{"serviceAccountToken": {"path": "token"}},
        {"serviceAccountToken": {"path": "t", "audience": "vault"}}]}}]}});
    assert!(names_audience(&pod, "") && names_audience(&pod, "vault"));
    assert!(!names_audience(&pod, "other"));
    assert!(!names_audience(&tree!({}), ""));
}
