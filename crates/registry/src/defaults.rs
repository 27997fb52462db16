//! Defaults as a table: a path and the value that an absent field gets.

use apimachinery::value::Value;

/// The value of an absent field.
///
/// The path is dotted; `[]` steps into every item of a list: `spec.containers[].terminationMessagePath`. Its
/// parents must be there, else the rule does not apply (as in Go, where only a non-nil struct is defaulted).
pub struct FieldDefault {
    path: &'static str,
    value: Literal,
}

enum Literal {
    Text(&'static str),
    Number(i64),
    Truth(bool),
    EmptyObject,
}

/// A string; applies to an empty one also.
pub const fn text(path: &'static str, value: &'static str) -> FieldDefault {
    FieldDefault { path, value: Literal::Text(value) }
}

/// An integer.
pub const fn number(path: &'static str, value: i64) -> FieldDefault {
    FieldDefault { path, value: Literal::Number(value) }
}

/// A truth value.
pub const fn truth(path: &'static str, value: bool) -> FieldDefault {
    FieldDefault { path, value: Literal::Truth(value) }
}

/// An empty object.
pub const fn empty_object(path: &'static str) -> FieldDefault {
    FieldDefault { path, value: Literal::EmptyObject }
}

/// Applies a table in its order: a later line sees what earlier ones set.
pub fn apply(table: &[FieldDefault], object: &mut Value) {
    apply_below(table, "", object);
}

/// Applies a table to the part of an object at a prefix, such as a Pod template's `spec`: paths of the table are
/// relative to `object` after `prefix` is cut off (lines without it are skipped).
pub fn apply_below(table: &[FieldDefault], prefix: &str, object: &mut Value) {
    for line in table {
        if let Some(path) = line.path.strip_prefix(prefix) {
            set_absent(object, path, &line.value);
        }
    }
}

fn set_absent(object: &mut Value, path: &'static str, literal: &Literal) {
    let (step, rest) = match path.split_once('.') {
        Some((step, rest)) => (step, Some(rest)),
        None => (path, None),
    };
    let Some(map) = object.as_object_mut() else { return };
    let Some(rest) = rest else {
        if map.get(step).is_none_or(is_absent) {
            map.insert(step, literal.to_value());
        }
        return;
    };
    match step.strip_suffix("[]") {
        None => {
            if let Some(child) = map.get_mut(step) {
                set_absent(child, rest, literal);
            }
        }
        Some(list) => {
            for item in map.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                set_absent(item, rest, literal);
            }
        }
    }
}

fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

impl Literal {
    fn to_value(&self) -> Value {
        match self {
            Literal::Text(text) => Value::from(*text),
            Literal::Number(number) => Value::from(*number),
            Literal::Truth(truth) => Value::from(*truth),
            Literal::EmptyObject => Value::object(),
        }
    }
}

#[cfg(test)]
mod tests {
    use apimachinery::tree;

    use super::*;

    #[test]
    fn defaults_reach_every_item_and_keep_what_is_there() {
        let table = [text("spec.ports[].protocol", "TCP"), number("spec.replicas", 1), truth("spec.x.y", true)];
        let mut object = tree!({"spec": {"ports": [{"port": 80}, {"protocol": "UDP"}, {"protocol": ""}]}});
        apply(&table, &mut object);
        let wanted = tree!({"spec": {
            "ports": [{"port": 80, "protocol": "TCP"}, {"protocol": "UDP"}, {"protocol": "TCP"}],
            "replicas": 1
        }});
        assert_eq!(object, wanted);
    }
}
