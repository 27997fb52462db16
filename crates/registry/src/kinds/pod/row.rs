//! The row of a Pod: `kubectl get pods`.

use apimachinery::meta::ObjectMeta;
use apimachinery::time;
use apimachinery::tree;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::super::pod_spec::is_sidecar;
use crate::cells;
use crate::resource::Row;

/// What the containers' statuses say.
#[derive(Default)]
struct Summary {
    reason: String,
    ready: usize,
    total: usize,
    restarts: i64,
    last_restart: Option<Timestamp>,
}

/// The row of a Pod.
pub(super) fn of(pod: &Value, now: Timestamp) -> Row {
    let summary = summarise(pod);
    let restarts = match (summary.restarts, summary.last_restart) {
        (restarts, Some(last)) if restarts != 0 => {
            format!("{restarts} ({} ago)", cells::human_duration(now.as_second() - last.as_second()))
        }
        (restarts, _) => restarts.to_string(),
    };
    let ip = pod.items_at(&["status", "podIPs"]).first().map_or("", |it| it.str_at(&["ip"]));
    let cells = vec![
        cells::name(pod),
        format!("{}/{}", summary.ready, summary.total).into(),
        summary.reason.into(),
        restarts.into(),
        cells::age(pod, now),
        if ip.is_empty() { "<none>" } else { ip }.into(),
        cells::text_or_none(pod, &["spec", "nodeName"]),
        cells::text_or_none(pod, &["status", "nominatedNodeName"]),
        readiness_gates(pod).into(),
    ];
    Row { cells, conditions: completed(pod) }
}

/// A Pod that has ended is `Completed` for clients that leave such rows out.
fn completed(pod: &Value) -> Vec<Value> {
    let (reason, message) = match pod.str_at(&["status", "phase"]) {
        "Succeeded" => ("Succeeded", "The pod has completed successfully."),
        "Failed" => ("Failed", "The pod failed."),
        _ => return Vec::new(),
    };
    vec![tree!({"type": "Completed", "status": "True", "reason": reason, "message": message})]
}

fn summarise(pod: &Value) -> Summary {
    let phase = pod.str_at(&["status", "phase"]);
    let own_reason = pod.str_at(&["status", "reason"]);
    let init = pod.items_at(&["spec", "initContainers"]);
    let mut summary = Summary {
        reason: if own_reason.is_empty() { phase } else { own_reason }.to_owned(),
        total: pod.items_at(&["spec", "containers"]).len() + init.iter().filter(|it| is_sidecar(it)).count(),
        ..Summary::default()
    };
    let is_gated = |it: &Value| it.str_at(&["type"]) == "PodScheduled" && it.str_at(&["reason"]) == "SchedulingGated";
    if conditions(pod).iter().any(is_gated) {
        summary.reason = "SchedulingGated".to_owned();
    }
    let sidecars = summarise_init(pod, init, &mut summary);
    if sidecars.is_initialized || first_condition_holds(pod, "Initialized") {
        summary.restarts = sidecars.restarts;
        summary.last_restart = sidecars.last_restart;
        summarise_containers(pod, &mut summary);
    }
    if pod.deletion_timestamp().is_some() {
        if own_reason == "NodeLost" {
            summary.reason = "Unknown".to_owned();
        } else if !matches!(phase, "Failed" | "Succeeded") {
            summary.reason = "Terminating".to_owned();
        }
    }
    summary
}

struct Sidecars {
    is_initialized: bool,
    restarts: i64,
    last_restart: Option<Timestamp>,
}

