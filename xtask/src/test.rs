//! README's test command: everything, in the order in which failures are cheapest.

use crate::{go, tidy};

/// Runs format, lints, house rules, unit, in-process and whole-system tests.
pub fn run_all() -> anyhow::Result<()> {
    crate::run("cargo", &["fmt", "--all", "--check"])?;
    crate::run("cargo", &["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    tidy::run()?;
    crate::run("cargo", &["test", "--quiet", "--workspace"])
}

/// The command.
pub fn run() -> anyhow::Result<()> {
    match go::is_present() {
        true => println!("kubectl: {}", go::kubectl()?.display()),
        false => println!("skipped, Go is not installed: the cases that need a real kubectl"),
    }
    run_all()
}
