//! The house rules that no compiler checks. Each check returns its findings, one line each.

mod edges;
mod families;
mod licences;
mod purity;
mod sizes;
mod texts;

use std::path::{Path, PathBuf};

/// Findings of one check of the repository at a path.
type Check = fn(&Path) -> anyhow::Result<Vec<String>>;

/// Runs every check; an error when there is a finding.
pub fn run() -> anyhow::Result<()> {
    let root = crate::root();
    let checks: [(&str, Check); 6] = [
        ("dependency edges", edges::check),
        ("files of families are in their tables", families::check),
        ("licences and reviewed dependencies", licences::check),
        ("purity", purity::check),
        ("sizes", sizes::check),
        ("texts", texts::check),
    ];
    let mut findings = 0;
    for (name, check) in checks {
        let found = check(&root)?;
        println!(
            "tidy: {name}: {}",
            if found.is_empty() { "ok".to_owned() } else { format!("{} findings", found.len()) }
        );
        found.iter().for_each(|finding| println!("  {finding}"));
        findings += found.len();
    }
    crate::run("cargo", &["run", "--quiet", "-p", "corten-cri-codegen", "--", "--check"])?;
    crate::run("cargo", &["run", "--quiet", "-p", "corten-codegen", "--", "schema", "--check"])?;
    anyhow::ensure!(findings == 0, "{findings} findings");
    Ok(())
}

/// All Rust files below `directory`, generated ones left out.
fn rust_files(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            if !path.ends_with("generated") {
                found.extend(rust_files(&path)?);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("cri/v1.rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// A path below the repository, for people.
fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}
