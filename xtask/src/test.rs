//! README's test command: everything, in the order in which failures are cheapest.

use std::path::PathBuf;
use std::process::Command;

use crate::{bench, conformance, go, tidy};

/// Runs format, lints, house rules, unit, in-process and whole-system tests, then quick conformance specs.
pub fn run() -> anyhow::Result<()> {
    crate::run("cargo", &["fmt", "--all", "--check"])?;
    crate::run("cargo", &["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    tidy::run()?;
    crate::run("cargo", &["test", "--quiet", "--workspace", "--exclude", "corten-system-tests"])?;
    whole_system()?;
    conformance::quick()
}

/// Runs the whole-system tests with the executable that a user installs and, where Go is, upstream's kubectl.
fn whole_system() -> anyhow::Result<()> {
    crate::run("cargo", &["build", "--release", "--quiet", "-p", "corten", "-p", "corten-testapp"])?;
    let release = bench::release_directory()?;
    let mut command = Command::new("cargo");
    command.args(["test", "--quiet", "--package", "corten-system-tests", "--no-fail-fast"]).current_dir(crate::root());
    command.env("CORTEN_BINARY", release.join("corten")).env("CORTEN_TESTAPP", release.join("corten-testapp"));
    match kubectl()? {
        Some(path) => drop(command.env("CORTEN_KUBECTL", path)),
        None => println!("skipped, Go is not installed: the cases that need a real kubectl"),
    }
    match crictl()? {
        Some(path) => drop(command.env("CORTEN_CRICTL", path)),
        None => println!("skipped, Go is not installed: the test with a real crictl"),
    }
    println!("$ cargo test --package corten-system-tests");
    let status = command.status()?;
    anyhow::ensure!(status.success(), "whole-system tests: {status}");
    Ok(())
}

/// Upstream's crictl, in the same way.
fn crictl() -> anyhow::Result<Option<PathBuf>> {
    match std::env::var_os("CORTEN_CRICTL") {
        Some(path) => Ok(Some(path.into())),
        None if go::is_present() => crate::crictl::build().map(Some),
        None => Ok(None),
    }
}

/// Upstream's kubectl: the one that `CORTEN_KUBECTL` names, else one that is built here; none without Go.
fn kubectl() -> anyhow::Result<Option<PathBuf>> {
    match std::env::var_os("CORTEN_KUBECTL") {
        Some(path) => Ok(Some(path.into())),
        None if go::is_present() => go::kubectl().map(Some),
        None => Ok(None),
    }
}
