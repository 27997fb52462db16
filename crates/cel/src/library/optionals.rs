//! Optional values.

use super::{Function, function, no_overload};
use crate::value::{Outcome, Val};

pub(super) static FUNCTIONS: &[Function] = &[
    function("optional.of(A) -> optional(A)", |args| Ok(Val::optional(args.first().cloned()))),
    function("optional.ofNonZeroValue(A) -> optional(A)", |args| {
        Ok(Val::optional(args.first().filter(|value| !is_zero(value)).cloned()))
    }),
    function("optional.none() -> optional(A)", |_| Ok(Val::Optional(None))),
    function("optional(A).hasValue() -> bool", |args| Ok(Val::Bool(matches!(args, [Val::Optional(Some(_))])))),
    function("optional(A).value() -> A", value),
    function("optional(A).orValue(A) -> A", or_value),
    function("optional(A).or(optional(A)) -> optional(A)", or),
    function("list(optional(A)).unwrapOpt() -> list(A)", unwrap),
    function("optional.unwrap(list(optional(A))) -> list(A)", unwrap),
];

fn is_zero(value: &Val) -> bool {
    match value {
        Val::Null => true,
        Val::Bool(truth) => !truth,
        Val::Int(number) | Val::Duration(number) => *number == 0,
        Val::Uint(number) => *number == 0,
        Val::Double(number) => *number == 0.0,
        Val::String(text) => text.is_empty(),
        Val::Bytes(bytes) => bytes.is_empty(),
        Val::List(items) => items.is_empty(),
        Val::Map(entries) => entries.is_empty(),
        Val::Optional(of) => of.is_none(),
        Val::Struct(_) | Val::Timestamp(_) | Val::Type(_) | Val::Opaque(_) => false,
    }
}

fn value(args: &[Val]) -> Outcome {
    match args {
        [Val::Optional(Some(value))] => Ok((**value).clone()),
        [Val::Optional(None)] => Err("optional.none() dereference".into()),
        _ => no_overload(),
    }
}

fn or_value(args: &[Val]) -> Outcome {
    match args {
        [Val::Optional(Some(value)), _] => Ok((**value).clone()),
        [Val::Optional(None), otherwise] => Ok(otherwise.clone()),
        _ => no_overload(),
    }
}

fn or(args: &[Val]) -> Outcome {
    match args {
        [value @ Val::Optional(Some(_)), _] => Ok(value.clone()),
        [Val::Optional(None), otherwise] => Ok(otherwise.clone()),
        _ => no_overload(),
    }
}

fn unwrap(args: &[Val]) -> Outcome {
    let [Val::List(items)] = args else { return no_overload() };
    let values = items.iter().filter_map(|item| match item {
        Val::Optional(Some(value)) => Some((**value).clone()),
        _ => None,
    });
    Ok(Val::list(values.collect()))
}
