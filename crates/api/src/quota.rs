//! What an object uses of a ResourceQuota: the one count that admission charges and the quota controller checks.

use apimachinery::quantity::{Format, Quantity};
use apimachinery::selector::{Operator, Requirement};
use apimachinery::time;
use apimachinery::value::Value;

use crate::pod_resources::{self, Amounts, Counted};

/// Kinds that are counted under an older name too.
const ALIASES: [(&str, &str); 4] = [
    ("configmaps", "configmaps"),
    ("resourcequotas", "resourcequotas"),
    ("replicationcontrollers", "replicationcontrollers"),
    ("secrets", "secrets"),
];

/// Resources of Pods that a quota can name.
const POD_RESOURCES: [&str; 10] = [
    "pods",
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
];

/// Resources that every container must ask for, once a quota counts them.
const REQUIRED: [&str; 6] = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

const CLASS_INFIX: &str = ".storageclass.storage.k8s.io/";
const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

/// A kind, as quotas count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter<'a> {
    /// API group, `""` for core.
    pub group: &'a str,
    /// Plural name.
    pub plural: &'a str,
}

impl Counter<'_> {
    /// `count/pods`, `count/jobs.batch`
    pub fn count_name(&self) -> String {
        match self.group {
            "" => format!("count/{}", self.plural),
            group => format!("count/{}.{group}", self.plural),
        }
    }

    /// Whether it is this kind of the core group.
    pub fn is_core(&self, plural: &str) -> bool {
        self.group.is_empty() && self.plural == plural
    }

    /// Whether objects of the kind are more than a count.
    pub fn is_measured(&self) -> bool {
        ["pods", "services", "persistentvolumeclaims"].iter().any(|plural| self.is_core(plural))
    }

    /// Whether an object of this kind uses the resource of a quota with this name.
    pub fn uses(&self, resource: &str) -> bool {
        if resource == self.count_name() {
            return true;
        }
        match self.plural {
            _ if !self.group.is_empty() => false,
            "pods" => POD_RESOURCES.contains(&resource) || is_of_huge_pages(resource) || is_extended_request(resource),
            "services" => matches!(resource, "services" | "services.nodeports" | "services.loadbalancers"),
            "persistentvolumeclaims" => {
                let plain = resource.split_once(CLASS_INFIX).map_or(resource, |(_, rest)| rest);
                matches!(plain, "persistentvolumeclaims" | "requests.storage")
            }
            plural => ALIASES.iter().any(|(kind, alias)| *kind == plural && *alias == resource),
        }
    }

    /// What an object uses at `now_seconds` since the epoch.
    pub fn usage(&self, object: &Value, now_seconds: i64) -> Amounts {
        let mut used = Amounts::from([(self.count_name(), count(1))]);
        match self.plural {
            _ if !self.group.is_empty() => {}
            "pods" => pod_usage(object, now_seconds, &mut used),
            "services" => service_usage(object, &mut used),
            "persistentvolumeclaims" => claim_usage(object, &mut used),
            plural => {
                let aliases = ALIASES.iter().filter(|(kind, _)| *kind == plural);
                used.extend(aliases.map(|(_, alias)| ((*alias).to_owned(), count(1))));
            }
        }
        used
    }

    /// Whether the object is one that the quota with this `spec` is about.
    pub fn is_in_scope(&self, quota_spec: &Value, object: &Value) -> bool {
        let plain = quota_spec.items_at(&["scopes"]).iter().filter_map(Value::as_str);
        let selected = quota_spec.items_at(&["scopeSelector", "matchExpressions"]);
        plain.into_iter().all(|scope| self.matches_scope(scope, &Value::Null, object))
            && selected.iter().all(|it| self.matches_scope(it.str_at(&["scopeName"]), it, object))
    }

    /// `requirement` is null for a scope that is only named.
    fn matches_scope(&self, scope: &str, requirement: &Value, object: &Value) -> bool {
        let operator = requirement.str_at(&["operator"]);
        let is_named = |name: &str| match operator {
            "" | "Exists" => !name.is_empty(),
            _ => class_matches(scope, requirement, name),
        };
        match (self.plural, scope) {
            _ if !self.group.is_empty() => false,
            ("pods", "Terminating") => is_terminating(object),
            ("pods", "NotTerminating") => !is_terminating(object),
            ("pods", "BestEffort") => pod_resources::is_best_effort(object),
            ("pods", "NotBestEffort") => !pod_resources::is_best_effort(object),
            ("pods", "PriorityClass") => is_named(object.str_at(&["spec", "priorityClassName"])),
            ("pods", "CrossNamespacePodAffinity") => looks_into_other_namespaces(object),
            ("persistentvolumeclaims", "VolumeAttributesClass") => {
                let wanted = object.str_at(&["spec", "volumeAttributesClassName"]);
                let current = object.str_at(&["status", "currentVolumeAttributesClassName"]);
                let target = object.str_at(&["status", "modifyVolumeStatus", "targetVolumeAttributesClassName"]);
                let names: Vec<&str> = [wanted, current, target].into_iter().filter(|it| !it.is_empty()).collect();
                if names.is_empty() { is_named("") } else { names.into_iter().any(is_named) }
            }
            _ => false,
        }
    }
}

