//! System calls that rustix does not wrap safely. The only unsafe code of this crate.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// `clone` flag: a mount namespace.
pub const NEW_MOUNT: u64 = libc::CLONE_NEWNS as u64;
/// `clone` flag: a PID namespace.
pub const NEW_PID: u64 = libc::CLONE_NEWPID as u64;
/// `clone` flag: a cgroup namespace.
pub const NEW_CGROUP: u64 = libc::CLONE_NEWCGROUP as u64;
/// `clone` flag: a user namespace.
pub const NEW_USER: u64 = libc::CLONE_NEWUSER as u64;
/// `clone` flag: a network namespace.
pub const NEW_NETWORK: u64 = libc::CLONE_NEWNET as u64;
/// `clone` flag: an IPC namespace.
pub const NEW_IPC: u64 = libc::CLONE_NEWIPC as u64;
/// `clone` flag: a UTS namespace.
pub const NEW_UTS: u64 = libc::CLONE_NEWUTS as u64;
/// `clone` flag: child of the caller's parent.
pub const SIBLING: u64 = libc::CLONE_PARENT as u64;

const INTO_CGROUP: u64 = 0x2_0000_0000;

/// Which side of a [`clone_process`] this is.
pub enum Cloned {
    /// The new process.
    Child,
    /// The old one.
    Parent {
        /// Id of the new process in the caller's PID namespace.
        pid: i32,
        /// Handle of the new process.
        pidfd: OwnedFd,
    },
}

/// Makes a copy of this process, as fork does, in new namespaces of `flags`; with `cgroup` it starts there (v2).
///
/// Only for processes with one thread: nothing is done for locks that another thread may hold.
pub fn clone_process(flags: u64, cgroup: Option<BorrowedFd<'_>>) -> io::Result<Cloned> {
    let mut pidfd: RawFd = -1;
    // SAFETY: all-zero is a valid clone_args (every field an integer).
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    args.flags = flags | libc::CLONE_PIDFD as u64;
    args.pidfd = (&raw mut pidfd) as u64;
    if flags & SIBLING == 0 {
        args.exit_signal = libc::SIGCHLD as u64;
    }
    if let Some(cgroup) = cgroup {
        args.flags |= INTO_CGROUP;
        args.cgroup = cgroup.as_raw_fd() as u64;
    }
    // SAFETY: without CLONE_VM and with no new stack this is fork; `args` and `pidfd` outlive the call.
    let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of::<libc::clone_args>()) };
    match pid {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Cloned::Child),
        pid => {
            // SAFETY: the kernel stored a new descriptor that nobody else owns.
            let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
            Ok(Cloned::Parent { pid: pid as i32, pidfd })
        }
    }
}

/// Moves this single-threaded process into new namespaces of `flags`.
pub fn unshare(flags: u64) -> io::Result<()> {
    // SAFETY: no memory is involved; the callers have one thread, or a thread of their own for this.
    check(unsafe { libc::unshare(flags as libc::c_int) })
}

/// Moves this thread into the namespaces of `flags` that `target` (a namespace file or a pidfd) has.
pub fn set_namespaces(target: BorrowedFd<'_>, flags: u64) -> io::Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::setns(target.as_raw_fd(), flags as libc::c_int) })
}

/// Ends this process at once: no destructors, no buffers.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: always allowed.
    unsafe { libc::_exit(code) }
}

/// Replaces this process by `path`; returns only on failure.
pub fn exec(path: &CString, args: &[CString], env: &[CString]) -> io::Error {
    let pointers = |list: &[CString]| -> Vec<*const libc::c_char> {
        list.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect()
    };
    let (args, env) = (pointers(args), pointers(env));
    // SAFETY: both lists end in null and point to strings that live until the call ends.
    unsafe { libc::execve(path.as_ptr(), args.as_ptr(), env.as_ptr()) };
    io::Error::last_os_error()
}

