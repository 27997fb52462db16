//! A real `corten` in namespaces of its own.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::process::Signal;

use crate::api::Api;
use crate::kubectl::{self, Output};
use crate::leaks::Snapshot;
use crate::measure::{Usage, role};
use crate::network_thread::NetworkThread;
use crate::outer::{INSIDE, Outer, Request};
use crate::process::{self, ProcessId};
use crate::{image, programs};

/// How long `corten` may take to start, stop or uninstall.
const COMMAND_PATIENCE: Duration = Duration::from_secs(150);

/// How long one kubectl command may take.
pub const KUBECTL_PATIENCE: Duration = Duration::from_secs(120);

/// Pause between two tries to connect to a socket of a server that starts.
const SOCKET_PAUSE: Duration = Duration::from_millis(2);

/// Lines of a server's log that a failing test shows.
const LOG_LINES_SHOWN: usize = 60;

/// Path of the administrator's kubeconfig, inside.
pub const KUBECONFIG: &str = "/etc/corten/admin.kubeconfig";

/// Logs of live clusters, for the message of a failing test.
static LOGS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// What a cluster is started with.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Further flags of `corten up`.
    pub flags: Vec<String>,
    /// Directory on a real disk for `/var/lib`; memory otherwise.
    pub disk: Option<PathBuf>,
    /// Leaves the server stopped: the test runs `corten up` itself.
    pub is_stopped: bool,
}

/// A cluster of one node. Dropping it removes everything.
pub struct Cluster {
    outer: Outer,
    thread: Arc<NetworkThread>,
    instance: String,
    flags: Vec<String>,
    api: Option<Api>,
}

impl Cluster {
    /// Starts a cluster, or says on standard error why it cannot be started here and answers `None`.
    ///
    /// # Panics
    /// When it could be started but fails.
    pub fn start_or_skip(options: &Options) -> Option<Cluster> {
        if !rustix::process::geteuid().is_root() {
            say("skipped, needs root: whole-system test");
            return None;
        }
        Some(Cluster::start(options).unwrap_or_else(|error| panic!("{error:#}")))
    }

    /// Makes namespaces, starts a server in the background and imports the test image.
    ///
    /// # Errors
    /// Programs that were not built, namespaces that cannot be made, a server that does not become Ready.
    pub fn start(options: &Options) -> anyhow::Result<Cluster> {
        let instance = new_instance();
        let mut programs =
            vec![("corten".to_owned(), programs::corten()?), ("testapp".to_owned(), programs::testapp()?)];
        programs.extend(programs::kubectl().map(|path| ("kubectl".to_owned(), path)));
        programs.extend(programs::crictl().map(|path| ("crictl".to_owned(), path)));
        let request = Request { cgroup: cgroup_of(&instance), programs, disk: options.disk.clone() };
        let outer = Outer::start(&programs::outer()?, &request)?;
        let thread = Arc::new(NetworkThread::start(Some(outer.network()?))?);
        let mut flags = vec![format!("--instance={instance}"), format!("--cgroup-root={}", cgroup_of(&instance))];
        flags.extend(options.flags.iter().cloned());
        let mut cluster = Cluster { outer, thread, instance, flags, api: None };
        cluster.show_log_on_panic();
        if !options.is_stopped {
            cluster.up(&[])?;
            cluster.import(image::NAME)?;
            cluster.import(image::NEXT)?;
        }
        Ok(cluster)
    }

    /// Runs `corten up` with the cluster's flags and connects; returns what it printed.
    ///
    /// # Errors
    /// It fails.
    pub fn up(&mut self, arguments: &[&str]) -> anyhow::Result<String> {
        let flags: Vec<&str> = self.flags.iter().map(String::as_str).collect();
        let output = self.corten(&[&["up"], arguments, &flags].concat())?;
        anyhow::ensure!(output.code == 0, "corten up: {output}");
        let kubeconfig = std::fs::read_to_string(self.path(KUBECONFIG)).context("read the kubeconfig")?;
        self.api = Some(Api::from_kubeconfig(self.thread.clone(), &kubeconfig)?);
        Ok(output.stdout)
    }

    /// Waits until the node's runtime and administration answer on their sockets.
    ///
    /// # Errors
    /// They do not within the time that a start may take.
    pub fn wait_for_node(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + COMMAND_PATIENCE;
        for socket in ["cri.sock", "admin.sock"] {
            let path = self.path(&format!("/run/corten/{socket}"));
            while UnixStream::connect(&path).is_err() {
                anyhow::ensure!(Instant::now() < deadline, "nobody serves {socket}");
                std::thread::sleep(SOCKET_PAUSE);
            }
        }
        Ok(())
    }

    /// Runs a `corten` command inside.
    ///
    /// # Errors
    /// It cannot be started, or does not end.
    pub fn corten(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        kubectl::run(self.command("corten").args(arguments), b"", COMMAND_PATIENCE)
    }

