//! `/stats/summary`: CPU and memory of Pods and containers, as the runtime measures them.

use std::collections::BTreeMap;

use container_interfaces::cri::v1::{ContainerStats, CpuUsage, ListContainerStatsRequest, MemoryUsage, UInt64Value};
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};
use streaming::serve::Body;

use super::{Server, text};
use crate::container_config::labels::{self, CONTAINER_NAME};

impl Server {
    pub(super) async fn summary(&self) -> Response<Body> {
        let answer = self.effects.runtime.list_container_stats(ListContainerStatsRequest { filter: None }).await;
        let all = match answer {
            Ok(answer) => answer.stats,
            Err(error) => return text(StatusCode::INTERNAL_SERVER_ERROR, error.message()),
        };
        let mut pods: BTreeMap<crate::spec::PodId, Vec<Value>> = BTreeMap::new();
        for stats in &all {
            let Some(attributes) = &stats.attributes else { continue };
            let id = labels::pod_id(&attributes.labels);
            pods.entry(id).or_default().push(container(stats, attributes.labels.get(CONTAINER_NAME)));
        }
        let pods: Vec<Value> = pods
            .into_iter()
            .map(|(id, containers)| {
                json!({"podRef": {"name": id.name, "namespace": id.namespace, "uid": id.uid}, "containers": containers})
            })
            .collect();
        super::json(&json!({"node": {"nodeName": self.effects.config.node_name}, "pods": pods}))
    }
}

fn container(stats: &ContainerStats, name: Option<&String>) -> Value {
    let mut out = Map::new();
    out.insert("name".into(), json!(name));
    if let Some(cpu) = &stats.cpu {
        out.insert("cpu".into(), cpu_json(cpu));
    }
    if let Some(memory) = &stats.memory {
        out.insert("memory".into(), memory_json(memory));
    }
    Value::Object(out)
}

fn numbers(timestamp: i64, values: &[(&str, Option<&UInt64Value>)]) -> Value {
    let mut out = Map::new();
    if let Ok(time) = jiff::Timestamp::from_nanosecond(i128::from(timestamp)) {
        out.insert("time".into(), json!(apimachinery::time::format_seconds(time)));
    }
    for (name, value) in values {
        if let Some(value) = value {
            out.insert((*name).into(), json!(value.value));
        }
    }
    Value::Object(out)
}

fn cpu_json(cpu: &CpuUsage) -> Value {
    let values = [
        ("usageNanoCores", cpu.usage_nano_cores.as_ref()),
        ("usageCoreNanoSeconds", cpu.usage_core_nano_seconds.as_ref()),
    ];
    numbers(cpu.timestamp, &values)
}

fn memory_json(memory: &MemoryUsage) -> Value {
    let values = [
        ("availableBytes", memory.available_bytes.as_ref()),
        ("usageBytes", memory.usage_bytes.as_ref()),
        ("workingSetBytes", memory.working_set_bytes.as_ref()),
        ("rssBytes", memory.rss_bytes.as_ref()),
        ("pageFaults", memory.page_faults.as_ref()),
        ("majorPageFaults", memory.major_page_faults.as_ref()),
    ];
    numbers(memory.timestamp, &values)
}
