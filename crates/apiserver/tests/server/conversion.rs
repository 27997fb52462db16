//! Conversion webhooks: custom resources in other versions than the stored one.

use client::transport::ResponseBody;
use corten_apiserver::loopback_user;
use serde_json::{Value, json};

use crate::cluster::{Answer, Cluster, cluster};
use crate::webhook_server::WebhookServer;

const CRD: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// Converts between `hostPort` (v1) and `host`, `port` (v2).
fn convert_hosts(request: &Value) -> Value {
    let desired = request["desiredAPIVersion"].as_str().expect("a version");
    let convert = |object: &Value| {
        let mut object = object.clone();
        let fields = object.as_object_mut().expect("an object");
        fields.insert("apiVersion".into(), json!(desired));
        if desired.ends_with("v2") {
            if let Some(both) = fields.remove("hostPort") {
                let (host, port) = both.as_str().and_then(|it| it.split_once(':')).expect("a pair");
                fields.insert("host".into(), json!(host));
                fields.insert("port".into(), json!(port));
            }
        } else if let (Some(host), Some(port)) = (fields.remove("host"), fields.remove("port")) {
            let both = format!("{}:{}", host.as_str().expect("text"), port.as_str().expect("text"));
            fields.insert("hostPort".into(), json!(both));
        }
        object
    };
    let converted: Vec<Value> = request["objects"].as_array().expect("objects").iter().map(convert).collect();
    match converted.iter().any(|object| object["metadata"]["name"] == "inconvertible") {
        true => json!({"result": {"status": "Failure", "message": "cannot be converted"}}),
        false => json!({"result": {"status": "Success"}, "convertedObjects": converted}),
    }
}

fn hosts_definition(webhook: &WebhookServer, stored: &str) -> Value {
    let text = json!({"type": "string"});
    let version = |name: &str, properties: Value| {
        let schema = json!({"openAPIV3Schema": {"type": "object", "properties": properties}});
        json!({"name": name, "served": true, "storage": name == stored, "schema": schema})
    };
    json!({"metadata": {"name": "hosts.example.com"}, "spec": {
        "group": "example.com", "scope": "Namespaced", "names": {"plural": "hosts", "kind": "Host"},
        "versions": [version("v1", json!({"hostPort": text})), version("v2", json!({"host": text, "port": text}))],
        "conversion": {"strategy": "Webhook", "webhook": {
            "clientConfig": webhook.client("/convert"), "conversionReviewVersions": ["v1", "v1beta1"],
        }},
    }})
}

struct Hosts {
    cluster: Cluster,
    server: WebhookServer,
}

impl Hosts {
    async fn start() -> Hosts {
        let it =
            Hosts { cluster: cluster().await, server: WebhookServer::start(|_, request| convert_hosts(request)).await };
        let definition = hosts_definition(&it.server, "v1").to_string();
        assert_eq!(it.cluster.ask(&format!("POST {CRD}"), &definition).await.line(), "201");
        while it.cluster.ask(&format!("GET {}", path("v2")), "").await.status != 200 {
            tokio::task::yield_now().await;
        }
        it
    }

    async fn create(&self, version: &str, name: &str, mut fields: Value) -> Answer {
        fields["apiVersion"] = json!(format!("example.com/{version}"));
        fields["kind"] = json!("Host");
        fields["metadata"] = json!({"name": name});
        self.cluster.ask(&format!("POST {}", path(version)), &fields.to_string()).await
    }

    async fn get(&self, version: &str, name: &str) -> Value {
        self.cluster.ask(&format!("GET {}/{name}", path(version)), "").await.json()
    }
}

fn path(version: &str) -> String {
    format!("/apis/example.com/{version}/namespaces/default/hosts")
}

