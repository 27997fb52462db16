//! What changes under a running server, and two servers side by side.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use corten_system_tests::api::Api;
use corten_system_tests::cluster::{Cluster, KUBECONFIG, Options};
use corten_system_tests::leaks::Snapshot;
use corten_system_tests::network_thread::NetworkThread;
use corten_system_tests::outer::{GATEWAY_ADDRESS, INSIDE, NODE_ADDRESS};
use corten_system_tests::workload::{self, PATIENCE};
use corten_system_tests::{fetch, image, kubectl, programs};
use network::cidr::Ipv4Cidr;
use network::link::{Links, Route};
use network::netns;

/// Shortest lives of certificates that leave time for everything in between on a slow machine.
const VALIDITY_SECONDS: u64 = 20;

/// The node's link to the world outside.
const UPLINK: &str = "uplink0";

fn connect(cluster: &Cluster) -> Api {
    let kubeconfig = std::fs::read_to_string(cluster.path(KUBECONFIG)).expect("the kubeconfig");
    Api::from_kubeconfig(cluster.thread().clone(), &kubeconfig).expect("it connects")
}

#[test]
fn certificates_are_renewed_before_they_end_and_nothing_restarts() {
    let flag = format!("--certificate-validity-seconds={VALIDITY_SECONDS}");
    let options = Options { flags: vec![flag], ..Options::default() };
    let Some(cluster) = Cluster::start_or_skip(&options) else { return };
    let server = cluster.server().expect("it runs");
    let first = std::fs::read_to_string(cluster.path(KUBECONFIG)).expect("the kubeconfig");
    let read = Instant::now();
    let api = connect(&cluster);
    api.create("default", &workload::command_pod("talker", &["lines", "1000000", "100"])).expect("it is created");
    api.wait(&workload::pod_path("default", "talker"), PATIENCE, |pod| pod.str_at(&["status", "phase"]) == "Running");

    // By then every certificate of that moment has ended, and its successors are due too.
    let ended = Duration::from_secs(VALIDITY_SECONDS + 2);
    std::thread::sleep(ended.saturating_sub(read.elapsed()));
    assert_ne!(std::fs::read_to_string(cluster.path(KUBECONFIG)).expect("the kubeconfig"), first);
    let late = connect(&cluster);
    assert_eq!(late.expect("/api/v1/namespaces/default").str_at(&["status", "phase"]), "Active");
    // The way to the kubelet: its certificate, and the API server's for it.
    assert!(late.log("default", "talker", "").expect("its log").starts_with("line 0\n"));
    let refused = Api::from_kubeconfig(cluster.thread().clone(), &first).expect("it is well-formed");
    let refused = refused.request(http::Method::GET, "/api/v1/namespaces/default", None).expect("an answer");
    assert_eq!(refused.code, 401, "the first certificate has ended");
    assert_eq!(cluster.server(), Some(server));
}

/// Gives the node another address in place of the one it has.
fn move_node(cluster: &Cluster, from: Ipv4Addr, to: Ipv4Addr) {
    let network = cluster.outer().network().expect("it lives");
    let change = || {
        let fail = |error: network::netlink::NetlinkError| std::io::Error::other(error);
        let mut links = Links::open()?;
        let link = links.find(UPLINK).map_err(fail)?.expect("the node has an uplink");
        links.remove_address(link, from, 24).map_err(fail)?;
        links.add_address(link, to, 24).map_err(fail)?;
        let destination = Ipv4Cidr::of(Ipv4Addr::UNSPECIFIED, 0);
        links.set_route(&Route { destination, gateway: Some(GATEWAY_ADDRESS), source: None, link }).map_err(fail)
    };
    netns::run_in_opened(&network, change).expect("the address is changed");
}

