//! What containers must be: names, images, ports, mounts, restart rules; each kind of container with its own.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;

use super::super::endpoints;
use super::handlers::{self, PROBES};
use super::volumes::{Volumes, descending_path, has_steps_back};
use super::{environment, invalid_number, is_sidecar, one_of, resources, security};
use crate::rules;

const RESTART_RULES_MAX: usize = 20;
const EXIT_CODES_MAX: usize = 255;
const ONLY_SIDECARS: &str = "may not be set for init containers without restartPolicy=Always";
const RULES_NEED_POLICY: &str = "must specify restartPolicy when restart rules are used";
const RESTART_POLICIES: [&str; 3] = ["Always", "Never", "OnFailure"];

/// Fields that ephemeral containers may not have.
const NOT_EPHEMERAL: [&str; 9] = [
    "ports",
    "resources",
    "resizePolicy",
    "restartPolicy",
    "restartPolicyRules",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
];

/// Checks all containers of a `PodSpec`.
pub fn validate(spec: &Value, volumes: &Volumes<'_>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    validate_own(spec, volumes, &path.child("containers"), errors);
    validate_init(spec, volumes, &path.child("initContainers"), errors);
    validate_ephemeral(spec, volumes, &path.child("ephemeralContainers"), errors);
}

fn validate_own(spec: &Value, volumes: &Volumes<'_>, list: &FieldPath, errors: &mut Vec<FieldError>) {
    let own = spec.items_at(&["containers"]);
    if own.is_empty() {
        return errors.push(FieldError::required(list, ""));
    }
    for (at, container) in own.iter().enumerate() {
        let path = list.index(at);
        validate_common(container, spec, volumes, &path, errors);
        if has_name(&own[..at], container) {
            errors.push(FieldError::duplicate(&path.child("name"), container.str_at(&["name"])));
        }
        handlers::validate(container, spec, &path, errors);
        restart_policy(container, &path, errors);
    }
    host_port_conflicts(own, list, errors);
}

fn validate_init(spec: &Value, volumes: &Volumes<'_>, list: &FieldPath, errors: &mut Vec<FieldError>) {
    let (own, init) = (spec.items_at(&["containers"]), spec.items_at(&["initContainers"]));
    for (at, container) in init.iter().enumerate() {
        let (path, name) = (list.index(at), container.str_at(&["name"]));
        validate_common(container, spec, volumes, &path, errors);
        let has_policy = !container.field("restartPolicy").is_null();
        let is_lost = !container.items_at(&["restartPolicyRules"]).is_empty();
        match has_policy {
            true => restart_policy(container, &path, errors),
            false if is_lost => errors.push(FieldError::required(&path.child("restartPolicy"), RULES_NEED_POLICY)),
            false => {}
        }
        if has_name(own, container) || !name.is_empty() && has_name(&init[..at], container) {
            errors.push(FieldError::duplicate(&path.child("name"), name));
        }
        // They run one by one, and upstream counts each list anew.
        host_port_conflicts(std::slice::from_ref(container), list, errors);
        if is_sidecar(container) {
            handlers::validate(container, spec, &path, errors);
            continue;
        }
        for field in ["lifecycle"].into_iter().chain(PROBES).filter(|it| !container.field(it).is_null()) {
            errors.push(FieldError::forbidden(&path.child(field), ONLY_SIDECARS));
        }
        for (nth, policy) in container.items_at(&["resizePolicy"]).iter().enumerate() {
            let restart = policy.str_at(&["restartPolicy"]);
            if restart == "RestartContainer" {
                let path = path.child("resizePolicy").index(nth).child("restartPolicy");
                let detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
                errors.push(FieldError::invalid(&path, restart, detail));
            }
        }
    }
}

