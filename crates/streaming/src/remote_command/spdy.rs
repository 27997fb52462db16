//! Exec and attach over SPDY: one stream each for input, output, error output, terminal sizes and the outcome.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot, watch};

use super::server::{Outgoing, Output, RequestedStreams, Session, Task, channel};
use super::{Duplex, ExitStatus, QUEUE_MESSAGES_MAX, STDERR, STDOUT, TerminalSize};
use crate::spdy::{Connection, Reader, Role, Stream, Writer};

/// What is spoken (`X-Stream-Protocol-Version`), best first.
pub const PROTOCOLS: [&str; 4] = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];

/// Time that a client gets to open its streams.
const STREAMS_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of a terminal size that is not complete yet.
const SIZE_BYTES_MAX: usize = 4_096;

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Without terminal sizes; the outcome is a text. Also the second version, and clients that name none.
    Old,
    /// With terminal sizes.
    V3,
    /// The outcome is a `Status` document.
    V4,
}

impl Version {
    /// From the name that was chosen.
    pub fn from_name(name: &str) -> Version {
        match name {
            "v4.channel.k8s.io" => Version::V4,
            "v3.channel.k8s.io" => Version::V3,
            _ => Version::Old,
        }
    }
}

#[derive(Default)]
struct Streams {
    error: Option<Stream>,
    stdin: Option<Stream>,
    stdout: Option<Stream>,
    stderr: Option<Stream>,
    resize: Option<Stream>,
}

impl Streams {
    fn put(&mut self, stream: Stream) {
        let place = match stream.headers.get("streamType") {
            "error" => &mut self.error,
            "stdin" => &mut self.stdin,
            "stdout" => &mut self.stdout,
            "stderr" => &mut self.stderr,
            "resize" => &mut self.resize,
            other => return tracing::debug!(stream = other, "unexpected stream type"),
        };
        *place = Some(stream);
    }

    fn count(&self) -> usize {
        [&self.error, &self.stdin, &self.stdout, &self.stderr, &self.resize].into_iter().flatten().count()
    }
}

impl Session {
    /// Starts on a connection that was upgraded to SPDY, once the client has opened its streams; `None` when it does
    /// not.
    pub async fn start_spdy(io: Box<dyn Duplex>, version: Version, requested: RequestedStreams) -> Option<Session> {
        let mut connection = Connection::start(io, Role::Server);
        let has_resize = requested.tty && version >= Version::V3;
        let has_stderr = requested.stderr && !requested.tty;
        let expected = 1
            + usize::from(requested.stdin)
            + usize::from(requested.stdout)
            + usize::from(has_stderr)
            + usize::from(has_resize);
        let streams = tokio::time::timeout(STREAMS_TIMEOUT, gather(&mut connection, expected)).await.ok()??;
        let (queue, outgoing) = mpsc::channel(QUEUE_MESSAGES_MAX);
        let (resize_sender, resize) = channel(requested.tty);
        let gone = connection.gone();
        let sizes = streams.resize.map(|stream| stream.reader);
        let reader = Task(tokio::spawn(read(sizes, resize_sender, gone.clone())));
        let stdin = streams.stdin.map(|stream| {
            // Nothing is sent there; the client ends it.
            (stream.reader.into_receiver(), stream.writer)
        });
        let (stdin, stdin_writer) = stdin.unzip();
        let writers = Writers {
            stdout: streams.stdout.map(|stream| stream.writer),
            stderr: streams.stderr.map(|stream| stream.writer),
            error: streams.error.map(|stream| stream.writer),
            stdin: stdin_writer,
            version,
        };
        let writer = Task(tokio::spawn(write(connection, writers, outgoing, gone)));
        let stdin = stdin.filter(|_| requested.stdin);
        Some(Session { stdin, resize, output: Output { queue }, reader, writer })
    }
}

async fn gather(connection: &mut Connection, expected: usize) -> Option<Streams> {
    let mut streams = Streams::default();
    while streams.count() < expected {
        streams.put(connection.accept().await?);
    }
    Some(streams)
}

