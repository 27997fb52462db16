//! Whether the node takes a Pod that is bound to it: upstream's checks, reasons and messages. Pure.

use std::collections::BTreeMap;

use api::k8s_openapi::api::core::v1::{
    ContainerPort, NodeSelectorRequirement, NodeSelectorTerm, Pod, Taint, Toleration,
};

use crate::pod::record::PodRecord;
use crate::pod::resize::RESIZABLE;
use crate::resources::Qos;
use crate::{resources, sandbox_config, spec};

/// What is needed of the node.
#[derive(Clone, Debug, Default)]
pub struct NodeFit {
    /// Name.
    pub name: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Taints.
    pub taints: Vec<Taint>,
    /// Allocatable amounts: CPU in thousandths, all else whole, `pods` among them.
    pub allocatable: BTreeMap<String, i64>,
    /// Sysctls that Pods may set besides the safe ones; a `*` at the end stands for anything.
    pub unsafe_sysctls: Vec<String>,
}

/// Sysctls that concern nobody but the Pod that sets them (upstream's list).
const SAFE_SYSCTLS: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

/// A refusal: upstream's reason and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Reason.
    pub reason: String,
    /// Message.
    pub message: String,
}

/// Checks a Pod against the node and the Pods that it has.
pub fn admit<'a>(pod: &Pod, others: impl Iterator<Item = &'a Pod> + Clone, node: &NodeFit) -> Result<(), Refusal> {
    check_os(pod)?;
    check_sysctls(pod, node)?;
    check_resources(pod, others.clone(), node)?;
    predicate(matches_node(pod, node), "NodeAffinity", "node(s) didn't match Pod's node affinity/selector")?;
    predicate(has_free_ports(pod, others), "NodePorts", "node(s) didn't have free ports for the requested pod ports")?;
    predicate(tolerates(pod, node), "TaintToleration", "node(s) had taints that the pod didn't tolerate")
}

/// Checks whether a Pod that runs can have the resources that are wanted for it now. What can never fit the API server
/// does not let through.
pub fn admit_resize<'a>(
    pod: &Pod,
    others: impl Iterator<Item = &'a Pod> + Clone,
    node: &NodeFit,
) -> Result<(), Refusal> {
    check_resources(pod, others, node)
}

/// The order in which resizes are looked at: those first that ask for no more, then by priority and class.
pub fn resize_rank(record: &PodRecord) -> (bool, i64, bool) {
    let (Some(desired), Some(allocated)) = (&record.resize.desired, &record.pod) else { return (false, 0, false) };
    let (wanted, has) = (resources::request_numbers(desired), resources::request_numbers(allocated));
    let grows = RESIZABLE.iter().any(|name| wanted.get(*name) > has.get(*name));
    let priority = i64::from(spec::spec(desired).priority.unwrap_or(0));
    (grows, -priority, resources::qos(desired) != Qos::Guaranteed)
}

fn refuse(reason: impl Into<String>, message: impl Into<String>) -> Result<(), Refusal> {
    Err(Refusal { reason: reason.into(), message: message.into() })
}

fn predicate(holds: bool, name: &str, description: &str) -> Result<(), Refusal> {
    match holds {
        true => Ok(()),
        false => refuse(name, format!("Predicate {name} failed: {description}")),
    }
}

fn check_os(pod: &Pod) -> Result<(), Refusal> {
    let label = pod.metadata.labels.as_ref().and_then(|labels| labels.get("kubernetes.io/os"));
    if label.is_some_and(|label| label != "linux") {
        let message = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
        return refuse("PodOSSelectorNodeLabelDoesNotMatch", message);
    }
    if spec::spec(pod).os.as_ref().is_some_and(|os| os.name != "linux") {
        return refuse("PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS");
    }
    Ok(())
}

fn check_sysctls(pod: &Pod, node: &NodeFit) -> Result<(), Refusal> {
    let spec = spec::spec(pod);
    let all = spec.security_context.as_ref().and_then(|context| context.sysctls.as_ref());
    for sysctl in all.into_iter().flatten() {
        let name = sandbox_config::dotted(&sysctl.name);
        let is_allowed = |pattern: &str| match pattern.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == pattern,
        };
        let mut known = SAFE_SYSCTLS.into_iter().chain(node.unsafe_sysctls.iter().map(String::as_str));
        let wrong = if !known.any(is_allowed) {
            format!("{} not allowlisted", spec::quote(&name))
        } else if name.starts_with("net.") && spec.host_network == Some(true) {
            format!("{} not allowed with host Net enabled", spec::quote(&name))
        } else if !name.starts_with("net.") && spec.host_ipc == Some(true) {
            format!("{} not allowed with host IPC enabled", spec::quote(&name))
        } else {
            continue;
        };
        return refuse("SysctlForbidden", format!("forbidden sysctl: {wrong}"));
    }
    Ok(())
}

