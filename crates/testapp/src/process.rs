//! Exit codes, signals, environment, memory, processor, privileges.
#![allow(unsafe_code)]

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::{Outcome, number, required};

/// Set by SIGTERM once [`watch_termination`] was called.
static IS_TERMINATED: AtomicBool = AtomicBool::new(false);

extern "C" fn on_termination(_: libc::c_int) {
    IS_TERMINATED.store(true, Ordering::SeqCst);
}

/// Makes SIGTERM set a flag instead of ending the process; system calls are interrupted.
pub fn watch_termination() {
    // SAFETY: the action is fully initialised and its handler only stores to an atomic.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_termination as *const () as usize;
        libc::sigemptyset(&mut action.sa_mask);
        libc::sigaction(libc::SIGTERM, &action, std::ptr::null_mut());
    }
}

/// Whether SIGTERM came.
pub fn is_terminated() -> bool {
    IS_TERMINATED.load(Ordering::SeqCst)
}

/// Sleeps until SIGTERM, at most `limit`.
fn sleep_until_termination(limit: Duration) {
    let end = Instant::now() + limit;
    while !is_terminated() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        let left = libc::timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
        // SAFETY: `left` is a live timespec; a signal ends the sleep early, which is wanted.
        unsafe { libc::nanosleep(&left, std::ptr::null_mut()) };
    }
}

/// Prints words.
pub fn echo(words: &[String]) -> Outcome {
    println!("{}", words.join(" "));
    Ok(0)
}

/// Prints the environment sorted, or the values of names.
pub fn env(names: &[String]) -> Outcome {
    if names.is_empty() {
        let mut all: Vec<_> = std::env::vars_os().collect();
        all.sort();
        all.iter().for_each(|(key, value)| println!("{}={}", key.to_string_lossy(), value.to_string_lossy()));
    }
    for name in names {
        println!("{}", std::env::var_os(name).unwrap_or_default().to_string_lossy());
    }
    Ok(0)
}

/// Prints a text, also to the termination log when there is one, and exits.
pub fn exit(arguments: &[String]) -> Outcome {
    let code = number(arguments, 0, 0)?;
    if let Some(text) = arguments.get(1) {
        println!("{text}");
        let _ = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/termination-log")
            .map(|mut log| log.write_all(text.as_bytes()));
    }
    Ok(code)
}

/// Ends by a signal.
pub fn crash(arguments: &[String]) -> Outcome {
    let signal: i32 = number(arguments, 0, libc::SIGKILL)?;
    // SAFETY: plain system calls; the default action ends the process.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
    Err("still alive".into())
}

/// Sleeps; SIGTERM ends it with 143, as a shell reports it.
pub fn sleep(arguments: &[String]) -> Outcome {
    let seconds = number(arguments, 0, 1_000_000.0)?;
    watch_termination();
    sleep_until_termination(Duration::from_secs_f64(seconds));
    Ok(if is_terminated() { 143 } else { 0 })
}

/// On SIGTERM waits, then exits with a code.
pub fn trap(arguments: &[String]) -> Outcome {
    let (code, seconds) = (number(arguments, 0, 0)?, number(arguments, 1, 0.0)?);
    watch_termination();
    println!("ready");
    sleep_until_termination(Duration::from_secs(1_000_000));
    println!("terminating");
    std::thread::sleep(Duration::from_secs_f64(seconds));
    println!("bye");
    Ok(code)
}

/// Keeps one core busy.
pub fn cpu(arguments: &[String]) -> Outcome {
    let end = Instant::now() + Duration::from_secs_f64(number(arguments, 0, 1.0)?);
    let mut turns = 0_u64;
    while Instant::now() < end {
        turns = std::hint::black_box(turns + 1);
    }
    println!("{turns}");
    Ok(0)
}

/// Touches memory, says so, then sleeps.
pub fn memory(arguments: &[String]) -> Outcome {
    let mebibytes: usize = number(arguments, 0, 16)?;
    let mut held = Vec::new();
    for _ in 0..mebibytes {
        held.push(vec![1_u8; 1 << 20]);
    }
    println!("touched {} MiB", std::hint::black_box(&held).len());
    watch_termination();
    sleep_until_termination(Duration::from_secs_f64(number(arguments, 1, 0.0)?));
    Ok(0)
}

/// Prints numbered lines, alternating between the two outputs when a pause is given.
pub fn lines(arguments: &[String]) -> Outcome {
    let (count, pause): (u64, u64) = (number(arguments, 0, 10)?, number(arguments, 1, 0)?);
    for line in 0..count {
        println!("line {line}");
        std::thread::sleep(Duration::from_millis(pause));
    }
    Ok(0)
}

/// The host name from the kernel.
pub fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned()
}

/// Prints the host name.
pub fn hostname(_: &[String]) -> Outcome {
    println!("{}", host_name());
    Ok(0)
}

/// Prints what the kernel says of the own privileges.
pub fn id(_: &[String]) -> Outcome {
    let status = std::fs::read_to_string("/proc/self/status").map_err(|error| error.to_string())?;
    let wanted = ["Uid:", "Gid:", "Groups:", "CapEff:", "CapBnd:", "NoNewPrivs:", "Seccomp:"];
    status.lines().filter(|line| wanted.iter().any(|key| line.starts_with(key))).for_each(|line| println!("{line}"));
    Ok(0)
}

/// Tries a system call that a profile or missing capability refuses; prints `ok` or the error.
pub fn system_call(arguments: &[String]) -> Outcome {
    // SAFETY: each call has valid (null or literal) arguments; failures are what is looked for.
    let outcome = unsafe {
        match required(arguments, 0, "CALL")? {
            "unshare" => i64::from(libc::unshare(libc::CLONE_NEWNS)),
            "keyctl" => libc::syscall(libc::SYS_keyctl, 0, 0, 0, 0, 0),
            "mount" => {
                i64::from(libc::mount(c"none".as_ptr(), c"/tmp".as_ptr(), c"tmpfs".as_ptr(), 0, std::ptr::null()))
            }
            "chown" => i64::from(libc::chown(c"/".as_ptr(), 1, 1)),
            other => return Err(format!("{other:?} is not known")),
        }
    };
    match outcome {
        -1 => println!("{}", std::io::Error::last_os_error()),
        _ => println!("ok"),
    }
    Ok(0)
}
