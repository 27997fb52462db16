//! Pruning: what a schema does not name is dropped, and told.

use super::{Additional, Structural};
use crate::value::{Map, Value};

impl Structural {
    /// Drops what the schema does not name below a whole custom object and returns upstream's text for each field
    /// (`unknown field "spec.foo"`). `apiVersion`, `kind` and `metadata` of the object are left alone.
    pub fn prune(&self, object: &mut Value) -> Vec<String> {
        let mut unknown = Vec::new();
        if let Value::Object(map) = object {
            prune_map(self, map, "", true, &mut unknown);
        }
        unknown.sort_unstable();
        unknown.into_iter().map(|path| format!("unknown field {path:?}")).collect()
    }
}

fn prune_value(schema: &Structural, value: &mut Value, path: &str, unknown: &mut Vec<String>) {
    match value {
        Value::Object(map) => prune_map(schema, map, path, schema.is_embedded, unknown),
        Value::Array(items) => {
            if let Some(of) = &schema.items {
                for (at, item) in items.iter_mut().enumerate() {
                    prune_value(of, item, &format!("{path}[{at}]"), unknown);
                }
            } else if !schema.keeps_unknown {
                let nothing = Structural::default();
                for (at, item) in items.iter_mut().enumerate() {
                    prune_value(&nothing, item, &format!("{path}[{at}]"), unknown);
                }
            }
        }
        _ => {}
    }
}

fn prune_map(schema: &Structural, map: &mut Map, path: &str, is_object: bool, unknown: &mut Vec<String>) {
    map.retain(|key, value| {
        let dot = if path.is_empty() { "" } else { "." };
        let inner = format!("{path}{dot}{key}");
        if is_object && matches!(key, "apiVersion" | "kind" | "metadata") {
            if key == "metadata" && !path.is_empty() {
                prune_metadata(value, &inner, unknown);
            }
            return true;
        }
        match (schema.properties.get(key), &schema.additional) {
            (Some(of), _) => prune_value(of, value, &inner, unknown),
            (None, Additional::Of(of)) => prune_value(of, value, &inner, unknown),
            (None, Additional::Any(true)) => {}
            (None, _) if schema.keeps_unknown => {}
            (None, _) => {
                unknown.push(inner);
                return false;
            }
        }
        true
    });
}

/// Fields of `ObjectMeta`.
const METADATA: [&str; 15] = [
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
];

/// Of an embedded object.
fn prune_metadata(metadata: &mut Value, path: &str, unknown: &mut Vec<String>) {
    if let Value::Object(map) = metadata {
        map.retain(|key, _| {
            let is_known = METADATA.contains(&key);
            if !is_known {
                unknown.push(format!("{path}.{key}"));
            }
            is_known
        });
    }
}
