//! Giving back what a Pod had on the node.

use std::collections::BTreeSet;
use std::io;

use container_interfaces::cri::v1::{
    ContainerFilter, ListContainersRequest, ListPodSandboxRequest, PodSandboxFilter, RemoveContainerRequest,
    RemovePodSandboxRequest, StopContainerRequest, StopPodSandboxRequest,
};

use super::{Effects, Target, is_not_found, plain_error};
use crate::cgroups::Cgroups;
use crate::container_config::labels::{POD_UID, Texts};
use crate::mounts::remove_tree;
use crate::paths::Paths;
use crate::pod::event::Outcome;
use crate::spec::PodId;
use crate::volumes;

impl Effects {
    /// Unmounts volumes and removes the cgroup of a Pod that has stopped.
    pub(super) async fn release(&self, target: &Target) -> Outcome {
        let (paths, cgroups, uid) = (self.paths.clone(), self.cgroups.clone(), target.id.uid.clone());
        let released = tokio::task::spawn_blocking(move || {
            volumes::unmount_all(&paths, &uid)?;
            cgroups.remove_pod(&uid)
        });
        self.objects.release(&target.id.uid);
        self.tokens.forget(&target.id.uid);
        match released.await {
            Ok(Ok(())) => Outcome::Ok,
            Ok(Err(error)) => Outcome::Failed(error.to_string()),
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    /// Removes everything of a Pod that is gone: what is named and what else the runtime has of it.
    pub(super) async fn purge(&self, target: &Target, containers: Vec<String>, sandboxes: Vec<String>) -> Outcome {
        match self.purge_runtime(&target.id.uid, containers, sandboxes).await {
            Ok(()) => {}
            Err(error) => return Outcome::Failed(plain_error(&error)),
        }
        let (paths, cgroups, id) = (self.paths.clone(), self.cgroups.clone(), target.id.clone());
        let purged = tokio::task::spawn_blocking(move || purge_disk(&paths, &cgroups, &id)).await;
        self.objects.release(&target.id.uid);
        self.tokens.forget(&target.id.uid);
        match purged {
            Ok(Ok(())) => Outcome::Ok,
            Ok(Err(error)) => Outcome::Failed(error.to_string()),
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    async fn purge_runtime(
        &self,
        uid: &str,
        containers: Vec<String>,
        sandboxes: Vec<String>,
    ) -> Result<(), tonic::Status> {
        let label_selector = Texts::from([(POD_UID.to_owned(), uid.to_owned())]);
        let filter = ContainerFilter { label_selector: label_selector.clone(), ..ContainerFilter::default() };
        let known = self.runtime.list_containers(ListContainersRequest { filter: Some(filter) }).await?;
        let all: BTreeSet<_> = containers.into_iter().chain(known.containers.into_iter().map(|c| c.id)).collect();
        for container_id in all {
            let stop = StopContainerRequest { container_id: container_id.clone(), timeout: 0 };
            gone(self.runtime.stop_container(stop).await)?;
            gone(self.runtime.remove_container(RemoveContainerRequest { container_id }).await)?;
        }
        let filter = PodSandboxFilter { label_selector, ..PodSandboxFilter::default() };
        let known = self.runtime.list_pod_sandbox(ListPodSandboxRequest { filter: Some(filter) }).await?;
        let all: BTreeSet<_> = sandboxes.into_iter().chain(known.items.into_iter().map(|s| s.id)).collect();
        for pod_sandbox_id in all {
            let stop = StopPodSandboxRequest { pod_sandbox_id: pod_sandbox_id.clone() };
            gone(self.runtime.stop_pod_sandbox(stop).await)?;
            gone(self.runtime.remove_pod_sandbox(RemovePodSandboxRequest { pod_sandbox_id }).await)?;
        }
        Ok(())
    }
}

/// What is not there is as good as removed.
fn gone<T>(answer: Result<T, tonic::Status>) -> Result<(), tonic::Status> {
    match answer {
        Err(error) if !is_not_found(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Removes a Pod's directories, logs and cgroup. Blocking.
pub fn purge_disk(paths: &Paths, cgroups: &Cgroups, id: &PodId) -> io::Result<()> {
    volumes::unmount_all(paths, &id.uid)?;
    remove_tree(&paths.pod(&id.uid))?;
    if !id.name.is_empty() {
        remove_tree(&paths.logs(id))?;
        remove_links(paths, id)?;
    }
    cgroups.remove_pod(&id.uid)
}

/// Removes the links to logs of a Pod that lead nowhere any more.
fn remove_links(paths: &Paths, id: &PodId) -> io::Result<()> {
    let prefix = format!("{}_{}_", id.name, id.namespace);
    let entries = match std::fs::read_dir(&paths.container_logs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) && !entry.path().exists() {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    Ok(())
}
