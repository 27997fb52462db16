use expect_test::{Expect, expect};

use super::*;
use crate::test_text::plan;

const SERVICE: &str = r#"Service a/web age=60s labels.team=x spec.clusterIP=10.0.0.9 spec.ipFamilies=["IPv4"] spec.selector={"app":"web"} spec.ports=[{"name":"http","port":80,"protocol":"TCP","targetPort":8080}]"#;
const NODE: &str = "Node n1 labels.topology.kubernetes.io/zone=z1";
const SLICE: &str = r#"addressType=IPv4 ports=[{"name":"http","protocol":"TCP","port":8080}] metadata.ownerReferences=[{"uid":"web-uid"}] labels.endpointslice.kubernetes.io/managed-by=endpointslice-controller.k8s.io labels.kubernetes.io/service-name=web labels.team=x"#;

fn pod(name: &str, ip: &str, more: &str) -> String {
    format!("Pod a/{name} labels.app=web spec.nodeName=n1 status.podIP={ip} {more}")
}

fn endpoint(name: &str, ip: &str, state: &str) -> String {
    let (ready, serving, terminating) = match state {
        "ready" => (true, true, false),
        _ => (false, false, false),
    };
    format!(
        r#"{{"addresses":["{ip}"],"conditions":{{"ready":{ready},"serving":{serving},"terminating":{terminating}}},"targetRef":{{"kind":"Pod","namespace":"a","name":"{name}","uid":"{name}-uid"}},"nodeName":"n1","zone":"z1"}}"#
    )
}

#[track_caller]
fn check(objects: &[String], expected: Expect) {
    expected.assert_eq(&plan(&EndpointSliceController, &objects.join("\n"), "Service a/web"));
}

