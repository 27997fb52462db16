//! The Node authorizer: a node may read what the Pods bound to it name, and its own objects.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use apimachinery::json;
use apimachinery::meta::ObjectMeta;
use apimachinery::selector::FieldSelector;
use apimachinery::value::Value;
use parking_lot::RwLock;
use registry::request::{ListOptions, UserInfo};
use registry::resource::Registry;

use super::rules::Rule;
use super::{Attributes, Decision};

/// What one Pod names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodReferences {
    namespace: String,
    service_account: String,
    secrets: Vec<String>,
    config_maps: Vec<String>,
    claims: Vec<String>,
}

#[derive(Default)]
struct Graph {
    /// By node, then by `namespace/name` of the Pod.
    nodes: HashMap<String, HashMap<String, PodReferences>>,
    /// Node of each Pod.
    pods: HashMap<String, String>,
}

/// The Node authorizer; fed with [`NodeAuthorizer::set_pod`] and [`NodeAuthorizer::remove_pod`].
pub struct NodeAuthorizer {
    graph: RwLock<Graph>,
    /// What every node may do, whatever runs there (`system:node`).
    rules: Vec<Rule>,
    registry: OnceLock<Arc<Registry>>,
}

/// What a Pod may name.
#[derive(Clone, Copy)]
enum Referred {
    Secret,
    ConfigMap,
    Claim,
    ServiceAccount,
    Pod,
}

impl PodReferences {
    /// Reads what a Pod names. Mirror Pods grant nothing: a node makes them itself.
    pub fn of_pod(pod: &Value) -> PodReferences {
        let mut out = PodReferences { namespace: pod.namespace().to_owned(), ..PodReferences::default() };
        if pod.annotation("kubernetes.io/config.mirror").is_some() {
            return out;
        }
        let spec = pod.field("spec");
        out.service_account = spec.str_at(&["serviceAccountName"]).to_owned();
        for secret in spec.items_at(&["imagePullSecrets"]) {
            out.secrets.push(secret.str_at(&["name"]).to_owned());
        }
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            spec.items_at(&[list]).iter().for_each(|container| out.add_container(container));
        }
        spec.items_at(&["volumes"]).iter().for_each(|volume| out.add_volume(volume));
        out
    }

    /// The plural of the first kind that the Pod names, if any.
    pub fn first_kind(&self) -> Option<&'static str> {
        if !self.service_account.is_empty() {
            return Some("serviceaccounts");
        }
        let lists =
            [("secrets", &self.secrets), ("configmaps", &self.config_maps), ("persistentvolumeclaims", &self.claims)];
        lists.iter().find(|(_, list)| !list.is_empty()).map(|(plural, _)| *plural)
    }

    fn add_container(&mut self, container: &Value) {
        for source in container.items_at(&["envFrom"]) {
            self.add(source.str_at(&["secretRef", "name"]), source.str_at(&["configMapRef", "name"]));
        }
        for variable in container.items_at(&["env"]) {
            let from = variable.field("valueFrom");
            self.add(from.str_at(&["secretKeyRef", "name"]), from.str_at(&["configMapKeyRef", "name"]));
        }
    }

    fn add_volume(&mut self, volume: &Value) {
        self.add(volume.str_at(&["secret", "secretName"]), volume.str_at(&["configMap", "name"]));
        for source in volume.items_at(&["projected", "sources"]) {
            self.add(source.str_at(&["secret", "name"]), source.str_at(&["configMap", "name"]));
        }
        self.add(volume.str_at(&["csi", "nodePublishSecretRef", "name"]), "");
        for kind in ["cephfs", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos"] {
            self.add(volume.str_at(&[kind, "secretRef", "name"]), "");
        }
        self.add(volume.str_at(&["azureFile", "secretName"]), "");
        let claim = volume.str_at(&["persistentVolumeClaim", "claimName"]);
        if !claim.is_empty() {
            self.claims.push(claim.to_owned());
        }
    }

    fn add(&mut self, secret: &str, config_map: &str) {
        if !secret.is_empty() {
            self.secrets.push(secret.to_owned());
        }
        if !config_map.is_empty() {
            self.config_maps.push(config_map.to_owned());
        }
    }

    fn names(&self, referred: Referred, namespace: &str, name: &str) -> bool {
        let has = |list: &[String]| list.iter().any(|it| it == name);
        self.namespace == namespace
            && match referred {
                Referred::Secret => has(&self.secrets),
                Referred::ConfigMap => has(&self.config_maps),
                Referred::Claim => has(&self.claims),
                Referred::ServiceAccount => self.service_account == name,
                Referred::Pod => false,
            }
    }
}

