//! Where the programs under test are.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// The `corten` executable: `CORTEN_BINARY`, else the newest one that was built beside this test.
///
/// # Errors
/// None was built.
pub fn corten() -> anyhow::Result<PathBuf> {
    find("CORTEN_BINARY", "corten")
}

/// The program inside test containers: `CORTEN_TESTAPP`, else the newest one that was built beside this test.
///
/// # Errors
/// None was built.
pub fn testapp() -> anyhow::Result<PathBuf> {
    find("CORTEN_TESTAPP", "corten-testapp")
}

/// The harness's own launcher, built with the tests.
///
/// # Errors
/// None was built.
pub fn outer() -> anyhow::Result<PathBuf> {
    find("CORTEN_OUTER", "corten-outer")
}

/// Upstream's kubectl: `CORTEN_KUBECTL`, else what `cargo xtask kubectl` built; `None` when there is neither.
pub fn kubectl() -> Option<PathBuf> {
    upstream("CORTEN_KUBECTL", "kubectl")
}

/// Upstream's crictl: `CORTEN_CRICTL`, else what an earlier `cargo xtask test` built; `None` when there is neither.
pub fn crictl() -> Option<PathBuf> {
    upstream("CORTEN_CRICTL", "crictl")
}

fn upstream(variable: &str, name: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cached = std::fs::read_dir(home.join(".cache/corten/go")).into_iter().flatten().flatten();
    let mut cached: Vec<PathBuf> = cached.map(|entry| entry.path().join(name)).filter(|path| path.exists()).collect();
    cached.sort_by_key(|path| path.metadata().and_then(|it| it.modified()).ok());
    named.filter(|path| path.exists()).or(cached.pop())
}

fn find(variable: &str, name: &str) -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        let path = PathBuf::from(path);
        anyhow::ensure!(path.exists(), "{variable}={}: there is no such file", path.display());
        return Ok(path);
    }
    let own = std::env::current_exe()?;
    let built = profiles(&own).into_iter().map(|directory| directory.join(name));
    let dated = built.filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)));
    let (_, path) = dated.max().with_context(|| {
        format!("no {name} was built; run `cargo build --release -p corten -p corten-testapp`, or set {variable}")
    })?;
    Ok(path)
}

/// Directories of finished executables beside the running one: `TARGET/{release,debug,…}`.
fn profiles(own: &Path) -> Vec<PathBuf> {
    let own_profile = own.ancestors().skip(1).find(|path| path.file_name().is_some_and(|name| name != "deps"));
    let target = own_profile.and_then(Path::parent).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(target).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}
