//! Requests through the whole server over a store in memory.

use crate::cluster::{cluster, cluster_before_bootstrap, user};
use client::transport::{ResponseBody, WatchEventType};
use corten_apiserver::loopback_user;
use datastore::Storage;
use serde_json::json;

const CM: &str = "/api/v1/namespaces/default/configmaps";
const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn a_second_bootstrap_writes_nothing() {
    let cluster = cluster().await;
    let before = cluster.storage.current_revision().await.expect("revision");
    cluster.api.bootstrap().await.expect("bootstraps");
    assert_eq!(cluster.storage.current_revision().await.expect("revision"), before);
    let service = cluster.ask("GET /api/v1/namespaces/default/services/kubernetes", "").await.json();
    assert_eq!(service["spec"]["clusterIP"], "10.96.0.1");
    let slice =
        cluster.ask("GET /apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes", "").await.json();
    assert_eq!(slice["endpoints"][0]["addresses"], json!(["192.0.2.1"]));
}

#[tokio::test]
async fn a_changed_role_is_repaired_at_the_next_start() {
    let cluster = cluster().await;
    let path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:discovery";
    let patch = [("content-type", "application/merge-patch+json")];
    let emptied = cluster.ask_as(loopback_user(), &format!("PATCH {path}"), &patch, r#"{"rules":[]}"#).await;
    assert_eq!(emptied.line(), "200");
    cluster.api.bootstrap().await.expect("bootstraps");
    let role = cluster.ask(&format!("GET {path}"), "").await.json();
    assert!(!role["rules"].as_array().expect("rules").is_empty());
}

#[tokio::test]
async fn readiness_waits_for_bootstrap() {
    let cluster = cluster_before_bootstrap().await;
    let before = cluster.ask("GET /readyz", "").await;
    assert_eq!(before.status, 500);
    assert!(String::from_utf8_lossy(&before.body).contains("[-]poststarthook/rbac/bootstrap-roles failed"));
    assert_eq!(cluster.ask("GET /livez", "").await.line(), "200");
    cluster.api.bootstrap().await.expect("bootstraps");
    assert_eq!(cluster.ask("GET /readyz", "").await.line(), "200");
    assert_eq!(cluster.ask("GET /readyz/etcd", "").await.line(), "200");
    assert_eq!(cluster.ask("GET /readyz/nothing", "").await.line(), "404");
}

#[tokio::test]
async fn rights_are_asked_for_in_upstreams_words() {
    let cluster = cluster().await;
    let jane = || user("jane", &["dev"]);
    let refused = cluster.ask_as(jane(), &format!("GET {CM}"), &[], "").await;
    assert_eq!(
        refused.line(),
        "403 Forbidden: configmaps is forbidden: User \"jane\" cannot list resource \"configmaps\" in API group \"\" \
         in the namespace \"default\""
    );
    let binding = r#"{"metadata":{"name":"jane"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole",
        "name":"view"},"subjects":[{"kind":"User","name":"jane","apiGroup":"rbac.authorization.k8s.io"}]}"#;
    let created = cluster.ask("POST /apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", binding).await;
    assert_eq!(created.line(), "201");
    // The view follows the write at once, but not within it.
    let mut allowed = cluster.ask_as(jane(), &format!("GET {CM}"), &[], "").await;
    for _ in 0..1_000 {
        if allowed.status == 200 {
            break;
        }
        tokio::task::yield_now().await;
        allowed = cluster.ask_as(jane(), &format!("GET {CM}"), &[], "").await;
    }
    assert_eq!(allowed.line(), "200");
    assert_eq!(cluster.ask_as(jane(), "GET /api/v1/namespaces/kube-system/configmaps", &[], "").await.status, 403);
    assert_eq!(cluster.ask_as(jane(), &format!("POST {CM}"), &[JSON], "{}").await.status, 403);
}

