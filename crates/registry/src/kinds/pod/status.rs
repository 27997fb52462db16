//! Writes of a Pod's status.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;

use super::super::pod_spec::{self, go_struct};
use super::change;
use crate::rules;

const HEALTH: [&str; 3] = ["Healthy", "Unhealthy", "Unknown"];
const HEALTH_MESSAGE_BYTES_MAX: usize = 1_024;
const STAYS_ENDED: &str = "may not be transitioned to non-terminated state";

/// Conditions of the system itself, whose names need no domain.
const OWN_CONDITIONS: [&str; 3] = ["PodScheduled", "Ready", "Initialized"];

/// Fields with statuses of containers, and where the containers are.
const LISTS: [(&str, &str); 3] = [
    ("containerStatuses", "containers"),
    ("initContainerStatuses", "initContainers"),
    ("ephemeralContainerStatuses", ""),
];

/// Carries over what a status update may not lose, and drops what feature gates of this version leave off.
pub fn prepare(pod: &mut Value, old: &Value) {
    drop_disabled(pod);
    for field in ["qosClass", "observedGeneration"] {
        let is_lost = matches!(pod.at(&["status", field]), Value::Null | Value::Int(0));
        if is_lost && !old.at(&["status", field]).is_null() {
            pod.set(&["status", field], old.at(&["status", field]).clone());
        }
    }
    // Conditions without `observedGeneration` keep that of the old ones, per type in order.
    let mut before: Vec<&Value> = old.items_at(&["status", "conditions"]).iter().collect();
    let conditions = pod.at_mut(&["status", "conditions"]).and_then(Value::as_array_mut);
    for condition in conditions.into_iter().flatten() {
        let kind = condition.str_at(&["type"]);
        let Some(at) = before.iter().position(|it| it.str_at(&["type"]) == kind) else { continue };
        let generation = before.remove(at).i64_at(&["observedGeneration"]).unwrap_or(0);
        if condition.i64_at(&["observedGeneration"]).unwrap_or(0) == 0 && generation != 0 {
            condition.set(&["observedGeneration"], generation);
        }
    }
}

fn drop_disabled(pod: &mut Value) {
    pod.remove_at(&["status", "nodeAllocatableResourceClaimStatuses"]);
    for (list, _) in LISTS {
        let statuses = pod.at_mut(&["status", list]).and_then(Value::as_array_mut).into_iter().flatten();
        let mounts = statuses.filter_map(|it| it.at_mut(&["volumeMounts"])?.as_array_mut()).flatten();
        mounts.for_each(|mount| drop(mount.remove_at(&["volumeStatus"])));
    }
}

/// Checks a new status (`ValidatePodStatusUpdate`).
pub fn validate(pod: &Value, old: &Value, errors: &mut Vec<FieldError>) {
    change::annotations(pod, old, errors);
    let (status, path) = (pod.field("status"), FieldPath::new("status"));
    conditions(status, &path.child("conditions"), errors);
    nominated_node(pod, old, &path.child("nominatedNodeName"), errors);
    not_negative_generation(status, &path, errors);
    rules::immutable(pod, old, &["status", "qosClass"], errors);
    for (list, containers) in LISTS {
        states(pod, old, (list, containers), errors);
    }
    claims(pod, &path.child("resourceClaimStatuses"), errors);
    extended_claim(pod, &path.child("extendedResourceClaimStatus"), errors);
    addresses(status, old.field("status"), "podIPs", errors);
    let host_ip = status.str_at(&["hostIP"]);
    let first = status.items_at(&["hostIPs"]).first().map(|it| it.str_at(&["ip"]));
    if let Some(first) = first.filter(|first| *first != host_ip) {
        let path = path.child("hostIPs").index(0).child("ip");
        errors.push(FieldError::invalid(&path, first, "must be equal to `hostIP`"));
    }
    addresses(status, old.field("status"), "hostIPs", errors);
    for (list, _) in LISTS {
        users(pod, list, &path.child(list), errors);
    }
    for (list, containers) in LISTS {
        devices(pod, (list, containers), &path.child(list), errors);
    }
}

