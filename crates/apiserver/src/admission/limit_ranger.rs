//! LimitRanger: Pods and claims of a namespace get the defaults of its LimitRanges, and are held to their limits.

use api::pod_resources::{self, Amounts, Counted};
use apimachinery::meta::ObjectMeta;
use apimachinery::quantity::Quantity;
use apimachinery::status::Status;
use apimachinery::value::Value;
use registry::admission::{Attributes, Operation};

use super::{Dependencies, forbidden, is_core};

const ANNOTATION: &str = "kubernetes.io/limit-ranger";

/// Amounts up to which upstream reckons in thousandths.
const MILLI_VALUE_MAX: i64 = i64::MAX / 1_000;

pub(super) async fn admit(all: &Dependencies, attributes: &Attributes<'_>, object: &mut Value) -> Result<(), Status> {
    if !is_limited(attributes) || !is_core(attributes, "pods") {
        return Ok(());
    }
    for range in ranges(all, attributes).await? {
        set_defaults(&range, object);
    }
    Ok(())
}

pub(super) async fn validate(all: &Dependencies, attributes: &Attributes<'_>, object: &Value) -> Result<(), Status> {
    if !is_limited(attributes) {
        return Ok(());
    }
    for range in ranges(all, attributes).await? {
        let broken = match is_core(attributes, "pods") {
            true => broken_by_pod(&range, object),
            false => broken_by_claim(&range, object),
        };
        if let Some(cause) = aggregate(broken) {
            return Err(forbidden(attributes, object, cause));
        }
    }
    Ok(())
}

fn is_limited(attributes: &Attributes<'_>) -> bool {
    let is_pod = is_core(attributes, "pods");
    let is_write = match (attributes.info.subresource.as_str(), attributes.operation) {
        ("", Operation::Create) => is_pod || is_core(attributes, "persistentvolumeclaims"),
        ("", Operation::Update) => is_core(attributes, "persistentvolumeclaims"),
        ("resize", Operation::Update) => is_pod,
        _ => false,
    };
    is_write && attributes.old.deletion_timestamp().is_none()
}

async fn ranges(all: &Dependencies, attributes: &Attributes<'_>) -> Result<Vec<Value>, Status> {
    all.objects("", "limitranges", &attributes.info.namespace).await
}

/// Several causes as upstream's aggregate prints them.
fn aggregate(causes: Vec<String>) -> Option<String> {
    let mut kept: Vec<String> = Vec::new();
    for cause in causes {
        if !kept.contains(&cause) {
            kept.push(cause);
        }
    }
    match kept.len() {
        0 => None,
        1 => kept.pop(),
        _ => Some(format!("[{}]", kept.join(", "))),
    }
}

fn limits_of<'a>(range: &'a Value, kind: &'static str) -> impl Iterator<Item = &'a Value> {
    range.items_at(&["spec", "limits"]).iter().filter(move |limit| limit.str_at(&["type"]) == kind)
}

/// Sets requests and limits that containers lack, and notes in an annotation which.
fn set_defaults(range: &Value, pod: &mut Value) {
    let (mut requests, mut limits) = (Amounts::new(), Amounts::new());
    for limit in limits_of(range, "Container") {
        requests.extend(pod_resources::amounts(limit.field("defaultRequest")));
        limits.extend(pod_resources::amounts(limit.field("default")));
    }
    let mut notes = Vec::new();
    for (list, shown) in [("containers", "container"), ("initContainers", "init container")] {
        for container in pod.at_mut(&["spec", list]).and_then(Value::as_array_mut).into_iter().flatten() {
            let name = container.str_at(&["name"]).to_owned();
            let set_limits = fill(container, "limits", &limits);
            let set_requests = fill(container, "requests", &requests);
            for (set, what) in [(set_requests, "request"), (set_limits, "limit")] {
                if !set.is_empty() {
                    notes.push(format!("{} {what} for {shown} {name}", set.join(", ")));
                }
            }
        }
    }
    if !notes.is_empty() {
        let note = format!("LimitRanger plugin set: {}", notes.join("; "));
        pod.object_at(&["metadata", "annotations"]).insert(ANNOTATION, note);
    }
}

