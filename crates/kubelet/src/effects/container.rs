//! Creating and starting containers.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::k8s_openapi::api::core::v1::{Container, Pod, VolumeMount};
use client::clock;
use container_interfaces::cri::v1::{
    ContainerConfig, ContainerStatusRequest, CreateContainerRequest, ImageSpec, Mount, StartContainerRequest,
};

use super::setup::Warn;
use super::{Effects, Target, is_not_found};
use crate::container_config::{ContainerInput, container_config, propagation};
use crate::cri_view::{container_view, message_file};
use crate::env::field::FieldContext;
use crate::env::service_links;
use crate::env::{EnvironmentInput, References, Variable, environment, expand_sub_path, references};
use crate::hosts::{host_network_hosts, managed_hosts, pod_names};
use crate::paths::Paths;
use crate::pod::event::Outcome;
use crate::pod::record::ImageUse;
use crate::pod::view::ContainerView;
use crate::volumes::{self, sub_path};
use crate::{mounts, spec};

const HOSTS: &str = "/etc/hosts";
/// How long the objects that variables come from may take before a start counts as failed.
const OBJECTS_PATIENCE: Duration = Duration::from_secs(30);

/// Which container, into which sandbox.
pub(super) struct CreateRequest {
    pub(super) container: String,
    pub(super) attempt: u32,
    pub(super) sandbox_id: String,
    pub(super) sandbox_attempt: u32,
    pub(super) image_ref: String,
    pub(super) image_volumes: BTreeMap<ImageUse, String>,
    pub(super) pid_target: Option<String>,
}

impl Effects {
    pub(super) async fn create_container(&self, target: &Target, pod: &Arc<Pod>, request: CreateRequest) -> Outcome {
        let Some(container) = spec::any_container(pod, &request.container) else {
            return Outcome::ConfigFailed(format!("container {} is not in the spec", request.container));
        };
        let config = match self.container_config(target, pod, &container, &request).await {
            Ok(config) => config,
            Err(error) => return Outcome::ConfigFailed(error),
        };
        let sandbox_config = match self.sandbox_config(target, pod, request.sandbox_attempt, Warn::No) {
            Ok(config) => config,
            Err(error) => return Outcome::ConfigFailed(error),
        };
        let create = CreateContainerRequest {
            pod_sandbox_id: request.sandbox_id.clone(),
            config: Some(config),
            sandbox_config: Some(sandbox_config),
        };
        let container_id = match self.runtime.create_container(create).await {
            Ok(answer) => answer.container_id,
            Err(error) => return Outcome::Failed(error.message().to_owned()),
        };
        match self.view(&container_id).await {
            Ok(Some(mut view)) => {
                view.sandbox_id = request.sandbox_id;
                Outcome::Container(Box::new(view))
            }
            Ok(None) => Outcome::Failed(format!("container {container_id} is gone")),
            Err(error) => Outcome::Failed(error.message().to_owned()),
        }
    }

