//! Permissive licences only, and no external crate without its line in docs/DEPENDENCIES.md.

use std::path::Path;
use std::process::Command;

use anyhow::Context;

/// Licences that may be linked.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates under another licence, and direct dependencies that were not reviewed.
pub fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let output =
        Command::new("cargo").args(["metadata", "--format-version", "1", "--locked"]).current_dir(root).output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).context("read cargo metadata")?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let mut findings = Vec::new();
    for package in packages {
        let (name, licence) = (package["name"].as_str().unwrap_or("?"), package["license"].as_str().unwrap_or(""));
        if !is_allowed(licence) {
            findings.push(format!("{name}: licence {licence:?} is not on the list"));
        }
    }
    let reviewed = std::fs::read_to_string(root.join("docs/DEPENDENCIES.md")).unwrap_or_default();
    let manifest = std::fs::read_to_string(root.join("Cargo.toml"))?;
    let section = manifest.split("# External crates").nth(1).unwrap_or("").split("\n[").next().unwrap_or("");
    let names = section.lines().skip(1).filter_map(|line| line.split_once(" = ")).map(|(name, _)| name);
    let missing = names.filter(|name| !reviewed.contains(&format!("`{name}`")));
    findings.extend(missing.map(|name| format!("{name} has no line in docs/DEPENDENCIES.md")));
    Ok(findings)
}

/// Whether one alternative of an SPDX expression is made of allowed licences only.
fn is_allowed(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" OR ").any(|option| option.split(" AND ").all(|licence| ALLOWED.contains(&licence.trim())))
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn one_allowed_alternative_is_enough() {
        assert!(
            is_allowed("GPL-3.0 OR MIT")
                && is_allowed("(MIT OR Apache-2.0) AND Unicode-3.0")
                && is_allowed("MIT/Apache-2.0")
        );
        assert!(!is_allowed("GPL-3.0") && !is_allowed("MIT AND GPL-3.0") && !is_allowed(""));
    }
}
