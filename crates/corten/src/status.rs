//! `corten status`: what runs, and how it is.

use apimachinery::json;
use client::resources;

use crate::config::Config;
use crate::{connection, supervision, up};

/// Prints it; an error when the server does not answer.
pub fn run(config: &Config) -> anyhow::Result<()> {
    match supervision::find(config) {
        Some(running) => println!("supervisor:  {}", running.describe()),
        None => println!("supervisor:  not running"),
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = connection::admin_client(config)?;
        let pods = client.list(resources::PODS, "", "").await;
        let pods = pods.map_err(|error| anyhow::anyhow!("the API server does not answer: {error}"))?;
        println!("API server:  answers on port {}", config.api_port);
        if let Ok(node) = client.get(resources::NODES, "", &config.node_name).await {
            println!(
                "node:        {} is {}",
                config.node_name,
                if up::is_ready(&node) { "Ready" } else { "not Ready" }
            );
        }
        let pods = json::parse(&pods).map_err(anyhow::Error::msg)?;
        let running =
            pods.items_at(&["items"]).iter().filter(|pod| pod.str_at(&["status", "phase"]) == "Running").count();
        println!("Pods:        {running} of {} running", pods.items_at(&["items"]).len());
        println!("kubeconfig:  {}", config.admin_kubeconfig().display());
        Ok(())
    })
}
