//! Does what [`crate::pod`] asks for. Every effect is idempotent by name and attempt.

mod cleanup;
mod container;
mod image;
mod resize;
mod setup;
mod stop;
mod write;

use std::sync::Arc;

use api::k8s_openapi::api::core::v1::Pod;
use client::client::Client;
use client::events::{EventRecorder, EventType, ObjectReference};
use client::informer::Informer;
use container_interfaces::cri::{ImageService, RuntimeService};
use tokio::sync::watch;

use crate::cgroups::Cgroups;
use crate::config::Config;
use crate::container_config::NodeSettings;
use crate::env::service_links::ServiceDigest;
use crate::node::NodeState;
use crate::objects::ObjectSource;
use crate::paths::Paths;
use crate::pod::effect::{self, Note, Work};
use crate::pod::event::Outcome;
use crate::probes::counts::ProbeCounts;
use crate::pulled_images::PulledImages;
use crate::spec::{self, PodId};
use crate::tokens::TokenSource;

/// What effects work with.
pub struct Effects {
    /// Settings.
    pub config: Config,
    /// Where things are.
    pub paths: Paths,
    /// The API.
    pub client: Client,
    /// The runtime.
    pub runtime: Arc<dyn RuntimeService>,
    /// Its images.
    pub images: Arc<dyn ImageService>,
    /// Pods' cgroups.
    pub cgroups: Cgroups,
    /// ConfigMaps and Secrets.
    pub objects: ObjectSource,
    /// Tokens.
    pub tokens: TokenSource,
    /// Services, for variables.
    pub services: Informer<ServiceDigest>,
    /// Events.
    pub recorder: EventRecorder,
    /// With whose credentials images were pulled.
    pub pulled_images: PulledImages,
    /// How probes went.
    pub probe_counts: ProbeCounts,
    /// What configurations of containers need of the node.
    pub settings: NodeSettings,
    /// Whether runtime and network are ready, and what the node can give.
    pub node: watch::Receiver<NodeState>,
}

/// Whom an effect is for.
#[derive(Clone, Debug)]
pub struct Target {
    /// Which Pod.
    pub id: PodId,
    /// The API's object; `None` when only the runtime knows the Pod.
    pub pod: Option<Arc<Pod>>,
    /// The Pod's addresses.
    pub ips: Vec<String>,
    /// UID of the object in the API that statuses are written to.
    pub api_uid: String,
    /// Its newest sandbox.
    pub sandbox_id: Option<String>,
}

impl Effects {
    /// Does a piece of work.
    pub async fn perform(&self, target: &Target, work: Work) -> Outcome {
        match (work, &target.pod) {
            (Work::MountVolumes, Some(pod)) => self.mount_volumes(target, pod).await,
            (Work::RunSandbox { attempt }, Some(pod)) => self.run_sandbox(target, pod, attempt).await,
            (Work::CheckImage { image, .. }, _) => self.check_image(target, &image).await,
            (Work::PullImage { image, .. }, Some(pod)) => self.pull_image(target, pod, &image).await,
            (
                Work::CreateContainer {
                    container,
                    attempt,
                    sandbox_id,
                    sandbox_attempt,
                    image_ref,
                    image_volumes,
                    pid_target,
                },
                Some(pod),
            ) => {
                let request = container::CreateRequest {
                    container,
                    attempt,
                    sandbox_id,
                    sandbox_attempt,
                    image_ref,
                    image_volumes,
                    pid_target,
                };
                self.create_container(target, pod, request).await
            }
            (Work::Resize { updates, checkpoint }, Some(pod)) => self.resize(target, pod, updates, *checkpoint).await,
            (Work::StartContainer { container, container_id }, _) => {
                self.start_container(target, &container, &container_id).await
            }
            (Work::PostStart { container, container_id }, Some(pod)) => {
                self.post_start(target, pod, &container, &container_id).await
            }
            (Work::PreStop { container, container_id, timeout }, Some(pod)) => {
                self.pre_stop(target, pod, &container, &container_id, timeout).await
            }
            (Work::StopContainer { container_id, timeout_seconds, .. }, _) => {
                self.stop_container(&container_id, timeout_seconds).await
            }
            (Work::RemoveContainer { container, container_id }, _) => {
                self.remove_container(target, &container, &container_id).await
            }
            (Work::StopSandbox { sandbox_id }, _) => self.stop_sandbox(&sandbox_id).await,
            (Work::Release, _) => self.release(target).await,
            (Work::Purge { containers, sandboxes }, _) => self.purge(target, containers, sandboxes).await,
            (Work::WriteStatus { base, status }, Some(_)) => self.write_status(target, &base, &status).await,
            (Work::DeletePod, _) => self.delete_pod(target).await,
            (work, None) => Outcome::Failed(format!("{} needs the Pod's spec", work.name())),
        }
    }

    /// Records an event about a Pod or one of its containers.
    pub fn note(&self, target: &Target, note: Note) {
        let field_path = match (&note.container, &target.pod) {
            (Some(container), Some(pod)) => spec::field_path(pod, container),
            _ => String::new(),
        };
        let about = self.reference(target, field_path);
        let event_type = match note.event_type {
            effect::EventType::Normal => EventType::Normal,
            effect::EventType::Warning => EventType::Warning,
        };
        self.recorder.record(&about, event_type, &note.reason, note.message);
    }

    /// A reference to a Pod or to a part of it.
    pub fn reference(&self, target: &Target, field_path: String) -> ObjectReference {
        let pod = target.pod.as_ref();
        ObjectReference {
            api_version: "v1".into(),
            kind: "Pod".into(),
            namespace: target.id.namespace.clone(),
            name: target.id.name.clone(),
            uid: target.id.uid.clone(),
            resource_version: pod.and_then(|pod| pod.metadata.resource_version.clone()).unwrap_or_default(),
            field_path,
        }
    }

    fn warn(&self, target: &Target, reason: &str, message: String) {
        let about = self.reference(target, String::new());
        self.recorder.record(&about, EventType::Warning, reason, message);
    }
}

/// An error of the runtime as Go's client prints it: unknown ones by their message alone.
fn plain_error(status: &tonic::Status) -> String {
    match status.code() {
        tonic::Code::Unknown => status.message().to_owned(),
        _ => rpc_error(status),
    }
}

/// An error of the runtime with its code.
fn rpc_error(status: &tonic::Status) -> String {
    let code = match status.code() {
        tonic::Code::Ok => "OK".to_owned(),
        tonic::Code::Cancelled => "Canceled".to_owned(),
        code => format!("{code:?}"),
    };
    format!("rpc error: code = {code} desc = {}", status.message())
}

fn is_not_found(status: &tonic::Status) -> bool {
    status.code() == tonic::Code::NotFound
}
