//! Kubernetes' `Status`: the one error type of the API.
//!
//! Texts, reasons and codes are those that clients match on (API conventions, "Response Status Kind").

use crate::field_error::{FieldError, aggregate, quoted};
use crate::group_version::{GroupResource, GroupVersionKind};
use crate::json;
use crate::value::{Map, Value};

/// A failed request as the client sees it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Status {
    /// HTTP status code.
    pub code: u16,
    /// Machine-readable reason such as `NotFound`; empty when unknown.
    pub reason: &'static str,
    /// Text for people.
    pub message: String,
    /// What it is about.
    pub details: Option<Box<StatusDetails>>,
}

/// `Status.details`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct StatusDetails {
    /// Object name.
    pub name: String,
    /// API group.
    pub group: String,
    /// Resource (plural), or the kind for `Invalid`.
    pub kind: String,
    /// UID.
    pub uid: String,
    /// One per broken field.
    pub causes: Vec<StatusCause>,
    /// Seconds after which a retry can help; 0 when unset.
    pub retry_after_seconds: i32,
}

/// One entry of `Status.details.causes`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct StatusCause {
    /// Such as `FieldValueInvalid`.
    pub reason: String,
    /// Text for people.
    pub message: String,
    /// Field path in dotted JSON notation.
    pub field: String,
}

/// Text of the conflict of a stale resourceVersion.
pub const OBJECT_MODIFIED: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

/// Every reason that upstream defines; an unknown one reads as empty.
const REASONS: &[&str] = &[
    "AlreadyExists",
    "BadRequest",
    "Conflict",
    "Expired",
    "Forbidden",
    "Gone",
    "InternalError",
    "Invalid",
    "MethodNotAllowed",
    "NotAcceptable",
    "NotFound",
    "RequestEntityTooLarge",
    "ServerTimeout",
    "ServiceUnavailable",
    "StorageReadError",
    "Timeout",
    "TooManyRequests",
    "Unauthorized",
    "UnsupportedMediaType",
];

impl StatusDetails {
    /// The JSON tree, fields in upstream's order, empty ones left out.
    pub fn to_value(&self) -> Value {
        let mut map = Map::new();
        for (key, text) in [("name", &self.name), ("group", &self.group), ("kind", &self.kind), ("uid", &self.uid)] {
            push_text(&mut map, key, text);
        }
        if !self.causes.is_empty() {
            map.push("causes", self.causes.iter().map(StatusCause::to_value).collect::<Value>());
        }
        if self.retry_after_seconds != 0 {
            map.push("retryAfterSeconds", self.retry_after_seconds);
        }
        Value::Object(map)
    }

    fn of_resource(resource: &GroupResource, name: &str) -> Self {
        StatusDetails {
            name: name.into(),
            group: resource.group.clone(),
            kind: resource.resource.clone(),
            ..Default::default()
        }
    }

    fn from_value(value: &Value) -> Self {
        let text = |key: &str| value.str_at(&[key]).to_owned();
        StatusDetails {
            name: text("name"),
            group: text("group"),
            kind: text("kind"),
            uid: text("uid"),
            causes: value.items_at(&["causes"]).iter().map(StatusCause::from_value).collect(),
            retry_after_seconds: i32::try_from(value.i64_at(&["retryAfterSeconds"]).unwrap_or(0)).unwrap_or(i32::MAX),
        }
    }
}

impl StatusCause {
    fn to_value(&self) -> Value {
        let mut map = Map::new();
        for (key, text) in [("reason", &self.reason), ("message", &self.message), ("field", &self.field)] {
            push_text(&mut map, key, text);
        }
        Value::Object(map)
    }

    fn from_value(value: &Value) -> Self {
        let text = |key: &str| value.str_at(&[key]).to_owned();
        StatusCause { reason: text("reason"), message: text("message"), field: text("field") }
    }
}

fn push_text(map: &mut Map, key: &'static str, text: &str) {
    if !text.is_empty() {
        map.push(key, text);
    }
}

