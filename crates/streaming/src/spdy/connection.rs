//! A connection: one task that reads, one that writes, and the streams between them.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::Closed;
use super::frame::{CONTROL_BYTES_MAX, Decoder, Encoder, Frame, HEAD_BYTES, Head, Headers};
use crate::remote_command::Duplex;

/// Streams of one connection; further ones are refused.
const STREAMS_MAX: usize = 4_096;
/// Frames that wait to be sent; then writers wait.
const OUTGOING_MAX: usize = 64;
/// Pieces of one stream that wait for its reader; then the connection waits.
const INBOX_MAX: usize = 16;
/// New streams that wait to be accepted; then the connection waits.
const ACCEPTS_MAX: usize = 64;
/// Bytes of a data frame that are handed on at a time.
const PIECE_BYTES: usize = 32 * 1024;
/// Bytes that are put together into one write.
const BATCH_BYTES: usize = 64 * 1024;
/// Time that the last frames get to be sent.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

const STATUS_REFUSED: u32 = 3;
const STATUS_CANCEL: u32 = 5;

/// Which side of a connection this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Opens streams with odd numbers.
    Client,
    /// Opens streams with even numbers.
    Server,
}

/// One side of a connection. Dropping it cuts the connection.
pub struct Connection {
    accepts: mpsc::Receiver<Stream>,
    streams: Streams,
    outgoing: mpsc::Sender<Frame>,
    next_id: u32,
    gone: watch::Receiver<bool>,
    reader: JoinHandle<()>,
    writer: JoinHandle<()>,
}

/// A stream.
pub struct Stream {
    /// Its number.
    pub id: u32,
    /// What it was opened with.
    pub headers: Headers,
    /// What the peer sends.
    pub reader: Reader,
    /// What the peer gets.
    pub writer: Writer,
}

/// The receiving direction of a stream.
pub struct Reader(mpsc::Receiver<Bytes>);

/// The sending direction of a stream. Dropped before it is finished it breaks the stream off.
pub struct Writer {
    id: u32,
    outgoing: mpsc::Sender<Frame>,
    streams: Streams,
    is_finished: bool,
}

type Streams = Arc<Mutex<HashMap<u32, Entry>>>;

struct Entry {
    /// Gone once the peer has finished.
    inbox: Option<mpsc::Sender<Bytes>>,
    is_finished_here: bool,
}

impl Reader {
    /// The next bytes; `None` when the peer has finished, or is gone.
    pub async fn next(&mut self) -> Option<Bytes> {
        self.0.recv().await
    }

    /// The queue behind it.
    pub fn into_receiver(self) -> mpsc::Receiver<Bytes> {
        self.0
    }
}

impl Writer {
    /// Sends bytes; waits while the connection is busy.
    pub async fn write(&self, bytes: Bytes) -> Result<(), Closed> {
        if bytes.is_empty() {
            return Ok(());
        }
        if !self.streams.lock().contains_key(&self.id) {
            return Err(Closed);
        }
        self.outgoing.send(Frame::Data { id: self.id, bytes, is_last: false }).await.map_err(|_| Closed)
    }

    /// Ends this direction.
    pub async fn finish(&mut self) {
        if !std::mem::replace(&mut self.is_finished, true) && finish_here(&self.streams, self.id) {
            let _ = self.outgoing.send(Frame::Data { id: self.id, bytes: Bytes::new(), is_last: true }).await;
        }
    }

    /// Breaks the stream off, in both directions.
    pub async fn reset(&mut self) {
        if !std::mem::replace(&mut self.is_finished, true) && self.streams.lock().remove(&self.id).is_some() {
            let _ = self.outgoing.send(Frame::Reset { id: self.id, status: STATUS_CANCEL }).await;
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.is_finished && self.streams.lock().remove(&self.id).is_some() {
            // A full queue means that the connection is about to end or that nobody reads it: then this is lost.
            let _ = self.outgoing.try_send(Frame::Reset { id: self.id, status: STATUS_CANCEL });
        }
    }
}

/// Marks our direction as finished; false when the stream is gone already.
fn finish_here(streams: &Streams, id: u32) -> bool {
    let mut streams = streams.lock();
    let Some(entry) = streams.get_mut(&id) else { return false };
    entry.is_finished_here = true;
    if entry.inbox.is_none() {
        streams.remove(&id);
    }
    true
}

impl Connection {
    /// Starts on a connection that has been upgraded.
    pub fn start(io: Box<dyn Duplex>, role: Role) -> Connection {
        let (source, sink) = tokio::io::split(io);
        let (outgoing, frames) = mpsc::channel(OUTGOING_MAX);
        let (accept, accepts) = mpsc::channel(ACCEPTS_MAX);
        let (gone_sender, gone) = watch::channel(false);
        let (stop, stopped) = oneshot::channel();
        let streams = Streams::default();
        let input = Input { streams: Arc::clone(&streams), outgoing: outgoing.downgrade(), accept };
        let reader = tokio::spawn(async move {
            if let Err(error) = input.read(source).await {
                tracing::debug!(%error, "a SPDY connection broke");
            }
            input.streams.lock().clear();
            gone_sender.send_replace(true);
            drop(stop);
        });
        let writer = tokio::spawn(write(sink, frames, stopped));
        let next_id = if role == Role::Client { 1 } else { 2 };
        Connection { accepts, streams, outgoing, next_id, gone, reader, writer }
    }

    /// The next stream that the peer opens; `None` when the connection is gone.
    pub async fn accept(&mut self) -> Option<Stream> {
        self.accepts.recv().await
    }

