//! A container as the shim holds it.

use std::os::fd::OwnedFd;

use super::streams::Streams;
use crate::contract::{ContainerState, Exit, PHASE_CREATED, PHASE_EXITED, PHASE_RUNNING, ResolvedUser};

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiter {
    /// Serial number of the connection.
    pub connection: u64,
    /// Id of the request.
    pub request: u32,
}

/// Where a container is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its first process builds the file systems.
    Preparing,
    /// It waits for the start (or failed; see [`Container::failure`]).
    Created,
    /// It was told to start.
    Starting,
    /// The program runs.
    Running,
    /// It ended.
    Exited,
}

/// A process in a container that is not its first.
pub struct Exec {
    /// Id that the daemon chose.
    pub id: String,
    /// Process id on the host.
    pub pid: i32,
    /// Handle.
    pub pidfd: OwnedFd,
    /// Private channel, until the program runs.
    pub channel: Option<OwnedFd>,
    /// Master of its terminal, until it is handed over.
    pub terminal: Option<OwnedFd>,
    /// Who waits for the start.
    pub waiter: Option<Waiter>,
    /// It never ran: nobody is told of its end.
    pub is_failed: bool,
    /// Ended; forgotten at the next sweep.
    pub is_over: bool,
}

/// A container.
pub struct Container {
    /// Id.
    pub id: String,
    /// Where it is.
    pub stage: Stage,
    /// Process id of its first process on the host.
    pub pid: i32,
    /// Handle of it, while it is not reaped.
    pub pidfd: Option<OwnedFd>,
    /// Private channel, until the program runs.
    pub channel: Option<OwnedFd>,
    /// Who waits for an answer to create or start.
    pub waiter: Option<Waiter>,
    /// Why it cannot start.
    pub failure: String,
    /// Who it runs as.
    pub user: ResolvedUser,
    /// Nanoseconds since the epoch; 0: never.
    pub started_at: i64,
    /// How it ended.
    pub exit: Option<Exit>,
    /// Its cgroup.
    pub cgroup: String,
    /// It does not have a PID namespace of its own: its processes must be killed one by one.
    pub shares_pid_namespace: bool,
    /// Input is wanted.
    pub has_stdin: bool,
    /// Its streams.
    pub streams: Streams,
    /// Further processes.
    pub execs: Vec<Exec>,
    /// Forgotten at the next sweep.
    pub is_deleted: bool,
}

impl Container {
    /// What the daemon is told.
    pub fn state(&self) -> ContainerState {
        ContainerState {
            id: self.id.clone(),
            phase: match self.stage {
                Stage::Preparing | Stage::Created => PHASE_CREATED,
                Stage::Starting | Stage::Running => PHASE_RUNNING,
                Stage::Exited => PHASE_EXITED,
            },
            pid: self.pid as u32,
            started_at: self.started_at,
            exit: self.exit.clone(),
            user: self.user.clone(),
            failure: self.failure.clone(),
        }
    }

    /// Whether its first process exists.
    pub fn is_alive(&self) -> bool {
        self.pidfd.is_some()
    }
}
