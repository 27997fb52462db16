//! Automation: `cargo xtask tidy | test | kubectl | bench NAME`.

mod bench;
mod compare;
mod conformance;
mod crictl;
mod go;
mod test;
mod tidy;

use std::path::PathBuf;

const USAGE: &str = "usage: cargo xtask COMMAND
  tidy            check the house rules (dependency edges, sizes, purity, tables, licences)
  test            run every test, whole-system ones included, setting up what they need
  kubectl         build upstream's kubectl v1.36 (needs Go) and print its path
  bench NAME      measure; NAME is skeleton
  compare         ask upstream's API server and Corten's the same (needs Go): [--area NAME] [--case REGEX] [--record]
                  [--show-known]
  conformance     run upstream's conformance suite (needs Go): [--all] [--sig NAME] [--focus REGEX] [--failed] [--quick]
                  [--procs N] [--minutes N] [--update] [--no-images]; without a choice, the specs listed as passing";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["tidy"] => tidy::run(),
        ["test"] => test::run(),
        ["kubectl"] => {
            println!("{}", go::kubectl()?.display());
            Ok(())
        }
        ["bench", name] => bench::run(name),
        ["compare", ref options @ ..] => compare::run(options),
        ["conformance", ref options @ ..] => conformance::run(options),
        _ => anyhow::bail!("{USAGE}"),
    }
}

/// The repository: that of the running command, since clones that share a target directory share executables too.
fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    own.join("..")
}

/// Runs a command, showing it; an error when it fails.
fn run(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    println!("$ {program} {}", arguments.join(" "));
    let status = std::process::Command::new(program).args(arguments).current_dir(root()).status()?;
    anyhow::ensure!(status.success(), "{program} {}: {status}", arguments.join(" "));
    Ok(())
}
