//! The generated files, before they are written or compared.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

const HEAD: &str = "Generated from `schema/` by `cargo run -p corten-codegen -- schema`; do not edit.";

/// Modules by name: files below `generated/`, listed in `generated.rs`.
#[derive(Default)]
pub struct Output {
    modules: BTreeMap<String, String>,
}

impl Output {
    /// Adds a module with this doc line and body.
    pub fn add(&mut self, module: &str, doc: &str, body: &str) {
        let text = format!("//! {doc}\n//!\n//! {HEAD}\n\n{body}");
        self.modules.insert(module.to_owned(), text);
    }

    fn files(&self) -> BTreeMap<String, String> {
        let mut index = format!("//! The schema table.\n//!\n//! {HEAD}\n\n");
        for module in self.modules.keys() {
            index.push_str(&format!("#[rustfmt::skip]\npub(crate) mod {module};\n"));
        }
        let mut files = BTreeMap::from([("generated.rs".to_owned(), index)]);
        for (module, text) in &self.modules {
            files.insert(format!("generated/{module}.rs"), text.clone());
        }
        files
    }

    /// Writes the files below `folder`; files of modules that are gone are removed.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder.join("generated"))?;
        for stale in self.stale(folder)? {
            fs::remove_file(folder.join(&stale)).with_context(|| format!("remove {stale}"))?;
        }
        for (name, text) in self.files() {
            fs::write(folder.join(&name), text).with_context(|| format!("write {name}"))?;
        }
        Ok(())
    }

    /// Fails when a file below `folder` differs from what would be written.
    pub fn check(&self, folder: &Path) -> anyhow::Result<()> {
        let mut wrong = self.stale(folder)?;
        for (name, text) in self.files() {
            if fs::read_to_string(folder.join(&name)).ok().as_ref() != Some(&text) {
                wrong.push(name);
            }
        }
        match wrong.is_empty() {
            true => Ok(()),
            false => bail!("not as generated: {}; run `cargo run -p corten-codegen -- schema`", wrong.join(", ")),
        }
    }

    fn stale(&self, folder: &Path) -> anyhow::Result<Vec<String>> {
        let known = self.files();
        let mut stale = Vec::new();
        let Ok(entries) = fs::read_dir(folder.join("generated")) else { return Ok(stale) };
        for entry in entries {
            let name = format!("generated/{}", entry?.file_name().to_string_lossy());
            if !known.contains_key(&name) {
                stale.push(name);
            }
        }
        Ok(stale)
    }
}
