//! `cargo xtask conformance`: upstream's conformance suite against a fresh Corten in namespaces of its own.
//!
//! Builds the suite, chooses specs, lets `corten-conformance` run them, and compares with what is listed as passing.

mod images;
mod lists;
mod options;
mod results;
mod suite;
mod summary;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::{bench, go};
use lists::Lists;
use options::{Choice, Options};
use results::Results;

/// How long one spec may take: the longest of upstream's waits 438 s by design.
const SPEC_SECONDS_MAX: u64 = 900;

/// Runs it with the options that were given.
pub fn run(words: &[&str]) -> anyhow::Result<()> {
    if words == ["images"] {
        return images::run();
    }
    let options = Options::parse(words)?;
    let lists = Lists::read(&directory())?;
    let runs = runs_directory()?;
    let specs = choose(&options, &lists, &runs)?;
    anyhow::ensure!(go::is_present(), "Go is not installed; the conformance suite needs Go 1.26");
    let programs = Programs::build()?;
    let results = runs.join(new_name()?);
    std::fs::create_dir_all(&results)?;
    println!("{} of {} specs; results in {}", specs.len(), lists.specs.len(), results.display());
    let plan = plan(&options, &programs, &specs, &results)?;
    let status = Command::new(&programs.driver).arg(&plan).envs(programs.variables()).status();
    let status = status.with_context(|| format!("start {}", programs.driver.display()))?;
    let outcomes = Results::read(&results.join("results.jsonl")).with_context(|| format!("the run: {status}"))?;
    report(&options, &lists, &outcomes, &results)?;
    anyhow::ensure!(status.success(), "the run: {status}");
    Ok(())
}

/// Runs the quick selection; where Go is missing, says by name what is skipped.
pub fn quick() -> anyhow::Result<()> {
    if go::is_present() {
        return run(&["--quick"]);
    }
    let lists = Lists::read(&directory())?;
    println!("skipped, Go is not installed: {} conformance specs", lists.quick.len());
    lists.quick.iter().for_each(|spec| println!("  {spec}"));
    Ok(())
}

/// Writes what came out, prints it, and judges it by what is listed.
fn report(options: &Options, lists: &Lists, outcomes: &Results, results: &Path) -> anyhow::Result<()> {
    let text = summary::text(outcomes);
    std::fs::write(results.join("summary.txt"), &text)?;
    std::fs::write(results.join("junit.xml"), summary::junit(outcomes))?;
    std::fs::write(results.join("causes.txt"), summary::causes(outcomes))?;
    println!("\n{}", summary::table(outcomes));
    let failed = outcomes.not_passed();
    failed.iter().for_each(|(spec, outcome)| println!("{}: {spec}\n    {}", outcome.state, outcome.first_line()));
    let new: BTreeSet<&str> = outcomes.passed().into_iter().filter(|spec| !lists.passing.contains(*spec)).collect();
    new.iter().for_each(|spec| println!("newly passing: {spec}"));
    if options.is_update {
        lists.with_passing(&new).write(&directory())?;
    }
    let left = std::fs::read_to_string(results.join("left-behind.txt")).unwrap_or_default();
    print!("{}", left.lines().fold(String::new(), |text, line| text + "left behind: " + line + "\n"));
    println!("results in {}", results.display());
    let broken: Vec<&str> = failed.iter().map(|(spec, _)| *spec).filter(|spec| lists.passing.contains(*spec)).collect();
    let broken_lines = broken.iter().fold(String::new(), |text, spec| text + "\n  " + spec);
    anyhow::ensure!(broken.is_empty(), "{} specs that are listed as passing did not pass:{broken_lines}", broken.len());
    anyhow::ensure!(left.is_empty(), "the run left things behind");
    Ok(())
}

