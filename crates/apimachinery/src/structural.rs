//! Structural schemas of custom resources (OpenAPI v3 in a CustomResourceDefinition): reading, pruning, defaulting,
//! validation, and the type that patches and field ownership work on.
//!
//! Objects are trees as the client sent them, not normalised below `metadata`. CEL rules are read, not evaluated.

mod defaults;
mod formats;
mod ownership;
mod prune;
mod sizes;
mod validate;

use std::collections::BTreeMap;

use regex::Regex;

use crate::value::Value;

pub use ownership::{custom_object, ownership};
pub use sizes::REQUEST_BYTES_MAX;

/// Depth of a schema; deeper ones are cut off there and accept anything.
pub const SCHEMA_DEPTH_MAX: usize = 64;

/// One node of a schema.
#[derive(Clone, Debug, Default)]
pub struct Structural {
    /// `type`; empty when it is not said.
    pub ty: String,
    /// `format`
    pub format: String,
    /// `nullable`
    pub is_nullable: bool,
    /// `x-kubernetes-preserve-unknown-fields`
    pub keeps_unknown: bool,
    /// `x-kubernetes-embedded-resource`
    pub is_embedded: bool,
    /// `x-kubernetes-int-or-string`
    pub is_int_or_string: bool,
    /// `x-kubernetes-list-type`; empty: atomic.
    pub list_type: String,
    /// `x-kubernetes-list-map-keys`
    pub list_keys: Vec<String>,
    /// `x-kubernetes-map-type` is `atomic`.
    pub is_atomic: bool,
    /// `properties`
    pub properties: BTreeMap<String, Structural>,
    /// `additionalProperties`
    pub additional: Additional,
    /// `items`
    pub items: Option<Box<Structural>>,
    /// `default`; null when there is none.
    pub default: Value,
    /// What values must be.
    pub rules: Rules,
    /// `x-kubernetes-validations`
    pub validations: Vec<Validation>,
}

/// One of `x-kubernetes-validations`.
#[derive(Clone, Debug, Default)]
pub struct Validation {
    /// `rule`
    pub rule: String,
    /// `message`
    pub message: String,
    /// `messageExpression`
    pub message_expression: String,
    /// `reason`; empty: `FieldValueInvalid`.
    pub reason: String,
    /// `fieldPath`
    pub field_path: String,
    /// `optionalOldSelf`
    pub has_optional_old: bool,
}

/// What is allowed beside `properties`.
#[derive(Clone, Debug, Default)]
pub enum Additional {
    /// Not said.
    #[default]
    Unset,
    /// Anything, or nothing.
    Any(bool),
    /// Values of this schema.
    Of(Box<Structural>),
}

/// Value validations of a node.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    required: Vec<String>,
    one_of_values: Vec<Value>,
    minimum: Option<(f64, bool)>,
    maximum: Option<(f64, bool)>,
    multiple_of: Option<f64>,
    min_length: Option<i64>,
    max_length: Option<i64>,
    min_items: Option<i64>,
    max_items: Option<i64>,
    min_properties: Option<i64>,
    max_properties: Option<i64>,
    has_unique_items: bool,
    pattern: Option<Regex>,
    all_of: Vec<Structural>,
    any_of: Vec<Structural>,
    one_of: Vec<Structural>,
    not: Option<Box<Structural>>,
}

impl Structural {
    /// From a normalised `openAPIV3Schema`. A pattern that is no regular expression is left out: whoever accepts
    /// schemas checks patterns first, see [`pattern_error`].
    pub fn parse(schema: &Value) -> Structural {
        parse(schema, 0)
    }

    fn is_list_of(&self, list_type: &str) -> bool {
        self.list_type == list_type
    }
}

/// Why a text is no pattern.
pub fn pattern_error(pattern: &str) -> Option<String> {
    Regex::new(pattern).err().map(|error| error.to_string())
}

fn parse(schema: &Value, depth: usize) -> Structural {
    if depth > SCHEMA_DEPTH_MAX {
        return Structural { keeps_unknown: true, ..Structural::default() };
    }
    let text = |key: &str| schema.str_at(&[key]).to_owned();
    let child = |value: &Value| parse(value, depth + 1);
    let texts = |key: &str| schema.items_at(&[key]).iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let properties = schema.field("properties").as_object().into_iter().flat_map(|map| map.iter());
    Structural {
        ty: text("type"),
        format: text("format"),
        is_nullable: schema.bool_at(&["nullable"]),
        keeps_unknown: schema.bool_at(&["x-kubernetes-preserve-unknown-fields"]),
        is_embedded: schema.bool_at(&["x-kubernetes-embedded-resource"]),
        is_int_or_string: schema.bool_at(&["x-kubernetes-int-or-string"]),
        list_type: text("x-kubernetes-list-type"),
        list_keys: texts("x-kubernetes-list-map-keys"),
        is_atomic: schema.str_at(&["x-kubernetes-map-type"]) == "atomic",
        properties: properties.map(|(key, value)| (key.to_owned(), child(value))).collect(),
        additional: match schema.field("additionalProperties") {
            Value::Bool(any) => Additional::Any(*any),
            of @ Value::Object(_) => Additional::Of(Box::new(child(of))),
            _ => Additional::Unset,
        },
        items: match schema.field("items") {
            of @ Value::Object(_) => Some(Box::new(child(of))),
            _ => None,
        },
        default: schema.field("default").clone(),
        rules: rules(schema, depth),
        validations: schema.items_at(&["x-kubernetes-validations"]).iter().map(validation).collect(),
    }
}

fn validation(rule: &Value) -> Validation {
    let text = |key: &str| rule.str_at(&[key]).to_owned();
    Validation {
        rule: text("rule"),
        message: text("message"),
        message_expression: text("messageExpression"),
        reason: text("reason"),
        field_path: text("fieldPath"),
        has_optional_old: rule.bool_at(&["optionalOldSelf"]),
    }
}

fn rules(schema: &Value, depth: usize) -> Rules {
    let number = |key: &str| match schema.field(key) {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    };
    let count = |key: &str| schema.i64_at(&[key]);
    let all = |key: &str| schema.items_at(&[key]).iter().map(|it| parse(it, depth + 1)).collect();
    Rules {
        required: schema.items_at(&["required"]).iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        one_of_values: schema.items_at(&["enum"]).to_vec(),
        minimum: number("minimum").map(|bound| (bound, schema.bool_at(&["exclusiveMinimum"]))),
        maximum: number("maximum").map(|bound| (bound, schema.bool_at(&["exclusiveMaximum"]))),
        multiple_of: number("multipleOf"),
        min_length: count("minLength"),
        max_length: count("maxLength"),
        min_items: count("minItems"),
        max_items: count("maxItems"),
        min_properties: count("minProperties"),
        max_properties: count("maxProperties"),
        has_unique_items: schema.bool_at(&["uniqueItems"]),
        pattern: schema.field("pattern").as_str().filter(|it| !it.is_empty()).and_then(|it| Regex::new(it).ok()),
        all_of: all("allOf"),
        any_of: all("anyOf"),
        one_of: all("oneOf"),
        not: match schema.field("not") {
            of @ Value::Object(_) => Some(Box::new(parse(of, depth + 1))),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests;
