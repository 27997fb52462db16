//! RuntimeClass: a Pod gets the overhead and the scheduling rules of its class.

use api::pod_resources;
use apimachinery::status::Status;
use apimachinery::value::Value;
use registry::admission::{Attributes, Operation};

use super::{Dependencies, forbidden, is_core};

const OVERHEAD: &[&str] = &["spec", "overhead"];
const MISMATCH: &str = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

pub(super) async fn admit(all: &Dependencies, attributes: &Attributes<'_>, pod: &mut Value) -> Result<(), Status> {
    if !is_new_pod(attributes) {
        return Ok(());
    }
    let class = class_of(all, attributes, pod).await?;
    merge(pod, &class).map_err(|cause| forbidden(attributes, pod, cause))
}

pub(super) async fn validate(all: &Dependencies, attributes: &Attributes<'_>, pod: &Value) -> Result<(), Status> {
    if !is_new_pod(attributes) || (pod.at(OVERHEAD).is_null() && class_name(pod).is_empty()) {
        return Ok(());
    }
    let class = class_of(all, attributes, pod).await?;
    let refuse = |cause: &str| Err(forbidden(attributes, pod, cause));
    match class.field("overhead").is_null() {
        true if pod.at(OVERHEAD).is_null() => Ok(()),
        true => refuse("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"),
        false if is_same_overhead(pod, &class) => Ok(()),
        false => refuse(MISMATCH),
    }
}

fn is_new_pod(attributes: &Attributes<'_>) -> bool {
    attributes.operation == Operation::Create && attributes.info.subresource.is_empty() && is_core(attributes, "pods")
}

fn class_name(pod: &Value) -> &str {
    pod.str_at(&["spec", "runtimeClassName"])
}

/// The Pod's class; null when it names none.
async fn class_of(all: &Dependencies, attributes: &Attributes<'_>, pod: &Value) -> Result<Value, Status> {
    let name = class_name(pod);
    if name.is_empty() {
        return Ok(Value::Null);
    }
    let class = all.object("node.k8s.io", "runtimeclasses", "", name).await?;
    class.ok_or_else(|| forbidden(attributes, pod, format!("pod rejected: RuntimeClass {name:?} not found")))
}

fn is_same_overhead(pod: &Value, class: &Value) -> bool {
    let [own, fixed] = [pod.at(OVERHEAD), class.at(&["overhead", "podFixed"])].map(pod_resources::amounts);
    own.len() == fixed.len()
        && own.iter().all(|(name, amount)| fixed.get(name).is_some_and(|it| it.compare(amount).is_eq()))
}

/// Adds what the class says to the Pod, or tells why it does not fit.
fn merge(pod: &mut Value, class: &Value) -> Result<(), String> {
    if !class.field("overhead").is_null() {
        let has_own = pod.at(OVERHEAD).as_object().is_some_and(|it| !it.is_empty());
        if has_own && !is_same_overhead(pod, class) {
            return Err(MISMATCH.to_owned());
        }
        match class.at(&["overhead", "podFixed"]) {
            Value::Null => drop(pod.remove_at(OVERHEAD)),
            fixed => pod.set(OVERHEAD, fixed.clone()),
        }
    }
    let scheduling = class.field("scheduling");
    if let Some(selector) = scheduling.field("nodeSelector").as_object() {
        let own = pod.object_at(&["spec", "nodeSelector"]);
        for (key, value) in selector.iter() {
            let (wanted, before) = (value.as_str().unwrap_or(""), own.get(key).and_then(Value::as_str));
            if let Some(before) = before.filter(|it| *it != wanted) {
                return Err(format!(
                    "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {wanted}; pod.spec.nodeSelector[{key}] = \
                     {before}"
                ));
            }
            own.insert(key.to_owned(), value.clone());
        }
    }
    let added = scheduling.items_at(&["tolerations"]);
    if !added.is_empty() {
        let own = pod.items_at(&["spec", "tolerations"]).to_vec();
        pod.set(&["spec", "tolerations"], merged_tolerations(own, added));
    }
    Ok(())
}

/// All tolerations, without those that another one contains.
fn merged_tolerations(own: Vec<Value>, added: &[Value]) -> Vec<Value> {
    let all: Vec<Value> = own.into_iter().chain(added.iter().cloned()).collect();
    let mut merged: Vec<Value> = Vec::new();
    for (at, toleration) in all.iter().enumerate() {
        let is_kept_already = merged.iter().any(|it| contains(it, toleration));
        let comes_wider = all[at + 1..].iter().any(|it| contains(it, toleration) && it != toleration);
        if !is_kept_already && !comes_wider {
            merged.push(toleration.clone());
        }
    }
    merged
}

/// Whether everything that `narrow` tolerates is tolerated by `wide`.
fn contains(wide: &Value, narrow: &Value) -> bool {
    if wide == narrow {
        return true;
    }
    let text = |of: &Value, field: &str| of.str_at(&[field]).to_owned();
    let covers = |field: &str| text(wide, field).is_empty() || text(wide, field) == text(narrow, field);
    if !covers("key") || !covers("effect") {
        return false;
    }
    if let Some(seconds) = wide.i64_at(&["tolerationSeconds"])
        && narrow.i64_at(&["tolerationSeconds"]).is_none_or(|it| seconds < it)
    {
        return false;
    }
    match text(wide, "operator").as_str() {
        "Exists" => true,
        "" | "Equal" => {
            text(narrow, "operator") != "Exists"
                && !text(wide, "key").is_empty()
                && text(wide, "value") == text(narrow, "value")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use apimachinery::tree;

    use super::*;

    fn class() -> Value {
        tree!({"overhead": {"podFixed": {"cpu": "100m"}}, "scheduling": {"nodeSelector": {"a": "b"},
            "tolerations": [{"key": "k", "operator": "Exists"}]}})
    }

    #[test]
    fn overhead_selector_and_tolerations_are_merged() {
        let mut pod = tree!({"spec": {"nodeSelector": {"c": "d"}, "tolerations": [
            {"key": "k", "operator": "Equal", "value": "v"}, {"key": "q", "operator": "Exists"}]}});
        merge(&mut pod, &class()).expect("they fit");
        let wanted = tree!({"spec": {"nodeSelector": {"c": "d", "a": "b"}, "tolerations": [
            {"key": "q", "operator": "Exists"}, {"key": "k", "operator": "Exists"}],
            "overhead": {"cpu": "100m"}}});
        assert_eq!(pod, wanted);
    }

    #[test]
    fn what_differs_from_the_class_is_refused() {
        let mut pod = tree!({"spec": {"nodeSelector": {"a": "z"}}});
        let cause = merge(&mut pod, &class()).expect_err("another node");
        assert_eq!(cause, "conflict: runtimeClass.scheduling.nodeSelector[a] = b; pod.spec.nodeSelector[a] = z");
        assert_eq!(merge(&mut tree!({"spec": {"overhead": {"cpu": "1"}}}), &class()), Err(MISMATCH.to_owned()));
        assert_eq!(merge(&mut tree!({"spec": {"overhead": {"cpu": "0.1"}}}), &class()), Ok(()));
    }
}
