//! The v2 document of another server: the part of one group version, and the v3 document made of it for servers that
//! have none.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Paths and definitions.
pub(super) type Parts = (Map<String, Value>, Map<String, Value>);

const DEFINITIONS: &str = "#/definitions/";
const SCHEMAS: &str = "#/components/schemas/";

/// Starts of the names of definitions that every document has: this server's own are taken.
const SHARED: [&str; 2] = ["io.k8s.api.", "io.k8s.apimachinery."];

/// Media types of answers where a document names none.
const DEFAULT_TYPE: &str = "application/json";

/// The paths below `base` (`apis/GROUP/VERSION`), and the definitions that they need.
pub(super) fn of_group_version(document: &Value, base: &str) -> Parts {
    let (empty, start) = (Map::new(), format!("/{base}/"));
    let part = |key: &str| document.get(key).and_then(Value::as_object).unwrap_or(&empty);
    let is_below = |path: &str| format!("{}/", path.trim_end_matches('/')).starts_with(&start);
    let paths: Map<String, Value> = part("paths")
        .iter()
        .filter(|(path, _)| is_below(path))
        .map(|(path, item)| (path.clone(), item.clone()))
        .collect();
    let definitions = part("definitions");
    let mut needed = BTreeSet::new();
    let mut waiting: Vec<&Value> = paths.values().collect();
    while let Some(value) = waiting.pop() {
        for name in references(value) {
            if !needed.contains(name) {
                needed.insert(name.to_owned());
                waiting.extend(definitions.get(name));
            }
        }
    }
    let definitions = needed.into_iter().filter_map(|name| Some((name.clone(), definitions.get(&name)?.clone())));
    (paths, definitions.collect())
}

/// Without the definitions that this server has itself.
pub(super) fn own_definitions((paths, definitions): Parts) -> Parts {
    let is_shared = |name: &str| SHARED.iter().any(|start| name.starts_with(start));
    (paths, definitions.into_iter().filter(|(name, _)| !is_shared(name)).collect())
}

/// Names of the definitions that a value refers to.
fn references(value: &Value) -> Vec<&str> {
    let (mut found, mut waiting) = (Vec::new(), vec![value]);
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(items) => waiting.extend(items),
            Value::Object(fields) => {
                let name = fields.get("$ref").and_then(Value::as_str);
                found.extend(name.and_then(|name| name.strip_prefix(DEFINITIONS)));
                waiting.extend(fields.values());
            }
            _ => {}
        }
    }
    found
}

/// The v3 document of these parts.
pub(super) fn to_v3((paths, definitions): &Parts) -> Value {
    let paths: Map<String, Value> = paths.iter().map(|(path, item)| (path.clone(), path_item(item))).collect();
    let mut document = json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "unversioned"},
        "paths": paths,
        "components": {"schemas": definitions},
    });
    move_references(&mut document);
    document
}

fn move_references(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(move_references),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value.as_str().filter(|_| key == "$ref").and_then(|it| it.strip_prefix(DEFINITIONS)) {
                    Some(name) => *value = format!("{SCHEMAS}{name}").into(),
                    None => move_references(value),
                }
            }
        }
        _ => {}
    }
}

fn path_item(item: &Value) -> Value {
    let fields = item.as_object().into_iter().flatten().map(|(key, value)| {
        let value = match key.as_str() {
            "parameters" => parameters(value),
            "get" | "put" | "post" | "delete" | "patch" | "options" | "head" => operation(value),
            _ => value.clone(),
        };
        (key.clone(), value)
    });
    Value::Object(fields.collect())
}

fn operation(old: &Value) -> Value {
    let mut new = old.as_object().cloned().unwrap_or_default();
    let types = |key: &str| -> Vec<String> {
        let named = old.get(key).and_then(Value::as_array).into_iter().flatten();
        let named: Vec<String> = named.filter_map(Value::as_str).filter(|it| *it != "*/*").map(str::to_owned).collect();
        if named.is_empty() { vec![DEFAULT_TYPE.to_owned()] } else { named }
    };
    ["consumes", "produces", "schemes", "parameters"].iter().for_each(|key| drop(new.remove(*key)));
    let all = old.get("parameters").cloned().unwrap_or_default();
    if let Some(body) = all.as_array().into_iter().flatten().find(|it| it["in"] == "body") {
        new.insert("requestBody".into(), json!({"content": content(&types("consumes"), &body["schema"])}));
    }
    let rest = parameters(&all);
    if rest.as_array().is_some_and(|rest| !rest.is_empty()) {
        new.insert("parameters".into(), rest);
    }
    let responses = old.get("responses").and_then(Value::as_object).into_iter().flatten();
    let responses: Map<String, Value> =
        responses.map(|(code, response)| (code.clone(), new_response(response, &types("produces")))).collect();
    new.insert("responses".into(), responses.into());
    Value::Object(new)
}

