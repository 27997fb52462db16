//! The type of a custom object for the schema engine: one that takes any content, and one that field ownership uses.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Additional, Structural};
use crate::schema::{Field, ListKind, Omit, Struct, Type, TypeRef};

/// The type of all custom objects: `metadata` is read as for every kind, the rest stays as it is.
pub fn custom_object(kind: &str, metadata: &'static Struct) -> Struct {
    object(kind, metadata, Vec::new(), true)
}

/// The type with which fields of custom objects of this schema are owned and applied.
pub fn ownership(kind: &str, metadata: &'static Struct, schema: &Structural) -> Struct {
    let fields = schema.properties.iter();
    let fields = fields.filter(|(name, _)| !matches!(name.as_str(), "apiVersion" | "kind" | "metadata"));
    object(kind, metadata, fields.map(|(name, of)| field(name, of)).collect(), schema.keeps_unknown)
}

fn object(kind: &str, metadata: &'static Struct, mut others: Vec<Field>, keeps_unknown: bool) -> Struct {
    let metadata = Field { omit: Omit::Never, ..Field::new("metadata", Type::Struct(TypeRef::Static(metadata))) };
    let mut fields = vec![Field::new("kind", Type::String), Field::new("apiVersion", Type::String), metadata];
    fields.append(&mut others);
    Struct {
        name: Cow::Owned(kind.to_owned()),
        go_name: Cow::Owned(kind.to_owned()),
        fields: Cow::Owned(fields),
        is_atomic: false,
        keeps_unknown,
    }
}

fn field(name: &str, schema: &Structural) -> Field {
    let list = match (&schema.list_type[..], &schema.items) {
        ("set", Some(_)) => ListKind::Set,
        ("map", Some(_)) => ListKind::Map(schema.list_keys.iter().cloned().map(Cow::Owned).collect()),
        _ => ListKind::Atomic,
    };
    let default = match schema.default.as_str() {
        Some(_) => String::from_utf8_lossy(&crate::json::to_vec(&schema.default)).into_owned(),
        None => String::new(),
    };
    Field {
        list,
        is_atomic: schema.is_atomic,
        is_pointer: true,
        default: default.into(),
        ..Field::new(name.to_owned(), ty(schema))
    }
}

fn ty(schema: &Structural) -> Type {
    if schema.is_int_or_string {
        return Type::IntOrString;
    }
    match schema.ty.as_str() {
        "string" => Type::String,
        "integer" => Type::Int64,
        "number" => Type::Float64,
        "boolean" => Type::Bool,
        "array" => match &schema.items {
            Some(items) => Type::List(TypeRef::Shared(Arc::new(ty(items)))),
            None => Type::Json,
        },
        "object" => map_type(schema),
        _ => Type::FieldsV1,
    }
}

fn map_type(schema: &Structural) -> Type {
    if let Additional::Of(of) = &schema.additional {
        return Type::Map(TypeRef::Shared(Arc::new(ty(of))));
    }
    if schema.properties.is_empty() && (schema.keeps_unknown || schema.is_embedded) {
        return Type::FieldsV1;
    }
    let mut fields: Vec<Field> = schema.properties.iter().map(|(name, of)| field(name, of)).collect();
    if schema.is_embedded {
        for (name, of) in [("apiVersion", Type::String), ("kind", Type::String), ("metadata", Type::FieldsV1)] {
            if !schema.properties.contains_key(name) {
                fields.push(Field::new(name, of));
            }
        }
    }
    let of = Struct {
        name: "".into(),
        go_name: "".into(),
        fields: Cow::Owned(fields),
        is_atomic: schema.is_atomic,
        keeps_unknown: schema.keeps_unknown || matches!(schema.additional, Additional::Any(true)),
    };
    Type::Struct(TypeRef::Shared(Arc::new(of)))
}
