//! The address under which this node is reached.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::Context;
use network::cidr::Ipv4Cidr;
use network::link::{LinkIndex, Links};

use crate::config::Config;

/// The configured address, else one of the default route's link, else any that others can reach.
///
/// # Errors
/// No address at all: there is nothing that Pods could reach.
pub fn of_node(config: &Config) -> anyhow::Result<IpAddr> {
    if !config.node_ip.is_unspecified() {
        return Ok(config.node_ip);
    }
    let mut links = Links::open().context("open netlink")?;
    let default = links.default_link().context("list routes")?;
    let addresses = links.addresses().context("list addresses")?;
    let own = [&config.pod_cidr, &config.service_cidr].into_iter().filter_map(|range| Ipv4Cidr::parse(range));
    let found = choose(&addresses, default, &own.collect::<Vec<_>>());
    found.map(IpAddr::V4).context("this host has no address; give one with --node-ip")
}

/// The first usable address of the default route's link, else of any. Those of the cluster's `own` ranges are on the
/// bridge and on `lo` because of Corten itself.
fn choose(addresses: &[(LinkIndex, Ipv4Addr)], default: Option<LinkIndex>, own: &[Ipv4Cidr]) -> Option<Ipv4Addr> {
    let is_own = |address: Ipv4Addr| own.iter().any(|range| range.contains(address.into()));
    let is_usable = |address: Ipv4Addr| !address.is_loopback() && !address.is_link_local() && !is_own(address);
    let mut usable = addresses.iter().filter(|(_, address)| is_usable(*address));
    let of_default = usable.clone().find(|(link, _)| Some(*link) == default);
    of_default.or_else(|| usable.next()).map(|(_, address)| *address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_routes_address_is_taken_and_never_one_of_the_clusters() {
        let all: Vec<(LinkIndex, Ipv4Addr)> = [
            (1, "127.0.0.1"),
            (1, "10.96.0.10"),
            (2, "10.244.0.1"),
            (3, "169.254.1.1"),
            (4, "192.0.2.4"),
            (5, "192.0.2.5"),
        ]
        .map(|(link, address)| (link, address.parse().expect("an address")))
        .into();
        let own = ["10.244.0.0/16", "10.96.0.0/12"].map(|range| Ipv4Cidr::parse(range).expect("a range"));
        let text = |count: usize, default| choose(&all[..count], default, &own).map(|address| address.to_string());
        assert_eq!(text(6, Some(5)).as_deref(), Some("192.0.2.5"));
        assert_eq!(text(6, None).as_deref(), Some("192.0.2.4"));
        assert_eq!(text(4, Some(2)), None);
    }
}
