//! Every file of a family stands in the family's one table.

use std::path::Path;

/// Directory of a family, and the file with its table.
const FAMILIES: &[(&str, &str)] = &[
    ("crates/apiserver/src/admission", "crates/apiserver/src/admission.rs"),
    ("crates/controller-manager/src/controllers", "crates/controller-manager/src/controllers.rs"),
    ("crates/kubelet/src/volumes", "crates/kubelet/src/volumes.rs"),
    ("crates/registry/src/kinds", "crates/registry/src/kinds.rs"),
    ("crates/scheduler/src/plugins", "crates/scheduler/src/plugins.rs"),
];

/// Files that their family's table does not name.
pub fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for (directory, table) in FAMILIES {
        let Ok(text) = std::fs::read_to_string(root.join(table)) else { continue };
        let Ok(entries) = std::fs::read_dir(root.join(directory)) else { continue };
        for entry in entries {
            let path = entry?.path();
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            if path.extension().is_some_and(|ending| ending == "rs") && !text.contains(&format!("mod {stem};")) {
                findings.push(format!("{directory}/{stem}.rs is not in {table}"));
            }
        }
    }
    Ok(findings)
}
