use super::*;
use crate::negotiation::Shape;

const JSON: Accepted = Accepted { encoding: Encoding::Json, shape: Shape::Plain, is_pretty: false };

fn discovery() -> Discovery {
    let ty = |group, version, plural| api::resource(group, version, plural).expect("a built-in resource");
    let of = |ty: &'static ResourceType, names: &[&str]| Served {
        ty,
        subresources: ty.subresources.iter().filter(|it| names.contains(&it.name)).collect(),
    };
    Discovery::of(vec![
        of(ty("", "v1", "pods"), &["status", "log"]),
        of(ty("", "v1", "configmaps"), &[]),
        of(ty("apps", "v1", "deployments"), &["scale", "status"]),
        of(ty("coordination.k8s.io", "v1", "leases"), &[]),
    ])
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
    assert_eq!(discovery.all().count(), 4);
}
