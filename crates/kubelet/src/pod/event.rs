//! What happens to a Pod, as [`super::step::step`] is told.

use std::sync::Arc;
use std::time::Duration;

use api::k8s_openapi::api::core::v1::{Pod, PodStatus};

use super::effect::EffectId;
use super::probe::{ProbeKey, Verdict};
use super::view::{ContainerView, Observation, SandboxView};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum PodEvent {
    /// The API's object was seen or changed.
    Updated {
        /// The object.
        pod: Arc<Pod>,
        /// Its revision.
        revision: u64,
    },
    /// The node refuses the Pod (follows the first `Updated`).
    Rejected {
        /// Upstream's reason (`OutOfcpu`, ...).
        reason: String,
        /// Upstream's message.
        message: String,
    },
    /// The node makes it go.
    Evicted {
        /// Why, for people.
        message: String,
    },
    /// The node has room for the resources that the API wants now.
    ResizeAdmitted,
    /// The node has no room for them.
    ResizeRefused {
        /// `Infeasible`; anything else is deferred.
        reason: String,
        /// Upstream's message.
        message: String,
    },
    /// A static Pod's mirror is there or has changed.
    Mirrored {
        /// The mirror's UID.
        uid: String,
        /// Its status.
        status: Box<PodStatus>,
        /// Its revision.
        revision: u64,
    },
    /// A static Pod has no mirror.
    MirrorGone,
    /// A write of a mirror has ended; the runner's own.
    MirrorWritten,
    /// The API has no such Pod any more.
    Gone,
    /// The runtime reported.
    Observed(Observation),
    /// An effect ended.
    Done {
        /// Which.
        id: EffectId,
        /// How.
        outcome: Outcome,
    },
    /// A probe has a new verdict.
    Probed {
        /// Which probe of which container.
        key: ProbeKey,
        /// The verdict.
        verdict: Verdict,
    },
    /// A ConfigMap, Secret or token that the Pod uses has changed or is due for renewal.
    SourceChanged,
    /// Time has passed ([`super::record::PodRecord::wake_at`]).
    Tick,
}

/// How an effect ended. Each [`super::effect::Work`] has its own; a failure that fits several is `Failed`.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It is done.
    Ok,
    /// It did not work out; the text is for people.
    Failed(String),
    /// What was to be worked on is gone.
    NotFound,
    /// Volumes: mounted; tokens in them are due for renewal after that time.
    Mounted {
        /// From now.
        refresh_after: Option<Duration>,
    },
    /// Volumes: one message per volume that is not mounted.
    MountFailed(Vec<String>),
    /// Sandbox: running.
    Sandbox(SandboxView),
    /// Sandbox: not made, and which part failed.
    SandboxFailed(SandboxFailure),
    /// Image: there, with its reference, or not there.
    Image(Option<String>),
    /// Image: pulled.
    Pulled {
        /// Reference as the runtime knows it.
        image_ref: String,
        /// Size.
        bytes: u64,
        /// Time that the pull itself took.
        pull_time: Duration,
    },
    /// Container: created or started.
    Container(Box<ContainerView>),
    /// Container: created but not started, and as what it is left if known.
    StartFailed {
        /// The runtime's answer.
        error: String,
        /// What is left.
        container: Option<Box<ContainerView>>,
    },
    /// Container: its configuration cannot be worked out.
    ConfigFailed(String),
    /// Container stopped, and as what if known.
    Stopped(Option<Box<ContainerView>>),
    /// Status: written; the object's status and revision now.
    Written {
        /// Status as stored.
        status: Box<PodStatus>,
        /// Revision.
        revision: u64,
    },
}

/// Why there is no sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SandboxFailure {
    /// The runtime's network is not ready; the text is its reason.
    NetworkNotReady(String),
    /// The Pod's cgroup could not be made.
    Cgroup(String),
    /// The runtime's answer.
    Runtime(String),
}
