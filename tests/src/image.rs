//! The test image: `testapp` and a link in `/bin` for each of its commands, nothing else.

use std::path::Path;
use std::process::Command;

use anyhow::Context;
use container_runtime::images::archive::{self, NewImage};
use container_runtime::images::manifest::RunConfig;

/// Its name.
pub const NAME: &str = "registry.test/testapp:1";

/// The same files under a second tag, to roll a Deployment to.
pub const NEXT: &str = "registry.test/testapp:2";

/// The image as an OCI archive.
///
/// # Errors
/// The program cannot be read or run.
pub fn archive(testapp: &Path, name: &str) -> anyhow::Result<Vec<u8>> {
    let config = RunConfig {
        entrypoint: Some(vec!["/bin/testapp".into()]),
        cmd: Some(vec!["serve".into()]),
        env: Some(vec!["PATH=/bin".into()]),
        // Tells tags with equal files apart, so that each has an id of its own.
        labels: Some([("test.corten.name".to_owned(), name.to_owned())].into()),
        ..RunConfig::default()
    };
    let image = NewImage { name: name.into(), config, layers: vec![layer(testapp)?.into()] };
    let mut bytes = Vec::new();
    archive::write(&[image], &mut bytes).context("write the test image")?;
    Ok(bytes)
}

fn layer(testapp: &Path) -> anyhow::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    for directory in ["bin", "dev", "etc", "proc", "sys"] {
        tar.append_data(&mut header(tar::EntryType::Directory, 0o755), directory, std::io::empty())?;
    }
    tar.append_data(&mut header(tar::EntryType::Directory, 0o1777), "tmp", std::io::empty())?;
    let program = std::fs::read(testapp).with_context(|| format!("read {}", testapp.display()))?;
    let mut file = header(tar::EntryType::Regular, 0o755);
    file.set_size(program.len() as u64);
    tar.append_data(&mut file, "bin/testapp", &program[..])?;
    for command in commands(testapp)? {
        tar.append_link(&mut header(tar::EntryType::Symlink, 0o777), format!("bin/{command}"), "testapp")?;
    }
    Ok(tar.into_inner()?)
}

fn header(kind: tar::EntryType, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(0);
    header
}

/// Names of its commands, from its usage.
fn commands(testapp: &Path) -> anyhow::Result<Vec<String>> {
    let output = Command::new(testapp).output().with_context(|| format!("run {}", testapp.display()))?;
    let usage = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(usage.lines().filter_map(|line| line.split(' ').nth(1)).map(str::to_owned).collect())
}
