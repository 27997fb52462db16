//! Upstream's roles and bindings: missing ones are created, missing rights and subjects added, nothing is taken away.

use apimachinery::meta::ObjectMeta;
use apimachinery::selector::LabelSelector;
use apimachinery::tree;
use apimachinery::value::{Map, Value};
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::api_caller::{ApiCaller, Collection};
use super::{BootstrapError, REQUESTS_MAX, documents, is_same};
use crate::authorization::rules::{Rule, uncovered};

/// Objects with this annotation set to `true` are kept up to date.
const AUTO_UPDATE: &str = "rbac.authorization.kubernetes.io/autoupdate";

/// What is done to one object.
#[derive(Clone, Debug, PartialEq)]
enum Change {
    Create(Value),
    Update(Value),
    /// A binding's role cannot be changed.
    Replace(Value),
}

/// Reconciles all four kinds; returns the newest revision written per plural.
pub async fn reconcile(api: &ApiCaller, all: &Value) -> Result<Vec<(&'static str, u64)>, BootstrapError> {
    let mut cluster_bindings = documents::objects(all, "clusterrolebindings");
    cluster_bindings.push(kubelet_client_binding());
    let cluster_roles = async {
        let existing = api.list(Collection::CLUSTER_ROLES).await?;
        let wanted = documents::objects(all, "clusterroles");
        apply(api, Collection::CLUSTER_ROLES, cluster_role_changes(&existing, &wanted)).await
    };
    let roles = plan_and_apply(api, Collection::ROLES, documents::objects(all, "roles"), repaired_role);
    let bindings =
        plan_and_apply(api, Collection::ROLE_BINDINGS, documents::objects(all, "rolebindings"), repaired_binding);
    let cluster = plan_and_apply(api, Collection::CLUSTER_ROLE_BINDINGS, cluster_bindings, repaired_binding);
    let (a, b, c, d) = tokio::try_join!(cluster_roles, roles, bindings, cluster)?;
    Ok(vec![("clusterroles", a), ("roles", b), ("rolebindings", c), ("clusterrolebindings", d)])
}

/// The API server's identity towards kubelets; in upstream's world the installer binds it.
fn kubelet_client_binding() -> Value {
    tree!({
        "metadata": {
            "name": "corten:kube-apiserver-kubelet-client",
            "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
            "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
        },
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:kubelet-api-admin"},
        "subjects": [
            {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "kube-apiserver-kubelet-client"},
        ],
    })
}

async fn plan_and_apply(
    api: &ApiCaller,
    collection: Collection,
    wanted: Vec<Value>,
    repair: fn(&Value, &Value) -> Option<Change>,
) -> Result<u64, BootstrapError> {
    let existing = api.list(collection).await?;
    apply(api, collection, changes(&existing, &wanted, repair)).await
}

async fn apply(api: &ApiCaller, collection: Collection, changes: Vec<Change>) -> Result<u64, BootstrapError> {
    let requests = changes.into_iter().map(|change| async move {
        match change {
            Change::Create(object) => api.create(collection, &object).await,
            Change::Update(object) => api.update(collection, &object).await,
            Change::Replace(object) => {
                api.delete(collection, &object).await?;
                api.create(collection, &object).await
            }
        }
    });
    stream::iter(requests)
        .buffer_unordered(REQUESTS_MAX)
        .try_fold(0, |newest, it| async move { Ok(newest.max(it)) })
        .await
}

fn changes(existing: &[Value], wanted: &[Value], repair: fn(&Value, &Value) -> Option<Change>) -> Vec<Change> {
    let change = |object: &Value| match existing.iter().find(|it| is_same(it, object)) {
        None => Some(Change::Create(object.clone())),
        Some(now) if now.annotation(AUTO_UPDATE) != Some("true") => None,
        Some(now) => repair(now, object),
    };
    wanted.iter().filter_map(change).collect()
}

/// Adds what `wanted` has and `now` lacks to a map of the metadata; says whether anything was added.
fn add_metadata(object: &mut Value, wanted: &Value, map: &'static str) -> bool {
    let wanted = wanted.at(&["metadata", map]).as_object().cloned().unwrap_or_default();
    let own: Map = object.at(&["metadata", map]).as_object().cloned().unwrap_or_default();
    let missing: Vec<(String, Value)> = wanted
        .iter()
        .filter(|(key, _)| !own.contains_key(key))
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .collect();
    let is_changed = !missing.is_empty();
    if is_changed {
        let own = object.object_at(&["metadata", map]);
        missing.into_iter().for_each(|(key, value)| own.push(key, value));
    }
    is_changed
}

