//! Pure modules neither wait nor look at the world.

use std::path::Path;

/// Files and directories that decide and never act.
const PURE: &[&str] = &[
    "crates/apimachinery/src",
    "crates/api/src",
    "crates/cel/src",
    "crates/controller-manager/src/controllers",
    "crates/dns/src/zone.rs",
    "crates/kubelet/src/step",
    "crates/kubelet/src/step.rs",
    "crates/network/src/service/compile.rs",
    "crates/registry/src/kinds",
    "crates/scheduler/src/plugins",
];

/// What gives an effect away.
const FORBIDDEN: &[&str] = &[
    "tokio::",
    "std::fs",
    "TcpStream",
    "UdpSocket",
    "TcpListener",
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "rand::",
    "std::env",
    "std::process",
];

/// Lines of pure files (outside tests) that name an effect.
pub fn check(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for pure in PURE {
        let path = root.join(pure);
        let files = match (path.is_dir(), path.exists()) {
            (true, _) => super::rust_files(&path)?,
            (false, true) => vec![path],
            (false, false) => continue,
        };
        for file in files {
            if is_test(&file) {
                continue;
            }
            let text = std::fs::read_to_string(&file)?;
            for (number, line) in text.lines().enumerate().take_while(|(_, line)| !line.starts_with("#[cfg(test)]")) {
                let code = line.split("//").next().unwrap_or("");
                if let Some(word) = FORBIDDEN.iter().find(|word| code.contains(**word)) {
                    findings.push(format!("{}:{}: {word}", super::shown(root, &file), number + 1));
                }
            }
        }
    }
    Ok(findings)
}

/// Whether a module is compiled for tests only: by its name, or because its parent says so.
fn is_test(file: &Path) -> bool {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let is_named_so = stem == "tests" || file.components().any(|part| part.as_os_str() == "tests");
    let parent = file.parent().map(|folder| folder.with_extension("rs"));
    let text = parent.and_then(|parent| std::fs::read_to_string(parent).ok()).unwrap_or_default();
    is_named_so || text.contains(&format!("#[cfg(test)]\nmod {stem};"))
}
