use expect_test::{Expect, expect};

use super::*;
use crate::test_text::plan;

#[track_caller]
fn check(cron: &str, jobs: &str, expected: Expect) {
    let objects = format!(
        r#"CronJob a/c spec={{"schedule":"@hourly","jobTemplate":{{"spec":{{"x":1}}}}}} {cron}
        {jobs}"#
    );
    expected.assert_eq(&plan(&CronJobController, &objects, "CronJob a/c"));
}

#[test]
fn a_job_is_made_when_its_time_has_come() {
    check(
        "age=90s",
        "",
        expect![[r#"
            create Job a/c-29921040 {"metadata":{"name":"c-29921040","ownerReferences":[{"apiVersion":"batch/v1","kind":"CronJob","name":"c","uid":"c-uid","controller":true,"blockOwnerDeletion":true}],"annotations":{"batch.kubernetes.io/cronjob-scheduled-timestamp":"2026-11-21T12:00:00Z"}},"spec":{"x":1}}
              then event Normal SuccessfulCreate CronJob c: Created job {name}
            update CronJob a/c status {"metadata":{"name":"c","uid":"c-uid","resourceVersion":"1","creationTimestamp":"2026-11-21T11:58:30Z"},"spec":{"schedule":"@hourly","jobTemplate":{"spec":{"x":1}}},"status":{"active":[],"lastScheduleTime":"2026-11-21T12:00:00Z","lastSuccessfulTime":null}}
            requeue after 3600.1s
        "#]],
    );
    check(
        "age=90s status.lastScheduleTime=2026-11-21T12:00:00Z",
        "",
        expect![[r#"
            requeue after 3600.1s
        "#]],
    );
}

#[test]
fn a_job_under_way_is_noted_and_forbids_another() {
    check(
        r#"age=90s spec.concurrencyPolicy=Forbid status.lastScheduleTime=2026-11-21T11:00:00Z"#,
        "Job a/c-29920980 owner=CronJob/c",
        expect![[r#"
            event Normal JobAlreadyActive CronJob c: Not starting job because prior execution is running and concurrency policy is Forbid
            update CronJob a/c status {"metadata":{"name":"c","uid":"c-uid","resourceVersion":"1","creationTimestamp":"2026-11-21T11:58:30Z"},"spec":{"schedule":"@hourly","jobTemplate":{"spec":{"x":1}},"concurrencyPolicy":"Forbid"},"status":{"active":[{"kind":"Job","namespace":"a","name":"c-29920980","uid":"c-29920980-uid","apiVersion":"batch/v1","resourceVersion":"2"}],"lastScheduleTime":"2026-11-21T11:00:00Z","lastSuccessfulTime":null}}
            requeue after 3600.1s
        "#]],
    );
}

#[test]
fn ended_jobs_beyond_the_limit_go() {
    let ended = r#"status.conditions=[{"type":"Complete","status":"True"}] status.completionTime=2026-11-21T11:55:00Z"#;
    check(
        "age=9s spec.suspend=true spec.successfulJobsHistoryLimit=1",
        &format!(
            "Job a/c-1 owner=CronJob/c status.startTime=2026-11-21T11:00:00Z {ended}
            Job a/c-2 owner=CronJob/c status.startTime=2026-11-21T11:30:00Z {ended}"
        ),
        expect![[r#"
            delete Job a/c-1 {"preconditions":{"uid":"c-1-uid"},"propagationPolicy":"Background"}
              then event Normal SuccessfulDelete CronJob c: Deleted job c-1
            update CronJob a/c status {"metadata":{"name":"c","uid":"c-uid","resourceVersion":"1","creationTimestamp":"2026-11-21T11:59:51Z"},"spec":{"schedule":"@hourly","jobTemplate":{"spec":{"x":1}},"suspend":true,"successfulJobsHistoryLimit":1},"status":{"active":[],"lastScheduleTime":null,"lastSuccessfulTime":"2026-11-21T11:55:00Z"}}
        "#]],
    );
}
