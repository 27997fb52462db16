//! `autoscaling/v2 HorizontalPodAutoscaler`, which `autoscaling/v1` shows too.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::quantity::Quantity;
use apimachinery::tree;
use apimachinery::value::Value;
use jiff::Timestamp;

use super::autoscaling_v1;
use super::pod_spec::resources;
use crate::defaults::number;
use crate::resource::Row;
use crate::strategy::{Context, KindRules, SPEC, STATUS, Strategy, Subresource};
use crate::{cells, rules};

/// How many replicas a workload has, by what is measured.
pub struct HorizontalPodAutoscaler;

/// CPU use that is aimed at when nothing is said, in percent of the requests.
pub(super) const UTILISATION: i64 = 80;

const WINDOW_SECONDS_MAX: i64 = 3_600;
const PERIOD_SECONDS_MAX: i64 = 1_800;

/// Metrics that a Table cell shows.
const SHOWN_METRICS_MAX: usize = 2;

/// Types of metrics with the field of each, in the order of checks.
const SOURCES: [(&str, &str); 5] = [
    ("Object", "object"),
    ("External", "external"),
    ("Pods", "pods"),
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
];
const SOURCE_TYPES: [&str; 5] = ["ContainerResource", "External", "Object", "Pods", "Resource"];

static RULES: KindRules = KindRules {
    group: "autoscaling",
    version: "v2",
    plural: "horizontalpodautoscalers",
    storage_prefix: "/registry/horizontalpodautoscalers",
    views: &[autoscaling_v1::VIEW],
    defaults: &[number("spec.minReplicas", 1)],
    create_resets: &[STATUS],
    update_keeps: &[STATUS],
    subresources: &[Subresource::status(&[SPEC])],
    ..KindRules::NEW
};

impl Strategy for HorizontalPodAutoscaler {
    fn rules(&self) -> &'static KindRules {
        &RULES
    }

    fn default(&self, object: &mut Value) {
        if object.items_at(&["spec", "metrics"]).is_empty() {
            object.set(&["spec", "metrics"], Value::from_iter([cpu_metric(UTILISATION)]));
        }
        if object.at(&["spec", "behavior"]).is_null() {
            return;
        }
        let up = tree!([
            {"type": "Pods", "value": 4, "periodSeconds": 15},
            {"type": "Percent", "value": 100, "periodSeconds": 15}
        ]);
        default_rules(object, "scaleUp", up);
        if object.at(&["spec", "behavior", "scaleUp", "stabilizationWindowSeconds"]).is_null() {
            object.set(&["spec", "behavior", "scaleUp", "stabilizationWindowSeconds"], 0);
        }
        default_rules(object, "scaleDown", tree!([{"type": "Percent", "value": 100, "periodSeconds": 15}]));
    }

    fn validate(&self, object: &Value, context: &Context<'_>, errors: &mut Vec<FieldError>) {
        self.validate_update(object, &Value::Null, context, errors);
    }

    fn validate_update(&self, object: &Value, old: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        let (spec, path) = (object.field("spec"), FieldPath::new("spec"));
        validate_replicas(spec, old.field("spec"), &path, errors);
        let (target, before) = (spec.field("scaleTargetRef"), old.at(&["spec", "scaleTargetRef"]));
        let is_same = !before.is_null() && ["apiVersion", "kind"].iter().all(|it| target.field(it) == before.field(it));
        let needs = match (is_same, target.str_at(&["kind"])) {
            (true, _) => Needs::Nothing,
            (false, "ReplicationController") => Needs::Version,
            (false, _) => Needs::Group,
        };
        validate_reference(target, &path.child("scaleTargetRef"), needs, errors);
        let mut were = old.items_at(&["spec", "metrics"]).iter().map(|it| it.at(&["object", "describedObject"]));
        let was_bad = were.any(|it| version_error(it, Needs::Version).is_some());
        let needs = if was_bad { Needs::Nothing } else { Needs::Version };
        let metrics = spec.items_at(&["metrics"]);
        for (at, metric) in metrics.iter().enumerate() {
            validate_metric(metric, &path.child("metrics").index(at), needs, errors);
        }
        let is_outside = |metric: &Value| matches!(metric.str_at(&["type"]), "Object" | "External");
        if spec.i64_at(&["minReplicas"]) == Some(0) && !metrics.iter().any(is_outside) {
            let detail = "must specify at least one Object or External metric to support scaling to zero replicas";
            errors.push(FieldError::forbidden(&path.child("metrics"), detail));
        }
        for field in ["scaleUp", "scaleDown"] {
            validate_rules(spec.at(&["behavior", field]), &path.child("behavior").child(field), errors);
        }
    }

    fn validate_subresource(&self, object: &Value, _: &Value, _: &Context<'_>, errors: &mut Vec<FieldError>) {
        for field in ["currentReplicas", "desiredReplicas"] {
            let count = object.i64_at(&["status", field]).unwrap_or(0);
            rules::not_negative(count, &FieldPath::new("status").child(field), errors);
        }
    }

    fn row(&self, object: &Value, now: Timestamp) -> Row {
        let target = object.at(&["spec", "scaleTargetRef"]);
        let least = object.i64_at(&["spec", "minReplicas"]).map_or("<unset>".to_owned(), |it| it.to_string());
        cells::row(vec![
            cells::name(object),
            format!("{}/{}", target.str_at(&["kind"]), target.str_at(&["name"])).into(),
            metrics_text(object).into(),
            least.into(),
            cells::number(object, &["spec", "maxReplicas"]),
            cells::number(object, &["status", "currentReplicas"]),
            cells::age(object, now),
        ])
    }
}

