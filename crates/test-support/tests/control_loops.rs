//! How the control loops work together, through the API only.

use apimachinery::value::Value;
use client::resources::{DEPLOYMENTS, ENDPOINT_SLICES, NAMESPACES, PODS, REPLICA_SETS, SERVICE_ACCOUNTS, SERVICES};
use corten_test_support::InProcessCluster;

fn deployment(image: &str, replicas: usize) -> String {
    format!(
        "
kind: Deployment
apiVersion: apps/v1
metadata: {{name: web}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: main, image: '{image}', ports: [{{containerPort: 80}}]}}]}}
"
    )
}

async fn start_in(namespace: &str) -> InProcessCluster {
    let cluster = InProcessCluster::start().await;
    let text = format!("kind: Namespace\napiVersion: v1\nmetadata: {{name: {namespace}}}");
    cluster.create(NAMESPACES, "", &text).await.expect("it is created");
    cluster.wait(SERVICE_ACCOUNTS, namespace, "default", |_| true).await;
    cluster
}

fn is_rolled_out(it: &Value) -> bool {
    let count = |field: &str| it.i64_at(&["status", field]).unwrap_or(0);
    let wanted = it.i64_at(&["spec", "replicas"]).unwrap_or(1);
    it.i64_at(&["status", "observedGeneration"]) == it.i64_at(&["metadata", "generation"])
        && ["replicas", "updatedReplicas", "availableReplicas"].iter().all(|field| count(field) == wanted)
}

fn images(pods: &[Value]) -> Vec<&str> {
    let live = pods.iter().filter(|pod| pod.str_at(&["metadata", "deletionTimestamp"]).is_empty());
    live.map(|pod| pod.items_at(&["spec", "containers"])[0].str_at(&["image"])).collect()
}

#[tokio::test]
async fn a_deployment_rolls_and_its_service_follows() {
    let cluster = start_in("roll").await;
    let service =
        "{kind: Service, apiVersion: v1, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}";
    cluster.create(SERVICES, "roll", service).await.expect("it is created");
    cluster.create(DEPLOYMENTS, "roll", &deployment("a:1", 4)).await.expect("it is created");
    cluster.wait(DEPLOYMENTS, "roll", "web", is_rolled_out).await;
    let template = "{spec: {template: {spec: {containers: [{name: main, image: 'a:2'}]}}}}";
    cluster.patch(DEPLOYMENTS, "roll", "web", template).await.expect("it is patched");
    cluster.wait(DEPLOYMENTS, "roll", "web", is_rolled_out).await;
    assert_eq!(images(&cluster.list(PODS, "roll").await), ["a:2"; 4]);
    assert_eq!(cluster.list(REPLICA_SETS, "roll").await.len(), 2, "the old one is kept as history");

    let slice = cluster.list(ENDPOINT_SLICES, "roll").await.remove(0);
    let name = slice.str_at(&["metadata", "name"]).to_owned();
    let is_settled = |slice: &Value| {
        let endpoints = slice.items_at(&["endpoints"]);
        endpoints.len() == 4 && endpoints.iter().all(|it| it.bool_at(&["conditions", "ready"]))
    };
    cluster.wait(ENDPOINT_SLICES, "roll", &name, is_settled).await;
}

#[tokio::test]
async fn the_garbage_collector_removes_dependents_and_leaves_orphans() {
    let cluster = start_in("garbage").await;
    cluster.create(DEPLOYMENTS, "garbage", &deployment("a:1", 2)).await.expect("it is created");
    cluster.wait(DEPLOYMENTS, "garbage", "web", is_rolled_out).await;
    let set = cluster.list(REPLICA_SETS, "garbage").await.remove(0).str_at(&["metadata", "name"]).to_owned();

    cluster.delete(DEPLOYMENTS, "garbage", "web", "Orphan").await.expect("it is deleted");
    cluster.wait_gone(DEPLOYMENTS, "garbage", "web").await;
    let orphan = cluster
        .wait(REPLICA_SETS, "garbage", &set, |it| it.items_at(&["metadata", "ownerReferences"]).is_empty())
        .await;
    assert_eq!(orphan.i64_at(&["status", "replicas"]), Some(2));

    cluster.delete(REPLICA_SETS, "garbage", &set, "Foreground").await.expect("it is deleted");
    cluster.wait_gone(REPLICA_SETS, "garbage", &set).await;
    assert!(cluster.list(PODS, "garbage").await.is_empty(), "foreground waits for the dependents");
}

#[tokio::test]
async fn a_deleted_namespace_takes_everything_with_it() {
    let cluster = start_in("ending").await;
    cluster.create(DEPLOYMENTS, "ending", &deployment("a:1", 3)).await.expect("it is created");
    cluster.wait(DEPLOYMENTS, "ending", "web", is_rolled_out).await;
    cluster.delete(NAMESPACES, "", "ending", "Background").await.expect("it is deleted");
    cluster.wait_gone(NAMESPACES, "", "ending").await;
    assert!(cluster.list(PODS, "ending").await.is_empty());
    let refused = cluster.create(DEPLOYMENTS, "ending", &deployment("a:1", 1)).await.expect_err("there is no place");
    assert!(refused.is_not_found(), "{refused}");
}
