//! What a version's schema must be: structural, with readable patterns and defaults that fit.

use apimachinery::field_error::{FieldError, FieldPath};
use apimachinery::structural::{self, SCHEMA_DEPTH_MAX, Structural};
use apimachinery::value::Value;

use super::expression_rules;

/// Types that a node can have.
const TYPES: &[&str] = &["array", "boolean", "integer", "number", "object", "string"];

/// Keywords that only structure a value; not allowed in the branches of a combination.
const STRUCTURE: &[&str] = &[
    "description",
    "type",
    "default",
    "additionalProperties",
    "nullable",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
];

/// Checks the schema of one of `spec.versions`.
pub(super) fn validate(version: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let path = path.child("schema").child("openAPIV3Schema");
    let schema = version.at(&["schema", "openAPIV3Schema"]);
    if schema.as_object().is_none() {
        return errors.push(FieldError::required(&path, "schemas are required"));
    }
    match schema.str_at(&["type"]) {
        "object" => {}
        "" => errors.push(FieldError::required(&path.child("type"), "must not be empty at the root")),
        other => errors.push(FieldError::invalid(&path.child("type"), other, "must be object at the root")),
    }
    let before = errors.len();
    node(schema, &path, "at the root", 0, errors);
    // What expressions see of a faulty schema would only add faults that go with it.
    if errors.len() == before {
        expression_rules::validate(&Structural::parse(schema), &path, errors);
    }
}

fn node(schema: &Value, path: &FieldPath, place: &str, depth: usize, errors: &mut Vec<FieldError>) {
    if depth > SCHEMA_DEPTH_MAX {
        return errors.push(FieldError::forbidden(path, format!("is nested deeper than {SCHEMA_DEPTH_MAX}")));
    }
    node_type(schema, path, place, depth, errors);
    lists(schema, path, errors);
    values(schema, path, errors);
    expression_rules::validate_texts(schema, path, errors);
    if let Some(properties) = schema.field("properties").as_object() {
        if schema.field("additionalProperties").as_object().is_some() {
            let text = "additionalProperties and properties are mutual exclusive";
            errors.push(FieldError::forbidden(&path.child("additionalProperties"), text));
        }
        for (key, of) in properties.iter() {
            node(of, &path.child("properties").key(key), "for specified object fields", depth + 1, errors);
        }
    }
    if let of @ Value::Object(_) = schema.field("additionalProperties") {
        node(of, &path.child("additionalProperties"), "for specified object fields", depth + 1, errors);
    }
    if let of @ Value::Object(_) = schema.field("items") {
        node(of, &path.child("items"), "for specified array items", depth + 1, errors);
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        for (at, of) in schema.items_at(&[key]).iter().enumerate() {
            branch(of, schema, &path.child(key).index(at), errors);
        }
    }
    if let of @ Value::Object(_) = schema.field("not") {
        branch(of, schema, &path.child("not"), errors);
    }
    default(schema, path, errors);
}

fn node_type(schema: &Value, path: &FieldPath, place: &str, depth: usize, errors: &mut Vec<FieldError>) {
    let ty = schema.str_at(&["type"]);
    let is_free =
        schema.bool_at(&["x-kubernetes-int-or-string"]) || schema.bool_at(&["x-kubernetes-preserve-unknown-fields"]);
    if ty.is_empty() && !is_free && depth > 0 {
        errors.push(FieldError::required(&path.child("type"), &format!("must not be empty {place}")));
    }
    if !ty.is_empty() && !TYPES.contains(&ty) {
        errors.push(FieldError::not_supported(&path.child("type"), ty, TYPES));
    }
    if ty == "array" && schema.field("items").as_object().is_none() {
        errors.push(FieldError::required(&path.child("items"), "must be specified"));
    }
    if schema.bool_at(&["x-kubernetes-embedded-resource"]) && ty != "object" {
        let text = "must be object if x-kubernetes-embedded-resource is true";
        errors.push(FieldError::invalid(&path.child("type"), ty, text));
    }
    if schema.bool_at(&["uniqueItems"]) {
        let text = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        errors.push(FieldError::forbidden(&path.child("uniqueItems"), text));
    }
    if schema.field("x-kubernetes-preserve-unknown-fields") == &Value::Bool(false) {
        let text = "must be true or undefined";
        errors.push(FieldError::invalid(&path.child("x-kubernetes-preserve-unknown-fields"), false, text));
    }
    for key in ["$ref", "definitions", "dependencies", "patternProperties", "additionalItems", "id"] {
        let value = schema.field(key);
        if !value.is_null() && value.as_str() != Some("") {
            errors.push(FieldError::forbidden(&path.child(key), format!("{key} is not supported")));
        }
    }
}