fn count(number: i64) -> Quantity {
    Quantity::from_i64(number, Format::DecimalSi)
}

fn is_of_huge_pages(resource: &str) -> bool {
    resource.starts_with("hugepages-") || resource.starts_with("requests.hugepages-")
}

/// `requests.nvidia.com/gpu`
fn is_extended_request(resource: &str) -> bool {
    resource.starts_with("requests.") && resource.contains('/') && !resource.contains("kubernetes.io/")
}

fn class_matches(scope: &str, requirement: &Value, name: &str) -> bool {
    let values = requirement.items_at(&["values"]).iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let operator = match requirement.str_at(&["operator"]) {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "DoesNotExist" => Operator::DoesNotExist,
        _ => return false,
    };
    Requirement::new(scope, operator, values).is_ok_and(|it| it.holds(Some(name).filter(|it| !it.is_empty())))
}

/// Whether the Pod ends by itself after some time.
pub fn is_terminating(pod: &Value) -> bool {
    pod.i64_at(&["spec", "activeDeadlineSeconds"]).is_some_and(|it| it >= 0)
}

fn looks_into_other_namespaces(pod: &Value) -> bool {
    let looks = |term: &Value| !term.items_at(&["namespaces"]).is_empty() || !term.field("namespaceSelector").is_null();
    ["podAffinity", "podAntiAffinity"].iter().any(|kind| {
        let affinity = pod.at(&["spec", "affinity", kind]);
        let required = affinity.items_at(&["requiredDuringSchedulingIgnoredDuringExecution"]);
        let preferred = affinity.items_at(&["preferredDuringSchedulingIgnoredDuringExecution"]);
        required.iter().any(looks) || preferred.iter().any(|it| looks(it.field("podAffinityTerm")))
    })
}

/// Whether a Pod still counts: it has not ended, and is not overdue to be gone.
pub fn is_charged(pod: &Value, now_seconds: i64) -> bool {
    if matches!(pod.str_at(&["status", "phase"]), "Failed" | "Succeeded") {
        return false;
    }
    let deletion = time::parse(pod.str_at(&["metadata", "deletionTimestamp"]));
    let grace = pod.i64_at(&["metadata", "deletionGracePeriodSeconds"]);
    match (deletion, grace) {
        (Some(deletion), Some(grace)) => now_seconds <= deletion.as_second().saturating_add(grace),
        _ => true,
    }
}

fn pod_usage(pod: &Value, now_seconds: i64, used: &mut Amounts) {
    if !is_charged(pod, now_seconds) {
        return;
    }
    let requests = pod_resources::of_pod(pod, "requests", Counted::SpecStatusAndOverhead);
    let limits = pod_resources::of_pod(pod, "limits", Counted::SpecStatusAndOverhead);
    used.extend(compute_usage(&requests, &limits));
}

