//! Admission policies, from their creation to what they do to requests.

use crate::cluster::{Answer, Cluster, cluster, user};
use serde_json::{Value, json};

const POLICIES: &str = "/apis/admissionregistration.k8s.io/v1";
const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// Requests until a policy takes effect: it follows the write at once, but not within it.
const ATTEMPTS_MAX: usize = 1_000;

fn rule(operations: &[&str]) -> Value {
    json!({"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": operations,
        "resources": ["configmaps"]}]})
}

async fn create(cluster: &Cluster, plural: &str, name: &str, spec: Value) {
    let body = json!({"metadata": {"name": name}, "spec": spec}).to_string();
    let answer = cluster.ask(&format!("POST {POLICIES}/{plural}"), &body).await;
    assert_eq!(answer.line(), "201");
}

async fn validating(cluster: &Cluster, policy: Value, binding: Value) {
    create(cluster, "validatingadmissionpolicies", "p", policy).await;
    let mut spec = json!({"policyName": "p", "validationActions": ["Deny"]});
    spec.as_object_mut().expect("object").extend(binding.as_object().expect("object").clone());
    create(cluster, "validatingadmissionpolicybindings", "b", spec).await;
}

fn config_map(name: &str, data: Value) -> String {
    json!({"metadata": {"name": name}, "data": data}).to_string()
}

async fn dry_run(cluster: &Cluster, body: &str) -> Answer {
    cluster.ask(&format!("POST {MAPS}?dryRun=All"), body).await
}

/// The answer to a dry run, once it is another one than without the policy.
async fn until(cluster: &Cluster, body: &str, is_it: impl Fn(&Answer) -> bool) -> Answer {
    for _ in 0..ATTEMPTS_MAX {
        let answer = dry_run(cluster, body).await;
        if is_it(&answer) {
            return answer;
        }
        tokio::task::yield_now().await;
    }
    panic!("the policy has no effect");
}

async fn refusal(cluster: &Cluster, body: &str) -> String {
    until(cluster, body, |answer| answer.status != 201).await.line()
}

#[tokio::test]
async fn a_policy_refuses_what_its_expressions_do_not_allow() {
    let cluster = cluster().await;
    let policy = json!({"matchConstraints": rule(&["CREATE"]), "validations": [
        {"expression": "object.data.size() < 2", "messageExpression": "'wants less than 2, got ' + string(object.data.size())"},
        {"expression": "namespaceObject.metadata.name == 'default'", "reason": "Forbidden"}]});
    validating(&cluster, policy, json!({})).await;
    let refused = refusal(&cluster, &config_map("a", json!({"a": "1", "b": "2"}))).await;
    assert_eq!(
        refused,
        "422 Invalid: configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: wants \
         less than 2, got 2"
    );
    assert_eq!(dry_run(&cluster, &config_map("a", json!({"a": "1"}))).await.line(), "201");
    let fault = dry_run(&cluster, &config_map("a", Value::Null)).await.line();
    assert_eq!(
        fault,
        "422 Invalid: configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: \
         expression 'object.data.size() < 2' resulted in error: no such key: data"
    );
    let body = config_map("a", json!({"a": "1"}));
    let elsewhere = cluster.ask("POST /api/v1/namespaces/kube-system/configmaps?dryRun=All", &body).await.line();
    assert!(
        elsewhere.starts_with("403 Forbidden: configmaps \"a\" is forbidden: ValidatingAdmissionPolicy"),
        "{elsewhere}"
    );
}

#[tokio::test]
async fn variables_conditions_and_the_request_are_known() {
    let cluster = cluster().await;
    let policy = json!({
        "matchConstraints": rule(&["*"]),
        "matchConditions": [{"name": "not-system", "expression": "!request.userInfo.username.startsWith('system:kube')"}],
        "variables": [
            {"name": "count", "expression": "has(object.data) ? object.data.size() : 0"},
            {"name": "isOdd", "expression": "variables.count % 2 == 1"}],
        "validations": [
            {"expression": "variables.isOdd", "message": "odd only"},
            {"expression": "authorizer.requestResource.check('delete').allowed()", "message": "who cannot delete cannot create"},
            {"expression": "request.operation == 'CREATE' && request.resource.resource == 'configmaps'"}]});
    validating(&cluster, policy, json!({})).await;
    let even = refusal(&cluster, &config_map("a", json!({}))).await;
    assert!(even.ends_with("denied request: odd only"), "{even}");
    assert_eq!(dry_run(&cluster, &config_map("a", json!({"a": "1"}))).await.line(), "201");
    let scheduler = user("system:kube-x", &["system:masters"]);
    let headers = [("content-type", "application/json")];
    let exempt =
        cluster.ask_as(scheduler, &format!("POST {MAPS}?dryRun=All"), &headers, &config_map("a", json!({}))).await;
    assert_eq!(exempt.line(), "201");
}

