//! Resource requests and limits.

use std::cmp::Ordering;

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::names;
use apimachinery::quantity::Quantity;
use apimachinery::value::{Map, Value};

use crate::rules;

const HUGE_PAGES: &str = "hugepages-";

/// Names without a domain that have a meaning somewhere (quotas, nodes, containers).
const STANDARD: &[&str] = &[
    "cpu",
    "memory",
    "ephemeral-storage",
    "storage",
    "pods",
    "resourcequotas",
    "services",
    "services.nodeports",
    "services.loadbalancers",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "requests.storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
];

/// Checks the `resources` of a container, or of a Pod as a whole.
pub(super) fn validate(resources: &Value, is_pod_level: bool, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (limits, requests) = (resources.field("limits").as_object(), resources.field("requests").as_object());
    for (field, quantities) in [("limits", limits), ("requests", requests)] {
        for (name, quantity) in entries(quantities) {
            let path = path.child(field).key(name);
            validate_name(name, is_pod_level, &path, errors);
            validate_quantity(name, quantity, &path, errors);
        }
    }
    for (name, request) in entries(requests) {
        let limit = limits.and_then(|it| it.get(name)).and_then(Value::as_str);
        validate_request(name, request, limit, path, errors);
    }
    let uses = |wanted: &dyn Fn(&str) -> bool| entries(limits).chain(entries(requests)).any(|(name, _)| wanted(name));
    let is_computing = |name: &str| matches!(name, "cpu" | "memory");
    if uses(&|name| name.starts_with(HUGE_PAGES)) && !uses(&is_computing) {
        errors.push(FieldError::forbidden(path, "HugePages require cpu or memory"));
    }
}

fn entries(quantities: Option<&Map>) -> impl Iterator<Item = (&str, &str)> {
    quantities.into_iter().flat_map(Map::iter).map(|(name, quantity)| (name, quantity.as_str().unwrap_or("")))
}

fn validate_request(name: &str, request: &str, limit: Option<&str>, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let Some(limit_text) = limit else {
        if !allows_overcommit(name) {
            let detail = "Limit must be set for non overcommitable resources";
            errors.push(FieldError::required(&path.child("limits"), detail));
        }
        return;
    };
    let (Ok(quantity), Ok(limit)) = (Quantity::parse(request), Quantity::parse(limit_text)) else { return };
    let order = quantity.compare(&limit);
    let relation = match allows_overcommit(name) {
        false if order != Ordering::Equal => "equal to",
        true if order == Ordering::Greater => "less than or equal to",
        _ => return,
    };
    let detail = format!("must be {relation} {name} limit of {}", limit.canonical());
    errors.push(FieldError::invalid(&path.child("requests"), quantity.canonical().as_str(), detail));
}

fn validate_name(name: &str, is_pod_level: bool, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let messages = names::qualified_name(name);
    let is_qualified = messages.is_empty();
    rules::invalid_each(path, name, messages, errors);
    let mut refuse = |detail: &str| errors.push(FieldError::invalid(path, name, detail));
    if is_pod_level {
        if !is_pod_level_name(name) {
            refuse("must be a standard resource for pods");
        }
        return;
    }
    if !name.contains('/') {
        let is_huge = name.starts_with(HUGE_PAGES);
        if is_qualified && !is_huge && !STANDARD.contains(&name) {
            refuse("must be a standard resource type or fully qualified");
        }
        if !is_huge && !matches!(name, "cpu" | "memory" | "ephemeral-storage") {
            refuse("must be a standard resource for containers");
        }
    } else if !is_native(name) && !is_extended(name) {
        refuse("doesn't follow extended resource name standard");
    }
}

fn validate_quantity(name: &str, text: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let Ok(quantity) = Quantity::parse(text) else { return };
    if quantity.sign() < 0 {
        errors.push(FieldError::invalid(path, text, "must be greater than or equal to 0"));
    }
    if is_extended(name) && quantity.milli_value() % 1_000 != 0 {
        errors.push(FieldError::invalid(path, text, "must be an integer"));
    }
}

/// Resources of Kubernetes itself.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Resources that someone else counts, such as GPUs.
fn is_extended(name: &str) -> bool {
    let is_foreign = !is_native(name) && !name.starts_with("requests.");
    is_foreign && names::qualified_name(&format!("requests.{name}")).is_empty()
}

/// Whether limits may be more than what was asked for.
pub(super) fn allows_overcommit(name: &str) -> bool {
    is_native(name) && !name.starts_with(HUGE_PAGES)
}

/// Whether the Pod as a whole may ask for it.
pub(super) fn is_pod_level(name: &str) -> bool {
    is_pod_level_name(name)
}

fn is_pod_level_name(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || name.starts_with(HUGE_PAGES)
}

/// What the containers ask for together: the sum of those that run at once, or the most that one init container
/// needs before.
pub(super) fn aggregate_requests(spec: &Value, is_sidecar: fn(&Value) -> bool) -> Vec<(String, Quantity)> {
    let mut sums: Vec<(String, Quantity)> = Vec::new();
    for container in spec.items_at(&["containers"]) {
        add(&mut sums, container);
    }
    let mut sidecars: Vec<(String, Quantity)> = Vec::new();
    let mut most: Vec<(String, Quantity)> = Vec::new();
    for container in spec.items_at(&["initContainers"]) {
        let mut now = sidecars.clone();
        add(&mut now, container);
        if is_sidecar(container) {
            add(&mut sums, container);
            sidecars.clone_from(&now);
        }
        raise(&mut most, now);
    }
    raise(&mut sums, most);
    sums
}

fn add(sums: &mut Vec<(String, Quantity)>, container: &Value) {
    for (name, text) in entries(container.at(&["resources", "requests"]).as_object()) {
        let Ok(quantity) = Quantity::parse(text) else { continue };
        match sums.iter_mut().find(|(found, _)| found == name) {
            Some((_, sum)) => *sum = sum.add(&quantity),
            None => sums.push((name.to_owned(), quantity)),
        }
    }
}

/// Takes the larger one of each.
fn raise(most: &mut Vec<(String, Quantity)>, others: Vec<(String, Quantity)>) {
    for (name, quantity) in others {
        match most.iter_mut().find(|(found, _)| *found == name) {
            Some((_, largest)) if quantity.compare(largest) == Ordering::Greater => *largest = quantity,
            Some(_) => {}
            None => most.push((name, quantity)),
        }
    }
}

/// The Pod as a whole asks for at least what its containers ask for, and no container may use more than it.
pub(super) fn validate_sums(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let requests = spec.at(&["resources", "requests"]).as_object();
    for (name, sum) in aggregate_requests(spec, super::is_restartable) {
        let found = requests.and_then(|it| it.get(&name)).and_then(Value::as_str);
        let Some(Ok(request)) = found.map(Quantity::parse) else { continue };
        if sum.compare(&request) == Ordering::Greater {
            let sum = sum.canonical();
            let detail = format!("must be greater than or equal to aggregate container requests of {sum}");
            let value = request.canonical();
            errors.push(FieldError::invalid(&path.child("requests").key(&name), value.as_str(), detail));
        }
    }
}
