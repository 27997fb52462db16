//! What Corten's own roles need in the API beyond what every cluster has.

use apimachinery::meta::ObjectMeta;
use apimachinery::value::Value;
use apimachinery::{json, tree};
use apiserver::ApiServer;
use client::client::{Client, ClientError, Resource};
use client::resources;

use crate::config::Config;

/// Creates them where they are missing; what a person changed stays.
pub async fn create(api: &ApiServer, config: &Config) -> anyhow::Result<()> {
    let client = Client::new(api.transport(apiserver::loopback_user()), "corten");
    for (resource, namespace, object) in objects(config) {
        // Asked first: a Service that is there would be refused for its address, not for its name.
        if client.get(resource, namespace, object.name()).await.is_ok() {
            continue;
        }
        match client.create(resource, namespace, json::to_vec(&object).into()).await {
            Ok(_) => {}
            Err(error) if error.is_already_exists() => {}
            Err(ClientError::Status(status)) => anyhow::bail!("create {}: {status}", resource.plural),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn objects(config: &Config) -> Vec<(Resource, &'static str, Value)> {
    let rules = tree!([
        { "apiGroups": [""], "resources": ["endpoints", "services", "pods", "namespaces"], "verbs": ["list", "watch"] },
        { "apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"] }
    ]);
    let account = tree!([{ "kind": "ServiceAccount", "name": "kube-dns", "namespace": "kube-system" }]);
    let kubelet_client =
        tree!([{ "kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "kube-apiserver-kubelet-client" }]);
    vec![
        (
            resources::CLUSTER_ROLES,
            "",
            tree!({
                "kind": "ClusterRole", "apiVersion": "rbac.authorization.k8s.io/v1",
                "metadata": { "name": "system:coredns" }, "rules": (rules)
            }),
        ),
        (resources::CLUSTER_ROLE_BINDINGS, "", binding("system:coredns", "system:coredns", account)),
        (
            resources::CLUSTER_ROLE_BINDINGS,
            "",
            binding("corten:kubelet-api-admin", "system:kubelet-api-admin", kubelet_client),
        ),
        (resources::SERVICES, "kube-system", dns_service(config)),
    ]
}

fn binding(name: &str, role: &str, subjects: Value) -> Value {
    tree!({
        "kind": "ClusterRoleBinding", "apiVersion": "rbac.authorization.k8s.io/v1",
        "metadata": { "name": (name) },
        "subjects": (subjects),
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": (role) }
    })
}

/// Reserves the DNS address, and is what charts and people look for. It has no selector: every node answers.
fn dns_service(config: &Config) -> Value {
    tree!({
        "kind": "Service", "apiVersion": "v1",
        "metadata": {
            "name": "kube-dns",
            "labels": { "k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS" }
        },
        "spec": {
            "clusterIP": (config.cluster_dns.to_string()),
            "ports": [
                { "name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53 },
                { "name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53 }
            ]
        }
    })
}
