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
const PROTOCOL_NUMBER: u16 = 1;
const UDP: u8 = 17;

/// Deletes the UDP flows that were translated to one of these addresses. One dump for all.
pub fn forget_udp(endpoints: &HashSet<Ipv4Addr>) -> Result<usize, NetlinkError> {
    let mut socket = Socket::netfilter()?;
    let request = Message::new(SUBSYSTEM << 8 | GET, DUMP).put(&[2, 0, 0, 0]);
    let mut deleted = 0;
    for reply in socket.request(request)? {
        let Some(original) =
            reply.payload.get(4..).filter(|it| is_udp_to(it, endpoints)).and_then(|it| attribute(it, TUPLE_ORIGINAL))
        else {
            continue;
        };
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

fn is_udp_to(flow: &[u8], endpoints: &HashSet<Ipv4Addr>) -> bool {
    let check = || {
        let reply = attribute(flow, TUPLE_REPLY)?;
        let protocol = attribute(attribute(reply, TUPLE_PROTOCOL)?, PROTOCOL_NUMBER)?;
        let source: [u8; 4] = attribute(attribute(reply, TUPLE_IP)?, IP_SOURCE)?.try_into().ok()?;
        Some(protocol == [UDP] && endpoints.contains(&Ipv4Addr::from(source)))
    };
    check().unwrap_or(false)
}
