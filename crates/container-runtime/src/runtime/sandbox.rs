//! Sandboxes: a shim that holds namespaces, and a network.

use std::sync::{Arc, Weak};

use container_interfaces::cri::v1::*;
use parking_lot::Mutex;
use tonic::Status;

use super::record::{SandboxPhase, SandboxRecord, remove_directory};
use super::shim_client::{EventSink, ShimClient, ShimEvent};
use super::{Inner, blocking, internal, mounts, network, new_id, now, spec};
use crate::contract::{Empty, Pair, SHUTDOWN, SandboxSpec, Welcome};
use crate::process_identity::{ProcessIdentity, boot_id};

/// A sandbox.
pub(super) struct Sandbox {
    /// Id.
    pub(super) id: String,
    /// What is known about it.
    pub(super) record: Mutex<SandboxRecord>,
    /// Its shim; none when it is stopped.
    pub(super) shim: Mutex<Option<ShimClient>>,
    /// Held while it is stopped or removed.
    pub(super) operation: tokio::sync::Mutex<()>,
}

impl Sandbox {
    pub(super) fn new(record: SandboxRecord) -> Arc<Sandbox> {
        Arc::new(Sandbox {
            id: record.id.clone(),
            record: Mutex::new(record),
            shim: Mutex::default(),
            operation: tokio::sync::Mutex::default(),
        })
    }

    /// Its shim, or the error that says that it is not running.
    pub(super) fn live_shim(&self) -> Result<ShimClient, Status> {
        let shim = self.shim.lock().clone();
        shim.ok_or_else(|| Status::unknown(format!("sandbox {:?} is not running", self.id)))
    }

    /// Process id of its shim, while that lives.
    pub(super) fn shim_pid(&self) -> Option<i32> {
        let identity = self.record.lock().shim.clone()?;
        identity.is_alive().then_some(identity.pid)
    }
}

impl Inner {
    pub(super) async fn run_pod_sandbox(
        self: &Arc<Self>,
        request: RunPodSandboxRequest,
    ) -> Result<RunPodSandboxResponse, Status> {
        let config = request.config.ok_or_else(|| Status::invalid_argument("sandbox config is missing"))?;
        self.check_handler(&request.runtime_handler)?;
        let record = self.new_record(config, request.runtime_handler)?;
        let sandbox = self.reserve(record)?;
        match self.bring_up(&sandbox).await {
            Ok(()) => {
                self.publish(&sandbox.id, &sandbox.id, ContainerEventType::ContainerCreatedEvent);
                self.publish(&sandbox.id, &sandbox.id, ContainerEventType::ContainerStartedEvent);
                Ok(RunPodSandboxResponse { pod_sandbox_id: sandbox.id.clone() })
            }
            Err(error) => {
                if let Err(cleanup) = self.clear_away(&sandbox).await {
                    tracing::warn!(sandbox = sandbox.id, %cleanup, "a sandbox that failed is left half made");
                }
                Err(error)
            }
        }
    }

    fn check_handler(&self, handler: &str) -> Result<(), Status> {
        let is_known = handler.is_empty() || self.config.runtime_handlers.iter().any(|known| known == handler);
        match is_known {
            true => Ok(()),
            false => {
                Err(Status::unknown(format!("failed to get sandbox runtime: no runtime for {handler:?} is configured")))
            }
        }
    }

    fn new_record(&self, config: PodSandboxConfig, runtime_handler: String) -> Result<SandboxRecord, Status> {
        if config.metadata.is_none() {
            return Err(Status::invalid_argument("sandbox config must include metadata"));
        }
        let id = new_id()?;
        let pause_cgroup = match network::is_pid_shared(&config) {
            true => format!("{}/{id}", self.cgroup_parent(&config)),
            false => String::new(),
        };
        let is_networked = !network::is_host_network(&config);
        Ok(SandboxRecord {
            id,
            config,
            runtime_handler,
            created_at: now(),
            phase: SandboxPhase::Creating,
            shim: None,
            ips: Vec::new(),
            // From the first record on: a crash while the network is attached must not leak an address.
            is_networked,
            pause_cgroup,
        })
    }

