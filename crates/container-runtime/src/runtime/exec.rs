//! Processes that are run in containers, and joining a container's own streams.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use container_interfaces::cri::v1::*;
use rustix::pipe::{PipeFlags, pipe_with};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::sync::oneshot;
use tonic::Status;

use super::container::Container;
use super::shim_client::{ShimClient, ShimError};
use super::stream_server::Ticket;
use super::{Inner, internal, new_id};
use crate::contract::{EXEC, ExecExit, ExecSpec, Exit, SIGNAL, SignalRequest, UserSpec};
use crate::wire::Blob;

/// Output of ExecSync that is kept, per stream; the rest is thrown away (as upstream's runtimes do).
const EXEC_SYNC_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Time that output gets to end after the process did: something may have inherited it.
pub(super) const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// What is to be run.
pub(super) struct ExecOrder {
    /// Program and arguments.
    pub(super) command: Vec<String>,
    /// Give it a terminal.
    pub(super) is_terminal: bool,
    /// The process's ends of its streams.
    pub(super) stdin: Option<OwnedFd>,
    /// The process's ends of its streams.
    pub(super) stdout: Option<OwnedFd>,
    /// The process's ends of its streams.
    pub(super) stderr: Option<OwnedFd>,
}

/// A process that runs.
pub(super) struct RunningExec {
    id: String,
    container_id: String,
    shim: ShimClient,
    /// Master of its terminal.
    pub(super) terminal: Option<OwnedFd>,
    /// Tells how it ended; breaks when the shim is lost.
    pub(super) exit: oneshot::Receiver<Exit>,
}

impl RunningExec {
    /// Ends it at once.
    pub(super) async fn kill(&self) {
        let request = SignalRequest {
            id: self.container_id.clone(),
            exec_id: self.id.clone(),
            signal: libc::SIGKILL as u32,
            is_for_all: false,
        };
        if let Err(error) = self.shim.call(SIGNAL, &request).await {
            tracing::debug!(container = self.container_id, %error, "an exec could not be killed");
        }
    }
}

/// A pipe: reading end, writing end.
pub(super) fn pipe() -> Result<(OwnedFd, OwnedFd), Status> {
    pipe_with(PipeFlags::CLOEXEC).map_err(|error| Status::internal(format!("make a pipe: {error}")))
}

impl Inner {
    /// The container, if it runs.
    pub(super) fn running_container(&self, id: &str) -> Result<Arc<Container>, Status> {
        let container = self.container(id)?;
        match container.state() {
            ContainerState::ContainerRunning => Ok(container),
            other => Err(Status::unknown(format!("container is in {} state", other.as_str_name()))),
        }
    }

    pub(super) async fn start_exec(&self, container: &Container, order: ExecOrder) -> Result<RunningExec, Status> {
        let shim = self.sandbox(&container.sandbox_id)?.live_shim()?;
        let exec_id = new_id()?;
        let record = container.record.lock().clone();
        let mut process = self.with_filter(&record.process, &record.config)?;
        process.args = order.command;
        process.is_terminal = order.is_terminal;
        if order.is_terminal && !process.env.iter().any(|variable| variable.0.starts_with(b"TERM=")) {
            process.env.push(Blob(b"TERM=xterm".to_vec()));
        }
        process.user = UserSpec {
            user: format!("{}:{}", record.user.uid, record.user.gid),
            supplemental_groups: record.user.groups,
            is_strict: true,
        };
        let spec = ExecSpec {
            container_id: container.id.clone(),
            exec_id: exec_id.clone(),
            process,
            cgroup: record.cgroup,
            has_stdin: order.stdin.is_some(),
            has_stdout: order.stdout.is_some(),
            has_stderr: order.stderr.is_some(),
        };
        let descriptors = [order.stdin, order.stdout, order.stderr].into_iter().flatten().collect();
        let (sender, exit) = oneshot::channel();
        let key = (container.id.clone(), exec_id.clone());
        // Before it is asked for: its end may be told before its start.
        self.exec_waits.lock().insert(key.clone(), sender);
        match shim.call_with(EXEC, &spec, descriptors).await {
            Ok(mut reply) => Ok(RunningExec {
                id: exec_id,
                container_id: container.id.clone(),
                terminal: reply.descriptors.pop_front(),
                shim,
                exit,
            }),
            Err(error) => {
                self.exec_waits.lock().remove(&key);
                Err(start_error(&exec_id, error))
            }
        }
    }

