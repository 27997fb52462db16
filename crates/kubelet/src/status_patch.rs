//! The patch that turns a status as stored into the one that is wanted. Pure.

use api::k8s_openapi::api::core::v1::{Pod, PodStatus};
use serde_json::{Map, Value, json};

use crate::pod::status::OWNED_CONDITIONS;

/// Lists whose entries are merged by that key on the server; any change replaces them here.
const MERGED_LISTS: [&str; 3] = ["podIPs", "hostIPs", "addresses"];
/// What is not the kubelet's in a Pod's status.
const FOREIGN: [&str; 5] = [
    "resourceClaimStatuses",
    "extendedResourceClaimStatus",
    "nodeAllocatableResourceClaimStatuses",
    "nominatedNodeName",
    "resize",
];

/// The strategic merge patch of a Pod's status; `None` when nothing differs.
pub fn pod_status_patch(uid: &str, base: &PodStatus, wanted: &PodStatus) -> Option<Vec<u8>> {
    let tree = |status: &PodStatus| {
        let bytes = api::typed::pod_json(&Pod { status: Some(status.clone()), ..Pod::default() });
        let mut whole: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        match whole.get_mut("status").map(Value::take) {
            Some(Value::Object(map)) => map,
            _ => Map::new(),
        }
    };
    let (mut base, mut wanted) = (tree(base), tree(wanted));
    for foreign in FOREIGN {
        base.remove(foreign);
        wanted.remove(foreign);
    }
    let status = status_patch(&base, &wanted, &OWNED_CONDITIONS)?;
    Some(json!({"metadata": {"uid": uid}, "status": status}).to_string().into_bytes())
}

/// The patch of any status: maps by entry, conditions by type (those in `owned` are removed when not wanted), lists
/// whole.
pub fn status_patch(base: &Map<String, Value>, wanted: &Map<String, Value>, owned: &[&str]) -> Option<Value> {
    let mut patch = differences(base, wanted);
    patch.remove("conditions");
    let conditions = conditions(base.get("conditions"), wanted.get("conditions"), owned);
    if !conditions.is_empty() {
        patch.insert("conditions".into(), Value::Array(conditions));
    }
    (!patch.is_empty()).then_some(Value::Object(patch))
}

fn differences(base: &Map<String, Value>, wanted: &Map<String, Value>) -> Map<String, Value> {
    let mut patch = Map::new();
    for (key, value) in wanted {
        let before = base.get(key);
        if before == Some(value) {
            continue;
        }
        let change = match (before, value) {
            (Some(Value::Object(before)), Value::Object(value)) => Value::Object(differences(before, value)),
            (Some(_), Value::Array(items)) if MERGED_LISTS.contains(&key.as_str()) => {
                let replace = json!({"$patch": "replace"});
                Value::Array(std::iter::once(replace).chain(items.iter().cloned()).collect())
            }
            _ => value.clone(),
        };
        patch.insert(key.clone(), change);
    }
    for key in base.keys().filter(|key| !wanted.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    patch
}

fn conditions(base: Option<&Value>, wanted: Option<&Value>, owned: &[&str]) -> Vec<Value> {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let type_of = |condition: &Value| condition.get("type").and_then(Value::as_str).unwrap_or("").to_owned();
    let (base, wanted) = (list(base), list(wanted));
    let find = |list: &[Value], name: &str| list.iter().find(|condition| type_of(condition) == name).cloned();
    let mut patch: Vec<Value> = Vec::new();
    for condition in &wanted {
        let before = find(&base, &type_of(condition));
        if before.as_ref() == Some(condition) {
            continue;
        }
        let mut change = condition.clone();
        // What the condition no longer has is taken away.
        let gone = before.iter().filter_map(Value::as_object).flat_map(Map::keys);
        for key in gone.filter(|key| condition.get(key.as_str()).is_none() && *key != "lastProbeTime") {
            change[key.as_str()] = Value::Null;
        }
        patch.push(change);
    }
    for name in owned.iter().filter(|name| find(&base, name).is_some() && find(&wanted, name).is_none()) {
        patch.push(json!({"$patch": "delete", "type": name}));
    }
    patch
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(text: Value) -> PodStatus {
        let pod = json!({"status": text}).to_string();
        api::typed::pod(pod.as_bytes()).expect("a Pod").status.expect("a status")
    }

    #[track_caller]
    fn check(base: Value, wanted: Value, expected: Option<Value>) {
        let patch = pod_status_patch("u", &status(base), &status(wanted));
        let patch = patch.map(|bytes| serde_json::from_slice::<Value>(&bytes).expect("JSON")["status"].take());
        assert_eq!(patch, expected);
    }

    #[test]
    fn only_what_differs_is_sent_and_what_is_gone_is_removed() {
        check(
            json!({"phase": "Pending", "message": "x", "hostIP": "1.1.1.1"}),
            json!({"phase": "Running", "hostIP": "1.1.1.1"}),
            Some(json!({"phase": "Running", "message": null})),
        );
        check(json!({"phase": "Running"}), json!({"phase": "Running"}), None);
    }

    #[test]
    fn conditions_of_others_stay_and_own_ones_change_by_type() {
        let ready = json!({"type": "Ready", "status": "False", "reason": "ContainersNotReady"});
        let foreign = json!({"type": "example.com/gate", "status": "True"});
        let old = json!({"type": "Initialized", "status": "True"});
        check(
            json!({"conditions": [ready, foreign, old]}),
            json!({"conditions": [{"type": "Ready", "status": "True"}]}),
            Some(
                json!({"conditions": [{"type": "Ready", "status": "True", "reason": null}, {"$patch": "delete", "type": "Initialized"}]}),
            ),
        );
    }

    #[test]
    fn addresses_are_replaced_as_a_whole() {
        check(
            json!({"podIPs": [{"ip": "10.0.0.1"}]}),
            json!({"podIPs": [{"ip": "10.0.0.2"}]}),
            Some(json!({"podIPs": [{"$patch": "replace"}, {"ip": "10.0.0.2"}]})),
        );
    }
}
