use expect_test::{Expect, expect};

use super::*;
use crate::test_text::{now, parse_key, view};

fn world(set: &str, rest: &[&str]) -> String {
    let revision = |name: &str, number: i64, x: i64| {
        format!(
            r#"ControllerRevision a/{name} owner=StatefulSet/s revision={number} labels.app=s data={{"spec":{{"template":{{"$patch":"replace","metadata":{{"labels":{{"app":"s"}}}},"spec":{{"x":{x}}}}}}}}}"#
        )
    };
    let set = format!(
        r#"StatefulSet a/s metadata.generation=1 spec.serviceName=svc spec.selector={{"matchLabels":{{"app":"s"}}}} spec.template={{"metadata":{{"labels":{{"app":"s"}}}},"spec":{{"x":2}}}} spec.updateStrategy={{"type":"RollingUpdate","rollingUpdate":{{"partition":0}}}} status.currentRevision=s-old {set}"#
    );
    format!("{set}\n{}\n{}\n{}", revision("s-old", 1, 1), revision("s-new", 2, 2), rest.join("\n"))
}

#[track_caller]
fn check(set: &str, rest: &[&str], expected: Expect) {
    let objects = world(set, rest);
    let view = view(&StatefulSetController, &objects);
    let plan = StatefulSetController.reconcile(&view, &parse_key("StatefulSet a/s"), now());
    expected.assert_eq(&plan.to_string());
}

const POD: &str = "labels.app=s labels.statefulset.kubernetes.io/pod-name=x owner=StatefulSet/s";

fn pod(ordinal: i64, rest: &str) -> String {
    let pod = POD.replace("name=x", &format!("name=s-{ordinal}"));
    format!("Pod a/s-{ordinal} {pod} {rest}")
}

const READY: &str = "status.phase=Running ready=9s labels.controller-revision-hash=s-new";

#[test]
fn the_next_pod_comes_when_the_one_before_is_ready() {
    let waiting = pod(0, "status.phase=Running labels.controller-revision-hash=s-new");
    check("spec.replicas=3", &[&waiting], expect![[""]]);
    check(
        "spec.replicas=3",
        &[&pod(0, READY)],
        expect![[r#"
            create Pod a/s-1 {"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","kind":"StatefulSet","name":"s","uid":"s-uid","controller":true,"blockOwnerDeletion":true}],"labels":{"app":"s","statefulset.kubernetes.io/pod-name":"s-1","apps.kubernetes.io/pod-index":"1","controller-revision-hash":"s-new"},"name":"s-1"},"spec":{"x":2,"hostname":"s-1","subdomain":"svc"}}
              then event Normal SuccessfulCreate StatefulSet s: Create Pod s-1 in StatefulSet s successful
        "#]],
    );
}

#[test]
fn claims_are_made_before_their_pod() {
    check(
        r#"spec.replicas=1 spec.volumeClaimTemplates=[{"metadata":{"name":"data"},"spec":{"y":1}}] spec.persistentVolumeClaimRetentionPolicy={"whenDeleted":"Delete"}"#,
        &[],
        expect![[r#"
            create PersistentVolumeClaim a/data-s-0 {"metadata":{"name":"data-s-0","labels":{"app":"s"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"StatefulSet","name":"s","uid":"s-uid","controller":true,"blockOwnerDeletion":true}]},"spec":{"y":1}}
              then event Normal SuccessfulCreate StatefulSet s: Create Claim data-s-0 Pod s-0 in StatefulSet s success
            create Pod a/s-0 {"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","kind":"StatefulSet","name":"s","uid":"s-uid","controller":true,"blockOwnerDeletion":true}],"labels":{"app":"s","statefulset.kubernetes.io/pod-name":"s-0","apps.kubernetes.io/pod-index":"0","controller-revision-hash":"s-new"},"name":"s-0"},"spec":{"x":2,"hostname":"s-0","subdomain":"svc","volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"data-s-0"}}]}}
              then event Normal SuccessfulCreate StatefulSet s: Create Pod s-0 in StatefulSet s successful
        "#]],
    );
}

#[test]
fn pods_below_the_partition_keep_the_old_template() {
    check(
        r#"spec.replicas=2 spec.updateStrategy={"type":"RollingUpdate","rollingUpdate":{"partition":2}}"#,
        &[&pod(0, "status.phase=Running ready=9s labels.controller-revision-hash=s-old")],
        expect![[r#"
            create Pod a/s-1 {"metadata":{"ownerReferences":[{"apiVersion":"apps/v1","kind":"StatefulSet","name":"s","uid":"s-uid","controller":true,"blockOwnerDeletion":true}],"labels":{"app":"s","statefulset.kubernetes.io/pod-name":"s-1","apps.kubernetes.io/pod-index":"1","controller-revision-hash":"s-old"},"name":"s-1"},"spec":{"x":1,"hostname":"s-1","subdomain":"svc"}}
              then event Normal SuccessfulCreate StatefulSet s: Create Pod s-1 in StatefulSet s successful
        "#]],
    );
}

#[test]
fn updates_go_from_the_highest_ordinal_down() {
    let old = "status.phase=Running ready=9s labels.controller-revision-hash=s-old";
    check(
        "spec.replicas=2",
        &[&pod(0, old), &pod(1, old)],
        expect![[r#"
            delete Pod a/s-1 {"preconditions":{"uid":"s-1-uid"}}
              then event Normal SuccessfulDelete StatefulSet s: Delete Pod s-1 in StatefulSet s successful
        "#]],
    );
    check(
        "spec.replicas=2",
        &[&pod(0, old), &pod(1, "status.phase=Running labels.controller-revision-hash=s-new")],
        expect![[""]],
    );
}

#[test]
fn surplus_pods_go_one_by_one_and_ended_ones_are_replaced() {
    check(
        "spec.replicas=1",
        &[&pod(0, READY), &pod(1, READY), &pod(2, READY)],
        expect![[r#"
            delete Pod a/s-2 {"preconditions":{"uid":"s-2-uid"}}
              then event Normal SuccessfulDelete StatefulSet s: Delete Pod s-2 in StatefulSet s successful
        "#]],
    );
    check(
        "spec.replicas=2",
        &[&pod(0, "status.phase=Failed"), &pod(1, READY)],
        expect![[r#"
            delete Pod a/s-0 {"preconditions":{"uid":"s-0-uid"}}
              then event Normal SuccessfulDelete StatefulSet s: Delete Pod s-0 in StatefulSet s successful
        "#]],
    );
}
