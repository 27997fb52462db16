//! The private channel between the shim and a process that it prepares: one packet per message.
//!
//! The process says `P` (prepared, with its user and perhaps a terminal's master), `F` (failed, with a text) or `M`
//! (moved: another process goes on in its place); the shim says `S` (start). The program's exec closes the channel, which is how the shim knows that it runs.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};

use crate::contract::ResolvedUser;
use crate::wire::{self, Message};

/// Bytes of a message; longer failure texts are cut.
const MESSAGE_BYTES_MAX: usize = 16 * 1024;

/// What the prepared process says.
#[derive(Debug)]
pub enum Word {
    /// It waits for the start.
    Prepared {
        /// Who the program will run as.
        user: ResolvedUser,
        /// Master of its terminal.
        terminal: Option<OwnedFd>,
    },
    /// It could not go on.
    Failed(String),
    /// It has left its work to another process, a child of the shim too.
    Moved {
        /// Id of that process on the host.
        pid: i32,
        /// Its handle.
        pidfd: OwnedFd,
    },
    /// The channel is closed: the program runs, or the process is gone.
    Closed,
}

/// Both ends.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
}

/// Says "prepared".
pub fn say_prepared(channel: BorrowedFd<'_>, user: &ResolvedUser, terminal: Option<BorrowedFd<'_>>) -> io::Result<()> {
    let mut bytes = vec![b'P'];
    user.encode(&mut bytes);
    bytes.truncate(MESSAGE_BYTES_MAX);
    send(channel, &bytes, terminal)
}

/// Says "moved".
pub fn say_moved(channel: BorrowedFd<'_>, pid: i32, pidfd: BorrowedFd<'_>) -> io::Result<()> {
    let [a, b, c, d] = pid.to_le_bytes();
    send(channel, &[b'M', a, b, c, d], Some(pidfd))
}

/// Says "failed".
pub fn say_failed(channel: BorrowedFd<'_>, text: &str) {
    let mut bytes = vec![b'F'];
    bytes.extend_from_slice(text.as_bytes());
    bytes.truncate(MESSAGE_BYTES_MAX);
    let _ = send(channel, &bytes, None);
}

/// Tells the process to go on.
pub fn say_start(channel: BorrowedFd<'_>) -> io::Result<()> {
    send(channel, b"S", None)
}

/// Waits for the start; false when the shim is gone.
pub fn wait_for_start(channel: BorrowedFd<'_>) -> bool {
    let mut byte = [0];
    loop {
        match rustix::io::read(channel, &mut byte) {
            Err(rustix::io::Errno::INTR) => {}
            outcome => return outcome == Ok(1) && byte == *b"S",
        }
    }
}

/// What the process says next; does not block when [`poll`](rustix::event::poll) said that there is something.
pub fn hear(channel: BorrowedFd<'_>) -> Word {
    let mut bytes = vec![0; MESSAGE_BYTES_MAX];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let received = recvmsg(channel, &mut [IoSliceMut::new(&mut bytes)], &mut control, flags);
    let length = received.map_or(0, |message| message.bytes);
    let descriptor = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    match bytes[..length].split_first() {
        Some((b'P', rest)) => Word::Prepared { user: wire::decode(rest).unwrap_or_default(), terminal: descriptor },
        Some((b'M', rest)) => match (<[u8; 4]>::try_from(rest), descriptor) {
            (Ok(pid), Some(pidfd)) => Word::Moved { pid: i32::from_le_bytes(pid), pidfd },
            _ => Word::Closed,
        },
        Some((b'F', rest)) => Word::Failed(String::from_utf8_lossy(rest).into_owned()),
        _ => Word::Closed,
    }
}

fn send(channel: BorrowedFd<'_>, bytes: &[u8], descriptor: Option<BorrowedFd<'_>>) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let descriptors: Vec<BorrowedFd<'_>> = descriptor.into_iter().collect();
    if !descriptors.is_empty() {
        control.push(SendAncillaryMessage::ScmRights(&descriptors));
    }
    sendmsg(channel.as_fd(), &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}
