use expect_test::{Expect, expect};

use super::*;
use crate::test_text::{now, objects, parse_key, plan, view};

#[track_caller]
fn check(objects: &str, expected: Expect) {
    let text = plan(&DeploymentController, objects, "Deployment a/web");
    expected.assert_eq(&shortened(&text));
}

/// Of the status update only the status.
fn shortened(plan: &str) -> String {
    let shorten = |line: &str| match (line.strip_prefix("update "), line.find("\"status\":{")) {
        (Some(_), Some(at)) => {
            let revision = line.split("deployment.kubernetes.io/revision\":\"").nth(1);
            let revision = revision.and_then(|rest| rest.split('"').next()).unwrap_or("-");
            format!("status, revision {revision}: {}\n", &line[at + 9..line.len() - 1])
        }
        _ => format!("{line}\n"),
    };
    plan.lines().map(shorten).collect()
}

const SELECTOR: &str = r#"spec.selector={"matchLabels":{"app":"web"}}"#;
const ROLLING: &str =
    r#"spec.strategy={"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"}}"#;

fn deployment(image: &str, more: &str) -> String {
    let template = format!(r#"spec.template={{"metadata":{{"labels":{{"app":"web"}}}},"spec":{{"image":"{image}"}}}}"#);
    format!("Deployment a/web metadata.generation=1 {SELECTOR} {template} spec.progressDeadlineSeconds=600 {more}")
}

fn set(name: &str, image: &str, more: &str) -> String {
    let template = format!(
        r#"spec.template={{"metadata":{{"labels":{{"app":"web","pod-template-hash":"h"}}}},"spec":{{"image":"{image}"}}}}"#
    );
    format!("ReplicaSet a/{name} owner=Deployment/web labels.app=web {SELECTOR} {template} {more}")
}

const CURRENT: &str = "annotations.deployment.kubernetes.io/desired-replicas=4 annotations.deployment.kubernetes.io/max-replicas=5 status.terminatingReplicas=0 status.observedGeneration=1";

#[test]
fn a_new_deployment_gets_its_first_set() {
    check(
        &deployment("v1", &format!("spec.replicas=4 {ROLLING} annotations.team=x")),
        expect![[r#"
            create ReplicaSet a/web-56cbd87c5c {"metadata":{"name":"web-56cbd87c5c","labels":{"app":"web","pod-template-hash":"56cbd87c5c"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"web","uid":"web-uid","controller":true,"blockOwnerDeletion":true}],"annotations":{"team":"x","deployment.kubernetes.io/revision":"1","deployment.kubernetes.io/desired-replicas":"4","deployment.kubernetes.io/max-replicas":"5"}},"spec":{"replicas":4,"selector":{"matchLabels":{"app":"web","pod-template-hash":"56cbd87c5c"}},"template":{"metadata":{"labels":{"app":"web","pod-template-hash":"56cbd87c5c"}},"spec":{"image":"v1"}}}}
              then event Normal ScalingReplicaSet Deployment web: Scaled up replica set web-56cbd87c5c from 0 to 4
            status, revision 1: {"observedGeneration":1,"unavailableReplicas":4,"terminatingReplicas":0,"conditions":[{"type":"Progressing","status":"True","lastUpdateTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"NewReplicaSetCreated","message":"Created new replica set \"web-56cbd87c5c\""},{"type":"Available","status":"False","lastUpdateTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"MinimumReplicasUnavailable","message":"Deployment does not have minimum availability."}]}
        "#]],
    );
}

#[test]
fn a_rollout_first_scales_the_new_set_up_to_the_surge() {
    let all = [
        deployment("v2", &format!("spec.replicas=4 {ROLLING}")),
        set(
            "old",
            "v1",
            &format!(
                "spec.replicas=4 status.replicas=4 status.readyReplicas=4 status.availableReplicas=4 annotations.deployment.kubernetes.io/revision=1 {CURRENT}"
            ),
        ),
        set("new", "v2", &format!("spec.replicas=0 annotations.deployment.kubernetes.io/revision=2 {CURRENT}")),
    ];
    check(
        &all.join("\n"),
        expect![[r#"
        patch ReplicaSet a/new {"metadata":{"uid":"new-uid","annotations":{"deployment.kubernetes.io/desired-replicas":"4","deployment.kubernetes.io/max-replicas":"5"}},"spec":{"replicas":1}}
          then event Normal ScalingReplicaSet Deployment web: Scaled up replica set new from 0 to 1
        status, revision 2: {"observedGeneration":1,"replicas":4,"readyReplicas":4,"availableReplicas":4,"unavailableReplicas":1,"terminatingReplicas":0,"conditions":[{"type":"Available","status":"True","lastUpdateTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"MinimumReplicasAvailable","message":"Deployment has minimum availability."},{"type":"Progressing","status":"True","lastUpdateTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"ReplicaSetUpdated","message":"ReplicaSet \"new\" is progressing."}]}
    "#]],
    );
}

#[test]
fn then_it_scales_the_old_set_down_as_far_as_availability_allows() {
    let all = [
        deployment("v2", &format!("spec.replicas=4 {ROLLING}")),
        set(
            "old",
            "v1",
            &format!(
                "spec.replicas=4 status.replicas=4 status.readyReplicas=3 status.availableReplicas=3 annotations.deployment.kubernetes.io/revision=1 {CURRENT}"
            ),
        ),
        set(
            "new",
            "v2",
            &format!("spec.replicas=1 status.replicas=1 annotations.deployment.kubernetes.io/revision=2 {CURRENT}"),
        ),
    ];
    check(
        &all.join("\n"),
        expect![[r#"
        patch ReplicaSet a/old {"metadata":{"uid":"old-uid","annotations":{"deployment.kubernetes.io/desired-replicas":"4","deployment.kubernetes.io/max-replicas":"5"}},"spec":{"replicas":3}}
          then event Normal ScalingReplicaSet Deployment web: Scaled down replica set old from 4 to 3
        status, revision 2: {"observedGeneration":1,"replicas":5,"updatedReplicas":1,"readyReplicas":3,"availableReplicas":3,"unavailableReplicas":1,"terminatingReplicas":0,"conditions":[{"type":"Available","status":"True","lastUpdateTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"MinimumReplicasAvailable","message":"Deployment has minimum availability."},{"type":"Progressing","status":"True","lastUpdateTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"ReplicaSetUpdated","message":"ReplicaSet \"new\" is progressing."}]}
    "#]],
    );
}

#[test]
fn a_change_of_size_in_the_middle_is_shared_in_proportion() {
    let all = [
        deployment("v2", &format!("spec.replicas=8 {ROLLING}")),
        set(
            "old",
            "v1",
            &format!(
                "spec.replicas=3 status.replicas=3 status.availableReplicas=3 annotations.deployment.kubernetes.io/revision=1 {CURRENT}"
            ),
        ),
        set(
            "new",
            "v2",
            &format!("spec.replicas=2 status.replicas=2 annotations.deployment.kubernetes.io/revision=2 {CURRENT}"),
        ),
    ];
    check(
        &all.join("\n"),
        expect![[r#"
        patch ReplicaSet a/old {"metadata":{"uid":"old-uid","annotations":{"deployment.kubernetes.io/desired-replicas":"8","deployment.kubernetes.io/max-replicas":"10"}},"spec":{"replicas":6}}
          then event Normal ScalingReplicaSet Deployment web: Scaled up replica set old from 3 to 6
        patch ReplicaSet a/new {"metadata":{"uid":"new-uid","annotations":{"deployment.kubernetes.io/desired-replicas":"8","deployment.kubernetes.io/max-replicas":"10"}},"spec":{"replicas":4}}
          then event Normal ScalingReplicaSet Deployment web: Scaled up replica set new from 2 to 4
        status, revision 2: {"observedGeneration":1,"replicas":5,"updatedReplicas":2,"availableReplicas":3,"unavailableReplicas":7,"terminatingReplicas":0,"conditions":[{"type":"Progressing","status":"True","lastUpdateTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"FoundNewReplicaSet","message":"Found new replica set \"new\""},{"type":"Available","status":"False","lastUpdateTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"MinimumReplicasUnavailable","message":"Deployment does not have minimum availability."}]}
    "#]],
    );
}

#[test]
fn a_rollback_gives_the_old_set_the_next_revision() {
    let all = [
        deployment("v1", &format!("spec.replicas=4 {ROLLING} annotations.deployment.kubernetes.io/revision=2")),
        set("old", "v1", &format!("spec.replicas=0 annotations.deployment.kubernetes.io/revision=1 {CURRENT}")),
        set(
            "new",
            "v2",
            &format!(
                "spec.replicas=4 status.replicas=4 status.availableReplicas=4 annotations.deployment.kubernetes.io/revision=2 {CURRENT}"
            ),
        ),
    ];
    check(
        &all.join("\n"),
        expect![[r#"
        patch ReplicaSet a/old {"metadata":{"uid":"old-uid","annotations":{"deployment.kubernetes.io/revision":"3","deployment.kubernetes.io/revision-history":"1"}},"spec":{"minReadySeconds":0}}
        patch ReplicaSet a/old {"metadata":{"uid":"old-uid","annotations":{"deployment.kubernetes.io/desired-replicas":"4","deployment.kubernetes.io/max-replicas":"5"}},"spec":{"replicas":1}}
          then event Normal ScalingReplicaSet Deployment web: Scaled up replica set old from 0 to 1
        status, revision 3: {"observedGeneration":1,"replicas":4,"availableReplicas":4,"unavailableReplicas":1,"terminatingReplicas":0,"conditions":[{"type":"Available","status":"True","lastUpdateTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"MinimumReplicasAvailable","message":"Deployment has minimum availability."},{"type":"Progressing","status":"True","lastUpdateTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"ReplicaSetUpdated","message":"ReplicaSet \"old\" is progressing."}]}
    "#]],
    );
}

#[test]
fn recreate_waits_until_the_old_pods_are_gone() {
    let all = [
        deployment("v2", r#"spec.replicas=2 spec.strategy={"type":"Recreate"}"#),
        set("old", "v1", &format!("spec.replicas=0 annotations.deployment.kubernetes.io/revision=1 {CURRENT}")),
        "Pod a/p owner=ReplicaSet/old status.phase=Running deleted=1s".into(),
    ];
    check(
        &all.join("\n"),
        expect![[r#"
        status, revision -: {"observedGeneration":1,"terminatingReplicas":0,"conditions":[{"type":"Available","status":"False","lastUpdateTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"MinimumReplicasUnavailable","message":"Deployment does not have minimum availability."}]}
    "#]],
    );
    let gone = all[..2].join("\n");
    let text = plan(&DeploymentController, &gone, "Deployment a/web");
    assert!(text.starts_with("create ReplicaSet a/web-"), "{text}");
}

#[test]
fn a_finished_rollout_is_available_and_drops_old_sets_beyond_the_limit() {
    let old = |number: i64| {
        let more = format!(
            "spec.replicas=0 age={}s annotations.deployment.kubernetes.io/revision={number} {CURRENT}",
            100 - number
        );
        set(&format!("old{number}"), &format!("v{number}"), &more)
    };
    let done = r#"spec.revisionHistoryLimit=1 spec.replicas=4 status.replicas=4 status.updatedReplicas=4 status.readyReplicas=4 status.availableReplicas=4 status.observedGeneration=1"#;
    let all = [
        deployment("v4", &format!("{done} {ROLLING}")),
        old(1),
        old(2),
        old(3),
        set(
            "new",
            "v4",
            &format!(
                "spec.replicas=4 status.replicas=4 status.readyReplicas=4 status.availableReplicas=4 annotations.deployment.kubernetes.io/revision=4 {CURRENT}"
            ),
        ),
    ];
    check(
        &all.join("\n"),
        expect![[r#"
        delete ReplicaSet a/old1 {"preconditions":{"uid":"old1-uid"}}
        delete ReplicaSet a/old2 {"preconditions":{"uid":"old2-uid"}}
        status, revision 4: {"observedGeneration":1,"replicas":4,"updatedReplicas":4,"readyReplicas":4,"availableReplicas":4,"terminatingReplicas":0,"conditions":[{"type":"Available","status":"True","lastUpdateTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"MinimumReplicasAvailable","message":"Deployment has minimum availability."},{"type":"Progressing","status":"True","lastUpdateTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"NewReplicaSetAvailable","message":"ReplicaSet \"new\" has successfully progressed."}]}
    "#]],
    );
}

#[test]
fn no_progress_until_the_deadline_is_a_condition_and_before_that_a_later_look() {
    let stuck = |seconds: i64| {
        let condition = format!(
            r#"status.conditions=[{{"type":"Progressing","status":"True","reason":"ReplicaSetUpdated","message":"m","lastUpdateTime":"{0}","lastTransitionTime":"{0}"}},{{"type":"Available","status":"False","reason":"MinimumReplicasUnavailable","message":"m"}}]"#,
            crate::test_text::ago(&format!("{seconds}s"))
        );
        let status = "status.observedGeneration=1 status.replicas=4 status.updatedReplicas=4 status.unavailableReplicas=4 status.terminatingReplicas=0 annotations.deployment.kubernetes.io/revision=1";
        [
            deployment("v1", &format!("spec.replicas=4 {ROLLING} {status} {condition}")),
            set(
                "new",
                "v1",
                &format!("spec.replicas=4 status.replicas=4 annotations.deployment.kubernetes.io/revision=1 {CURRENT}"),
            ),
        ]
        .join("\n")
    };
    check(
        &stuck(100),
        expect![[r#"
        requeue after 501s
    "#]],
    );
    check(
        &stuck(601),
        expect![[r#"
        status, revision 1: {"observedGeneration":1,"replicas":4,"updatedReplicas":4,"unavailableReplicas":4,"terminatingReplicas":0,"conditions":[{"type":"Available","status":"False","lastUpdateTime":"","lastTransitionTime":"","reason":"MinimumReplicasUnavailable","message":"m"},{"type":"Progressing","status":"False","lastUpdateTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"ProgressDeadlineExceeded","message":"ReplicaSet \"new\" has timed out progressing."}]}
    "#]],
    );
}

#[test]
fn a_paused_deployment_is_scaled_but_not_rolled() {
    let all = [
        deployment("v2", &format!("spec.replicas=6 spec.paused=true {ROLLING}")),
        set(
            "old",
            "v1",
            &format!(
                "spec.replicas=4 status.replicas=4 status.availableReplicas=4 annotations.deployment.kubernetes.io/revision=1 {CURRENT}"
            ),
        ),
    ];
    check(
        &all.join("\n"),
        expect![[r#"
        patch ReplicaSet a/old {"metadata":{"uid":"old-uid","annotations":{"deployment.kubernetes.io/desired-replicas":"6","deployment.kubernetes.io/max-replicas":"8"}},"spec":{"replicas":6}}
          then event Normal ScalingReplicaSet Deployment web: Scaled up replica set old from 4 to 6
        status, revision -: {"observedGeneration":1,"replicas":4,"availableReplicas":4,"unavailableReplicas":2,"terminatingReplicas":0,"conditions":[{"type":"Progressing","status":"Unknown","lastUpdateTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"DeploymentPaused","message":"Deployment is paused"},{"type":"Available","status":"False","lastUpdateTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"MinimumReplicasUnavailable","message":"Deployment does not have minimum availability."}]}
    "#]],
    );
}

#[test]
fn a_taken_name_counts_as_a_collision() {
    let first = deployment("v1", &format!("spec.replicas=1 {ROLLING}"));
    let text = plan(&DeploymentController, &first, "Deployment a/web");
    let name = text.split_whitespace().nth(2).expect("the first step creates a set").to_owned();
    let taken = format!("{first}\nReplicaSet {name} labels.app=other");
    check(
        &taken,
        expect![[r#"
        status, revision -: {"collisionCount":1,"conditions":[]}
        retry: the name of the new ReplicaSet is taken
    "#]],
    );
    let again = format!("{first} status.collisionCount=1\nReplicaSet {name} labels.app=other");
    let text = plan(&DeploymentController, &again, "Deployment a/web");
    assert!(text.starts_with("create ReplicaSet a/web-") && !text.contains(&name), "{text}");
}

#[test]
fn a_set_that_cannot_be_created_is_a_condition() {
    let text = deployment("v1", &format!("spec.replicas=1 {ROLLING}"));
    let view = view(&DeploymentController, &text);
    let plan = DeploymentController.reconcile(&view, &parse_key("Deployment a/web"), now());
    let error = client::client::ClientError::Status(apimachinery::status::Status::bad_request("no"));
    let outcome = client::plan::Outcome { written: 0, error: Some(error) };
    let then = plan.then.expect("a creation is followed up")(&outcome).to_string();
    assert!(then.contains("\"reason\":\"ReplicaSetCreateError\""), "{then}");
    assert!(then.contains("Failed to create new replica set"), "{then}");
    assert_eq!(objects(&text).len(), 1);
}