/// Goes through the init containers until one has not ended well.
fn summarise_init(pod: &Value, init: &[Value], summary: &mut Summary) -> Sidecars {
    let mut sidecars = Sidecars { is_initialized: true, restarts: 0, last_restart: None };
    for (at, status) in pod.items_at(&["status", "initContainerStatuses"]).iter().enumerate() {
        let restarts = status.i64_at(&["restartCount"]).unwrap_or(0);
        summary.restarts += restarts;
        summary.last_restart = summary.last_restart.max(last_end(status));
        let name = status.str_at(&["name"]);
        let runs_on = init.iter().rfind(|it| it.str_at(&["name"]) == name).is_some_and(is_sidecar);
        if runs_on {
            sidecars.restarts += restarts;
            sidecars.last_restart = sidecars.last_restart.max(last_end(status));
        }
        let (terminated, waiting) = (status.at(&["state", "terminated"]), status.at(&["state", "waiting"]));
        if !terminated.is_null() && exit_code(terminated) == 0 {
            continue;
        }
        if runs_on && status.bool_at(&["started"]) {
            summary.ready += usize::from(status.bool_at(&["ready"]));
            continue;
        }
        let waits_for = waiting.str_at(&["reason"]);
        summary.reason = if !terminated.is_null() {
            format!("Init:{}", end_reason(terminated))
        } else if !matches!(waits_for, "" | "PodInitializing") {
            format!("Init:{waits_for}")
        } else {
            format!("Init:{at}/{}", init.len())
        };
        sidecars.is_initialized = false;
        break;
    }
    sidecars
}

fn summarise_containers(pod: &Value, summary: &mut Summary) {
    let (mut is_running, mut error_reason) = (false, String::new());
    for status in pod.items_at(&["status", "containerStatuses"]).iter().rev() {
        summary.restarts += status.i64_at(&["restartCount"]).unwrap_or(0);
        summary.last_restart = summary.last_restart.max(last_end(status));
        let terminated = status.at(&["state", "terminated"]);
        let waits_for = status.str_at(&["state", "waiting", "reason"]);
        if !waits_for.is_empty() {
            waits_for.clone_into(&mut summary.reason);
        } else if !terminated.is_null() {
            summary.reason = end_reason(terminated);
            if exit_code(terminated) != 0 {
                error_reason.clone_from(&summary.reason);
            }
        } else if status.bool_at(&["ready"]) && !status.at(&["state", "running"]).is_null() {
            is_running = true;
            summary.ready += 1;
        }
    }
    if summary.reason == "Completed" {
        if is_running && has_condition(pod, "Ready") {
            summary.reason = "Running".to_owned();
        } else if !error_reason.is_empty() {
            summary.reason = error_reason;
        } else if is_running {
            summary.reason = "NotReady".to_owned();
        }
    }
}

fn exit_code(terminated: &Value) -> i64 {
    terminated.i64_at(&["exitCode"]).unwrap_or(0)
}

fn end_reason(terminated: &Value) -> String {
    match (terminated.str_at(&["reason"]), terminated.i64_at(&["signal"]).unwrap_or(0)) {
        ("", 0) => format!("ExitCode:{}", exit_code(terminated)),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn last_end(status: &Value) -> Option<Timestamp> {
    time::parse(status.str_at(&["lastState", "terminated", "finishedAt"]))
}

fn conditions(pod: &Value) -> &[Value] {
    pod.items_at(&["status", "conditions"])
}

fn has_condition(pod: &Value, kind: &str) -> bool {
    conditions(pod).iter().any(|it| it.str_at(&["type"]) == kind && it.str_at(&["status"]) == "True")
}

/// Of several conditions of one type, the first counts.
fn first_condition_holds(pod: &Value, kind: &str) -> bool {
    let found = conditions(pod).iter().find(|it| it.str_at(&["type"]) == kind);
    found.is_some_and(|it| it.str_at(&["status"]) == "True")
}

fn readiness_gates(pod: &Value) -> String {
    let gates = pod.items_at(&["spec", "readinessGates"]);
    if gates.is_empty() {
        return "<none>".to_owned();
    }
    let open = gates.iter().filter(|it| first_condition_holds(pod, it.str_at(&["conditionType"]))).count();
    format!("{open}/{}", gates.len())
}
