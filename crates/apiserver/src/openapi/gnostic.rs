//! OpenAPI documents in protobuf, as the messages of gnostic's `openapi.v2` and `openapi.v3` lay them out.
//!
//! Driven by one table per version: which JSON key is which field, and of which shape.

pub mod v2;
pub mod v3;

use serde_json::{Map, Value};

/// A message that a JSON object becomes.
pub struct Message {
    /// JSON key, field number and shape of what has a field of its own.
    pub fields: &'static [(&'static str, u32, Shape)],
    /// Field of the `NamedX` pairs that all other keys become; 0 where there are none.
    pub entries: u32,
    /// Shape of their values.
    pub entry: Shape,
    /// Field of the `NamedAny` pairs that keys starting with `x-` become; 0 where there are none.
    pub extensions: u32,
}

/// How a JSON value is written into a field.
#[derive(Clone, Copy)]
pub enum Shape {
    /// A string.
    Text,
    /// Several strings.
    Texts,
    /// A string or several, wrapped in a message.
    TextArray,
    /// A truth value.
    Flag,
    /// An integer.
    Integer,
    /// A number.
    Double,
    /// Any value, as YAML.
    Any,
    /// Several such.
    AnyList,
    /// A message.
    Message(&'static Message),
    /// Several of them.
    Messages(&'static Message),
    /// A message that is one of several things: the field and shape that fit the value.
    OneOf(fn(&Value) -> (u32, Shape)),
    /// Several of them.
    OneOfs(fn(&Value) -> (u32, Shape)),
    /// A message that holds the value in its field 1.
    Wrapped(&'static Shape),
    /// Nothing.
    Nothing,
}

/// Whether a field that holds its type's zero value is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    /// It is not, as everywhere in proto3 ...
    Implicit,
    /// ... but in a `oneof`.
    Explicit,
}

impl Message {
    /// A message of these fields, and of vendor extensions in field `extensions`.
    pub const fn of(fields: &'static [(&'static str, u32, Shape)], extensions: u32) -> Message {
        Message { fields, entries: 0, entry: Shape::Nothing, extensions }
    }

    /// A map from names to values of shape `entry`, in field `entries`.
    pub const fn map(entries: u32, entry: Shape) -> Message {
        Message { fields: &[], entries, entry, extensions: 0 }
    }

    /// Appends the message that `object` becomes.
    pub fn write(&self, object: &Map<String, Value>, out: &mut Vec<u8>) {
        for (key, number, shape) in self.fields {
            if let Some(value) = object.get(*key) {
                write_field(*number, *shape, value, Presence::Implicit, out);
            }
        }
        for (key, value) in object {
            let number = match key.starts_with("x-") {
                true if self.extensions != 0 => self.extensions,
                _ => self.entries,
            };
            if number == 0 || self.fields.iter().any(|(field, ..)| field == key) {
                continue;
            }
            let shape = if number == self.extensions { Shape::Any } else { self.entry };
            let mut pair = Vec::new();
            write_bytes(1, key.as_bytes(), &mut pair);
            write_field(2, shape, value, Presence::Implicit, &mut pair);
            write_bytes(number, &pair, out);
        }
    }
}

fn write_field(number: u32, shape: Shape, value: &Value, presence: Presence, out: &mut Vec<u8>) {
    let is_written = |is_zero: bool| !is_zero || presence == Presence::Explicit;
    match shape {
        Shape::Nothing => {}
        Shape::Text => {
            if let Some(text) = value.as_str().filter(|text| is_written(text.is_empty())) {
                write_bytes(number, text.as_bytes(), out);
            }
        }
        Shape::Texts => items(value).for_each(|item| write_field(number, Shape::Text, item, Presence::Explicit, out)),
        Shape::TextArray => {
            let inner = |inner: &mut Vec<u8>| write_field(1, Shape::Texts, value, Presence::Implicit, inner);
            write_message(number, inner, out);
        }
        Shape::Flag => {
            if let Some(flag) = value.as_bool().filter(|flag| is_written(!flag)) {
                write_key(number, 0, out);
                out.push(u8::from(flag));
            }
        }
        Shape::Integer => {
            if let Some(integer) = value.as_i64().filter(|integer| is_written(*integer == 0)) {
                write_key(number, 0, out);
                write_varint(integer.cast_unsigned(), out);
            }
        }
        Shape::Double => {
            if let Some(double) = value.as_f64().filter(|double| is_written(*double == 0.0)) {
                write_key(number, 1, out);
                out.extend_from_slice(&double.to_le_bytes());
            }
        }
        Shape::Any => write_message(number, |inner| write_bytes(2, yaml(value).as_bytes(), inner), out),
        Shape::AnyList => items(value).for_each(|item| write_field(number, Shape::Any, item, presence, out)),
        Shape::Message(message) => {
            if let Some(object) = value.as_object() {
                write_message(number, |inner| message.write(object, inner), out);
            }
        }
        Shape::Messages(message) => {
            items(value).for_each(|item| write_field(number, Shape::Message(message), item, presence, out));
        }
        Shape::OneOf(choose) => {
            let (field, shape) = choose(value);
            write_message(number, |inner| write_field(field, shape, value, Presence::Explicit, inner), out);
        }
        Shape::OneOfs(choose) => {
            items(value).for_each(|item| write_field(number, Shape::OneOf(choose), item, presence, out));
        }
        Shape::Wrapped(shape) => {
            write_message(number, |inner| write_field(1, *shape, value, Presence::Explicit, inner), out);
        }
    }
}

