//! Real clients, built from upstream's Go modules into a cache outside the repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

/// Upstream's version that Corten is measured against.
const KUBERNETES: &str = "v1.36.3";

/// The staging modules' version that belongs to it.
const STAGING: &str = "v0.36.3";

/// Whether Go is at hand.
pub fn is_present() -> bool {
    Command::new("go").arg("version").output().is_ok_and(|output| output.status.success())
}

/// Upstream's kubectl; built when absent.
pub fn kubectl() -> anyhow::Result<PathBuf> {
    build("kubectl", "k8s.io/kubernetes/cmd/kubectl")
}

/// The directory of what is built with these flags: other flags build anew.
pub fn cache(flags: &str) -> anyhow::Result<PathBuf> {
    let home = std::env::var_os("HOME").context("HOME is not set")?;
    let cache = Path::new(&home).join(".cache/corten/go").join(format!("{KUBERNETES}-{}", digest(flags)));
    std::fs::create_dir_all(&cache).with_context(|| format!("create {}", cache.display()))?;
    Ok(cache)
}

/// A program of upstream's main module; built when absent.
pub fn build(name: &str, package: &str) -> anyhow::Result<PathBuf> {
    let flags = linker_flags();
    let cache = cache(&flags)?;
    let binary = cache.join(name);
    if binary.exists() {
        return Ok(binary);
    }
    anyhow::ensure!(is_present(), "Go is not installed; it is needed to build {name}");
    let module = cache.join(format!("module-{name}"));
    write_module(&module, package)?;
    println!("building {name} {KUBERNETES}");
    go(&module, &["mod", "tidy", "-e"])?;
    let unfinished = cache.join(format!("{name}.new"));
    go(&module, &["build", "-ldflags", &flags, "-o", &unfinished.to_string_lossy(), package])?;
    std::fs::rename(&unfinished, &binary)?;
    Ok(binary)
}

/// What makes an executable say its version as a released one does.
fn linker_flags() -> String {
    let variables = [("gitMajor", "1"), ("gitMinor", "36"), ("gitVersion", KUBERNETES)];
    let packages = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"];
    let mut flags = "-s -w".to_owned();
    for package in packages {
        for (variable, value) in variables {
            flags.push_str(&format!(" -X {package}.{variable}={value}"));
        }
    }
    flags
}

/// Short name of a text (FNV-1a).
fn digest(text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}

fn write_module(module: &Path, package: &str) -> anyhow::Result<()> {
    std::fs::create_dir_all(module)?;
    std::fs::write(
        module.join("go.mod"),
        format!("module corten.test/upstream\n\ngo 1.26\n\nrequire k8s.io/kubernetes {KUBERNETES}\n"),
    )?;
    let imports = format!("//go:build tools\n\npackage tools\n\nimport _ \"{package}\"\n");
    std::fs::write(module.join("tools.go"), imports)?;
    // Upstream's own go.mod names its staging modules as v0.0.0: each becomes a replacement.
    let output = Command::new("go")
        .args(["mod", "download", "-json", &format!("k8s.io/kubernetes@{KUBERNETES}")])
        .current_dir(module)
        .output()?;
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).context("read go mod download")?;
    let directory = answer["Dir"].as_str().context("go mod download names no directory")?;
    let upstream = std::fs::read_to_string(Path::new(directory).join("go.mod"))?;
    let staging = upstream
        .lines()
        .filter_map(|line| line.trim().strip_suffix(" v0.0.0"))
        .filter(|name| name.starts_with("k8s.io/"));
    let replacements: String = staging.map(|name| format!("replace {name} => {name} {STAGING}\n")).collect();
    let text = std::fs::read_to_string(module.join("go.mod"))?;
    Ok(std::fs::write(module.join("go.mod"), format!("{text}\n{replacements}"))?)
}

/// Runs Go in a module.
pub fn go(module: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let status = Command::new("go").args(arguments).env("CGO_ENABLED", "0").current_dir(module).status()?;
    anyhow::ensure!(status.success(), "go {}: {status}", arguments.join(" "));
    Ok(())
}