#[tokio::test]
async fn parameters_come_from_the_binding() {
    let cluster = cluster().await;
    let policy = json!({"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}, "matchConstraints": rule(&["CREATE"]),
        "matchConditions": [{"name": "not-the-limits", "expression": "object.metadata.name != 'limits'"}],
        "validations": [{"expression": "object.data.size() <= int(params.data.max)"}]});
    let reference = json!({"paramRef": {"name": "limits", "namespace": "default", "parameterNotFoundAction": "Deny"}});
    validating(&cluster, policy, reference).await;
    let body = config_map("a", json!({"a": "1", "b": "2"}));
    let missing = refusal(&cluster, &body).await;
    assert!(missing.ends_with("no params found for policy binding with `Deny` parameterNotFoundAction"), "{missing}");
    // The parameters themselves cannot be created while they are missing; the policy is suspended for that.
    let binding = format!("{POLICIES}/validatingadmissionpolicybindings/b");
    assert_eq!(cluster.ask(&format!("DELETE {binding}"), "").await.line(), "200");
    until(&cluster, &body, |answer| answer.status == 201).await;
    assert_eq!(cluster.ask(&format!("POST {MAPS}"), &config_map("limits", json!({"max": "1"}))).await.line(), "201");
    let spec = json!({"policyName": "p", "validationActions": ["Deny"],
        "paramRef": {"selector": {}, "parameterNotFoundAction": "Allow"}});
    create(&cluster, "validatingadmissionpolicybindings", "b", spec).await;
    let limited = refusal(&cluster, &body).await;
    assert!(limited.contains("denied request: "), "{limited}");
}

#[tokio::test]
async fn warnings_and_selectors_are_the_bindings() {
    let cluster = cluster().await;
    let policy =
        json!({"matchConstraints": rule(&["CREATE"]), "validations": [{"expression": "false", "message": "no"}]});
    let binding = json!({"validationActions": ["Warn", "Audit"],
        "matchResources": {"objectSelector": {"matchLabels": {"checked": "yes"}}}});
    validating(&cluster, policy, binding).await;
    let body = json!({"metadata": {"name": "a", "labels": {"checked": "yes"}}}).to_string();
    let warned = until(&cluster, &body, |answer| answer.headers.contains_key("warning")).await;
    assert_eq!(warned.line(), "201");
    let text = warned.headers["warning"].to_str().expect("text");
    assert_eq!(text, "299 - \"Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': no\"");
    assert!(!dry_run(&cluster, &config_map("a", json!({}))).await.headers.contains_key("warning"));
}

#[tokio::test]
async fn policies_and_webhooks_with_faulty_expressions_are_refused() {
    let cluster = cluster().await;
    let policy = json!({"metadata": {"name": "p"}, "spec": {"matchConstraints": rule(&["CREATE"]),
        "validations": [{"expression": "object.x > foo"}, {"expression": "object.spec.replicas"}]}});
    let refused =
        cluster.ask(&format!("POST {POLICIES}/validatingadmissionpolicies"), &policy.to_string()).await.line();
    assert!(refused.contains("undeclared reference to 'foo' (in container '')"), "{refused}");
    assert!(refused.contains("must evaluate to bool but got dyn"), "{refused}");
    let hook = json!({"name": "a.b.c", "clientConfig": {"url": "https://a"}, "sideEffects": "None",
        "admissionReviewVersions": ["v1"], "matchConditions": [{"name": "a", "expression": "... [] bad expression"}]});
    for plural in ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"] {
        let body = json!({"metadata": {"name": "w"}, "webhooks": [hook]}).to_string();
        let refused = cluster.ask(&format!("POST {POLICIES}/{plural}"), &body).await.line();
        assert!(refused.starts_with("422 Invalid") && refused.contains("compilation failed"), "{refused}");
    }
}

