//! PodDisruptionBudgets: how many of their Pods may be away, told in their status.

use std::collections::BTreeMap;
use std::time::Duration;

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::selector::LabelSelector;
use apimachinery::time::{self, Now};
use apimachinery::tree;
use apimachinery::value::Value;
use client::client::{PatchFormat, Resource};
use client::controller::{AnyWatch, Controller, Key, Watch};
use client::events::{ObjectReference, Occurrence};
use client::informer::{Change, Entry};
use client::plan::{Plan, Write};
use client::resources::{
    DEPLOYMENTS, POD_DISRUPTION_BUDGETS, PODS, REPLICA_SETS, REPLICATION_CONTROLLERS, STATEFUL_SETS,
};
use client::view::View;

use crate::digest::{BY_CONTROLLER, DeploymentDigest, Meta, PodDigest, ReplicaSetDigest, WorkloadDigest, selector_of};
use crate::scaled::scaled_up;

/// How long an evicted Pod counts as away although it has not been deleted.
const DELETION_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a Pod may be marked for disruption without being deleted.
const MARK_TIMEOUT: Duration = Duration::from_secs(120);

/// See the module.
pub struct DisruptionController;

/// A PodDisruptionBudget, as far as it is looked at when Pods change.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetDigest {
    /// Metadata.
    pub meta: Meta,
    /// `spec.selector`; the empty one selects all Pods of the namespace.
    pub selector: Option<LabelSelector>,
}

impl BudgetDigest {
    /// The projection.
    pub fn project(bytes: &[u8]) -> Option<Self> {
        let object = json::parse(bytes).ok()?;
        let selector = selector_of(object.at(&["spec", "selector"]));
        Some(BudgetDigest { meta: Meta::of(&object), selector })
    }
}

impl Controller for DisruptionController {
    fn name(&self) -> &'static str {
        "controllermanager"
    }

    fn identity(&self) -> &'static str {
        "system:serviceaccount:kube-system:disruption-controller"
    }

    fn watches(&self) -> Vec<Box<dyn AnyWatch>> {
        vec![
            Watch::new(POD_DISRUPTION_BUDGETS, BudgetDigest::project).touches_itself().boxed(),
            Watch::new(PODS, PodDigest::project)
                .index(BY_CONTROLLER, PodDigest::controller_index)
                .touches(touched_by_pod)
                .boxed(),
            Watch::new(DEPLOYMENTS, DeploymentDigest::project)
                .touches(|view, change, keys| touched_by_workload(view, &change.key.namespace, keys))
                .boxed(),
            Watch::new(REPLICA_SETS, ReplicaSetDigest::project).boxed(),
            Watch::new(REPLICATION_CONTROLLERS, ReplicaSetDigest::project_controller)
                .touches(|view, change, keys| touched_by_workload(view, &change.key.namespace, keys))
                .boxed(),
            Watch::new(STATEFUL_SETS, WorkloadDigest::project)
                .touches(|view, change, keys| touched_by_workload(view, &change.key.namespace, keys))
                .boxed(),
        ]
    }

    fn reconcile(&self, view: &View, key: &Key, now: Now) -> Plan {
        if key.resource == PODS {
            return take_back_mark(view, key, now);
        }
        let budget = view.get::<BudgetDigest>(POD_DISRUPTION_BUDGETS, key.namespace(), key.name());
        let Some(entry) = budget else { return Plan::none() };
        let selector = entry.digest.selector.as_ref();
        let mut pods = view.in_namespace::<PodDigest>(PODS, key.namespace());
        pods.retain(|pod| selector.is_some_and(|selector| pod.digest.meta.matches(selector)));
        pods.sort_by(|a, b| a.digest.meta.name.cmp(&b.digest.meta.name));
        Budget { object: entry.value(), pods, view, now }.plan()
    }
}

