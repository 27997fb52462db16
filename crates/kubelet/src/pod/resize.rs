//! In-place resizes: what containers were promised (allocated) and what the kernel holds them to (actuated). Pure.
//!
//! The record's Pod always has the allocated resources; what the API wants beyond that waits until the node has
//! admitted it ([`super::event::PodEvent::ResizeAdmitted`]).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::k8s_openapi::api::core::v1::{Container, Pod, PodCondition, PodSpec, ResourceRequirements};
use api::k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::effect::{EffectId, EventType, Work};
use super::event::Outcome;
use super::record::PodStage;
use super::step::Turn;
use super::view::{ContainerState, ContainerView, RuntimeView};
use crate::resources::{self, ResourceList};
use crate::spec;

/// Condition of a Pod whose resize the node has not admitted.
pub const PENDING: &str = "PodResizePending";
/// Condition of a Pod whose resize is being carried out.
pub const IN_PROGRESS: &str = "PodResizeInProgress";
/// Reason of a resize that can never fit.
pub const INFEASIBLE: &str = "Infeasible";
/// Reason of a resize that has to wait.
pub const DEFERRED: &str = "Deferred";
const ERROR: &str = "Error";

/// Resources that can be resized.
pub const RESIZABLE: [&str; 2] = ["cpu", "memory"];
/// Wait until a resize that failed is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// Resources by container name, and those of the Pod as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Allocation {
    /// By container name.
    pub containers: BTreeMap<String, ResourceRequirements>,
    /// Pod-level ones.
    pub pod: Option<ResourceRequirements>,
}

impl Allocation {
    /// What a spec says.
    pub fn of(pod: &Pod) -> Allocation {
        let own = |container: &Container| (container.name.clone(), container.resources.clone().unwrap_or_default());
        Allocation { containers: spec::all_containers(pod).map(own).collect(), pod: spec::spec(pod).resources.clone() }
    }

    /// What was allocated to a Pod of which nothing but its API object is known: what its containers run with.
    pub fn resumed(pod: &Pod) -> Allocation {
        let mut all = Allocation::of(pod);
        let status = spec::status(pod);
        for known in status.container_statuses.iter().chain(&status.init_container_statuses).flatten() {
            let runs = known.state.as_ref().is_some_and(|state| state.running.is_some());
            if let (true, Some(resources), Some(own)) = (runs, &known.resources, all.containers.get_mut(&known.name)) {
                *own = resources.clone();
            }
        }
        all
    }

    /// The Pod with these resources.
    pub fn applied(&self, pod: &Arc<Pod>) -> Arc<Pod> {
        if self.is_that_of(pod) {
            return Arc::clone(pod);
        }
        let mut pod = (**pod).clone();
        if let Some(spec) = &mut pod.spec {
            spec.resources.clone_from(&self.pod);
            let all = spec.containers.iter_mut().chain(spec.init_containers.iter_mut().flatten());
            for container in all {
                if let Some(resources) = self.containers.get(&container.name) {
                    container.resources = Some(resources.clone());
                }
            }
        }
        Arc::new(pod)
    }

    /// Whether a spec asks for no more and no less.
    pub fn is_that_of(&self, pod: &Pod) -> bool {
        let same = |own: Option<&ResourceRequirements>, other: Option<&ResourceRequirements>| {
            let requests = |of: Option<&ResourceRequirements>| of.and_then(|of| of.requests.clone());
            let limits = |of: Option<&ResourceRequirements>| of.and_then(|of| of.limits.clone());
            resources::is_same(requests(own).as_ref(), requests(other).as_ref())
                && resources::is_same(limits(own).as_ref(), limits(other).as_ref())
        };
        let is_same = |container: &Container| {
            let allocated = self.containers.get(&container.name);
            allocated.is_none() || same(allocated, container.resources.as_ref())
        };
        same(self.pod.as_ref(), spec::spec(pod).resources.as_ref()) && spec::all_containers(pod).all(is_same)
    }
}

/// What a kubelet leaves for the next one about a Pod that was resized.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint {
    /// What was promised.
    pub allocated: Allocation,
    /// What the kernel was told, by container id.
    pub actuated: BTreeMap<String, ResourceRequirements>,
}

/// A running container's change, as an effect carries it out.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerUpdate {
    /// Name.
    pub container: String,
    /// Runtime's id.
    pub container_id: String,
    /// What it is held to now.
    pub current: ResourceRequirements,
}