fn conditions(status: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, condition) in status.items_at(&["conditions"]).iter().enumerate() {
        let (path, kind) = (path.index(at), condition.str_at(&["type"]));
        not_negative_generation(condition, &path, errors);
        if !OWN_CONDITIONS.contains(&kind) {
            rules::invalid_each(&path.child("Type"), kind, names::qualified_name(kind), errors);
        }
    }
}

fn not_negative_generation(object: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if let Some(generation) = object.i64_at(&["observedGeneration"]).filter(|it| *it < 0) {
        let path = path.child("observedGeneration");
        errors.push(FieldError::invalid(&path, generation, "must be a non-negative integer"));
    }
}

fn nominated_node(pod: &Value, old: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let name = pod.str_at(&["status", "nominatedNodeName"]);
    if name.is_empty() || name == old.str_at(&["status", "nominatedNodeName"]) {
        return;
    }
    rules::invalid_each(path, name, names::dns1123_subdomain(name), errors);
    if !old.str_at(&["spec", "nodeName"]).is_empty() {
        errors.push(FieldError::forbidden(path, "may not be set on pods that are already bound to a node"));
    }
}

/// A container that has ended and is not to be restarted stays ended.
fn states(pod: &Value, old: &Value, (list, spec_list): (&str, &str), errors: &mut Vec<FieldError>) {
    let ended = |it: &Value| !it.at(&["state", "terminated"]).is_null();
    let spec = old.field("spec");
    if !spec_list.is_empty() && may_all_restart(spec) {
        return;
    }
    for (at, before) in old.items_at(&["status", list]).iter().enumerate().filter(|(_, it)| ended(it)) {
        let name = before.str_at(&["name"]);
        let mut now = pod.items_at(&["status", list]).iter().filter(|it| it.str_at(&["name"]) == name);
        if now.all(ended) {
            continue;
        }
        let container = spec.items_at(&[spec_list]).iter().find(|it| it.str_at(&["name"]) == name);
        let code = before.i64_at(&["state", "terminated", "exitCode"]).unwrap_or(0);
        if !container.is_some_and(|it| may_restart(it, spec, code)) {
            let path = FieldPath::new("status").child(list).index(at).child("state");
            errors.push(FieldError::forbidden(&path, STAYS_ENDED));
        }
    }
}

/// Whether some container, when it ends, may restart all of them.
fn may_all_restart(spec: &Value) -> bool {
    let containers = ["initContainers", "containers"].into_iter().flat_map(|list| spec.items_at(&[list]));
    let mut rules = containers.flat_map(|it| it.items_at(&["restartPolicyRules"]));
    rules.any(|rule| rule.str_at(&["action"]) == "RestartAllContainers")
}

fn may_restart(container: &Value, spec: &Value, exit_code: i64) -> bool {
    let own = container.str_at(&["restartPolicy"]);
    let is_match = |rule: &Value| {
        let listed = rule.items_at(&["exitCodes", "values"]).iter().any(|it| it.as_i64() == Some(exit_code));
        match rule.str_at(&["exitCodes", "operator"]) {
            "In" => listed,
            "NotIn" => !listed,
            _ => false,
        }
    };
    let rule = container.items_at(&["restartPolicyRules"]).iter().find(|it| is_match(it));
    let restarts = rule.is_some_and(|it| matches!(it.str_at(&["action"]), "Restart" | "RestartAllContainers"));
    match if own.is_empty() { spec.str_at(&["restartPolicy"]) } else { own } {
        _ if !own.is_empty() && restarts => true,
        "OnFailure" => exit_code != 0,
        "Never" => false,
        _ => true,
    }
}

