//! CPU, memory and OOM numbers of containers and sandboxes. Pure.

use std::collections::BTreeMap;

use api::k8s_openapi::api::core::v1::{Container, Pod};
use container_interfaces::cri::v1::{HugepageLimit, LinuxContainerResources};

use super::NodeSettings;
use crate::resources::{self, CPU_PERIOD_MICROS, ResourceList};
use crate::spec;

/// Limits of a container.
pub fn container_limits(pod: &Pod, container: &Container, node: &NodeSettings) -> LinuxContainerResources {
    let own = container.resources.as_ref();
    let limits = own.and_then(|resources| resources.limits.as_ref());
    let requests = own.and_then(|resources| resources.requests.as_ref());
    let pod_limits = spec::spec(pod).resources.as_ref().and_then(|resources| resources.limits.as_ref());
    // Without a limit of its own, the Pod's counts.
    let limits_of = |name: &str| if resources::milli(limits, name) == 0 { pod_limits } else { limits };
    let mut numbers = numbers(requests, limits_of("cpu"), limits_of("memory"));
    numbers.hugepage_limits = huge_pages(limits, node);
    numbers.oom_score_adj = resources::oom_score_adj(pod, container, node.memory_capacity);
    if node.is_cgroup_v2 {
        numbers.unified = BTreeMap::from([("memory.oom.group".to_owned(), "1".to_owned())]);
    }
    numbers
}

/// Huge pages are there only for those who have limits for them.
fn huge_pages(limits: Option<&ResourceList>, node: &NodeSettings) -> Vec<HugepageLimit> {
    let limit = |(resource, page_size): &(String, String)| HugepageLimit {
        page_size: page_size.clone(),
        limit: resources::whole(limits, &format!("hugepages-{resource}")).unsigned_abs(),
    };
    node.huge_page_sizes.iter().map(limit).collect()
}

/// Limits of a Pod as a whole.
pub fn sandbox_limits(pod: &Pod) -> LinuxContainerResources {
    let limits = resources::pod_limits(pod);
    numbers(Some(&resources::pod_requests(pod)), Some(&limits), Some(&limits))
}

/// What the Pod needs besides its containers.
pub fn overhead(pod: &Pod) -> LinuxContainerResources {
    match spec::spec(pod).overhead.as_ref() {
        Some(overhead) => numbers(Some(overhead), Some(overhead), Some(overhead)),
        None => LinuxContainerResources::default(),
    }
}

fn numbers(
    requests: Option<&ResourceList>,
    cpu_limits: Option<&ResourceList>,
    memory_limits: Option<&ResourceList>,
) -> LinuxContainerResources {
    let cpu_limit = resources::milli(cpu_limits, "cpu");
    let cpu_request = match resources::names(requests, "cpu") {
        true => resources::milli(requests, "cpu"),
        false => cpu_limit,
    };
    LinuxContainerResources {
        cpu_shares: resources::cpu_shares(cpu_request),
        cpu_quota: resources::cpu_quota(cpu_limit),
        cpu_period: CPU_PERIOD_MICROS,
        memory_limit_in_bytes: resources::whole(memory_limits, "memory"),
        ..LinuxContainerResources::default()
    }
}
