//! `[]byte` in JSON: standard base64 with padding, as Go's decoder takes it.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::value::Value;

/// The canonical text; Go's message when it is no base64. Line breaks are dropped.
pub(super) fn normal_base64(text: Cow<'_, str>) -> Result<Value, String> {
    if STANDARD.decode(text.as_bytes()).is_ok() {
        return Ok(Value::String(text.into_owned()));
    }
    let decoded = decode_as_go(text.as_bytes()).map_err(|at| format!("illegal base64 data at input byte {at}"))?;
    Ok(Value::String(STANDARD.encode(decoded)))
}

/// Decodes with Go's tolerance (line breaks, stray trailing bits); the error is Go's offset.
fn decode_as_go(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut at = 0;
    let mut quantum = [0u8; 4];
    let mut filled = 0;
    while at < text.len() {
        let byte = text[at];
        at += 1;
        match sextet(byte) {
            _ if matches!(byte, b'\r' | b'\n') => {}
            Some(bits) => {
                quantum[filled] = bits;
                filled += 1;
                if filled == 4 {
                    out.extend_from_slice(&three_bytes(quantum));
                    filled = 0;
                }
            }
            None if byte == b'=' => return padded_end(text, at, quantum, filled, out),
            None => return Err(at - 1),
        }
    }
    match filled {
        0 => Ok(out),
        // Go counts back to where the incomplete group started.
        _ => Err(at - filled),
    }
}

fn padded_end(text: &[u8], at: usize, quantum: [u8; 4], filled: usize, mut out: Vec<u8>) -> Result<Vec<u8>, usize> {
    let next = |from: usize| (from..text.len()).find(|at| !matches!(text[*at], b'\r' | b'\n'));
    let mut at = at;
    match filled {
        0 | 1 => return Err(at - 1),
        2 => match next(at) {
            None => return Err(text.len()),
            Some(second) if text[second] == b'=' => at = second + 1,
            Some(other) => return Err(other),
        },
        _ => {}
    }
    if let Some(trailing) = next(at) {
        return Err(trailing);
    }
    let mut padded = [0; 4];
    padded[..filled].copy_from_slice(&quantum[..filled]);
    out.extend_from_slice(&three_bytes(padded)[..filled - 1]);
    Ok(out)
}

fn three_bytes(sextets: [u8; 4]) -> [u8; 3] {
    let [a, b, c, d] = sextets;
    [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}
