//! `/stats/summary`: what the node, its Pods and their containers use, in upstream's form.

use http::{Response, StatusCode};
use serde_json::{Map, Value, json};
use streaming::serve::Body;

use super::{Server, query_values, text};
use crate::stats::{self, Container, Cpu, Depth, FileSystem, Interface, Memory, NodeStats, PodStats, Stats};

impl Server {
    pub(super) async fn measure(&self, depth: Depth) -> Result<Stats, tonic::Status> {
        let pods = self.all_pods().await;
        stats::collect(&self.effects, &self.rates, &pods, depth).await
    }

    pub(super) async fn summary(&self, query: &str) -> Response<Body> {
        let is_short = query_values(query, "only_cpu_and_memory").iter().any(|value| value == "true");
        let depth = if is_short { Depth::Usage } else { Depth::Everything };
        let stats = match self.measure(depth).await {
            Ok(stats) => stats,
            Err(error) => return text(StatusCode::INTERNAL_SERVER_ERROR, error.message()),
        };
        let pods: Vec<Value> = stats.pods.iter().map(|stats| pod(stats, depth)).collect();
        super::json(&json!({"node": node(&stats.node, &self.effects.config.node_name, depth), "pods": pods}))
    }
}

fn seconds(second: i64) -> Value {
    let time = jiff::Timestamp::from_second(second).unwrap_or_default();
    json!(apimachinery::time::format_seconds(time))
}

fn time(nanoseconds: i64) -> Value {
    seconds(nanoseconds.div_euclid(1_000_000_000))
}

fn cpu_json(cpu: &Cpu) -> Value {
    let mut out = json!({"time": time(cpu.time), "usageCoreNanoSeconds": cpu.core_nanoseconds});
    if let Some(nano_cores) = cpu.nano_cores {
        out["usageNanoCores"] = json!(nano_cores);
    }
    out
}

fn memory_json(memory: &Memory) -> Value {
    let mut out = json!({
        "time": time(memory.time),
        "usageBytes": memory.usage,
        "workingSetBytes": memory.working_set,
        "rssBytes": memory.rss,
        "pageFaults": memory.faults,
        "majorPageFaults": memory.major_faults,
    });
    if let Some(available) = memory.available {
        out["availableBytes"] = json!(available);
    }
    out
}

fn file_system(part: &FileSystem) -> Value {
    json!({
        "time": time(part.time),
        "availableBytes": part.available,
        "capacityBytes": part.capacity,
        "usedBytes": part.used,
        "inodesFree": part.inodes_free,
        "inodes": part.inodes,
        "inodesUsed": part.inodes_used,
    })
}

fn interface(interface: &Interface) -> Map<String, Value> {
    let numbers = [
        ("rxBytes", interface.rx_bytes),
        ("rxErrors", interface.rx_errors),
        ("txBytes", interface.tx_bytes),
        ("txErrors", interface.tx_errors),
    ];
    let mut out = Map::from_iter([("name".to_owned(), json!(interface.name))]);
    out.extend(numbers.map(|(name, number)| (name.to_owned(), json!(number))));
    out
}

/// The default interface's counters, and all interfaces.
fn network(all: &[Interface], at: i64) -> Option<Value> {
    let mut out = interface(all.first()?);
    out.insert("time".into(), time(at));
    out.insert("interfaces".into(), all.iter().map(|one| Value::Object(interface(one))).collect());
    Some(Value::Object(out))
}

fn node(node: &NodeStats, name: &str, depth: Depth) -> Value {
    let mut out = json!({
        "nodeName": name,
        "startTime": seconds(node.started),
        "cpu": cpu_json(&node.cpu),
        "memory": memory_json(&node.memory),
    });
    if depth == Depth::Everything {
        if let Some(network) = network(&node.interfaces, node.cpu.time) {
            out["network"] = network;
        }
        let images = file_system(&node.images);
        out["fs"] = file_system(&node.disk);
        out["runtime"] = json!({"imageFs": images, "containerFs": images});
        let (max, used) = node.processes;
        out["rlimit"] = json!({"time": time(node.cpu.time), "maxpid": max, "curproc": used});
    }
    out
}

fn pod(pod: &PodStats, depth: Depth) -> Value {
    let containers: Vec<Value> = pod.containers.iter().map(|one| container(one, depth)).collect();
    let mut out = json!({
        "podRef": {"name": pod.id.name, "namespace": pod.id.namespace, "uid": pod.id.uid},
        "startTime": seconds(pod.started),
        "containers": containers,
    });
    if let Some(cpu) = &pod.cpu {
        out["cpu"] = cpu_json(cpu);
    }
    if let Some(memory) = &pod.memory {
        out["memory"] = memory_json(memory);
    }
    if depth == Depth::Usage {
        return out;
    }
    let at = pod.cpu.map_or(0, |cpu| cpu.time);
    if let Some(network) = network(&pod.interfaces, at) {
        out["network"] = network;
    }
    let volumes: Vec<Value> = pod.volumes.iter().map(|(name, part)| with_name(file_system(part), name)).collect();
    if !volumes.is_empty() {
        out["volume"] = Value::Array(volumes);
    }
    if let Some(part) = &pod.ephemeral {
        out["ephemeral-storage"] = file_system(part);
    }
    if let Some(processes) = pod.processes {
        out["process_stats"] = json!({"process_count": processes});
    }
    out
}

fn with_name(mut value: Value, name: &str) -> Value {
    value["name"] = json!(name);
    value
}

fn container(container: &Container, depth: Depth) -> Value {
    let mut out = json!({"name": container.name, "startTime": seconds(container.started)});
    if let Some(cpu) = &container.cpu {
        out["cpu"] = cpu_json(cpu);
    }
    if let Some(memory) = &container.memory {
        out["memory"] = memory_json(memory);
    }
    if depth == Depth::Usage {
        return out;
    }
    for (name, part) in [("rootfs", &container.root), ("logs", &container.logs)] {
        if let Some(part) = part {
            out[name] = file_system(part);
        }
    }
    if let (Some(swap), Some(memory)) = (container.swap, &container.memory) {
        out["swap"] = json!({"time": time(memory.time), "swapUsageBytes": swap});
    }
    out
}
