//! Disruption budgets, as far as preemption looks at them.

use apimachinery::json;
use apimachinery::selector::LabelSelector;
use apimachinery::value::Value;

use crate::pod::PodInfo;

/// A PodDisruptionBudget.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// What it covers; the empty selector nothing here, as upstream.
    selector: Option<LabelSelector>,
    /// `status.disruptionsAllowed`
    pub allowed: i64,
    /// Names of Pods that are already taken from it.
    disrupted: Vec<String>,
}

impl Budget {
    /// The projection.
    pub fn project(bytes: &[u8]) -> Option<Budget> {
        Some(Budget::of(&json::parse(bytes).ok()?))
    }

    /// Reads it from an object.
    pub fn of(budget: &Value) -> Self {
        let disrupted = budget.at(&["status", "disruptedPods"]).as_object();
        Budget {
            selector: LabelSelector::from_value(budget.at(&["spec", "selector"])).ok().flatten(),
            allowed: budget.i64_at(&["status", "disruptionsAllowed"]).unwrap_or(0),
            disrupted: disrupted.into_iter().flat_map(|map| map.keys()).map(str::to_owned).collect(),
        }
    }

    /// Whether a Pod of the budget's namespace would be taken from it.
    pub fn covers(&self, pod: &PodInfo) -> bool {
        let selector = self.selector.as_ref().filter(|selector| !selector.is_empty());
        let is_noted = self.disrupted.iter().any(|name| **name == *pod.key.name);
        !is_noted && selector.is_some_and(|selector| selector.matches(|key| pod.label(key)))
    }
}
