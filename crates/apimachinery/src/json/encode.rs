//! Tree → compact JSON text as Go's `encoding/json` writes it.

use crate::value::Value;

/// Compact JSON of `value`.
pub fn to_vec(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    encode(value, &mut out);
    out
}

/// Appends compact JSON with Go's escaping (`\u003c`, `\u003e`, `\u0026`, U+2028/9) and float format.
pub fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Int(number) => encode_int(*number, out),
        Value::Float(number) => encode_float(*number, out),
        Value::String(text) => encode_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                encode(item, out);
            }
            out.push(b']');
        }
        Value::Object(map) => {
            out.push(b'{');
            for (at, (key, item)) in map.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                encode_string(key, out);
                out.push(b':');
                encode(item, out);
            }
            out.push(b'}');
        }
    }
}

/// Appends the decimal digits of `number`.
pub(crate) fn encode_int(number: i64, out: &mut Vec<u8>) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// Go's float64 format: plain digits between 1e-6 and 1e21, else an exponent without leading zeros.
fn encode_float(number: f64, out: &mut Vec<u8>) {
    let size = number.abs();
    let text = match size != 0.0 && !(1e-6..1e21).contains(&size) {
        true => {
            let text = format!("{number:e}");
            match text.split_once('e') {
                Some((_, exponent)) if exponent.starts_with('-') => text,
                Some((digits, exponent)) => format!("{digits}e+{exponent}"),
                None => text,
            }
        }
        false => format!("{number}"),
    };
    out.extend_from_slice(text.as_bytes());
}

/// Whether a byte stands for itself in a string, as far as the byte alone tells (U+2028/9 start with 0xE2).
static IS_PLAIN: [bool; 256] = {
    let mut table = [true; 256];
    let mut at = 0;
    while at < 0x20 {
        table[at] = false;
        at += 1;
    }
    table[b'"' as usize] = false;
    table[b'\\' as usize] = false;
    table[b'<' as usize] = false;
    table[b'>' as usize] = false;
    table[b'&' as usize] = false;
    table[0xE2] = false;
    table
};

/// Appends a quoted string.
pub fn encode_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut done = 0;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if IS_PLAIN[byte as usize] {
            at += 1;
            continue;
        }
        let taken = if byte == 0xE2 { line_separator(&bytes[at..]) } else { 1 };
        if taken == 0 {
            at += 1;
            continue;
        }
        out.extend_from_slice(&bytes[done..at]);
        match taken {
            3 => out.extend_from_slice(if bytes[at + 2] == 0xA8 { b"\\u2028" } else { b"\\u2029" }),
            _ => encode_escape(byte, out),
        }
        at += taken;
        done = at;
    }
    out.extend_from_slice(&bytes[done..]);
    out.push(b'"');
}

/// 3 when U+2028 or U+2029 stand at the start, else 0.
fn line_separator(bytes: &[u8]) -> usize {
    match bytes {
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => 3,
        _ => 0,
    }
}

fn encode_escape(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0c => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 15)]);
            return;
        }
    };
    out.push(b'\\');
    out.push(short);
}
