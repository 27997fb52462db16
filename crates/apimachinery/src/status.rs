//! Kubernetes' `Status`: the one error type of the API.
//!
//! Texts, reasons and codes are those that clients match on (API conventions, "Response Status Kind").

use crate::field_error::FieldError;
use crate::group_version::{GroupResource, GroupVersionKind};
use crate::value::Value;

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

impl Status {
    /// The JSON tree of this status, `kind: Status`, `apiVersion: v1`, fields in upstream's order.
    pub fn to_value(&self) -> Value {
        todo!("rules helper")
    }
    /// Reads a `Status` answer of a server; `code` is the HTTP code, used when the body is no Status.
    pub fn from_body(code: u16, body: &[u8]) -> Status {
        let _ = (code, body);
        todo!("rules helper")
    }
    /// 404 `pods "x" not found`.
    pub fn not_found(resource: &GroupResource, name: &str) -> Status {
        let _ = (resource, name);
        todo!("rules helper")
    }
    /// 404 for an unknown path or kind: `the server could not find the requested resource`.
    pub fn unknown_resource() -> Status {
        todo!("rules helper")
    }
    /// 409 `pods "x" already exists`.
    pub fn already_exists(resource: &GroupResource, name: &str) -> Status {
        let _ = (resource, name);
        todo!("rules helper")
    }
    /// 409 `Operation cannot be fulfilled on pods "x": {cause}`.
    pub fn conflict(resource: &GroupResource, name: &str, cause: &str) -> Status {
        let _ = (resource, name, cause);
        todo!("rules helper")
    }
    /// The conflict of a stale resourceVersion, with upstream's "the object has been modified; ..." text.
    pub fn conflict_modified(resource: &GroupResource, name: &str) -> Status {
        let _ = (resource, name);
        todo!("rules helper")
    }
    /// 422 `Pod "x" is invalid: ...` with a cause per error.
    pub fn invalid(kind: &GroupVersionKind, name: &str, errors: &[FieldError]) -> Status {
        let _ = (kind, name, errors);
        todo!("rules helper")
    }
    /// 403 `pods "x" is forbidden: {cause}` (without the name part when `name` is empty).
    pub fn forbidden(resource: &GroupResource, name: &str, cause: &str) -> Status {
        let _ = (resource, name, cause);
        todo!("rules helper")
    }
    /// 400.
    pub fn bad_request(message: impl Into<String>) -> Status {
        Status { code: 400, reason: "BadRequest", message: message.into(), details: None }
    }
    /// 401 `Unauthorized`.
    pub fn unauthorized() -> Status {
        Status { code: 401, reason: "Unauthorized", message: "Unauthorized".into(), details: None }
    }
    /// 410 `Expired`: the asked revision or continue token is too old.
    pub fn expired(message: impl Into<String>) -> Status {
        Status { code: 410, reason: "Expired", message: message.into(), details: None }
    }
    /// 405 with upstream's text for `verb`.
    pub fn method_not_supported(resource: &GroupResource, verb: &str) -> Status {
        let _ = (resource, verb);
        todo!("rules helper")
    }
    /// 500 `Internal error occurred: {cause}`.
    pub fn internal(cause: impl std::fmt::Display) -> Status {
        Status { code: 500, reason: "InternalError", message: format!("Internal error occurred: {cause}"), details: None }
    }
    /// 429 with a Retry-After.
    pub fn too_many_requests(message: impl Into<String>, retry_after_seconds: i32) -> Status {
        let _ = retry_after_seconds;
        Status { code: 429, reason: "TooManyRequests", message: message.into(), details: None }
    }
    /// 504 `Timeout` (for example a resourceVersion that is not reached in time).
    pub fn timeout(message: impl Into<String>, retry_after_seconds: i32) -> Status {
        let _ = retry_after_seconds;
        Status { code: 504, reason: "Timeout", message: message.into(), details: None }
    }
    /// 415.
    pub fn unsupported_media_type(message: impl Into<String>) -> Status {
        Status { code: 415, reason: "UnsupportedMediaType", message: message.into(), details: None }
    }
    /// 406.
    pub fn not_acceptable(message: impl Into<String>) -> Status {
        Status { code: 406, reason: "NotAcceptable", message: message.into(), details: None }
    }
    /// 413.
    pub fn request_entity_too_large(message: impl Into<String>) -> Status {
        Status { code: 413, reason: "RequestEntityTooLarge", message: message.into(), details: None }
    }
    /// 503.
    pub fn service_unavailable(message: impl Into<String>) -> Status {
        Status { code: 503, reason: "ServiceUnavailable", message: message.into(), details: None }
    }
}
