//! `corten registry`: serves the images of archives to clients that pull.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use container_runtime::images::archive;
use container_runtime::images::registry_server::RegistryServer;
use container_runtime::images::store::ImageStore;
use tokio::net::TcpListener;

/// What it serves, and where.
#[derive(Args)]
pub struct RegistryArguments {
    /// Archives of images (OCI or Docker; plain, gzip or zstd)
    #[arg(required = true)]
    archives: Vec<PathBuf>,
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:5000")]
    listen: SocketAddr,
}

/// Imports the archives into a directory of its own and serves them over plain HTTP until SIGTERM or SIGINT.
///
/// An image is found by its repository and tag whatever registry its name has, as a mirror is asked.
pub fn run(arguments: &RegistryArguments) -> anyhow::Result<()> {
    let directory = std::env::temp_dir().join(format!("corten-registry-{}", std::process::id()));
    let served = serve(&directory, arguments);
    let _ = std::fs::remove_dir_all(&directory);
    served
}

fn serve(directory: &Path, arguments: &RegistryArguments) -> anyhow::Result<()> {
    let store = Arc::new(ImageStore::open(directory).context("open the registry's store")?);
    for path in &arguments.archives {
        let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
        let records = archive::import(&store, file).with_context(|| format!("import {}", path.display()))?;
        records.iter().flat_map(|record| &record.tags).for_each(|tag| println!("{tag}"));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(arguments.listen).await.context("listen")?;
        println!("serving on http://{}", listener.local_addr()?);
        tokio::select! {
            () = Arc::new(RegistryServer::new(store, "")).serve(listener) => Ok(()),
            stopped = crate::server::wait_for_stop() => stopped,
        }
    })
}
