//! A Job as it is worked on, and how it stands.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use apimachinery::meta::ObjectMeta;
use apimachinery::time::{self, Now};
use apimachinery::value::Value;
use client::events::ObjectReference;
use jiff::Timestamp;

use super::conditions::{self, Verdict};
use super::failure_policy::{Meaning, meaning};
use super::indexes::{self, Indexes};
use super::{JobPod, backoff};

/// See the module.
pub(super) struct JobState {
    pub object: Value,
    pub now: Now,
    pub pods: Vec<JobPod>,
    /// Neither ended nor being deleted.
    pub active: Vec<JobPod>,
    pub is_indexed: bool,
    pub completions: Option<i64>,
    pub parallelism: i64,
    /// UIDs in `status.uncountedTerminatedPods`.
    pub uncounted_succeeded: HashSet<String>,
    pub uncounted_failed: HashSet<String>,
    pub succeeded_indexes: Indexes,
    /// Only with `backoffLimitPerIndex`.
    pub failed_indexes: Option<Indexes>,
    /// Failed Pods that stay until their index has a new one, which takes over their count.
    pub kept: BTreeMap<i64, JobPod>,
    /// When the Job began, by this decision if not before.
    pub start: Option<Timestamp>,
    meanings: BTreeMap<String, Meaning>,
}

