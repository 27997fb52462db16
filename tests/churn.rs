//! Pods come and go: nothing is left of them, and memory does not grow.

use std::time::{Duration, Instant};

use corten_system_tests::cluster::{Cluster, Options};
use corten_system_tests::image;
use corten_system_tests::workload::{self, PATIENCE};

/// Pods at a time, and how often.
const BATCH: usize = 50;
const BATCHES: usize = 4;

/// Growth of the server's memory that is allowed after the first batch.
const GROWTH_BYTES_MAX: u64 = 20 << 20;

const NAMESPACE: &str = "churn";

fn pods(round: usize, count: usize) -> String {
    let pod = |number: usize| {
        format!(
            "
apiVersion: v1
kind: Pod
metadata: {{name: pod-{round}-{number}, labels: {{app: churn}}}}
spec:
  terminationGracePeriodSeconds: 1
  volumes:
  - {{name: scratch, emptyDir: {{}}}}
  - {{name: memory, emptyDir: {{medium: Memory}}}}
  - {{name: settings, configMap: {{name: settings}}}}
  containers:
  - name: main
    image: '{}'
    args: [sleep]
    volumeMounts:
    - {{name: scratch, mountPath: /scratch}}
    - {{name: memory, mountPath: /memory}}
    - {{name: settings, mountPath: /settings}}
    resources: {{requests: {{cpu: 1m, memory: 1Mi}}, limits: {{memory: 32Mi}}}}
",
            image::NAME
        )
    };
    (0..count).map(pod).collect::<Vec<_>>().join("\n---\n")
}

fn batch(cluster: &Cluster, round: usize, count: usize) {
    let api = cluster.api();
    api.create(NAMESPACE, &pods(round, count)).expect("they are created");
    for number in 0..count {
        api.wait(&workload::pod_path(NAMESPACE, &format!("pod-{round}-{number}")), PATIENCE, workload::is_ready);
    }
    assert_eq!(cluster.in_role("shim").len(), count, "one shim per Pod");
    let answer = api
        .request(http::Method::DELETE, &format!("/api/v1/namespaces/{NAMESPACE}/pods"), None)
        .expect("the server answers");
    assert_eq!(answer.code, 200, "{}", answer.text());
    for number in 0..count {
        api.wait_gone(&workload::pod_path(NAMESPACE, &format!("pod-{round}-{number}")), PATIENCE);
    }
}

/// What is there that was not there before, once it has stopped changing; waits a while for an empty answer.
fn left(cluster: &Cluster, before: &corten_system_tests::leaks::Snapshot) -> Vec<String> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let added = before.added_in(&cluster.snapshot().expect("look"));
        if added.is_empty() || Instant::now() > deadline {
            return added;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn two_hundred_pods_leave_nothing_behind_and_neither_does_uninstall() {
    let options = Options { is_stopped: true, ..Options::default() };
    let Some(mut cluster) = Cluster::start_or_skip(&options) else { return };
    let untouched = cluster.snapshot().expect("look");
    cluster.up(&[]).expect("it comes up");
    cluster.import(image::NAME).expect("the image is imported");
    let api = cluster.api();
    workload::namespace(api, NAMESPACE);
    api.create(NAMESPACE, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {key: value}")
        .expect("it is created");
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: all}\nspec: {selector: {app: churn}, ports: [{port: 80}]}";
    api.create(NAMESPACE, service).expect("it is created");

    // The first Pod makes what all share: parents of cgroups, the bridge.
    batch(&cluster, 0, 1);
    let fresh = cluster.snapshot().expect("look");
    batch(&cluster, 1, BATCH);
    let used = cluster.usage();
    for round in 2..BATCHES + 2 {
        batch(&cluster, round, BATCH);
    }
    let mut findings = left(&cluster, &fresh);
    let grown = cluster.usage().server_bytes.saturating_sub(used.server_bytes);
    println!("memory {} KiB after the first batch, {} KiB more at the end", used.server_bytes >> 10, grown >> 10);
    if grown > GROWTH_BYTES_MAX {
        findings.push(format!("the server's memory grew by {} KiB", grown >> 10));
    }
    cluster.corten(&["uninstall"]).expect("it ends").success();
    findings.extend(left(&cluster, &untouched).iter().map(|line| format!("after uninstall: {line}")));
    assert!(findings.is_empty(), "left behind: {findings:#?}");
}
