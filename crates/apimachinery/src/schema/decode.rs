//! JSON text → normalised tree, in one pass.

use std::collections::HashSet;

use super::complete::{complete, complete_with, element};
use super::scalar::{Scalar, bad_quantity, normal_scalar};
use super::trace::{GoName, Step, Trace};
use super::{Alternative, DecodeError, Field, FieldIssues, Struct, Type};
use crate::json::lexer::{Lexer, Start};
use crate::value::{Key, Map, Value};

type Result<T> = std::result::Result<T, DecodeError>;

/// Entries up to which duplicate keys are looked for without a hash table.
const SMALL_MAP_MAX: usize = 16;

/// See [`super::decode_json`].
pub(super) fn decode_json(ty: &Struct, body: &[u8]) -> Result<(Value, FieldIssues)> {
    let text = String::from_utf8_lossy(body);
    let mut decoder = Decoder { lexer: Lexer::lossy(&text, body), trace: Trace::default() };
    let value = decoder.body(ty)?;
    decoder.lexer.end()?;
    let issues = decoder.trace.finish()?;
    Ok((value, issues))
}

struct Decoder<'a, 't> {
    lexer: Lexer<'a>,
    trace: Trace<'t>,
}

impl<'t> Decoder<'_, 't> {
    fn body(&mut self, ty: &'t Struct) -> Result<Value> {
        let word = match self.lexer.start()? {
            Start::Object => return self.object(ty).map(Value::Object),
            Start::Null => {
                self.lexer.skip()?;
                return Ok(Value::Object(complete(ty, Vec::new())));
            }
            other => word(other),
        };
        self.trace.wrong_body(word, ty);
        self.lexer.skip()?;
        Ok(Value::Null)
    }

    /// `None`: the value is null, or wrong and noted.
    fn value(&mut self, ty: &'t Type, go: GoName<'t>) -> Result<Option<Value>> {
        let scalar = match self.lexer.start()? {
            Start::Null => {
                self.lexer.null()?;
                return Ok(None);
            }
            Start::Bool => Scalar::Bool(self.lexer.boolean()?),
            Start::Number => Scalar::Number(self.lexer.number()?.into()),
            Start::String => Scalar::String(self.lexer.string()?),
            start => return self.container(start, ty, go),
        };
        Ok(normal_scalar(ty, go, scalar, &mut self.trace))
    }

    fn container(&mut self, start: Start, ty: &'t Type, go: GoName<'t>) -> Result<Option<Value>> {
        match (start, ty) {
            (Start::Object, Type::Struct(ty)) => self.object(ty).map(|map| Some(Value::Object(map))),
            (Start::Object, Type::Map(ty)) => self.map(ty, go.element()).map(Some),
            (Start::Array, Type::List(ty)) => self.list(ty, go.element()).map(Some),
            (_, Type::FieldsV1 | Type::RawExtension | Type::Json) => self.lexer.value().map(Some),
            (_, Type::StructOr(alternative, ty)) => self.struct_or(start, *alternative, ty),
            (_, Type::Quantity) => {
                bad_quantity(self.lexer.raw()?, &mut self.trace);
                Ok(None)
            }
            _ => {
                match ty {
                    Type::IntOrString => self.trace.fatal_type(word(start), "int32"),
                    Type::Time | Type::MicroTime | Type::Duration => {
                        self.trace.fatal_type(word(start), "string");
                    }
                    _ => self.trace.wrong_type(word(start), ty, go),
                }
                self.lexer.skip()?;
                Ok(None)
            }
        }
    }

    fn object(&mut self, ty: &'t Struct) -> Result<Map> {
        self.lexer.enter()?;
        let mut found: Vec<(usize, Value)> = Vec::new();
        let mut unknown = Vec::new();
        let mut seen = SeenFields::default();
        let mut is_first = true;
        while let Some(key) = self.lexer.key(is_first)? {
            is_first = false;
            let Some((at, field)) = find_field(ty, &key) else {
                if ty.keeps_unknown {
                    unknown.push((Key::Owned(key.into_owned()), self.lexer.value()?));
                    continue;
                }
                self.trace.unknown(&key);
                self.lexer.skip()?;
                continue;
            };
            if seen.is_second(at) {
                self.trace.duplicate(&key);
            }
            if let Some(value) = self.field(ty, field)? {
                found.push((at, value));
            }
        }
        Ok(complete_with(ty, found, unknown))
    }

    fn field(&mut self, ty: &'t Struct, field: &'t Field) -> Result<Option<Value>> {
        self.trace.steps.push(Step::Field(ty, field));
        let value = self.value(&field.ty, GoName::of(field))?;
        self.trace.steps.pop();
        Ok(value)
    }

    fn list(&mut self, ty: &'t Type, go: GoName<'t>) -> Result<Value> {
        self.lexer.enter()?;
        let mut items = Vec::new();
        while self.lexer.element(items.is_empty())? {
            self.trace.steps.push(Step::Index(items.len()));
            let item = self.value(ty, go)?;
            self.trace.steps.pop();
            items.push(element(ty, item));
        }
        Ok(Value::Array(items))
    }

    fn map(&mut self, ty: &'t Type, go: GoName<'t>) -> Result<Value> {
        self.lexer.enter()?;
        let mut entries = Entries::default();
        while let Some(key) = self.lexer.key(entries.list.is_empty())? {
            let key = Key::Owned(key.into_owned());
            if entries.contains(&key) {
                self.trace.duplicate(&key);
            }
            self.trace.steps.push(Step::Key(key));
            let value = self.value(ty, go)?;
            if let Some(Step::Key(key)) = self.trace.steps.pop() {
                entries.push(key, element(ty, value));
            }
        }
        Ok(Value::Object(sorted_map(entries.list)))
    }

    fn struct_or(&mut self, start: Start, alternative: Alternative, ty: &'t Struct) -> Result<Option<Value>> {
        self.trace.lenient_depth += 1;
        let value = match (start, alternative) {
            (Start::Object, _) => self.object(ty).map(|map| Some(Value::Object(map))),
            (_, Alternative::List) => self.structs(ty).map(Some),
            (_, Alternative::Strings) => self.list(&Type::String, GoName::Derived).map(Some),
            (_, Alternative::Bool) => {
                self.trace.fatal("boolean or JSON schema expected".into());
                self.lexer.skip().map(|()| None)
            }
        };
        self.trace.lenient_depth -= 1;
        value
    }

    fn structs(&mut self, ty: &'t Struct) -> Result<Value> {
        self.lexer.enter()?;
        let mut items = Vec::new();
        while self.lexer.element(items.is_empty())? {
            items.push(match self.lexer.start()? {
                Start::Object => self.object(ty)?,
                other => {
                    if other != Start::Null {
                        self.trace.fatal_type(word(other), &ty.go_name);
                    }
                    self.lexer.skip()?;
                    complete(ty, Vec::new())
                }
            });
        }
        Ok(Value::Array(items.into_iter().map(Value::Object).collect()))
    }
}