    /// Cgroup that a Pod's containers are made in.
    pub(super) fn cgroup_parent(&self, config: &PodSandboxConfig) -> String {
        let given = config.linux.as_ref().map(|linux| linux.cgroup_parent.as_str()).unwrap_or_default();
        let clean: Vec<&str> = given.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
        match clean.is_empty() {
            true => format!("{}/pods", self.config.cgroup_root.trim_end_matches('/')),
            false => format!("/{}", clean.join("/")),
        }
    }

    /// Makes the sandbox known, unless another one has its name.
    fn reserve(&self, record: SandboxRecord) -> Result<Arc<Sandbox>, Status> {
        let mut sandboxes = self.sandboxes.lock();
        let wanted = record.config.metadata.clone().unwrap_or_default();
        let holder = sandboxes.values().find(|other| other.record.lock().config.metadata.as_ref() == Some(&wanted));
        if let Some(holder) = holder {
            let name = format!("{}_{}_{}_{}", wanted.name, wanted.namespace, wanted.uid, wanted.attempt);
            return Err(Status::unknown(format!(
                "failed to reserve sandbox name {name:?}: name {name:?} is reserved for {:?}",
                holder.id
            )));
        }
        let sandbox = Sandbox::new(record);
        sandboxes.insert(sandbox.id.clone(), Arc::clone(&sandbox));
        Ok(sandbox)
    }

    async fn bring_up(self: &Arc<Self>, sandbox: &Arc<Sandbox>) -> Result<(), Status> {
        let record = sandbox.record.lock().clone();
        let shim_spec = self.shim_spec(&record)?;
        let state_directory = self.layout.sandbox_state(&record.id);
        std::fs::create_dir_all(self.layout.sandbox(&record.id)).map_err(internal("make the sandbox's directory"))?;
        std::fs::create_dir_all(&state_directory).map_err(internal("make the sandbox's state directory"))?;
        self.layout.save_sandbox(&record).map_err(internal("store the sandbox"))?;
        let hostname = visible_hostname(&record.config);
        mounts::write_sandbox_files(&state_directory, &hostname, record.config.dns_config.as_ref())
            .map_err(internal("write the sandbox's files"))?;
        let executable = Arc::clone(&self.executable);
        let welcome = blocking(move || executable.start(&shim_spec)).await?.map_err(internal("start sandbox"))?;
        sandbox.record.lock().shim = Some(identity_of(&welcome));
        let (shim, _) = ShimClient::connect(&state_directory, self.event_sink(&record.id))
            .await
            .map_err(internal("reach the sandbox's shim"))?;
        *sandbox.shim.lock() = Some(shim);
        self.attach_network(sandbox).await?;
        let stored = {
            let mut record = sandbox.record.lock();
            // The shim may have been lost meanwhile.
            if record.shim.is_none() {
                return Err(Status::unknown("the sandbox's shim ended"));
            }
            record.phase = SandboxPhase::Ready;
            record.clone()
        };
        self.layout.save_sandbox(&stored).map_err(internal("store the sandbox"))
    }

