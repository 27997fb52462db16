//! One start of the suite: it ends by itself, or is ended when the server, a spec or the time is gone.

use std::fs::File;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::Context;
use corten_system_tests::cluster::KUBECONFIG;
use corten_system_tests::outer::DIRECTORY_VARIABLE;
use corten_system_tests::process::{self, ProcessId};
use rustix::process::Signal;

use crate::node::Node;
use crate::plan::Plan;
use crate::records::Records;

/// Pause between two looks at the records, the server and the clock.
const TICK: Duration = Duration::from_secs(1);

/// How long a server may be gone before the round is ended; its supervisor brings it back sooner.
const SERVER_PATIENCE: Duration = Duration::from_secs(60);

/// How long the suite may take to write its reports after it was interrupted.
const REPORT_PATIENCE: Duration = Duration::from_secs(45);

/// Silence beyond the longest spec after which the suite itself hangs.
const SILENCE_SLACK: Duration = Duration::from_secs(180);

/// Limit of the whole suite inside ginkgo: ours is the one that counts.
const GINKGO_TIMEOUT: &str = "--timeout=6h";

/// Why a round ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All that could run did.
    ByItself,
    /// The time of the run is over.
    TimeIsOver,
    /// The server did not come back.
    ServerGone,
    /// Nothing was recorded for longer than a spec may take.
    Silent,
}

/// Runs `specs` on the node with so many processes; prints each as it ends.
///
/// # Errors
/// The suite cannot be started.
pub fn run(
    plan: &Plan,
    node: &Node,
    specs: &Specs<'_>,
    records: &mut Records,
    deadline: Instant,
) -> anyhow::Result<End> {
    let list = plan.results.join(format!("specs-{}.txt", specs.number));
    std::fs::write(&list, specs.names.join("\n"))?;
    let mut suite = start(plan, node, specs, &list)?;
    let mut watch = Watch { server: node.cluster.server(), server_seen: Instant::now(), heard: Instant::now() };
    loop {
        let has_ended = process::wait_for_end(&mut suite, TICK)?;
        let (ended, is_new) = records.refresh();
        tell(plan, node, &ended, records);
        if is_new {
            watch.heard = Instant::now();
        }
        if has_ended {
            return Ok(End::ByItself);
        }
        if let Some(end) = watch.look(plan, node, deadline) {
            stop(node, &mut suite)?;
            let (ended, _) = records.refresh();
            tell(plan, node, &ended, records);
            return Ok(end);
        }
    }
}

/// What one round is to run.
pub struct Specs<'a> {
    /// Number of the round.
    pub number: usize,
    /// Full names.
    pub names: Vec<&'a str>,
    /// Processes.
    pub processes: usize,
}

struct Watch {
    server: Option<ProcessId>,
    server_seen: Instant,
    heard: Instant,
}

impl Watch {
    fn look(&mut self, plan: &Plan, node: &Node, deadline: Instant) -> Option<End> {
        let server = node.cluster.server();
        if server.is_some() {
            self.server_seen = Instant::now();
        }
        if server.is_some() && server != self.server {
            println!("! the server died and is back as process {}", server.map_or(0, |id| id.pid));
            self.server = server;
        }
        if Instant::now() > deadline {
            println!("! the time of the run is over");
            return Some(End::TimeIsOver);
        }
        if self.server_seen.elapsed() > SERVER_PATIENCE {
            println!("! the server died and does not come back");
            return Some(End::ServerGone);
        }
        if self.heard.elapsed() > plan.spec_max + SILENCE_SLACK {
            println!("! the suite has been silent for too long");
            return Some(End::Silent);
        }
        None
    }
}

fn start(plan: &Plan, node: &Node, specs: &Specs<'_>, list: &Path) -> anyhow::Result<Child> {
    let log = plan.results.join(format!("ginkgo-{}.log", specs.number));
    let log = File::create(&log).with_context(|| format!("create {}", log.display()))?;
    let mut command = node.cluster.outer().command(&plan.ginkgo.to_string_lossy());
    command.env(DIRECTORY_VARIABLE, &plan.results);
    command.arg(format!("--procs={}", specs.processes)).args(["--keep-going", "--no-color", GINKGO_TIMEOUT]);
    command.arg(&plan.suite).arg("--");
    command.arg(format!("--specs={}", list.display()));
    command.arg(format!("--records={}", plan.records().display()));
    command.arg(format!("--spec-max={}s", plan.spec_max.as_secs()));
    command.arg(format!("--kubeconfig={KUBECONFIG}"));
    command.arg(format!("--kubectl-path={}", plan.kubectl.display()));
    command.arg(format!("--e2e-output-dir={}", plan.results.display()));
    // The cluster is Ready before the suite starts.
    command.args(["--node-schedulable-timeout=90s", "--system-pods-startup-timeout=90s"]);
    command.args(["--provider=skeleton", "--num-nodes=1", "--node-os-distro=debian", "--dns-domain=cluster.local"]);
    command.stdout(log.try_clone()?).stderr(log);
    command.spawn().context("start the suite")
}

/// Interrupts the suite, so that it writes its reports, then ends all that is left of it.
fn stop(node: &Node, suite: &mut Child) -> anyhow::Result<()> {
    for ginkgo in processes(node, "ginkgo") {
        let _ = process::signal_and_wait(ginkgo, Signal::INT, REPORT_PATIENCE);
    }
    for test in processes(node, "ginkgo").into_iter().chain(processes(node, "e2e.test")) {
        let _ = process::signal_and_wait(test, Signal::KILL, REPORT_PATIENCE);
    }
    suite.wait()?;
    Ok(())
}

fn processes(node: &Node, program: &str) -> Vec<ProcessId> {
    let pids = node.cluster.outer().processes().into_iter();
    let runs = |pid: &i32| process::command_line(*pid).first().is_some_and(|word| word.ends_with(program));
    pids.filter(runs).filter_map(process::identify).collect()
}

/// Prints specs that ended, and keeps the log of those that did not pass while the server still has it.
fn tell(plan: &Plan, node: &Node, ended: &[String], records: &Records) {
    for (spec, outcome) in ended.iter().filter_map(|spec| Some((spec, records.ended.get(spec)?))) {
        println!("{:<8} {:>6.1} s  {spec}", outcome.state, outcome.seconds);
        if !outcome.is_passed() {
            node.keep_log_of(&plan.records(), outcome);
        }
    }
}
