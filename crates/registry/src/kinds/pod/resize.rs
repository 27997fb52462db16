//! `pods/resize`: changes the CPU and memory of a Pod that runs.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::value::{Map, Value};

use super::super::pod_spec::{self, MIRROR_ANNOTATION, NO_PATH, is_sidecar};
use super::qos;
use crate::rules;

const LISTS: [&str; 2] = ["containers", "initContainers"];
const RESIZABLE: [&str; 2] = ["cpu", "memory"];
const ONLY_CPU_AND_MEMORY: &str = "only cpu and memory resources are mutable";

/// Takes all but resources and resize policies from the stored Pod, unless containers came, went or changed places:
/// that is for [`validate`] to refuse.
pub fn prepare(pod: &mut Value, old: &Value) {
    let is_same_length = |list: &str| pod.items_at(&["spec", list]).len() == old.items_at(&["spec", list]).len();
    if !LISTS.into_iter().all(is_same_length) {
        return;
    }
    let mut spec = old.field("spec").clone();
    for list in LISTS {
        let wanted = pod.items_at(&["spec", list]);
        let is_same_name = |(a, b): (&Value, &Value)| a.str_at(&["name"]) == b.str_at(&["name"]);
        if !wanted.iter().zip(old.items_at(&["spec", list])).all(is_same_name) {
            spec.set(&[list], wanted.to_vec());
            continue;
        }
        let containers = spec.at_mut(&[list]).and_then(Value::as_array_mut);
        for (container, wanted) in containers.into_iter().flatten().zip(wanted) {
            take(container, wanted, "resources");
            take(container, wanted, "resizePolicy");
        }
    }
    take(&mut spec, pod.field("spec"), "resources");
    pod.set(&["spec"], spec);
}

fn take(to: &mut Value, from: &Value, field: &'static str) {
    match from.field(field) {
        Value::Null => drop(to.remove_at(&[field])),
        value => to.set(&[field], value.clone()),
    }
}

/// Checks a resize (`ValidatePodResize`).
pub fn validate(pod: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let is_windows = old.str_at(&["spec", "os", "name"]) == "windows";
    if old.annotation(MIRROR_ANNOTATION).is_some() || is_windows {
        let which = if is_windows { "windows" } else { "static" };
        errors.clear();
        return errors.push(FieldError::forbidden(&FieldPath::new(NO_PATH), format!("{which} pods cannot be resized")));
    }
    pod_spec::validate_pod(pod, errors);
    let (spec, before, path) = (pod.field("spec"), old.field("spec"), FieldPath::new("spec"));
    let class = old.str_at(&["status", "qosClass"]);
    if (if class.is_empty() { qos::class(old) } else { class }) != qos::class(pod) {
        let detail = "Pod QOS Class may not change as a result of resizing";
        errors.push(FieldError::invalid(&path, pod.str_at(&["status", "qosClass"]), detail));
    }
    if !is_supported(old) {
        errors.push(FieldError::forbidden(&path, "Pod running on node without support for resize"));
    }
    pod_level(spec, before, &path, errors);
    let count = errors.len();
    LISTS.into_iter().for_each(|list| same_containers(spec, before, list, &path, errors));
    if errors.len() > count {
        return;
    }
    removals(spec, before, &path, errors);
    containers(spec, before, &path, errors);
    if errors.is_empty() && !is_same_beside_resources(spec, before) {
        errors.push(FieldError::forbidden(&path, ONLY_CPU_AND_MEMORY));
    }
}

/// A node that can resize shows the resources of what runs.
fn is_supported(pod: &Value) -> bool {
    let statuses = pod.items_at(&["status", "containerStatuses"]);
    let running = statuses.iter().find(|it| !it.at(&["state", "running"]).is_null());
    running.is_none_or(|it| !it.field("resources").is_null())
}

fn amounts<'a>(resources: &'a Value, field: &str) -> Option<&'a Map> {
    resources.field(field).as_object()
}

/// Whether some amount of `before` is gone.
fn is_removed(now: Option<&Map>, before: Option<&Map>) -> bool {
    let mut names = before.into_iter().flat_map(Map::keys);
    names.any(|name| now.is_none_or(|now| !now.contains_key(name)))
}

/// Resources with the CPU and memory of others.
fn with_compute_of(resources: &Value, before: &Value) -> Value {
    let mut resources = resources.clone();
    for field in ["limits", "requests"] {
        for name in RESIZABLE {
            match before.at(&[field, name]) {
                Value::Null => drop(resources.remove_at(&[field, name])),
                amount => resources.set(&[field, name], amount.clone()),
            }
        }
        if amounts(&resources, field).is_some_and(Map::is_empty) {
            resources.remove_at(&[field]);
        }
    }
    resources
}

