//! Netlink requests: messages of nested attributes, sent together, each acknowledged.

use std::collections::HashSet;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

/// Bytes read at once; kernel answers fit in a page or two.
const RECEIVE_BYTES: usize = 64 * 1024;

/// Socket buffer for large transactions, in bytes.
const BUFFER_BYTES: usize = 32 << 20;

/// `NLM_F_REQUEST`
const REQUEST: u16 = 0x1;
/// `NLM_F_ACK`
pub const ACK: u16 = 0x4;
/// `NLM_F_DUMP`
pub const DUMP: u16 = 0x300;
/// `NLM_F_CREATE`
pub const CREATE: u16 = 0x400;
/// `NLM_F_EXCL`
pub const EXCLUSIVE: u16 = 0x200;
/// `NLM_F_REPLACE`
pub const REPLACE: u16 = 0x100;
/// `NLM_F_APPEND`
pub const APPEND: u16 = 0x800;

/// `NLMSG_ERROR` and `NLMSG_DONE`
const ERROR: u16 = 2;
const DONE: u16 = 3;

/// `NLA_F_NESTED`
const NESTED: u16 = 0x8000;

/// `NFNL_MSG_BATCH_BEGIN`: what follows is one transaction.
pub const BATCH_BEGIN: u16 = 0x10;
/// `NFNL_MSG_BATCH_END`
pub const BATCH_END: u16 = 0x11;

const HEADER_BYTES: usize = 16;

/// Patience with the kernel: it answers at once, or something is badly wrong.
const ANSWER_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

/// One message under construction.
#[derive(Clone, Debug)]
pub struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// A request of this type; `flags` beyond `NLM_F_REQUEST`.
    pub fn new(kind: u16, flags: u16) -> Self {
        let mut bytes = vec![0; HEADER_BYTES];
        bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        bytes[6..8].copy_from_slice(&(flags | REQUEST).to_ne_bytes());
        Message { bytes }
    }

    /// Appends a fixed header of the family.
    pub fn put(mut self, header: &[u8]) -> Self {
        self.bytes.extend_from_slice(header);
        self.pad();
        self
    }

    /// Appends an attribute.
    pub fn attr(mut self, kind: u16, value: &[u8]) -> Self {
        self.push(kind, value);
        self
    }

    /// Appends a NUL-terminated text.
    pub fn text(self, kind: u16, text: &str) -> Self {
        self.attr(kind, &[text.as_bytes(), &[0]].concat())
    }

    /// Appends a number in the host's byte order (route family).
    pub fn u32(self, kind: u16, number: u32) -> Self {
        self.attr(kind, &number.to_ne_bytes())
    }

    /// Appends a number in network byte order (netfilter family).
    pub fn be32(self, kind: u16, number: u32) -> Self {
        self.attr(kind, &number.to_be_bytes())
    }

    /// Appends an attribute that holds attributes.
    pub fn nested(mut self, kind: u16, fill: impl FnOnce(Message) -> Message) -> Self {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        self = fill(self);
        // A list that outgrows 16 bits must be split by the caller.
        let length = u16::try_from(self.bytes.len() - start).expect("nested attributes are below 64 KiB");
        self.bytes[start..start + 2].copy_from_slice(&length.to_ne_bytes());
        self.bytes[start + 2..start + 4].copy_from_slice(&(kind | NESTED).to_ne_bytes());
        self
    }

    /// Bytes so far, for splitting long lists.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing but the header is there.
    pub fn is_empty(&self) -> bool {
        self.bytes.len() == HEADER_BYTES
    }

    fn push(&mut self, kind: u16, value: &[u8]) {
        let length = u16::try_from(value.len() + 4).expect("attributes are below 64 KiB");
        self.bytes.extend_from_slice(&length.to_ne_bytes());
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes.extend_from_slice(value);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn finish(&mut self, sequence: u32) {
        let length = u32::try_from(self.bytes.len()).expect("messages are below 4 GiB");
        self.bytes[0..4].copy_from_slice(&length.to_ne_bytes());
        self.bytes[8..12].copy_from_slice(&sequence.to_ne_bytes());
    }

    /// The same with further flags.
    pub fn with_flags(mut self, flags: u16) -> Self {
        let flags = flags | u16::from_ne_bytes([self.bytes[6], self.bytes[7]]);
        self.bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
        self
    }

    fn is_answered(&self) -> bool {
        let flags = u16::from_ne_bytes([self.bytes[6], self.bytes[7]]);
        flags & ACK != 0 || flags & DUMP == DUMP
    }

    fn kind(&self) -> u16 {
        u16::from_ne_bytes([self.bytes[4], self.bytes[5]])
    }
}

