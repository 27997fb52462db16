//! The shim's state and its one loop: wait, dispatch, sweep.

use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::net::{SocketFlags, accept_with};

use super::channel::{self, Word};
use super::connection::Connection;
use super::container::{Container, Stage, Waiter};
use super::namespaces::Namespaces;
use super::streams::READ_BYTES;
use super::{exit_record, wall_clock};
use crate::cgroup::CgroupDriver;
use crate::contract::{
    CODE_INTERNAL, CONTAINER_EXITED, ContainerExit, Created, EXEC_EXITED, ExecExit, Exit, FAILED, Failure, OK,
    SandboxSpec, Started,
};
use crate::wire::Message;

/// Control connections at a time.
const CONNECTIONS_MAX: usize = 16;
/// Exit code of a container that could not be started (upstream's).
const START_FAILURE_CODE: i32 = 128;

/// The shim's whole state.
pub struct Shim {
    /// What it was started with.
    pub spec: SandboxSpec,
    /// The host's cgroups.
    pub cgroups: Box<dyn CgroupDriver + Send + Sync>,
    /// The Pod's namespaces.
    pub namespaces: Namespaces,
    /// The pause process.
    pub pause: Option<(i32, OwnedFd)>,
    /// The containers.
    pub containers: Vec<Container>,
    /// Where exit records go.
    pub state_dir: PathBuf,
    /// Asked to end.
    pub is_ending: bool,
    listener: OwnedFd,
    connections: Vec<Connection>,
    next_serial: u64,
}

/// What a polled descriptor means. Indices hold for one round: things are only removed between rounds.
#[derive(Clone, Copy)]
enum Source {
    Listener,
    Connection(usize),
    Pause,
    Channel(usize),
    ExecChannel(usize, usize),
    Output(usize, usize),
    Input(usize),
    AttachInput(usize, usize),
    AttachOutput(usize, usize, usize),
    InitEnd(usize),
    ExecEnd(usize, usize),
}

impl Shim {
    /// The state of a new shim.
    pub fn new(
        spec: SandboxSpec,
        cgroups: Box<dyn CgroupDriver + Send + Sync>,
        namespaces: Namespaces,
        pause: Option<(i32, OwnedFd)>,
        listener: OwnedFd,
    ) -> Shim {
        let state_dir = PathBuf::from(&spec.state_dir);
        Shim {
            spec,
            cgroups,
            namespaces,
            pause,
            containers: Vec::new(),
            state_dir,
            is_ending: false,
            listener,
            connections: Vec::new(),
            next_serial: 1,
        }
    }

    /// Runs until it is asked to end.
    pub fn run(&mut self) {
        while !self.is_ending || self.connections.iter().any(Connection::has_outgoing) {
            for (source, readiness) in self.wait() {
                self.dispatch(source, readiness);
            }
            self.sweep();
        }
    }

