//! Read access to typed Pods: what the kubelet asks of a spec, in one place. Pure.

use std::borrow::Cow;
use std::sync::LazyLock;

use api::k8s_openapi::api::core::v1::{Container, EphemeralContainer, Pod, PodSpec, PodStatus};

static EMPTY_SPEC: LazyLock<PodSpec> = LazyLock::new(PodSpec::default);
static EMPTY_STATUS: LazyLock<PodStatus> = LazyLock::new(PodStatus::default);

/// Which Pod, as names and paths on the node have it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct PodId {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// UID.
    pub uid: String,
}

impl PodId {
    /// Of an API object.
    pub fn of(pod: &Pod) -> PodId {
        PodId { namespace: namespace(pod).to_owned(), name: name(pod).to_owned(), uid: uid(pod).to_owned() }
    }
}

/// Upstream's form in messages: `name_namespace(uid)`.
impl std::fmt::Display for PodId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}_{}({})", self.name, self.namespace, self.uid)
    }
}

/// `metadata.name`; empty when absent.
pub fn name(pod: &Pod) -> &str {
    pod.metadata.name.as_deref().unwrap_or("")
}

/// `metadata.namespace`; empty when absent.
pub fn namespace(pod: &Pod) -> &str {
    pod.metadata.namespace.as_deref().unwrap_or("")
}

/// `metadata.uid`; empty when absent.
pub fn uid(pod: &Pod) -> &str {
    pod.metadata.uid.as_deref().unwrap_or("")
}

/// `metadata.generation`; 0 when absent.
pub fn generation(pod: &Pod) -> i64 {
    pod.metadata.generation.unwrap_or(0)
}

/// `spec`, empty when absent.
pub fn spec(pod: &Pod) -> &PodSpec {
    pod.spec.as_ref().unwrap_or(&EMPTY_SPEC)
}

/// `status`, empty when absent.
pub fn status(pod: &Pod) -> &PodStatus {
    pod.status.as_ref().unwrap_or(&EMPTY_STATUS)
}

/// `spec.containers`
pub fn containers(pod: &Pod) -> &[Container] {
    &spec(pod).containers
}

/// `spec.initContainers`
pub fn init_containers(pod: &Pod) -> &[Container] {
    spec(pod).init_containers.as_deref().unwrap_or(&[])
}

/// Init containers, then containers.
pub fn all_containers(pod: &Pod) -> impl Iterator<Item = &Container> {
    init_containers(pod).iter().chain(containers(pod))
}

/// The container or init container `name`.
pub fn container<'a>(pod: &'a Pod, name: &str) -> Option<&'a Container> {
    all_containers(pod).find(|container| container.name == name)
}

/// `spec.ephemeralContainers`, each as the container that it would be: one that is never started again.
pub fn ephemeral_containers(pod: &Pod) -> Vec<Container> {
    spec(pod).ephemeral_containers.iter().flatten().map(as_container).collect()
}

fn as_container(ephemeral: &EphemeralContainer) -> Container {
    let own = ephemeral.clone();
    Container {
        args: own.args,
        command: own.command,
        env: own.env,
        env_from: own.env_from,
        image: own.image,
        image_pull_policy: own.image_pull_policy,
        name: own.name,
        resources: own.resources,
        restart_policy: Some("Never".to_owned()),
        security_context: own.security_context,
        stdin: own.stdin,
        stdin_once: own.stdin_once,
        termination_message_path: own.termination_message_path,
        termination_message_policy: own.termination_message_policy,
        tty: own.tty,
        volume_devices: own.volume_devices,
        volume_mounts: own.volume_mounts,
        working_dir: own.working_dir,
        ..Container::default()
    }
}

/// The container, init container or ephemeral container `name`.
pub fn any_container<'a>(pod: &'a Pod, name: &str) -> Option<Cow<'a, Container>> {
    if let Some(found) = container(pod, name) {
        return Some(Cow::Borrowed(found));
    }
    let mut ephemeral = spec(pod).ephemeral_containers.iter().flatten();
    ephemeral.find(|ephemeral| ephemeral.name == name).map(|ephemeral| Cow::Owned(as_container(ephemeral)))
}

/// Whether `name` is an ephemeral container.
pub fn is_ephemeral(pod: &Pod, name: &str) -> bool {
    spec(pod).ephemeral_containers.iter().flatten().any(|ephemeral| ephemeral.name == name)
}

/// The container whose processes the ephemeral container `name` sees, if it names one.
pub fn target_container<'a>(pod: &'a Pod, name: &str) -> Option<&'a str> {
    let mut ephemeral = spec(pod).ephemeral_containers.iter().flatten();
    let found = ephemeral.find(|ephemeral| ephemeral.name == name)?;
    found.target_container_name.as_deref().filter(|target| !target.is_empty())
}

/// Whether `name` is an init container.
pub fn is_init(pod: &Pod, name: &str) -> bool {
    init_containers(pod).iter().any(|container| container.name == name)
}

/// Whether an init container runs beside the Pod's containers (`restartPolicy: Always`).
pub fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// `spec.hostNetwork`
pub fn is_host_network(pod: &Pod) -> bool {
    spec(pod).host_network.unwrap_or(false)
}

/// `spec.restartPolicy`, `Always` when absent.
pub fn restart_policy(pod: &Pod) -> &str {
    spec(pod).restart_policy.as_deref().unwrap_or("Always")
}

/// Whether the API has the Pod marked as deleted.
pub fn is_deleted(pod: &Pod) -> bool {
    pod.metadata.deletion_timestamp.is_some()
}

/// Whether a phase is final.
pub fn is_terminal_phase(phase: Option<&str>) -> bool {
    matches!(phase, Some("Succeeded" | "Failed"))
}

/// `fieldPath` of a container in events: `spec.containers{web}`.
pub fn field_path(pod: &Pod, container: &str) -> String {
    if is_init(pod, container) {
        return format!("spec.initContainers{{{container}}}");
    }
    match is_ephemeral(pod, container) {
        true => format!("spec.ephemeralContainers{{{container}}}"),
        false => format!("spec.containers{{{container}}}"),
    }
}

/// A duration in Go's form, as upstream's messages have it: `10s`, `1m20s`, `5m0s`, `1.234s`, `350ms`.
pub fn go_duration(duration: std::time::Duration) -> String {
    let millis = duration.as_millis();
    if millis < 1_000 {
        return match millis {
            0 => "0s".to_owned(),
            _ => format!("{millis}ms"),
        };
    }
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    let seconds = millis % 60_000;
    let mut out = String::new();
    if hours > 0 {
        out.push_str(&format!("{hours}h"));
    }
    if hours > 0 || minutes > 0 {
        out.push_str(&format!("{minutes}m"));
    }
    out.push_str(&(seconds / 1_000).to_string());
    if !seconds.is_multiple_of(1_000) {
        out.push_str(format!(".{:03}", seconds % 1_000).trim_end_matches('0'));
    }
    out.push('s');
    out
}

/// A text in Go's `%q` form, for the characters that upstream's messages meet.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn durations_print_as_go_prints_them() {
        let texts = [0, 350, 1_000, 1_234, 10_000, 80_000, 300_000, 3_600_500]
            .map(|millis| go_duration(Duration::from_millis(millis)));
        assert_eq!(texts, ["0s", "350ms", "1s", "1.234s", "10s", "1m20s", "5m0s", "1h0m0.5s"]);
    }

    #[test]
    fn quotes_escape_what_go_escapes() {
        assert_eq!(quote("a\"b\\c\nd"), r#""a\"b\\c\nd""#);
    }
}
