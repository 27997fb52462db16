//! After a restart of the daemon: finding what runs, and settling what does not.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::Inner;
use super::container::{Container, exit_record};
use super::record::{SandboxPhase, remove_directory};
use super::sandbox::{Sandbox, identity_of};
use super::shim_client::{ShimClient, ShimError};
use crate::contract::{CODE_PRECONDITION, ContainerId, DELETE, Empty, SIGNAL, STATE, SandboxState, SignalRequest};
use crate::shim;

/// Looks whether a killed stray container has ended, and the pause between two.
const STRAY_CHECKS_MAX: u32 = 200;
const STRAY_PAUSE: Duration = Duration::from_millis(5);

/// Reads all records and connects to all shims.
pub(super) async fn adopt_all(inner: &Arc<Inner>) -> io::Result<()> {
    let strays = load(inner)?;
    for sandbox in inner.all_sandboxes() {
        adopt(inner, &sandbox).await;
        let phase = sandbox.record.lock().phase;
        if phase == SandboxPhase::Creating
            && let Err(error) = inner.clear_away(&sandbox).await
        {
            tracing::warn!(sandbox = sandbox.id, %error, "a half-made sandbox could not be cleared away");
        }
    }
    // Only now: what ran in them has been ended.
    for id in strays {
        remove_directory(&inner.layout.container(&id))?;
    }
    renew_leases(inner).await;
    Ok(())
}

/// Reads the records; returns the containers that have none, whose creation was cut off.
fn load(inner: &Arc<Inner>) -> io::Result<Vec<String>> {
    for (id, record) in inner.layout.load_sandboxes()? {
        match record {
            Some(record) => drop(inner.sandboxes.lock().insert(id, Sandbox::new(record))),
            // Torn by a power cut: nothing of it can run.
            None => remove_directory(&inner.layout.sandbox(&id))?,
        }
    }
    let mut strays = Vec::new();
    for (id, record) in inner.layout.load_containers()? {
        let record = record.filter(|record| inner.sandboxes.lock().contains_key(&record.sandbox_id));
        match record {
            Some(record) => drop(inner.containers.lock().insert(id, Container::new(record))),
            None => strays.push(id),
        }
    }
    Ok(strays)
}

/// Connects to a sandbox's shim and takes over what it knows; without one, settles its containers.
async fn adopt(inner: &Arc<Inner>, sandbox: &Arc<Sandbox>) {
    if sandbox.record.lock().phase == SandboxPhase::NotReady {
        // Stopped before; containers that had not ended then never will.
        return settle_all(inner, sandbox);
    }
    match connect(inner, sandbox).await {
        Ok((shim, state)) => {
            take_over(inner, sandbox, &state);
            end_strays(inner, &shim, &state).await;
            *sandbox.shim.lock() = Some(shim);
        }
        Err(error) => {
            tracing::warn!(sandbox = sandbox.id, %error, "a sandbox's shim is gone");
            lose(inner, sandbox).await;
        }
    }
}

async fn connect(inner: &Arc<Inner>, sandbox: &Sandbox) -> Result<(ShimClient, SandboxState), ShimError> {
    let identity = sandbox.record.lock().shim.clone();
    // A sandbox that was being made may have a shim that is not in its record yet.
    if identity.as_ref().is_some_and(|identity| !identity.is_alive()) {
        return Err(ShimError::Lost);
    }
    let state_directory = inner.layout.sandbox_state(&sandbox.id);
    let (shim, welcome) = ShimClient::connect(&state_directory, inner.event_sink(&sandbox.id)).await?;
    let told = identity_of(&welcome);
    if welcome.sandbox_id != sandbox.id || identity.is_some_and(|identity| identity != told) {
        return Err(ShimError::Malformed);
    }
    sandbox.record.lock().shim = Some(told);
    let state = shim.call(STATE, &Empty {}).await?.decode()?;
    Ok((shim, state))
}

fn take_over(inner: &Arc<Inner>, sandbox: &Sandbox, state: &SandboxState) {
    for container in inner.containers_of(&sandbox.id) {
        let Some(found) = state.containers.iter().find(|found| found.id == container.id) else {
            // Its creation was under way; nobody was told of it.
            inner.settle_lost(&container);
            continue;
        };
        if let Some(exit) = &found.exit {
            inner.settle(&container, exit_record(exit), found.started_at);
            continue;
        }
        let is_news = {
            let mut record = container.record.lock();
            let is_news = record.started_at != found.started_at;
            record.started_at = found.started_at;
            is_news
        };
        if is_news {
            inner.save(&container);
        }
    }
}

