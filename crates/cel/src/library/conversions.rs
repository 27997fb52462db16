//! Conversions between types.

use std::str;

use jiff::Timestamp;

use super::{Cost, Function, costly, function, no_overload};
use crate::text_format;
use crate::value::{Fault, Outcome, Val};

pub(super) static FUNCTIONS: &[Function] = &[
    function("int(int) -> int", to_int),
    function("int(uint) -> int", to_int),
    function("int(double) -> int", to_int),
    costly("int(string) -> int", Cost::Text, to_int),
    function("int(timestamp) -> int", to_int),
    function("int(duration) -> int", to_int),
    function("uint(uint) -> uint", to_uint),
    function("uint(int) -> uint", to_uint),
    function("uint(double) -> uint", to_uint),
    costly("uint(string) -> uint", Cost::Text, to_uint),
    function("double(double) -> double", to_double),
    function("double(int) -> double", to_double),
    function("double(uint) -> double", to_double),
    costly("double(string) -> double", Cost::Text, to_double),
    function("bool(bool) -> bool", to_bool),
    function("bool(string) -> bool", to_bool),
    function("string(string) -> string", to_text),
    function("string(bool) -> string", to_text),
    function("string(int) -> string", to_text),
    function("string(uint) -> string", to_text),
    function("string(double) -> string", to_text),
    function("string(bytes) -> string", to_text),
    function("string(timestamp) -> string", to_text),
    function("string(duration) -> string", to_text),
    function("bytes(bytes) -> bytes", to_bytes),
    costly("bytes(string) -> bytes", Cost::Text, to_bytes),
    function("timestamp(timestamp) -> timestamp", to_timestamp),
    function("timestamp(int) -> timestamp", to_timestamp),
    function("timestamp(string) -> timestamp", to_timestamp),
    function("duration(duration) -> duration", to_duration),
    function("duration(int) -> duration", to_duration),
    function("duration(string) -> duration", to_duration),
    function("type(A) -> type", |args| Ok(Val::Type(args[0].type_of()))),
    function("dyn(A) -> dyn", |args| Ok(args[0].clone())),
];

/// Nanoseconds of a second.
const SECOND: i64 = 1_000_000_000;

fn range() -> Fault {
    "integer overflow".into()
}

fn to_int(args: &[Val]) -> Outcome {
    match args {
        [Val::Int(number)] => Ok(Val::Int(*number)),
        [Val::Uint(number)] => i64::try_from(*number).map(Val::Int).map_err(|_| range()),
        [Val::Double(number)] => {
            match number.is_finite() && (-9.223_372_036_854_776e18..9.223_372_036_854_776e18).contains(number) {
                true => Ok(Val::Int(*number as i64)),
                false => Err(range()),
            }
        }
        [Val::String(text)] => text
            .parse()
            .map(Val::Int)
            .map_err(|_| format!("strconv.ParseInt: parsing \"{text}\": invalid syntax").into()),
        [Val::Timestamp(time)] => Ok(Val::Int(time.as_second())),
        [Val::Duration(nanoseconds)] => Ok(Val::Int(*nanoseconds)),
        _ => no_overload(),
    }
}

fn to_uint(args: &[Val]) -> Outcome {
    match args {
        [Val::Uint(number)] => Ok(Val::Uint(*number)),
        [Val::Int(number)] => u64::try_from(*number).map(Val::Uint).map_err(|_| "unsigned integer overflow".into()),
        [Val::Double(number)] => match number.is_finite() && (0.0..1.844_674_407_370_955_2e19).contains(number) {
            true => Ok(Val::Uint(*number as u64)),
            false => Err("unsigned integer overflow".into()),
        },
        [Val::String(text)] => text
            .parse()
            .map(Val::Uint)
            .map_err(|_| format!("strconv.ParseUint: parsing \"{text}\": invalid syntax").into()),
        _ => no_overload(),
    }
}

fn to_double(args: &[Val]) -> Outcome {
    match args {
        [Val::Double(number)] => Ok(Val::Double(*number)),
        [Val::Int(number)] => Ok(Val::Double(*number as f64)),
        [Val::Uint(number)] => Ok(Val::Double(*number as f64)),
        [Val::String(text)] => text
            .parse()
            .map(Val::Double)
            .map_err(|_| format!("strconv.ParseFloat: parsing \"{text}\": invalid syntax").into()),
        _ => no_overload(),
    }
}

fn to_bool(args: &[Val]) -> Outcome {
    match args {
        [Val::Bool(truth)] => Ok(Val::Bool(*truth)),
        [Val::String(text)] => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Val::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Val::Bool(false)),
            _ => Err(format!("strconv.ParseBool: parsing \"{text}\": invalid syntax").into()),
        },
        _ => no_overload(),
    }
}

fn to_text(args: &[Val]) -> Outcome {
    match args {
        [text @ Val::String(_)] => Ok(text.clone()),
        [Val::Bool(truth)] => Ok(Val::text(truth.to_string())),
        [Val::Int(number)] => Ok(Val::text(number.to_string())),
        [Val::Uint(number)] => Ok(Val::text(number.to_string())),
        [Val::Double(number)] => Ok(Val::text(text_format::double(*number))),
        [Val::Bytes(bytes)] => match str::from_utf8(bytes) {
            Ok(text) => Ok(Val::text(text)),
            Err(_) => Err("invalid UTF-8 in bytes, cannot convert to string".into()),
        },
        [Val::Timestamp(time)] => Ok(Val::text(time.to_string())),
        [Val::Duration(nanoseconds)] => Ok(Val::text(text_format::duration(*nanoseconds))),
        _ => no_overload(),
    }
}

fn to_bytes(args: &[Val]) -> Outcome {
    match args {
        [bytes @ Val::Bytes(_)] => Ok(bytes.clone()),
        [Val::String(text)] => Ok(Val::Bytes(text.as_bytes().into())),
        _ => no_overload(),
    }
}

fn to_timestamp(args: &[Val]) -> Outcome {
    match args {
        [time @ Val::Timestamp(_)] => Ok(time.clone()),
        [Val::Int(seconds)] => {
            Timestamp::from_second(*seconds).map(Val::Timestamp).map_err(|_| "timestamp overflow".into())
        }
        [Val::String(text)] => text_format::timestamp(text).map(Val::Timestamp).ok_or_else(|| {
            format!("parsing time \"{text}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{text}\" as \"2006\"")
                .into()
        }),
        _ => no_overload(),
    }
}

fn to_duration(args: &[Val]) -> Outcome {
    match args {
        [duration @ Val::Duration(_)] => Ok(duration.clone()),
        [Val::Int(seconds)] => seconds.checked_mul(SECOND).map(Val::Duration).ok_or_else(range),
        [Val::String(text)] => text_format::parse_duration(text)
            .map(Val::Duration)
            .ok_or_else(|| format!("time: invalid duration \"{text}\"").into()),
        _ => no_overload(),
    }
}
