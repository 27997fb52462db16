//! Arithmetic, order and size.

use std::cmp::Ordering;

use jiff::SignedDuration;

use super::{Cost, Function, costly, function, no_overload};
use crate::compare;
use crate::value::{Outcome, Val};

pub(super) static FUNCTIONS: &[Function] = &[
    function("_+_(int, int) -> int", add),
    function("_+_(uint, uint) -> uint", add),
    function("_+_(double, double) -> double", add),
    costly("_+_(string, string) -> string", Cost::Text, add),
    costly("_+_(bytes, bytes) -> bytes", Cost::Text, add),
    function("_+_(list(A), list(A)) -> list(A)", add),
    function("_+_(timestamp, duration) -> timestamp", add),
    function("_+_(duration, timestamp) -> timestamp", add),
    function("_+_(duration, duration) -> duration", add),
    function("_-_(int, int) -> int", subtract),
    function("_-_(uint, uint) -> uint", subtract),
    function("_-_(double, double) -> double", subtract),
    function("_-_(timestamp, timestamp) -> duration", subtract),
    function("_-_(timestamp, duration) -> timestamp", subtract),
    function("_-_(duration, duration) -> duration", subtract),
    function("_*_(int, int) -> int", multiply),
    function("_*_(uint, uint) -> uint", multiply),
    function("_*_(double, double) -> double", multiply),
    function("_/_(int, int) -> int", divide),
    function("_/_(uint, uint) -> uint", divide),
    function("_/_(double, double) -> double", divide),
    function("_%_(int, int) -> int", remainder),
    function("_%_(uint, uint) -> uint", remainder),
    function("-_(int) -> int", negate),
    function("-_(double) -> double", negate),
    function("_<_(bool, bool) -> bool", less),
    function("_<_(int, int) -> bool", less),
    function("_<_(int, uint) -> bool", less),
    function("_<_(int, double) -> bool", less),
    function("_<_(uint, uint) -> bool", less),
    function("_<_(uint, int) -> bool", less),
    function("_<_(uint, double) -> bool", less),
    function("_<_(double, double) -> bool", less),
    function("_<_(double, int) -> bool", less),
    function("_<_(double, uint) -> bool", less),
    costly("_<_(string, string) -> bool", Cost::Text, less),
    costly("_<_(bytes, bytes) -> bool", Cost::Text, less),
    function("_<_(timestamp, timestamp) -> bool", less),
    function("_<_(duration, duration) -> bool", less),
    function("_<=_(bool, bool) -> bool", at_most),
    function("_<=_(int, int) -> bool", at_most),
    function("_<=_(int, uint) -> bool", at_most),
    function("_<=_(int, double) -> bool", at_most),
    function("_<=_(uint, uint) -> bool", at_most),
    function("_<=_(uint, int) -> bool", at_most),
    function("_<=_(uint, double) -> bool", at_most),
    function("_<=_(double, double) -> bool", at_most),
    function("_<=_(double, int) -> bool", at_most),
    function("_<=_(double, uint) -> bool", at_most),
    costly("_<=_(string, string) -> bool", Cost::Text, at_most),
    costly("_<=_(bytes, bytes) -> bool", Cost::Text, at_most),
    function("_<=_(timestamp, timestamp) -> bool", at_most),
    function("_<=_(duration, duration) -> bool", at_most),
    function("_>_(bool, bool) -> bool", greater),
    function("_>_(int, int) -> bool", greater),
    function("_>_(int, uint) -> bool", greater),
    function("_>_(int, double) -> bool", greater),
    function("_>_(uint, uint) -> bool", greater),
    function("_>_(uint, int) -> bool", greater),
    function("_>_(uint, double) -> bool", greater),
    function("_>_(double, double) -> bool", greater),
    function("_>_(double, int) -> bool", greater),
    function("_>_(double, uint) -> bool", greater),
    costly("_>_(string, string) -> bool", Cost::Text, greater),
    costly("_>_(bytes, bytes) -> bool", Cost::Text, greater),
    function("_>_(timestamp, timestamp) -> bool", greater),
    function("_>_(duration, duration) -> bool", greater),
    function("_>=_(bool, bool) -> bool", at_least),
    function("_>=_(int, int) -> bool", at_least),
    function("_>=_(int, uint) -> bool", at_least),
    function("_>=_(int, double) -> bool", at_least),
    function("_>=_(uint, uint) -> bool", at_least),
    function("_>=_(uint, int) -> bool", at_least),
    function("_>=_(uint, double) -> bool", at_least),
    function("_>=_(double, double) -> bool", at_least),
    function("_>=_(double, int) -> bool", at_least),
    function("_>=_(double, uint) -> bool", at_least),
    costly("_>=_(string, string) -> bool", Cost::Text, at_least),
    costly("_>=_(bytes, bytes) -> bool", Cost::Text, at_least),
    function("_>=_(timestamp, timestamp) -> bool", at_least),
    function("_>=_(duration, duration) -> bool", at_least),
    function("size(string) -> int", size),
    function("size(bytes) -> int", size),
    function("size(list(A)) -> int", size),
    function("size(map(A, B)) -> int", size),
    function("string.size() -> int", size),
    function("bytes.size() -> int", size),
    function("list(A).size() -> int", size),
    function("map(A, B).size() -> int", size),
];

/// What `+` answers outside the range of its type.
const INTEGER_OVERFLOW: &str = "integer overflow";
const UNSIGNED_OVERFLOW: &str = "unsigned integer overflow";
const TIME_OVERFLOW: &str = "timestamp overflow";

