//! CRI log files: `<time> stdout F <line>`, `P` for a part of a line.
//!
//! When the disk is full the output is dropped and counted, never kept waiting: the next line that can be written
//! says how much is missing.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use super::wall_clock;

/// Bytes of one line; longer ones are cut into parts (upstream's runtimes have the same limit).
const LINE_BYTES_MAX: usize = 16 * 1024;
/// Log text that is gathered before it is written.
const BATCH_BYTES_MAX: usize = 32 * 1024;

/// Which stream a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output, or a terminal.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Stream {
    fn name(self) -> &'static [u8] {
        match self {
            Stream::Stdout => b"stdout",
            Stream::Stderr => b"stderr",
        }
    }
}

/// Cuts a stream of bytes into lines.
#[derive(Default)]
pub struct LineCutter {
    part: Vec<u8>,
}

impl LineCutter {
    /// Takes bytes; calls `emit` with each line (true) or part of a line (false).
    pub fn feed(&mut self, mut bytes: &[u8], mut emit: impl FnMut(&[u8], bool)) {
        while !bytes.is_empty() {
            let room = LINE_BYTES_MAX - self.part.len();
            // One byte more than fits may be the newline that ends a line of exactly the limit.
            let window = &bytes[..bytes.len().min(room + 1)];
            if let Some(end) = window.iter().position(|byte| *byte == b'\n') {
                self.emit_with(&bytes[..end], true, &mut emit);
                bytes = &bytes[end + 1..];
            } else if bytes.len() > room {
                self.emit_with(&bytes[..room], false, &mut emit);
                bytes = &bytes[room..];
            } else {
                self.part.extend_from_slice(bytes);
                return;
            }
        }
    }

    /// The stream has ended: what is left is a part.
    pub fn finish(&mut self, mut emit: impl FnMut(&[u8], bool)) {
        if !self.part.is_empty() {
            emit(&self.part, false);
        }
        self.part = Vec::new();
    }

    fn emit_with(&mut self, more: &[u8], is_full: bool, emit: &mut impl FnMut(&[u8], bool)) {
        if self.part.is_empty() {
            return emit(more, is_full);
        }
        self.part.extend_from_slice(more);
        emit(&self.part, is_full);
        // Long lines are rare: their memory is given back.
        self.part = Vec::new();
    }
}

/// Writes lines into a file that others rotate.
pub struct LogFile {
    path: PathBuf,
    file: Option<File>,
    batch: Vec<u8>,
    bytes_lost: u64,
    unreported_bytes: u64,
    is_torn: bool,
}

impl LogFile {
    /// Opens `path` for appending; empty: everything is thrown away.
    pub fn open(path: &str) -> io::Result<LogFile> {
        let mut log = LogFile {
            path: path.into(),
            file: None,
            batch: Vec::new(),
            bytes_lost: 0,
            unreported_bytes: 0,
            is_torn: false,
        };
        log.reopen()?;
        Ok(log)
    }

    /// Opens the path again, after somebody renamed the file.
    pub fn reopen(&mut self) -> io::Result<()> {
        if !self.path.as_os_str().is_empty() {
            self.file = Some(OpenOptions::new().create(true).append(true).mode(0o640).open(&self.path)?);
            self.is_torn = false;
        }
        Ok(())
    }

    /// Output that could not be written, in bytes.
    pub fn bytes_lost(&self) -> u64 {
        self.bytes_lost
    }

    /// Adds what a stream gave, cut into lines.
    pub fn add(&mut self, stream: Stream, cutter: &mut LineCutter, bytes: &[u8]) {
        if self.file.is_none() {
            return;
        }
        let now = wall_clock::now();
        cutter.feed(bytes, |line, is_full| self.line(now, stream, line, is_full));
        self.flush();
    }

    /// Adds the rest of a stream that has ended.
    pub fn finish(&mut self, stream: Stream, cutter: &mut LineCutter) {
        if self.file.is_some() {
            let now = wall_clock::now();
            cutter.finish(|line, is_full| self.line(now, stream, line, is_full));
        }
        self.flush();
        self.batch = Vec::new();
    }

