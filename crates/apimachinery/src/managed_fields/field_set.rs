//! The fields that an applied configuration names, and what a set means for a type.

use std::collections::BTreeSet;

use super::compare::{Members, Place, Shape, item_element};
use super::path_set::{PathElement, Set};
use crate::schema::{ListKind, Struct};
use crate::value::{Map, Value};

/// The paths of all fields that `object` of type `ty` holds.
pub(super) fn field_set(ty: &Struct, object: &Value) -> Set {
    object.as_object().map_or_else(Set::default, |map| of_map(Members::Struct(ty), map))
}

/// The paths below a place, and whether the place itself is in the set.
fn of_place(place: Place<'_>, value: &Value) -> (Set, bool) {
    match (place.shape(), value) {
        (Shape::Leaf, _) => (Set::default(), true),
        (Shape::Map(members), Value::Object(map)) => (of_map(members, map), false),
        (Shape::List(element, kind), Value::Array(items)) => (of_list(element, kind, items), false),
        (Shape::Map(_) | Shape::List(..), _) => (Set::default(), false),
        (Shape::Free, Value::Object(map)) => (of_map(Members::Free, map), false),
        (Shape::Free, _) => (Set::default(), true),
    }
}

fn of_map(members: Members<'_>, map: &Map) -> Set {
    let mut set = Set::default();
    for (key, value) in map.iter() {
        let (below, is_member) = of_place(members.place(key), value);
        let is_blank = value.is_null() || value.as_object().is_some_and(Map::is_empty);
        let element = PathElement::field(key);
        if is_member || is_blank || !members.declares(key) {
            set.members.insert(element.clone());
        }
        set.adopt(&element, below);
    }
    set
}

fn of_list(element: Place<'_>, kind: &ListKind, items: &[Value]) -> Set {
    let (mut seen, mut doubles) = (BTreeSet::new(), BTreeSet::new());
    let named: Vec<_> = items.iter().filter_map(|item| Some((item_element(element, kind, item).ok()?, item))).collect();
    for (name, _) in &named {
        if !seen.insert(name) {
            doubles.insert(name);
        }
    }
    let mut set = Set::default();
    for (name, item) in &named {
        set.members.insert(name.clone());
        if !doubles.contains(name) {
            set.adopt(name, of_place(element, item).0);
        }
    }
    set
}

/// The set with every declared field that has a path below it as a path of its own.
pub(super) fn with_named_fields(ty: &Struct, set: &Set) -> Set {
    named_below(Some(Members::Struct(ty)), None, set)
}

fn named_below(members: Option<Members<'_>>, item: Option<Place<'_>>, set: &Set) -> Set {
    let mut all = Set { members: set.members.clone(), ..Set::default() };
    for (element, below) in &set.children {
        let place = match (element, members) {
            (PathElement::Field(name), Some(members)) => {
                if matches!(members, Members::Struct(_)) && members.declares(name) {
                    all.members.insert(element.clone());
                }
                Some(members.place(name))
            }
            (PathElement::Key(_), _) => item,
            _ => None,
        };
        let (members, item) = match place.map(Place::shape) {
            Some(Shape::Map(members)) => (Some(members), None),
            Some(Shape::List(item, _)) => (None, Some(item)),
            Some(Shape::Free) => (Some(Members::Free), None),
            _ => (None, None),
        };
        all.adopt(element, named_below(members, item, below));
    }
    all
}