    fn shim_spec(&self, record: &SandboxRecord) -> Result<SandboxSpec, Status> {
        let config = &record.config;
        let (is_host_network, is_host_ipc) = (network::is_host_network(config), network::is_host_ipc(config));
        let user_namespace = spec::user_namespace(config)?;
        if user_namespace.is_some() && !self.has_user_namespaces {
            return Err(Status::unknown("user namespaces for Pods need Linux 6.13"));
        }
        let mut sysctls = spec::check_sysctls(config, is_host_network, is_host_ipc)?;
        if self.config.allows_unprivileged_ports_and_pings && !is_host_network {
            let defaults =
                [("net.ipv4.ip_unprivileged_port_start", "0"), ("net.ipv4.ping_group_range", "0 2147483647")];
            // A group range must lie inside of a user namespace's mapping: there it is left alone.
            let count = if user_namespace.is_some() { 1 } else { defaults.len() };
            for (name, value) in defaults.into_iter().take(count) {
                if !sysctls.iter().any(|sysctl| sysctl.name == name) {
                    sysctls.push(Pair { name: name.into(), value: value.into() });
                }
            }
        }
        Ok(SandboxSpec {
            id: record.id.clone(),
            state_dir: self.layout.sandbox_state(&record.id).to_string_lossy().into_owned(),
            hostname: config.hostname.clone(),
            is_host_network,
            is_host_ipc,
            is_pid_shared: network::is_pid_shared(config),
            sysctls,
            shm_bytes: self.config.shm_bytes,
            cgroups: self.cgroup_layout.clone(),
            shim_cgroup: format!("{}/shims", self.config.cgroup_root.trim_end_matches('/')),
            pause_cgroup: record.pause_cgroup.clone(),
            oom_score_adj: self.config.shim_oom_score_adj,
            user_namespace,
        })
    }

    /// Takes what a sandbox's shim tells.
    pub(super) fn event_sink(self: &Arc<Self>, sandbox_id: &str) -> EventSink {
        let (inner, sandbox_id): (Weak<Inner>, String) = (Arc::downgrade(self), sandbox_id.to_owned());
        Arc::new(move |event| {
            let Some(inner) = inner.upgrade() else { return };
            match event {
                ShimEvent::ContainerExited(exit) => inner.container_exited(&exit),
                ShimEvent::ExecExited(exit) => inner.exec_exited(exit),
                ShimEvent::Lost => inner.connection_lost(&sandbox_id),
            }
        })
    }

    async fn attach_network(&self, sandbox: &Sandbox) -> Result<(), Status> {
        let config = sandbox.record.lock().config.clone();
        if network::is_host_network(&config) {
            return Ok(());
        }
        let request = network::request(&sandbox.id, &config, sandbox.shim_pid());
        let result = self.cni.add(&request).await.map_err(|error| {
            Status::unknown(format!("failed to setup network for sandbox {:?}: {error}", sandbox.id))
        })?;
        sandbox.record.lock().ips = network::addresses(&result);
        Ok(())
    }

    pub(super) async fn stop_pod_sandbox(
        self: &Arc<Self>,
        request: StopPodSandboxRequest,
    ) -> Result<StopPodSandboxResponse, Status> {
        match self.sandbox(&request.pod_sandbox_id) {
            Ok(sandbox) => {
                let _guard = sandbox.operation.lock().await;
                self.stop_sandbox(&sandbox).await?;
            }
            // Stopping is idempotent, for sandboxes that are gone too.
            Err(_) => tracing::debug!(id = request.pod_sandbox_id, "stop of an unknown sandbox"),
        }
        Ok(StopPodSandboxResponse {})
    }

    async fn stop_sandbox(self: &Arc<Self>, sandbox: &Sandbox) -> Result<(), Status> {
        for container in self.containers_of(&sandbox.id) {
            self.stop(&container, 0).await?;
        }
        self.detach_network(sandbox).await?;
        let shim = sandbox.shim.lock().take();
        let was_ready = sandbox.record.lock().phase == SandboxPhase::Ready;
        if let Some(shim) = shim
            && let Err(error) = shim.call(SHUTDOWN, &Empty {}).await
        {
            tracing::warn!(sandbox = sandbox.id, %error, "a shim did not end when asked");
        }
        self.kill_shim(sandbox).await?;
        let stored = {
            let mut record = sandbox.record.lock();
            record.phase = SandboxPhase::NotReady;
            record.shim = None;
            record.clone()
        };
        self.layout.save_sandbox(&stored).map_err(internal("store the sandbox"))?;
        if was_ready {
            self.publish(&sandbox.id, &sandbox.id, ContainerEventType::ContainerStoppedEvent);
        }
        Ok(())
    }

