//! ServiceAccount: every Pod runs under an account, whose token is mounted into its containers.

use std::time::Duration;

use apimachinery::group_version::GroupResource;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::tree;
use apimachinery::value::Value;
use registry::admission::{Attributes, Operation};

use super::{Dependencies, forbidden, is_core};
use crate::identifiers::random_suffix;

const DEFAULT_ACCOUNT: &str = "default";
const MIRROR_ANNOTATION: &str = "kubernetes.io/config.mirror";
const VOLUME_PREFIX: &str = "kube-api-access-";
const MOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// Life of the mounted token; see `token_request`.
const TOKEN_SECONDS: i64 = 3_607;
/// How long the default account of a new namespace is waited for: its controller makes it at any moment.
const DEFAULT_ACCOUNT_WAIT: Duration = Duration::from_millis(1_500);

fn concerns(attributes: &Attributes<'_>) -> bool {
    attributes.operation == Operation::Create && attributes.info.subresource.is_empty() && is_core(attributes, "pods")
}

pub(super) async fn admit(all: &Dependencies, attributes: &Attributes<'_>, pod: &mut Value) -> Result<(), Status> {
    if !concerns(attributes) {
        return Ok(());
    }
    if pod.annotation(MIRROR_ANNOTATION).is_some() {
        return check_mirror(attributes, pod);
    }
    if pod.str_at(&["spec", "serviceAccountName"]).is_empty() {
        pod.set(&["spec", "serviceAccountName"], DEFAULT_ACCOUNT);
        pod.set(&["spec", "serviceAccount"], DEFAULT_ACCOUNT);
    }
    let account = account_of(all, attributes, pod).await?;
    apply(&account, pod, &random_suffix());
    Ok(())
}

pub(super) async fn validate(all: &Dependencies, attributes: &Attributes<'_>, pod: &Value) -> Result<(), Status> {
    if !concerns(attributes) || pod.annotation(MIRROR_ANNOTATION).is_some() {
        return Ok(());
    }
    if pod.str_at(&["spec", "serviceAccountName"]).is_empty() {
        let cause = format!("no service account specified for pod {}/{}", attributes.info.namespace, pod.name());
        return Err(forbidden(attributes, pod, cause));
    }
    let account = account_of(all, attributes, pod).await?;
    match account.annotation("kubernetes.io/enforce-mountable-secrets") {
        Some("true" | "1" | "t" | "T" | "TRUE" | "True") => {
            limit_secrets(&account, pod).map_err(|cause| forbidden(attributes, pod, cause))
        }
        _ => Ok(()),
    }
}

async fn account_of(all: &Dependencies, attributes: &Attributes<'_>, pod: &Value) -> Result<Value, Status> {
    let (namespace, name) = (attributes.info.namespace.as_str(), pod.str_at(&["spec", "serviceAccountName"]));
    if let Some(account) = all.object("", "serviceaccounts", namespace, name).await? {
        return Ok(account);
    }
    if name == DEFAULT_ACCOUNT
        && let Some(account) = all.wait_for_object("serviceaccounts", namespace, name, DEFAULT_ACCOUNT_WAIT).await
    {
        return Ok(account);
    }
    let missing = Status::not_found(&GroupResource::new("", "serviceaccount"), name).message;
    let cause = format!("error looking up service account {namespace}/{name}: {missing}");
    Err(forbidden(attributes, pod, cause))
}

fn check_mirror(attributes: &Attributes<'_>, pod: &Value) -> Result<(), Status> {
    let spec = pod.field("spec");
    let volumes = spec.items_at(&["volumes"]);
    let sources = || volumes.iter().flat_map(|volume| volume.items_at(&["projected", "sources"]));
    let cause = if !spec.str_at(&["serviceAccountName"]).is_empty() {
        "a mirror pod may not reference service accounts"
    } else if secret_names(spec).next().is_some() {
        "a mirror pod may not reference secrets"
    } else if sources().any(|source| !source.field("serviceAccountToken").is_null()) {
        "a mirror pod may not use ServiceAccountToken volume projections"
    } else {
        return Ok(());
    };
    Err(forbidden(attributes, pod, cause))
}

