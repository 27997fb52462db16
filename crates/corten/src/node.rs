//! The node role: network, DNS, runtime and kubelet.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use client::client::Client;
use client::transport::Transport;
use container_interfaces::cri::RuntimeService;
use container_interfaces::cri::v1::{ListPodSandboxRequest, RemovePodSandboxRequest, StopPodSandboxRequest};
use container_runtime::images::pull::PullConfig;
use container_runtime::images::service::Images;
use container_runtime::images::source::StoreSource;
use container_runtime::images::store::ImageStore;
use container_runtime::runtime::Runtime;
use kubelet::config::NodeAddresses;
use network::cidr::Ipv4Cidr;
use network::cni::{Bridge, BridgeConfig, ChosenNetwork, PortMapper, write_own_configuration};
use network::link::Links;
use network::service::{HostPorts, Proxy, ProxyConfig};
use streaming::tls::{ClientVerifier, ServingCertificate};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::admin;
use crate::config::Config;

/// Prefix of this node's share of the Pod range, unless more Pods than that are wanted.
const NODE_PREFIX: u8 = 24;

/// Where cgroup hierarchies are mounted.
const CGROUP_MOUNT: &str = "/sys/fs/cgroup";

/// How long ended processes may still hold their cgroup, and the pause between looks.
const REAP_PATIENCE: Duration = Duration::from_secs(5);
const REAP_PAUSE: Duration = Duration::from_millis(20);

/// How transports are made: by user name.
pub type TransportFor<'a> = &'a dyn Fn(&str) -> Arc<dyn Transport>;

/// What the node proves itself with and is reached at; both may change while it runs.
pub struct Identity {
    /// The kubelet's serving certificate.
    pub certificate: Arc<ServingCertificate>,
    /// Certificate of the cluster's authority, PEM.
    pub authority_pem: String,
    /// The node's addresses.
    pub addresses: NodeAddresses,
}

/// The running node.
pub struct Node {
    stop: watch::Sender<bool>,
    /// Those that stop by themselves when told.
    draining: Vec<JoinHandle<()>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Node {
    /// Stops the daemon's part; containers live on.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.draining {
            let _ = task.await;
        }
        for task in self.tasks {
            task.abort();
            let _ = task.await;
        }
    }
}

/// Starts the node.
pub async fn start(config: &Config, identity: Identity, transport_for: TransportFor<'_>) -> anyhow::Result<Node> {
    let network = network(config)?;
    let mut tasks = vec![start_proxy(config, transport_for)?, start_dns(config, transport_for).await?];
    let store = open_images(config).await?;
    let runtime: Arc<Runtime> = Arc::new(build_runtime(config, &store, network).await?);
    let pulls = PullConfig { mirrors: mirrors(config)?, hosts_directory: config.registry_hosts() };
    let images = Arc::new(Images::new(Arc::clone(&store), pulls));
    let (stop, stopped) = watch::channel(false);
    let socket = cri_socket(config);
    let (cri_runtime, cri_images) = (Arc::clone(&runtime), Arc::clone(&images));
    let cri_stop = wait_for(stopped.clone());
    let cri = tokio::spawn(async move {
        if let Err(error) = container_runtime::cri_server::serve(&socket, cri_runtime, cri_images, cri_stop).await {
            tracing::error!(%error, "serve CRI");
        }
    });
    tasks.push(admin::serve(&config.run_dir, store)?);
    let dependencies = kubelet::config::Dependencies {
        client: Client::new(transport_for(&format!("system:node:{}", config.node_name)), "kubelet"),
        runtime,
        images,
        serving: Some(kubelet_tls(&identity)?),
    };
    let kubelet = start_kubelet(kubelet_settings(config, identity.addresses), dependencies, stopped);
    Ok(Node { stop, draining: vec![kubelet, cri], tasks })
}

