//! Messages of `openapi.v3`: those that a Kubernetes document has.

use serde_json::Value;

use super::Shape::{
    Any, AnyList, Double, Flag, Integer, Messages, Nothing, OneOf, OneOfs, Text, TextArray, Texts, Wrapped,
};
use super::{Message, Shape, reference_or};

/// The whole document.
pub static DOCUMENT: Message = Message::of(
    &[
        ("openapi", 1, Text),
        ("info", 2, Shape::Message(&INFO)),
        ("servers", 3, Messages(&SERVER)),
        ("paths", 4, Shape::Message(&PATHS)),
        ("components", 5, Shape::Message(&COMPONENTS)),
        ("security", 6, Messages(&SECURITY_REQUIREMENT)),
        ("tags", 7, Messages(&TAG)),
        ("externalDocs", 8, Shape::Message(&EXTERNAL_DOCS)),
    ],
    9,
);

static INFO: Message = Message::of(
    &[
        ("title", 1, Text),
        ("description", 2, Text),
        ("termsOfService", 3, Text),
        ("version", 6, Text),
        ("summary", 8, Text),
    ],
    7,
);
static SERVER: Message = Message::of(&[("url", 1, Text), ("description", 2, Text)], 4);
static TAG: Message =
    Message::of(&[("name", 1, Text), ("description", 2, Text), ("externalDocs", 3, Shape::Message(&EXTERNAL_DOCS))], 4);
static EXTERNAL_DOCS: Message = Message::of(&[("description", 1, Text), ("url", 2, Text)], 3);
static PATHS: Message = Message { fields: &[], entries: 1, entry: Shape::Message(&PATH_ITEM), extensions: 2 };
static SECURITY_REQUIREMENT: Message = Message::map(1, TextArray);
static COMPONENTS: Message = Message::of(
    &[
        ("schemas", 1, Shape::Message(&SCHEMAS)),
        ("responses", 2, Shape::Message(&RESPONSE_MAP)),
        ("parameters", 3, Shape::Message(&PARAMETER_MAP)),
        ("requestBodies", 5, Shape::Message(&REQUEST_BODIES)),
        ("securitySchemes", 7, Shape::Message(&SECURITY_SCHEMES)),
    ],
    10,
);
static SCHEMAS: Message = Message::map(1, OneOf(schema));
static RESPONSE_MAP: Message = Message::map(1, OneOf(response));
static PARAMETER_MAP: Message = Message::map(1, OneOf(parameter));
static REQUEST_BODIES: Message = Message::map(1, OneOf(request_body));
static SECURITY_SCHEMES: Message = Message::map(1, OneOf(security_scheme));
static SECURITY_SCHEME: Message = Message::of(
    &[
        ("type", 1, Text),
        ("description", 2, Text),
        ("name", 3, Text),
        ("in", 4, Text),
        ("scheme", 5, Text),
        ("bearerFormat", 6, Text),
        ("openIdConnectUrl", 8, Text),
    ],
    9,
);

static PATH_ITEM: Message = Message::of(
    &[
        ("$ref", 1, Text),
        ("summary", 2, Text),
        ("description", 3, Text),
        ("get", 4, Shape::Message(&OPERATION)),
        ("put", 5, Shape::Message(&OPERATION)),
        ("post", 6, Shape::Message(&OPERATION)),
        ("delete", 7, Shape::Message(&OPERATION)),
        ("options", 8, Shape::Message(&OPERATION)),
        ("head", 9, Shape::Message(&OPERATION)),
        ("patch", 10, Shape::Message(&OPERATION)),
        ("trace", 11, Shape::Message(&OPERATION)),
        ("servers", 12, Messages(&SERVER)),
        ("parameters", 13, OneOfs(parameter)),
    ],
    14,
);
static OPERATION: Message = Message::of(
    &[
        ("tags", 1, Texts),
        ("summary", 2, Text),
        ("description", 3, Text),
        ("externalDocs", 4, Shape::Message(&EXTERNAL_DOCS)),
        ("operationId", 5, Text),
        ("parameters", 6, OneOfs(parameter)),
        ("requestBody", 7, OneOf(request_body)),
        ("responses", 8, Shape::Message(&RESPONSES)),
        ("deprecated", 10, Flag),
        ("security", 11, Messages(&SECURITY_REQUIREMENT)),
        ("servers", 12, Messages(&SERVER)),
    ],
    13,
);
static RESPONSES: Message =
    Message { fields: &[("default", 1, OneOf(response))], entries: 2, entry: OneOf(response), extensions: 3 };
