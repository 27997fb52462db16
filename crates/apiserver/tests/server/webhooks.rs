//! Admission webhooks: what they see, what they change, what they refuse.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use corten_apiserver::loopback_user;
use serde_json::{Value, json};

use crate::cluster::{Answer, Cluster, cluster};
use crate::webhook_server::WebhookServer;

const CM: &str = "/api/v1/namespaces/default/configmaps";
const REGISTRATION: &str = "/apis/admissionregistration.k8s.io/v1";
const HPA: &str = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers";
const CRD: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

fn rule(operations: &[&str], group: &str, version: &str, resources: &[&str]) -> Value {
    json!({"operations": operations, "apiGroups": [group], "apiVersions": [version], "resources": resources})
}

fn configmaps(operations: &[&str]) -> Value {
    rule(operations, "", "v1", &["configmaps"])
}

/// A webhook with a rule.
fn hook(name: &str, client: Value, rule: Value) -> Value {
    json!({
        "name": format!("{name}.corten.test"), "clientConfig": client, "rules": [rule], "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    })
}

fn with(mut hook: Value, field: &str, value: Value) -> Value {
    hook[field] = value;
    hook
}

/// Allows all, refuses what is named `bad`, and patches as the path says.
fn usual(path: &str, request: &Value) -> Value {
    let name = request["object"]["metadata"]["name"].as_str().or(request["name"].as_str()).unwrap_or("");
    let patch = |text: &str| json!({"allowed": true, "patchType": "JSONPatch", "patch": STANDARD.encode(text)});
    match path {
        "/deny" if name.starts_with("bad") => json!({"allowed": false, "status": {"message": "it is bad"}}),
        "/deny-silently" => json!({"allowed": false}),
        "/warn" => json!({"allowed": true, "warnings": ["mind the gap"]}),
        "/stage-1" if request["object"]["data"]["start"] == "yes" => {
            patch(r#"[{"op":"add","path":"/data/stage-1","value":"yes"}]"#)
        }
        "/stage-2" if request["object"]["data"]["stage-1"] == "yes" => {
            patch(r#"[{"op":"add","path":"/data/stage-2","value":"yes"}]"#)
        }
        "/init-container" => {
            patch(r#"[{"op":"add","path":"/spec/initContainers","value":[{"name":"first","image":"i"}]}]"#)
        }
        "/label" => patch(r#"[{"op":"add","path":"/metadata/labels","value":{"seen":"yes"}}]"#),
        _ => json!({"allowed": true}),
    }
}

struct Webhooks {
    cluster: Cluster,
    server: WebhookServer,
}

impl Webhooks {
    async fn start() -> Webhooks {
        Webhooks { cluster: cluster().await, server: WebhookServer::start(usual).await }
    }

    /// Stores a configuration and waits until it has an effect.
    async fn configure(&self, kind: &str, name: &str, mut hooks: Vec<Value>) {
        let probe = rule(&["CREATE"], "coordination.k8s.io", "v1", &["leases"]);
        let probe = hook(&format!("probe-{name}"), self.server.client("/deny-silently"), probe);
        hooks.push(with(probe, "objectSelector", json!({"matchLabels": {"probe": name}})));
        let body = json!({"metadata": {"name": name}, "webhooks": hooks});
        let path = format!("POST {REGISTRATION}/{}webhookconfigurations", kind.to_lowercase());
        let created = self.cluster.ask(&path, &body.to_string()).await;
        assert_eq!(created.line(), "201");
        let lease = json!({"metadata": {"name": "probe", "labels": {"probe": name}}}).to_string();
        let path = "POST /apis/coordination.k8s.io/v1/namespaces/default/leases?dryRun=All";
        for _ in 0..10_000 {
            if self.cluster.ask(path, &lease).await.line().contains(&format!("probe-{name}.")) {
                self.server.take_asked();
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("the configuration has no effect");
    }

    async fn validate(&self, hooks: Vec<Value>) {
        self.configure("Validating", "v", hooks).await;
    }

    async fn mutate(&self, hooks: Vec<Value>) {
        self.configure("Mutating", "m", hooks).await;
    }

    async fn create(&self, name: &str, data: Value) -> Answer {
        let body = json!({"metadata": {"name": name}, "data": data});
        self.cluster.ask(&format!("POST {CM}"), &body.to_string()).await
    }

    async fn patch(&self, path: &str, body: &str) -> Answer {
        let headers = [("content-type", "application/merge-patch+json")];
        self.cluster.ask_as(loopback_user(), &format!("PATCH {path}"), &headers, body).await
    }
}

const DENIED: &str = "400 : admission webhook \"deny.corten.test\" denied the request: it is bad";

#[tokio::test]
async fn a_validating_webhook_refuses_every_kind_of_write() {
    let it = Webhooks::start().await;
    assert_eq!(it.create("bad-old", json!({})).await.line(), "201");
    it.validate(vec![hook("deny", it.server.client("/deny"), configmaps(&["*"]))]).await;
    assert_eq!(it.create("bad", json!({})).await.line(), DENIED);
    assert_eq!(it.create("good", json!({})).await.line(), "201");
    let path = format!("{CM}/bad-old");
    assert_eq!(it.patch(&path, r#"{"data":{"a":"b"}}"#).await.line(), DENIED);
    let whole = json!({"metadata": {"name": "bad-old"}, "data": {"a": "b"}}).to_string();
    assert_eq!(it.cluster.ask(&format!("PUT {path}"), &whole).await.line(), DENIED);
    let apply = [("content-type", "application/apply-patch+yaml")];
    let config = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"bad-new"}}"#;
    let applied = format!("PATCH {CM}/bad-new?fieldManager=x");
    assert_eq!(it.cluster.ask_as(loopback_user(), &applied, &apply, config).await.line(), DENIED);
    assert_eq!(it.cluster.ask(&format!("DELETE {path}"), "").await.line(), DENIED);
    // The name of a collection's object is not in the request, as in upstream.
    it.server.take_asked();
    assert_eq!(it.cluster.ask(&format!("DELETE {CM}"), "").await.line(), "200");
    let asked = it.server.take_asked();
    assert!(asked.iter().any(|request| request["oldObject"]["metadata"]["name"] == "good"), "{asked:?}");
    assert!(asked.iter().all(|request| request["operation"] == "DELETE" && request.get("name").is_none()));
}

#[tokio::test]
async fn a_webhook_is_told_all_about_the_request() {
    let it = Webhooks::start().await;
    it.validate(vec![hook("see", it.server.client("/warn"), configmaps(&["*"]))]).await;
    let created = it.create("a", json!({"k": "v"})).await;
    assert_eq!(created.headers["warning"], "299 - \"mind the gap\"");
    let request = it.server.take_asked().remove(0);
    assert_eq!(request["kind"], json!({"group": "", "version": "v1", "kind": "ConfigMap"}));
    assert_eq!(request["requestResource"], json!({"group": "", "version": "v1", "resource": "configmaps"}));
    assert_eq!((&request["name"], &request["namespace"]), (&json!("a"), &json!("default")));
    assert_eq!((&request["operation"], &request["dryRun"]), (&json!("CREATE"), &json!(false)));
    assert_eq!(request["userInfo"]["username"], "system:apiserver");
    assert_eq!(request["object"]["data"], json!({"k": "v"}));
    assert_eq!(request["object"]["kind"], "ConfigMap");
    assert_eq!(request["oldObject"], Value::Null);
    assert_eq!(request["options"], json!({"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"}));
    it.cluster.ask(&format!("DELETE {CM}/a?gracePeriodSeconds=3"), "").await;
    let request = it.server.take_asked().remove(0);
    assert_eq!((&request["object"], &request["oldObject"]["data"]), (&Value::Null, &json!({"k": "v"})));
    assert_eq!(request["oldObject"]["metadata"]["resourceVersion"], created.json()["metadata"]["resourceVersion"]);
    assert_eq!(request["options"]["gracePeriodSeconds"], 3);
}

#[tokio::test]
async fn calls_are_counted() {
    let it = Webhooks::start().await;
    it.validate(vec![hook("deny", it.server.client("/deny"), configmaps(&["CREATE"]))]).await;
    it.create("bad", json!({})).await;
    let text = String::from_utf8(it.cluster.ask("GET /metrics", "").await.body.to_vec()).expect("UTF-8");
    let line = r#"{code="400",name="deny.corten.test",operation="CREATE",rejected="true",type="validating"} 1"#;
    assert!(text.contains(&format!("apiserver_admission_webhook_request_total{line}\n")), "{text}");
}

#[tokio::test]
async fn mutating_webhooks_work_one_after_the_other() {
    let it = Webhooks::start().await;
    let stage = |name: &str| hook(name, it.server.client(&format!("/{name}")), configmaps(&["CREATE"]));
    it.mutate(vec![stage("stage-1"), stage("stage-2")]).await;
    let created = it.create("a", json!({"start": "yes"})).await.json();
    assert_eq!(created["data"], json!({"start": "yes", "stage-1": "yes", "stage-2": "yes"}));
    // Without a reinvocation policy a webhook is called once, even though the other has changed the object.
    assert_eq!(it.server.take_asked().len(), 2);
}

#[tokio::test]
async fn a_webhook_before_a_change_is_called_again_if_it_wants() {
    let it = Webhooks::start().await;
    let stage = |name: &str| {
        let hook = hook(name, it.server.client(&format!("/{name}")), configmaps(&["CREATE"]));
        with(hook, "reinvocationPolicy", json!("IfNeeded"))
    };
    it.mutate(vec![stage("stage-2"), stage("stage-1")]).await;
    let created = it.create("a", json!({"start": "yes"})).await.json();
    assert_eq!(created["data"], json!({"start": "yes", "stage-1": "yes", "stage-2": "yes"}));
}

#[tokio::test]
async fn what_a_webhook_adds_is_defaulted() {
    let it = Webhooks::start().await;
    let account = r#"{"metadata":{"name":"default"}}"#;
    it.cluster.ask("POST /api/v1/namespaces/default/serviceaccounts", account).await;
    let pods = rule(&["CREATE"], "", "v1", &["pods"]);
    it.mutate(vec![hook("init", it.server.client("/init-container"), pods)]).await;
    let pod = json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let created = it.cluster.ask("POST /api/v1/namespaces/default/pods", &pod.to_string()).await;
    assert_eq!(created.line(), "201");
    let container = &created.json()["spec"]["initContainers"][0];
    assert_eq!(container["name"], "first");
    assert_eq!(container["terminationMessagePolicy"], "File");
}

#[tokio::test]
async fn configurations_themselves_are_never_touched() {
    let it = Webhooks::start().await;
    let all = || rule(&["*"], "admissionregistration.k8s.io", "*", &["*"]);
    it.validate(vec![hook("deny", it.server.client("/deny-silently"), all())]).await;
    it.mutate(vec![hook("label", it.server.client("/label"), all())]).await;
    let path = format!("{REGISTRATION}/validatingwebhookconfigurations");
    let created = it.cluster.ask(&format!("POST {path}"), r#"{"metadata":{"name":"x"},"webhooks":[]}"#).await;
    assert_eq!(created.line(), "201");
    assert_eq!(created.json()["metadata"].get("labels"), None);
    assert_eq!(it.cluster.ask(&format!("DELETE {path}/x"), "").await.line(), "200");
}

#[tokio::test]
async fn a_webhook_that_is_too_slow_fails_or_is_ignored() {
    let it = Webhooks::start().await;
    let slow = |policy: &str| {
        let hook = hook("slow", it.server.client("/hang"), configmaps(&["CREATE"]));
        with(with(hook, "timeoutSeconds", json!(1)), "failurePolicy", json!(policy))
    };
    it.configure("Validating", "fail", vec![slow("Fail")]).await;
    let url = it.server.url("/hang");
    assert_eq!(
        it.create("a", json!({})).await.line(),
        format!(
            "500 InternalError: Internal error occurred: failed calling webhook \"slow.corten.test\": failed to call \
             webhook: Post \"{url}?timeout=1s\": context deadline exceeded"
        )
    );
    it.cluster.ask(&format!("DELETE {REGISTRATION}/validatingwebhookconfigurations/fail"), "").await;
    it.configure("Validating", "ignore", vec![slow("Ignore")]).await;
    assert_eq!(it.create("a", json!({})).await.line(), "201");
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_not_asked() {
    let it = Webhooks::start().await;
    let stranger = WebhookServer::start(usual).await;
    let client = json!({"url": it.server.url("/deny"), "caBundle": stranger.bundle});
    it.validate(vec![hook("closed", client, configmaps(&["CREATE"]))]).await;
    let url = it.server.url("/deny");
    assert_eq!(
        it.create("a", json!({})).await.line(),
        format!(
            "500 InternalError: Internal error occurred: failed calling webhook \"closed.corten.test\": failed to \
             call webhook: Post \"{url}?timeout=10s\": tls: failed to verify certificate: x509: certificate signed \
             by unknown authority"
        )
    );
}

#[tokio::test]
async fn an_error_of_the_server_is_told() {
    let it = Webhooks::start().await;
    it.validate(vec![hook("broken", it.server.client("/broken"), configmaps(&["CREATE"]))]).await;
    assert_eq!(
        it.create("a", json!({})).await.line(),
        "500 InternalError: Internal error occurred: failed calling webhook \"broken.corten.test\": failed to call \
         webhook: an error on the server (\"boom\") has prevented the request from succeeding"
    );
}

#[tokio::test]
async fn a_bundle_may_be_the_servers_own_certificate() {
    let it = Webhooks::start().await;
    let own = WebhookServer::self_signed(usual).await;
    it.validate(vec![hook("deny", own.client("/deny"), configmaps(&["CREATE"]))]).await;
    assert_eq!(it.create("bad", json!({})).await.line(), DENIED);
    assert_eq!(it.create("good", json!({})).await.line(), "201");
}

#[tokio::test]
async fn a_service_without_endpoints_cannot_be_asked() {
    let it = Webhooks::start().await;
    let client = json!({"service": {"namespace": "default", "name": "hook", "path": "/x"}});
    it.validate(vec![hook("away", client, configmaps(&["CREATE"]))]).await;
    let failed = |cause: &str| {
        format!(
            "500 InternalError: Internal error occurred: failed calling webhook \"away.corten.test\": failed to call \
             webhook: Post \"https://hook.default.svc:443/x?timeout=10s\": {cause}"
        )
    };
    assert_eq!(it.create("a", json!({})).await.line(), failed("service \"hook\" not found"));
    let service = json!({"metadata": {"name": "hook"}, "spec": {"ports": [{"port": 443}]}}).to_string();
    assert_eq!(it.cluster.ask("POST /api/v1/namespaces/default/services", &service).await.line(), "201");
    let endpoints = json!({"metadata": {"name": "hook"}, "subsets": []}).to_string();
    assert_eq!(it.cluster.ask("POST /api/v1/namespaces/default/endpoints", &endpoints).await.line(), "201");
    assert_eq!(it.create("a", json!({})).await.line(), failed("no endpoints available for service \"hook\""));
}

#[tokio::test]
async fn a_dry_run_is_only_shown_to_webhooks_without_side_effects() {
    let it = Webhooks::start().await;
    let side_effects = |name: &str, which: &str| {
        let hook = hook(name, it.server.client("/deny"), configmaps(&["CREATE"]));
        with(hook, "sideEffects", json!(which))
    };
    it.validate(vec![side_effects("deny", "NoneOnDryRun")]).await;
    let body = json!({"metadata": {"name": "a"}}).to_string();
    assert_eq!(it.cluster.ask(&format!("POST {CM}?dryRun=All"), &body).await.line(), "201");
    assert_eq!(it.server.take_asked()[0]["dryRun"], true);
}

#[tokio::test]
async fn selectors_choose_namespaces_and_objects() {
    let it = Webhooks::start().await;
    it.cluster.ask("POST /api/v1/namespaces", r#"{"metadata":{"name":"free","labels":{"free":"yes"}}}"#).await;
    let selector = json!({"matchExpressions": [{"key": "free", "operator": "DoesNotExist"}]});
    let deny = |name: &str| hook(name, it.server.client("/deny-silently"), configmaps(&["CREATE", "UPDATE"]));
    let by_object = json!({"matchLabels": {"watched": "yes"}});
    it.validate(vec![
        with(
            with(deny("namespaces"), "namespaceSelector", selector),
            "objectSelector",
            json!({"matchLabels": {"a": "b"}}),
        ),
        with(deny("objects"), "objectSelector", by_object),
    ])
    .await;
    let create = async |namespace: &str, labels: Value| {
        let body = json!({"metadata": {"name": "x", "labels": labels}}).to_string();
        it.cluster.ask(&format!("POST /api/v1/namespaces/{namespace}/configmaps"), &body).await.line()
    };
    let denied =
        |name: &str| format!("400 : admission webhook \"{name}.corten.test\" denied the request without explanation");
    assert_eq!(create("default", json!({"a": "b"})).await, denied("namespaces"));
    assert_eq!(create("free", json!({"a": "b"})).await, "201");
    assert_eq!(create("default", json!({"watched": "yes"})).await, denied("objects"));
    assert_eq!(create("default", json!({})).await, "201");
    // The labels before an update count, too.
    assert_eq!(it.patch("/api/v1/namespaces/free/configmaps/x", r#"{"metadata":{"labels":null}}"#).await.line(), "200");
    assert_eq!(
        it.patch(&format!("{CM}/x"), r#"{"metadata":{"labels":{"watched":"yes"}}}"#).await.line(),
        denied("objects")
    );
}

#[tokio::test]
async fn an_equivalent_rule_sees_its_own_version() {
    let it = Webhooks::start().await;
    let see = |policy: &str| {
        let v2 = rule(&["*"], "autoscaling", "v2", &["horizontalpodautoscalers"]);
        with(hook("see", it.server.client("/label"), v2), "matchPolicy", json!(policy))
    };
    it.configure("Mutating", "equivalent", vec![see("Equivalent")]).await;
    let body = json!({"metadata": {"name": "a"}, "spec": {
        "maxReplicas": 3, "targetCPUUtilizationPercentage": 50,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"},
    }});
    let created = it.cluster.ask(&format!("POST {HPA}"), &body.to_string()).await;
    assert_eq!(created.line(), "201");
    assert_eq!(created.json()["apiVersion"], "autoscaling/v1");
    assert_eq!(created.json()["metadata"]["labels"], json!({"seen": "yes"}));
    assert_eq!(created.json()["spec"]["targetCPUUtilizationPercentage"], 50);
    let request = it.server.take_asked().remove(0);
    assert_eq!((&request["kind"]["version"], &request["requestKind"]["version"]), (&json!("v2"), &json!("v1")));
    assert_eq!(request["object"]["apiVersion"], "autoscaling/v2");
    assert_eq!(request["object"]["spec"]["metrics"][0]["resource"]["name"], "cpu");
    it.cluster.ask(&format!("DELETE {REGISTRATION}/mutatingwebhookconfigurations/equivalent"), "").await;
    it.configure("Mutating", "exact", vec![see("Exact")]).await;
    it.patch(&format!("{HPA}/a"), r#"{"spec":{"maxReplicas":4}}"#).await;
    assert!(it.server.take_asked().is_empty());
}

#[tokio::test]
async fn connections_and_subresources_are_seen_as_what_they_are() {
    let it = Webhooks::start().await;
    it.validate(vec![
        hook("connect", it.server.client("/deny-silently"), rule(&["CONNECT"], "", "v1", &["pods/attach"])),
        hook("scale", it.server.client("/see"), rule(&["UPDATE"], "apps", "v1", &["deployments/scale"])),
    ])
    .await;
    let attach = "POST /api/v1/namespaces/default/pods/p/attach?container=c&stdin=true";
    assert_eq!(
        it.cluster.ask(attach, "").await.line(),
        "400 : admission webhook \"connect.corten.test\" denied the request without explanation"
    );
    let request = it.server.take_asked().remove(0);
    assert_eq!((&request["name"], &request["subResource"]), (&json!("p"), &json!("attach")));
    assert_eq!(request["kind"]["kind"], "PodAttachOptions");
    assert_eq!(
        request["object"],
        json!({"kind": "PodAttachOptions", "apiVersion": "v1", "stdin": true, "container": "c"})
    );
    let deployment = json!({"metadata": {"name": "d"}, "spec": {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
    }});
    let path = "/apis/apps/v1/namespaces/default/deployments";
    assert_eq!(it.cluster.ask(&format!("POST {path}"), &deployment.to_string()).await.line(), "201");
    assert_eq!(it.patch(&format!("{path}/d/scale"), r#"{"spec":{"replicas":4}}"#).await.line(), "200");
    let request = it.server.take_asked().remove(0);
    assert_eq!(request["kind"], json!({"group": "autoscaling", "version": "v1", "kind": "Scale"}));
    assert_eq!(request["options"]["kind"], "UpdateOptions");
    assert_eq!(request["object"]["spec"]["replicas"], 4);
    assert_eq!(request["oldObject"]["spec"]["replicas"], 1);
}

fn definition(properties: Value) -> Value {
    let schema = json!({"openAPIV3Schema": {"type": "object", "properties": properties}});
    json!({"metadata": {"name": "things.example.com"}, "spec": {
        "group": "example.com", "scope": "Namespaced", "names": {"plural": "things", "kind": "Thing"},
        "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}],
    }})
}

#[tokio::test]
async fn custom_resources_are_mutated_and_pruned() {
    let it = Webhooks::start().await;
    let text = json!({"type": "string"});
    let data = json!({"data": {"type": "object", "properties": {"start": text, "stage-1": text}}});
    assert_eq!(it.cluster.ask(&format!("POST {CRD}"), &definition(data).to_string()).await.line(), "201");
    let things = "/apis/example.com/v1/namespaces/default/things";
    while it.cluster.ask(&format!("GET {things}"), "").await.status != 200 {
        tokio::task::yield_now().await;
    }
    let things_rule = |operations: &[&str]| rule(operations, "example.com", "v1", &["things"]);
    let stage = |name: &str| hook(name, it.server.client(&format!("/{name}")), things_rule(&["CREATE"]));
    it.mutate(vec![stage("stage-1"), stage("stage-2")]).await;
    it.validate(vec![hook("deny", it.server.client("/deny"), things_rule(&["DELETE"]))]).await;
    let thing = json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "bad"},
        "data": {"start": "yes"}});
    let created = it.cluster.ask(&format!("POST {things}"), &thing.to_string()).await;
    assert_eq!(created.line(), "201");
    assert_eq!(created.json()["data"], json!({"start": "yes", "stage-1": "yes"}));
    assert_eq!(it.cluster.ask(&format!("DELETE {things}/bad"), "").await.line(), DENIED);
}

#[tokio::test]
async fn custom_resources_are_mutated_whatever_version_is_stored() {
    let it = Webhooks::start().await;
    let versions = |stored: &str| {
        let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
        let version = |name: &str| json!({"name": name, "served": true, "storage": name == stored, "schema": schema});
        json!([version("v1"), version("v2")])
    };
    let mut definition = definition(json!({}));
    definition["spec"]["versions"] = versions("v1");
    assert_eq!(it.cluster.ask(&format!("POST {CRD}"), &definition.to_string()).await.line(), "201");
    let things = |version: &str| format!("/apis/example.com/{version}/namespaces/default/things");
    while it.cluster.ask(&format!("GET {}", things("v2")), "").await.status != 200 {
        tokio::task::yield_now().await;
    }
    // The rule names one version; the other is equivalent.
    let rule = || rule(&["CREATE", "UPDATE"], "example.com", "v1", &["things"]);
    let stage = |name: &str| hook(name, it.server.client(&format!("/{name}")), rule());
    it.mutate(vec![stage("stage-1"), stage("stage-2")]).await;
    let thing = json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"},
        "data": {"start": "yes"}});
    assert_eq!(it.cluster.ask(&format!("POST {}", things("v1")), &thing.to_string()).await.line(), "201");
    let change = json!({"spec": {"versions": versions("v2")}}).to_string();
    assert_eq!(it.patch(&format!("{CRD}/things.example.com"), &change).await.line(), "200");
    it.server.take_asked();
    for round in 0..50 {
        // Before and after the other version has become the stored one.
        let patch = format!(r#"[{{"op":"add","path":"/dummy","value":"{round}"}}]"#);
        let request = format!("PATCH {}/a", things("v2"));
        let headers = [("content-type", "application/json-patch+json")];
        let patched = it.cluster.ask_as(loopback_user(), &request, &headers, &patch).await;
        assert_eq!(patched.line(), "200");
        let patched = patched.json();
        assert_eq!((&patched["apiVersion"], &patched["dummy"]), (&json!("example.com/v2"), &json!(round.to_string())));
        assert_eq!(patched["data"], json!({"start": "yes", "stage-1": "yes", "stage-2": "yes"}));
        tokio::task::yield_now().await;
    }
    let request = it.server.take_asked().remove(0);
    assert_eq!((&request["kind"]["version"], &request["requestKind"]["version"]), (&json!("v1"), &json!("v2")));
    assert_eq!(request["object"]["apiVersion"], "example.com/v1");
}

#[tokio::test]
async fn the_definition_of_custom_resources_can_be_refused() {
    let it = Webhooks::start().await;
    let definitions = rule(&["CREATE"], "apiextensions.k8s.io", "*", &["customresourcedefinitions"]);
    it.validate(vec![hook("crd", it.server.client("/deny-silently"), definitions)]).await;
    let refused = it.cluster.ask(&format!("POST {CRD}"), &definition(json!({})).to_string()).await;
    assert_eq!(refused.line(), "400 : admission webhook \"crd.corten.test\" denied the request without explanation");
}
