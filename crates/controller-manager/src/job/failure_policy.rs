//! `podFailurePolicy`: what a Pod's failure means.

use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;

/// What a failed Pod means for its Job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It counts towards the back-off limit.
    Counts,
    /// It does not.
    Ignored,
    /// Its index has failed for good.
    FailsIndex,
    /// The Job has, for this reason.
    FailsJob(String),
}

/// Applies the first rule that matches.
pub(super) fn meaning(policy: &Value, pod: &Value) -> Meaning {
    for (at, rule) in policy.items_at(&["rules"]).iter().enumerate() {
        let Some(why) = matched(rule, pod) else { continue };
        match rule.str_at(&["action"]) {
            "Ignore" => return Meaning::Ignored,
            "FailIndex" => return Meaning::FailsIndex,
            "Count" => return Meaning::Counts,
            "FailJob" => return Meaning::FailsJob(format!("{why} matching FailJob rule at index {at}")),
            _ => {}
        }
    }
    Meaning::Counts
}

/// Why a rule matches, as the Job's message begins.
fn matched(rule: &Value, pod: &Value) -> Option<String> {
    let (namespace, name) = (pod.namespace(), pod.name());
    let codes = rule.field("onExitCodes");
    if !codes.is_null() {
        let (container, code) = ["containerStatuses", "initContainerStatuses"]
            .iter()
            .find_map(|list| pod.items_at(&["status", list]).iter().find_map(|status| exit_code(codes, status)))?;
        return Some(format!("Container {container} for pod {namespace}/{name} failed with exit code {code}"));
    }
    let patterns = rule.items_at(&["onPodConditions"]);
    let is_meant = |condition: &&Value| {
        patterns.iter().any(|pattern| {
            ["type", "status"].iter().all(|field| pattern.str_at(&[field]) == condition.str_at(&[field]))
        })
    };
    let condition = pod.items_at(&["status", "conditions"]).iter().find(is_meant)?;
    Some(format!("Pod {namespace}/{name} has condition {}", condition.str_at(&["type"])))
}

fn exit_code<'a>(codes: &Value, status: &'a Value) -> Option<(&'a str, i64)> {
    let code = status.i64_at(&["state", "terminated", "exitCode"]).filter(|code| *code != 0)?;
    let name = status.str_at(&["name"]);
    if codes.field("containerName").as_str().is_some_and(|wanted| wanted != name) {
        return None;
    }
    let is_listed = codes.items_at(&["values"]).iter().any(|value| value.as_i64() == Some(code));
    let is_meant = match codes.str_at(&["operator"]) {
        "In" => is_listed,
        "NotIn" => !is_listed,
        _ => false,
    };
    is_meant.then_some((name, code))
}
