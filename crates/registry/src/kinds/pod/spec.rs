//! What a Pod's `spec` must be (`ValidatePodSpec`).

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::ObjectMeta;
use apimachinery::names;
use apimachinery::value::Value;

use super::{containers, resources, scheduling, volumes};
use crate::rules;

const NAMESERVERS_MAX: usize = 3;
const SEARCHES_MAX: usize = 32;
const SEARCH_CHARACTERS_MAX: usize = 2_048;
const HOSTNAME_BYTES_MAX: usize = 64;
const MIRROR_ANNOTATION: &str = "kubernetes.io/config.mirror";
const DELETION_COST_ANNOTATION: &str = "controller.kubernetes.io/pod-deletion-cost";

/// Whose `spec` it is: a Pod is checked more strictly than a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecOf {
    /// A Pod.
    Pod,
    /// A template of Pods.
    Template,
}

/// Checks the annotations and the `spec` of a Pod.
pub(super) fn validate_pod(pod: &Value, errors: &mut Vec<FieldError>) {
    validate_annotations(pod, &FieldPath::new("metadata.annotations"), errors);
    let (spec, path) = (pod.field("spec"), FieldPath::new("spec"));
    validate_spec(spec, SpecOf::Pod, &path, errors);
    if spec.str_at(&["serviceAccountName"]).is_empty() {
        forbid_tokens(spec, &path, errors);
    }
    for list in ["containers", "initContainers"] {
        for (at, container) in spec.items_at(&[list]).iter().enumerate() {
            containers::no_space_around_image(container, &path.child(list).index(at), errors);
        }
    }
}

/// Checks the `spec` of a Pod or of a template.
pub(in super::super) fn validate_spec(spec: &Value, of: SpecOf, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if spec.field("terminationGracePeriodSeconds").is_null() {
        errors.push(FieldError::required(&path.child("terminationGracePeriodSeconds"), ""));
    }
    let volumes = volumes::validate(spec.items_at(&["volumes"]), &path.child("volumes"), errors);
    containers::validate(spec, &volumes, path, errors);
    if !spec.field("resources").is_null() {
        let path = path.child("resources");
        resources::validate(spec.field("resources"), true, &path, errors);
        resources::validate_sums(spec, &path, errors);
    }
    validate_host_ports(spec, of, path, errors);
    one_of(spec, "restartPolicy", &["Always", "OnFailure", "Never"], path, errors);
    one_of(spec, "dnsPolicy", &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], path, errors);
    rules::labels(spec.field("nodeSelector").as_object(), &path.child("nodeSelector"), errors);
    validate_security(spec, path, errors);
    validate_dns(spec, &path.child("dnsConfig"), errors);
    scheduling::validate(spec, path, errors);
    validate_names(spec, path, errors);
    validate_host_aliases(spec, &path.child("hostAliases"), errors);
    validate_host_users(spec, path, errors);
    let os = spec.str_at(&["os", "name"]);
    if !spec.field("os").is_null() && !matches!(os, "linux" | "windows") {
        errors.push(FieldError::not_supported(&path.child("os").child("name"), os, &["linux", "windows"]));
    }
}

/// A required string with a few values.
fn one_of(object: &Value, field: &'static str, known: &[&str], path: &FieldPath, errors: &mut Vec<FieldError>) {
    match object.str_at(&[field]) {
        "" => errors.push(FieldError::required(&path.child(field), "")),
        value if known.contains(&value) => {}
        value => errors.push(FieldError::not_supported(&path.child(field), value, known)),
    }
}

/// Annotations of a Pod or template that mean something.
pub(in super::super) fn validate_annotations(object: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if let Some(value) = object.annotation(MIRROR_ANNOTATION)
        && object.str_at(&["spec", "nodeName"]).is_empty()
    {
        let detail = "must set spec.nodeName if mirror pod annotation is set";
        errors.push(FieldError::invalid(&path.key(MIRROR_ANNOTATION), value, detail));
    }
    if let Some(cost) = object.annotation(DELETION_COST_ANNOTATION)
        && !is_deletion_cost(cost)
    {
        let path = path.key(DELETION_COST_ANNOTATION);
        errors.push(FieldError::invalid(&path, cost, "must be a 32bit integer"));
    }
}

/// A number without a plus sign or leading zeroes.
fn is_deletion_cost(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    text.parse::<i32>().is_ok() && !text.starts_with('+') && (digits == "0" || !digits.starts_with('0'))
}

fn forbid_tokens(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, volume) in spec.items_at(&["volumes"]).iter().enumerate() {
        for (nth, source) in volume.items_at(&["projected", "sources"]).iter().enumerate() {
            if !source.field("serviceAccountToken").is_null() {
                let path = path.child("volumes").index(at).child("projected").child("sources").index(nth);
                let detail = "must not be specified when serviceAccountName is not set";
                errors.push(FieldError::forbidden(&path.child("serviceAccountToken"), detail));
            }
        }
    }
}