/// The CPU use of the Pods, as a metric.
pub(super) fn cpu_metric(utilisation: i64) -> Value {
    let target = tree!({"type": "Utilization", "averageUtilization": (utilisation)});
    tree!({"type": "Resource", "resource": {"name": "cpu", "target": (target)}})
}

fn default_rules(object: &mut Value, direction: &'static str, policies: Value) {
    let path = ["spec", "behavior", direction];
    if object.at(&path).is_null() {
        object.set(&path, Value::object());
    }
    let Some(rules) = object.at_mut(&path) else { return };
    if rules.field("selectPolicy").is_null() {
        rules.set(&["selectPolicy"], "Max");
    }
    if rules.field("policies").is_null() {
        rules.set(&["policies"], policies);
    }
}

fn validate_replicas(spec: &Value, old: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (least, most) = (spec.i64_at(&["minReplicas"]), spec.i64_at(&["maxReplicas"]).unwrap_or(0));
    let bound = if old.i64_at(&["minReplicas"]) == Some(0) { 0 } else { 1 };
    if let Some(least) = least.filter(|it| *it < bound) {
        let detail = format!("must be greater than or equal to {bound}");
        errors.push(FieldError::invalid(&path.child("minReplicas"), least, detail));
    }
    let most_path = path.child("maxReplicas");
    match most {
        0 => errors.push(FieldError::required(&most_path, "must be set and greater than 0")),
        1.. => {}
        _ => errors.push(FieldError::invalid(&most_path, most, "must be greater than or equal to 1")),
    }
    if least.is_some_and(|least| most < least) {
        errors.push(FieldError::invalid(&most_path, most, "must be greater than or equal to `minReplicas`"));
    }
}

/// What a reference's `apiVersion` must be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// It may be empty or without a group.
    Version,
    Group,
}

fn version_error(reference: &Value, needs: Needs) -> Option<String> {
    let version = reference.str_at(&["apiVersion"]);
    let slashes = version.matches('/').count();
    match needs {
        Needs::Nothing => None,
        _ if slashes > 1 => Some(format!("unexpected GroupVersion string: {version}")),
        Needs::Group if slashes == 0 || version.starts_with('/') => {
            Some("apiVersion must specify API group".to_owned())
        }
        _ => None,
    }
}

fn validate_reference(reference: &Value, path: &FieldPath, needs: Needs, errors: &mut Vec<FieldError>) {
    for field in ["kind", "name"] {
        let (text, path) = (reference.str_at(&[field]), path.child(field));
        match text {
            "" => errors.push(FieldError::required(&path, "")),
            text => rules::invalid_each(&path, text, names::path_segment(text), errors),
        }
    }
    if let Some(detail) = version_error(reference, needs) {
        errors.push(FieldError::invalid(&path.child("apiVersion"), reference.str_at(&["apiVersion"]), detail));
    }
}

