//! A Pod's status as the kubelet reports it. Pure.

use api::k8s_openapi::api::core::v1::{
    ContainerStatus, HostIP, Pod, PodCondition, PodIP, PodStatus, ResourceRequirements,
};
use api::k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use api::k8s_openapi::jiff::Timestamp;
use apimachinery::time::Now;

use super::container_status;
use super::phase::phase;
use super::record::{PodRecord, PodStage, Volumes};
use super::resize;
use super::step::Turn;
use super::sync::sandbox_need;
use super::view::ContainerState;
use crate::{resources, spec};

/// Conditions that the kubelet owns, in upstream's order.
pub const OWNED_CONDITIONS: [&str; 7] = [
    "PodReadyToStartContainers",
    "Initialized",
    "Ready",
    "ContainersReady",
    "PodScheduled",
    resize::PENDING,
    resize::IN_PROGRESS,
];

impl Turn<'_> {
    /// Computes the status anew and has it written if it changed.
    pub(super) fn publish(&mut self) {
        let Some(pod) = self.pod() else { return };
        let is_syncing = self.record.stage == PodStage::Syncing;
        let is_between = self.record.resize.is_undecided() || is_restarting(self.record);
        if self.record.is_gone || (is_syncing && is_between) {
            return;
        }
        let status = generate(self.record, &pod, self.now);
        if differs(&status, &self.record.status) {
            self.record.write.is_dirty = true;
        }
        self.record.status = status;
        self.write_status();
    }
}

/// Whether a container that was ended in order to be started again is about to be: nobody is told of the moment in
/// between, so that a Pod without probes stays ready.
fn is_restarting(record: &PodRecord) -> bool {
    record.view.restarting.keys().any(|id| {
        let Some(ended) = record.view.container(id).filter(|ended| ended.state == ContainerState::Exited) else {
            return false;
        };
        let mut others = record.view.containers.iter().filter(|other| other.name == ended.name);
        let is_newest = others.find(|other| other.state != ContainerState::Created).is_some_and(|it| it.id == ended.id);
        is_newest && !record.holds.contains_key(&ended.name) && has_sandbox(record)
    })
}

fn has_sandbox(record: &PodRecord) -> bool {
    let is_ready = record.view.sandbox().is_some_and(|sandbox| sandbox.is_ready);
    is_ready && matches!(record.volumes, Volumes::Mounted { .. })
}

/// Whether two statuses differ in what the kubelet owns.
pub fn differs(a: &PodStatus, b: &PodStatus) -> bool {
    let owned = |status: &PodStatus| {
        let mut status = status.clone();
        let all = status.conditions.take().unwrap_or_default();
        let mut kept: Vec<_> = all.into_iter().filter(|c| OWNED_CONDITIONS.contains(&c.type_.as_str())).collect();
        kept.sort_by(|a, b| a.type_.cmp(&b.type_));
        kept.iter_mut().for_each(|condition| condition.last_probe_time = None);
        status.conditions = Some(kept);
        // Not the kubelet's.
        status.resource_claim_statuses = None;
        status.extended_resource_claim_status = None;
        status.node_allocatable_resource_claim_statuses = None;
        status.nominated_node_name = None;
        status.reason = status.reason.filter(|text| !text.is_empty());
        status.message = status.message.filter(|text| !text.is_empty());
        let lists = [
            &mut status.container_statuses,
            &mut status.init_container_statuses,
            &mut status.ephemeral_container_statuses,
        ];
        for list in lists {
            for container in list.iter_mut().flatten() {
                container.last_state = container.last_state.take().or_else(|| Some(Default::default()));
            }
            *list = list.take().filter(|list| !list.is_empty());
        }
        status
    };
    owned(a) != owned(b)
}

