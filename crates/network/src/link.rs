//! Links, addresses and routes over rtnetlink.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;

use rustix::io::Errno;

use crate::cidr::Ipv4Cidr;
use crate::netlink::{self, ACK, CREATE, EXCLUSIVE, Message, NetlinkError, REPLACE, Socket};

const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_GETLINK: u16 = 18;
const RTM_SETLINK: u16 = 19;
const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
const RTM_GETADDR: u16 = 22;
const RTM_NEWROUTE: u16 = 24;
const RTM_DELROUTE: u16 = 25;
const RTM_GETROUTE: u16 = 26;

const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MASTER: u16 = 10;
const IFLA_PROTINFO: u16 = 12;
const IFLA_BRPORT_MODE: u16 = 4;
const AF_BRIDGE: u8 = 7;
const IFLA_LINKINFO: u16 = 18;
const IFLA_NET_NS_FD: u16 = 28;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const VETH_INFO_PEER: u16 = 1;

const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;

const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_PREFSRC: u16 = 7;

const AF_INET: u8 = 2;
const IFF_UP: u32 = 1;
const RT_TABLE_MAIN: u8 = 254;
const RTPROT_STATIC: u8 = 4;
const RT_SCOPE_LINK: u8 = 253;
const RT_SCOPE_HOST: u8 = 254;
const RTN_UNICAST: u8 = 1;
const RTNH_F_ONLINK: u32 = 4;

/// Index of a link in its namespace.
pub type LinkIndex = u32;

/// One end of a veth pair to be made.
pub struct VethPair<'a> {
    /// Name on this side.
    pub name: &'a str,
    /// Bridge that this side joins.
    pub bridge: LinkIndex,
    /// Name on the other side.
    pub peer_name: &'a str,
    /// Network namespace of the other side.
    pub peer_namespace: &'a std::fs::File,
    /// Hardware address of the other side; `None` is random.
    pub peer_hardware: Option<[u8; 6]>,
}

/// A route to be set.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// Destination.
    pub destination: Ipv4Cidr,
    /// Next hop, taken as reachable on the link.
    pub gateway: Option<Ipv4Addr>,
    /// Source address that the host prefers.
    pub source: Option<Ipv4Addr>,
    /// Link.
    pub link: LinkIndex,
}

/// Links, addresses and routes of the namespace in which it was opened.
pub struct Links {
    socket: Socket,
}

impl Links {
    /// Those of the caller's namespace.
    pub fn open() -> io::Result<Self> {
        Ok(Links { socket: Socket::route()? })
    }

