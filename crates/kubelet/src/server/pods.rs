//! `/pods`: the node's Pods with their present statuses.

use api::k8s_openapi::api::core::v1::Pod;
use http::Response;
use serde_json::{Value, json};
use streaming::serve::Body;

use super::Server;

impl Server {
    pub(super) async fn list_pods(&self) -> Response<Body> {
        let items: Vec<Value> = self
            .all_pods()
            .await
            .into_iter()
            .map(|snapshot| {
                let pod = Pod { status: Some(snapshot.status), ..(*snapshot.pod).clone() };
                let mut item: Value = serde_json::from_slice(&api::typed::pod_json(&pod)).unwrap_or_default();
                if let Some(map) = item.as_object_mut() {
                    map.remove("kind");
                    map.remove("apiVersion");
                }
                item
            })
            .collect();
        super::json(&json!({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items}))
    }
}