#[tokio::test]
async fn custom_resources_are_converted_by_a_webhook() {
    let it = Hosts::start().await;
    assert_eq!(it.create("v1", "a", json!({"hostPort": "localhost:8080"})).await.line(), "201");
    let shown = it.get("v2", "a").await;
    assert_eq!((&shown["apiVersion"], &shown["host"]), (&json!("example.com/v2"), &json!("localhost")));
    assert_eq!((shown.get("hostPort"), &shown["port"]), (None, &json!("8080")));
    // A write in the other version is stored in the stored one.
    let created = it.create("v2", "b", json!({"host": "h", "port": "1"})).await;
    assert_eq!(created.line(), "201");
    assert_eq!((&created.json()["host"], created.json().get("hostPort")), (&json!("h"), None));
    assert_eq!(it.get("v1", "b").await["hostPort"], "h:1");
    let headers = [("content-type", "application/merge-patch+json")];
    let request = format!("PATCH {}/b", path("v2"));
    let patched = it.cluster.ask_as(loopback_user(), &request, &headers, r#"{"port":"2"}"#).await;
    assert_eq!(patched.line(), "200");
    assert_eq!(patched.json()["metadata"]["generation"], 2);
    assert_eq!(it.get("v1", "b").await["hostPort"], "h:2");
    assert_eq!(it.cluster.ask(&format!("DELETE {}/b", path("v2")), "").await.line(), "200");
}

#[tokio::test]
async fn a_list_of_mixed_versions_is_converted_at_once() {
    let it = Hosts::start().await;
    assert_eq!(it.create("v1", "a", json!({"hostPort": "h:1"})).await.line(), "201");
    let stored = it.cluster.ask(&format!("GET {CRD}/hosts.example.com"), "").await.json();
    let mut definition = hosts_definition(&it.server, "v2");
    definition["metadata"] = stored["metadata"].clone();
    let request = format!("PUT {CRD}/hosts.example.com");
    assert_eq!(it.cluster.ask(&request, &definition.to_string()).await.line(), "200");
    let mut last = it.create("v1", "b", json!({"hostPort": "h:2"})).await;
    while last.status == 404 {
        tokio::task::yield_now().await;
        last = it.create("v1", "b", json!({"hostPort": "h:2"})).await;
    }
    assert_eq!(last.line(), "201");
    let list = async |version: &str, field: &str| -> Vec<Value> {
        let list = it.cluster.ask(&format!("GET {}", path(version)), "").await.json();
        let items = list["items"].as_array().expect("items").iter();
        items.map(|item| json!([item["apiVersion"], item[field]])).collect()
    };
    let is_v2 = async || list("v2", "port").await == [json!(["example.com/v2", "1"]), json!(["example.com/v2", "2"])];
    assert!(is_v2().await);
    assert_eq!(list("v1", "hostPort").await, [json!(["example.com/v1", "h:1"]), json!(["example.com/v1", "h:2"])]);
    // What was converted is known: further lists ask nobody.
    it.server.take_asked();
    assert!(is_v2().await);
    assert!(it.server.take_asked().is_empty());
}

#[tokio::test]
async fn a_failed_conversion_is_told_in_upstreams_words() {
    let it = Hosts::start().await;
    let failed = it.create("v2", "inconvertible", json!({"host": "h", "port": "1"})).await;
    assert_eq!(failed.line(), "500 : conversion webhook for example.com/v2, Kind=Host failed: cannot be converted");
}

#[tokio::test]
async fn a_watch_shows_the_asked_version() {
    let it = Hosts::start().await;
    let request = format!("GET {}?watch=true&timeoutSeconds=600", path("v2"));
    let watch = it.cluster.send(loopback_user(), &request, &[], "").await;
    let ResponseBody::Watch(mut frames) = watch.body else { panic!("not a watch") };
    assert_eq!(it.create("v1", "a", json!({"hostPort": "h:1"})).await.line(), "201");
    let frame = frames.recv().await.expect("a frame");
    let object: Value = serde_json::from_slice(&frame.object.to_json()).expect("JSON");
    assert_eq!((&object["apiVersion"], &object["host"]), (&json!("example.com/v2"), &json!("h")));
}

#[tokio::test]
async fn a_policy_sees_and_changes_the_version_that_its_rules_name() {
    let it = Hosts::start().await;
    let rule =
        json!({"apiGroups": ["example.com"], "apiVersions": ["v2"], "operations": ["CREATE"], "resources": ["hosts"]});
    let spec = json!({"matchConstraints": {"resourceRules": [rule]}, "reinvocationPolicy": "Never", "mutations": [
        {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{port: object.port + '0'}"}}]});
    for (plural, spec) in
        [("mutatingadmissionpolicies", spec), ("mutatingadmissionpolicybindings", json!({"policyName": "p"}))]
    {
        let body = json!({"metadata": {"name": "p"}, "spec": spec}).to_string();
        let request = format!("POST /apis/admissionregistration.k8s.io/v1/{plural}");
        assert_eq!(it.cluster.ask(&request, &body).await.line(), "201");
    }
    // The policy follows its write at once, but not within it.
    let mut created = Vec::new();
    while created.last().is_none_or(|it| it == "h:8") {
        let answer = it.create("v1", &format!("a{}", created.len()), json!({"hostPort": "h:8"})).await;
        assert_eq!(answer.line(), "201");
        created.push(answer.json()["hostPort"].as_str().expect("text").to_owned());
        tokio::task::yield_now().await;
    }
    assert_eq!(created.last().map(String::as_str), Some("h:80"));
}
