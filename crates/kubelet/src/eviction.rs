//! Which Pod has to go when the node runs out of memory or disk, and which Pods use more disk than they may. Pure;
//! [`watch`] measures and acts.

pub mod watch;

use api::k8s_openapi::api::core::v1::Pod;

use crate::resources::{self, Qos, ResourceList, binary};
use crate::spec;
use crate::stats::{Container, PodStats};

/// Reason of Pods that were made to go.
pub const REASON: &str = "Evicted";
/// Priority from which a Pod is critical for the cluster and never goes.
const CRITICAL_PRIORITY: i32 = 2_000_000_000;

/// What the node runs out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// Memory.
    Memory,
    /// Disk space or inodes.
    Disk,
}

impl Shortage {
    /// The resource's name in the API.
    pub fn resource(self) -> &'static str {
        match self {
            Shortage::Memory => "memory",
            Shortage::Disk => "ephemeral-storage",
        }
    }

    fn usage(self, pod: &PodStats) -> u64 {
        match self {
            Shortage::Memory => pod.memory.map_or(0, |memory| memory.working_set),
            Shortage::Disk => pod.ephemeral.map_or(0, |disk| disk.used),
        }
    }

    fn container_usage(self, container: &Container) -> u64 {
        match self {
            Shortage::Memory => container.memory.map_or(0, |memory| memory.working_set),
            Shortage::Disk => [container.root, container.logs].into_iter().flatten().map(|part| part.used).sum(),
        }
    }
}

/// Whether a Pod must stay whatever the node lacks.
pub fn is_critical(pod: &Pod, is_static: bool) -> bool {
    is_static || spec::spec(pod).priority.is_some_and(|priority| priority >= CRITICAL_PRIORITY)
}

/// The Pod that goes first: one that uses more than it asked for, of the lowest priority, with the largest excess.
pub fn choose<'a>(pods: &[(&'a Pod, &'a PodStats)], shortage: Shortage) -> Option<(&'a Pod, &'a PodStats)> {
    let rank = |(pod, stats): &(&Pod, &PodStats)| {
        let asked = resources::request_numbers(pod).get(shortage.resource()).copied().unwrap_or(0);
        let usage = i64::try_from(shortage.usage(stats)).unwrap_or(i64::MAX);
        let priority = spec::spec(pod).priority.unwrap_or(0);
        (usage <= asked, i64::from(priority), asked.saturating_sub(usage))
    };
    pods.iter().min_by_key(|candidate| rank(candidate)).copied()
}

/// What is said about it, in upstream's words. `bounds`: the least that must be there, and what is.
pub fn message(pod: &Pod, stats: &PodStats, shortage: Shortage, bounds: (u64, u64)) -> String {
    let resource = shortage.resource();
    let mut out = format!("The node was low on resource: {resource}. ");
    out += &format!("Threshold quantity: {}, available: {}. ", binary(bounds.0), binary(bounds.1));
    for container in &stats.containers {
        let Some(wanted) = spec::container(pod, &container.name) else { continue };
        let requests = wanted.resources.as_ref().and_then(|resources| resources.requests.as_ref());
        let asked = resources::whole(requests, resource).unsigned_abs();
        let usage = shortage.container_usage(container);
        if usage > asked {
            out += &format!(
                "Container {} was using {}, request is {}, has larger consumption of {resource}. ",
                container.name,
                binary(usage),
                amount(requests, resource)
            );
        }
    }
    out
}

fn amount(list: Option<&ResourceList>, name: &str) -> String {
    list.and_then(|list| list.get(name)).map_or_else(|| "0".to_owned(), |quantity| quantity.0.clone())
}

/// Whether a Pod limits the disk that it uses, so that it has to be measured.
pub fn limits_disk(pod: &Pod) -> bool {
    let has_limit = |name: &str| resources::milli(Some(&resources::pod_limits(pod)), name) > 0;
    let volumes = spec::spec(pod).volumes.iter().flatten();
    let mut sized = volumes.filter_map(|volume| volume.empty_dir.as_ref()?.size_limit.as_ref());
    sized.next().is_some() || has_limit(Shortage::Disk.resource())
}

