//! `/metrics/resource` and `/metrics/cadvisor`: what is used, in Prometheus' text form and under upstream's names.

use std::fmt::Write as _;

use http::{Response, StatusCode};
use streaming::serve::Body;

use super::{Server, answer};
use crate::stats::{Container, Depth, PodStats, Stats};

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Metrics in the making.
#[derive(Default)]
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str, samples: &[Sample]) {
        if samples.is_empty() {
            return;
        }
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for sample in samples {
            let _ = write!(self.0, "{name}{} {}", sample.labels, sample.value);
            let _ = match sample.nanoseconds {
                0 => writeln!(self.0),
                nanoseconds => writeln!(self.0, " {}", nanoseconds / 1_000_000),
            };
        }
    }
}

struct Sample {
    /// With braces, or empty.
    labels: String,
    value: String,
    /// When it was measured; 0: now.
    nanoseconds: i64,
}

impl Sample {
    fn new(labels: String, value: impl ToString, nanoseconds: i64) -> Sample {
        Sample { labels, value: value.to_string(), nanoseconds }
    }
}

fn core_seconds(nanoseconds: u64) -> String {
    format!("{}.{:09}", nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn labels(pairs: &[(&str, &str)]) -> String {
    let all: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={}", quoted(value))).collect();
    format!("{{{}}}", all.join(","))
}

fn of_pod(pod: &PodStats) -> String {
    labels(&[("namespace", &pod.id.namespace), ("pod", &pod.id.name)])
}

fn of_container(pod: &PodStats, container: &Container) -> String {
    labels(&[("container", &container.name), ("namespace", &pod.id.namespace), ("pod", &pod.id.name)])
}

impl Server {
    pub(super) async fn resource_metrics(&self) -> Response<Body> {
        let stats = self.measure(Depth::Usage).await;
        let mut page = Page::default();
        if let Ok(stats) = &stats {
            resource_page(&mut page, stats);
        }
        let failed = [Sample::new(String::new(), u8::from(stats.is_err()), 0)];
        let help = "1 if there was an error while getting container metrics, 0 otherwise";
        page.family("resource_scrape_error", "gauge", &format!("[STABLE] {help}"), &failed);
        page.family("scrape_error", "gauge", &format!("[ALPHA] (Deprecated since 1.29.0) {help}"), &failed);
        answer(StatusCode::OK, TEXT, page.0)
    }

    pub(super) async fn cadvisor_metrics(&self) -> Response<Body> {
        let mut page = Page::default();
        match self.measure(Depth::Everything).await {
            Ok(stats) => cadvisor_page(&mut page, &stats),
            Err(error) => return answer(StatusCode::INTERNAL_SERVER_ERROR, TEXT, error.message().to_owned()),
        }
        let settings = &self.effects.settings;
        page.family(
            "machine_cpu_cores",
            "gauge",
            "Number of logical CPU cores.",
            &[Sample::new(String::new(), crate::node::cpu_count(), 0)],
        );
        page.family(
            "machine_memory_bytes",
            "gauge",
            "Amount of memory installed on the machine.",
            &[Sample::new(String::new(), settings.memory_capacity, 0)],
        );
        answer(StatusCode::OK, TEXT, page.0)
    }
}

fn resource_page(page: &mut Page, stats: &Stats) {
    let containers = || stats.pods.iter().flat_map(|pod| pod.containers.iter().map(move |one| (pod, one)));
    let cpu: Vec<_> = containers()
        .filter_map(|(pod, one)| {
            let cpu = one.cpu?;
            Some(Sample::new(of_container(pod, one), core_seconds(cpu.core_nanoseconds), cpu.time))
        })
        .collect();
    let help = "[STABLE] Cumulative cpu time consumed by the container in core-seconds";
    page.family("container_cpu_usage_seconds_total", "counter", help, &cpu);
    let memory: Vec<_> = containers()
        .filter_map(|(pod, one)| {
            let memory = one.memory?;
            Some(Sample::new(of_container(pod, one), memory.working_set, memory.time))
        })
        .collect();
    let help = "[STABLE] Current working set of the container in bytes";
    page.family("container_memory_working_set_bytes", "gauge", help, &memory);
    let started: Vec<_> = containers()
        .filter(|(_, one)| one.started > 0)
        .map(|(pod, one)| Sample::new(of_container(pod, one), one.started, 0))
        .collect();
    let help = "[STABLE] Start time of the container since unix epoch in seconds";
    page.family("container_start_time_seconds", "gauge", help, &started);
    let swap: Vec<_> = containers()
        .filter_map(|(pod, one)| Some(Sample::new(of_container(pod, one), one.swap?, one.memory?.time)))
        .collect();
    let help = "[ALPHA] Current amount of the container swap usage in bytes. Reported only on non-windows systems";
    page.family("container_swap_usage_bytes", "gauge", help, &swap);
    resource_totals(page, stats);
}

fn resource_totals(page: &mut Page, stats: &Stats) {
    let node = &stats.node;
    let cpu = [Sample::new(String::new(), core_seconds(node.cpu.core_nanoseconds), node.cpu.time)];
    let help = "[STABLE] Cumulative cpu time consumed by the node in core-seconds";
    page.family("node_cpu_usage_seconds_total", "counter", help, &cpu);
    let memory = [Sample::new(String::new(), node.memory.working_set, node.memory.time)];
    let help = "[STABLE] Current working set of the node in bytes";
    page.family("node_memory_working_set_bytes", "gauge", help, &memory);
    let cpu = stats.pods.iter().filter_map(|pod| {
        let cpu = pod.cpu?;
        Some(Sample::new(of_pod(pod), core_seconds(cpu.core_nanoseconds), cpu.time))
    });
    let cpu: Vec<_> = cpu.collect();
    let help = "[STABLE] Cumulative cpu time consumed by the pod in core-seconds";
    page.family("pod_cpu_usage_seconds_total", "counter", help, &cpu);
    let memory: Vec<_> = stats
        .pods
        .iter()
        .filter_map(|pod| Some(Sample::new(of_pod(pod), pod.memory?.working_set, pod.memory?.time)))
        .collect();
    let help = "[STABLE] Current working set of the pod in bytes";
    page.family("pod_memory_working_set_bytes", "gauge", help, &memory);
}

/// One of cAdvisor's families over containers.
type ContainerFamily = (&'static str, &'static str, &'static str, fn(&Container) -> Option<(String, i64)>);

const CONTAINER_FAMILIES: [ContainerFamily; 9] = [
    ("container_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed in seconds.", |one| {
        one.cpu.map(|cpu| (core_seconds(cpu.core_nanoseconds), cpu.time))
    }),
    ("container_fs_inodes_total", "gauge", "Number of Inodes", |one| {
        one.root.map(|root| (root.inodes.to_string(), root.time))
    }),
    (
        "container_fs_limit_bytes",
        "gauge",
        "Number of bytes that can be consumed by the container on this filesystem.",
        |one| one.root.map(|root| (root.capacity.to_string(), root.time)),
    ),
    (
        "container_fs_usage_bytes",
        "gauge",
        "Number of bytes that are consumed by the container on this filesystem.",
        |one| one.root.map(|root| (root.used.to_string(), root.time)),
    ),
    ("container_memory_rss", "gauge", "Size of RSS in bytes.", |one| {
        one.memory.map(|memory| (memory.rss.to_string(), memory.time))
    }),
    ("container_memory_swap", "gauge", "Container swap usage in bytes.", |one| {
        one.swap.zip(one.memory).map(|(swap, memory)| (swap.to_string(), memory.time))
    }),
    (
        "container_memory_usage_bytes",
        "gauge",
        "Current memory usage in bytes, including all memory regardless of when it was accessed",
        |one| one.memory.map(|memory| (memory.usage.to_string(), memory.time)),
    ),
    ("container_memory_working_set_bytes", "gauge", "Current working set in bytes.", |one| {
        one.memory.map(|memory| (memory.working_set.to_string(), memory.time))
    }),
    ("container_start_time_seconds", "gauge", "Start time of the container since unix epoch in seconds.", |one| {
        (one.started > 0).then(|| (one.started.to_string(), 0))
    }),
];

fn cadvisor_page(page: &mut Page, stats: &Stats) {
    for (name, kind, help, read) in CONTAINER_FAMILIES {
        let samples = stats.pods.iter().flat_map(|pod| {
            pod.containers.iter().filter_map(move |one| {
                let (value, at) = read(one)?;
                let mut pairs = vec![
                    ("container", one.name.as_str()),
                    ("id", one.id.as_str()),
                    ("image", one.image.as_str()),
                    ("name", one.id.as_str()),
                    ("namespace", pod.id.namespace.as_str()),
                    ("pod", pod.id.name.as_str()),
                ];
                if name == "container_cpu_usage_seconds_total" {
                    pairs.insert(1, ("cpu", "total"));
                }
                Some(Sample::new(labels(&pairs), value, at))
            })
        });
        page.family(name, kind, help, &samples.collect::<Vec<_>>());
    }
    let interfaces = |read: fn(&crate::stats::Interface) -> u64| -> Vec<Sample> {
        let all = stats.pods.iter().flat_map(|pod| {
            pod.interfaces.iter().map(move |interface| {
                let pairs = [
                    ("container", ""),
                    ("interface", interface.name.as_str()),
                    ("namespace", &pod.id.namespace),
                    ("pod", &pod.id.name),
                ];
                Sample::new(labels(&pairs), read(interface), pod.cpu.map_or(0, |cpu| cpu.time))
            })
        });
        all.collect()
    };
    let received = "Cumulative count of bytes received";
    page.family("container_network_receive_bytes_total", "counter", received, &interfaces(|one| one.rx_bytes));
    let errors = "Cumulative count of errors encountered while receiving";
    page.family("container_network_receive_errors_total", "counter", errors, &interfaces(|one| one.rx_errors));
    let sent = "Cumulative count of bytes transmitted";
    page.family("container_network_transmit_bytes_total", "counter", sent, &interfaces(|one| one.tx_bytes));
    let errors = "Cumulative count of errors encountered while transmitting";
    page.family("container_network_transmit_errors_total", "counter", errors, &interfaces(|one| one.tx_errors));
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::stats::Cpu;

    #[test]
    fn resources_are_shown_as_upstream_shows_them() {
        let cpu = Some(Cpu { time: 5_000_000, core_nanoseconds: 1_500_000_000, nano_cores: None });
        let container = Container { name: "c".into(), started: 7, cpu, ..Container::default() };
        let id = crate::spec::PodId { namespace: "ns".into(), name: "p".into(), uid: "u".into() };
        let pod = PodStats { id, cpu, containers: vec![container], ..PodStats::default() };
        let mut page = Page::default();
        resource_page(&mut page, &Stats { pods: vec![pod], ..Stats::default() });
        let shown: Vec<_> = page.0.lines().filter(|line| !line.starts_with('#')).collect();
        expect![[r#"
            container_cpu_usage_seconds_total{container="c",namespace="ns",pod="p"} 1.500000000 5
            container_start_time_seconds{container="c",namespace="ns",pod="p"} 7
            node_cpu_usage_seconds_total 0.000000000
            node_memory_working_set_bytes 0
            pod_cpu_usage_seconds_total{namespace="ns",pod="p"} 1.500000000 5"#]]
        .assert_eq(&shown.join("\n"));
    }
}
