//! What runs inside the test containers: `/program VERB ARGUMENTS...`

use std::fs;
use std::io::{Read, Write};
use std::process::ExitCode;

/// Runs one verb; `;` as an argument separates several.
pub fn run(arguments: &[String]) -> ExitCode {
    let mut code = 0;
    for command in arguments.split(|argument| argument == ";") {
        code = run_one(command);
    }
    let _ = std::io::stdout().flush();
    ExitCode::from(code)
}

fn run_one(command: &[String]) -> u8 {
    let argument = |index: usize| command.get(index).map(String::as_str).unwrap_or_default();
    match argument(0) {
        "exit" => std::process::exit(argument(1).parse().unwrap_or(1)),
        "say" => println!("{}", command[1..].join(" ")),
        "warn" => eprintln!("{}", command[1..].join(" ")),
        "part" => print!("{}", argument(1)),
        "fill" => print!("{}", "x".repeat(argument(1).parse().unwrap_or(1))),
        "sleep" => std::thread::sleep(std::time::Duration::from_secs_f64(argument(1).parse().unwrap_or(1e6))),
        "tick" => tick(),
        "trap" => trap(),
        "eat" => eat(argument(1).parse().unwrap_or(1)),
        "status" => status(argument(1)),
        "env" => println!("{}", std::env::var(argument(1)).unwrap_or_else(|_| "-".into())),
        "read" => show(fs::read(argument(1))),
        "write" => println!("{}", outcome(fs::write(argument(1), argument(2)))),
        "list" => list(argument(1)),
        "link" => println!("{}", outcome(fs::read_link(argument(1)).map(|path| println!("{}", path.display())))),
        "mounts" => mounts(argument(1)),
        "copy-input" => copy_input(),
        "calls" => calls(),
        "mknod" => println!("{}", outcome(device(argument(1), argument(2)))),
        "terminal" => println!("{} {}", rustix::termios::isatty(std::io::stdout()), size()),
        "spawn" => drop(std::process::Command::new("/program").args(&command[1..]).spawn().map(|child| child.id())),
        "pid" => println!("{}", std::process::id()),
        "cwd" => println!("{}", std::env::current_dir().unwrap_or_default().display()),
        other => {
            eprintln!("unknown verb {other:?}");
            return 99;
        }
    }
    0
}

fn outcome<T>(result: std::io::Result<T>) -> String {
    match result {
        Ok(_) => "ok".into(),
        Err(error) => format!("errno {}", error.raw_os_error().unwrap_or(-1)),
    }
}

fn show(result: std::io::Result<Vec<u8>>) {
    match result {
        Ok(bytes) => println!("{}", String::from_utf8_lossy(&bytes).trim_end()),
        Err(_) => println!("{}", outcome(result)),
    }
}

fn list(path: &str) {
    let mut names: Vec<String> = fs::read_dir(path)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    println!("{}", names.join(" "));
}

fn status(key: &str) {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    println!("{}", value.unwrap_or("-").split_whitespace().collect::<Vec<_>>().join(" "));
}

/// Kinds and options of the mounts below a path.
fn mounts(below: &str) {
    for line in fs::read_to_string("/proc/self/mountinfo").unwrap_or_default().lines() {
        let Some((mount, kind)) = line.split_once(" - ") else { continue };
        let fields: Vec<&str> = mount.split(' ').collect();
        if fields[4].starts_with(below) {
            println!("{} {} {}", fields[4], kind.split(' ').next().unwrap_or_default(), fields[5]);
        }
    }
}

fn tick() {
    for count in 0u64.. {
        println!("tick {count}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// Ends with 42 when asked to.
fn trap() {
    let signals = corten_container_runtime::sys::signal_descriptor(&[libc::SIGTERM]).expect("signals can be watched");
    println!("trapping");
    let _ = std::io::stdout().flush();
    let _ = rustix::io::read(&signals, &mut [0u8; 128]);
    println!("bye");
    std::process::exit(42);
}

fn eat(megabytes: usize) {
    let mut kept = Vec::new();
    for _ in 0..megabytes {
        kept.push(vec![1u8; 1 << 20]);
    }
    println!("ate {}", kept.len());
    std::mem::forget(kept);
}

fn copy_input() {
    let mut buffer = [0u8; 4096];
    while let Ok(read @ 1..) = std::io::stdin().read(&mut buffer) {
        let _ = std::io::stdout().write_all(&buffer[..read]).and_then(|()| std::io::stdout().flush());
    }
    println!("end of input");
}

/// Calls that the default profile refuses.
fn calls() {
    println!("unshare {}", outcome(corten_container_runtime::sys::unshare(corten_container_runtime::sys::NEW_UTS)));
    println!("keyctl {}", outcome(corten_container_runtime::sys::join_new_session_keyring()));
}

fn device(path: &str, numbers: &str) -> std::io::Result<()> {
    let (major, minor) = numbers.split_once(':').unwrap_or(("1", "3"));
    let number = rustix::fs::makedev(major.parse().unwrap_or(1), minor.parse().unwrap_or(3));
    let kind = rustix::fs::FileType::CharacterDevice;
    rustix::fs::mknodat(rustix::fs::CWD, path, kind, rustix::fs::Mode::from_raw_mode(0o666), number)?;
    fs::File::open(path).map(drop)
}

fn size() -> String {
    let size = rustix::termios::tcgetwinsize(std::io::stdout());
    size.map_or("-".into(), |size| format!("{}x{}", size.ws_col, size.ws_row))
}
