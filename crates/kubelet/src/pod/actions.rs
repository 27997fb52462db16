//! What to do with a Pod's containers, given what runs: upstream's rules of init containers, sidecars, restarts and
//! completion. Pure.

use api::k8s_openapi::api::core::v1::{Container, Pod};

use super::probe::{ProbeBook, ProbeKind, Verdict};
use super::resize::{ContainerUpdate, Resize, ResizeNeed};
use super::restart::{restarts_after, restarts_after_kill, should_start};
use super::view::{ContainerState, ContainerView, Restart, RuntimeView};
use crate::container_config::hash::container_hash;
use crate::spec;

/// A running container that shall not run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KillRequest {
    /// Runtime's id.
    pub container_id: String,
    /// Name.
    pub container: String,
    /// Message of the event.
    pub message: String,
    /// The probe that failed, whose own grace period counts.
    pub probe: Option<ProbeKind>,
    /// It is started again, whatever its exit code.
    pub restart: Option<Restart>,
}

impl KillRequest {
    /// Seconds between signal and kill.
    pub fn grace_seconds(&self, pod: &Pod) -> i64 {
        let own = self.probe.and_then(|kind| {
            let probe = kind.of(spec::container(pod, &self.container)?)?;
            probe.termination_grace_period_seconds
        });
        own.or(spec::spec(pod).termination_grace_period_seconds).unwrap_or(2)
    }
}

/// What is known of a Pod's containers.
pub struct Known<'a> {
    /// What the runtime has.
    pub view: &'a RuntimeView,
    /// What the probes say.
    pub probes: &'a ProbeBook,
    /// What the containers are held to.
    pub resize: &'a Resize,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Actions {
    /// Nothing is left to run: end the Pod.
    pub is_complete: bool,
    /// Containers to stop.
    pub kills: Vec<KillRequest>,
    /// Containers to start, in that order, by name.
    pub starts: Vec<String>,
    /// Running containers to change.
    pub resizes: Vec<ContainerUpdate>,
}

/// Whether a Pod without a sandbox is over rather than in need of one.
pub fn is_done_without_sandbox(pod: &Pod, view: &RuntimeView, attempt: u32) -> bool {
    if spec::restart_policy(pod) == "Never" && attempt != 0 && !view.containers.is_empty() {
        return true;
    }
    let has_succeeded = |container: &Container| {
        let newest = view.newest(&container.name);
        newest.is_some_and(|newest| newest.state == ContainerState::Exited && newest.exit_code == 0)
    };
    let is_over = |container: &Container| {
        let policy = container.restart_policy.as_deref().unwrap_or(spec::restart_policy(pod));
        policy == "OnFailure" && has_succeeded(container)
    };
    has_any_regular(pod, view) && spec::containers(pod).iter().all(is_over)
}

/// Whether any regular container was ever created, which means that the init containers are through.
pub fn has_any_regular(pod: &Pod, view: &RuntimeView) -> bool {
    let is_made = |container: &Container| {
        view.newest(&container.name).is_some_and(|newest| newest.state != ContainerState::Unknown)
    };
    spec::containers(pod).iter().any(is_made)
}

/// What to do in a Pod that has its sandbox.
pub fn compute(pod: &Pod, known: &Known<'_>) -> Actions {
    let mut actions = Actions::default();
    let is_initialized = Init { pod, known, actions: &mut actions }.compute();
    if actions.is_complete {
        return actions;
    }
    // Ephemeral containers come before all others, so that one can look into a Pod that does not get on.
    let ephemeral = spec::spec(pod).ephemeral_containers.iter().flatten().map(|ephemeral| &ephemeral.name);
    let waiting = ephemeral.filter(|name| known.view.newest(name).is_none() && !spec::is_deleted(pod));
    let waiting: Vec<String> = waiting.cloned().collect();
    actions.starts.splice(0..0, waiting);
    if !is_initialized {
        return actions;
    }
    let mut kept = 0;
    let mut starts = Vec::new();
    for container in spec::containers(pod) {
        match regular(pod, container, known) {
            Need::Keep => kept += 1,
            Need::Resize(update) => {
                kept += 1;
                actions.resizes.push(update);
            }
            Need::Nothing => {}
            Need::Start => starts.push(container.name.clone()),
            Need::Kill(request) => {
                kept += usize::from(request.restart.is_some());
                actions.kills.push(request);
            }
        }
    }
    if kept == 0 && starts.is_empty() {
        // Sidecars must not keep the Pod alive.
        return Actions { is_complete: true, ..Actions::default() };
    }
    actions.starts.extend(starts);
    actions
}

enum Need {
    Keep,
    Nothing,
    Start,
    Kill(KillRequest),
    Resize(ContainerUpdate),
}

fn regular(pod: &Pod, container: &Container, known: &Known<'_>) -> Need {
    let newest = match known.view.newest(&container.name) {
        Some(newest) if newest.may_run() => newest,
        _ if should_start(pod, container, known.view) => return Need::Start,
        _ => return Need::Nothing,
    };
    let mut restart = restarts_after_kill(pod, container).then_some(Restart::AfterBackOff);
    let failed = |kind| known.probes.get(&newest.id, kind) == Some(Verdict::Failure);
    let (message, probe) = if newest.state == ContainerState::Unknown {
        ("Container is in \"unknown\" state, try killing it before restart".to_owned(), None)
    } else if newest.hash != 0 && newest.hash != container_hash(container) {
        restart = Some(Restart::AtOnce);
        (format!("Container {} definition changed", container.name), None)
    } else if failed(ProbeKind::Liveness) {
        (format!("Container {} failed liveness probe", container.name), Some(ProbeKind::Liveness))
    } else if failed(ProbeKind::Startup) {
        (format!("Container {} failed startup probe", container.name), Some(ProbeKind::Startup))
    } else {
        return match known.resize.need(container, newest) {
            ResizeNeed::Nothing => Need::Keep,
            ResizeNeed::Update(update) => Need::Resize(update),
            ResizeNeed::Restart => Need::Kill(resize_restart(newest)),
        };
    };
    let says_so = restart.is_some() && newest.state != ContainerState::Unknown;
    let message = if says_so { format!("{message}, will be restarted") } else { message };
    Need::Kill(KillRequest { restart, ..request(newest, message, probe) })
}

