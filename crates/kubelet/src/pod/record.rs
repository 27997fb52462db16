//! What the kubelet knows of one Pod.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use api::k8s_openapi::api::core::v1::{Pod, PodStatus};

use super::back_off::BackOff;
use super::effect::EffectId;
use super::probe::{ProbeBook, ProbeKey, ProbeKind, Verdict};
use super::resize::{Allocation, Checkpoint, Resize};
use super::view::RuntimeView;
use crate::spec::{self, PodId};

/// Facts about the node that statuses show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFacts {
    /// Node's addresses, the primary one first.
    pub node_ips: Vec<String>,
    /// Runtime's name: the scheme of container ids.
    pub runtime_name: String,
}

/// How far a Pod has come on this node.
#[derive(Clone, Debug, PartialEq)]
pub enum PodStage {
    /// Its containers are being started and kept running.
    Syncing,
    /// Its containers and sandboxes are being stopped.
    Terminating(Termination),
    /// Everything has stopped; volumes and cgroup are being given back.
    Releasing,
    /// Nothing runs and nothing is held. Dead containers and logs stay until the API's object goes.
    Finished,
    /// The API's object is gone; what is left is being removed.
    Removing,
    /// Nothing is left: the record can go.
    Removed,
}

/// An ending Pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Termination {
    /// When it began, on the boot clock.
    pub started: Duration,
    /// Seconds between the first signal and the kill.
    pub grace_seconds: i64,
}

/// A phase that something other than the containers decided, with its reason and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdicts {
    /// `status.reason`
    pub reason: String,
    /// `status.message`
    pub message: String,
}

/// Why a container is not running though it should, as `state.waiting` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartFailure {
    /// `reason`
    pub reason: &'static str,
    /// `message`
    pub message: String,
}

/// The state of a container's start: the Pod's one serial lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Container.
    pub container: String,
    /// What is being done.
    pub step: LaneStep,
    /// The effect that does it.
    pub effect: EffectId,
    /// When the pull began, on the boot clock.
    pub pull_started: Duration,
    /// Images that are there, as the runtime knows them.
    pub images: BTreeMap<ImageUse, String>,
}

/// What a container needs an image for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImageUse {
    /// Its own root.
    Root,
    /// The volume of that name.
    Volume(String),
}

/// Steps of a container's start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaneStep {
    /// Is the image there?
    CheckImage(ImageUse),
    /// The image is being pulled.
    PullImage(ImageUse),
    /// The container is being created.
    Create,
    /// The container is being started.
    Start,
    /// Its postStart hook runs.
    PostStart {
        /// Runtime's id.
        container_id: String,
    },
}

/// A container that is being stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kill {
    /// Name.
    pub container: String,
    /// By when the kill signal comes, on the boot clock.
    pub deadline: Duration,
    /// What is being done.
    pub step: KillStep,
}

/// Steps of a stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KillStep {
    /// The preStop hook runs.
    PreStop(EffectId),
    /// Others have to end first.
    WaitTurn,
    /// The runtime stops it.
    Stopping(EffectId),
    /// The runtime could not; again at that time (boot clock).
    Retry(Duration),
}

/// State of the Pod's volumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Volumes {
    /// Nothing is mounted.
    Unmounted,
    /// Being mounted for the first time.
    Mounting(EffectId),
    /// The last attempt failed; again at that time (boot clock).
    Failed(Duration),
    /// All are mounted.
    Mounted {
        /// When to bring them up to date (tokens), on the boot clock.
        refresh_at: Option<Duration>,
        /// The effect that is doing so.
        refreshing: Option<EffectId>,
    },
}

/// State of the next sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SandboxWork {
    /// Nothing is being done.
    Idle,
    /// One is being run.
    Running(EffectId),
    /// The old one is being stopped before.
    Stopping(EffectId),
    /// The last attempt failed; again at that time (boot clock).
    Failed(Duration),
}

