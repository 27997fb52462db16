//! Moving bytes between a client's session and a process's pipes or terminal.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::OFlags;
use rustix::termios::Winsize;
use streaming::remote_command::TerminalSize;
use streaming::remote_command::server::{Output, Session};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe::{Receiver, Sender};

/// Bytes moved at a time.
const BUFFER_BYTES: usize = 32 * 1024;

/// The master of a terminal.
pub(super) struct Terminal(AsyncFd<OwnedFd>);

impl Terminal {
    /// Over a master that the shim handed over.
    pub(super) fn new(master: OwnedFd) -> io::Result<Terminal> {
        let flags = rustix::fs::fcntl_getfl(&master)?;
        rustix::fs::fcntl_setfl(&master, flags | OFlags::NONBLOCK)?;
        Ok(Terminal(crate::sys::watch_descriptor(master)?))
    }

    /// Sets its size.
    pub(super) fn resize(&self, size: TerminalSize) {
        let size = Winsize { ws_row: size.height, ws_col: size.width, ws_xpixel: 0, ws_ypixel: 0 };
        if let Err(error) = rustix::termios::tcsetwinsize(self.0.get_ref().as_fd(), size) {
            tracing::debug!(%error, "a terminal was not resized");
        }
    }

    /// Reads; 0 when nobody has the other side open any more.
    async fn read(&self, buffer: &mut [u8]) -> usize {
        loop {
            let Ok(mut guard) = self.0.readable().await else { return 0 };
            match guard.try_io(|master| rustix::io::read(master, &mut *buffer).map_err(io::Error::from)) {
                Ok(outcome) => return outcome.unwrap_or(0),
                Err(_would_block) => {}
            }
        }
    }

    async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let mut guard = self.0.writable().await?;
            if let Ok(outcome) = guard.try_io(|master| rustix::io::write(master, bytes).map_err(io::Error::from)) {
                bytes = &bytes[outcome?..];
            }
        }
        Ok(())
    }
}

/// Our ends of a process's streams: pipes, or a terminal.
#[derive(Default)]
pub(super) struct Pumps {
    /// Takes input.
    pub(super) stdin: Option<Sender>,
    /// Gives output.
    pub(super) stdout: Option<Receiver>,
    /// Gives error output.
    pub(super) stderr: Option<Receiver>,
    /// Takes and gives everything.
    pub(super) terminal: Option<Arc<Terminal>>,
}

impl Pumps {
    /// Moves bytes until all output has ended (true) or the client has gone (false).
    pub(super) async fn run(self, session: &mut Session, mut resize: impl FnMut(TerminalSize)) -> bool {
        let (stdin, sizes, output) = (session.stdin.take(), session.resize.take(), session.output.clone());
        let terminal = self.terminal.clone();
        let inputs = async {
            if let Some(mut source) = stdin {
                feed(&mut source, self.stdin, terminal.as_deref()).await;
            }
        };
        let resizes = async {
            if let Some(mut sizes) = sizes {
                while let Some(size) = sizes.recv().await {
                    resize(size);
                }
            }
        };
        let outputs = async {
            let outcomes = tokio::join!(
                drain(self.stdout, &output, Kind::Stdout),
                drain(self.stderr, &output, Kind::Stderr),
                drain_terminal(self.terminal.as_deref(), &output),
            );
            outcomes.0 && outcomes.1 && outcomes.2
        };
        tokio::pin!(outputs);
        let side = async {
            tokio::join!(inputs, resizes);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            is_client_there = &mut outputs => is_client_there,
            () = output.closed() => false,
            () = side => true,
        }
    }
}

async fn feed(
    source: &mut tokio::sync::mpsc::Receiver<bytes::Bytes>,
    pipe: Option<Sender>,
    terminal: Option<&Terminal>,
) {
    let mut pipe = pipe;
    while let Some(bytes) = source.recv().await {
        let written = match (&mut pipe, terminal) {
            (Some(pipe), _) => pipe.write_all(&bytes).await,
            (None, Some(terminal)) => terminal.write_all(&bytes).await,
            (None, None) => Ok(()),
        };
        if written.is_err() {
            return;
        }
    }
    // The end of the client's input is the end of the process's: the pipe closes here.
}

#[derive(Clone, Copy)]
enum Kind {
    Stdout,
    Stderr,
}

/// False when the client has gone.
async fn drain(pipe: Option<Receiver>, output: &Output, kind: Kind) -> bool {
    let Some(mut pipe) = pipe else { return true };
    let mut buffer = vec![0; BUFFER_BYTES];
    while let Ok(read @ 1..) = pipe.read(&mut buffer).await {
        let sent = match kind {
            Kind::Stdout => output.stdout(&buffer[..read]).await,
            Kind::Stderr => output.stderr(&buffer[..read]).await,
        };
        if sent.is_err() {
            return false;
        }
    }
    true
}

async fn drain_terminal(terminal: Option<&Terminal>, output: &Output) -> bool {
    let Some(terminal) = terminal else { return true };
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match terminal.read(&mut buffer).await {
            0 => return true,
            read if output.stdout(&buffer[..read]).await.is_err() => return false,
            _ => {}
        }
    }
}
