//! Upstream's suite as a program, built from `conformance/suite/` into the cache outside the repository.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::go;

/// Has the suite say that it is upstream's release.
const VERSION: &str = "-s -w -X k8s.io/component-base/version.gitVersion=v1.36.3";

/// What was built.
pub struct Suite {
    /// All specs as one test program.
    pub test: PathBuf,
    /// What shares them among processes.
    pub ginkgo: PathBuf,
}

/// Builds both unless they were built from the same files.
pub fn build(module: &Path) -> anyhow::Result<Suite> {
    let home = std::env::var_os("HOME").context("HOME is not set")?;
    let cache = Path::new(&home).join(".cache/corten/go/conformance");
    std::fs::create_dir_all(&cache).with_context(|| format!("create {}", cache.display()))?;
    let suite = Suite { test: cache.join("e2e.test"), ginkgo: cache.join("ginkgo") };
    let sources = cache.join("sources");
    let wanted = read_sources(module)?;
    let is_built = suite.test.exists() && suite.ginkgo.exists();
    if is_built && std::fs::read_to_string(&sources).is_ok_and(|built| built == wanted) {
        return Ok(suite);
    }
    println!("building the conformance suite");
    let unfinished = cache.join(format!("new-{}", std::process::id()));
    let path = unfinished.to_string_lossy();
    go::go(module, &["test", "-c", "-vet=off", "-ldflags", VERSION, "-o", &path, "."])?;
    std::fs::rename(&unfinished, &suite.test)?;
    go::go(module, &["build", "-ldflags", "-s -w", "-o", &path, "github.com/onsi/ginkgo/v2/ginkgo"])?;
    std::fs::rename(&unfinished, &suite.ginkgo)?;
    std::fs::write(&sources, wanted)?;
    Ok(suite)
}

/// The module's files, one after the other.
fn read_sources(module: &Path) -> anyhow::Result<String> {
    let entries = std::fs::read_dir(module).with_context(|| format!("read {}", module.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().map(|path| std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))).collect()
}
