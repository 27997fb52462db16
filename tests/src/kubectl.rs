//! Commands that run inside a cluster's namespaces, and what they said.

use std::fmt;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::{process, sys};

/// What a command said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit code; 128 + N for signal N.
    pub code: i32,
}

impl Output {
    /// Standard output of a command that must succeed.
    ///
    /// # Panics
    /// When it failed.
    #[track_caller]
    pub fn success(self) -> String {
        assert_eq!(self.code, 0, "{self}");
        self.stdout
    }
}

impl fmt::Display for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "exit {}\n{}{}", self.code, self.stdout, self.stderr)
    }
}

/// Runs a command with `input` as its standard input, at most for `patience`.
///
/// # Errors
/// It cannot be started, or lives on; then it is ended.
pub fn run(command: &mut Command, input: &[u8], patience: Duration) -> anyhow::Result<Output> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("start {command:?}"))?;
    let mut stdin = child.stdin.take().context("the input is piped")?;
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr) = (read_aside(stdout), read_aside(stderr));
    let has_ended = process::wait_for_end(&mut child, patience)?;
    if !has_ended {
        child.kill()?;
    }
    let code = exit_code(&mut child)?;
    let _ = writer.join();
    let output = Output { stdout: finish(stdout), stderr: finish(stderr), code };
    anyhow::ensure!(has_ended, "{command:?} did not end within {} s\n{output}", patience.as_secs());
    Ok(output)
}

/// Runs a command on a terminal of its own; what the terminal shows is in `stdout`.
///
/// # Errors
/// It cannot be started, or lives on; then it is ended.
pub fn run_on_terminal(command: &mut Command, input: &[u8], patience: Duration) -> anyhow::Result<Output> {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&terminal)?;
    unlockpt(&terminal)?;
    let name = ptsname(&terminal, Vec::new())?;
    let open = || -> anyhow::Result<OwnedFd> {
        let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
        Ok(rustix::fs::open(&name, flags, rustix::fs::Mode::empty())?)
    };
    command.stdin(Stdio::from(open()?)).stdout(Stdio::from(open()?)).stderr(Stdio::from(open()?));
    let mut child = sys::own_terminal_in_child(command).spawn().with_context(|| format!("start {command:?}"))?;
    // The command holds copies of the terminal's other end; with ours gone, reading ends when it does.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut writer = std::fs::File::from(terminal.try_clone()?);
    let shown = read_aside(Some(std::fs::File::from(terminal)));
    writer.write_all(input)?;
    let has_ended = process::wait_for_end(&mut child, patience)?;
    if !has_ended {
        child.kill()?;
    }
    let code = exit_code(&mut child)?;
    let output = Output { stdout: finish(shown).replace("\r\n", "\n"), stderr: String::new(), code };
    anyhow::ensure!(has_ended, "{command:?} did not end within {} s\n{output}", patience.as_secs());
    Ok(output)
}

/// A command or an answer that goes on while others run.
pub struct Background {
    child: Option<Child>,
    lines: std::sync::mpsc::Receiver<String>,
    seen: Vec<String>,
    /// Dropped at the end, so that whoever sends sees it.
    _hold: Option<tokio::sync::oneshot::Sender<()>>,
}

impl Background {
    /// Starts it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().with_context(|| format!("start {command:?}"))?;
        let stdout = child.stdout.take().context("the output is piped")?;
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in std::io::BufRead::lines(std::io::BufReader::new(stdout)).map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Background { child: Some(child), lines, seen: Vec::new(), _hold: None })
    }

    /// What somebody sends for as long as the other end of `hold` is kept.
    pub fn of(lines: std::sync::mpsc::Receiver<String>, hold: tokio::sync::oneshot::Sender<()>) -> Self {
        Background { child: None, lines, seen: Vec::new(), _hold: Some(hold) }
    }

    /// Waits until `count` lines were printed in all, the command has ended, or `patience` is over.
    pub fn await_lines(&mut self, count: usize, patience: Duration) {
        let deadline = Instant::now() + patience;
        while self.seen.len() < count {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else { return };
            self.seen.push(line);
        }
    }

    /// Its first `count` lines; fewer when it ends or `patience` is over. Then it is ended.
    pub fn collect(mut self, count: usize, patience: Duration) -> Vec<String> {
        self.await_lines(count, patience);
        self.seen.truncate(count);
        std::mem::take(&mut self.seen)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

type Aside = std::thread::JoinHandle<Vec<u8>>;

fn read_aside(source: Option<impl Read + Send + 'static>) -> Aside {
    std::thread::spawn(move || {
        let (mut bytes, mut buffer) = (Vec::new(), [0; 8192]);
        let Some(mut source) = source else { return bytes };
        // A terminal whose other end closed answers with an error instead of an end.
        while let Ok(read @ 1..) = source.read(&mut buffer) {
            bytes.extend_from_slice(&buffer[..read]);
        }
        bytes
    })
}

fn finish(aside: Aside) -> String {
    String::from_utf8_lossy(&aside.join().unwrap_or_default()).into_owned()
}

fn exit_code(child: &mut Child) -> anyhow::Result<i32> {
    let status = child.wait()?;
    Ok(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)))
}
