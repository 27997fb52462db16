//! Volumes and sandbox.

use std::path::Path;
use std::sync::Arc;

use api::k8s_openapi::api::core::v1::Pod;
use apimachinery::json;
use client::client::Resource;
use client::clock;
use container_interfaces::cri::v1::{PodSandboxConfig, PodSandboxStatusRequest, RunPodSandboxRequest};

use super::{Effects, Target, plain_error, rpc_error};
use crate::cri_view::sandbox_view;
use crate::dns::{DnsSettings, parse_resolv_conf, pod_dns};
use crate::env::field::FieldContext;
use crate::hosts::pod_names;
use crate::objects::while_forbidden;
use crate::pod::event::{Outcome, SandboxFailure};
use crate::sandbox_config::{SandboxInput, sandbox_config};
use crate::volumes::{self, MountAll, MountError};
use crate::{mounts, spec};

const RUNTIME_CLASSES: Resource = Resource {
    group: "node.k8s.io",
    version: "v1",
    plural: "runtimeclasses",
    kind: "RuntimeClass",
    is_namespaced: false,
};

impl Effects {
    pub(super) async fn mount_volumes(&self, target: &Target, pod: &Arc<Pod>) -> Outcome {
        let references = volumes::references(pod);
        let (objects, tokens) = tokio::join!(
            self.objects.gather(&target.id, &references),
            self.tokens.gather(pod, volumes::token_wishes(pod))
        );
        let (paths, pod) = (self.paths.clone(), Arc::clone(pod));
        let (ips, host_ips) = (target.ips.clone(), self.config.node_ips.now());
        let allocatable = self.node.borrow().allocatable.clone();
        let refresh_after = tokens.refresh_after;
        let mounted = tokio::task::spawn_blocking(move || {
            let fields = FieldContext { pod: &pod, pod_ips: &ips, host_ips: &host_ips, allocatable: &allocatable };
            let (objects, tokens) = (&objects, &tokens.texts);
            volumes::mount_all(&MountAll { pod: &pod, paths: &paths, objects, fields, tokens })
        });
        match mounted.await {
            Ok(Ok(())) => Outcome::Mounted { refresh_after },
            Ok(Err(MountError::Volumes(messages))) => Outcome::MountFailed(messages),
            Ok(Err(MountError::Directory(message))) => Outcome::Failed(message),
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    pub(super) async fn run_sandbox(&self, target: &Target, pod: &Arc<Pod>, attempt: u32) -> Outcome {
        if let Some(reason) = self.node.borrow().network_error.clone()
            && !spec::is_host_network(pod)
        {
            return Outcome::SandboxFailed(SandboxFailure::NetworkNotReady(reason));
        }
        let (cgroups, for_cgroup) = (self.cgroups.clone(), Arc::clone(pod));
        let made = tokio::task::spawn_blocking(move || cgroups.make_pod(&for_cgroup)).await;
        if let Err(error) = made.map_err(|error| error.to_string()).and_then(|made| made.map_err(|e| e.to_string())) {
            return Outcome::SandboxFailed(SandboxFailure::Cgroup(error));
        }
        let failed = |error: String| Outcome::SandboxFailed(SandboxFailure::Runtime(error));
        let config = match self.sandbox_config(target, pod, attempt, Warn::Yes) {
            Ok(config) => config,
            Err(error) => return failed(error),
        };
        if let Err(error) = mounts::make_dirs(Path::new(&config.log_directory), 0o755) {
            return failed(format!("create log directory: {error}"));
        }
        let runtime_handler = match self.runtime_handler(pod).await {
            Ok(handler) => handler,
            Err(error) => return failed(error),
        };
        let request = RunPodSandboxRequest { config: Some(config), runtime_handler };
        let sandbox_id = match self.runtime.run_pod_sandbox(request).await {
            Ok(answer) => answer.pod_sandbox_id,
            Err(error) => return failed(rpc_error(&error)),
        };
        let request = PodSandboxStatusRequest { pod_sandbox_id: sandbox_id, verbose: false };
        match self.runtime.pod_sandbox_status(request).await {
            Ok(answer) => match answer.status {
                Some(status) => Outcome::Sandbox(sandbox_view(&status, clock::boot())),
                None => failed("pod sandbox status is nil".to_owned()),
            },
            Err(error) => {
                let message = format!("Unable to get pod sandbox status: {}", plain_error(&error));
                self.warn(target, "FailedPodSandBoxStatus", message.clone());
                failed(message)
            }
        }
    }

    /// What the Pod's RuntimeClass names; the error is upstream's text.
    async fn runtime_handler(&self, pod: &Pod) -> Result<String, String> {
        let class = spec::spec(pod).runtime_class_name.as_deref().filter(|name| !name.is_empty());
        let Some(class) = class else { return Ok(String::new()) };
        let bytes =
            while_forbidden(|| self.client.get(RUNTIME_CLASSES, "", class)).await.map_err(|error| {
                match error.is_not_found() {
                    true => format!("runtimeclass.node.k8s.io {} not found", spec::quote(class)),
                    false => format!("Failed to lookup RuntimeClass {class}: {error}"),
                }
            })?;
        let found = json::parse(&bytes).map_err(|error| format!("Failed to lookup RuntimeClass {class}: {error}"))?;
        Ok(found.str_at(&["handler"]).to_owned())
    }

    /// The sandbox's configuration; the error is upstream's text.
    pub(super) fn sandbox_config(
        &self,
        target: &Target,
        pod: &Pod,
        attempt: u32,
        warn: Warn,
    ) -> Result<PodSandboxConfig, String> {
        let dns = pod_dns(pod, &self.dns_settings()?);
        if warn == Warn::Yes {
            for (reason, message) in dns.warnings {
                self.warn(target, reason, message);
            }
        }
        let names = pod_names(pod, &self.config.cluster_domain)?;
        sandbox_config(SandboxInput {
            pod,
            attempt,
            hostname: &names.kernel_hostname,
            dns: dns.config,
            log_directory: self.paths.logs(&target.id).display().to_string(),
            cgroup_parent: self.cgroups.pod_path(pod),
        })
    }

    fn dns_settings(&self) -> Result<DnsSettings, String> {
        let host = match &self.config.resolv_conf {
            None => None,
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).map_err(|error| format!("open {}: {error}", path.display()))?;
                Some(parse_resolv_conf(&text))
            }
        };
        Ok(DnsSettings {
            cluster_dns: self.config.cluster_dns.clone(),
            cluster_domain: self.config.cluster_domain.clone(),
            host,
        })
    }
}

/// Whether warnings about a configuration become events.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Warn {
    /// They do.
    Yes,
    /// They did before.
    No,
}
