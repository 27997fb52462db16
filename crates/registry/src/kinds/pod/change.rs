//! How a Pod may change: little of its `spec`, and its status only in ways that happen.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::value::{Map, Value};

use super::{is_restartable, scheduling};
use crate::rules;

const MIRROR_ANNOTATION: &str = "kubernetes.io/config.mirror";

const UPDATABLE: &str = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,\
                         `spec.tolerations` (only additions to existing tolerations),\
                         `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/// Checks an update of a Pod (`ValidatePodUpdate`); the new Pod itself is good.
pub(super) fn validate(pod: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    validate_mirror(pod, old, errors);
    let (spec, before, path) = (pod.field("spec"), old.field("spec"), FieldPath::new("spec"));
    for list in ["containers", "initContainers"] {
        if spec.items_at(&[list]).len() != before.items_at(&[list]).len() {
            let detail = "pod updates may not add or remove containers";
            return errors.push(FieldError::forbidden(&path.child(list), detail));
        }
    }
    if !validate_deadline(spec, before, &path, errors) {
        return;
    }
    validate_tolerations(spec, before, &path.child("tolerations"), errors);
    validate_gates(spec, before, &path.child("schedulingGates"), errors);
    if spec == before {
        return;
    }
    let mut rest = spec.clone();
    take_back_updatable(&mut rest, before);
    if !before.items_at(&["schedulingGates"]).is_empty() {
        validate_gated(spec, before, &path, errors);
        take_back(&mut rest, before, &["nodeSelector"]);
        take_back(&mut rest, before, &["affinity", "nodeAffinity"]);
    }
    if !is_same_spec(&rest, before) {
        let changed = changed_fields(&rest, before, "");
        let detail = format!("pod updates may not change fields other than {UPDATABLE}\n{changed}");
        errors.push(FieldError::forbidden(&path, detail));
    }
}

fn is_same_spec(spec: &Value, before: &Value) -> bool {
    changed_fields(spec, before, "").is_empty()
}

/// A line per field that differs, before and after; upstream prints a Go diff here.
fn changed_fields(spec: &Value, before: &Value, path: &str) -> String {
    let (Some(new), Some(old)) = (spec.as_object(), before.as_object()) else { return String::new() };
    let mut keys: Vec<&str> = old.keys().collect();
    keys.extend(new.keys().filter(|key| !old.contains_key(key)));
    let mut text = String::new();
    for key in keys {
        let (new, old) = (spec.field(key), before.field(key));
        if rules::is_equal(new, old) {
            continue;
        }
        let at = format!("{path}{key}");
        match (new, old) {
            (Value::Object(_), Value::Object(_)) => text.push_str(&changed_fields(new, old, &format!("{at}."))),
            _ => {
                let (old, new) = (rules::printed(old).0, rules::printed(new).0);
                text.push_str(&format!("- {at}: {old}\n+ {at}: {new}\n"));
            }
        }
    }
    text
}

/// Puts the stored values into the fields that an update may change.
fn take_back_updatable(spec: &mut Value, before: &Value) {
    for list in ["containers", "initContainers"] {
        let old = before.items_at(&[list]).to_vec();
        let containers = spec.at_mut(&[list]).and_then(Value::as_array_mut).into_iter().flatten();
        for (container, old) in containers.zip(old) {
            container.set(&["image"], old.str_at(&["image"]));
        }
    }
    for field in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] {
        take_back(spec, before, &[field]);
    }
    let seconds = |it: &Value| it.i64_at(&["terminationGracePeriodSeconds"]);
    if seconds(before).is_some_and(|it| it < 0) && seconds(spec) == Some(1) {
        take_back(spec, before, &["terminationGracePeriodSeconds"]);
    }
}

fn take_back(spec: &mut Value, before: &Value, path: &[&'static str]) {
    match before.at(path) {
        Value::Null => drop(spec.remove_at(path)),
        value => spec.set(path, value.clone()),
    }
    // A parent that holds nothing now is as good as none.
    if let [parent, _] = path
        && before.field(parent).is_null()
        && spec.field(parent).as_object().is_some_and(Map::is_empty)
    {
        spec.remove_at(&[parent]);
    }
}

fn validate_mirror(pod: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    let path = FieldPath::new("metadata.annotations").key(MIRROR_ANNOTATION);
    match (pod.annotation(MIRROR_ANNOTATION), old.annotation(MIRROR_ANNOTATION)) {
        (new, before) if new == before => {}
        (_, None) => errors.push(FieldError::forbidden(&path, "may not add mirror pod annotation")),
        _ => errors.push(FieldError::forbidden(&path, "may not remove or update mirror pod annotation")),
    }
}

/// Whether the deadline is good: it may appear and shrink.
fn validate_deadline(spec: &Value, before: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) -> bool {
    let path = path.child("activeDeadlineSeconds");
    let seconds = |it: &Value| it.i64_at(&["activeDeadlineSeconds"]);
    match (seconds(spec), seconds(before)) {
        (Some(new), Some(old)) if new > old => {
            errors.push(FieldError::invalid(&path, new, "must be less than or equal to previous value"));
            false
        }
        (None, Some(_)) => {
            let detail = "must not update from a positive integer to nil value";
            errors.push(FieldError::invalid(&path, rules::printed(&Value::Null), detail));
            true
        }
        _ => true,
    }
}

fn validate_tolerations(spec: &Value, before: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let without_seconds = |it: &Value| {
        let mut it = it.clone();
        it.remove_at(&["tolerationSeconds"]);
        it
    };
    let new: Vec<Value> = spec.items_at(&["tolerations"]).iter().map(without_seconds).collect();
    if !before.items_at(&["tolerations"]).iter().all(|old| new.contains(&without_seconds(old))) {
        let detail = "existing toleration can not be modified except its tolerationSeconds";
        return errors.push(FieldError::forbidden(path, detail));
    }
    scheduling::tolerations(spec.items_at(&["tolerations"]), path, errors);
}

fn validate_gates(spec: &Value, before: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let old = before.items_at(&["schedulingGates"]);
    for (at, gate) in spec.items_at(&["schedulingGates"]).iter().enumerate() {
        let name = gate.str_at(&["name"]);
        if !old.iter().any(|it| it.str_at(&["name"]) == name) {
            let detail = format!("only deletion is allowed, but found new scheduling gate '{name}'");
            errors.push(FieldError::forbidden(&path.index(at).child("name"), detail));
        }
    }
}

/// While gates hold a Pod back, its node selector may gain entries.
fn validate_gated(spec: &Value, before: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let new = spec.field("nodeSelector");
    let old = before.field("nodeSelector").as_object();
    let is_kept = old.into_iter().flat_map(Map::iter).all(|(key, value)| new.field(key) == value);
    if !is_kept {
        let detail = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        errors.push(FieldError::invalid(&path.child("nodeSelector"), rules::printed(new), detail));
    }
}

// ---- status -------------------------------------------------------------------------------------

/// What an older kubelet leaves out of a status stays.
pub(super) fn keep_status(pod: &mut Value, old: &Value) {
    let fields: [&[&'static str]; 2] = [&["status", "qosClass"], &["status", "observedGeneration"]];
    for field in fields {
        if pod.at(field).is_null() && !old.at(field).is_null() {
            pod.set(field, old.at(field).clone());
        }
    }
    let before = old.items_at(&["status", "conditions"]).to_vec();
    let conditions = pod.at_mut(&["status", "conditions"]).and_then(Value::as_array_mut).into_iter().flatten();
    for condition in conditions.filter(|it| it.field("observedGeneration").is_null()) {
        let same = before.iter().find(|it| it.str_at(&["type"]) == condition.str_at(&["type"]));
        if let Some(generation) = same.and_then(|it| it.i64_at(&["observedGeneration"])) {
            condition.set(&["observedGeneration"], generation);
        }
    }
}

/// Checks a new status (`ValidatePodStatusUpdate`).
pub(super) fn validate_status(pod: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    validate_mirror(pod, old, errors);
    let (status, before, path) = (pod.field("status"), old.field("status"), FieldPath::new("status"));
    for (at, condition) in status.items_at(&["conditions"]).iter().enumerate() {
        let (path, kind) = (path.child("conditions").index(at), condition.str_at(&["type"]));
        not_negative_generation(condition, &path, errors);
        if !matches!(kind, "PodScheduled" | "Ready" | "Initialized") {
            rules::invalid_each(&path.child("Type"), kind, names::qualified_name(kind), errors);
        }
    }
    not_negative_generation(status, &path, errors);
    let (nominated, nominated_before) = (status.str_at(&["nominatedNodeName"]), before.str_at(&["nominatedNodeName"]));
    if !nominated.is_empty() && nominated != nominated_before {
        let path = path.child("nominatedNodeName");
        rules::invalid_each(&path, nominated, names::dns1123_subdomain(nominated), errors);
        if !old.str_at(&["spec", "nodeName"]).is_empty() {
            let detail = "may not be set on pods that are already bound to a node";
            errors.push(FieldError::forbidden(&path, detail));
        }
    }
    rules::immutable(pod, old, &["status", "qosClass"], errors);
    for (list, spec_list) in [("containerStatuses", "containers"), ("initContainerStatuses", "initContainers")] {
        validate_states(pod, old, list, spec_list, errors);
    }
    validate_ips(status, before, &path, errors);
}

fn not_negative_generation(object: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if let Some(generation) = object.i64_at(&["observedGeneration"]).filter(|it| *it < 0) {
        let path = path.child("observedGeneration");
        errors.push(FieldError::invalid(&path, generation, "must be a non-negative integer"));
    }
}

/// A container that has ended and is not to be restarted stays ended.
fn validate_states(pod: &Value, old: &Value, list: &str, spec_list: &str, errors: &mut Vec<FieldError>) {
    let ended = |it: &Value| !it.at(&["state", "terminated"]).is_null();
    for (at, before) in old.items_at(&["status", list]).iter().enumerate().filter(|(_, it)| ended(it)) {
        let name = before.str_at(&["name"]);
        let now = pod.items_at(&["status", list]).iter().find(|it| it.str_at(&["name"]) == name);
        if now.is_none_or(ended) {
            continue;
        }
        let container = old.items_at(&["spec", spec_list]).iter().find(|it| it.str_at(&["name"]) == name);
        let code = before.i64_at(&["state", "terminated", "exitCode"]).unwrap_or(0);
        if !container.is_some_and(|it| may_restart(it, old, code)) {
            let path = FieldPath::new("status").child(list).index(at).child("state");
            let detail = "may not be transitioned to non-terminated state";
            errors.push(FieldError::forbidden(&path, detail));
        }
    }
}

fn may_restart(container: &Value, pod: &Value, exit_code: i64) -> bool {
    for rule in container.items_at(&["restartPolicyRules"]) {
        let codes = rule.items_at(&["exitCodes", "values"]);
        let is_listed = codes.iter().any(|it| it.as_i64() == Some(exit_code));
        if is_listed == (rule.str_at(&["exitCodes", "operator"]) == "In") {
            return true;
        }
    }
    let policy = match container.str_at(&["restartPolicy"]) {
        "" => pod.str_at(&["spec", "restartPolicy"]),
        own => own,
    };
    match policy {
        "Always" => true,
        "OnFailure" => exit_code != 0,
        _ => is_restartable(container),
    }
}

fn validate_ips(status: &Value, before: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let host_ip = status.str_at(&["hostIP"]);
    if let Some(first) = status.items_at(&["hostIPs"]).first().map(|it| it.str_at(&["ip"]))
        && first != host_ip
    {
        let path = path.child("hostIPs").index(0).child("ip");
        errors.push(FieldError::invalid(&path, first, "must be equal to `hostIP`"));
    }
    for field in ["podIPs", "hostIPs"] {
        let path = path.child(field);
        let old: Vec<&str> = before.items_at(&[field]).iter().map(|it| it.str_at(&["ip"])).collect();
        let ips: Vec<&str> = status.items_at(&[field]).iter().map(|it| it.str_at(&["ip"])).collect();
        for (at, ip) in ips.iter().enumerate().filter(|(_, ip)| !old.contains(ip)) {
            errors.extend(names::legacy_ip(&path.index(at), ip));
        }
        let families: Vec<bool> =
            ips.iter().filter_map(|it| names::parse_ip_sloppy(it)).map(|it| it.is_ipv6()).collect();
        let is_pair = matches!(families[..], [a, b] if a != b);
        if ips.len() > 1 && !is_pair {
            let detail = "may specify no more than one IP for each IP family";
            errors.push(FieldError::invalid(&path, rules::printed(status.field(field)), detail));
        }
    }
}
