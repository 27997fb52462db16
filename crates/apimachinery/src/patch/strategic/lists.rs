//! Merging of lists: by merge key, as sets of scalars, and the order of the outcome.

use std::collections::{HashMap, HashSet};

use super::{
    DIRECTIVE, ELEMENT_ORDER, Outcome, Schema, bad_directive, directive_field, does_not_apply, go_text, go_type,
};
use super::{merge_map, unclassified, without_directives, wrong_type};
use crate::json;
use crate::patch::entries::Entries;
use crate::status::Status;
use crate::value::{Map, Value};

/// What a list's elements are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Elements {
    Maps,
    Scalars,
}

/// The one type of all elements; an error when they differ, are lists, or there are none.
fn elements(lists: &[&[Value]]) -> Outcome<Elements> {
    let mut items = lists.iter().copied().flatten();
    let Some(first) = items.next() else {
        return Err(unclassified("no elements in any of the given slices"));
    };
    if matches!(first, Value::Array(_)) {
        return Err(does_not_apply());
    }
    if first.is_null() || items.any(|item| go_type(item) != go_type(first)) {
        let lists: Vec<String> = lists.iter().map(|list| go_text(&Value::Array(list.to_vec()))).collect();
        return Err(unclassified(format!("list element types are not identical: [{}]", lists.join(" "))));
    }
    Ok(if matches!(first, Value::Object(_)) { Elements::Maps } else { Elements::Scalars })
}

fn no_merge_key(map: &Map, merge_key: &str) -> Status {
    let map = go_text(&Value::Object(map.clone()));
    unclassified(format!("map: {map} does not contain declared merge key: {merge_key}"))
}

fn as_map(item: &Value) -> Outcome<&Map> {
    item.as_object().ok_or_else(|| wrong_type("map[string]interface {}", item))
}

/// What identifies an element: its merge key's value, or itself without a merge key.
fn identity(item: &Value, merge_key: &str) -> Outcome<String> {
    let value = match merge_key.is_empty() {
        true => item,
        false => {
            let map = as_map(item)?;
            map.get(merge_key).ok_or_else(|| no_merge_key(map, merge_key))?
        }
    };
    Ok(String::from_utf8_lossy(&json::to_vec(value)).into_owned())
}

fn identities(items: &[Value], merge_key: &str) -> Outcome<Vec<String>> {
    items.iter().map(|item| identity(item, merge_key)).collect()
}

/// First place of each identity.
fn places(identities: &[String]) -> HashMap<&str, usize> {
    let mut places = HashMap::with_capacity(identities.len());
    for (at, identity) in identities.iter().enumerate() {
        places.entry(identity.as_str()).or_insert(at);
    }
    places
}

/// `$deleteFromPrimitiveList`: drops the items of `gone`.
pub(super) fn delete_items(
    original: Vec<Value>,
    gone: Vec<Value>,
    element: Schema<'_>,
    merge_key: &str,
) -> Outcome<Vec<Value>> {
    if original.is_empty() && gone.is_empty() {
        return Ok(original);
    }
    if elements(&[&original, &gone])? == Elements::Maps {
        return merge_items(original, gone, element, merge_key);
    }
    let gone: HashSet<String> = identities(&gone, "")?.into_iter().collect();
    let mut kept = Vec::with_capacity(original.len());
    for item in original {
        if !gone.contains(&identity(&item, "")?) {
            kept.push(item);
        }
    }
    Ok(kept)
}

/// Merges `patch` into `original`, the patch's order before the original's.
pub(super) fn merge_items(
    original: Vec<Value>,
    patch: Vec<Value>,
    element: Schema<'_>,
    merge_key: &str,
) -> Outcome<Vec<Value>> {
    if original.is_empty() && patch.is_empty() {
        return Ok(original);
    }
    let (original, patch, merged) = match elements(&[&original, &patch])? {
        Elements::Scalars => {
            let merged = union(&original, &patch)?;
            (original, patch, merged)
        }
        Elements::Maps => {
            if merge_key.is_empty() {
                let message = format!("cannot merge lists without merge key for {}", element.kind());
                return Err(unclassified(message));
            }
            let (original, patch) = apply_item_directives(original, patch, merge_key)?;
            let merged = merge_maps(original.clone(), &patch, element, merge_key)?;
            (original, patch, merged)
        }
    };
    arrange(merged, &patch, &original, merge_key)
}

