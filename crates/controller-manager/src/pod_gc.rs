//! Removes Pods that nobody else removes: those of nodes that are gone, deleted ones that never had a node, and the
//! oldest of very many that have ended.

use std::time::Duration;

use apimachinery::time::Now;
use apimachinery::tree;
use client::client::{DeleteOptions, PatchFormat};
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::informer::{Change, ObjectKey};
use client::plan::{Plan, Write};
use client::resources::{NODES, PODS};
use client::view::{Found, Lookup, View};

use crate::digest::{BY_CONTROLLER, BY_END, BY_NODE, Meta, NodeDigest, PodDigest};

/// How long a node may be away before its Pods are removed: it may be on its way back.
const NODE_QUARANTINE: Duration = Duration::from_secs(40);

/// Pods that have ended and are kept, as upstream's default.
const ENDED_PODS_MAX: usize = 12_500;

/// See the module.
pub struct PodGarbageCollector;

impl Controller for PodGarbageCollector {
    fn name(&self) -> &'static str {
        "pod-garbage-collector-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:pod-garbage-collector"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![
            Watch::new(NODES, NodeDigest::project).touches(pods_of_gone_node).after(NODE_QUARANTINE).boxed(),
            Watch::new(PODS, PodDigest::project)
                .index(BY_CONTROLLER, PodDigest::controller_index)
                .index(BY_END, PodDigest::end_index)
                .index(BY_NODE, PodDigest::node_index)
                .touches(unassigned_or_ended_pod)
                .boxed(),
            Watch::new(PODS, PodDigest::project).touches(left_over_pod).after(NODE_QUARANTINE).boxed(),
        ]
    }

    fn reconcile(&self, view: &View, key: &Key, now: Now) -> Plan {
        let Some(entry) = view.get::<PodDigest>(PODS, key.namespace(), key.name()) else {
            return Plan::none();
        };
        let pod = &*entry.digest;
        if pod.node_name.is_empty() {
            return match pod.meta.is_terminating() {
                true => remove(pod, now),
                false => Plan::none(),
            };
        }
        if view.get::<NodeDigest>(NODES, "", &pod.node_name).is_some() {
            return match pod.is_terminal() {
                true => remove_oldest_ended(view, ENDED_PODS_MAX),
                false => Plan::none(),
            };
        }
        let lookup = Lookup::Get { resource: NODES, key: ObjectKey::new("", &pod.node_name) };
        match view.found(&lookup) {
            None => Plan::look_up(vec![lookup]),
            Some(Found::Nothing) => remove(pod, now),
            Some(_) => Plan::none(),
        }
    }
}

fn pods_of_gone_node(view: &View, change: &Change<NodeDigest>, keys: &mut Vec<Key>) {
    if change.new.is_some() {
        return;
    }
    for pod in view.indexed::<PodDigest>(PODS, BY_NODE, &change.key.name) {
        keys.push(Key::new(PODS, &pod.digest.meta.namespace, &pod.digest.meta.name));
    }
}

/// A Pod without a node that is being deleted has no kubelet that would finish it; one that ends may be one too many.
fn unassigned_or_ended_pod(_: &View, change: &Change<PodDigest>, keys: &mut Vec<Key>) {
    let Some(pod) = &change.new else { return };
    let had_ended = change.old.as_ref().is_some_and(|old| old.digest.is_terminal());
    let ends = pod.digest.is_terminal() && !had_ended;
    if ends || (pod.digest.node_name.is_empty() && pod.digest.meta.is_terminating()) {
        keys.push(Key { resource: PODS, object: change.key.clone() });
    }
}

/// A new Pod of a node that is not known may be left over from before a restart.
fn left_over_pod(view: &View, change: &Change<PodDigest>, keys: &mut Vec<Key>) {
    let Some(pod) = change.new.as_ref().filter(|_| change.old.is_none()) else { return };
    let node_name = &pod.digest.node_name;
    if !node_name.is_empty() && view.get::<NodeDigest>(NODES, "", node_name).is_none() {
        keys.push(Key { resource: PODS, object: change.key.clone() });
    }
}

