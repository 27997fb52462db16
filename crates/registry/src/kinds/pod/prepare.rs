//! What the system sets in a Pod before it is checked.

use apimachinery::field_error::FieldPath;
use apimachinery::tree;
use apimachinery::value::Value;

use super::super::pod_spec::{self, CONTAINER_LISTS, apparmor};
use super::qos;
use crate::strategy::Context;

/// Brings a new Pod into its first state: pending, with its quality-of-service class.
pub fn create(pod: &mut Value, context: &Context<'_>) {
    spec(pod);
    let class = qos::class(pod);
    pod.set(&["status"], tree!({"phase": "Pending", "qosClass": class}));
    if !pod.items_at(&["spec", "schedulingGates"]).is_empty() {
        let message = "Scheduling is blocked due to non-empty scheduling gates";
        set_condition(pod, "PodScheduled", ("False", "SchedulingGated", message), &context.now.seconds_text());
    }
    add_label_keys_to_selectors(pod);
    apparmor_from_annotations(pod, context);
}

/// What holds for the `spec` of each new or changed Pod.
pub fn spec(pod: &mut Value) {
    let Some(spec) = pod.at_mut(&["spec"]) else { return };
    // Admission may have set only one of the two names of the service account.
    pod_spec::defaults::mirror_service_account(spec);
    pod_spec::defaults::drop_disabled(spec);
}

/// `podIP` is the first of `podIPs`; the older field wins.
pub fn mirror_pod_ip(pod: &mut Value) {
    let one = pod.str_at(&["status", "podIP"]).to_owned();
    let first = pod.items_at(&["status", "podIPs"]).first().map_or("", |it| it.str_at(&["ip"])).to_owned();
    match (one.is_empty(), first.is_empty()) {
        (true, false) => pod.set(&["status", "podIP"], first),
        (false, _) if one != first => pod.set(&["status", "podIPs"], tree!([{"ip": one}])),
        _ => {}
    }
}

/// Sets a condition (status, reason, message); the time of its change moves only when its status does.
pub fn set_condition(pod: &mut Value, kind: &str, (status, reason, message): (&str, &str, &str), now: &str) {
    let mut condition = tree!({"type": kind, "status": status, "lastTransitionTime": now});
    for (field, text) in [("reason", reason), ("message", message)] {
        if !text.is_empty() {
            condition.set(&[field], text);
        }
    }
    let mut conditions = pod.items_at(&["status", "conditions"]).to_vec();
    match conditions.iter_mut().find(|it| it.str_at(&["type"]) == kind) {
        None => conditions.push(condition),
        Some(before) => {
            if before.str_at(&["status"]) == status {
                condition.set(&["lastTransitionTime"], before.field("lastTransitionTime").clone());
            }
            *before = condition;
        }
    }
    pod.set(&["status", "conditions"], conditions);
}

/// Label keys of affinity terms and spread constraints mean the Pod's own values: they become part of the selectors.
fn add_label_keys_to_selectors(pod: &mut Value) {
    let labels = pod.at(&["metadata", "labels"]).clone();
    for affinity in ["podAffinity", "podAntiAffinity"] {
        let required = ["spec", "affinity", affinity, "requiredDuringSchedulingIgnoredDuringExecution"];
        let preferred = ["spec", "affinity", affinity, "preferredDuringSchedulingIgnoredDuringExecution"];
        for term in items_mut(pod, &preferred).filter_map(|it| it.at_mut(&["podAffinityTerm"])) {
            add_label_keys(term, &labels);
        }
        items_mut(pod, &required).for_each(|term| add_label_keys(term, &labels));
    }
    items_mut(pod, &["spec", "topologySpreadConstraints"]).for_each(|constraint| add_label_keys(constraint, &labels));
}

fn items_mut<'a>(object: &'a mut Value, path: &[&str]) -> impl Iterator<Item = &'a mut Value> {
    object.at_mut(path).and_then(Value::as_array_mut).into_iter().flatten()
}

fn add_label_keys(term: &mut Value, labels: &Value) {
    if term.field("labelSelector").is_null() {
        return;
    }
    let mut expressions = term.items_at(&["labelSelector", "matchExpressions"]).to_vec();
    for (field, operator) in [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")] {
        for key in term.items_at(&[field]).iter().filter_map(Value::as_str) {
            if let Some(value) = labels.field(key).as_str() {
                expressions.push(tree!({"key": key, "operator": operator, "values": [value]}));
            }
        }
    }
    if !expressions.is_empty() {
        term.set(&["labelSelector", "matchExpressions"], expressions);
    }
}

/// AppArmor annotations of containers become their fields; one that cannot, or that says something new, is warned
/// about.
fn apparmor_from_annotations(pod: &mut Value, context: &Context<'_>) {
    if pod.str_at(&["spec", "os", "name"]) == "windows" {
        return;
    }
    let annotations = pod.at(&["metadata", "annotations"]).clone();
    let of_pod = pod.at(&["spec", "securityContext", "appArmorProfile"]).clone();
    let Some(spec) = pod.at_mut(&["spec"]) else { return };
    pod_spec::for_each_container(spec, &CONTAINER_LISTS, |container| {
        let key = format!("{}{}", apparmor::ANNOTATION, container.str_at(&["name"]));
        let Some(annotation) = annotations.field(&key).as_str() else { return };
        if !container.at(&["securityContext", "appArmorProfile"]).is_null() {
            return;
        }
        let profile = apparmor::from_annotation(annotation).filter(|profile| {
            let mut errors = Vec::new();
            apparmor::validate(profile, &FieldPath::default(), &mut errors);
            errors.is_empty()
        });
        let is_new = profile.as_ref().is_none_or(|profile| *profile != of_pod);
        if is_new {
            let path = FieldPath::new("metadata.annotations").key(&key);
            context.info.warn(format!("{path}: deprecated since v1.30; use the \"appArmorProfile\" field instead"));
        }
        if let Some(profile) = profile.filter(|_| is_new) {
            container.set(&["securityContext", "appArmorProfile"], profile);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_keeps_its_time_as_long_as_its_status() {
        let mut pod = tree!({"metadata": {"name": "a"}});
        set_condition(&mut pod, "Ready", ("False", "Why", ""), "1");
        set_condition(&mut pod, "Ready", ("False", "Other", ""), "2");
        let condition = pod.items_at(&["status", "conditions"])[0].clone();
        assert_eq!(
            condition,
            tree!({"type": "Ready", "status": "False", "lastTransitionTime": "1", "reason": "Other"})
        );
        set_condition(&mut pod, "Ready", ("True", "", ""), "3");
        let conditions = pod.items_at(&["status", "conditions"]);
        assert_eq!(conditions, [tree!({"type": "Ready", "status": "True", "lastTransitionTime": "3"})]);
    }
}