fn validate_metric(metric: &Value, path: &FieldPath, needs: Needs, errors: &mut Vec<FieldError>) {
    let ty = metric.str_at(&["type"]);
    let own = SOURCES.iter().find(|(name, _)| *name == ty).map(|(_, field)| *field);
    if ty.is_empty() {
        errors.push(FieldError::required(&path.child("type"), "must specify a metric source type"));
    }
    if own.is_none() {
        errors.push(FieldError::not_supported(&path.child("type"), ty, &SOURCE_TYPES));
    }
    let fields = SOURCES.iter().map(|(_, field)| *field);
    let given: Vec<&str> = fields.filter(|field| !metric.field(field).is_null()).collect();
    if let Some(first) = given.first() {
        validate_source(first, metric.field(first), &path.child(first), needs, errors);
    }
    match own {
        Some(field) if given.contains(&field) => {}
        Some(field) => {
            let detail = "must populate information for the given metric source";
            errors.push(FieldError::required(&path.child(field), detail));
        }
        None => errors.push(FieldError::not_supported(&path.child("type"), ty, &SOURCE_TYPES)),
    }
    if given.len() > 1 {
        for field in given.iter().filter(|it| Some(**it) != own) {
            errors.push(FieldError::forbidden(&path.child(field), "must populate the given metric source only"));
        }
    }
}

fn validate_source(field: &str, source: &Value, path: &FieldPath, needs: Needs, errors: &mut Vec<FieldError>) {
    match field {
        "object" => {
            validate_reference(source.field("describedObject"), &path.child("describedObject"), needs, errors);
        }
        "resource" | "containerResource" => validate_resource(field, source, path, errors),
        _ => {}
    }
    if matches!(field, "object" | "external" | "pods") {
        let (name, path) = (source.str_at(&["metric", "name"]), path.child("metric.name"));
        match name {
            "" => errors.push(FieldError::required(&path, "must specify a metric name")),
            name => rules::invalid_each(&path, name, names::path_segment(name), errors),
        }
    }
    let (target, path) = (source.field("target"), path.child("target"));
    validate_target(target, &path, errors);
    let has = |field: &str| !target.field(field).is_null();
    let [value, average, utilisation] = ["value", "averageValue", "averageUtilization"].map(has);
    let (is_missing, missing, detail) = match field {
        "object" => (!value && !average, "averageValue", "must set either a target value or averageValue"),
        "external" => {
            (!value && !average, "averageValue", "must set either a target value for metric or a per-pod target")
        }
        "pods" => (!average, "averageValue", "must specify a positive target averageValue"),
        _ => {
            let detail = "must set either a target raw value or a target utilization";
            (!utilisation && !average, "averageUtilization", detail)
        }
    };
    if is_missing {
        errors.push(FieldError::required(&path.child(missing), detail));
    }
    if field == "external" && value && average {
        let detail = "may not set both a target value for metric and a per-pod target";
        errors.push(FieldError::forbidden(&path.child("value"), detail));
    }
    if matches!(field, "resource" | "containerResource") && utilisation && average {
        let detail = "may not set both a target raw value and a target utilization";
        errors.push(FieldError::forbidden(&path.child("averageValue"), detail));
    }
}

fn validate_resource(field: &str, source: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (name, container) = (source.str_at(&["name"]), source.str_at(&["container"]));
    if name.is_empty() {
        errors.push(FieldError::required(&path.child("name"), "must specify a resource name"));
    }
    if field == "resource" {
        return;
    }
    if !name.is_empty() {
        resources::container_name(name, &path.child("name"), errors);
    }
    match container {
        "" => errors.push(FieldError::required(&path.child("container"), "must specify a container")),
        name => rules::invalid_each(&path.child("container"), name, names::dns1123_label(name), errors),
    }
}

fn validate_target(target: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let ty = target.str_at(&["type"]);
    if ty.is_empty() {
        errors.push(FieldError::required(&path.child("type"), "must specify a metric target type"));
    }
    if !matches!(ty, "Utilization" | "Value" | "AverageValue") {
        let detail = "must be either Utilization, Value, or AverageValue";
        errors.push(FieldError::invalid(&path.child("type"), ty, detail));
    }
    for field in ["value", "averageValue"] {
        let text = target.str_at(&[field]);
        if Quantity::parse(text).is_ok_and(|it| it.sign() != 1) {
            errors.push(FieldError::invalid(&path.child(field), text, "must be positive"));
        }
    }
    if let Some(share) = target.i64_at(&["averageUtilization"]).filter(|it| *it < 1) {
        errors.push(FieldError::invalid(&path.child("averageUtilization"), share, "must be greater than 0"));
    }
}