    /// A shim told that an exec ended.
    pub(super) fn exec_exited(&self, told: ExecExit) {
        let waiting = self.exec_waits.lock().remove(&(told.container_id, told.exec_id));
        if let Some(waiting) = waiting {
            // Nobody may wait any more.
            let _ = waiting.send(told.exit);
        }
    }

    pub(super) async fn exec_sync(&self, request: ExecSyncRequest) -> Result<ExecSyncResponse, Status> {
        if request.cmd.is_empty() {
            return Err(Status::invalid_argument("exec cmd is required"));
        }
        let container = self.running_container(&request.container_id)?;
        let (stdout, stdout_far) = pipe()?;
        let (stderr, stderr_far) = pipe()?;
        let order = ExecOrder {
            command: request.cmd,
            is_terminal: false,
            stdin: None,
            stdout: Some(stdout_far),
            stderr: Some(stderr_far),
        };
        let (stdout, stderr) = (receiver(stdout)?, receiver(stderr)?);
        let mut exec = self.start_exec(&container, order).await?;
        let outputs = async { tokio::join!(read_all(stdout), read_all(stderr)) };
        tokio::pin!(outputs);
        let wait = async {
            tokio::select! {
                exit = &mut exec.exit => (exit, None),
                read = &mut outputs => ((&mut exec.exit).await, Some(read)),
            }
        };
        let (exit, read) = match timeout_of(request.timeout) {
            Some(limit) => match tokio::time::timeout(limit, wait).await {
                Ok(outcome) => outcome,
                Err(_) => {
                    exec.kill().await;
                    return Err(Status::deadline_exceeded(format!(
                        "failed to exec in container: timeout {}s exceeded: context deadline exceeded",
                        limit.as_secs()
                    )));
                }
            },
            None => wait.await,
        };
        let exit = exit.map_err(|_| Status::unknown("failed to exec in container: the container's shim is gone"))?;
        let (stdout, stderr) = match read {
            Some(read) => read,
            None => tokio::time::timeout(DRAIN_TIMEOUT, outputs).await.map_err(|_| {
                Status::unknown("failed to exec in container: the output was not closed after the process had ended")
            })?,
        };
        Ok(ExecSyncResponse { stdout, stderr, exit_code: exit.code })
    }

    pub(super) async fn exec(&self, request: ExecRequest) -> Result<ExecResponse, Status> {
        if request.cmd.is_empty() {
            return Err(Status::invalid_argument("exec cmd is required"));
        }
        check_streams(request.tty, request.stdin, request.stdout, request.stderr)?;
        self.running_container(&request.container_id).map_err(|error| {
            Status::new(error.code(), format!("failed to find container in store: {}", error.message()))
        })?;
        Ok(ExecResponse { url: self.streams.url(Ticket::Exec(request))? })
    }

    pub(super) async fn attach(&self, request: AttachRequest) -> Result<AttachResponse, Status> {
        check_streams(request.tty, request.stdin, request.stdout, request.stderr)?;
        self.running_container(&request.container_id).map_err(|error| {
            Status::new(error.code(), format!("failed to find container in store: {}", error.message()))
        })?;
        Ok(AttachResponse { url: self.streams.url(Ticket::Attach(request))? })
    }
}

fn check_streams(tty: bool, stdin: bool, stdout: bool, stderr: bool) -> Result<(), Status> {
    if tty && stderr {
        return Err(Status::invalid_argument("tty and stderr cannot both be true"));
    }
    match stdin || stdout || stderr {
        true => Ok(()),
        false => Err(Status::invalid_argument("one of stdin, stdout, or stderr must be set")),
    }
}

fn timeout_of(seconds: i64) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(seconds.unsigned_abs()))
}

/// Upstream's words, which people search for.
fn start_error(exec_id: &str, error: ShimError) -> Status {
    match error {
        ShimError::Refused { message, .. } => Status::unknown(format!(
            "failed to exec in container: failed to start exec {exec_id:?}: OCI runtime exec failed: exec failed: \
             unable to start container process: {message}"
        )),
        other => internal("exec in container")(other),
    }
}

fn receiver(end: OwnedFd) -> Result<Receiver, Status> {
    Receiver::from_owned_fd(end).map_err(|error| Status::internal(format!("read a pipe: {error}")))
}

/// Reads to the end; keeps the first [`EXEC_SYNC_BYTES_MAX`] bytes.
async fn read_all(mut pipe: Receiver) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = pipe.read(&mut buffer).await {
        let room = EXEC_SYNC_BYTES_MAX - kept.len();
        kept.extend_from_slice(&buffer[..read.min(room)]);
    }
    kept
}
