//! Writes the Rust side of the CRI wire contract: `cargo run -p corten-cri-codegen [-- --check]`.
//!
//! Reads `crates/container-interfaces/proto/cri-v1.proto`; needs no protoc.

use std::path::Path;

use anyhow::{Context, bail};

fn main() -> anyhow::Result<()> {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").context("started by cargo run")?;
    let root = Path::new(&own).join("../../crates/container-interfaces");
    let target = root.join("src/cri/v1.rs");
    let generated = generate(&root)?;
    if std::env::args().any(|argument| argument == "--check") {
        let committed = std::fs::read_to_string(&target).context("read the committed file")?;
        if committed != generated {
            bail!("{} differs from what codegen writes", target.display());
        }
        return Ok(());
    }
    std::fs::write(&target, generated).context("write the generated file")
}

fn generate(root: &Path) -> anyhow::Result<String> {
    let descriptors = protox::compile([root.join("proto/cri-v1.proto")], [root.join("proto")])?;
    let out = std::env::temp_dir().join(format!("corten-cri-codegen-{}", std::process::id()));
    std::fs::create_dir_all(&out)?;
    tonic_prost_build::configure()
        .build_transport(true)
        .btree_map(".")
        .disable_comments(["."])
        .out_dir(&out)
        .compile_fds(descriptors)?;
    let text = std::fs::read_to_string(out.join("runtime.v1.rs"))?;
    std::fs::remove_dir_all(&out)?;
    Ok(text)
}
