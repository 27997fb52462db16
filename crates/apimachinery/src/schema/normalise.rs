//! Any tree → normalised tree, with the same rules and texts as the decoder.

use super::complete::{complete, complete_with, element};
use super::decode::{find_field, sorted_map};
use super::scalar::{Scalar, bad_quantity, normal_scalar};
use super::trace::{GoName, Step, Trace};
use super::{Alternative, DecodeError, Field, FieldIssues, Struct, Type};
use crate::json::{self, DEPTH_MAX};
use crate::value::{Key, Map, Value};

/// See [`super::normalise`].
pub(super) fn normalise(ty: &Struct, value: &mut Value) -> Result<FieldIssues, DecodeError> {
    let mut normaliser = Normaliser { trace: Trace::default() };
    let normal = match std::mem::take(value) {
        Value::Object(map) => normaliser.object(ty, map),
        Value::Null => complete(ty, Vec::new()),
        other => {
            normaliser.trace.wrong_body(word(&other), ty);
            Map::new()
        }
    };
    *value = Value::Object(normal);
    normaliser.trace.finish()
}

struct Normaliser<'t> {
    trace: Trace<'t>,
}

impl<'t> Normaliser<'t> {
    fn value(&mut self, ty: &'t Type, go: GoName<'t>, value: Value) -> Option<Value> {
        if self.trace.steps.len() > DEPTH_MAX {
            self.trace.fatal("exceeded max depth".into());
            return None;
        }
        let scalar = match value {
            Value::Null => return None,
            Value::Bool(truth) => Scalar::Bool(truth),
            Value::String(text) => Scalar::String(text.into()),
            Value::Int(number) => match ty {
                Type::Int64 | Type::Json | Type::RawExtension => return Some(value),
                _ => Scalar::Number(number.to_string().into()),
            },
            Value::Float(number) if number.is_finite() => match ty {
                Type::Float64 | Type::Json | Type::RawExtension => return Some(value),
                _ => Scalar::Number(number_text(value).into()),
            },
            Value::Float(_) => {
                self.trace.wrong_type("number", ty, go);
                return None;
            }
            container => return self.container(ty, go, container),
        };
        normal_scalar(ty, go, scalar, &mut self.trace)
    }

    fn container(&mut self, ty: &'t Type, go: GoName<'t>, value: Value) -> Option<Value> {
        match (ty, value) {
            (Type::Struct(ty), Value::Object(map)) => Some(Value::Object(self.object(ty, map))),
            (Type::Map(ty), Value::Object(map)) => Some(self.map(ty, go.element(), map)),
            (Type::List(ty), Value::Array(items)) => Some(self.list(ty, go.element(), items)),
            (Type::FieldsV1 | Type::RawExtension | Type::Json, value) => self.raw(value),
            (Type::StructOr(alternative, ty), value) => self.struct_or(*alternative, ty, value),
            (Type::Quantity, value) => {
                bad_quantity(&String::from_utf8_lossy(&json::to_vec(&value)), &mut self.trace);
                None
            }
            (Type::IntOrString, value) => self.fatal_type(&value, "int32"),
            (Type::Time | Type::MicroTime | Type::Duration, value) => self.fatal_type(&value, "string"),
            (ty, value) => {
                self.trace.wrong_type(word(&value), ty, go);
                None
            }
        }
    }

    fn fatal_type(&mut self, value: &Value, go_type: &str) -> Option<Value> {
        self.trace.fatal_type(word(value), go_type);
        None
    }

    fn object(&mut self, ty: &'t Struct, map: Map) -> Map {
        let mut found: Vec<(usize, Value)> = Vec::with_capacity(map.len());
        let mut unknown = Vec::new();
        // A normalised tree has its fields in schema order: the next field is the likeliest.
        let mut next = 0;
        for (key, value) in map.into_entries() {
            let likely = ty.fields[next..].iter().position(|field| field.name == key);
            let place = match likely {
                Some(ahead) => Some((next + ahead, &ty.fields[next + ahead])),
                None => find_field(ty, &key),
            };
            let Some((at, field)) = place else {
                if ty.keeps_unknown {
                    unknown.extend(self.raw(value).map(|value| (key, value)));
                    continue;
                }
                self.trace.unknown(&key);
                continue;
            };
            next = at + 1;
            if let Some(value) = self.field(ty, field, value) {
                found.push((at, value));
            }
        }
        complete_with(ty, found, unknown)
    }

    fn field(&mut self, ty: &'t Struct, field: &'t Field, value: Value) -> Option<Value> {
        self.trace.steps.push(Step::Field(ty, field));
        let value = self.value(&field.ty, GoName::of(field), value);
        self.trace.steps.pop();
        value
    }

    fn list(&mut self, ty: &'t Type, go: GoName<'t>, mut items: Vec<Value>) -> Value {
        for (at, item) in items.iter_mut().enumerate() {
            self.trace.steps.push(Step::Index(at));
            let normal = self.value(ty, go, std::mem::take(item));
            self.trace.steps.pop();
            *item = element(ty, normal);
        }
        Value::Array(items)
    }

    fn map(&mut self, ty: &'t Type, go: GoName<'t>, map: Map) -> Value {
        let mut entries: Vec<(Key, Value)> = Vec::with_capacity(map.len());
        for (key, value) in map.into_entries() {
            self.trace.steps.push(Step::Key(key));
            let value = self.value(ty, go, value);
            if let Some(Step::Key(key)) = self.trace.steps.pop() {
                entries.push((key, element(ty, value)));
            }
        }
        Value::Object(sorted_map(entries))
    }

    fn struct_or(&mut self, alternative: Alternative, ty: &'t Struct, value: Value) -> Option<Value> {
        self.trace.lenient_depth += 1;
        let normal = match (value, alternative) {
            (Value::Object(map), _) => Some(Value::Object(self.object(ty, map))),
            (Value::Array(items), Alternative::List) => Some(self.structs(ty, items)),
            (Value::Array(items), Alternative::Strings) => Some(self.list(&Type::String, GoName::Derived, items)),
            _ => {
                self.trace.fatal("boolean or JSON schema expected".into());
                None
            }
        };
        self.trace.lenient_depth -= 1;
        normal
    }

    fn structs(&mut self, ty: &'t Struct, items: Vec<Value>) -> Value {
        let normal = items.into_iter().map(|item| match item {
            Value::Object(map) => self.object(ty, map),
            other => {
                if !other.is_null() {
                    self.trace.fatal_type(word(&other), &ty.go_name);
                }
                complete(ty, Vec::new())
            }
        });
        Value::Array(normal.map(Value::Object).collect())
    }

    /// Opaque content stays as it is, but its depth is bounded.
    fn raw(&mut self, value: Value) -> Option<Value> {
        if exceeds_depth(&value, DEPTH_MAX) {
            self.trace.fatal("exceeded max depth".into());
            return None;
        }
        Some(value)
    }
}

fn exceeds_depth(value: &Value, depth_left: usize) -> bool {
    let below = |child: &Value| depth_left == 0 || exceeds_depth(child, depth_left - 1);
    match value {
        Value::Array(items) => items.iter().any(below),
        Value::Object(map) => map.iter().any(|(_, child)| below(child)),
        _ => false,
    }
}

fn number_text(number: Value) -> String {
    String::from_utf8(json::to_vec(&number)).expect("encoded numbers are ASCII")
}

fn word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Float(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