/// Adds the amounts that are absent and gives their names.
fn fill(container: &mut Value, field: &'static str, defaults: &Amounts) -> Vec<String> {
    if defaults.is_empty() {
        return Vec::new();
    }
    let own = container.object_at(&["resources", field]);
    let missing: Vec<String> = defaults.keys().filter(|name| !own.contains_key(name)).cloned().collect();
    for name in &missing {
        own.insert(name.clone(), defaults[name].canonical());
    }
    missing
}

fn broken_by_pod(range: &Value, pod: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    for limit in range.items_at(&["spec", "limits"]) {
        match limit.str_at(&["type"]) {
            "Container" => {
                let spec = pod.field("spec");
                for container in spec.items_at(&["containers"]).iter().chain(spec.items_at(&["initContainers"])) {
                    let of = |field: &str| pod_resources::amounts(container.at(&["resources", field]));
                    Checked { kind: "Container", requests: of("requests"), limits: of("limits") }
                        .check(limit, &mut broken);
                }
            }
            "Pod" => {
                let of = |field: &str| pod_resources::of_pod(pod, field, Counted::Spec);
                Checked { kind: "Pod", requests: of("requests"), limits: of("limits") }.check(limit, &mut broken);
            }
            _ => {}
        }
    }
    broken
}

fn broken_by_claim(range: &Value, claim: &Value) -> Vec<String> {
    const KIND: &str = "PersistentVolumeClaim";
    let requests = pod_resources::amounts(claim.at(&["spec", "resources", "requests"]));
    let checked = Checked { kind: KIND, requests, limits: Amounts::new() };
    let mut broken = Vec::new();
    for limit in limits_of(range, KIND) {
        for (name, enforced) in pod_resources::amounts(limit.field("min")) {
            broken.extend(checked.below(&name, &enforced));
        }
        for (name, enforced) in pod_resources::amounts(limit.field("max")) {
            broken.extend(checked.request_above(&name, &enforced));
        }
    }
    broken
}

/// What is asked for by a container, Pod or claim.
struct Checked {
    kind: &'static str,
    requests: Amounts,
    limits: Amounts,
}

/// Numbers that can be compared: thousandths unless one of them is too large.
fn comparable(request: Option<&Quantity>, limit: Option<&Quantity>, enforced: &Quantity) -> (i64, i64, i64) {
    let value = |it: Option<&Quantity>| it.map_or(0, Quantity::value);
    let milli_value = |it: Option<&Quantity>| it.map_or(0, Quantity::milli_value);
    let whole = (value(request), value(limit), enforced.value());
    match [whole.0, whole.1, whole.2].iter().all(|it| *it <= MILLI_VALUE_MAX) {
        true => (milli_value(request), milli_value(limit), enforced.milli_value()),
        false => whole,
    }
}

impl Checked {
    fn check(&self, limit: &Value, broken: &mut Vec<String>) {
        for (name, enforced) in pod_resources::amounts(limit.field("min")) {
            broken.extend(self.below(&name, &enforced));
        }
        for (name, enforced) in pod_resources::amounts(limit.field("max")) {
            broken.extend(self.above(&name, &enforced));
        }
        for (name, enforced) in pod_resources::amounts(limit.field("maxLimitRequestRatio")) {
            broken.extend(self.out_of_ratio(&name, &enforced));
        }
    }

    fn below(&self, name: &str, enforced: &Quantity) -> Option<String> {
        let (request, limit) = (self.requests.get(name), self.limits.get(name));
        let (requested, limited, wanted) = comparable(request, limit, enforced);
        let start = format!("minimum {name} usage per {} is {}", self.kind, enforced.canonical());
        match (request, limit) {
            (None, _) => Some(format!("{start}.  No request is specified")),
            (Some(request), _) if requested < wanted => {
                Some(format!("{start}, but request is {}", request.canonical()))
            }
            (_, Some(limit)) if limited < wanted => Some(format!("{start}, but limit is {}", limit.canonical())),
            _ => None,
        }
    }

