//! Trees of custom resources as values of the types that their schema gives them.

use std::collections::BTreeMap;

use apimachinery::structural::{Additional, Structural};
use apimachinery::value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::convert;
use crate::schemas;
use crate::text_format;
use crate::value::{Key, Val};

/// A tree as a value. What the schema does not name is not there; fields have the names that expressions use.
pub fn from_tree(tree: &Value, schema: &Structural) -> Val {
    match tree {
        Value::Object(_) if !schema.is_int_or_string => object(tree, schema),
        Value::Array(items) => match &schema.items {
            Some(of) => Val::list(items.iter().map(|item| from_tree(item, of)).collect()),
            None => convert::from_tree(tree),
        },
        Value::String(text) if !schema.is_int_or_string => {
            formatted(text, &schema.format).unwrap_or_else(|| Val::text(text.as_str()))
        }
        Value::Int(number) if schema.ty == "number" => Val::Double(*number as f64),
        Value::Float(number) if schema.ty == "integer" && number.fract() == 0.0 => Val::Int(*number as i64),
        other => convert::from_tree(other),
    }
}

/// The root of a custom resource: its kind and names are known whatever the schema says.
pub fn from_root(tree: &Value, schema: &Structural) -> Val {
    let Val::Map(fields) = from_tree(tree, schema) else { return Val::Null };
    let mut fields = (*fields).clone();
    for field in ["apiVersion", "kind"] {
        fields.insert(Key::text(field), convert::from_tree(tree.field(field)));
    }
    let metadata = tree.field("metadata").as_object().into_iter().flat_map(|map| map.iter());
    let names = metadata.filter(|(key, _)| matches!(*key, "name" | "generateName"));
    let names = names.map(|(key, value)| (Key::text(key), convert::from_tree(value))).collect();
    fields.insert(Key::text("metadata"), Val::map(names));
    Val::map(fields)
}

fn object(tree: &Value, schema: &Structural) -> Val {
    if schema.is_embedded {
        return from_root(tree, &Structural { is_embedded: false, ..schema.clone() });
    }
    let entries = tree.as_object().into_iter().flat_map(|map| map.iter());
    if let Additional::Of(of) = &schema.additional {
        return Val::map(entries.map(|(key, value)| (Key::text(key), from_tree(value, of))).collect());
    }
    let mut fields = BTreeMap::new();
    for (key, value) in entries {
        let (Some(of), Some(name)) = (schema.properties.get(key), schemas::escape(key)) else { continue };
        fields.insert(Key::text(&name), from_tree(value, of));
    }
    Val::map(fields)
}

fn formatted(text: &str, format: &str) -> Option<Val> {
    match format {
        "byte" => STANDARD.decode(text).ok().map(|bytes| Val::Bytes(bytes.into())),
        "duration" => text_format::parse_duration(text).map(Val::Duration),
        "date" => {
            let date: Date = text.parse().ok()?;
            date.to_zoned(TimeZone::UTC).ok().map(|time| Val::Timestamp(time.timestamp()))
        }
        "date-time" => text_format::timestamp(text).map(Val::Timestamp),
        _ => None,
    }
}
