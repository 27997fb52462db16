use super::*;
use apimachinery::tree;

fn role(namespace: &str, name: &str, verb: &str, resource: &str) -> Value {
    tree!({"metadata": {"name": name, "namespace": namespace},
        "rules": [{"verbs": [verb], "apiGroups": [""], "resources": [resource]}]})
}

fn binding(namespace: &str, name: &str, role: (&str, &str), subject: Value) -> Value {
    tree!({"metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": (role.0), "name": (role.1)}, "subjects": [subject]})
}

fn user(name: &str, groups: &[&str]) -> UserInfo {
    UserInfo { name: name.into(), groups: groups.iter().map(|it| (*it).to_owned()).collect(), ..UserInfo::default() }
}

fn ask(rbac: &RbacAuthorizer, user: &UserInfo, verb: &str, resource: &str, namespace: &str) -> Decision {
    rbac.authorize(&Attributes { namespace, ..Attributes::of_resource(user, verb, "", resource) })
}

#[test]
fn cluster_bindings_hold_everywhere_and_local_ones_in_their_namespace() {
    let rbac = RbacAuthorizer::default();
    rbac.set(RbacKind::ClusterRole, &role("", "view", "get", "pods"));
    rbac.set(RbacKind::Role, &role("a", "edit", "delete", "pods"));
    rbac.set(
        RbacKind::ClusterRoleBinding,
        &binding("", "all", ("ClusterRole", "view"), tree!({"kind": "Group", "name": "dev"})),
    );
    rbac.set(
        RbacKind::RoleBinding,
        &binding("a", "one", ("Role", "edit"), tree!({"kind": "ServiceAccount", "name": "bot"})),
    );
    let jane = user("jane", &["dev"]);
    let bot = user("system:serviceaccount:a:bot", &[]);
    assert_eq!(
        ask(&rbac, &jane, "get", "pods", "b").reason(),
        r#"RBAC: allowed by ClusterRoleBinding "all" of ClusterRole "view" to Group "dev""#
    );
    assert!(!ask(&rbac, &jane, "delete", "pods", "a").is_allowed());
    assert_eq!(
        ask(&rbac, &bot, "delete", "pods", "a").reason(),
        r#"RBAC: allowed by RoleBinding "one/a" of Role "edit" to ServiceAccount "bot/a""#
    );
    assert!(!ask(&rbac, &bot, "delete", "pods", "b").is_allowed());
    assert!(!ask(&rbac, &bot, "delete", "pods", "").is_allowed());
}

#[test]
fn a_missing_role_is_named_in_the_refusal() {
    let rbac = RbacAuthorizer::default();
    rbac.set(
        RbacKind::ClusterRoleBinding,
        &binding("", "x", ("ClusterRole", "gone"), tree!({"kind": "User", "name": "jane"})),
    );
    let refused = ask(&rbac, &user("jane", &[]), "get", "pods", "");
    assert_eq!(refused.reason(), r#"RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found"#);
}

#[test]
fn changes_and_removals_take_effect() {
    let rbac = RbacAuthorizer::default();
    let jane = user("jane", &[]);
    rbac.set(RbacKind::ClusterRole, &role("", "view", "get", "pods"));
    let subject = || tree!({"kind": "User", "name": "jane"});
    rbac.set(RbacKind::RoleBinding, &binding("a", "one", ("ClusterRole", "view"), subject()));
    rbac.set(RbacKind::RoleBinding, &binding("a", "one", ("ClusterRole", "view"), subject()));
    assert!(ask(&rbac, &jane, "get", "pods", "a").is_allowed());
    assert_eq!(rbac.rules_for(&jane, "a").rules.len(), 1);
    rbac.set(RbacKind::ClusterRole, &role("", "view", "list", "pods"));
    assert!(!ask(&rbac, &jane, "get", "pods", "a").is_allowed());
    rbac.remove(RbacKind::RoleBinding, "a", "one");
    assert!(rbac.rules_for(&jane, "a").rules.is_empty());
    assert!(rbac.index.read().namespaces.is_empty());
}

#[test]
fn roles_that_are_gone_or_of_no_kind_resolve_to_nothing() {
    let rbac = RbacAuthorizer::default();
    rbac.set(RbacKind::Role, &role("a", "edit", "delete", "pods"));
    assert!(rbac.role_rules("Role", "edit", "a").is_ok());
    rbac.remove(RbacKind::Role, "a", "edit");
    assert!(rbac.role_rules("Role", "edit", "a").is_err());
    assert!(rbac.role_rules("Banana", "edit", "a").is_err());
}
