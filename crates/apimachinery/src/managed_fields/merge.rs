//! Server-side apply's changes to an object: laying a configuration over it, and taking paths out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::compare::{Members, Place, Shape, UnnamedItem, item_element};
use super::path_set::{PathElement, Set};
use crate::schema::{ListKind, Struct};
use crate::value::{Map, Value};

/// `config` laid over `live`: maps by entry, lists by item where their kind says so, all else as one value.
pub(super) fn merge(ty: &Struct, live: &Value, config: &Value) -> Result<Value, UnnamedItem> {
    let merged = merge_maps(Members::Struct(ty), live.as_object(), config.as_object())?;
    Ok(merged.unwrap_or_else(Value::object))
}

fn merge_place(place: Place<'_>, live: Option<&Value>, config: Option<&Value>) -> Result<Option<Value>, UnnamedItem> {
    match place.shape() {
        Shape::Leaf => Ok(config.or(live).cloned()),
        Shape::Map(members) => merge_as_maps(members, live, config),
        Shape::List(element, kind) => merge_as_lists(element, kind, live, config),
        Shape::Free => match config.or(live) {
            Some(Value::Object(_)) => merge_as_maps(Members::Free, live, config),
            _ => Ok(config.or(live).cloned()),
        },
    }
}

fn merge_as_maps(
    members: Members<'_>,
    live: Option<&Value>,
    config: Option<&Value>,
) -> Result<Option<Value>, UnnamedItem> {
    let map = |value: Option<&'_ Value>| value.and_then(Value::as_object).is_some_and(|map| !map.is_empty());
    if !map(live) && !map(config) {
        // Empty and absent stay apart.
        return Ok(config.or(live).cloned());
    }
    merge_maps(members, live.and_then(Value::as_object), config.and_then(Value::as_object))
}

fn merge_maps(members: Members<'_>, live: Option<&Map>, config: Option<&Map>) -> Result<Option<Value>, UnnamedItem> {
    let mut merged = Map::new();
    for (key, value) in live.into_iter().flat_map(Map::iter) {
        let wanted = config.and_then(|map| map.get(key));
        if let Some(value) = merge_place(members.place(key), Some(value), wanted)? {
            merged.push(key.to_owned(), value);
        }
    }
    for (key, value) in config.into_iter().flat_map(Map::iter) {
        if live.is_some_and(|map| map.contains_key(key)) {
            continue;
        }
        if let Some(value) = merge_place(members.place(key), None, Some(value))? {
            merged.push(key.to_owned(), value);
        }
    }
    Ok((!merged.is_empty()).then_some(Value::Object(merged)))
}

fn merge_as_lists(
    element: Place<'_>,
    kind: &ListKind,
    live: Option<&Value>,
    config: Option<&Value>,
) -> Result<Option<Value>, UnnamedItem> {
    let items = |value: Option<&Value>| -> Result<Vec<(PathElement, Value)>, UnnamedItem> {
        let items = value.and_then(Value::as_array).unwrap_or_default();
        items.iter().map(|item| Ok((item_element(element, kind, item)?, item.clone()))).collect()
    };
    let (live_items, config_items) = (items(live)?, items(config)?);
    if live_items.is_empty() && config_items.is_empty() {
        return Ok(config.or(live).cloned());
    }
    let merged = ListMerge::new(element, &live_items, &config_items).run()?;
    Ok((!merged.is_empty()).then_some(Value::Array(merged)))
}

/// Two lists become one: items of both stand in the order of the configuration, those of the object alone stay
/// where they are between them, and those of the configuration alone follow what they follow there.
struct ListMerge<'a> {
    element: Place<'a>,
    live: &'a [(PathElement, Value)],
    config: &'a [(PathElement, Value)],
    /// Items of the object by name; none where a name stands twice.
    live_by_name: BTreeMap<&'a PathElement, Option<&'a Value>>,
    config_names: BTreeSet<&'a PathElement>,
    /// Names that are in both and not merged yet, in the configuration's order.
    shared: VecDeque<&'a PathElement>,
    done: BTreeSet<&'a PathElement>,
    merged: Vec<Value>,
}

