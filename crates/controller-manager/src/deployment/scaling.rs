//! How many replicas each ReplicaSet gets.

use std::cmp::Reverse;

use apimachinery::meta::ObjectMeta;
use apimachinery::tree;
use apimachinery::value::Value;
use client::client::PatchFormat;
use client::events::Occurrence;
use client::plan::{Step, Write};
use client::resources::REPLICA_SETS;

use super::revision::{DESIRED_REPLICAS, MAX_REPLICAS};
use super::{ReplicaSet, Rollout};

/// `maxSurge` and `maxUnavailable` as numbers: percentages round up and down; both zero makes one unavailable.
pub(super) fn fenceposts(rolling_update: &Value, replicas: i64) -> (i64, i64) {
    let surge = scaled(rolling_update.field("maxSurge"), replicas, Rounding::Up);
    let unavailable = scaled(rolling_update.field("maxUnavailable"), replicas, Rounding::Down);
    let unavailable = match (surge, unavailable) {
        (0, 0) => 1,
        (_, unavailable) => unavailable,
    };
    // None can be unavailable of none, and at most all.
    (surge, unavailable.min(replicas))
}

enum Rounding {
    Up,
    Down,
}

fn scaled(value: &Value, total: i64, rounding: Rounding) -> i64 {
    match value {
        Value::Int(number) => *number,
        Value::String(text) => {
            let percent: i64 = text.strip_suffix('%').and_then(|it| it.parse().ok()).unwrap_or(0);
            let hundredths = percent.saturating_mul(total);
            match rounding {
                Rounding::Up => (hundredths + 99).div_euclid(100),
                Rounding::Down => hundredths.div_euclid(100),
            }
        }
        _ => 0,
    }
}

/// The replicas annotation of a ReplicaSet, if it is a number that can be.
fn annotated(set: &ReplicaSet, annotation: &str) -> Option<i64> {
    let number = set.object.annotation(annotation)?.parse().ok()?;
    (0..=i64::from(i32::MAX)).contains(&number).then_some(number)
}

