//! From the command line to the running shim.

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{Mode, OFlags, open};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with};

use super::event_loop::{Shim, start_ticks};
use super::namespaces::Namespaces;
use super::pause;
use super::root_fs::{Outcome, because};
use crate::cgroup::{self, CgroupDriver, DeviceRules};
use crate::contract::{CODE_INTERNAL, FAILED, Failure, OK, Resources, SOCKET_NAME, SandboxSpec, VERSION, Welcome};
use crate::sys::{self, Cloned};
use crate::wire::{self, Message};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 16;

/// Reads the sandbox from standard input, goes into the background, answers, and runs.
pub fn run() -> ! {
    let spec = match read_spec() {
        Ok(spec) => spec,
        Err(text) => {
            answer_failure(text);
            sys::exit_now(1);
        }
    };
    // The parent ends at once, so that the shim is a child of init and nobody's to reap.
    match sys::clone_process(0, None) {
        Ok(Cloned::Parent { .. }) => sys::exit_now(0),
        Ok(Cloned::Child) => {}
        Err(error) => {
            answer_failure(format!("go into the background: {error}"));
            sys::exit_now(1);
        }
    }
    match set_up(spec) {
        Ok(mut shim) => {
            shim.run();
            sys::exit_now(0)
        }
        Err(text) => {
            answer_failure(text);
            sys::exit_now(1)
        }
    }
}

fn read_spec() -> Outcome<SandboxSpec> {
    let mut bytes = Vec::new();
    because(io::stdin().lock().take(wire::FRAME_BYTES_MAX as u64).read_to_end(&mut bytes), || {
        "read the sandbox".into()
    })?;
    match wire::Header::parse(&bytes) {
        Ok(Some(_)) => because(wire::decode(&bytes[wire::HEADER_BYTES..]), || "read the sandbox".into()),
        _ => Err("read the sandbox: malformed frame".into()),
    }
}

fn set_up(spec: SandboxSpec) -> Outcome<Shim> {
    let _ = rustix::process::setsid();
    let _ = rustix::thread::set_name(c"corten-shim");
    sys::ignore_hangup_and_stop_signals();
    rustix::process::umask(Mode::from_raw_mode(0o022));
    // Not allowed on every machine, and only a wish.
    let _ = fs::write("/proc/self/oom_score_adj", spec.oom_score_adj.to_string());
    let cgroups = cgroup::driver(&spec.cgroups);
    join_cgroups(&spec, &*cgroups)?;
    let listener = because(listen_in(Path::new(&spec.state_dir)), || "listen on the control socket".into())?;
    because(std::env::set_current_dir("/"), || "leave the directory".into())?;
    let namespaces = Namespaces::enter(&spec)?;
    let pause = match spec.is_pid_shared {
        true => Some(because(pause::start(&spec, &namespaces, &*cgroups), || "start the pause process".into())?),
        false => None,
    };
    let pid = std::process::id();
    let welcome = Welcome { version: VERSION, sandbox_id: spec.id.clone(), pid, start_ticks: start_ticks(pid as i32) };
    detach_standard_streams(&spec, &welcome)?;
    Ok(Shim::new(spec, cgroups, namespaces, pause, listener))
}

fn join_cgroups(spec: &SandboxSpec, cgroups: &dyn CgroupDriver) -> Outcome<()> {
    if !spec.pause_cgroup.is_empty() {
        make_cgroup(cgroups, &spec.pause_cgroup)?;
    }
    // All shims share one leaf, which is nearly always there.
    if spec.shim_cgroup.is_empty() || cgroups.join(&spec.shim_cgroup).is_ok() {
        return Ok(());
    }
    make_cgroup(cgroups, &spec.shim_cgroup)?;
    because(cgroups.join(&spec.shim_cgroup), || "join the shim's cgroup".into())
}

fn make_cgroup(cgroups: &dyn CgroupDriver, path: &str) -> Outcome<()> {
    let made = cgroups.create(path, &Resources::default(), &DeviceRules::All);
    because(made, || format!("make cgroup {path}"))
}

/// Binds by a relative name: the whole path may be longer than a socket address holds.
fn listen_in(state_dir: &Path) -> io::Result<OwnedFd> {
    std::env::set_current_dir(state_dir)?;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let listener = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    match fs::remove_file(SOCKET_NAME) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let old_mask = rustix::process::umask(Mode::from_raw_mode(0o077));
    bind(&listener, &SocketAddrUnix::new(SOCKET_NAME)?)?;
    rustix::process::umask(old_mask);
    listen(&listener, BACKLOG)?;
    Ok(listener)
}

/// Says that all is well, then lets go of the daemon's pipes. What a broken shim says goes to a file.
fn detach_standard_streams(spec: &SandboxSpec, welcome: &Welcome) -> Outcome<()> {
    let log = Path::new(&spec.state_dir).join("shim.log");
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND | OFlags::CLOEXEC;
    let log = because(open(&log, flags, Mode::from_raw_mode(0o600)), || "open the shim's log".into())?;
    let null = because(open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()), || "open /dev/null".into())?;
    answer(OK, welcome);
    let detached = rustix::stdio::dup2_stdin(&null)
        .and_then(|()| rustix::stdio::dup2_stdout(&null))
        .and_then(|()| rustix::stdio::dup2_stderr(&log));
    because(detached, || "detach".into())
}

fn answer_failure(message: String) {
    answer(FAILED, &Failure { code: CODE_INTERNAL, message });
}

fn answer(kind: u16, message: &dyn Message) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(&wire::frame(kind, 0, 0, message)).and_then(|()| stdout.flush());
}
