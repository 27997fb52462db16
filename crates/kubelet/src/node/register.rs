//! The Node as it is created, and an older one's labels brought up to date.

use std::collections::BTreeMap;

use bytes::Bytes;
use client::client::{Client, ClientError, PatchFormat};
use client::resources::NODES;
use serde_json::{Map, Value, json};

use super::machine::architecture;
use crate::config::Config;

/// The labels of a new Node.
pub fn labels(config: &Config) -> BTreeMap<String, String> {
    let fixed = [
        ("beta.kubernetes.io/arch", architecture()),
        ("beta.kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", architecture()),
        ("kubernetes.io/hostname", config.hostname.as_str()),
        ("kubernetes.io/os", "linux"),
    ];
    let fixed = fixed.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    fixed.chain(config.node_labels.clone()).collect()
}

/// A new Node.
pub fn node(config: &Config, status: Map<String, Value>) -> Value {
    let taints =
        config.taints.iter().map(|taint| json!({"key": taint.key, "value": taint.value, "effect": taint.effect}));
    let mut spec = Map::new();
    if !config.taints.is_empty() {
        spec.insert("taints".into(), taints.collect());
    }
    json!({
        "kind": "Node",
        "apiVersion": "v1",
        "metadata": {
            "name": config.node_name,
            "labels": labels(config),
            "annotations": {"volumes.kubernetes.io/controller-managed-attach-detach": "true"},
        },
        "spec": spec,
        "status": status,
    })
}

/// Creates the Node, or corrects the labels of the one that is there; its UID.
pub async fn register(client: &Client, name: &str, node: &Value) -> Result<String, ClientError> {
    let bytes = match client.create(NODES, "", Bytes::from(node.to_string())).await {
        Err(error) if error.is_already_exists() => {
            let found = client.get(NODES, "", name).await?;
            correct_labels(client, name, node, &found).await?;
            found
        }
        other => other?,
    };
    let tree: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    Ok(tree["metadata"]["uid"].as_str().unwrap_or("").to_owned())
}

async fn correct_labels(client: &Client, name: &str, node: &Value, found: &[u8]) -> Result<(), ClientError> {
    let found: Value = serde_json::from_slice(found).unwrap_or_default();
    let wanted = node["metadata"]["labels"].as_object().cloned().unwrap_or_default();
    let wrong: Map<_, _> =
        wanted.into_iter().filter(|(label, value)| found["metadata"]["labels"].get(label) != Some(value)).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let patch = json!({"metadata": {"labels": wrong}}).to_string();
    client.patch(NODES, "", name, "", PatchFormat::Strategic, Bytes::from(patch)).await.map(drop)
}