/// The node's name, if the user is a node.
pub fn node_identity(user: &UserInfo) -> Option<&str> {
    let name = user.name.strip_prefix("system:node:")?;
    user.groups.iter().any(|group| group == "system:nodes").then_some(name)
}

impl NodeAuthorizer {
    /// With the rules of the ClusterRole `system:node`.
    pub fn new(rules: Vec<Rule>) -> NodeAuthorizer {
        NodeAuthorizer { graph: RwLock::default(), rules, registry: OnceLock::new() }
    }

    /// Lets refusals be checked against the registry itself, since the view may be a moment behind.
    pub fn set_registry(&self, registry: Arc<Registry>) {
        let _ = self.registry.set(registry);
    }

    /// Takes in a Pod that was added or changed.
    pub fn set_pod(&self, pod: &Value) {
        let key = pod_key(pod.namespace(), pod.name());
        let node = pod.str_at(&["spec", "nodeName"]);
        let mut graph = self.graph.write();
        if graph.pods.get(&key).is_some_and(|old| old != node) {
            graph.remove(&key);
        }
        if !node.is_empty() {
            graph.nodes.entry(node.to_owned()).or_default().insert(key.clone(), PodReferences::of_pod(pod));
            graph.pods.insert(key, node.to_owned());
        }
    }

    /// Takes out a Pod.
    pub fn remove_pod(&self, namespace: &str, name: &str) {
        self.graph.write().remove(&pod_key(namespace, name));
    }

    /// Decides.
    pub async fn authorize(&self, it: &Attributes<'_>) -> Decision {
        let Some(node) = node_identity(it.user) else { return Decision::NoOpinion(String::new()) };
        if node.is_empty() {
            return Decision::NoOpinion(format!("unknown node for user {:?}", it.user.name));
        }
        if it.is_resource {
            match (it.group, it.resource) {
                ("", "secrets") => return self.read_namespaced(node, Referred::Secret, it).await,
                ("", "configmaps") => return self.read_namespaced(node, Referred::ConfigMap, it).await,
                ("", "persistentvolumeclaims") => return self.get_related(node, Referred::Claim, it).await,
                ("", "serviceaccounts") => return self.service_account(node, it).await,
                ("", "nodes") => return node_object(node, it),
                ("", "pods") => return self.pod(node, it).await,
                ("coordination.k8s.io", "leases") => return lease(node, it),
                ("storage.k8s.io", "csinodes") => return csi_node(node, it),
                _ => {}
            }
        }
        match self.rules.iter().any(|rule| rule.allows(it)) {
            true => allow(),
            false => refuse(""),
        }
    }

    async fn read_namespaced(&self, node: &str, referred: Referred, it: &Attributes<'_>) -> Decision {
        if !matches!(it.verb, "get" | "list" | "watch") {
            return refuse("can only read resources of this type");
        }
        if !it.subresource.is_empty() {
            return refuse("cannot read subresource");
        }
        if it.namespace.is_empty() {
            return refuse("can only read namespaced object of this type");
        }
        self.related(node, referred, it).await
    }

    async fn get_related(&self, node: &str, referred: Referred, it: &Attributes<'_>) -> Decision {
        if it.verb != "get" {
            return refuse("can only get individual resources of this type");
        }
        if !it.subresource.is_empty() {
            return refuse("cannot get subresource");
        }
        self.related(node, referred, it).await
    }

    async fn service_account(&self, node: &str, it: &Attributes<'_>) -> Decision {
        if it.verb == "get" && it.subresource.is_empty() {
            return self.read_namespaced(node, Referred::ServiceAccount, it).await;
        }
        if it.verb != "create" || it.name.is_empty() {
            return refuse("can only create tokens for individual service accounts");
        }
        if it.subresource != "token" {
            return refuse("can only create token subresource of serviceaccount");
        }
        self.related(node, Referred::ServiceAccount, it).await
    }

