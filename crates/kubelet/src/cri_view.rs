//! The runtime's messages as views of Pods, with the containers' last words.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use container_interfaces::cri::v1::{
    ContainerState as CriState, ContainerStatus, NamespaceMode, PodSandboxState, PodSandboxStatus,
};

use crate::container_config::labels::{self, CONTAINER_NAME, HASH, MESSAGE_PATH, MESSAGE_POLICY, RESTART_COUNT};
use crate::logs::read::{LogLimits, tail_text};
use crate::paths::Paths;
use crate::pod::view::{ContainerState, ContainerView, SandboxView, UserView};
use crate::spec::PodId;

/// Bytes of a termination message file that are read, from its end (upstream's).
const MESSAGE_BYTES_MAX: u64 = 4_096;
/// Lines and bytes of a log that stand in for a termination message (upstream's).
const LOG_MESSAGE: LogLimits = LogLimits { lines_max: 80, bytes_max: 2_048 };

/// A container's view. Reads its termination message if it has ended.
pub fn container_view(status: &ContainerStatus, paths: &Paths, seen: Duration) -> ContainerView {
    let text = |key: &str| status.annotations.get(key).map(String::as_str).unwrap_or("");
    let metadata = status.metadata.clone().unwrap_or_default();
    let state = match CriState::try_from(status.state) {
        Ok(CriState::ContainerCreated) => ContainerState::Created,
        Ok(CriState::ContainerRunning) => ContainerState::Running,
        Ok(CriState::ContainerExited) => ContainerState::Exited,
        _ => ContainerState::Unknown,
    };
    let image = status.image.as_ref();
    let user = status.user.as_ref().and_then(|user| user.linux.as_ref());
    let mut view = ContainerView {
        id: status.id.clone(),
        sandbox_id: String::new(),
        name: status.labels.get(CONTAINER_NAME).cloned().unwrap_or(metadata.name),
        attempt: text(RESTART_COUNT).parse().unwrap_or(metadata.attempt),
        state,
        hash: u64::from_str_radix(text(HASH), 16).unwrap_or(0),
        created_at: status.created_at,
        started_at: if state == ContainerState::Created { 0 } else { status.started_at },
        finished_at: 0,
        exit_code: 0,
        reason: String::new(),
        message: String::new(),
        image: image.map(|image| image.image.clone()).unwrap_or_default(),
        image_ref: status.image_ref.clone(),
        user: user.map(|user| UserView { uid: user.uid, gid: user.gid, groups: user.supplemental_groups.clone() }),
        seen,
    };
    if state == ContainerState::Exited {
        view.finished_at = status.finished_at;
        view.exit_code = status.exit_code;
        view.reason = status.reason.clone();
        view.message = with_last_words(status, &view, paths);
    }
    view
}

/// The runtime's message with the termination message behind it.
fn with_last_words(status: &ContainerStatus, view: &ContainerView, paths: &Paths) -> String {
    let words = last_words(status, view, paths);
    match (status.message.is_empty(), words.is_empty()) {
        (true, _) => words,
        (false, true) => status.message.clone(),
        (false, false) => format!("{}: {words}", status.message),
    }
}

fn last_words(status: &ContainerStatus, view: &ContainerView, paths: &Paths) -> String {
    let text = |key: &str| status.annotations.get(key).map(String::as_str).unwrap_or("");
    let pod = labels::pod_id(&status.labels);
    let mut words = String::new();
    if !text(MESSAGE_PATH).is_empty() {
        let path = message_file(paths, &pod, &view.name, view.attempt);
        words = match read_end(&path) {
            Ok(words) => words,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return format!("Error on reading termination log {}: {error}", path.display()),
        };
    }
    let falls_back =
        text(MESSAGE_POLICY) == "FallbackToLogsOnError" && view.exit_code != 0 && view.reason != "ContainerCannotRun";
    if words.is_empty() && falls_back {
        let path = match status.log_path.is_empty() {
            true => paths.logs(&pod).join(Paths::log_file(&view.name, view.attempt)),
            false => status.log_path.clone().into(),
        };
        return tail_text(&path, &LOG_MESSAGE)
            .unwrap_or_else(|error| format!("Error on reading termination message from logs: {error}"));
    }
    words
}

/// The file that a container's termination message is written to, on the node.
pub fn message_file(paths: &Paths, pod: &PodId, container: &str, attempt: u32) -> std::path::PathBuf {
    paths.container(&pod.uid, container).join(format!("{attempt:08x}"))
}

fn read_end(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(MESSAGE_BYTES_MAX)))?;
    let mut bytes = Vec::new();
    file.take(MESSAGE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A sandbox's view.
pub fn sandbox_view(status: &PodSandboxStatus, seen: Duration) -> SandboxView {
    let options = status.linux.as_ref().and_then(|linux| linux.namespaces.as_ref()?.options.as_ref());
    let network = status.network.as_ref();
    let first = network.map(|network| network.ip.clone()).filter(|ip| !ip.is_empty());
    let more = network.into_iter().flat_map(|network| network.additional_ips.iter().map(|ip| ip.ip.clone()));
    SandboxView {
        id: status.id.clone(),
        attempt: status.metadata.as_ref().map_or(0, |metadata| metadata.attempt),
        is_ready: status.state == PodSandboxState::SandboxReady as i32,
        created_at: status.created_at,
        ips: first.into_iter().chain(more).collect(),
        is_host_network: options.is_some_and(|options| options.network == NamespaceMode::Node as i32),
        seen,
    }
}

/// Which Pod a sandbox is of.
pub fn sandbox_pod(status: &PodSandboxStatus) -> PodId {
    match &status.metadata {
        Some(metadata) => {
            PodId { namespace: metadata.namespace.clone(), name: metadata.name.clone(), uid: metadata.uid.clone() }
        }
        None => labels::pod_id(&status.labels),
    }
}
