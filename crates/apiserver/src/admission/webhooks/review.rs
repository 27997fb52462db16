//! `AdmissionReview`: what a webhook is asked, and what its answer means. Pure.

use apimachinery::field_error::quoted;
use apimachinery::group_version::GroupVersion;
use apimachinery::json;
use apimachinery::meta::string_entries;
use apimachinery::status::Status;
use apimachinery::tree;
use apimachinery::value::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::configuration::ReviewVersion;
use crate::admission::request::{Request, Seen};

/// What a webhook answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Verdict {
    /// Whether the request may go on.
    pub is_allowed: bool,
    /// `status` of a refusal; null when it gives none.
    pub result: Value,
    /// A JSON patch, or empty.
    pub patch: Vec<u8>,
    /// For the client.
    pub warnings: Vec<String>,
    /// For the audit log.
    pub audit_annotations: Vec<(String, String)>,
}

fn api_version(version: ReviewVersion) -> &'static str {
    match version {
        ReviewVersion::V1 => "admission.k8s.io/v1",
        ReviewVersion::V1Beta1 => "admission.k8s.io/v1beta1",
    }
}

/// The question as JSON.
pub(super) fn question(request: &Request<'_>, seen: &Seen<'_>, version: ReviewVersion, uid: &str) -> Vec<u8> {
    let mut body = request.admission_request(&seen.sight);
    body.set(&["uid"], uid);
    body.set(&["object"], seen.object.clone());
    body.set(&["oldObject"], seen.old.clone());
    json::to_vec(&tree!({"kind": "AdmissionReview", "apiVersion": (api_version(version)), "request": body}))
}

/// Reads an answer; the error is upstream's text.
pub(super) fn answer(body: &[u8], version: ReviewVersion, uid: &str, may_patch: bool) -> Result<Verdict, String> {
    let review = json::parse(body).map_err(|error| error.message)?;
    let response = review.field("response");
    if response.as_object().is_none() {
        return Err("webhook response was absent".to_owned());
    }
    let patch = response.str_at(&["patch"]);
    let patch = STANDARD.decode(patch).map_err(|error| format!("cannot read response.patch: {error}"))?;
    if version == ReviewVersion::V1 {
        check(&review, uid)?;
        check_patch(&patch, response.field("patchType"), may_patch)?;
    }
    let warnings = response.items_at(&["warnings"]).iter().filter_map(|it| it.as_str().map(str::to_owned));
    let annotations = string_entries(response.field("auditAnnotations"));
    Ok(Verdict {
        is_allowed: response.bool_at(&["allowed"]),
        result: response.field("status").clone(),
        patch: if may_patch { patch } else { Vec::new() },
        warnings: warnings.collect(),
        audit_annotations: annotations.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
    })
}

/// Whether the answer is one to this question.
fn check(review: &Value, uid: &str) -> Result<(), String> {
    let found = review.str_at(&["response", "uid"]);
    if found != uid {
        return Err(format!("expected response.uid={}, got {}", quoted(uid), quoted(found)));
    }
    let expected = "admission.k8s.io/v1, Kind=AdmissionReview";
    let version = GroupVersion::parse(review.str_at(&["apiVersion"]));
    let (group, version) = version.map(|it| (it.group, it.version)).unwrap_or_default();
    let found = format!("{group}/{version}, Kind={}", review.str_at(&["kind"]));
    match found == expected {
        true => Ok(()),
        false => Err(format!("expected webhook response of {expected}, got {found}")),
    }
}

fn check_patch(patch: &[u8], patch_type: &Value, may_patch: bool) -> Result<(), String> {
    match (may_patch, patch.is_empty(), patch_type.as_str()) {
        (true, true, None) | (true, false, Some("JSONPatch")) | (false, true, None) => Ok(()),
        (true, false, None) => Err("webhook returned response.patch but not response.patchType".to_owned()),
        (true, true, Some(_)) => Err("webhook returned response.patchType but not response.patch".to_owned()),
        (true, false, Some("")) => Err("webhook returned invalid response.patchType of \"\"".to_owned()),
        (true, false, Some(other)) => Err(format!("unsupported patch type {}", quoted(other))),
        (false, false, _) => Err("validating webhook may not return response.patch".to_owned()),
        (false, true, Some(_)) => Err("validating webhook may not return response.patchType".to_owned()),
    }
}