impl JobState {
    pub fn new(object: Value, pods: Vec<JobPod>, now: Now) -> Self {
        let spec = object.field("spec");
        let is_indexed = spec.str_at(&["completionMode"]) == "Indexed";
        let completions = spec.i64_at(&["completions"]);
        let uids = |list: &str| -> HashSet<String> {
            let items = object.items_at(&["status", "uncountedTerminatedPods", list]).iter();
            items.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let start = time::parse(object.str_at(&["status", "startTime"]));
        let is_suspended = spec.bool_at(&["suspend"]);
        let mut job = JobState {
            active: pods.iter().filter(|pod| pod.digest.is_active()).cloned().collect(),
            is_indexed,
            completions,
            parallelism: spec.i64_at(&["parallelism"]).unwrap_or(1),
            uncounted_succeeded: uids("succeeded"),
            uncounted_failed: uids("failed"),
            succeeded_indexes: Indexes::new(),
            failed_indexes: None,
            kept: BTreeMap::new(),
            start: start.or_else(|| (!is_suspended).then_some(now.wall)),
            meanings: BTreeMap::new(),
            pods,
            object,
            now,
        };
        job.judge_failures();
        job.find_indexes();
        job
    }

    pub fn reference(&self) -> ObjectReference {
        ObjectReference::to(&self.object)
    }

    pub fn spec(&self, field: &str) -> &Value {
        self.object.at(&["spec", field])
    }

    pub fn is_suspended(&self) -> bool {
        self.spec("suspend").as_bool() == Some(true)
    }

    pub fn status_count(&self, field: &str) -> i64 {
        self.object.i64_at(&["status", field]).unwrap_or(0)
    }

    /// Whether a new Pod comes only when the old one has ended, not already when it is being deleted.
    pub fn replaces_only_ended(&self) -> bool {
        self.spec("podReplacementPolicy").as_str() == Some("Failed") || !self.spec("podFailurePolicy").is_null()
    }

    pub fn limit_per_index(&self) -> Option<i64> {
        self.spec("backoffLimitPerIndex").as_i64().filter(|_| self.is_indexed)
    }

    /// Pods that are being deleted and have not ended.
    pub fn terminating(&self) -> i64 {
        let pods = self.pods.iter().filter(|pod| pod.digest.meta.is_terminating() && !pod.digest.is_terminal());
        pods.count() as i64
    }

    pub fn has_failed(&self, pod: &JobPod) -> bool {
        let digest = &pod.digest;
        let is_lost = digest.meta.is_terminating() && digest.phase != "Succeeded" && !self.replaces_only_ended();
        digest.phase == "Failed" || is_lost
    }

    pub fn meaning(&self, pod: &JobPod) -> &Meaning {
        self.meanings.get(&pod.digest.meta.uid).unwrap_or(&Meaning::Counts)
    }

    /// The index of a Pod, if it is one of this Job; all Pods of a Job without indexes are valid.
    pub fn index(&self, pod: &JobPod) -> Option<i64> {
        pod.digest.completion_index.filter(|index| *index < self.completions.unwrap_or(0))
    }

    pub fn is_valid(&self, pod: &JobPod) -> bool {
        !self.is_indexed || self.index(pod).is_some()
    }

    fn judge_failures(&mut self) {
        let policy = self.spec("podFailurePolicy").clone();
        if policy.is_null() {
            return;
        }
        let failed: Vec<JobPod> = self.pods.iter().filter(|pod| self.has_failed(pod)).cloned().collect();
        for pod in failed {
            self.meanings.insert(pod.digest.meta.uid.clone(), meaning(&policy, &pod.value()));
        }
    }

    fn find_indexes(&mut self) {
        if !self.is_indexed {
            return;
        }
        let limit = self.completions.unwrap_or(0);
        let mut succeeded = indexes::parse(self.object.str_at(&["status", "completedIndexes"]), limit);
        let ended = self.pods.iter().filter(|pod| pod.digest.is_tracked && pod.digest.phase == "Succeeded");
        succeeded.extend(ended.filter_map(|pod| self.index(pod)));
        self.succeeded_indexes = succeeded;
        let Some(failures_max) = self.limit_per_index() else { return };
        let mut failed = indexes::parse(self.object.str_at(&["status", "failedIndexes"]), limit);
        for pod in self.pods.iter().filter(|pod| pod.digest.is_tracked && self.has_failed(pod)) {
            let is_out = match self.meaning(pod) {
                Meaning::FailsIndex => true,
                Meaning::Ignored => false,
                _ => index_failures(pod).0 >= failures_max,
            };
            failed.extend(self.index(pod).filter(|_| is_out));
        }
        self.failed_indexes = Some(failed);
        self.find_kept();
    }

    fn find_kept(&mut self) {
        let active: HashSet<i64> = self.active.iter().filter_map(|pod| pod.digest.completion_index).collect();
        let mut kept: BTreeMap<i64, JobPod> = BTreeMap::new();
        for pod in self.pods.iter().filter(|pod| pod.digest.is_tracked && self.has_failed(pod)) {
            let Some(index) = self.index(pod) else { continue };
            let is_over = self.succeeded_indexes.contains(&index)
                || self.failed_indexes.as_ref().is_some_and(|failed| failed.contains(&index));
            if is_over || active.contains(&index) {
                continue;
            }
            let rank = |pod: &JobPod| (absolute_failures(pod), backoff::finished_at(&pod.value()));
            if kept.get(&index).is_none_or(|last| rank(last) <= rank(pod)) {
                kept.insert(index, pod.clone());
            }
        }
        self.kept = kept;
    }

    /// Pods that have ended and are not yet in the status.
    pub fn newly_ended(&self, is_it: impl Fn(&JobPod) -> bool, counted: &HashSet<String>) -> Vec<&JobPod> {
        let is_new = |pod: &&JobPod| {
            let digest = &pod.digest;
            digest.is_tracked && !counted.contains(&digest.meta.uid) && self.is_valid(pod)
        };
        self.pods.iter().filter(is_new).filter(|pod| is_it(pod)).collect()
    }

    /// All successes so far.
    pub fn succeeded(&self) -> i64 {
        if self.is_indexed {
            return self.succeeded_indexes.len() as i64;
        }
        let new = self.newly_ended(|pod| pod.digest.phase == "Succeeded", &self.uncounted_succeeded);
        self.status_count("succeeded") + (new.len() + self.uncounted_succeeded.len()) as i64
    }

    /// All failures so far that count.
    fn failed(&self) -> i64 {
        let new = self.newly_ended(|pod| self.has_failed(pod), &self.uncounted_failed);
        let counting = new.iter().filter(|pod| *self.meaning(pod) != Meaning::Ignored).count();
        self.status_count("failed") + (counting + self.uncounted_failed.len()) as i64
    }

    /// Whether and how the Job ends. An end that the status announces stays.
    pub fn verdict(&self) -> Option<Verdict> {
        let announced = |kind: &str, is_success: bool| {
            let condition = conditions::find(&self.object, kind)?;
            let text = |field: &str| condition.str_at(&[field]).to_owned();
            let verdict = Verdict { is_success, reason: text("reason"), message: text("message") };
            (condition.str_at(&["status"]) == "True").then_some(verdict)
        };
        announced("SuccessCriteriaMet", true)
            .or_else(|| announced("FailureTarget", false))
            .or_else(|| self.policy_verdict())
            .or_else(|| self.limit_verdict())
            .or_else(|| self.index_verdict())
            .or_else(|| self.completion_verdict())
    }

    fn policy_verdict(&self) -> Option<Verdict> {
        self.pods.iter().filter(|pod| self.has_failed(pod)).find_map(|pod| match self.meaning(pod) {
            Meaning::FailsJob(message) => Some(Verdict::failure("PodFailurePolicy", message.as_str())),
            _ => None,
        })
    }

    fn limit_verdict(&self) -> Option<Verdict> {
        let limit = self.spec("backoffLimit").as_i64().unwrap_or(6);
        if self.failed() > limit || self.restarts_exceed(limit) {
            let message = "Job has reached the specified backoff limit";
            return Some(Verdict::failure("BackoffLimitExceeded", message));
        }
        let is_late = self.deadline_in().is_some_and(|left| left.is_zero());
        is_late.then(|| Verdict::failure("DeadlineExceeded", "Job was active longer than specified deadline"))
    }

    /// Containers that restart in place count instead of Pods.
    fn restarts_exceed(&self, limit: i64) -> bool {
        if self.object.str_at(&["spec", "template", "spec", "restartPolicy"]) != "OnFailure" {
            return false;
        }
        let live = self.pods.iter().filter(|pod| matches!(pod.digest.phase.as_str(), "Running" | "Pending"));
        let restarts: i64 = live
            .filter(|pod| pod.digest.restarts > 0)
            .map(|pod| {
                let pod = pod.value();
                let lists = ["initContainerStatuses", "containerStatuses"];
                let statuses = lists.iter().flat_map(|list| pod.items_at(&["status", list]));
                statuses.filter_map(|status| status.i64_at(&["restartCount"])).sum::<i64>()
            })
            .sum();
        if limit == 0 { restarts > 0 } else { restarts >= limit }
    }

    /// What is left of `activeDeadlineSeconds`.
    pub fn deadline_in(&self) -> Option<Duration> {
        let seconds = u64::try_from(self.spec("activeDeadlineSeconds").as_i64()?).unwrap_or(0);
        let start = self.start.filter(|_| !self.is_suspended())?;
        let left = (start + Duration::from_secs(seconds)).duration_since(self.now.wall);
        Some(Duration::try_from(left).unwrap_or_default())
    }

    fn index_verdict(&self) -> Option<Verdict> {
        if !self.is_indexed {
            return None;
        }
        if let Some(failed) = &self.failed_indexes {
            let count = failed.len() as i64;
            if self.spec("maxFailedIndexes").as_i64().is_some_and(|most| count > most) {
                let message = "Job has exceeded the specified maximal number of failed indexes";
                return Some(Verdict::failure("MaxFailedIndexesExceeded", message));
            }
            if count > 0 && count + self.succeeded_indexes.len() as i64 >= self.completions.unwrap_or(0) {
                return Some(Verdict::failure("FailedIndexes", "Job has failed indexes"));
            }
        }
        let rules = self.object.items_at(&["spec", "successPolicy", "rules"]);
        let at = rules.iter().position(|rule| self.meets(rule))?;
        Some(Verdict::success("SuccessPolicy", format!("Matched rules at index {at}")))
    }

    fn meets(&self, rule: &Value) -> bool {
        if self.succeeded_indexes.is_empty() {
            return false;
        }
        let count = rule.i64_at(&["succeededCount"]);
        let enough = |found: usize| count.is_some_and(|count| found as i64 >= count);
        match rule.field("succeededIndexes").as_str() {
            None => enough(self.succeeded_indexes.len()),
            Some(text) => {
                let wanted = indexes::parse(text, self.completions.unwrap_or(0));
                let found = wanted.intersection(&self.succeeded_indexes).count();
                !wanted.is_empty() && (found == wanted.len() || enough(found))
            }
        }
    }

    fn completion_verdict(&self) -> Option<Verdict> {
        let succeeded = self.succeeded();
        let is_complete = match self.completions {
            None => succeeded > 0,
            Some(wanted) => succeeded >= wanted,
        };
        let is_done = is_complete && self.active.is_empty() && !self.object.is_terminating();
        is_done.then(|| Verdict::success("CompletionsReached", "Reached expected number of succeeded pods"))
    }
}

/// How often the index of a Pod had failed before it: counted failures, and those that were ignored.
pub(super) fn index_failures(pod: &JobPod) -> (i64, i64) {
    let object = pod.value();
    let number = |key: &str| object.annotation(key).and_then(|text| text.parse().ok()).unwrap_or(0);
    (number(super::pods::INDEX_FAILURES), number(super::pods::INDEX_IGNORED))
}

pub(super) fn absolute_failures(pod: &JobPod) -> i64 {
    let (counted, ignored) = index_failures(pod);
    counted + ignored
}