/// On the host's network the host's port is the container's; a template may leave it out.
fn validate_host_ports(spec: &Value, of: SpecOf, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if !spec.bool_at(&["hostNetwork"]) {
        return;
    }
    for (at, container) in spec.items_at(&["containers"]).iter().enumerate() {
        for (nth, port) in container.items_at(&["ports"]).iter().enumerate() {
            let number = |field: &str| port.i64_at(&[field]).unwrap_or(0);
            let (host, own) = (number("hostPort"), number("containerPort"));
            if (of == SpecOf::Pod || host != 0) && host != own {
                let path = path.child("containers").index(at).child("ports").index(nth).child("hostPort");
                let detail = "must match `containerPort` when `hostNetwork` is true";
                errors.push(FieldError::invalid(&path, host, detail));
            }
        }
    }
}

fn validate_security(spec: &Value, spec_path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (security, path) = (spec.field("securityContext"), spec_path.child("securityContext"));
    for field in ["fsGroup", "runAsUser", "runAsGroup"] {
        if let Some(id) = security.i64_at(&[field]) {
            user_id(id, &path.child(field), errors);
        }
    }
    for (at, group) in security.items_at(&["supplementalGroups"]).iter().filter_map(Value::as_i64).enumerate() {
        user_id(group, &path.child("supplementalGroups").index(at), errors);
    }
    if spec.bool_at(&["shareProcessNamespace"]) && spec.bool_at(&["hostPID"]) {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        errors.push(FieldError::invalid(&path.child("shareProcessNamespace"), true, detail));
    }
    validate_sysctls(security.items_at(&["sysctls"]), &path.child("sysctls"), errors);
    let optional = [
        ("fsGroupChangePolicy", &["OnRootMismatch", "Always"]),
        ("supplementalGroupsPolicy", &["Merge", "Strict"]),
        ("seLinuxChangePolicy", &["Recursive", "MountOption"]),
    ];
    for (field, known) in optional {
        if let Some(value) = security.field(field).as_str().filter(|it| !known.contains(it)) {
            errors.push(FieldError::not_supported(&path.child(field), value, known));
        }
    }
    seccomp_profile(security.field("seccompProfile"), &path.child("seccompProfile"), errors);
    for (at, secret) in spec.items_at(&["imagePullSecrets"]).iter().enumerate() {
        if secret.as_object().is_some_and(|it| it.keys().any(|key| key != "name")) {
            let path = spec_path.child("imagePullSecrets").index(at);
            errors.push(FieldError::invalid(&path, rules::printed(secret), "only name may be set"));
        }
    }
}

/// A user or group id (`IsValidUserID`).
pub(super) fn user_id(id: i64, path: &FieldPath, errors: &mut Vec<FieldError>) {
    errors.extend(names::user_id(id).into_iter().map(|message| FieldError::invalid(path, id, message)));
}

/// `seccompProfile` of a Pod or container.
pub(super) fn seccomp_profile(profile: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if profile.is_null() {
        return;
    }
    let kind = profile.str_at(&["type"]);
    match kind {
        "Localhost" | "RuntimeDefault" | "Unconfined" => {}
        "" => {
            let detail = "type is required when seccompProfile is set";
            errors.push(FieldError::required(&path.child("type"), detail));
        }
        other => {
            let known = ["Localhost", "RuntimeDefault", "Unconfined"];
            errors.push(FieldError::not_supported(&path.child("type"), other, &known));
        }
    }
    let path = path.child("localhostProfile");
    match (kind, profile.field("localhostProfile").as_str()) {
        ("Localhost", None) => {
            errors.push(FieldError::required(&path, "must be set when seccomp type is Localhost"));
        }
        ("Localhost", Some(profile)) => volumes::descending_path(profile, &path, errors),
        (_, Some(_)) => {
            let detail = "can only be set when seccomp type is Localhost";
            errors.push(FieldError::invalid(&path, rules::printed(profile), detail));
        }
        (_, None) => {}
    }
}

fn validate_sysctls(sysctls: &[Value], path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, sysctl) in sysctls.iter().enumerate() {
        let (path, name) = (path.index(at).child("name"), sysctl.str_at(&["name"]));
        if name.is_empty() {
            errors.push(FieldError::required(&path, ""));
        } else if !is_sysctl_name(name) {
            let detail = "must have at most 253 characters and match regex \
                          ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9][-_a-z0-9]*$";
            errors.push(FieldError::invalid(&path, name, detail));
        } else if sysctls[..at].iter().any(|it| it.str_at(&["name"]) == name) {
            errors.push(FieldError::duplicate(&path, name));
        }
    }
}

fn is_sysctl_name(name: &str) -> bool {
    let is_word = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit();
    let is_part = |part: &str| {
        part.bytes().next().is_some_and(is_word) && part.bytes().all(|it| is_word(it) || matches!(it, b'-' | b'_'))
    };
    name.len() <= 253 && name.split(['.', '/']).all(is_part)
}