    /// A container as the runtime has it; `None` if it has none.
    pub(super) async fn view(&self, container_id: &str) -> Result<Option<ContainerView>, tonic::Status> {
        let request = ContainerStatusRequest { container_id: container_id.to_owned(), verbose: false };
        match self.runtime.container_status(request).await {
            Ok(answer) => Ok(answer.status.map(|status| container_view(&status, &self.paths, clock::boot()))),
            Err(error) if is_not_found(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn container_config(
        &self,
        target: &Target,
        pod: &Arc<Pod>,
        container: &Container,
        request: &CreateRequest,
    ) -> Result<ContainerConfig, String> {
        let variables = self.variables(target, pod, container).await?;
        let image = container.image.as_deref().unwrap_or("");
        let image_user = self.image_user(&request.image_ref).await;
        let image_user = image_user.map_err(|error| format!("get user of image {image}: {}", error.message()))?;
        let job = MountJob {
            paths: self.paths.clone(),
            pod: Arc::clone(pod),
            container: container.clone(),
            target: target.clone(),
            variables: variables.clone(),
            attempt: request.attempt,
            cluster_domain: self.config.cluster_domain.clone(),
            images: request.image_volumes.clone(),
            has_recursive_read_only: self.node.borrow().has_recursive_read_only,
        };
        let mounts = tokio::task::spawn_blocking(move || job.mounts()).await.map_err(|error| error.to_string())??;
        container_config(ContainerInput {
            pod,
            container,
            attempt: request.attempt,
            image_ref: &request.image_ref,
            image_user,
            variables: &variables,
            mounts,
            pid_target: request.pid_target.as_deref(),
            node: &self.settings,
        })
    }

    async fn variables(&self, target: &Target, pod: &Pod, container: &Container) -> Result<Vec<Variable>, String> {
        let mut wanted = References::default();
        references(container, &mut wanted);
        let gather = async {
            self.services.wait_synced().await;
            self.objects.gather(&target.id, &wanted).await
        };
        let objects = tokio::time::timeout(OBJECTS_PATIENCE, gather).await;
        let objects = objects
            .map_err(|_| "services have not yet been read at least once, cannot construct envvars".to_owned())?;
        let services: Vec<_> = self.services.list().into_iter().map(|(_, entry)| entry.digest).collect();
        let has_links = spec::spec(pod).enable_service_links.unwrap_or(true);
        let links = service_links::variables(services.iter().map(Arc::as_ref), spec::namespace(pod), has_links);
        let hostname = match spec::is_host_network(pod) {
            true => self.config.hostname.clone(),
            false => pod_names(pod, &self.config.cluster_domain)?.kernel_hostname,
        };
        let allocatable = self.node.borrow().allocatable.clone();
        let host_ips = self.config.node_ips.now();
        let fields = FieldContext { pod, pod_ips: &target.ips, host_ips: &host_ips, allocatable: &allocatable };
        environment(&EnvironmentInput { container, fields, objects: &objects, services: &links, hostname: &hostname })
    }

    pub(super) async fn start_container(&self, target: &Target, container: &str, container_id: &str) -> Outcome {
        let request = StartContainerRequest { container_id: container_id.to_owned() };
        if let Err(error) = self.runtime.start_container(request).await {
            let container = self.view(container_id).await.ok().flatten().map(Box::new);
            return Outcome::StartFailed { error: error.message().to_owned(), container };
        }
        match self.view(container_id).await {
            Ok(Some(view)) => {
                self.link_log(target, container, &view);
                Outcome::Container(Box::new(view))
            }
            Ok(None) => Outcome::StartFailed { error: format!("container {container_id} is gone"), container: None },
            Err(error) => Outcome::StartFailed { error: error.message().to_owned(), container: None },
        }
    }

    /// The link by which log collectors find a container's log.
    fn link_log(&self, target: &Target, container: &str, view: &ContainerView) {
        let log = self.paths.logs(&target.id).join(Paths::log_file(container, view.attempt));
        let link = self.paths.log_link(&target.id, container, &view.id);
        if log.exists()
            && let Err(error) = std::os::unix::fs::symlink(&log, &link)
            && error.kind() != std::io::ErrorKind::AlreadyExists
        {
            tracing::warn!(path = %link.display(), %error, "link log");
        }
    }
}

/// Prepares a container's mounts. Blocking.
struct MountJob {
    paths: Paths,
    pod: Arc<Pod>,
    container: Container,
    target: Target,
    variables: Vec<Variable>,
    attempt: u32,
    cluster_domain: String,
    images: BTreeMap<ImageUse, String>,
    has_recursive_read_only: bool,
}

impl MountJob {
    /// The error is upstream's text.
    fn mounts(&self) -> Result<Vec<Mount>, String> {
        let logs = self.paths.logs(&self.target.id).join(&self.container.name);
        mounts::make_dirs(&logs, 0o755).map_err(|error| {
            format!("create container log directory for container {} failed: {error}", self.container.name)
        })?;
        let mut all = Vec::new();
        for (index, mount) in self.container.volume_mounts.iter().flatten().enumerate() {
            all.push(self.volume(index, mount)?);
        }
        let has_own_hosts = all.iter().any(|mount: &Mount| mount.container_path == HOSTS);
        if !has_own_hosts && (!self.target.ips.is_empty() || spec::is_host_network(&self.pod)) {
            all.push(self.hosts()?);
        }
        if let Some(path) = self.container.termination_message_path.as_deref().filter(|path| !path.is_empty()) {
            all.push(Mount {
                container_path: absolute(path),
                host_path: text(&self.message_file().map_err(|error| error.to_string())?),
                ..Mount::default()
            });
        }
        Ok(all)
    }

    fn volume(&self, index: usize, mount: &VolumeMount) -> Result<Mount, String> {
        let container = &self.container.name;
        let missing = || format!("cannot find volume \"{}\" to mount into container \"{container}\"", mount.name);
        let (content, kind) = volumes::content(&self.pod, &self.paths, &mount.name).ok_or_else(missing)?;
        let part = match mount.sub_path_expr.as_deref().filter(|expression| !expression.is_empty()) {
            Some(expression) => expand_sub_path(expression, &self.variables)?,
            None => mount.sub_path.clone().unwrap_or_default(),
        };
        if let Some(image) = self.images.get(&ImageUse::Volume(mount.name.clone())) {
            return Ok(self.image_volume(mount, image, part));
        }
        let host_path = match part.is_empty() {
            true => content,
            false => {
                let target = self.paths.sub_path(&self.target.id.uid, &mount.name, container, index);
                let (volume_name, path) = (mount.name.as_str(), part.as_str());
                sub_path::prepare(&sub_path::SubPath {
                    volume: &content,
                    path,
                    target: &target,
                    volume_name,
                    container,
                })?
            }
        };
        Ok(Mount {
            recursive_read_only: self.is_recursive_read_only(mount)?,
            container_path: absolute(&mount.mount_path),
            host_path: text(&host_path),
            readonly: mount.read_only.unwrap_or(false) || kind.is_read_only(),
            propagation: propagation(mount.mount_propagation.as_deref())?,
            ..Mount::default()
        })
    }

    /// Whether what is mounted below a read-only mount is read-only, too; the error is upstream's text.
    fn is_recursive_read_only(&self, mount: &VolumeMount) -> Result<bool, String> {
        let mode = mount.recursive_read_only.as_deref().unwrap_or("Disabled");
        if mode == "Disabled" {
            return Ok(false);
        }
        let fail = |why: &str| {
            Err(format!("failed to resolve recursive read-only mode: volume {} {why}", spec::quote(&mount.name)))
        };
        if !mount.read_only.unwrap_or(false) {
            return fail("requested recursive read-only mode, but it is not read-only");
        }
        if !matches!(mount.mount_propagation.as_deref(), None | Some("None")) {
            return fail("requested recursive read-only mode, but it is not private");
        }
        match (self.has_recursive_read_only, mode) {
            (true, _) => Ok(true),
            (false, "IfPossible") => Ok(false),
            (false, _) => fail("requested recursive read-only mode, but it is not supported by the runtime"),
        }
    }

    fn image_volume(&self, mount: &VolumeMount, image: &str, part: String) -> Mount {
        let mut volumes = spec::spec(&self.pod).volumes.iter().flatten();
        let source = volumes.find(|volume| volume.name == mount.name).and_then(|volume| volume.image.as_ref());
        let named = source.and_then(|source| source.reference.clone()).unwrap_or_default();
        Mount {
            container_path: absolute(&mount.mount_path),
            readonly: true,
            image: Some(ImageSpec { image: image.to_owned(), user_specified_image: named, ..ImageSpec::default() }),
            image_sub_path: part,
            ..Mount::default()
        }
    }

    fn hosts(&self) -> Result<Mount, String> {
        let aliases = spec::spec(&self.pod).host_aliases.clone().unwrap_or_default();
        let content = match spec::is_host_network(&self.pod) {
            true => {
                let own = std::fs::read_to_string(HOSTS).map_err(|error| format!("open {HOSTS}: {error}"))?;
                host_network_hosts(&own, &aliases)
            }
            false => managed_hosts(&self.target.ips, &pod_names(&self.pod, &self.cluster_domain)?, &aliases),
        };
        let path = self.paths.hosts_file(&self.target.id.uid);
        let written = std::fs::write(&path, content).and_then(|()| mounts::set_mode(&path, 0o644));
        written.map_err(|error| format!("write {}: {error}", path.display()))?;
        Ok(Mount { container_path: HOSTS.into(), host_path: text(&path), ..Mount::default() })
    }

    fn message_file(&self) -> std::io::Result<PathBuf> {
        let path = message_file(&self.paths, &self.target.id, &self.container.name, self.attempt);
        if let Some(parent) = path.parent() {
            mounts::make_dirs(parent, 0o750)?;
        }
        std::fs::OpenOptions::new().create(true).append(true).open(&path)?;
        mounts::set_mode(&path, 0o666)?;
        Ok(path)
    }
}

fn text(path: &std::path::Path) -> String {
    path.display().to_string()
}

fn absolute(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}