fn validate_ephemeral(spec: &Value, volumes: &Volumes<'_>, list: &FieldPath, errors: &mut Vec<FieldError>) {
    const DETAIL: &str = "cannot be set for an Ephemeral Container";
    let (own, init) = (spec.items_at(&["containers"]), spec.items_at(&["initContainers"]));
    let ephemeral = spec.items_at(&["ephemeralContainers"]);
    for (at, container) in ephemeral.iter().enumerate() {
        let path = list.index(at);
        validate_common(container, spec, volumes, &path, errors);
        no_space_around_image(container, &path, errors);
        if [own, init, &ephemeral[..at]].iter().any(|others| has_name(others, container)) {
            errors.push(FieldError::duplicate(&path.child("name"), container.str_at(&["name"])));
        }
        let target = container.str_at(&["targetContainerName"]);
        if !target.is_empty() && !own.iter().chain(init).any(|it| it.str_at(&["name"]) == target) {
            errors.push(FieldError::not_found(&path.child("targetContainerName"), target));
        }
        let is_set = |it: &&&str| match container.field(it) {
            Value::Null => false,
            Value::Object(fields) if ***it == *"resources" => !fields.is_empty(),
            _ => true,
        };
        for field in NOT_EPHEMERAL.iter().filter(is_set) {
            errors.push(FieldError::forbidden(&path.child(field), DETAIL));
        }
        for (nth, mount) in container.items_at(&["volumeMounts"]).iter().enumerate() {
            for field in ["subPath", "subPathExpr"].into_iter().filter(|it| !mount.str_at(&[it]).is_empty()) {
                errors.push(FieldError::forbidden(&path.child("volumeMounts").index(nth).child(field), DETAIL));
            }
        }
    }
}

fn has_name(others: &[Value], container: &Value) -> bool {
    others.iter().any(|it| it.str_at(&["name"]) == container.str_at(&["name"]))
}

/// A Pod's image has no space around it; templates may, for compatibility.
pub fn no_space_around_image(container: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let image = container.str_at(&["image"]);
    if image.trim() != image {
        let detail = "must not have leading or trailing whitespace";
        errors.push(FieldError::invalid(&path.child("image"), image, detail));
    }
}

fn validate_common(
    container: &Value,
    spec: &Value,
    volumes: &Volumes<'_>,
    path: &FieldPath,
    errors: &mut Vec<FieldError>,
) {
    match container.str_at(&["name"]) {
        "" => errors.push(FieldError::required(&path.child("name"), "")),
        name => rules::invalid_each(&path.child("name"), name, names::dns1123_label(name), errors),
    }
    rules::require(container, "image", path, errors);
    one_of(container, "terminationMessagePolicy", &["File", "FallbackToLogsOnError"], path, errors);
    ports(container.items_at(&["ports"]), &path.child("ports"), errors);
    environment::validate(container, path, errors);
    mounts(container, volumes, path, errors);
    devices(container, volumes, path, errors);
    one_of(container, "imagePullPolicy", &["Always", "IfNotPresent", "Never"], path, errors);
    resources::validate_container(container.field("resources"), spec, &path.child("resources"), errors);
    resize_policy(container, spec, &path.child("resizePolicy"), errors);
    security::of_container(container.field("securityContext"), spec, &path.child("securityContext"), errors);
}

// ---- ports --------------------------------------------------------------------------------------

fn ports(ports: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, port) in ports.iter().enumerate() {
        let (path, name) = (path.index(at), port.str_at(&["name"]));
        if !name.is_empty() {
            let messages = names::port_name(name);
            if messages.is_empty() && ports[..at].iter().any(|it| it.str_at(&["name"]) == name) {
                errors.push(FieldError::duplicate(&path.child("name"), name));
            }
            rules::invalid_each(&path.child("name"), name, messages, errors);
        }
        match port.i64_at(&["containerPort"]).unwrap_or(0) {
            0 => errors.push(FieldError::required(&path.child("containerPort"), "")),
            number => invalid_number(number, names::port_number(number), &path.child("containerPort"), errors),
        }
        if let Some(number) = port.i64_at(&["hostPort"]).filter(|it| *it != 0) {
            invalid_number(number, names::port_number(number), &path.child("hostPort"), errors);
        }
        endpoints::protocol(port, &path, errors);
    }
}

fn host_port_conflicts(containers: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    let mut taken: Vec<String> = Vec::new();
    for (at, container) in containers.iter().enumerate() {
        for (nth, port) in container.items_at(&["ports"]).iter().enumerate() {
            let number = port.i64_at(&["hostPort"]).unwrap_or(0);
            if number == 0 {
                continue;
            }
            let this = format!("{}/{}/{number}", port.str_at(&["protocol"]), port.str_at(&["hostIP"]));
            match taken.contains(&this) {
                true => {
                    let path = path.index(at).child("ports").index(nth).child("hostPort");
                    errors.push(FieldError::duplicate(&path, this.as_str()));
                }
                false => taken.push(this),
            }
        }
    }
}

