//! Resource requests and limits of containers and of Pods as a whole.

use std::cmp::Ordering;

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::meta::string_entries;
use apimachinery::names;
use apimachinery::quantity::Quantity;
use apimachinery::value::Value;

use super::{claims, is_sidecar};
use crate::rules;

const HUGE_PAGES: &str = "hugepages-";

/// Names without a domain that have a meaning somewhere (quotas, nodes, containers).
pub const STANDARD: &[&str] = &[
    "configmaps",
    "cpu",
    "ephemeral-storage",
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "memory",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
    "requests.storage",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
    "storage",
];

/// Names of things that are counted.
const COUNTED: &[&str] = &[
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];

type NameRule = fn(&str, &FieldPath, &mut Vec<FieldError>);

/// Amounts by name, sorted.
pub(in super::super) type Amounts = std::collections::BTreeMap<String, Quantity>;

/// Checks `resources` of a container.
pub fn validate_container(resources: &Value, spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    requirements(resources, container_name, path, errors);
    claims::validate_references(resources.items_at(&["claims"]), spec, &path.child("claims"), errors);
}

/// Checks `overhead`: limits of containers, to upstream.
pub fn validate_overhead(overhead: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    validate_limits(overhead, path, errors);
}

/// Checks amounts as if they were the `limits` of a container at this path.
pub fn validate_limits(amounts: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let resources = apimachinery::tree!({"limits": (amounts.clone())});
    requirements(&resources, container_name, path, errors);
}

/// Checks `resources` of a `PodSpec`, also against those of its containers.
pub fn validate_pod_level(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (resources, path) = (spec.field("resources"), path.child("resources"));
    if resources.is_null() {
        return;
    }
    if spec.str_at(&["os", "name"]) == "windows" {
        return errors.push(FieldError::forbidden(&path, "may not be set for a windows pod"));
    }
    if !resources.field("claims").is_null() {
        let detail = "claims may not be set for Resources at pod-level";
        errors.push(FieldError::forbidden(&path.child("claims"), detail));
    }
    requirements(resources, pod_name, &path, errors);
    claims::validate_references(resources.items_at(&["claims"]), spec, &path.child("claims"), errors);
    validate_sums(spec, &path, errors);
}

fn requirements(resources: &Value, name_rule: NameRule, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let (mut computes, mut has_huge_pages) = (false, false);
    for field in ["limits", "requests"] {
        for (name, text) in string_entries(resources.field(field)) {
            let Ok(quantity) = Quantity::parse(text) else { continue };
            let key_path = path.child(field).key(name);
            name_rule(name, &key_path, errors);
            validate_quantity(name, &quantity, &key_path, errors);
            if field == "requests" {
                let limit = resources.at(&["limits", name]).as_str().and_then(|it| Quantity::parse(it).ok());
                validate_request(name, &quantity, limit.as_ref(), path, errors);
            }
            if name.starts_with(HUGE_PAGES) {
                has_huge_pages = true;
                if !is_divisible(name, &quantity) {
                    let text = quantity.canonical();
                    let detail = format!("{text} is not positive integer multiple of {name}");
                    errors.push(FieldError::invalid(&key_path, text.as_str(), detail));
                }
            }
            computes |= matches!(name, "cpu" | "memory");
        }
    }
    if has_huge_pages && !computes {
        errors.push(FieldError::forbidden(path, "HugePages require cpu or memory"));
    }
}

fn validate_request(
    name: &str,
    request: &Quantity,
    limit: Option<&Quantity>,
    path: &FieldPath,
    errors: &mut Vec<FieldError>,
) {
    let Some(limit) = limit else {
        if !allows_overcommit(name) {
            let detail = "Limit must be set for non overcommitable resources";
            errors.push(FieldError::required(&path.child("limits"), detail));
        }
        return;
    };
    let relation = match request.compare(limit) {
        Ordering::Equal => return,
        _ if !allows_overcommit(name) => "equal to",
        Ordering::Greater => "less than or equal to",
        Ordering::Less => return,
    };
    let detail = format!("must be {relation} {name} limit of {}", limit.canonical());
    errors.push(FieldError::invalid(&path.child("requests"), request.canonical().as_str(), detail));
}

/// A resource of Kubernetes, or one with a domain.
pub fn standard_name(name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let messages = names::qualified_name(name);
    if !messages.is_empty() {
        return rules::invalid_each(path, name, messages, errors);
    }
    let is_huge = name.starts_with(HUGE_PAGES) || name.starts_with("requests.hugepages-");
    if !name.contains('/') && !is_huge && !STANDARD.contains(&name) {
        let detail = "must be a standard resource type or fully qualified";
        errors.push(FieldError::invalid(path, name, detail));
    }
}

/// A resource that containers can have.
pub fn container_name(name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    standard_name(name, path, errors);
    let is_plain = name.matches('/').count() == 0;
    let is_of_containers = matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with(HUGE_PAGES);
    if is_plain && !is_of_containers {
        errors.push(FieldError::invalid(path, name, "must be a standard resource for containers"));
    } else if !is_plain && !is_native(name) && !is_extended(name) {
        errors.push(FieldError::invalid(path, name, "doesn't follow extended resource name standard"));
    }
}

