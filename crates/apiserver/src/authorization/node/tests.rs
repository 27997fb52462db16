use super::*;
use apimachinery::selector::FieldTerm;
use apimachinery::tree;

fn node(name: &str) -> UserInfo {
    UserInfo { name: format!("system:node:{name}"), groups: vec!["system:nodes".into()], ..UserInfo::default() }
}

fn authorizer() -> NodeAuthorizer {
    let authorizer = NodeAuthorizer::new(vec![Rule::from_value(
        &tree!({"verbs": ["list"], "apiGroups": [""], "resources": ["services"]}),
    )]);
    authorizer.set_pod(&tree!({
        "metadata": {"name": "web", "namespace": "a"},
        "spec": {
            "nodeName": "n1",
            "serviceAccountName": "bot",
            "imagePullSecrets": [{"name": "pull"}],
            "containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "env"}}}], "envFrom": [{"configMapRef": {"name": "cm"}}]}],
            "volumes": [
                {"projected": {"sources": [{"configMap": {"name": "kube-root-ca.crt"}}]}},
                {"secret": {"secretName": "vol"}},
            ],
        },
    }));
    authorizer
}

async fn ask(authorizer: &NodeAuthorizer, user: &UserInfo, verb: &str, resource: &str, name: &str) -> Decision {
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let it = Attributes { namespace: "a", name, subresource, ..Attributes::of_resource(user, verb, "", resource) };
    authorizer.authorize(&it).await
}

#[tokio::test]
async fn a_node_reads_what_its_pods_name_and_nothing_else() {
    let authorizer = authorizer();
    let (mine, other) = (node("n1"), node("n2"));
    for name in ["pull", "env", "vol"] {
        assert!(ask(&authorizer, &mine, "get", "secrets", name).await.is_allowed(), "{name}");
        assert!(!ask(&authorizer, &other, "get", "secrets", name).await.is_allowed(), "{name}");
    }
    for name in ["cm", "kube-root-ca.crt"] {
        assert!(ask(&authorizer, &mine, "watch", "configmaps", name).await.is_allowed(), "{name}");
    }
    let refused = ask(&authorizer, &mine, "get", "secrets", "other").await;
    assert_eq!(refused.reason(), "no relationship found between node 'n1' and this object");
    assert!(!ask(&authorizer, &mine, "update", "secrets", "vol").await.is_allowed());
    assert!(!ask(&authorizer, &mine, "list", "secrets", "").await.is_allowed());
    assert!(ask(&authorizer, &mine, "create", "serviceaccounts/token", "bot").await.is_allowed());
    assert!(!ask(&authorizer, &other, "create", "serviceaccounts/token", "bot").await.is_allowed());
}

#[tokio::test]
async fn what_is_gone_grants_nothing() {
    let authorizer = authorizer();
    let mine = node("n1");
    authorizer.set_pod(&tree!({"metadata": {"name": "web", "namespace": "a"}, "spec": {"nodeName": "n1",
        "volumes": [{"secret": {"secretName": "new"}}]}}));
    assert!(ask(&authorizer, &mine, "get", "secrets", "new").await.is_allowed());
    assert!(!ask(&authorizer, &mine, "get", "secrets", "vol").await.is_allowed());
    authorizer.remove_pod("a", "web");
    assert!(!ask(&authorizer, &mine, "get", "secrets", "new").await.is_allowed());
    authorizer.set_pod(
        &tree!({"metadata": {"name": "m", "namespace": "a", "annotations": {"kubernetes.io/config.mirror": "x"}},
        "spec": {"nodeName": "n1", "volumes": [{"secret": {"secretName": "vol"}}]}}),
    );
    assert!(!ask(&authorizer, &mine, "get", "secrets", "vol").await.is_allowed());
}

#[tokio::test]
async fn a_node_lists_only_its_own_pods_and_itself() {
    let authorizer = authorizer();
    let mine = node("n1");
    let select = |value: &str| FieldSelector {
        terms: vec![FieldTerm { field: "spec.nodeName".into(), is_equal: true, value: value.into() }],
    };
    for (value, expected) in [("n1", true), ("n2", false)] {
        let selector = select(value);
        let it = Attributes { field_selector: Some(&selector), ..Attributes::of_resource(&mine, "watch", "", "pods") };
        assert_eq!(authorizer.authorize(&it).await.is_allowed(), expected);
    }
    let all = authorizer.authorize(&Attributes::of_resource(&mine, "list", "", "pods")).await;
    assert_eq!(all.reason(), "can only list/watch pods with spec.nodeName field selector");
    assert!(ask(&authorizer, &mine, "get", "nodes", "n1").await.is_allowed());
    assert!(!ask(&authorizer, &mine, "get", "nodes", "n2").await.is_allowed());
    assert!(ask(&authorizer, &mine, "patch", "nodes/status", "n1").await.is_allowed());
    assert!(ask(&authorizer, &mine, "list", "services", "").await.is_allowed());
    assert!(!ask(&authorizer, &mine, "delete", "services", "x").await.is_allowed());
}

#[tokio::test]
async fn only_members_of_system_nodes_are_nodes() {
    let authorizer = authorizer();
    let fake = UserInfo { name: "system:node:n1".into(), ..UserInfo::default() };
    assert_eq!(ask(&authorizer, &fake, "get", "secrets", "vol").await, Decision::NoOpinion(String::new()));
}