/// Lets tokio wait for a descriptor that does not block.
pub fn watch_descriptor(descriptor: OwnedFd) -> io::Result<tokio::io::unix::AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` always returns the same descriptor and keeps it open while it lives.
    unsafe { tokio::io::unix::AsyncFd::register(descriptor) }.map_err(io::Error::from)
}

/// Closes every descriptor from `first` on.
pub fn close_from(first: RawFd) -> io::Result<()> {
    // SAFETY: callers own all descriptors of this process and end by exec or exit.
    check(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) as libc::c_int })
}

/// Makes `target` the same file as `source`, open across exec.
pub fn duplicate_onto(source: RawFd, target: RawFd) -> io::Result<()> {
    // SAFETY: descriptor numbers only; callers arrange the table of a process that is about to exec.
    check(unsafe { libc::dup2(source, target) })
}

/// A copy of `source` with a number of at least `lowest`, closed on exec.
pub fn duplicate_above(source: RawFd, lowest: RawFd) -> io::Result<RawFd> {
    // SAFETY: descriptor numbers only.
    let copy = unsafe { libc::fcntl(source, libc::F_DUPFD_CLOEXEC, lowest) };
    check(copy).map(|()| copy)
}

/// Takes over an inherited descriptor.
pub fn adopt_descriptor(number: RawFd) -> OwnedFd {
    // SAFETY: used once per number on descriptors that the parent arranged for this process.
    unsafe { OwnedFd::from_raw_fd(number) }
}

/// An inherited descriptor that stays open until this process execs or exits.
pub fn borrow_inherited(number: RawFd) -> BorrowedFd<'static> {
    // SAFETY: callers arranged the descriptor in a process that never closes it.
    unsafe { BorrowedFd::borrow_raw(number) }
}

/// Sets every signal back to its default action and blocks none, as a new program expects.
pub fn reset_signals() {
    // SAFETY: all-zero is a valid sigaction (default action, empty mask); SIGKILL and SIGSTOP fail harmlessly.
    unsafe {
        let action: libc::sigaction = std::mem::zeroed();
        // Ignored signals stay ignored across exec, handlers do not; nobody touches real-time signals here.
        for signal in 1..libc::SIGSYS + 1 {
            libc::sigaction(signal, &action, std::ptr::null_mut());
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &none, std::ptr::null_mut());
    }
}

/// Ignores the signals that a terminal or a service supervisor sends.
pub fn ignore_hangup_and_stop_signals() {
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGTERM, libc::SIGPIPE, libc::SIGQUIT] {
        // SAFETY: no handler is installed.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// A real-time signal, which rustix has no names for.
pub fn real_time_signal(number: i32) -> rustix::process::Signal {
    // SAFETY: numbers 34 to 64 are valid signals that the C library does not keep for itself (it keeps 32 and 33).
    unsafe { rustix::process::Signal::from_raw_unchecked(number) }
}

/// Blocks `signals` and returns a descriptor that tells of them.
pub fn signal_descriptor(signals: &[i32]) -> io::Result<OwnedFd> {
    // SAFETY: the set is initialised before use and outlives the calls; the new descriptor has no other owner.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        for signal in signals {
            libc::sigaddset(&mut set, *signal);
        }
        libc::sigprocmask(libc::SIG_BLOCK, &set, std::ptr::null_mut());
        let number = libc::signalfd(-1, &set, libc::SFD_CLOEXEC);
        check(number)?;
        Ok(OwnedFd::from_raw_fd(number))
    }
}

/// `mount_setattr`: changes of a mount.
#[derive(Clone, Copy, Debug, Default)]
pub struct MountChange<'a> {
    /// `MOUNT_ATTR_` flags to set.
    pub set: u64,
    /// Flags to clear.
    pub clear: u64,
    /// `MS_PRIVATE`, `MS_SLAVE`, `MS_SHARED`, or 0.
    pub propagation: u64,
    /// Map ids by this user namespace.
    pub user_namespace: Option<BorrowedFd<'a>>,
    /// The mounts below it too.
    pub is_recursive: bool,
}

/// Read-only, for [`MountChange`].
pub const ATTR_READ_ONLY: u64 = libc::MOUNT_ATTR_RDONLY;

/// Changes the mount at `path` below `directory` (an empty path means the descriptor itself).
pub fn change_mount(directory: BorrowedFd<'_>, path: &str, change: MountChange<'_>) -> io::Result<()> {
    #[repr(C)]
    struct MountAttributes {
        set: u64,
        clear: u64,
        propagation: u64,
        user_namespace: u64,
    }
    const IDMAP: u64 = 0x0010_0000;
    let mut attributes =
        MountAttributes { set: change.set, clear: change.clear, propagation: change.propagation, user_namespace: 0 };
    if let Some(namespace) = change.user_namespace {
        attributes.set |= IDMAP;
        attributes.user_namespace = namespace.as_raw_fd() as u64;
    }
    let path = text(path)?;
    let mut flags = libc::AT_EMPTY_PATH;
    if change.is_recursive {
        flags |= libc::AT_RECURSIVE;
    }
    // SAFETY: path and attributes outlive the call; the size is that of the struct as the kernel declares it.
    check(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            directory.as_raw_fd(),
            path.as_ptr(),
            flags,
            &raw const attributes,
            size_of::<MountAttributes>(),
        ) as libc::c_int
    })
}

/// Installs a seccomp filter of `sock_filter` records on this thread.
pub fn install_seccomp_filter(records: &[u8], flags: u32) -> io::Result<()> {
    let filter: Vec<libc::sock_filter> = records
        .chunks_exact(8)
        .map(|record| libc::sock_filter {
            code: u16::from_ne_bytes([record[0], record[1]]),
            jt: record[2],
            jf: record[3],
            k: u32::from_ne_bytes([record[4], record[5], record[6], record[7]]),
        })
        .collect();
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
    // SAFETY: the program outlives the call, which only reads it.
    check(unsafe {
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program) as libc::c_int
    })
}

/// Joins a new, empty session keyring, so that none of the host's keys are reachable.
pub fn join_new_session_keyring() -> io::Result<()> {
    const KEYCTL_JOIN_SESSION_KEYRING: libc::c_long = 1;
    // SAFETY: a null name asks for an anonymous keyring.
    check(unsafe {
        libc::syscall(libc::SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, std::ptr::null::<libc::c_char>()) as libc::c_int
    })
}

/// Takes `capability` out of the bounding set.
pub fn drop_from_bounding_set(capability: u32) -> io::Result<()> {
    // SAFETY: no memory is involved.
    check(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, libc::c_ulong::from(capability), 0, 0, 0) })
}

/// Adds `capability` to the ambient set.
pub fn raise_ambient(capability: u32) -> io::Result<()> {
    let (raise, capability) = (libc::PR_CAP_AMBIENT_RAISE as libc::c_ulong, libc::c_ulong::from(capability));
    // SAFETY: no memory is involved.
    check(unsafe { libc::prctl(libc::PR_CAP_AMBIENT, raise, capability, 0, 0) })
}

/// Sets the soft and hard limit of `resource`.
pub fn set_limit(resource: u32, soft: u64, hard: u64) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: soft, rlim_max: hard };
    // SAFETY: the struct outlives the call.
    check(unsafe { libc::setrlimit(resource as libc::__rlimit_resource_t, &limit) })
}

/// Brings up `lo` of this network namespace.
pub fn bring_up_loopback() -> io::Result<()> {
    // SAFETY: the socket is owned here; `request` is a valid ifreq (all integers) with a terminated name.
    unsafe {
        let number = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        check(number)?;
        let socket = OwnedFd::from_raw_fd(number);
        let mut request: libc::ifreq = std::mem::zeroed();
        request.ifr_name[0] = b'l' as libc::c_char;
        request.ifr_name[1] = b'o' as libc::c_char;
        check(libc::ioctl(socket.as_raw_fd(), libc::SIOCGIFFLAGS, &mut request))?;
        request.ifr_ifru.ifru_flags |= libc::IFF_UP as libc::c_short;
        check(libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &request))
    }
}

/// Loads a program that judges device access and attaches it to a v2 cgroup.
pub fn attach_device_program(cgroup: BorrowedFd<'_>, program: &[u64]) -> io::Result<()> {
    const PROG_LOAD: libc::c_long = 5;
    const PROG_ATTACH: libc::c_long = 8;
    const TYPE_CGROUP_DEVICE: u32 = 15;
    const ATTACH_CGROUP_DEVICE: u32 = 6;
    #[repr(C)]
    struct Load {
        program_type: u32,
        instructions: u32,
        code: u64,
        license: u64,
        log: [u32; 6],
        rest: [u64; 4],
    }
    #[repr(C)]
    struct Attach {
        target: u32,
        program: u32,
        kind: u32,
        flags: u32,
    }
    let load = Load {
        program_type: TYPE_CGROUP_DEVICE,
        instructions: program.len() as u32,
        code: program.as_ptr() as u64,
        license: c"Apache".as_ptr() as u64,
        log: [0; 6],
        rest: [0; 4],
    };
    // SAFETY: the structs are laid out as bpf(2) documents and outlive the calls; the descriptor is new.
    unsafe {
        let number = libc::syscall(libc::SYS_bpf, PROG_LOAD, &raw const load, size_of::<Load>()) as libc::c_int;
        check(number)?;
        let program = OwnedFd::from_raw_fd(number);
        let attach = Attach {
            target: cgroup.as_raw_fd() as u32,
            program: program.as_raw_fd() as u32,
            kind: ATTACH_CGROUP_DEVICE,
            flags: 0,
        };
        check(libc::syscall(libc::SYS_bpf, PROG_ATTACH, &raw const attach, size_of::<Attach>()) as libc::c_int)
    }
}

fn text(value: &str) -> io::Result<CString> {
    CString::new(value).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))
}

fn check(result: libc::c_int) -> io::Result<()> {
    match result {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
