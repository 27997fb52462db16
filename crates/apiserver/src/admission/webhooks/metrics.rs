//! Metrics of webhooks, under upstream's names.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use parking_lot::Mutex;

use super::call::{Failure, Phase};
use crate::metrics::{escaped, family};

/// Upper limits of the buckets of durations, in seconds; upstream's.
const BUCKETS: [f64; 8] = [0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 10.0, 25.0];

/// Label sets of one family; further ones are not counted.
const SERIES_MAX: usize = 10_000;

/// Code of calls that got no answer; upstream's `ServiceUnavailable`.
const NO_ANSWER: u16 = 503;

/// What webhooks did so far.
#[derive(Default)]
pub(crate) struct Metrics {
    series: Mutex<Series>,
}

#[derive(Default)]
struct Series {
    durations: BTreeMap<String, Histogram>,
    requests: BTreeMap<String, u64>,
    rejections: BTreeMap<String, u64>,
    failed_open: BTreeMap<String, u64>,
}

#[derive(Default)]
struct Histogram {
    buckets: [u64; BUCKETS.len()],
    sum_seconds: f64,
    count: u64,
}

/// One call of a webhook.
pub(super) struct Call<'a> {
    /// The webhook's name.
    pub name: &'a str,
    /// Which kind of webhook.
    pub phase: Phase,
    /// `CREATE`, ...
    pub operation: &'a str,
    /// Whether a failure is ignored.
    pub ignores_failures: bool,
    /// Why it did not admit.
    pub failure: Option<&'a Failure>,
    /// How long it took.
    pub took: Duration,
}

impl Call<'_> {
    fn is_rejected(&self) -> bool {
        match self.failure {
            None => false,
            Some(Failure::Unreachable(_)) => !self.ignores_failures,
            Some(_) => true,
        }
    }

    /// Code, and the type of error of a rejection.
    fn code(&self) -> (u16, &'static str) {
        match self.failure {
            None => (200, "no_error"),
            Some(Failure::Unreachable(_)) => (NO_ANSWER, "calling_webhook_error"),
            Some(Failure::Denied(status)) => (status.code, "no_error"),
            Some(Failure::Internal(_)) => (0, "apiserver_internal_error"),
        }
    }
}

impl Metrics {
    /// Counts a call.
    pub(super) fn observe(&self, call: &Call<'_>) {
        let (name, operation) = (escaped(call.name), call.operation);
        let ty = match call.phase {
            Phase::Mutating => "admit",
            Phase::Validating => "validating",
        };
        let (is_rejected, (code, error_type)) = (call.is_rejected(), call.code());
        let mut series = self.series.lock();
        if series.requests.len() >= SERIES_MAX {
            return;
        }
        let rest = format!(r#"name="{name}",operation="{operation}",rejected="{is_rejected}",type="{ty}""#);
        *series.requests.entry(format!(r#"code="{code}",{rest}"#)).or_default() += 1;
        if is_rejected {
            let labels = format!(
                r#"error_type="{error_type}",name="{name}",operation="{operation}",rejection_code="{code}",type="{ty}""#
            );
            *series.rejections.entry(labels).or_default() += 1;
        }
        if matches!(call.failure, Some(Failure::Unreachable(_))) && call.ignores_failures {
            *series.failed_open.entry(format!(r#"name="{name}",type="{ty}""#)).or_default() += 1;
        }
        series.durations.entry(rest).or_default().observe(call.took.as_secs_f64());
    }

    /// All of it in the Prometheus text format.
    pub fn write(&self, out: &mut String) {
        const PREFIX: &str = "apiserver_admission_webhook";
        let series = self.series.lock();
        let counters = [
            ("request_total", "Calls of webhooks.", &series.requests),
            ("rejection_count", "Requests that webhooks refused.", &series.rejections),
            ("fail_open_count", "Failed calls that were ignored.", &series.failed_open),
        ];
        for (name, help, values) in counters {
            family(out, &format!("{PREFIX}_{name}"), "counter", help);
            for (labels, value) in values {
                let _ = writeln!(out, "{PREFIX}_{name}{{{labels}}} {value}");
            }
        }
        let name = format!("{PREFIX}_admission_duration_seconds");
        family(out, &name, "histogram", "Time to call a webhook.");
        for (labels, histogram) in &series.durations {
            histogram.write(&name, labels, out);
        }
    }
}

impl Histogram {
    fn observe(&mut self, seconds: f64) {
        self.count += 1;
        self.sum_seconds += seconds;
        let first = BUCKETS.partition_point(|limit| *limit < seconds);
        if let Some(bucket) = self.buckets.get_mut(first) {
            *bucket += 1;
        }
    }

    fn write(&self, name: &str, labels: &str, out: &mut String) {
        let mut sum = 0;
        for (limit, count) in BUCKETS.iter().zip(self.buckets) {
            sum += count;
            let _ = writeln!(out, "{name}_bucket{{{labels},le=\"{limit}\"}} {sum}");
        }
        let _ = writeln!(out, "{name}_bucket{{{labels},le=\"+Inf\"}} {}", self.count);
        let _ = writeln!(out, "{name}_sum{{{labels}}} {}", self.sum_seconds);
        let _ = writeln!(out, "{name}_count{{{labels}}} {}", self.count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use apimachinery::status::Status;

    #[test]
    fn calls_are_counted_under_upstreams_names() {
        let metrics = Metrics::default();
        let call = |failure, ignores_failures| Call {
            name: "a.b.c",
            phase: Phase::Validating,
            operation: "CREATE",
            ignores_failures,
            failure,
            took: Duration::from_millis(50),
        };
        let denied = Failure::Denied(Status::bad_request("no"));
        let away = Failure::Unreachable("away".into());
        metrics.observe(&call(None, false));
        metrics.observe(&call(Some(&denied), false));
        metrics.observe(&call(Some(&away), true));
        let mut text = String::new();
        metrics.write(&mut text);
        for line in [
            r#"request_total{code="200",name="a.b.c",operation="CREATE",rejected="false",type="validating"} 1"#,
            r#"request_total{code="503",name="a.b.c",operation="CREATE",rejected="false",type="validating"} 1"#,
            r#"rejection_count{error_type="no_error",name="a.b.c",operation="CREATE",rejection_code="400",type="validating"} 1"#,
            r#"fail_open_count{name="a.b.c",type="validating"} 1"#,
            r#"admission_duration_seconds_bucket{name="a.b.c",operation="CREATE",rejected="true",type="validating",le="0.1"} 1"#,
        ] {
            assert!(text.contains(&format!("apiserver_admission_webhook_{line}\n")), "{line}\n{text}");
        }
    }
}
