//! A node without a kernel: every Pod that is bound to it runs and is ready at once, and ends when it is deleted.

use apimachinery::value::Value;
use apimachinery::{json, tree};
use bytes::Bytes;
use client::client::{Client, DeleteOptions, PatchFormat};
use client::resources::{NODES, PODS};
use client::watch::WatchStream;
use tokio::task::JoinHandle;

use crate::cluster::parse;

const NAME: &str = "hollow";

/// Registers the node and starts its loop.
pub(crate) async fn start(client: Client) -> JoinHandle<()> {
    let node = tree!({ "kind": "Node", "apiVersion": "v1", "metadata": { "name": NAME } });
    client.create(NODES, "", body(&node)).await.expect("a node is created");
    let capacity = tree!({ "cpu": "64", "memory": "64Gi", "pods": "500" });
    let ready = tree!([{ "type": "Ready", "status": "True", "reason": "KubeletReady" }]);
    let status =
        tree!({ "status": { "capacity": (capacity.clone()), "allocatable": (capacity), "conditions": (ready) } });
    client.patch(NODES, "", NAME, "status", PatchFormat::Strategic, body(&status)).await.expect("it has a status");
    tokio::spawn(run(client))
}

async fn run(client: Client) {
    let path = format!("{}?watch=true&fieldSelector=spec.nodeName%3D{NAME}", PODS.collection_path(""));
    let mut addresses = 0_u32;
    loop {
        let Ok(mut stream) = WatchStream::open(&client, &path).await else { return };
        while let Some(Ok(frame)) = stream.next().await {
            if frame.event_type.as_str() != "DELETED" {
                step(&client, &parse(&frame.object.to_json()), &mut addresses).await;
            }
        }
    }
}

/// What a kubelet would come to; refusals mean that the Pod has changed, which is the next event.
async fn step(client: &Client, pod: &Value, addresses: &mut u32) {
    let (namespace, name) = (pod.str_at(&["metadata", "namespace"]), pod.str_at(&["metadata", "name"]));
    if !pod.str_at(&["metadata", "deletionTimestamp"]).is_empty() {
        let options = DeleteOptions {
            grace_period_seconds: Some(0),
            uid: Some(pod.str_at(&["metadata", "uid"]).to_owned()),
            ..DeleteOptions::default()
        };
        let _ = client.delete(PODS, namespace, name, &options).await;
    } else if pod.str_at(&["status", "phase"]) == "Pending" {
        *addresses += 1;
        let address = format!("10.244.{}.{}", *addresses / 256, *addresses % 256);
        let conditions = tree!([
            { "type": "Ready", "status": "True" },
            { "type": "ContainersReady", "status": "True" }
        ]);
        let status = tree!({ "status": {
            "phase": "Running", "podIP": (address.clone()), "podIPs": [{ "ip": (address) }], "conditions": (conditions)
        } });
        let _ = client.patch(PODS, namespace, name, "status", PatchFormat::Strategic, body(&status)).await;
    }
}

fn body(value: &Value) -> Bytes {
    Bytes::from(json::to_vec(value))
}
