//! Patches: JSON (RFC 6902), merge (RFC 7386), strategic merge. Results are not normalised.
//!
//! What a client sees of a bad patch is upstream's: status codes, reasons and texts, odd as some are.

mod document;
mod entries;
mod json_patch;
mod merge;
mod shown;
mod strategic;

use crate::field_error::{FieldError, FieldPath};
use crate::group_version::GroupVersionKind;
use crate::json;
use crate::schema::Struct;
use crate::status::{Status, StatusDetails};
use crate::value::Value;

pub use document::{document_issues, go_text, json_type};

/// Operations that one JSON patch may hold (upstream's limit).
pub const JSON_PATCH_OPERATIONS_MAX: usize = 10_000;

/// Bytes of JSON that all `copy` operations of one JSON patch may add (upstream's limit).
pub const JSON_PATCH_COPY_BYTES_MAX: usize = 3 * 1024 * 1024;

/// A kind of patch that is computed from the patch and the object alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchType {
    /// `application/json-patch+json`
    Json,
    /// `application/merge-patch+json`
    Merge,
    /// `application/strategic-merge-patch+json`
    StrategicMerge,
}

impl PatchType {
    /// From a `Content-Type` without parameters.
    pub fn from_media_type(media_type: &str) -> Option<Self> {
        match media_type {
            "application/json-patch+json" => Some(PatchType::Json),
            "application/merge-patch+json" => Some(PatchType::Merge),
            "application/strategic-merge-patch+json" => Some(PatchType::StrategicMerge),
            _ => None,
        }
    }

    /// Applies the patch document to `target` of type `ty`.
    pub fn apply(self, ty: &Struct, target: &Value, patch: &[u8]) -> Result<Value, Status> {
        match self {
            PatchType::Json => json_patch(target, patch),
            PatchType::Merge => merge_patch(target, patch),
            PatchType::StrategicMerge => strategic_merge_patch(ty, target, patch),
        }
    }

    /// The 422 for a patch of `current` whose result is no object of its type, or that strict field validation refuses;
    /// `message` is the decoder's, or all strict issues behind `strict decoding error: `.
    pub fn undecodable(self, ty: &Struct, current: &Value, patch: &[u8], message: &str) -> Status {
        let shown = match self {
            PatchType::StrategicMerge => json::parse(patch).map(|patch| go_text(&patch)).unwrap_or_default(),
            _ => shown::patched_text(self, ty, current, patch),
        };
        let error = FieldError::invalid(&FieldPath::new("patch"), shown, message);
        Status::invalid(&GroupVersionKind::default(), "", &[error])
    }

    /// How upstream says that a result is no object of its type, where it does not read it as JSON.
    pub fn fault(self, ty: &Struct, patched: &Value) -> Option<String> {
        match self {
            PatchType::StrategicMerge => shown::restore_fault(ty, patched),
            _ => None,
        }
    }
}

/// Applies a JSON patch document to `target`.
///
/// A patch that does not fit the object is a 422 that does not say why, as upstream's.
pub fn json_patch(target: &Value, patch: &[u8]) -> Result<Value, Status> {
    json_patch::apply(target, patch)
}

/// Applies a merge patch document to `target`.
pub fn merge_patch(target: &Value, patch: &[u8]) -> Result<Value, Status> {
    match document::parse_object(patch) {
        Ok(Some(patch)) => Ok(merge::merge(target.clone(), patch)),
        Ok(None) => Err(Status::bad_request("Invalid JSON Patch")),
        Err(message) => Err(Status::bad_request(format!("error decoding patch: {message}"))),
    }
}

/// Applies a strategic merge patch document to `target` of type `ty`: merge keys, `$patch`,
/// `$deleteFromPrimitiveList`, `$setElementOrder`, `$retainKeys`.
pub fn strategic_merge_patch(ty: &Struct, target: &Value, patch: &[u8]) -> Result<Value, Status> {
    match document::parse_object(patch) {
        Ok(Some(patch)) => strategic::merge(ty, target.clone(), patch),
        Ok(None) => Ok(target.clone()),
        Err(message) => Err(Status::bad_request(message)),
    }
}

/// The 422 of a patch that does not fit the object.
fn does_not_apply() -> Status {
    Status {
        code: 422,
        reason: "Invalid",
        message: "the server rejected our request due to an error in our request".to_owned(),
        details: Some(Box::new(StatusDetails::default())),
    }
}

/// An error that upstream does not classify: 500 without a reason.
fn unclassified(message: impl Into<String>) -> Status {
    Status { code: 500, reason: "", message: message.into(), details: None }
}

#[cfg(test)]
mod tests;