/// Requests and limits under the names that quotas have for them.
fn compute_usage(requests: &Amounts, limits: &Amounts) -> Amounts {
    let mut used = Amounts::from([("pods".to_owned(), count(1))]);
    for (name, amount) in requests {
        let is_plain =
            matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
        let is_extended = name.contains('/') && !name.contains("kubernetes.io/");
        if is_plain {
            used.insert(name.clone(), amount.clone());
        }
        if is_plain || is_extended {
            used.insert(format!("requests.{name}"), amount.clone());
        }
    }
    for (name, amount) in limits {
        if matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage") {
            used.insert(format!("limits.{name}"), amount.clone());
        }
    }
    used
}

/// What a Pod lacks that a quota over `resources` demands (`Constraints`).
pub fn missing_of_pod(resources: &[String], pod: &Value) -> Result<(), String> {
    let spec = pod.field("spec");
    let has_own = ["requests", "limits"]
        .iter()
        .any(|field| spec.at(&["resources", field]).as_object().is_some_and(|it| !it.is_empty()));
    if has_own {
        return Ok(());
    }
    let mut required: Vec<&str> = resources.iter().map(String::as_str).filter(|name| REQUIRED.contains(name)).collect();
    required.sort_unstable();
    let containers: Vec<&Value> =
        spec.items_at(&["containers"]).iter().chain(spec.items_at(&["initContainers"])).collect();
    let mut missing = Vec::new();
    for resource in required {
        let lacks = containers.iter().filter(|container| {
            let amounts = |field: &str| pod_resources::amounts(container.at(&["resources", field]));
            !compute_usage(&amounts("requests"), &amounts("limits")).contains_key(resource)
        });
        let mut names: Vec<&str> = lacks.map(|container| container.str_at(&["name"])).collect();
        names.sort_unstable();
        names.dedup();
        if !names.is_empty() {
            missing.push(format!("{resource} for: {}", names.join(",")));
        }
    }
    match missing.is_empty() {
        true => Ok(()),
        false => Err(format!("must specify {}", missing.join("; "))),
    }
}

fn service_usage(service: &Value, used: &mut Amounts) {
    let ports = service.items_at(&["spec", "ports"]);
    let given = ports.iter().filter(|port| port.i64_at(&["nodePort"]).unwrap_or(0) != 0).count();
    let spec = service.field("spec");
    let (node_ports, balancers) = match spec.str_at(&["type"]) {
        "NodePort" => (ports.len(), 0),
        "LoadBalancer" if spec.field("allocateLoadBalancerNodePorts").as_bool() == Some(false) => (given, 1),
        "LoadBalancer" => (ports.len(), 1),
        _ => (0, 0),
    };
    used.insert("services".to_owned(), count(1));
    used.insert("services.nodeports".to_owned(), count(node_ports as i64));
    used.insert("services.loadbalancers".to_owned(), count(balancers));
}

fn claim_usage(claim: &Value, used: &mut Amounts) {
    let annotation = claim.at(&["metadata", "annotations", CLASS_ANNOTATION]).as_str();
    let class = annotation.unwrap_or(claim.str_at(&["spec", "storageClassName"]));
    let requested = Quantity::parse(claim.str_at(&["spec", "resources", "requests", "storage"])).ok();
    let allocated = Quantity::parse(claim.str_at(&["status", "allocatedResources", "storage"])).ok();
    let storage = match (requested, allocated) {
        (Some(requested), Some(allocated)) if allocated.compare(&requested).is_gt() => Some(allocated),
        (requested, _) => requested,
    };
    let mut charge = |name: &str, amount: Quantity| {
        if !class.is_empty() {
            used.insert(format!("{class}{CLASS_INFIX}{name}"), amount.clone());
        }
        used.insert(name.to_owned(), amount);
    };
    charge("persistentvolumeclaims", count(1));
    if let Some(storage) = storage {
        charge("requests.storage", whole(storage));
    }
}

