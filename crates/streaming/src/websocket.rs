//! WebSockets that carry one byte stream: a tunnel for another protocol, and a stream that is only sent.

use std::pin::Pin;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::remote_command::{Duplex, socket};
use crate::serve::BodyError;

/// Prefix of the subprotocols that carry SPDY: `SPDY/3.1+portforward.k8s.io`.
pub const TUNNEL_PREFIX: &str = "SPDY/3.1+";

/// Bytes moved at a time.
const BUFFER_BYTES: usize = 32 * 1024;

/// How a stream is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// `binary.k8s.io`, and clients that ask for nothing.
    Binary,
    /// `base64.binary.k8s.io`
    Base64,
}

impl Sending {
    /// The first of the client's offers that is spoken here, with the name to answer; a client that offers nothing
    /// gets none.
    pub fn choose(offered: &[&str]) -> Option<(Sending, Option<&'static str>)> {
        if offered.is_empty() {
            return Some((Sending::Binary, None));
        }
        offered.iter().find_map(|name| match *name {
            "binary.k8s.io" => Some((Sending::Binary, Some("binary.k8s.io"))),
            "base64.binary.k8s.io" => Some((Sending::Base64, Some("base64.binary.k8s.io"))),
            _ => None,
        })
    }

    fn message(self, bytes: Bytes) -> Message {
        match self {
            Sending::Binary => Message::Binary(bytes),
            Sending::Base64 => Message::Text(STANDARD.encode(bytes).into()),
        }
    }
}

/// "Normal closure": clients of Kubernetes take a close without a code for a broken connection.
pub(crate) fn normal_close() -> Message {
    Message::Close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() }))
}

/// Carries the bytes of `inner` in a WebSocket until either side has ended.
pub async fn tunnel(websocket: Box<dyn Duplex>, inner: Box<dyn Duplex>) {
    let (mut sink, mut source) = socket(websocket, Role::Server).await.split();
    let (mut from, mut to) = tokio::io::split(inner);
    let inward = async {
        while let Some(Ok(message)) = source.next().await {
            let written = match message {
                Message::Binary(bytes) => to.write_all(&bytes).await,
                Message::Close(_) | Message::Text(_) => break,
                _ => Ok(()),
            };
            if written.is_err() {
                break;
            }
        }
        let _ = to.shutdown().await;
    };
    let outward = async {
        let mut buffer = BytesMut::new();
        loop {
            buffer.reserve(BUFFER_BYTES);
            match from.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => break,
                Ok(_) if sink.send(Message::Binary(buffer.split().freeze())).await.is_err() => return,
                Ok(_) => {}
            }
        }
        let _ = sink.send(normal_close()).await;
    };
    tokio::select! {
        () = inward => {}
        () = outward => {}
    }
}

/// Sends a stream to its end, or until the client goes; starts with an empty message, as upstream's.
pub async fn send<S>(websocket: Box<dyn Duplex>, sending: Sending, mut stream: Pin<Box<S>>)
where
    S: Stream<Item = Result<Bytes, BodyError>> + Send + ?Sized,
{
    let (mut sink, mut source) = socket(websocket, Role::Server).await.split();
    let gone = async {
        // Clients send nothing; what they send is ignored.
        while let Some(Ok(message)) = source.next().await {
            if matches!(message, Message::Close(_)) {
                return;
            }
        }
    };
    let sent = async {
        if sink.send(sending.message(Bytes::new())).await.is_ok() {
            let _ = send_all(&mut sink, sending, &mut stream).await;
        }
        let _ = sink.send(normal_close()).await;
    };
    tokio::select! {
        () = gone => {}
        () = sent => {}
    }
}

async fn send_all<S>(
    sink: &mut (impl Sink<Message, Error = Error> + Unpin),
    sending: Sending,
    stream: &mut Pin<Box<S>>,
) -> Result<(), Error>
where
    S: Stream<Item = Result<Bytes, BodyError>> + ?Sized,
{
    while let Some(Ok(mut bytes)) = stream.next().await {
        while !bytes.is_empty() {
            let piece = bytes.split_to(bytes.len().min(BUFFER_BYTES));
            sink.send(sending.message(piece)).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_send_is_chosen_by_name() {
        assert_eq!(Sending::choose(&["base64.binary.k8s.io"]), Some((Sending::Base64, Some("base64.binary.k8s.io"))));
        assert_eq!(Sending::choose(&[]), Some((Sending::Binary, None)));
        assert_eq!(Sending::choose(&["v4.channel.k8s.io"]), None);
    }

    #[tokio::test]
    async fn a_stream_is_sent_to_its_end() {
        let (near, far) = tokio::io::duplex(1024);
        let pieces = [Ok(Bytes::from_static(b"one")), Ok(Bytes::from_static(b"two"))];
        let sending = tokio::spawn(send(Box::new(near), Sending::Base64, Box::pin(futures_util::stream::iter(pieces))));
        let mut client = socket(Box::new(far), Role::Client).await;
        let mut texts = Vec::new();
        while let Some(Ok(Message::Text(text))) = client.next().await {
            texts.push(text.to_string());
        }
        assert_eq!(texts, ["", "b25l", "dHdv"]);
        drop(client);
        sending.await.expect("ended");
    }

    #[tokio::test]
    async fn a_tunnel_carries_bytes_both_ways() {
        let (near, far) = tokio::io::duplex(1024);
        let (inner, mut service) = tokio::io::duplex(1024);
        let tunnelling = tokio::spawn(tunnel(Box::new(near), Box::new(inner)));
        let mut client = socket(Box::new(far), Role::Client).await;
        client.send(Message::Binary(Bytes::from_static(b"ping"))).await.expect("sent");
        let mut got = [0; 4];
        service.read_exact(&mut got).await.expect("read");
        assert_eq!(&got, b"ping");
        service.write_all(b"pong").await.expect("written");
        assert_eq!(client.next().await.expect("a message").expect("well").into_data(), Bytes::from_static(b"pong"));
        drop(service);
        assert!(matches!(client.next().await, Some(Ok(Message::Close(Some(_))))));
        tunnelling.await.expect("ended");
    }
}
