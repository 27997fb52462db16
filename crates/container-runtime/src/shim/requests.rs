//! What the daemon asks for.

use std::os::fd::{AsFd, OwnedFd};

use rustix::process::{Pid, Signal};

use super::child::{self, PidNamespace, Process, Stdio};
use super::connection::Incoming;
use super::container::{Container, Exec, Stage, Waiter};
use super::event_loop::{self, Shim};
use super::log_file::LogFile;
use super::streams::{ATTACHES_MAX, Streams};
use super::{channel, exec, exit_record, init, namespaces, root_fs};
use crate::cgroup::DeviceRules;
use crate::contract::*;
use crate::wire::{self, Message};

/// Containers of one Pod, ephemeral ones and ended ones included.
const CONTAINERS_MAX: usize = 1_024;
/// Execs that run in one container at a time.
const EXECS_MAX: usize = 256;

/// Why a request is refused.
struct Refusal(u32, String);

type Answer<T> = Result<T, Refusal>;

impl From<wire::Malformed> for Refusal {
    fn from(error: wire::Malformed) -> Refusal {
        Refusal(CODE_INTERNAL, error.to_string())
    }
}

fn internal(what: &str, error: impl std::fmt::Display) -> Refusal {
    Refusal(CODE_INTERNAL, format!("{what}: {error}"))
}

/// What to do about the answer.
enum Outcome {
    /// It is this.
    Now(Box<dyn Message>),
    /// It comes when the process has spoken.
    Later,
}

fn done() -> Answer<Outcome> {
    Ok(Outcome::Now(Box::new(Empty {})))
}

impl Shim {
    /// Carries out one request.
    pub fn request(&mut self, waiter: Waiter, incoming: Incoming) {
        let is_greeted = self.connection(waiter.connection).is_some_and(|connection| connection.is_greeted);
        let kind = incoming.header.kind;
        let outcome = match kind {
            HELLO => self.hello(waiter, &incoming.body),
            _ if !is_greeted => Err(Refusal(CODE_PRECONDITION, "say hello first".into())),
            STATE => Ok(Outcome::Now(Box::new(self.state()))),
            CREATE => self.create(waiter, &incoming.body),
            START => self.start(waiter, &incoming.body),
            SIGNAL => self.signal(&incoming.body),
            DELETE => self.delete(&incoming.body),
            EXEC => self.exec(waiter, incoming),
            RESIZE => self.resize(&incoming.body),
            REOPEN_LOG => self.reopen_log(&incoming.body),
            ATTACH => self.attach(incoming),
            SHUTDOWN => self.shut_down(),
            other => Err(Refusal(CODE_INTERNAL, format!("this shim does not know request {other}"))),
        };
        match outcome {
            Ok(Outcome::Now(message)) => self.answer(waiter, &*message, None),
            Ok(Outcome::Later) => {}
            Err(Refusal(code, text)) => self.refuse(waiter, code, text),
        }
    }

    fn hello(&mut self, waiter: Waiter, body: &[u8]) -> Answer<Outcome> {
        let hello: Hello = wire::decode(body)?;
        if let Some(connection) = self.connection(waiter.connection) {
            connection.is_greeted = true;
            connection.wants_events = hello.wants_events;
        }
        let pid = std::process::id();
        Ok(Outcome::Now(Box::new(Welcome {
            version: hello.version.min(VERSION),
            sandbox_id: self.spec.id.clone(),
            pid,
            start_ticks: event_loop::start_ticks(pid as i32),
        })))
    }

    fn state(&self) -> SandboxState {
        SandboxState {
            containers: self.containers.iter().map(Container::state).collect(),
            pause_pid: self.pause.as_ref().map_or(0, |(pid, _)| *pid as u32),
        }
    }

    fn find(&self, id: &str) -> Answer<usize> {
        let found = self.containers.iter().position(|container| container.id == id && !container.is_deleted);
        found.ok_or_else(|| Refusal(CODE_NOT_FOUND, format!("container {id:?} not found")))
    }

    fn find_by_body(&self, body: &[u8]) -> Answer<usize> {
        let id: ContainerId = wire::decode(body)?;
        self.find(&id.id)
    }

    fn create(&mut self, waiter: Waiter, body: &[u8]) -> Answer<Outcome> {
        let spec: ContainerSpec = wire::decode(body)?;
        if self.find(&spec.id).is_ok() {
            return Err(Refusal(CODE_PRECONDITION, format!("container {:?} exists", spec.id)));
        }
        if self.containers.len() >= CONTAINERS_MAX {
            return Err(Refusal(CODE_PRECONDITION, "too many containers".into()));
        }
        let log = LogFile::open(&spec.log_path).map_err(|error| internal(&format!("open {}", spec.log_path), error))?;
        let mut streams = Streams::new(log, spec.is_stdin_once);
        let devices = match spec.is_privileged {
            true => DeviceRules::All,
            false => DeviceRules::usual_and(&spec.devices),
        };
        let created = self.cgroups.create(&spec.cgroup, &spec.resources, &devices);
        created
            .map_err(|error| internal("make the cgroup", error))
            .inspect_err(|_| self.remove_cgroup(&spec.cgroup))?;
        let process = self.start_init(&spec, &mut streams).inspect_err(|_| self.remove_cgroup(&spec.cgroup))?;
        self.containers.push(Container {
            stage: Stage::Preparing,
            pid: process.pid,
            pidfd: Some(process.pidfd),
            channel: process.channel,
            waiter: Some(waiter),
            failure: String::new(),
            user: ResolvedUser::default(),
            started_at: 0,
            exit: None,
            cgroup: spec.cgroup,
            shares_pid_namespace: spec.pid_mode != PID_CONTAINER,
            has_stdin: spec.has_stdin,
            streams,
            execs: Vec::new(),
            is_deleted: false,
            id: spec.id,
        });
        Ok(Outcome::Later)
    }