/// The status now. `record.status` is the one before.
fn generate(record: &PodRecord, pod: &Pod, now: Now) -> PodStatus {
    if record.is_rejected && record.view.is_empty() {
        return rejected(record, pod, now);
    }
    let old = &record.status;
    let is_over = !matches!(record.stage, PodStage::Syncing | PodStage::Terminating(_));
    let mut status = PodStatus {
        qos_class: Some(resources::qos(pod).as_str().to_owned()),
        start_time: old.start_time.clone().or_else(|| Some(whole_seconds(now))),
        observed_generation: Some(spec::generation(pod)).filter(|generation| *generation > 0),
        nominated_node_name: old.nominated_node_name.clone(),
        ..PodStatus::default()
    };
    set_addresses(record, pod, &mut status);
    let init =
        container_status::statuses(record, pod, spec::init_containers(pod), old.init_container_statuses.as_deref());
    let ephemeral = spec::ephemeral_containers(pod);
    let ephemeral = container_status::statuses(record, pod, &ephemeral, old.ephemeral_container_statuses.as_deref());
    let mut main = container_status::statuses(record, pod, spec::containers(pod), old.container_statuses.as_deref());
    main.sort_by(|a, b| a.name.cmp(&b.name));
    let mut all = init.clone();
    all.extend(main.iter().cloned());
    set_phase(record, pod, &mut status, &all, is_over);
    if is_over {
        mark_lost(pod, &mut all, &mut main);
    }
    let mut conditions = Conditions { record, pod, all: &all, phase: status.phase.clone(), now }.all();
    conditions.extend(disruption(record, pod, now));
    conditions.extend(record.resize.conditions(old.conditions.as_deref().unwrap_or(&[]), &whole_seconds(now)));
    status.conditions = Some(conditions);
    status.init_container_statuses = (!init.is_empty()).then_some(init);
    status.container_statuses = Some(main);
    status.ephemeral_container_statuses = (!ephemeral.is_empty()).then_some(ephemeral);
    set_resources(pod, &mut status);
    hold_terminal_phase(record, &mut status, is_over);
    status
}

/// Tells that the node made the Pod go.
fn disruption(record: &PodRecord, pod: &Pod, now: Now) -> Option<PodCondition> {
    let verdict = record.verdict.as_ref().filter(|verdict| verdict.reason == crate::eviction::REASON)?;
    let known = record.status.conditions.iter().flatten().find(|known| known.type_ == "DisruptionTarget");
    Some(known.cloned().unwrap_or_else(|| PodCondition {
        type_: "DisruptionTarget".into(),
        status: "True".into(),
        reason: Some("TerminationByKubelet".into()),
        message: Some(verdict.message.clone()),
        last_transition_time: Some(whole_seconds(now)),
        last_probe_time: None,
        observed_generation: Some(spec::generation(pod)).filter(|generation| *generation > 0),
    }))
}

/// The status of a Pod that the node refused: nothing but the verdict, as upstream's.
fn rejected(record: &PodRecord, pod: &Pod, now: Now) -> PodStatus {
    let verdict = record.verdict.clone();
    PodStatus {
        phase: Some("Failed".into()),
        reason: verdict.as_ref().map(|verdict| verdict.reason.clone()),
        message: verdict.map(|verdict| verdict.message),
        qos_class: Some(resources::qos(pod).as_str().to_owned()),
        start_time: record.status.start_time.clone().or_else(|| Some(whole_seconds(now))),
        observed_generation: Some(spec::generation(pod)).filter(|generation| *generation > 0),
        ..PodStatus::default()
    }
}

fn whole_seconds(now: Now) -> Time {
    Time(Timestamp::from_second(now.wall.as_second()).unwrap_or(now.wall))
}

fn set_addresses(record: &PodRecord, pod: &Pod, status: &mut PodStatus) {
    let node_ips = &record.facts.node_ips;
    status.host_ip = node_ips.first().cloned();
    status.host_ips = Some(node_ips.iter().map(|ip| HostIP { ip: ip.clone() }).collect());
    let ips = pod_ips(record, pod);
    status.pod_ip = ips.first().cloned();
    status.pod_ips = (!ips.is_empty()).then(|| ips.into_iter().map(|ip| PodIP { ip }).collect());
}

/// The Pod's addresses: the node's on its network; else the sandbox's once volumes are there; kept after the end.
pub fn pod_ips(record: &PodRecord, pod: &Pod) -> Vec<String> {
    if spec::is_host_network(pod) {
        return record.facts.node_ips.clone();
    }
    let known = || record.status.pod_ips.iter().flatten().map(|ip| ip.ip.clone()).collect();
    if record.stage != PodStage::Syncing {
        return known();
    }
    let is_shown = has_volumes(record);
    match record.view.sandbox().filter(|sandbox| sandbox.is_ready && is_shown) {
        Some(sandbox) => sandbox.ips.clone(),
        None => Vec::new(),
    }
}

/// Whether the volumes are there; a Pod that was found running has them.
fn has_volumes(record: &PodRecord) -> bool {
    matches!(record.volumes, Volumes::Mounted { .. }) || !record.view.containers.is_empty()
}

