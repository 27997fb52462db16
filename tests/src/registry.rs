//! Corten's own registry as the peer of pull tests: plain HTTP on the node's loopback, with or without a password.

use std::sync::Arc;

use anyhow::Context;
use container_runtime::images::archive;
use container_runtime::images::registry_server::RegistryServer;
use container_runtime::images::store::ImageStore;
use tokio::net::TcpListener;

use crate::cluster::Cluster;
use crate::{image, outer, programs};

/// Serves one image as `127.0.0.1:PORT/REPOSITORY:TAG` inside the cluster until the cluster ends.
///
/// `login` is `user:password` that clients must give; nobody needs one when it is empty.
///
/// # Errors
/// A port that is taken, or an image that cannot be made.
pub fn serve(cluster: &Cluster, port: u16, name: &str, login: &str) -> anyhow::Result<()> {
    let directory = cluster.path(&format!("{}/registry-{port}", outer::INSIDE));
    let store = ImageStore::open(&directory).map_err(|error| anyhow::anyhow!("{error}"))?;
    let archive = image::archive(&programs::testapp()?, &format!("127.0.0.1:{port}/{name}"))?;
    archive::import(&store, &archive[..]).map_err(|error| anyhow::anyhow!("{error}"))?;
    let server = Arc::new(RegistryServer::new(Arc::new(store), login));
    let listener = cluster.thread().run(async move { TcpListener::bind(("127.0.0.1", port)).await });
    cluster.thread().spawn(server.serve(listener.context("listen")?));
    Ok(())
}
