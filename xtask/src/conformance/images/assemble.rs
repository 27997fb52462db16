//! Carries out a recipe's steps.

use std::cell::OnceCell;
use std::path::Path;

use anyhow::Context;
use container_runtime::images::archive::NewImage;
use container_runtime::images::layer::Layer;

use super::debian::Packages;
use super::programs::Programs;
use super::recipe::{Image, Recipe, Step};
use super::toolchain::Toolchain;

/// Parts of packages that no image needs.
const UNWANTED: [&str; 11] = [
    "etc/init.d",
    "lib/systemd",
    "usr/lib/systemd",
    "usr/share/bash-completion",
    "usr/share/doc",
    "usr/share/info",
    "usr/share/lintian",
    "usr/share/locale",
    "usr/share/man",
    "usr/share/menu",
    "usr/share/zsh",
];

/// Where commands of an image are.
const COMMANDS: [&str; 6] = ["usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin"];

/// Where files of the steps come from.
pub struct Sources {
    packages: Packages,
    programs: Programs,
    toolchain: Toolchain,
    busybox: OnceCell<Busybox>,
}

struct Busybox {
    program: Vec<u8>,
    applets: Vec<String>,
}

impl Sources {
    /// Everything fetched and built is kept below `cache`.
    pub fn new(cache: &Path) -> Self {
        Sources {
            packages: Packages::new(cache),
            programs: Programs::new(cache),
            toolchain: Toolchain::new(cache),
            busybox: OnceCell::new(),
        }
    }

    fn busybox(&self) -> anyhow::Result<&Busybox> {
        if self.busybox.get().is_none() {
            let path = self.toolchain.busybox(&self.packages)?;
            let program = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
            let listed = std::process::Command::new(&path).arg("--list").output().context("list busybox's applets")?;
            let applets = String::from_utf8_lossy(&listed.stdout).lines().map(str::to_owned).collect();
            return Ok(self.busybox.get_or_init(|| Busybox { program, applets }));
        }
        Ok(self.busybox.get().expect("it was found above"))
    }
}

/// The images of a recipe.
///
/// # Errors
/// A step that cannot be carried out.
pub fn assemble(recipe: &Recipe, sources: &Sources) -> anyhow::Result<Vec<NewImage>> {
    let mut base = Layer::default();
    carry_out(&recipe.base, &mut base, sources)?;
    let base = (!base.is_empty()).then(|| base.pack()).transpose()?;
    let image = |image: &Image| {
        let mut own = Layer::default();
        carry_out(&image.steps, &mut own, sources)?;
        let own = (!own.is_empty()).then(|| own.pack()).transpose()?;
        let layers = base.iter().cloned().chain(own).collect();
        Ok(NewImage { name: image.name.clone(), config: image.config.clone(), layers })
    };
    recipe.images.iter().map(image).collect()
}

fn carry_out(steps: &[Step], layer: &mut Layer, sources: &Sources) -> anyhow::Result<()> {
    steps.iter().try_for_each(|step| add(step, layer, sources).with_context(|| format!("{step:?}")))
}

fn add(step: &Step, layer: &mut Layer, sources: &Sources) -> anyhow::Result<()> {
    match step {
        Step::Debian(names) => sources.packages.files(names, &mut |tar| Ok(layer.add_tar(tar, &is_wanted)?))?,
        Step::Program(package, path) => layer.add_file(path, 0o755, sources.programs.build(package)?),
        Step::Module(module, file, path) => layer.add_file(path, 0o644, sources.programs.file(module, file)?),
        Step::Compile(source, path) => {
            let program = sources.toolchain.compile(&super::directory().join(source), &sources.packages)?;
            layer.add_file(path, 0o755, program);
        }
        Step::Busybox(directory) => add_busybox(directory, layer, sources.busybox()?),
        Step::Copy(file, path) => {
            let file = super::directory().join(file);
            layer.add_file(path, 0o644, std::fs::read(&file).with_context(|| format!("read {}", file.display()))?);
        }
        Step::Link(path, target) => layer.add_link(path, target),
        Step::Directory(path, mode) => layer.add_directory(path, *mode),
        Step::Mode(path, mode) => layer.set_mode(path, *mode)?,
        Step::Owner(path, uid, gid) => layer.set_owner(path, *uid, *gid)?,
    }
    Ok(())
}

fn add_busybox(directory: &str, layer: &mut Layer, busybox: &Busybox) {
    layer.add_file(&format!("{directory}/busybox"), 0o755, busybox.program.clone());
    for applet in &busybox.applets {
        if !COMMANDS.iter().any(|commands| layer.contains(&format!("{commands}/{applet}"))) {
            layer.add_link(&format!("{directory}/{applet}"), "busybox");
        }
    }
}

fn is_wanted(path: &str) -> bool {
    let below = |part: &&str| path.strip_prefix(*part).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    // Character sets of glibc: eight megabytes that only iconv reads.
    !UNWANTED.iter().any(below) && !path.ends_with("/gconv") && !path.contains("/gconv/")
}

#[cfg(test)]
mod tests {
    #[test]
    fn documentation_is_left_out_and_its_namesakes_are_not() {
        let kept = ["usr/share/doc", "usr/share/doc/libc6/copyright", "usr/share/docker", "usr/lib/x/gconv/UTF-16.so"];
        assert_eq!(kept.map(super::is_wanted), [false, false, true, false]);
    }
}
