//! What containers must be: names, ports, probes, handlers, mounts, security.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;

use super::super::endpoints;
use super::spec::{seccomp_profile, user_id};
use super::volumes::{Volumes, descending_path};
use super::{environment, is_restartable, resources};
use crate::rules;

const RESTART_RULES_MAX: usize = 20;
const EXIT_CODES_MAX: usize = 255;
const ONLY_SIDECARS: &str = "may not be set for init containers without restartPolicy=Always";
const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];

/// Checks all containers of a Pod's `spec`.
pub(super) fn validate(spec: &Value, volumes: &Volumes<'_>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (own, init) = (spec.items_at(&["containers"]), spec.items_at(&["initContainers"]));
    if own.is_empty() {
        errors.push(FieldError::required(&path.child("containers"), ""));
    }
    for (at, container) in own.iter().enumerate() {
        let path = path.child("containers").index(at);
        validate_common(container, spec, volumes, &path, errors);
        unique_name(container, &own[..at], &path, errors);
        validate_running(container, spec, &path, errors);
        restart_rules(container, &path, errors);
    }
    host_port_conflicts(own, &path.child("containers"), errors);
    for (at, container) in init.iter().enumerate() {
        let list = path.child("initContainers");
        let path = list.index(at);
        validate_common(container, spec, volumes, &path, errors);
        restart_rules(container, &path, errors);
        unique_name(container, own, &path, errors);
        unique_name(container, &init[..at], &path, errors);
        host_port_conflicts(std::slice::from_ref(container), &list, errors);
        if is_restartable(container) {
            validate_running(container, spec, &path, errors);
            continue;
        }
        for field in ["lifecycle"].into_iter().chain(PROBES).filter(|it| !container.field(it).is_null()) {
            errors.push(FieldError::forbidden(&path.child(field), ONLY_SIDECARS));
        }
    }
}

fn unique_name(container: &Value, others: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    let name = container.str_at(&["name"]);
    if !name.is_empty() && others.iter().any(|it| it.str_at(&["name"]) == name) {
        errors.push(FieldError::duplicate(&path.child("name"), name));
    }
}

/// A Pod's image has no space around it; templates may, for compatibility.
pub(super) fn no_space_around_image(container: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
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
    required_one_of(container, "terminationMessagePolicy", &["File", "FallbackToLogsOnError"], path, errors);
    ports(container.items_at(&["ports"]), &path.child("ports"), errors);
    environment::validate(container, path, errors);
    mounts(container, volumes, path, errors);
    devices(container, volumes, path, errors);
    required_one_of(container, "imagePullPolicy", &["Always", "IfNotPresent", "Never"], path, errors);
    resources::validate(container.field("resources"), false, &path.child("resources"), errors);
    resize_policy(container, spec, &path.child("resizePolicy"), errors);
    security(container.field("securityContext"), spec, &path.child("securityContext"), errors);
}

fn required_one_of(
    object: &Value,
    field: &'static str,
    known: &[&str],
    path: &FieldPath,
    errors: &mut Vec<FieldError>,
) {
    match object.str_at(&[field]) {
        "" => errors.push(FieldError::required(&path.child(field), "")),
        value if known.contains(&value) => {}
        value => errors.push(FieldError::not_supported(&path.child(field), value, known)),
    }
}

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
            number => port_number(number, &path.child("containerPort"), errors),
        }
        match port.i64_at(&["hostPort"]).unwrap_or(0) {
            0 => {}
            number => port_number(number, &path.child("hostPort"), errors),
        }
        endpoints::protocol(port, &path, errors);
    }
}

