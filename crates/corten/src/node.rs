//! The node role: network, DNS, runtime and kubelet.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use client::client::Client;
use client::transport::Transport;
use network::cidr::Ipv4Cidr;
use network::cni::{Bridge, BridgeConfig, ChosenNetwork, PortMapper, write_own_configuration};
use network::link::Links;
use network::service::{HostPorts, Proxy, ProxyConfig};
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::keys::Keys;

/// Prefix of this node's share of the Pod range, unless more Pods than that are wanted.
const NODE_PREFIX: u8 = 24;

/// The running node.
pub struct Node {
    tasks: Vec<JoinHandle<()>>,
}

impl Node {
    /// Stops the daemon's part; containers live on.
    pub async fn stop(self) {
        for task in self.tasks {
            task.abort();
            let _ = task.await;
        }
    }
}

/// Starts the node.
pub async fn start(
    config: &Config,
    _keys: &Keys,
    _node_ip: IpAddr,
    transport_for: &dyn Fn(&str) -> Arc<dyn Transport>,
) -> anyhow::Result<Node> {
    let (_network, mut tasks) = start_network(config, transport_for)?;
    tasks.push(start_dns(config, transport_for).await?);
    Ok(Node { tasks })
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

fn start_network(
    config: &Config,
    transport_for: &dyn Fn(&str) -> Arc<dyn Transport>,
) -> anyhow::Result<(Arc<ChosenNetwork>, Vec<JoinHandle<()>>)> {
    network::nft::is_available().context("use nftables")?;
    let pod_range = node_range(config)?;
    let service_range = Ipv4Cidr::parse(&config.service_cidr)
        .with_context(|| format!("service-cidr {:?}: is no IPv4 range", config.service_cidr))?;
    let own = BridgeConfig {
        instance: config.instance.clone(),
        range: pod_range,
        directory: config.data_dir.join("cni/addresses"),
    };
    write_own_configuration(&config.cni_conf_dir, &own).context("write the CNI configuration")?;
    let ports = Arc::new(HostPorts::new(&config.instance, &config.data_dir.join("cni/hostports")));
    ports.restore().map_err(anyhow::Error::msg).context("program hostPorts")?;
    let bridge = Arc::new(Bridge::new(&own, ports as Arc<dyn PortMapper>));
    bridge.route_services(service_range).context("make the bridge")?;
    let chosen = ChosenNetwork::new(&config.cni_conf_dir, &config.cni_bin_dir, &config.instance, bridge);
    let proxy = ProxyConfig {
        instance: config.instance.clone(),
        node_name: config.node_name.clone(),
        service_range,
        pod_range: Ipv4Cidr::parse(&config.pod_cidr).unwrap_or(pod_range),
        local_addresses: match config.cluster_dns {
            IpAddr::V4(address) => vec![address],
            IpAddr::V6(_) => vec![],
        },
    };
    let proxy = Proxy::new(proxy, &Client::new(transport_for("system:kube-proxy"), "kube-proxy"));
    Ok((Arc::new(chosen), vec![tokio::spawn(proxy.run())]))
}

async fn start_dns(
    config: &Config,
    transport_for: &dyn Fn(&str) -> Arc<dyn Transport>,
) -> anyhow::Result<JoinHandle<()>> {
    if let IpAddr::V4(address) = config.cluster_dns {
        let mut links = Links::open().context("open netlink")?;
        let loopback = links.find("lo").context("find lo")?.context("there is no lo")?;
        links.set_up(loopback).context("set lo up")?;
        links.add_address(loopback, address, 32).context("add the DNS address to lo")?;
    }
    let client = Client::new(transport_for("system:serviceaccount:kube-system:kube-dns"), "kube-dns");
    let settings =
        dns::Config { domain: config.cluster_domain.clone(), addresses: vec![SocketAddr::new(config.cluster_dns, 53)] };
    let server = dns::Dns::bind(settings, dns::cluster::Cluster::watch(&client)).await.context("start DNS")?;
    Ok(tokio::spawn(server.run()))
}
