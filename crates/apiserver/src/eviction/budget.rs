//! What disruption budgets say about an eviction.

use apimachinery::group_version::GroupResource;
use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::selector::LabelSelector;
use apimachinery::status::{Status, StatusCause};
use apimachinery::time::format_seconds;
use apimachinery::tree;
use apimachinery::value::Value;
use registry::request::{Body, BodyFormat, ListOptions, RequestInfo};
use registry::resource::Resource;

use super::{RETRIES_MAX, Ruling};
use crate::call::Call;
use crate::server::Server;

/// Evicted Pods that a budget holds until its controller has seen them go.
const DISRUPTED_PODS_MAX: usize = 2_000;

const VIOLATION: &str = "Cannot evict pod as it would violate the pod's disruption budget.";

/// Whether all containers of a Pod have ended, or its deletion has begun.
pub(super) fn has_ended(pod: &Value) -> bool {
    matches!(pod.str_at(&["status", "phase"]), "Succeeded" | "Failed") || pod.deletion_timestamp().is_some()
}

/// Whether no budget protects a Pod in this state.
pub(super) fn needs_none(pod: &Value) -> bool {
    has_ended(pod) || pod.str_at(&["status", "phase"]) == "Pending"
}

/// Decides on a running Pod, and takes one from its budget.
pub(super) async fn rule(server: &Server, call: &Call, pod: &Value, is_dry_run: bool) -> Result<Ruling, Status> {
    let budgets = server.registry.resource("policy", "v1", "poddisruptionbudgets");
    let Some(budgets) = budgets else { return Ok(Ruling { budget: None, holds_state: false }) };
    let all = budgets.list(pod.namespace(), &ListOptions::default()).await?;
    let parsed = all.items.iter().filter_map(|item| json::parse(&item.to_json()).ok());
    let mut covering = parsed.filter(|budget| covers(budget, pod));
    let Some(budget) = covering.next() else { return Ok(Ruling { budget: None, holds_state: false }) };
    if covering.next().is_some() {
        let message =
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
        return Err(Status { code: 500, reason: "", message: message.into(), details: None });
    }
    let name = budget.name().to_owned();
    if !is_ready(pod) && lets_unready_go(&budget) {
        return Ok(Ruling { budget: Some(name), holds_state: true });
    }
    drop(all);
    take_one(&budgets, call, (pod, budget), is_dry_run).await?;
    Ok(Ruling { budget: Some(name), holds_state: false })
}

fn covers(budget: &Value, pod: &Value) -> bool {
    let selector = LabelSelector::from_value(budget.at(&["spec", "selector"])).ok().flatten();
    selector.is_some_and(|selector| selector.matches_map(pod.at(&["metadata", "labels"]).as_object()))
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod.items_at(&["status", "conditions"]).iter();
    conditions.into_iter().any(|it| it.str_at(&["type"]) == "Ready" && it.str_at(&["status"]) == "True")
}

/// A Pod that is not ready counts for nothing.
fn lets_unready_go(budget: &Value) -> bool {
    let count = |field: &str| budget.i64_at(&["status", field]).unwrap_or(0);
    let is_always = budget.str_at(&["spec", "unhealthyPodEvictionPolicy"]) == "AlwaysAllow";
    is_always || (count("currentHealthy") >= count("desiredHealthy") && count("desiredHealthy") > 0)
}

async fn take_one(
    budgets: &Resource,
    call: &Call,
    (pod, mut budget): (&Value, Value),
    is_dry_run: bool,
) -> Result<(), Status> {
    let name = budget.name().to_owned();
    for _ in 0..RETRIES_MAX {
        decrement(&mut budget, pod.name())?;
        if is_dry_run {
            return Ok(());
        }
        let info = RequestInfo {
            group: "policy".into(),
            resource: "poddisruptionbudgets".into(),
            subresource: "status".into(),
            name: name.clone(),
            ..call.bare_info("update")
        };
        let body = Body { format: BodyFormat::Json, bytes: json::to_vec(&budget).into() };
        match budgets.update(&info, &body).await {
            Err(status) if status.is_conflict() => {}
            other => return other.map(drop),
        }
        let live = budgets.get(pod.namespace(), &name, "").await?;
        budget = json::parse(&live.to_json()).map_err(Status::internal)?;
    }
    Err(Status::timeout(format!("couldn't update PodDisruptionBudget {name:?} due to conflicts"), 10))
}