/// Why a Pod that uses more disk than it may has to go, in upstream's words.
pub fn disk_excess(pod: &Pod, stats: &PodStats) -> Option<String> {
    for volume in spec::spec(pod).volumes.iter().flatten() {
        let Some(limit) = volume.empty_dir.as_ref().and_then(|source| source.size_limit.as_ref()) else { continue };
        let list = ResourceList::from([("size".to_owned(), limit.clone())]);
        let bytes = resources::whole(Some(&list), "size").unsigned_abs();
        let used = stats.volumes.get(&volume.name).map_or(0, |part| part.used);
        if bytes > 0 && used > bytes {
            return Some(format!(
                "Usage of EmptyDir volume {} exceeds the limit \"{}\". ",
                spec::quote(&volume.name),
                limit.0
            ));
        }
    }
    let resource = Shortage::Disk.resource();
    let limits = resources::pod_limits(pod);
    let whole = resources::whole(Some(&limits), resource).unsigned_abs();
    if resources::is_limited(pod, resource) && Shortage::Disk.usage(stats) > whole {
        let shown = amount(Some(&limits), resource);
        return Some(format!("Pod ephemeral local storage usage exceeds the total limit of containers {shown}. "));
    }
    let over = stats.containers.iter().find_map(|container| {
        let wanted = spec::container(pod, &container.name)?.resources.as_ref()?.limits.as_ref()?;
        let limit = resources::whole(Some(wanted), resource).unsigned_abs();
        let is_over = limit > 0 && Shortage::Disk.container_usage(container) > limit;
        is_over.then(|| (container.name.clone(), amount(Some(wanted), resource)))
    });
    over.map(|(name, limit)| format!("Container {name} exceeded its local ephemeral storage limit \"{limit}\". "))
}

/// Conditions under which a node takes no more Pods of a kind; upstream's message if this one is refused.
pub fn refuses(pod: &Pod, has_memory_pressure: bool, has_other: &[&str]) -> Option<String> {
    let mut conditions: Vec<&str> = has_other.to_vec();
    if has_memory_pressure {
        conditions.insert(0, "MemoryPressure");
    }
    if conditions.is_empty() || is_critical(pod, false) {
        return None;
    }
    let tolerates = spec::spec(pod).tolerations.iter().flatten().any(|toleration| {
        toleration.key.as_deref().is_none_or(|key| key.is_empty() || key == "node.kubernetes.io/memory-pressure")
            && toleration.operator.as_deref() == Some("Exists")
    });
    if has_other.is_empty() && (resources::qos(pod) != Qos::BestEffort || tolerates) {
        return None;
    }
    Some(format!("The node had condition: [{}]. ", conditions.join(" ")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::stats::{FileSystem, Memory};

    fn pod(name: &str, priority: i32, memory: &str, volumes: Value) -> Pod {
        let resources = if memory.is_empty() { json!({}) } else { json!({"requests": {"memory": memory}}) };
        let pod = json!({"metadata": {"name": name}, "spec": {"priority": priority, "volumes": volumes,
            "containers": [{"name": "c", "resources": resources}]}});
        api::typed::pod(pod.to_string().as_bytes()).expect("a Pod")
    }

    fn using(megabytes: u64) -> PodStats {
        let memory = Some(Memory { working_set: megabytes << 20, ..Memory::default() });
        let container = Container { name: "c".into(), memory, ..Container::default() };
        PodStats { memory, containers: vec![container], ..PodStats::default() }
    }

    #[test]
    fn who_uses_more_than_asked_for_goes_first_then_who_is_less_important() {
        let pods = [
            (pod("modest", 0, "100Mi", json!([])), using(90)),
            (pod("important", 9, "", json!([])), using(500)),
            (pod("greedy", 0, "10Mi", json!([])), using(60)),
            (pod("greedier", 0, "", json!([])), using(80)),
        ];
        let all: Vec<_> = pods.iter().map(|(pod, stats)| (pod, stats)).collect();
        let first = choose(&all, Shortage::Memory).expect("one");
        assert_eq!(spec::name(first.0), "greedier");
        assert_eq!(
            message(first.0, first.1, Shortage::Memory, (100 << 20, 50 << 20)),
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. Container c was using \
             80Mi, request is 0, has larger consumption of memory. "
        );
    }

    #[test]
    fn a_volume_above_its_limit_costs_the_pod() {
        let pod = pod("p", 0, "", json!([{"name": "v", "emptyDir": {"sizeLimit": "1Mi"}}]));
        let mut stats = using(1);
        assert!(limits_disk(&pod) && disk_excess(&pod, &stats).is_none());
        stats.volumes.insert("v".into(), FileSystem { used: 2 << 20, ..FileSystem::default() });
        assert_eq!(
            disk_excess(&pod, &stats).as_deref(),
            Some("Usage of EmptyDir volume \"v\" exceeds the limit \"1Mi\". ")
        );
    }

    #[test]
    fn under_memory_pressure_only_best_effort_pods_are_refused() {
        let (poor, rich) = (pod("p", 0, "", json!([])), pod("r", 0, "1Mi", json!([])));
        assert_eq!(refuses(&poor, true, &[]).as_deref(), Some("The node had condition: [MemoryPressure]. "));
        assert_eq!(refuses(&rich, true, &[]), None);
        assert_eq!(
            refuses(&rich, false, &["DiskPressure"]).as_deref(),
            Some("The node had condition: [DiskPressure]. ")
        );
        assert_eq!(refuses(&pod("c", CRITICAL_PRIORITY, "", json!([])), false, &["DiskPressure"]), None);
    }
}