fn containers(spec: &Value) -> impl Iterator<Item = (&'static str, &Value)> {
    let of = |list: &'static str, what: &'static str| spec.items_at(&[list]).iter().map(move |it| (what, it));
    of("initContainers", "init container").chain(of("containers", "container"))
}

fn secret_names(spec: &Value) -> impl Iterator<Item = &str> {
    let pulls = spec.items_at(&["imagePullSecrets"]).iter().map(|it| it.str_at(&["name"]));
    let volumes = spec.items_at(&["volumes"]).iter().flat_map(|volume| {
        let projected = volume.items_at(&["projected", "sources"]).iter().map(|it| it.str_at(&["secret", "name"]));
        projected.chain([volume.str_at(&["secret", "secretName"])])
    });
    let environment = containers(spec).flat_map(|(_, container)| {
        let single = container.items_at(&["env"]).iter().map(|it| it.str_at(&["valueFrom", "secretKeyRef", "name"]));
        single.chain(container.items_at(&["envFrom"]).iter().map(|it| it.str_at(&["secretRef", "name"])))
    });
    pulls.chain(volumes).chain(environment).filter(|name| !name.is_empty())
}

/// Mounts the account's token (unless somebody does not want it) and takes over its pull secrets.
fn apply(account: &Value, pod: &mut Value, suffix: &str) {
    let wish = |of: &Value, path: &[&str]| of.at(path).as_bool();
    let wants_token = wish(pod, &["spec", "automountServiceAccountToken"])
        .or_else(|| wish(account, &["automountServiceAccountToken"]))
        .unwrap_or(true);
    if wants_token {
        mount_token(pod, suffix);
    }
    let pulls = account.items_at(&["imagePullSecrets"]);
    if pod.items_at(&["spec", "imagePullSecrets"]).is_empty() && !pulls.is_empty() {
        let pulls: Value = pulls.iter().map(|it| tree!({"name": (it.str_at(&["name"]))})).collect();
        pod.set(&["spec", "imagePullSecrets"], pulls);
    }
}

fn mount_token(pod: &mut Value, suffix: &str) {
    let volumes = pod.items_at(&["spec", "volumes"]);
    let existing = volumes.iter().map(|it| it.str_at(&["name"])).find(|name| name.starts_with(VOLUME_PREFIX));
    let is_new = existing.is_none();
    let volume = existing.map_or_else(|| format!("{VOLUME_PREFIX}{suffix}"), str::to_owned);
    let mut is_needed = false;
    for list in ["initContainers", "containers"] {
        let Some(Value::Array(containers)) = pod.at_mut(&["spec", list]) else { continue };
        for container in containers {
            let mut mounts = container.items_at(&["volumeMounts"]).to_vec();
            if mounts.iter().any(|it| it.str_at(&["mountPath"]) == MOUNT_PATH) {
                continue;
            }
            mounts.push(tree!({"name": (volume.clone()), "readOnly": true, "mountPath": MOUNT_PATH}));
            container.set(&["volumeMounts"], mounts);
            is_needed = true;
        }
    }
    if is_new && is_needed {
        let mut volumes = pod.items_at(&["spec", "volumes"]).to_vec();
        volumes.push(token_volume(&volume));
        pod.set(&["spec", "volumes"], volumes);
    }
}

fn token_volume(name: &str) -> Value {
    tree!({"name": name, "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": TOKEN_SECONDS, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [
            {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}},
        ]}},
    ]}})
}