impl Rollout<'_> {
    /// Whether `spec.replicas` was changed since the ReplicaSets were last scaled.
    pub(super) fn is_being_scaled(&self) -> bool {
        let active = self.sets.iter().filter(|set| set.is_active());
        active.filter_map(|set| annotated(set, DESIRED_REPLICAS)).any(|it| it != self.replicas)
    }

    /// Replicas that the new ReplicaSet may have now.
    pub(super) fn replicas_of_new_set(&self) -> i64 {
        let present = self.new_set().map_or(0, |set| set.replicas);
        if !self.is_rolling {
            return self.replicas;
        }
        let room = self.replicas + self.max_surge - self.sum(|set| set.replicas);
        match room > 0 {
            true => present + room.min(self.replicas - present),
            false => present,
        }
    }

    /// Scales one ReplicaSet if its size differs. Whether it did.
    pub(super) fn scale(&mut self, at: usize, replicas: i64) -> bool {
        self.sets[at].replicas != replicas && self.scale_always(at, replicas)
    }

    /// Scales one ReplicaSet, also if only its annotations differ. Whether the size differed.
    fn scale_always(&mut self, at: usize, replicas: i64) -> bool {
        let (desired, max) = (self.replicas, self.replicas + self.max_surge);
        let set = &self.sets[at];
        let before = set.replicas;
        let has = |annotation, number: i64| set.object.annotation(annotation) == Some(number.to_string().as_str());
        if before == replicas && has(DESIRED_REPLICAS, desired) && has(MAX_REPLICAS, max) {
            return false;
        }
        let annotations = tree!({
            "deployment.kubernetes.io/desired-replicas": (desired.to_string()),
            "deployment.kubernetes.io/max-replicas": (max.to_string())
        });
        let patch = tree!({
            "metadata": {"uid": (set.uid.as_str()), "annotations": annotations},
            "spec": {"replicas": replicas}
        });
        let (namespace, name) = (self.object.namespace(), set.name.as_str());
        let mut write = Write::patch(REPLICA_SETS, namespace, name, PatchFormat::Merge, patch);
        if before != replicas {
            let direction = if before < replicas { "up" } else { "down" };
            let message = format!("Scaled {direction} replica set {name} from {before} to {replicas}");
            let about = self.reference();
            write = write.event_on_success(Occurrence::normal(&about, "ScalingReplicaSet", message));
        }
        self.steps.push(Step::Write(write));
        self.sets[at].replicas = replicas;
        before != replicas
    }

    /// After a change of `spec.replicas`, or while paused: scales in proportion.
    pub(super) fn scale_for_new_size(&mut self) {
        if let Some(at) = self.active_or_latest() {
            self.scale(at, self.replicas);
            return;
        }
        if self.is_saturated() {
            for at in self.active_old_sets() {
                self.scale(at, 0);
            }
            return;
        }
        if self.is_rolling {
            self.scale_in_proportion();
        }
    }

    /// The only active ReplicaSet; without any, the newest. `None` when several are active, or there is none.
    fn active_or_latest(&self) -> Option<usize> {
        let active: Vec<usize> = (0..self.sets.len()).filter(|at| self.sets[*at].is_active()).collect();
        match active.as_slice() {
            [] => self.new.or_else(|| self.old_sets().last().copied()),
            [only] => Some(*only),
            _ => None,
        }
    }

    /// Whether the new ReplicaSet has all its replicas, available.
    fn is_saturated(&self) -> bool {
        self.new_set().is_some_and(|set| {
            set.replicas == self.replicas
                && annotated(set, DESIRED_REPLICAS) == Some(self.replicas)
                && set.available == self.replicas
        })
    }

    fn scale_in_proportion(&mut self) {
        let mut active: Vec<usize> = (0..self.sets.len()).filter(|at| self.sets[*at].is_active()).collect();
        let allowed = if self.replicas > 0 { self.replicas + self.max_surge } else { 0 };
        let to_add = allowed - active.iter().map(|at| self.sets[*at].replicas).sum::<i64>();
        // The larger first; of equal ones the newer when there is something to add, else the older.
        active.sort_by_key(|at| {
            let age = if to_add > 0 { Reverse(*at) } else { Reverse(usize::MAX - *at) };
            (Reverse(self.sets[*at].replicas), age)
        });
        let mut added = 0;
        let mut sizes: Vec<i64> = Vec::with_capacity(active.len());
        for at in &active {
            let share = self.share(&self.sets[*at], to_add, added);
            sizes.push(self.sets[*at].replicas + share);
            added += share;
        }
        if let Some(largest) = sizes.first_mut() {
            *largest = (*largest + to_add - added).max(0);
        }
        for (at, size) in active.into_iter().zip(sizes) {
            self.scale_always(at, size);
        }
    }

    /// What a ReplicaSet gets of `to_add` (negative: gives), of which `added` is given away.
    fn share(&self, set: &ReplicaSet, to_add: i64, added: i64) -> i64 {
        if set.replicas == 0 || to_add == 0 || to_add == added {
            return 0;
        }
        let (share, left) = (self.fraction(set), to_add - added);
        match to_add > 0 {
            true => share.min(left),
            false => share.max(left),
        }
    }

    /// By how much a ReplicaSet changes when it keeps its part of the whole.
    fn fraction(&self, set: &ReplicaSet) -> i64 {
        if self.replicas == 0 {
            return -set.replicas;
        }
        let before = match annotated(set, MAX_REPLICAS) {
            Some(before) if before > 0 => before,
            _ => self.old_status.replicas,
        };
        if before == 0 {
            return 0;
        }
        let size = (set.replicas * (self.replicas + self.max_surge)) as f64 / before as f64;
        size.round() as i64 - set.replicas
    }
}
