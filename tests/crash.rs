//! The server may die at any moment: what runs goes on, what was acknowledged stays, and it is soon back.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use apimachinery::value::Value;
use corten_system_tests::api::Api;
use corten_system_tests::cluster::{Cluster, Options};
use corten_system_tests::process::{self, ProcessId};
use corten_system_tests::workload::{self, PATIENCE};
use corten_system_tests::{fetch, image};
use rustix::process::Signal;

/// How often the server is killed.
const KILLS: u64 = 20;

/// Longest until it answers again and a new Pod serves.
const RECOVERY_MAX: Duration = Duration::from_secs(5);

/// Longest pause before the next kill, in milliseconds.
const PAUSE_MILLISECONDS_MAX: u64 = 2_500;

const NAMESPACE: &str = "crash";

/// What must not change while the server dies.
#[derive(Debug, PartialEq, Eq)]
struct Running {
    /// Processes of all containers.
    processes: Vec<ProcessId>,
    /// Pod → container's id, start and restarts.
    containers: BTreeMap<String, (String, String, Option<i64>)>,
}

impl Running {
    fn look(cluster: &Cluster) -> Running {
        let list = cluster.api().expect(&format!("/api/v1/namespaces/{NAMESPACE}/pods"));
        let pods = list.items_at(&["items"]);
        let container = |pod: &Value| {
            let status = pod.items_at(&["status", "containerStatuses"]).first().cloned().unwrap_or_default();
            let started = status.str_at(&["state", "running", "startedAt"]).to_owned();
            (status.str_at(&["containerID"]).to_owned(), started, status.i64_at(&["restartCount"]))
        };
        let mut processes: Vec<ProcessId> =
            pods.iter().flat_map(|pod| workload::container_processes(cluster, pod, "testapp")).collect();
        processes.sort();
        let named = pods.iter().map(|pod| (pod.str_at(&["metadata", "name"]).to_owned(), container(pod)));
        Running { processes, containers: named.collect() }
    }
}

/// Asks the Service by its address all the time, on a new connection each.
struct Load {
    is_over: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    thread: std::thread::JoinHandle<Vec<String>>,
}

