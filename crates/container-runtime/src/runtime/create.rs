//! Creating containers.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use container_interfaces::cri::v1::*;
use tonic::Status;

use super::container::Container;
use super::record::{ContainerRecord, UserRecord, remove_directory};
use super::sandbox::{Sandbox, visible_hostname};
use super::spec::Seccomp;
use super::{Inner, blocking, internal, mounts, new_id, now, spec};
use crate::capabilities::Capabilities;
use crate::contract::{CREATE, ContainerSpec, Created, ProcessSpec, RootSpec};
use crate::image_source::ResolvedImage;
use crate::wire::Blob;
use crate::{seccomp, shim};

/// Bytes of a Localhost seccomp profile.
const PROFILE_BYTES_MAX: u64 = 1024 * 1024;

/// The images of one container, found and leased.
struct Images {
    root: ResolvedImage,
    layers_by_destination: BTreeMap<String, Vec<PathBuf>>,
    leases: Vec<Box<dyn Send + Sync>>,
}

impl Inner {
    pub(super) async fn create_container(
        self: &Arc<Self>,
        request: CreateContainerRequest,
    ) -> Result<CreateContainerResponse, Status> {
        let config = request.config.ok_or_else(|| Status::invalid_argument("container config must be set"))?;
        if config.metadata.is_none() {
            return Err(Status::invalid_argument("container config must include metadata"));
        }
        let sandbox = self.sandbox(&request.pod_sandbox_id)?;
        sandbox.live_shim()?;
        let images = self.find_images(&config).await?;
        let id = new_id()?;
        let record = self.new_container_record(id, config, &sandbox, &images.root)?;
        let container = self.reserve_container(record)?;
        *container.leases.lock() = images.leases;
        match self.make(&sandbox, &container, &images.root, images.layers_by_destination).await {
            Ok(()) => {
                self.publish(&sandbox.id, &container.id, ContainerEventType::ContainerCreatedEvent);
                Ok(CreateContainerResponse { container_id: container.id.clone() })
            }
            Err(error) => {
                self.containers.lock().remove(&container.id);
                let inner = Arc::clone(self);
                blocking(move || inner.remove_directories(&container)).await?;
                Err(error)
            }
        }
    }

    async fn find_images(&self, config: &ContainerConfig) -> Result<Images, Status> {
        let name = config.image.as_ref().map(|image| image.image.as_str()).unwrap_or_default();
        let resolve = |name: String| async move {
            self.images.resolve(&name).await.map_err(|error| {
                Status::new(error.code(), format!("failed to resolve image {name:?}: {}", error.message()))
            })
        };
        let mut root = resolve(name.to_owned()).await?;
        let mut leases = vec![std::mem::replace(&mut root.lease, Box::new(()))];
        let mut layers_by_destination = BTreeMap::new();
        for mount in &config.mounts {
            let Some(image) = mount.image.as_ref().filter(|image| !image.image.is_empty()) else { continue };
            let found = resolve(image.image.clone()).await?;
            leases.push(found.lease);
            layers_by_destination.insert(mount.container_path.clone(), found.layers);
        }
        Ok(Images { root, layers_by_destination, leases })
    }

    fn new_container_record(
        &self,
        id: String,
        config: ContainerConfig,
        sandbox: &Sandbox,
        image: &ResolvedImage,
    ) -> Result<ContainerRecord, Status> {
        let sandbox_config = sandbox.record.lock().config.clone();
        let hostname = visible_hostname(&sandbox_config);
        let log_path = match config.log_path.is_empty() || sandbox_config.log_directory.is_empty() {
            true => String::new(),
            false => Path::new(&sandbox_config.log_directory).join(&config.log_path).to_string_lossy().into_owned(),
        };
        let given_name = config.image.as_ref().map(|image| image.image.clone()).unwrap_or_default();
        Ok(ContainerRecord {
            process: spec::process(&config, &image.config, &hostname, self.host_capabilities)?,
            stop_signal: spec::stop_signal(&config, &image.config),
            cgroup: format!("{}/{id}", self.cgroup_parent(&sandbox_config)),
            image_id: image.id.clone(),
            image_name: image.repo_tags.first().cloned().unwrap_or(given_name),
            image_ref: image.repo_digests.first().unwrap_or(&image.id).clone(),
            sandbox_id: sandbox.id.clone(),
            created_at: now(),
            started_at: 0,
            pid: 0,
            exit: None,
            user: UserRecord::default(),
            log_path,
            config,
            id,
        })
    }

