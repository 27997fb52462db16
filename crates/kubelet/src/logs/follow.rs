//! Sends a container's log to a client, and goes on as it grows: woken by the kernel, across rotations.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tokio::sync::{mpsc, watch};

use super::inotify::Watcher;
use super::line::{LogOptions, LogWriter};
use super::read::tail_start;

/// Bytes that are read and sent at once.
const PIECE_BYTES: usize = 64 * 1_024;
/// A line without an end that is longer is sent as it is.
const LINE_BYTES_MAX: usize = 1 << 20;

/// Sends the log at `path` until its end, or for a follower until `is_over` says that the container has ended and
/// all is sent, or until the client is gone. Blocking parts are small reads.
pub async fn send_log(
    path: PathBuf,
    options: LogOptions,
    mut is_over: watch::Receiver<bool>,
    out: mpsc::Sender<Bytes>,
) -> io::Result<()> {
    let mut watcher = if options.is_follow { Some(Watcher::new(&path)?) } else { None };
    let mut file = File::open(&path)?;
    let start = match options.tail_lines {
        Some(lines) => tail_start(&mut file, lines)?,
        None => 0,
    };
    let mut reader = LogReader { file, offset: start, rest: Vec::new(), writer: LogWriter::new(options) };
    loop {
        // Looked at before the read: what was written until then is still read.
        let was_over = *is_over.borrow_and_update();
        if !reader.send_new(&out).await? || reader.writer.is_full() {
            return Ok(());
        }
        let Some(watcher) = &mut watcher else { return reader.send_rest(&out).await };
        if is_replaced(&path, &reader.file)? {
            // What the old file still got is read before the new one is begun.
            reader.send_new(&out).await?;
            reader.begin(File::open(&path)?);
            continue;
        }
        if was_over {
            return reader.send_rest(&out).await;
        }
        tokio::select! {
            woken = watcher.wait() => woken?,
            changed = is_over.changed() => if changed.is_err() { return Ok(()) },
            () = out.closed() => return Ok(()),
        }
    }
}

struct LogReader {
    file: File,
    offset: u64,
    /// A line whose end has not been written yet.
    rest: Vec<u8>,
    writer: LogWriter,
}

impl LogReader {
    fn begin(&mut self, file: File) {
        self.file = file;
        self.offset = 0;
        self.rest.clear();
    }

    /// Sends the whole lines that are there; false when the client is gone.
    async fn send_new(&mut self, out: &mpsc::Sender<Bytes>) -> io::Result<bool> {
        loop {
            let mut piece = vec![0; PIECE_BYTES];
            self.file.seek(SeekFrom::Start(self.offset))?;
            let length = self.file.read(&mut piece)?;
            if length == 0 {
                return Ok(true);
            }
            self.offset += length as u64;
            self.rest.extend_from_slice(&piece[..length]);
            let whole = match self.rest.iter().rposition(|byte| *byte == b'\n') {
                Some(at) => at + 1,
                None if self.rest.len() > LINE_BYTES_MAX => self.rest.len(),
                None => 0,
            };
            let lines: Vec<u8> = self.rest.drain(..whole).collect();
            if !self.send(&lines, out).await || self.writer.is_full() {
                return Ok(false);
            }
        }
    }

    /// Sends a last line that has no end.
    async fn send_rest(&mut self, out: &mpsc::Sender<Bytes>) -> io::Result<()> {
        let rest = std::mem::take(&mut self.rest);
        self.send(&rest, out).await;
        Ok(())
    }

    async fn send(&mut self, lines: &[u8], out: &mpsc::Sender<Bytes>) -> bool {
        let mut text = Vec::new();
        lines.split_inclusive(|byte| *byte == b'\n').for_each(|line| self.writer.write(line, &mut text));
        text.is_empty() || out.send(Bytes::from(text)).await.is_ok()
    }
}

/// Whether another file has the name now. While a rotation is under way there may be none.
fn is_replaced(path: &Path, open: &File) -> io::Result<bool> {
    let open = open.metadata()?;
    match std::fs::metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) != (open.dev(), open.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn line(text: &str) -> Vec<u8> {
        format!("2026-11-21T12:00:00Z stdout F {text}\n").into_bytes()
    }

    #[tokio::test]
    async fn a_follower_sees_new_lines_and_rotations_until_the_container_ends() {
        let directory = std::env::temp_dir().join(format!("corten-kubelet-follow-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("make a directory");
        let path = directory.join("0.log");
        std::fs::write(&path, line("one")).expect("write a file");
        let (over, is_over) = watch::channel(false);
        let (sender, mut out) = mpsc::channel(4);
        let options = LogOptions { is_follow: true, ..LogOptions::default() };
        let task = tokio::spawn(send_log(path.clone(), options, is_over, sender));
        assert_eq!(out.recv().await.as_deref(), Some(&b"one\n"[..]));
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).expect("open");
        file.write_all(&line("two")).expect("append");
        assert_eq!(out.recv().await.as_deref(), Some(&b"two\n"[..]));
        std::fs::rename(&path, directory.join("0.log.1")).expect("rotate");
        std::fs::write(&path, line("three")).expect("write a file");
        assert_eq!(out.recv().await.as_deref(), Some(&b"three\n"[..]));
        over.send(true).expect("somebody listens");
        assert_eq!(out.recv().await, None);
        task.await.expect("joined").expect("no error");
        std::fs::remove_dir_all(&directory).expect("remove the directory");
    }
}
