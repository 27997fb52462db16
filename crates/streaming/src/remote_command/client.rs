//! The client's end of exec and attach.

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::server::Closed;
use super::{
    CLOSE, Duplex, ERROR, ExitStatus, Protocol, RESIZE, STDERR, STDIN, STDOUT, Socket, TerminalSize, frame, socket,
};

/// What the server sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Output.
    Stdout(Bytes),
    /// Error output.
    Stderr(Bytes),
    /// How it ended; the last event.
    Ended(ExitStatus),
}

/// Sends input.
pub struct Sender {
    sink: SplitSink<Socket, Message>,
    protocol: Protocol,
}

/// Receives output.
pub struct Receiver {
    source: SplitStream<Socket>,
}

/// Starts on a connection whose handshake chose `protocol`.
pub async fn start(io: Box<dyn Duplex>, protocol: Protocol) -> (Sender, Receiver) {
    let (sink, source) = socket(io, Role::Client).await.split();
    (Sender { sink, protocol }, Receiver { source })
}

impl Sender {
    /// Sends input.
    pub async fn stdin(&mut self, bytes: &[u8]) -> Result<(), Closed> {
        self.send(frame(STDIN, bytes)).await
    }

    /// Ends the input, where the protocol can (v5).
    pub async fn close_stdin(&mut self) -> Result<(), Closed> {
        match self.protocol {
            Protocol::V5 => self.send(frame(CLOSE, &[STDIN])).await,
            Protocol::V4 | Protocol::Old => Ok(()),
        }
    }

    /// Sends a new terminal size.
    pub async fn resize(&mut self, size: TerminalSize) -> Result<(), Closed> {
        self.send(frame(RESIZE, size.to_json().as_bytes())).await
    }

    async fn send(&mut self, message: Bytes) -> Result<(), Closed> {
        self.sink.send(Message::Binary(message)).await.map_err(|_| Closed)
    }
}

impl Receiver {
    /// The next event; `None` when the connection ended.
    pub async fn next(&mut self) -> Result<Option<Event>, Error> {
        while let Some(message) = self.source.next().await {
            let mut bytes = match message? {
                Message::Binary(bytes) if bytes.len() > 1 => bytes,
                Message::Close(_) => return Ok(None),
                _ => continue,
            };
            let payload = bytes.split_off(1);
            match bytes[0] {
                STDOUT => return Ok(Some(Event::Stdout(payload))),
                STDERR => return Ok(Some(Event::Stderr(payload))),
                ERROR => return Ok(Some(Event::Ended(ExitStatus::from_json(&payload)))),
                _ => {}
            }
        }
        Ok(None)
    }
}
