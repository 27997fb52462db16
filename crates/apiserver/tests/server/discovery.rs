//! Discovery documents against upstream's, as `compare/discovery` records them.

use apimachinery::value::Value;
use apimachinery::{json, yaml};
use corten_apiserver::loopback_user;

use crate::cluster::cluster;

const RECORDED: &str = include_str!("../../../../compare/discovery/discovery.txt");

/// The recorded document of a case.
fn recorded(case: &str) -> Value {
    let start = format!("\n## {case}\n");
    let at = RECORDED.find(&start).unwrap_or_else(|| panic!("no case {case:?}"));
    let lines = RECORDED[at + start.len()..].lines().take_while(|line| !line.is_empty());
    let lines: Vec<&str> = lines.filter_map(|line| line.strip_prefix("| ")).collect();
    if let Some(document) = lines[0].strip_prefix("no items: ") {
        return json::parse(document.as_bytes()).expect("JSON");
    }
    let is_body = |line: &&&str| !line.starts_with("200 ") && !line.starts_with("Vary: ");
    let body: Vec<&str> = lines.iter().filter(is_body).copied().collect();
    yaml::parse(body.join("\n").as_bytes()).expect("YAML").0
}

#[track_caller]
fn check(case: &str, found: &[u8]) {
    let (found, wanted) = (json::parse(found).expect("JSON"), recorded(case));
    let text = |value: &Value| String::from_utf8(json::to_vec(value)).expect("UTF-8");
    assert_eq!(text(&found), text(&wanted), "{case}");
}

#[tokio::test]
async fn documents_are_upstreams() {
    let cluster = cluster().await;
    let aggregated = [("accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")];
    let plain: &[(&str, &str)] = &[];
    let cases = [
        ("resources of the core group", "GET /api/v1", plain),
        ("resources of apps/v1", "GET /apis/apps/v1", plain),
        ("all groups", "GET /apis", plain),
        ("the group apps", "GET /apis/apps", plain),
        ("all groups at once", "GET /apis", &aggregated[..]),
        ("the core group at once", "GET /api", &aggregated[..]),
    ];
    for (case, request, headers) in cases {
        let answer = cluster.ask_as(loopback_user(), request, headers, "").await;
        check(case, &answer.body);
    }
}

#[tokio::test]
async fn discovery_is_told_in_protobuf_too() {
    let cluster = cluster().await;
    for path in ["/api", "/apis", "/apis/apps", "/api/v1"] {
        let accept = [("accept", "application/vnd.kubernetes.protobuf")];
        let answer = cluster.ask_as(loopback_user(), &format!("GET {path}"), &accept, "").await;
        assert_eq!(answer.headers["content-type"], "application/vnd.kubernetes.protobuf", "{path}");
        assert!(answer.body.starts_with(b"k8s\0"), "{path}");
    }
}

#[tokio::test]
async fn component_statuses_are_shown() {
    let cluster = cluster().await;
    let answer = cluster.ask("GET /api/v1/componentstatuses", "").await;
    assert_eq!(answer.headers["warning"], "299 - \"v1 ComponentStatus is deprecated in v1.19+\"");
    let items = answer.json()["items"].as_array().expect("items").clone();
    let names: Vec<_> = items.iter().map(|it| it["metadata"]["name"].as_str().unwrap_or("")).collect();
    assert_eq!(names, ["controller-manager", "scheduler", "etcd-0"]);
    assert!(items.iter().all(|it| it["conditions"][0]["status"] == "True"));
    assert_eq!(cluster.ask("DELETE /api/v1/componentstatuses/scheduler", "").await.status, 405);
    assert_eq!(
        cluster.ask("GET /api/v1/componentstatuses/x", "").await.line(),
        "404 NotFound: componentstatus \"x\" not found"
    );
}
