//! Upstream's crictl, built from its Go module.

use std::path::PathBuf;

use crate::go;

/// The version that belongs to Kubernetes v1.36.
const VERSION: &str = "v1.36.0";

/// Its command's package.
const PACKAGE: &str = "sigs.k8s.io/cri-tools/cmd/crictl";

/// The executable; built when absent.
pub fn build() -> anyhow::Result<PathBuf> {
    let flags = format!("-s -w -X sigs.k8s.io/cri-tools/pkg/version.Version={VERSION}");
    let cache = go::cache(&flags)?;
    let binary = cache.join("crictl");
    if binary.exists() {
        return Ok(binary);
    }
    anyhow::ensure!(go::is_present(), "Go is not installed; it is needed to build crictl");
    let module = cache.join("module-crictl");
    std::fs::create_dir_all(&module)?;
    let requirement = format!("module corten.test/crictl\n\ngo 1.26\n\nrequire sigs.k8s.io/cri-tools {VERSION}\n");
    std::fs::write(module.join("go.mod"), requirement)?;
    let imports = format!("//go:build tools\n\npackage tools\n\nimport _ \"{PACKAGE}\"\n");
    std::fs::write(module.join("tools.go"), imports)?;
    println!("building crictl {VERSION}");
    go::go(&module, &["mod", "tidy", "-e"])?;
    let unfinished = cache.join("crictl.new");
    go::go(&module, &["build", "-ldflags", &flags, "-o", &unfinished.to_string_lossy(), PACKAGE])?;
    std::fs::rename(&unfinished, &binary)?;
    Ok(binary)
}
