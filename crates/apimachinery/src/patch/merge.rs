//! RFC 7386, with the deviations of the library that upstream uses.

use super::entries::Entries;
use crate::value::{Map, Value};

/// Merges `patch` into `target`; a target that is no object gives way to the patch.
pub(super) fn merge(target: Value, patch: Map) -> Value {
    match target {
        Value::Object(map) => Value::Object(merge_maps(map, patch)),
        _ => {
            let mut patch = Value::Object(patch);
            prune_nulls(&mut patch);
            patch
        }
    }
}

fn merge_maps(target: Map, patch: Map) -> Map {
    let mut entries = Entries::new(target, patch.len());
    for (key, change) in patch.into_entries() {
        match (entries.get_mut(&key), change) {
            (_, Value::Null) => entries.remove(&key),
            (Some(Value::Object(current)), Value::Object(change)) => {
                *current = merge_maps(std::mem::take(current), change);
            }
            // Nulls in a list that replaces an object stay: that is how upstream's library has it.
            (Some(current @ Value::Object(_)), change) => *current = change,
            (_, mut change) => {
                prune_nulls(&mut change);
                entries.set(key, change);
            }
        }
    }
    entries.finish()
}

/// Drops null fields at any depth; null items of lists stay.
pub(super) fn prune_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => map.retain(|_, value| {
            prune_nulls(value);
            !value.is_null()
        }),
        Value::Array(items) => items.iter_mut().for_each(prune_nulls),
        _ => {}
    }
}
