//! Nodes that no longer report: `Ready` becomes unknown; conditions become taints; their Pods are no longer ready.

use std::time::Duration;

use api::node_selection::Taint;
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::time::{Now, format_seconds};
use apimachinery::tree;
use apimachinery::value::Value;
use client::client::PatchFormat;
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::events::{ObjectReference, Occurrence};
use client::informer::{Change, Entry};
use client::plan::{Plan, Write};
use client::resources::{EVENTS, LEASES, NODES, PODS};
use client::view::View;

use crate::digest::{BY_CONTROLLER, BY_NODE, LeaseDigest, Meta, NodeDigest, PodDigest, condition};

const LEASE_NAMESPACE: &str = "kube-node-lease";
const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// Conditions whose status is a taint.
const CONDITION_TAINTS: &[(&str, &str, &str)] = &[
    ("Ready", "False", NOT_READY),
    ("Ready", "Unknown", UNREACHABLE),
    ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    ("NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
];

/// Conditions that become unknown with the kubelet.
const KUBELET_CONDITIONS: &[&str] = &["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/// Grace period of a node that has never reported `Ready`.
const STARTUP_GRACE: Duration = Duration::from_secs(60);

/// See the module.
pub struct NodeLifecycleController {
    /// How long a node may be silent.
    grace: Duration,
}

impl NodeLifecycleController {
    /// `grace`: how long a node may be silent; upstream's default is 50 s.
    pub fn new(grace: Duration) -> Self {
        NodeLifecycleController { grace }
    }
}

/// When the kubelet wrote the `Ready` condition last. Only that it changes matters.
#[derive(PartialEq)]
struct Heartbeat(String);

impl Heartbeat {
    fn project(bytes: &[u8]) -> Option<Self> {
        let node = json::parse(bytes).ok()?;
        Some(Heartbeat(condition(&node, "Ready").str_at(&["lastHeartbeatTime"]).to_owned()))
    }
}

impl Controller for NodeLifecycleController {
    fn name(&self) -> &'static str {
        "node-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:node-controller"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![
            Watch::new(LEASES, LeaseDigest::project)
                .in_namespace(LEASE_NAMESPACE)
                .touches(|_, change, keys| keys.push(Key::new(NODES, "", &change.key.name)))
                .boxed(),
            Watch::new(NODES, Heartbeat::project).seen_when(|old, new| old != new).boxed(),
            Watch::new(NODES, NodeDigest::project).touches(touched).boxed(),
            Watch::new(PODS, PodDigest::project)
                .index(BY_CONTROLLER, PodDigest::controller_index)
                .index(BY_NODE, PodDigest::node_index)
                .boxed(),
        ]
    }

    fn reconcile(&self, view: &View, key: &Key, now: Now) -> Plan {
        let Some(entry) = view.get::<NodeDigest>(NODES, "", key.name()) else {
            return Plan::none();
        };
        if key.resource == EVENTS {
            let name = key.name();
            let message = format!("Node {name} event: Registered Node {name} in Controller");
            let about = reference(&entry.digest);
            return Plan::none().and_event(Occurrence::normal(&about, "RegisteredNode", message));
        }
        match self.silence(view, &entry.digest, now) {
            Silence::Over => match forget_conditions(&entry, now) {
                Some(plan) => plan,
                None => follow_conditions(view, &entry, now),
            },
            Silence::Left(left) => follow_conditions(view, &entry, now).and_requeue_after(left),
        }
    }
}

/// A node touches itself. A new one is registered (the key names the event kind); one that becomes ready or unready
/// touches all, since taints depend on whether any node is left.
fn touched(view: &View, change: &Change<NodeDigest>, keys: &mut Vec<Key>) {
    keys.push(Key { resource: NODES, object: change.key.clone() });
    if change.old.is_none() {
        keys.push(Key { resource: EVENTS, object: change.key.clone() });
    }
    let is_ready =
        |entry: &Option<Entry<NodeDigest>>| entry.as_ref().is_some_and(|node| node.digest.condition("Ready") == "True");
    if is_ready(&change.old) != is_ready(&change.new) {
        let nodes = view.list::<NodeDigest>(NODES);
        keys.extend(nodes.iter().map(|node| Key::new(NODES, "", &node.digest.meta.name)));
    }
}

/// Whether a node has been silent for too long.
enum Silence {
    Over,
    /// After this time it would be.
    Left(Duration),
}

impl NodeLifecycleController {
    /// Counts from the last change of the lease, or of the status' heartbeat, that was seen here, whatever their
    /// timestamps say.
    fn silence(&self, view: &View, node: &NodeDigest, now: Now) -> Silence {
        let name = &node.meta.name;
        let has_reported = node.conditions.iter().any(|(name, _)| name == "Ready");
        let grace = if has_reported { self.grace } else { STARTUP_GRACE };
        let lease = view.seen::<LeaseDigest>(LEASES, LEASE_NAMESPACE, name);
        let status = view.seen::<Heartbeat>(NODES, "", name);
        let seen = lease.max(status).unwrap_or(now.boot);
        let left = (seen + grace).saturating_sub(now.boot);
        match left.is_zero() {
            true => Silence::Over,
            false => Silence::Left(left),
        }
    }
}

fn reference(node: &NodeDigest) -> ObjectReference {
    node.meta.reference("v1", "Node")
}

/// Makes the kubelet's conditions unknown; `None` if they are.
fn forget_conditions(entry: &Entry<NodeDigest>, now: Now) -> Option<Plan> {
    let node = entry.value();
    let mut conditions = Vec::new();
    for condition_type in KUBELET_CONDITIONS {
        let present = condition(&node, condition_type);
        let time = now.seconds_text();
        if present.is_null() {
            conditions.push(tree!({
                "type": (*condition_type),
                "status": "Unknown",
                "lastHeartbeatTime": (node.at(&["metadata", "creationTimestamp"]).clone()),
                "lastTransitionTime": time,
                "reason": "NodeStatusNeverUpdated",
                "message": "Kubelet never posted node status."
            }));
        } else if present.str_at(&["status"]) != "Unknown" {
            conditions.push(tree!({
                "type": (*condition_type),
                "status": "Unknown",
                "lastTransitionTime": time,
                "reason": "NodeStatusUnknown",
                "message": "Kubelet stopped posting node status."
            }));
        }
    }
    if conditions.is_empty() {
        return None;
    }
    let was_ready = condition(&node, "Ready").str_at(&["status"]) == "True";
    let patch = tree!({"status": {"conditions": conditions}});
    let write =
        Write::patch(NODES, "", node.name(), PatchFormat::Strategic, patch).to_subresource("status").accept_not_found();
    let plan = Plan::write(write);
    Some(match was_ready {
        false => plan,
        true => {
            let message = format!("Node {} status is now: NodeNotReady", node.name());
            plan.and_event(Occurrence::normal(&reference(&entry.digest), "NodeNotReady", message))
        }
    })
}

/// Brings taints and the readiness of the node's Pods in line with its conditions.
fn follow_conditions(view: &View, entry: &Entry<NodeDigest>, now: Now) -> Plan {
    let node = &entry.digest;
    let wanted = wanted_taints(node, has_ready_node(view), now);
    let mut plan = Plan::none();
    if wanted != node.taints {
        let taints: Vec<Value> = wanted.iter().map(taint_tree).collect();
        let revision = entry.object.revision.to_string();
        let patch = tree!({"metadata": {"resourceVersion": revision}, "spec": {"taints": taints}});
        plan = plan.and_write(Write::patch(NODES, "", &node.meta.name, PatchFormat::Merge, patch).accept_not_found());
    }
    if node.condition("Ready") != "True" {
        for pod in view.indexed::<PodDigest>(PODS, BY_NODE, &node.meta.name) {
            if pod.digest.is_ready {
                plan = unready_pod(plan, &pod, now);
            }
        }
    }
    plan
}

/// Without any ready node it is more likely that the control plane is cut off than that all are dead: then nothing is
/// evicted.
fn has_ready_node(view: &View) -> bool {
    view.list::<NodeDigest>(NODES).iter().any(|node| node.digest.condition("Ready") == "True")
}

fn wanted_taints(node: &NodeDigest, may_evict: bool, now: Now) -> Vec<Taint> {
    let mut wanted: Vec<(&str, &str)> = Vec::new();
    for (condition_type, status, key) in CONDITION_TAINTS {
        let has = node.conditions.iter().any(|(name, it)| name == condition_type && it == status);
        if has {
            wanted.push((key, "NoSchedule"));
            if *condition_type == "Ready" && may_evict {
                wanted.push((key, "NoExecute"));
            }
        }
    }
    if node.is_unschedulable {
        wanted.push((UNSCHEDULABLE, "NoSchedule"));
    }
    let is_ours = |taint: &Taint| match taint.effect.as_str() {
        "NoSchedule" => taint.key == UNSCHEDULABLE || CONDITION_TAINTS.iter().any(|(_, _, key)| taint.key == *key),
        "NoExecute" => taint.key == NOT_READY || taint.key == UNREACHABLE,
        _ => false,
    };
    let mut taints: Vec<Taint> = node
        .taints
        .iter()
        .filter(|taint| !is_ours(taint) || wanted.contains(&(&taint.key, &taint.effect)))
        .cloned()
        .collect();
    for (key, effect) in wanted {
        if !taints.iter().any(|taint| taint.key == key && taint.effect == effect) {
            let (key, effect) = (key.to_owned(), effect.to_owned());
            taints.push(Taint { key, value: String::new(), effect, added: Some(now.wall) });
        }
    }
    taints
}

fn taint_tree(taint: &Taint) -> Value {
    let mut tree = tree!({"key": (taint.key.as_str())});
    if !taint.value.is_empty() {
        tree.set(&["value"], taint.value.as_str());
    }
    tree.set(&["effect"], taint.effect.as_str());
    if let Some(added) = taint.added {
        tree.set(&["timeAdded"], format_seconds(added));
    }
    tree
}

fn unready_pod(plan: Plan, pod: &Entry<PodDigest>, now: Now) -> Plan {
    let Meta { namespace, name, uid, .. } = &pod.digest.meta;
    let patch = tree!({
        "metadata": {"uid": (uid.as_str())},
        "status": {"conditions": [{
            "type": "Ready", "status": "False", "lastTransitionTime": (now.seconds_text())
        }]}
    });
    let about = pod.digest.meta.reference("v1", "Pod");
    let event = Occurrence::warning(&about, "NodeNotReady", "Node is not ready");
    plan.and_write(
        Write::patch(PODS, namespace, name, PatchFormat::Strategic, patch)
            .to_subresource("status")
            .accept_not_found()
            .event_on_success(event),
    )
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_text::{now, parse_key, view};

    /// `silent`: seconds since the last sign of life.
    #[track_caller]
    fn check(objects: &str, silent: u64, expected: Expect) {
        let controller = NodeLifecycleController::new(Duration::from_secs(50));
        let view = view(&controller, objects);
        let seen = view
            .seen::<LeaseDigest>(LEASES, LEASE_NAMESPACE, "n1")
            .max(view.seen::<Heartbeat>(NODES, "", "n1"))
            .expect("the test has a node");
        let now = Now { boot: seen + Duration::from_secs(silent), ..now() };
        expected.assert_eq(&controller.reconcile(&view, &parse_key("Node n1"), now).to_string());
    }

    const OTHER: &str = r#"Node n2 status.conditions=[{"type":"Ready","status":"True"}]"#;
    const LEASE: &str = "Lease kube-node-lease/n1";

    fn node(ready: &str, more: &str) -> String {
        let conditions = format!(
            r#"status.conditions=[{{"type":"Ready","status":"{ready}"}},{{"type":"MemoryPressure","status":"False"}},{{"type":"DiskPressure","status":"Unknown"}}]"#
        );
        format!("{LEASE}\n{OTHER}\nNode n1 age=99s {conditions} {more}")
    }

    #[test]
    fn a_node_that_reports_is_looked_at_again_when_it_would_be_late() {
        check(
            &node("True", ""),
            20,
            expect![[r#"
            requeue after 30s
        "#]],
        );
    }

    #[test]
    fn a_silent_nodes_conditions_become_unknown() {
        check(
            &node("True", ""),
            50,
            expect![[r#"
            patch Node n1 status {"status":{"conditions":[{"type":"Ready","status":"Unknown","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"NodeStatusUnknown","message":"Kubelet stopped posting node status."},{"type":"MemoryPressure","status":"Unknown","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"NodeStatusUnknown","message":"Kubelet stopped posting node status."},{"type":"PIDPressure","status":"Unknown","lastHeartbeatTime":"2026-11-21T11:58:21Z","lastTransitionTime":"2026-11-21T12:00:00Z","reason":"NodeStatusNeverUpdated","message":"Kubelet never posted node status."}]}}
            event Normal NodeNotReady Node n1: Node n1 status is now: NodeNotReady
        "#]],
        );
    }

    #[test]
    fn an_unknown_node_is_tainted_and_its_pods_are_unready() {
        let objects = node("Unknown", "spec.unschedulable=true");
        check(
            &format!("{objects}\nPod a/p spec.nodeName=n1 ready=9s"),
            10,
            expect![[r#"
            patch Node n1 {"metadata":{"resourceVersion":"3"},"spec":{"taints":[{"key":"node.kubernetes.io/unreachable","effect":"NoSchedule","timeAdded":"2026-11-21T12:00:00Z"},{"key":"node.kubernetes.io/unreachable","effect":"NoExecute","timeAdded":"2026-11-21T12:00:00Z"},{"key":"node.kubernetes.io/unschedulable","effect":"NoSchedule","timeAdded":"2026-11-21T12:00:00Z"}]}}
            patch Pod a/p status {"metadata":{"uid":"p-uid"},"status":{"conditions":[{"type":"Ready","status":"False","lastTransitionTime":"2026-11-21T12:00:00Z"}]}}
              then event Warning NodeNotReady Pod p: Node is not ready
            requeue after 40s
        "#]],
        );
    }

    #[test]
    fn without_a_ready_node_nothing_is_evicted() {
        let objects = node("False", "").replace(OTHER, "");
        check(
            &objects,
            10,
            expect![[r#"
            patch Node n1 {"metadata":{"resourceVersion":"2"},"spec":{"taints":[{"key":"node.kubernetes.io/not-ready","effect":"NoSchedule","timeAdded":"2026-11-21T12:00:00Z"}]}}
            requeue after 40s
        "#]],
        );
    }

    #[test]
    fn taints_go_when_their_condition_goes_and_others_stay() {
        let taints = r#"spec.taints=[{"key":"node.kubernetes.io/not-ready","effect":"NoExecute"},{"key":"mine","value":"x","effect":"NoSchedule"}]"#;
        check(
            &node("True", taints),
            10,
            expect![[r#"
            patch Node n1 {"metadata":{"resourceVersion":"3"},"spec":{"taints":[{"key":"mine","value":"x","effect":"NoSchedule"}]}}
            requeue after 40s
        "#]],
        );
    }

    #[test]
    fn a_new_node_is_registered() {
        let controller = NodeLifecycleController::new(Duration::from_secs(50));
        let view = view(&controller, OTHER);
        let plan = controller.reconcile(&view, &Key::new(EVENTS, "", "n2"), now());
        expect![[r#"
            event Normal RegisteredNode Node n2: Node n2 event: Registered Node n2 in Controller
        "#]]
        .assert_eq(&plan.to_string());
    }
}
