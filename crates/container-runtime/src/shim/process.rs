//! The last steps before a program runs: limits, credentials, seccomp, exec. In the container's root.

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::fs::{Access, AtFlags, CWD, Gid, Mode, Uid};
use rustix::process::Signal;
use rustix::thread::{CapabilitySet, CapabilitySets};

use super::root_fs::{Outcome, because};
use super::users::Account;
use crate::contract::ProcessSpec;
use crate::sys;
use crate::wire::Blob;

/// Highest capability number that any kernel has.
const CAPABILITIES_MAX: u32 = 64;
/// Where programs are looked for when the environment does not say.
const PATH_DEFAULT: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Sets `oom_score_adj`, as far as this machine lets it be lowered.
pub fn set_oom_score_adj(wanted: Option<i64>) -> Outcome<()> {
    let Some(wanted) = wanted else { return Ok(()) };
    match fs::write("/proc/self/oom_score_adj", wanted.to_string()) {
        Err(error) if is_denied(&error) => Ok(()),
        outcome => because(outcome, || "set oom_score_adj".into()),
    }
}

fn is_denied(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EPERM | libc::EACCES))
}

/// Goes to the working directory, which is made when it is not there.
pub fn enter_working_directory(cwd: &str) -> Outcome<()> {
    let cwd = if cwd.is_empty() { "/" } else { cwd };
    let entered = std::env::set_current_dir(cwd).or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => fs::create_dir_all(cwd).and_then(|()| std::env::set_current_dir(cwd)),
        _ => Err(error),
    });
    because(entered, || format!("chdir to cwd ({cwd:?}) set in config.json failed"))
}

/// Gives the standard streams to the user, who may open them again by /dev/stdout.
pub fn give_streams(uid: u32, gid: Option<u32>) {
    let (user, group) = (Uid::from_raw(uid), gid.map(Gid::from_raw));
    for number in 0..3 {
        let stream = match number {
            0 => rustix::stdio::stdin(),
            1 => rustix::stdio::stdout(),
            _ => rustix::stdio::stderr(),
        };
        let is_device = |stream: BorrowedFd<'_>| {
            rustix::fs::fstat(stream).is_ok_and(|status| status.st_rdev == rustix::fs::makedev(1, 3))
        };
        if !is_device(stream) {
            let _ = rustix::fs::fchown(stream, Some(user), group);
        }
    }
}

/// Becomes the user with exactly the capabilities of `spec`, behind its seccomp filter, and runs the program.
/// Returns only when that fails.
pub fn run(spec: &ProcessSpec, account: &Account) -> String {
    match become_user(spec, account).and_then(|()| find_and_exec(spec, account)) {
        Ok(never) => match never {},
        Err(text) => text,
    }
}

fn become_user(spec: &ProcessSpec, account: &Account) -> Outcome<()> {
    for limit in &spec.rlimits {
        match sys::set_limit(limit.resource, limit.soft, limit.hard) {
            Err(error) if is_denied(&error) => {}
            outcome => because(outcome, || format!("set resource limit {}", limit.resource))?,
        }
    }
    let _ = sys::join_new_session_keyring();
    rustix::process::umask(Mode::from_raw_mode(0o022));
    if spec.has_no_new_privs {
        because(rustix::thread::set_no_new_privs(true), || "set no_new_privs".into())?;
    } else {
        // Needs a capability that is about to go.
        install_seccomp(spec)?;
    }
    for capability in (0..CAPABILITIES_MAX).filter(|number| spec.capabilities & 1 << number == 0) {
        // The kernel knows fewer than 64: EINVAL is the end of its list.
        if let Err(error) = sys::drop_from_bounding_set(capability)
            && error.raw_os_error() != Some(libc::EINVAL)
        {
            return because(Err(error), || "drop capabilities".into());
        }
    }
    set_credentials(spec, account)?;
    // A change of user clears it.
    because(rustix::process::set_parent_process_death_signal(Some(Signal::KILL)), || {
        "set the parent-death signal".into()
    })?;
    if spec.has_no_new_privs {
        install_seccomp(spec)?;
    }
    Ok(())
}

fn install_seccomp(spec: &ProcessSpec) -> Outcome<()> {
    match spec.seccomp_filter.0.is_empty() {
        true => Ok(()),
        false => because(sys::install_seccomp_filter(&spec.seccomp_filter.0, spec.seccomp_flags), || {
            "install the seccomp filter".into()
        }),
    }
}

