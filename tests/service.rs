//! A Service in front of Pods: even choice, names, updates and crashes that no client notices.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use apimachinery::value::Value;
use corten_system_tests::cluster::{Cluster, Options};
use corten_system_tests::outer::NODE_ADDRESS;
use corten_system_tests::workload::{self, PATIENCE};
use corten_system_tests::{fetch, process};
use rustix::process::Signal;

static CLUSTER: LazyLock<Option<Cluster>> = LazyLock::new(|| Cluster::start_or_skip(&Options::default()));

fn cluster_in(namespace: &str) -> Option<&'static Cluster> {
    let cluster = CLUSTER.as_ref()?;
    workload::namespace(cluster.api(), namespace);
    Some(cluster)
}

/// `COUNT BODY` lines of `testapp fetch`.
fn tally(log: &str) -> BTreeMap<String, u32> {
    let rows = log.lines().filter_map(|line| line.split_once(' '));
    rows.map(|(count, body)| (body.to_owned(), count.parse().expect("a count"))).collect()
}

fn names(pods: &[Value]) -> Vec<String> {
    pods.iter().map(|pod| pod.str_at(&["metadata", "name"]).to_owned()).collect()
}

#[test]
fn five_hundred_requests_by_name_reach_each_of_five_pods_about_evenly() {
    let Some(cluster) = cluster_in("even") else { return };
    let api = cluster.api();
    api.create("even", &workload::web("web", 5)).expect("it is created");
    workload::wait_rolled_out(api, "even", "web");
    let (code, log) = workload::run_to_end(api, "even", "client", &["fetch", "http://web/hostname", "500"]);
    assert_eq!(code, 0, "{log}");
    let tally = tally(&log);
    assert_eq!(tally.keys().cloned().collect::<Vec<_>>(), names(&workload::pods(api, "even", "web")));
    assert_eq!(tally.values().sum::<u32>(), 500);
    assert!(tally.values().all(|count| (60..=140).contains(count)), "12 to 28 % each: {tally:?}");
    api.delete("/api/v1/namespaces/even").expect("it is deleted");
}

#[test]
fn updates_and_a_rollback_under_load_lose_no_request() {
    let Some(cluster) = cluster_in("roll") else { return };
    let api = cluster.api();
    let path = workload::deployment_path("roll", "web");
    api.create("roll", &workload::web("web", 3)).expect("it is created");
    workload::wait_rolled_out(api, "roll", "web");
    let first = names(&workload::pods(api, "roll", "web"));
    api.create("roll", &workload::command_pod("load", &["load", "http://web/hostname", "22"])).expect("it is created");
    api.wait(&workload::pod_path("roll", "load"), PATIENCE, |pod| pod.str_at(&["status", "phase"]) == "Running");

    let image = |name: &str| {
        let container = format!("{{name: web, image: '{name}'}}");
        let patch = format!("spec: {{template: {{spec: {{containers: [{container}]}}}}}}");
        api.strategic(&path, &patch).expect("it is patched");
    };
    image("registry.test/testapp:2");
    workload::wait_rolled_out(api, "roll", "web");
    let second = names(&workload::pods(api, "roll", "web"));
    assert!(second.iter().all(|name| !first.contains(name)), "{first:?} {second:?}");

    // An image that cannot be had: the roll-out stands still and the old Pods go on.
    image("registry.test/testapp:3");
    let is_stuck = |event: &str, pod: &Value| {
        let status = pod.items_at(&["status", "containerStatuses"]).first().cloned().unwrap_or_default();
        let reason = status.str_at(&["state", "waiting", "reason"]);
        (event != "DELETED" && matches!(reason, "ErrImagePull" | "ImagePullBackOff")).then_some(())
    };
    api.watch_until("/api/v1/namespaces/roll/pods", "", PATIENCE, move |event, pod| is_stuck(event, pod))
        .expect("the new Pod waits for its image");
    let deployment = api.expect(&path);
    assert_eq!(deployment.i64_at(&["status", "availableReplicas"]), Some(3), "{}", api.show(&path));

    image("registry.test/testapp:2");
    workload::wait_rolled_out(api, "roll", "web");
    assert_eq!(names(&workload::pods(api, "roll", "web")), second, "the rollback keeps the Pods that run");

    let (code, log) = workload::finish(api, "roll", "load");
    assert_eq!(code, 0, "{log}");
    assert!(log.trim_end().ends_with("failed 0"), "{log}");
    api.delete("/api/v1/namespaces/roll").expect("it is deleted");
}