/// The writing of statuses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteState {
    /// The status was changed since it was last sent.
    pub is_dirty: bool,
    /// The write that is on its way.
    pub in_flight: Option<EffectId>,
    /// Not before that time (boot clock), after a failure.
    pub retry_at: Option<Duration>,
    /// The delete that is on its way.
    pub deleting: Option<EffectId>,
    /// The delete was accepted.
    pub is_deleted: bool,
}

/// One Pod.
#[derive(Clone, Debug)]
pub struct PodRecord {
    /// Which.
    pub id: PodId,
    /// The API's object as last seen, with the resources that it was promised; `None` when only the runtime knows
    /// the Pod.
    pub pod: Option<Arc<Pod>>,
    /// For a static Pod: the UID of its mirror in the API, if there is one.
    pub mirror: Option<Option<String>>,
    /// The API has it no more.
    pub is_gone: bool,
    /// How far it has come.
    pub stage: PodStage,
    /// What the runtime has.
    pub view: RuntimeView,
    /// Its volumes.
    pub volumes: Volumes,
    /// Attempts to mount that failed since the last that did not, or since an object changed.
    pub mount_failures: u32,
    /// Its next sandbox.
    pub sandbox: SandboxWork,
    /// The start that is going on.
    pub lane: Option<Lane>,
    /// Containers that are being stopped, by id.
    pub kills: BTreeMap<String, Kill>,
    /// Effect that ends the present stage (stop of sandboxes, release, purge).
    pub closing: BTreeMap<EffectId, String>,
    /// When to try the present stage's work again, on the boot clock.
    pub closing_retry_at: Option<Duration>,
    /// Sandboxes that were stopped.
    pub stopped_sandboxes: BTreeSet<String>,
    /// Dead containers that are being removed.
    pub removals: BTreeMap<EffectId, String>,
    /// Restart back-offs by container name.
    pub crashes: BTreeMap<String, BackOff>,
    /// Pull back-offs by image, with the last error.
    pub pulls: BTreeMap<String, (BackOff, String)>,
    /// Why containers do not run, by name.
    pub failures: BTreeMap<String, StartFailure>,
    /// Containers that are not tried before that time (boot clock).
    pub holds: BTreeMap<String, Duration>,
    /// Its resizes.
    pub resize: Resize,
    /// Probe verdicts.
    pub probes: ProbeBook,
    /// Probes that run.
    pub probing: BTreeSet<ProbeKey>,
    /// Sandboxes whose change was noted as an event.
    pub noted_sandboxes: BTreeSet<String>,
    /// The node refused it.
    pub is_rejected: bool,
    /// A phase decided from outside (refused, deadline).
    pub verdict: Option<Verdicts>,
    /// The status as computed last.
    pub status: PodStatus,
    /// The status as the API has it.
    pub api_status: PodStatus,
    /// Revision of `api_status` and `pod`.
    pub api_revision: u64,
    /// The writing of statuses.
    pub write: WriteState,
    /// Facts about the node.
    pub facts: Arc<NodeFacts>,
    pub(super) next_effect: u64,
}

impl PodRecord {
    /// Of an API object that was not known.
    pub fn new(pod: Arc<Pod>, revision: u64, view: RuntimeView, facts: Arc<NodeFacts>) -> PodRecord {
        let status = spec::status(&pod).clone();
        let mut record = PodRecord::empty(PodId::of(&pod), view, facts);
        record.probes = resumed_probes(&status);
        record.api_status = status.clone();
        record.status = status;
        record.api_revision = revision;
        record.resize = Resize::new(&pod);
        record.pod = Some(pod);
        record
    }

    /// Goes on where an earlier kubelet was: with what it left, or else with what the API's status says.
    pub fn resume(&mut self, checkpoint: Option<Checkpoint>) {
        let Some(desired) = self.pod.clone() else { return };
        let Checkpoint { allocated, actuated } = checkpoint.unwrap_or_else(|| Checkpoint {
            allocated: Allocation::resumed(&desired),
            actuated: std::collections::BTreeMap::new(),
        });
        self.resize.allocated = allocated;
        self.resize.actuated = actuated;
        self.resize.note_found(&self.view);
        self.resize.resume(self.api_status.conditions.as_deref().unwrap_or(&[]));
        self.pod = Some(self.resize.allocated.applied(&desired));
    }