fn set_phase(record: &PodRecord, pod: &Pod, status: &mut PodStatus, all: &[ContainerStatus], is_over: bool) {
    let old = &record.status;
    let sandbox = record.view.sandbox().map(|sandbox| sandbox.id.as_str());
    let is_initialized = spec::containers(pod).iter().any(|container| {
        record.view.newest(&container.name).is_some_and(|view| Some(view.sandbox_id.as_str()) == sandbox)
    });
    let mut phase = phase(pod, all, is_over, is_initialized).to_owned();
    for known in [&old.phase, &record.api_status.phase] {
        if spec::is_terminal_phase(known.as_deref()) {
            phase = known.clone().unwrap_or_default();
        }
    }
    // An ended Pod has a final phase, whatever is known of its containers.
    if is_over && !spec::is_terminal_phase(Some(&phase)) {
        phase = "Failed".into();
    }
    if old.phase.as_deref() == Some(&phase) {
        status.reason = old.reason.clone().or_else(|| record.api_status.reason.clone());
        status.message = old.message.clone().or_else(|| record.api_status.message.clone());
    }
    if let Some(verdict) = &record.verdict {
        phase = "Failed".into();
        status.reason = Some(verdict.reason.clone());
        status.message = Some(verdict.message.clone());
    }
    status.phase = Some(phase);
}

/// A final phase is told only when nothing of the Pod runs any more.
fn hold_terminal_phase(record: &PodRecord, status: &mut PodStatus, is_over: bool) {
    let was_terminal = spec::is_terminal_phase(record.status.phase.as_deref());
    if !is_over && !was_terminal && spec::is_terminal_phase(status.phase.as_deref()) {
        status.phase = record.status.phase.clone().or_else(|| Some("Pending".into()));
        status.reason = record.status.reason.clone();
        status.message = record.status.message.clone();
    }
}

/// Containers of an ended, initialized Pod that have no end of their own were lost.
fn mark_lost(pod: &Pod, all: &mut [ContainerStatus], main: &mut [ContainerStatus]) {
    let init = spec::init_containers(pod);
    let has_begun = |status: &ContainerStatus| {
        let state = status.state.as_ref();
        let has_last = status.last_state.as_ref().is_some_and(|last| last.terminated.is_some());
        has_last || state.is_some_and(|state| state.waiting.is_none())
    };
    let last_init_is_done = init.last().and_then(|last| all.iter().find(|status| status.name == last.name));
    let is_initialized = init.is_empty()
        || main.iter().any(has_begun)
        || last_init_is_done.is_some_and(|status| status.ready || status.started == Some(true));
    if !is_initialized {
        return;
    }
    let lost = |status: &mut ContainerStatus| {
        if status.state.as_ref().is_none_or(|state| state.terminated.is_none()) {
            status.state = Some(container_status::lost());
        }
    };
    main.iter_mut().for_each(lost);
    all.iter_mut().filter(|status| !spec::is_init(pod, &status.name)).for_each(lost);
}

fn set_resources(pod: &Pod, status: &mut PodStatus) {
    let requests = resources::pod_requests(pod);
    let mut limits = resources::pod_limits(pod);
    if status.phase.as_deref() == Some("Running") {
        limits.retain(|name, _| resources::is_limited(pod, name));
    }
    status.allocated_resources = (!requests.is_empty()).then(|| requests.clone());
    status.resources = Some(ResourceRequirements {
        requests: (!requests.is_empty()).then_some(requests),
        limits: (!limits.is_empty()).then_some(limits),
        claims: None,
    });
}

/// Computes the owned conditions.
struct Conditions<'a> {
    record: &'a PodRecord,
    pod: &'a Pod,
    all: &'a [ContainerStatus],
    phase: Option<String>,
    now: Now,
}