fn repaired_role(now: &Value, wanted: &Value) -> Option<Change> {
    let mut role = now.clone();
    let mut is_changed = add_metadata(&mut role, wanted, "labels") | add_metadata(&mut role, wanted, "annotations");
    let held = Rule::all_of(now);
    let lacking =
        wanted.items_at(&["rules"]).iter().filter(|rule| !uncovered(&held, &[Rule::from_value(rule)]).is_empty());
    let lacking: Vec<Value> = lacking.cloned().collect();
    if !lacking.is_empty() {
        let mut rules = now.items_at(&["rules"]).to_vec();
        rules.extend(lacking);
        role.set(&["rules"], rules);
        is_changed = true;
    }
    let aggregation = wanted.field("aggregationRule");
    if !aggregation.is_null() && now.field("aggregationRule").is_null() {
        role.set(&["aggregationRule"], aggregation.clone());
        is_changed = true;
    }
    is_changed.then_some(Change::Update(role))
}

fn repaired_binding(now: &Value, wanted: &Value) -> Option<Change> {
    if now.field("roleRef") != wanted.field("roleRef") {
        return Some(Change::Replace(wanted.clone()));
    }
    let mut binding = now.clone();
    let mut is_changed =
        add_metadata(&mut binding, wanted, "labels") | add_metadata(&mut binding, wanted, "annotations");
    let same = |a: &Value, b: &Value| ["kind", "name", "namespace"].iter().all(|key| a.field(key) == b.field(key));
    let held = now.items_at(&["subjects"]);
    let lacking = wanted.items_at(&["subjects"]).iter().filter(|it| !held.iter().any(|own| same(own, it)));
    let lacking: Vec<Value> = lacking.cloned().collect();
    if !lacking.is_empty() {
        let subjects: Vec<Value> = held.iter().cloned().chain(lacking).collect();
        binding.set(&["subjects"], subjects);
        is_changed = true;
    }
    is_changed.then_some(Change::Update(binding))
}

/// Changes of cluster roles, aggregated ones filled from the roles that they select.
fn cluster_role_changes(existing: &[Value], wanted: &[Value]) -> Vec<Change> {
    let mut planned = changes(existing, wanted, repaired_role);
    let untouched = existing.iter().filter(|it| !planned.iter().any(|change| is_same(change.object(), it)));
    let mut all: Vec<Value> = planned.iter().map(|change| change.object().clone()).chain(untouched.cloned()).collect();
    // A role that is aggregated may itself be an aggregate: upstream's nest three deep (view, edit, admin).
    for _ in 0..AGGREGATION_DEPTH_MAX {
        let filled: Vec<(usize, Value)> =
            (0..all.len()).filter_map(|at| aggregated_rules(&all[at], &all).map(|rules| (at, rules))).collect();
        if filled.is_empty() {
            break;
        }
        for (at, rules) in filled {
            all[at].set(&["rules"], rules);
            match planned.get_mut(at) {
                Some(change) => *change = change.with(all[at].clone()),
                None => planned.push(Change::Update(all[at].clone())),
            }
        }
    }
    dedup(planned)
}

/// Levels of aggregated roles within aggregated roles.
const AGGREGATION_DEPTH_MAX: usize = 8;

/// Keeps the last change of each object.
fn dedup(planned: Vec<Change>) -> Vec<Change> {
    let mut out: Vec<Change> = Vec::with_capacity(planned.len());
    for change in planned {
        match out.iter_mut().find(|it| is_same(it.object(), change.object())) {
            Some(earlier) => *earlier = change,
            None => out.push(change),
        }
    }
    out
}

/// The rules that an aggregated role should have, if they are not the ones that it has.
fn aggregated_rules(role: &Value, all: &[Value]) -> Option<Value> {
    let selectors = role.items_at(&["aggregationRule", "clusterRoleSelectors"]);
    if selectors.is_empty() {
        return None;
    }
    let mut selected: Vec<&Value> = Vec::new();
    for selector in selectors.iter().filter_map(|it| LabelSelector::from_value(it).ok().flatten()) {
        let matches = |it: &&Value| {
            let labels = it.at(&["metadata", "labels"]).as_object();
            it.name() != role.name() && selector.matches_map(labels)
        };
        selected.extend(all.iter().filter(matches));
    }
    selected.sort_by_key(|it| it.name().to_owned());
    selected.dedup_by_key(|it| it.name().to_owned());
    let mut rules: Vec<Value> = Vec::new();
    for rule in selected.iter().flat_map(|it| it.items_at(&["rules"])) {
        if !rules.contains(rule) {
            rules.push(rule.clone());
        }
    }
    (role.items_at(&["rules"]) != rules).then_some(Value::Array(rules))
}

impl Change {
    fn object(&self) -> &Value {
        match self {
            Change::Create(object) | Change::Update(object) | Change::Replace(object) => object,
        }
    }

    fn with(&self, object: Value) -> Change {
        match self {
            Change::Create(_) => Change::Create(object),
            Change::Update(_) => Change::Update(object),
            Change::Replace(_) => Change::Replace(object),
        }
    }
}

#[cfg(test)]
mod tests;
