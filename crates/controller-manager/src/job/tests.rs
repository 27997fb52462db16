use expect_test::{Expect, expect};

use super::*;
use crate::test_text::{now, parse_key, plan, view};

const JOB: &str = r#"Job a/j metadata.generation=1 spec.selector={"matchLabels":{"job":"j"}} spec.template={"spec":{"restartPolicy":"Never"}} spec.backoffLimit=1 spec.podReplacementPolicy=TerminatingOrFailed"#;
const STARTED: &str =
    r#"status.startTime=2026-11-21T11:00:00Z status.ready=0 status.terminating=0 status.uncountedTerminatedPods={}"#;
const POD: &str = r#"labels.job=j owner=Job/j metadata.finalizers=["batch.kubernetes.io/job-tracking"]"#;

#[track_caller]
fn check(job: &str, pods: &[String], expected: Expect) {
    let objects = format!("{JOB} {job}\n{}", pods.join("\n"));
    // What the Job says beside its status is no news.
    let text = plan(&JobController, &objects, "Job a/j");
    let lines = text.lines().map(|line| match (line.find("update Job a/j status"), line.find("\"status\":")) {
        (Some(_), Some(at)) => format!("update Job a/j status {}", &line[at..]),
        _ => line.to_owned(),
    });
    expected.assert_eq(&lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_new_job_starts_its_pods() {
    check(
        "spec.completions=3 spec.parallelism=2",
        &[],
        expect![[r#"
            update Job a/j status "status":{"succeeded":0,"failed":0,"uncountedTerminatedPods":{},"conditions":[],"startTime":"2026-11-21T12:00:00Z","completionTime":null,"active":0,"ready":0,"terminating":0}}
            create Pod a/ {"metadata":{"generateName":"j-","ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"j","uid":"j-uid","controller":true,"blockOwnerDeletion":true}],"finalizers":["batch.kubernetes.io/job-tracking"]},"spec":{"restartPolicy":"Never"}}
              then event Normal SuccessfulCreate Job j: Created pod: {name}
            create Pod a/ {"metadata":{"generateName":"j-","ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"j","uid":"j-uid","controller":true,"blockOwnerDeletion":true}],"finalizers":["batch.kubernetes.io/job-tracking"]},"spec":{"restartPolicy":"Never"}}
              then event Normal SuccessfulCreate Job j: Created pod: {name}"#]],
    );
}

#[test]
fn an_ended_pod_is_noted_before_it_is_let_go() {
    check(
        &format!("spec.completions=1 spec.parallelism=1 {STARTED}"),
        &[format!("Pod a/p {POD} status.phase=Succeeded")],
        expect![[r#"
            update Job a/j status "status":{"startTime":"2026-11-21T11:00:00Z","ready":0,"terminating":0,"uncountedTerminatedPods":{"succeeded":["p-uid"]},"succeeded":0,"failed":0,"conditions":[{"type":"SuccessCriteriaMet","status":"True","lastProbeTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"CompletionsReached","message":"Reached expected number of succeeded pods"}],"completionTime":null,"active":0}}
            patch Pod a/p {"metadata":{"uid":"p-uid","$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}}"#]],
    );
}

#[test]
fn a_job_is_complete_when_all_is_counted() {
    let job = r#"spec.completions=1 spec.parallelism=1 status.startTime=2026-11-21T11:00:00Z status.ready=0 status.terminating=0 status.uncountedTerminatedPods={"succeeded":["p-uid"]} status.conditions=[{"type":"SuccessCriteriaMet","status":"True","reason":"CompletionsReached","message":"m"}]"#;
    check(
        job,
        &["Pod a/p labels.job=j owner=Job/j status.phase=Succeeded".into()],
        expect![[r#"
            update Job a/j status "status":{"startTime":"2026-11-21T11:00:00Z","ready":0,"terminating":0,"uncountedTerminatedPods":{},"conditions":[{"type":"SuccessCriteriaMet","status":"True","reason":"CompletionsReached","message":"m"},{"type":"Complete","status":"True","lastProbeTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"CompletionsReached","message":"m"}],"succeeded":1,"failed":0,"completionTime":"2026-11-21T12:00:00Z","active":0}}
              then event Normal Completed Job j: Job completed"#]],
    );
}

#[test]
fn too_many_failures_end_the_job_and_its_pods() {
    let pods = [
        format!("Pod a/p {POD} status.phase=Failed age=100s"),
        format!("Pod a/q {POD} status.phase=Failed age=90s"),
        format!("Pod a/r {POD} status.phase=Running"),
    ];
    check(
        &format!("spec.completions=2 spec.parallelism=2 {STARTED}"),
        &pods,
        expect![[r#"
            update Job a/j status "status":{"startTime":"2026-11-21T11:00:00Z","ready":0,"terminating":0,"uncountedTerminatedPods":{"failed":["p-uid","q-uid","r-uid"]},"succeeded":0,"failed":0,"conditions":[{"type":"FailureTarget","status":"True","lastProbeTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"BackoffLimitExceeded","message":"Job has reached the specified backoff limit"}],"completionTime":null,"active":1}}
            patch Pod a/p {"metadata":{"uid":"p-uid","$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}}
            patch Pod a/q {"metadata":{"uid":"q-uid","$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}}
            patch Pod a/r {"metadata":{"uid":"r-uid","$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}}
            delete Pod a/r {"preconditions":{"uid":"r-uid"}}
              then event Normal SuccessfulDelete Job j: Deleted pod: r"#]],
    );
}

#[test]
fn indexes_are_filled_and_counted_on() {
    let job = format!(
        r#"spec.completions=3 spec.parallelism=3 spec.completionMode=Indexed spec.backoffLimitPerIndex=1 {STARTED} status.completedIndexes="0" status.succeeded=1 status.failedIndexes="""#
    );
    let failed =
        format!("Pod a/p {POD} status.phase=Failed age=500s annotations.batch.kubernetes.io/job-completion-index=1");
    check(
        &job,
        &[failed],
        expect![[r#"
            create Pod a/ {"metadata":{"generateName":"j-1-","ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"j","uid":"j-uid","controller":true,"blockOwnerDeletion":true}],"finalizers":["batch.kubernetes.io/job-tracking"],"annotations":{"batch.kubernetes.io/job-completion-index":"1","batch.kubernetes.io/job-index-failure-count":"1"},"labels":{"batch.kubernetes.io/job-completion-index":"1"}},"spec":{"restartPolicy":"Never","hostname":"j-1"}}
              then event Normal SuccessfulCreate Job j: Created pod: {name}
            create Pod a/ {"metadata":{"generateName":"j-2-","ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"j","uid":"j-uid","controller":true,"blockOwnerDeletion":true}],"finalizers":["batch.kubernetes.io/job-tracking"],"annotations":{"batch.kubernetes.io/job-completion-index":"2","batch.kubernetes.io/job-index-failure-count":"0"},"labels":{"batch.kubernetes.io/job-completion-index":"2"}},"spec":{"restartPolicy":"Never","hostname":"j-2"}}
              then event Normal SuccessfulCreate Job j: Created pod: {name}"#]],
    );
}

#[test]
fn a_suspended_job_lets_its_pods_go_uncounted() {
    check(
        &format!("spec.completions=2 spec.parallelism=2 spec.suspend=true {STARTED}"),
        &[format!("Pod a/p {POD} status.phase=Running")],
        expect![[r#"
            update Job a/j status "status":{"startTime":null,"ready":0,"terminating":0,"uncountedTerminatedPods":{},"succeeded":0,"failed":0,"conditions":[{"type":"Suspended","status":"True","lastProbeTime":"2026-11-21T12:00:00Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"JobSuspended","message":"Job suspended"}],"completionTime":null,"active":1}}
              then event Normal Suspended Job j: Job suspended
            patch Pod a/p {"metadata":{"uid":"p-uid","$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}}
            delete Pod a/p {"preconditions":{"uid":"p-uid"}}
              then event Normal SuccessfulDelete Job j: Deleted pod: p"#]],
    );
}

#[test]
fn a_pod_without_its_job_is_let_go() {
    let objects = format!("Pod a/p {POD}");
    let plan = JobController.reconcile(&view(&JobController, &objects), &parse_key("Pod a/p"), now());
    expect![[r#"
        patch Pod a/p {"metadata":{"uid":"p-uid","$deleteFromPrimitiveList/finalizers":["batch.kubernetes.io/job-tracking"]}}
    "#]]
    .assert_eq(&plan.to_string());
}
