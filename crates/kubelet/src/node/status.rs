//! The Node's status as the kubelet reports it. Pure.

use apimachinery::time::Now;
use container_interfaces::cri::v1::{Image, RuntimeHandler, StatusResponse};
use serde_json::{Map, Value, json};

use super::machine::{Machine, architecture};
use super::pressure::Pressure;
use crate::config::Config;

/// Conditions that the kubelet owns, in upstream's order.
pub const NODE_CONDITIONS: [&str; 4] = ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"];
/// Fields of the status that are ours.
const OURS: [&str; 10] = [
    "addresses",
    "allocatable",
    "capacity",
    "conditions",
    "daemonEndpoints",
    "declaredFeatures",
    "features",
    "images",
    "nodeInfo",
    "runtimeHandlers",
];
/// What this kubelet can beyond what every kubelet can, by upstream's names, sorted.
const DECLARED_FEATURES: [&str; 2] =
    ["InPlacePodLevelResourcesVerticalScaling", "InPlacePodVerticalScalingInitContainers"];
/// Names that the status lists per image (upstream's).
const IMAGE_NAMES_MAX: usize = 5;

/// What the runtime says.
#[derive(Clone, Debug, Default)]
pub struct RuntimeFacts {
    pub runtime_error: Option<String>,
    pub network_error: Option<String>,
    /// `name://version`
    pub version: String,
    pub images: Vec<Value>,
    pub handlers: Vec<RuntimeHandler>,
    pub has_groups_policy: Option<bool>,
}

impl RuntimeFacts {
    /// From the runtime's own words.
    pub fn of(answer: &StatusResponse) -> RuntimeFacts {
        let conditions = answer.status.iter().flat_map(|status| &status.conditions);
        let error = |name: &str, prefix: &str| {
            let found = conditions.clone().find(|condition| condition.r#type == name);
            match found {
                Some(condition) if condition.status => None,
                Some(condition) => {
                    Some(format!("{prefix}: {name}=false reason:{} message:{}", condition.reason, condition.message))
                }
                None => Some(format!("{prefix}: {name} is not reported")),
            }
        };
        RuntimeFacts {
            runtime_error: error("RuntimeReady", "container runtime not ready"),
            network_error: error("NetworkReady", "container runtime network not ready"),
            handlers: answer.runtime_handlers.clone(),
            has_groups_policy: answer.features.as_ref().map(|features| features.supplemental_groups_policy),
            ..RuntimeFacts::default()
        }
    }

    /// Whether its default handler makes mounts read-only with all that is mounted below them.
    pub fn has_recursive_read_only(&self) -> bool {
        let default = self.handlers.iter().find(|handler| handler.name.is_empty());
        default.and_then(|handler| handler.features).is_some_and(|features| features.recursive_read_only_mounts)
    }

    /// A runtime that does not answer.
    pub fn failed(error: &str) -> RuntimeFacts {
        RuntimeFacts {
            runtime_error: Some(error.to_owned()),
            network_error: Some(error.to_owned()),
            ..RuntimeFacts::default()
        }
    }
}

/// What a status is made from.
pub struct NodeFacts<'a> {
    pub config: &'a Config,
    pub machine: &'a Machine,
    pub runtime: &'a RuntimeFacts,
    pub pressure: Pressure,
    pub now: Now,
}

/// The status that is wanted, and the reasons of events about conditions that changed.
pub fn wanted(facts: &NodeFacts<'_>, old: &Value) -> (Map<String, Value>, Vec<&'static str>) {
    let config = facts.config;
    let mut addresses: Vec<Value> =
        config.node_ips.now().iter().map(|ip| json!({"type": "InternalIP", "address": ip})).collect();
    addresses.push(json!({"type": "Hostname", "address": config.hostname}));
    let quantities = |list: crate::resources::ResourceList| -> Map<String, Value> {
        list.into_iter().map(|(name, quantity)| (name, Value::String(quantity.0))).collect()
    };
    let mut status = Map::new();
    let mut put = |name: &str, value: Value| drop(status.insert(name.to_owned(), value));
    put("addresses", Value::Array(addresses));
    // Whatever devices others count is all for Pods.
    let extended = extended_resources(&old["capacity"]);
    let with_extended = |own: Map<String, Value>| own.into_iter().chain(extended.clone()).collect();
    put("capacity", with_extended(quantities(facts.machine.capacity(config))));
    put("allocatable", with_extended(quantities(facts.machine.allocatable(config))));
    let port = config.listen.map_or(0, |listen| listen.port());
    put("daemonEndpoints", json!({"kubeletEndpoint": {"Port": port}}));
    put("declaredFeatures", json!(DECLARED_FEATURES));
    put("nodeInfo", node_info(facts));
    put("images", Value::Array(facts.runtime.images.clone()));
    if !facts.runtime.handlers.is_empty() {
        put("runtimeHandlers", facts.runtime.handlers.iter().map(handler).collect());
    }
    if let Some(has_policy) = facts.runtime.has_groups_policy {
        put("features", json!({"supplementalGroupsPolicy": has_policy}));
    }
    let (conditions, events) = conditions(facts, &old["conditions"]);
    put("conditions", Value::Array(conditions));
    (status, events)
}