/// An answer's type and payload (behind the netlink header).
#[derive(Clone, Debug)]
pub struct Reply {
    /// Message type.
    pub kind: u16,
    /// Payload.
    pub payload: Vec<u8>,
}

/// The kernel refused a message.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{cause}")]
pub struct Refused {
    /// Error number.
    pub cause: rustix::io::Errno,
    /// Which of the messages that were sent, from 0.
    pub message: usize,
}

/// A request failed.
#[derive(Debug, thiserror::Error)]
pub enum NetlinkError {
    /// The kernel refused it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The socket failed.
    #[error("netlink socket")]
    Socket(#[from] io::Error),
}

impl NetlinkError {
    /// Whether the kernel answered with this error number.
    pub fn is(&self, errno: rustix::io::Errno) -> bool {
        matches!(self, NetlinkError::Refused(refused) if refused.cause == errno)
    }
}

/// A netlink socket of one protocol; belongs to the network namespace in which it was opened.
pub struct Socket {
    socket: OwnedFd,
    sequence: u32,
}

impl Socket {
    /// `NETLINK_ROUTE`, which is protocol 0
    pub fn route() -> io::Result<Self> {
        Socket::open(None)
    }

    /// `NETLINK_NETFILTER`
    pub fn netfilter() -> io::Result<Self> {
        Socket::open(Some(rustix::net::netlink::NETFILTER))
    }

    fn open(protocol: Option<rustix::net::Protocol>) -> io::Result<Self> {
        let socket = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, protocol)?;
        rustix::net::bind(&socket, &SocketAddrNetlink::new(0, 0))?;
        // Large transactions; the limit without privileges is lower, which small requests never meet.
        rustix::net::sockopt::set_socket_timeout(&socket, rustix::net::sockopt::Timeout::Recv, Some(ANSWER_TIMEOUT))?;
        let _ = rustix::net::sockopt::set_socket_send_buffer_size_force(&socket, BUFFER_BYTES);
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, BUFFER_BYTES);
        Ok(Socket { socket, sequence: 0 })
    }

    /// Sends one message and collects what comes before its acknowledgement or the end of its dump.
    pub fn request(&mut self, message: Message) -> Result<Vec<Reply>, NetlinkError> {
        self.request_all(vec![message])
    }

    /// Sends messages together; the first refusal is the error (later messages may have been carried out).
    pub fn request_all(&mut self, mut messages: Vec<Message>) -> Result<Vec<Reply>, NetlinkError> {
        let first = self.sequence.wrapping_add(1);
        let mut bytes = Vec::new();
        let mut awaited = HashSet::new();
        for message in &mut messages {
            self.sequence = self.sequence.wrapping_add(1);
            message.finish(self.sequence);
            bytes.extend_from_slice(&message.bytes);
            if message.is_answered() {
                awaited.insert(self.sequence.wrapping_sub(first) as usize);
            }
        }
        let kernel = SocketAddrNetlink::new(0, 0);
        rustix::net::sendto(self.socket.as_fd(), &bytes, SendFlags::empty(), &kernel).map_err(io::Error::from)?;
        let is_transaction = messages.first().is_some_and(|message| message.kind() == BATCH_BEGIN);
        self.collect(first, awaited, is_transaction)
    }

    /// Reads until every awaited message is answered. A refused transaction may be answered at its start only.
    fn collect(
        &mut self,
        first: u32,
        mut awaited: HashSet<usize>,
        is_transaction: bool,
    ) -> Result<Vec<Reply>, NetlinkError> {
        let mut replies = Vec::new();
        let mut refused: Option<Refused> = None;
        let mut buffer = vec![0_u8; RECEIVE_BYTES];
        while !awaited.is_empty() {
            let (length, _) =
                rustix::net::recv(self.socket.as_fd(), &mut buffer[..], RecvFlags::empty()).map_err(io::Error::from)?;
            for (header, payload) in split(&buffer[..length]) {
                let message = header.sequence.wrapping_sub(first) as usize;
                match header.kind {
                    ERROR | DONE => drop(awaited.remove(&message)),
                    kind => replies.push(Reply { kind, payload: payload.to_vec() }),
                }
                let cause = if header.kind == ERROR { error_number(payload) } else { None };
                if let (Some(cause), None) = (cause, &refused) {
                    refused = Some(Refused { cause, message });
                    if is_transaction && message == 0 {
                        awaited.clear();
                    }
                }
            }
        }
        refused.map_or(Ok(replies), |refused| Err(refused.into()))
    }
}

