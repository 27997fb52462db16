//! A Job's status: every Pod is counted once, its UID in the status before its finalizer goes.

use apimachinery::meta::ObjectMeta;
use apimachinery::time::format_seconds;
use apimachinery::tree;
use apimachinery::value::Value;
use client::events::Occurrence;
use client::plan::Write;
use client::resources::JOBS;

use super::JobPod;
use super::conditions::{self, Verdict};
use super::failure_policy::Meaning;
use super::indexes::{self, Indexes};
use super::state::JobState;
use crate::pod_template::status_differs;

/// UIDs that the status holds at once, to keep it below 20 KB.
const UNCOUNTED_MAX: usize = 500;

/// Counts that are written also when they are zero.
const ALWAYS: &[&str] = &["ready", "terminating"];

/// What is counted in this round.
pub(super) struct Counted {
    /// Fields of the status.
    pub status: Value,
    /// Pods whose finalizer can go once the status is written.
    pub done: Vec<JobPod>,
}

impl JobState {
    /// Moves Pods whose finalizer is gone to the counters, and notes those that have ended since.
    pub(super) fn count(&mut self, verdict: Option<&Verdict>) -> Counted {
        let is_tracked = |uid: &str| self.pods.iter().any(|pod| pod.digest.is_tracked && pod.digest.meta.uid == uid);
        let listed = |list: &str| -> (Vec<Value>, i64) {
            let all = self.object.items_at(&["status", "uncountedTerminatedPods", list]);
            let kept: Vec<Value> = all.iter().filter(|uid| is_tracked(uid.as_str().unwrap_or(""))).cloned().collect();
            let gone = (all.len() - kept.len()) as i64;
            (kept, gone)
        };
        let (mut succeeded, newly_succeeded) = listed("succeeded");
        let (mut failed, newly_failed) = listed("failed");
        let mut new_indexes = Indexes::new();
        let mut done = Vec::new();
        for pod in self.pods.iter().filter(|pod| pod.digest.is_tracked) {
            if !self.may_let_go(pod, verdict) {
                continue;
            }
            done.push(pod.clone());
            self.note(pod, verdict, (&mut succeeded, &mut failed), &mut new_indexes);
            if succeeded.len() + failed.len() + new_indexes.len() >= UNCOUNTED_MAX {
                break;
            }
        }
        let mut status = tree!({
            "succeeded": (self.object.i64_at(&["status", "succeeded"]).unwrap_or(0) + newly_succeeded),
            "failed": (self.object.i64_at(&["status", "failed"]).unwrap_or(0) + newly_failed)
        });
        if self.is_indexed {
            self.count_indexes(&mut status, new_indexes);
        }
        let mut uncounted = Value::object();
        for (list, uids) in [("succeeded", succeeded), ("failed", failed)] {
            if !uids.is_empty() {
                uncounted.set(&[list], uids);
            }
        }
        status.set(&["uncountedTerminatedPods"], uncounted);
        Counted { status, done }
    }

    fn count_indexes(&self, status: &mut Value, new: Indexes) {
        let limit = self.completions.unwrap_or(0);
        let mut completed = indexes::parse(self.object.str_at(&["status", "completedIndexes"]), limit);
        completed.extend(new);
        status.set(&["succeeded"], completed.len() as i64);
        status.set(&["completedIndexes"], indexes::print(&completed));
        if let Some(failed) = &self.failed_indexes {
            let text = indexes::print(failed);
            // An empty text differs from none.
            status.set(&["failedIndexes"], text);
        }
    }

    fn may_let_go(&self, pod: &JobPod, verdict: Option<&Verdict>) -> bool {
        if self.object.is_terminating() || verdict.is_some() || pod.digest.phase == "Succeeded" {
            return true;
        }
        self.has_failed(pod) && !self.is_kept(pod)
    }

    fn note(
        &self,
        pod: &JobPod,
        verdict: Option<&Verdict>,
        (succeeded, failed): (&mut Vec<Value>, &mut Vec<Value>),
        new_indexes: &mut Indexes,
    ) {
        let uid = &pod.digest.meta.uid;
        if pod.digest.phase == "Succeeded" && !self.uncounted_failed.contains(uid) {
            match (self.is_indexed, self.index(pod)) {
                (true, Some(index)) => drop(new_indexes.insert(index)),
                (false, _) if !self.uncounted_succeeded.contains(uid) => succeeded.push(Value::from(uid.as_str())),
                _ => {}
            }
            return;
        }
        // What is still running when the Job fails has failed.
        let is_failure = self.has_failed(pod) || verdict.is_some_and(|verdict| !verdict.is_success);
        let is_new = !self.uncounted_failed.contains(uid) && self.is_valid(pod);
        if is_failure && is_new && *self.meaning(pod) != Meaning::Ignored {
            failed.push(Value::from(uid.as_str()));
        }
    }