fn check_resources<'a>(pod: &Pod, others: impl Iterator<Item = &'a Pod>, node: &NodeFit) -> Result<(), Refusal> {
    let mut used = BTreeMap::<String, i64>::new();
    let mut count = 0;
    for other in others {
        count += 1;
        for (name, amount) in resources::request_numbers(other) {
            let slot = used.entry(name).or_default();
            *slot = slot.saturating_add(amount);
        }
    }
    let capacity = |name: &str| node.allocatable.get(name).copied();
    let mut wanted = vec![("pods".to_owned(), 1, count, capacity("pods").unwrap_or(i64::MAX))];
    for (name, amount) in resources::request_numbers(pod) {
        // An extended resource that the node does not know is the cluster's.
        let is_native =
            matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
        let has = capacity(&name).or(is_native.then_some(0));
        if let Some(has) = has.filter(|_| amount > 0) {
            wanted.push((name.clone(), amount, used.get(&name).copied().unwrap_or(0), has));
        }
    }
    for (name, requested, used, capacity) in wanted {
        if requested > capacity.saturating_sub(used) {
            let message = format!(
                "Node didn't have enough resource: {name}, requested: {requested}, used: {used}, capacity: {capacity}"
            );
            return refuse(format!("OutOf{name}"), message);
        }
    }
    Ok(())
}

fn matches_node(pod: &Pod, node: &NodeFit) -> bool {
    let spec = spec::spec(pod);
    let has = |(key, value): (&String, &String)| node.labels.get(key) == Some(value);
    if !spec.node_selector.iter().flatten().all(has) {
        return false;
    }
    let affinity = spec.affinity.as_ref().and_then(|affinity| affinity.node_affinity.as_ref());
    let required = affinity.and_then(|affinity| affinity.required_during_scheduling_ignored_during_execution.as_ref());
    required.is_none_or(|required| required.node_selector_terms.iter().any(|term| term_matches(term, node)))
}

fn term_matches(term: &NodeSelectorTerm, node: &NodeFit) -> bool {
    let (labels, fields) = (term.match_expressions.as_deref(), term.match_fields.as_deref());
    if labels.is_none_or(<[_]>::is_empty) && fields.is_none_or(<[_]>::is_empty) {
        return false;
    }
    let label = |requirement: &NodeSelectorRequirement| {
        requirement_holds(requirement, node.labels.get(&requirement.key).map(String::as_str))
    };
    let field = |requirement: &NodeSelectorRequirement| {
        let value = (requirement.key == "metadata.name").then_some(node.name.as_str());
        requirement_holds(requirement, value)
    };
    labels.unwrap_or(&[]).iter().all(label) && fields.unwrap_or(&[]).iter().all(field)
}

fn requirement_holds(requirement: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let values = requirement.values.as_deref().unwrap_or(&[]);
    let is_listed = value.is_some_and(|value| values.iter().any(|listed| listed == value));
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<i64>().ok());
    let limit = number(values.first().map(String::as_str));
    match requirement.operator.as_str() {
        "In" => is_listed,
        "NotIn" => !is_listed,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => matches!((number(value), limit), (Some(value), Some(limit)) if value > limit),
        "Lt" => matches!((number(value), limit), (Some(value), Some(limit)) if value < limit),
        _ => false,
    }
}

/// Address, protocol, port on the host.
fn host_ports(pod: &Pod) -> Vec<(String, String, i32)> {
    let containers =
        spec::containers(pod).iter().chain(spec::init_containers(pod).iter().filter(|c| spec::is_sidecar(c)));
    let ports = containers.flat_map(|container| container.ports.iter().flatten());
    let taken = |port: &ContainerPort| {
        let number = port.host_port.filter(|port| *port > 0)?;
        let text = |value: &Option<String>, default: &str| {
            value.clone().filter(|text| !text.is_empty()).unwrap_or_else(|| default.to_owned())
        };
        Some((text(&port.host_ip, "0.0.0.0"), text(&port.protocol, "TCP"), number))
    };
    ports.filter_map(taken).collect()
}

fn has_free_ports<'a>(pod: &Pod, others: impl Iterator<Item = &'a Pod>) -> bool {
    let wanted = host_ports(pod);
    let is_wild = |address: &str| matches!(address, "0.0.0.0" | "::");
    let conflicts = |a: &(String, String, i32), b: &(String, String, i32)| {
        a.1 == b.1 && a.2 == b.2 && (a.0 == b.0 || is_wild(&a.0) || is_wild(&b.0))
    };
    wanted.is_empty() || !others.flat_map(host_ports).any(|taken| wanted.iter().any(|port| conflicts(port, &taken)))
}

