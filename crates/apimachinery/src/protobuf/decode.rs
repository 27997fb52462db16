//! Message → normalised tree.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::encode::{VERBS, group_number};
use super::wire::{BYTES, Reader, error};
use crate::json::{self, DEPTH_MAX};
use crate::quantity::Quantity;
use crate::schema::{Alternative, DecodeError, Field, Struct, Type, complete, element, sorted_map};
use crate::time::{format_micros, format_seconds};
use crate::value::{Key, Map, Value};

type Result<T> = std::result::Result<T, DecodeError>;

/// Decodes a message of type `ty` to a normalised tree (without kind and apiVersion).
pub fn decode(ty: &Struct, message: &[u8]) -> Result<Value> {
    read_struct(ty, message, 0)
}

fn read_struct(ty: &Struct, message: &[u8], depth: usize) -> Result<Value> {
    if depth > DEPTH_MAX {
        return error("exceeded max depth");
    }
    let mut found = Found { slots: vec![None; ty.fields.len()], ty, depth };
    found.read_level(message, 0, 0..ty.fields.len())?;
    let mut values = Vec::new();
    for (at, value) in found.slots.into_iter().enumerate() {
        match value {
            // Entries are kept as they came: duplicates are possible.
            Some(Value::Object(map)) if matches!(ty.fields[at].ty, Type::Map(_)) => {
                values.push((at, Value::Object(sorted_map(map.into_entries()))));
            }
            Some(value) => values.push((at, value)),
            None => {}
        }
    }
    Ok(Value::Object(complete(ty, values)))
}

/// The fields of one struct as they come in, by index into its fields.
struct Found<'t> {
    slots: Vec<Option<Value>>,
    ty: &'t Struct,
    depth: usize,
}

impl Found<'_> {
    /// Reads the message itself (level 0) or an inlined one, whose fields are in `range`.
    fn read_level(&mut self, message: &[u8], level: u32, range: std::ops::Range<usize>) -> Result<()> {
        let mut reader = Reader::new(message);
        while let Some((number, wire)) = reader.tag()? {
            let numbered = |field: &Field| match group_number(field, level) {
                0 => field.number,
                group => group,
            };
            let fields = &self.ty.fields[range.clone()];
            let Some(first) = fields.iter().position(|field| numbered(field) == number) else {
                reader.skip(wire)?;
                continue;
            };
            let at = range.start + first;
            match group_number(&fields[first], level) {
                0 => self.read_field(at, &mut reader, wire)?,
                _ => {
                    let count = fields[first..].iter().take_while(|field| numbered(field) == number).count();
                    self.read_level(reader.bytes(wire)?, level + 1, at..at + count)?;
                }
            }
        }
        Ok(())
    }

    fn read_field(&mut self, at: usize, reader: &mut Reader<'_>, wire: u8) -> Result<()> {
        let field = &self.ty.fields[at];
        match &field.ty {
            Type::List(ty) if field.go_type == VERBS => {
                let items = read_items(ty, reader.bytes(wire)?, self.depth)?;
                self.slots[at] = Some(items);
            }
            Type::List(ty) => {
                let depth = self.depth;
                let items = self.list(at);
                if wire == BYTES && matches!(**ty, Type::Int32 | Type::Int64 | Type::Bool) {
                    let mut packed = Reader::new(reader.bytes(wire)?);
                    while !packed.is_empty() {
                        items.push(integer(ty, packed.raw_varint()?));
                    }
                } else {
                    items.push(read_one(ty, reader, wire, depth)?);
                }
            }
            Type::Map(ty) => {
                let (key, value) = read_entry(ty, reader.bytes(wire)?, self.depth)?;
                self.map(at).push(key, value);
            }
            ty => {
                let value = read_one(ty, reader, wire, self.depth)?;
                self.slots[at] = Some(value);
            }
        }
        Ok(())
    }

    fn list(&mut self, at: usize) -> &mut Vec<Value> {
        match self.slots[at].get_or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(items) => items,
            _ => unreachable!("a list field's slot holds a list"),
        }
    }

    fn map(&mut self, at: usize) -> &mut Map {
        match self.slots[at].get_or_insert_with(Value::object) {
            Value::Object(map) => map,
            _ => unreachable!("a map field's slot holds a map"),
        }
    }
}

fn read_entry(ty: &Type, entry: &[u8], depth: usize) -> Result<(Key, Value)> {
    let (mut key, mut value) = (String::new(), None);
    let mut reader = Reader::new(entry);
    while let Some((number, wire)) = reader.tag()? {
        match number {
            1 => key = text(reader.bytes(wire)?),
            2 => value = Some(read_one(ty, &mut reader, wire, depth)?),
            _ => reader.skip(wire)?,
        }
    }
    Ok((Key::Owned(key), element(ty, value)))
}

/// Invalid UTF-8 is replaced, as upstream's JSON would show it.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn integer(ty: &Type, varint: u64) -> Value {
    match ty {
        Type::Bool => Value::Bool(varint != 0),
        Type::Int32 => Value::Int(i64::from(varint as i32)),
        _ => Value::Int(varint as i64),
    }
}