#[test]
fn another_address_of_the_node_is_seen_everywhere_and_nothing_restarts() {
    let Some(cluster) = Cluster::start_or_skip(&Options::default()) else { return };
    let server = cluster.server().expect("it runs");
    let api = cluster.api();
    let pod = workload::command_pod("still", &["lines", "1000000", "100"]);
    api.create("default", &pod).expect("it is created");
    let path = workload::pod_path("default", "still");
    api.wait(&path, PATIENCE, |pod| pod.str_at(&["status", "phase"]) == "Running");
    assert_eq!(api.expect(&path).str_at(&["status", "hostIP"]), NODE_ADDRESS.to_string());

    let moved = Ipv4Addr::new(192, 0, 2, 77);
    move_node(&cluster, NODE_ADDRESS, moved);
    let name = moved.to_string();
    let wanted = name.clone();
    api.wait("/api/v1/nodes/node-1", PATIENCE, move |node| {
        let addresses = node.items_at(&["status", "addresses"]);
        addresses.iter().any(|it| it.str_at(&["type"]) == "InternalIP" && it.str_at(&["address"]) == wanted)
    });
    let wanted = name.clone();
    api.wait("/api/v1/namespaces/default/endpoints/kubernetes", PATIENCE, move |endpoints| {
        let subsets = endpoints.items_at(&["subsets"]);
        subsets.iter().flat_map(|it| it.items_at(&["addresses"])).all(|it| it.str_at(&["ip"]) == wanted)
    });
    let wanted = name.clone();
    api.wait(&path, PATIENCE, move |pod| pod.str_at(&["status", "hostIP"]) == wanted);
    // The serving certificates have the new address: they are verified against it.
    let there = api.at(&format!("https://{name}:6443")).expect("it is well-formed");
    assert_eq!(there.expect("/api/v1/namespaces/default").str_at(&["status", "phase"]), "Active");
    assert!(api.log("default", "still", "").expect("its log").starts_with("line 0\n"));
    let (code, log) =
        workload::run_to_end(api, "default", "asker", &["connect", "tcp", "kubernetes.default:443", "hello"]);
    assert_eq!(code, 0, "{log}");
    assert_eq!(cluster.server(), Some(server));
}

/// A second instance: in the network namespace outside, with the first one's mounts.
struct Second<'a> {
    cluster: &'a Cluster,
    flags: Vec<String>,
}

const SECOND: &str = "/var/lib/second";

impl Second<'_> {
    fn of(cluster: &Cluster) -> Second<'_> {
        let paths = ["data", "log", "kubelet", "pod-logs", "container-logs", "cni-conf", "cni-bin", "config", "run"];
        let mut flags: Vec<String> = paths.iter().map(|path| format!("--{path}-dir={SECOND}/{path}")).collect();
        flags.extend([
            "--instance=second".to_owned(),
            format!("--cgroup-root={}-second", cluster.cgroup()),
            "--node-name=node-2".into(),
            "--api-port=7443".into(),
            "--kubelet-port=11250".into(),
            "--pod-cidr=10.50.0.0/16".into(),
            "--service-cidr=10.60.0.0/16".into(),
            "--cluster-dns=10.60.0.53".into(),
        ]);
        Second { cluster, flags }
    }

    fn corten(&self, command: &[&str]) -> String {
        let mut run = self.cluster.command("nsenter");
        run.arg(format!("--net={INSIDE}/outside")).arg(format!("{INSIDE}/bin/corten")).args(command).args(&self.flags);
        kubectl::run(&mut run, b"", PATIENCE).expect("it ends").success()
    }

    fn api(&self) -> Api {
        let kubeconfig = self.cluster.path(&format!("{SECOND}/config/admin.kubeconfig"));
        let kubeconfig = std::fs::read_to_string(kubeconfig).expect("the kubeconfig");
        let network = self.cluster.outer().outside_network().expect("it lives");
        let thread = Arc::new(NetworkThread::start(Some(network)).expect("it is entered"));
        Api::from_kubeconfig(thread, &kubeconfig).expect("it connects")
    }
}

/// What is there now and was not before, but for `/tmp`, which is the host's.
fn added(cluster: &Cluster, before: &Snapshot) -> Vec<String> {
    let mut added = before.added_in(&cluster.snapshot().expect("look"));
    added.retain(|line| !line.contains(" /tmp/"));
    added
}

fn run_web(api: &Api) -> SocketAddr {
    api.create("default", &workload::web("web", 1)).expect("it is created");
    workload::wait_rolled_out(api, "default", "web");
    let service = api.expect("/api/v1/namespaces/default/services/web");
    let address: Ipv4Addr = service.str_at(&["spec", "clusterIP"]).parse().expect("an address");
    SocketAddr::from((address, 80))
}