// ---- volumes ------------------------------------------------------------------------------------

/// Whether an entry of `list` has this text in `field`; of several entries of one name only the last counts, as in
/// the map that upstream makes of them.
fn last_has(list: &[Value], field: &str, text: &str) -> bool {
    list.iter().enumerate().any(|(at, it)| {
        let name = it.str_at(&["name"]);
        it.str_at(&[field]) == text && !list[at + 1..].iter().any(|later| later.str_at(&["name"]) == name)
    })
}

fn mounts(container: &Value, volumes: &Volumes<'_>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let list = path.child("volumeMounts");
    let (mounts, devices) = (container.items_at(&["volumeMounts"]), container.items_at(&["volumeDevices"]));
    for (at, mount) in mounts.iter().enumerate() {
        let path = list.index(at);
        let (name, target) = (mount.str_at(&["name"]), mount.str_at(&["mountPath"]));
        rules::require(mount, "name", &path, errors);
        if !volumes.contains(name) {
            errors.push(FieldError::not_found(&path.child("name"), name));
        }
        rules::require(mount, "mountPath", &path, errors);
        if mounts[..at].iter().any(|it| it.str_at(&["mountPath"]) == target) {
            errors.push(FieldError::invalid(&path.child("mountPath"), target, "must be unique"));
        }
        if devices.iter().any(|it| it.str_at(&["name"]) == name) {
            let detail = "must not already exist in volumeDevices";
            errors.push(FieldError::invalid(&path.child("name"), name, detail));
        }
        if last_has(devices, "devicePath", target) {
            let detail = "must not already exist as a path in volumeDevices";
            errors.push(FieldError::invalid(&path.child("mountPath"), target, detail));
        }
        mount_options(mount, container, &list, &path, errors);
    }
}

/// Upstream leaves the index out of some of these paths.
fn mount_options(mount: &Value, container: &Value, list: &FieldPath, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (sub_path, expression) = (mount.str_at(&["subPath"]), mount.str_at(&["subPathExpr"]));
    if !sub_path.is_empty() {
        descending_path(sub_path, &list.child("subPath"), errors);
    }
    if !expression.is_empty() {
        if !sub_path.is_empty() {
            let detail = "subPathExpr and subPath are mutually exclusive";
            errors.push(FieldError::invalid(&path.child("subPathExpr"), expression, detail));
        }
        descending_path(expression, &list.child("subPathExpr"), errors);
    }
    let is_privileged = container.bool_at(&["securityContext", "privileged"]);
    if let Some(mode) = mount.field("mountPropagation").as_str() {
        let path = list.child("mountPropagation");
        match mode {
            "Bidirectional" if !is_privileged => {
                let detail = "Bidirectional mount propagation is available only to privileged containers";
                errors.push(FieldError::forbidden(&path, detail));
            }
            "Bidirectional" | "HostToContainer" | "None" => {}
            other => {
                let known = ["Bidirectional", "HostToContainer", "None"];
                errors.push(FieldError::not_supported(&path, other, &known));
            }
        }
    }
    recursive_read_only(mount, &list.child("recursiveReadOnly"), errors);
}

fn recursive_read_only(mount: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match mount.field("recursiveReadOnly").as_str() {
        None | Some("Disabled") => {}
        Some("Enabled" | "IfPossible") => {
            if !mount.bool_at(&["readOnly"]) {
                let detail = "may only be specified when readOnly is true";
                errors.push(FieldError::forbidden(path, detail));
            }
            if mount.field("mountPropagation").as_str().is_some_and(|it| it != "None") {
                let detail = "may only be specified when mountPropagation is None or not specified";
                errors.push(FieldError::forbidden(path, detail));
            }
        }
        Some(other) => {
            let known = ["Disabled", "Enabled", "IfPossible"];
            errors.push(FieldError::not_supported(path, other, &known));
        }
    }
}

