//! What a Pod asks for as a whole: the sums over its containers. Pure arithmetic over an object tree.

use std::collections::BTreeMap;

use apimachinery::meta::string_entries;
use apimachinery::quantity::Quantity;
use apimachinery::value::Value;

/// Amounts by the name of what is measured, sorted.
pub type Amounts = BTreeMap<String, Quantity>;

/// Reads a `ResourceList`; what is no quantity is left out.
pub fn amounts(list: &Value) -> Amounts {
    let parsed = string_entries(list).map(|(name, text)| Some((name.to_owned(), Quantity::parse(text).ok()?)));
    parsed.flatten().collect()
}

/// A `ResourceList` as a tree.
pub fn to_value(amounts: &Amounts) -> Value {
    amounts.iter().map(|(name, amount)| (name.clone(), Value::from(amount.canonical()))).collect()
}

/// Adds every amount of `more`.
pub fn add(into: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        let sum = into.get(name).map_or_else(|| amount.clone(), |it| it.add(amount));
        into.insert(name.clone(), sum);
    }
}

/// Keeps the larger one of every amount.
fn raise(into: &mut Amounts, other: &Amounts) {
    for (name, amount) in other {
        if into.get(name).is_none_or(|it| it.compare(amount).is_lt()) {
            into.insert(name.clone(), amount.clone());
        }
    }
}

/// Which parts of a Pod count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Containers and the Pod's own `resources`.
    Spec,
    /// Also what containers still have from before a resize, and the overhead of the runtime.
    SpecStatusAndOverhead,
}

/// The sum of `requests` or `limits` of a Pod: init containers run one after the other, sidecars beside all others.
pub fn of_pod(pod: &Value, field: &str, counted: Counted) -> Amounts {
    let spec = pod.field("spec");
    let own = |container: &Value| {
        let mut own = amounts(container.at(&["resources", field]));
        if counted == Counted::SpecStatusAndOverhead {
            raise(&mut own, &amounts(granted(pod, container, field)));
        }
        own
    };
    let mut sum = Amounts::new();
    spec.items_at(&["containers"]).iter().for_each(|container| add(&mut sum, &own(container)));
    let (mut sidecars, mut at_start) = (Amounts::new(), Amounts::new());
    for container in spec.items_at(&["initContainers"]) {
        let own = own(container);
        if container.str_at(&["restartPolicy"]) == "Always" {
            add(&mut sum, &own);
            add(&mut sidecars, &own);
            raise(&mut at_start, &sidecars);
        } else {
            let mut together = own;
            add(&mut together, &sidecars);
            raise(&mut at_start, &together);
        }
    }
    raise(&mut sum, &at_start);
    let is_of_pods = |name: &str| matches!(name, "cpu" | "memory") || name.starts_with("hugepages-");
    let of_pod = amounts(spec.at(&["resources", field]));
    sum.extend(of_pod.into_iter().filter(|(name, _)| is_of_pods(name)));
    if counted == Counted::SpecStatusAndOverhead {
        let mut overhead = amounts(spec.field("overhead"));
        // Limits grow only where there are some.
        overhead.retain(|name, _| field == "requests" || sum.contains_key(name));
        add(&mut sum, &overhead);
    }
    sum
}

/// What the node has given a container.
fn granted<'a>(pod: &'a Value, container: &Value, field: &str) -> &'a Value {
    static NOTHING: Value = Value::Null;
    let lists = [&["status", "containerStatuses"], &["status", "initContainerStatuses"]];
    let mut statuses = lists.into_iter().flat_map(|list| pod.items_at(list));
    let status = statuses.find(|it| it.field("name") == container.field("name"));
    status.map_or(&NOTHING, |it| it.at(&["resources", field]))
}

/// Whether nothing of processor time or memory is asked for or limited.
pub fn is_best_effort(pod: &Value) -> bool {
    let spec = pod.field("spec");
    let asks = |owner: &Value| {
        ["requests", "limits"].iter().any(|field| {
            let list = amounts(owner.at(&["resources", field]));
            ["cpu", "memory"].iter().any(|name| list.get(*name).is_some_and(|it| it.sign() > 0))
        })
    };
    let containers = spec.items_at(&["containers"]).iter().chain(spec.items_at(&["initContainers"]));
    !asks(spec) && !containers.into_iter().any(asks)
}

#[cfg(test)]
mod tests {
    use apimachinery::tree;

    use super::*;

    fn container(cpu: &str) -> Value {
        tree!({"name": cpu, "resources": {"requests": {"cpu": cpu}}})
    }

    #[test]
    fn init_containers_count_one_at_a_time_and_sidecars_always() {
        let mut sidecar = container("200m");
        sidecar.set(&["restartPolicy"], "Always");
        let pod = tree!({"spec": {
            "containers": [(container("100m")), (container("300m"))],
            "initContainers": [(sidecar), (container("1"))],
            "overhead": {"cpu": "50m"}
        }});
        assert_eq!(of_pod(&pod, "requests", Counted::Spec)["cpu"].canonical(), "1200m");
        assert_eq!(of_pod(&pod, "requests", Counted::SpecStatusAndOverhead)["cpu"].canonical(), "1250m");
        assert!(of_pod(&pod, "limits", Counted::SpecStatusAndOverhead).is_empty());
        assert!(!is_best_effort(&pod));
        assert!(is_best_effort(&tree!({"spec": {"containers": [{"name": "a"}]}})));
    }
}
