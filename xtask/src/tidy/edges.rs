//! Arrows between crates point down, as ARCHITECTURE.md draws them.

use std::path::Path;

/// Each crate with the own crates that it may use.
const ALLOWED: &[(&str, &[&str])] = &[
    ("apimachinery", &[]),
    ("api", &["apimachinery"]),
    ("cel", &["apimachinery"]),
    ("streaming", &[]),
    ("container-interfaces", &[]),
    ("datastore", &[]),
    ("client", &["api", "apimachinery", "streaming"]),
    ("registry", &["api", "apimachinery", "cel", "datastore"]),
    ("apiserver", &["api", "apimachinery", "cel", "client", "registry", "streaming"]),
    ("controller-manager", &["api", "apimachinery", "client", "container-interfaces"]),
    ("scheduler", &["api", "apimachinery", "client"]),
    ("kubelet", &["api", "apimachinery", "client", "container-interfaces", "streaming"]),
    ("container-runtime", &["container-interfaces", "streaming"]),
    ("network", &["api", "apimachinery", "client", "container-interfaces"]),
    ("dns", &["api", "apimachinery", "client"]),
    ("testapp", &[]),
];

/// Crates that may use all others.
const FREE: &[&str] = &["corten", "test-support"];

/// Own crates that a crate uses (outside its tests) without being allowed to.
pub fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for entry in std::fs::read_dir(root.join("crates"))? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if FREE.contains(&name.as_str()) {
            continue;
        }
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            findings.push(format!("crate {name} is not on the map of xtask/src/tidy/edges.rs"));
            continue;
        };
        let manifest = std::fs::read_to_string(path.join("Cargo.toml"))?;
        let used = dependencies(&manifest);
        let own = used.iter().filter(|used| ALLOWED.iter().any(|(known, _)| known == *used) || FREE.contains(used));
        findings.extend(own.filter(|used| !allowed.contains(used)).map(|used| format!("{name} must not use {used}")));
    }
    Ok(findings)
}

fn dependencies(manifest: &str) -> Vec<&str> {
    let section = manifest.split("\n[").find(|section| section.starts_with("dependencies]"));
    let lines = section.unwrap_or("").lines().skip(1);
    lines.filter_map(|line| line.split(['.', ' ', '=']).next()).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_the_dependencies_section_counts() {
        let manifest = "[package]\nname = \"x\"\n\n[dependencies]\napi.workspace = true\nbytes = \"1\"\n\n[dev-dependencies]\nregistry.workspace = true\n";
        assert_eq!(super::dependencies(manifest), ["api", "bytes"]);
    }
}
