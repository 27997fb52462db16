//! What the runtime has of one Pod, merged from events, lists and answers that may overtake each other.

use std::collections::BTreeMap;
use std::time::Duration;

/// State of a container in the runtime. The order is that of a life: it never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContainerState {
    /// Made, not started.
    Created,
    /// Its process runs.
    Running,
    /// The runtime lost it.
    Unknown,
    /// Its process ended.
    Exited,
}

/// Whose processes a container runs, as the runtime found it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct UserView {
    /// User id.
    pub uid: i64,
    /// Primary group id.
    pub gid: i64,
    /// Further group ids.
    pub groups: Vec<i64>,
}

/// One container (one attempt).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerView {
    /// Runtime's id.
    pub id: String,
    /// Id of its sandbox; empty when not known.
    pub sandbox_id: String,
    /// Name in the Pod's spec.
    pub name: String,
    /// Restart count.
    pub attempt: u32,
    /// State.
    pub state: ContainerState,
    /// Hash of name and image that it was made with.
    pub hash: u64,
    /// Nanoseconds since the epoch.
    pub created_at: i64,
    /// Nanoseconds since the epoch; 0 before.
    pub started_at: i64,
    /// Nanoseconds since the epoch; 0 before.
    pub finished_at: i64,
    /// Exit code, when exited.
    pub exit_code: i32,
    /// Runtime's reason (`Completed`, `Error`, `OOMKilled`, `StartError`, ...).
    pub reason: String,
    /// Runtime's message with the termination message behind it.
    pub message: String,
    /// Image as the runtime names it.
    pub image: String,
    /// Image reference by digest.
    pub image_ref: String,
    /// Whose processes.
    pub user: Option<UserView>,
    /// When this kubelet first saw it, on the boot clock.
    pub seen: Duration,
}

impl ContainerView {
    /// Whether a process may still run.
    pub fn may_run(&self) -> bool {
        matches!(self.state, ContainerState::Running | ContainerState::Unknown)
    }
}

/// One sandbox (one attempt).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxView {
    /// Runtime's id.
    pub id: String,
    /// Attempt.
    pub attempt: u32,
    /// Whether it holds its namespaces.
    pub is_ready: bool,
    /// Nanoseconds since the epoch.
    pub created_at: i64,
    /// Addresses, the primary one first; empty on the host's network.
    pub ips: Vec<String>,
    /// Whether it shares the host's network.
    pub is_host_network: bool,
    /// When this kubelet first saw it, on the boot clock.
    pub seen: Duration,
}

/// A report of the runtime about one Pod.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Observation {
    /// Sandboxes that the report has.
    pub sandboxes: Vec<SandboxView>,
    /// Containers that the report has.
    pub containers: Vec<ContainerView>,
    /// Ids of containers and sandboxes that were removed.
    pub removed: Vec<String>,
    /// Ids of further containers that are there, unchanged.
    pub present: Vec<String>,
    /// For a report of everything there is: when it was begun, on the boot clock. What was known before and is not
    /// in it is gone.
    pub complete_since: Option<Duration>,
}

/// All that is known of a Pod in the runtime, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RuntimeView {
    /// Sandboxes, newest first.
    pub sandboxes: Vec<SandboxView>,
    /// Containers, newest first.
    pub containers: Vec<ContainerView>,
    /// Containers that are ended in order to be started again, whatever their restart policy says, by id.
    pub restarting: BTreeMap<String, Restart>,
}

/// When a container that is ended in order to be started again is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// As soon as it has ended: its spec changed.
    AtOnce,
    /// After its back-off: it was unhealthy.
    AfterBackOff,
}

impl RuntimeView {
    /// The newest container of that name.
    pub fn newest(&self, name: &str) -> Option<&ContainerView> {
        self.containers.iter().find(|container| container.name == name)
    }

    /// The container with that id.
    pub fn container(&self, id: &str) -> Option<&ContainerView> {
        self.containers.iter().find(|container| container.id == id)
    }

    /// The newest sandbox.
    pub fn sandbox(&self) -> Option<&SandboxView> {
        self.sandboxes.first()
    }