fn devices(container: &Value, volumes: &Volumes<'_>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (devices, mounts) = (container.items_at(&["volumeDevices"]), container.items_at(&["volumeMounts"]));
    for (at, device) in devices.iter().enumerate() {
        let (path, before) = (path.child("volumeDevices").index(at), &devices[..at]);
        let (name, target) = (device.str_at(&["name"]), device.str_at(&["devicePath"]));
        let (name_path, target_path) = (path.child("name"), path.child("devicePath"));
        rules::require(device, "name", &path, errors);
        if !name.is_empty() && before.iter().any(|it| it.str_at(&["name"]) == name) {
            errors.push(FieldError::invalid(&name_path, name, "must be unique"));
        }
        if !volumes.contains(name) {
            errors.push(FieldError::not_found(&name_path, name));
        } else if !volumes.is_claim(name) {
            let detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
            errors.push(FieldError::invalid(&name_path, name, detail));
        }
        rules::require(device, "devicePath", &path, errors);
        if has_steps_back(target) {
            errors.push(FieldError::invalid(&target_path, target, "can not contain backsteps ('..')"));
        } else if before.iter().any(|it| it.str_at(&["devicePath"]) == target) {
            errors.push(FieldError::invalid(&target_path, target, "must be unique"));
        }
        if mounts.iter().any(|it| it.str_at(&["name"]) == name) {
            errors.push(FieldError::invalid(&name_path, name, "must not already exist in volumeMounts"));
        }
        if last_has(mounts, "mountPath", target) {
            let detail = "must not already exist as a path in volumeMounts";
            errors.push(FieldError::invalid(&target_path, target, detail));
        }
    }
}

// ---- restarts and resizing ----------------------------------------------------------------------

fn restart_policy(container: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (policy, rules) = (container.field("restartPolicy").as_str(), container.items_at(&["restartPolicyRules"]));
    let policy_path = path.child("restartPolicy");
    match policy {
        None if rules.is_empty() => return,
        None => errors.push(FieldError::required(&policy_path, RULES_NEED_POLICY)),
        Some(known) if RESTART_POLICIES.contains(&known) => {}
        Some(other) => errors.push(FieldError::not_supported(&policy_path, other, &RESTART_POLICIES)),
    }
    let path = path.child("restartPolicyRules");
    if rules.len() > RESTART_RULES_MAX {
        errors.push(FieldError::too_many(&path, rules.len(), RESTART_RULES_MAX));
    }
    for (at, rule) in rules.iter().enumerate() {
        let path = path.index(at);
        let action = rule.str_at(&["action"]);
        if !matches!(action, "Restart" | "RestartAllContainers") {
            let known = ["Restart", "RestartAllContainers"];
            errors.push(FieldError::not_supported(&path.child("action"), action, &known));
        }
        let (codes, path) = (rule.field("exitCodes"), path.child("exitCodes"));
        if codes.is_null() {
            errors.push(FieldError::required(&path, "must be specified"));
            continue;
        }
        let (operator, count) = (codes.str_at(&["operator"]), codes.items_at(&["values"]).len());
        if !matches!(operator, "In" | "NotIn") {
            errors.push(FieldError::not_supported(&path.child("operator"), operator, &["In", "NotIn"]));
        }
        if count > EXIT_CODES_MAX {
            errors.push(FieldError::too_many(&path.child("values"), count, EXIT_CODES_MAX));
        }
    }
}

fn resize_policy(container: &Value, spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let policies = container.items_at(&["resizePolicy"]);
    for (at, policy) in policies.iter().enumerate() {
        let (resource, restart) = (policy.str_at(&["resourceName"]), policy.str_at(&["restartPolicy"]));
        if policies[..at].iter().any(|it| it.str_at(&["resourceName"]) == resource) {
            errors.push(FieldError::duplicate(&path.index(at), resource));
        }
        for (value, known) in [(resource, ["cpu", "memory"]), (restart, ["NotRequired", "RestartContainer"])] {
            if value.is_empty() {
                errors.push(FieldError::required(path, ""));
            } else if !known.contains(&value) {
                errors.push(FieldError::not_supported(path, value, &known));
            }
        }
        if spec.str_at(&["restartPolicy"]) == "Never" && restart != "NotRequired" {
            let detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            errors.push(FieldError::invalid(path, restart, detail));
        }
    }
}