/// The start of every `Status` tree.
fn status_map(outcome: &'static str) -> Map {
    let mut map = Map::with_capacity(8);
    map.push("kind", "Status");
    map.push("apiVersion", "v1");
    map.push("metadata", Value::object());
    map.push("status", outcome);
    map
}

/// The tree of a `Status` that reports success, as DELETE answers when it does not answer the object.
pub fn success_value(details: Option<&StatusDetails>) -> Value {
    let mut map = status_map("Success");
    if let Some(details) = details {
        map.push("details", details.to_value());
    }
    Value::Object(map)
}

impl Status {
    fn plain(code: u16, reason: &'static str, message: impl Into<String>) -> Status {
        Status { code, reason, message: message.into(), details: None }
    }

    fn detailed(code: u16, reason: &'static str, message: String, details: StatusDetails) -> Status {
        Status { code, reason, message, details: Some(Box::new(details)) }
    }

    /// The JSON tree of this status, `kind: Status`, `apiVersion: v1`, fields in upstream's order.
    pub fn to_value(&self) -> Value {
        let mut map = status_map("Failure");
        push_text(&mut map, "message", &self.message);
        push_text(&mut map, "reason", self.reason);
        if let Some(details) = &self.details {
            map.push("details", details.to_value());
        }
        map.push("code", i64::from(self.code));
        Value::Object(map)
    }

    /// Reads a `Status` answer of a server; `code` is the HTTP code, used when the body is no Status.
    pub fn from_body(code: u16, body: &[u8]) -> Status {
        match json::parse(body) {
            Ok(value) if value.str_at(&["kind"]) == "Status" => Status::from_value(code, &value),
            _ => Status::from_foreign_body(code, body),
        }
    }

    fn from_value(code: u16, value: &Value) -> Status {
        let reason = value.str_at(&["reason"]);
        Status {
            code: value.i64_at(&["code"]).and_then(|code| u16::try_from(code).ok()).unwrap_or(code),
            reason: REASONS.iter().find(|known| **known == reason).copied().unwrap_or(""),
            message: value.str_at(&["message"]).to_owned(),
            details: value
                .at(&["details"])
                .as_object()
                .map(|_| Box::new(StatusDetails::from_value(value.field("details")))),
        }
    }

    /// What client-go makes of an answer that is no `Status`.
    fn from_foreign_body(code: u16, body: &[u8]) -> Status {
        let text = match std::str::from_utf8(body).map(str::trim) {
            Ok(text) if !text.is_empty() => text,
            _ => "unknown",
        };
        let (reason, message) = foreign_reason(code, text);
        let cause =
            StatusCause { reason: "UnexpectedServerResponse".into(), message: text.into(), field: String::new() };
        Status::detailed(code, reason, message, StatusDetails { causes: vec![cause], ..Default::default() })
    }

