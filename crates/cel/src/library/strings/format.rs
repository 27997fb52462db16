//! `'%s is %d'.format([..])`

use crate::library::no_overload;
use crate::text_format;
use crate::value::{Fault, Outcome, Val};

/// Digits after the point where none are asked for.
const PRECISION: usize = 6;

pub(super) fn format(args: &[Val]) -> Outcome {
    let [Val::String(pattern), Val::List(values)] = args else { return no_overload() };
    let (mut text, mut used) = (String::new(), 0);
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let mut precision = None;
        if rest.next_if_eq(&'.').is_some() {
            let mut digits = String::new();
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            precision = Some(digits.parse().map_err(|_| Fault::from("could not parse formatting clause"))?);
        }
        let clause = rest.next().ok_or("unexpected end of string")?;
        if clause == '%' {
            text.push('%');
            continue;
        }
        let value = values.get(used).ok_or_else(|| format!("index {used} out of range"))?;
        used += 1;
        text.push_str(&format_one(clause, precision, value)?);
    }
    Ok(Val::text(text))
}

fn format_one(clause: char, precision: Option<usize>, value: &Val) -> Result<String, Fault> {
    match (clause, value) {
        ('s', value) => shown(value),
        ('d', Val::Int(number)) => Ok(number.to_string()),
        ('d', Val::Uint(number)) => Ok(number.to_string()),
        ('f', Val::Double(number)) => Ok(format!("{number:.*}", precision.unwrap_or(PRECISION))),
        ('f', Val::Int(number)) => Ok(format!("{:.*}", precision.unwrap_or(PRECISION), *number as f64)),
        ('e', Val::Double(number)) => Ok(scientific(*number, precision.unwrap_or(PRECISION))),
        ('e', Val::Int(number)) => Ok(scientific(*number as f64, precision.unwrap_or(PRECISION))),
        ('b', Val::Bool(truth)) => Ok(u8::from(*truth).to_string()),
        ('b', Val::Int(number)) => Ok(signed(*number, format!("{:b}", number.unsigned_abs()))),
        ('b', Val::Uint(number)) => Ok(format!("{number:b}")),
        ('o', Val::Int(number)) => Ok(signed(*number, format!("{:o}", number.unsigned_abs()))),
        ('o', Val::Uint(number)) => Ok(format!("{number:o}")),
        ('x', Val::Int(number)) => Ok(signed(*number, format!("{:x}", number.unsigned_abs()))),
        ('x', Val::Uint(number)) => Ok(format!("{number:x}")),
        ('X', Val::Int(number)) => Ok(signed(*number, format!("{:X}", number.unsigned_abs()))),
        ('X', Val::Uint(number)) => Ok(format!("{number:X}")),
        ('x', Val::String(text)) => Ok(text.bytes().map(|byte| format!("{byte:02x}")).collect()),
        ('X', Val::String(text)) => Ok(text.bytes().map(|byte| format!("{byte:02X}")).collect()),
        ('x', Val::Bytes(bytes)) => Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
        ('X', Val::Bytes(bytes)) => Ok(bytes.iter().map(|byte| format!("{byte:02X}")).collect()),
        ('d' | 'f' | 'e' | 'b' | 'o' | 'x' | 'X', other) => {
            Err(format!("error during formatting: no formatting of {} for '%{clause}'", other.type_of()).into())
        }
        _ => Err(format!("could not parse formatting clause: unrecognized formatting clause \"{clause}\"").into()),
    }
}

fn signed(number: i64, digits: String) -> String {
    if number < 0 { format!("-{digits}") } else { digits }
}

fn scientific(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |it| ('-', it));
    format!("{digits}e{sign}{exponent:0>2}")
}

fn shown(value: &Val) -> Result<String, Fault> {
    Ok(match value {
        Val::Null => "null".into(),
        Val::Bool(truth) => truth.to_string(),
        Val::Int(number) => number.to_string(),
        Val::Uint(number) => number.to_string(),
        Val::Double(number) => text_format::double(*number),
        Val::String(text) => text.to_string(),
        Val::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Val::Timestamp(time) => time.to_string(),
        Val::Duration(nanoseconds) => text_format::duration(*nanoseconds),
        Val::Type(ty) => ty.to_string(),
        Val::List(items) => {
            let items: Result<Vec<String>, Fault> = items.iter().map(shown).collect();
            format!("[{}]", items?.join(", "))
        }
        Val::Map(_) | Val::Struct(_) => {
            let entries = value.entries().into_iter().flatten();
            let entries: Result<Vec<String>, Fault> =
                entries.map(|(key, value)| Ok(format!("{key}: {}", shown(value)?))).collect();
            format!("{{{}}}", entries?.join(", "))
        }
        Val::Optional(_) | Val::Opaque(_) => {
            return Err("error during formatting: string clause can only be used on strings, bools, bytes, ints, \
                        doubles, maps, lists, types, durations, and timestamps"
                .into());
        }
    })
}