/// Takes one disruption from a budget, if it has one (`checkAndDecrement`).
fn decrement(budget: &mut Value, pod: &str) -> Result<(), Status> {
    let count = |field: &str| budget.i64_at(&["status", field]).unwrap_or(0);
    let name = budget.name().to_owned();
    let resource = GroupResource { group: "policy".into(), resource: "poddisruptionbudget".into() };
    if count("observedGeneration") < budget.generation() {
        return Err(being_processed(&name));
    }
    let allowed = count("disruptionsAllowed");
    if allowed < 0 {
        return Err(Status::forbidden(&resource, &name, "pdb disruptions allowed is negative"));
    }
    let disrupted = budget.at(&["status", "disruptedPods"]).as_object().map_or(0, |map| map.len());
    if disrupted > DISRUPTED_PODS_MAX {
        let cause = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
        return Err(Status::forbidden(&resource, &name, cause));
    }
    if allowed == 0 {
        return Err(violation(0, refusal(budget, &name)));
    }
    let now = format_seconds(jiff::Timestamp::now());
    budget.set(&["status", "disruptionsAllowed"], allowed - 1);
    budget.object_at(&["status", "disruptedPods"]).insert(pod.to_owned(), now.as_str());
    if allowed == 1 {
        note_exhausted(budget, &now);
    }
    Ok(())
}

fn condition(budget: &Value) -> Option<&Value> {
    budget.items_at(&["status", "conditions"]).iter().find(|it| it.str_at(&["type"]) == "DisruptionAllowed")
}

/// Why a budget has nothing left.
fn refusal(budget: &Value, name: &str) -> String {
    let count = |field: &str| budget.i64_at(&["status", field]).unwrap_or(0);
    let (healthy, desired) = (count("currentHealthy"), count("desiredHealthy"));
    let told = condition(budget).filter(|it| it.str_at(&["status"]) == "False" && !it.str_at(&["message"]).is_empty());
    let (reason, message) = told.map_or(("", ""), |it| (it.str_at(&["reason"]), it.str_at(&["message"])));
    match reason {
        "SyncFailed" => {
            format!(
                "The disruption budget {name} does not allow evicting pods currently because it failed sync: {message}"
            )
        }
        _ if healthy <= desired => {
            format!("The disruption budget {name} needs {desired} healthy pods and has {healthy} currently")
        }
        "" => format!("The disruption budget {name} does not allow evicting pods currently"),
        reason => {
            format!("The disruption budget {name} does not allow evicting pods currently ({reason}): {message}")
        }
    }
}

fn note_exhausted(budget: &mut Value, now: &str) {
    let mut conditions = budget.items_at(&["status", "conditions"]).to_vec();
    conditions.retain(|it| it.str_at(&["type"]) != "DisruptionAllowed");
    conditions.push(tree!({"type": "DisruptionAllowed", "status": "False",
        "observedGeneration": (budget.i64_at(&["status", "observedGeneration"]).unwrap_or(0)),
        "lastTransitionTime": now, "reason": "InsufficientPods", "message": ""}));
    budget.set(&["status", "conditions"], conditions);
}

/// The budget's controller has not yet seen its present generation, or the Pod has changed.
pub(super) fn being_processed(name: &str) -> Status {
    violation(10, format!("The disruption budget {name} is still being processed by the server."))
}

fn violation(retry_after_seconds: i32, message: String) -> Status {
    let mut status = Status::too_many_requests(VIOLATION, retry_after_seconds);
    let cause = StatusCause { reason: "DisruptionBudget".into(), message, field: String::new() };
    status.details.get_or_insert_default().causes.push(cause);
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_gives_what_it_has_and_tells_why_not() {
        let mut budget = tree!({"metadata": {"name": "b", "generation": 1},
            "status": {"observedGeneration": 1, "disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1}});
        decrement(&mut budget, "p").expect("one is allowed");
        assert_eq!(budget.i64_at(&["status", "disruptionsAllowed"]), Some(0));
        assert!(!budget.str_at(&["status", "disruptedPods", "p"]).is_empty());
        budget.set(&["status", "currentHealthy"], 1);
        let refused = decrement(&mut budget, "q").expect_err("none is left");
        assert_eq!((refused.code, refused.message.as_str()), (429, VIOLATION));
        let causes = refused.details.expect("details").causes;
        assert_eq!(causes[0].message, "The disruption budget b needs 1 healthy pods and has 1 currently");
        budget.set(&["metadata", "generation"], 2);
        let refused = decrement(&mut budget, "q").expect_err("not looked at yet");
        assert!(refused.has_cause("DisruptionBudget"));
    }
}
