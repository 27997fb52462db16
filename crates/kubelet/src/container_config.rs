//! A container's CRI configuration from its spec. Pure, given the values that have to be looked up.

pub mod hash;
pub mod labels;
pub mod limits;
pub mod security;

use std::path::PathBuf;

use api::k8s_openapi::api::core::v1::{Container, Pod};
use container_interfaces::cri::v1::{
    ContainerConfig, ContainerMetadata, ImageSpec, KeyValue, LinuxContainerConfig, Mount, MountPropagation,
    NamespaceMode, Signal,
};

use crate::env::{Variable, expand_all};
use crate::paths::Paths;

/// What is the same for all containers of the node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeSettings {
    /// Directory of `Localhost` seccomp profiles.
    pub seccomp_profiles: PathBuf,
    /// Whether containers without a profile get the runtime's default one.
    pub has_seccomp_default: bool,
    /// Memory of the machine in bytes.
    pub memory_capacity: i64,
    /// Sizes of huge pages: as resources name them (`2Mi`) and as cgroups do (`2MB`).
    pub huge_page_sizes: Vec<(String, String)>,
    /// Whether the node has the unified cgroup tree.
    pub is_cgroup_v2: bool,
    /// Further paths that are hidden in containers, besides the fixed ones.
    pub masked_paths: Vec<String>,
}

/// What a configuration is made from.
pub struct ContainerInput<'a> {
    /// The Pod.
    pub pod: &'a Pod,
    /// The container.
    pub container: &'a Container,
    /// Restart count.
    pub attempt: u32,
    /// Image as the runtime knows it.
    pub image_ref: &'a str,
    /// Whose processes the image runs.
    pub image_user: security::ImageUser,
    /// Environment.
    pub variables: &'a [Variable],
    /// Mounts.
    pub mounts: Vec<Mount>,
    /// Id of the container whose processes it sees.
    pub pid_target: Option<&'a str>,
    /// The node's settings.
    pub node: &'a NodeSettings,
}

/// Makes the configuration; the error is upstream's text.
pub fn container_config(input: ContainerInput<'_>) -> Result<ContainerConfig, String> {
    let container = input.container;
    security::verify_non_root(input.pod, container, &input.image_user)?;
    let mut security_context = security::security_context(input.pod, container, &input.image_user, input.node)?;
    if let (Some(target), Some(options)) = (input.pid_target, &mut security_context.namespace_options) {
        options.pid = NamespaceMode::Target as i32;
        options.target_id = target.to_owned();
    }
    let config = ContainerConfig {
        metadata: Some(ContainerMetadata { name: container.name.clone(), attempt: input.attempt }),
        image: Some(ImageSpec {
            image: input.image_ref.to_owned(),
            user_specified_image: container.image.clone().unwrap_or_default(),
            ..ImageSpec::default()
        }),
        command: expand_all(container.command.as_deref(), input.variables),
        args: expand_all(container.args.as_deref(), input.variables),
        working_dir: container.working_dir.clone().unwrap_or_default(),
        envs: input.variables.iter().map(key_value).collect(),
        mounts: input.mounts,
        labels: labels::container_labels(input.pod, container),
        annotations: labels::container_annotations(input.pod, container, input.attempt),
        log_path: Paths::log_file(&container.name, input.attempt).display().to_string(),
        stdin: container.stdin.unwrap_or(false),
        stdin_once: container.stdin_once.unwrap_or(false),
        tty: container.tty.unwrap_or(false),
        linux: Some(LinuxContainerConfig {
            resources: Some(limits::container_limits(input.pod, container, input.node)),
            security_context: Some(security_context),
        }),
        stop_signal: stop_signal(container) as i32,
        ..ContainerConfig::default()
    };
    Ok(config)
}

fn key_value(variable: &Variable) -> KeyValue {
    KeyValue { key: variable.name.clone(), value: variable.value.clone().into_bytes() }
}