#[test]
fn two_instances_live_side_by_side_and_the_end_of_one_disturbs_nobody() {
    let Some(cluster) = Cluster::start_or_skip(&Options::default()) else { return };
    let first = run_web(cluster.api());
    let before = cluster.snapshot().expect("look");
    let second = Second::of(&cluster);
    second.corten(&["up"]);
    let archive = image::archive(&programs::testapp().expect("it is built"), image::NAME).expect("it is packed");
    std::fs::write(cluster.path(&format!("{INSIDE}/tmp/second.tar")), archive).expect("written");
    second.corten(&["images", "import", &format!("{INSIDE}/tmp/second.tar")]);
    let api = second.api();
    let address = run_web(&api);
    let (inside, outside) = (cluster.outer().network(), cluster.outer().outside_network());
    let (inside, outside) = (inside.expect("it lives"), outside.expect("it lives"));
    let names = |api: &Api| -> Vec<String> {
        workload::pods(api, "default", "web").iter().map(|pod| pod.str_at(&["metadata", "name"]).to_owned()).collect()
    };
    assert_eq!(vec![fetch::get(&outside, address, "/hostname").expect("the second answers")], names(&api));
    assert_eq!(vec![fetch::get(&inside, first, "/hostname").expect("the first answers")], names(cluster.api()));
    assert!(second.corten(&["status"]).contains("Pods:        1 of 1 running"));

    second.corten(&["uninstall"]);
    let mut left = added(&cluster, &before);
    left.retain(|line| line != &format!("directory {SECOND}"));
    assert!(left.is_empty(), "the second left {left:#?}");
    let links = netns::run_in_opened(&outside, || Links::open()?.names().map_err(std::io::Error::other));
    let links = links.expect("it is asked");
    assert!(links.iter().all(|name| !name.starts_with("second")), "{links:?}");
    assert_eq!(vec![fetch::get(&inside, first, "/hostname").expect("the first answers")], names(cluster.api()));
    let (code, log) = workload::run_to_end(cluster.api(), "default", "client", &["fetch", "http://web/hostname"]);
    assert_eq!((code, vec![log.trim_end().to_owned()]), (0, names(cluster.api())));
}

/// A `systemctl` that does what `corten up` needs of the real one, and writes down what it was asked.
const SYSTEMCTL: &str = r#"#!/bin/sh
echo "$*" >> /run/outer/systemctl.log
for last; do :; done
unit=/etc/systemd/system/$last
pid=/run/outer/$last.pid
alive() { test -s "$pid" && kill -0 "$(cat "$pid")" 2>/dev/null; }
case "$1" in
daemon-reload) ;;
enable)
    log=$(sed -n 's/^StandardError=append://p' "$unit")
    command=$(sed -n 's/^ExecStart=//p' "$unit")
    setsid sh -c "echo \$\$ > $pid; exec $command" >> "$log" 2>&1 < /dev/null &
    ;;
disable)
    if alive; then
        kill "$(cat "$pid")"
        while alive; do sleep 0.05; done
    fi
    rm -f "$pid"
    ;;
is-active) if alive; then echo active; else echo inactive; exit 3; fi ;;
show) cat "$pid" ;;
*) echo "unknown: $*" >&2; exit 1 ;;
esac
"#;

/// There is no systemd to start here: this shows which calls are made, the unit's own text is shown by a unit test.
#[test]
fn where_systemd_runs_the_machine_a_unit_keeps_the_server_running() {
    let Some(mut cluster) = Cluster::start_or_skip(&Options { is_stopped: true, ..Options::default() }) else { return };
    let program = cluster.path(&format!("{INSIDE}/bin/systemctl"));
    let mut file = std::fs::File::create(&program).expect("it is made");
    file.write_all(SYSTEMCTL.as_bytes()).expect("written");
    file.set_permissions(std::fs::Permissions::from_mode(0o755)).expect("it may be run");
    drop(file);
    for directory in ["/run/systemd/system", "/etc/systemd/system"] {
        std::fs::create_dir_all(cluster.path(directory)).expect("it is made");
    }
    let before = cluster.snapshot().expect("look");
    let unit = format!("corten-{}.service", cluster.instance());
    cluster.up(&[]).expect("it comes up");
    cluster.import(image::NAME).expect("it is imported");
    cluster.api().create("default", &workload::command_pod("stays", &["serve"])).expect("it is created");
    cluster.api().wait(&workload::pod_path("default", "stays"), PATIENCE, workload::is_ready);
    assert!(cluster.in_role("supervise").is_empty(), "systemd supervises");
    let status = cluster.corten(&["status"]).expect("it ends").success();
    assert!(status.contains(&format!("supervisor:  systemd, {unit} (server's pid ")), "{status}");
    assert!(cluster.up(&[]).expect("it is there").contains("runs already"));
    cluster.corten(&["down"]).expect("it ends").success();
    assert_eq!((cluster.server(), cluster.in_role("shim").len()), (None, 1), "containers go on");
    cluster.up(&[]).expect("it comes up again");
    cluster.corten(&["uninstall"]).expect("it ends").success();
    let left = added(&cluster, &before);
    assert!(left.is_empty(), "uninstall left {left:#?}");
    assert!(!cluster.path(&format!("/etc/systemd/system/{unit}")).exists());
    let calls = std::fs::read_to_string(cluster.path(&format!("{INSIDE}/systemctl.log"))).expect("it was asked");
    let calls: Vec<&str> =
        calls.lines().filter(|line| !line.starts_with("is-active") && !line.starts_with("show")).collect();
    let (start, stop) = (format!("enable --now {unit}"), format!("disable --now {unit}"));
    assert_eq!(calls, ["daemon-reload", &start, &stop, &start, &stop, &stop, "daemon-reload"]);
}