impl<'a> ListMerge<'a> {
    fn new(element: Place<'a>, live: &'a [(PathElement, Value)], config: &'a [(PathElement, Value)]) -> Self {
        let mut live_by_name = BTreeMap::new();
        for (name, item) in live {
            live_by_name.entry(name).and_modify(|known| *known = None).or_insert(Some(item));
        }
        let shared = config.iter().map(|(name, _)| name).filter(|name| live_by_name.contains_key(name)).collect();
        let config_names = config.iter().map(|(name, _)| name).collect();
        let (done, merged) = (BTreeSet::new(), Vec::with_capacity(live.len().max(config.len())));
        ListMerge { element, live, config, live_by_name, config_names, shared, done, merged }
    }

    fn run(mut self) -> Result<Vec<Value>, UnnamedItem> {
        let (mut at_live, mut at_config) = (0, 0);
        while at_live < self.live.len() || at_config < self.config.len() {
            if let Some((name, item)) = self.live.get(at_live) {
                if let Some((wanted, _)) = self.config.get(at_config) {
                    if name == wanted {
                        self.take_config(at_config)?;
                        (at_live, at_config) = (at_live + 1, at_config + 1);
                        continue;
                    }
                    let is_for_later = self.shared.front().is_some_and(|next| *next != name);
                    if self.config_names.contains(name) && is_for_later {
                        at_live += 1;
                        continue;
                    }
                }
                if !self.config_names.contains(name) {
                    self.merged.extend(merge_place(self.element, Some(item), None)?);
                    at_live += 1;
                    continue;
                }
                if self.done.contains(name) {
                    at_live += 1;
                }
            }
            if at_config < self.config.len() {
                self.take_config(at_config)?;
                at_config += 1;
            }
        }
        Ok(self.merged)
    }

    fn take_config(&mut self, at: usize) -> Result<(), UnnamedItem> {
        let (name, item) = &self.config[at];
        let live = self.live_by_name.get(name).copied().flatten();
        self.merged.extend(merge_place(self.element, live, Some(item))?);
        self.done.insert(name);
        if self.shared.front() == Some(&name) {
            self.shared.pop_front();
        }
        Ok(())
    }
}

/// `object` of type `ty` without the paths of `set`. What is left empty is null.
pub(super) fn without(ty: &Struct, object: &Value, set: &Set) -> Value {
    object.as_object().map_or(Value::Null, |map| map_without(Members::Struct(ty), map, set))
}

fn place_without(place: Place<'_>, value: &Value, set: &Set) -> Value {
    match (place.shape(), value) {
        (Shape::Map(members), Value::Object(map)) => map_without(members, map, set),
        (Shape::List(element, kind), Value::Array(items)) => list_without(element, kind, items, set),
        (Shape::Free, Value::Object(map)) => map_without(Members::Free, map, set),
        (_, Value::Object(_) | Value::Array(_)) => Value::Null,
        (_, scalar) => scalar.clone(),
    }
}

fn map_without(members: Members<'_>, map: &Map, set: &Set) -> Value {
    let mut left = Map::with_capacity(map.len());
    for (key, value) in map.iter() {
        let element = PathElement::field(key);
        if set.members.contains(&element) {
            continue;
        }
        left.push(
            key.to_owned(),
            match set.children.get(&element) {
                Some(below) => place_without(members.place(key), value, below),
                None => value.clone(),
            },
        );
    }
    if left.is_empty() { Value::Null } else { Value::Object(left) }
}

fn list_without(element: Place<'_>, kind: &ListKind, items: &[Value], set: &Set) -> Value {
    let mut left = Vec::with_capacity(items.len());
    for item in items {
        let Ok(name) = item_element(element, kind, item) else { continue };
        if set.members.contains(&name) {
            continue;
        }
        left.push(match set.children.get(&name) {
            Some(below) => place_without(element, item, below),
            None => item.clone(),
        });
    }
    if left.is_empty() { Value::Null } else { Value::Array(left) }
}
