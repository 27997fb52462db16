//! RFC 6902, with the deviations of the library that upstream uses.

use super::document::json_type;
use super::{JSON_PATCH_COPY_BYTES_MAX, JSON_PATCH_OPERATIONS_MAX, does_not_apply};
use crate::json;
use crate::status::Status;
use crate::value::{Map, Value};

/// An operation that does not fit the document. Upstream's client never learns the reason.
struct Misfit;

type Outcome<T> = Result<T, Misfit>;

/// Applies the patch document to `target`.
pub(super) fn apply(target: &Value, patch: &[u8]) -> Result<Value, Status> {
    let operations =
        decode(patch).map_err(|message| Status::bad_request(format!("error decoding patch: {message}")))?;
    if operations.len() > JSON_PATCH_OPERATIONS_MAX {
        return Err(Status::request_entity_too_large(format!(
            "The allowed maximum operations in a JSON patch is {JSON_PATCH_OPERATIONS_MAX}, got {}",
            operations.len()
        )));
    }
    let mut document = target.clone();
    let mut copied_bytes = 0;
    for operation in &operations {
        perform(&mut document, operation, &mut copied_bytes).map_err(|Misfit| does_not_apply())?;
    }
    Ok(document)
}

/// The operations, their types checked; `null` is none.
fn decode(patch: &[u8]) -> Result<Vec<Map>, String> {
    let items = match json::parse(patch).map_err(|error| error.message)? {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        other => {
            let found = json_type(&other);
            return Err(format!("json: cannot unmarshal {found} into Go value of type []handlers.jsonPatchOp"));
        }
    };
    items.into_iter().map(decode_operation).collect()
}

fn decode_operation(item: Value) -> Result<Map, String> {
    let map = match item {
        Value::Object(map) => map,
        Value::Null => Map::new(),
        other => {
            let found = json_type(&other);
            return Err(format!("json: cannot unmarshal {found} into Go value of type handlers.jsonPatchOp"));
        }
    };
    for (key, value) in map.iter().filter(|(key, _)| matches!(*key, "op" | "path" | "from")) {
        if !matches!(value, Value::String(_) | Value::Null) {
            let found = json_type(value);
            return Err(format!(
                "json: cannot unmarshal {found} into Go struct field jsonPatchOp.{key} of type string"
            ));
        }
    }
    Ok(map)
}

fn perform(document: &mut Value, operation: &Map, copied_bytes: &mut usize) -> Outcome<()> {
    let text = |key: &str| operation.get(key).and_then(Value::as_str).ok_or(Misfit);
    let value = operation.get("value");
    match text("op")? {
        "add" => add(document, text("path")?, value.cloned().unwrap_or_default()),
        "remove" => {
            let (container, key) = find(document, text("path")?)?;
            remove(container, &key).map(drop)
        }
        "replace" => replace(document, text("path")?, value),
        "test" => test(document, text("path")?, value.unwrap_or(&Value::Null)),
        "move" => {
            let (container, key) = find(document, text("from")?)?;
            let value = remove(container, &key)?;
            add(document, text("path")?, value)
        }
        "copy" => {
            let (container, key) = find(document, text("from")?)?;
            let value = get(container, &key)?.cloned().unwrap_or_default();
            *copied_bytes += json::to_vec(&value).len();
            if *copied_bytes > JSON_PATCH_COPY_BYTES_MAX {
                return Err(Misfit);
            }
            add(document, text("path")?, value)
        }
        _ => Err(Misfit),
    }
}

fn add(document: &mut Value, path: &str, value: Value) -> Outcome<()> {
    let (container, key) = find_for(document, path, &value)?;
    match container {
        Value::Object(map) => {
            map.insert(key, value);
            Ok(())
        }
        Value::Array(items) if key == "-" => {
            items.push(value);
            Ok(())
        }
        Value::Array(items) => {
            let at = index(&key, items.len() + 1)?;
            items.insert(at, value);
            Ok(())
        }
        _ => Err(Misfit),
    }
}