/// Whether resources differ in more than CPU and memory.
fn differs_elsewhere(resources: &Value, before: &Value) -> bool {
    let parts = |resources: &Value| ["limits", "requests"].map(|field| resources.field(field).clone());
    let munged = with_compute_of(resources, before);
    parts(&munged).iter().zip(parts(before).iter()).any(|(now, before)| !rules::is_equal(now, before))
}

fn pod_level(spec: &Value, before: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (now, old) = (spec.field("resources"), before.field("resources"));
    let is_set = |resources: &Value| {
        ["limits", "requests"].iter().any(|field| amounts(resources, field).is_some_and(|it| !it.is_empty()))
    };
    if !is_set(now) && !is_set(old) {
        return;
    }
    if !old.is_null() && now.is_null() {
        let detail = "pod-level resources cannot be removed";
        return errors.push(FieldError::forbidden(&path.child("resources"), detail));
    }
    for (field, one) in [("requests", "request"), ("limits", "limit")] {
        if is_removed(amounts(now, field), amounts(old, field)) {
            let detail = format!("pod-level resource {one}s cannot be removed");
            errors.push(FieldError::forbidden(&path.child("resources").child(field), detail));
        }
    }
    if differs_elsewhere(now, old) || !rules::is_equal(now.field("claims"), old.field("claims")) {
        let detail = "only cpu and memory resources are mutable at pod-level";
        errors.push(FieldError::forbidden(path, detail));
    }
}

fn same_containers(spec: &Value, before: &Value, list: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (now, old, path) = (spec.items_at(&[list]), before.items_at(&[list]), path.child(list));
    if now.len() != old.len() {
        let detail = format!("{list} may not be added or removed on resize");
        return errors.push(FieldError::forbidden(&path, detail));
    }
    for (at, _) in now.iter().zip(old).enumerate().filter(|(_, (a, b))| a.str_at(&["name"]) != b.str_at(&["name"])) {
        let detail = format!("{list} may not be renamed or reordered on resize");
        errors.push(FieldError::forbidden(&path.index(at).child("name"), detail));
    }
}

fn removals(spec: &Value, before: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for list in ["initContainers", "containers"] {
        for (at, (now, old)) in spec.items_at(&[list]).iter().zip(before.items_at(&[list])).enumerate() {
            let path = path.child(list).index(at).child("resources");
            for field in ["requests", "limits"] {
                let (now, old) = (amounts(now.field("resources"), field), amounts(old.field("resources"), field));
                if is_removed(now, old) {
                    let detail = format!("resource {field} cannot be removed");
                    errors.push(FieldError::forbidden(&path.child(field), detail));
                }
            }
        }
    }
}

fn containers(spec: &Value, before: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let pairs = |list: &'static str| spec.items_at(&[list]).iter().zip(before.items_at(&[list])).enumerate();
    for (_, (now, old)) in pairs("containers") {
        if differs(now, old) {
            errors.push(FieldError::forbidden(path, ONLY_CPU_AND_MEMORY));
        }
    }
    for (at, (now, old)) in pairs("initContainers").filter(|(_, (now, old))| now != old) {
        let path = path.child("initContainers").index(at);
        if differs(now, old) {
            let detail = "only cpu and memory resources for init or sidecar containers are mutable";
            errors.push(FieldError::forbidden(&path, detail));
        }
        let restarts =
            now.items_at(&["resizePolicy"]).iter().filter(|it| it.str_at(&["restartPolicy"]) == "RestartContainer");
        for _ in restarts.filter(|_| !is_sidecar(now)) {
            let detail = "non-sidecar init containers with a resize policy of RestartContainer cannot be resized";
            errors.push(FieldError::forbidden(&path, detail));
        }
    }
}

/// Whether containers differ in more than CPU and memory. Claims are not looked at, as upstream does not.
fn differs(now: &Value, old: &Value) -> bool {
    let without_resources = |container: &Value| {
        let mut container = container.clone();
        container.remove_at(&["resources"]);
        container
    };
    without_resources(now) != without_resources(old)
        || differs_elsewhere(now.field("resources"), old.field("resources"))
}

fn is_same_beside_resources(spec: &Value, before: &Value) -> bool {
    let rest = |spec: &Value| {
        let mut spec = spec.clone();
        for field in ["resources", "containers", "initContainers"] {
            spec.remove_at(&[field]);
        }
        spec
    };
    rest(spec) == rest(before)
}