/// The answer to a request that a webhook refuses.
pub(super) fn refusal(webhook: &str, result: &Value) -> Status {
    let mut result = if result.is_null() { Value::object() } else { result.clone() };
    result.set(&["kind"], "Status");
    let mut status = Status::from_body(400, &json::to_vec(&result));
    status.code = status.code.max(400);
    let denied = format!("admission webhook {} denied the request", quoted(webhook));
    status.message = match (status.message.as_str(), result.str_at(&["reason"])) {
        ("", "") => format!("{denied} without explanation"),
        ("", reason) => format!("{denied}: {reason}"),
        (message, _) => format!("{denied}: {message}"),
    };
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_answer(body: Value, may_patch: bool, expected: &str) {
        let outcome = answer(&json::to_vec(&body), ReviewVersion::V1, "u", may_patch);
        let text = match outcome {
            Ok(verdict) => format!("{} {}", verdict.is_allowed, String::from_utf8_lossy(&verdict.patch)),
            Err(error) => error,
        };
        assert_eq!(text, expected);
    }

    fn review(response: Value) -> Value {
        tree!({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "response": response})
    }

    #[test]
    fn an_answer_must_belong_to_its_question() {
        check_answer(review(tree!({"uid": "u", "allowed": true})), false, "true ");
        check_answer(review(Value::Null), false, "webhook response was absent");
        check_answer(review(tree!({"uid": "x"})), false, "expected response.uid=\"u\", got \"x\"");
        let expected = "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind=";
        check_answer(tree!({"response": {"uid": "u"}}), false, expected);
    }

    #[test]
    fn only_mutating_webhooks_patch() {
        let patched = |ty: &str| review(tree!({"uid": "u", "allowed": true, "patch": "W10=", "patchType": ty}));
        check_answer(patched("JSONPatch"), true, "true []");
        check_answer(patched("JSONPatch"), false, "validating webhook may not return response.patch");
        check_answer(patched("Other"), true, "unsupported patch type \"Other\"");
        let untyped = review(tree!({"uid": "u", "patch": "W10="}));
        check_answer(untyped, true, "webhook returned response.patch but not response.patchType");
        let empty = review(tree!({"uid": "u", "patchType": "JSONPatch"}));
        check_answer(empty.clone(), true, "webhook returned response.patchType but not response.patch");
        check_answer(empty, false, "validating webhook may not return response.patchType");
    }

    #[test]
    fn the_older_version_is_not_checked() {
        let old = tree!({"response": {"allowed": true, "patch": "W10="}});
        let verdict = answer(&json::to_vec(&old), ReviewVersion::V1Beta1, "u", true).expect("good");
        assert_eq!((verdict.is_allowed, verdict.patch.as_slice()), (true, &b"[]"[..]));
    }

    #[test]
    fn a_refusal_says_why_and_is_an_error() {
        let check = |result: Value, code: u16, text: &str| {
            let status = refusal("a.b.c", &result);
            assert_eq!((status.code, status.message.as_str()), (code, text));
        };
        check(Value::Null, 400, "admission webhook \"a.b.c\" denied the request without explanation");
        check(tree!({"message": "no", "code": 403}), 403, "admission webhook \"a.b.c\" denied the request: no");
        check(
            tree!({"reason": "Forbidden", "code": 200}),
            400,
            "admission webhook \"a.b.c\" denied the request: Forbidden",
        );
        assert_eq!(refusal("a", &tree!({"reason": "Forbidden"})).reason, "Forbidden");
    }
}
