//! Holding running containers and their Pod's cgroup to other limits.
//!
//! What grows, grows from the outside in, and what shrinks, shrinks from the inside out, so that no container is
//! ever promised more than its Pod.

use std::sync::Arc;

use api::k8s_openapi::api::core::v1::{Pod, ResourceRequirements};
use container_interfaces::cri::v1::{
    ContainerStatsRequest, LinuxContainerResources, UpdateContainerResourcesRequest, UpdatePodSandboxResourcesRequest,
};

use super::{Effects, Target, plain_error};
use crate::checkpoint;
use crate::container_config::limits;
use crate::pod::event::Outcome;
use crate::pod::resize::{Checkpoint, ContainerUpdate};
use crate::{resources, spec};

impl Effects {
    pub(super) async fn resize(
        &self,
        target: &Target,
        pod: &Arc<Pod>,
        updates: Vec<ContainerUpdate>,
        mut known: Checkpoint,
    ) -> Outcome {
        let path = self.paths.checkpoint(&target.id.uid);
        let steps = async {
            checkpoint::write(&path, &known).map_err(|error| format!("write {}: {error}", path.display()))?;
            self.check_memory(pod, &updates).await?;
            self.resize_memory(pod, &updates).await?;
            self.resize_cpu(pod, &updates).await?;
            self.tell_sandbox(target, pod).await;
            for update in &updates {
                if let Some(resources) = known.allocated.containers.get(&update.container) {
                    known.actuated.insert(update.container_id.clone(), resources.clone());
                }
            }
            checkpoint::write(&path, &known).map_err(|error| format!("write {}: {error}", path.display()))
        };
        match steps.await {
            Ok(()) => Outcome::Ok,
            Err(error) => Outcome::Failed(error),
        }
    }

    /// Refuses limits below what is used; the error is upstream's text.
    async fn check_memory(&self, pod: &Pod, updates: &[ContainerUpdate]) -> Result<(), String> {
        let mut errors = Vec::new();
        let limits = self.cgroups.pod_limits(pod);
        let is_lowered = |wanted: i64, current: i64| wanted > 0 && (current <= 0 || wanted < current);
        if let Some(wanted) = self.cgroups.memory_of(pod).filter(|wanted| is_lowered(*wanted, limits.memory_bytes)) {
            let used = self.cgroups.pod_memory_usage(pod);
            if used.is_some_and(|used| used >= wanted) {
                let used = used.unwrap_or(0);
                errors.push(format!("attempting to set pod memory limit ({wanted}) below current usage ({used})"));
            }
        }
        for update in updates {
            let wanted = memory_limit(spec::container(pod, &update.container).and_then(|c| c.resources.as_ref()));
            if !is_lowered(wanted, memory_limit(Some(&update.current))) {
                continue;
            }
            let request = ContainerStatsRequest { container_id: update.container_id.clone() };
            let stats = self.runtime.container_stats(request).await.ok().and_then(|answer| answer.stats);
            let used = stats.and_then(|stats| stats.memory?.usage_bytes).map(|usage| usage.value);
            let name = spec::quote(&update.container);
            match used {
                None => errors.push(format!("missing container {name} memory usage")),
                Some(used) if used >= wanted.unsigned_abs() => errors.push(format!(
                    "attempting to set container {name} memory limit ({wanted}) below current usage ({used})"
                )),
                Some(_) => {}
            }
        }
        match errors.len() {
            0 => Ok(()),
            1 => Err(format!("cannot decrease memory limits: {}", errors.remove(0))),
            _ => Err(format!("cannot decrease memory limits: [{}]", errors.join(", "))),
        }
    }