/// Status, reason, message.
type Claim = (bool, &'static str, String);

impl Conditions<'_> {
    fn all(&self) -> Vec<PodCondition> {
        let containers_ready = self.containers_ready();
        vec![
            self.condition("PodReadyToStartContainers", (self.has_sandbox(), "", String::new())),
            self.condition("Initialized", self.initialized()),
            self.condition("Ready", self.ready(&containers_ready)),
            self.condition("ContainersReady", containers_ready),
            self.condition("PodScheduled", (true, "", String::new())),
        ]
    }

    fn condition(&self, type_: &str, (is_true, reason, message): Claim) -> PodCondition {
        let status = if is_true { "True" } else { "False" };
        let old = self.record.status.conditions.iter().flatten().find(|old| old.type_ == type_);
        let since = old.filter(|old| old.status == status).and_then(|old| old.last_transition_time.clone());
        PodCondition {
            type_: type_.to_owned(),
            status: status.to_owned(),
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
            message: (!message.is_empty()).then_some(message),
            last_transition_time: since.or_else(|| Some(whole_seconds(self.now))),
            last_probe_time: None,
            observed_generation: Some(spec::generation(self.pod)).filter(|generation| *generation > 0),
        }
    }

    fn has_sandbox(&self) -> bool {
        !sandbox_need(self.pod, &self.record.view).is_new_needed && has_volumes(self.record)
    }

    fn status(&self, name: &str) -> Option<&ContainerStatus> {
        self.all.iter().find(|status| status.name == name)
    }

    fn initialized(&self) -> Claim {
        let (mut unknown, mut incomplete) = (Vec::new(), Vec::new());
        for container in spec::init_containers(self.pod) {
            match self.status(&container.name) {
                None => unknown.push(container.name.as_str()),
                Some(status) => {
                    let is_through =
                        if spec::is_sidecar(container) { status.started == Some(true) } else { status.ready };
                    if !is_through {
                        incomplete.push(container.name.as_str());
                    }
                }
            }
        }
        if self.phase.as_deref() == Some("Succeeded") && unknown.is_empty() {
            return (true, "PodCompleted", String::new());
        }
        let has_begun = |name: &str| {
            let state = self.status(name).and_then(|status| status.state.as_ref());
            state.is_some_and(|state| state.running.is_some() || state.terminated.is_some())
        };
        let message = listed("unknown", &unknown, "incomplete", &incomplete);
        if message.is_empty() || spec::containers(self.pod).iter().any(|container| has_begun(&container.name)) {
            return (true, "", String::new());
        }
        // What was initialized once stays so.
        let was =
            self.record.status.conditions.iter().flatten().any(|c| c.type_ == "Initialized" && c.status == "True");
        if was { (true, "", String::new()) } else { (false, "ContainersNotInitialized", message) }
    }

    fn containers_ready(&self) -> Claim {
        let (mut unknown, mut unready) = (Vec::new(), Vec::new());
        let sidecars = spec::init_containers(self.pod).iter().filter(|container| spec::is_sidecar(container));
        for container in sidecars.chain(spec::containers(self.pod)) {
            match self.status(&container.name) {
                None => unknown.push(container.name.as_str()),
                Some(status) if !status.ready => unready.push(container.name.as_str()),
                Some(_) => {}
            }
        }
        match self.phase.as_deref() {
            Some("Succeeded") if unknown.is_empty() => return (false, "PodCompleted", String::new()),
            Some("Failed") => return (false, "PodFailed", String::new()),
            _ => {}
        }
        let message = listed("unknown", &unknown, "unready", &unready);
        match message.is_empty() {
            true => (true, "", String::new()),
            false => (false, "ContainersNotReady", message),
        }
    }

    fn ready(&self, containers_ready: &Claim) -> Claim {
        if !containers_ready.0 {
            return containers_ready.clone();
        }
        let mut messages = Vec::new();
        for gate in spec::spec(self.pod).readiness_gates.iter().flatten() {
            let gate = &gate.condition_type;
            let found = self.record.api_status.conditions.iter().flatten().find(|c| &c.type_ == gate);
            match found {
                None => {
                    messages.push(format!("corresponding condition of pod readiness gate \"{gate}\" does not exist."))
                }
                Some(found) if found.status != "True" => messages
                    .push(format!("the status of pod readiness gate \"{gate}\" is not \"True\", but {}", found.status)),
                Some(_) => {}
            }
        }
        match messages.is_empty() {
            true => (true, "", String::new()),
            false => (false, "ReadinessGatesNotReady", messages.join(", ")),
        }
    }
}

/// Upstream's message over two lists of names, in Go's form of lists.
fn listed(first: &str, first_names: &[&str], second: &str, second_names: &[&str]) -> String {
    let part = |what: &str, names: &[&str]| {
        (!names.is_empty()).then(|| format!("containers with {what} status: [{}]", names.join(" ")))
    };
    let parts: Vec<_> = [part(first, first_names), part(second, second_names)].into_iter().flatten().collect();
    parts.join(", ")
}
