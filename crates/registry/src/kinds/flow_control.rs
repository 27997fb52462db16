//! What the kinds of `flowcontrol.apiserver.k8s.io` share.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::value::Value;

use crate::rules;
use crate::strategy::{LABELS, Path, SPEC, Subresource};

/// API group of flow schemas and priority levels.
pub(super) const GROUP: &str = "flowcontrol.apiserver.k8s.io";

/// A `status` that changes nothing else.
pub(super) const STATUS_ALONE: Subresource = Subresource::status(EVERYTHING_ELSE);

const EVERYTHING_ELSE: &[Path] =
    &[SPEC, LABELS, &["metadata", "annotations"], &["metadata", "finalizers"], &["metadata", "ownerReferences"]];

/// Conditions of a status: each type once.
pub(super) fn validate_conditions(object: &Value, errors: &mut Vec<FieldError>) {
    let (conditions, path) = (object.items_at(&["status", "conditions"]), FieldPath::new("status.conditions"));
    for (at, condition) in conditions.iter().enumerate() {
        let (path, kind) = (path.index(at), condition.str_at(&["type"]));
        if conditions[..at].iter().any(|it| it.str_at(&["type"]) == kind) {
            errors.push(FieldError::duplicate(&path.child("type"), kind));
        }
        rules::require(condition, "type", &path, errors);
    }
}
