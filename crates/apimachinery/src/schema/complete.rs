//! The omit rules: what an absent field becomes, and which present fields are left out.

use super::{Field, Omit, Struct, Type, sorted_map};
use crate::value::{Key, Map, Value};

/// Puts found fields (index into `ty.fields`, value) into schema order, drops what the encoder would
/// omit, and fills in what it always writes. Of fields found twice the last wins.
pub(crate) fn complete(ty: &Struct, mut found: Vec<(usize, Value)>) -> Map {
    if !found.is_sorted_by_key(|(at, _)| *at) {
        found.sort_by_key(|(at, _)| *at);
    }
    let mut map = Map::with_capacity(found.len() + 1);
    let mut found = found.into_iter().peekable();
    for (at, field) in ty.fields.iter().enumerate() {
        let mut value = None;
        while let Some((_, last)) = found.next_if(|(found_at, _)| *found_at == at) {
            value = Some(last);
        }
        let value = match value {
            Some(value) => kept(field, value),
            None => absent(field),
        };
        if let Some(value) = value {
            map.push(field.name.clone(), value);
        }
    }
    map
}

/// The same with fields that the type does not know behind the others, sorted; of one that came twice the last.
pub(super) fn complete_with(ty: &Struct, found: Vec<(usize, Value)>, unknown: Vec<(Key, Value)>) -> Map {
    let mut map = complete(ty, found);
    for (key, value) in sorted_map(unknown).into_entries() {
        map.push(key, value);
    }
    map
}

/// What the encoder writes for a field that is not set.
fn absent(field: &Field) -> Option<Value> {
    match (field.omit, field.is_pointer) {
        (Omit::Zero, _) | (Omit::Empty, true) => None,
        (Omit::Never, true) => Some(Value::Null),
        (Omit::Empty, false) => match &field.ty {
            Type::Bool
            | Type::Int32
            | Type::Int64
            | Type::Float64
            | Type::String
            | Type::Bytes
            | Type::List(_)
            | Type::Map(_) => None,
            ty => Some(zero(ty)),
        },
        (Omit::Never, false) => match &field.ty {
            Type::Bytes => Some(Value::Null),
            ty => Some(zero(ty)),
        },
    }
}

/// What the encoder writes for a field that is set to `value`.
fn kept(field: &Field, value: Value) -> Option<Value> {
    if value.is_null() {
        return absent(field);
    }
    if field.is_pointer {
        return Some(value);
    }
    let is_empty = match (&field.ty, &value) {
        (Type::List(_), Value::Array(items)) => items.is_empty(),
        (Type::Map(_), Value::Object(map)) => map.is_empty(),
        (Type::Bool, Value::Bool(truth)) => !truth,
        (Type::Int32 | Type::Int64, Value::Int(number)) => *number == 0,
        (Type::Float64, Value::Float(number)) => *number == 0.0,
        (Type::String | Type::Bytes, Value::String(text)) => text.is_empty(),
        (ty, value) => field.omit == Omit::Zero && *value == zero(ty),
    };
    match (field.omit, &field.ty) {
        _ if !is_empty => Some(value),
        // Stored as protobuf upstream, where empty and absent are the same.
        (Omit::Never, Type::List(_) | Type::Map(_)) => Some(Value::Null),
        (Omit::Never, _) => Some(value),
        (Omit::Empty | Omit::Zero, _) => None,
    }
}

/// The normal form of a type's zero value, as a list item or map entry shows it.
pub(super) fn zero(ty: &Type) -> Value {
    match ty {
        Type::Bool => Value::Bool(false),
        Type::Int32 | Type::Int64 | Type::IntOrString => Value::Int(0),
        Type::Float64 => Value::Float(0.0),
        Type::String | Type::Bytes => Value::String(String::new()),
        Type::Quantity => Value::String("0".into()),
        Type::Duration => Value::String("0s".into()),
        Type::Struct(ty) => Value::Object(complete(ty, Vec::new())),
        Type::StructOr(super::Alternative::Bool, _) => Value::Bool(false),
        Type::Time
        | Type::MicroTime
        | Type::FieldsV1
        | Type::RawExtension
        | Type::Json
        | Type::StructOr(..)
        | Type::List(_)
        | Type::Map(_) => Value::Null,
    }
}

/// An item of a list, or the value of a map entry, in normal form: a list in it is never null.
pub(crate) fn element(ty: &Type, value: Option<Value>) -> Value {
    match (ty, value) {
        (Type::List(_), None | Some(Value::Null)) => Value::Array(Vec::new()),
        (ty, None | Some(Value::Null)) => zero(ty),
        (_, Some(value)) => value,
    }
}
