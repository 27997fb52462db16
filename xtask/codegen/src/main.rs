//! Writes committed code from the facts in `schema/`: `cargo run -p corten-codegen -- schema [--check]`.

mod facts;
mod output;
mod resources;
mod structs;

use std::path::PathBuf;

use anyhow::{Context, bail};

use facts::Facts;
use output::Output;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let is_check = match words[..] {
        ["schema"] => false,
        ["schema", "--check"] => true,
        _ => bail!("usage: corten-codegen schema [--check]"),
    };
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").context("started by cargo run")?).join("../..");
    let facts = Facts::read(&root.join("schema")).context("read schema/")?;
    let mut output = Output::default();
    structs::generate(&facts, &mut output)?;
    resources::generate(&facts, &mut output)?;
    let folder = root.join("crates/api/src");
    match is_check {
        true => output.check(&folder),
        false => output.write(&folder),
    }
}
