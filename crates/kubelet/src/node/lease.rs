//! The node's lease in `kube-node-lease`, by which others know that it lives.

use std::time::Duration;

use bytes::Bytes;
use client::client::{Client, ClientError, PatchFormat};
use client::resources::LEASES;
use serde_json::{Value, json};

use crate::config::Config;

const NAMESPACE: &str = "kube-node-lease";
/// Renewals per life.
const RENEWALS: u32 = 4;
/// Wait after a failed attempt.
const RETRY: Duration = Duration::from_millis(200);

/// Renews the lease for ever.
pub async fn keep(client: Client, config: Config, node_uid: String) {
    let mut is_known = false;
    loop {
        let result = match is_known {
            true => renew(&client, &config).await,
            false => create(&client, &config, &node_uid).await,
        };
        let pause = match result {
            Ok(()) => {
                is_known = true;
                config.lease_duration / RENEWALS
            }
            Err(error) => {
                is_known = is_known && !error.is_not_found();
                tracing::debug!(%error, "node lease");
                RETRY
            }
        };
        tokio::time::sleep(pause).await;
    }
}

async fn create(client: &Client, config: &Config, node_uid: &str) -> Result<(), ClientError> {
    let name = &config.node_name;
    let mut lease = spec(config);
    lease["kind"] = json!("Lease");
    lease["apiVersion"] = json!("coordination.k8s.io/v1");
    lease["metadata"] = json!({
        "name": name,
        "namespace": NAMESPACE,
        "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": name, "uid": node_uid}],
    });
    match client.create(LEASES, NAMESPACE, Bytes::from(lease.to_string())).await {
        Err(error) if error.is_already_exists() => renew(client, config).await,
        other => other.map(drop),
    }
}

async fn renew(client: &Client, config: &Config) -> Result<(), ClientError> {
    let body = Bytes::from(spec(config).to_string());
    client.patch(LEASES, NAMESPACE, &config.node_name, "", PatchFormat::Merge, body).await.map(drop)
}

fn spec(config: &Config) -> Value {
    json!({"spec": {
        "holderIdentity": config.node_name,
        "leaseDurationSeconds": config.lease_duration.as_secs(),
        "renewTime": client::clock::now().micros_text(),
    }})
}