#[tokio::test]
async fn mutating_policies_change_objects_before_they_are_checked() {
    let cluster = cluster().await;
    let configuration = "Object{metadata: Object.metadata{annotations: {'mutated-by': 'policy'}}}";
    let patch = "[JSONPatch{op: 'add', path: '/metadata/annotations/' + jsonpatch.escapeKey('a/b'), value: 'c'}]";
    let policy = json!({"matchConstraints": rule(&["CREATE"]), "reinvocationPolicy": "Never", "mutations": [
        {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": configuration}},
        {"patchType": "JSONPatch", "jsonPatch": {"expression": patch}}]});
    create(&cluster, "mutatingadmissionpolicies", "m", policy).await;
    create(&cluster, "mutatingadmissionpolicybindings", "m", json!({"policyName": "m"})).await;
    let is_changed = |answer: &Answer| !answer.json()["metadata"]["annotations"].is_null();
    let changed = until(&cluster, &config_map("a", json!({"k": "v"})), is_changed).await.json();
    assert_eq!(changed["metadata"]["annotations"], json!({"mutated-by": "policy", "a/b": "c"}));
    assert_eq!(changed["data"], json!({"k": "v"}));
    let failing = json!({"matchConstraints": rule(&["CREATE"]), "reinvocationPolicy": "IfNeeded", "mutations": [
        {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{spec: Object.spec{a: 1}}"}}]});
    create(&cluster, "mutatingadmissionpolicies", "n", failing).await;
    create(&cluster, "mutatingadmissionpolicybindings", "n", json!({"policyName": "n"})).await;
    let refused = refusal(&cluster, &config_map("a", json!({"k": "v"}))).await;
    assert!(refused.contains("policy 'n' with binding 'n' denied request: error applying patch: "), "{refused}");
}

#[tokio::test]
async fn expressions_are_checked_against_the_types_that_they_match() {
    let cluster = cluster().await;
    let rules = json!({"resourceRules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["*"],
        "resources": ["deployments"]}]});
    for (name, expression, count) in [("good", "object.spec.replicas > 1", 0), ("bad", "object.spec.replicas > '1'", 1)]
    {
        let spec = json!({"matchConstraints": rules, "validations": [{"expression": expression}]});
        create(&cluster, "validatingadmissionpolicies", name, spec).await;
        let path = format!("GET {POLICIES}/validatingadmissionpolicies/{name}");
        let mut policy = cluster.ask(&path, "").await.json();
        for _ in 0..ATTEMPTS_MAX {
            if policy["status"]["typeChecking"].is_object() {
                break;
            }
            tokio::task::yield_now().await;
            policy = cluster.ask(&path, "").await.json();
        }
        let warnings = policy["status"]["typeChecking"]["expressionWarnings"].as_array().map_or(0, Vec::len);
        assert_eq!((policy["status"]["observedGeneration"].as_i64(), warnings), (Some(1), count), "{policy}");
    }
}

#[tokio::test]
async fn defaults_are_set_for_what_a_policy_adds() {
    let cluster = cluster().await;
    let rules = json!({"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"],
        "resources": ["pods"]}]});
    let side = "Object{spec: Object.spec{containers: [Object.spec.containers{name: 'side', image: 'side:1'}]}}";
    let policy = json!({"matchConstraints": rules, "reinvocationPolicy": "IfNeeded", "mutations": [
        {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": side}}]});
    create(&cluster, "mutatingadmissionpolicies", "m", policy).await;
    create(&cluster, "mutatingadmissionpolicybindings", "m", json!({"policyName": "m"})).await;
    let account = json!({"metadata": {"name": "default"}}).to_string();
    assert_eq!(cluster.ask("POST /api/v1/namespaces/default/serviceaccounts", &account).await.line(), "201");
    let pod =
        json!({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "main", "image": "main:1"}]}}).to_string();
    let mut made = json!(null);
    for _ in 0..ATTEMPTS_MAX {
        let answer = cluster.ask("POST /api/v1/namespaces/default/pods?dryRun=All", &pod).await;
        assert_eq!(answer.line(), "201");
        made = answer.json();
        if made["spec"]["containers"].as_array().map(Vec::len) == Some(2) {
            break;
        }
        tokio::task::yield_now().await;
    }
    let side = &made["spec"]["containers"][1];
    assert_eq!((&side["name"], &side["imagePullPolicy"]), (&json!("side"), &json!("IfNotPresent")), "{made}");
}

#[tokio::test]
async fn rules_of_custom_resources_are_asked_with_each_write() {
    let cluster = cluster().await;
    let definition = |rule: &str| {
        json!({"metadata": {"name": "crontabs.stable.example.com"}, "spec": {"group": "stable.example.com",
            "scope": "Namespaced", "names": {"plural": "crontabs", "kind": "CronTab"}, "versions": [{"name": "v1",
            "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec":
            {"type": "object", "x-kubernetes-validations": [{"rule": rule}], "properties": {"x": {"type": "integer"},
            "y": {"type": "integer", "x-kubernetes-validations": [{"rule": "self >= oldSelf"}]}}}}}}}]}})
        .to_string()
    };
    let definitions = "POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let refused = cluster.ask(definitions, &definition("self.z == 1")).await.line();
    assert!(refused.starts_with("422 Invalid") && refused.contains("undefined field 'z'"), "{refused}");
    assert_eq!(cluster.ask(definitions, &definition("self.x + self.y > 0")).await.line(), "201");
    let path = "/apis/stable.example.com/v1/namespaces/default/crontabs";
    let object = |x: i64, y: i64| json!({"apiVersion": "stable.example.com/v1", "kind": "CronTab", "metadata": {"name": "a"}, "spec": {"x": x, "y": y}});
    let mut created = cluster.ask(&format!("POST {path}"), &object(1, 5).to_string()).await;
    for _ in 0..ATTEMPTS_MAX {
        if created.status != 404 {
            break;
        }
        tokio::task::yield_now().await;
        created = cluster.ask(&format!("POST {path}"), &object(1, 5).to_string()).await;
    }
    assert_eq!(created.line(), "201");
    let failed = cluster.ask(&format!("POST {path}?dryRun=All"), &object(0, 0).to_string()).await.line();
    assert_eq!(
        failed,
        "422 Invalid: CronTab.stable.example.com \"a\" is invalid: spec: Invalid value: failed rule: self.x + self.y > 0"
    );
    let crontabs = json!({"resourceRules": [{"apiGroups": ["stable.example.com"], "apiVersions": ["v1"],
        "operations": ["*"], "resources": ["crontabs"]}]});
    let policy = json!({"matchConstraints": crontabs, "reinvocationPolicy": "Never", "mutations": [{"patchType":
        "ApplyConfiguration", "applyConfiguration": {"expression": "Object{spec: Object.spec{x: object.spec.x + 1}}"}}]});
    create(&cluster, "mutatingadmissionpolicies", "m", policy).await;
    create(&cluster, "mutatingadmissionpolicybindings", "m", json!({"policyName": "m"})).await;
    let mut mutated = json!(null);
    for _ in 0..ATTEMPTS_MAX {
        let body = object(1, 5).to_string().replace("\"a\"", "\"b\"");
        mutated = cluster.ask(&format!("POST {path}?dryRun=All"), &body).await.json();
        if mutated["spec"]["x"] != 1 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(mutated["spec"], json!({"x": 2, "y": 5}));
    let mut changed = object(1, 4);
    changed["metadata"]["resourceVersion"] = created.json()["metadata"]["resourceVersion"].clone();
    let refused = cluster.ask(&format!("PUT {path}/a"), &changed.to_string()).await.line();
    assert!(refused.ends_with("spec.y: Invalid value: 4: failed rule: self >= oldSelf"), "{refused}");
}

