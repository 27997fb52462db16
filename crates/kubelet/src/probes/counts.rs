//! How often probes ran and how they went, for `/metrics/probes`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use parking_lot::Mutex;

use super::ProbeResult;
use crate::pod::probe::ProbeKind;
use crate::spec::PodId;

/// Pod, container, kind, result.
type Key = (PodId, String, ProbeKind, &'static str);

/// The counts since the start, of Pods that are there.
#[derive(Default)]
pub struct ProbeCounts(Mutex<BTreeMap<Key, u64>>);

impl ProbeCounts {
    /// One more.
    pub fn note(&self, pod: &PodId, container: &str, kind: ProbeKind, result: &ProbeResult) {
        let result = match result {
            ProbeResult::Success | ProbeResult::Warning(_) => "successful",
            ProbeResult::Failure(_) => "failed",
            ProbeResult::Error(_) => "unknown",
        };
        *self.0.lock().entry((pod.clone(), container.to_owned(), kind, result)).or_default() += 1;
    }

    /// A Pod is gone.
    pub fn forget(&self, uid: &str) {
        self.0.lock().retain(|(pod, ..), _| pod.uid != uid);
    }

    /// In Prometheus' text form.
    pub fn text(&self) -> String {
        let all = self.0.lock();
        let mut out = String::new();
        if !all.is_empty() {
            let help = "Cumulative number of a liveness, readiness or startup probe for a container by result.";
            let _ = writeln!(out, "# HELP prober_probe_total [BETA] {help}\n# TYPE prober_probe_total counter");
        }
        for ((pod, container, kind, result), count) in all.iter() {
            let _ = writeln!(
                out,
                "prober_probe_total{{container=\"{container}\",namespace=\"{}\",pod=\"{}\",pod_uid=\"{}\",probe_type=\"{}\",result=\"{result}\"}} {count}",
                pod.namespace,
                pod.name,
                pod.uid,
                kind.title(),
            );
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_are_counted_by_result_until_their_pod_is_gone() {
        let counts = ProbeCounts::default();
        let pod = PodId { namespace: "ns".into(), name: "p".into(), uid: "u".into() };
        for _ in 0..2 {
            counts.note(&pod, "c", ProbeKind::Liveness, &ProbeResult::Success);
        }
        let line = "prober_probe_total{container=\"c\",namespace=\"ns\",pod=\"p\",pod_uid=\"u\",probe_type=\"Liveness\",result=\"successful\"} 2";
        assert_eq!(counts.text().lines().last(), Some(line));
        counts.forget("u");
        assert_eq!(counts.text(), "");
    }
}
