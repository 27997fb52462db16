//! Programs and files of upstream's Go modules.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// Builds programs of `conformance/images/programs/go.mod`.
pub struct Programs {
    built: PathBuf,
}

impl Programs {
    /// Linked below `cache`; what they are linked from stays in Go's own cache.
    pub fn new(cache: &Path) -> Self {
        Programs { built: cache.join("programs") }
    }

    /// The static program of a package.
    ///
    /// # Errors
    /// Go is missing, or the package cannot be built.
    pub fn build(&self, package: &str) -> anyhow::Result<Vec<u8>> {
        std::fs::create_dir_all(&self.built)?;
        println!("building {package}");
        let path = self.built.join(package.replace('/', "-"));
        let output = path.to_string_lossy().into_owned();
        go(&["build", "-mod=readonly", "-trimpath", "-ldflags", "-s -w", "-o", &output, package])?;
        let program = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        std::fs::remove_file(&path)?;
        Ok(program)
    }

    /// A file of a module.
    ///
    /// # Errors
    /// Go is missing, or the module has no such file.
    pub fn file(&self, module: &str, file: &str) -> anyhow::Result<Vec<u8>> {
        go(&["mod", "download", module])?;
        let directory = go(&["list", "-m", "-f", "{{.Dir}}", module])?;
        let path = Path::new(directory.trim()).join(file);
        std::fs::read(&path).with_context(|| format!("read {}", path.display()))
    }
}

fn go(words: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("go")
        .args(words)
        .env("CGO_ENABLED", "0")
        .current_dir(super::directory().join("programs"))
        .output()
        .context("Go is not installed; it is needed for the test images")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "go {}: {}", words.join(" "), errors.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
