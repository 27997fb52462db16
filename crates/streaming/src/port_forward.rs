//! Port-forward: pairs of streams, one for data and one for an error, over SPDY or as channels of a WebSocket.

pub mod websocket;

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::remote_command::Duplex;
use crate::spdy::{Connection, Reader, Role, Stream, Writer};

/// What is spoken over SPDY (`X-Stream-Protocol-Version`).
pub const PROTOCOLS: [&str; 1] = ["portforward.k8s.io"];

/// Time between the two streams of a pair.
const PAIR_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes moved at a time.
const BUFFER_BYTES: usize = 32 * 1024;

/// The connection to come, or why there is none.
pub type Connecting = Pin<Box<dyn Future<Output = Result<TcpStream, String>> + Send>>;

/// Connects to ports of one Pod.
#[derive(Clone)]
pub struct Target {
    /// The Pod's name in errors.
    pub name: String,
    /// Connects to a port.
    pub connect: Arc<dyn Fn(u16) -> Connecting + Send + Sync>,
}

impl Target {
    fn error(&self, port: u16, cause: &str) -> Bytes {
        format!("error forwarding port {port} to pod {}, uid : {cause}", self.name).into()
    }
}

/// The streams of one forwarded connection, as they come.
#[derive(Default)]
struct Pair {
    data: Option<Stream>,
    error: Option<Stream>,
}

/// Serves one upgraded connection until its client is gone.
pub async fn serve(io: Box<dyn Duplex>, target: Target) {
    let mut connection = Connection::start(io, Role::Server);
    let mut waiting: HashMap<String, (Instant, Pair)> = HashMap::new();
    let mut running = JoinSet::new();
    loop {
        let next_timeout = waiting.values().map(|(deadline, _)| *deadline).min();
        tokio::select! {
            stream = connection.accept() => match stream {
                Some(stream) => {
                    if let Some((port, pair)) = add(&mut waiting, stream).await {
                        let target = target.clone();
                        running.spawn(async move { forward(port, pair, &target).await });
                    }
                }
                None => return,
            },
            () = at(next_timeout) => expire(&mut waiting).await,
            Some(_) = running.join_next() => {}
        }
    }
}

async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Puts a stream to its fellow; both together are a connection to forward.
async fn add(waiting: &mut HashMap<String, (Instant, Pair)>, mut stream: Stream) -> Option<(u16, Pair)> {
    let port = stream.headers.get("port").parse::<u16>().unwrap_or(0);
    let kind = stream.headers.get("streamType").to_owned();
    if port == 0 || !matches!(kind.as_str(), "data" | "error") {
        stream.writer.reset().await;
        return None;
    }
    let id = request_id(&stream, &kind);
    let entry = waiting.entry(id.clone()).or_insert_with(|| (Instant::now() + PAIR_TIMEOUT, Pair::default()));
    let place = if kind == "data" { &mut entry.1.data } else { &mut entry.1.error };
    if place.is_some() {
        stream.writer.reset().await;
        return None;
    }
    *place = Some(stream);
    if entry.1.data.is_none() || entry.1.error.is_none() {
        return None;
    }
    waiting.remove(&id).map(|(_, pair)| (port, pair))
}

/// Old clients name no request: their streams have numbers that follow each other, the error's first.
fn request_id(stream: &Stream, kind: &str) -> String {
    match stream.headers.get("requestID") {
        "" if kind == "data" => stream.id.saturating_sub(2).to_string(),
        "" => stream.id.to_string(),
        id => id.to_owned(),
    }
}

async fn expire(waiting: &mut HashMap<String, (Instant, Pair)>) {
    let now = Instant::now();
    let late: Vec<String> =
        waiting.iter().filter(|(_, (deadline, _))| *deadline <= now).map(|(id, _)| id.clone()).collect();
    for id in late {
        if let Some((_, Pair { error: Some(mut error), .. })) = waiting.remove(&id) {
            let text = format!("(request={id}) timed out waiting for streams");
            let _ = error.writer.write(text.into()).await;
            error.writer.finish().await;
        }
    }
}

async fn forward(port: u16, pair: Pair, target: &Target) {
    let (Some(mut data), Some(mut error)) = (pair.data, pair.error) else { return };
    match (target.connect)(port).await {
        Ok(socket) => {
            exchange(socket, data.reader, &mut data.writer).await;
            error.writer.finish().await;
        }
        Err(cause) => {
            let _ = error.writer.write(target.error(port, &cause)).await;
            error.writer.finish().await;
            data.writer.reset().await;
        }
    }
}

/// Moves bytes both ways until both directions have ended.
async fn exchange(socket: TcpStream, mut source: Reader, sink: &mut Writer) {
    let (mut from, mut to) = socket.into_split();
    let inward = async {
        while let Some(bytes) = source.next().await {
            if to.write_all(&bytes).await.is_err() {
                return;
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
                Ok(_) if sink.write(buffer.split().freeze()).await.is_err() => break,
                Ok(_) => {}
            }
        }
        sink.finish().await;
    };
    tokio::join!(inward, outward);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spdy::Headers;
    use tokio::net::TcpListener;

    async fn echo() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = socket.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        port
    }

    fn target() -> Target {
        let connect = Arc::new(|port: u16| -> Connecting {
            Box::pin(async move {
                TcpStream::connect(("127.0.0.1", port)).await.map_err(|_| "connection refused".to_owned())
            })
        });
        Target { name: "p".into(), connect }
    }

    fn client() -> Connection {
        let (near, far) = tokio::io::duplex(64 * 1024);
        tokio::spawn(serve(Box::new(far), target()));
        Connection::start(Box::new(near), Role::Client)
    }

    async fn open(client: &mut Connection, kind: &str, port: u16, id: &str) -> Stream {
        let port = port.to_string();
        client.open(Headers::of([("streamType", kind), ("port", &port), ("requestID", id)])).await.expect("open")
    }

    async fn read_all(reader: &mut Reader) -> String {
        let mut all = Vec::new();
        while let Some(bytes) = reader.next().await {
            all.extend_from_slice(&bytes);
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    #[tokio::test]
    async fn several_connections_are_forwarded_over_one() {
        let port = echo().await;
        let mut client = client();
        for id in ["0", "1"] {
            let mut error = open(&mut client, "error", port, id).await;
            error.writer.finish().await;
            let mut data = open(&mut client, "data", port, id).await;
            data.writer.write(Bytes::from(format!("hello {id}"))).await.expect("sent");
            data.writer.finish().await;
            assert_eq!(read_all(&mut data.reader).await, format!("hello {id}"));
            assert_eq!(read_all(&mut error.reader).await, "");
        }
    }

    #[tokio::test]
    async fn a_port_that_nobody_serves_is_told_on_the_error_stream() {
        let mut client = client();
        let mut error = open(&mut client, "error", 1, "0").await;
        let mut data = open(&mut client, "data", 1, "0").await;
        assert_eq!(read_all(&mut error.reader).await, "error forwarding port 1 to pod p, uid : connection refused");
        assert_eq!(read_all(&mut data.reader).await, "");
    }
}