/// Resources with a domain in their name: others put them into the status, and they stay.
fn extended_resources(capacity: &Value) -> Map<String, Value> {
    let all = capacity.as_object().into_iter().flatten();
    all.filter(|(name, _)| name.contains('/')).map(|(name, quantity)| (name.clone(), quantity.clone())).collect()
}

fn node_info(facts: &NodeFacts<'_>) -> Value {
    let machine = facts.machine;
    json!({
        "machineID": machine.machine_id,
        "systemUUID": machine.system_uuid,
        "bootID": machine.boot_id,
        "kernelVersion": machine.kernel,
        "osImage": machine.os_image,
        "containerRuntimeVersion": facts.runtime.version,
        "kubeletVersion": facts.config.kubelet_version,
        "kubeProxyVersion": "",
        "operatingSystem": "linux",
        "architecture": architecture(),
    })
}

fn handler(handler: &RuntimeHandler) -> Value {
    let features = handler.features.unwrap_or_default();
    json!({
        "name": handler.name,
        "features": {
            "recursiveReadOnlyMounts": features.recursive_read_only_mounts,
            "userNamespaces": features.user_namespaces,
        },
    })
}

/// The biggest images, as the status lists them.
pub fn images(mut images: Vec<Image>, count_max: usize) -> Vec<Value> {
    images.sort_by(|a, b| (b.size, &a.id).cmp(&(a.size, &b.id)));
    images.truncate(count_max);
    let entry = |image: Image| {
        let mut names = image.repo_digests;
        names.extend(image.repo_tags);
        names.truncate(IMAGE_NAMES_MAX);
        json!({"names": names, "sizeBytes": image.size})
    };
    images.into_iter().map(entry).collect()
}

/// Whether, reason, message, and the reason of the event when it becomes so.
type Claim = (bool, &'static str, String, &'static str);

fn claims(facts: &NodeFacts<'_>) -> [(&'static str, Claim); 4] {
    let choose = |has: bool, yes: [&'static str; 3], no: [&'static str; 3]| {
        let [reason, message, event] = if has { yes } else { no };
        (has, reason, message.to_owned(), event)
    };
    let memory = choose(
        facts.pressure.has_memory,
        ["KubeletHasInsufficientMemory", "kubelet has insufficient memory available", "NodeHasInsufficientMemory"],
        ["KubeletHasSufficientMemory", "kubelet has sufficient memory available", "NodeHasSufficientMemory"],
    );
    let disk = choose(
        facts.pressure.has_disk,
        ["KubeletHasDiskPressure", "kubelet has disk pressure", "NodeHasDiskPressure"],
        ["KubeletHasNoDiskPressure", "kubelet has no disk pressure", "NodeHasNoDiskPressure"],
    );
    let pid = choose(
        facts.pressure.has_pid,
        ["KubeletHasInsufficientPID", "kubelet has insufficient PID available", "NodeHasInsufficientPID"],
        ["KubeletHasSufficientPID", "kubelet has sufficient PID available", "NodeHasSufficientPID"],
    );
    let errors: Vec<_> = [&facts.runtime.runtime_error, &facts.runtime.network_error].into_iter().flatten().collect();
    let ready = match errors.as_slice() {
        [] => (true, "KubeletReady", "kubelet is posting ready status".to_owned(), "NodeReady"),
        [one] => (false, "KubeletNotReady", (*one).clone(), "NodeNotReady"),
        [first, second] if first == second => (false, "KubeletNotReady", (*first).clone(), "NodeNotReady"),
        more => {
            let joined = more.iter().map(|error| error.as_str()).collect::<Vec<_>>().join(", ");
            (false, "KubeletNotReady", format!("[{joined}]"), "NodeNotReady")
        }
    };
    [("MemoryPressure", memory), ("DiskPressure", disk), ("PIDPressure", pid), ("Ready", ready)]
}

