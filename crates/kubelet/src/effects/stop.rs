//! Hooks, and stopping and removing containers and sandboxes.

use std::sync::Arc;
use std::time::Duration;

use api::k8s_openapi::api::core::v1::{LifecycleHandler, Pod};
use container_interfaces::cri::v1::{RemoveContainerRequest, StopContainerRequest, StopPodSandboxRequest};

use super::{Effects, Target, is_not_found, plain_error};
use crate::hooks::{HookInput, run_hook};
use crate::logs::rotate;
use crate::paths::Paths;
use crate::pod::event::Outcome;
use crate::spec;

impl Effects {
    pub(super) async fn post_start(&self, target: &Target, pod: &Arc<Pod>, name: &str, container_id: &str) -> Outcome {
        let container = spec::container(pod, name);
        let hook = container.and_then(|container| container.lifecycle.as_ref()?.post_start.as_ref());
        self.hook(target, pod, name, container_id, hook).await
    }

    pub(super) async fn pre_stop(
        &self,
        target: &Target,
        pod: &Arc<Pod>,
        name: &str,
        container_id: &str,
        timeout: Duration,
    ) -> Outcome {
        let container = spec::container(pod, name);
        let hook = container.and_then(|container| container.lifecycle.as_ref()?.pre_stop.as_ref());
        let run = self.hook(target, pod, name, container_id, hook);
        match tokio::time::timeout(timeout, run).await {
            Ok(outcome) => outcome,
            Err(_) => {
                tracing::info!(pod = %target.id, container = name, "preStop hook not completed in grace period");
                Outcome::Ok
            }
        }
    }

    async fn hook(
        &self,
        target: &Target,
        pod: &Pod,
        name: &str,
        container_id: &str,
        hook: Option<&LifecycleHandler>,
    ) -> Outcome {
        let (Some(hook), Some(container)) = (hook, spec::container(pod, name)) else { return Outcome::Ok };
        let input = HookInput {
            pod: &target.id,
            pod_ip: target.ips.first().map(String::as_str).unwrap_or(""),
            container,
            container_id,
            runtime: &*self.runtime,
        };
        match run_hook(&input, hook).await {
            Ok(()) => Outcome::Ok,
            Err(message) => Outcome::Failed(message),
        }
    }

    pub(super) async fn stop_container(&self, container_id: &str, timeout_seconds: i64) -> Outcome {
        let request = StopContainerRequest { container_id: container_id.to_owned(), timeout: timeout_seconds };
        match self.runtime.stop_container(request).await {
            Err(error) if is_not_found(&error) => return Outcome::NotFound,
            Err(error) => return Outcome::Failed(plain_error(&error)),
            Ok(_) => {}
        }
        match self.view(container_id).await {
            Ok(view) => Outcome::Stopped(view.map(Box::new)),
            Err(error) => Outcome::Failed(plain_error(&error)),
        }
    }

    pub(super) async fn stop_sandbox(&self, sandbox_id: &str) -> Outcome {
        let request = StopPodSandboxRequest { pod_sandbox_id: sandbox_id.to_owned() };
        match self.runtime.stop_pod_sandbox(request).await {
            Ok(_) => Outcome::Ok,
            Err(error) if is_not_found(&error) => Outcome::NotFound,
            Err(error) => Outcome::Failed(plain_error(&error)),
        }
    }

    /// Removes a container with its logs and its termination message.
    pub(super) async fn remove_container(&self, target: &Target, name: &str, container_id: &str) -> Outcome {
        if let Ok(Some(view)) = self.view(container_id).await {
            let log = self.paths.logs(&target.id).join(Paths::log_file(name, view.attempt));
            let message = crate::cri_view::message_file(&self.paths, &target.id, name, view.attempt);
            if let Err(error) = rotate::remove(&log) {
                return Outcome::Failed(format!("remove log {}: {error}", log.display()));
            }
            let _ = std::fs::remove_file(message);
        }
        let _ = std::fs::remove_file(self.paths.log_link(&target.id, name, container_id));
        let request = RemoveContainerRequest { container_id: container_id.to_owned() };
        match self.runtime.remove_container(request).await {
            Ok(_) => Outcome::Ok,
            Err(error) if is_not_found(&error) => Outcome::NotFound,
            Err(error) => Outcome::Failed(plain_error(&error)),
        }
    }
}