    fn line(&mut self, now: i64, stream: Stream, line: &[u8], is_full: bool) {
        wall_clock::append_rfc3339(now, &mut self.batch);
        self.batch.push(b' ');
        self.batch.extend_from_slice(stream.name());
        self.batch.extend_from_slice(if is_full { b" F " } else { b" P " });
        self.batch.extend_from_slice(line);
        self.batch.push(b'\n');
        if self.batch.len() > BATCH_BYTES_MAX {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let mut batch = std::mem::take(&mut self.batch);
        if self.report_loss() {
            self.write(&batch);
        } else {
            self.lose(batch.len() as u64);
        }
        batch.clear();
        self.batch = batch;
    }

    /// Says how much is missing; false when that cannot be written either.
    fn report_loss(&mut self) -> bool {
        if self.unreported_bytes == 0 && !self.is_torn {
            return true;
        }
        let mut text = Vec::new();
        if self.is_torn {
            text.push(b'\n');
        }
        if self.unreported_bytes > 0 {
            wall_clock::append_rfc3339(wall_clock::now(), &mut text);
            let message =
                format!(" stderr F [{} bytes of log lost: no space left on the disk]\n", self.unreported_bytes);
            text.extend_from_slice(message.as_bytes());
        }
        let Some(file) = &mut self.file else { return true };
        match file.write(&text) {
            Ok(written) if written == text.len() => {
                self.unreported_bytes = 0;
                self.is_torn = false;
                true
            }
            outcome => {
                self.is_torn |= outcome.is_ok_and(|written| written > 0);
                false
            }
        }
    }

    fn write(&mut self, mut bytes: &[u8]) {
        let Some(file) = &mut self.file else { return };
        while !bytes.is_empty() {
            match file.write(bytes) {
                Ok(written) => {
                    self.is_torn = !bytes[..written].ends_with(b"\n");
                    bytes = &bytes[written..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return self.lose(bytes.len() as u64),
            }
        }
    }

    fn lose(&mut self, bytes: u64) {
        self.bytes_lost += bytes;
        self.unreported_bytes += bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(chunks: &[&[u8]]) -> Vec<(usize, String, bool)> {
        let mut cutter = LineCutter::default();
        let mut lines = Vec::new();
        let mut emit = |line: &[u8], is_full: bool| {
            let start = String::from_utf8_lossy(&line[..line.len().min(8)]).into_owned();
            lines.push((line.len(), start, is_full));
        };
        for chunk in chunks {
            cutter.feed(chunk, &mut emit);
        }
        cutter.finish(&mut emit);
        lines
    }

    #[track_caller]
    fn check(chunks: &[&[u8]], expected: &[(usize, &str, bool)]) {
        let found = cut(chunks);
        let found: Vec<(usize, &str, bool)> =
            found.iter().map(|(size, text, full)| (*size, text.as_str(), *full)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn lines_are_cut_at_newlines_wherever_the_chunks_end() {
        check(&[b"a\nb", b"c\n", b"\nrest"], &[(1, "a", true), (2, "bc", true), (0, "", true), (4, "rest", false)]);
    }

    #[test]
    fn a_line_of_exactly_the_limit_is_whole_and_a_longer_one_is_parted() {
        let limit = LINE_BYTES_MAX;
        let line = vec![b'x'; limit];
        check(&[&line, b"\n"], &[(limit, "xxxxxxxx", true)]);
        check(&[&line, b"y\n"], &[(limit, "xxxxxxxx", false), (1, "y", true)]);
        let long = [line.as_slice(), line.as_slice(), b"z\n"].concat();
        check(&[&long], &[(limit, "xxxxxxxx", false), (limit, "xxxxxxxx", false), (1, "z", true)]);
    }

    #[test]
    fn a_full_disk_loses_lines_counts_them_and_says_so() {
        let mut log = LogFile::open("/dev/full").expect("the device is there");
        let mut cutter = LineCutter::default();
        log.add(Stream::Stdout, &mut cutter, b"one\ntwo\n");
        let lost = log.bytes_lost();
        assert!(lost > 8, "both lines with their prefixes: {lost}");
        let path = std::env::temp_dir().join(format!("corten-log-{}", std::process::id()));
        log.path = path.clone();
        log.reopen().expect("the disk is fine again");
        log.add(Stream::Stderr, &mut cutter, b"three\n");
        let text = std::fs::read_to_string(&path).expect("it was written");
        std::fs::remove_file(&path).expect("it is there");
        let lines: Vec<&str> = text.lines().filter_map(|line| line.get(31..)).collect();
        let report = format!("stderr F [{lost} bytes of log lost: no space left on the disk]");
        assert_eq!(lines, [report.as_str(), "stderr F three"]);
    }
}
