//! No machine paths, no stubs, and no `mod.rs`.

use std::path::Path;

/// Texts that must not be in a source file, and why. Split so that this file does not find itself.
const FORBIDDEN: &[(&str, &str)] = &[
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("to", "do!("), "a stub"),
    (concat!("unimple", "mented!("), "a stub"),
    (concat!("#[ig", "nore"), "an ignored test"),
    (concat!("allow(dead", "_code"), "dead code"),
];

/// Lines with forbidden texts.
pub fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for directory in ["crates", "xtask", "tests"] {
        let path = root.join(directory);
        if !path.exists() {
            continue;
        }
        for file in super::rust_files(&path)? {
            let name = super::shown(root, &file);
            let is_shared_by_tests = file.components().any(|part| part.as_os_str() == "tests");
            if file.ends_with("mod.rs") && !is_shared_by_tests {
                findings.push(format!("{name}: modules are name.rs + name/"));
            }
            for (number, line) in std::fs::read_to_string(&file)?.lines().enumerate() {
                let found = FORBIDDEN.iter().filter(|(text, _)| line.contains(text));
                findings.extend(found.map(|(_, why)| format!("{name}:{}: {why}", number + 1)));
            }
        }
    }
    Ok(findings)
}
