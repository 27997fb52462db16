//! Which Pods of a Job come and go.

use std::collections::BTreeSet;
use std::time::Duration;

use apimachinery::meta::ObjectMeta;
use apimachinery::tree;
use apimachinery::value::Value;
use client::plan::{Pace, Plan, Write};

use super::failure_policy::Meaning;
use super::indexes::Indexes;
use super::state::{JobState, absolute_failures, index_failures};
use super::{JobPod, backoff, same_pod, untrack};
use crate::digest::{COMPLETION_INDEX, JOB_TRACKING};
use crate::pod_template::{creation, deletion, pod_from_template};

pub(super) const INDEX_FAILURES: &str = "batch.kubernetes.io/job-index-failure-count";
pub(super) const INDEX_IGNORED: &str = "batch.kubernetes.io/job-index-ignored-failure-count";
const INDEX_VARIABLE: &str = "JOB_COMPLETION_INDEX";

/// Pods that one reconciliation creates or deletes.
const BURST_PODS_MAX: usize = 500;

/// Bytes of a generated name's prefix.
const PREFIX_BYTES_MAX: usize = 58;

/// What to do about Pods.
#[derive(Default)]
pub(super) struct Work {
    /// Deleted Pods that count as failures.
    pub deletions: Vec<JobPod>,
    /// Deleted Pods that do not.
    pub uncounted_deletions: Vec<JobPod>,
    pub creations: Vec<Value>,
    pub look_again: Option<Duration>,
}

impl Work {
    /// Adds it to a plan.
    pub fn add_to(self, job: &JobState, mut plan: Plan) -> Plan {
        let about = job.reference();
        let tracked = self.uncounted_deletions.iter().filter(|pod| pod.digest.is_tracked);
        let untracked: Vec<Write> = tracked.map(|pod| untrack(&pod.digest.meta)).collect();
        let doomed = self.deletions.iter().chain(&self.uncounted_deletions).take(BURST_PODS_MAX);
        let deletions: Vec<Write> = doomed.map(|pod| deletion(&about, &pod.digest.meta)).collect();
        let creations: Vec<Write> = self.creations.into_iter().map(|pod| creation(&about, pod)).collect();
        plan = plan.and_batch(untracked, Pace::Full).and_batch(deletions, Pace::Full);
        plan = plan.and_batch(creations, Pace::SlowStart);
        match self.look_again {
            Some(pause) => plan.and_requeue_after(pause),
            None => plan,
        }
    }
}

impl JobState {
    /// Brings the number of active Pods to what is wanted.
    pub(super) fn manage(&self) -> Work {
        if self.object.is_terminating() {
            return Work::default();
        }
        let active = self.active.len() as i64;
        if self.is_suspended() {
            return Work { uncounted_deletions: self.active.clone(), ..Work::default() };
        }
        let wanted = match self.completions {
            None if self.succeeded() > 0 => active,
            None => self.parallelism,
            Some(completions) => (completions - self.succeeded()).min(self.parallelism).max(0),
        };
        let surplus = self.surplus(usize::try_from(active - wanted).unwrap_or(0));
        if !surplus.is_empty() {
            return Work { uncounted_deletions: surplus, ..Work::default() };
        }
        let waiting = if self.replaces_only_ended() { self.terminating() } else { 0 };
        match usize::try_from(wanted - waiting - active) {
            Ok(missing) if missing > 0 => self.creations(missing.min(BURST_PODS_MAX)),
            _ => Work::default(),
        }
    }

    /// Pods with a double or wrong index, then others until `at_least` are found: the least far ones first.
    fn surplus(&self, at_least: usize) -> Vec<JobPod> {
        let mut ranked = self.active.clone();
        ranked.sort_by_key(|pod| {
            let digest = &pod.digest;
            let phase = match digest.phase.as_str() {
                "Pending" => 0,
                "Unknown" => 1,
                _ => 2,
            };
            (!digest.node_name.is_empty(), phase, digest.is_ready, std::cmp::Reverse(digest.meta.created))
        });
        if !self.is_indexed {
            ranked.truncate(at_least);
            return ranked;
        }
        let mut seen = BTreeSet::new();
        let is_extra = |pod: &JobPod, seen: &mut BTreeSet<i64>| match self.index(pod) {
            None => true,
            Some(index) => !seen.insert(index),
        };
        // Of several with one index the one that is furthest stays.
        let (mut surplus, left): (Vec<_>, Vec<_>) = ranked.into_iter().rev().partition(|pod| is_extra(pod, &mut seen));
        let more = at_least.saturating_sub(surplus.len());
        surplus.extend(left.into_iter().rev().take(more));
        surplus
    }

