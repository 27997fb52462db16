//! The command line's way to a running server: the administrator's kubeconfig.

use std::sync::Arc;

use anyhow::Context;
use client::client::Client;
use client::tls::TlsTransport;

use crate::config::Config;

/// A client with the administrator's certificate.
pub fn admin_client(config: &Config) -> anyhow::Result<Client> {
    let path = config.admin_kubeconfig();
    let text = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
    let options = client::kubeconfig::connection(&text, None, &config.config_dir).context("read the kubeconfig")?;
    let transport = TlsTransport::new(&options).context("read the kubeconfig")?;
    Ok(Client::new(Arc::new(transport), "corten-cli"))
}
