use apimachinery::json;
use apimachinery::tree;
use apimachinery::value::Value;
use expect_test::{Expect, expect};

use super::*;
use crate::node::NodeInfo;

fn parse(text: &str) -> Value {
    json::parse(text.as_bytes()).expect("test objects are JSON")
}

fn pod(name: &str, spec: &str) -> Arc<PodInfo> {
    let metadata = tree!({"name": name, "namespace": "a", "uid": name});
    Arc::new(PodInfo::of(&tree!({"metadata": metadata, "spec": (parse(spec))})))
}

/// `name`, more of the spec, and more labels.
fn node(name: &str, spec: &str, labels: &str) -> Arc<NodeInfo> {
    let metadata = tree!({"name": name, "labels": (parse(labels))});
    let allocatable = tree!({"cpu": "2", "memory": "4Gi", "pods": "3"});
    Arc::new(NodeInfo::of(
        &tree!({"metadata": metadata, "spec": (parse(spec)), "status": {"allocatable": allocatable}}),
    ))
}

fn cpu(amount: &str) -> String {
    format!(r#"{{"containers":[{{"resources":{{"requests":{{"cpu":"{amount}"}}}}}}]}}"#)
}

fn cluster(nodes: &[Arc<NodeInfo>], pods: &[(Arc<PodInfo>, &str)]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for node in nodes {
        snapshot.set_node(&node.name, Some(Arc::clone(node)));
    }
    for (pod, node) in pods {
        snapshot.place(Arc::clone(pod), node, false);
    }
    snapshot
}

#[track_caller]
fn check(spec: &str, snapshot: &Snapshot, expected: Expect) {
    let pod = pod("new", spec);
    let answer = match schedule(&pod, snapshot) {
        Ok(node) => node.to_string(),
        Err(mut diagnosis) => {
            crate::preemption::find(&pod, snapshot, &mut diagnosis.preemption);
            diagnosis.message()
        }
    };
    expected.assert_eq(&answer);
}

#[test]
fn without_nodes_upstreams_text_says_so() {
    check("{}", &Snapshot::default(), expect!["no nodes available to schedule pods"]);
}

#[test]
fn a_pod_that_asks_for_more_than_is_left_fits_nowhere() {
    let one = cluster(&[node("n1", "{}", "{}")], &[(pod("old", &cpu("1500m")), "n1")]);
    check(
        &cpu("1"),
        &one,
        expect![
            "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
        ],
    );
    check(
        &cpu("3"),
        &one,
        expect![
            "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
        ],
    );
    check(&cpu("500m"), &one, expect!["n1"]);
}

#[test]
fn every_plugin_names_its_reason() {
    let nodes = [
        node("cordoned", r#"{"unschedulable":true}"#, "{}"),
        node("other", "{}", "{}"),
        node("tainted", r#"{"taints":[{"key":"k","effect":"NoSchedule"}]}"#, r#"{"disk":"ssd"}"#),
        node("used", "{}", r#"{"disk":"ssd"}"#),
    ];
    let web = r#"{"containers":[{"ports":[{"hostPort":80}]}]}"#;
    let all = cluster(&nodes, &[(pod("web", web), "used")]);
    let spec = r#"{"nodeSelector":{"disk":"ssd"},"containers":[{"ports":[{"hostPort":80,"protocol":"TCP"}]}]}"#;
    check(
        spec,
        &all,
        expect![
            "0/4 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/4 nodes are available: 1 No preemption victims found for incoming pod, 3 Preemption is not helpful for scheduling."
        ],
    );
}

#[test]
fn a_full_node_takes_no_more_pods() {
    let pods: Vec<_> = ["x", "y", "z"].map(|name| (pod(name, "{}"), "n1")).into();
    let diagnosis =
        schedule(&pod("new", "{}"), &cluster(&[node("n1", "{}", "{}")], &pods)).expect_err("the node takes three");
    assert_eq!(diagnosis.reasons.keys().collect::<Vec<_>>(), ["Too many pods"]);
    assert_eq!(diagnosis.plugins, ["NodeResourcesFit"]);
}

#[test]
fn required_affinity_is_one_of_its_terms_and_tolerations_open_tainted_nodes() {
    let nodes = [
        node("n1", "{}", r#"{"zone":"1","cores":"4"}"#),
        node("n2", r#"{"taints":[{"key":"k","value":"v","effect":"NoExecute"}]}"#, r#"{"zone":"2","cores":"16"}"#),
    ];
    let all = cluster(&nodes, &[]);
    let affinity = |expressions: &str| {
        format!(
            r#"{{"tolerations":[{{"key":"k","operator":"Equal","value":"v"}}],"affinity":{{"nodeAffinity":{{"requiredDuringSchedulingIgnoredDuringExecution":{{"nodeSelectorTerms":[{{"matchExpressions":[{{"key":"zone","operator":"In","values":["9"]}}]}},{expressions}]}}}}}}}}"#
        )
    };
    check(&affinity(r#"{"matchExpressions":[{"key":"cores","operator":"Gt","values":["8"]}]}"#), &all, expect!["n2"]);
    check(
        &affinity(r#"{"matchFields":[{"key":"metadata.name","operator":"In","values":["n1"]}]}"#),
        &all,
        expect!["n1"],
    );
}

#[test]
fn the_emptier_node_wins_unless_another_is_preferred() {
    let nodes = [node("n1", "{}", r#"{"disk":"ssd"}"#), node("n2", "{}", "{}")];
    let all = cluster(&nodes, &[(pod("old", &cpu("1")), "n1")]);
    check(&cpu("100m"), &all, expect!["n2"]);
    let preferring = r#"{"affinity":{"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":10,"preference":{"matchExpressions":[{"key":"disk","operator":"Exists"}]}}]}}}"#;
    check(preferring, &all, expect!["n1"]);
}

#[test]
fn soft_taints_cost_score() {
    let soft = r#"{"taints":[{"key":"k","effect":"PreferNoSchedule"}]}"#;
    let all = cluster(&[node("n1", soft, "{}"), node("n2", "{}", "{}")], &[]);
    check("{}", &all, expect!["n2"]);
}

#[test]
fn pods_keep_away_from_and_come_near_to_others() {
    let nodes = [node("n1", "{}", r#"{"zone":"a"}"#), node("n2", "{}", r#"{"zone":"b"}"#)];
    let labelled = |name: &str, labels: &str, spec: &str| {
        let metadata = tree!({"name": name, "namespace": "a", "uid": name, "labels": (parse(labels))});
        Arc::new(PodInfo::of(&tree!({"metadata": metadata, "spec": (parse(spec))})))
    };
    let web = labelled("web", r#"{"app":"web"}"#, "{}");
    let term = r#"[{"labelSelector":{"matchLabels":{"app":"web"}},"topologyKey":"zone"}]"#;
    let wants = |kind: &str| {
        format!(r#"{{"affinity":{{"{kind}":{{"requiredDuringSchedulingIgnoredDuringExecution":{term}}}}}}}"#)
    };
    let one = cluster(&nodes, &[(Arc::clone(&web), "n2")]);
    check(&wants("podAffinity"), &one, expect!["n2"]);
    check(&wants("podAntiAffinity"), &one, expect!["n1"]);
    let none = cluster(&nodes, &[]);
    check(
        &wants("podAffinity"),
        &none,
        expect![[
            r#"0/2 nodes are available: 2 node(s) didn't match pod affinity rules. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."#
        ]],
    );
    let spread = r#"{"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule","labelSelector":{}}]}"#;
    check(spread, &one, expect!["n1"]);
}
