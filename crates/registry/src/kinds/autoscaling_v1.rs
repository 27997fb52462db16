//! `autoscaling/v1 HorizontalPodAutoscaler`: knows CPU use only; what else there is, it shows in annotations.

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::value::{Map, Value};

use super::horizontal_pod_autoscaler::{UTILISATION, cpu_metric};
use super::pod_spec::go_struct;
use crate::strategy::{Path, View};

/// The version, beside the stored one.
pub(super) const VIEW: View = View {
    group: "autoscaling",
    version: "v1",
    plural: "horizontalpodautoscalers",
    from_stored: show,
    into_stored: hide,
    stamps: Some(("autoscaling/v1", "autoscaling/v2")),
    selectors: &[],
};

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const STATUSES: &str = "autoscaling.alpha.kubernetes.io/current-metrics";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";

const TARGET_SHARE: Path = &["spec", "targetCPUUtilizationPercentage"];
const CURRENT_SHARE: Path = &["status", "currentCPUUtilizationPercentage"];

/// A field of a metric in `v1`, where `v2` has it, and whether `v1` always writes it (as `"0"`).
type Field = (&'static str, Path, bool);

/// The sources of metrics.
const SOURCES: &[(&str, &[Field])] = &[
    (
        "object",
        &[
            ("target", &["describedObject"], false),
            ("metricName", &["metric", "name"], false),
            ("targetValue", &["target", "value"], true),
            ("selector", &["metric", "selector"], false),
            ("averageValue", &["target", "averageValue"], false),
        ],
    ),
    (
        "pods",
        &[
            ("metricName", &["metric", "name"], false),
            ("targetAverageValue", &["target", "averageValue"], true),
            ("selector", &["metric", "selector"], false),
        ],
    ),
    (
        "resource",
        &[
            ("name", &["name"], false),
            ("targetAverageUtilization", &["target", "averageUtilization"], false),
            ("targetAverageValue", &["target", "averageValue"], false),
        ],
    ),
    (
        "containerResource",
        &[
            ("name", &["name"], false),
            ("targetAverageUtilization", &["target", "averageUtilization"], false),
            ("targetAverageValue", &["target", "averageValue"], false),
            ("container", &["container"], false),
        ],
    ),
    (
        "external",
        &[
            ("metricName", &["metric", "name"], false),
            ("metricSelector", &["metric", "selector"], false),
            ("targetValue", &["target", "value"], false),
            ("targetAverageValue", &["target", "averageValue"], false),
        ],
    ),
];

/// What is measured of them.
const CURRENT: &[(&str, &[Field])] = &[
    (
        "object",
        &[
            ("target", &["describedObject"], false),
            ("metricName", &["metric", "name"], false),
            ("currentValue", &["current", "value"], true),
            ("selector", &["metric", "selector"], false),
            ("averageValue", &["current", "averageValue"], false),
        ],
    ),
    (
        "pods",
        &[
            ("metricName", &["metric", "name"], false),
            ("currentAverageValue", &["current", "averageValue"], true),
            ("selector", &["metric", "selector"], false),
        ],
    ),
    (
        "resource",
        &[
            ("name", &["name"], false),
            ("currentAverageUtilization", &["current", "averageUtilization"], false),
            ("currentAverageValue", &["current", "averageValue"], true),
        ],
    ),
    (
        "containerResource",
        &[
            ("name", &["name"], false),
            ("currentAverageUtilization", &["current", "averageUtilization"], false),
            ("currentAverageValue", &["current", "averageValue"], true),
            ("container", &["container"], false),
        ],
    ),
    (
        "external",
        &[
            ("metricName", &["metric", "name"], false),
            ("metricSelector", &["metric", "selector"], false),
            ("currentValue", &["current", "value"], true),
            ("currentAverageValue", &["current", "averageValue"], false),
        ],
    ),
];

/// Makes a stored object one of `v1`.
fn show(object: &mut Value) {
    drop_annotations(object);
    let metrics = object.remove_at(&["spec", "metrics"]).unwrap_or_default();
    let behavior = object.remove_at(&["spec", "behavior"]).unwrap_or_default();
    let statuses = object.remove_at(&["status", "currentMetrics"]).unwrap_or_default();
    let conditions = object.remove_at(&["status", "conditions"]).unwrap_or_default();
    let (cpu, other): (Vec<&Value>, Vec<&Value>) = items(&metrics).iter().partition(|it| is_cpu(it));
    if let Some(metric) = cpu.first() {
        object.set(TARGET_SHARE, metric.at(&["resource", "target", "averageUtilization"]).clone());
    }
    let is_cpu_now = |it: &&Value| it.str_at(&["resource", "name"]) == "cpu" && it.str_at(&["type"]) == "Resource";
    let shares = items(&statuses).iter().filter(is_cpu_now);
    let mut shares = shares.filter_map(|it| it.i64_at(&["resource", "current", "averageUtilization"]));
    if let Some(share) = shares.next_back() {
        object.set(CURRENT_SHARE, share);
    }
    if !other.is_empty() {
        annotate(object, METRICS, &other.into_iter().map(|it| shown(it, SOURCES)).collect());
    }
    if !items(&statuses).is_empty() {
        annotate(object, STATUSES, &items(&statuses).iter().map(|it| shown(it, CURRENT)).collect());
    }
    if !behavior.is_null() {
        let text = go_struct::printed("HorizontalPodAutoscalerBehavior", &behavior).0;
        object.object_at(&["metadata", "annotations"]).insert(BEHAVIOR, text);
    }
    if !items(&conditions).is_empty() {
        annotate(object, CONDITIONS, &items(&conditions).iter().map(shown_condition).collect());
    }
}

/// Makes an object of `v1` a stored one.
fn hide(object: &mut Value) {
    let kept = |name: &str| {
        let text = object.annotation(name)?;
        json::parse(text.as_bytes()).ok()
    };
    let [other, statuses, behavior, conditions] = [METRICS, STATUSES, BEHAVIOR, CONDITIONS].map(kept);
    drop_annotations(object);
    let mut metrics: Vec<Value> = other.iter().flat_map(items).map(|it| hidden(it, SOURCES)).collect();
    if let Some(share) = object.remove_at(TARGET_SHARE) {
        metrics.extend(share.as_i64().map(cpu_metric));
    }
    if metrics.is_empty() {
        metrics.push(cpu_metric(UTILISATION));
    }
    object.set(&["spec", "metrics"], Value::Array(metrics));
    let share = object.remove_at(CURRENT_SHARE).and_then(|it| it.as_i64());
    match (statuses, share) {
        (Some(all), _) => {
            let all = items(&all).iter().map(|it| hidden(it, CURRENT)).collect();
            object.set(&["status", "currentMetrics"], Value::Array(all));
        }
        (None, Some(share)) => {
            let mut metric = Value::object();
            metric.set(&["type"], "Resource");
            metric.set(&["resource", "name"], "cpu");
            metric.set(&["resource", "current", "averageUtilization"], share);
            object.set(&["status", "currentMetrics"], Value::Array(vec![metric]));
        }
        (None, None) => {}
    }
    if let Some(behavior) = behavior.map(|it| external_names(&it)).filter(has_entries) {
        object.set(&["spec", "behavior"], behavior);
    }
    if let Some(conditions) = conditions {
        object.set(&["status", "conditions"], conditions);
    }
}

fn items(list: &Value) -> &[Value] {
    list.as_array().unwrap_or(&[])
}

fn is_cpu(metric: &Value) -> bool {
    metric.str_at(&["type"]) == "Resource"
        && metric.str_at(&["resource", "name"]) == "cpu"
        && !metric.at(&["resource", "target", "averageUtilization"]).is_null()
}

fn annotate(object: &mut Value, name: &'static str, value: &Value) {
    let text = String::from_utf8_lossy(&json::to_vec(value)).into_owned();
    object.object_at(&["metadata", "annotations"]).insert(name, text);
}

fn drop_annotations(object: &mut Value) {
    if let Some(all) = object.at_mut(&["metadata", "annotations"]).and_then(Value::as_object_mut) {
        all.retain(|name, _| ![METRICS, STATUSES, BEHAVIOR, CONDITIONS].contains(&name));
        if all.is_empty() {
            object.remove_at(&["metadata", "annotations"]);
        }
    }
}

/// A metric as `v1` writes it.
fn shown(metric: &Value, table: &[(&'static str, &[Field])]) -> Value {
    let mut all = Map::default();
    all.insert("type", metric.field("type").clone());
    for (name, fields) in table {
        let source = metric.field(name);
        if source.is_null() {
            continue;
        }
        let mut out = Map::default();
        for (field, path, is_always) in *fields {
            match source.at(path) {
                Value::Null if *is_always => drop(out.insert(*field, "0")),
                Value::Null => {}
                value if *field == "target" => drop(out.insert(*field, reference(value))),
                value => drop(out.insert(*field, value.clone())),
            }
        }
        all.insert(*name, Value::Object(out));
    }
    Value::Object(all)
}

/// A reference in the order of `v1`'s fields.
fn reference(value: &Value) -> Value {
    in_order(value, &["kind", "name", "apiVersion"])
}

fn shown_condition(condition: &Value) -> Value {
    in_order(condition, &["type", "status", "lastTransitionTime", "reason", "message"])
}

fn in_order(value: &Value, fields: &[&'static str]) -> Value {
    let mut out = Map::default();
    for field in fields.iter().filter(|it| !value.field(it).is_null()) {
        out.insert(*field, value.field(field).clone());
    }
    if fields.contains(&"lastTransitionTime") && !out.contains_key("lastTransitionTime") {
        out.insert("lastTransitionTime", Value::Null);
    }
    Value::Object(out)
}

/// A metric of `v1` as it is stored.
fn hidden(metric: &Value, table: &[(&'static str, &[Field])]) -> Value {
    let mut out = Value::object();
    out.set(&["type"], metric.field("type").clone());
    for (name, fields) in table {
        let source = metric.field(name);
        if source.is_null() {
            continue;
        }
        let mut stored = Value::object();
        for (field, path, _) in *fields {
            if !source.field(field).is_null() {
                stored.set(path, source.field(field).clone());
            }
        }
        if !stored.field("target").is_null() {
            add_target_type(name, &mut stored);
        }
        out.set(&[*name], stored);
    }
    out
}

/// `v1` leaves to the fields that are there what is aimed at.
fn add_target_type(source: &str, stored: &mut Value) {
    let has = |field: &str| !stored.at(&["target", field]).is_null();
    let ty = match source {
        "object" if has("averageValue") => "AverageValue",
        "object" => "Value",
        "external" if has("value") => "Value",
        "resource" | "containerResource" if has("averageUtilization") => "Utilization",
        _ => "AverageValue",
    };
    if source == "object" && ty == "AverageValue" && stored.str_at(&["target", "value"]) == "0" {
        stored.remove_at(&["target", "value"]);
    }
    stored.set(&["target", "type"], ty);
}

/// An internal struct under the names that the API has: `ScaleUp` is `scaleUp`.
fn external_names(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut out = Map::default();
            for (name, value) in map.iter().filter(|(_, value)| !value.is_null()) {
                let mut name = name.to_owned();
                if let Some(first) = name.get_mut(..1) {
                    first.make_ascii_lowercase();
                }
                out.insert(name, external_names(value));
            }
            Value::Object(out)
        }
        Value::Array(all) => all.iter().map(external_names).collect(),
        other => other.clone(),
    }
}

fn has_entries(value: &Value) -> bool {
    value.as_object().is_some_and(|it| !it.is_empty())
}