fn union(original: &[Value], patch: &[Value]) -> Outcome<Vec<Value>> {
    let mut seen = HashSet::new();
    let mut merged = Vec::with_capacity(original.len() + patch.len());
    for item in original.iter().chain(patch) {
        if seen.insert(identity(item, "")?) {
            merged.push(item.clone());
        }
    }
    Ok(merged)
}

/// `$patch` in list items: `delete` drops the item that the merge key names, `replace` drops them all.
/// Returns what is left of the original and the patch's ordinary items.
fn apply_item_directives(
    mut original: Vec<Value>,
    patch: Vec<Value>,
    merge_key: &str,
) -> Outcome<(Vec<Value>, Vec<Value>)> {
    let mut ordinary = Vec::with_capacity(patch.len());
    let mut gone = HashSet::new();
    let mut replaces = false;
    for item in patch {
        let directive = item.field(DIRECTIVE).clone();
        match directive.as_str() {
            None if item.as_object().is_some_and(|map| !map.contains_key(DIRECTIVE)) => ordinary.push(item),
            Some("delete") => drop(gone.insert(identity(&item, merge_key)?)),
            Some("replace") => replaces = true,
            Some("merge") => return Err(unclassified("merging lists cannot yet be specified in the patch")),
            _ => {
                let mut map = as_map(&item)?.clone();
                map.remove(DIRECTIVE);
                return Err(bad_directive(&directive, map));
            }
        }
    }
    if replaces {
        return Ok((ordinary, Vec::new()));
    }
    if !gone.is_empty() {
        original.retain(|item| identity(item, merge_key).map_or(true, |identity| !gone.contains(&identity)));
    }
    Ok((original, ordinary))
}

fn merge_maps(mut merged: Vec<Value>, patch: &[Value], element: Schema<'_>, merge_key: &str) -> Outcome<Vec<Value>> {
    // An original item without its key cannot be found, but is no fault yet.
    let mut places: HashMap<String, usize> = HashMap::with_capacity(merged.len());
    for (at, item) in merged.iter().enumerate() {
        if let Ok(identity) = identity(item, merge_key) {
            places.entry(identity).or_insert(at);
        }
    }
    for item in patch {
        let identity = identity(item, merge_key)?;
        match places.get(&identity) {
            Some(at) => {
                let current = std::mem::take(as_map_mut(&mut merged[*at])?);
                merged[*at] = Value::Object(merge_map(current, as_map(item)?.clone(), element)?);
            }
            None => {
                places.insert(identity, merged.len());
                merged.push(item.clone());
            }
        }
    }
    Ok(merged)
}

fn as_map_mut(item: &mut Value) -> Outcome<&mut Map> {
    let error = wrong_type("map[string]interface {}", item);
    item.as_object_mut().ok_or(error)
}

/// Puts `merged` in order: items that `first_order` names by that order, the others by `live_order`, and
/// each of the latter before the first of the former that it stands before in `live_order`.
fn arrange(merged: Vec<Value>, first_order: &[Value], live_order: &[Value], merge_key: &str) -> Outcome<Vec<Value>> {
    let (first_order, live_order) = (identities(first_order, merge_key)?, identities(live_order, merge_key)?);
    let (first_places, live_places) = (places(&first_order), places(&live_order));
    let (mut named, mut others) = (Vec::new(), Vec::new());
    for item in merged {
        let identity = identity(&item, merge_key)?;
        let live_place = live_places.get(identity.as_str()).copied();
        match first_places.get(identity.as_str()) {
            Some(place) => named.push((*place, live_place, item)),
            None => others.push((live_place.map_or(0, |place| place + 1), live_place, item)),
        }
    }
    named.sort_by_key(|(place, ..)| *place);
    others.sort_by_key(|(place, ..)| *place);
    let (mut named, mut others) = (named.into_iter().peekable(), others.into_iter().peekable());
    let mut arranged = Vec::with_capacity(named.len() + others.len());
    loop {
        let takes_other = match (named.peek(), others.peek()) {
            (None, None) => return Ok(arranged),
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (Some((_, named, _)), Some((_, other, _))) => {
                matches!((other, named), (Some(other), Some(named)) if other < named)
            }
        };
        let next = if takes_other { others.next() } else { named.next() };
        arranged.extend(next.map(|(_, _, item)| item));
    }
}