async fn wait_for(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Where the CRI socket is.
pub fn cri_socket(config: &Config) -> PathBuf {
    config.run_dir.join("cri.sock")
}

/// The share of the Pod range that this node gives out.
fn node_range(config: &Config) -> anyhow::Result<Ipv4Cidr> {
    let pods =
        Ipv4Cidr::parse(&config.pod_cidr).with_context(|| format!("pod-cidr {:?}: is no range", config.pod_cidr))?;
    // Network, gateway and broadcast are not given out, and freed addresses rest for a while.
    let mut prefix = NODE_PREFIX.max(pods.prefix);
    while prefix > pods.prefix && Ipv4Cidr::of(pods.network, prefix).size() < u64::from(config.max_pods) * 2 {
        prefix -= 1;
    }
    Ok(Ipv4Cidr::of(pods.network, prefix))
}

fn service_range(config: &Config) -> anyhow::Result<Ipv4Cidr> {
    let text = &config.service_cidr;
    Ipv4Cidr::parse(text).with_context(|| format!("service-cidr {text:?}: is no IPv4 range"))
}

/// The hostPorts of the instance that a CNI configuration belongs to: kept beside the addresses.
pub fn host_ports(own: &BridgeConfig) -> HostPorts {
    let directory = own.directory.parent().unwrap_or(Path::new("/"));
    HostPorts::new(&own.instance, &directory.join("hostports"))
}

/// The node's network as far as attaching needs it.
fn attachments(config: &Config) -> anyhow::Result<(Arc<Bridge>, HostPorts, BridgeConfig)> {
    let own = BridgeConfig {
        instance: config.instance.clone(),
        range: node_range(config)?,
        directory: config.data_dir.join("cni/addresses"),
    };
    let bridge = Arc::new(Bridge::new(&own, Arc::new(host_ports(&own)) as Arc<dyn PortMapper>));
    Ok((bridge, host_ports(&own), own))
}

fn network(config: &Config) -> anyhow::Result<Arc<ChosenNetwork>> {
    network::nft::is_available().context("use nftables")?;
    let (bridge, ports, own) = attachments(config)?;
    write_own_configuration(&config.cni_conf_dir, &own).context("write the CNI configuration")?;
    ports.restore().map_err(anyhow::Error::msg).context("program hostPorts")?;
    bridge.route_services(service_range(config)?).context("make the bridge")?;
    Ok(Arc::new(ChosenNetwork::new(&config.cni_conf_dir, &config.cni_bin_dir, &config.instance, bridge)))
}

fn start_proxy(config: &Config, transport_for: TransportFor<'_>) -> anyhow::Result<JoinHandle<()>> {
    let settings = ProxyConfig {
        instance: config.instance.clone(),
        node_name: config.node_name.clone(),
        service_range: service_range(config)?,
        pod_range: Ipv4Cidr::parse(&config.pod_cidr).context("pod-cidr: is no range")?,
        local_addresses: match config.cluster_dns {
            IpAddr::V4(address) => vec![address],
            IpAddr::V6(_) => vec![],
        },
    };
    let proxy = Proxy::new(settings, &Client::new(transport_for("system:kube-proxy"), "kube-proxy"));
    Ok(tokio::spawn(proxy.run()))
}

async fn start_dns(config: &Config, transport_for: TransportFor<'_>) -> anyhow::Result<JoinHandle<()>> {
    if let IpAddr::V4(address) = config.cluster_dns {
        let mut links = Links::open().context("open netlink")?;
        let loopback = links.find("lo").context("find lo")?.context("there is no lo")?;
        links.set_up(loopback).context("set lo up")?;
        links.add_address(loopback, address, 32).context("add the DNS address to lo")?;
    }
    let client = Client::new(transport_for("system:serviceaccount:kube-system:kube-dns"), "kube-dns");
    let settings = dns::Config {
        domain: config.cluster_domain.clone(),
        addresses: vec![SocketAddr::new(config.cluster_dns, 53)],
        resolver_files: config.resolver_files(),
    };
    let server = dns::Dns::bind(settings, dns::cluster::Cluster::watch(&client)).await.context("start DNS")?;
    Ok(tokio::spawn(server.run()))
}

async fn open_images(config: &Config) -> anyhow::Result<Arc<ImageStore>> {
    let directory = config.data_dir.join("images");
    let opened = tokio::task::spawn_blocking(move || ImageStore::open(&directory)).await?;
    Ok(Arc::new(opened.context("open the image store")?))
}

async fn build_runtime(
    config: &Config,
    store: &Arc<ImageStore>,
    network: Arc<ChosenNetwork>,
) -> anyhow::Result<Runtime> {
    let settings = container_runtime::config::Config {
        root_directory: config.data_dir.join("runtime"),
        state_directory: config.run_dir.join("runtime"),
        cgroup_root: format!("/{}", config.cgroup_parent()),
        runtime_handlers: config.handlers()?,
        ..container_runtime::config::Config::default()
    };
    let dependencies =
        container_runtime::runtime::Dependencies { images: Arc::new(StoreSource(Arc::clone(store))), cni: network };
    Runtime::build(settings, dependencies).await.context("start the container runtime")
}

/// `REGISTRY=URL,…` as a table.
fn mirrors(config: &Config) -> anyhow::Result<std::collections::BTreeMap<String, Vec<String>>> {
    let mut mirrors = std::collections::BTreeMap::<String, Vec<String>>::new();
    for pair in config.registry_mirrors.split(',').filter(|pair| !pair.trim().is_empty()) {
        let (registry, url) =
            pair.trim().split_once('=').with_context(|| format!("registry-mirrors {pair:?}: want REGISTRY=URL"))?;
        mirrors.entry(registry.to_owned()).or_default().push(url.trim_end_matches('/').to_owned());
    }
    Ok(mirrors)
}

fn kubelet_tls(identity: &Identity) -> anyhow::Result<streaming::tls::ServerTls> {
    let clients = ClientVerifier::from_pem(identity.authority_pem.as_bytes())?;
    Ok(streaming::tls::server_tls(Arc::clone(&identity.certificate), Some(clients))?)
}

fn kubelet_settings(config: &Config, node_ips: NodeAddresses) -> kubelet::config::Config {
    kubelet::config::Config {
        cluster_dns: vec![config.cluster_dns.to_string()],
        cluster_domain: config.cluster_domain.clone(),
        root_directory: config.kubelet_dir.clone(),
        pod_logs_directory: config.pod_logs_dir.clone(),
        container_logs_directory: config.container_logs_dir.clone(),
        resolv_conf: config.resolver_files().into_iter().find(|path| path.exists()),
        cgroup_mount: CGROUP_MOUNT.into(),
        cgroup_root: format!("/{}", config.cgroup_parent()),
        listen: Some(SocketAddr::new(config.bind_address, config.kubelet_port)),
        pods_max: config.max_pods,
        static_pods_directory: Some(config.static_pods_dir.clone()).filter(|path| !path.as_os_str().is_empty()),
        allowed_unsafe_sysctls: names(&config.allowed_unsafe_sysctls),
        kubelet_version: apiserver::GIT_VERSION.into(),
        node_ips,
        ..kubelet::config::Config::new(&config.node_name, "")
    }
}

/// The names of a comma-separated list.
fn names(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn start_kubelet(
    settings: kubelet::config::Config,
    dependencies: kubelet::config::Dependencies,
    stopped: watch::Receiver<bool>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        if let Err(error) = kubelet::build(settings, dependencies).run(wait_for(stopped)).await {
            tracing::error!(error = %anyhow::Error::from(error), "the kubelet ended");
        }
    })
}

