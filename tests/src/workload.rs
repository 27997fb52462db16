//! Workloads that several tests use: a web server of some replicas behind a Service, and commands that run to their
//! end in a Pod.

use std::time::Duration;

use apimachinery::value::Value;

use crate::api::Api;
use crate::cluster::Cluster;
use crate::process::{self, ProcessId};

/// Patience with Pods that start or end.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Makes a namespace and waits until Pods can be made in it.
///
/// # Panics
/// When that takes longer than [`PATIENCE`].
pub fn namespace(api: &Api, name: &str) {
    let text = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}");
    api.create("", &text).expect("the namespace is created");
    api.wait(&format!("/api/v1/namespaces/{name}/serviceaccounts/default"), PATIENCE, |_| true);
}

/// A Deployment of `replicas` web servers and a Service of the same name on port 80. They drain on SIGTERM.
pub fn web(name: &str, replicas: usize) -> String {
    format!(
        "
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
      - name: web
        image: registry.test/testapp:1
        ports: [{{containerPort: 8080}}]
        readinessProbe: {{httpGet: {{path: /healthz, port: 8080}}, periodSeconds: 1}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: {name}}}
  ports: [{{name: http, port: 80, targetPort: 8080}}]
"
    )
}

/// Path of a Deployment.
pub fn deployment_path(namespace: &str, name: &str) -> String {
    format!("/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
}

/// Path of a Pod.
pub fn pod_path(namespace: &str, name: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/pods/{name}")
}

/// Waits until a Deployment's newest template runs with all its replicas, and with no other.
#[track_caller]
pub fn wait_rolled_out(api: &Api, namespace: &str, name: &str) -> Value {
    api.wait(&deployment_path(namespace, name), PATIENCE, |it| {
        let count = |field: &str| it.i64_at(&["status", field]).unwrap_or(0);
        let wanted = it.i64_at(&["spec", "replicas"]).unwrap_or(1);
        it.i64_at(&["status", "observedGeneration"]) == it.i64_at(&["metadata", "generation"])
            && ["replicas", "updatedReplicas", "availableReplicas"].iter().all(|field| count(field) == wanted)
    })
}

/// The text of a Pod with one container of the test image, which is not started again.
pub fn command_pod(name: &str, arguments: &[&str]) -> String {
    image_pod(name, "registry.test/testapp:1", arguments)
}

/// The same of any image.
pub fn image_pod(name: &str, image: &str, arguments: &[&str]) -> String {
    let arguments: Vec<String> = arguments.iter().map(|word| format!("{word:?}")).collect();
    format!(
        "
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  containers: [{{name: main, image: '{image}', args: [{}]}}]
",
        arguments.join(", ")
    )
}

/// Runs a command of the test image in a Pod until it ends; returns its exit code and log. The Pod is deleted.
#[track_caller]
pub fn run_to_end(api: &Api, namespace: &str, name: &str, arguments: &[&str]) -> (i64, String) {
    api.create(namespace, &command_pod(name, arguments)).expect("the Pod is created");
    finish(api, namespace, name)
}

/// Waits for the end of a Pod that was made from [`command_pod`]; returns its exit code and log. The Pod is deleted.
#[track_caller]
pub fn finish(api: &Api, namespace: &str, name: &str) -> (i64, String) {
    let path = pod_path(namespace, name);
    let ended = api.wait(&path, PATIENCE, |pod| matches!(pod.str_at(&["status", "phase"]), "Succeeded" | "Failed"));
    let log = api.log(namespace, name, "").expect("it has a log");
    api.delete(&path).expect("it is deleted");
    let status = ended.items_at(&["status", "containerStatuses"]).first().cloned().unwrap_or_default();
    (status.i64_at(&["state", "terminated", "exitCode"]).unwrap_or(-1), log)
}

/// Whether a Pod's Ready condition is true.
pub fn is_ready(pod: &Value) -> bool {
    let conditions = pod.items_at(&["status", "conditions"]);
    conditions.iter().any(|it| it.str_at(&["type"]) == "Ready" && it.str_at(&["status"]) == "True")
}

/// Pods with a label `app` that are not being deleted, sorted by name.
pub fn pods(api: &Api, namespace: &str, app: &str) -> Vec<Value> {
    let list = api.expect(&format!("/api/v1/namespaces/{namespace}/pods?labelSelector=app%3D{app}"));
    let mut pods = list.items_at(&["items"]).to_vec();
    pods.retain(|pod| pod.str_at(&["metadata", "deletionTimestamp"]).is_empty());
    pods.sort_by(|a, b| a.str_at(&["metadata", "name"]).cmp(b.str_at(&["metadata", "name"])));
    pods
}

/// Processes of a Pod's containers with this command, from the cgroups that they are in.
pub fn container_processes(cluster: &Cluster, pod: &Value, command: &str) -> Vec<ProcessId> {
    let uid = pod.str_at(&["metadata", "uid"]).to_owned();
    let is_of_pod = |pid: &i32| {
        let cgroups = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        let words = process::command_line(*pid);
        cgroups.contains(&uid) && words.first().is_some_and(|program| program.ends_with(command))
    };
    let mut found: Vec<ProcessId> =
        cluster.outer().processes().into_iter().filter(is_of_pod).filter_map(process::identify).collect();
    found.sort();
    found
}
