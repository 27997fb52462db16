//! NodeRestriction: a node changes only itself, its lease, and the Pods that are bound to it.

use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::value::{Map, Value};
use registry::admission::{Attributes, Operation};

use super::{Dependencies, forbidden};
use crate::authorization::Attributes as Question;
use crate::authorization::node::{PodReferences, node_identity};

const MIRROR_ANNOTATION: &str = "kubernetes.io/config.mirror";

pub(super) async fn admit(all: &Dependencies, attributes: &Attributes<'_>, object: &Value) -> Result<(), Status> {
    let info = attributes.info;
    let Some(node) = node_identity(&info.user) else { return Ok(()) };
    let refuse = |cause: String| Err(forbidden(attributes, object, cause));
    if node.is_empty() {
        return refuse(format!("could not determine node from user {:?}", info.user.name));
    }
    match (info.group.as_str(), info.resource.as_str(), info.subresource.as_str()) {
        ("", "pods", "") => pod(all, attributes, object, node).await,
        ("", "pods", "status") => pod_status(attributes, object, node),
        ("", "pods", "eviction") => pod_eviction(all, attributes, object, node).await,
        ("", "pods", other) => {
            refuse(format!("unexpected pod subresource {other:?}, only 'status' and 'eviction' are allowed"))
        }
        ("", "nodes", _) => node_object(attributes, object, node).or_else(refuse),
        ("", "persistentvolumeclaims", _) => refuse("may only update PVC status".into()),
        ("", "serviceaccounts", "token") => token(all, attributes, object, node).await,
        ("coordination.k8s.io", "leases", _) => lease(attributes, object, node).or_else(refuse),
        _ => Ok(()),
    }
}

async fn pod(all: &Dependencies, attributes: &Attributes<'_>, object: &Value, node: &str) -> Result<(), Status> {
    match attributes.operation {
        Operation::Create => {
            mirror_pod(object, node).map_err(|cause| forbidden(attributes, object, cause))?;
            let own = all.live_object("nodes", "", node).await?;
            let owner = object.owner_references().first().map(|owner| owner.uid.clone()).unwrap_or_default();
            match owner == own.uid() {
                true => Ok(()),
                false => {
                    let cause = format!("node {node} UID mismatch: expected {owner} got {}", own.uid());
                    Err(forbidden(attributes, object, cause))
                }
            }
        }
        Operation::Delete => {
            let bound = attributes.old.str_at(&["spec", "nodeName"]).to_owned();
            let bound = match attributes.old.is_null() {
                false => bound,
                true => bound_node(all, attributes).await?,
            };
            match bound == node {
                true => Ok(()),
                false => {
                    let cause = format!("node {node:?} can only delete pods with spec.nodeName set to itself");
                    Err(forbidden(attributes, object, cause))
                }
            }
        }
        operation => {
            let shown = format!("{operation:?}").to_uppercase();
            let cause = format!("unexpected operation {shown:?}, node {node:?} can only create and delete mirror pods");
            Err(forbidden(attributes, object, cause))
        }
    }
}

async fn bound_node(all: &Dependencies, attributes: &Attributes<'_>) -> Result<String, Status> {
    let pod = all.live_object("pods", &attributes.info.namespace, &attributes.info.name).await?;
    Ok(pod.str_at(&["spec", "nodeName"]).to_owned())
}

/// What a node may create: mirrors of its static Pods, owned by itself, that refer to nothing.
fn mirror_pod(pod: &Value, node: &str) -> Result<(), String> {
    if pod.annotation(MIRROR_ANNOTATION).is_none() {
        return Err(format!(
            "pod does not have {MIRROR_ANNOTATION:?} annotation, node {node:?} can only create mirror pods"
        ));
    }
    if pod.str_at(&["spec", "nodeName"]) != node {
        return Err(format!("node {node:?} can only create pods with spec.nodeName set to itself"));
    }
    let owners = pod.owner_references();
    let owner = match &owners[..] {
        [owner] => owner,
        [] => return Err(format!("node {node:?} can only create pods with an owner reference set to itself")),
        _ => return Err(format!("node {node:?} can only create pods with a single owner reference set to itself")),
    };
    if (owner.api_version.as_str(), owner.kind.as_str(), owner.name.as_str()) != ("v1", "Node", node) {
        return Err(format!("node {node:?} can only create pods with an owner reference set to itself"));
    }
    if !owner.is_controller {
        return Err(format!("node {node:?} can only create pods with a controller owner reference set to itself"));
    }
    if owner.blocks_owner_deletion {
        return Err(format!("node {node:?} must not set blockOwnerDeletion on an owner reference"));
    }
    // A mirror grants nothing itself, so it is looked at as if it were none.
    let mut plain = pod.clone();
    plain.remove_at(&["metadata", "annotations"]);
    match PodReferences::of_pod(&plain).first_kind() {
        Some(kind) => Err(format!("node {node:?} can not create pods that reference {kind}")),
        None => Ok(()),
    }
}

