//! What a refusal shows of a patch: the patched object as upstream's libraries leave it behind, or Go's print of a
//! strategic patch, with the words of the converter that upstream uses for it.

use super::PatchType;
use crate::json;
use crate::schema::{Struct, Type, normalise};
use crate::value::{Map, Value};

/// The patched object as text: maps that the patch went through have sorted keys, all others keep their order.
pub(super) fn patched_text(kind: PatchType, ty: &Struct, current: &Value, patch: &[u8]) -> String {
    let mut target = current.clone();
    // What is shown beside a fault is best effort: a stored object is of its type.
    let _ = normalise(ty, &mut target);
    let mut patched = kind.apply(ty, &target, patch).unwrap_or_default();
    let document = json::parse(patch).unwrap_or_default();
    match kind {
        PatchType::Json => document.as_array().unwrap_or_default().iter().for_each(|operation| {
            sort_along(&mut patched, operation.str_at(&["path"]));
            sort_along(&mut patched, operation.str_at(&["from"]));
        }),
        _ => sort_touched(&mut patched, &document),
    }
    String::from_utf8_lossy(&json::to_vec(&patched)).into_owned()
}

fn sort_touched(value: &mut Value, patch: &Value) {
    let (Some(map), Some(changes)) = (value.as_object_mut(), patch.as_object()) else { return };
    map.sort();
    for (key, change) in changes.iter() {
        if let Some(inner) = map.get_mut(key) {
            sort_touched(inner, change);
        }
    }
}

/// Sorts the objects that a pointer leads through.
fn sort_along(value: &mut Value, pointer: &str) {
    let mut at = value;
    for token in pointer.split('/').skip(1) {
        let next = match at {
            Value::Object(map) => {
                map.sort();
                map.get_mut(&token.replace("~1", "/").replace("~0", "~"))
            }
            Value::Array(items) => token.parse().ok().and_then(|at: usize| items.get_mut(at)),
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => return,
        }
    }
}

/// What upstream's converter says of the first value that is not of its field's type: a list, map or struct that is
/// something else, a scalar of another kind. `None` where the type reads JSON itself, or nothing is wrong.
pub(super) fn restore_fault(ty: &Struct, value: &Value) -> Option<String> {
    let Value::Object(map) = value else { return Some(format!("cannot restore struct from: {}", go_kind(value))) };
    ty.fields.iter().find_map(|field| fault_of(&field.ty, &field.go_type, map.get(&field.name)?))
}

fn fault_of(ty: &Type, go_type: &str, value: &Value) -> Option<String> {
    if value.is_null() {
        return None;
    }
    match (ty, value) {
        (Type::Struct(ty), _) => restore_fault(ty, value),
        (Type::List(item), Value::Array(items)) => items.iter().find_map(|value| fault_of(item, "", value)),
        (Type::List(_), _) => Some(format!("cannot restore slice from {}", go_kind(value))),
        (Type::Map(item), Value::Object(map)) => fault_in_map(item, map),
        (Type::Map(_), _) => Some(format!("cannot restore map from {}", go_kind(value))),
        // Strings are no numbers and the other way round; numbers become any of theirs.
        (Type::Int32 | Type::Int64 | Type::Float64, Value::Bool(_) | Value::String(_)) => {
            Some(format!("unrecognized type: {}", go_scalar(ty)))
        }
        (Type::String, Value::Int(_)) => {
            let wanted = if go_type.is_empty() { "string" } else { go_type };
            Some(format!("cannot convert int64 to {wanted}"))
        }
        (Type::String | Type::Bool, Value::Array(_) | Value::Object(_) | Value::Bool(_)) if !fits(ty, value) => {
            Some(format!("unrecognized type: {}", go_scalar(ty)))
        }
        (Type::Bool, Value::Int(_) | Value::String(_)) => Some("unrecognized type: bool".to_owned()),
        _ => None,
    }
}

fn fault_in_map(item: &Type, map: &Map) -> Option<String> {
    map.iter().find_map(|(_, value)| fault_of(item, "", value))
}

fn fits(ty: &Type, value: &Value) -> bool {
    matches!((ty, value), (Type::Bool, Value::Bool(_)) | (Type::String, Value::String(_)))
}

fn go_scalar(ty: &Type) -> &'static str {
    match ty {
        Type::Int32 => "int32",
        Type::Int64 => "int64",
        Type::Float64 => "float64",
        Type::Bool => "bool",
        _ => "string",
    }
}

fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "invalid",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int64",
        Value::Float(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
    }
}
