//! What `os` allows and forbids, and the Windows options of security contexts.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::value::Value;

use super::{containers_with_paths, go_struct};

const CREDENTIAL_KIB_MAX: usize = 64;
const DOMAIN_BYTES_MAX: usize = 256;
const USER_BYTES_MAX: usize = 104;
const NETBIOS_CHARACTERS_MAX: usize = 15;

/// Fields of a `PodSpec` that Windows does not know, in the order of upstream's checks.
const LINUX_POD_FIELDS: &[&[&str]] = &[
    &["securityContext", "appArmorProfile"],
    &["securityContext", "seLinuxOptions"],
    &["hostUsers"],
    &["hostPID"],
    &["hostIPC"],
    &["securityContext", "seccompProfile"],
    &["securityContext", "fsGroup"],
    &["securityContext", "fsGroupChangePolicy"],
    &["securityContext", "sysctls"],
    &["shareProcessNamespace"],
    &["securityContext", "runAsUser"],
    &["securityContext", "runAsGroup"],
    &["securityContext", "supplementalGroups"],
    &["securityContext", "supplementalGroupsPolicy"],
    &["securityContext", "seLinuxChangePolicy"],
];

/// Fields of a container's `securityContext` that Windows does not know.
const LINUX_CONTAINER_FIELDS: &[&str] = &[
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

/// Checks `os`, and what is set against it.
pub fn validate(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    if spec.field("os").is_null() {
        return;
    }
    match spec.str_at(&["os", "name"]) {
        "" => errors.push(FieldError::required(&path.child("os").child("name"), "")),
        "linux" => linux(spec, path, errors),
        "windows" => windows(spec, path, errors),
        other => errors.push(FieldError::not_supported(&path.child("os"), other, &["linux", "windows"])),
    }
}

fn linux(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let mut refuse = |security: &Value, path: &FieldPath| {
        if !security.field("windowsOptions").is_null() {
            let path = path.child("securityContext").child("windowsOptions");
            errors.push(FieldError::forbidden(&path, "windows options cannot be set for a linux pod"));
        }
    };
    refuse(spec.field("securityContext"), path);
    for (container, path) in containers_with_paths(spec, path) {
        refuse(container.field("securityContext"), &path);
    }
}

fn windows(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    const DETAIL: &str = "cannot be set for a windows pod";
    for field in LINUX_POD_FIELDS.iter().filter(|it| !spec.at(it).is_null()) {
        errors.push(FieldError::forbidden(&path.child(&field.join(".")), DETAIL));
    }
    for (container, path) in containers_with_paths(spec, path) {
        let security = container.field("securityContext");
        for field in LINUX_CONTAINER_FIELDS.iter().filter(|it| !security.field(it).is_null()) {
            errors.push(FieldError::forbidden(&path.child("securityContext").child(field), DETAIL));
        }
    }
}

/// Containers that run as processes of a Windows host: all of a Pod, and on its network.
pub fn host_processes(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let flag = |it: &Value| it.at(&["securityContext", "windowsOptions", "hostProcess"]).as_bool();
    let of_pod = flag(spec);
    let (mut count, mut total) = (0, 0);
    for (container, path) in containers_with_paths(spec, path) {
        let own = flag(container);
        if let (Some(of_pod), Some(own)) = (of_pod, own)
            && of_pod != own
        {
            let detail = format!("pod hostProcess value must be identical if both are specified, was {of_pod}");
            errors.push(FieldError::invalid(&path.child("securityContext.windowsOptions.hostProcess"), own, detail));
        }
        total += 1;
        count += usize::from(own.or(of_pod) == Some(true));
    }
    if count == 0 {
        return;
    }
    if count != total {
        let detail = "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        errors.push(FieldError::invalid(path, "", detail));
    }
    if !spec.bool_at(&["hostNetwork"]) {
        let detail = "hostNetwork must be true if pod contains any hostProcess containers";
        errors.push(FieldError::invalid(&path.child("hostNetwork"), false, detail));
    }
}

/// Checks `windowsOptions` of a security context.
pub fn windows_options(options: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let mut refuse = |field: &str, detail: String| {
        let value = go_struct::pointer(options.field(field));
        errors.push(FieldError::invalid(&path.child(field), value, detail));
    };
    if let Some(name) = options.field("gmsaCredentialSpecName").as_str() {
        let messages = names::dns1123_subdomain(name);
        messages.into_iter().for_each(|message| refuse("gmsaCredentialSpecName", message));
    }
    match options.field("gmsaCredentialSpec").as_str() {
        Some("") => refuse("gmsaCredentialSpec", "gmsaCredentialSpec cannot be an empty string".to_owned()),
        Some(text) if text.len() > CREDENTIAL_KIB_MAX * 1_024 => {
            refuse("gmsaCredentialSpec", format!("gmsaCredentialSpec size must be under {CREDENTIAL_KIB_MAX} KiB"));
        }
        _ => {}
    }
    if let Some(name) = options.field("runAsUserName").as_str() {
        let details = wrong_with_user_name(name).into_iter();
        details.for_each(|detail| refuse("runAsUserName", format!("runAsUserName{detail}")));
    }
}

/// A user, perhaps with a domain before a backslash.
fn wrong_with_user_name(name: &str) -> Vec<String> {
    if name.is_empty() {
        return vec![" cannot be an empty string".to_owned()];
    }
    if name.chars().any(|c| c.is_ascii_control()) {
        return vec![" cannot contain control characters".to_owned()];
    }
    let (domain, user) = match name.split('\\').collect::<Vec<_>>()[..] {
        [user] => (None, user),
        [domain, user] => (Some(domain), user),
        _ => return vec![" cannot contain more than one backslash".to_owned()],
    };
    let mut details = Vec::new();
    if domain.is_some_and(|it| it.len() >= DOMAIN_BYTES_MAX) {
        details.push(format!("'s Domain length must be under {DOMAIN_BYTES_MAX} characters"));
    }
    if domain.is_some_and(|it| !is_netbios_name(it) && !names::dns1123_subdomain(&it.to_lowercase()).is_empty()) {
        details.push("'s Domain doesn't match the NetBios nor the DNS format".to_owned());
    }
    if user.is_empty() {
        details.push("'s User cannot be empty".to_owned());
    } else if user.len() > USER_BYTES_MAX {
        details.push(format!("'s User length must not be longer than {USER_BYTES_MAX} characters"));
    }
    if !user.is_empty() && user.chars().all(|c| matches!(c, '.' | ' ')) {
        details.push("'s User cannot contain only periods or spaces".to_owned());
    }
    if user.contains(['"', '/', '\\', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@', '[', ']']) {
        details.push("'s User cannot contain the following characters: \"/\\:;|=,+*?<>@[]".to_owned());
    }
    details
}

fn is_netbios_name(text: &str) -> bool {
    let is_good = !text.contains(['\\', '/', ':', '*', '?', '"', '<', '>', '|']) && !text.starts_with('.');
    is_good && (1..=NETBIOS_CHARACTERS_MAX).contains(&text.chars().count())
}
