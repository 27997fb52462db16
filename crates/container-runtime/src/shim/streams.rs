//! A container's standard streams: into the log, to those who attached, and their input.

use std::os::fd::OwnedFd;

use rustix::io::Errno;

use super::log_file::{LineCutter, LogFile, Stream};

/// Bytes read from a stream at a time.
pub const READ_BYTES: usize = 16 * 1024;
/// Attached clients of one container.
pub const ATTACHES_MAX: usize = 16;
/// Reads after the end of a container: more than a pipe can hold, whatever its size.
const DRAIN_READS_MAX: usize = 256;

/// One output stream.
struct Output {
    stream: Stream,
    source: Option<OwnedFd>,
    cutter: LineCutter,
}

/// Somebody who attached. Their ends do not block.
pub struct Attach {
    /// Gives input.
    pub input: Option<OwnedFd>,
    outputs: [Sink; 2],
}

/// Where output goes to, and what could not be delivered yet.
struct Sink {
    target: Option<OwnedFd>,
    pending: Vec<u8>,
}

impl Sink {
    fn deliver(&mut self, bytes: &[u8]) {
        if self.target.is_some() {
            self.pending.extend_from_slice(bytes);
            self.flush();
        }
    }

    fn flush(&mut self) {
        let Some(target) = &self.target else { return };
        while !self.pending.is_empty() {
            match rustix::io::write(target, &self.pending) {
                Ok(written) => drop(self.pending.drain(..written)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => {
                    self.target = None;
                    break;
                }
            }
        }
        self.pending = Vec::new();
    }
}

/// The streams of one container.
pub struct Streams {
    outputs: [Output; 2],
    stdin: Option<OwnedFd>,
    stdin_pending: Vec<u8>,
    is_stdin_once: bool,
    is_terminal: bool,
    /// Those who attached.
    pub attaches: Vec<Attach>,
    /// The log.
    pub log: LogFile,
}

impl Streams {
    /// Streams that log to `log`; the ends are added as they come.
    pub fn new(log: LogFile, is_stdin_once: bool) -> Streams {
        let output = |stream| Output { stream, source: None, cutter: LineCutter::default() };
        Streams {
            outputs: [output(Stream::Stdout), output(Stream::Stderr)],
            stdin: None,
            stdin_pending: Vec::new(),
            is_stdin_once,
            is_terminal: false,
            attaches: Vec::new(),
            log,
        }
    }

    /// The shim's ends of pipes.
    pub fn set_pipes(&mut self, stdin: Option<OwnedFd>, stdout: OwnedFd, stderr: OwnedFd) {
        self.stdin = stdin;
        self.outputs[0].source = Some(stdout);
        self.outputs[1].source = Some(stderr);
    }

    /// The master of a terminal, and a copy of it for input when that is wanted.
    pub fn set_terminal(&mut self, master: OwnedFd, input: Option<OwnedFd>) {
        self.is_terminal = true;
        self.outputs[0].source = Some(master);
        self.stdin = input;
    }

    /// The terminal's master.
    pub fn terminal(&self) -> Option<&OwnedFd> {
        self.outputs[0].source.as_ref().filter(|_| self.is_terminal)
    }

    /// The source of output `which`, while somebody can take what it gives.
    pub fn readable(&self, which: usize) -> Option<&OwnedFd> {
        let is_stuck = self.attaches.iter().any(|attach| !attach.outputs[which].pending.is_empty());
        self.outputs[which].source.as_ref().filter(|_| !is_stuck)
    }

    /// The container's input, while there is something that it did not take yet.
    pub fn writable_input(&self) -> Option<&OwnedFd> {
        self.stdin.as_ref().filter(|_| !self.stdin_pending.is_empty())
    }

    /// Whether input of attached clients can be taken.
    pub fn takes_input(&self) -> bool {
        self.stdin_pending.is_empty()
    }

    /// Where `attach` takes output `which`, and whether something waits to be taken.
    pub fn sink(&self, attach: usize, which: usize) -> Option<(&OwnedFd, bool)> {
        let sink = &self.attaches[attach].outputs[which];
        Some((sink.target.as_ref()?, !sink.pending.is_empty()))
    }