fn read_one(ty: &Type, reader: &mut Reader<'_>, wire: u8, depth: usize) -> Result<Value> {
    if let Type::Bool | Type::Int32 | Type::Int64 = ty {
        return reader.varint(wire).map(|varint| integer(ty, varint));
    }
    if let Type::Float64 = ty {
        return reader.double(wire).and_then(finite);
    }
    let bytes = reader.bytes(wire)?;
    match ty {
        Type::Bool | Type::Int32 | Type::Int64 | Type::Float64 => unreachable!("returned above"),
        Type::String => Ok(Value::String(text(bytes))),
        Type::Bytes => Ok(Value::String(STANDARD.encode(bytes))),
        Type::Quantity => read_quantity(bytes),
        Type::IntOrString => read_int_or_string(bytes),
        Type::Time | Type::MicroTime => read_time(ty, bytes),
        Type::Duration => error("proto: durations are in no kind"),
        Type::FieldsV1 | Type::RawExtension | Type::Json => read_raw(bytes),
        Type::StructOr(alternative, ty) => read_struct_or(*alternative, ty, bytes, depth + 1),
        Type::Struct(ty) => read_struct(ty, bytes, depth + 1),
        Type::List(ty) => read_items(ty, bytes, depth),
        Type::Map(_) => error("proto: maps in maps or lists are in no kind"),
    }
}

/// JSON has no other numbers.
fn finite(number: f64) -> Result<Value> {
    match number.is_finite() {
        true => Ok(Value::Float(number)),
        false => error(&format!("json: unsupported value: {number}")),
    }
}

/// A message whose items are at 1 (`ExtraValue`, `Verbs`).
fn read_items(ty: &Type, message: &[u8], depth: usize) -> Result<Value> {
    let mut items = Vec::new();
    let mut reader = Reader::new(message);
    while let Some((number, wire)) = reader.tag()? {
        match number {
            1 => items.push(read_one(ty, &mut reader, wire, depth)?),
            _ => reader.skip(wire)?,
        }
    }
    Ok(Value::Array(items))
}

fn read_quantity(message: &[u8]) -> Result<Value> {
    let mut found = String::new();
    let mut reader = Reader::new(message);
    while let Some((number, wire)) = reader.tag()? {
        match number {
            1 => found = text(reader.bytes(wire)?),
            _ => reader.skip(wire)?,
        }
    }
    match Quantity::parse(&found) {
        Ok(quantity) => Ok(Value::String(quantity.canonical())),
        Err(cause) => error(&cause.message),
    }
}

fn read_int_or_string(message: &[u8]) -> Result<Value> {
    let (mut is_text, mut int, mut found) = (false, 0, String::new());
    let mut reader = Reader::new(message);
    while let Some((number, wire)) = reader.tag()? {
        match number {
            1 => is_text = reader.varint(wire)? != 0,
            2 => int = reader.varint(wire)? as i32,
            3 => found = text(reader.bytes(wire)?),
            _ => reader.skip(wire)?,
        }
    }
    Ok(if is_text { Value::String(found) } else { Value::from(int) })
}

/// Go's zero time in seconds.
const ZERO_SECONDS: i64 = -62_135_596_800;

fn read_time(ty: &Type, message: &[u8]) -> Result<Value> {
    let (mut seconds, mut nanos) = (0, 0);
    if message.is_empty() {
        return Ok(Value::Null);
    }
    let mut reader = Reader::new(message);
    while let Some((number, wire)) = reader.tag()? {
        match number {
            1 => seconds = reader.varint(wire)? as i64,
            2 => nanos = reader.varint(wire)? as i32,
            _ => reader.skip(wire)?,
        }
    }
    let nanos = if matches!(ty, Type::MicroTime) { nanos / 1_000 * 1_000 } else { 0 };
    let year_10000 = 253_402_300_800;
    let time = match (ZERO_SECONDS..year_10000).contains(&seconds) {
        true => jiff::Timestamp::new(seconds, nanos).ok(),
        false => None,
    };
    let Some(time) = time else { return error("Time.MarshalJSON: year outside of range [0,9999]") };
    match ty {
        _ if seconds == ZERO_SECONDS && nanos == 0 => Ok(Value::Null),
        Type::MicroTime => Ok(Value::String(format_micros(time))),
        _ => Ok(Value::String(format_seconds(time))),
    }
}

fn read_raw(message: &[u8]) -> Result<Value> {
    let mut raw: &[u8] = b"";
    let mut reader = Reader::new(message);
    while let Some((number, wire)) = reader.tag()? {
        match number {
            1 => raw = reader.bytes(wire)?,
            _ => reader.skip(wire)?,
        }
    }
    match raw.is_empty() {
        true => Ok(Value::Null),
        false => json::parse(raw),
    }
}

fn read_struct_or(alternative: Alternative, ty: &Struct, message: &[u8], depth: usize) -> Result<Value> {
    let (mut schema, mut truth, mut items) = (None, false, Vec::new());
    let mut reader = Reader::new(message);
    while let Some((number, wire)) = reader.tag()? {
        match (number, alternative) {
            (1, Alternative::Bool) => truth = reader.varint(wire)? != 0,
            (2, Alternative::Bool) | (1, _) => schema = Some(read_struct(ty, reader.bytes(wire)?, depth)?),
            (2, Alternative::List) => items.push(read_struct(ty, reader.bytes(wire)?, depth)?),
            (2, Alternative::Strings) => items.push(Value::String(text(reader.bytes(wire)?))),
            _ => reader.skip(wire)?,
        }
    }
    Ok(match (alternative, schema, items.is_empty()) {
        (Alternative::Bool, Some(schema), _) => schema,
        (Alternative::Bool, None, _) => Value::Bool(truth),
        (_, _, false) => Value::Array(items),
        (_, Some(schema), true) => schema,
        (_, None, true) => Value::Null,
    })
}
