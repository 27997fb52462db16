//! The daemon's end of a shim's control socket: one task per connection.

use std::collections::{HashMap, VecDeque};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::sync::{mpsc, oneshot};

use crate::contract::{
    CONTAINER_EXITED, ContainerExit, EXEC_EXITED, ExecExit, FAILED, Failure, HELLO, Hello, OK, SOCKET_NAME, VERSION,
    Welcome,
};
use crate::wire::{self, DESCRIPTORS_MAX, HEADER_BYTES, Header, Message};

/// Requests that wait to be sent to one shim.
const REQUESTS_MAX: usize = 64;
/// Time that a shim gets for one answer; preparing a container is the longest.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// Bytes read at a time.
const READ_BYTES: usize = 32 * 1024;

/// Why a shim did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ShimError {
    /// The shim could not be started; a retry may help.
    #[error("start the shim")]
    Start {
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// Its socket does not answer.
    #[error("connect to the shim")]
    Connect {
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// It is gone, and its containers with it.
    #[error("the shim is gone")]
    Lost,
    /// It does not answer in time.
    #[error("the shim does not answer")]
    Timeout,
    /// It said no.
    #[error("{message}")]
    Refused {
        /// One of the contract's `CODE_` constants.
        code: u32,
        /// Why.
        message: String,
    },
    /// What it said does not follow the contract.
    #[error("malformed answer of the shim")]
    Malformed,
}

/// What a shim tells by itself. Told in order with the answers: an exit is told before the answer that follows it.
#[derive(Debug)]
pub enum ShimEvent {
    /// A container ended.
    ContainerExited(ContainerExit),
    /// An exec ended.
    ExecExited(ExecExit),
    /// The connection broke.
    Lost,
}

/// Takes events; must be quick.
pub type EventSink = Arc<dyn Fn(ShimEvent) + Send + Sync>;

/// An answer.
pub struct Reply {
    body: Vec<u8>,
    /// Descriptors that came with it.
    pub descriptors: VecDeque<OwnedFd>,
}

impl Reply {
    /// Reads the answer's fields.
    pub fn decode<M: Message + Default>(&self) -> Result<M, ShimError> {
        wire::decode(&self.body).map_err(|_| ShimError::Malformed)
    }
}

struct Call {
    kind: u16,
    body: Vec<u8>,
    descriptors: Vec<OwnedFd>,
    answer: oneshot::Sender<Result<Reply, ShimError>>,
}

/// A connected shim. Cheap to clone; the connection closes with the last clone.
#[derive(Clone)]
pub struct ShimClient {
    calls: mpsc::Sender<Call>,
}

impl ShimClient {
    /// Connects to the shim of `state_dir` and says hello.
    pub async fn connect(state_dir: &Path, events: EventSink) -> Result<(ShimClient, Welcome), ShimError> {
        let stream = dial(state_dir).await.map_err(|cause| ShimError::Connect { cause })?;
        let (calls, incoming) = mpsc::channel(REQUESTS_MAX);
        let connection =
            Connection { stream, events, inbox: Vec::new(), descriptors: VecDeque::new(), waiting: HashMap::new() };
        tokio::spawn(connection.run(incoming));
        let client = ShimClient { calls };
        let welcome = client.call(HELLO, &Hello { version: VERSION, wants_events: true }).await?.decode()?;
        Ok((client, welcome))
    }

    /// Asks and waits for the answer.
    pub async fn call(&self, kind: u16, message: &(dyn Message + Sync)) -> Result<Reply, ShimError> {
        self.call_with(kind, message, Vec::new()).await
    }

    /// Asks, handing over descriptors, and waits for the answer.
    pub async fn call_with(
        &self,
        kind: u16,
        message: &(dyn Message + Sync),
        descriptors: Vec<OwnedFd>,
    ) -> Result<Reply, ShimError> {
        let mut body = Vec::new();
        message.encode(&mut body);
        let (answer, answered) = oneshot::channel();
        let call = Call { kind, body, descriptors, answer };
        self.calls.send(call).await.map_err(|_| ShimError::Lost)?;
        match tokio::time::timeout(ANSWER_TIMEOUT, answered).await {
            Ok(outcome) => outcome.map_err(|_| ShimError::Lost)?,
            Err(_) => Err(ShimError::Timeout),
        }
    }
}

/// Connects by a short name: the whole path may be longer than a socket address holds.
async fn dial(state_dir: &Path) -> io::Result<UnixStream> {
    let directory = std::fs::File::open(state_dir)?;
    let short = format!("/proc/self/fd/{}/{SOCKET_NAME}", directory.as_raw_fd());
    UnixStream::connect(short).await
}

struct Connection {
    stream: UnixStream,
    events: EventSink,
    inbox: Vec<u8>,
    descriptors: VecDeque<OwnedFd>,
    waiting: HashMap<u32, oneshot::Sender<Result<Reply, ShimError>>>,
}

impl Connection {
    async fn run(mut self, mut calls: mpsc::Receiver<Call>) {
        let mut next_id = 1u32;
        let outcome: Result<(), ShimError> = async {
            loop {
                tokio::select! {
                    // Exits are told before new requests are sent.
                    biased;
                    readable = self.stream.readable() => {
                        readable.map_err(|_| ShimError::Lost)?;
                        self.receive()?;
                    }
                    call = calls.recv() => {
                        let Some(call) = call else { return Ok(()) };
                        let frame = frame(&call, next_id);
                        self.waiting.insert(next_id, call.answer);
                        next_id = next_id.checked_add(1).unwrap_or(1);
                        self.send(&frame, &call.descriptors).await.map_err(|_| ShimError::Lost)?;
                    }
                }
            }
        }
        .await;
        if let Err(error) = outcome {
            tracing::debug!(%error, "connection to a shim ended");
            // Later callers must not wait; those that wait now see their sender dropped.
            calls.close();
            (self.events)(ShimEvent::Lost);
        }
    }

    async fn send(&self, frame: &[u8], descriptors: &[OwnedFd]) -> io::Result<()> {
        let mut sent = 0;
        while sent < frame.len() {
            self.stream.writable().await?;
            // They go with the first byte.
            let with: Vec<BorrowedFd<'_>> =
                if sent == 0 { descriptors.iter().map(AsFd::as_fd).collect() } else { Vec::new() };
            let outcome = self.stream.try_io(Interest::WRITABLE, || send_once(&self.stream, &frame[sent..], &with));
            match outcome {
                Ok(count) => sent += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn receive(&mut self) -> Result<(), ShimError> {
        let start = self.inbox.len();
        self.inbox.resize(start + READ_BYTES, 0);
        let (inbox, descriptors, stream) = (&mut self.inbox[start..], &mut self.descriptors, &self.stream);
        let outcome = stream.try_io(Interest::READABLE, || receive_once(stream, inbox, descriptors));
        self.inbox.truncate(start + outcome.as_ref().map_or(0, |count| *count));
        match outcome {
            Ok(0) => Err(ShimError::Lost),
            Ok(_) => self.take_frames(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(_) => Err(ShimError::Lost),
        }
    }

    fn take_frames(&mut self) -> Result<(), ShimError> {
        let mut taken = 0;
        loop {
            let rest = &self.inbox[taken..];
            let Some(header) = Header::parse(rest).map_err(|_| ShimError::Malformed)? else { break };
            let end = HEADER_BYTES + header.body_bytes;
            if rest.len() < end {
                break;
            }
            if self.descriptors.len() < header.descriptors {
                return Err(ShimError::Malformed);
            }
            let body = rest[HEADER_BYTES..end].to_vec();
            let descriptors = self.descriptors.drain(..header.descriptors).collect();
            taken += end;
            deliver(&self.events, &mut self.waiting, header, Reply { body, descriptors })?;
        }
        self.inbox.drain(..taken);
        Ok(())
    }
}

fn deliver(
    events: &EventSink,
    waiting: &mut HashMap<u32, oneshot::Sender<Result<Reply, ShimError>>>,
    header: Header,
    reply: Reply,
) -> Result<(), ShimError> {
    match header.kind {
        CONTAINER_EXITED => events(ShimEvent::ContainerExited(reply.decode()?)),
        EXEC_EXITED => events(ShimEvent::ExecExited(reply.decode()?)),
        OK | FAILED => {
            let outcome = match header.kind {
                OK => Ok(reply),
                _ => {
                    let failure: Failure = reply.decode()?;
                    Err(ShimError::Refused { code: failure.code, message: failure.message })
                }
            };
            if let Some(answer) = waiting.remove(&header.id) {
                // The caller may have given up.
                let _ = answer.send(outcome);
            }
        }
        // A newer shim tells something that this build does not know.
        _ => {}
    }
    Ok(())
}

fn frame(call: &Call, id: u32) -> Vec<u8> {
    struct Raw<'a>(&'a [u8]);
    impl Message for Raw<'_> {
        fn encode(&self, out: &mut Vec<u8>) {
            out.extend_from_slice(self.0);
        }
        fn field(&mut self, _tag: u16, _value: &[u8]) -> Result<(), wire::Malformed> {
            Ok(())
        }
    }
    wire::frame(call.kind, id, call.descriptors.len(), &Raw(&call.body))
}

fn send_once(stream: &UnixStream, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        control.push(SendAncillaryMessage::ScmRights(descriptors));
    }
    Ok(sendmsg(stream, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL | SendFlags::DONTWAIT)?)
}

fn receive_once(stream: &UnixStream, bytes: &mut [u8], descriptors: &mut VecDeque<OwnedFd>) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let received = recvmsg(stream, &mut [IoSliceMut::new(bytes)], &mut control, flags)?;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            descriptors.extend(received);
        }
    }
    Ok(received.bytes)
}