    /// Makes the container known, unless another one of the sandbox has its name.
    fn reserve_container(&self, record: ContainerRecord) -> Result<Arc<Container>, Status> {
        let mut containers = self.containers.lock();
        let wanted = record.config.metadata.clone().unwrap_or_default();
        let mut siblings = containers.values().filter(|other| other.sandbox_id == record.sandbox_id);
        if let Some(holder) = siblings.find(|other| other.record.lock().config.metadata.as_ref() == Some(&wanted)) {
            let name = format!("{}_{}_{}", wanted.name, record.sandbox_id, wanted.attempt);
            return Err(Status::unknown(format!(
                "failed to reserve container name {name:?}: name {name:?} is reserved for {:?}",
                holder.id
            )));
        }
        let container = Container::new(record);
        containers.insert(container.id.clone(), Arc::clone(&container));
        Ok(container)
    }

    async fn make(
        self: &Arc<Self>,
        sandbox: &Sandbox,
        container: &Container,
        image: &ResolvedImage,
        image_layers: BTreeMap<String, Vec<PathBuf>>,
    ) -> Result<(), Status> {
        let record = container.record.lock().clone();
        let (inner, layers) = (Arc::clone(self), image.layers.clone());
        let spec = blocking(move || inner.prepare(&record, &layers, &image_layers)).await??;
        let created: Created = sandbox
            .live_shim()?
            .call(CREATE, &spec)
            .await
            .and_then(|reply| reply.decode())
            .map_err(internal("create container"))?;
        {
            let mut record = container.record.lock();
            record.user = UserRecord { uid: created.user.uid, gid: created.user.gid, groups: created.user.groups };
        }
        self.save(container);
        Ok(())
    }

    /// Directories, and the whole of what the shim needs to know. Blocks.
    fn prepare(
        &self,
        record: &ContainerRecord,
        layers: &[PathBuf],
        image_layers: &BTreeMap<String, Vec<PathBuf>>,
    ) -> Result<ContainerSpec, Status> {
        let config = &record.config;
        let security = spec::security_context(config);
        let directory = self.layout.container(&record.id);
        let mount_point = self.layout.container_mount_point(&record.sandbox_id, &record.id);
        let owner = self.outside_owner(&record.sandbox_id)?;
        let made = make_directories(&directory, &mount_point, layers, owner);
        let lowers = made.map_err(internal("make the container's directories"))?;
        if let Some(parent) = Path::new(&record.log_path).parent() {
            std::fs::create_dir_all(parent).map_err(internal("make the log directory"))?;
        }
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let (pid_mode, pid_target) = spec::pid_mode(&security);
        let (masked_paths, read_only_paths) = match security.privileged {
            true => (Vec::new(), Vec::new()),
            false => (security.masked_paths.clone(), security.readonly_paths.clone()),
        };
        let state_directory = self.layout.sandbox_state(&record.sandbox_id);
        Ok(ContainerSpec {
            id: record.id.clone(),
            process: self.with_filter(&record.process, config)?,
            root: RootSpec {
                layers: lowers.iter().map(|layer| text(layer)).collect(),
                upper: text(&directory.join("upper")),
                work: text(&directory.join("work")),
                mount_point: text(&mount_point),
                is_read_only: security.readonly_rootfs,
            },
            mounts: mounts::convert(config, &state_directory, security.readonly_rootfs, image_layers)?,
            masked_paths,
            read_only_paths,
            devices: mounts::devices(&config.devices, security.privileged)?,
            is_privileged: security.privileged,
            pid_mode,
            pid_target,
            cgroup: record.cgroup.clone(),
            resources: spec::resources(config.linux.as_ref().and_then(|linux| linux.resources.as_ref())),
            log_path: record.log_path.clone(),
            has_stdin: config.stdin,
            is_stdin_once: config.stdin_once,
        })
    }

