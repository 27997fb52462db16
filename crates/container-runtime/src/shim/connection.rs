//! A control connection: frames in, frames out, descriptors with them. Never blocks.

use std::collections::VecDeque;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};

use crate::wire::{DESCRIPTORS_MAX, FRAME_BYTES_MAX, HEADER_BYTES, Header, Message, frame};

/// Bytes that wait to be read by a slow daemon before it is cut off.
const OUTBOX_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Descriptors that may wait for the frame that they belong to.
const INBOX_DESCRIPTORS_MAX: usize = 4 * DESCRIPTORS_MAX;
/// Bytes read at a time.
const READ_BYTES: usize = 16 * 1024;

/// A frame that came.
pub struct Incoming {
    /// Its header.
    pub header: Header,
    /// Its fields.
    pub body: Vec<u8>,
    /// Its descriptors.
    pub descriptors: VecDeque<OwnedFd>,
}

struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
    descriptor: Option<OwnedFd>,
}

/// A control connection.
pub struct Connection {
    /// Number that is never used again.
    pub serial: u64,
    /// The socket.
    pub socket: OwnedFd,
    /// Said hello.
    pub is_greeted: bool,
    /// Wants events.
    pub wants_events: bool,
    /// Of no use any more; forgotten at the next sweep.
    pub is_closed: bool,
    inbox: Vec<u8>,
    inbox_descriptors: VecDeque<OwnedFd>,
    outbox: VecDeque<Outgoing>,
}

impl Connection {
    /// Over an accepted socket.
    pub fn new(socket: OwnedFd, serial: u64) -> Connection {
        Connection {
            serial,
            socket,
            is_greeted: false,
            wants_events: false,
            is_closed: false,
            inbox: Vec::new(),
            inbox_descriptors: VecDeque::new(),
            outbox: VecDeque::new(),
        }
    }

    /// Whether frames wait to be sent.
    pub fn has_outgoing(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Reads what has come and returns the whole frames in it.
    pub fn receive(&mut self) -> Vec<Incoming> {
        loop {
            let start = self.inbox.len();
            self.inbox.resize(start + READ_BYTES, 0);
            let received = self.receive_once(start);
            self.inbox.truncate(start + received.unwrap_or(0));
            match received {
                Ok(0) => self.is_closed = true,
                Ok(READ_BYTES) => continue,
                Ok(_) | Err(Errno::AGAIN) => {}
                Err(Errno::INTR) => continue,
                Err(_) => self.is_closed = true,
            }
            return self.take_frames();
        }
    }

    fn receive_once(&mut self, start: usize) -> Result<usize, Errno> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
        let mut slices = [IoSliceMut::new(&mut self.inbox[start..])];
        let received = recvmsg(&self.socket, &mut slices, &mut control, flags)?;
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                self.inbox_descriptors.extend(descriptors);
            }
        }
        Ok(received.bytes)
    }

    fn take_frames(&mut self) -> Vec<Incoming> {
        let mut frames = Vec::new();
        let mut taken = 0;
        while !self.is_closed {
            let rest = &self.inbox[taken..];
            let header = match Header::parse(rest) {
                Ok(Some(header)) => header,
                Ok(None) => break,
                Err(_) => {
                    self.is_closed = true;
                    break;
                }
            };
            let end = HEADER_BYTES + header.body_bytes;
            if rest.len() < end {
                break;
            }
            if self.inbox_descriptors.len() < header.descriptors {
                self.is_closed = true;
                break;
            }
            let descriptors = self.inbox_descriptors.drain(..header.descriptors).collect();
            frames.push(Incoming { header, body: rest[HEADER_BYTES..end].to_vec(), descriptors });
            taken += end;
        }
        self.inbox.drain(..taken);
        if self.inbox.is_empty() {
            self.inbox = Vec::new();
        }
        if self.inbox.len() > FRAME_BYTES_MAX || self.inbox_descriptors.len() > INBOX_DESCRIPTORS_MAX {
            self.is_closed = true;
        }
        frames
    }

    /// Sends a frame, now or when the peer reads again.
    pub fn send(&mut self, kind: u16, id: u32, message: &dyn Message, descriptor: Option<OwnedFd>) {
        let bytes = frame(kind, id, usize::from(descriptor.is_some()), message);
        self.outbox.push_back(Outgoing { bytes, sent: 0, descriptor });
        let waiting: usize = self.outbox.iter().map(|outgoing| outgoing.bytes.len() - outgoing.sent).sum();
        if waiting > OUTBOX_BYTES_MAX {
            self.is_closed = true;
        }
        self.flush();
    }

    /// Sends what waits.
    pub fn flush(&mut self) {
        while let Some(outgoing) = self.outbox.front_mut() {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut control = SendAncillaryBuffer::new(&mut space);
            let descriptors: Vec<BorrowedFd<'_>> = outgoing.descriptor.iter().map(AsFd::as_fd).collect();
            if !descriptors.is_empty() {
                control.push(SendAncillaryMessage::ScmRights(&descriptors));
            }
            let slices = [IoSlice::new(&outgoing.bytes[outgoing.sent..])];
            let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            match sendmsg(&self.socket, &slices, &mut control, flags) {
                Ok(sent) => {
                    outgoing.sent += sent;
                    // It went with the first byte.
                    outgoing.descriptor = None;
                    if outgoing.sent == outgoing.bytes.len() {
                        self.outbox.pop_front();
                    }
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => {
                    self.is_closed = true;
                    return;
                }
            }
        }
        self.outbox.shrink_to_fit();
    }
}