/// Ends containers that nobody was told of: the daemon died while it made them.
async fn end_strays(inner: &Arc<Inner>, shim: &ShimClient, state: &SandboxState) {
    for stray in state.containers.iter().filter(|found| inner.container(&found.id).is_err()) {
        let signal = SignalRequest { id: stray.id.clone(), signal: libc::SIGKILL as u32, ..SignalRequest::default() };
        // Gone already is fine, too.
        let _ = shim.call(SIGNAL, &signal).await;
        for _ in 0..STRAY_CHECKS_MAX {
            let deleted = shim.call(DELETE, &ContainerId { id: stray.id.clone() }).await;
            if !matches!(deleted, Err(ShimError::Refused { code: CODE_PRECONDITION, .. })) {
                break;
            }
            // Its end is told to nobody: it is not in the books.
            tokio::time::sleep(STRAY_PAUSE).await;
        }
    }
}

/// Settles containers without a shim: by their exit records, or as lost.
fn settle_all(inner: &Arc<Inner>, sandbox: &Sandbox) {
    let state_directory = inner.layout.sandbox_state(&sandbox.id);
    for container in inner.containers_of(&sandbox.id) {
        match shim::read_exit_record(&state_directory, &container.id) {
            Some(exit) => inner.settle(&container, exit_record(&exit.exit), exit.started_at),
            None => inner.settle_lost(&container),
        }
    }
}

/// The shim is gone: what it left behind is killed, and everybody told.
async fn lose(inner: &Arc<Inner>, sandbox: &Arc<Sandbox>) {
    *sandbox.shim.lock() = None;
    let cgroups: Vec<String> =
        inner.containers_of(&sandbox.id).iter().map(|container| container.record.lock().cgroup.clone()).collect();
    let killer = Arc::clone(inner);
    let killed = super::blocking(move || {
        for cgroup in &cgroups {
            killer.cgroups.kill_all(cgroup);
            let _ = killer.cgroups.remove(cgroup);
        }
    });
    if killed.await.is_err() || inner.kill_shim(sandbox).await.is_err() {
        tracing::warn!(sandbox = sandbox.id, "what a lost shim left behind could not be killed");
    }
    let stored = {
        let mut record = sandbox.record.lock();
        if record.phase == SandboxPhase::Ready {
            record.phase = SandboxPhase::NotReady;
        }
        record.shim = None;
        record.clone()
    };
    // Exec sessions wait for ends that nobody will tell of.
    let ids: Vec<String> = inner.containers_of(&sandbox.id).iter().map(|container| container.id.clone()).collect();
    inner.exec_waits.lock().retain(|(container_id, _), _| !ids.contains(container_id));
    settle_all(inner, sandbox);
    if let Err(error) = inner.layout.save_sandbox(&stored) {
        tracing::warn!(sandbox = sandbox.id, %error, "a sandbox's record could not be stored");
    }
    let kind = container_interfaces::cri::v1::ContainerEventType::ContainerStoppedEvent;
    inner.publish(&sandbox.id, &sandbox.id, kind);
}

impl Inner {
    /// The connection to a shim broke: if nobody stopped the sandbox, the shim is gone or must be found again.
    pub(super) fn connection_lost(self: &Arc<Self>, sandbox_id: &str) {
        let Ok(sandbox) = self.sandbox(sandbox_id) else { return };
        if sandbox.shim.lock().take().is_none() {
            return;
        }
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            let _guard = sandbox.operation.lock().await;
            if sandbox.record.lock().phase != SandboxPhase::NotReady {
                adopt(&inner, &sandbox).await;
            }
        });
    }
}

/// Containers keep their images also after a restart.
async fn renew_leases(inner: &Arc<Inner>) {
    for container in inner.all_containers() {
        let (image_id, mounts) = {
            let record = container.record.lock();
            (record.image_id.clone(), record.config.mounts.clone())
        };
        let volumes = mounts.into_iter().filter_map(|mount| mount.image).map(|image| image.image);
        for name in std::iter::once(image_id).chain(volumes.filter(|name| !name.is_empty())) {
            match inner.images.resolve(&name).await {
                Ok(image) => container.leases.lock().push(image.lease),
                Err(error) => tracing::debug!(container = container.id, %error, "no lease on an image"),
            }
        }
    }
}