    /// Imports the test image under a name.
    ///
    /// # Errors
    /// `corten images import` fails.
    pub fn import(&self, name: &str) -> anyhow::Result<()> {
        let archive = image::archive(&programs::testapp()?, name)?;
        let file = format!("{INSIDE}/tmp/image.tar");
        std::fs::write(self.path(&file), archive)?;
        let output = self.corten(&["images", "import", &file])?;
        anyhow::ensure!(output.code == 0, "corten images import: {output}");
        Ok(std::fs::remove_file(self.path(&file))?)
    }

    /// The administrator's client.
    ///
    /// # Panics
    /// When the cluster was never started.
    pub fn api(&self) -> &Api {
        self.api.as_ref().expect("the cluster was started")
    }

    /// A command inside, with the administrator's kubeconfig in its environment.
    pub fn command(&self, program: &str) -> Command {
        let mut command = self.outer.command(program);
        command.env("KUBECONFIG", KUBECONFIG);
        command
    }

    /// Whether kubectl can be run inside.
    pub fn has_kubectl(&self) -> bool {
        self.path(&format!("{INSIDE}/bin/kubectl")).exists()
    }

    /// Runs kubectl inside.
    ///
    /// # Panics
    /// When there is no kubectl, or it does not end.
    pub fn kubectl(&self, arguments: &[&str]) -> Output {
        kubectl::run(self.command("kubectl").args(arguments), b"", KUBECTL_PATIENCE)
            .unwrap_or_else(|error| panic!("{error:#}"))
    }

    /// The namespaces.
    pub fn outer(&self) -> &Outer {
        &self.outer
    }

    /// The thread that works in the node's network.
    pub fn thread(&self) -> &Arc<NetworkThread> {
        &self.thread
    }

    /// Path by which the test reaches a file inside.
    pub fn path(&self, inside: &str) -> PathBuf {
        self.outer.path(inside)
    }

    /// The instance's name.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// Prefix of the instance's cgroups.
    pub fn cgroup(&self) -> String {
        cgroup_of(&self.instance)
    }

    /// The running server; `None` while there is none.
    pub fn server(&self) -> Option<ProcessId> {
        self.in_role("server").into_iter().next()
    }

    /// Processes that run `corten` in a role: `server`, `supervise`, `shim`.
    pub fn in_role(&self, wanted: &str) -> Vec<ProcessId> {
        let pids = self.outer.processes().into_iter();
        pids.filter(|pid| role(&process::command_line(*pid)) == Some(wanted)).filter_map(process::identify).collect()
    }

    /// Kills the server with SIGKILL and waits for its end.
    ///
    /// # Errors
    /// There is none.
    pub fn kill_server(&self) -> anyhow::Result<()> {
        let server = self.server().context("no server runs")?;
        process::signal_and_wait(server, Signal::KILL, Duration::from_secs(10))
    }

    /// What the cluster holds now.
    ///
    /// # Errors
    /// The namespaces are gone.
    pub fn snapshot(&self) -> anyhow::Result<Snapshot> {
        Snapshot::take(&self.outer, &self.cgroup())
    }

    /// What the cluster uses now.
    pub fn usage(&self) -> Usage {
        Usage::of(&self.outer)
    }

    /// The server's log so far.
    pub fn server_log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Ends everything inside and waits until it is gone.
    ///
    /// # Errors
    /// Something does not end.
    pub fn end(self) -> anyhow::Result<()> {
        self.outer.end()
    }

    fn log_path(&self) -> PathBuf {
        self.path(&format!("/var/log/corten/{}.log", self.instance))
    }

    fn show_log_on_panic(&self) {
        static HOOK: Once = Once::new();
        LOGS.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(self.log_path());
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                before(panic);
                show_logs();
            }));
        });
    }
}

/// Prints the ends of all logs; with `CORTEN_TEST_LOGS` also keeps them whole in that directory.
fn show_logs() {
    let Ok(logs) = LOGS.lock() else { return };
    let directory = std::env::var_os("CORTEN_TEST_LOGS").map(PathBuf::from);
    for log in logs.iter() {
        let Ok(text) = std::fs::read_to_string(log) else { continue };
        let lines: Vec<&str> = text.lines().collect();
        say("the end of the server's log:");
        lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].iter().for_each(|line| say(&format!("  {line}")));
        if let (Some(directory), Some(name)) = (&directory, log.file_name()) {
            let _ = std::fs::write(directory.join(name), text);
        }
    }
}

/// Prints a line even while the test runner captures what tests print.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A name that no other cluster of this machine has: at most 8 letters and digits.
fn new_instance() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = u64::from(std::process::id()) * 16 + u64::from(COUNT.fetch_add(1, Ordering::Relaxed) % 16);
    let digit = |place: u32| char::from_digit((number / 36_u64.pow(place) % 36) as u32, 36).unwrap_or('0');
    format!("t{}", (0..6).rev().map(digit).collect::<String>())
}

fn cgroup_of(instance: &str) -> String {
    format!("corten-{instance}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_have_different_short_names() {
        let (first, second) = (new_instance(), new_instance());
        assert_ne!(first, second);
        assert!(first.len() <= 8 && first.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{first}");
    }
}