/// Full names of the specs that the options choose.
fn choose(options: &Options, lists: &Lists, runs: &Path) -> anyhow::Result<Vec<String>> {
    let from: Vec<String> = match &options.choice {
        Choice::All => lists.specs.iter().cloned().collect(),
        Choice::Listed => lists.passing.iter().cloned().collect(),
        Choice::Quick => lists.quick.iter().cloned().collect(),
        Choice::Failed => {
            let last = last_run(runs).context("there is no earlier run")?;
            let last = Results::read(&last.join("results.jsonl"))?;
            last.not_passed().iter().map(|(spec, _)| (*spec).to_owned()).collect()
        }
    };
    let specs: Vec<String> = from.into_iter().filter(|spec| options.matches(spec)).collect();
    anyhow::ensure!(!specs.is_empty(), "no spec is chosen");
    Ok(specs)
}

/// The programs that a run needs.
struct Programs {
    suite: suite::Suite,
    kubectl: PathBuf,
    driver: PathBuf,
    corten: PathBuf,
    testapp: PathBuf,
    outer: PathBuf,
}

impl Programs {
    /// Builds what is missing. `CORTEN_BINARY` names another server, `CORTEN_HARNESS` a directory with a harness that
    /// is built already.
    fn build() -> anyhow::Result<Self> {
        let suite = suite::build(&directory().join("suite"))?;
        let kubectl = match std::env::var_os("CORTEN_KUBECTL") {
            Some(path) => path.into(),
            None => go::kubectl()?,
        };
        let corten = std::env::var_os("CORTEN_BINARY").map(PathBuf::from);
        let harness = std::env::var_os("CORTEN_HARNESS").map(PathBuf::from);
        let mut packages = Vec::new();
        if corten.is_none() {
            packages.extend(["-p", "corten"]);
        }
        if harness.is_none() {
            packages.extend(["-p", "corten-testapp", "-p", "corten-system-tests"]);
        }
        if !packages.is_empty() {
            crate::run("cargo", &[&["build", "--release", "--quiet", "--bins"], &packages[..]].concat())?;
        }
        let release = bench::release_directory()?;
        let harness = harness.unwrap_or_else(|| release.clone());
        Ok(Programs {
            suite,
            kubectl,
            driver: harness.join("corten-conformance"),
            corten: corten.unwrap_or_else(|| release.join("corten")),
            testapp: harness.join("corten-testapp"),
            outer: harness.join("corten-outer"),
        })
    }

    fn variables(&self) -> [(&'static str, &Path); 4] {
        [
            ("CORTEN_BINARY", &self.corten),
            ("CORTEN_TESTAPP", &self.testapp),
            ("CORTEN_OUTER", &self.outer),
            ("CORTEN_KUBECTL", &self.kubectl),
        ]
    }
}

fn plan(options: &Options, programs: &Programs, specs: &[String], results: &Path) -> anyhow::Result<PathBuf> {
    let images = if options.has_images { images::archives(&images::cache()?)? } else { Vec::new() };
    let images = images.iter().map(|path| path.to_string_lossy()).collect::<Vec<_>>();
    let plan = serde_json::json!({
        "results": results, "specs": specs, "processes": options.processes,
        "suite": programs.suite.test, "ginkgo": programs.suite.ginkgo, "kubectl": programs.kubectl,
        "images": images, "spec_seconds_max": SPEC_SECONDS_MAX, "run_seconds_max": options.minutes * 60,
    });
    let path = results.join("plan.json");
    std::fs::write(&path, serde_json::to_string_pretty(&plan)?)?;
    Ok(path)
}

/// Where the lists and the suite's few lines are.
fn directory() -> PathBuf {
    crate::root().join("conformance")
}

/// Where results go: `CORTEN_RESULTS`, else below the target directory.
fn runs_directory() -> anyhow::Result<PathBuf> {
    match std::env::var_os("CORTEN_RESULTS") {
        Some(path) => Ok(std::path::absolute(path)?),
        None => Ok(bench::target_directory()?.join("conformance")),
    }
}

/// The newest run that has results. Names of runs begin with their time.
fn last_run(runs: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(runs).ok()?.flatten().map(|entry| entry.path());
    entries.filter(|path| path.join("results.jsonl").exists()).max()
}

fn new_name() -> anyhow::Result<String> {
    let output = Command::new("date").args(["-u", "+%Y%m%d-%H%M%S"]).output().context("ask for the time")?;
    Ok(format!("{}-{}", String::from_utf8_lossy(&output.stdout).trim(), std::process::id()))
}
