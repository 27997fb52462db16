//! Security contexts: the Pod's with the container's over it, in the CRI's terms. Pure.

use api::k8s_openapi::api::core::v1::{AppArmorProfile, Container, Pod, PodSecurityContext, SeccompProfile};
use container_interfaces::cri::v1::security_profile::ProfileType;
use container_interfaces::cri::v1::{
    Capability, Int64Value, LinuxContainerSecurityContext, NamespaceMode, NamespaceOption, SecurityProfile,
    SupplementalGroupsPolicy,
};

use super::NodeSettings;
use crate::spec::{self, PodId};

/// Paths below which containers see nothing.
const MASKED_PATHS: [&str; 12] = [
    "/proc/asound",
    "/proc/acpi",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
];
const READONLY_PATHS: [&str; 5] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// Whose processes an image runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageUser {
    /// By number.
    pub uid: Option<i64>,
    /// By name, when the image does not say a number.
    pub username: String,
}

fn pod_context(pod: &Pod) -> Option<&PodSecurityContext> {
    spec::spec(pod).security_context.as_ref()
}

fn run_as_user(pod: &Pod, container: &Container) -> Option<i64> {
    let own = container.security_context.as_ref().and_then(|context| context.run_as_user);
    own.or(pod_context(pod).and_then(|context| context.run_as_user))
}

/// Refuses root where `runAsNonRoot` forbids it; the error is upstream's text.
pub fn verify_non_root(pod: &Pod, container: &Container, image: &ImageUser) -> Result<(), String> {
    let own = container.security_context.as_ref().and_then(|context| context.run_as_non_root);
    if own.or(pod_context(pod).and_then(|context| context.run_as_non_root)) != Some(true) {
        return Ok(());
    }
    let about = format!("(pod: \"{}\", container: {})", PodId::of(pod), container.name);
    match (run_as_user(pod, container), image.uid) {
        (Some(0), _) => Err(format!("container's runAsUser breaks non-root policy {about}")),
        (Some(_), _) => Ok(()),
        (None, None) if !image.username.is_empty() => Err(format!(
            "container has runAsNonRoot and image has non-numeric user ({}), cannot verify user is non-root {about}",
            image.username
        )),
        (None, Some(0)) => Err(format!("container has runAsNonRoot and image will run as root {about}")),
        _ => Ok(()),
    }
}

/// The container's context; the error is upstream's text.
pub fn security_context(
    pod: &Pod,
    container: &Container,
    image: &ImageUser,
    node: &NodeSettings,
) -> Result<LinuxContainerSecurityContext, String> {
    let own = container.security_context.clone().unwrap_or_default();
    let of_pod = pod_context(pod);
    let user = run_as_user(pod, container);
    let is_unmasked = own.proc_mount.as_deref() == Some("Unmasked");
    let paths = |fixed: &[&str], more: &[String]| match is_unmasked {
        true => Vec::new(),
        false => fixed.iter().map(|path| (*path).to_owned()).chain(more.iter().cloned()).collect(),
    };
    let seccomp = own.seccomp_profile.as_ref().or(of_pod.and_then(|context| context.seccomp_profile.as_ref()));
    let apparmor = own.app_armor_profile.as_ref().or(of_pod.and_then(|context| context.app_armor_profile.as_ref()));
    Ok(LinuxContainerSecurityContext {
        capabilities: own.capabilities.as_ref().map(|capabilities| Capability {
            add_capabilities: capabilities.add.clone().unwrap_or_default(),
            drop_capabilities: capabilities.drop.clone().unwrap_or_default(),
            ..Capability::default()
        }),
        privileged: own.privileged.unwrap_or(false),
        namespace_options: Some(namespaces(pod)?),
        run_as_user: user.or(image.uid).map(|value| Int64Value { value }),
        run_as_username: if user.is_none() { image.username.clone() } else { String::new() },
        run_as_group: own.run_as_group.or(of_pod.and_then(|c| c.run_as_group)).map(|value| Int64Value { value }),
        readonly_rootfs: own.read_only_root_filesystem.unwrap_or(false),
        supplemental_groups: supplemental_groups(pod),
        supplemental_groups_policy: groups_policy(pod)?,
        no_new_privs: own.allow_privilege_escalation == Some(false),
        masked_paths: paths(&MASKED_PATHS, &node.masked_paths),
        readonly_paths: paths(&READONLY_PATHS, &[]),
        seccomp: Some(seccomp_profile(seccomp, node)?),
        apparmor: apparmor.map(apparmor_profile),
        ..LinuxContainerSecurityContext::default()
    })
}

