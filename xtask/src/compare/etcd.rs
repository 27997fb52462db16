//! etcd, from its Go modules.

use std::path::PathBuf;

use crate::go;

/// The version that upstream's release is tested with.
const ETCD: &str = "v3.6.8";

/// Without symbols.
const FLAGS: &str = "-s -w";

const MAIN: &str = r#"package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
"#;

/// The etcd executable; built when absent.
pub fn etcd() -> anyhow::Result<PathBuf> {
    let cache = go::cache(FLAGS)?;
    let binary = cache.join(format!("etcd-{ETCD}"));
    if binary.exists() {
        return Ok(binary);
    }
    anyhow::ensure!(go::is_present(), "Go is not installed; it is needed to build etcd");
    let module = cache.join("module-etcd");
    std::fs::create_dir_all(&module)?;
    let text = format!("module corten.test/etcd\n\ngo 1.26\n\nrequire go.etcd.io/etcd/server/v3 {ETCD}\n");
    std::fs::write(module.join("go.mod"), text)?;
    std::fs::write(module.join("main.go"), MAIN)?;
    println!("building etcd {ETCD}");
    go::go(&module, &["mod", "tidy", "-e"])?;
    let unfinished = cache.join("etcd.new");
    go::go(&module, &["build", "-ldflags", FLAGS, "-o", &unfinished.to_string_lossy(), "."])?;
    std::fs::rename(&unfinished, &binary)?;
    Ok(binary)
}
