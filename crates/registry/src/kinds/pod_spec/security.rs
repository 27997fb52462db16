//! Security contexts of Pods and containers.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;

use super::volumes::descending_path;
use super::{apparmor, containers_with_paths, go_struct, invalid_number, optional_one_of, os};

const SECCOMP_TYPES: [&str; 3] = ["Localhost", "RuntimeDefault", "Unconfined"];
const SYSCTL_BYTES_MAX: usize = 253;

/// IPC sysctls: whole names, and the directory of message queues.
const IPC_SYSCTLS: &[&str] = &[
    "kernel.msg",
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shm",
    "kernel.shm_rmid_forced",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
];

/// `securityContext` of a `PodSpec`.
pub fn of_pod(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let security = spec.field("securityContext");
    for field in ["fsGroup", "runAsUser", "runAsGroup"] {
        user_id(security.i64_at(&[field]), &path.child(field), errors);
    }
    for (at, group) in security.items_at(&["supplementalGroups"]).iter().enumerate() {
        user_id(group.as_i64(), &path.child("supplementalGroups").index(at), errors);
    }
    if spec.bool_at(&["shareProcessNamespace"]) && spec.bool_at(&["hostPID"]) {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        errors.push(FieldError::invalid(&path.child("shareProcessNamespace"), true, detail));
    }
    sysctls(spec, &path.child("sysctls"), errors);
    optional_one_of(security, "fsGroupChangePolicy", &["Always", "OnRootMismatch"], path, errors);
    seccomp_profile(security.field("seccompProfile"), &path.child("seccompProfile"), errors);
    os::windows_options(security.field("windowsOptions"), &path.child("windowsOptions"), errors);
    apparmor::validate(security.field("appArmorProfile"), &path.child("appArmorProfile"), errors);
    optional_one_of(security, "supplementalGroupsPolicy", &["Merge", "Strict"], path, errors);
    // `MountOption` is behind a feature gate that is off.
    optional_one_of(security, "seLinuxChangePolicy", &["Recursive"], path, errors);
}

/// `securityContext` of a container of this `PodSpec`.
pub fn of_container(security: &Value, spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    for field in ["runAsUser", "runAsGroup"] {
        user_id(security.i64_at(&[field]), &path.child(field), errors);
    }
    optional_one_of(security, "procMount", &["Default", "Unmasked"], path, errors);
    let kind = security.str_at(&["procMount"]);
    if kind == "Unmasked" && spec.field("hostUsers").as_bool() != Some(false) {
        let detail = "`hostUsers` must be false to use `Unmasked`";
        errors.push(FieldError::invalid(&path.child("procMount"), kind, detail));
    }
    seccomp_profile(security.field("seccompProfile"), &path.child("seccompProfile"), errors);
    if security.field("allowPrivilegeEscalation").as_bool() == Some(false) {
        let mut refuse = |field: &str| {
            let detail = format!("cannot set `allowPrivilegeEscalation` to false and {field}");
            errors.push(FieldError::invalid(path, go_struct::printed("SecurityContext", security), detail));
        };
        if security.bool_at(&["privileged"]) {
            refuse("`privileged` to true");
        }
        let added = security.items_at(&["capabilities", "add"]).iter();
        added
            .filter(|it| it.as_str() == Some("CAP_SYS_ADMIN"))
            .for_each(|_| refuse("`capabilities.Add` CAP_SYS_ADMIN"));
    }
    os::windows_options(security.field("windowsOptions"), &path.child("windowsOptions"), errors);
    apparmor::validate(security.field("appArmorProfile"), &path.child("appArmorProfile"), errors);
}

/// An own user namespace and the host's other namespaces exclude each other.
pub fn host_users(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    const DETAIL: &str = "when `hostUsers` is false";
    if spec.field("hostUsers").as_bool() != Some(false) {
        return;
    }
    for (field, name) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")] {
        if spec.bool_at(&[field]) {
            errors.push(FieldError::forbidden(&path.child(name), DETAIL));
        }
    }
    for (container, path) in containers_with_paths(spec, path) {
        if !container.items_at(&["volumeDevices"]).is_empty() {
            errors.push(FieldError::forbidden(&path.child("volumeDevices"), DETAIL));
        }
    }
}

/// A user or group id (`IsValidUserID`).
pub(in super::super) fn user_id(id: Option<i64>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if let Some(id) = id {
        invalid_number(id, names::user_id(id), path, errors);
    }
}

fn seccomp_profile(profile: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if profile.is_null() {
        return;
    }
    let kind = profile.str_at(&["type"]);
    if kind.is_empty() {
        errors.push(FieldError::required(&path.child("type"), "type is required when seccompProfile is set"));
    } else if !SECCOMP_TYPES.contains(&kind) {
        errors.push(FieldError::not_supported(&path.child("type"), kind, &SECCOMP_TYPES));
    }
    let path = path.child("localhostProfile");
    match (kind, profile.field("localhostProfile").as_str()) {
        ("Localhost", None) => {
            errors.push(FieldError::required(&path, "must be set when seccomp type is Localhost"));
        }
        ("Localhost", Some(file)) => descending_path(file, &path, errors),
        (_, Some(_)) => {
            let detail = "can only be set when seccomp type is Localhost";
            errors.push(FieldError::invalid(&path, go_struct::printed("SeccompProfile", profile), detail));
        }
        (_, None) => {}
    }
}

fn sysctls(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let sysctls = spec.items_at(&["securityContext", "sysctls"]);
    for (at, sysctl) in sysctls.iter().enumerate() {
        let (path, name) = (path.index(at).child("name"), sysctl.str_at(&["name"]));
        if name.is_empty() {
            errors.push(FieldError::required(&path, ""));
        } else if !is_sysctl_name(name) {
            let detail = format!(
                "must have at most {SYSCTL_BYTES_MAX} characters and match regex \
                 ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
            );
            errors.push(FieldError::invalid(&path, name, detail));
        } else if sysctls[..at].iter().any(|it| it.str_at(&["name"]) == name) {
            errors.push(FieldError::duplicate(&path, name));
        }
        host_sysctl(name, spec, &path, errors);
    }
}

/// What the host shares cannot be set for the Pod alone (`ValidateHostSysctl`).
fn host_sysctl(name: &str, spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let dotted = normal_sysctl_name(name);
    let is_ipc = IPC_SYSCTLS.contains(&dotted.as_str()) || dotted.starts_with("fs.mqueue.");
    let detail = if spec.bool_at(&["hostNetwork"]) && dotted.starts_with("net.") {
        "may not be specified when 'hostNetwork' is true"
    } else if spec.bool_at(&["hostIPC"]) && is_ipc {
        "may not be specified when 'hostIPC' is true"
    } else {
        return;
    };
    errors.push(FieldError::invalid(path, name, detail));
}

/// The first separator decides which one separates: `net/ipv4/conf/eth0.1` is a name with slashes.
fn normal_sysctl_name(name: &str) -> String {
    match name.find(['.', '/']) {
        Some(at) if name.as_bytes()[at] == b'/' => name
            .chars()
            .map(|c| match c {
                '.' => '/',
                '/' => '.',
                other => other,
            })
            .collect(),
        _ => name.to_owned(),
    }
}

fn is_sysctl_name(name: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let is_part = |part: &str| {
        part.bytes().all(|b| is_word(b) || matches!(b, b'-' | b'_'))
            && part.bytes().next().is_some_and(is_word)
            && part.bytes().last().is_some_and(is_word)
    };
    name.len() <= SYSCTL_BYTES_MAX && name.split(['.', '/']).all(is_part)
}