pub(super) fn add(args: &[Val]) -> Outcome {
    match args {
        [Val::Int(a), Val::Int(b)] => a.checked_add(*b).map(Val::Int).ok_or_else(|| INTEGER_OVERFLOW.into()),
        [Val::Uint(a), Val::Uint(b)] => a.checked_add(*b).map(Val::Uint).ok_or_else(|| UNSIGNED_OVERFLOW.into()),
        [Val::Double(a), Val::Double(b)] => Ok(Val::Double(a + b)),
        [Val::String(a), Val::String(b)] => Ok(Val::text(format!("{a}{b}"))),
        [Val::Bytes(a), Val::Bytes(b)] => Ok(Val::Bytes([&**a, &**b].concat().into())),
        [Val::List(a), Val::List(b)] => Ok(Val::list(a.iter().chain(b.iter()).cloned().collect())),
        [Val::Timestamp(a), Val::Duration(b)] | [Val::Duration(b), Val::Timestamp(a)] => {
            a.checked_add(SignedDuration::from_nanos(*b)).map(Val::Timestamp).map_err(|_| TIME_OVERFLOW.into())
        }
        [Val::Duration(a), Val::Duration(b)] => {
            a.checked_add(*b).map(Val::Duration).ok_or_else(|| INTEGER_OVERFLOW.into())
        }
        _ => no_overload(),
    }
}

fn subtract(args: &[Val]) -> Outcome {
    match args {
        [Val::Int(a), Val::Int(b)] => a.checked_sub(*b).map(Val::Int).ok_or_else(|| INTEGER_OVERFLOW.into()),
        [Val::Uint(a), Val::Uint(b)] => a.checked_sub(*b).map(Val::Uint).ok_or_else(|| UNSIGNED_OVERFLOW.into()),
        [Val::Double(a), Val::Double(b)] => Ok(Val::Double(a - b)),
        [Val::Timestamp(a), Val::Timestamp(b)] => {
            let nanoseconds = a.as_nanosecond() - b.as_nanosecond();
            i64::try_from(nanoseconds).map(Val::Duration).map_err(|_| INTEGER_OVERFLOW.into())
        }
        [Val::Timestamp(a), Val::Duration(b)] => {
            a.checked_sub(SignedDuration::from_nanos(*b)).map(Val::Timestamp).map_err(|_| TIME_OVERFLOW.into())
        }
        [Val::Duration(a), Val::Duration(b)] => {
            a.checked_sub(*b).map(Val::Duration).ok_or_else(|| INTEGER_OVERFLOW.into())
        }
        _ => no_overload(),
    }
}

fn multiply(args: &[Val]) -> Outcome {
    match args {
        [Val::Int(a), Val::Int(b)] => a.checked_mul(*b).map(Val::Int).ok_or_else(|| INTEGER_OVERFLOW.into()),
        [Val::Uint(a), Val::Uint(b)] => a.checked_mul(*b).map(Val::Uint).ok_or_else(|| UNSIGNED_OVERFLOW.into()),
        [Val::Double(a), Val::Double(b)] => Ok(Val::Double(a * b)),
        _ => no_overload(),
    }
}

fn divide(args: &[Val]) -> Outcome {
    match args {
        [Val::Int(_), Val::Int(0)] | [Val::Uint(_), Val::Uint(0)] => Err("division by zero".into()),
        [Val::Int(a), Val::Int(b)] => a.checked_div(*b).map(Val::Int).ok_or_else(|| INTEGER_OVERFLOW.into()),
        [Val::Uint(a), Val::Uint(b)] => Ok(Val::Uint(a / b)),
        [Val::Double(a), Val::Double(b)] => Ok(Val::Double(a / b)),
        _ => no_overload(),
    }
}

fn remainder(args: &[Val]) -> Outcome {
    match args {
        [Val::Int(_), Val::Int(0)] | [Val::Uint(_), Val::Uint(0)] => Err("modulus by zero".into()),
        [Val::Int(a), Val::Int(b)] => a.checked_rem(*b).map(Val::Int).ok_or_else(|| INTEGER_OVERFLOW.into()),
        [Val::Uint(a), Val::Uint(b)] => Ok(Val::Uint(a % b)),
        _ => no_overload(),
    }
}

fn negate(args: &[Val]) -> Outcome {
    match args {
        [Val::Int(a)] => a.checked_neg().map(Val::Int).ok_or_else(|| INTEGER_OVERFLOW.into()),
        [Val::Double(a)] => Ok(Val::Double(-a)),
        _ => no_overload(),
    }
}

fn ordered(args: &[Val], wanted: impl Fn(Ordering) -> bool) -> Outcome {
    match args {
        [left, right] => Ok(Val::Bool(compare::order(left, right)?.is_some_and(wanted))),
        _ => no_overload(),
    }
}

fn less(args: &[Val]) -> Outcome {
    ordered(args, Ordering::is_lt)
}

fn at_most(args: &[Val]) -> Outcome {
    ordered(args, Ordering::is_le)
}

fn greater(args: &[Val]) -> Outcome {
    ordered(args, Ordering::is_gt)
}

fn at_least(args: &[Val]) -> Outcome {
    ordered(args, Ordering::is_ge)
}

fn size(args: &[Val]) -> Outcome {
    match args {
        [Val::String(text)] => Ok(Val::Int(text.chars().count() as i64)),
        [Val::Bytes(bytes)] => Ok(Val::Int(bytes.len() as i64)),
        [Val::List(items)] => Ok(Val::Int(items.len() as i64)),
        [value] => value.entries().map(|it| Val::Int(it.len() as i64)).ok_or_else(|| "no such overload".into()),
        _ => no_overload(),
    }
}
