//! Built-in types that documents of custom resources refer to: `ObjectMeta`, `Status`, `Scale`, ...

use serde_json::{Map, Value};

use super::descriptions::Descriptions;
use super::{documents, parse, reachable};

/// A document that has all of them.
const WITH_SHARED_TYPES: &str = "apis/apps/v1";

/// Adds the types that a v3 document refers to and does not have.
pub(super) fn add(document: &mut Value) {
    let mut all = parse(documents::packed(WITH_SHARED_TYPES));
    let Some(Value::Object(shared)) = all.pointer_mut("/components/schemas") else { return };
    let mut added = Map::new();
    while let Some((name, schema)) = next_missing(document, shared) {
        added.insert(name.clone(), schema.clone());
        document["components"]["schemas"][name] = schema;
    }
    Descriptions::collect().describe(&mut added);
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        schemas.extend(added);
    }
}

/// A type that is referred to and was not there; it is taken out of `shared`.
fn next_missing(document: &Value, shared: &mut Map<String, Value>) -> Option<(String, Value)> {
    let schemas = document.pointer("/components/schemas")?;
    let reached = reachable(document, &["components", "schemas"], "#/components/schemas/");
    let name = reached.into_iter().find(|name| schemas.get(name).is_none() && shared.contains_key(name))?;
    shared.remove_entry(&name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_that_are_referred_to_come_along_with_theirs() {
        const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";
        let reference = json!({"$ref": format!("#/components/schemas/{META}.ObjectMeta")});
        let mut document = json!({
            "paths": {"/w": {"get": {"schema": {"$ref": "#/components/schemas/W"}}}},
            "components": {"schemas": {"W": {"properties": {"metadata": {"allOf": [reference]}}}}}
        });
        add(&mut document);
        let schemas = document["components"]["schemas"].as_object().expect("schemas");
        let mut names: Vec<&str> = schemas.keys().filter_map(|name| name.rsplit('.').next()).collect();
        names.sort_unstable();
        assert_eq!(names, ["FieldsV1", "ManagedFieldsEntry", "ObjectMeta", "OwnerReference", "Time", "W"]);
        let created = &schemas[&format!("{META}.ObjectMeta")]["properties"]["creationTimestamp"];
        assert!(created["description"].as_str().is_some_and(|text| text.starts_with("CreationTimestamp is")));
    }
}
