//! Whether an applied configuration fits its type; texts of structured-merge-diff.

use std::collections::BTreeSet;

use super::compare::{Members, Place, Shape, item_element};
use super::path_set::PathElement;
use crate::json;
use crate::patch::go_text;
use crate::schema::{ListKind, Struct, Type};
use crate::value::{Map, Value};

/// Problems that one configuration reports.
const PROBLEMS_MAX: usize = 100;

/// What does not fit; empty when all does.
#[derive(Default)]
pub(super) struct Problems(Vec<String>);

impl Problems {
    /// Upstream's text for all of them; none when there is no problem.
    pub(super) fn text(&self) -> Option<String> {
        match &self.0[..] {
            [] => None,
            [only] => Some(only.clone()),
            many => Some(format!("errors:\n  {}", many.join("\n  "))),
        }
    }

    fn add(&mut self, path: &str, cause: impl AsRef<str>) {
        if self.0.len() < PROBLEMS_MAX {
            let (cause, colon) = (cause.as_ref(), if path.is_empty() { "" } else { ": " });
            self.0.push(format!("{path}{colon}{cause}"));
        }
    }

    fn add_wrong(&mut self, path: &str, expected: &str, found: &Value) {
        self.add(path, format!("expected {expected}, got &{{{}}}", go_text(found)));
    }
}

/// Checks `config`, an object of type `ty`.
pub(super) fn check(ty: &Struct, config: &Value) -> Problems {
    let mut problems = Problems::default();
    if let Some(map) = config.as_object() {
        check_map(Members::Struct(ty), map, "", &mut problems);
    }
    problems
}

fn check_place(place: Place<'_>, value: &Value, path: &str, problems: &mut Problems) {
    if value.is_null() {
        return;
    }
    match (place.ty, value) {
        (Type::Struct(ty), Value::Object(map)) => check_map(Members::Struct(ty), map, path, problems),
        (Type::Map(element), Value::Object(map)) => check_map(Members::Map(element), map, path, problems),
        (Type::Struct(_) | Type::Map(_), other) => problems.add_wrong(path, "map", other),
        (Type::List(element), Value::Array(items)) => {
            let kind = match place.shape() {
                Shape::List(_, kind) => kind,
                _ => &ListKind::Atomic,
            };
            check_items(Place::element(element), kind, items, path, problems);
        }
        (Type::List(_), other) => problems.add_wrong(path, "list", other),
        (scalar, value) => check_scalar(scalar, value, path, problems),
    }
}

fn check_map(members: Members<'_>, map: &Map, path: &str, problems: &mut Problems) {
    for (key, value) in map.iter() {
        let inner = format!("{path}.{key}");
        if matches!(members, Members::Struct(ty) if !ty.keeps_unknown) && !members.declares(key) {
            problems.add(&inner, "field not declared in schema");
            return;
        }
        check_place(members.place(key), value, &inner, problems);
    }
}

fn check_items(element: Place<'_>, kind: &ListKind, items: &[Value], path: &str, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for (at, item) in items.iter().enumerate() {
        let name = match kind {
            ListKind::Atomic => PathElement::Index(at as i64),
            _ => match item_element(element, kind, item) {
                Ok(name) => name,
                Err(_) => return problems.add(path, format!("element {at}: {}", unnamed(kind, item))),
            },
        };
        let text = name.to_string();
        check_place(element, item, &format!("{path}{text}"), problems);
        if !seen.insert(name) {
            problems.add(path, format!("duplicate entries for key {text}"));
        }
    }
}

/// Why an item of a list has no name.
fn unnamed(kind: &ListKind, item: &Value) -> &'static str {
    match (kind, item) {
        (ListKind::Map(_), Value::Null) => "associative list with keys may not have a null element",
        (ListKind::Map(_), _) => "associative list with keys may not have non-map elements",
        (_, Value::Object(_)) => "associative list without keys has an element that's a map type",
        (_, Value::Array(_)) => "not supported: associative list with lists as elements",
        _ => "associative list without keys has an element that's an explicit null",
    }
}

fn check_scalar(ty: &Type, value: &Value, path: &str, problems: &mut Problems) {
    let is_scalar = !matches!(value, Value::Object(_) | Value::Array(_));
    match ty {
        Type::Bool if value.as_bool().is_none() => problems.add_wrong(path, "boolean", value),
        Type::Int32 | Type::Int64 | Type::Float64 if !matches!(value, Value::Int(_) | Value::Float(_)) => {
            problems.add(path, format!("expected numeric (int or float), got {}", go_type(value)));
        }
        Type::String | Type::Bytes | Type::Duration if value.as_str().is_none() => {
            let text = format!("expected string, got &value.valueUnstructured{{Value:{}}}", go_syntax(value));
            problems.add(path, text);
        }
        Type::Quantity | Type::IntOrString | Type::Time | Type::MicroTime if !is_scalar => {
            problems.add_wrong(path, "any scalar", value);
        }
        _ => {}
    }
}

/// `%T` of a decoded value.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int64",
        Value::Float(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// `%#v` of a decoded value; scalars exactly, the rest as JSON behind its type.
fn go_syntax(value: &Value) -> String {
    let text = String::from_utf8_lossy(&json::to_vec(value)).into_owned();
    match value {
        Value::Array(_) | Value::Object(_) => format!("{}{text}", go_type(value)),
        _ => text,
    }
}