    fn creations(&self, missing: usize) -> Work {
        if !self.is_indexed {
            return match self.pause() {
                Duration::ZERO => Work { creations: vec![self.pod(None); missing], ..Work::default() },
                pause => Work { look_again: Some(pause), ..Work::default() },
            };
        }
        if self.limit_per_index().is_none() && !self.pause().is_zero() {
            return Work { look_again: Some(self.pause()), ..Work::default() };
        }
        let mut work = Work::default();
        for index in self.pending_indexes(missing) {
            match self.pause_of(index) {
                Duration::ZERO => work.creations.push(self.pod(Some(index))),
                pause => work.look_again = Some(work.look_again.map_or(pause, |asked| asked.min(pause))),
            }
        }
        work
    }

    /// How long no Pod may come since the last failure.
    fn pause(&self) -> Duration {
        let last_success = self
            .pods
            .iter()
            .filter(|pod| pod.digest.phase == "Succeeded")
            .filter_map(|pod| backoff::finished_at(&pod.value()))
            .max();
        let failures = self.pods.iter().filter(|pod| self.has_failed(pod));
        let times = failures.filter_map(|pod| backoff::finished_at(&pod.value()));
        let times: Vec<_> = times.filter(|time| last_success.is_none_or(|success| *time > success)).collect();
        backoff::left(times.len(), times.iter().max().copied(), self.now.wall)
    }

    fn pause_of(&self, index: i64) -> Duration {
        match self.kept.get(&index).filter(|_| self.limit_per_index().is_some()) {
            None => Duration::ZERO,
            Some(pod) => {
                let failures = usize::try_from(absolute_failures(pod) + 1).unwrap_or(1);
                backoff::left(failures, backoff::finished_at(&pod.value()), self.now.wall)
            }
        }
    }

    /// The first indexes that have neither ended nor a Pod.
    fn pending_indexes(&self, count: usize) -> Vec<i64> {
        let mut taken: Indexes = self.active.iter().filter_map(|pod| pod.digest.completion_index).collect();
        if self.replaces_only_ended() {
            let going = self.pods.iter().filter(|pod| pod.digest.meta.is_terminating() && !pod.digest.is_terminal());
            taken.extend(going.filter_map(|pod| pod.digest.completion_index));
        }
        let has_failed = |index: &i64| self.failed_indexes.as_ref().is_some_and(|failed| failed.contains(index));
        let all = 0..self.completions.unwrap_or(0);
        let is_pending =
            |index: &i64| !taken.contains(index) && !self.succeeded_indexes.contains(index) && !has_failed(index);
        all.filter(is_pending).take(count).collect()
    }

    fn pod(&self, index: Option<i64>) -> Value {
        let mut pod = pod_from_template(&self.object, self.object.at(&["spec", "template"]));
        pod.add_finalizer(JOB_TRACKING);
        let Some(index) = index else { return pod };
        let (name, number) = (self.object.name(), index.to_string());
        pod.set_annotation(COMPLETION_INDEX, &number);
        pod.set_label(COMPLETION_INDEX, &number);
        let suffix = format!("-{number}-");
        let prefix = &name[..name.floor_char_boundary(PREFIX_BYTES_MAX - suffix.len())];
        pod.set(&["metadata", "generateName"], format!("{prefix}{suffix}"));
        pod.set(&["spec", "hostname"], format!("{name}-{number}"));
        add_variable(&mut pod);
        if self.limit_per_index().is_some() {
            self.carry_failures(&mut pod, index);
        }
        pod
    }

    /// The new Pod of an index counts on from the one that it replaces.
    fn carry_failures(&self, pod: &mut Value, index: i64) {
        let (mut counted, mut ignored) = (0, 0);
        if let Some(last) = self.kept.get(&index) {
            (counted, ignored) = index_failures(last);
            match self.meaning(last) {
                Meaning::Ignored => ignored += 1,
                _ => counted += 1,
            }
        }
        pod.set_annotation(INDEX_FAILURES, &counted.to_string());
        if ignored > 0 {
            pod.set_annotation(INDEX_IGNORED, &ignored.to_string());
        }
    }

    /// Whether the Pod stays for its index' next one to count on.
    pub(super) fn is_kept(&self, pod: &JobPod) -> bool {
        self.index(pod).and_then(|index| self.kept.get(&index)).is_some_and(|kept| same_pod(kept, pod))
    }
}

fn add_variable(pod: &mut Value) {
    for list in ["initContainers", "containers"] {
        let containers = pod.at_mut(&["spec", list]).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let mut variables = container.items_at(&["env"]).to_vec();
            if variables.iter().any(|it| it.str_at(&["name"]) == INDEX_VARIABLE) {
                continue;
            }
            let path = format!("metadata.labels['{COMPLETION_INDEX}']");
            variables.push(tree!({"name": INDEX_VARIABLE, "valueFrom": {"fieldRef": {"fieldPath": path}}}));
            container.set(&["env"], variables);
        }
    }
}
