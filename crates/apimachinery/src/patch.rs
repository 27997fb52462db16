//! Patches: JSON (RFC 6902), merge (RFC 7386), strategic merge. Results are not normalised.

use crate::schema::Struct;
use crate::status::Status;
use crate::value::Value;

/// Operations that one JSON patch may hold (upstream's limit).
pub const JSON_PATCH_OPERATIONS_MAX: usize = 10_000;

/// Applies a JSON patch document to `target`.
pub fn json_patch(target: &Value, patch: &[u8]) -> Result<Value, Status> {
    let _ = (target, patch);
    todo!("rules helper")
}

/// Applies a merge patch document to `target`.
pub fn merge_patch(target: &Value, patch: &[u8]) -> Result<Value, Status> {
    let _ = (target, patch);
    todo!("rules helper")
}

/// Applies a strategic merge patch document to `target` of type `ty`: merge keys, `$patch`,
/// `$deleteFromPrimitiveList`, `$setElementOrder`, `$retainKeys`.
pub fn strategic_merge_patch(ty: &Struct, target: &Value, patch: &[u8]) -> Result<Value, Status> {
    let _ = (ty, target, patch);
    todo!("rules helper")
}