    async fn resize_memory(&self, pod: &Pod, updates: &[ContainerUpdate]) -> Result<(), String> {
        let current = self.cgroups.pod_limits(pod).memory_bytes;
        let wanted = self.cgroups.memory_of(pod);
        let set = |is_first: bool| match wanted {
            Some(wanted) if is_first == grows(wanted, current) && wanted != current => {
                self.cgroups.set_pod_memory(pod, wanted).map_err(|error| error.to_string())
            }
            _ => Ok(()),
        };
        set(true)?;
        for update in sorted(pod, updates, memory_limit) {
            self.update(pod, update, |numbers| LinuxContainerResources {
                memory_limit_in_bytes: numbers.memory_limit_in_bytes,
                ..LinuxContainerResources::default()
            })
            .await?;
        }
        set(false)
    }

    async fn resize_cpu(&self, pod: &Pod, updates: &[ContainerUpdate]) -> Result<(), String> {
        let current = self.cgroups.pod_limits(pod).cpu_quota;
        let wanted = self.cgroups.quota_of(pod);
        let set = |is_first: bool| match wanted {
            Some(wanted) if is_first == grows(wanted, current) && wanted != current => {
                self.cgroups.set_pod_quota(pod, wanted).map_err(|error| error.to_string())
            }
            _ => Ok(()),
        };
        set(true)?;
        self.cgroups.set_pod_shares(pod).map_err(|error| error.to_string())?;
        for update in sorted(pod, updates, cpu_limit) {
            self.update(pod, update, |numbers| LinuxContainerResources {
                cpu_shares: numbers.cpu_shares,
                cpu_quota: numbers.cpu_quota,
                cpu_period: numbers.cpu_period,
                ..LinuxContainerResources::default()
            })
            .await?;
        }
        set(false)
    }

    async fn update(
        &self,
        pod: &Pod,
        update: &ContainerUpdate,
        choose: impl Fn(&LinuxContainerResources) -> LinuxContainerResources,
    ) -> Result<(), String> {
        let Some(container) = spec::container(pod, &update.container) else { return Ok(()) };
        let numbers = limits::container_limits(pod, container, &self.settings);
        let request = UpdateContainerResourcesRequest {
            container_id: update.container_id.clone(),
            linux: Some(choose(&numbers)),
            ..UpdateContainerResourcesRequest::default()
        };
        self.runtime.update_container_resources(request).await.map(drop).map_err(|error| plain_error(&error))
    }

    /// Tells the runtime what the Pod has now; one that does not care does not matter.
    async fn tell_sandbox(&self, target: &Target, pod: &Pod) {
        let Some(pod_sandbox_id) = target.sandbox_id.clone() else { return };
        let request = UpdatePodSandboxResourcesRequest {
            pod_sandbox_id,
            overhead: Some(limits::overhead(pod)),
            resources: Some(limits::sandbox_limits(pod)),
        };
        if let Err(error) = self.runtime.update_pod_sandbox_resources(request).await {
            tracing::debug!(pod = %target.id, error = error.message(), "update sandbox resources");
        }
    }
}

/// Whether a limit becomes wider; 0 and less stand for none.
fn grows(wanted: i64, current: i64) -> bool {
    current > 0 && (wanted <= 0 || wanted > current)
}

fn memory_limit(resources: Option<&ResourceRequirements>) -> i64 {
    resources::whole(resources.and_then(|resources| resources.limits.as_ref()), "memory")
}

fn cpu_limit(resources: Option<&ResourceRequirements>) -> i64 {
    resources::milli(resources.and_then(|resources| resources.limits.as_ref()), "cpu")
}

/// What shrinks first.
fn sorted<'a>(
    pod: &Pod,
    updates: &'a [ContainerUpdate],
    limit: fn(Option<&ResourceRequirements>) -> i64,
) -> Vec<&'a ContainerUpdate> {
    let grows_now = |update: &&ContainerUpdate| {
        let wanted = spec::container(pod, &update.container).and_then(|container| container.resources.as_ref());
        grows(limit(wanted), limit(Some(&update.current)))
    };
    let mut all: Vec<_> = updates.iter().collect();
    all.sort_by_key(grows_now);
    all
}
