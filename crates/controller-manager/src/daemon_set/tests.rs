use expect_test::{Expect, expect};

use super::*;
use crate::test_text::{now, objects, parse_key, view};

const TEMPLATE: &str = r#"{"metadata":{"labels":{"app":"d"}},"spec":{"x":1}}"#;

fn world(set: &str, rest: &[&str]) -> String {
    let revision = r#"ControllerRevision a/d-1 owner=DaemonSet/d revision=1 labels.app=d labels.controller-revision-hash=1 data={"spec":{"template":{"$patch":"replace","spec":{"x":1},"metadata":{"labels":{"app":"d"}}}}}"#;
    let set = format!(
        r#"DaemonSet a/d metadata.generation=1 spec.selector={{"matchLabels":{{"app":"d"}}}} spec.template={TEMPLATE} spec.updateStrategy={{"type":"RollingUpdate","rollingUpdate":{{"maxUnavailable":1,"maxSurge":0}}}} {set}"#
    );
    format!("{set}\n{revision}\n{}", rest.join("\n"))
}

#[track_caller]
fn check(set: &str, rest: &[&str], expected: Expect) {
    let controller = DaemonSetController::default();
    let objects = world(set, rest);
    let mut plan = controller.reconcile(&view(&controller, &objects), &parse_key("DaemonSet a/d"), now());
    let mut text = plan.to_string();
    if let Some(then) = plan.then.take() {
        text.push_str(&then(&Default::default()).to_string());
    }
    expected.assert_eq(&text);
}

const POD: &str = "labels.app=d owner=DaemonSet/d";

#[test]
fn the_first_revision_is_made_first() {
    let controller = DaemonSetController::default();
    let text = world("", &["Node n1"]);
    let text: Vec<&str> = text.lines().filter(|line| !line.starts_with("ControllerRevision")).collect();
    let plan = controller.reconcile(&view(&controller, &text.join("\n")), &parse_key("DaemonSet a/d"), now());
    assert!(plan.to_string().starts_with("create ControllerRevision a/d-"), "{plan}");
    assert_eq!(objects(&text.join("\n")).len(), 2);
}

#[test]
fn every_node_that_takes_pods_gets_one() {
    check(
        "",
        &[
            "Node n1",
            r#"Node n2 spec.taints=[{"key":"k","effect":"NoSchedule"}]"#,
            &format!("Pod a/gone {POD} spec.nodeName=n3"),
        ],
        expect![[r#"
            create Pod a/ {"metadata":{"generateName":"d-","ownerReferences":[{"apiVersion":"apps/v1","kind":"DaemonSet","name":"d","uid":"d-uid","controller":true,"blockOwnerDeletion":true}],"labels":{"app":"d","controller-revision-hash":"1"}},"spec":{"x":1,"tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute"},{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute"},{"key":"node.kubernetes.io/disk-pressure","operator":"Exists","effect":"NoSchedule"},{"key":"node.kubernetes.io/memory-pressure","operator":"Exists","effect":"NoSchedule"},{"key":"node.kubernetes.io/pid-pressure","operator":"Exists","effect":"NoSchedule"},{"key":"node.kubernetes.io/unschedulable","operator":"Exists","effect":"NoSchedule"}],"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchFields":[{"key":"metadata.name","operator":"In","values":["n1"]}]}]}}}}}
              then event Normal SuccessfulCreate DaemonSet d: Created pod: {name}
        "#]],
    );
}

#[test]
fn failed_pods_are_replaced_and_those_that_may_not_stay_go() {
    check(
        "",
        &[
            "Node n1",
            r#"Node n2 spec.taints=[{"key":"k","effect":"NoExecute"}]"#,
            &format!("Pod a/failed {POD} labels.controller-revision-hash=1 spec.nodeName=n1 status.phase=Failed"),
            &format!("Pod a/unwanted {POD} labels.controller-revision-hash=1 spec.nodeName=n2 status.phase=Running"),
        ],
        expect![[r#"
            event Warning FailedDaemonPod DaemonSet d: Found failed daemon pod a/failed on node n1, will try to kill it
            delete Pod a/failed {"preconditions":{"uid":"failed-uid"}}
              then event Normal SuccessfulDelete DaemonSet d: Deleted pod: failed
            delete Pod a/unwanted {"preconditions":{"uid":"unwanted-uid"}}
              then event Normal SuccessfulDelete DaemonSet d: Deleted pod: unwanted
        "#]],
    );
}

#[test]
fn one_old_pod_at_a_time_is_replaced() {
    let pods = ["n1", "n2"].map(|node| {
        format!(
            "Pod a/on-{node} {POD} labels.controller-revision-hash=0 spec.nodeName={node} status.phase=Running ready=9s"
        )
    });
    check(
        "",
        &["Node n1", "Node n2", &pods[0], &pods[1]],
        expect![[r#"
            delete Pod a/on-n1 {"preconditions":{"uid":"on-n1-uid"}}
              then event Normal SuccessfulDelete DaemonSet d: Deleted pod: on-n1
        "#]],
    );
}

#[test]
fn the_status_counts_nodes() {
    check(
        "",
        &[
            "Node n1",
            "Node n2",
            &format!(
                "Pod a/one {POD} labels.controller-revision-hash=1 spec.nodeName=n1 status.phase=Running ready=9s"
            ),
            &format!("Pod a/two {POD} labels.controller-revision-hash=1 spec.nodeName=n2 status.phase=Pending"),
        ],
        expect![[r#"
            update DaemonSet a/d status {"metadata":{"name":"d","uid":"d-uid","resourceVersion":"1","generation":1},"spec":{"selector":{"matchLabels":{"app":"d"}},"template":{"metadata":{"labels":{"app":"d"}},"spec":{"x":1}},"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":1,"maxSurge":0}}},"status":{"currentNumberScheduled":2,"numberMisscheduled":0,"desiredNumberScheduled":2,"numberReady":1,"observedGeneration":1,"updatedNumberScheduled":2,"numberAvailable":1,"numberUnavailable":1}}
        "#]],
    );
}
