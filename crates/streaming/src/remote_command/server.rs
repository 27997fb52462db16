//! The server's end of exec and attach.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{
    CLOSE, Duplex, ERROR, ExitStatus, Protocol, QUEUE_MESSAGES_MAX, RESIZE, STDERR, STDIN, STDOUT, Socket,
    TerminalSize, frame, socket,
};
use crate::websocket::normal_close;

/// Time that the peer gets to answer the close message.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Which streams the request asks for (query `stdin`, `stdout`, `stderr`, `tty`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestedStreams {
    /// Input.
    pub stdin: bool,
    /// Output.
    pub stdout: bool,
    /// Error output; never with a terminal.
    pub stderr: bool,
    /// A terminal.
    pub tty: bool,
}

impl RequestedStreams {
    /// Reads a query string, with the API's names (`stdin`) or the kubelet's (`input`); `true` and `1` mean yes, as
    /// upstream's.
    pub fn from_query(query: &str) -> RequestedStreams {
        let is_set = |names: &[&str]| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.any(|(key, value)| names.contains(&key) && (value == "true" || value == "1"))
        };
        RequestedStreams {
            stdin: is_set(&["stdin", "input"]),
            stdout: is_set(&["stdout", "output"]),
            stderr: is_set(&["stderr", "error"]),
            tty: is_set(&["tty"]),
        }
    }
}

/// A running exec or attach. Dropping it cuts the connection.
pub struct Session {
    /// Input; ends when the client closes it or goes away. `None` when not asked for.
    pub stdin: Option<mpsc::Receiver<Bytes>>,
    /// Terminal sizes; `None` without a terminal.
    pub resize: Option<mpsc::Receiver<TerminalSize>>,
    /// Output.
    pub output: Output,
    pub(super) reader: Task,
    pub(super) writer: Task,
}

/// Writes to the client. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Output {
    pub(super) queue: mpsc::Sender<Outgoing>,
}

/// What goes to the client, in order.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// Output, behind the number of its channel.
    Frame(Bytes),
    /// How it ended; tells when that is sent.
    Finish(ExitStatus, oneshot::Sender<()>),
}

/// The client is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client has closed the stream")]
pub struct Closed;

impl Output {
    /// Sends output; waits while the client is slow.
    pub async fn stdout(&self, bytes: &[u8]) -> Result<(), Closed> {
        self.send(STDOUT, bytes).await
    }

    /// Sends error output; waits while the client is slow.
    pub async fn stderr(&self, bytes: &[u8]) -> Result<(), Closed> {
        self.send(STDERR, bytes).await
    }

    /// Completes when the client is gone.
    pub async fn closed(&self) {
        self.queue.closed().await;
    }

    async fn send(&self, channel: u8, bytes: &[u8]) -> Result<(), Closed> {
        self.queue.send(Outgoing::Frame(frame(channel, bytes))).await.map_err(|_| Closed)
    }
}

/// A task that ends with its owner.
pub(super) struct Task(pub(super) JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Session {
    /// Starts on a connection whose handshake chose `protocol`; tells the client that the streams are open.
    pub async fn start(io: Box<dyn Duplex>, protocol: Protocol, streams: RequestedStreams) -> Session {
        let (sink, source) = socket(io, Role::Server).await.split();
        let (queue, outgoing) = mpsc::channel(QUEUE_MESSAGES_MAX);
        let (stdin_sender, stdin) = channel(streams.stdin);
        let (resize_sender, resize) = channel(streams.tty);
        // Upstream announces itself with an empty message on the lowest stream that it writes.
        let announced = match (streams.stdout, streams.stderr) {
            (true, _) => STDOUT,
            (false, true) => STDERR,
            (false, false) => ERROR,
        };
        let output = Output { queue };
        let _ = output.send(announced, &[]).await;
        let (gone_sender, gone) = oneshot::channel();
        let input = Input { protocol, stdin: stdin_sender, resize: resize_sender };
        let reader = Task(tokio::spawn(async move {
            input.read(source).await;
            drop(gone_sender);
        }));
        let writer = Task(tokio::spawn(write(sink, protocol, outgoing, gone)));
        Session { stdin, resize, output, reader, writer }
    }

    /// Sends how the command ended, closes, and waits until the client has it (or is gone).
    pub async fn finish(mut self, status: &ExitStatus) {
        // Input that nobody reads any more must not hold up the reader, which waits for the client's close.
        self.stdin = None;
        self.resize = None;
        let (sent_sender, sent) = oneshot::channel();
        let last = Outgoing::Finish(status.clone(), sent_sender);
        if self.output.queue.send(last).await.is_ok() && sent.await.is_ok() {
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, &mut self.reader.0).await;
        }
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, &mut self.writer.0).await;
    }
}

pub(super) fn channel<T>(is_wanted: bool) -> (Option<mpsc::Sender<T>>, Option<mpsc::Receiver<T>>) {
    match is_wanted {
        true => {
            let (sender, receiver) = mpsc::channel(QUEUE_MESSAGES_MAX);
            (Some(sender), Some(receiver))
        }
        false => (None, None),
    }
}

struct Input {
    protocol: Protocol,
    stdin: Option<mpsc::Sender<Bytes>>,
    resize: Option<mpsc::Sender<TerminalSize>>,
}

impl Input {
    /// Hands on what comes until the client closes or breaks.
    async fn read(mut self, mut source: SplitStream<Socket>) {
        while let Some(Ok(message)) = source.next().await {
            match message {
                Message::Binary(bytes) => self.message(bytes).await,
                Message::Close(_) => break,
                _ => {}
            }
        }
    }

    async fn message(&mut self, mut bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        let payload = bytes.split_off(1);
        match bytes[0] {
            STDIN if !payload.is_empty() => {
                if let Some(stdin) = &self.stdin
                    && stdin.send(payload).await.is_err()
                {
                    self.stdin = None;
                }
            }
            RESIZE => {
                if let (Some(resize), Some(size)) = (&self.resize, TerminalSize::from_json(&payload)) {
                    let _ = resize.send(size).await;
                }
            }
            CLOSE if self.protocol == Protocol::V5 && payload.first() == Some(&STDIN) => self.stdin = None,
            _ => {}
        }
    }
}

async fn write(
    mut sink: SplitSink<Socket, Message>,
    protocol: Protocol,
    mut outgoing: mpsc::Receiver<Outgoing>,
    mut gone: oneshot::Receiver<()>,
) {
    loop {
        let next = tokio::select! {
            next = outgoing.recv() => next,
            _ = &mut gone => return,
        };
        match next {
            Some(Outgoing::Frame(bytes)) => {
                if sink.send(Message::Binary(bytes)).await.is_err() {
                    return;
                }
            }
            Some(Outgoing::Finish(status, sent)) => {
                let text = if protocol == Protocol::Old { status.to_text() } else { status.to_json() };
                if !text.is_empty() {
                    let _ = sink.send(Message::Binary(frame(ERROR, text.as_bytes()))).await;
                }
                let _ = sink.send(normal_close()).await;
                let _ = sent.send(());
                let _ = (&mut gone).await;
                return;
            }
            None => {
                let _ = sink.send(normal_close()).await;
                return;
            }
        }
    }
}