fn pod_status(attributes: &Attributes<'_>, object: &Value, node: &str) -> Result<(), Status> {
    let cause = if attributes.operation != Operation::Update {
        format!("unexpected operation {:?}", format!("{:?}", attributes.operation).to_uppercase())
    } else if attributes.old.str_at(&["spec", "nodeName"]) != node {
        format!("node {node:?} can only update pod status for pods with spec.nodeName set to itself")
    } else if labels(attributes.old) != labels(object) {
        format!("node {node:?} cannot update labels through pod status")
    } else if attributes.old.at(&["status", "resourceClaimStatuses"]) != object.at(&["status", "resourceClaimStatuses"])
    {
        format!("node {node:?} cannot update resource claim statues")
    } else {
        return Ok(());
    };
    Err(forbidden(attributes, object, cause))
}

async fn pod_eviction(
    all: &Dependencies,
    attributes: &Attributes<'_>,
    object: &Value,
    node: &str,
) -> Result<(), Status> {
    match bound_node(all, attributes).await? == node {
        true => Ok(()),
        false => {
            let cause = format!("node {node} can only evict pods with spec.nodeName set to itself");
            Err(forbidden(attributes, object, cause))
        }
    }
}

fn labels(object: &Value) -> Map {
    object.at(&["metadata", "labels"]).as_object().cloned().unwrap_or_default()
}

fn node_object(attributes: &Attributes<'_>, object: &Value, node: &str) -> Result<(), String> {
    let info = attributes.info;
    let requested = match (info.name.as_str(), object.name()) {
        ("", name) => name,
        (name, _) => name,
    };
    if requested != node {
        return Err(format!("node {node:?} is not allowed to modify node {requested:?}"));
    }
    match attributes.operation {
        Operation::Create => {
            if !object.at(&["spec", "configSource"]).is_null() {
                return Err(format!("node {node:?} is not allowed to create pods with a non-nil configSource"));
            }
            match forbidden_labels(&Map::new(), &labels(object)) {
                list if list.is_empty() => Ok(()),
                list => Err(format!("node {node:?} is not allowed to set the following labels: {}", list.join(", "))),
            }
        }
        Operation::Update => node_update(attributes.old, object, node),
        _ => Ok(()),
    }
}

fn node_update(old: &Value, new: &Value, node: &str) -> Result<(), String> {
    let differs = |path: &[&str]| old.items_at(path) != new.items_at(path);
    let source = new.at(&["spec", "configSource"]);
    if !source.is_null() && source != old.at(&["spec", "configSource"]) {
        return Err(format!("node {node:?} is not allowed to update configSource to a new non-nil configSource"));
    }
    if differs(&["spec", "taints"]) {
        return Err(format!("node {node:?} is not allowed to modify taints"));
    }
    if differs(&["metadata", "ownerReferences"]) {
        return Err(format!("node {node:?} is not allowed to modify ownerReferences"));
    }
    match forbidden_labels(&labels(old), &labels(new)) {
        list if list.is_empty() => Ok(()),
        list => Err(format!("is not allowed to modify labels: {}", list.join(", "))),
    }
}

/// Labels that differ and that a node may not set itself, sorted.
fn forbidden_labels(old: &Map, new: &Map) -> Vec<String> {
    let keys = old.keys().chain(new.keys());
    let mut keys: Vec<String> =
        keys.filter(|key| old.get(key) != new.get(key) && is_forbidden_label(key)).map(str::to_owned).collect();
    keys.sort();
    keys.dedup();
    keys
}

