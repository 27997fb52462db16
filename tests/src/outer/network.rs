//! The node's network: loopback, an uplink with an address, and a second namespace as the world outside.

use std::fs::File;

use anyhow::Context;
use network::cidr::Ipv4Cidr;
use network::link::{Links, Route, VethPair};
use network::netns;
use rustix::mount::mount_bind;

use super::{GATEWAY_ADDRESS, INSIDE, NODE_ADDRESS};
use crate::sys;

const UPLINK: &str = "uplink0";
const GATEWAY: &str = "gateway0";
const PREFIX: u8 = 24;

pub(super) fn set_up() -> anyhow::Result<()> {
    let outside = make_outside()?;
    let mut links = Links::open()?;
    // No bridge: a master of 0 is none.
    let pair = VethPair { name: UPLINK, bridge: 0, peer_name: GATEWAY, peer_namespace: &outside, peer_hardware: None };
    links.make_veth(&pair).context("make the uplink")?;
    set_up_link(&mut links, "lo", None)?;
    let link = set_up_link(&mut links, UPLINK, Some(NODE_ADDRESS))?;
    netns::run_in_opened(&outside, || {
        let mut links = Links::open()?;
        set_up_link(&mut links, "lo", None).map_err(std::io::Error::other)?;
        set_up_link(&mut links, GATEWAY, Some(GATEWAY_ADDRESS)).map_err(std::io::Error::other)?;
        Ok(())
    })?;
    let everywhere = Ipv4Cidr { network: std::net::Ipv4Addr::UNSPECIFIED, prefix: 0 };
    let route = Route { destination: everywhere, gateway: Some(GATEWAY_ADDRESS), source: None, link };
    links.set_route(&route).context("set the default route")
}

fn set_up_link(links: &mut Links, name: &str, address: Option<std::net::Ipv4Addr>) -> anyhow::Result<u32> {
    let link = links.find(name)?.with_context(|| format!("no link {name}"))?;
    links.set_up(link).with_context(|| format!("set {name} up"))?;
    if let Some(address) = address {
        links.add_address(link, address, PREFIX).with_context(|| format!("give {name} {address}"))?;
    }
    Ok(link)
}

/// Makes the namespace of the world outside and keeps it at `/run/outer/outside`.
fn make_outside() -> anyhow::Result<File> {
    let path = format!("{INSIDE}/outside");
    File::create(&path)?;
    let made = std::thread::spawn(move || -> anyhow::Result<()> {
        sys::leave_network().context("make a network namespace")?;
        mount_bind("/proc/thread-self/ns/net", &path).context("keep the network namespace")
    });
    made.join().map_err(|_| anyhow::anyhow!("making the namespace panicked"))??;
    Ok(File::open(format!("{INSIDE}/outside"))?)
}