/// Stops and removes every Pod of a node whose server is down; returns how many.
pub fn stop_all_pods(config: &Config) -> anyhow::Result<usize> {
    if !config.data_dir.join("runtime").exists() {
        return Ok(0);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let store = open_images(config).await?;
        let (bridge, _, _) = attachments(config)?;
        let chosen = ChosenNetwork::new(&config.cni_conf_dir, &config.cni_bin_dir, &config.instance, bridge);
        let runtime = build_runtime(config, &store, Arc::new(chosen)).await?;
        let sandboxes = runtime.list_pod_sandbox(ListPodSandboxRequest::default()).await?.items;
        for sandbox in &sandboxes {
            let id = sandbox.id.clone();
            runtime.stop_pod_sandbox(StopPodSandboxRequest { pod_sandbox_id: id.clone() }).await?;
            runtime.remove_pod_sandbox(RemovePodSandboxRequest { pod_sandbox_id: id }).await?;
        }
        Ok(sandboxes.len())
    })
}

/// Removes the instance's cgroups in every hierarchy, deepest first.
pub fn remove_cgroups(config: &Config) -> anyhow::Result<()> {
    let parent = config.cgroup_parent();
    let mut roots = vec![PathBuf::from(CGROUP_MOUNT)];
    roots.extend(std::fs::read_dir(CGROUP_MOUNT).into_iter().flatten().flatten().map(|entry| entry.path()));
    for root in roots {
        let path = root.join(&parent);
        if path.is_dir() {
            remove_cgroup_patiently(&path).with_context(|| format!("remove cgroup {}", path.display()))?;
        }
    }
    Ok(())
}

/// Processes that ended stay in their cgroup until init has reaped them.
fn remove_cgroup_patiently(path: &Path) -> std::io::Result<()> {
    let deadline = Instant::now() + REAP_PATIENCE;
    loop {
        match remove_cgroup(path) {
            Err(error) if error.kind() == std::io::ErrorKind::ResourceBusy && Instant::now() < deadline => {
                std::thread::sleep(REAP_PAUSE);
            }
            outcome => return outcome,
        }
    }
}

fn remove_cgroup(path: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_cgroup(&entry.path())?;
        }
    }
    std::fs::remove_dir(path)
}
