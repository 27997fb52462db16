//! Messages of `openapi.v2`: those that a Kubernetes document has.

use serde_json::Value;

use super::Shape::{
    Any, AnyList, Double, Flag, Integer, Messages, Nothing, OneOf, OneOfs, Text, TextArray, Texts, Wrapped,
};
use super::{Message, Shape, reference_or};

/// The whole document.
pub static DOCUMENT: Message = Message::of(
    &[
        ("swagger", 1, Text),
        ("info", 2, Shape::Message(&INFO)),
        ("host", 3, Text),
        ("basePath", 4, Text),
        ("schemes", 5, Texts),
        ("consumes", 6, Texts),
        ("produces", 7, Texts),
        ("paths", 8, Shape::Message(&PATHS)),
        ("definitions", 9, Shape::Message(&SCHEMAS)),
        ("parameters", 10, Shape::Message(&PARAMETERS)),
        ("responses", 11, Shape::Message(&RESPONSE_DEFINITIONS)),
        ("security", 12, Messages(&SECURITY_REQUIREMENT)),
        ("securityDefinitions", 13, Shape::Message(&SECURITY_DEFINITIONS)),
        ("tags", 14, Messages(&TAG)),
        ("externalDocs", 15, Shape::Message(&EXTERNAL_DOCS)),
    ],
    16,
);

static INFO: Message =
    Message::of(&[("title", 1, Text), ("version", 2, Text), ("description", 3, Text), ("termsOfService", 4, Text)], 7);
static TAG: Message =
    Message::of(&[("name", 1, Text), ("description", 2, Text), ("externalDocs", 3, Shape::Message(&EXTERNAL_DOCS))], 4);
static EXTERNAL_DOCS: Message = Message::of(&[("description", 1, Text), ("url", 2, Text)], 3);
static PATHS: Message = Message { fields: &[], entries: 2, entry: Shape::Message(&PATH_ITEM), extensions: 1 };
static SCHEMAS: Message = Message::map(1, Shape::Message(&SCHEMA));
static PARAMETERS: Message = Message::map(1, OneOf(parameter));
static RESPONSE_DEFINITIONS: Message = Message::map(1, Shape::Message(&RESPONSE));
static SECURITY_REQUIREMENT: Message = Message::map(1, TextArray);
static SECURITY_DEFINITIONS: Message = Message::map(1, OneOf(security_definition));
static BASIC_SECURITY: Message = Message::of(&[("type", 1, Text), ("description", 2, Text)], 3);
static API_KEY_SECURITY: Message =
    Message::of(&[("type", 1, Text), ("name", 2, Text), ("in", 3, Text), ("description", 4, Text)], 5);

static PATH_ITEM: Message = Message::of(
    &[
        ("$ref", 1, Text),
        ("get", 2, Shape::Message(&OPERATION)),
        ("put", 3, Shape::Message(&OPERATION)),
        ("post", 4, Shape::Message(&OPERATION)),
        ("delete", 5, Shape::Message(&OPERATION)),
        ("options", 6, Shape::Message(&OPERATION)),
        ("head", 7, Shape::Message(&OPERATION)),
        ("patch", 8, Shape::Message(&OPERATION)),
        ("parameters", 9, OneOfs(parameter_item)),
    ],
    10,
);

/// An operation.
pub static OPERATION: Message = Message::of(
    &[
        ("tags", 1, Texts),
        ("summary", 2, Text),
        ("description", 3, Text),
        ("externalDocs", 4, Shape::Message(&EXTERNAL_DOCS)),
        ("operationId", 5, Text),
        ("produces", 6, Texts),
        ("consumes", 7, Texts),
        ("parameters", 8, OneOfs(parameter_item)),
        ("responses", 9, Shape::Message(&RESPONSES)),
        ("schemes", 10, Texts),
        ("deprecated", 11, Flag),
        ("security", 12, Messages(&SECURITY_REQUIREMENT)),
    ],
    13,
);

static RESPONSES: Message = Message { fields: &[], entries: 1, entry: OneOf(response_value), extensions: 2 };
static RESPONSE: Message = Message::of(
    &[
        ("description", 1, Text),
        ("schema", 2, OneOf(response_schema)),
        ("headers", 3, Nothing),
        ("examples", 4, Nothing),
    ],
    5,
);
static JSON_REFERENCE: Message = Message::of(&[("$ref", 1, Text), ("description", 2, Text)], 0);
static BODY_PARAMETER: Message = Message::of(
    &[
        ("description", 1, Text),
        ("name", 2, Text),
        ("in", 3, Text),
        ("required", 4, Flag),
        ("schema", 5, Shape::Message(&SCHEMA)),
    ],
    6,
);

