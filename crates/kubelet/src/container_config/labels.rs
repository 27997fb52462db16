//! Labels and annotations by which sandboxes and containers are found again after a restart: upstream's names. Pure.

use std::collections::BTreeMap;

use api::k8s_openapi::api::core::v1::{Container, LifecycleHandler, Pod, PodSpec};

use super::hash::container_hash;
use crate::spec::{self, PodId};

/// Pod's name.
pub const POD_NAME: &str = "io.kubernetes.pod.name";
/// Pod's namespace.
pub const POD_NAMESPACE: &str = "io.kubernetes.pod.namespace";
/// Pod's UID.
pub const POD_UID: &str = "io.kubernetes.pod.uid";
/// Container's name.
pub const CONTAINER_NAME: &str = "io.kubernetes.container.name";
/// Hash of what the container was made from.
pub const HASH: &str = "io.kubernetes.container.hash";
/// Restart count.
pub const RESTART_COUNT: &str = "io.kubernetes.container.restartCount";
/// Where the container leaves its last words.
pub const MESSAGE_PATH: &str = "io.kubernetes.container.terminationMessagePath";
/// Whether its log stands in for them.
pub const MESSAGE_POLICY: &str = "io.kubernetes.container.terminationMessagePolicy";
const DELETION_GRACE: &str = "io.kubernetes.pod.deletionGracePeriod";
const TERMINATION_GRACE: &str = "io.kubernetes.pod.terminationGracePeriod";
const PRE_STOP: &str = "io.kubernetes.container.preStopHandler";
const PORTS: &str = "io.kubernetes.container.ports";

/// Labels or annotations.
pub type Texts = BTreeMap<String, String>;

/// A sandbox's labels: the Pod's own and its identity.
pub fn sandbox_labels(pod: &Pod) -> Texts {
    let mut labels = pod.metadata.labels.clone().unwrap_or_default();
    labels.extend(identity(pod));
    labels
}

/// A container's labels.
pub fn container_labels(pod: &Pod, container: &Container) -> Texts {
    let mut labels: Texts = identity(pod).collect();
    labels.insert(CONTAINER_NAME.into(), container.name.clone());
    labels
}

fn identity(pod: &Pod) -> impl Iterator<Item = (String, String)> {
    let parts = [(POD_NAME, spec::name(pod)), (POD_NAMESPACE, spec::namespace(pod)), (POD_UID, spec::uid(pod))];
    parts.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect::<Vec<_>>().into_iter()
}

/// Which Pod labels speak of.
pub fn pod_id(labels: &Texts) -> PodId {
    let text = |key: &str| labels.get(key).cloned().unwrap_or_default();
    PodId { namespace: text(POD_NAMESPACE), name: text(POD_NAME), uid: text(POD_UID) }
}

/// A container's annotations.
pub fn container_annotations(pod: &Pod, container: &Container, attempt: u32) -> Texts {
    let mut all = Texts::new();
    let mut put = |key: &str, value: String| drop(all.insert(key.to_owned(), value));
    put(HASH, format!("{:x}", container_hash(container)));
    put(RESTART_COUNT, attempt.to_string());
    put(MESSAGE_PATH, container.termination_message_path.clone().unwrap_or_default());
    put(MESSAGE_POLICY, container.termination_message_policy.clone().unwrap_or_default());
    if let Some(seconds) = pod.metadata.deletion_grace_period_seconds {
        put(DELETION_GRACE, seconds.to_string());
    }
    if let Some(seconds) = spec::spec(pod).termination_grace_period_seconds {
        put(TERMINATION_GRACE, seconds.to_string());
    }
    if let Some(hook) = container.lifecycle.as_ref().and_then(|lifecycle| lifecycle.pre_stop.as_ref()) {
        put(PRE_STOP, hook_json(hook));
    }
    if let Some(ports) = container.ports.as_ref().filter(|ports| !ports.is_empty()) {
        let carrier = Container { ports: Some(ports.clone()), ..Container::default() };
        put(PORTS, container_part(&carrier, "ports"));
    }
    all
}

fn hook_json(hook: &LifecycleHandler) -> String {
    let lifecycle = api::k8s_openapi::api::core::v1::Lifecycle { pre_stop: Some(hook.clone()), ..Default::default() };
    let carrier = Container { lifecycle: Some(lifecycle), ..Container::default() };
    container_part(&carrier, "lifecycle/preStop")
}

/// The JSON of a part of a container. Typed values are encoded only in `api`, as part of a whole object.
fn container_part(container: &Container, path: &str) -> String {
    let spec = PodSpec { containers: vec![container.clone()], ..PodSpec::default() };
    let pod = api::typed::pod_json(&Pod { spec: Some(spec), ..Pod::default() });
    let tree: serde_json::Value = serde_json::from_slice(&pod).unwrap_or_default();
    tree.pointer(&format!("/spec/containers/0/{path}")).map(ToString::to_string).unwrap_or_default()
}
