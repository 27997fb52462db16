//! Probe results of a Pod's containers, and the counting of successes and failures in a row. Pure.

use std::collections::BTreeMap;

use api::k8s_openapi::api::core::v1::{Container, Probe};

/// Which probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProbeKind {
    /// Restarts the container.
    Liveness,
    /// Makes the container ready.
    Readiness,
    /// Holds the others back until the container has started.
    Startup,
}

impl ProbeKind {
    /// All kinds.
    pub const ALL: [ProbeKind; 3] = [ProbeKind::Liveness, ProbeKind::Readiness, ProbeKind::Startup];

    /// As upstream's messages name it.
    pub fn title(self) -> &'static str {
        match self {
            ProbeKind::Liveness => "Liveness",
            ProbeKind::Readiness => "Readiness",
            ProbeKind::Startup => "Startup",
        }
    }

    /// The container's probe of this kind.
    pub fn of(self, container: &Container) -> Option<&Probe> {
        match self {
            ProbeKind::Liveness => container.liveness_probe.as_ref(),
            ProbeKind::Readiness => container.readiness_probe.as_ref(),
            ProbeKind::Startup => container.startup_probe.as_ref(),
        }
    }
}

/// One probe of one container.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProbeKey {
    /// Runtime's id.
    pub container_id: String,
    /// Kind.
    pub kind: ProbeKind,
}

/// What a probe says once its threshold is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Success,
    /// Not.
    Failure,
}

/// Counts equal results in a row against the thresholds.
#[derive(Clone, Debug)]
pub struct Streak {
    failures_needed: u32,
    successes_needed: u32,
    last: Option<Verdict>,
    run: u32,
}

impl Streak {
    /// Of a probe's spec.
    pub fn new(probe: &Probe) -> Streak {
        let threshold = |value: Option<i32>, default| u32::try_from(value.unwrap_or(default)).unwrap_or(1).max(1);
        Streak {
            failures_needed: threshold(probe.failure_threshold, 3),
            successes_needed: threshold(probe.success_threshold, 1),
            last: None,
            run: 0,
        }
    }

    /// Takes a result; the verdict if its threshold is reached.
    pub fn record(&mut self, result: Verdict) -> Option<Verdict> {
        self.run = match self.last == Some(result) {
            true => self.run.saturating_add(1),
            false => 1,
        };
        self.last = Some(result);
        let needed = match result {
            Verdict::Success => self.successes_needed,
            Verdict::Failure => self.failures_needed,
        };
        (self.run >= needed).then_some(result)
    }
}

/// The verdicts so far.
#[derive(Clone, Debug, Default)]
pub struct ProbeBook {
    verdicts: BTreeMap<ProbeKey, Verdict>,
}

impl ProbeBook {
    /// The verdict on a container.
    pub fn get(&self, container_id: &str, kind: ProbeKind) -> Option<Verdict> {
        self.verdicts.get(&ProbeKey { container_id: container_id.to_owned(), kind }).copied()
    }

    /// Notes a verdict.
    pub fn set(&mut self, key: ProbeKey, verdict: Verdict) {
        self.verdicts.insert(key, verdict);
    }

    /// Drops the verdicts on containers that `keep` does not want.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.verdicts.retain(|key, _| keep(&key.container_id));
    }

    /// Whether a running container has started, by its startup probe.
    pub fn has_started(&self, container: &Container, container_id: &str) -> bool {
        container.startup_probe.is_none() || self.get(container_id, ProbeKind::Startup) == Some(Verdict::Success)
    }

    /// Whether a running, started container is ready, by its readiness probe.
    pub fn is_ready(&self, container: &Container, container_id: &str) -> bool {
        container.readiness_probe.is_none() || self.get(container_id, ProbeKind::Readiness) == Some(Verdict::Success)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_needs_its_threshold_in_a_row() {
        let probe = Probe { failure_threshold: Some(3), success_threshold: Some(2), ..Probe::default() };
        let mut streak = Streak::new(&probe);
        let results = [Verdict::Failure, Verdict::Failure, Verdict::Success, Verdict::Success, Verdict::Failure];
        let verdicts = results.map(|result| streak.record(result));
        assert_eq!(verdicts, [None, None, None, Some(Verdict::Success), None]);
        assert_eq!(streak.record(Verdict::Failure), None);
        assert_eq!(streak.record(Verdict::Failure), Some(Verdict::Failure));
    }
}