impl Load {
    fn start(cluster: &Cluster, address: SocketAddr) -> Load {
        let network = cluster.outer().network().expect("it lives");
        let (is_over, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (over, count) = (is_over.clone(), answered.clone());
        let ask = move || {
            let mut failures = Vec::new();
            while !over.load(Ordering::SeqCst) {
                match fetch::get_here(address, "/hostname") {
                    Ok(_) => drop(count.fetch_add(1, Ordering::SeqCst)),
                    Err(error) => failures.push(error.to_string()),
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            Ok(failures)
        };
        let thread = std::thread::spawn(move || network::netns::run_in_opened(&network, ask).expect("it is entered"));
        Load { is_over, answered, thread }
    }

    fn finish(self) -> (u64, Vec<String>) {
        self.is_over.store(true, Ordering::SeqCst);
        let failures = self.thread.join().expect("it ends");
        (self.answered.load(Ordering::SeqCst), failures)
    }
}

fn start() -> Option<(Cluster, SocketAddr)> {
    let cluster = Cluster::start_or_skip(&Options::default())?;
    let api = cluster.api();
    workload::namespace(api, NAMESPACE);
    api.create(NAMESPACE, &workload::web("web", 3)).expect("it is created");
    let ticker = workload::command_pod("ticker", &["lines", "1000000", "20"]);
    api.create(NAMESPACE, &ticker.replace("restartPolicy: Never", "restartPolicy: Always")).expect("it is created");
    workload::wait_rolled_out(api, NAMESPACE, "web");
    api.wait(&workload::pod_path(NAMESPACE, "ticker"), PATIENCE, workload::is_ready);
    let service = api.expect(&format!("/api/v1/namespaces/{NAMESPACE}/services/web"));
    let address: Ipv4Addr = service.str_at(&["spec", "clusterIP"]).parse().expect("an address");
    Some((cluster, SocketAddr::from((address, 80))))
}

/// Waits until `/readyz` answers and a new Pod serves; returns how long that took.
fn recover(cluster: &Cluster, name: &str) -> Duration {
    let since = Instant::now();
    let deadline = since + PATIENCE;
    let api = cluster.api();
    let try_until = |attempt: &dyn Fn() -> bool| {
        while !attempt() {
            assert!(Instant::now() < deadline, "no recovery within {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    try_until(&|| api.request(http::Method::GET, "/readyz", None).is_ok_and(|answer| answer.code == 200));
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  terminationGracePeriodSeconds: 0\n  \
         containers: [{{name: main, image: '{}'}}]",
        image::NAME
    );
    api.create(NAMESPACE, &pod).expect("a Pod is created");
    let path = workload::pod_path(NAMESPACE, name);
    let running = api.wait(&path, PATIENCE, workload::is_ready);
    let address: Ipv4Addr = running.str_at(&["status", "podIP"]).parse().expect("an address");
    let network = cluster.outer().network().expect("it lives");
    try_until(&|| fetch::get(&network, SocketAddr::from((address, 8080)), "/hostname").is_ok_and(|body| body == name));
    let took = since.elapsed();
    api.delete(&path).expect("it is deleted");
    took
}

/// A pause of another length each time; the seed changes with the test's process.
fn random_pause(number: u64) -> Duration {
    let mixed = (u64::from(std::process::id()) << 16 | number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Duration::from_millis((mixed >> 33) % PAUSE_MILLISECONDS_MAX)
}

fn create_config_map(api: &Api, name: &str) -> bool {
    api.create(NAMESPACE, &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}")).is_ok()
}

/// Writes until the server dies; returns the names of what was acknowledged.
fn write_until_death(api: &Api, prefix: &str) -> Vec<String> {
    let names = (0..100_000).map(|number| format!("{prefix}-{number}"));
    names.take_while(|name| create_config_map(api, name)).collect()
}

/// `line 0`, `line 1`, … without a gap.
fn assert_gapless(log: &str) {
    let numbers = log.lines().filter_map(|line| line.strip_prefix("line ")?.parse::<usize>().ok());
    let broken = numbers.enumerate().find(|(at, number)| at != number);
    assert_eq!(broken, None, "a line of the log is missing or there twice");
}

#[test]
fn what_runs_and_what_was_acknowledged_survives_every_death() {
    let Some((cluster, address)) = start() else { return };
    let api = cluster.api();
    let before = Running::look(&cluster);
    assert_eq!(before.processes.len(), 4, "{before:?}");
    let load = Load::start(&cluster, address);
    let mut acknowledged = Vec::new();
    let mut slowest = Duration::ZERO;
    for number in 0..KILLS {
        let writer = api.another().expect("it connects");
        let writes = std::thread::spawn(move || write_until_death(&writer, &format!("n{number}")));
        std::thread::sleep(random_pause(number));
        cluster.kill_server().expect("it dies");
        acknowledged.extend(writes.join().expect("the writer ends"));
        let took = recover(&cluster, &format!("new-{number}"));
        slowest = slowest.max(took);
        assert!(took <= RECOVERY_MAX, "kill {number}: {took:?}");
    }
    let lines_at_last_kill = api.log(NAMESPACE, "ticker", "").expect("its log").lines().count();

    assert_eq!(Running::look_settled(&cluster, &before), before);
    let config_maps = api.expect(&format!("/api/v1/namespaces/{NAMESPACE}/configmaps"));
    let kept: Vec<&str> = config_maps.items_at(&["items"]).iter().map(|it| it.str_at(&["metadata", "name"])).collect();
    let lost: Vec<_> = acknowledged.iter().filter(|name| !kept.contains(&name.as_str())).collect();
    assert!(lost.is_empty() && acknowledged.len() as u64 >= KILLS, "of {} {lost:?}", acknowledged.len());

    // `down` leaves everything running too, and `up` finds it.
    cluster.corten(&["down"]).expect("it ends").success();
    assert_eq!(cluster.server(), None);
    let mut cluster = cluster;
    cluster.up(&[]).expect("it comes up again");
    recover(&cluster, "after-up");
    assert_eq!(Running::look_settled(&cluster, &before), before);
    let log = cluster.api().log(NAMESPACE, "ticker", "").expect("its log");
    assert!(log.lines().count() > lines_at_last_kill, "the log goes on");
    assert_gapless(&log);
    let (answered, failures) = load.finish();
    assert!(failures.is_empty() && answered > 1_000, "{} of {answered} failed: {:?}", failures.len(), failures.first());
    println!("{} writes acknowledged; slowest recovery {slowest:?}; {answered} requests", acknowledged.len());
}

#[test]
fn a_killed_shim_is_told_as_a_lost_container() {
    let Some(cluster) = Cluster::start_or_skip(&Options::default()) else { return };
    let api = cluster.api();
    let text = workload::command_pod("lost", &["serve"]).replace("restartPolicy: Never", "restartPolicy: Always");
    api.create("default", &text).expect("it is created");
    let path = workload::pod_path("default", "lost");
    let pod = api.wait(&path, PATIENCE, workload::is_ready);
    let [container] = workload::container_processes(&cluster, &pod, "testapp")[..] else { panic!("no container") };
    let shims = cluster.in_role("shim");
    let [shim] = shims[..] else { panic!("one Pod has one shim: {shims:?}") };
    process::signal_and_wait(shim, Signal::KILL, Duration::from_secs(5)).expect("it dies");
    let again = api.wait(&path, PATIENCE, |pod| {
        let status = pod.items_at(&["status", "containerStatuses"]).first().cloned().unwrap_or_default();
        status.i64_at(&["restartCount"]) == Some(1) && workload::is_ready(pod)
    });
    let status = &again.items_at(&["status", "containerStatuses"])[0];
    let last = status.at(&["lastState", "terminated"]);
    assert_eq!((last.str_at(&["reason"]), last.i64_at(&["exitCode"])), ("ContainerStatusUnknown", Some(137)));
    assert_eq!(process::identify(container.pid), None, "the container died with its shim");
    assert_eq!(cluster.in_role("shim").len(), 1);
}

impl Running {
    /// What runs, once Pods that were being deleted are gone.
    fn look_settled(cluster: &Cluster, wanted: &Running) -> Running {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let now = Running::look(cluster);
            if now == *wanted || Instant::now() > deadline {
                return now;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
