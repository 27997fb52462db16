//! What a configuration names that is only replaced as a whole.

use super::compare::{Members, Place, Shape};
use crate::schema::{Struct, Type};
use crate::value::Value;

/// Paths of lists, maps and structs in `config` that are replaced as a whole.
pub(super) fn atomics(ty: &Struct, config: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if ty.is_atomic {
        found.push(String::new());
    }
    in_members(Members::Struct(ty), config, "", &mut found);
    found
}

fn in_members(members: Members<'_>, value: &Value, path: &str, found: &mut Vec<String>) {
    for (key, value) in value.as_object().into_iter().flat_map(|map| map.iter()) {
        in_place(members.place(key), value, &format!("{path}.{key}"), found);
    }
}

fn in_place(place: Place<'_>, value: &Value, path: &str, found: &mut Vec<String>) {
    match (place.shape(), value) {
        (Shape::Map(members), Value::Object(_)) => in_members(members, value, path, found),
        (Shape::List(element, _), Value::Array(items)) => {
            for (at, item) in items.iter().enumerate() {
                in_place(element, item, &format!("{path}[{at}]"), found);
            }
        }
        (Shape::Leaf, Value::Array(_) | Value::Object(_)) if is_composite(place.ty) => found.push(path.to_owned()),
        _ => {}
    }
}

fn is_composite(ty: &Type) -> bool {
    matches!(ty, Type::List(_) | Type::Map(_) | Type::Struct(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Field, ListKind, TypeRef};
    use crate::tree;

    #[test]
    fn atomic_lists_are_found_where_they_are() {
        let list = |name: &'static str, list| {
            let text: TypeRef<Type> = TypeRef::Static(&Type::String);
            Field { list, ..Field::new(name, Type::List(text)) }
        };
        let fields = vec![list("args", ListKind::Atomic), list("finalizers", ListKind::Set)];
        let ty = Struct {
            name: "T".into(),
            go_name: "T".into(),
            fields: fields.into(),
            is_atomic: false,
            keeps_unknown: false,
        };
        assert_eq!(atomics(&ty, &tree!({"args": ["a"], "finalizers": ["f"]})), [".args"]);
        assert!(atomics(&ty, &tree!({"finalizers": ["f"]})).is_empty());
    }
}
