//! Priority: a Pod's class becomes its number and preemption policy; there is one default class at most.

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::value::Value;
use registry::admission::{Attributes, Operation};
use registry::request::ListOptions;

use super::{Dependencies, forbidden, is_core, is_write};

const GROUP: &str = "scheduling.k8s.io";

/// Classes that every cluster has.
const SYSTEM_CLASSES: [&str; 2] = ["system-cluster-critical", "system-node-critical"];

pub(super) async fn admit(all: &Dependencies, attributes: &Attributes<'_>, pod: &mut Value) -> Result<(), Status> {
    if !is_core(attributes, "pods") || !attributes.info.subresource.is_empty() {
        return Ok(());
    }
    match attributes.operation {
        Operation::Create => {
            let class = class_of(all, attributes, pod).await?;
            resolve(attributes, pod, &class)
        }
        Operation::Update => {
            keep(attributes.old, pod);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// An update that leaves the resolved fields out keeps them.
fn keep(old: &Value, pod: &mut Value) {
    for field in ["priority", "preemptionPolicy"] {
        let before = old.at(&["spec", field]);
        if pod.at(&["spec", field]).is_null() && !before.is_null() {
            pod.set(&["spec", field], before.clone());
        }
    }
}

struct Class {
    name: String,
    value: i64,
    preemption_policy: Option<String>,
}

impl Class {
    fn of(object: &Value) -> Class {
        let policy = object.str_at(&["preemptionPolicy"]);
        Class {
            name: object.name().to_owned(),
            value: object.i64_at(&["value"]).unwrap_or(0),
            preemption_policy: (!policy.is_empty()).then(|| policy.to_owned()),
        }
    }
}

async fn class_of(all: &Dependencies, attributes: &Attributes<'_>, pod: &Value) -> Result<Class, Status> {
    let name = pod.str_at(&["spec", "priorityClassName"]);
    if name.is_empty() {
        let none = || Class { name: String::new(), value: 0, preemption_policy: Some("PreemptLowerPriority".into()) };
        return Ok(default_class(all).await?.map_or_else(none, |object| Class::of(&object)));
    }
    match all.object(GROUP, "priorityclasses", "", name).await? {
        Some(object) => Ok(Class::of(&object)),
        None => Err(forbidden(attributes, pod, format!("no PriorityClass with name {name} was found"))),
    }
}

/// The default class; of several (after a race) the one with the lowest value.
async fn default_class(all: &Dependencies) -> Result<Option<Value>, Status> {
    let Some(classes) = all.registry.resource(GROUP, "v1", "priorityclasses") else { return Ok(None) };
    let options = ListOptions { resource_version: "0".into(), ..ListOptions::default() };
    let list = classes.list("", &options).await?;
    let parsed = list.items.iter().filter_map(|item| json::parse(&item.bytes).ok());
    Ok(parsed.filter(|it| it.bool_at(&["globalDefault"])).min_by_key(|it| it.i64_at(&["value"])))
}

fn resolve(attributes: &Attributes<'_>, pod: &mut Value, class: &Class) -> Result<(), Status> {
    let value = class.value;
    if let Some(given) = pod.i64_at(&["spec", "priority"])
        && given != value
    {
        return Err(forbidden(
            attributes,
            pod,
            format!(
                "the integer value of priority ({given}) must not be provided in pod spec; priority admission \
                 controller computed {value} from the given PriorityClass name"
            ),
        ));
    }
    if let Some(policy) = &class.preemption_policy {
        let given = pod.str_at(&["spec", "preemptionPolicy"]);
        if !given.is_empty() && given != policy {
            return Err(forbidden(
                attributes,
                pod,
                format!(
                    "the string value of PreemptionPolicy ({given}) must not be provided in pod spec; priority \
                     admission controller computed {policy} from the given PriorityClass name"
                ),
            ));
        }
        pod.set(&["spec", "preemptionPolicy"], policy.as_str());
    }
    if !class.name.is_empty() {
        pod.set(&["spec", "priorityClassName"], class.name.as_str());
    }
    pod.set(&["spec", "priority"], value);
    Ok(())
}

pub(super) async fn validate(all: &Dependencies, attributes: &Attributes<'_>, class: &Value) -> Result<(), Status> {
    let info = attributes.info;
    let is_class = info.group == GROUP && info.resource == "priorityclasses" && info.subresource.is_empty();
    if is_class && attributes.operation == Operation::Delete && SYSTEM_CLASSES.contains(&info.name.as_str()) {
        return Err(forbidden(attributes, class, "this is a system priority class and cannot be deleted"));
    }
    if !is_class || !is_write(attributes) || !class.bool_at(&["globalDefault"]) {
        return Ok(());
    }
    match default_class(all).await? {
        Some(other) if attributes.operation == Operation::Create || other.name() != class.name() => Err(forbidden(
            attributes,
            class,
            format!("PriorityClass {} is already marked as default. Only one default can exist", other.name()),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use apimachinery::group_version::GroupVersionKind;
    use apimachinery::tree;
    use registry::request::RequestInfo;

    fn resolve_pod(mut pod: Value) -> Result<Value, Status> {
        let info = RequestInfo { resource: "pods".into(), name: "x".into(), ..RequestInfo::default() };
        let old = Value::Null;
        let attributes = Attributes {
            info: &info,
            operation: Operation::Create,
            kind: GroupVersionKind::default(),
            old: &old,
            old_revision: 0,
        };
        let class = Class { name: "high".into(), value: 7, preemption_policy: Some("Never".into()) };
        resolve(&attributes, &mut pod, &class).map(|()| pod)
    }

    #[test]
    fn a_class_becomes_number_and_policy() {
        let pod = resolve_pod(tree!({"spec": {"priorityClassName": "high"}})).expect("good");
        let expected = tree!({"spec": {"priorityClassName": "high", "preemptionPolicy": "Never", "priority": 7}});
        assert_eq!(pod, expected);
    }

    #[test]
    fn another_number_or_policy_is_refused() {
        let refused = resolve_pod(tree!({"spec": {"priority": 8}})).expect_err("another number");
        assert_eq!(
            refused.message,
            "pods \"x\" is forbidden: the integer value of priority (8) must not be provided in pod spec; priority \
             admission controller computed 7 from the given PriorityClass name"
        );
        assert!(resolve_pod(tree!({"spec": {"preemptionPolicy": "PreemptLowerPriority"}})).is_err());
        assert!(resolve_pod(tree!({"spec": {"priority": 7}})).is_ok());
    }

    #[test]
    fn an_update_keeps_what_was_resolved() {
        let mut pod = tree!({"spec": {}});
        keep(&tree!({"spec": {"priority": 7, "preemptionPolicy": "Never"}}), &mut pod);
        assert_eq!(pod.i64_at(&["spec", "priority"]), Some(7));
        assert_eq!(pod.str_at(&["spec", "preemptionPolicy"]), "Never");
    }
}
