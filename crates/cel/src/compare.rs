//! Equality and order of values. Numbers of different types compare by what they are worth.

use std::cmp::Ordering;

use crate::value::{Fault, Val};

/// Whether two values are equal. Values of different types are not, except numbers.
pub(crate) fn equal(left: &Val, right: &Val) -> bool {
    match (left, right) {
        (Val::Null, Val::Null) => true,
        (Val::Bool(left), Val::Bool(right)) => left == right,
        (Val::String(left), Val::String(right)) => left == right,
        (Val::Bytes(left), Val::Bytes(right)) => left == right,
        (Val::Timestamp(left), Val::Timestamp(right)) => left == right,
        (Val::Duration(left), Val::Duration(right)) => left == right,
        (Val::Type(left), Val::Type(right)) => left == right,
        (Val::List(left), Val::List(right)) => {
            left.len() == right.len() && left.iter().zip(right.iter()).all(|(left, right)| equal(left, right))
        }
        (Val::Optional(left), Val::Optional(right)) => match (left, right) {
            (Some(left), Some(right)) => equal(left, right),
            (None, None) => true,
            _ => false,
        },
        (Val::Opaque(left), Val::Opaque(right)) => left.type_name() == right.type_name() && left.equals(right.as_ref()),
        (Val::Map(_) | Val::Struct(_), Val::Map(_) | Val::Struct(_)) => equal_maps(left, right),
        _ => number_order(left, right) == Some(Ordering::Equal),
    }
}

fn equal_maps(left: &Val, right: &Val) -> bool {
    let (Some(left), Some(right)) = (left.entries(), right.entries()) else { return false };
    left.len() == right.len() && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| equal(value, other)))
}

fn number_order(left: &Val, right: &Val) -> Option<Ordering> {
    match (left, right) {
        (Val::Double(left), Val::Double(right)) => left.partial_cmp(right),
        (Val::Double(left), right) => integer(right).and_then(|right| left.partial_cmp(&(right as f64))),
        (left, Val::Double(right)) => integer(left).and_then(|left| (left as f64).partial_cmp(right)),
        (left, right) => Some(integer(left)?.cmp(&integer(right)?)),
    }
}

fn integer(value: &Val) -> Option<i128> {
    match value {
        Val::Int(number) => Some(i128::from(*number)),
        Val::Uint(number) => Some(i128::from(*number)),
        _ => None,
    }
}

/// The order of two values; `None` for NaN. A fault where they have none.
pub(crate) fn order(left: &Val, right: &Val) -> Result<Option<Ordering>, Fault> {
    match (left, right) {
        (Val::Bool(left), Val::Bool(right)) => Ok(Some(left.cmp(right))),
        (Val::String(left), Val::String(right)) => Ok(Some(left.cmp(right))),
        (Val::Bytes(left), Val::Bytes(right)) => Ok(Some(left.cmp(right))),
        (Val::Timestamp(left), Val::Timestamp(right)) => Ok(Some(left.cmp(right))),
        (Val::Duration(left), Val::Duration(right)) => Ok(Some(left.cmp(right))),
        (Val::Int(_) | Val::Uint(_) | Val::Double(_), Val::Int(_) | Val::Uint(_) | Val::Double(_)) => {
            Ok(number_order(left, right))
        }
        _ => Err("no such overload".into()),
    }
}