/// The budgets of a Pod before and after.
fn touched_by_pod(view: &View, change: &Change<PodDigest>, keys: &mut Vec<Key>) {
    for budget in view.in_namespace::<BudgetDigest>(POD_DISRUPTION_BUDGETS, &change.key.namespace) {
        let Some(selector) = &budget.digest.selector else { continue };
        if change.digests().any(|pod| pod.meta.matches(selector)) {
            keys.push(Key::new(POD_DISRUPTION_BUDGETS, &budget.digest.meta.namespace, &budget.digest.meta.name));
        }
    }
    if change.new.as_ref().is_some_and(|pod| mark_age(&pod.digest).is_some()) {
        keys.push(Key { resource: PODS, object: change.key.clone() });
    }
}

fn touched_by_workload(view: &View, namespace: &str, keys: &mut Vec<Key>) {
    for budget in view.in_namespace::<BudgetDigest>(POD_DISRUPTION_BUDGETS, namespace) {
        keys.push(Key::new(POD_DISRUPTION_BUDGETS, namespace, &budget.digest.meta.name));
    }
}

/// Since when a live Pod has been marked for disruption.
fn mark_age(pod: &PodDigest) -> Option<jiff::Timestamp> {
    pod.disruption_since.filter(|_| pod.is_active())
}

/// Whoever marked a Pod for disruption has not deleted it: the mark is taken back.
fn take_back_mark(view: &View, key: &Key, now: Now) -> Plan {
    let Some(pod) = view.get::<PodDigest>(PODS, key.namespace(), key.name()) else { return Plan::none() };
    let Some(since) = mark_age(&pod.digest) else { return Plan::none() };
    let left = (since + MARK_TIMEOUT).duration_since(now.wall);
    if let Ok(left) = Duration::try_from(left)
        && !left.is_zero()
    {
        return Plan::none().and_requeue_after(left);
    }
    let Meta { namespace, name, uid, .. } = &pod.digest.meta;
    let condition = tree!({"type": "DisruptionTarget", "status": "False", "reason": null, "message": null,
        "lastTransitionTime": (now.seconds_text())});
    let patch = tree!({"metadata": {"uid": (uid.as_str())}, "status": {"conditions": [condition]}});
    let write = Write::patch(PODS, namespace, name, PatchFormat::Strategic, patch);
    Plan::write(write.to_subresource("status").accept_not_found())
}

struct Budget<'a> {
    object: Value,
    pods: Vec<Entry<PodDigest>>,
    view: &'a View,
    now: Now,
}

/// What a budget demands.
struct Demand {
    expected: i64,
    healthy: i64,
    has_unmanaged: bool,
}

