//! The first slice: start, idle, Pods, Services, lists, durable writes.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use apimachinery::value::Value as Object;
use bytes::Bytes;
use client::client::json_request;
use corten_system_tests::api::Api;
use corten_system_tests::cluster::{Cluster, Options};
use corten_system_tests::measure::percentile;
use corten_system_tests::workload::{self, PATIENCE};
use corten_system_tests::{leaks, sys};
use network::netlink::Socket;
use network::netns;

use crate::floors::{self, MemoryServer};
use crate::report::{Report, Value};

const NAMESPACE: &str = "bench";
const LISTED_NAMESPACE: &str = "listed";
const WARM_STARTS: usize = 5;
const IDLE_SETTLE: Duration = Duration::from_secs(15);
const IDLE_WINDOW: Duration = Duration::from_secs(30);
const SINGLE_PODS: usize = 40;
const BURST_PODS: usize = 50;
const SERVICES: usize = 40;
const LISTED: usize = 10_000;
const LISTS: usize = 10;
const WRITE_WINDOW: Duration = Duration::from_secs(6);
const CLIENTS: usize = 16;

/// Bytes of the value in each written ConfigMap: about 1 KiB as stored.
const VALUE_BYTES: usize = 600;

/// Processors of server and client while requests are measured.
const SERVER_PROCESSOR: usize = 0;
const CLIENT_PROCESSOR: usize = 1;

/// Measures everything; the report in Markdown.
pub fn run() -> anyhow::Result<String> {
    let disk = Scratch::new()?;
    let mut report = Report::default();
    let options = Options { disk: Some(disk.0.clone()), is_stopped: true, ..Options::default() };
    let mut cluster = Cluster::start(&options)?;
    start_to_ready(&mut cluster, &mut report)?;
    cluster.import(corten_system_tests::image::NAME)?;
    idle(&cluster, &mut report)?;
    workload::namespace(cluster.api(), NAMESPACE);
    let pods = pods_one_at_a_time(&cluster, &mut report).and_then(|()| pods_in_a_burst(&cluster, &mut report))?;
    service_changes(&cluster, &mut report)?;
    delete_pods(&cluster, &pods)?;
    durable_writes(&cluster, &disk, &mut report)?;
    list(&cluster, &mut report)?;
    cluster.end()?;
    Ok(report.to_string())
}

/// A directory on the disk that holds the repository's cache; `CORTEN_BENCH_DISK` names another place.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> anyhow::Result<Self> {
        let parent = std::env::var_os("CORTEN_BENCH_DISK").map_or_else(|| PathBuf::from("/var/tmp"), PathBuf::from);
        let directory = parent.join(format!("corten-bench-{}", std::process::id()));
        std::fs::create_dir_all(&directory).with_context(|| format!("create {}", directory.display()))?;
        Ok(Scratch(directory))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn start_to_ready(cluster: &mut Cluster, report: &mut Report) -> anyhow::Result<()> {
    let exec = (Value::Time(floors::start_corten()?), "exec of the binary");
    let timed = |cluster: &mut Cluster| -> anyhow::Result<Duration> {
        let since = Instant::now();
        cluster.up(&[])?;
        cluster.wait_for_node()?;
        Ok(since.elapsed())
    };
    let first = timed(cluster)?;
    report.add("`up` to Ready, first start with key making", Value::Time(first), Some(exec), "");
    let mut warm = Vec::new();
    for _ in 0..WARM_STARTS {
        cluster.corten(&["down"])?.success();
        warm.push(timed(cluster)?);
    }
    report.add("`up` to Ready and node serving, warm", Value::Time(percentile(&mut warm, 50)), Some(exec), "≤ 2 s");
    Ok(())
}

fn idle(cluster: &Cluster, report: &mut Report) -> anyhow::Result<()> {
    std::thread::sleep(IDLE_SETTLE);
    let before = cluster.usage();
    std::thread::sleep(IDLE_WINDOW);
    let after = cluster.usage();
    report.add("idle memory, summed PSS", Value::Bytes(after.bytes()), None, "≤ 100 MiB");
    let used = after.cpu.saturating_sub(before.cpu).as_secs_f64() / IDLE_WINDOW.as_secs_f64();
    report.add("idle processor", Value::Percent(used * 100.0), None, "< 2 % of a core");
    Ok(())
}