fn claims(pod: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let known = pod.items_at(&["spec", "resourceClaims"]);
    let statuses = pod.items_at(&["status", "resourceClaimStatuses"]);
    for (at, status) in statuses.iter().enumerate() {
        let (path, name) = (path.index(at), status.str_at(&["name"]));
        if !known.iter().any(|it| it.str_at(&["name"]) == name) {
            let detail = "must match the name of an entry in `spec.resourceClaims`";
            errors.push(FieldError::invalid(&path.child("name"), name, detail));
        }
        if statuses[..at].iter().any(|it| it.str_at(&["name"]) == name) {
            errors.push(FieldError::duplicate(&path.child("name"), name));
        }
        if let Some(claim) = status.field("resourceClaimName").as_str() {
            rules::invalid_each(&path.child("resourceClaimName"), claim, names::dns1123_subdomain(claim), errors);
        }
    }
}

/// The claim that was made for resources that containers ask for by plain names.
fn extended_claim(pod: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let status = pod.at(&["status", "extendedResourceClaimStatus"]);
    if status.is_null() {
        return;
    }
    let (mappings, list) = (status.items_at(&["requestMappings"]), path.child("requestMappings"));
    if mappings.is_empty() {
        errors.push(FieldError::required(&list, "at least one request mapping is required"));
    }
    for (at, mapping) in mappings.iter().enumerate() {
        let path_of_mapping = list.index(at);
        let text = |field: &str| mapping.str_at(&[field]);
        let (container, resource, request) = (text("containerName"), text("resourceName"), text("requestName"));
        let containers = ["containers", "initContainers"].into_iter().flat_map(|list| pod.items_at(&["spec", list]));
        let found = containers.into_iter().find(|it| it.str_at(&["name"]) == container);
        let wrong = match found {
            None => Some((
                "containerName",
                container,
                "must match the name of an entry in spec.initContainers.name or spec.containers.name",
            )),
            Some(it) if it.at(&["resources", "requests", resource]).is_null() => Some((
                "resourceName",
                resource,
                "must match the extended resource name of an entry in spec.initContainers.resources.requests or \
                 spec.containers.resources.requests",
            )),
            Some(_) => None,
        };
        if let Some((field, value, detail)) = wrong {
            errors.push(FieldError::invalid(&path_of_mapping.child(field), value, detail));
        }
        rules::invalid_each(&path.child("requestName"), request, names::dns1123_label(request), errors);
        if mappings[..at].contains(mapping) {
            for (field, value) in [("containerName", container), ("resourceName", resource), ("requestName", request)] {
                errors.push(FieldError::duplicate(&path_of_mapping.child(field), value));
            }
        }
    }
    match status.str_at(&["resourceClaimName"]) {
        "" => errors.push(FieldError::required(&path.child("resourceClaimName"), "")),
        name => {
            rules::invalid_each(&path.child("resourceClaimName"), name, names::dns1123_subdomain(name), errors);
        }
    }
}

/// New addresses must be good ones, and there is at most one of each family.
fn addresses(status: &Value, before: &Value, field: &str, errors: &mut Vec<FieldError>) {
    let path = FieldPath::new("status").child(field);
    let texts = |status: &Value| -> Vec<String> {
        status.items_at(&[field]).iter().map(|it| it.str_at(&["ip"]).to_owned()).collect()
    };
    let (now, old) = (texts(status), texts(before));
    for (at, ip) in now.iter().enumerate().filter(|(_, ip)| !old.contains(ip)) {
        errors.extend(names::legacy_ip(&path.index(at), ip));
    }
    if now.len() < 2 {
        return;
    }
    let mut families = Vec::new();
    for (at, ip) in now.iter().enumerate() {
        match names::parse_ip_sloppy(ip) {
            Some(ip) => families.push(ip.to_canonical().is_ipv6()),
            None => {
                let cause = format!("failed to check for dual stack with error:invalid IP[{at}]: {ip}");
                errors.push(FieldError::internal(&path, cause));
                families.clear();
                break;
            }
        }
    }
    let is_pair = matches!(families[..], [a, b] if a != b);
    if !is_pair {
        let detail = "may specify no more than one IP for each IP family";
        errors.push(FieldError::invalid(&path, go_struct::printed_list("PodIP", status.field(field)), detail));
    }
}

