//! What is odd about a Pod or template that is accepted.

use apimachinery::field_error::{FieldPath, quoted};
use apimachinery::quantity::Quantity;
use apimachinery::value::Value;

use super::CONTAINER_LISTS;

/// Annotations that mean nothing any more.
const DEAD_ANNOTATIONS: &[(&str, &str)] = &[
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    ("security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
];

/// Volumes that mean nothing any more, or soon.
const DEAD_VOLUMES: &[(&str, &str)] = &[
    ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

/// Warnings about a Pod.
pub(super) fn pod_warnings(pod: &Value) -> Vec<String> {
    warnings(pod, &FieldPath::default())
}

/// Warnings about the Pod template at `spec.template`.
pub(in super::super) fn template_warnings(object: &Value) -> Vec<String> {
    warnings(object.at(&["spec", "template"]), &FieldPath::new("spec.template"))
}

fn warnings(pod: &Value, path: &FieldPath) -> Vec<String> {
    let (spec, spec_path) = (pod.field("spec"), path.child("spec"));
    let mut warnings = Vec::new();
    for (key, text) in DEAD_ANNOTATIONS {
        if !pod.at(&["metadata", "annotations", key]).is_null() {
            warnings.push(format!("{}: {text}", path.child("metadata").child("annotations").key(key)));
        }
    }
    for (at, volume) in spec.items_at(&["volumes"]).iter().enumerate() {
        for (kind, text) in DEAD_VOLUMES.iter().filter(|(kind, _)| !volume.field(kind).is_null()) {
            warnings.push(format!("{}: {text}", spec_path.child("volumes").index(at).child(kind)));
        }
    }
    doubles(spec, "hostAliases", "ip", &spec_path, &mut warnings);
    doubles(spec, "imagePullSecrets", "name", &spec_path, &mut warnings);
    for list in CONTAINER_LISTS {
        for (at, container) in spec.items_at(&[list]).iter().enumerate() {
            let path = spec_path.child(list).index(at);
            fractions(container, &path, &mut warnings);
            hidden_variables(container, &path, &mut warnings);
        }
    }
    ports(spec, &spec_path, &mut warnings);
    if spec.i64_at(&["terminationGracePeriodSeconds"]).is_some_and(|it| it < 0) {
        let path = spec_path.child("terminationGracePeriodSeconds");
        warnings.push(format!("{path}: must be >= 0; negative values are invalid and will be treated as 1"));
    }
    warnings
}

fn doubles(spec: &Value, list: &str, field: &str, path: &FieldPath, warnings: &mut Vec<String>) {
    let items = spec.items_at(&[list]);
    for (at, item) in items.iter().enumerate() {
        let value = item.str_at(&[field]);
        if items[..at].iter().any(|it| it.str_at(&[field]) == value) {
            let path = path.child(list).index(at).child(field);
            warnings.push(format!("{path}: duplicate {field} {}", quoted(value)));
        }
    }
}

fn fractions(container: &Value, path: &FieldPath, warnings: &mut Vec<String>) {
    for (field, name) in [
        ("limits", "memory"),
        ("requests", "memory"),
        ("limits", "ephemeral-storage"),
        ("requests", "ephemeral-storage"),
    ] {
        let text = container.str_at(&["resources", field, name]);
        if Quantity::parse(text).is_ok_and(|it| it.milli_value() % 1_000 != 0) {
            let path = path.child("resources").child(field).key(name);
            warnings.push(format!("{path}: fractional byte value {} is invalid, must be an integer", quoted(text)));
        }
    }
}

/// A variable that stands twice, where the second does not build on the first.
fn hidden_variables(container: &Value, path: &FieldPath, warnings: &mut Vec<String>) {
    let variables = container.items_at(&["env"]);
    for (at, variable) in variables.iter().enumerate() {
        let (name, value) = (variable.str_at(&["name"]), variable.str_at(&["value"]));
        if !variables[..at].iter().any(|it| it.str_at(&["name"]) == name) {
            continue;
        }
        let reference = format!("$({name})");
        let builds_on = value.contains(&reference) && value != reference && variable.field("valueFrom").is_null();
        if !builds_on {
            warnings.push(format!(
                "{}: hides previous definition of {}, which may be dropped when using apply",
                path.child("env").index(at),
                quoted(name)
            ));
        }
    }
}

fn ports(spec: &Value, path: &FieldPath, warnings: &mut Vec<String>) {
    let mut seen: Vec<(FieldPath, &Value)> = Vec::new();
    for list in CONTAINER_LISTS {
        for (at, container) in spec.items_at(&[list]).iter().enumerate() {
            for (nth, port) in container.items_at(&["ports"]).iter().enumerate() {
                let path = path.child(list).index(at).child("ports").index(nth);
                for (other_path, other) in &seen {
                    if let Some(text) = conflict(port, other) {
                        warnings.push(format!("{path}: {text} port definition with {other_path}"));
                    }
                }
                seen.push((path, port));
            }
        }
    }
}

fn conflict(a: &Value, b: &Value) -> Option<&'static str> {
    let number = |it: &Value, field: &str| it.i64_at(&[field]).unwrap_or(0);
    let is_same_port =
        number(a, "containerPort") == number(b, "containerPort") && a.str_at(&["protocol"]) == b.str_at(&["protocol"]);
    if !is_same_port {
        return None;
    }
    let (host_a, host_b) = (number(a, "hostPort"), number(b, "hostPort"));
    let (ip_a, ip_b) = (a.str_at(&["hostIP"]), b.str_at(&["hostIP"]));
    if host_a == host_b && ip_a == ip_b {
        Some("duplicate")
    } else if host_a == 0 || host_b == 0 {
        Some("overlapping")
    } else if host_a == host_b && ip_a.is_empty() != ip_b.is_empty() {
        Some("dangerously ambiguous")
    } else {
        None
    }
}
