//! README's first command: from nothing to a demo that answers.

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use corten_system_tests::cluster::{Cluster, Options};
use corten_system_tests::fetch;

const PATIENCE: Duration = Duration::from_secs(60);

static CLUSTER: LazyLock<Option<Cluster>> = LazyLock::new(|| Cluster::start_or_skip(&Options::default()));

#[test]
fn the_demo_answers_at_the_url_that_up_prints() {
    let options = Options { is_stopped: true, ..Options::default() };
    let Some(mut cluster) = Cluster::start_or_skip(&options) else { return };
    let before = cluster.snapshot().expect("look");
    let said = cluster.up(&["--demo"]).expect("it comes up");
    assert!(said.contains("node node-1 is Ready after"), "{said}");
    assert!(said.contains("kubeconfig:   /etc/corten/admin.kubeconfig"), "{said}");
    let url = said.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("it prints a URL");
    let address: SocketAddr = format!("{url}:80").parse().expect("an address");
    let network = cluster.outer().network().expect("it lives");
    let body = fetch::get(&network, address, "/").expect("the demo answers");
    assert!(body.starts_with("Hello from Corten. This is Pod demo-"), "{body}");

    let status = cluster.corten(&["status"]).expect("it ends").success();
    assert!(status.contains("node:        node-1 is Ready"), "{status}");
    assert!(status.contains("Pods:        2 of 2 running"), "{status}");

    // Ready again means that the node serves, not that it was Ready before.
    cluster.corten(&["down"]).expect("it ends").success();
    cluster.up(&[]).expect("it comes up again");
    let images = cluster.corten(&["images", "list"]).expect("it ends").success();
    assert!(images.contains("corten.local/demo:1"), "{images}");

    let said = cluster.corten(&["uninstall"]).expect("it ends").success();
    assert!(said.ends_with("is uninstalled\n"), "{said}");
    let left = before.added_in(&cluster.snapshot().expect("look"));
    assert!(left.is_empty(), "uninstall left {left:#?}");
}

#[test]
fn a_pod_runs_to_its_end_and_its_log_is_kept() {
    let Some(cluster) = CLUSTER.as_ref() else { return };
    let api = cluster.api();
    let pod = "
apiVersion: v1
kind: Pod
metadata: {name: once}
spec:
  restartPolicy: Never
  containers: [{name: main, image: registry.test/testapp:1, args: [exit, '7', farewell]}]
";
    api.create("default", pod).expect("it is created");
    let path = "/api/v1/namespaces/default/pods/once";
    let ended = api.wait(path, PATIENCE, |pod| pod.str_at(&["status", "phase"]) == "Failed");
    let status = &ended.items_at(&["status", "containerStatuses"])[0];
    assert_eq!(status.i64_at(&["state", "terminated", "exitCode"]), Some(7));
    assert_eq!(status.str_at(&["state", "terminated", "reason"]), "Error");
    assert_eq!(status.str_at(&["state", "terminated", "message"]), "farewell");
    assert_eq!(api.log("default", "once", "").expect("its log"), "farewell\n");
    api.delete(path).expect("it is deleted");
    api.wait_gone(path, PATIENCE);
}