fn lists(schema: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let list_type = schema.str_at(&["x-kubernetes-list-type"]);
    let keys = schema.items_at(&["x-kubernetes-list-map-keys"]);
    let path = path.child("x-kubernetes-list-type");
    match list_type {
        "" | "atomic" | "set" => {}
        "map" if keys.is_empty() => {
            let keys_path = FieldPath::new(&path.as_str().replace("list-type", "list-map-keys"));
            errors.push(FieldError::required(&keys_path, "must not be empty if x-kubernetes-list-type is map"));
        }
        "map" => {}
        other => errors.push(FieldError::not_supported(&path, other, &["atomic", "map", "set"])),
    }
    if !list_type.is_empty() && schema.str_at(&["type"]) != "array" {
        let text = "must be array if x-kubernetes-list-type is specified";
        let ty_path = FieldPath::new(&path.as_str().replace("x-kubernetes-list-type", "type"));
        errors.push(FieldError::invalid(&ty_path, schema.str_at(&["type"]), text));
    }
}

fn values(schema: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let pattern = schema.str_at(&["pattern"]);
    if let Some(cause) = structural::pattern_error(pattern) {
        let text = format!("must be a valid regular expression, but isn't: {cause}");
        errors.push(FieldError::invalid(&path.child("pattern"), pattern, text));
    }
    for key in ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"] {
        if let Some(count) = schema.i64_at(&[key]).filter(|it| *it < 0) {
            errors.push(FieldError::invalid(&path.child(key), count, "must be greater than or equal to 0"));
        }
    }
}

/// Branches of combinations check values only, and of fields that the structure names.
fn branch(of: &Value, structure: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let is_int_or_string = structure.bool_at(&["x-kubernetes-int-or-string"]);
    for key in STRUCTURE {
        let value = of.field(key);
        let is_said = !value.is_null() && value.as_str() != Some("") && value.as_bool() != Some(false);
        if is_said && !(is_int_or_string && *key == "type") {
            errors.push(FieldError::forbidden(&path.child(key), "must be empty to be structural"));
        }
    }
    let none = Value::Null;
    for (key, inner) in of.field("properties").as_object().into_iter().flat_map(|map| map.iter()) {
        let named = structure.field("properties").field(key);
        let is_open = structure.bool_at(&["x-kubernetes-preserve-unknown-fields"]);
        if named.is_null() && !is_open && structure.field("additionalProperties").is_null() {
            let text = format!("must not be specified, {:?} is not in the structure", key);
            errors.push(FieldError::required(&path.child("properties").key(key), &text));
        }
        branch(inner, if named.is_null() { &none } else { named }, &path.child("properties").key(key), errors);
    }
}

/// A default is pruned and valid.
fn default(schema: &Value, path: &FieldPath, errors: &mut Vec<FieldError>) {
    let default = schema.field("default");
    if default.is_null() {
        return;
    }
    let mut found = Vec::new();
    Structural::parse(schema).validate(default, &mut found);
    let path = path.child("default");
    for error in found {
        let inner = error.path.as_str();
        let at = if inner.is_empty() { path.clone() } else { path.child(inner) };
        errors.push(FieldError { path: at, ..error });
    }
}