    /// 404 `pods "x" not found`.
    pub fn not_found(resource: &GroupResource, name: &str) -> Status {
        let message = format!("{resource} {} not found", quoted(name));
        Status::detailed(404, "NotFound", message, StatusDetails::of_resource(resource, name))
    }
    /// 404 for an unknown path or kind: `the server could not find the requested resource`.
    pub fn unknown_resource() -> Status {
        let message = "the server could not find the requested resource".to_owned();
        Status::detailed(404, "NotFound", message, StatusDetails::default())
    }
    /// 409 `pods "x" already exists`.
    pub fn already_exists(resource: &GroupResource, name: &str) -> Status {
        let message = format!("{resource} {} already exists", quoted(name));
        Status::detailed(409, "AlreadyExists", message, StatusDetails::of_resource(resource, name))
    }
    /// 409 when a name made from `generateName` is taken; the client may retry after a second.
    pub fn generate_name_conflict(resource: &GroupResource, name: &str) -> Status {
        let message = format!(
            "{resource} {} already exists, the server was not able to generate a unique name for the object",
            quoted(name)
        );
        let details = StatusDetails { retry_after_seconds: 1, ..StatusDetails::of_resource(resource, name) };
        Status::detailed(409, "AlreadyExists", message, details)
    }
    /// 409 `Operation cannot be fulfilled on pods "x": {cause}`.
    pub fn conflict(resource: &GroupResource, name: &str, cause: &str) -> Status {
        let message = format!("Operation cannot be fulfilled on {resource} {}: {cause}", quoted(name));
        Status::detailed(409, "Conflict", message, StatusDetails::of_resource(resource, name))
    }
    /// The conflict of a stale resourceVersion, with upstream's "the object has been modified; ..." text.
    pub fn conflict_modified(resource: &GroupResource, name: &str) -> Status {
        Status::conflict(resource, name, OBJECT_MODIFIED)
    }
    /// 422 `Pod "x" is invalid: ...` with a cause per error.
    pub fn invalid(kind: &GroupVersionKind, name: &str, errors: &[FieldError]) -> Status {
        let group_kind = GroupResource::new(kind.group.as_str(), kind.kind.as_str());
        let mut message = format!("{group_kind} {} is invalid", quoted(name));
        if let Some(text) = aggregate(errors) {
            message.push_str(": ");
            message.push_str(&text);
        }
        let causes = errors.iter().map(field_cause).collect();
        let details = StatusDetails { causes, ..StatusDetails::of_resource(&group_kind, name) };
        Status::detailed(422, "Invalid", message, details)
    }
    /// 403 `pods "x" is forbidden: {cause}` (without the name part when `name` is empty, and without
    /// the resource when that is empty too).
    pub fn forbidden(resource: &GroupResource, name: &str, cause: &str) -> Status {
        let message = match (resource.group.is_empty() && resource.resource.is_empty(), name.is_empty()) {
            (true, _) => format!("forbidden: {cause}"),
            (false, true) => format!("{resource} is forbidden: {cause}"),
            (false, false) => format!("{resource} {} is forbidden: {cause}", quoted(name)),
        };
        Status::detailed(403, "Forbidden", message, StatusDetails::of_resource(resource, name))
    }
    /// 400.
    pub fn bad_request(message: impl Into<String>) -> Status {
        Status::plain(400, "BadRequest", message)
    }
    /// 401 `Unauthorized`.
    pub fn unauthorized() -> Status {
        Status::plain(401, "Unauthorized", "Unauthorized")
    }
    /// 410 `Expired`: the asked revision or continue token is too old.
    pub fn expired(message: impl Into<String>) -> Status {
        Status::plain(410, "Expired", message)
    }
    /// 405 with upstream's text for `verb`.
    pub fn method_not_supported(resource: &GroupResource, verb: &str) -> Status {
        let message = format!("{verb} is not supported on resources of kind {}", quoted(&resource.to_string()));
        Status::detailed(405, "MethodNotAllowed", message, StatusDetails::of_resource(resource, ""))
    }
    /// 500 `Internal error occurred: {cause}`.
    pub fn internal(cause: impl std::fmt::Display) -> Status {
        let cause = cause.to_string();
        let message = format!("Internal error occurred: {cause}");
        let causes = vec![StatusCause { message: cause, ..Default::default() }];
        Status::detailed(500, "InternalError", message, StatusDetails { causes, ..Default::default() })
    }
    /// 500 `ServerTimeout`: a passing trouble, the client should try again.
    pub fn server_timeout(resource: &GroupResource, verb: &str, retry_after_seconds: i32) -> Status {
        let message =
            format!("The {verb} operation against {resource} could not be completed at this time, please try again.");
        let details = StatusDetails { retry_after_seconds, ..StatusDetails::of_resource(resource, verb) };
        Status::detailed(500, "ServerTimeout", message, details)
    }
    /// 429 with a Retry-After.
    pub fn too_many_requests(message: impl Into<String>, retry_after_seconds: i32) -> Status {
        let details = StatusDetails { retry_after_seconds, ..Default::default() };
        Status::detailed(429, "TooManyRequests", message.into(), details)
    }
    /// 504 `Timeout: {message}`.
    pub fn timeout(message: impl Into<String>, retry_after_seconds: i32) -> Status {
        let message = format!("Timeout: {}", message.into());
        Status::detailed(504, "Timeout", message, StatusDetails { retry_after_seconds, ..Default::default() })
    }
    /// 504 for a resourceVersion that is not reached in time; the client may retry after a second.
    pub fn resource_version_too_large(asked: u64, current: u64) -> Status {
        let mut status = Status::timeout(format!("Too large resource version: {asked}, current: {current}"), 1);
        let cause = StatusCause {
            reason: "ResourceVersionTooLarge".into(),
            message: "Too large resource version".into(),
            field: String::new(),
        };
        status.details.get_or_insert_default().causes.push(cause);
        status
    }
    /// 415.
    pub fn unsupported_media_type(message: impl Into<String>) -> Status {
        Status::plain(415, "UnsupportedMediaType", message)
    }
    /// 406.
    pub fn not_acceptable(message: impl Into<String>) -> Status {
        Status::plain(406, "NotAcceptable", message)
    }
    /// 413 `Request entity too large: {message}`.
    pub fn request_entity_too_large(message: impl Into<String>) -> Status {
        Status::plain(413, "RequestEntityTooLarge", format!("Request entity too large: {}", message.into()))
    }
    /// 503.
    pub fn service_unavailable(message: impl Into<String>) -> Status {
        Status::plain(503, "ServiceUnavailable", message)
    }

