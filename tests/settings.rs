//! Everything can be elsewhere, and parts can be left out.

use std::time::Duration;

use corten_system_tests::cluster::{Cluster, Options};
use corten_system_tests::outer::INSIDE;
use corten_system_tests::workload;

fn flags(flags: &[&str]) -> Options {
    Options { flags: flags.iter().map(|flag| (*flag).to_owned()).collect(), is_stopped: true, ..Options::default() }
}

#[test]
fn a_cluster_with_every_path_port_and_range_elsewhere_works() {
    let options = flags(&[
        "--data-dir=/var/lib/elsewhere/data",
        "--log-dir=/var/lib/elsewhere/log",
        "--kubelet-dir=/var/lib/elsewhere/kubelet",
        "--pod-logs-dir=/var/lib/elsewhere/pods",
        "--container-logs-dir=/var/lib/elsewhere/containers",
        "--cni-conf-dir=/var/lib/elsewhere/cni",
        "--cni-bin-dir=/var/lib/elsewhere/cni-bin",
        "--node-name=another",
        "--api-port=7443",
        "--kubelet-port=11250",
        "--cluster-domain=test.internal",
        "--pod-cidr=10.50.0.0/16",
        "--service-cidr=10.60.0.0/16",
        "--cluster-dns=10.60.0.53",
        "--node-port-range=20000-20100",
    ]);
    let Some(mut cluster) = Cluster::start_or_skip(&options) else { return };
    let before = cluster.snapshot().expect("look");
    let said = cluster.up(&[]).expect("it comes up");
    assert!(said.contains("node another is Ready"), "{said}");
    cluster.import(corten_system_tests::image::NAME).expect("the image is imported");
    let api = cluster.api();
    workload::namespace(api, "far");
    api.create("far", &workload::web("web", 1)).expect("it is created");
    workload::wait_rolled_out(api, "far", "web");
    let service = api.expect("/api/v1/namespaces/far/services/web");
    assert!(service.str_at(&["spec", "clusterIP"]).starts_with("10.60."), "{}", service.str_at(&["spec", "clusterIP"]));
    let pod = workload::pods(api, "far", "web").remove(0);
    assert!(pod.str_at(&["status", "podIP"]).starts_with("10.50."), "{}", pod.str_at(&["status", "podIP"]));
    let url = "http://web.far.svc.test.internal/hostname";
    let (code, log) = workload::run_to_end(api, "far", "client", &["fetch", url]);
    assert_eq!((code, log.trim_end()), (0, pod.str_at(&["metadata", "name"])));
    let new = before.added_in(&cluster.snapshot().expect("look"));
    let default_paths = ["/var/lib/corten", "/var/lib/kubelet", "/var/log", "/etc/cni", "/opt/cni"];
    let strays: Vec<_> = new.iter().filter(|line| default_paths.iter().any(|path| line.contains(path))).collect();
    assert!(strays.is_empty(), "{strays:#?}");

    cluster.corten(&["uninstall"]).expect("it ends").success();
    let left = before.added_in(&cluster.snapshot().expect("look"));
    let left: Vec<_> = left.into_iter().filter(|line| line != "directory /var/lib/elsewhere").collect();
    assert!(left.is_empty(), "uninstall left {left:#?}");
}

#[test]
fn an_api_server_alone_serves_and_decides_nothing() {
    let tokens = format!("{INSIDE}/tmp/tokens.csv");
    let options = flags(&["--roles=api", &format!("--token-auth-file={tokens}")]);
    let Some(mut cluster) = Cluster::start_or_skip(&options) else { return };
    std::fs::write(cluster.path(&tokens), "judge-token,judge,1,\"system:masters\"\nweak-token,weak,2\n")
        .expect("written");
    cluster.up(&[]).expect("it comes up");
    let judge = cluster.api().with_token("judge-token").expect("a token");
    judge.create("default", &workload::web("web", 1)).expect("it is created");
    let weak = cluster.api().with_token("weak-token").expect("a token");
    let refused = weak.get("/api/v1/namespaces/default/pods").expect_err("it has no rights");
    assert!(refused.to_string().contains("User \\\"weak\\\" cannot list resource"), "{refused}");
    // Nobody is there who would do anything about it.
    let waited =
        judge.watch_until("/apis/apps/v1/namespaces/default/replicasets", "", Duration::from_secs(1), |_, _| Some(()));
    assert!(waited.is_err());
    assert!(judge.expect("/api/v1/nodes").items_at(&["items"]).is_empty());
}
