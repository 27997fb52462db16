//! Nobody grants rights that they do not have: checks of roles and bindings before they are written.

use std::sync::Arc;

use apimachinery::group_version::GroupResource;
use apimachinery::meta::ObjectMeta;
use apimachinery::status::Status;
use apimachinery::value::Value;
use registry::admission::{self, Operation};
use registry::request::{RequestInfo, UserInfo};

use super::rules::{Rule, describe, uncovered};
use super::{Attributes, Authorizer, SYSTEM_MASTERS, go_quote, go_quote_list};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Refuses a role or binding that would give rights which its writer does not have.
pub async fn check(
    authorizer: &Authorizer,
    attributes: &admission::Attributes<'_>,
    object: &Value,
) -> Result<(), Status> {
    let info = attributes.info;
    let is_write = matches!(attributes.operation, Operation::Create | Operation::Update);
    let is_master = info.user.groups.iter().any(|group| group == SYSTEM_MASTERS);
    if info.group != GROUP || !info.subresource.is_empty() || !is_write || is_master {
        return Ok(());
    }
    if attributes.operation == Operation::Update && changes_only_ownership(attributes.old, object) {
        return Ok(());
    }
    match info.resource.as_str() {
        "roles" | "clusterroles" => check_role(authorizer, info, attributes.old, object).await,
        "rolebindings" | "clusterrolebindings" => check_binding(authorizer, info, object).await,
        _ => Ok(()),
    }
}

/// Whether only what the garbage collector writes differs.
fn changes_only_ownership(old: &Value, new: &Value) -> bool {
    let without = |object: &Value| {
        let mut object = object.clone();
        for field in ["ownerReferences", "finalizers", "managedFields", "resourceVersion", "generation"] {
            object.remove_at(&["metadata", field]);
        }
        object
    };
    without(old) == without(new)
}

async fn check_role(authorizer: &Authorizer, info: &RequestInfo, old: &Value, role: &Value) -> Result<(), Status> {
    let may_escalate = Attributes {
        name: &info.name,
        namespace: &info.namespace,
        ..Attributes::of_resource(&info.user, "escalate", GROUP, &info.resource)
    };
    if authorizer.authorize(&may_escalate).await.is_allowed() {
        return Ok(());
    }
    confirm(authorizer, info, role.name(), &Rule::all_of(role))?;
    let aggregates = |role: &Value| !role.items_at(&["aggregationRule", "clusterRoleSelectors"]).is_empty();
    if aggregates(role) || aggregates(old) {
        let everything = || Rule { verbs: vec!["*".into()], ..Rule::default() };
        let full = [
            Rule { api_groups: vec!["*".into()], resources: vec!["*".into()], ..everything() },
            Rule { non_resource_urls: vec!["*".into()], ..everything() },
        ];
        confirm(authorizer, info, role.name(), &full).map_err(|_| {
            forbidden(info, role.name(), "must have cluster-admin privileges to use the aggregationRule")
        })?;
    }
    Ok(())
}

async fn check_binding(authorizer: &Authorizer, info: &RequestInfo, binding: &Value) -> Result<(), Status> {
    let (kind, name) = (binding.str_at(&["roleRef", "kind"]), binding.str_at(&["roleRef", "name"]));
    let resource = match kind {
        "ClusterRole" => "clusterroles",
        "Role" => "roles",
        // Validation says what is wrong with it.
        _ => return Ok(()),
    };
    let group = binding.str_at(&["roleRef", "apiGroup"]);
    let may_bind =
        Attributes { name, namespace: &info.namespace, ..Attributes::of_resource(&info.user, "bind", group, resource) };
    if authorizer.authorize(&may_bind).await.is_allowed() {
        return Ok(());
    }
    let rules: Arc<[Rule]> = authorizer
        .rbac
        .role_rules(kind, name, &info.namespace)
        // Upstream's message names the resource of the request.
        .map_err(|_| Status::not_found(&GroupResource::new(GROUP, &*info.resource), name))?;
    confirm(authorizer, info, binding.name(), &rules)
}