fn word(start: Start) -> &'static str {
    match start {
        Start::Null => "null",
        Start::Bool => "bool",
        Start::Number => "number",
        Start::String => "string",
        Start::Array => "array",
        Start::Object => "object",
    }
}

/// Names match case-sensitively, as sigs.k8s.io/json does.
pub(super) fn find_field<'t>(ty: &'t Struct, name: &str) -> Option<(usize, &'t Field)> {
    ty.fields.iter().enumerate().find(|(_, field)| field.name == name)
}

/// Entries of a map, sorted; of a key that came twice the last.
pub(crate) fn sorted_map(mut entries: Vec<(Key, Value)>) -> Map {
    if !entries.is_sorted_by(|a, b| a.0 < b.0) {
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries.reverse();
        entries.dedup_by(|later, kept| later.0 == kept.0);
        entries.reverse();
    }
    Map::from_entries(entries)
}

/// Which fields of a struct came already: the first 128 in one word, the others by name.
#[derive(Default)]
struct SeenFields {
    bits: u128,
    others: Vec<usize>,
}

impl SeenFields {
    fn is_second(&mut self, at: usize) -> bool {
        if at >= 128 {
            let was_seen = self.others.contains(&at);
            self.others.push(at);
            return was_seen;
        }
        let was_seen = self.bits >> at & 1 == 1;
        self.bits |= 1 << at;
        was_seen
    }
}

/// Entries of a map in document order; duplicates are found in constant time.
#[derive(Default)]
struct Entries {
    list: Vec<(Key, Value)>,
    large: HashSet<Key>,
}

impl Entries {
    fn contains(&self, key: &str) -> bool {
        match self.list.len() <= SMALL_MAP_MAX {
            true => self.list.iter().any(|(known, _)| known == key),
            false => self.large.contains(key),
        }
    }

    fn push(&mut self, key: Key, value: Value) {
        self.list.push((key, value));
        match self.list.len() {
            0..=SMALL_MAP_MAX => {}
            len if len == SMALL_MAP_MAX + 1 => self.large.extend(self.list.iter().map(|(key, _)| key.clone())),
            _ => self.large.extend(self.list.last().map(|(key, _)| key.clone())),
        }
    }
}
