use expect_test::{Expect, expect};

use super::*;
use crate::test_text::{now, parse_key, plan, view};

#[track_caller]
fn check(objects: &str, expected: Expect) {
    expected.assert_eq(&plan(&ReplicaSetController::REPLICA_SETS, objects, "ReplicaSet a/web"));
}

const SET: &str = r#"ReplicaSet a/web metadata.generation=2 spec.selector={"matchLabels":{"app":"web"}} spec.template={"metadata":{"labels":{"app":"web"}},"spec":{"x":1}}"#;

fn with(set: &str, pods: &[&str]) -> String {
    format!("{SET} {set}\n{}", pods.join("\n"))
}

const POD: &str = "labels.app=web owner=ReplicaSet/web";

#[test]
fn missing_pods_are_created_from_the_template() {
    check(
        &with("spec.replicas=2", &[&format!("Pod a/one {POD}")]),
        expect![[r#"
            create Pod a/ {"metadata":{"generateName":"web-","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"web-uid","controller":true,"blockOwnerDeletion":true}],"labels":{"app":"web"}},"spec":{"x":1}}
              then event Normal SuccessfulCreate ReplicaSet web: Created pod: {name}
        "#]],
    );
}

#[test]
fn scale_down_deletes_in_order_of_readiness_cost_and_age() {
    let pods = [
        format!("Pod a/old {POD} age=90000s ready=80000s spec.nodeName=n1 status.phase=Running"),
        format!("Pod a/new {POD} age=30s ready=20s spec.nodeName=n2 status.phase=Running"),
        format!(
            "Pod a/dear {POD} age=10s ready=9s spec.nodeName=n3 status.phase=Running annotations.controller.kubernetes.io/pod-deletion-cost=5"
        ),
        format!("Pod a/unready {POD} age=90000s spec.nodeName=n4 status.phase=Running"),
        format!("Pod a/unassigned {POD} age=90000s status.phase=Pending"),
        format!("Pod a/ended {POD} status.phase=Failed"),
        format!("Pod a/leaving {POD} deleted=1s"),
    ];
    let pods: Vec<&str> = pods.iter().map(String::as_str).collect();
    check(
        &with("spec.replicas=2", &pods),
        expect![[r#"
            delete Pod a/unassigned {"preconditions":{"uid":"unassigned-uid"}}
              then event Normal SuccessfulDelete ReplicaSet web: Deleted pod: unassigned
            delete Pod a/unready {"preconditions":{"uid":"unready-uid"}}
              then event Normal SuccessfulDelete ReplicaSet web: Deleted pod: unready
            delete Pod a/new {"preconditions":{"uid":"new-uid"}}
              then event Normal SuccessfulDelete ReplicaSet web: Deleted pod: new
        "#]],
    );
}

#[test]
fn of_equal_pods_those_on_a_crowded_node_go_first() {
    let pods = [
        format!("Pod a/x {POD} age=9s ready=5s spec.nodeName=n1 status.phase=Running"),
        format!("Pod a/y {POD} age=9s ready=5s spec.nodeName=n2 status.phase=Running"),
        format!("Pod a/z {POD} age=9s ready=5s spec.nodeName=n2 status.phase=Running"),
    ];
    let pods: Vec<&str> = pods.iter().map(String::as_str).collect();
    check(
        &with("spec.replicas=2", &pods),
        expect![[r#"
            delete Pod a/y {"preconditions":{"uid":"y-uid"}}
              then event Normal SuccessfulDelete ReplicaSet web: Deleted pod: y
        "#]],
    );
}

#[test]
fn the_status_counts_ready_and_available_pods_and_waits_for_the_next() {
    let pods = [format!("Pod a/x {POD} ready=50s"), format!("Pod a/y {POD} ready=20s"), format!("Pod a/z {POD}")];
    let pods: Vec<&str> = pods.iter().map(String::as_str).collect();
    check(
        &with("spec.replicas=3 spec.minReadySeconds=30", &pods),
        expect![[r#"
            update ReplicaSet a/web status {"metadata":{"name":"web","uid":"web-uid","resourceVersion":"1","generation":2},"spec":{"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"x":1}},"replicas":3,"minReadySeconds":30},"status":{"replicas":3,"fullyLabeledReplicas":3,"readyReplicas":2,"availableReplicas":1,"observedGeneration":2,"conditions":[],"terminatingReplicas":0}}
            requeue after 10s
        "#]],
    );
}

#[test]
fn a_status_that_is_right_is_not_written() {
    let status = "spec.replicas=0 status.observedGeneration=2 status.replicas=0 status.terminatingReplicas=0";
    check(&with(status, &[]), expect![""]);
}

#[test]
fn an_orphan_is_adopted_only_after_a_live_look_at_the_set() {
    let objects = with("spec.replicas=1", &["Pod a/orphan labels.app=web"]);
    check(
        &objects,
        expect![[r#"
            get ReplicaSet a/web
        "#]],
    );
    let key = parse_key("ReplicaSet a/web");
    let lookup = client::view::Lookup::Get { resource: REPLICA_SETS, key: key.object.clone() };
    let live = crate::test_text::objects(SET).remove(0);
    let view = view(&ReplicaSetController::REPLICA_SETS, &objects).and_found(lookup, client::view::Found::Object(live));
    let plan = ReplicaSetController::REPLICA_SETS.reconcile(&view, &key, now()).to_string();
    expect![[r#"
        patch Pod a/orphan {"metadata":{"uid":"orphan-uid","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"web-uid","controller":true,"blockOwnerDeletion":true}]}}
    "#]]
    .assert_eq(&plan);
}

#[test]
fn a_pod_that_no_longer_matches_is_released() {
    check(
        &with("spec.replicas=1", &["Pod a/stray labels.app=other owner=ReplicaSet/web"]),
        expect![[r#"
            patch Pod a/stray {"metadata":{"uid":"stray-uid","ownerReferences":[{"$patch":"delete","uid":"web-uid"}]}}
        "#]],
    );
}

#[test]
fn a_failed_creation_is_a_condition() {
    let plan = {
        let view = view(&ReplicaSetController::REPLICA_SETS, &with("spec.replicas=1", &[]));
        ReplicaSetController::REPLICA_SETS.reconcile(&view, &parse_key("ReplicaSet a/web"), now())
    };
    let status = apimachinery::status::Status::bad_request("no quota");
    let outcome = client::plan::Outcome { written: 0, error: Some(ClientError::Status(status)) };
    let then = plan.then.expect("a creation is followed up")(&outcome).to_string();
    assert!(
        then.contains(r#""type":"ReplicaFailure","status":"True","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"FailedCreate","message":"no quota""#),
        "{then}"
    );
}