#[tokio::test]
async fn equivalent_resources_are_shown_as_the_policy_names_them() {
    let cluster = cluster().await;
    let rules = json!({"resourceRules": [{"apiGroups": ["autoscaling"], "apiVersions": ["v1"], "operations": ["CREATE"],
        "resources": ["horizontalpodautoscalers"]}]});
    let policy = json!({"matchConstraints": rules, "validations": [{"expression":
        "object.apiVersion == 'autoscaling/v1' && request.requestResource.version == 'v2' && \
         object.spec.targetCPUUtilizationPercentage > 50"}]});
    validating(&cluster, policy, json!({})).await;
    let scaler = |percentage: i64| {
        json!({"metadata": {"name": "a"}, "spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"},
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization",
            "averageUtilization": percentage}}}]}})
        .to_string()
    };
    let request = "POST /apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers?dryRun=All";
    let mut refused = cluster.ask(request, &scaler(40)).await;
    for _ in 0..ATTEMPTS_MAX {
        if refused.status != 201 {
            break;
        }
        tokio::task::yield_now().await;
        refused = cluster.ask(request, &scaler(40)).await;
    }
    assert!(refused.line().contains("denied request: failed expression: object.apiVersion"), "{}", refused.line());
    assert_eq!(cluster.ask(request, &scaler(60)).await.line(), "201");
}

#[tokio::test]
async fn a_policy_with_unknown_parameters_refuses() {
    let cluster = cluster().await;
    let policy = json!({"paramKind": {"apiVersion": "a.b/v1", "kind": "Limit"}, "matchConstraints": rule(&["CREATE"]),
        "validations": [{"expression": "params == null"}]});
    validating(&cluster, policy, json!({"paramRef": {"name": "l", "parameterNotFoundAction": "Allow"}})).await;
    assert_eq!(
        refusal(&cluster, &config_map("a", json!({}))).await,
        "422 Invalid: configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' denied request: failed to configure \
         policy: failed to find resource referenced by paramKind: 'a.b/v1, Kind=Limit'"
    );
}
