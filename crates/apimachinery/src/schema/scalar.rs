//! One JSON scalar → the normal form of a scalar type.

use std::borrow::Cow;

use super::go_time;
use super::trace::{GoName, Trace};
use super::{Alternative, Type};
use crate::json::lexer::number_value;
use crate::quantity::Quantity;
use crate::value::Value;

/// A JSON scalar; `null` never gets here.
pub(super) enum Scalar<'a> {
    Bool(bool),
    Number(Cow<'a, str>),
    String(Cow<'a, str>),
}

impl Scalar<'_> {
    fn word(&self) -> &'static str {
        match self {
            Scalar::Bool(_) => "bool",
            Scalar::Number(_) => "number",
            Scalar::String(_) => "string",
        }
    }

    /// As a tree without a schema.
    fn into_value(self) -> Option<Value> {
        match self {
            Scalar::Bool(truth) => Some(Value::Bool(truth)),
            Scalar::String(text) => Some(Value::String(text.into_owned())),
            Scalar::Number(text) => number_value(&text).ok(),
        }
    }
}

/// The normal form of `scalar` as `ty`; `None` when it is none (noted in `trace`) or reads as zero.
pub(super) fn normal_scalar<'t>(ty: &Type, go: GoName<'t>, scalar: Scalar<'_>, trace: &mut Trace<'t>) -> Option<Value> {
    match (ty, scalar) {
        (Type::Bool, Scalar::Bool(truth)) => Some(Value::Bool(truth)),
        (Type::String, Scalar::String(text)) => Some(Value::String(text.into_owned())),
        (Type::Int32 | Type::Int64, Scalar::Number(text)) => integer(ty, &text).or_else(|| {
            trace.wrong_type(&format!("number {text}"), ty, go);
            None
        }),
        (Type::Float64, Scalar::Number(text)) => float(&text).or_else(|| {
            trace.wrong_type(&format!("number {text}"), ty, go);
            None
        }),
        (Type::Bytes, Scalar::String(text)) => {
            super::base64::normal_base64(text).map_err(|message| trace.save(message)).ok()
        }
        (Type::Quantity, scalar) => quantity(scalar, trace),
        (Type::IntOrString, scalar) => int_or_string(scalar, trace),
        (Type::Time | Type::MicroTime | Type::Duration, scalar) => time(ty, scalar, trace),
        (Type::FieldsV1 | Type::RawExtension | Type::Json, scalar) => scalar.into_value(),
        (Type::StructOr(alternative, _), scalar) => struct_or(*alternative, scalar, trace),
        (_, scalar) => {
            trace.wrong_type(scalar.word(), ty, go);
            None
        }
    }
}

/// Digits that fit the type; `1.0` and `1e3` are no integers, as in Go.
fn integer(ty: &Type, text: &str) -> Option<Value> {
    match ty {
        Type::Int32 => text.parse::<i32>().ok().map(Value::from),
        _ => text.parse::<i64>().ok().map(Value::Int),
    }
}

fn float(text: &str) -> Option<Value> {
    text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::Float)
}

fn quantity(scalar: Scalar<'_>, trace: &mut Trace<'_>) -> Option<Value> {
    let text = match scalar {
        Scalar::String(text) | Scalar::Number(text) => text,
        Scalar::Bool(truth) => Cow::Owned(truth.to_string()),
    };
    match Quantity::parse(text.trim()) {
        Ok(quantity) => Some(Value::String(quantity.canonical())),
        Err(error) => {
            trace.fatal(error.message);
            None
        }
    }
}

/// What stands in braces or brackets where a quantity should be.
pub(super) fn bad_quantity(raw: &str, trace: &mut Trace<'_>) {
    if let Err(error) = Quantity::parse(raw) {
        trace.fatal(error.message);
    }
}

fn int_or_string(scalar: Scalar<'_>, trace: &mut Trace<'_>) -> Option<Value> {
    match scalar {
        Scalar::String(text) => Some(Value::String(text.into_owned())),
        Scalar::Number(text) => integer(&Type::Int32, &text).or_else(|| {
            trace.fatal_type(&format!("number {text}"), "int32");
            None
        }),
        Scalar::Bool(_) => {
            trace.fatal_type("bool", "int32");
            None
        }
    }
}

fn time(ty: &Type, scalar: Scalar<'_>, trace: &mut Trace<'_>) -> Option<Value> {
    let Scalar::String(text) = scalar else {
        trace.fatal_type(scalar.word(), "string");
        return None;
    };
    let normal = match ty {
        Type::Time => go_time::normal_seconds(&text),
        Type::MicroTime => go_time::normal_micros(&text),
        _ => Ok(Some(text.into_owned())),
    };
    match normal {
        Ok(text) => text.map(Value::String),
        Err(message) => {
            trace.fatal(message);
            None
        }
    }
}

fn struct_or(alternative: Alternative, scalar: Scalar<'_>, trace: &mut Trace<'_>) -> Option<Value> {
    match (alternative, scalar) {
        (Alternative::Bool, Scalar::Bool(truth)) => Some(Value::Bool(truth)),
        (Alternative::Bool, _) => {
            trace.fatal("boolean or JSON schema expected".into());
            None
        }
        _ => None,
    }
}
