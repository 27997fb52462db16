//! What a plain scalar means in YAML 1.1, as go-yaml v2 reads it.

use crate::json::lexer::number_value;
use crate::value::Value;

/// A plain scalar's meaning.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plain {
    Null,
    Bool(bool),
    Int(i64),
    /// An integer that fits 64 bits only without sign.
    BigInt(u64),
    Float(f64),
    /// `<<`
    Merge,
    /// Read as text, but quoted when written.
    Timestamp,
    Text,
}

/// Resolves a scalar without quotes and tag.
pub(super) fn resolve(text: &str) -> Plain {
    let Some(first) = text.bytes().next() else { return Plain::Null };
    match text {
        "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Plain::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Plain::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Plain::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Plain::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Plain::Float(f64::NEG_INFINITY),
        "<<" => return Plain::Merge,
        _ => {}
    }
    match first {
        b'.' => float(text).map_or(Plain::Text, Plain::Float),
        b'+' | b'-' | b'0'..=b'9' => number(text),
        _ => Plain::Text,
    }
}

fn number(text: &str) -> Plain {
    if is_timestamp(text) {
        return Plain::Timestamp;
    }
    let plain = text.replace('_', "");
    if let Some(int) = integer(&plain) {
        return int;
    }
    float(&plain).map_or(Plain::Text, Plain::Float)
}

/// Go's `ParseInt` with base 0: prefixes `0x`, `0o`, `0b`, and a lone leading 0 for octal.
fn integer(text: &str) -> Option<Plain> {
    let (is_negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, &lower[..]),
    };
    if !digits.bytes().all(|digit| digit.is_ascii_alphanumeric()) {
        return None;
    }
    let size = u64::from_str_radix(digits, radix).ok()?;
    match (is_negative, i64::try_from(size)) {
        (false, Ok(number)) => Some(Plain::Int(number)),
        (true, Ok(number)) => Some(Plain::Int(-number)),
        (true, Err(_)) => (size == 1 << 63).then_some(Plain::Int(i64::MIN)),
        (false, Err(_)) => (!text.starts_with('+')).then_some(Plain::BigInt(size)),
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_mantissa = is_digits(whole) && is_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let is_exponent = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && is_digits(digits)
    });
    match is_mantissa && is_exponent {
        true => text.parse().ok().filter(|number: &f64| number.is_finite()),
        false => None,
    }
}

/// The dates and times that go-yaml knows.
fn is_timestamp(text: &str) -> bool {
    let year = text.bytes().take_while(u8::is_ascii_digit).count();
    if year != 4 || text.as_bytes().get(4) != Some(&b'-') {
        return false;
    }
    let date_end = text.find(['T', 't', ' ']).unwrap_or(text.len());
    let date: Vec<&str> = text[..date_end].split('-').collect();
    let [year, month, day] = date[..] else { return false };
    let short = |text: &str| matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !short(month) || !short(day) {
        return false;
    }
    let number = |text: &str| text.parse::<i16>().unwrap_or(-1);
    let small = |text: &str| i8::try_from(number(text)).unwrap_or(-1);
    if jiff::civil::Date::new(number(year), small(month), small(day)).is_err() {
        return false;
    }
    if date_end == text.len() {
        return true;
    }
    let (separator, time) = text[date_end..].split_at(1);
    let time = match separator {
        " " => Some(time),
        _ => without_zone(time),
    };
    time.is_some_and(is_time_of_day)
}

fn without_zone(time: &str) -> Option<&str> {
    if let Some(time) = time.strip_suffix('Z') {
        return Some(time);
    }
    let at = time.rfind(['+', '-'])?;
    let zone = &time.as_bytes()[at + 1..];
    let is_zone = zone.len() == 5
        && zone[2] == b':'
        && [0, 1, 3, 4].iter().all(|at| zone[*at].is_ascii_digit())
        && &zone[..2] <= b"24".as_slice()
        && &zone[3..] < b"60".as_slice();
    is_zone.then_some(&time[..at])
}

fn is_time_of_day(time: &str) -> bool {
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let parts: Vec<&str> = clock.split(':').collect();
    let [hour, minute, second] = parts[..] else { return false };
    let below = |text: &str, limit: u8| {
        let is_short = matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_short && text.parse::<u8>().is_ok_and(|number| number < limit)
    };
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    below(hour, 24) && below(minute, 60) && below(second, 60) && is_fraction
}

impl Plain {
    /// The tree; `text` is the scalar. `Err` is a number that JSON cannot have.
    pub(super) fn into_value(self, text: &str) -> Result<Value, f64> {
        Ok(match self {
            Plain::Null => Value::Null,
            Plain::Bool(truth) => Value::Bool(truth),
            Plain::Int(number) => Value::Int(number),
            Plain::BigInt(number) => Value::Float(number as f64),
            Plain::Float(number) if !number.is_finite() => return Err(number),
            Plain::Float(number) => normal_float(number),
            Plain::Merge | Plain::Timestamp | Plain::Text => Value::String(text.to_owned()),
        })
    }
}

/// A float as it reads after its way through JSON: `1.0` has become `1`.
fn normal_float(number: f64) -> Value {
    let text = crate::json::to_vec(&Value::Float(number));
    std::str::from_utf8(&text).ok().and_then(|text| number_value(text).ok()).unwrap_or(Value::Float(number))
}
