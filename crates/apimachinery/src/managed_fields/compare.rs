//! What differs between two objects, as sets of field paths.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use super::path_set::{KeyValue, PathElement, Set, compare_values};
use crate::json;
use crate::schema::{Field, ListKind, Struct, Type};
use crate::value::{Map, Value};

/// The outcome of a comparison; no path is in two of the sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// In the second object only.
    pub added: Set,
    /// In both, with other values.
    pub modified: Set,
    /// In the first object only.
    pub removed: Set,
}

/// A list item that ownership cannot name: no struct in a list with keys, no scalar in a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnnamedItem;

/// Compares two objects of type `ty`.
pub fn compare(ty: &Struct, old: &Value, new: &Value) -> Result<Difference, UnnamedItem> {
    let found = compare_maps(Members::Struct(ty), old.as_object(), new.as_object())?;
    Ok(Difference { added: found.added.below, modified: found.modified.below, removed: found.removed.below })
}

/// A type where it stands: lists and maps merge as their field says.
#[derive(Clone, Copy)]
pub(super) struct Place<'t> {
    pub(super) ty: &'t Type,
    list: &'t ListKind,
    is_atomic: bool,
}

/// How a place is compared.
pub(super) enum Shape<'t> {
    /// As one value.
    Leaf,
    /// Field by field, or entry by entry.
    Map(Members<'t>),
    /// Item by item.
    List(Place<'t>, &'t ListKind),
    /// As the values themselves are: objects by entry, all else as one value.
    Free,
}

/// What a struct or map holds.
#[derive(Clone, Copy)]
pub(super) enum Members<'t> {
    Struct(&'t Struct),
    Map(&'t Type),
    Free,
}

const ATOMIC: &ListKind = &ListKind::Atomic;
const FREE: &Type = &Type::FieldsV1;

impl<'t> Place<'t> {
    pub(super) fn element(ty: &'t Type) -> Self {
        Place { ty, list: ATOMIC, is_atomic: false }
    }

    fn field(field: &'t Field) -> Self {
        Place { ty: &field.ty, list: &field.list, is_atomic: field.is_atomic }
    }

    /// Whether the type is a list, an object or anything, rather than a scalar.
    pub(super) fn is_composite(self) -> bool {
        use Type::{FieldsV1, Json, List, Map, RawExtension, Struct, StructOr};
        matches!(self.ty, FieldsV1 | Json | List(_) | Map(_) | RawExtension | Struct(_) | StructOr(..))
    }

    /// The default of a field of a struct that stands here, where the schema has one.
    fn default_of(self, key: &str) -> Option<Value> {
        let Type::Struct(ty) = self.ty else { return None };
        let default = ty.field(key)?.default.as_ref();
        (!default.is_empty()).then(|| json::parse(default.as_bytes()).ok()).flatten()
    }

    pub(super) fn shape(self) -> Shape<'t> {
        match self.ty {
            _ if self.is_atomic => Shape::Leaf,
            Type::Struct(ty) if ty.is_atomic => Shape::Leaf,
            Type::Struct(ty) => Shape::Map(Members::Struct(ty)),
            Type::Map(element) => Shape::Map(Members::Map(element)),
            Type::List(_) if *self.list == ListKind::Atomic => Shape::Leaf,
            Type::List(element) => Shape::List(Place::element(element), self.list),
            Type::FieldsV1 => Shape::Free,
            _ => Shape::Leaf,
        }
    }
}

impl<'t> Members<'t> {
    /// Whether `key` is a field of the type rather than an entry of a map.
    pub(super) fn declares(self, key: &str) -> bool {
        matches!(self, Members::Struct(ty) if ty.field(key).is_some())
    }

    /// Where the field or entry `key` stands.
    pub(super) fn place(self, key: &str) -> Place<'t> {
        match self {
            Members::Struct(ty) => ty.field(key).map_or(Place::element(FREE), Place::field),
            Members::Map(element) => Place::element(element),
            Members::Free => Place::element(FREE),
        }
    }
}

/// One side of the outcome at one place.
#[derive(Default)]
struct Node {
    /// The place itself is in the set.
    is_member: bool,
    below: Set,
}

impl Node {
    fn adopt(&mut self, element: &PathElement, node: Node) {
        if node.is_member {
            self.below.members.insert(element.clone());
        }
        self.below.adopt(element, node.below);
    }
}

/// The outcome at one place.
#[derive(Default)]
struct Found {
    added: Node,
    modified: Node,
    removed: Node,
    /// The place was compared as one value.
    is_leaf: bool,
}

impl Found {
    fn leaf(old: Option<&Value>, new: Option<&Value>) -> Self {
        let mut found = Found { is_leaf: true, ..Found::default() };
        match (old, new) {
            (None, _) => found.added.is_member = true,
            (_, None) => found.removed.is_member = true,
            (Some(old), Some(new)) => {
                found.modified.is_member = compare_values(old, new) != Ordering::Equal;
            }
        }
        found
    }

    fn adopt(&mut self, element: &PathElement, found: Found) {
        self.added.adopt(element, found.added);
        self.modified.adopt(element, found.modified);
        self.removed.adopt(element, found.removed);
    }
}