static RESPONSE: Message = Message::of(
    &[
        ("description", 1, Text),
        ("headers", 2, Nothing),
        ("content", 3, Shape::Message(&MEDIA_TYPES)),
        ("links", 4, Nothing),
    ],
    5,
);
static REQUEST_BODY: Message =
    Message::of(&[("description", 1, Text), ("content", 2, Shape::Message(&MEDIA_TYPES)), ("required", 3, Flag)], 4);
static MEDIA_TYPES: Message = Message::map(1, Shape::Message(&MEDIA_TYPE));
static MEDIA_TYPE: Message = Message::of(&[("schema", 1, OneOf(schema)), ("example", 2, Any)], 5);
static PARAMETER: Message = Message::of(
    &[
        ("name", 1, Text),
        ("in", 2, Text),
        ("description", 3, Text),
        ("required", 4, Flag),
        ("deprecated", 5, Flag),
        ("allowEmptyValue", 6, Flag),
        ("style", 7, Text),
        ("explode", 8, Flag),
        ("allowReserved", 9, Flag),
        ("schema", 10, OneOf(schema)),
        ("example", 11, Any),
        ("content", 13, Shape::Message(&MEDIA_TYPES)),
    ],
    14,
);
static REFERENCE: Message = Message::of(&[("$ref", 1, Text), ("summary", 2, Text), ("description", 3, Text)], 0);

/// A schema.
pub static SCHEMA: Message = Message::of(
    &[
        ("nullable", 1, Flag),
        ("readOnly", 3, Flag),
        ("writeOnly", 4, Flag),
        ("externalDocs", 6, Shape::Message(&EXTERNAL_DOCS)),
        ("example", 7, Any),
        ("deprecated", 8, Flag),
        ("title", 9, Text),
        ("multipleOf", 10, Double),
        ("maximum", 11, Double),
        ("exclusiveMaximum", 12, Flag),
        ("minimum", 13, Double),
        ("exclusiveMinimum", 14, Flag),
        ("maxLength", 15, Integer),
        ("minLength", 16, Integer),
        ("pattern", 17, Text),
        ("maxItems", 18, Integer),
        ("minItems", 19, Integer),
        ("uniqueItems", 20, Flag),
        ("maxProperties", 21, Integer),
        ("minProperties", 22, Integer),
        ("required", 23, Texts),
        ("enum", 24, AnyList),
        ("type", 25, Text),
        ("allOf", 26, OneOfs(schema)),
        ("oneOf", 27, OneOfs(schema)),
        ("anyOf", 28, OneOfs(schema)),
        ("not", 29, Shape::Message(&SCHEMA)),
        ("items", 30, Wrapped(&OneOf(schema))),
        ("properties", 31, Shape::Message(&SCHEMAS)),
        ("additionalProperties", 32, OneOf(additional_properties)),
        ("default", 33, OneOf(default)),
        ("description", 34, Text),
        ("format", 35, Text),
    ],
    36,
);

fn schema(value: &Value) -> (u32, Shape) {
    reference_or(value, (2, Shape::Message(&REFERENCE)), (1, Shape::Message(&SCHEMA)))
}

fn parameter(value: &Value) -> (u32, Shape) {
    reference_or(value, (2, Shape::Message(&REFERENCE)), (1, Shape::Message(&PARAMETER)))
}

fn request_body(value: &Value) -> (u32, Shape) {
    reference_or(value, (2, Shape::Message(&REFERENCE)), (1, Shape::Message(&REQUEST_BODY)))
}

fn response(value: &Value) -> (u32, Shape) {
    reference_or(value, (2, Shape::Message(&REFERENCE)), (1, Shape::Message(&RESPONSE)))
}

fn security_scheme(value: &Value) -> (u32, Shape) {
    reference_or(value, (2, Shape::Message(&REFERENCE)), (1, Shape::Message(&SECURITY_SCHEME)))
}

fn additional_properties(value: &Value) -> (u32, Shape) {
    if value.is_boolean() { (2, Flag) } else { (1, OneOf(schema)) }
}

/// Only scalars have a form; others become an empty message.
fn default(value: &Value) -> (u32, Shape) {
    match value {
        Value::Number(_) => (1, Double),
        Value::Bool(_) => (2, Flag),
        Value::String(_) => (3, Text),
        _ => (0, Nothing),
    }
}