    fn remove_cgroup(&self, cgroup: &str) {
        let _ = self.cgroups.remove(cgroup);
    }

    fn start_init(&self, spec: &ContainerSpec, streams: &mut Streams) -> Answer<Process> {
        let stdio = match spec.process.is_terminal {
            true => Stdio::default(),
            false => pipes(spec.has_stdin, streams).map_err(|error| internal("make pipes", error))?,
        };
        let pid_namespace = self.pid_namespace(spec)?;
        let setting = init::Setting {
            spec,
            namespaces: &self.namespaces,
            cgroups: &*self.cgroups,
            outside_root: self.outside_root().unwrap_or((0, 0)),
        };
        init::start(&setting, pid_namespace, stdio).map_err(|error| internal("start the init process", error))
    }

    /// Ids on the host of the root user and group of the Pod's user namespace, if it has one.
    fn outside_root(&self) -> Option<(u32, u32)> {
        let mappings = self.spec.user_namespace.as_ref()?;
        Some((namespaces::outside_root(&mappings.uids), namespaces::outside_root(&mappings.gids)))
    }

    fn pid_namespace(&self, spec: &ContainerSpec) -> Answer<PidNamespace<'_>> {
        match spec.pid_mode {
            PID_HOST => Ok(PidNamespace::Host),
            PID_POD => match &self.pause {
                Some((_, pidfd)) => Ok(PidNamespace::Of(pidfd.as_fd())),
                None => Err(Refusal(CODE_PRECONDITION, "the Pod's PID namespace is gone".into())),
            },
            PID_TARGET => match &self.containers[self.find(&spec.pid_target)?].pidfd {
                Some(pidfd) => Ok(PidNamespace::Of(pidfd.as_fd())),
                None => Err(Refusal(CODE_PRECONDITION, format!("container {:?} is not running", spec.pid_target))),
            },
            _ => Ok(PidNamespace::New),
        }
    }

    fn start(&mut self, waiter: Waiter, body: &[u8]) -> Answer<Outcome> {
        let index = self.find_by_body(body)?;
        let container = &mut self.containers[index];
        if container.stage != Stage::Created {
            return Err(Refusal(
                CODE_PRECONDITION,
                format!("container {:?} is not in the created state", container.id),
            ));
        }
        container.waiter = Some(waiter);
        if !container.is_alive() {
            self.finish(index, 128, 0);
            return Ok(Outcome::Later);
        }
        container.stage = Stage::Starting;
        if let Some(channel) = &container.channel {
            // If it is gone, its end is noticed by its handle.
            let _ = channel::say_start(channel.as_fd());
        }
        Ok(Outcome::Later)
    }

    fn signal(&mut self, body: &[u8]) -> Answer<Outcome> {
        let request: SignalRequest = wire::decode(body)?;
        let container = &self.containers[self.find(&request.id)?];
        let signal = i32::try_from(request.signal).ok().and_then(signal_from_raw);
        let signal = signal.ok_or_else(|| Refusal(CODE_INTERNAL, format!("no signal {}", request.signal)))?;
        if request.is_for_all {
            for pid in self.cgroups.processes(&container.cgroup).into_iter().filter_map(Pid::from_raw) {
                let _ = rustix::process::kill_process(pid, signal);
            }
            return done();
        }
        let pidfd = match request.exec_id.as_str() {
            "" => container.pidfd.as_ref(),
            id => container.execs.iter().find(|exec| exec.id == id && !exec.is_over).map(|exec| &exec.pidfd),
        };
        let pidfd = pidfd.ok_or_else(|| Refusal(CODE_NOT_FOUND, "process already finished".into()))?;
        match rustix::process::pidfd_send_signal(pidfd, signal) {
            Ok(()) => done(),
            Err(rustix::io::Errno::SRCH) => Err(Refusal(CODE_NOT_FOUND, "process already finished".into())),
            Err(error) => Err(internal("send the signal", error)),
        }
    }

    fn delete(&mut self, body: &[u8]) -> Answer<Outcome> {
        let index = self.find_by_body(body)?;
        let container = &self.containers[index];
        match container.stage {
            Stage::Exited => {}
            Stage::Created if !container.is_alive() => {}
            _ => return Err(Refusal(CODE_PRECONDITION, format!("container {:?} has not ended", container.id))),
        }
        exit_record::remove(&self.state_dir, &container.id);
        self.containers[index].is_deleted = true;
        done()
    }

    fn exec(&mut self, waiter: Waiter, incoming: Incoming) -> Answer<Outcome> {
        let spec: ExecSpec = wire::decode(&incoming.body)?;
        let mut descriptors = incoming.descriptors.into_iter();
        let mut take = |is_there: bool| if is_there { descriptors.next() } else { None };
        let stdio = Stdio { stdin: take(spec.has_stdin), stdout: take(spec.has_stdout), stderr: take(spec.has_stderr) };
        let index = self.find(&spec.container_id)?;
        let container = &self.containers[index];
        let (Stage::Running, Some(target)) = (container.stage, &container.pidfd) else {
            return Err(Refusal(CODE_PRECONDITION, format!("container {:?} is not running", spec.container_id)));
        };
        if container.execs.len() >= EXECS_MAX {
            return Err(Refusal(CODE_PRECONDITION, "too many processes are executed in the container".into()));
        }
        let place = exec::Place {
            target,
            cgroups: &*self.cgroups,
            own_pid_namespace: &self.namespaces.own_pid,
            outside_root: self.outside_root(),
        };
        let process = exec::start(&spec, &place, stdio).map_err(|error| internal("start the process", error))?;
        self.containers[index].execs.push(Exec {
            id: spec.exec_id,
            pid: process.pid,
            pidfd: process.pidfd,
            channel: process.channel,
            terminal: None,
            waiter: Some(waiter),
            is_failed: false,
            is_over: false,
        });
        Ok(Outcome::Later)
    }

    fn resize(&mut self, body: &[u8]) -> Answer<Outcome> {
        let request: ResizeRequest = wire::decode(body)?;
        let container = &self.containers[self.find(&request.id)?];
        let master = container.streams.terminal();
        let master = master.ok_or_else(|| Refusal(CODE_PRECONDITION, "the container has no terminal".into()))?;
        root_fs::set_terminal_size(master, request.width, request.height)
            .map_err(|error| internal("resize the terminal", error))?;
        done()
    }

    fn reopen_log(&mut self, body: &[u8]) -> Answer<Outcome> {
        let index = self.find_by_body(body)?;
        self.containers[index].streams.log.reopen().map_err(|error| internal("reopen the log", error))?;
        done()
    }

    fn attach(&mut self, incoming: Incoming) -> Answer<Outcome> {
        let request: AttachRequest = wire::decode(&incoming.body)?;
        let mut descriptors = incoming.descriptors.into_iter();
        let mut take = |is_there: bool| -> Answer<Option<OwnedFd>> {
            let Some(descriptor) = descriptors.next().filter(|_| is_there) else { return Ok(None) };
            child::set_nonblocking(&descriptor).map_err(|error| internal("attach", error))?;
            Ok(Some(descriptor))
        };
        let (stdin, stdout, stderr) = (take(request.has_stdin)?, take(request.has_stdout)?, take(request.has_stderr)?);
        let index = self.find(&request.id)?;
        let container = &mut self.containers[index];
        if !container.is_alive() {
            return Err(Refusal(CODE_PRECONDITION, format!("container {:?} is not running", request.id)));
        }
        if container.streams.attaches.len() >= ATTACHES_MAX {
            return Err(Refusal(CODE_PRECONDITION, "too many clients are attached".into()));
        }
        container.streams.attach(stdin, stdout, stderr);
        done()
    }

    fn shut_down(&mut self) -> Answer<Outcome> {
        let is_busy = self.containers.iter().any(|container| !container.is_deleted && container.is_alive());
        if is_busy {
            return Err(Refusal(CODE_PRECONDITION, "the Pod has live containers".into()));
        }
        event_loop::end_pause(self);
        let _ = std::fs::remove_file(self.state_dir.join(SOCKET_NAME));
        self.is_ending = true;
        done()
    }
}

/// Pipes for the container's ends; the near ends go to `streams`.
fn pipes(has_stdin: bool, streams: &mut Streams) -> std::io::Result<Stdio> {
    let (stdout, stdout_far) = child::pipe()?;
    let (stderr, stderr_far) = child::pipe()?;
    child::set_nonblocking(&stdout)?;
    child::set_nonblocking(&stderr)?;
    let (mut stdin, mut stdin_far) = (None, None);
    if has_stdin {
        let (far, near) = child::pipe()?;
        child::set_nonblocking(&near)?;
        (stdin, stdin_far) = (Some(near), Some(far));
    }
    streams.set_pipes(stdin, stdout, stderr);
    Ok(Stdio { stdin: stdin_far, stdout: Some(stdout_far), stderr: Some(stderr_far) })
}

fn signal_from_raw(number: i32) -> Option<Signal> {
    Signal::from_named_raw(number).or_else(|| sys_signal(number))
}

/// Real-time signals have no name.
fn sys_signal(number: i32) -> Option<Signal> {
    (34..=64).contains(&number).then(|| crate::sys::real_time_signal(number))
}
