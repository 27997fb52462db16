//! Strategic merge patch: merging that knows the type, and directives in the patch.

mod lists;

use super::document::go_text;
use super::entries::Entries;
use super::merge::prune_nulls;
use super::{does_not_apply, unclassified};
use crate::field_error::quoted;
use crate::schema::{Field, Struct, Type};
use crate::status::Status;
use crate::value::{Key, Map, Value};

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_LIST: &str = "$deleteFromPrimitiveList";
const ELEMENT_ORDER: &str = "$setElementOrder";

type Outcome<T> = Result<T, Status>;

/// Merges `patch` into `target`, an object of type `ty`.
pub(super) fn merge(ty: &Struct, target: Value, patch: Map) -> Outcome<Value> {
    let original = match target {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    merge_map(original, patch, Schema::Struct(ty)).map(Value::Object)
}

/// The type of the value that is being merged.
#[derive(Clone, Copy)]
enum Schema<'t> {
    Struct(&'t Struct),
    Other(&'t Type),
}

impl<'t> Schema<'t> {
    fn of(ty: &'t Type) -> Self {
        match ty {
            Type::Struct(ty) => Schema::Struct(ty),
            other => Schema::Other(other),
        }
    }

    /// The field that `key` names, for merging below it.
    fn field(self, key: &str) -> Outcome<&'t Field> {
        let name = match self {
            Schema::Struct(ty) => match ty.field(key) {
                Some(field) => return Ok(field),
                None => ty.go_name.rsplit('.').next().unwrap_or(&ty.go_name),
            },
            Schema::Other(ty) => match struct_name(ty) {
                Some(name) => name,
                None => {
                    let kind = self.kind();
                    let message = format!("merging an object in json but data type is not struct, instead is: {kind}");
                    return Err(unclassified(message));
                }
            },
        };
        let message = format!("unable to find api field in struct {name} for the json field {}", quoted(key));
        Err(unclassified(message))
    }

    /// The field that `key` names and the type of its elements, for merging lists.
    fn list_field(self, key: &str) -> Outcome<(&'t Field, Schema<'t>)> {
        let field = self.field(key)?;
        match &field.ty {
            Type::List(element) => Ok((field, Schema::of(element))),
            other if field.is_pointer => Ok((field, Schema::of(other))),
            _ => Err(unclassified(format!("expected slice or array type, but got: {}", self.kind()))),
        }
    }

    /// Go's kind of the type.
    fn kind(self) -> &'static str {
        let Schema::Other(ty) = self else { return "struct" };
        match ty {
            Type::Bool => "bool",
            Type::Int32 => "int32",
            Type::Int64 => "int64",
            Type::Float64 => "float64",
            Type::String => "string",
            Type::Bytes | Type::List(_) => "slice",
            Type::Map(_) => "map",
            _ => "struct",
        }
    }
}

/// Go's name of a struct type without fields of its own in the table.
fn struct_name(ty: &Type) -> Option<&'static str> {
    match ty {
        Type::RawExtension => Some("RawExtension"),
        Type::FieldsV1 => Some("FieldsV1"),
        Type::Json => Some("JSON"),
        Type::Quantity => Some("Quantity"),
        Type::IntOrString => Some("IntOrString"),
        Type::Time => Some("Time"),
        Type::MicroTime => Some("MicroTime"),
        Type::Duration => Some("Duration"),
        Type::StructOr(..) => Some("JSONSchemaPropsOrBool"),
        _ => None,
    }
}

/// Merges `patch` into `original`: directives first, then field by field.
fn merge_map(original: Map, mut patch: Map, schema: Schema<'_>) -> Outcome<Map> {
    if let Some(directive) = patch.remove(DIRECTIVE) {
        return replace_or_delete(&directive, patch);
    }
    let mut entries = Entries::new(original, patch.len());
    apply_retain_keys(&mut entries, &mut patch)?;
    lists::merge_ordered(&mut entries, &mut patch, schema)?;
    for (key, change) in patch.into_entries() {
        if key.starts_with(DELETE_LIST) {
            let key = directive_field(&key, DELETE_LIST)?;
            delete_from_list(&mut entries, key, change, schema)?;
        } else {
            merge_field(&mut entries, key, change, schema)?;
        }
    }
    Ok(entries.finish())
}