    /// Opens a stream.
    pub async fn open(&mut self, headers: Headers) -> Result<Stream, Closed> {
        let id = self.next_id;
        self.next_id += 2;
        let (inbox, reader) = mpsc::channel(INBOX_MAX);
        self.streams.lock().insert(id, Entry { inbox: Some(inbox), is_finished_here: false });
        let frame = Frame::Open { id, headers: headers.clone(), is_last: false };
        self.outgoing.send(frame).await.map_err(|_| Closed)?;
        let writer =
            Writer { id, outgoing: self.outgoing.clone(), streams: Arc::clone(&self.streams), is_finished: false };
        Ok(Stream { id, headers, reader: Reader(reader), writer })
    }

    /// Turns true when the peer is gone.
    pub fn gone(&self) -> watch::Receiver<bool> {
        self.gone.clone()
    }

    /// Says goodbye and waits until that is sent and the peer has closed, but not for long.
    pub async fn close(mut self) {
        let _ = self.outgoing.send(Frame::GoAway { last_id: 0 }).await;
        // The writer ends with the last sender.
        self.outgoing = mpsc::channel(1).0;
        let ended = async {
            let _ = (&mut self.writer).await;
            let _ = self.gone.wait_for(|is_gone| *is_gone).await;
        };
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, ended).await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.reader.abort();
        self.writer.abort();
    }
}

struct Input {
    streams: Streams,
    outgoing: mpsc::WeakSender<Frame>,
    accept: mpsc::Sender<Stream>,
}

impl Input {
    async fn read(&self, source: ReadHalf<Box<dyn Duplex>>) -> io::Result<()> {
        let mut source = BufReader::with_capacity(PIECE_BYTES, source);
        let mut decoder = Decoder::default();
        loop {
            let mut head = [0; HEAD_BYTES];
            match source.read_exact(&mut head).await {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return Err(error),
            }
            match Head::read(head) {
                Head::Data { id, is_last, length } => self.data(&mut source, id, is_last, length).await?,
                Head::Control { length, .. } if length > CONTROL_BYTES_MAX => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "a control frame is too long"));
                }
                Head::Control { kind, flags, length } => {
                    let mut body = vec![0; length];
                    source.read_exact(&mut body).await?;
                    self.control(decoder.read(kind, flags, body.into())?).await;
                }
            }
        }
    }

    /// Hands a data frame on in pieces.
    async fn data(
        &self,
        source: &mut (impl AsyncRead + Unpin),
        id: u32,
        is_last: bool,
        mut length: usize,
    ) -> io::Result<()> {
        let inbox = self.streams.lock().get(&id).and_then(|entry| entry.inbox.clone());
        while length > 0 {
            let mut piece = BytesMut::zeroed(length.min(PIECE_BYTES));
            source.read_exact(&mut piece).await?;
            length -= piece.len();
            if let Some(inbox) = &inbox {
                // A reader that has gone does not want it.
                let _ = inbox.send(piece.freeze()).await;
            }
        }
        if is_last {
            self.finished(id);
        }
        Ok(())
    }

    /// The peer has finished its direction.
    fn finished(&self, id: u32) {
        let mut streams = self.streams.lock();
        if let Some(entry) = streams.get_mut(&id) {
            entry.inbox = None;
            if entry.is_finished_here {
                streams.remove(&id);
            }
        }
    }

    async fn control(&self, frame: Frame) {
        match frame {
            Frame::Open { id, headers, is_last } => self.opened(id, headers, is_last).await,
            Frame::Accept { id, is_last: true } => self.finished(id),
            Frame::Reset { id, .. } => drop(self.streams.lock().remove(&id)),
            Frame::Ping(_) => self.send(frame).await,
            _ => {}
        }
    }

    async fn opened(&self, id: u32, headers: Headers, is_last: bool) {
        let Some(outgoing) = self.outgoing.upgrade() else { return };
        let (inbox, reader) = mpsc::channel(INBOX_MAX);
        let is_refused = {
            let mut streams = self.streams.lock();
            let is_refused = streams.len() >= STREAMS_MAX || streams.contains_key(&id);
            if !is_refused {
                streams.insert(id, Entry { inbox: (!is_last).then_some(inbox), is_finished_here: false });
            }
            is_refused
        };
        if is_refused {
            return self.send(Frame::Reset { id, status: STATUS_REFUSED }).await;
        }
        self.send(Frame::Accept { id, is_last: false }).await;
        let writer = Writer { id, outgoing, streams: Arc::clone(&self.streams), is_finished: false };
        let _ = self.accept.send(Stream { id, headers, reader: Reader(reader), writer }).await;
    }

    async fn send(&self, frame: Frame) {
        if let Some(outgoing) = self.outgoing.upgrade() {
            let _ = outgoing.send(frame).await;
        }
    }
}

/// Sends frames, several at a time where they wait, until there can be no more or the peer is gone.
async fn write(
    mut sink: WriteHalf<Box<dyn Duplex>>,
    mut frames: mpsc::Receiver<Frame>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut encoder = Encoder::default();
    let mut batch = BytesMut::new();
    loop {
        let next = tokio::select! {
            next = frames.recv() => next,
            _ = &mut stopped => return,
        };
        let Some(frame) = next else {
            let _ = sink.shutdown().await;
            return;
        };
        encoder.write(&frame, &mut batch);
        while batch.len() < BATCH_BYTES
            && let Ok(frame) = frames.try_recv()
        {
            encoder.write(&frame, &mut batch);
        }
        if send(&mut sink, &batch).await.is_err() {
            return;
        }
        batch.clear();
    }
}

async fn send(sink: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    sink.write_all(bytes).await?;
    sink.flush().await
}
