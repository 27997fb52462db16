//! The own network: a veth pair per sandbox, one bridge per node, everything between sandboxes routed.
//!
//! A sandbox has its address with prefix 32 and reaches all others through the gateway, also those on the same
//! bridge: so Services work with and without `br_netfilter`, and no module must be loaded.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use async_trait::async_trait;
use container_interfaces::cni::{Cni, CniError, CniInterface, CniIp, CniRequest, CniResult, CniRoute, PortMapping};
use parking_lot::Mutex;

use super::addresses::{AddressError, Addresses};
use crate::cidr::Ipv4Cidr;
use crate::link::{LinkIndex, Links, Route, VethPair};
use crate::netlink::NetlinkError;
use crate::netns;

/// CNI error codes (specification 1.1, "Error").
const CODE_TRY_LATER: u32 = 11;
const CODE_FAILED: u32 = 100;
const CODE_EXHAUSTED: u32 = 101;

/// Makes hostPorts reachable. Idempotent.
pub trait PortMapper: Send + Sync + 'static {
    /// Directs the host's ports to a sandbox.
    fn map(&self, container_id: &str, address: Ipv4Addr, mappings: &[PortMapping]) -> Result<(), String>;
    /// Takes back all ports of a sandbox.
    fn unmap(&self, container_id: &str) -> Result<(), String>;
}

/// Settings of the own network.
#[derive(Clone, Debug)]
pub struct BridgeConfig {
    /// Instance: link names start with it; 1 to 8 characters.
    pub instance: String,
    /// Addresses of this node's sandboxes.
    pub range: Ipv4Cidr,
    /// Where leases are kept.
    pub directory: std::path::PathBuf,
}

/// The own network. Attaches in the calling process, without starting another.
pub struct Bridge {
    instance: String,
    addresses: Addresses,
    ports: Arc<dyn PortMapper>,
    bridge: Mutex<Option<LinkIndex>>,
}

impl Bridge {
    /// Nothing is made in the kernel yet.
    pub fn new(config: &BridgeConfig, ports: Arc<dyn PortMapper>) -> Self {
        let addresses = Addresses::new(&config.directory, config.range);
        Bridge { instance: config.instance.clone(), addresses, ports, bridge: Mutex::new(None) }
    }

    /// Name of the bridge of an instance.
    pub fn bridge_name(instance: &str) -> String {
        format!("{instance}-br")
    }

    /// Makes the bridge with the gateway's address; returns its index.
    pub fn ensure(&self) -> Result<LinkIndex, CniError> {
        let mut known = self.bridge.lock();
        if let Some(index) = *known {
            return Ok(index);
        }
        let name = Bridge::bridge_name(&self.instance);
        let mut links = open_links()?;
        let hardware = hardware_of(self.addresses.gateway());
        let index = links.ensure_bridge(&name, hardware).map_err(|error| failed("make the bridge", error))?;
        let prefix = self.addresses.range().prefix;
        links
            .add_address(index, self.addresses.gateway(), prefix)
            .map_err(|error| failed("address the bridge", error))?;
        allow_forwarding(&name).map_err(|error| failed("allow forwarding", error))?;
        *known = Some(index);
        Ok(index)
    }

    /// Adds a route to `range` over the bridge with the gateway as source: Services from the node itself.
    pub fn route_services(&self, range: Ipv4Cidr) -> Result<(), CniError> {
        let route =
            Route { destination: range, gateway: None, source: Some(self.addresses.gateway()), link: self.ensure()? };
        open_links()?.set_route(&route).map_err(|error| failed("route Services", error))
    }

    fn attach(&self, request: &CniRequest) -> Result<CniResult, CniError> {
        let bridge = self.ensure()?;
        let address = self.addresses.allocate(&request.container_id, &request.interface).map_err(from_addresses)?;
        let attached = self.attach_with(request, bridge, address);
        if attached.is_err() {
            let _ = self.detach(request);
        }
        attached
    }

