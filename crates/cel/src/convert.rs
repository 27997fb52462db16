//! Between object trees and values.

use std::collections::BTreeMap;

use apimachinery::value::{Map, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::value::{Key, Val};

/// A tree as a value, without a schema: times and quantities are texts.
pub fn from_tree(tree: &Value) -> Val {
    match tree {
        Value::Null => Val::Null,
        Value::Bool(truth) => Val::Bool(*truth),
        Value::Int(number) => Val::Int(*number),
        Value::Float(number) => Val::Double(*number),
        Value::String(text) => Val::text(text.as_str()),
        Value::Array(items) => Val::list(items.iter().map(from_tree).collect()),
        Value::Object(map) => Val::map(map.iter().map(|(key, value)| (Key::text(key), from_tree(value))).collect()),
    }
}

/// A value as a tree; why there is none, for what JSON has no form.
pub fn to_tree(value: &Val) -> Result<Value, String> {
    Ok(match value {
        Val::Null => Value::Null,
        Val::Bool(truth) => Value::Bool(*truth),
        Val::Int(number) => Value::Int(*number),
        Val::Uint(number) => i64::try_from(*number).map_or(Value::Float(*number as f64), Value::Int),
        Val::Double(number) => Value::Float(*number),
        Val::String(text) => Value::from(&**text),
        Val::Bytes(bytes) => Value::from(STANDARD.encode(bytes)),
        Val::List(items) => Value::Array(items.iter().map(to_tree).collect::<Result<_, _>>()?),
        Val::Map(entries) => entries_to_tree(entries)?,
        Val::Struct(object) => entries_to_tree(&object.fields)?,
        Val::Timestamp(time) => Value::from(time.to_string()),
        Val::Duration(nanoseconds) => Value::from(crate::text_format::duration(*nanoseconds)),
        Val::Optional(Some(value)) => to_tree(value)?,
        Val::Optional(None) => Value::Null,
        Val::Type(_) | Val::Opaque(_) => {
            return Err(format!("type conversion error from '{}' to 'google.protobuf.Value'", value.type_of()));
        }
    })
}

fn entries_to_tree(entries: &BTreeMap<Key, Val>) -> Result<Value, String> {
    let mut map = Map::with_capacity(entries.len());
    for (key, value) in entries {
        map.push(key.to_string(), to_tree(value)?);
    }
    Ok(Value::Object(map))
}
