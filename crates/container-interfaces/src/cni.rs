//! CNI 1.1: what a plugin is asked and answers, and the trait that runs a network configuration.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// One attachment of one sandbox, as in the `CNI_*` variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CniRequest {
    /// `CNI_CONTAINERID`: the sandbox id.
    pub container_id: String,
    /// `CNI_NETNS`: path of the network namespace; empty for a DEL whose namespace is gone.
    pub netns: PathBuf,
    /// `CNI_IFNAME`, usually `eth0`.
    pub interface: String,
    /// `CNI_ARGS`, such as `K8S_POD_NAME`.
    pub args: BTreeMap<String, String>,
    /// Runtime capabilities of the sandbox: port mappings.
    pub port_mappings: Vec<PortMapping>,
}

/// A hostPort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortMapping {
    /// Port on the host.
    pub host_port: u16,
    /// Port in the Pod.
    pub container_port: u16,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
    /// Host address, or empty for all.
    #[serde(default, rename = "hostIP", skip_serializing_if = "String::is_empty")]
    pub host_ip: String,
}

/// Result of ADD (CNI 1.1 result).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CniResult {
    /// `cniVersion`
    #[serde(default)]
    pub cni_version: String,
    /// Interfaces made.
    #[serde(default)]
    pub interfaces: Vec<CniInterface>,
    /// Addresses given.
    #[serde(default)]
    pub ips: Vec<CniIp>,
    /// Routes set.
    #[serde(default)]
    pub routes: Vec<CniRoute>,
}

/// An interface of a [`CniResult`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CniInterface {
    /// Name.
    pub name: String,
    /// Hardware address.
    #[serde(default)]
    pub mac: String,
    /// Network namespace path; empty on the host.
    #[serde(default)]
    pub sandbox: String,
}

/// An address of a [`CniResult`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CniIp {
    /// Address with prefix length.
    pub address: String,
    /// Gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<IpAddr>,
    /// Index into `interfaces`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<usize>,
}

/// A route of a [`CniResult`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CniRoute {
    /// Destination with prefix length.
    pub dst: String,
    /// Gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gw: Option<IpAddr>,
}

/// A plugin's error object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{msg}{}", if details.is_empty() { String::new() } else { format!(": {details}") })]
pub struct CniError {
    /// Code of the CNI specification (11: try again later, 50: not ready, ...).
    pub code: u32,
    /// Short text.
    pub msg: String,
    /// Long text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub details: String,
}

/// Runs the node's chosen network configuration.
#[async_trait]
pub trait Cni: Send + Sync + 'static {
    /// Attaches the sandbox. Idempotent by container id and interface.
    async fn add(&self, request: &CniRequest) -> Result<CniResult, CniError>;
    /// Detaches it; succeeds when nothing is there.
    async fn del(&self, request: &CniRequest) -> Result<(), CniError>;
    /// Checks that the attachment is as `add` left it.
    async fn check(&self, request: &CniRequest) -> Result<(), CniError>;
    /// Whether attachments can be made now (network ready).
    async fn status(&self) -> Result<(), CniError>;
}