fn pod_name(prefix: &str, number: usize) -> String {
    format!("{prefix}-{number}")
}

fn create_pod(api: &Api, name: &str) -> anyhow::Result<Instant> {
    let text = workload::command_pod(name, &["sleep"]);
    let labelled = text.replace(&format!("{{name: {name}}}"), &format!("{{name: {name}, labels: {{app: bench}}}}"));
    let since = Instant::now();
    api.create(NAMESPACE, &labelled)?;
    Ok(since)
}

type Events = std::sync::mpsc::Receiver<(Instant, Object)>;

/// Waits until `count` further Pods were seen Running; the moments by name.
fn await_running(events: &Events, count: usize) -> anyhow::Result<BTreeMap<String, Instant>> {
    let mut seen = BTreeMap::new();
    while seen.len() < count {
        let (moment, pod) = events.recv_timeout(PATIENCE).context("wait for Running")?;
        if pod.str_at(&["status", "phase"]) == "Running" {
            seen.entry(pod.str_at(&["metadata", "name"]).to_owned()).or_insert(moment);
        }
    }
    Ok(seen)
}

fn pods_one_at_a_time(cluster: &Cluster, report: &mut Report) -> anyhow::Result<()> {
    let (alone, isolated) = floors::start_process()?;
    eprintln!("floors: exec {alone:?}, exec in six namespaces {isolated:?}");
    let api = cluster.api();
    let mut times = Vec::new();
    for number in 0..SINGLE_PODS {
        let name = pod_name("single", number);
        let events = cluster.api().events(&format!("/api/v1/namespaces/{NAMESPACE}/pods"));
        let since = create_pod(api, &name)?;
        let seen = await_named(&events, &name)?;
        times.push(seen.saturating_duration_since(since));
        delete_pods(cluster, &[name])?;
    }
    let floor = Some((Value::Time(isolated), "exec in six namespaces"));
    report.add("Pod create → Running, one at a time, p50", Value::Time(percentile(&mut times, 50)), floor, "≤ 100 ms");
    report.add("Pod create → Running, one at a time, p99", Value::Time(percentile(&mut times, 99)), floor, "");
    Ok(())
}

fn await_named(events: &Events, name: &str) -> anyhow::Result<Instant> {
    loop {
        let (moment, pod) = events.recv_timeout(PATIENCE).context("wait for Running")?;
        if pod.str_at(&["metadata", "name"]) == name && pod.str_at(&["status", "phase"]) == "Running" {
            return Ok(moment);
        }
    }
}

/// Creates many Pods at once; answers their names. Their memory is measured while they idle.
fn pods_in_a_burst(cluster: &Cluster, report: &mut Report) -> anyhow::Result<Vec<String>> {
    let (_, isolated) = floors::start_process()?;
    let before = cluster.usage();
    let events = cluster.api().events(&format!("/api/v1/namespaces/{NAMESPACE}/pods"));
    let names: Vec<String> = (0..BURST_PODS).map(|number| pod_name("burst", number)).collect();
    let mut created = BTreeMap::new();
    for name in &names {
        created.insert(name.clone(), create_pod(cluster.api(), name)?);
    }
    let seen = await_running(&events, BURST_PODS)?;
    let mut times: Vec<Duration> =
        seen.iter().map(|(name, moment)| moment.saturating_duration_since(created[name])).collect();
    let first = created.values().min().context("Pods were created")?;
    let whole = seen.values().max().context("Pods were seen")?.saturating_duration_since(*first);
    let floor = Some((Value::Time(isolated), "exec in six namespaces"));
    report.add("burst of 50: create → Running, p50", Value::Time(percentile(&mut times, 50)), floor, "");
    report.add("burst of 50: create → Running, p99", Value::Time(percentile(&mut times, 99)), floor, "");
    let all = Some((Value::Time(isolated * BURST_PODS as u32 / 2), "50 such starts on 2 cores"));
    report.add("burst of 50: all Running", Value::Time(whole), all, "");
    std::thread::sleep(IDLE_SETTLE);
    let after = cluster.usage();
    let each = after.bytes().saturating_sub(before.bytes()) / BURST_PODS as u64;
    let floor = Some((Value::Bytes(floors::sleeping_processes(BURST_PODS)?), "each of 50 sleeping processes"));
    report.add("memory per idle Pod, server and shim", Value::Bytes(each), floor, "");
    Ok(names)
}

