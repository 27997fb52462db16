//! Namespaces of their own (processes, mounts, network, host name, IPC) for one cluster.
//!
//! Three roles of the `corten-outer` program: the [`guard`] stays outside and removes what namespaces do not hold
//! (cgroups); [`init`] is process 1 inside; [`enter`] runs one command inside. The test holds a pipe: when it closes,
//! even because the test was killed, process 1 ends, the kernel ends everything below it, and the guard cleans up.

pub mod enter;
pub mod guard;
pub mod init;
mod network;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use anyhow::Context;

use crate::process;

/// Where programs and the harness's own files are, inside.
pub const INSIDE: &str = "/run/outer";

/// Variable that names the directory in which a command starts inside.
pub const DIRECTORY_VARIABLE: &str = "CORTEN_DIRECTORY";

/// Address of the node inside.
pub const NODE_ADDRESS: std::net::Ipv4Addr = std::net::Ipv4Addr::new(192, 0, 2, 10);

/// Address of the world outside: the node's default gateway.
pub const GATEWAY_ADDRESS: std::net::Ipv4Addr = std::net::Ipv4Addr::new(192, 0, 2, 1);

/// Host name inside.
pub const HOST_NAME: &str = "node-1";

/// How long the end of everything inside may take.
const END_PATIENCE: Duration = Duration::from_secs(30);

/// What the namespaces are made with.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Prefix of the cgroup directories that the guard removes at the end.
    pub cgroup: String,
    /// Programs that appear as `/run/outer/bin/NAME`.
    pub programs: Vec<(String, PathBuf)>,
    /// Directory on a real disk that becomes `/var/lib`; memory otherwise.
    pub disk: Option<PathBuf>,
}

/// Live namespaces. Dropping them ends everything inside.
pub struct Outer {
    program: PathBuf,
    guard: Child,
    hold: Option<ChildStdin>,
    /// Process id of their process 1, as seen from outside.
    pub init_pid: i32,
}

impl Outer {
    /// Makes the namespaces; `program` is the `corten-outer` executable.
    ///
    /// # Errors
    /// Whatever the kernel refuses; its words are on standard error.
    pub fn start(program: &Path, request: &Request) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.arg("guard").args(request.to_arguments()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut guard = command.spawn().with_context(|| format!("start {}", program.display()))?;
        let hold = guard.stdin.take();
        let said = BufReader::new(guard.stdout.take().context("the guard has no output")?);
        let mut init_pid = None;
        for line in said.lines() {
            match line?.as_str() {
                "ready" => {
                    let init_pid = init_pid.context("the guard named no process")?;
                    return Ok(Outer { program: program.to_owned(), guard, hold, init_pid });
                }
                pid => init_pid = Some(pid.parse().with_context(|| format!("the guard said {pid:?}"))?),
            }
        }
        let status = guard.wait()?;
        anyhow::bail!("make namespaces: {status} (are you root?)")
    }

    /// A command that will run inside, with a small fixed environment.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("enter").arg(self.init_pid.to_string()).arg(program);
        command
            .env_clear()
            .env("PATH", format!("{INSIDE}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"))
            .env("HOME", format!("{INSIDE}/home"))
            .env("TMPDIR", format!("{INSIDE}/tmp"))
            .env("TERM", "dumb")
            .stdin(Stdio::null());
        command
    }

    /// The path by which this process reaches a file inside.
    pub fn path(&self, inside: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{inside}", self.init_pid))
    }

    /// The node's network namespace.
    pub fn network(&self) -> std::io::Result<File> {
        File::open(format!("/proc/{}/ns/net", self.init_pid))
    }

    /// The network namespace of the world outside, where the node's default gateway is.
    pub fn outside_network(&self) -> std::io::Result<File> {
        File::open(self.path(&format!("{INSIDE}/outside")))
    }

    /// All processes inside but process 1, by their ids outside.
    pub fn processes(&self) -> Vec<i32> {
        let namespace = |pid: i32| std::fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
        let Some(own) = namespace(self.init_pid) else { return Vec::new() };
        let is_inside = |pid: &i32| *pid != self.init_pid && process::pid_namespace_is_below(*pid, &own, namespace);
        process::all().into_iter().filter(is_inside).collect()
    }

    /// Ends everything inside and waits until it is gone.
    pub fn end(mut self) -> anyhow::Result<()> {
        self.end_now()
    }

    fn end_now(&mut self) -> anyhow::Result<()> {
        self.hold = None;
        anyhow::ensure!(
            process::wait_for_end(&mut self.guard, END_PATIENCE)?,
            "the namespaces of process {} did not end within {} s",
            self.init_pid,
            END_PATIENCE.as_secs()
        );
        Ok(())
    }
}

impl Drop for Outer {
    fn drop(&mut self) {
        if self.hold.is_some()
            && let Err(error) = self.end_now()
        {
            eprintln!("{error:#}");
        }
    }
}

impl Request {
    fn to_arguments(&self) -> Vec<String> {
        let mut arguments = vec![format!("cgroup={}", self.cgroup)];
        arguments.extend(self.disk.iter().map(|directory| format!("disk={}", directory.display())));
        arguments.extend(self.programs.iter().map(|(name, path)| format!("program={name}={}", path.display())));
        arguments
    }

    /// Reads what [`Request::to_arguments`] wrote.
    ///
    /// # Errors
    /// An argument that it never writes.
    pub fn from_arguments(arguments: &[String]) -> anyhow::Result<Self> {
        let mut request = Request::default();
        for argument in arguments {
            match argument.split_once('=') {
                Some(("cgroup", name)) => request.cgroup = name.to_owned(),
                Some(("disk", path)) => request.disk = Some(path.into()),
                Some(("program", rest)) => {
                    let (name, path) = rest.split_once('=').context("program without a path")?;
                    request.programs.push((name.to_owned(), path.into()));
                }
                _ => anyhow::bail!("unknown argument {argument:?}"),
            }
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_survives_the_command_line() {
        let request = Request {
            cgroup: "corten-t1".into(),
            programs: vec![("corten".into(), "/a b/corten".into())],
            disk: Some("/disk".into()),
        };
        let read = Request::from_arguments(&request.to_arguments()).expect("they are its own");
        assert_eq!(format!("{read:?}"), format!("{request:?}"));
    }
}
