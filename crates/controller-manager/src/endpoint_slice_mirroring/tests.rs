use expect_test::{Expect, expect};

use super::*;
use crate::test_text::plan;

const SERVICE: &str = "Service a/web spec.clusterIP=10.0.0.9";
const SLICE: &str = r#"addressType=IPv4 ports=[{"name":"","port":80,"protocol":"TCP"}] labels.endpointslice.kubernetes.io/managed-by=endpointslicemirroring-controller.k8s.io labels.kubernetes.io/service-name=web"#;

fn endpoints(subsets: &str, more: &str) -> String {
    format!("Endpoints a/web subsets={subsets} {more}")
}

#[track_caller]
fn check(objects: &[&str], expected: Expect) {
    expected.assert_eq(&plan(&EndpointSliceMirroringController, &objects.join("\n"), "Endpoints a/web"));
}

const ONE: &str = r#"[{"addresses":[{"ip":"10.1.2.3"}],"ports":[{"port":80,"protocol":"TCP"}]}]"#;

#[test]
fn endpoints_become_a_slice_with_their_labels_and_annotations() {
    let endpoints = endpoints(
        r#"[{"addresses":[{"ip":"10.1.2.3","hostname":"h","nodeName":"n"}],"notReadyAddresses":[{"ip":"10.1.2.4"},{"ip":"fd00::1"}],"ports":[{"name":"http","port":80,"protocol":"TCP","appProtocol":"h2"}]}]"#,
        "labels.team=x annotations.note=y annotations.endpoints.kubernetes.io/last-change-trigger-time=z",
    );
    check(
        &[SERVICE, &endpoints],
        expect![[r#"
        create EndpointSlice a/ {"metadata":{"generateName":"web-","labels":{"endpointslice.kubernetes.io/managed-by":"endpointslicemirroring-controller.k8s.io","kubernetes.io/service-name":"web","team":"x"},"annotations":{"note":"y"},"ownerReferences":[{"apiVersion":"v1","kind":"Endpoints","name":"web","uid":"web-uid","controller":true,"blockOwnerDeletion":true}]},"addressType":"IPv4","ports":[{"name":"http","port":80,"protocol":"TCP","appProtocol":"h2"}],"endpoints":[{"addresses":["10.1.2.3"],"conditions":{"ready":true},"hostname":"h","nodeName":"n"},{"addresses":["10.1.2.4"],"conditions":{"ready":false}}]}
        create EndpointSlice a/ {"metadata":{"generateName":"web-","labels":{"endpointslice.kubernetes.io/managed-by":"endpointslicemirroring-controller.k8s.io","kubernetes.io/service-name":"web","team":"x"},"annotations":{"note":"y"},"ownerReferences":[{"apiVersion":"v1","kind":"Endpoints","name":"web","uid":"web-uid","controller":true,"blockOwnerDeletion":true}]},"addressType":"IPv6","ports":[{"name":"http","port":80,"protocol":"TCP","appProtocol":"h2"}],"endpoints":[{"addresses":["fd00::1"],"conditions":{"ready":false}}]}
    "#]],
    );
}

#[test]
fn ports_with_the_same_addresses_share_a_slice_and_others_do_not() {
    let endpoints = endpoints(
        r#"[{"addresses":[{"ip":"1.1.1.1"}],"ports":[{"name":"a","port":1,"protocol":"TCP"}]},{"addresses":[{"ip":"1.1.1.1"}],"ports":[{"name":"b","port":2,"protocol":"TCP"}]},{"notReadyAddresses":[{"ip":"1.1.1.1"}],"ports":[{"name":"c","port":3,"protocol":"TCP"}]}]"#,
        "",
    );
    check(
        &[SERVICE, &endpoints],
        expect![[r#"
        create EndpointSlice a/ {"metadata":{"generateName":"web-","labels":{"endpointslice.kubernetes.io/managed-by":"endpointslicemirroring-controller.k8s.io","kubernetes.io/service-name":"web"},"annotations":{},"ownerReferences":[{"apiVersion":"v1","kind":"Endpoints","name":"web","uid":"web-uid","controller":true,"blockOwnerDeletion":true}]},"addressType":"IPv4","ports":[{"name":"c","port":3,"protocol":"TCP"}],"endpoints":[{"addresses":["1.1.1.1"],"conditions":{"ready":false}}]}
        create EndpointSlice a/ {"metadata":{"generateName":"web-","labels":{"endpointslice.kubernetes.io/managed-by":"endpointslicemirroring-controller.k8s.io","kubernetes.io/service-name":"web"},"annotations":{},"ownerReferences":[{"apiVersion":"v1","kind":"Endpoints","name":"web","uid":"web-uid","controller":true,"blockOwnerDeletion":true}]},"addressType":"IPv4","ports":[{"name":"a","port":1,"protocol":"TCP"},{"name":"b","port":2,"protocol":"TCP"}],"endpoints":[{"addresses":["1.1.1.1"],"conditions":{"ready":true}}]}
    "#]],
    );
}

#[test]
fn a_slice_that_is_right_stays_and_another_is_replaced() {
    let endpoints = endpoints(ONE, "");
    let slice = |ip: &str| {
        format!(r#"EndpointSlice a/web-1 {SLICE} endpoints=[{{"addresses":["{ip}"],"conditions":{{"ready":true}}}}]"#)
    };
    check(&[SERVICE, &endpoints, &slice("10.1.2.3")], expect![[""]]);
    check(
        &[SERVICE, &endpoints, &slice("10.9.9.9")],
        expect![[r#"
        update EndpointSlice a/web-1 {"metadata":{"labels":{"endpointslice.kubernetes.io/managed-by":"endpointslicemirroring-controller.k8s.io","kubernetes.io/service-name":"web"},"annotations":{},"ownerReferences":[{"apiVersion":"v1","kind":"Endpoints","name":"web","uid":"web-uid","controller":true,"blockOwnerDeletion":true}],"name":"web-1","uid":"web-1-uid","resourceVersion":"3"},"addressType":"IPv4","ports":[{"name":"","port":80,"protocol":"TCP"}],"endpoints":[{"addresses":["10.1.2.3"],"conditions":{"ready":true}}]}
    "#]],
    );
}

#[test]
fn a_slice_with_other_ports_becomes_the_new_one() {
    let endpoints = endpoints(ONE, "");
    let slice = format!("EndpointSlice a/web-1 {}", SLICE.replace("80", "81"));
    check(
        &[SERVICE, &endpoints, &slice],
        expect![[r#"
        update EndpointSlice a/web-1 {"metadata":{"labels":{"endpointslice.kubernetes.io/managed-by":"endpointslicemirroring-controller.k8s.io","kubernetes.io/service-name":"web"},"annotations":{},"ownerReferences":[{"apiVersion":"v1","kind":"Endpoints","name":"web","uid":"web-uid","controller":true,"blockOwnerDeletion":true}],"name":"web-1","uid":"web-1-uid","resourceVersion":"3"},"addressType":"IPv4","ports":[{"name":"","port":80,"protocol":"TCP"}],"endpoints":[{"addresses":["10.1.2.3"],"conditions":{"ready":true}}]}
    "#]],
    );
}

#[test]
fn slices_go_with_the_endpoints_the_service_or_when_it_gets_a_selector() {
    let slice = format!("EndpointSlice a/web-1 {SLICE}");
    let expected = "delete EndpointSlice a/web-1 {\"preconditions\":{\"uid\":\"web-1-uid\"}}\n";
    let with_selector = r#"Service a/web spec.selector={"a":"b"}"#;
    let skipped = endpoints(ONE, "labels.endpointslice.kubernetes.io/skip-mirror=true");
    let lock = endpoints(ONE, "annotations.control-plane.alpha.kubernetes.io/leader={}");
    for objects in [
        vec![SERVICE.to_owned()],
        vec![endpoints(ONE, "")],
        vec![with_selector.to_owned(), endpoints(ONE, "")],
        vec![SERVICE.to_owned(), skipped],
        vec![SERVICE.to_owned(), lock],
    ] {
        let text = format!("{}\n{slice}", objects.join("\n"));
        assert_eq!(plan(&EndpointSliceMirroringController, &text, "Endpoints a/web"), expected, "{text}");
    }
}

#[test]
fn of_more_than_a_thousand_addresses_the_rest_is_named_in_an_event() {
    let many: Vec<String> =
        (0..1_001).map(|number| format!(r#"{{"ip":"10.1.{}.{}"}}"#, number / 250, number % 250)).collect();
    let subsets = format!(r#"[{{"addresses":[{},{{"ip":"x"}}]}}]"#, many.join(","));
    let objects = format!("{SERVICE}\n{}", endpoints(&subsets, ""));
    let text = plan(&EndpointSliceMirroringController, &objects, "Endpoints a/web");
    assert_eq!(text.matches("\"addresses\"").count(), ADDRESSES_MAX);
    assert!(text.contains("addresses can be mirrored to EndpointSlices per Endpoints subset. 2 addresses"), "{text}");
}
