//! How long a Job waits before it makes a Pod again, from the Pods that have failed since one succeeded.

use std::time::Duration;

use apimachinery::meta::ObjectMeta;
use apimachinery::time;
use apimachinery::value::Value;
use jiff::Timestamp;

use crate::digest::condition;

/// Pause after one failure; doubles with each further one.
const PAUSE_MIN: Duration = Duration::from_secs(10);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(600);

/// When a Pod ended, as well as it can be told.
pub(super) fn finished_at(pod: &Value) -> Option<Timestamp> {
    let ends: Vec<Option<Timestamp>> = pod
        .items_at(&["status", "containerStatuses"])
        .iter()
        .map(|status| time::parse(status.str_at(&["state", "terminated", "finishedAt"])))
        .collect();
    if !ends.is_empty()
        && let Some(ends) = ends.into_iter().collect::<Option<Vec<_>>>()
    {
        return ends.into_iter().max();
    }
    let ready = condition(pod, "Ready");
    if ready.str_at(&["status"]) == "False"
        && let Some(since) = time::parse(ready.str_at(&["lastTransitionTime"]))
    {
        return Some(since);
    }
    if let Some(deletion) = pod.deletion_timestamp().and_then(time::parse) {
        let grace = u64::try_from(pod.deletion_grace_period_seconds().unwrap_or(0)).unwrap_or(0);
        return deletion.checked_sub(Duration::from_secs(grace)).ok();
    }
    time::parse(pod.creation_timestamp().unwrap_or(""))
}

/// What is left of the pause after `failures` in a row, the last of them then.
pub(super) fn left(failures: usize, last: Option<Timestamp>, now: Timestamp) -> Duration {
    let Some(last) = last.filter(|_| failures > 0) else { return Duration::ZERO };
    let doublings = u32::try_from(failures - 1).unwrap_or(u32::MAX).min(16);
    let pause = PAUSE_MIN.saturating_mul(1 << doublings).min(PAUSE_MAX);
    let since = Duration::try_from(now.duration_since(last)).unwrap_or_default();
    pause.saturating_sub(since)
}
