//! Value validation, with the texts of upstream's OpenAPI validator.

use super::{Additional, Structural, formats};
use crate::field_error::{FieldError, FieldPath};
use crate::json;
use crate::value::{Map, Value};

/// Errors that one object reports.
const ERRORS_MAX: usize = 200;

impl Structural {
    /// Checks a whole custom object; `metadata` is checked elsewhere.
    pub fn validate(&self, object: &Value, errors: &mut Vec<FieldError>) {
        check(self, object, "", errors);
    }

    fn accepts(&self, value: &Value, path: &str) -> bool {
        let mut errors = Vec::new();
        check(self, value, path, &mut errors);
        errors.is_empty()
    }
}

fn path_of(path: &str) -> FieldPath {
    FieldPath::new(if path.is_empty() { "" } else { path })
}

fn invalid(path: &str, value: &Value, text: String, errors: &mut Vec<FieldError>) {
    if errors.len() < ERRORS_MAX {
        errors.push(FieldError::invalid(&path_of(path), value, text));
    }
}

fn check(schema: &Structural, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    if errors.len() >= ERRORS_MAX || (value.is_null() && schema.is_nullable) {
        return;
    }
    if !check_type(schema, value, path, errors) {
        return;
    }
    check_enum(schema, value, path, errors);
    match value {
        Value::String(text) => check_text(schema, value, text, path, errors),
        Value::Int(number) => check_number(schema, value, *number as f64, path, errors),
        Value::Float(number) => check_number(schema, value, *number, path, errors),
        Value::Array(items) => check_list(schema, value, items, path, errors),
        Value::Object(map) => check_map(schema, value, map, path, errors),
        _ => {}
    }
    check_combinations(schema, value, path, errors);
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) => "integer",
        Value::Float(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn check_type(schema: &Structural, value: &Value, path: &str, errors: &mut Vec<FieldError>) -> bool {
    let found = type_name(value);
    let (fits, wanted) = match (schema.is_int_or_string, schema.ty.as_str()) {
        (true, _) => (matches!(found, "integer" | "string"), "integer,string"),
        (_, "") => (true, ""),
        (_, "number") => (matches!(found, "integer" | "number"), "number"),
        (_, "integer") => {
            let is_whole = matches!(value, Value::Float(number) if number.fract() == 0.0);
            (found == "integer" || is_whole, "integer")
        }
        (_, wanted) => (found == wanted, wanted),
    };
    if !fits {
        let text = match path {
            "" => format!("must be of type {wanted}: {found:?}"),
            path => format!("{path} in body must be of type {wanted}: {found:?}"),
        };
        errors.push(FieldError::type_invalid(&path_of(path), found, text));
    }
    fits
}

fn check_enum(schema: &Structural, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let allowed = &schema.rules.one_of_values;
    if allowed.is_empty() || allowed.contains(value) {
        return;
    }
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => String::from_utf8_lossy(&json::to_vec(other)).into_owned(),
    };
    let allowed: Vec<String> = allowed.iter().map(text).collect();
    let allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
    errors.push(FieldError::not_supported(&path_of(path), value, &allowed));
}

fn check_text(schema: &Structural, value: &Value, text: &str, path: &str, errors: &mut Vec<FieldError>) {
    let rules = &schema.rules;
    let characters = text.chars().count() as i64;
    if let Some(max) = rules.max_length.filter(|max| characters > *max) {
        errors.push(FieldError::too_long(&path_of(path), max.max(0) as usize));
    }
    if let Some(min) = rules.min_length.filter(|min| characters < *min) {
        invalid(path, value, format!("{path} in body should be at least {min} chars long"), errors);
    }
    if let Some(pattern) = rules.pattern.as_ref().filter(|it| !it.is_match(text)) {
        invalid(path, value, format!("{path} in body should match '{pattern}'"), errors);
    }
    if !formats::matches(&schema.format, text) {
        let text = format!("{path} in body must be of type {}: {text:?}", schema.format);
        errors.push(FieldError::type_invalid(&path_of(path), value, text));
    }
}

