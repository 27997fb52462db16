//! Deletes ended Jobs after `spec.ttlSecondsAfterFinished`.

use std::time::Duration;

use apimachinery::time::{self, Now};
use client::client::DeleteOptions;
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::plan::{Plan, Write};
use client::resources::JOBS;
use client::view::View;

use crate::digest::{BY_CONTROLLER, WorkloadDigest};
use crate::job::conditions;

/// See the module.
pub struct TtlAfterFinishedController;

impl Controller for TtlAfterFinishedController {
    fn name(&self) -> &'static str {
        "ttl-after-finished-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:ttl-after-finished-controller"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        let jobs = Watch::new(JOBS, WorkloadDigest::project);
        vec![jobs.index(BY_CONTROLLER, WorkloadDigest::controller_index).touches_itself().boxed()]
    }

    fn reconcile(&self, view: &View, key: &Key, now: Now) -> Plan {
        let Some(entry) = view.get::<WorkloadDigest>(JOBS, key.namespace(), key.name()) else {
            return Plan::none();
        };
        let meta = &entry.digest.meta;
        let job = entry.value();
        let (Some(seconds), false) = (job.i64_at(&["spec", "ttlSecondsAfterFinished"]), meta.is_terminating()) else {
            return Plan::none();
        };
        let ends = ["Complete", "Failed"].iter().filter(|kind| conditions::is_true(&job, kind));
        let end = ends
            .filter_map(|kind| conditions::find(&job, kind))
            .find_map(|condition| time::parse(condition.str_at(&["lastTransitionTime"])));
        let Some(end) = end else { return Plan::none() };
        let due = end + Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        match Duration::try_from(due.duration_since(now.wall)) {
            Ok(left) if !left.is_zero() => Plan::none().and_requeue_after(left),
            _ => {
                let options = DeleteOptions {
                    uid: Some(meta.uid.clone()),
                    propagation_policy: Some("Foreground"),
                    ..DeleteOptions::default()
                };
                Plan::write(Write::delete(JOBS, &meta.namespace, &meta.name, options))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::test_text::{ago, plan};

    #[test]
    fn an_ended_job_goes_when_its_time_is_over() {
        let job = |ttl: i64| {
            let end = ago("60s");
            format!(
                r#"Job a/j spec.ttlSecondsAfterFinished={ttl} status.conditions=[{{"type":"Failed","status":"True","lastTransitionTime":"{end}"}}]"#
            )
        };
        expect![[r#"
            delete Job a/j {"preconditions":{"uid":"j-uid"},"propagationPolicy":"Foreground"}
        "#]]
        .assert_eq(&plan(&TtlAfterFinishedController, &job(30), "Job a/j"));
        assert_eq!(plan(&TtlAfterFinishedController, &job(100), "Job a/j"), "requeue after 40s\n");
        assert_eq!(plan(&TtlAfterFinishedController, "Job a/j spec.ttlSecondsAfterFinished=1", "Job a/j"), "");
    }
}
