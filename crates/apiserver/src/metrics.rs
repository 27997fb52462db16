//! Metrics under upstream's names, with an own text encoder.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

pub mod process;

/// Buckets of `apiserver_request_duration_seconds`, in seconds; upstream's.
const DURATION_BUCKETS: [f64; 23] = [
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0,
    45.0, 60.0,
];

/// Label sets of one family; further ones are not counted (labels come from served resources only, so this is
/// never reached in practice).
const SERIES_MAX: usize = 10_000;

/// Labels of a request.
#[derive(Clone, Copy, Debug, Hash)]
pub struct RequestLabels<'a> {
    /// `LIST`, `GET`, `POST`, `WATCH`, ...
    pub verb: &'a str,
    /// API group.
    pub group: &'a str,
    /// API version.
    pub version: &'a str,
    /// Plural.
    pub resource: &'a str,
    /// Subresource; of other requests the path.
    pub subresource: &'a str,
    /// `cluster`, `namespace`, `resource` or empty.
    pub scope: &'a str,
    /// `All` for dry runs, or empty.
    pub dry_run: &'a str,
}

impl RequestLabels<'_> {
    fn text(&self) -> String {
        format!(
            r#"component="apiserver",dry_run="{}",group="{}",resource="{}",scope="{}",subresource="{}",verb="{}",version="{}""#,
            escaped(self.dry_run),
            escaped(self.group),
            escaped(self.resource),
            escaped(self.scope),
            escaped(self.subresource),
            escaped(self.verb),
            escaped(self.version)
        )
    }
}

/// A label's value as it stands between quotes.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[derive(Default)]
struct Histogram {
    labels: String,
    buckets: [u64; DURATION_BUCKETS.len()],
    sum_seconds: f64,
    count: u64,
}

#[derive(Default)]
struct Requests {
    durations: BTreeMap<u64, Histogram>,
    /// By labels with code.
    totals: BTreeMap<u64, (String, u64)>,
}

/// All counters of one API server.
#[derive(Default)]
pub struct Metrics {
    requests: Mutex<Requests>,
    /// Running requests that read.
    pub read_only: Arc<AtomicI64>,
    /// Running requests that write.
    pub mutating: Arc<AtomicI64>,
    /// Running watches and streams.
    pub long_running: Arc<AtomicI64>,
    /// Requests that were authenticated, and those that were not.
    pub authenticated: [AtomicU64; 2],
    /// Requests that were allowed, and those that were refused.
    pub authorized: [AtomicU64; 2],
    /// Requests answered 429 for want of a place.
    pub dropped: AtomicU64,
}

/// Counts something as running until dropped.
pub struct InFlight(Arc<AtomicI64>);

