//! Typed views read every object that the server stores, and what they write normalises to the same object.

use apimachinery::value::Value;
use apimachinery::{json, protobuf, schema};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use corten_api::type_by_gvk;
use corten_api::typed::{self, TypedDecodeError};

type RoundTrip = fn(&[u8]) -> Result<Vec<u8>, TypedDecodeError>;

static KINDS: &[(&str, &str, RoundTrip)] = &[
    ("apps/v1", "Deployment", |bytes| Ok(typed::deployment_json(&typed::deployment(bytes)?))),
    ("apps/v1", "ReplicaSet", |bytes| Ok(typed::replica_set_json(&typed::replica_set(bytes)?))),
    ("authentication.k8s.io/v1", "TokenRequest", |bytes| Ok(typed::token_request_json(&typed::token_request(bytes)?))),
    ("authentication.k8s.io/v1", "TokenReview", |bytes| Ok(typed::token_review_json(&typed::token_review(bytes)?))),
    ("authorization.k8s.io/v1", "SelfSubjectAccessReview", |bytes| {
        Ok(typed::self_subject_access_review_json(&typed::self_subject_access_review(bytes)?))
    }),
    ("authorization.k8s.io/v1", "SubjectAccessReview", |bytes| {
        Ok(typed::subject_access_review_json(&typed::subject_access_review(bytes)?))
    }),
    ("autoscaling/v1", "Scale", |bytes| Ok(typed::scale_json(&typed::scale(bytes)?))),
    ("coordination.k8s.io/v1", "Lease", |bytes| Ok(typed::lease_json(&typed::lease(bytes)?))),
    ("discovery.k8s.io/v1", "EndpointSlice", |bytes| Ok(typed::endpoint_slice_json(&typed::endpoint_slice(bytes)?))),
    ("networking.k8s.io/v1", "IPAddress", |bytes| Ok(typed::ip_address_json(&typed::ip_address(bytes)?))),
    ("networking.k8s.io/v1", "ServiceCIDR", |bytes| Ok(typed::service_cidr_json(&typed::service_cidr(bytes)?))),
    ("policy/v1", "Eviction", |bytes| Ok(typed::eviction_json(&typed::eviction(bytes)?))),
    ("rbac.authorization.k8s.io/v1", "ClusterRole", |bytes| Ok(typed::cluster_role_json(&typed::cluster_role(bytes)?))),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", |bytes| {
        Ok(typed::cluster_role_binding_json(&typed::cluster_role_binding(bytes)?))
    }),
    ("rbac.authorization.k8s.io/v1", "Role", |bytes| Ok(typed::role_json(&typed::role(bytes)?))),
    ("rbac.authorization.k8s.io/v1", "RoleBinding", |bytes| Ok(typed::role_binding_json(&typed::role_binding(bytes)?))),
    ("scheduling.k8s.io/v1", "PriorityClass", |bytes| Ok(typed::priority_class_json(&typed::priority_class(bytes)?))),
    ("v1", "ConfigMap", |bytes| Ok(typed::config_map_json(&typed::config_map(bytes)?))),
    ("v1", "Endpoints", |bytes| Ok(typed::endpoints_json(&typed::endpoints(bytes)?))),
    ("v1", "Event", |bytes| Ok(typed::event_json(&typed::event(bytes)?))),
    ("v1", "Namespace", |bytes| Ok(typed::namespace_json(&typed::namespace(bytes)?))),
    ("v1", "Node", |bytes| Ok(typed::node_json(&typed::node(bytes)?))),
    ("v1", "Pod", |bytes| Ok(typed::pod_json(&typed::pod(bytes)?))),
    ("v1", "Secret", |bytes| Ok(typed::secret_json(&typed::secret(bytes)?))),
    ("v1", "Service", |bytes| Ok(typed::service_json(&typed::service(bytes)?))),
    ("v1", "ServiceAccount", |bytes| Ok(typed::service_account_json(&typed::service_account(bytes)?))),
];

#[test]
fn typed_round_trips_lose_nothing_of_any_kind() {
    let mut lines = include_str!("vectors/objects.txt").lines();
    let mut checked = 0;
    while let (Some(body), Some(json)) = (lines.next(), lines.next()) {
        let body = STANDARD.decode(body).expect("the file holds base64");
        let envelope = protobuf::open_envelope(&body).expect("upstream wrote an envelope");
        let (api_version, kind) = (envelope.api_version, envelope.kind);
        let Some((_, _, round_trip)) = KINDS.iter().find(|row| (row.0, row.1) == (api_version, kind)) else { continue };
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let ty = type_by_gvk(group, version, kind).expect("the kind is built in");
        let again = round_trip(json.as_bytes()).unwrap_or_else(|error| panic!("{kind}: {:?}", error.cause));
        let (expected, _) = schema::decode_json(ty, json.as_bytes()).expect(json);
        let (found, issues) = schema::decode_json(ty, &again).expect(json);
        assert_eq!(text(&found), text(&expected), "{kind}");
        assert!(issues.issues.is_empty(), "{:?}", issues.issues);
        checked += 1;
    }
    assert_eq!(checked, KINDS.len(), "each kind is checked once");
}

/// A required selector that is null, which validation refuses, reads as an empty one.
fn text(value: &Value) -> String {
    let text = String::from_utf8(json::to_vec(value)).expect("JSON is UTF-8");
    text.replace("\"selector\":null", "\"selector\":{}")
}

#[test]
fn a_wrong_kind_is_refused() {
    let error = typed::pod(br#"{"kind":"Node","apiVersion":"v1"}"#).expect_err("a node is no pod");
    assert_eq!(error.to_string(), "decode Pod");
    assert!(typed::pod(b"{").is_err());
}