/// The signal of `lifecycle.stopSignal`; the runtime's default without one.
fn stop_signal(container: &Container) -> Signal {
    let name = container.lifecycle.as_ref().and_then(|lifecycle| lifecycle.stop_signal.as_deref());
    let name = name.map(|name| name.replace('+', "PLUS").replace('-', "MINUS"));
    name.and_then(|name| Signal::from_str_name(&name)).unwrap_or(Signal::RuntimeDefault)
}

/// The CRI's number of a mount propagation; the error is upstream's text.
pub fn propagation(mode: Option<&str>) -> Result<i32, String> {
    let propagation = match mode {
        None | Some("None") => MountPropagation::PropagationPrivate,
        Some("HostToContainer") => MountPropagation::PropagationHostToContainer,
        Some("Bidirectional") => MountPropagation::PropagationBidirectional,
        Some(other) => return Err(format!("invalid MountPropagation mode: \"{other}\"")),
    };
    Ok(propagation as i32)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::security::ImageUser;
    use super::*;
    use crate::spec;

    fn config(pod_context: Value, container: Value) -> Result<ContainerConfig, String> {
        let pod = json!({"metadata": {"name": "p", "namespace": "ns", "uid": "u"},
            "spec": {"containers": [container], "securityContext": pod_context, "terminationGracePeriodSeconds": 5}});
        let pod = api::typed::pod(pod.to_string().as_bytes()).expect("a Pod");
        let variables = [Variable { name: "A".into(), value: "1".into() }];
        container_config(ContainerInput {
            pod: &pod,
            container: &spec::containers(&pod)[0],
            attempt: 2,
            image_ref: "sha256:1",
            image_user: ImageUser { uid: Some(0), username: String::new() },
            variables: &variables,
            mounts: Vec::new(),
            pid_target: None,
            node: &NodeSettings { memory_capacity: 1 << 30, ..NodeSettings::default() },
        })
    }

    #[test]
    fn commands_are_expanded_and_limits_become_numbers() {
        let config = config(
            json!({"runAsUser": 1000, "fsGroup": 7, "supplementalGroups": [8]}),
            json!({"name": "c", "command": ["echo", "$(A)"], "lifecycle": {"stopSignal": "SIGUSR1"},
                "resources": {"limits": {"cpu": "500m", "memory": "64Mi"}, "requests": {"cpu": "250m"}},
                "securityContext": {"allowPrivilegeEscalation": false, "runAsGroup": 9,
                    "capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]}}}),
        )
        .expect("a configuration");
        assert_eq!(config.command, ["echo", "1"]);
        assert_eq!((config.log_path.as_str(), config.stop_signal), ("c/2.log", Signal::Sigusr1 as i32));
        let linux = config.linux.expect("for Linux");
        let limits = linux.resources.expect("limits");
        assert_eq!((limits.cpu_shares, limits.cpu_quota, limits.memory_limit_in_bytes), (256, 50_000, 64 << 20));
        let security = linux.security_context.expect("a context");
        assert_eq!(security.run_as_user.map(|user| user.value), Some(1_000));
        assert_eq!((security.supplemental_groups, security.no_new_privs), (vec![7, 8], true));
        assert_eq!(config.annotations["io.kubernetes.container.restartCount"], "2");
    }

    #[test]
    fn root_is_refused_where_it_is_forbidden() {
        let error = config(json!({"runAsNonRoot": true}), json!({"name": "c"})).expect_err("root");
        assert_eq!(error, "container has runAsNonRoot and image will run as root (pod: \"p_ns(u)\", container: c)");
        let error = config(json!({"runAsNonRoot": true, "runAsUser": 0}), json!({"name": "c"})).expect_err("root");
        assert_eq!(error, "container's runAsUser breaks non-root policy (pod: \"p_ns(u)\", container: c)");
        assert!(config(json!({"runAsNonRoot": true, "runAsUser": 5}), json!({"name": "c"})).is_ok());
    }
}
