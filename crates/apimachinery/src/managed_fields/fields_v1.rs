//! `FieldsV1`: a set of field paths as a JSON object (`f:`, `k:`, `v:`, `i:`, and `.` for the object itself).

use super::path_set::{KeyValue, PathElement, Set};
use crate::json;
use crate::value::{Map, Value};

/// The set as the object that entries hold.
pub fn to_value(set: &Set) -> Value {
    Value::Object(contents(set, false))
}

fn contents(set: &Set, is_member: bool) -> Map {
    let mut map = Map::new();
    if is_member {
        map.push(".", Value::object());
    }
    let (mut members, mut children) = (set.members.iter().peekable(), set.children.iter().peekable());
    loop {
        let member_first = match (members.peek(), children.peek()) {
            (None, None) => return map,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(member), Some((child, _))) => member < child,
        };
        if member_first {
            let element = members.next().expect("the member was just seen");
            map.push(element_text(element), Value::object());
        } else {
            let (element, below) = children.next().expect("the child was just seen");
            let is_member = members.next_if_eq(&element).is_some();
            map.push(element_text(element), contents(below, is_member));
        }
    }
}

fn element_text(element: &PathElement) -> String {
    match element {
        PathElement::Field(name) => format!("f:{name}"),
        PathElement::Key(fields) => {
            let fields: Value = fields.iter().map(|(name, value)| (name.clone(), value.0.clone())).collect();
            format!("k:{}", text(&fields))
        }
        PathElement::Value(value) => format!("v:{}", text(&value.0)),
        PathElement::Index(at) => format!("i:{at}"),
    }
}

fn text(value: &Value) -> String {
    String::from_utf8_lossy(&json::to_vec(value)).into_owned()
}

/// The set that an entry's object holds. Steps of an unknown kind are dropped with what is below them.
pub fn from_value(value: &Value) -> Result<Set, String> {
    match value {
        Value::Null => Ok(Set::default()),
        Value::Object(map) => Ok(parse(map)?.0),
        _ => Err("fields must be an object".to_owned()),
    }
}

/// The paths below an object, and whether the object itself is in the set.
fn parse(map: &Map) -> Result<(Set, bool), String> {
    let mut set = Set::default();
    let mut is_member = false;
    for (key, below) in map.iter() {
        if key == "." {
            is_member = true;
            continue;
        }
        let Some(element) = parse_element(key)? else { continue };
        let (below, below_is_member) = match below {
            Value::Object(map) => parse(map)?,
            Value::Null => (Set::default(), true),
            _ => return Err(format!("the fields below {key} must be an object")),
        };
        if below_is_member {
            set.members.insert(element.clone());
        }
        set.adopt(&element, below);
    }
    is_member |= set.is_empty();
    Ok((set, is_member))
}

/// `None` for a step of an unknown kind.
fn parse_element(key: &str) -> Result<Option<PathElement>, String> {
    let bytes = key.as_bytes();
    if bytes.len() < 2 {
        return Err("key must be 2 characters long:".to_owned());
    }
    if bytes[1] != b':' {
        return Err(format!("missing colon: {key}"));
    }
    let content = &key[2..];
    let parsed = || json::parse(content.as_bytes()).map_err(|error| error.message);
    Ok(Some(match bytes[0] {
        b'f' => PathElement::field(content),
        b'v' => PathElement::Value(KeyValue(parsed()?)),
        b'k' => match parsed()? {
            Value::Object(map) => {
                let fields = map.into_entries().into_iter();
                let mut fields: Vec<_> = fields.map(|(name, value)| (name.into_owned(), KeyValue(value))).collect();
                fields.sort_by(|a, b| a.0.cmp(&b.0));
                PathElement::Key(fields)
            }
            _ => return Err(format!("expected an object in {key}")),
        },
        b'i' => PathElement::Index(content.parse().map_err(|_| format!("expected a number in {key}"))?),
        _ => return Ok(None),
    }))
}
