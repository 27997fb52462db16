//! Settings of a kubelet and what it is given.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::k8s_openapi::api::core::v1::Taint;
use client::client::Client;
use container_interfaces::cri::{ImageService, RuntimeService};
use streaming::tls::ServerTls;
use tokio::sync::watch;

use crate::paths::Paths;

/// The node's addresses, the primary one first, at most one per family. They may change while the kubelet runs.
#[derive(Clone, Debug)]
pub struct NodeAddresses {
    current: watch::Receiver<Vec<String>>,
}

impl NodeAddresses {
    /// Addresses that whoever holds the sender may change.
    pub fn live(current: watch::Receiver<Vec<String>>) -> NodeAddresses {
        NodeAddresses { current }
    }

    /// Addresses that never change.
    pub fn fixed(addresses: &[&str]) -> NodeAddresses {
        let (_, current) = watch::channel(addresses.iter().map(|address| (*address).to_owned()).collect());
        NodeAddresses { current }
    }

    /// Those of now.
    pub fn now(&self) -> Vec<String> {
        self.current.borrow().clone()
    }

    /// Completes when they have changed since this clone last waited; never when they are fixed.
    pub async fn changed(&mut self) {
        if self.current.changed().await.is_err() {
            std::future::pending().await
        }
    }
}

/// Settings; [`Config::new`] gives the documented defaults.
#[derive(Clone, Debug)]
pub struct Config {
    /// The Node's name.
    pub node_name: String,
    /// Host name that the Node reports. Default: the Node's name.
    pub hostname: String,
    /// The node's addresses.
    pub node_ips: NodeAddresses,
    /// Further labels of the Node.
    pub node_labels: BTreeMap<String, String>,
    /// Taints that the Node is registered with.
    pub taints: Vec<Taint>,
    /// Addresses of the cluster's DNS. Default: none.
    pub cluster_dns: Vec<String>,
    /// Domain of the cluster. Default: `cluster.local`.
    pub cluster_domain: String,
    /// The node's resolver configuration that Pods inherit. Default: `/etc/resolv.conf`; `None` gives them none.
    pub resolv_conf: Option<PathBuf>,
    /// Pods' directories are below it. Default: `/var/lib/kubelet`.
    pub root_directory: PathBuf,
    /// Pods' logs. Default: `/var/log/pods`.
    pub pod_logs_directory: PathBuf,
    /// Links to containers' logs. Default: `/var/log/containers`.
    pub container_logs_directory: PathBuf,
    /// Directory of static Pods' manifests. Default: none.
    pub static_pods_directory: Option<PathBuf>,
    /// The node's logs that `/logs/` shows. Default: `/var/log`.
    pub node_logs_directory: PathBuf,
    /// Where cgroups are mounted. Default: `/sys/fs/cgroup`.
    pub cgroup_mount: PathBuf,
    /// Cgroup that `kubepods` is made in. Default: `/`.
    pub cgroup_root: String,
    /// Where the HTTPS server listens; `None` switches it off. Default: `0.0.0.0:10250`.
    pub listen: Option<SocketAddr>,
    /// Pods that the node takes. Default: 110.
    pub pods_max: u32,
    /// What is kept back from Pods. Default: nothing.
    pub reserved: BTreeMap<String, String>,
    /// Memory that must stay available, in bytes (hard eviction threshold). Default: 100 MiB.
    pub memory_available_bytes_min: u64,
    /// Part of the disk that must stay available, in percent. Default: 10.
    pub disk_available_percent_min: u64,
    /// What must stay available of the disk at most, whatever its size, in bytes: a tenth of a big disk is not
    /// running out. Default: 10 GiB.
    pub disk_available_bytes_cap: u64,
    /// Whether containers without a seccomp profile get the runtime's default one. Default: no.
    pub has_seccomp_default: bool,
    /// Sysctls that Pods may set besides the safe ones; `*` at the end stands for anything. Default: none.
    pub allowed_unsafe_sysctls: Vec<String>,
    /// Version that the Node reports.
    pub kubelet_version: String,
    /// A container's log is rotated above this. Default: 10 MiB.
    pub container_log_bytes_max: u64,
    /// Logs kept per container, the current one counted. Default: 5.
    pub container_log_files_max: u32,
    /// Images that the Node's status lists. Default: 50.
    pub node_images_max: usize,
    /// Life of the node's lease. Default: 40 s; renewed at a quarter of it.
    pub lease_duration: Duration,
    /// How often the Node's status is looked at. Default: 10 s.
    pub node_status_period: Duration,
    /// How often an unchanged status is sent all the same. Default: 5 min.
    pub node_report_period: Duration,
}

impl Config {
    /// The defaults for a node of that name and address.
    pub fn new(node_name: &str, node_ip: &str) -> Config {
        Config {
            node_name: node_name.to_owned(),
            hostname: node_name.to_owned(),
            node_ips: NodeAddresses::fixed(&[node_ip]),
            node_labels: BTreeMap::new(),
            taints: Vec::new(),
            cluster_dns: Vec::new(),
            cluster_domain: "cluster.local".into(),
            resolv_conf: Some("/etc/resolv.conf".into()),
            root_directory: "/var/lib/kubelet".into(),
            pod_logs_directory: "/var/log/pods".into(),
            container_logs_directory: "/var/log/containers".into(),
            static_pods_directory: None,
            node_logs_directory: "/var/log".into(),
            cgroup_mount: "/sys/fs/cgroup".into(),
            cgroup_root: "/".into(),
            listen: Some(SocketAddr::from(([0, 0, 0, 0], 10_250))),
            pods_max: 110,
            reserved: BTreeMap::new(),
            memory_available_bytes_min: 100 << 20,
            disk_available_percent_min: 10,
            disk_available_bytes_cap: 10 << 30,
            has_seccomp_default: false,
            allowed_unsafe_sysctls: Vec::new(),
            kubelet_version: "v1.36.3".into(),
            container_log_bytes_max: 10 << 20,
            container_log_files_max: 5,
            node_images_max: 50,
            lease_duration: Duration::from_secs(40),
            node_status_period: Duration::from_secs(10),
            node_report_period: Duration::from_secs(300),
        }
    }

    /// What must stay available of a disk of that size, in bytes.
    pub fn disk_available_min(&self, capacity: u64) -> u64 {
        (capacity / 100).saturating_mul(self.disk_available_percent_min).min(self.disk_available_bytes_cap)
    }

    /// Where things are on the disk.
    pub fn paths(&self) -> Paths {
        Paths {
            root: self.root_directory.clone(),
            pod_logs: self.pod_logs_directory.clone(),
            container_logs: self.container_logs_directory.clone(),
        }
    }
}

/// What a kubelet is given.
#[derive(Clone)]
pub struct Dependencies {
    /// Client with the identity `system:node:<name>`.
    pub client: Client,
    /// The runtime.
    pub runtime: Arc<dyn RuntimeService>,
    /// The runtime's images.
    pub images: Arc<dyn ImageService>,
    /// Certificate of the HTTPS server and the CA of its clients; `None` switches the server off.
    pub serving: Option<ServerTls>,
}

/// Why a kubelet ended.
#[derive(Debug, thiserror::Error)]
pub enum KubeletError {
    /// The node is not fit; a retry helps once that is put right.
    #[error("prepare {what}")]
    Prepare {
        /// What.
        what: String,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// The HTTPS port cannot be had.
    #[error("listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
}