    /// The index of a link, if there is one by that name.
    pub fn find(&mut self, name: &str) -> Result<Option<LinkIndex>, NetlinkError> {
        let request = Message::new(RTM_GETLINK, ACK).put(&link_header(0, 0)).text(IFLA_IFNAME, name);
        match self.socket.request(request) {
            Ok(replies) => Ok(replies.first().and_then(|reply| index_of(&reply.payload))),
            Err(error) if error.is(Errno::NODEV) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a bridge, up and with a fixed hardware address, if it is not there; returns its index.
    pub fn ensure_bridge(&mut self, name: &str, hardware: [u8; 6]) -> Result<LinkIndex, NetlinkError> {
        let request = Message::new(RTM_NEWLINK, ACK | CREATE | EXCLUSIVE)
            .put(&link_header(0, IFF_UP))
            .text(IFLA_IFNAME, name)
            .attr(IFLA_ADDRESS, &hardware)
            .nested(IFLA_LINKINFO, |info| info.text(IFLA_INFO_KIND, "bridge"));
        match self.socket.request(request) {
            Err(error) if !error.is(Errno::EXIST) => return Err(error),
            _ => {}
        }
        let index = self.find(name)?.ok_or_else(|| io::Error::other(format!("bridge {name} is gone")))?;
        self.set_up(index)?;
        Ok(index)
    }

    /// Makes a pair: this side up and in the bridge, the other side down in its namespace.
    pub fn make_veth(&mut self, pair: &VethPair<'_>) -> Result<(), NetlinkError> {
        let namespace = pair.peer_namespace.as_raw_fd();
        let request = Message::new(RTM_NEWLINK, ACK | CREATE | EXCLUSIVE)
            .put(&link_header(0, IFF_UP))
            .text(IFLA_IFNAME, pair.name)
            .u32(IFLA_MASTER, pair.bridge)
            .nested(IFLA_LINKINFO, |info| {
                info.text(IFLA_INFO_KIND, "veth").nested(IFLA_INFO_DATA, |data| {
                    data.nested(VETH_INFO_PEER, |peer| {
                        // Up only later: the kernel refuses it before the pair is connected.
                        let peer = peer
                            .put(&link_header(0, 0))
                            .text(IFLA_IFNAME, pair.peer_name)
                            .attr(IFLA_NET_NS_FD, &namespace.to_ne_bytes());
                        match &pair.peer_hardware {
                            Some(hardware) => peer.attr(IFLA_ADDRESS, hardware),
                            None => peer,
                        }
                    })
                })
            });
        self.socket.request(request).map(drop)
    }

    /// Lets a bridge port send back what came from it: where `br_netfilter` is on, translated frames are bridged
    /// and not routed, also those of a sandbox that reaches itself.
    pub fn set_hairpin(&mut self, port: &str) -> Result<(), NetlinkError> {
        let index = self.find(port)?.ok_or_else(|| io::Error::other(format!("no link {port}")))?;
        let mut header = link_header(index, 0);
        header[0] = AF_BRIDGE;
        let request =
            Message::new(RTM_SETLINK, ACK).put(&header).nested(IFLA_PROTINFO, |port| port.attr(IFLA_BRPORT_MODE, &[1]));
        self.socket.request(request).map(drop)
    }

    /// Sets a link up.
    pub fn set_up(&mut self, link: LinkIndex) -> Result<(), NetlinkError> {
        self.socket.request(Message::new(RTM_SETLINK, ACK).put(&link_header(link, IFF_UP))).map(drop)
    }

    /// Removes a link; one that is not there is fine.
    pub fn remove(&mut self, name: &str) -> Result<(), NetlinkError> {
        let request = Message::new(RTM_DELLINK, ACK).put(&link_header(0, 0)).text(IFLA_IFNAME, name);
        absent_is_fine(self.socket.request(request), &[Errno::NODEV])
    }

    /// Names of all links.
    pub fn names(&mut self) -> Result<Vec<String>, NetlinkError> {
        let replies = self.socket.request(Message::new(RTM_GETLINK, netlink::DUMP).put(&link_header(0, 0)))?;
        let name = |payload: &[u8]| {
            let text = netlink::attribute(payload.get(16..)?, IFLA_IFNAME)?;
            Some(String::from_utf8_lossy(text).trim_end_matches('\0').to_owned())
        };
        Ok(replies.iter().filter_map(|reply| name(&reply.payload)).collect())
    }

    /// Adds an address; one that is there already is fine.
    pub fn add_address(&mut self, link: LinkIndex, address: Ipv4Addr, prefix: u8) -> Result<(), NetlinkError> {
        let request = address_message(RTM_NEWADDR, ACK | CREATE | EXCLUSIVE, link, (address, prefix));
        absent_is_fine(self.socket.request(request), &[Errno::EXIST])
    }

    /// Removes an address; one that is not there is fine.
    pub fn remove_address(&mut self, link: LinkIndex, address: Ipv4Addr, prefix: u8) -> Result<(), NetlinkError> {
        let request = address_message(RTM_DELADDR, ACK, link, (address, prefix));
        absent_is_fine(self.socket.request(request), &[Errno::ADDRNOTAVAIL, Errno::NODEV])
    }

    /// All IPv4 addresses with the index of their link.
    pub fn addresses(&mut self) -> Result<Vec<(LinkIndex, Ipv4Addr)>, NetlinkError> {
        let request = Message::new(RTM_GETADDR, netlink::DUMP).put(&[AF_INET, 0, 0, 0, 0, 0, 0, 0]);
        let replies = self.socket.request(request)?;
        let parse = |payload: &[u8]| {
            let index = u32::from_ne_bytes(payload.get(4..8)?.try_into().ok()?);
            let octets: [u8; 4] = netlink::attribute(payload.get(8..)?, IFA_LOCAL)?.try_into().ok()?;
            Some((index, Ipv4Addr::from(octets)))
        };
        Ok(replies.iter().filter_map(|reply| parse(&reply.payload)).collect())
    }

    /// Sets a route, replacing one to the same destination.
    pub fn set_route(&mut self, route: &Route) -> Result<(), NetlinkError> {
        self.socket.request(route_message(RTM_NEWROUTE, ACK | CREATE | REPLACE, route)).map(drop)
    }

    /// Removes a route; one that is not there is fine.
    pub fn remove_route(&mut self, route: &Route) -> Result<(), NetlinkError> {
        absent_is_fine(self.socket.request(route_message(RTM_DELROUTE, ACK, route)), &[Errno::SRCH, Errno::NODEV])
    }

    /// The link of the default route with the lowest metric listed first, if there is one.
    pub fn default_link(&mut self) -> Result<Option<LinkIndex>, NetlinkError> {
        let request = Message::new(RTM_GETROUTE, netlink::DUMP).put(&[AF_INET, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let replies = self.socket.request(request)?;
        let parse = |payload: &[u8]| {
            let is_default = payload.get(1) == Some(&0) && payload.get(4) == Some(&RT_TABLE_MAIN);
            let link = netlink::attribute(payload.get(12..)?, RTA_OIF)?;
            is_default.then(|| link.try_into().ok().map(u32::from_ne_bytes)).flatten()
        };
        Ok(replies.iter().find_map(|reply| parse(&reply.payload)))
    }
}

fn absent_is_fine(outcome: Result<Vec<netlink::Reply>, NetlinkError>, fine: &[Errno]) -> Result<(), NetlinkError> {
    match outcome {
        Err(error) if fine.iter().any(|errno| error.is(*errno)) => Ok(()),
        outcome => outcome.map(drop),
    }
}

/// `struct ifinfomsg`; `flags` are set, others stay.
fn link_header(index: LinkIndex, flags: u32) -> [u8; 16] {
    let mut header = [0; 16];
    header[4..8].copy_from_slice(&index.to_ne_bytes());
    header[8..12].copy_from_slice(&flags.to_ne_bytes());
    header[12..16].copy_from_slice(&flags.to_ne_bytes());
    header
}

fn index_of(payload: &[u8]) -> Option<LinkIndex> {
    Some(u32::from_ne_bytes(payload.get(4..8)?.try_into().ok()?))
}

fn address_message(kind: u16, flags: u16, link: LinkIndex, (address, prefix): (Ipv4Addr, u8)) -> Message {
    let scope = if address.is_loopback() { RT_SCOPE_HOST } else { 0 };
    let mut header = [AF_INET, prefix, 0, scope, 0, 0, 0, 0];
    header[4..8].copy_from_slice(&link.to_ne_bytes());
    Message::new(kind, flags).put(&header).attr(IFA_LOCAL, &address.octets()).attr(IFA_ADDRESS, &address.octets())
}

fn route_message(kind: u16, flags: u16, route: &Route) -> Message {
    let scope = if route.gateway.is_some() { 0 } else { RT_SCOPE_LINK };
    let mut header =
        [AF_INET, route.destination.prefix, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, scope, RTN_UNICAST, 0, 0, 0, 0];
    if route.gateway.is_some() {
        header[8..12].copy_from_slice(&RTNH_F_ONLINK.to_ne_bytes());
    }
    let mut message = Message::new(kind, flags).put(&header).u32(RTA_OIF, route.link);
    if route.destination.prefix > 0 {
        message = message.attr(RTA_DST, &route.destination.network.octets());
    }
    for (kind, address) in [(RTA_GATEWAY, route.gateway), (RTA_PREFSRC, route.source)] {
        if let Some(address) = address {
            message = message.attr(kind, &address.octets());
        }
    }
    message
}