#[test]
fn pods_become_endpoints_with_their_conditions() {
    let objects = [
        SERVICE.to_owned(),
        NODE.to_owned(),
        pod("leaving", "10.1.0.3", "ready=5s deleted=1s"),
        pod("ready", "10.1.0.1", "ready=5s spec.hostname=h spec.subdomain=web"),
        pod("starting", "10.1.0.2", ""),
    ];
    check(
        &objects,
        expect![[r#"
        create EndpointSlice a/ {"metadata":{"generateName":"web-","ownerReferences":[{"apiVersion":"v1","kind":"Service","name":"web","uid":"web-uid","controller":true,"blockOwnerDeletion":true}],"labels":{"endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io","kubernetes.io/service-name":"web","team":"x"},"annotations":{"endpoints.kubernetes.io/last-change-trigger-time":"2026-11-21T11:59:55Z"}},"addressType":"IPv4","ports":[{"name":"http","protocol":"TCP","port":8080}],"endpoints":[{"addresses":["10.1.0.3"],"conditions":{"ready":false,"serving":true,"terminating":true},"targetRef":{"kind":"Pod","namespace":"a","name":"leaving","uid":"leaving-uid"},"nodeName":"n1","zone":"z1"},{"addresses":["10.1.0.1"],"conditions":{"ready":true,"serving":true,"terminating":false},"hostname":"h","targetRef":{"kind":"Pod","namespace":"a","name":"ready","uid":"ready-uid"},"nodeName":"n1","zone":"z1"},{"addresses":["10.1.0.2"],"conditions":{"ready":false,"serving":false,"terminating":false},"targetRef":{"kind":"Pod","namespace":"a","name":"starting","uid":"starting-uid"},"nodeName":"n1","zone":"z1"}]}
    "#]],
    );
}

#[test]
fn slices_that_are_right_stay_and_a_changed_pod_changes_only_its_own() {
    let one = format!("EndpointSlice a/web-1 {SLICE} endpoints=[{}]", endpoint("x", "10.1.0.1", "ready"));
    let two = format!("EndpointSlice a/web-2 {SLICE} endpoints=[{}]", endpoint("y", "10.1.0.2", "ready"));
    let all = |state: &str| {
        [
            SERVICE.to_owned(),
            NODE.to_owned(),
            one.clone(),
            two.clone(),
            pod("x", "10.1.0.1", "ready=5s"),
            pod("y", "10.1.0.2", state),
        ]
    };
    check(&all("ready=5s"), expect![[""]]);
    check(
        &all(""),
        expect![[r#"
        update EndpointSlice a/web-2 {"metadata":{"name":"web-2","uid":"web-2-uid","resourceVersion":"4","ownerReferences":[{"uid":"web-uid"}],"labels":{"endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io","kubernetes.io/service-name":"web","team":"x"},"annotations":{"endpoints.kubernetes.io/last-change-trigger-time":"2026-11-21T11:59:55Z"}},"addressType":"IPv4","ports":[{"name":"http","protocol":"TCP","port":8080}],"endpoints":[{"addresses":["10.1.0.2"],"conditions":{"ready":false,"serving":false,"terminating":false},"targetRef":{"kind":"Pod","namespace":"a","name":"y","uid":"y-uid"},"nodeName":"n1","zone":"z1"}]}
    "#]],
    );
}

#[test]
fn a_service_without_pods_has_one_empty_slice() {
    check(
        &[SERVICE.to_owned()],
        expect![[r#"
        create EndpointSlice a/ {"metadata":{"generateName":"web-","ownerReferences":[{"apiVersion":"v1","kind":"Service","name":"web","uid":"web-uid","controller":true,"blockOwnerDeletion":true}],"labels":{"endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io","kubernetes.io/service-name":"web","team":"x"},"annotations":{"endpoints.kubernetes.io/last-change-trigger-time":"2026-11-21T11:59:00Z"}},"addressType":"IPv4","ports":[],"endpoints":[]}
    "#]],
    );
    let empty =
        format!("EndpointSlice a/web-1 {}", SLICE.replace(r#"[{"name":"http","protocol":"TCP","port":8080}]"#, "[]"));
    check(&[SERVICE.to_owned(), empty], expect![[""]]);
}

#[test]
fn the_empty_slice_becomes_the_first_one_with_endpoints() {
    let empty =
        format!("EndpointSlice a/web-1 {}", SLICE.replace(r#"[{"name":"http","protocol":"TCP","port":8080}]"#, "[]"));
    let objects = [SERVICE.to_owned(), NODE.to_owned(), empty, pod("x", "10.1.0.1", "ready=5s")];
    check(
        &objects,
        expect![[r#"
        update EndpointSlice a/web-1 {"metadata":{"name":"web-1","uid":"web-1-uid","resourceVersion":"3","ownerReferences":[{"uid":"web-uid"}],"labels":{"endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io","kubernetes.io/service-name":"web","team":"x"},"annotations":{"endpoints.kubernetes.io/last-change-trigger-time":"2026-11-21T11:59:55Z"}},"addressType":"IPv4","ports":[{"name":"http","protocol":"TCP","port":8080}],"endpoints":[{"addresses":["10.1.0.1"],"conditions":{"ready":true,"serving":true,"terminating":false},"targetRef":{"kind":"Pod","namespace":"a","name":"x","uid":"x-uid"},"nodeName":"n1","zone":"z1"}]}
    "#]],
    );
}

#[test]
fn two_hundred_and_fifty_endpoints_take_three_slices() {
    let mut objects = vec![SERVICE.to_owned(), NODE.to_owned()];
    objects.extend((0..250).map(|number| pod(&format!("p{number}"), &format!("10.1.1.{number}"), "ready=5s")));
    let text = plan(&EndpointSliceController, &objects.join("\n"), "Service a/web");
    let sizes: Vec<usize> = text.lines().map(|line| line.matches("\"addresses\"").count()).collect();
    assert_eq!(sizes, [100, 100, 50]);
}

#[test]
fn a_pod_on_an_unknown_node_waits() {
    let objects = [SERVICE.to_owned(), pod("x", "10.1.0.1", "ready=5s")];
    let text = plan(&EndpointSliceController, &objects.join("\n"), "Service a/web");
    assert!(text.contains("retry: skipping Pod x for Service a/web: Node n1 Not Found"), "{text}");
}