/// Which namespaces a Pod's containers share with what; the error is for people.
pub fn namespaces(pod: &Pod) -> Result<NamespaceOption, String> {
    let spec = spec::spec(pod);
    if spec.host_users == Some(false) {
        return Err("user namespaces (hostUsers: false) are not supported by this kubelet".to_owned());
    }
    let node_or = |is_node: Option<bool>, other| if is_node == Some(true) { NamespaceMode::Node } else { other };
    let pid = match spec.share_process_namespace {
        Some(true) => NamespaceMode::Pod,
        _ => NamespaceMode::Container,
    };
    Ok(NamespaceOption {
        network: node_or(spec.host_network, NamespaceMode::Pod) as i32,
        pid: node_or(spec.host_pid, pid) as i32,
        ipc: node_or(spec.host_ipc, NamespaceMode::Pod) as i32,
        ..NamespaceOption::default()
    })
}

/// `fsGroup` and `supplementalGroups`.
pub fn supplemental_groups(pod: &Pod) -> Vec<i64> {
    let context = pod_context(pod);
    let group = context.and_then(|context| context.fs_group);
    let more = context.and_then(|context| context.supplemental_groups.clone()).unwrap_or_default();
    group.into_iter().chain(more).collect()
}

/// The CRI's number of `supplementalGroupsPolicy`; the error is upstream's text.
pub fn groups_policy(pod: &Pod) -> Result<i32, String> {
    let policy = pod_context(pod).and_then(|context| context.supplemental_groups_policy.as_deref());
    match policy {
        None => Ok(SupplementalGroupsPolicy::Merge as i32),
        Some(name) => SupplementalGroupsPolicy::from_str_name(name)
            .map(|policy| policy as i32)
            .ok_or_else(|| format!("unsupported supplementalGroupsPolicy: {name}")),
    }
}

fn seccomp_profile(profile: Option<&SeccompProfile>, node: &NodeSettings) -> Result<SecurityProfile, String> {
    let of_type = |kind: ProfileType| SecurityProfile { profile_type: kind as i32, localhost_ref: String::new() };
    match profile {
        None if node.has_seccomp_default => Ok(of_type(ProfileType::RuntimeDefault)),
        None => Ok(of_type(ProfileType::Unconfined)),
        Some(profile) => match profile.type_.as_str() {
            "RuntimeDefault" => Ok(of_type(ProfileType::RuntimeDefault)),
            "Localhost" => match profile.localhost_profile.as_deref().filter(|path| !path.is_empty()) {
                Some(path) => Ok(SecurityProfile {
                    profile_type: ProfileType::Localhost as i32,
                    localhost_ref: node.seccomp_profiles.join(path).display().to_string(),
                }),
                None => Err("localhostProfile must be set if seccompProfile type is Localhost.".to_owned()),
            },
            _ => Ok(of_type(ProfileType::Unconfined)),
        },
    }
}

fn apparmor_profile(profile: &AppArmorProfile) -> SecurityProfile {
    let kind = match profile.type_.as_str() {
        "RuntimeDefault" => ProfileType::RuntimeDefault,
        "Localhost" => ProfileType::Localhost,
        _ => ProfileType::Unconfined,
    };
    let localhost_ref = profile.localhost_profile.clone().unwrap_or_default();
    SecurityProfile { profile_type: kind as i32, localhost_ref }
}
