//! Connection tracking: forgets UDP flows of endpoints that are gone, else clients keep talking to nobody.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use crate::netlink::{ACK, DUMP, Message, NetlinkError, Socket, attribute};

/// `NFNL_SUBSYS_CTNETLINK`
const SUBSYSTEM: u16 = 1;
const GET: u16 = 1;
const DELETE: u16 = 2;

const TUPLE_ORIGINAL: u16 = 1;
const TUPLE_REPLY: u16 = 2;
const TUPLE_IP: u16 = 1;
const TUPLE_PROTOCOL: u16 = 2;
const IP_SOURCE: u16 = 1;
const IP_DESTINATION: u16 = 2;
const PROTOCOL_NUMBER: u16 = 1;
const PROTOCOL_DESTINATION_PORT: u16 = 3;
const UDP: u8 = 17;

/// Which UDP flows are to be forgotten.
#[derive(Clone, Debug, Default)]
pub struct Forgotten {
    /// Those that were translated to one of these.
    pub endpoints: HashSet<Ipv4Addr>,
    /// Those whose clients sent to one of these fronts.
    pub fronts: HashSet<(Ipv4Addr, u16)>,
    /// Those whose clients sent to one of these ports.
    pub ports: HashSet<u16>,
}

impl Forgotten {
    /// Whether there is nothing to forget.
    pub fn is_empty(&self) -> bool {
        self.endpoints.is_empty() && self.fronts.is_empty() && self.ports.is_empty()
    }

    fn has(&self, flow: &[u8]) -> Option<bool> {
        let (original, reply) = (attribute(flow, TUPLE_ORIGINAL)?, attribute(flow, TUPLE_REPLY)?);
        let protocol = attribute(original, TUPLE_PROTOCOL)?;
        let address = |tuple: &[u8], kind: u16| -> Option<Ipv4Addr> {
            let octets: [u8; 4] = attribute(attribute(tuple, TUPLE_IP)?, kind)?.try_into().ok()?;
            Some(Ipv4Addr::from(octets))
        };
        let port = u16::from_be_bytes(attribute(protocol, PROTOCOL_DESTINATION_PORT)?.try_into().ok()?);
        let asked = address(original, IP_DESTINATION)?;
        let is_meant = self.endpoints.contains(&address(reply, IP_SOURCE)?)
            || self.fronts.contains(&(asked, port))
            || self.ports.contains(&port);
        Some(attribute(protocol, PROTOCOL_NUMBER)? == [UDP] && is_meant)
    }
}

/// Deletes UDP flows; returns how many. One dump for all, none for nothing.
pub fn forget_udp(forgotten: &Forgotten) -> Result<usize, NetlinkError> {
    if forgotten.is_empty() {
        return Ok(0);
    }
    let mut socket = Socket::netfilter()?;
    let request = Message::new(SUBSYSTEM << 8 | GET, DUMP).put(&[2, 0, 0, 0]);
    let mut deleted = 0;
    for reply in socket.request(request)? {
        let flow = reply.payload.get(4..).filter(|flow| forgotten.has(flow) == Some(true));
        let Some(original) = flow.and_then(|flow| attribute(flow, TUPLE_ORIGINAL)) else { continue };
        let delete = Message::new(SUBSYSTEM << 8 | DELETE, ACK)
            .put(&[2, 0, 0, 0])
            .nested(TUPLE_ORIGINAL, |nested| nested.put(original));
        match socket.request(delete) {
            // It ended by itself meanwhile.
            Err(error) if error.is(rustix::io::Errno::NOENT) => {}
            outcome => {
                outcome?;
                deleted += 1;
            }
        }
    }
    Ok(deleted)
}