fn validate_dns(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let config = spec.field("dnsConfig");
    let strings = |field: &str| config.items_at(&[field]).iter().filter_map(Value::as_str).collect::<Vec<_>>();
    let (servers, searches) = (strings("nameservers"), strings("searches"));
    if spec.str_at(&["dnsPolicy"]) == "None" {
        if config.is_null() {
            let detail = "must provide `dnsConfig` when `dnsPolicy` is None";
            return errors.push(FieldError::required(path, detail));
        }
        if servers.is_empty() {
            let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            return errors.push(FieldError::required(&path.child("nameservers"), detail));
        }
    }
    let value = |items: &[&str]| rules::printed_strings(items.iter().copied());
    if servers.len() > NAMESERVERS_MAX {
        let detail = format!("must not have more than {NAMESERVERS_MAX} nameservers");
        errors.push(FieldError::invalid(&path.child("nameservers"), value(&servers), detail));
    }
    for (at, server) in servers.iter().enumerate() {
        errors.extend(names::legacy_ip(&path.child("nameservers").index(at), server));
    }
    let searches_path = path.child("searches");
    if searches.len() > SEARCHES_MAX {
        let detail = format!("must not have more than {SEARCHES_MAX} search paths");
        errors.push(FieldError::invalid(&searches_path, value(&searches), detail));
    }
    if searches.join(" ").len() > SEARCH_CHARACTERS_MAX {
        let detail =
            format!("must not have more than {SEARCH_CHARACTERS_MAX} characters (including spaces) in the search list");
        errors.push(FieldError::invalid(&searches_path, value(&searches), detail));
    }
    for (at, search) in searches.iter().enumerate().filter(|(_, it)| **it != ".") {
        let name = search.strip_suffix('.').unwrap_or(search);
        let messages = names::dns1123_subdomain_with_underscore(name);
        rules::invalid_each(&searches_path.index(at), name, messages, errors);
    }
    for (at, _) in config.items_at(&["options"]).iter().enumerate().filter(|(_, it)| it.str_at(&["name"]).is_empty()) {
        errors.push(FieldError::required(&path.child("options").index(at), "must not be empty"));
    }
}

/// Names of other objects and of the host.
fn validate_names(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let rules_of_names: [(&str, names::NameRule); 6] = [
        ("serviceAccountName", names::dns1123_subdomain),
        ("nodeName", names::dns1123_subdomain),
        ("hostname", names::dns1123_label),
        ("subdomain", names::dns1123_label),
        ("priorityClassName", names::dns1123_subdomain),
        ("runtimeClassName", names::dns1123_subdomain),
    ];
    for (field, rule) in rules_of_names {
        let name = spec.str_at(&[field]);
        if !name.is_empty() {
            rules::invalid_each(&path.child(field), name, rule(name), errors);
        }
    }
    if let Some(seconds) = spec.i64_at(&["activeDeadlineSeconds"]) {
        let path = path.child("activeDeadlineSeconds");
        let messages = names::in_range(seconds, 1, i64::from(i32::MAX));
        errors.extend(messages.into_iter().map(|message| FieldError::invalid(&path, seconds, message)));
    }
    if let Some(name) = spec.field("hostnameOverride").as_str() {
        let path = path.child("hostnameOverride");
        for (field, is_set) in [
            ("setHostnameAsFQDN", spec.bool_at(&["setHostnameAsFQDN"])),
            ("hostNetwork", spec.bool_at(&["hostNetwork"])),
        ] {
            if is_set {
                errors.push(FieldError::forbidden(&path, format!("may not be specified when {field} is true")));
            }
        }
        if name.len() > HOSTNAME_BYTES_MAX {
            errors.push(FieldError::too_long(&path, HOSTNAME_BYTES_MAX));
        }
        rules::invalid_each(&path, name, names::dns1123_subdomain(name), errors);
    }
}

fn validate_host_aliases(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for (at, alias) in spec.items_at(&["hostAliases"]).iter().enumerate() {
        let path = path.index(at);
        errors.extend(names::legacy_ip(&path.child("ip"), alias.str_at(&["ip"])));
        for (nth, name) in alias.items_at(&["hostnames"]).iter().filter_map(Value::as_str).enumerate() {
            let path = path.child("hostnames").index(nth);
            rules::invalid_each(&path, name, names::dns1123_subdomain(name), errors);
        }
    }
}

/// An own user namespace and the host's other namespaces exclude each other.
fn validate_host_users(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if spec.field("hostUsers").as_bool() != Some(false) {
        return;
    }
    const DETAIL: &str = "when `hostUsers` is false";
    for (field, name) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")] {
        if spec.bool_at(&[field]) {
            errors.push(FieldError::forbidden(&path.child(name), DETAIL));
        }
    }
    for list in super::CONTAINER_LISTS {
        for (at, container) in spec.items_at(&[list]).iter().enumerate() {
            if !container.items_at(&["volumeDevices"]).is_empty() {
                let path = path.child(list).index(at).child("volumeDevices");
                errors.push(FieldError::forbidden(&path, DETAIL));
            }
        }
    }
}