/// Hands on terminal sizes; ends when the client is gone.
async fn read(sizes: Option<Reader>, resize: Option<mpsc::Sender<TerminalSize>>, mut gone: watch::Receiver<bool>) {
    let reading = async {
        if let (Some(mut sizes), Some(resize)) = (sizes, resize) {
            let mut waiting = Vec::new();
            while let Some(bytes) = sizes.next().await {
                waiting.extend_from_slice(&bytes);
                for size in take_sizes(&mut waiting) {
                    let _ = resize.send(size).await;
                }
            }
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = reading => {}
        _ = gone.wait_for(|is_gone| *is_gone) => {}
    }
}

/// Takes the complete documents off the front.
fn take_sizes(waiting: &mut Vec<u8>) -> Vec<TerminalSize> {
    let mut sizes = Vec::new();
    let mut documents = serde_json::Deserializer::from_slice(waiting).into_iter::<serde_json::Value>();
    while let Some(Ok(document)) = documents.next() {
        sizes.extend(TerminalSize::from_json(document.to_string().as_bytes()));
    }
    let used = documents.byte_offset();
    waiting.drain(..used);
    if waiting.len() > SIZE_BYTES_MAX {
        waiting.clear();
    }
    sizes
}

struct Writers {
    stdout: Option<Writer>,
    stderr: Option<Writer>,
    error: Option<Writer>,
    stdin: Option<Writer>,
    version: Version,
}

impl Writers {
    /// False when the client has closed the stream.
    async fn output(&self, mut frame: Bytes) -> bool {
        if frame.is_empty() {
            return true;
        }
        let payload = frame.split_off(1);
        let writer = match frame[0] {
            STDOUT => &self.stdout,
            STDERR => &self.stderr,
            _ => &None,
        };
        match writer {
            Some(writer) => writer.write(payload).await.is_ok(),
            None => true,
        }
    }

    async fn finish(&mut self, status: &ExitStatus) {
        let text = match self.version {
            Version::V4 => status.to_json(),
            Version::V3 | Version::Old => status.to_text(),
        };
        if let Some(error) = &self.error {
            let _ = error.write(text.into()).await;
        }
        for writer in [&mut self.stdout, &mut self.stderr, &mut self.error, &mut self.stdin].into_iter().flatten() {
            writer.finish().await;
        }
    }
}

async fn write(
    connection: Connection,
    mut writers: Writers,
    mut outgoing: mpsc::Receiver<Outgoing>,
    mut gone: watch::Receiver<bool>,
) {
    loop {
        let next = tokio::select! {
            next = outgoing.recv() => next,
            _ = gone.wait_for(|is_gone| *is_gone) => return,
        };
        match next {
            Some(Outgoing::Frame(frame)) => {
                if !writers.output(frame).await {
                    return;
                }
            }
            Some(Outgoing::Finish(status, sent)) => {
                writers.finish(&status).await;
                return close(connection, writers, Some(sent)).await;
            }
            None => return close(connection, writers, None).await,
        }
    }
}

async fn close(connection: Connection, writers: Writers, sent: Option<oneshot::Sender<()>>) {
    // Their ends of the queue must be gone for the connection to end.
    drop(writers);
    connection.close().await;
    if let Some(sent) = sent {
        let _ = sent.send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spdy::Headers;

    const ALL: RequestedStreams = RequestedStreams { stdin: true, stdout: true, stderr: true, tty: false };

    async fn client(
        version: Version,
        requested: RequestedStreams,
        kinds: &[&str],
    ) -> (Connection, Vec<Stream>, Session) {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let session = tokio::spawn(Session::start_spdy(Box::new(far), version, requested));
        let mut connection = Connection::start(Box::new(near), Role::Client);
        let mut streams = Vec::new();
        for kind in kinds {
            streams.push(connection.open(Headers::of([("streamType", kind)])).await.expect("open"));
        }
        let session = session.await.expect("no panic").expect("all streams");
        (connection, streams, session)
    }

    async fn read_all(stream: &mut Stream) -> String {
        let mut all = Vec::new();
        while let Some(bytes) = stream.reader.next().await {
            all.extend_from_slice(&bytes);
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    #[tokio::test]
    async fn input_output_and_outcome_have_streams_of_their_own() {
        let (_connection, mut streams, mut session) =
            client(Version::V4, ALL, &["error", "stdin", "stdout", "stderr"]).await;
        streams[1].writer.write(Bytes::from_static(b"in")).await.expect("sent");
        streams[1].writer.finish().await;
        let stdin = session.stdin.as_mut().expect("asked for");
        assert_eq!(stdin.recv().await.as_deref(), Some(&b"in"[..]));
        assert_eq!(stdin.recv().await, None);
        session.output.stdout(b"out").await.expect("there");
        session.output.stderr(b"err").await.expect("there");
        let finishing = tokio::spawn(async move { session.finish(&ExitStatus::Code(3)).await });
        assert_eq!(read_all(&mut streams[2]).await, "out");
        assert_eq!(read_all(&mut streams[3]).await, "err");
        assert_eq!(ExitStatus::from_json(read_all(&mut streams[0]).await.as_bytes()), ExitStatus::Code(3));
        drop((streams, _connection));
        finishing.await.expect("finished");
    }

    #[tokio::test]
    async fn old_clients_get_a_text_and_nothing_on_success() {
        let requested = RequestedStreams { stdout: true, ..RequestedStreams::default() };
        let (connection, mut streams, session) = client(Version::Old, requested, &["error", "stdout"]).await;
        let finishing = tokio::spawn(async move { session.finish(&ExitStatus::Success).await });
        assert_eq!(read_all(&mut streams[0]).await, "");
        drop((streams, connection));
        finishing.await.expect("finished");
    }

    #[test]
    fn sizes_are_read_as_they_come_in_pieces() {
        let mut waiting = br#"{"Width":80,"Height":24}
{"Width":100,"Hei"#
            .to_vec();
        assert_eq!(take_sizes(&mut waiting), [TerminalSize { width: 80, height: 24 }]);
        waiting.extend_from_slice(br#"ght":30}"#);
        assert_eq!(take_sizes(&mut waiting), [TerminalSize { width: 100, height: 30 }]);
        assert!(waiting.is_empty());
    }
}
