//! A whole run: specs that may run beside others in several processes, then the others one by one.

use std::fmt::Write;
use std::time::Instant;

use anyhow::Context;

use crate::node::Node;
use crate::plan::Plan;
use crate::records::{Outcome, Records};
use crate::round::{self, End, Specs};

/// Starts of the suite for one phase; each goes on with what the one before did not reach.
const ROUNDS_MAX: usize = 8;

/// Word in the names of specs that need the cluster for themselves.
const SERIAL: &str = "[Serial]";

/// Runs the plan and writes `results.jsonl`, logs and what is left behind.
///
/// # Errors
/// No cluster can be started, or the disk refuses.
pub fn run(plan: &Plan) -> anyhow::Result<()> {
    std::fs::create_dir_all(plan.records())?;
    let mut state = Run {
        plan,
        records: Records::new(&plan.records()),
        node: None,
        clusters: 0,
        rounds: 0,
        deadline: Instant::now() + plan.run_max,
    };
    let (serial, beside): (Vec<_>, Vec<_>) = plan.specs.iter().partition(|spec| spec.contains(SERIAL));
    let outcome = state.phase(&beside, plan.processes).and_then(|()| state.phase(&serial, 1));
    // What was seen so far counts even when no further cluster could be started.
    state.write_results()?;
    let left = state.finish()?;
    std::fs::write(
        plan.results.join("left-behind.txt"),
        left.iter().fold(String::new(), |text, line| text + line + "\n"),
    )?;
    outcome
}

struct Run<'a> {
    plan: &'a Plan,
    records: Records,
    node: Option<Node>,
    clusters: usize,
    rounds: usize,
    deadline: Instant,
}

impl Run<'_> {
    fn phase(&mut self, specs: &[&String], processes: usize) -> anyhow::Result<()> {
        for _ in 0..ROUNDS_MAX {
            let names: Vec<&str> = specs.iter().map(|spec| spec.as_str()).collect();
            let names: Vec<&str> = names.into_iter().filter(|spec| !self.records.ended.contains_key(*spec)).collect();
            if names.is_empty() || Instant::now() > self.deadline {
                return Ok(());
            }
            let ended_before = self.records.ended.len();
            let end = self.round(names, processes)?;
            if end == End::TimeIsOver {
                return Ok(());
            }
            let has_progress = self.records.ended.len() > ended_before;
            anyhow::ensure!(has_progress, "no spec could begin; ginkgo-{}.log tells why", self.rounds);
        }
        Ok(())
    }

    fn round(&mut self, names: Vec<&str>, processes: usize) -> anyhow::Result<End> {
        let plan = self.plan;
        let node = match self.node.take() {
            Some(node) => node,
            None => {
                self.clusters += 1;
                Node::start(plan)?
            }
        };
        self.rounds += 1;
        let processes = processes.min(names.len());
        println!("{} specs in {processes} processes", names.len());
        let specs = Specs { number: self.rounds, names, processes };
        let end = round::run(plan, &node, &specs, &mut self.records, self.deadline)?;
        self.close_unfinished(&node, &end);
        if node.is_ready() {
            self.node = Some(node);
        } else {
            println!("! the server does not answer; the rest gets a fresh cluster");
            node.end(&plan.results.join(format!("server-{}.log", self.clusters)))?;
        }
        Ok(end)
    }

    /// Gives an outcome to specs that began but will not end.
    fn close_unfinished(&mut self, node: &Node, end: &End) {
        let (state, failure) = match end {
            End::ByItself => ("interrupted", "its process ended before it"),
            End::TimeIsOver => ("notrun", "the time of the run was over"),
            End::ServerGone => ("interrupted", "the server died and did not come back"),
            End::Silent => ("interrupted", "the suite was silent for too long"),
        };
        let now = jiff::Timestamp::now().to_string();
        for (spec, began) in std::mem::take(&mut self.records.running) {
            println!("{state:<8} {spec}: {failure}");
            let outcome = Outcome::without_record(&spec, state, failure, (&began, &now));
            node.keep_log_of(&self.plan.records(), &outcome);
            self.records.ended.insert(spec, outcome);
        }
    }

    fn write_results(&self) -> anyhow::Result<()> {
        let mut text = String::new();
        for spec in &self.plan.specs {
            let not_run = || Outcome::without_record(spec, "notrun", "not reached", ("", ""));
            writeln!(text, "{}", self.records.ended.get(spec).cloned().unwrap_or_else(not_run).to_line(spec))?;
        }
        std::fs::write(self.plan.results.join("results.jsonl"), text).context("write the results")
    }

    fn finish(&mut self) -> anyhow::Result<Vec<String>> {
        let Some(node) = self.node.take() else { return Ok(Vec::new()) };
        let left = node.left_behind()?;
        node.end(&self.plan.results.join(format!("server-{}.log", self.clusters)))?;
        Ok(left)
    }
}
