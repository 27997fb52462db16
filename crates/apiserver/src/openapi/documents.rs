//! Table of the OpenAPI v3 documents that are built in, by the path that the index gives them.

/// Path below `/openapi/v3/` and packed document, in path order.
pub static DOCUMENTS: &[(&str, &[u8])] = &[
    ("api", include_bytes!("../../data/openapi-v3/api.json.gz")),
    ("api/v1", include_bytes!("../../data/openapi-v3/api__v1.json.gz")),
    ("apis", include_bytes!("../../data/openapi-v3/apis.json.gz")),
    (
        "apis/admissionregistration.k8s.io",
        include_bytes!("../../data/openapi-v3/apis__admissionregistration.k8s.io.json.gz"),
    ),
    (
        "apis/admissionregistration.k8s.io/v1",
        include_bytes!("../../data/openapi-v3/apis__admissionregistration.k8s.io__v1.json.gz"),
    ),
    ("apis/apiextensions.k8s.io", include_bytes!("../../data/openapi-v3/apis__apiextensions.k8s.io.json.gz")),
    ("apis/apiextensions.k8s.io/v1", include_bytes!("../../data/openapi-v3/apis__apiextensions.k8s.io__v1.json.gz")),
    ("apis/apiregistration.k8s.io", include_bytes!("../../data/openapi-v3/apis__apiregistration.k8s.io.json.gz")),
    (
        "apis/apiregistration.k8s.io/v1",
        include_bytes!("../../data/openapi-v3/apis__apiregistration.k8s.io__v1.json.gz"),
    ),
    ("apis/apps", include_bytes!("../../data/openapi-v3/apis__apps.json.gz")),
    ("apis/apps/v1", include_bytes!("../../data/openapi-v3/apis__apps__v1.json.gz")),
    ("apis/authentication.k8s.io", include_bytes!("../../data/openapi-v3/apis__authentication.k8s.io.json.gz")),
    ("apis/authentication.k8s.io/v1", include_bytes!("../../data/openapi-v3/apis__authentication.k8s.io__v1.json.gz")),
    ("apis/authorization.k8s.io", include_bytes!("../../data/openapi-v3/apis__authorization.k8s.io.json.gz")),
    ("apis/authorization.k8s.io/v1", include_bytes!("../../data/openapi-v3/apis__authorization.k8s.io__v1.json.gz")),
    ("apis/autoscaling", include_bytes!("../../data/openapi-v3/apis__autoscaling.json.gz")),
    ("apis/autoscaling/v1", include_bytes!("../../data/openapi-v3/apis__autoscaling__v1.json.gz")),
    ("apis/autoscaling/v2", include_bytes!("../../data/openapi-v3/apis__autoscaling__v2.json.gz")),
    ("apis/batch", include_bytes!("../../data/openapi-v3/apis__batch.json.gz")),
    ("apis/batch/v1", include_bytes!("../../data/openapi-v3/apis__batch__v1.json.gz")),
    ("apis/certificates.k8s.io", include_bytes!("../../data/openapi-v3/apis__certificates.k8s.io.json.gz")),
    ("apis/certificates.k8s.io/v1", include_bytes!("../../data/openapi-v3/apis__certificates.k8s.io__v1.json.gz")),
    ("apis/coordination.k8s.io", include_bytes!("../../data/openapi-v3/apis__coordination.k8s.io.json.gz")),
    ("apis/coordination.k8s.io/v1", include_bytes!("../../data/openapi-v3/apis__coordination.k8s.io__v1.json.gz")),
    ("apis/discovery.k8s.io", include_bytes!("../../data/openapi-v3/apis__discovery.k8s.io.json.gz")),
    ("apis/discovery.k8s.io/v1", include_bytes!("../../data/openapi-v3/apis__discovery.k8s.io__v1.json.gz")),
    ("apis/events.k8s.io", include_bytes!("../../data/openapi-v3/apis__events.k8s.io.json.gz")),
    ("apis/events.k8s.io/v1", include_bytes!("../../data/openapi-v3/apis__events.k8s.io__v1.json.gz")),
    (
        "apis/flowcontrol.apiserver.k8s.io",
        include_bytes!("../../data/openapi-v3/apis__flowcontrol.apiserver.k8s.io.json.gz"),
    ),
    (
        "apis/flowcontrol.apiserver.k8s.io/v1",
        include_bytes!("../../data/openapi-v3/apis__flowcontrol.apiserver.k8s.io__v1.json.gz"),
    ),
    ("apis/networking.k8s.io", include_bytes!("../../data/openapi-v3/apis__networking.k8s.io.json.gz")),
    ("apis/networking.k8s.io/v1", include_bytes!("../../data/openapi-v3/apis__networking.k8s.io__v1.json.gz")),
    ("apis/node.k8s.io", include_bytes!("../../data/openapi-v3/apis__node.k8s.io.json.gz")),
    ("apis/node.k8s.io/v1", include_bytes!("../../data/openapi-v3/apis__node.k8s.io__v1.json.gz")),
    ("apis/policy", include_bytes!("../../data/openapi-v3/apis__policy.json.gz")),
    ("apis/policy/v1", include_bytes!("../../data/openapi-v3/apis__policy__v1.json.gz")),
    ("apis/rbac.authorization.k8s.io", include_bytes!("../../data/openapi-v3/apis__rbac.authorization.k8s.io.json.gz")),
    (
        "apis/rbac.authorization.k8s.io/v1",
        include_bytes!("../../data/openapi-v3/apis__rbac.authorization.k8s.io__v1.json.gz"),
    ),
    ("apis/resource.k8s.io", include_bytes!("../../data/openapi-v3/apis__resource.k8s.io.json.gz")),
    ("apis/resource.k8s.io/v1", include_bytes!("../../data/openapi-v3/apis__resource.k8s.io__v1.json.gz")),
    ("apis/scheduling.k8s.io", include_bytes!("../../data/openapi-v3/apis__scheduling.k8s.io.json.gz")),
    ("apis/scheduling.k8s.io/v1", include_bytes!("../../data/openapi-v3/apis__scheduling.k8s.io__v1.json.gz")),
    ("apis/storage.k8s.io", include_bytes!("../../data/openapi-v3/apis__storage.k8s.io.json.gz")),
    ("apis/storage.k8s.io/v1", include_bytes!("../../data/openapi-v3/apis__storage.k8s.io__v1.json.gz")),
    ("openid/v1/jwks", include_bytes!("../../data/openapi-v3/openid__v1__jwks.json.gz")),
    ("version", include_bytes!("../../data/openapi-v3/version.json.gz")),
];

/// The packed document of a path; empty when there is none.
pub fn packed(path: &str) -> &'static [u8] {
    DOCUMENTS.iter().find(|(known, _)| *known == path).map(|(_, packed)| *packed).unwrap_or_default()
}
