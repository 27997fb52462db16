//! The images of the conformance suite, assembled without a registry.
//!
//! Each `conformance/images/*.recipe` becomes one OCI archive with one image or several that share a layer. What
//! goes in: programs of Go modules, files of Debian packages, busybox and own programs linked with musl. Nothing is
//! installed on the machine; everything is kept in a cache and used again.

mod assemble;
mod debian;
mod programs;
mod recipe;
mod toolchain;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use container_runtime::images::archive;
use container_runtime::images::digest::Digest;

use assemble::Sources;
use recipe::Recipe;

/// Raised when equal recipes are to give other archives.
const FORMAT: &str = "1";

/// Hex digits of a recipe's digest in its archive's name.
const STAMP_DIGITS: usize = 16;

/// The images as OCI archives under upstream's names and tags; those whose recipe did not change come from the cache.
///
/// # Errors
/// A missing tool (Go, apt, gcc, make), a package or module that cannot be fetched, or a recipe that is wrong.
pub fn archives(cache: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let built = cache.join("archives");
    std::fs::create_dir_all(&built).with_context(|| format!("create {}", built.display()))?;
    let sources = Sources::new(cache);
    recipes()?.iter().map(|path| archive_of(path, &built, &sources)).collect()
}

/// Builds the images and prints their archives with sizes.
///
/// # Errors
/// As [`archives`].
pub fn run() -> anyhow::Result<()> {
    for path in archives(&cache()?)? {
        let bytes = std::fs::metadata(&path)?.len();
        println!("{:>5} MB  {}", bytes.div_ceil(1_000_000), path.display());
    }
    Ok(())
}

/// Where [`run`] keeps archives and what they are made of.
///
/// # Errors
/// There is no home directory.
pub fn cache() -> anyhow::Result<PathBuf> {
    let home = std::env::var_os("HOME").context("HOME is not set")?;
    Ok(Path::new(&home).join(".cache/corten/images"))
}

/// The directory of recipes and of the files that they name.
fn directory() -> PathBuf {
    crate::root().join("conformance/images")
}

fn recipes() -> anyhow::Result<Vec<PathBuf>> {
    let directory = directory();
    let entries = std::fs::read_dir(&directory).with_context(|| format!("read {}", directory.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    let mut recipes: Vec<_> =
        paths.into_iter().filter(|path| path.extension().is_some_and(|e| e == "recipe")).collect();
    recipes.sort();
    Ok(recipes)
}

fn archive_of(path: &Path, built: &Path, sources: &Sources) -> anyhow::Result<PathBuf> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let recipe = Recipe::parse(&text).with_context(|| format!("read {}", path.display()))?;
    let archive = built.join(format!("{name}-{}.tar", stamp(&recipe, &text)?));
    if archive.exists() {
        return Ok(archive);
    }
    let started = Instant::now();
    let images = assemble::assemble(&recipe, sources).with_context(|| format!("assemble {name}"))?;
    let unfinished = built.join(format!("{name}.unfinished"));
    let file = std::fs::File::create(&unfinished).with_context(|| format!("create {}", unfinished.display()))?;
    archive::write(&images, std::io::BufWriter::new(file))
        .with_context(|| format!("write {}", unfinished.display()))?;
    remove_older(built, &name)?;
    std::fs::rename(&unfinished, &archive)?;
    for image in &images {
        println!("assembled {} in {:.1} s", image.name, started.elapsed().as_secs_f32());
    }
    Ok(archive)
}

/// Names everything that decides the archive's contents and is in the repository.
fn stamp(recipe: &Recipe, text: &str) -> anyhow::Result<String> {
    let mut material = format!("{FORMAT}\n{text}").into_bytes();
    for file in recipe.files() {
        let path = directory().join(file);
        material.extend(std::fs::read(&path).with_context(|| format!("read {}", path.display()))?);
    }
    Ok(Digest::of(&material).hex()[..STAMP_DIGITS].to_owned())
}

/// Removes the archives of earlier versions of a recipe.
fn remove_older(built: &Path, name: &str) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(built)? {
        let path = entry?.path();
        let stem = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let stamp = stem.strip_prefix(name).and_then(|rest| rest.strip_prefix('-')?.strip_suffix(".tar"));
        if stamp.is_some_and(|stamp| stamp.len() == STAMP_DIGITS) {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_can_be_read_and_no_name_is_made_twice() {
        let mut names = std::collections::BTreeSet::new();
        for path in recipes().expect("list recipes") {
            let text = std::fs::read_to_string(&path).expect("read");
            let recipe = Recipe::parse(&text).unwrap_or_else(|error| panic!("{}: {error:#}", path.display()));
            stamp(&recipe, &text).expect("its files are there");
            for image in &recipe.images {
                assert!(names.insert(image.name.clone()), "{} is made twice", image.name);
            }
        }
        assert!(names.contains("registry.k8s.io/pause:3.10.2"), "{names:?}");
    }
}
