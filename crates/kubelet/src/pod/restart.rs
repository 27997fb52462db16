//! Whether a container is started again: rules, its own policy, the Pod's policy. Pure.

use api::k8s_openapi::api::core::v1::{Container, Pod};

use super::view::{ContainerState, RuntimeView};
use crate::spec;

/// Whether a container that exited with `exit_code` is started again.
pub fn restarts_after(pod: &Pod, container: &Container, exit_code: i32) -> bool {
    if let Some(policy) = container.restart_policy.as_deref() {
        if matching_rule(container, exit_code).is_some_and(|action| action == "Restart") {
            return true;
        }
        match policy {
            "Always" => return true,
            "OnFailure" => return exit_code != 0,
            "Never" => return false,
            _ => {}
        }
    }
    match spec::restart_policy(pod) {
        "OnFailure" => exit_code != 0,
        "Never" => false,
        _ => true,
    }
}

/// The action of the first rule that the exit code fits.
fn matching_rule(container: &Container, exit_code: i32) -> Option<&str> {
    let rules = container.restart_policy_rules.as_deref().unwrap_or(&[]);
    let rule = rules.iter().find(|rule| {
        rule.exit_codes.as_ref().is_some_and(|codes| {
            let is_listed = codes.values.as_deref().unwrap_or(&[]).contains(&exit_code);
            match codes.operator.as_str() {
                "In" => is_listed,
                "NotIn" => !is_listed,
                _ => false,
            }
        })
    });
    rule.map(|rule| rule.action.as_str())
}

/// Whether a container that a probe or a lost state makes us kill is started again.
pub fn restarts_after_kill(pod: &Pod, container: &Container) -> bool {
    match container.restart_policy.as_deref() {
        Some(policy) => policy != "Never",
        None => spec::restart_policy(pod) != "Never",
    }
}

/// Whether a container that does not run is to be started.
pub fn should_start(pod: &Pod, container: &Container, view: &RuntimeView) -> bool {
    if spec::is_deleted(pod) {
        return false;
    }
    match view.newest(&container.name) {
        None => true,
        Some(newest) => match newest.state {
            ContainerState::Running => false,
            ContainerState::Unknown | ContainerState::Created => true,
            ContainerState::Exited => {
                view.restarting.contains_key(&newest.id) || restarts_after(pod, container, newest.exit_code)
            }
        },
    }
}