/// Users that containers run as.
fn users(pod: &Value, list: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let is_windows = pod.str_at(&["spec", "os", "name"]) == "windows";
    for (at, status) in pod.items_at(&["status", list]).iter().enumerate() {
        let (user, path) = (status.at(&["user", "linux"]), path.index(at).child("user").child("linux"));
        if user.is_null() {
            continue;
        }
        if is_windows {
            errors.push(FieldError::forbidden(&path, "cannot be set for a windows pod"));
            continue;
        }
        let groups = user.items_at(&["supplementalGroups"]).iter().enumerate();
        let groups = groups.map(|(at, group)| (path.child("supplementalGroups").index(at), group.as_i64()));
        let own = ["uid", "gid"].map(|field| (path.child(field), Some(user.i64_at(&[field]).unwrap_or(0))));
        for (path, id) in own.into_iter().chain(groups) {
            pod_spec::validate_user_id(id, &path, errors);
        }
    }
}

/// The health of devices that containers have, each once; ephemeral containers have none.
fn devices(pod: &Value, (list, spec_list): (&str, &str), path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, status) in pod.items_at(&["status", list]).iter().enumerate() {
        let path = path.index(at).child("allocatedResourcesStatus");
        let name = status.str_at(&["name"]);
        let container = pod.items_at(&["spec", spec_list]).iter().find(|it| it.str_at(&["name"]) == name);
        let resources = status.items_at(&["allocatedResourcesStatus"]);
        if spec_list.is_empty() {
            if !resources.is_empty() {
                errors.push(FieldError::forbidden(&path, "must not be specified in container status"));
            }
            continue;
        }
        for (nth, resource) in resources.iter().enumerate() {
            let (path, name) = (path.index(nth), resource.str_at(&["name"]));
            if let Some(detail) = container.and_then(|it| wrong_with_device_name(name, it)) {
                errors.push(FieldError::invalid(&path.child("name"), name, detail));
            }
            health(resource.items_at(&["resources"]), &path.child("resources"), errors);
        }
    }
}

fn wrong_with_device_name(name: &str, container: &Value) -> Option<&'static str> {
    let Some(claim) = name.strip_prefix("claim:") else {
        let is_asked_for = !container.at(&["resources", "requests", name]).is_null();
        return (!is_asked_for).then_some("must match one of the container's resource requests");
    };
    let full_name = |it: &Value| match it.str_at(&["request"]) {
        "" => it.str_at(&["name"]).to_owned(),
        request => format!("{}/{request}", it.str_at(&["name"])),
    };
    let is_known = container.items_at(&["resources", "claims"]).iter().any(|it| full_name(it) == claim);
    (!is_known).then_some(
        "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or \
         'claim:<claimName>' if request is empty",
    )
}

fn health(devices: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, device) in devices.iter().enumerate() {
        let (path, id) = (path.index(at), device.str_at(&["resourceID"]));
        let health = device.str_at(&["health"]);
        if !HEALTH.contains(&health) {
            errors.push(FieldError::not_supported(&path.child("health"), health, &HEALTH));
        }
        match device.field("message").as_str() {
            Some("") => errors.push(FieldError::required(&path.child("message"), "must be non-empty if specified")),
            Some(text) if text.len() > HEALTH_MESSAGE_BYTES_MAX => {
                errors.push(FieldError::too_long(&path.child("message"), HEALTH_MESSAGE_BYTES_MAX));
            }
            _ => {}
        }
        if devices[..at].iter().any(|it| it.str_at(&["resourceID"]) == id) {
            errors.push(FieldError::duplicate(&path.child("resourceID"), id));
        }
    }
}
