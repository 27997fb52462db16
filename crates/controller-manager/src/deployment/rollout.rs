//! The order of a rollout.

use apimachinery::meta::ObjectMeta;
use client::client::DeleteOptions;
use client::plan::{Plan, Step, Write};
use client::resources::{PODS, REPLICA_SETS};

use super::Rollout;
use super::revision::{Creates, Progress, revision_of};
use crate::digest::{BY_CONTROLLER, PodDigest};

/// Decides the next steps of a rollout and the status.
pub(super) fn reconcile(mut rollout: Rollout<'_>) -> Plan {
    if rollout.object.deletion_timestamp().is_some() {
        rollout.sync_new_set(Creates::No);
        return rollout.finish_without_progress();
    }
    rollout.note_pause();
    if rollout.is_paused || rollout.is_being_scaled() {
        rollout.sync_new_set(Creates::No);
        rollout.scale_for_new_size();
        if rollout.is_paused {
            rollout.clean_up();
        }
        return rollout.finish_without_progress();
    }
    let progress = match rollout.is_rolling {
        true => rollout.roll(),
        false => rollout.recreate(),
    };
    match progress {
        Progress::GoOn => rollout.finish(),
        Progress::NameCollides => rollout.finish_collision(),
    }
}

impl Rollout<'_> {
    /// Up as far as the surge allows, else down as far as availability allows.
    fn roll(&mut self) -> Progress {
        if self.sync_new_set(Creates::Yes) == Progress::NameCollides {
            return Progress::NameCollides;
        }
        let at = self.new.expect("the new ReplicaSet was just found or made");
        let wanted = match self.sets[at].replicas > self.replicas {
            true => self.replicas,
            false => self.replicas_of_new_set(),
        };
        let scaled = self.scale(at, wanted) || self.scale_old_down(at);
        if !scaled && self.is_complete(&self.old_status) {
            self.clean_up();
        }
        Progress::GoOn
    }

    /// First what is not available anyway, then as many as may be missing. Whether any.
    fn scale_old_down(&mut self, new: usize) -> bool {
        let old = self.active_old_sets();
        if old.is_empty() {
            return false;
        }
        let unavailable_new = self.sets[new].replicas - self.sets[new].available;
        let min_available = self.replicas - self.max_unavailable;
        let most = self.sum(|set| set.replicas) - min_available - unavailable_new;
        if most <= 0 {
            return false;
        }
        let mut total = 0;
        for at in &old {
            let set = &self.sets[*at];
            let down = (set.replicas - set.available).min(most - total);
            if total < most && set.replicas != set.available && down > 0 {
                let replicas = set.replicas - down;
                self.scale(*at, replicas);
                total += down;
            }
        }
        let available: i64 = old.iter().chain([&new]).map(|at| self.sets[*at].available).sum();
        let mut left = available - min_available;
        for at in old {
            let down = self.sets[at].replicas.min(left);
            if down > 0 {
                self.scale(at, self.sets[at].replicas - down);
                left -= down;
                total += down;
            }
        }
        total > 0
    }

    /// All old Pods have to be gone before the new ones come.
    fn recreate(&mut self) -> Progress {
        self.sync_new_set(Creates::No);
        let mut scaled = false;
        for at in self.active_old_sets() {
            scaled |= self.scale(at, 0);
        }
        if scaled || self.has_old_pods() {
            return Progress::GoOn;
        }
        if self.new.is_none() && self.sync_new_set(Creates::Yes) == Progress::NameCollides {
            return Progress::NameCollides;
        }
        let at = self.new.expect("the new ReplicaSet was just found or made");
        self.scale(at, self.replicas);
        if self.is_complete(&self.old_status) {
            self.clean_up();
        }
        Progress::GoOn
    }

    fn has_old_pods(&self) -> bool {
        self.old_sets().into_iter().map(|at| &self.sets[at]).any(|set| {
            let pods = self.view.indexed::<PodDigest>(PODS, BY_CONTROLLER, &set.uid);
            set.actual > 0 || pods.iter().any(|pod| !pod.digest.is_terminal())
        })
    }

    /// Deletes old ReplicaSets beyond `spec.revisionHistoryLimit`, the oldest revisions first.
    fn clean_up(&mut self) {
        let limit = self.object.i64_at(&["spec", "revisionHistoryLimit"]);
        let Some(limit) = limit.filter(|limit| *limit != i64::from(i32::MAX)) else { return };
        let mut old: Vec<_> = self.old_sets().into_iter().map(|at| &self.sets[at]).collect();
        old.retain(|set| set.object.deletion_timestamp().is_none());
        // Sets are in order of creation, and the sort is stable.
        old.sort_by_key(|set| revision_of(set));
        let surplus = old.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
        let deletions: Vec<Step> = old[..surplus]
            .iter()
            .filter(|set| set.actual == 0 && set.replicas == 0 && set.object.generation() <= set.observed_generation)
            .map(|set| {
                let options = DeleteOptions { uid: Some(set.uid.clone()), ..DeleteOptions::default() };
                let namespace = self.object.namespace();
                Step::Write(Write::delete(REPLICA_SETS, namespace, &set.name, options))
            })
            .collect();
        self.steps.extend(deletions);
    }
}