    /// Of sandboxes and containers whose Pod the API does not have.
    pub fn orphan(id: PodId, view: RuntimeView, facts: Arc<NodeFacts>, now: Duration) -> PodRecord {
        let mut record = PodRecord::empty(id, view, facts);
        record.is_gone = true;
        record.stage = PodStage::Terminating(Termination { started: now, grace_seconds: ORPHAN_GRACE_SECONDS });
        record
    }

    fn empty(id: PodId, view: RuntimeView, facts: Arc<NodeFacts>) -> PodRecord {
        PodRecord {
            id,
            pod: None,
            mirror: None,
            is_gone: false,
            stage: PodStage::Syncing,
            view,
            volumes: Volumes::Unmounted,
            mount_failures: 0,
            sandbox: SandboxWork::Idle,
            lane: None,
            kills: BTreeMap::new(),
            closing: BTreeMap::new(),
            closing_retry_at: None,
            stopped_sandboxes: BTreeSet::new(),
            removals: BTreeMap::new(),
            crashes: BTreeMap::new(),
            pulls: BTreeMap::new(),
            failures: BTreeMap::new(),
            holds: BTreeMap::new(),
            resize: Resize::default(),
            probes: ProbeBook::default(),
            probing: BTreeSet::new(),
            noted_sandboxes: BTreeSet::new(),
            is_rejected: false,
            verdict: None,
            status: PodStatus::default(),
            api_status: PodStatus::default(),
            api_revision: 0,
            write: WriteState::default(),
            facts,
            next_effect: 0,
        }
    }

    /// When the record next needs a [`super::event::PodEvent::Tick`], on the boot clock.
    pub fn wake_at(&self, now: apimachinery::time::Now) -> Option<Duration> {
        let volumes = match &self.volumes {
            Volumes::Failed(at) => Some(*at),
            Volumes::Mounted { refresh_at, refreshing: None } => *refresh_at,
            _ => None,
        };
        let sandbox = match &self.sandbox {
            SandboxWork::Failed(at) => Some(*at),
            _ => None,
        };
        let kills = self.kills.values().filter_map(|kill| match &kill.step {
            KillStep::WaitTurn => Some(kill.deadline),
            KillStep::Retry(at) => Some(*at),
            _ => None,
        });
        let is_syncing = self.stage == PodStage::Syncing;
        let syncing = [volumes, sandbox, self.resize.retry_at, super::sync::deadline(self, now)].into_iter().flatten();
        let syncing = syncing.chain(self.holds.values().copied()).filter(|_| is_syncing);
        let always = [self.closing_retry_at, self.write.retry_at].into_iter().flatten();
        always.chain(syncing).chain(kills).min()
    }

    /// Whether any process of the Pod may run.
    pub fn may_run(&self) -> bool {
        self.view.running().next().is_some() || self.lane.is_some()
    }
}

/// Grace of Pods that only the runtime knows, in seconds.
const ORPHAN_GRACE_SECONDS: i64 = 1;

/// The verdicts that the API's status stands for, so that a restart of the kubelet changes nothing.
fn resumed_probes(status: &PodStatus) -> ProbeBook {
    let mut book = ProbeBook::default();
    let lists = [&status.init_container_statuses, &status.container_statuses];
    for container in lists.into_iter().flatten().flatten() {
        let Some((_, id)) = container.container_id.as_deref().and_then(|id| id.split_once("://")) else { continue };
        let key = |kind| ProbeKey { container_id: id.to_owned(), kind };
        if container.started == Some(true) {
            book.set(key(ProbeKind::Startup), Verdict::Success);
        }
        if container.ready {
            book.set(key(ProbeKind::Readiness), Verdict::Success);
        }
    }
    book
}
