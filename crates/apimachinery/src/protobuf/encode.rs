//! Normalised tree → message.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::wire::Backward;
use crate::json;
use crate::schema::{Alternative, Field, Struct, Type};
use crate::time;
use crate::value::{Map, Value};

/// Appends the message of a normalised tree, byte for byte as upstream's gogo encoder does.
pub fn encode(ty: &Struct, value: &Value, out: &mut Vec<u8>) {
    let mut writer = Backward::new();
    write_struct(&mut writer, ty, value);
    writer.finish(out);
}

/// Name of the one list type in a field that is a message of its own.
pub(super) const VERBS: &str = "v1.Verbs";

static NULL: Value = Value::Null;
static NO_FIELDS: Map = Map::new();

type Slot<'t, 'v> = (&'t Field, &'v Value);

fn write_struct(writer: &mut Backward, ty: &Struct, value: &Value) {
    let map = value.as_object().unwrap_or(&NO_FIELDS);
    let mut entries = map.iter().peekable();
    let slots: Vec<Slot<'_, '_>> = ty
        .fields
        .iter()
        .map(|field| match entries.next_if(|(key, _)| *key == field.name) {
            Some((_, value)) => (field, value),
            None => (field, &NULL),
        })
        .collect();
    // What is left was not in schema order, so the tree is not normalised: look everything up.
    let slots = match entries.next() {
        None => slots,
        Some(_) => ty.fields.iter().map(|field| (field, map.get(&field.name).unwrap_or(&NULL))).collect(),
    };
    write_level(writer, &slots, 0);
}

/// Number of the inlined message that `field` is in at this level of inlining; 0 when in none.
pub(super) fn group_number(field: &Field, level: u32) -> u32 {
    let (outer, inner) = field.inline_path();
    match level {
        0 => outer,
        1 => inner,
        _ => 0,
    }
}

/// Writes fields by descending number. Neighbours in one inlined message become that message.
fn write_level(writer: &mut Backward, slots: &[Slot<'_, '_>], level: u32) {
    let groups = slots.chunk_by(|a, b| {
        let group = group_number(a.0, level);
        group != 0 && group == group_number(b.0, level)
    });
    let mut parts: Vec<(u32, bool, &[Slot<'_, '_>])> = groups
        .map(|slots| match group_number(slots[0].0, level) {
            0 => (slots[0].0.number, false, slots),
            group => (group, true, slots),
        })
        .filter(|(number, _, _)| *number != 0)
        .collect();
    parts.sort_unstable_by_key(|(number, _, _)| std::cmp::Reverse(*number));
    for (number, is_group, slots) in parts {
        match is_group {
            true => writer.message(number, |writer| write_level(writer, slots, level + 1)),
            false => write_field(writer, slots[0].0, slots[0].1),
        }
    }
}

fn write_field(writer: &mut Backward, field: &Field, value: &Value) {
    match &field.ty {
        Type::List(_) | Type::Map(_) | Type::Bytes if value.is_null() => {}
        _ if field.is_pointer && value.is_null() => {}
        Type::List(element) if field.go_type == VERBS => {
            writer.message(field.number, |writer| write_items(writer, 1, element, value));
        }
        Type::List(element) => write_items(writer, field.number, element, value),
        Type::Map(element) => write_entries(writer, field.number, element, value),
        ty => write_one(writer, field.number, ty, value),
    }
}

fn write_items(writer: &mut Backward, number: u32, ty: &Type, items: &Value) {
    for item in items.as_array().unwrap_or_default().iter().rev() {
        write_one(writer, number, ty, item);
    }
}

fn write_entries(writer: &mut Backward, number: u32, ty: &Type, map: &Value) {
    let mut entries: Vec<(&str, &Value)> = map.as_object().unwrap_or(&NO_FIELDS).iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    for (key, value) in entries.into_iter().rev() {
        writer.message(number, |writer| {
            write_one(writer, 2, ty, value);
            writer.text(1, key);
        });
    }
}

/// Writes one value, zero when it is null.
fn write_one(writer: &mut Backward, number: u32, ty: &Type, value: &Value) {
    match ty {
        Type::Bool => writer.varint(number, u64::from(value.as_bool().unwrap_or_default())),
        Type::Int32 | Type::Int64 => writer.varint(number, value.as_i64().unwrap_or_default() as u64),
        Type::Float64 => writer.double(number, float(value)),
        Type::String => writer.text(number, value.as_str().unwrap_or_default()),
        Type::Bytes => {
            let text = value.as_str().unwrap_or_default();
            // A normalised tree holds canonical base64.
            writer.field_bytes(number, &STANDARD.decode(text).unwrap_or_default());
        }
        Type::Quantity => writer.message(number, |writer| writer.text(1, value.as_str().unwrap_or("0"))),
        Type::IntOrString => writer.message(number, |writer| write_int_or_string(writer, value)),
        Type::Time | Type::MicroTime => writer.message(number, |writer| write_time(writer, ty, value)),
        Type::Duration => writer.message(number, |writer| writer.varint(1, 0)),
        Type::FieldsV1 | Type::RawExtension | Type::Json => writer.message(number, |writer| {
            if !value.is_null() {
                writer.field_bytes(1, &json::to_vec(value));
            }
        }),
        Type::StructOr(alternative, ty) => {
            writer.message(number, |writer| write_struct_or(writer, *alternative, ty, value));
        }
        Type::Struct(ty) => writer.message(number, |writer| write_struct(writer, ty, value)),
        // Lists in maps are messages with the items at 1 (`ExtraValue`); nothing else nests.
        Type::List(element) => writer.message(number, |writer| write_items(writer, 1, element, value)),
        Type::Map(element) => writer.message(number, |writer| write_entries(writer, 1, element, value)),
    }
}

fn float(value: &Value) -> f64 {
    match value {
        Value::Float(number) => *number,
        Value::Int(number) => *number as f64,
        _ => 0.0,
    }
}

fn write_int_or_string(writer: &mut Backward, value: &Value) {
    let (kind, number, text) = match value {
        Value::String(text) => (1, 0, text.as_str()),
        other => (0, other.as_i64().unwrap_or_default(), ""),
    };
    writer.text(3, text);
    writer.varint(2, number as u64);
    writer.varint(1, kind);
}

/// The zero time is an empty message.
fn write_time(writer: &mut Backward, ty: &Type, value: &Value) {
    let Some(time) = value.as_str().and_then(time::parse) else { return };
    let nanos = time.as_nanosecond();
    let seconds = nanos.div_euclid(1_000_000_000);
    let below = match ty {
        Type::MicroTime => nanos.rem_euclid(1_000_000_000) / 1_000 * 1_000,
        _ => 0,
    };
    writer.varint(2, below as u64);
    writer.varint(1, seconds as i64 as u64);
}

fn write_struct_or(writer: &mut Backward, alternative: Alternative, ty: &Struct, value: &Value) {
    let is_schema = matches!(value, Value::Object(_));
    match alternative {
        Alternative::Bool => {
            if is_schema {
                writer.message(2, |writer| write_struct(writer, ty, value));
            }
            writer.varint(1, u64::from(is_schema || value.as_bool() == Some(true)));
        }
        Alternative::List | Alternative::Strings => {
            for item in value.as_array().unwrap_or_default().iter().rev() {
                match item {
                    Value::String(text) => writer.text(2, text),
                    item => writer.message(2, |writer| write_struct(writer, ty, item)),
                }
            }
            if is_schema {
                writer.message(1, |writer| write_struct(writer, ty, value));
            }
        }
    }
}