fn set_credentials(spec: &ProcessSpec, account: &Account) -> Outcome<()> {
    let user = &account.user;
    let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
    let groups: Vec<Gid> = user.groups.iter().map(|gid| Gid::from_raw(*gid)).collect();
    because(rustix::thread::set_keep_capabilities(true), || "keep capabilities".into())?;
    because(rustix::thread::set_thread_groups(&groups), || "set groups".into())?;
    because(rustix::thread::set_thread_res_gid(gid, gid, gid), || format!("set group {}", user.gid))?;
    because(rustix::thread::set_thread_res_uid(uid, uid, uid), || format!("set user {}", user.uid))?;
    let all = CapabilitySet::from_bits_retain(spec.capabilities);
    let inheritable = CapabilitySet::from_bits_retain(spec.ambient_capabilities & spec.capabilities);
    let sets = CapabilitySets { effective: all, permitted: all, inheritable };
    because(rustix::thread::set_capabilities(None, sets), || "set capabilities".into())?;
    for capability in (0..CAPABILITIES_MAX).filter(|number| inheritable.bits() & 1 << number != 0) {
        because(sys::raise_ambient(capability), || format!("raise ambient capability {capability}"))?;
    }
    because(rustix::thread::set_keep_capabilities(false), || "keep capabilities".into())
}

enum Never {}

fn find_and_exec(spec: &ProcessSpec, account: &Account) -> Outcome<Never> {
    let program = spec.args.first().ok_or("no command specified")?;
    let path = find_program(program, &spec.env)?;
    let text = |value: &[u8]| {
        CString::new(value).map_err(|_| format!("{:?} holds a NUL byte", String::from_utf8_lossy(value)))
    };
    let args: Vec<CString> = spec.args.iter().map(|arg| text(arg.as_bytes())).collect::<Result<_, _>>()?;
    let mut env: Vec<CString> = spec.env.iter().map(|variable| text(&variable.0)).collect::<Result<_, _>>()?;
    if !spec.env.iter().any(|variable| variable.0.starts_with(b"HOME=")) {
        env.push(text(format!("HOME={}", account.home).as_bytes())?);
    }
    sys::reset_signals();
    let error = sys::exec(&text(path.as_bytes())?, &args, &env);
    Err(format!("exec {path}: {}", go_text(&error)))
}

/// Finds a program as Go's `exec.LookPath` does, with its messages, which people search for.
fn find_program(program: &str, env: &[Blob]) -> Outcome<String> {
    if program.contains('/') {
        return match judge(program) {
            Ok(()) => Ok(program.to_owned()),
            Err(text) => Err(format!("exec: {program:?}: {text}")),
        };
    }
    let path = env.iter().rev().find_map(|variable| variable.0.strip_prefix(b"PATH="));
    let path = path.and_then(|path| std::str::from_utf8(path).ok()).unwrap_or(PATH_DEFAULT);
    let mut denied = None;
    for directory in path.split(':') {
        let directory = if directory.is_empty() { "." } else { directory };
        let candidate = format!("{directory}/{program}");
        match judge(&candidate) {
            Ok(()) => return Ok(candidate),
            Err(text) if text == "permission denied" => denied = Some(text),
            Err(_) => {}
        }
    }
    match denied {
        Some(text) => Err(format!("exec: {program:?}: {text}")),
        None => Err(format!("exec: {program:?}: executable file not found in $PATH")),
    }
}

fn judge(path: &str) -> Result<(), String> {
    let metadata = fs::metadata(Path::new(path)).map_err(|error| format!("stat {path}: {}", go_text(&error)))?;
    if metadata.is_dir() {
        return Err("is a directory".into());
    }
    let is_executable = metadata.permissions().mode() & 0o111 != 0
        && rustix::fs::accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS).is_ok();
    if is_executable { Ok(()) } else { Err("permission denied".into()) }
}

/// Go's text of an error number: that of the C library in lower case, without the number.
fn go_text(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::ENOENT) => "no such file or directory".into(),
        Some(libc::EACCES) => "permission denied".into(),
        Some(libc::ENOEXEC) => "exec format error".into(),
        Some(libc::ENOTDIR) => "not a directory".into(),
        Some(libc::EPERM) => "operation not permitted".into(),
        Some(libc::E2BIG) => "argument list too long".into(),
        _ => error.to_string(),
    }
}