/// A condition about a resize.
#[derive(Clone, Debug, PartialEq)]
pub struct ResizeCondition {
    reason: String,
    message: String,
    generation: i64,
}

/// The resizes of a Pod.
#[derive(Clone, Debug, Default)]
pub struct Resize {
    /// The API's object, with the resources that are wanted.
    pub desired: Option<Arc<Pod>>,
    /// What was promised.
    pub allocated: Allocation,
    /// What the kernel was told, by container id.
    pub actuated: BTreeMap<String, ResourceRequirements>,
    pending: Option<ResizeCondition>,
    in_progress: Option<ResizeCondition>,
    /// The Pod's own cgroup is not what was promised yet.
    is_pod_stale: bool,
    /// The effect that is doing it, and what its containers get.
    in_flight: Option<(EffectId, Vec<(String, ResourceRequirements)>)>,
    /// Not before that time (boot clock), after a failure.
    pub(super) retry_at: Option<Duration>,
}

/// What a running container needs so that it has what it was promised.
#[derive(Clone, Debug, PartialEq)]
pub enum ResizeNeed {
    /// Nothing.
    Nothing,
    /// A change of its limits.
    Update(ContainerUpdate),
    /// A restart: its resize policy says so.
    Restart,
}

impl Resize {
    /// Of a Pod that was not known.
    pub fn new(pod: &Arc<Pod>) -> Resize {
        Resize { desired: Some(Arc::clone(pod)), allocated: Allocation::of(pod), ..Resize::default() }
    }

    /// Whether the API wants something else than was promised.
    pub fn is_wanted(&self) -> bool {
        self.desired.as_ref().is_some_and(|desired| !self.allocated.is_that_of(desired))
    }

    /// Whether the node has not said yet what becomes of the present wish; until then no status is told, which would
    /// look as if the wish were fulfilled.
    pub(super) fn is_undecided(&self) -> bool {
        let generation = self.desired.as_ref().map(|desired| spec::generation(desired));
        self.is_wanted() && self.pending.as_ref().map(|pending| pending.generation) != generation
    }

    /// Whether an effect is at it.
    pub(super) fn is_busy(&self) -> bool {
        self.in_flight.is_some()
    }

    /// Whether this effect is at it.
    pub(super) fn is_effect(&self, id: EffectId) -> bool {
        self.in_flight.as_ref().is_some_and(|(effect, _)| *effect == id)
    }

    /// What a running container needs.
    pub fn need(&self, container: &Container, running: &ContainerView) -> ResizeNeed {
        if running.state != ContainerState::Running {
            return ResizeNeed::Nothing;
        }
        let Some(current) = self.actuated.get(&running.id) else { return ResizeNeed::Nothing };
        let changed: Vec<&str> = RESIZABLE.into_iter().filter(|name| differs(container, current, name)).collect();
        if changed.is_empty() {
            return ResizeNeed::Nothing;
        }
        let policies = container.resize_policy.iter().flatten();
        let mut restarting = policies.filter(|policy| policy.restart_policy == "RestartContainer");
        if restarting.any(|policy| changed.contains(&policy.resource_name.as_str())) {
            return ResizeNeed::Restart;
        }
        ResizeNeed::Update(ContainerUpdate {
            container: container.name.clone(),
            container_id: running.id.clone(),
            current: current.clone(),
        })
    }

    /// The resources that a running container's status shows: the promised ones, CPU and memory as they are.
    pub fn shown(&self, container: &Container, view: &ContainerView) -> ResourceRequirements {
        let mut shown = container.resources.clone().unwrap_or_default();
        shown.claims = None;
        let actual = self.actuated.get(&view.id).filter(|_| view.state == ContainerState::Running);
        if let Some(actual) = actual {
            replace(shown.requests.as_mut(), actual.requests.as_ref());
            replace(shown.limits.as_mut(), actual.limits.as_ref());
        }
        shown
    }