fn pod_name(name: &str, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let before = errors.len();
    standard_name(name, path, errors);
    if errors.len() == before && !is_pod_level(name) {
        errors.push(FieldError::not_supported(path, name, &["cpu", HUGE_PAGES, "memory"]));
    }
}

/// An amount of a resource: not negative, whole where things are counted.
pub fn validate_quantity(name: &str, quantity: &Quantity, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let text = quantity.canonical();
    if quantity.sign() < 0 {
        errors.push(FieldError::invalid(path, text.as_str(), "must be greater than or equal to 0"));
    }
    if (COUNTED.contains(&name) || is_extended(name)) && quantity.milli_value() % 1_000 != 0 {
        errors.push(FieldError::invalid(path, text.as_str(), "must be an integer"));
    }
}

/// Whether it is a whole number of the pages that the name tells the size of.
fn is_divisible(name: &str, quantity: &Quantity) -> bool {
    let size = name.strip_prefix(HUGE_PAGES).and_then(|it| Quantity::parse(it).ok());
    size.is_some_and(|size| {
        size.sign() > 0 && size.milli_value() % 1_000 == 0 && size.value() != 0 && quantity.value() % size.value() == 0
    })
}

/// Resources of Kubernetes itself.
pub fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Resources that someone else counts, such as GPUs.
pub fn is_extended(name: &str) -> bool {
    let is_foreign = !is_native(name) && !name.starts_with("requests.");
    is_foreign && names::qualified_name(&format!("requests.{name}")).is_empty()
}

/// Whether limits may be more than what was asked for.
pub fn allows_overcommit(name: &str) -> bool {
    is_native(name) && !name.starts_with(HUGE_PAGES)
}

/// Whether the Pod as a whole may ask for it.
pub fn is_pod_level(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || name.starts_with(HUGE_PAGES)
}

/// Whether it is a huge page size.
pub fn is_huge_pages(name: &str) -> bool {
    name.starts_with(HUGE_PAGES)
}

/// What the containers have in `field` together: the sum of those that run at once, or the most that one init
/// container needs before.
pub fn aggregate(spec: &Value, field: &str) -> Amounts {
    let mut sums = Amounts::new();
    for container in spec.items_at(&["containers"]) {
        add(&mut sums, container, field);
    }
    let (mut sidecars, mut most) = (Amounts::new(), Amounts::new());
    for container in spec.items_at(&["initContainers"]) {
        let mut now = sidecars.clone();
        add(&mut now, container, field);
        if is_sidecar(container) {
            add(&mut sums, container, field);
            sidecars.clone_from(&now);
        }
        raise(&mut most, now);
    }
    raise(&mut sums, most);
    sums
}

fn add(sums: &mut Amounts, container: &Value, field: &str) {
    for (name, text) in string_entries(container.at(&["resources", field])) {
        let Ok(quantity) = Quantity::parse(text) else { continue };
        let sum = sums.get(name).map_or_else(|| quantity.clone(), |sum| sum.add(&quantity));
        sums.insert(name.to_owned(), sum);
    }
}

/// Takes the larger one of each.
fn raise(most: &mut Amounts, others: Amounts) {
    for (name, quantity) in others {
        if most.get(&name).is_none_or(|largest| quantity.compare(largest) == Ordering::Greater) {
            most.insert(name, quantity);
        }
    }
}

/// The Pod as a whole asks for at least what its containers ask for, and no container may use more than it.
fn validate_sums(spec: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let of_pod =
        |field: &str, name: &str| spec.at(&["resources", field, name]).as_str().and_then(|it| Quantity::parse(it).ok());
    for (field, sums) in [("requests", aggregate(spec, "requests")), ("limits", aggregate(spec, "limits"))] {
        for (name, sum) in sums.iter().filter(|(name, _)| field == "requests" || is_huge_pages(name)) {
            let Some(own) = of_pod(field, name).filter(|own| sum.compare(own) == Ordering::Greater) else { continue };
            let detail = format!("must be greater than or equal to aggregate container {field} of {}", sum.canonical());
            errors.push(FieldError::invalid(&path.child(field).key(name), own.canonical().as_str(), detail));
        }
    }
    for (at, container) in spec.items_at(&["containers"]).iter().enumerate() {
        for (name, text) in string_entries(container.at(&["resources", "limits"])) {
            let (Ok(limit), Some(own)) = (Quantity::parse(text), of_pod("limits", name)) else { continue };
            if limit.compare(&own) == Ordering::Greater {
                let path = path.child("containers").index(at).key(name).child("limits");
                let detail = format!("must be less than or equal to pod limits of {}", own.canonical());
                errors.push(FieldError::invalid(&path, limit.canonical().as_str(), detail));
            }
        }
    }
}