    /// Seconds after which a retry can help, for the `Retry-After` header; `None` when unset.
    pub fn retry_after_seconds(&self) -> Option<i32> {
        self.details.as_ref().map(|details| details.retry_after_seconds).filter(|seconds| *seconds > 0)
    }
    /// Whether a cause with this reason is there.
    pub fn has_cause(&self, reason: &str) -> bool {
        self.details.as_ref().is_some_and(|details| details.causes.iter().any(|cause| cause.reason == reason))
    }
    /// `NotFound`, or 404 without a known reason.
    pub fn is_not_found(&self) -> bool {
        self.is("NotFound", 404)
    }
    /// `AlreadyExists`.
    pub fn is_already_exists(&self) -> bool {
        self.reason == "AlreadyExists"
    }
    /// `Conflict`, or 409 without a known reason.
    pub fn is_conflict(&self) -> bool {
        self.is("Conflict", 409)
    }
    /// The asked revision is gone: `Expired` or `Gone`.
    pub fn is_expired(&self) -> bool {
        self.reason == "Expired" || self.is("Gone", 410)
    }

    fn is(&self, reason: &str, code: u16) -> bool {
        self.reason == reason || (self.reason.is_empty() && self.code == code)
    }
}

fn field_cause(error: &FieldError) -> StatusCause {
    StatusCause { reason: error.kind.cause_reason().into(), message: error.body(), field: error.path.to_string() }
}