    /// Containers whose process may still run.
    pub fn running(&self) -> impl Iterator<Item = &ContainerView> {
        self.containers.iter().filter(|container| container.may_run())
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.sandboxes.is_empty() && self.containers.is_empty()
    }

    /// Takes a report in. A container's state never goes back; what is missing from a complete report is dropped.
    pub fn merge(&mut self, report: Observation) {
        for id in &report.removed {
            self.containers.retain(|container| &container.id != id);
            self.sandboxes.retain(|sandbox| &sandbox.id != id);
        }
        if let Some(since) = report.complete_since {
            let has_container = |id: &str| {
                report.containers.iter().any(|container| container.id == id) || report.present.iter().any(|p| p == id)
            };
            let has_sandbox = |id: &str| report.sandboxes.iter().any(|sandbox| sandbox.id == id);
            self.containers.retain(|known| known.seen >= since || has_container(&known.id));
            self.sandboxes.retain(|known| known.seen >= since || has_sandbox(&known.id));
        }
        for container in report.containers {
            self.put_container(container);
        }
        self.restarting.retain(|id, _| self.containers.iter().any(|container| &container.id == id));
        for sandbox in report.sandboxes {
            self.put_sandbox(sandbox);
        }
    }

    /// Takes one container in.
    pub fn put_container(&mut self, mut container: ContainerView) {
        match self.containers.iter_mut().find(|known| known.id == container.id) {
            Some(known) if known.state > container.state => {}
            Some(known) => {
                container.seen = known.seen;
                if container.sandbox_id.is_empty() {
                    container.sandbox_id = std::mem::take(&mut known.sandbox_id);
                }
                *known = container;
            }
            None => {
                self.containers.push(container);
                self.containers.sort_by(|a, b| (b.created_at, b.attempt, &b.id).cmp(&(a.created_at, a.attempt, &a.id)));
            }
        }
    }

    /// Takes one sandbox in. One that was stopped stays so.
    pub fn put_sandbox(&mut self, mut sandbox: SandboxView) {
        match self.sandboxes.iter_mut().find(|known| known.id == sandbox.id) {
            Some(known) => {
                sandbox.seen = known.seen;
                sandbox.is_ready &= known.is_ready;
                if sandbox.ips.is_empty() {
                    sandbox.ips = std::mem::take(&mut known.ips);
                }
                *known = sandbox;
            }
            None => {
                self.sandboxes.push(sandbox);
                self.sandboxes.sort_by(|a, b| (b.created_at, b.attempt, &b.id).cmp(&(a.created_at, a.attempt, &a.id)));
            }
        }
    }

    /// Notes that a sandbox was stopped.
    pub fn mark_stopped(&mut self, sandbox_id: &str) {
        if let Some(sandbox) = self.sandboxes.iter_mut().find(|sandbox| sandbox.id == sandbox_id) {
            sandbox.is_ready = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(id: &str, state: ContainerState, seen: u64) -> ContainerView {
        ContainerView {
            id: id.into(),
            sandbox_id: String::new(),
            name: "c".into(),
            attempt: 0,
            state,
            hash: 0,
            created_at: 0,
            started_at: 0,
            finished_at: 0,
            exit_code: 0,
            reason: String::new(),
            message: String::new(),
            image: String::new(),
            image_ref: String::new(),
            user: None,
            seen: Duration::from_secs(seen),
        }
    }

    #[test]
    fn a_late_report_does_not_bring_an_exited_container_back() {
        let mut view = RuntimeView::default();
        view.put_container(container("a", ContainerState::Exited, 1));
        view.put_container(container("a", ContainerState::Running, 2));
        assert_eq!(view.containers[0].state, ContainerState::Exited);
    }

    #[test]
    fn a_complete_report_drops_only_what_was_known_before_it_was_begun() {
        let mut view = RuntimeView::default();
        view.put_container(container("old", ContainerState::Running, 1));
        view.put_container(container("new", ContainerState::Running, 9));
        view.merge(Observation { complete_since: Some(Duration::from_secs(5)), ..Observation::default() });
        let ids: Vec<_> = view.containers.iter().map(|container| container.id.as_str()).collect();
        assert_eq!(ids, ["new"]);
    }
}