    /// Ids on the host of the root user and group of a sandbox.
    fn outside_owner(&self, sandbox_id: &str) -> Result<(u32, u32), Status> {
        let config = self.sandbox(sandbox_id)?.record.lock().config.clone();
        let mappings = spec::user_namespace(&config)?;
        Ok(mappings.map_or((0, 0), |mappings| (shim::outside_root(&mappings.uids), shim::outside_root(&mappings.gids))))
    }

    /// The process with the container's seccomp filter.
    pub(super) fn with_filter(&self, process: &ProcessSpec, config: &ContainerConfig) -> Result<ProcessSpec, Status> {
        let mut process = process.clone();
        let capabilities = Capabilities(process.capabilities);
        match spec::seccomp(&spec::security_context(config))? {
            Seccomp::Unconfined => {}
            Seccomp::RuntimeDefault => {
                process.seccomp_filter = Blob(seccomp::runtime_default(capabilities).to_vec());
                process.seccomp_flags = seccomp::FLAG_SPEC_ALLOW;
            }
            Seccomp::Localhost(path) => {
                let loaded = load_profile(&path, capabilities);
                (process.seccomp_filter, process.seccomp_flags) = loaded.map_err(|status| {
                    Status::unknown(format!("cannot load seccomp profile {path:?}: {}", status.message()))
                })?;
            }
        }
        Ok(process)
    }

    fn remove_directories(&self, container: &Container) {
        for directory in [
            self.layout.container_mount_point(&container.sandbox_id, &container.id),
            self.layout.container(&container.id),
        ] {
            if let Err(error) = remove_directory(&directory) {
                tracing::warn!(container = container.id, %error, "a directory could not be removed");
            }
        }
    }
}

/// The container's own layer looks like the image's root; returns the lower layers, of which there must be one.
fn make_directories(
    directory: &Path,
    mount_point: &Path,
    layers: &[PathBuf],
    owner: (u32, u32),
) -> std::io::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(directory)?;
    let upper = directory.join("upper");
    for path in [&upper, &directory.join("work"), mount_point] {
        std::fs::create_dir_all(path)?;
    }
    // A process in a user namespace must be able to stand there.
    std::fs::set_permissions(mount_point, std::fs::Permissions::from_mode(0o755))?;
    let mut lowers = layers.to_vec();
    match layers.last() {
        Some(top) => {
            let root = std::fs::metadata(top)?;
            std::fs::set_permissions(&upper, std::fs::Permissions::from_mode(root.mode() & 0o7777))?;
            std::os::unix::fs::chown(&upper, Some(root.uid() + owner.0), Some(root.gid() + owner.1))?;
        }
        None => {
            let empty = directory.join("empty");
            std::fs::create_dir_all(&empty)?;
            lowers.push(empty);
        }
    }
    Ok(lowers)
}

fn load_profile(path: &str, capabilities: Capabilities) -> Result<(Blob, u32), Status> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(PROFILE_BYTES_MAX).read_to_end(&mut bytes));
    read.map_err(|error| Status::unknown(error.to_string()))?;
    let profile = seccomp::profile::from_json(&bytes, capabilities).map_err(internal("read it"))?;
    let filter = seccomp::compile(&profile).map_err(internal("compile it"))?;
    Ok((Blob(filter), profile.flags))
}
