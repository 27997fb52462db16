//! Types of objects from their schemas.

use std::collections::BTreeMap;
use std::sync::Arc;

use apimachinery::schema::{self, Struct};
use apimachinery::structural::{Additional, Structural};

use crate::types::{ObjectType, Type};

/// Words of the language that a field's name may be; expressions name the field `__word__`.
const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

/// A field's name as expressions write it; none where they cannot.
pub fn escape(name: &str) -> Option<String> {
    if RESERVED.contains(&name) {
        return Some(format!("__{name}__"));
    }
    let is_start = name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'/');
    if !is_start || !name.bytes().all(is_plain) {
        return None;
    }
    let escaped = name.replace("__", "__underscores__").replace('.', "__dot__");
    Some(escaped.replace('-', "__dash__").replace('/', "__slash__"))
}

/// The type of objects of a built-in type. Where it contains itself, anything may stand.
pub fn of_struct(ty: &Struct) -> Type {
    of_struct_within(ty, &mut Vec::new())
}

fn of_struct_within(ty: &Struct, around: &mut Vec<String>) -> Type {
    if around.iter().any(|name| *name == ty.name) {
        return Type::Dyn;
    }
    around.push(ty.name.to_string());
    let fields = ty.fields.iter().filter_map(|field| Some((escape(&field.name)?, of_type(&field.ty, around))));
    let fields: BTreeMap<String, Type> = fields.collect();
    around.pop();
    Type::Object(Arc::new(ObjectType { name: ty.name.to_string(), fields }))
}

fn of_type(ty: &schema::Type, around: &mut Vec<String>) -> Type {
    match ty {
        schema::Type::Bool => Type::Bool,
        schema::Type::Int32 | schema::Type::Int64 => Type::Int,
        schema::Type::Float64 => Type::Double,
        schema::Type::String | schema::Type::Duration => Type::String,
        schema::Type::Bytes => Type::Bytes,
        schema::Type::Time | schema::Type::MicroTime => Type::Timestamp,
        schema::Type::Struct(of) => of_struct_within(of, around),
        schema::Type::List(of) => Type::list(of_type(of, around)),
        schema::Type::Map(of) => Type::map(Type::String, of_type(of, around)),
        schema::Type::Quantity
        | schema::Type::IntOrString
        | schema::Type::FieldsV1
        | schema::Type::RawExtension
        | schema::Type::Json
        | schema::Type::StructOr(..) => Type::Dyn,
    }
}

/// The type of a custom resource's root, with its metadata of type `metadata`.
pub fn of_custom_resource(schema: &Structural, name: &str, metadata: Type) -> Type {
    let Some(Type::Object(root)) = of_structural(schema, name) else { return Type::Dyn };
    let mut fields = root.fields.clone();
    fields.insert("apiVersion".to_owned(), Type::String);
    fields.insert("kind".to_owned(), Type::String);
    fields.insert("metadata".to_owned(), metadata);
    Type::Object(Arc::new(ObjectType { name: name.to_owned(), fields }))
}

/// The metadata that rules of custom resources may look at.
pub fn rule_metadata() -> Type {
    Type::object("metadata", [("name", Type::String), ("generateName", Type::String)])
}

/// The type of what a schema describes; none where expressions cannot see it.
pub fn of_structural(schema: &Structural, name: &str) -> Option<Type> {
    if schema.is_int_or_string {
        return Some(Type::Dyn);
    }
    if schema.is_embedded {
        let plain = Structural { is_embedded: false, ty: "object".to_owned(), ..schema.clone() };
        return Some(of_custom_resource(&plain, name, rule_metadata()));
    }
    match schema.ty.as_str() {
        "array" => of_structural(schema.items.as_deref()?, &format!("{name}.@items")).map(Type::list),
        "object" => match &schema.additional {
            Additional::Of(of) => Some(Type::map(Type::String, of_structural(of, &format!("{name}.@values"))?)),
            _ => Some(of_properties(schema, name)),
        },
        "string" => Some(match schema.format.as_str() {
            "byte" => Type::Bytes,
            "duration" => Type::Duration,
            "date" | "date-time" => Type::Timestamp,
            _ => Type::String,
        }),
        "boolean" => Some(Type::Bool),
        "number" => Some(Type::Double),
        "integer" => Some(Type::Int),
        _ => None,
    }
}

fn of_properties(schema: &Structural, name: &str) -> Type {
    let fields = schema
        .properties
        .iter()
        .filter_map(|(field, of)| Some((escape(field)?, of_structural(of, &format!("{name}.{field}"))?)));
    Type::Object(Arc::new(ObjectType { name: name.to_owned(), fields: fields.collect() }))
}

#[cfg(test)]
mod tests {
    use apimachinery::json;

    use super::*;
    use crate::{Environment, compile};

    #[track_caller]
    fn check(expression: &str, wanted: Result<&str, &str>) {
        let schema = br#"{"type":"object","properties":{"spec":{"type":"object","properties":{"a-b":{"type":"integer"},
            "when":{"type":"string","format":"date-time"},"port":{"x-kubernetes-int-or-string":true},
            "names":{"type":"array","items":{"type":"string"}},"free":{"x-kubernetes-preserve-unknown-fields":true},
            "by":{"type":"object","additionalProperties":{"type":"number"}},"namespace":{"type":"boolean"}}}}}"#;
        let schema = Structural::parse(&json::parse(schema).expect("JSON"));
        let environment = Environment::new().with("self", of_custom_resource(&schema, "self", rule_metadata()));
        let got = compile(expression, &environment);
        let got = got.as_ref().map(|program| program.output().to_string()).map_err(|error| error.message.clone());
        match wanted {
            Ok(wanted) => assert_eq!(got.as_deref(), Ok(wanted)),
            Err(wanted) => assert!(got.as_ref().is_err_and(|error| error.contains(wanted)), "{got:?}"),
        }
    }

    #[test]
    fn fields_have_the_types_of_the_schema() {
        check("self.spec.a__dash__b + 1", Ok("int"));
        check("self.spec.when.getHours()", Ok("int"));
        check("self.spec.port", Ok("dyn"));
        check("self.spec.names", Ok("list(string)"));
        check("self.spec.by['x']", Ok("double"));
        check("self.spec.__namespace__", Ok("bool"));
        check("self.metadata.name", Ok("string"));
        check("self.metadata.labels", Err("undefined field 'labels'"));
        check("self.spec.free", Err("undefined field 'free'"));
    }
}