fn port_number(number: i64, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let messages = names::port_number(number).into_iter();
    errors.extend(messages.map(|message| FieldError::invalid(path, number, message)));
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
        if devices.iter().any(|it| it.str_at(&["devicePath"]) == target) {
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
            if !matches!(mount.str_at(&["mountPropagation"]), "" | "None") {
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
    let devices = container.items_at(&["volumeDevices"]);
    for (at, device) in devices.iter().enumerate() {
        let path = path.child("volumeDevices").index(at);
        let (name, target) = (device.str_at(&["name"]), device.str_at(&["devicePath"]));
        rules::require(device, "name", &path, errors);
        if devices[..at].iter().any(|it| it.str_at(&["name"]) == name) {
            errors.push(FieldError::invalid(&path.child("name"), name, "must be unique"));
        }
        if !volumes.is_claim(name) && volumes.contains(name) {
            let detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
            errors.push(FieldError::invalid(&path.child("name"), name, detail));
        }
        if !volumes.contains(name) {
            errors.push(FieldError::not_found(&path.child("name"), name));
        }
        rules::require(device, "devicePath", &path, errors);
        if devices[..at].iter().any(|it| it.str_at(&["devicePath"]) == target) {
            errors.push(FieldError::invalid(&path.child("devicePath"), target, "must be unique"));
        }
    }
}

// ---- life cycle ---------------------------------------------------------------------------------

/// What only containers have that keep running: handlers and probes.
fn validate_running(container: &Value, spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let grace = spec.i64_at(&["terminationGracePeriodSeconds"]);
    let lifecycle = container.field("lifecycle");
    for field in ["postStart", "preStop"] {
        if !lifecycle.field(field).is_null() {
            handler(lifecycle.field(field), grace, &path.child("lifecycle").child(field), errors);
        }
    }
    if !lifecycle.field("stopSignal").is_null() && spec.field("os").is_null() {
        let detail = "may not be set for containers with empty `spec.os.name`";
        errors.push(FieldError::forbidden(&path.child("lifecycle").child("stopSignal"), detail));
    }
    for name in PROBES {
        let probe = container.field(name);
        if !probe.is_null() {
            validate_probe(probe, name, grace, &path.child(name), errors);
        }
    }
}

fn validate_probe(probe: &Value, name: &str, grace: Option<i64>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    handler(probe, grace, path, errors);
    for field in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
        rules::not_negative(probe.i64_at(&[field]).unwrap_or(0), &path.child(field), errors);
    }
    let grace_path = path.child("terminationGracePeriodSeconds");
    let seconds = probe.i64_at(&["terminationGracePeriodSeconds"]);
    if let Some(seconds) = seconds.filter(|it| *it <= 0) {
        errors.push(FieldError::invalid(&grace_path, seconds, "must be greater than 0"));
    }
    let successes = probe.i64_at(&["successThreshold"]).unwrap_or(0);
    match (name, seconds) {
        ("readinessProbe", Some(seconds)) => {
            errors.push(FieldError::invalid(&grace_path, seconds, "must not be set for readinessProbes"));
        }
        ("readinessProbe", None) => {}
        _ if successes != 1 => {
            errors.push(FieldError::invalid(&path.child("successThreshold"), successes, "must be 1"));
        }
        _ => {}
    }
}

/// Exactly one of the ways to ask a container something.
fn handler(handler: &Value, grace: Option<i64>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let kinds = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];
    let mut given = kinds.into_iter().filter(|it| !handler.field(it).is_null());
    let Some(kind) = given.next() else {
        return errors.push(FieldError::required(path, "must specify a handler type"));
    };
    let (action, action_path) = (handler.field(kind), path.child(kind));
    match kind {
        "exec" if action.items_at(&["command"]).is_empty() => {
            errors.push(FieldError::required(&action_path.child("command"), ""));
        }
        "exec" => {}
        "httpGet" => http_get(action, &action_path, errors),
        "sleep" => {
            let seconds = action.i64_at(&["seconds"]).unwrap_or(0);
            if let Some(grace) = grace.filter(|grace| seconds < 0 || seconds > *grace) {
                let detail = format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
                errors.push(FieldError::invalid(&action_path, seconds, detail));
            }
        }
        _ => port_or_name(action.field("port"), &action_path.child("port"), errors),
    }
    for kind in given {
        errors.push(FieldError::forbidden(&path.child(kind), "may not specify more than 1 handler type"));
    }
}

fn http_get(action: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    rules::require(action, "path", path, errors);
    port_or_name(action.field("port"), &path.child("port"), errors);
    let scheme = action.str_at(&["scheme"]);
    if !matches!(scheme, "HTTP" | "HTTPS") {
        errors.push(FieldError::not_supported(&path.child("scheme"), scheme, &["HTTP", "HTTPS"]));
    }
    for name in action.items_at(&["httpHeaders"]).iter().map(|it| it.str_at(&["name"])) {
        rules::invalid_each(&path.child("httpHeaders"), name, names::http_header_name(name), errors);
    }
}

fn port_or_name(port: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    match port {
        Value::String(name) => rules::invalid_each(path, name, names::port_name(name), errors),
        number => port_number(number.as_i64().unwrap_or(0), path, errors),
    }
}

fn restart_rules(container: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (policy, restart_rules) =
        (container.field("restartPolicy").as_str(), container.items_at(&["restartPolicyRules"]));
    match policy {
        None if !restart_rules.is_empty() => {
            let detail = "must specify restartPolicy when restart rules are used";
            errors.push(FieldError::required(&path.child("restartPolicy"), detail));
        }
        None | Some("Always" | "Never" | "OnFailure") => {}
        Some(other) => {
            let known = ["Always", "Never", "OnFailure"];
            errors.push(FieldError::not_supported(&path.child("restartPolicy"), other, &known));
        }
    }
    if restart_rules.len() > RESTART_RULES_MAX {
        let path = path.child("restartPolicyRules");
        errors.push(FieldError::too_many(&path, restart_rules.len(), RESTART_RULES_MAX));
    }
    for (at, rule) in restart_rules.iter().enumerate() {
        let path = path.child("restartPolicyRules").index(at);
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

fn security(security: &Value, spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for field in ["runAsUser", "runAsGroup"] {
        if let Some(id) = security.i64_at(&[field]) {
            user_id(id, &path.child(field), errors);
        }
    }
    if let Some(kind) = security.field("procMount").as_str() {
        let path = path.child("procMount");
        if !matches!(kind, "Default" | "Unmasked") {
            errors.push(FieldError::not_supported(&path, kind, &["Default", "Unmasked"]));
        }
        if kind == "Unmasked" && spec.field("hostUsers").as_bool() != Some(false) {
            errors.push(FieldError::invalid(&path, kind, "`hostUsers` must be false to use `Unmasked`"));
        }
    }
    seccomp_profile(security.field("seccompProfile"), &path.child("seccompProfile"), errors);
    if security.field("allowPrivilegeEscalation").as_bool() != Some(false) {
        return;
    }
    if security.bool_at(&["privileged"]) {
        let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
        errors.push(FieldError::invalid(path, rules::printed(security), detail));
    }
    if security.items_at(&["capabilities", "add"]).iter().any(|it| it.as_str() == Some("CAP_SYS_ADMIN")) {
        let detail = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
        errors.push(FieldError::invalid(path, rules::printed(security), detail));
    }
}