fn delete_pods(cluster: &Cluster, names: &[String]) -> anyhow::Result<()> {
    for name in names {
        cluster.api().delete(&format!("{}?gracePeriodSeconds=0", workload::pod_path(NAMESPACE, name)))?;
    }
    for name in names {
        cluster.api().wait_gone(&workload::pod_path(NAMESPACE, name), PATIENCE);
    }
    Ok(())
}

/// A Service is created in front of Pods that run; its address is looked for in the kernel's map.
fn service_changes(cluster: &Cluster, report: &mut Report) -> anyhow::Result<()> {
    let floor = Some((Value::Time(floors::nft_element(cluster)?), "one map element over netlink"));
    let network = cluster.outer().network()?;
    let table = format!("{}-services", cluster.instance());
    let mut times = Vec::new();
    for number in 0..SERVICES {
        let name = pod_name("service", number);
        let text = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{selector: {{app: bench}}, ports: [{{port: 80}}]}}"
        );
        let since = Instant::now();
        let made = cluster.api().create(NAMESPACE, &text)?.remove(0);
        let address: Ipv4Addr = made.str_at(&["spec", "clusterIP"]).parse()?;
        let key: String = address.octets().iter().map(|byte| format!("{byte:02x}")).collect();
        netns::run_in_opened(&network, || {
            let mut socket = Socket::netfilter()?;
            while since.elapsed() < PATIENCE {
                let keys = leaks::nft_elements(&mut socket, &table, "services").map_err(std::io::Error::other)?;
                if keys.iter().any(|found| found.starts_with(&key)) {
                    return Ok(());
                }
            }
            Err(std::io::Error::other(format!("{name}: no rule")))
        })?;
        times.push(since.elapsed());
        cluster.api().delete(&format!("/api/v1/namespaces/{NAMESPACE}/services/{name}"))?;
    }
    report.add("Service create → rule in the kernel, p50", Value::Time(percentile(&mut times, 50)), floor, "");
    report.add("Service create → rule in the kernel, p99", Value::Time(percentile(&mut times, 99)), floor, "");
    Ok(())
}

/// Puts the server's threads on one processor and the client's on another, until dropped.
struct Pinned {
    server: i32,
}

impl Pinned {
    fn new(cluster: &Cluster) -> anyhow::Result<Self> {
        let server = cluster.server().context("no server runs")?.pid;
        bind(server, &[SERVER_PROCESSOR])?;
        cluster.thread().run(async { sys::bind_to_processors(0, &[CLIENT_PROCESSOR]) })?;
        Ok(Pinned { server })
    }

    fn cpu(&self) -> anyhow::Result<Duration> {
        Ok(sys::process_cpu_time(self.server)?)
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let _ = bind(self.server, &[SERVER_PROCESSOR, CLIENT_PROCESSOR]);
    }
}

fn bind(pid: i32, processors: &[usize]) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(format!("/proc/{pid}/task"))?.flatten() {
        if let Some(thread) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
            // A thread may just have ended.
            let _ = sys::bind_to_processors(thread, processors);
        }
    }
    Ok(())
}

fn config_map(name: &str) -> Bytes {
    let value = "v".repeat(VALUE_BYTES);
    let text = format!(
        r#"{{"kind":"ConfigMap","apiVersion":"v1","metadata":{{"name":"{name}","labels":{{"app":"bench"}}}},"data":{{"value":"{value}"}}}}"#
    );
    Bytes::from(text)
}

/// Creates ConfigMaps from `clients` connections for a while or until there are `count`; the latency of each.
fn write(
    cluster: &Cluster,
    namespace: &str,
    prefix: &str,
    clients: usize,
    count: usize,
) -> anyhow::Result<(Vec<Duration>, Duration)> {
    let end = Instant::now() + WRITE_WINDOW;
    let connections = (0..clients).map(|_| cluster.api().another()).collect::<anyhow::Result<Vec<_>>>()?;
    let since = Instant::now();
    let (sender, times) = std::sync::mpsc::channel();
    for (client, api) in connections.iter().enumerate() {
        let (sender, prefix) = (sender.clone(), format!("{prefix}-{client}"));
        let path = format!("/api/v1/namespaces/{namespace}/configmaps");
        let limit = if count == usize::MAX { count } else { count.div_ceil(clients) };
        api.spawn(move |client| async move {
            let mut number = 0;
            while number < limit && (count != usize::MAX || Instant::now() < end) {
                let body = Some(("application/json", config_map(&pod_name(&prefix, number))));
                let Ok(request) = json_request(http::Method::POST, &path, body) else { return };
                let since = Instant::now();
                let answered = client.send(request).await;
                let took = since.elapsed();
                if !answered.is_ok_and(|answer| answer.status == http::StatusCode::CREATED) {
                    return;
                }
                let _ = sender.send(took);
                number += 1;
            }
        });
    }
    drop(sender);
    let times: Vec<Duration> = times.iter().collect();
    Ok((times, since.elapsed()))
}