fn check_number(schema: &Structural, value: &Value, number: f64, path: &str, errors: &mut Vec<FieldError>) {
    let rules = &schema.rules;
    if let Some((max, is_exclusive)) = rules.maximum
        && (number > max || is_exclusive && number == max)
    {
        let or_equal = if is_exclusive { "" } else { " or equal to" };
        invalid(path, value, format!("{path} in body should be less than{or_equal} {max}"), errors);
    }
    if let Some((min, is_exclusive)) = rules.minimum
        && (number < min || is_exclusive && number == min)
    {
        let or_equal = if is_exclusive { "" } else { " or equal to" };
        invalid(path, value, format!("{path} in body should be greater than{or_equal} {min}"), errors);
    }
    if let Some(factor) = rules.multiple_of.filter(|it| *it > 0.0 && (number / it).fract() != 0.0) {
        invalid(path, value, format!("{path} in body should be a multiple of {factor}"), errors);
    }
    let is_in_range = match schema.format.as_str() {
        "int32" => number >= f64::from(i32::MIN) && number <= f64::from(i32::MAX),
        _ => true,
    };
    if !is_in_range {
        let text = format!("{path} in body must be of type {}: {:?}", schema.format, type_name(value));
        errors.push(FieldError::type_invalid(&path_of(path), value, text));
    }
}

fn check_list(schema: &Structural, value: &Value, items: &[Value], path: &str, errors: &mut Vec<FieldError>) {
    let rules = &schema.rules;
    if let Some(max) = rules.max_items.filter(|max| items.len() as i64 > *max) {
        errors.push(FieldError::too_many(&path_of(path), items.len(), max.max(0) as usize));
    }
    if let Some(min) = rules.min_items.filter(|min| (items.len() as i64) < *min) {
        invalid(path, value, format!("{path} in body should have at least {min} items"), errors);
    }
    let has_doubles = || items.iter().enumerate().any(|(at, item)| items[..at].contains(item));
    if rules.has_unique_items && has_doubles() {
        invalid(path, value, format!("{path} in body shouldn't contain duplicates"), errors);
    }
    check_names(schema, items, path, errors);
    if let Some(of) = &schema.items {
        for (at, item) in items.iter().enumerate() {
            check(of, item, &format!("{path}[{at}]"), errors);
        }
    }
}

/// Items of sets and maps are unique.
fn check_names(schema: &Structural, items: &[Value], path: &str, errors: &mut Vec<FieldError>) {
    let name = |item: &Value| -> Value {
        match schema.is_list_of("map") {
            true => schema.list_keys.iter().map(|key| (key.clone(), item.field(key).clone())).collect(),
            false => item.clone(),
        }
    };
    if !schema.is_list_of("map") && !schema.is_list_of("set") {
        return;
    }
    let mut seen: Vec<Value> = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let name = name(item);
        if seen.contains(&name) && errors.len() < ERRORS_MAX {
            errors.push(FieldError::duplicate(&path_of(path).index(at), &name));
        }
        seen.push(name);
    }
}

fn check_map(schema: &Structural, value: &Value, map: &Map, path: &str, errors: &mut Vec<FieldError>) {
    let rules = &schema.rules;
    let child = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    if let Some(max) = rules.max_properties.filter(|max| map.len() as i64 > *max) {
        errors.push(FieldError::too_many(&path_of(path), map.len(), max.max(0) as usize));
    }
    if let Some(min) = rules.min_properties.filter(|min| (map.len() as i64) < *min) {
        invalid(path, value, format!("{path} in body should have at least {min} properties"), errors);
    }
    for key in rules.required.iter().filter(|key| !map.contains_key(key)) {
        errors.push(FieldError::required(&path_of(&child(key)), ""));
    }
    for (key, value) in map.iter() {
        if path.is_empty() && key == "metadata" {
            continue;
        }
        match (schema.properties.get(key), &schema.additional) {
            (Some(of), _) => check(of, value, &child(key), errors),
            (None, Additional::Of(of)) => check(of, value, &child(key), errors),
            _ => {}
        }
    }
}

fn check_combinations(schema: &Structural, value: &Value, path: &str, errors: &mut Vec<FieldError>) {
    let rules = &schema.rules;
    for of in &rules.all_of {
        check(of, value, path, errors);
    }
    let shown = Value::from("");
    let name = if path.is_empty() { "\"\"".to_owned() } else { format!("{path:?}") };
    if !rules.any_of.is_empty() && !rules.any_of.iter().any(|of| of.accepts(value, path)) {
        invalid(path, &shown, format!("{name} must validate at least one schema (anyOf)"), errors);
    }
    if !rules.one_of.is_empty() {
        let fitting = rules.one_of.iter().filter(|of| of.accepts(value, path)).count();
        if fitting != 1 {
            let found = if fitting == 0 {
                "Found none valid".to_owned()
            } else {
                format!("Found {fitting} valid alternatives")
            };
            let text = format!("{name} must validate one and only one schema (oneOf). {found}");
            invalid(path, &shown, text, errors);
        }
    }
    if rules.not.as_ref().is_some_and(|of| of.accepts(value, path)) {
        invalid(path, &shown, format!("{name} must not validate the schema (not)"), errors);
    }
}