/// A whole number of bytes.
fn whole(amount: Quantity) -> Quantity {
    match amount.milli_value() % 1_000 {
        0 => amount,
        _ => Quantity::from_i64(amount.value(), amount.format()),
    }
}

#[cfg(test)]
mod tests {
    use apimachinery::tree;

    use super::*;

    const PODS: Counter<'_> = Counter { group: "", plural: "pods" };

    fn text(amounts: &Amounts) -> String {
        amounts.iter().map(|(name, amount)| format!("{name}={}", amount.canonical())).collect::<Vec<_>>().join(" ")
    }

    fn used(counter: Counter<'_>, object: Value) -> String {
        text(&counter.usage(&object, 0))
    }

    #[test]
    fn a_pod_uses_what_it_asks_for_until_it_ends() {
        let mut pod = tree!({"spec": {"containers": [{"name": "a", "resources": {
            "requests": {"cpu": "1", "a.b/gpu": "2"}, "limits": {"memory": "1Gi"}}}]}});
        assert_eq!(
            used(PODS, pod.clone()),
            "count/pods=1 cpu=1 limits.memory=1Gi pods=1 requests.a.b/gpu=2 requests.cpu=1"
        );
        pod.set(&["status", "phase"], "Succeeded");
        assert_eq!(used(PODS, pod), "count/pods=1");
    }

    #[test]
    fn services_claims_and_other_kinds_are_counted() {
        let service = tree!({"spec": {"type": "LoadBalancer", "ports": [{}, {}]}});
        assert_eq!(
            used(Counter { group: "", plural: "services" }, service),
            "count/services=1 services=1 services.loadbalancers=1 services.nodeports=2"
        );
        let claim = tree!({"spec": {"storageClassName": "g", "resources": {"requests": {"storage": "1.5"}}}});
        assert_eq!(
            used(Counter { group: "", plural: "persistentvolumeclaims" }, claim),
            "count/persistentvolumeclaims=1 g.storageclass.storage.k8s.io/persistentvolumeclaims=1 \
             g.storageclass.storage.k8s.io/requests.storage=2 persistentvolumeclaims=1 requests.storage=2"
        );
        assert_eq!(used(Counter { group: "batch", plural: "jobs" }, tree!({})), "count/jobs.batch=1");
        assert_eq!(used(Counter { group: "", plural: "secrets" }, tree!({})), "count/secrets=1 secrets=1");
    }

    #[test]
    fn scopes_choose_pods() {
        let best = tree!({"spec": {"containers": [{"name": "a"}], "priorityClassName": "high"}});
        let is_in = |spec: Value| PODS.is_in_scope(&spec, &best);
        assert!(is_in(tree!({"scopes": ["BestEffort", "NotTerminating"]})));
        assert!(!is_in(tree!({"scopes": ["Terminating"]})));
        let classes = |operator: &str| {
            tree!({"scopeSelector": {"matchExpressions": [
                {"scopeName": "PriorityClass", "operator": operator, "values": ["high"]}]}})
        };
        assert!(is_in(classes("In")));
        assert!(!is_in(classes("NotIn")));
        assert!(!Counter { group: "", plural: "services" }.is_in_scope(&tree!({"scopes": ["BestEffort"]}), &best));
    }

    #[test]
    fn a_quota_over_compute_resources_demands_them_of_every_container() {
        let pod =
            tree!({"spec": {"containers": [{"name": "b"}, {"name": "a", "resources": {"limits": {"cpu": "1"}}}]}});
        let resources = ["limits.cpu".to_owned(), "pods".to_owned(), "memory".to_owned()];
        let missing = missing_of_pod(&resources, &pod).expect_err("containers ask for nothing");
        assert_eq!(missing, "must specify limits.cpu for: b; memory for: a,b");
    }
}
