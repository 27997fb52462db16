//! The program inside test containers: one small static file without libc look-ups or a shell.
//!
//! `testapp COMMAND ARGS…`, or by link name (`/bin/cat`). Std only, so that it starts in a millisecond.

mod dns;
mod fetch;
mod files;
mod process;
mod serve;

/// What a command answers: its exit code, or a line for standard error and exit code 1.
type Outcome = Result<i32, String>;

/// One command.
struct Command {
    name: &'static str,
    usage: &'static str,
    run: fn(&[String]) -> Outcome,
}

static COMMANDS: &[Command] = &[
    Command { name: "cat", usage: "FILE…: print files", run: files::cat },
    Command {
        name: "connect",
        usage: "tcp|udp HOST:PORT [TEXT]: connect, send TEXT, print the answer",
        run: fetch::connect,
    },
    Command { name: "cpu", usage: "SECONDS: keep one core busy", run: process::cpu },
    Command { name: "crash", usage: "SIGNAL: end by a signal", run: process::crash },
    Command { name: "echo", usage: "WORDS…: print them", run: process::echo },
    Command { name: "env", usage: "[NAME…]: print the environment", run: process::env },
    Command { name: "exit", usage: "CODE [TEXT]: print TEXT and exit", run: process::exit },
    Command { name: "false", usage: "exit with 1", run: |_| Ok(1) },
    Command {
        name: "fetch",
        usage: "URL [COUNT]: GET on a new connection each; print each body's tally",
        run: fetch::fetch,
    },
    Command { name: "hostname", usage: "print the host name", run: process::hostname },
    Command { name: "id", usage: "print user, groups, capabilities, seccomp and no_new_privs", run: process::id },
    Command { name: "lines", usage: "COUNT [MILLISECONDS]: print numbered lines", run: process::lines },
    Command { name: "load", usage: "URL SECONDS: GET without pause; print answered and failed", run: fetch::load },
    Command {
        name: "lookup",
        usage: "NAME [A|AAAA|SRV|PTR|CNAME] [SERVER]: ask DNS with the search list",
        run: dns::lookup,
    },
    Command { name: "ls", usage: "DIRECTORY…: list names", run: files::ls },
    Command { name: "memory", usage: "MEBIBYTES [SECONDS]: touch that much memory", run: process::memory },
    Command { name: "serve", usage: "[PORT…]: HTTP (see serve.rs), drains on SIGTERM", run: serve::serve },
    Command { name: "sleep", usage: "SECONDS: sleep; ends at once on SIGTERM with 143", run: process::sleep },
    Command { name: "stat", usage: "FILE…: print mode, owner, size", run: files::stat },
    Command { name: "stdin", usage: "print standard input until it ends", run: files::stdin },
    Command {
        name: "sysfail",
        usage: "unshare|keyctl|mount|chown: try a system call, print its errno",
        run: process::system_call,
    },
    Command { name: "trap", usage: "CODE SECONDS: on SIGTERM wait SECONDS, then exit with CODE", run: process::trap },
    Command { name: "true", usage: "exit with 0", run: |_| Ok(0) },
    Command { name: "udp-serve", usage: "PORT: answer each datagram with the host name", run: serve::udp_serve },
    Command { name: "write", usage: "FILE TEXT: write a file", run: files::write },
];

fn main() {
    let mut arguments: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let called = arguments.first().map(|path| path.rsplit('/').next().unwrap_or("").to_owned()).unwrap_or_default();
    if !COMMANDS.iter().any(|command| command.name == called) {
        arguments.drain(..1.min(arguments.len()));
    }
    let name = arguments.first().map(|path| path.rsplit('/').next().unwrap_or("").to_owned()).unwrap_or_default();
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        for command in COMMANDS {
            eprintln!("testapp {} {}", command.name, command.usage);
        }
        std::process::exit(if name.is_empty() { 0 } else { 64 });
    };
    match (command.run)(&arguments[1..]) {
        Ok(code) => std::process::exit(code),
        Err(text) => {
            eprintln!("{}: {text}", command.name);
            std::process::exit(1);
        }
    }
}

/// The argument at `at` as a number, or `default`.
fn number<T: std::str::FromStr>(arguments: &[String], at: usize, default: T) -> Result<T, String> {
    match arguments.get(at) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| format!("{text:?} is no number")),
    }
}

/// The argument at `at`.
fn required<'a>(arguments: &'a [String], at: usize, what: &str) -> Result<&'a str, String> {
    arguments.get(at).map(String::as_str).ok_or_else(|| format!("{what} is missing"))
}
