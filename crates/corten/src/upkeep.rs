//! What changes under a running server: certificates that end, and the node's address. Nothing restarts.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use apiserver::ApiServer;
use controller_manager::LiveAddress;
use network::monitor::AddressMonitor;
use streaming::tls::ServingCertificate;
use tokio::sync::watch;

use crate::config::Config;
use crate::keys::Keys;
use crate::{address, server};

/// Longest sleep before the clock is read again: it may have been set, or the machine suspended.
const CLOCK_LOOK: Duration = Duration::from_secs(3_600);

/// Pause after something could not be renewed, such as on a full disk.
const RETRY_PAUSE: Duration = Duration::from_secs(10);

/// The parts of a server that take new certificates and addresses while they run.
pub struct Upkeep {
    /// Settings.
    pub config: Config,
    /// What was handed out last.
    pub keys: Keys,
    /// The node's address of now.
    pub node_ip: IpAddr,
    /// The API server.
    pub api: Arc<ApiServer>,
    /// Its serving certificate.
    pub api_certificate: Arc<ServingCertificate>,
    /// The kubelet's serving certificate.
    pub kubelet_certificate: Arc<ServingCertificate>,
    /// The kubelet's addresses.
    pub node_addresses: watch::Sender<Vec<String>>,
    /// What controllers publish.
    pub advertised: LiveAddress,
}

impl Upkeep {
    /// Keeps everything fresh until dropped.
    pub async fn run(mut self) {
        let monitor = match AddressMonitor::open() {
            Ok(monitor) => Some(monitor),
            Err(error) => {
                tracing::warn!(%error, "a change of the node's address will not be seen");
                None
            }
        };
        let mut retry = None;
        loop {
            let sleep = retry.unwrap_or_else(|| until(self.keys.renew_at()).min(CLOCK_LOOK));
            tokio::select! {
                () = tokio::time::sleep(sleep) => {}
                () = changed(monitor.as_ref()) => {}
            }
            retry = match self.refresh().await {
                Ok(()) => None,
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "renew certificates or addresses");
                    Some(RETRY_PAUSE)
                }
            };
        }
    }

    /// Reads address and keys again, and hands out what is new.
    async fn refresh(&mut self) -> anyhow::Result<()> {
        // An address that is gone for a moment is followed by another one soon.
        let node_ip = address::of_node(&self.config).unwrap_or(self.node_ip);
        let keys = Keys::open(&self.config, node_ip)?;
        self.hand_out(&keys)?;
        self.keys = keys;
        if node_ip != self.node_ip {
            tracing::info!(before = %self.node_ip, now = %node_ip, "the node has another address");
            self.advertised.set(node_ip);
            self.node_addresses.send_replace(vec![node_ip.to_string()]);
            self.api.advertise(node_ip).await.context("publish the address")?;
            self.node_ip = node_ip;
        }
        Ok(())
    }

    fn hand_out(&self, keys: &Keys) -> anyhow::Result<()> {
        let serving = [
            ("API server", &self.api_certificate, &keys.api, &self.keys.api),
            ("kubelet", &self.kubelet_certificate, &keys.kubelet, &self.keys.kubelet),
        ];
        for (name, certificate, now, before) in serving {
            if now.certificate_pem != before.certificate_pem {
                tracing::info!(server = name, "serving a new certificate");
                certificate.replace(now.certificate_pem.as_bytes(), now.key_pem.as_bytes())?;
            }
        }
        if keys.kubelet_client.certificate_pem != self.keys.kubelet_client.certificate_pem {
            self.api.renew_kubelet_client(&keys.kubelet_client_config())?;
        }
        if keys.front_proxy.certificate_pem != self.keys.front_proxy.certificate_pem {
            self.api.renew_front_proxy(keys.front_proxy_config());
        }
        // Written only when it differs.
        server::write_kubeconfig(&self.config, keys)
    }
}

/// Time until a moment in seconds since the epoch.
fn until(seconds: i64) -> Duration {
    let left = seconds.saturating_sub(jiff::Timestamp::now().as_second());
    Duration::from_secs(u64::try_from(left).unwrap_or(0))
}

async fn changed(monitor: Option<&AddressMonitor>) {
    let Some(monitor) = monitor else { return std::future::pending().await };
    if let Err(error) = monitor.changed().await {
        tracing::warn!(%error, "watch the node's addresses");
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}
