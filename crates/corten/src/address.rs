//! The address under which this node is reached.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::Context;
use network::link::Links;

/// The configured address, else one of the default route's link, else any that is not loopback.
///
/// # Errors
/// No address at all: there is nothing that Pods could reach.
pub fn of_node(configured: IpAddr) -> anyhow::Result<IpAddr> {
    if !configured.is_unspecified() {
        return Ok(configured);
    }
    let mut links = Links::open().context("open netlink")?;
    let default = links.default_link().context("list routes")?;
    let addresses = links.addresses().context("list addresses")?;
    let is_usable = |address: &Ipv4Addr| !address.is_loopback() && !address.is_link_local();
    let of_default = addresses.iter().find(|(link, address)| Some(*link) == default && is_usable(address));
    let found = of_default.or_else(|| addresses.iter().find(|(_, address)| is_usable(address)));
    let found = found.map(|(_, address)| IpAddr::V4(*address));
    found.context("this host has no address; give one with --node-ip")
}
