//! Attaching sandboxes to the network: what CNI is asked. Pure, but for the calls.

use std::collections::BTreeMap;
use std::path::PathBuf;

use container_interfaces::cni::{CniRequest, CniResult, PortMapping};
use container_interfaces::cri::v1::{NamespaceMode, PodSandboxConfig, Protocol};

/// Interface name in Pods.
const INTERFACE: &str = "eth0";

/// What is asked for a sandbox whose shim is `shim_pid`; without one its namespace is gone.
pub fn request(id: &str, config: &PodSandboxConfig, shim_pid: Option<i32>) -> CniRequest {
    let metadata = config.metadata.clone().unwrap_or_default();
    let args = [
        ("IgnoreUnknown", "1".to_owned()),
        ("K8S_POD_NAMESPACE", metadata.namespace),
        ("K8S_POD_NAME", metadata.name),
        ("K8S_POD_INFRA_CONTAINER_ID", id.to_owned()),
        ("K8S_POD_UID", metadata.uid),
    ];
    CniRequest {
        container_id: id.to_owned(),
        netns: shim_pid.map(|pid| PathBuf::from(format!("/proc/{pid}/ns/net"))).unwrap_or_default(),
        interface: INTERFACE.to_owned(),
        args: args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<BTreeMap<_, _>>(),
        port_mappings: port_mappings(config),
    }
}

fn port_mappings(config: &PodSandboxConfig) -> Vec<PortMapping> {
    let wanted = config.port_mappings.iter().filter(|mapping| mapping.host_port > 0);
    let converted = wanted.filter_map(|mapping| {
        Some(PortMapping {
            host_port: u16::try_from(mapping.host_port).ok()?,
            container_port: u16::try_from(mapping.container_port).ok()?,
            protocol: Protocol::try_from(mapping.protocol).ok()?.as_str_name().to_ascii_lowercase(),
            host_ip: mapping.host_ip.clone(),
        })
    });
    converted.collect()
}

/// The sandbox's addresses, without prefix lengths, in the order the plugin gave them.
pub fn addresses(result: &CniResult) -> Vec<String> {
    let bare = |address: &String| address.split('/').next().unwrap_or_default().to_owned();
    result.ips.iter().map(|ip| bare(&ip.address)).collect()
}

/// Whether the sandbox keeps the host's network.
pub fn is_host_network(config: &PodSandboxConfig) -> bool {
    namespace_mode(config, |options| options.network) == Some(NamespaceMode::Node)
}

/// Whether the sandbox keeps the host's IPC namespace.
pub fn is_host_ipc(config: &PodSandboxConfig) -> bool {
    namespace_mode(config, |options| options.ipc) == Some(NamespaceMode::Node)
}

/// Whether the sandbox's containers share one PID namespace.
pub fn is_pid_shared(config: &PodSandboxConfig) -> bool {
    namespace_mode(config, |options| options.pid) == Some(NamespaceMode::Pod)
}

fn namespace_mode(
    config: &PodSandboxConfig,
    field: impl Fn(&container_interfaces::cri::v1::NamespaceOption) -> i32,
) -> Option<NamespaceMode> {
    let security = config.linux.as_ref()?.security_context.as_ref()?;
    NamespaceMode::try_from(field(security.namespace_options.as_ref()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use container_interfaces::cri::v1;

    #[test]
    fn only_host_ports_are_mapped() {
        let mapping = |host_port| v1::PortMapping {
            protocol: Protocol::Udp as i32,
            container_port: 53,
            host_port,
            host_ip: String::new(),
        };
        let config =
            PodSandboxConfig { port_mappings: vec![mapping(0), mapping(5353), mapping(70_000)], ..Default::default() };
        let found = request("id", &config, Some(7));
        assert_eq!(found.netns, PathBuf::from("/proc/7/ns/net"));
        let expected =
            PortMapping { host_port: 5353, container_port: 53, protocol: "udp".into(), host_ip: String::new() };
        assert_eq!(found.port_mappings, [expected]);
    }
}
