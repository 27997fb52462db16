//! Requests with the answers that kube-apiserver v1.36.3 gave to them (admission plugins off); ours must be equal.
//!
//! A line is a request as the harness reads it; below it `! ` before each warning and `= ` before the answer. Texts
//! have `\\n` for a line's end, and times and ages are masked. Equal names in several files do not meet: each file
//! begins with an empty cluster, as does each `---` line.

use crate::harness::{Cluster, block_on};

#[track_caller]
fn check(recorded: &str) {
    let differences = block_on(differences(recorded));
    assert!(differences.is_empty(), "{} answers differ:\n{}", differences.len(), differences.join("\n"));
}

async fn differences(recorded: &str) -> Vec<String> {
    let mut cluster = Cluster::new().await;
    let mut differences = Vec::new();
    let mut lines = recorded.lines().peekable();
    while let Some(request) = lines.next() {
        if request.starts_with("---") {
            cluster = Cluster::new().await;
        }
        if request.is_empty() || request.starts_with(['#', '-']) {
            continue;
        }
        let mut wanted = String::new();
        while let Some(line) = lines.next_if(|line| line.starts_with("! ") || line.starts_with('=')) {
            match line.strip_prefix("! ") {
                Some(warning) => wanted.push_str(&format!("warning: {warning}\n")),
                None => wanted.push_str(line.trim_start_matches("= ")),
            }
        }
        let found = cluster.run(request).await;
        let found = masked(request, found.strip_suffix('\n').unwrap_or(&found).trim_end_matches(' '));
        // A deletion is answered with the object or a `Status`, as the kind has it.
        let is_gone = wanted == "gone" && found.starts_with("gone ");
        if found != wanted && !is_gone {
            differences.push(format!("{request}\n  wanted {wanted}\n  found  {found}"));
        }
    }
    differences
}

/// What differs from run to run is masked.
fn masked(request: &str, answer: &str) -> String {
    let (warnings, answer) = match answer.rfind("warning: ") {
        Some(at) => answer.split_at(at + answer[at..].find('\n').map_or(0, |end| end + 1)),
        None => ("", answer),
    };
    let mut answer = answer.replace('\n', "\\n");
    for field in ["lastTransitionTime", "lastPhaseTransitionTime", "lastUpdateTime"] {
        answer = masked_times(field, &answer);
    }
    let text = format!("{warnings}{answer}");
    match request.split(['?', ' ']).next() {
        Some("row") => masked_ages(&text),
        // The list's revision.
        Some("list") => text.split(['@']).next().unwrap_or("").trim_end().to_owned(),
        // The API server makes a `Status` of it.
        Some("create") if request.contains("/binding ") && text.starts_with("201 ") => "201 Success".to_owned(),
        _ => text,
    }
}

fn masked_times(field: &str, answer: &str) -> String {
    let start = format!("\"{field}\":\"");
    let mut parts = answer.split(&start);
    let mut text = parts.next().unwrap_or("").to_owned();
    for part in parts {
        text.push_str(&start);
        text.push('T');
        text.push_str(&part[part.find('"').unwrap_or(0)..]);
    }
    text
}

/// `"0s"` is the age of what was just made; `(5m ago)` depends on the day.
fn masked_ages(row: &str) -> String {
    let row = row.replacen("\"0s\"", "\"AGE\"", 1).replacen("\"1s\"", "\"AGE\"", 1);
    match (row.find('('), row.find(" ago)")) {
        (Some(from), Some(to)) => format!("{}(N{}", &row[..from], &row[to..]),
        _ => row,
    }
}

macro_rules! recorded {
    ($($name:ident $file:literal)*) => {
        $(#[test]
        fn $name() {
            check(include_str!(concat!("recorded/", $file)));
        })*
    };
}

recorded! {
    pods_are_defaulted_bound_and_deleted_as_upstream_does "pods.txt"
    containers_are_checked_as_upstream_does "pod_containers.txt"
    environments_are_checked_as_upstream_does "pod_env.txt"
    volumes_are_checked_as_upstream_does "pod_volumes.txt"
    resources_are_checked_as_upstream_does "pod_resources.txt"
    security_is_checked_as_upstream_does "pod_security.txt"
    scheduling_is_checked_as_upstream_does "pod_scheduling.txt"
    odd_pods_are_warned_about_as_upstream_does "pod_warnings.txt"
    pods_change_as_upstream_lets_them "pod_updates.txt"
    statuses_and_rows_are_upstreams "pod_status.txt"
    pods_gain_containers_and_resources_as_upstream_lets_them "pod_ephemeral.txt"
    workloads_are_upstreams "workloads.txt"
    kinds_of_storage_are_upstreams "storage.txt"
    volumes_and_claims_are_upstreams "persistent_volumes.txt"
    limits_quotas_and_templates_are_upstreams "namespaced_limits.txt"
    networking_is_upstreams "networking.txt"
    flow_control_is_upstreams "flow_control.txt"
    signing_requests_are_upstreams "certificates.txt"
    webhooks_and_policies_are_upstreams "admission.txt"
    devices_are_upstreams "devices.txt"
    autoscalers_are_upstreams "autoscalers.txt"
}