/// An account that says so lets its Pods use only the secrets that it lists.
fn limit_secrets(account: &Value, pod: &Value) -> Result<(), String> {
    let own = account.name();
    let listed =
        |list: &'static str, name: &str| account.items_at(&[list]).iter().any(|it| it.str_at(&["name"]) == name);
    let refuse = |what: String| {
        Err(format!("{what} is not allowed because service account {own} does not reference that secret"))
    };
    let spec = pod.field("spec");
    for volume in spec.items_at(&["volumes"]) {
        let name = volume.str_at(&["secret", "secretName"]);
        if !name.is_empty() && !listed("secrets", name) {
            return refuse(format!("volume with secret.secretName=\"{name}\""));
        }
    }
    for (what, container) in containers(spec) {
        let shown = container.str_at(&["name"]);
        for variable in container.items_at(&["env"]) {
            let name = variable.str_at(&["valueFrom", "secretKeyRef", "name"]);
            if !name.is_empty() && !listed("secrets", name) {
                let variable = variable.str_at(&["name"]);
                return refuse(format!(
                    "{what} {shown} with envVar {variable} referencing secret.secretName=\"{name}\""
                ));
            }
        }
        for source in container.items_at(&["envFrom"]) {
            let name = source.str_at(&["secretRef", "name"]);
            if !name.is_empty() && !listed("secrets", name) {
                return refuse(format!("{what} {shown} with envFrom referencing secret.secretName=\"{name}\""));
            }
        }
    }
    for (at, pull) in spec.items_at(&["imagePullSecrets"]).iter().enumerate() {
        let name = pull.str_at(&["name"]);
        if !listed("imagePullSecrets", name) {
            return Err(format!(
                "imagePullSecrets[{at}].name=\"{name}\" is not allowed because service account {own} does not \
                 reference that imagePullSecret"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_container_gets_the_token_unless_its_place_is_taken() {
        let mut pod = tree!({"spec": {"containers": [{"name": "a"},
            {"name": "b", "volumeMounts": [{"name": "own", "mountPath": MOUNT_PATH}]}], "initContainers": [{"name": "i"}]}});
        apply(&tree!({"metadata": {"name": "default"}, "imagePullSecrets": [{"name": "pull"}]}), &mut pod, "abcde");
        let spec = pod.field("spec");
        let mounts = |list: &str, at: usize| spec.items_at(&[list])[at].items_at(&["volumeMounts"]).to_vec();
        let mount = tree!({"name": "kube-api-access-abcde", "readOnly": true, "mountPath": MOUNT_PATH});
        assert_eq!(mounts("containers", 0), std::slice::from_ref(&mount));
        assert_eq!(mounts("initContainers", 0), [mount]);
        assert_eq!(mounts("containers", 1)[0].str_at(&["name"]), "own");
        assert_eq!(spec.items_at(&["volumes"]), [token_volume("kube-api-access-abcde")]);
        assert_eq!(spec.items_at(&["imagePullSecrets"])[0].str_at(&["name"]), "pull");
    }

    #[test]
    fn pod_or_account_may_decline_the_token() {
        let mut pod = tree!({"spec": {"containers": [{"name": "a"}]}});
        apply(&tree!({"automountServiceAccountToken": false}), &mut pod, "abcde");
        assert!(pod.items_at(&["spec", "volumes"]).is_empty());
        pod.set(&["spec", "automountServiceAccountToken"], true);
        apply(&tree!({"automountServiceAccountToken": false}), &mut pod, "abcde");
        assert_eq!(pod.items_at(&["spec", "volumes"]).len(), 1);
    }

    #[test]
    fn an_account_can_limit_the_secrets_of_its_pods() {
        let account = tree!({"metadata": {"name": "bot"}, "secrets": [{"name": "good"}]});
        let pod = |name: &str| tree!({"spec": {"volumes": [{"name": "v", "secret": {"secretName": name}}]}});
        assert_eq!(limit_secrets(&account, &pod("good")), Ok(()));
        let refused = limit_secrets(&account, &pod("bad")).expect_err("not listed");
        assert!(
            refused.starts_with("volume with secret.secretName=\"bad\" is not allowed because service account bot")
        );
    }
}