/// Also sets a field that is absent: that is how upstream's library has it.
fn replace(document: &mut Value, path: &str, value: Option<&Value>) -> Outcome<()> {
    if path.is_empty() {
        *document = value.filter(|value| matches!(value, Value::Object(_) | Value::Array(_))).ok_or(Misfit)?.clone();
        return Ok(());
    }
    let value = value.cloned().unwrap_or_default();
    let (container, key) = find_for(document, path, &value)?;
    match container {
        Value::Object(map) => drop(map.insert(key, value)),
        Value::Array(items) => {
            let at = index(&key, items.len())?;
            items[at] = value;
        }
        _ => return Err(Misfit),
    }
    Ok(())
}

/// An absent field equals null.
fn test(document: &mut Value, path: &str, expected: &Value) -> Outcome<()> {
    let found = match path {
        "" => Some(&*document),
        _ => {
            let (container, key) = find(document, path)?;
            get(container, &key)?
        }
    };
    if is_same(found.unwrap_or(&Value::Null), expected) { Ok(()) } else { Err(Misfit) }
}

/// Equality in which the order of fields does not count.
fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && sorted(left).into_iter().zip(sorted(right)).all(|(a, b)| a.0 == b.0 && is_same(a.1, b.1))
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(a, b)| is_same(a, b))
        }
        _ => left == right,
    }
}

fn sorted(map: &Map) -> Vec<(&str, &Value)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|a, b| a.0.cmp(b.0));
    entries
}

fn get<'a>(container: &'a Value, key: &str) -> Outcome<Option<&'a Value>> {
    match container {
        Value::Object(map) => Ok(map.get(key)),
        Value::Array(items) => Ok(Some(&items[index(key, items.len())?])),
        _ => Err(Misfit),
    }
}

fn remove(container: &mut Value, key: &str) -> Outcome<Value> {
    match container {
        Value::Object(map) => map.remove(key).ok_or(Misfit),
        Value::Array(items) => {
            let at = index(key, items.len())?;
            Ok(items.remove(at))
        }
        _ => Err(Misfit),
    }
}

/// An index below `length`; negative ones count from the end, as upstream's library allows.
fn index(key: &str, length: usize) -> Outcome<usize> {
    let number: i64 = key.parse().map_err(|_| Misfit)?;
    let length = i64::try_from(length).map_err(|_| Misfit)?;
    let at = if number < 0 { number + length } else { number };
    usize::try_from(at).ok().filter(|_| at < length).ok_or(Misfit)
}

/// The container that a pointer's last part lies in, and that part.
fn find<'a>(document: &'a mut Value, path: &str) -> Outcome<(&'a mut Value, String)> {
    // What stands before the first slash is not looked at.
    let (_, path) = path.split_once('/').ok_or(Misfit)?;
    let (parents, key) = match path.rsplit_once('/') {
        Some((parents, key)) => (Some(parents), key),
        None => (None, path),
    };
    let mut container = document;
    for part in parents.into_iter().flat_map(|parents| parents.split('/')) {
        let part = unescape(part);
        container = match container {
            Value::Object(map) => map.get_mut(&part).ok_or(Misfit)?,
            Value::Array(items) => {
                let at = index(&part, items.len())?;
                &mut items[at]
            }
            _ => return Err(Misfit),
        };
    }
    match container {
        Value::Object(_) | Value::Array(_) => Ok((container, unescape(key))),
        _ => Err(Misfit),
    }
}

/// [`find`] for a place that `value` goes to; refuses to nest deeper than any body may.
fn find_for<'a>(document: &'a mut Value, path: &str, value: &Value) -> Outcome<(&'a mut Value, String)> {
    if path.matches('/').count() + depth(value) > json::DEPTH_MAX {
        return Err(Misfit);
    }
    find(document, path)
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.iter().map(|(_, value)| depth(value)).max().unwrap_or(0),
        _ => 0,
    }
}

/// `~1` is a slash, `~0` a tilde (RFC 6901).
fn unescape(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}
