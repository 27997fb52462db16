//! A sandbox's CRI configuration from its Pod. Pure.

use std::collections::BTreeMap;

use api::k8s_openapi::api::core::v1::{ContainerPort, Pod};
use container_interfaces::cri::v1::security_profile::ProfileType;
use container_interfaces::cri::v1::{
    DnsConfig, Int64Value, LinuxPodSandboxConfig, LinuxSandboxSecurityContext, PodSandboxConfig, PodSandboxMetadata,
    PortMapping, Protocol, SecurityProfile,
};

use crate::container_config::{labels, limits, security};
use crate::spec;

/// What is not in the Pod's spec.
pub struct SandboxInput<'a> {
    /// The Pod.
    pub pod: &'a Pod,
    /// Attempt.
    pub attempt: u32,
    /// Host name for the kernel; not used on the host's network.
    pub hostname: &'a str,
    /// Resolver configuration.
    pub dns: DnsConfig,
    /// Directory of the Pod's logs.
    pub log_directory: String,
    /// The Pod's cgroup.
    pub cgroup_parent: String,
}

/// Makes the configuration; the error is upstream's text.
pub fn sandbox_config(input: SandboxInput<'_>) -> Result<PodSandboxConfig, String> {
    let pod = input.pod;
    let is_host_network = spec::is_host_network(pod);
    Ok(PodSandboxConfig {
        metadata: Some(PodSandboxMetadata {
            name: spec::name(pod).to_owned(),
            uid: spec::uid(pod).to_owned(),
            namespace: spec::namespace(pod).to_owned(),
            attempt: input.attempt,
        }),
        hostname: if is_host_network { String::new() } else { input.hostname.to_owned() },
        log_directory: input.log_directory,
        dns_config: Some(input.dns),
        port_mappings: if is_host_network { Vec::new() } else { port_mappings(pod) },
        labels: labels::sandbox_labels(pod),
        annotations: pod.metadata.annotations.clone().unwrap_or_default(),
        linux: Some(LinuxPodSandboxConfig {
            cgroup_parent: input.cgroup_parent,
            security_context: Some(security_context(pod)?),
            sysctls: sysctls(pod),
            overhead: Some(limits::overhead(pod)),
            resources: Some(limits::sandbox_limits(pod)),
        }),
        ..PodSandboxConfig::default()
    })
}

fn security_context(pod: &Pod) -> Result<LinuxSandboxSecurityContext, String> {
    let context = spec::spec(pod).security_context.as_ref();
    let id = |value: Option<i64>| value.map(|value| Int64Value { value });
    let is_privileged = spec::all_containers(pod)
        .any(|container| container.security_context.as_ref().and_then(|context| context.privileged) == Some(true));
    Ok(LinuxSandboxSecurityContext {
        namespace_options: Some(security::namespaces(pod)?),
        run_as_user: id(context.and_then(|context| context.run_as_user)),
        run_as_group: id(context.and_then(|context| context.run_as_group)),
        supplemental_groups: security::supplemental_groups(pod),
        supplemental_groups_policy: security::groups_policy(pod)?,
        privileged: is_privileged,
        seccomp: Some(SecurityProfile {
            profile_type: ProfileType::RuntimeDefault as i32,
            localhost_ref: String::new(),
        }),
        ..LinuxSandboxSecurityContext::default()
    })
}

fn sysctls(pod: &Pod) -> BTreeMap<String, String> {
    let context = spec::spec(pod).security_context.as_ref();
    let all = context.and_then(|context| context.sysctls.as_ref()).into_iter().flatten();
    all.map(|sysctl| (dotted(&sysctl.name), sysctl.value.clone())).collect()
}

/// A sysctl's name with dots between its parts, whichever of `.` and `/` comes first.
pub fn dotted(name: &str) -> String {
    match name.find(['.', '/']).map(|at| name.as_bytes()[at]) {
        Some(b'/') => {
            let swapped = name.chars().map(|c| match c {
                '/' => '.',
                '.' => '/',
                c => c,
            });
            swapped.collect()
        }
        _ => name.to_owned(),
    }
}

fn port_mappings(pod: &Pod) -> Vec<PortMapping> {
    let containers = spec::all_containers(pod).filter(|c| !spec::is_init(pod, &c.name) || spec::is_sidecar(c));
    let ports = containers.flat_map(|container| container.ports.iter().flatten());
    ports.filter(|port| port.host_port.is_some_and(|host_port| host_port > 0)).map(port_mapping).collect()
}

fn port_mapping(port: &ContainerPort) -> PortMapping {
    let protocol = match port.protocol.as_deref() {
        Some("UDP") => Protocol::Udp,
        Some("SCTP") => Protocol::Sctp,
        _ => Protocol::Tcp,
    };
    PortMapping {
        protocol: protocol as i32,
        container_port: port.container_port,
        host_port: port.host_port.unwrap_or(0),
        host_ip: port.host_ip.clone().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_sandbox_knows_its_pod_ports_and_sysctls() {
        let pod = json!({"metadata": {"name": "p", "namespace": "ns", "uid": "u", "labels": {"app": "x"}},
            "spec": {"containers": [{"name": "c", "ports": [{"containerPort": 80, "hostPort": 8080}, {"containerPort": 81}]}],
                "securityContext": {"sysctls": [{"name": "net/ipv4/ip_forward", "value": "1"}]}}});
        let pod = api::typed::pod(pod.to_string().as_bytes()).expect("a Pod");
        let config = sandbox_config(SandboxInput {
            pod: &pod,
            attempt: 1,
            hostname: "p",
            dns: DnsConfig::default(),
            log_directory: "/logs".into(),
            cgroup_parent: "/kubepods/besteffort/podu".into(),
        })
        .expect("a configuration");
        assert_eq!(
            config.port_mappings.iter().map(|p| (p.host_port, p.container_port)).collect::<Vec<_>>(),
            [(8080, 80)]
        );
        assert_eq!(config.labels["app"], "x");
        assert_eq!(labels::pod_id(&config.labels), spec::PodId::of(&pod));
        assert_eq!(config.linux.expect("for Linux").sysctls["net.ipv4.ip_forward"], "1");
    }
}