fn conditions(facts: &NodeFacts<'_>, old: &Value) -> (Vec<Value>, Vec<&'static str>) {
    let now = facts.now.seconds_text();
    let mut events = Vec::new();
    let all = claims(facts).into_iter().map(|(name, (holds, reason, message, event))| {
        let status = if holds { "True" } else { "False" };
        let known = old.as_array().into_iter().flatten().find(|condition| condition["type"] == name);
        let is_same = known.is_some_and(|condition| condition["status"] == status);
        if !is_same {
            events.push(event);
        }
        let since = known.filter(|_| is_same).and_then(|condition| condition["lastTransitionTime"].as_str());
        json!({
            "type": name,
            "status": status,
            "reason": reason,
            "message": message,
            "lastHeartbeatTime": now,
            "lastTransitionTime": since.unwrap_or(&now),
        })
    });
    (all.collect::<Vec<_>>(), events)
}

/// The part of a status that is ours.
pub fn ours(status: &Map<String, Value>) -> Map<String, Value> {
    status.iter().filter(|(name, _)| OURS.contains(&name.as_str())).map(|(n, v)| (n.clone(), v.clone())).collect()
}

/// Whether two statuses differ in more than the heartbeat.
pub fn differs(old: &Value, wanted: &Map<String, Value>) -> bool {
    let empty = Map::new();
    let still = |map: &Map<String, Value>| {
        let mut map = ours(map);
        for condition in map.get_mut("conditions").and_then(Value::as_array_mut).into_iter().flatten() {
            condition["lastHeartbeatTime"] = Value::Null;
        }
        if let Some(all) = map.get_mut("conditions").and_then(Value::as_array_mut) {
            all.retain(|condition| NODE_CONDITIONS.iter().any(|name| condition["type"] == *name));
            all.sort_by_key(|condition| condition["type"].as_str().unwrap_or("").to_owned());
        }
        map.retain(|_, value| !value.as_array().is_some_and(Vec::is_empty));
        map
    };
    still(old.as_object().unwrap_or(&empty)) != still(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted_at(second: i64, network_error: Option<&str>, old: &Value) -> (Map<String, Value>, Vec<&'static str>) {
        let runtime = RuntimeFacts { network_error: network_error.map(str::to_owned), ..RuntimeFacts::default() };
        let now =
            Now { wall: jiff::Timestamp::from_second(second).expect("in range"), boot: std::time::Duration::ZERO };
        let machine = Machine { cpus: 2, memory_bytes: 4 << 30, ..Machine::default() };
        let config = Config::new("n", "10.0.0.1");
        wanted(
            &NodeFacts { config: &config, machine: &machine, runtime: &runtime, pressure: Pressure::default(), now },
            old,
        )
    }

    #[test]
    fn a_heartbeat_alone_is_no_change_and_keeps_the_transition() {
        let (first, events) = wanted_at(100, None, &Value::Null);
        assert_eq!(events, ["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID", "NodeReady"]);
        let old = Value::Object(first);
        let (second, events) = wanted_at(200, None, &old);
        assert!(events.is_empty() && !differs(&old, &second));
        assert_eq!(second["conditions"][3]["lastTransitionTime"], "1970-01-01T00:01:40Z");
        let (third, events) = wanted_at(300, Some("container runtime network not ready"), &old);
        assert_eq!(events, ["NodeNotReady"]);
        assert!(differs(&old, &third));
        assert_eq!(third["conditions"][3]["message"], "container runtime network not ready");
        assert_eq!(third["conditions"][3]["reason"], "KubeletNotReady");
    }

    #[test]
    fn resources_of_others_stay_and_are_all_for_pods() {
        let old = json!({"capacity": {"example.com/foo": "5", "odd": "1"}, "allocatable": {"example.com/foo": "3"}});
        let (status, _) = wanted_at(100, None, &old);
        assert_eq!((&status["capacity"]["example.com/foo"], &status["capacity"]["odd"]), (&json!("5"), &Value::Null));
        assert_eq!(status["allocatable"]["example.com/foo"], "5");
    }
}
