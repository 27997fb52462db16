//! Ended Jobs beyond the history limits.

use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use client::plan::Write;

use super::CronJob;
use crate::job::conditions;

impl CronJob {
    /// Deletes the oldest ended Jobs beyond the limits.
    pub(super) fn cleanup(&self) -> Vec<Write> {
        let mut writes = Vec::new();
        for (kind, field) in [("Complete", "successfulJobsHistoryLimit"), ("Failed", "failedJobsHistoryLimit")] {
            let Some(limit) = self.spec(field).as_i64() else { continue };
            let ended = |job: &&Value| conditions::is_true(job, kind) && job.deletion_timestamp().is_none();
            let mut jobs: Vec<&Value> = self.jobs.iter().filter(ended).collect();
            jobs.sort_by_key(|job| (job.str_at(&["status", "startTime"]).to_owned(), job.name().to_owned()));
            let surplus = jobs.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
            writes.extend(jobs[..surplus].iter().map(|job| self.deletion(job.name(), job.uid())));
        }
        writes
    }
}
