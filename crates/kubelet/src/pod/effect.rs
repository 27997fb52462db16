//! What [`super::step::step`] asks to be done. Every effect that is answered has an id; an answer to an id that the
//! record no longer waits for is dropped. All are idempotent by name and attempt.

use std::collections::BTreeMap;
use std::time::Duration;

use api::k8s_openapi::api::core::v1::PodStatus;

use super::probe::ProbeKey;
use super::record::ImageUse;
use super::resize::{Checkpoint, ContainerUpdate};

/// Id of an effect, unique within one Pod's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectId(pub u64);

/// Severity of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// `Normal`
    Normal,
    /// `Warning`
    Warning,
}

impl EventType {
    /// The API's text.
    pub fn as_str(self) -> &'static str {
        match self {
            EventType::Normal => "Normal",
            EventType::Warning => "Warning",
        }
    }
}

/// An event about the Pod or one of its containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Severity.
    pub event_type: EventType,
    /// Upstream's reason.
    pub reason: String,
    /// Upstream's message.
    pub message: String,
    /// Container that it is about.
    pub container: Option<String>,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Do it and answer with [`super::event::PodEvent::Done`].
    Run {
        /// Goes into the answer.
        id: EffectId,
        /// What.
        work: Work,
    },
    /// Stop doing it; no answer is wanted.
    Cancel(EffectId),
    /// Record an event.
    Note(Note),
    /// Begin to probe; verdicts come as [`super::event::PodEvent::Probed`].
    StartProbe {
        /// Which probe of which container.
        key: ProbeKey,
        /// Container's name.
        container: String,
    },
    /// End a probe.
    StopProbe(ProbeKey),
    /// Drop the record: nothing of the Pod is left.
    Forget,
}

/// Work that is answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// Makes the Pod's directories and mounts its volumes; also brings mounted ones up to date.
    MountVolumes,
    /// Makes the Pod's cgroup and runs its sandbox.
    RunSandbox {
        /// Attempt.
        attempt: u32,
    },
    /// Looks an image up without pulling.
    CheckImage {
        /// Container that wants it.
        container: String,
        /// Image with tag or digest.
        image: String,
    },
    /// Pulls an image.
    PullImage {
        /// Container that wants it.
        container: String,
        /// Image with tag or digest.
        image: String,
    },
    /// Works out a container's configuration and creates it.
    CreateContainer {
        /// Name.
        container: String,
        /// Restart count.
        attempt: u32,
        /// Sandbox it goes into.
        sandbox_id: String,
        /// Attempt of that sandbox.
        sandbox_attempt: u32,
        /// Image reference as the runtime knows it.
        image_ref: String,
        /// Images of its image volumes, as the runtime knows them.
        image_volumes: BTreeMap<ImageUse, String>,
        /// Id of the container whose processes it sees.
        pid_target: Option<String>,
    },
    /// Holds running containers and the Pod's cgroup to what the Pod now has.
    Resize {
        /// Containers to change.
        updates: Vec<ContainerUpdate>,
        /// What the next kubelet has to know.
        checkpoint: Box<Checkpoint>,
    },
    /// Starts a created container.
    StartContainer {
        /// Name.
        container: String,
        /// Runtime's id.
        container_id: String,
    },
    /// Runs the postStart hook.
    PostStart {
        /// Name.
        container: String,
        /// Runtime's id.
        container_id: String,
    },
    /// Runs the preStop hook.
    PreStop {
        /// Name.
        container: String,
        /// Runtime's id.
        container_id: String,
        /// The hook is given up after this.
        timeout: Duration,
    },
    /// Stops a container: its stop signal, then the kill.
    StopContainer {
        /// Name.
        container: String,
        /// Runtime's id.
        container_id: String,
        /// Time between signal and kill.
        timeout_seconds: i64,
    },
    /// Removes a stopped container and its logs.
    RemoveContainer {
        /// Name.
        container: String,
        /// Runtime's id.
        container_id: String,
    },
    /// Stops a sandbox.
    StopSandbox {
        /// Runtime's id.
        sandbox_id: String,
    },
    /// Unmounts the volumes and removes the cgroup.
    Release,
    /// Removes containers, sandboxes, logs and directories.
    Purge {
        /// All containers.
        containers: Vec<String>,
        /// All sandboxes.
        sandboxes: Vec<String>,
    },
    /// Writes the status.
    WriteStatus {
        /// The status as the API has it.
        base: Box<PodStatus>,
        /// The status as it shall be.
        status: Box<PodStatus>,
    },
    /// Deletes the Pod from the API, grace period 0, if it is still this one.
    DeletePod,
}

impl Work {
    /// Short name for logs and tests.
    pub fn name(&self) -> &'static str {
        match self {
            Work::MountVolumes => "mount-volumes",
            Work::RunSandbox { .. } => "run-sandbox",
            Work::CheckImage { .. } => "check-image",
            Work::PullImage { .. } => "pull-image",
            Work::CreateContainer { .. } => "create-container",
            Work::Resize { .. } => "resize",
            Work::StartContainer { .. } => "start-container",
            Work::PostStart { .. } => "post-start",
            Work::PreStop { .. } => "pre-stop",
            Work::StopContainer { .. } => "stop-container",
            Work::RemoveContainer { .. } => "remove-container",
            Work::StopSandbox { .. } => "stop-sandbox",
            Work::Release => "release",
            Work::Purge { .. } => "purge",
            Work::WriteStatus { .. } => "write-status",
            Work::DeletePod => "delete-pod",
        }
    }
}