impl Budget<'_> {
    fn plan(self) -> Plan {
        let about = ObjectReference::to(&self.object);
        let mut plan = Plan::none();
        if self.pods.is_empty() {
            plan = plan.and_event(Occurrence::normal(&about, "NoPods", "No matching pods found"));
        }
        let demand = match self.demand() {
            Ok(demand) => demand,
            Err(why) => {
                let message = format!("Failed to calculate the number of expected pods: {why}");
                let event = Occurrence::warning(&about, "CalculateExpectedPodCountFailed", message);
                return self.fail_safe(plan.and_event(event), &why);
            }
        };
        if demand.has_unmanaged {
            plan = plan.and_event(Occurrence::warning(&about, "UnmanagedPods", self.unmanaged_message()));
        }
        let (away, recheck) = self.away();
        let is_away = |name: &str| away.contains_key(name);
        let present = self.pods.iter().filter(|pod| !pod.digest.meta.is_terminating());
        let healthy = present.filter(|pod| pod.digest.is_ready && !is_away(&pod.digest.meta.name)).count() as i64;
        let allowed = match demand.expected > 0 {
            true => (healthy - demand.healthy).max(0),
            false => 0,
        };
        if let Some(pause) = recheck {
            plan = plan.and_requeue_after(pause);
        }
        let away: Value = away.iter().map(|(name, time)| (name.clone(), time.clone())).collect();
        let status = tree!({
            "observedGeneration": (self.object.generation()),
            "disruptedPods": away,
            "disruptionsAllowed": allowed,
            "currentHealthy": healthy,
            "desiredHealthy": (demand.healthy),
            "expectedPods": (demand.expected)
        });
        let condition = match allowed > 0 {
            true => ("True", "SufficientPods", ""),
            false => ("False", "InsufficientPods", ""),
        };
        self.write(plan, status, condition)
    }

    fn unmanaged_message(&self) -> String {
        let selector = String::from_utf8_lossy(&json::to_vec(self.object.at(&["spec", "selector"]))).into_owned();
        format!(
            "Pods selected by this PodDisruptionBudget (selector: {selector}) were found to be unmanaged. As a result, \
             the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account \
             for these pods please set \".spec.minAvailable\" field of the PDB to an integer value."
        )
    }

    fn demand(&self) -> Result<Demand, String> {
        let (most_away, least_there) =
            (self.object.at(&["spec", "maxUnavailable"]), self.object.at(&["spec", "minAvailable"]));
        if !most_away.is_null() {
            let (expected, has_unmanaged) = self.scale()?;
            let away = scaled_up(most_away, usize::try_from(expected).unwrap_or(0)) as i64;
            return Ok(Demand { expected, healthy: (expected - away).max(0), has_unmanaged });
        }
        match least_there {
            Value::Int(count) => Ok(Demand { expected: self.pods.len() as i64, healthy: *count, has_unmanaged: false }),
            Value::String(_) => {
                let (expected, has_unmanaged) = self.scale()?;
                let healthy = scaled_up(least_there, usize::try_from(expected).unwrap_or(0)) as i64;
                Ok(Demand { expected, healthy, has_unmanaged })
            }
            _ => Ok(Demand { expected: 0, healthy: 0, has_unmanaged: false }),
        }
    }

    /// The sum of the scales of all controllers of the Pods, and whether any Pod has none.
    fn scale(&self) -> Result<(i64, bool), String> {
        let mut scales: BTreeMap<String, i64> = BTreeMap::new();
        let mut has_unmanaged = false;
        for pod in &self.pods {
            let Some(owner) = &pod.digest.meta.controller else {
                has_unmanaged = true;
                continue;
            };
            let found = self.scale_of(&owner.kind, &owner.name, &owner.uid);
            let (uid, count) =
                found.ok_or_else(|| format!("found no controllers for pod {:?}", pod.digest.meta.name))?;
            scales.insert(uid, count);
        }
        Ok((scales.values().sum(), has_unmanaged))
    }

    /// UID and wanted replicas of a controller; of a Deployment where that owns it.
    fn scale_of(&self, kind: &str, name: &str, uid: &str) -> Option<(String, i64)> {
        let object = match kind {
            "ReplicaSet" => self.object_of::<ReplicaSetDigest>(REPLICA_SETS, name),
            "ReplicationController" => self.object_of::<ReplicaSetDigest>(REPLICATION_CONTROLLERS, name),
            "StatefulSet" => self.object_of::<WorkloadDigest>(STATEFUL_SETS, name),
            "Deployment" => self.object_of::<DeploymentDigest>(DEPLOYMENTS, name),
            _ => None,
        };
        let object = object.filter(|object| object.uid() == uid)?;
        match object.controller().filter(|owner| kind == "ReplicaSet" && owner.kind == "Deployment") {
            Some(owner) => self.scale_of("Deployment", &owner.name, &owner.uid),
            None => Some((uid.to_owned(), object.i64_at(&["spec", "replicas"]).unwrap_or(0))),
        }
    }

    fn object_of<D: Send + Sync + 'static>(&self, resource: Resource, name: &str) -> Option<Value> {
        self.view.get::<D>(resource, self.object.namespace(), name).map(|entry| entry.value())
    }

    /// Evicted Pods that will soon be deleted, and when to look again.
    fn away(&self) -> (BTreeMap<String, Value>, Option<Duration>) {
        let noted = self.object.at(&["status", "disruptedPods"]);
        let (mut away, mut recheck) = (BTreeMap::new(), None::<Duration>);
        for pod in self.pods.iter().filter(|pod| !pod.digest.meta.is_terminating()) {
            let name = &pod.digest.meta.name;
            let Some(since) = time::parse(noted.str_at(&[name])) else { continue };
            let left = (since + DELETION_TIMEOUT).duration_since(self.now.wall);
            if let Ok(left) = Duration::try_from(left) {
                recheck = Some(recheck.map_or(left, |asked| asked.min(left)));
                away.insert(name.clone(), noted.field(name).clone());
            }
        }
        (away, recheck)
    }

    /// Nothing may be disrupted while it is not known what is there.
    fn fail_safe(&self, plan: Plan, why: &str) -> Plan {
        let mut status = self.object.field("status").clone();
        status.set(&["disruptionsAllowed"], 0);
        status.remove_at(&["conditions"]);
        self.write(plan, status, ("False", "SyncFailed", why))
    }

    fn write(&self, plan: Plan, mut status: Value, (truth, reason, message): (&str, &str, &str)) -> Plan {
        let old = self.object.field("status");
        let mut conditions = old.items_at(&["conditions"]).to_vec();
        let observed = status.i64_at(&["observedGeneration"]).unwrap_or(0);
        let mut condition = tree!({"type": "DisruptionAllowed", "status": truth, "observedGeneration": observed,
            "lastTransitionTime": (self.now.seconds_text()), "reason": reason, "message": message});
        match conditions.iter_mut().find(|it| it.str_at(&["type"]) == "DisruptionAllowed") {
            None => conditions.push(condition),
            Some(present) => {
                if present.str_at(&["status"]) == truth {
                    condition.set(&["lastTransitionTime"], present.field("lastTransitionTime").clone());
                }
                *present = condition;
            }
        }
        status.set(&["conditions"], conditions);
        let is_changed = status.as_object().is_some_and(|map| {
            map.iter().any(|(field, new)| {
                let is_empty = |value: &Value| value.as_object().is_some_and(|map| map.is_empty());
                !(old.field(field) == new || (old.field(field).is_null() && is_empty(new)))
            })
        });
        if !is_changed {
            return plan;
        }
        let mut object = self.object.clone();
        object.set(&["status"], status);
        plan.and_write(Write::update(POD_DISRUPTION_BUDGETS, object).to_subresource("status").accept_not_found())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::test_text::plan;

    #[track_caller]
    fn check(budget: &str, pods: &str, expected: Expect) {
        let objects = format!(
            r#"PodDisruptionBudget a/b metadata.generation=1 spec.selector={{"matchLabels":{{"app":"x"}}}} {budget}
            ReplicaSet a/r spec.replicas=3
            {pods}"#
        );
        let text = plan(&DisruptionController, &objects, "PodDisruptionBudget a/b");
        let status = |line: &str| line.find("\"status\":").map_or(line.to_owned(), |at| line[at..].to_owned());
        expected.assert_eq(&text.lines().map(status).collect::<Vec<_>>().join("\n"));
    }

    const PODS: &str = "Pod a/1 labels.app=x owner=ReplicaSet/r ready=5s
            Pod a/2 labels.app=x owner=ReplicaSet/r ready=5s
            Pod a/3 labels.app=x owner=ReplicaSet/r";

    #[test]
    fn what_may_go_follows_from_what_must_stay() {
        check(
            "spec.minAvailable=1",
            PODS,
            expect![[r#"
                "status":{"observedGeneration":1,"disruptedPods":{},"disruptionsAllowed":1,"currentHealthy":2,"desiredHealthy":1,"expectedPods":3,"conditions":[{"type":"DisruptionAllowed","status":"True","observedGeneration":1,"lastTransitionTime":"2026-11-21T12:00:00Z","reason":"SufficientPods","message":""}]}}"#]],
        );
        check(
            r#"spec.maxUnavailable="34%" status.disruptedPods={"1":"2026-11-21T11:59:00Z"}"#,
            PODS,
            expect![[r#"
                "status":{"observedGeneration":1,"disruptedPods":{"1":"2026-11-21T11:59:00Z"},"disruptionsAllowed":0,"currentHealthy":1,"desiredHealthy":1,"expectedPods":3,"conditions":[{"type":"DisruptionAllowed","status":"False","observedGeneration":1,"lastTransitionTime":"2026-11-21T12:00:00Z","reason":"InsufficientPods","message":""}]}}
                requeue after 60s"#]],
        );
    }
}