#[test]
fn a_killed_container_backs_off_and_the_service_routes_around_it() {
    let Some(cluster) = cluster_in("kill") else { return };
    let api = cluster.api();
    api.create("kill", &workload::web("web", 3)).expect("it is created");
    workload::wait_rolled_out(api, "kill", "web");
    let victim = workload::pods(api, "kill", "web").remove(0);
    let name = victim.str_at(&["metadata", "name"]).to_owned();
    let path = workload::pod_path("kill", &name);
    let kill = || {
        let processes = workload::container_processes(cluster, &victim, "testapp");
        let [server] = processes[..] else { panic!("{processes:?}") };
        process::signal_and_wait(server, Signal::KILL, Duration::from_secs(5)).expect("it ends");
    };
    let status = |pod: &Value| pod.items_at(&["status", "containerStatuses"]).first().cloned().unwrap_or_default();

    // The first time it starts again at once.
    kill();
    let again = api
        .wait(&path, PATIENCE, move |pod| status(pod).i64_at(&["restartCount"]) == Some(1) && workload::is_ready(pod));
    let last = status(&again).at(&["lastState", "terminated"]).clone();
    assert_eq!((last.i64_at(&["exitCode"]), last.str_at(&["reason"])), (Some(137), "Error"));

    // The second time it waits 10 s.
    kill();
    let waiting = api.wait(&path, PATIENCE, move |pod| {
        status(pod).str_at(&["state", "waiting", "reason"]) == "CrashLoopBackOff" && !workload::is_ready(pod)
    });
    let message = status(&waiting).str_at(&["state", "waiting", "message"]).to_owned();
    assert!(
        message.starts_with(&format!("back-off 10s restarting failed container=web pod={name}_kill(")),
        "{message}"
    );
    let (code, log) = workload::run_to_end(api, "kill", "client", &["fetch", "http://web/hostname", "100"]);
    assert_eq!(code, 0, "{log}");
    let reached = tally(&log);
    assert!(!reached.contains_key(&name) && reached.len() == 2, "{name}: {reached:?}");

    let healed = api
        .wait(&path, PATIENCE, move |pod| status(pod).i64_at(&["restartCount"]) == Some(2) && workload::is_ready(pod));
    assert_eq!(healed.str_at(&["metadata", "uid"]), victim.str_at(&["metadata", "uid"]));
    api.delete("/api/v1/namespaces/kill").expect("it is deleted");
}

#[test]
fn names_node_ports_affinity_and_services_without_endpoints_work() {
    let Some(cluster) = cluster_in("fronts") else { return };
    let api = cluster.api();
    let headless = "
apiVersion: v1
kind: Service
metadata: {name: headless}
spec: {clusterIP: None, selector: {app: web}, ports: [{name: http, port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: sticky}
spec: {selector: {app: web}, sessionAffinity: ClientIP, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: empty}
spec: {selector: {app: nobody}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: open}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
";
    api.create("fronts", &workload::web("web", 3)).expect("it is created");
    api.create("fronts", headless).expect("they are created");
    workload::wait_rolled_out(api, "fronts", "web");
    let run = |name: &str, arguments: &[&str]| workload::run_to_end(api, "fronts", name, arguments);
    let pods = workload::pods(api, "fronts", "web");

    let (_, log) = run("headless", &["lookup", "headless"]);
    let mut expected: Vec<String> = pods
        .iter()
        .map(|pod| format!("headless.fronts.svc.cluster.local A {}\n", pod.str_at(&["status", "podIP"])))
        .collect();
    expected.sort();
    assert_eq!(log, expected.concat());
    let (_, log) = run("srv", &["lookup", "_http._tcp.web", "SRV"]);
    assert!(log.ends_with(" 80 web.fronts.svc.cluster.local\n"), "{log}");

    let (_, log) = run("sticky", &["fetch", "http://sticky/hostname", "30"]);
    assert_eq!(tally(&log).len(), 1, "one client, one Pod: {log}");
    let (code, log) = run("empty", &["fetch", "http://empty/"]);
    assert!(code == 1 && log.contains("refused"), "{log}");

    // A Pod reaches itself through its Service: with one Pod behind it there is no other.
    let alone = workload::web("alone", 1);
    api.create("fronts", &alone).expect("it is created");
    workload::wait_rolled_out(api, "fronts", "alone");
    let own = workload::pods(api, "fronts", "alone").remove(0);
    let own_name = own.str_at(&["metadata", "name"]).to_owned();
    if cluster.has_kubectl() {
        let exec = ["exec", "-n", "fronts", &own_name, "--", "fetch", "http://alone/hostname", "5"];
        assert_eq!(cluster.kubectl(&exec).success(), format!("5 {own_name}\n"));
    }

    let open = api.expect("/api/v1/namespaces/fronts/services/open");
    let port = open.items_at(&["spec", "ports"])[0].i64_at(&["nodePort"]).expect("it has a node port");
    let outside = cluster.outer().outside_network().expect("it lives");
    let address = SocketAddr::from((NODE_ADDRESS, u16::try_from(port).expect("a port")));
    let body = fetch::get(&outside, address, "/hostname").expect("the node port answers outside");
    assert!(names(&pods).contains(&body), "{body}");
    api.delete("/api/v1/namespaces/fronts").expect("it is deleted");
}