/// `$setElementOrder/field`: merges the field's list and puts it in the told order. Takes the directives
/// and their lists out of `patch`.
pub(super) fn merge_ordered(entries: &mut Entries, patch: &mut Map, schema: Schema<'_>) -> Outcome<()> {
    let directives: Vec<String> =
        patch.keys().filter(|key| key.starts_with(ELEMENT_ORDER)).map(str::to_owned).collect();
    for directive in directives {
        let order = patch.remove(&directive).unwrap_or_default();
        let order = as_list(&order)?;
        let key = directive_field(&directive, ELEMENT_ORDER)?;
        let change = patch.get(key).cloned();
        let Some(list) = merge_in_order(entries.get(key), change, order, schema, key)? else { continue };
        patch.remove(key);
        entries.set(key.to_owned().into(), Value::Array(list));
    }
    Ok(())
}

fn merge_in_order(
    current: Option<&Value>,
    change: Option<Value>,
    order: &[Value],
    schema: Schema<'_>,
    key: &str,
) -> Outcome<Option<Vec<Value>>> {
    let original = current.filter(|current| !current.is_null()).map(as_list).transpose()?;
    let change = change.as_ref().map(as_list).transpose()?;
    let (field, element) = schema.list_field(key)?;
    let merge_key = &*field.patch.merge_key;
    check_order(change.unwrap_or(&[]), order, merge_key)?;
    let merged = match (original, change) {
        (None, None) => return Ok(None),
        (Some(original), None) => original.to_vec(),
        (None, Some(change)) => change.iter().cloned().filter_map(without_directives).collect(),
        (Some(original), Some(change)) if field.patch.merges => {
            merge_items(original.to_vec(), change.to_vec(), element, merge_key)?
        }
        (Some(_), Some(change)) => change.to_vec(),
    };
    if let Some(at) = order.iter().position(|item| !merge_key.is_empty() && item.as_object().is_none()) {
        return Err(unclassified(format!("value for key {at} is not a map")));
    }
    elements(&[original.unwrap_or(&[]), change.unwrap_or(&[])])?;
    arrange(merged, order, original.unwrap_or(&[]), merge_key).map(Some)
}

fn as_list(value: &Value) -> Outcome<&[Value]> {
    value.as_array().ok_or_else(|| wrong_type("[]interface {}", value))
}

/// The patch's items must be among the ordered ones, in the same order.
fn check_order(change: &[Value], order: &[Value], merge_key: &str) -> Outcome<()> {
    if change.is_empty() || order.is_empty() {
        return Ok(());
    }
    let mut ordered = order.iter();
    for item in change {
        if !merge_key.is_empty() && as_map(item)?.contains_key(DIRECTIVE) {
            continue;
        }
        let wanted = identity(item, merge_key)?;
        loop {
            let Some(next) = ordered.next() else {
                let (change, order) = (go_text(&Value::Array(change.to_vec())), go_text(&Value::Array(order.to_vec())));
                let message =
                    format!("The order in patch list:\n{change}\n doesn't match {ELEMENT_ORDER} list:\n{order}\n");
                return Err(unclassified(message));
            };
            if identity(next, merge_key)? == wanted {
                break;
            }
        }
    }
    Ok(())
}
