//! Port-forward over a WebSocket without SPDY: for each port one channel of data and one of errors.
//!
//! Each channel starts with the port, little endian. `v4.channel.k8s.io`.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::Target;
use crate::remote_command::{Duplex, QUEUE_MESSAGES_MAX, frame, socket};
use crate::websocket::normal_close;

/// Subprotocols that are spoken; the empty one is that of a client that names none.
pub const PROTOCOLS: [&str; 1] = ["v4.channel.k8s.io"];

/// Ports of one request; each takes two of 256 channels.
pub const PORTS_MAX: usize = 64;

/// Bytes moved at a time.
const BUFFER_BYTES: usize = 32 * 1024;

/// Serves one upgraded connection until its client is gone or all ports are done.
pub async fn serve(io: Box<dyn Duplex>, ports: &[u16], target: Target) {
    let (mut sink, mut source) = socket(io, Role::Server).await.split();
    let (outgoing, mut messages) = mpsc::channel::<Bytes>(QUEUE_MESSAGES_MAX);
    let mut inboxes = Vec::new();
    let mut running = JoinSet::new();
    let target = Arc::new(target);
    for (at, port) in ports.iter().copied().take(PORTS_MAX).enumerate() {
        let (inbox, input) = mpsc::channel(QUEUE_MESSAGES_MAX);
        inboxes.push(Some(inbox));
        let (outgoing, target) = (outgoing.clone(), Arc::clone(&target));
        running.spawn(async move { forward(port, (at * 2) as u8, &target, input, &outgoing).await });
    }
    drop(outgoing);
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                Some(message) => {
                    if sink.send(Message::Binary(message)).await.is_err() {
                        return;
                    }
                }
                None => break,
            },
            message = source.next() => match message {
                Some(Ok(Message::Binary(bytes))) => deliver(&mut inboxes, bytes).await,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    }
    let _ = sink.send(normal_close()).await;
}

async fn deliver(inboxes: &mut [Option<mpsc::Sender<Bytes>>], mut bytes: Bytes) {
    if bytes.len() < 2 {
        return;
    }
    let payload = bytes.split_off(1);
    let channel = usize::from(bytes[0]);
    let inbox = (channel % 2 == 0).then(|| inboxes.get_mut(channel / 2)).flatten();
    if let Some(place @ Some(_)) = inbox
        && let Some(inbox) = place
        && inbox.send(payload).await.is_err()
    {
        *place = None;
    }
}

async fn forward(
    port: u16,
    channel: u8,
    target: &Target,
    input: mpsc::Receiver<Bytes>,
    outgoing: &mpsc::Sender<Bytes>,
) {
    for channel in [channel, channel + 1] {
        let _ = outgoing.send(frame(channel, &port.to_le_bytes())).await;
    }
    match (target.connect)(port).await {
        Ok(socket) => exchange(socket, channel, input, outgoing).await,
        Err(cause) => drop(outgoing.send(frame(channel + 1, &target.error(port, &cause))).await),
    }
}

async fn exchange(socket: TcpStream, channel: u8, mut input: mpsc::Receiver<Bytes>, outgoing: &mpsc::Sender<Bytes>) {
    let (mut from, mut to) = socket.into_split();
    let inward = async {
        while let Some(bytes) = input.recv().await {
            if to.write_all(&bytes).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let outward = async {
        let mut buffer = BytesMut::new();
        loop {
            buffer.reserve(BUFFER_BYTES);
            match from.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(_) if outgoing.send(frame(channel, &buffer.split())).await.is_err() => return,
                Ok(_) => {}
            }
        }
    };
    // A client cannot end its direction alone: the connection ends with the Pod's.
    tokio::select! {
        () = inward => {}
        () = outward => {}
    }
}