fn compare_place(place: Place<'_>, old: Option<&Value>, new: Option<&Value>) -> Result<Found, UnnamedItem> {
    let mut found = match place.shape() {
        Shape::Leaf => Found::leaf(old, new),
        Shape::Map(members) => compare_as_maps(members, old, new)?,
        Shape::List(element, kind) => compare_as_lists(element, kind, old, new)?,
        Shape::Free => compare_free(old, new)?,
    };
    if !found.is_leaf {
        found.added.is_member |= old.is_none();
        found.removed.is_member |= old.is_some() && new.is_none();
    }
    Ok(found)
}

/// Values without a schema: an object's entries are apart, all else is one value.
fn compare_free(old: Option<&Value>, new: Option<&Value>) -> Result<Found, UnnamedItem> {
    let is_map = |value: Option<&Value>| matches!(value, Some(Value::Object(_) | Value::Null));
    match (is_map(old) || old.is_none(), is_map(new) || new.is_none()) {
        (true, true) => compare_as_maps(Members::Free, old, new),
        (false, false) => Ok(Found::leaf(old, new)),
        _ if old.is_none() || new.is_none() => Ok(Found::leaf(old, new)),
        // An object became something else, or the other way: it is modified, and its entries are gone or new.
        _ => {
            let leaf = Found::leaf(old, new);
            let mut found = compare_as_maps(Members::Free, old, new)?;
            found.modified.is_member |= leaf.modified.is_member;
            found.is_leaf = true;
            Ok(found)
        }
    }
}

fn compare_as_maps(members: Members<'_>, old: Option<&Value>, new: Option<&Value>) -> Result<Found, UnnamedItem> {
    let (old_map, new_map) = (old.and_then(Value::as_object), new.and_then(Value::as_object));
    let is_blank = |map: Option<&Map>| map.is_none_or(Map::is_empty);
    if is_blank(old_map) && is_blank(new_map) {
        return Ok(Found::leaf(old, new));
    }
    compare_maps(members, old_map, new_map)
}

fn compare_maps(members: Members<'_>, old: Option<&Map>, new: Option<&Map>) -> Result<Found, UnnamedItem> {
    let mut found = Found::default();
    let mut new: HashMap<&str, &Value> = new.into_iter().flat_map(Map::iter).collect();
    for (key, value) in old.into_iter().flat_map(Map::iter) {
        let below = compare_place(members.place(key), Some(value), new.remove(key))?;
        found.adopt(&PathElement::field(key), below);
    }
    for (key, value) in new {
        let below = compare_place(members.place(key), None, Some(value))?;
        found.adopt(&PathElement::field(key), below);
    }
    Ok(found)
}

fn compare_as_lists(
    element: Place<'_>,
    kind: &ListKind,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Result<Found, UnnamedItem> {
    let (old_items, new_items) = (list_items(old), list_items(new));
    if old_items.is_empty() && new_items.is_empty() {
        return Ok(Found::leaf(old, new));
    }
    let mut pairs: BTreeMap<PathElement, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
    for item in old_items {
        pairs.entry(item_element(element, kind, item)?).or_default().0.push(item);
    }
    for item in new_items {
        pairs.entry(item_element(element, kind, item)?).or_default().1.push(item);
    }
    let mut found = Found::default();
    for (path_element, (old, new)) in &pairs {
        found.adopt(path_element, compare_items(element, old, new)?);
    }
    Ok(found)
}

fn list_items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).unwrap_or(&[])
}

/// The items that share one name. More than one are compared as one value.
fn compare_items(element: Place<'_>, old: &[&Value], new: &[&Value]) -> Result<Found, UnnamedItem> {
    let is_same = |old: &[&Value], new: &[&Value]| {
        old.len() == new.len() && old.iter().zip(new).all(|(old, new)| compare_values(old, new) == Ordering::Equal)
    };
    match (old.len(), new.len()) {
        (0 | 1, 0 | 1) => compare_place(element, old.first().copied(), new.first().copied()),
        (2.., 2..) => {
            let mut found = Found::default();
            found.modified.is_member = !is_same(old, new);
            Ok(found)
        }
        (2.., _) => {
            let mut found = match new.first() {
                Some(new) => compare_place(element, None, Some(new))?,
                None => Found::default(),
            };
            found.removed.is_member = true;
            Ok(found)
        }
        (_, _) => {
            let mut found = match old.first() {
                Some(old) => compare_place(element, Some(old), None)?,
                None => Found::default(),
            };
            found.added.is_member = true;
            Ok(found)
        }
    }
}

/// What names an item in a list of this kind.
pub(super) fn item_element(element: Place<'_>, kind: &ListKind, item: &Value) -> Result<PathElement, UnnamedItem> {
    match kind {
        ListKind::Map(keys) => Ok(PathElement::Key(item_key(element, keys, item.as_object().ok_or(UnnamedItem)?))),
        _ => match item {
            Value::Object(_) | Value::Array(_) | Value::Null => Err(UnnamedItem),
            scalar => Ok(PathElement::Value(KeyValue(scalar.clone()))),
        },
    }
}

/// The key fields that are present or have a default; all of them as empty texts when none is.
fn item_key(element: Place<'_>, keys: &[Cow<'static, str>], item: &Map) -> Vec<(String, KeyValue)> {
    let value = |key: &str| item.get(key).cloned().or_else(|| element.default_of(key));
    let mut fields: Vec<_> = keys.iter().filter_map(|key| Some((key.to_string(), KeyValue(value(key)?)))).collect();
    if fields.is_empty() {
        fields = keys.iter().map(|key| (key.to_string(), KeyValue(Value::from("")))).collect();
    }
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    fields
}