struct Header {
    kind: u16,
    sequence: u32,
}

/// Splits a datagram into messages.
fn split(mut bytes: &[u8]) -> Vec<(Header, &[u8])> {
    let mut found = Vec::new();
    while bytes.len() >= HEADER_BYTES {
        let word = |at: usize| u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let length = word(0) as usize;
        if length < HEADER_BYTES || length > bytes.len() {
            break;
        }
        let header = Header { kind: u16::from_ne_bytes([bytes[4], bytes[5]]), sequence: word(8) };
        found.push((header, &bytes[HEADER_BYTES..length]));
        bytes = &bytes[length.next_multiple_of(4).min(bytes.len())..];
    }
    found
}

/// The error of an acknowledgement; `None` when it says "done".
fn error_number(payload: &[u8]) -> Option<rustix::io::Errno> {
    let number = i32::from_ne_bytes([*payload.first()?, *payload.get(1)?, *payload.get(2)?, *payload.get(3)?]);
    (number != 0).then(|| rustix::io::Errno::from_raw_os_error(-number))
}

/// The attributes of a payload: type without flags, and value.
pub fn attributes(mut bytes: &[u8]) -> Vec<(u16, &[u8])> {
    let mut found = Vec::new();
    while bytes.len() >= 4 {
        let length = usize::from(u16::from_ne_bytes([bytes[0], bytes[1]]));
        if length < 4 || length > bytes.len() {
            break;
        }
        found.push((u16::from_ne_bytes([bytes[2], bytes[3]]) & 0x3fff, &bytes[4..length]));
        bytes = &bytes[length.next_multiple_of(4).min(bytes.len())..];
    }
    found
}

/// The value of one attribute.
pub fn attribute(bytes: &[u8], kind: u16) -> Option<&[u8]> {
    attributes(bytes).into_iter().find(|(found, _)| *found == kind).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_attributes_are_padded_and_measured() {
        let message = Message::new(16, ACK).nested(18, |inner| inner.text(1, "veth").attr(2, &[7]));
        let nested = &message.bytes[HEADER_BYTES..];
        assert_eq!(attributes(nested).len(), 1);
        let inner = attribute(nested, 18).expect("the nested attribute");
        assert_eq!(attributes(inner), [(1, &b"veth\0"[..]), (2, &[7][..])]);
    }

    #[test]
    fn cut_bytes_end_the_list() {
        assert!(attributes(&[9, 0, 1, 0, 5]).is_empty());
        assert!(split(&[200, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).is_empty());
    }
}
