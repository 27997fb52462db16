//! `cargo xtask compare [--area NAME] [--case REGEX] [--record] [--show-known]`: upstream's API server beside Corten's.
//!
//! Builds both and lets `corten-compare` ask them the same.

mod etcd;

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::{bench, go};

/// Runs it with the options that were given.
pub fn run(options: &[&str]) -> anyhow::Result<()> {
    let etcd = named_or("CORTEN_ETCD", etcd::etcd)?;
    let api_server =
        named_or("CORTEN_KUBE_APISERVER", || go::build("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"))?;
    let kubectl = named_or("CORTEN_KUBECTL", go::kubectl)?;
    let packages = ["-p", "corten", "-p", "corten-testapp", "-p", "corten-system-tests"];
    crate::run("cargo", &[&["build", "--release", "--quiet", "--bins"], &packages[..]].concat())?;
    let release = bench::release_directory()?;
    let program = release.join("corten-compare");
    let mut command = Command::new(&program);
    command.args(options).env("CORTEN_ETCD", etcd).env("CORTEN_KUBE_APISERVER", api_server);
    command.env("CORTEN_KUBECTL", kubectl).env("CORTEN_BINARY", release.join("corten"));
    let status = command.status().with_context(|| format!("start {}", program.display()))?;
    anyhow::ensure!(status.success(), "compare: {status}");
    Ok(())
}

/// The program that a variable names, else one that is built.
fn named_or(variable: &str, build: impl FnOnce() -> anyhow::Result<PathBuf>) -> anyhow::Result<PathBuf> {
    match std::env::var_os(variable) {
        Some(path) => Ok(path.into()),
        None => build(),
    }
}