    fn above(&self, name: &str, enforced: &Quantity) -> Option<String> {
        let (request, limit) = (self.requests.get(name), self.limits.get(name));
        let (requested, limited, most) = comparable(request, limit, enforced);
        let start = format!("maximum {name} usage per {} is {}", self.kind, enforced.canonical());
        match (request, limit) {
            (_, None) => Some(format!("{start}.  No limit is specified")),
            (_, Some(limit)) if limited > most => Some(format!("{start}, but limit is {}", limit.canonical())),
            (Some(request), _) if requested > most => Some(format!("{start}, but request is {}", request.canonical())),
            _ => None,
        }
    }

    fn request_above(&self, name: &str, enforced: &Quantity) -> Option<String> {
        let request = self.requests.get(name);
        let (requested, _, most) = comparable(request, None, enforced);
        let start = format!("maximum {name} usage per {} is {}", self.kind, enforced.canonical());
        match request {
            None => Some(format!("{start}.  No request is specified")),
            Some(request) if requested > most => Some(format!("{start}, but request is {}", request.canonical())),
            Some(_) => None,
        }
    }

    fn out_of_ratio(&self, name: &str, enforced: &Quantity) -> Option<String> {
        let (request, limit) = (self.requests.get(name), self.limits.get(name));
        let (requested, limited, _) = comparable(request, limit, enforced);
        let start = format!("{name} max limit to request ratio per {} is {}", self.kind, enforced.canonical());
        if requested == 0 {
            return Some(format!("{start}, but no request is specified or request is 0"));
        }
        if limited == 0 {
            return Some(format!("{start}, but no limit is specified or limit is 0"));
        }
        let ratio = limited as f64 / requested as f64;
        let is_exceeded = match enforced.value() <= MILLI_VALUE_MAX {
            true => ratio * 1_000.0 > enforced.milli_value() as f64,
            false => ratio > enforced.value() as f64,
        };
        is_exceeded.then(|| format!("{start}, but provided ratio is {ratio:.6}"))
    }
}

#[cfg(test)]
mod tests {
    use apimachinery::tree;

    use super::*;

    #[test]
    fn containers_get_what_they_lack_and_a_note_tells_what() {
        let range = tree!({"spec": {"limits": [{"type": "Container", "default": {"cpu": "2", "memory": "1Gi"},
            "defaultRequest": {"cpu": "1"}}]}});
        let mut pod = tree!({"spec": {"containers": [
            {"name": "a"}, {"name": "b", "resources": {"limits": {"cpu": "3", "memory": "2Gi"}}}]}});
        set_defaults(&range, &mut pod);
        assert_eq!(
            pod.str_at(&["metadata", "annotations", ANNOTATION]),
            "LimitRanger plugin set: cpu request for container a; cpu, memory limit for container a; cpu request for \
             container b"
        );
        assert_eq!(pod.items_at(&["spec", "containers"])[1].str_at(&["resources", "limits", "cpu"]), "3");
    }

    #[test]
    fn what_breaks_a_limit_is_told_as_upstream_does() {
        let range = tree!({"spec": {"limits": [
            {"type": "Container", "min": {"cpu": "500m"}, "max": {"memory": "1Gi"}, "maxLimitRequestRatio": {"cpu": "2"}},
            {"type": "Pod", "max": {"cpu": "1"}}]}});
        let pod = tree!({"spec": {"containers": [{"name": "a", "resources": {
            "requests": {"cpu": "100m"}, "limits": {"cpu": "2", "memory": "2Gi"}}}]}});
        assert_eq!(
            broken_by_pod(&range, &pod),
            [
                "minimum cpu usage per Container is 500m, but request is 100m",
                "maximum memory usage per Container is 1Gi, but limit is 2Gi",
                "cpu max limit to request ratio per Container is 2, but provided ratio is 20.000000",
                "maximum cpu usage per Pod is 1, but limit is 2",
            ]
        );
        let claims = tree!({"spec": {"limits": [{"type": "PersistentVolumeClaim", "min": {"storage": "2Gi"}}]}});
        let claim = tree!({"spec": {"resources": {"requests": {"storage": "1Gi"}}}});
        assert_eq!(
            broken_by_claim(&claims, &claim),
            ["minimum storage usage per PersistentVolumeClaim is 2Gi, but request is 1Gi"]
        );
    }
}