    fn attach_with(&self, request: &CniRequest, bridge: LinkIndex, address: Ipv4Addr) -> Result<CniResult, CniError> {
        let name = self.link_name(&request.container_id, &request.interface);
        let namespace = File::open(&request.netns).map_err(|error| failed("open network namespace", error))?;
        let pair = VethPair {
            name: &name,
            bridge,
            peer_name: &request.interface,
            peer_namespace: &namespace,
            peer_hardware: Some(hardware_of(address)),
        };
        match open_links()?.make_veth(&pair) {
            Err(error) if error.is(rustix::io::Errno::EXIST) => {
                // A second ADD for the same sandbox, or a link that an earlier crash left: make it anew.
                open_links()?.remove(&name).map_err(|error| failed("replace veth", error))?;
                open_links()?.make_veth(&pair).map_err(|error| failed("make veth", error))?;
            }
            outcome => outcome.map_err(|error| failed("make veth", error))?,
        }
        open_links()?.set_hairpin(&name).map_err(|error| failed("set hairpin mode", error))?;
        let gateway = self.addresses.gateway();
        let interface = request.interface.clone();
        netns::run_in_opened(&namespace, move || configure_inside(&interface, address, gateway))
            .map_err(|error| failed("configure sandbox network", error))?;
        if !request.port_mappings.is_empty() {
            let mapped = self.ports.map(&request.container_id, address, &request.port_mappings);
            mapped.map_err(|error| failed("map hostPorts", error))?;
        }
        Ok(self.result(request, name, address))
    }

    fn result(&self, request: &CniRequest, host_link: String, address: Ipv4Addr) -> CniResult {
        let sandbox = request.netns.display().to_string();
        let interface = |name: &str, sandbox: String| CniInterface { name: name.into(), mac: String::new(), sandbox };
        CniResult {
            cni_version: "1.1.0".into(),
            interfaces: vec![interface(&host_link, String::new()), interface(&request.interface, sandbox)],
            ips: vec![CniIp {
                address: format!("{address}/32"),
                gateway: Some(IpAddr::V4(self.addresses.gateway())),
                interface: Some(1),
            }],
            routes: vec![CniRoute { dst: "0.0.0.0/0".into(), gw: Some(IpAddr::V4(self.addresses.gateway())) }],
        }
    }

    fn detach(&self, request: &CniRequest) -> Result<(), CniError> {
        self.ports.unmap(&request.container_id).map_err(|error| failed("unmap hostPorts", error))?;
        let name = self.link_name(&request.container_id, &request.interface);
        open_links()?.remove(&name).map_err(|error| failed("remove veth", error))?;
        self.addresses.release(&request.container_id, &request.interface).map_err(from_addresses).map(drop)
    }

    fn verify(&self, request: &CniRequest) -> Result<(), CniError> {
        let name = self.link_name(&request.container_id, &request.interface);
        let link = open_links()?.find(&name).map_err(|error| failed("look for veth", error))?;
        let address = self.addresses.find(&request.container_id, &request.interface).map_err(from_addresses)?;
        match (link, address) {
            (Some(_), Some(_)) => Ok(()),
            (None, _) => Err(failed("check", format!("link {name} is gone"))),
            (_, None) => Err(failed("check", "the address lease is gone")),
        }
    }