fn request(container: &ContainerView, message: String, probe: Option<ProbeKind>) -> KillRequest {
    KillRequest { container_id: container.id.clone(), container: container.name.clone(), message, probe, restart: None }
}

fn resize_restart(container: &ContainerView) -> KillRequest {
    let message = format!("Container {} resize requires restart", container.name);
    KillRequest { restart: Some(Restart::AtOnce), ..request(container, message, None) }
}

/// The init containers' part.
struct Init<'a> {
    pod: &'a Pod,
    known: &'a Known<'a>,
    actions: &'a mut Actions,
}

/// What one init container's state means.
struct Judgement {
    /// The containers behind it may go on.
    is_through: bool,
    /// It is to be started (again).
    is_started: bool,
}

impl Init<'_> {
    /// Whether the Pod is initialized. Looks from the last init container back, because dead ones may have been
    /// removed: the last one that is known counts.
    fn compute(&mut self) -> bool {
        let all = spec::init_containers(self.pod);
        if all.is_empty() {
            return true;
        }
        let mut is_initialized = spec::containers(self.pod).iter().any(|container| {
            let newest = self.known.view.newest(&container.name);
            newest.is_some_and(|c| matches!(c.state, ContainerState::Created | ContainerState::Running))
        });
        let mut is_known = is_initialized;
        let mut starts: Vec<usize> = Vec::new();
        for (index, container) in all.iter().enumerate().rev() {
            let Some(newest) = self.known.view.newest(&container.name) else {
                if is_known && spec::is_sidecar(container) {
                    starts.push(index);
                }
                continue;
            };
            if is_known && !spec::is_sidecar(container) {
                continue;
            }
            let judgement = match spec::is_sidecar(container) {
                true => self.sidecar(container, newest),
                false => self.one_shot(container, newest),
            };
            let Some(judgement) = judgement else {
                *self.actions = Actions { is_complete: true, ..Actions::default() };
                return false;
            };
            if judgement.is_through {
                match index + 1 == all.len() {
                    true => is_initialized = true,
                    false if !is_known => starts.push(index + 1),
                    false => {}
                }
            }
            if judgement.is_started {
                starts.push(index);
            }
            is_known = true;
        }
        if !is_known {
            starts.push(0);
        }
        starts.sort_unstable();
        starts.dedup();
        self.actions.starts = starts.into_iter().map(|index| all[index].name.clone()).collect();
        is_initialized
    }

    /// `None`: the Pod has failed.
    fn one_shot(&mut self, container: &Container, newest: &ContainerView) -> Option<Judgement> {
        let waits = Judgement { is_through: false, is_started: false };
        let again = Judgement { is_through: false, is_started: true };
        match newest.state {
            ContainerState::Created => Some(again),
            ContainerState::Running => {
                if let ResizeNeed::Update(update) = self.known.resize.need(container, newest) {
                    self.actions.resizes.push(update);
                }
                Some(waits)
            }
            ContainerState::Exited if newest.exit_code == 0 && newest.reason != "OOMKilled" => {
                Some(Judgement { is_through: true, is_started: false })
            }
            ContainerState::Exited => restarts_after(self.pod, container, newest.exit_code).then_some(again),
            ContainerState::Unknown => {
                if !restarts_after_kill(self.pod, container) {
                    return None;
                }
                self.kill_unknown(newest);
                Some(waits)
            }
        }
    }

    fn sidecar(&mut self, container: &Container, newest: &ContainerView) -> Option<Judgement> {
        let mut judgement = Judgement { is_through: false, is_started: false };
        match newest.state {
            ContainerState::Created | ContainerState::Exited => judgement.is_started = true,
            ContainerState::Unknown => self.kill_unknown(newest),
            ContainerState::Running => {
                let failed = |kind| self.known.probes.get(&newest.id, kind) == Some(Verdict::Failure);
                judgement.is_through = self.known.probes.has_started(container, &newest.id);
                let changed = newest.hash != 0 && newest.hash != container_hash(container);
                let kill = if failed(ProbeKind::Startup) {
                    Some((format!("Init container {} failed startup probe", container.name), Some(ProbeKind::Startup)))
                } else if changed {
                    Some((format!("Init container {} definition changed", container.name), None))
                } else if failed(ProbeKind::Liveness) {
                    Some((
                        format!("Init container {} failed liveness probe", container.name),
                        Some(ProbeKind::Liveness),
                    ))
                } else {
                    None
                };
                match (kill, self.known.resize.need(container, newest)) {
                    (Some((message, probe)), _) => self.actions.kills.push(request(newest, message, probe)),
                    (None, ResizeNeed::Nothing) => {}
                    (None, ResizeNeed::Update(update)) => self.actions.resizes.push(update),
                    (None, ResizeNeed::Restart) => self.actions.kills.push(resize_restart(newest)),
                }
            }
        }
        Some(judgement)
    }

    fn kill_unknown(&mut self, newest: &ContainerView) {
        let message = "Init container is in \"unknown\" state, try killing it before restart".to_owned();
        self.actions.kills.push(request(newest, message, None));
    }
}