/// Reason and text that client-go gives an answer without a `Status` body.
fn foreign_reason(code: u16, body: &str) -> (&'static str, String) {
    let (reason, message) = match code {
        400 => ("BadRequest", "the server rejected our request for an unknown reason"),
        401 => ("Unauthorized", "the server has asked for the client to provide credentials"),
        403 => ("Forbidden", body),
        404 => ("NotFound", "the server could not find the requested resource"),
        405 => ("MethodNotAllowed", "the server does not allow this method on the requested resource"),
        406 if body == "unknown" => {
            ("NotAcceptable", "the server was unable to respond with a content type that the client supports")
        }
        406 => ("NotAcceptable", body),
        409 => ("Conflict", "the server reported a conflict"),
        415 => ("UnsupportedMediaType", body),
        422 => ("Invalid", "the server rejected our request due to an error in our request"),
        429 => ("TooManyRequests", "the server has received too many requests and has asked us to try again later"),
        503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
        504 => (
            "Timeout",
            "the server was unable to return a response in the time allotted, but may still be processing the request",
        ),
        500.. => {
            let message =
                format!("an error on the server ({}) has prevented the request from succeeding", quoted(body));
            return ("InternalError", message);
        }
        _ => {
            let message =
                format!("the server responded with the status code {code} but did not return more information");
            return ("", message);
        }
    };
    (reason, message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field_error::FieldPath;

    #[track_caller]
    fn check(status: Status, expected: &str) {
        assert_eq!(String::from_utf8_lossy(&json::to_vec(&status.to_value())), expected);
    }

    fn deployments() -> GroupResource {
        GroupResource::new("apps", "deployments")
    }

    #[test]
    fn a_missing_object_is_named_with_group_and_resource() {
        check(
            Status::not_found(&deployments(), "web"),
            r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"deployments.apps \"web\" not found","reason":"NotFound","details":{"name":"web","group":"apps","kind":"deployments"},"code":404}"#,
        );
    }

    #[test]
    fn an_unknown_resource_has_empty_details() {
        check(
            Status::unknown_resource(),
            r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"the server could not find the requested resource","reason":"NotFound","details":{},"code":404}"#,
        );
    }

    #[test]
    fn invalid_carries_one_cause_per_error() {
        let kind = GroupVersionKind { group: String::new(), version: "v1".into(), kind: "Pod".into() };
        let path = FieldPath::new("spec").child("containers");
        let errors = [FieldError::required(&path, ""), FieldError::duplicate(&path.index(0), "a")];
        check(
            Status::invalid(&kind, "x", &errors),
            r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Pod \"x\" is invalid: [spec.containers: Required value, spec.containers[0]: Duplicate value: \"a\"]","reason":"Invalid","details":{"name":"x","kind":"Pod","causes":[{"reason":"FieldValueRequired","message":"Required value","field":"spec.containers"},{"reason":"FieldValueDuplicate","message":"Duplicate value: \"a\"","field":"spec.containers[0]"}]},"code":422}"#,
        );
        assert_eq!(Status::invalid(&kind, "x", &[]).message, r#"Pod "x" is invalid"#);
    }

    #[test]
    fn messages_are_upstreams() {
        let resource = deployments();
        for (status, expected) in [
            (Status::already_exists(&resource, "a"), r#"deployments.apps "a" already exists"#),
            (
                Status::conflict_modified(&resource, "a"),
                r#"Operation cannot be fulfilled on deployments.apps "a": the object has been modified; please apply your changes to the latest version and try again"#,
            ),
            (Status::forbidden(&resource, "a", "no"), r#"deployments.apps "a" is forbidden: no"#),
            (Status::forbidden(&resource, "", "no"), "deployments.apps is forbidden: no"),
            (Status::forbidden(&GroupResource::default(), "a", "no"), "forbidden: no"),
            (
                Status::method_not_supported(&resource, "create"),
                r#"create is not supported on resources of kind "deployments.apps""#,
            ),
            (Status::internal("x"), "Internal error occurred: x"),
            (Status::resource_version_too_large(9, 4), "Timeout: Too large resource version: 9, current: 4"),
        ] {
            assert_eq!(status.to_string(), expected);
        }
    }

    #[test]
    fn a_status_survives_its_body() {
        for status in [
            Status::resource_version_too_large(9, 4),
            Status::not_found(&deployments(), "web"),
            Status::too_many_requests("slow down", 7),
            Status::unauthorized(),
        ] {
            assert_eq!(Status::from_body(418, &json::to_vec(&status.to_value())), status);
        }
        assert_eq!(Status::too_many_requests("slow down", 7).retry_after_seconds(), Some(7));
    }

    #[test]
    fn a_foreign_body_gets_client_gos_text() {
        let status = Status::from_body(502, b"bad gateway\n");
        assert_eq!(
            status.message,
            r#"an error on the server ("bad gateway") has prevented the request from succeeding"#
        );
        assert_eq!((status.code, status.reason), (502, "InternalError"));
        assert!(Status::from_body(404, b"404 page not found").is_not_found());
    }
}