impl InFlight {
    /// Starts.
    pub fn start(gauge: &Arc<AtomicI64>) -> InFlight {
        gauge.fetch_add(1, Ordering::Relaxed);
        InFlight(Arc::clone(gauge))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Metrics {
    /// Counts an answered request.
    pub fn request(&self, labels: &RequestLabels<'_>, code: u16, took: Duration) {
        let seconds = took.as_secs_f64();
        let mut requests = self.requests.lock();
        if requests.totals.len() >= SERIES_MAX {
            return;
        }
        let total = requests.totals.entry(hash((labels, code))).or_insert_with(|| {
            let text = labels.text();
            (format!(r#"code="{code}",{text}"#), 0)
        });
        total.1 += 1;
        if labels.verb == "WATCH" || labels.verb == "CONNECT" {
            return;
        }
        let durations = requests.durations.entry(hash(labels)).or_insert_with(|| {
            let labels = labels.text();
            Histogram { labels, ..Histogram::default() }
        });
        durations.count += 1;
        durations.sum_seconds += seconds;
        let first = DURATION_BUCKETS.partition_point(|limit| *limit < seconds);
        if let Some(bucket) = durations.buckets.get_mut(first) {
            *bucket += 1;
        }
    }

    /// All of it in the Prometheus text format; `objects` are the numbers of stored objects by resource name,
    /// `registrations` the APIServices and whether they are available.
    pub fn text(&self, objects: &[(String, usize)], registrations: &[(String, bool)]) -> String {
        let mut out = String::with_capacity(64 * 1024);
        self.write_requests(&mut out);
        let gauge = |gauge: &AtomicI64| gauge.load(Ordering::Relaxed);
        family(&mut out, "apiserver_current_inflight_requests", "gauge", "Running requests by kind.");
        let _ = writeln!(
            out,
            r#"apiserver_current_inflight_requests{{request_kind="mutating"}} {}"#,
            gauge(&self.mutating)
        );
        let _ = writeln!(
            out,
            r#"apiserver_current_inflight_requests{{request_kind="readOnly"}} {}"#,
            gauge(&self.read_only)
        );
        family(&mut out, "apiserver_longrunning_requests", "gauge", "Running watches and streams.");
        let _ =
            writeln!(out, r#"apiserver_longrunning_requests{{component="apiserver"}} {}"#, gauge(&self.long_running));
        family(&mut out, "apiserver_storage_objects", "gauge", "Stored objects by resource.");
        for (resource, count) in objects {
            let _ = writeln!(out, r#"apiserver_storage_objects{{resource="{}"}} {count}"#, escaped(resource));
        }
        family(&mut out, "aggregator_unavailable_apiservice", "gauge", "Whether an APIService is unavailable.");
        for (name, is_available) in registrations {
            let value = u8::from(!is_available);
            let _ = writeln!(out, r#"aggregator_unavailable_apiservice{{name="{}"}} {value}"#, escaped(name));
        }
        pair(&mut out, "authentication_attempts", "result", ["success", "failure"], &self.authenticated);
        pair(&mut out, "authorization_attempts_total", "result", ["allowed", "denied"], &self.authorized);
        family(&mut out, "apiserver_dropped_requests_total", "counter", "Requests refused for want of a place.");
        let _ = writeln!(out, "apiserver_dropped_requests_total {}", self.dropped.load(Ordering::Relaxed));
        process::write(&mut out);
        out
    }

    fn write_requests(&self, out: &mut String) {
        let requests = self.requests.lock();
        family(out, "apiserver_request_total", "counter", "Answered requests.");
        for (labels, total) in requests.totals.values() {
            let _ = writeln!(out, "apiserver_request_total{{{labels}}} {total}");
        }
        family(out, "apiserver_request_duration_seconds", "histogram", "Time to answer a request.");
        for series in requests.durations.values() {
            let mut sum = 0;
            for (limit, count) in DURATION_BUCKETS.iter().zip(series.buckets) {
                sum += count;
                let labels = &series.labels;
                let _ = writeln!(out, "apiserver_request_duration_seconds_bucket{{{labels},le=\"{limit}\"}} {sum}");
            }
            let Histogram { labels, count, sum_seconds, .. } = series;
            let _ = writeln!(out, "apiserver_request_duration_seconds_bucket{{{labels},le=\"+Inf\"}} {count}");
            let _ = writeln!(out, "apiserver_request_duration_seconds_sum{{{labels}}} {sum_seconds}");
            let _ = writeln!(out, "apiserver_request_duration_seconds_count{{{labels}}} {count}");
        }
    }
}

/// Writes the head of a metric family.
pub(crate) fn family(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn pair(out: &mut String, name: &str, label: &str, values: [&str; 2], counters: &[AtomicU64; 2]) {
    family(out, name, "counter", "Attempts by result.");
    for (value, counter) in values.iter().zip(counters) {
        let _ = writeln!(out, r#"{name}{{{label}="{value}"}} {}"#, counter.load(Ordering::Relaxed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_under_upstreams_names() {
        let metrics = Metrics::default();
        let labels = RequestLabels {
            verb: "GET",
            group: "",
            version: "v1",
            resource: "pods",
            subresource: "",
            scope: "resource",
            dry_run: "",
        };
        metrics.request(&labels, 200, Duration::from_millis(10));
        metrics.request(&labels, 200, Duration::from_secs(100));
        let text = metrics.text(&[("pods".into(), 3)], &[("v1.".into(), true), ("v1.w.io".into(), false)]);
        assert!(text.contains("aggregator_unavailable_apiservice{name=\"v1.\"} 0\n"), "{text}");
        assert!(text.contains("aggregator_unavailable_apiservice{name=\"v1.w.io\"} 1\n"), "{text}");
        let series = r#"component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="",verb="GET",version="v1""#;
        assert!(text.contains(&format!("apiserver_request_total{{code=\"200\",{series}}} 2\n")), "{text}");
        assert!(text.contains(&format!("apiserver_request_duration_seconds_bucket{{{series},le=\"0.025\"}} 1\n")));
        assert!(text.contains(&format!("apiserver_request_duration_seconds_bucket{{{series},le=\"60\"}} 1\n")));
        assert!(text.contains(&format!("apiserver_request_duration_seconds_bucket{{{series},le=\"+Inf\"}} 2\n")));
        assert!(text.contains("apiserver_storage_objects{resource=\"pods\"} 3\n"));
        assert!(text.contains("process_resident_memory_bytes "));
    }

    #[test]
    fn running_requests_are_counted_until_they_end() {
        let metrics = Metrics::default();
        let one = InFlight::start(&metrics.read_only);
        assert_eq!(metrics.read_only.load(Ordering::Relaxed), 1);
        drop(one);
        assert_eq!(metrics.read_only.load(Ordering::Relaxed), 0);
    }
}