fn new_response(old: &Value, types: &[String]) -> Value {
    let mut new = json!({"description": old.get("description").cloned().unwrap_or_else(|| "".into())});
    if let Some(schema) = old.get("schema") {
        new["content"] = content(types, schema);
    }
    new
}

fn content(types: &[String], schema: &Value) -> Value {
    Value::Object(types.iter().map(|media_type| (media_type.clone(), json!({"schema": schema}))).collect())
}

/// Parameters but the body, whose type has a place of its own now.
fn parameters(old: &Value) -> Value {
    const OF_SCHEMA: [&str; 5] = ["type", "format", "uniqueItems", "items", "enum"];
    let all = old.as_array().into_iter().flatten().filter(|it| it["in"] != "body");
    let all = all.map(|parameter| {
        let (mut new, mut schema) = (Map::new(), Map::new());
        for (key, value) in parameter.as_object().into_iter().flatten() {
            let place = if OF_SCHEMA.contains(&key.as_str()) { &mut schema } else { &mut new };
            place.insert(key.clone(), value.clone());
        }
        if !schema.is_empty() {
            new.insert("schema".into(), schema.into());
        }
        Value::Object(new)
    });
    all.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        json!({
            "paths": {
                "/apis/w.io/v1/": {"get": {"responses": {"401": {"description": "Unauthorized"}}}},
                "/apis/w.io/v1/flunders": {
                    "post": {
                        "consumes": ["*/*"],
                        "produces": ["application/json", "application/yaml"],
                        "parameters": [
                            {"name": "body", "in": "body", "schema": {"$ref": "#/definitions/io.w.Flunder"}},
                            {"name": "dryRun", "in": "query", "type": "string", "uniqueItems": true},
                        ],
                        "responses": {"200": {"description": "OK", "schema": {"$ref": "#/definitions/io.w.Flunder"}}},
                    },
                },
                "/apis/w.io/v1beta1/flunders": {"get": {}},
            },
            "definitions": {
                "io.w.Flunder": {"properties": {"metadata": {"$ref": "#/definitions/io.k8s.apimachinery.Meta"}}},
                "io.k8s.apimachinery.Meta": {"type": "object"},
                "io.w.Unused": {},
            },
        })
    }

    #[test]
    fn a_group_version_takes_its_paths_and_what_they_need() {
        let parts = of_group_version(&document(), "apis/w.io/v1");
        assert_eq!(parts.0.keys().collect::<Vec<_>>(), ["/apis/w.io/v1/", "/apis/w.io/v1/flunders"]);
        assert_eq!(parts.1.keys().collect::<Vec<_>>(), ["io.k8s.apimachinery.Meta", "io.w.Flunder"]);
        assert_eq!(own_definitions(parts).1.keys().collect::<Vec<_>>(), ["io.w.Flunder"]);
    }

    #[test]
    fn the_new_document_says_the_same() {
        let new = to_v3(&of_group_version(&document(), "apis/w.io/v1"));
        let schema = json!({"schema": {"$ref": "#/components/schemas/io.w.Flunder"}});
        assert_eq!(
            new["paths"]["/apis/w.io/v1/flunders"]["post"],
            json!({
                "requestBody": {"content": {"application/json": schema}},
                "parameters": [{"name": "dryRun", "in": "query", "schema": {"type": "string", "uniqueItems": true}}],
                "responses": {"200": {"description": "OK",
                    "content": {"application/json": schema, "application/yaml": schema}}},
            })
        );
        let metadata = &new["components"]["schemas"]["io.w.Flunder"]["properties"]["metadata"];
        assert_eq!(metadata["$ref"], "#/components/schemas/io.k8s.apimachinery.Meta");
    }
}