/// `$patch` in an object: `replace` takes the rest of the patch as it is, `delete` empties.
fn replace_or_delete(directive: &Value, patch: Map) -> Outcome<Map> {
    match directive.as_str() {
        Some("replace") => Ok(patch),
        Some("delete") => Ok(Map::new()),
        _ => Err(bad_directive(directive, patch)),
    }
}

fn bad_directive(directive: &Value, mut patch: Map) -> Status {
    patch.push(DIRECTIVE, directive.clone());
    unclassified(format!("unknown patch type: {} in map: {}", go_text(directive), go_text(&Value::Object(patch))))
}

/// `$retainKeys`: fields that it does not name go; the patch may only set fields that it names.
fn apply_retain_keys(entries: &mut Entries, patch: &mut Map) -> Outcome<()> {
    let Some(directive) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    let bad_format = || Status::bad_request("invalid patch format of retainKeys");
    let retained: std::collections::HashSet<&str> =
        directive.as_array().ok_or_else(bad_format)?.iter().filter_map(Value::as_str).collect();
    for (key, value) in patch.iter() {
        let is_directive = key.starts_with(DELETE_LIST) || key.starts_with(ELEMENT_ORDER);
        if !value.is_null() && !is_directive && !retained.contains(key) {
            return Err(bad_format());
        }
    }
    entries.retain(|key| retained.contains(key));
    Ok(())
}

/// The field that a directive such as `$setElementOrder/containers` is about.
fn directive_field<'k>(key: &'k str, prefix: &str) -> Outcome<&'k str> {
    match key.split_once('/') {
        Some((found, field)) if found == prefix => Ok(field),
        _ if prefix == DELETE_LIST => Err(Status::bad_request("invalid patch format of primitive list")),
        _ => Err(Status::bad_request("invalid patch format of setElementOrder list")),
    }
}

fn delete_from_list(entries: &mut Entries, key: &str, change: Value, schema: Schema<'_>) -> Outcome<()> {
    match (entries.get_mut(key), change) {
        (_, Value::Null) => entries.remove(key),
        (Some(Value::Array(current)), Value::Array(gone)) => {
            let (field, element) = schema.list_field(key)?;
            *current = lists::delete_items(std::mem::take(current), gone, element, &field.patch.merge_key)?;
        }
        _ => {}
    }
    Ok(())
}

fn merge_field(entries: &mut Entries, key: Key, change: Value, schema: Schema<'_>) -> Outcome<()> {
    match (entries.get_mut(&key), change) {
        (_, Value::Null) => entries.remove(&key),
        (Some(Value::Object(current)), Value::Object(change)) => {
            let field = schema.field(&key)?;
            *current = match field.patch.replaces {
                true => change,
                false => merge_map(std::mem::take(current), change, Schema::of(&field.ty))?,
            };
        }
        (Some(Value::Array(current)), Value::Array(change)) => {
            let (field, element) = schema.list_field(&key)?;
            *current = match field.patch.merges {
                true => lists::merge_items(std::mem::take(current), change, element, &field.patch.merge_key)?,
                false => change,
            };
        }
        (_, mut change) => {
            prune_nulls(&mut change);
            match without_directives(change) {
                Some(value) => entries.set(key, value),
                None => entries.remove(&key),
            }
        }
    }
    Ok(())
}

/// A value of the patch that meets nothing to merge with: objects with `$patch` go.
fn without_directives(value: Value) -> Option<Value> {
    match value {
        Value::Object(map) if map.contains_key(DIRECTIVE) => None,
        Value::Object(map) => {
            let entries = map.into_entries().into_iter();
            let kept = entries.filter_map(|(key, value)| Some((key, without_directives(value)?)));
            Some(Value::Object(Map::from_entries(kept.collect())))
        }
        Value::Array(items) => Some(Value::Array(items.into_iter().filter_map(without_directives).collect())),
        other => Some(other),
    }
}

/// Go's name of a decoded JSON value's type.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "%!s(<nil>)",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int64",
        Value::Float(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

fn wrong_type(expected: &str, found: &Value) -> Status {
    unclassified(format!("expected a {expected}, but received a {}", go_type(found)))
}