    /// The write of the status, if it changes, with events about what it tells for the first time.
    pub(super) fn status_write(&mut self, verdict: Option<Verdict>, counted: Value) -> Option<Write> {
        let mut conditions = self.object.items_at(&["status", "conditions"]).to_vec();
        let mut events = Vec::new();
        let mut completion = self.object.at(&["status", "completionTime"]).clone();
        let is_all_counted = counted.field("uncountedTerminatedPods").as_object().is_none_or(|it| it.is_empty());
        match &verdict {
            Some(verdict) => {
                let is_announced = conditions::is_true(&self.object, verdict.interim());
                let texts = (verdict.reason.as_str(), verdict.message.as_str());
                conditions::set(&mut conditions, verdict.interim(), "True", texts, self.now);
                let is_idle = self.active.is_empty() && self.terminating() == 0;
                if is_announced && is_all_counted && is_idle {
                    conditions::set(&mut conditions, verdict.terminal(), "True", texts, self.now);
                    if verdict.is_success {
                        completion = Value::from(self.now.seconds_text());
                    }
                    events = self.end_events(verdict, counted.i64_at(&["succeeded"]).unwrap_or(0));
                }
            }
            None => events.extend(self.suspension(&mut conditions)),
        }
        let ready = self.active.iter().filter(|pod| pod.digest.is_ready).count() as i64;
        let mut status = counted;
        let start = self.start.map_or(Value::Null, |time| Value::from(format_seconds(time)));
        status.set(&["conditions"], conditions);
        status.set(&["startTime"], start);
        status.set(&["completionTime"], completion);
        status.set(&["active"], self.active.len() as i64);
        status.set(&["ready"], ready);
        status.set(&["terminating"], self.terminating());
        let old = self.object.field("status");
        let gains_failed_indexes = self.failed_indexes.is_some() && old.field("failedIndexes").is_null();
        if !status_differs(old, &status, ALWAYS) && !gains_failed_indexes {
            return None;
        }
        let mut object = self.object.clone();
        let fields = object.object_at(&["status"]);
        for (field, value) in status.as_object().expect("a tree of an object").iter() {
            fields.insert(field.to_owned(), value.clone());
        }
        let write = Write::update(JOBS, object).to_subresource("status").accept_not_found();
        Some(events.into_iter().fold(write, Write::event_on_success))
    }

    /// Notes that the Job has been suspended or goes on, from when its time counts anew.
    fn suspension(&mut self, conditions: &mut Vec<Value>) -> Option<Occurrence> {
        if self.object.is_terminating() {
            return None;
        }
        let about = self.reference();
        if self.is_suspended() {
            let texts = ("JobSuspended", "Job suspended");
            let is_new = conditions::set(conditions, "Suspended", "True", texts, self.now);
            if is_new {
                self.start = None;
            }
            return is_new.then(|| Occurrence::normal(&about, "Suspended", "Job suspended"));
        }
        let texts = ("JobResumed", "Job resumed");
        let is_new = conditions::set(conditions, "Suspended", "False", texts, self.now);
        if is_new {
            self.start = Some(self.now.wall);
        }
        is_new.then(|| Occurrence::normal(&about, "Resumed", "Job resumed"))
    }

    fn end_events(&self, verdict: &Verdict, succeeded: i64) -> Vec<Occurrence> {
        let about = self.reference();
        if !verdict.is_success {
            return vec![Occurrence::warning(&about, &verdict.reason, verdict.message.as_str())];
        }
        let mut events = Vec::new();
        if self.completions.is_some_and(|wanted| succeeded > wanted) {
            let message = "Too many succeeded pods running after completion count reached";
            events.push(Occurrence::warning(&about, "TooManySucceededPods", message));
        }
        events.push(Occurrence::normal(&about, "Completed", "Job completed"));
        events
    }
}