#[tokio::test]
async fn nobody_grants_what_they_lack() {
    let cluster = cluster().await;
    let rules = r#"{"metadata":{"name":"NAME"},"rules":[{"verbs":["create"],"apiGroups":["rbac.authorization.k8s.io"],"resources":["roles"]}]}"#;
    let path = "POST /apis/rbac.authorization.k8s.io/v1/namespaces/default/roles";
    assert_eq!(cluster.ask(path, &rules.replace("NAME", "roles")).await.line(), "201");
    let binding = r#"{"metadata":{"name":"jane"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"roles"},
        "subjects":[{"kind":"User","name":"jane","apiGroup":"rbac.authorization.k8s.io"}]}"#;
    cluster.ask("POST /apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", binding).await;
    let wanted = r#"{"metadata":{"name":"more"},"rules":[{"verbs":["get"],"apiGroups":[""],"resources":["secrets"]}]}"#;
    let mut line = String::new();
    for _ in 0..1_000 {
        line = cluster.ask_as(user("jane", &[]), path, &[JSON], wanted).await.line();
        if !line.contains("cannot create") {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(
        line,
        "403 Forbidden: roles.rbac.authorization.k8s.io \"more\" is forbidden: user \"jane\" \
         (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n\
         {APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}"
    );
    let own = r#"{"metadata":{"name":"same"},"rules":[{"verbs":["create"],"apiGroups":["rbac.authorization.k8s.io"],"resources":["roles"]}]}"#;
    assert_eq!(cluster.ask_as(user("jane", &[]), path, &[JSON], own).await.line(), "201");
}

#[tokio::test]
async fn objects_live_their_life() {
    let cluster = cluster().await;
    let created = cluster.ask(&format!("POST {CM}"), r#"{"metadata":{"name":"a"},"data":{"k":"v"}}"#).await;
    assert_eq!(created.line(), "201");
    assert_eq!(created.json()["kind"], "ConfigMap");
    let again = cluster.ask(&format!("POST {CM}"), r#"{"metadata":{"name":"a"}}"#).await;
    assert_eq!(again.line(), "409 AlreadyExists: configmaps \"a\" already exists");
    let table = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")];
    let table = cluster.ask_as(loopback_user(), &format!("GET {CM}"), &table, "").await.json();
    assert_eq!(table["kind"], "Table");
    assert_eq!(table["columnDefinitions"][1]["name"], "Data");
    assert_eq!(table["rows"][0]["cells"][0], "a");
    assert_eq!(table["rows"][0]["object"]["kind"], "PartialObjectMetadata");
    let yaml = cluster.ask_as(loopback_user(), &format!("GET {CM}/a"), &[("accept", "application/yaml")], "").await;
    assert!(String::from_utf8_lossy(&yaml.body).contains("\ndata:\n  k: v\n"));
    let deleted = cluster.ask(&format!("DELETE {CM}/a"), "").await.json();
    assert_eq!((&deleted["kind"], &deleted["details"]["kind"]), (&json!("Status"), &json!("configmaps")));
    assert_eq!(cluster.ask(&format!("GET {CM}/a"), "").await.line(), "404 NotFound: configmaps \"a\" not found");
}

#[tokio::test]
async fn unknown_fields_are_warned_about_and_strictness_refuses_them() {
    let cluster = cluster().await;
    let body = r#"{"metadata":{"name":"a","foo":1}}"#;
    let warned = cluster.ask(&format!("POST {CM}"), body).await;
    assert_eq!(warned.headers["warning"], r#"299 - "unknown field \"metadata.foo\"""#);
    let refused = cluster.ask(&format!("POST {CM}?fieldValidation=Strict"), body).await;
    assert_eq!(refused.status, 400);
    assert!(refused.line().contains(r#"strict decoding error: unknown field "metadata.foo""#), "{}", refused.line());
}

#[tokio::test]
async fn what_is_not_there_is_said_as_upstream_says_it() {
    let cluster = cluster().await;
    let check = async |request: &str, expected: &str| {
        assert_eq!(cluster.ask(request, "{}").await.line(), expected, "{request}");
    };
    let unknown = "404 NotFound: the server could not find the requested resource";
    let method = "405 MethodNotAllowed: the server does not allow this method on the requested resource";
    check("GET /api/v1/foos", unknown).await;
    check("GET /api/v1/namespaces/default/foos", unknown).await;
    check("GET /api/v1/namespaces/default/nodes", unknown).await;
    check("GET /api/v1/configmaps/a", unknown).await;
    check("GET /api/v1/namespaces/default/configmaps/a/status", unknown).await;
    check("POST /api/v1/configmaps", method).await;
    check("PUT /api/v1/namespaces/default/configmaps", method).await;
    check("POST /api/v1/namespaces/default/configmaps/a", method).await;
    check("POST /version", method).await;
    check("GET /apis/nope/v1/things", "404").await;
    check("GET /nothing", "404").await;
    let text = cluster.ask("GET /nothing", "").await;
    assert_eq!(&text.body[..], b"404 page not found\n");
}

#[tokio::test]
async fn namespaces_hold_back_and_some_stay() {
    let cluster = cluster().await;
    let missing = cluster.ask("POST /api/v1/namespaces/nope/configmaps", r#"{"metadata":{"name":"a"}}"#).await;
    assert_eq!(missing.line(), "404 NotFound: namespaces \"nope\" not found");
    let stays = cluster.ask("DELETE /api/v1/namespaces/kube-system", "").await;
    assert_eq!(
        stays.line(),
        "403 Forbidden: namespaces \"kube-system\" is forbidden: this namespace may not be deleted"
    );
    assert_eq!(cluster.ask("POST /api/v1/namespaces", r#"{"metadata":{"name":"short"}}"#).await.line(), "201");
    assert_eq!(cluster.ask("DELETE /api/v1/namespaces/short", "").await.line(), "200");
    let late = cluster.ask("POST /api/v1/namespaces/short/configmaps", r#"{"metadata":{"name":"a"}}"#).await;
    assert_eq!(
        late.line(),
        "403 Forbidden: configmaps \"a\" is forbidden: unable to create new content in namespace short because it is \
         being terminated"
    );
    assert_eq!(late.json()["details"]["causes"][0]["reason"], "NamespaceTerminating");
}

#[tokio::test]
async fn a_watch_inside_the_process_hands_on_typed_frames() {
    let cluster = cluster().await;
    let response = cluster.send(loopback_user(), &format!("GET {CM}?watch=1&resourceVersion=0"), &[], "").await;
    let ResponseBody::Watch(mut frames) = response.body else { panic!("typed frames") };
    cluster.ask(&format!("POST {CM}"), r#"{"metadata":{"name":"a"}}"#).await;
    let frame = frames.recv().await.expect("an event");
    assert_eq!(frame.event_type, WatchEventType::Added);
    assert_eq!(frame.revision, frame.object.revision);
    let metadata = [("accept", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io")];
    let request = format!("GET {CM}?watch=1&resourceVersion=0&timeoutSeconds=1");
    let encoded = cluster.ask_as(loopback_user(), &request, &metadata, "").await;
    let text = String::from_utf8_lossy(&encoded.body).into_owned();
    assert!(
        text.starts_with(r#"{"type":"ADDED","object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1""#),
        "{text}"
    );
}

#[tokio::test]
async fn discovery_and_openapi_show_what_is_served() {
    let cluster = cluster().await;
    let registry = cluster.api.registry();
    for resource in registry.resources() {
        let ty = resource.resource_type();
        let path = if ty.group.is_empty() { "/api/v1".into() } else { format!("/apis/{}/{}", ty.group, ty.version) };
        let list = cluster.ask(&format!("GET {path}"), "").await.json();
        let names: Vec<_> =
            list["resources"].as_array().expect("resources").iter().map(|it| it["name"].clone()).collect();
        assert!(names.contains(&json!(ty.plural)), "{path} {}", ty.plural);
        let document = cluster.ask(&format!("GET /openapi/v3{path}"), "").await.json();
        let name = ty.schema.name.as_ref();
        let schema = &document["components"]["schemas"][name];
        assert!(schema["description"].is_string(), "{path} {name}");
    }
    let index = cluster.ask("GET /openapi/v3", "").await.json();
    assert!(
        index["paths"]["api/v1"]["serverRelativeURL"].as_str().expect("a URL").starts_with("/openapi/v3/api/v1?hash=")
    );
}

#[tokio::test]
async fn reviews_answer_for_oneself_and_others() {
    let cluster = cluster().await;
    let review = |spec: serde_json::Value| json!({ "spec": spec }).to_string();
    let path = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let asked = review(json!({"resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "default"}}));
    let own = cluster.ask_as(user("jane", &[]), path, &[JSON], &asked).await;
    assert_eq!((own.status.as_u16(), &own.json()["status"]["allowed"]), (201, &json!(false)));
    let path = "POST /apis/authorization.k8s.io/v1/subjectaccessreviews";
    let named = review(
        json!({"user": "x", "groups": ["system:masters"], "resourceAttributes": {"verb": "get", "resource": "pods"}}),
    );
    assert_eq!(cluster.ask(path, &named).await.json()["status"]["allowed"], json!(true));
    let nobody = cluster.ask(path, &review(json!({"resourceAttributes": {"verb": "get"}}))).await;
    assert_eq!(nobody.status, 422);
    let me = cluster
        .ask_as(user("jane", &["dev"]), "POST /apis/authentication.k8s.io/v1/selfsubjectreviews", &[JSON], "{}")
        .await;
    assert_eq!(me.json()["status"]["userInfo"]["groups"], json!(["dev", "system:authenticated"]));
}

#[tokio::test]
async fn impersonation_needs_its_verb() {
    let cluster = cluster().await;
    let headers = [("impersonate-user", "bob"), JSON];
    let who = "POST /apis/authentication.k8s.io/v1/selfsubjectreviews";
    let refused = cluster.ask_as(user("jane", &[]), who, &headers, "{}").await;
    assert_eq!(
        refused.line(),
        "403 Forbidden: selfsubjectreviews.authentication.k8s.io is forbidden: User \"jane\" cannot \
         impersonate-on:user-info:create resource \"selfsubjectreviews\" in API group \"authentication.k8s.io\" at the \
         cluster scope"
    );
    let bob = cluster.ask_as(loopback_user(), who, &headers, "{}").await.json();
    assert_eq!(bob["status"]["userInfo"]["username"], "bob");
}

/// Opens an enveloped list and gives the names and resourceVersions of its items.
fn names_in(message: &[u8], kind: &str) -> Vec<(String, String)> {
    let envelope = apimachinery::protobuf::open_envelope(message).expect("an envelope");
    assert_eq!((envelope.api_version, envelope.kind), ("v1", kind));
    let ty = api::type_by_gvk("", "v1", kind).expect("a built-in list");
    let list = apimachinery::protobuf::decode(ty, envelope.raw).expect("a message");
    assert!(!list.str_at(&["metadata", "resourceVersion"]).is_empty());
    let of = |item: &apimachinery::value::Value, field: &str| item.str_at(&["metadata", field]).to_owned();
    list.items_at(&["items"]).iter().map(|item| (of(item, "name"), of(item, "resourceVersion"))).collect()
}

#[tokio::test]
async fn lists_watches_and_objects_come_as_protobuf() {
    let cluster = cluster().await;
    let created = cluster.ask(&format!("POST {CM}"), r#"{"metadata":{"name":"a"},"data":{"k":"v"}}"#).await.json();
    let revision = created["metadata"]["resourceVersion"].as_str().expect("a revision").to_owned();
    let accept = [("accept", "application/vnd.kubernetes.protobuf,application/json")];
    let list = cluster.ask_as(loopback_user(), &format!("GET {CM}"), &accept, "").await;
    assert_eq!(list.headers["content-type"], "application/vnd.kubernetes.protobuf");
    assert_eq!(names_in(&list.body, "ConfigMapList"), [("a".to_owned(), revision.clone())]);
    let object = apimachinery::tree!({"metadata": {"name": "b"}, "data": {"k": "w"}});
    let mut message = Vec::new();
    apimachinery::protobuf::encode(api::type_by_gvk("", "v1", "ConfigMap").expect("built in"), &object, &mut message);
    let mut body = Vec::new();
    apimachinery::protobuf::write_envelope("v1", "ConfigMap", &message, &mut body);
    let body = String::from_utf8(body).expect("a short message is ASCII");
    let content = [("content-type", "application/vnd.kubernetes.protobuf")];
    let posted = cluster.ask_as(loopback_user(), &format!("POST {CM}"), &content, &body).await;
    assert_eq!((posted.line(), posted.json()["data"]["k"].clone()), ("201".to_owned(), json!("w")));
}

#[tokio::test]
async fn a_protobuf_watch_has_length_prefixed_frames() {
    let cluster = cluster().await;
    cluster.ask(&format!("POST {CM}"), r#"{"metadata":{"name":"a"}}"#).await;
    let accept = [("accept", "application/vnd.kubernetes.protobuf;stream=watch")];
    let query =
        "watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let stream = cluster.ask_as(loopback_user(), &format!("GET {CM}?{query}"), &accept, "").await;
    assert_eq!(stream.headers["content-type"], "application/vnd.kubernetes.protobuf;stream=watch");
    let mut rest = &stream.body[..];
    let mut kinds = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (frame, after) = after.split_at(u32::from_be_bytes(*length) as usize);
        // WatchEvent.type is field 1: tag, length, text.
        kinds.push(String::from_utf8_lossy(&frame[2..2 + usize::from(frame[1])]).into_owned());
        rest = after;
    }
    assert!(rest.is_empty());
    assert_eq!(kinds, ["ADDED", "BOOKMARK"]);
}