    /// Waits until something is ready.
    fn wait(&self) -> Vec<(Source, PollFlags)> {
        let (descriptors, sources): (Vec<PollFd<'_>>, Vec<Source>) = self.sources().into_iter().unzip();
        let mut descriptors = descriptors;
        if poll(&mut descriptors, None).is_err() {
            return Vec::new();
        }
        let ready = descriptors.iter().zip(sources).filter(|(descriptor, _)| !descriptor.revents().is_empty());
        ready.map(|(descriptor, source)| (source, descriptor.revents())).collect()
    }

    fn sources(&self) -> Vec<(PollFd<'_>, Source)> {
        let mut list = vec![(PollFd::new(&self.listener, PollFlags::IN), Source::Listener)];
        for (index, connection) in self.connections.iter().enumerate() {
            let flags = if connection.has_outgoing() { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
            list.push((PollFd::new(&connection.socket, flags), Source::Connection(index)));
        }
        if let Some((_, pidfd)) = &self.pause {
            list.push((PollFd::new(pidfd, PollFlags::IN), Source::Pause));
        }
        for (index, container) in self.containers.iter().enumerate() {
            container_sources(index, container, &mut list);
        }
        list
    }

    fn dispatch(&mut self, source: Source, readiness: PollFlags) {
        let mut buffer = [0u8; READ_BYTES];
        match source {
            Source::Listener => self.accept(),
            Source::Connection(index) => self.serve(index, readiness),
            Source::Pause => self.reap_pause(),
            Source::Channel(index) => self.hear_init(index),
            Source::ExecChannel(index, exec) => self.hear_exec(index, exec),
            Source::Output(index, which) => {
                self.containers[index].streams.pump_output(which, &mut buffer);
            }
            Source::Input(index) => self.containers[index].streams.pump_pending_input(),
            Source::AttachInput(index, attach) => {
                self.containers[index].streams.pump_attach_input(attach, &mut buffer);
            }
            Source::AttachOutput(index, attach, which) => {
                let is_gone = readiness.contains(PollFlags::ERR);
                self.containers[index].streams.pump_attach_output(attach, which, is_gone);
            }
            Source::InitEnd(index) => self.reap_init(index),
            Source::ExecEnd(index, exec) => self.reap_exec(index, exec),
        }
    }

    /// Forgets what is over.
    fn sweep(&mut self) {
        self.connections.retain(|connection| !connection.is_closed);
        self.containers.retain(|container| !container.is_deleted);
        for container in &mut self.containers {
            container.execs.retain(|exec| !exec.is_over);
            container.streams.sweep();
        }
    }

    fn accept(&mut self) {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        if let Ok(socket) = accept_with(&self.listener, flags)
            && self.connections.len() < CONNECTIONS_MAX
        {
            self.connections.push(Connection::new(socket, self.next_serial));
            self.next_serial += 1;
        }
    }

    fn serve(&mut self, index: usize, readiness: PollFlags) {
        if readiness.contains(PollFlags::OUT) {
            self.connections[index].flush();
        }
        if readiness.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) {
            let serial = self.connections[index].serial;
            for incoming in self.connections[index].receive() {
                let waiter = Waiter { connection: serial, request: incoming.header.id };
                self.request(waiter, incoming);
            }
        }
    }

    /// The connection of that serial number.
    pub fn connection(&mut self, serial: u64) -> Option<&mut Connection> {
        self.connections.iter_mut().find(|connection| connection.serial == serial)
    }

    /// Answers a request.
    pub fn answer(&mut self, waiter: Waiter, message: &dyn Message, descriptor: Option<OwnedFd>) {
        if let Some(connection) = self.connection(waiter.connection) {
            connection.send(OK, waiter.request, message, descriptor);
        }
    }

    /// Refuses a request.
    pub fn refuse(&mut self, waiter: Waiter, code: u32, message: String) {
        if let Some(connection) = self.connection(waiter.connection) {
            connection.send(FAILED, waiter.request, &Failure { code, message }, None);
        }
    }

    fn tell(&mut self, kind: u16, message: &dyn Message) {
        for connection in self.connections.iter_mut().filter(|connection| connection.wants_events) {
            connection.send(kind, 0, message, None);
        }
    }

    /// The first process says something, or its channel closed.
    fn hear_init(&mut self, index: usize) {
        let container = &mut self.containers[index];
        let Some(channel) = &container.channel else { return };
        match (channel::hear(channel.as_fd()), container.stage) {
            (Word::Prepared { user, terminal }, Stage::Preparing) => {
                container.user = user;
                container.stage = Stage::Created;
                if let Some(master) = terminal {
                    give_terminal(container, master);
                }
                self.answer_created(index);
            }
            (Word::Failed(text), _) => {
                container.failure = text;
                container.channel = None;
            }
            (Word::Moved { pid, pidfd }, Stage::Preparing) => {
                container.pid = pid;
                if let Some(first) = container.pidfd.replace(pidfd) {
                    // It ends right after it has said so.
                    let _ = reap(&first);
                }
            }
            (Word::Closed, Stage::Starting) => {
                container.channel = None;
                container.stage = Stage::Running;
                container.started_at = wall_clock::now();
                let started = Started { started_at: container.started_at, pid: container.pid as u32 };
                if let Some(waiter) = container.waiter.take() {
                    self.answer(waiter, &started, None);
                }
            }
            _ => container.channel = None,
        }
    }

    fn answer_created(&mut self, index: usize) {
        let container = &mut self.containers[index];
        let created = Created {
            pid: container.pid as u32,
            user: container.user.clone(),
            failure: container.failure.clone(),
            start_ticks: start_ticks(container.pid),
        };
        if let Some(waiter) = container.waiter.take() {
            self.answer(waiter, &created, None);
        }
    }

    fn hear_exec(&mut self, index: usize, exec_index: usize) {
        let exec = &mut self.containers[index].execs[exec_index];
        let Some(channel) = &exec.channel else { return };
        match channel::hear(channel.as_fd()) {
            Word::Prepared { terminal, .. } => exec.terminal = terminal,
            Word::Failed(text) => {
                exec.channel = None;
                exec.is_failed = true;
                if let Some(waiter) = exec.waiter.take() {
                    self.refuse(waiter, CODE_INTERNAL, text);
                }
            }
            Word::Moved { .. } => {}
            Word::Closed => {
                exec.channel = None;
                let started = Started { started_at: wall_clock::now(), pid: exec.pid as u32 };
                let terminal = exec.terminal.take();
                if let Some(waiter) = exec.waiter.take() {
                    self.answer(waiter, &started, terminal);
                }
            }
        }
    }

    fn reap_pause(&mut self) {
        if let Some((_, pidfd)) = self.pause.take() {
            let _ = reap(&pidfd);
        }
    }

    fn reap_exec(&mut self, index: usize, exec_index: usize) {
        // What it said last comes first.
        while self.containers[index].execs[exec_index].channel.as_ref().is_some_and(is_readable) {
            self.hear_exec(index, exec_index);
        }
        let container = &mut self.containers[index];
        let exec = &mut container.execs[exec_index];
        if exec.is_over {
            return;
        }
        let (code, signal) = reap(&exec.pidfd);
        exec.is_over = true;
        if exec.is_failed {
            return;
        }
        let exit = Exit { code, signal, finished_at: wall_clock::now(), ..Exit::default() };
        let told = ExecExit { container_id: container.id.clone(), exec_id: exec.id.clone(), exit };
        self.tell(EXEC_EXITED, &told);
    }

    /// The first process has ended.
    fn reap_init(&mut self, index: usize) {
        while self.containers[index].channel.as_ref().is_some_and(is_readable) {
            self.hear_init(index);
        }
        let container = &mut self.containers[index];
        // It may have moved meanwhile, and live on.
        let Some(pidfd) = container.pidfd.take_if(|pidfd| is_readable(pidfd)) else { return };
        let (code, signal) = reap(&pidfd);
        match container.stage {
            Stage::Preparing => {
                if container.failure.is_empty() {
                    container.failure = format!("the init process ended while it was prepared (exit code {code})");
                }
                container.stage = Stage::Created;
                self.release_cgroup(index);
                self.answer_created(index);
            }
            _ if !container.failure.is_empty() => self.finish(index, START_FAILURE_CODE, 0),
            _ => self.finish(index, code, signal),
        }
    }

    fn release_cgroup(&mut self, index: usize) {
        let container = &self.containers[index];
        if container.shares_pid_namespace {
            self.cgroups.kill_all(&container.cgroup);
        }
        let _ = self.cgroups.remove(&container.cgroup);
    }

    /// A container's life is over: streams, cgroup, record, then the news.
    pub fn finish(&mut self, index: usize, code: i32, signal: u32) {
        let finished_at = wall_clock::now();
        let cgroup = self.containers[index].cgroup.clone();
        if self.containers[index].shares_pid_namespace {
            self.cgroups.kill_all(&cgroup);
        }
        let oom_kills = self.cgroups.oom_kills(&cgroup);
        let container = &mut self.containers[index];
        container.streams.drain(&mut [0; READ_BYTES]);
        let exit = Exit {
            code,
            signal,
            finished_at,
            oom_kills,
            start_failure: container.failure.clone(),
            log_bytes_lost: container.streams.log.bytes_lost(),
        };
        container.exit = Some(exit.clone());
        container.stage = Stage::Exited;
        let told = ContainerExit { id: container.id.clone(), exit, started_at: container.started_at };
        // On a full state directory the record lives on in this process, which answers for it.
        let _ = exit_record::write(&self.state_dir, &told);
        let (failure, waiter) = (container.failure.clone(), container.waiter.take());
        self.tell(CONTAINER_EXITED, &told);
        if let Some(waiter) = waiter {
            self.refuse(waiter, CODE_INTERNAL, failure);
        }
        let _ = self.cgroups.remove(&cgroup);
    }
}

fn container_sources<'a>(index: usize, container: &'a Container, list: &mut Vec<(PollFd<'a>, Source)>) {
    let mut add = |descriptor: Option<&'a OwnedFd>, flags: PollFlags, source: Source| {
        if let Some(descriptor) = descriptor {
            list.push((PollFd::new(descriptor, flags), source));
        }
    };
    let streams = &container.streams;
    // A channel's last word must be heard before the process is reaped: it comes first.
    add(container.channel.as_ref(), PollFlags::IN, Source::Channel(index));
    for which in 0..2 {
        add(streams.readable(which), PollFlags::IN, Source::Output(index, which));
    }
    add(streams.writable_input(), PollFlags::OUT, Source::Input(index));
    for (number, attach) in streams.attaches.iter().enumerate() {
        if streams.takes_input() {
            add(attach.input.as_ref(), PollFlags::IN, Source::AttachInput(index, number));
        }
        for which in 0..2 {
            // Without a flag poll still tells when the reader is gone.
            let (target, is_stuck) = streams.sink(number, which).unzip();
            let flags = if is_stuck == Some(true) { PollFlags::OUT } else { PollFlags::empty() };
            add(target, flags, Source::AttachOutput(index, number, which));
        }
    }
    for (number, exec) in container.execs.iter().enumerate() {
        add(exec.channel.as_ref(), PollFlags::IN, Source::ExecChannel(index, number));
        add(Some(&exec.pidfd), PollFlags::IN, Source::ExecEnd(index, number));
    }
    add(container.pidfd.as_ref(), PollFlags::IN, Source::InitEnd(index));
}