    /// The conditions there are.
    pub fn conditions(&self, old: &[PodCondition], now: &Time) -> Vec<PodCondition> {
        let all = [(PENDING, &self.pending), (IN_PROGRESS, &self.in_progress)];
        let made = all.into_iter().filter_map(|(type_, condition)| {
            let condition = condition.as_ref()?;
            let text = |text: &String| (!text.is_empty()).then(|| text.clone());
            let (reason, message) = (text(&condition.reason), text(&condition.message));
            let known = old.iter().find(|known| known.type_ == type_ && known.reason == reason);
            Some(PodCondition {
                type_: type_.to_owned(),
                status: "True".into(),
                reason,
                message,
                last_transition_time: known
                    .and_then(|known| known.last_transition_time.clone())
                    .or_else(|| Some(now.clone())),
                last_probe_time: None,
                observed_generation: Some(condition.generation).filter(|generation| *generation > 0),
            })
        });
        made.collect()
    }

    /// The conditions that an earlier kubelet left.
    pub fn resume(&mut self, old: &[PodCondition]) {
        let found = |type_: &str| {
            let known = old.iter().find(|known| known.type_ == type_)?;
            Some(ResizeCondition {
                reason: known.reason.clone().unwrap_or_default(),
                message: known.message.clone().unwrap_or_default(),
                generation: known.observed_generation.unwrap_or(0),
            })
        };
        self.pending = found(PENDING);
        self.in_progress = found(IN_PROGRESS);
        self.is_pod_stale = self.in_progress.is_some();
    }

    /// What was promised, with what a container was made with.
    pub(super) fn note_created(&mut self, container: &Container, container_id: &str) {
        let resources = container.resources.clone().unwrap_or_default();
        self.actuated.insert(container_id.to_owned(), resources);
    }

    /// Containers that nobody knows the limits of were made with what was promised.
    pub(super) fn note_found(&mut self, view: &RuntimeView) {
        self.actuated.retain(|id, _| view.container(id).is_some());
        for container in &view.containers {
            if !self.actuated.contains_key(&container.id)
                && let Some(resources) = self.allocated.containers.get(&container.name)
            {
                self.actuated.insert(container.id.clone(), resources.clone());
            }
        }
    }

    /// What the next kubelet has to know.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { allocated: self.allocated.clone(), actuated: self.actuated.clone() }
    }
}

fn differs(container: &Container, current: &ResourceRequirements, name: &str) -> bool {
    let own = container.resources.as_ref();
    let (requests, limits) = (own.and_then(|own| own.requests.as_ref()), own.and_then(|own| own.limits.as_ref()));
    resources::milli(requests, name) != resources::milli(current.requests.as_ref(), name)
        || resources::milli(limits, name) != resources::milli(current.limits.as_ref(), name)
}

fn replace(shown: Option<&mut ResourceList>, actual: Option<&ResourceList>) {
    let Some(shown) = shown else { return };
    for name in RESIZABLE {
        if let (Some(slot), Some(value)) = (shown.get_mut(name), actual.and_then(|actual| actual.get(name))) {
            slot.clone_from(value);
        }
    }
}

/// Upstream's message about a resize: the wanted resources as JSON.
fn message(prefix: &str, pod: &Pod, generation: i64, error: &str) -> String {
    let list = |key: &str, containers: &[Container]| match containers.is_empty() {
        true => String::new(),
        false => {
            let all = containers.iter().map(|container| {
                let resources = container_resources_json(container);
                format!("{{\"name\":{},\"resources\":{resources}}}", spec::quote(&container.name))
            });
            format!("\"{key}\":[{}],", all.collect::<Vec<_>>().join(","))
        }
    };
    let error = if error.is_empty() { String::new() } else { format!(",\"error\":{}", spec::quote(error)) };
    let (init, main) = (list("initContainers", spec::init_containers(pod)), list("containers", spec::containers(pod)));
    format!("{prefix}: {{{init}{main}\"generation\":{generation}{error}}}")
}

fn container_resources_json(container: &Container) -> String {
    let carrier = Container { name: "c".into(), resources: container.resources.clone(), ..Container::default() };
    let pod = Pod { spec: Some(PodSpec { containers: vec![carrier], ..PodSpec::default() }), ..Pod::default() };
    let tree: serde_json::Value = serde_json::from_slice(&api::typed::pod_json(&pod)).unwrap_or_default();
    tree.pointer("/spec/containers/0/resources").map_or_else(|| "{}".to_owned(), ToString::to_string)
}