    async fn detach_network(&self, sandbox: &Sandbox) -> Result<(), Status> {
        let config = {
            let record = sandbox.record.lock();
            if !record.is_networked {
                return Ok(());
            }
            record.config.clone()
        };
        let request = network::request(&sandbox.id, &config, sandbox.shim_pid());
        self.cni.del(&request).await.map_err(|error| {
            Status::unknown(format!("failed to destroy network for sandbox {:?}: {error}", sandbox.id))
        })?;
        sandbox.record.lock().is_networked = false;
        Ok(())
    }

    /// Makes sure that the shim is gone, and what it held.
    pub(super) async fn kill_shim(self: &Arc<Self>, sandbox: &Sandbox) -> Result<(), Status> {
        let (identity, pause_cgroup) = {
            let record = sandbox.record.lock();
            (record.shim.clone(), record.pause_cgroup.clone())
        };
        let inner = Arc::clone(self);
        let state_directory = self.layout.sandbox_state(&sandbox.id);
        blocking(move || {
            if let Some(identity) = identity {
                end_process(&identity);
            }
            if !pause_cgroup.is_empty() {
                inner.cgroups.kill_all(&pause_cgroup);
                let _ = inner.cgroups.remove(&pause_cgroup);
            }
            // Only kernels before 6.15 have something mounted there.
            let shm = state_directory.join("shm");
            if shm.exists() {
                let _ = rustix::mount::unmount(&shm, rustix::mount::UnmountFlags::DETACH);
            }
        })
        .await
    }

    pub(super) async fn remove_pod_sandbox(
        self: &Arc<Self>,
        request: RemovePodSandboxRequest,
    ) -> Result<RemovePodSandboxResponse, Status> {
        if let Ok(sandbox) = self.sandbox(&request.pod_sandbox_id) {
            self.clear_away(&sandbox).await?;
        }
        Ok(RemovePodSandboxResponse {})
    }

    /// Stops and removes a sandbox with all that belongs to it.
    pub(super) async fn clear_away(self: &Arc<Self>, sandbox: &Arc<Sandbox>) -> Result<(), Status> {
        let _guard = sandbox.operation.lock().await;
        self.stop_sandbox(sandbox).await?;
        for container in self.containers_of(&sandbox.id) {
            self.remove(&container).await?;
        }
        let directories = [self.layout.sandbox_state(&sandbox.id), self.layout.sandbox(&sandbox.id)];
        let removed =
            blocking(move || directories.iter().try_for_each(|directory| remove_directory(directory))).await?;
        removed.map_err(internal("remove the sandbox's directories"))?;
        self.publish(&sandbox.id, &sandbox.id, ContainerEventType::ContainerDeletedEvent);
        self.sandboxes.lock().remove(&sandbox.id);
        Ok(())
    }
}

/// Host name that the sandbox's containers see.
pub(super) fn visible_hostname(config: &PodSandboxConfig) -> String {
    match config.hostname.is_empty() || network::is_host_network(config) {
        true => rustix::system::uname().nodename().to_string_lossy().into_owned(),
        false => config.hostname.clone(),
    }
}

pub(super) fn identity_of(welcome: &Welcome) -> ProcessIdentity {
    ProcessIdentity { boot_id: boot_id(), pid: welcome.pid as i32, start_ticks: welcome.start_ticks }
}

/// Kills a process, if it is still that one, and waits for its end.
fn end_process(identity: &ProcessIdentity) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
    /// Time that a killed process gets to end.
    const END_TIMEOUT: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };
    let Some(pidfd) = Pid::from_raw(identity.pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) else {
        return;
    };
    // Looked at after the handle was taken: the handle is that process's for good.
    if identity.is_alive() && pidfd_send_signal(&pidfd, Signal::KILL).is_ok() {
        let _ = poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&END_TIMEOUT));
    }
}