fn validate_rules(scaling: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if scaling.is_null() {
        return;
    }
    let window_path = path.child("stabilizationWindowSeconds");
    match scaling.i64_at(&["stabilizationWindowSeconds"]) {
        Some(seconds) if seconds < 0 => {
            errors.push(FieldError::invalid(&window_path, seconds, "must be greater than or equal to zero"));
        }
        Some(seconds) if seconds > WINDOW_SECONDS_MAX => {
            let detail = format!("must be less than or equal to {WINDOW_SECONDS_MAX}");
            errors.push(FieldError::invalid(&window_path, seconds, detail));
        }
        _ => {}
    }
    let choice = scaling.field("selectPolicy").as_str();
    if let Some(choice) = choice.filter(|it| !["Disabled", "Max", "Min"].contains(it)) {
        errors.push(FieldError::not_supported(&path.child("selectPolicy"), choice, &["Disabled", "Max", "Min"]));
    }
    let (policies, policies_path) = (scaling.items_at(&["policies"]), path.child("policies"));
    if policies.is_empty() {
        errors.push(FieldError::required(&policies_path, "must specify at least one Policy"));
    }
    for (at, policy) in policies.iter().enumerate() {
        validate_policy(policy, &policies_path.index(at), errors);
    }
    let tolerance = scaling.str_at(&["tolerance"]);
    if Quantity::parse(tolerance).is_ok_and(|it| it.sign() < 0) {
        errors.push(FieldError::invalid(&path.child("tolerance"), tolerance, "must be greater than or equal to 0"));
    }
}

fn validate_policy(policy: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let ty = policy.str_at(&["type"]);
    if !["Percent", "Pods"].contains(&ty) {
        errors.push(FieldError::not_supported(&path.child("type"), ty, &["Percent", "Pods"]));
    }
    for field in ["value", "periodSeconds"] {
        let number = policy.i64_at(&[field]).unwrap_or(0);
        if number <= 0 {
            errors.push(FieldError::invalid(&path.child(field), number, "must be greater than zero"));
        } else if field == "periodSeconds" && number > PERIOD_SECONDS_MAX {
            let detail = format!("must be less than or equal to {PERIOD_SECONDS_MAX}");
            errors.push(FieldError::invalid(&path.child(field), number, detail));
        }
    }
}

/// `cpu: 40%/80%, 3/5 (avg) + 1 more...`
fn metrics_text(object: &Value) -> String {
    let (metrics, statuses) = (object.items_at(&["spec", "metrics"]), object.items_at(&["status", "currentMetrics"]));
    if metrics.is_empty() {
        return "<none>".to_owned();
    }
    let status_of = |at: usize| statuses.get(at).unwrap_or(&Value::Null);
    let texts: Vec<String> =
        metrics.iter().take(SHOWN_METRICS_MAX).enumerate().map(|(at, it)| metric_text(it, status_of(at))).collect();
    let text = texts.join(", ");
    match metrics.len().checked_sub(SHOWN_METRICS_MAX) {
        Some(more) if more > 0 => format!("{text} + {more} more..."),
        _ => text,
    }
}

fn metric_text(metric: &Value, status: &Value) -> String {
    let ty = metric.str_at(&["type"]);
    let Some((_, field)) = SOURCES.iter().find(|(name, _)| *name == ty) else { return "<unknown type>".to_owned() };
    let (source, now) = (metric.field(field), status.at(&[field, "current"]));
    let target = source.field("target");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let current = |value: Option<String>| value.unwrap_or_else(|| "<unknown>".to_owned());
    let average = text(target.field("averageValue"));
    let share = |value: &Value| value.i64_at(&["averageUtilization"]).map(|it| format!("{it}%"));
    let is_resource = matches!(*field, "resource" | "containerResource");
    let pair = match average {
        Some(average) => format!("{}/{average}", current(text(now.field("averageValue")))),
        None if is_resource => {
            format!("{}/{}", current(share(now)), share(target).unwrap_or_else(|| "<auto>".to_owned()))
        }
        None => format!("{}/{}", current(text(now.field("value"))), target.str_at(&["value"])),
    };
    match *field {
        "object" | "external" if !target.field("averageValue").is_null() => format!("{pair} (avg)"),
        "resource" | "containerResource" => format!("{}: {pair}", source.str_at(&["name"])),
        _ => pair,
    }
}