impl Turn<'_> {
    /// Takes the API's object in; what the record shows has the promised resources.
    pub(super) fn desire(&mut self, pod: &Arc<Pod>) -> Arc<Pod> {
        let resize = &mut self.record.resize;
        resize.desired = Some(Arc::clone(pod));
        if !resize.is_wanted() {
            resize.pending = None;
        }
        resize.allocated.applied(pod)
    }

    /// The node has room for what is wanted.
    pub(super) fn resize_admitted(&mut self) {
        let Some(desired) = self.record.resize.desired.clone() else { return };
        let generation = spec::generation(&desired);
        let resize = &mut self.record.resize;
        resize.allocated = Allocation::of(&desired);
        resize.pending = None;
        resize.in_progress = Some(ResizeCondition { reason: String::new(), message: String::new(), generation });
        resize.is_pod_stale = true;
        resize.retry_at = None;
        self.note(EventType::Normal, "ResizeStarted", message("Pod resize started", &desired, generation, ""));
        self.record.pod = Some(desired);
    }

    /// The node has no room (yet).
    pub(super) fn resize_refused(&mut self, reason: &str, text: &str) {
        let Some(desired) = self.record.resize.desired.clone() else { return };
        let generation = spec::generation(&desired);
        let reason = if reason == INFEASIBLE { INFEASIBLE } else { DEFERRED };
        let pending = ResizeCondition { reason: reason.to_owned(), message: text.to_owned(), generation };
        let before = self.record.resize.pending.replace(pending);
        if before.is_none_or(|before| before.reason != reason || before.generation != generation) {
            let event = if reason == INFEASIBLE { "ResizeInfeasible" } else { "ResizeDeferred" };
            let text = message(&format!("Pod resize {reason}"), &desired, generation, text);
            self.note(EventType::Warning, event, text);
        }
    }

    /// Carries out what was promised.
    pub(super) fn actuate(&mut self, updates: Vec<ContainerUpdate>) {
        let resize = &self.record.resize;
        let is_due = resize.retry_at.is_none_or(|at| self.is_due(at));
        if resize.is_busy() || !is_due || (updates.is_empty() && !resize.is_pod_stale) {
            return;
        }
        let promised = |update: &ContainerUpdate| {
            let resources = resize.allocated.containers.get(&update.container).cloned().unwrap_or_default();
            (update.container_id.clone(), resources)
        };
        let after = updates.iter().map(promised).collect();
        let checkpoint = Box::new(resize.checkpoint());
        let id = self.run(Work::Resize { updates, checkpoint });
        self.record.resize.retry_at = None;
        self.record.resize.in_flight = Some((id, after));
    }

    /// An answer to [`Work::Resize`].
    pub(super) fn resize_done(&mut self, outcome: Outcome) {
        let Some((_, after)) = self.record.resize.in_flight.take() else { return };
        match outcome {
            Outcome::Failed(error) => self.resize_failed(error),
            _ => {
                self.record.resize.actuated.extend(after);
                self.record.resize.is_pod_stale = false;
            }
        }
    }

    fn resize_failed(&mut self, error: String) {
        let Some(pod) = self.pod() else { return };
        self.record.resize.retry_at = Some(self.after(RETRY));
        let resize = &mut self.record.resize;
        let generation = resize.in_progress.as_ref().map_or_else(|| spec::generation(&pod), |old| old.generation);
        let condition = ResizeCondition { reason: ERROR.to_owned(), message: error.clone(), generation };
        let before = resize.in_progress.replace(condition.clone());
        if before.as_ref() != Some(&condition) {
            let text = message("Pod resize error", &pod, generation, &error);
            self.note(EventType::Warning, "ResizeError", text);
        }
    }

    /// Notes a resize that has come to its end.
    pub(super) fn note_resized(&mut self) {
        if self.record.stage != PodStage::Syncing {
            self.record.resize.pending = None;
            self.record.resize.in_progress = None;
            return;
        }
        let (Some(pod), Some(progress)) = (self.pod(), self.record.resize.in_progress.clone()) else { return };
        let (resize, view) = (&self.record.resize, &self.record.view);
        let is_behind = |container: &Container| {
            let newest = view.newest(&container.name);
            newest.is_some_and(|newest| resize.need(container, newest) != ResizeNeed::Nothing)
        };
        if resize.is_busy() || resize.is_pod_stale || spec::all_containers(&pod).any(is_behind) {
            return;
        }
        self.record.resize.in_progress = None;
        let text = message("Pod resize completed", &pod, progress.generation, "");
        self.note(EventType::Normal, "ResizeCompleted", text);
    }
}
