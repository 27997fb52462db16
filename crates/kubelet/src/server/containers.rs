//! Which container a request means.

use api::k8s_openapi::api::core::v1::ContainerStatus;
use http::{Response, StatusCode};
use streaming::serve::Body;

use super::{ContainerPath, Server, text};
use crate::runner::PodSnapshot;
use crate::spec;

/// A running container.
pub(super) struct Running {
    /// Runtime's id.
    pub(super) container_id: String,
}

impl Server {
    /// The container that runs now under that name; the error is upstream's answer.
    pub(super) async fn running(&self, path: &ContainerPath) -> Result<Running, Box<Response<Body>>> {
        let missing = |message: String| Box::new(text(StatusCode::NOT_FOUND, message));
        let Some(pod) = self.find(path).await else { return Err(missing("pod does not exist".into())) };
        let status = status_of(&pod, &path.container);
        let running = status.filter(|status| status.state.as_ref().is_some_and(|state| state.running.is_some()));
        let id = running.and_then(|status| bare_id(status.container_id.as_deref()));
        match id {
            Some(container_id) => Ok(Running { container_id }),
            None => {
                let message = format!("container not found (\"{}\")", path.container);
                Err(Box::new(text(StatusCode::INTERNAL_SERVER_ERROR, message)))
            }
        }
    }
}

/// The status of a container by its name.
pub(super) fn status_of<'a>(pod: &'a PodSnapshot, name: &str) -> Option<&'a ContainerStatus> {
    let status = &pod.status;
    let lists = [&status.container_statuses, &status.init_container_statuses, &status.ephemeral_container_statuses];
    lists.into_iter().flatten().flatten().find(|status| status.name == name)
}

/// An id without its scheme.
fn bare_id(id: Option<&str>) -> Option<String> {
    id.and_then(|id| id.split_once("://")).map(|(_, id)| id.to_owned()).filter(|id| !id.is_empty())
}

/// The container whose log is meant; the error is upstream's text.
pub(super) fn log_container(pod: &PodSnapshot, name: &str, is_previous: bool) -> Result<String, String> {
    let pod_name = spec::name(&pod.pod);
    let about = format!("container \"{name}\" in pod \"{pod_name}\"");
    let Some(status) = status_of(pod, name) else { return Err(format!("{about} is not available")) };
    let state = status.state.clone().unwrap_or_default();
    let last = status.last_state.as_ref().and_then(|last| last.terminated.as_ref());
    let last_id = last.and_then(|last| bare_id(last.container_id.as_deref()));
    if is_previous {
        return last_id.ok_or_else(|| format!("previous terminated {about} not found"));
    }
    if state.running.is_some() {
        return bare_id(status.container_id.as_deref()).ok_or_else(|| format!("{about} is not available"));
    }
    if let Some(terminated) = &state.terminated {
        let own = bare_id(terminated.container_id.as_deref());
        return own.or(last_id).ok_or_else(|| format!("{about} is terminated"));
    }
    if last.is_some() {
        return last_id.ok_or_else(|| format!("{about} is terminated"));
    }
    let why = match state.waiting.and_then(|waiting| waiting.reason).as_deref() {
        Some("ErrImagePull") => "image can't be pulled".to_owned(),
        Some("ImagePullBackOff") => "trying and failing to pull image".to_owned(),
        Some(reason) => reason.to_owned(),
        None => return Err(format!("{about} is waiting to start - no logs yet")),
    };
    Err(format!("{about} is waiting to start: {why}"))
}