    async fn pod(&self, node: &str, it: &Attributes<'_>) -> Decision {
        match (it.subresource, it.verb) {
            ("", "get") => self.get_related(node, Referred::Pod, it).await,
            ("", "list" | "watch") => {
                let selects_node = |selector: &FieldSelector| {
                    let mut terms = selector.terms.iter();
                    terms.any(|term| term.field == "spec.nodeName" && term.is_equal && term.value == node)
                };
                if it.field_selector.is_some_and(selects_node) {
                    return allow();
                }
                if !it.name.is_empty() {
                    return self.related(node, Referred::Pod, it).await;
                }
                refuse("can only list/watch pods with spec.nodeName field selector")
            }
            ("", "create" | "delete") | ("status", "update" | "patch") | ("eviction", "create") => allow(),
            _ => refuse(""),
        }
    }

    async fn related(&self, node: &str, referred: Referred, it: &Attributes<'_>) -> Decision {
        if it.name.is_empty() {
            return refuse("No Object name found");
        }
        if self.graph.read().relates(node, referred, it) || self.relates_now(node, referred, it).await {
            return allow();
        }
        refuse(&format!("no relationship found between node '{node}' and this object"))
    }

    /// The same question to the registry's own cache.
    async fn relates_now(&self, node: &str, referred: Referred, it: &Attributes<'_>) -> bool {
        let pods = self.registry.get().and_then(|registry| registry.resource("", "v1", "pods"));
        let Some(pods) = pods else { return false };
        let Ok(field_selector) = FieldSelector::parse(&format!("spec.nodeName={node}")) else { return false };
        let options = ListOptions { field_selector, resource_version: "0".into(), ..ListOptions::default() };
        let Ok(list) = pods.list(it.namespace, &options).await else { return false };
        let mut graph = Graph::default();
        let bound = graph.nodes.entry(node.to_owned()).or_default();
        for pod in list.items.iter().filter_map(|item| json::parse(&item.bytes).ok()) {
            bound.insert(pod_key(pod.namespace(), pod.name()), PodReferences::of_pod(&pod));
        }
        graph.relates(node, referred, it)
    }
}

impl Graph {
    fn remove(&mut self, key: &str) {
        let Some(node) = self.pods.remove(key) else { return };
        if let Some(pods) = self.nodes.get_mut(&node) {
            pods.remove(key);
            if pods.is_empty() {
                self.nodes.remove(&node);
            }
        }
    }

    fn relates(&self, node: &str, referred: Referred, it: &Attributes<'_>) -> bool {
        let Some(pods) = self.nodes.get(node) else { return false };
        match referred {
            Referred::Pod => pods.contains_key(&pod_key(it.namespace, it.name)),
            _ => pods.values().any(|pod| pod.names(referred, it.namespace, it.name)),
        }
    }
}

fn pod_key(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

fn allow() -> Decision {
    Decision::Allow("".into())
}

fn refuse(reason: &str) -> Decision {
    Decision::NoOpinion(reason.to_owned())
}

fn node_object(node: &str, it: &Attributes<'_>) -> Decision {
    match (it.subresource, it.verb) {
        ("", "create" | "update" | "patch") | ("status", "update" | "patch") => allow(),
        ("", "get" | "list" | "watch") => match it.name {
            name if name == node => allow(),
            "" => refuse(&format!("node '{node}' cannot read all nodes, only its own Node object")),
            name => refuse(&format!("node '{node}' cannot read '{name}', only its own Node object")),
        },
        _ => refuse(""),
    }
}

fn lease(node: &str, it: &Attributes<'_>) -> Decision {
    if !matches!(it.verb, "get" | "create" | "update" | "patch" | "delete") {
        return refuse("can only get, create, update, patch, or delete a node lease");
    }
    if it.namespace != "kube-node-lease" {
        return refuse("can only access leases in the \"kube-node-lease\" system namespace");
    }
    match it.verb != "create" && it.name != node {
        true => refuse("can only access node lease with the same name as the requesting node"),
        false => allow(),
    }
}

fn csi_node(node: &str, it: &Attributes<'_>) -> Decision {
    if !matches!(it.verb, "get" | "create" | "update" | "patch" | "delete") {
        return refuse("can only get, create, update, patch, or delete a CSINode");
    }
    if !it.subresource.is_empty() {
        return refuse("cannot authorize CSINode subresources");
    }
    match it.verb != "create" && it.name != node {
        true => refuse("can only access CSINode with the same name as the requesting node"),
        false => allow(),
    }
}

#[cfg(test)]
mod tests;