fn remove_oldest_ended(view: &View, kept: usize) -> Plan {
    let mut ended = view.indexed::<PodDigest>(PODS, BY_END, "");
    ended.retain(|pod| !pod.digest.meta.is_terminating());
    ended.sort_by_key(|pod| pod.digest.meta.created);
    let surplus = ended.len().saturating_sub(kept);
    ended[..surplus].iter().fold(Plan::none(), |plan, pod| plan.and_write(delete(&pod.digest)))
}

/// Marks the Pod failed unless it has ended, then deletes it without grace.
fn remove(pod: &PodDigest, now: Now) -> Plan {
    let Meta { namespace, name, uid, .. } = &pod.meta;
    let mut plan = Plan::none();
    if !pod.is_terminal() {
        let mut patch = tree!({"metadata": {"uid": (uid.as_str())}, "status": {"phase": "Failed"}});
        if !pod.node_name.is_empty() {
            let condition = tree!({
                "type": "DisruptionTarget",
                "status": "True",
                "reason": "DeletionByPodGC",
                "message": "PodGC: node no longer exists",
                "lastTransitionTime": (now.seconds_text())
            });
            patch.set(&["status", "conditions"], vec![condition]);
        }
        plan = plan.and_write(
            Write::patch(PODS, namespace, name, PatchFormat::Strategic, patch)
                .to_subresource("status")
                .accept_not_found(),
        );
    }
    plan.and_write(delete(pod))
}

fn delete(pod: &PodDigest) -> Write {
    let Meta { namespace, name, uid, .. } = &pod.meta;
    let options = DeleteOptions { uid: Some(uid.clone()), grace_period_seconds: Some(0), ..DeleteOptions::default() };
    Write::delete(PODS, namespace, name, options)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::test_text::{now, parse_key, plan, view};

    #[test]
    fn a_pod_of_a_gone_node_is_removed_after_a_live_look() {
        let objects = "Pod a/p spec.nodeName=n1 status.phase=Running";
        assert_eq!(plan(&PodGarbageCollector, objects, "Pod a/p"), "get Node n1\n");
        let lookup = Lookup::Get { resource: NODES, key: ObjectKey::new("", "n1") };
        let view = view(&PodGarbageCollector, objects).and_found(lookup, Found::Nothing);
        let text = PodGarbageCollector.reconcile(&view, &parse_key("Pod a/p"), now()).to_string();
        expect![[r#"
            patch Pod a/p status {"metadata":{"uid":"p-uid"},"status":{"phase":"Failed","conditions":[{"type":"DisruptionTarget","status":"True","reason":"DeletionByPodGC","message":"PodGC: node no longer exists","lastTransitionTime":"2026-11-21T12:00:00Z"}]}}
            delete Pod a/p {"gracePeriodSeconds":0,"preconditions":{"uid":"p-uid"}}
        "#]].assert_eq(&text);
    }

    #[test]
    fn a_deleted_pod_without_a_node_is_removed() {
        expect![[r#"
            patch Pod a/p status {"metadata":{"uid":"p-uid"},"status":{"phase":"Failed"}}
            delete Pod a/p {"gracePeriodSeconds":0,"preconditions":{"uid":"p-uid"}}
        "#]]
        .assert_eq(&plan(&PodGarbageCollector, "Pod a/p deleted=1s", "Pod a/p"));
    }

    #[test]
    fn a_pod_of_a_present_node_stays() {
        let objects = "Node n1\nPod a/p spec.nodeName=n1 deleted=9s";
        assert_eq!(plan(&PodGarbageCollector, objects, "Pod a/p"), "");
    }

    #[test]
    fn the_oldest_of_too_many_ended_pods_go() {
        let objects =
            "Pod a/new age=1s status.phase=Failed\nPod a/old age=9s status.phase=Succeeded\nPod a/live age=99s";
        let view = view(&PodGarbageCollector, objects);
        expect![[r#"
            delete Pod a/old {"gracePeriodSeconds":0,"preconditions":{"uid":"old-uid"}}
        "#]]
        .assert_eq(&remove_oldest_ended(&view, 1).to_string());
        assert_eq!(remove_oldest_ended(&view, 2).to_string(), "");
    }
}