fn durable_writes(cluster: &Cluster, disk: &Scratch, report: &mut Report) -> anyhow::Result<()> {
    write(cluster, NAMESPACE, "warm", 1, 300)?;
    for clients in [1, CLIENTS] {
        let pinned = Pinned::new(cluster)?;
        let (preallocated, growing) = floors::durable_append(&disk.0)?;
        eprintln!("floors: append + fdatasync {preallocated:?} preallocated, {growing:?} growing");
        let before = pinned.cpu()?;
        let (mut times, wall) = write(cluster, NAMESPACE, &format!("c{clients}"), clients, usize::MAX)?;
        let cpu = pinned.cpu()?.saturating_sub(before);
        anyhow::ensure!(times.len() > 100, "only {} writes in {wall:?}", times.len());
        let count = times.len() as f64;
        let floor = Some((Value::Time(preallocated), "4 KiB append + fdatasync"));
        let name = |what: &str| format!("durable create, {clients} client(s), {what}");
        let goal = if clients == 1 { "≤ 1 ms" } else { "" };
        report.add(&name("p50"), Value::Time(percentile(&mut times, 50)), floor, goal);
        report.add(&name("p99"), Value::Time(percentile(&mut times, 99)), floor, "");
        let rate = Some((Value::Rate(1.0 / preallocated.as_secs_f64()), "such appends"));
        report.add(&name("throughput"), Value::Rate(count / wall.as_secs_f64()), rate, "");
        report.add(&name("server time each"), Value::Time(cpu.div_f64(count)), None, "");
    }
    Ok(())
}

fn list(cluster: &Cluster, report: &mut Report) -> anyhow::Result<()> {
    workload::namespace(cluster.api(), LISTED_NAMESPACE);
    // One is there already, of every namespace: the authority's.
    write(cluster, LISTED_NAMESPACE, "listed", CLIENTS, LISTED)?;
    let path = format!("/api/v1/namespaces/{LISTED_NAMESPACE}/configmaps");
    let body = cluster.api().request(http::Method::GET, &path, None)?.body;
    let memory = MemoryServer::start(cluster, body.clone())?;
    let floor_api = cluster.api().at(&format!("https://127.0.0.1:{}", memory.port))?;
    let pinned = Pinned::new(cluster)?;
    let (mut own, mut floor) = (Duration::ZERO, Duration::ZERO);
    let read = |api: &Api| -> anyhow::Result<()> {
        let answer = api.request(http::Method::GET, &path, None)?;
        anyhow::ensure!(answer.code == 200 && answer.body.len() == body.len(), "another answer: {}", answer.code);
        Ok(())
    };
    for round in 0..LISTS {
        // A B, B A, …: whatever else the machine does meets both.
        for is_own in if round % 2 == 0 { [true, false] } else { [false, true] } {
            let before = if is_own { pinned.cpu()? } else { memory.cpu()? };
            read(if is_own { cluster.api() } else { &floor_api })?;
            let after = if is_own { pinned.cpu()? } else { memory.cpu()? };
            *(if is_own { &mut own } else { &mut floor }) += after.saturating_sub(before);
        }
    }
    let megabytes = (body.len() * LISTS) as f64 / 1e6;
    let rate = |time: Duration| Value::Throughput(megabytes / time.as_secs_f64());
    let what = format!("LIST of {LISTED} ConfigMaps ({:.1} MB), JSON, TLS", body.len() as f64 / 1e6);
    report.add(&what, rate(own), Some((rate(floor), "the same bytes from memory over HTTP/2 + TLS")), "");
    Ok(())
}