fn is_forbidden_label(key: &str) -> bool {
    let prefix = key.split_once('/').map_or("", |(prefix, _)| prefix);
    let is_below = |domain: &str| prefix == domain || prefix.ends_with(&format!(".{domain}"));
    if is_below("node-restriction.kubernetes.io") {
        return true;
    }
    (is_below("kubernetes.io") || is_below("k8s.io")) && !is_kubelet_label(key, prefix)
}

fn is_kubelet_label(key: &str, prefix: &str) -> bool {
    const LABELS: [&str; 11] = [
        "beta.kubernetes.io/arch",
        "beta.kubernetes.io/instance-type",
        "beta.kubernetes.io/os",
        "failure-domain.beta.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
        "kubernetes.io/arch",
        "kubernetes.io/hostname",
        "kubernetes.io/os",
        "node.kubernetes.io/instance-type",
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
    ];
    let is_below = |domain: &str| prefix == domain || prefix.ends_with(&format!(".{domain}"));
    LABELS.contains(&key) || is_below("kubelet.kubernetes.io") || is_below("node.kubernetes.io")
}

fn lease(attributes: &Attributes<'_>, object: &Value, node: &str) -> Result<(), String> {
    let info = attributes.info;
    if info.namespace != "kube-node-lease" {
        return Err("can only access leases in the \"kube-node-lease\" system namespace".into());
    }
    let name = if info.name.is_empty() { object.name() } else { &info.name };
    match name == node {
        true => Ok(()),
        false => Err("can only access node lease with the same name as the requesting node".into()),
    }
}

/// A node gets tokens only for Pods that are bound to it, and only for audiences that the Pod names.
async fn token(all: &Dependencies, attributes: &Attributes<'_>, request: &Value, node: &str) -> Result<(), Status> {
    let info = attributes.info;
    let refuse = |cause: String| Err(forbidden(attributes, &Value::Null, cause));
    let wanted = request.at(&["spec", "boundObjectRef"]);
    let is_pod = wanted.str_at(&["apiVersion"]) == "v1" && wanted.str_at(&["kind"]) == "Pod";
    if !is_pod || wanted.str_at(&["name"]).is_empty() {
        return refuse("node requested token not bound to a pod".into());
    }
    let uid = wanted.str_at(&["uid"]);
    if uid.is_empty() {
        return refuse("node requested token with a pod binding without a uid".into());
    }
    let pod = all.live_object("pods", &info.namespace, wanted.str_at(&["name"])).await?;
    if pod.uid() != uid {
        return refuse(format!(
            "the UID in the bound object reference ({uid}) does not match the UID in record. The object might have \
             been deleted and then recreated"
        ));
    }
    if pod.str_at(&["spec", "nodeName"]) != node {
        return refuse("node requested token bound to a pod scheduled on a different node".into());
    }
    let audience = match request.items_at(&["spec", "audiences"]) {
        [] => "",
        [one] => one.as_str().unwrap_or(""),
        _ => return refuse("node may only request 0 or 1 audiences".into()),
    };
    if names_audience(&pod, audience) {
        return Ok(());
    }
    let question = Question {
        namespace: &info.namespace,
        name: &info.name,
        ..Question::of_resource(&info.user, "request-serviceaccounts-token-audience", "", audience)
    };
    match all.authorizer.authorize(&question).await.is_allowed() {
        true => Ok(()),
        false => refuse(format!(
            "audience {audience:?} not found in pod spec volume, {} is not authorized to request tokens for this audience",
            info.user.name
        )),
    }
}

fn names_audience(pod: &Value, audience: &str) -> bool {
    let volumes = pod.items_at(&["spec", "volumes"]).iter();
    let sources = volumes.flat_map(|volume| volume.items_at(&["projected", "sources"]));
    let mut tokens = sources.map(|source| source.field("serviceAccountToken")).filter(|token| !token.is_null());
    tokens.any(|token| token.str_at(&["audience"]) == audience)
}

#[cfg(test)]
mod tests;
