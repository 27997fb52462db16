use super::*;
use crate::negotiation::Shape;

const JSON: Accepted = Accepted { encoding: Encoding::Json, shape: Shape::Plain, is_pretty: false };

fn discovery_with(registered: &Registered) -> Discovery {
    let ty = |group, version, plural| api::resource(group, version, plural).expect("a built-in resource");
    let of = |ty: &'static ResourceType, names: &[&str]| Served {
        ty,
        subresources: ty.subresources.iter().filter(|it| names.contains(&it.name)).collect(),
    };
    let served = vec![
        of(ty("", "v1", "pods"), &["status", "log"]),
        of(ty("", "v1", "configmaps"), &[]),
        of(ty("apps", "v1", "deployments"), &["scale", "status"]),
        of(ty("coordination.k8s.io", "v1", "leases"), &[]),
        of(ty("apiregistration.k8s.io", "v1", "apiservices"), &["status"]),
    ];
    Discovery::of(served, registered)
}

fn discovery() -> Discovery {
    discovery_with(&Registered::default())
}

fn text(reply: Option<Reply>) -> String {
    match reply.expect("served").body {
        crate::reply::ReplyBody::Full(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        _ => panic!("discovery is whole"),
    }
}

#[test]
fn old_documents_list_what_is_served_and_nothing_else() {
    let discovery = discovery();
    let core = text(discovery.document("/api/v1", JSON, ""));
    assert!(
        core.starts_with(r#"{"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"configmaps","#),
        "{core}"
    );
    assert!(core.contains(
        r#"{"name":"pods/status","singularName":"","namespaced":true,"kind":"Pod","verbs":["get","patch","update"]}"#
    ));
    assert!(!core.contains("pods/exec") && !core.contains("secrets"));
    let apps = text(discovery.document("/apis/apps/v1", JSON, ""));
    assert!(apps.contains(r#""name":"deployments/scale","singularName":"","namespaced":true,"group":"autoscaling","version":"v1","kind":"Scale""#), "{apps}");
    let groups = text(discovery.document("/apis", JSON, ""));
    let (apps, leases) = (groups.find("\"apps\""), groups.find("coordination"));
    assert!(apps.is_some() && apps < leases, "{groups}");
    assert!(discovery.document("/apis/batch", JSON, "").is_none());
    let api = text(discovery.document("/api", JSON, "10.0.0.1:6443"));
    assert!(api.contains(r#""serverAddress":"10.0.0.1:6443""#));
}

#[test]
fn the_aggregated_document_is_sent_once() {
    let discovery = discovery();
    let first = discovery.aggregated("/apis", JSON, &HeaderMap::new());
    assert_eq!(first.headers[http::header::CONTENT_TYPE], AGGREGATED_TYPE);
    let mut headers = HeaderMap::new();
    headers.insert(IF_NONE_MATCH, first.headers[ETAG].clone());
    assert_eq!(discovery.aggregated("/apis", JSON, &headers).status, StatusCode::NOT_MODIFIED);
    assert_eq!(discovery.aggregated("/api", JSON, &headers).status, StatusCode::OK);
    let body = text(Some(first));
    assert!(
        body.contains(r#""subresource":"scale","responseKind":{"group":"autoscaling","version":"v1","kind":"Scale"}"#),
        "{body}"
    );
}

#[test]
fn what_is_served_can_be_asked() {
    let discovery = discovery();
    assert!(discovery.serves("", "v1", "pods") && discovery.serves_group("apps"));
    assert!(!discovery.serves("apps", "v1", "pods") && !discovery.serves_group("batch"));
    assert_eq!(discovery.group_versions().count(), 4);
}

/// Groups in the order of a document, each with its versions.
fn order(document: &str, groups: &str, name: &[&str]) -> String {
    let document = apimachinery::json::parse(document.as_bytes()).expect("JSON");
    let groups = document.items_at(&[groups]).iter().map(|group| {
        let versions: Vec<&str> = group.items_at(&["versions"]).iter().map(|it| it.str_at(&["version"])).collect();
        format!("{}: {}", group.str_at(name), versions.join(" "))
    });
    groups.collect::<Vec<_>>().join("; ")
}

fn remote(group: &str, version: &str, is_current: bool) -> RemoteVersion {
    let resources = if is_current { vec![tree!({"resource": "flunders"})] } else { Vec::new() };
    RemoteVersion { group: group.into(), version: version.into(), resources, is_current }
}

#[test]
fn groups_stand_by_priority_and_other_servers_versions_among_them() {
    let mut registered = Registered::default();
    let all = [
        ("b.io", "v1", 17_900, 1),
        ("b.io", "v2", 17_900, 1),
        ("b.io", "v1beta1", 17_900, 9),
        ("a.io", "v1", 17_800, 1),
    ];
    for (group, version, rank, place) in all {
        registered.remote.push(remote(group, version, version != "v2"));
        registered.priorities.insert((group.into(), version.into()), Priority { group: rank, version: place });
    }
    let discovery = discovery_with(&registered);
    let expected = "apiregistration.k8s.io: v1; b.io: v1beta1 v2 v1; a.io: v1; apps: v1; coordination.k8s.io: v1";
    assert_eq!(order(&text(discovery.document("/apis", JSON, "")), "groups", &["name"]), expected);
    let aggregated = text(Some(discovery.aggregated("/apis", JSON, &HeaderMap::new())));
    assert_eq!(order(&aggregated, "items", &["metadata", "name"]), expected);
    assert!(
        aggregated.contains(r#"{"version":"v1beta1","resources":[{"resource":"flunders"}],"freshness":"Current"}"#)
    );
    assert!(aggregated.contains(r#"{"version":"v2","freshness":"Stale"}"#), "{aggregated}");
    assert!(discovery.serves("a.io", "v1", "flunders") && discovery.document("/apis/a.io/v1", JSON, "").is_none());
}

#[test]
fn old_documents_come_in_protobuf_too() {
    let protobuf = Accepted { encoding: Encoding::Protobuf, ..JSON };
    for path in ["/api", "/apis", "/apis/apps", "/api/v1", "/apis/apps/v1"] {
        let reply = discovery().document(path, protobuf, "10.0.0.1:6443").expect("served");
        assert_eq!(reply.headers[http::header::CONTENT_TYPE], "application/vnd.kubernetes.protobuf", "{path}");
    }
}