/// Whether the Pod tolerates the node's NoExecute taints (the scheduler has looked at the others).
fn tolerates(pod: &Pod, node: &NodeFit) -> bool {
    let tolerations = spec::spec(pod).tolerations.as_deref().unwrap_or(&[]);
    let mut taints = node.taints.iter().filter(|taint| taint.effect == "NoExecute");
    taints.all(|taint| tolerations.iter().any(|toleration| is_tolerated(taint, toleration)))
}

fn is_tolerated(taint: &Taint, toleration: &Toleration) -> bool {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let (effect, key) = (text(&toleration.effect), text(&toleration.key));
    let is_effect = effect.is_empty() || effect == taint.effect;
    let is_key = key.is_empty() || key == taint.key;
    let is_value = match toleration.operator.as_deref().unwrap_or("Equal") {
        "Exists" => true,
        "Equal" | "" => text(&toleration.value) == text(&taint.value),
        _ => false,
    };
    is_effect && is_key && is_value
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(spec: Value) -> Pod {
        let mut spec = spec;
        spec["containers"] = spec.get("containers").cloned().unwrap_or_else(|| {
            json!([{"name": "c", "resources": {"requests": {"cpu": "1"}}, "ports": [{"containerPort": 80, "hostPort": 80}]}])
        });
        api::typed::pod(json!({"spec": spec}).to_string().as_bytes()).expect("a Pod")
    }

    #[track_caller]
    fn check(wanted: Value, others: &[Value], expected: &str) {
        let node = NodeFit {
            name: "n".into(),
            labels: BTreeMap::from([("zone".into(), "a".into())]),
            taints: vec![Taint { key: "t".into(), effect: "NoExecute".into(), ..Taint::default() }],
            allocatable: BTreeMap::from([("cpu".into(), 2_000), ("memory".into(), 1 << 30), ("pods".into(), 3)]),
            unsafe_sysctls: vec!["net.core.*".into()],
        };
        let mut wanted = wanted;
        if wanted["tolerations"].is_null() {
            wanted["tolerations"] = json!([{"operator": "Exists"}]);
        }
        let others: Vec<_> = others.iter().cloned().map(pod).collect();
        let answer = match admit(&pod(wanted), others.iter(), &node) {
            Ok(()) => "ok".to_owned(),
            Err(refusal) => format!("{}: {}", refusal.reason, refusal.message),
        };
        assert_eq!(answer, expected);
    }

    #[test]
    fn a_pod_that_does_not_fit_is_refused_with_upstreams_words() {
        let quiet = json!({"containers": []});
        let cpu = |text: &str| json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": text}}}]});
        check(json!({}), &[], "ok");
        check(
            cpu("1500m"),
            &[cpu("1")],
            "OutOfcpu: Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
        );
        check(
            quiet.clone(),
            &[quiet.clone(), quiet.clone(), quiet.clone()],
            "OutOfpods: Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3",
        );
        check(
            json!({}),
            &[json!({})],
            "NodePorts: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
        );
    }

    #[test]
    fn selectors_and_taints_count() {
        let affinity = |operator: &str| {
            json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms":
                [{"matchExpressions": [{"key": "zone", "operator": operator, "values": ["a"]}]}]}}}})
        };
        let refused = "NodeAffinity: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
        check(json!({"nodeSelector": {"zone": "a"}}), &[], "ok");
        check(json!({"nodeSelector": {"zone": "b"}}), &[], refused);
        check(affinity("In"), &[], "ok");
        check(affinity("NotIn"), &[], refused);
        check(
            json!({"tolerations": [{"key": "x", "operator": "Exists"}]}),
            &[],
            "TaintToleration: Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
        );
    }

    #[test]
    fn only_listed_sysctls_of_the_pods_own_namespaces_are_let_through() {
        let sysctl = |name: &str, is_host: bool| json!({"securityContext": {"sysctls": [{"name": name, "value": "1"}]}, "hostIPC": is_host});
        check(sysctl("kernel.shm_rmid_forced", false), &[], "ok");
        check(sysctl("net/core/somaxconn", false), &[], "ok");
        let refused = "SysctlForbidden: forbidden sysctl: \"kernel.msgmax\" not allowlisted";
        check(sysctl("kernel.msgmax", false), &[], refused);
        let refused = "SysctlForbidden: forbidden sysctl: \"kernel.shm_rmid_forced\" not allowed with host IPC enabled";
        check(sysctl("kernel.shm_rmid_forced", true), &[], refused);
    }
}