fn confirm(authorizer: &Authorizer, info: &RequestInfo, name: &str, wanted: &[Rule]) -> Result<(), Status> {
    let held = authorizer.rbac.rules_for(&info.user, &info.namespace);
    let missing = uncovered(&held.rules, wanted);
    if missing.is_empty() {
        return Ok(());
    }
    Err(forbidden(info, name, &refusal(&info.user, &missing, &held.errors)))
}

fn refusal(user: &UserInfo, missing: &[Rule], errors: &[String]) -> String {
    let mut text = format!(
        "user {} (groups={}) is attempting to grant RBAC permissions not currently held:\n{}",
        go_quote(&user.name),
        go_quote_list(&user.groups),
        describe(missing)
    );
    if !errors.is_empty() {
        text.push_str(&format!("; resolution errors: [{}]", errors.join(", ")));
    }
    text
}

fn forbidden(info: &RequestInfo, name: &str, cause: &str) -> Status {
    Status::forbidden(&GroupResource::new(GROUP, &*info.resource), name, cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorization::node::NodeAuthorizer;
    use crate::authorization::rbac::{RbacAuthorizer, RbacKind};
    use apimachinery::group_version::GroupVersionKind;
    use apimachinery::tree;
    use tokio::sync::watch;

    fn authorizer() -> Authorizer {
        let rbac = RbacAuthorizer::default();
        let role = |name: &str, rules: Value| tree!({"metadata": {"name": name}, "rules": rules});
        rbac.set(
            RbacKind::ClusterRole,
            &role("view", tree!([{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}])),
        );
        rbac.set(
            RbacKind::ClusterRole,
            &role("root", tree!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}])),
        );
        rbac.set(
            RbacKind::ClusterRole,
            &role("binder", tree!([{"verbs": ["bind"], "apiGroups": [GROUP], "resources": ["clusterroles"], "resourceNames": ["root"]}])),
        );
        for (binding, role, user) in [("1", "view", "jane"), ("2", "binder", "bob")] {
            let object = tree!({"metadata": {"name": binding}, "roleRef": {"kind": "ClusterRole", "name": role},
                "subjects": [{"kind": "User", "name": user}]});
            rbac.set(RbacKind::ClusterRoleBinding, &object);
        }
        Authorizer { node: NodeAuthorizer::new(Vec::new()), rbac, synced: watch::channel(true).1 }
    }

    async fn write(user: &str, resource: &str, object: Value) -> Result<(), Status> {
        let info = RequestInfo {
            user: Arc::new(UserInfo { name: user.into(), groups: vec!["dev".into()], ..UserInfo::default() }),
            group: GROUP.into(),
            resource: resource.into(),
            ..RequestInfo::default()
        };
        let old = Value::Null;
        let attributes = admission::Attributes {
            info: &info,
            operation: Operation::Create,
            kind: GroupVersionKind::default(),
            old: &old,
            old_revision: 0,
        };
        check(&authorizer(), &attributes, &object).await
    }

    #[tokio::test]
    async fn a_role_needs_the_rights_that_it_gives() {
        let role = |verb: &str| tree!({"metadata": {"name": "x"}, "rules": [{"verbs": [verb], "apiGroups": [""], "resources": ["pods"]}]});
        assert_eq!(write("jane", "clusterroles", role("get")).await, Ok(()));
        let refused = write("jane", "clusterroles", role("delete")).await.expect_err("not held");
        assert_eq!(
            refused.message,
            "clusterroles.rbac.authorization.k8s.io \"x\" is forbidden: user \"jane\" (groups=[\"dev\"]) is attempting to \
             grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"delete\"]}"
        );
    }

    #[tokio::test]
    async fn a_binding_needs_the_rights_or_the_verb_bind() {
        let binding = |role: &str| tree!({"metadata": {"name": "x"}, "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role}});
        assert_eq!(write("jane", "clusterrolebindings", binding("view")).await, Ok(()));
        assert_eq!(write("bob", "clusterrolebindings", binding("root")).await, Ok(()));
        assert_eq!(write("jane", "clusterrolebindings", binding("root")).await.expect_err("not held").code, 403);
        let missing = write("jane", "clusterrolebindings", binding("gone")).await.expect_err("no such role");
        assert_eq!(missing.message, "clusterrolebindings.rbac.authorization.k8s.io \"gone\" not found");
    }
}