    /// An output has something, or has ended.
    pub fn pump_output(&mut self, which: usize, buffer: &mut [u8]) -> bool {
        let output = &mut self.outputs[which];
        let Some(source) = &output.source else { return false };
        let read = match rustix::io::read(source, &mut *buffer) {
            Ok(read) => read,
            Err(Errno::AGAIN | Errno::INTR) => return false,
            // A terminal whose other side was closed.
            Err(_) => 0,
        };
        if read == 0 {
            output.source = None;
            self.log.finish(output.stream, &mut output.cutter);
            for attach in &mut self.attaches {
                close_when_flushed(&mut attach.outputs[which]);
            }
            return false;
        }
        self.log.add(output.stream, &mut output.cutter, &buffer[..read]);
        for attach in &mut self.attaches {
            attach.outputs[which].deliver(&buffer[..read]);
        }
        true
    }

    /// The container takes input again.
    pub fn pump_pending_input(&mut self) {
        let Some(stdin) = &self.stdin else { return };
        match rustix::io::write(stdin, &self.stdin_pending) {
            Ok(written) => drop(self.stdin_pending.drain(..written)),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => self.close_input(),
        }
    }

    /// An attached client has input, or has ended it.
    pub fn pump_attach_input(&mut self, attach: usize, buffer: &mut [u8]) {
        let Some(input) = &self.attaches[attach].input else { return };
        match rustix::io::read(input, &mut *buffer) {
            Ok(0) => self.end_attach_input(attach),
            Ok(read) if self.stdin.is_some() => {
                self.stdin_pending.extend_from_slice(&buffer[..read]);
                self.pump_pending_input();
            }
            Ok(_) | Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => self.end_attach_input(attach),
        }
    }

    fn end_attach_input(&mut self, attach: usize) {
        self.attaches[attach].input = None;
        if self.is_stdin_once {
            self.close_input();
        }
    }

    fn close_input(&mut self) {
        self.stdin = None;
        self.stdin_pending = Vec::new();
    }

    /// An attached client takes output again, or is gone.
    pub fn pump_attach_output(&mut self, attach: usize, which: usize, is_gone: bool) {
        let ended = self.outputs[which].source.is_none();
        let sink = &mut self.attaches[attach].outputs[which];
        if is_gone {
            sink.target = None;
            sink.pending = Vec::new();
        }
        sink.flush();
        if ended {
            close_when_flushed(sink);
        }
    }

    /// Adds a client. Its descriptors are taken over.
    pub fn attach(&mut self, input: Option<OwnedFd>, stdout: Option<OwnedFd>, stderr: Option<OwnedFd>) {
        let sink = |target| Sink { target, pending: Vec::new() };
        let mut attach = Attach { input, outputs: [sink(stdout), sink(stderr)] };
        for (output, sink) in self.outputs.iter().zip(&mut attach.outputs) {
            if output.source.is_none() {
                sink.target = None;
            }
        }
        if self.stdin.is_none() {
            attach.input = None;
        }
        self.attaches.push(attach);
    }

    /// Forgets clients that have nothing open any more.
    pub fn sweep(&mut self) {
        self.attaches
            .retain(|attach| attach.input.is_some() || attach.outputs.iter().any(|sink| sink.target.is_some()));
        for attach in &mut self.attaches {
            let has_output = attach.outputs.iter().any(|sink| sink.target.is_some());
            let is_over = self.outputs.iter().all(|output| output.source.is_none());
            if !has_output && is_over {
                attach.input = None;
            }
        }
    }

    /// The container has ended: what its pipes still hold goes to the log; then they are closed.
    pub fn drain(&mut self, buffer: &mut [u8]) {
        for which in 0..self.outputs.len() {
            for _ in 0..DRAIN_READS_MAX {
                if !self.pump_output(which, buffer) {
                    break;
                }
            }
            let output = &mut self.outputs[which];
            if output.source.take().is_some() {
                self.log.finish(output.stream, &mut output.cutter);
            }
            for attach in &mut self.attaches {
                close_when_flushed(&mut attach.outputs[which]);
                attach.input = None;
            }
        }
        self.close_input();
        self.sweep();
    }
}

fn close_when_flushed(sink: &mut Sink) {
    sink.flush();
    if sink.pending.is_empty() {
        sink.target = None;
    }
}
