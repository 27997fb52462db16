//! The quality-of-service class of a Pod.

use std::cmp::Ordering;

use apimachinery::quantity::Quantity;
use apimachinery::value::{Map, Value};

/// `Guaranteed`, `Burstable` or `BestEffort`, from the CPU and memory that the Pod asks for.
pub(super) fn class(pod: &Value) -> &'static str {
    let spec = pod.field("spec");
    let mut sums = Sums { requests: [None, None], limits: [None, None], has_all_limits: true };
    match spec.field("resources") {
        Value::Null => {
            for list in ["containers", "initContainers"] {
                spec.items_at(&[list]).iter().for_each(|it| sums.add(it.field("resources")));
            }
        }
        resources => sums.add(resources),
    }
    sums.class()
}

const NAMES: [&str; 2] = ["cpu", "memory"];

struct Sums {
    requests: [Option<Quantity>; 2],
    limits: [Option<Quantity>; 2],
    /// Every container limits both CPU and memory.
    has_all_limits: bool,
}

impl Sums {
    fn add(&mut self, resources: &Value) {
        for (at, name) in NAMES.iter().enumerate() {
            add(&mut self.requests[at], resources.field("requests").as_object(), name);
            let is_limited = add(&mut self.limits[at], resources.field("limits").as_object(), name);
            self.has_all_limits = self.has_all_limits && is_limited;
        }
    }

    fn class(&self) -> &'static str {
        let both = self.requests.iter().zip(&self.limits);
        if both.clone().all(|(request, limit)| request.is_none() && limit.is_none()) {
            return "BestEffort";
        }
        let is_equal = |(request, limit): (&Option<Quantity>, &Option<Quantity>)| match (request, limit) {
            (Some(request), Some(limit)) => request.compare(limit) == Ordering::Equal,
            (None, None) => true,
            _ => false,
        };
        if self.has_all_limits && both.clone().all(is_equal) { "Guaranteed" } else { "Burstable" }
    }
}

/// Adds a quantity that is more than zero; whether there was one.
fn add(sum: &mut Option<Quantity>, quantities: Option<&Map>, name: &str) -> bool {
    let found = quantities.and_then(|it| it.get(name)).and_then(Value::as_str);
    let Some(quantity) = found.and_then(|text| Quantity::parse(text).ok()).filter(|it| it.sign() > 0) else {
        return false;
    };
    *sum = Some(sum.take().map_or(quantity.clone(), |sum| sum.add(&quantity)));
    true
}

#[cfg(test)]
mod tests {
    use apimachinery::tree;

    use super::*;

    #[test]
    fn the_class_follows_from_requests_and_limits() {
        let pod = |resources: Value| tree!({"spec": {"containers": [{"resources": resources}]}});
        assert_eq!(class(&pod(tree!({}))), "BestEffort");
        assert_eq!(class(&pod(tree!({"requests": {"cpu": "1"}}))), "Burstable");
        let both = tree!({"cpu": "1", "memory": "1Gi"});
        assert_eq!(class(&pod(tree!({"requests": (both.clone()), "limits": (both.clone())}))), "Guaranteed");
        assert_eq!(class(&pod(tree!({"requests": {"cpu": "1", "memory": "1"}, "limits": (both)}))), "Burstable");
        assert_eq!(class(&pod(tree!({"limits": {"cpu": "1"}, "requests": {"cpu": "1"}}))), "Burstable");
    }
}