/// The elements of an array, or the value itself.
fn items(value: &Value) -> impl Iterator<Item = &Value> {
    let all = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    all.iter()
}

fn yaml(value: &Value) -> String {
    let tree = apimachinery::json::parse(value.to_string().as_bytes()).unwrap_or_default();
    apimachinery::yaml::encode(&tree)
}

fn write_message(number: u32, write: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
    let mut inner = Vec::new();
    write(&mut inner);
    write_bytes(number, &inner, out);
}

fn write_bytes(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    write_key(number, 2, out);
    write_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn write_key(number: u32, wire_type: u32, out: &mut Vec<u8>) {
    write_varint(u64::from(number << 3 | wire_type), out);
}

fn write_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A `$ref` is `referenced`, anything else `plain`.
fn reference_or(value: &Value, referenced: (u32, Shape), plain: (u32, Shape)) -> (u32, Shape) {
    if value.get("$ref").is_some() { referenced } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(message: &Message, value: Value, expected: &[u8]) {
        let mut out = Vec::new();
        message.write(value.as_object().expect("an object"), &mut out);
        assert_eq!(out.escape_ascii().to_string(), expected.escape_ascii().to_string());
    }

    #[test]
    fn a_schema_of_version_two_has_gnostics_bytes() {
        check(&v2::SCHEMA, json!({"type": "string", "description": "d"}), b"\x22\x01d\xb2\x01\x08\x0a\x06string");
        check(&v2::SCHEMA, json!({"additionalProperties": false}), b"\xaa\x01\x02\x10\x00");
        check(
            &v2::SCHEMA,
            json!({"x-kubernetes-list-type": "map"}),
            b"\xfa\x01\x20\x0a\x16x-kubernetes-list-type\x12\x06\x12\x04map\n",
        );
        check(&v2::SCHEMA, json!({"items": {"$ref": "#/a"}}), b"\xba\x01\x07\x0a\x05\x0a\x03#/a");
        check(&v2::SCHEMA, json!({"properties": {"x": {}}}), b"\xca\x01\x07\x0a\x05\x0a\x01x\x12\x00");
    }

    #[test]
    fn parameters_of_version_two_are_told_apart() {
        let operation = json!({"parameters": [{"$ref": "#/p"}, {"in": "query", "name": "n"}, {"in": "body"}]});
        let expected = b"\x42\x07\x12\x05\x0a\x03#/p\x42\x10\x0a\x0e\x12\x0c\x1a\x0a\x12\x05query\x22\x01n\x42\x0a\x0a\x08\x0a\x06\x1a\x04body";
        check(&v2::OPERATION, operation, expected);
    }

    #[test]
    fn a_schema_of_version_three_may_be_a_reference_and_has_any_default() {
        let schema = json!({"allOf": [{"$ref": "#/a"}], "default": {}});
        check(&v3::SCHEMA, schema, b"\xd2\x01\x07\x12\x05\x0a\x03#/a\x8a\x02\x00");
        check(&v3::SCHEMA, json!({"default": 0}), b"\x8a\x02\x09\x09\0\0\0\0\0\0\0\0");
        check(&v3::SCHEMA, json!({"default": ""}), b"\x8a\x02\x02\x1a\x00");
    }
}