    /// Host side of a pair: the instance and 7 characters of a hash; at most 15 characters.
    fn link_name(&self, container_id: &str, interface: &str) -> String {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in container_id.bytes().chain([0]).chain(interface.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let digits = b"0123456789abcdefghijklmnopqrstuv";
        let suffix = (0..7).map(|place| char::from(digits[(hash >> (place * 5) & 31) as usize]));
        self.instance.chars().chain(suffix).collect()
    }
}

/// One hardware address per address, so that neighbours who still know an earlier sandbox reach the next one at once.
fn hardware_of(address: Ipv4Addr) -> [u8; 6] {
    let [a, b, c, d] = address.octets();
    [0x0a, 0x58, a, b, c, d]
}

fn configure_inside(interface: &str, address: Ipv4Addr, gateway: Ipv4Addr) -> io::Result<()> {
    let configure = || -> Result<(), NetlinkError> {
        let mut links = Links::open()?;
        let missing = |name: &str| io::Error::other(format!("no link {name}"));
        let loopback = links.find("lo")?.ok_or_else(|| missing("lo"))?;
        links.set_up(loopback)?;
        let link = links.find(interface)?.ok_or_else(|| missing(interface))?;
        links.set_up(link)?;
        links.add_address(link, address, 32)?;
        let to_gateway = Route { destination: Ipv4Cidr::of(gateway, 32), gateway: None, source: None, link };
        links.set_route(&to_gateway)?;
        let anywhere = Ipv4Cidr::of(Ipv4Addr::UNSPECIFIED, 0);
        links.set_route(&Route { destination: anywhere, gateway: Some(gateway), source: None, link })
    };
    configure().map_err(io::Error::other)
}

/// Forwarding on, and no redirects: sandboxes on one bridge must go on talking through the gateway.
fn allow_forwarding(bridge: &str) -> io::Result<()> {
    std::fs::write("/proc/sys/net/ipv4/ip_forward", "1")?;
    for link in ["all", bridge] {
        std::fs::write(format!("/proc/sys/net/ipv4/conf/{link}/send_redirects"), "0")?;
    }
    Ok(())
}

fn open_links() -> Result<Links, CniError> {
    Links::open().map_err(|error| failed("open netlink", error))
}

fn failed(attempt: &str, cause: impl std::fmt::Display) -> CniError {
    CniError { code: CODE_FAILED, msg: attempt.into(), details: cause.to_string() }
}

fn from_addresses(error: AddressError) -> CniError {
    let code = if matches!(error, AddressError::Exhausted { .. }) { CODE_EXHAUSTED } else { CODE_TRY_LATER };
    let details = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    CniError { code, msg: error.to_string(), details }
}

/// Runs blocking netlink work off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CniError> + Send + 'static,
) -> Result<T, CniError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(failed("run", error)))
}

/// The in-process attachment.
pub struct InProcess(pub Arc<Bridge>);

#[async_trait]
impl Cni for InProcess {
    async fn add(&self, request: &CniRequest) -> Result<CniResult, CniError> {
        let (bridge, request) = (Arc::clone(&self.0), request.clone());
        blocking(move || bridge.attach(&request)).await
    }
    async fn del(&self, request: &CniRequest) -> Result<(), CniError> {
        let (bridge, request) = (Arc::clone(&self.0), request.clone());
        blocking(move || bridge.detach(&request)).await
    }
    async fn check(&self, request: &CniRequest) -> Result<(), CniError> {
        let (bridge, request) = (Arc::clone(&self.0), request.clone());
        blocking(move || bridge.verify(&request)).await
    }
    async fn status(&self) -> Result<(), CniError> {
        let bridge = Arc::clone(&self.0);
        blocking(move || bridge.ensure().map(drop)).await
    }
}

/// One command of the CNI exec protocol; the plugin's entry.
pub(super) fn execute(bridge: &Bridge, command: &str, request: &CniRequest) -> Result<Option<CniResult>, CniError> {
    match command {
        "ADD" => bridge.attach(request).map(Some),
        "DEL" => bridge.detach(request).map(|()| None),
        "CHECK" => bridge.verify(request).map(|()| None),
        "STATUS" => bridge.ensure().map(|_| None),
        other => Err(CniError { code: 4, msg: format!("unknown CNI_COMMAND: {other}"), details: String::new() }),
    }
}

/// `K=V;K=V` of `CNI_ARGS`.
pub(super) fn parse_args(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
