//! `/metrics`: the few numbers that are counted so far, in Prometheus' text form.

use std::fmt::Write as _;

use http::{Response, StatusCode};
use streaming::serve::Body;

use super::{Server, answer};
use crate::spec;

impl Server {
    pub(super) fn probe_metrics(&self) -> Response<Body> {
        answer(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", self.effects.probe_counts.text())
    }

    pub(super) async fn metrics(&self) -> Response<Body> {
        let pods = self.all_pods().await;
        let (mut running, mut exited, mut created) = (0, 0, 0);
        for status in pods.iter().flat_map(|pod| pod.status.container_statuses.iter().flatten()) {
            let state = status.state.clone().unwrap_or_default();
            if state.running.is_some() {
                running += 1;
            } else if state.terminated.is_some()
                || status.last_state.as_ref().is_some_and(|last| last.terminated.is_some())
            {
                exited += 1;
            } else if status.container_id.is_some() {
                created += 1;
            }
        }
        let alive = pods.iter().filter(|pod| !spec::is_terminal_phase(pod.status.phase.as_deref())).count();
        let mut out = String::new();
        let mut gauge = |name: &str, help: &str, samples: &[(&str, usize)]| {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "# HELP {name} [ALPHA] {help}\n# TYPE {name} gauge");
            for (labels, value) in samples {
                let _ = writeln!(out, "{name}{labels} {value}");
            }
        };
        gauge(
            "kubelet_desired_pods",
            "The number of pods the kubelet is being instructed to run.",
            &[("", pods.len())],
        );
        gauge("kubelet_running_pods", "Number of pods that have a running pod sandbox", &[("", alive)]);
        let states = [
            ("{container_state=\"created\"}", created),
            ("{container_state=\"exited\"}", exited),
            ("{container_state=\"running\"}", running),
        ];
        gauge("kubelet_running_containers", "Number of containers currently running", &states);
        let node = format!("{{node=\"{}\"}}", self.effects.config.node_name);
        gauge("kubelet_node_name", "The node's name. The count is always 1.", &[(&node, 1)]);
        answer(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", out)
    }
}