/// Parameters of headers and paths; those of queries and forms have one field more, before the type.
static PLAIN_PARAMETER: Message = Message::of(
    &[
        ("required", 1, Flag),
        ("in", 2, Text),
        ("description", 3, Text),
        ("name", 4, Text),
        ("type", 5, Text),
        ("format", 6, Text),
        ("default", 9, Any),
        ("maximum", 10, Double),
        ("minimum", 12, Double),
        ("maxLength", 14, Integer),
        ("minLength", 15, Integer),
        ("pattern", 16, Text),
        ("uniqueItems", 19, Flag),
        ("enum", 20, AnyList),
    ],
    22,
);
static EMPTIABLE_PARAMETER: Message = Message::of(
    &[
        ("required", 1, Flag),
        ("in", 2, Text),
        ("description", 3, Text),
        ("name", 4, Text),
        ("allowEmptyValue", 5, Flag),
        ("type", 6, Text),
        ("format", 7, Text),
        ("default", 10, Any),
        ("maximum", 11, Double),
        ("minimum", 13, Double),
        ("maxLength", 15, Integer),
        ("minLength", 16, Integer),
        ("pattern", 17, Text),
        ("uniqueItems", 20, Flag),
        ("enum", 21, AnyList),
    ],
    23,
);

/// A schema.
pub static SCHEMA: Message = Message::of(
    &[
        ("$ref", 1, Text),
        ("format", 2, Text),
        ("title", 3, Text),
        ("description", 4, Text),
        ("default", 5, Any),
        ("multipleOf", 6, Double),
        ("maximum", 7, Double),
        ("exclusiveMaximum", 8, Flag),
        ("minimum", 9, Double),
        ("exclusiveMinimum", 10, Flag),
        ("maxLength", 11, Integer),
        ("minLength", 12, Integer),
        ("pattern", 13, Text),
        ("maxItems", 14, Integer),
        ("minItems", 15, Integer),
        ("uniqueItems", 16, Flag),
        ("maxProperties", 17, Integer),
        ("minProperties", 18, Integer),
        ("required", 19, Texts),
        ("enum", 20, AnyList),
        ("additionalProperties", 21, OneOf(additional_properties)),
        ("type", 22, TextArray),
        ("items", 23, Wrapped(&Messages(&SCHEMA))),
        ("allOf", 24, Messages(&SCHEMA)),
        ("properties", 25, Shape::Message(&SCHEMAS)),
        ("discriminator", 26, Text),
        ("readOnly", 27, Flag),
        ("externalDocs", 29, Shape::Message(&EXTERNAL_DOCS)),
        ("example", 30, Any),
    ],
    31,
);

fn additional_properties(value: &Value) -> (u32, Shape) {
    if value.is_boolean() { (2, Flag) } else { (1, Shape::Message(&SCHEMA)) }
}

fn parameter_item(value: &Value) -> (u32, Shape) {
    reference_or(value, (2, Shape::Message(&JSON_REFERENCE)), (1, OneOf(parameter)))
}

fn parameter(value: &Value) -> (u32, Shape) {
    match value.get("in").and_then(Value::as_str) {
        Some("body") => (1, Shape::Message(&BODY_PARAMETER)),
        _ => (2, OneOf(non_body_parameter)),
    }
}

fn non_body_parameter(value: &Value) -> (u32, Shape) {
    match value.get("in").and_then(Value::as_str) {
        Some("header") => (1, Shape::Message(&PLAIN_PARAMETER)),
        Some("formData") => (2, Shape::Message(&EMPTIABLE_PARAMETER)),
        Some("query") => (3, Shape::Message(&EMPTIABLE_PARAMETER)),
        _ => (4, Shape::Message(&PLAIN_PARAMETER)),
    }
}

fn response_value(value: &Value) -> (u32, Shape) {
    reference_or(value, (2, Shape::Message(&JSON_REFERENCE)), (1, Shape::Message(&RESPONSE)))
}

/// A file has a schema of its own, which no Kubernetes document uses.
fn response_schema(_: &Value) -> (u32, Shape) {
    (1, Shape::Message(&SCHEMA))
}

fn security_definition(value: &Value) -> (u32, Shape) {
    match value.get("type").and_then(Value::as_str) {
        Some("basic") => (1, Shape::Message(&BASIC_SECURITY)),
        _ => (2, Shape::Message(&API_KEY_SECURITY)),
    }
}
