//! `cargo xtask bench NAME`: builds what is measured, measures, and appends the figures to docs/BENCHMARKS.md.

mod machine;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Context;

/// Benchmarks, each with what it shows.
const BENCHMARKS: &[(&str, &str)] =
    &[("skeleton", "start, idle, Pods, Services, lists and durable writes of one node")];

/// Runs the benchmark `name`.
pub fn run(name: &str) -> anyhow::Result<()> {
    let Some((_, about)) = BENCHMARKS.iter().find(|(known, _)| *known == name) else {
        let names: Vec<&str> = BENCHMARKS.iter().map(|(name, _)| *name).collect();
        anyhow::bail!("no benchmark {name:?}; there is: {}", names.join(", "));
    };
    let packages = ["-p", "corten", "-p", "corten-testapp", "-p", "corten-system-tests"];
    crate::run("cargo", &[&["build", "--release", "--quiet", "--bins"], &packages[..]].concat())?;
    let program = release_directory()?.join("corten-bench");
    let child = Command::new(&program).arg(name).stdout(Stdio::piped()).spawn();
    let output = child.with_context(|| format!("start {}", program.display()))?.wait_with_output()?;
    anyhow::ensure!(output.status.success(), "the benchmark failed: {}", output.status);
    let table = String::from_utf8(output.stdout)?;
    println!("{table}");
    let entry = format!("\n## {name}, {}\n\n{about}; {}.\n\n{table}", machine::date(), machine::kind());
    let path = crate::root().join("docs/BENCHMARKS.md");
    let file = std::fs::OpenOptions::new().append(true).open(&path);
    Ok(file.with_context(|| format!("open {}", path.display()))?.write_all(entry.as_bytes())?)
}

/// Where finished release executables are.
pub fn release_directory() -> anyhow::Result<PathBuf> {
    Ok(target_directory()?.join("release"))
}

/// The directory that this executable was built in, without its profile.
pub fn target_directory() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    // TARGET/<host>/debug/xtask
    let target = own.parent().and_then(|profile| profile.parent()).context("xtask runs from nowhere")?;
    Ok(target.to_owned())
}
