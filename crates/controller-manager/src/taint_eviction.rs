//! Evicts Pods from nodes whose `NoExecute` taints they do not tolerate, or not any longer.

use std::time::Duration;

use api::node_selection::Taint;
use apimachinery::time::Now;
use apimachinery::tree;
use client::client::{DeleteOptions, PatchFormat};
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::events::Occurrence;
use client::informer::Change;
use client::plan::{Plan, Write};
use client::resources::{NODES, PODS};
use client::view::View;

use crate::digest::{BY_CONTROLLER, BY_NODE, Meta, NodeDigest, PodDigest};

/// See the module.
pub struct TaintEvictionController;

impl Controller for TaintEvictionController {
    fn name(&self) -> &'static str {
        "taint-eviction-controller"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:node-controller"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![
            Watch::new(NODES, NodeDigest::project).touches(pods_on_node).boxed(),
            Watch::new(PODS, PodDigest::project)
                .index(BY_CONTROLLER, PodDigest::controller_index)
                .index(BY_NODE, PodDigest::node_index)
                .touches(moved_pod)
                .boxed(),
        ]
    }

    fn reconcile(&self, view: &View, key: &Key, now: Now) -> Plan {
        let Some(entry) = view.get::<PodDigest>(PODS, key.namespace(), key.name()) else {
            return Plan::none();
        };
        let pod = &*entry.digest;
        let Some(node) = view.get::<NodeDigest>(NODES, "", &pod.node_name) else {
            return Plan::none();
        };
        if pod.meta.is_terminating() {
            return Plan::none();
        }
        match time_left(pod, &node.digest, now) {
            None => Plan::none(),
            Some(left) if left.is_zero() => evict(pod, now),
            Some(left) => Plan::none().and_requeue_after(left),
        }
    }
}

/// A node whose taints change touches its Pods.
fn pods_on_node(view: &View, change: &Change<NodeDigest>, keys: &mut Vec<Key>) {
    let taints = |entry: &Option<client::informer::Entry<NodeDigest>>| -> Vec<Taint> {
        let taints = entry.iter().flat_map(|node| node.digest.taints.clone());
        taints.filter(|taint| taint.effect == "NoExecute").collect()
    };
    if taints(&change.old) == taints(&change.new) {
        return;
    }
    for pod in view.indexed::<PodDigest>(PODS, BY_NODE, &change.key.name) {
        keys.push(Key::new(PODS, &pod.digest.meta.namespace, &pod.digest.meta.name));
    }
}

/// A Pod touches itself when it comes to a node or tolerates other taints.
fn moved_pod(_: &View, change: &Change<PodDigest>, keys: &mut Vec<Key>) {
    let Some(new) = &change.new else { return };
    let is_same = change.old.as_ref().is_some_and(|old| {
        old.digest.node_name == new.digest.node_name && old.digest.tolerations == new.digest.tolerations
    });
    if !is_same && !new.digest.node_name.is_empty() {
        keys.push(Key { resource: PODS, object: change.key.clone() });
    }
}

/// How long the Pod may stay; `None` is forever.
fn time_left(pod: &PodDigest, node: &NodeDigest, now: Now) -> Option<Duration> {
    let taints = node.taints.iter().filter(|taint| taint.effect == "NoExecute");
    taints.filter_map(|taint| time_left_with(pod, taint, now)).min()
}

fn time_left_with(pod: &PodDigest, taint: &Taint, now: Now) -> Option<Duration> {
    let tolerating = pod.tolerations.iter().find(|toleration| toleration.tolerates(taint));
    let Some(toleration) = tolerating else { return Some(Duration::ZERO) };
    let seconds = u64::try_from(toleration.seconds?.max(0)).unwrap_or(0);
    let until = taint.added.unwrap_or(now.wall) + Duration::from_secs(seconds);
    Some(Duration::try_from(until.duration_since(now.wall)).unwrap_or_default())
}

fn evict(pod: &PodDigest, now: Now) -> Plan {
    let Meta { namespace, name, uid, .. } = &pod.meta;
    let patch = tree!({
        "metadata": {"uid": (uid.as_str())},
        "status": {"conditions": [{
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "DeletionByTaintManager",
            "message": "Taint manager: deleting due to NoExecute taint",
            "lastTransitionTime": (now.seconds_text())
        }]}
    });
    let message = format!("Marking for deletion Pod {namespace}/{name}");
    let about = pod.meta.reference("v1", "Pod");
    let options = DeleteOptions { uid: Some(uid.clone()), ..DeleteOptions::default() };
    Plan::none()
        .and_event(Occurrence::normal(&about, "TaintManagerEviction", message))
        .and_write(
            Write::patch(PODS, namespace, name, PatchFormat::Strategic, patch)
                .to_subresource("status")
                .accept_not_found(),
        )
        .and_write(Write::delete(PODS, namespace, name, options))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_text::{ago, plan};

    #[track_caller]
    fn check(tolerations: &str, expected: Expect) {
        let objects = format!(
            r#"Node n1 spec.taints=[{{"key":"k","effect":"NoExecute","timeAdded":"{}"}},{{"key":"other","effect":"NoSchedule"}}]
            Pod a/p spec.nodeName=n1 spec.tolerations={tolerations}"#,
            ago("100s")
        );
        expected.assert_eq(&plan(&TaintEvictionController, &objects, "Pod a/p"));
    }

    #[test]
    fn a_pod_that_does_not_tolerate_the_taint_goes_at_once() {
        check(
            "[]",
            expect![[r#"
            event Normal TaintManagerEviction Pod p: Marking for deletion Pod a/p
            patch Pod a/p status {"metadata":{"uid":"p-uid"},"status":{"conditions":[{"type":"DisruptionTarget","status":"True","reason":"DeletionByTaintManager","message":"Taint manager: deleting due to NoExecute taint","lastTransitionTime":"2026-11-21T12:00:00Z"}]}}
            delete Pod a/p {"preconditions":{"uid":"p-uid"}}
        "#]],
        );
    }

    #[test]
    fn one_that_tolerates_it_for_a_while_goes_then() {
        check(
            r#"[{"key":"k","operator":"Exists","tolerationSeconds":300}]"#,
            expect![[r#"
            requeue after 200s
        "#]],
        );
        check(
            r#"[{"key":"k","operator":"Exists","tolerationSeconds":90}]"#,
            expect![[r#"
            event Normal TaintManagerEviction Pod p: Marking for deletion Pod a/p
            patch Pod a/p status {"metadata":{"uid":"p-uid"},"status":{"conditions":[{"type":"DisruptionTarget","status":"True","reason":"DeletionByTaintManager","message":"Taint manager: deleting due to NoExecute taint","lastTransitionTime":"2026-11-21T12:00:00Z"}]}}
            delete Pod a/p {"preconditions":{"uid":"p-uid"}}
        "#]],
        );
    }

    #[test]
    fn one_that_tolerates_it_stays() {
        check(r#"[{"operator":"Exists"}]"#, expect![[""]]);
    }
}