fn give_terminal(container: &mut Container, master: OwnedFd) {
    let _ = super::child::set_nonblocking(&master);
    let input = if container.has_stdin { master.try_clone().ok() } else { None };
    container.streams.set_terminal(master, input);
}

/// Waits for a process that has ended; its exit code (128 + signal) and signal.
fn reap(pidfd: &OwnedFd) -> (i32, u32) {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let status = waitid(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::EXITED);
    let Ok(Some(status)) = status else { return (255, 0) };
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => (code, 0),
        (None, Some(signal)) => (128 + signal, signal as u32),
        (None, None) => (255, 0),
    }
}

/// Whether there is something to read, or the end.
fn is_readable(descriptor: &OwnedFd) -> bool {
    let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut [PollFd::new(descriptor, PollFlags::IN)], Some(&now)).is_ok_and(|ready| ready > 0)
}

/// Start time of a process in clock ticks since boot; 0 when it is gone.
pub fn start_ticks(pid: i32) -> u64 {
    crate::process_identity::start_ticks(pid).unwrap_or(0)
}

/// Ends the pause process.
pub fn end_pause(shim: &mut Shim) {
    if let Some((_, pidfd)) = shim.pause.take() {
        let _ = rustix::process::pidfd_send_signal(&pidfd, rustix::process::Signal::KILL);
        let _ = reap(&pidfd);
        let _ = shim.cgroups.remove(&shim.spec.pause_cgroup);
    }
}
